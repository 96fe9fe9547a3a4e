//! Builders of text and bytes: values appended in place, or owned ones.

use super::{ArrayBuilder, IntoBuilder, bytes_end};
use arrow::array::{ArrayRef, BinaryArray, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;

/// The bytes of all values of an array, one after another.
pub(crate) trait Bytes: Default {
    /// The type of one value.
    type Value: ?Sized;
    fn len(&self) -> usize;
    fn truncate(&mut self, length: usize);
    fn push(&mut self, value: &Self::Value);
    /// Returns the array whose values end at `offsets`.
    fn into_array(self, offsets: OffsetBuffer<i32>, nulls: NullBuffer) -> SqlResult<ArrayRef>;
}

impl Bytes for String {
    type Value = str;
    fn len(&self) -> usize {
        self.len()
    }
    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }
    fn push(&mut self, value: &str) {
        self.push_str(value);
    }
    fn into_array(self, offsets: OffsetBuffer<i32>, nulls: NullBuffer) -> SqlResult<ArrayRef> {
        let bytes = Buffer::from_vec(self.into_bytes());
        Ok(Arc::new(StringArray::try_new(offsets, bytes, Some(nulls))?))
    }
}

impl Bytes for Vec<u8> {
    type Value = [u8];
    fn len(&self) -> usize {
        self.len()
    }
    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }
    fn push(&mut self, value: &[u8]) {
        self.extend_from_slice(value);
    }
    fn into_array(self, offsets: OffsetBuffer<i32>, nulls: NullBuffer) -> SqlResult<ArrayRef> {
        let bytes = Buffer::from_vec(self);
        Ok(Arc::new(BinaryArray::try_new(offsets, bytes, Some(nulls))?))
    }
}

/// Values of any length, appended in place.
#[derive(Debug)]
pub(crate) struct VariableBuilder<B> {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    bytes: B,
}

/// Builds text.
pub(crate) type TextBuilder = VariableBuilder<String>;

/// Builds varbinary.
pub(crate) type BytesBuilder = VariableBuilder<Vec<u8>>;

impl<B: Bytes> VariableBuilder<B> {
    /// Returns an empty builder.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: Vec::with_capacity(rows), bytes: B::default() }
    }

    /// Appends what `f` appends; false makes it NULL.
    pub(crate) fn append(&mut self, f: impl FnOnce(&mut B) -> SqlResult<bool>) -> SqlResult<()> {
        let start = self.bytes.len();
        let valid = f(&mut self.bytes)?;
        if !valid {
            self.bytes.truncate(start);
        }
        self.offsets.push(bytes_end(self.bytes.len())?);
        self.nulls.push(valid);
        Ok(())
    }

    /// Appends a value.
    pub(crate) fn push(&mut self, value: &B::Value) -> SqlResult<()> {
        self.append(|bytes| {
            bytes.push(value);
            Ok(true)
        })
    }
}

impl<B: Bytes> ArrayBuilder for VariableBuilder<B> {
    fn null(&mut self) {
        self.offsets.push(self.offsets.last().copied().unwrap_or_default());
        self.nulls.push(false);
    }
    fn finish(self, _: &Type) -> SqlResult<ArrayRef> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        self.bytes.into_array(offsets, NullBuffer::from(self.nulls))
    }
}

/// Owned values, kept until the end. Functions that can append in place do that instead.
#[derive(Debug)]
pub(crate) struct OwnedBuilder<B>(Vec<Option<B>>);

impl<B: Bytes + AsRef<B::Value>> ArrayBuilder for OwnedBuilder<B> {
    fn null(&mut self) {
        self.0.push(None);
    }
    fn finish(self, data_type: &Type) -> SqlResult<ArrayRef> {
        let mut builder = VariableBuilder::<B>::with_capacity(self.0.len());
        for value in self.0 {
            builder.append(|bytes| {
                if let Some(value) = &value {
                    bytes.push(value.as_ref());
                }
                Ok(value.is_some())
            })?;
        }
        builder.finish(data_type)
    }
}

macro_rules! owned {
    ($($bytes:ty)*) => {$(
        impl IntoBuilder for $bytes {
            type Builder = OwnedBuilder<$bytes>;
            fn builder(rows: usize) -> Self::Builder {
                OwnedBuilder(Vec::with_capacity(rows))
            }
            fn append_to(self, builder: &mut Self::Builder) {
                builder.0.push(Some(self));
            }
        }
    )*};
}

owned! { String Vec<u8> }
