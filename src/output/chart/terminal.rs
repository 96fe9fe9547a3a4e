//! Charts in characters.

use super::data::Data;
use super::scale::{instant, moment, moments, number, numbers};
use super::{ChartKind, MAX_ROWS};
use crate::output::layout::{cut, padded, prefix, thousands, width};

/// Columns where no terminal has a width.
const DEFAULT_COLUMNS: usize = 80;
/// Columns of a label over a heatmap.
const MAX_HEADER: usize = 24;
/// Lines of a line chart, without its axis.
const CHART_LINES: usize = 15;
/// What bars end with, by eighths of a character.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const SHADES: [&str; 4] = ["░", "▒", "▓", "█"];
const SPARKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Markers of series where there are no colours.
const MARKERS: [char; 8] = ['*', '+', 'x', 'o', '#', '@', '%', '='];
const COLOURS: [&str; 8] = ["36", "33", "35", "32", "31", "34", "96", "93"];

/// Returns the chart as lines of text. `terminal` is its width, if it goes to one.
pub(crate) fn draw(data: &Data, terminal: Option<usize>, colour: bool) -> String {
    let pen = Drawing { columns: terminal.unwrap_or(DEFAULT_COLUMNS).max(10), colour };
    let (mut lines, notes) = match data.kind {
        _ if data.points.is_empty() => (vec!["nothing to draw".to_owned()], data.notes(&[])),
        ChartKind::Bar => pen.bars(data),
        ChartKind::Line => pen.line(data),
        ChartKind::Heatmap => pen.heatmap(data),
        ChartKind::Sparkline => pen.sparkline(data),
    };
    if !notes.is_empty() {
        lines.push(format!("({})", notes.join("; ")));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

struct Drawing {
    columns: usize,
    colour: bool,
}

impl Drawing {
    fn paint(&self, text: &str, series: usize) -> String {
        match COLOURS.get(series) {
            Some(code) if self.colour && !text.is_empty() => {
                format!("\u{1b}[{code}m{text}\u{1b}[0m")
            }
            _ => text.to_owned(),
        }
    }

    /// Columns that labels get: what the longest needs, a third at most.
    fn label_room<'a>(&self, labels: impl Iterator<Item = &'a str>) -> usize {
        labels.map(width).max().unwrap_or_default().min((self.columns / 3).max(4))
    }

    fn bars(&self, data: &Data) -> (Vec<String>, Vec<String>) {
        let shown = &data.points[..data.points.len().min(MAX_ROWS)];
        let labels = self.label_room(shown.iter().map(|point| point.label.as_str()));
        let values: Vec<_> = shown.iter().map(|point| number(point.value)).collect();
        let value = values.iter().map(|text| width(text)).max().unwrap_or_default();
        let room = self.columns.saturating_sub(labels + value + 3).max(1);
        let longest = shown.iter().map(|point| point.value.abs()).fold(0.0, f64::max);
        let mut lines = vec![cut(&data.number, self.columns)];
        for (point, value) in shown.iter().zip(values) {
            let part = if longest > 0.0 { point.value.abs() / longest } else { 0.0 };
            let eighths = (part * (room * 8) as f64).round() as usize;
            // Every value but zero is visible, however small.
            let eighths = eighths.max(usize::from(point.value != 0.0));
            let bar = if point.value < 0.0 {
                "░".repeat(eighths.div_ceil(8))
            } else {
                "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
            };
            let label = padded(&cut(&point.label, labels), labels);
            lines.push(format!("{label} │{} {value}", self.paint(&bar, 0)));
        }
        (lines, data.notes(&[(data.points.len() - shown.len(), "bars")]))
    }

    fn heatmap(&self, data: &Data) -> (Vec<String>, Vec<String>) {
        let grid = data.grid();
        let rows = &grid.rows[..grid.rows.len().min(MAX_ROWS)];
        let labels = self.label_room(rows.iter().copied());
        let room = self.columns.saturating_sub(labels + 2).max(1);
        let columns = &grid.columns[..grid.columns.len().min(room)];
        let longest = longest(columns);
        // Wide enough for the labels, if there is room.
        let wide = (room / columns.len().max(1)).clamp(1, (longest + 1).max(4));
        let extent = grid.extent();
        let mut lines = vec![cut(&data.number, self.columns)];
        lines.push(format!("{:labels$}  {}", "", header(columns, wide, room)));
        for row in rows {
            let cell = |column: &&str| match grid.get(row, column) {
                Some(value) => shade(value, extent).repeat(wide),
                None => " ".repeat(wide),
            };
            let cells: String = columns.iter().map(cell).collect();
            let label = padded(&cut(row, labels), labels);
            lines.push(format!("{label} │{}", self.paint(&cells, 0)));
        }
        let (low, high) = extent;
        let step = (high - low) / SHADES.len() as f64;
        let to = |at: usize| number(low + step * (at + 1) as f64);
        let legend: Vec<_> =
            SHADES.iter().enumerate().map(|(at, shade)| format!("{shade} to {}", to(at))).collect();
        lines.extend(flow(&[&["· 0".to_owned()], &legend[..]].concat(), self.columns));
        let notes = data.notes(&[
            (grid.rows.len() - rows.len(), "rows"),
            (grid.columns.len() - columns.len(), "columns"),
        ]);
        (lines, notes)
    }

    fn sparkline(&self, data: &Data) -> (Vec<String>, Vec<String>) {
        let values: Vec<_> = data.points.iter().map(|point| point.value).collect();
        let each = values.len().div_ceil(self.columns);
        let means: Vec<_> = values
            .chunks(each.max(1))
            .map(|values| values.iter().map(|value| value / values.len() as f64).sum::<f64>())
            .collect();
        let low = means.iter().copied().fold(f64::INFINITY, f64::min);
        let high = means.iter().copied().fold(low, f64::max);
        let spark = |value: &f64| SPARKS[level(*value, low, high, SPARKS.len())];
        let line: String = means.iter().map(spark).collect();
        let (least, most) = data.extent();
        let mut lines = vec![self.paint(&line, 0)];
        let mut about = vec![
            cut(&data.number, self.columns),
            format!("{} to {}", number(least), number(most)),
            format!("last {}", number(values.last().copied().unwrap_or_default())),
        ];
        if let (Some(first), Some(last)) = (data.points.first(), data.points.last())
            && !first.label.is_empty()
        {
            about.push(format!("from {}", cut(&first.label, self.columns / 2)));
            about.push(format!("to {}", cut(&last.label, self.columns / 2)));
        }
        if each > 1 {
            about.push(format!("a column is the mean of {} rows", thousands(each)));
        }
        lines.extend(flow(&about, self.columns));
        (lines, data.notes(&[]))
    }

    fn line(&self, data: &Data) -> (Vec<String>, Vec<String>) {
        let (series, left_out) = data.series();
        let (from, to) = data.period();
        let span = to.saturating_sub(from);
        let (low, high) = data.height();
        let ticks = numbers(low, high, 4);
        let texts: Vec<_> = ticks.iter().map(|tick| number(*tick)).collect();
        let axis = texts.iter().map(|text| width(text)).max().unwrap_or_default();
        let room = self.columns.saturating_sub(axis + 2).max(3);
        // With colours, or one series, eight dots of braille make a character.
        let dots = self.colour || series.len() == 1;
        let mut canvas = Canvas::new(room, CHART_LINES, dots);
        let bottom = ticks.first().copied().unwrap_or_default();
        let top = ticks.last().copied().unwrap_or(1.0);
        let along = |time: i64| if span > 0 { (time - from) as f64 / span as f64 } else { 0.5 };
        let up = |value: f64| (value - bottom) / (top - bottom);
        for (at, series) in series.iter().enumerate().rev() {
            let places = series.points.iter().map(|(time, value)| (along(*time), up(*value)));
            let points: Vec<_> = places.collect();
            canvas.path(&points, at);
        }
        let row_of = |tick: f64| ((1.0 - up(tick)) * (CHART_LINES - 1) as f64).round() as usize;
        let mut lines = vec![cut(&data.number, self.columns)];
        for row in 0..CHART_LINES {
            let tick = ticks.iter().position(|tick| row_of(*tick) == row);
            let (text, edge) = tick.map_or(("", "│"), |at| (texts[at].as_str(), "┤"));
            let line: String = canvas
                .row(row)
                .chunk_by(|a, b| a.1 == b.1)
                .map(|run| self.paint(&run.iter().map(|(c, _)| *c).collect::<String>(), run[0].1))
                .collect();
            lines.push(format!("{text:>axis$} {edge}{line}"));
        }
        let most = room / 18;
        let places: Vec<_> = moments(from, to, most.max(1))
            .into_iter()
            .map(|at| ((along(at) * (room - 1) as f64).round() as usize, moment(at, span)))
            .collect();
        let rule: String = (0..room)
            .map(|column| if places.iter().any(|(at, _)| *at == column) { '┬' } else { '─' })
            .collect();
        lines.push(format!("{:axis$} └{rule}", ""));
        let mut under = String::new();
        for (at, text) in places {
            let start = at.saturating_sub(text.len() / 2).min(room.saturating_sub(text.len()));
            if under.is_empty() || start > under.len() {
                under.push_str(&format!("{:1$}{text}", "", start - under.len()));
            }
        }
        lines.push(prefix(&format!("{:axis$}  {under}", ""), self.columns).to_owned());
        let mut legend = vec![format!("from {}", instant(from)), format!("to {}", instant(to))];
        if series.len() > 1 {
            for (at, series) in series.iter().enumerate() {
                let marker = if dots { "⣿".to_owned() } else { MARKERS[at].to_string() };
                let label = cut(series.label, self.columns.saturating_sub(2));
                legend.push(format!("{} {label}", self.paint(&marker, at)));
            }
        }
        lines.extend(flow(&legend, self.columns));
        (lines, data.notes(&[(left_out, "series")]))
    }
}

/// Returns which of `levels` parts of the way from `low` to `high` a value is in, from 0.
fn level(value: f64, low: f64, high: f64, levels: usize) -> usize {
    if high <= low {
        return 0;
    }
    let part = (value - low) / (high - low);
    ((part * levels as f64).floor().max(0.0) as usize).min(levels - 1)
}

/// Returns the shade of a number; zero is a dot where there is nothing below it.
fn shade(value: f64, (low, high): (f64, f64)) -> &'static str {
    if value == 0.0 && low == 0.0 {
        return "·";
    }
    // A number on the border belongs to the lower shade, as the legend says "to".
    let from_above = level(high - value + low, low, high, SHADES.len());
    SHADES[SHADES.len() - 1 - from_above]
}

/// Columns that the longest label gets.
fn longest(columns: &[&str]) -> usize {
    columns.iter().map(|label| width(label)).max().unwrap_or_default().min(MAX_HEADER)
}

/// Labels over columns that are `wide`, as many as have room: each begins where its column does.
fn header(columns: &[&str], wide: usize, room: usize) -> String {
    let longest = longest(columns).min(room);
    let every = (longest + 1).div_ceil(wide).max(1);
    let mut line = String::new();
    for (at, label) in columns.iter().enumerate().step_by(every) {
        let label = cut(label, longest);
        if at * wide + width(&label) <= room {
            line = padded(&line, at * wide) + &label;
        }
    }
    line
}

/// Puts texts one after the other, into as many lines as it takes.
fn flow(texts: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let bare = |text: &str| width(console::strip_ansi_codes(text).as_ref());
    for text in texts {
        match lines.last_mut() {
            Some(line) if bare(line) + 2 + bare(text) <= columns => {
                line.push_str("  ");
                line.push_str(text);
            }
            // What is coloured has been cut already.
            _ if bare(text) > columns => lines.push(cut(text, columns)),
            _ => lines.push(text.clone()),
        }
    }
    lines
}

/// Characters that lines are drawn into.
struct Canvas {
    columns: usize,
    rows: usize,
    /// Whether a character is eight dots of braille; it is one marker otherwise.
    dots: bool,
    /// The dots of each character, and the series that drew there last.
    cells: Vec<(u8, Option<usize>)>,
}

impl Canvas {
    fn new(columns: usize, rows: usize, dots: bool) -> Self {
        Self { columns, rows, dots, cells: vec![(0, None); columns * rows] }
    }

    /// Draws lines between points, whose coordinates go from 0 to 1, upwards.
    fn path(&mut self, points: &[(f64, f64)], series: usize) {
        let (across, down) = if self.dots { (2, 4) } else { (1, 1) };
        let place = |(x, y): (f64, f64)| {
            let x = x.clamp(0.0, 1.0) * (self.columns * across - 1) as f64;
            let y = (1.0 - y.clamp(0.0, 1.0)) * (self.rows * down - 1) as f64;
            (x, y)
        };
        let places: Vec<_> = points.iter().map(|point| place(*point)).collect();
        if let Some(first) = places.first() {
            self.dot(*first, series);
        }
        for pair in places.windows(2) {
            let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
            let steps = (x2 - x1).abs().max((y2 - y1).abs()).ceil().max(1.0);
            for step in 1..=steps as usize {
                let part = step as f64 / steps;
                self.dot((x1 + (x2 - x1) * part, y1 + (y2 - y1) * part), series);
            }
        }
    }

    fn dot(&mut self, (x, y): (f64, f64), series: usize) {
        /// The bits of braille's dots, by column and row.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (x, y) = (x.round() as usize, y.round() as usize);
        let (column, row, bit) =
            if self.dots { (x / 2, y / 4, BITS[x % 2][y % 4]) } else { (x, y, 0) };
        if let Some(cell) = self.cells.get_mut(row * self.columns + column) {
            *cell = (cell.0 | bit, Some(series));
        }
    }

    /// The characters of a row, and the series of each.
    fn row(&self, row: usize) -> Vec<(char, usize)> {
        let cells = &self.cells[row * self.columns..(row + 1) * self.columns];
        let character = |(bits, series): &(u8, Option<usize>)| match series {
            None => (' ', usize::MAX),
            Some(series) if self.dots => {
                (char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' '), *series)
            }
            Some(series) => (MARKERS[*series], *series),
        };
        cells.iter().map(character).collect()
    }
}
