//! A lake with one store, for tests of what becomes of its files.

use super::catalog::{DataFile, StoreRow};
use super::lake::{Lake, NewStore};
use super::names::StoreName;
use super::{ImportOptions, ImportReport, Progress, import};
use crate::columnar::Format;
use crate::envelope::discover;
use chrono::{DateTime, Utc};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// 2026-03-05 00:00:00 UTC.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_668_800, 0).unwrap()
}

pub(super) struct Bench {
    pub(super) dir: tempfile::TempDir,
    pub(super) lake: Lake,
    pub(super) store: StoreRow,
}

impl Bench {
    pub(super) fn new(format: Format) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(&dir.path().join("lake"), now).unwrap();
        let new = NewStore::new(StoreName::parse("incident-42").unwrap(), format);
        let store = lake.create_store(&new).unwrap();
        fs::create_dir(dir.path().join("logs")).unwrap();
        Self { dir, lake, store }
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.dir.path().join("logs")
    }

    /// Writes a log file of events of a day of March 2026, by number.
    pub(super) fn log(&self, name: &str, day: u32, ids: impl IntoIterator<Item = u32>) -> PathBuf {
        let record = |id: u32| {
            let minute = id * 7 % 60;
            format!(
                r#"{{"eventVersion":"1.11","eventID":"00000000-0000-4000-8000-{id:012}","eventTime":"2026-03-{day:02}T06:{minute:02}:00Z","eventName":"A{id}","recipientAccountId":"111122223333"}}"#
            )
        };
        let records: Vec<_> = ids.into_iter().map(record).collect();
        let path = self.logs().join(name);
        fs::write(&path, format!(r#"{{"Records":[{}]}}"#, records.join(","))).unwrap();
        path
    }

    /// The data files as the catalog lists them.
    pub(super) fn listed(&self) -> Vec<DataFile> {
        self.lake.catalog().data_files(self.store.id).unwrap()
    }
}

/// Imports a file or folder without merging, changed by `with`.
pub(super) fn import_with(
    lake: &Lake,
    store: &StoreRow,
    path: &Path,
    with: impl FnOnce(&mut ImportOptions),
) -> ImportReport {
    let mut options = ImportOptions::new(&[path.display().to_string()], 1, 64 << 20);
    options.compact = false;
    with(&mut options);
    let found = discover(&options.paths).unwrap();
    let never = AtomicBool::new(false);
    import(lake, store, found, &options, &Progress::default(), &never).unwrap()
}
