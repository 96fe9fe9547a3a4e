//! Values of two arrays compared one by one.

use crate::call::{AnyBinaryArray, AnyStringArray, Param, range_at, used_range, wrong_layout};
use crate::keys::Keys;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, MapArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
};
use arrow::row::Row;
use hashbrown::HashMap;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::ops::Range;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::zone::instant_key;

/// An array opened for comparison. Opening costs a little; loops over many places open once.
#[derive(Debug)]
pub(crate) struct ComparableArray<'a> {
    values: Values<'a>,
    nulls: Option<&'a NullBuffer>,
}

#[derive(Debug)]
enum Values<'a> {
    /// Of type unknown: all NULL.
    Nothing,
    Bool(&'a BooleanArray),
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    I128(&'a [i128]),
    F32(&'a [f32]),
    F64(&'a [f64]),
    /// Timestamps with time zone, compared without the zone.
    Zoned(&'a [i128]),
    Text(AnyStringArray<'a>),
    /// `char`: as if padded with spaces.
    Padded(AnyStringArray<'a>),
    Bytes(AnyBinaryArray<'a>),
    List(&'a [i32], Box<ComparableArray<'a>>),
    Map(Box<Maps<'a>>),
    Row(Vec<ComparableArray<'a>>),
}

/// The place of NaN among floating point numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nan {
    First,
    Last,
}

macro_rules! floats {
    ($order:ident, $distinct:ident, $float:ty) => {
        fn $order(a: $float, b: $float, nan: Nan) -> Ordering {
            a.partial_cmp(&b).unwrap_or_else(|| {
                let order = a.is_nan().cmp(&b.is_nan());
                if nan == Nan::Last { order } else { order.reverse() }
            })
        }

        fn $distinct(a: $float, b: $float) -> bool {
            a != b && !(a.is_nan() && b.is_nan())
        }
    };
}

floats!(order_f32, distinct_f32, f32);
floats!(order_f64, distinct_f64, f64);

fn native<T: ArrowPrimitiveType>(array: &dyn Array) -> Option<&[T::Native]> {
    Some(array.as_primitive_opt::<T>()?.values())
}

impl<'a> ComparableArray<'a> {
    /// Opens values of `data_type`.
    pub(crate) fn open(array: &'a dyn Array, data_type: &Type) -> SqlResult<Self> {
        let values = Self::values(array, data_type)?
            .ok_or_else(|| wrong_layout(format_args!("a value of type {data_type}"), array))?;
        Ok(Self { values, nulls: array.nulls() })
    }

    fn values(array: &'a dyn Array, data_type: &Type) -> SqlResult<Option<Values<'a>>> {
        Ok(match data_type {
            Type::Unknown => Some(Values::Nothing),
            Type::Boolean => array.as_boolean_opt().map(Values::Bool),
            Type::Tinyint => native::<Int8Type>(array).map(Values::I8),
            Type::Smallint => native::<Int16Type>(array).map(Values::I16),
            Type::Integer | Type::IntervalYear => native::<Int32Type>(array).map(Values::I32),
            Type::Date => native::<Date32Type>(array).map(Values::I32),
            Type::Bigint | Type::IntervalDay => native::<Int64Type>(array).map(Values::I64),
            Type::Time(_) => native::<Time64NanosecondType>(array).map(Values::I64),
            Type::Timestamp(_) => native::<TimestampMillisecondType>(array)
                .or_else(|| native::<TimestampMicrosecondType>(array))
                .map(Values::I64)
                .or_else(|| native::<Decimal128Type>(array).map(Values::I128)),
            Type::TimestampTz(_) => native::<Decimal128Type>(array).map(Values::Zoned),
            Type::Decimal(..) => native::<Decimal128Type>(array).map(Values::I128),
            Type::Real => native::<Float32Type>(array).map(Values::F32),
            Type::Double => native::<Float64Type>(array).map(Values::F64),
            Type::Varchar(_) | Type::Json => <&str as Param>::open(array).map(Values::Text),
            Type::Char(_) => <&str as Param>::open(array).map(Values::Padded),
            Type::Varbinary | Type::Uuid | Type::IpAddress => {
                <&[u8] as Param>::open(array).map(Values::Bytes)
            }
            Type::Array(item) => match array.as_list_opt::<i32>() {
                Some(lists) => {
                    let items = Self::open(lists.values(), item)?;
                    Some(Values::List(lists.value_offsets(), Box::new(items)))
                }
                None => None,
            },
            Type::Map(key, value) => match array.as_map_opt() {
                Some(maps) => Some(Values::Map(Box::new(Maps {
                    offsets: maps.value_offsets(),
                    keys: Box::new(Self::open(maps.keys(), key)?),
                    values: Box::new(Self::open(maps.values(), value)?),
                    lookup: Lookup::new(maps, key),
                }))),
                None => None,
            },
            Type::Row(fields) => match array.as_struct_opt() {
                Some(rows) => {
                    let columns = rows.columns().iter().zip(fields.iter());
                    let comparable =
                        columns.map(|(column, field)| Self::open(column, &field.data_type));
                    Some(Values::Row(comparable.collect::<SqlResult<_>>()?))
                }
                None => None,
            },
            Type::Function(..) => None,
        })
    }

    /// Whether the value at a place is NULL.
    #[inline]
    pub(crate) fn is_null(&self, at: usize) -> bool {
        matches!(self.values, Values::Nothing) || self.nulls.is_some_and(|nulls| nulls.is_null(at))
    }

    /// Whether the value at `i` equals that of `other` at `j`, both of one type; `None` if that is
    /// unknown for a NULL.
    pub(crate) fn equal(&self, i: usize, other: &ComparableArray<'_>, j: usize) -> Option<bool> {
        if self.is_null(i) || other.is_null(j) {
            return None;
        }
        match (&self.values, &other.values) {
            (Values::F32(a), Values::F32(b)) => Some(a[i] == b[j]),
            (Values::F64(a), Values::F64(b)) => Some(a[i] == b[j]),
            (Values::List(a, items), Values::List(b, others)) => {
                let (a, b) = (range_at(a, i), range_at(b, j));
                if a.len() != b.len() {
                    return Some(false);
                }
                all(a.zip(b).map(|(i, j)| items.equal(i, others, j)))
            }
            (Values::Row(a), Values::Row(b)) => all(a.iter().zip(b).map(|(a, b)| a.equal(i, b, j))),
            (Values::Map(maps), Values::Map(others)) => {
                let (a, b) = (range_at(maps.offsets, i), range_at(others.offsets, j));
                if a.len() != b.len() {
                    return Some(false);
                }
                let index = Entries::new(others, b);
                all(a.map(|i| match index.find(maps, i) {
                    Some(j) => maps.values.equal(i, &others.values, j),
                    None => Some(false),
                }))
            }
            _ => Some(self.plain_order(i, other, j, Nan::Last) == Ordering::Equal),
        }
    }

    /// Whether the value at `i` is distinct from that of `other` at `j`, both of one type.
    pub(crate) fn distinct(&self, i: usize, other: &ComparableArray<'_>, j: usize) -> bool {
        match (self.is_null(i), other.is_null(j)) {
            (true, true) => return false,
            (false, false) => {}
            _ => return true,
        }
        match (&self.values, &other.values) {
            (Values::F32(a), Values::F32(b)) => distinct_f32(a[i], b[j]),
            (Values::F64(a), Values::F64(b)) => distinct_f64(a[i], b[j]),
            (Values::List(a, items), Values::List(b, others)) => {
                let (a, b) = (range_at(a, i), range_at(b, j));
                a.len() != b.len() || a.zip(b).any(|(i, j)| items.distinct(i, others, j))
            }
            (Values::Row(a), Values::Row(b)) => a.iter().zip(b).any(|(a, b)| a.distinct(i, b, j)),
            (Values::Map(maps), Values::Map(others)) => {
                let (mut a, b) = (range_at(maps.offsets, i), range_at(others.offsets, j));
                if a.len() != b.len() {
                    return true;
                }
                let index = Entries::new(others, b);
                a.any(|i| {
                    let found = index.find(maps, i);
                    found.is_none_or(|j| maps.values.distinct(i, &others.values, j))
                })
            }
            _ => self.plain_order(i, other, j, Nan::Last) != Ordering::Equal,
        }
    }

    /// Returns the order of the value at `i` and that of `other` at `j`, both of one type: NULL is
    /// last and NaN is largest. It is an error if a NULL inside them would decide.
    pub(crate) fn order(
        &self,
        i: usize,
        other: &ComparableArray<'_>,
        j: usize,
    ) -> SqlResult<Ordering> {
        match (self.is_null(i), other.is_null(j)) {
            (false, false) => self.order_with(i, other, j, Nan::Last),
            (a, b) => Ok(a.cmp(&b)),
        }
    }

    /// [`Self::order`] of values that are not NULL.
    pub(crate) fn order_with(
        &self,
        i: usize,
        other: &ComparableArray<'_>,
        j: usize,
        nan: Nan,
    ) -> SqlResult<Ordering> {
        match (&self.values, &other.values) {
            (Values::List(a, items), Values::List(b, others)) => {
                let (a, b) = (range_at(a, i), range_at(b, j));
                let lengths = a.len().cmp(&b.len());
                for (i, j) in a.zip(b) {
                    if items.is_null(i) || others.is_null(j) {
                        return Err(SqlError::unsupported(
                            "ARRAY comparison not supported for arrays with null elements",
                        ));
                    }
                    let order = items.order_with(i, others, j, nan)?;
                    if order.is_ne() {
                        return Ok(order);
                    }
                }
                Ok(lengths)
            }
            (Values::Row(a), Values::Row(b)) => {
                for (a, b) in a.iter().zip(b) {
                    if a.is_null(i) || b.is_null(j) {
                        return Err(SqlError::unsupported(
                            "ROW comparison not supported for fields with null elements",
                        ));
                    }
                    let order = a.order_with(i, b, j, nan)?;
                    if order.is_ne() {
                        return Ok(order);
                    }
                }
                Ok(Ordering::Equal)
            }
            (Values::Map(..), _) => Err(SqlError::unsupported("maps have no order")),
            _ => Ok(self.plain_order(i, other, j, nan)),
        }
    }

    /// The order of values without parts that are not NULL.
    #[inline]
    fn plain_order(&self, i: usize, other: &ComparableArray<'_>, j: usize, nan: Nan) -> Ordering {
        match (&self.values, &other.values) {
            (Values::Bool(a), Values::Bool(b)) => a.value(i).cmp(&b.value(j)),
            (Values::I8(a), Values::I8(b)) => a[i].cmp(&b[j]),
            (Values::I16(a), Values::I16(b)) => a[i].cmp(&b[j]),
            (Values::I32(a), Values::I32(b)) => a[i].cmp(&b[j]),
            (Values::I64(a), Values::I64(b)) => a[i].cmp(&b[j]),
            (Values::I128(a), Values::I128(b)) => a[i].cmp(&b[j]),
            (Values::F32(a), Values::F32(b)) => order_f32(a[i], b[j], nan),
            (Values::F64(a), Values::F64(b)) => order_f64(a[i], b[j], nan),
            (Values::Zoned(a), Values::Zoned(b)) => instant_key(a[i]).cmp(&instant_key(b[j])),
            (Values::Text(a), Values::Text(b)) => text(a, i).cmp(text(b, j)),
            (Values::Padded(a), Values::Padded(b)) => padded_order(text(a, i), text(b, j)),
            (Values::Bytes(a), Values::Bytes(b)) => {
                <&[u8] as Param>::get(a, i).cmp(<&[u8] as Param>::get(b, j))
            }
            // Values of different types, which are never compared.
            _ => Ordering::Equal,
        }
    }
}

fn text<'a>(strings: &AnyStringArray<'a>, at: usize) -> &'a str {
    <&str as Param>::get(strings, at)
}

/// Whether all parts are equal: one that is not decides, else one that is unknown.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = false,
        }
    }
    known.then_some(true)
}

/// The order of two texts of type `char`: the shorter as if it went on with spaces.
fn padded_order(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let common = a.len().min(b.len());
    a[..common].cmp(&b[..common]).then_with(|| {
        let against_space =
            |rest: &[u8]| rest.iter().map(|byte| byte.cmp(&b' ')).find(|order| order.is_ne());
        against_space(&a[common..])
            .or_else(|| against_space(&b[common..]).map(Ordering::reverse))
            .unwrap_or(Ordering::Equal)
    })
}

/// Maps opened for comparison.
#[derive(Debug)]
struct Maps<'a> {
    offsets: &'a [i32],
    keys: Box<ComparableArray<'a>>,
    values: Box<ComparableArray<'a>>,
    lookup: Lookup,
}

/// The keys of all maps of an array as bytes, made when the first large map is looked up in.
#[derive(Debug)]
struct Lookup {
    /// The keys, from the first that a map has.
    array: ArrayRef,
    first: usize,
    data_type: Type,
    made: OnceCell<Option<Keys>>,
}

impl Lookup {
    fn new(maps: &MapArray, data_type: &Type) -> Self {
        let used = used_range(maps.value_offsets());
        let array = maps.keys().slice(used.start, used.len());
        Self { array, first: used.start, data_type: data_type.clone(), made: OnceCell::new() }
    }

    /// Returns the key at a place, if keys can be made.
    fn get(&self, at: usize) -> Option<Row<'_>> {
        let make = || {
            // Values of char differ by their padding, which does not count.
            let padded = self.data_type.any(&|data_type| matches!(data_type, Type::Char(_)));
            if padded { None } else { Keys::of(&self.array, &self.data_type).ok() }
        };
        let keys = self.made.get_or_init(make).as_ref()?;
        Some(keys.get(at.checked_sub(self.first)?))
    }
}

/// The entries of a map, to look keys up.
struct Entries<'b> {
    maps: &'b Maps<'b>,
    span: Range<usize>,
    /// Where the entries of a large map are, by their keys.
    places: Option<HashMap<Row<'b>, usize>>,
}

impl<'b> Entries<'b> {
    /// The number of entries from which hashing beats searching one by one.
    const MIN_HASHED: usize = 16;

    fn new(maps: &'b Maps<'b>, span: Range<usize>) -> Self {
        let large = span.len() >= Self::MIN_HASHED;
        let entry = |at| Some((maps.lookup.get(at)?, at));
        let places = if large { span.clone().map(entry).collect() } else { None };
        Self { maps, span, places }
    }

    /// Returns the place of the entry whose key equals the one at `at` of `others`.
    fn find(&self, others: &Maps<'_>, at: usize) -> Option<usize> {
        let equal = |place: &usize| self.maps.keys.equal(*place, &others.keys, at) == Some(true);
        if let Some(places) = &self.places
            && let Some(key) = others.lookup.get(at)
        {
            return places.get(&key).copied().filter(equal);
        }
        self.span.clone().find(equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{list, map, row};
    use arrow::array::{Float64Array, Int32Array, StringArray};
    use std::sync::Arc;

    /// Rows of an integer and a varchar.
    fn rows(first: Vec<Option<i32>>, second: Vec<Option<&str>>) -> (ArrayRef, Type) {
        let data_type = Type::row([Type::Integer, Type::VARCHAR]);
        let length = first.len();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Int32Array::from(first)), Arc::new(StringArray::from(second))];
        (row(columns, length, None, &data_type).unwrap(), data_type)
    }

    #[test]
    fn rows_with_nulls() {
        let (array, data_type) =
            rows(vec![Some(1), Some(1), Some(2), Some(1)], vec![Some("a"), None, Some("a"), None]);
        let comparable = ComparableArray::open(&array, &data_type).unwrap();
        let equal = |i, j| comparable.equal(i, &comparable, j);
        assert_eq!([equal(0, 0), equal(0, 1), equal(0, 2)], [Some(true), None, Some(false)]);
        assert_eq!([equal(1, 3), equal(1, 2)], [None, Some(false)]);
        assert!(!comparable.distinct(1, &comparable, 3) && comparable.distinct(0, &comparable, 1));
        assert_eq!(comparable.order(1, &comparable, 2), Ok(Ordering::Less));
        assert!(comparable.order(0, &comparable, 1).is_err());
    }

    #[test]
    fn arrays_of_floating_point_numbers() {
        let data_type = Type::array(Type::Double);
        let values = Arc::new(Float64Array::from(vec![0.0, f64::NAN, -0.0, f64::NAN, 1.0]));
        let array = list(vec![0, 2, 4, 5], values, vec![true; 3], &data_type).unwrap();
        let comparable = ComparableArray::open(&array, &data_type).unwrap();
        assert_eq!(
            [comparable.equal(0, &comparable, 1), comparable.equal(0, &comparable, 2)],
            [Some(false); 2]
        );
        assert!(!comparable.distinct(0, &comparable, 1));
        assert_eq!(comparable.order(0, &comparable, 1), Ok(Ordering::Equal));
        assert_eq!(comparable.order(2, &comparable, 1), Ok(Ordering::Greater));
    }

    #[test]
    fn entries_of_maps_have_no_order() {
        let data_type = Type::map(Type::Integer, Type::VARCHAR);
        for size in [2, 40_i32] {
            let keys: Vec<i32> = (0..size).chain((0..size).rev()).collect();
            let texts: Vec<String> = keys.iter().map(i32::to_string).collect();
            let offsets = vec![0, size, 2 * size];
            let mut values: Vec<Option<&str>> =
                texts.iter().map(|text| Some(text.as_str())).collect();
            let make = |values: Vec<Option<&str>>| {
                let keys = Arc::new(Int32Array::from(keys.clone()));
                let values = Arc::new(StringArray::from(values));
                map(offsets.clone(), keys, values, vec![true; 2], &data_type).unwrap()
            };
            let compared = |array: ArrayRef| {
                let comparable = ComparableArray::open(&array, &data_type).unwrap();
                (comparable.equal(0, &comparable, 1), comparable.distinct(0, &comparable, 1))
            };
            assert_eq!(compared(make(values.clone())), (Some(true), false), "{size}");
            values[0] = None;
            assert_eq!(compared(make(values.clone())), (None, true), "{size}");
            values[1] = Some("other");
            assert_eq!(compared(make(values)), (Some(false), true), "{size}");
        }
    }

    #[test]
    fn keys_of_large_maps_may_have_no_order() {
        // Forty arrays, every other one with a NULL inside, and the same in reverse: such a key
        // equals no other for sure.
        let key = Type::array(Type::Integer);
        let data_type = Type::map(key.clone(), Type::Integer);
        let numbers: Vec<i32> = (0..40).chain((0..40).rev()).collect();
        let items = numbers.iter().flat_map(|n| [Some(*n), (n % 2 == 0).then_some(1)]);
        let items = Arc::new(Int32Array::from(items.collect::<Vec<_>>()));
        let keys = list((0..=80).map(|at| at * 2).collect(), items, vec![true; 80], &key).unwrap();
        let values = Arc::new(Int32Array::from(numbers));
        let array = map(vec![0, 40, 80], keys, values, vec![true; 2], &data_type).unwrap();
        let comparable = ComparableArray::open(&array, &data_type).unwrap();
        assert_eq!(comparable.equal(0, &comparable, 1), Some(false));
        let slice = array.slice(1, 1);
        let other = ComparableArray::open(&slice, &data_type).unwrap();
        assert_eq!(comparable.equal(0, &other, 0), Some(false));
        assert!(comparable.distinct(0, &other, 0));
    }

    #[test]
    fn padding_of_char_does_not_count() {
        for (a, b, want) in [
            ("a", "a", Ordering::Equal),
            ("a", "a  ", Ordering::Equal),
            ("a", "a\u{1}", Ordering::Greater),
            ("a  b", "a", Ordering::Greater),
            ("", "a", Ordering::Less),
        ] {
            assert_eq!(padded_order(a, b), want, "{a:?} {b:?}");
            assert_eq!(padded_order(b, a), want.reverse(), "{a:?} {b:?}");
        }
    }
}
