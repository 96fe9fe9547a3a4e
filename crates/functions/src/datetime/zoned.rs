//! Clocks of time zones, in nanoseconds.

use super::civil::SECOND_NANOS;
use traillake_sql_types::zone::Zone;

const SECOND: i128 = SECOND_NANOS as i128;

/// The milliseconds since 1970 that a timestamp with time zone can have.
pub(super) const MILLIS: std::ops::Range<i128> = -(1 << 51)..1 << 51;

/// Returns the offset from UTC, in nanoseconds, at an instant.
pub(super) fn offset(utc: i128, zone: Zone) -> i128 {
    if zone == Zone::UTC {
        return 0;
    }
    i128::from(zone.offset_at(seconds(utc))) * SECOND
}

/// Returns what a zone's clock shows at an instant; both in nanoseconds since 1970.
pub(super) fn to_local(utc: i128, zone: Zone) -> i128 {
    utc + offset(utc, zone)
}

/// Returns the instant at which a zone's clock shows a time; one that it skipped moves forward.
pub(super) fn to_utc(local: i128, zone: Zone) -> i128 {
    if zone == Zone::UTC {
        return local;
    }
    i128::from(zone.to_utc(seconds(local))) * SECOND + local.rem_euclid(SECOND)
}

/// Returns the instant at which a zone's clock shows a time, with the offset that `near` has, if
/// the clock shows that time twice.
pub(super) fn to_utc_near(local: i128, zone: Zone, near: i128) -> i128 {
    let guess = local - offset(near, zone);
    if to_local(guess, zone) == local { guess } else { to_utc(local, zone) }
}

fn seconds(nanos: i128) -> i64 {
    nanos.div_euclid(SECOND) as i64
}
