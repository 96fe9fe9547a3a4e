//! Casts to booleans, integers and floating point numbers.

use super::{decimals, each, each_integer, no_cast};
use crate::builder::IntoBuilder;
use crate::numerals::java;
use crate::numerals::{double_text, float_text};
use arrow::array::ArrayRef;
use std::fmt::Display;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// Casts to `boolean`.
pub(super) fn to_boolean(array: &ArrayRef, from: &Type, safe: bool) -> SqlResult<ArrayRef> {
    let to = &Type::Boolean;
    match from {
        Type::Real => each(array, to, safe, |value: f32| Ok(value != 0.0)),
        Type::Double => each(array, to, safe, |value: f64| Ok(value != 0.0)),
        Type::Decimal(..) => each(array, to, safe, |value: i128| Ok(value != 0)),
        Type::Varchar(_) => each(array, to, safe, boolean_of_text),
        _ if from.is_integer() => each_integer(array, from, to, safe, |value| Ok(value != 0)),
        _ => Err(no_cast(from, to)),
    }
}

/// Reads a boolean.
pub(super) fn boolean_of_text(text: &str) -> SqlResult<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["t", "true", "1"]) {
        Ok(true)
    } else if is(["f", "false", "0"]) {
        Ok(false)
    } else {
        Err(SqlError::cast(format!("Cannot cast '{text}' to BOOLEAN")))
    }
}

/// An integer that values are cast to.
pub(super) trait Integer:
    IntoBuilder + TryFrom<i64> + TryFrom<i128> + From<bool> + Display
{
    /// The type's name.
    const NAME: &'static str;
    /// Its name in errors about text.
    const TEXT_NAME: &'static str;
    /// Its name in errors about decimals.
    const DECIMAL_NAME: &'static str;
}

macro_rules! integers {
    ($($native:ty: $name:literal, $text_name:literal, $decimal_name:literal;)*) => {$(
        impl Integer for $native {
            const NAME: &'static str = $name;
            const TEXT_NAME: &'static str = $text_name;
            const DECIMAL_NAME: &'static str = $decimal_name;
        }
    )*};
}

integers! {
    i8: "tinyint", "TINYINT", "TINYINT";
    i16: "smallint", "SMALLINT", "SMALLINT";
    i32: "integer", "INT", "INTEGER";
    i64: "bigint", "BIGINT", "BIGINT";
}

/// Casts to an integer type.
pub(super) fn to_integer<N: Integer>(
    array: &ArrayRef,
    from: &Type,
    to: &Type,
    safe: bool,
) -> SqlResult<ArrayRef> {
    match from {
        Type::Boolean => each(array, to, safe, |value: bool| Ok(N::from(value))),
        Type::Real => each(array, to, safe, integer_of_real::<N>),
        Type::Double => each(array, to, safe, integer_of_double::<N>),
        Type::Decimal(_, scale) => {
            let scale = *scale;
            each(array, to, safe, move |value: i128| integer_of_decimal::<N>(value, scale))
        }
        Type::Varchar(_) => each(array, to, safe, integer_of_text::<N>),
        _ if from.is_integer() => match widened(array, from, to) {
            Some(widened) => widened,
            None => each_integer(array, from, to, safe, |value| {
                N::try_from(value).map_err(|_| out_of_range::<N>(value))
            }),
        },
        _ => Err(no_cast(from, to)),
    }
}

/// Casts integers to a wider type with Arrow's kernel.
fn widened(array: &ArrayRef, from: &Type, to: &Type) -> Option<SqlResult<ArrayRef>> {
    let width = |data_type: &Type| arrow_type(data_type).primitive_width();
    (width(from) < width(to)).then(|| Ok(arrow::compute::cast(array, &arrow_type(to))?))
}

fn out_of_range<N: Integer>(value: impl Display) -> SqlError {
    SqlError::range(format!("Out of range for {}: {value}", N::NAME))
}

/// Returns a number rounded half away from zero, if it fits 64 bits.
fn rounded(value: f64) -> Option<i64> {
    const BIGINT_END: f64 = 9_223_372_036_854_775_808.0;
    let rounded = value.round();
    (-BIGINT_END..BIGINT_END).contains(&rounded).then_some(rounded as i64)
}

/// Rounds a double to an integer.
pub(super) fn integer_of_double<N: Integer>(value: f64) -> SqlResult<N> {
    let is_bigint = N::NAME == "bigint";
    if value.is_nan() && !is_bigint {
        return Err(SqlError::cast(format!("Cannot cast double NaN to {}", N::NAME)));
    }
    rounded(value).and_then(|value| N::try_from(value).ok()).ok_or_else(|| match is_bigint {
        true => SqlError::cast(format!("Unable to cast {} to bigint", double_text(value))),
        false => out_of_range::<N>(double_text(value)),
    })
}

fn integer_of_real<N: Integer>(value: f32) -> SqlResult<N> {
    if value.is_nan() {
        return Err(SqlError::cast(format!("Cannot cast real NaN to {}", N::NAME)));
    }
    // What is out of the range of bigint becomes its end.
    let rounded = f64::from(value).round() as i64;
    N::try_from(rounded).map_err(|_| out_of_range::<N>(float_text(value)))
}

fn integer_of_decimal<N: Integer>(value: i128, scale: u8) -> SqlResult<N> {
    let rounded = decimals::rescale(value, scale, 0);
    rounded.and_then(|rounded| N::try_from(rounded).ok()).ok_or_else(|| {
        let mut text = String::new();
        decimals::write(value, scale, &mut text);
        SqlError::cast(format!("Cannot cast '{text}' to {}", N::DECIMAL_NAME))
    })
}

/// Reads an integer.
pub(super) fn integer_of_text<N: Integer>(text: &str) -> SqlResult<N> {
    java::long(java::trim(text))
        .and_then(|value| N::try_from(value).ok())
        .ok_or_else(|| SqlError::cast(format!("Cannot cast '{text}' to {}", N::TEXT_NAME)))
}

/// A floating point number that values are cast to.
pub(super) trait Float: IntoBuilder + Copy {
    /// The type's name in errors.
    const NAME: &'static str;
    fn of_integer(value: i64) -> Self;
    fn of_double(value: f64) -> Self;
    /// A decimal of up to 18 digits.
    fn of_short_decimal(value: i64, power: i64) -> Self;
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! floats {
    ($($native:ty: $name:literal, $parse:path;)*) => {$(
        impl Float for $native {
            const NAME: &'static str = $name;
            fn of_integer(value: i64) -> Self {
                value as $native
            }
            fn of_double(value: f64) -> Self {
                value as $native
            }
            fn of_short_decimal(value: i64, power: i64) -> Self {
                value as $native / power as $native
            }
            fn parse(text: &str) -> Option<Self> {
                $parse(text)
            }
        }
    )*};
}

floats! {
    f32: "REAL", java::float;
    f64: "DOUBLE", java::double;
}

/// Casts to `real` or `double`.
pub(super) fn to_float<F: Float>(
    array: &ArrayRef,
    from: &Type,
    to: &Type,
    safe: bool,
) -> SqlResult<ArrayRef> {
    match from {
        Type::Boolean => each(array, to, safe, |value: bool| Ok(F::of_integer(value.into()))),
        Type::Real => each(array, to, safe, |value: f32| Ok(F::of_double(value.into()))),
        Type::Double => each(array, to, safe, |value: f64| Ok(F::of_double(value))),
        Type::Decimal(precision, scale) => {
            let (scale, is_short) = (*scale, *precision <= decimals::MAX_SHORT_PRECISION);
            each(array, to, safe, move |value: i128| float_of_decimal::<F>(value, scale, is_short))
        }
        Type::Varchar(_) => each(array, to, safe, |text: &str| {
            F::parse(java::trim(text))
                .ok_or_else(|| SqlError::cast(format!("Cannot cast '{text}' to {}", F::NAME)))
        }),
        _ if from.is_integer() => {
            each_integer(array, from, to, safe, |value| Ok(F::of_integer(value)))
        }
        _ => Err(no_cast(from, to)),
    }
}

fn float_of_decimal<F: Float>(value: i128, scale: u8, is_short: bool) -> SqlResult<F> {
    if is_short && let Ok(value) = i64::try_from(value) {
        return Ok(F::of_short_decimal(value, 10_i64.pow(scale.into())));
    }
    let mut text = String::new();
    decimals::write(value, scale, &mut text);
    F::parse(&text).ok_or_else(|| SqlError::cast(format!("Cannot cast '{text}' to {}", F::NAME)))
}
