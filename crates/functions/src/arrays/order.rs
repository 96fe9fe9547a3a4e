//! Order among elements: sorting, least and greatest.

use super::{Elements, item, sort::sort_by, take_in_layout};
use crate::builder::TakeIndices;
use crate::call::Call;
use crate::compare::{ComparableArray, Nan};
use crate::registry::Registry;
use arrow::array::ArrayRef;
use std::cmp::Ordering;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    registry.add("array_sort", "(array(O)) -> array(O)", sort);
    registry.add("array_max", "(array(O)) -> O", |call| extreme(call, Ordering::Greater));
    registry.add("array_min", "(array(O)) -> O", |call| extreme(call, Ordering::Less));
}

/// `array_sort(array)`: NULLs last, NaN before them.
fn sort(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let data_type = item(call.argument_type(0))?;
    let comparable = ComparableArray::open(&elements.values, data_type)?;
    let compare = |a: u32, b: u32| comparable.order(a as usize, &comparable, b as usize);
    // Values without parts can always be compared.
    let plain = data_type.children().is_empty();
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let Some(range) = elements.get(row) else {
            out.null();
            continue;
        };
        let mut places: Vec<u32> = range.map(|at| at as u32).collect();
        if plain {
            places.sort_by(|a, b| compare(*a, *b).unwrap_or(Ordering::Equal));
        } else {
            places = sort_by(places, compare)?;
        }
        places.into_iter().for_each(|at| out.push(at as usize));
        out.end()?;
    }
    out.lists(&elements.values, call.result())
}

/// `array_max` and `array_min`: NULL if any element is; NaN only if there is nothing else.
fn extreme(call: &Call<'_>, wanted: Ordering) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let comparable = ComparableArray::open(&elements.values, item(call.argument_type(0))?)?;
    let nan = if wanted == Ordering::Greater { Nan::First } else { Nan::Last };
    let mut places = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let range = elements.get(row).unwrap_or_default();
        let mut best = None;
        if !range.clone().any(|at| comparable.is_null(at)) {
            for at in range {
                let better = match best {
                    Some(best) => comparable.order_with(at, &comparable, best, nan)? == wanted,
                    None => true,
                };
                if better {
                    best = Some(at);
                }
            }
        }
        places.push(best.map(|at| at as u32));
    }
    take_in_layout(&elements.values, places, call.result())
}
