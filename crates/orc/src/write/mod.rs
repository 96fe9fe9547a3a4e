//! Writing ORC files.
//!
//! A [`Writer`] takes batches apart into columns (`column`), which gather the values of a row
//! group and encode them (`rle`) at its end into streams (`stream`), together with statistics
//! (`statistics`) and bloom filters (`bloom`). Strings go through a dictionary first. A
//! stripe is written when its streams have grown to a size. What is written depends neither on how
//! rows were cut into batches nor on the number of threads.

mod bloom;
mod column;
mod rle;
mod statistics;
mod stream;
#[cfg(test)]
mod tests;

use crate::checksum::Checksums;
use crate::codec::{Codec, Compressor, MAX_CHUNK};
use crate::error::OrcError;
use crate::schema::{Column, Kind};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Fields, SchemaRef};
use column::ColumnWriter;
use orc_rust::proto;
use prost::Message;
use statistics::Statistics;
use std::io::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use stream::{Encoding, Stream};

/// What a file begins with and its postscript ends with.
const MAGIC: &str = "ORC";
/// The code of a writer that is not registered with ORC.
const WRITER_CODE: u32 = u32::MAX;
/// Readers trust the statistics and bloom filters of any writer's first version.
const WRITER_VERSION: u32 = 6;
/// Batches that wait for their row group to be full may take this many bytes.
const MAX_WAITING_BYTES: usize = 32 << 20;

/// How files are written.
#[derive(Debug, Clone)]
pub struct Options {
    /// How streams are compressed.
    pub codec: Codec,
    /// Bytes of a chunk before it is compressed.
    pub block_bytes: usize,
    /// Bytes in the file at which a stripe ends with its row group.
    pub stripe_bytes: usize,
    /// Rows at which a stripe ends, if that is earlier.
    pub stripe_rows: Option<usize>,
    /// Rows of a row group, for which statistics, positions and bloom filters are written.
    pub row_index_stride: usize,
    /// Strings are written as a dictionary if at most this part of them are distinct.
    pub dictionary_threshold: f64,
    /// Paths of string columns whose values hardly ever repeat: no dictionary is tried.
    pub distinct_columns: Vec<String>,
    /// Paths of columns that get bloom filters, such as `useridentity.accesskeyid`.
    pub bloom_columns: Vec<String>,
    /// The false positive rate of bloom filters.
    pub bloom_fpp: f64,
    /// Threads that encode and compress, the caller's included.
    pub threads: usize,
    /// Names and values for the footer.
    pub metadata: Vec<(String, Vec<u8>)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            codec: Codec::Zstd(1),
            block_bytes: 512 << 10,
            stripe_bytes: 64 << 20,
            stripe_rows: None,
            row_index_stride: 10_000,
            dictionary_threshold: 0.8,
            distinct_columns: Vec::new(),
            bloom_columns: Vec::new(),
            bloom_fpp: 0.01,
            threads: 1,
            metadata: Vec::new(),
        }
    }
}

/// Whether a column's path is one of those chosen.
fn is_among(path: &[String], chosen: &[String]) -> bool {
    !path.is_empty() && chosen.iter().any(|one| one.split('.').eq(path.iter().map(String::as_str)))
}

/// Writes record batches of one schema to an ORC file.
///
/// It writes a stripe in many pieces: `W` should have a buffer.
pub struct Writer<W> {
    sink: W,
    /// Bytes written so far.
    at: u64,
    schema: SchemaRef,
    types: Vec<proto::Type>,
    options: Options,
    compressors: Vec<Compressor>,
    root: ColumnWriter,
    /// Batches, and which of their rows, that are not encoded yet.
    waiting: Vec<(RecordBatch, Range<usize>)>,
    waiting_bytes: usize,
    /// The numbers from 0 on, as many as the longest batch has rows.
    rows: Vec<u32>,
    group_rows: usize,
    /// Rows of the row groups that have ended.
    stripe_rows: usize,
    stripes: Vec<proto::StripeInformation>,
    stripe_statistics: Vec<proto::StripeStatistics>,
    /// Checksums of the footers of stripes.
    stripe_checksums: Vec<u32>,
    statistics: Vec<Statistics>,
}

impl<W> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("at", &self.at).field("options", &self.options).finish()
    }
}

impl<W: Write> Writer<W> {
    /// Begins a file in `sink`. Metadata of the schema's fields become attributes of their types.
    ///
    /// # Errors
    /// When ORC has no such types, the options are invalid, or `sink` fails.
    pub fn new(mut sink: W, schema: SchemaRef, options: Options) -> Result<Self, OrcError> {
        let tree = Column::from_arrow(&schema)?;
        check(&options, &tree)?;
        let compressors = (0..options.threads.max(1)).map(|_| Compressor::new(options.codec));
        let compressors = compressors.collect::<Result<_, _>>()?;
        sink.write_all(MAGIC.as_bytes())?;
        let mut statistics = Vec::new();
        add_statistics(&tree, &mut statistics);
        Ok(Self {
            sink,
            at: MAGIC.len() as u64,
            schema,
            types: tree.to_footer(),
            compressors,
            root: ColumnWriter::new(&tree, &mut Vec::new(), &options),
            options,
            waiting: Vec::new(),
            waiting_bytes: 0,
            rows: Vec::new(),
            group_rows: 0,
            stripe_rows: 0,
            stripes: Vec::new(),
            stripe_statistics: Vec::new(),
            stripe_checksums: Vec::new(),
            statistics,
        })
    }

    /// Appends the rows of `batch`.
    ///
    /// # Errors
    /// When its columns are not those of the schema, or the file cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), OrcError> {
        let fields = batch.schema_ref().fields();
        let is_same = Arc::ptr_eq(batch.schema_ref(), &self.schema)
            || fields.len() == self.schema.fields().len()
                && fields
                    .iter()
                    .zip(self.schema.fields())
                    .all(|(a, b)| Arc::ptr_eq(a, b) || is_same_field(a, b));
        if !is_same {
            return Err(OrcError::Unsupported("a batch of another schema than the file's".into()));
        }
        if u32::try_from(batch.num_rows()).is_err() {
            return Err(OrcError::Unsupported(format!("a batch of {} rows", batch.num_rows())));
        }
        self.rows.extend(self.rows.len() as u32..batch.num_rows() as u32);
        let mut start = 0;
        while start < batch.num_rows() {
            let mut room = self.options.row_index_stride - self.group_rows;
            if let Some(rows) = self.options.stripe_rows {
                room = room.min(rows - self.stripe_rows - self.group_rows);
            }
            let end = batch.num_rows().min(start + room);
            self.group_rows += end - start;
            self.waiting.push((batch.clone(), start..end));
            if self.compressors.len() > 1 {
                self.waiting_bytes += batch.get_array_memory_size();
            }
            if end - start == room {
                self.end_group()?;
            } else if self.compressors.len() == 1 || self.waiting_bytes > MAX_WAITING_BYTES {
                self.encode()?;
            }
            start = end;
        }
        Ok(())
    }

    /// Ends the file and returns what it was written to, not flushed.
    ///
    /// # Errors
    /// When the rest cannot be written.
    pub fn finish(mut self) -> Result<W, OrcError> {
        if self.group_rows > 0 {
            self.end_group()?;
        }
        if self.stripe_rows > 0 {
            self.end_stripe()?;
        }
        let content = self.at;
        let mut tail = crc32fast::Hasher::new();
        let stripe_stats = std::mem::take(&mut self.stripe_statistics);
        let metadata = self.compress_message(&proto::Metadata { stripe_stats }.encode_to_vec())?;
        let items = std::mem::take(&mut self.options.metadata).into_iter();
        let footer = proto::Footer {
            header_length: Some(MAGIC.len() as u64),
            content_length: Some(content),
            number_of_rows: Some(self.stripes.iter().map(|s| s.number_of_rows()).sum()),
            stripes: std::mem::take(&mut self.stripes),
            types: std::mem::take(&mut self.types),
            metadata: items
                .map(|(name, value)| proto::UserMetadataItem {
                    name: Some(name),
                    value: Some(value),
                })
                .collect(),
            statistics: self.statistics.iter().map(Statistics::to_proto).collect(),
            row_index_stride: Some(self.options.row_index_stride as u32),
            writer: Some(WRITER_CODE),
            encryption: None,
            calendar: Some(proto::CalendarKind::ProlepticGregorian.into()),
            software_version: Some(concat!("traillake ", env!("CARGO_PKG_VERSION")).to_owned()),
        };
        let mut footer = footer.encode_to_vec();
        let parts = std::mem::take(&mut self.stripe_checksums);
        footer.extend(Checksums { parts }.encode_to_vec());
        let footer = self.compress_message(&footer)?;
        let postscript = proto::PostScript {
            footer_length: Some(footer.len() as u64),
            compression: Some(self.options.codec.kind().into()),
            compression_block_size: Some(self.options.block_bytes as u64),
            version: vec![0, 12],
            metadata_length: Some(metadata.len() as u64),
            writer_version: Some(WRITER_VERSION),
            stripe_statistics_length: None,
            magic: Some(MAGIC.to_owned()),
        };
        let mut postscript = postscript.encode_to_vec();
        [&metadata, &footer, &postscript].into_iter().for_each(|part| tail.update(part));
        postscript.extend(Checksums { parts: vec![tail.finalize()] }.encode_to_vec());
        // Eleven numbers at most: far below 255 bytes.
        postscript.push(postscript.len() as u8);
        for part in [metadata, footer, postscript] {
            self.sink.write_all(&part)?;
        }
        Ok(self.sink)
    }

    /// Encodes the batches that wait.
    fn encode(&mut self) -> Result<(), OrcError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let rows = &self.rows;
        self.root.write_root(waiting.iter().map(|(_, range)| range.len()).sum());
        each_column(&mut self.root.children, self.compressors.len(), |at, column| {
            waiting
                .iter()
                .try_for_each(|(batch, range)| column.write(batch.column(at), &rows[range.clone()]))
        })?;
        self.compress()
    }

    fn compress(&mut self) -> Result<(), OrcError> {
        let mut chunks = Vec::new();
        self.root.uncompressed(&mut chunks);
        Ok(stream::compress(&mut self.compressors, chunks)?)
    }

    fn end_group(&mut self) -> Result<(), OrcError> {
        self.encode()?;
        self.root.end_own_group(false)?;
        each_column(&mut self.root.children, self.compressors.len(), |_, column| {
            column.end_group(false)
        })?;
        self.compress()?;
        self.stripe_rows += std::mem::take(&mut self.group_rows);
        if self.options.stripe_rows == Some(self.stripe_rows)
            || self.root.len() >= self.options.stripe_bytes
        {
            self.end_stripe()?;
        }
        Ok(())
    }

    fn end_stripe(&mut self) -> Result<(), OrcError> {
        let mut columns = Vec::new();
        self.root.end_own_stripe(&mut columns);
        let children = Mutex::new(Vec::new());
        each_column(&mut self.root.children, self.compressors.len(), |_, column| {
            let mut encoded = Vec::new();
            column.end_stripe(&mut encoded);
            children.lock().unwrap_or_else(PoisonError::into_inner).extend(encoded);
            Ok(())
        })?;
        columns.extend(children.into_inner().unwrap_or_else(PoisonError::into_inner));
        columns.sort_by_key(|column| column.id);
        let streams = columns.iter_mut().flat_map(|column| &mut column.streams);
        stream::compress(&mut self.compressors, streams.flat_map(Stream::uncompressed).collect())?;

        let mut indexes: Vec<(usize, Stream)> = Vec::new();
        for column in &mut columns {
            let bytes = column.streams.iter().map(|stream| stream.len() as u64).sum();
            column.stripe.bytes = bytes;
            let mut add = |kind, message: Vec<u8>| {
                let mut stream = Stream::new(kind, Encoding::Plain, self.options.block_bytes);
                stream.write(&message);
                stream.finish();
                indexes.push((column.id, stream));
            };
            let index = row_index(column.streams.as_slice(), &column.groups, self.options.codec);
            add(proto::stream::Kind::RowIndex, index.encode_to_vec());
            if let Some(bloom) = &column.bloom {
                add(proto::stream::Kind::BloomFilterUtf8, bloom.encode_to_vec());
            }
        }
        let streams = indexes.iter_mut().map(|(_, stream)| stream);
        stream::compress(&mut self.compressors, streams.flat_map(Stream::uncompressed).collect())?;

        let offset = self.at;
        let mut footer = proto::StripeFooter {
            writer_timezone: Some("UTC".to_owned()),
            ..proto::StripeFooter::default()
        };
        let mut checksums = Checksums::default();
        let indexes = indexes.iter().map(|(id, stream)| (*id, stream));
        let index_length = self.write_streams(indexes, &mut footer, &mut checksums)?;
        let data = columns
            .iter()
            .flat_map(|column| column.streams.iter().map(|stream| (column.id, stream)));
        let data_length = self.write_streams(data, &mut footer, &mut checksums)?;
        let mut statistics = proto::StripeStatistics::default();
        for (column, file) in columns.into_iter().zip(&mut self.statistics) {
            footer.columns.push(column.encoding);
            statistics.col_stats.push(column.stripe.to_proto());
            file.merge(&column.stripe);
        }
        let mut footer = footer.encode_to_vec();
        footer.extend(checksums.encode_to_vec());
        let footer = self.compress_message(&footer)?;
        self.sink.write_all(&footer)?;
        self.at += footer.len() as u64;
        self.stripe_checksums.push(crc32fast::hash(&footer));
        self.stripe_statistics.push(statistics);
        self.stripes.push(proto::StripeInformation {
            offset: Some(offset),
            index_length: Some(index_length),
            data_length: Some(data_length),
            footer_length: Some(footer.len() as u64),
            number_of_rows: Some(std::mem::take(&mut self.stripe_rows) as u64),
            ..proto::StripeInformation::default()
        });
        Ok(())
    }

    /// Writes streams of the columns with those numbers, lists them, and returns their length.
    fn write_streams<'a>(
        &mut self,
        streams: impl Iterator<Item = (usize, &'a Stream)>,
        footer: &mut proto::StripeFooter,
        checksums: &mut Checksums,
    ) -> Result<u64, OrcError> {
        let start = self.at;
        for (id, stream) in streams {
            let length = stream.len() as u64;
            let mut checksum = crc32fast::Hasher::new();
            for chunk in stream.chunks() {
                checksum.update(chunk);
                self.sink.write_all(chunk)?;
            }
            checksums.parts.push(checksum.finalize());
            self.at += length;
            footer.streams.push(proto::Stream {
                kind: Some(stream.kind.into()),
                column: Some(id as u32),
                length: Some(length),
            });
        }
        Ok(self.at - start)
    }

    /// Compresses a part of the tail, or the footer of a stripe.
    fn compress_message(&mut self, message: &[u8]) -> Result<Vec<u8>, OrcError> {
        let mut compressed = Vec::new();
        if let Some(compressor) = self.compressors.first_mut() {
            for chunk in message.chunks(self.options.block_bytes) {
                compressor.compress(chunk, &mut compressed)?;
            }
        }
        Ok(compressed)
    }
}

/// Whether two fields have the same values, whatever their metadata.
fn is_same_field(a: &Field, b: &Field) -> bool {
    let all = |a: &Fields, b: &Fields| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_field(a, b))
    };
    a.name() == b.name()
        && match (a.data_type(), b.data_type()) {
            (DataType::Struct(a), DataType::Struct(b)) => all(a, b),
            (DataType::List(a), DataType::List(b))
            | (DataType::LargeList(a), DataType::LargeList(b))
            | (DataType::Map(a, _), DataType::Map(b, _)) => is_same_field(a, b),
            (a, b) => a == b,
        }
}

fn check(options: &Options, root: &Column) -> Result<(), OrcError> {
    let wrong = |what: String| Err(OrcError::Unsupported(what));
    if !(1024..=MAX_CHUNK).contains(&options.block_bytes) {
        return wrong(format!("a block of {} bytes", options.block_bytes));
    }
    if options.row_index_stride == 0 || u32::try_from(options.row_index_stride).is_err() {
        return wrong(format!("a row index every {} rows", options.row_index_stride));
    }
    if options.stripe_rows == Some(0) {
        return wrong("a stripe of 0 rows".to_owned());
    }
    if !(options.bloom_fpp > 0.0 && options.bloom_fpp < 1.0) {
        return wrong(format!(
            "a bloom filter with a false positive rate of {}",
            options.bloom_fpp
        ));
    }
    for path in &options.bloom_columns {
        match root.find(path.split('.')).map(|column| column.kind) {
            None => return wrong(format!("a bloom filter on {path:?}, which does not exist,")),
            Some(
                kind @ (Kind::Boolean | Kind::Decimal(..) | Kind::Struct | Kind::List | Kind::Map),
            ) => return wrong(format!("a bloom filter on {path:?} of type {kind:?}")),
            Some(_) => {}
        }
    }
    Ok(())
}

fn add_statistics(column: &Column, statistics: &mut Vec<Statistics>) {
    statistics.push(Statistics::new(column.kind));
    column.children.iter().for_each(|child| add_statistics(child, statistics));
}

/// Returns the statistics and positions of a column's row groups.
fn row_index(streams: &[Stream], groups: &[Statistics], codec: Codec) -> proto::RowIndex {
    let mut positions = vec![Vec::new(); groups.len()];
    streams.iter().for_each(|stream| stream.add_positions(codec != Codec::None, &mut positions));
    let entries = positions.into_iter().zip(groups).map(|(positions, group)| {
        proto::RowIndexEntry { positions, statistics: Some(group.to_proto()) }
    });
    proto::RowIndex { entry: entries.collect() }
}

/// Calls `each` with every column and its place, on several threads.
fn each_column(
    columns: &mut [ColumnWriter],
    threads: usize,
    each: impl Fn(usize, &mut ColumnWriter) -> Result<(), OrcError> + Sync,
) -> Result<(), OrcError> {
    let mut columns = columns.iter_mut().enumerate();
    if threads < 2 {
        return columns.try_for_each(|(at, column)| each(at, column));
    }
    let queue = Mutex::new(columns);
    let work = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            match next {
                Some((at, column)) => each(at, column)?,
                None => return Ok(()),
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut outcome = work();
        for other in others {
            match other.join() {
                Ok(others) => outcome = outcome.and(others),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        outcome
    })
}
