//! Arrays as sets: NULL equals NULL here, and NaN equals NaN.

use super::{Elements, item};
use crate::builder::{self, TakeIndices, end_of, layout};
use crate::call::Call;
use crate::keys::Keys;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, Int64Array, UInt32Array};
use arrow::compute::{concat, take};
use arrow::row::Row;
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    registry.add("array_distinct", "(array(C)) -> array(C)", distinct);
    registry.add("array_except", "(array(C), array(C)) -> array(C)", except);
    registry.add("array_intersect", "(array(C), array(C)) -> array(C)", intersect);
    registry.add("array_union", "(array(C), array(C)) -> array(C)", union);
    registry.add("arrays_overlap", "(array(C), array(C)) -> boolean", overlap);
    registry.add("array_histogram", "(array(C)) -> map(C, bigint)", histogram);
}

/// The keys seen so far: a few are searched one by one, many by their hash.
#[derive(Debug, Default)]
pub(crate) struct KeySet<'k> {
    few: Vec<Row<'k>>,
    many: HashSet<Row<'k>>,
}

impl<'k> KeySet<'k> {
    const MAX_UNHASHED: usize = 16;

    /// Forgets all keys.
    pub(crate) fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }

    /// Adds a key; returns whether it is new.
    pub(crate) fn insert(&mut self, key: Row<'k>) -> bool {
        if self.many.is_empty() {
            if self.few.contains(&key) {
                return false;
            }
            if self.few.len() < Self::MAX_UNHASHED {
                self.few.push(key);
                return true;
            }
            self.many.extend(self.few.drain(..));
        }
        self.many.insert(key)
    }

    /// Whether a key was added.
    pub(crate) fn contains(&self, key: &Row<'k>) -> bool {
        self.few.contains(key) || (!self.many.is_empty() && self.many.contains(key))
    }
}

/// `array_distinct(array)`
fn distinct(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let keys = Keys::of(&elements.values, item(call.argument_type(0))?)?;
    let mut seen = KeySet::default();
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let Some(range) = elements.get(row) else {
            out.null();
            continue;
        };
        seen.clear();
        range.filter(|at| seen.insert(keys.get(*at))).for_each(|at| out.push(at));
        out.end()?;
    }
    out.lists(&elements.values, call.result())
}

/// The elements of two arguments in one array, with their keys.
struct TwoArrays<'a> {
    left: Elements<'a>,
    right: Elements<'a>,
    values: ArrayRef,
    keys: Keys,
    /// Where in `values` those of the second argument begin.
    second: usize,
}

impl<'a> TwoArrays<'a> {
    fn of(call: &Call<'a>) -> SqlResult<Self> {
        let data_type = item(call.argument_type(0))?;
        let (left, right) = (Elements::of(call, 0)?, Elements::of(call, 1)?);
        let (a, b) = (&left.values, &right.values);
        let (a, b) = (layout(Arc::clone(a), data_type)?, layout(Arc::clone(b), data_type)?);
        let values = concat(&[&*a, &*b])?;
        let keys = Keys::of(&values, data_type)?;
        let second = a.len();
        Ok(Self { left, right, values, keys, second })
    }

    /// Returns where in `values` the elements of both arrays of a row are, unless one is NULL.
    fn get(&self, row: usize) -> Option<[std::ops::Range<usize>; 2]> {
        let right = self.right.get(row)?;
        Some([self.left.get(row)?, right.start + self.second..right.end + self.second])
    }

    /// Makes arrays of the elements that `f` takes from the two of a row.
    fn arrays_of<'k>(
        &'k self,
        call: &Call<'_>,
        mut f: impl FnMut([std::ops::Range<usize>; 2], &mut KeySet<'k>, &mut TakeIndices),
    ) -> SqlResult<ArrayRef> {
        let mut seen = KeySet::default();
        let mut out = TakeIndices::with_capacity(call.rows());
        for row in 0..call.rows() {
            let Some(ranges) = self.get(row) else {
                out.null();
                continue;
            };
            seen.clear();
            f(ranges, &mut seen, &mut out);
            out.end()?;
        }
        out.lists(&self.values, call.result())
    }
}

/// `array_except(a, b)`: what is in a and not in b, once.
fn except(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let both = TwoArrays::of(call)?;
    both.arrays_of(call, |[left, right], seen, out| {
        for at in right {
            seen.insert(both.keys.get(at));
        }
        left.filter(|at| seen.insert(both.keys.get(*at))).for_each(|at| out.push(at));
    })
}

/// `array_intersect(a, b)`: what is in both, once, in the order of the longer.
fn intersect(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let both = TwoArrays::of(call)?;
    let mut given = KeySet::default();
    both.arrays_of(call, |[left, right], seen, out| {
        let (long, short) = if left.len() < right.len() { (right, left) } else { (left, right) };
        for at in short {
            seen.insert(both.keys.get(at));
        }
        given.clear();
        for at in long {
            let key = both.keys.get(at);
            if seen.contains(&key) && given.insert(key) {
                out.push(at);
            }
        }
    })
}

/// `array_union(a, b)`: what is in either, once.
fn union(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let both = TwoArrays::of(call)?;
    both.arrays_of(call, |[left, right], seen, out| {
        left.chain(right).filter(|at| seen.insert(both.keys.get(*at))).for_each(|at| out.push(at));
    })
}

/// `arrays_overlap(a, b)`: whether they share an element; unknown if only a NULL could be shared.
fn overlap(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let both = TwoArrays::of(call)?;
    let mut seen = KeySet::default();
    call.each(|row| {
        let Some([left, right]) = both.get(row) else { return Ok(None) };
        if left.is_empty() || right.is_empty() {
            return Ok(Some(false));
        }
        seen.clear();
        let mut null = false;
        for at in left {
            if both.values.is_null(at) {
                null = true;
            } else {
                seen.insert(both.keys.get(at));
            }
        }
        for at in right {
            if both.values.is_null(at) {
                null = true;
            } else if seen.contains(&both.keys.get(at)) {
                return Ok(Some(true));
            }
        }
        Ok((!null).then_some(false))
    })
}

/// `array_histogram(array)`: how often each element occurs; NULLs do not count.
fn histogram(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let keys = Keys::of(&elements.values, item(call.argument_type(0))?)?;
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let (mut indices, mut counts) = (Vec::new(), Vec::<i64>::new());
    let mut places: HashMap<Row<'_>, usize> = HashMap::new();
    for row in 0..call.rows() {
        let range = elements.get(row);
        nulls.push(range.is_some());
        places.clear();
        for at in range.unwrap_or_default().filter(|at| elements.values.is_valid(*at)) {
            let place = *places.entry(keys.get(at)).or_insert_with(|| {
                indices.push(at as u32);
                counts.push(0);
                counts.len() - 1
            });
            counts[place] += 1;
        }
        offsets.push(end_of(indices.len())?);
    }
    let distinct = take(&elements.values, &UInt32Array::from(indices), None)?;
    builder::map(offsets, distinct, Arc::new(Int64Array::from(counts)), nulls, call.result())
}
