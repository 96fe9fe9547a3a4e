//! JSON: an array of objects, or one object a line.

use super::value::Rows;
use super::visible::visible_json;
use super::{AnswerWriter, OutputError, WriterOptions, unique, value};
use crate::engine::types::Type;
use crate::json::text::quote_into;
use arrow::array::RecordBatch;
use std::io::Write;

pub(super) struct JsonWriter<'a> {
    out: &'a mut dyn Write,
    lines: bool,
    terminal: bool,
    keys: Vec<Vec<u8>>,
    types: Vec<Type>,
    any: bool,
    buffer: Vec<u8>,
}

impl<'a> JsonWriter<'a> {
    pub(super) fn array(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        Self {
            out,
            lines: false,
            terminal: options.terminal.is_some(),
            keys: Vec::new(),
            types: Vec::new(),
            any: false,
            buffer: Vec::new(),
        }
    }

    pub(super) fn lines(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        Self { lines: true, ..Self::array(out, options) }
    }
}

/// Returns the labels as JSON strings.
fn keys(labels: &[String]) -> Vec<Vec<u8>> {
    let quoted = |name: String| {
        let mut key = Vec::new();
        quote_into(name.as_bytes(), &mut key);
        key
    };
    unique(labels, str::to_owned).into_iter().map(quoted).collect()
}

impl AnswerWriter for JsonWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.keys = keys(labels);
        self.types = types.to_vec();
        if !self.lines {
            self.out.write_all(b"[")?;
        }
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        for row in 0..batch.num_rows() {
            self.buffer.clear();
            if !self.lines {
                self.buffer.extend_from_slice(if self.any { b",\n " } else { b"\n " });
            }
            self.any = true;
            self.buffer.push(b'{');
            for (at, (column, data_type)) in batch.columns().iter().zip(&self.types).enumerate() {
                if at > 0 {
                    self.buffer.push(b',');
                }
                if let Some(key) = self.keys.get(at) {
                    self.buffer.extend_from_slice(key);
                }
                self.buffer.push(b':');
                value::json_into(column, row, data_type, Rows::Objects, &mut self.buffer)?;
            }
            self.buffer.push(b'}');
            if self.lines {
                self.buffer.push(b'\n');
            }
            match self.terminal {
                true => self.out.write_all(&visible_json(&self.buffer))?,
                false => self.out.write_all(&self.buffer)?,
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        if !self.lines {
            self.out.write_all(if self.any { b"\n]\n" } else { b"]\n" })?;
        }
        Ok(self.out.flush()?)
    }
}
