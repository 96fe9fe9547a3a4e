//! Runs imports, one after the other.

use super::queue::{Job, Shared, State};
use super::record::Statistics;
use crate::envelope::DiscoverError;
use crate::store::{ImportOptions, ImportStatus, StoreError, import};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often what is told of an import is kept while it runs.
const TICK: Duration = Duration::from_millis(500);
/// How often a store is looked at into which somebody else imports.
const POLL: Duration = Duration::from_millis(200);

/// What is said of an import that ran when the service was stopped.
pub(super) const WITH_SERVICE: &str = "the service was stopped while the import ran";

/// Why an import did not come to its end.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    #[error("a bug in traillake, please report it: {0}")]
    Panic(String),
}

impl Shared {
    /// Runs what comes until the service stops.
    pub(super) fn work(&self) {
        while let Some(job) = self.next() {
            self.run(&job);
        }
    }

    /// Waits for an import that can run: nobody else changes its store.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        while !state.stops {
            let is_free = |job: &Job| !self.lake.is_changing(job.store);
            if let Some(at) = state.waiting.iter().position(is_free) {
                return state.waiting.remove(at);
            }
            state = self.wait(state);
        }
        None
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.waiting.is_empty() {
            return self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let waited = self.changed.wait_timeout(state, POLL);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn run(&self, job: &Job) {
        // What cannot be read now is read when the import ends, or was not there.
        let failed_before = self.lake.catalog().failed_places(&job.id).unwrap_or_default();
        let ended = thread::scope(|scope| {
            let (running, is_running) = channel::<()>();
            let import = scope.spawn(move || {
                let _running = running;
                self.import(job)
            });
            while is_running.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                self.note(job);
            }
            import.join().unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                Err(RunError::Panic(text.unwrap_or_else(|| "an import panicked".to_owned())))
            })
        });
        let mended = self.mended(job, failed_before);
        match ended {
            Ok(ImportStatus::Stopped) | Err(RunError::Store(StoreError::Interrupted)) => {
                self.end_stopped(job, mended);
            }
            Ok(_) => self.end(job, None, None, mended),
            Err(error) => {
                self.end(job, Some(ImportStatus::Failed), Some(error.to_string()), mended);
            }
        }
    }

    /// Notes that an import was stopped, by a client or with the service.
    pub(super) fn end_stopped(&self, job: &Job, mended: Vec<String>) {
        let reason = self.lock().stops.then(|| WITH_SERVICE.to_owned());
        self.end(job, Some(ImportStatus::Stopped), reason, mended);
    }

    fn import(&self, job: &Job) -> Result<ImportStatus, RunError> {
        let store = self.lake.store(&job.store.to_string())?;
        let found = job.place.find(&job.deliveries, &job.cancel)?;
        if job.is_cancelled() {
            return Err(StoreError::Interrupted.into());
        }
        let (paths, limits) = (std::slice::from_ref(&job.uri), &self.limits);
        let options = ImportOptions {
            id: Some(job.id.clone()),
            copies: true,
            rounds: Some(limits.round),
            ..ImportOptions::new(paths, limits.threads, limits.memory)
        };
        let report = import(&self.lake, &store, found, &options, &job.progress, &job.cancel)?;
        Ok(report.status)
    }

    /// Keeps how far an import is.
    fn note(&self, job: &Job) {
        let Some(statistics) = Statistics::of(&job.progress) else { return };
        // What cannot be kept now is kept half a second later.
        let _ = self.change(&job.id, |told| {
            let moved = told.statistics != statistics;
            told.statistics = statistics;
            moved
        });
    }

    /// Returns where files are that failed in an earlier run and were read in this one.
    fn mended(&self, job: &Job, failed_before: Vec<String>) -> Vec<String> {
        let catalog = self.lake.catalog();
        let Ok(Some(row)) = catalog.import(&job.id) else { return Vec::new() };
        let is_mended = |place: &String| catalog.is_imported(&row, place).unwrap_or_default();
        failed_before.into_iter().filter(is_mended).collect()
    }

    /// Notes how an import ended: in the catalog, if it does not know, and what else is told of it.
    fn end(
        &self,
        job: &Job,
        status: Option<ImportStatus>,
        reason: Option<String>,
        mended: Vec<String>,
    ) {
        // Who asks from now on is told that the service was killed, if these fail.
        if let Some(status) = status {
            let _ = self.lake.give_up_import(&job.id, status);
        }
        let statistics = Statistics::of(&job.progress);
        let _ = self.change(&job.id, |told| {
            told.runs = false;
            told.reason = reason;
            told.statistics = statistics.unwrap_or_else(|| told.statistics.clone());
            told.mended.extend(mended);
            told.mended.sort_unstable();
            told.mended.dedup();
            true
        });
        self.lock().live.remove(&job.id);
    }
}
