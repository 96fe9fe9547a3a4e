//! Imports that clients start and look at again: they wait, run one after the other, end, and can go on.
//!
//! How an import ended, what it stored and what it could not take is in the lake's catalog, as of imports of the command
//! line; what it was told and how far it is, in a document. A thread of its own runs them, with a part of the cores and of
//! the memory, so that queries go on. After a kill, states are true: what had not ended is STOPPED, says why, and goes on
//! behind its last round when it is started again.

mod place;
mod queue;
mod record;
mod run;

pub use place::{Place, PlaceError, RootError, Roots};
pub use record::{EndReason, ImportRecord, ImportSource, Statistics, Wanted};

use super::documents::{DocumentError, Documents};
use crate::store::catalog::RecordedFailure;
use crate::store::{ImportRow, ImportStatus, Lake, StoreError, StoreId};
use queue::{DOCUMENTS, Shared};
use record::Told;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long whoever stops an import waits until it has stopped.
const STOP_PATIENCE: Duration = Duration::from_secs(1);
/// How often it looks for the end of an import of another process.
const POLL: Duration = Duration::from_millis(50);

/// Why something about an import cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such import.
    #[error("there is no import {0}")]
    NotFound(String),
    /// The command line made it, and is told more of it than is known here.
    #[error(
        "the command line made import {0}; read its failed files again with: traillake imports retry {0}"
    )]
    ByCommandLine(String),
    /// It has ended, and there is nothing to stop or to go on with.
    #[error("import {id} is {}", status.name())]
    Ended {
        /// The import.
        id: String,
        /// How it ended.
        status: ImportStatus,
    },
    /// It waits or runs already.
    #[error("import {0} has not ended; stop it first, or wait until it has")]
    Running(String),
    /// More wait than may wait.
    #[error("{0} imports wait already; wait until some have ended")]
    TooMany(usize),
    /// The service is about to stop.
    #[error("the service stops and takes no more imports")]
    Stopping,
    /// The thread that runs them cannot be started.
    #[error("no thread for imports can be started: {0}")]
    Thread(std::io::Error),
    /// The lake cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is told of imports cannot be read or written.
    #[error(transparent)]
    Documents(#[from] DocumentError),
}

/// How imports are run.
#[derive(Debug, Clone, Copy)]
pub struct ImportLimits {
    /// Threads of the one that runs.
    pub threads: usize,
    /// Bytes of memory that it stays below, roughly.
    pub memory: usize,
    /// How often what was read is written and noted.
    pub round: Duration,
}

/// How an entry of the list of failures stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureStatus {
    /// It could not be taken.
    Failed,
    /// The import runs again, and has not come to it yet.
    Retry,
    /// It was taken later.
    Succeeded,
}

/// The imports of a lake's service. They are stopped when this is dropped.
#[derive(Debug)]
pub struct Imports(Arc<Shared>);

impl Drop for Imports {
    fn drop(&mut self) {
        self.0.stop_all();
    }
}

impl Imports {
    /// Begins to run imports of `lake`, of which `documents` keeps what is told. What waited or ran when the last process
    /// ended is stopped.
    ///
    /// # Errors
    /// When the catalog cannot be written, or no thread can be started.
    pub fn open(
        lake: Arc<Lake>,
        documents: Arc<Documents>,
        limits: ImportLimits,
    ) -> Result<Self, ImportError> {
        lake.catalog().stop_waiting_imports()?;
        lake.stop_dead_imports()?;
        let (state, changed, turn) = Default::default();
        let shared = Arc::new(Shared { lake, documents, limits, state, changed, turn });
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("imports".to_owned());
        thread.spawn(move || worker.work()).map_err(ImportError::Thread)?;
        Ok(Self(shared))
    }

    /// Lists an import into a store and lets it wait for its turn. Returns its id.
    ///
    /// # Errors
    /// When too many wait, the service stops, or something cannot be written.
    pub fn start(
        &self,
        store: StoreId,
        place: Place,
        wanted: Wanted,
    ) -> Result<String, ImportError> {
        self.0.check_room()?;
        let id = self.0.lake.announce_import(store, std::slice::from_ref(&wanted.source.uri))?;
        let told = Told {
            wanted,
            updated_at: self.0.now(),
            statistics: Statistics::none(),
            runs: true,
            reason: None,
            mended: Vec::new(),
        };
        if let Err(error) = self.0.documents.put(DOCUMENTS, &id, &told) {
            self.0.lake.give_up_import(&id, ImportStatus::Stopped)?;
            return Err(error.into());
        }
        self.0.enqueue(id.clone(), store, place, &told.wanted)?;
        Ok(id)
    }

    /// Returns what a run of an import goes on with: the import, which has ended and was not through, and what was wanted.
    ///
    /// # Errors
    /// When there is none, it has not ended, or is COMPLETED, or the command line made it.
    pub fn unfinished(&self, id: &str) -> Result<(ImportRow, Wanted), ImportError> {
        let ImportRecord { row, status, wanted, .. } = self.get(id)?;
        let wanted = wanted.ok_or_else(|| ImportError::ByCommandLine(id.to_owned()))?;
        match status {
            ImportStatus::Initializing | ImportStatus::InProgress => {
                Err(ImportError::Running(id.to_owned()))
            }
            ImportStatus::Completed => Err(ImportError::Ended { id: id.to_owned(), status }),
            ImportStatus::Failed | ImportStatus::Stopped => Ok((row, wanted)),
        }
    }

    /// Lets an import that [`Self::unfinished`] returned wait for its turn once more.
    ///
    /// # Errors
    /// As [`Self::start`], and when somebody else was quicker.
    pub fn start_again(
        &self,
        id: &str,
        store: StoreId,
        place: Place,
        wanted: &Wanted,
    ) -> Result<(), ImportError> {
        self.0.check_room()?;
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.lock().live.contains_key(id) {
            return Err(ImportError::Running(id.to_owned()));
        }
        self.0.lake.announce_run(id, store, std::slice::from_ref(&wanted.source.uri))?;
        self.0.change(id, |told| {
            (told.runs, told.reason) = (true, None);
            true
        })?;
        self.0.enqueue(id.to_owned(), store, place, wanted)
    }

    /// Returns what is known of an import, now.
    ///
    /// # Errors
    /// When there is none, or the lake cannot be read.
    pub fn get(&self, id: &str) -> Result<ImportRecord, ImportError> {
        let find = || {
            let row = self.0.lake.catalog().import(id)?;
            row.ok_or_else(|| ImportError::NotFound(id.to_owned()))
        };
        let mut row = find()?;
        if row.status == ImportStatus::InProgress.name() && !self.0.lock().live.contains_key(id) {
            self.0.lake.stop_dead_imports()?;
            row = find()?;
        }
        self.record(row)
    }

    /// Returns all imports, the newest first, without their reports, and their states.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn list(&self) -> Result<Vec<(ImportRow, ImportStatus)>, ImportError> {
        self.0.lake.stop_dead_imports()?;
        let rows = self.0.lake.catalog().imports_in_brief()?;
        let state = self.0.lock();
        let status = |row: ImportRow| (status_of(&row, state.live.contains_key(&row.id)), row);
        Ok(rows.into_iter().map(status).map(|(status, row)| (row, status)).collect())
    }

    /// Adds to what the catalog has of an import what else is known of it.
    ///
    /// # Errors
    /// When a document cannot be read.
    pub fn record(&self, row: ImportRow) -> Result<ImportRecord, ImportError> {
        let live = self.0.lock().live.get(&row.id).map(|live| Statistics::of(&live.progress));
        let status = status_of(&row, live.is_some());
        Ok(match self.0.documents.get::<Told>(DOCUMENTS, &row.id)? {
            None => ImportRecord::by_command_line(row, status),
            Some(told) => ImportRecord::of_service(row, status, told, live),
        })
    }

    /// Returns what an import could not take.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn failures(&self, import: &ImportRecord) -> Result<Vec<RecordedFailure>, ImportError> {
        let mut failures = self.0.lake.catalog().failures(&import.row.id)?;
        failures.retain(|failure| !failure.is_notice());
        Ok(failures)
    }

    /// Returns how a failure of an import stands now.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn failure_status(
        &self,
        import: &ImportRecord,
        failure: &RecordedFailure,
    ) -> Result<FailureStatus, ImportError> {
        let is_mended = import.mended.contains(&failure.location)
            || self.0.lake.catalog().is_imported_since(&import.row, &failure.location)?;
        Ok(match is_mended {
            true => FailureStatus::Succeeded,
            false if import.has_ended() => FailureStatus::Failed,
            false => FailureStatus::Retry,
        })
    }

    /// Stops an import, and waits a moment until it has. What is in the store by then stays.
    ///
    /// # Errors
    /// When there is none, it has ended otherwise, or the lake cannot be written.
    pub async fn stop(&self, id: &str) -> Result<ImportRecord, ImportError> {
        let found = self.get(id)?;
        match found.status {
            ImportStatus::Stopped => return Ok(found),
            status if found.has_ended() => {
                return Err(ImportError::Ended { id: id.to_owned(), status });
            }
            _ => {}
        }
        let ended = self.0.cancel(id);
        let ended = async {
            match ended {
                Some(ended) => ended.await,
                None => self.other_ended(&found.row).await,
            }
        };
        let _ = timeout(STOP_PATIENCE, ended).await;
        self.get(id)
    }

    /// Stops an import of another process, and waits until it has ended.
    async fn other_ended(&self, row: &ImportRow) {
        // One that is over needs not be asked.
        let _ = self.0.lake.stop_import(row.store_id, &row.id);
        while self.get(&row.id).is_ok_and(|found| !found.has_ended()) {
            sleep(POLL).await;
        }
    }

    /// Whether an import into a store waits or runs.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn is_importing(&self, store: StoreId) -> Result<bool, StoreError> {
        let is_ours = self.0.lock().live.values().any(|live| live.store == store);
        Ok(is_ours || self.0.lake.is_importing(store)?)
    }

    /// Stops all imports and takes no more; waits so long at most until they have stopped.
    pub async fn end(&self, patience: Duration) {
        let ended = futures::future::join_all(self.0.stop_all());
        let _ = timeout(patience, ended).await;
    }
}

/// The status of an import. One of ours has not ended before it is looked after no more, as it still changes the store.
fn status_of(row: &ImportRow, is_live: bool) -> ImportStatus {
    match ImportStatus::from_name(&row.status).unwrap_or(ImportStatus::Stopped) {
        ImportStatus::Initializing => ImportStatus::Initializing,
        _ if is_live => ImportStatus::InProgress,
        status => status,
    }
}
