//! Casts to and from JSON.
//!
//! [`write`] writes values as JSON, for every type with a JSON form; [`read`] reads values from JSON.

mod read;
mod scalar;
mod write;

use crate::builder::{ArrayBuilder as _, TextBuilder};
use crate::call::{Param, wrong_layout};
use arrow::array::{Array, ArrayRef};
use read::Reader;
use scalar::ConversionError;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};
use write::Writer;

/// `CAST(x AS json)`.
pub(super) fn to_json(array: &ArrayRef, from: &Type, _safe: bool) -> SqlResult<ArrayRef> {
    if *from == Type::Json {
        return Ok(Arc::clone(array));
    }
    let writer = Writer::new(array, from)?.ok_or_else(|| {
        SqlError::new(Code::InvalidCastArgument, format!("Cannot cast {from} to JSON"))
    })?;
    let mut out = TextBuilder::with_capacity(array.len());
    for at in 0..array.len() {
        out.append(|text| {
            let valid = array.is_valid(at) && *from != Type::Unknown;
            if valid {
                writer.write(at, text);
            }
            Ok(valid)
        })?;
    }
    out.finish(&Type::Json)
}

/// `CAST(json AS type)`. The text need not be canonical: it may be what `json_parse` is given.
pub(super) fn from_json(array: &ArrayRef, to: &Type, safe: bool) -> SqlResult<ArrayRef> {
    if *to == Type::Json {
        return Ok(Arc::clone(array));
    }
    let mut reader = Reader::new(to).ok_or_else(|| {
        SqlError::new(Code::InvalidCastArgument, format!("Cannot cast JSON to {to}"))
    })?;
    let structured = matches!(to, Type::Array(_) | Type::Map(..) | Type::Row(_));
    let texts = <&str as Param>::open(array);
    let texts = texts.ok_or_else(|| wrong_layout("JSON", array))?;
    for at in 0..array.len() {
        if array.is_null(at) {
            reader.null();
            continue;
        }
        let json = <&str as Param>::get(&texts, at);
        let read = if structured { reader.document(json) } else { reader.scalar(json) };
        match read {
            Ok(()) => {}
            Err(_) if safe => {
                reader.truncate(at);
                reader.null();
            }
            Err(error) if structured => return Err(structure_error(&error, json, to)),
            Err(error) => return Err(scalar_error(&error, json, to)),
        }
    }
    reader.finish(to)
}

/// The most characters of JSON text that an error shows.
const MAX_SHOWN_CHARS: usize = 10_000;

fn structure_error(error: &ConversionError, json: &str, to: &Type) -> SqlError {
    let shown = json.char_indices().nth(MAX_SHOWN_CHARS).map_or(json, |(end, _)| &json[..end]);
    let why = error.inside();
    let space = if why.is_empty() { "" } else { " " };
    SqlError::cast(format!("Cannot cast to {}.{space}{why}\n{shown}", TypeName(to)))
}

fn scalar_error(error: &ConversionError, json: &str, to: &Type) -> SqlError {
    let name = match to {
        Type::Decimal(precision, scale) => format!("DECIMAL({precision},{scale})"),
        Type::Varchar(_) => "varchar".to_owned(),
        other => other.to_string(),
    };
    let upper = name.to_uppercase();
    SqlError::cast(match error {
        ConversionError::Trailing(_) => format!("Cannot cast input json to {upper}"),
        ConversionError::TooFar(_) => format!("Cannot cast '{json}' to integer"),
        ConversionError::Because(why) => why.clone(),
        ConversionError::Malformed
        | ConversionError::Overflow
        | ConversionError::Unexpected { .. } => {
            format!("Cannot cast '{json}' to {name}")
        }
    })
}

/// A type as Trino's errors spell it: names of fields without quotes.
struct TypeName<'a>(&'a Type);

impl std::fmt::Display for TypeName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Type::Array(item) => write!(f, "array({})", TypeName(item)),
            Type::Map(key, value) => write!(f, "map({}, {})", TypeName(key), TypeName(value)),
            Type::Row(fields) => {
                f.write_str("row(")?;
                for (at, field) in fields.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    if let Some(name) = &field.name {
                        write!(f, "{name} ")?;
                    }
                    write!(f, "{}", TypeName(&field.data_type))?;
                }
                f.write_str(")")
            }
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests;
