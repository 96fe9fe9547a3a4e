//! Arrays, maps and rows made of the arrays of their parts, in the layout of their type.

use arrow::array::{Array, ArrayRef, ListArray, MapArray, StructArray, new_null_array};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{arrow_type, entries_field, item_field, struct_fields};
use traillake_sql_types::error::{SqlError, SqlResult};

/// Returns `rows` NULLs of a type.
pub(crate) fn nulls(data_type: &Type, rows: usize) -> ArrayRef {
    new_null_array(&arrow_type(data_type), rows)
}

/// Returns `array` in the layout of `data_type`: the names of fields may differ.
pub(crate) fn layout(array: ArrayRef, data_type: &Type) -> SqlResult<ArrayRef> {
    let wanted = arrow_type(data_type);
    if *array.data_type() == wanted {
        return Ok(array);
    }
    if array.data_type().is_null() || matches!(data_type, Type::Unknown) {
        return Ok(new_null_array(&wanted, array.len()));
    }
    // The same buffers under other names.
    match (data_type, array.data_type()) {
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
        (Type::Row(_), DataType::Struct(_)) => {
            let (_, columns, nulls) = downcast::<StructArray>(&array)?.clone().into_parts();
            row(columns, array.len(), nulls, data_type)
        }
        _ => Ok(cast(&array, &wanted)?),
    }
}

fn downcast<T: 'static>(array: &ArrayRef) -> SqlResult<&T> {
    array.as_any().downcast_ref::<T>().ok_or_else(|| {
        SqlError::internal(format!("an array has the Arrow type {}", array.data_type()))
    })
}

/// Returns arrays made of `values` cut at `offsets`; `data_type` is `array(...)`.
pub(crate) fn list(
    offsets: Vec<i32>,
    values: ArrayRef,
    nulls: Vec<bool>,
    data_type: &Type,
) -> SqlResult<ArrayRef> {
    let Type::Array(item) = data_type else {
        return Err(SqlError::internal(format!("an array cannot have the type {data_type}")));
    };
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let nulls = Some(NullBuffer::from(nulls));
    let values = layout(values, item)?;
    Ok(Arc::new(ListArray::try_new(item_field(item), offsets, values, nulls)?))
}

/// Returns maps made of `keys` and `values` cut at `offsets`; `data_type` is `map(...)`.
pub(crate) fn map(
    offsets: Vec<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Vec<bool>,
    data_type: &Type,
) -> SqlResult<ArrayRef> {
    let Type::Map(key, value) = data_type else {
        return Err(SqlError::internal(format!("a map cannot have the type {data_type}")));
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
        return Err(SqlError::internal("the entries of a map are not a struct"));
    };
    let length = keys.len();
    let columns = vec![keys, values];
    let entries = StructArray::try_new_with_length(fields.clone(), columns, None, length)?;
    Ok(Arc::new(MapArray::try_new(Arc::clone(&field), offsets, entries, nulls, false)?))
}

/// Returns rows made of `columns`; `data_type` is `row(...)`.
pub(crate) fn row(
    columns: Vec<ArrayRef>,
    length: usize,
    nulls: Option<NullBuffer>,
    data_type: &Type,
) -> SqlResult<ArrayRef> {
    let Type::Row(fields) = data_type else {
        return Err(SqlError::internal(format!("a row cannot have the type {data_type}")));
    };
    let columns = columns
        .into_iter()
        .zip(fields.iter())
        .map(|(column, field)| layout(column, &field.data_type))
        .collect::<SqlResult<Vec<_>>>()?;
    let fields = struct_fields(fields);
    Ok(Arc::new(StructArray::try_new_with_length(fields, columns, nulls, length)?))
}
