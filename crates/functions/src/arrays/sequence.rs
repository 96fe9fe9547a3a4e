//! `sequence` of numbers, dates and timestamps.

use super::item;
use crate::builder::{self, end_of};
use crate::call::{Call, Param};
use crate::datetime::DAY_MILLIS;
use crate::registry::Registry;
use arrow::array::{ArrayData, ArrayRef, make_array};
use arrow::buffer::Buffer;
use arrow::datatypes::ArrowNativeType;
use chrono::{Datelike, Months, NaiveDate};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{arrow_type, is_long, units_per_second};
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("sequence", "(bigint, bigint) -> array(bigint)", numbers);
    registry.add("sequence", "(bigint, bigint, bigint) -> array(bigint)", numbers);
    registry.add("sequence", "(date, date) -> array(date)", dates);
    registry.add("sequence", "(date, date, interval day to second) -> array(date)", dates);
    registry.add("sequence", "(date, date, interval year to month) -> array(date)", dates_by_month);
    registry.add(
        "sequence",
        "(timestamp(p), timestamp(p), interval day to second) -> array(timestamp(p))",
        timestamps,
    );
    registry.add(
        "sequence",
        "(timestamp(p), timestamp(p), interval year to month) -> array(timestamp(p))",
        timestamps_by_month,
    );
}

/// The most elements of a sequence.
const MAX_LENGTH: i128 = 10_000;

/// Builds arrays of the numbers of sequences.
struct Sequences<N> {
    values: Vec<N>,
    offsets: Vec<i32>,
    nulls: Vec<bool>,
}

impl<N: ArrowNativeType> Sequences<N> {
    fn new() -> Self {
        Self { values: Vec::new(), offsets: vec![0], nulls: Vec::new() }
    }

    fn end(&mut self, valid: bool) -> SqlResult<()> {
        self.offsets.push(end_of(self.values.len())?);
        self.nulls.push(valid);
        Ok(())
    }

    fn finish(self, data_type: &Type) -> SqlResult<ArrayRef> {
        let values = ArrayData::builder(arrow_type(item(data_type)?))
            .len(self.values.len())
            .add_buffer(Buffer::from_vec(self.values))
            .build()?;
        builder::list(self.offsets, make_array(values), self.nulls, data_type)
    }
}

/// Numbers that sequences are calculated with: 128 bits hold all of them, and their steps.
trait Count: ArrowNativeType + Into<i128> + TryFrom<i128> {}

impl Count for i64 {}
impl Count for i128 {}

/// Checks a step, and its direction.
fn check(start: impl Into<i128>, stop: impl Into<i128>, step: impl Into<i128>) -> SqlResult<()> {
    let (start, stop, step): (i128, i128, i128) = (start.into(), stop.into(), step.into());
    if step == 0 {
        return Err(SqlError::argument("step must not be zero"));
    }
    if if step > 0 { stop < start } else { stop > start } {
        return Err(SqlError::argument(
            "sequence stop value should be greater than or equal to start value if step is greater \
             than zero otherwise stop should be less than or equal to start",
        ));
    }
    Ok(())
}

/// Returns the number of elements that steps over a distance give.
fn length(distance: i128, step: i128) -> SqlResult<i64> {
    let length = distance / step + 1;
    if length > MAX_LENGTH {
        return Err(SqlError::argument(format!(
            "result of sequence function must not have more than {MAX_LENGTH} entries"
        )));
    }
    Ok(length as i64)
}

/// Adds `start`, `start + step`, ... up to `stop`.
fn steps<N: Count>(start: N, stop: N, step: i128, out: &mut Vec<N>) -> SqlResult<()> {
    check(start, stop, step)?;
    let (start, stop): (i128, i128) = (start.into(), stop.into());
    let length = length(stop - start, step)?;
    // None passes `stop`, so all are there.
    out.extend((0..length).filter_map(|at| N::try_from(start + step * i128::from(at)).ok()));
    Ok(())
}

/// The step of argument 2, or 1 towards `stop`.
fn step_or_one(step: Option<i64>, start: i64, stop: i64) -> i64 {
    step.unwrap_or(if start <= stop { 1 } else { -1 })
}

/// Makes the result: `f` adds the numbers from a start to a stop, with the step if the call has one.
fn each_sequence<'a, A: Param<'a>, S: Param<'a>, N: ArrowNativeType>(
    call: &Call<'a>,
    mut f: impl FnMut(A, A, Option<S>, &mut Vec<N>) -> SqlResult<()>,
) -> SqlResult<ArrayRef> {
    let (starts, stops) = (call.column::<A>(0)?, call.column::<A>(1)?);
    let by = if call.len() > 2 { Some(call.column::<S>(2)?) } else { None };
    let mut out = Sequences::<N>::new();
    for row in 0..call.rows() {
        let step = by.as_ref().map(|by| by.get(row));
        let valid = match (starts.get(row), stops.get(row), step) {
            (_, _, Some(None)) | (None, _, _) | (_, None, _) => false,
            (Some(start), Some(stop), step) => {
                f(start, stop, step.flatten(), &mut out.values)?;
                true
            }
        };
        out.end(valid)?;
    }
    out.finish(call.result())
}

/// [`each_sequence`] of calls that have a step.
fn each_with_step<'a, A: Param<'a>, S: Param<'a>, N: ArrowNativeType>(
    call: &Call<'a>,
    mut f: impl FnMut(A, A, S, &mut Vec<N>) -> SqlResult<()>,
) -> SqlResult<ArrayRef> {
    each_sequence(call, |start, stop, step: Option<S>, out| match step {
        Some(step) => f(start, stop, step, out),
        None => Err(SqlError::internal("the sequence has no step")),
    })
}

/// `sequence(number, number[, step])`
fn numbers(call: &Call<'_>) -> SqlResult<ArrayRef> {
    each_sequence(call, |start: i64, stop: i64, step: Option<i64>, out| {
        steps(start, stop, step_or_one(step, start, stop).into(), out)
    })
}

/// `sequence(date, date[, interval])`
fn dates(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let mut days = Vec::new();
    each_sequence(call, |start: i32, stop: i32, step: Option<i64>, out| {
        let (start, stop) = (i64::from(start), i64::from(stop));
        let step = match step {
            Some(millis) if millis % DAY_MILLIS != 0 => {
                return Err(SqlError::argument(
                    "sequence step must be a day interval if start and end values are dates",
                ));
            }
            millis => step_or_one(millis.map(|millis| millis / DAY_MILLIS), start, stop),
        };
        days.clear();
        steps(start, stop, step.into(), &mut days)?;
        out.extend(days.iter().map(|day| *day as i32));
        Ok(())
    })
}

/// `sequence(timestamp, timestamp, interval day to second)`
fn timestamps(call: &Call<'_>) -> SqlResult<ArrayRef> {
    match call.argument_type(0) {
        Type::Timestamp(precision) if is_long(*precision) => timestamps_of::<i128>(call),
        _ => timestamps_of::<i64>(call),
    }
}

/// Returns how many units of a call's timestamps a millisecond has.
fn per_milli(call: &Call<'_>) -> i64 {
    match call.argument_type(0) {
        Type::Timestamp(precision) => units_per_second(*precision) / 1_000,
        _ => 1,
    }
}

fn timestamps_of<N: Count + for<'a> Param<'a>>(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let scale = i128::from(per_milli(call));
    each_with_step(call, |start: N, stop: N, millis: i64, out| {
        check(start, stop, millis)?;
        let step = i128::from(millis) * scale;
        let first = out.len();
        steps(start, stop, step, out)?;
        if let Type::Timestamp(precision @ 0..=2) = call.argument_type(0)
            && out.len() - first > 1
            && step % 10_i128.pow(3 - u32::from(*precision)) != 0
        {
            return Err(SqlError::argument(format!(
                "sequence step must be a multiple of the precision of {}",
                call.argument_type(0)
            )));
        }
        Ok(())
    })
}

/// A local time.
#[derive(Debug, Clone, Copy)]
struct LocalTime {
    date: NaiveDate,
    /// Since midnight, in the caller's unit.
    time: i64,
}

impl LocalTime {
    fn new(value: i64, per_day: i64) -> SqlResult<Self> {
        let date = i32::try_from(value.div_euclid(per_day)).ok();
        let date = date.and_then(NaiveDate::from_epoch_days).ok_or_else(out_of_range)?;
        Ok(Self { date, time: value.rem_euclid(per_day) })
    }

    fn plus_months(self, months: i64) -> SqlResult<NaiveDate> {
        let count = u32::try_from(months.unsigned_abs()).map(Months::new);
        let count = count.map_err(|_| out_of_range())?;
        let date = if months < 0 {
            self.date.checked_sub_months(count)
        } else {
            self.date.checked_add_months(count)
        };
        date.ok_or_else(out_of_range)
    }

    /// Returns the whole months from this to a later moment: as many as can be added to this without
    /// passing that, where a month too short for the day ends on its last.
    fn months_until(self, later: Self) -> i64 {
        let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
        let last = u32::from(later.date.num_days_in_month());
        let mut day = self.date.day();
        if later.date.day() == last {
            day = day.min(last);
        }
        let short = (later.date.day(), later.time) < (day, self.time);
        month(later.date) - month(self.date) - i64::from(short)
    }
}

fn out_of_range() -> SqlError {
    SqlError::range("sequence: a date is out of range")
}

/// Makes the dates of a sequence by months; `time` is what the moments are compared by.
fn months(
    start: LocalTime,
    stop: LocalTime,
    step: i64,
) -> SqlResult<impl Iterator<Item = SqlResult<NaiveDate>>> {
    let forward = (start.date, start.time) <= (stop.date, stop.time);
    let distance = if forward { start.months_until(stop) } else { -stop.months_until(start) };
    let length = length(distance.into(), step.into())?;
    Ok((0..length).map(move |at| start.plus_months(step * at)))
}

/// `sequence(date, date, interval year to month)`
fn dates_by_month(call: &Call<'_>) -> SqlResult<ArrayRef> {
    each_with_step(call, |start: i32, stop: i32, step: i32, out| {
        let (start, stop, step) = (i64::from(start), i64::from(stop), i64::from(step));
        check(start, stop, step)?;
        for date in months(LocalTime::new(start, 1)?, LocalTime::new(stop, 1)?, step)? {
            out.push(date?.to_epoch_days());
        }
        Ok(())
    })
}

/// `sequence(timestamp, timestamp, interval year to month)`; whole months are counted by the
/// milliseconds.
fn timestamps_by_month(call: &Call<'_>) -> SqlResult<ArrayRef> {
    match call.argument_type(0) {
        Type::Timestamp(precision) if is_long(*precision) => timestamps_by_month_of::<i128>(call),
        _ => timestamps_by_month_of::<i64>(call),
    }
}

fn timestamps_by_month_of<N: Count + for<'a> Param<'a>>(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let scale = i128::from(per_milli(call));
    let day = i128::from(DAY_MILLIS) * scale;
    each_with_step(call, |start: N, stop: N, step: i32, out| {
        let step = i64::from(step);
        let (start, stop): (i128, i128) = (start.into(), stop.into());
        check(start, stop, step)?;
        let time = start.rem_euclid(day);
        let local_time = |value: i128| {
            let millis = i64::try_from(value.div_euclid(scale)).map_err(|_| out_of_range())?;
            LocalTime::new(millis, DAY_MILLIS)
        };
        for date in months(local_time(start)?, local_time(stop)?, step)? {
            let value = i128::from(date?.to_epoch_days()) * day + time;
            out.push(N::try_from(value).map_err(|_| out_of_range())?);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str) -> i64 {
        i64::from(text.parse::<NaiveDate>().unwrap().to_epoch_days())
    }

    #[test]
    fn months_are_counted_from_the_start() {
        for (start, stop, step, count, last) in [
            ("2020-01-31", "2020-06-30", 1, 6, "2020-06-30"),
            ("2020-01-30", "2020-06-29", 1, 5, "2020-05-30"),
            ("2020-06-30", "2020-01-31", -1, 6, "2020-01-30"),
            ("2020-03-30", "2020-01-31", -1, 2, "2020-02-29"),
            ("2020-03-31", "2020-02-28", -1, 2, "2020-02-29"),
            ("2020-01-31", "2020-03-30", 1, 2, "2020-02-29"),
            ("2020-02-29", "2024-03-01", 12, 5, "2024-02-29"),
            ("2020-01-10", "2020-01-01", -1, 1, "2020-01-10"),
        ] {
            let [from, to] = [start, stop].map(|date| LocalTime::new(days(date), 1).unwrap());
            let got: Vec<_> = months(from, to, step).unwrap().map(Result::unwrap).collect();
            assert_eq!(got.len(), count, "{start} {stop}");
            assert_eq!(
                got.last().map(ToString::to_string).as_deref(),
                Some(last),
                "{start} {stop}"
            );
        }
    }

    #[test]
    fn numbers_up_to_the_limits() {
        let all = |start, stop, step| {
            let mut out = Vec::new();
            steps::<i64>(start, stop, step, &mut out).map(|()| out)
        };
        assert_eq!(all(i64::MIN, i64::MAX, i64::MAX.into()).unwrap(), [i64::MIN, -1, i64::MAX - 1]);
        assert_eq!(all(10, 1, -4).unwrap(), [10, 6, 2]);
        assert!(all(i64::MIN, i64::MAX, 1).is_err() && all(1, 2, 0).is_err());
        assert_eq!(all(1, 10_000, 1).unwrap().len(), 10_000);
        assert!(all(1, 10_001, 1).is_err());
    }
}
