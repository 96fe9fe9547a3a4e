//! Exact shares without a stream: quotas, and permutations that spread them.
//!
//! A trail of N events must contain exactly the documented share of each call, yet units are made
//! independently and in any order. So every pool of events is a *permutation*: position `i` of `total` is
//! at place `(offset + i * step) mod total`, `step` being coprime to `total`, hence every place is hit
//! once, and the place decides the call. A unit that owns positions `a..b` can draw them alone, and any run
//! of positions has nearly the right mix, because the step is near the golden ratio of the total.

/// Divides `total` among `weights` exactly, by largest remainder (ties to the first).
pub(crate) fn divide(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum::<u128>().max(1);
    let exact = |weight: &u64| u128::from(total) * u128::from(*weight);
    let mut parts: Vec<u64> = weights.iter().map(|weight| (exact(weight) / sum) as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).filter(|at| weights[*at] > 0).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(exact(&weights[*at]) % sum), *at));
    let missing = total - parts.iter().sum::<u64>();
    for at in order.into_iter().cycle().take(missing as usize) {
        parts[at] += 1;
    }
    parts
}

/// Divides `total` by `weights`, but gives each at least its floor (floors must fit into `total`).
pub(crate) fn divide_with_floors(total: u64, weights: &[u64], floors: &[u64]) -> Vec<u64> {
    let sum: u64 = weights.iter().sum::<u64>().max(1);
    let ideal =
        |weight: &u64| (u128::from(total) * u128::from(*weight) * 1000 / u128::from(sum)) as u64;
    let above: Vec<u64> = weights
        .iter()
        .zip(floors)
        .map(|(weight, floor)| ideal(weight).saturating_sub(floor * 1000))
        .collect();
    let left = total.saturating_sub(floors.iter().sum());
    divide(left, &above).iter().zip(floors).map(|(part, floor)| part + floor).collect()
}

/// A pool of events of several kinds, each with its exact quota, in an order that mixes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct QuotaPermutation {
    total: u64,
    step: u64,
    offset: u64,
    /// Places below the first number are of the kind beside it.
    ends: Vec<(u64, usize)>,
}

impl QuotaPermutation {
    /// Builds the permutation of quotas, `(kind, count)`.
    pub(crate) fn new(counts: &[(usize, u64)], seed: u64) -> Self {
        let mut total = 0;
        let mut ends = Vec::new();
        for (kind, count) in counts.iter().filter(|(_, count)| *count > 0) {
            total += count;
            ends.push((total, *kind));
        }
        // 0.618... as a fraction of two Fibonacci numbers.
        let mut step = ((u128::from(total) * 832_040 / 1_346_269) as u64).max(1);
        while total > 1 && common_divisor(step, total) != 1 {
            step += 1;
        }
        Self { total, step, offset: seed % total.max(1), ends }
    }

    /// Returns the number of positions.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Returns the draws from position `first` on.
    pub(crate) fn draws_from(&self, first: u64) -> QuotaDraws<'_> {
        let total = u128::from(self.total.max(1));
        let place = (u128::from(self.offset) + u128::from(first) * u128::from(self.step)) % total;
        QuotaDraws { permutation: self, number: first, place: place as u64 }
    }
}

/// Draws from a permutation, position by position.
#[derive(Debug)]
pub(crate) struct QuotaDraws<'a> {
    permutation: &'a QuotaPermutation,
    number: u64,
    place: u64,
}

impl QuotaDraws<'_> {
    /// Returns the next position and its kind.
    #[inline]
    pub(crate) fn draw(&mut self) -> (u64, usize) {
        let ends = &self.permutation.ends;
        let at = if ends.len() <= 4 {
            ends.iter().position(|(end, _)| self.place < *end).unwrap_or(0)
        } else {
            ends.partition_point(|(end, _)| *end <= self.place)
        };
        let drawn = (self.number, ends[at].1);
        self.number += 1;
        self.place += self.permutation.step;
        if self.place >= self.permutation.total {
            self.place -= self.permutation.total;
        }
        drawn
    }
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_drawn_once() {
        for total in [1_u64, 2, 3, 10, 97, 1000, 4096] {
            let small = total / 3;
            let permutation = QuotaPermutation::new(&[(7, total - small), (9, small)], 12345);
            let mut seen = [0_u64; 2];
            // Draw in two halves, as two units would.
            for (first, end) in [(0, total / 2), (total / 2, total)] {
                let mut draws = permutation.draws_from(first);
                for _ in first..end {
                    seen[usize::from(draws.draw().1 == 9)] += 1;
                }
            }
            assert_eq!(seen, [total - small, small], "{total}");
        }
    }

    #[test]
    fn division_is_exact_and_keeps_floors() {
        assert_eq!(divide(10, &[1, 1, 1]), [4, 3, 3]);
        let parts = divide_with_floors(100, &[900, 50, 1], &[0, 0, 3]);
        assert_eq!(parts.iter().sum::<u64>(), 100);
        assert_eq!(parts[2], 3);
        assert!(parts[0] > 88);
    }
}
