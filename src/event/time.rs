//! Event times: ISO 8601 extended and basic, padded or not, fractions, offsets, epoch numbers, and
//! timestamps with time zone as Trino and Athena print them.

use chrono::{Datelike, NaiveDate, Offset, TimeZone};

/// Milliseconds of a day.
pub const DAY_MILLIS: i64 = 86_400_000;

/// Returns the instant that `text` names, in milliseconds since 1970-01-01 UTC; finer parts are cut.
///
/// Accepted: `2023-07-10T11:42:18Z`, the documentation's non-padded `2023-7-01T00:24:36Z`, basic
/// `20131102T010628Z`, a blank for `T`, fractions, `Z`, an offset, the name of a time zone or nothing
/// (UTC), with or without a blank before it, and epoch seconds or milliseconds in digits. Of two
/// instants that a clock shows when it is put back, the first is meant.
///
/// Refused is what a store cannot hold: other years than 0 to 9999, in which a day has a name of four digits, and what
/// lies within the last second before 1970, for which ORC has no representation.
pub fn parse(text: &[u8]) -> Option<i64> {
    let millis = parse_any(text)?;
    let has_year = (YEAR_0_MILLIS..YEAR_10000_MILLIS).contains(&millis);
    (has_year && !(-999..0).contains(&millis)).then_some(millis)
}

const YEAR_0_MILLIS: i64 = -62_167_219_200_000;
const YEAR_10000_MILLIS: i64 = 253_402_300_800_000;

fn parse_any(text: &[u8]) -> Option<i64> {
    let mut rest = text.trim_ascii();
    if rest.first() == Some(&b'-') || rest.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return parse_epoch(rest);
    }
    let year = digits(&mut rest, 4, 4)?;
    let dashed = take(&mut rest, b"-").is_some();
    let shortest = if dashed { 1 } else { 2 };
    let month = digits(&mut rest, shortest, 2)?;
    if dashed {
        take(&mut rest, b"-")?;
    }
    let day = digits(&mut rest, shortest, 2)?;
    take(&mut rest, b"Tt ")?;
    let hour = digits(&mut rest, shortest, 2)?;
    take(&mut rest, b":");
    let minute = digits(&mut rest, 2, 2)?;
    take(&mut rest, b":");
    let second = digits(&mut rest, 2, 2)?;
    let mut millis = 0;
    if take(&mut rest, b".,").is_some() {
        let fraction = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if fraction == 0 {
            return None;
        }
        for place in 0..3 {
            let digit = rest[..fraction].get(place).map_or(0, |b| i64::from(b - b'0'));
            millis = millis * 10 + digit;
        }
        rest = &rest[fraction..];
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(month).ok()?,
        u32::try_from(day).ok()?,
    )?;
    let days = i64::from(date.num_days_from_ce()) - 719_163;
    let seconds = hour * 3600 + minute * 60 + second;
    let offset = match rest {
        [] | b"Z" | b"z" => 0,
        _ => parse_zone(rest.trim_ascii_start(), days * DAY_MILLIS / 1000 + seconds)?,
    };
    let seconds = seconds - offset;
    Some(days * DAY_MILLIS + seconds * 1000 + millis)
}

/// Returns the UTC day of an instant in milliseconds, or `None` outside the years that have a name.
pub fn day(millis: i64) -> Option<NaiveDate> {
    let days = i32::try_from(millis.div_euclid(DAY_MILLIS)).ok()?;
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(719_163)?)
}

/// Epoch seconds with an optional fraction; from 10^11 on the number can only mean milliseconds.
fn parse_epoch(text: &[u8]) -> Option<i64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let millis = if number.abs() >= 1e11 { number } else { number * 1000.0 };
    (YEAR_0_MILLIS as f64..YEAR_10000_MILLIS as f64)
        .contains(&millis)
        .then(|| millis.round() as i64)
}

/// Returns the seconds that a zone is east of UTC when its clocks show `local`, in seconds since 1970.
fn parse_zone(zone: &[u8], local: i64) -> Option<i64> {
    let after = |name: &[u8]| {
        let (start, rest) = zone.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(rest)
    };
    let utc = [&b"UTC"[..], b"GMT", b"UT"].into_iter().find_map(after);
    match (utc, zone) {
        (Some([]), _) | (None, b"Z" | b"z") => Some(0),
        (Some(offset @ [b'+' | b'-', ..]), _) | (None, offset @ [b'+' | b'-', ..]) => {
            parse_offset(offset).or_else(|| parse_zone_name(zone, local))
        }
        _ => parse_zone_name(zone, local),
    }
}

/// As [`parse_zone`], for the names of the time zone database.
fn parse_zone_name(name: &[u8], local: i64) -> Option<i64> {
    let zone: chrono_tz::Tz = std::str::from_utf8(name).ok()?.parse().ok()?;
    let local = chrono::DateTime::from_timestamp(local, 0)?.naive_utc();
    let offset = zone.offset_from_local_datetime(&local).earliest()?;
    Some(i64::from(offset.fix().local_minus_utc()))
}

/// Seconds east of UTC.
fn parse_offset(offset: &[u8]) -> Option<i64> {
    let (sign, mut rest) = offset.split_first()?;
    let hours = digits(&mut rest, 2, 2)?;
    take(&mut rest, b":");
    let minutes = if rest.is_empty() { 0 } else { digits(&mut rest, 2, 2)? };
    let east = if *sign == b'-' { -60 } else { 60 };
    (rest.is_empty() && hours < 24 && minutes < 60).then_some(east * (hours * 60 + minutes))
}

fn digits(rest: &mut &[u8], least: usize, most: usize) -> Option<i64> {
    let count = rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (number, after) = rest.split_at(count);
    *rest = after;
    Some(number.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
}

fn take(rest: &mut &[u8], any: &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    any.contains(first).then(|| {
        *rest = after;
        *first
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_forms() {
        let at = 1_688_989_338_000;
        for text in [
            "2023-07-10T11:42:18Z",
            "2023-7-10T11:42:18Z",
            "20230710T114218Z",
            "2023-07-10 11:42:18",
            "2023-07-10T13:42:18+02:00",
            "2023-07-10T11:42:18.000999Z",
            "1688989338",
            "1688989338000",
            "1688989338.0",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(at), "{text}");
        }
        assert_eq!(parse(b"2023-07-10T11:42:18.5Z"), Some(at + 500));
    }

    #[test]
    fn as_trino_and_athena_print_them() {
        let at = 1_688_989_338_123;
        for text in [
            "2023-07-10 11:42:18.123 UTC",
            "2023-07-10 11:42:18.123456789012 UTC",
            "2023-07-10 11:42:18.123 GMT",
            "2023-07-10 11:42:18.123 Z",
            "2023-07-10 11:42:18.123 utc",
            "2023-07-10 13:42:18.123 +02:00",
            "2023-07-10 13:42:18.123 UTC+02:00",
            "2023-07-10 13:42:18.123 Europe/Berlin",
            "2023-07-10 07:42:18.123 America/New_York",
            "2023-07-10 17:12:18.123 Asia/Kolkata",
            "2023-07-10 11:42:18.123456789012",
            "2023-07-10T13:42:18.123 Europe/Berlin",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(at), "{text}");
        }
        assert_eq!(parse(b"2026-10-25 02:30:00 Europe/Berlin"), parse(b"2026-10-25T00:30:00Z"));
        assert_eq!(parse(b"2016-12-31 23:59:60 UTC"), parse(b"2017-01-01T00:00:00Z"));
        for text in [
            "2026-03-29 02:30:00 Europe/Berlin", // the clock is put forward over it
            "2023-07-10 11:42:18 Europe/Atlantis",
            "2023-07-10 11:42:18 UTC UTC",
            "2023-07-10 11:42:18 UTCx",
            "2023-07-10 11:42:18 Z+02:00",
            "2023-07-10 11:42:18. UTC",
            "2023-07-10 11:42:18 \u{e9}",
            "2023-07-10 11:42:18 +",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2023-13-01T00:00:00Z",
            "2023-02-30T00:00:00Z",
            "2023-07-10",
            "2023-07-10T25:00:00Z",
            "2023-07-10T11:42:18 PM",
            "20237-10T11:42:18Z",
            "1e300",
            "-",
            ".",
            "99999999999999999999",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    /// ORC could not be written, so that one such event ended the import of all.
    #[test]
    fn the_last_second_before_1970_has_no_fractions() {
        assert_eq!(parse(b"1969-12-31T23:59:59Z"), Some(-1000));
        assert_eq!(parse(b"1970-01-01T00:00:00Z"), Some(0));
        for text in ["1969-12-31T23:59:59.001Z", "1969-12-31 23:59:59.999 UTC", "-0.001", "-0.999"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn days_have_years_of_four_digits() {
        assert_eq!(parse(b"0000-01-01T00:00:00Z"), Some(YEAR_0_MILLIS));
        assert_eq!(parse(b"9999-12-31T23:59:59.999Z"), Some(YEAR_10000_MILLIS - 1));
        for text in [
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:60Z",
            "9999-12-31T23:59:59-00:01",
            "253402300800000",
            "253402300799999.9",
            "-62167219200.001",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_chrono(millis in -62_135_596_800_000_i64..253_402_300_799_999) {
            prop_assume!(!(-999..0).contains(&millis));
            let time = chrono::DateTime::from_timestamp_millis(millis).unwrap();
            prop_assert_eq!(parse(time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().as_bytes()), Some(millis));
            prop_assert_eq!(parse(time.format("%Y%m%dT%H%M%S%.3f").to_string().as_bytes()), Some(millis));
            prop_assert_eq!(day(millis), Some(time.date_naive()));
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&text);
            let _ = parse(&[&b"2023-07-10 11:42:18 "[..], &text].concat());
        }

        #[test]
        fn zones_agree_with_chrono(millis in -62_135_596_800_000_i64..253_402_214_400_000, zone in 0..chrono_tz::TZ_VARIANTS.len()) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let time = chrono::DateTime::from_timestamp_millis(millis).unwrap().with_timezone(&zone);
            let text = format!("{} {}", time.format("%Y-%m-%d %H:%M:%S%.3f"), zone.name());
            let first = zone.from_local_datetime(&time.naive_local()).earliest().unwrap();
            if (0..=9999).contains(&time.year()) {
                prop_assert_eq!(parse(text.as_bytes()), Some(first.timestamp_millis()), "{}", text);
            }
        }
    }
}
