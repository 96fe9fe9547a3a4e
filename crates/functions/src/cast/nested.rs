//! Casts of arrays, maps and rows: of what is inside them.

use super::{cast_on, is_null_when_safe, no_cast};
use crate::builder::row;
use crate::call::wrong_layout;
use crate::keys::Keys;
use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{concat, nullif, take};
use arrow::datatypes::DataType;
use std::sync::Arc;
use traillake_sql_types::arrow::{arrow_type, entries_field, item_field};
use traillake_sql_types::coercion::same_but_names;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::{RowField, Type};

/// Casts arrays, maps and rows. A value inside that cannot be cast makes the whole one fail.
pub(super) fn cast(
    today: i32,
    array: &ArrayRef,
    from: &Type,
    to: &Type,
    safe: bool,
) -> SqlResult<ArrayRef> {
    match strict(today, array, from, to) {
        Err(error) if safe && is_null_when_safe(&error) => halves(today, array, from, to),
        other => other,
    }
}

/// Casts an array that has values which cannot be cast: half by half, until those are found.
fn halves(today: i32, array: &ArrayRef, from: &Type, to: &Type) -> SqlResult<ArrayRef> {
    if array.len() <= 1 {
        return Ok(new_null_array(&arrow_type(to), array.len()));
    }
    let half = array.len() / 2;
    let first = cast(today, &array.slice(0, half), from, to, true)?;
    let second = cast(today, &array.slice(half, array.len() - half), from, to, true)?;
    Ok(concat(&[&*first, &*second])?)
}

fn strict(today: i32, array: &ArrayRef, from: &Type, to: &Type) -> SqlResult<ArrayRef> {
    match (from, to) {
        (Type::Array(from), Type::Array(to)) => arrays(today, array, from, to),
        (Type::Map(from_key, from_value), Type::Map(to_key, to_value)) => {
            maps(today, array, (from_key, from_value), (to_key, to_value))
        }
        (Type::Row(from), Type::Row(fields)) => rows(today, array, from, fields, to),
        _ => Err(no_cast(from, to)),
    }
}

/// The range of each row's values in child arrays.
struct Spans {
    offsets: OffsetBuffer<i32>,
    /// Which values to take, unless all between the first and the last offset.
    indices: Option<UInt32Array>,
}

impl Spans {
    /// Leaves out values that belong to no row: they might fail to cast.
    fn of(offsets: &OffsetBuffer<i32>, nulls: Option<&NullBuffer>) -> Self {
        let hidden = |row: usize| {
            nulls.is_some_and(|nulls| nulls.is_null(row)) && offsets[row] != offsets[row + 1]
        };
        let rows = offsets.len().saturating_sub(1);
        if !(0..rows).any(hidden) {
            return Self { offsets: offsets.clone(), indices: None };
        }
        let mut indices = Vec::new();
        let mut ends = vec![0];
        for row in 0..rows {
            if !hidden(row) {
                indices.extend(offsets[row] as u32..offsets[row + 1] as u32);
            }
            ends.push(indices.len() as i32);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        Self { offsets, indices: Some(UInt32Array::from(indices)) }
    }

    /// Returns the values that belong to rows.
    fn values(&self, values: &ArrayRef) -> SqlResult<ArrayRef> {
        if let Some(indices) = &self.indices {
            return Ok(take(values, indices, None)?);
        }
        let (start, end) = (self.start(), self.offsets.last().map_or(0, |end| *end as usize));
        Ok(values.slice(start, end - start))
    }

    fn start(&self) -> usize {
        match self.indices {
            Some(_) => 0,
            None => self.offsets.first().map_or(0, |start| *start as usize),
        }
    }

    /// Returns the offsets of rows in the result of [`Self::values`].
    fn shifted(&self) -> OffsetBuffer<i32> {
        let start = self.start() as i32;
        if start == 0 {
            return self.offsets.clone();
        }
        let shifted: Vec<i32> = self.offsets.iter().map(|offset| offset - start).collect();
        OffsetBuffer::new(ScalarBuffer::from(shifted))
    }
}

fn arrays(today: i32, array: &ArrayRef, from: &Type, to: &Type) -> SqlResult<ArrayRef> {
    let lists = array.as_list_opt::<i32>().ok_or_else(|| wrong_layout("a value to cast", array))?;
    let spans = Spans::of(lists.offsets(), lists.nulls());
    let items = cast_on(today, &spans.values(lists.values())?, from, to, false)?;
    let nulls = lists.nulls().cloned();
    Ok(Arc::new(ListArray::try_new(item_field(to), spans.shifted(), items, nulls)?))
}

fn maps(
    today: i32,
    array: &ArrayRef,
    from: (&Type, &Type),
    to: (&Type, &Type),
) -> SqlResult<ArrayRef> {
    let maps = array.as_map_opt().ok_or_else(|| wrong_layout("a value to cast", array))?;
    let spans = Spans::of(maps.offsets(), maps.nulls());
    let keys = cast_on(today, &spans.values(maps.keys())?, from.0, to.0, false)?;
    let values = cast_on(today, &spans.values(maps.values())?, from.1, to.1, false)?;
    let offsets = spans.shifted();
    if keys.null_count() > 0 {
        return Err(SqlError::cast("map key is null"));
    }
    if !same_but_names(from.0, to.0) {
        check_distinct(&keys, to.0, &offsets)?;
    }
    let field = entries_field(to.0, to.1);
    let DataType::Struct(fields) = field.data_type() else {
        return Err(wrong_layout("a value to cast", array));
    };
    let length = keys.len();
    let columns = vec![keys, values];
    let entries = StructArray::try_new_with_length(fields.clone(), columns, None, length)?;
    let nulls = maps.nulls().cloned();
    Ok(Arc::new(MapArray::try_new(Arc::clone(&field), offsets, entries, nulls, false)?))
}

/// Refuses maps in which a cast made two keys the same.
fn check_distinct(keys: &ArrayRef, data_type: &Type, offsets: &[i32]) -> SqlResult<()> {
    let keys = Keys::of(keys, data_type)?;
    let mut sorted = Vec::new();
    for ends in offsets.windows(2) {
        sorted.clear();
        sorted.extend((ends[0]..ends[1]).map(|at| keys.get(at as usize)));
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(SqlError::cast("duplicate keys"));
        }
    }
    Ok(())
}

fn rows(
    today: i32,
    array: &ArrayRef,
    from: &[RowField],
    fields: &[RowField],
    to: &Type,
) -> SqlResult<ArrayRef> {
    let structs = array.as_struct_opt().ok_or_else(|| wrong_layout("a value to cast", array))?;
    let columns = structs.columns().iter().zip(from.iter().zip(fields));
    let columns = columns
        .map(|(column, (from, to))| {
            let column = visible(column, structs.nulls())?;
            cast_on(today, &column, &from.data_type, &to.data_type, false)
        })
        .collect::<SqlResult<Vec<_>>>()?;
    row(columns, array.len(), structs.nulls().cloned(), to)
}

/// Returns a field's values, NULL where the whole row is: values there might fail to cast.
fn visible(column: &ArrayRef, nulls: Option<&NullBuffer>) -> SqlResult<ArrayRef> {
    match nulls {
        Some(nulls) if nulls.null_count() > 0 => {
            let hidden = arrow::array::BooleanArray::new(!nulls.inner(), None);
            Ok(nullif(column, &hidden)?)
        }
        _ => Ok(Arc::clone(column)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, StringArray};

    fn lists(offsets: Vec<i32>, values: Vec<&str>, nulls: Vec<bool>) -> ArrayRef {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let values = Arc::new(StringArray::from(values));
        let nulls = Some(NullBuffer::from(nulls));
        Arc::new(ListArray::new(item_field(&Type::VARCHAR), offsets, values, nulls))
    }

    #[test]
    fn one_item_fails_its_array_only() {
        let (from, to) = (Type::array(Type::VARCHAR), Type::array(Type::Integer));
        let array = lists(vec![0, 2, 3, 4, 4], vec!["1", "2", "x", "3"], vec![true; 4]);
        assert!(cast(0, &array, &from, &to, false).is_err());
        let got = cast(0, &array, &from, &to, true).unwrap();
        let got = got.as_list::<i32>();
        assert_eq!(
            (0..4).map(|row| got.is_null(row)).collect::<Vec<_>>(),
            [false, true, false, false]
        );
        let want: ArrayRef = Arc::new(Int32Array::from(vec![3]));
        assert_eq!(&got.value(2), &want);
    }

    #[test]
    fn values_of_no_row_are_not_cast() {
        let (from, to) = (Type::array(Type::VARCHAR), Type::array(Type::Integer));
        let array = lists(vec![0, 1, 2, 3], vec!["1", "x", "3"], vec![true, false, true]);
        let got = cast(0, &array, &from, &to, false).unwrap();
        assert_eq!(got.as_list::<i32>().values().len(), 2);
        let array = lists(vec![0, 1, 2, 3], vec!["x", "2", "y"], vec![true; 3]);
        let got = cast(0, &array.slice(1, 1), &from, &to, false).unwrap();
        assert_eq!(got.as_list::<i32>().value(0).len(), 1);
    }
}
