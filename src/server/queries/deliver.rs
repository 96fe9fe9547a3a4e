//! Delivers answers once their queries have finished, and after a kill those that were not delivered yet.

use super::{Queries, QueryError, QueryRecord, QueryStatus};
use crate::server::delivery::{Answer, Deliveries, DeliveryError, DeliveryStatus};
use chrono::DateTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Deliveries that are made at once; packing takes a core each.
const AT_ONCE: u32 = 2;
/// How long a delivery may take to see that the service stops.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// Makes deliveries, a few at a time.
pub(super) struct Courier {
    deliveries: Deliveries,
    turns: Arc<Semaphore>,
    is_stopped: AtomicBool,
}

impl Courier {
    pub(super) fn new(deliveries: Deliveries) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE as usize));
        Self { deliveries, turns, is_stopped: AtomicBool::new(false) }
    }

    /// Waits for so long until all deliveries are made; what is not done then is left for the next start.
    pub(super) async fn stop(&self, patience: Duration) {
        // Turns are given in order: whoever gets all of them is the last.
        let all_made = self.turns.acquire_many(AT_ONCE);
        if tokio::time::timeout(patience, all_made).await.is_err() {
            self.is_stopped.store(true, Ordering::Relaxed);
            let _ = tokio::time::timeout(STOP_PATIENCE, self.turns.acquire_many(AT_ONCE)).await;
        }
        self.is_stopped.store(true, Ordering::Relaxed);
    }
}

impl Queries {
    /// Begins the deliveries that were not made when the last process ended.
    pub(super) fn deliver_rest(self: &Arc<Self>) -> Result<(), QueryError> {
        for id in self.journal.undelivered()? {
            let queries = Arc::clone(self);
            self.runtime.spawn(async move { queries.deliver(id).await });
        }
        Ok(())
    }

    /// Delivers the answer of a query when it is its turn, if the query has finished, and notes how that ended.
    pub(super) async fn deliver(self: &Arc<Self>, id: Uuid) {
        let Ok(_turn) = Arc::clone(&self.courier.turns).acquire_owned().await else { return };
        let queries = Arc::clone(self);
        let made = self.runtime.spawn_blocking(move || queries.deliver_now(id)).await;
        let (status, error) = match made {
            Ok(Ok(())) => (DeliveryStatus::Success, None),
            Ok(Err(error)) => match error.status() {
                Some(status) => (status, Some(error.to_string())),
                None => return,
            },
            // The service ends.
            Err(join) if join.is_cancelled() => return,
            Err(panic) => (DeliveryStatus::Failed, Some(panic.to_string())),
        };
        // What cannot be noted is delivered again at the next start.
        let _ = self.journal.delivered(id, status, error.as_deref());
    }

    fn deliver_now(&self, id: Uuid) -> Result<(), DeliveryError> {
        let is_stopped = || self.courier.is_stopped.load(Ordering::Relaxed);
        // Without the journal nothing can be noted, either.
        let Ok(Some(query)) = self.journal.get(id) else { return Err(DeliveryError::Stopped) };
        let QueryRecord { status: QueryStatus::Finished, delivery: Some(delivery), .. } = &query
        else {
            return Err(DeliveryError::Stopped);
        };
        let ended_at = DateTime::from_timestamp_millis(query.ended_at.unwrap_or_default());
        self.courier.deliveries.deliver(
            &Answer {
                id,
                uri: &delivery.uri,
                labels: &delivery.labels,
                rows: query.statistics.rows,
                ended_at: ended_at.unwrap_or_default(),
                results: &self.results,
            },
            &is_stopped,
        )
    }
}
