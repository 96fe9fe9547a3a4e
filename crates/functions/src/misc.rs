//! Functions that fit no other module: data sizes, and the version.

use crate::registry::Registry;
use traillake_sql_types::error::{SqlError, SqlResult};

/// The version of Trino whose SQL this is.
const VERSION: &str = "476";

pub(crate) fn register(registry: &mut Registry) {
    for name in ["parse_data_size", "parse_presto_data_size"] {
        registry.add(name, "(varchar(x)) -> decimal(38,0)", |call| call.map1(data_size));
    }
    registry.add("version", "() -> varchar", |call| {
        call.each_text(|_, out| {
            out.push_str(VERSION);
            Ok(true)
        })
    });
}

/// The units of data sizes: each is 1024 of the one before.
const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
/// The most digits that a size may have; beyond, it could only be out of range.
const MAX_DIGITS: usize = 1_000;

/// Reads a number and a unit: `2.5kB` is 2560 bytes.
fn data_size(text: &str) -> SqlResult<i128> {
    let invalid = || SqlError::argument(format!("Invalid data size: '{text}'"));
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(invalid)?;
    let (number, unit) = text.split_at(end);
    let power = UNITS.iter().position(|known| *known == unit).ok_or_else(invalid)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.len() + fraction.len();
    if digits == 0 || digits > MAX_DIGITS || fraction.contains('.') {
        return Err(invalid());
    }
    let digits = whole.bytes().chain(fraction.bytes()).map(|digit| u32::from(digit - b'0'));
    let mut digits: Vec<u32> = digits.collect();
    for _ in 0..power {
        multiply(&mut digits, 1024);
    }
    digits.truncate(digits.len() - fraction.len());
    let bytes: String = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
    let bytes = bytes.trim_start_matches('0');
    if bytes.len() > 38 {
        return Err(SqlError::range(format!("Value out of range: '{text}' ('{bytes}B')")));
    }
    if bytes.is_empty() { Ok(0) } else { bytes.parse().map_err(|_| invalid()) }
}

/// Multiplies a number in decimal digits, the most significant first.
fn multiply(digits: &mut Vec<u32>, by: u32) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        let product = *digit * by + carry;
        *digit = product % 10;
        carry = product / 10;
    }
    while carry > 0 {
        digits.insert(0, carry % 10);
        carry /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, want) in [
            ("0B", 0),
            ("2.234kB", 2287),
            ("1.5B", 1),
            (".5kB", 512),
            ("5.kB", 5120),
            ("8YB", 9_671_406_556_917_033_397_649_408),
            ("99999999999999999999999999999999999999B", 10_i128.pow(38) - 1),
        ] {
            assert_eq!(data_size(text).unwrap(), want, "{text}");
        }
        for text in ["", "B", ".B", "1KB", "1 B", "-1B", "1.2.3B", "1"] {
            assert_eq!(
                data_size(text).unwrap_err().message,
                format!("Invalid data size: '{text}'")
            );
        }
        assert_eq!(
            data_size("99999999999999YB").unwrap_err().message,
            "Value out of range: '99999999999999YB' ('120892581961461708544797985370825293824B')"
        );
    }
}
