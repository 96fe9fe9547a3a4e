//! Imports that are listed before they begin, and those that ended without saying so.

use super::{Catalog, ImportStatus};
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use rusqlite::{Transaction, params};

impl Catalog {
    /// Lists an import that is to begin, or to begin again.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn announce_import(
        &self,
        id: &str,
        store: StoreId,
        paths: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO imports (id, store_id, status, started_at, paths) \
            VALUES (?1, ?2, ?3, ?4, ?5) \
            ON CONFLICT (id) DO UPDATE SET status = excluded.status, finished_at = NULL";
        let status = ImportStatus::Initializing.name();
        self.transact(|t| {
            t.execute(sql, params![id, store.to_string(), status, now, paths]).map(|_| ())
        })
    }

    /// Notes how an import ended that has no report.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn give_up_import(
        &self,
        id: &str,
        status: ImportStatus,
        now: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE imports SET status = ?2, finished_at = ?3 WHERE id = ?1";
        self.transact(|t| t.execute(sql, params![id, status.name(), now]).map(|_| ()))
    }

    /// Notes of all imports that wait that they were stopped.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn stop_waiting_imports(&self) -> Result<(), StoreError> {
        let [waits, stopped] = [ImportStatus::Initializing, ImportStatus::Stopped];
        let sql = "UPDATE imports SET status = ?2 WHERE status = ?1";
        self.transact(|t| t.execute(sql, [waits.name(), stopped.name()]).map(|_| ()))
    }

    /// Notes of the imports into a store that have not ended that they were stopped. The store's write lock is held.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub(in crate::store) fn stop_dead_imports(&self, store: StoreId) -> Result<(), StoreError> {
        self.transact(|t| stop_dead_imports(t, store))
    }

    /// Returns the stores into which imports are running, or were when they were killed.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn stores_with_imports(&self) -> Result<Vec<StoreId>, StoreError> {
        let sql = "SELECT DISTINCT store_id FROM imports WHERE status = ?1";
        let ids =
            self.list(sql, [ImportStatus::InProgress.name()], |row| row.get::<_, String>(0))?;
        Ok(ids.iter().filter_map(|id| StoreId::parse(id)).collect())
    }
}

/// The store's write lock is held, so no import into it is running.
pub(super) fn stop_dead_imports(t: &Transaction<'_>, store: StoreId) -> rusqlite::Result<()> {
    let [running, stopped] = [ImportStatus::InProgress, ImportStatus::Stopped];
    let sql = "UPDATE imports SET status = ?2 WHERE store_id = ?1 AND status = ?3";
    t.execute(sql, params![store.to_string(), stopped.name(), running.name()]).map(|_| ())
}
