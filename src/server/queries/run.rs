//! Runs queries.

use super::{Queries, QueryError, QueryRecord, QueryStatistics, QueryStatus};
use crate::engine::parameters::Parameters;
use crate::engine::{self, Answer, Watch};
use crate::output::{LakeRows, OutputError};
use crate::store::StoreError;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::AbortHandle;
use uuid::Uuid;

/// A query that runs or waits.
pub(super) struct Running {
    created_at: i64,
    work: AbortHandle,
    /// What it becomes when its work is aborted, and why.
    stopped: Arc<OnceLock<Stop>>,
    /// Its scans, once it is planned.
    watched: Option<Watch>,
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
        if let Some(watched) = &self.watched {
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
        let _ = self.stopped.set(stop);
        self.work.abort();
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

/// What a query is run with when its turn has come.
struct Asked {
    id: Uuid,
    sql: String,
    values: Parameters,
    created_at: i64,
}

impl Queries {
    pub(super) async fn start_with(
        self: &Arc<Self>,
        sql: &str,
        values: Parameters,
    ) -> Result<Uuid, QueryError> {
        if self.slots.is_closed() {
            return Err(QueryError::Stopping);
        }
        let open = self.open_queries();
        if open >= self.limits.running.saturating_add(self.limits.waiting) {
            return Err(QueryError::TooMany(open));
        }
        self.choose_default_store()?;
        let created_at = self.lake.now().timestamp_millis();
        let asked = Asked { id: Uuid::new_v4(), sql: sql.to_owned(), values, created_at };
        let id = asked.id;
        let queries = Arc::clone(self);
        // Planning needs the stack that this runtime's threads have.
        let started = self.runtime.spawn(async move { queries.begin(asked).await });
        started.await.unwrap_or_else(|panic| Err(bug(&panic).into())).map(|()| id)
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

    /// Begins a query if there is room, else checks it and lets it wait.
    async fn begin(self: &Arc<Self>, asked: Asked) -> Result<(), QueryError> {
        let mut record = QueryRecord {
            id: asked.id,
            statement: asked.sql.clone(),
            status: QueryStatus::Running,
            created_at: asked.created_at,
            ended_at: None,
            error: None,
            statistics: QueryStatistics::default(),
        };
        match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(slot) => {
                let answer = self.engine.query_with(&asked.sql, &asked.values).await?;
                self.journal.add(&record, &answer.stores)?;
                let watched = answer.watch();
                let queries = Arc::clone(self);
                let rows = Arc::new(AtomicU64::new(0));
                let counted = Arc::clone(&rows);
                let work = async move { queries.run(asked.id, answer, slot, &counted).await };
                self.supervise(&record, work, rows, Some(watched));
            }
            Err(_) => {
                self.engine.check(&asked.sql, &asked.values)?;
                record.status = QueryStatus::Queued;
                self.journal.add(&record, &[])?;
                let queries = Arc::clone(self);
                let rows = Arc::new(AtomicU64::new(0));
                let counted = Arc::clone(&rows);
                let work = async move { queries.wait_and_run(asked, &counted).await };
                self.supervise(&record, work, rows, None);
            }
        }
        Ok(())
    }

    async fn wait_and_run(
        &self,
        asked: Asked,
        rows: &AtomicU64,
    ) -> Result<QueryStatistics, RunError> {
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else {
            return Err(QueryError::Stopping.into());
        };
        let answer = self.engine.query_with(&asked.sql, &asked.values).await?;
        self.journal.begin(asked.id, &answer.stores)?;
        if let Some(running) = self.running().get_mut(&asked.id) {
            running.watched = Some(answer.watch());
        }
        self.run(asked.id, answer, slot, rows).await
    }

    /// Reads an answer to its end, and keeps its rows.
    async fn run(
        &self,
        id: Uuid,
        mut answer: Answer,
        _slot: OwnedSemaphorePermit,
        counted: &AtomicU64,
    ) -> Result<QueryStatistics, RunError> {
        let mut rows = LakeRows::new(&answer.labels, &answer.types);
        let mut kept = self.results.create(id)?;
        let mut line = Vec::new();
        while let Some(batch) = answer.next().await.transpose()? {
            for row in 0..batch.num_rows() {
                line.clear();
                rows.append(&batch, row, &mut line)?;
                kept.append(&line)?;
            }
            counted.store(kept.count(), Ordering::Relaxed);
        }
        let profile = answer.profile();
        let millis = (profile.planning + profile.execution).as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        let mut statistics =
            QueryStatistics { rows: kept.finish()?, millis, ..QueryStatistics::default() };
        take_profile(&mut statistics, &profile);
        Ok(statistics)
    }

    /// Runs the work of a query in a task, and notes how it ended.
    fn supervise(
        self: &Arc<Self>,
        record: &QueryRecord,
        work: impl Future<Output = Result<QueryStatistics, RunError>> + Send + 'static,
        rows: Arc<AtomicU64>,
        watched: Option<Watch>,
    ) {
        let (id, created_at) = (record.id, record.created_at);
        let (closed_at_end, ended) = watch::channel(());
        let stopped = Arc::new(OnceLock::new());
        // Until it is among those that run, it must not end.
        let mut all = self.running();
        let work = self.runtime.spawn(work);
        let running = Running {
            created_at,
            work: work.abort_handle(),
            stopped: Arc::clone(&stopped),
            watched,
            rows,
            ended,
        };
        all.insert(id, running);
        drop(all);
        let queries = Arc::clone(self);
        self.runtime.spawn(async move {
            let mut work = work;
            let outcome = match queries.limits.timeout {
                None => work.await,
                Some(most) => match tokio::time::timeout(most, &mut work).await {
                    Ok(outcome) => outcome,
                    Err(_) => {
                        let _ = stopped.set(Stop::TimedOut);
                        work.abort();
                        work.await
                    }
                },
            };
            queries.end(id, outcome, stopped.get().copied());
            drop(closed_at_end);
        });
    }

    fn end(
        &self,
        id: Uuid,
        outcome: Result<Result<QueryStatistics, RunError>, tokio::task::JoinError>,
        stopped: Option<Stop>,
    ) {
        let now = self.lake.now().timestamp_millis();
        let so_far = self.running().get(&id).map(|running| running.statistics(now));
        let so_far = so_far.unwrap_or_default();
        let (status, statistics, error) = match outcome {
            Ok(Ok(statistics)) => (QueryStatus::Finished, statistics, None),
            Ok(Err(error)) => (QueryStatus::Failed, so_far, Some(error.to_string())),
            Err(join) if join.is_cancelled() => {
                let stop = stopped.unwrap_or(Stop::WithService);
                (stop.status(), so_far, Some(stop.reason().to_owned()))
            }
            Err(panic) => (QueryStatus::Failed, so_far, Some(bug(&panic).to_string())),
        };
        if status != QueryStatus::Finished {
            // What cannot be removed now is with its query.
            let _ = self.results.remove(id);
        }
        // Of what cannot be noted the next start says that it failed.
        let _ = self.journal.end(id, status, (&statistics, error.as_deref()), now);
        self.running().remove(&id);
    }
}

pub(super) fn bug(panic: &tokio::task::JoinError) -> engine::QueryError {
    engine::QueryError::Bug(panic.to_string())
}
