//! A table for people; records one below the other where a terminal is too narrow for columns.
//!
//! On a terminal a value takes a few lines and the rest of it is counted: one user agent of a
//! megabyte must not fill the screen. Everywhere else values are whole.

use super::chart::{self, data::Data};
use super::layout::{padded, thousands, width, wrap};
use super::{AnswerWriter, Layout, OutputError, WriterOptions, layout, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::io::Write;

/// Rows that are laid out together; a longer answer is several tables, so that it need not be held.
const SECTION_ROWS: usize = 10_000;
/// Bytes of text at which a section ends earlier.
const MAX_SECTION_BYTES: usize = 64 << 20;
/// Columns of a terminal that a column needs to be readable; `… (+1,048,576)` has room in it.
const MIN_COLUMN_WIDTH: usize = 14;
/// Lines of a terminal that a value may take, and those that it may take in an answer of one row.
const MAX_VALUE_LINES: usize = 6;
const MAX_SINGLE_ROW_LINES: usize = 20;
/// Cells of a whole table are padded up to this width. Longer ones stick out, as padding all
/// others to a megabyte would be useless.
const MAX_PADDED_WIDTH: usize = 1_000;
/// Line breaks in a value that make lines.
const MAX_LINE_BREAKS: usize = 1_000;

const BOLD: &str = "1";
const DIM: &str = "2";

/// A value as it is shown.
struct Cell {
    text: String,
    /// Characters that were left out already.
    more: usize,
    null: bool,
}

pub(super) struct TableWriter<'a> {
    out: &'a mut dyn Write,
    options: WriterOptions,
    layout: Layout,
    labels: Vec<String>,
    numeric: Vec<bool>,
    types: Vec<Type>,
    /// Whether values are cut.
    cut: bool,
    rows: Vec<Vec<Cell>>,
    bytes: usize,
    written: usize,
    sections: usize,
    chart: Option<Data>,
}

impl<'a> TableWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions, layout: Layout) -> Self {
        Self {
            out,
            options: options.clone(),
            layout,
            labels: Vec::new(),
            numeric: Vec::new(),
            types: Vec::new(),
            cut: false,
            rows: Vec::new(),
            bytes: 0,
            written: 0,
            sections: 0,
            chart: None,
        }
    }

    fn terminal(&self) -> Option<usize> {
        self.options.terminal.map(usize::from)
    }

    fn paint(&self, text: &str, style: &str) -> String {
        if self.options.colour {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn cell(&self, text: Option<&str>) -> Cell {
        let Some(text) = text else {
            return Cell { text: "NULL".to_owned(), more: 0, null: true };
        };
        // What no screen has room for is not laid out.
        let most =
            self.terminal().filter(|_| self.cut).map(|columns| columns * MAX_SINGLE_ROW_LINES);
        let end = most.and_then(|most| text.char_indices().nth(most)).map(|(at, _)| at);
        let (text, rest) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, ""));
        // A line break stays inside the borders of its cell, where plans need it. Too many are shown
        // as other control characters are.
        let text = if text.split('\n').nth(MAX_LINE_BREAKS).is_some() {
            visible(text).into_owned()
        } else {
            text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
        };
        Cell { text, more: rest.chars().count(), null: false }
    }

    /// Lines that a value may take, if that is bounded.
    fn lines(&self) -> Option<usize> {
        let alone = self.written == 0 && self.rows.len() == 1;
        self.cut.then_some(if alone { MAX_SINGLE_ROW_LINES } else { MAX_VALUE_LINES })
    }

    fn section(&mut self) -> Result<(), OutputError> {
        let widths = match self.layout {
            Layout::Auto => self.widths(),
            Layout::Columns => self.widths().or_else(|| Some(self.widest())),
            Layout::Records => None,
        };
        match widths {
            Some(widths) => self.columns(&widths)?,
            None => self.records()?,
        }
        self.written += self.rows.len();
        self.sections += 1;
        self.rows.clear();
        self.bytes = 0;
        Ok(())
    }

    /// Returns the columns' widths, unless the terminal is too narrow for their values.
    fn widths(&self) -> Option<Vec<usize>> {
        let widths = self.widest();
        match self.terminal() {
            Some(terminal) => share(&widths, terminal.saturating_sub(3 * widths.len() + 1)),
            None => Some(widths),
        }
    }

    /// Returns the widths that the values would like to have.
    fn widest(&self) -> Vec<usize> {
        let mut widths: Vec<_> = self.labels.iter().map(|label| width(label)).collect();
        let most = self.lines();
        for row in &self.rows {
            for (cell, widest) in row.iter().zip(&mut widths) {
                let lines = cell.text.split('\n').map(width).max().unwrap_or_default();
                let too_tall = most.is_some_and(|most| cell.text.split('\n').nth(most).is_some());
                *widest = (*widest).max(lines).max(if too_tall { MIN_COLUMN_WIDTH } else { 0 });
            }
        }
        widths.into_iter().map(|width| width.min(MAX_PADDED_WIDTH)).collect()
    }

    fn columns(&mut self, widths: &[usize]) -> Result<(), OutputError> {
        let rule = |line: &str, left: &str, cross: &str, right: &str| {
            let lines: Vec<_> = widths.iter().map(|width| line.repeat(width + 2)).collect();
            format!("{left}{}{right}\n", lines.join(cross))
        };
        let header: Vec<_> = self.labels.iter().map(|label| self.cell(Some(label))).collect();
        let mut text = rule("─", "┌", "┬", "┐");
        self.row(&header, widths, true, &mut text);
        text.push_str(&rule("═", "╞", "╪", "╡"));
        self.out.write_all(text.as_bytes())?;
        for row in &self.rows {
            text.clear();
            self.row(row, widths, false, &mut text);
            self.out.write_all(text.as_bytes())?;
        }
        Ok(self.out.write_all(rule("─", "└", "┴", "┘").as_bytes())?)
    }

    fn row(&self, cells: &[Cell], widths: &[usize], header: bool, out: &mut String) {
        let columns: Vec<_> =
            cells.iter().zip(widths).map(|(cell, width)| self.fit(cell, *width)).collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or_default();
        for line in 0..height {
            for (at, (lines, wide)) in columns.iter().zip(widths).enumerate() {
                out.push_str(if at == 0 { "│ " } else { " ┆ " });
                let text = lines.get(line).map_or("", String::as_str);
                let pad = " ".repeat(wide.saturating_sub(width(text)));
                let style = if header { Some(BOLD) } else { cells[at].null.then_some(DIM) };
                let shown = match style {
                    Some(style) if !text.is_empty() => self.paint(text, style),
                    _ => text.to_owned(),
                };
                let right = !header && self.numeric[at];
                out.push_str(&if right { pad + &shown } else { shown + &pad });
            }
            out.push_str(" │\n");
        }
    }

    /// Breaks a cell into lines, as many as are shown.
    fn fit(&self, cell: &Cell, room: usize) -> Vec<String> {
        if self.terminal().is_none() {
            return cell.text.split('\n').map(str::to_owned).collect();
        }
        let mut lines = wrap(&cell.text, room);
        let all = lines.len();
        lines.truncate(self.lines().unwrap_or(all));
        let mut shown: Vec<_> = lines.iter().map(|at| cell.text[at.clone()].to_owned()).collect();
        if let Some(last) = lines.last()
            && (lines.len() < all || cell.more > 0)
        {
            let note = |rest: &str| format!("… (+{})", thousands(rest.chars().count() + cell.more));
            // The note for too much is never shorter than the one that is shown.
            let room_left = room.saturating_sub(width(&note(&cell.text[last.start..])));
            let kept = layout::prefix(&cell.text[last.clone()], room_left);
            let note = note(&cell.text[last.start + kept.len()..]);
            let note = if width(&note) > room { "…".to_owned() } else { note };
            shown.pop();
            shown.push(format!("{kept}{note}"));
        }
        shown
    }

    fn records(&mut self) -> Result<(), OutputError> {
        if self.rows.is_empty() {
            return Ok(writeln!(self.out, "(0 rows)")?);
        }
        let labels = self.labels.iter().map(|label| width(label)).max().unwrap_or_default();
        let terminal = self.terminal().unwrap_or(usize::MAX);
        // Where the value has no room beside the label, it stands below it.
        let below = terminal.saturating_sub(labels + 3) < MIN_COLUMN_WIDTH;
        let room = terminal.saturating_sub(if below { 2 } else { labels + 3 });
        for (at, row) in self.rows.iter().enumerate() {
            let head = format!("-[ row {} ]-", self.written + at + 1);
            let mut text = format!("{}\n", self.paint(&head, BOLD));
            for (label, cell) in self.labels.iter().zip(row) {
                if below {
                    text.push_str(&format!("{}\n", layout::cut(label, terminal)));
                }
                for (line, shown) in self.fit(cell, room).iter().enumerate() {
                    let shown = if cell.null { self.paint(shown, DIM) } else { shown.to_owned() };
                    let label = if line == 0 { label } else { "" };
                    match below {
                        true => text.push_str(&format!("  {shown}\n")),
                        false => text.push_str(&format!("{} | {shown}\n", padded(label, labels))),
                    }
                }
            }
            self.out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

/// Shares `room` between columns: narrow ones get what they need, the others equal parts of what is
/// left. Returns nothing if such a part is too narrow.
fn share(widths: &[usize], room: usize) -> Option<Vec<usize>> {
    let mut sorted = widths.to_vec();
    sorted.sort_unstable();
    let mut left = room;
    let mut most = usize::MAX;
    for (at, width) in sorted.iter().enumerate() {
        let part = left / (sorted.len() - at);
        if *width > part {
            most = part;
            break;
        }
        left -= width;
    }
    (most >= MIN_COLUMN_WIDTH).then(|| widths.iter().map(|width| *width.min(&most)).collect())
}

/// Whether an answer is a plan or a listing of the engine, which has no text of events.
fn is_engine_listing(labels: &[String]) -> bool {
    let labels: Vec<_> = labels.iter().map(String::as_str).collect();
    matches!(labels[..], ["plan_type", "plan"] | ["Column", "Type", ..] | ["Function", ..])
}

impl AnswerWriter for TableWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        let chart = self.options.chart.map(|kind| Data::new(kind, labels, types));
        self.chart = chart.transpose()?;
        self.labels = labels.iter().map(|label| visible(label).into_owned()).collect();
        self.numeric = types.iter().map(Type::is_numeric).collect();
        self.types = types.to_vec();
        self.cut = self.options.terminal.is_some() && !is_engine_listing(labels);
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        if let Some(chart) = &mut self.chart {
            chart.add(batch)?;
        }
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            let mut cells = Vec::with_capacity(batch.num_columns());
            for (column, data_type) in batch.columns().iter().zip(&self.types) {
                if value::is_null(column, row) {
                    cells.push(self.cell(None));
                } else {
                    text.clear();
                    value::text_into(column, row, data_type, &mut text)?;
                    cells.push(self.cell(Some(&text)));
                }
            }
            self.bytes += cells.iter().map(|cell| cell.text.len()).sum::<usize>();
            self.rows.push(cells);
            if self.rows.len() == SECTION_ROWS || self.bytes > MAX_SECTION_BYTES {
                self.section()?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        if !self.rows.is_empty() || self.sections == 0 {
            self.section()?;
        }
        if let Some(data) = &self.chart {
            let text = chart::terminal::draw(data, self.terminal(), self.options.colour);
            write!(self.out, "\n{text}")?;
        }
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_columns_get_what_they_need() {
        assert_eq!(share(&[5, 10], 15), Some(vec![5, 10]));
        assert_eq!(share(&[5, 90, 40], 45), Some(vec![5, 20, 20]));
        assert_eq!(share(&[5, 90, 40], 30), None);
        assert_eq!(share(&[], 0), Some(vec![]));
    }
}
