//! What all imports of a process into a lake have come to, whoever began them.

use super::report::{EventCounts, FileCounts, ImportReport};
use crate::store::catalog::ImportStatus;
use crate::store::error::StoreError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts of imports.
#[derive(Debug, Default)]
pub struct ImportCounters(Mutex<ImportTotals>);

/// What imports have come to. Files and events count when their import has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportTotals {
    /// Imports that run now; those that wait for their store do not.
    pub running: u64,
    /// Imports that took all that they read.
    pub completed: u64,
    /// Imports that ended with an error, or could not take a file or a record.
    pub failed: u64,
    /// Imports that were told to stop.
    pub stopped: u64,
    /// Bytes that were read, packed as they are.
    pub bytes_read: u64,
    /// Files.
    pub files: FileCounts,
    /// Events.
    pub events: EventCounts,
}

impl ImportCounters {
    /// Returns the counts as they are now.
    pub fn now(&self) -> ImportTotals {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, ImportTotals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `import`, and counts it.
    pub(super) fn count(
        &self,
        import: impl FnOnce() -> Result<ImportReport, StoreError>,
    ) -> Result<ImportReport, StoreError> {
        let running = Running::begin(self);
        let outcome = import();
        drop(running);
        let mut totals = self.lock();
        match &outcome {
            Ok(report) => totals.add(report),
            Err(_) => totals.failed += 1,
        }
        drop(totals);
        outcome
    }
}

impl ImportTotals {
    fn add(&mut self, report: &ImportReport) {
        *match report.status {
            ImportStatus::Stopped => &mut self.stopped,
            ImportStatus::Failed => &mut self.failed,
            ImportStatus::Completed | ImportStatus::Initializing | ImportStatus::InProgress => {
                &mut self.completed
            }
        } += 1;
        self.bytes_read += report.bytes_read;
        self.files.add(&report.files);
        self.events.add(&report.events);
    }
}

/// An import that runs, however it ends.
struct Running<'a>(&'a ImportCounters);

impl<'a> Running<'a> {
    fn begin(counters: &'a ImportCounters) -> Self {
        counters.lock().running += 1;
        Self(counters)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}
