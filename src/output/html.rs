//! A page of its own: no script, nothing loaded, everything escaped.

use super::chart::{data::Data, svg};
use super::layout::{cut, thousands};
use super::{AnswerWriter, OutputError, WriterOptions, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::io::{Seek, Write};
use tempfile::SpooledTempFile;

/// Bytes at which rows that wait for the chart go to a file.
const MAX_WAITING_BYTES: usize = 16 << 20;
/// Bytes from which on a value gets a box that scrolls.
const MIN_SCROLLED_BYTES: usize = 400;

const STYLE: &str = "\
:root { color-scheme: light dark; --line: #d0d7de; --head: #f6f8fa; --quiet: #57606a }
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem }
h1 { font-size: 1.3rem; overflow-wrap: anywhere }
svg { max-width: 100%; height: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top }
th { background: var(--head); position: sticky; top: 0 }
td { overflow-wrap: anywhere; white-space: pre-wrap }
td div { max-height: 12em; min-width: 20em; overflow: auto }
td.n { text-align: right; white-space: nowrap }
i, p { color: var(--quiet) }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --head: #212830; --quiet: #9198a1 }
  body { background: #0d1117; color: #e6edf3 }
}";

pub(super) struct HtmlWriter<'a> {
    out: &'a mut dyn Write,
    options: WriterOptions,
    types: Vec<Type>,
    head: String,
    chart: Option<Data>,
    /// Rows that wait until the chart above them can be drawn.
    waiting: Option<SpooledTempFile>,
    rows: usize,
}

impl<'a> HtmlWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        Self {
            out,
            options: options.clone(),
            types: Vec::new(),
            head: String::new(),
            chart: None,
            waiting: None,
            rows: 0,
        }
    }

    /// Writes the chart, if there is one, what stands above the rows, and the rows that waited.
    fn start(&mut self) -> Result<(), OutputError> {
        if let Some(data) = self.chart.take() {
            self.out.write_all(svg::draw(&data, "").as_bytes())?;
        }
        self.out.write_all(std::mem::take(&mut self.head).as_bytes())?;
        if let Some(mut waiting) = self.waiting.take() {
            waiting.rewind()?;
            std::io::copy(&mut waiting, &mut self.out)?;
        }
        Ok(())
    }
}

/// Appends text with everything escaped that HTML would take for markup.
fn escape_into(text: &str, out: &mut String) {
    for (at, line) in text.split('\n').enumerate() {
        out.push_str(if at == 0 { "" } else { "\n" });
        for c in visible(line).chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
        }
    }
}

impl AnswerWriter for HtmlWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.types = types.to_vec();
        let chart = self.options.chart.map(|kind| Data::new(kind, labels, types));
        self.chart = chart.transpose()?;
        self.waiting = self.chart.as_ref().map(|_| SpooledTempFile::new(MAX_WAITING_BYTES));
        let mut title = String::new();
        escape_into(&cut(&self.options.title, 200), &mut title);
        write!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{title}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        )?;
        self.head.push_str("<table>\n<thead><tr>");
        for label in labels {
            self.head.push_str("<th>");
            escape_into(label, &mut self.head);
        }
        self.head.push_str("</tr></thead>\n<tbody>\n");
        if self.chart.is_none() { self.start() } else { Ok(()) }
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        if let Some(chart) = &mut self.chart {
            chart.add(batch)?;
            if chart.is_full() {
                self.start()?;
            }
        }
        let (mut text, mut line) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            line.clear();
            line.push_str("<tr>");
            for (column, data_type) in batch.columns().iter().zip(&self.types) {
                line.push_str(if data_type.is_numeric() { "<td class=\"n\">" } else { "<td>" });
                if value::is_null(column, row) {
                    line.push_str("<i>NULL</i>");
                    continue;
                }
                text.clear();
                value::text_into(column, row, data_type, &mut text)?;
                let (before, after) =
                    if text.len() > MIN_SCROLLED_BYTES { ("<div>", "</div>") } else { ("", "") };
                line.push_str(before);
                escape_into(&text, &mut line);
                line.push_str(after);
            }
            line.push_str("</tr>\n");
            match &mut self.waiting {
                Some(waiting) => waiting.write_all(line.as_bytes())?,
                None => self.out.write_all(line.as_bytes())?,
            }
        }
        self.rows += batch.num_rows();
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        if self.chart.is_some() {
            self.start()?;
        }
        let rows = if self.rows == 1 { "row" } else { "rows" };
        let count = thousands(self.rows);
        write!(self.out, "</tbody>\n</table>\n<p>{count} {rows}</p>\n</body>\n</html>\n")?;
        Ok(self.out.flush()?)
    }
}
