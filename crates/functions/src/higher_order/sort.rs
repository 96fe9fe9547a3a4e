//! `array_sort` with a comparator.

use crate::arrays::{Elements, Sorter, gather};
use crate::builder::TakeIndices;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::Int32Type;
use std::cmp::Ordering;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("array_sort", "(array(T), function(T, T, integer)) -> array(T)", sort);
}

/// `array_sort(array, (x, y) -> order)`: the arrays of all rows are sorted side by side, the lambda
/// comparing one pair of each at a time.
fn sort(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let lambda = call.lambda(1)?;
    let mut sorters: Vec<Option<Sorter>> = (0..call.rows())
        .map(|row| Some(Sorter::new(elements.get(row)?.map(|at| at as u32).collect())))
        .collect();
    loop {
        let (mut rows, mut left, mut right) = (Vec::new(), Vec::new(), Vec::new());
        for (row, sorter) in sorters.iter().enumerate() {
            if let Some((a, b)) = sorter.as_ref().and_then(Sorter::question) {
                rows.push(row as u32);
                left.push(a);
                right.push(b);
            }
        }
        if rows.is_empty() {
            break;
        }
        let parameters = [gather(&elements.values, &left)?, gather(&elements.values, &right)?];
        let orders = lambda.call(&rows, &parameters)?;
        for (at, row) in rows.iter().enumerate() {
            let order = order(&orders, at)?;
            if let Some(Some(sorter)) = sorters.get_mut(*row as usize) {
                sorter.decide(order);
            }
        }
    }
    let mut out = TakeIndices::with_capacity(call.rows());
    for sorter in sorters {
        match sorter {
            Some(sorter) => {
                sorter.finish().into_iter().for_each(|at| out.push(at as usize));
                out.end()?;
            }
            None => out.null(),
        }
    }
    out.lists(&elements.values, call.result())
}

/// Returns the order that a comparator gave.
fn order(orders: &ArrayRef, at: usize) -> SqlResult<Ordering> {
    let orders = orders.as_primitive_opt::<Int32Type>().filter(|orders| orders.is_valid(at));
    match orders.map(|orders| orders.value(at)) {
        Some(-1) => Ok(Ordering::Less),
        Some(0) => Ok(Ordering::Equal),
        Some(1) => Ok(Ordering::Greater),
        _ => Err(SqlError::argument("Lambda comparator must return either -1, 0, or 1")),
    }
}
