//! Imports: how they ended, what they could not take, and which files need not be read again.

use super::rows::{self, import_row};
use super::{
    Catalog, ImportEnd, ImportRow, ImportStatus, KnownFile, LedgerEntry, RecordedFailure, integer,
};
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use rusqlite::{Row, params};
use std::collections::HashMap;

/// Files that are looked up one by one; for more, all are read.
pub const MAX_LOOKUPS: usize = 500;

/// Notes a source that was read to its end. It stays one of the import that read it first, unless it has changed
/// since, or the clock was ahead then.
const DONE: &str = "INSERT INTO sources VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT (store_id, location) DO UPDATE SET bytes = excluded.bytes, \
    modified_nanos = excluded.modified_nanos, import_id = excluded.import_id \
    WHERE bytes <> excluded.bytes OR modified_nanos <> excluded.modified_nanos \
    OR (SELECT started_at FROM imports WHERE id = sources.import_id) \
    > (SELECT started_at FROM imports WHERE id = excluded.import_id)";

impl Catalog {
    /// Begins an import.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn begin_import(
        &self,
        id: &str,
        store: StoreId,
        paths: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        self.transact(|t| {
            // The store's write lock is held, so no other import is running.
            t.execute(
                "UPDATE imports SET status = ?2 WHERE store_id = ?1 AND status = ?3",
                params![
                    store.to_string(),
                    ImportStatus::Stopped.name(),
                    ImportStatus::InProgress.name()
                ],
            )?;
            t.execute(
                "INSERT INTO imports (id, store_id, status, started_at, paths) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, store.to_string(), ImportStatus::InProgress.name(), now, paths],
            )
            .map(|_| ())
        })
    }

    /// Ends an import: its status and report, its failures, and the sources that need not be read
    /// again.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn end_import(
        &self,
        id: &str,
        store: StoreId,
        end: &ImportEnd<'_>,
        now: i64,
    ) -> Result<(), StoreError> {
        let ImportEnd { status, report, failures, notices, done, failed } = end;
        self.transact(|t| {
            t.execute(
                "UPDATE imports SET status = ?2, report = ?3, finished_at = ?4 WHERE id = ?1",
                params![id, status.name(), report, now],
            )?;
            let mut failure =
                t.prepare("INSERT INTO import_failures VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            for f in failures.iter().chain(*notices) {
                let position = f.position.map(integer);
                failure.execute(params![
                    id,
                    f.location,
                    position,
                    f.error_type,
                    f.message,
                    f.record
                ])?;
            }
            let store = store.to_string();
            for (sql, entries) in [
                (DONE, done),
                ("INSERT OR REPLACE INTO failed_sources VALUES (?1, ?2, ?3, ?4, ?5, NULL)", failed),
            ] {
                let mut insert = t.prepare(sql)?;
                for entry in *entries {
                    let LedgerEntry { location, bytes, modified_nanos } = entry;
                    insert.execute(params![
                        store,
                        location,
                        integer(*bytes),
                        modified_nanos,
                        id
                    ])?;
                }
            }
            Ok(())
        })
    }

    /// Returns the import that read a source: the first that read all of it as it is now, else the last that failed
    /// to. Of a file in an archive (`ARCHIVE!path/in/it`) it is that of the archive.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn import_of(&self, store: StoreId, source: &str) -> Result<Option<String>, StoreError> {
        let store = store.to_string();
        let tables = ["sources", "failed_sources"];
        let tables = if self.version < 2 { &tables[..1] } else { &tables[..] };
        let archives = source.rmatch_indices('!').map(|(at, _)| &source[..at]);
        for location in std::iter::once(source).chain(archives) {
            for table in tables {
                let sql =
                    format!("SELECT import_id FROM {table} WHERE store_id = ?1 AND location = ?2");
                let found = self.list(&sql, params![store, location], |row| row.get(0))?;
                if let Some(import) = found.into_iter().next() {
                    return Ok(Some(import));
                }
            }
        }
        Ok(None)
    }

    /// Returns the files that need not be read again for a store. What an import noted that began after `now` does not
    /// count: the clock was ahead then, and events may have been taken for older than the retention.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn known_files(
        &self,
        store: StoreId,
        now: i64,
    ) -> Result<HashMap<LedgerEntry, KnownFile>, StoreError> {
        let read = |known| {
            move |row: &Row<'_>| {
                let bytes = row.get::<_, i64>(1)?.unsigned_abs();
                let (location, modified_nanos) = (row.get(0)?, row.get(2)?);
                Ok((LedgerEntry { location, bytes, modified_nanos }, known))
            }
        };
        let columns = "SELECT location, bytes, modified_nanos FROM";
        let of_store =
            "WHERE store_id = ?1 AND import_id IN (SELECT id FROM imports WHERE started_at <= ?2)";
        let store = params![store.to_string(), now];
        let accepted = format!("{columns} failed_sources {of_store} AND accepted_at IS NOT NULL");
        let mut known = self.list(&accepted, store, read(KnownFile::Accepted))?;
        let imported = format!("{columns} sources {of_store}");
        known.extend(self.list(&imported, store, read(KnownFile::Imported))?);
        Ok(known.into_iter().collect())
    }

    /// Returns which of some files need not be read again, as [`Self::known_files`] does of all.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn known_files_among(
        &self,
        store: StoreId,
        now: i64,
        files: &[LedgerEntry],
    ) -> Result<HashMap<LedgerEntry, KnownFile>, StoreError> {
        if files.len() > MAX_LOOKUPS {
            return self.known_files(store, now);
        }
        let lookup = |table: &str, more: &str| {
            format!(
                "SELECT 1 FROM {table} WHERE store_id = ?1 AND location = ?2 AND bytes = ?3 \
                 AND modified_nanos = ?4 AND import_id IN \
                 (SELECT id FROM imports WHERE started_at <= ?5) {more}"
            )
        };
        let imported = lookup("sources", "");
        let accepted = lookup("failed_sources", "AND accepted_at IS NOT NULL");
        let connection = self.lock();
        let look_up = || {
            let mut imported = connection.prepare_cached(&imported)?;
            let mut accepted = connection.prepare_cached(&accepted)?;
            let mut known = HashMap::new();
            for file in files {
                let LedgerEntry { location, bytes, modified_nanos } = file;
                let bytes = integer(*bytes);
                let row = params![store.to_string(), location, bytes, modified_nanos, now];
                if imported.exists(row)? {
                    known.insert(file.clone(), KnownFile::Imported);
                } else if accepted.exists(row)? {
                    known.insert(file.clone(), KnownFile::Accepted);
                }
            }
            Ok(known)
        };
        look_up().map_err(|error| self.wrong(error))
    }

    /// Accepts that files of an import failed: as long as they do not change they are not read again.
    /// Returns those that were not accepted yet.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn accept_failures(&self, import: &str, now: i64) -> Result<Vec<String>, StoreError> {
        self.transact(|t| {
            let mut update = t.prepare(
                "UPDATE failed_sources SET accepted_at = ?2 WHERE import_id = ?1 \
                 AND accepted_at IS NULL RETURNING location",
            )?;
            let mut accepted = update
                .query_map(params![import, now], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<String>>>()?;
            accepted.sort_unstable();
            Ok(accepted)
        })
    }

    /// Returns the places of an import's files that failed and have not been imported since.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn failed_files(&self, import: &str) -> Result<Vec<String>, StoreError> {
        self.list(
            "SELECT location FROM failed_sources f WHERE import_id = ?1 AND NOT EXISTS (\
             SELECT 1 FROM sources s WHERE s.store_id = f.store_id AND s.location = f.location) \
             ORDER BY location",
            [import],
            |row| row.get(0),
        )
    }

    /// Returns the imports of a lake, newest first.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn imports(&self) -> Result<Vec<ImportRow>, StoreError> {
        let select = rows::select_import(self.version);
        self.list(&format!("{select} ORDER BY started_at DESC, i.id DESC"), [], import_row)
    }

    /// Returns the imports whose id begins with `prefix`.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn imports_named(&self, prefix: &str) -> Result<Vec<ImportRow>, StoreError> {
        let select = rows::select_import(self.version);
        let sql = format!("{select} WHERE substr(i.id, 1, length(?1)) = ?1");
        self.list(&sql, [prefix], import_row)
    }

    /// Returns what an import could not take, in the order of reading.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn failures(&self, import: &str) -> Result<Vec<RecordedFailure>, StoreError> {
        self.list(
            "SELECT location, position, error_type, error_message, record FROM import_failures \
             WHERE import_id = ?1 ORDER BY rowid",
            [import],
            |row| {
                Ok(RecordedFailure {
                    location: row.get(0)?,
                    position: row.get::<_, Option<i64>>(1)?.map(i64::unsigned_abs),
                    error_type: row.get(2)?,
                    message: row.get(3)?,
                    record: row.get(4)?,
                })
            },
        )
    }
}
