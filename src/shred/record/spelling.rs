//! How values that are no text are spelled in records.

use super::shape::Spelling;
use crate::event::time;
use chrono::Datelike;
use std::io::Write;

/// Appends a boolean.
pub(super) fn boolean(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Appends a whole number.
pub(in crate::shred) fn integer(value: i32, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = write!(out, "{value}");
}

/// Appends a number in the shortest form that reads back as it, with a fraction or an exponent.
pub(in crate::shred) fn double(value: f64, out: &mut Vec<u8>) {
    let _ = write!(out, "{value:?}");
}

/// Appends a time as CloudTrail writes it: in seconds as [`Spelling::Value`], else in milliseconds.
pub(in crate::shred) fn timestamp(millis: i64, spelling: Spelling, out: &mut Vec<u8>) {
    let Some(day) = time::day(millis) else { return };
    let of_day = millis.rem_euclid(time::DAY_MILLIS);
    let (seconds, fraction) = ((of_day / 1000) as u32, (of_day % 1000) as u32);
    digits(day.year().unsigned_abs(), 4, out);
    for (before, number) in [
        (b'-', day.month()),
        (b'-', day.day()),
        (b'T', seconds / 3600),
        (b':', seconds / 60 % 60),
        (b':', seconds % 60),
    ] {
        out.push(before);
        digits(number, 2, out);
    }
    if spelling != Spelling::Value {
        out.push(b'.');
        digits(fraction, 3, out);
    }
    out.push(b'Z');
}

/// Appends so many digits of a number.
fn digits(mut number: u32, count: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + count, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Whether `raw`, perhaps between quotes, is what `write` appends.
pub(in crate::shred) fn is_written_as(
    raw: &[u8],
    scratch: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>),
) -> bool {
    scratch.clear();
    write(scratch);
    unquoted(raw) == &scratch[..]
}

/// Returns how a time is spelled, if a shape can say so.
pub(in crate::shred) fn of_timestamp(
    raw: &[u8],
    millis: i64,
    scratch: &mut Vec<u8>,
) -> Option<Spelling> {
    let mut spellings = [Spelling::Value, Spelling::Millis].into_iter();
    spellings.find(|spelling| is_written_as(raw, scratch, |out| timestamp(millis, *spelling, out)))
}

/// Whether `raw`, perhaps between quotes, is a boolean as JSON has it.
pub(in crate::shred) fn is_boolean(raw: &[u8]) -> bool {
    matches!(unquoted(raw), b"true" | b"false")
}

/// Returns what stands between the quotes of a string, and another value as it is.
fn unquoted(raw: &[u8]) -> &[u8] {
    let inside = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\""));
    inside.unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_in_trails() {
        let mut scratch = Vec::new();
        for (raw, spelling) in [
            (r#""2023-07-10T11:42:18Z""#, Some(Spelling::Value)),
            (r#""0000-01-01T00:00:00Z""#, Some(Spelling::Value)),
            (r#""1969-12-31T23:59:58Z""#, Some(Spelling::Value)),
            (r#""2023-07-10T11:42:18.000Z""#, Some(Spelling::Millis)),
            (r#""2023-07-10T11:42:18.123Z""#, Some(Spelling::Millis)),
            (r#""2023-07-10T11:42:18.1234Z""#, None),
            (r#""2023-07-10T11:42:18+00:00""#, None),
            (r#""2023-7-10T11:42:18Z""#, None),
            ("1688989338", None),
        ] {
            let millis = time::parse(raw.trim_matches('"').as_bytes()).unwrap();
            assert_eq!(of_timestamp(raw.as_bytes(), millis, &mut scratch), spelling, "{raw}");
        }
    }

    #[test]
    fn numbers_are_spelled_in_one_way() {
        let mut scratch = Vec::new();
        for (raw, value, as_ours) in [
            ("1.0", 1.0, true),
            ("\"0.5\"", 0.5, true),
            ("1", 1.0, false),
            ("-0", -0.0, false),
            ("-0.0", -0.0, true),
            ("1e3", 1000.0, false),
            ("1e-7", 1e-7, true),
        ] {
            let found = is_written_as(raw.as_bytes(), &mut scratch, |out| double(value, out));
            assert_eq!(found, as_ours, "{raw}");
        }
    }
}
