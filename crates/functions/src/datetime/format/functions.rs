//! The functions that write and read times by patterns.

use super::print::LocalTime;
use super::{Format, joda, mysql, teradata};
use crate::call::{Call, Column};
use crate::datetime::civil::{Civil, DAY_MILLIS, SECOND_NANOS};
use crate::datetime::clock::{Clock, Clocks, ZonedTime, long_overflow, to_date};
use crate::datetime::iso;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use chrono::Datelike;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};
use traillake_sql_types::zone::Zone;

const PLAIN: &str = "(timestamp(p), varchar) -> varchar";
const ZONED: &str = "(timestamp(p) with time zone, varchar) -> varchar";

pub(crate) fn register(registry: &mut Registry) {
    for signature in [PLAIN, ZONED] {
        registry.add("date_format", signature, |call| write(call, MYSQL, SubMillis::Rounded));
    }
    registry
        .add("format_datetime", PLAIN, |call| write(call, joda_without_zone, SubMillis::Rounded))
        .asks_now();
    registry.add("format_datetime", ZONED, |call| write(call, joda, SubMillis::Rounded)).asks_now();
    registry.add("to_char", ZONED, |call| write(call, TERADATA, SubMillis::Dropped));
    registry.add("date_parse", "(varchar, varchar) -> timestamp(3)", |call| {
        read(call, MYSQL, |format, pattern, text| match iso_date(pattern, text) {
            Some(days) => units(i64::from(days?) * DAY_MILLIS),
            None => units(format.read(text)?.local),
        })
    });
    registry.add("to_timestamp", "(varchar, varchar) -> timestamp(3)", |call| {
        read(call, TERADATA, |format, _, text| units(format.read(text)?.local))
    });
    registry.add("to_date", "(varchar, varchar) -> date", |call| {
        read(call, TERADATA, |format, _, text| {
            to_date(format.read(text)?.local.div_euclid(DAY_MILLIS))
        })
    });
    registry
        .add("parse_datetime", "(varchar, varchar) -> timestamp(3) with time zone", |call| {
            read(call, joda, |format, _, text| iso::packed(format.read(text)?))
        })
        .asks_now();
}

/// Whether parts of a millisecond are rounded or dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SubMillis {
    Rounded,
    Dropped,
}

/// Compiles a pattern of a call.
type Compile = fn(&str, &Call<'_>) -> SqlResult<Format>;

const MYSQL: Compile = |pattern, _| mysql::compile(pattern);
const TERADATA: Compile = |pattern, _| teradata::compile(pattern);

/// The compiled patterns of argument 1.
struct Formats<'a, 'c> {
    call: &'c Call<'a>,
    constant: Option<Arc<Format>>,
    patterns: Column<'a, &'a str>,
    compile: Compile,
}

impl<'a, 'c> Formats<'a, 'c> {
    fn open(call: &'c Call<'a>, compile: Compile) -> SqlResult<Self> {
        Ok(Self { call, constant: None, patterns: call.column(1)?, compile })
    }

    /// Returns the pattern of a row and what it was compiled to, unless it is NULL.
    fn get(&mut self, row: usize) -> SqlResult<Option<(&'a str, Arc<Format>)>> {
        let Some(pattern) = self.patterns.get(row) else { return Ok(None) };
        if let Some(format) = &self.constant {
            return Ok(Some((pattern, Arc::clone(format))));
        }
        let format = self.call.compiled(pattern, |pattern| (self.compile)(pattern, self.call))?;
        if self.call.is_constant(1) {
            self.constant = Some(Arc::clone(&format));
        }
        Ok(Some((pattern, format)))
    }
}

/// Compiles a pattern in which years of two digits are near the present one.
fn joda(pattern: &str, call: &Call<'_>) -> SqlResult<Format> {
    joda::compile(pattern, call.now().year())
}

fn joda_without_zone(pattern: &str, call: &Call<'_>) -> SqlResult<Format> {
    let format = joda(pattern, call)?;
    if format.has_zone() {
        return Err(SqlError::argument(
            "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, \
             as this type does not contain TZ information",
        ));
    }
    Ok(format)
}

/// Writes timestamps, to which all that is written fits a millisecond.
fn write(call: &Call<'_>, compile: Compile, rest: SubMillis) -> SqlResult<ArrayRef> {
    let mut formats = Formats::open(call, compile)?;
    let millis = |clock: Clock| match rest {
        SubMillis::Rounded => Clock { nanos: clock.nanos + 500_000, ..clock }.millis(),
        SubMillis::Dropped => clock.millis(),
    };
    if let Type::TimestampTz(_) = call.argument_type(0) {
        let values = call.column::<i128>(0)?;
        return call.each_text(|row, out| {
            let Some(packed) = values.get(row) else { return Ok(false) };
            let Some((_, format)) = formats.get(row)? else { return Ok(false) };
            let ZonedTime { utc, zone, local } = ZonedTime::of_packed(packed);
            let offset = ((local.since_1970() - utc) / i128::from(SECOND_NANOS)) as i64;
            format.write(LocalTime { millis: millis(local), zone, offset }, out);
            Ok(true)
        });
    }
    let clocks = Clocks::open(call, 0)?;
    call.each_text(|row, out| {
        let Some(clock) = clocks.get(row) else { return Ok(false) };
        let Some((_, format)) = formats.get(row)? else { return Ok(false) };
        format.write(LocalTime { millis: millis(clock), zone: Zone::UTC, offset: 0 }, out);
        Ok(true)
    })
}

/// Reads the texts of argument 0.
fn read<R: crate::builder::IntoBuilder>(
    call: &Call<'_>,
    compile: Compile,
    value: fn(&Format, &str, &str) -> SqlResult<R>,
) -> SqlResult<ArrayRef> {
    let (texts, mut formats) = (call.column::<&str>(0)?, Formats::open(call, compile)?);
    call.each(|row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        let Some((pattern, format)) = formats.get(row)? else { return Ok(None) };
        value(&format, pattern, text).map(Some)
    })
}

/// Returns milliseconds as a timestamp(3).
fn units(millis: i64) -> SqlResult<i64> {
    let overflow = || long_overflow(Code::InvalidFunctionArgument);
    Clock::of_units(millis, 1_000).to_units(3).ok_or_else(overflow)
}

/// Returns the days of a date like `2020-05-01`, if the pattern is that of such dates and the text
/// looks like one: the most frequent case, for which Trino has errors of its own.
fn iso_date(pattern: &str, text: &str) -> Option<SqlResult<i32>> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let all = [y1, y2, y3, y4, m1, m2, d1, d2];
    if pattern != mysql::ISO_DATE || !all.iter().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |digits: &[&u8]| digits.iter().fold(0, |n, b| n * 10 + i64::from(**b - b'0'));
    let (year, month, day) = (number(&[y1, y2, y3, y4]), number(&[m1, m2]), number(&[d1, d2]));
    Some(match Civil::checked(year, month, day) {
        Some(civil) => to_date(civil.days()),
        None => Err(SqlError::argument(iso::invalid_date(year, month, day))),
    })
}
