//! Times of requests: ISO 8601's basic format, and that of the header `Date`.

use chrono::{DateTime, NaiveDateTime, Utc};

/// Writes `20261128T170000Z`.
pub(super) fn basic(time: DateTime<Utc>) -> String {
    time.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Writes `20261128`.
pub(super) fn day(time: DateTime<Utc>) -> String {
    time.format("%Y%m%d").to_string()
}

/// Reads `20261128T170000Z`, in exactly that form.
pub(super) fn parse_basic(text: &str) -> Option<DateTime<Utc>> {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let [date @ .., b'T', _, _, _, _, _, _, b'Z'] = bytes else { return None };
    if date.len() != 8 || !digits(date) || !digits(&bytes[9..15]) {
        return None;
    }
    Some(NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?.and_utc())
}

/// Reads the basic format, or `Sat, 28 Nov 2026 17:00:00 GMT` (RFC 9110, section 5.6.7).
pub(super) fn parse_header(text: &str) -> Option<DateTime<Utc>> {
    parse_basic(text).or_else(|| Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let time = parse_basic("20261128T170000Z").unwrap();
        assert_eq!(parse_header("Sat, 28 Nov 2026 17:00:00 GMT"), Some(time));
        assert_eq!(parse_header("20261128T170000Z"), Some(time));
        assert_eq!((basic(time).as_str(), day(time).as_str()), ("20261128T170000Z", "20261128"));
    }

    #[test]
    fn other_forms_are_not() {
        for text in [
            "",
            "Z",
            "20261128",
            "20261128T170000",
            "2026-11-28T17:00:00Z",
            "20261328T170000Z",
            "20261128T250000Z",
            "+0261128T170000Z",
            "20261128T1700 0Z",
            "20261128t170000Z",
            "120261128T170000Z",
            "2026ä28T170000Z",
        ] {
            assert_eq!(parse_header(text), None, "{text}");
        }
    }
}
