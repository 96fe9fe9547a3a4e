//! What is known of an import.

use crate::store::{ImportRow, ImportStatus, Progress};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is said of an import whose service was killed.
const KILLED: &str = "the service ended while the import ran";
/// What to do about an import that has stopped.
const GOES_ON: &str = "; StartImport with this ImportId alone goes on with it";

/// From where an import copies, as it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportSource {
    /// The address.
    #[serde(rename = "S3LocationUri")]
    pub uri: String,
    /// The region of the bucket, which does not matter here.
    #[serde(rename = "S3BucketRegion")]
    pub region: String,
    /// The role that AWS would take, which does not matter here.
    #[serde(rename = "S3BucketAccessRoleArn")]
    pub role: String,
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// From where.
    pub source: ImportSource,
    /// The first moment of delivery, in milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// The last one.
    pub to: Option<i64>,
}

/// How far an import is. What is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Folders with files, of which each is a day of a trail's logs.
    pub folders: Option<u64>,
    /// Folders in which every file was looked at.
    pub folders_done: Option<u64>,
    /// Files that need not be read again.
    pub files: Option<u64>,
    /// Files and records that could not be taken.
    pub failed: Option<u64>,
}

impl Statistics {
    /// Those of an import that has not found its files.
    pub(super) fn none() -> Self {
        Self { folders: Some(0), folders_done: Some(0), files: Some(0), failed: Some(0) }
    }

    /// Reads how far a run is; `None` before it tells that.
    pub(super) fn of(progress: &Progress) -> Option<Self> {
        let count = |counter: &AtomicU64| Some(counter.load(Ordering::Relaxed));
        let folders = progress.folders.load(Ordering::Acquire);
        (folders > 0).then(|| Self {
            folders: Some(folders),
            folders_done: count(&progress.folders_done),
            files: count(&progress.files_kept),
            failed: count(&progress.lost),
        })
    }

    /// Reads the report of an import of the command line.
    fn reported(report: &Value) -> Self {
        let files = |names: &[&str]| {
            names.iter().map(|name| report["files"][name].as_u64()).sum::<Option<u64>>()
        };
        let failures = report["failures"].as_array().map(|failures| {
            failures.iter().filter(|failure| failure["error_type"] != "RejectedRecord").count()
                as u64
        });
        Self {
            folders: None,
            folders_done: None,
            files: files(&[
                "imported",
                "digest",
                "other_category",
                "aggregated",
                "unchanged",
                "accepted",
            ]),
            failed: report["events"]["rejected"].as_u64().zip(failures).map(|(a, b)| a + b),
        }
    }
}

/// What is kept of an import beside what the catalog has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) wanted: Wanted,
    /// In milliseconds since 1970 UTC.
    pub(super) updated_at: i64,
    pub(super) statistics: Statistics,
    /// Whether it waits or runs, unless the service was killed.
    pub(super) runs: bool,
    /// Why it ended before it was through.
    pub(super) reason: Option<String>,
    /// Where files are that failed at first and were read later.
    pub(super) mended: Vec<String>,
}

/// Why an import ended before it was through, in the words of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndReason {
    /// `Interrupted` or `ImportError`.
    pub kind: &'static str,
    /// What happened, and what helps.
    pub text: String,
}

/// What is known of an import.
#[derive(Debug, Clone)]
pub struct ImportRecord {
    /// What the catalog has of it.
    pub row: ImportRow,
    /// Its status, now.
    pub status: ImportStatus,
    /// What was wanted; `None` of an import of the command line.
    pub wanted: Option<Wanted>,
    /// When something of it changed last, in milliseconds since 1970 UTC.
    pub updated_at: i64,
    /// How far it is.
    pub statistics: Statistics,
    /// Why it ended before it was through.
    pub reason: Option<EndReason>,
    pub(super) mended: Vec<String>,
}

impl ImportRecord {
    /// An import of the command line.
    pub(super) fn by_command_line(row: ImportRow, status: ImportStatus) -> Self {
        let report =
            row.report.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let statistics = report.as_ref().map(Statistics::reported).unwrap_or_default();
        let updated_at = row.finished_at.unwrap_or(row.started_at);
        let (wanted, reason, mended) = (None, None, Vec::new());
        Self { row, status, wanted, updated_at, statistics, reason, mended }
    }

    /// An import of the service, and what `live` tells of it while it waits or runs.
    pub(super) fn of_service(
        row: ImportRow,
        status: ImportStatus,
        told: Told,
        live: Option<Option<Statistics>>,
    ) -> Self {
        let reason = match (&live, status) {
            (Some(_), _) => None,
            (None, ImportStatus::Stopped) if told.runs => {
                Some(EndReason { kind: "Interrupted", text: format!("{KILLED}{GOES_ON}") })
            }
            (None, ImportStatus::Stopped) => told
                .reason
                .map(|text| EndReason { kind: "Interrupted", text: format!("{text}{GOES_ON}") }),
            (None, _) => told
                .reason
                .map(|text| EndReason { kind: "ImportError", text: format!("{text}{GOES_ON}") }),
        };
        Self {
            row,
            status,
            wanted: Some(told.wanted),
            updated_at: told.updated_at,
            statistics: live.flatten().unwrap_or(told.statistics),
            reason,
            mended: told.mended,
        }
    }

    /// Whether it neither waits nor runs.
    pub fn has_ended(&self) -> bool {
        !matches!(self.status, ImportStatus::Initializing | ImportStatus::InProgress)
    }
}
