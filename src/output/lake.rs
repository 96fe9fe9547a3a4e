//! Rows as `GetQueryResults` of CloudTrail Lake gives them: each a list of objects of one member,
//! all values text.

use super::visible::visible_json;
use super::{AnswerWriter, OutputError, WriterOptions, value};
use crate::engine::types::Type;
use crate::json::text::quote_into;
use arrow::array::RecordBatch;
use std::io::Write;

pub(super) struct LakeWriter<'a> {
    out: &'a mut dyn Write,
    labels: Vec<String>,
    types: Vec<Type>,
    any: bool,
    terminal: bool,
}

impl<'a> LakeWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        let terminal = options.terminal.is_some();
        Self { out, labels: Vec::new(), types: Vec::new(), any: false, terminal }
    }
}

impl AnswerWriter for LakeWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.labels = labels.to_vec();
        self.types = types.to_vec();
        Ok(self.out.write_all(b"[")?)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let (mut text, mut line) = (String::new(), Vec::new());
        for row in 0..batch.num_rows() {
            line.clear();
            line.extend_from_slice(if self.any { b",\n [" } else { b"\n [" });
            self.any = true;
            let columns = batch.columns().iter().zip(&self.types).zip(&self.labels);
            for (at, ((column, data_type), label)) in columns.enumerate() {
                line.extend_from_slice(if at == 0 { b"{" } else { b",{" });
                // AWS does not document NULL; a member without a value is left out, as in Athena.
                if !value::is_null(column, row) {
                    text.clear();
                    value::text_into(column, row, data_type, &mut text)?;
                    quote_into(label.as_bytes(), &mut line);
                    line.push(b':');
                    quote_into(text.as_bytes(), &mut line);
                }
                line.push(b'}');
            }
            line.push(b']');
            match self.terminal {
                true => self.out.write_all(&visible_json(&line))?,
                false => self.out.write_all(&line)?,
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        self.out.write_all(if self.any { b"\n]\n" } else { b"]\n" })?;
        Ok(self.out.flush()?)
    }
}
