//! The queries of the last days, in a SQLite file: what was asked, when, and what became of it.
//!
//! A commit survives the end of the process, but not necessarily that of the machine; waiting for the disk would take
//! longer than most queries do.

use super::{QueryDelivery, QueryError, QueryRecord, QueryStatistics, QueryStatus, aliases};
use crate::server::delivery::DeliveryStatus;
use crate::store::StoreId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS queries (
    id TEXT PRIMARY KEY,
    statement TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    error TEXT,
    rows INTEGER NOT NULL DEFAULT 0,
    scanned INTEGER NOT NULL DEFAULT 0,
    matched INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    millis INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS queries_created_at ON queries (created_at);
CREATE TABLE IF NOT EXISTS query_stores (
    query TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    store TEXT NOT NULL,
    PRIMARY KEY (query, store)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    query TEXT PRIMARY KEY REFERENCES queries (id) ON DELETE CASCADE,
    uri TEXT NOT NULL,
    labels TEXT NOT NULL DEFAULT '[]',
    delivery_status TEXT NOT NULL DEFAULT 'PENDING',
    delivery_error TEXT
) STRICT, WITHOUT ROWID;
";

const COLUMNS: &str =
    "id, statement, status, created_at, ended_at, error, rows, scanned, matched, bytes, millis,
    uri, labels, delivery_status, delivery_error";
const QUERIES: &str = "queries LEFT JOIN deliveries ON deliveries.query = id";

/// The journal.
#[derive(Debug)]
pub(super) struct Journal(Mutex<Connection>);

/// Which queries are listed: of a store, the newest first.
#[derive(Debug, Clone, Copy)]
pub struct QueryFilter {
    /// The store that they read.
    pub store: StoreId,
    /// Created at this moment or later, in milliseconds since 1970 UTC.
    pub from: i64,
    /// Created before this moment or at it.
    pub to: i64,
    /// Of this status; `None`: any.
    pub status: Option<QueryStatus>,
}

impl Journal {
    pub(super) fn open(path: &Path) -> Result<Self, QueryError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch(aliases::SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        // A transaction that was not committed is rolled back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, query: &QueryRecord, stores: &[StoreId]) -> Result<(), QueryError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction
            .prepare_cached(
                "INSERT INTO queries (id, statement, status, created_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                query.id.to_string(),
                query.statement,
                query.status.name(),
                query.created_at
            ])?;
        reads(&transaction, query.id, stores)?;
        if let Some(delivery) = &query.delivery {
            let sql = "INSERT INTO deliveries (query, uri) VALUES (?1, ?2)";
            transaction.prepare_cached(sql)?.execute([&query.id.to_string(), &delivery.uri])?;
        }
        Ok(transaction.commit()?)
    }

    /// Notes that a query that waited runs.
    pub(super) fn begin(&self, id: Uuid) -> Result<(), QueryError> {
        let connection = self.lock();
        let sql = "UPDATE queries SET status = 'RUNNING' WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.to_string()])?;
        Ok(())
    }

    pub(super) fn end(
        &self,
        id: Uuid,
        status: QueryStatus,
        (statistics, error): (&QueryStatistics, Option<&str>),
        ended_at: i64,
    ) -> Result<(), QueryError> {
        let connection = self.lock();
        let mut update = connection.prepare_cached(
            "UPDATE queries SET status = ?2, ended_at = ?3, error = ?4, rows = ?5, scanned = ?6, matched = ?7,
                bytes = ?8, millis = ?9 WHERE id = ?1",
        )?;
        let integer = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        update.execute(params![
            id.to_string(),
            status.name(),
            ended_at,
            error,
            integer(statistics.rows),
            integer(statistics.events_scanned),
            integer(statistics.events_matched),
            integer(statistics.bytes_scanned),
            integer(statistics.millis),
        ])?;
        Ok(())
    }

    /// Notes of queries that were running when the process ended that they failed.
    pub(super) fn end_all_running(&self, error: &str, now: i64) -> Result<(), QueryError> {
        let sql = "UPDATE queries SET status = 'FAILED', error = ?1, ended_at = ?2
            WHERE status IN ('QUEUED', 'RUNNING')";
        self.lock().execute(sql, params![error, now])?;
        Ok(())
    }

    pub(super) fn get(&self, id: Uuid) -> Result<Option<QueryRecord>, QueryError> {
        let connection = self.lock();
        let sql = format!("SELECT {COLUMNS} FROM {QUERIES} WHERE id = ?1");
        let mut select = connection.prepare_cached(&sql)?;
        Ok(select.query_row([id.to_string()], record).optional()?)
    }

    /// Returns queries behind `after`, a moment and an id; of all that `filter` wants `most` at most.
    pub(super) fn list(
        &self,
        filter: &QueryFilter,
        after: Option<(i64, Uuid)>,
        most: u64,
    ) -> Result<Vec<QueryRecord>, QueryError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {COLUMNS} FROM {QUERIES}
            WHERE id IN (SELECT query FROM query_stores WHERE store = ?1)
                AND created_at BETWEEN ?2 AND ?3 AND (?4 IS NULL OR status = ?4)
                AND (?5 IS NULL OR (created_at, id) < (?5, ?6))
            ORDER BY created_at DESC, id DESC LIMIT ?7"
        );
        let mut select = connection.prepare_cached(&sql)?;
        let (at, id) = after.map_or((None, None), |(at, id)| (Some(at), Some(id.to_string())));
        let rows = select.query_map(
            params![
                filter.store.to_string(),
                filter.from,
                filter.to,
                filter.status.map(QueryStatus::name),
                at,
                id,
                i64::try_from(most).unwrap_or(i64::MAX),
            ],
            record,
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes the labels of the columns of an answer that is to be delivered.
    pub(super) fn label(&self, id: Uuid, labels: &[String]) -> Result<(), QueryError> {
        let labels = serde_json::Value::from(labels).to_string();
        let sql = "UPDATE deliveries SET labels = ?2 WHERE query = ?1";
        self.lock().prepare_cached(sql)?.execute([id.to_string(), labels])?;
        Ok(())
    }

    /// Notes how a delivery ended.
    pub(super) fn delivered(
        &self,
        id: Uuid,
        status: DeliveryStatus,
        error: Option<&str>,
    ) -> Result<(), QueryError> {
        let sql =
            "UPDATE deliveries SET delivery_status = ?2, delivery_error = ?3 WHERE query = ?1";
        let connection = self.lock();
        connection.prepare_cached(sql)?.execute(params![id.to_string(), status.name(), error])?;
        Ok(())
    }

    /// Returns the queries whose answers are still to be delivered, the oldest first.
    pub(super) fn undelivered(&self) -> Result<Vec<Uuid>, QueryError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT id FROM {QUERIES} WHERE status = 'FINISHED' AND delivery_status = 'PENDING' ORDER BY ended_at"
        );
        let mut select = connection.prepare(&sql)?;
        let ids = select.query_map([], |row| id_at(row, 0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets queries that were created before a moment, and returns their ids.
    pub(super) fn forget(&self, before: i64) -> Result<Vec<Uuid>, QueryError> {
        let connection = self.lock();
        let sql = "DELETE FROM queries WHERE created_at < ?1 AND ended_at IS NOT NULL RETURNING id";
        let mut delete = connection.prepare_cached(sql)?;
        let ids = delete.query_map([before], |row| id_at(row, 0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }
}

fn reads(connection: &Connection, id: Uuid, stores: &[StoreId]) -> Result<(), QueryError> {
    let sql = "INSERT OR IGNORE INTO query_stores (query, store) VALUES (?1, ?2)";
    let mut insert = connection.prepare_cached(sql)?;
    for store in stores {
        insert.execute([id.to_string(), store.to_string()])?;
    }
    Ok(())
}

pub(super) fn id_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Uuid> {
    let text: String = row.get(at)?;
    Uuid::try_parse(&text).map_err(|error| wrong(at, error))
}

fn wrong(at: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error))
}

/// What is noted of the delivery of a query, which is of this status and had this error.
fn delivery(
    row: &Row<'_>,
    query: QueryStatus,
    query_error: Option<&String>,
) -> rusqlite::Result<Option<QueryDelivery>> {
    let Some(uri) = row.get(11)? else { return Ok(None) };
    let labels: String = row.get(12)?;
    let labels = serde_json::from_str(&labels).map_err(|error| wrong(12, error))?;
    let noted: String = row.get(13)?;
    let unknown = || wrong(13, std::io::Error::other(format!("no status of a delivery: {noted}")));
    let noted = DeliveryStatus::from_name(&noted).ok_or_else(unknown)?;
    let (status, error) = match query {
        QueryStatus::Queued | QueryStatus::Running => (DeliveryStatus::Pending, None),
        QueryStatus::Finished => (noted, row.get(14)?),
        QueryStatus::Cancelled => (DeliveryStatus::Cancelled, query_error.cloned()),
        QueryStatus::Failed | QueryStatus::TimedOut => {
            (DeliveryStatus::Failed, query_error.cloned())
        }
    };
    Ok(Some(QueryDelivery { uri, status, error, labels }))
}

fn record(row: &Row<'_>) -> rusqlite::Result<QueryRecord> {
    let status: String = row.get(2)?;
    let unknown = || wrong(2, std::io::Error::other(format!("no status of a query: {status}")));
    let status = QueryStatus::from_name(&status).ok_or_else(unknown)?;
    let count = |at: usize| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(at)?).unwrap_or_default())
    };
    let error = row.get(5)?;
    Ok(QueryRecord {
        id: id_at(row, 0)?,
        statement: row.get(1)?,
        status,
        created_at: row.get(3)?,
        ended_at: row.get(4)?,
        delivery: delivery(row, status, Option::as_ref(&error))?,
        error,
        statistics: QueryStatistics {
            rows: count(6)?,
            events_scanned: count(7)?,
            events_matched: count(8)?,
            bytes_scanned: count(9)?,
            millis: count(10)?,
        },
    })
}
