//! `approx_most_frequent`, by the space-saving algorithm: counters for some values, of which a new
//! value replaces the smallest.

use super::Groups;
use crate::builder;
use crate::call::Call;
use crate::keys::Keys;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, Int64Array, UInt32Array};
use arrow::compute::take;
use arrow::row::Row;
use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    for signature in [
        "(bigint, bigint, bigint) -> map(bigint,bigint)",
        "(bigint, varchar, bigint) -> map(varchar,bigint)",
    ] {
        registry.aggregate("approx_most_frequent", signature, most_frequent);
    }
}

fn most_frequent(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let (buckets, capacities) = (groups.values::<i64>(0)?, groups.values::<i64>(2)?);
    let column = groups.column(1)?;
    let keys = Keys::of(column, groups.argument_type(1)?)?;
    let (mut offsets, mut nulls) = (vec![0_i32], Vec::with_capacity(call.rows()));
    let (mut indices, mut counts): (Vec<u32>, Vec<i64>) = (Vec::new(), Vec::new());
    for group in 0..call.rows() {
        let mut summary: Option<(usize, Summary<'_>)> = None;
        for row in groups.get(group).filter(|row| column.is_valid(*row)) {
            let (Some(buckets), Some(capacity)) = (buckets.get(row), capacities.get(row)) else {
                continue;
            };
            if summary.is_none() {
                let summary_of_group = Summary::new(check_capacity(capacity)?);
                summary = Some((check_buckets(buckets)?, summary_of_group));
            }
            if let Some((_, summary)) = &mut summary {
                summary.add(keys.get(row), row);
            }
        }
        nulls.push(summary.is_some());
        if let Some((buckets, summary)) = summary {
            for counter in summary.most(buckets) {
                indices.push(counter.row as u32);
                counts.push(counter.count);
            }
        }
        let end = i32::try_from(indices.len());
        offsets.push(end.map_err(|_| SqlError::range("too many entries"))?);
    }
    let keys = take(column, &UInt32Array::from(indices), None)?;
    builder::map(offsets, keys, Arc::new(Int64Array::from(counts)), nulls, call.result())
}

fn check_buckets(buckets: i64) -> SqlResult<usize> {
    usize::try_from(buckets).ok().filter(|buckets| *buckets > 1).ok_or_else(|| {
        SqlError::argument("approx_most_frequent bucket count must be greater than one")
    })
}

fn check_capacity(capacity: i64) -> SqlResult<usize> {
    usize::try_from(capacity)
        .ok()
        .filter(|capacity| *capacity > 0)
        .ok_or_else(|| SqlError::argument("approx_most_frequent capacity must be positive"))
}

/// A value that is counted.
#[derive(Debug, Clone, Copy)]
struct Counter<'a> {
    key: Row<'a>,
    /// A row with the value.
    row: usize,
    count: i64,
    /// When it got this count: of counters with the same one, the oldest is first.
    since: u64,
}

#[derive(Debug)]
struct Summary<'a> {
    capacity: usize,
    counters: Vec<Counter<'a>>,
    known: HashMap<Row<'a>, usize>,
    /// Count, since when, and which counter.
    order: BTreeSet<(i64, u64, usize)>,
    clock: u64,
}

impl<'a> Summary<'a> {
    fn new(capacity: usize) -> Self {
        let (counters, known) = (Vec::new(), HashMap::new());
        Self { capacity, counters, known, order: BTreeSet::new(), clock: 0 }
    }

    fn add(&mut self, key: Row<'a>, row: usize) {
        let at = match self.known.get(&key) {
            Some(at) => *at,
            None => self.counter_for(key, row),
        };
        self.clock += 1;
        if let Some(counter) = self.counters.get_mut(at) {
            self.order.remove(&(counter.count, counter.since, at));
            counter.count += 1;
            counter.since = self.clock;
            self.order.insert((counter.count, counter.since, at));
        }
    }

    /// A counter for a new value: a free one, or the smallest with its count.
    fn counter_for(&mut self, key: Row<'a>, row: usize) -> usize {
        let smallest = self.order.first().map(|(_, _, at)| *at);
        let at = match smallest.filter(|_| self.counters.len() >= self.capacity) {
            Some(at) => at,
            None => {
                self.counters.push(Counter { key, row, count: 0, since: 0 });
                self.counters.len() - 1
            }
        };
        if let Some(counter) = self.counters.get_mut(at) {
            self.known.remove(&counter.key);
            (counter.key, counter.row) = (key, row);
        }
        self.known.insert(key, at);
        at
    }

    /// Returns the counters with the largest counts.
    fn most(mut self, buckets: usize) -> impl Iterator<Item = Counter<'a>> {
        self.counters.sort_unstable_by_key(|counter| (-counter.count, counter.since));
        self.counters.into_iter().take(buckets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use traillake_sql_types::Type;

    #[test]
    fn a_new_value_takes_over_the_oldest_of_the_smallest_counters() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5, 6, 7, 7, 1]));
        let keys = Keys::of(&values, &Type::Bigint).unwrap();
        let mut summary = Summary::new(3);
        (0..values.len()).for_each(|row| summary.add(keys.get(row), row));
        let got: Vec<_> = summary.most(3).map(|counter| (counter.row, counter.count)).collect();
        assert_eq!(got, [(6, 4), (8, 3), (5, 2)]);
    }
}
