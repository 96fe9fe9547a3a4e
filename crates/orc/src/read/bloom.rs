//! Bloom filters of row groups.

use crate::bloom::{hash_bytes, positions};
use orc_rust::proto::BloomFilterIndex;
use prost::Message;

/// A column's bloom filters, one for each row group.
#[derive(Debug)]
pub struct BloomFilters(BloomFilterIndex);

impl BloomFilters {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        BloomFilterIndex::decode(bytes).map(Self).map_err(|e| e.to_string())
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.bloom_filter.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.bloom_filter.is_empty()
    }

    /// Whether row group `group` may hold the text; `true` if that is unknown.
    pub fn may_hold(&self, group: usize, text: &[u8]) -> bool {
        let Some(filter) = self.0.bloom_filter.get(group) else { return true };
        let (bytes, functions) = (filter.utf8bitset(), filter.num_hash_functions());
        let bits = bytes.len() / 8 * 64;
        bits == 0
            || functions == 0
            || positions(hash_bytes(text), functions, bits)
                .all(|at| bytes[at / 8] >> (at % 8) & 1 == 1)
    }
}
