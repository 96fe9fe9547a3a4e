//! Imports that are listed before they begin, and those that ended without saying so.

use super::super::catalog::ImportStatus;
use super::super::error::StoreError;
use super::super::lake::Lake;
use super::super::locks::WriteLock;
use super::super::names::StoreId;

impl Lake {
    /// Lists an import into a store that is to begin, and returns its id, for [`ImportOptions::id`].
    ///
    /// [`ImportOptions::id`]: super::ImportOptions::id
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn announce_import(&self, store: StoreId, paths: &[String]) -> Result<String, StoreError> {
        let id = self.new_id().to_string();
        self.announce_run(&id, store, paths)?;
        Ok(id)
    }

    /// Lists a further run of an import.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn announce_run(
        &self,
        id: &str,
        store: StoreId,
        paths: &[String],
    ) -> Result<(), StoreError> {
        let paths = serde_json::to_string(paths).map_err(|e| StoreError::Bug(e.to_string()))?;
        self.catalog().announce_import(id, store, &paths, self.now_millis())
    }

    /// Notes how an import ended that was announced and could not begin, or not go on.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn give_up_import(&self, id: &str, status: ImportStatus) -> Result<(), StoreError> {
        self.catalog().give_up_import(id, status, self.now_millis())
    }

    /// Notes of imports that were killed that they are stopped: nobody changes their stores.
    ///
    /// # Errors
    /// When the catalog cannot be read or written.
    pub fn stop_dead_imports(&self) -> Result<(), StoreError> {
        for store in self.catalog().stores_with_imports()? {
            if let Ok(Some(_lock)) = WriteLock::try_take(&self.paths().write_lock(store)) {
                self.catalog().stop_dead_imports(store)?;
            }
        }
        Ok(())
    }

    /// Whether an import into a store is running.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn is_importing(&self, store: StoreId) -> Result<bool, StoreError> {
        let running = self.catalog().stores_with_imports()?.contains(&store);
        Ok(running && self.is_changing(store))
    }
}
