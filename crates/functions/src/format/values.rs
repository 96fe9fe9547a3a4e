//! Arguments of `format`, as Java objects, which Trino passes to `Formatter`.

use super::hash::{hash_decimal, hash_long, hash_text};
use super::moment::Moment;
use crate::builder::layout;
use crate::call::wrong_layout;
use crate::cast;
use crate::numerals::{double_text, float_text, java_decimal};
use arrow::array::{Array, ArrayRef, AsArray, StringArray, StructArray};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
};
use std::borrow::Cow;
use traillake_sql_types::arrow::units_per_second;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::{RowField, Type, zone};

/// An argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Long(i64),
    Float(f32),
    Double(f64),
    /// An unscaled number and its scale.
    Decimal(i128, u8),
    Text(String),
    Moment(Moment),
}

impl Value {
    /// The Java class.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "java.lang.Boolean",
            Self::Long(_) => "java.lang.Long",
            Self::Float(_) => "java.lang.Float",
            Self::Double(_) => "java.lang.Double",
            Self::Decimal(..) => "java.math.BigDecimal",
            Self::Text(_) => "java.lang.String",
            Self::Moment(moment) => moment.class(),
        }
    }

    /// What `toString` gives.
    pub(super) fn text(&self) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Null => return Cow::Borrowed("null"),
            Self::Text(text) => return Cow::Borrowed(text),
            Self::Boolean(value) => value.to_string(),
            Self::Long(value) => value.to_string(),
            Self::Float(value) => float_text(*value),
            Self::Double(value) => double_text(*value),
            Self::Decimal(unscaled, scale) => decimal_text(*unscaled, *scale),
            Self::Moment(moment) => moment.to_string(),
        })
    }

    /// What `hashCode` gives.
    pub(super) fn hash(&self) -> i32 {
        match self {
            Self::Null => 0,
            Self::Boolean(value) => {
                if *value {
                    1231
                } else {
                    1237
                }
            }
            Self::Long(value) => hash_long(*value),
            Self::Float(value) => value.to_bits().cast_signed(),
            Self::Double(value) => hash_long(value.to_bits().cast_signed()),
            Self::Decimal(unscaled, scale) => hash_decimal(*unscaled, *scale),
            Self::Text(text) => hash_text(text),
            Self::Moment(moment) => moment.hash(),
        }
    }
}

/// `BigDecimal.toString`.
fn decimal_text(unscaled: i128, scale: u8) -> String {
    let mut text = String::new();
    java_decimal(unscaled, scale, &mut text);
    text
}

/// The columns of the arguments.
pub(super) struct Readers(Vec<Reader>);

enum Reader {
    Typed(ArrayRef, Type),
    Text(ArrayRef),
}

impl Readers {
    pub(super) fn new(row: &StructArray, fields: &[RowField]) -> SqlResult<Self> {
        let columns = row.columns().iter().zip(fields);
        let readers = columns.map(|(column, field)| Reader::new(column, &field.data_type));
        Ok(Self(readers.collect::<SqlResult<_>>()?))
    }

    /// Reads the arguments of a row.
    pub(super) fn read(&self, row: usize, out: &mut Vec<Value>) -> SqlResult<()> {
        out.clear();
        for reader in &self.0 {
            out.push(reader.read(row)?);
        }
        Ok(())
    }
}

fn native<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize) -> SqlResult<T::Native> {
    let array = array.as_primitive_opt::<T>().filter(|array| row < array.len());
    array.map(|array| array.value(row)).ok_or_else(|| {
        SqlError::internal("a value to format has the wrong Arrow type, or is missing")
    })
}

impl Reader {
    fn new(array: &ArrayRef, data_type: &Type) -> SqlResult<Self> {
        Ok(match data_type {
            Type::Varchar(_) | Type::Json => Self::Text(layout(ArrayRef::clone(array), data_type)?),
            Type::Unknown
            | Type::Boolean
            | Type::Tinyint
            | Type::Smallint
            | Type::Integer
            | Type::Bigint
            | Type::Real
            | Type::Double
            | Type::Decimal(..)
            | Type::Char(_)
            | Type::Date
            | Type::Time(_)
            | Type::Timestamp(_)
            | Type::TimestampTz(_) => {
                Self::Typed(layout(ArrayRef::clone(array), data_type)?, data_type.clone())
            }
            _ => Self::Text(cast::cast_to_text(array, data_type, false)?),
        })
    }

    fn text(array: &ArrayRef) -> SqlResult<&StringArray> {
        array.as_string_opt().ok_or_else(|| wrong_layout("text to format", array))
    }

    fn read(&self, row: usize) -> SqlResult<Value> {
        let (Self::Typed(array, _) | Self::Text(array)) = self;
        if array.is_null(row) {
            return Ok(Value::Null);
        }
        let Self::Typed(array, data_type) = self else {
            return Ok(Value::Text(Self::text(array)?.value(row).to_owned()));
        };
        Ok(match data_type {
            Type::Boolean => Value::Boolean(array.as_boolean().value(row)),
            Type::Tinyint => Value::Long(native::<Int8Type>(array, row)?.into()),
            Type::Smallint => Value::Long(native::<Int16Type>(array, row)?.into()),
            Type::Integer => Value::Long(native::<Int32Type>(array, row)?.into()),
            Type::Bigint => Value::Long(native::<Int64Type>(array, row)?),
            Type::Real => Value::Float(native::<Float32Type>(array, row)?),
            Type::Double => Value::Double(native::<Float64Type>(array, row)?),
            Type::Decimal(_, scale) => {
                Value::Decimal(native::<Decimal128Type>(array, row)?, *scale)
            }
            Type::Char(length) => {
                let text = Self::text(array)?.value(row);
                let missing = (*length as usize).saturating_sub(text.chars().count());
                Value::Text(format!("{text}{}", " ".repeat(missing)))
            }
            Type::Date => Value::Moment(Moment::date(native::<Date32Type>(array, row)?.into())?),
            Type::Time(_) => {
                Value::Moment(Moment::time(native::<Time64NanosecondType>(array, row)?)?)
            }
            Type::Timestamp(precision) => {
                let units = match precision {
                    0..=3 => native::<TimestampMillisecondType>(array, row)?.into(),
                    4..=6 => native::<TimestampMicrosecondType>(array, row)?.into(),
                    _ => native::<Decimal128Type>(array, row)?,
                };
                let nanos = i128::from(1_000_000_000 / units_per_second(*precision));
                Value::Moment(Moment::local(units * nanos)?)
            }
            Type::TimestampTz(_) => {
                let (nanos, zone) = zone::unpack(native::<Decimal128Type>(array, row)?);
                Value::Moment(Moment::zoned(nanos, zone)?)
            }
            _ => Value::Null,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_java() {
        for (value, want) in [
            (Value::Text("hello".to_owned()), 0x05e9_18d2),
            (Value::Boolean(true), 0x4cf),
            (Value::Double(1.5), 0x3ff8_0000),
            (Value::Long(1 << 32), 1),
            (Value::Decimal(150, 2), 0x122c),
            (Value::Decimal(-15, 1), -464),
            (Value::Decimal(123_456_789_012_345_678_905, 1), 0x4fbe_9863),
        ] {
            assert_eq!(value.hash(), want, "{value:?}");
        }
    }
}
