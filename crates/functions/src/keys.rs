//! Values of any type as bytes that are equal when the values are not distinct, and ordered as Trino
//! orders them. For functions that look values up or sort them.

use crate::builder::{layout, map, take_checked};
use crate::call::wrong_layout;
use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, ListArray, MapArray, StructArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::SortOptions;
use arrow::datatypes::{Decimal128Type, Field, FieldRef, Float32Type, Float64Type};
use arrow::row::{Row, RowConverter, Rows, SortField};
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;
use traillake_sql_types::zone::instant_key;

/// The keys of an array's values. NULL is a key, too, after all others; so are NULLs inside.
#[derive(Debug)]
pub struct Keys(Rows);

impl Keys {
    /// Returns the keys of values of `data_type`.
    ///
    /// # Errors
    /// When the array does not have the Arrow type of `data_type`.
    pub fn of(array: &ArrayRef, data_type: &Type) -> SqlResult<Self> {
        let array = canonical(array, data_type)?;
        let options = SortOptions { descending: false, nulls_first: false };
        let field = SortField::new_with_options(array.data_type().clone(), options);
        let converter = RowConverter::new(vec![field])?;
        Ok(Self(converter.convert_columns(&[array])?))
    }

    /// Returns the key of the value at a place.
    pub fn get(&self, at: usize) -> Row<'_> {
        self.0.row(at)
    }
}

/// Whether values of a type that are not distinct can differ in their bits: zones, zeros, NaNs, and
/// the order of a map's entries.
pub fn has_non_canonical_values(data_type: &Type) -> bool {
    data_type.any(&|part| {
        matches!(part, Type::TimestampTz(_) | Type::Real | Type::Double | Type::Map(..))
    })
}

/// Returns the values in one form for all that are not distinct: a timestamp with zone loses the
/// zone, zero its sign, entries of a map are sorted by key.
pub(crate) fn canonical(array: &ArrayRef, data_type: &Type) -> SqlResult<ArrayRef> {
    canonical_as(array, data_type, MapForm::Entries)
}

/// As [`canonical`], in the layout of the type.
pub(crate) fn key_of(array: &ArrayRef, data_type: &Type) -> SqlResult<ArrayRef> {
    layout(canonical_as(array, data_type, MapForm::Map)?, data_type)
}

/// What a map becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MapForm {
    /// A map.
    Map,
    /// A list of entries: Arrow's row format does not support maps.
    Entries,
}

fn canonical_as(array: &ArrayRef, data_type: &Type, form: MapForm) -> SqlResult<ArrayRef> {
    if !has_non_canonical_values(data_type) {
        return Ok(Arc::clone(array));
    }
    let wrong = || wrong_layout(format_args!("a value of type {data_type}"), array);
    Ok(match data_type {
        Type::TimestampTz(_) => {
            let values = array.as_primitive_opt::<Decimal128Type>().ok_or_else(wrong)?;
            let instants: Decimal128Array = values.unary(instant_key);
            Arc::new(instants.with_precision_and_scale(38, 0)?)
        }
        Type::Real => {
            let values = array.as_primitive_opt::<Float32Type>().ok_or_else(wrong)?;
            let one_nan = |v: f32| if v.is_nan() { f32::NAN } else { v + 0.0 };
            Arc::new(values.unary::<_, Float32Type>(one_nan))
        }
        Type::Double => {
            let values = array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?;
            let one_nan = |v: f64| if v.is_nan() { f64::NAN } else { v + 0.0 };
            Arc::new(values.unary::<_, Float64Type>(one_nan))
        }
        Type::Array(item) => {
            let lists = array.as_list_opt::<i32>().ok_or_else(wrong)?;
            let (_, offsets, values, nulls) = lists.clone().into_parts();
            let values = canonical_as(&values, item, form)?;
            Arc::new(ListArray::try_new(field_of(&values), offsets, values, nulls)?)
        }
        Type::Row(fields) => {
            let rows = array.as_struct_opt().ok_or_else(wrong)?;
            let (_, columns, nulls) = rows.clone().into_parts();
            let columns = columns
                .iter()
                .zip(fields.iter())
                .map(|(column, field)| canonical_as(column, &field.data_type, form))
                .collect::<SqlResult<Vec<_>>>()?;
            let fields = columns.iter().map(field_of).collect();
            let length = array.len();
            Arc::new(StructArray::try_new_with_length(fields, columns, nulls, length)?)
        }
        Type::Map(key, value) => {
            let maps = array.as_map_opt().ok_or_else(wrong)?;
            let keys = canonical_as(maps.keys(), key, form)?;
            let values = canonical_as(maps.values(), value, form)?;
            let (offsets, indices) = entries_by_key(maps, &Keys::of(maps.keys(), key)?);
            let (keys, values) = (take_checked(&keys, &indices)?, take_checked(&values, &indices)?);
            match form {
                MapForm::Map => {
                    let nulls = (0..maps.len()).map(|row| maps.is_valid(row)).collect();
                    map(offsets, keys, values, nulls, data_type)?
                }
                MapForm::Entries => entry_lists(offsets, keys, values, maps.nulls())?,
            }
        }
        _ => Arc::clone(array),
    })
}

/// Returns the offsets of the maps that are not NULL, and the indices of their entries in the order
/// of their keys.
fn entries_by_key(maps: &MapArray, keys: &Keys) -> (Vec<i32>, UInt32Array) {
    let ends = maps.value_offsets();
    let mut indices: Vec<u32> = Vec::with_capacity(maps.keys().len());
    let mut offsets = vec![0_i32];
    for row in 0..maps.len() {
        let start = indices.len();
        if maps.is_valid(row) {
            indices.extend(ends[row] as u32..ends[row + 1] as u32);
        }
        indices[start..].sort_by(|a, b| keys.get(*a as usize).cmp(&keys.get(*b as usize)));
        offsets.push(indices.len() as i32);
    }
    (offsets, UInt32Array::from(indices))
}

/// Returns lists of entries, cut at `offsets`.
fn entry_lists(
    offsets: Vec<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<&NullBuffer>,
) -> SqlResult<ArrayRef> {
    let (fields, length) = ([field_of(&keys), field_of(&values)], keys.len());
    let entries = vec![keys, values];
    let entries = StructArray::try_new_with_length(fields.into(), entries, None, length)?;
    let entries: ArrayRef = Arc::new(entries);
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(ListArray::try_new(field_of(&entries), offsets, entries, nulls.cloned())?))
}

/// Returns a field for values in another layout than that of their type.
fn field_of(values: &ArrayRef) -> FieldRef {
    Arc::new(Field::new("", values.data_type().clone(), true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{list, map, row};
    use arrow::array::{Float64Array, Int32Array};

    #[test]
    fn maps_are_keys_of_maps() {
        let inner = Type::map(Type::Integer, Type::Integer);
        let ints = |values: Vec<i32>| Arc::new(Int32Array::from(values)) as ArrayRef;
        let maps = map(vec![0, 1, 2], ints(vec![1, 2]), ints(vec![3, 4]), vec![true; 2], &inner);
        let outer = Type::map(inner, Type::Integer);
        let maps = map(vec![0, 2], maps.unwrap(), ints(vec![5, 6]), vec![true], &outer).unwrap();
        let keys = Keys::of(&maps, &outer).unwrap();
        assert_eq!(keys.get(0), keys.get(0));
    }

    #[test]
    fn maps_inside_others_have_keys() {
        // [{1 -> 0.0, 2 -> NaN}], the same in another order and with other bits, and [{1 -> 0.0}].
        let data_type = Type::map(Type::Integer, Type::Double);
        let keys: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 2, 1, 1]));
        let values = vec![0.0, f64::NAN, -f64::NAN, -0.0, 0.0];
        let values: ArrayRef = Arc::new(Float64Array::from(values));
        let maps = map(vec![0, 2, 4, 5], keys, values, vec![true; 3], &data_type).unwrap();
        let outer = Type::map(Type::Integer, data_type.clone());
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![7; 3]));
        let maps = map(vec![0, 1, 2, 3], numbers, maps, vec![true; 3], &outer).unwrap();
        let (rows, arrays) = (Type::row([outer.clone()]), Type::array(Type::row([outer.clone()])));
        let values = row(vec![maps], 3, None, &rows).unwrap();
        let values = list(vec![0, 1, 2, 3], values, vec![true; 3], &arrays).unwrap();
        let keys = Keys::of(&values, &arrays).unwrap();
        assert_eq!(keys.get(0), keys.get(1));
        assert_ne!(keys.get(0), keys.get(2));
    }
}
