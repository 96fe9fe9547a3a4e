//! What stores are fed from.

use super::{Catalog, StoreRow, WatchedSource};
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use rusqlite::{Row, params};

/// The version of the catalog that began to have them.
const SINCE: i64 = 7;

impl Catalog {
    /// Notes a source, or what is wanted of it now.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn add_watched_source(&self, source: &WatchedSource) -> Result<(), StoreError> {
        let WatchedSource { store, location, wish, added_at } = source;
        self.transact(|t| {
            t.execute(
                "INSERT INTO watched_sources VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (store_id, location) DO UPDATE SET wish = ?3",
                params![store.to_string(), location, wish, added_at],
            )
            .map(|_| ())
        })
    }

    /// Forgets a source; what came from it stays. Returns whether there was one.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn remove_watched_source(
        &self,
        store: StoreId,
        location: &str,
    ) -> Result<bool, StoreError> {
        self.transact(|t| {
            let sql = "DELETE FROM watched_sources WHERE store_id = ?1 AND location = ?2";
            t.execute(sql, params![store.to_string(), location]).map(|removed| removed > 0)
        })
    }

    /// Returns the sources of a store, or of all stores, with their stores: those of a store in the order in which they
    /// were added.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn watched_sources(
        &self,
        store: Option<StoreId>,
    ) -> Result<Vec<(StoreRow, WatchedSource)>, StoreError> {
        if self.version < SINCE {
            return Ok(Vec::new());
        }
        let sql = "SELECT location, wish, added_at FROM watched_sources WHERE store_id = ?1 \
                   ORDER BY added_at, location";
        let mut watched = Vec::new();
        for row in self.stores()?.into_iter().filter(|row| store.is_none_or(|id| row.id == id)) {
            let store = row.id;
            let sources = self.list(sql, [store.to_string()], |row: &Row<'_>| {
                let (location, wish, added_at) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(WatchedSource { store, location, wish, added_at })
            })?;
            watched.extend(sources.into_iter().map(|source| (row.clone(), source)));
        }
        Ok(watched)
    }
}
