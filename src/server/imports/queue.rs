//! Which imports wait and which one runs, for who asks and for who runs them.

use super::place::Place;
use super::record::{Told, Wanted};
use super::{ImportError, ImportLimits};
use crate::envelope::Deliveries;
use crate::server::documents::{DocumentError, Documents};
use crate::store::{Lake, Progress, StoreId};
use chrono::DateTime;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The kind of documents that hold what imports were told.
pub(super) const DOCUMENTS: &str = "import";
/// Imports that wait at once; further ones are refused.
const MAX_WAITING: usize = 1_000;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) lake: Arc<Lake>,
    pub(super) documents: Arc<Documents>,
    pub(super) limits: ImportLimits,
    pub(super) state: Mutex<State>,
    /// Something waits, or everything stops.
    pub(super) changed: Condvar,
    /// Held while an import is started again, which two clients may want at once.
    pub(super) turn: Mutex<()>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Those that have not begun, in the order in which they came.
    pub(super) waiting: VecDeque<Job>,
    /// These, and the one that runs.
    pub(super) live: HashMap<String, Live>,
    pub(super) stops: bool,
}

/// An import that waits or runs, for others.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) store: StoreId,
    pub(super) cancel: Arc<AtomicBool>,
    pub(super) progress: Arc<Progress>,
    /// Is closed when it has ended and everything says so.
    pub(super) ended: watch::Receiver<()>,
}

impl Live {
    pub(super) fn ended(&self) -> impl Future<Output = ()> + use<> {
        let mut ended = self.ended.clone();
        async move { while ended.changed().await.is_ok() {} }
    }
}

/// An import that waits or runs, for who runs it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) store: StoreId,
    pub(super) uri: String,
    pub(super) place: Place,
    pub(super) deliveries: Deliveries,
    pub(super) cancel: Arc<AtomicBool>,
    pub(super) progress: Arc<Progress>,
    /// Dropped with this.
    _ended: watch::Sender<()>,
}

impl Job {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> i64 {
        self.lake.now().timestamp_millis()
    }

    pub(super) fn check_room(&self) -> Result<(), ImportError> {
        let state = self.lock();
        match state.waiting.len() {
            _ if state.stops => Err(ImportError::Stopping),
            waiting if waiting >= MAX_WAITING => Err(ImportError::TooMany(waiting)),
            _ => Ok(()),
        }
    }

    /// Changes what is told of an import; `change` returns whether it did.
    pub(super) fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut Told) -> bool,
    ) -> Result<(), DocumentError> {
        let Some(mut told) = self.documents.get::<Told>(DOCUMENTS, id)? else { return Ok(()) };
        if change(&mut told) {
            told.updated_at = self.now();
            self.documents.put(DOCUMENTS, id, &told)?;
        }
        Ok(())
    }

    pub(super) fn enqueue(
        &self,
        id: String,
        store: StoreId,
        place: Place,
        wanted: &Wanted,
    ) -> Result<(), ImportError> {
        let (sender, ended) = watch::channel(());
        let moment = |millis: Option<i64>| millis.and_then(DateTime::from_timestamp_millis);
        let job = Job {
            id: id.clone(),
            store,
            uri: wanted.source.uri.clone(),
            place,
            deliveries: Deliveries::between(moment(wanted.from), moment(wanted.to)),
            cancel: Arc::default(),
            progress: Arc::default(),
            _ended: sender,
        };
        let (cancel, progress) = (Arc::clone(&job.cancel), Arc::clone(&job.progress));
        let mut state = self.lock();
        if state.stops {
            drop(state);
            self.end_stopped(&job, Vec::new());
            return Err(ImportError::Stopping);
        }
        state.live.insert(id, Live { store, cancel, progress, ended });
        state.waiting.push_back(job);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// Stops an import of ours, and returns what waits until it has ended.
    pub(super) fn cancel(&self, id: &str) -> Option<impl Future<Output = ()> + use<>> {
        let mut state = self.lock();
        let ended = state.live.get(id).map(|live| {
            live.cancel.store(true, Ordering::Relaxed);
            live.ended()
        });
        let at = state.waiting.iter().position(|job| job.id == id);
        let waiting = at.and_then(|at| state.waiting.remove(at));
        drop(state);
        if let Some(job) = waiting {
            self.end_stopped(&job, Vec::new());
        }
        ended
    }

    /// Stops all imports and takes no more; returns what waits until the one that runs has ended.
    pub(super) fn stop_all(&self) -> Vec<impl Future<Output = ()> + use<>> {
        let mut state = self.lock();
        state.stops = true;
        let waiting = std::mem::take(&mut state.waiting);
        let stop = |live: &Live| {
            live.cancel.store(true, Ordering::Relaxed);
            live.ended()
        };
        let ended = state.live.values().map(stop).collect();
        drop(state);
        self.changed.notify_all();
        waiting.iter().for_each(|job| self.end_stopped(job, Vec::new()));
        ended
    }
}
