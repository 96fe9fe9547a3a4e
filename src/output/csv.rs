//! CSV, as RFC 4180 has it: a line of labels, NULL as an empty field.

use super::{AnswerWriter, OutputError, WriterOptions, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::borrow::Cow;
use std::io::Write;

pub(super) struct CsvWriter<'a> {
    fields: FieldWriter<'a>,
    types: Vec<Type>,
}

/// Writes fields that are harmless where they go.
struct FieldWriter<'a> {
    out: csv::Writer<&'a mut dyn Write>,
    terminal: bool,
    safe: bool,
}

impl<'a> CsvWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        let fields = FieldWriter {
            out: csv::Writer::from_writer(out),
            terminal: options.terminal.is_some(),
            safe: options.csv_safe,
        };
        Self { fields, types: Vec::new() }
    }
}

impl FieldWriter<'_> {
    fn write(&mut self, text: &str) -> Result<(), OutputError> {
        let text = if self.safe { without_formula(text) } else { text.into() };
        let shown = if self.terminal { visible(&text) } else { Cow::Borrowed(&*text) };
        self.out.write_field(shown.as_bytes()).map_err(io)
    }
}

/// Returns `text` with an apostrophe before it if spreadsheets would take it for a formula.
pub(super) fn without_formula(text: &str) -> Cow<'_, str> {
    let plain_number = || {
        let of_number = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
        text.bytes().all(of_number) && text.parse::<f64>().is_ok()
    };
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !plain_number() {
        return format!("'{text}").into();
    }
    text.into()
}

fn io(error: csv::Error) -> OutputError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => OutputError::Io(error),
        other => OutputError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}

impl AnswerWriter for CsvWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.types = types.to_vec();
        labels.iter().try_for_each(|label| self.fields.write(label))?;
        self.fields.out.write_record(None::<&[u8]>).map_err(io)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for (column, data_type) in batch.columns().iter().zip(&self.types) {
                text.clear();
                if !value::is_null(column, row) {
                    value::text_into(column, row, data_type, &mut text)?;
                }
                self.fields.write(&text)?;
            }
            self.fields.out.write_record(None::<&[u8]>).map_err(io)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        Ok(self.fields.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_kept_from_spreadsheets() {
        for formula in ["=cmd|' /C calc'!A0", "+1+1", "-", "-1-1", "-inf", "@SUM(A1)", "\t=1", "\r"]
        {
            assert_eq!(without_formula(formula), format!("'{formula}"));
        }
        for harmless in ["", "a=b", "-1", "+1.5", "-1e-5", "1-1", "'=1"] {
            assert_eq!(without_formula(harmless), harmless);
        }
    }
}
