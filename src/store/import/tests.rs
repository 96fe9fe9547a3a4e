use super::*;
use crate::envelope::discover;
use crate::store::catalog::{DataFile, ImportStatus};
use crate::store::names::StoreName;
use crate::store::{AdvancedEventSelectors, NewStore, StoreChanges};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;
use uuid::Uuid;

/// 2026-03-05 00:00:00 UTC.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_668_800, 0).unwrap()
}

struct Bench {
    dir: tempfile::TempDir,
    lake: Lake,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(&dir.path().join("lake"), now).unwrap();
        fs::create_dir(dir.path().join("logs")).unwrap();
        Self { dir, lake }
    }

    fn logs(&self) -> PathBuf {
        self.dir.path().join("logs")
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.logs().join(name), text).unwrap();
    }

    fn import_with(&self, store: &StoreRow, memory: usize, threads: usize) -> ImportReport {
        let paths = vec![self.logs().display().to_string()];
        self.import_as(store, &ImportOptions::new(&paths, threads, memory))
    }

    fn import_as(&self, store: &StoreRow, options: &ImportOptions) -> ImportReport {
        let found = discover(&options.paths).unwrap();
        let cancel = AtomicBool::new(false);
        import(&self.lake, store, found, options, &Progress::default(), &cancel).unwrap()
    }

    fn import(&self) -> ImportReport {
        let store = self.lake.store_or_default(None).unwrap();
        self.import_with(&store, 64 << 20, 2)
    }

    /// All rows of a store's files, `eventid` and `eventtime`, file by file.
    fn rows(&self, store: &StoreRow) -> Vec<Vec<(String, String)>> {
        use arrow::util::display::{ArrayFormatter, FormatOptions};
        let options = FormatOptions::new().with_null("NULL");
        let files = self.lake.catalog().data_files(store.id).unwrap();
        let columns = store.schema.arrow_columns(&["eventid", "eventtime"]).unwrap();
        let read = |file: &DataFile| {
            let mut rows = Vec::new();
            let opened =
                fs::File::open(self.lake.paths().store(store.id).join(&file.path)).unwrap();
            crate::columnar::read_columns(file.format, opened, &columns, &mut |batch| {
                let shown = |at| ArrayFormatter::try_new(batch.column(at), &options).unwrap();
                let (id, time) = (shown(0), shown(1));
                rows.extend(
                    (0..batch.num_rows())
                        .map(|r| (id.value(r).to_string(), time.value(r).to_string())),
                );
            })
            .unwrap();
            assert_eq!(rows.len() as u64, file.rows);
            rows
        };
        files.iter().map(read).collect()
    }
}

fn event(id: u32, time: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventName":"N","eventTime":"{time}","eventID":"00000000-0000-4000-8000-{id:012}","recipientAccountId":"111122223333"}}"#
    )
}

fn trail(events: &[String]) -> String {
    format!("{{\"Records\":[{}]}}", events.join(","))
}

fn counts(report: &ImportReport) -> String {
    let (f, e) = (&report.files, &report.events);
    format!(
        "files {}: {} imported {} unchanged {} digest {} other category {} foreign {} failed; \
         events {}: {} stored {} duplicate {} rejected {} other category {} past retention",
        f.seen,
        f.imported,
        f.unchanged,
        f.digest,
        f.other_category,
        f.foreign,
        f.failed,
        e.read,
        e.stored,
        e.duplicate,
        e.rejected,
        e.other_category,
        e.past_retention
    )
}

#[test]
fn events_come_sorted_into_days_and_once() {
    let bench = Bench::new();
    bench.file(
        "a.json",
        trail(&[event(3, "2026-03-02T10:00:00Z"), event(1, "2026-03-02T09:00:00Z")]),
    );
    bench.file(
        "b.jsonl",
        [
            event(2, "2026-03-02T09:30:00Z"),
            event(4, "2026-03-01T09:30:00Z"),
            event(1, "2026-03-02T09:00:00Z"),
        ]
        .join("\n"),
    );
    bench.file("c.json", format!("[{}]", event(5, "noon")));
    let report = bench.import();
    assert_eq!(
        counts(&report),
        "files 3: 3 imported 0 unchanged 0 digest 0 other category 0 foreign 0 failed; \
         events 6: 5 stored 1 duplicate 0 rejected 0 other category 0 past retention"
    );
    assert_eq!(report.status, ImportStatus::Completed);
    assert_eq!(report.misfit_fields.get("eventTime"), Some(&1));
    let store = bench.lake.store("default").unwrap();
    let files = bench.lake.catalog().data_files(store.id).unwrap();
    let folders: Vec<_> = files.iter().map(|f| f.path.split('/').next().unwrap()).collect();
    assert_eq!(
        folders,
        ["event_date=__HIVE_DEFAULT_PARTITION__", "event_date=2026-03-01", "event_date=2026-03-02"]
    );
    let days = bench.rows(&store);
    assert_eq!(days[0][0].1, "NULL");
    let ids: Vec<_> = days[2].iter().map(|(id, _)| &id[id.len() - 1..]).collect();
    assert_eq!(ids, ["1", "2", "3"]);
}

#[test]
fn the_second_import_of_the_same_stores_nothing() {
    let bench = Bench::new();
    bench.file(
        "a.json",
        trail(&[event(1, "2026-03-02T10:00:00Z"), event(2, "2026-03-02T09:00:00Z")]),
    );
    bench.import();
    assert_eq!(
        counts(&bench.import()),
        "files 1: 0 imported 1 unchanged 0 digest 0 other category 0 foreign 0 failed; \
         events 0: 0 stored 0 duplicate 0 rejected 0 other category 0 past retention"
    );
    // The same events in another file, beside a late one of the same day.
    bench.file(
        "b.json",
        trail(&[event(2, "2026-03-02T09:00:00Z"), event(3, "2026-03-02T08:00:00Z")]),
    );
    assert_eq!(
        counts(&bench.import()),
        "files 2: 1 imported 1 unchanged 0 digest 0 other category 0 foreign 0 failed; \
         events 2: 1 stored 1 duplicate 0 rejected 0 other category 0 past retention"
    );
}

#[test]
fn every_kind_of_file_has_its_place_in_the_report() {
    let bench = Bench::new();
    bench.file("good.json", trail(&[event(1, "2026-03-02T10:00:00Z")]));
    bench.file(
        "insight.json",
        r#"{"Records":[{"eventType":"AwsCloudTrailInsight","eventID":"x"}]}"#,
    );
    bench.file("digest.json", r#"{"awsAccountId":"1","digestS3Object":"k","logFiles":[]}"#);
    bench.file("config.json", r#"{"configurationItems":[]}"#);
    bench.file("README.md", "Some notes.");
    bench.file("none.json", r#"{"Records":[]}"#);
    bench.file("empty.json.gz", "");
    bench.file("text.json.gz", "this is not gzip");
    bench.file(
        "cut.json",
        &trail(&[event(2, "2026-03-02T10:00:00Z"), event(3, "2026-03-02T10:00:00Z")])[..250],
    );
    bench.file(
        "bad.json",
        trail(&[
            event(4, "2026-03-02T10:00:00Z"),
            r#"{"eventName" "x"}"#.to_owned(),
            r#"{"a":1}"#.to_owned(),
        ]),
    );
    let report = bench.import();
    assert_eq!(
        counts(&report),
        "files 10: 4 imported 0 unchanged 1 digest 1 other category 1 foreign 3 failed; \
         events 7: 3 stored 0 duplicate 3 rejected 1 other category 0 past retention"
    );
    assert_eq!(report.status, ImportStatus::Failed);
    let failures: Vec<_> = report
        .failures
        .iter()
        .map(|f| {
            let name = f.location.rsplit('/').next().unwrap();
            format!("{name} {:?} {}: {}", f.position, f.error_type, f.message)
        })
        .collect();
    assert_eq!(
        failures,
        [
            "bad.json Some(172) RejectedRecord: malformed JSON at byte 185: ':' is expected",
            "bad.json Some(190) RejectedRecord: a JSON object, but not a CloudTrail event",
            "cut.json Some(172) RejectedRecord: the record is cut off",
            "cut.json Some(250) Damaged: the file ends inside a record; the event before it was taken",
            "empty.json.gz Some(0) NotLogs: the file is empty",
            "text.json.gz Some(0) NotLogs: not JSON: a record, an array or an object with Records is expected",
        ]
    );
    let recorded = bench.lake.catalog().failures(&report.import_id).unwrap();
    assert_eq!(recorded[0].record.as_deref(), Some(&br#"{"eventName" "x"}"#[..]));
    // What failed is looked at again, what did not is not.
    let again = bench.import();
    assert_eq!((again.files.unchanged, again.files.failed, again.events.stored), (5, 3, 0));
}

/// The parts of an event that tests of identity vary.
fn record(id: &str, account: Option<&str>, name: &str) -> String {
    let account = account.map_or_else(String::new, |a| format!(r#","recipientAccountId":"{a}""#));
    format!(
        r#"{{"eventVersion":"1.11","eventName":"{name}","eventTime":"2026-03-02T10:00:00Z","eventID":"{id}"{account}}}"#
    )
}

const GUID: &str = "11111111-1111-1111-1111-1111111111ab";
const ACCOUNT: Option<&str> = Some("111122223333");

/// The same event as [`record`], written in another way.
fn rewritten(id: &str, name: &str) -> String {
    format!(
        "{{ \"recipientAccountId\": \"111122223333\",\n \"eventID\": \"{}\", \"eventTime\": \"2026-03-02T10:00:00\\u005a\", \"eventName\":\"{name}\",\"eventVersion\":\"1.11\"}}",
        id.to_uppercase()
    )
}

/// What is stored and what is a duplicate of files that are imported one after the other, or at once.
#[track_caller]
fn check_identity(files: &[String], stored: u64, notices: &[&str]) {
    for at_once in [true, false] {
        for memory in [1, 64 << 20] {
            let bench = Bench::new();
            let store = bench.lake.store_or_default(None).unwrap();
            let (mut sum, mut duplicates, mut told) = (0, 0, Vec::new());
            for (n, file) in files.iter().enumerate() {
                bench.file(&format!("{n}.json"), file);
                if at_once && n + 1 < files.len() {
                    continue;
                }
                let report = bench.import_with(&store, memory, 2);
                sum += report.events.stored;
                duplicates += report.events.duplicate;
                told = report.notices;
            }
            let rows = bench.rows(&store).iter().map(Vec::len).sum::<usize>() as u64;
            assert_eq!(
                (rows, sum + duplicates),
                (stored, files.len() as u64),
                "{at_once} {memory}"
            );
            let told: Vec<_> =
                told.iter().map(|n| format!("{}: {}", n.location, n.message)).collect();
            assert_eq!(told, notices, "{at_once} {memory}");
        }
    }
}

#[test]
fn an_event_is_the_same_however_it_is_written() {
    check_identity(
        &[record(GUID, ACCOUNT, "A"), rewritten(GUID, "A"), record(GUID, ACCOUNT, "A")],
        1,
        &[],
    );
    check_identity(
        &[rewritten(GUID, "A"), record(GUID, ACCOUNT, "A"), rewritten(GUID, "A")],
        1,
        &[],
    );
    // Without an id the content is one.
    check_identity(
        &[record("", ACCOUNT, "A"), record("", ACCOUNT, "A").replace("\":", "\" : ")],
        1,
        &[],
    );
}

#[test]
fn one_id_with_several_contents_is_several_events() {
    let three = ["A", "B", "C"].map(|name| record(GUID, ACCOUNT, name));
    let told = format!("event id {GUID}: 3 different events have it; all are kept");
    check_identity(&three, 3, &[&told]);
    check_identity(&["A", "B"].map(|name| record("", ACCOUNT, name)), 2, &[]);
    let accounts = [record(GUID, ACCOUNT, "A"), record(GUID, Some("444455556666"), "A")];
    let told = format!("event id {GUID}: 2 different events have it; all are kept");
    check_identity(&accounts, 2, &[&told]);
}

#[test]
fn a_reduced_record_gives_way_to_its_whole_one() {
    let reduced = format!(
        r#"{{"EventId":"{GUID}","EventName":"A","EventTime":"2026-03-02T11:00:00+01:00","Username":"u"}}"#
    );
    let whole = record(GUID, ACCOUNT, "A");
    let other = record("22222222-1111-1111-1111-111111111111", ACCOUNT, "A");
    check_identity(&[whole.clone(), reduced.clone()], 1, &[]);
    check_identity(&[reduced.clone(), whole.clone()], 1, &[]);
    check_identity(&[other.clone(), reduced.clone(), whole], 2, &[]);
    check_identity(&[reduced.clone(), reduced.replace("\":", "\" : ")], 1, &[]);
}

#[test]
fn failures_are_met_again_until_they_are_accepted() {
    let bench = Bench::new();
    bench.file("a.json.gz", "Mac OS X");
    bench.file("b.json", trail(&[event(1, "2026-03-02T10:00:00Z")]));
    let failed = bench.import();
    assert_eq!((failed.files.failed, bench.import().files.failed), (1, 1));
    let last = &bench.lake.catalog().imports().unwrap()[0];
    let accepted = bench.lake.accept_failures(&last.id).unwrap();
    assert!(accepted.len() == 1 && accepted[0].ends_with("a.json.gz"), "{accepted:?}");
    let report = bench.import();
    assert_eq!((report.status, report.files.accepted), (ImportStatus::Completed, 1));
    // Another file under the name is looked at.
    bench.file("a.json.gz", "Mac OS X 2");
    assert_eq!(bench.import().files.failed, 1);
    let store = bench.lake.store("default").unwrap();
    let paths = vec![bench.logs().display().to_string()];
    let again = ImportOptions { again: true, ..ImportOptions::new(&paths, 1, 1 << 20) };
    let report = bench.import_as(&store, &again);
    assert_eq!((report.files.unchanged, report.events.duplicate), (0, 1));
}

#[test]
fn a_file_of_which_nothing_was_read_is_read_again() {
    let bench = Bench::new();
    bench.file("dump.txt", "{'eventVersion': '1.11', 'a': None}\n".repeat(50));
    let report = bench.import();
    assert_eq!((report.files.foreign, report.events.read), (1, 0));
    assert!(report.took_nothing());
    let what: Vec<_> = report.other_files.keys().collect();
    assert_eq!(what, ["Python objects, not JSON (print them with json.dumps)"]);
    bench.file("dump.json", "{'eventVersion': '1.11', 'a': None}\n".repeat(50));
    for _ in 0..2 {
        let report = bench.import();
        assert_eq!((report.files.failed, report.files.unchanged), (1, 0));
        assert_eq!((report.events.rejected, report.lost()), (50, 50));
    }
}

#[test]
fn events_past_retention_stay_out() {
    let bench = Bench::new();
    let name = StoreName::parse("week").unwrap();
    let new = NewStore { retention_days: Some(7), ..NewStore::new(name, Format::Arrow) };
    let store = bench.lake.create_store(&new).unwrap();
    bench.file(
        "a.json",
        trail(&[event(1, "2026-03-02T10:00:00Z"), event(2, "2026-02-02T10:00:00Z")]),
    );
    let report = bench.import_with(&store, 64 << 20, 1);
    assert_eq!((report.events.stored, report.events.past_retention), (1, 1));
    assert_eq!(bench.rows(&store).len(), 1);
}

/// Selectors of management events whose source is one of `sources`.
fn selectors(sources: &[&str]) -> AdvancedEventSelectors {
    let text = format!(
        r#"[{{"FieldSelectors":[{{"Field":"eventCategory","Equals":["Management"]}},
            {{"Field":"eventSource","Equals":{sources:?}}}]}}]"#
    );
    AdvancedEventSelectors::parse(&text).unwrap()
}

/// Gives the store `wanted` for its selectors.
fn set_selectors(
    bench: &Bench,
    store: &StoreRow,
    wanted: Option<AdvancedEventSelectors>,
) -> Result<StoreRow, StoreError> {
    let changes = StoreChanges { selectors: Some(wanted), ..StoreChanges::default() };
    bench.lake.update_store(store, &changes)
}

fn event_of(source: &str, id: u32) -> String {
    let event = event(id, "2026-03-02T10:00:00Z");
    event.replace("\"eventName\"", &format!("\"eventSource\":\"{source}\",\"eventName\""))
}

#[test]
fn events_that_no_selector_lets_through_are_counted() {
    let bench = Bench::new();
    let name = StoreName::parse("selected").unwrap();
    let new = NewStore { selectors: Some(selectors(&["a"])), ..NewStore::new(name, Format::Orc) };
    let store = bench.lake.create_store(&new).unwrap();
    assert_eq!(bench.lake.store("selected").unwrap(), store);
    bench.file("some.json", trail(&[event_of("a", 1), event_of("b", 2), event_of("a", 1)]));
    bench.file("none.json", trail(&[event_of("b", 3), event_of("c", 4)]));
    bench.file("cut.json", &trail(&[event_of("b", 5), event_of("b", 6)])[..300]);
    bench.file(
        "insight.json",
        r#"{"Records":[{"eventType":"AwsCloudTrailInsight","eventID":"x"}]}"#,
    );
    let report = bench.import_with(&store, 64 << 20, 2);
    let events = &report.events;
    assert_eq!((events.stored, events.duplicate), (1, 1));
    assert_eq!((events.not_selected, events.other_category, events.rejected), (4, 1, 1));
    assert_eq!((report.files.imported, report.files.failed), (2, 1));
    assert!(report.balances() && !report.took_nothing());
    // A file of which nothing was selected has been read all the same.
    let again = bench.import_with(&store, 64 << 20, 2);
    assert_eq!((again.files.unchanged, again.events.read), (3, 2));
}

#[test]
fn other_selectors_take_what_those_before_kept_out() {
    let bench = Bench::new();
    bench.file("a.json", trail(&[event_of("a", 1), event_of("b", 2)]));
    bench.file("broken.json", format!("{}{{\"eventName\":}}", event_of("b", 3)));
    let store = bench.lake.store_or_default(None).unwrap();
    let import = |store: &StoreRow| bench.import_with(store, 64 << 20, 1);
    let store = set_selectors(&bench, &store, Some(selectors(&["a"]))).unwrap();
    let first = import(&store);
    assert_eq!((first.events.stored, first.events.not_selected), (1, 2));
    bench.lake.accept_failures(&first.import_id).unwrap();
    assert_eq!(import(&store).events.read, 0);

    // The same selectors change nothing.
    set_selectors(&bench, &store, Some(selectors(&["a"]))).unwrap();
    assert_eq!(import(&store).events.read, 0);
    let wider = set_selectors(&bench, &store, None).unwrap();
    assert_eq!(wider.selectors, None);
    // An import goes by the selectors of now, not by those of a row read before.
    let second = import(&store);
    assert_eq!((second.events.stored, second.events.duplicate), (2, 1));

    // What is stored stays; without selectors nothing had been kept out, so nothing is read again.
    let narrower = set_selectors(&bench, &store, Some(selectors(&["c"]))).unwrap();
    assert_eq!(import(&narrower).files.unchanged, 1);
    assert_eq!(bench.rows(&store).iter().flatten().count(), 3);
}

#[test]
fn selectors_do_not_change_while_an_import_runs() {
    let bench = Bench::new();
    let store = bench.lake.store_or_default(None).unwrap();
    let held = bench.lake.lock(&store).unwrap();
    let refused = set_selectors(&bench, &store, Some(selectors(&["a"])));
    assert!(matches!(refused, Err(StoreError::Busy(_))));
    drop(held);
    assert_eq!(bench.lake.store("default").unwrap().selectors, None);
}

#[test]
fn selectors_of_events_of_another_schema_are_not_supported_yet() {
    let bench = Bench::new();
    let store = bench.lake.store_or_default(None).unwrap();
    let text = r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Insight"]}]}]"#;
    let insights = AdvancedEventSelectors::parse(text).unwrap();
    let refused = set_selectors(&bench, &store, Some(insights));
    assert!(matches!(refused, Err(StoreError::OtherCategory { .. })));
}

#[test]
fn a_stopped_import_keeps_what_it_read_and_the_next_goes_on() {
    let bench = Bench::new();
    for n in 0..20 {
        bench.file(&format!("{n}.json"), trail(&[event(n, "2026-03-02T10:00:00Z")]));
    }
    let store = bench.lake.store_or_default(None).unwrap();
    let paths = vec![bench.logs().display().to_string()];
    let options = ImportOptions::new(&paths, 1, 1 << 20);
    let stopped = AtomicBool::new(true);
    let found = discover(&paths).unwrap();
    let report =
        import(&bench.lake, &store, found, &options, &Progress::default(), &stopped).unwrap();
    assert_eq!((report.status, report.files.not_reached), (ImportStatus::Stopped, 20));
    assert_eq!(bench.import().events.stored, 20);
}

#[test]
fn a_killed_import_leaves_nothing_in_the_way() {
    let bench = Bench::new();
    bench.file("a.json", trail(&[event(1, "2026-03-02T10:00:00Z")]));
    let store = bench.lake.store_or_default(None).unwrap();
    let folder = bench.lake.paths().store(store.id).join("event_date=2026-03-02");
    fs::create_dir_all(&folder).unwrap();
    let id = Uuid::new_v4();
    let (unfinished, unlisted) =
        (folder.join(format!(".{id}.parquet.tmp")), folder.join(format!("{id}.parquet")));
    let theirs = folder.join("notes.parquet");
    for path in [&unfinished, &unlisted, &theirs] {
        fs::write(path, "half").unwrap();
    }
    bench.lake.catalog().begin_import("dead", store.id, "[]", 0).unwrap();
    bench.import();
    assert!(!unfinished.exists() && !unlisted.exists() && theirs.exists());
    let imports = bench.lake.catalog().imports().unwrap();
    assert_eq!(
        imports.iter().map(|i| i.status.as_str()).collect::<Vec<_>>(),
        ["COMPLETED", "STOPPED"]
    );
}

/// Runs an import that was announced, in a round for each source, until `progress` has come so far.
fn run_until(
    bench: &Bench,
    id: &str,
    memory: usize,
    stop_at: impl Fn(&Progress) -> bool + Sync,
) -> Result<ImportReport, StoreError> {
    let store = bench.lake.store("default").unwrap();
    let paths = vec![bench.logs().display().to_string()];
    let options = ImportOptions {
        id: Some(id.to_owned()),
        rounds: Some(Duration::ZERO),
        ..ImportOptions::new(&paths, 2, memory)
    };
    let found = discover(&paths).unwrap();
    let (progress, cancel, over) =
        (Progress::default(), AtomicBool::new(false), AtomicBool::new(false));
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) && !stop_at(&progress) {
                std::thread::yield_now();
            }
            cancel.store(true, Ordering::Relaxed);
        });
        let report = import(&bench.lake, &store, found, &options, &progress, &cancel);
        over.store(true, Ordering::Relaxed);
        report
    });
    let done = progress.folders_done.load(Ordering::Relaxed) == 1;
    assert_eq!(done, progress.files_kept.load(Ordering::Relaxed) >= 20, "all are in one folder");
    report
}

#[test]
fn an_import_in_rounds_goes_on_behind_the_last_one() {
    let bench = Bench::new();
    for file in 0..20 {
        let events: Vec<_> =
            (0..50).map(|n| event(file * 50 + n, "2026-03-02T10:00:00Z")).collect();
        bench.file(&format!("{file:02}.json"), trail(&events));
    }
    let store = bench.lake.store_or_default(None).unwrap();
    let id = bench.lake.announce_import(store.id, &[]).unwrap();
    assert_eq!(bench.lake.catalog().import(&id).unwrap().unwrap().status, "INITIALIZING");
    let kept = |p: &Progress| p.files_kept.load(Ordering::Relaxed);
    // So little memory that who reads waits for who writes.
    let stopped = run_until(&bench, &id, 8 << 10, |progress| kept(progress) >= 5).unwrap();
    assert_eq!(stopped.status, ImportStatus::Stopped);
    let row = bench.lake.catalog().import(&id).unwrap().unwrap();
    let noted = bench.lake.catalog().known_files(store.id, i64::MAX).unwrap().len() as u64;
    assert!(noted >= 5 && row.stored >= noted * 50, "{noted} {}", row.stored);
    assert_eq!(stopped.files.imported, noted);
    bench.file("99.json", r#"{"Records":[{"eventVersion":"1.08","#);
    let failed = run_until(&bench, &id, 64 << 20, |_| false).unwrap();
    assert_eq!((failed.status, failed.files.unchanged), (ImportStatus::Failed, noted));
    assert_eq!(bench.lake.catalog().import(&id).unwrap().unwrap().stored, 1_000);
    assert_eq!(bench.rows(&store).concat().len(), 1_000);
    let failures = |id| bench.lake.catalog().failures(id).unwrap().len();
    let before = failures(&id);
    assert_eq!(run_until(&bench, &id, 64 << 20, |_| false).unwrap().files.unchanged, 20);
    assert_eq!(failures(&id), before, "what failed again is told once");
    assert_eq!(bench.lake.catalog().imports().unwrap().len(), 1);
}

#[test]
fn a_copy_takes_what_selectors_keep_out() {
    let bench = Bench::new();
    let store = bench.lake.store_or_default(None).unwrap();
    let store = set_selectors(&bench, &store, Some(selectors(&["s3.amazonaws.com"]))).unwrap();
    let events: Vec<_> = ["s3.amazonaws.com", "ec2.amazonaws.com"]
        .iter()
        .zip(1..)
        .map(|(source, id)| event_of(source, id))
        .collect();
    bench.file("a.json", trail(&events));
    let paths = vec![bench.logs().display().to_string()];
    let copy = ImportOptions { copies: true, ..ImportOptions::new(&paths, 1, 1 << 20) };
    assert_eq!(bench.import().events.stored, 1);
    let copied = bench.import_as(&store, &copy);
    assert_eq!((copied.events.stored, copied.events.duplicate), (1, 1));
    assert_eq!(bench.import_as(&store, &copy).files.unchanged, 1);
    assert_eq!(bench.import().files.unchanged, 1);
    bench.lake.stop_ingestion(&store).unwrap();
    bench.file("b.json", trail(&[event_of("ec2.amazonaws.com", 3)]));
    assert_eq!(bench.import_as(&store, &copy).events.stored, 1);
}

#[test]
fn an_import_waits_for_another_one() {
    let bench = Bench::new();
    bench.file("a.json", trail(&[event(1, "2026-03-02T10:00:00Z")]));
    let store = bench.lake.store_or_default(None).unwrap();
    let held = bench.lake.lock(&store).unwrap();
    let other = Lake::open(&bench.dir.path().join("lake"), now).unwrap();
    assert!(other.is_changing(store.id));
    let import = |cancel: bool| {
        let paths = vec![bench.logs().display().to_string()];
        let (found, options) = (discover(&paths).unwrap(), ImportOptions::new(&paths, 1, 1 << 20));
        import(&other, &store, found, &options, &Progress::default(), &AtomicBool::new(cancel))
    };
    assert!(matches!(import(true), Err(StoreError::Interrupted)), "Ctrl-C ends the waiting");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| import(false));
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(!waiting.is_finished());
        drop(held);
        assert_eq!(waiting.join().unwrap().unwrap().events.stored, 1);
    });
}

#[test]
fn programs_that_begin_at_once_share_the_default_store() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let lakes = [0, 1].map(|_| Lake::open(dir.path(), now).unwrap());
        let ready = std::sync::Barrier::new(2);
        let ids = std::thread::scope(|scope| {
            let begin = |lake| {
                ready.wait();
                Lake::store_or_default(lake, None).unwrap().id
            };
            lakes.each_ref().map(|lake| scope.spawn(move || begin(lake))).map(|t| t.join().unwrap())
        });
        assert_eq!(ids[0], ids[1]);
        let folders = fs::read_dir(dir.path().join("stores")).unwrap().count();
        assert_eq!(folders, 1, "nothing is left of the other one");
    }
}

#[test]
fn files_stay_while_a_query_may_read_them() {
    let bench = Bench::new();
    bench.file("a.json", trail(&[event(1, "2026-03-02T10:00:00Z")]));
    bench.import();
    let store = bench.lake.store_or_default(None).unwrap();
    let snapshot = bench.lake.snapshot(store.id).unwrap();
    let path = bench.lake.paths().store(store.id).join(&snapshot.files[0].path);
    let never = AtomicBool::new(false);
    let removed = bench.lake.expire(&store, &snapshot.files, &never).unwrap();
    assert!(!removed && path.exists(), "a query reads it");
    assert!(bench.lake.snapshot(store.id).unwrap().files.is_empty(), "the next one does not");
    drop(snapshot);
    assert!(bench.lake.expire(&store, &[], &never).unwrap() && !path.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever the order, the files, the threads and the memory, each event is stored once.
    #[test]
    fn each_event_is_stored_once(
        ids in proptest::collection::vec((0..40_u32, 1..5_u32), 0..120),
        cut in 1..30_usize,
        memory in prop_oneof![Just(1_usize), Just(4_000), Just(64 << 20)],
        threads in 1..4_usize,
    ) {
        let bench = Bench::new();
        let all: Vec<_> = ids.iter().map(|(id, day)| event(*id * 10 + day, &format!("2026-03-0{day}T10:00:00Z"))).collect();
        for (n, some) in all.chunks(cut).enumerate() {
            bench.file(&format!("{n}.json"), trail(some));
        }
        let store = bench.lake.store_or_default(None).unwrap();
        let mut distinct: Vec<_> = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let report = bench.import_with(&store, memory, threads);
        prop_assert_eq!(report.events.stored, distinct.len() as u64);
        prop_assert_eq!(report.events.duplicate, (ids.len() - distinct.len()) as u64);
        let mut stored: Vec<_> = bench.rows(&store).into_iter().flatten().collect();
        stored.sort();
        let before = stored.len();
        stored.dedup();
        prop_assert_eq!((before, stored.len()), (distinct.len(), distinct.len()));
    }
}
