//! The tail of a file: postscript, footer and the statistics of stripes.

use super::ReadAt;
use crate::checksum::{self, Checksums};
use crate::codec::{self, Decompressor, HEADER_BYTES, MAX_CHUNK};
use crate::error::OrcError;
use crate::schema::Column;
use bytes::Bytes;
use orc_rust::proto;
use prost::Message;

/// Read at the end of a file at first; most tails are shorter.
const TAIL_GUESS_BYTES: u64 = 64 << 10;
/// The longest that a decompressed footer or index may be: a guard against damage.
const MAX_DECOMPRESSED_BYTES: usize = 1 << 30;

/// The tail of a file.
#[derive(Debug)]
pub struct Tail {
    /// Length of the file in bytes.
    pub length: u64,
    /// Length of the tail in bytes.
    pub tail_length: u64,
    /// The postscript.
    pub postscript: proto::PostScript,
    /// The footer: types, stripes, statistics of the file.
    pub footer: proto::Footer,
    /// Statistics of each stripe, by column; empty if the file has none.
    pub stripe_statistics: Vec<proto::StripeStatistics>,
    /// The tree of types.
    pub root: Column,
    /// The longest that a decompressed chunk may be.
    pub(crate) block: usize,
    /// Checksums of the footers of stripes, if the writer was ours.
    pub(crate) stripe_checksums: Vec<u32>,
    /// Rows of a row group; 0 if the file has no row index.
    pub stride: usize,
}

impl Tail {
    /// Reads the tail of a file.
    ///
    /// # Errors
    /// When the file is not an ORC file, is damaged, or uses what is not supported.
    pub(crate) fn read(input: &dyn ReadAt) -> Result<Self, OrcError> {
        let bytes = TailBytes::read(input)?;
        bytes.check()?;
        let postscript = &bytes.postscript;
        let block = match postscript.compression_block_size() {
            0 => 256 << 10,
            size => usize::try_from(size).unwrap_or(MAX_CHUNK).min(MAX_CHUNK),
        };
        let part = |from, to| decompress(postscript, block, bytes.slice(from, to), from);
        let footer = part(bytes.footer_at, bytes.postscript_at)?;
        let stripe_checksums = Checksums::decode(&*footer).unwrap_or_default().parts;
        let in_footer = |what: String| OrcError::damaged(bytes.footer_at, what);
        let footer = proto::Footer::decode(&*footer)
            .map_err(|error| in_footer(format!("the footer: {error}")))?;
        let metadata = proto::Metadata::decode(&*part(bytes.metadata_at, bytes.footer_at)?)
            .map_err(|error| {
                OrcError::damaged(bytes.metadata_at, format!("the metadata: {error}"))
            })?;
        if footer.encryption.is_some() {
            return Err(OrcError::Unsupported("an encrypted file".to_owned()));
        }
        let root = Column::from_footer(&footer.types)?;
        let rows: u64 =
            footer.stripes.iter().fold(0, |sum, s| sum.saturating_add(s.number_of_rows()));
        if footer.number_of_rows() != rows {
            let all = footer.number_of_rows();
            return Err(in_footer(format!("the footer has {all} rows, its stripes {rows}")));
        }
        let stride = footer.row_index_stride() as usize;
        Ok(Self {
            length: bytes.length,
            tail_length: bytes.length - bytes.metadata_at,
            footer,
            stripe_statistics: metadata.stripe_stats,
            root,
            block,
            stripe_checksums,
            stride,
            postscript: bytes.postscript,
        })
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u64 {
        self.footer.number_of_rows()
    }

    pub(crate) fn decompressor(&self) -> Result<Option<Decompressor>, OrcError> {
        decompressor(&self.postscript)
    }

    pub(crate) fn decompress(&self, bytes: Bytes, at: u64) -> Result<Vec<u8>, OrcError> {
        decompress(&self.postscript, self.block, bytes, at)
    }
}

/// The bytes of a tail, compressed as they are, and where its parts begin in the file.
struct TailBytes {
    /// The end of the file, from `metadata_at` on or earlier.
    bytes: Bytes,
    /// Length of the file.
    length: u64,
    metadata_at: u64,
    footer_at: u64,
    postscript_at: u64,
    postscript: proto::PostScript,
}

impl TailBytes {
    fn read(input: &dyn ReadAt) -> Result<Self, OrcError> {
        let length = input.length()?;
        let guess = length.min(TAIL_GUESS_BYTES);
        let mut bytes = input.read_at(length - guess, guess as usize)?;
        let no_postscript = || {
            if input.read_at(0, 3).is_ok_and(|magic| &*magic == b"ORC") {
                OrcError::NoPostscript { at: length.saturating_sub(1) }
            } else {
                OrcError::damaged(0, "not an ORC file")
            }
        };
        let postscript_length = usize::from(*bytes.last().ok_or_else(no_postscript)?);
        let end = bytes.len() - 1;
        let start = end.checked_sub(postscript_length).ok_or_else(no_postscript)?;
        let postscript_at = length - 1 - postscript_length as u64;
        let postscript = proto::PostScript::decode(&bytes[start..end])
            .ok()
            .filter(|postscript| postscript.magic() == "ORC")
            .ok_or_else(no_postscript)?;
        let footer_at = postscript_at.checked_sub(postscript.footer_length());
        let metadata_at = footer_at.and_then(|at| at.checked_sub(postscript.metadata_length()));
        let (Some(footer_at), Some(metadata_at)) = (footer_at, metadata_at) else {
            return Err(OrcError::damaged(postscript_at, "the tail is longer than the file"));
        };
        let tail_length = length - metadata_at;
        if tail_length > guess {
            bytes = input.read_at(metadata_at, tail_length as usize)?;
        }
        Ok(Self { bytes, length, metadata_at, footer_at, postscript_at, postscript })
    }

    /// Returns the bytes between two places of the file.
    fn slice(&self, from: u64, to: u64) -> Bytes {
        let start = self.length - self.bytes.len() as u64;
        self.bytes.slice((from - start) as usize..(to - start) as usize)
    }

    /// Compares the tail with its checksum, which a postscript of ours ends with.
    fn check(&self) -> Result<(), OrcError> {
        let end = self.length - 1;
        let Ok(checksums) = Checksums::decode(&*self.slice(self.postscript_at, end)) else {
            return Ok(());
        };
        let Some(checksum) = checksums.parts.first() else { return Ok(()) };
        let tail = self.slice(self.metadata_at, end);
        let before = &tail[..tail.len() - checksums.encoded_len().min(tail.len())];
        let what = || "the tail of the file".to_owned();
        checksum::check(before, Some(*checksum), self.metadata_at, what)
    }
}

fn decompressor(postscript: &proto::PostScript) -> Result<Option<Decompressor>, OrcError> {
    let kind = postscript.compression.unwrap_or(0);
    let kind = proto::CompressionKind::try_from(kind)
        .map_err(|_| OrcError::Unsupported(format!("compression {kind}")))?;
    if kind == proto::CompressionKind::None {
        return Ok(None);
    }
    Decompressor::new(kind)?.map(Some).map_err(|name| OrcError::Unsupported(name.to_owned()))
}

/// Decompresses all chunks of `bytes`, which are at `at` in the file.
fn decompress(
    postscript: &proto::PostScript,
    block: usize,
    bytes: Bytes,
    at: u64,
) -> Result<Vec<u8>, OrcError> {
    let Some(mut decompressor) = decompressor(postscript)? else { return Ok(bytes.to_vec()) };
    let mut whole = Vec::new();
    let mut rest = &bytes[..];
    while let Some((header, more)) = rest.split_first_chunk::<HEADER_BYTES>() {
        let offset = at + (bytes.len() - rest.len()) as u64;
        let (length, compressed) = codec::header(*header);
        let chunk = more
            .get(..length)
            .ok_or_else(|| OrcError::damaged(offset, "a chunk is longer than what holds it"))?;
        if !compressed {
            whole.extend_from_slice(chunk);
        } else {
            let chunk = decompressor.decompress(chunk, block).map_err(|reason| {
                OrcError::damaged(offset, format!("a chunk cannot be unpacked: {reason}"))
            })?;
            whole.extend_from_slice(&chunk);
        }
        if whole.len() > MAX_DECOMPRESSED_BYTES {
            return Err(OrcError::damaged(offset, "a footer or an index of more than 1 GiB"));
        }
        rest = &more[length..];
    }
    if !rest.is_empty() {
        return Err(OrcError::damaged(at, "a chunk's header is cut off"));
    }
    Ok(whole)
}
