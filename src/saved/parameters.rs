//! Texts as values of a statement's parameters: numbers, days, moments, and times ago such as `24h`.

use crate::engine::parameters::Parameters;
use crate::engine::read_moment;
use chrono::{DateTime, Duration, Timelike, Utc};
use traillake_sql_parser::ast::{Expr, ExprKind, TypeName, TypeNameKind};
use traillake_sql_types::error::Position;

/// Types that a parameter can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// Text.
    Varchar,
    /// A whole number of 64 bits.
    Bigint,
    /// A number in floating point.
    Double,
    /// `true` or `false`.
    Boolean,
    /// A day.
    Date,
    /// A moment in UTC: `timestamp(3)`, or finer if its text is.
    Timestamp,
}

/// Every type of parameters.
pub const PARAMETER_TYPES: [ParameterType; 6] = [
    ParameterType::Varchar,
    ParameterType::Bigint,
    ParameterType::Double,
    ParameterType::Boolean,
    ParameterType::Date,
    ParameterType::Timestamp,
];

impl ParameterType {
    /// Returns the type's name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Varchar => "varchar",
            Self::Bigint => "bigint",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        }
    }

    /// Returns the type with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        PARAMETER_TYPES.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns what is expected of a text, with examples.
    pub fn examples(self) -> &'static str {
        match self {
            Self::Varchar => "text",
            Self::Bigint => "a whole number",
            Self::Double => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a day such as 2026-03-01, or a time ago such as 7d",
            Self::Timestamp => {
                "a moment such as 2026-03-01, 2026-03-01T14:30:00Z, now, or a time ago such as 24h or 7d"
            }
        }
    }
}

/// Why a text is not a value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter {name}: {text:?} is not {expected}")]
pub struct ParameterError {
    name: String,
    text: String,
    expected: &'static str,
}

/// Gives a parameter of a statement the value that `text` says, or NULL. A time ago counts from the moment
/// that the statement takes for now.
///
/// # Errors
/// When the text is not a value of that type.
pub fn bind(
    parameters: &mut Parameters,
    name: &str,
    data_type: ParameterType,
    text: Option<&str>,
) -> Result<(), ParameterError> {
    let value = match text {
        None => Some(null(data_type)),
        Some(text) => value(data_type, text, parameters.now()),
    };
    let wrong = || ParameterError {
        name: name.to_owned(),
        text: text.unwrap_or_default().to_owned(),
        expected: data_type.examples(),
    };
    parameters.set(name, value.ok_or_else(wrong)?);
    Ok(())
}

/// Returns the value that `text` says, or NULL, as SQL spells it. A time ago counts from `now`.
///
/// # Errors
/// When the text is not a value of that type.
pub fn literal(
    name: &str,
    data_type: ParameterType,
    text: Option<&str>,
    now: DateTime<Utc>,
) -> Result<String, ParameterError> {
    let Some(text) = text else { return Ok(format!("CAST(NULL AS {})", data_type.name())) };
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match value(data_type, text, now) {
        Some(ExprKind::String(text)) => Ok(quoted(&text)),
        Some(ExprKind::Integer(number)) => Ok(number.to_string()),
        Some(ExprKind::Double(number)) => Ok(format!("DOUBLE '{number}'")),
        Some(ExprKind::Boolean(is)) => Ok(is.to_string()),
        Some(ExprKind::Typed { text, .. }) => {
            Ok(format!("{} {}", data_type.name().to_uppercase(), quoted(&text)))
        }
        _ => {
            let (name, text) = (name.to_owned(), text.to_owned());
            Err(ParameterError { name, text, expected: data_type.examples() })
        }
    }
}

/// Gives a value to a parameter of a statement that declares none. Where it meets a time, it may be a time ago.
pub fn give(parameters: &mut Parameters, name: &str, text: &str) {
    let said = moment(text.trim(), parameters.now());
    let time = said.and_then(|(moment, digits)| written(moment, digits));
    parameters.give(name, text, time);
}

/// Writes a moment as SQL does, with so many digits of a second.
fn written(moment: DateTime<Utc>, digits: u8) -> Option<String> {
    let nanos = format!("{:09}", moment.nanosecond());
    let fraction = nanos.get(..digits.into())?;
    Some(format!("{}.{fraction}", moment.format("%Y-%m-%d %H:%M:%S")))
}

/// Where a value stands that the statement does not spell; the parser says where its name does.
const NOWHERE: Position = Position { line: 1, column: 1 };

/// The fewest digits of a second that a moment has: those of `now()`.
const DIGITS: u8 = 3;

fn typed(data_type: ParameterType) -> TypeName {
    typed_to(data_type, DIGITS)
}

/// Returns the type of a value; a moment has `digits` of a second.
fn typed_to(data_type: ParameterType, digits: u8) -> TypeName {
    let kind = match data_type {
        ParameterType::Timestamp => {
            TypeNameKind::DateTime { timestamp: true, precision: Some(digits.into()), zone: false }
        }
        other => TypeNameKind::Generic { name: other.name().to_owned(), parameters: Vec::new() },
    };
    TypeName { kind, at: NOWHERE }
}

fn null(data_type: ParameterType) -> ExprKind {
    let value = Box::new(Expr { kind: ExprKind::Null, at: NOWHERE });
    ExprKind::Cast { value, kind: typed(data_type), safe: false }
}

fn value(data_type: ParameterType, text: &str, now: DateTime<Utc>) -> Option<ExprKind> {
    let trimmed = text.trim();
    Some(match data_type {
        ParameterType::Varchar => ExprKind::String(text.to_owned()),
        ParameterType::Bigint => ExprKind::Integer(trimmed.parse().ok()?),
        ParameterType::Double => ExprKind::Double(trimmed.parse().ok()?),
        ParameterType::Boolean => ExprKind::Boolean(match trimmed.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => true,
            "false" | "no" | "off" | "0" => false,
            _ => return None,
        }),
        ParameterType::Date => {
            let text = moment(trimmed, now)?.0.format("%Y-%m-%d").to_string();
            ExprKind::Typed { kind: typed(data_type), text }
        }
        ParameterType::Timestamp => {
            let (moment, digits) = moment(trimmed, now)?;
            ExprKind::Typed { kind: typed_to(data_type, digits), text: written(moment, digits)? }
        }
    })
}

/// Reads a moment as a parameter of type `timestamp` does; `None` for what is none.
pub fn read_time(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    moment(text.trim(), now).map(|(moment, _)| moment)
}

/// Reads a moment in UTC, and how many digits of a second it has: `now`, a time ago, or one as
/// comparisons read it.
fn moment(text: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, u8)> {
    if text.eq_ignore_ascii_case("now") {
        return Some((now, DIGITS));
    }
    if let Some(ago) = time_ago(text) {
        return Some((now.checked_sub_signed(ago)?, DIGITS));
    }
    let written = read_moment(text).ok()?;
    let seconds = i64::try_from(written.nanos.div_euclid(1_000_000_000)).ok()?;
    let nanos = u32::try_from(written.nanos.rem_euclid(1_000_000_000)).ok()?;
    Some((DateTime::from_timestamp(seconds, nanos)?, written.digits.max(DIGITS)))
}

/// Reads a length of time: `90m`, `24h`, `7d`, `2w`, with a minus sign or not.
fn time_ago(text: &str) -> Option<Duration> {
    let text = text.trim_start_matches('-');
    let unit = text.chars().next_back()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
    match unit {
        'm' => Duration::try_minutes(count),
        'h' => Duration::try_hours(count),
        'd' => Duration::try_days(count),
        'w' => Duration::try_weeks(count),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ParameterType, text: &str) -> String {
        let now = DateTime::from_timestamp(1_772_366_400, 0).unwrap();
        match value(kind, text, now) {
            Some(ExprKind::Typed { text, .. } | ExprKind::String(text)) => text,
            Some(ExprKind::Integer(number)) => number.to_string(),
            Some(ExprKind::Double(number)) => number.to_string(),
            Some(ExprKind::Boolean(yes)) => yes.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn texts_become_values() {
        use ParameterType::{Bigint, Boolean, Date, Double, Timestamp, Varchar};
        for (kind, text, want) in [
            (Varchar, "' OR 1=1 --", "' OR 1=1 --"),
            (Bigint, " 12 ", "12"),
            (Bigint, "1; DROP", "None"),
            (Double, "0.5", "0.5"),
            (Boolean, "Yes", "true"),
            (Boolean, "maybe", "None"),
            (Date, "2026-03-01", "2026-03-01"),
            (Date, "1d", "2026-02-28"),
            (Timestamp, "2026-03-01", "2026-03-01 00:00:00.000"),
            (Timestamp, "2026-03-01T14:30:00+02:00", "2026-03-01 12:30:00.000"),
            (Timestamp, "2026-03-01 14:30", "2026-03-01 14:30:00.000"),
            (Timestamp, "2026-03-01T14:30Z", "2026-03-01 14:30:00.000"),
            (Timestamp, "2026-03-01 14:30:00.123456 Europe/Berlin", "2026-03-01 13:30:00.123456"),
            (Timestamp, "2026-03-01 14:30:00.1234567890", "None"),
            (Timestamp, "now", "2026-03-01 12:00:00.000"),
            (Timestamp, "-24h", "2026-02-28 12:00:00.000"),
            (Timestamp, "90m", "2026-03-01 10:30:00.000"),
            (Timestamp, "99999999999999999d", "None"),
            (Timestamp, "yesterday", "None"),
            (Timestamp, "", "None"),
        ] {
            assert_eq!(read(kind, text), want, "{kind:?} {text}");
        }
    }

    #[test]
    fn values_are_spelled_as_sql() {
        use ParameterType::{Bigint, Boolean, Date, Double, Timestamp, Varchar};
        let now = DateTime::from_timestamp(1_772_366_400, 0).unwrap();
        for (kind, text, want) in [
            (Varchar, Some("it's"), "'it''s'"),
            (Bigint, Some("-12"), "-12"),
            (Double, Some("1e300"), &format!("DOUBLE '{}'", 1e300)),
            (Boolean, Some("on"), "true"),
            (Date, Some("1d"), "DATE '2026-02-28'"),
            (Timestamp, Some("24h"), "TIMESTAMP '2026-02-28 12:00:00.000'"),
            (Timestamp, None, "CAST(NULL AS timestamp)"),
        ] {
            assert_eq!(literal("p", kind, text, now).unwrap(), want);
        }
        let error = literal("n", Bigint, Some("1; DROP"), now).unwrap_err();
        assert_eq!(error.to_string(), "parameter n: \"1; DROP\" is not a whole number");
    }

    #[test]
    fn a_text_that_is_not_a_value_is_an_error() {
        let mut parameters = Parameters::at(DateTime::UNIX_EPOCH);
        let error = bind(&mut parameters, "n", ParameterType::Bigint, Some("x")).unwrap_err();
        assert_eq!(error.to_string(), "parameter n: \"x\" is not a whole number");
    }
}
