//! Rows as `GetQueryResults` of CloudTrail Lake gives them: each a list of objects of one member,
//! all values text.

use super::visible::visible_json;
use super::{AnswerWriter, OutputError, WriterOptions, value};
use crate::engine::types::Type;
use crate::json::text::quote_into;
use arrow::array::RecordBatch;
use std::io::Write;

/// Writes rows of an answer, each as `[{"eventName":"Decrypt"},{"c":"178"}]`. A NULL is the empty text: AWS does not tell
/// what it is, and of the clients some fail at a missing member, others at `null`.
#[derive(Debug)]
pub struct LakeRows {
    /// What stands before each value: its label as a member.
    heads: Vec<Vec<u8>>,
    types: Vec<Type>,
    text: String,
}

impl LakeRows {
    /// Rows of columns with these labels and types.
    pub fn new(labels: &[String], types: &[Type]) -> Self {
        let head = |(at, label): (usize, &String)| {
            let mut head = if at == 0 { b"{".to_vec() } else { b",{".to_vec() };
            quote_into(label.as_bytes(), &mut head);
            head.push(b':');
            head
        };
        let heads = labels.iter().enumerate().map(head).collect();
        Self { heads, types: types.to_vec(), text: String::new() }
    }

    /// Appends a row of a batch.
    ///
    /// # Errors
    /// When a column does not have the Arrow type of its type.
    pub fn append(
        &mut self,
        batch: &RecordBatch,
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        out.push(b'[');
        let columns = batch.columns().iter().zip(&self.types).zip(&self.heads);
        for ((column, data_type), head) in columns {
            out.extend_from_slice(head);
            self.text.clear();
            if !value::is_null(column, row) {
                value::text_into(column, row, data_type, &mut self.text)?;
            }
            quote_into(self.text.as_bytes(), out);
            out.push(b'}');
        }
        out.push(b']');
        Ok(())
    }
}

pub(super) struct LakeWriter<'a> {
    out: &'a mut dyn Write,
    rows: LakeRows,
    any: bool,
    terminal: bool,
}

impl<'a> LakeWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        let terminal = options.terminal.is_some();
        Self { out, rows: LakeRows::new(&[], &[]), any: false, terminal }
    }
}

impl AnswerWriter for LakeWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.rows = LakeRows::new(labels, types);
        Ok(self.out.write_all(b"[")?)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let mut line = Vec::new();
        for row in 0..batch.num_rows() {
            line.clear();
            line.extend_from_slice(if self.any { b",\n " } else { b"\n " });
            self.any = true;
            self.rows.append(batch, row, &mut line)?;
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
