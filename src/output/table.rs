//! A table for people; records one below the other where a terminal is too narrow for columns.
//!
//! On a terminal a value takes a few lines and the rest of it is counted: one user agent of a
//! megabyte must not fill the screen. Everywhere else values are whole.

use super::chart::{self, data::Data};
use super::layout::{padded, thousands, width, wrap};
use super::widths::{Column, MIN_COLUMN_WIDTH, share};
use super::{AnswerWriter, Layout, Nulls, OutputError, WriterOptions, layout, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::io::Write;

/// Rows that are laid out together; a longer answer is several tables, so that it need not be held.
const SECTION_ROWS: usize = 10_000;
/// Bytes of text at which a section ends earlier.
const MAX_SECTION_BYTES: usize = 64 << 20;
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
    /// The answer's columns in the order in which they are shown.
    order: Vec<usize>,
    /// Whether values are cut.
    cut: bool,
    /// Whether columns that are NULL were left out.
    hidden: bool,
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
            order: Vec::new(),
            cut: false,
            hidden: false,
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

    /// Lines that a value of a column may take, if that is bounded.
    fn lines(&self, column: usize) -> Option<usize> {
        let alone = self.written == 0 && self.rows.len() == 1;
        let aside = self.options.aside.is_some() && column + 1 == self.order.len();
        self.cut.then_some(match (aside, alone) {
            (true, _) => 1,
            (false, true) => MAX_SINGLE_ROW_LINES,
            (false, false) => MAX_VALUE_LINES,
        })
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
        let Some(terminal) = self.terminal() else { return Some(widths) };
        let room = terminal.saturating_sub(3 * widths.len() + 1);
        if widths.iter().sum::<usize>() <= room {
            return Some(widths);
        }
        let columns = self.labels.iter().zip(&widths);
        let mut columns: Vec<_> = columns.map(|(label, line)| Column::of(label, *line)).collect();
        // Where the labels have no room, the values need not be measured.
        share(&columns, room)?;
        for row in &self.rows {
            row.iter().zip(&mut columns).for_each(|(cell, column)| column.add(&cell.text));
        }
        share(&columns, room)
    }

    /// Returns the widths that the values would like to have.
    fn widest(&self) -> Vec<usize> {
        let mut widths: Vec<_> = self.labels.iter().map(|label| width(label)).collect();
        for row in &self.rows {
            for (column, (cell, widest)) in row.iter().zip(&mut widths).enumerate() {
                let most = self.lines(column);
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
        let fitted = cells.iter().zip(widths).enumerate();
        let columns: Vec<_> =
            fitted.map(|(at, (cell, width))| self.fit(cell, *width, self.lines(at))).collect();
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

    /// Breaks a cell into lines, at most as many as are shown.
    fn fit(&self, cell: &Cell, room: usize, most: Option<usize>) -> Vec<String> {
        if self.terminal().is_none() {
            return cell.text.split('\n').map(str::to_owned).collect();
        }
        let mut lines = wrap(&cell.text, room);
        let all = lines.len();
        lines.truncate(most.unwrap_or(all));
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
            return Ok(writeln!(self.out, "(no rows)")?);
        }
        let shown: Vec<_> = self.rows.iter().map(|row| self.shown(row)).collect();
        let labels = shown.iter().flatten().map(|column| width(&self.labels[*column]));
        let labels = labels.max().unwrap_or_default();
        let terminal = self.terminal().unwrap_or(usize::MAX);
        // Where the value has no room beside the label, it stands below it.
        let below = terminal.saturating_sub(labels + 3) < MIN_COLUMN_WIDTH;
        let room = terminal.saturating_sub(if below { 2 } else { labels + 3 });
        for (at, (row, shown)) in self.rows.iter().zip(&shown).enumerate() {
            let hidden = row.len() - shown.len();
            self.hidden |= hidden > 0;
            let mut text = self.head(self.written + at + 1, hidden);
            for column in shown {
                let (label, cell) = (&self.labels[*column], &row[*column]);
                if below {
                    text.push_str(&format!("{}\n", layout::cut(label, terminal)));
                }
                for (line, shown) in self.fit(cell, room, self.lines(*column)).iter().enumerate() {
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

    /// The columns of a record that are shown: those that are NULL may be hidden, but not all.
    fn shown(&self, row: &[Cell]) -> Vec<usize> {
        let hides = self.options.nulls != Nulls::Shown && !row.iter().all(|cell| cell.null);
        (0..row.len()).filter(|column| !hides || !row[*column].null).collect()
    }

    /// The line over a record, of which so many columns are hidden.
    fn head(&self, number: usize, hidden: usize) -> String {
        let head = format!("-[ row {number} ]-");
        let hidden = match hidden {
            0 => String::new(),
            1 => " 1 NULL column hidden".to_owned(),
            many => format!(" {many} NULL columns hidden"),
        };
        let room = self.terminal().unwrap_or(usize::MAX).saturating_sub(width(&head));
        let hidden = layout::cut(&hidden, room);
        let hidden = if hidden.is_empty() { hidden } else { self.paint(&hidden, DIM) };
        format!("{}{hidden}\n", self.paint(&head, BOLD))
    }
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
        self.order = (0..labels.len()).filter(|at| Some(*at) != self.options.aside).collect();
        self.order.extend(self.options.aside);
        self.labels = self.order.iter().map(|at| visible(&labels[*at]).into_owned()).collect();
        self.types = self.order.iter().map(|at| types[*at].clone()).collect();
        self.numeric = self.types.iter().map(Type::is_numeric).collect();
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
            for (at, data_type) in self.order.iter().zip(&self.types) {
                let column = batch.column(*at);
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
        if let (true, Nulls::Hidden(how)) = (self.hidden, self.options.nulls) {
            writeln!(self.out, "(columns that are NULL are hidden; {how})")?;
        }
        if let Some(data) = &self.chart {
            let text = chart::terminal::draw(data, self.terminal(), self.options.colour);
            write!(self.out, "\n{text}")?;
        }
        Ok(self.out.flush()?)
    }
}
