//! Writes values of each type as JSON text.

use crate::call::{AnyStringArray, wrong_layout};
use crate::cast::{cast_to_text, decimals};
use crate::json::text;
use crate::numerals::{java_decimal, java_double, java_float};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, MapArray, PrimitiveArray, StructArray,
};
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use std::cell::RefCell;
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;

/// Values of a type, in the form that JSON is made from.
#[derive(Debug)]
pub(super) enum Writer {
    Unknown,
    Boolean(BooleanArray),
    Tinyint(PrimitiveArray<Int8Type>),
    Smallint(PrimitiveArray<Int16Type>),
    Integer(PrimitiveArray<Int32Type>),
    Bigint(PrimitiveArray<Int64Type>),
    Real(PrimitiveArray<Float32Type>),
    Double(PrimitiveArray<Float64Type>),
    Decimal(PrimitiveArray<Decimal128Type>, u8),
    /// Text, and what is cast to text.
    Text(ArrayRef),
    Json(ArrayRef),
    Array(ListArray, Box<Self>),
    Map(MapArray, Box<Self>, Box<Self>, RefCell<Vec<Entry>>),
    Row(StructArray, Vec<(String, Self)>),
}

/// An entry of the map that is being written: its key, and where it is.
#[derive(Debug)]
pub(super) struct Entry {
    key: String,
    at: usize,
}

impl Writer {
    /// Returns a writer of the array's values, unless they have no JSON.
    pub(super) fn new(array: &ArrayRef, data_type: &Type) -> SqlResult<Option<Self>> {
        let wrong = || wrong_layout(format_args!("a value of type {data_type}"), array);
        Ok(Some(match data_type {
            Type::Unknown => Self::Unknown,
            Type::Boolean => Self::Boolean(array.as_boolean_opt().ok_or_else(wrong)?.clone()),
            Type::Tinyint => Self::Tinyint(array.as_primitive_opt().ok_or_else(wrong)?.clone()),
            Type::Smallint => Self::Smallint(array.as_primitive_opt().ok_or_else(wrong)?.clone()),
            Type::Integer => Self::Integer(array.as_primitive_opt().ok_or_else(wrong)?.clone()),
            Type::Bigint => Self::Bigint(array.as_primitive_opt().ok_or_else(wrong)?.clone()),
            Type::Real => Self::Real(array.as_primitive_opt().ok_or_else(wrong)?.clone()),
            Type::Double => Self::Double(array.as_primitive_opt().ok_or_else(wrong)?.clone()),
            Type::Decimal(_, scale) => {
                Self::Decimal(array.as_primitive_opt().ok_or_else(wrong)?.clone(), *scale)
            }
            Type::Varchar(_) => Self::Text(ArrayRef::clone(array)),
            Type::Json => Self::Json(ArrayRef::clone(array)),
            Type::Date | Type::Timestamp(_) => Self::Text(cast_to_text(array, data_type, false)?),
            Type::Array(item) => {
                let list = array.as_list_opt::<i32>().ok_or_else(wrong)?.clone();
                let Some(items) = Self::new(list.values(), item)? else { return Ok(None) };
                Self::Array(list, Box::new(items))
            }
            Type::Map(key, value) => {
                let map = array.as_map_opt().ok_or_else(wrong)?.clone();
                let keys = Self::new(map.keys(), key)?.filter(Self::is_key);
                let values = Self::new(map.values(), value)?;
                let Some((keys, values)) = keys.zip(values) else { return Ok(None) };
                // Dates are text by now, but they cannot be keys.
                if matches!(**key, Type::Date | Type::Timestamp(_)) {
                    return Ok(None);
                }
                Self::Map(map, Box::new(keys), Box::new(values), RefCell::default())
            }
            Type::Row(fields) => {
                let rows = array.as_struct_opt().ok_or_else(wrong)?.clone();
                let mut writers = Vec::with_capacity(fields.len());
                for (column, field) in rows.columns().iter().zip(fields.iter()) {
                    let Some(writer) = Self::new(column, &field.data_type)? else {
                        return Ok(None);
                    };
                    let mut name = String::new();
                    text::quote(field.name.as_deref().unwrap_or_default(), &mut name);
                    writers.push((name, writer));
                }
                Self::Row(rows, writers)
            }
            _ => return Ok(None),
        }))
    }

    /// Whether the values can be names of members.
    fn is_key(&self) -> bool {
        !matches!(self, Self::Json(_) | Self::Array(..) | Self::Map(..) | Self::Row(..))
    }

    fn is_null(&self, at: usize) -> bool {
        match self {
            Self::Unknown => true,
            Self::Boolean(array) => array.is_null(at),
            Self::Tinyint(array) => array.is_null(at),
            Self::Smallint(array) => array.is_null(at),
            Self::Integer(array) => array.is_null(at),
            Self::Bigint(array) => array.is_null(at),
            Self::Real(array) => array.is_null(at),
            Self::Double(array) => array.is_null(at),
            Self::Decimal(array, _) => array.is_null(at),
            Self::Text(array) | Self::Json(array) => array.is_null(at),
            Self::Array(array, _) => array.is_null(at),
            Self::Map(array, ..) => array.is_null(at),
            Self::Row(array, _) => array.is_null(at),
        }
    }

    /// Appends a value as JSON.
    pub(super) fn write(&self, at: usize, out: &mut String) {
        if self.is_null(at) {
            out.push_str("null");
            return;
        }
        match self {
            Self::Unknown => out.push_str("null"),
            Self::Boolean(array) => out.push_str(if array.value(at) { "true" } else { "false" }),
            Self::Tinyint(array) => text::number(i64::from(array.value(at)), out),
            Self::Smallint(array) => text::number(i64::from(array.value(at)), out),
            Self::Integer(array) => text::number(i64::from(array.value(at)), out),
            Self::Bigint(array) => text::number(array.value(at), out),
            Self::Real(array) => text::real(array.value(at), out),
            Self::Double(array) => text::double(array.value(at), out),
            Self::Decimal(array, scale) => java_decimal(array.value(at), *scale, out),
            Self::Text(array) => text::quote(text_at(array, at), out),
            Self::Json(array) => out.push_str(text_at(array, at)),
            Self::Array(array, items) => {
                out.push('[');
                let offsets = array.value_offsets();
                let (from, to) = (offsets[at] as usize, offsets[at + 1] as usize);
                for item in from..to {
                    if item > from {
                        out.push(',');
                    }
                    items.write(item, out);
                }
                out.push(']');
            }
            Self::Map(array, keys, values, entries) => {
                let offsets = array.value_offsets();
                let places = offsets[at] as usize..offsets[at + 1] as usize;
                // Taken out, for maps inside of this one.
                let mut entries = entries.take();
                entries.clear();
                entries.extend(places.map(|at| Entry { key: keys.key(at), at }));
                entries.sort_by(|a, b| text::compare(a.key.as_bytes(), b.key.as_bytes()));
                out.push('{');
                for (written, entry) in entries.iter().enumerate() {
                    if written > 0 {
                        out.push(',');
                    }
                    text::quote(&entry.key, out);
                    out.push(':');
                    values.write(entry.at, out);
                }
                out.push('}');
            }
            Self::Row(_, fields) => {
                out.push('{');
                for (written, (name, field)) in fields.iter().enumerate() {
                    if written > 0 {
                        out.push(',');
                    }
                    out.push_str(name);
                    out.push(':');
                    field.write(at, out);
                }
                out.push('}');
            }
        }
    }

    /// Returns a value as the name of a member.
    fn key(&self, at: usize) -> String {
        let mut out = String::new();
        match self {
            Self::Real(array) => java_float(array.value(at), &mut out),
            Self::Double(array) => java_double(array.value(at), &mut out),
            Self::Decimal(array, scale) => decimals::write(array.value(at), *scale, &mut out),
            Self::Text(array) => out.push_str(text_at(array, at)),
            other => other.write(at, &mut out),
        }
        out
    }
}

fn text_at(array: &ArrayRef, at: usize) -> &str {
    let data = match array.data_type() {
        DataType::Utf8View => array.as_string_view_opt().map(AnyStringArray::Utf8View),
        _ => array.as_string_opt().map(AnyStringArray::Utf8),
    };
    match data {
        Some(AnyStringArray::Utf8(array)) => array.value(at),
        Some(AnyStringArray::Utf8View(array)) => array.value(at),
        None => "",
    }
}
