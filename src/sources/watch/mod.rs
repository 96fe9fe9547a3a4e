//! Imports what comes to the sources of stores, for as long as it runs.
//!
//! What is imported already is told by the ledger of the catalog, never by a mark in a listing, so that files may come in
//! any order and late, and a process may be killed at any time: the next one reads what is left. Between two looks at
//! everything, the operating system tells which files changed (`changes`); a file is read when it is complete
//! (`settling`).
//!
//! [`watch`] looks at one source after the other; `each` has a thread for each, for a service in which none waits for
//! another. An import ends when its store is told to take no more events (`ingesting`).

mod changes;
mod each;
mod fed;
mod ingesting;
mod settling;
mod turns;

pub use each::{EachOptions, SourceState, SourceStates, SourceWatch, Tell};

use crate::envelope::Discovery;
use crate::sources::SourceError;
use crate::store::catalog::ImportStatus;
use crate::store::{
    ImportOptions, ImportReport, Lake, Progress, StoreError, StoreId, StoreRow, import,
};
use changes::Changes;
use chrono::{DateTime, Utc};
use fed::{Fed, LookError, Taken, Told};
use ingesting::while_ingesting;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use turns::Turns;

/// How often the list of sources, and which stores ingest, is looked at; also how often files that are being written are.
const REFRESH: Duration = Duration::from_secs(1);

/// How to watch.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// The store whose sources are watched; all stores' if `None`.
    pub store: Option<StoreId>,
    /// Of its sources the one at this location; all if `None`.
    pub source: Option<String>,
    /// Whether to end when all that is there was imported.
    pub once: bool,
    /// How often buckets are listed, and folders looked through in case the system has missed to tell of a change.
    pub interval: Duration,
    /// Threads that read and write.
    pub threads: usize,
    /// Bytes of memory for waiting events.
    pub memory: usize,
}

/// What is told while sources are watched.
#[derive(Debug)]
pub enum Happening {
    /// An import has ended.
    Imported(StoreRow, Box<ImportReport>),
    /// A source cannot be looked at, or a store not be written. It is tried again.
    Trouble {
        /// The store.
        store: StoreRow,
        /// The source.
        source: String,
        /// What is wrong.
        error: String,
        /// Whether that was not so, or was another error, the last time.
        is_new: bool,
    },
    /// A source was looked at, and what was new is in its store.
    Looked {
        /// The store.
        store: StoreRow,
        /// The source.
        source: String,
        /// Whether that failed the last time.
        was_in_trouble: bool,
    },
    /// A store takes no events, so its sources wait.
    Stopped(StoreRow),
    /// The system tells of no changes at a source, for this reason, which is looked at at intervals.
    Polled(String, String),
}

/// Watches the sources of stores until `stop` is set, or, if asked to do so once, until everything was imported. `tell`
/// hears what happens; its error ends the watch.
///
/// # Errors
/// When the catalog cannot be read; what `tell` returns.
pub fn watch<E: From<StoreError>>(
    lake: &Lake,
    options: &WatchOptions,
    clock: fn() -> DateTime<Utc>,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(Happening) -> Result<(), E>,
) -> Result<(), E> {
    watch_in_turn(lake, options, (clock, stop), None, tell)
}

/// Watches; imports wait for their turn, if there are turns.
fn watch_in_turn<E: From<StoreError>>(
    lake: &Lake,
    options: &WatchOptions,
    (clock, stop): (fn() -> DateTime<Utc>, &AtomicBool),
    turns: Option<Arc<Turns>>,
    tell: &mut dyn FnMut(Happening) -> Result<(), E>,
) -> Result<(), E> {
    let mut watching = Watching {
        lake,
        options,
        clock,
        stop,
        turns,
        feds: Vec::new(),
        changes: Changes::new().map_err(|error| error.to_string()),
        idle: HashSet::new(),
    };
    loop {
        watching.refresh(tell)?;
        let waits = watching.look(tell)?;
        if stop.load(Ordering::Relaxed) || options.once && !waits {
            return Ok(());
        }
        watching.wait();
    }
}

struct Watching<'a> {
    lake: &'a Lake,
    options: &'a WatchOptions,
    clock: fn() -> DateTime<Utc>,
    stop: &'a AtomicBool,
    turns: Option<Arc<Turns>>,
    feds: Vec<(StoreRow, Fed)>,
    changes: Result<Changes, String>,
    /// Stores that were told to take no events.
    idle: HashSet<StoreId>,
}

impl Watching<'_> {
    /// Takes up sources that were added, and drops those that were removed.
    fn refresh<E: From<StoreError>>(
        &mut self,
        tell: &mut dyn FnMut(Happening) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut before = std::mem::take(&mut self.feds);
        for (store, source) in self.lake.catalog().watched_sources(self.options.store)? {
            if self.options.source.as_ref().is_some_and(|only| *only != source.location) {
                continue;
            }
            let known = before.iter().position(|(_, fed)| fed.source == source);
            let fed = match known {
                Some(known) => before.swap_remove(known).1,
                None => Fed::new(source),
            };
            self.feds.push((store, fed));
        }
        for (_, fed) in &mut self.feds {
            begin(&mut self.changes, fed, tell)?;
        }
        for (_, gone) in before {
            if let Ok(changes) = &mut self.changes
                && self.feds.iter().all(|(_, fed)| fed.path != gone.path)
            {
                changes.unwatch(&gone.path);
            }
        }
        Ok(())
    }

    /// Imports what is new at sources that are due. Returns whether something is still being written.
    fn look<E: From<StoreError>>(
        &mut self,
        tell: &mut dyn FnMut(Happening) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut waits = false;
        for (store, fed) in &mut self.feds {
            if store.check_ingests().is_err() {
                // What came meanwhile is looked at when it takes events again.
                fed.look_again();
                if self.idle.insert(store.id) {
                    tell(Happening::Stopped(store.clone()))?;
                }
                continue;
            }
            self.idle.remove(&store.id);
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            if fed.due() > Instant::now() {
                continue;
            }
            let found = fed.look(self.lake, self.options.interval, self.clock, self.stop);
            let imported = found.and_then(|found| {
                import_new(self.lake, store, fed, found, self.options, &self.turns, self.stop)
                    .map_err(LookError::Store)
            });
            let trouble = match imported {
                Err(LookError::Source(SourceError::Interrupted))
                | Err(LookError::Store(StoreError::Interrupted)) => {
                    fed.look_again();
                    continue;
                }
                // It was told to while the import waited, which the next round finds.
                Err(LookError::Store(
                    StoreError::IngestionStopped(_) | StoreError::PendingDeletion { .. },
                )) => {
                    fed.look_again();
                    continue;
                }
                Err(error) => {
                    fed.put_off(self.options.interval);
                    Some(error.to_string())
                }
                Ok(report) => {
                    if let Some(report) = report {
                        tell(Happening::Imported(store.clone(), Box::new(report)))?;
                    }
                    None
                }
            };
            tell(fed.outcome(store, trouble))?;
            waits |= fed.waits();
        }
        Ok(waits)
    }

    /// Waits until a source is due, or something changes.
    fn wait(&mut self) {
        let now = Instant::now();
        let writes = self.feds.iter().any(|(_, fed)| fed.waits());
        let due = self.feds.iter().map(|(_, fed)| fed.due()).filter(|due| *due > now).min();
        let at_most = due.map_or(REFRESH, |due| due.duration_since(now).min(REFRESH));
        let at_most = if writes { REFRESH / 2 } else { at_most };
        match &self.changes {
            Ok(changes) => {
                let changes = changes.wait(at_most, self.stop);
                let now = Instant::now();
                for (_, fed) in &mut self.feds {
                    changes.iter().for_each(|change| fed.change(change, now));
                }
            }
            Err(_) => std::thread::sleep(at_most.min(REFRESH)),
        }
    }
}

/// Lets the system tell of changes at a source, once it is there.
fn begin<E>(
    changes: &mut Result<Changes, String>,
    fed: &mut Fed,
    tell: &mut dyn FnMut(Happening) -> Result<(), E>,
) -> Result<(), E> {
    if fed.told != Told::NotYet || !fed.path.exists() {
        return Ok(());
    }
    let watched = match changes {
        Ok(changes) => {
            // It may be another folder than the one that was told of.
            changes.unwatch(&fed.path);
            changes.watch(&fed.path).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.clone()),
    };
    match watched {
        Ok(()) => fed.is_told(),
        Err(error) => {
            fed.told = Told::No;
            tell(Happening::Polled(fed.source.location.clone(), error))?;
        }
    }
    Ok(())
}

/// Imports what was found, if it is anything.
fn import_new(
    lake: &Lake,
    store: &StoreRow,
    fed: &mut Fed,
    (found, taken): (Discovery, Taken),
    options: &WatchOptions,
    turns: &Option<Arc<Turns>>,
    stop: &AtomicBool,
) -> Result<Option<ImportReport>, StoreError> {
    if found.sources.is_empty() && found.failures.is_empty() {
        return Ok(None);
    }
    let _turn = match turns {
        Some(turns) => Some(turns.take(store.id, stop).ok_or(StoreError::Interrupted)?),
        None => None,
    };
    let paths = [fed.source.location.clone()];
    let how = ImportOptions::new(&paths, options.threads, options.memory);
    let (report, cancelled) = while_ingesting(lake, store.id, stop, |cancel| {
        import(lake, store, found, &how, &Progress::default(), cancel)
    });
    let report = report?;
    if report.status != ImportStatus::Stopped {
        fed.took(taken);
    } else if cancelled {
        // What is left is read when the store takes events again.
        fed.look_again();
    }
    Ok(Some(report))
}
