//! Format strings of Java's `Formatter`: how they are read, and what is wrong with others.

use std::fmt;

/// What is wrong, named as Java's exceptions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The exception's name without `Exception`.
    pub(super) exception: &'static str,
    pub(super) message: String,
}

pub(super) type Outcome<T> = Result<T, Problem>;

impl Problem {
    fn new(exception: &'static str, message: impl Into<String>) -> Self {
        Self { exception, message: message.into() }
    }

    fn unknown(conversion: impl fmt::Display) -> Self {
        Self::new("UnknownFormatConversion", format!("Conversion = '{conversion}'"))
    }

    fn precision(precision: i64) -> Self {
        Self::new("IllegalFormatPrecision", precision.to_string())
    }

    fn width(width: i64) -> Self {
        Self::new("IllegalFormatWidth", width.to_string())
    }

    fn flags(spec: &Spec) -> Self {
        // Java takes upper case for a flag, after `-`.
        let flags = spec.flags.to_string();
        let (left, others) = flags.split_at(usize::from(spec.flags.has(Flags::LEFT)));
        let upper = if spec.upper { "^" } else { "" };
        Self::new("IllegalFormatFlags", format!("Flags = '{left}{upper}{others}'"))
    }

    /// A conversion that cannot print values of a class.
    pub(super) fn conversion(conversion: char, class: &str) -> Self {
        Self::new("IllegalFormatConversion", format!("{conversion} != {class}"))
    }

    /// A specifier without an argument.
    pub(super) fn missing(spec: &Spec) -> Self {
        Self::new("MissingFormatArgument", format!("Format specifier '{spec}'"))
    }
}

/// Flags of a specifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags(u8);

/// In the order in which Java writes them.
const FLAGS: [char; 8] = ['-', '#', '+', ' ', '0', ',', '(', '<'];

impl Flags {
    pub(super) const LEFT: Self = Self(1);
    pub(super) const ALTERNATE: Self = Self(2);
    pub(super) const PLUS: Self = Self(4);
    pub(super) const SPACE: Self = Self(8);
    pub(super) const ZERO: Self = Self(16);
    pub(super) const GROUP: Self = Self(32);
    pub(super) const PARENTHESES: Self = Self(64);
    const PREVIOUS: Self = Self(128);

    fn of(letter: char) -> Option<Self> {
        FLAGS.iter().position(|flag| *flag == letter).map(|at| Self(1 << at))
    }

    /// These flags and others.
    pub(super) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(super) fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in FLAGS.iter().enumerate() {
            if self.0 & 1 << at != 0 {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

/// Which argument a specifier prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// The next one of those without an index.
    Next,
    /// The same as the specifier before.
    Previous,
    /// A number, from 1.
    At(usize),
    /// None: `%n`, `%%`.
    None,
}

/// A specifier: `%1$-5.2f`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) index: Index,
    pub(super) flags: Flags,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    /// Whether it is one of dates, `%tY`.
    pub(super) date: bool,
    pub(super) upper: bool,
    /// The letter: lower case, but of dates as it is written.
    pub(super) conversion: char,
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.flags)?;
        if let Index::At(index) = self.index {
            write!(f, "{index}$")?;
        }
        if let Some(width) = self.width {
            write!(f, "{width}")?;
        }
        if let Some(precision) = self.precision {
            write!(f, ".{precision}")?;
        }
        if self.date {
            f.write_str(if self.upper { "T" } else { "t" })?;
        }
        let upper = self.upper;
        write!(f, "{}", if upper { self.conversion.to_ascii_uppercase() } else { self.conversion })
    }
}

/// A part of a format string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Spec(Spec),
}

/// A format string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format(pub(super) Vec<Part>);

impl Format {
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let first = after.chars().next().ok_or_else(|| Problem::unknown('%'))?;
            let raw = Raw::read(after).ok_or_else(|| Problem::unknown(first))?;
            parts.push(Part::Spec(raw.spec()?));
            rest = &after[raw.length..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

/// A specifier as written, without the `%`.
#[derive(Debug)]
struct Raw<'a> {
    index: Option<&'a str>,
    flags: &'a str,
    width: Option<&'a str>,
    precision: Option<&'a str>,
    date: Option<char>,
    conversion: char,
    length: usize,
}

/// Takes what `belongs` off the start of `rest`.
fn take<'a>(rest: &mut &'a str, belongs: impl Fn(char) -> bool) -> &'a str {
    let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    let (taken, after) = rest.split_at(end);
    *rest = after;
    taken
}

impl<'a> Raw<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let digit = |c: char| c.is_ascii_digit();
        let letter = |c: char| c.is_ascii_alphabetic() || c == '%';
        let mut rest = text;
        let mut index = None;
        let number = take(&mut rest, digit);
        match rest.strip_prefix('$') {
            Some(after) if !number.is_empty() => {
                index = Some(number);
                rest = after;
            }
            _ => rest = text,
        }
        let flags = take(&mut rest, |c| FLAGS.contains(&c));
        let width = Some(take(&mut rest, digit)).filter(|width| !width.is_empty());
        let mut precision = None;
        if let Some(mut after) = rest.strip_prefix('.') {
            let number = take(&mut after, digit);
            if number.is_empty() {
                return None;
            }
            precision = Some(number);
            rest = after;
        }
        let mut letters = rest.chars();
        let mut conversion = letters.next().filter(|c| letter(*c))?;
        let mut date = None;
        if let Some(next) = letters.next().filter(|c| letter(*c) && matches!(conversion, 't' | 'T'))
        {
            date = Some(conversion);
            conversion = next;
        }
        let length = text.len() - rest.len() + if date.is_some() { 2 } else { 1 };
        Some(Self { index, flags, width, precision, date, conversion, length })
    }

    fn spec(&self) -> Outcome<Spec> {
        let index = self.index()?;
        let flags = self.flags()?;
        let index = if flags.has(Flags::PREVIOUS) { Index::Previous } else { index };
        let int = |text: &str| text.parse::<i32>().ok().and_then(|n| usize::try_from(n).ok());
        let min = i64::from(i32::MIN);
        let width = match self.width {
            Some(width) => Some(int(width).ok_or_else(|| Problem::width(min))?),
            None => None,
        };
        let precision = match self.precision {
            Some(precision) => Some(int(precision).ok_or_else(|| Problem::precision(min))?),
            None => None,
        };
        let mut spec = Spec {
            index,
            flags,
            width,
            precision,
            date: self.date.is_some(),
            upper: self.date == Some('T'),
            conversion: self.conversion,
        };
        if !spec.date {
            if !"bBhHsScCdoxXeEfgGaA%n".contains(self.conversion) {
                return Err(Problem::unknown(self.conversion));
            }
            spec.upper = self.conversion.is_ascii_uppercase();
            spec.conversion = self.conversion.to_ascii_lowercase();
            if matches!(spec.conversion, '%' | 'n') {
                spec.index = Index::None;
            }
        }
        spec.check()?;
        Ok(spec)
    }

    fn index(&self) -> Outcome<Index> {
        let Some(text) = self.index else { return Ok(Index::Next) };
        let illegal = |message: &str| Problem::new("IllegalFormatArgumentIndex", message);
        let index = text.parse::<i32>().ok().and_then(|index| usize::try_from(index).ok());
        match index {
            None => Err(illegal("Format argument index: (not representable as int)")),
            Some(0) => Err(illegal("Illegal format argument index = 0")),
            Some(index) => Ok(Index::At(index)),
        }
    }

    fn flags(&self) -> Outcome<Flags> {
        let mut flags = Flags::default();
        for flag in self.flags.chars().filter_map(Flags::of) {
            if flags.has(flag) {
                let message = format!("Flags = '{flag}'");
                return Err(Problem::new("DuplicateFormatFlags", message));
            }
            flags.0 |= flag.0;
        }
        Ok(flags)
    }
}

impl Spec {
    /// Fails if it has some of these flags.
    pub(super) fn refuse(&self, flags: Flags) -> Outcome<()> {
        let refused = Flags(self.flags.0 & flags.0);
        if refused == Flags::default() {
            return Ok(());
        }
        Err(Problem::new(
            "FormatFlagsConversionMismatch",
            format!("Conversion = {}, Flags = {refused}", self.conversion),
        ))
    }

    fn needs_width(&self, flags: Flags) -> Outcome<()> {
        if self.width.is_none() && self.flags.has(flags) {
            return Err(Problem::new("MissingFormatWidth", self.to_string()));
        }
        Ok(())
    }

    fn has_no_precision(&self) -> Outcome<()> {
        self.precision.map_or(Ok(()), |precision| Err(Problem::precision(precision as i64)))
    }

    fn check(&self) -> Outcome<()> {
        use Flags as F;
        let of_numbers = F::PLUS.and(F::SPACE).and(F::ZERO).and(F::GROUP).and(F::PARENTHESES);
        if self.date {
            self.has_no_precision()?;
            if !"HIklMNLQpsSTzZaAbBCdehjmyYrRcDF".contains(self.conversion) {
                return Err(Problem::unknown(format_args!("t{}", self.conversion)));
            }
            self.refuse(of_numbers.and(F::ALTERNATE))?;
            return self.needs_width(F::LEFT);
        }
        match self.conversion {
            'b' | 'h' | 's' => {
                if self.conversion != 's' {
                    self.refuse(F::ALTERNATE)?;
                }
                self.needs_width(F::LEFT)?;
                self.refuse(of_numbers)
            }
            'c' => {
                self.has_no_precision()?;
                self.refuse(of_numbers.and(F::ALTERNATE))?;
                self.needs_width(F::LEFT)
            }
            'd' | 'o' | 'x' => {
                self.check_number()?;
                self.has_no_precision()?;
                self.refuse(if self.conversion == 'd' { F::ALTERNATE } else { F::GROUP })
            }
            'e' | 'f' | 'g' | 'a' => {
                self.check_number()?;
                match self.conversion {
                    'a' => self.refuse(F::PARENTHESES.and(F::GROUP)),
                    'e' => self.refuse(F::GROUP),
                    'g' => self.refuse(F::ALTERNATE),
                    _ => Ok(()),
                }
            }
            '%' => {
                self.has_no_precision()?;
                if self.flags != F::LEFT && self.flags != F::default() {
                    return Err(Problem::flags(self));
                }
                self.needs_width(F::LEFT)
            }
            _ => {
                self.has_no_precision()?;
                if let Some(width) = self.width {
                    return Err(Problem::width(width as i64));
                }
                if self.flags != F::default() {
                    return Err(Problem::flags(self));
                }
                Ok(())
            }
        }
    }

    fn check_number(&self) -> Outcome<()> {
        self.needs_width(Flags::LEFT.and(Flags::ZERO))?;
        let both = |a: Flags, b: Flags| self.flags.has(a) && self.flags.has(b);
        if both(Flags::PLUS, Flags::SPACE) || both(Flags::LEFT, Flags::ZERO) {
            return Err(Problem::flags(self));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_formats_are_errors() {
        for (text, want) in [
            ("%", "UnknownFormatConversion: Conversion = '%'"),
            ("%5.", "UnknownFormatConversion: Conversion = '5'"),
            ("%z", "UnknownFormatConversion: Conversion = 'z'"),
            ("%tX", "UnknownFormatConversion: Conversion = 'tX'"),
            ("%.2d", "IllegalFormatPrecision: 2"),
            ("%-02d", "IllegalFormatFlags: Flags = '-0'"),
            ("%+ E", "IllegalFormatFlags: Flags = '^+ '"),
            ("%--2d", "DuplicateFormatFlags: Flags = '-'"),
            ("%+s", "FormatFlagsConversionMismatch: Conversion = s, Flags = +"),
            ("% 0,8h", "FormatFlagsConversionMismatch: Conversion = h, Flags =  0,"),
            ("%-S", "MissingFormatWidth: %-S"),
            ("%5n", "IllegalFormatWidth: 5"),
            ("%99999999999d", "IllegalFormatWidth: -2147483648"),
            ("%0$s", "IllegalFormatArgumentIndex: Illegal format argument index = 0"),
        ] {
            let Problem { exception, message } = Format::parse(text).unwrap_err();
            assert_eq!(format!("{exception}: {message}"), want, "{text}");
        }
    }

    #[test]
    fn specifiers_are_written_as_they_are_read() {
        for text in ["%d", "%2$s", "%<s", "%-5.2f", "%TB", "%0,10d", "%E"] {
            let Format(parts) = Format::parse(text).unwrap();
            let [Part::Spec(spec)] = &parts[..] else { panic!("{parts:?}") };
            assert_eq!(spec.to_string(), text);
        }
    }
}
