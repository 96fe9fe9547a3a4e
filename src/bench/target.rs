//! What queries are run over.

use super::BenchError;
use crate::columnar::{FORMATS, Format};
use crate::engine::{Engine, EngineOptions};
use crate::envelope::{discover, shown};
use crate::store::catalog::ImportStatus;
use crate::store::lake::Clock;
use crate::store::{ImportOptions, Lake, Progress, import};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// Name of the raw JSON among the formats.
const JSON: &str = "json";

/// A kind of target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A store of this format.
    Store(Format),
    /// The JSON files as they came.
    Json,
}

impl TargetKind {
    /// Returns all kinds that this version can measure.
    pub fn all() -> Vec<Self> {
        let stores = FORMATS.into_iter().map(Self::Store);
        stores.chain([Self::Json]).collect()
    }

    /// Returns the kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Store(format) => format.name(),
            Self::Json => JSON,
        }
    }

    /// Returns the kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == JSON { Some(Self::Json) } else { Format::from_name(name).map(Self::Store) }
    }
}

/// What queries are run over.
#[derive(Debug, Clone)]
pub enum BenchTarget {
    /// A session over a store, which stays open.
    Store(Format, Arc<Engine>),
    /// Files that each query reads again.
    Json(RawJson),
}

impl BenchTarget {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Store(format, _) => format.name(),
            Self::Json(_) => JSON,
        }
    }
}

/// JSON files that are queried as they are, the way `query --input` does it: shredded into a lake that
/// lives for one query.
#[derive(Debug, Clone)]
pub struct RawJson {
    /// Files, folders or patterns.
    pub paths: Vec<PathBuf>,
    /// Threads and memory.
    pub options: EngineOptions,
    /// The clock of the lake.
    pub clock: Clock,
}

impl RawJson {
    /// Reads the files into a lake, which is removed with the folder that is returned.
    ///
    /// # Errors
    /// When the files cannot be found or the folder cannot be written, and when `cancel` is set.
    pub(super) fn open(&self, cancel: &AtomicBool) -> Result<(Engine, TempDir), BenchError> {
        let wrong = |error| BenchError::Io { path: std::env::temp_dir(), error };
        let dir = TempDir::with_prefix("traillake-").map_err(wrong)?;
        let (lake, store) = Lake::for_one_query(dir.path(), self.clock)?;
        let EngineOptions { threads, memory } = self.options;
        let shown: Vec<_> = self.paths.iter().map(|path| shown(path)).collect();
        let options = ImportOptions::for_one_query(&shown, threads, memory);
        let found = discover(&self.paths)?;
        let report = import(&lake, &store, found, &options, &Progress::default(), cancel)?;
        if report.status == ImportStatus::Stopped {
            return Err(BenchError::Cancelled);
        }
        Ok((Engine::new(Arc::new(lake), Some(store), self.options)?, dir))
    }
}
