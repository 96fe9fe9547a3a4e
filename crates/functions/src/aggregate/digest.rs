//! Dunning's t-digest, which estimates quantiles: clusters of values, small at both ends.
//!
//! Clusters form, and values between them are interpolated, as in Trino, so that results agree.

use crate::numerals::double_text;
use traillake_sql_types::error::{SqlError, SqlResult};

/// The compression of a closed digest.
const COMPRESSION: f64 = 100.0;
/// The compression while values are added.
const WORKING_COMPRESSION: f64 = 2.0 * COMPRESSION;
/// How many clusters there may be before they are merged.
const CAPACITY: usize = 6 * (WORKING_COMPRESSION as usize + 10);

#[derive(Debug, Clone, Copy)]
struct Cluster {
    mean: f64,
    weight: f64,
}

/// Values with their weights, summarised.
#[derive(Debug)]
pub(super) struct Digest {
    clusters: Vec<Cluster>,
    total: f64,
    least: f64,
    greatest: f64,
    /// Merging goes from left to right and back in turn, which evens its errors out.
    backwards: bool,
}

impl Digest {
    pub(super) fn new() -> Self {
        Self {
            clusters: Vec::new(),
            total: 0.0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            backwards: false,
        }
    }

    pub(super) fn add(&mut self, value: f64, weight: f64) -> SqlResult<()> {
        check_finite("value", value, ";")?;
        check_finite("weight", weight, ",")?;
        if weight < 1.0 {
            let weight = double_text(weight);
            return Err(SqlError::argument(format!("weight must be >= 1, was {weight}")));
        }
        if self.clusters.len() >= CAPACITY {
            self.merge(WORKING_COMPRESSION);
        }
        self.clusters.push(Cluster { mean: value, weight });
        self.total += weight;
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
        Ok(())
    }

    fn merge(&mut self, compression: f64) {
        self.clusters.sort_by(|a, b| a.mean.total_cmp(&b.mean));
        if self.backwards {
            self.clusters.reverse();
        }
        let normalizer = compression / (4.0 * (self.total / compression).ln() + 24.0);
        // The part of all values that a cluster at a quantile may hold.
        let share = |quantile: f64| quantile * (1.0 - quantile) / normalizer;
        let mut merged: Vec<Cluster> = Vec::new();
        let (mut before, mut share_here) = (0.0, share(0.0));
        for next in self.clusters.drain(..) {
            let Some(last) = merged.last_mut() else {
                merged.push(next);
                continue;
            };
            let weight = last.weight + next.weight;
            let quantile = ((before + weight) / self.total).min(1.0);
            if weight <= self.total * share_here.min(share(quantile)) {
                last.mean += (next.mean - last.mean) * next.weight / weight;
                last.weight = weight;
            } else {
                before += last.weight;
                share_here = share(before / self.total);
                merged.push(next);
            }
        }
        if self.backwards {
            merged.reverse();
        }
        self.backwards = !self.backwards;
        self.clusters = merged;
    }

    /// Ends adding: clusters get their final size.
    pub(super) fn close(&mut self) {
        self.merge(COMPRESSION);
    }

    /// Returns the value at a quantile from 0 to 1, once closed; `None` if there are no values.
    pub(super) fn value_at(&self, quantile: f64) -> Option<f64> {
        let (first, last) = (*self.clusters.first()?, *self.clusters.last()?);
        if self.clusters.len() == 1 {
            return Some(first.mean);
        }
        let index = quantile * self.total;
        if index < 1.0 {
            return Some(self.least);
        }
        let half = first.weight / 2.0;
        if first.weight > 1.0 && index < half {
            return Some(self.least + (index - 1.0) / (half - 1.0) * (first.mean - self.least));
        }
        if index > self.total - 1.0 {
            return Some(self.greatest);
        }
        let (half, rest) = (last.weight / 2.0, self.total - index);
        if last.weight > 1.0 && rest <= half {
            let part = (rest - 1.0) / (half - 1.0);
            return Some(self.greatest - part * (self.greatest - last.mean));
        }
        self.between(index).or(Some(self.greatest))
    }

    /// Interpolates between the middles of two clusters. A cluster of one value is just that.
    fn between(&self, index: f64) -> Option<f64> {
        let mut middle = self.clusters.first()?.weight / 2.0;
        for pair in self.clusters.windows(2) {
            let [left, right] = pair else { continue };
            let distance = (left.weight + right.weight) / 2.0;
            let (past, ahead) = (index - middle, middle + distance - index);
            middle += distance;
            if ahead <= 0.0 {
                continue;
            }
            let (left_is_one, right_is_one) = (left.weight == 1.0, right.weight == 1.0);
            if left_is_one && past < 0.5 {
                return Some(left.mean);
            }
            if right_is_one && ahead <= 0.5 {
                return Some(right.mean);
            }
            let past = if left_is_one { past - 0.5 } else { past };
            let ahead = if right_is_one { ahead - 0.5 } else { ahead };
            return Some((left.mean * ahead + right.mean * past) / (past + ahead));
        }
        None
    }
}

fn check_finite(what: &str, number: f64, comma: &str) -> SqlResult<()> {
    if number.is_finite() {
        return Ok(());
    }
    let number = double_text(number);
    Err(SqlError::argument(format!("{what} must be finite{comma} was {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_trino() {
        for (count, quantile, want) in [
            (1, 0.5, 1.0),
            (5, 0.5, 1.7320508075688772),
            (100, 0.5, 7.103456420986384),
            (100, 0.333, 5.810459128647374),
            (3000, 0.5, 38.697171771688616),
            (10_000, 0.1, 31.581238597478535),
            (10_000, 0.99, 99.50120861417689),
        ] {
            let mut digest = Digest::new();
            (1..=count).for_each(|x| digest.add(f64::from(x).sqrt(), 1.0).unwrap());
            digest.close();
            let got = digest.value_at(quantile).unwrap();
            assert!((got - want).abs() < 1e-12 * want, "{count} {quantile}: {got}, not {want}");
        }
        assert!(Digest::new().value_at(0.5).is_none());
    }
}
