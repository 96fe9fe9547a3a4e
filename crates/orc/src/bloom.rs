//! The hashes of bloom filters, those of ORC's Java library (ORC v1, "Bloom Filter Index").

/// The seed of the hash of strings.
const SEED: u64 = 104_729;

/// Returns the bits that a value with this hash sets in a filter of `bits` bits.
pub(crate) fn positions(hash: u64, functions: u32, bits: usize) -> impl Iterator<Item = usize> {
    let (low, high) = (hash as u32, (hash >> 32) as u32);
    (1..=functions).map(move |function| {
        let at = low.wrapping_add(high.wrapping_mul(function));
        (if at >> 31 == 1 { !at } else { at }) as usize % bits
    })
}

/// Murmur3 in the form that ORC has: 64 bits of a 128-bit hash, in steps of 8 bytes.
pub(crate) fn hash_bytes(value: &[u8]) -> u64 {
    let mix = |word: u64| {
        word.wrapping_mul(0x87c3_7b91_1142_53d5).rotate_left(31).wrapping_mul(0x4cf5_ad43_2745_937f)
    };
    let (words, rest) = value.as_chunks::<8>();
    let mut hash = SEED;
    for word in words {
        hash ^= mix(u64::from_le_bytes(*word));
        hash = hash.rotate_left(27).wrapping_mul(5).wrapping_add(0x52dc_e729);
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hash ^= mix(u64::from_le_bytes(word));
    }
    hash ^= value.len() as u64;
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

/// Thomas Wang's mix of 64 bits, with shifts that keep the sign as Java's do.
pub(crate) fn hash_integer(value: i64) -> u64 {
    let mut key = (!value).wrapping_add(value << 21);
    key ^= key >> 24;
    key = key.wrapping_add(key << 3).wrapping_add(key << 8);
    key ^= key >> 14;
    key = key.wrapping_add(key << 2).wrapping_add(key << 4);
    key ^= key >> 28;
    key.wrapping_add(key << 31) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_java() {
        for (text, hash) in [
            ("", 0x74a1_8dc8_f20a_db48),
            ("a", 0xddd9_b0af_19f6_1187),
            ("1234567", 0x4429_c3b8_ae0c_30e4),
            ("12345678", 0xec21_9df5_9f58_bc57),
            ("useridentity.accesskeyid", 0xd288_3b67_3573_9135),
            ("ä€𝄞", 0x7815_5ed1_2fb4_2ac3),
        ] {
            assert_eq!(hash_bytes(text.as_bytes()), hash, "{text}");
        }
        for (number, hash) in [
            (0, 0),
            (1, 0x5bca_7c69_b794_f8ce),
            (-1, 0x5bca_8684_3795_0d03),
            (1_234_567_890_123, 0x2331_ba7f_2269_f7c6),
            (i64::MIN, 0x3be7_d0f7_780d_e548),
        ] {
            assert_eq!(hash_integer(number), hash, "{number}");
        }
    }
}
