//! `+`, `-`, `*` and `/` of dates, times, timestamps and intervals.

use super::civil::{DAY_MILLIS, DAY_NANOS};
use super::clock::{
    Clock, Clocks, ZonedTime, each_timestamp, long_overflow, pack, to_date, wrap_micros,
};
use super::zoned;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

const NANOS_PER_MILLI: i64 = 1_000_000;

pub(super) fn register(registry: &mut Registry) {
    shifts(registry);
    differences(registry);
    intervals(registry);
}

/// Times moved by intervals.
fn shifts(registry: &mut Registry) {
    for signature in [
        "(date, interval day to second) -> date",
        "(time(p), interval day to second) -> time(p)",
        "(timestamp(p), interval day to second) -> timestamp(p)",
        "(timestamp(p) with time zone, interval day to second) -> timestamp(p) with time zone",
    ] {
        registry.add("$add", signature, |call| move_by_millis(call, 0, 1)).returns(with_millis);
        registry
            .add("$subtract", signature, |call| move_by_millis(call, 0, -1))
            .returns(with_millis);
    }
    for signature in [
        "(interval day to second, date) -> date",
        "(interval day to second, time(p)) -> time(p)",
        "(interval day to second, timestamp(p)) -> timestamp(p)",
        "(interval day to second, timestamp(p) with time zone) -> timestamp(p) with time zone",
    ] {
        registry.add("$add", signature, |call| move_by_millis(call, 1, 1)).returns(with_millis);
    }
    for signature in [
        "(date, interval year to month) -> date",
        "(timestamp(p), interval year to month) -> timestamp(p)",
        "(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone",
    ] {
        registry.add("$add", signature, |call| move_by_months(call, 0, 1));
        registry.add("$subtract", signature, |call| move_by_months(call, 0, -1));
    }
    for signature in [
        "(interval year to month, date) -> date",
        "(interval year to month, timestamp(p)) -> timestamp(p)",
        "(interval year to month, timestamp(p) with time zone) -> timestamp(p) with time zone",
    ] {
        registry.add("$add", signature, |call| move_by_months(call, 1, 1));
    }
}

/// Times moved by milliseconds have at least three digits.
fn with_millis(types: &[Type]) -> SqlResult<Type> {
    let moved = types.iter().find(|data_type| !matches!(data_type, Type::IntervalDay));
    Ok(match moved {
        Some(Type::Time(precision)) => Type::Time((*precision).max(3)),
        Some(Type::Timestamp(precision)) => Type::Timestamp((*precision).max(3)),
        Some(Type::TimestampTz(precision)) => Type::TimestampTz((*precision).max(3)),
        _ => Type::Date,
    })
}

fn move_by_millis(call: &Call<'_>, at: usize, sign: i64) -> SqlResult<ArrayRef> {
    let by = call.column::<i64>(1 - at)?;
    let nanos = |row| by.get(row).map(|millis| i128::from(millis) * i128::from(sign) * 1_000_000);
    match call.argument_type(at) {
        Type::Date => {
            let days = call.column::<i32>(at)?;
            call.each(|row| {
                let (Some(day), Some(millis)) = (days.get(row), by.get(row)) else {
                    return Ok(None);
                };
                if millis % DAY_MILLIS != 0 {
                    let (verb, to) = if sign > 0 { ("add", "to") } else { ("subtract", "from") };
                    let text = format!("Cannot {verb} hour, minutes or seconds {to} a date");
                    return Err(SqlError::argument(text));
                }
                to_date(i64::from(day) + sign * (millis / DAY_MILLIS)).map(Some)
            })
        }
        Type::Time(_) => {
            let times = call.column::<i64>(at)?;
            call.each(|row| {
                let (Some(time), Some(millis)) = (times.get(row), by.get(row)) else {
                    return Ok(None);
                };
                let moved = time + sign * (millis % DAY_MILLIS) * NANOS_PER_MILLI;
                Ok(Some(moved.rem_euclid(DAY_NANOS)))
            })
        }
        Type::TimestampTz(_) => {
            let values = call.column::<i128>(at)?;
            call.each(|row| {
                let (Some(packed), Some(nanos)) = (values.get(row), nanos(row)) else {
                    return Ok(None);
                };
                let (utc, zone) = traillake_sql_types::zone::unpack(packed);
                pack(utc + nanos, zone, Code::NumericValueOutOfRange).map(Some)
            })
        }
        data_type => {
            let (clocks, precision) = (Clocks::open(call, at)?, precision(data_type).max(3));
            each_timestamp(call, precision, Code::NumericValueOutOfRange, |row| {
                let (Some(clock), Some(nanos)) = (clocks.get(row), nanos(row)) else {
                    return Ok(None);
                };
                let moved = wrap_micros(clock.since_1970() + nanos, precision)?;
                Ok(Some(Clock::of_nanos(moved)))
            })
        }
    }
}

fn move_by_months(call: &Call<'_>, at: usize, sign: i64) -> SqlResult<ArrayRef> {
    let by = call.column::<i32>(1 - at)?;
    let months = |row| by.get(row).map(|months| sign * i64::from(months));
    if let Type::TimestampTz(_) = call.argument_type(at) {
        let values = call.column::<i128>(at)?;
        return call.each(|row| {
            let (Some(packed), Some(months)) = (values.get(row), months(row)) else {
                return Ok(None);
            };
            let moment = ZonedTime::of_packed(packed);
            let local = moment.local.add_months(months).since_1970();
            pack(
                zoned::to_utc_near(local, moment.zone, moment.utc),
                moment.zone,
                Code::NumericValueOutOfRange,
            )
            .map(Some)
        });
    }
    let clocks = Clocks::open(call, at)?;
    let moved = |row| match (clocks.get(row), months(row)) {
        (Some(clock), Some(months)) => Some(clock.add_months(months)),
        _ => None,
    };
    match call.argument_type(at) {
        Type::Timestamp(precision) => {
            each_timestamp(call, *precision, Code::NumericValueOutOfRange, |row| Ok(moved(row)))
        }
        _ => call.each(|row| moved(row).map(|clock| to_date(clock.day)).transpose()),
    }
}

fn precision(data_type: &Type) -> u8 {
    match data_type {
        Type::Time(p) | Type::Timestamp(p) | Type::TimestampTz(p) => *p,
        _ => 0,
    }
}

/// The interval between two times.
fn differences(registry: &mut Registry) {
    for signature in [
        "(date, date) -> interval day to second",
        "(time(p), time(p)) -> interval day to second",
        "(timestamp(p), timestamp(p)) -> interval day to second",
    ] {
        registry.add("$subtract", signature, |call| {
            let (a, b) = (Clocks::open(call, 0)?, Clocks::open(call, 1)?);
            call.each(|row| match (a.get(row), b.get(row)) {
                (Some(a), Some(b)) => rounded_millis(a.since_1970() - b.since_1970()).map(Some),
                _ => Ok(None),
            })
        });
    }
    registry.add(
        "$subtract",
        "(timestamp(p) with time zone, timestamp(p) with time zone) -> interval day to second",
        |call| {
            call.map2(|a: i128, b: i128| {
                let unpack = traillake_sql_types::zone::unpack;
                rounded_millis(unpack(a).0 - unpack(b).0)
            })
        },
    );
}

/// Returns nanoseconds as milliseconds, half of one rounded up.
fn rounded_millis(nanos: i128) -> SqlResult<i64> {
    let millis = (nanos + 500_000).div_euclid(1_000_000);
    i64::try_from(millis).map_err(|_| long_overflow(Code::NumericValueOutOfRange))
}

/// Arithmetic of intervals with intervals and numbers. Days to seconds wrap at 64 bits, years to
/// months must fit 32.
fn intervals(registry: &mut Registry) {
    let days = "(interval day to second, interval day to second) -> interval day to second";
    registry.add("$add", days, |call| call.map2(|a: i64, b: i64| Ok(a.wrapping_add(b))));
    registry.add("$subtract", days, |call| call.map2(|a: i64, b: i64| Ok(a.wrapping_sub(b))));
    let years = "(interval year to month, interval year to month) -> interval year to month";
    registry
        .add("$add", years, |call| call.map2(|a: i32, b: i32| months(i64::from(a) + i64::from(b))));
    registry.add("$subtract", years, |call| {
        call.map2(|a: i32, b: i32| months(i64::from(a) - i64::from(b)))
    });
    registry.add("$negate", "(interval day to second) -> interval day to second", |call| {
        call.map1(|millis: i64| Ok(millis.wrapping_neg()))
    });
    registry.add("$negate", "(interval year to month) -> interval year to month", |call| {
        call.map1(|value: i32| months(-i64::from(value)))
    });
    products_of_days(registry);
    products_of_years(registry);
}

fn products_of_days(registry: &mut Registry) {
    let multiply = "$multiply";
    registry.add(multiply, "(interval day to second, bigint) -> interval day to second", |call| {
        call.map2(|a: i64, b: i64| Ok(a.wrapping_mul(b)))
    });
    registry.add(multiply, "(bigint, interval day to second) -> interval day to second", |call| {
        call.map2(|a: i64, b: i64| Ok(a.wrapping_mul(b)))
    });
    registry.add(multiply, "(interval day to second, double) -> interval day to second", |call| {
        call.map2(|a: i64, b: f64| times(a, b))
    });
    registry.add(multiply, "(double, interval day to second) -> interval day to second", |call| {
        call.map2(|a: f64, b: i64| times(b, a))
    });
    registry.add("$divide", "(interval day to second, double) -> interval day to second", |call| {
        call.map2(|a: i64, b: f64| over(a, b))
    });
}

fn products_of_years(registry: &mut Registry) {
    let multiply = "$multiply";
    registry.add(multiply, "(interval year to month, bigint) -> interval year to month", |call| {
        call.map2(|a: i32, b: i64| months(i64::from(a).wrapping_mul(b)))
    });
    registry.add(multiply, "(bigint, interval year to month) -> interval year to month", |call| {
        call.map2(|a: i64, b: i32| months(i64::from(b).wrapping_mul(a)))
    });
    registry.add(multiply, "(interval year to month, double) -> interval year to month", |call| {
        call.map2(|a: i32, b: f64| months(times(i64::from(a), b)?))
    });
    registry.add(multiply, "(double, interval year to month) -> interval year to month", |call| {
        call.map2(|a: f64, b: i32| months(times(i64::from(b), a)?))
    });
    registry.add("$divide", "(interval year to month, double) -> interval year to month", |call| {
        call.map2(|a: i32, b: f64| months(over(i64::from(a), b)?))
    });
}

fn months(value: i64) -> SqlResult<i32> {
    i32::try_from(value).map_err(|_| {
        let what = if value > 0 { "exceeds MAX_INT" } else { "is less than MIN_INT" };
        SqlError::range(format!("Value {value} {what} for type interval year to month"))
    })
}

fn times(value: i64, factor: f64) -> SqlResult<i64> {
    if factor.is_nan() {
        return Err(SqlError::argument("Cannot multiply by double NaN"));
    }
    // The cast saturates, as Trino's does.
    Ok((value as f64 * factor) as i64)
}

fn over(value: i64, divisor: f64) -> SqlResult<i64> {
    if divisor.is_nan() || divisor == 0.0 {
        return Err(SqlError::argument(format!("Cannot divide by double {divisor:?}")));
    }
    Ok((value as f64 / divisor) as i64)
}
