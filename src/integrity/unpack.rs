//! Unpacks gzip piece by piece, one member as CloudTrail writes it: a second one, or anything after the first, is not
//! what was delivered.

use flate2::bufread::GzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How gzip data begins: the mark, and the only method.
const MAGIC: &[u8] = &[0x1f, 0x8b, 8];
/// Unpacked bytes that are handed out at a time.
const PIECE_BYTES: usize = 64 << 10;

/// How gzip data ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With its checksum.
    Whole,
    /// Too early; what precedes the end was handed out.
    CutOff,
    /// With its checksum, and more bytes follow.
    Trailing,
}

/// Why gzip data could not be unpacked.
#[derive(Debug)]
pub(super) enum UnpackError {
    /// There is no file.
    NotFound,
    /// It is not gzip, or damaged.
    Format,
    /// It is larger than was asked for.
    TooLarge,
    /// The user stopped the work.
    Stopped,
    /// The system could not read it.
    Io(io::Error),
}

impl From<io::Error> for UnpackError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound,
            _ => Self::Io(error),
        }
    }
}

/// Counts bytes, and stops, for all files that are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch<'a> {
    /// Packed bytes read.
    pub(super) bytes: &'a AtomicU64,
    /// Whether the user wants to stop.
    pub(super) cancel: &'a AtomicBool,
}

struct Counted<'a> {
    file: File,
    bytes: &'a AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Unpacks a file and hands its content to `take`, which returns whether it wants more.
pub(super) fn unpack_file(
    path: &Path,
    watch: Watch<'_>,
    take: impl FnMut(&[u8]) -> bool,
) -> Result<End, UnpackError> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(UnpackError::Io(io::Error::other("it is not a regular file")));
    }
    let file = Counted { file: File::open(path)?, bytes: watch.bytes };
    unpack(BufReader::with_capacity(PIECE_BYTES, file), watch.cancel, take)
}

fn unpack(
    mut packed: impl BufRead,
    cancel: &AtomicBool,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<End, UnpackError> {
    // A short text is not gzip that is cut off.
    if !packed.fill_buf()?.iter().zip(MAGIC).all(|(byte, magic)| byte == magic) {
        return Err(UnpackError::Format);
    }
    let mut gzip = GzDecoder::new(packed);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(UnpackError::Stopped);
        }
        match gzip.read(&mut piece) {
            Ok(0) => break,
            Ok(count) if take(&piece[..count]) => {}
            Ok(_) => return Err(UnpackError::TooLarge),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.raw_os_error().is_some() => return Err(UnpackError::Io(error)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(End::CutOff),
            Err(_) => return Err(UnpackError::Format),
        }
    }
    match gzip.into_inner().fill_buf() {
        Ok([]) => Ok(End::Whole),
        Ok(_) => Ok(End::Trailing),
        Err(error) => Err(UnpackError::Io(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn unpacked(packed: &[u8]) -> (Result<End, UnpackError>, Vec<u8>) {
        let mut got = Vec::new();
        let end = unpack(packed, &AtomicBool::new(false), |piece| {
            got.extend_from_slice(piece);
            true
        });
        (end, got)
    }

    #[test]
    fn one_member_and_nothing_else() {
        let text = b"{\"Records\":[]}".repeat(20_000);
        let packed = gzip(&text);
        let (end, got) = unpacked(&packed);
        assert!(matches!(end, Ok(End::Whole)) && got == text);
        for more in [gzip(b"more"), vec![0]] {
            let (end, got) = unpacked(&[packed.clone(), more].concat());
            assert!(matches!(end, Ok(End::Trailing)) && got == text);
        }
    }

    #[test]
    fn damage() {
        let packed = gzip(&b"{\"Records\":[]}".repeat(20_000));
        for length in 0..packed.len() {
            assert!(matches!(unpacked(&packed[..length]).0, Ok(End::CutOff)), "{length}");
        }
        let mut wrong = packed.clone();
        let at = wrong.len() - 5;
        wrong[at] ^= 1; // the checksum
        assert!(matches!(unpacked(&wrong).0, Err(UnpackError::Format)));
        for text in [&b"{\"Records\":[]}"[..], b"{}", b"\x1f\x8b\x09"] {
            assert!(matches!(unpacked(text).0, Err(UnpackError::Format)));
        }
    }
}
