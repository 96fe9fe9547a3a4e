//! Columns of text.

use super::rows::{Offsets, Validity};
use crate::json::cursor::{Cursor, Kind};
use crate::json::text;
use crate::shred::record::shape::Spelling;
use arrow::array::StringArray;
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

#[derive(Debug, Default)]
pub(super) struct TextColumn {
    offsets: Offsets,
    data: Vec<u8>,
    valid: Validity,
}

impl TextColumn {
    #[inline]
    pub(super) fn push(&mut self, text: &[u8]) {
        self.data.extend_from_slice(text);
        self.end_row(true);
    }

    #[inline]
    pub(super) fn push_null(&mut self) {
        self.end_row(false);
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Appends NULL until there are so many rows.
    #[inline]
    pub(super) fn pad(&mut self, rows: usize) {
        self.offsets.pad(rows);
        self.valid.pad(rows);
    }

    /// Returns the value of a row, which is not NULL.
    pub(super) fn get(&self, row: usize) -> Option<&[u8]> {
        self.valid.get(row).then(|| self.bytes(row))
    }

    /// Appends to the row that is being made, which [`Self::end_row`] ends.
    #[inline]
    pub(super) fn data(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }

    #[inline]
    pub(super) fn end_row(&mut self, valid: bool) {
        self.offsets.push(self.data.len());
        self.valid.push(valid);
    }

    /// Appends the value at the cursor: strings without escapes, other scalars as they stand,
    /// nested values as compact JSON. Returns how it is spelled, if that is `wanted` and a shape can say it.
    #[inline]
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>, wanted: bool) -> Option<Spelling> {
        let (from, start) = (cursor.position(), self.data.len());
        let spelled = match cursor.kind() {
            Kind::String => {
                let raw = cursor.string();
                text::unescape_into(raw, &mut self.data);
                match raw.escaped {
                    false => Some(Spelling::Text),
                    true if wanted && text::is_quoted_as(&self.data[start..], raw.bytes) => {
                        Some(Spelling::Escaped)
                    }
                    true => None,
                }
            }
            Kind::Null => {
                cursor.raw();
                self.push_null();
                return None;
            }
            Kind::Number | Kind::Boolean => {
                self.data.extend_from_slice(cursor.raw());
                Some(Spelling::Text)
            }
            Kind::Object | Kind::Array => {
                text::compact_into(cursor, &mut self.data);
                let is_compact = wanted && self.data[start..] == *cursor.since(from);
                is_compact.then_some(Spelling::Text)
            }
        };
        self.end_row(true);
        spelled
    }

    pub(super) fn bytes(&self, row: usize) -> &[u8] {
        &self.data[self.offsets.start(row)..self.offsets.start(row + 1)]
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.data.truncate(self.offsets.start(rows));
        self.offsets.truncate(rows);
        self.valid.truncate(rows);
    }

    pub(super) fn finish(&mut self) -> Result<StringArray, ArrowError> {
        let next = Vec::with_capacity(self.data.len());
        let data = std::mem::replace(&mut self.data, next);
        StringArray::try_new(self.offsets.finish()?, Buffer::from_vec(data), self.valid.finish())
    }
}
