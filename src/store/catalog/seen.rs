//! What was read of the catalog for one query, and holds for the next as long as nobody has changed the catalog.

use super::{Catalog, DataFile, StoreRow};
use crate::store::error::StoreError;
use crate::store::names::StoreId;
use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

/// Answers of the catalog, all of one moment.
#[derive(Debug, Default)]
pub(super) struct Seen {
    moment: Option<Moment>,
    stores: HashMap<String, Option<StoreRow>>,
    files: HashMap<StoreId, Arc<[DataFile]>>,
}

/// A state of the catalog, which it does not come back to once somebody has changed it: SQLite's `data_version`, which
/// changes when another connection commits, and how many rows this one has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(i64, u64);

impl Catalog {
    /// Returns what [`Self::store`] does, without asking again while nothing has changed.
    ///
    /// # Errors
    /// As [`Self::store`].
    pub fn store_seen(&self, wanted: &str) -> Result<Option<StoreRow>, StoreError> {
        if let Some(known) = self.seen()?.stores.get(wanted) {
            return Ok(known.clone());
        }
        let store = self.store(wanted)?;
        self.lock_seen().stores.insert(wanted.to_owned(), store.clone());
        Ok(store)
    }

    /// Returns what [`Self::data_files`] does, without asking again while nothing has changed.
    ///
    /// # Errors
    /// As [`Self::data_files`].
    pub fn data_files_seen(&self, store: StoreId) -> Result<Arc<[DataFile]>, StoreError> {
        if let Some(known) = self.seen()?.files.get(&store) {
            return Ok(Arc::clone(known));
        }
        let files: Arc<[DataFile]> = self.data_files(store)?.into();
        self.lock_seen().files.insert(store, Arc::clone(&files));
        Ok(files)
    }

    /// Returns the state that the catalog is in.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn moment(&self) -> Result<Moment, StoreError> {
        let connection = self.lock();
        let version =
            || connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0));
        Ok(Moment(version().map_err(|error| self.wrong(error))?, connection.total_changes()))
    }

    /// Returns what still holds. What is read after this and added is at least as new as the moment it is kept for.
    fn seen(&self) -> Result<MutexGuard<'_, Seen>, StoreError> {
        let moment = self.moment()?;
        let mut seen = self.lock_seen();
        if seen.moment != Some(moment) {
            *seen = Seen { moment: Some(moment), ..Seen::default() };
        }
        Ok(seen)
    }

    fn lock_seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
