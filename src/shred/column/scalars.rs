//! Columns of booleans, numbers and times.

use super::rows::Validity;
use crate::json::cursor::{Cursor, Kind};
use crate::json::text;
use crate::shred::record::shape::Spelling;
use crate::shred::record::sketch::Sketch;
use crate::shred::record::spelling;
use arrow::array::{BooleanArray, PrimitiveArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::ArrowPrimitiveType;
use arrow::error::ArrowError;

#[derive(Debug, Default)]
pub(super) struct BooleanColumn {
    values: Validity,
    valid: Validity,
}

impl BooleanColumn {
    #[inline]
    fn push(&mut self, value: Option<bool>) {
        self.values.push(value.unwrap_or_default());
        self.valid.push(value.is_some());
    }

    /// Returns whether the value fits.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>) -> bool {
        let raw = cursor.raw();
        let plain = raw.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        let word = plain.unwrap_or(raw).trim_ascii();
        let value = match word.len() {
            4 if word.eq_ignore_ascii_case(b"true") => Some(true),
            5 if word.eq_ignore_ascii_case(b"false") => Some(false),
            _ => None,
        };
        self.push(value);
        value.is_some() || is_null(word)
    }

    pub(super) fn len(&self) -> usize {
        self.valid.len()
    }

    /// Appends NULL until there are so many rows.
    pub(super) fn pad(&mut self, rows: usize) {
        self.values.pad(rows);
        self.valid.pad(rows);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.valid.truncate(rows);
    }

    pub(super) fn finish(&mut self) -> BooleanArray {
        BooleanArray::new(self.values.finish_bits(), self.valid.finish())
    }
}

pub(super) fn is_null(raw: &[u8]) -> bool {
    matches!(raw, b"null" | b"")
}

/// Numbers, and times as numbers.
#[derive(Debug)]
pub(super) struct PrimitiveColumn<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    valid: Validity,
}

impl<T: ArrowPrimitiveType> Default for PrimitiveColumn<T> {
    fn default() -> Self {
        Self { values: Vec::new(), valid: Validity::default() }
    }
}

impl<T: ArrowPrimitiveType> PrimitiveColumn<T> {
    #[inline]
    fn push(&mut self, value: Option<T::Native>) {
        self.values.push(value.unwrap_or_default());
        self.valid.push(value.is_some());
    }

    /// Returns whether the value fits, as `parse` reads its text.
    pub(super) fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        parse: impl Fn(&[u8]) -> Option<T::Native>,
    ) -> bool {
        let (value, null) = match cursor.kind() {
            Kind::String => {
                let raw = cursor.string();
                if raw.escaped {
                    let mut plain = Vec::new();
                    text::unescape_into(raw, &mut plain);
                    (parse(&plain), false)
                } else {
                    (parse(raw.bytes), is_null(raw.bytes))
                }
            }
            _ => {
                let raw = cursor.raw();
                (parse(raw), is_null(raw))
            }
        };
        self.push(value);
        value.is_some() || null
    }

    /// Returns how the last value is spelled in `raw`, if `write` spells it so.
    pub(super) fn spelled_as(
        &self,
        raw: &[u8],
        sketch: &mut Sketch<'_>,
        write: impl FnOnce(T::Native, &mut Vec<u8>),
    ) -> Option<Spelling> {
        let last = self.last()?;
        let as_ours = spelling::is_written_as(raw, sketch.scratch()?, |out| write(last, out));
        as_ours.then_some(Spelling::Value)
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns the last value.
    pub(super) fn last(&self) -> Option<T::Native> {
        self.values.last().copied()
    }

    /// Appends NULL until there are so many rows.
    pub(super) fn pad(&mut self, rows: usize) {
        self.values.resize(rows.max(self.len()), T::Native::default());
        self.valid.pad(rows);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.valid.truncate(rows);
    }

    pub(super) fn finish(&mut self) -> Result<PrimitiveArray<T>, ArrowError> {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        PrimitiveArray::try_new(values, self.valid.finish())
    }
}

/// Reads a number that a JSON number or its text gives.
pub(super) fn double(text: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Reads a whole number of 32 bits, however it is written (`10080.0`).
pub(super) fn integer(text: &[u8]) -> Option<i32> {
    let number = double(text)?;
    let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
    (number.fract() == 0.0 && range.contains(&number)).then_some(number as i32)
}
