//! What ends a source before its time, or is wrong with its packing.

use std::io;

/// What kind of damage it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Bytes behind the packed data belong to nothing; all data was taken.
    Trailing,
    /// The data does not agree with its checksum; all of it was taken.
    Checksum,
    /// The packed data ends before its time.
    CutOff,
    /// The packed data cannot be unpacked from some place on.
    Corrupt,
    /// The system could not read on.
    System,
    /// The reading was stopped by the user.
    Stopped,
    /// The text itself is wrong, not its packing.
    Text,
}

impl FaultKind {
    /// Whether everything that the source has was taken all the same, so that reading it again
    /// would bring nothing new.
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

    pub(super) fn stopped() -> Self {
        Self::new(FaultKind::Stopped, "reading was stopped")
    }

    /// Takes the fault out of an error; another error stays one.
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
    /// not, and is told with it.
    pub(super) fn and(self, later: Self) -> Self {
        if later.kind.everything_was_taken() && later.kind == self.kind {
            return Self { more: self.more + 1 + later.more, ..self };
        }
        let kind = if later.kind.everything_was_taken() { self.kind } else { later.kind };
        let (first, second) = (self.told(), later.told());
        Self::new(kind, format!("{first}; {second}"))
    }

    /// Returns the reason with the number of further faults.
    pub fn told(&self) -> String {
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
