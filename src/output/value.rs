//! Values of Trino's types as text, in Trino's spelling, and as JSON.

use super::OutputError;
use crate::engine::types::{RowField, Type};
use crate::engine::value_text;
use crate::json::text::quote_into;
use arrow::array::{Array, ArrayRef, AsArray, MapArray};
use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

/// Whether a value is NULL; all of an untyped column are.
pub(super) fn is_null(array: &ArrayRef, row: usize) -> bool {
    array.is_null(row) || array.data_type().is_null()
}

/// Returns where the elements of a list or map are among those of all rows.
fn range(offsets: &[i32], row: usize) -> Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

/// Appends the text of a value; NULL is `null`.
///
/// Timestamps are `2023-07-10 11:42:18.000`, rows and maps `{name=value}`, arrays `[a, b]`.
pub(super) fn text_into(
    array: &ArrayRef,
    row: usize,
    data_type: &Type,
    out: &mut String,
) -> Result<(), OutputError> {
    if is_null(array, row) {
        out.push_str("null");
        return Ok(());
    }
    match data_type {
        Type::Row(fields) => {
            let columns = array.as_struct().columns();
            for (at, (field, column)) in fields.iter().zip(columns).enumerate() {
                out.push_str(if at == 0 { "{" } else { ", " });
                match &field.name {
                    Some(name) => out.push_str(name),
                    None => out.push_str(&format!("field{at}")),
                }
                out.push('=');
                text_into(column, row, &field.data_type, out)?;
            }
            out.push('}');
        }
        Type::Map(key, value) => {
            let map = array.as_map();
            out.push('{');
            for (place, at) in range(map.value_offsets(), row).enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                text_into(map.keys(), at, key, out)?;
                out.push('=');
                text_into(map.values(), at, value, out)?;
            }
            out.push('}');
        }
        Type::Array(item) => {
            let list = array.as_list::<i32>();
            out.push('[');
            for (place, at) in range(list.value_offsets(), row).enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                text_into(list.values(), at, item, out)?;
            }
            out.push(']');
        }
        Type::Varbinary => {
            for byte in array.as_binary::<i32>().value(row) {
                out.push_str(&format!("{byte:02x}"));
            }
        }
        _ => value_text(array, row, data_type, out)?,
    }
    Ok(())
}

/// Appends the text of a map's key: Trino's clients see rows there as they do elsewhere, as arrays.
fn key_into(
    keys: &ArrayRef,
    at: usize,
    data_type: &Type,
    rows: Rows,
    out: &mut String,
) -> Result<(), OutputError> {
    let Type::Row(fields) = data_type else { return text_into(keys, at, data_type, out) };
    if rows == Rows::Objects || is_null(keys, at) {
        return text_into(keys, at, data_type, out);
    }
    for (place, (field, column)) in fields.iter().zip(keys.as_struct().columns()).enumerate() {
        out.push_str(if place == 0 { "[" } else { ", " });
        key_into(column, at, &field.data_type, rows, out)?;
    }
    out.push(']');
    Ok(())
}

/// How rows look in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Objects, by the names of their fields.
    Objects,
    /// Arrays, as in Trino's client protocol, where decimals are text, too.
    Arrays,
}

/// Appends a value as JSON: maps as objects, arrays as arrays, numbers as they are.
pub(super) fn json_into(
    array: &ArrayRef,
    row: usize,
    data_type: &Type,
    rows: Rows,
    out: &mut Vec<u8>,
) -> Result<(), OutputError> {
    if is_null(array, row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match data_type {
        Type::Row(fields) => row_into(array.as_struct().columns(), row, fields, rows, out),
        Type::Map(key, value) => map_into(array.as_map(), row, (key, value), rows, out),
        Type::Array(item) => {
            let list = array.as_list::<i32>();
            out.push(b'[');
            for (place, at) in range(list.value_offsets(), row).enumerate() {
                separate(place, out);
                json_into(list.values(), at, item, rows, out)?;
            }
            out.push(b']');
            Ok(())
        }
        Type::Varbinary => {
            quote_into(STANDARD.encode(array.as_binary::<i32>().value(row)).as_bytes(), out);
            Ok(())
        }
        _ => scalar_into(array, row, data_type, rows, out),
    }
}

/// Writes the comma before all elements but the first.
fn separate(place: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.push(b',');
    }
}

fn row_into(
    columns: &[ArrayRef],
    row: usize,
    fields: &[RowField],
    rows: Rows,
    out: &mut Vec<u8>,
) -> Result<(), OutputError> {
    let objects = rows == Rows::Objects;
    out.push(if objects { b'{' } else { b'[' });
    for (at, (field, column)) in fields.iter().zip(columns).enumerate() {
        separate(at, out);
        if objects {
            match &field.name {
                Some(name) => quote_into(name.as_bytes(), out),
                None => quote_into(format!("field{at}").as_bytes(), out),
            }
            out.push(b':');
        }
        json_into(column, row, &field.data_type, rows, out)?;
    }
    out.push(if objects { b'}' } else { b']' });
    Ok(())
}

fn map_into(
    map: &MapArray,
    row: usize,
    (key, value): (&Type, &Type),
    rows: Rows,
    out: &mut Vec<u8>,
) -> Result<(), OutputError> {
    let (keys, values) = (map.keys(), map.values());
    let mut text = String::new();
    out.push(b'{');
    for (place, at) in range(map.value_offsets(), row).enumerate() {
        separate(place, out);
        text.clear();
        match key {
            Type::Varbinary => STANDARD.encode_string(keys.as_binary::<i32>().value(at), &mut text),
            key => key_into(keys, at, key, rows, &mut text)?,
        }
        quote_into(text.as_bytes(), out);
        out.push(b':');
        json_into(values, at, value, rows, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// Appends a number or boolean as it is, anything else as a string.
fn scalar_into(
    array: &ArrayRef,
    row: usize,
    data_type: &Type,
    rows: Rows,
    out: &mut Vec<u8>,
) -> Result<(), OutputError> {
    // Text is most of an answer, and needs no copy before it is quoted.
    match (data_type, array.data_type()) {
        (Type::Varchar(_), DataType::Utf8) => {
            quote_into(array.as_string::<i32>().value(row).as_bytes(), out);
            return Ok(());
        }
        (Type::Varchar(_), DataType::Utf8View) => {
            quote_into(array.as_string_view().value(row).as_bytes(), out);
            return Ok(());
        }
        _ => {}
    }
    let mut text = String::new();
    value_text(array, row, data_type, &mut text)?;
    let bare = match data_type {
        Type::Boolean => true,
        Type::Decimal(..) => rows == Rows::Objects,
        // JSON has no NaN and no infinity.
        other => other.is_numeric() && !text.ends_with(['N', 'y']),
    };
    if bare {
        out.extend_from_slice(text.as_bytes());
    } else {
        quote_into(text.as_bytes(), out);
    }
    Ok(())
}
