//! Table names to event data stores.

use super::files::StoreFiles;
use super::import_of::Imports;
use super::routines::ROUTINES;
use super::table::EventDataStore;
use super::text::{CURRENT_STORE, Guess};
use super::views;
use crate::event::EventSchema;
use crate::event::schema::FIELD_ALIASES;
use crate::store::{Lake, Snapshot, StoreError, StoreId, StoreRow, catalog};
use datafusion::catalog::TableProvider;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use traillake_orc::read::{CacheUsage, ColumnCache};
use traillake_planner::{Catalog, Routine};
use traillake_sql_types::error::{Code, SqlError, SqlResult, nearest};

/// The stores of a lake as tables: each by its id and its name, the current one by
/// `event_data_store`, too.
#[derive(Debug)]
pub(super) struct Stores {
    lake: Arc<Lake>,
    current: RwLock<Option<StoreRow>>,
    kept: OnceLock<Arc<ColumnCache>>,
    /// A store whose files are the same for every statement.
    pinned: OnceLock<(StoreId, Arc<Snapshot>)>,
    /// Whether an unknown id means the current store.
    any_store: AtomicBool,
    /// How often what names mean was changed in the session.
    changes: AtomicU64,
    /// The files of each store, as the last statement saw them.
    files: Mutex<HashMap<StoreId, Arc<StoreFiles>>>,
}

/// What names mean, and which files stores have, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    catalog: catalog::Moment,
    changes: u64,
}

impl Stores {
    /// The lake whose stores they are.
    pub(super) fn lake(&self) -> &Lake {
        &self.lake
    }

    pub(super) fn new(lake: Arc<Lake>, current: Option<StoreRow>) -> Self {
        let current = RwLock::new(current);
        Self {
            lake,
            current,
            kept: OnceLock::new(),
            pinned: OnceLock::new(),
            any_store: AtomicBool::new(false),
            changes: AtomicU64::new(0),
            files: Mutex::default(),
        }
    }

    /// Returns the moment that it is for a statement; `None` when it sees files of another.
    pub(super) fn moment(&self) -> Option<Moment> {
        if self.pinned.get().is_some() {
            return None;
        }
        let changes = self.changes.load(Ordering::Acquire);
        Some(Moment { catalog: self.lake.catalog().moment().ok()?, changes })
    }

    pub(super) fn choose(&self, store: Option<StoreRow>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = store;
        self.changes.fetch_add(1, Ordering::Release);
    }

    pub(super) fn take_any(&self, any: bool) {
        self.any_store.store(any, Ordering::Relaxed);
        self.changes.fetch_add(1, Ordering::Release);
    }

    pub(super) fn keep(&self, bytes: usize) {
        self.kept.get_or_init(|| Arc::new(ColumnCache::new(bytes)));
        self.changes.fetch_add(1, Ordering::Release);
    }

    pub(super) fn kept(&self) -> Option<CacheUsage> {
        self.kept.get().map(|kept| kept.usage())
    }

    pub(super) fn pin(&self, store: StoreId, snapshot: Arc<Snapshot>) {
        self.pinned.get_or_init(|| (store, snapshot));
    }

    /// Returns the files that a store has for a statement that begins now.
    pub(super) fn snapshot(&self, store: StoreId) -> Result<Arc<Snapshot>, StoreError> {
        match self.pinned.get() {
            Some((pinned, snapshot)) if *pinned == store => Ok(Arc::clone(snapshot)),
            _ => self.lake.snapshot(store).map(Arc::new),
        }
    }

    /// Returns the files of a store, and what was found out about them for statements before, if they are the same.
    fn files(&self, store: &StoreRow, snapshot: &Snapshot) -> Arc<StoreFiles> {
        let mut known = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&store.id)
            && Arc::ptr_eq(&known.files, &snapshot.files)
            && known.category == store.schema
        {
            return Arc::clone(known);
        }
        let folder = self.lake.paths().store(store.id);
        let files = Arc::new(StoreFiles::new(folder, store.schema, Arc::clone(&snapshot.files)));
        known.insert(store.id, Arc::clone(&files));
        files
    }

    pub(super) fn current(&self) -> Option<StoreRow> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The category of the current store, if there is one.
    pub(super) fn current_schema(&self) -> Option<EventSchema> {
        self.current().map(|store| store.schema)
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        matches!(self.lake.catalog().store_seen(name), Ok(Some(_)))
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
    /// Whether the current store was named, by whatever name.
    names_current: Cell<bool>,
    /// The name of no store that was taken for the current one.
    guessed: RefCell<Option<String>>,
}

impl<'a> StatementStores<'a> {
    pub(super) fn new(stores: &'a Stores) -> Self {
        let (snapshots, guessed) = (RefCell::default(), RefCell::default());
        Self { stores, snapshots, names_current: Cell::new(false), guessed }
    }

    /// Whether the statement names the current store.
    pub(super) fn names_current(&self) -> bool {
        self.names_current.get()
    }

    /// Says which store the statement reads, if it does not name one that there is.
    pub(super) fn note(&self) -> Option<String> {
        let guessed = self.guessed.borrow();
        let (name, store) = (guessed.as_ref()?, self.stores.current()?.name);
        Some(format!("{name:?} is read as event_data_store, which is the store {store:?}"))
    }

    /// The category of the current store, if there is one.
    pub(super) fn current_schema(&self) -> Option<EventSchema> {
        self.stores.current_schema()
    }

    /// Returns what keeps the files that the statement reads where they are, by stores.
    pub(super) fn into_snapshots(self) -> Vec<(StoreId, Arc<Snapshot>)> {
        self.snapshots.into_inner().into_iter().collect()
    }

    /// Returns the store that a name means, which may be the current one by another name.
    fn find(&self, name: &str) -> Result<StoreRow, NoStore> {
        match self.stores.find(name) {
            Ok(store) => {
                let current = self.stores.current().is_some_and(|current| current.id == store.id);
                self.names_current.set(self.names_current.get() || current);
                return Ok(store);
            }
            Err(StoreError::NotFound { known, .. }) if !known.is_empty() => {}
            Err(error) => return Err(error.into()),
        }
        let guessed = match Guess::of(name) {
            Guess::Current => true,
            Guess::Events => self.is_only(),
            Guess::Id if !self.stores.any_store.load(Ordering::Relaxed) => return Err(NoStore::Id),
            Guess::Id => true,
            Guess::Nothing => false,
        };
        if !guessed {
            return Err(NoStore::Unknown);
        }
        let before = self.guessed.borrow().clone().filter(|before| before != name);
        if let Some(before) = before {
            return Err(NoStore::Two(before));
        }
        let store = self.stores.find(CURRENT_STORE)?;
        self.names_current.set(true);
        *self.guessed.borrow_mut() = Some(name.to_owned());
        Ok(store)
    }

    /// Whether the lake has one store, which then is meant by any name of a store.
    fn is_only(&self) -> bool {
        self.stores.lake.catalog().stores().is_ok_and(|stores| stores.len() == 1)
    }

    /// Says what can be named.
    pub(super) fn known(&self) -> String {
        let mut known = self.names();
        known.retain(|known| known != CURRENT_STORE);
        format!("use {CURRENT_STORE}, or one of: {}", list(&known))
    }

    /// Says why a name is that of no store, and what to write instead.
    fn no_store(&self, name: &str, error: NoStore) -> SqlError {
        let told = match error {
            NoStore::Store(error) if error.is_damage() => {
                return SqlError::new(Code::Metastore, error.to_string());
            }
            NoStore::Store(error) => error.to_string(),
            NoStore::Unknown if views::sql(name).is_some() => self.stores.no_view(name),
            NoStore::Unknown => {
                let mut known = self.names();
                let near = nearest(name, known.clone());
                known.retain(|known| known != CURRENT_STORE);
                let known = list(&known);
                format!(
                    "there is no event data store {name:?}{near}; use event_data_store, or one of: {known}"
                )
            }
            NoStore::Id => {
                let id = name.rsplit('/').next().unwrap_or(name);
                let current = self.stores.current().map_or_else(|| "NAME".to_owned(), |s| s.name);
                format!(
                    "there is no event data store {id} in this lake; let this id mean a store (traillake store update {current} --add-id {id}), or every unknown id the current store (--any-store)"
                )
            }
            NoStore::Two(other) => format!(
                "{other:?} and {name:?} are both no store of this lake, and cannot both be the current one; give each the id or name of a store, or let the ids mean stores (traillake store update NAME --add-id ID)"
            ),
        };
        SqlError::new(Code::TableNotFound, told)
    }

    fn open(&self, name: &str) -> Result<EventDataStore, NoStore> {
        let store = self.find(name)?;
        store.check_not_deleted()?;
        let snapshot = match self.snapshots.borrow_mut().entry(store.id) {
            Entry::Occupied(seen) => Arc::clone(seen.get()),
            Entry::Vacant(new) => Arc::clone(new.insert(self.stores.snapshot(store.id)?)),
        };
        let kept = self.stores.kept.get().cloned();
        let imports = Arc::new(Imports::new(Arc::clone(&self.stores.lake), store.id));
        Ok(EventDataStore::new(self.stores.files(&store, &snapshot), imports, kept))
    }
}

/// Why a name is that of no store.
enum NoStore {
    Store(StoreError),
    /// Nothing is called so.
    Unknown,
    /// It is an id, of a store that is elsewhere.
    Id,
    /// It may be the current store, as may this other name.
    Two(String),
}

impl From<StoreError> for NoStore {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The most names that a message lists.
const MOST_NAMES: usize = 12;

fn list(names: &[String]) -> String {
    match names.split_at_checked(MOST_NAMES) {
        Some((some, more)) if !more.is_empty() => {
            format!("{} and {} more", some.join(", "), more.len())
        }
        _ => names.join(", "),
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
            Err(error) => Err(self.no_store(name, error)),
        }
    }

    fn elsewhere(&self, name: &[String]) -> Option<String> {
        let table = name.last()?;
        let known = self.stores.exists(table)
            || table == CURRENT_STORE
            || match Guess::of(table) {
                Guess::Current | Guess::Id => true,
                Guess::Events => self.is_only(),
                Guess::Nothing => false,
            };
        let whole = name.join(".");
        // `cloudtrail.management`
        let told = Guess::of(&whole) == Guess::Current;
        if known { Some(table.clone()) } else { told.then_some(whole) }
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
