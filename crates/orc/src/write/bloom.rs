//! Bloom filters over the values of a row group.

use crate::bloom::{hash_bytes, hash_integer, positions};
use orc_rust::proto;

/// The bloom filters of a column in a stripe.
pub(crate) struct Bloom {
    fpp: f64,
    /// Of the row group's values.
    hashes: Vec<u64>,
    filters: Vec<proto::BloomFilter>,
}

impl Bloom {
    /// Begins filters with the false positive rate `fpp`.
    pub(crate) fn new(fpp: f64) -> Self {
        Self { fpp, hashes: Vec::new(), filters: Vec::new() }
    }

    pub(crate) fn add_bytes(&mut self, value: &[u8]) {
        self.hashes.push(hash_bytes(value));
    }

    pub(crate) fn add_integers(&mut self, values: impl IntoIterator<Item = i64>) {
        self.hashes.extend(values.into_iter().map(hash_integer));
    }

    /// Ends the row group: its filter is as large as its distinct values need.
    pub(crate) fn end_group(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        let count = self.hashes.len().max(1) as f64;
        let ln2 = std::f64::consts::LN_2;
        let words = ((-count * self.fpp.ln() / (ln2 * ln2)) / 64.0).ceil().max(1.0) as usize;
        let bits = words * 64;
        let functions = (bits as f64 / count * ln2).round().clamp(1.0, 32.0) as u32;
        let mut set = vec![0_u8; bits / 8];
        for hash in self.hashes.drain(..) {
            positions(hash, functions, bits).for_each(|at| set[at / 8] |= 1 << (at % 8));
        }
        self.filters.push(proto::BloomFilter {
            num_hash_functions: Some(functions),
            bitset: Vec::new(),
            utf8bitset: Some(set),
        });
    }

    /// Ends the stripe and returns the filters of its row groups.
    pub(crate) fn end_stripe(&mut self) -> proto::BloomFilterIndex {
        proto::BloomFilterIndex { bloom_filter: std::mem::take(&mut self.filters) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_as_large_as_they_must() {
        let mut bloom = Bloom::new(0.01);
        bloom.add_integers((0..3_000).map(|at| at % 1_000));
        bloom.end_group();
        bloom.end_group();
        let filters = bloom.end_stripe().bloom_filter;
        let sizes: Vec<_> = filters.iter().map(|f| f.utf8bitset().len()).collect();
        assert_eq!(sizes, [1200, 8]);
        assert_eq!(filters[0].num_hash_functions(), 7);
        assert!(filters[1].utf8bitset().iter().all(|byte| *byte == 0));
    }
}
