//! A column being written: from Arrow arrays to streams.
//!
//! [`ColumnWriter`] writes which rows are null and keeps statistics and bloom filters. The other rows are
//! encoded by one [`Values`] for each kind of column: `boolean`, `integer`, `float`, `text`, `dictionary`,
//! `decimal`, `timestamp`, `structs` and `lists`. `distinct` numbers the distinct strings of a dictionary.

mod boolean;
mod decimal;
mod dictionary;
mod distinct;
mod float;
mod integer;
mod lists;
mod structs;
mod text;
mod timestamp;

use super::bloom::Bloom;
use super::rle;
use super::statistics::Statistics;
use super::stream::{Chunk, Encoding, Present, Stream};
use super::{Options, is_among};
use crate::error::OrcError;
use crate::schema::{Column, Kind};
use arrow::array::{Array, AsArray};
use arrow::compute::take;
use orc_rust::proto;
use proto::column_encoding::Kind as EncodingKind;
use proto::stream::Kind as StreamKind;
use std::borrow::Cow;

/// The values of a column in one stripe that are not null.
trait Values: Send + Sync {
    /// Appends the values in `rows` of `array`; rows are ascending, and none is null. The columns inside a
    /// struct, list or map are `children`.
    ///
    /// # Errors
    /// When a value is outside what ORC can hold.
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        children: &mut [ColumnWriter],
    ) -> Result<(), OrcError>;

    /// Encodes what is left of the row group, and marks where the next one begins.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn end_group(&mut self, summary: &mut Summary) -> Result<(), OrcError>;

    /// Returns the streams that exist before the stripe ends.
    fn streams(&mut self) -> &mut [Stream];

    /// Returns roughly how many bytes the encoded values take in the file.
    fn len(&self) -> usize;

    /// Ends the stripe, after its last row group.
    fn end_stripe(self: Box<Self>) -> EncodedValues;
}

/// The values of a column in a stripe that is complete.
struct EncodedValues {
    kind: EncodingKind,
    /// Strings in the dictionary, if there is one.
    dictionary_size: Option<u32>,
    /// In the order of positions.
    streams: Vec<Stream>,
}

impl EncodedValues {
    fn new(kind: EncodingKind, streams: impl Into<Vec<Stream>>) -> Self {
        Self { kind, dictionary_size: None, streams: streams.into() }
    }
}

/// A kind of values that go to the same streams from the beginning of a stripe to its end; see [`Direct`].
trait DirectValues: Send + Sync {
    const ENCODING: EncodingKind;

    /// As [`Values::write`], with the streams.
    fn write(
        &mut self,
        streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        children: &mut [ColumnWriter],
    ) -> Result<(), OrcError>;

    /// Encodes what is left of the row group.
    fn end_group(&mut self, streams: &mut [Stream], summary: &mut Summary) -> Result<(), OrcError>;
}

/// Such values, and their streams in the order of positions.
struct Direct<V> {
    values: V,
    streams: Vec<Stream>,
}

impl<V> Direct<V> {
    fn new(values: V, streams: impl Into<Vec<Stream>>) -> Self {
        Self { values, streams: streams.into() }
    }

    /// Marks where the next row group begins.
    fn mark_group(&mut self) {
        self.streams.iter_mut().for_each(|stream| stream.mark(0));
    }
}

impl<V: DirectValues> Values for Direct<V> {
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        self.values.write(&mut self.streams, array, rows, summary, children)
    }

    fn end_group(&mut self, summary: &mut Summary) -> Result<(), OrcError> {
        self.values.end_group(&mut self.streams, summary)?;
        self.mark_group();
        Ok(())
    }

    fn streams(&mut self) -> &mut [Stream] {
        &mut self.streams
    }

    fn len(&self) -> usize {
        self.streams.iter().map(Stream::len).sum()
    }

    fn end_stripe(self: Box<Self>) -> EncodedValues {
        EncodedValues::new(V::ENCODING, self.streams)
    }
}

/// What readers skip row groups by: statistics of the row group, and the bloom filters of the stripe.
struct Summary {
    statistics: Statistics,
    bloom: Option<Bloom>,
}

impl Summary {
    /// Adds integers, dates, or lengths of lists.
    fn add_integers(&mut self, values: &[i64]) {
        self.statistics.add_integers(values);
        if let Some(bloom) = &mut self.bloom {
            bloom.add_integers(values.iter().copied());
        }
    }

    /// Adds a string or binary value; its length is added by [`Statistics::add_bytes`].
    fn add_string(&mut self, value: &[u8]) {
        self.statistics.add_string(value);
        if let Some(bloom) = &mut self.bloom {
            bloom.add_bytes(value);
        }
    }
}

/// What [`Values`] are opened with at the beginning of every stripe.
struct Settings {
    /// The column's path, for errors.
    name: String,
    kind: Kind,
    /// Bytes of a chunk before compression.
    block: usize,
    /// The largest part of strings that may be distinct in a dictionary; 0 if none is tried.
    dictionary_threshold: f64,
}

impl Settings {
    fn open(&self) -> Box<dyn Values> {
        match self.kind {
            Kind::Boolean => boolean::open(self),
            Kind::Byte => integer::open_bytes(self),
            Kind::Short | Kind::Int | Kind::Long | Kind::Date => integer::open(self),
            Kind::Float | Kind::Double => float::open(self),
            Kind::String if self.dictionary_threshold > 0.0 => dictionary::open(self),
            Kind::String | Kind::Binary => text::open(self),
            Kind::Decimal(_, scale) => decimal::open(self, scale),
            Kind::Timestamp | Kind::TimestampInstant => timestamp::open(self),
            Kind::Struct => structs::open(),
            Kind::List | Kind::Map => lists::open(self),
        }
    }

    /// Begins a stream of run-length encoded integers or bytes.
    fn runs(&self, kind: StreamKind) -> Stream {
        begin(Stream::new(kind, Encoding::Runs, self.block))
    }

    /// Begins a stream of bytes as they are.
    fn plain(&self, kind: StreamKind) -> Stream {
        begin(Stream::new(kind, Encoding::Plain, self.block))
    }
}

/// Marks where the first row group begins.
fn begin(mut stream: Stream) -> Stream {
    stream.mark(0);
    stream
}

/// Appends run-length encoded integers to `stream`.
fn write_integers(stream: &mut Stream, values: &[i64], signed: bool) {
    let mut out = Vec::new();
    rle::encode(values, signed, &mut out);
    stream.write(&out);
}

/// A column of the stripe being written, and what is known of the file so far.
pub(crate) struct ColumnWriter {
    id: usize,
    settings: Settings,
    present: Present,
    values: Box<dyn Values>,
    /// Of the row group being written.
    summary: Summary,
    /// Of the row groups of the stripe that have ended.
    groups: Vec<Statistics>,
    stripe: Statistics,
    pub(crate) children: Vec<Self>,
}

/// A column of a stripe that is complete.
pub(crate) struct Encoded {
    pub(crate) id: usize,
    pub(crate) encoding: proto::ColumnEncoding,
    pub(crate) streams: Vec<Stream>,
    pub(crate) groups: Vec<Statistics>,
    pub(crate) stripe: Statistics,
    pub(crate) bloom: Option<proto::BloomFilterIndex>,
}

impl ColumnWriter {
    /// Begins `column`, which `path` leads to.
    pub(crate) fn new(column: &Column, path: &mut Vec<String>, options: &Options) -> Self {
        let children = column.children.iter().map(|child| {
            path.push(child.name.clone());
            let writer = Self::new(child, path, options);
            path.pop();
            writer
        });
        let children = children.collect();
        let is_distinct = is_among(path, &options.distinct_columns);
        let settings = Settings {
            name: path.join("."),
            kind: column.kind,
            block: options.block_bytes,
            dictionary_threshold: if is_distinct { 0.0 } else { options.dictionary_threshold },
        };
        let bloom = is_among(path, &options.bloom_columns).then(|| Bloom::new(options.bloom_fpp));
        Self {
            id: column.id,
            present: Present::new(options.block_bytes),
            values: settings.open(),
            summary: Summary { statistics: Statistics::new(column.kind), bloom },
            settings,
            groups: Vec::new(),
            stripe: Statistics::new(column.kind),
            children,
        }
    }

    /// Appends the rows `rows` of `array`, which are ascending.
    ///
    /// # Errors
    /// When a value is outside what ORC can hold.
    pub(crate) fn write(&mut self, array: &dyn Array, rows: &[u32]) -> Result<(), OrcError> {
        if let Some(dictionary) = array.as_any_dictionary_opt() {
            let array = take(dictionary.values(), dictionary.keys(), None)?;
            return self.write(&array, rows);
        }
        let rows = self.write_present(array, rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.summary.statistics.count += rows.len() as u64;
        self.values.write(array, &rows, &mut self.summary, &mut self.children)
    }

    /// Appends which of the rows have values, and returns those.
    fn write_present<'a>(&mut self, array: &dyn Array, rows: &'a [u32]) -> Cow<'a, [u32]> {
        let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else {
            self.present.append_valid(rows.len());
            return Cow::Borrowed(rows);
        };
        let has_null = &mut self.summary.statistics.has_null;
        if nulls.null_count() == nulls.len() {
            self.present.append_null(rows.len());
            *has_null |= !rows.is_empty();
            return Cow::Borrowed(&[]);
        }
        let valid: Vec<u32> = match rows {
            [first, .., last] if (last - first) as usize + 1 == rows.len() => {
                let bits = nulls.inner().slice(*first as usize, rows.len());
                let valid: Vec<u32> = bits.set_indices_u32().map(|at| first + at).collect();
                if valid.len() < rows.len() {
                    self.present.bits().append_buffer(&bits);
                }
                valid
            }
            _ => {
                let is_valid = |&&row: &&u32| nulls.is_valid(row as usize);
                let valid: Vec<u32> = rows.iter().filter(is_valid).copied().collect();
                if valid.len() < rows.len() {
                    let bits = self.present.bits();
                    rows.iter().for_each(|row| bits.append(is_valid(&row)));
                }
                valid
            }
        };
        if valid.len() == rows.len() {
            self.present.append_valid(rows.len());
        } else {
            *has_null = true;
        }
        Cow::Owned(valid)
    }

    /// Ends the row group. A null of the struct around the column counts as a null of the column in
    /// statistics, though the column has no row for it: `parent_has_null` says whether there is one.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn end_group(&mut self, parent_has_null: bool) -> Result<(), OrcError> {
        self.end_own_group(parent_has_null)?;
        let has_null = self.settings.kind == Kind::Struct
            && self.groups.last().is_some_and(|statistics| statistics.has_null);
        self.children.iter_mut().try_for_each(|child| child.end_group(has_null))
    }

    /// The same, for this column but not those inside it.
    pub(crate) fn end_own_group(&mut self, parent_has_null: bool) -> Result<(), OrcError> {
        self.values.end_group(&mut self.summary)?;
        self.present.end_group();
        if let Some(bloom) = &mut self.summary.bloom {
            bloom.end_group();
        }
        let mut group =
            std::mem::replace(&mut self.summary.statistics, Statistics::new(self.settings.kind));
        group.has_null |= parent_has_null;
        self.stripe.merge(&group);
        self.groups.push(group);
        Ok(())
    }

    /// Ends the stripe, after its last row group, and appends this column and all inside it.
    pub(crate) fn end_stripe(&mut self, encoded: &mut Vec<Encoded>) {
        self.end_own_stripe(encoded);
        self.children.iter_mut().for_each(|child| child.end_stripe(encoded));
    }

    /// The same, for this column but not those inside it.
    pub(crate) fn end_own_stripe(&mut self, encoded: &mut Vec<Encoded>) {
        let values = std::mem::replace(&mut self.values, self.settings.open()).end_stripe();
        let mut streams: Vec<Stream> = self.present.end_stripe().into_iter().collect();
        streams.extend(values.streams);
        streams.iter_mut().for_each(Stream::finish);
        let stripe = Statistics::new(self.settings.kind);
        encoded.push(Encoded {
            id: self.id,
            encoding: proto::ColumnEncoding {
                kind: Some(values.kind.into()),
                dictionary_size: values.dictionary_size,
                // Strings in UTF-8, times in UTC.
                bloom_encoding: self.summary.bloom.is_some().then_some(1),
            },
            streams,
            groups: std::mem::take(&mut self.groups),
            stripe: std::mem::replace(&mut self.stripe, stripe),
            bloom: self.summary.bloom.as_mut().map(Bloom::end_stripe),
        });
    }

    /// Appends the chunks of this column and all inside it that are complete but not compressed.
    pub(crate) fn uncompressed<'a>(&'a mut self, chunks: &mut Vec<&'a mut Chunk>) {
        chunks.extend(self.present.stream().uncompressed());
        self.values.streams().iter_mut().for_each(|stream| chunks.extend(stream.uncompressed()));
        self.children.iter_mut().for_each(|child| child.uncompressed(chunks));
    }

    /// Returns roughly how many bytes this column and all inside it take in the file, as far as they
    /// are encoded.
    pub(crate) fn len(&self) -> usize {
        let children: usize = self.children.iter().map(Self::len).sum();
        self.present.len() + self.values.len() + children
    }

    /// Appends `count` rows to the root.
    pub(crate) fn write_root(&mut self, count: usize) {
        self.present.append_valid(count);
        self.summary.statistics.count += count as u64;
    }
}
