//! Answers as text: a table for people, CSV, JSON and Trino's own encoding for programs.
//!
//! Event text is written by whoever called AWS, attackers included. Tables, and CSV on a terminal,
//! show control characters instead of sending them; JSON escapes them by its own rules.

pub mod chart;
mod csv;
mod json;
mod table;
mod trino;
mod value;
mod visible;

pub use table::Layout;
pub use trino::error_line;
pub use visible::visible;

use crate::engine::sql_error::SqlError;
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::io::Write;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// Columns side by side, for people.
    Table,
    /// RFC 4180, with a line of labels.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    Jsonl,
    /// One line of JSON a statement, as in Trino's client protocol.
    Trino,
}

/// Every output format, in the order that help shows them.
pub const OUTPUT_FORMATS: [OutputFormat; 5] = [
    OutputFormat::Table,
    OutputFormat::Csv,
    OutputFormat::Json,
    OutputFormat::Jsonl,
    OutputFormat::Trino,
];

impl OutputFormat {
    /// Returns the format's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Trino => "trino",
        }
    }

    /// Returns the format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        OUTPUT_FORMATS.into_iter().find(|format| format.name() == name)
    }
}

/// Why an answer could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The reader is gone or the disk is full.
    #[error("cannot write the answer: {0}")]
    Io(#[from] std::io::Error),
    /// A value has no text.
    #[error("cannot write the answer: {0}")]
    Value(#[from] SqlError),
}

/// Writes one answer.
pub trait AnswerWriter {
    /// Writes what stands before the first row.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn begin(&mut self, labels: &[String], kinds: &[Type]) -> Result<(), OutputError>;
    /// Writes rows.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError>;
    /// Writes what stands behind the last row.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn end(&mut self) -> Result<(), OutputError>;
}

/// Returns a writer of a table that lies as `layout` says, to `out`.
pub fn table_writer<'a>(
    out: &'a mut dyn Write,
    terminal: Option<u16>,
    layout: Layout,
) -> Box<dyn AnswerWriter + 'a> {
    Box::new(table::TableWriter::new(out, terminal, layout))
}

/// Returns a writer of `format` to `out`. `terminal` is the terminal's width in columns, if `out` is
/// one.
pub fn writer<'a>(
    format: OutputFormat,
    out: &'a mut dyn Write,
    terminal: Option<u16>,
) -> Box<dyn AnswerWriter + 'a> {
    match format {
        OutputFormat::Table => table_writer(out, terminal, Layout::Auto),
        OutputFormat::Csv => Box::new(csv::CsvWriter::new(out, terminal.is_some())),
        OutputFormat::Json => Box::new(json::JsonWriter::array(out)),
        OutputFormat::Jsonl => Box::new(json::JsonWriter::lines(out)),
        OutputFormat::Trino => Box::new(trino::TrinoWriter::new(out)),
    }
}

#[cfg(test)]
mod tests;
