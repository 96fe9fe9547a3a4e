//! Table names to event data stores.

use super::import_of::Imports;
use super::routines::ROUTINES;
use super::table::EventDataStore;
use super::text::CURRENT_STORE;
use super::views;
use crate::event::EventSchema;
use crate::event::schema::FIELD_ALIASES;
use crate::store::{Lake, Snapshot, StoreError, StoreId, StoreRow};
use datafusion::catalog::TableProvider;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use traillake_orc::read::ChunkCache;
use traillake_planner::{Catalog, Routine};
use traillake_sql_types::error::{Code, SqlError, SqlResult, nearest};

/// The stores of a lake as tables: each by its id and its name, the current one by
/// `event_data_store`, too.
#[derive(Debug)]
pub(super) struct Stores {
    lake: Arc<Lake>,
    current: RwLock<Option<StoreRow>>,
    chunks: OnceLock<Arc<ChunkCache>>,
    /// A store whose files are the same for every statement.
    pinned: OnceLock<(StoreId, Arc<Snapshot>)>,
}

impl Stores {
    /// The lake whose stores they are.
    pub(super) fn lake(&self) -> &Lake {
        &self.lake
    }

    pub(super) fn new(lake: Arc<Lake>, current: Option<StoreRow>) -> Self {
        let current = RwLock::new(current);
        Self { lake, current, chunks: OnceLock::new(), pinned: OnceLock::new() }
    }

    pub(super) fn choose(&self, store: Option<StoreRow>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = store;
    }

    pub(super) fn keep(&self, bytes: usize) {
        self.chunks.get_or_init(|| Arc::new(ChunkCache::new(bytes)));
    }

    pub(super) fn pin(&self, store: StoreId, snapshot: Arc<Snapshot>) {
        self.pinned.get_or_init(|| (store, snapshot));
    }

    /// Returns the files that a store has for a statement that begins now.
    fn snapshot(&self, store: StoreId) -> Result<Arc<Snapshot>, StoreError> {
        match self.pinned.get() {
            Some((pinned, snapshot)) if *pinned == store => Ok(Arc::clone(snapshot)),
            _ => self.lake.snapshot(store).map(Arc::new),
        }
    }

    fn current(&self) -> Option<StoreRow> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The category of the current store, if there is one.
    pub(super) fn current_schema(&self) -> Option<EventSchema> {
        self.current().map(|store| store.schema)
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        matches!(self.lake.catalog().store(name), Ok(Some(_)))
    }

    /// Says why a view cannot be asked: it is made of columns that the current store does not have.
    fn no_view(&self, view: &str) -> String {
        let current = self.current();
        let store = current.as_ref().map_or("", |store| &store.name);
        let held = self.current_schema().unwrap_or_default().events();
        format!(
            "{view} is a view over CloudTrail events, and the store {store:?} holds {held}; choose another with --store"
        )
    }

    fn find(&self, name: &str) -> Result<StoreRow, StoreError> {
        match self.current() {
            // As it is now: it may have been deleted since.
            Some(current) if name == CURRENT_STORE => self.lake.store(&current.id.to_string()),
            None if name == CURRENT_STORE => {
                let known = self.lake.catalog().stores()?.into_iter().map(|s| s.name).collect();
                Err(StoreError::NoCurrent { known })
            }
            _ => self.lake.store(name),
        }
    }
}

/// The stores as one statement sees them, each with the files that it had when the statement first named it.
#[derive(Debug)]
pub(super) struct StatementStores<'a> {
    stores: &'a Stores,
    snapshots: RefCell<HashMap<StoreId, Arc<Snapshot>>>,
}

impl<'a> StatementStores<'a> {
    pub(super) fn new(stores: &'a Stores) -> Self {
        Self { stores, snapshots: RefCell::default() }
    }

    /// The category of the current store, if there is one.
    pub(super) fn current_schema(&self) -> Option<EventSchema> {
        self.stores.current_schema()
    }

    /// Returns what keeps the files that the statement reads where they are.
    pub(super) fn into_snapshots(self) -> Vec<Arc<Snapshot>> {
        self.snapshots.into_inner().into_values().collect()
    }

    fn open(&self, name: &str) -> Result<EventDataStore, StoreError> {
        let store = self.stores.find(name)?;
        store.check_not_deleted()?;
        let lake = &self.stores.lake;
        let snapshot = match self.snapshots.borrow_mut().entry(store.id) {
            Entry::Occupied(seen) => Arc::clone(seen.get()),
            Entry::Vacant(new) => Arc::clone(new.insert(self.stores.snapshot(store.id)?)),
        };
        let chunks = self.stores.chunks.get().cloned();
        let imports = Arc::new(Imports::new(Arc::clone(lake), store.id));
        let folder = lake.paths().store(store.id);
        Ok(EventDataStore::new(folder, store.schema, snapshot, imports, chunks))
    }
}

impl Catalog for StatementStores<'_> {
    fn catalog_name(&self) -> &str {
        "traillake"
    }

    fn schemas(&self) -> &[&str] {
        // Athena reaches a federated store as "aws:cloudtrail"."<id>".
        &["default", "aws:cloudtrail"]
    }

    fn names(&self) -> Vec<String> {
        let mut stores = self.stores.lake.catalog().stores().unwrap_or_default();
        stores.retain(|store| store.check_not_deleted().is_ok());
        let current = self
            .stores
            .current()
            .filter(|current| stores.iter().any(|store| store.id == current.id));
        let current = current.into_iter().map(|_| CURRENT_STORE.to_owned());
        let mut names: Vec<_> =
            current.chain(stores.into_iter().map(|store| store.name.to_lowercase())).collect();
        let views = views::names().filter(|view| self.view("default", view).is_some());
        names.extend(views.map(str::to_owned));
        names
    }

    fn table(&self, _: &str, name: &str) -> SqlResult<Arc<dyn TableProvider>> {
        match self.open(name) {
            Ok(table) => Ok(Arc::new(table)),
            Err(error) if error.is_damage() => {
                Err(SqlError::new(Code::Metastore, error.to_string()))
            }
            Err(StoreError::NotFound { .. }) if views::sql(name).is_some() => {
                Err(SqlError::new(Code::TableNotFound, self.stores.no_view(name)))
            }
            Err(error) => {
                let near = match error {
                    StoreError::NotFound { .. } => nearest(name, self.names()),
                    _ => String::new(),
                };
                Err(SqlError::new(Code::TableNotFound, format!("{error}{near}")))
            }
        }
    }

    fn view(&self, _: &str, name: &str) -> Option<&str> {
        // Without a current store the error is that of event_data_store.
        let has_columns = self.current_schema().unwrap_or_default() == EventSchema::CloudTrail;
        views::sql(name).filter(|_| has_columns && !self.stores.exists(name))
    }

    fn field_alias(&self, name: &str) -> Option<&str> {
        FIELD_ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, meant)| *meant)
    }

    fn routines(&self) -> &[Routine] {
        &ROUTINES
    }
}
