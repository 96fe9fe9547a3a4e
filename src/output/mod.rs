//! Answers as text, pages, pictures and columnar files.
//!
//! Event text is written by whoever called AWS, attackers included. Tables, Markdown, pages and
//! pictures, and CSV on a terminal, show control characters instead of sending them; JSON escapes
//! them by its own rules, on a terminal those that programs need not escape, too. Markup is escaped.

pub mod chart;
mod columnar;
mod csv;
mod html;
mod json;
mod lake;
mod layout;
mod markdown;
mod svg;
mod table;
mod trino;
mod tsv;
mod value;
mod visible;
mod widths;

pub use lake::LakeRows;
pub use trino::error_line;
pub use visible::{visible, visible_json};

use crate::columnar::{Format, WriteError};
use crate::engine::sql_error::SqlError;
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use chart::ChartKind;
use std::collections::HashSet;
use std::io::Write;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// Columns side by side, for people.
    Table,
    /// Records one below the other, for people.
    Expanded,
    /// RFC 4180, with a line of labels.
    Csv,
    /// Fields between tabs, with a line of labels; `\t`, `\n`, `\r` and `\\` escaped, NULL as `\N`.
    Tsv,
    /// One array of objects.
    Json,
    /// One object a line.
    Jsonl,
    /// A table in GitHub's Markdown.
    Markdown,
    /// A page of its own, with a chart if one is asked for.
    Html,
    /// The chart alone.
    Svg,
    /// A columnar file.
    Columnar(Format),
    /// Rows as `GetQueryResults` of CloudTrail Lake gives them.
    Lake,
    /// One line of JSON a statement, as in Trino's client protocol.
    Trino,
}

/// Every output format, in the order that help shows them.
pub const OUTPUT_FORMATS: [OutputFormat; 14] = [
    OutputFormat::Table,
    OutputFormat::Expanded,
    OutputFormat::Csv,
    OutputFormat::Tsv,
    OutputFormat::Json,
    OutputFormat::Jsonl,
    OutputFormat::Markdown,
    OutputFormat::Html,
    OutputFormat::Svg,
    OutputFormat::Columnar(Format::Parquet),
    OutputFormat::Columnar(Format::Orc),
    OutputFormat::Columnar(Format::Arrow),
    OutputFormat::Lake,
    OutputFormat::Trino,
];

impl OutputFormat {
    /// Returns the format's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Expanded => "expanded",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Svg => "svg",
            Self::Columnar(format) => format.name(),
            Self::Lake => "lake",
            Self::Trino => "trino",
        }
    }

    /// Returns the format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        OUTPUT_FORMATS.into_iter().find(|format| format.name() == name)
    }

    /// Returns the extension that a file of the format is known by, if it has one of its own.
    pub fn extension(self) -> Option<&'static str> {
        match self {
            Self::Table | Self::Expanded | Self::Lake | Self::Trino => None,
            Self::Markdown => Some("md"),
            other => Some(other.name()),
        }
    }

    /// Returns the format of files with this extension; case does not count.
    pub fn from_extension(extension: &str) -> Option<Self> {
        let is = |known: &str| known.eq_ignore_ascii_case(extension);
        OUTPUT_FORMATS.into_iter().find(|format| format.extension().is_some_and(is))
    }

    /// Whether a blank line stands between two answers.
    pub fn is_separated(self) -> bool {
        matches!(self, Self::Table | Self::Expanded | Self::Csv | Self::Tsv | Self::Markdown)
    }

    /// Whether answers can be appended to a file of the format.
    pub fn takes_more(self) -> bool {
        !self.holds_one_answer() && !matches!(self, Self::Json | Self::Lake)
    }

    /// Whether a file can hold one answer only.
    pub fn holds_one_answer(self) -> bool {
        matches!(self, Self::Html | Self::Svg | Self::Columnar(_))
    }
}

/// How the columns of a table are arranged.
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

/// What records one below the other show of columns that are NULL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nulls {
    /// All of them.
    #[default]
    Shown,
    /// How many they are; what to do to see them is said below the last record.
    Hidden(&'static str),
}

/// How answers are written.
#[derive(Debug, Clone, Default)]
pub struct WriterOptions {
    /// Columns of the terminal that the answer goes to, if it goes to one.
    pub terminal: Option<u16>,
    /// How the columns of tables are arranged.
    pub layout: Layout,
    /// What records one below the other show of columns that are NULL.
    pub nulls: Nulls,
    /// The column of a table that stands behind the others, and takes one line where values are cut.
    pub aside: Option<usize>,
    /// Whether that terminal shows colours.
    pub colour: bool,
    /// Whether CSV and TSV keep spreadsheets from taking a field for a formula.
    pub csv_safe: bool,
    /// The chart that goes with the answer.
    pub chart: Option<ChartKind>,
    /// Title of a page or picture.
    pub title: String,
}

/// Why an answer could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The output is closed or the disk is full.
    #[error("cannot write the answer: {0}")]
    Io(#[from] std::io::Error),
    /// A value has no text.
    #[error("cannot write the answer: {0}")]
    Value(#[from] SqlError),
    /// A columnar file cannot hold the answer.
    #[error("cannot write the answer: {0}")]
    Columnar(#[from] WriteError),
    /// The format does not support the options.
    #[error("{0}")]
    Format(String),
    /// The answer's columns do not fit the chart.
    #[error("{0}")]
    Chart(String),
}

/// Writes one answer.
pub trait AnswerWriter {
    /// Writes what stands before the first row.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError>;
    /// Writes rows.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError>;
    /// Writes what stands after the last row.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn end(&mut self) -> Result<(), OutputError>;
}

/// Checks that answers can be written in `format` with these options.
///
/// # Errors
/// When the format is binary and goes to a terminal, or a chart is missing or unsupported.
pub fn check(format: OutputFormat, options: &WriterOptions) -> Result<(), OutputError> {
    let name = format.name();
    let draws = matches!(
        format,
        OutputFormat::Table | OutputFormat::Expanded | OutputFormat::Html | OutputFormat::Svg
    );
    Err(OutputError::Format(match (format, options.chart) {
        (OutputFormat::Columnar(_), _) if options.terminal.is_some() => {
            format!("{name} is not text for a terminal: give --output FILE, or redirect")
        }
        (OutputFormat::Svg, None) => "svg is a chart: give --chart with its kind".to_owned(),
        (_, Some(_)) if !draws => {
            format!("a chart goes with the formats table, expanded, html and svg, not with {name}")
        }
        _ => return Ok(()),
    }))
}

/// Returns a writer of `format` to `out`.
///
/// # Errors
/// As [`check`].
pub fn writer<'a>(
    format: OutputFormat,
    out: &'a mut dyn Write,
    options: &WriterOptions,
) -> Result<Box<dyn AnswerWriter + 'a>, OutputError> {
    check(format, options)?;
    Ok(match format {
        OutputFormat::Table => Box::new(table::TableWriter::new(out, options, options.layout)),
        OutputFormat::Expanded => Box::new(table::TableWriter::new(out, options, Layout::Records)),
        OutputFormat::Csv => Box::new(csv::CsvWriter::new(out, options)),
        OutputFormat::Tsv => Box::new(tsv::TsvWriter::new(out, options)),
        OutputFormat::Json => Box::new(json::JsonWriter::array(out, options)),
        OutputFormat::Jsonl => Box::new(json::JsonWriter::lines(out, options)),
        OutputFormat::Markdown => Box::new(markdown::MarkdownWriter::new(out)),
        OutputFormat::Html => Box::new(html::HtmlWriter::new(out, options)),
        OutputFormat::Svg => Box::new(svg::SvgWriter::new(out, options)),
        OutputFormat::Columnar(format) => Box::new(columnar::ColumnarWriter::new(out, format)),
        OutputFormat::Lake => Box::new(lake::LakeWriter::new(out, options)),
        OutputFormat::Trino => Box::new(trino::TrinoWriter::new(out, options)),
    })
}

/// Returns the labels, each unlike those before it: a repeated one gets a number, as an
/// object or file with a name twice loses a value in most readers. Labels are equal if
/// `same` of them is.
fn unique(labels: &[String], same: fn(&str) -> String) -> Vec<String> {
    let mut taken = HashSet::new();
    let name = |label: &String| {
        let mut name = label.clone();
        let mut number = 2;
        while !taken.insert(same(&name)) {
            name = format!("{label}_{number}");
            number += 1;
        }
        name
    };
    labels.iter().map(name).collect()
}

#[cfg(test)]
mod tests;
