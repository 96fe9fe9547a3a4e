use super::*;
use crate::store::testing::{Bench, import_with};
use chrono::NaiveDate;
use proptest::prelude::*;
use std::fs;

const OPTIONS: CompactOptions = CompactOptions { threads: 2, memory: 64 << 20 };

impl Bench {
    /// Imports events of a day of March 2026 by number, without merging unless asked to.
    fn import_events(&self, day: u32, ids: impl IntoIterator<Item = u32>, compact: bool) {
        let log = self.log("log.json", day, ids);
        import_with(&self.lake, &self.store, &log, |options| {
            options.compact = compact;
            options.again = true;
        });
    }

    fn compact(&self) -> Result<CompactionReport, StoreError> {
        let never = AtomicBool::new(false);
        self.lake.compact(&self.store, OPTIONS, &CompactionProgress::default(), &never)
    }

    /// The bytes of the data files, by day.
    fn bytes(&self) -> Vec<(Option<NaiveDate>, Vec<u8>)> {
        let folder = self.lake.paths().store(self.store.id);
        let read = |file: DataFile| (file.day, fs::read(folder.join(file.path)).unwrap());
        self.listed().into_iter().map(read).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]
    /// Merged files are those of one import of all the log files, byte for byte: an event that several of them have is
    /// told to be of the one that was delivered first.
    #[test]
    fn a_merged_file_is_that_of_one_import(
        parts in proptest::collection::vec(proptest::collection::vec(0..200_u32, 1..20), 1..6),
        format in prop_oneof![Just(Format::Orc), Just(Format::Parquet), Just(Format::Arrow)],
    ) {
        let (pieces, whole) = (Bench::new(format), Bench::new(format));
        for (n, part) in parts.iter().enumerate() {
            let day = 1 + n as u32 % 2;
            let name = format!("1_CloudTrail_r_202603{day:02}T{n:04}Z_x.json");
            let log = pieces.log(&name, day, part.iter().copied());
            import_with(&pieces.lake, &pieces.store, &log, |_| {});
        }
        import_with(&whole.lake, &whole.store, &pieces.logs(), |_| {});
        let before = pieces.listed();
        let report = pieces.compact().unwrap();
        prop_assert_eq!(pieces.bytes(), whole.bytes());
        prop_assert!(!report.kept_for_queries);
        prop_assert_eq!(before.len() as u64, pieces.listed().len() as u64 + report.files_before - report.files_after);
        prop_assert_eq!(pieces.compact().unwrap(), CompactionReport::default(), "nothing is left to do");
        // What the catalog says of them is true, and nothing else is on the disk.
        let sums = |files: Vec<DataFile>| files.into_iter().map(|f| (f.rows, f.json_bytes, f.min_time, f.max_time, f.sha256)).collect::<Vec<_>>();
        prop_assert_eq!(sums(pieces.listed()), sums(whole.listed()));
        prop_assert_eq!(pieces.lake.unlisted_files(pieces.store.id).unwrap().len(), 0);
        // Importing the same again finds all of it.
        import_with(&pieces.lake, &pieces.store, &pieces.logs(), |options| options.again = true);
        prop_assert_eq!(pieces.bytes(), whole.bytes());
    }
}

#[test]
fn a_query_keeps_the_files_that_were_merged() {
    let bench = Bench::new(Format::Orc);
    bench.import_events(1, 0..10, false);
    bench.import_events(1, 10..20, false);
    let query = bench.lake.snapshot(bench.store.id).unwrap();
    assert!(bench.compact().unwrap().kept_for_queries);
    let folder = bench.lake.paths().store(bench.store.id);
    assert!(query.files.iter().all(|file| folder.join(&file.path).exists()));
    let new = bench.lake.snapshot(bench.store.id).unwrap();
    assert_eq!((new.files.len(), new.files[0].rows), (1, 20));
    drop((query, new));
    bench.import_events(2, 0..1, false);
    assert_eq!(bench.lake.unlisted_files(bench.store.id).unwrap().len(), 0);
}

#[test]
fn a_record_that_rotted_is_not_written_again() {
    let bench = Bench::new(Format::Arrow);
    bench.import_events(1, 0..10, false);
    bench.import_events(1, 10..20, false);
    let before = bench.listed();
    let path = bench.lake.paths().store(bench.store.id).join(&before[0].path);
    let mut merge = bench.lake.merges(&bench.store, OPTIONS).unwrap().remove(0);
    // An event that says of itself what its checksum does not.
    let files = DataFiles::of(&bench.lake, &bench.store);
    let (forged, _) = files
        .write(before[0].day, Format::Arrow, |rows| {
            let mut outcome = Ok(());
            files.each_event(&before[0], true, &mut |event| {
                if outcome.is_ok() {
                    let forged = String::from_utf8_lossy(event.record).replace("\"A", "\"B");
                    outcome = rows.push(&event.key, event.found, forged.as_bytes());
                }
            })?;
            outcome
        })
        .unwrap();
    fs::rename(files.path(&forged.path), &path).unwrap();
    assert!(matches!(bench.compact(), Err(StoreError::Damaged { path: at, .. }) if at == path));
    assert_eq!(bench.listed(), before, "the files stay");
    merge.files.remove(0);
    assert_eq!(merge.events(), 10);
}

#[test]
fn a_compaction_that_is_stopped_leaves_the_rest() {
    let bench = Bench::new(Format::Orc);
    bench.import_events(1, 0..10, false);
    bench.import_events(1, 10..20, false);
    let (progress, stopped) = (CompactionProgress::default(), AtomicBool::new(true));
    let report = bench.lake.compact(&bench.store, OPTIONS, &progress, &stopped).unwrap();
    assert_eq!((report, bench.listed().len()), (CompactionReport::default(), 2));
}

#[test]
fn many_imports_leave_few_files() {
    let bench = Bench::new(Format::Orc);
    for n in 0..30 {
        bench.import_events(1, n * 3..n * 3 + 3, true);
    }
    let files = bench.listed();
    assert!(files.len() <= MAX_SMALL_FILES, "{}", files.len());
    assert_eq!(files.iter().map(|file| file.rows).sum::<u64>(), 90);
    let stored: u64 =
        bench.lake.catalog().imports().unwrap().iter().map(|import| import.stored).sum();
    assert_eq!(stored, 90, "each import is told with what it stored");
}

fn file(number: usize, json_bytes: u64) -> DataFile {
    DataFile {
        path: format!("event_date=2026-03-01/{number:06}.orc"),
        format: Format::Orc,
        day: NaiveDate::from_ymd_opt(2026, 3, 1),
        rows: 0,
        bytes: json_bytes / 20,
        json_bytes,
        min_time: None,
        max_time: None,
        sha256: None,
    }
}

#[test]
fn a_growing_day_is_written_a_few_times_and_has_few_files() {
    // A trail's file every five minutes, of 10 KB to 100 MB, for a day.
    for bytes in [10 << 10, 300 << 10, 4 << 20, 100 << 20] {
        let (mut files, mut number, mut written, mut most) = (Vec::new(), 0, 0, 0);
        for _ in 0..288 {
            number += 1;
            let new = file(number, bytes);
            files.push(new.clone());
            for merge in settled(files.clone(), &[new], 1 << 30) {
                number += 1;
                let merged = file(number, merge.files.iter().map(|f| f.json_bytes).sum());
                written += merged.json_bytes;
                files.retain(|file| !merge.files.contains(file));
                files.push(merged);
            }
            most = most.max(files.len());
        }
        let all: u64 = files.iter().map(|file| file.json_bytes).sum();
        assert_eq!(all, 288 * bytes);
        let times = written as f64 / all as f64;
        assert!(most <= 45 && times < 12.0, "{bytes}: {most} files, written {times:.1} times");
    }
}

#[test]
fn what_does_not_fit_into_memory_stays_apart() {
    let files: Vec<_> = [50, 60, 30, 200, 10].iter().zip(0..).map(|(b, n)| file(n, *b)).collect();
    let merges = groups(files.clone(), 100);
    let paths: Vec<Vec<_>> =
        merges.iter().map(|m| m.files.iter().map(|f| &*f.path).collect()).collect();
    assert_eq!(paths, [["event_date=2026-03-01/000001.orc", "event_date=2026-03-01/000002.orc"]]);
    assert_eq!(groups(files, 1_000)[0].files.len(), 5);
}
