//! The bytes of one stream: chunk by chunk from the file, decompressed when they are needed.

use super::cache::{Chunk, ColumnCache, FileKey};
use super::input::ReadAt;
use crate::codec::{self, Decompressor, HEADER_BYTES};
use crate::error::OrcError;
use bytes::Bytes;
use orc_rust::proto::CompressionKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes read at once from a stream that was not loaded as a whole.
const READ_WINDOW_BYTES: u64 = 512 << 10;

/// What all streams of a stripe share.
#[derive(Clone)]
pub(crate) struct StreamSource {
    pub(crate) input: Arc<dyn ReadAt>,
    /// `None` where streams are not compressed.
    pub(crate) decompressor: Option<Arc<Mutex<Decompressor>>>,
    pub(crate) kind: CompressionKind,
    /// The longest that a decompressed chunk may be.
    pub(crate) block: usize,
    /// Counts what is read from the file.
    pub(crate) bytes_read: Arc<AtomicU64>,
    /// What is kept of files, and the file among them.
    pub(crate) cache: Option<(Arc<ColumnCache>, FileKey)>,
}

impl StreamSource {
    pub(crate) fn read(&self, at: u64, length: usize) -> Result<Bytes, OrcError> {
        self.bytes_read.fetch_add(length as u64, Ordering::Relaxed);
        self.input.read_at(at, length).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => OrcError::damaged(
                at,
                format!("the file ends before the {length} bytes that belong here"),
            ),
            _ => error.into(),
        })
    }
}

/// Where a row group begins in a stream: the offset of a chunk, and the place in it when decompressed.
/// Where streams are not compressed, the first is the offset and the second 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) chunk: u64,
    pub(crate) inside: u64,
}

/// A stream, read from some place on.
pub(crate) struct ByteStream {
    source: StreamSource,
    /// Offset in the file.
    start: u64,
    length: u64,
    /// A part of the stream as it is in the file, and its offset in the stream.
    loaded: (u64, Bytes),
    /// Offset in the stream of the next chunk.
    next: u64,
    /// Decompressed bytes, those before `at` consumed.
    decompressed: Bytes,
    at: usize,
}

impl ByteStream {
    pub(crate) fn new(source: StreamSource, start: u64, length: u64, loaded: Bytes) -> Self {
        Self {
            source,
            start,
            length,
            loaded: (0, loaded),
            next: 0,
            decompressed: Bytes::new(),
            at: 0,
        }
    }

    /// Says what is wrong with the part that is being read.
    pub(crate) fn damaged(&self, what: impl Into<String>) -> OrcError {
        OrcError::damaged(self.start + self.next.min(self.length), what)
    }

    fn raw(&mut self, at: u64, length: u64) -> Result<Bytes, OrcError> {
        if at + length > self.length {
            return Err(self.damaged("a stream ends in the middle of a chunk"));
        }
        let (from, bytes) = &self.loaded;
        if at < *from || at + length > from + bytes.len() as u64 {
            let window = READ_WINDOW_BYTES.max(length).min(self.length - at);
            self.loaded = (at, self.source.read(self.start + at, window as usize)?);
        }
        let (from, bytes) = &self.loaded;
        let inside = (at - from) as usize;
        Ok(bytes.slice(inside..inside + length as usize))
    }

    /// Returns the next chunk as it is in the file, whether it is compressed, and what follows it.
    fn chunk(&mut self) -> Result<(Bytes, bool, u64), OrcError> {
        if self.source.decompressor.is_none() {
            let length = (self.length - self.next).min(self.source.block as u64);
            return Ok((self.raw(self.next, length)?, false, self.next + length));
        }
        let bytes = self.raw(self.next, HEADER_BYTES as u64)?;
        let (length, compressed) = codec::header([bytes[0], bytes[1], bytes[2]]);
        let (body, length) = (self.next + HEADER_BYTES as u64, length as u64);
        Ok((self.raw(body, length)?, compressed, body + length))
    }

    /// Decompresses the next chunk after what is decompressed already.
    fn decompress(&mut self) -> Result<(), OrcError> {
        let chunk = self.decompressed_chunk()?;
        self.next += chunk.length;
        if self.at == self.decompressed.len() {
            self.decompressed = chunk.decompressed;
        } else {
            self.decompressed =
                [&self.decompressed[self.at..], &chunk.decompressed[..]].concat().into();
        }
        self.at = 0;
        Ok(())
    }

    fn decompressed_chunk(&mut self) -> Result<Chunk, OrcError> {
        let at = self.start + self.next;
        if let Some((cache, file)) = &self.source.cache
            && let Some(chunk) = cache.chunk(file, at)
        {
            return Ok(chunk);
        }
        let (chunk, compressed, next) = self.chunk()?;
        let length = next - self.next;
        let Some(decompressor) = self.source.decompressor.as_ref().filter(|_| compressed) else {
            return Ok(Chunk { decompressed: chunk, length });
        };
        let mut decompressor = decompressor.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = decompressor.decompress(&chunk, self.source.block);
        drop(decompressor);
        let whole = whole.map_err(|reason| {
            OrcError::damaged(at, format!("a chunk cannot be unpacked: {reason}"))
        })?;
        let chunk = Chunk { decompressed: whole.into(), length };
        if let Some((cache, file)) = &self.source.cache {
            cache.keep_chunk(file, at, chunk.clone());
        }
        Ok(chunk)
    }

    /// Returns the bytes to come: `wanted` of them, or fewer if the stream ends before, or more.
    pub(crate) fn peek(&mut self, wanted: usize) -> Result<&[u8], OrcError> {
        while self.decompressed.len() - self.at < wanted && self.next < self.length {
            self.decompress()?;
        }
        Ok(&self.decompressed[self.at..])
    }

    /// Steps over bytes that were peeked at.
    pub(crate) fn consume(&mut self, length: usize) {
        self.at += length;
    }

    /// Returns the next byte.
    pub(crate) fn byte(&mut self) -> Result<u8, OrcError> {
        match self.peek(1)?.first() {
            Some(byte) => {
                let byte = *byte;
                self.consume(1);
                Ok(byte)
            }
            None => Err(self.ended()),
        }
    }

    pub(crate) fn ended(&self) -> OrcError {
        self.damaged("a stream ends before its values")
    }

    /// Appends the next `length` bytes to `out`.
    pub(crate) fn take(&mut self, mut length: usize, out: &mut Vec<u8>) -> Result<(), OrcError> {
        while length > 0 {
            let some = self.peek(1)?;
            if some.is_empty() {
                return Err(self.ended());
            }
            let now = some.len().min(length);
            out.extend_from_slice(&some[..now]);
            self.consume(now);
            length -= now;
        }
        Ok(())
    }

    /// Steps over `length` bytes, without decompressing chunks that state their length.
    pub(crate) fn skip(&mut self, mut length: u64) -> Result<(), OrcError> {
        loop {
            let now = length.min((self.decompressed.len() - self.at) as u64);
            self.consume(now as usize);
            length -= now;
            if length == 0 {
                return Ok(());
            }
            if self.next >= self.length {
                return Err(self.ended());
            }
            let (chunk, compressed, next) = self.chunk()?;
            let size = match compressed {
                false => Some(chunk.len()),
                true => codec::decompressed_size(self.source.kind, &chunk),
            };
            match size {
                Some(size) if size as u64 <= length => {
                    self.next = next;
                    length -= size as u64;
                }
                _ => self.decompress()?,
            }
        }
    }

    /// Goes to a place, and returns an error if it does not exist.
    pub(crate) fn seek(&mut self, place: Place) -> Result<(), OrcError> {
        if place.chunk > self.length {
            return Err(self.damaged("a row index points beyond its stream"));
        }
        self.next = place.chunk;
        self.decompressed.clear();
        self.at = 0;
        self.skip(place.inside)
    }
}
