//! Local date and time, as functions calculate with it, and how it is read from arguments.

use super::civil::{Civil, DAY_MILLIS, DAY_NANOS, DAY_SECONDS, SECOND_NANOS};
use super::zoned;
use crate::call::{Call, Column};
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{is_long, units_per_second};
use traillake_sql_types::error::{Code, SqlError, SqlResult};
use traillake_sql_types::zone::{Zone, unpack};

/// A local time: a day since 1970, and the nanoseconds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) day: i64,
    pub(super) nanos: i64,
}

impl Clock {
    /// Midnight of a day.
    pub(super) fn midnight(day: i64) -> Self {
        Self { day, nanos: 0 }
    }

    /// The time of a timestamp, of which `per_second` make a second.
    #[inline]
    pub(super) fn of_units(value: i64, per_second: i64) -> Self {
        let per_day = per_second * DAY_SECONDS;
        let nanos = value.rem_euclid(per_day) * (SECOND_NANOS / per_second);
        Self { day: value.div_euclid(per_day), nanos }
    }

    /// The time of nanoseconds since 1970.
    pub(super) fn of_nanos(nanos: i128) -> Self {
        // Divisions of 128 bits are slow, and most timestamps fit 64.
        if let Ok(nanos) = i64::try_from(nanos) {
            return Self::of_units(nanos, SECOND_NANOS);
        }
        let day = i128::from(DAY_NANOS);
        Self { day: nanos.div_euclid(day) as i64, nanos: nanos.rem_euclid(day) as i64 }
    }

    /// Returns the nanoseconds since 1970.
    pub(super) fn since_1970(self) -> i128 {
        i128::from(self.day) * i128::from(DAY_NANOS) + i128::from(self.nanos)
    }

    /// Returns the milliseconds since 1970, rounded down.
    pub(super) fn millis(self) -> i64 {
        self.day.saturating_mul(DAY_MILLIS).saturating_add(self.nanos / 1_000_000)
    }

    pub(super) fn civil(self) -> Civil {
        Civil::of_days(self.day)
    }

    /// Returns the same time of day some months later.
    pub(super) fn add_months(self, months: i64) -> Self {
        Self { day: self.civil().add_months(months).days(), ..self }
    }

    /// Whether a timestamp can hold the time: Trino counts microseconds for any precision.
    #[inline]
    fn is_timestamp(self) -> bool {
        let micros =
            i128::from(self.day) * i128::from(DAY_NANOS / 1_000) + i128::from(self.nanos / 1_000);
        i64::try_from(micros).is_ok()
    }

    /// Returns the value of a timestamp of up to 6 digits, if it can hold the time.
    #[inline]
    pub(super) fn to_units(self, precision: u8) -> Option<i64> {
        if !self.is_timestamp() {
            return None;
        }
        let per_second = units_per_second(precision);
        let within = self.nanos / (SECOND_NANOS / per_second);
        let midnight = i128::from(self.day) * i128::from(per_second * DAY_SECONDS);
        i64::try_from(midnight + i128::from(within)).ok()
    }
}

/// Makes timestamps of what the clock shows in each row; `code` is that of the error if one cannot
/// hold it.
pub(super) fn each_timestamp(
    call: &Call<'_>,
    precision: u8,
    code: Code,
    mut clock: impl FnMut(usize) -> SqlResult<Option<Clock>>,
) -> SqlResult<ArrayRef> {
    let overflow = || long_overflow(code);
    if is_long(precision) {
        return call.each(|row| match clock(row)? {
            Some(clock) if clock.is_timestamp() => Ok(Some(clock.since_1970())),
            Some(_) => Err(overflow()),
            None => Ok(None),
        });
    }
    call.each(|row| {
        clock(row)?.map(|clock| clock.to_units(precision).ok_or_else(overflow)).transpose()
    })
}

/// Wraps nanoseconds as a timestamp of `precision` digits does in Trino, which counts microseconds in
/// 64 bits.
pub(crate) fn wrap_micros(nanos: i128, precision: u8) -> SqlResult<i128> {
    if i64::try_from(nanos).is_ok() {
        return Ok(nanos);
    }
    let all = nanos.div_euclid(1_000);
    let micros = all as i64;
    if i128::from(micros) == all {
        return Ok(nanos);
    }
    if micros % 10_i64.pow(6_u8.saturating_sub(precision).into()) != 0 {
        return Err(SqlError::range(format!(
            "Expected 0s for digits beyond precision {precision}: epochMicros = {micros}"
        )));
    }
    Ok(i128::from(micros) * 1_000 + nanos.rem_euclid(1_000))
}

/// Rounds nanoseconds half up to `precision` digits of a second.
pub(super) fn round(nanos: i128, precision: u8) -> i128 {
    match precision {
        0..=8 => {
            let unit = 10_i128.pow(u32::from(9 - precision));
            (nanos + unit / 2).div_euclid(unit) * unit
        }
        _ => nanos,
    }
}

/// `long overflow`, with the code that a function gives it.
pub(super) fn long_overflow(code: Code) -> SqlError {
    SqlError::new(code, "long overflow")
}

/// Returns days as a date.
pub(super) fn to_date(days: i64) -> SqlResult<i32> {
    i32::try_from(days).map_err(|_| {
        let what = if days > 0 { "exceeds MAX_INT" } else { "is less than MIN_INT" };
        SqlError::range(format!("Value {days} {what} for type date"))
    })
}

/// Packs an instant with its zone, unless a timestamp with time zone cannot hold it.
pub(super) fn pack(utc: i128, zone: Zone, code: Code) -> SqlResult<i128> {
    let millis = match i64::try_from(utc) {
        Ok(small) => i128::from(small.div_euclid(1_000_000)),
        Err(_) => utc.div_euclid(1_000_000),
    };
    if !zoned::MILLIS.contains(&millis) {
        return Err(SqlError::new(code, format!("Millis overflow: {millis}")));
    }
    Ok(zone.pack(utc))
}

/// A timestamp with time zone, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZonedTime {
    /// Nanoseconds since 1970 in UTC.
    pub(super) utc: i128,
    pub(super) zone: Zone,
    /// What the zone's clock shows.
    pub(super) local: Clock,
}

impl ZonedTime {
    pub(super) fn of_packed(packed: i128) -> Self {
        let (utc, zone) = unpack(packed);
        Self { utc, zone, local: Clock::of_nanos(zoned::to_local(utc, zone)) }
    }
}

/// The local times of an argument of any type that has one.
pub(super) enum Clocks<'a> {
    Date(Column<'a, i32>),
    /// Time of day: its day is 0.
    Time(Column<'a, i64>),
    /// A count of units, of which so many make a second.
    Timestamp(Column<'a, i64>, i64),
    /// Nanoseconds since 1970.
    Long(Column<'a, i128>),
    Zoned(Column<'a, i128>),
}

impl<'a> Clocks<'a> {
    pub(super) fn open(call: &Call<'a>, at: usize) -> SqlResult<Self> {
        Ok(match call.argument_type(at) {
            Type::Date => Self::Date(call.column(at)?),
            Type::Time(_) => Self::Time(call.column(at)?),
            Type::Timestamp(p) if is_long(*p) => Self::Long(call.column(at)?),
            Type::Timestamp(p) => Self::Timestamp(call.column(at)?, units_per_second(*p)),
            Type::TimestampTz(_) => Self::Zoned(call.column(at)?),
            other => {
                return Err(SqlError::internal(format!(
                    "a date or time cannot have the type {other}"
                )));
            }
        })
    }

    /// Returns what the clock shows, unless the value is NULL.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<Clock> {
        match self {
            Self::Date(days) => days.get(row).map(|day| Clock::midnight(i64::from(day))),
            Self::Time(nanos) => nanos.get(row).map(|nanos| Clock { day: 0, nanos }),
            Self::Timestamp(values, per_second) => {
                values.get(row).map(|value| Clock::of_units(value, *per_second))
            }
            Self::Long(values) => values.get(row).map(Clock::of_nanos),
            Self::Zoned(values) => values.get(row).map(|packed| ZonedTime::of_packed(packed).local),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_go_both_ways() {
        for (value, precision, per_second) in [
            (-1, 3, 1_000),
            (i64::MIN / 1_000, 3, 1_000),
            (i64::MAX, 6, 1_000_000),
            (i64::MIN, 6, 1_000_000),
        ] {
            assert_eq!(Clock::of_units(value, per_second).to_units(precision), Some(value));
        }
        assert_eq!(Clock::midnight(200_000_000).to_units(3), None);
        assert_eq!(
            Clock::of_nanos(i128::from(i64::MIN) - 1).since_1970(),
            i128::from(i64::MIN) - 1
        );
        assert_eq!(Clock::of_nanos(-1), Clock { day: -1, nanos: DAY_NANOS - 1 });
    }

    #[test]
    fn microseconds_wrap() {
        let most = i128::from(i64::MAX) * 1_000 + 999;
        let least = i128::from(i64::MIN) * 1_000;
        assert_eq!(wrap_micros(most, 9), Ok(most));
        assert_eq!(wrap_micros(most + 1, 9), Ok(least));
        assert_eq!(wrap_micros(least - 1, 7), Ok(most));
        assert!(wrap_micros(most + 1, 3).is_err());
    }

    #[test]
    fn halves_round_up() {
        assert_eq!(round(1_500_000_000, 0), 2_000_000_000);
        assert_eq!(round(-1_500_000_000, 0), -1_000_000_000);
        assert_eq!(round(1, 9), 1);
    }
}
