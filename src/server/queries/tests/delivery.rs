//! Answers that are delivered, also after the process ended at any moment.

use super::*;
use crate::server::delivery::DeliveryStatus;

impl Fixture {
    /// Waits until the answer of a query is delivered, or is not.
    fn delivered(&self, queries: &Arc<Queries>, id: Uuid) -> QueryDelivery {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let delivery = self.end(queries, id).delivery.unwrap();
            if delivery.status != DeliveryStatus::Pending {
                return delivery;
            }
            assert!(Instant::now() < until, "{delivery:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn start_delivered(&self, queries: &Arc<Queries>, sql: &str) -> Uuid {
        let started = queries.start_delivered(sql, Some("s3://logs/a".to_owned()));
        self.runtime.block_on(started).unwrap()
    }

    /// Files of the answer of a query, by name.
    fn files(&self, id: Uuid) -> Vec<(String, Vec<u8>)> {
        let day = self.bucket().join("a/AWSLogs/111122223333/CloudTrail-Lake/Query/2026/11/28");
        let files = std::fs::read_dir(day.join(id.to_string())).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        files
    }
}

#[test]
fn only_what_finishes_is_delivered() {
    let fixture = Fixture::new();
    std::fs::create_dir(fixture.bucket()).unwrap();
    let queries = fixture.open(QueryLimits { running: 1, waiting: 10, timeout: None });
    let rows = "SELECT n FROM UNNEST(sequence(1, 9)) AS t (n) WHERE n > 9";
    let good = fixture.start_delivered(&queries, rows);
    let delivery = fixture.delivered(&queries, good);
    assert_eq!((delivery.status, delivery.error), (DeliveryStatus::Success, None));
    assert_eq!((delivery.uri.as_str(), delivery.labels), ("s3://logs/a", vec!["n".to_owned()]));
    let names: Vec<_> = fixture.files(good).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["result_1.csv.gz", "result_sign.json"]);
    let fails = "SELECT 1 / (n - 3) FROM UNNEST(sequence(1, 5)) AS t (n)";
    let failed = fixture.start_delivered(&queries, fails);
    let delivery = fixture.delivered(&queries, failed);
    assert_eq!(delivery.status, DeliveryStatus::Failed);
    assert!(delivery.error.unwrap().contains("Division by zero"));
    let long = fixture.start_delivered(&queries, LONG);
    let waits = fixture.start_delivered(&queries, LONG);
    for id in [long, waits] {
        let pending = queries.describe(id).unwrap().delivery.unwrap();
        assert_eq!(pending.status, DeliveryStatus::Pending);
    }
    for id in [waits, long] {
        fixture.runtime.block_on(queries.cancel(id)).unwrap();
        assert_eq!(fixture.delivered(&queries, id).status, DeliveryStatus::Cancelled);
    }
    let days = fixture.bucket().join("a/AWSLogs/111122223333/CloudTrail-Lake/Query/2026/11/28");
    assert_eq!(std::fs::read_dir(days).unwrap().count(), 1);
}

/// As if the process had been killed at any moment from the end of a query to that of its delivery.
#[test]
fn a_delivery_that_was_interrupted_is_made_at_the_next_start() {
    let fixture = Fixture::new();
    std::fs::create_dir(fixture.bucket()).unwrap();
    let queries = fixture.open(QueryLimits::default());
    let sql = "SELECT eventID, eventTime, userIdentity FROM event_data_store ORDER BY eventID";
    let id = fixture.start_delivered(&queries, sql);
    assert_eq!(fixture.delivered(&queries, id).status, DeliveryStatus::Success);
    let files = fixture.files(id);
    let folder = fixture
        .bucket()
        .join(format!("a/AWSLogs/111122223333/CloudTrail-Lake/Query/2026/11/28/{id}"));
    for lost in [&["result_sign.json"][..], &["result_1.csv.gz", "result_sign.json"], &[]] {
        queries.journal.delivered(id, DeliveryStatus::Pending, None).unwrap();
        lost.iter().for_each(|name| std::fs::remove_file(folder.join(name)).unwrap());
        std::fs::write(folder.join(".traillake-1.tmp"), "half").unwrap();
        let next = fixture.open(QueryLimits::default());
        assert_eq!(fixture.delivered(&next, id).status, DeliveryStatus::Success, "{lost:?}");
        assert_eq!(fixture.files(id), files, "{lost:?}");
    }
    // Others' objects are left, and what is wrong is told.
    std::fs::write(folder.join("result_1.csv.gz"), "another").unwrap();
    queries.journal.delivered(id, DeliveryStatus::Pending, None).unwrap();
    let failed = fixture.delivered(&fixture.open(QueryLimits::default()), id);
    assert_eq!(failed.status, DeliveryStatus::Failed);
    assert!(failed.error.unwrap().contains("not overwritten"));
    assert_eq!(std::fs::read(folder.join("result_1.csv.gz")).unwrap(), b"another");
    std::fs::remove_dir_all(fixture.bucket()).unwrap();
    queries.journal.delivered(id, DeliveryStatus::Pending, None).unwrap();
    let failed = fixture.delivered(&fixture.open(QueryLimits::default()), id);
    assert_eq!(failed.status, DeliveryStatus::ResourceNotFound);
}

#[test]
fn a_service_that_stops_leaves_deliveries_for_its_next_start() {
    let fixture = Fixture::new();
    std::fs::create_dir(fixture.bucket()).unwrap();
    let queries = fixture.open(QueryLimits::default());
    fixture.runtime.block_on(queries.courier.stop(Duration::ZERO));
    let id = fixture.start_delivered(&queries, "SELECT 1");
    assert_eq!(fixture.end(&queries, id).status, QueryStatus::Finished);
    fixture.runtime.block_on(queries.deliver(id));
    let left = queries.describe(id).unwrap().delivery.unwrap();
    assert_eq!((left.status, left.error), (DeliveryStatus::Pending, None));
    let next = fixture.open(QueryLimits::default());
    let delivery = fixture.delivered(&next, id);
    assert_eq!((delivery.status, delivery.error), (DeliveryStatus::Success, None));
}

/// The tables of the first version that kept queries.
const FIRST_JOURNAL: &str = "
CREATE TABLE queries (id TEXT PRIMARY KEY, statement TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
    ended_at INTEGER, error TEXT, rows INTEGER NOT NULL DEFAULT 0, scanned INTEGER NOT NULL DEFAULT 0,
    matched INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, millis INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE query_stores (query TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE, store TEXT NOT NULL,
    PRIMARY KEY (query, store)) STRICT, WITHOUT ROWID;
INSERT INTO queries (id, statement, status, created_at, ended_at, rows)
    VALUES ('11111111-1111-4111-8111-111111111111', 'SELECT 7', 'FINISHED', 1795885100000, 1795885100100, 1);
";

#[test]
fn a_journal_of_the_first_version_is_read_on() {
    let fixture = Fixture::new();
    std::fs::create_dir(fixture.bucket()).unwrap();
    let path = fixture.dir.path().join("server/queries.sqlite");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch(FIRST_JOURNAL).unwrap();
    let queries = fixture.open(QueryLimits::default());
    let old = queries.describe("11111111-1111-4111-8111-111111111111".parse().unwrap()).unwrap();
    assert_eq!((old.statement.as_str(), old.statistics.rows, old.delivery), ("SELECT 7", 1, None));
    let id = fixture.start_delivered(&queries, "SELECT 8");
    assert_eq!(fixture.delivered(&queries, id).status, DeliveryStatus::Success);
}
