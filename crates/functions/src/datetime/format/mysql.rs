//! Patterns of MySQL's `DATE_FORMAT`: `%Y-%m-%d`.

use super::fields::Field;
use super::{Element, Format, fraction, literal, number, signed};
use traillake_sql_types::error::{SqlError, SqlResult};

/// Years of two digits are from 1970 to 2069.
const PIVOT_YEAR: i64 = 2020;

/// The pattern of dates, which takes years of more than four digits, as no other one does.
pub(super) const ISO_DATE: &str = "%Y-%m-%d";

/// Compiles a pattern.
pub(super) fn compile(pattern: &str) -> SqlResult<Format> {
    let mut elements = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            // A % at the end is ignored.
            '%' => {
                if let Some(specifier) = chars.next() {
                    elements.extend(of_specifier(specifier)?);
                }
            }
            _ => elements.push(literal(c)),
        }
    }
    if let Some(year) = elements.first_mut().filter(|_| pattern == ISO_DATE) {
        *year = signed(Field::Year, 4, 9);
    }
    Format::new(elements)
}

fn of_specifier(c: char) -> SqlResult<Vec<Element>> {
    let time = |hour: Element| {
        vec![
            hour,
            literal(":"),
            number(Field::Minute, 2, 2),
            literal(":"),
            number(Field::Second, 2, 2),
        ]
    };
    let halfday = Element::Text { field: Field::Halfday, short: false };
    let element = match c {
        'a' => Element::Text { field: Field::DayOfWeek, short: true },
        'b' => Element::Text { field: Field::Month, short: true },
        'c' => number(Field::Month, 1, 2),
        'd' => number(Field::DayOfMonth, 2, 2),
        'e' => number(Field::DayOfMonth, 1, 2),
        'f' => fraction(6, 9),
        'H' => number(Field::HourOfDay, 2, 2),
        'h' | 'I' => number(Field::ClockhourOfHalfday, 2, 2),
        'i' => number(Field::Minute, 2, 2),
        'j' => number(Field::DayOfYear, 3, 3),
        'k' => number(Field::HourOfDay, 1, 2),
        'l' => number(Field::ClockhourOfHalfday, 1, 2),
        'M' => Element::Text { field: Field::Month, short: false },
        'm' => number(Field::Month, 2, 2),
        'p' => halfday,
        'r' => {
            let mut elements = time(number(Field::ClockhourOfHalfday, 2, 2));
            elements.extend([literal(" "), halfday]);
            return Ok(elements);
        }
        'S' | 's' => number(Field::Second, 2, 2),
        'T' => return Ok(time(number(Field::HourOfDay, 2, 2))),
        'v' => number(Field::Week, 2, 2),
        'W' => Element::Text { field: Field::DayOfWeek, short: false },
        'x' => signed(Field::Weekyear, 4, 4),
        'Y' => signed(Field::Year, 4, 4),
        'y' => Element::TwoDigitYear { field: Field::Year, pivot: PIVOT_YEAR, lenient: false },
        'D' | 'U' | 'u' | 'V' | 'w' | 'X' => {
            let text = format!("%{c} not supported in date format string");
            return Err(SqlError::argument(text));
        }
        _ => literal(c),
    };
    Ok(vec![element])
}
