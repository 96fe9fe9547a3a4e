//! The catalog: one SQLite file that says what a lake holds.
//!
//! Every change is a transaction. What the catalog does not list does not exist, even if its file is in
//! a folder.

mod rows;

pub use rows::{
    DataFile, ImportEnd, ImportRow, ImportStatus, KnownFile, LedgerEntry, REPLACED_BYTES,
    RecordedFailure, SHARED_EVENT_ID, StoreLife, StoreRow, StoreStatus, Totals,
};

use super::changes::StoreChanges;
use super::error::StoreError;
use super::fault::{self, Step};
use super::names::StoreId;
use super::selectors::AdvancedEventSelectors;
use chrono::NaiveDate;
use rows::{data_file, import_row, store_row};
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Transaction, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What each version of the catalog added to the one before it.
const MIGRATIONS: [&str; 6] = [
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
];
/// The version this program writes.
const VERSION: i64 = MIGRATIONS.len() as i64;

/// An open catalog.
#[derive(Debug)]
pub struct Catalog {
    path: PathBuf,
    /// Its version: the one this program writes, or an older one if it cannot be written.
    version: i64,
    connection: Mutex<Connection>,
}

impl Catalog {
    /// Opens the catalog at `path`, and creates it if it does not exist. One that is write-protected can
    /// be read.
    ///
    /// `durable` false leaves out the waiting for the disk, for lakes that live for one query.
    ///
    /// # Errors
    /// When the file cannot be used, is not a catalog, or is of a newer version.
    pub fn open(path: &Path, durable: bool) -> Result<Self, StoreError> {
        match Self::open_writable(path, durable) {
            Err(StoreError::Catalog { error, .. }) if is_write_protected(&error) => {
                Self::open_protected(path)
                    .map_err(|_| StoreError::Catalog { path: path.to_owned(), error })
            }
            opened => opened,
        }
    }

    /// Opens a catalog that cannot change, as its file or disk is write-protected.
    fn open_protected(path: &Path) -> rusqlite::Result<Self> {
        // What is still in the log would be passed over.
        let log = path.with_extension("sqlite-wal");
        if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(rusqlite::Error::InvalidPath(log));
        }
        let name = path.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(path.to_owned()))?;
        let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if !(1..=VERSION).contains(&found) {
            return Err(rusqlite::Error::InvalidQuery);
        }
        Ok(Self { path: path.to_owned(), version: found, connection: Mutex::new(connection) })
    }

    fn open_writable(path: &Path, durable: bool) -> Result<Self, StoreError> {
        let wrong = |error| StoreError::Catalog { path: path.to_owned(), error };
        let connection = Connection::open(path).map_err(wrong)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(wrong)?;
        let (journal, sync) = if durable { ("WAL", "FULL") } else { ("MEMORY", "OFF") };
        connection
            .pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))
            .and_then(|()| connection.pragma_update(None, "synchronous", sync))
            .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
            .map_err(wrong)?;
        let connection = Mutex::new(connection);
        let catalog = Self { path: path.to_owned(), version: VERSION, connection };
        catalog.migrate()?;
        Ok(catalog)
    }

    fn migrate(&self) -> Result<(), StoreError> {
        let found = self.transact(|t| {
            let found: i64 = t.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            let missing = MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default());
            if missing.len() > 0 {
                missing.into_iter().try_for_each(|sql| t.execute_batch(sql))?;
                t.pragma_update(None, "user_version", VERSION)?;
            }
            Ok(found)
        })?;
        if found > VERSION {
            return Err(StoreError::Newer { path: self.path.clone(), found, known: VERSION });
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-done transaction: rusqlite rolls it back when dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, error: rusqlite::Error) -> StoreError {
        StoreError::Catalog { path: self.path.clone(), error }
    }

    fn transact<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let run = |connection: &mut Connection| {
            reach(Step::Begin)?;
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            reach(Step::Commit)?;
            transaction.commit()?;
            reach(Step::Committed)?;
            Ok(result)
        };
        run(&mut connection).map_err(|error| self.wrong(error))
    }

    fn list<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let connection = self.lock();
        let run = || {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(parameters, |row| read(row))?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        run().map_err(|error| self.wrong(error))
    }

    /// Returns all stores, by name.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn stores(&self) -> Result<Vec<StoreRow>, StoreError> {
        let select = rows::select_store(self.version);
        self.list(&format!("{select} ORDER BY s.name COLLATE NOCASE"), [], store_row)
    }

    /// Returns the store with this id or, without regard to case, this name.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn store(&self, wanted: &str) -> Result<Option<StoreRow>, StoreError> {
        let select = rows::select_store(self.version);
        let sql = format!("{select} WHERE s.id = lower(?1) OR s.name = ?1");
        Ok(self.list(&sql, [wanted], store_row)?.pop())
    }

    /// Adds a store.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name is taken, or when the catalog cannot be written.
    pub fn add_store(&self, store: &StoreRow) -> Result<(), StoreError> {
        let added = self.transact(|t| {
            t.execute(
                "INSERT INTO stores \
                 (id, name, format, retention_days, created_at, selectors, category) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO NOTHING",
                params![
                    store.id.to_string(),
                    store.name,
                    store.format.name(),
                    store.retention_days,
                    store.created_at,
                    store.selectors.as_ref().map(AdvancedEventSelectors::to_json),
                    store.schema.name()
                ],
            )
        })?;
        if added == 0 { Err(StoreError::Exists(store.name.clone())) } else { Ok(()) }
    }

    /// Changes what is told about a store.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the new name is taken, or when the catalog cannot be written.
    pub(super) fn update_store(
        &self,
        store: StoreId,
        changes: &StoreChanges,
    ) -> Result<(), StoreError> {
        let id = store.to_string();
        let renamed = self.transact(|t| {
            if let Some(name) = &changes.name {
                let sql = "UPDATE OR IGNORE stores SET name = ?2 WHERE id = ?1";
                if t.execute(sql, params![id, name.as_str()])? == 0 {
                    return Ok(false);
                }
            }
            if let Some(days) = changes.retention_days {
                t.execute(
                    "UPDATE stores SET retention_days = ?2 WHERE id = ?1",
                    params![id, days],
                )?;
            }
            if let Some(protected) = changes.termination_protection {
                t.execute(
                    "INSERT INTO store_lives VALUES (?1, ?2, ?3, NULL) \
                     ON CONFLICT (store_id) DO UPDATE SET termination_protection = ?3",
                    params![id, StoreStatus::Enabled.name(), protected],
                )?;
            }
            if let Some(selectors) = &changes.selectors {
                set_selectors(t, &id, selectors.as_ref())?;
            }
            for key in &changes.untag {
                t.execute(
                    "DELETE FROM store_tags WHERE store_id = ?1 AND key = ?2",
                    params![id, key],
                )?;
            }
            for (key, value) in &changes.tags {
                t.execute(
                    "INSERT OR REPLACE INTO store_tags VALUES (?1, ?2, ?3)",
                    params![id, key, value],
                )?;
            }
            Ok(true)
        })?;
        match &changes.name {
            Some(name) if !renamed => Err(StoreError::Exists(name.as_str().to_owned())),
            _ => Ok(()),
        }
    }

    /// Sets the life of a store.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(super) fn set_life(&self, store: StoreId, life: StoreLife) -> Result<(), StoreError> {
        let StoreLife { status, termination_protection, deleted_at } = life;
        self.transact(|t| {
            t.execute(
                "INSERT OR REPLACE INTO store_lives VALUES (?1, ?2, ?3, ?4)",
                params![store.to_string(), status.name(), termination_protection, deleted_at],
            )
            .map(|_| ())
        })
    }

    /// Returns the tags of a store by key.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn tags(&self, store: StoreId) -> Result<Vec<(String, String)>, StoreError> {
        if self.version < 4 {
            return Ok(Vec::new());
        }
        let sql = "SELECT key, value FROM store_tags WHERE store_id = ?1 ORDER BY key";
        self.list(sql, [store.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Removes a store and all that is noted of it.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(super) fn remove_store(&self, store: StoreId) -> Result<(), StoreError> {
        let id = store.to_string();
        self.transact(|t| {
            t.execute(
                "DELETE FROM import_failures WHERE import_id IN \
                 (SELECT id FROM imports WHERE store_id = ?1)",
                [&id],
            )?;
            for table in
                ["failed_sources", "sources", "data_files", "imports", "store_lives", "store_tags"]
            {
                t.execute(&format!("DELETE FROM {table} WHERE store_id = ?1"), [&id])?;
            }
            t.execute("DELETE FROM stores WHERE id = ?1", [&id]).map(|_| ())
        })
    }

    /// Lists data files of a store no more.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(super) fn remove_data_files(
        &self,
        store: StoreId,
        files: &[DataFile],
    ) -> Result<(), StoreError> {
        let id = store.to_string();
        self.transact(|t| {
            let mut remove =
                t.prepare("DELETE FROM data_files WHERE store_id = ?1 AND path = ?2")?;
            for file in files {
                remove.execute([&id, &file.path])?;
            }
            Ok(())
        })
    }

    /// Lists data files of a store no more that cannot be read. The log files that were imported are not known any
    /// more, so that the next import of them finds what is missing.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(super) fn give_up_data_files(
        &self,
        store: StoreId,
        files: &[DataFile],
    ) -> Result<(), StoreError> {
        let id = store.to_string();
        self.transact(|t| {
            let mut remove =
                t.prepare("DELETE FROM data_files WHERE store_id = ?1 AND path = ?2")?;
            for file in files {
                remove.execute([&id, &file.path])?;
            }
            t.execute("DELETE FROM sources WHERE store_id = ?1", [&id]).map(|_| ())
        })
    }

    /// Adds a store that was found with its data files, which are told to be of an import of this id.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(super) fn add_rebuilt_store(
        &self,
        store: &StoreRow,
        tags: &[(String, String)],
        files: &[DataFile],
        import: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        self.add_store(store)?;
        self.set_life(store.id, store.life)?;
        let id = store.id.to_string();
        self.transact(|t| {
            for (key, value) in tags {
                t.execute("INSERT INTO store_tags VALUES (?1, ?2, ?3)", [&id, key, value])?;
            }
            let rows: u64 = files.iter().map(|file| file.rows).sum();
            t.execute(
                "INSERT INTO imports (id, store_id, status, started_at, finished_at, paths, stored) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
                params![
                    import,
                    id,
                    ImportStatus::Completed.name(),
                    now,
                    r#"["(data files, when the catalog was made anew)"]"#,
                    integer(rows)
                ],
            )?;
            files.iter().try_for_each(|file| insert_data_file(t, store.id, import, file))
        })
    }

    /// Returns what SQLite finds wrong with the catalog.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn integrity(&self) -> Result<Vec<String>, StoreError> {
        let mut wrong = self.list("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?;
        wrong.retain(|line| line != "ok");
        let orphans = self.list("PRAGMA foreign_key_check", [], |row| row.get::<_, String>(0))?;
        wrong.extend(
            orphans.into_iter().map(|table| format!("a row of {table} belongs to nothing")),
        );
        Ok(wrong)
    }

    /// Moves what is in the log into the file, which then is whole by itself.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        let journal = |_: &Row<'_>| Ok(());
        self.lock()
            .pragma_update_and_check(None, "journal_mode", "DELETE", journal)
            .map_err(|error| self.wrong(error))
    }

    /// Returns the files that a catalog at `path` consists of.
    pub(super) fn files(path: &Path) -> [PathBuf; 3] {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        [path.to_owned(), beside("-wal"), beside("-shm")]
    }

    /// Returns the data files of a store, oldest events first.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn data_files(&self, store: StoreId) -> Result<Vec<DataFile>, StoreError> {
        let select = rows::select_data_file(self.version);
        let sql = format!("{select} WHERE store_id = ?1 ORDER BY day, min_time, path");
        self.list(&sql, [store.to_string()], data_file)
    }

    /// Returns the data files of one day of a store; `None` is the partition without a time.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn data_files_of_day(
        &self,
        store: StoreId,
        day: Option<NaiveDate>,
    ) -> Result<Vec<DataFile>, StoreError> {
        let select = rows::select_data_file(self.version);
        let sql = format!("{select} WHERE store_id = ?1 AND day IS ?2");
        let day = day.map(|d| d.to_string());
        self.list(&sql, params![store.to_string(), day], data_file)
    }

    /// Lists a data file, which from then on exists. Each file of `replaced` gives its place to another
    /// one, or to none, at the same moment.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn add_data_file(
        &self,
        store: StoreId,
        import: &str,
        file: &DataFile,
        replaced: &[(String, Option<DataFile>)],
    ) -> Result<(), StoreError> {
        self.transact(|t| {
            insert_data_file(t, store, import, file)?;
            let stored = "UPDATE imports SET stored = stored + ?2 WHERE id = ?1";
            t.execute(stored, params![import, integer(file.rows)])?;
            for (old, new) in replaced {
                let of_old = params![store.to_string(), old];
                let import: String = t.query_row(
                    "DELETE FROM data_files WHERE store_id = ?1 AND path = ?2 RETURNING import_id",
                    of_old,
                    |row| row.get(0),
                )?;
                if let Some(new) = new {
                    insert_data_file(t, store, &import, new)?;
                }
            }
            Ok(())
        })
    }

    /// Lists `new` in the place of the files whose events it holds.
    ///
    /// # Errors
    /// When one of them is not listed any more, or the catalog cannot be written.
    pub(super) fn merge_data_files(
        &self,
        store: StoreId,
        old: &[DataFile],
        new: &DataFile,
    ) -> Result<(), StoreError> {
        let id = store.to_string();
        self.transact(|t| {
            let sql =
                "DELETE FROM data_files WHERE store_id = ?1 AND path = ?2 RETURNING import_id";
            let mut remove = t.prepare(sql)?;
            // It is told to be of the latest import.
            let mut import = String::new();
            for file in old {
                let of: String = remove.query_row([&id, &file.path], |row| row.get(0))?;
                import = import.max(of);
            }
            insert_data_file(t, store, &import, new)
        })
    }

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
                ("INSERT OR REPLACE INTO sources VALUES (?1, ?2, ?3, ?4, ?5)", done),
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

    /// Returns the earliest and latest event time, rows and bytes of a store.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn totals(&self, store: StoreId) -> Result<Totals, StoreError> {
        let connection = self.lock();
        connection
            .query_row(
                "SELECT count(*), coalesce(sum(rows), 0), coalesce(sum(bytes), 0), coalesce(sum(json_bytes), 0), \
                 min(min_time), max(max_time), count(DISTINCT day) FROM data_files WHERE store_id = ?1",
                [store.to_string()],
                rows::totals,
            )
            .map_err(|error| self.wrong(error))
    }
}

/// Gives a store other selectors, or none. What selectors kept out may be let through from now on, so files
/// that were imported, or whose failure was accepted, are then read again.
fn set_selectors(
    transaction: &Transaction<'_>,
    store: &str,
    selectors: Option<&AdvancedEventSelectors>,
) -> rusqlite::Result<()> {
    let selectors = selectors.map(AdvancedEventSelectors::to_json);
    let sql = "SELECT selectors FROM stores WHERE id = ?1";
    let before: Option<String> = transaction.query_row(sql, [store], |row| row.get(0))?;
    if before.is_some() && before != selectors {
        transaction.execute("DELETE FROM sources WHERE store_id = ?1", [store])?;
        let sql = "UPDATE failed_sources SET accepted_at = NULL WHERE store_id = ?1";
        transaction.execute(sql, [store])?;
    }
    let sql = "UPDATE stores SET selectors = ?2 WHERE id = ?1";
    transaction.execute(sql, params![store, selectors]).map(|_| ())
}

fn insert_data_file(
    transaction: &Transaction<'_>,
    store: StoreId,
    import: &str,
    file: &DataFile,
) -> rusqlite::Result<()> {
    transaction
        .execute(
            "INSERT INTO data_files (store_id, path, format, day, rows, bytes, json_bytes, min_time, \
             max_time, import_id, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                store.to_string(),
                file.path,
                file.format.name(),
                file.day.map(|d| d.to_string()),
                integer(file.rows),
                integer(file.bytes),
                integer(file.json_bytes),
                file.min_time,
                file.max_time,
                import,
                file.sha256
            ],
        )
        .map(|_| ())
}

/// Comes to a step at which tests ask for faults.
fn reach(step: Step) -> rusqlite::Result<()> {
    let failed = |error: std::io::Error| {
        let code = match error.kind() {
            std::io::ErrorKind::StorageFull => rusqlite::ffi::SQLITE_FULL,
            _ => rusqlite::ffi::SQLITE_IOERR,
        };
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    };
    fault::at(step).map_err(failed)
}

/// SQLite's integers are signed; no count of ours comes near their end.
fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Whether the file, or the folder of its log, cannot be written.
fn is_write_protected(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columnar::Format;

    #[test]
    fn a_protected_catalog_is_read_if_its_log_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("50% # of?.sqlite");
        assert!(Catalog::open_protected(&path).is_err(), "there is none");
        let catalog = Catalog::open(&path, true).unwrap();
        let store = StoreRow {
            id: StoreId::random(),
            name: "incident".to_owned(),
            schema: crate::event::EventSchema::Insight,
            format: Format::Orc,
            retention_days: None,
            created_at: 0,
            selectors: None,
            life: StoreLife::default(),
        };
        catalog.add_store(&store).unwrap();
        assert!(Catalog::open_protected(&path).is_err(), "the store is still in the log");
        drop(catalog);
        let names: Vec<_> = Catalog::open_protected(&path).unwrap().stores().unwrap();
        assert_eq!(names[0], store);
        let protected = Catalog::open_protected(&path).unwrap();
        let again = protected.add_store(&store);
        assert!(
            matches!(again, Err(StoreError::Catalog { error, .. }) if is_write_protected(&error))
        );
    }

    #[test]
    fn a_catalog_of_version_1_is_read_as_it_is_and_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("catalog.sqlite");
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lakes/v1/catalog.sqlite");
        std::fs::copy(kept, &path).unwrap();
        let names = |catalog: &Catalog| {
            let stores = catalog.stores().unwrap();
            assert!(stores.iter().all(|store| store.selectors.is_none()));
            assert_eq!(catalog.imports().unwrap().len(), 3);
            stores.into_iter().map(|store| store.name).collect::<Vec<_>>()
        };
        let wanted = ["arrows", "default", "incident-42"];
        assert_eq!(names(&Catalog::open_protected(&path).unwrap()), wanted);
        let catalog = Catalog::open(&path, true).unwrap();
        assert_eq!(names(&catalog), wanted);
        let store = catalog.store("default").unwrap().unwrap();
        assert_eq!(catalog.known_files(store.id, i64::MAX).unwrap().len(), 10);
        drop(catalog);
        let connection = Connection::open(&path).unwrap();
        let version: i64 =
            connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION);
    }
}
