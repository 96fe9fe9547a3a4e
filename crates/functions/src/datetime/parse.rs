//! Reads dates, times, timestamps and intervals as literals and casts have them.

use super::civil::{Civil, DAY_NANOS, SECOND_NANOS};
use super::clock::wrap_micros;
use super::zoned;
use traillake_sql_types::zone::Zone;

/// A reader of text made of numbers and separators.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'a> {
    text: &'a str,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// Returns what is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().first().copied()
    }

    /// Reads `token`, if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        match self.text.strip_prefix(token) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    /// Reads `token`, which must come next.
    pub(super) fn expect(&mut self, token: &str) -> Option<()> {
        self.take(token).then_some(())
    }

    /// Reads digits, at least one and at most `most`.
    pub(super) fn digits(&mut self, most: usize) -> Option<&'a str> {
        let count = self.text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.text.split_at_checked(count)?;
        self.text = rest;
        (count > 0).then_some(digits)
    }

    /// Reads a number of at most `most` digits.
    pub(super) fn number(&mut self, most: usize) -> Option<i64> {
        self.digits(most)?.parse().ok()
    }

    /// Reads `+`, `-` or nothing; returns whether it is negative.
    pub(super) fn sign(&mut self) -> bool {
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        negative
    }

    /// Reads white space.
    pub(super) fn space(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    }
}

/// Returns the days since 1970 of `2020-05-01`; years may have a sign and up to 9 digits.
pub(crate) fn date(text: &str) -> Option<i32> {
    let mut scan = Scan::new(text);
    let negative = scan.sign();
    let year = scan.number(9)?;
    scan.expect("-")?;
    let month = scan.number(2)?;
    scan.expect("-")?;
    let day = scan.number(2)?;
    let civil = Civil::checked(if negative { -year } else { year }, month, day)?;
    scan.is_empty().then(|| i32::try_from(civil.days()).ok()).flatten()
}

/// Returns the nanoseconds of the day of `10:11:12.123`, and how many digits the fraction has. One of
/// more than nine is rounded to `precision` of them: the result may be a whole day. More than 12 digits
/// are the caller's to refuse.
pub fn time(text: &str, precision: u8) -> Option<(i64, u8)> {
    let mut scan = Scan::new(text);
    let read = time_of_day(&mut scan, precision)?;
    scan.is_empty().then_some(read)
}

/// Reads a timestamp literal: nanoseconds since 1970 by its local clock, its zone, and its digits of a
/// second. A zone's clock must have shown the time, and a timestamp with time zone must be able to
/// hold it.
pub fn timestamp_literal(text: &str) -> Option<(i128, Option<Zone>, u8)> {
    let (local, zone, digits) = timestamp(text, 9)?;
    let Some(zone) = zone else { return Some((wrap_micros(local, digits).ok()?, None, digits)) };
    let utc = local_to_utc(local, zone)?;
    (zoned::to_local(utc, zone) == local).then_some((local, Some(zone), digits))
}

/// Returns the nanoseconds since 1970 by the local clock of `2020-05-01 10:11:12.123 Europe/Paris`,
/// the zone if there is one, and how many digits the fraction has. Rounds as [`time`] does.
pub(crate) fn timestamp(text: &str, precision: u8) -> Option<(i128, Option<Zone>, u8)> {
    let mut scan = Scan::new(text);
    let negative = scan.sign();
    let digits = scan.digits(10).filter(|digits| digits.len() >= 4)?;
    let year = digits.parse::<i64>().ok()?;
    scan.expect("-")?;
    let month = scan.number(2)?;
    scan.expect("-")?;
    let day = scan.number(2)?;
    let civil = Civil::checked(if negative { -year } else { year }, month, day)?;
    let midnight = i128::from(civil.days()) * i128::from(DAY_NANOS);
    // Trino counts microseconds of 64 bits.
    i64::try_from(midnight / 1_000).ok()?;
    if scan.is_empty() {
        return Some((midnight, None, 0));
    }
    scan.expect(" ")?;
    let (nanos, precision) = if scan.peek().is_some_and(|b| b.is_ascii_digit()) {
        time_of_day(&mut scan, precision)?
    } else {
        (0, 0)
    };
    let local = midnight + i128::from(nanos);
    scan.space();
    if scan.is_empty() {
        return Some((local, None, precision));
    }
    let zone = zone_of_text(scan.rest())?;
    Some((local, Some(zone), precision))
}

/// Returns the instant of a local time, in nanoseconds, unless a timestamp with time zone cannot
/// hold it. A time that the zone's clock skipped moves forward.
pub(crate) fn local_to_utc(local: i128, zone: Zone) -> Option<i128> {
    let utc = zoned::to_utc(local, zone);
    zoned::MILLIS.contains(&utc.div_euclid(1_000_000)).then_some(utc)
}

/// Returns a local time as the zone's clock shows it: one that it skipped moves forward.
pub(crate) fn shown(local: i128, zone: Zone) -> i128 {
    zoned::to_local(zoned::to_utc(local, zone), zone)
}

/// Reads `h:m[:s[.fraction]]`.
fn time_of_day(scan: &mut Scan<'_>, most: u8) -> Option<(i64, u8)> {
    let hour = scan.number(2)?;
    scan.expect(":")?;
    let minute = scan.number(2)?;
    let (mut second, mut nanos, mut precision) = (0, 0, 0);
    if scan.take(":") {
        second = scan.number(2)?;
        if scan.take(".") {
            let digits = scan.digits(usize::MAX)?;
            nanos = fraction(digits, if digits.len() > 9 { most.into() } else { 9 });
            precision = u8::try_from(digits.len()).unwrap_or(u8::MAX);
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((((hour * 60 + minute) * 60 + second) * SECOND_NANOS + nanos, precision))
}

/// Returns the nanoseconds of a fraction's digits, rounded half up to `most` of them, or to nine.
pub(super) fn fraction(digits: &str, most: usize) -> i64 {
    let (most, digits) = (most.min(9), digits.as_bytes());
    let digit = |at: usize| digits.get(at).map_or(0, |digit| i64::from(digit - b'0'));
    let kept = (0..most).fold(0, |kept, at| kept * 10 + digit(at));
    let rounded = kept + i64::from(digit(most) >= 5);
    (most..9).fold(rounded, |nanos, _| nanos * 10)
}

/// Returns the zone after a timestamp: offsets there have two digits of hours.
fn zone_of_text(text: &str) -> Option<Zone> {
    let bytes = text.as_bytes();
    if matches!(bytes.first(), Some(b'+' | b'-'))
        && bytes.get(2).is_some_and(|b| !b.is_ascii_digit())
    {
        return None;
    }
    Zone::parse(text)
}

/// Returns the milliseconds of an `INTERVAL ... DAY TO SECOND` literal, or one of fewer fields.
pub fn interval_day(text: &str, start: &str, end: Option<&str>) -> Option<i64> {
    const FIELDS: [(&str, &str, i64); 4] = [
        ("day", " ", 86_400_000),
        ("hour", ":", 3_600_000),
        ("minute", ":", 60_000),
        ("second", "", 1_000),
    ];
    let fields = between(&FIELDS, start, end)?;
    fields_of_interval(text, fields)
}

/// Returns the months of an `INTERVAL ... YEAR TO MONTH` literal, or one of one field.
pub fn interval_year(text: &str, start: &str, end: Option<&str>) -> Option<i32> {
    const FIELDS: [(&str, &str, i64); 2] = [("year", "-", 12), ("month", "", 1)];
    let fields = between(&FIELDS, start, end)?;
    i32::try_from(fields_of_interval(text, fields)?).ok()
}

/// A field of an interval: name, what separates it from the next, and what it counts for.
type Field = (&'static str, &'static str, i64);

fn between<'a>(fields: &'a [Field], start: &str, end: Option<&str>) -> Option<&'a [Field]> {
    let place = |name: &str| fields.iter().position(|field| field.0.eq_ignore_ascii_case(name));
    let first = place(start)?;
    let last = match end {
        None => first,
        Some(end) => place(end).filter(|last| *last > first)?,
    };
    fields.get(first..=last)
}

/// Reads the fields of an interval, of which the last ones may be missing.
fn fields_of_interval(text: &str, fields: &[Field]) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut scan = Scan::new(text);
    let mut total = 0_i64;
    let mut rest = fields.iter().peekable();
    while let Some((name, separator, factor)) = rest.next() {
        if scan.is_empty() {
            break;
        }
        let (whole, millis) = interval_field(&mut scan, *name == "second")?;
        total = whole.checked_mul(*factor)?.checked_add(millis)?.checked_add(total)?;
        if !scan.is_empty() {
            rest.peek()?;
            scan.expect(separator)?;
        }
    }
    scan.is_empty().then_some(if negative { -total } else { total })
}

/// Reads a number of up to 10 digits that fits 32 bits, not negative, and for seconds also the
/// milliseconds of a fraction; further digits count for the 10, but not for the value.
fn interval_field(scan: &mut Scan<'_>, seconds: bool) -> Option<(i64, i64)> {
    const MAX_DIGITS: usize = 10;
    let signed = matches!(scan.peek(), Some(b'+' | b'-'));
    let negative = scan.sign();
    let digits = scan.digits(MAX_DIGITS).unwrap_or("");
    if signed && digits.is_empty() {
        return None;
    }
    let whole = if digits.is_empty() { 0 } else { i64::from(digits.parse::<i32>().ok()?) };
    let mut decimals = "";
    if seconds && (scan.take(".") || scan.take(",")) {
        decimals = scan.digits(MAX_DIGITS - digits.len()).unwrap_or("");
    }
    let millis = fraction(decimals.get(..3).unwrap_or(decimals), 9) / 1_000_000;
    if (negative && (whole, millis) != (0, 0)) || (digits.is_empty() && decimals.is_empty()) {
        return None;
    }
    Some((whole, millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, want) in [
            ("2020-05-01", Some(18_383)),
            ("2020-5-1", Some(18_383)),
            ("+20-05-01", Some(-712_102)),
            ("-5877641-06-23", Some(i32::MIN)),
            ("5881580-07-12", None),
            ("2021-02-29", None),
            ("2020-05", None),
            ("2020-05-01 ", None),
            ("", None),
        ] {
            assert_eq!(date(text), want, "{text}");
        }
    }

    #[test]
    fn times() {
        for (text, want) in [
            ("1:2", Some((3_720_000_000_000, 0))),
            ("00:00:00.5", Some((500_000_000, 1))),
            ("00:00:00.0000000005", Some((1, 10))),
            ("23:59:59.9999999999", Some((DAY_NANOS, 10))),
            ("24:00", None),
            ("01:02:03.", None),
            (" 01:02", None),
        ] {
            assert_eq!(time(text, 9), want, "{text}");
        }
        // Rounded once: what rounds up to nine digits may round down to three.
        assert_eq!(time("0:0:0.000499999999", 3), Some((0, 12)));
        assert_eq!(time("0:0:0.000500000000", 3), Some((1_000_000, 12)));
    }

    #[test]
    fn timestamps() {
        let second = 1_000_000_000;
        let berlin = Zone::parse("Europe/Berlin");
        for (text, want) in [
            ("1970-01-01", Some((0, None, 0))),
            ("1970-1-1 0:1", Some((60 * second, None, 0))),
            ("1970-01-02 00:00:00.12 ", Some((86_400 * second + 120_000_000, None, 2))),
            ("1970-01-01 Europe/Berlin", Some((0, berlin, 0))),
            ("1970-01-01 00:00:01Europe/Berlin", Some((second, berlin, 0))),
            ("1970-01-01 00:00+01", Some((0, Zone::from_minutes(60), 0))),
            ("1970-01-01 00:00 +1:00", None),
            ("1970-01-01T00:00", None),
            ("70-01-01", None),
            ("1970-01-01 1", None),
            ("2018-03-25 03:17:17 Europe/Vilnius", None),
            ("73326-09-11 20:14:45.248 UTC", None),
        ] {
            assert_eq!(timestamp_literal(text), want, "{text}");
        }
    }

    #[test]
    fn intervals() {
        for (text, start, end, want) in [
            ("12", "DAY", None, Some(1_036_800_000)),
            ("12 10:45:32.1234", "day", Some("second"), Some(1_075_532_123)),
            ("12 10", "day", Some("second"), Some(1_072_800_000)),
            ("-1:0", "hour", Some("minute"), Some(-3_600_000)),
            ("1 -1", "day", Some("hour"), None),
            ("1:1", "day", Some("second"), None),
            (".5", "second", None, Some(500)),
            ("", "second", None, Some(0)),
            ("2147483648", "day", None, None),
            ("1 ", "day", None, None),
            ("1", "hour", Some("day"), None),
        ] {
            assert_eq!(interval_day(text, start, end), want, "{text}");
        }
        for (text, start, end, want) in [
            ("12-15", "YEAR", Some("MONTH"), Some(159)),
            ("-178956970-8", "YEAR", Some("MONTH"), Some(i32::MIN)),
            ("178956970-8", "YEAR", Some("MONTH"), None),
            ("x", "MONTH", None, None),
        ] {
            assert_eq!(interval_year(text, start, end), want, "{text}");
        }
    }
}
