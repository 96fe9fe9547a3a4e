//! Distances between texts, and check digits: `levenshtein_distance`, `hamming_distance`,
//! `luhn_check`.

use crate::registry::Registry;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("levenshtein_distance", "(varchar(x), varchar(y)) -> bigint", |call| {
        call.map2(levenshtein)
    });
    registry
        .add("hamming_distance", "(varchar(x), varchar(y)) -> bigint", |call| call.map2(hamming));
    registry.add("luhn_check", "(varchar) -> boolean", |call| call.map1(luhn));
}

/// The most cells of a table of distances.
const MAX_CELLS: usize = 1_000_000;

fn levenshtein(left: &str, right: &str) -> SqlResult<i64> {
    let (long, short) = (left.chars().count(), right.chars().count());
    if long != 0 && short != 0 && long.saturating_mul(short - 1) > MAX_CELLS {
        return Err(SqlError::argument(format!(
            "The combined inputs for Levenshtein distance are too large ({long}, {short})"
        )));
    }
    Ok(strsim::levenshtein(left, right) as i64)
}

fn hamming(left: &str, right: &str) -> SqlResult<i64> {
    strsim::hamming(left, right).map(|distance| distance as i64).map_err(|_| {
        SqlError::argument(
            "The input strings to hamming_distance function must have the same length",
        )
    })
}

/// Whether a number of digits ends in the right check digit.
fn luhn(text: &str) -> SqlResult<bool> {
    if text.is_empty() {
        return Ok(false);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SqlError::argument("Input contains non-digit character"));
    }
    let digits = text.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum = digits.enumerate().fold(0, |sum: u32, (at, digit)| {
        let value = if at % 2 == 1 { digit * 2 } else { digit };
        (sum + value / 10 + value % 10) % 10
    });
    Ok(sum == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        for (text, want) in [("4242424242424242", true), ("1234567891234567", false), ("", false)] {
            assert_eq!(luhn(text).unwrap(), want, "{text}");
        }
        assert!(luhn("12a").is_err());
    }

    #[test]
    fn distances_count_code_points() {
        assert_eq!(levenshtein("naïve", "naive").unwrap(), 1);
        assert_eq!(hamming("信念", "信仰").unwrap(), 1);
        assert!(hamming("a", "").is_err());
        let long = "x".repeat(2000);
        assert!(levenshtein(&long, &long).is_err());
    }
}
