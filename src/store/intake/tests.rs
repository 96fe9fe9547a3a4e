//! Events that are sent, and what becomes of them.

use super::*;
use crate::columnar::Format;
use crate::event::received::Reception;
use crate::store::names::StoreName;
use crate::store::testing::{import_with, now};
use crate::store::{ImportReport, NewStore};
use std::fs;

const CHANNEL: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:channel/one";
const OTHER: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:channel/other";
const MERGING: CompactOptions = CompactOptions { threads: 1, memory: 64 << 20 };

struct Bench {
    dir: tempfile::TempDir,
    lake: Lake,
    store: StoreRow,
    intake: Intake,
}

/// What somebody sends: an event of a day of March 2026, by its number.
fn data(day: u32, id: u32) -> String {
    format!(
        r#"{{"version":"1","UID":"u-{id}","eventName":"A{id}","eventSource":"shop","eventTime":"2026-03-{day:02}T06:00:00Z","recipientAccountId":"111122223333","userIdentity":{{"type":"User","principalId":"p"}}}}"#
    )
}

fn sent(source: &str, events: &[(u32, u32)]) -> SentEvents {
    let reception =
        Reception { region: "eu-west-1", account: "111122223333", channel: source, time: 5 };
    let receive = |(day, id): &(u32, u32)| {
        reception.receive(data(*day, *id).as_bytes(), &format!("2026-03-{day:02}T06:00:00Z"))
    };
    let events = events.iter().map(receive).collect();
    SentEvents { source: source.to_owned(), received_at: 5, events }
}

impl Bench {
    fn with(change: impl FnOnce(&mut NewStore)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(&dir.path().join("lake"), now).unwrap();
        let mut new = NewStore::new(StoreName::parse("activity").unwrap(), Format::Orc);
        new.schema = Some(EventSchema::ActivityAuditLog);
        change(&mut new);
        let store = lake.create_store(&new).unwrap();
        Self { dir, lake, store, intake: Intake::default() }
    }

    fn new() -> Self {
        Self::with(|_| {})
    }

    fn take(&self, sent: &[SentEvents]) -> Result<TakenEvents, StoreError> {
        let sent: Vec<_> = sent.iter().collect();
        self.intake.take(&self.lake, &self.store, &sent, || true)
    }

    fn taken(&self, events: &[(u32, u32)]) -> Vec<Taken> {
        self.take(&[sent(CHANNEL, events)]).unwrap().taken.remove(0)
    }

    fn import(&self, text: &str) -> ImportReport {
        let path = self.dir.path().join("events.json");
        fs::write(&path, text).unwrap();
        import_with(&self.lake, &self.store, &path, |options| options.again = true)
    }

    fn listed(&self) -> Vec<DataFile> {
        self.lake.catalog().data_files(self.store.id).unwrap()
    }

    fn records(&self) -> Vec<String> {
        let files = DataFiles::of(&self.lake, &self.store);
        let mut records = Vec::new();
        for file in self.listed() {
            let mut take = |event: super::super::data_files::StoredEvent<'_>| {
                assert_eq!(event.found.unwrap().delivered, Some(5));
                records.push(String::from_utf8(event.record.to_vec()).unwrap());
            };
            files.each_event(&file, true, &mut take).unwrap();
        }
        records.sort();
        records
    }
}

use Taken::{Known, PastRetention, Stored};

#[test]
fn an_event_is_stored_once_however_often_it_is_sent() {
    for format in [Format::Orc, Format::Parquet] {
        let bench = Bench::with(|new| new.format = format);
        assert_eq!(bench.taken(&[(1, 1), (2, 2), (1, 1)]), [Stored, Stored, Known]);
        assert_eq!(bench.taken(&[(2, 2), (2, 3)]), [Known, Stored]);
        let together = [sent(CHANNEL, &[(3, 4), (1, 1)]), sent(OTHER, &[(3, 4), (3, 5)])];
        let taken = bench.take(&together).unwrap().taken;
        assert_eq!(taken, [[Stored, Known], [Known, Stored]]);
        // Another process has to look.
        let again = Intake::default();
        let parcel = sent(CHANNEL, &[(1, 1), (2, 3), (3, 5), (3, 6)]);
        let taken = again.take(&bench.lake, &bench.store, &[&parcel], || true).unwrap();
        assert_eq!(taken.taken, [[Known, Known, Known, Stored]]);
        assert_eq!(bench.taken(&[(3, 6)]), [Known]);
        let mut expected = sent(CHANNEL, &[(1, 1), (2, 2), (2, 3), (3, 4), (3, 6)]).events;
        expected.extend(sent(OTHER, &[(3, 5)]).events);
        let mut expected: Vec<_> =
            expected.into_iter().map(|event| String::from_utf8(event.record).unwrap()).collect();
        expected.sort();
        assert_eq!(bench.records(), expected);
    }
}

#[test]
fn events_that_were_imported_are_known_and_the_other_way_round() {
    let bench = Bench::new();
    let lines = [data(1, 1), data(1, 2)].join("\n");
    assert_eq!(bench.import(&lines).events.stored, 2);
    assert_eq!(bench.taken(&[(1, 1), (1, 2), (1, 3)]), [Known, Known, Stored]);
    let report = bench.import(&format!("{lines}\n{}\n{}", data(1, 3), data(1, 4)));
    assert_eq!((report.events.stored, report.events.duplicate), (1, 3), "{report:?}");
    assert_eq!(report.notices, []);
    // What was imported behind the back of who remembers is looked for.
    assert_eq!(bench.taken(&[(1, 4), (1, 3)]), [Known, Known]);
    // Another content under the same UID is another event.
    let amended = data(1, 1).replace("\"A1\"", "\"B1\"");
    let report = bench.import(&amended);
    assert_eq!((report.events.stored, report.notices.len()), (1, 1));
}

#[test]
fn many_small_groups_become_few_files() {
    let bench = Bench::new();
    for id in 0..60 {
        let parcel = sent(CHANNEL, &[(1, id), (2, id)]);
        let taken = bench.take(&[parcel]).unwrap();
        if taken.unsettled {
            bench.intake.settle(&bench.lake, &bench.store, &taken, MERGING).unwrap();
        }
        assert!(bench.listed().len() <= 14, "after {id}: {}", bench.listed().len());
    }
    assert_eq!(bench.records().len(), 120);
    let again: Vec<_> = (0..60).map(|id| (1, id)).collect();
    assert!(bench.taken(&again).iter().all(|taken| *taken == Known));
    assert_eq!(bench.lake.unlisted_files(bench.store.id).unwrap().len(), 0);
}

#[test]
fn a_sender_has_one_import_that_goes_on() {
    let bench = Bench::new();
    bench.taken(&[(1, 1), (1, 2)]);
    bench.take(&[sent(OTHER, &[(1, 2), (1, 3)]), sent(CHANNEL, &[(1, 3), (1, 4)])]).unwrap();
    let catalog = bench.lake.catalog();
    let imports = catalog.imports().unwrap();
    let of = |source: &str| {
        let id = catalog.import_of(bench.store.id, source).unwrap().unwrap();
        let import = imports.iter().find(|import| import.id == id).unwrap();
        assert_eq!((&*import.status, &import.paths), ("COMPLETED", &format!("[{source:?}]")));
        let report: serde_json::Value =
            serde_json::from_str(import.report.as_ref().unwrap()).unwrap();
        let events = &report["events"];
        let counts = ["read", "stored", "duplicate", "past_retention"];
        (import.stored, counts.map(|count| events[count].as_u64().unwrap()))
    };
    assert_eq!(imports.len(), 2);
    assert_eq!(of(CHANNEL), (3, [4, 3, 1, 0]));
    assert_eq!(of(OTHER), (1, [2, 1, 1, 0]));
}

#[test]
fn what_is_older_than_the_retention_is_not_kept() {
    let bench = Bench::with(|new| new.retention_days = Some(7));
    // It is the fifth of March.
    assert_eq!(bench.taken(&[(1, 1)]), [Stored]);
    let mut old = sent(CHANNEL, &[(4, 2)]);
    let reception = Reception { region: "r", account: "111122223333", channel: CHANNEL, time: 5 };
    let text = data(1, 3).replace("2026-03", "2026-02");
    old.events.push(reception.receive(text.as_bytes(), "2026-02-01T06:00:00Z"));
    assert_eq!(bench.take(&[old]).unwrap().taken, [[Stored, PastRetention]]);
    assert_eq!(bench.records().len(), 2);
}

#[test]
fn what_failed_can_be_sent_again() {
    let bench = Bench::new();
    assert_eq!(bench.taken(&[(1, 1)]), [Stored]);
    let catalog = rusqlite::Connection::open(bench.lake.paths().catalog()).unwrap();
    catalog.execute_batch("ALTER TABLE sources RENAME TO away").unwrap();
    let failed = bench.take(&[sent(CHANNEL, &[(1, 2), (2, 3)])]);
    assert!(matches!(failed, Err(StoreError::Catalog { .. })), "{failed:?}");
    catalog.execute_batch("ALTER TABLE away RENAME TO sources").unwrap();
    assert_eq!(bench.records().len(), 1);
    assert_eq!(bench.taken(&[(1, 1), (1, 2), (2, 3)]), [Known, Stored, Stored]);
    assert_eq!(bench.lake.unlisted_files(bench.store.id).unwrap().len(), 0);
    let held = bench.lake.lock_until(&bench.store, || true).unwrap().unwrap();
    let busy = bench.take(&[sent(CHANNEL, &[(1, 9)])]);
    assert!(matches!(busy, Err(StoreError::Busy(_))), "{busy:?}");
    drop(held);
    assert_eq!(bench.taken(&[(1, 9)]), [Stored]);
    bench.lake.delete_store(&bench.store).unwrap();
    let gone = bench.take(&[sent(CHANNEL, &[(1, 10)])]);
    assert!(matches!(gone, Err(StoreError::PendingDeletion { .. })), "{gone:?}");
}

#[test]
fn a_store_of_other_events_takes_none() {
    let bench = Bench::with(|new| new.schema = Some(EventSchema::Insight));
    let refused = bench.take(&[sent(CHANNEL, &[(1, 1)])]);
    assert!(matches!(refused, Err(StoreError::Bug(_))), "{refused:?}");
}
