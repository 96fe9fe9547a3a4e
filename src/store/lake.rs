//! A lake: a folder with a catalog and the stores it lists.

use super::catalog::{Catalog, StoreLife, StoreRow, Totals};
use super::changes::check_retention;
use super::error::{self, StoreError};
use super::names::{StoreId, StoreName};
use super::paths::Paths;
use super::selectors::AdvancedEventSelectors;
use crate::columnar::Format;
use crate::event::EventSchema;
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::Mutex;
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
}

/// A store to be made.
#[derive(Debug, Clone)]
pub struct NewStore {
    /// Its name.
    pub name: StoreName,
    /// Format of its files.
    pub format: Format,
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
        Self { name, format, retention_days: None, schema: None, selectors: None }
    }
}

/// Held while an import into a store runs; the operating system frees it when the process ends.
#[derive(Debug)]
pub(super) struct ImportLock(File);

impl Drop for ImportLock {
    fn drop(&mut self) {
        // Closing is not enough where a child process, just forked, still shares the file.
        let _ = self.0.unlock();
    }
}

impl Lake {
    /// Opens the lake in `root`, and creates it if it does not exist.
    ///
    /// # Errors
    /// When the folder or its catalog cannot be created, read or written.
    pub fn open(root: &Path, clock: Clock) -> Result<Self, StoreError> {
        fs::create_dir_all(root).map_err(error::at(root))?;
        Self::with_catalog(root, clock, true)
    }

    /// Opens the lake in `root` if there is one.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn open_existing(root: &Path, clock: Clock) -> Result<Option<Self>, StoreError> {
        if !Paths::new(root).catalog().exists() {
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
        let paths = Paths::new(root);
        let catalog = Catalog::open(&paths.catalog(), durable)?;
        let ids = Mutex::new(ContextV7::new());
        Ok(Self { paths, catalog, clock, ids, durable })
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
        let store = StoreRow {
            id: StoreId::random(),
            name: new.name.as_str().to_owned(),
            schema,
            format: new.format,
            retention_days: new.retention_days,
            created_at: self.now_millis(),
            selectors: new.selectors.clone(),
            life: StoreLife::default(),
        };
        let folder = self.paths.store(store.id);
        fs::create_dir_all(&folder).map_err(error::at(&folder))?;
        self.catalog.add_store(&store)?;
        Ok(store)
    }

    /// Returns the store that `wanted` names: an id, a name, or an ARN that ends in an id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when the catalog cannot be read.
    pub fn store(&self, wanted: &str) -> Result<StoreRow, StoreError> {
        let last = wanted.rsplit('/').next().unwrap_or(wanted);
        match self.catalog.store(last)? {
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
                let name = StoreName::parse(DEFAULT_STORE)?;
                self.create_store(&NewStore::new(name, DEFAULT_FORMAT))
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

    /// Takes the store's import lock and clears away what an import that was killed left behind.
    pub(super) fn begin_import(&self, store: &StoreRow) -> Result<ImportLock, StoreError> {
        let folder = self.paths.store(store.id);
        fs::create_dir_all(&folder).map_err(error::at(&folder))?;
        let path = self.paths.import_lock(store.id);
        let file = File::create(&path).map_err(error::at(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy(store.name.clone())),
            Err(TryLockError::Error(e)) => return Err(error::at(&path)(e)),
        }
        self.sweep(store.id)?;
        Ok(ImportLock(file))
    }

    /// Removes files of ours that no transaction ever listed.
    pub(super) fn sweep(&self, store: StoreId) -> Result<(), StoreError> {
        let folder = self.paths.store(store);
        let listed: HashSet<_> = self
            .catalog
            .data_files(store)?
            .into_iter()
            .map(|file| folder.join(file.path))
            .collect();
        for entry in walkdir::WalkDir::new(&folder).min_depth(2).max_depth(2).into_iter().flatten()
        {
            let ours = entry.file_name().to_str().is_some_and(Paths::is_ours);
            if ours && entry.file_type().is_file() && !listed.contains(entry.path()) {
                fs::remove_file(entry.path()).map_err(error::at(entry.path()))?;
            }
        }
        Ok(())
    }

    /// Makes the finished file `unfinished` a data file at `path`, safe against a crash.
    pub(super) fn publish(
        &self,
        file: File,
        unfinished: &Path,
        path: &Path,
    ) -> Result<(), StoreError> {
        if self.durable {
            file.sync_all().map_err(error::at(unfinished))?;
        }
        drop(file);
        fs::rename(unfinished, path).map_err(error::at(path))?;
        if self.durable
            && let Some(folder) = path.parent()
        {
            File::open(folder).and_then(|f| f.sync_all()).map_err(error::at(folder))?;
        }
        Ok(())
    }

    /// Removes a file that did not become a data file.
    pub(super) fn discard(unfinished: &Path) {
        // If this fails, too, the sweep before the next import removes it.
        let _ = fs::remove_file(unfinished);
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
