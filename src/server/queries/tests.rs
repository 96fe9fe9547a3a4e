mod delivery;

use super::*;
use crate::engine::EngineOptions;
use crate::server::buckets::Buckets;
use crate::server::signing::SigningKeys;
use crate::store::lake::DEFAULT_STORE;
use crate::store::{ImportOptions, Progress, import};
use chrono::{DateTime, Utc};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A lake with a few events.
struct Fixture {
    dir: TempDir,
    runtime: Runtime,
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_885_200, 0).unwrap()
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(dir.path(), now).unwrap();
        let store = lake.store_or_default(None).unwrap();
        let paths = vec!["testdata/oddities".to_owned()];
        let found = crate::envelope::discover(&paths).unwrap();
        let options = ImportOptions::new(&paths, 1, 64 << 20);
        let (progress, cancel) = (Progress::default(), AtomicBool::new(false));
        import(&lake, &store, found, &options, &progress, &cancel).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(16 << 20)
            .enable_all()
            .build()
            .unwrap();
        Self { dir, runtime }
    }

    fn open_at(&self, clock: crate::store::lake::Clock, limits: QueryLimits) -> Arc<Queries> {
        let lake = Arc::new(Lake::open(self.dir.path(), clock).unwrap());
        let default = lake.catalog().store(DEFAULT_STORE).unwrap();
        let options = EngineOptions { threads: 2, memory: 64 << 20 };
        let engine = Engine::new(Arc::clone(&lake), default, options).unwrap();
        let buckets = Buckets::parse([format!("logs={}", self.bucket().display()).as_str()]);
        let signing = Arc::new(SigningKeys::of(&lake.paths().server()));
        let (account, region) = ("111122223333".to_owned(), "eu-west-1".to_owned());
        let deliveries = Deliveries::new(buckets.unwrap_or_default(), signing, account, region);
        let runtime = self.runtime.handle().clone();
        Queries::open(lake, engine, limits, deliveries, runtime).unwrap()
    }

    /// The folder of the bucket "logs", which is there when a test makes it.
    fn bucket(&self) -> PathBuf {
        self.dir.path().join("bucket")
    }

    fn open(&self, limits: QueryLimits) -> Arc<Queries> {
        self.open_at(now, limits)
    }

    fn start(&self, queries: &Arc<Queries>, sql: &str) -> Result<Uuid, QueryError> {
        self.runtime.block_on(queries.start(sql))
    }

    /// Waits until a query has ended.
    fn end(&self, queries: &Arc<Queries>, id: Uuid) -> QueryRecord {
        let ended = queries.running().get(&id).map(Running::ended);
        if let Some(ended) = ended {
            self.runtime.block_on(ended);
        }
        queries.describe(id).unwrap()
    }
}

/// Takes minutes.
const LONG: &str = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a (x)
    CROSS JOIN UNNEST(sequence(1, 10000)) AS b (y) CROSS JOIN UNNEST(sequence(1, 10000)) AS c (z)
    WHERE (x * y * z) % 7 = 3";

#[test]
fn answers_are_kept_and_read_by_pages() {
    let fixture = Fixture::new();
    let queries = fixture.open(QueryLimits::default());
    let sql = "SELECT n, IF(n % 2 = 0, 'even') AS \"Kind\" FROM UNNEST(sequence(1, 2500)) AS t (n)
        ORDER BY n";
    let id = fixture.start(&queries, sql).unwrap();
    let ended = fixture.end(&queries, id);
    assert_eq!((ended.status, ended.statistics.rows), (QueryStatus::Finished, 2_500), "{ended:?}");
    assert_eq!((ended.error, ended.statement.as_str()), (None, sql));
    // They are the same after a restart.
    drop(queries);
    let queries = fixture.open(QueryLimits::default());
    let page = queries.page(id, 999, 2).unwrap();
    let rows: Vec<_> = page.rows.iter().map(|row| std::str::from_utf8(row).unwrap()).collect();
    assert_eq!(rows, [r#"[{"n":"1000"},{"Kind":"even"}]"#, r#"[{"n":"1001"},{"Kind":""}]"#]);
    assert_eq!(page.next, Some(1_001));
    let last = queries.page(id, 2_490, 100).unwrap();
    assert_eq!((last.rows.len(), last.next), (10, None));
}

#[test]
fn statistics_are_those_of_the_scans() {
    let fixture = Fixture::new();
    let queries = fixture.open(QueryLimits::default());
    let all = fixture.start(&queries, "SELECT eventID FROM event_data_store").unwrap();
    let all = fixture.end(&queries, all).statistics;
    let none = "SELECT count(*) FROM event_data_store WHERE eventName = 'NoSuchEvent'";
    let none = fixture.start(&queries, none).unwrap();
    let none = fixture.end(&queries, none).statistics;
    assert!(all.rows > 3 && all.bytes_scanned > 0, "{all:?}");
    assert_eq!((all.events_matched, all.events_scanned), (all.rows, all.rows));
    assert_eq!((none.rows, none.events_matched), (1, 0));
}

#[test]
fn what_is_wrong_is_told_at_once_or_in_the_end() {
    let fixture = Fixture::new();
    let queries = fixture.open(QueryLimits::default());
    for wrong in ["SELECT", "SELECT nothing FROM event_data_store", "DELETE FROM event_data_store"]
    {
        let error = fixture.start(&queries, wrong).unwrap_err();
        assert!(matches!(error, QueryError::Statement(_)), "{wrong}: {error:?}");
    }
    let fails = "SELECT 1 / (n - 3) FROM UNNEST(sequence(1, 5)) AS t (n)";
    let id = fixture.start(&queries, fails).unwrap();
    let failed = fixture.end(&queries, id);
    assert_eq!(failed.status, QueryStatus::Failed);
    assert!(failed.error.unwrap().contains("Division by zero"));
    assert!(queries.page(id, 0, 10).unwrap().rows.is_empty());
    assert!(queries.results.ids().unwrap().is_empty());
    let unknown = Uuid::new_v4();
    assert!(matches!(queries.describe(unknown), Err(QueryError::NotFound(id)) if id == unknown));
}

#[test]
fn queries_beyond_a_bound_wait_and_further_ones_are_refused() {
    let fixture = Fixture::new();
    let limits = QueryLimits { running: 1, waiting: 1, timeout: None };
    let queries = fixture.open(limits);
    let long = fixture.start(&queries, LONG).unwrap();
    let waits = fixture.start(&queries, "SELECT count(*) FROM event_data_store").unwrap();
    assert_eq!(queries.describe(waits).unwrap().status, QueryStatus::Queued);
    let error = fixture.start(&queries, "SELECT 1").unwrap_err();
    assert!(matches!(error, QueryError::TooMany(2)), "{error:?}");
    assert_eq!(queries.describe(long).unwrap().status, QueryStatus::Running);
    let cancelled = fixture.runtime.block_on(queries.cancel(long)).unwrap();
    assert_eq!(cancelled, QueryStatus::Cancelled);
    assert_eq!(fixture.end(&queries, waits).status, QueryStatus::Finished);
    let again = fixture.runtime.block_on(queries.cancel(long)).unwrap_err();
    let status = QueryStatus::Cancelled;
    assert!(matches!(again, QueryError::Ended { status: s, .. } if s == status), "{again:?}");
    assert!(queries.describe(long).unwrap().error.unwrap().contains("cancelled"));
}

/// However long a step of a plan works on its own, others get their turn, and a query can be stopped.
#[test]
fn a_query_that_is_deep_in_its_work_is_stopped_within_a_second() {
    let fixture = Fixture::new();
    let limits = QueryLimits { running: 1, waiting: 10, timeout: None };
    let queries = fixture.open(limits);
    let grouped =
        format!("SELECT x % 7, {}", LONG.replace("SELECT", "").replace("WHERE", "WHERE x > 0 AND"));
    for sql in [LONG, &format!("{grouped} GROUP BY x % 7")] {
        let long = fixture.start(&queries, sql).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(queries.describe(long).unwrap().status, QueryStatus::Running, "{sql}");
        // Planning does not wait for what runs.
        let next = fixture.start(&queries, "SELECT 1").unwrap();
        let cancelled = fixture.runtime.block_on(queries.cancel(long)).unwrap();
        assert_eq!(cancelled, QueryStatus::Cancelled, "{sql}");
        // Its place is free for the next one.
        assert_eq!(fixture.end(&queries, next).status, QueryStatus::Finished);
    }
}

#[test]
fn a_query_that_takes_too_long_is_stopped() {
    let fixture = Fixture::new();
    let timeout = Some(Duration::from_millis(50));
    let queries = fixture.open(QueryLimits { timeout, ..QueryLimits::default() });
    let id = fixture.start(&queries, LONG).unwrap();
    let ended = fixture.end(&queries, id);
    assert_eq!(ended.status, QueryStatus::TimedOut);
    assert!(ended.error.is_some());
}

#[test]
fn what_ran_when_the_service_ended_has_failed() {
    let fixture = Fixture::new();
    let queries = fixture.open(QueryLimits::default());
    let id = fixture.start(&queries, LONG).unwrap();
    // As after a kill, another process finds it running.
    let next = fixture.open(QueryLimits::default());
    let found = next.describe(id).unwrap();
    assert_eq!(found.status, QueryStatus::Failed);
    assert!(found.error.unwrap().contains("start it again"));
    fixture.runtime.block_on(queries.stop(Duration::ZERO));
    let refused = fixture.start(&queries, "SELECT 1").unwrap_err();
    assert!(matches!(refused, QueryError::Stopping));
    assert_eq!(queries.open_queries(), 0);
}

#[test]
fn queries_are_listed_by_store_and_forgotten_after_a_week() {
    let fixture = Fixture::new();
    let queries = fixture.open(QueryLimits::default());
    let store = queries.lake.store(DEFAULT_STORE).unwrap().id;
    let mut ids = Vec::new();
    for n in 0..3 {
        let sql = format!("SELECT count(*) + {n} FROM event_data_store");
        let id = fixture.start(&queries, &sql).unwrap();
        assert_eq!(fixture.end(&queries, id).status, QueryStatus::Finished);
        ids.push(id);
    }
    fixture.start(&queries, "SELECT 1").map(|id| fixture.end(&queries, id)).unwrap();
    let all = QueryFilter { store, from: i64::MIN, to: i64::MAX, status: None };
    let listed = queries.list(&all, None, 2).unwrap();
    let last = listed.last().unwrap();
    let rest = queries.list(&all, Some((last.created_at, last.id)), 10).unwrap();
    let mut found: Vec<_> = listed.iter().chain(&rest).map(|query| query.id).collect();
    found.sort();
    ids.sort();
    assert_eq!(found, ids);
    let failed = QueryFilter { status: Some(QueryStatus::Failed), ..all };
    assert!(queries.list(&failed, None, 10).unwrap().is_empty());
    let later = QueryFilter { from: now().timestamp_millis() + 1, ..all };
    assert!(queries.list(&later, None, 10).unwrap().is_empty());
    drop(queries);
    let queries = fixture.open_at(|| now() + chrono::Duration::days(8), QueryLimits::default());
    assert!(queries.list(&all, None, 10).unwrap().is_empty());
    assert!(queries.results.ids().unwrap().is_empty());
}
