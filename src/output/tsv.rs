//! TSV: fields between tabs, one row a line; what would break a line is escaped, NULL is `\N`.

use super::csv::without_formula;
use super::{AnswerWriter, OutputError, WriterOptions, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::borrow::Cow;
use std::io::Write;

pub(super) struct TsvWriter<'a> {
    out: &'a mut dyn Write,
    terminal: bool,
    safe: bool,
    types: Vec<Type>,
}

impl<'a> TsvWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        let (terminal, safe) = (options.terminal.is_some(), options.csv_safe);
        Self { out, terminal, safe, types: Vec::new() }
    }

    fn field(&self, text: &str, line: &mut String) {
        let text = if self.safe { without_formula(text) } else { text.into() };
        let escaped = escaped(&text);
        line.push_str(&if self.terminal { visible(&escaped) } else { Cow::Borrowed(&*escaped) });
    }
}

/// Returns text in which nothing ends a field or a line; most text is so already.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\t', '\n', '\r', '\\']) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\\' => escaped.push_str("\\\\"),
            c => escaped.push(c),
        }
    }
    escaped.into()
}

impl AnswerWriter for TsvWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.types = types.to_vec();
        let mut line = String::new();
        for (at, label) in labels.iter().enumerate() {
            line.push_str(if at == 0 { "" } else { "\t" });
            self.field(label, &mut line);
        }
        Ok(writeln!(self.out, "{line}")?)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let (mut text, mut line) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            line.clear();
            for (at, (column, data_type)) in batch.columns().iter().zip(&self.types).enumerate() {
                line.push_str(if at == 0 { "" } else { "\t" });
                if value::is_null(column, row) {
                    line.push_str("\\N");
                    continue;
                }
                text.clear();
                value::text_into(column, row, data_type, &mut text)?;
                self.field(&text, &mut line);
            }
            line.push('\n');
            self.out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        Ok(self.out.flush()?)
    }
}
