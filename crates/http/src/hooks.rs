//! What a caller brings beside its router.

use crate::metrics::Metrics;
use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

/// The time of day: for `Date`, which clients correct their clocks by, and for the access log.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The last hand on an answer: the request without its body, as the router got it, and the answer.
pub type Finish = Arc<dyn Fn(&Parts, &mut Response<Body>) + Send + Sync>;

/// `Ok` if all is well, else the reason. It is asked by the thread that answers, so it does not wait.
pub type Health = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The caller's part in what a port does.
pub struct Hooks {
    /// The time of day.
    pub clock: Clock,
    /// Where the access log goes. It is written to by a thread of its own, and flushed when there is nothing more
    /// to write.
    pub log: Option<Box<dyn Write + Send>>,
    /// Sees every answer, refusals of the port included, which bear their [`Refusal`](crate::Refusal) as an
    /// extension. Here a protocol adds the header with the request id.
    pub finish: Finish,
    /// The answer of `GET /health`.
    pub health: Health,
    /// The answer of `GET /metrics`, to which the port adds its own.
    pub metrics: Metrics,
}

impl Hooks {
    /// Hooks that do nothing: no log, answers as they are, always healthy, no metrics but the port's.
    pub fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            log: None,
            finish: Arc::new(|_, _| {}),
            health: Arc::new(|| Ok(())),
            metrics: Metrics::default(),
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("log", &self.log.is_some()).finish_non_exhaustive()
    }
}
