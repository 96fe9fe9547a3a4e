//! What can be wrong with an ORC file.

use arrow::error::ArrowError;

/// Why an ORC file could not be read or written. Names the place in the file, not the file.
#[derive(Debug, thiserror::Error)]
pub enum OrcError {
    /// The file could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The file is not what the specification says.
    #[error("damaged at byte {at}: {what}")]
    Damaged {
        /// Offset in the file of what was being read.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// The file begins as an ORC file and does not end as one: it is cut off, or being written.
    #[error("damaged at byte {at}: the file is cut off: it does not end with a postscript")]
    NoPostscript {
        /// Offset of the file's last byte.
        at: u64,
    },
    /// The file, or the data to write, uses what is not implemented.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// Arrow refused the data.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

impl OrcError {
    /// The file is damaged at the byte `at`.
    pub(crate) fn damaged(at: u64, what: impl Into<String>) -> Self {
        Self::Damaged { at, what: what.into() }
    }
}
