//! What trails keep until it is in a bucket: the trails themselves, records, and files.
//!
//! A record is one row for each trail that takes it. When a file is made of records, the same transaction takes them away; so
//! each is in the journal as a record or in a file, and the file stays the same until it is delivered, however often that
//! is tried.

use super::AuditError;
use super::record::Record;
use super::trail::Trail;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS trails (id TEXT PRIMARY KEY, trail TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    trail TEXT NOT NULL,
    at INTEGER NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS records_trail ON records (trail, id);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    trail TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    -- The packed file, until it is delivered.
    body BLOB,
    metadata TEXT NOT NULL,
    content TEXT NOT NULL,
    delivered_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS files_trail ON files (trail, id);
";

const FILE_COLUMNS: &str = "id, bucket, key, body, metadata, content";

/// The journal.
#[derive(Debug)]
pub(super) struct Journal(Mutex<Connection>);

/// Records of a trail that go into one file.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) records: Vec<String>,
    pub(super) oldest: i64,
    pub(super) newest: i64,
    last: i64,
}

/// A file that is to be delivered.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) bucket: String,
    pub(super) key: String,
    /// Packed.
    pub(super) body: Vec<u8>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) content: Content,
}

/// A file of the journal.
#[derive(Debug)]
pub(super) struct File {
    pub(super) id: i64,
    pub(super) file: NewFile,
}

/// What is in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Content {
    /// Records.
    Log {
        /// SHA-256 of its unpacked text, in hexadecimal digits.
        hash: String,
        /// Time of its oldest event, in milliseconds since 1970 UTC.
        oldest: i64,
        /// The same of the newest.
        newest: i64,
    },
    /// A digest.
    Digest,
}

impl Journal {
    /// Opens the journal. What a `durable` one has committed is on the disk, with all that was committed before by others.
    pub(super) fn open(path: &Path, durable: bool) -> Result<Self, AuditError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        if !durable {
            // Whoever delivers does it, so that no call waits for the disk.
            let checkpoint = "wal_autocheckpoint";
            connection.pragma_update_and_check(None, checkpoint, 0, |_| Ok(()))?;
        }
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A transaction that was not committed is rolled back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn trails(&self) -> Result<Vec<Trail>, AuditError> {
        let connection = self.lock();
        let mut select = connection.prepare_cached("SELECT trail FROM trails ORDER BY rowid")?;
        let texts = select.query_map([], |row| row.get::<_, String>(0))?;
        texts.map(|text| Ok(serde_json::from_str(&text?)?)).collect()
    }

    pub(super) fn insert(&self, trail: &Trail) -> Result<(), AuditError> {
        let text = serde_json::to_string(trail)?;
        let connection = self.lock();
        let sql = "INSERT INTO trails (id, trail) VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute(params![trail.id.to_string(), text])?;
        Ok(())
    }

    /// Changes a trail while nobody else does; returns it as it is then, or `None` if it is gone.
    pub(super) fn change(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Trail),
    ) -> Result<Option<Trail>, AuditError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changed = changed(&transaction, id, change)?;
        transaction.commit()?;
        Ok(changed)
    }

    /// Forgets a trail, and what it has.
    pub(super) fn remove(&self, id: Uuid) -> Result<(), AuditError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let id = id.to_string();
        transaction.execute("DELETE FROM records WHERE trail = ?1", [&id])?;
        transaction.execute("DELETE FROM files WHERE trail = ?1", [&id])?;
        transaction.execute("DELETE FROM trails WHERE id = ?1", [&id])?;
        Ok(transaction.commit()?)
    }

    /// Keeps a record for trails.
    pub(super) fn append(&self, trails: &[Uuid], record: &Record) -> Result<(), AuditError> {
        if trails.is_empty() {
            return Ok(());
        }
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for trail in trails {
            // It may have been deleted since the call was selected.
            let sql = "INSERT INTO records (trail, at, record) SELECT ?1, ?2, ?3
                WHERE EXISTS (SELECT 1 FROM trails WHERE id = ?1)";
            let values = params![trail.to_string(), record.at, record.text];
            transaction.prepare_cached(sql)?.execute(values)?;
        }
        Ok(transaction.commit()?)
    }

    /// Returns the oldest records of a trail, so many bytes of them, and one at least; `None` if it has none.
    pub(super) fn batch(&self, trail: Uuid, most: usize) -> Result<Option<Batch>, AuditError> {
        let connection = self.lock();
        let sql = "SELECT id, at, record FROM records WHERE trail = ?1 ORDER BY id";
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query([trail.to_string()])?;
        let (mut batch, mut bytes) = (None, 0);
        while bytes < most
            && let Some(row) = rows.next()?
        {
            let (last, at, record): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let begin = || Batch { records: Vec::new(), oldest: at, newest: at, last };
            let batch = batch.get_or_insert_with(begin);
            bytes += record.len();
            batch.records.push(record);
            batch.oldest = batch.oldest.min(at);
            batch.newest = batch.newest.max(at);
            batch.last = last;
        }
        Ok(batch)
    }

    /// Puts a file in the place of the records that are in it.
    pub(super) fn pack(
        &self,
        trail: Uuid,
        batch: &Batch,
        file: &NewFile,
    ) -> Result<(), AuditError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        add(&transaction, trail, file)?;
        let sql = "DELETE FROM records WHERE trail = ?1 AND id <= ?2";
        transaction.execute(sql, params![trail.to_string(), batch.last])?;
        Ok(transaction.commit()?)
    }

    /// Adds a digest file, in the place of the log files that it lists, and changes the trail.
    pub(super) fn add_digest(
        &self,
        trail: Uuid,
        file: &NewFile,
        listed: &[i64],
        change: impl FnOnce(&mut Trail),
    ) -> Result<(), AuditError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        add(&transaction, trail, file)?;
        for id in listed {
            transaction.prepare_cached("DELETE FROM files WHERE id = ?1")?.execute([id])?;
        }
        changed(&transaction, trail, change)?;
        Ok(transaction.commit()?)
    }

    /// Returns the oldest file of a trail that is not delivered.
    pub(super) fn waiting(&self, trail: Uuid) -> Result<Option<File>, AuditError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {FILE_COLUMNS} FROM files
            WHERE trail = ?1 AND delivered_at IS NULL ORDER BY id LIMIT 1"
        );
        let mut select = connection.prepare_cached(&sql)?;
        select.query_row([trail.to_string()], |row| Ok(file(row))).optional()?.transpose()
    }

    /// Notes that a file is delivered. It is kept, without its body, if a digest file is to list it.
    pub(super) fn delivered(&self, id: i64, keep: bool, now: i64) -> Result<(), AuditError> {
        let connection = self.lock();
        match keep {
            true => {
                let sql = "UPDATE files SET body = NULL, delivered_at = ?2 WHERE id = ?1";
                connection.prepare_cached(sql)?.execute([id, now])?
            }
            false => connection.prepare_cached("DELETE FROM files WHERE id = ?1")?.execute([id])?,
        };
        Ok(())
    }

    /// Returns the files of a trail that were delivered before a moment.
    pub(super) fn listed(&self, trail: Uuid, before: i64) -> Result<Vec<File>, AuditError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {FILE_COLUMNS} FROM files WHERE trail = ?1 AND delivered_at < ?2 ORDER BY id"
        );
        let mut select = connection.prepare_cached(&sql)?;
        let files = select.query_map(params![trail.to_string(), before], |row| Ok(file(row)))?;
        files.map(|file| file?).collect()
    }

    /// Forgets the delivered files of a trail that no digest file will list.
    pub(super) fn forget_delivered(&self, trail: Uuid) -> Result<(), AuditError> {
        let sql = "DELETE FROM files WHERE trail = ?1 AND delivered_at IS NOT NULL";
        self.lock().execute(sql, [trail.to_string()])?;
        Ok(())
    }

    /// Puts another file in the place of one, and changes the trail.
    pub(super) fn replace(
        &self,
        trail: Uuid,
        id: i64,
        file: &NewFile,
        change: impl FnOnce(&mut Trail),
    ) -> Result<(), AuditError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "UPDATE files SET bucket = ?2, key = ?3, body = ?4, metadata = ?5 WHERE id = ?1";
        let metadata = serde_json::to_string(&file.metadata)?;
        transaction.execute(sql, params![id, file.bucket, file.key, file.body, metadata])?;
        changed(&transaction, trail, change)?;
        Ok(transaction.commit()?)
    }
}

fn changed(
    transaction: &Transaction<'_>,
    id: Uuid,
    change: impl FnOnce(&mut Trail),
) -> Result<Option<Trail>, AuditError> {
    let mut select = transaction.prepare_cached("SELECT trail FROM trails WHERE id = ?1")?;
    let text = select.query_row([id.to_string()], |row| row.get::<_, String>(0)).optional()?;
    let Some(text) = text else { return Ok(None) };
    let mut trail: Trail = serde_json::from_str(&text)?;
    change(&mut trail);
    let text = serde_json::to_string(&trail)?;
    let mut update = transaction.prepare_cached("UPDATE trails SET trail = ?2 WHERE id = ?1")?;
    update.execute(params![id.to_string(), text])?;
    Ok(Some(trail))
}

fn add(transaction: &Transaction<'_>, trail: Uuid, file: &NewFile) -> Result<(), AuditError> {
    let sql = "INSERT INTO files (trail, bucket, key, body, metadata, content)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let metadata = serde_json::to_string(&file.metadata)?;
    let content = serde_json::to_string(&file.content)?;
    let values = params![trail.to_string(), file.bucket, file.key, file.body, metadata, content];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn file(row: &Row<'_>) -> Result<File, AuditError> {
    let metadata: String = row.get(4)?;
    let content: String = row.get(5)?;
    Ok(File {
        id: row.get(0)?,
        file: NewFile {
            bucket: row.get(1)?,
            key: row.get(2)?,
            body: row.get::<_, Option<Vec<u8>>>(3)?.unwrap_or_default(),
            metadata: serde_json::from_str(&metadata)?,
            content: serde_json::from_str(&content)?,
        },
    })
}
