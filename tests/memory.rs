//! What queries do when memory ends: go to disk, or say what helps.

use crate::lake::TestLake;
use traillake::columnar::Format;
use traillake::engine::QueryError;
use traillake::output::OutputFormat;

const LITTLE: usize = 8 << 20;

fn lake() -> TestLake {
    let mut lake = TestLake::new();
    let store = lake.store("main", Format::Orc);
    lake.open_with(&store, LITTLE);
    lake
}

/// A relation `t` of so many rows with texts that are all different.
fn rows(count: usize) -> String {
    format!(
        "(SELECT n, n % 100 AS small, 'request number ' || CAST(n * 7919 % 1000003 AS varchar) AS text \
         FROM (SELECT a.n * 1000 + b.n AS n FROM TABLE(sequence(0, {}, 1)) a(n) \
         CROSS JOIN TABLE(sequence(0, 999, 1)) b(n))) t",
        count / 1000 - 1
    )
}

#[test]
fn distinct_values_are_counted_beyond_memory() {
    let lake = lake();
    let from = rows(200_000);
    for (select, want) in [
        ("count(DISTINCT text)", "200000"),
        ("count(DISTINCT text), count(*)", "200000,200000"),
        ("count(DISTINCT text) FILTER (WHERE small < 50), min(n)", "100000,0"),
        ("sum(DISTINCT n)", "19999900000"),
    ] {
        let sql = format!("SELECT {select} FROM {from}");
        let (text, _) = lake.try_ask(&sql, OutputFormat::Csv).unwrap();
        assert_eq!(text.lines().nth(1), Some(want), "{sql}");
    }
}

#[test]
fn distinct_values_of_many_groups_are_counted_beyond_memory() {
    let lake = lake();
    let from = rows(200_000);
    for counts in ["count(DISTINCT small)", "count(DISTINCT small), count(DISTINCT n), count(*)"] {
        let sql = format!(
            "SELECT count(*), sum(c) FROM (SELECT text, {counts} FROM {from} GROUP BY text) g(text, c{})",
            if counts.contains("(*)") { ", d, e" } else { "" }
        );
        let (text, _) = lake.try_ask(&sql, OutputFormat::Csv).unwrap();
        assert_eq!(text.lines().nth(1), Some("200000,200000"), "{sql}");
    }
}

/// DataFusion 55.2 waits for ever where two threads write rows to disk at once that a third is to have.
#[test]
fn grouping_beyond_memory_comes_to_an_end() {
    let lake = lake();
    let sql = format!("SELECT count(*) FROM (SELECT DISTINCT text FROM {})", rows(100_000));
    for _ in 0..10 {
        let (text, _) = lake.try_ask(&sql, OutputFormat::Csv).unwrap();
        assert_eq!(text.lines().nth(1), Some("100000"));
    }
}

#[test]
fn the_first_rows_of_an_order_may_be_many() {
    let lake = lake();
    let sql = format!(
        "SELECT count(*), min(n), max(n) FROM (SELECT n, text FROM {} ORDER BY text DESC, n LIMIT 150000)",
        rows(200_000)
    );
    let (text, _) = lake.try_ask(&sql, OutputFormat::Csv).unwrap();
    assert!(text.lines().nth(1).unwrap().starts_with("150000,"), "{text}");
}

#[test]
fn windows_of_many_partitions_go_beyond_memory() {
    let lake = lake();
    let from = rows(200_000);
    for (select, want) in [
        // Of two rows a text the second has one before it; of the 2,000 rows of a number all but one.
        ("count(lag(n) OVER (PARTITION BY text ORDER BY n))", "100000"),
        ("sum(row_number() OVER (PARTITION BY text ORDER BY n))", "300000"),
        ("count(lead(text, 2) OVER (PARTITION BY small ORDER BY text))", "199800"),
        ("sum(count(*) OVER (PARTITION BY small))", "400000000"),
    ] {
        let (function, window) = select.split_once('(').unwrap();
        let window = window.strip_suffix(')').unwrap();
        let doubled = from.replace("n * 7919 % 1000003", "n % 100000 * 7919 % 1000003");
        let sql = format!("SELECT {function}(w) FROM (SELECT {window} AS w FROM {doubled})");
        let (text, _) = lake.try_ask(&sql, OutputFormat::Csv).unwrap();
        assert_eq!(text.lines().nth(1), Some(want), "{sql}");
    }
}

#[test]
fn a_partition_may_be_larger_than_memory() {
    let lake = lake();
    let sql = format!(
        "SELECT count(*), count(before), sum(n - before), max(place) FROM (SELECT n, \
         lag(n) OVER (PARTITION BY small * 0, text > '' ORDER BY n) AS before, \
         rank() OVER (PARTITION BY small * 0, text > '' ORDER BY n) AS place, text FROM {})",
        rows(200_000)
    );
    let (text, _) = lake.try_ask(&sql, OutputFormat::Csv).unwrap();
    assert_eq!(text.lines().nth(1), Some("200000,199999,199999,200000"));
}

#[test]
fn where_memory_ends_the_error_says_what_helps() {
    let lake = lake();
    let from = rows(200_000);
    for (sql, words) in [
        (
            format!("SELECT max_by(text, n, 10000) FROM {from}"),
            ["aggregating without GROUP BY asked for", "aggregate fewer rows"],
        ),
        (
            format!("SELECT small, array_agg(text || text || text) FROM {from} GROUP BY small"),
            ["grouping asked for", "group fewer rows"],
        ),
        (
            format!(
                "SELECT count(*) FROM {from} JOIN {} u ON t.text = u.text",
                rows(200_000).trim_end_matches(" t")
            ),
            ["joining asked for", "filter both sides"],
        ),
    ] {
        let error = lake.try_ask(&sql, OutputFormat::Csv).unwrap_err();
        assert!(matches!(error, QueryError::Memory(_)), "{sql}: {error}");
        let text = error.to_string();
        for word in words.iter().chain(&["of 8MB", "raise --memory, to 16MB say"]) {
            assert!(text.contains(word), "{sql}: {text}");
        }
        assert!(!text.contains("datafusion"), "{text}");
        assert_eq!(error.to_client_error().code.name(), "EXCEEDED_LOCAL_MEMORY_LIMIT");
    }
}
