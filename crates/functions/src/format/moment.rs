//! Dates and times among the arguments, as objects of `java.time`.

use super::hash::{hash_long, hash_text};
use super::spec::{Outcome, Problem};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use std::fmt::{self, Write};
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::zone::Zone;

/// A date, a time of day, or both, with or without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
    /// The zone, its offset then in seconds, and the seconds since 1970 in UTC.
    zone: Option<(Zone, i64, i64)>,
}

fn outside() -> SqlError {
    SqlError::argument("The date is out of the range that can be formatted")
}

impl Moment {
    pub(super) fn date(days: i64) -> SqlResult<Self> {
        let date = DateTime::from_timestamp(days * 86_400, 0).ok_or_else(outside)?;
        Ok(Self { date: Some(date.date_naive()), time: None, zone: None })
    }

    pub(super) fn time(nanos: i64) -> SqlResult<Self> {
        let second = nanos / 1_000_000_000;
        let (second, nano) = (second as u32, (nanos % 1_000_000_000) as u32);
        let time = NaiveTime::from_num_seconds_from_midnight_opt(second, nano);
        Ok(Self { date: None, time: Some(time.ok_or_else(outside)?), zone: None })
    }

    /// A local time in nanoseconds since 1970.
    pub(super) fn local(nanos: i128) -> SqlResult<Self> {
        Ok(Self::of(local(nanos, 0)?, None))
    }

    /// An instant in nanoseconds since 1970 in UTC.
    pub(super) fn zoned(nanos: i128, zone: Zone) -> SqlResult<Self> {
        let second = i64::try_from(nanos.div_euclid(1_000_000_000)).map_err(|_| outside())?;
        let offset = zone.offset_at(second);
        Ok(Self::of(local(nanos, offset)?, Some((zone, offset, second))))
    }

    fn of(local: NaiveDateTime, zone: Option<(Zone, i64, i64)>) -> Self {
        Self { date: Some(local.date()), time: Some(local.time()), zone }
    }

    pub(super) fn class(&self) -> &'static str {
        match (self.date, self.time, self.zone) {
            (Some(_), None, _) => "java.time.LocalDate",
            (None, ..) => "java.time.LocalTime",
            (_, _, None) => "java.time.LocalDateTime",
            _ => "java.time.ZonedDateTime",
        }
    }

    /// What `hashCode` gives.
    pub(super) fn hash(&self) -> i32 {
        let date = self.date.map_or(0, |date| {
            let (month, day) = (date.month().cast_signed(), date.day().cast_signed());
            let year = date.year();
            (year & !0x7ff) ^ (year.wrapping_shl(11).wrapping_add(month << 6).wrapping_add(day))
        });
        let time = self.time.map_or(0, |time| {
            let nanos = i64::from(time.num_seconds_from_midnight()) * 1_000_000_000;
            hash_long(nanos + i64::from(time.nanosecond()))
        });
        let zone = self.zone.map_or(0, |(zone, offset, _)| {
            let name = zone.name();
            let hash = if is_offset(&name) { offset as i32 } else { hash_text(&name) };
            offset as i32 ^ hash.rotate_left(3)
        });
        date ^ time ^ zone
    }

    /// Appends what `%t` and a letter print; other letters are refused with the format.
    pub(super) fn print(&self, conversion: char, out: &mut String) -> Outcome<()> {
        let fails = || Problem::conversion(conversion, self.class());
        let parts = match conversion {
            'R' => "H:M",
            'T' => "H:M:S",
            'r' => "I:M:S P",
            'D' => "m/d/y",
            'F' if self.date.is_none() => return Err(fails()),
            'F' => "Y-m-d",
            'c' => "a b d H:M:S Z Y",
            _ => return self.print_one(conversion, out).ok_or_else(fails),
        };
        for letter in parts.chars() {
            match letter {
                ' ' | ':' | '/' | '-' => out.push(letter),
                _ => self
                    .print_one(letter, out)
                    .ok_or_else(|| Problem::conversion(letter, self.class()))?,
            }
        }
        Ok(())
    }

    fn print_one(&self, letter: char, out: &mut String) -> Option<()> {
        match letter {
            'H' | 'I' | 'k' | 'l' | 'M' | 'S' | 'N' | 'L' | 'p' | 'P' => {
                print_time(self.time?, letter, out)
            }
            'z' | 'Z' | 's' | 'Q' => self.print_zone(letter, out)?,
            _ => print_date(self.date?, letter, out),
        }
        .ok()
    }

    fn print_zone(&self, letter: char, out: &mut String) -> Option<fmt::Result> {
        let (zone, offset, second) = self.zone?;
        Some(match letter {
            's' => write!(out, "{second}"),
            'Q' => {
                let millis = self.time.map_or(0, |time| time.nanosecond() / 1_000_000);
                write!(out, "{}", i128::from(second) * 1000 + i128::from(millis))
            }
            'z' => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.abs() / 60;
                write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
            }
            _ => {
                out.push_str(&zone.abbreviation(second).unwrap_or_else(|| zone.name()));
                Ok(())
            }
        })
    }
}

fn local(nanos: i128, offset: i64) -> SqlResult<NaiveDateTime> {
    let second = i64::try_from(nanos.div_euclid(1_000_000_000)).map_err(|_| outside())?;
    let nano = nanos.rem_euclid(1_000_000_000) as u32;
    let utc = DateTime::from_timestamp(second, nano).ok_or_else(outside)?;
    utc.naive_utc().checked_add_signed(TimeDelta::seconds(offset)).ok_or_else(outside)
}

fn is_offset(zone: &str) -> bool {
    zone.starts_with(['+', '-'])
}

fn print_time(time: NaiveTime, letter: char, out: &mut String) -> fmt::Result {
    let (afternoon, hour) = time.hour12();
    let half = if afternoon { "pm" } else { "am" };
    match letter {
        'H' => write!(out, "{:02}", time.hour()),
        'I' => write!(out, "{hour:02}"),
        'k' => write!(out, "{}", time.hour()),
        'l' => write!(out, "{hour}"),
        'M' => write!(out, "{:02}", time.minute()),
        'S' => write!(out, "{:02}", time.second()),
        'N' => write!(out, "{:09}", time.nanosecond()),
        'L' => write!(out, "{:03}", time.nanosecond() / 1_000_000),
        'P' => out.write_str(&half.to_ascii_uppercase()),
        _ => out.write_str(half),
    }
}

fn print_date(date: NaiveDate, letter: char, out: &mut String) -> fmt::Result {
    // Years before Christ are counted backwards.
    let year = if date.year() > 0 { date.year() } else { 1 - date.year() };
    match letter {
        'a' => write!(out, "{}", date.format("%a")),
        'A' => write!(out, "{}", date.format("%A")),
        'b' | 'h' => write!(out, "{}", date.format("%b")),
        'B' => write!(out, "{}", date.format("%B")),
        'C' => write!(out, "{:02}", year / 100),
        'y' => write!(out, "{:02}", year % 100),
        'Y' => write!(out, "{year:04}"),
        'j' => write!(out, "{:03}", date.ordinal()),
        'm' => write!(out, "{:02}", date.month()),
        'e' => write!(out, "{}", date.day()),
        _ => write!(out, "{:02}", date.day()),
    }
}

impl fmt::Display for Moment {
    /// What `toString` gives.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(date) = self.date {
            match date.year() {
                year @ 0..=9999 => write!(f, "{year:04}")?,
                year @ 10_000.. => write!(f, "+{year}")?,
                year => write!(f, "-{:04}", year.unsigned_abs())?,
            }
            write!(f, "-{:02}-{:02}", date.month(), date.day())?;
        }
        if let Some(time) = self.time {
            if self.date.is_some() {
                f.write_char('T')?;
            }
            write_time(time, f)?;
        }
        let Some((zone, offset, _)) = self.zone else { return Ok(()) };
        let name = zone.name();
        if offset == 0 {
            f.write_char('Z')?;
        } else {
            let (sign, seconds) = (if offset < 0 { '-' } else { '+' }, offset.abs());
            write!(f, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
            if seconds % 60 != 0 {
                write!(f, ":{:02}", seconds % 60)?;
            }
        }
        if is_offset(&name) { Ok(()) } else { write!(f, "[{name}]") }
    }
}

/// Writes seconds, and their fraction in threes of digits, only if they are not 0.
fn write_time(time: NaiveTime, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:02}:{:02}", time.hour(), time.minute())?;
    let (second, nano) = (time.second(), time.nanosecond());
    if second != 0 || nano != 0 {
        write!(f, ":{second:02}")?;
    }
    match nano {
        0 => Ok(()),
        _ if nano % 1_000_000 == 0 => write!(f, ".{:03}", nano / 1_000_000),
        _ if nano % 1_000 == 0 => write!(f, ".{:06}", nano / 1_000),
        _ => write!(f, ".{nano:09}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(moment: SqlResult<Moment>, letter: char, want: Result<&str, &str>) {
        let mut out = String::new();
        let got = moment.unwrap().print(letter, &mut out);
        let got = got.map(|()| &*out).map_err(|problem| problem.message);
        assert_eq!(got, want.map_err(str::to_owned), "{letter}");
    }

    #[test]
    fn moments() {
        let nanos = 1_577_970_245_123_456_789;
        let zone = Zone::parse("America/New_York").unwrap();
        let zoned = || Moment::zoned(nanos, zone);
        check(zoned(), 'c', Ok("Thu Jan 02 08:04:05 EST 2020"));
        check(zoned(), 'Q', Ok("1577970245123"));
        check(zoned(), 'z', Ok("-0500"));
        check(Moment::local(nanos), 'r', Ok("01:04:05 PM"));
        check(Moment::local(nanos), 'c', Err("Z != java.time.LocalDateTime"));
        check(Moment::date(-719_528 - 365), 'Y', Ok("0002"));
        check(Moment::date(0), 'T', Err("H != java.time.LocalDate"));
        check(Moment::time(0), 'F', Err("F != java.time.LocalTime"));
        assert_eq!(
            zoned().unwrap().to_string(),
            "2020-01-02T08:04:05.123456789-05:00[America/New_York]"
        );
        assert_eq!(Moment::local(0).unwrap().to_string(), "1970-01-01T00:00");
        assert_eq!(Moment::time(1_000_000_000).unwrap().hash(), 0x3b9a_ca00);
        assert_eq!(Moment::date(18_262).unwrap().hash(), 0x3f2041);
    }
}
