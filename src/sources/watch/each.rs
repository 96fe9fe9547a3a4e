//! Watches every source on a thread of its own, so that one that does not answer keeps none of the others waiting.
//!
//! Nothing that happens at a source ends it: a thread that fails is started again.

use super::turns::Turns;
use super::{Happening, WatchOptions, watch_in_turn};
use crate::store::{Lake, StoreError, StoreId, StoreRow};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the list of sources is looked at.
const REFRESH: Duration = Duration::from_secs(1);
/// How long a thread that failed is not started again.
const PAUSE: Duration = Duration::from_secs(10);
/// Imports that run at once.
const IMPORTS: usize = 2;
/// How often who waits for the end looks.
const POLL: Duration = Duration::from_millis(10);

/// Hears what happens, from several threads.
#[derive(Clone)]
pub struct Tell(Arc<dyn Fn(Happening) + Send + Sync>);

impl Tell {
    /// Lets `hear` hear what happens. Nothing is read meanwhile, so it does not wait.
    pub fn new(hear: impl Fn(Happening) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }
}

impl std::fmt::Debug for Tell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tell").finish_non_exhaustive()
    }
}

/// How every source is watched.
#[derive(Debug, Clone, Copy)]
pub struct EachOptions {
    /// See [`WatchOptions::interval`].
    pub interval: Duration,
    /// Threads of an import.
    pub threads: usize,
    /// Bytes of memory for waiting events, of all imports together.
    pub memory: usize,
}

/// What is known of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    /// The name of the store that it feeds.
    pub store: String,
    /// Where it is.
    pub source: String,
    /// Whether it could be read when it was looked at last; `None` before that.
    pub is_up: Option<bool>,
    /// How often it could not.
    pub failures: u64,
}

/// Tells how the sources are that are watched.
#[derive(Debug, Clone)]
pub struct SourceStates(Arc<Mutex<States>>);

impl SourceStates {
    /// Returns what is known of each source, by store and location.
    pub fn now(&self) -> Vec<SourceState> {
        let mut known: Vec<_> = lock(&self.0).sources.values().cloned().collect();
        known.sort_by(|a, b| (&a.store, &a.source).cmp(&(&b.store, &b.source)));
        known
    }
}

/// A source: its store and its location.
type Key = (StoreId, String);

#[derive(Debug, Default)]
struct States {
    sources: HashMap<Key, SourceState>,
    /// Stores of which it was told that they take no events.
    stopped: HashSet<StoreId>,
}

/// Watches the sources of all stores until it is stopped.
#[derive(Debug)]
pub struct SourceWatch {
    stop: Arc<AtomicBool>,
    states: Arc<Mutex<States>>,
    thread: Option<JoinHandle<()>>,
}

impl SourceWatch {
    /// Begins to watch, as the sources are added and removed.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start(lake: Arc<Lake>, options: EachOptions, tell: Tell) -> std::io::Result<Self> {
        let (stop, states) = (Arc::<AtomicBool>::default(), Arc::<Mutex<States>>::default());
        let turns = Arc::new(Turns::new(IMPORTS));
        let mut all = All {
            watcher: Watcher { lake, options, tell, turns, states: Arc::clone(&states) },
            running: HashMap::new(),
            leaving: Vec::new(),
        };
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("sources".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                all.refresh();
                thread::park_timeout(REFRESH);
            }
            all.end();
        })?;
        Ok(Self { stop, states, thread: Some(thread) })
    }

    /// Returns what tells how the sources are, at any time.
    pub fn states(&self) -> SourceStates {
        SourceStates(Arc::clone(&self.states))
    }

    /// Tells it to end, and does not wait for that.
    pub fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.iter().for_each(|thread| thread.thread().unpark());
    }

    /// Ends it. An import that runs writes and keeps what it has read, for which this waits so long at most; returns
    /// whether all have ended by then. Whatever has not leaves its store whole.
    pub fn stop(&mut self, patience: Duration) -> bool {
        self.ask_to_stop();
        let Some(thread) = self.thread.take() else { return true };
        let begun = Instant::now();
        while !thread.is_finished() {
            if begun.elapsed() > patience {
                return false;
            }
            thread::sleep(POLL);
        }
        thread.join().is_ok()
    }
}

impl Drop for SourceWatch {
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}

fn lock(states: &Mutex<States>) -> MutexGuard<'_, States> {
    states.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What every thread has.
#[derive(Clone)]
struct Watcher {
    lake: Arc<Lake>,
    options: EachOptions,
    tell: Tell,
    turns: Arc<Turns>,
    states: Arc<Mutex<States>>,
}

/// A thread that watches a source.
struct Running {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), StoreError>>,
}

/// The thread of a source, or when it is started again.
enum Thread {
    Runs(Running),
    Again(Instant),
}

/// All threads.
struct All {
    watcher: Watcher,
    running: HashMap<Key, Thread>,
    /// Those of sources that were removed.
    leaving: Vec<Running>,
}

impl All {
    /// Starts threads for sources that were added, and ends those of sources that were removed.
    fn refresh(&mut self) {
        self.leaving.retain(|running| !running.thread.is_finished());
        let listed = match self.watcher.lake.catalog().watched_sources(None) {
            Ok(listed) => listed,
            // Those that run try for themselves, and tell.
            Err(_) => return,
        };
        let keys: HashSet<Key> =
            listed.iter().map(|(store, source)| (store.id, source.location.clone())).collect();
        let gone: Vec<Key> =
            self.running.keys().filter(|key| !keys.contains(key)).cloned().collect();
        for key in gone {
            if let Some(Thread::Runs(running)) = self.running.remove(&key) {
                running.stop.store(true, Ordering::Relaxed);
                self.leaving.push(running);
            }
            lock(&self.watcher.states).sources.remove(&key);
        }
        for (store, source) in listed {
            self.watch(&store, source.location);
        }
    }

    /// Sees to it that a source is watched.
    fn watch(&mut self, store: &StoreRow, location: String) {
        let key = (store.id, location);
        self.watcher.knows(store, &key);
        let next = match self.running.remove(&key) {
            Some(Thread::Runs(running)) if !running.thread.is_finished() => Thread::Runs(running),
            Some(Thread::Runs(running)) => {
                let error = match running.thread.join() {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(_) => Some("watching it failed, which is a bug".to_owned()),
                };
                if let Some(error) = error {
                    let (store, source) = (store.clone(), key.1.clone());
                    self.watcher
                        .told(&key, Happening::Trouble { store, source, error, is_new: true });
                }
                Thread::Again(Instant::now() + PAUSE)
            }
            Some(Thread::Again(at)) if Instant::now() < at => Thread::Again(at),
            Some(Thread::Again(_)) | None => self.watcher.start(key.clone()),
        };
        self.running.insert(key, next);
    }

    /// Ends all threads, and waits until they have ended.
    fn end(&mut self) {
        let running = self.running.drain().filter_map(|(_, thread)| match thread {
            Thread::Runs(running) => Some(running),
            Thread::Again(_) => None,
        });
        let all: Vec<_> = running.chain(self.leaving.drain(..)).collect();
        all.iter().for_each(|running| running.stop.store(true, Ordering::Relaxed));
        for running in all {
            // What it could not do is done by the next service.
            drop(running.thread.join());
        }
    }
}

impl Watcher {
    /// Starts the thread of a source; later, if the system starts none now.
    fn start(&self, key: Key) -> Thread {
        let stop = Arc::<AtomicBool>::default();
        let (watcher, stopped) = (self.clone(), Arc::clone(&stop));
        let started = thread::Builder::new().name("source".to_owned()).spawn(move || {
            let options = WatchOptions {
                store: Some(key.0),
                source: Some(key.1.clone()),
                once: false,
                interval: watcher.options.interval,
                threads: watcher.options.threads,
                memory: watcher.options.memory / IMPORTS,
            };
            let clock = (watcher.lake.clock(), &*stopped);
            let turns = Some(Arc::clone(&watcher.turns));
            watch_in_turn(&watcher.lake, &options, clock, turns, &mut |happening| {
                watcher.told(&key, happening);
                Ok(())
            })
        });
        match started {
            Ok(thread) => Thread::Runs(Running { stop, thread }),
            Err(_) => Thread::Again(Instant::now() + PAUSE),
        }
    }

    /// Notes a source, and what its store is called now.
    fn knows(&self, store: &StoreRow, key: &Key) {
        let mut states = lock(&self.states);
        let state = states.sources.entry(key.clone()).or_insert_with(|| SourceState {
            store: String::new(),
            source: key.1.clone(),
            is_up: None,
            failures: 0,
        });
        state.store.clone_from(&store.name);
    }

    /// Notes what happened at a source, and tells it.
    fn told(&self, key: &Key, happening: Happening) {
        let mut states = lock(&self.states);
        match &happening {
            Happening::Looked { .. } => {
                states.stopped.remove(&key.0);
                if let Some(state) = states.sources.get_mut(key) {
                    state.is_up = Some(true);
                }
            }
            Happening::Trouble { .. } => {
                if let Some(state) = states.sources.get_mut(key) {
                    state.is_up = Some(false);
                    state.failures += 1;
                }
            }
            // Of several sources one tells it.
            Happening::Stopped(_) if !states.stopped.insert(key.0) => return,
            Happening::Stopped(_) | Happening::Imported(..) | Happening::Polled(..) => {}
        }
        drop(states);
        (self.tell.0)(happening);
    }
}
