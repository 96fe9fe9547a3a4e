//! What the queries of a process have come to.

use super::{QueryStatistics, QueryStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts of queries. What was scanned counts when a query has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueryTotals {
    /// Queries that run now.
    pub running: u64,
    /// Queries that wait until others have ended.
    pub waiting: u64,
    /// Queries whose rows are there.
    pub finished: u64,
    /// Queries that failed while they ran.
    pub failed: u64,
    /// Queries that were cancelled.
    pub cancelled: u64,
    /// Queries that ran for longer than they may.
    pub timed_out: u64,
    /// Rows of answers.
    pub rows: u64,
    /// Events that scans looked at.
    pub events_scanned: u64,
    /// Bytes that scans read from data files.
    pub bytes_scanned: u64,
}

#[derive(Debug, Default)]
pub(super) struct Totals {
    ended: Mutex<QueryTotals>,
    waiting: AtomicUsize,
}

/// A query that waits, as long as this is held.
pub(super) struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Totals {
    fn lock(&self) -> MutexGuard<'_, QueryTotals> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the counts, of which so many queries run or wait.
    pub(super) fn now(&self, open: usize) -> QueryTotals {
        let waiting = self.waiting.load(Ordering::Relaxed).min(open);
        let running = (open - waiting) as u64;
        QueryTotals { running, waiting: waiting as u64, ..*self.lock() }
    }

    pub(super) fn waits(&self) -> Waits<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waits(&self.waiting)
    }

    pub(super) fn ended(&self, status: QueryStatus, statistics: &QueryStatistics) {
        let mut totals = self.lock();
        match status {
            QueryStatus::Finished => totals.finished += 1,
            QueryStatus::Failed => totals.failed += 1,
            QueryStatus::Cancelled => totals.cancelled += 1,
            QueryStatus::TimedOut => totals.timed_out += 1,
            QueryStatus::Queued | QueryStatus::Running => {}
        }
        totals.rows += statistics.rows;
        totals.events_scanned += statistics.events_scanned;
        totals.bytes_scanned += statistics.bytes_scanned;
    }
}
