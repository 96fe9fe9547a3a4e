//! Charts as SVG, for light and dark pages: the background is left out.

use super::data::Data;
use super::scale::{instant, moment, moments, number, numbers};
use super::{ChartKind, MOST_ROWS};
use crate::output::layout::cut;
use crate::output::{OutputError, visible};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const WIDTH: i32 = 960;
/// Where the title, the number's name and the drawing begin.
const TITLE: i32 = 20;
const NAME: i32 = 44;
const TOP: i32 = 64;
const RIGHT: i32 = 90;
const BAR: i32 = 20;
/// Width of a character, more or less.
const CHARACTER: i32 = 7;
/// Characters of a label.
const LABEL: usize = 40;
/// Columns of a heatmap that can be told apart.
const MOST_COLUMNS: usize = 150;

const INK: RGBColor = RGBColor(0x24, 0x29, 0x2f);
const QUIET: RGBColor = RGBColor(0x6e, 0x77, 0x81);
/// Colours that can be told apart on white and on black, also by the colour-blind.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x8c, 0x6b, 0x1f),
    RGBColor(0x99, 0x99, 0x99),
];

const DARK: &str = "<style>@media (prefers-color-scheme: dark) \
    { text { fill: #e6edf3 } text[fill=\"#6E7781\"] { fill: #9198a1 } }</style>";

/// Returns the chart as an SVG image.
///
/// # Errors
/// When it cannot be drawn.
pub(in super::super) fn draw(data: &Data, title: &str) -> Result<String, OutputError> {
    let title = cut(&visible(title), 110);
    let mut image = String::new();
    {
        let height = height(data);
        let size = (WIDTH as u32, height as u32);
        let area = SVGBackend::with_string(&mut image, size).into_drawing_area();
        let pen = Pen { area, height };
        pen.all(data, &title).map_err(|error| OutputError::Chart(format!("the chart: {error}")))?;
    }
    // The tag of the image ends at the first line's end.
    let (tag, rest) = image.split_once('\n').unwrap_or((&image, ""));
    Ok(format!("{tag}\n{DARK}\n{rest}"))
}

/// Lines below the drawing take 18 each.
fn height(data: &Data) -> i32 {
    let rows = |count: usize| (count.min(MOST_ROWS) as i32).max(1) * BAR;
    TOP + match data.kind {
        _ if data.points.is_empty() => 20,
        ChartKind::Bar => rows(data.points.len()) + 30,
        ChartKind::Heatmap => rows(data.grid().rows.len()) + 80,
        ChartKind::Line => 400 + 30 + 18 * data.series().0.len().div_ceil(3) as i32,
        ChartKind::Sparkline => 90 + 30,
    }
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

struct Pen<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    height: i32,
}

impl<'a> Pen<'a> {
    fn all(&self, data: &Data, title: &str) -> Drawn<'a> {
        self.text(title, (16, TITLE), 17, INK, HPos::Left)?;
        self.text(&cut(&data.number, 110), (16, NAME), 12, QUIET, HPos::Left)?;
        let notes = match data.kind {
            _ if data.points.is_empty() => {
                self.text("nothing to draw", (16, TOP), 12, INK, HPos::Left)?;
                data.notes(&[])
            }
            ChartKind::Bar => self.bars(data)?,
            ChartKind::Line => self.line(data)?,
            ChartKind::Heatmap => self.heatmap(data)?,
            ChartKind::Sparkline => self.sparkline(data)?,
        };
        self.text(&notes.join("; "), (16, self.height - 12), 12, QUIET, HPos::Left)?;
        self.area.present()
    }

    fn text(
        &self,
        text: &str,
        at: (i32, i32),
        size: i32,
        colour: RGBColor,
        anchor: HPos,
    ) -> Drawn<'a> {
        if text.is_empty() {
            return Ok(());
        }
        // The backend takes a font's size for 1.24 times that of its characters.
        let font = ("system-ui, sans-serif", f64::from(size) * 1.24).into_font();
        let style = font.color(&colour).pos(Pos::new(anchor, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), at, style))
    }

    fn rectangle(&self, from: (i32, i32), to: (i32, i32), colour: RGBAColor) -> Drawn<'a> {
        self.area.draw(&Rectangle::new([from, to], colour.filled()))
    }

    fn rule(&self, from: (i32, i32), to: (i32, i32)) -> Drawn<'a> {
        self.area.draw(&PathElement::new([from, to], QUIET.mix(0.35).stroke_width(1)))
    }

    fn bars(&self, data: &Data) -> Result<Vec<String>, Failed<'a>> {
        let shown = &data.points[..data.points.len().min(MOST_ROWS)];
        let left = label_room(shown.iter().map(|point| point.label.as_str()));
        let low = shown.iter().map(|point| point.value).fold(0.0, f64::min);
        let high = shown.iter().map(|point| point.value).fold(0.0, f64::max);
        let ticks = numbers(low, high, 6);
        let x = axis(&ticks, left, WIDTH - RIGHT);
        let bottom = TOP + shown.len() as i32 * BAR;
        for tick in &ticks {
            self.rule((x(*tick), TOP - 4), (x(*tick), bottom))?;
            self.text(&number(*tick), (x(*tick), bottom + 10), 11, QUIET, HPos::Center)?;
        }
        for (at, point) in shown.iter().enumerate() {
            let y = TOP + at as i32 * BAR;
            let label = cut(&point.label, LABEL);
            self.text(&label, (left - 8, y + BAR / 2 - 2), 12, INK, HPos::Right)?;
            let (from, to) = (x(point.value.min(0.0)), x(point.value.max(0.0)));
            // What is not nothing is seen.
            if point.value != 0.0 {
                self.rectangle((from, y), (to.max(from + 1), y + BAR - 5), COLOURS[0].mix(1.0))?;
            }
            let value = number(point.value);
            self.text(&value, (to + 6, y + BAR / 2 - 2), 11, INK, HPos::Left)?;
        }
        Ok(data.notes(&[(data.points.len() - shown.len(), "bars")]))
    }

    fn line(&self, data: &Data) -> Result<Vec<String>, Failed<'a>> {
        let (series, left_out) = data.series();
        let (from, to) = data.period();
        let span = to.saturating_sub(from);
        let (low, high) = data.height();
        let ticks = numbers(low, high, 6);
        let (left, right, bottom) = (90, WIDTH - 30, TOP + 360);
        let y = axis(&ticks, bottom, TOP);
        let x = |time: i64| {
            let part = if span > 0 { (time - from) as f64 / span as f64 } else { 0.5 };
            left + (part * f64::from(right - left)).round() as i32
        };
        for tick in &ticks {
            self.rule((left, y(*tick)), (right, y(*tick)))?;
            self.text(&number(*tick), (left - 8, y(*tick)), 11, QUIET, HPos::Right)?;
        }
        for at in moments(from, to, 7) {
            self.rule((x(at), bottom), (x(at), bottom + 5))?;
            self.text(&moment(at, span), (x(at), bottom + 16), 11, QUIET, HPos::Center)?;
        }
        let period = format!("{} to {}", instant(from), instant(to));
        self.text(&period, (WIDTH - 30, NAME), 12, QUIET, HPos::Right)?;
        for (at, of_one) in series.iter().enumerate() {
            let colour = COLOURS[at];
            let places: Vec<_> =
                of_one.points.iter().map(|(time, value)| (x(*time), y(*value))).collect();
            // A lone point, and each of a few, is marked: a line through it may not be seen.
            if places.len() <= 60 {
                for place in &places {
                    self.area.draw(&Circle::new(*place, 2, colour.filled()))?;
                }
            }
            self.area.draw(&PathElement::new(places, colour.stroke_width(2)))?;
            if series.len() > 1 {
                let (column, row) = (at as i32 % 3, at as i32 / 3);
                let (x, y) = (left + column * 285, bottom + 42 + row * 18);
                self.rectangle((x, y - 5), (x + 10, y + 5), colour.mix(1.0))?;
                self.text(&cut(of_one.label, 36), (x + 16, y), 12, INK, HPos::Left)?;
            }
        }
        Ok(data.notes(&[(left_out, "series")]))
    }

    fn heatmap(&self, data: &Data) -> Result<Vec<String>, Failed<'a>> {
        let grid = data.grid();
        let rows = &grid.rows[..grid.rows.len().min(MOST_ROWS)];
        let columns = &grid.columns[..grid.columns.len().min(MOST_COLUMNS)];
        let left = label_room(rows.iter().copied());
        let wide = ((WIDTH - 30 - left) / columns.len().max(1) as i32).clamp(4, 60);
        let (low, high) = grid.extent();
        let part = |value: f64| if high > low { (value - low) / (high - low) } else { 0.0 };
        // What is not nothing is seen.
        let shade = |value: f64| COLOURS[0].mix(0.06 + 0.94 * part(value));
        let top = TOP + BAR;
        let longest = columns.iter().map(|label| cut(label, 12).chars().count()).max();
        let every = ((longest.unwrap_or(1) as i32 + 1) * CHARACTER / wide + 1).max(1);
        for (at, column) in columns.iter().enumerate().step_by(every as usize) {
            let x = left + at as i32 * wide;
            self.text(&cut(column, 12), (x, top - 9), 11, QUIET, HPos::Left)?;
        }
        for (at, row) in rows.iter().enumerate() {
            let y = top + at as i32 * BAR;
            self.text(&cut(row, LABEL), (left - 8, y + BAR / 2), 12, INK, HPos::Right)?;
            for (at, column) in columns.iter().enumerate() {
                let x = left + at as i32 * wide;
                if let Some(value) = grid.get(row, column) {
                    self.rectangle((x, y), (x + wide - 1, y + BAR - 1), shade(value))?;
                }
            }
        }
        let y = top + rows.len() as i32 * BAR + 14;
        for at in 0..5 {
            let value = low + (high - low) * f64::from(at) / 4.0;
            let x = left + at * 130;
            self.rectangle((x, y), (x + 14, y + 14), shade(value))?;
            self.text(&number(value), (x + 20, y + 7), 11, QUIET, HPos::Left)?;
        }
        Ok(data.notes(&[
            (grid.rows.len() - rows.len(), "rows"),
            (grid.columns.len() - columns.len(), "columns"),
        ]))
    }

    fn sparkline(&self, data: &Data) -> Result<Vec<String>, Failed<'a>> {
        let (low, high) = data.extent();
        let ticks = numbers(low, high, 2);
        let (left, right, bottom) = (90, WIDTH - RIGHT, TOP + 80);
        let y = axis(&ticks, bottom, TOP);
        for tick in &ticks {
            self.rule((left, y(*tick)), (right, y(*tick)))?;
            self.text(&number(*tick), (left - 8, y(*tick)), 11, QUIET, HPos::Right)?;
        }
        let last = data.points.len().saturating_sub(1).max(1) as f64;
        let x = |at: usize| left + (at as f64 / last * f64::from(right - left)).round() as i32;
        let places: Vec<_> =
            data.points.iter().enumerate().map(|(at, point)| (x(at), y(point.value))).collect();
        if let (Some(place), Some(point)) = (places.last(), data.points.last()) {
            self.area.draw(&Circle::new(*place, 3, COLOURS[0].filled()))?;
            let at = (place.0 + 8, place.1);
            self.text(&number(point.value), at, 12, INK, HPos::Left)?;
            for (label, x, anchor) in
                [(&data.points[0].label, left, HPos::Left), (&point.label, right, HPos::Right)]
            {
                self.text(&cut(label, LABEL), (x, bottom + 14), 11, QUIET, anchor)?;
            }
        }
        self.area.draw(&PathElement::new(places, COLOURS[0].stroke_width(2)))?;
        Ok(data.notes(&[]))
    }
}

type Failed<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

/// Returns where a number stands between the places of the first and the last tick.
fn axis(ticks: &[f64], from: i32, to: i32) -> impl Fn(f64) -> i32 {
    let low = ticks.first().copied().unwrap_or_default();
    let high = ticks.last().copied().unwrap_or(1.0);
    move |value| from + ((value - low) / (high - low) * f64::from(to - from)).round() as i32
}

/// Pixels that labels take on the left.
fn label_room<'a>(labels: impl Iterator<Item = &'a str>) -> i32 {
    let longest = labels.map(|label| label.chars().count()).max().unwrap_or_default();
    30 + longest.min(LABEL) as i32 * CHARACTER
}
