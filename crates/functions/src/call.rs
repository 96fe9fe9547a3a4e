//! What a function is given, and how it reads it row by row without copies.

use crate::builder::{ArrayBuilder, BytesBuilder, IntoBuilder, TextBuilder};
use crate::lambda::Lambda;
use crate::registry::Function;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, FixedSizeBinaryArray, ListArray, MapArray,
    StringArray, StringViewArray, StructArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{ArrowPrimitiveType, DataType};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
};
use chrono::{DateTime, Utc};
use std::any::Any;
use std::fmt::Display;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// An argument: a value for each row, one for all, or a lambda.
#[derive(Debug, Clone)]
pub enum Argument {
    /// One value for each row.
    Rows(ArrayRef),
    /// One value for all rows: an array of length 1.
    Constant(ArrayRef),
    /// A lambda.
    Lambda(Lambda),
}

/// One call of a function for a batch of rows.
#[derive(Debug)]
pub struct Call<'a> {
    function: &'a Function,
    arguments: &'a [Argument],
    types: &'a [Type],
    result: &'a Type,
    rows: usize,
    now: DateTime<Utc>,
    site: &'a Site,
}

/// What a call's place in the query keeps from batch to batch: what was compiled from an argument.
#[derive(Debug, Default)]
pub struct Site(Mutex<Option<(String, Arc<dyn Any + Send + Sync>)>>);

/// The values of one argument.
#[derive(Debug, Clone)]
pub(crate) struct Column<'a, P: Param<'a>> {
    data: P::Data,
    nulls: Option<&'a NullBuffer>,
    constant: bool,
}

impl<'a, P: Param<'a>> Column<'a, P> {
    /// Reads an array that is no argument itself.
    pub(crate) fn of(array: &'a dyn Array) -> SqlResult<Self> {
        let data = P::open(array).ok_or_else(|| wrong_layout("an argument", array))?;
        Ok(Self { data, nulls: array.nulls(), constant: false })
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

/// Text, however it lies.
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

/// Bytes, of any or of fixed length.
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

/// The arrays of an argument of type `array`: elements lie in one child array.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lists<'a> {
    array: &'a ListArray,
    constant: bool,
}

impl<'a> Lists<'a> {
    /// Reads a list array.
    pub(crate) fn new(array: &'a ListArray) -> Self {
        Self { array, constant: false }
    }

    /// Returns the elements of all rows.
    pub(crate) fn values(&self) -> &'a ArrayRef {
        self.array.values()
    }

    /// Returns where in [`Self::values`] the elements of all rows lie: a slice of a batch has the
    /// whole batch's.
    pub(crate) fn used(&self) -> Range<usize> {
        span(self.array.value_offsets())
    }

    /// Returns where the elements of a row lie in [`Self::values`], unless the array is NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Range<usize>> {
        let at = if self.constant { 0 } else { row };
        if self.array.is_null(at) {
            return None;
        }
        let offsets = self.array.value_offsets();
        Some(offsets[at] as usize..offsets[at + 1] as usize)
    }
}

fn span(offsets: &[i32]) -> Range<usize> {
    let end = |offset: Option<&i32>| offset.map_or(0, |offset| *offset as usize);
    end(offsets.first())..end(offsets.last())
}

/// The maps of an argument of type `map`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maps<'a> {
    array: &'a MapArray,
    constant: bool,
}

impl<'a> Maps<'a> {
    /// Returns the keys of all rows.
    pub(crate) fn keys(&self) -> &'a ArrayRef {
        self.array.keys()
    }

    /// Returns the values of all rows.
    pub(crate) fn values(&self) -> &'a ArrayRef {
        self.array.values()
    }

    /// Returns where in keys and values the entries of all rows lie: a slice of a batch has the
    /// whole batch's.
    pub(crate) fn used(&self) -> Range<usize> {
        span(self.array.value_offsets())
    }

    /// Returns where the entries of a row lie in keys and values, unless the map is NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Range<usize>> {
        let at = if self.constant { 0 } else { row };
        if self.array.is_null(at) {
            return None;
        }
        let offsets = self.array.value_offsets();
        Some(offsets[at] as usize..offsets[at + 1] as usize)
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

impl<'a> Call<'a> {
    /// A call of `function` with arguments of `types` for a batch of `rows` rows; what depends on the time takes `now`,
    /// when the statement began. The same `site` for all batches saves compiling patterns anew.
    pub fn new(
        function: &'a Function,
        arguments: &'a [Argument],
        types: &'a [Type],
        result: &'a Type,
        rows: usize,
        now: DateTime<Utc>,
        site: &'a Site,
    ) -> Self {
        Self { function, arguments, types, result, rows, now, site }
    }

    /// Returns the function's name.
    pub(crate) fn name(&self) -> &'static str {
        self.function.id.name
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the type of the result.
    pub fn result(&self) -> &'a Type {
        self.result
    }

    /// Returns when the statement began.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Returns the number of arguments.
    pub(crate) fn len(&self) -> usize {
        self.arguments.len()
    }

    /// Returns the type of an argument.
    pub(crate) fn argument_type(&self, at: usize) -> &'a Type {
        &self.types[at]
    }

    fn array_of(&self, at: usize) -> SqlResult<(&'a ArrayRef, bool)> {
        match self.arguments.get(at) {
            Some(Argument::Rows(array)) => Ok((array, false)),
            Some(Argument::Constant(array)) => Ok((array, true)),
            _ => Err(SqlError::internal(format!(
                "{}: argument {at} is a lambda, not a value",
                self.name()
            ))),
        }
    }

    /// Returns the array of an argument as it lies, and whether its only value is that of all rows.
    pub(crate) fn raw(&self, at: usize) -> SqlResult<(&'a ArrayRef, bool)> {
        self.array_of(at)
    }

    /// Returns an argument as an array with a value for each row.
    pub(crate) fn array(&self, at: usize) -> SqlResult<ArrayRef> {
        let (array, constant) = self.array_of(at)?;
        if !constant {
            return Ok(Arc::clone(array));
        }
        let first = arrow::array::UInt32Array::from(vec![0; self.rows]);
        crate::builder::take_checked(array, &first)
    }

    /// Whether an argument has one value for all rows.
    pub(crate) fn is_constant(&self, at: usize) -> bool {
        matches!(self.arguments.get(at), Some(Argument::Constant(_)))
    }

    fn no_layout(&self, at: usize, array: &ArrayRef) -> SqlError {
        wrong_layout(format_args!("{}: argument {at}", self.name()), array)
    }

    /// Returns the values of an argument.
    pub(crate) fn column<P: Param<'a>>(&self, at: usize) -> SqlResult<Column<'a, P>> {
        let (array, constant) = self.array_of(at)?;
        let data = P::open(array).ok_or_else(|| self.no_layout(at, array))?;
        Ok(Column { data, nulls: array.nulls(), constant })
    }

    /// Returns the value of an argument that is the same for all rows, and not NULL.
    pub(crate) fn constant<P: Param<'a>>(&self, at: usize) -> SqlResult<Option<P>> {
        if !self.is_constant(at) {
            return Ok(None);
        }
        Ok(self.column::<P>(at)?.get(0))
    }

    /// Returns the arrays of an argument.
    pub(crate) fn lists(&self, at: usize) -> SqlResult<Lists<'a>> {
        let (array, constant) = self.array_of(at)?;
        let list = array.as_list_opt().ok_or_else(|| self.no_layout(at, array))?;
        Ok(Lists { array: list, constant })
    }

    /// Returns the maps of an argument.
    pub(crate) fn maps(&self, at: usize) -> SqlResult<Maps<'a>> {
        let (array, constant) = self.array_of(at)?;
        let map = array.as_map_opt().ok_or_else(|| self.no_layout(at, array))?;
        Ok(Maps { array: map, constant })
    }

    /// Returns the rows of an argument of type `row`, with a value for each row.
    pub(crate) fn structs(&self, at: usize) -> SqlResult<StructArray> {
        let array = self.array(at)?;
        let rows = array.as_struct_opt().ok_or_else(|| self.no_layout(at, &array))?;
        Ok(rows.clone())
    }

    /// Returns the lambda at an argument's place.
    pub(crate) fn lambda(&self, at: usize) -> SqlResult<&'a Lambda> {
        match self.arguments.get(at) {
            Some(Argument::Lambda(lambda)) => Ok(lambda),
            _ => Err(SqlError::internal(format!(
                "{}: argument {at} is a value, not a lambda",
                self.name()
            ))),
        }
    }

    /// Returns what `compile` makes of `text`, from the last time if that was the same text. For
    /// patterns, paths and formats, which are mostly constant.
    pub(crate) fn compiled<T: Any + Send + Sync>(
        &self,
        text: &str,
        compile: impl FnOnce(&str) -> SqlResult<T>,
    ) -> SqlResult<Arc<T>> {
        let mut kept = self.site.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((known, value)) = &*kept
            && known == text
            && let Ok(value) = Arc::clone(value).downcast::<T>()
        {
            return Ok(value);
        }
        let value = Arc::new(compile(text)?);
        *kept = Some((text.to_owned(), Arc::clone(&value) as _));
        Ok(value)
    }

    /// Makes the result from `f` of each row; `None` is NULL.
    pub(crate) fn each<R: IntoBuilder>(
        &self,
        mut f: impl FnMut(usize) -> SqlResult<Option<R>>,
    ) -> SqlResult<ArrayRef> {
        let mut out = R::builder(self.rows);
        for row in 0..self.rows {
            match f(row)? {
                Some(value) => value.append_to(&mut out),
                None => out.null(),
            }
        }
        out.finish(self.result)
    }

    /// Makes a text result: `f` appends the text of a row, and answers whether it is not NULL.
    pub(crate) fn each_text(
        &self,
        mut f: impl FnMut(usize, &mut String) -> SqlResult<bool>,
    ) -> SqlResult<ArrayRef> {
        let mut out = TextBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            out.append(|text| f(row, text))?;
        }
        out.finish(self.result)
    }

    /// Makes a varbinary result: `f` appends the bytes of a row, and answers whether it is not NULL.
    pub(crate) fn each_bytes(
        &self,
        mut f: impl FnMut(usize, &mut Vec<u8>) -> SqlResult<bool>,
    ) -> SqlResult<ArrayRef> {
        let mut out = BytesBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            out.append(|bytes| f(row, bytes))?;
        }
        out.finish(self.result)
    }

    /// Makes the result from one argument, row by row; NULL gives NULL.
    pub(crate) fn map1<A: Param<'a>, R: IntoBuilder>(
        &self,
        mut f: impl FnMut(A) -> SqlResult<R>,
    ) -> SqlResult<ArrayRef> {
        let a = self.column::<A>(0)?;
        self.each(|row| a.get(row).map(&mut f).transpose())
    }

    /// Makes the result from two arguments, row by row; NULL gives NULL.
    pub(crate) fn map2<A: Param<'a>, B: Param<'a>, R: IntoBuilder>(
        &self,
        mut f: impl FnMut(A, B) -> SqlResult<R>,
    ) -> SqlResult<ArrayRef> {
        let (a, b) = (self.column::<A>(0)?, self.column::<B>(1)?);
        self.each(|row| match (a.get(row), b.get(row)) {
            (Some(a), Some(b)) => f(a, b).map(Some),
            _ => Ok(None),
        })
    }

    /// Makes the result from three arguments, row by row; NULL gives NULL.
    pub(crate) fn map3<A: Param<'a>, B: Param<'a>, C: Param<'a>, R: IntoBuilder>(
        &self,
        mut f: impl FnMut(A, B, C) -> SqlResult<R>,
    ) -> SqlResult<ArrayRef> {
        let (a, b, c) = (self.column::<A>(0)?, self.column::<B>(1)?, self.column::<C>(2)?);
        self.each(|row| match (a.get(row), b.get(row), c.get(row)) {
            (Some(a), Some(b), Some(c)) => f(a, b, c).map(Some),
            _ => Ok(None),
        })
    }

    /// Makes a text result from one argument: `f` appends it.
    pub(crate) fn text1<A: Param<'a>>(
        &self,
        mut f: impl FnMut(A, &mut String) -> SqlResult<()>,
    ) -> SqlResult<ArrayRef> {
        let a = self.column::<A>(0)?;
        self.each_text(|row, out| match a.get(row) {
            Some(a) => f(a, out).map(|()| true),
            None => Ok(false),
        })
    }

    /// Makes a text result from two arguments: `f` appends it.
    pub(crate) fn text2<A: Param<'a>, B: Param<'a>>(
        &self,
        mut f: impl FnMut(A, B, &mut String) -> SqlResult<()>,
    ) -> SqlResult<ArrayRef> {
        let (a, b) = (self.column::<A>(0)?, self.column::<B>(1)?);
        self.each_text(|row, out| match (a.get(row), b.get(row)) {
            (Some(a), Some(b)) => f(a, b, out).map(|()| true),
            _ => Ok(false),
        })
    }

    /// Makes a text result from three arguments: `f` appends it.
    pub(crate) fn text3<A: Param<'a>, B: Param<'a>, C: Param<'a>>(
        &self,
        mut f: impl FnMut(A, B, C, &mut String) -> SqlResult<()>,
    ) -> SqlResult<ArrayRef> {
        let (a, b, c) = (self.column::<A>(0)?, self.column::<B>(1)?, self.column::<C>(2)?);
        self.each_text(|row, out| match (a.get(row), b.get(row), c.get(row)) {
            (Some(a), Some(b), Some(c)) => f(a, b, c, out).map(|()| true),
            _ => Ok(false),
        })
    }
}
