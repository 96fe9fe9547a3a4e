//! Bloom filters of row groups (ORC v1, "Bloom Filter Index").

use prost::Message;

/// A filter as it lies in the file; `bitset` is the older form.
#[derive(Clone, PartialEq, Message)]
struct Filter {
    #[prost(uint32, optional, tag = "1")]
    hash_functions: Option<u32>,
    #[prost(fixed64, repeated, packed = "false", tag = "2")]
    bitset: Vec<u64>,
    #[prost(bytes = "vec", optional, tag = "3")]
    utf8bitset: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Filters {
    #[prost(message, repeated, tag = "1")]
    filters: Vec<Filter>,
}

/// A column's bloom filters, one for each row group.
#[derive(Debug)]
pub struct BloomFilters(Vec<Filter>);

impl BloomFilters {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        Filters::decode(bytes).map(|filters| Self(filters.filters)).map_err(|e| e.to_string())
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether row group `group` may hold the text; `true` if there is no way to tell.
    pub fn may_hold(&self, group: usize, text: &[u8]) -> bool {
        let Some(filter) = self.0.get(group) else { return true };
        let bytes = filter.utf8bitset.as_deref().unwrap_or_default();
        let bits = bytes.len() as u64 / 8 * 64;
        let functions = filter.hash_functions.unwrap_or(0);
        if bits == 0 || functions == 0 {
            return true;
        }
        let hash = hash64(text);
        let (low, high) = (hash as i32, (hash >> 32) as i32);
        (1..=functions as i32).all(|function| {
            let combined = low.wrapping_add(function.wrapping_mul(high));
            let combined = if combined < 0 { !combined } else { combined };
            let bit = combined as u64 % bits;
            bytes[(bit / 8) as usize] >> (bit % 8) & 1 == 1
        })
    }
}

/// The first half of Murmur3's 128 bits, as ORC's writers compute it.
fn hash64(bytes: &[u8]) -> u64 {
    const C1: u64 = 0x87c3_7b91_1142_53d5;
    const C2: u64 = 0x4cf5_ad43_2745_937f;
    let mix = |block: u64| block.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
    let mut hash = 104_729_u64;
    let (blocks, rest) = bytes.as_chunks::<8>();
    for block in blocks {
        hash ^= mix(u64::from_le_bytes(*block));
        hash = hash.rotate_left(27).wrapping_mul(5).wrapping_add(0x52dc_e729);
    }
    if !rest.is_empty() {
        let mut block = [0; 8];
        block[..rest.len()].copy_from_slice(rest);
        hash ^= mix(u64::from_le_bytes(block));
    }
    hash ^= bytes.len() as u64;
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}
