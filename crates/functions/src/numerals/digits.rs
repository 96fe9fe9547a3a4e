//! The decimal digits that represent a floating point number.
//!
//! Java has two ways to find them. `Double.toString` gives the fewest that round to the number, as
//! Rust does. `DecimalFormat`, which Trino's casts to varchar use, has the older one: it
//! stops when what is left is *less* than half the distance to the next number, takes that
//! distance for half as large at powers of two, and cuts whole numbers of more than 53 bits by a
//! rule of thumb. So it sometimes gives more digits than needed.

use super::stack::StackText;
use std::fmt::Arguments;

/// Significant digits of a number without its sign, and the power of ten that the first one counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digits {
    text: [u8; Self::MAX_DIGITS],
    length: usize,
    exponent: i32,
}

impl Digits {
    /// No number has more digits, with room for one to round.
    const MAX_DIGITS: usize = 20;

    /// Returns the digits, without zeros at the end.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or("0")
    }

    /// Returns the power of ten that the first digit counts.
    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }

    fn empty(exponent: i32) -> Self {
        Self { text: [b'0'; Self::MAX_DIGITS], length: 0, exponent }
    }

    fn push(&mut self, digit: u8) {
        if let Some(place) = self.text.get_mut(self.length) {
            *place = b'0' + digit;
            self.length += 1;
        }
    }

    /// Takes zeros off the end; one digit stays.
    fn trim(mut self) -> Self {
        while self.length > 1 && self.text[self.length - 1] == b'0' {
            self.length -= 1;
        }
        self
    }

    /// Adds one to the last digit.
    fn round_up(&mut self) {
        let mut at = self.length;
        while at > 0 && self.text[at - 1] == b'9' {
            self.text[at - 1] = b'0';
            at -= 1;
        }
        match at.checked_sub(1) {
            Some(last) => self.text[last] += 1,
            // All digits were nines.
            None => {
                self.text[0] = b'1';
                self.exponent += 1;
            }
        }
    }

    /// Reads a number that `{:e}` has written: `1.5e10`.
    fn read(text: Arguments<'_>) -> Self {
        let text = StackText::<32>::of(text);
        let text = text.as_str();
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, ""));
        let mut digits = Self::empty(exponent.parse().unwrap_or(0));
        for byte in mantissa.bytes().filter(u8::is_ascii_digit) {
            digits.push(byte - b'0');
        }
        digits.trim()
    }

    /// Returns the digits of `Double.toString`: the fewest that round to the number; but if one is
    /// enough, the nearest two.
    pub(crate) fn shortest(value: f64) -> Self {
        let value = value.abs();
        let digits = Self::read(format_args!("{value:e}"));
        match digits.length {
            1 => Self::read(format_args!("{value:.1e}")),
            // A number in the middle between two takes the even one.
            16.. => digits
                .or_even(Self::read(format_args!("{value:.*e}", digits.length - 1)), |text| {
                    text.parse() == Ok(value)
                }),
            _ => digits,
        }
    }

    /// Returns the digits of `Float.toString`.
    pub(crate) fn shortest_float(value: f32) -> Self {
        let value = value.abs();
        let digits = Self::read(format_args!("{value:e}"));
        match digits.length {
            1 => Self::read(format_args!("{value:.1e}")),
            7.. => digits
                .or_even(Self::read(format_args!("{value:.*e}", digits.length - 1)), |text| {
                    text.parse() == Ok(value)
                }),
            _ => digits,
        }
    }

    /// Returns the nearest of as many digits, if it is another one and represents the number,
    /// too.
    fn or_even(self, even: Self, stands: impl Fn(&str) -> bool) -> Self {
        if self.text() != even.text() && stands(&even.number()) { even } else { self }
    }

    /// Returns the number as text that can be read.
    fn number(&self) -> String {
        format!("{}e{}", self.text(), self.exponent + 1 - self.length as i32)
    }

    /// Returns at most seven digits of a number of 32 bits: those of `Float.toString`, rounded half
    /// to even; but of a whole number, half up.
    pub(crate) fn seven(value: f32) -> Self {
        const MAX_DIGITS: usize = 7;
        let mut digits = Self::shortest_float(value);
        if digits.length <= MAX_DIGITS {
            return digits;
        }
        let value: f64 = digits.number().parse().unwrap_or(0.0);
        let is_half = digits.length == MAX_DIGITS + 1 && digits.text[MAX_DIGITS] == b'5';
        if is_half && Parts::of(value).is_whole() {
            digits.length = MAX_DIGITS;
            digits.round_up();
            return digits.trim();
        }
        Self::read(format_args!("{value:.6e}"))
    }

    /// Returns the digits of `DecimalFormat`.
    pub(crate) fn of_decimal_format(value: f64) -> Self {
        const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
        let value = value.abs();
        let is_power_of_two = value.to_bits() & MANTISSA == 0;
        // Elsewhere both ways agree: no decimal of so few digits is exactly in the middle.
        let agree = (f64::MIN_POSITIVE..MAX_WHOLE).contains(&value) && !is_power_of_two;
        if value == 0.0 || agree {
            return Self::shortest(value);
        }
        Parts::of(value).digits().trim()
    }
}

const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;

/// A number as `odd * 2^power`.
#[derive(Debug, Clone, Copy)]
struct Parts {
    odd: u64,
    power: i32,
    /// The power of two of the highest bit.
    high: i32,
    /// The power of two of half the distance to the next number.
    half: i32,
}

impl Parts {
    /// Takes a number apart that is neither zero nor negative.
    fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let exponent = (bits >> MANTISSA_BITS) as i32;
        let (mantissa, lowest) = match exponent {
            0 => (bits & MANTISSA, -1_074),
            _ => (bits & MANTISSA | 1 << MANTISSA_BITS, exponent - 1_075),
        };
        let zeros = mantissa.trailing_zeros();
        let odd = mantissa.checked_shr(zeros).unwrap_or(0);
        let high = lowest + mantissa.checked_ilog2().unwrap_or(0) as i32;
        let half = lowest - 1 - i32::from(odd == 1);
        Self { odd, power: lowest + zeros as i32, high, half }
    }

    fn digits(self) -> Digits {
        if self.is_whole() { self.whole_digits() } else { self.all_digits() }
    }

    /// Whether it is a whole number of at most 63 bits.
    fn is_whole(self) -> bool {
        self.power >= 0 && self.high < 63
    }

    /// The digits of a whole number: without those that the bits after the mantissa make.
    fn whole_digits(self) -> Digits {
        let mut value = self.odd << self.power;
        let surplus = u32::try_from(self.high - 54).unwrap_or(0);
        let mut exponent = 0;
        if surplus > 1 {
            let cut = 10_u64.pow((1_u64 << surplus).ilog10());
            exponent = cut.ilog10() as i32;
            value = value / cut + u64::from(value % cut >= cut / 2 && cut > 1);
        }
        let mut digits = Digits::empty(exponent);
        for byte in value.to_string().bytes() {
            digits.push(byte - b'0');
        }
        digits.exponent += digits.length as i32 - 1;
        digits
    }

    /// Whether Java counts in 64 bits, where it does not stop at exactly half the distance.
    fn is_narrow(self, exponent: i32) -> bool {
        // The bits of a power of five; for large ones Java takes more than there are.
        let fives = |power: i32| match power {
            0 => 0,
            1..=26 => 5_u64.pow(power.unsigned_abs()).ilog2() as i32 + 1,
            _ => 3 * power,
        };
        let (up, down) = ((-exponent).max(0), exponent.max(0));
        let after = (-self.power).max(0);
        let (left, unit, half) = (up + after + self.power, down + after, up + after + self.half);
        let common = left.min(unit).min(half);
        let left_bits =
            self.odd.checked_ilog2().unwrap_or(0) as i32 + 1 + left - common + fives(up);
        let tens_bits = unit - common + 1 + fives(down + 1);
        left_bits < 64 && tens_bits < 64
    }

    /// The digits in order, until what is left is less than half the distance to the
    /// next number, up or down.
    fn all_digits(self) -> Digits {
        // number = left / unit * 10^exponent, and half the distance = half / unit * 10^exponent
        let mut exponent = (f64::from(self.high) * std::f64::consts::LOG10_2).floor() as i32;
        let lowest = self.half.min(0).min(self.power);
        let scale = |power: i32| BigInteger::power_of_two((power - lowest) as u32);
        let (mut left, mut half) = (scale(self.power).times(self.odd), scale(self.half));
        let mut unit = scale(0);
        for _ in 0..exponent.unsigned_abs() {
            if exponent > 0 {
                unit.times_ten();
            } else {
                left.times_ten();
                half.times_ten();
            }
        }
        // The guess may be one too low, as a number is less than twice its highest bit.
        let mut tens = unit.clone();
        tens.times_ten();
        if left.compare(&tens).is_ge() {
            exponent += 1;
            unit = tens.clone();
            tens.times_ten();
        }
        let is_narrow = self.is_narrow(exponent);
        let mut digits = Digits::empty(exponent);
        loop {
            digits.push(left.take(&unit));
            left.times_ten();
            half.times_ten();
            let low = left.compare(&half).is_lt();
            let mut up = left.clone();
            up.add(&half);
            let high = match up.compare(&tens) {
                std::cmp::Ordering::Equal => !is_narrow,
                order => order.is_gt(),
            };
            // Outside of numbers written without an exponent there are always two digits.
            let enough = digits.length > 1 || (-3..8).contains(&exponent);
            if (enough && (low || high)) || digits.length + 1 >= Digits::MAX_DIGITS {
                let mut twice = left.clone();
                twice.add(&left);
                let is_odd = digits.text[digits.length - 1] & 1 != 0;
                let nearer = match twice.compare(&tens) {
                    std::cmp::Ordering::Equal => is_odd,
                    order => order.is_gt(),
                };
                if high && (!low || nearer) {
                    digits.round_up();
                }
                return digits;
            }
        }
    }
}

/// A whole number of any size; the lowest digit, of 32 bits, first.
#[derive(Debug, Clone)]
struct BigInteger(Vec<u32>);

impl BigInteger {
    fn power_of_two(power: u32) -> Self {
        let mut limbs = vec![0; power as usize / 32];
        limbs.push(1 << (power % 32));
        Self(limbs)
    }

    fn times_small(&mut self, factor: u32) {
        let mut carry = 0;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn times_ten(&mut self) {
        self.times_small(10);
    }

    fn times(&self, factor: u64) -> Self {
        let (mut low, mut high) = (self.clone(), self.clone());
        low.times_small(factor as u32);
        high.times_small((factor >> 32) as u32);
        high.0.insert(0, 0);
        low.add(&high);
        low
    }

    fn add(&mut self, other: &Self) {
        let mut carry = 0;
        for at in 0..self.0.len().max(other.0.len()) {
            if at == self.0.len() {
                self.0.push(0);
            }
            let addend = other.0.get(at).copied().unwrap_or(0);
            let sum = u64::from(self.0[at]) + u64::from(addend) + carry;
            self.0[at] = sum as u32;
            carry = sum >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let limb = |big: &Self, at: usize| big.0.get(at).copied().unwrap_or(0);
        let places = (0..self.0.len().max(other.0.len())).rev();
        places
            .map(|at| limb(self, at).cmp(&limb(other, at)))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }

    /// Subtracts `unit` as often as it fits, which is less than ten times; returns how often.
    fn take(&mut self, unit: &Self) -> u8 {
        let mut count = 0;
        while count < 9 && self.compare(unit).is_ge() {
            let mut borrow = 0;
            for at in 0..self.0.len() {
                let less = i64::from(unit.0.get(at).copied().unwrap_or(0)) + borrow;
                let difference = i64::from(self.0[at]) - less;
                self.0[at] = difference as u32;
                borrow = i64::from(difference < 0);
            }
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_decimal_format() {
        for (value, digits, exponent) in [
            (2e23, "19999999999999998", 23),
            (1e23, "9999999999999999", 22),
            (8.41e21, "8409999999999999", 21),
            (2_f64.powi(-44), "56843418860808015", -14),
            (2_f64.powi(62), "46116860184273879", 18),
            (2_f64.powi(63), "9223372036854776", 18),
            (2_f64.powi(64), "18446744073709552", 19),
            (2_f64.powi(54) + 4.0, "18014398509481988", 16),
            (1.23e18, "123", 18),
            (1e22, "1", 22),
            (0.1, "1", -1),
            (0.5, "5", -1),
            (1.0, "1", 0),
            (1024.0, "1024", 3),
            (4.9e-324, "49", -324),
            (2e-323, "2", -323),
            (f64::MIN_POSITIVE, "22250738585072014", -308),
            (f64::MAX, "17976931348623157", 308),
        ] {
            let got = Digits::of_decimal_format(value);
            assert_eq!((got.text(), got.exponent()), (digits, exponent), "{value:e}");
        }
    }

    #[test]
    fn both_ways_mostly_agree() {
        let mut seed = 1_u64;
        for _ in 0..2_000 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(seed >> 12 | (1_000 + (seed >> 32) % 60) << 52);
            let (parts, shortest) = (Parts::of(value).all_digits().trim(), Digits::shortest(value));
            assert_eq!((parts.text(), parts.exponent()), (shortest.text(), shortest.exponent()));
        }
    }
}
