//! Dates, times, timestamps, zones and intervals.
//!
//! [`civil`] has the calendar, [`clock`] local times as functions see them, [`zoned`] what the
//! clocks of zones show. [`parse`] and [`print`] are for literals, casts and results, [`written`]
//! for what people write. The others register functions and operators.

mod civil;
mod clock;
mod durations;
mod fields;
mod format;
mod iso;
mod operators;
pub(in crate::engine) mod parse;
pub(in crate::engine) mod print;
pub(in crate::engine) mod written;
mod shift;
mod truncate;
mod unit;
mod unix;
mod zoned;
mod zones;

pub(in crate::engine::functions) use clock::come_round;

use super::registry::Registry;

pub(super) fn register(registry: &mut Registry) {
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
