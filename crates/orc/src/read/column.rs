//! The values of one column of a stripe, and of the columns inside it, as Arrow arrays.
//!
//! A column inside a struct, list or map has values only where its parent has one. So a read gives a
//! mask of the rows at which the column's streams have a value, and the result has all rows. A read
//! can keep some rows only: others are stepped over, and of text not even copied.

use super::rle::{Bits, ByteRuns, Integers};
use super::stream::{ByteStream, Place};
use super::stripe::StripeReader;
use super::values::{
    Spans, blob, decimals, elements, in_range, integer, kept_nulls, primitive, scatter,
    scatter_bits, sizes, spans, text, timestamps, total,
};
use crate::error::OrcError;
use crate::schema::{Column, Kind};
use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, ListArray,
    MapArray, StringViewArray, StructArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, new_null_array,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow::compute::{filter, take};
use arrow::datatypes::{
    DataType, Date32Type, FieldRef, Fields, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimeUnit, UInt32Type,
};
use orc_rust::proto::column_encoding::Kind as Encoding;
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

/// Reads a column in order; it can be told to go to a row group.
pub(crate) struct ColumnReader {
    id: usize,
    present: Option<Bits>,
    values: Values,
}

enum Values {
    /// The table has the column, the file has not.
    Missing(DataType),
    Boolean(Bits),
    Byte(ByteRuns),
    Integer(Integers, DataType),
    Float(ByteStream),
    Double(ByteStream),
    Direct {
        lengths: Integers,
        data: ByteStream,
        target: DataType,
    },
    Dictionary {
        indexes: Integers,
        dictionary: Dictionary,
        encoded: bool,
    },
    Decimal {
        digits: ByteStream,
        scales: Integers,
        precision: u8,
        scale: u8,
    },
    Timestamp {
        seconds: Integers,
        nanos: Integers,
        unit: TimeUnit,
        zone: Option<Arc<str>>,
    },
    Struct {
        members: Vec<ColumnReader>,
        fields: Fields,
    },
    List {
        lengths: Integers,
        item: Box<ColumnReader>,
        field: FieldRef,
    },
    Map {
        lengths: Integers,
        members: Box<[ColumnReader; 2]>,
        entries: FieldRef,
    },
}

/// The distinct texts of a column in a stripe, read when first needed.
struct Dictionary {
    lengths: Integers,
    data: ByteStream,
    size: usize,
    view: bool,
    values: Option<ArrayRef>,
}

impl Dictionary {
    fn values(&mut self) -> Result<ArrayRef, OrcError> {
        if let Some(values) = &self.values {
            return Ok(Arc::clone(values));
        }
        let text = text(&mut self.lengths, &mut self.data, self.size, None, None)?;
        let values: ArrayRef =
            if self.view { Arc::new(StringViewArray::from(&text)) } else { Arc::new(text) };
        self.values = Some(Arc::clone(&values));
        Ok(values)
    }
}

/// The positions that a row index gives for a row group, in the order of a column's streams.
pub(crate) struct Positions<'a> {
    pub(crate) rest: &'a [u64],
    pub(crate) compressed: bool,
}

impl Positions<'_> {
    fn next(&mut self) -> Option<u64> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn place(&mut self) -> Option<Place> {
        let chunk = self.next()?;
        let inside = if self.compressed { self.next()? } else { 0 };
        Some(Place { chunk, inside })
    }

    fn count(&mut self, limit: usize) -> Option<usize> {
        usize::try_from(self.next()?).ok().filter(|count| *count <= limit)
    }
}

/// The most that positions of row groups lie inside a run.
const MAX_CONSUMED: usize = 1 << 16;

impl ColumnReader {
    /// Begins to read `column`, or one that the file lacks, as `target`.
    ///
    /// # Errors
    /// When the file's type is another one than `target`, or an encoding is not supported.
    pub(crate) fn open(
        stripe: &StripeReader,
        column: Option<&Column>,
        target: &DataType,
    ) -> Result<Self, OrcError> {
        let Some(column) = column else {
            return Ok(Self { id: 0, present: None, values: Values::Missing(target.clone()) });
        };
        let id = column.id;
        let present = stripe.optional(id, StreamKind::Present)?.map(Bits::new);
        let encoding = stripe.encoding(id);
        if matches!(encoding, Encoding::Direct | Encoding::Dictionary)
            && !matches!(
                column.kind,
                Kind::Boolean | Kind::Byte | Kind::Float | Kind::Double | Kind::Struct
            )
        {
            return Err(OrcError::Unsupported(format!(
                "version 1 of the run length encoding (column {id} of the file)"
            )));
        }
        let integers =
            |kind, signed| Ok::<_, OrcError>(Integers::new(stripe.stream(id, kind)?, signed));
        let data = |signed| integers(StreamKind::Data, signed);
        let other = || {
            OrcError::Unsupported(format!(
                "column {:?} is {} in the file and {target} in the table; this",
                column.name,
                column.data_type()
            ))
        };
        let values = match (column.kind, target) {
            (Kind::Boolean, DataType::Boolean) => {
                Values::Boolean(Bits::new(stripe.stream(id, StreamKind::Data)?))
            }
            (Kind::Byte, DataType::Int8) => {
                Values::Byte(ByteRuns::new(stripe.stream(id, StreamKind::Data)?))
            }
            (Kind::Short, DataType::Int16)
            | (Kind::Int, DataType::Int32)
            | (Kind::Long, DataType::Int64)
            | (Kind::Date, DataType::Date32) => Values::Integer(data(true)?, target.clone()),
            (Kind::Float, DataType::Float32) => Values::Float(stripe.stream(id, StreamKind::Data)?),
            (Kind::Double, DataType::Float64) => {
                Values::Double(stripe.stream(id, StreamKind::Data)?)
            }
            (Kind::String, DataType::Utf8 | DataType::Utf8View | DataType::Dictionary(..)) => {
                let (text, encoded) = match target {
                    DataType::Dictionary(key, value) if **key == DataType::UInt32 => {
                        (value.as_ref(), true)
                    }
                    text => (text, false),
                };
                let view = match text {
                    DataType::Utf8 => false,
                    DataType::Utf8View => true,
                    _ => return Err(other()),
                };
                let lengths = integers(StreamKind::Length, false)?;
                match encoding {
                    Encoding::DictionaryV2 => Values::Dictionary {
                        indexes: data(false)?,
                        dictionary: Dictionary {
                            lengths,
                            data: stripe.stream(id, StreamKind::DictionaryData)?,
                            size: stripe.dictionary_size(id),
                            view,
                            values: None,
                        },
                        encoded,
                    },
                    _ => Values::Direct {
                        lengths,
                        data: stripe.stream(id, StreamKind::Data)?,
                        target: text.clone(),
                    },
                }
            }
            (Kind::Binary, DataType::Binary) => Values::Direct {
                lengths: integers(StreamKind::Length, false)?,
                data: stripe.stream(id, StreamKind::Data)?,
                target: DataType::Binary,
            },
            (Kind::Decimal(..), DataType::Decimal128(precision, scale @ 0..)) => Values::Decimal {
                digits: stripe.stream(id, StreamKind::Data)?,
                scales: integers(StreamKind::Secondary, true)?,
                precision: *precision,
                scale: *scale as u8,
            },
            (Kind::Timestamp, DataType::Timestamp(unit, None)) => {
                if let Some(zone) = stripe.foreign_zone() {
                    return Err(OrcError::Unsupported(format!("a writer in the time zone {zone}")));
                }
                let nanos = integers(StreamKind::Secondary, false)?;
                Values::Timestamp { seconds: data(true)?, nanos, unit: *unit, zone: None }
            }
            (Kind::TimestampInstant, DataType::Timestamp(unit, Some(zone))) => {
                let nanos = integers(StreamKind::Secondary, false)?;
                let zone = Some(Arc::clone(zone));
                Values::Timestamp { seconds: data(true)?, nanos, unit: *unit, zone }
            }
            (Kind::Struct, DataType::Struct(fields)) => {
                let open = |field: &FieldRef| {
                    let member = column.find([field.name().as_str()]);
                    Self::open(stripe, member, field.data_type())
                };
                let members = fields.iter().map(open).collect::<Result<_, _>>()?;
                Values::Struct { members, fields: fields.clone() }
            }
            (Kind::List, DataType::List(field)) => {
                let item = Self::open(stripe, column.children.first(), field.data_type())?;
                let lengths = integers(StreamKind::Length, false)?;
                Values::List { lengths, item: Box::new(item), field: Arc::clone(field) }
            }
            (Kind::Map, DataType::Map(entries, _)) => {
                let DataType::Struct(fields) = entries.data_type() else { return Err(other()) };
                let ([key, value], [key_field, value_field]) =
                    (column.children.as_slice(), fields.as_ref())
                else {
                    return Err(other());
                };
                let key = Self::open(stripe, Some(key), key_field.data_type())?;
                let value = Self::open(stripe, Some(value), value_field.data_type())?;
                let lengths = integers(StreamKind::Length, false)?;
                let entries = Arc::clone(entries);
                Values::Map { lengths, members: Box::new([key, value]), entries }
            }
            _ => return Err(other()),
        };
        Ok(Self { id, present, values })
    }

    /// Returns the column's distinct texts in this stripe, if that is how they are stored and reads
    /// give dictionary arrays.
    pub(crate) fn dictionary(&mut self) -> Result<Option<ArrayRef>, OrcError> {
        match &mut self.values {
            Values::Dictionary { dictionary, encoded: true, .. } => dictionary.values().map(Some),
            _ => Ok(None),
        }
    }

    /// Returns how many distinct texts [`Self::dictionary`] would give.
    pub(crate) fn dictionary_size(&self) -> Option<usize> {
        match &self.values {
            Values::Dictionary { dictionary, encoded: true, .. } => Some(dictionary.size),
            _ => None,
        }
    }

    /// Steps over `count` rows that have a value in the streams, as far as the column itself goes;
    /// returns how many of them are not null.
    pub(crate) fn step(&mut self, count: usize) -> Result<usize, OrcError> {
        match &mut self.present {
            Some(present) => Ok(present.read(count)?.count_set_bits()),
            None => Ok(count),
        }
    }

    /// Steps over `count` rows that have a value in the streams.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        let count = self.step(count)?;
        match &mut self.values {
            Values::Missing(_) => Ok(()),
            Values::Boolean(bits) => bits.skip(count),
            Values::Byte(bytes) => bytes.skip(count),
            Values::Integer(integers, _) => integers.skip(count),
            Values::Float(data) => data.skip(4 * count as u64),
            Values::Double(data) => data.skip(8 * count as u64),
            Values::Direct { lengths, data, .. } => data.skip(total(&sizes(lengths, count)?)),
            Values::Dictionary { indexes, .. } => indexes.skip(count),
            Values::Decimal { digits, scales, .. } => {
                for _ in 0..count {
                    while digits.byte()? & 0x80 != 0 {}
                }
                scales.skip(count)
            }
            Values::Timestamp { seconds, nanos, .. } => {
                seconds.skip(count)?;
                nanos.skip(count)
            }
            Values::Struct { members, .. } => {
                members.iter_mut().try_for_each(|member| member.skip(count))
            }
            Values::List { lengths, item, .. } => {
                let sizes = sizes(lengths, count)?;
                let elements = elements(lengths, &sizes)?;
                item.skip(elements)
            }
            Values::Map { lengths, members, .. } => {
                let sizes = sizes(lengths, count)?;
                let elements = elements(lengths, &sizes)?;
                members.iter_mut().try_for_each(|member| member.skip(elements))
            }
        }
    }

    /// Goes to the row group whose positions `index` gives for each column.
    pub(crate) fn seek(&mut self, stripe: &StripeReader, group: usize) -> Result<(), OrcError> {
        if matches!(self.values, Values::Missing(_)) {
            return Ok(());
        }
        let index = stripe.row_index(self.id)?;
        let entry = index.entry.get(group).ok_or_else(|| stripe.bad_index(self.id, group))?;
        let mut at = Positions { rest: &entry.positions, compressed: stripe.compressed() };
        self.seek_streams(&mut at).ok_or_else(|| stripe.bad_index(self.id, group))??;
        match &mut self.values {
            Values::Struct { members, .. } => {
                members.iter_mut().try_for_each(|member| member.seek(stripe, group))
            }
            Values::List { item, .. } => item.seek(stripe, group),
            Values::Map { members, .. } => {
                members.iter_mut().try_for_each(|member| member.seek(stripe, group))
            }
            _ => Ok(()),
        }
    }

    /// Returns `None` if there are too few positions, or impossible ones.
    fn seek_streams(&mut self, at: &mut Positions<'_>) -> Option<Result<(), OrcError>> {
        let integers = |integers: &mut Integers, at: &mut Positions<'_>| {
            Some(integers.seek(at.place()?, at.count(MAX_CONSUMED)?))
        };
        let bits = |bits: &mut Bits, at: &mut Positions<'_>| {
            Some(bits.seek(at.place()?, at.count(MAX_CONSUMED)?, at.count(8)?))
        };
        let both = |first: Result<(), OrcError>, second: Option<Result<(), OrcError>>| {
            Some(first.and(second?))
        };
        let present = match &mut self.present {
            Some(present) => bits(present, at)?,
            None => Ok(()),
        };
        let values = match &mut self.values {
            Values::Missing(_) | Values::Struct { .. } => Ok(()),
            Values::Boolean(values) => bits(values, at)?,
            Values::Byte(values) => values.seek(at.place()?, at.count(MAX_CONSUMED)?),
            Values::Integer(values, _) => integers(values, at)?,
            Values::Float(data) | Values::Double(data) => data.seek(at.place()?),
            Values::Direct { lengths, data, .. } => {
                both(data.seek(at.place()?), integers(lengths, at))?
            }
            Values::Dictionary { indexes, .. } => integers(indexes, at)?,
            Values::Decimal { digits, scales, .. } => {
                both(digits.seek(at.place()?), integers(scales, at))?
            }
            Values::Timestamp { seconds, nanos, .. } => {
                both(integers(seconds, at)?, integers(nanos, at))?
            }
            Values::List { lengths, .. } | Values::Map { lengths, .. } => integers(lengths, at)?,
        };
        Some(present.and(values))
    }

    /// Reads `rows` rows, of which those in `mask` have a value in the streams (`None`: all), and
    /// returns those in `keep` (`None`: all).
    pub(crate) fn read(
        &mut self,
        rows: usize,
        mask: Option<&NullBuffer>,
        keep: Option<&BooleanBuffer>,
    ) -> Result<ArrayRef, OrcError> {
        let nulls = self.nulls(rows, mask)?;
        let count = rows - nulls.as_ref().map_or(0, NullBuffer::null_count);
        let kept = |array: ArrayRef| -> Result<ArrayRef, OrcError> {
            match keep {
                Some(keep) => Ok(filter(&array, &BooleanArray::new(keep.clone(), None))?),
                None => Ok(array),
            }
        };
        Ok(match &mut self.values {
            Values::Missing(target) => {
                new_null_array(target, keep.map_or(rows, BooleanBuffer::count_set_bits))
            }
            Values::Boolean(bits) => {
                let values = bits.read(count)?;
                let values = match &nulls {
                    Some(nulls) => scatter_bits(nulls.inner(), &values),
                    None => values,
                };
                kept(Arc::new(BooleanArray::new(values, nulls)))?
            }
            Values::Byte(bytes) => {
                let mut values = Vec::with_capacity(count);
                bytes.read(count, &mut values)?;
                let values = values.into_iter().map(|byte| byte as i8).collect();
                kept(primitive::<Int8Type>(values, rows, nulls))?
            }
            Values::Integer(integers, target) => match target {
                DataType::Int16 => {
                    kept(integer::<Int16Type>(integers, count, rows, nulls, |v| v as i16)?)?
                }
                DataType::Int32 => {
                    kept(integer::<Int32Type>(integers, count, rows, nulls, |v| v as i32)?)?
                }
                DataType::Date32 => {
                    kept(integer::<Date32Type>(integers, count, rows, nulls, |v| v as i32)?)?
                }
                _ => kept(integer::<Int64Type>(integers, count, rows, nulls, |v| v)?)?,
            },
            Values::Float(data) => {
                let mut bytes = Vec::with_capacity(4 * count);
                data.take(4 * count, &mut bytes)?;
                let values = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b));
                kept(primitive::<Float32Type>(values.collect(), rows, nulls))?
            }
            Values::Double(data) => {
                let mut bytes = Vec::with_capacity(8 * count);
                data.take(8 * count, &mut bytes)?;
                let values = bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b));
                kept(primitive::<Float64Type>(values.collect(), rows, nulls))?
            }
            Values::Direct { lengths, data, target: DataType::Binary } => {
                let (offsets, bytes, nulls) = blob(lengths, data, rows, nulls, keep)?;
                Arc::new(BinaryArray::try_new(offsets, bytes, nulls)?)
            }
            Values::Direct { lengths, data, target } => {
                let text = text(lengths, data, rows, nulls, keep)?;
                match target {
                    DataType::Utf8View => Arc::new(StringViewArray::from(&text)),
                    _ => Arc::new(text),
                }
            }
            Values::Dictionary { indexes, dictionary, encoded } => {
                let values = dictionary.values()?;
                let keys = integer::<UInt32Type>(indexes, count, rows, nulls, |value| {
                    u32::try_from(value).unwrap_or(u32::MAX)
                })?;
                let keys = kept(keys)?;
                let keys = arrow::array::AsArray::as_primitive::<UInt32Type>(&keys);
                in_range(keys, dictionary.size).ok_or_else(|| {
                    indexes.damaged("an index points beyond the end of its dictionary")
                })?;
                if *encoded {
                    Arc::new(DictionaryArray::try_new(keys.clone(), values)?)
                } else if values.is_empty() {
                    new_null_array(values.data_type(), keys.len())
                } else {
                    take(&values, keys, None)?
                }
            }
            Values::Decimal { digits, scales, precision, scale } => {
                let values = decimals(digits, scales, count, *scale)?;
                let values = scatter(values, rows, nulls.as_ref());
                let array = Decimal128Array::try_new(ScalarBuffer::from(values), nulls)?;
                kept(Arc::new(array.with_precision_and_scale(*precision, *scale as i8)?))?
            }
            Values::Timestamp { seconds, nanos, unit, zone } => {
                let values = timestamps(seconds, nanos, count, *unit)?;
                let values = ScalarBuffer::from(scatter(values, rows, nulls.as_ref()));
                let zone = zone.clone();
                kept(match unit {
                    TimeUnit::Second => Arc::new(
                        TimestampSecondArray::try_new(values, nulls)?.with_timezone_opt(zone),
                    ),
                    TimeUnit::Millisecond => Arc::new(
                        TimestampMillisecondArray::try_new(values, nulls)?.with_timezone_opt(zone),
                    ),
                    TimeUnit::Microsecond => Arc::new(
                        TimestampMicrosecondArray::try_new(values, nulls)?.with_timezone_opt(zone),
                    ),
                    TimeUnit::Nanosecond => Arc::new(
                        TimestampNanosecondArray::try_new(values, nulls)?.with_timezone_opt(zone),
                    ),
                })?
            }
            Values::Struct { members, fields } => {
                let arrays = members
                    .iter_mut()
                    .map(|member| member.read(rows, nulls.as_ref(), keep))
                    .collect::<Result<Vec<_>, _>>()?;
                let length = keep.map_or(rows, BooleanBuffer::count_set_bits);
                let nulls = kept_nulls(nulls, keep);
                Arc::new(StructArray::try_new_with_length(fields.clone(), arrays, nulls, length)?)
            }
            Values::List { lengths, item, field } => {
                let Spans { offsets, nulls, elements, keep } =
                    spans(lengths, count, rows, nulls, keep)?;
                let items = item.read(elements, None, keep.as_ref())?;
                Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, nulls)?)
            }
            Values::Map { lengths, members, entries } => {
                let Spans { offsets, nulls, elements, keep } =
                    spans(lengths, count, rows, nulls, keep)?;
                let arrays = members
                    .iter_mut()
                    .map(|member| member.read(elements, None, keep.as_ref()))
                    .collect::<Result<Vec<_>, _>>()?;
                let fields = match entries.data_type() {
                    DataType::Struct(fields) => fields.clone(),
                    _ => Fields::empty(),
                };
                let inside = StructArray::try_new(fields, arrays, None)?;
                Arc::new(MapArray::try_new(Arc::clone(entries), offsets, inside, nulls, false)?)
            }
        })
    }

    /// Returns which of `rows` rows are not null, given those that have a value in the streams.
    pub(crate) fn nulls(
        &mut self,
        rows: usize,
        mask: Option<&NullBuffer>,
    ) -> Result<Option<NullBuffer>, OrcError> {
        let Some(present) = &mut self.present else { return Ok(mask.cloned()) };
        let count = rows - mask.map_or(0, NullBuffer::null_count);
        let bits = present.read(count)?;
        if bits.count_set_bits() == count {
            return Ok(mask.cloned());
        }
        Ok(Some(NullBuffer::new(match mask {
            Some(mask) => scatter_bits(mask.inner(), &bits),
            None => bits,
        })))
    }
}
