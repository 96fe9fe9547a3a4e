//! Events that were sent, and not read from files: each sender has one import in a store, which goes on for as long as it
//! sends.

use super::data_files::insert_data_file;
use super::{Catalog, DataFile, ImportStatus, integer};
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;

/// What came from one sender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct SentCounts {
    /// Where the events say that they were found.
    pub(in crate::store) source: String,
    /// The id of its import, should it have none yet.
    pub(in crate::store) import: String,
    /// Events that came.
    pub(in crate::store) read: u64,
    /// Those that are in the data files.
    pub(in crate::store) stored: u64,
    /// Those that the store had already.
    pub(in crate::store) duplicate: u64,
    /// Those that are older than the store's retention.
    pub(in crate::store) past_retention: u64,
}

/// Adds to the counts of a report, whose members are called as those of other imports.
const COUNT: &str = "UPDATE imports SET stored = stored + ?3, finished_at = ?6, report = json_set(report, \
    '$.events.read', json_extract(report, '$.events.read') + ?2, \
    '$.events.stored', json_extract(report, '$.events.stored') + ?3, \
    '$.events.duplicate', json_extract(report, '$.events.duplicate') + ?4, \
    '$.events.past_retention', json_extract(report, '$.events.past_retention') + ?5) WHERE id = ?1";

impl Catalog {
    /// Lists data files of events that were sent, and counts these, all or nothing. A file is told to be of the import of
    /// the first sender.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(in crate::store) fn add_sent(
        &self,
        store: StoreId,
        sent: &[SentCounts],
        files: &[DataFile],
        now: i64,
    ) -> Result<(), StoreError> {
        self.transact(|t| {
            let mut first = None;
            for counts in sent {
                let import = import_of_sender(t, store, counts, now)?;
                t.prepare_cached(COUNT)?.execute(params![
                    import,
                    integer(counts.read),
                    integer(counts.stored),
                    integer(counts.duplicate),
                    integer(counts.past_retention),
                    now
                ])?;
                first.get_or_insert(import);
            }
            let first = first.unwrap_or_default();
            files.iter().try_for_each(|file| insert_data_file(t, store, &first, file))
        })
    }
}

/// Returns the import of a sender, which is made when it has none.
fn import_of_sender(
    t: &Transaction<'_>,
    store: StoreId,
    counts: &SentCounts,
    now: i64,
) -> rusqlite::Result<String> {
    let (store, source) = (store.to_string(), &counts.source);
    let sql = "SELECT import_id FROM sources WHERE store_id = ?1 AND location = ?2";
    let known = t.prepare_cached(sql)?.query_row(params![store, source], |row| row.get(0));
    if let Some(known) = known.optional()? {
        return Ok(known);
    }
    let none = json!({"read": 0, "stored": 0, "duplicate": 0, "past_retention": 0});
    let status = ImportStatus::Completed.name();
    let report = json!({"import_id": counts.import, "store_id": store, "status": status,
        "events": none});
    t.execute(
        "INSERT INTO imports (id, store_id, status, started_at, paths, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![counts.import, store, status, now, json!([source]).to_string(), report.to_string()],
    )?;
    t.execute(
        "INSERT INTO sources VALUES (?1, ?2, 0, 0, ?3)",
        params![store, source, counts.import],
    )?;
    Ok(counts.import.clone())
}
