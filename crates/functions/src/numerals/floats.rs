//! Floating point numbers as text: as Java's `toString` has them, and as a cast to varchar does.

use super::digits::Digits;

/// Appends a number as Java's `Double.toString` has it.
pub fn java_double(value: f64, out: &mut String) {
    if !special(value, out) {
        java(&Digits::shortest(value), value.is_sign_negative(), value == 0.0, out);
    }
}

/// Appends a number as Java's `Float.toString` has it.
pub fn java_float(value: f32, out: &mut String) {
    if !special(value.into(), out) {
        java(&Digits::shortest_float(value), value.is_sign_negative(), value == 0.0, out);
    }
}

/// Returns a number as Java's `Double.toString` has it.
pub(crate) fn double_text(value: f64) -> String {
    let mut text = String::new();
    java_double(value, &mut text);
    text
}

/// Returns a number as Java's `Float.toString` has it.
pub(crate) fn float_text(value: f32) -> String {
    let mut text = String::new();
    java_float(value, &mut text);
    text
}

/// Appends a number as a cast from double to varchar has it.
pub(crate) fn varchar_double(value: f64, out: &mut String) {
    if !special(value, out) {
        scientific(&Digits::of_decimal_format(value), value, out);
    }
}

/// Appends a number as a cast from real to varchar has it: at most seven digits.
pub(crate) fn varchar_float(value: f32, out: &mut String) {
    if !special(value.into(), out) {
        scientific(&Digits::seven(value), value.into(), out);
    }
}

/// Appends NaN or an infinity; returns whether it was one.
fn special(value: f64, out: &mut String) -> bool {
    if value.is_finite() {
        return false;
    }
    out.push_str(match value {
        _ if value.is_nan() => "NaN",
        _ if value > 0.0 => "Infinity",
        _ => "-Infinity",
    });
    true
}

/// Appends digits with a point near them if the number is neither large nor small, else as
/// `1.5E10`.
fn java(digits: &Digits, negative: bool, zero: bool, out: &mut String) {
    if negative {
        out.push('-');
    }
    if zero {
        out.push_str("0.0");
        return;
    }
    let (text, exponent) = (digits.text(), digits.exponent());
    match exponent {
        0..=6 => {
            let whole = exponent as usize + 1;
            for at in 0..whole.max(text.len()) {
                if at == whole {
                    out.push('.');
                }
                out.push(text.as_bytes().get(at).map_or('0', |digit| char::from(*digit)));
            }
            if text.len() <= whole {
                out.push_str(".0");
            }
        }
        -3..=-1 => {
            out.push_str("0.");
            out.extend((exponent + 1..0).map(|_| '0'));
            out.push_str(text);
        }
        _ => exponential(digits, out),
    }
}

/// Appends a number that is not zero as `1.5E10`, zero as `0E0`.
fn scientific(digits: &Digits, value: f64, out: &mut String) {
    if value.is_sign_negative() {
        out.push('-');
    }
    if value == 0.0 {
        out.push_str("0E0");
    } else {
        exponential(digits, out);
    }
}

/// Appends digits with the point after the first and an exponent.
fn exponential(digits: &Digits, out: &mut String) {
    let (first, rest) = digits.text().split_at(1);
    out.push_str(first);
    out.push('.');
    out.push_str(if rest.is_empty() { "0" } else { rest });
    out.push('E');
    out.push_str(&digits.exponent().to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: impl FnOnce(&mut String), want: &str) {
        let mut out = String::new();
        write(&mut out);
        assert_eq!(out, want);
    }

    #[test]
    fn as_java_writes_them() {
        for (value, want) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (-1234567.5, "-1234567.5"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (0.001, "0.001"),
            (0.0125, "0.0125"),
            (1e-4, "1.0E-4"),
            (1.5e300, "1.5E300"),
            (4.9e-324, "4.9E-324"),
            (2e23, "2.0E23"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            check(|out| java_double(value, out), want);
        }
        check(|out| java_float(0.1, out), "0.1");
        check(|out| java_float(1e10, out), "1.0E10");
        check(|out| java_float(f32::from_bits(1), out), "1.4E-45");
    }

    #[test]
    fn as_casts_write_them() {
        for (value, want) in [
            (0.0, "0E0"),
            (-0.0, "-0E0"),
            (1.0, "1.0E0"),
            (-0.1, "-1.0E-1"),
            (0.1 + 0.2, "3.0000000000000004E-1"),
            (9_999_999.0, "9.999999E6"),
            (123_456_789.123, "1.23456789123E8"),
            (4.9e-324, "4.9E-324"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::INFINITY, "Infinity"),
        ] {
            check(|out| varchar_double(value, out), want);
        }
        for (value, want) in [
            (0.1, "1.0E-1"),
            (1_234_568.5, "1.234568E6"),
            (f32::MAX, "3.402823E38"),
            (f32::from_bits(1), "1.4E-45"),
            (f32::MIN_POSITIVE, "1.175494E-38"),
        ] {
            check(|out| varchar_float(value, out), want);
        }
    }
}
