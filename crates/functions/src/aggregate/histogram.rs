//! `numeric_histogram`, the streaming histogram of Ben-Haim and Tom-Tov: buckets that are close to
//! each other become one.

use super::{Doubles, Groups};
use crate::builder;
use crate::call::Call;
use crate::numerals::double_text;
use crate::registry::Registry;
use arrow::array::{ArrayRef, Float32Array, Float64Array};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    for signature in [
        "(bigint, double) -> map(double,double)",
        "(bigint, double, double) -> map(double,double)",
        "(bigint, real) -> map(real,real)",
        "(bigint, real, double) -> map(real,real)",
    ] {
        registry.aggregate("numeric_histogram", signature, numeric_histogram);
    }
}

fn numeric_histogram(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let (buckets, values) = (groups.values::<i64>(0)?, groups.doubles(1)?);
    let weights = if groups.fields.len() > 2 { Some(groups.doubles(2)?) } else { None };
    let weight = |row| weights.as_ref().map_or(Some(1.0), |weights: &Doubles<'_>| weights.get(row));
    let (mut offsets, mut nulls) = (vec![0_i32], Vec::with_capacity(call.rows()));
    let mut entries: Vec<Bucket> = Vec::new();
    for group in 0..call.rows() {
        let mut histogram = None;
        for row in groups.get(group) {
            if let (Some(most), Some(value), Some(weight)) =
                (buckets.get(row), values.get(row), weight(row))
            {
                if histogram.is_none() {
                    histogram = Some(Histogram::new(most)?);
                }
                if let Some(histogram) = &mut histogram {
                    histogram.add(Bucket { value, weight })?;
                }
            }
        }
        nulls.push(histogram.is_some());
        if let Some(histogram) = histogram {
            entries.extend(histogram.finish()?);
        }
        let end = i32::try_from(entries.len());
        offsets.push(end.map_err(|_| SqlError::range("too many buckets"))?);
    }
    let real = matches!(groups.argument_type(1)?, Type::Real);
    let array = |get: fn(&Bucket) -> f64| -> ArrayRef {
        let numbers = entries.iter().map(get);
        if real {
            Arc::new(numbers.map(|number| number as f32).collect::<Float32Array>())
        } else {
            Arc::new(Float64Array::from_iter_values(numbers))
        }
    };
    builder::map(offsets, array(|b| b.value), array(|b| b.weight), nulls, call.result())
}

/// How many values are kept beyond the buckets before they are merged.
const BUFFER: usize = 100;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    value: f64,
    weight: f64,
}

impl Bucket {
    fn merged(self, other: Self) -> Self {
        let weight = self.weight + other.weight;
        let value = (self.value * self.weight + other.value * other.weight) / weight;
        Self { value, weight }
    }

    /// How much a histogram loses if the two become one.
    fn penalty(self, other: Self) -> f64 {
        let weight = self.weight + other.weight;
        let distance = self.value - other.value;
        distance * distance * (self.weight * other.weight / (weight * weight)) * weight
    }
}

#[derive(Debug)]
struct Histogram {
    most: usize,
    buckets: Vec<Bucket>,
}

impl Histogram {
    fn new(most: i64) -> SqlResult<Self> {
        match usize::try_from(most) {
            Ok(most @ 2..) => Ok(Self { most, buckets: Vec::new() }),
            _ => Err(SqlError::argument("numeric_histogram bucket count must be greater than one")),
        }
    }

    fn add(&mut self, bucket: Bucket) -> SqlResult<()> {
        if self.buckets.len() >= self.most.saturating_add(BUFFER) {
            self.compact()?;
        }
        self.buckets.push(bucket);
        Ok(())
    }

    /// Returns the buckets by value, each value once.
    fn finish(mut self) -> SqlResult<Vec<Bucket>> {
        self.compact()?;
        // NaN is never merged, but is one key.
        let mut buckets = self.buckets;
        buckets.dedup_by(|next, kept| {
            let same = next.value.total_cmp(&kept.value).is_eq()
                || (next.value.is_nan() && kept.value.is_nan());
            if same {
                *kept = *next;
            }
            same
        });
        Ok(buckets)
    }

    fn compact(&mut self) -> SqlResult<()> {
        self.buckets.sort_by(|a, b| order(a.value, b.value));
        self.buckets.dedup_by(|next, kept| {
            let same = next.value == kept.value;
            if same {
                kept.weight += next.weight;
            }
            same
        });
        if self.buckets.len() > self.most {
            self.buckets = merge_closest(&self.buckets, self.most)?;
        }
        Ok(())
    }
}

/// The order of doubles, NaN last.
fn order(a: f64, b: f64) -> Ordering {
    let nan = |x: f64| if x.is_nan() { f64::NAN.abs() } else { x };
    nan(a).total_cmp(&nan(b))
}

/// A bucket and its right neighbour, which may merge.
#[derive(Debug)]
struct Pair {
    penalty: f64,
    left: usize,
    /// How often the buckets had changed when the penalty was computed.
    version: (u32, u32),
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Pair {}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        order(self.penalty, other.penalty).then(self.left.cmp(&other.left))
    }
}

/// Buckets in order, each with its neighbours.
struct Chain {
    buckets: Vec<Bucket>,
    next: Vec<usize>,
    before: Vec<usize>,
    versions: Vec<u32>,
}

impl Chain {
    fn pair(&self, left: usize) -> Option<Reverse<Pair>> {
        let right = *self.next.get(left)?;
        let penalty = self.buckets.get(left)?.penalty(*self.buckets.get(right)?);
        let version = (*self.versions.get(left)?, *self.versions.get(right)?);
        Some(Reverse(Pair { penalty, left, version }))
    }

    fn is_current(&self, pair: &Pair) -> bool {
        let right = self.next.get(pair.left).copied().unwrap_or(usize::MAX);
        self.versions.get(pair.left) == Some(&pair.version.0)
            && self.versions.get(right) == Some(&pair.version.1)
    }

    /// Merges a bucket with its right neighbour, which is gone then.
    fn merge(&mut self, left: usize) {
        const REMOVED: u32 = u32::MAX;
        let right = self.next[left];
        self.buckets[left] = self.buckets[left].merged(self.buckets[right]);
        self.versions[left] += 1;
        self.versions[right] = REMOVED;
        self.next[left] = self.next[right];
        if let Some(before) = self.before.get_mut(self.next[left]) {
            *before = left;
        }
    }
}

/// Merges the neighbours that lose least by it until there are `most` buckets.
fn merge_closest(buckets: &[Bucket], most: usize) -> SqlResult<Vec<Bucket>> {
    let count = buckets.len();
    let mut chain = Chain {
        buckets: buckets.to_vec(),
        next: (1..=count).collect(),
        before: (0..count).map(|at| at.wrapping_sub(1)).collect(),
        versions: vec![0; count],
    };
    let mut queue: BinaryHeap<_> = (0..count).filter_map(|left| chain.pair(left)).collect();
    let mut left_over = count;
    while left_over > most {
        let Some(Reverse(pair)) = queue.pop() else { break };
        if !chain.is_current(&pair) {
            continue;
        }
        chain.merge(pair.left);
        let merged = chain.buckets[pair.left];
        if merged.value.is_nan() && merged.weight == 0.0 {
            let value = double_text(merged.value);
            return Err(SqlError::argument(format!("a bucket without weight has value {value}")));
        }
        left_over -= 1;
        queue.extend(chain.pair(pair.left));
        queue.extend(chain.pair(chain.before[pair.left]));
    }
    let mut merged = Vec::with_capacity(left_over);
    let mut at = 0;
    while let Some(bucket) = chain.buckets.get(at) {
        merged.push(*bucket);
        at = chain.next[at];
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(most: i64, values: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
        let mut histogram = Histogram::new(most).unwrap();
        for (value, weight) in values {
            histogram.add(Bucket { value, weight }).unwrap();
        }
        histogram.finish().unwrap().into_iter().map(|b| (b.value, b.weight)).collect()
    }

    #[test]
    fn close_buckets_merge() {
        let values = [1.0, 2.0, 3.0, 4.0, 10.0];
        assert_eq!(histogram(2, values.map(|x| (x, 1.0))), [(2.5, 4.0), (10.0, 1.0)]);
        let got = histogram(3, values.map(|x| (x, x)));
        assert_eq!(got, [(5.0 / 3.0, 3.0), (25.0 / 7.0, 7.0), (10.0, 10.0)]);
        let nan = f64::NAN;
        let got = histogram(20, [nan, 1.0, 1.0, nan].map(|x| (x, 1.0)));
        assert_eq!((got.len(), got[0], got[1].1), (2, (1.0, 2.0), 1.0));
    }

    #[test]
    fn many_values_are_merged_in_between() {
        let got = histogram(5, (1..=300).map(|x| (f64::from(x).sin(), 1.0)));
        assert_eq!(got.iter().map(|b| b.1).collect::<Vec<_>>(), [69.0, 46.0, 56.0, 48.0, 81.0]);
        assert!((got[0].0 + 0.9128381838164822).abs() < 1e-12);
    }
}
