//! Statements that are asked again in one session are planned once, and answered as if they were asked for the first time.

use crate::lake::{TestLake, testdata};
use crate::logs::event;
use chrono::TimeDelta;
use std::fs;
use traillake::columnar::{FORMATS, Format};

#[test]
fn answers_and_counts_are_the_same() {
    for format in FORMATS {
        let lake = TestLake::with(format, &["trail"]);
        for sql in [
            "SELECT count(*) FROM event_data_store",
            "SELECT min(eventTime), max(eventName) FROM event_data_store",
            "SELECT eventName, count(*) FROM event_data_store GROUP BY eventName ORDER BY 2 DESC, 1",
            "SELECT eventID, eventTime FROM event_data_store ORDER BY eventTime DESC, eventID LIMIT 3",
            "SELECT * FROM event_data_store WHERE errorCode IS NOT NULL ORDER BY eventTime, eventID LIMIT 7",
            "SELECT count(*) FROM event_data_store a JOIN event_data_store b ON a.eventID = b.eventID",
            "SELECT count(*) FROM event_data_store WHERE userIdentity.arn IN
               (SELECT userIdentity.arn FROM event_data_store WHERE errorCode IS NOT NULL)",
            "SELECT eventID, row_number() OVER (PARTITION BY eventName ORDER BY eventTime, eventID)
             FROM event_data_store ORDER BY 1 LIMIT 5",
            "SELECT (SELECT count(*) FROM event_data_store WHERE readOnly), count(DISTINCT awsRegion)
             FROM event_data_store",
            "SELECT eventName FROM event_data_store UNION SELECT eventSource FROM event_data_store ORDER BY 1",
            "SELECT r.type, count(*) FROM event_data_store CROSS JOIN UNNEST(resources) AS r (a, type, b, c)
             GROUP BY 1 ORDER BY 1",
        ] {
            // How far a sort with a limit reads is a matter of time.
            let scanned = || Some(lake.rows_scanned(sql)).filter(|_| !sql.contains("LIMIT"));
            let first = (lake.ask(sql), scanned());
            for _ in 0..3 {
                assert_eq!(scanned(), first.1, "{format} {sql}");
                assert_eq!(lake.ask(sql), first.0, "{format} {sql}");
            }
        }
    }
}

#[test]
fn new_events_and_other_stores_are_seen() {
    let mut lake = TestLake::new();
    let store = lake.store("main", Format::Orc);
    lake.import(&store, &testdata("trail"));
    lake.open(&store);
    let sql = "SELECT count(*) FROM event_data_store";
    let before = lake.value(sql).as_u64().unwrap();
    assert_eq!(lake.value(sql), before);
    let more = tempfile::tempdir().unwrap();
    let records = format!("{{\"Records\":[{}]}}", event(1));
    fs::write(more.path().join("1.json"), records).unwrap();
    lake.import(&store, more.path());
    assert_eq!(lake.value(sql), before + 1);
    assert_eq!(lake.value(sql), before + 1);
    let other = lake.store("other", Format::Orc);
    lake.engine().choose(Some(other));
    assert_eq!(lake.value(sql), 0);
    lake.engine().choose(Some(store));
    assert_eq!(lake.value(sql), before + 1);
}

#[test]
fn now_is_the_moment_of_each_statement() {
    let mut lake = TestLake::with(Format::Orc, &["trail"]);
    for (sql, moves) in [
        ("SELECT max(now()) FROM event_data_store", true),
        ("SELECT max(current_date) FROM event_data_store", true),
        (
            "SELECT count(*) FROM event_data_store WHERE eventTime > now() - interval '9' year",
            false,
        ),
        ("SELECT max(CAST(CAST(eventTime AS time) AS timestamp)) FROM event_data_store", true),
        (
            "SELECT max(parse_datetime('70' || substr(eventName, 1, 0), 'yy')) FROM event_data_store",
            true,
        ),
        ("SELECT count(*), max(eventTime) FROM event_data_store", false),
    ] {
        let first = lake.value(sql);
        assert_eq!(lake.value(sql), first, "{sql}");
        lake.now += TimeDelta::days(50 * 365);
        assert!(!moves || lake.value(sql) != first, "{sql}");
        lake.now -= TimeDelta::days(50 * 365);
        assert_eq!(lake.value(sql), first, "{sql}");
    }
}
