//! `min` and `max` of several, `min_by` and `max_by` of several.
//!
//! A heap keeps the best rows. The order of equal rows follows from how values move in it, as in
//! Trino.

use super::Groups;
use super::extremes::Extreme;
use crate::builder::TakeIndices;
use crate::call::{Call, Column};
use crate::compare::ComparableArray;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use std::cmp::Ordering;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    const OF_ONE: &str = "(O, bigint) -> array(O)";
    registry
        .aggregate("max", OF_ONE, |call| top(call, Extreme::MAX, 0, "second argument of max_n"));
    registry
        .aggregate("min", OF_ONE, |call| top(call, Extreme::MIN, 0, "second argument of min_n"));
    const BY: &str = "(V, O, bigint) -> array(V)";
    registry
        .aggregate("max_by", BY, |call| top(call, Extreme::MAX, 1, "third argument of max_by"))
        .takes_null();
    registry
        .aggregate("min_by", BY, |call| top(call, Extreme::MIN, 1, "third argument of min_by"))
        .takes_null();
}

fn top(call: &Call<'_>, extreme: Extreme, by: usize, argument: &str) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let comparable = ComparableArray::open(groups.column(by)?, groups.argument_type(by)?)?;
    let counts = groups.values::<i64>(by + 1)?;
    let order = |a, b| extreme.order(&comparable, a, b);
    let mut indices = TakeIndices::with_capacity(call.rows());
    for group in 0..call.rows() {
        let rows = groups.get(group);
        let counted =
            rows.clone().filter(|row| !comparable.is_null(*row) && counts.get(*row).is_some());
        let Some(most) = most(rows, &comparable, &counts) else {
            indices.null();
            continue;
        };
        let mut heap = Heap { rows: Vec::new(), capacity: capacity(most, argument, by)?, order };
        for row in counted {
            heap.add(row)?;
        }
        heap.sorted()?.into_iter().for_each(|row| indices.push(row));
        indices.end()?;
    }
    indices.lists(groups.column(0)?, call.result())
}

/// The number of rows that is wanted: that of the first row with a value.
fn most(
    rows: Range<usize>,
    comparable: &ComparableArray<'_>,
    counts: &Column<'_, i64>,
) -> Option<i64> {
    rows.filter(|row| !comparable.is_null(*row)).find_map(|row| counts.get(row))
}

fn capacity(most: i64, argument: &str, by: usize) -> SqlResult<usize> {
    if most <= 0 {
        let what = if by == 0 { "positive" } else { "a positive integer" };
        return Err(SqlError::argument(format!("{argument} must be {what}")));
    }
    if most > 10_000 {
        return Err(SqlError::argument(format!(
            "{argument} must be less than or equal to 10000; found {most}"
        )));
    }
    Ok(usize::try_from(most).unwrap_or_default())
}

/// The best rows so far, the worst of them at the root. Rows that are equal change places.
struct Heap<F> {
    rows: Vec<usize>,
    capacity: usize,
    order: F,
}

impl<F: Fn(usize, usize) -> SqlResult<Ordering>> Heap<F> {
    fn order_at(&self, a: usize, b: usize) -> SqlResult<Ordering> {
        (self.order)(self.rows[a], self.rows[b])
    }

    fn add(&mut self, row: usize) -> SqlResult<()> {
        if self.rows.len() < self.capacity {
            self.rows.push(row);
            return self.sift_up();
        }
        if (self.order)(self.rows[0], row)?.is_lt() {
            self.rows[0] = row;
            self.sift_down()?;
        }
        Ok(())
    }

    fn sift_up(&mut self) -> SqlResult<()> {
        let mut at = self.rows.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.order_at(at, parent)?.is_gt() {
                break;
            }
            self.rows.swap(at, parent);
            at = parent;
        }
        Ok(())
    }

    fn sift_down(&mut self) -> SqlResult<()> {
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= self.rows.len() {
                return Ok(());
            }
            let right_is_less = right < self.rows.len() && self.order_at(left, right)?.is_gt();
            let child = if right_is_less { right } else { left };
            if self.order_at(child, at)?.is_gt() {
                return Ok(());
            }
            self.rows.swap(at, child);
            at = child;
        }
    }

    /// Returns the rows, best first.
    fn sorted(mut self) -> SqlResult<Vec<usize>> {
        // Trino sorts few rows by selection, which decides the order of equal ones.
        const MIN_SORTED: usize = 16;
        if self.rows.len() < MIN_SORTED {
            for at in 0..self.rows.len() {
                let mut best = at;
                for other in at + 1..self.rows.len() {
                    if self.order_at(other, best)?.is_gt() {
                        best = other;
                    }
                }
                self.rows.swap(at, best);
            }
            return Ok(self.rows);
        }
        let mut failed = None;
        self.rows.sort_by(|a, b| {
            (self.order)(*b, *a).unwrap_or_else(|error| {
                failed.get_or_insert(error);
                Ordering::Equal
            })
        });
        failed.map_or(Ok(self.rows), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(keys: &[i64], capacity: usize, least: bool) -> Vec<usize> {
        let order = |a: usize, b: usize| {
            let order = keys[a].cmp(&keys[b]);
            Ok(if least { order.reverse() } else { order })
        };
        let mut heap = Heap { rows: Vec::new(), capacity, order };
        (0..keys.len()).for_each(|row| heap.add(row).unwrap());
        heap.sorted().unwrap()
    }

    #[test]
    fn equal_rows_come_in_trinos_order() {
        assert_eq!(top(&[1, 1, 1, 1, 1], 5, false), [4, 3, 1, 0, 2]);
        assert_eq!(top(&[1, 1, 1, 1, 1], 3, false), [2, 0, 1]);
        assert_eq!(top(&[1, 2, 1, 2], 3, false), [1, 3, 0]);
        assert_eq!(top(&[1, 2, 1, 2], 4, false), [3, 1, 0, 2]);
        assert_eq!(top(&[1, 2, 1, 2], 4, true), [2, 0, 3, 1]);
    }

    #[test]
    fn many_rows_are_sorted() {
        let keys: Vec<i64> = (0..100).map(|key| key * 37 % 100).collect();
        let got = top(&keys, 20, false);
        assert_eq!(
            got.iter().map(|row| keys[*row]).collect::<Vec<_>>(),
            Vec::from_iter((80..100).rev())
        );
    }
}
