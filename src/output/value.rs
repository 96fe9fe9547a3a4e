//! Values of any type as text, in Trino's spelling, and as JSON.

use crate::json::text::quote_into;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use base64::Engine as _;
use chrono::{DateTime, Utc};

/// Whether a value is NULL; all of an untyped column are.
pub(super) fn is_null(array: &ArrayRef, row: usize) -> bool {
    array.is_null(row) || array.data_type().is_null()
}

/// Appends the text of a value; NULL is `null`.
///
/// Timestamps are `2023-07-10 11:42:18.000`, rows and maps `{name=value}`, arrays `[a, b]`.
pub(super) fn text_into(array: &ArrayRef, row: usize, out: &mut String) -> Result<(), ArrowError> {
    if is_null(array, row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
        DataType::Timestamp(..) => out.push_str(&timestamp(array, row)),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            for (at, (field, column)) in fields.iter().zip(columns).enumerate() {
                out.push_str(if at == 0 { "{" } else { ", " });
                out.push_str(field.name());
                out.push('=');
                text_into(column, row, out)?;
            }
            out.push('}');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            out.push('{');
            for at in 0..entries.len() {
                if at > 0 {
                    out.push_str(", ");
                }
                text_into(entries.column(0), at, out)?;
                out.push('=');
                text_into(entries.column(1), at, out)?;
            }
            out.push('}');
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            let items = list_items(array, row);
            out.push('[');
            for at in 0..items.len() {
                if at > 0 {
                    out.push_str(", ");
                }
                text_into(&items, at, out)?;
            }
            out.push(']');
        }
        _ => out.push_str(&plain(array, row)?),
    }
    Ok(())
}

/// Appends a value as JSON: rows and maps as objects, arrays as arrays, numbers as they are.
pub(super) fn json_into(array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    if is_null(array, row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Utf8 => quote_into(array.as_string::<i32>().value(row).as_bytes(), out),
        DataType::LargeUtf8 => quote_into(array.as_string::<i64>().value(row).as_bytes(), out),
        DataType::Utf8View => quote_into(array.as_string_view().value(row).as_bytes(), out),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            for (at, (field, column)) in fields.iter().zip(columns).enumerate() {
                out.push(if at == 0 { b'{' } else { b',' });
                quote_into(field.name().as_bytes(), out);
                out.push(b':');
                json_into(column, row, out)?;
            }
            out.push(b'}');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            out.push(b'{');
            for at in 0..entries.len() {
                if at > 0 {
                    out.push(b',');
                }
                let mut key = String::new();
                text_into(entries.column(0), at, &mut key)?;
                quote_into(key.as_bytes(), out);
                out.push(b':');
                json_into(entries.column(1), at, out)?;
            }
            out.push(b'}');
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            let items = list_items(array, row);
            out.push(b'[');
            for at in 0..items.len() {
                if at > 0 {
                    out.push(b',');
                }
                json_into(&items, at, out)?;
            }
            out.push(b']');
        }
        DataType::Boolean => out.extend_from_slice(plain(array, row)?.as_bytes()),
        DataType::Binary => {
            let text = base64::engine::general_purpose::STANDARD
                .encode(array.as_binary::<i32>().value(row));
            quote_into(text.as_bytes(), out);
        }
        kind if kind.is_numeric() => {
            let number = plain(array, row)?;
            // JSON has no NaN and no infinity.
            if serde_json::from_str::<serde_json::Number>(&number).is_ok() {
                out.extend_from_slice(number.as_bytes());
            } else {
                quote_into(number.as_bytes(), out);
            }
        }
        _ => {
            let mut text = String::new();
            text_into(array, row, &mut text)?;
            quote_into(text.as_bytes(), out);
        }
    }
    Ok(())
}

fn list_items(array: &ArrayRef, row: usize) -> ArrayRef {
    match array.data_type() {
        DataType::LargeList(_) => array.as_list::<i64>().value(row),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().value(row),
        _ => array.as_list::<i32>().value(row),
    }
}

fn plain(array: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    ArrayFormatter::try_new(array, &FormatOptions::new())?.value(row).try_to_string()
}

/// As the Lake prints them, with the digits of their precision; a zone is printed as such.
fn timestamp(array: &ArrayRef, row: usize) -> String {
    let DataType::Timestamp(unit, zone) = array.data_type() else { return String::new() };
    let (time, digits): (Option<DateTime<Utc>>, _) = match unit {
        TimeUnit::Second => {
            (DateTime::from_timestamp(array.as_primitive::<TimestampSecondType>().value(row), 0), 0)
        }
        TimeUnit::Millisecond => (
            DateTime::from_timestamp_millis(
                array.as_primitive::<TimestampMillisecondType>().value(row),
            ),
            3,
        ),
        TimeUnit::Microsecond => (
            DateTime::from_timestamp_micros(
                array.as_primitive::<TimestampMicrosecondType>().value(row),
            ),
            6,
        ),
        TimeUnit::Nanosecond => {
            let nanos = array.as_primitive::<TimestampNanosecondType>().value(row);
            (Some(DateTime::from_timestamp_nanos(nanos)), 9)
        }
    };
    let Some(time) = time else { return "(out of range)".to_owned() };
    let mut text = time.format("%Y-%m-%d %H:%M:%S").to_string();
    if digits > 0 {
        let fraction = format!("{:09}", time.timestamp_subsec_nanos());
        text.push('.');
        text.push_str(&fraction[..digits]);
    }
    if zone.is_some() {
        text.push_str(" UTC");
    }
    text
}
