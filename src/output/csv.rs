//! CSV, as RFC 4180 has it: a line of labels, NULL as an empty field.

use super::{AnswerWriter, OutputError, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::io::Write;

pub(super) struct CsvWriter<'a> {
    out: csv::Writer<&'a mut dyn Write>,
    terminal: bool,
    kinds: Vec<Type>,
}

impl<'a> CsvWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, terminal: bool) -> Self {
        Self { out: csv::Writer::from_writer(out), terminal, kinds: Vec::new() }
    }

    fn field(&mut self, text: &str) -> Result<(), OutputError> {
        let shown = if self.terminal { visible(text) } else { text.into() };
        self.out.write_field(shown.as_bytes()).map_err(io)
    }
}

fn io(error: csv::Error) -> OutputError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => OutputError::Io(error),
        other => OutputError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}

impl AnswerWriter for CsvWriter<'_> {
    fn begin(&mut self, labels: &[String], kinds: &[Type]) -> Result<(), OutputError> {
        self.kinds = kinds.to_vec();
        labels.iter().try_for_each(|label| self.field(label))?;
        self.out.write_record(None::<&[u8]>).map_err(io)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for (column, kind) in batch.columns().iter().zip(&self.kinds.clone()) {
                text.clear();
                if !value::is_null(column, row) {
                    value::text_into(column, row, kind, &mut text)?;
                }
                self.field(&text)?;
            }
            self.out.write_record(None::<&[u8]>).map_err(io)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        Ok(self.out.flush()?)
    }
}
