//! Absolute value, sign, and rounding: `abs`, `ceil`, `floor`, `round`, `sign`, `truncate`.
//!
//! Those of decimals are in [`crate::math::decimal`].

use super::decimal;
use crate::registry::{Eval, Registry};
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    register_integers(registry);
    register_floats(registry);
    decimal::register(registry);
}

macro_rules! integers {
    ($registry:ident: $($native:ty = $name:literal, $of_one:literal, $of_two:literal;)*) => {$(
        $registry.add("abs", $of_one, |call| {
            call.map1(|x: $native| {
                x.checked_abs().ok_or_else(|| {
                    SqlError::range(format!("Value {x} is out of range for abs({})", $name))
                })
            })
        });
        $registry.add("sign", $of_one, |call| call.map1(|x: $native| Ok(x.signum())));
        for name in ["ceil", "ceiling", "floor", "round"] {
            $registry.add(name, $of_one, |call| call.map1(|x: $native| Ok(x)));
        }
        $registry.add("round", $of_two, |call| {
            call.map2(|x: $native, decimals: i32| {
                let rounded = round_integer(i64::from(x), decimals)?;
                <$native>::try_from(rounded).map_err(|_| out_of_range($name, rounded))
            })
        });
    )*};
}

fn register_integers(registry: &mut Registry) {
    integers! { registry:
        i8 = "tinyint", "(tinyint) -> tinyint", "(tinyint, integer) -> tinyint";
        i16 = "smallint", "(smallint) -> smallint", "(smallint, integer) -> smallint";
        i32 = "integer", "(integer) -> integer", "(integer, integer) -> integer";
        i64 = "bigint", "(bigint) -> bigint", "(bigint, integer) -> bigint";
    }
}

/// The error for a value that the type does not hold; Trino has another one for integer.
fn out_of_range(type_name: &str, value: i64) -> SqlError {
    if type_name == "integer" {
        return SqlError::range("integer overflow");
    }
    SqlError::range(format!("Out of range for {type_name}: {value}"))
}

/// Rounds half up, away from zero, to a power of ten.
fn round_integer(value: i64, decimals: i32) -> SqlResult<i64> {
    if decimals >= 0 {
        return Ok(value);
    }
    let rounded = 10_i64.checked_pow(decimals.unsigned_abs()).and_then(|factor| {
        let half = factor / 2;
        let (whole, rest) = (value / factor, value % factor);
        let up = if rest.abs() >= half { value.signum() } else { 0 };
        (whole + up).checked_mul(factor)
    });
    rounded.ok_or_else(|| SqlError::range(format!("numerical overflow: {value}")))
}

macro_rules! floats {
    ($registry:ident: $($native:ident = $of_one:literal, $of_two:literal;)*) => {$(
        for (name, eval) in [
            ("abs", (|call| call.map1(|x: $native| Ok(x.abs()))) as Eval),
            ("ceil", |call| call.map1(|x: $native| Ok(x.ceil()))),
            ("ceiling", |call| call.map1(|x: $native| Ok(x.ceil()))),
            ("floor", |call| call.map1(|x: $native| Ok(x.floor()))),
            ("round", |call| call.map1(|x: $native| Ok(round(f64::from(x), 0) as $native))),
            ("sign", |call| {
                call.map1(|x: $native| Ok(if x == 0.0 || x.is_nan() { x } else { x.signum() }))
            }),
            ("truncate", |call| call.map1(|x: $native| Ok(x.trunc()))),
        ] {
            $registry.add(name, $of_one, eval);
        }
        $registry.add("round", $of_two, |call| {
            call.map2(|x: $native, decimals: i32| Ok(round(f64::from(x), decimals) as $native))
        });
    )*};
}

fn register_floats(registry: &mut Registry) {
    floats! { registry:
        f32 = "(real) -> real", "(real, integer) -> real";
        f64 = "(double) -> double", "(double, integer) -> double";
    }
}

/// Rounds half away from zero to that many digits after the point.
fn round(x: f64, decimals: i32) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let factor = 10_f64.powf(f64::from(decimals));
    let scaled = x.abs() * factor;
    if !scaled.is_finite() {
        return x;
    }
    let rounded = scaled.round() / factor;
    if x < 0.0 { -rounded } else { rounded }
}

/// Rounds to a whole number, halves to the greater one.
pub(crate) fn round_half_up(value: f64) -> f64 {
    let floor = value.floor();
    if value - floor >= 0.5 { floor + 1.0 } else { floor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_round_to_powers_of_ten() {
        for (value, decimals, want) in [
            (5, -1, Some(10)),
            (-128, -1, Some(-130)),
            (12345, -2, Some(12300)),
            (127, -3, Some(0)),
            (i64::MAX, -18, Some(9_000_000_000_000_000_000)),
            (i64::MAX, -1, None),
            (i64::MIN, -3, None),
            (5, -19, None),
            (5, i32::MIN, None),
        ] {
            assert_eq!(round_integer(value, decimals).ok(), want, "{value} {decimals}");
        }
    }

    #[test]
    fn floats_round_half_away_from_zero() {
        for (x, decimals, want) in [
            (0.49999999999999994, 0, 0.0),
            (-2.5, 0, -3.0),
            (-0.3, 0, -0.0),
            (3.499, 1, 3.5),
            (1.8e292, 17, 1.8e292),
            (123_456.123_456_789, 5, 123_456.123_46),
            (12345.0, i32::MAX, 12345.0),
        ] {
            assert_eq!(round(x, decimals).to_bits(), f64::to_bits(want), "{x} {decimals}");
        }
        assert_eq!(round(-0.0, 0).to_bits(), 0);
        assert!(round(12345.0, -400).is_nan());
    }
}
