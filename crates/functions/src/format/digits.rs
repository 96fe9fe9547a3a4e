//! Numbers in decimal digits, rounded and laid out as Java does.

/// A number that is not negative: its digits, and the place of the decimal point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnsignedDecimal {
    /// Values 0 to 9, the first not 0 unless the number is.
    digits: Vec<u8>,
    /// The number of digits before the point; missing ones are 0.
    point: i64,
}

impl UnsignedDecimal {
    /// Returns the fewest digits that identify a double: as in Java at least two, the closest ones.
    pub(super) fn of_double(number: f64) -> Self {
        let shortest = Self::of_text(&format!("{:e}", number.abs()));
        if shortest.digits.len() > 1 || shortest.is_zero() {
            return shortest;
        }
        Self::of_text(&format!("{:.1e}", number.abs()))
    }

    fn of_text(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0');
        Self { digits: digits.collect(), point: exponent.parse::<i64>().unwrap_or(0) + 1 }
    }

    /// Returns all digits of a double, up to 60 decimals.
    pub(super) fn exact(number: f64) -> Self {
        let text = format!("{:.60}", number.abs());
        let point = text.find('.').unwrap_or(text.len()) as i64;
        let digits = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0');
        Self { digits: digits.collect(), point }
    }

    /// Returns the digits of `unscaled` / 10^`scale`.
    pub(super) fn of_decimal(unscaled: u128, scale: u8) -> Self {
        let digits: Vec<u8> = unscaled.to_string().bytes().map(|digit| digit - b'0').collect();
        let point = digits.len() as i64 - i64::from(scale);
        Self { digits, point }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == 0)
    }

    /// Returns the exponent of the first digit.
    pub(super) fn exponent(&self) -> i64 {
        self.point - 1
    }

    /// Keeps `count` digits, the last rounded half up.
    fn keep(&mut self, count: i64) {
        let Ok(count) = usize::try_from(count) else {
            *self = Self { digits: vec![0], point: 1 };
            return;
        };
        let Some(next) = self.digits.get(count).copied() else { return };
        self.digits.truncate(count);
        if next < 5 {
            if count == 0 {
                *self = Self { digits: vec![0], point: 1 };
            }
            return;
        }
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
        self.digits.truncate(count.max(1));
        self.point += 1;
    }

    /// Rounds to `count` significant digits.
    pub(super) fn round_to_significant(&mut self, count: usize) {
        self.keep(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn digit(&self, at: i64) -> char {
        let digit = usize::try_from(at).ok().and_then(|at| self.digits.get(at));
        char::from(b'0' + digit.copied().unwrap_or(0))
    }

    /// Returns the number without exponent, rounded to `decimals` after the point.
    pub(super) fn plain(mut self, decimals: usize) -> String {
        let decimals = i64::try_from(decimals).unwrap_or(i64::MAX);
        self.keep(self.point.saturating_add(decimals));
        let mut out = String::new();
        match self.point {
            1.. => out.extend((0..self.point).map(|at| self.digit(at))),
            _ => out.push('0'),
        }
        if decimals > 0 {
            out.push('.');
            out.extend((self.point..self.point + decimals).map(|at| self.digit(at)));
        }
        out
    }

    /// Returns one digit, `decimals` more after a point, and the exponent.
    pub(super) fn scientific(mut self, decimals: usize) -> (String, i64) {
        let zero = self.is_zero();
        if !zero {
            self.round_to_significant(decimals.saturating_add(1));
        }
        let mut out = String::new();
        out.push(self.digit(0));
        if decimals > 0 {
            out.push('.');
            out.extend((1..=decimals).map(|at| if zero { '0' } else { self.digit(at as i64) }));
        }
        (out, self.exponent())
    }
}

/// Returns what Java's `Double.toHexString` gives for a number that is not negative, without `0x`;
/// rounded to `digits` after the point, if there are any.
pub(super) fn hexadecimal(number: f64, digits: Option<usize>) -> String {
    let bits = number.to_bits();
    let (mut exponent, mut fraction) = ((bits >> 52 & 0x7ff) as i64, bits & 0xf_ffff_ffff_ffff);
    let rounded = digits.filter(|digits| (1..13).contains(digits) && number != 0.0);
    let mut first = u64::from(exponent != 0);
    exponent = if exponent != 0 {
        exponent - 1023
    } else if number == 0.0 {
        0
    } else {
        -1022
    };
    if let Some(digits) = rounded {
        // Subnormal numbers are normalised; then halves round to even.
        while first == 0 {
            fraction <<= 1;
            first = fraction >> 52;
            fraction &= 0xf_ffff_ffff_ffff;
            exponent -= 1;
        }
        let cut = 52 - 4 * digits as u32;
        let whole = first << 52 | fraction;
        let (kept, rest, half) = (whole >> cut, whole & ((1 << cut) - 1), 1 << (cut - 1));
        let kept = kept + u64::from(rest > half || rest == half && kept & 1 == 1);
        let whole = kept << cut;
        first = whole >> 52;
        fraction = whole & 0xf_ffff_ffff_ffff;
        if first > 1 {
            (first, fraction) = (1, 0);
            exponent += 1;
        }
    }
    let text = format!("{fraction:013x}");
    let mut text = text.trim_end_matches('0').to_owned();
    let least = digits.unwrap_or(0).max(1);
    while text.len() < least {
        text.push('0');
    }
    format!("{first}.{text}p{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up() {
        for (number, decimals, want) in [
            (1.005, 2, "1.01"),
            (0.5, 0, "1"),
            (0.05, 0, "0"),
            (0.04, 1, "0.0"),
            (99.96, 1, "100.0"),
            (1e20, 1, "100000000000000000000.0"),
            (0.0, 2, "0.00"),
        ] {
            assert_eq!(UnsignedDecimal::of_double(number).plain(decimals), want, "{number}");
        }
        assert_eq!(UnsignedDecimal::of_double(4.9e-324).scientific(1), ("4.9".to_owned(), -324));
        assert_eq!(UnsignedDecimal::of_double(9.9999995).scientific(6), ("1.000000".to_owned(), 1));
    }

    #[test]
    fn hexadecimal_digits() {
        for (number, digits, want) in [
            (1.0, None, "1.0p0"),
            (0.1, None, "1.999999999999ap-4"),
            (1.999, Some(3), "1.ffcp0"),
            (1e-310, Some(3), "1.269p-1030"),
            (1e-310, None, "0.012688b70e62bp-1022"),
            (0.0, Some(3), "0.000p0"),
            (1.1, Some(20), "1.199999999999a0000000p0"),
        ] {
            assert_eq!(hexadecimal(number, digits), want);
        }
    }
}
