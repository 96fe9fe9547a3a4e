//! JSON: an array of objects, or one object a line.

use super::value::Rows;
use super::{AnswerWriter, OutputError, value};
use crate::engine::types::Type;
use crate::json::text::quote_into;
use arrow::array::RecordBatch;
use std::collections::HashSet;
use std::io::Write;

pub(super) struct JsonWriter<'a> {
    out: &'a mut dyn Write,
    lines: bool,
    keys: Vec<Vec<u8>>,
    kinds: Vec<Type>,
    any: bool,
    buffer: Vec<u8>,
}

impl<'a> JsonWriter<'a> {
    pub(super) fn array(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            lines: false,
            keys: Vec::new(),
            kinds: Vec::new(),
            any: false,
            buffer: Vec::new(),
        }
    }

    pub(super) fn lines(out: &'a mut dyn Write) -> Self {
        Self { lines: true, ..Self::array(out) }
    }
}

/// Returns the labels as JSON strings; one that is there already gets a number, as an object with a
/// name twice loses a value in most readers.
fn keys(labels: &[String]) -> Vec<Vec<u8>> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut unique = |label: &String| {
        let mut name = label.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{label}_{number}");
            number += 1;
        }
        let mut key = Vec::new();
        quote_into(name.as_bytes(), &mut key);
        key
    };
    labels.iter().map(&mut unique).collect()
}

impl AnswerWriter for JsonWriter<'_> {
    fn begin(&mut self, labels: &[String], kinds: &[Type]) -> Result<(), OutputError> {
        self.keys = keys(labels);
        self.kinds = kinds.to_vec();
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
            for (at, (column, kind)) in batch.columns().iter().zip(&self.kinds).enumerate() {
                if at > 0 {
                    self.buffer.push(b',');
                }
                if let Some(key) = self.keys.get(at) {
                    self.buffer.extend_from_slice(key);
                }
                self.buffer.push(b':');
                value::json_into(column, row, kind, Rows::Objects, &mut self.buffer)?;
            }
            self.buffer.push(b'}');
            if self.lines {
                self.buffer.push(b'\n');
            }
            self.out.write_all(&self.buffer)?;
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
