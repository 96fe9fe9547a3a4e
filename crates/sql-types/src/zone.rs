//! Time zones, and the numbers that stand for values with one.
//!
//! A `timestamp(p) with time zone` is 128 bits: nanoseconds since 1970 in UTC, 16 bits up, and the
//! number of a [`Zone`] below. So values order by their instant; [`instant_key`] takes the zone off
//! where equality must not see it.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A time zone: UTC, an offset of whole minutes up to 14 hours, or a region of the tz database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zone(u16);

/// The furthest offset from UTC, in minutes.
const MAX_OFFSET: i32 = 14 * 60;
const FIRST_REGION: u16 = 2_000;
const ZONE_BITS: u32 = 16;

/// Regions by name. Java does not know some of the oldest names, or has other zones under them.
static REGIONS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let numbered = (FIRST_REGION..).zip(TZ_VARIANTS).map(|(number, zone)| (zone.name(), number));
    numbered
        .filter(|(name, _)| !matches!(*name, "EST" | "MST" | "HST" | "ROC" | "Factory"))
        .collect()
});

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(0);

    /// Returns the zone with an offset in minutes east of UTC, if it is within 14 hours.
    pub fn from_minutes(minutes: i32) -> Option<Self> {
        match minutes {
            0 => Some(Self::UTC),
            _ if minutes.abs() <= MAX_OFFSET => {
                u16::try_from(minutes + MAX_OFFSET + 1).ok().map(Self)
            }
            _ => None,
        }
    }

    /// Returns the zone that `id` names: `UTC`, `+02:00`, `UTC+2`, `Europe/Berlin`.
    pub fn parse(id: &str) -> Option<Self> {
        if id.starts_with(['+', '-']) {
            return Self::from_minutes(parse_offset(id)?);
        }
        if let Some(zone) = Self::named(id) {
            return Some(zone);
        }
        let (rest, etc) = match id.strip_prefix("Etc/") {
            Some(rest) => (rest, true),
            None => (id, false),
        };
        let prefix = ["UTC", "GMT", "UT"].into_iter().find(|prefix| rest.starts_with(prefix))?;
        let minutes = parse_suffix(&rest[prefix.len()..])?;
        // Etc/GMT+5 lies west of Greenwich.
        Self::from_minutes(if etc && prefix == "GMT" { -minutes } else { minutes })
    }

    /// Returns the zone of a name of the tz database.
    pub fn named(id: &str) -> Option<Self> {
        match id {
            "Z" | "UTC" | "UT" | "UCT" | "GMT" | "Greenwich" | "Universal" | "Zulu" | "GMT0"
            | "GMT+0" | "GMT-0" | "Etc/UTC" | "Etc/UT" | "Etc/GMT" | "Etc/UCT" | "Etc/Zulu"
            | "Etc/Universal" | "Etc/Greenwich" | "Etc/GMT0" | "Etc/GMT+0" | "Etc/GMT-0" => {
                Some(Self::UTC)
            }
            _ => {
                let number = *REGIONS.get(id)?;
                match id.strip_prefix("Etc/GMT").and_then(parse_suffix) {
                    Some(minutes) => Self::from_minutes(-minutes),
                    None => Some(Self(number)),
                }
            }
        }
    }

    /// Returns the zone of a number in a value.
    pub fn from_key(key: u16) -> Self {
        Self(key)
    }

    /// Returns the zone's name as Trino prints it.
    pub fn name(self) -> String {
        match self.kind() {
            Kind::Region(zone) => zone.name().to_owned(),
            Kind::Offset(0) => "UTC".to_owned(),
            Kind::Offset(minutes) => offset_text(minutes),
        }
    }

    fn kind(self) -> Kind {
        if let Some(zone) =
            self.0.checked_sub(FIRST_REGION).and_then(|at| TZ_VARIANTS.get(usize::from(at)))
        {
            return Kind::Region(*zone);
        }
        if self.0 == 0 { Kind::Offset(0) } else { Kind::Offset(i32::from(self.0) - MAX_OFFSET - 1) }
    }

    /// Whether it is a region of the tz database.
    pub fn is_region(self) -> bool {
        matches!(self.kind(), Kind::Region(_))
    }

    /// Returns what the zone calls its time at an instant in seconds since 1970: `CEST`, `+03`.
    /// Only regions do.
    pub fn abbreviation(self, utc: i64) -> Option<String> {
        let Kind::Region(zone) = self.kind() else { return None };
        let offset = zone.offset_from_utc_datetime(&naive(utc)?);
        offset.abbreviation().map(str::to_owned)
    }

    /// Returns the offset from UTC, in seconds, at an instant in seconds since 1970.
    pub fn offset_at(self, utc: i64) -> i64 {
        match self.kind() {
            Kind::Offset(minutes) => i64::from(minutes) * 60,
            Kind::Region(zone) => naive(utc).map_or(0, |time| {
                i64::from(zone.offset_from_utc_datetime(&time).fix().local_minus_utc())
            }),
        }
    }

    /// Returns the instant, in seconds since 1970, of a local time in seconds. A time that the clock
    /// skipped moves forward by what was skipped; of a time that came twice, it is the first.
    pub fn to_utc(self, local: i64) -> i64 {
        let Kind::Region(zone) = self.kind() else { return local - self.offset_at(0) };
        let Some(time) = naive(local) else { return local };
        match zone.offset_from_local_datetime(&time).earliest() {
            Some(offset) => local - i64::from(offset.fix().local_minus_utc()),
            // Inside a gap: as if the offset before it went on.
            None => local - self.offset_at(local - 86_400),
        }
    }

    /// Packs an instant in nanoseconds since 1970, in UTC, with this zone.
    pub fn pack(self, nanos: i128) -> i128 {
        (nanos << ZONE_BITS) | i128::from(self.0)
    }
}

enum Kind {
    /// Minutes east of UTC.
    Offset(i32),
    Region(Tz),
}

/// Takes a packed value apart: nanoseconds since 1970 in UTC, and the zone.
pub fn unpack(packed: i128) -> (i128, Zone) {
    (packed >> ZONE_BITS, Zone((packed & 0xffff) as u16))
}

/// Returns a packed value without its zone, for equality and grouping.
pub fn instant_key(packed: i128) -> i128 {
    packed & !0xffff
}

/// Returns the time that offsets are looked up for. The tz database ends in a few decades; later
/// years go by the rules of one of the last that it has, which begins on the same day of the week
/// and has as many days.
fn naive(seconds: i64) -> Option<NaiveDateTime> {
    /// 2072-01-01, from which on there are 28 years of all kinds before 2100.
    const LAST_YEARS: i64 = 3_218_832_000;
    /// 400 years, after which the calendar comes round, whole weeks included.
    const CYCLE: i64 = 146_097 * 86_400;
    let within = if seconds < LAST_YEARS + CYCLE {
        seconds
    } else {
        LAST_YEARS + (seconds - LAST_YEARS).rem_euclid(CYCLE)
    };
    let time = chrono::DateTime::from_timestamp(within, 0)?.naive_utc();
    let year = time.year();
    if year < 2_100 {
        return Some(time);
    }
    let start = |year| NaiveDate::from_ymd_opt(year, 1, 1);
    let first = start(year)?;
    let alike = (2_072..2_100).filter_map(start).find(|other| {
        other.weekday() == first.weekday() && other.leap_year() == first.leap_year()
    })?;
    Some(alike.and_time(time.time()) + (time.date() - first))
}

fn offset_text(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// Returns the minutes of `+h`, `+hh`, `+hhmm` or `+hh:mm`; seconds may follow, if they are 0.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = split_sign(text)?;
    let compact = match digits.as_bytes() {
        [_] => format!("0{digits}00"),
        [_, _, b':', _, _] | [_, _, b':', _, _, b':', b'0', b'0'] => digits.replace(':', ""),
        _ => digits.to_owned(),
    };
    match compact.strip_suffix("00").filter(|rest| rest.len() == 4).unwrap_or(&compact) {
        hours if hours.len() == 2 => Some(sign * minutes_of(hours, "0")?),
        both if both.len() == 4 => {
            let (hours, minutes) = both.split_at_checked(2)?;
            Some(sign * minutes_of(hours, minutes)?)
        }
        _ => None,
    }
}

/// Returns the minutes of the offset behind `UTC`: `+h`, `+hh`, `+hhmm`, or with a colon.
fn parse_suffix(text: &str) -> Option<i32> {
    let (sign, digits) = split_sign(text)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    Some(sign * minutes_of(hours, minutes)?)
}

fn split_sign(text: &str) -> Option<(i32, &str)> {
    match text.strip_prefix('-') {
        Some(rest) => Some((-1, rest)),
        None => Some((1, text.strip_prefix('+')?)),
    }
}

fn minutes_of(hours: &str, minutes: &str) -> Option<i32> {
    let number = |text: &str| {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names() {
        for (id, name) in [
            ("UTC", "UTC"),
            ("Z", "UTC"),
            ("+00:00", "UTC"),
            ("+05:30", "+05:30"),
            ("-8", "-08:00"),
            ("UTC+1:30", "+01:30"),
            ("+0130", "+01:30"),
            ("+01:30:00", "+01:30"),
            ("Etc/GMT+5", "-05:00"),
            ("America/Los_Angeles", "America/Los_Angeles"),
        ] {
            assert_eq!(Zone::parse(id).unwrap().name(), name, "{id}");
        }
        for id in
            ["", "+15:00", "+1:00", "+01:60", "Nowhere/City", "+ab", "utc", "europe/paris", "EST"]
        {
            assert_eq!(Zone::parse(id), None, "{id}");
        }
    }

    #[test]
    fn local_times_of_gaps_and_overlaps() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        // 2023-03-26 02:30 does not exist: 03:30 summer time.
        assert_eq!(berlin.to_utc(1_679_797_800), 1_679_794_200);
        // 2023-10-29 02:30 came twice: the first, in summer time.
        assert_eq!(berlin.to_utc(1_698_546_600), 1_698_539_400);
        // The summers of years that the tz database does not know: 2150-08-22.
        assert_eq!(berlin.offset_at(5_700_000_000), 7_200);
        assert_eq!(berlin.offset_at(253_399_000_000), 3_600);
        let packed = berlin.pack(-1);
        assert_eq!(unpack(packed), (-1, berlin));
    }
}
