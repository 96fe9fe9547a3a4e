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

    /// Folder of a store, which any engine can read as a Hive-partitioned table.
    pub fn store(&self, store: StoreId) -> PathBuf {
        self.root.join("stores").join(store.to_string())
    }

    /// The file whose lock is held while the store's data files change.
    pub fn write_lock(&self, store: StoreId) -> PathBuf {
        self.store(store).join(".import.lock")
    }

    /// The file whose lock queries share while they read the store's data files.
    pub fn read_lock(&self, store: StoreId) -> PathBuf {
        self.store(store).join(".read.lock")
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
