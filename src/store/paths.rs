//! Every path of a lake.

use super::names::StoreId;
use crate::columnar::Format;
use chrono::NaiveDate;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The column that the folders below a store's are values of: the UTC day of the events.
pub const PARTITION_COLUMN: &str = "event_date";

/// The folder for events without a readable time, as Hive names a NULL partition.
const NO_DATE: &str = "__HIVE_DEFAULT_PARTITION__";

/// The paths below one lake's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    root: PathBuf,
}

impl Paths {
    /// Returns the paths of the lake in `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The lake's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The catalog.
    pub fn catalog(&self) -> PathBuf {
        self.root.join("catalog.sqlite")
    }

    /// The name of a catalog that is being made anew.
    pub fn unfinished_catalog(&self) -> PathBuf {
        self.root.join(".catalog.sqlite.tmp")
    }

    /// Returns the files in the folders of a store's days whose names `wanted` wants.
    pub fn files_of(&self, store: StoreId, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let folder = self.store(store);
        let entries = walkdir::WalkDir::new(folder).min_depth(2).max_depth(2).sort_by_file_name();
        let is_wanted = |entry: &walkdir::DirEntry| {
            entry.file_type().is_file() && entry.file_name().to_str().is_some_and(&wanted)
        };
        let entries = entries.into_iter().flatten().filter(is_wanted);
        entries.map(walkdir::DirEntry::into_path).collect()
    }

    /// Folder of a store, which any engine can read as a Hive-partitioned table.
    pub fn store(&self, store: StoreId) -> PathBuf {
        self.stores().join(store.to_string())
    }

    /// The file whose lock is held while the store's data files change.
    pub fn write_lock(&self, store: StoreId) -> PathBuf {
        self.store(store).join(".import.lock")
    }

    /// The file whose lock queries share while they read the store's data files.
    pub fn read_lock(&self, store: StoreId) -> PathBuf {
        self.store(store).join(".read.lock")
    }

    /// The file that asks the import into a store to stop whose id is in it.
    pub fn stop_request(&self, store: StoreId) -> PathBuf {
        self.store(store).join(".import.stop")
    }

    /// What a store is called and how it is kept, for when the catalog is lost.
    pub fn description(&self, store: StoreId) -> PathBuf {
        self.store(store).join(".store.json")
    }

    /// Folder of all stores' folders.
    pub fn stores(&self) -> PathBuf {
        self.root.join("stores")
    }

    /// Folder of what the service keeps: its journal, keys, and the answers of queries.
    pub fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// The name that a data file gets that cannot be read; nothing of this program removes it.
    pub fn set_aside(data_file: &Path) -> PathBuf {
        let name = data_file.file_name().unwrap_or_default().to_string_lossy();
        data_file.with_file_name(format!("{name}.damaged"))
    }

    /// A data file, relative to its store's folder.
    pub fn data_file(day: Option<NaiveDate>, id: Uuid, format: Format) -> PathBuf {
        PathBuf::from(partition(day)).join(format!("{id}.{format}"))
    }

    /// The name under which a data file is written before it exists.
    pub fn unfinished(data_file: &Path) -> PathBuf {
        let name = data_file.file_name().unwrap_or_default().to_string_lossy();
        data_file.with_file_name(format!(".{name}.tmp"))
    }

    /// Returns the day whose data files are in a folder of this name; `None` for a folder of another kind.
    pub fn day_of(folder: &Path) -> Option<Option<NaiveDate>> {
        let name = folder.file_name()?.to_str()?;
        let day = name.strip_prefix(PARTITION_COLUMN)?.strip_prefix('=')?;
        if day == NO_DATE { Some(None) } else { day.parse().ok().map(Some) }
    }

    /// Whether a file name is one that [`Self::set_aside`] gives.
    pub fn is_set_aside(name: &str) -> bool {
        name.strip_suffix(".damaged").is_some_and(Self::is_data_file)
    }

    /// Whether a file name is one that this program gives to finished data files.
    pub fn is_data_file(name: &str) -> bool {
        !name.starts_with('.') && Self::is_ours(name)
    }

    /// Whether a file name is one that this program gives to data files, finished or not.
    pub fn is_ours(name: &str) -> bool {
        let name = name.strip_prefix('.').and_then(|n| n.strip_suffix(".tmp")).unwrap_or(name);
        name.split_once('.').is_some_and(|(id, format)| {
            id.len() == 36 && Uuid::try_parse(id).is_ok() && Format::from_name(format).is_some()
        })
    }
}

/// Returns the folder of a day's partition.
pub fn partition(day: Option<NaiveDate>) -> String {
    let day = day.map_or_else(|| NO_DATE.to_owned(), |day| day.format("%Y-%m-%d").to_string());
    format!("{PARTITION_COLUMN}={day}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_files_are_ours() {
        let file =
            Paths::data_file(NaiveDate::from_ymd_opt(2026, 3, 2), Uuid::new_v4(), Format::Parquet);
        assert!(file.starts_with("event_date=2026-03-02"));
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(Paths::is_ours(&name(&file)) && Paths::is_ours(&name(&Paths::unfinished(&file))));
        for other in ["notes.parquet", ".import.lock", "x", ".DS_Store", "", "a.b.c"] {
            assert!(!Paths::is_ours(other), "{other}");
        }
    }
}
