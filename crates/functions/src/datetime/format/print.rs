//! Writes times by a pattern.

use super::fields::Field;
use super::{Element, Format, names};
use crate::datetime::print::put;
use traillake_sql_types::zone::Zone;

/// A time to write: what the clock of its zone shows, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalTime {
    pub(super) millis: i64,
    pub(super) zone: Zone,
    /// Seconds east of UTC.
    pub(super) offset: i64,
}

impl Format {
    /// Appends a time.
    pub(super) fn write(&self, time: LocalTime, out: &mut String) {
        for element in &self.0 {
            element.write(time, out);
        }
    }
}

impl Element {
    fn write(&self, time: LocalTime, out: &mut String) {
        match self {
            Self::Literal(text) => out.push_str(text),
            Self::Number(number) => padded(number.field.get(time.millis), number.min, out),
            Self::TwoDigitYear { field, .. } => {
                padded(field.get(time.millis).abs() % 100, 2, out);
            }
            Self::Fraction { unit, min, max } => {
                fraction(Field::MillisOf(*unit).get(time.millis), *unit, *min, *max, out);
            }
            Self::Text { field, short } => {
                out.push_str(names::name(*field, field.get(time.millis), *short));
            }
            Self::Offset { colon } => offset(time.offset, *colon, out),
            Self::ZoneId => out.push_str(&time.zone.name()),
            Self::ZoneName { short } => zone_name(time, *short, out),
            // Patterns that have choices are for parsing.
            Self::Choice { .. } => {}
        }
    }
}

fn padded(value: i64, digits: usize, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    put!(out, "{:0digits$}", value.unsigned_abs());
}

/// Writes at least `min` digits and at most `max`, zeros left out at the end.
fn fraction(millis: i64, unit: i64, min: usize, max: usize, out: &mut String) {
    /// More digits than this do not fit 64 bits.
    const MAX_DIGITS: usize = 15;
    let start = out.len();
    if millis == 0 {
        out.extend(std::iter::repeat_n('0', min));
        return;
    }
    let digits = max.min(MAX_DIGITS);
    let scaled = i128::from(millis) * 10_i128.pow(digits as u32) / i128::from(unit);
    put!(out, "{scaled:0digits$}");
    while out.len() - start > min && out.ends_with('0') && out.len() - start > 1 {
        out.pop();
    }
}

fn offset(seconds: i64, colon: bool, out: &mut String) {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
    put!(out, "{sign}{hours:02}{}{minutes:02}", if colon { ":" } else { "" });
}

/// Regions whose time has no name of letters are called by their offset.
fn zone_name(time: LocalTime, is_short: bool, out: &mut String) {
    let name = if time.zone.is_region() {
        match time.zone.abbreviation(time.millis.div_euclid(1_000) - time.offset) {
            Some(name) if name.bytes().all(|b| b.is_ascii_alphabetic()) => name,
            _ => {
                out.push_str("GMT");
                return offset(time.offset, true, out);
            }
        }
    } else {
        time.zone.name()
    };
    let long = if is_short { None } else { names::long_zone_name(&name) };
    out.push_str(long.unwrap_or(&name));
}
