//! A stripe: its footer, its streams, its row indexes and bloom filters.

use super::cache::{ColumnKey, FileKey, Made};
use super::path::Inside;
use super::stream::{ByteStream, StreamSource};
use super::tail::Tail;
use super::{ColumnCache, ReadAt, bloom::BloomFilters};
use crate::checksum::{self, Checksums};
use crate::codec::{self, HEADER_BYTES};
use crate::error::OrcError;
use crate::schema::Column;
use arrow::array::ArrayRef;
use bytes::Bytes;
use orc_rust::proto;
use prost::Message;
use proto::CompressionKind;
use proto::column_encoding::Kind as Encoding;
use proto::stream::Kind as StreamKind;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};

/// Streams up to this size are read as a whole, several at once.
const MAX_WHOLE_STREAM_BYTES: u64 = 1 << 20;
/// Unwanted bytes between two streams that are still read at once.
const MAX_READ_GAP_BYTES: u64 = 64 << 10;
/// The most that is read at once.
const MAX_READ_BYTES: u64 = 8 << 20;

/// A chunk's header, and the bytes after it that state the length of the chunk before compression.
const MAX_CHUNK_START: u64 = HEADER_BYTES as u64 + 18;

/// A stream of a stripe.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// What it holds; `None` for kinds that are not in the specification's version 1.
    pub kind: Option<StreamKind>,
    /// Number of its column.
    pub column: usize,
    /// Offset in the file.
    pub at: u64,
    /// Length in bytes, as it is in the file.
    pub length: u64,
    /// CRC-32 of its bytes, if the writer was ours.
    pub checksum: Option<u32>,
}

impl Stream {
    fn check(&self, bytes: &[u8]) -> Result<(), OrcError> {
        checksum::check(bytes, self.checksum, self.at, || {
            format!("a stream of column {}", self.column)
        })
    }

    /// Returns how long the stream was before compression, if all its chunks state it. Reads no more of
    /// the file `input` than the beginnings of chunks.
    ///
    /// # Errors
    /// When they cannot be read, or a chunk is longer than the stream.
    pub fn decompressed_length(
        &self,
        input: &dyn ReadAt,
        tail: &Tail,
    ) -> Result<Option<u64>, OrcError> {
        let kind = tail.postscript.compression();
        match kind {
            CompressionKind::None => return Ok(Some(self.length)),
            CompressionKind::Zstd | CompressionKind::Snappy => {}
            _ => return Ok(None),
        }
        let (mut decompressed, mut next) = (0_u64, 0);
        while next < self.length {
            let wanted = (self.length - next).min(MAX_CHUNK_START);
            let start = input.read_at(self.at + next, wanted as usize)?;
            let told = start.split_first_chunk().map(|(head, chunk)| (codec::header(*head), chunk));
            let end = |size: usize| next + (HEADER_BYTES + size) as u64;
            let told = told.filter(|((size, _), _)| end(*size) <= self.length);
            let ((size, compressed), chunk) = told.ok_or_else(|| {
                OrcError::damaged(self.at + next, "a chunk is longer than its stream")
            })?;
            let before =
                if compressed { codec::decompressed_size(kind, chunk) } else { Some(size) };
            let Some(before) = before else { return Ok(None) };
            decompressed = decompressed.saturating_add(before as u64);
            next = end(size);
        }
        Ok(Some(decompressed))
    }
}

/// What a stripe's footer says, and the indexes that were read so far.
#[derive(Debug)]
pub struct Stripe {
    /// Offset in the file.
    pub at: u64,
    /// Rows.
    pub rows: usize,
    /// Its streams, in the order of the file.
    pub streams: Vec<Stream>,
    /// Encoding of each column.
    pub encodings: Vec<proto::ColumnEncoding>,
    /// Time zone of the writer, which timestamps without zone are to be understood in.
    pub zone: Option<String>,
    row_indexes: Vec<OnceLock<Arc<proto::RowIndex>>>,
    blooms: Vec<OnceLock<Option<Arc<BloomFilters>>>>,
}

impl Stripe {
    pub(crate) fn read(input: &dyn ReadAt, tail: &Tail, number: usize) -> Result<Self, OrcError> {
        let info = tail
            .footer
            .stripes
            .get(number)
            .ok_or_else(|| OrcError::damaged(0, format!("there is no stripe {number}")))?;
        let at = info.offset();
        let start = [info.index_length(), info.data_length()]
            .iter()
            .try_fold(at, |sum, length| sum.checked_add(*length));
        let wrong = |what: &str| OrcError::damaged(at, format!("stripe {number}: {what}"));
        let start = start.ok_or_else(|| wrong("impossible lengths"))?;
        let length = info.footer_length();
        if start.checked_add(length).is_none_or(|end| end > tail.length) {
            return Err(wrong("it is beyond the end of the file"));
        }
        let bytes = input.read_at(start, length as usize)?;
        checksum::check(&bytes, tail.stripe_checksums.get(number).copied(), start, || {
            format!("the footer of stripe {number}")
        })?;
        let footer = tail.decompress(bytes, start)?;
        let checksums = Checksums::decode(&*footer).unwrap_or_default().parts;
        let footer = proto::StripeFooter::decode(&*footer).map_err(|error| {
            OrcError::damaged(start, format!("the footer of stripe {number}: {error}"))
        })?;
        let columns = tail.footer.types.len();
        if footer.columns.len() != columns {
            return Err(wrong("its footer lacks the encoding of a column"));
        }
        let mut streams = Vec::with_capacity(footer.streams.len());
        let mut next = at;
        for (number, stream) in footer.streams.iter().enumerate() {
            let column = stream.column() as usize;
            let kind = stream.kind.and_then(|kind| StreamKind::try_from(kind).ok());
            let end = next.checked_add(stream.length()).filter(|end| *end <= start);
            let end = end.ok_or_else(|| wrong("its streams are longer than it is"))?;
            if column >= columns {
                return Err(wrong("a stream of a column that does not exist"));
            }
            let checksum = checksums.get(number).copied();
            streams.push(Stream { kind, column, at: next, length: stream.length(), checksum });
            next = end;
        }
        let rows = usize::try_from(info.number_of_rows())
            .map_err(|_| wrong("an impossible number of rows"))?;
        let zone = footer.writer_timezone.filter(|zone| !zone.is_empty());
        Ok(Self {
            at,
            rows,
            streams,
            encodings: footer.columns,
            zone,
            row_indexes: vec![OnceLock::new(); columns],
            blooms: vec![OnceLock::new(); columns],
        })
    }

    /// Returns a stream of a column.
    pub fn stream(&self, column: usize, kind: StreamKind) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.column == column && stream.kind == Some(kind))
    }
}

/// Reads streams, indexes and bloom filters of a stripe; [`Self::column`] reads a column's values. What
/// was loaded stays as long as it.
pub struct StripeReader {
    tail: Arc<Tail>,
    stripe: Arc<Stripe>,
    source: StreamSource,
    /// Parts of the file that were read ahead, by their offset.
    loaded: Vec<(u64, Bytes)>,
}

impl std::fmt::Debug for StripeReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StripeReader").field("stripe", &self.stripe).finish_non_exhaustive()
    }
}

impl StripeReader {
    /// Prepares to read `stripe` of the file `input`, whose tail is `tail`. Adds to `bytes_read`
    /// what it reads.
    ///
    /// # Errors
    /// When the file's compression is not supported.
    pub fn new(
        input: Arc<dyn ReadAt>,
        tail: Arc<Tail>,
        stripe: Arc<Stripe>,
        bytes_read: Arc<AtomicU64>,
    ) -> Result<Self, OrcError> {
        let decompressor =
            tail.decompressor()?.map(|decompressor| Arc::new(Mutex::new(decompressor)));
        let kind = tail.postscript.compression();
        let source =
            StreamSource { input, decompressor, kind, block: tail.block, bytes_read, cache: None };
        Ok(Self { tail, stripe, source, loaded: Vec::new() })
    }

    /// Keeps decompressed chunks, and what is given to be kept, in `cache`, where readers with the same [`Tail`] find it.
    #[must_use]
    pub fn with_cache(mut self, cache: Arc<ColumnCache>) -> Self {
        self.source.cache = Some((cache, FileKey::new(&self.tail)));
        self
    }

    /// Returns what is `inside` a column in a row group, if it is kept. `leaf` is the column that has the values.
    pub fn kept_group(&self, leaf: &Column, inside: &Inside, group: usize) -> Option<ArrayRef> {
        let (cache, file) = self.source.cache.as_ref()?;
        cache.group(file, self.key_of(leaf, inside), group)
    }

    /// Keeps what is `inside` a column in a row group for readers to come, where there is a cache.
    pub fn keep_group(&self, leaf: &Column, inside: &Inside, group: usize, values: &ArrayRef) {
        if let Some((cache, file)) = &self.source.cache {
            cache.keep_group(file, self.key_of(leaf, inside), group, values);
        }
    }

    /// Returns what is `inside` a column in all rows, if it is kept so.
    pub fn kept_stripe(&self, leaf: &Column, inside: &Inside) -> Option<ArrayRef> {
        let (cache, file) = self.source.cache.as_ref()?;
        cache.stripe(file, self.key_of(leaf, inside))
    }

    /// Keeps what is `inside` a column in all rows for readers to come, where there is a cache.
    pub fn keep_stripe(&self, leaf: &Column, inside: &Inside, values: &ArrayRef) {
        if let Some((cache, file)) = &self.source.cache {
            cache.keep_stripe(file, self.key_of(leaf, inside), values);
        }
    }

    /// Returns the distinct texts of a column, if they are kept.
    pub fn kept_dictionary(&self, column: &Column) -> Option<ArrayRef> {
        let (cache, file) = self.source.cache.as_ref()?;
        cache.dictionary(file, self.key_of(column, &Inside::Whole))
    }

    /// Whether anything is kept.
    pub fn keeps(&self) -> bool {
        self.source.cache.is_some()
    }

    fn key_of(&self, leaf: &Column, inside: &Inside) -> ColumnKey {
        let made = match inside {
            // What is inside a list or map has a number of its own.
            Inside::Whole | Inside::Elements(_) => Made::Values,
            Inside::Length => Made::Lengths,
            Inside::Entry(key) => Made::Entry(Arc::clone(key)),
        };
        ColumnKey { stripe: self.stripe.at, column: leaf.id, made }
    }

    /// Returns the stripe.
    pub fn stripe(&self) -> &Arc<Stripe> {
        &self.stripe
    }

    pub(crate) fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Reads ahead the short streams with values of some columns and of all inside them, in few reads.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn load<'a>(
        &mut self,
        columns: impl IntoIterator<Item = &'a Column>,
    ) -> Result<(), OrcError> {
        let mut wanted = vec![false; self.tail.footer.types.len()];
        for column in columns {
            wanted[column.id..=column.last].fill(true);
        }
        let mut parts: Vec<(u64, u64)> = Vec::new();
        for stream in &self.stripe.streams {
            let is_value = !matches!(
                stream.kind,
                None | Some(
                    StreamKind::RowIndex | StreamKind::BloomFilter | StreamKind::BloomFilterUtf8
                )
            );
            if !is_value
                || !wanted[stream.column]
                || stream.length == 0
                || stream.length > MAX_WHOLE_STREAM_BYTES
            {
                continue;
            }
            let end = stream.at + stream.length;
            match parts.last_mut() {
                Some((from, to))
                    if stream.at - *to <= MAX_READ_GAP_BYTES && end - *from <= MAX_READ_BYTES =>
                {
                    *to = end
                }
                _ => parts.push((stream.at, end)),
            }
        }
        for (from, to) in parts {
            if self.found(from, to - from).is_some() {
                continue;
            }
            let bytes = self.source.read(from, (to - from) as usize)?;
            for stream in &self.stripe.streams {
                if stream.at >= from && stream.at + stream.length <= to {
                    let inside = (stream.at - from) as usize;
                    stream.check(&bytes[inside..inside + stream.length as usize])?;
                }
            }
            self.loaded.push((from, bytes));
        }
        Ok(())
    }

    fn found(&self, at: u64, length: u64) -> Option<Bytes> {
        self.loaded.iter().find_map(|(from, bytes)| {
            let start = usize::try_from(at.checked_sub(*from)?).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            (end <= bytes.len()).then(|| bytes.slice(start..end))
        })
    }

    pub(crate) fn optional(
        &self,
        column: usize,
        kind: StreamKind,
    ) -> Result<Option<ByteStream>, OrcError> {
        let Some(stream) = self.stripe.stream(column, kind) else { return Ok(None) };
        let loaded = match self.found(stream.at, stream.length) {
            Some(loaded) => loaded,
            None if stream.length <= MAX_WHOLE_STREAM_BYTES => self.raw(stream)?,
            None => Bytes::new(),
        };
        Ok(Some(ByteStream::new(self.source.clone(), stream.at, stream.length, loaded)))
    }

    fn raw(&self, stream: &Stream) -> Result<Bytes, OrcError> {
        let bytes = self.source.read(stream.at, stream.length as usize)?;
        stream.check(&bytes)?;
        Ok(bytes)
    }

    /// Returns a stream; an empty one if there is none, as where all values are null.
    pub(crate) fn stream(&self, column: usize, kind: StreamKind) -> Result<ByteStream, OrcError> {
        let empty = || ByteStream::new(self.source.clone(), self.stripe.at, 0, Bytes::new());
        Ok(self.optional(column, kind)?.unwrap_or_else(empty))
    }

    pub(crate) fn encoding(&self, column: usize) -> Encoding {
        self.stripe.encodings.get(column).map_or(Encoding::Direct, |encoding| encoding.kind())
    }

    pub(crate) fn dictionary_size(&self, column: usize) -> usize {
        self.stripe.encodings.get(column).map_or(0, |encoding| encoding.dictionary_size() as usize)
    }

    /// Returns the writer's time zone if it is another one than UTC.
    pub(crate) fn foreign_zone(&self) -> Option<&str> {
        self.stripe.zone.as_deref().filter(|zone| !matches!(*zone, "UTC" | "GMT" | "Etc/UTC"))
    }

    pub(crate) fn compressed(&self) -> bool {
        self.source.decompressor.is_some()
    }

    fn whole(&self, stream: &Stream) -> Result<Vec<u8>, OrcError> {
        self.tail.decompress(self.raw(stream)?, stream.at)
    }

    /// Returns statistics and positions of a column's row groups.
    ///
    /// # Errors
    /// When the file has none, or they cannot be read.
    pub fn row_index(&self, column: usize) -> Result<Arc<proto::RowIndex>, OrcError> {
        let cell = self.stripe.row_indexes.get(column);
        if let Some(index) = cell.and_then(OnceLock::get) {
            return Ok(Arc::clone(index));
        }
        let stream = self.stripe.stream(column, StreamKind::RowIndex).ok_or_else(|| {
            OrcError::damaged(self.stripe.at, format!("column {column} has no row index"))
        })?;
        let index = proto::RowIndex::decode(&*self.whole(stream)?).map_err(|error| {
            OrcError::damaged(stream.at, format!("the row index of column {column}: {error}"))
        })?;
        let index = Arc::new(index);
        Ok(match cell {
            Some(cell) => Arc::clone(cell.get_or_init(|| index)),
            None => index,
        })
    }

    /// Returns the bloom filters of a column's row groups, if it has some.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn bloom_filters(&self, column: usize) -> Result<Option<Arc<BloomFilters>>, OrcError> {
        let cell = self.stripe.blooms.get(column);
        if let Some(filters) = cell.and_then(OnceLock::get) {
            return Ok(filters.clone());
        }
        let filters = match self.stripe.stream(column, StreamKind::BloomFilterUtf8) {
            Some(stream) => {
                let filters = BloomFilters::decode(&self.whole(stream)?).map_err(|what| {
                    OrcError::damaged(
                        stream.at,
                        format!("a bloom filter of column {column}: {what}"),
                    )
                })?;
                Some(Arc::new(filters))
            }
            None => None,
        };
        Ok(match cell {
            Some(cell) => cell.get_or_init(|| filters).clone(),
            None => filters,
        })
    }

    pub(crate) fn bad_index(&self, column: usize, group: usize) -> OrcError {
        let at = self.stripe.stream(column, StreamKind::RowIndex).map_or(self.stripe.at, |s| s.at);
        OrcError::damaged(
            at,
            format!("the row index of column {column} does not say where row group {group} begins"),
        )
    }
}
