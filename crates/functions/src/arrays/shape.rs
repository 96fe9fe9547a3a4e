//! The same elements in other arrays: `reverse`, `shuffle`, `slice`, `trim_array`, `flatten`, `zip`.

use super::{Elements, item};
use crate::builder::{self, TakeIndices, end_of, layout};
use crate::call::{Call, Lists};
use crate::registry::Registry;
use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use rand::seq::SliceRandom;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("reverse", "(array(T)) -> array(T)", |call| {
        rearranged(call, |_, range, out| {
            range.rev().for_each(|at| out.push(at));
            Ok(())
        })
    });
    registry
        .add("shuffle", "(array(T)) -> array(T)", |call| {
            let (mut random, mut places) = (rand::rng(), Vec::new());
            rearranged(call, |_, range, out| {
                places.clear();
                places.extend(range);
                places.shuffle(&mut random);
                places.iter().for_each(|at| out.push(*at));
                Ok(())
            })
        })
        .volatile();
    registry.add("slice", "(array(T), bigint, bigint) -> array(T)", slice);
    registry.add("trim_array", "(array(T), bigint) -> array(T)", trim);
    registry.add("flatten", "(array(array(T))) -> array(T)", flatten);
    registry.add("zip", "(array(A), array(B)) -> array(row(A, B))", zip);
    registry.add("zip", "(array(A), array(B), array(D)) -> array(row(A, B, D))", zip);
    registry.add("zip", "(array(A), array(B), array(D), array(E)) -> array(row(A, B, D, E))", zip);
    registry.add(
        "zip",
        "(array(A), array(B), array(D), array(E), array(F)) -> array(row(A, B, D, E, F))",
        zip,
    );
}

/// Makes arrays of what `f` picks from those of argument 0 that are not NULL.
fn rearranged(
    call: &Call<'_>,
    mut f: impl FnMut(usize, Range<usize>, &mut TakeIndices) -> SqlResult<()>,
) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        match elements.get(row) {
            Some(range) => {
                f(row, range, &mut out)?;
                out.end()?;
            }
            None => out.null(),
        }
    }
    out.lists(&elements.values, call.result())
}

/// `slice(array, start, length)`; a negative start counts from the end.
fn slice(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (starts, lengths) = (call.column::<i64>(1)?, call.column::<i64>(2)?);
    let elements = Elements::of(call, 0)?;
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (Some(range), Some(start), Some(length)) =
            (elements.get(row), starts.get(row), lengths.get(row))
        else {
            out.null();
            continue;
        };
        for at in sliced(range.len(), start, length)? {
            out.push(range.start + at);
        }
        out.end()?;
    }
    out.lists(&elements.values, call.result())
}

/// Returns which of `size` elements a slice has. A length so large that the end cannot be counted
/// gives none, as in Trino.
fn sliced(size: usize, start: i64, length: i64) -> SqlResult<Range<usize>> {
    if length < 0 {
        return Err(SqlError::argument("length must be greater than or equal to 0"));
    }
    if start == 0 {
        return Err(SqlError::argument("SQL array indices start at 1"));
    }
    let size = size as i64;
    let from = if start > 0 { start } else { size.saturating_add(start) + 1 };
    match from.checked_add(length).map(|to| to.min(size + 1)) {
        Some(to) if (1..to).contains(&from) => Ok(from as usize - 1..to as usize - 1),
        _ => Ok(0..0),
    }
}

/// `trim_array(array, count)`: without the last elements.
fn trim(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let counts = call.column::<i64>(1)?;
    let elements = Elements::of(call, 0)?;
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (Some(range), Some(count)) = (elements.get(row), counts.get(row)) else {
            out.null();
            continue;
        };
        let count = usize::try_from(count)
            .map_err(|_| SqlError::argument(format!("size must not be negative: {count}")))?;
        let kept = range.len().checked_sub(count).ok_or_else(|| {
            SqlError::argument(format!(
                "size must not exceed array cardinality {}: {count}",
                range.len()
            ))
        })?;
        range.take(kept).for_each(|at| out.push(at));
        out.end()?;
    }
    out.lists(&elements.values, call.result())
}

/// `flatten(array of arrays)`; those that are NULL are left out.
fn flatten(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let values = layout(ArrayRef::clone(&elements.values), item(call.argument_type(0))?)?;
    let Some(inner) = values.as_list_opt::<i32>() else {
        return Err(SqlError::internal("flatten takes arrays of arrays"));
    };
    let lists = Lists::new(inner);
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let Some(range) = elements.get(row) else {
            out.null();
            continue;
        };
        range.filter_map(|at| lists.get(at)).flatten().for_each(|at| out.push(at));
        out.end()?;
    }
    out.lists(inner.values(), call.result())
}

/// `zip(array, ...)`: rows of the elements at one place, NULL after the end of the shorter.
fn zip(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let arrays = (0..call.len()).map(|at| Elements::of(call, at)).collect::<SqlResult<Vec<_>>>()?;
    let mut places: Vec<Vec<Option<u32>>> = vec![Vec::new(); arrays.len()];
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let mut total = 0;
    for row in 0..call.rows() {
        let ranges: Option<Vec<_>> = arrays.iter().map(|array| array.get(row)).collect();
        nulls.push(ranges.is_some());
        let ranges = ranges.unwrap_or_default();
        let length = ranges.iter().map(Range::len).max().unwrap_or_default();
        total += length;
        offsets.push(end_of(total)?);
        for (places, range) in places.iter_mut().zip(ranges) {
            places.extend(range.map(|at| Some(at as u32)));
            places.resize(total, None);
        }
    }
    let columns = arrays.iter().zip(places);
    let columns = columns
        .map(|(array, places)| Ok(take(&array.values, &UInt32Array::from(places), None)?))
        .collect::<SqlResult<Vec<_>>>()?;
    let rows = builder::row(columns, total, None, item(call.result())?)?;
    builder::list(offsets, rows, nulls, call.result())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices() {
        for (start, length, want) in [
            (1, 2, 0..2),
            (2, 9, 1..4),
            (-2, 5, 2..4),
            (-4, 1, 0..1),
            (-5, 5, 0..0),
            (5, 1, 0..0),
            (1, 0, 0..0),
            (2, i64::MAX, 0..0),
            (-4, i64::MAX, 0..0),
            (i64::MIN, i64::MAX, 0..0),
            (i64::MAX, i64::MAX, 0..0),
        ] {
            assert_eq!(sliced(4, start, length).unwrap(), want, "{start}, {length}");
        }
        assert!(sliced(4, 0, 1).is_err() && sliced(4, 1, -1).is_err());
    }
}
