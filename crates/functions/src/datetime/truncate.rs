//! `date_trunc`.

use super::civil::{self, Civil};
use super::clock::{Clock, Clocks, ZonedTime, each_timestamp, pack, to_date};
use super::unit::{Length, Unit, Units};
use super::zoned;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    for signature in [
        "(varchar, date) -> date",
        "(varchar, time(p)) -> time(p)",
        "(varchar, timestamp(p)) -> timestamp(p)",
        "(varchar, timestamp(p) with time zone) -> timestamp(p) with time zone",
    ] {
        registry.add("date_trunc", signature, date_trunc);
    }
}

/// Returns the last time that a unit began.
#[inline]
fn truncate(clock: Clock, unit: Unit) -> Clock {
    let first_of =
        |month: u8, civil: Civil| Clock::midnight(Civil { month, day: 1, ..civil }.days());
    match unit {
        Unit::Day => Clock::midnight(clock.day),
        Unit::Week => Clock::midnight(clock.day - civil::day_of_week(clock.day) + 1),
        Unit::Month => Clock::midnight(clock.day - i64::from(clock.civil().day) + 1),
        Unit::Quarter => {
            let civil = clock.civil();
            first_of((civil.month - 1) / 3 * 3 + 1, civil)
        }
        Unit::Year => first_of(1, clock.civil()),
        Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour => match unit.length() {
            Length::Nanos(length) => Clock { nanos: clock.nanos - clock.nanos % length, ..clock },
            Length::Days(_) | Length::Months(_) => clock,
        },
    }
}

fn date_trunc(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(1);
    let units = Units::open(call, data_type)?;
    if let Type::TimestampTz(_) = data_type {
        let values = call.column::<i128>(1)?;
        return call.each(|row| {
            let Some(packed) = values.get(row) else { return Ok(None) };
            let Some(unit) = units.get(row)? else { return Ok(None) };
            truncate_zoned(ZonedTime::of_packed(packed), unit).map(Some)
        });
    }
    let clocks = Clocks::open(call, 1)?;
    let next = |row| -> SqlResult<Option<Clock>> {
        let Some(clock) = clocks.get(row) else { return Ok(None) };
        Ok(units.get(row)?.map(|unit| truncate(clock, unit)))
    };
    match data_type {
        Type::Date => call.each(|row| next(row)?.map(|clock| to_date(clock.day)).transpose()),
        Type::Timestamp(precision) => {
            each_timestamp(call, *precision, Code::NumericValueOutOfRange, next)
        }
        _ => call.each(|row| Ok(next(row)?.map(|clock| clock.nanos))),
    }
}

/// Parts of a day are cut off the instant, so that an hour that comes twice stays the one it was.
fn truncate_zoned(moment: ZonedTime, unit: Unit) -> SqlResult<i128> {
    let local = truncate(moment.local, unit);
    let utc = match unit.length() {
        Length::Nanos(_) => moment.utc - i128::from(moment.local.nanos - local.nanos),
        Length::Days(_) | Length::Months(_) => {
            zoned::to_utc_near(local.since_1970(), moment.zone, moment.utc)
        }
    };
    pack(utc, moment.zone, Code::NumericValueOutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_begin_where_they_begin() {
        // 2020-05-10 12:34:56.123456789
        let clock = Clock { day: 18_392, nanos: 45_296_123_456_789 };
        for (unit, day, nanos) in [
            (Unit::Millisecond, 18_392, 45_296_123_000_000),
            (Unit::Second, 18_392, 45_296_000_000_000),
            (Unit::Minute, 18_392, 45_240_000_000_000),
            (Unit::Hour, 18_392, 43_200_000_000_000),
            (Unit::Day, 18_392, 0),
            (Unit::Week, 18_386, 0),
            (Unit::Month, 18_383, 0),
            (Unit::Quarter, 18_353, 0),
            (Unit::Year, 18_262, 0),
        ] {
            assert_eq!(truncate(clock, unit), Clock { day, nanos }, "{unit:?}");
        }
    }
}
