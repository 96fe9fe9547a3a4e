//! Arrays of parts of an array: `ngrams` and `combinations`.

use super::{Elements, item};
use crate::builder::{self, TakeIndices, end_of};
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("ngrams", "(array(T), integer) -> array(array(T))", |call| nested(call, ngrams));
    registry.add("combinations", "(array(T), integer) -> array(array(T))", |call| {
        nested(call, combinations)
    });
}

/// The inner arrays being made, and how many there are.
struct Inner {
    indices: TakeIndices,
    count: usize,
}

impl Inner {
    fn add(&mut self, places: impl Iterator<Item = usize>) -> SqlResult<()> {
        places.for_each(|at| self.indices.push(at));
        self.count += 1;
        self.indices.end()
    }
}

/// Makes the arrays of a row from its elements and the number in argument 1.
type Make = fn(elements: Range<usize>, number: i32, out: &mut Inner) -> SqlResult<()>;

fn nested(call: &Call<'_>, make: Make) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let numbers = call.column::<i32>(1)?;
    let mut inner = Inner { indices: TakeIndices::with_capacity(call.rows()), count: 0 };
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    for row in 0..call.rows() {
        let arguments = elements.get(row).zip(numbers.get(row));
        nulls.push(arguments.is_some());
        if let Some((range, number)) = arguments {
            make(range, number, &mut inner)?;
        }
        offsets.push(end_of(inner.count)?);
    }
    let inner = inner.indices.lists(&elements.values, item(call.result())?)?;
    builder::list(offsets, inner, nulls, call.result())
}

/// `ngrams(array, n)`: all runs of n elements; the whole array if it is no longer.
fn ngrams(elements: Range<usize>, n: i32, out: &mut Inner) -> SqlResult<()> {
    let n = usize::try_from(n).ok().filter(|n| *n > 0);
    let n = n.ok_or_else(|| SqlError::argument("N must be positive"))?.min(elements.len());
    for start in elements.start..=elements.end - n {
        out.add(start..start + n)?;
    }
    Ok(())
}

/// The most elements of a combination.
const MAX_SIZE: i32 = 5;
/// The most elements that all combinations of an array have.
const MAX_ELEMENTS: usize = 100_000;

/// `combinations(array, n)`: all choices of n elements, those of the first elements first.
fn combinations(elements: Range<usize>, n: i32, out: &mut Inner) -> SqlResult<()> {
    if n > MAX_SIZE {
        return Err(SqlError::argument(format!(
            "combination size must not exceed {MAX_SIZE}: {n}"
        )));
    }
    let n = usize::try_from(n)
        .map_err(|_| SqlError::argument(format!("combination size must not be negative: {n}")))?;
    let Some(rest) = elements.len().checked_sub(n) else { return Ok(()) };
    let mut count: i32 = 1;
    for i in 1..=n {
        let factor = i32::try_from(rest + i).ok();
        let product = factor.and_then(|factor| count.checked_mul(factor));
        count = product.map(|product| product / i as i32).ok_or_else(|| {
            SqlError::argument(format!(
                "Number of combinations too large for array of size {} and combination length {n}",
                elements.len()
            ))
        })?;
    }
    if count as usize * n > MAX_ELEMENTS {
        return Err(SqlError::argument("combinations exceed max size"));
    }
    let mut chosen: Vec<usize> = (0..n).collect();
    for _ in 0..count {
        out.add(chosen.iter().map(|at| elements.start + at))?;
        // The first that can move on without meeting the next does; those before start over.
        let moves = |at: &usize| chosen.get(at + 1).is_none_or(|next| chosen[*at] + 1 < *next);
        if let Some(at) = (0..n).find(moves) {
            chosen[at] += 1;
            chosen[..at].iter_mut().enumerate().for_each(|(place, choice)| *choice = place);
        }
    }
    Ok(())
}
