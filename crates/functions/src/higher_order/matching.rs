//! `all_match`, `any_match` and `none_match`.

use super::{batches, predicate_results};
use crate::arrays::{Elements, gather};
use crate::call::Call;
use crate::lambda::Lambda;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef};
use std::ops::Range;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    const TEST: &str = "(array(T), function(T, boolean)) -> boolean";
    registry.add("all_match", TEST, |call| search(call, false, false));
    registry.add("any_match", TEST, |call| search(call, true, true));
    registry.add("none_match", TEST, |call| search(call, true, false));
}

/// What the tests of a row have decided.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Decision {
    Nothing,
    /// A test was neither true nor false.
    Unknown,
    /// A test decided.
    Decided,
}

impl Decision {
    fn with(self, test: Option<bool>, wanted: bool) -> Self {
        match (self, test) {
            (Self::Decided, _) => self,
            (_, Some(test)) if test == wanted => Self::Decided,
            (_, None) => Self::Unknown,
            _ => self,
        }
    }
}

/// Looks for an element whose test is `wanted`, which makes the result `found`; NULL if none is but
/// some test is unknown.
fn search(call: &Call<'_>, wanted: bool, found: bool) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let lambda = call.lambda(1)?;
    let mut states = vec![Decision::Nothing; call.rows()];
    let length = |row| elements.get(row).map_or(0, |range| range.len());
    for batch in batches(call.rows(), length) {
        let places = batch.places(|row| elements.get(row));
        match lambda.call(&batch.owners, &[gather(&elements.values, &places)?]) {
            Ok(tests) => {
                let tests = predicate_results(&tests)?;
                for (at, owner) in batch.owners.iter().enumerate() {
                    let test = tests.is_valid(at).then(|| tests.value(at));
                    let state = &mut states[*owner as usize];
                    *state = state.with(test, wanted);
                }
            }
            // The element that fails may come after the one that decides.
            Err(_) => one_by_one(lambda, &elements, batch.rows, wanted, &mut states)?,
        }
    }
    call.each(|row| {
        Ok(match states[row] {
            _ if elements.get(row).is_none() => None,
            Decision::Decided => Some(found),
            Decision::Unknown => None,
            Decision::Nothing => Some(!found),
        })
    })
}

/// Tests the first element of each row, then the second of those that are not decided, and so on.
fn one_by_one(
    lambda: &Lambda,
    elements: &Elements<'_>,
    rows: Range<usize>,
    wanted: bool,
    states: &mut [Decision],
) -> SqlResult<()> {
    for step in 0.. {
        let (mut owners, mut places) = (Vec::new(), Vec::new());
        for row in rows.clone().filter(|row| states[*row] != Decision::Decided) {
            if let Some(at) = elements.get(row).and_then(|mut range| range.nth(step)) {
                owners.push(row as u32);
                places.push(at as u32);
            }
        }
        if owners.is_empty() {
            break;
        }
        let tests = lambda.call(&owners, &[gather(&elements.values, &places)?])?;
        let tests = predicate_results(&tests)?;
        for (at, owner) in owners.iter().enumerate() {
            let test = tests.is_valid(at).then(|| tests.value(at));
            let state = &mut states[*owner as usize];
            *state = state.with(test, wanted);
        }
    }
    Ok(())
}
