//! Constructors of arrays and rows, and `concat`, `||` and `repeat`.

use super::{Elements, item, take_in_layout};
use crate::builder::{self, TakeIndices, end_of, layout};
use crate::call::{Call, Param, range_at};
use crate::registry::{Failure, Function, Registry};
use arrow::array::{
    Array, ArrayData, ArrayRef, AsArray, MutableArrayData, make_array, new_empty_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use std::ops::Range;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("$array", "() -> array(unknown)", make_array_of).takes_null();
    registry.add("$array", "(T...) -> array(T)", make_array_of).takes_null();
    registry.add("concat", "(array(T)...) -> array(T)", concat);
    registry.add("concat", "(array(T), T) -> array(T)", |call| with_element(call, 0, 1));
    registry.add("concat", "(T, array(T)) -> array(T)", |call| with_element(call, 1, 0));
    registry.add("repeat", "(T, bigint) -> array(T)", repeat).takes_null();
}

/// `ARRAY[a, b, ...]`
fn make_array_of(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let item = item(call.result())?;
    let (rows, width) = (call.rows(), call.len());
    let offsets = (0..=rows).map(|row| end_of(row * width)).collect::<SqlResult<Vec<_>>>()?;
    let raw = (0..width).map(|at| call.raw(at)).collect::<SqlResult<Vec<_>>>()?;
    let columns = raw.iter().map(|(array, _)| layout(Arc::clone(array), item));
    let columns = columns.collect::<SqlResult<Vec<_>>>()?;
    let values = if columns.is_empty() {
        new_empty_array(&traillake_sql_types::arrow::arrow_type(item))
    } else {
        let places: Vec<_> = (0..rows)
            .flat_map(|row| {
                raw.iter()
                    .enumerate()
                    .map(move |(at, (_, constant))| (at, if *constant { 0 } else { row }))
            })
            .collect();
        let columns: Vec<&dyn Array> = columns.iter().map(|column| &**column).collect();
        interleave(&columns, &places)?
    };
    builder::list(offsets, values, vec![true; rows], call.result())
}

/// `ROW(a, b, ...)`: rows made of all arguments.
pub static ROW: Function =
    Function { failure: Failure::Never, ..Function::internal_over_nulls("$row", make_row) };

fn make_row(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let columns = (0..call.len()).map(|at| call.array(at)).collect::<SqlResult<Vec<_>>>()?;
    builder::row(columns, call.rows(), None, call.result())
}

/// A field of the rows in argument 0; argument 1 is its constant number, from 0. NULL rows have NULL
/// fields.
pub static ROW_FIELD: Function =
    Function { failure: Failure::Never, ..Function::internal("$row_field", row_field) };

fn row_field(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (rows, constant) = call.raw(0)?;
    let index = call.constant::<i64>(1)?.and_then(|index| usize::try_from(index).ok());
    let rows = rows.as_struct_opt();
    let (Some(rows), Some(index)) = (rows, index) else {
        return Err(SqlError::internal("a field is taken of a row, by its number"));
    };
    let Some(field) = rows.columns().get(index) else {
        return Err(SqlError::internal(format!("the row has no field {index}")));
    };
    let nulls = NullBuffer::union(rows.nulls(), field.nulls());
    let field = make_array(field.to_data().into_builder().nulls(nulls).build()?);
    let field = if constant {
        take_in_layout(&field, vec![Some(0); call.rows()], call.result())?
    } else {
        field
    };
    layout(field, call.result())
}

/// Collects arrays made of pieces of several.
struct Splice<'a> {
    values: MutableArrayData<'a>,
    offsets: Vec<i32>,
    nulls: Vec<bool>,
}

impl<'a> Splice<'a> {
    fn new(sources: &'a [ArrayData], rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        let capacity = sources.iter().map(ArrayData::len).sum();
        let values = MutableArrayData::new(sources.iter().collect(), true, capacity);
        Self { values, offsets, nulls: Vec::with_capacity(rows) }
    }

    fn add(&mut self, source: usize, range: Range<usize>) -> SqlResult<()> {
        Ok(self.values.try_extend(source, range.start, range.end)?)
    }

    fn end(&mut self, valid: bool) -> SqlResult<()> {
        self.offsets.push(end_of(self.values.len())?);
        self.nulls.push(valid);
        Ok(())
    }

    fn finish(self, data_type: &Type) -> SqlResult<ArrayRef> {
        builder::list(self.offsets, make_array(self.values.freeze()), self.nulls, data_type)
    }
}

/// `concat(array, ...)`
fn concat(call: &Call<'_>) -> SqlResult<ArrayRef> {
    if call.len() < 2 {
        return Err(SqlError::argument("There must be two or more arguments to concat"));
    }
    let item = item(call.result())?;
    let arrays = (0..call.len()).map(|at| Elements::of(call, at)).collect::<SqlResult<Vec<_>>>()?;
    let sources = arrays.iter().map(|array| Ok(layout(Arc::clone(&array.values), item)?.to_data()));
    let sources = sources.collect::<SqlResult<Vec<_>>>()?;
    let mut out = Splice::new(&sources, call.rows());
    for row in 0..call.rows() {
        let valid = arrays.iter().all(|array| array.get(row).is_some());
        if valid {
            for (source, range) in arrays.iter().filter_map(|array| array.get(row)).enumerate() {
                out.add(source, range)?;
            }
        }
        out.end(valid)?;
    }
    out.finish(call.result())
}

/// `array || element` and `element || array`
fn with_element(call: &Call<'_>, array: usize, element: usize) -> SqlResult<ArrayRef> {
    let item = item(call.result())?;
    let arrays = Elements::of(call, array)?;
    let (single, constant) = call.raw(element)?;
    let single = layout(Arc::clone(single), item)?;
    let mut sources = [layout(Arc::clone(&arrays.values), item)?.to_data(), single.to_data()];
    if element < array {
        sources.swap(0, 1);
    }
    let mut out = Splice::new(&sources, call.rows());
    for row in 0..call.rows() {
        let at = if constant { 0 } else { row };
        let range = arrays.get(row).filter(|_| single.is_valid(at));
        let valid = range.is_some();
        if let Some(range) = range {
            let mut pieces = [range, at..at + 1];
            if element < array {
                pieces.swap(0, 1);
            }
            for (source, piece) in pieces.into_iter().enumerate() {
                out.add(source, piece)?;
            }
        }
        out.end(valid)?;
    }
    out.finish(call.result())
}

/// The most elements that `repeat` gives.
const MAX_REPEATED: i64 = 10_000;
/// The most bytes that `repeat` gives, as Trino counts them.
const MAX_REPEATED_BYTES: usize = 1_000_000;

/// `repeat(element, count)`
fn repeat(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let counts = call.column::<i64>(1)?;
    let (elements, constant) = call.raw(0)?;
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let Some(count) = counts.get(row) else {
            out.null();
            continue;
        };
        if count > MAX_REPEATED {
            return Err(SqlError::argument(format!(
                "count argument of repeat function must be less than or equal to {MAX_REPEATED}"
            )));
        }
        let count = usize::try_from(count).map_err(|_| {
            SqlError::argument(
                "count argument of repeat function must be greater than or equal to 0",
            )
        })?;
        let at = if constant { 0 } else { row };
        if elements.is_valid(at) && count > 0 {
            let size = size_of_value(elements, at);
            if size.saturating_mul(count) > MAX_REPEATED_BYTES {
                return Err(SqlError::argument(format!(
                    "result of repeat function must not take more than {MAX_REPEATED_BYTES} bytes"
                )));
            }
        }
        for _ in 0..count {
            out.push(at);
        }
        out.end()?;
    }
    out.lists(elements, call.result())
}

/// Returns how many bytes Trino needs for the value at a place.
fn size_of_value(array: &dyn Array, at: usize) -> usize {
    const NULL: usize = 1;
    const OFFSET: usize = 4;
    /// Trino keeps two numbers of four bytes for each key of a map, to find it by its hash.
    const HASH: usize = 8;
    if array.is_null(at) {
        return NULL + OFFSET;
    }
    let all = |values: &ArrayRef, range: Range<usize>| -> usize {
        range.map(|at| size_of_value(values, at)).sum()
    };
    let inner = match array.data_type() {
        DataType::Utf8 | DataType::Utf8View => {
            <&str as Param>::open(array).map_or(0, |texts| <&str as Param>::get(&texts, at).len())
        }
        DataType::Binary => {
            <&[u8] as Param>::open(array).map_or(0, |blobs| <&[u8] as Param>::get(&blobs, at).len())
        }
        DataType::List(_) => array
            .as_list_opt::<i32>()
            .map_or(0, |lists| all(lists.values(), range_at(lists.value_offsets(), at))),
        DataType::Map(..) => array.as_map_opt().map_or(0, |maps| {
            let entries = range_at(maps.value_offsets(), at);
            entries.len() * HASH + all(maps.keys(), entries.clone()) + all(maps.values(), entries)
        }),
        DataType::Struct(_) => array
            .as_struct_opt()
            .map_or(0, |rows| rows.columns().iter().map(|column| size_of_value(column, at)).sum()),
        other => return NULL + other.primitive_width().unwrap_or(16),
    };
    NULL + OFFSET + inner
}
