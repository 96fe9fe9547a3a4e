//! `reduce`: a lambda adds the elements of an array to a state.

use super::joined;
use crate::arrays::{Elements, gather, take_in_layout};
use crate::builder::layout;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    registry
        .add("reduce", "(array(T), S, function(S, T, S), function(S, R)) -> R", reduce)
        .takes_null();
}

/// `reduce(array, state, (state, element) -> state, state -> result)`
///
/// All rows are reduced together: step k combines their states with their k-th elements. The rows
/// with the longest arrays come first, so that those with an element left are always the first ones.
fn reduce(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let (combine, result) = (call.lambda(2)?, call.lambda(3)?);
    let data_type = call.argument_type(1);
    let arrays = (0..call.rows()).filter_map(|row| Some((row as u32, elements.get(row)?)));
    let mut arrays: Vec<_> = arrays.collect();
    arrays.sort_by_key(|(_, range)| std::cmp::Reverse(range.len()));
    let rows: Vec<u32> = arrays.iter().map(|(row, _)| *row).collect();

    let mut state = layout(gather(&call.array(1)?, &rows)?, data_type)?;
    // States of rows without a further element, those of the shortest arrays first.
    let mut done = Vec::new();
    let mut active = arrays.len();
    for step in 0.. {
        let left = arrays[..active].partition_point(|(_, range)| range.len() > step);
        if left < active {
            done.push(state.slice(left, active - left));
            state = state.slice(0, left);
            active = left;
        }
        if active == 0 {
            break;
        }
        let places: Vec<u32> =
            arrays[..active].iter().map(|(_, range)| (range.start + step) as u32).collect();
        let parameters = [state, gather(&elements.values, &places)?];
        state = layout(combine.call(&rows[..active], &parameters)?, data_type)?;
    }
    done.reverse();
    let results = result.call(&rows, &[joined(&done, data_type)?])?;

    let mut places = vec![None; call.rows()];
    for (at, row) in rows.iter().enumerate() {
        places[*row as usize] = Some(at as u32);
    }
    take_in_layout(&layout(results, call.result())?, places, call.result())
}
