//! Constants of every type, the awkward ones first of all.

use super::generator::Generator;
use traillake::engine::types::Type;

/// Texts that look like something to one function or another, a line each.
const TEXTS: &str = include_str!("texts.txt");

/// Texts that no line can hold.
const UNSEEN: &[&str] = &["", "e\u{301}", "\u{feff}", "\0", "\u{202e}x", "\u{10ffff}", "\t\r\n"];

const DATES: &str = "1970-01-01 2020-02-29 2001-08-22 1969-12-31 9999-12-31 1582-10-10 0000-03-01 \
    -0001-12-31 +99999-01-01";
/// Dates that nanoseconds reach, from 1677 to 2262.
const NEAR_DATES: &str = "1970-01-01 2020-02-29 2001-08-22 1969-12-31";
const TIMES: &str = "00:00:00 01:02:03.4 23:59:59.999 03:04:05.123456 12:00:00.000000001";
const ZONES: &str = "UTC +14:00 -14:00 Europe/Berlin America/New_York +05:30 Pacific/Apia";
const JSONS: &str = r#"null {} [] 1 -0.0 1e999 123456789012345678901234567890.5 "x" true
    [1,"a",null,[{}]] {"a":{"b":[1,2.50]},"":null} "2020-01-01" {"f0":1,"f1":"y"}"#;

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Generator {
    pub(super) fn text(&mut self) -> String {
        let lines = TEXTS.lines().count();
        let text = match self.below(12) {
            0 => self.pick(UNSEEN),
            _ => TEXTS.lines().nth(self.below(lines)).unwrap_or_default(),
        };
        match self.below(12) {
            0 => format!("{text}{}", self.text()),
            1 => text.repeat(40),
            _ => text.to_owned(),
        }
    }

    /// A constant of a type.
    pub(super) fn literal(&mut self, kind: &Type) -> String {
        if self.one_in(9) {
            return match self.below(4) {
                0 if self.errs(2) || *kind == Type::Unknown => "NULL".to_owned(),
                _ => self.null(kind),
            };
        }
        let exact = self.loose(kind);
        match kind {
            Type::Function(parameters, result) => self.lambda(parameters, result),
            Type::Unknown
            | Type::Boolean
            | Type::Varbinary
            | Type::Json
            | Type::Date
            | Type::Bigint => exact,
            Type::Tinyint | Type::Smallint | Type::Real | Type::Double | Type::Integer => exact,
            Type::Uuid | Type::IpAddress | Type::IntervalDay | Type::IntervalYear => exact,
            Type::Varchar(None) if self.one_in(2) => exact,
            _ => format!("CAST({exact} AS {kind})"),
        }
    }

    pub(super) fn null(&mut self, kind: &Type) -> String {
        match kind {
            Type::Unknown => "NULL".to_owned(),
            Type::Function(parameters, result) => self.lambda(parameters, result),
            _ => format!("CAST(NULL AS {kind})"),
        }
    }

    fn moment(&mut self) -> String {
        let time = self.word(TIMES);
        let near = time.len() > 15 && !self.errs(2);
        format!("{} {time}", self.word(if near { NEAR_DATES } else { DATES }))
    }

    /// A constant that can be cast to a type.
    fn loose(&mut self, kind: &Type) -> String {
        let number = |g: &mut Self, most: &str, least: &str| {
            let small = (g.below(12) as i64 - 2).to_string();
            match g.below(14) {
                0 => most.to_owned(),
                1 => least.to_owned(),
                2 => "0".to_owned(),
                _ => small,
            }
        };
        match kind {
            Type::Unknown | Type::Function(..) => "NULL".to_owned(),
            Type::Boolean => self.pick(&["true", "false"]).to_owned(),
            Type::Tinyint => format!("TINYINT '{}'", number(self, "127", "-128")),
            Type::Smallint => format!("SMALLINT '{}'", number(self, "32767", "-32768")),
            Type::Integer => match number(self, "2147483647", "-2147483648") {
                small if self.one_in(2) => format!("INTEGER '{small}'"),
                small => small,
            },
            Type::Bigint => {
                format!("BIGINT '{}'", number(self, "9223372036854775807", "-9223372036854775808"))
            }
            Type::Real => {
                let all = "0 -0.0 1.5 -2.25 NaN Infinity -Infinity 3.4028235E38 1.4E-45 16777217";
                format!("REAL '{}'", self.word(all))
            }
            Type::Double => {
                let all = "0E0 -0E0 1E0 -2.5E0 0.1E0 nan() infinity() -infinity() \
                    1.7976931348623157E308 4.9E-324 9.223372036854775807E18 1E15 0.05E0 3E0";
                self.word(all).to_owned()
            }
            Type::Decimal(precision, scale) => {
                let (whole, part) = (usize::from(precision - scale), usize::from(*scale));
                match self.below(5) {
                    0 => format!("DECIMAL '{:0>1}.{}'", "9".repeat(whole), "9".repeat(part)),
                    1 => format!("DECIMAL '-{:0>1}.{}'", "9".repeat(whole), "9".repeat(part)),
                    2 => "0.5".to_owned(),
                    _ if whole > 0 => format!("DECIMAL '{}'", self.below(10)),
                    _ => "DECIMAL '0.00'".to_owned(),
                }
            }
            Type::Varchar(_) | Type::Char(_) => {
                let text = self.text();
                match self.below(10) {
                    0 => format!("U&'\\+01F600{}'", text.replace('\'', "''").replace('\\', "\\\\")),
                    _ => quoted(&text),
                }
            }
            Type::Varbinary => match self.below(3) {
                0 => format!("to_utf8({})", quoted(&self.text())),
                _ => self
                    .word("X'' X'00' X'00FF80' X'DEADBEEF00112233' X'000000000000F03F'")
                    .to_owned(),
            },
            Type::Json => format!("JSON {}", quoted(self.word(JSONS))),
            Type::Date => format!("DATE '{}'", self.word(DATES)),
            Type::Time(_) => format!("TIME '{}'", self.word(TIMES)),
            Type::Timestamp(_) => format!("TIMESTAMP '{}'", self.moment()),
            Type::TimestampTz(_) => {
                format!("TIMESTAMP '{} {}'", self.moment(), self.word(ZONES))
            }
            Type::IntervalDay => {
                let unit = self.pick(&["DAY", "HOUR", "MINUTE", "SECOND"]);
                format!("INTERVAL '{}' {unit}", number(self, "99999", "-99999"))
            }
            Type::IntervalYear => {
                let unit = self.pick(&["YEAR", "MONTH"]);
                format!("INTERVAL '{}' {unit}", number(self, "9999", "-99999"))
            }
            Type::Uuid => {
                let low = self.below(3);
                format!("UUID '12151fd2-7586-11e9-8f9e-2a86e4085a5{low}'")
            }
            Type::IpAddress => {
                format!(
                    "IPADDRESS '{}'",
                    self.pick(&["::1", "10.0.0.1", "2001:db8::ff00:42:8329", "::ffff:1.2.3.4"])
                )
            }
            Type::Array(item) => {
                let count = self.below(4);
                format!("ARRAY[{}]", self.join(count, ", ", |g| g.literal(item)))
            }
            Type::Map(key, value) => {
                let count = self.below(3);
                let keys = self.join(count, ", ", |g| g.loose(key));
                format!(
                    "MAP(ARRAY[{keys}], ARRAY[{}])",
                    self.join(count, ", ", |g| g.literal(value))
                )
            }
            Type::Row(fields) => {
                let all: Vec<_> =
                    fields.iter().map(|field| self.literal(&field.data_type)).collect();
                format!("ROW({})", all.join(", "))
            }
        }
    }
}
