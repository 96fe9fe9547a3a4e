//! The body of a request, bounded in size and in time.

use crate::activity::Activity;
use crate::options::Limits;
use crate::refusal::Refusal;
use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep};

/// What became of a body, for whoever answers. It lives until the request is answered, and so long its bytes count.
pub(crate) struct BodyState {
    read: AtomicU64,
    /// The bytes of all bodies.
    total: Arc<AtomicU64>,
    failure: OnceLock<Refusal>,
    failed: Notify,
}

impl BodyState {
    pub(crate) fn new(total: Arc<AtomicU64>) -> Self {
        Self { read: 0.into(), total, failure: OnceLock::new(), failed: Notify::new() }
    }

    /// Counts bytes, and tells how many there are now of all bodies.
    fn add(&self, bytes: u64) -> u64 {
        self.read.fetch_add(bytes, Ordering::Relaxed);
        self.total.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(crate) fn failure(&self) -> Option<Refusal> {
        self.failure.get().copied()
    }

    /// Waits until the body passes a bound; for ever if it never does.
    pub(crate) async fn failed(&self) -> Refusal {
        loop {
            if let Some(refusal) = self.failure() {
                return refusal;
            }
            self.failed.notified().await;
        }
    }

    fn fail(&self, refusal: Refusal) {
        let _ = self.failure.set(refusal);
        self.failed.notify_one();
    }
}

impl Drop for BodyState {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}

/// The error of reading a body that is refused.
#[derive(Debug)]
struct Refused(Refusal);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl std::error::Error for Refused {}

/// Gives no more than `left` bytes. Time counts only while the client is waited for: a server that takes its own
/// between two pieces is not the client's fault.
pub(crate) struct Bounded {
    inner: Incoming,
    left: u64,
    /// Bytes of all bodies.
    together: u64,
    /// What is left of the client's time.
    time: Duration,
    waiting: Option<Waiting>,
    ended: bool,
    state: Arc<BodyState>,
    activity: Arc<Activity>,
}

impl Bounded {
    pub(crate) fn new(
        inner: Incoming,
        limits: &Limits,
        state: Arc<BodyState>,
        activity: Arc<Activity>,
    ) -> Self {
        let ended = inner.is_end_stream();
        let (left, together, time) = (limits.body_bytes, limits.bodies_bytes, limits.body);
        Self { inner, left, together, time, waiting: None, ended, state, activity }
    }

    /// Whether the client's time is over. If not, whoever waits here is woken when it is.
    fn is_late(&mut self, cx: &mut Context<'_>, pending: bool) -> bool {
        if !pending {
            let waited = self.waiting.take().map(|waiting| waiting.since.elapsed());
            self.time = self.time.saturating_sub(waited.unwrap_or_default());
            return false;
        }
        let time = self.time;
        let begin = || Waiting { since: Instant::now(), end: Box::pin(sleep(time)) };
        self.waiting.get_or_insert_with(begin).end.as_mut().poll(cx).is_ready()
    }

    fn fail<T>(&self, refusal: Refusal) -> Poll<Option<Result<T, axum::Error>>> {
        self.state.fail(refusal);
        Poll::Ready(Some(Err(axum::Error::new(Refused(refusal)))))
    }
}

/// The client is waited for, since then and until its time is over.
struct Waiting {
    since: Instant,
    end: Pin<Box<Sleep>>,
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(refusal) = self.state.failure() {
            return self.fail(refusal);
        }
        let outcome = Pin::new(&mut self.inner).poll_frame(cx);
        if self.is_late(cx, outcome.is_pending()) {
            return self.fail(Refusal::SlowBody);
        }
        match outcome {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.state.add(length) > self.together {
                    return self.fail(Refusal::LargeBodies);
                }
                let Some(left) = self.left.checked_sub(length) else {
                    return self.fail(Refusal::LargeBody);
                };
                self.left = left;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(axum::Error::new(error)))),
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        if !self.ended && !self.inner.is_end_stream() {
            self.activity.leave_unread();
        }
    }
}
