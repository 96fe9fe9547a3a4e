//! A table for people; records one below the other where a terminal is too narrow for columns.

use super::{AnswerWriter, OutputError, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Row, Table};
use std::io::Write;

/// Rows that are laid out together; a longer answer is several tables, so that it need not be held.
const SECTION: usize = 10_000;
/// Columns of a terminal that a column needs to be readable.
const READABLE: usize = 12;

/// How the columns of a table lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// Side by side; one below the other where a terminal is too narrow.
    #[default]
    Auto,
    /// Side by side.
    Columns,
    /// One below the other.
    Records,
}

pub(super) struct TableWriter<'a> {
    out: &'a mut dyn Write,
    terminal: Option<u16>,
    layout: Layout,
    labels: Vec<String>,
    numeric: Vec<bool>,
    kinds: Vec<Type>,
    rows: Vec<Vec<Option<String>>>,
    written: usize,
    sections: usize,
}

impl<'a> TableWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, terminal: Option<u16>, layout: Layout) -> Self {
        Self {
            out,
            terminal,
            layout,
            labels: Vec::new(),
            numeric: Vec::new(),
            kinds: Vec::new(),
            rows: Vec::new(),
            written: 0,
            sections: 0,
        }
    }

    fn section(&mut self) -> Result<(), OutputError> {
        let width = self.terminal.map(usize::from);
        let records = match self.layout {
            Layout::Auto => width.is_some_and(|width| self.labels.len() * READABLE > width),
            Layout::Columns => false,
            Layout::Records => true,
        };
        if records && !self.rows.is_empty() {
            self.records()?;
        } else {
            self.columns()?;
        }
        self.written += self.rows.len();
        self.sections += 1;
        self.rows.clear();
        Ok(())
    }

    fn columns(&mut self) -> Result<(), OutputError> {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        if let Some(width) = self.terminal {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table.set_header(&self.labels);
        for row in &self.rows {
            let cell = |(text, numeric): (&Option<String>, &bool)| {
                let alignment = if *numeric { CellAlignment::Right } else { CellAlignment::Left };
                // A line break stays inside the borders of its cell, where plans need it.
                let text = text.as_deref().unwrap_or("NULL");
                let lines: Vec<_> = text.split('\n').map(visible).collect();
                Cell::new(lines.join("\n")).set_alignment(alignment)
            };
            table.add_row(Row::from(row.iter().zip(&self.numeric).map(cell).collect::<Vec<_>>()));
        }
        Ok(writeln!(self.out, "{table}")?)
    }

    fn records(&mut self) -> Result<(), OutputError> {
        let width = self.labels.iter().map(|l| l.chars().count()).max().unwrap_or_default();
        for (at, row) in self.rows.iter().enumerate() {
            writeln!(self.out, "-[ row {} ]-", self.written + at + 1)?;
            for (label, text) in self.labels.iter().zip(row) {
                let pad = width - label.chars().count();
                let text = visible(text.as_deref().unwrap_or("NULL"));
                writeln!(self.out, "{label}{:pad$} | {text}", "")?;
            }
        }
        Ok(())
    }
}

impl AnswerWriter for TableWriter<'_> {
    fn begin(&mut self, labels: &[String], kinds: &[Type]) -> Result<(), OutputError> {
        self.labels = labels.iter().map(|label| visible(label).into_owned()).collect();
        self.numeric = kinds.iter().map(Type::is_numeric).collect();
        self.kinds = kinds.to_vec();
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        for row in 0..batch.num_rows() {
            let mut cells = Vec::with_capacity(batch.num_columns());
            for (column, kind) in batch.columns().iter().zip(&self.kinds) {
                cells.push(if value::is_null(column, row) {
                    None
                } else {
                    let mut text = String::new();
                    value::text_into(column, row, kind, &mut text)?;
                    Some(text)
                });
            }
            self.rows.push(cells);
            if self.rows.len() == SECTION {
                self.section()?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        if !self.rows.is_empty() || self.sections == 0 {
            self.section()?;
        }
        Ok(self.out.flush()?)
    }
}
