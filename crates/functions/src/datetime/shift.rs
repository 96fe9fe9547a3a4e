//! `date_add` and `date_diff`.

use super::civil::{Civil, DAY_MILLIS, DAY_NANOS, is_leap, month_length};
use super::clock::{Clock, Clocks, ZonedTime, each_timestamp, pack, round, to_date};
use super::unit::{Length, Unit, Units};
use super::zoned;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    for signature in [
        "(varchar, bigint, date) -> date",
        "(varchar, bigint, time(p)) -> time(p)",
        "(varchar, bigint, timestamp(p)) -> timestamp(p)",
        "(varchar, bigint, timestamp(p) with time zone) -> timestamp(p) with time zone",
    ] {
        registry.add("date_add", signature, date_add);
    }
    for signature in [
        "(varchar, date, date) -> bigint",
        "(varchar, time(p), time(p)) -> bigint",
        "(varchar, timestamp(p), timestamp(p)) -> bigint",
        "(varchar, timestamp(p) with time zone, timestamp(p) with time zone) -> bigint",
    ] {
        registry.add("date_diff", signature, date_diff);
    }
}

fn date_add(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(2);
    let (units, amounts) = (Units::open(call, data_type)?, call.column::<i64>(1)?);
    let next = |row| -> SqlResult<Option<(Unit, i64)>> {
        let Some(amount) = amounts.get(row) else { return Ok(None) };
        Ok(units.get(row)?.map(|unit| (unit, amount)))
    };
    match data_type {
        Type::Time(precision) => {
            let values = call.column::<i64>(2)?;
            call.each(|row| {
                let Some(nanos) = values.get(row) else { return Ok(None) };
                Ok(next(row)?.map(|(unit, amount)| add_to_time(nanos, *precision, unit, amount)))
            })
        }
        Type::TimestampTz(precision) => {
            let values = call.column::<i128>(2)?;
            call.each(|row| {
                let Some(packed) = values.get(row) else { return Ok(None) };
                let Some((unit, amount)) = next(row)? else { return Ok(None) };
                let moment = ZonedTime::of_packed(packed);
                let utc = add_to_moment(moment, unit, amount)?;
                pack(round(utc, *precision), moment.zone, Code::NumericValueOutOfRange).map(Some)
            })
        }
        _ => {
            let clocks = Clocks::open(call, 2)?;
            let code = match data_type {
                Type::Date => Code::NumericValueOutOfRange,
                _ => Code::InvalidFunctionArgument,
            };
            let next = |row| -> SqlResult<Option<Clock>> {
                let Some(clock) = clocks.get(row) else { return Ok(None) };
                next(row)?.map(|(unit, amount)| add_to_clock(clock, unit, amount, code)).transpose()
            };
            match data_type {
                Type::Timestamp(precision) => each_timestamp(call, *precision, code, |row| {
                    let rounded = |clock: Clock| match precision {
                        0..=2 => Clock::of_nanos(round(clock.since_1970(), *precision)),
                        _ => clock,
                    };
                    Ok(next(row)?.map(rounded))
                }),
                _ => call.each(|row| next(row)?.map(|clock| to_date(clock.day)).transpose()),
            }
        }
    }
}

/// The first and last years that Trino calculates with, about.
const MAX_YEAR: i64 = 292_278_993;

/// Returns the amount as Trino takes it: of 32 bits.
fn small(amount: i64, code: Code) -> SqlResult<i64> {
    i32::try_from(amount).map(i64::from).map_err(|_| SqlError::new(code, "integer overflow"))
}

fn add_to_clock(clock: Clock, unit: Unit, amount: i64, code: Code) -> SqlResult<Clock> {
    let amount = small(amount, code)?;
    let too_large = |text: String| SqlError::new(code, text);
    Ok(match unit.length() {
        Length::Nanos(length) => {
            Clock::of_nanos(clock.since_1970() + i128::from(amount) * i128::from(length))
        }
        Length::Days(length) => Clock { day: clock.day + amount * length, ..clock },
        Length::Months(12) => {
            let year = clock.civil().year;
            if i32::try_from(year + amount).is_err() {
                let text = format!("The calculation caused an overflow: {year} + {amount}");
                return Err(too_large(text));
            }
            clock.add_months(amount * 12)
        }
        Length::Months(length) => {
            let months = amount * length;
            let moved = clock.add_months(months);
            if i32::try_from(months).is_err() && moved.civil().year.abs() > MAX_YEAR {
                let text = format!("Magnitude of add amount is too large: {months}");
                return Err(too_large(text));
            }
            moved
        }
    })
}

/// Hours and less are added to the instant; days and more to what the clock shows.
fn add_to_moment(moment: ZonedTime, unit: Unit, amount: i64) -> SqlResult<i128> {
    let code = Code::InvalidFunctionArgument;
    if let Length::Nanos(length) = unit.length() {
        return Ok(moment.utc + i128::from(small(amount, code)?) * i128::from(length));
    }
    let local = add_to_clock(moment.local, unit, amount, code)?;
    Ok(zoned::to_utc_near(local.since_1970(), moment.zone, moment.utc))
}

/// Wraps at midnight.
fn add_to_time(nanos: i64, precision: u8, unit: Unit, amount: i64) -> i64 {
    let Length::Nanos(length) = unit.length() else { return nanos };
    let sum = i128::from(nanos) + i128::from(amount) * i128::from(length);
    round(sum, precision).rem_euclid(i128::from(DAY_NANOS)) as i64
}

fn date_diff(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(1);
    let units = Units::open(call, data_type)?;
    if let Type::TimestampTz(_) = data_type {
        let (from, to) = (call.column::<i128>(1)?, call.column::<i128>(2)?);
        return call.each(|row| {
            let (Some(from), Some(to)) = (from.get(row), to.get(row)) else { return Ok(None) };
            let (from, to) = (ZonedTime::of_packed(from), ZonedTime::of_packed(to));
            Ok(units.get(row)?.map(|unit| diff_moments(from, to, unit)))
        });
    }
    let (from, to) = (Clocks::open(call, 1)?, Clocks::open(call, 2)?);
    let is_time = matches!(data_type, Type::Time(_));
    call.each(|row| {
        let (Some(from), Some(to)) = (from.get(row), to.get(row)) else { return Ok(None) };
        Ok(units.get(row)?.map(|unit| match unit.length() {
            Length::Nanos(length) if is_time => (to.nanos - from.nanos) / length,
            _ => diff(from.millis(), to.millis(), unit),
        }))
    })
}

/// Days and more are those of the first one's zone.
fn diff_moments(from: ZonedTime, to: ZonedTime, unit: Unit) -> i64 {
    match unit.length() {
        Length::Nanos(_) => {
            diff(Clock::of_nanos(from.utc).millis(), Clock::of_nanos(to.utc).millis(), unit)
        }
        Length::Days(_) | Length::Months(_) => {
            let to = Clock::of_nanos(zoned::to_local(to.utc, from.zone));
            diff(from.local.millis(), to.millis(), unit)
        }
    }
}

/// Returns the number of whole units between two times in milliseconds.
fn diff(from: i64, to: i64, unit: Unit) -> i64 {
    let (sign, from, to) = if to < from { (-1, to, from) } else { (1, from, to) };
    let count = match unit.length() {
        Length::Nanos(length) => to.saturating_sub(from) / (length / 1_000_000),
        Length::Days(length) => to.saturating_sub(from) / (length * DAY_MILLIS),
        Length::Months(12) => years(from, to),
        Length::Months(length) => months(from, to) / length,
    };
    sign * count
}

fn split(millis: i64) -> (Civil, i64) {
    (Civil::of_days(millis.div_euclid(DAY_MILLIS)), millis.rem_euclid(DAY_MILLIS))
}

/// Returns the whole months from one time to a later one. The end of a shorter month counts as the
/// day that it lacks.
fn months(from: i64, to: i64) -> i64 {
    let ((start, start_time), (end, end_time)) = (split(from), split(to));
    let count = (end.year - start.year) * 12 + i64::from(end.month) - i64::from(start.month);
    let start_day = if end.day == month_length(end.year, end.month) {
        start.day.min(end.day)
    } else {
        start.day
    };
    count - i64::from((end.day, end_time) < (start_day, start_time))
}

/// Returns the whole years from one time to a later one. Leap days do not count.
fn years(from: i64, to: i64) -> i64 {
    /// February 29th, or March 1st in other years, in milliseconds since the year began.
    const FEBRUARY_29: i64 = (31 + 28) * DAY_MILLIS;
    let of_year = |millis: i64| {
        let (civil, time) = split(millis);
        (civil.year, (civil.day_of_year() - 1) * DAY_MILLIS + time)
    };
    let ((start, mut start_rest), (end, mut end_rest)) = (of_year(from), of_year(to));
    if start_rest >= FEBRUARY_29 {
        if is_leap(start) {
            if !is_leap(end) {
                start_rest -= DAY_MILLIS;
            }
        } else if end_rest >= FEBRUARY_29 && is_leap(end) {
            end_rest -= DAY_MILLIS;
        }
    }
    end - start - i64::from(end_rest < start_rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datetime::parse;

    #[test]
    fn differences() {
        for (unit, from, to, want) in [
            (Unit::Day, "2020-01-01 23:00", "2020-01-02 01:00", 0),
            (Unit::Month, "2020-01-31", "2020-02-29", 1),
            (Unit::Month, "2020-02-29", "2020-01-31", -1),
            (Unit::Month, "2020-01-31 12:00:00.5", "2020-02-29 12:00:00.4", 0),
            (Unit::Month, "2020-01-30 12:00", "2020-03-30 11:00", 1),
            (Unit::Quarter, "2020-01-31", "2020-04-30", 1),
            (Unit::Year, "2020-02-29", "2021-02-28", 1),
            (Unit::Year, "2019-03-01", "2020-02-29", 0),
            (Unit::Second, "2020-01-01 00:00:01.4", "2020-01-01 00:00:00.5", 0),
        ] {
            let millis = |text| Clock::of_nanos(parse::timestamp(text, 9).unwrap().0).millis();
            assert_eq!(diff(millis(from), millis(to), unit), want, "{unit:?} {from} {to}");
        }
    }

    #[test]
    fn times_wrap_at_midnight() {
        let second = 1_000_000_000;
        assert_eq!(add_to_time(0, 0, Unit::Millisecond, -501), 86_399 * second);
        assert_eq!(add_to_time(0, 3, Unit::Hour, i64::MAX), 7 * 3_600 * second);
    }
}
