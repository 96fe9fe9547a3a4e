//! Seeded random numbers of the generator.
//!
//! Owns: the one random stream type and the mixing of sub-seeds. Every unit of work derives its own
//! stream from `(seed, purpose, number)`, so no result depends on which thread ran first.
//!
//! The generator is written out here (xoshiro256++ seeded by SplitMix64, both public domain
//! algorithms) instead of taken from a crate, because the *bytes* of a generated trail are part of
//! the contract: the same seed must give the same files after any dependency update. For the same
//! reason there is no floating point: probabilities are integers per million.

/// Mixes two words into one well-spread word (the SplitMix64 finalizer).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z =
        a.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_add(b.wrapping_mul(0xd134_2543_de82_ef95));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Mixes three words into one.
pub(crate) fn mix3(a: u64, b: u64, c: u64) -> u64 {
    mix(mix(a, b), c)
}

/// A xoshiro256++ stream.
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// Returns the stream of one sub-seed.
    pub(crate) fn new(seed: u64) -> Self {
        let state = [mix(seed, 1), mix(seed, 2), mix(seed, 3), mix(seed, 4)];
        Self { state }
    }

    /// Returns the next 64 random bits.
    #[inline]
    pub(crate) fn word(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Returns a number in `0..bound` (0 when `bound` is 0).
    #[inline]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // Multiply-shift: the bias is under one in four billion, invisible at these ranges.
        (((self.word() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// Returns a number in `low..=high`.
    #[inline]
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// Returns true with a probability of `per_million` in a million.
    #[inline]
    pub(crate) fn chance(&mut self, per_million: u32) -> bool {
        self.below(1_000_000) < per_million
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_seed_never_changes() {
        // Pinned, and computed by an independent implementation: a change here changes every file
        // of every seed.
        let mut rng = Rng::new(7);
        let first = [rng.word(), rng.word(), rng.word()];
        assert_eq!(first, [0x3462_52d8_180d_d2f5, 0x5117_6220_8f63_7553, 0x303a_951e_7c06_5b93]);
        assert_ne!(first[0], Rng::new(8).word());
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut rng = Rng::new(1);
        assert!((0..10_000).all(|_| (3..=9).contains(&rng.between(3, 9))));
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }
}
