//! How many imports run at once, so that their memory is bounded: one into a store, as the others would wait for its lock,
//! and of all stores only so many.

use crate::store::StoreId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often who waits checks whether to stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Turns to import.
#[derive(Debug)]
pub(super) struct Turns {
    most: usize,
    taken: Mutex<Vec<StoreId>>,
    freed: Condvar,
}

/// A turn, which ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    store: StoreId,
}

impl Turns {
    /// So many at once.
    pub(super) fn new(most: usize) -> Self {
        Self { most, taken: Mutex::default(), freed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<StoreId>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn to import into a store; `None` when `stop` is set before.
    pub(super) fn take(&self, store: StoreId, stop: &AtomicBool) -> Option<Turn<'_>> {
        let mut taken = self.lock();
        while taken.len() >= self.most || taken.contains(&store) {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let waited = self.freed.wait_timeout(taken, STOP_CHECK_INTERVAL);
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        taken.push(store);
        Some(Turn { turns: self, store })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.lock().retain(|store| *store != self.store);
        self.turns.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_has_one_turn_and_all_have_so_many() {
        let (turns, asked, stop) = (Turns::new(2), AtomicBool::new(false), AtomicBool::new(true));
        let [a, b, c] = [(); 3].map(|()| StoreId::random());
        let first = turns.take(a, &asked).unwrap();
        assert!(turns.take(a, &stop).is_none(), "it has one already");
        let second = turns.take(b, &asked).unwrap();
        assert!(turns.take(c, &stop).is_none(), "two are taken");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| turns.take(a, &asked).is_some());
            drop(first);
            assert!(waits.join().unwrap());
        });
        drop(second);
        assert!(turns.lock().is_empty());
    }
}
