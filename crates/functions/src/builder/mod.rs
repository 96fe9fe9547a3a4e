//! How functions write results: arrays of every layout, built row by row.
//!
//! [`ArrayBuilder`] is for values, [`TakeIndices`] for arrays whose elements exist already, and
//! [`list`], [`map`] and [`row`] for arrays made of others.

mod bytes;
mod nested;
mod take;

pub(crate) use bytes::{BytesBuilder, TextBuilder};
pub(crate) use nested::{layout, list, map, nulls, row};
pub use take::TakeIndices;
pub(crate) use take::take_checked;

use arrow::array::{ArrayData, ArrayRef, BooleanArray, FixedSizeBinaryArray, make_array};
use arrow::buffer::{Buffer, NullBuffer};
use arrow::datatypes::ArrowNativeType;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// A value that a function can return.
pub(crate) trait IntoBuilder: Sized {
    /// Builds an array of such values.
    type Builder: ArrayBuilder;
    /// Returns an empty builder.
    fn builder(rows: usize) -> Self::Builder;
    /// Appends the value.
    fn append_to(self, builder: &mut Self::Builder);
}

/// Builds the array of a result.
pub(crate) trait ArrayBuilder {
    /// Appends NULL.
    fn null(&mut self);
    /// Returns the array in the layout of `data_type`.
    fn finish(self, data_type: &Type) -> SqlResult<ArrayRef>;
}

/// Values of fixed width.
#[derive(Debug)]
pub(crate) struct PrimitiveBuilder<T> {
    values: Vec<T>,
    nulls: Vec<bool>,
}

impl<T: ArrowNativeType> ArrayBuilder for PrimitiveBuilder<T> {
    fn null(&mut self) {
        self.values.push(T::default());
        self.nulls.push(false);
    }

    fn finish(self, data_type: &Type) -> SqlResult<ArrayRef> {
        let data = ArrayData::builder(arrow_type(data_type))
            .len(self.values.len())
            .nulls(Some(NullBuffer::from(self.nulls)))
            .add_buffer(Buffer::from_vec(self.values))
            .build()?;
        Ok(make_array(data))
    }
}

macro_rules! primitive {
    ($($native:ty)*) => {$(
        impl IntoBuilder for $native {
            type Builder = PrimitiveBuilder<$native>;
            fn builder(rows: usize) -> Self::Builder {
                PrimitiveBuilder {
                    values: Vec::with_capacity(rows),
                    nulls: Vec::with_capacity(rows),
                }
            }
            #[inline]
            fn append_to(self, builder: &mut Self::Builder) {
                builder.values.push(self);
                builder.nulls.push(true);
            }
        }
    )*};
}

primitive! { i8 i16 i32 i64 f32 f64 i128 }

/// Values true and false.
#[derive(Debug)]
pub(crate) struct BooleanBuilder(Vec<Option<bool>>);

impl ArrayBuilder for BooleanBuilder {
    fn null(&mut self) {
        self.0.push(None);
    }
    fn finish(self, _: &Type) -> SqlResult<ArrayRef> {
        Ok(Arc::new(BooleanArray::from(self.0)))
    }
}

impl IntoBuilder for bool {
    type Builder = BooleanBuilder;
    fn builder(rows: usize) -> Self::Builder {
        BooleanBuilder(Vec::with_capacity(rows))
    }
    fn append_to(self, builder: &mut Self::Builder) {
        builder.0.push(Some(self));
    }
}

/// Values of 16 bytes: uuid and ipaddress.
#[derive(Debug)]
pub(crate) struct Fixed16Builder(PrimitiveBuilder<i128>);

impl ArrayBuilder for Fixed16Builder {
    fn null(&mut self) {
        self.0.null();
    }
    fn finish(self, _: &Type) -> SqlResult<ArrayRef> {
        let nulls = NullBuffer::from(self.0.nulls);
        let bytes = Buffer::from_vec(self.0.values);
        Ok(Arc::new(FixedSizeBinaryArray::try_new(16, bytes, Some(nulls))?))
    }
}

impl IntoBuilder for [u8; 16] {
    type Builder = Fixed16Builder;
    fn builder(rows: usize) -> Self::Builder {
        Fixed16Builder(i128::builder(rows))
    }
    fn append_to(self, builder: &mut Self::Builder) {
        i128::from_ne_bytes(self).append_to(&mut builder.0);
    }
}

/// The most bytes that one argument or result of a function has for a batch of rows. Calls in calls
/// would multiply what each is allowed; this ends it.
const MAX_BYTES: usize = 1 << 30;

/// Returns the number of bytes so far as an offset, unless they are too many for a batch.
fn bytes_end(bytes: usize) -> SqlResult<i32> {
    i32::try_from(bytes).ok().filter(|_| bytes <= MAX_BYTES).ok_or_else(|| {
        SqlError::new(
            Code::ExceededFunctionMemoryLimit,
            format!("The values of a batch of rows take more than {} MiB", MAX_BYTES >> 20),
        )
    })
}

/// The most elements that the arrays of a batch of rows have together.
const MAX_ELEMENTS: usize = 1 << 26;

/// Returns the number of elements so far as an offset, unless they are too many for a batch.
pub(crate) fn end_of(elements: usize) -> SqlResult<i32> {
    i32::try_from(elements).ok().filter(|_| elements <= MAX_ELEMENTS).ok_or_else(|| {
        SqlError::new(
            Code::ExceededFunctionMemoryLimit,
            format!("The arrays of a batch of rows have more than {MAX_ELEMENTS} elements"),
        )
    })
}
