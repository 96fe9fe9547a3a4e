//! The report of an import: numbers that balance, and everything it could not take.

use super::super::catalog::{ImportStatus, REPLACED_BYTES, RecordedFailure, SHARED_EVENT_ID};
use super::super::compact::CompactionReport;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rejected records that keep their bytes and place, for each file; the rest are only counted.
pub(super) const MAX_REJECTS: usize = 1_000;

/// Files that are named for each kind of container.
const MAX_NAMES: usize = 1_000;

/// Numbers of a running import, for a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files to look at.
    pub files: AtomicU64,
    /// Files done.
    pub files_done: AtomicU64,
    /// Bytes to read, packed as they are.
    pub bytes: AtomicU64,
    /// Bytes read.
    pub bytes_done: Arc<AtomicU64>,
    /// Events read.
    pub events: AtomicU64,
    /// Records that could not be taken.
    pub rejected: AtomicU64,
    /// Events in data files.
    pub stored: AtomicU64,
    /// Files that need not be read again, those of earlier imports among them. This and what follows is told at the
    /// beginning, and after each of several rounds ([`ImportOptions::rounds`](super::ImportOptions::rounds)).
    pub files_kept: AtomicU64,
    /// Folders that the files are in; 0 until they are counted.
    pub folders: AtomicU64,
    /// Folders in which every file was looked at.
    pub folders_done: AtomicU64,
    /// Files and records that could not be taken.
    pub lost: AtomicU64,
}

impl Progress {
    pub(super) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// What became of the files. `seen` is the sum of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileCounts {
    /// Files found.
    pub seen: u64,
    /// Files read to their end as logs.
    pub imported: u64,
    /// Files imported before and not changed since; not read again.
    pub unchanged: u64,
    /// Files whose failure is known and accepted; not read again.
    pub accepted: u64,
    /// CloudTrail digest files.
    pub digest: u64,
    /// Files of records that only stores of other categories take.
    pub other_category: u64,
    /// Files of CloudTrail's aggregated events.
    pub aggregated: u64,
    /// Files of other kinds.
    pub foreign: u64,
    /// Files that could not be read, or not to their end.
    pub failed: u64,
    /// Files not looked at because the import was stopped.
    pub not_reached: u64,
    /// Pipes, sockets and devices below a folder, which are not read.
    pub skipped: u64,
    /// Files that the user left out.
    pub excluded: u64,
    /// A trail's log files of accounts, regions and times that were not asked for.
    pub not_wanted: u64,
}

impl FileCounts {
    pub(super) fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        self.imported += other.imported;
        self.unchanged += other.unchanged;
        self.accepted += other.accepted;
        self.digest += other.digest;
        self.other_category += other.other_category;
        self.aggregated += other.aggregated;
        self.foreign += other.foreign;
        self.failed += other.failed;
        self.not_reached += other.not_reached;
        self.skipped += other.skipped;
        self.excluded += other.excluded;
        self.not_wanted += other.not_wanted;
    }
}

/// What became of the events. `read` is the sum of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventCounts {
    /// Events read.
    pub read: u64,
    /// Events now in the store that were not before.
    pub stored: u64,
    /// Events that the store, or this import, had already.
    pub duplicate: u64,
    /// Records that could not be taken.
    pub rejected: u64,
    /// Events that no event selector of the store lets through.
    pub not_selected: u64,
    /// Records that only stores of other categories take, as an Insights event in a store of CloudTrail events.
    pub other_category: u64,
    /// Aggregated events, which no store holds.
    pub aggregated: u64,
    /// Events older than the store's retention.
    pub past_retention: u64,
    /// Events read and lost with an import that was cut short; a further import reads them again.
    pub abandoned: u64,
}

impl EventCounts {
    pub(super) fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.stored += other.stored;
        self.duplicate += other.duplicate;
        self.rejected += other.rejected;
        self.not_selected += other.not_selected;
        self.other_category += other.other_category;
        self.aggregated += other.aggregated;
        self.past_retention += other.past_retention;
        self.abandoned += other.abandoned;
    }

    /// Whether every event read is accounted for.
    pub fn balances(&self) -> bool {
        self.read
            == self.stored
                + self.duplicate
                + self.rejected
                + self.not_selected
                + self.other_category
                + self.aggregated
                + self.past_retention
                + self.abandoned
    }
}

/// Files whose events stand in the same kind of container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Container {
    /// How many.
    pub files: u64,
    /// Their names; of many, the first that were read.
    pub names: Vec<String>,
}

impl Container {
    pub(super) fn of(file: &str) -> Self {
        Self { files: 1, names: vec![file.to_owned()] }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.names.extend(other.names);
        self.names.truncate(MAX_NAMES);
    }
}

/// Why a file or record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureType {
    Unreadable,
    Damaged,
    NotLogs,
    Rejected,
    /// Taken, with bytes replaced.
    Replaced,
    /// Taken, though another event has its id.
    SharedId,
}

impl FailureType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "Unreadable",
            Self::Damaged => "Damaged",
            Self::NotLogs => "NotLogs",
            Self::Rejected => "RejectedRecord",
            Self::Replaced => REPLACED_BYTES,
            Self::SharedId => SHARED_EVENT_ID,
        }
    }

    pub(super) fn at(
        self,
        location: impl std::fmt::Display,
        position: Option<u64>,
        message: impl Into<String>,
    ) -> RecordedFailure {
        RecordedFailure {
            location: location.to_string(),
            position,
            error_type: self.name().to_owned(),
            message: message.into(),
            record: None,
        }
    }
}

/// The report of an import.
#[derive(Debug, Clone, Serialize)]
pub struct ImportReport {
    /// The import's id.
    pub import_id: String,
    /// The store's name.
    pub store: String,
    /// The store's id.
    pub store_id: String,
    /// How it ended.
    pub status: ImportStatus,
    /// Files.
    pub files: FileCounts,
    /// Events.
    pub events: EventCounts,
    /// Bytes read, packed as they were.
    pub bytes_read: u64,
    /// Data files written.
    pub data_files: u64,
    /// Bytes of these data files.
    pub data_bytes: u64,
    /// What was merged afterwards, if it left many files of one day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<CompactionReport>,
    /// Why files that should have been merged were not; nothing is lost by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_error: Option<String>,
    /// The file with the rejected records, if one was asked for and there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
    /// Why that file is not whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine_error: Option<String>,
    /// Stored events without a readable time, which no time window finds.
    pub without_time: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Records of other categories than the store's, counted by the category that takes them.
    pub other_categories: BTreeMap<String, u64>,
    /// Files that hold no events, by what they are, named.
    pub other_files: BTreeMap<String, Vec<String>>,
    /// Files with events, by what the first of these stands in.
    pub containers: BTreeMap<&'static str, Container>,
    /// Fields without a column, by path, counted; their values are in `eventjson`.
    pub unknown_fields: BTreeMap<String, u64>,
    /// Fields whose value does not fit their column, by path, counted; the same.
    pub misfit_fields: BTreeMap<String, u64>,
    /// Files and records that could not be taken; of a file with many, not all records.
    pub failures: Vec<RecordedFailure>,
    /// What was taken and is worth knowing: bytes that were replaced, ids of several events.
    pub notices: Vec<RecordedFailure>,
}

impl ImportReport {
    /// Whether every file seen and every event read is accounted for.
    pub fn balances(&self) -> bool {
        let f = &self.files;
        let known = f.unchanged + f.accepted;
        let files =
            f.imported + known + f.digest + f.other_category + f.foreign + f.failed + f.not_reached;
        let passed_over = f.aggregated + f.skipped + f.excluded + f.not_wanted;
        f.seen == files + passed_over && self.events.balances()
    }

    /// Whether there were files, and nothing of what they hold is in the store, nor has a reason to
    /// stay out of it.
    pub fn took_nothing(&self) -> bool {
        let (f, e) = (&self.files, &self.events);
        let known = f.unchanged + f.accepted + f.digest + f.other_category + f.aggregated;
        let events = e.stored + e.duplicate + e.not_selected + e.other_category + e.past_retention;
        f.seen > f.excluded + f.not_wanted && known + events == 0
    }

    /// Number of files and records that could not be taken, of which [`Self::failures`] may have less.
    pub fn lost(&self) -> u64 {
        self.events.rejected + super::tally::failed_files(&self.failures)
    }
}
