//! What Java's `hashCode` gives.

/// `Long.hashCode`.
pub(super) fn hash_long(value: i64) -> i32 {
    (value ^ (value.cast_unsigned() >> 32).cast_signed()) as i32
}

/// `String.hashCode`.
pub(super) fn hash_text(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// `BigDecimal.hashCode`.
pub(super) fn hash_decimal(unscaled: i128, scale: u8) -> i32 {
    let magnitude = unscaled.unsigned_abs();
    let words = [96, 64, 32, 0].map(|shift| (magnitude >> shift) as u32);
    let hash = words
        .into_iter()
        .fold(0, |hash: i32, word| hash.wrapping_mul(31).wrapping_add(word.cast_signed()));
    let hash = if unscaled < 0 { hash.wrapping_neg() } else { hash };
    hash.wrapping_mul(31).wrapping_add(i32::from(scale))
}
