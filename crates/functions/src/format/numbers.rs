//! Numbers among the arguments, printed.

use super::digits::{UnsignedDecimal, hexadecimal};
use super::spec::{Flags, Outcome, Spec};
use std::fmt::Write;

/// Appends what a specifier prints of an integer.
pub(super) fn integer(value: i64, spec: &Spec, out: &mut String) -> Outcome<()> {
    if spec.conversion == 'd' {
        let magnitude = Magnitude { text: value.unsigned_abs().to_string(), exponent: None };
        magnitude.print(value < 0, spec, out);
        return Ok(());
    }
    spec.refuse(Flags::PARENTHESES.and(Flags::SPACE).and(Flags::PLUS))?;
    let octal = spec.conversion == 'o';
    let digits = if octal { format!("{value:o}") } else { format!("{value:x}") };
    let prefix = match (spec.flags.has(Flags::ALTERNATE), octal) {
        (false, _) => "",
        (true, true) => "0",
        (true, false) => "0x",
    };
    let mut text = prefix.to_owned();
    if spec.flags.has(Flags::ZERO) {
        let width = spec.width.unwrap_or(0);
        text.push_str(&"0".repeat(width.saturating_sub(prefix.len() + digits.len())));
    }
    text.push_str(&digits);
    if spec.upper {
        text.make_ascii_uppercase();
    }
    out.push_str(&text);
    Ok(())
}

/// Appends what a specifier prints of a double.
pub(super) fn double(value: f64, spec: &Spec, out: &mut String) {
    if value.is_nan() {
        out.push_str(if spec.upper { "NAN" } else { "NaN" });
        return;
    }
    let negative = value.is_sign_negative();
    if value.is_infinite() {
        sign(negative, spec, out);
        out.push_str(if spec.upper { "INFINITY" } else { "Infinity" });
        end(negative, spec, out);
        return;
    }
    let mut digits = UnsignedDecimal::of_double(value);
    let precision = spec.precision.unwrap_or(6);
    match spec.conversion {
        'a' => hexadecimal_of(value, spec, out),
        'e' => Magnitude::scientific(digits, precision, spec).print(negative, spec, out),
        'f' => Magnitude::plain(digits, precision, spec).print(negative, spec, out),
        _ => {
            let precision = precision.max(1);
            digits.round_to_significant(precision);
            Magnitude::general(digits, precision, spec).print(negative, spec, out);
        }
    }
}

/// Appends what a specifier prints of a decimal.
pub(super) fn decimal(unscaled: i128, scale: u8, spec: &Spec, out: &mut String) {
    let mut digits = UnsignedDecimal::of_decimal(unscaled.unsigned_abs(), scale);
    let precision = spec.precision.unwrap_or(6);
    let magnitude = match spec.conversion {
        'e' => Magnitude::scientific(digits, precision, spec),
        'f' => Magnitude::plain(digits, precision, spec),
        _ => {
            let precision = precision.max(1);
            if digits.is_zero() && scale > 0 {
                Magnitude::scientific(digits, precision - 1, spec)
            } else {
                digits.round_to_significant(precision);
                Magnitude::general(digits, precision, spec)
            }
        }
    };
    magnitude.print(unscaled < 0, spec, out);
}

fn sign(negative: bool, spec: &Spec, out: &mut String) {
    if negative {
        out.push(if spec.flags.has(Flags::PARENTHESES) { '(' } else { '-' });
    } else if spec.flags.has(Flags::PLUS) {
        out.push('+');
    } else if spec.flags.has(Flags::SPACE) {
        out.push(' ');
    }
}

fn end(negative: bool, spec: &Spec, out: &mut String) {
    if negative && spec.flags.has(Flags::PARENTHESES) {
        out.push(')');
    }
}

/// A number without its sign.
struct Magnitude {
    /// Digits, and a point among them.
    text: String,
    exponent: Option<i64>,
}

impl Magnitude {
    fn plain(digits: UnsignedDecimal, decimals: usize, spec: &Spec) -> Self {
        let mut text = digits.plain(decimals);
        if decimals == 0 && spec.flags.has(Flags::ALTERNATE) {
            text.push('.');
        }
        Self { text, exponent: None }
    }

    fn scientific(digits: UnsignedDecimal, decimals: usize, spec: &Spec) -> Self {
        let (mut text, exponent) = digits.scientific(decimals);
        if decimals == 0 && spec.flags.has(Flags::ALTERNATE) {
            text.push('.');
        }
        Self { text, exponent: Some(exponent) }
    }

    /// `%g`: `precision` significant digits, plain if the number is neither small nor large.
    fn general(digits: UnsignedDecimal, precision: usize, spec: &Spec) -> Self {
        let exponent = if digits.is_zero() { 0 } else { digits.exponent() };
        let limit = i64::try_from(precision).unwrap_or(i64::MAX);
        if (-4..limit).contains(&exponent) {
            let decimals = usize::try_from(limit - exponent - 1).unwrap_or(0);
            return Self::plain(digits, decimals, spec);
        }
        Self::scientific(digits, precision - 1, spec)
    }

    /// Appends sign and number, with groups and zeros as the flags want.
    fn print(&self, negative: bool, spec: &Spec, out: &mut String) {
        let start = out.len();
        sign(negative, spec, out);
        let number = out.len();
        let exponent = self.exponent.map(|exponent| {
            let sign = if exponent < 0 { '-' } else { '+' };
            let letter = if spec.upper { 'E' } else { 'e' };
            format!("{letter}{sign}{:02}", exponent.abs())
        });
        let whole = self.text.find('.').unwrap_or(self.text.len());
        let (whole, fraction) = self.text.split_at(whole);
        for (at, digit) in whole.chars().enumerate() {
            let left = whole.len() - at;
            if spec.flags.has(Flags::GROUP) && at > 0 && left % 3 == 0 {
                out.push(',');
            }
            out.push(digit);
        }
        out.push_str(fraction);
        if spec.flags.has(Flags::ZERO) {
            let closing = usize::from(negative && spec.flags.has(Flags::PARENTHESES));
            let width = spec.width.unwrap_or(0);
            let after = closing + exponent.as_ref().map_or(0, String::len);
            let missing = width.saturating_sub(out.len() - start + after);
            out.insert_str(number, &"0".repeat(missing));
        }
        out.extend(exponent);
        end(negative, spec, out);
    }
}

fn hexadecimal_of(value: f64, spec: &Spec, out: &mut String) {
    let negative = value.is_sign_negative();
    let start = out.len();
    sign(negative, spec, out);
    let mut text = String::from("0x");
    let digits = hexadecimal(value.abs(), spec.precision.map(|precision| precision.max(1)));
    if spec.flags.has(Flags::ZERO) {
        let known = out.len() - start + 2 + digits.len();
        text.push_str(&"0".repeat(spec.width.unwrap_or(0).saturating_sub(known)));
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "{digits}");
    if spec.upper {
        text.make_ascii_uppercase();
    }
    out.push_str(&text);
}
