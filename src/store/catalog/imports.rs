//! Imports: how they ended, what they could not take, and which files need not be read again.

use super::announced::stop_dead_imports;
use super::rows::{self, import_row};
use super::{
    Catalog, ImportEnd, ImportRow, ImportStatus, KnownFile, LedgerEntry, REPLACED_BYTES,
    RecordedFailure, SHARED_EVENT_ID, integer,
};
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use rusqlite::{Row, Transaction, params};
use std::collections::{HashMap, HashSet};

/// Files that are looked up one by one; for more, all are read.
pub const MAX_LOOKUPS: usize = 500;

/// Notes a source that was read to its end. It stays one of the import that read it first, unless it has changed
/// since, the clock was ahead then, or that import left events out.
const DONE: &str = "INSERT INTO sources VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT (store_id, location) DO UPDATE SET bytes = excluded.bytes, \
    modified_nanos = excluded.modified_nanos, import_id = excluded.import_id \
    WHERE bytes <> excluded.bytes OR modified_nanos <> excluded.modified_nanos \
    OR (SELECT started_at FROM imports WHERE id = sources.import_id) \
    > (SELECT started_at FROM imports WHERE id = excluded.import_id) \
    OR (SELECT coalesce(json_extract(report, '$.events.not_selected'), 0) FROM imports \
    WHERE id = sources.import_id) > 0 \
    AND (SELECT coalesce(json_extract(report, '$.events.not_selected'), 0) FROM imports \
    WHERE id = excluded.import_id) = 0";

/// Notes a source of which something could not be taken.
const FAILED: &str = "INSERT OR REPLACE INTO failed_sources VALUES (?1, ?2, ?3, ?4, ?5, NULL)";

impl Catalog {
    /// Begins an import, one that was announced or a new one.
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
            stop_dead_imports(t, store)?;
            t.execute(
                "INSERT INTO imports (id, store_id, status, started_at, paths) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (id) DO UPDATE SET status = excluded.status, finished_at = NULL, report = NULL",
                params![id, store.to_string(), ImportStatus::InProgress.name(), now, paths],
            )
            .map(|_| ())
        })
    }

    /// Notes sources that an import has read to their end, before it ends itself.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(in crate::store) fn note_done(
        &self,
        id: &str,
        store: StoreId,
        done: &[LedgerEntry],
    ) -> Result<(), StoreError> {
        self.transact(|t| note(t, DONE, id, store, done))
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
        let ImportEnd { status, report, failures, notices, done, failed, failed_places } = end;
        self.transact(|t| {
            t.execute(
                "UPDATE imports SET status = ?2, report = ?3, finished_at = ?4 WHERE id = ?1",
                params![id, status.name(), report, now],
            )?;
            forget_failures(t, id, failed_places)?;
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
            note(t, DONE, id, store, done)?;
            note(t, FAILED, id, store, failed)
        })
    }

    /// Whether a source that failed was imported to its end since, by another import. Of a file in an archive it is
    /// asked for the archive.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn is_imported_since(&self, import: &ImportRow, source: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM sources WHERE store_id = ?1 AND location = ?2 AND import_id > ?3";
        self.any_place(sql, import, source)
    }

    /// Whether a source was imported to its end into the store of an import.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn is_imported(&self, import: &ImportRow, source: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM sources WHERE store_id = ?1 AND location = ?2 AND ?3 <> ''";
        self.any_place(sql, import, source)
    }

    fn any_place(&self, sql: &str, import: &ImportRow, source: &str) -> Result<bool, StoreError> {
        for place in places(source) {
            let asked = params![import.store_id.to_string(), place, import.id];
            if !self.list(sql, asked, |_| Ok(()))?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
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
        for location in places(source) {
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
        self.known_files_of(store, now, "")
    }

    /// Returns the files that need not be read again for a store that is to have every event of them: those of imports
    /// that left out what selectors do not let through need to.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn files_known_whole(
        &self,
        store: StoreId,
        now: i64,
    ) -> Result<HashMap<LedgerEntry, KnownFile>, StoreError> {
        let left_nothing = "AND coalesce(json_extract(report, '$.events.not_selected'), 0) = 0";
        self.known_files_of(store, now, left_nothing)
    }

    fn known_files_of(
        &self,
        store: StoreId,
        now: i64,
        more: &str,
    ) -> Result<HashMap<LedgerEntry, KnownFile>, StoreError> {
        let read = |known| {
            move |row: &Row<'_>| {
                let bytes = row.get::<_, i64>(1)?.unsigned_abs();
                let (location, modified_nanos) = (row.get(0)?, row.get(2)?);
                Ok((LedgerEntry { location, bytes, modified_nanos }, known))
            }
        };
        let columns = "SELECT location, bytes, modified_nanos FROM";
        let of_store = format!(
            "WHERE store_id = ?1 AND import_id IN (SELECT id FROM imports WHERE started_at <= ?2 {more})"
        );
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
        self.imports_with(true)
    }

    /// Returns the imports of a lake, newest first, without their reports.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn imports_in_brief(&self) -> Result<Vec<ImportRow>, StoreError> {
        self.imports_with(false)
    }

    fn imports_with(&self, reports: bool) -> Result<Vec<ImportRow>, StoreError> {
        let select = rows::select_import(self.version, reports);
        self.list(&format!("{select} ORDER BY started_at DESC, i.id DESC"), [], import_row)
    }

    /// Returns an import.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn import(&self, id: &str) -> Result<Option<ImportRow>, StoreError> {
        let sql = format!("{} WHERE i.id = ?1", rows::select_import(self.version, true));
        Ok(self.list(&sql, [id], import_row)?.pop())
    }

    /// Returns where the files are of which an import could not take something.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn failed_places(&self, import: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT location FROM import_failures WHERE import_id = ?1 \
            AND error_type NOT IN (?2, ?3) ORDER BY location";
        self.list(sql, params![import, REPLACED_BYTES, SHARED_EVENT_ID], |row| row.get(0))
    }

    /// Returns the imports whose id begins with `prefix`.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn imports_named(&self, prefix: &str) -> Result<Vec<ImportRow>, StoreError> {
        let select = rows::select_import(self.version, true);
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

/// Where a source is, and where the archives are that it is in.
fn places(source: &str) -> impl Iterator<Item = &str> {
    let archives = source.rmatch_indices('!').map(|(at, _)| &source[..at]);
    std::iter::once(source).chain(archives)
}

/// Forgets what an earlier run of an import told of files that have failed again.
fn forget_failures(
    t: &Transaction<'_>,
    import: &str,
    failed: &HashSet<String>,
) -> rusqlite::Result<()> {
    let mut told = t.prepare("SELECT rowid, location FROM import_failures WHERE import_id = ?1")?;
    let told =
        told.query_map([import], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let told = told.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut forget = t.prepare("DELETE FROM import_failures WHERE rowid = ?1")?;
    for (row, location) in told {
        if places(&location).any(|place| failed.contains(place)) {
            forget.execute([row])?;
        }
    }
    Ok(())
}

fn note(
    t: &Transaction<'_>,
    sql: &str,
    import: &str,
    store: StoreId,
    entries: &[LedgerEntry],
) -> rusqlite::Result<()> {
    let (store, mut insert) = (store.to_string(), t.prepare(sql)?);
    for LedgerEntry { location, bytes, modified_nanos } in entries {
        insert.execute(params![store, location, integer(*bytes), modified_nanos, import])?;
    }
    Ok(())
}
