//! Timestamps as numbers of seconds or nanoseconds since 1970.

use super::clock::{long_overflow, pack};
use super::zones::{Zones, not_supported, zone_of_minutes};
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlResult};
use traillake_sql_types::zone::{Zone, unpack};

pub(super) fn register(registry: &mut Registry) {
    registry.add("from_unixtime", "(double) -> timestamp(3) with time zone", |call| {
        call.map1(|seconds: f64| of_seconds(seconds, Zone::UTC))
    });
    registry.add(
        "from_unixtime",
        "(double, bigint, bigint) -> timestamp(3) with time zone",
        |call| {
            call.map3(|seconds: f64, hours: i64, minutes: i64| {
                // As Trino does, without a check: hours that are far too large wrap.
                let zone = zone_of_minutes(hours.wrapping_mul(60).wrapping_add(minutes))?;
                of_seconds(seconds, zone)
            })
        },
    );
    registry.add(
        "from_unixtime",
        "(double, varchar) -> timestamp(3) with time zone",
        from_unixtime_in_zone,
    );
    registry.add("from_unixtime_nanos", "(bigint) -> timestamp(9) with time zone", |call| {
        call.map1(|nanos: i64| of_nanos(i128::from(nanos)))
    });
    registry.add(
        "from_unixtime_nanos",
        "(decimal(p,s)) -> timestamp(9) with time zone",
        from_unixtime_decimal,
    );
    registry.add("to_unixtime", "(timestamp(p) with time zone) -> double", |call| {
        call.map1(|packed: i128| {
            let (utc, _) = unpack(packed);
            let (millis, rest) = (utc.div_euclid(1_000_000), utc.rem_euclid(1_000_000));
            Ok(millis as f64 / 1_000.0 + rest as f64 / 1e9)
        })
    });
    registry.add("to_milliseconds", "(interval day to second) -> bigint", |call| {
        call.map1(|millis: i64| Ok(millis))
    });
}

/// Rounds to milliseconds; what 64 bits do not hold becomes their end, NaN 0.
fn of_seconds(seconds: f64, zone: Zone) -> SqlResult<i128> {
    let millis = (seconds * 1_000.0 + 0.5).floor() as i64;
    pack(i128::from(millis) * 1_000_000, zone, Code::InvalidFunctionArgument)
}

fn from_unixtime_in_zone(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (values, zones) = (call.column::<f64>(0)?, Zones::open(call, 1, not_supported)?);
    call.each(|row| {
        let Some(seconds) = values.get(row) else { return Ok(None) };
        zones.get(row)?.map(|zone| of_seconds(seconds, zone)).transpose()
    })
}

fn of_nanos(nanos: i128) -> SqlResult<i128> {
    if i64::try_from(nanos.div_euclid(1_000_000)).is_err() {
        return Err(long_overflow(Code::InvalidFunctionArgument));
    }
    pack(nanos, Zone::UTC, Code::NumericValueOutOfRange)
}

fn from_unixtime_decimal(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let scale = match call.argument_type(0) {
        Type::Decimal(_, scale) => u32::from(*scale),
        _ => 0,
    };
    let unit = 10_i128.checked_pow(scale).unwrap_or(i128::MAX);
    call.map1(|value: i128| {
        let (whole, rest) = (value / unit, value % unit);
        // Halves go away from zero.
        let up = i128::from(rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2) && rest != 0);
        of_nanos(whole + up * value.signum())
    })
}
