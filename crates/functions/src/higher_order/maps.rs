//! `map_filter`, `map_zip_with`, `transform_keys` and `transform_values`.

use super::{Batch, batches, holds, joined, predicate_results};
use crate::arrays::{gather, take_in_layout};
use crate::builder::{self, TakeIndices, end_of, layout};
use crate::call::Call;
use crate::compare::ComparableArray;
use crate::keys::Keys;
use crate::maps::{Entries, check_keys, find_key, key_and_value};
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use hashbrown::HashMap;
use std::ops::Range;
use std::sync::Arc;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    registry.add("map_filter", "(map(K, V), function(K, V, boolean)) -> map(K, V)", filter);
    registry.add("transform_keys", "(map(K, V), function(K, V, C)) -> map(C, V)", keys);
    registry.add("transform_values", "(map(K, V), function(K, V, W)) -> map(K, W)", values);
    registry.add(
        "map_zip_with",
        "(map(C, V), map(C, W), function(C, V, W, X)) -> map(C, X)",
        zip_with,
    );
}

/// Returns the rows in batches of entries.
fn entries(call: &Call<'_>, maps: &Entries<'_>) -> impl Iterator<Item = Batch> {
    batches(call.rows(), |row| maps.get(row).map_or(0, |range| range.len()))
}

/// Returns the offsets of maps with as many entries, and which are not NULL.
fn shape(call: &Call<'_>, maps: &Entries<'_>) -> SqlResult<(Vec<i32>, Vec<bool>)> {
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let mut total = 0;
    for row in 0..call.rows() {
        let range = maps.get(row);
        nulls.push(range.is_some());
        total += range.map_or(0, |range| range.len());
        offsets.push(end_of(total)?);
    }
    Ok((offsets, nulls))
}

/// `map_filter(map, (key, value) -> test)`
fn filter(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let maps = Entries::of(call, 0)?;
    let lambda = call.lambda(1)?;
    let mut out = TakeIndices::with_capacity(call.rows());
    for batch in entries(call, &maps) {
        let places = batch.places(|row| maps.get(row));
        let parameters = [gather(&maps.keys, &places)?, gather(&maps.values, &places)?];
        let tests = lambda.call(&batch.owners, &parameters)?;
        let tests = predicate_results(&tests)?;
        let mut at = 0;
        for row in batch.rows {
            let Some(range) = maps.get(row) else {
                out.null();
                continue;
            };
            for entry in range {
                if holds(tests, at) {
                    out.push(entry);
                }
                at += 1;
            }
            out.end()?;
        }
    }
    out.maps(&maps.keys, &maps.values, call.result())
}

/// `transform_keys(map, (key, value) -> key)`
fn keys(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let maps = Entries::of(call, 0)?;
    let lambda = call.lambda(1)?;
    let (key, value) = key_and_value(call.result())?;
    let (mut made, mut kept) = (Vec::new(), Vec::new());
    for batch in entries(call, &maps) {
        let places = batch.places(|row| maps.get(row));
        let values = gather(&maps.values, &places)?;
        let parameters = [gather(&maps.keys, &places)?, Arc::clone(&values)];
        made.push(layout(lambda.call(&batch.owners, &parameters)?, key)?);
        kept.push(values);
    }
    let (offsets, nulls) = shape(call, &maps)?;
    let made = joined(&made, key)?;
    check_keys(&made, key, &offsets)?;
    builder::map(offsets, made, joined(&kept, value)?, nulls, call.result())
}

/// `transform_values(map, (key, value) -> value)`
fn values(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let maps = Entries::of(call, 0)?;
    let lambda = call.lambda(1)?;
    let (key, value) = key_and_value(call.result())?;
    let (mut made, mut kept) = (Vec::new(), Vec::new());
    for batch in entries(call, &maps) {
        let places = batch.places(|row| maps.get(row));
        let keys = gather(&maps.keys, &places)?;
        let parameters = [Arc::clone(&keys), gather(&maps.values, &places)?];
        made.push(layout(lambda.call(&batch.owners, &parameters)?, value)?);
        kept.push(keys);
    }
    let (offsets, nulls) = shape(call, &maps)?;
    builder::map(offsets, joined(&kept, key)?, joined(&made, value)?, nulls, call.result())
}

/// An entry of one of two maps, or of both: the index of the key among those of both arguments, and
/// those of the values among those of each.
type Pair = (u32, Option<u32>, Option<u32>);

/// `map_zip_with(a, b, (key, x, y) -> value)`: NULL stands for the value of a key that a map lacks.
fn zip_with(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (left, right) = (Entries::of(call, 0)?, Entries::of(call, 1)?);
    let lambda = call.lambda(2)?;
    let (key, value) = key_and_value(call.result())?;
    let comparable =
        (ComparableArray::open(&left.keys, key)?, ComparableArray::open(&right.keys, key)?);
    let (a, b) = (layout(Arc::clone(&left.keys), key)?, layout(Arc::clone(&right.keys), key)?);
    let all_keys = concat(&[&*a, &*b])?;

    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let (mut pairs, mut order) = (Vec::<Pair>::new(), None);
    for row in 0..call.rows() {
        let both = left.get(row).zip(right.get(row));
        nulls.push(both.is_some());
        if let Some((a, b)) = both {
            if order.is_none() && a.len() * b.len() > MAX_UNHASHED_PAIRS {
                order = Some(Keys::of(&all_keys, key)?);
            }
            join(&comparable, a, b, left.keys.len(), order.as_ref(), &mut pairs)?;
        }
        offsets.push(end_of(pairs.len())?);
    }
    let keys = gather(&all_keys, &pairs.iter().map(|(key, ..)| *key).collect::<Vec<_>>())?;
    let (_, x) = key_and_value(call.argument_type(0))?;
    let (_, y) = key_and_value(call.argument_type(1))?;
    let mut made = Vec::new();
    for batch in batches(call.rows(), |row| (offsets[row + 1] - offsets[row]) as usize) {
        let start = offsets[batch.rows.start] as usize;
        let pairs = &pairs[start..start + batch.owners.len()];
        let parameters = [
            keys.slice(start, pairs.len()),
            take_in_layout(&left.values, pairs.iter().map(|(_, x, _)| *x).collect(), x)?,
            take_in_layout(&right.values, pairs.iter().map(|(.., y)| *y).collect(), y)?,
        ];
        made.push(layout(lambda.call(&batch.owners, &parameters)?, value)?);
    }
    builder::map(offsets, keys, joined(&made, value)?, nulls, call.result())
}

/// With more comparisons than this, keys are found by their hash.
const MAX_UNHASHED_PAIRS: usize = 1_000;

/// Adds the entries of two maps: those of the first, then what only the second has. `order` has the
/// keys of the first argument and, from `second` on, those of the other.
fn join(
    (left, right): &(ComparableArray<'_>, ComparableArray<'_>),
    a: Range<usize>,
    b: Range<usize>,
    second: usize,
    order: Option<&Keys>,
    out: &mut Vec<Pair>,
) -> SqlResult<()> {
    let order = order.filter(|_| a.len() * b.len() > MAX_UNHASHED_PAIRS);
    let index: Option<HashMap<_, _>> =
        order.map(|order| b.clone().map(|at| (order.get(second + at), at)).collect());
    let mut found = vec![false; b.len()];
    for at in a {
        let candidates = match (order, &index) {
            // What has the same key may still differ: NaN is not equal to itself.
            (Some(order), Some(index)) => {
                index.get(&order.get(at)).map_or(b.start..b.start, |other| *other..*other + 1)
            }
            _ => b.clone(),
        };
        let other = find_key(right, candidates, left, at)?;
        if let Some(other) = other {
            found[other - b.start] = true;
        }
        out.push((at as u32, Some(at as u32), other.map(|at| at as u32)));
    }
    let rest = b.zip(found).filter(|(_, found)| !found);
    out.extend(rest.map(|(at, _)| ((second + at) as u32, None, Some(at as u32))));
    Ok(())
}
