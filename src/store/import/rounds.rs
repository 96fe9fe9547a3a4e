//! The rounds of an import: after each, everything that was read is in data files, and is noted as done. One that is
//! killed goes on behind its last round.

use super::super::catalog::Catalog;
use super::super::names::StoreId;
use super::tally::Tally;
use super::{ImportRun, ImportState};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Which sources are of the round that runs.
#[derive(Debug)]
pub(super) struct Round {
    /// How long one takes; `None` for one round of all sources, which are noted when the import ends.
    every: Option<Duration>,
    /// The first source.
    first: usize,
    /// When no further source is begun.
    end: Option<Instant>,
}

impl Round {
    pub(super) fn new(every: Option<Duration>) -> Self {
        Self { every, first: 0, end: None }
    }

    /// Whether there are several. What was read in one that is stopped is given up then: the next run reads it again, and
    /// nobody waits until it is written.
    pub(super) fn is_one_of_several(&self) -> bool {
        self.every.is_some()
    }

    /// Whether the source of a number is left to the next round. Each round has one at least.
    pub(super) fn is_over(&self, number: usize) -> bool {
        number > self.first && self.end.is_some_and(|end| Instant::now() >= end)
    }

    fn begin(&mut self, first: usize) {
        self.first = first;
        self.end = self.every.map(|every| Instant::now() + every);
    }
}

impl ImportRun<'_> {
    /// Does all the work on so many threads, and returns the state at the end.
    pub(super) fn in_rounds(
        mut self,
        threads: usize,
        catalog: &Catalog,
        store: StoreId,
    ) -> ImportState {
        self.tell(&self.lock().tally);
        loop {
            self.round.begin(self.next.load(Ordering::Relaxed));
            self.on_threads(threads);
            let mut state = self.lock();
            if self.round.is_one_of_several() {
                self.keep(&mut state, catalog, store);
            }
            self.tell(&state.tally);
            let is_at_end = self.next.load(Ordering::Relaxed) >= self.sources.len();
            if is_at_end || self.is_stopped() || state.error.is_some() {
                break;
            }
        }
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the round has read, or gives it up.
    fn keep(&self, state: &mut ImportState, catalog: &Catalog, store: StoreId) {
        if self.is_stopped() || state.error.is_some() {
            return state.tally.give_up();
        }
        let done = state.tally.keep();
        if let Err(error) = catalog.note_done(self.target.import, store, &done) {
            state.error = Some(error);
            state.tally.give_up();
        }
    }

    /// Tells what is kept, whatever happens.
    fn tell(&self, tally: &Tally) {
        let progress = self.progress;
        progress.files_kept.store(tally.files_kept(), Ordering::Relaxed);
        progress.folders_done.store(tally.folders_done(), Ordering::Relaxed);
        progress.lost.store(tally.lost(), Ordering::Relaxed);
        // Last: whoever looks at these takes it for the sign that they are told.
        progress.folders.store(tally.folders.found(), Ordering::Release);
    }
}
