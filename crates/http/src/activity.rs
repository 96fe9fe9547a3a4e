//! What a connection is doing, and until when it may.

use crate::options::Limits;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Shared by the stream of a connection, which sees bytes, and what answers its requests.
pub(crate) struct Activity {
    state: Mutex<State>,
    unread: AtomicBool,
    stalled: AtomicBool,
}

#[derive(Clone, Copy)]
enum State {
    /// Nothing came since the connection did.
    Fresh(Instant),
    /// A head is being read since then.
    Head(Instant),
    /// The next request is waited for since then.
    Idle(Instant),
    /// A request is being answered.
    Busy,
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    Head,
    Idle,
    Silent,
}

impl Activity {
    pub(crate) fn new() -> Self {
        let state = Mutex::new(State::Fresh(Instant::now()));
        Self { state, unread: false.into(), stalled: false.into() }
    }

    pub(crate) fn begin(&self) {
        *self.state() = State::Busy;
    }

    pub(crate) fn end(&self) {
        *self.state() = State::Idle(Instant::now());
    }

    /// Bytes came.
    pub(crate) fn came(&self) {
        let mut state = self.state();
        match *state {
            State::Idle(_) => *state = State::Head(Instant::now()),
            State::Fresh(since) => *state = State::Head(since),
            State::Head(_) | State::Busy => {}
        }
    }

    /// Bytes were taken: the rest of an answer that waited in a buffer.
    pub(crate) fn taken(&self) {
        let mut state = self.state();
        if matches!(*state, State::Idle(_)) {
            *state = State::Idle(Instant::now());
        }
    }

    /// Not all of a body was read.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    pub(crate) fn stall(&self) {
        self.stalled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Waits until the client has taken too long. States change unseen, so this looks again after as long as the
    /// shortest one may last.
    pub(crate) async fn overdue(&self, limits: &Limits) -> Overdue {
        loop {
            let (until, overdue) = match *self.state() {
                State::Fresh(since) => (since + limits.head, Some(Overdue::Silent)),
                State::Head(since) => (since + limits.head, Some(Overdue::Head)),
                State::Idle(since) => (since + limits.idle, Some(Overdue::Idle)),
                State::Busy => (Instant::now() + shortest(limits), None),
            };
            match overdue {
                Some(overdue) if Instant::now() >= until => return overdue,
                _ => sleep_until(until.min(Instant::now() + shortest(limits))).await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shortest(limits: &Limits) -> Duration {
    limits.head.min(limits.idle).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_head_is_owed_from_the_connection_on() {
        let activity = Activity::new();
        let State::Fresh(began) = *activity.state() else { panic!("not fresh") };
        std::thread::sleep(Duration::from_millis(2));
        activity.came();
        activity.came();
        assert!(matches!(*activity.state(), State::Head(since) if since == began));
        activity.begin();
        activity.came();
        assert!(matches!(*activity.state(), State::Busy));
        activity.end();
        activity.came();
        assert!(matches!(*activity.state(), State::Head(since) if since > began));
    }
}
