//! Reads moments as people and records write them: more forms than Trino's casts take.
//!
//! A day, `2026-03-01` or `20260301`; after it, after blanks or `T`, a time of day, `14`, `14:30`,
//! `14:30:00.123` or, after a day without dashes, `1430` and `143000.123`; after that a zone: `Z`,
//! `+02`, `+02:00`, `+0200`, or a name such as `Europe/Berlin`. Without a zone it is UTC, and a day
//! alone is its midnight. `T`, `Z` and `UTC` may be in small letters, and
//! blanks around it all are ignored.

use super::civil::{Civil, DAY_NANOS, SECOND_NANOS};
use super::parse::{Scan, fraction, local_to_utc};
use crate::registry::Function;
use traillake_sql_types::error::SqlError;
use traillake_sql_types::zone::Zone;

/// The most digits of a second that a moment may have.
const MAX_DIGITS: usize = 9;

/// A moment that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsedMoment {
    /// Nanoseconds since 1970, in UTC.
    pub nanos: i128,
    /// How many digits of a second it has.
    pub digits: u8,
}

/// Why a text is not a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MomentError {
    /// It is not of these forms.
    Other,
    /// It has more than nine digits of a second.
    TooFine,
}

impl MomentError {
    /// Returns the error that says so of `text`.
    pub fn error(self, text: &str) -> SqlError {
        match self {
            Self::TooFine => SqlError::unsupported(format!(
                "'{text}': times with more than 9 digits of a second are not supported yet"
            )),
            Self::Other => SqlError::cast(format!(
                "Value cannot be cast to timestamp: '{text}'; a time is written as 2026-03-01, \
                 2026-03-01 14:30:00 or 2026-03-01T14:30:00+02:00"
            )),
        }
    }
}

/// Reads the moments of texts, in nanoseconds since 1970; other text is an error.
pub static MOMENT: Function = Function::internal("$moment", |call| {
    call.map1(|text: &str| moment(text).map(|moment| moment.nanos).map_err(|why| why.error(text)))
});

/// Reads a moment.
///
/// # Errors
/// When the text is not a moment, or has more digits of a second than a time has here.
pub fn moment(text: &str) -> Result<ParsedMoment, MomentError> {
    let mut scan = Scan::new(text.trim());
    let (day, digits) = local(&mut scan).ok_or(MomentError::Other)?;
    scan.space();
    let zone =
        if scan.is_empty() { Zone::UTC } else { zone(scan.rest()).ok_or(MomentError::Other)? };
    let nanos = local_to_utc(day, zone).ok_or(MomentError::Other)?;
    match u8::try_from(digits) {
        Ok(digits) if usize::from(digits) <= MAX_DIGITS => Ok(ParsedMoment { nanos, digits }),
        _ => Err(MomentError::TooFine),
    }
}

/// Reads a day and a time of day: nanoseconds since 1970 by the local clock, and how many digits of a
/// second there are.
fn local(scan: &mut Scan<'_>) -> Option<(i128, usize)> {
    let (civil, basic) = day(scan)?;
    let midnight = i128::from(civil.days()) * i128::from(DAY_NANOS);
    let mut ahead = *scan;
    ahead.space();
    let blank = ahead.rest().len() < scan.rest().len();
    let parted = if blank { true } else { ahead.take("T") || ahead.take("t") };
    let timely = ahead.peek().is_some_and(|byte| byte.is_ascii_digit());
    if !(parted && timely) {
        // A zone may follow the day.
        return Some((midnight, 0));
    }
    *scan = ahead;
    let (nanos, digits) = time_of_day(scan, basic)?;
    Some((midnight + i128::from(nanos), digits))
}

/// Reads a day, and returns whether it has no dashes.
fn day(scan: &mut Scan<'_>) -> Option<(Civil, bool)> {
    let mut ahead = *scan;
    let digits = ahead.digits(8)?;
    if let (Some(year), Some(month), Some(day)) =
        (digits.get(..4), digits.get(4..6), digits.get(6..8))
        && ahead.peek() != Some(b'-')
    {
        *scan = ahead;
        let number = |text: &str| text.parse().ok();
        return Some((Civil::checked(number(year)?, number(month)?, number(day)?)?, true));
    }
    let year = scan.digits(8).filter(|digits| digits.len() >= 4)?.parse().ok()?;
    scan.expect("-")?;
    let month = scan.number(2)?;
    scan.expect("-")?;
    Some((Civil::checked(year, month, scan.number(2)?)?, false))
}

/// Reads a time of day: `h[:mm[:ss[.fraction]]]`, or, `basic`, `hh[mm[ss[.fraction]]]`.
fn time_of_day(scan: &mut Scan<'_>, basic: bool) -> Option<(i64, usize)> {
    let two = |scan: &mut Scan<'_>| scan.digits(2).filter(|digits| digits.len() == 2)?.parse().ok();
    let hour = scan.number(2)?;
    let next = |scan: &mut Scan<'_>| {
        scan.take(":") || (basic && scan.peek().is_some_and(|byte| byte.is_ascii_digit()))
    };
    let (mut minute, mut second, mut nanos, mut digits): (i64, i64, i64, usize) = (0, 0, 0, 0);
    if next(scan) {
        minute = two(scan)?;
        if next(scan) {
            second = two(scan)?;
            if scan.take(".") || scan.take(",") {
                let decimals = scan.digits(usize::MAX)?;
                (nanos, digits) = (fraction(decimals, MAX_DIGITS), decimals.len());
            }
        }
    }
    let known = hour <= 23 && minute <= 59 && second <= 59;
    known.then_some((((hour * 60 + minute) * 60 + second) * SECOND_NANOS + nanos, digits))
}

/// Reads a zone, which is all that is left.
fn zone(text: &str) -> Option<Zone> {
    if text.starts_with(['+', '-']) {
        return Zone::from_minutes(offset(text)?);
    }
    Zone::parse(text).or_else(|| Zone::parse(&text.to_ascii_uppercase()))
}

/// Reads `+hh`, `+hhmm` or `+hh:mm` as minutes.
fn offset(text: &str) -> Option<i32> {
    let mut scan = Scan::new(text);
    let negative = scan.sign();
    let two = |scan: &mut Scan<'_>| -> Option<i32> {
        scan.digits(2).filter(|digits| digits.len() == 2)?.parse().ok()
    };
    let hours = two(&mut scan)?;
    let colon = scan.take(":");
    let minutes = if scan.is_empty() && !colon { 0 } else { two(&mut scan)? };
    let minutes = (scan.is_empty() && minutes < 60).then_some(hours * 60 + minutes)?;
    Some(if negative { -minutes } else { minutes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datetime::parse;

    #[test]
    fn the_forms_that_people_write() {
        for (text, want, digits) in [
            ("2023-07-10", "2023-07-10", 0),
            ("2023-7-9", "2023-07-09", 0),
            ("20230710", "2023-07-10", 0),
            ("2023-07-10 14", "2023-07-10 14:00", 0),
            ("2023-07-10T14", "2023-07-10 14:00", 0),
            ("2023-07-10 14:00", "2023-07-10 14:00", 0),
            ("2023-07-10   14:00", "2023-07-10 14:00", 0),
            ("2023-07-10T14:00:00Z", "2023-07-10 14:00", 0),
            ("2023-07-10T14:00Z", "2023-07-10 14:00", 0),
            ("2023-07-10t14:00:00z", "2023-07-10 14:00", 0),
            ("2023-07-10 14:00:00 Z", "2023-07-10 14:00", 0),
            ("2023-07-10Z", "2023-07-10", 0),
            ("2023-07-10T14:00:00.5Z", "2023-07-10 14:00:00.5", 1),
            ("2023-07-10T14:00:00,123Z", "2023-07-10 14:00:00.123", 3),
            ("2023-07-10 14:00:00.123456789", "2023-07-10 14:00:00.123456789", 9),
            ("2023-07-10T14:00:00+02:00", "2023-07-10 12:00", 0),
            ("2023-07-10T14:00:00+0200", "2023-07-10 12:00", 0),
            ("2023-07-10 14:00:00 +02", "2023-07-10 12:00", 0),
            ("2023-07-10 14-05:30", "2023-07-10 19:30", 0),
            ("2023-07-10 14:00:00 Europe/Berlin", "2023-07-10 12:00", 0),
            ("2023-12-10 14:00 Europe/Berlin", "2023-12-10 13:00", 0),
            ("2023-07-10 Europe/Berlin", "2023-07-09 22:00", 0),
            ("2023-07-10 14:00:00 UTC", "2023-07-10 14:00", 0),
            ("2023-07-10 14:00:00 utc", "2023-07-10 14:00", 0),
            ("20230710T140000Z", "2023-07-10 14:00", 0),
            ("20230710T140000.25+0200", "2023-07-10 12:00:00.25", 2),
            ("20230710T1400Z", "2023-07-10 14:00", 0),
            ("20230710 14:00", "2023-07-10 14:00", 0),
            (" \t2023-07-10T14:00:00Z\n", "2023-07-10 14:00", 0),
        ] {
            let nanos = parse::timestamp(want, 9).unwrap().0;
            assert_eq!(moment(text), Ok(ParsedMoment { nanos, digits }), "{text:?}");
        }
    }

    #[test]
    fn malformed_moments_are_errors() {
        for text in [
            "",
            "yesterday",
            "now",
            "${StartTime}",
            "2023",
            "2023-07",
            "2023-02-29",
            "2023-13-01",
            "2023-07-10T",
            "2023-07-10 24:00",
            "2023-07-10 14:60",
            "2023-07-10 14:0",
            "2023-07-10 14:00:",
            "2023-07-10 14:00:00.",
            "2023-07-10 1400",
            "2023-07-1014:00",
            "2023-07-10 14:00:00 +2",
            "2023-07-10 14:00:00 +02:",
            "2023-07-10 14:00:00 +02:0",
            "2023-07-10 14:00:00 +15:00",
            "2023-07-10 14:00:00 Mars/Base",
            "2023-07-10 14:00:00 PM",
            "10/07/2023",
            "1688997600",
        ] {
            assert_eq!(moment(text), Err(MomentError::Other), "{text:?}");
        }
        let fine = "2023-07-10 14:00:00.1234567890";
        assert_eq!(moment(fine), Err(MomentError::TooFine));
    }
}
