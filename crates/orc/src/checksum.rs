//! Checksums: an addition of ours to three messages of a file.
//!
//! ORC has no checksums, and a flipped bit in a short stream can look like other values. So the
//! footer of a stripe ends with a field that other readers pass over, as protobuf has it: CRC-32 of
//! every stream, in the order of the streams. The footer of the file ends likewise with those of the
//! footers of stripes, and the postscript with that of all that precedes it in the tail, itself
//! included up to there. Long chunks compressed with zstd have a checksum of zstd's besides, for streams
//! that are not read as a whole.

use crate::error::OrcError;
use prost::Message;

/// What follows a message in the same bytes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Checksums {
    /// CRC-32 (IEEE) of what the message is about, as it is in the file.
    #[prost(fixed32, repeated, tag = "7001")]
    pub(crate) parts: Vec<u32>,
}

/// Checks the bytes at `at` of the file, if there is a checksum.
pub(crate) fn check(
    bytes: &[u8],
    checksum: Option<u32>,
    at: u64,
    what: impl Fn() -> String,
) -> Result<(), OrcError> {
    #[cfg(test)]
    let checksum = checksum.filter(|_| !UNCHECKED.get());
    match checksum {
        Some(checksum) if crc32fast::hash(bytes) != checksum => {
            Err(OrcError::damaged(at, format!("{} does not match its checksum", what())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
thread_local! {
    static UNCHECKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs `work` as if files had no checksums.
#[cfg(test)]
pub(crate) fn unchecked<T>(work: impl FnOnce() -> T) -> T {
    UNCHECKED.set(true);
    let result = work();
    UNCHECKED.set(false);
    result
}
