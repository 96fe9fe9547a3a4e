//! Functions over numbers: elementary functions, rounding, number bases, buckets and random numbers.

mod buckets;
mod decimal;
mod random;
mod remainder;
mod rounding;

pub(crate) use decimal::rounded_quotient;
pub(crate) use rounding::round_half_up;

use crate::registry::Registry;
use std::f64::consts::{E, LN_2, PI};
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    register_constants(registry);
    register_elementary(registry);
    register_tests(registry);
    register_bases(registry);
    buckets::register(registry);
    random::register(registry);
    remainder::register(registry);
    rounding::register(registry);
}

macro_rules! constants {
    ($registry:ident: $($name:literal = $value:expr;)*) => {$(
        $registry.add($name, "() -> double", |call| call.each(|_| Ok(Some($value))));
    )*};
}

fn register_constants(registry: &mut Registry) {
    constants! { registry:
        "e" = E;
        "infinity" = f64::INFINITY;
        "nan" = f64::NAN;
        "pi" = PI;
    }
}

macro_rules! of_double {
    ($registry:ident: $($name:literal = $f:expr;)*) => {$(
        $registry.add($name, "(double) -> double", |call| call.map1(|x: f64| Ok($f(x))));
    )*};
}

macro_rules! of_two_doubles {
    ($registry:ident: $($name:literal = $f:expr;)*) => {$(
        $registry.add($name, "(double, double) -> double", |call| {
            call.map2(|a: f64, b: f64| Ok($f(a, b)))
        });
    )*};
}

fn register_elementary(registry: &mut Registry) {
    of_double! { registry:
        "acos" = f64::acos;
        "asin" = f64::asin;
        "atan" = f64::atan;
        "cbrt" = f64::cbrt;
        "cos" = f64::cos;
        "cosh" = f64::cosh;
        "degrees" = f64::to_degrees;
        "exp" = f64::exp;
        "ln" = f64::ln;
        "log10" = f64::log10;
        "log2" = |x: f64| x.ln() / LN_2;
        "radians" = |degrees: f64| degrees / 180.0 * PI;
        "sin" = f64::sin;
        "sinh" = f64::sinh;
        "sqrt" = f64::sqrt;
        "tan" = f64::tan;
        "tanh" = f64::tanh;
    }
    of_two_doubles! { registry:
        "atan2" = f64::atan2;
        "log" = |base: f64, x: f64| x.ln() / base.ln();
        "pow" = power;
        "power" = power;
    }
}

/// Powers as Java has them: in C, 1 raised to NaN, and 1 or -1 raised to infinity, are 1.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (exponent.is_infinite() && base.abs() == 1.0) {
        return f64::NAN;
    }
    base.powf(exponent)
}

fn register_tests(registry: &mut Registry) {
    registry.add("is_finite", "(double) -> boolean", |call| call.map1(|x: f64| Ok(x.is_finite())));
    registry
        .add("is_infinite", "(double) -> boolean", |call| call.map1(|x: f64| Ok(x.is_infinite())));
    registry.add("is_nan", "(double) -> boolean", |call| call.map1(|x: f64| Ok(x.is_nan())));
    registry.add("is_nan", "(real) -> boolean", |call| call.map1(|x: f32| Ok(x.is_nan())));
}

fn register_bases(registry: &mut Registry) {
    registry.add("to_base", "(bigint, bigint) -> varchar(64)", |call| {
        call.text2(|value: i64, base: i64, out| to_base(value, radix(base)?, out))
    });
    registry.add("from_base", "(varchar(x), bigint) -> bigint", |call| {
        call.map2(|text: &str, base: i64| from_base(text, radix(base)?))
    });
}

fn radix(base: i64) -> SqlResult<u32> {
    match u32::try_from(base) {
        Ok(radix @ 2..=36) => Ok(radix),
        _ => Err(SqlError::argument("Radix must be between 2 and 36")),
    }
}

fn to_base(value: i64, radix: u32, out: &mut String) -> SqlResult<()> {
    let mut digits = Vec::with_capacity(64);
    let mut rest = value.unsigned_abs();
    loop {
        let digit = (rest % u64::from(radix)) as u32;
        digits.extend(char::from_digit(digit, radix));
        rest /= u64::from(radix);
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push('-');
    }
    out.extend(digits.iter().rev());
    Ok(())
}

fn from_base(text: &str, radix: u32) -> SqlResult<i64> {
    parse(text, radix)
        .ok_or_else(|| SqlError::argument(format!("Not a valid base-{radix} number: {text}")))
}

fn parse(text: &str, radix: u32) -> Option<i64> {
    // Digits and letters of full width are digits, too.
    let ascii: String = text
        .chars()
        .map(|c| match c {
            '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
                char::from_u32(c as u32 - 0xfee0).unwrap_or(c)
            }
            _ => c,
        })
        .collect();
    i64::from_str_radix(&ascii, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases() {
        for (value, radix, text) in [
            (255, 2, "11111111"),
            (-2147483647, 16, "-7fffffff"),
            (0, 36, "0"),
            (i64::MAX, 10, "9223372036854775807"),
        ] {
            let mut out = String::new();
            to_base(value, radix, &mut out).unwrap();
            assert_eq!(out, text);
            assert_eq!(from_base(text, radix).unwrap(), value);
        }
        for text in ["", "-", " 1", "9223372036854775808", "1a"] {
            assert!(from_base(text, 10).is_err(), "{text}");
        }
        assert_eq!(from_base("+ZＺ１", 36).unwrap(), 35 * 36 * 36 + 35 * 36 + 1);
    }

    #[test]
    fn powers_of_one() {
        assert!(power(1.0, f64::NAN).is_nan() && power(-1.0, f64::INFINITY).is_nan());
        assert_eq!((power(f64::NAN, 0.0), power(2.0, 3.0)), (1.0, 8.0));
    }
}
