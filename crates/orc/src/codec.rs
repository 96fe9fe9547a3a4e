//! Compression: how the bytes of a stream are cut into chunks, and how a chunk is compressed.
//!
//! Every chunk has a header of three bytes: its length, shifted left by one, and in the lowest bit
//! whether it is stored uncompressed because compression did not help (ORC v1, "Compression").

use orc_rust::proto::CompressionKind;
use std::io;
use std::sync::{Mutex, PoisonError};

/// Bytes of a chunk's header.
pub(crate) const HEADER_BYTES: usize = 3;
/// The longest chunk that a header can describe.
pub(crate) const MAX_CHUNK: usize = (1 << 23) - 1;

/// Chunks of zstd from this length on have a checksum of their content: they are read alone, where
/// the checksum of the whole stream is of no use.
const MIN_CHECKSUM_BYTES: usize = 4 << 10;

/// A compression of ORC files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// None; streams have no chunks then.
    None,
    /// Raw deflate, level 1 to 12.
    Zlib(i32),
    /// Snappy.
    Snappy,
    /// LZ4 blocks.
    Lz4,
    /// Zstandard, level 1 to 22.
    Zstd(i32),
}

impl Codec {
    /// Returns how a postscript names the codec.
    pub(crate) fn kind(self) -> CompressionKind {
        match self {
            Self::None => CompressionKind::None,
            Self::Zlib(_) => CompressionKind::Zlib,
            Self::Snappy => CompressionKind::Snappy,
            Self::Lz4 => CompressionKind::Lz4,
            Self::Zstd(_) => CompressionKind::Zstd,
        }
    }
}

/// Compresses chunks, one after the other.
pub(crate) enum Compressor {
    None,
    Zlib(libdeflater::Compressor),
    Snappy(Box<snap::raw::Encoder>),
    Lz4,
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Compressor {
    pub(crate) fn new(codec: Codec) -> io::Result<Self> {
        Ok(match codec {
            Codec::None => Self::None,
            Codec::Zlib(level) => {
                let level = libdeflater::CompressionLvl::new(level)
                    .map_err(|_| io::Error::other(format!("no zlib level {level}")))?;
                Self::Zlib(libdeflater::Compressor::new(level))
            }
            Codec::Snappy => Self::Snappy(Box::new(snap::raw::Encoder::new())),
            Codec::Lz4 => Self::Lz4,
            Codec::Zstd(level) => Self::Zstd(zstd::bulk::Compressor::new(level)?),
        })
    }

    /// Appends `chunk`, at most [`MAX_CHUNK`] bytes, to `out`: with its header, unless nothing is
    /// compressed at all.
    pub(crate) fn compress(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        let compressed = match self {
            Self::None => {
                out.extend_from_slice(chunk);
                return Ok(());
            }
            Self::Zlib(compressor) => {
                let mut compressed = vec![0; compressor.deflate_compress_bound(chunk.len())];
                let length = compressor
                    .deflate_compress(chunk, &mut compressed)
                    .map_err(io::Error::other)?;
                compressed.truncate(length);
                compressed
            }
            Self::Snappy(compressor) => compressor.compress_vec(chunk).map_err(io::Error::other)?,
            Self::Lz4 => lz4_flex::block::compress(chunk),
            Self::Zstd(compressor) => {
                compressor.include_checksum(chunk.len() >= MIN_CHECKSUM_BYTES)?;
                compressor.compress(chunk)?
            }
        };
        let (body, original) =
            if compressed.len() < chunk.len() { (&compressed[..], 0) } else { (chunk, 1) };
        let header = (body.len() << 1 | original).to_le_bytes();
        out.extend_from_slice(&header[..HEADER_BYTES]);
        out.extend_from_slice(body);
        Ok(())
    }
}

/// Decompresses chunks, one after the other.
pub(crate) enum Decompressor {
    None,
    Zlib(libdeflater::Decompressor),
    Snappy(snap::raw::Decoder),
    Lz4,
    Zstd(ZstdContext),
}

/// A context of zstd, which goes back to the idle ones when it is dropped: to make one takes longer than to unpack a
/// chunk of a few kilobytes, and a query opens many files.
pub(crate) struct ZstdContext(Option<zstd::bulk::Decompressor<'static>>);

/// Contexts that nobody uses.
static IDLE: Mutex<Vec<zstd::bulk::Decompressor<'static>>> = Mutex::new(Vec::new());
/// The most contexts that are kept idle, of some 160 kB each.
const MOST_IDLE: usize = 32;

impl ZstdContext {
    fn take() -> io::Result<Self> {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(zstd::bulk::Decompressor::new, Ok).map(|context| Self(Some(context)))
    }
}

impl Drop for ZstdContext {
    fn drop(&mut self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.extend(self.0.take());
        }
    }
}

impl Decompressor {
    /// Returns the decompressor, or the name of a compression that has none here.
    pub(crate) fn new(kind: CompressionKind) -> io::Result<Result<Self, &'static str>> {
        Ok(Ok(match kind {
            CompressionKind::None => Self::None,
            CompressionKind::Zlib => Self::Zlib(libdeflater::Decompressor::new()),
            CompressionKind::Snappy => Self::Snappy(snap::raw::Decoder::new()),
            CompressionKind::Lz4 => Self::Lz4,
            CompressionKind::Zstd => Self::Zstd(ZstdContext::take()?),
            CompressionKind::Lzo => return Ok(Err("LZO compression")),
        }))
    }

    /// Returns what `chunk`, without its header, was before compression, if it was `limit` bytes or less.
    pub(crate) fn decompress(&mut self, chunk: &[u8], limit: usize) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        match self {
            Self::None => out.extend_from_slice(chunk),
            Self::Zlib(decompressor) => {
                out.resize(limit, 0);
                let length =
                    decompressor.deflate_decompress(chunk, &mut out).map_err(|e| e.to_string())?;
                out.truncate(length);
            }
            Self::Snappy(decompressor) => {
                let length = snap::raw::decompress_len(chunk).map_err(|e| e.to_string())?;
                if length > limit {
                    return Err(format!("a chunk of {length} bytes, {limit} at most"));
                }
                out.resize(length, 0);
                decompressor.decompress(chunk, &mut out).map_err(|e| e.to_string())?;
            }
            Self::Lz4 => {
                out.resize(limit, 0);
                let length =
                    lz4_flex::block::decompress_into(chunk, &mut out).map_err(|e| e.to_string())?;
                out.truncate(length);
            }
            Self::Zstd(ZstdContext(context)) => {
                let context = context.as_mut().ok_or("a context that was given back")?;
                let length = decompressed_size(CompressionKind::Zstd, chunk).unwrap_or(limit);
                out.reserve_exact(length.min(limit));
                context.decompress_to_buffer(chunk, &mut out).map_err(|e| e.to_string())?;
            }
        }
        Ok(out)
    }
}

/// Reads a chunk's header: the length of what follows it, and whether that is compressed.
pub(crate) fn header(bytes: [u8; HEADER_BYTES]) -> (usize, bool) {
    let [a, b, c] = bytes;
    let header = u32::from_le_bytes([a, b, c, 0]);
    ((header >> 1) as usize, header & 1 == 0)
}

/// Returns the uncompressed length that a compressed chunk states, if it does; its beginning is enough.
pub(crate) fn decompressed_size(kind: CompressionKind, chunk: &[u8]) -> Option<usize> {
    match kind {
        CompressionKind::Zstd => {
            let size = zstd::zstd_safe::get_frame_content_size(chunk).ok()??;
            usize::try_from(size).ok()
        }
        CompressionKind::Snappy => snap::raw::decompress_len(chunk).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_is_decompressed() {
        let codecs = [Codec::Zlib(6), Codec::Snappy, Codec::Lz4, Codec::Zstd(1), Codec::Zstd(9)];
        let text = b"AssumeRole PutTraceSegments AssumeRole PutTraceSegments ".repeat(50);
        for codec in codecs {
            let mut out = Vec::new();
            Compressor::new(codec).unwrap().compress(&text, &mut out).unwrap();
            let header = u32::from_le_bytes([out[0], out[1], out[2], 0]);
            assert_eq!(header & 1, 0, "{codec:?} compresses");
            assert_eq!((header >> 1) as usize, out.len() - HEADER_BYTES);
            let mut decompressor = Decompressor::new(codec.kind()).unwrap().unwrap();
            assert_eq!(
                decompressor.decompress(&out[HEADER_BYTES..], 1 << 18).unwrap(),
                text,
                "{codec:?}"
            );
            assert!(
                decompressor.decompress(&out[HEADER_BYTES..], 100).is_err(),
                "{codec:?} keeps the limit"
            );
            assert!(
                decompressor.decompress(b"\xff\xff\xff\xff", 100).is_err(),
                "{codec:?} finds damage"
            );
        }
    }

    #[test]
    fn what_does_not_shrink_stays_as_it_was() {
        let mut out = Vec::new();
        Compressor::new(Codec::Zstd(1)).unwrap().compress(b"abc", &mut out).unwrap();
        assert_eq!(out, b"\x07\0\0abc");
    }
}
