//! `date_trunc`.

use super::civil::{self, Civil, DAY_SECONDS, SECOND_NANOS};
use super::clock::{Clock, Clocks, ZonedTime, each_timestamp, long_overflow, pack, to_date};
use super::unit::{Length, Unit, Units};
use super::zoned;
use crate::call::{Call, Column};
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
    if let (Clocks::Timestamp(values, per_second), Some(Ok(unit))) = (&clocks, units.constant())
        && let Some(span) = Span::of(*unit, *per_second)
    {
        return truncate_to_spans(call, values, span);
    }
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

/// A unit that is always as long, in what a timestamp counts.
#[derive(Clone, Copy)]
struct Span {
    length: i64,
    /// What must be added to a timestamp for units to begin at multiples of their length.
    offset: i64,
    /// Microseconds in one of what the timestamp counts.
    micros: i64,
}

impl Span {
    fn of(unit: Unit, per_second: i64) -> Option<Self> {
        let per_day = per_second * DAY_SECONDS;
        let (length, offset) = match unit.length() {
            Length::Nanos(nanos) => (nanos / (SECOND_NANOS / per_second), 0),
            // 1970 began on a Thursday, and a week does on Monday.
            Length::Days(days) => (days * per_day, if days == 7 { 3 * per_day } else { 0 }),
            Length::Months(_) => return None,
        };
        (length > 0).then_some(Self { length, offset, micros: 1_000_000 / per_second })
    }

    /// Returns when the unit began that `value` is in, if a timestamp can hold it.
    fn start(self, value: i64) -> Option<i64> {
        let within = value.checked_add(self.offset)?.rem_euclid(self.length);
        let start = value.checked_sub(within)?;
        start.checked_mul(self.micros).map(|_| start)
    }
}

/// Rows are mostly sorted by time, so the unit of one is mostly that of the row before.
fn truncate_to_spans(call: &Call<'_>, values: &Column<'_, i64>, span: Span) -> SqlResult<ArrayRef> {
    let mut last: Option<i64> = None;
    call.each(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let is_in = |start: i64| (0..span.length).contains(&value.wrapping_sub(start));
        if last.is_none_or(|start| !is_in(start)) {
            let start = span.start(value);
            last = Some(start.ok_or_else(|| long_overflow(Code::NumericValueOutOfRange))?);
        }
        Ok(last)
    })
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

    #[test]
    fn spans_begin_where_the_clock_says() {
        let units = [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Week];
        for (per_second, precision) in [(1_000, 3), (1_000_000, 6)] {
            for value in [0, -1, 1, 999, -86_400_001, 1_700_000_000_123, -1_700_000_000_123] {
                for unit in units {
                    let span = Span::of(unit, per_second).unwrap();
                    let expected = truncate(Clock::of_units(value, per_second), unit);
                    assert_eq!(span.start(value), expected.to_units(precision), "{value} {unit:?}");
                }
            }
            let second = Span::of(Unit::Second, per_second).unwrap();
            assert_eq!(second.start(i64::MIN + 1), expected_at_the_end(precision));
        }
        assert!(
            Span::of(Unit::Millisecond, 100).is_none() && Span::of(Unit::Year, 1_000).is_none()
        );
    }

    fn expected_at_the_end(precision: u8) -> Option<i64> {
        let clock = Clock::of_units(i64::MIN + 1, 10_i64.pow(precision.into()));
        truncate(clock, Unit::Second).to_units(precision)
    }
}
