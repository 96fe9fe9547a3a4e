//! Printing arguments by a format.

use super::moment::Moment;
use super::numbers;
use super::spec::{Flags, Format, Index, Outcome, Part, Problem, Spec};
use super::values::Value;
use crate::strings::check_size;
use traillake_sql_types::error::SqlError;
use traillake_sql_types::zone::Zone;

/// Why a row cannot be printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The format, or an argument, is wrong.
    Problem(Problem),
    /// The value is too long.
    Size(SqlError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Prints the arguments of a row.
pub(super) struct Printer<'a> {
    arguments: &'a [Value],
    out: &'a mut String,
    /// The argument of the specifier before.
    last: Option<usize>,
    /// The next argument of those without an index.
    next: usize,
}

/// The most bytes of a printed value; a wider one is an error.
const MAX_WIDTH: usize = 64 << 20;

impl<'a> Printer<'a> {
    pub(super) fn new(arguments: &'a [Value], out: &'a mut String) -> Self {
        Self { arguments, out, last: None, next: 0 }
    }

    pub(super) fn print(mut self, format: &Format) -> Result<(), Failure> {
        let before = self.out.len();
        for part in &format.0 {
            match part {
                Part::Text(text) => self.out.push_str(text),
                Part::Spec(spec) => self.spec(spec)?,
            }
            check_size(before, self.out.len() - before).map_err(Failure::Size)?;
        }
        Ok(())
    }

    fn argument(&mut self, spec: &Spec) -> Outcome<&'a Value> {
        let at = match spec.index {
            Index::Next => {
                self.next += 1;
                Some(self.next - 1)
            }
            Index::Previous => self.last,
            Index::At(index) => Some(index - 1),
            Index::None => return Ok(&Value::Null),
        };
        self.last = at;
        at.and_then(|at| self.arguments.get(at)).ok_or_else(|| Problem::missing(spec))
    }

    fn spec(&mut self, spec: &Spec) -> Outcome<()> {
        if spec.width.max(spec.precision).unwrap_or(0) > MAX_WIDTH {
            let width = spec.width.max(spec.precision).unwrap_or(0);
            return Err(Problem { exception: "IllegalFormatWidth", message: width.to_string() });
        }
        let argument = self.argument(spec)?;
        let start = self.out.len();
        self.value(argument, spec)?;
        if let Some(width) = spec.width {
            justify(self.out, start, width, spec.flags.has(Flags::LEFT));
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, spec: &Spec) -> Outcome<()> {
        let fails = || Problem::conversion(spec.conversion, value.class());
        if spec.date {
            return self.moment(value, spec);
        }
        match (spec.conversion, value) {
            ('n', _) => self.out.push('\n'),
            ('%', _) => self.out.push('%'),
            ('b', Value::Null | Value::Boolean(false)) => self.text("false", spec),
            ('b', _) => self.text("true", spec),
            ('s', _) => {
                spec.refuse(Flags::ALTERNATE)?;
                self.text(&value.text(), spec);
            }
            (_, Value::Null) => self.text("null", spec),
            ('h', _) => self.text(&format!("{:x}", value.hash()), spec),
            ('d' | 'o' | 'x', Value::Long(number)) => {
                numbers::integer(*number, spec, self.out)?;
            }
            ('e' | 'f' | 'g' | 'a', Value::Double(number)) => {
                numbers::double(*number, spec, self.out);
            }
            ('e' | 'f' | 'g' | 'a', Value::Float(number)) => {
                numbers::double(f64::from(*number), spec, self.out);
            }
            ('e' | 'f' | 'g', Value::Decimal(unscaled, scale)) => {
                numbers::decimal(*unscaled, *scale, spec, self.out);
            }
            _ => return Err(fails()),
        }
        Ok(())
    }

    /// Prints a date or time; numbers are milliseconds since 1970.
    fn moment(&mut self, value: &Value, spec: &Spec) -> Outcome<()> {
        let fails = || Problem::conversion(spec.conversion, value.class());
        let moment = match value {
            Value::Null => {
                self.text("null", spec);
                return Ok(());
            }
            Value::Moment(moment) => *moment,
            Value::Long(millis) => {
                Moment::zoned(i128::from(*millis) * 1_000_000, Zone::UTC).map_err(|_| fails())?
            }
            _ => return Err(fails()),
        };
        let start = self.out.len();
        moment.print(spec.conversion, self.out)?;
        if spec.upper {
            let text = self.out.split_off(start);
            self.out.push_str(&text.to_uppercase());
        }
        Ok(())
    }

    /// Prints text, cut to the precision.
    fn text(&mut self, text: &str, spec: &Spec) {
        let start = self.out.len();
        match spec.precision {
            Some(precision) => cut(text, precision, self.out),
            None => self.out.push_str(text),
        }
        if spec.upper {
            let text = self.out.split_off(start);
            self.out.push_str(&text.to_uppercase());
        }
    }
}

/// Appends the first UTF-16 units of a text; half a character becomes `?`.
fn cut(text: &str, mut units: usize, out: &mut String) {
    for character in text.chars() {
        match units.checked_sub(character.len_utf16()) {
            Some(left) => units = left,
            None => {
                out.extend((units > 0).then_some('?'));
                return;
            }
        }
        out.push(character);
    }
}

/// Fills what was appended after `start` with spaces up to a width in UTF-16 units.
fn justify(out: &mut String, start: usize, width: usize, left: bool) {
    let units = out.get(start..).map_or(0, |text| text.chars().map(char::len_utf16).sum());
    let missing = width.saturating_sub(units);
    let spaces = " ".repeat(missing);
    if left {
        out.push_str(&spaces);
    } else {
        out.insert_str(start, &spaces);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: &str, arguments: &[Value], want: &str) {
        let mut out = String::from("é");
        let parsed = Format::parse(format).unwrap();
        match Printer::new(arguments, &mut out).print(&parsed) {
            Ok(()) => assert_eq!(&out["é".len()..], want, "{format}"),
            Err(Failure::Problem(problem)) => assert_eq!(problem.message, want, "{format}"),
            Err(Failure::Size(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn integers() {
        for (format, number, want) in [
            ("%d", 5, "5"),
            ("%+d", 5, "+5"),
            ("%010d", -5, "-000000005"),
            ("%(,010d", -1234, "(0001,234)"),
            ("%,d", -1_234_567, "-1,234,567"),
            ("%-5d|", 5, "5    |"),
            ("%x", -1, "ffffffffffffffff"),
            ("%#010x", 255, "0x000000ff"),
            ("%#X", 255, "0XFF"),
            ("%#o", 8, "010"),
            ("%(x", 1, "Conversion = x, Flags = ("),
            ("%c", 65, "c != java.lang.Long"),
            ("%tF", 86_400_000, "1970-01-02"),
        ] {
            check(format, &[Value::Long(number)], want);
        }
    }

    #[test]
    fn doubles() {
        for (format, number, want) in [
            ("%f", 1.0, "1.000000"),
            ("%,.2f", -1_234_567.891, "-1,234,567.89"),
            ("%(,015.2f", -1_234_567.5, "(01,234,567.50)"),
            ("%e", 12345.678, "1.234568e+04"),
            ("%020.2e", -12.5, "-000000000001.25e+01"),
            ("%g", 0.0001, "0.000100000"),
            ("%g", 999_999.5, "1.00000e+06"),
            ("%g", 0.0, "0.00000"),
            ("%015g", -1.0, "-00000001.00000"),
            ("%(f", f64::NEG_INFINITY, "(Infinity)"),
            ("%010f", f64::NEG_INFINITY, " -Infinity"),
            ("%a", -0.1, "-0x1.999999999999ap-4"),
            ("%020a", 1.0, "0x00000000000001.0p0"),
            ("%#.0f", 1.0, "1."),
        ] {
            check(format, &[Value::Double(number)], want);
        }
        check("%g", &[Value::Decimal(0, 2)], "0.00000e-02");
        check("%.1f", &[Value::Decimal(5, 2)], "0.1");
    }

    #[test]
    fn arguments_by_number() {
        let texts = ["a", "b", "c"].map(|text| Value::Text(text.to_owned()));
        check("%2$s %s %<s %s", &texts, "b a a b");
        check("%s %<s %3$S", &texts, "a a C");
        check("%4$s", &texts, "Format specifier '%4$s'");
        check("%<s", &texts, "Format specifier '%<s'");
        check("%-3s|%5.2s", &[Value::Text("😀".to_owned()), Value::Null], "😀 |   nu");
        check("%b %B", &[Value::Null, Value::Long(0)], "false TRUE");
    }
}
