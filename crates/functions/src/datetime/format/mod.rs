//! Dates and times by patterns: those of MySQL, of Joda and of Teradata, and ISO 8601.
//!
//! A pattern of any of these languages is compiled to [`Element`]s, which [`print`] writes and
//! [`parse`] reads. Both follow the Joda library, which Trino uses: in what is accepted, which
//! fields win, and the text of errors.

mod fields;
mod functions;
pub(super) mod iso;
mod joda;
mod mysql;
mod names;
mod parse;
mod print;
mod teradata;
#[cfg(test)]
mod tests;

pub(super) use functions::register;
pub(super) use parse::{Parsed, Place};

use fields::Field;
use traillake_sql_types::error::{SqlError, SqlResult};

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Literal(String),
    Number(Number),
    /// A year of two digits; `lenient` ones may have more, or fewer.
    TwoDigitYear {
        field: Field,
        pivot: i64,
        lenient: bool,
    },
    /// Digits after a point, of a unit of this many milliseconds.
    Fraction {
        unit: i64,
        min: usize,
        max: usize,
    },
    /// A name.
    Text {
        field: Field,
        short: bool,
    },
    /// An offset from UTC.
    Offset {
        colon: bool,
    },
    /// The name of a zone.
    ZoneId,
    /// What a zone is called.
    ZoneName {
        short: bool,
    },
    /// One of several alternatives, or none, if it is optional. Only for parsing.
    Choice {
        ways: Vec<Vec<Element>>,
        optional: bool,
    },
}

/// A number with at least `min` digits when it is written, and at most `max` when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    field: Field,
    min: usize,
    max: usize,
    signed: bool,
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format(Vec<Element>);

impl Format {
    fn new(elements: Vec<Element>) -> SqlResult<Self> {
        if elements.is_empty() {
            return Err(SqlError::argument("Both printing and parsing not supported"));
        }
        Ok(Self(elements))
    }

    /// Whether it writes something of a zone.
    fn has_zone(&self) -> bool {
        let zoned = |element: &Element| {
            matches!(element, Element::Offset { .. } | Element::ZoneId | Element::ZoneName { .. })
        };
        self.0.iter().any(zoned)
    }
}

fn number(field: Field, min: usize, max: usize) -> Element {
    Element::Number(Number { field, min, max: max.max(min), signed: false })
}

fn signed(field: Field, min: usize, max: usize) -> Element {
    Element::Number(Number { field, min, max: max.max(min), signed: true })
}

fn literal(text: impl Into<String>) -> Element {
    Element::Literal(text.into())
}

fn fraction(min: usize, max: usize) -> Element {
    Element::Fraction { unit: 1_000, min, max }
}
