//! SQL values that become part of JSON or parameters of a path: the fields of a row.

use super::path::{Item, Value};
use crate::builder::{ArrayBuilder, IntoBuilder, TextBuilder};
use crate::call::{Call, Param};
use crate::cast::cast_to_text;
use crate::json::item::Node;
use crate::json::lexer::Lexed;
use arrow::array::{Array, ArrayRef};
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::is_long;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// A field of a row: a value for each row of the call.
#[derive(Debug)]
pub(super) struct Operand {
    data_type: Type,
    array: ArrayRef,
    /// Whether it is text that is read as JSON.
    json: bool,
}

/// The types that operands keep; values of other types become varchar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptTypes {
    /// Text.
    Text,
    /// Types with a JSON form.
    Scalars,
    /// These, and dates and times.
    Instants,
}

impl Operand {
    /// Returns the fields of the row at an argument's place; there are none if it is NULL. `json`
    /// has the places of the fields that are read as JSON.
    pub(super) fn of(
        call: &Call<'_>,
        at: usize,
        json: &[usize],
        kept: KeptTypes,
    ) -> SqlResult<Vec<Self>> {
        let Type::Row(fields) = call.argument_type(at) else { return Ok(Vec::new()) };
        let rows = call.structs(at)?;
        let columns = rows.columns().iter().zip(fields.iter()).enumerate();
        let operand = |(at, (array, field)): (usize, (&ArrayRef, _))| {
            let field: &traillake_sql_types::RowField = field;
            let json = json.contains(&at);
            let stays = json || kept.contains(&field.data_type);
            let data_type = if stays { field.data_type.clone() } else { Type::VARCHAR };
            let array = match stays {
                true => Arc::clone(array),
                false => cast_to_text(array, &field.data_type, false)?,
            };
            Ok(Self { data_type, array, json })
        };
        columns.map(operand).collect()
    }

    /// Returns the value of a row: a NULL is a JSON null, but nothing at all where JSON is read.
    pub(super) fn get(&self, row: usize) -> Lexed<Option<Item<'_>>> {
        if self.array.is_null(row) {
            return Ok(if self.json { None } else { Some(Item::Json(Node::Null)) });
        }
        if self.json {
            return Node::parse(self.text(row)).map(|node| Some(Item::Json(node)));
        }
        Ok(Some(Item::Value(self.value(row))))
    }

    /// Whether the value of a row is NULL.
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.array.is_null(row)
    }

    /// Returns the text of a row, without the spaces at the end of a char.
    pub(super) fn text(&self, row: usize) -> &str {
        let text = match <&str as Param>::open(&self.array) {
            Some(data) => <&str as Param>::get(&data, row),
            None => "",
        };
        if matches!(self.data_type, Type::Char(_)) { text.trim_end_matches(' ') } else { text }
    }

    fn native<'a, P: Param<'a>>(&'a self, row: usize) -> Option<P> {
        P::open(&self.array).map(|data| P::get(&data, row))
    }

    fn value(&self, row: usize) -> Value {
        let integer =
            |value: Option<i64>| Value::Integer(value.unwrap_or_default(), self.data_type.clone());
        match &self.data_type {
            Type::Boolean | Type::Unknown => {
                Value::Boolean(self.native::<bool>(row).unwrap_or_default())
            }
            Type::Tinyint => integer(self.native::<i8>(row).map(i64::from)),
            Type::Smallint => integer(self.native::<i16>(row).map(i64::from)),
            Type::Integer => integer(self.native::<i32>(row).map(i64::from)),
            Type::Bigint => integer(self.native::<i64>(row)),
            Type::Real => Value::Real(self.native::<f32>(row).unwrap_or_default()),
            Type::Double => Value::Double(self.native::<f64>(row).unwrap_or_default()),
            Type::Decimal(precision, scale) => Value::Decimal {
                value: self.native::<i128>(row).unwrap_or_default(),
                precision: *precision,
                scale: *scale,
            },
            Type::Date => self.instant(self.native::<i32>(row).map(i128::from)),
            Type::TimestampTz(_) => self.instant(self.native::<i128>(row)),
            Type::Timestamp(precision) if is_long(*precision) => {
                self.instant(self.native::<i128>(row))
            }
            Type::Time(_) | Type::Timestamp(_) => {
                self.instant(self.native::<i64>(row).map(i128::from))
            }
            Type::Char(width) => {
                let text = self.text(row);
                let missing = (*width as usize).saturating_sub(text.chars().count());
                Value::Text((text.to_owned() + &" ".repeat(missing)).into(), self.data_type.clone())
            }
            _ => Value::Text(self.text(row).into(), self.data_type.clone()),
        }
    }

    fn instant(&self, value: Option<i128>) -> Value {
        Value::Instant(value.unwrap_or_default(), self.data_type.clone())
    }
}

impl KeptTypes {
    fn contains(self, data_type: &Type) -> bool {
        match data_type {
            Type::Varchar(_) | Type::Char(_) => true,
            _ if self == Self::Text => false,
            Type::Unknown | Type::Boolean => true,
            Type::Date | Type::Time(_) | Type::Timestamp(_) | Type::TimestampTz(_) => {
                self == Self::Instants
            }
            other => other.is_numeric(),
        }
    }
}

/// Returns values of one type as an array.
pub(super) fn array_of(values: &[Value], data_type: &Type) -> SqlResult<ArrayRef> {
    fn natives<T: IntoBuilder>(
        values: &[Value],
        data_type: &Type,
        get: impl Fn(&Value) -> Option<T>,
    ) -> SqlResult<ArrayRef> {
        let mut out = T::builder(values.len());
        for value in values {
            match get(value) {
                Some(value) => value.append_to(&mut out),
                None => out.null(),
            }
        }
        out.finish(data_type)
    }
    let integer = |value: &Value| match value {
        Value::Integer(value, _) => Some(*value),
        _ => None,
    };
    let instant = |value: &Value| match value {
        Value::Instant(value, _) => Some(*value),
        _ => None,
    };
    match data_type {
        Type::Boolean => natives(values, data_type, |value| match value {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }),
        Type::Tinyint => natives(values, data_type, |value| i8::try_from(integer(value)?).ok()),
        Type::Smallint => natives(values, data_type, |value| i16::try_from(integer(value)?).ok()),
        Type::Integer => natives(values, data_type, |value| i32::try_from(integer(value)?).ok()),
        Type::Bigint => natives(values, data_type, integer),
        Type::Real => natives(values, data_type, |value| match value {
            Value::Real(value) => Some(*value),
            _ => None,
        }),
        Type::Double => natives(values, data_type, |value| match value {
            Value::Double(value) => Some(*value),
            _ => None,
        }),
        Type::Decimal(..) => natives(values, data_type, |value| match value {
            Value::Decimal { value, .. } => Some(*value),
            _ => None,
        }),
        Type::Date => natives(values, data_type, |value| i32::try_from(instant(value)?).ok()),
        Type::TimestampTz(_) => natives(values, data_type, instant),
        Type::Timestamp(precision) if is_long(*precision) => natives(values, data_type, instant),
        Type::Time(_) | Type::Timestamp(_) => {
            natives(values, data_type, |value| i64::try_from(instant(value)?).ok())
        }
        _ => {
            let mut out = TextBuilder::with_capacity(values.len());
            for value in values {
                out.append(|out| {
                    if let Value::Text(text, _) = value {
                        out.push_str(text);
                    }
                    Ok(true)
                })?;
            }
            out.finish(data_type)
        }
    }
}

/// The options of a function of SQL/JSON: `error=null json=0,2 unique`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options<'a>(&'a str);

impl<'a> Options<'a> {
    /// Returns the options at an argument's place.
    pub(super) fn of(call: &Call<'a>, at: usize) -> SqlResult<Self> {
        Ok(Self(call.constant::<&str>(at)?.unwrap_or_default()))
    }

    /// Returns the text after `name=`.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let mut words = self.0.split_ascii_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether a word is there.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.split_ascii_whitespace().any(|known| known == word)
    }

    /// Returns the places of the values that are read as JSON.
    pub(super) fn json(&self) -> Vec<usize> {
        let places = self.get("json").unwrap_or_default().split(',');
        places.filter_map(|place| place.parse().ok()).collect()
    }
}

/// The error for text that is not JSON.
pub(super) fn not_json() -> SqlError {
    SqlError::new(Code::JsonInputConversion, "conversion to JSON failed: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_words() {
        let options = Options("error=null json=0,12 unique");
        assert_eq!(options.get("error"), Some("null"));
        assert_eq!(options.get("empty"), None);
        assert_eq!(options.json(), [0, 12]);
        assert!(options.has("unique") && !options.has("json"));
    }
}
