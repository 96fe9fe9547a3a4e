//! MurmurHash3 (128 bits, x64) and SpookyHash V2, both with seed 0.

/// Reads up to 8 bytes from `at` as a little-endian number.
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.len().min(8);
    word[..length].copy_from_slice(&rest[..length]);
    u64::from_le_bytes(word)
}

const MURMUR_1: u64 = 0x87c3_7b91_1142_53d5;
const MURMUR_2: u64 = 0x4cf5_ad43_2745_937f;

/// Returns the MurmurHash3 of `bytes`: two little-endian numbers.
pub(super) fn murmur3(bytes: &[u8]) -> [u8; 16] {
    let first = |k: u64| k.wrapping_mul(MURMUR_1).rotate_left(31).wrapping_mul(MURMUR_2);
    let second = |k: u64| k.wrapping_mul(MURMUR_2).rotate_left(33).wrapping_mul(MURMUR_1);
    let (mut h1, mut h2) = (0_u64, 0_u64);
    let mut blocks = bytes.chunks_exact(16);
    for block in &mut blocks {
        h1 ^= first(word(block, 0));
        h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= second(word(block, 8));
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let tail = blocks.remainder();
    h2 ^= second(word(tail, 8));
    h1 ^= first(word(tail, 0));
    h1 ^= bytes.len() as u64;
    h2 ^= bytes.len() as u64;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = murmur_end(h1);
    h2 = murmur_end(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    let mut out = [0; 16];
    out[..8].copy_from_slice(&h1.to_le_bytes());
    out[8..].copy_from_slice(&h2.to_le_bytes());
    out
}

fn murmur_end(mut k: u64) -> u64 {
    k = (k ^ k >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    k = (k ^ k >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    k ^ k >> 33
}

const SPOOKY: u64 = 0xdead_beef_dead_beef;
/// Bytes of a block of long texts; texts shorter than two blocks are hashed otherwise.
const BLOCK: usize = 96;

/// Returns the first half of the SpookyHash V2 of `bytes`.
pub(super) fn spooky(bytes: &[u8]) -> u64 {
    if bytes.len() < 2 * BLOCK { spooky_short(bytes) } else { spooky_long(bytes) }
}

/// Turns of [`spooky_short`]'s mix, and of its end.
const SHORT_TURNS: [u32; 12] = [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36];
const SHORT_END_TURNS: [u32; 11] = [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63];

fn spooky_short(bytes: &[u8]) -> u64 {
    let mut h = [0, 0, SPOOKY, SPOOKY];
    let mut blocks = bytes.chunks_exact(32);
    for block in &mut blocks {
        h[2] = h[2].wrapping_add(word(block, 0));
        h[3] = h[3].wrapping_add(word(block, 8));
        short_mix(&mut h);
        h[0] = h[0].wrapping_add(word(block, 16));
        h[1] = h[1].wrapping_add(word(block, 24));
    }
    let mut tail = blocks.remainder();
    if tail.len() >= 16 {
        h[2] = h[2].wrapping_add(word(tail, 0));
        h[3] = h[3].wrapping_add(word(tail, 8));
        short_mix(&mut h);
        tail = &tail[16..];
    }
    h[3] = h[3].wrapping_add((bytes.len() as u64) << 56);
    if tail.is_empty() {
        h[2] = h[2].wrapping_add(SPOOKY);
        h[3] = h[3].wrapping_add(SPOOKY);
    } else {
        h[2] = h[2].wrapping_add(word(tail, 0));
        h[3] = h[3].wrapping_add(word(tail, 8));
    }
    for (at, turn) in SHORT_END_TURNS.into_iter().enumerate() {
        // In the order 3, 0, 1, 2, each with the one before it.
        let (to, from) = ((at + 3) % 4, (at + 2) % 4);
        h[to] ^= h[from];
        h[from] = h[from].rotate_left(turn);
        h[to] = h[to].wrapping_add(h[from]);
    }
    h[0]
}

fn short_mix(h: &mut [u64; 4]) {
    for (at, turn) in SHORT_TURNS.into_iter().enumerate() {
        let (this, next, over) = ((at + 2) % 4, (at + 3) % 4, at % 4);
        h[this] = h[this].rotate_left(turn).wrapping_add(h[next]);
        h[over] ^= h[this];
    }
}

const LONG_TURNS: [u32; 12] = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46];
const LONG_END_TURNS: [u32; 12] = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54];

fn spooky_long(bytes: &[u8]) -> u64 {
    let mut h = [0_u64; 12];
    for at in [2, 5, 8, 11] {
        h[at] = SPOOKY;
    }
    let mut blocks = bytes.chunks_exact(BLOCK);
    for block in &mut blocks {
        for (at, turn) in LONG_TURNS.into_iter().enumerate() {
            let around = |by: usize| (at + by) % 12;
            h[at] = h[at].wrapping_add(word(block, 8 * at));
            h[around(2)] ^= h[around(10)];
            h[around(11)] ^= h[at];
            h[at] = h[at].rotate_left(turn);
            h[around(11)] = h[around(11)].wrapping_add(h[around(1)]);
        }
    }
    let tail = blocks.remainder();
    let mut last = [0; BLOCK];
    last[..tail.len()].copy_from_slice(tail);
    last[BLOCK - 1] = tail.len() as u8;
    for (at, h) in h.iter_mut().enumerate() {
        *h = h.wrapping_add(word(&last, 8 * at));
    }
    for _ in 0..3 {
        for (at, turn) in LONG_END_TURNS.into_iter().enumerate() {
            let around = |by: usize| (at + by) % 12;
            h[around(11)] = h[around(11)].wrapping_add(h[around(1)]);
            h[around(2)] ^= h[around(11)];
            h[around(1)] = h[around(1)].rotate_left(turn);
        }
    }
    h[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes() {
        assert_eq!(spooky(b""), 0x2327_06fc_6bf5_0919);
        assert_eq!(spooky(b"hello"), 0x3768_826a_d382_e6ca);
        let bytes: Vec<u8> = (0..=32).collect();
        assert_eq!(spooky(&bytes), 0x3e95_8dcb_ef6d_d224);
        let mut want = [0; 16];
        want.copy_from_slice(&[
            0x12, 0x46, 0xba, 0xfa, 0x1b, 0x28, 0x41, 0x7d, 0x0b, 0xa3, 0xd6, 0xa7, 0x73, 0x80,
            0xac, 0x55,
        ]);
        assert_eq!(murmur3(&bytes), want);
        assert_eq!(murmur3(b""), [0; 16]);
    }
}
