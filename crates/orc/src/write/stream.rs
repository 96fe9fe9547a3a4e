//! Streams: bytes of one kind of one column, cut into chunks that are compressed one by one.

use super::rle;
use crate::codec::Compressor;
use arrow::array::BooleanBufferBuilder;
use arrow::buffer::BooleanBuffer;
use orc_rust::proto::stream::Kind;
use std::sync::{Mutex, PoisonError};

/// How the bytes of a stream are encoded, which decides what a position in it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes as they are.
    Plain,
    /// Runs of integers or bytes.
    Runs,
    /// Bits in runs of bytes.
    Bits,
}

/// A stream of the stripe being written.
pub(crate) struct Stream {
    pub(crate) kind: Kind,
    encoding: Encoding,
    block: usize,
    /// What is complete; from `compressed` on not compressed yet.
    chunks: Vec<Chunk>,
    compressed: usize,
    /// The chunk being filled.
    open: Vec<u8>,
    /// Where row groups begin.
    marks: Vec<Mark>,
}

/// A chunk of a stream.
pub(crate) enum Chunk {
    Raw(Vec<u8>),
    Compressed(Vec<u8>),
}

/// A place in a stream, before the sizes of compressed chunks are known.
#[derive(Clone, Copy)]
struct Mark {
    chunk: usize,
    offset: usize,
    bit: usize,
}

impl Stream {
    /// Begins a stream; [`mark`](Self::mark) notes where a row group begins in it.
    pub(crate) fn new(kind: Kind, encoding: Encoding, block: usize) -> Self {
        Self {
            kind,
            encoding,
            block,
            chunks: Vec::new(),
            compressed: 0,
            open: Vec::new(),
            marks: Vec::new(),
        }
    }

    pub(crate) fn write(&mut self, mut bytes: &[u8]) {
        loop {
            let room = self.block - self.open.len();
            if bytes.len() <= room {
                self.open.extend_from_slice(bytes);
                return;
            }
            let (head, tail) = bytes.split_at(room);
            self.open.extend_from_slice(head);
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(self.block));
            self.chunks.push(Chunk::Raw(full));
            bytes = tail;
        }
    }

    /// Notes that a row group begins here, `bit` bits into the next byte.
    pub(crate) fn mark(&mut self, bit: usize) {
        self.marks.push(Mark { chunk: self.chunks.len(), offset: self.open.len(), bit });
    }

    /// Ends the last chunk.
    pub(crate) fn finish(&mut self) {
        if !self.open.is_empty() {
            self.chunks.push(Chunk::Raw(std::mem::take(&mut self.open)));
        }
    }

    /// Returns the chunks that are complete and not compressed yet, for compression.
    pub(crate) fn uncompressed(&mut self) -> &mut [Chunk] {
        let compressed = std::mem::replace(&mut self.compressed, self.chunks.len());
        &mut self.chunks[compressed..]
    }

    /// Returns its chunks, in order.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(Chunk::bytes)
    }

    /// Returns its size as far as it is known: compressed chunks count compressed.
    pub(crate) fn len(&self) -> usize {
        self.chunks().map(<[u8]>::len).sum::<usize>() + self.open.len()
    }

    /// Appends to the positions of every row group what leads to its place in this stream.
    pub(crate) fn add_positions(&self, compressed: bool, positions: &mut [Vec<u64>]) {
        let mut starts = vec![0];
        for chunk in self.chunks() {
            starts.push(starts[starts.len() - 1] + chunk.len() as u64);
        }
        for (mark, positions) in self.marks.iter().zip(positions) {
            let (start, offset) = (starts[mark.chunk], mark.offset as u64);
            if compressed {
                positions.extend([start, offset]);
            } else {
                positions.push(start + offset);
            }
            // A row group begins with a run of its own.
            match self.encoding {
                Encoding::Plain => {}
                Encoding::Runs => positions.push(0),
                Encoding::Bits => positions.extend([0, mark.bit as u64]),
            }
        }
    }
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Raw(bytes) | Self::Compressed(bytes) => bytes,
        }
    }

    fn compress(&mut self, compressor: &mut Compressor) -> std::io::Result<()> {
        if let Self::Raw(raw) = self {
            let mut compressed = Vec::new();
            compressor.compress(raw, &mut compressed)?;
            *self = Self::Compressed(compressed);
        }
        Ok(())
    }
}

/// Compresses chunks, with every compressor on a thread of its own.
pub(crate) fn compress(
    compressors: &mut [Compressor],
    chunks: Vec<&mut Chunk>,
) -> std::io::Result<()> {
    if let [compressor, rest @ ..] = compressors
        && (rest.is_empty() || chunks.len() < 2)
    {
        return chunks.into_iter().try_for_each(|chunk| chunk.compress(compressor));
    }
    let queue = Mutex::new(chunks.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for compressor in compressors {
            scope.spawn(|| {
                while let Some(chunk) = next() {
                    if let Err(error) = chunk.compress(compressor) {
                        *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    }
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Bits on their way into a stream.
pub(crate) struct Bits {
    /// Those of the row group, after what the last one left of a byte.
    pending: BooleanBufferBuilder,
    stream: Stream,
}

impl Bits {
    pub(crate) fn new(kind: Kind, block: usize) -> Self {
        let mut stream = Stream::new(kind, Encoding::Bits, block);
        stream.mark(0);
        Self { pending: BooleanBufferBuilder::new(0), stream }
    }

    pub(crate) fn append(&mut self, bit: bool) {
        self.pending.append(bit);
    }

    pub(crate) fn append_n(&mut self, count: usize, bit: bool) {
        self.pending.append_n(count, bit);
    }

    pub(crate) fn append_buffer(&mut self, bits: &BooleanBuffer) {
        self.pending.append_buffer(bits);
    }

    /// Ends the row group; the next one may begin within a byte.
    pub(crate) fn end_group(&mut self) {
        let left = self.pending.len() % 8;
        self.flush(self.pending.len() / 8);
        let last = self.pending.as_slice().last().copied().unwrap_or(0);
        self.pending = BooleanBufferBuilder::new(self.pending.len());
        (0..left).for_each(|bit| self.pending.append(last >> bit & 1 == 1));
        self.stream.mark(left);
    }

    fn flush(&mut self, bytes: usize) {
        // Arrow begins with the lowest bit, ORC with the highest.
        let bytes: Vec<u8> =
            self.pending.as_slice()[..bytes].iter().map(|byte| byte.reverse_bits()).collect();
        let mut out = Vec::new();
        rle::encode_bytes(&bytes, &mut out);
        self.stream.write(&out);
    }

    /// Ends the stripe and returns its stream.
    pub(crate) fn end_stripe(mut self) -> Stream {
        self.flush(self.pending.len().div_ceil(8));
        self.stream
    }

    pub(crate) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    pub(crate) fn len(&self) -> usize {
        self.stream.len()
    }
}

/// Which rows have a value, as bits once there is a row that has none.
pub(crate) struct Present {
    bits: Bits,
    /// Rows of the row groups so far, the last one not ended, while all of them have values.
    full: Vec<usize>,
    block: usize,
}

impl Present {
    pub(crate) fn new(block: usize) -> Self {
        Self { bits: Bits::new(Kind::Present, block), full: vec![0], block }
    }

    pub(crate) fn append_valid(&mut self, count: usize) {
        match self.full.last_mut() {
            Some(full) => *full += count,
            None => self.bits.append_n(count, true),
        }
    }

    pub(crate) fn append_null(&mut self, count: usize) {
        if count > 0 {
            self.bits().append_n(count, false);
        }
    }

    /// Returns the bits, now that there is a row without a value.
    pub(crate) fn bits(&mut self) -> &mut Bits {
        let full = std::mem::take(&mut self.full);
        for (at, rows) in full.iter().enumerate() {
            self.bits.append_n(*rows, true);
            if at + 1 < full.len() {
                self.bits.end_group();
            }
        }
        &mut self.bits
    }

    pub(crate) fn end_group(&mut self) {
        if self.full.is_empty() {
            self.bits.end_group();
        } else {
            self.full.push(0);
        }
    }

    /// Ends the stripe and returns its stream, unless all rows have values.
    pub(crate) fn end_stripe(&mut self) -> Option<Stream> {
        let this = std::mem::replace(self, Self::new(self.block));
        this.full.is_empty().then(|| this.bits.end_stripe())
    }

    pub(crate) fn stream(&mut self) -> &mut Stream {
        self.bits.stream()
    }

    pub(crate) fn len(&self) -> usize {
        self.bits.len()
    }
}
