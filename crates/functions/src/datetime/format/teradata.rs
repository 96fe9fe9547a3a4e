//! Patterns of Teradata's `to_char`: `yyyy-mm-dd hh24:mi:ss`.

use super::fields::Field;
use super::{Element, Format, literal, number, signed};
use traillake_sql_types::error::{SqlError, SqlResult};

/// Years of two digits are of this century.
const PIVOT_YEAR: i64 = 2050;

/// Compiles a pattern.
pub(super) fn compile(pattern: &str) -> SqlResult<Format> {
    let elements: [(&str, Element); 8] = [
        ("yyyy", signed(Field::Year, 4, 4)),
        ("yy", Element::TwoDigitYear { field: Field::Year, pivot: PIVOT_YEAR, lenient: false }),
        ("mm", number(Field::Month, 2, 2)),
        ("dd", number(Field::DayOfMonth, 2, 2)),
        ("hh24", number(Field::HourOfDay, 2, 2)),
        ("hh", number(Field::HourOfHalfday, 2, 2)),
        ("mi", number(Field::Minute, 2, 2)),
        ("ss", number(Field::Second, 2, 2)),
    ];
    let mut out = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some((name, element)) = elements.iter().find(|(name, _)| rest.starts_with(name)) {
            out.push(element.clone());
            rest = &rest[name.len()..];
        } else if "-/,.;: ".contains(c) {
            out.push(literal(c));
            rest = &rest[c.len_utf8()..];
        } else {
            let at = pattern.chars().count() - rest.chars().count();
            let text = format!("Failed to tokenize string [{c}] at offset [{at}]");
            return Err(SqlError::argument(text));
        }
    }
    Format::new(out)
}
