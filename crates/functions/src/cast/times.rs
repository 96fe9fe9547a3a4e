//! Casts among dates, times and timestamps, and from text to them.
//!
//! The session's zone is UTC: a date or timestamp without zone is one there. Digits that are lost are
//! rounded half up.

use super::{each, no_cast, open};
use crate::builder::IntoBuilder;
use crate::call::Param;
use crate::datetime::{DAY_NANOS, SECOND_NANOS, parse, wrap_micros};
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{is_long, units_per_second};
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::zone::{Zone, unpack};

/// The most digits of a second that a type has.
const MAX_DIGITS: u8 = 12;

/// Returns the nanoseconds of the last of `precision` digits.
fn step(precision: u8) -> i64 {
    10_i64.pow(9_u8.saturating_sub(precision).into())
}

/// Returns the nanoseconds that a timestamp of `precision` digits counts.
fn unit(precision: u8) -> i64 {
    SECOND_NANOS / units_per_second(precision)
}

/// Rounds nanoseconds to `precision` digits of a second.
fn round(nanos: i128, precision: u8) -> i128 {
    let step = step(precision);
    if step == 1 {
        return nanos;
    }
    floor(nanos + i128::from(step / 2), step) * i128::from(step)
}

/// Divides; 128 bits are slow, and most numbers fit 64.
fn floor(nanos: i128, by: i64) -> i128 {
    match i64::try_from(nanos) {
        Ok(small) => small.div_euclid(by).into(),
        Err(_) => nanos.div_euclid(by.into()),
    }
}

/// Takes away the white space around a text.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| match c {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        '\u{1c}'..='\u{1f}' => true,
        _ => c.is_whitespace(),
    })
}

fn unreadable(type_name: &str, text: &str) -> SqlError {
    SqlError::cast(format!("Value cannot be cast to {type_name}: {text}"))
}

fn out_of_range(to: &Type) -> SqlError {
    SqlError::range(format!("Out of range for {to}"))
}

/// Returns what the clock of a zone shows, in nanoseconds since 1970.
fn local(packed: i128) -> i128 {
    let (nanos, zone) = unpack(packed);
    let seconds = nanos.div_euclid(SECOND_NANOS.into());
    let offset = i64::try_from(seconds).map_or(0, |seconds| zone.offset_at(seconds));
    nanos + i128::from(offset) * i128::from(SECOND_NANOS)
}

/// Makes an array of `to` from timestamps: `short` of those that count units, `long` of those that
/// are nanoseconds.
fn each_timestamp<R: IntoBuilder>(
    array: &ArrayRef,
    precision: u8,
    to: &Type,
    safe: bool,
    short: impl Fn(i64) -> SqlResult<R>,
    long: impl Fn(i128) -> SqlResult<R>,
) -> SqlResult<ArrayRef> {
    if is_long(precision) { each(array, to, safe, long) } else { each(array, to, safe, short) }
}

/// Makes timestamps of `precision` digits from `nanos` of each value.
fn timestamps<'a, P: Param<'a>>(
    array: &'a ArrayRef,
    precision: u8,
    safe: bool,
    nanos: impl Fn(P) -> SqlResult<i128>,
) -> SqlResult<ArrayRef> {
    let to = &Type::Timestamp(precision);
    let rounded = |value| wrap_micros(round(nanos(value)?, precision), precision);
    if is_long(precision) {
        return each(array, to, safe, rounded);
    }
    let unit = unit(precision);
    each(array, to, safe, |value| {
        i64::try_from(floor(rounded(value)?, unit)).map_err(|_| out_of_range(to))
    })
}

/// Casts to `date`.
pub(super) fn to_date(array: &ArrayRef, from: &Type, safe: bool) -> SqlResult<ArrayRef> {
    let to = &Type::Date;
    let date = |days: i128| i32::try_from(days).map_err(|_| out_of_range(to));
    match from {
        Type::Varchar(_) => each(array, to, safe, |text: &str| {
            parse::date(trim(text)).ok_or_else(|| unreadable("date", text))
        }),
        Type::Timestamp(precision) => {
            let day = DAY_NANOS / unit(*precision);
            let short = |value: i64| date(value.div_euclid(day).into());
            each_timestamp(array, *precision, to, safe, short, |nanos| {
                date(floor(nanos, DAY_NANOS))
            })
        }
        Type::TimestampTz(_) => {
            each(array, to, safe, |packed: i128| date(local(packed).div_euclid(DAY_NANOS.into())))
        }
        _ => Err(no_cast(from, to)),
    }
}

/// Casts to `time(precision)`. What rounds up to midnight wraps to 00:00.
pub(super) fn to_time(
    array: &ArrayRef,
    from: &Type,
    precision: u8,
    safe: bool,
) -> SqlResult<ArrayRef> {
    let to = &Type::Time(precision);
    let step = step(precision);
    let rounded = move |nanos: i64| {
        if step == 1 {
            nanos % DAY_NANOS
        } else {
            (nanos + step / 2).div_euclid(step) * step % DAY_NANOS
        }
    };
    match from {
        Type::Varchar(_) => {
            each(array, to, safe, |text: &str| match parse::time(text, precision) {
                Some((nanos, digits)) if digits <= MAX_DIGITS => Ok(rounded(nanos)),
                _ => Err(unreadable("time", text)),
            })
        }
        Type::Time(_) => each(array, to, safe, |nanos: i64| Ok(rounded(nanos))),
        Type::Timestamp(precision) => {
            let unit = unit(*precision);
            let short = |value: i64| Ok(rounded(value.rem_euclid(DAY_NANOS / unit) * unit));
            each_timestamp(array, *precision, to, safe, short, |nanos: i128| {
                Ok(rounded(nanos.rem_euclid(DAY_NANOS.into()) as i64))
            })
        }
        Type::TimestampTz(_) => each(array, to, safe, |packed: i128| {
            Ok(rounded(local(packed).rem_euclid(DAY_NANOS.into()) as i64))
        }),
        _ => Err(no_cast(from, to)),
    }
}

/// Returns the start of a day, in nanoseconds since 1970.
fn midnight(day: i32) -> i128 {
    i128::from(day) * i128::from(DAY_NANOS)
}

/// Casts to `timestamp(precision)`. A time of day is one of `today`, in days since 1970.
pub(super) fn to_timestamp(
    today: i32,
    array: &ArrayRef,
    from: &Type,
    precision: u8,
    safe: bool,
) -> SqlResult<ArrayRef> {
    let to = &Type::Timestamp(precision);
    match from {
        Type::Varchar(_) => {
            timestamps(array, precision, safe, |text: &str| {
                match parse::timestamp(trim(text), precision) {
                    Some((nanos, zone, digits)) if digits <= MAX_DIGITS => {
                        Ok(zone.map_or(nanos, |zone| parse::shown(nanos, zone)))
                    }
                    _ => Err(unreadable("timestamp", text)),
                }
            })
        }
        Type::Date => {
            // Here microseconds do not wrap.
            let (least, most) = (i128::from(i64::MIN) * 1_000, i128::from(i64::MAX) * 1_000);
            timestamps(array, precision, safe, |days: i32| Ok(midnight(days).clamp(least, most)))
        }
        Type::Time(_) => {
            let today = midnight(today);
            timestamps(array, precision, safe, |nanos: i64| Ok(today + i128::from(nanos)))
        }
        Type::Timestamp(from) if is_long(*from) => {
            if *from <= precision {
                open::<i128>(array)?;
                return Ok(ArrayRef::clone(array));
            }
            timestamps(array, precision, safe, |nanos: i128| Ok(nanos))
        }
        Type::Timestamp(from) => {
            let from = (*from, unit(*from));
            if is_long(precision) {
                let nanos = i128::from(from.1);
                return each(array, to, safe, |value: i64| Ok(i128::from(value) * nanos));
            }
            let target = (precision, unit(precision));
            each(array, to, safe, |value: i64| {
                recount(value, from, target).ok_or_else(|| out_of_range(to))
            })
        }
        Type::TimestampTz(_) => {
            timestamps(array, precision, safe, |packed: i128| Ok(local(packed)))
        }
        _ => Err(no_cast(from, to)),
    }
}

/// Returns a timestamp of one precision in the unit of another: rounded, if that is coarser. Both
/// have up to 6 digits.
fn recount(value: i64, from: (u8, i64), to: (u8, i64)) -> Option<i64> {
    let rounded = if to.0 < from.0 {
        let step = step(to.0) / from.1;
        value.checked_add(step / 2)?.div_euclid(step).checked_mul(step)?
    } else {
        value
    };
    if to.1 <= from.1 {
        rounded.checked_mul(from.1 / to.1)
    } else {
        Some(rounded.div_euclid(to.1 / from.1))
    }
}

/// Casts to `timestamp(precision) with time zone`. A time of day is one of `today`.
pub(super) fn to_timestamp_tz(
    today: i32,
    array: &ArrayRef,
    from: &Type,
    precision: u8,
    safe: bool,
) -> SqlResult<ArrayRef> {
    let to = &Type::TimestampTz(precision);
    let packed = |utc: i128, zone: Zone| {
        let nanos = round(utc, precision);
        let millis = nanos.div_euclid(1_000_000);
        if millis.abs() >= 1 << 51 {
            let message = format!("Out of range for timestamp with time zone: {millis}");
            return Err(SqlError::cast(message));
        }
        Ok(zone.pack(nanos))
    };
    match from {
        Type::Varchar(_) => each(array, to, safe, |text: &str| {
            let unreadable = || unreadable("timestamp", text);
            let (local, zone, digits) =
                parse::timestamp(trim(text), precision).ok_or_else(unreadable)?;
            let zone = zone.unwrap_or(Zone::UTC);
            match parse::local_to_utc(local, zone) {
                Some(utc) if digits <= MAX_DIGITS => packed(utc, zone),
                _ => Err(unreadable()),
            }
        }),
        Type::Date => each(array, to, safe, |days: i32| packed(midnight(days), Zone::UTC)),
        Type::Time(_) => {
            let today = midnight(today);
            each(array, to, safe, |nanos: i64| packed(today + i128::from(nanos), Zone::UTC))
        }
        Type::Timestamp(from_precision) => {
            let unit = i128::from(unit(*from_precision));
            let short = |value: i64| packed(i128::from(value) * unit, Zone::UTC);
            each_timestamp(array, *from_precision, to, safe, short, |nanos| {
                packed(nanos, Zone::UTC)
            })
        }
        Type::TimestampTz(from_precision) if *from_precision <= precision => {
            open::<i128>(array)?;
            Ok(ArrayRef::clone(array))
        }
        Type::TimestampTz(_) => each(array, to, safe, |value: i128| {
            let (utc, zone) = unpack(value);
            packed(utc, zone)
        }),
        _ => Err(no_cast(from, to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_up() {
        for (nanos, precision, want) in [
            (1_500_000, 3, 2_000_000),
            (-1_500_000, 3, -1_000_000),
            (-1_500_001, 3, -2_000_000),
            (500_000_000, 0, 1_000_000_000),
            (7, 9, 7),
            (7, 12, 7),
        ] {
            assert_eq!(round(nanos, precision), want);
        }
    }

    #[test]
    fn timestamps_are_recounted() {
        for (value, from, to, want) in [
            (1_500, 3, 0, Some(2_000)),
            (-1_500, 3, 0, Some(-1_000)),
            (1_500, 6, 3, Some(2)),
            (1, 3, 6, Some(1_000)),
            (i64::MAX, 3, 6, None),
            (1_999, 6, 5, Some(2_000)),
        ] {
            assert_eq!(recount(value, (from, unit(from)), (to, unit(to))), want, "{value}");
        }
    }
}
