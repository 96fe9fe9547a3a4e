//! Rows of the catalog as values.

use crate::columnar::Format;
use crate::envelope::{Location, Source};
use crate::event::{EventSchema, RecordForm};
use crate::store::names::StoreId;
use crate::store::selectors::AdvancedEventSelectors;
use chrono::NaiveDate;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use std::collections::HashSet;

/// An event data store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRow {
    /// Its id.
    pub id: StoreId,
    /// Its name.
    pub name: String,
    /// The category of its events.
    pub schema: EventSchema,
    /// Format of the files that imports write.
    pub format: Format,
    /// How they keep the text of records.
    pub record_form: RecordForm,
    /// Days that events are kept, by their time; `None` keeps all.
    pub retention_days: Option<u32>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Which events it takes; `None` takes every event.
    pub selectors: Option<AdvancedEventSelectors>,
    /// What became of it.
    pub life: StoreLife,
}

/// What became of a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreLife {
    /// Its status.
    pub status: StoreStatus,
    /// Whether it cannot be deleted.
    pub termination_protection: bool,
    /// When its deletion was asked for, in milliseconds since 1970 UTC, while that is pending.
    pub deleted_at: Option<i64>,
}

/// The status of a store, in AWS's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StoreStatus {
    /// It takes events and answers queries.
    #[default]
    Enabled,
    /// It answers queries and takes no events.
    StoppedIngestion,
    /// It is to be removed, and can be restored.
    PendingDeletion,
}

impl StoreStatus {
    /// Returns the status as AWS spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::StoppedIngestion => "STOPPED_INGESTION",
            Self::PendingDeletion => "PENDING_DELETION",
        }
    }

    /// Returns the status that AWS spells so.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Enabled, Self::StoppedIngestion, Self::PendingDeletion];
        all.into_iter().find(|status| status.name() == name)
    }
}

/// A data file of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Path relative to the store's folder, with `/`.
    pub path: String,
    /// Format.
    pub format: Format,
    /// UTC day of all its events; `None` when they have no time.
    pub day: Option<NaiveDate>,
    /// Rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Bytes of the records it was made from.
    pub json_bytes: u64,
    /// Earliest event time in milliseconds since 1970 UTC.
    pub min_time: Option<i64>,
    /// Latest event time in milliseconds since 1970 UTC.
    pub max_time: Option<i64>,
    /// SHA-256 of its bytes in hexadecimal digits; `None` for files of before version 5 of the catalog.
    pub sha256: Option<String>,
}

/// How far an import came, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportStatus {
    /// It waits, or looks for its files.
    Initializing,
    /// It runs, or was killed.
    InProgress,
    /// It ended without failures.
    Completed,
    /// It ended, and some files or records could not be taken.
    Failed,
    /// It was stopped; what was committed is kept.
    Stopped,
}

impl ImportStatus {
    /// Returns the status as AWS spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initializing => "INITIALIZING",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Stopped => "STOPPED",
        }
    }

    /// Returns the status that AWS spells so.
    pub fn from_name(name: &str) -> Option<Self> {
        let ended = [Self::Completed, Self::Failed, Self::Stopped];
        let all = [Self::Initializing, Self::InProgress].into_iter().chain(ended);
        all.into_iter().find(|status| status.name() == name)
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its id.
    pub id: String,
    /// Name of the store it went into.
    pub store: String,
    /// Id of that store.
    pub store_id: StoreId,
    /// Its status, one of [`ImportStatus::name`].
    pub status: String,
    /// When it began, in milliseconds since 1970 UTC.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// The paths as typed, a JSON array.
    pub paths: String,
    /// The report, a JSON object, once it has ended.
    pub report: Option<String>,
    /// Events in the data files that it wrote.
    pub stored: u64,
}

/// What is noted when an import ends.
#[derive(Debug, Clone, Copy)]
pub struct ImportEnd<'a> {
    /// How it ended.
    pub status: ImportStatus,
    /// The report, a JSON object.
    pub report: &'a str,
    /// What it could not take.
    pub failures: &'a [RecordedFailure],
    /// What it took and is worth knowing.
    pub notices: &'a [RecordedFailure],
    /// Sources read to their end.
    pub done: &'a [LedgerEntry],
    /// Sources of which something could not be taken.
    pub failed: &'a [LedgerEntry],
    /// Where these are, as failures tell it: what an earlier run of the import told of them holds no more.
    pub failed_places: &'a HashSet<String>,
}

/// A file as it was at one time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LedgerEntry {
    /// Its full path.
    pub location: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified_nanos: i64,
}

impl LedgerEntry {
    /// Returns what the ledger says of a source; `None` for what can be read only once.
    pub fn of(source: &Source) -> Option<Self> {
        let location = source.location.key()?;
        Some(Self { location, bytes: source.bytes, modified_nanos: source.modified_nanos })
    }

    /// Returns what the ledger says of a place that cannot be looked into.
    pub fn unread(location: &Location) -> Option<Self> {
        Some(Self { location: location.key()?, bytes: 0, modified_nanos: 0 })
    }
}

/// What a store is fed from for as long as it is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedSource {
    /// The store.
    pub store: StoreId,
    /// The absolute path of a folder or file, or the address of objects.
    pub location: String,
    /// Which of its files are wanted and how it is reached, as JSON.
    pub wish: String,
    /// When it was added, in milliseconds since 1970.
    pub added_at: i64,
}

/// Why a file need not be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownFile {
    /// It was imported to its end.
    Imported,
    /// It failed, and the user said that this is known.
    Accepted,
}

/// A file or record that an import could not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedFailure {
    /// The file.
    pub location: String,
    /// Byte in the unpacked file, where there is one.
    pub position: Option<u64>,
    /// What kind of failure.
    pub error_type: String,
    /// What is wrong.
    pub message: String,
    /// The rejected bytes.
    #[serde(skip)]
    pub record: Option<Vec<u8>>,
}

impl RecordedFailure {
    /// Whether nothing was lost: what it is about was taken.
    pub fn is_notice(&self) -> bool {
        matches!(self.error_type.as_str(), REPLACED_BYTES | SHARED_EVENT_ID)
    }
}

/// Type of the notice that bytes of a record were replaced.
pub const REPLACED_BYTES: &str = "ReplacedBytes";
/// Type of the notice that several events have one id.
pub const SHARED_EVENT_ID: &str = "SharedEventId";

/// How much a store has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreSize {
    /// Data files.
    pub files: u64,
    /// Events.
    pub events: u64,
    /// Bytes of the data files.
    pub bytes: u64,
}

/// Sums over the data files of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Data files.
    pub files: u64,
    /// Events.
    pub events: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes of the records they came from.
    pub json_bytes: u64,
    /// Earliest event time in milliseconds since 1970 UTC.
    pub min_time: Option<i64>,
    /// Latest event time in milliseconds since 1970 UTC.
    pub max_time: Option<i64>,
    /// Days that have events.
    pub days: u64,
}

/// Stores with their selectors, lives, categories and forms of records, which a catalog before versions 3, 4, 6 and 9
/// that cannot be written does not have.
pub(super) fn select_store(version: i64) -> String {
    let selectors = if version < 3 { "NULL" } else { "s.selectors" };
    let (life, join) = if version < 4 {
        ("NULL, NULL, NULL", "")
    } else {
        (
            "l.status, l.termination_protection, l.deleted_at",
            "LEFT JOIN store_lives l ON l.store_id = s.id",
        )
    };
    let category = if version < 6 { "'CloudTrail'" } else { "s.category" };
    let eventjson = if version < 9 { "'plain'" } else { "s.eventjson" };
    format!(
        "SELECT s.id, s.name, s.format, s.retention_days, s.created_at, {selectors}, {life}, {category}, {eventjson} \
         FROM stores s {join}"
    )
}

/// Data files with their hashes, which a catalog before version 5 that cannot be written does not have.
pub(super) fn select_data_file(version: i64) -> String {
    let sha256 = if version < 5 { "NULL" } else { "sha256" };
    format!(
        "SELECT path, format, day, rows, bytes, json_bytes, min_time, max_time, {sha256} FROM data_files"
    )
}

/// Imports with the number of events that they stored, which before version 5 is that of their data files; with their
/// reports, which may be long, where these are wanted.
pub(super) fn select_import(version: i64, with_report: bool) -> String {
    let report = if with_report { "i.report" } else { "NULL" };
    let stored = if version < 5 {
        "(SELECT coalesce(sum(rows), 0) FROM data_files d WHERE d.import_id = i.id)"
    } else {
        "i.stored"
    };
    format!(
        "SELECT i.id, s.name, i.status, i.started_at, i.finished_at, i.paths, {report}, {stored}, s.id \
         FROM imports i JOIN stores s ON s.id = i.store_id"
    )
}

/// Reads text that has a form of ours; other text is damage.
fn parsed<T>(row: &Row<'_>, at: usize, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    parse(&text).ok_or_else(|| {
        let reason = format!("unexpected value {text:?}");
        rusqlite::Error::FromSqlConversionFailure(at, Type::Text, reason.into())
    })
}

/// Reads text that has a form of ours, or NULL.
fn parsed_if_any<T>(
    row: &Row<'_>,
    at: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<String>>(at)? {
        Some(_) => parsed(row, at, parse).map(Some),
        None => Ok(None),
    }
}

fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(i64::unsigned_abs)
}

pub(super) fn store_row(row: &Row<'_>) -> rusqlite::Result<StoreRow> {
    Ok(StoreRow {
        id: parsed(row, 0, StoreId::parse)?,
        name: row.get(1)?,
        format: parsed(row, 2, Format::from_name)?,
        retention_days: row.get(3)?,
        created_at: row.get(4)?,
        selectors: parsed_if_any(row, 5, |text| {
            AdvancedEventSelectors::parse_unchecked(text).ok()
        })?,
        life: store_life(row)?,
        schema: parsed(row, 9, EventSchema::from_name)?,
        record_form: parsed(row, 10, RecordForm::from_name)?,
    })
}

fn store_life(row: &Row<'_>) -> rusqlite::Result<StoreLife> {
    if row.get::<_, Option<String>>(6)?.is_none() {
        return Ok(StoreLife::default());
    }
    Ok(StoreLife {
        status: parsed(row, 6, StoreStatus::from_name)?,
        termination_protection: row.get(7)?,
        deleted_at: row.get(8)?,
    })
}

pub(super) fn data_file(row: &Row<'_>) -> rusqlite::Result<DataFile> {
    Ok(DataFile {
        path: row.get(0)?,
        format: parsed(row, 1, Format::from_name)?,
        day: parsed_if_any(row, 2, |text| text.parse().ok())?,
        rows: count(row, 3)?,
        bytes: count(row, 4)?,
        json_bytes: count(row, 5)?,
        min_time: row.get(6)?,
        max_time: row.get(7)?,
        sha256: row.get(8)?,
    })
}

pub(super) fn import_row(row: &Row<'_>) -> rusqlite::Result<ImportRow> {
    Ok(ImportRow {
        id: row.get(0)?,
        store: row.get(1)?,
        status: row.get(2)?,
        started_at: row.get(3)?,
        finished_at: row.get(4)?,
        paths: row.get(5)?,
        report: row.get(6)?,
        stored: count(row, 7)?,
        store_id: parsed(row, 8, StoreId::parse)?,
    })
}

pub(super) fn totals(row: &Row<'_>) -> rusqlite::Result<Totals> {
    Ok(Totals {
        files: count(row, 0)?,
        events: count(row, 1)?,
        bytes: count(row, 2)?,
        json_bytes: count(row, 3)?,
        min_time: row.get(4)?,
        max_time: row.get(5)?,
        days: count(row, 6)?,
    })
}
