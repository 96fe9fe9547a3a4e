//! The SQL values that a path computes with, and their arithmetic.

use super::Operator;
use crate::datetime::{DAY_NANOS, SECOND_NANOS};
use crate::math::rounded_quotient;
use crate::operators::DECIMAL_END;
use arrow::datatypes::i256;
use std::cmp::Ordering;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::units_per_second;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::zone::unpack;

/// A value of an SQL type, which is never NULL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Boolean(bool),
    /// Of one of the four integer types.
    Integer(i64, Type),
    Real(f32),
    Double(f64),
    Decimal {
        value: i128,
        precision: u8,
        scale: u8,
    },
    /// A varchar or char, in full width.
    Text(Arc<str>, Type),
    /// A date, time or timestamp, by its number in an array.
    Instant(i128, Type),
}

impl Value {
    /// Returns a string of the length that it has.
    pub(crate) fn text(text: String) -> Self {
        let length = u32::try_from(text.chars().count()).ok();
        Self::Text(text.into(), Type::Varchar(length))
    }

    /// Returns what the method `type()` gives.
    pub(super) fn type_name(name: &str) -> Self {
        Self::Text(name.into(), Type::Varchar(Some(27)))
    }

    /// Returns an integer of 32 bits if that is enough.
    pub(crate) fn number(value: i64) -> Self {
        let data_type = if i32::try_from(value).is_ok() { Type::Integer } else { Type::Bigint };
        Self::Integer(value, data_type)
    }

    /// Reads an integer literal.
    pub(super) fn integer(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::number)
    }

    /// Reads a decimal literal.
    pub(super) fn decimal(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.')?;
        let whole = whole.trim_start_matches('0');
        let scale = fraction.len();
        let precision = (whole.len() + scale).max(1);
        if precision > 38 {
            return None;
        }
        let value = format!("0{whole}{fraction}").parse().ok()?;
        Some(Self::Decimal { value, precision: precision as u8, scale: scale as u8 })
    }

    /// Returns its type.
    pub(crate) fn data_type(&self) -> Type {
        match self {
            Self::Boolean(_) => Type::Boolean,
            Self::Real(_) => Type::Real,
            Self::Double(_) => Type::Double,
            Self::Decimal { precision, scale, .. } => Type::Decimal(*precision, *scale),
            Self::Integer(_, data_type)
            | Self::Text(_, data_type)
            | Self::Instant(_, data_type) => data_type.clone(),
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Integer(..) | Self::Real(_) | Self::Double(_) | Self::Decimal { .. })
    }

    /// Returns what the method `type()` says.
    pub(super) fn type_text(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Text(..) => "string",
            Self::Instant(_, Type::Date) => "date",
            Self::Instant(_, Type::Time(_)) => "time without time zone",
            Self::Instant(_, Type::TimestampTz(_)) => "timestamp with time zone",
            Self::Instant(..) => "timestamp without time zone",
            _ => "number",
        }
    }

    /// Returns a number as a double.
    pub(super) fn to_double(&self) -> Option<f64> {
        Some(match self {
            Self::Integer(value, _) => *value as f64,
            Self::Real(value) => f64::from(*value),
            Self::Double(value) => *value,
            // By its text, which is rounded once.
            Self::Decimal { value, scale, .. } => format!("{value}e-{scale}").parse().ok()?,
            _ => return None,
        })
    }

    fn to_real(&self) -> Option<f32> {
        Some(match self {
            Self::Integer(value, _) => *value as f32,
            Self::Real(value) => *value,
            Self::Decimal { value, scale, .. } => format!("{value}e-{scale}").parse().ok()?,
            _ => return None,
        })
    }

    /// Returns an exact number as its digits, precision and scale.
    fn to_decimal(&self) -> Option<(i128, u8, u8)> {
        match self {
            Self::Decimal { value, precision, scale } => Some((*value, *precision, *scale)),
            Self::Integer(value, data_type) => {
                Some((i128::from(*value), integer_digits(data_type)?, 0))
            }
            _ => None,
        }
    }

    /// Returns a number as the place of an array's element, rounded.
    pub(super) fn to_index(&self) -> Option<i64> {
        match self {
            Self::Integer(value, _) => Some(*value),
            Self::Decimal { value, scale, .. } => {
                let unit = 10_i128.pow(u32::from(*scale));
                i64::try_from(rounded_quotient(*value, unit)).ok()
            }
            _ => {
                let value = self.to_double()?.round();
                let fits = (i64::MIN as f64..-(i64::MIN as f64)).contains(&value);
                fits.then_some(value as i64)
            }
        }
    }

    pub(super) fn negated(&self) -> Option<Self> {
        Some(match self {
            Self::Integer(value, data_type) => within(value.checked_neg()?, data_type)?,
            Self::Real(value) => Self::Real(-value),
            Self::Double(value) => Self::Double(-value),
            Self::Decimal { value, precision, scale } => {
                Self::Decimal { value: -value, precision: *precision, scale: *scale }
            }
            _ => return None,
        })
    }

    pub(super) fn abs(&self) -> Option<Self> {
        match self {
            Self::Integer(value, _) if *value < 0 => self.negated(),
            Self::Decimal { value, .. } if *value < 0 => self.negated(),
            Self::Real(value) => Some(Self::Real(value.abs())),
            Self::Double(value) => Some(Self::Double(value.abs())),
            other => Some(other.clone()),
        }
    }

    /// Returns the next integer in a direction: up or down.
    pub(super) fn whole(&self, up: bool) -> Option<Self> {
        Some(match self {
            Self::Real(value) => Self::Real(if up { value.ceil() } else { value.floor() }),
            Self::Double(value) => Self::Double(if up { value.ceil() } else { value.floor() }),
            Self::Decimal { value, precision, scale } => {
                let unit = 10_i128.pow(u32::from(*scale));
                let floor = value.div_euclid(unit);
                let over = up && value.rem_euclid(unit) != 0;
                let whole = precision - scale + u8::from(*scale > 0);
                let value = floor + i128::from(over);
                Self::Decimal { value, precision: whole.clamp(1, 38), scale: 0 }
            }
            other => other.clone(),
        })
    }

    /// Compares two values; `None` if their types have nothing in common.
    pub(super) fn compare(&self, other: &Self) -> Option<Compared> {
        let order = match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Text(a, a_type), Self::Text(b, b_type)) => {
                // Trailing spaces of a char are ignored.
                let padded =
                    [a_type, b_type].iter().any(|data_type| matches!(data_type, Type::Char(_)));
                match padded {
                    true => a.trim_end_matches(' ').cmp(b.trim_end_matches(' ')),
                    false => a.cmp(b),
                }
            }
            (Self::Instant(a, a_type), Self::Instant(b, b_type)) => {
                let time = |data_type: &Type| matches!(data_type, Type::Time(_));
                if time(a_type) != time(b_type) {
                    return None;
                }
                nanos(*a, a_type).cmp(&nanos(*b, b_type))
            }
            (a, b) if a.is_number() && b.is_number() => match (a.to_decimal(), b.to_decimal()) {
                (Some((a, _, a_scale)), Some((b, _, b_scale))) => {
                    let scale = a_scale.max(b_scale);
                    scaled(a, scale - a_scale).cmp(&scaled(b, scale - b_scale))
                }
                _ if matches!((a, b), (Self::Double(_), _) | (_, Self::Double(_))) => {
                    return Some(Compared(a.to_double()?.partial_cmp(&b.to_double()?)));
                }
                _ => return Some(Compared(a.to_real()?.partial_cmp(&b.to_real()?))),
            },
            _ => return None,
        };
        Some(Compared(Some(order)))
    }
}

/// How two values compare; one that is not a number compares with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compared(pub(super) Option<Ordering>);

fn nanos(value: i128, data_type: &Type) -> i128 {
    match data_type {
        Type::Date => value * i128::from(DAY_NANOS),
        Type::Timestamp(precision) => {
            value * (i128::from(SECOND_NANOS) / i128::from(units_per_second(*precision)))
        }
        Type::TimestampTz(_) => unpack(value).0,
        _ => value,
    }
}

fn integer_digits(data_type: &Type) -> Option<u8> {
    Some(match data_type {
        Type::Tinyint => 3,
        Type::Smallint => 5,
        Type::Integer => 10,
        Type::Bigint => 19,
        _ => return None,
    })
}

/// Returns an integer if its type has it.
fn within(value: i64, data_type: &Type) -> Option<Value> {
    let fits = match data_type {
        Type::Tinyint => i8::try_from(value).is_ok(),
        Type::Smallint => i16::try_from(value).is_ok(),
        Type::Integer => i32::try_from(value).is_ok(),
        _ => true,
    };
    fits.then(|| Value::Integer(value, data_type.clone()))
}

fn scaled(value: i128, digits: u8) -> i256 {
    i256::from_i128(value).wrapping_mul(i256::from_i128(10_i128.pow(u32::from(digits.min(38)))))
}

/// Returns the type of a result, with the error that a decimal's digits are too many; `None` if the
/// operator does not take these types.
pub(super) fn arithmetic_type(
    operator: Operator,
    left: &Type,
    right: &Type,
) -> Option<SqlResult<Type>> {
    if !left.is_numeric() || !right.is_numeric() {
        return None;
    }
    let either = |data_type: &Type| left == data_type || right == data_type;
    if either(&Type::Double) {
        return Some(Ok(Type::Double));
    }
    if either(&Type::Real) {
        return Some(Ok(Type::Real));
    }
    if left.is_integer() && right.is_integer() {
        let wider = [Type::Bigint, Type::Integer, Type::Smallint].into_iter().find(either);
        return Some(Ok(wider.unwrap_or(Type::Tinyint)));
    }
    let digits = |data_type: &Type| match data_type {
        Type::Decimal(precision, scale) => Some((i32::from(*precision), i32::from(*scale))),
        other => integer_digits(other).map(|precision| (i32::from(precision), 0)),
    };
    let ((p1, s1), (p2, s2)) = (digits(left)?, digits(right)?);
    let wider = s1.max(s2);
    let (precision, scale) = match operator {
        Operator::Add | Operator::Subtract => ((p1 - s1).max(p2 - s2) + wider + 1, wider),
        Operator::Multiply => (p1 + p2, s1 + s2),
        Operator::Divide => (p1 + s2 + (s2 - s1).max(0), wider),
        Operator::Modulus => ((p1 - s1).min(p2 - s2) + wider, wider),
    };
    let precision = precision.min(38);
    if scale > precision {
        let message =
            format!("DECIMAL scale must be in range [0, precision ({precision})]: {scale}");
        return Some(Err(SqlError::argument(message)));
    }
    Some(Ok(Type::Decimal(precision.max(1) as u8, scale as u8)))
}

/// Why arithmetic has no result.
#[derive(Debug)]
pub(super) enum ArithmeticError {
    /// The operator does not take these types.
    Types,
    /// The result is out of range, or divided by zero.
    Value,
    /// The result has no type.
    Sql(SqlError),
}

/// Applies an operator.
pub(super) fn arithmetic(
    operator: Operator,
    left: &Value,
    right: &Value,
) -> Result<Value, ArithmeticError> {
    let data_type = arithmetic_type(operator, &left.data_type(), &right.data_type())
        .ok_or(ArithmeticError::Types)?;
    let data_type = data_type.map_err(ArithmeticError::Sql)?;
    let result = match data_type {
        Type::Double => left.to_double().zip(right.to_double()).map(|(a, b)| {
            Value::Double(match operator {
                Operator::Add => a + b,
                Operator::Subtract => a - b,
                Operator::Multiply => a * b,
                Operator::Divide => a / b,
                Operator::Modulus => a % b,
            })
        }),
        Type::Real => left.to_real().zip(right.to_real()).map(|(a, b)| {
            Value::Real(match operator {
                Operator::Add => a + b,
                Operator::Subtract => a - b,
                Operator::Multiply => a * b,
                Operator::Divide => a / b,
                Operator::Modulus => a % b,
            })
        }),
        Type::Decimal(precision, scale) => exact(operator, left, right, precision, scale),
        data_type => match (left, right) {
            (Value::Integer(a, _), Value::Integer(b, _)) => match operator {
                Operator::Add => a.checked_add(*b),
                Operator::Subtract => a.checked_sub(*b),
                Operator::Multiply => a.checked_mul(*b),
                Operator::Divide => a.checked_div(*b),
                Operator::Modulus => a.checked_rem(*b),
            }
            .and_then(|value| within(value, &data_type)),
            _ => None,
        },
    };
    result.ok_or(ArithmeticError::Value)
}

fn exact(
    operator: Operator,
    left: &Value,
    right: &Value,
    precision: u8,
    scale: u8,
) -> Option<Value> {
    let ((a, _, s1), (b, _, s2)) = left.to_decimal().zip(right.to_decimal())?;
    let wider = s1.max(s2);
    let (wide_a, wide_b) = (scaled(a, wider - s1), scaled(b, wider - s2));
    let value = match operator {
        Operator::Add => wide_a.checked_add(wide_b)?,
        Operator::Subtract => wide_a.checked_sub(wide_b)?,
        Operator::Multiply => i256::from_i128(a).checked_mul(i256::from_i128(b))?,
        Operator::Modulus => wide_a.checked_rem(wide_b)?,
        Operator::Divide => {
            // a / 10^s1 / (b / 10^s2), with `scale` digits after the point.
            let divisor = i256::from_i128(b);
            let shift = u32::from(scale) + u32::from(s2) - u32::from(s1);
            let mut dividend = i256::from_i128(a);
            for _ in 0..shift {
                dividend = dividend.checked_mul(i256::from_i128(10))?;
            }
            let (quotient, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
            let twice = rest.checked_mul(i256::from_i128(2))?.wrapping_abs();
            let up = twice >= divisor.wrapping_abs();
            let sign = if (a < 0) == (b < 0) { i256::ONE } else { i256::MINUS_ONE };
            if up { quotient.checked_add(sign)? } else { quotient }
        }
    };
    let value =
        value.to_i128().filter(|value| value.unsigned_abs() < DECIMAL_END.unsigned_abs())?;
    Some(Value::Decimal { value, precision, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Value {
        Value::decimal(text).unwrap()
    }

    fn written(value: &Value) -> String {
        let mut out = String::new();
        match value {
            Value::Decimal { value, scale, .. } => {
                crate::numerals::java_decimal(*value, *scale, &mut out);
            }
            other => out = format!("{other:?}"),
        }
        out
    }

    #[test]
    fn decimals_compute_as_in_trino() {
        for (operator, left, right, result) in [
            (Operator::Add, "1.10", "1.", "2.10"),
            (Operator::Multiply, "1.10", "1.10", "1.2100"),
            (Operator::Divide, "10.0", "3.", "3.3"),
            (Operator::Divide, "10.00", "3.000", "3.333"),
            (Operator::Divide, "1.", "0.0003", "3333.3333"),
            (Operator::Divide, "12345678901234567890.12", "0.0003", "41152263004115226300400.0000"),
            (Operator::Modulus, "12.5", "0.003", "0.002"),
            (Operator::Subtract, "1.0", "0.55", "0.45"),
        ] {
            let value = arithmetic(operator, &decimal(left), &decimal(right)).unwrap();
            assert_eq!(written(&value), result, "{left} {operator:?} {right}");
        }
        let tiny = decimal("0.00000000000000000001");
        assert!(matches!(
            arithmetic(Operator::Multiply, &tiny, &tiny),
            Err(ArithmeticError::Sql(_))
        ));
        let zero = decimal("0.0");
        assert!(matches!(arithmetic(Operator::Divide, &tiny, &zero), Err(ArithmeticError::Value)));
        assert!(matches!(
            arithmetic(Operator::Add, &Value::number(i64::from(i32::MAX)), &Value::number(1)),
            Err(ArithmeticError::Value)
        ));
    }

    #[test]
    fn numbers_round_to_places() {
        for (value, index) in [
            (decimal("0.5"), Some(1)),
            (decimal("1.9"), Some(2)),
            (decimal("0.4"), Some(0)),
            (Value::Double(-0.5), Some(-1)),
            (Value::Double(1e30), None),
        ] {
            assert_eq!(value.to_index(), index, "{value:?}");
        }
        assert_eq!(written(&decimal("1.5").negated().unwrap().whole(false).unwrap()), "-2");
        assert_eq!(written(&decimal("7.55").whole(true).unwrap()), "8");
    }

    #[test]
    fn values_of_different_types_compare() {
        let text = |text: &str, data_type| Value::Text(text.into(), data_type);
        for (a, b, order) in [
            (Value::number(1), decimal("1.0"), Some(Ordering::Equal)),
            (Value::Real(0.1), decimal("0.1"), Some(Ordering::Equal)),
            (Value::Real(0.1), Value::Double(0.1), Some(Ordering::Greater)),
            (Value::Double(f64::NAN), Value::number(1), None),
            (text("a  ", Type::Char(3)), text("a", Type::VARCHAR), Some(Ordering::Equal)),
            (
                Value::Instant(1, Type::Date),
                Value::Instant(86_400_000, Type::Timestamp(3)),
                Some(Ordering::Equal),
            ),
        ] {
            assert_eq!(a.compare(&b), Some(Compared(order)), "{a:?} {b:?}");
        }
        assert_eq!(Value::number(1).compare(&Value::Boolean(true)), None);
    }
}
