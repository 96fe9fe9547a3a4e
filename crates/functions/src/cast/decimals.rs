//! Casts to decimals, and decimals as text.

use super::{each, no_cast};
use crate::numerals::Digits;
use crate::numerals::java;
use crate::numerals::{double_text, float_text};
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// The most digits of decimals that Trino keeps in 64 bits.
pub(super) const MAX_SHORT_PRECISION: u8 = 18;

/// Returns 10 to the power of `digits`, if 128 bits hold it.
fn power(digits: u32) -> Option<i128> {
    10_i128.checked_pow(digits)
}

/// Returns a value with another number of digits after the point, rounded half away from zero.
pub(super) fn rescale(value: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        return value.checked_mul(power(u32::from(to - from))?);
    }
    let unit = power(u32::from(from - to))?;
    let (quotient, rest) = (value / unit, value % unit);
    let up = rest.unsigned_abs() >= unit.unsigned_abs() / 2;
    Some(quotient + if up { value.signum() } else { 0 })
}

/// Whether a value has no more than `precision` digits.
fn fits(value: i128, precision: u8) -> bool {
    power(precision.into()).is_some_and(|limit| value.unsigned_abs() < limit.unsigned_abs())
}

/// Appends a decimal.
pub(crate) fn write(value: i128, scale: u8, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale);
    let zeros = (scale + 1).saturating_sub(digits.len());
    let point = digits.len().saturating_sub(scale);
    let (whole, fraction) = digits.split_at_checked(point).unwrap_or(("", &digits));
    if zeros > 0 {
        out.push('0');
    }
    out.push_str(whole);
    if scale > 0 {
        out.push('.');
        out.extend((1..zeros).map(|_| '0'));
        out.push_str(fraction);
    }
}

/// Casts to `decimal(precision, scale)`.
pub(super) fn to_decimal(
    array: &ArrayRef,
    from: &Type,
    (precision, scale): (u8, u8),
    safe: bool,
) -> SqlResult<ArrayRef> {
    let to = &Type::Decimal(precision, scale);
    let rescaled = |value: i128, from_scale: u8| {
        rescale(value, from_scale, scale).filter(|value| fits(*value, precision))
    };
    match from {
        Type::Boolean => {
            let one = power(scale.into()).unwrap_or_default();
            each(array, to, safe, |value: bool| Ok(if value { one } else { 0 }))
        }
        Type::Tinyint | Type::Smallint | Type::Integer | Type::Bigint => {
            super::each_integer(array, from, to, safe, |value| {
                rescaled(value.into(), 0).ok_or_else(|| {
                    let name = from.to_string().to_uppercase();
                    too_large(&name, &value.to_string(), (precision, scale))
                })
            })
        }
        Type::Real => each(array, to, safe, |value: f32| {
            let digits = value.is_finite().then(|| Digits::shortest_float(value));
            of_float(digits, value < 0.0, (precision, scale), || {
                let text = float_text(value);
                too_large("REAL", &text, (precision, scale))
            })
        }),
        Type::Double => each(array, to, safe, |value: f64| {
            let digits = value.is_finite().then(|| Digits::shortest(value));
            of_float(digits, value < 0.0, (precision, scale), || {
                let text = double_text(value);
                too_large("DOUBLE", &text, (precision, scale))
            })
        }),
        Type::Decimal(from_precision, from_scale) => each(array, to, safe, |value: i128| {
            rescaled(value, *from_scale).ok_or_else(|| {
                let mut text = String::new();
                write(value, *from_scale, &mut text);
                let name = format!("DECIMAL({from_precision}, {from_scale})");
                too_large(&name, &text, (precision, scale))
            })
        }),
        Type::Varchar(_) => each(array, to, safe, |text: &str| {
            let wrong = |what: &str| {
                let type_name = format!("DECIMAL({precision}, {scale})");
                SqlError::cast(format!("Cannot cast VARCHAR '{text}' to {type_name}. {what}"))
            };
            let value = Text::read(text).ok_or_else(|| wrong("Value is not a number."))?;
            let value = value.scaled(scale).filter(|value| fits(*value, precision));
            value.ok_or_else(|| wrong("Value too large."))
        }),
        _ => Err(no_cast(from, to)),
    }
}

fn too_large(type_name: &str, value: &str, (precision, scale): (u8, u8)) -> SqlError {
    SqlError::cast(format!("Cannot cast {type_name} '{value}' to DECIMAL({precision}, {scale})"))
}

/// Returns the decimal of a floating point number's digits, rounded half away from zero.
fn of_float(
    digits: Option<Digits>,
    negative: bool,
    (precision, scale): (u8, u8),
    too_large: impl Fn() -> SqlError,
) -> SqlResult<i128> {
    let digits = digits.ok_or_else(&too_large)?;
    let text = Text { negative, digits: digits.text(), fraction: "", exponent: 0 };
    let exponent = i64::from(digits.exponent()) + 1 - digits.text().len() as i64;
    let value = Text { exponent, ..text }.scaled(scale).ok_or_else(&too_large)?;
    if fits(value, precision) {
        Ok(value)
    } else if fits(value, 38) {
        Err(too_large())
    } else {
        Err(SqlError::range("Decimal overflow"))
    }
}

/// Reads text as Java's `BigDecimal` does: `None` if it is not a number, `Some(None)` if it has too
/// many digits for the type.
pub(super) fn of_text(text: &str, (precision, scale): (u8, u8)) -> Option<Option<i128>> {
    let text = Text::read(text)?;
    Some(text.scaled(scale).filter(|value| fits(*value, precision)))
}

/// A decimal number in text: `-12.5e3`.
#[derive(Debug, Clone, Copy)]
struct Text<'a> {
    negative: bool,
    digits: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Text<'a> {
    /// Reads what Java's `BigDecimal` does.
    fn read(text: &'a str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, exponent) = match rest.split_once(['e', 'E']) {
            Some((number, exponent)) => {
                (number, i64::from(i32::try_from(java::long(exponent)?).ok()?))
            }
            None => (rest, 0),
        };
        let (digits, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_digits = |text: &str| text.chars().all(|c| java::digit(c).is_some());
        // Java counts the digits after the point, less the exponent, in 32 bits.
        i32::try_from(fraction.chars().count() as i64 - exponent).ok()?;
        let any = !digits.is_empty() || !fraction.is_empty();
        (any && is_digits(digits) && is_digits(fraction)).then_some(Self {
            negative,
            digits,
            fraction,
            exponent,
        })
    }

    /// Returns the number with `scale` digits after the point, rounded half away from zero, if 128
    /// bits hold it.
    fn scaled(self, scale: u8) -> Option<i128> {
        // So many of the digits count; the next one rounds.
        let whole = self.digits.chars().count() as i64;
        let keep = whole.saturating_add(self.exponent).saturating_add(scale.into());
        let mut value = 0_i128;
        let mut at = 0;
        let mut up = false;
        for c in self.digits.chars().chain(self.fraction.chars()) {
            let digit = java::digit(c)?;
            if at < keep {
                value = value.checked_mul(10)?.checked_add(digit.into())?;
            } else {
                up = at == keep && digit >= 5;
                break;
            }
            at += 1;
        }
        if value != 0 && at < keep {
            value = value.checked_mul(power(u32::try_from(keep - at).ok()?)?)?;
        }
        let value = value.checked_add(up.into())?;
        Some(if self.negative { -value } else { value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_as_text() {
        for (value, scale, want) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (-5, 2, "-0.05"),
            (12_345, 2, "123.45"),
            (12_345, 5, "0.12345"),
            (-12_345, 0, "-12345"),
        ] {
            let mut out = String::new();
            write(value, scale, &mut out);
            assert_eq!(out, want);
        }
    }

    #[test]
    fn rescaling_rounds_half_away_from_zero() {
        for (value, from, to, want) in [
            (1_235, 2, 1, Some(124)),
            (-1_235, 2, 1, Some(-124)),
            (1_234, 2, 1, Some(123)),
            (5, 1, 0, Some(1)),
            (4, 1, 0, Some(0)),
            (5, 0, 38, None),
            (1, 0, 38, Some(10_i128.pow(38))),
        ] {
            assert_eq!(rescale(value, from, to), want);
        }
    }

    #[test]
    fn text_is_read_as_big_decimals_are() {
        for (text, scale, want) in [
            ("123.455", 2, Some(12_346)),
            ("-123.455", 2, Some(-12_346)),
            (".5", 0, Some(1)),
            ("5.", 1, Some(50)),
            ("+1e2", 1, Some(1_000)),
            ("12E-1", 1, Some(12)),
            ("1e-99999999", 1, Some(0)),
            ("0e99999999", 1, Some(0)),
            ("\u{663}", 1, Some(30)),
            ("0.049", 1, Some(0)),
        ] {
            assert_eq!(Text::read(text).unwrap().scaled(scale), want, "{text}");
        }
        for text in ["", "-", ".", "1e", "1e+", "1.2.3", " 1", "1d", "e5", "1e-2147483648"] {
            assert!(Text::read(text).is_none(), "{text}");
        }
        assert_eq!(Text::read("1e99999999").unwrap().scaled(0), None);
    }
}
