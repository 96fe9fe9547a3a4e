//! ISO 8601: `to_iso8601`, `from_iso8601_date`, `from_iso8601_timestamp` and its like for
//! nanoseconds.

use super::civil::{Civil, DAY_MILLIS};
use super::clock::{Clock, Clocks, ZonedTime, pack, to_date};
use super::format::{Parsed, Place, iso};
use super::parse::Scan;
use super::print::{self, put};
use super::zoned;
use super::zones::not_supported;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};
use traillake_sql_types::zone::Zone;

pub(super) fn register(registry: &mut Registry) {
    registry.add("to_iso8601", "(date) -> varchar(16)", |call| {
        call.text1(|days: i32, out| {
            print::date(days, out);
            Ok(())
        })
    });
    registry.add("to_iso8601", "(timestamp(p)) -> varchar", timestamp_text).returns(text_length);
    registry
        .add("to_iso8601", "(timestamp(p) with time zone) -> varchar", zoned_text)
        .returns(text_length);
    registry.add("from_iso8601_date", "(varchar) -> date", |call| {
        call.map1(|text: &str| to_date(iso::DATE.read(text)?.local.div_euclid(DAY_MILLIS)))
    });
    registry.add("from_iso8601_timestamp", "(varchar) -> timestamp(3) with time zone", |call| {
        call.map1(|text: &str| packed(iso::DATE_TIME.read(text)?))
    });
    registry.add(
        "from_iso8601_timestamp_nanos",
        "(varchar) -> timestamp(9) with time zone",
        |call| call.map1(nanos),
    );
}

/// Returns varchar of the length that the longest timestamp of a type has.
fn text_length(types: &[Type]) -> SqlResult<Type> {
    let (precision, fixed) = match types.first() {
        Some(Type::Timestamp(precision)) => (*precision, 22),
        Some(Type::TimestampTz(precision)) => (*precision, 28),
        _ => return Ok(Type::VARCHAR),
    };
    let fraction = if precision > 0 { u32::from(precision) + 1 } else { 0 };
    Ok(Type::Varchar(Some(fixed + fraction)))
}

fn precision(call: &Call<'_>) -> u8 {
    match call.argument_type(0) {
        Type::Timestamp(precision) | Type::TimestampTz(precision) => *precision,
        _ => 0,
    }
}

fn timestamp_text(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (clocks, precision) = (Clocks::open(call, 0)?, precision(call));
    call.each_text(|row, out| {
        let Some(clock) = clocks.get(row) else { return Ok(false) };
        print::separated(clock.since_1970(), precision, 'T', out);
        Ok(true)
    })
}

fn zoned_text(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let precision = precision(call);
    call.text1(|packed: i128, out| {
        let ZonedTime { utc, zone, local } = ZonedTime::of_packed(packed);
        print::separated(local.since_1970(), precision, 'T', out);
        if zone == Zone::UTC {
            out.push('Z');
            return Ok(());
        }
        let seconds = (zoned::offset(utc, zone) / 1_000_000_000) as i64;
        let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
        let (hour, minute, second) = (all / 3_600, all / 60 % 60, all % 60);
        if second != 0 {
            return Err(SqlError::new(
                Code::InvalidArguments,
                format!(
                    "Timezone with non-zero seconds offset cannot be rendered as ISO8601: \
                     {sign}{hour:02}:{minute:02}:{second:02}"
                ),
            ));
        }
        put!(out, "{sign}{hour:02}:{minute:02}");
        Ok(())
    })
}

/// Packs a time that was read; without a zone it is in UTC.
pub(super) fn packed(parsed: Parsed) -> SqlResult<i128> {
    let local = i128::from(parsed.local) * 1_000_000;
    let (utc, zone) = match parsed.zone {
        Place::Unknown => (local, Zone::UTC),
        Place::Zone(zone) => (zoned::to_utc(local, zone), zone),
        Place::Offset(millis) => {
            (local - i128::from(millis) * 1_000_000, zone_of_offset(millis / 1_000)?)
        }
    };
    pack(utc, zone, Code::InvalidFunctionArgument)
}

/// Returns the zone with an offset in seconds.
fn zone_of_offset(seconds: i64) -> SqlResult<Zone> {
    let whole = (seconds % 60 == 0).then_some(seconds / 60);
    let known = whole.and_then(|minutes| i32::try_from(minutes).ok()).and_then(Zone::from_minutes);
    known.ok_or_else(|| {
        let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
        let mut name = format!("{sign}{:02}:{:02}", all / 3_600, all / 60 % 60);
        if all % 60 != 0 {
            put!(&mut name, ":{:02}", all % 60);
        }
        not_supported(&name)
    })
}

/// Returns what is wrong with a date, in Java's words.
pub(super) fn invalid_date(year: i64, month: i64, day: i64) -> String {
    const MONTHS: [&str; 12] = [
        "JANUARY",
        "FEBRUARY",
        "MARCH",
        "APRIL",
        "MAY",
        "JUNE",
        "JULY",
        "AUGUST",
        "SEPTEMBER",
        "OCTOBER",
        "NOVEMBER",
        "DECEMBER",
    ];
    let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at));
    match name {
        None => format!("Invalid value for MonthOfYear (valid values 1 - 12): {month}"),
        Some(_) if !(1..=31).contains(&day) => {
            format!("Invalid value for DayOfMonth (valid values 1 - 28/31): {day}")
        }
        Some(_) if month == 2 && day == 29 => {
            format!("Invalid date 'February 29' as '{year}' is not a leap year")
        }
        Some(name) => format!("Invalid date '{name} {day}'"),
    }
}

/// What could not be read, in Java's words.
enum Problem {
    /// Malformed from this place on.
    At(usize),
    /// Text after the end.
    Rest(usize),
    /// A value out of range.
    Value(String),
}

/// Returns the packed time of `2001-08-22T12:34:56.123456789+01:00[Europe/Paris]`.
fn nanos(text: &str) -> SqlResult<i128> {
    let (local, offset, zone) = date_time(text).map_err(|problem| {
        SqlError::argument(match problem {
            Problem::At(at) => format!("Text '{text}' could not be parsed at index {at}"),
            Problem::Rest(at) => {
                format!("Text '{text}' could not be parsed, unparsed text found at index {at}")
            }
            Problem::Value(what) => format!("Text '{text}' could not be parsed: {what}"),
        })
    })?;
    let utc = local - i128::from(offset) * 1_000_000_000;
    let zone = match zone {
        Some(zone) => zone,
        None => zone_of_offset(offset)?,
    };
    pack(utc, zone, Code::NumericValueOutOfRange)
}

/// Returns local nanoseconds, the offset in seconds, and the zone in brackets.
fn date_time(text: &str) -> Result<(i128, i64, Option<Zone>), Problem> {
    let mut scan = Scan::new(text);
    let here = |scan: &Scan<'_>| text.len() - scan.rest().len();
    let two = |scan: &mut Scan<'_>| {
        let at = here(scan);
        let known = scan.digits(2).filter(|digits| digits.len() == 2);
        known.and_then(|digits| digits.parse::<i64>().ok()).ok_or(Problem::At(at))
    };
    let expect = |scan: &mut Scan<'_>, token: &str| {
        let at = here(scan);
        scan.expect(token).ok_or(Problem::At(at))
    };
    let year = year(&mut scan).ok_or(Problem::At(0))?;
    expect(&mut scan, "-")?;
    let month = two(&mut scan)?;
    expect(&mut scan, "-")?;
    let day = two(&mut scan)?;
    if !scan.take("T") {
        expect(&mut scan, "t")?;
    }
    let hour = two(&mut scan)?;
    expect(&mut scan, ":")?;
    let minute = two(&mut scan)?;
    let (second, nanos) = seconds(&mut scan).unwrap_or_default();
    let offset = offset(&mut scan);
    let zone = offset.and_then(|_| bracketed(&mut scan));
    if !scan.is_empty() {
        return Err(Problem::Rest(here(&scan)));
    }
    let civil = Civil::checked(year, month, day)
        .ok_or_else(|| Problem::Value(invalid_date(year, month, day)))?;
    for (value, most, name) in
        [(hour, 23, "HourOfDay"), (minute, 59, "MinuteOfHour"), (second, 59, "SecondOfMinute")]
    {
        if value > most {
            let text = format!("Invalid value for {name} (valid values 0 - {most}): {value}");
            return Err(Problem::Value(text));
        }
    }
    let offset = offset.unwrap_or(0);
    if offset.abs() > 18 * 3_600 {
        let text = "Zone offset not in valid range: -18:00 to +18:00";
        return Err(Problem::Value(text.to_owned()));
    }
    let nanos = ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanos;
    Ok((Clock { day: civil.days(), nanos }.since_1970(), offset, zone))
}

/// Reads a year: of four digits, or of more after a sign.
fn year(scan: &mut Scan<'_>) -> Option<i64> {
    let (plus, negative) = (scan.peek() == Some(b'+'), scan.sign());
    let digits = scan.digits(10)?;
    let long = digits.len() > 4;
    let year = digits.parse::<i64>().ok()?;
    let known = digits.len() >= 4 && (long == plus || negative) && !(negative && year == 0);
    known.then_some(if negative { -year } else { year })
}

/// Reads `:ss` and a fraction.
fn seconds(scan: &mut Scan<'_>) -> Option<(i64, i64)> {
    let mut ahead = *scan;
    ahead.expect(":")?;
    let second = ahead.digits(2).filter(|digits| digits.len() == 2)?.parse().ok()?;
    let mut nanos = 0;
    if ahead.take(".") {
        nanos = super::parse::fraction(ahead.digits(9).unwrap_or(""), 9);
    }
    *scan = ahead;
    Some((second, nanos))
}

/// Reads `Z` or `+hh:mm[:ss]`, and returns its seconds.
fn offset(scan: &mut Scan<'_>) -> Option<i64> {
    if scan.take("Z") || scan.take("z") {
        return Some(0);
    }
    let mut ahead = *scan;
    let negative = match ahead.peek()? {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    ahead.sign();
    let two = |ahead: &mut Scan<'_>| -> Option<i64> {
        ahead.digits(2).filter(|digits| digits.len() == 2)?.parse().ok()
    };
    let hour = two(&mut ahead)?;
    ahead.expect(":")?;
    let minute = two(&mut ahead).filter(|minute| *minute < 60)?;
    *scan = ahead;
    let mut second = 0;
    if ahead.take(":")
        && let Some(seconds) = two(&mut ahead).filter(|second| *second < 60)
    {
        second = seconds;
        *scan = ahead;
    }
    let all = (hour * 60 + minute) * 60 + second;
    Some(if negative { -all } else { all })
}

/// Reads a zone in brackets.
fn bracketed(scan: &mut Scan<'_>) -> Option<Zone> {
    let mut ahead = *scan;
    ahead.expect("[")?;
    let (name, _) = ahead.rest().split_once(']')?;
    let zone = Zone::parse(name)?;
    ahead.expect(name)?;
    ahead.expect("]")?;
    *scan = ahead;
    Some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_are_read() {
        let second = 1_000_000_000;
        for (text, want) in [
            ("1970-01-01T00:00:01.5Z", Ok((1_500_000_000, "UTC"))),
            ("1970-01-01t00:01", Ok((60 * second, "UTC"))),
            ("1970-01-01T01:00+01:00", Ok((0, "+01:00"))),
            ("1970-01-01T01:00+01:00[Europe/Berlin]", Ok((0, "Europe/Berlin"))),
            ("1970-01-01", Err("Text '1970-01-01' could not be parsed at index 10")),
            (
                "1970-01-01T00:00+01",
                Err(
                    "Text '1970-01-01T00:00+01' could not be parsed, unparsed text found at index 16",
                ),
            ),
            (
                "1970-01-01T24:00Z",
                Err("Text '1970-01-01T24:00Z' could not be parsed: \
                     Invalid value for HourOfDay (valid values 0 - 23): 24"),
            ),
        ] {
            let got = nanos(text).map(|packed| {
                let (utc, zone) = traillake_sql_types::zone::unpack(packed);
                (utc, zone.name())
            });
            let want = want.map(|(utc, zone)| (utc, zone.to_owned()));
            assert_eq!(got.map_err(|error| error.message), want.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn dates_and_times_are_read() {
        for (text, want) in [
            ("2001-08-22T03:04:05.321987", Some(998_449_445_321)),
            ("2001-234T03.25", Some(998_450_100_000)),
            ("2001-W34-3T03:04,5", Some(998_449_470_000)),
            ("2001-08-22T", Some(998_438_400_000)),
            ("T00:00:01", Some(1_000)),
            ("2001", Some(978_307_200_000)),
            ("2001-08-22 03:04", None),
            ("", None),
        ] {
            assert_eq!(iso::DATE_TIME.read(text).ok().map(|parsed| parsed.local), want, "{text}");
        }
    }
}
