//! Charts as SVG, for light and dark pages: the background is left out.

use super::canvas::{Anchor, COLOURS, Canvas, INK, QUIET};
use super::data::Data;
use super::scale::{instant, moment, moments, number, numbers};
use super::{ChartKind, MAX_ROWS};
use crate::output::layout::{cut, width};
use crate::output::visible;

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
const MAX_LABEL_CHARS: usize = 40;
/// Characters of a label over a heatmap.
const MAX_HEADER_CHARS: usize = 16;
/// Columns of a heatmap that can be told apart.
const MAX_COLUMNS: usize = 150;

/// Returns the chart as an SVG image.
pub(crate) fn draw(data: &Data, title: &str) -> String {
    let title = cut(&visible(title), 110);
    let height = height(data);
    let mut drawing = Drawing { canvas: Canvas::new((WIDTH, height), &title), height };
    drawing.all(data, &title);
    drawing.canvas.finish()
}

/// Lines below the drawing take 18 each.
fn height(data: &Data) -> i32 {
    let rows = |count: usize| (count.min(MAX_ROWS) as i32).max(1) * BAR;
    TOP + match data.kind {
        _ if data.points.is_empty() => 20,
        ChartKind::Bar => rows(data.points.len()) + 30,
        ChartKind::Heatmap => rows(data.grid().rows.len()) + 80,
        ChartKind::Line => 400 + 30 + 18 * data.series().0.len().div_ceil(3) as i32,
        ChartKind::Sparkline => 90 + 30,
    }
}

struct Drawing {
    canvas: Canvas,
    height: i32,
}

/// The chart kinds return what the chart does not show, in sentences.
impl Drawing {
    fn all(&mut self, data: &Data, title: &str) {
        self.canvas.text(title, (16, TITLE), 17, INK, Anchor::Start);
        self.canvas.text(&cut(&data.number, 110), (16, NAME), 12, QUIET, Anchor::Start);
        let notes = match data.kind {
            _ if data.points.is_empty() => {
                self.canvas.text("nothing to draw", (16, TOP), 12, INK, Anchor::Start);
                data.notes(&[])
            }
            ChartKind::Bar => self.bars(data),
            ChartKind::Line => self.line(data),
            ChartKind::Heatmap => self.heatmap(data),
            ChartKind::Sparkline => self.sparkline(data),
        };
        let place = (16, self.height - 12);
        self.canvas.text(&notes.join("; "), place, 12, QUIET, Anchor::Start);
    }

    fn bars(&mut self, data: &Data) -> Vec<String> {
        let shown = &data.points[..data.points.len().min(MAX_ROWS)];
        let left = label_room(shown.iter().map(|point| point.label.as_str()));
        let low = shown.iter().map(|point| point.value).fold(0.0, f64::min);
        let high = shown.iter().map(|point| point.value).fold(0.0, f64::max);
        let ticks = numbers(low, high, 6);
        let x = axis(&ticks, left, WIDTH - RIGHT);
        let bottom = TOP + shown.len() as i32 * BAR;
        for tick in &ticks {
            self.canvas.rule((x(*tick), TOP - 4), (x(*tick), bottom));
            self.canvas.text(&number(*tick), (x(*tick), bottom + 10), 11, QUIET, Anchor::Middle);
        }
        for (at, point) in shown.iter().enumerate() {
            let y = TOP + at as i32 * BAR;
            let label = cut(&point.label, MAX_LABEL_CHARS);
            self.canvas.text(&label, (left - 8, y + BAR / 2 - 2), 12, INK, Anchor::End);
            let (from, to) = (x(point.value.min(0.0)), x(point.value.max(0.0)));
            // Every value but zero is visible, however small.
            if point.value != 0.0 {
                self.canvas.rectangle((from, y), (to.max(from + 1), y + BAR - 5), COLOURS[0], 1.0);
            }
            let value = number(point.value);
            self.canvas.text(&value, (to + 6, y + BAR / 2 - 2), 11, INK, Anchor::Start);
        }
        data.notes(&[(data.points.len() - shown.len(), "bars")])
    }

    fn line(&mut self, data: &Data) -> Vec<String> {
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
            self.canvas.rule((left, y(*tick)), (right, y(*tick)));
            self.canvas.text(&number(*tick), (left - 8, y(*tick)), 11, QUIET, Anchor::End);
        }
        for at in moments(from, to, 7) {
            self.canvas.rule((x(at), bottom), (x(at), bottom + 5));
            self.canvas.text(&moment(at, span), (x(at), bottom + 16), 11, QUIET, Anchor::Middle);
        }
        let period = format!("{} to {}", instant(from), instant(to));
        self.canvas.text(&period, (WIDTH - 30, NAME), 12, QUIET, Anchor::End);
        for (at, of_one) in series.iter().enumerate() {
            let colour = COLOURS[at];
            let places: Vec<_> =
                of_one.points.iter().map(|(time, value)| (x(*time), y(*value))).collect();
            // A lone point, and each of a few, is marked: a line through it may not be seen.
            if places.len() <= 60 {
                for place in &places {
                    self.canvas.point(*place, 2, colour);
                }
            }
            self.canvas.line(&places, colour);
            if series.len() > 1 {
                let (column, row) = (at as i32 % 3, at as i32 / 3);
                let (x, y) = (left + column * 285, bottom + 42 + row * 18);
                self.canvas.rectangle((x, y - 5), (x + 10, y + 5), colour, 1.0);
                self.canvas.text(&cut(of_one.label, 36), (x + 16, y), 12, INK, Anchor::Start);
            }
        }
        data.notes(&[(left_out, "series")])
    }

    fn heatmap(&mut self, data: &Data) -> Vec<String> {
        let grid = data.grid();
        let rows = &grid.rows[..grid.rows.len().min(MAX_ROWS)];
        let columns = &grid.columns[..grid.columns.len().min(MAX_COLUMNS)];
        let left = label_room(rows.iter().copied());
        let labels: Vec<_> = columns.iter().map(|label| cut(label, MAX_HEADER_CHARS)).collect();
        let room = |label: &String| width(label) as i32 * CHARACTER;
        let longest = labels.iter().map(room).max().unwrap_or_default() + CHARACTER;
        // Wide enough for the labels, if there is room.
        let wide = (WIDTH - 30 - left) / columns.len().max(1) as i32;
        let wide = wide.clamp(4, longest.max(60));
        let (low, high) = grid.extent();
        let part = |value: f64| if high > low { (value - low) / (high - low) } else { 0.0 };
        // Every value but zero is visible, however small.
        let shade = |value: f64| 0.06 + 0.94 * part(value);
        let top = TOP + BAR;
        let every = (longest + wide - 1) / wide;
        for (at, label) in labels.iter().enumerate().step_by(every as usize) {
            let x = left + at as i32 * wide;
            if x + room(label) <= WIDTH {
                self.canvas.text(label, (x, top - 9), 11, QUIET, Anchor::Start);
            }
        }
        for (at, row) in rows.iter().enumerate() {
            let y = top + at as i32 * BAR;
            self.canvas.text(
                &cut(row, MAX_LABEL_CHARS),
                (left - 8, y + BAR / 2),
                12,
                INK,
                Anchor::End,
            );
            for (at, column) in columns.iter().enumerate() {
                let x = left + at as i32 * wide;
                if let Some(value) = grid.get(row, column) {
                    self.canvas.rectangle(
                        (x, y),
                        (x + wide - 1, y + BAR - 1),
                        COLOURS[0],
                        shade(value),
                    );
                }
            }
        }
        let y = top + rows.len() as i32 * BAR + 14;
        for at in 0..5 {
            let value = low + (high - low) * f64::from(at) / 4.0;
            let x = left + at * 130;
            self.canvas.rectangle((x, y), (x + 14, y + 14), COLOURS[0], shade(value));
            self.canvas.text(&number(value), (x + 20, y + 7), 11, QUIET, Anchor::Start);
        }
        data.notes(&[
            (grid.rows.len() - rows.len(), "rows"),
            (grid.columns.len() - columns.len(), "columns"),
        ])
    }

    fn sparkline(&mut self, data: &Data) -> Vec<String> {
        let (low, high) = data.extent();
        let ticks = numbers(low, high, 2);
        let (left, right, bottom) = (90, WIDTH - RIGHT, TOP + 80);
        let y = axis(&ticks, bottom, TOP);
        for tick in &ticks {
            self.canvas.rule((left, y(*tick)), (right, y(*tick)));
            self.canvas.text(&number(*tick), (left - 8, y(*tick)), 11, QUIET, Anchor::End);
        }
        let last = data.points.len().saturating_sub(1).max(1) as f64;
        let x = |at: usize| left + (at as f64 / last * f64::from(right - left)).round() as i32;
        let places: Vec<_> =
            data.points.iter().enumerate().map(|(at, point)| (x(at), y(point.value))).collect();
        if let (Some(place), Some(point)) = (places.last(), data.points.last()) {
            self.canvas.point(*place, 3, COLOURS[0]);
            let at = (place.0 + 8, place.1);
            self.canvas.text(&number(point.value), at, 12, INK, Anchor::Start);
            for (label, x, anchor) in
                [(&data.points[0].label, left, Anchor::Start), (&point.label, right, Anchor::End)]
            {
                self.canvas.text(&cut(label, MAX_LABEL_CHARS), (x, bottom + 14), 11, QUIET, anchor);
            }
        }
        self.canvas.line(&places, COLOURS[0]);
        data.notes(&[])
    }
}

/// Returns where a number stands between the places of the first and the last tick.
fn axis(ticks: &[f64], from: i32, to: i32) -> impl Fn(f64) -> i32 {
    let low = ticks.first().copied().unwrap_or_default();
    let high = ticks.last().copied().unwrap_or(1.0);
    move |value| from + ((value - low) / (high - low) * f64::from(to - from)).round() as i32
}

/// Pixels that labels take on the left.
fn label_room<'a>(labels: impl Iterator<Item = &'a str>) -> i32 {
    let longest = labels.map(|label| label.chars().count()).max().unwrap_or_default();
    30 + longest.min(MAX_LABEL_CHARS) as i32 * CHARACTER
}
