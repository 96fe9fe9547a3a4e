//! Parts of dates, times and intervals: `year(x)`, `EXTRACT(HOUR FROM x)` and so on.

use super::civil::{self, DAY_MILLIS, SECOND_NANOS};
use super::clock::{Clock, Clocks, to_date};
use super::{parse, zoned};
use crate::call::Call;
use crate::registry::{Failure, Registry};
use arrow::array::ArrayRef;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::zone::unpack;

/// Fields of a date, and what they are called.
const DATE_FIELDS: &[(&[&str], DateField)] = &[
    (&["year"], |clock| clock.civil().year),
    (&["quarter"], |clock| i64::from(clock.civil().month - 1) / 3 + 1),
    (&["month"], |clock| i64::from(clock.civil().month)),
    (&["week", "week_of_year"], |clock| civil::week(clock.day).1),
    (&["year_of_week", "yow"], |clock| civil::week(clock.day).0),
    (&["day", "day_of_month"], |clock| i64::from(clock.civil().day)),
    (&["day_of_week", "dow"], |clock| civil::day_of_week(clock.day)),
    (&["day_of_year", "doy"], |clock| clock.civil().day_of_year()),
];

/// Fields of a time of day.
const TIME_FIELDS: &[(&[&str], DateField)] = &[
    (&["hour"], |clock| clock.nanos / (3_600 * SECOND_NANOS)),
    (&["minute"], |clock| clock.nanos / (60 * SECOND_NANOS) % 60),
    (&["second"], |clock| clock.nanos / SECOND_NANOS % 60),
    (&["millisecond"], |clock| clock.nanos / 1_000_000 % 1_000),
];

/// Fields of intervals day to second; negative ones have negative fields.
const DAY_INTERVAL_FIELDS: &[(&[&str], IntervalField)] = &[
    (&["day", "day_of_month"], |millis| millis / DAY_MILLIS),
    (&["hour"], |millis| millis % DAY_MILLIS / 3_600_000),
    (&["minute"], |millis| millis % 3_600_000 / 60_000),
    (&["second"], |millis| millis % 60_000 / 1_000),
    (&["millisecond"], |millis| millis % 1_000),
];

type DateField = fn(Clock) -> i64;
/// Of milliseconds.
type IntervalField = fn(i64) -> i64;

pub(super) fn register(registry: &mut Registry) {
    for name in DATE_FIELDS.iter().flat_map(|(names, _)| *names) {
        registry.add(name, "(date) -> bigint", extract).fails(Failure::Never);
    }
    for name in TIME_FIELDS.iter().flat_map(|(names, _)| *names) {
        registry.add(name, "(time(p)) -> bigint", extract).fails(Failure::Never);
    }
    for name in DATE_FIELDS.iter().chain(TIME_FIELDS).flat_map(|(names, _)| *names) {
        registry.add(name, "(timestamp(p)) -> bigint", extract).fails(Failure::Never);
        registry
            .add(name, "(timestamp(p) with time zone) -> bigint", extract)
            .fails(Failure::Never);
    }
    for name in DAY_INTERVAL_FIELDS.iter().flat_map(|(names, _)| *names) {
        registry
            .add(name, "(interval day to second) -> bigint", extract_interval)
            .fails(Failure::Never);
    }
    registry.add("year", "(interval year to month) -> bigint", |call| {
        call.map1(|months: i32| Ok(i64::from(months / 12)))
    });
    registry.add("month", "(interval year to month) -> bigint", |call| {
        call.map1(|months: i32| Ok(i64::from(months % 12)))
    });
    registry.add("timezone_hour", "(timestamp(p) with time zone) -> bigint", |call| {
        call.map1(|packed: i128| Ok(offset_seconds(packed) / 3_600))
    });
    registry.add("timezone_minute", "(timestamp(p) with time zone) -> bigint", |call| {
        call.map1(|packed: i128| Ok(offset_seconds(packed) / 60 % 60))
    });
    // A time of day is in the session's zone: UTC.
    for name in ["timezone_hour", "timezone_minute"] {
        registry.add(name, "(time(p)) -> bigint", |call| call.map1(|_: i64| Ok(0_i64)));
    }
    for signature in ["(timestamp(p)) -> date", "(timestamp(p) with time zone) -> date"] {
        registry
            .add("date", signature, |call| dates(call, |clock| clock.day))
            .fails(Failure::Never);
        registry.add("last_day_of_month", signature, |call| dates(call, last_day));
    }
    registry.add("last_day_of_month", "(date) -> date", |call| dates(call, last_day));
    registry.add("date", "(varchar) -> date", |call| {
        call.map1(|text: &str| {
            parse::date(text.trim_matches(is_space))
                .ok_or_else(|| SqlError::cast(format!("Value cannot be cast to date: {text}")))
        })
    });
}

fn is_space(c: char) -> bool {
    c.is_ascii_whitespace()
}

fn extract(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let mut fields = DATE_FIELDS.iter().chain(TIME_FIELDS);
    let Some((_, field)) = fields.find(|(names, _)| names.contains(&call.name())) else {
        return Err(SqlError::internal(format!("there is no field {}", call.name())));
    };
    let clocks = Clocks::open(call, 0)?;
    call.each(|row| Ok(clocks.get(row).map(field)))
}

fn extract_interval(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let mut fields = DAY_INTERVAL_FIELDS.iter();
    let Some((_, field)) = fields.find(|(names, _)| names.contains(&call.name())) else {
        return Err(SqlError::internal(format!("there is no field {}", call.name())));
    };
    call.map1(|millis: i64| Ok(field(millis)))
}

fn offset_seconds(packed: i128) -> i64 {
    let (utc, zone) = unpack(packed);
    (zoned::offset(utc, zone) / i128::from(SECOND_NANOS)) as i64
}

fn last_day(clock: Clock) -> i64 {
    let civil = clock.civil();
    let length = civil::month_length(civil.year, civil.month);
    clock.day + i64::from(length - civil.day)
}

fn dates(call: &Call<'_>, day: fn(Clock) -> i64) -> SqlResult<ArrayRef> {
    let clocks = Clocks::open(call, 0)?;
    call.each(|row| clocks.get(row).map(|clock| to_date(day(clock))).transpose())
}
