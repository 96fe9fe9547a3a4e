//! How functions read arrays: values one by one, without copies.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, FixedSizeBinaryArray, ListArray, MapArray,
    StringArray, StringViewArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType,
};
use std::fmt::Display;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};

/// The values of one argument.
#[derive(Debug, Clone)]
pub(crate) struct Column<'a, P: Param<'a>> {
    data: P::Data,
    nulls: Option<&'a NullBuffer>,
    constant: bool,
}

impl<'a, P: Param<'a>> Column<'a, P> {
    /// Reads an array that is not an argument itself.
    pub(crate) fn of(array: &'a dyn Array) -> SqlResult<Self> {
        Self::open(array, false).ok_or_else(|| wrong_layout("an argument", array))
    }

    /// Reads an array, unless values of it cannot be read so; with `constant`, its only value is that
    /// of all rows.
    pub(super) fn open(array: &'a dyn Array, constant: bool) -> Option<Self> {
        Some(Self { data: P::open(array)?, nulls: array.nulls(), constant })
    }

    /// Returns the value of a row, unless it is NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<P> {
        let at = if self.constant { 0 } else { row };
        if self.nulls.is_some_and(|nulls| nulls.is_null(at)) {
            return None;
        }
        Some(P::get(&self.data, at))
    }
}

/// What a value of an argument can be read as.
pub(crate) trait Param<'a>: Sized {
    /// The array, in the form that values are read from.
    type Data;
    /// Returns the array as that, if it is one.
    fn open(array: &'a dyn Array) -> Option<Self::Data>;
    /// Returns the value at a place that is not null.
    fn get(data: &Self::Data, at: usize) -> Self;
}

fn values<T: ArrowPrimitiveType>(array: &dyn Array) -> Option<&[T::Native]> {
    Some(array.as_primitive_opt::<T>()?.values())
}

macro_rules! native {
    ($($native:ty: $($arrow:ty),+;)*) => {$(
        impl<'a> Param<'a> for $native {
            type Data = &'a [$native];
            fn open(array: &'a dyn Array) -> Option<Self::Data> {
                None$(.or_else(|| values::<$arrow>(array)))+
            }
            #[inline]
            fn get(data: &Self::Data, at: usize) -> Self {
                data[at]
            }
        }
    )*};
}

native! {
    i8: Int8Type;
    i16: Int16Type;
    i32: Int32Type, Date32Type;
    i64: Int64Type, TimestampMillisecondType, TimestampMicrosecondType, Time64NanosecondType;
    f32: Float32Type;
    f64: Float64Type;
    i128: Decimal128Type;
}

impl<'a> Param<'a> for bool {
    type Data = &'a BooleanArray;
    fn open(array: &'a dyn Array) -> Option<Self::Data> {
        array.as_boolean_opt()
    }
    #[inline]
    fn get(data: &Self::Data, at: usize) -> Self {
        data.value(at)
    }
}

/// Text, in any of its Arrow types.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AnyStringArray<'a> {
    Utf8(&'a StringArray),
    Utf8View(&'a StringViewArray),
}

impl<'a> Param<'a> for &'a str {
    type Data = AnyStringArray<'a>;
    fn open(array: &'a dyn Array) -> Option<Self::Data> {
        match array.data_type() {
            DataType::Utf8 => array.as_string_opt().map(AnyStringArray::Utf8),
            DataType::Utf8View => array.as_string_view_opt().map(AnyStringArray::Utf8View),
            _ => None,
        }
    }
    #[inline]
    fn get(data: &Self::Data, at: usize) -> Self {
        match data {
            AnyStringArray::Utf8(array) => array.value(at),
            AnyStringArray::Utf8View(array) => array.value(at),
        }
    }
}

/// Bytes, in any of their Arrow types.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AnyBinaryArray<'a> {
    Variable(&'a BinaryArray),
    Fixed(&'a FixedSizeBinaryArray),
}

impl<'a> Param<'a> for &'a [u8] {
    type Data = AnyBinaryArray<'a>;
    fn open(array: &'a dyn Array) -> Option<Self::Data> {
        match array.data_type() {
            DataType::Binary => array.as_binary_opt().map(AnyBinaryArray::Variable),
            DataType::FixedSizeBinary(_) => {
                array.as_fixed_size_binary_opt().map(AnyBinaryArray::Fixed)
            }
            _ => None,
        }
    }
    #[inline]
    fn get(data: &Self::Data, at: usize) -> Self {
        match data {
            AnyBinaryArray::Variable(array) => array.value(at),
            AnyBinaryArray::Fixed(array) => array.value(at),
        }
    }
}

/// Returns the range of a value's parts in child arrays.
#[inline]
pub(crate) fn range_at(offsets: &[i32], at: usize) -> Range<usize> {
    offsets[at] as usize..offsets[at + 1] as usize
}

/// Returns the range of the parts of all values in child arrays: a slice of a batch has the child
/// arrays of the whole batch.
pub(crate) fn used_range(offsets: &[i32]) -> Range<usize> {
    let end = |offset: Option<&i32>| offset.map_or(0, |offset| *offset as usize);
    end(offsets.first())..end(offsets.last())
}

/// The ranges of the parts of arrays or maps.
#[derive(Debug, Clone, Copy)]
struct Ranges<'a> {
    offsets: &'a [i32],
    nulls: Option<&'a NullBuffer>,
    constant: bool,
}

impl Ranges<'_> {
    #[inline]
    fn get(&self, row: usize) -> Option<Range<usize>> {
        let at = if self.constant { 0 } else { row };
        if self.nulls.is_some_and(|nulls| nulls.is_null(at)) {
            return None;
        }
        Some(range_at(self.offsets, at))
    }
}

/// The arrays of an argument of type `array`: their elements are in one child array.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lists<'a> {
    values: &'a ArrayRef,
    ranges: Ranges<'a>,
}

impl<'a> Lists<'a> {
    /// Reads a list array.
    pub(crate) fn new(array: &'a ListArray) -> Self {
        Self::open(array, false)
    }

    pub(super) fn open(array: &'a ListArray, constant: bool) -> Self {
        let ranges = Ranges { offsets: array.value_offsets(), nulls: array.nulls(), constant };
        Self { values: array.values(), ranges }
    }

    /// Returns the elements of all rows.
    pub(crate) fn values(&self) -> &'a ArrayRef {
        self.values
    }

    /// Returns the range in [`Self::values`] of the elements of all rows.
    pub(crate) fn used(&self) -> Range<usize> {
        used_range(self.ranges.offsets)
    }

    /// Returns the range in [`Self::values`] of the elements of a row, unless the array is NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Range<usize>> {
        self.ranges.get(row)
    }
}

/// The maps of an argument of type `map`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maps<'a> {
    array: &'a MapArray,
    ranges: Ranges<'a>,
}

impl<'a> Maps<'a> {
    pub(super) fn open(array: &'a MapArray, constant: bool) -> Self {
        let ranges = Ranges { offsets: array.value_offsets(), nulls: array.nulls(), constant };
        Self { array, ranges }
    }

    /// Returns the keys of all rows.
    pub(crate) fn keys(&self) -> &'a ArrayRef {
        self.array.keys()
    }

    /// Returns the values of all rows.
    pub(crate) fn values(&self) -> &'a ArrayRef {
        self.array.values()
    }

    /// Returns the range in keys and values of the entries of all rows.
    pub(crate) fn used(&self) -> Range<usize> {
        used_range(self.ranges.offsets)
    }

    /// Returns the range in keys and values of the entries of a row, unless the map is NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Range<usize>> {
        self.ranges.get(row)
    }
}

/// Returns the error for an array that does not have the Arrow type of its values' type.
pub(crate) fn wrong_layout(what: impl Display, array: &dyn Array) -> SqlError {
    SqlError::internal(format!("{what} has the Arrow type {}", array.data_type()))
}

/// Returns the bits of booleans as a buffer, NULL as false.
pub fn is_true(array: &BooleanArray) -> BooleanBuffer {
    match array.nulls() {
        Some(nulls) => array.values() & nulls.inner(),
        None => array.values().clone(),
    }
}
