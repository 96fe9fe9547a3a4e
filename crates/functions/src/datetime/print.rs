//! Writes dates, times, timestamps and intervals as casts to varchar and results have them.

use super::civil::{Civil, DAY_MILLIS, DAY_NANOS, SECOND_NANOS};
use super::zoned;
use traillake_sql_types::zone::unpack;

/// Appends to a string, which cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {
        // Writing to a string has no error.
        let _ = std::fmt::Write::write_fmt($out, format_args!($($arg)*));
    };
}
pub(super) use put;

/// Appends a date as a cast to varchar has it.
pub(crate) fn date(days: i32, out: &mut String) {
    let civil = Civil::of_days(i64::from(days));
    year(civil.year, false, out);
    put!(out, "-{:02}-{:02}", civil.month, civil.day);
}

/// Appends a date as a result has it: years of more than four digits have a sign.
pub fn date_of_result(days: i32, out: &mut String) {
    signed_date(i64::from(days), out);
}

/// Appends a date, with a sign to years of more than four digits.
pub(super) fn signed_date(days: i64, out: &mut String) {
    let civil = Civil::of_days(days);
    year(civil.year, true, out);
    put!(out, "-{:02}-{:02}", civil.month, civil.day);
}

/// Appends a year of at least four digits.
fn year(year: i64, plus: bool, out: &mut String) {
    if year < 0 {
        out.push('-');
    } else if plus && year > 9_999 {
        out.push('+');
    }
    put!(out, "{:04}", year.abs());
}

/// Appends a time of day with `precision` digits of a second.
pub(crate) fn time(nanos: i64, precision: u8, out: &mut String) {
    let seconds = nanos.div_euclid(SECOND_NANOS);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    put!(out, "{hour:02}:{minute:02}:{second:02}");
    fraction(nanos.rem_euclid(SECOND_NANOS), precision, out);
}

/// Appends a point and `precision` digits, unless that is 0.
pub(super) fn fraction(nanos: i64, precision: u8, out: &mut String) {
    if precision == 0 {
        return;
    }
    let start = out.len();
    put!(out, ".{nanos:09}");
    let end = start + 1 + usize::from(precision);
    while out.len() < end {
        out.push('0');
    }
    out.truncate(end);
}

/// Appends a timestamp, given in nanoseconds since 1970.
pub(crate) fn timestamp(nanos: i128, precision: u8, out: &mut String) {
    separated(nanos, precision, ' ', out);
}

/// Appends date and time with a separator between.
pub(super) fn separated(nanos: i128, precision: u8, separator: char, out: &mut String) {
    let day = i128::from(DAY_NANOS);
    signed_date(nanos.div_euclid(day) as i64, out);
    out.push(separator);
    time(nanos.rem_euclid(day) as i64, precision, out);
}

/// Appends a timestamp with time zone, given packed.
pub(crate) fn timestamp_tz(packed: i128, precision: u8, out: &mut String) {
    let (utc, zone) = unpack(packed);
    timestamp(zoned::to_local(utc, zone), precision, out);
    out.push(' ');
    out.push_str(&zone.name());
}

/// Appends an interval day to second, given in milliseconds.
pub(crate) fn interval_day(millis: i64, out: &mut String) {
    if millis < 0 {
        out.push('-');
    }
    let all = millis.unsigned_abs();
    let day = DAY_MILLIS.unsigned_abs();
    let (seconds, millis) = (all % day / 1_000, all % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    put!(out, "{} {hour:02}:{minute:02}:{second:02}.{millis:03}", all / day);
}

/// Appends an interval year to month, given in months.
pub(crate) fn interval_year(months: i32, out: &mut String) {
    if months < 0 {
        out.push('-');
    }
    let all = months.unsigned_abs();
    put!(out, "{}-{}", all / 12, all % 12);
}

#[cfg(test)]
mod tests {
    use super::*;
    use traillake_sql_types::zone::Zone;

    fn written(f: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        f(&mut out);
        out
    }

    #[test]
    fn values_are_written_as_trino_writes_them() {
        assert_eq!(written(|out| date(18_383, out)), "2020-05-01");
        assert_eq!(written(|out| date(i32::MAX, out)), "5881580-07-11");
        assert_eq!(written(|out| date_of_result(i32::MAX, out)), "+5881580-07-11");
        assert_eq!(written(|out| date(-719_900, out)), "-0002-12-25");
        assert_eq!(written(|out| time(3_720_000_000_001, 0, out)), "01:02:00");
        assert_eq!(written(|out| time(3_720_120_000_000, 12, out)), "01:02:00.120000000000");
        assert_eq!(written(|out| timestamp(-1, 9, out)), "1969-12-31 23:59:59.999999999");
        let zone = Zone::from_minutes(-90).unwrap();
        assert_eq!(
            written(|out| timestamp_tz(zone.pack(0), 3, out)),
            "1969-12-31 22:30:00.000 -01:30"
        );
        assert_eq!(written(|out| interval_day(-1_075_532_123, out)), "-12 10:45:32.123");
        assert_eq!(written(|out| interval_year(-5, out)), "-0-5");
        assert_eq!(written(|out| interval_year(i32::MIN, out)), "-178956970-8");
    }
}
