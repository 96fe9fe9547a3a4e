//! Makes a catalog anew from the data files of a lake.
//!
//! What only the catalog knew is lost: which log files were imported and what failed then. The logs are read again when
//! they are imported again, and their events found. A file may be on the disk that the catalog did not list, or not any
//! more, since its events are in another one: an event is therefore listed once, in the file that was written first.

use super::super::catalog::{Catalog, DataFile, StoreLife, StoreRow};
use super::super::data_files::{Counts, DataFiles, sha256_of};
use super::super::description::StoreDescription;
use super::super::error::{self, StoreError};
use super::super::known::{EventMatch, KnownEvents};
use super::super::lake::{Clock, DEFAULT_FORMAT, DEFAULT_STORE, Lake};
use super::super::locks::WriteLock;
use super::super::names::StoreId;
use super::super::partition::{Day, EventKey};
use super::super::paths::Paths;
use crate::columnar::{self, Format};
use crate::event::digest::record_digest;
use crate::event::{EventSchema, RecordForm};
use arrow::datatypes::SchemaRef;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A lake whose catalog was made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Where the damaged catalog is now, if there was one.
    pub old_catalog: Option<PathBuf>,
    /// The stores that were found.
    pub stores: Vec<RebuiltStore>,
}

/// A store that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuiltStore {
    /// Its name; of its own where its folder has no description.
    pub store: String,
    /// Its id.
    pub store_id: String,
    /// Whether its folder told its name, format, retention, selectors and tags.
    pub described: bool,
    /// Data files that are listed.
    pub files: u64,
    /// Events in them.
    pub events: u64,
    /// Events of files that were not listed, as they are in others.
    pub duplicates: u64,
    /// Files that cannot be read, and were set aside.
    pub set_aside: u64,
}

impl Lake {
    /// Makes the catalog of the lake in `root` anew; a damaged one is kept under another name. Nothing else may use the
    /// lake meanwhile.
    ///
    /// # Errors
    /// When the lake cannot be read or written, or [`StoreError::Interrupted`]; the lake is then still to be rebuilt.
    pub fn rebuild(
        root: &Path,
        clock: Clock,
        cancel: &AtomicBool,
    ) -> Result<(Self, Rebuilt), StoreError> {
        let paths = Paths::new(root);
        // It gets its name when it is complete.
        let unfinished = paths.unfinished_catalog();
        remove_catalog(&unfinished)?;
        let lake = Self::with_catalog_at(root, clock, &unfinished)?;
        let mut stores = Vec::new();
        let ids = store_ids(&paths)?;
        for id in &ids {
            stores.push(lake.rebuild_store(*id, ids.len() == 1, cancel)?);
        }
        lake.catalog().close()?;
        let old_catalog = set_aside(&paths.catalog(), &lake)?;
        fs::rename(&unfinished, paths.catalog()).map_err(error::at(&unfinished))?;
        remove_catalog(&unfinished)?;
        Ok((Self::open(root, clock)?, Rebuilt { old_catalog, stores }))
    }

    fn rebuild_store(
        &self,
        id: StoreId,
        is_only: bool,
        cancel: &AtomicBool,
    ) -> Result<RebuiltStore, StoreError> {
        let mut rebuilt = RebuiltStore {
            store: String::new(),
            store_id: id.to_string(),
            described: false,
            files: 0,
            events: 0,
            duplicates: 0,
            set_aside: 0,
        };
        let _lock = WriteLock::try_take(&self.paths().write_lock(id))?
            .ok_or_else(|| StoreError::Busy(id.to_string()))?;
        let mut days: BTreeMap<Day, Vec<PathBuf>> = BTreeMap::new();
        for path in self.paths().files_of(id, Paths::is_data_file) {
            if let Some(day) = path.parent().and_then(Paths::day_of) {
                days.entry(day).or_default().push(path);
            }
        }
        let description = StoreDescription::read(&self.paths().description(id));
        let described = description.as_ref().and_then(|description| description.store(id));
        rebuilt.described = described.is_some();
        let paths = || days.values().flatten();
        let schema = described.as_ref().map(|store| store.schema);
        let schema = schema.or_else(|| paths().find_map(|path| schema_of(path)));
        let schema = schema.unwrap_or_default();
        let form = described.as_ref().map(|store| store.record_form);
        let form = form.or_else(|| paths().find_map(|path| form_of(path))).unwrap_or_default();
        let found = DataFiles { lake: self, store: id, schema, form, compress: true };
        let mut files = Vec::new();
        for (day, mut paths) in days {
            paths.sort(); // by their ids, so by the time at which they were written
            let mut known = KnownEvents::default();
            for path in paths {
                if cancel.load(Ordering::Relaxed) {
                    return Err(StoreError::Interrupted);
                }
                match survey(found, &path, day, &mut known) {
                    Ok((file, duplicates)) => {
                        rebuilt.duplicates += duplicates;
                        files.extend(file);
                    }
                    Err(StoreError::Damaged { .. }) => {
                        fs::rename(&path, Paths::set_aside(&path)).map_err(error::at(&path))?;
                        rebuilt.set_aside += 1;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        let mut store = described.unwrap_or_else(|| StoreRow {
            id,
            name: if is_only { DEFAULT_STORE.to_owned() } else { name_of(id) },
            schema,
            format: files.last().map_or(DEFAULT_FORMAT, |file: &DataFile| file.format),
            record_form: form,
            retention_days: None,
            created_at: self.now_millis(),
            selectors: None,
            life: StoreLife::default(),
        });
        if self.catalog().store(&store.name)?.is_some() {
            store.name = name_of(id);
        }
        rebuilt.files = files.len() as u64;
        rebuilt.events = files.iter().map(|file| file.rows).sum();
        rebuilt.store.clone_from(&store.name);
        let other_ids = description.iter().flat_map(StoreDescription::other_ids);
        let other_ids: Vec<_> =
            other_ids.filter(|other| self.check_id(*other, Some(id)).is_ok()).collect();
        let tags = description.map_or_else(Vec::new, |description| description.tags);
        let import = self.new_id().to_string();
        let now = self.now_millis();
        self.catalog().add_rebuilt_store(&store, &tags, &other_ids, &files, &import, now)?;
        Ok(rebuilt)
    }
}

/// Returns what the catalog is to say of a file, and how many of its events are in `known`. A file with such events is
/// written anew without them; one that has no other is not listed, and swept by the next import.
fn survey(
    files: DataFiles<'_>,
    path: &Path,
    day: Day,
    known: &mut KnownEvents,
) -> Result<(Option<DataFile>, u64), StoreError> {
    let damaged =
        |reason: &str| StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let extension = path.extension().and_then(|extension| extension.to_str());
    let format = extension.and_then(Format::from_name).ok_or_else(|| damaged("no data file"))?;
    let folder = files.path("");
    let relative = path.strip_prefix(&folder).unwrap_or(path);
    let bytes = fs::metadata(path).map_err(error::at(path))?.len();
    let sha256 = sha256_of(path).map_err(error::at(path))?;
    let (mut counts, mut keys, mut sound) = (Counts::default(), Vec::new(), true);
    files.events_of(path, format, true, &mut |event| {
        sound &= record_digest(event.record) == event.key.digest;
        counts.add(event.key.time, event.record);
        keys.push(event.key);
    })?;
    if !sound {
        return Err(damaged("a record does not have its checksum"));
    }
    // Only now: a file that is damaged makes no event known.
    let is_new = |key: &EventKey| known.insert(key.id, key.version) != EventMatch::Duplicate;
    let new: Vec<_> = keys.iter().map(is_new).collect();
    let duplicates = new.iter().filter(|new| !**new).count() as u64;
    let file = counts.of_file(relative, format, day, bytes, sha256);
    if duplicates == 0 {
        return Ok((Some(file), 0));
    }
    if duplicates == file.rows {
        return Ok((None, duplicates));
    }
    let mut new = new.into_iter();
    let file = files.write_some_of(&file, |_| new.next() == Some(true))?;
    Ok((Some(file), duplicates))
}

/// Returns the category of the events in a data file, if that can be read.
fn schema_of(path: &Path) -> Option<EventSchema> {
    EventSchema::of_columns(&*columns_of(path)?)
}

/// Returns how a data file keeps the text of records, if that can be read.
fn form_of(path: &Path) -> Option<RecordForm> {
    Some(RecordForm::of_columns(&*columns_of(path)?))
}

fn columns_of(path: &Path) -> Option<SchemaRef> {
    let format = Format::from_name(path.extension()?.to_str()?)?;
    columnar::schema_of(format, File::open(path).ok()?).ok()
}

/// The name of a store that nothing describes.
fn name_of(id: StoreId) -> String {
    let id = id.to_string();
    format!("recovered-{}", id.split('-').next().unwrap_or(&id))
}

/// Returns the ids of the stores that have a folder.
fn store_ids(paths: &Paths) -> Result<Vec<StoreId>, StoreError> {
    let folder = paths.stores();
    let entries = match fs::read_dir(&folder) {
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(error::at(&folder))?,
    };
    let mut ids: Vec<_> =
        entries.flatten().filter_map(|entry| StoreId::parse(entry.file_name().to_str()?)).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Gives a damaged catalog and its log another name, unless there is none.
fn set_aside(catalog: &Path, lake: &Lake) -> Result<Option<PathBuf>, StoreError> {
    let mut kept = None;
    for path in Catalog::files(catalog) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let aside =
            path.with_file_name(format!("damaged-{}-{name}", lake.now().format("%Y%m%dT%H%M%S")));
        match fs::rename(&path, &aside) {
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => {}
            renamed => {
                renamed.map_err(error::at(&path))?;
                kept.get_or_insert(aside);
            }
        }
    }
    Ok(kept)
}

fn remove_catalog(catalog: &Path) -> Result<(), StoreError> {
    Catalog::files(catalog).iter().try_for_each(|path| super::super::lake::remove_file(path))
}
