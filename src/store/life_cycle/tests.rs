use super::*;
use crate::columnar::Format;
use crate::envelope::discover;
use crate::store::names::StoreName;
use crate::store::{ImportOptions, NewStore, Progress, import};
use chrono::{DateTime, Utc};
use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

thread_local! {
    /// Milliseconds since 1970: what the clock of the test's thread says.
    static NOW: Cell<i64> = const { Cell::new(0) };
}

/// 2026-03-05 12:00:00 UTC.
const START: i64 = 1_772_712_000_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(NOW.get()).unwrap()
}

fn wait_days(days: i64) {
    NOW.set(NOW.get() + days * DAY_MILLIS);
}

struct Bench {
    dir: tempfile::TempDir,
    lake: Lake,
}

impl Bench {
    fn new() -> Self {
        NOW.set(START);
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(&dir.path().join("lake"), now).unwrap();
        Self { dir, lake }
    }

    fn create(&self, retention_days: Option<u32>) -> StoreRow {
        let name = StoreName::parse("incident-42").unwrap();
        let new = NewStore { retention_days, ..NewStore::new(name, Format::Orc) };
        self.lake.create_store(&new).unwrap()
    }

    /// Imports an event for each of the days of March 2026.
    fn import(&self, store: &StoreRow, days: &[u32]) -> Result<u64, StoreError> {
        let records: Vec<_> = days
            .iter()
            .map(|day| {
                format!(
                    r#"{{"eventVersion":"1.11","eventID":"00000000-0000-4000-8000-0000000000{day:02}","eventTime":"2026-03-{day:02}T06:00:00Z","eventName":"A"}}"#
                )
            })
            .collect();
        let logs = self.dir.path().join("logs.json");
        fs::write(&logs, format!(r#"{{"Records":[{}]}}"#, records.join(","))).unwrap();
        let options = ImportOptions::new(&[logs.display().to_string()], 1, 64 << 20);
        let found = discover(&options.paths).unwrap();
        let cancel = AtomicBool::new(false);
        let report = import(&self.lake, store, found, &options, &Progress::default(), &cancel)?;
        assert!(report.balances());
        Ok(self.lake.totals(store.id)?.events)
    }

    fn store(&self) -> StoreRow {
        self.lake.store("incident-42").unwrap()
    }

    /// Names of the data files on disk.
    fn files(&self, store: &StoreRow) -> usize {
        let folder = self.lake.paths().store(store.id);
        let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
        entries
            .filter(|entry| {
                entry.file_name().to_str().is_some_and(crate::store::paths::Paths::is_ours)
            })
            .count()
    }
}

/// A line of a store's story: what was done, and what became of it.
fn tell(story: &mut String, what: &str, outcome: Result<StoreRow, StoreError>) {
    let outcome = match outcome {
        Ok(store) => {
            let protected = if store.life.termination_protection { ", protected" } else { "" };
            format!("{}{protected}", store.life.status.name())
        }
        Err(error) => error.to_string(),
    };
    let at = now().format("%m-%d");
    writeln!(story, "{at} {what}: {outcome}").unwrap();
}

#[test]
fn a_store_lives_as_in_the_lake() {
    let bench = Bench::new();
    let lake = &bench.lake;
    let protect = |on| StoreChanges { termination_protection: Some(on), ..StoreChanges::default() };
    let mut story = String::new();
    let tell = &mut |what: &str, outcome| tell(&mut story, what, outcome);

    let store = bench.create(None);
    tell("create", Ok(store.clone()));
    assert_eq!(bench.import(&store, &[1, 2, 3]).unwrap(), 3);
    tell("stop ingestion", lake.stop_ingestion(&bench.store()));
    tell("stop again", lake.stop_ingestion(&bench.store()));
    tell("import", bench.import(&bench.store(), &[4]).map(|_| bench.store()));
    tell("start ingestion", lake.start_ingestion(&bench.store()));
    tell("protect", lake.update_store(&bench.store(), &protect(true)));
    tell("delete", lake.delete_store(&bench.store()));
    tell("purge", lake.purge_store(&bench.store()).map(|_| bench.store()));
    tell("unprotect", lake.update_store(&bench.store(), &protect(false)));
    tell("restore", lake.restore_store(&bench.store()));
    tell("delete", lake.delete_store(&bench.store()));
    tell("delete again", lake.delete_store(&bench.store()));
    tell("update", lake.update_store(&bench.store(), &protect(true)));
    tell("import", bench.import(&bench.store(), &[4]).map(|_| bench.store()));
    wait_days(6);
    assert_eq!(lake.deletions_over().unwrap(), []);
    tell("restore", lake.restore_store(&bench.store()));
    tell("delete", lake.delete_store(&bench.store()));
    wait_days(7);
    tell("restore too late", lake.restore_store(&bench.store()));
    let over = lake.deletions_over().unwrap();
    assert_eq!(over.len(), 1);
    assert_eq!((bench.files(&store), lake.purge_store(&over[0]).unwrap().events), (3, 3));
    tell("remove", lake.store("incident-42"));
    assert!(!lake.paths().store(store.id).exists());
    assert_eq!(lake.catalog().imports().unwrap(), []);

    insta::assert_snapshot!(story, @r#"
    03-05 create: ENABLED
    03-05 stop ingestion: STOPPED_INGESTION
    03-05 stop again: event data store "incident-42" is STOPPED_INGESTION, and would have to be ENABLED
    03-05 import: event data store "incident-42" takes no events (STOPPED_INGESTION); let it with: traillake store start-ingestion incident-42
    03-05 start ingestion: ENABLED
    03-05 protect: ENABLED, protected
    03-05 delete: event data store "incident-42" is protected from deletion; allow it with: traillake store update incident-42 --no-termination-protection
    03-05 purge: event data store "incident-42" is protected from deletion; allow it with: traillake store update incident-42 --no-termination-protection
    03-05 unprotect: ENABLED
    03-05 restore: event data store "incident-42" is ENABLED, and would have to be PENDING_DELETION
    03-05 delete: PENDING_DELETION
    03-05 delete again: event data store "incident-42" is pending deletion until 2026-03-12 12:00:00 UTC; restore it first with: traillake store restore incident-42
    03-05 update: event data store "incident-42" is pending deletion until 2026-03-12 12:00:00 UTC; restore it first with: traillake store restore incident-42
    03-05 import: event data store "incident-42" is pending deletion until 2026-03-12 12:00:00 UTC; restore it first with: traillake store restore incident-42
    03-11 restore: ENABLED
    03-11 delete: PENDING_DELETION
    03-18 restore too late: event data store "incident-42" cannot be restored: its seven days are over
    03-18 remove: there is no event data store "incident-42"; the lake has none yet: import something, or run traillake store create
    "#);
}

#[test]
fn what_is_older_than_its_retention_goes_file_by_file() {
    let bench = Bench::new();
    let store = bench.create(None);
    assert_eq!(bench.import(&store, &[1, 2, 3, 4]).unwrap(), 4);
    let keep = |days| StoreChanges { retention_days: Some(days), ..StoreChanges::default() };
    for wrong in [0, 6, 3_654] {
        let refused = bench.lake.update_store(&store, &keep(Some(wrong)));
        assert!(matches!(refused, Err(StoreError::BadRetention(days)) if days == wrong));
    }
    assert_eq!(bench.lake.expired_files(&store).unwrap(), []);
    let store = bench.lake.update_store(&store, &keep(Some(7))).unwrap();
    assert_eq!(bench.lake.expired_files(&store).unwrap(), []);

    // At 12:00 of the tenth, what happened at 6:00 of the third is older than seven days.
    wait_days(5);
    let expired = bench.lake.expired_files(&store).unwrap();
    assert_eq!(expired.iter().map(|file| file.rows).sum::<u64>(), 3);
    assert!(bench.lake.expire(&store, &expired, &AtomicBool::new(false)).unwrap());
    assert_eq!((bench.files(&store), bench.lake.totals(store.id).unwrap().events), (1, 1));
    // It does not come back, and what is kept is still there.
    assert_eq!(bench.import(&store, &[1, 2, 3, 4, 5]).unwrap(), 2);
    let store = bench.lake.update_store(&store, &keep(None)).unwrap();
    assert_eq!(bench.lake.expired_files(&store).unwrap(), []);
}

#[test]
fn files_that_were_read_with_a_clock_ahead_are_read_again() {
    let bench = Bench::new();
    let store = bench.create(Some(30));
    wait_days(3_650);
    assert_eq!(bench.import(&store, &[1, 2, 3]).unwrap(), 0, "older than the retention");
    NOW.set(START);
    assert_eq!(bench.import(&store, &[1, 2, 3]).unwrap(), 3);
}

#[test]
fn a_removal_that_was_killed_is_done_again() {
    let bench = Bench::new();
    let store = bench.create(None);
    bench.import(&store, &[1, 2]).unwrap();
    let files = bench.lake.catalog().data_files(store.id).unwrap();
    let folder = bench.lake.paths().store(store.id);

    // Killed after the catalog forgot a file: the next import sweeps it.
    bench.lake.catalog().remove_data_files(store.id, &files[..1]).unwrap();
    assert_eq!(bench.files(&store), 2);
    assert_eq!(bench.import(&store, &[3]).unwrap(), 2);
    assert_eq!(bench.files(&store), 2);

    // Killed after a file went: the store cannot be asked any more, and the rest goes later.
    let deleted_at = Some(START - DELETION_DAYS * DAY_MILLIS);
    let life = StoreLife { status: StoreStatus::PendingDeletion, deleted_at, ..store.life };
    bench.lake.catalog().set_life(store.id, life).unwrap();
    fs::remove_file(folder.join(&files[1].path)).unwrap();
    fs::write(folder.join("notes.txt"), "of somebody else").unwrap();
    let over = bench.lake.deletions_over().unwrap();
    assert!(over[0].check_not_deleted().is_err());
    bench.lake.purge_store(&over[0]).unwrap();
    assert!(matches!(bench.lake.store("incident-42"), Err(StoreError::NotFound { .. })));
    assert!(folder.join("notes.txt").exists(), "files of others stay");
}

#[test]
fn a_store_is_not_deleted_below_an_import() {
    let bench = Bench::new();
    let store = bench.create(Some(7));
    let _import = bench.lake.lock(&store).unwrap();
    assert!(matches!(bench.lake.delete_store(&store), Err(StoreError::Busy(_))));
    assert!(matches!(bench.lake.purge_store(&store), Err(StoreError::Busy(_))));
    let expired = bench.lake.expire(&store, &[], &AtomicBool::new(true));
    assert!(matches!(expired, Err(StoreError::Interrupted)));
}

#[test]
fn names_and_tags_change_together_or_not_at_all() {
    let bench = Bench::new();
    let store = bench.create(None);
    let name = StoreName::parse("production").unwrap();
    bench.lake.create_store(&NewStore::new(name.clone(), Format::Orc)).unwrap();
    let tags = vec![("case".to_owned(), "42".to_owned()), ("team".to_owned(), "red".to_owned())];
    let taken = StoreChanges { name: Some(name), tags: tags.clone(), ..StoreChanges::default() };
    assert!(matches!(bench.lake.update_store(&store, &taken), Err(StoreError::Exists(_))));
    assert_eq!(bench.lake.catalog().tags(store.id).unwrap(), []);

    let tagged = StoreChanges { tags: tags.clone(), ..StoreChanges::default() };
    bench.lake.update_store(&store, &tagged).unwrap();
    assert_eq!(bench.lake.catalog().tags(store.id).unwrap(), tags);
    let changed = StoreChanges {
        name: Some(StoreName::parse("case-42").unwrap()),
        tags: vec![("team".to_owned(), "blue".to_owned())],
        untag: vec!["case".to_owned()],
        ..StoreChanges::default()
    };
    let store = bench.lake.update_store(&store, &changed).unwrap();
    assert_eq!(store.name, "case-42");
    let left = bench.lake.catalog().tags(store.id).unwrap();
    assert_eq!(left, [("team".to_owned(), "blue".to_owned())]);

    let long = "k".repeat(129);
    for (key, value) in
        [("", "v"), (long.as_str(), "v"), ("aws:x", "v"), ("a", "\u{1b}[2J"), ("a\0", "v")]
    {
        let tags = vec![(key.to_owned(), value.to_owned())];
        let refused =
            bench.lake.update_store(&store, &StoreChanges { tags, ..StoreChanges::default() });
        assert!(matches!(refused, Err(StoreError::BadTag(_))), "{key:?}");
    }
    let many = (0..50).map(|n| (format!("k{n}"), String::new())).collect();
    let refused =
        bench.lake.update_store(&store, &StoreChanges { tags: many, ..StoreChanges::default() });
    assert!(matches!(refused, Err(StoreError::TooManyTags(_))));
}
