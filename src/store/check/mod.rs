//! Whether a store holds what its catalog says, and what to do when it does not.
//!
//! A check reads every data file to its end: its hash, its columns, and of every event the checksum of its record, its
//! day and its place in the order. A repair removes what no catalog lists, and sets aside what cannot be read, so that
//! the logs can be imported again. A catalog that is lost is made anew from the data files (`rebuild`).

mod rebuild;
mod verify;

pub use rebuild::{Rebuilt, RebuiltStore};

use super::catalog::{DataFile, StoreRow};
use super::data_files::DataFiles;
use super::error::{self, StoreError};
use super::lake::Lake;
use super::paths::Paths;
use chrono::NaiveDate;
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The catalog lists it, and it is not there.
    Missing,
    /// It does not hold what the catalog says.
    Damaged,
    /// A data file that the catalog does not list; the next import removes it.
    Unreferenced,
    /// An earlier repair set it aside. Its events are missing until they are imported again.
    SetAside,
}

/// A file with something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The file, below the lake's folder.
    pub path: String,
    /// UTC day of its events, where the catalog knows it.
    pub day: Option<NaiveDate>,
    /// Events that the catalog lists in it.
    pub events: u64,
    /// Why.
    pub reason: String,
}

impl Problem {
    /// Whether events of the store cannot be read.
    pub fn is_loss(&self) -> bool {
        matches!(self.kind, ProblemKind::Missing | ProblemKind::Damaged)
    }
}

/// What a check found in a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreCheck {
    /// Name of the store.
    pub store: String,
    /// Data files looked at.
    pub files: u64,
    /// Events in them, as the catalog lists them.
    pub events: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong, in the order of the files' days.
    pub problems: Vec<Problem>,
}

/// How to check.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions {
    /// Threads that read.
    pub threads: usize,
    /// Whether only sizes are looked at, and no file is read.
    pub quick: bool,
}

/// How far a check is, for a progress bar.
#[derive(Debug, Default)]
pub struct CheckProgress {
    /// Bytes of the files to look at.
    pub bytes: AtomicU64,
    /// Bytes of the files looked at.
    pub bytes_done: AtomicU64,
}

impl Lake {
    /// Checks the catalog itself. Returns what SQLite finds wrong.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn check_catalog(&self) -> Result<Vec<String>, StoreError> {
        self.catalog().integrity()
    }

    /// Checks a store's data files; nothing is changed. Imports may run.
    ///
    /// # Errors
    /// When the catalog cannot be read, or [`StoreError::Interrupted`].
    pub fn check(
        &self,
        store: &StoreRow,
        options: CheckOptions,
        progress: &CheckProgress,
        cancel: &AtomicBool,
    ) -> Result<StoreCheck, StoreError> {
        let snapshot = self.snapshot(store.id)?;
        let listed = &snapshot.files;
        let bytes = listed.iter().map(|file| file.bytes).sum();
        progress.bytes.store(bytes, Ordering::Relaxed);
        let files = DataFiles::of(self, store);
        let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            while !cancel.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = listed.get(at) else { break };
                if let Err((kind, reason)) = verify::verify(files, file, options.quick) {
                    let problem = self.problem(store, file, kind, reason);
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((at, problem));
                }
                progress.bytes_done.fetch_add(file.bytes, Ordering::Relaxed);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..options.threads.min(listed.len()) {
                scope.spawn(work);
            }
            work();
        });
        if cancel.load(Ordering::Relaxed) {
            return Err(StoreError::Interrupted);
        }
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|(at, _)| *at);
        let mut problems: Vec<_> = found.into_iter().map(|(_, problem)| problem).collect();
        problems.extend(self.left_over(store)?);
        Ok(StoreCheck {
            store: store.name.clone(),
            files: listed.len() as u64,
            events: listed.iter().map(|file| file.rows).sum(),
            bytes,
            problems,
        })
    }

    fn problem(
        &self,
        store: &StoreRow,
        file: &DataFile,
        kind: ProblemKind,
        reason: String,
    ) -> Problem {
        let path = self.shown(&self.paths().store(store.id).join(&file.path));
        Problem { kind, path, day: file.day, events: file.rows, reason }
    }

    /// Returns a path as it is below the lake's folder.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.paths().root()).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Returns files of ours that are not listed, unless an import is writing some, and those set aside.
    fn left_over(&self, store: &StoreRow) -> Result<Vec<Problem>, StoreError> {
        let problem = |path: &Path, kind, reason: &str| Problem {
            kind,
            path: self.shown(path),
            day: None,
            events: 0,
            reason: reason.to_owned(),
        };
        let mut problems = Vec::new();
        if !self.is_changing(store.id) {
            for path in self.unlisted_files(store.id)? {
                let reason = "the catalog does not list it";
                problems.push(problem(&path, ProblemKind::Unreferenced, reason));
            }
        }
        for path in self.paths().files_of(store.id, Paths::is_set_aside) {
            let reason = "set aside by a repair";
            problems.push(problem(&path, ProblemKind::SetAside, reason));
        }
        Ok(problems)
    }

    /// Repairs what a check found in a store: removes data files that are not listed, and sets aside those that
    /// cannot be read. The logs that were imported are then read again by the next import of them. Returns how many
    /// files were removed.
    ///
    /// # Errors
    /// When `cancel` was set before the lock was free, or the lake cannot be written.
    pub fn repair(
        &self,
        store: &StoreRow,
        check: &StoreCheck,
        cancel: &AtomicBool,
    ) -> Result<u64, StoreError> {
        let unlisted = self.unlisted_files(store.id)?.len();
        let (_lock, store) = self.lock_when_free(store, cancel)?;
        let left = self.unlisted_files(store.id)?.len();
        let lost: Vec<_> = check.problems.iter().filter(|problem| problem.is_loss()).collect();
        let is_lost = |file: &DataFile| {
            let path = self.shown(&self.paths().store(store.id).join(&file.path));
            lost.iter().any(|problem| problem.path == path)
        };
        let mut files = self.catalog().data_files(store.id)?;
        files.retain(is_lost);
        for file in &files {
            let path = self.paths().store(store.id).join(&file.path);
            match fs::rename(&path, Paths::set_aside(&path)) {
                Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => {}
                renamed => renamed.map_err(error::at(&path))?,
            }
        }
        if !files.is_empty() {
            self.catalog().give_up_data_files(store.id, &files)?;
        }
        Ok(unlisted.saturating_sub(left) as u64)
    }
}

#[cfg(test)]
mod tests;
