//! Queries that are asked once and looked at again: they wait, run, end, and their answers are kept.
//!
//! A query runs in a task of its own. What is known of it is in the `journal`, which outlives the process, and while it
//! runs in memory. Its rows go to disk as they come, where pages of them are read later. So after a restart, and after a
//! kill, states are true and finished answers there; what was running has failed, and says why.

mod aliases;
mod deliver;
mod journal;
mod record;
mod run;
#[cfg(test)]
mod tests;
mod totals;

pub use journal::QueryFilter;
pub use record::{QueryDelivery, QueryRecord, QueryStatistics, QueryStatus};
pub use totals::QueryTotals;

use crate::engine::parameters::Parameters;
use crate::engine::{self, Engine};
use crate::event::EventSchema;
use crate::investigate::{self, InvestigateError, LookupEvents, LookupPage, Row};
use crate::server::delivery::Deliveries;
use crate::store::{Lake, Results, StoreError, StoreId};
use deliver::Courier;
use journal::Journal;
use run::{Running, Stop};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use totals::Totals;
use uuid::Uuid;

/// Days for which queries and their answers are kept, as CloudTrail Lake keeps them.
pub const KEPT_DAYS: i64 = 7;

/// Bytes of a page of rows, at most.
const MAX_PAGE_BYTES: u64 = 4 << 20;

/// How long who cancels a query waits until it has stopped.
const CANCEL_PATIENCE: Duration = Duration::from_secs(1);

/// Why something about a query cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The statement is not valid, or reads what is not there.
    #[error(transparent)]
    Statement(#[from] engine::QueryError),
    /// There is no such query, or it is forgotten by now.
    #[error("there is no query {0}; queries and their results are kept for {KEPT_DAYS} days")]
    NotFound(Uuid),
    /// It has ended already.
    #[error("query {id} is {}", status.name())]
    Ended {
        /// The query.
        id: Uuid,
        /// How it ended.
        status: QueryStatus,
    },
    /// More queries wait than may wait.
    #[error("{0} queries are running or waiting already; wait until some have ended")]
    TooMany(usize),
    /// The service is about to stop.
    #[error("the service stops and takes no more queries")]
    Stopping,
    /// An answer cannot be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read or written.
    #[error("the journal of queries cannot be used: {0}")]
    Journal(#[from] rusqlite::Error),
}

/// How queries are run.
#[derive(Debug, Clone, Copy)]
pub struct QueryLimits {
    /// Queries that run at once; further ones wait.
    pub running: usize,
    /// Queries that wait at once; further ones are refused.
    pub waiting: usize,
    /// How long a query may run; `None`: as long as it takes.
    pub timeout: Option<Duration>,
}

impl Default for QueryLimits {
    /// Ten at once, as CloudTrail Lake has it, and a thousand that wait.
    fn default() -> Self {
        Self { running: 10, waiting: 1_000, timeout: None }
    }
}

/// A page of an answer.
#[derive(Debug)]
pub struct ResultPage {
    /// The query.
    pub query: QueryRecord,
    /// Rows as `output::LakeRows` writes them.
    pub rows: Vec<Vec<u8>>,
    /// The number of the first row of the next page, if there is one.
    pub next: Option<u64>,
}

/// The queries of a lake's service.
pub struct Queries {
    lake: Arc<Lake>,
    engine: Engine,
    journal: Journal,
    results: Results,
    limits: QueryLimits,
    slots: Arc<Semaphore>,
    running: Mutex<HashMap<Uuid, Running>>,
    courier: Courier,
    totals: Totals,
    /// Where queries run: apart from what answers requests, which must not wait for them.
    runtime: Handle,
}

impl std::fmt::Debug for Queries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queries").finish_non_exhaustive()
    }
}

impl Queries {
    /// Opens the journal and the answers of `lake`. What was running when the last process ended has failed, and what was
    /// not delivered yet is delivered now. `engine` is a session over the lake, and `runtime` where queries run.
    ///
    /// # Errors
    /// When the lake's folder cannot be written.
    pub fn open(
        lake: Arc<Lake>,
        engine: Engine,
        limits: QueryLimits,
        deliveries: Deliveries,
        runtime: Handle,
    ) -> Result<Arc<Self>, QueryError> {
        let folder = lake.paths().server();
        let results = Results::open(folder.join("results"))?;
        let journal = Journal::open(&folder.join("queries.sqlite"))?;
        let now = lake.now().timestamp_millis();
        journal.end_all_running("the service ended while the query ran; start it again", now)?;
        let slots = Arc::new(Semaphore::new(limits.running.max(1)));
        let (running, courier) = (Mutex::default(), Courier::new(deliveries));
        let queries = Arc::new(Self {
            lake,
            engine,
            journal,
            results,
            limits,
            slots,
            running,
            courier,
            totals: Totals::default(),
            runtime,
        });
        queries.forget_old()?;
        for id in queries.results.ids()? {
            if queries.journal.get(id)?.is_none() {
                queries.results.remove(id)?;
            }
        }
        queries.deliver_rest()?;
        Ok(queries)
    }

    /// Forgets queries that are older than [`KEPT_DAYS`], with their answers.
    ///
    /// # Errors
    /// When the journal cannot be written, or an answer not removed.
    pub fn forget_old(&self) -> Result<(), QueryError> {
        let oldest = self.lake.now() - chrono::Duration::days(KEPT_DAYS);
        let forgotten = self.journal.forget(oldest.timestamp_millis())?;
        Ok(forgotten.into_iter().try_for_each(|id| self.results.remove(id))?)
    }

    /// Checks a statement and begins to run it; returns its id. A store without rows to give is no error.
    ///
    /// # Errors
    /// When the statement is not valid, reads what is not there, or too many queries wait.
    pub async fn start(self: &Arc<Self>, sql: &str) -> Result<Uuid, QueryError> {
        self.start_delivered(sql, None).await
    }

    /// Starts a query whose answer is delivered to a URI that [`check_target`](crate::server::delivery::check_target) takes,
    /// if to any.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_delivered(
        self: &Arc<Self>,
        sql: &str,
        uri: Option<String>,
    ) -> Result<Uuid, QueryError> {
        let values = Parameters::at(self.lake.now());
        self.start_with(sql, values, uri).await
    }

    /// Returns what is known of a query, now.
    ///
    /// # Errors
    /// [`QueryError::NotFound`], or when the journal cannot be read.
    pub fn describe(&self, id: Uuid) -> Result<QueryRecord, QueryError> {
        let mut query = self.journal.get(id)?.ok_or(QueryError::NotFound(id))?;
        if let Some(running) = self.running().get(&id) {
            query.statistics = running.statistics(self.lake.now().timestamp_millis());
        }
        Ok(query)
    }

    /// Returns rows of a finished query from number `from` on, `most` at most; of others no rows.
    ///
    /// # Errors
    /// As [`Self::describe`], and when the answer cannot be read.
    pub fn page(&self, id: Uuid, from: u64, most: u64) -> Result<ResultPage, QueryError> {
        let query = self.describe(id)?;
        if query.status != QueryStatus::Finished {
            return Ok(ResultPage { query, rows: Vec::new(), next: None });
        }
        let rows = self.results.read(id, from, most, MAX_PAGE_BYTES)?;
        let end = from.saturating_add(rows.len() as u64);
        let next = (!rows.is_empty() && end < query.statistics.rows).then_some(end);
        Ok(ResultPage { query, rows, next })
    }

    /// Returns the queries that `filter` wants, the newest first, `most` at most, behind `after`: the time and id of one.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list(
        &self,
        filter: &QueryFilter,
        after: Option<(i64, Uuid)>,
        most: u64,
    ) -> Result<Vec<QueryRecord>, QueryError> {
        self.journal.list(filter, after, most)
    }

    /// Stops a query, and returns its status then: CANCELLED, or how it ended meanwhile.
    ///
    /// # Errors
    /// When there is none such, or it has ended.
    pub async fn cancel(&self, id: Uuid) -> Result<QueryStatus, QueryError> {
        let ended = self.running().get(&id).map(|running| running.stop(Stop::Cancelled));
        if let Some(ended) = ended {
            let _ = tokio::time::timeout(CANCEL_PATIENCE, ended).await;
            return Ok(self.describe(id)?.status);
        }
        let query = self.describe(id)?;
        Err(QueryError::Ended { id, status: query.status })
    }

    /// Checks a statement as [`Self::start`] does, and does not run it.
    ///
    /// # Errors
    /// When the statement is not valid, or reads what is not there.
    pub async fn check(self: &Arc<Self>, sql: &str) -> Result<(), QueryError> {
        self.checked(sql.to_owned(), Parameters::at(self.lake.now())).await?;
        Ok(())
    }

    /// Returns the stores of such events that can be asked, in the order in which the catalog has them.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn stores_of(&self, schema: EventSchema) -> Result<Vec<StoreId>, StoreError> {
        let stores = self.lake.catalog().stores()?.into_iter();
        let asked =
            stores.filter(|store| store.schema == schema && store.check_not_deleted().is_ok());
        Ok(asked.map(|store| store.id).collect())
    }

    /// Looks up a page of the event history over all [stores](Self::stores_of) that have some.
    ///
    /// # Errors
    /// As [`LookupEvents::run_over`].
    pub async fn look_up(
        self: &Arc<Self>,
        lookup: LookupEvents,
    ) -> Result<LookupPage, InvestigateError> {
        let stores = self.stores_of(lookup.category.schema());
        let stores = stores.map_err(engine::QueryError::from)?;
        let queries = Arc::clone(self);
        let looked =
            self.runtime.spawn(async move { lookup.run_over(&queries.engine, &stores).await });
        looked.await.unwrap_or_else(|panic| Err(run::bug(&panic).into()))
    }

    /// Returns all rows of an answer that is small, for a statement of our own. No journal knows it.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn rows(
        self: &Arc<Self>,
        sql: String,
        values: Parameters,
    ) -> Result<Vec<Row>, InvestigateError> {
        let queries = Arc::clone(self);
        let asked = self
            .runtime
            .spawn(async move { investigate::rows(&queries.engine, &sql, &values).await });
        asked.await.unwrap_or_else(|panic| Err(run::bug(&panic).into()))
    }

    /// Takes no more queries, lets those that run and deliveries end for so long, and then cancels queries; deliveries go on
    /// at the next start.
    pub async fn stop(&self, patience: Duration) {
        let since = Instant::now();
        self.slots.close();
        let ended: Vec<_> = self.running().values().map(Running::ended).collect();
        if tokio::time::timeout(patience, futures::future::join_all(ended)).await.is_err() {
            let stopped: Vec<_> = {
                let running = self.running();
                running.values().map(|running| running.stop(Stop::WithService)).collect()
            };
            let _ = tokio::time::timeout(CANCEL_PATIENCE, futures::future::join_all(stopped)).await;
        }
        self.courier.stop(patience.saturating_sub(since.elapsed())).await;
    }

    /// Returns how many queries run or wait.
    pub fn open_queries(&self) -> usize {
        self.running().len()
    }

    /// Returns what this process's queries have come to, so far.
    pub fn totals(&self) -> QueryTotals {
        self.totals.now(self.open_queries())
    }

    /// The session in which they run.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
