//! A report with awkward names, and targets that disagree.

use super::report::{Report, StoreSize, results};
use super::*;
use crate::columnar::Format;
use crate::engine::{Engine, EngineOptions, Profile, Pruned};
use crate::envelope::discover;
use crate::store::{ImportOptions, Lake, NewStore, StoreName, import};
use chrono::DateTime;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const MEMORY: usize = 64 << 20;
const ENGINE: EngineOptions = EngineOptions { threads: 2, memory: MEMORY };

/// Makes a lake with one store over `events`.
fn lake_of(dir: &Path, events: &[&str]) -> Arc<Engine> {
    let file = dir.join("events.jsonl");
    std::fs::write(&file, events.join("\n")).unwrap();
    let lake = Lake::temporary(dir, || DateTime::UNIX_EPOCH).unwrap();
    let name = StoreName::parse("main").unwrap();
    let new = NewStore::new(name, Format::Parquet);
    let store = lake.create_store(&new).unwrap();
    let paths = vec![file.display().to_string()];
    let options = ImportOptions::new(&paths, 1, MEMORY);
    let found = discover(&options.paths).unwrap();
    let progress = crate::store::Progress::default();
    import(&lake, &store, found, &options, &progress, &AtomicBool::new(false)).unwrap();
    Arc::new(Engine::new(Arc::new(lake), Some(store), ENGINE).unwrap())
}

fn query(name: &str, sql: &str) -> Query {
    Query { name: name.to_owned(), sql: sql.to_owned() }
}

const OPTIONS: Options = Options { runs: 2, json_runs: 1, concurrency: 2 };

/// Two queries over three formats, with times that are easy to reckon with.
pub(super) fn report() -> Report {
    let dir = tempfile::tempdir().unwrap();
    let engine = lake_of(dir.path(), &[]);
    let targets = [
        BenchTarget::Store(Format::Parquet, Arc::clone(&engine)),
        BenchTarget::Store(Format::Arrow, engine),
        BenchTarget::Json(RawJson {
            paths: Vec::new(),
            options: ENGINE,
            clock: || DateTime::UNIX_EPOCH,
        }),
    ];
    let queries = vec![query("01-count", "SELECT 1"), query("a<b&c\u{1b}", "SELECT '\u{7}'")];
    let millis = |times: &[u64]| times.iter().map(|ms| Duration::from_millis(*ms)).collect();
    let measured = |total: &[u64], concurrent: &[u64], pruned| Measurement {
        total: millis(total),
        planning: millis(&[1]),
        execution: millis(&total.iter().map(|ms| ms - 1).collect::<Vec<_>>()),
        concurrent: millis(concurrent),
        rows: 1234,
        profile: Profile { pruned, bytes_scanned: Some(5_000_000), ..Profile::default() },
    };
    let pruned = |unit: &str, pruned, of| Pruned { unit: unit.to_owned(), pruned, of };
    let measured = vec![
        vec![
            measured(
                &[5, 3, 1],
                &[4],
                vec![pruned("file ranges", 3, 4), pruned("page rows", 8, 9)],
            ),
            measured(&[1, 1, 1], &[4], Vec::new()),
            measured(&[400], &[], Vec::new()),
        ],
        vec![
            measured(&[50, 30, 20], &[60], vec![pruned("row groups", 0, 7)]),
            measured(&[80, 80, 90], &[60], Vec::new()),
            measured(&[500], &[], Vec::new()),
        ],
    ];
    let outcome = Outcome { parameters: Parameters::default(), queries, measured };
    let (queries, ratios) = results(&targets, &outcome, OPTIONS);
    let size = |format, bytes| StoreSize { format, import_seconds: 1.25, bytes, files: 3 };
    Report {
        version: "0.0.0",
        source: "made \"up\"".to_owned(),
        events: 1234,
        json_bytes: 1_000_000,
        threads: 2,
        options: OPTIONS,
        parameters: serde_json::Map::new(),
        stores: vec![size("parquet", 100_000), size("arrow", 250_000)],
        queries,
        ratios,
    }
}

#[test]
fn formats_that_disagree_are_told_with_their_rows() {
    let event = |id: &str, name: &str| {
        format!(r#"{{"eventID":"{id}","eventName":"{name}","eventTime":"2026-03-02T10:00:00Z"}}"#)
    };
    let (a, b, c, other) = (event("1", "A"), event("2", "B"), event("3", "C"), event("3", "0"));
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let targets = [
        BenchTarget::Store(Format::Parquet, lake_of(dirs[0].path(), &[&a, &b, &c])),
        BenchTarget::Store(Format::Arrow, lake_of(dirs[1].path(), &[&other, &b, &a])),
    ];
    let queries = [
        query("same", "SELECT eventID FROM event_data_store ORDER BY eventID"),
        query("rows", "SELECT eventID, eventName FROM event_data_store"),
        query("order", "SELECT eventID FROM event_data_store ORDER BY eventName"),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let bench = |targets: &[BenchTarget], queries: &[Query]| {
        let progress = Progress::default();
        let cancel = AtomicBool::new(false);
        let result = runtime.block_on(run(targets, queries, OPTIONS, &progress, &cancel));
        result.map(|outcome| (outcome, progress.runs_done.load(Ordering::Relaxed)))
    };
    let error = bench(&targets, &queries).unwrap_err();
    insta::assert_snapshot!(error.to_string());
    let wrong = [query("wrong", "SELECT nope FROM event_data_store")];
    let error = bench(&targets, &wrong).unwrap_err().to_string();
    assert!(error.starts_with("wrong over parquet: line 1:8: "), "{error}");
    // Where they agree, all is measured.
    let (outcome, done) = bench(&targets, &queries[..1]).unwrap();
    assert_eq!(done, 6);
    for measured in &outcome.measured[0] {
        assert_eq!((measured.rows, measured.total.len(), measured.concurrent.len()), (3, 2, 2));
    }
}

#[test]
fn what_is_exported_is_what_was_imported() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let event = "{\"eventID\":\"1\",\n \"eventName\":\"A\"}";
    let engine = lake_of(dirs[0].path(), &[event]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(export(&engine, dirs[1].path())).unwrap();
    let file = std::fs::File::open(dirs[1].path().join("000001.jsonl.gz")).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    assert_eq!(text, format!("{event}\n"));
}
