//! How functions write results: arrays of every layout, built row by row.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, ListArray, MapArray, StringArray,
    StructArray, UInt32Array, make_array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{cast, take};
use arrow::datatypes::{ArrowNativeType, DataType};
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{arrow_type, entries_field, item_field};
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// A value that a function can give.
pub(crate) trait Answer: Sized {
    /// Collects such values.
    type Writer: Writer;
    /// Returns an empty collection.
    fn writer(rows: usize) -> Self::Writer;
    /// Appends the value.
    fn write(self, out: &mut Self::Writer);
}

/// Collects values of a result.
pub(crate) trait Writer {
    /// Appends NULL.
    fn null(&mut self);
    /// Returns the array in the layout of `kind`.
    fn finish(self, kind: &Type) -> SqlResult<ArrayRef>;
}

/// Values of fixed width.
#[derive(Debug)]
pub(crate) struct Natives<T> {
    values: Vec<T>,
    nulls: Vec<bool>,
}

impl<T: ArrowNativeType> Writer for Natives<T> {
    fn null(&mut self) {
        self.values.push(T::default());
        self.nulls.push(false);
    }

    fn finish(self, kind: &Type) -> SqlResult<ArrayRef> {
        let data = arrow::array::ArrayData::builder(arrow_type(kind))
            .len(self.values.len())
            .nulls(Some(NullBuffer::from(self.nulls)))
            .add_buffer(Buffer::from_vec(self.values))
            .build()?;
        Ok(make_array(data))
    }
}

macro_rules! natives {
    ($($native:ty)*) => {$(
        impl Answer for $native {
            type Writer = Natives<$native>;
            fn writer(rows: usize) -> Self::Writer {
                Natives { values: Vec::with_capacity(rows), nulls: Vec::with_capacity(rows) }
            }
            #[inline]
            fn write(self, out: &mut Self::Writer) {
                out.values.push(self);
                out.nulls.push(true);
            }
        }
    )*};
}

natives! { i8 i16 i32 i64 f32 f64 i128 }

/// Values true and false.
#[derive(Debug)]
pub(crate) struct Booleans(Vec<Option<bool>>);

impl Writer for Booleans {
    fn null(&mut self) {
        self.0.push(None);
    }
    fn finish(self, _: &Type) -> SqlResult<ArrayRef> {
        Ok(Arc::new(BooleanArray::from(self.0)))
    }
}

impl Answer for bool {
    type Writer = Booleans;
    fn writer(rows: usize) -> Self::Writer {
        Booleans(Vec::with_capacity(rows))
    }
    fn write(self, out: &mut Self::Writer) {
        out.0.push(Some(self));
    }
}

/// Values of 16 bytes: uuid and ipaddress.
#[derive(Debug)]
pub(crate) struct Sixteens(Natives<i128>);

impl Writer for Sixteens {
    fn null(&mut self) {
        self.0.null();
    }
    fn finish(self, _: &Type) -> SqlResult<ArrayRef> {
        let nulls = NullBuffer::from(self.0.nulls);
        let bytes = Buffer::from_vec(self.0.values);
        Ok(Arc::new(FixedSizeBinaryArray::try_new(16, bytes, Some(nulls))?))
    }
}

impl Answer for [u8; 16] {
    type Writer = Sixteens;
    fn writer(rows: usize) -> Self::Writer {
        Sixteens(i128::writer(rows))
    }
    fn write(self, out: &mut Self::Writer) {
        i128::from_ne_bytes(self).write(&mut out.0);
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

/// Returns the values at `picks`, NULL where a pick is; an error when these are too large.
pub(crate) fn picked(values: &dyn Array, picks: &UInt32Array) -> SqlResult<ArrayRef> {
    let each = ordinary_width(values);
    // Only if values of ordinary length are too large is it worth while to look at each.
    if each.max(16) * picks.len() > MAX_BYTES / 16 {
        bytes_end(picks.iter().flatten().map(|at| width(values, at as usize)).sum())?;
    }
    Ok(take(values, picks, None)?)
}

fn ordinary_width(values: &dyn Array) -> usize {
    let bytes = values.to_data().get_slice_memory_size().unwrap_or_default();
    bytes.div_ceil(values.len().max(1))
}

/// Bytes that a value takes, about.
fn width(values: &dyn Array, at: usize) -> usize {
    let items = |offsets: &[i32], items: &dyn Array| {
        let length = (offsets[at + 1] - offsets[at]) as usize;
        4 + length * ordinary_width(items)
    };
    match values.data_type() {
        DataType::Utf8 => 4 + values.as_string::<i32>().value_length(at) as usize,
        DataType::Utf8View => 16 + values.as_string_view().value(at).len(),
        DataType::Binary => 4 + values.as_binary::<i32>().value_length(at) as usize,
        DataType::List(_) => {
            let lists = values.as_list::<i32>();
            items(lists.value_offsets(), lists.values())
        }
        DataType::Map(..) => {
            let maps = values.as_map();
            items(maps.value_offsets(), maps.entries())
        }
        DataType::Struct(_) => values.as_struct().columns().iter().map(|c| width(c, at)).sum(),
        other => other.primitive_width().unwrap_or(16),
    }
}

/// Text, appended in place.
#[derive(Debug)]
pub(crate) struct Text {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    text: String,
}

impl Text {
    /// Returns an empty collection.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: Vec::with_capacity(rows), text: String::new() }
    }

    /// Appends what `f` appends; false makes it NULL.
    pub(crate) fn append(
        &mut self,
        f: impl FnOnce(&mut String) -> SqlResult<bool>,
    ) -> SqlResult<()> {
        let start = self.text.len();
        let valid = f(&mut self.text)?;
        if !valid {
            self.text.truncate(start);
        }
        self.offsets.push(bytes_end(self.text.len())?);
        self.nulls.push(valid);
        Ok(())
    }
}

impl Writer for Text {
    fn null(&mut self) {
        self.offsets.push(self.offsets.last().copied().unwrap_or_default());
        self.nulls.push(false);
    }
    fn finish(self, _: &Type) -> SqlResult<ArrayRef> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let bytes = Buffer::from_vec(self.text.into_bytes());
        let nulls = Some(NullBuffer::from(self.nulls));
        Ok(Arc::new(StringArray::try_new(offsets, bytes, nulls)?))
    }
}

/// Bytes, appended in place.
#[derive(Debug)]
pub(crate) struct Bytes {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    bytes: Vec<u8>,
}

impl Bytes {
    /// Returns an empty collection.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: Vec::with_capacity(rows), bytes: Vec::new() }
    }

    /// Appends what `f` appends; false makes it NULL.
    pub(crate) fn append(
        &mut self,
        f: impl FnOnce(&mut Vec<u8>) -> SqlResult<bool>,
    ) -> SqlResult<()> {
        let start = self.bytes.len();
        let valid = f(&mut self.bytes)?;
        if !valid {
            self.bytes.truncate(start);
        }
        self.offsets.push(bytes_end(self.bytes.len())?);
        self.nulls.push(valid);
        Ok(())
    }
}

impl Writer for Bytes {
    fn null(&mut self) {
        self.offsets.push(self.offsets.last().copied().unwrap_or_default());
        self.nulls.push(false);
    }
    fn finish(self, _: &Type) -> SqlResult<ArrayRef> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let bytes = Buffer::from_vec(self.bytes);
        let nulls = Some(NullBuffer::from(self.nulls));
        Ok(Arc::new(arrow::array::BinaryArray::try_new(offsets, bytes, nulls)?))
    }
}

macro_rules! owned {
    ($($kind:ty, $writer:ty, $push:ident;)*) => {$(
        impl Answer for $kind {
            type Writer = Collected<$kind>;
            fn writer(rows: usize) -> Self::Writer {
                Collected(Vec::with_capacity(rows))
            }
            fn write(self, out: &mut Self::Writer) {
                out.0.push(Some(self));
            }
        }

        impl Writer for Collected<$kind> {
            fn null(&mut self) {
                self.0.push(None);
            }
            fn finish(self, kind: &Type) -> SqlResult<ArrayRef> {
                let mut out = <$writer>::with_capacity(self.0.len());
                for value in self.0 {
                    out.append(|buffer| {
                        if let Some(value) = &value {
                            buffer.$push(value);
                        }
                        Ok(value.is_some())
                    })?;
                }
                out.finish(kind)
            }
        }
    )*};
}

/// Owned values, kept until the end. Functions that can append in place do that instead.
#[derive(Debug)]
pub(crate) struct Collected<T>(Vec<Option<T>>);

owned! {
    String, Text, push_str;
    Vec<u8>, Bytes, extend_from_slice;
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

/// Collects arrays whose elements are picked from a child array that exists already: what most
/// functions over arrays and maps do.
#[derive(Debug)]
pub struct Picks {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    picks: Vec<Option<u32>>,
}

impl Picks {
    /// Returns an empty collection.
    pub fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: Vec::with_capacity(rows), picks: Vec::new() }
    }

    /// Adds the element at a place of the child array to the array being made.
    #[inline]
    pub fn pick(&mut self, at: usize) {
        self.picks.push(u32::try_from(at).ok());
    }

    /// Returns how many elements the array being made has.
    pub fn picked(&self) -> usize {
        self.picks.len() - self.offsets.last().map_or(0, |offset| *offset as usize)
    }

    /// Ends the array of a row.
    pub fn end(&mut self) -> SqlResult<()> {
        self.offsets.push(end_of(self.picks.len())?);
        self.nulls.push(true);
        Ok(())
    }

    /// Makes the row's array NULL.
    pub fn null(&mut self) {
        let end = self.offsets.last().copied().unwrap_or_default();
        self.picks.truncate(end as usize);
        self.offsets.push(end);
        self.nulls.push(false);
    }

    /// Returns the arrays, their elements taken from `values`; `kind` is `array(...)`.
    pub fn lists(self, values: &ArrayRef, kind: &Type) -> SqlResult<ArrayRef> {
        let values = picked(values, &UInt32Array::from(self.picks))?;
        list(self.offsets, values, self.nulls, kind)
    }

    /// Returns maps with the keys and values at the places picked; `kind` is `map(...)`.
    pub fn maps(self, keys: &ArrayRef, values: &ArrayRef, kind: &Type) -> SqlResult<ArrayRef> {
        let picks = UInt32Array::from(self.picks);
        let (keys, values) = (picked(keys, &picks)?, picked(values, &picks)?);
        map(self.offsets, keys, values, self.nulls, kind)
    }
}

/// Returns `rows` NULLs of a type.
pub(crate) fn nulls(kind: &Type, rows: usize) -> ArrayRef {
    new_null_array(&arrow_type(kind), rows)
}

/// Returns `array` in the layout of `kind`: names of fields inside may differ before.
pub(crate) fn layout(array: ArrayRef, kind: &Type) -> SqlResult<ArrayRef> {
    let wanted = arrow_type(kind);
    if *array.data_type() == wanted {
        return Ok(array);
    }
    if array.data_type().is_null() || matches!(kind, Type::Unknown) {
        return Ok(new_null_array(&wanted, array.len()));
    }
    // The same buffers under other names.
    match (kind, array.data_type()) {
        (Type::Array(item), DataType::List(_)) => {
            let (_, offsets, values, nulls) = downcast::<ListArray>(&array)?.clone().into_parts();
            let values = layout(values, item)?;
            Ok(Arc::new(ListArray::try_new(item_field(item), offsets, values, nulls)?))
        }
        (Type::Map(key, value), DataType::Map(..)) => {
            let (_, offsets, entries, nulls, _) =
                downcast::<MapArray>(&array)?.clone().into_parts();
            let keys = layout(Arc::clone(entries.column(0)), key)?;
            let values = layout(Arc::clone(entries.column(1)), value)?;
            map_of(offsets, keys, values, nulls, key, value)
        }
        (Type::Row(fields), DataType::Struct(_)) => {
            let (_, columns, nulls) = downcast::<StructArray>(&array)?.clone().into_parts();
            let length = array.len();
            let columns = columns
                .into_iter()
                .zip(fields.iter())
                .map(|(column, field)| layout(column, &field.kind))
                .collect::<SqlResult<Vec<_>>>()?;
            let fields = traillake_sql_types::arrow::struct_fields(fields);
            Ok(Arc::new(StructArray::try_new_with_length(fields, columns, nulls, length)?))
        }
        _ => Ok(cast(&array, &wanted)?),
    }
}

fn downcast<T: 'static>(array: &ArrayRef) -> SqlResult<&T> {
    array
        .as_any()
        .downcast_ref::<T>()
        .ok_or_else(|| SqlError::internal(format!("an array lies as {}", array.data_type())))
}

/// Returns arrays made of `values` cut at `offsets`; `kind` is `array(...)`.
pub(crate) fn list(
    offsets: Vec<i32>,
    values: ArrayRef,
    nulls: Vec<bool>,
    kind: &Type,
) -> SqlResult<ArrayRef> {
    let Type::Array(item) = kind else {
        return Err(SqlError::internal(format!("an array where {kind} is expected")));
    };
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let nulls = Some(NullBuffer::from(nulls));
    let values = layout(values, item)?;
    Ok(Arc::new(ListArray::try_new(item_field(item), offsets, values, nulls)?))
}

/// Returns maps made of `keys` and `values` cut at `offsets`; `kind` is `map(...)`.
pub(crate) fn map(
    offsets: Vec<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Vec<bool>,
    kind: &Type,
) -> SqlResult<ArrayRef> {
    let Type::Map(key, value) = kind else {
        return Err(SqlError::internal(format!("a map where {kind} is expected")));
    };
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    map_of(offsets, keys, values, Some(NullBuffer::from(nulls)), key, value)
}

fn map_of(
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
    key: &Type,
    value: &Type,
) -> SqlResult<ArrayRef> {
    let (keys, values) = (layout(keys, key)?, layout(values, value)?);
    let field = entries_field(key, value);
    let DataType::Struct(fields) = field.data_type() else {
        return Err(SqlError::internal("a map without entries"));
    };
    let length = keys.len();
    let columns = vec![keys, values];
    let entries = StructArray::try_new_with_length(fields.clone(), columns, None, length)?;
    Ok(Arc::new(MapArray::try_new(Arc::clone(&field), offsets, entries, nulls, false)?))
}

/// Returns rows made of `columns`; `kind` is `row(...)`.
pub(crate) fn row(
    columns: Vec<ArrayRef>,
    length: usize,
    nulls: Option<NullBuffer>,
    kind: &Type,
) -> SqlResult<ArrayRef> {
    let Type::Row(fields) = kind else {
        return Err(SqlError::internal(format!("a row where {kind} is expected")));
    };
    let columns = columns
        .into_iter()
        .zip(fields.iter())
        .map(|(column, field)| layout(column, &field.kind))
        .collect::<SqlResult<Vec<_>>>()?;
    let fields = traillake_sql_types::arrow::struct_fields(fields);
    Ok(Arc::new(StructArray::try_new_with_length(fields, columns, nulls, length)?))
}

/// Returns the bits of booleans as a buffer, NULL as false.
pub fn truths(array: &BooleanArray) -> BooleanBuffer {
    match array.nulls() {
        Some(nulls) => array.values() & nulls.inner(),
        None => array.values().clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_picked_beyond_what_a_batch_may_take() {
        let long = "x".repeat(1 << 20);
        let texts = StringArray::from(vec![long.as_str(), ""]);
        let picks = |at: u32, count: usize| UInt32Array::from(vec![at; count]);
        assert!(picked(&texts, &picks(1, 2_000)).is_ok());
        let error = picked(&texts, &picks(0, 2_000)).unwrap_err();
        assert_eq!(error.code, Code::ExceededFunctionMemoryLimit);
        let lists = ListArray::new(
            item_field(&Type::VARCHAR),
            OffsetBuffer::new(vec![0, 2].into()),
            Arc::new(texts),
            None,
        );
        assert!(picked(&lists, &picks(0, 10)).is_ok());
        assert!(picked(&lists, &picks(0, 2_000)).is_err());
    }
}
