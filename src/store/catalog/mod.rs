//! The catalog: one SQLite file that says what a lake holds.
//!
//! Every change is a transaction. What the catalog does not list does not exist, even if its file is in
//! a folder.

mod announced;
mod data_files;
mod imports;
mod rows;
mod seen;
mod sent;
mod stores;
mod watched;

pub use imports::MAX_LOOKUPS;
pub use rows::{
    DataFile, ImportEnd, ImportRow, ImportStatus, KnownFile, LedgerEntry, REPLACED_BYTES,
    RecordedFailure, SHARED_EVENT_ID, StoreLife, StoreRow, StoreSize, StoreStatus, Totals,
    WatchedSource,
};
pub use seen::Moment;
pub(super) use sent::SentCounts;

use super::error::StoreError;
use super::fault::{self, Step};
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Transaction};
use seen::Seen;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What each version of the catalog added to the one before it.
const MIGRATIONS: [&str; 9] = [
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
    include_str!("schema-7.sql"),
    include_str!("schema-8.sql"),
    include_str!("schema-9.sql"),
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
    seen: Mutex<Seen>,
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
        let connection = Mutex::new(connection);
        Ok(Self { path: path.to_owned(), version: found, connection, seen: Mutex::default() })
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
        let seen = Mutex::default();
        let catalog = Self { path: path.to_owned(), version: VERSION, connection, seen };
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
    use crate::store::names::StoreId;

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
            record_form: crate::event::RecordForm::Derived,
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
    fn what_was_seen_holds_until_somebody_changes_the_catalog() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("catalog.sqlite");
        let [one, other] = [(); 2].map(|()| Catalog::open(&path, true).unwrap());
        let store = StoreRow {
            id: StoreId::random(),
            name: "incident".to_owned(),
            schema: crate::event::EventSchema::CloudTrail,
            format: Format::Orc,
            record_form: crate::event::RecordForm::default(),
            retention_days: None,
            created_at: 0,
            selectors: None,
            life: StoreLife::default(),
        };
        let rename = |catalog: &Catalog, name: &str| {
            let sql = "UPDATE stores SET name = ?1";
            catalog.transact(|t| t.execute(sql, [name])).unwrap();
        };
        let seen = |catalog: &Catalog, name| catalog.store_seen(name).unwrap().is_some();
        assert!(!seen(&one, "incident") && !seen(&other, "incident"));
        one.add_store(&store).unwrap();
        assert!(seen(&one, "incident") && seen(&other, "incident"));
        assert_eq!(one.data_files_seen(store.id).unwrap().len(), 0);
        rename(&one, "later");
        assert!(!seen(&one, "incident") && seen(&one, "later") && seen(&other, "later"));
        rename(&other, "last");
        assert!(!seen(&one, "later") && seen(&one, "last") && seen(&one, "last"));
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
