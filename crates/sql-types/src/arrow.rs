//! How values of Trino's types lie in Arrow arrays.
//!
//! One type has one layout, whatever the names of row fields, so that values can meet:
//!
//! | type | Arrow |
//! |---|---|
//! | unknown | `Boolean`, all null |
//! | varchar, char, json | `Utf8`; columns of a scan may be `Utf8View` |
//! | varbinary | `Binary` |
//! | decimal(p,s) | `Decimal128(p,s)` |
//! | date | `Date32` |
//! | time(p) | `Time64(ns)` |
//! | timestamp(p) | `Timestamp` without zone: ms to p = 3, µs to 6; then `Decimal128(38,0)`, ns |
//! | timestamp(p) with time zone | `Decimal128(38,0)`: see [`super::zone`] |
//! | interval day to second | `Int64`, ms |
//! | interval year to month | `Int32`, months |
//! | uuid, ipaddress | `FixedSizeBinary(16)`; IPv4 mapped into IPv6 |
//! | array, map, row | `List`, `Map`, `Struct`; all fields but map keys nullable |
//!
//! A row field that has no name, or one that is there already, is called by its number from 0.

use super::{RowField, Type};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use std::sync::Arc;

/// Returns the Arrow type of `data_type`.
pub fn arrow_type(data_type: &Type) -> DataType {
    match data_type {
        Type::Unknown | Type::Boolean => DataType::Boolean,
        Type::Tinyint => DataType::Int8,
        Type::Smallint => DataType::Int16,
        Type::Integer | Type::IntervalYear => DataType::Int32,
        Type::Bigint | Type::IntervalDay => DataType::Int64,
        Type::Real => DataType::Float32,
        Type::Double => DataType::Float64,
        Type::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale as i8),
        Type::Varchar(_) | Type::Char(_) | Type::Json | Type::Function(..) => DataType::Utf8,
        Type::Varbinary => DataType::Binary,
        Type::Date => DataType::Date32,
        Type::Time(_) => DataType::Time64(TimeUnit::Nanosecond),
        Type::Timestamp(0..=3) => DataType::Timestamp(TimeUnit::Millisecond, None),
        Type::Timestamp(4..=6) => DataType::Timestamp(TimeUnit::Microsecond, None),
        // 64 bits of nanoseconds would end in the year 2262.
        Type::Timestamp(_) | Type::TimestampTz(_) => DataType::Decimal128(38, 0),
        Type::Uuid | Type::IpAddress => DataType::FixedSizeBinary(16),
        Type::Array(item) => DataType::List(item_field(item)),
        Type::Map(key, value) => DataType::Map(entries_field(key, value), false),
        Type::Row(fields) => DataType::Struct(struct_fields(fields)),
    }
}

/// Whether a timestamp with `precision` digits is a number of 128 bits.
pub fn is_long(precision: u8) -> bool {
    precision > 6
}

/// Returns how many units of a timestamp with `precision` digits a second has.
pub fn units_per_second(precision: u8) -> i64 {
    match precision {
        0..=3 => 1_000,
        4..=6 => 1_000_000,
        _ => 1_000_000_000,
    }
}

/// Returns the field of an array's elements.
pub fn item_field(item: &Type) -> FieldRef {
    Arc::new(Field::new("item", arrow_type(item), true))
}

/// Returns the field of a map's entries.
pub fn entries_field(key: &Type, value: &Type) -> FieldRef {
    let entries = Fields::from(vec![
        Field::new("key", arrow_type(key), false),
        Field::new("value", arrow_type(value), true),
    ]);
    Arc::new(Field::new("entries", DataType::Struct(entries), false))
}

/// Returns the fields of a row.
pub fn struct_fields(fields: &[RowField]) -> Fields {
    let mut taken: Vec<String> = Vec::with_capacity(fields.len());
    for (at, field) in fields.iter().enumerate() {
        let name = field.name.as_ref().map(|name| name.to_lowercase());
        taken.push(name.filter(|name| !taken.contains(name)).unwrap_or_else(|| at.to_string()));
    }
    let named = taken.into_iter().zip(fields);
    named.map(|(name, field)| Field::new(name, arrow_type(&field.data_type), true)).collect()
}

/// Returns the type of a column as a scan gives it: the table's own columns, and no others.
pub fn type_of(data_type: &DataType) -> Option<Type> {
    Some(match data_type {
        DataType::Boolean => Type::Boolean,
        DataType::Int8 => Type::Tinyint,
        DataType::Int16 => Type::Smallint,
        DataType::Int32 => Type::Integer,
        DataType::Int64 => Type::Bigint,
        DataType::Float32 => Type::Real,
        DataType::Float64 => Type::Double,
        DataType::Decimal128(precision, scale) => {
            Type::Decimal(*precision, u8::try_from(*scale).ok()?)
        }
        DataType::Utf8 | DataType::Utf8View => Type::VARCHAR,
        DataType::Binary => Type::Varbinary,
        DataType::Date32 => Type::Date,
        DataType::Time64(TimeUnit::Nanosecond) => Type::Time(9),
        DataType::Timestamp(TimeUnit::Millisecond, None) => Type::Timestamp(3),
        DataType::Timestamp(TimeUnit::Microsecond, None) => Type::Timestamp(6),
        DataType::List(item) => Type::array(type_of(item.data_type())?),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => {
                Type::map(type_of(fields[0].data_type())?, type_of(fields[1].data_type())?)
            }
            _ => return None,
        },
        DataType::Struct(fields) => {
            let fields: Option<Arc<[RowField]>> = fields
                .iter()
                .map(|f| Some(RowField::named(f.name().clone(), type_of(f.data_type())?)))
                .collect();
            Type::Row(fields?)
        }
        _ => return None,
    })
}
