//! Decimals as text, as Java's `BigDecimal.toString` has them.

use super::stack::StackText;

/// The text of a number, none of which has more than 40 bytes.
type NumberText = StackText<40>;

/// Appends a decimal as Java's `BigDecimal.toString` does.
pub(crate) fn java_decimal(value: i128, scale: u8, out: &mut String) {
    let digits = NumberText::of(format_args!("{}", value.unsigned_abs()));
    let digits = digits.as_str();
    let scale = usize::from(scale);
    if value < 0 {
        out.push('-');
    }
    // Six zeros after the point are the most that is written without an exponent.
    if scale >= digits.len() + 6 {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        out.push_str("E-");
        out.push_str(NumberText::of(format_args!("{}", scale + 1 - digits.len())).as_str());
        return;
    }
    let whole = digits.len().saturating_sub(scale);
    out.push_str(if whole == 0 { "0" } else { &digits[..whole] });
    if scale > 0 {
        out.push('.');
        out.extend((digits.len()..scale).map(|_| '0'));
        out.push_str(&digits[whole..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_as_java_writes_them() {
        for (value, scale, text) in [
            (0, 2, "0.00"),
            (-10, 2, "-0.10"),
            (1, 6, "0.000001"),
            (1, 7, "1E-7"),
            (123, 10, "1.23E-8"),
            (0, 7, "0E-7"),
            (12345, 2, "123.45"),
            (5, 0, "5"),
            (-12, 8, "-1.2E-7"),
            (110, 2, "1.10"),
        ] {
            let mut out = String::new();
            java_decimal(value, scale, &mut out);
            assert_eq!(out, text);
        }
    }
}
