//! Dates, times, timestamps, zones and intervals.
//!
//! [`civil`] has the calendar, [`clock`] local times as functions see them, [`zoned`] the
//! clocks of zones. [`parse`] and [`print`] are for literals, casts and results, [`mod@moment`]
//! for what people write. The others register functions and operators.

mod civil;
mod clock;
mod durations;
mod fields;
mod format;
mod iso;
mod operators;
pub(crate) mod parse;
pub(crate) mod print;
pub(crate) mod moment;
mod shift;
mod truncate;
mod unit;
mod unix;
mod zoned;
mod zones;

pub(crate) use civil::{DAY_MILLIS, DAY_NANOS, SECOND_NANOS};
pub(crate) use clock::wrap_micros;
pub use moment::{MOMENT, MomentError, ParsedMoment, moment};
pub use parse::{interval_day, interval_year, time, timestamp_literal};
pub use print::date_of_result;

use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    for family in [
        durations::register,
        fields::register,
        format::register,
        iso::register,
        operators::register,
        shift::register,
        truncate::register,
        unix::register,
        zones::register,
    ] {
        family(registry);
    }
}
