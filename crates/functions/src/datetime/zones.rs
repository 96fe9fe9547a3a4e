//! Functions that change or return the zone of a timestamp.

use super::clock::{Clocks, pack};
use super::zoned;
use crate::call::{Call, Column};
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::{Code, SqlError, SqlResult};
use traillake_sql_types::zone::{Zone, unpack};

pub(super) fn register(registry: &mut Registry) {
    for name in ["at_timezone", "$at_timezone"] {
        registry.add(
            name,
            "(timestamp(p) with time zone, varchar) -> timestamp(p) with time zone",
            at_timezone,
        );
        registry.add(
            name,
            "(timestamp(p) with time zone, interval day to second) -> timestamp(p) with time zone",
            at_offset,
        );
    }
    registry.add(
        "with_timezone",
        "(timestamp(p), varchar) -> timestamp(p) with time zone",
        with_timezone,
    );
    registry.add("timezone", "(timestamp(p) with time zone) -> varchar", |call| {
        call.text1(|packed: i128, out| {
            out.push_str(&unpack(packed).1.name());
            Ok(())
        })
    });
    // A time of day is in the session's zone.
    registry.add("timezone", "(time(p)) -> varchar", |call| {
        call.text1(|_: i64, out| {
            out.push_str("+00:00");
            Ok(())
        })
    });
    registry.add("current_timezone", "() -> varchar", |call| {
        call.each_text(|_, out| {
            out.push_str("UTC");
            Ok(true)
        })
    });
}

/// Returns the zone of that name; `unknown` makes the error for other names.
fn zone_of(name: &str, unknown: fn(&str) -> SqlError) -> SqlResult<Zone> {
    match Zone::parse(name) {
        Some(zone) => Ok(zone),
        None if name.is_empty() => Err(SqlError::argument("Zone id is an empty string")),
        None => Err(unknown(name)),
    }
}

/// The error of a zone that no value can have.
pub(super) fn not_supported(name: &str) -> SqlError {
    SqlError::unsupported(format!("Time zone not supported: {name}"))
}

/// The error of a zone that an argument should have named.
pub(super) fn not_valid(name: &str) -> SqlError {
    SqlError::argument(format!("'{name}' is not a valid time zone"))
}

/// The zones that an argument names.
pub(super) struct Zones<'a> {
    constant: Option<SqlResult<Zone>>,
    names: Column<'a, &'a str>,
    unknown: fn(&str) -> SqlError,
}

impl<'a> Zones<'a> {
    pub(super) fn open(
        call: &Call<'a>,
        at: usize,
        unknown: fn(&str) -> SqlError,
    ) -> SqlResult<Self> {
        let constant = call.constant::<&str>(at)?.map(|name| zone_of(name, unknown));
        Ok(Self { constant, names: call.column(at)?, unknown })
    }

    /// Returns the zone of a row, unless it is NULL.
    pub(super) fn get(&self, row: usize) -> SqlResult<Option<Zone>> {
        match &self.constant {
            Some(zone) => zone.clone().map(Some),
            None => self.names.get(row).map(|name| zone_of(name, self.unknown)).transpose(),
        }
    }
}

/// Returns the zone with an offset in minutes.
pub(super) fn zone_of_minutes(minutes: i64) -> SqlResult<Zone> {
    let known = i32::try_from(minutes).ok().and_then(Zone::from_minutes);
    known.ok_or_else(|| SqlError::argument(format!("Invalid offset minutes {minutes}")))
}

fn at_timezone(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (values, zones) = (call.column::<i128>(0)?, Zones::open(call, 1, not_valid)?);
    call.each(|row| {
        let Some(packed) = values.get(row) else { return Ok(None) };
        Ok(zones.get(row)?.map(|zone| zone.pack(unpack(packed).0)))
    })
}

fn at_offset(call: &Call<'_>) -> SqlResult<ArrayRef> {
    call.map2(|packed: i128, millis: i64| {
        if millis % 60_000 != 0 {
            let text = "Invalid time zone offset interval: interval contains seconds";
            return Err(SqlError::argument(text));
        }
        Ok(zone_of_minutes(millis / 60_000)?.pack(unpack(packed).0))
    })
}

fn with_timezone(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (clocks, zones) = (Clocks::open(call, 0)?, Zones::open(call, 1, not_valid)?);
    call.each(|row| {
        let Some(clock) = clocks.get(row) else { return Ok(None) };
        let Some(zone) = zones.get(row)? else { return Ok(None) };
        pack(zoned::to_utc(clock.since_1970(), zone), zone, Code::NumericValueOutOfRange).map(Some)
    })
}
