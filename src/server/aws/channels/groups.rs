//! Events on their way into stores. What comes while a group is being written is the next group, and who sent it waits for
//! that: many small requests so cost few files, and none is answered before its events are on the disk.

use super::NotTaken;
use super::ingestion::Ingestions;
use crate::store::{
    CompactOptions, Intake, Lake, SentEvents, StoreError, StoreId, StoreRow, Taken,
};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long events wait for an import into the store to end; clients give up after a minute.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of records after which a group takes no more.
const GROUP_BYTES: usize = 16 << 20;
/// How small files are merged between groups.
const MERGING: CompactOptions = CompactOptions { threads: 1, memory: 128 << 20 };

/// Events of one request.
#[derive(Debug)]
pub(super) struct Parcel {
    /// The id of the channel.
    pub(super) channel: String,
    pub(super) sent: SentEvents,
}

/// Returns what each event of a group is told that was not taken.
fn not_taken(store: &StoreRow, error: &StoreError) -> NotTaken {
    let name = &store.name;
    match error {
        StoreError::Busy(_) => {
            let message = format!("The store {name} is being changed; send the event again.");
            NotTaken { code: "Throttling", message }
        }
        StoreError::PendingDeletion { .. } | StoreError::NotFound { .. } => {
            NotTaken::no_store(name)
        }
        _ => NotTaken::failure(),
    }
}

/// What became of the events of a parcel.
pub(super) type Outcome = Result<Vec<Taken>, NotTaken>;

/// What is on its way into the stores of a lake.
#[derive(Debug)]
pub(super) struct Groups {
    lake: Arc<Lake>,
    ingestions: Arc<Ingestions>,
    lines: Mutex<HashMap<StoreId, Arc<Line>>>,
}

/// What is on its way into one store.
#[derive(Debug, Default)]
struct Line {
    intake: Intake,
    state: Mutex<LineState>,
}

#[derive(Debug, Default)]
struct LineState {
    waiting: VecDeque<Waiting>,
    /// Whether somebody takes care of it.
    is_written: bool,
}

#[derive(Debug)]
struct Waiting {
    parcel: Arc<Parcel>,
    answer: oneshot::Sender<Outcome>,
}

impl Groups {
    pub(super) fn new(lake: Arc<Lake>, ingestions: Arc<Ingestions>) -> Self {
        Self { lake, ingestions, lines: Mutex::default() }
    }

    /// Sends a parcel to a store, and returns what will tell what became of it.
    pub(super) fn send(
        self: &Arc<Self>,
        store: &StoreRow,
        parcel: Arc<Parcel>,
    ) -> impl Future<Output = Outcome> + use<> {
        let (answer, outcome) = oneshot::channel();
        let line = {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lines.entry(store.id).or_default())
        };
        let begins = {
            let mut state = line.state();
            state.waiting.push_back(Waiting { parcel, answer });
            !std::mem::replace(&mut state.is_written, true)
        };
        if begins {
            let (groups, store) = (Arc::clone(self), store.clone());
            tokio::task::spawn_blocking(move || {
                let _turn = Turn(&line);
                while let Some(group) = line.next_group() {
                    groups.write(&line, &store, group);
                }
            });
        }
        async { outcome.await.unwrap_or_else(|_| Err(NotTaken::failure())) }
    }

    fn write(&self, line: &Line, store: &StoreRow, group: Vec<Waiting>) {
        let began = Instant::now();
        let sent: Vec<_> = group.iter().map(|waiting| &waiting.parcel.sent).collect();
        let taken = line.intake.take(&self.lake, store, &sent, || began.elapsed() > PATIENCE);
        match taken {
            Ok(mut taken) => {
                self.note(&group, &taken.taken);
                for (waiting, taken) in group.into_iter().zip(std::mem::take(&mut taken.taken)) {
                    // Who hung up is not told.
                    let _ = waiting.answer.send(Ok(taken));
                }
                if taken.unsettled {
                    // The next group tries again.
                    let _ = line.intake.settle(&self.lake, store, &taken, MERGING);
                }
            }
            Err(error) => {
                let why = not_taken(store, &error);
                for waiting in group {
                    let _ = waiting.answer.send(Err(why.clone()));
                }
            }
        }
    }

    /// Notes the last event of each channel that is in the store now.
    fn note(&self, group: &[Waiting], taken: &[Vec<Taken>]) {
        let mut last = HashMap::new();
        for (Waiting { parcel, .. }, taken) in group.iter().zip(taken) {
            let mut events = parcel.sent.events.iter().zip(taken).rev();
            if let Some((event, _)) = events.find(|(_, taken)| **taken != Taken::PastRetention) {
                last.insert(&parcel.channel, (event.id, parcel.sent.received_at));
            }
        }
        for (channel, (event, at)) in last {
            // The events are there; that they came last is not worth a failure.
            let _ = self.ingestions.succeeded(channel, event, at);
        }
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, LineState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what waits; with nothing, whoever sends next takes care of the line.
    fn next_group(&self) -> Option<Vec<Waiting>> {
        let mut state = self.state();
        let (mut group, mut bytes) = (Vec::new(), 0);
        while bytes < GROUP_BYTES
            && let Some(waiting) = state.waiting.pop_front()
        {
            let events = &waiting.parcel.sent.events;
            bytes += events.iter().map(|event| event.record.len()).sum::<usize>();
            group.push(waiting);
        }
        if group.is_empty() {
            state.is_written = false;
            return None;
        }
        Some(group)
    }
}

/// Taking care of a line. Should that end in a panic, whoever waits is told, and the next one begins anew.
struct Turn<'a>(&'a Line);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.state() = LineState::default();
        }
    }
}
