//! Runs queries.

use super::{Queries, QueryDelivery, QueryError, QueryRecord, QueryStatistics, QueryStatus};
use crate::engine::parameters::Parameters;
use crate::engine::{self, Watch};
use crate::output::{LakeRows, OutputError};
use crate::server::delivery::DeliveryStatus;
use crate::store::{StoreError, StoreId};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinError;
use uuid::Uuid;

/// A query that runs or waits.
pub(super) struct Running {
    created_at: i64,
    stop: watch::Sender<Option<Stop>>,
    /// Its scans, once it is planned.
    watched: Arc<OnceLock<Watch>>,
    rows: Arc<AtomicU64>,
    /// Is closed when the query has ended and the journal says so.
    ended: watch::Receiver<()>,
}

impl Running {
    /// What the query took so far.
    pub(super) fn statistics(&self, now: i64) -> QueryStatistics {
        let mut statistics = QueryStatistics {
            rows: self.rows.load(Ordering::Relaxed),
            millis: u64::try_from(now - self.created_at).unwrap_or_default(),
            ..QueryStatistics::default()
        };
        if let Some(watched) = self.watched.get() {
            take_profile(&mut statistics, &watched.profile());
        }
        statistics
    }

    /// Waits until the query has ended.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + use<> {
        let mut ended = self.ended.clone();
        async move { while ended.changed().await.is_ok() {} }
    }

    /// Stops the query, and returns what waits until it has ended.
    pub(super) fn stop(&self, stop: Stop) -> impl Future<Output = ()> + use<> {
        self.stop.send_replace(Some(stop));
        self.ended()
    }
}

/// Why a query is stopped.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// Somebody cancelled it.
    Cancelled,
    /// The service stops.
    WithService,
    /// It ran for longer than it may.
    TimedOut,
}

impl Stop {
    fn status(self) -> QueryStatus {
        match self {
            Self::Cancelled | Self::WithService => QueryStatus::Cancelled,
            Self::TimedOut => QueryStatus::TimedOut,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Cancelled => "the query was cancelled",
            Self::WithService => "the service was stopped while the query ran",
            Self::TimedOut => "the query ran for longer than it may",
        }
    }
}

fn take_profile(statistics: &mut QueryStatistics, profile: &engine::Profile) {
    statistics.events_scanned = profile.rows_scanned.unwrap_or_default();
    statistics.events_matched = profile.rows_matched.unwrap_or_default();
    statistics.bytes_scanned = profile.bytes_scanned.unwrap_or_default();
}

/// Why a query that ran has no answer.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Query(#[from] engine::QueryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] QueryError),
    #[error("a value cannot be written: {0}")]
    Output(#[from] OutputError),
}

/// A query, and what others look at while it runs.
struct Asked {
    id: Uuid,
    sql: String,
    values: Parameters,
    is_delivered: bool,
    watched: Arc<OnceLock<Watch>>,
    rows: Arc<AtomicU64>,
}

/// How a query ended.
enum Outcome {
    Done(Result<QueryStatistics, RunError>),
    Stopped(Stop),
}

impl Queries {
    pub(super) async fn start_with(
        self: &Arc<Self>,
        sql: &str,
        values: Parameters,
        uri: Option<String>,
    ) -> Result<Uuid, QueryError> {
        if self.slots.is_closed() {
            return Err(QueryError::Stopping);
        }
        let open = self.open_queries();
        if open >= self.limits.running.saturating_add(self.limits.waiting) {
            return Err(QueryError::TooMany(open));
        }
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        let stores = self.checked(sql.to_owned(), values.clone()).await?;
        let asked = Asked {
            id: Uuid::new_v4(),
            sql: sql.to_owned(),
            values,
            is_delivered: uri.is_some(),
            watched: Arc::default(),
            rows: Arc::default(),
        };
        let record = QueryRecord {
            id: asked.id,
            statement: asked.sql.clone(),
            status: if slot.is_some() { QueryStatus::Running } else { QueryStatus::Queued },
            created_at: self.lake.now().timestamp_millis(),
            ended_at: None,
            error: None,
            statistics: QueryStatistics::default(),
            delivery: uri.map(|uri| QueryDelivery {
                uri,
                status: DeliveryStatus::Pending,
                error: None,
                labels: Vec::new(),
            }),
        };
        self.journal.add(&record, &stores)?;
        self.supervise(asked, &record, slot);
        Ok(record.id)
    }

    /// Checks a statement on a thread of its own, whatever the others do, with the stack that planning needs. Returns the
    /// stores that it reads.
    pub(super) async fn checked(
        self: &Arc<Self>,
        sql: String,
        values: Parameters,
    ) -> Result<Vec<StoreId>, QueryError> {
        self.choose_default_store()?;
        let queries = Arc::clone(self);
        let checked = self.runtime.spawn_blocking(move || queries.engine.check(&sql, &values));
        Ok(checked.await.unwrap_or_else(|panic| Err(bug(&panic)))?)
    }

    /// Makes `event_data_store` mean the default store, as it is now.
    pub(super) fn choose_default_store(&self) -> Result<(), StoreError> {
        let default = match self.lake.store(crate::store::lake::DEFAULT_STORE) {
            Err(StoreError::NotFound { .. }) => None,
            found => Some(found?),
        };
        if self.engine.chosen() != default {
            self.engine.choose(default);
        }
        Ok(())
    }

    /// Lets a query run when there is room, and notes how it ended. This is done apart from where queries run, whose
    /// threads may be busy.
    fn supervise(
        self: &Arc<Self>,
        asked: Asked,
        record: &QueryRecord,
        slot: Option<OwnedSemaphorePermit>,
    ) {
        let (closed_at_end, ended) = watch::channel(());
        let (stop, stopped) = watch::channel(None);
        let running = Running {
            created_at: record.created_at,
            stop,
            watched: Arc::clone(&asked.watched),
            rows: Arc::clone(&asked.rows),
            ended,
        };
        let (id, is_delivered) = (asked.id, asked.is_delivered);
        self.running().insert(id, running);
        let queries = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = queries.live(asked, slot, stopped).await;
            queries.end(id, outcome);
            drop(closed_at_end);
            if is_delivered {
                queries.deliver(id).await;
            }
        });
    }

    async fn live(
        self: &Arc<Self>,
        asked: Asked,
        slot: Option<OwnedSemaphorePermit>,
        mut stopped: watch::Receiver<Option<Stop>>,
    ) -> Outcome {
        let slot = match slot {
            Some(slot) => slot,
            None => {
                let _waits = self.totals.waits();
                let slot = tokio::select! {
                    slot = Arc::clone(&self.slots).acquire_owned() => slot,
                    stop = stop_of(&mut stopped) => return Outcome::Stopped(stop),
                };
                let Ok(slot) = slot else { return Outcome::Stopped(Stop::WithService) };
                if let Err(error) = self.journal.begin(asked.id) {
                    return Outcome::Done(Err(error.into()));
                }
                slot
            }
        };
        let queries = Arc::clone(self);
        let mut work = self.runtime.spawn(async move { queries.run(asked, slot).await });
        let stop = tokio::select! {
            done = &mut work => return Outcome::of(done),
            stop = stop_of(&mut stopped) => stop,
            () = after(self.limits.timeout) => Stop::TimedOut,
        };
        work.abort();
        // What is deep in its work sees that later, and nobody waits for it.
        match tokio::time::timeout(STOP_PATIENCE, work).await {
            Ok(Ok(Ok(statistics))) => Outcome::Done(Ok(statistics)),
            _ => Outcome::Stopped(stop),
        }
    }

    /// Reads an answer to its end, and keeps its rows.
    async fn run(
        &self,
        asked: Asked,
        _slot: OwnedSemaphorePermit,
    ) -> Result<QueryStatistics, RunError> {
        let mut answer = self.engine.query_with(&asked.sql, &asked.values).await?;
        let _ = asked.watched.set(answer.watch());
        if asked.is_delivered {
            self.journal.label(asked.id, &answer.labels)?;
        }
        let mut rows = LakeRows::new(&answer.labels, &answer.types);
        let mut kept = self.results.create(asked.id)?;
        let mut line = Vec::new();
        while let Some(batch) = answer.next().await.transpose()? {
            for row in 0..batch.num_rows() {
                line.clear();
                rows.append(&batch, row, &mut line)?;
                kept.append(&line)?;
            }
            asked.rows.store(kept.count(), Ordering::Relaxed);
        }
        let profile = answer.profile();
        let millis = (profile.planning + profile.execution).as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        let mut statistics =
            QueryStatistics { rows: kept.finish()?, millis, ..QueryStatistics::default() };
        take_profile(&mut statistics, &profile);
        Ok(statistics)
    }

    fn end(&self, id: Uuid, outcome: Outcome) {
        let now = self.lake.now().timestamp_millis();
        let so_far = self.running().get(&id).map(|running| running.statistics(now));
        let so_far = so_far.unwrap_or_default();
        let (status, statistics, error) = match outcome {
            Outcome::Done(Ok(statistics)) => (QueryStatus::Finished, statistics, None),
            Outcome::Done(Err(error)) => (QueryStatus::Failed, so_far, Some(error.to_string())),
            Outcome::Stopped(stop) => (stop.status(), so_far, Some(stop.reason().to_owned())),
        };
        if status != QueryStatus::Finished {
            // What cannot be removed now is with its query.
            let _ = self.results.remove(id);
        }
        self.totals.ended(status, &statistics);
        // Of what cannot be noted the next start says that it failed.
        let _ = self.journal.end(id, status, (&statistics, error.as_deref()), now);
        self.running().remove(&id);
    }
}

impl Outcome {
    fn of(done: Result<Result<QueryStatistics, RunError>, JoinError>) -> Self {
        match done {
            Ok(done) => Self::Done(done),
            Err(join) if join.is_cancelled() => Self::Stopped(Stop::WithService),
            Err(panic) => Self::Done(Err(bug(&panic).into())),
        }
    }
}

/// How long the work of a query that is stopped may take to see it.
const STOP_PATIENCE: Duration = Duration::from_millis(500);

/// Waits until somebody stops a query.
async fn stop_of(stopped: &mut watch::Receiver<Option<Stop>>) -> Stop {
    loop {
        let stop = *stopped.borrow_and_update();
        match stop {
            Some(stop) => return stop,
            None if stopped.changed().await.is_ok() => {}
            // Nobody can stop it any more.
            None => std::future::pending().await,
        }
    }
}

/// Waits for so long; for ever without an end.
async fn after(most: Option<Duration>) {
    match most {
        Some(most) => tokio::time::sleep(most).await,
        None => std::future::pending().await,
    }
}

pub(super) fn bug(panic: &JoinError) -> engine::QueryError {
    engine::QueryError::Bug(panic.to_string())
}
