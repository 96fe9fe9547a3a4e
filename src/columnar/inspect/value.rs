//! Values of statistics.

use chrono::{DateTime, TimeDelta};
use serde::{Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;

/// A minimum or maximum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    /// The value.
    pub value: Value,
    /// Whether the column holds this very value; if not, it is a bound that writers shortened.
    pub exact: bool,
}

impl Bound {
    /// Whether this bound is less than another.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        self.value.partial_cmp(&other.value) == Some(Ordering::Less)
    }
}

/// A value that statistics speak of.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Value {
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// A decimal number: its digits, and how many of them stand after the point.
    Decimal(i128, u32),
    /// Days since 1970.
    Date(i64),
    /// Nanoseconds since 1970.
    Timestamp(i128),
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Decimal(value, 0) => value.fmt(f),
            Self::Decimal(value, scale) => {
                let digits =
                    format!("{:0>width$}", value.unsigned_abs(), width = *scale as usize + 1);
                let (whole, rest) = digits.split_at(digits.len() - *scale as usize);
                write!(f, "{}{whole}.{rest}", if *value < 0 { "-" } else { "" })
            }
            Self::Date(days) => {
                let date = TimeDelta::try_days(*days)
                    .and_then(|days| DateTime::UNIX_EPOCH.checked_add_signed(days));
                match date {
                    Some(date) => date.format("%Y-%m-%d").fmt(f),
                    None => write!(f, "day {days}"),
                }
            }
            Self::Timestamp(nanos) => {
                let (second, rest) =
                    (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
                let time = i64::try_from(second)
                    .ok()
                    .and_then(|second| DateTime::from_timestamp(second, rest as u32));
                match time {
                    Some(time) => time.format("%Y-%m-%d %H:%M:%S%.f").fmt(f),
                    None => write!(f, "{nanos} ns"),
                }
            }
            Self::Text(text) => f.write_str(text),
            Self::Binary(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(value) => to.serialize_bool(*value),
            Self::Integer(value) => to.serialize_i128(*value),
            Self::Float(value) if value.is_finite() => to.serialize_f64(*value),
            _ => to.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        for (value, text) in [
            (Value::Decimal(-5, 3), "-0.005"),
            (Value::Decimal(12345, 2), "123.45"),
            (Value::Decimal(7, 0), "7"),
            (Value::Date(-1), "1969-12-31"),
            (Value::Date(i64::MAX), "day 9223372036854775807"),
            (Value::Timestamp(-1_000_000), "1969-12-31 23:59:59.999"),
            (Value::Timestamp(1_772_668_800_000_000_000), "2026-03-05 00:00:00"),
            (Value::Timestamp(i128::MAX), "170141183460469231731687303715884105727 ns"),
            (Value::Binary(vec![0, 255]), "0x00ff"),
            (Value::Float(f64::NAN), "NaN"),
            (Value::Float(-1e300), "-1e300"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }
}
