//! One element of an array, and the number of elements: `element_at`, `cardinality`.

use super::{Elements, take_in_layout};
use crate::call::Call;
use crate::registry::{Failure, Registry};
use arrow::array::ArrayRef;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("$subscript", "(array(T), bigint) -> T", |call| {
        let indices = call.column(1)?;
        element(call, |row| indices.get(row), subscript)
    });
    registry.add("element_at", "(array(T), bigint) -> T", |call| {
        let indices = call.column(1)?;
        element(call, |row| indices.get(row), element_at)
    });
    // Trino has these two since release 477.
    registry.add("array_first", "(array(T)) -> T", |call| element(call, |_| Some(1), element_at));
    registry.add("array_last", "(array(T)) -> T", |call| element(call, |_| Some(-1), element_at));
    registry
        .add("cardinality", "(array(T)) -> bigint", |call| {
            let lists = call.lists(0)?;
            call.each(|row| Ok(lists.get(row).map(|elements| elements.len() as i64)))
        })
        .fails(Failure::Never);
}

/// Which of so many elements an index means, from 0.
type Place = fn(index: i64, length: usize) -> SqlResult<Option<usize>>;

fn element(
    call: &Call<'_>,
    index: impl Fn(usize) -> Option<i64>,
    place: Place,
) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let mut places = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let found = match (elements.get(row), index(row)) {
            (Some(range), Some(index)) => {
                place(index, range.len())?.map(|place| (range.start + place) as u32)
            }
            _ => None,
        };
        places.push(found);
    }
    take_in_layout(&elements.values, places, call.result())
}

fn from_one() -> SqlError {
    SqlError::argument("SQL array indices start at 1")
}

/// `array[index]`: there must be such an element.
fn subscript(index: i64, length: usize) -> SqlResult<Option<usize>> {
    match usize::try_from(index) {
        Ok(0) => Err(from_one()),
        Ok(place) if place <= length => Ok(Some(place - 1)),
        Ok(place) => Err(SqlError::argument(format!(
            "Array subscript must be less than or equal to array length: {place} > {length}"
        ))),
        Err(_) => Err(SqlError::argument(format!("Array subscript is negative: {index}"))),
    }
}

/// `element_at(array, index)`: negative indices count from the end; NULL outside of the array.
fn element_at(index: i64, length: usize) -> SqlResult<Option<usize>> {
    if index == 0 {
        return Err(from_one());
    }
    let distance = usize::try_from(index.unsigned_abs()).ok().filter(|at| *at <= length);
    Ok(distance.map(|at| if index > 0 { at - 1 } else { length - at }))
}
