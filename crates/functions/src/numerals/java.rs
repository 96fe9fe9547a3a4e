//! Numbers in text, as Java's `parseLong` and `parseDouble` read them.

/// Trims as Java's `String.trim` does: space and all characters below it.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The first of ten digits each, in scripts other than Latin.
const ZEROS: [char; 37] = [
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
];

/// Returns the value of a decimal digit of any script.
pub(crate) fn digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    let zero = ZEROS.iter().rev().find(|zero| **zero <= c)?;
    u8::try_from(c as u32 - *zero as u32).ok().filter(|value| *value < 10)
}

/// Reads digits with or without a sign.
pub(crate) fn long(text: &str) -> Option<i64> {
    if text.is_ascii() {
        return text.parse().ok();
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut value = 0_i64;
    for c in digits.chars() {
        let digit = i64::from(digit(c)?);
        value = value.checked_mul(10)?.checked_add(if negative { -digit } else { digit })?;
    }
    (!digits.is_empty()).then_some(value)
}

/// Reads a floating point number: decimal or hexadecimal, `NaN` or `Infinity`; `d` or `f` may
/// follow.
pub(crate) fn double(text: &str) -> Option<f64> {
    read(text, |number| number.parse().ok(), |value| value)
}

/// [`double`], of 32 bits.
pub(crate) fn float(text: &str) -> Option<f32> {
    read(text, |number| number.parse().ok(), |value| value as f32)
}

fn read<F>(
    text: &str,
    decimal: impl Fn(&str) -> Option<F>,
    narrow: impl Fn(f64) -> F,
) -> Option<F> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    match rest {
        "NaN" => return Some(narrow(f64::NAN)),
        "Infinity" => return Some(narrow(sign * f64::INFINITY)),
        _ => {}
    }
    // Rust also reads words, which start with a letter, and takes no suffix.
    if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        return hexadecimal(without_suffix(hex)).map(|value| narrow(sign * value));
    }
    decimal(without_suffix(text))
}

fn without_suffix(text: &str) -> &str {
    text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text)
}

/// Reads `1.8p1`: hexadecimal digits and, always, a binary exponent.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let signed = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if signed.is_empty() || !signed.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // An exponent of many digits is as good as the largest.
    const MAX_EXPONENT: i64 = 1 << 40;
    let mut power = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') {
        -MAX_EXPONENT
    } else {
        MAX_EXPONENT
    });
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut mantissa = 0_u64;
    for (is_fraction, c) in
        whole.chars().map(|c| (false, c)).chain(fraction.chars().map(|c| (true, c)))
    {
        let digit = u64::from(c.to_digit(16)?);
        let is_full = mantissa >> 59 != 0;
        if is_full {
            // Digits that no longer fit only decide rounding.
            mantissa |= u64::from(digit != 0);
        } else {
            mantissa = mantissa << 4 | digit;
        }
        power = power.saturating_add(4 * (i64::from(is_full) - i64::from(is_fraction)));
    }
    // In steps that are exact, unless the result is subnormal.
    let mut value = mantissa as f64;
    let mut left = power.clamp(-2_200, 2_200);
    while left != 0 && value != 0.0 {
        let step = left.clamp(-900, 900);
        value *= 2_f64.powi(step as i32);
        left -= step;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (text, want) in [
            ("12", Some(12)),
            ("+12", Some(12)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("\u{663}\u{664}", Some(34)),
            ("-\u{ff11}", Some(-1)),
            ("", None),
            ("-", None),
            ("1_0", None),
            ("\u{b2}", None),
        ] {
            assert_eq!(long(text), want, "{text}");
        }
    }

    #[test]
    fn floating_point_numbers() {
        for (text, want) in [
            ("1.5", Some(1.5)),
            ("+.5e-3", Some(0.0005)),
            ("5.", Some(5.0)),
            ("1e400", Some(f64::INFINITY)),
            ("1.5d", Some(1.5)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("0x1.8p1", Some(3.0)),
            ("-0X1P-3d", Some(-0.125)),
            ("0x.8p0", Some(0.5)),
            ("0x1p-1074", Some(f64::from_bits(1))),
            ("0x1p99999999999999999999", Some(f64::INFINITY)),
            ("0x1.8", None),
            ("0xp1", None),
            ("inf", None),
            ("nan", None),
            ("NaNd", None),
            (".", None),
            ("1e", None),
            ("1.5dd", None),
            ("", None),
        ] {
            assert_eq!(double(text), want, "{text}");
        }
        assert!(double("-NaN").is_some_and(f64::is_nan));
        assert_eq!(float("1e40"), Some(f32::INFINITY));
    }
}
