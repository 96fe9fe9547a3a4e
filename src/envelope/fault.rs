//! What ends a source early, or is wrong with its compression.

use std::io;

/// What kind of damage it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Bytes after the packed data belong to nothing; all data was read.
    Trailing,
    /// The data does not agree with its checksum; all of it was taken.
    Checksum,
    /// The packed data ends too early.
    CutOff,
    /// The packed data cannot be unpacked from some byte on.
    Corrupt,
    /// The packed data unpacks to far more than logs do.
    Bomb,
    /// A stream brings bytes without end and no record among them.
    Barren,
    /// The system could not read on.
    System,
    /// The reading was stopped by the user.
    Stopped,
    /// The text itself is wrong, not its packing.
    Text,
}

impl FaultKind {
    /// Whether all data of the source was read in spite of the fault, so that reading it again
    /// would give nothing new.
    pub fn everything_was_taken(self) -> bool {
        matches!(self, Self::Trailing | Self::Checksum)
    }
}

/// What is wrong with the bytes of a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    /// What kind of damage.
    pub kind: FaultKind,
    /// What is wrong, and where.
    pub reason: String,
    /// Further faults, which are only counted.
    more: u64,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into(), more: 0 }
    }

    /// Returns what a source ends with that the user stopped.
    pub fn stopped() -> Self {
        Self::new(FaultKind::Stopped, "reading was stopped")
    }

    /// Whether an error is that of [`Self::stopped`].
    pub fn is_stop(error: &io::Error) -> bool {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        inner.is_some_and(|fault| fault.kind == FaultKind::Stopped)
    }

    /// Returns the fault inside an error, or any other error unchanged.
    pub(super) fn take(error: io::Error) -> io::Result<Self> {
        error.downcast()
    }

    /// Returns any error as a fault.
    pub(super) fn of(error: io::Error) -> Self {
        Self::take(error).unwrap_or_else(|error| {
            Self::new(FaultKind::System, format!("it cannot be read on: {error}"))
        })
    }

    /// Joins a later fault to this one. One that ends the reading matters more than one that does
    /// not, and its message comes with it.
    pub(super) fn and(self, later: Self) -> Self {
        if later.kind.everything_was_taken() && later.kind == self.kind {
            return Self { more: self.more + 1 + later.more, ..self };
        }
        let kind = if later.kind.everything_was_taken() { self.kind } else { later.kind };
        let (first, second) = (self.message(), later.message());
        Self::new(kind, format!("{first}; {second}"))
    }

    /// Returns the reason with the number of further faults.
    pub fn message(&self) -> String {
        match self.more {
            0 => self.reason.clone(),
            more => format!("{} (and {more} more like it)", self.reason),
        }
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        let kind = match fault.kind {
            FaultKind::CutOff => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, fault)
    }
}
