//! One JSON line a statement, in the encoding of Trino's client protocol.

use super::value::{self, Rows};
use super::visible::visible_json;
use super::{AnswerWriter, OutputError, WriterOptions};
use crate::engine::sql_error::SqlError;
use crate::engine::types::{RowField, Type};
use crate::json::text::quote_into;
use arrow::array::RecordBatch;
use std::io::Write;

/// Writes `{"names","types","rows"}`.
pub(super) struct TrinoWriter<'a> {
    out: &'a mut dyn Write,
    types: Vec<Type>,
    line: Vec<u8>,
    any: bool,
    terminal: bool,
}

impl<'a> TrinoWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        let terminal = options.terminal.is_some();
        Self { out, types: Vec::new(), line: Vec::new(), any: false, terminal }
    }
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, text) in texts.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        quote_into(text.as_bytes(), out);
    }
    out.push(b']');
}

impl AnswerWriter for TrinoWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.types = types.to_vec();
        self.line.extend_from_slice(b"{\"names\":");
        texts(labels.iter().map(String::as_str), &mut self.line);
        self.line.extend_from_slice(b",\"types\":");
        let types: Vec<_> = types.iter().map(type_name).collect();
        texts(types.iter().map(String::as_str), &mut self.line);
        self.line.extend_from_slice(b",\"rows\":[");
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        for row in 0..batch.num_rows() {
            self.line.extend_from_slice(if self.any { b",[" } else { b"[" });
            self.any = true;
            for (at, (column, data_type)) in batch.columns().iter().zip(&self.types).enumerate() {
                if at > 0 {
                    self.line.push(b',');
                }
                value::json_into(column, row, data_type, Rows::Arrays, &mut self.line)?;
            }
            self.line.push(b']');
        }
        // A statement that fails in its course leaves an error only, so nothing is sent before the end.
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        self.line.extend_from_slice(b"]}\n");
        match self.terminal {
            true => self.out.write_all(&visible_json(&self.line))?,
            false => self.out.write_all(&self.line)?,
        }
        Ok(self.out.flush()?)
    }
}

/// Returns the line of a statement that failed: `{"error": {"name", "message", "line", "column"}}`.
pub fn error_line(error: &SqlError) -> String {
    let at = error.at;
    let told = serde_json::json!({ "error": {
        "name": error.code.name(),
        "message": error.to_string(),
        "line": at.map(|at| at.line),
        "column": at.map(|at| at.column),
    }});
    told.to_string()
}

/// A type as the client protocol names it.
fn type_name(data_type: &Type) -> String {
    let field = |field: &RowField| {
        let data_type = type_name(&field.data_type);
        match &field.name {
            Some(name) if is_plain(name) => format!("{name} {data_type}"),
            Some(name) => format!("\"{}\" {data_type}", name.replace('"', "\"\"")),
            None => data_type,
        }
    };
    match data_type {
        Type::Decimal(precision, scale) => format!("decimal({precision}, {scale})"),
        Type::Array(item) => format!("array({})", type_name(item)),
        Type::Map(key, value) => format!("map({}, {})", type_name(key), type_name(value)),
        Type::Row(fields) => {
            format!("row({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Type::IntervalDay | Type::IntervalYear => data_type.to_string().to_uppercase(),
        other => other.to_string(),
    }
}

fn is_plain(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(word)
}
