//! Reads scalars of JSON as values of SQL types.

use crate::cast::decimals;
use crate::cast::numbers::{Integer, boolean_of_text, integer_of_double, integer_of_text};
use crate::json::lexer::{Malformed, Raw, Token};
use crate::json::text;
use crate::numerals::java;
use crate::numerals::varchar_double;
use std::borrow::Cow;
use traillake_sql_types::error::{Code, SqlError};

/// Why JSON cannot be read as a value of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConversionError {
    /// It is not JSON, or not a number where one is needed.
    Malformed,
    /// An integer out of the type's range.
    Overflow,
    /// Another number out of the range of an integer type, and what a cast of it says.
    TooFar(String),
    /// A token that is not a value of the type.
    Unexpected { name: String, token: String },
    /// Something after the value.
    Trailing(String),
    /// Another message, such as that of a cast of the string.
    Because(String),
}

impl From<Malformed> for ConversionError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// The error of another cast.
impl From<SqlError> for ConversionError {
    fn from(error: SqlError) -> Self {
        match error.code {
            Code::NumericValueOutOfRange => Self::TooFar(error.message),
            _ => Self::Because(error.message),
        }
    }
}

impl ConversionError {
    /// Returns the reason in the message of a cast to an array, map or row with this value inside.
    pub(super) fn inside(&self) -> Cow<'_, str> {
        match self {
            Self::Malformed | Self::Overflow => Cow::Borrowed(""),
            Self::Unexpected { name, token } => {
                Cow::Owned(format!("Unexpected token when cast to {name}: {token}"))
            }
            Self::Trailing(token) => Cow::Owned(format!("Unexpected trailing token: {token}")),
            Self::TooFar(why) | Self::Because(why) => Cow::Borrowed(why),
        }
    }
}

/// The result of reading a value; `None` is a JSON null.
pub(super) type Read<T> = Result<Option<T>, ConversionError>;

/// Returns a token for a message.
pub(super) fn shown(token: Token<'_>) -> String {
    match token {
        Token::ObjectStart => "{".to_owned(),
        Token::ObjectEnd => "}".to_owned(),
        Token::ArrayStart => "[".to_owned(),
        Token::ArrayEnd => "]".to_owned(),
        Token::Name(raw) | Token::Text(raw) => text::unescaped(raw).into_owned(),
        Token::Integer(digits) | Token::Float(digits) => digits.to_owned(),
        Token::Boolean(truth) => truth.to_string(),
        Token::Null => "null".to_owned(),
    }
}

fn unexpected<T>(token: Token<'_>, name: &str) -> Read<T> {
    Err(ConversionError::Unexpected { name: name.to_owned(), token: shown(token) })
}

fn because<T>(why: String) -> Read<T> {
    Err(ConversionError::Because(why))
}

/// Reads an integer.
pub(super) fn integer<N: Integer>(token: Token<'_>) -> Read<N> {
    Ok(Some(match token {
        Token::Null => return Ok(None),
        Token::Boolean(truth) => N::from(truth),
        Token::Integer(digits) => {
            let value: i64 = digits.parse().map_err(|_| ConversionError::Overflow)?;
            N::try_from(value).map_err(|_| ConversionError::Overflow)?
        }
        Token::Float(digits) => integer_of_double(number(digits)?)?,
        Token::Text(raw) | Token::Name(raw) => integer_of_text(&text::unescaped(raw))?,
        other => return unexpected(other, N::NAME),
    }))
}

fn number<F: std::str::FromStr>(digits: &str) -> Result<F, ConversionError> {
    digits.parse().map_err(|_| ConversionError::Malformed)
}

/// Reads a small integer inside of an array, map or row, where it is an integer first.
pub(super) fn small_inside(token: Token<'_>) -> Read<i16> {
    let Some(value) = integer::<i32>(token)? else { return Ok(None) };
    match i16::try_from(value) {
        Ok(value) => Ok(Some(value)),
        Err(_) => {
            let how = if value > 0 { "exceeds MAX_SHORT" } else { "is less than MIN_SHORT" };
            because(format!("Value {value} {how} for type smallint"))
        }
    }
}

/// Reads a boolean.
pub(super) fn boolean(token: Token<'_>) -> Read<bool> {
    Ok(Some(match token {
        Token::Null => return Ok(None),
        Token::Boolean(truth) => truth,
        Token::Integer(digits) => {
            digits.parse::<i64>().map_err(|_| ConversionError::Overflow)? != 0
        }
        Token::Float(digits) => number::<f64>(digits)? != 0.0,
        Token::Text(raw) | Token::Name(raw) => boolean_of_text(&text::unescaped(raw))?,
        other => return unexpected(other, "boolean"),
    }))
}

/// Reads a string with `parse`; `name` is that of the type in errors.
fn of_text<T>(raw: Raw<'_>, parse: impl Fn(&str) -> Option<T>, name: &str) -> Read<T> {
    let text = text::unescaped(raw);
    match parse(java::trim(&text)) {
        Some(value) => Ok(Some(value)),
        None => because(format!("Cannot cast '{text}' to {name}")),
    }
}

/// Reads a real.
pub(super) fn real(token: Token<'_>) -> Read<f32> {
    Ok(Some(match token {
        Token::Null => return Ok(None),
        Token::Boolean(truth) => f32::from(truth),
        Token::Integer("-0") => 0.0,
        Token::Integer(digits) | Token::Float(digits) => number(digits)?,
        Token::Text(raw) | Token::Name(raw) => return of_text(raw, java::float, "REAL"),
        other => return unexpected(other, "real"),
    }))
}

/// Reads a double.
pub(super) fn double(token: Token<'_>) -> Read<f64> {
    Ok(Some(match token {
        Token::Null => return Ok(None),
        Token::Boolean(truth) => f64::from(truth),
        Token::Integer("-0") => 0.0,
        Token::Integer(digits) | Token::Float(digits) => number(digits)?,
        Token::Text(raw) | Token::Name(raw) => return of_text(raw, java::double, "DOUBLE"),
        other => return unexpected(other, "double"),
    }))
}

/// Reads a decimal.
pub(super) fn decimal(token: Token<'_>, precision: u8, scale: u8) -> Read<i128> {
    let name = || format!("DECIMAL({precision},{scale})");
    let read = |text: &str| decimals::of_text(text, (precision, scale));
    let read = match token {
        Token::Null => return Ok(None),
        Token::Boolean(truth) => read(if truth { "1" } else { "0" }),
        Token::Integer(digits) | Token::Float(digits) => read(digits),
        Token::Text(raw) | Token::Name(raw) => read(&text::unescaped(raw)),
        other => return unexpected(other, &name()),
    };
    match read {
        Some(Some(value)) => Ok(Some(value)),
        Some(None) => because(format!("Cannot cast input json to {}", name())),
        None => Err(ConversionError::Malformed),
    }
}

/// Appends a scalar's text, at most `limit` characters of it; false for a JSON null.
pub(super) fn varchar(
    token: Token<'_>,
    limit: Option<u32>,
    out: &mut String,
) -> Result<bool, ConversionError> {
    let start = out.len();
    match token {
        Token::Null => return Ok(false),
        Token::Boolean(truth) => out.push_str(if truth { "true" } else { "false" }),
        Token::Integer(digits) => text::integer(digits, out),
        Token::Float(digits) => {
            varchar_double(number(digits)?, out);
        }
        Token::Text(raw) | Token::Name(raw) => text::unescape_into(raw, out),
        other => return unexpected(other, "varchar").map(|_: Option<()>| false),
    }
    let written = out.get(start..).unwrap_or_default();
    if let Some(limit) = limit.map(|limit| limit as usize)
        && written.len() > limit
        && written.chars().count() > limit
    {
        out.truncate(start);
        return Err(ConversionError::Because(format!(
            "Character count exceeds length limit {limit}"
        )));
    }
    Ok(true)
}
