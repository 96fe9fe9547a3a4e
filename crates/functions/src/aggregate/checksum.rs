//! `checksum`: the sum of the values' XXH64 hashes, which does not depend on their order.

use super::{Groups, each_group};
use crate::call::{Call, Column, wrong_layout};
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, AsArray};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{is_long, units_per_second};
use traillake_sql_types::error::SqlResult;
use traillake_sql_types::zone::unpack;
use twox_hash::XxHash64;

pub(super) fn register(registry: &mut Registry) {
    registry.aggregate("checksum", "(C) -> varbinary", checksum).takes_null();
}

/// The factor of each hash, and the hash of NULL.
const PRIME: u64 = 0x9E37_79B1_85EB_CA87;

fn checksum(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let hashes = Hashes::of(groups.column(0)?, groups.argument_type(0)?, of_number)?;
    each_group(call, &groups, |rows| {
        if rows.is_empty() {
            return Ok(None);
        }
        let sum = rows.fold(0_u64, |sum, row| {
            sum.wrapping_add(hashes.get(row).map_or(PRIME, |hash| hash.wrapping_mul(PRIME)))
        });
        Ok(Some(sum.to_le_bytes().to_vec()))
    })
}

fn of_bytes(bytes: &[u8]) -> u64 {
    XxHash64::oneshot(0, bytes)
}

fn of_number(number: i64) -> u64 {
    of_bytes(&number.to_le_bytes())
}

/// How numbers within rows are hashed.
fn mixed(number: i64) -> u64 {
    (number as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(31).wrapping_mul(PRIME)
}

/// Values opened for hashing.
struct Hashes<'a> {
    values: Values<'a>,
    /// The hash of a number of up to 64 bits.
    number: fn(i64) -> u64,
}

enum Values<'a> {
    Unknown,
    Boolean(Column<'a, bool>),
    I8(Column<'a, i8>),
    I16(Column<'a, i16>),
    I32(Column<'a, i32>),
    I64(Column<'a, i64>),
    Real(Column<'a, f32>),
    Double(Column<'a, f64>),
    ShortDecimal(Column<'a, i128>),
    LongDecimal(Column<'a, i128>),
    /// Nanoseconds of a day.
    Time(Column<'a, i64>),
    /// Units, and their number in a second.
    Timestamp(Column<'a, i64>, i64),
    /// Nanoseconds.
    LongTimestamp(Column<'a, i128>),
    /// A packed instant, and whether its parts of a millisecond are hashed.
    Zoned(Column<'a, i128>, bool),
    Text(Column<'a, &'a str>),
    /// Trailing spaces are not hashed.
    Char(Column<'a, &'a str>),
    Bytes(Column<'a, &'a [u8]>),
    /// 16 bytes, hashed as two numbers.
    Sixteen(Column<'a, &'a [u8]>),
    Array(&'a dyn Array, &'a [i32], Box<Hashes<'a>>),
    Map(&'a dyn Array, &'a [i32], Box<Hashes<'a>>, Box<Hashes<'a>>),
    Row(&'a dyn Array, Vec<Hashes<'a>>),
}

impl<'a> Hashes<'a> {
    fn of(array: &'a ArrayRef, data_type: &Type, number: fn(i64) -> u64) -> SqlResult<Self> {
        Ok(Self { values: Values::of(array, data_type, number)?, number })
    }

    /// Returns the hash of the value at a place, unless it is NULL.
    fn get(&self, at: usize) -> Option<u64> {
        let number = self.number;
        Some(match &self.values {
            Values::Unknown => return None,
            Values::Boolean(values) => of_number(values.get(at)?.into()),
            Values::I8(values) => number(values.get(at)?.into()),
            Values::I16(values) => number(values.get(at)?.into()),
            Values::I32(values) => number(values.get(at)?.into()),
            Values::I64(values) => number(values.get(at)?),
            Values::Real(values) => {
                let value = values.get(at)?;
                let bits = if value.is_nan() { f32::NAN } else { value + 0.0 }.to_bits();
                number((bits as i32).into())
            }
            Values::Double(values) => {
                let value = values.get(at)?;
                let bits = if value.is_nan() { f64::NAN } else { value + 0.0 }.to_bits();
                number(bits as i64)
            }
            Values::ShortDecimal(values) => number(values.get(at)? as i64),
            Values::LongDecimal(values) => {
                let value = values.get(at)?;
                of_number(value as i64) ^ of_number((value >> 64) as i64)
            }
            Values::Time(values) => number(values.get(at)?.wrapping_mul(1_000)),
            Values::Timestamp(values, per_second) => {
                let micros = 1_000_000 / per_second;
                number(values.get(at)?.wrapping_mul(micros))
            }
            Values::LongTimestamp(values) => of_parts(values.get(at)?, 1_000, true, number),
            Values::Zoned(values, fine) => {
                of_parts(unpack(values.get(at)?).0, 1_000_000, *fine, number)
            }
            Values::Text(values) => of_bytes(values.get(at)?.as_bytes()),
            Values::Char(values) => of_bytes(values.get(at)?.trim_end_matches(' ').as_bytes()),
            Values::Bytes(values) => of_bytes(values.get(at)?),
            Values::Sixteen(values) => of_halves(values.get(at)?),
            Values::Array(array, ends, items) => {
                let items = span(*array, ends, at)?.map(|item| items.get(item));
                items.fold(0, combined)
            }
            Values::Map(array, ends, keys, values) => {
                let entries = span(*array, ends, at)?;
                let of_entry = |entry| {
                    keys.get(entry).unwrap_or_default() ^ values.get(entry).unwrap_or_default()
                };
                entries.map(of_entry).fold(0, u64::wrapping_add)
            }
            Values::Row(array, columns) => {
                if array.is_null(at) {
                    return None;
                }
                columns.iter().map(|column| column.get(at)).fold(1, combined)
            }
        })
    }
}

impl<'a> Values<'a> {
    fn of(array: &'a ArrayRef, data_type: &Type, number: fn(i64) -> u64) -> SqlResult<Self> {
        let wrong = || wrong_layout(format_args!("a value of type {data_type}"), array);
        Ok(match data_type {
            Type::Unknown => Self::Unknown,
            Type::Boolean => Self::Boolean(Column::of(array)?),
            Type::Tinyint => Self::I8(Column::of(array)?),
            Type::Smallint => Self::I16(Column::of(array)?),
            Type::Integer | Type::Date | Type::IntervalYear => Self::I32(Column::of(array)?),
            Type::Bigint | Type::IntervalDay => Self::I64(Column::of(array)?),
            Type::Real => Self::Real(Column::of(array)?),
            Type::Double => Self::Double(Column::of(array)?),
            Type::Decimal(0..=18, _) => Self::ShortDecimal(Column::of(array)?),
            Type::Decimal(..) => Self::LongDecimal(Column::of(array)?),
            Type::Time(_) => Self::Time(Column::of(array)?),
            Type::Timestamp(precision) if is_long(*precision) => {
                Self::LongTimestamp(Column::of(array)?)
            }
            Type::Timestamp(precision) => {
                Self::Timestamp(Column::of(array)?, units_per_second(*precision))
            }
            Type::TimestampTz(precision) => Self::Zoned(Column::of(array)?, *precision > 3),
            Type::Varchar(_) | Type::Json => Self::Text(Column::of(array)?),
            Type::Char(_) => Self::Char(Column::of(array)?),
            Type::Varbinary => Self::Bytes(Column::of(array)?),
            Type::Uuid | Type::IpAddress => Self::Sixteen(Column::of(array)?),
            Type::Array(item) => {
                let lists = array.as_list_opt::<i32>().ok_or_else(wrong)?;
                let items = Hashes::of(lists.values(), item, number)?;
                Self::Array(array, lists.value_offsets(), Box::new(items))
            }
            Type::Map(key, value) => {
                let maps = array.as_map_opt().ok_or_else(wrong)?;
                let keys = Box::new(Hashes::of(maps.keys(), key, number)?);
                let values = Box::new(Hashes::of(maps.values(), value, number)?);
                Self::Map(array, maps.value_offsets(), keys, values)
            }
            Type::Row(fields) => {
                let columns = array.as_struct_opt().ok_or_else(wrong)?.columns();
                let columns = columns.iter().zip(fields.iter());
                let columns =
                    columns.map(|(column, field)| Hashes::of(column, &field.data_type, mixed));
                Self::Row(array, columns.collect::<SqlResult<_>>()?)
            }
            Type::Function(..) => return Err(wrong()),
        })
    }
}

fn span(array: &dyn Array, ends: &[i32], at: usize) -> Option<std::ops::Range<usize>> {
    array.is_valid(at).then(|| ends[at] as usize..ends[at + 1] as usize)
}

fn combined(hash: u64, next: Option<u64>) -> u64 {
    hash.wrapping_mul(31).wrapping_add(next.unwrap_or_default())
}

/// The hash of an instant, whose parts below a unit of so many nanoseconds are hashed separately.
fn of_parts(nanos: i128, unit: i128, fine: bool, number: fn(i64) -> u64) -> u64 {
    let whole = nanos.div_euclid(unit) as i64;
    if !fine {
        return number(whole);
    }
    of_number(whole) ^ of_number((nanos.rem_euclid(unit) * 1_000) as i64)
}

fn of_halves(bytes: &[u8]) -> u64 {
    bytes.chunks(8).map(of_bytes).fold(0, |a, b| a ^ b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_trino() {
        assert_eq!(of_number(1), 0x9f29_cb17_a2a4_9995);
        assert_eq!(of_bytes(b""), 0xef46_db37_51d8_e999);
        assert_eq!(mixed(1), 0x7f0e_345b_e364_9cd2);
        assert_eq!(combined(1, None), 31);
    }
}
