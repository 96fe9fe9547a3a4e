//! Casts to `varchar` and `char`: the text of values of every type that has one.

use super::{bytes, decimals, is_null_when_safe, no_cast, open};
use crate::builder::{ArrayBuilder, TextBuilder, layout};
use crate::call::{AnyBinaryArray, AnyStringArray, Param};
use crate::datetime::print;
use crate::numerals::{java_double, java_float, varchar_double, varchar_float};
use arrow::array::{Array, ArrayRef, BooleanArray};
use std::fmt::Write;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{is_long, units_per_second};
use traillake_sql_types::error::{SqlError, SqlResult};

/// Appends the text that a cast to varchar gives of the value at a place, which is not NULL.
///
/// # Errors
/// When the array does not have the Arrow type of `data_type`.
pub fn write_text(
    array: &dyn Array,
    row: usize,
    data_type: &Type,
    out: &mut String,
) -> SqlResult<()> {
    Texts::open(array, data_type)?.write(row, out);
    Ok(())
}

/// An array opened to write its values as text.
enum Texts<'a> {
    Bool(&'a BooleanArray),
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    Real(&'a [f32]),
    Double(&'a [f64]),
    Decimal(&'a [i128], u8),
    Text(AnyStringArray<'a>),
    Date(&'a [i32]),
    Time(&'a [i64], u8),
    /// Counts of so many nanoseconds.
    Timestamp(&'a [i64], i128, u8),
    /// Nanoseconds.
    LongTimestamp(&'a [i128], u8),
    TimestampTz(&'a [i128], u8),
    IntervalDay(&'a [i64]),
    IntervalYear(&'a [i32]),
    Uuid(AnyBinaryArray<'a>),
    IpAddress(AnyBinaryArray<'a>),
}

impl<'a> Texts<'a> {
    fn open(array: &'a dyn Array, data_type: &Type) -> SqlResult<Self> {
        Ok(match data_type {
            Type::Boolean => Self::Bool(open::<bool>(array)?),
            Type::Tinyint => Self::I8(open::<i8>(array)?),
            Type::Smallint => Self::I16(open::<i16>(array)?),
            Type::Integer => Self::I32(open::<i32>(array)?),
            Type::Bigint => Self::I64(open::<i64>(array)?),
            Type::Real => Self::Real(open::<f32>(array)?),
            Type::Double => Self::Double(open::<f64>(array)?),
            Type::Decimal(_, scale) => Self::Decimal(open::<i128>(array)?, *scale),
            Type::Varchar(_) | Type::Char(_) | Type::Json => Self::Text(open::<&str>(array)?),
            Type::Date => Self::Date(open::<i32>(array)?),
            Type::Time(precision) => Self::Time(open::<i64>(array)?, *precision),
            Type::Timestamp(precision) if is_long(*precision) => {
                Self::LongTimestamp(open::<i128>(array)?, *precision)
            }
            Type::Timestamp(precision) => {
                let unit = 1_000_000_000 / i128::from(units_per_second(*precision));
                Self::Timestamp(open::<i64>(array)?, unit, *precision)
            }
            Type::TimestampTz(precision) => Self::TimestampTz(open::<i128>(array)?, *precision),
            Type::IntervalDay => Self::IntervalDay(open::<i64>(array)?),
            Type::IntervalYear => Self::IntervalYear(open::<i32>(array)?),
            Type::Uuid => Self::Uuid(open::<&[u8]>(array)?),
            Type::IpAddress => Self::IpAddress(open::<&[u8]>(array)?),
            _ => return Err(no_cast(data_type, &Type::VARCHAR)),
        })
    }

    fn write(&self, row: usize, out: &mut String) {
        // Writing to a string has no error.
        let mut integer = |value: i64| {
            let _ = write!(out, "{value}");
        };
        match self {
            Self::I8(values) => integer(values[row].into()),
            Self::I16(values) => integer(values[row].into()),
            Self::I32(values) => integer(values[row].into()),
            Self::I64(values) => integer(values[row]),
            Self::Bool(values) => out.push_str(if values.value(row) { "true" } else { "false" }),
            Self::Real(values) => varchar_float(values[row], out),
            Self::Double(values) => varchar_double(values[row], out),
            Self::Decimal(values, scale) => decimals::write(values[row], *scale, out),
            Self::Text(values) => out.push_str(<&str as Param>::get(values, row)),
            Self::Date(values) => print::date(values[row], out),
            Self::Time(values, precision) => print::time(values[row], *precision, out),
            Self::Timestamp(values, unit, precision) => {
                print::timestamp(i128::from(values[row]) * unit, *precision, out);
            }
            Self::LongTimestamp(values, precision) => {
                print::timestamp(values[row], *precision, out);
            }
            Self::TimestampTz(values, precision) => {
                print::timestamp_tz(values[row], *precision, out);
            }
            Self::IntervalDay(values) => print::interval_day(values[row], out),
            Self::IntervalYear(values) => print::interval_year(values[row], out),
            Self::Uuid(values) => bytes::write_uuid(<&[u8] as Param>::get(values, row), out),
            Self::IpAddress(values) => {
                bytes::write_ipaddress(<&[u8] as Param>::get(values, row), out);
            }
        }
    }

    /// The error for a value whose text is too long.
    fn too_long(&self, row: usize, text: &str, length: u32) -> SqlError {
        let mut plain = String::new();
        match self {
            Self::Real(values) => java_float(values[row], &mut plain),
            Self::Double(values) => java_double(values[row], &mut plain),
            _ => {}
        }
        let value = if plain.is_empty() { text.to_owned() } else { format!("{plain} ({text})") };
        SqlError::cast(format!("Value {value} cannot be represented as varchar({length})"))
    }
}

/// Casts to `varchar(length)` or `varchar`. Text that is too long is cut; that of values of other types
/// is an error.
pub(super) fn to_varchar(
    array: &ArrayRef,
    from: &Type,
    length: Option<u32>,
    safe: bool,
) -> SqlResult<ArrayRef> {
    let to = &Type::Varchar(length);
    if let Type::Varchar(_) | Type::Char(_) = from {
        let most = match from {
            Type::Varchar(most) => *most,
            Type::Char(most) => Some(*most),
            _ => None,
        };
        return match length {
            Some(length) if most.is_none_or(|most| most > length) => cut(array, length, to),
            _ => layout(ArrayRef::clone(array), to),
        };
    }
    let texts = Texts::open(array, from)?;
    let mut out = TextBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            out.null();
            continue;
        }
        out.append(|text| {
            let start = text.len();
            texts.write(row, text);
            let written = text.get(start..).unwrap_or("");
            match length {
                // The text of all other types is ASCII.
                Some(length) if written.len() > length as usize => {
                    let error = texts.too_long(row, written, length);
                    if safe && is_null_when_safe(&error) { Ok(false) } else { Err(error) }
                }
                _ => Ok(true),
            }
        })?;
    }
    out.finish(to)
}

/// Returns the first `length` code points of a text.
fn prefix(text: &str, length: u32) -> &str {
    let length = length as usize;
    if text.len() <= length {
        return text;
    }
    text.char_indices().nth(length).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Cuts text to `length` code points.
fn cut(array: &ArrayRef, length: u32, to: &Type) -> SqlResult<ArrayRef> {
    let texts = open::<&str>(array)?;
    let text = |row: usize| <&str as Param>::get(&texts, row);
    let fits =
        |row: usize| array.is_null(row) || prefix(text(row), length).len() == text(row).len();
    if (0..array.len()).all(fits) {
        return layout(ArrayRef::clone(array), to);
    }
    let mut out = TextBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        out.append(|out| {
            if array.is_valid(row) {
                out.push_str(prefix(text(row), length));
            }
            Ok(array.is_valid(row))
        })?;
    }
    out.finish(to)
}

/// Casts to `char(length)`: text is cut, or filled with spaces.
pub(super) fn to_char(array: &ArrayRef, from: &Type, length: u32) -> SqlResult<ArrayRef> {
    let to = &Type::Char(length);
    if !matches!(from, Type::Varchar(_) | Type::Char(_)) {
        return Err(no_cast(from, to));
    }
    let texts = open::<&str>(array)?;
    let mut out = TextBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        out.append(|out| {
            if array.is_valid(row) {
                let text = prefix(<&str as Param>::get(&texts, row), length);
                out.push_str(text);
                out.extend((text.chars().count()..length as usize).map(|_| ' '));
            }
            Ok(array.is_valid(row))
        })?;
    }
    out.finish(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::cast_on;
    use arrow::array::{AsArray, Float64Array, Int32Array, StringArray, StringViewArray};
    use std::sync::Arc;

    fn texts(array: ArrayRef, from: &Type, to: &Type) -> Vec<Option<String>> {
        let cast = cast_on(0, &array, from, to, true).unwrap();
        cast.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn text_is_cut_and_filled() {
        let array: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a😀cd"), Some("b"), None]));
        let got = texts(Arc::clone(&array), &Type::VARCHAR, &Type::Varchar(Some(2)));
        assert_eq!(got, [Some("a😀".into()), Some("b".into()), None]);
        let got = texts(Arc::clone(&array), &Type::VARCHAR, &Type::Char(3));
        assert_eq!(got, [Some("a😀c".into()), Some("b  ".into()), None]);
        let got = texts(array, &Type::VARCHAR, &Type::VARCHAR);
        assert_eq!(got, [Some("a😀cd".into()), Some("b".into()), None]);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let two = Type::Varchar(Some(2));
        let array: ArrayRef = Arc::new(Int32Array::from(vec![Some(12), Some(-12), None]));
        assert_eq!(
            texts(Arc::clone(&array), &Type::Integer, &two),
            [Some("12".into()), None, None]
        );
        let error = cast_on(0, &array, &Type::Integer, &two, false).unwrap_err();
        assert_eq!(error.message, "Value -12 cannot be represented as varchar(2)");
        let array: ArrayRef = Arc::new(Float64Array::from(vec![1.5]));
        let error = cast_on(0, &array, &Type::Double, &two, false).unwrap_err();
        assert_eq!(error.message, "Value 1.5 (1.5E0) cannot be represented as varchar(2)");
    }

    #[test]
    fn text_without_change_is_not_copied() {
        let array: ArrayRef = Arc::new(StringArray::from(vec!["ab", "c"]));
        let got = cast_on(0, &array, &Type::VARCHAR, &Type::Varchar(Some(2)), false).unwrap();
        assert!(Arc::ptr_eq(&array, &got));
    }
}
