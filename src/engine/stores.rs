//! Table names to event data stores.

use super::table::EventDataStore;
use super::text::CURRENT_STORE;
use crate::store::{Lake, StoreError, StoreRow};
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use traillake_orc::read::ChunkCache;

/// The stores of a lake as tables: each by its id and its name, the current one by
/// `event_data_store`, too.
#[derive(Debug)]
pub(super) struct Stores {
    lake: Arc<Lake>,
    current: RwLock<Option<StoreRow>>,
    chunks: OnceLock<Arc<ChunkCache>>,
}

impl Stores {
    /// The lake whose stores they are.
    pub(super) fn lake(&self) -> &Lake {
        &self.lake
    }

    pub(super) fn new(lake: Arc<Lake>, current: Option<StoreRow>) -> Self {
        Self { lake, current: RwLock::new(current), chunks: OnceLock::new() }
    }

    pub(super) fn choose(&self, store: Option<StoreRow>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = store;
    }

    pub(super) fn keep(&self, bytes: usize) {
        self.chunks.get_or_init(|| Arc::new(ChunkCache::new(bytes)));
    }

    fn current(&self) -> Option<StoreRow> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        matches!(self.lake.catalog().store(name), Ok(Some(_)))
    }

    /// Names of the stores, and of the views that are not hidden by one.
    pub(super) fn names_and_views(&self) -> Vec<String> {
        let mut names = self.table_names();
        let views = super::view_names().map(str::to_owned);
        let views: Vec<_> = views.filter(|view| !names.contains(view)).collect();
        names.extend(views);
        names
    }

    fn find(&self, name: &str) -> Result<StoreRow, StoreError> {
        match self.current() {
            Some(current) if name == CURRENT_STORE => Ok(current),
            None if name == CURRENT_STORE => {
                let known = self.lake.catalog().stores()?.into_iter().map(|s| s.name).collect();
                Err(StoreError::NoCurrent { known })
            }
            _ => self.lake.store(name),
        }
    }
}

#[async_trait]
impl SchemaProvider for Stores {
    fn table_names(&self) -> Vec<String> {
        let stores = self.lake.catalog().stores().unwrap_or_default();
        let current = self.current().into_iter().map(|_| CURRENT_STORE.to_owned());
        current.chain(stores.into_iter().map(|s| s.name.to_lowercase())).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let external = |error: StoreError| DataFusionError::External(Box::new(error));
        let store = self.find(name).map_err(external)?;
        let table = EventDataStore::open(&self.lake, &store, self.chunks.get().cloned())
            .map_err(external)?;
        Ok(Some(Arc::new(table)))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }
}
