//! `transform`, `filter` and `zip_with`.

use super::{batches, holds, joined, predicate_results};
use crate::arrays::{Elements, gather, item, take_in_layout};
use crate::builder::{self, TakeIndices, end_of, layout};
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    registry.add("transform", "(array(T), function(T, U)) -> array(U)", transform);
    registry.add("filter", "(array(T), function(T, boolean)) -> array(T)", filter);
    registry.add("zip_with", "(array(T), array(U), function(T, U, R)) -> array(R)", zip_with);
}

/// `transform(array, element -> value)`
fn transform(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let lambda = call.lambda(1)?;
    let data_type = item(call.result())?;
    let length = |row| elements.get(row).map_or(0, |range| range.len());
    let mut pieces = Vec::new();
    for batch in batches(call.rows(), length) {
        let places = batch.places(|row| elements.get(row));
        let made = lambda.call(&batch.owners, &[gather(&elements.values, &places)?])?;
        pieces.push(layout(made, data_type)?);
    }
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let mut total = 0;
    for row in 0..call.rows() {
        nulls.push(elements.get(row).is_some());
        total += length(row);
        offsets.push(end_of(total)?);
    }
    builder::list(offsets, joined(&pieces, data_type)?, nulls, call.result())
}

/// `filter(array, element -> test)`
fn filter(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let lambda = call.lambda(1)?;
    let length = |row| elements.get(row).map_or(0, |range| range.len());
    let mut out = TakeIndices::with_capacity(call.rows());
    for batch in batches(call.rows(), length) {
        let places = batch.places(|row| elements.get(row));
        let tests = lambda.call(&batch.owners, &[gather(&elements.values, &places)?])?;
        let tests = predicate_results(&tests)?;
        let mut at = 0;
        for row in batch.rows {
            let Some(range) = elements.get(row) else {
                out.null();
                continue;
            };
            for element in range {
                if holds(tests, at) {
                    out.push(element);
                }
                at += 1;
            }
            out.end()?;
        }
    }
    out.lists(&elements.values, call.result())
}

/// `zip_with(a, b, (x, y) -> value)`: NULL stands for what the shorter array lacks.
fn zip_with(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (left, right) = (Elements::of(call, 0)?, Elements::of(call, 1)?);
    let lambda = call.lambda(2)?;
    let data_type = item(call.result())?;
    let both = |row| left.get(row).zip(right.get(row));
    let length = |row| both(row).map_or(0, |(a, b)| a.len().max(b.len()));
    let mut pieces = Vec::new();
    for batch in batches(call.rows(), length) {
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for row in batch.rows.clone() {
            let Some((a, b)) = both(row) else { continue };
            let end = xs.len() + length(row);
            xs.extend(a.map(|at| Some(at as u32)));
            ys.extend(b.map(|at| Some(at as u32)));
            xs.resize(end, None);
            ys.resize(end, None);
        }
        let xs = take_in_layout(&left.values, xs, item(call.argument_type(0))?)?;
        let ys = take_in_layout(&right.values, ys, item(call.argument_type(1))?)?;
        pieces.push(layout(lambda.call(&batch.owners, &[xs, ys])?, data_type)?);
    }
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let mut total = 0;
    for row in 0..call.rows() {
        nulls.push(both(row).is_some());
        total += length(row);
        offsets.push(end_of(total)?);
    }
    builder::list(offsets, joined(&pieces, data_type)?, nulls, call.result())
}
