//! Byte writers for the pieces JSON records are made of.
//!
//! Owns: hex, UUIDs, decimals and base64 look-alikes, all appended to a caller's buffer. Knows nothing
//! of events. Nothing is escaped here: the texts of the catalogue and of `words.rs` are written the
//! way they stand in JSON.

use crate::rng::Rng;

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Letters and digits of AWS identifiers such as access keys (base 32).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The two hex digits of every byte.
static HEX: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = [HEX_DIGITS[i >> 4], HEX_DIGITS[i & 15]];
        i += 1;
    }
    table
};

/// Returns the 16 lower-case hex digits of a word.
#[inline]
pub(crate) fn hex16(word: u64) -> [u8; 16] {
    let mut out = [0; 16];
    for (pair, byte) in out.chunks_exact_mut(2).zip(word.to_be_bytes()) {
        pair.copy_from_slice(&HEX[usize::from(byte)]);
    }
    out
}

/// Returns the 8 lower-case hex digits of a half word.
#[inline]
pub(crate) fn hex8(word: u32) -> [u8; 8] {
    let mut out = [0; 8];
    for (pair, byte) in out.chunks_exact_mut(2).zip(word.to_be_bytes()) {
        pair.copy_from_slice(&HEX[usize::from(byte)]);
    }
    out
}

/// Appends `digits` (at most 32) hex digits drawn from two words.
#[inline]
pub(crate) fn push_hex(out: &mut Vec<u8>, words: [u64; 2], digits: usize) {
    let first = hex16(words[0]);
    out.extend_from_slice(&first[..digits.min(16)]);
    if digits > 16 {
        out.extend_from_slice(&hex16(words[1])[..(digits - 16).min(16)]);
    }
}

/// Appends a version 4 UUID made of two words.
#[inline]
pub(crate) fn push_uuid(out: &mut Vec<u8>, words: [u64; 2]) {
    let high = hex16((words[0] & 0xffff_ffff_ffff_0fff) | 0x4000);
    let low = hex16((words[1] & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000);
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&high[..8]);
    text[9..13].copy_from_slice(&high[8..12]);
    text[14..18].copy_from_slice(&high[12..]);
    text[19..23].copy_from_slice(&low[..4]);
    text[24..].copy_from_slice(&low[4..]);
    out.extend_from_slice(&text);
}

/// Returns the UUID of two words as text.
pub(crate) fn uuid_text(words: [u64; 2]) -> String {
    let mut out = Vec::with_capacity(36);
    push_uuid(&mut out, words);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends a decimal number.
#[inline]
pub(crate) fn push_number(out: &mut Vec<u8>, mut value: u64) {
    let mut text = [0; 20];
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[at..]);
}

/// Appends a number of two digits (`value` below 100).
#[inline]
pub(crate) fn push_two(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

/// Appends `length` base64 characters of random bits (ten characters per draw).
#[inline]
pub(crate) fn push_base64(out: &mut Vec<u8>, rng: &mut Rng, length: usize) {
    let mut left = length;
    while left > 0 {
        let mut word = rng.word();
        let mut text = [0; 10];
        for slot in &mut text {
            *slot = BASE64[(word & 63) as usize];
            word >>= 6;
        }
        let take = left.min(text.len());
        out.extend_from_slice(&text[..take]);
        left -= take;
    }
}

/// Appends `length` (at most 24) characters of `A-Z2-7` taken from two words.
#[inline]
pub(crate) fn push_base32(out: &mut Vec<u8>, words: [u64; 2], length: usize) {
    let mut text = [0; 24];
    let mut word = words[0];
    for (at, slot) in text.iter_mut().enumerate().take(length) {
        if at == 12 {
            word = words[1];
        }
        *slot = BASE32[(word & 31) as usize];
        word >>= 5;
    }
    out.extend_from_slice(&text[..length.min(24)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_carry_version_and_variant() {
        for n in 0..64 {
            let text = uuid_text([n << 58 | n, !n]);
            assert_eq!(text.len(), 36);
            assert_eq!(&text[14..15], "4");
            assert!("89ab".contains(&text[19..20]));
        }
    }

    #[test]
    fn numbers_and_hex_are_exact() {
        let mut out = Vec::new();
        push_number(&mut out, 0);
        push_number(&mut out, 1_234_567_890);
        push_two(&mut out, 7);
        push_hex(&mut out, [0x00ff_0000_0000_0001, 0xabcd_0000_0000_0000], 20);
        assert_eq!(out, b"012345678900700ff000000000001abcd");
    }
}
