//! A lake: a folder with a catalog and the stores it lists.

use super::catalog::{Catalog, DataFile, StoreLife, StoreRow, Totals};
use super::changes::check_retention;
use super::data_files::can_derive;
use super::error::{self, StoreError};
use super::fault::{self, Step};
use super::import::ImportCounters;
use super::locks::{ReadLock, RemoveLock, WriteLock};
use super::names::{StoreId, StoreName};
use super::paths::Paths;
use super::selectors::AdvancedEventSelectors;
use crate::columnar::Format;
use crate::event::{EventSchema, RecordForm};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use uuid::{ContextV7, Timestamp, Uuid};

/// Name of the store that is created without being asked for.
pub const DEFAULT_STORE: &str = "default";

/// Format of stores for which none was chosen.
pub const DEFAULT_FORMAT: Format = Format::Orc;

/// Returns the time. A lake is given its clock, which is now for the lake and for statements over it.
pub type Clock = fn() -> DateTime<Utc>;

/// An open lake.
#[derive(Debug)]
pub struct Lake {
    paths: Paths,
    catalog: Catalog,
    clock: Clock,
    /// Numbers ids of one millisecond, so that later ones sort after.
    ids: Mutex<ContextV7>,
    durable: bool,
    imports: ImportCounters,
}

/// A store to be made.
#[derive(Debug, Clone)]
pub struct NewStore {
    /// Its id; `None` for a new one.
    pub id: Option<StoreId>,
    /// Its name.
    pub name: StoreName,
    /// Format of its files.
    pub format: Format,
    /// How they keep the text of records; `None` for [`RecordForm::Derived`] where the format can.
    pub record_form: Option<RecordForm>,
    /// Days that events are kept, by their time; `None` keeps all.
    pub retention_days: Option<u32>,
    /// The category of its events; `None` for that of the selectors, and for CloudTrail events without them.
    pub schema: Option<EventSchema>,
    /// Which events of the category it takes; `None` takes every event.
    pub selectors: Option<AdvancedEventSelectors>,
}

impl NewStore {
    /// Returns a store that takes and keeps every CloudTrail event.
    pub fn new(name: StoreName, format: Format) -> Self {
        Self {
            id: None,
            name,
            format,
            record_form: None,
            retention_days: None,
            schema: None,
            selectors: None,
        }
    }
}

/// The data files that a store has at one moment, which stay where they are while this is held.
#[derive(Debug)]
pub struct Snapshot {
    /// The files, oldest events first.
    pub files: Arc<[DataFile]>,
    _lock: Option<ReadLock>,
}

impl Lake {
    /// Opens the lake in `root`, and creates it if it does not exist.
    ///
    /// # Errors
    /// When the folder or its catalog cannot be created, read or written.
    pub fn open(root: &Path, clock: Clock) -> Result<Self, StoreError> {
        fs::create_dir_all(root).map_err(error::at(root))?;
        has_catalog(root)?;
        Self::with_catalog(root, clock, true)
    }

    /// Opens the lake in `root` if there is one.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn open_existing(root: &Path, clock: Clock) -> Result<Option<Self>, StoreError> {
        if !has_catalog(root)? {
            return Ok(None);
        }
        Self::with_catalog(root, clock, true).map(Some)
    }

    /// Makes a lake in the empty folder `root` that will not outlive one query, so that nothing
    /// waits for the disk.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn temporary(root: &Path, clock: Clock) -> Result<Self, StoreError> {
        Self::with_catalog(root, clock, false)
    }

    /// Makes such a lake with a store for the events of files that one query asks: Arrow files are the
    /// quickest to make. [`ImportOptions::for_one_query`] fills it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    ///
    /// [`ImportOptions::for_one_query`]: super::ImportOptions::for_one_query
    pub fn for_one_query(root: &Path, clock: Clock) -> Result<(Self, StoreRow), StoreError> {
        let lake = Self::temporary(root, clock)?;
        let name = StoreName::parse("input")?;
        let store = lake.create_store(&NewStore::new(name, Format::Arrow))?;
        Ok((lake, store))
    }

    fn with_catalog(root: &Path, clock: Clock, durable: bool) -> Result<Self, StoreError> {
        let catalog = Catalog::open(&Paths::new(root).catalog(), durable)?;
        Ok(Self::of(root, clock, catalog, durable))
    }

    /// Opens the lake in `root` with a catalog at another place, which is made.
    pub(super) fn with_catalog_at(
        root: &Path,
        clock: Clock,
        catalog: &Path,
    ) -> Result<Self, StoreError> {
        Ok(Self::of(root, clock, Catalog::open(catalog, true)?, true))
    }

    fn of(root: &Path, clock: Clock, catalog: Catalog, durable: bool) -> Self {
        let paths = Paths::new(root);
        let ids = Mutex::new(ContextV7::new());
        Self { paths, catalog, clock, ids, durable, imports: ImportCounters::default() }
    }

    /// The lake's paths.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The lake's catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The time by the lake's clock.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// The lake's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// What the imports of this process have come to, so far.
    pub fn import_totals(&self) -> &ImportCounters {
        &self.imports
    }

    /// The time by the lake's clock, in milliseconds since 1970 UTC, as the catalog notes it.
    pub(super) fn now_millis(&self) -> i64 {
        self.now().timestamp_millis()
    }

    /// Returns an id that sorts by the time at which it was made (a UUID of version 7).
    pub(super) fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(&self.ids, seconds, now.timestamp_subsec_nanos()))
    }

    /// Makes a store.
    ///
    /// # Errors
    /// When the name is taken, the retention is out of bounds, the selectors are for events of another category, or
    /// the lake cannot be written.
    pub fn create_store(&self, new: &NewStore) -> Result<StoreRow, StoreError> {
        new.retention_days.map_or(Ok(()), check_retention)?;
        let selected = new.selectors.as_ref().and_then(AdvancedEventSelectors::schema);
        let schema = new.schema.or(selected).unwrap_or_default();
        check_category(schema, new.selectors.as_ref())?;
        new.id.map_or(Ok(()), |id| self.check_id(id, None))?;
        let record_form = match new.record_form {
            Some(form) => form,
            None if can_derive(new.format) => RecordForm::Derived,
            None => RecordForm::Plain,
        };
        check_form(new.format, record_form)?;
        let store = StoreRow {
            id: new.id.unwrap_or_else(StoreId::random),
            name: new.name.as_str().to_owned(),
            schema,
            format: new.format,
            record_form,
            retention_days: new.retention_days,
            created_at: self.now_millis(),
            selectors: new.selectors.clone(),
            life: StoreLife::default(),
        };
        let folder = self.paths.store(store.id);
        self.create_folder(&folder)?;
        self.catalog.add_store(&store).inspect_err(|_| {
            // If it stays, it is empty.
            let _ = fs::remove_dir(&folder);
        })?;
        self.describe(&store);
        Ok(store)
    }

    /// Checks that no other store than `own` has an id.
    pub(super) fn check_id(&self, id: StoreId, own: Option<StoreId>) -> Result<(), StoreError> {
        let id = id.to_string();
        match self.catalog.store(&id)? {
            Some(store) if Some(store.id) != own => {
                Err(StoreError::IdTaken { id, name: store.name })
            }
            _ => Ok(()),
        }
    }

    /// Returns the store that `wanted` names: an id, a name, or an ARN that ends in an id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when the catalog cannot be read.
    pub fn store(&self, wanted: &str) -> Result<StoreRow, StoreError> {
        let last = wanted.rsplit('/').next().unwrap_or(wanted);
        match self.catalog.store_seen(last)? {
            Some(store) => Ok(store),
            None => Err(StoreError::NotFound {
                wanted: wanted.to_owned(),
                known: self.catalog.stores()?.into_iter().map(|s| s.name).collect(),
            }),
        }
    }

    /// Returns the store that `wanted` names, and makes it when it is the default one.
    ///
    /// # Errors
    /// As [`Self::store`] and [`Self::create_store`].
    pub fn store_or_default(&self, wanted: Option<&str>) -> Result<StoreRow, StoreError> {
        let name = wanted.unwrap_or(DEFAULT_STORE);
        match self.store(name) {
            Err(StoreError::NotFound { .. }) if name == DEFAULT_STORE => {
                let new = NewStore::new(StoreName::parse(DEFAULT_STORE)?, DEFAULT_FORMAT);
                match self.create_store(&new) {
                    // Another program was quicker.
                    Err(StoreError::Exists(_)) => self.store(name),
                    made => made,
                }
            }
            found => found,
        }
    }

    /// Accepts that files of an import failed: as long as they do not change they are not read again.
    /// Returns those that were not accepted yet.
    ///
    /// # Errors
    /// When the catalog cannot be written.
    pub fn accept_failures(&self, import: &str) -> Result<Vec<String>, StoreError> {
        self.catalog.accept_failures(import, self.now_millis())
    }

    /// Returns sums over a store's data files.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn totals(&self, store: StoreId) -> Result<Totals, StoreError> {
        self.catalog.totals(store)
    }

    /// Returns the data files that a store has now.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn snapshot(&self, store: StoreId) -> Result<Snapshot, StoreError> {
        // In this order: what is removed after the lock is held was not listed.
        let lock = ReadLock::share(&self.paths.read_lock(store));
        Ok(Snapshot { files: self.catalog.data_files_seen(store)?, _lock: lock })
    }

    /// Whether an import or another change to a store's data files is running, for which the next one waits.
    pub fn is_changing(&self, store: StoreId) -> bool {
        let taken = WriteLock::try_take(&self.paths.write_lock(store));
        matches!(taken, Ok(None))
    }

    /// Takes a store's write lock.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another has it, or when the lake cannot be written.
    pub(super) fn lock(&self, store: &StoreRow) -> Result<WriteLock, StoreError> {
        self.lock_until(store, || true)?.ok_or_else(|| StoreError::Busy(store.name.clone()))
    }

    /// Takes a store's write lock once it is free, clears away what a killed import left behind, and returns the
    /// store as it is then.
    ///
    /// # Errors
    /// [`StoreError::Interrupted`] when `cancel` was set meanwhile, or when the store is gone or the lake cannot be written.
    pub(super) fn lock_when_free(
        &self,
        store: &StoreRow,
        cancel: &AtomicBool,
    ) -> Result<(WriteLock, StoreRow), StoreError> {
        let lock = self
            .lock_until(store, || cancel.load(Ordering::Relaxed))?
            .ok_or(StoreError::Interrupted)?;
        // As it is now: it may have been changed or deleted since.
        let store = self.store(&store.id.to_string())?;
        self.sweep(store.id)?;
        Ok((lock, store))
    }

    /// Takes a store's write lock, and waits for it until `stops`: then it is `None`.
    ///
    /// # Errors
    /// When the lake cannot be written.
    pub(super) fn lock_until(
        &self,
        store: &StoreRow,
        stops: impl Fn() -> bool,
    ) -> Result<Option<WriteLock>, StoreError> {
        self.create_folder(&self.paths.store(store.id))?;
        WriteLock::wait(&self.paths.write_lock(store.id), stops)
    }

    /// Removes files of ours that the catalog does not list, unless queries are running, which may still read them.
    /// Returns whether it did. The write lock is held.
    ///
    /// # Errors
    /// When the catalog cannot be read or a file cannot be removed.
    pub(super) fn sweep(&self, store: StoreId) -> Result<bool, StoreError> {
        let unlisted = self.unlisted_files(store)?;
        if unlisted.is_empty() {
            return Ok(true);
        }
        let Some(_alone) = RemoveLock::try_take(&self.paths.read_lock(store))? else {
            return Ok(false);
        };
        for path in unlisted {
            remove_file(&path)?;
            if let Some(day) = path.parent() {
                // Other files may be in it.
                let _ = fs::remove_dir(day);
            }
        }
        Ok(true)
    }

    /// Returns the files of ours below a store's folder that the catalog does not list.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub(super) fn unlisted_files(&self, store: StoreId) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.paths.store(store);
        let mut ours = self.paths.files_of(store, Paths::is_ours);
        // After the walk: what was listed meanwhile is kept.
        let listed = self.catalog.data_files(store)?;
        let listed: HashSet<_> = listed.into_iter().map(|file| folder.join(file.path)).collect();
        ours.retain(|path| !listed.contains(path));
        Ok(ours)
    }

    /// Makes the finished file `unfinished` a data file at `path`, safe against a crash.
    pub(super) fn publish(
        &self,
        file: File,
        unfinished: &Path,
        path: &Path,
    ) -> Result<(), StoreError> {
        if self.durable {
            fault::at(Step::Sync).and_then(|()| file.sync_all()).map_err(error::at(unfinished))?;
        }
        drop(file);
        fault::at(Step::Rename)
            .and_then(|()| fs::rename(unfinished, path))
            .map_err(error::at(path))?;
        path.parent().map_or(Ok(()), |folder| self.sync_folder(folder))
    }

    /// Makes a folder, safe against a crash.
    pub(super) fn create_folder(&self, folder: &Path) -> Result<(), StoreError> {
        if folder.is_dir() {
            return Ok(());
        }
        fault::at(Step::CreateFolder)
            .and_then(|()| fs::create_dir_all(folder))
            .map_err(error::at(folder))?;
        folder.parent().map_or(Ok(()), |parent| self.sync_folder(parent))
    }

    /// Makes sure that the names in a folder survive a crash.
    fn sync_folder(&self, folder: &Path) -> Result<(), StoreError> {
        if !self.durable {
            return Ok(());
        }
        fault::at(Step::SyncFolder)
            .and_then(|()| File::open(folder))
            .and_then(|folder| folder.sync_all())
            .map_err(error::at(folder))
    }

    /// Removes a file that did not become a data file.
    pub(super) fn discard(unfinished: &Path) {
        // If this fails, too, the sweep before the next import removes it.
        let _ = fs::remove_file(unfinished);
    }
}

/// Whether a lake has a catalog. One that has data files and none is refused: a new catalog would be empty.
fn has_catalog(root: &Path) -> Result<bool, StoreError> {
    let paths = Paths::new(root);
    if paths.catalog().exists() {
        return Ok(true);
    }
    let stores = fs::read_dir(paths.stores()).into_iter().flatten().flatten();
    let mut ids = stores.filter_map(|entry| StoreId::parse(entry.file_name().to_str()?));
    if ids.any(|id| !paths.files_of(id, Paths::is_data_file).is_empty()) {
        return Err(StoreError::LostCatalog(paths.catalog()));
    }
    Ok(false)
}

/// Removes a file, which may be gone already.
pub(super) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fault::at(Step::Remove).and_then(|()| fs::remove_file(path)) {
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(error::at(path)),
    }
}

/// Refuses to derive the text of records in a format that cannot.
pub(super) fn check_form(format: Format, form: RecordForm) -> Result<(), StoreError> {
    match form {
        RecordForm::Derived if !can_derive(format) => Err(StoreError::NotDerived(format)),
        _ => Ok(()),
    }
}

/// Refuses selectors of another category than the store's.
pub(super) fn check_category(
    store: EventSchema,
    selectors: Option<&AdvancedEventSelectors>,
) -> Result<(), StoreError> {
    match selectors.and_then(AdvancedEventSelectors::schema) {
        Some(selected) if selected != store => Err(StoreError::OtherCategory { selected, store }),
        _ => Ok(()),
    }
}
