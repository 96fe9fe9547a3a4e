use super::*;
use crate::columnar::{FORMATS, Format};
use crate::store::testing::{Bench, import_with, now};
use crate::store::{ImportReport, StoreChanges};
use proptest::prelude::*;
use std::path::PathBuf;

const FULL: CheckOptions = CheckOptions { threads: 2, quick: false };

impl Bench {
    /// A store with three files of two days.
    fn filled(format: Format) -> Self {
        let bench = Self::new(format);
        for (name, day, ids) in [("a.json", 1, 0..40), ("b.json", 1, 30..60), ("c.json", 2, 60..65)]
        {
            bench.log(name, day, ids);
            bench.import();
        }
        bench
    }

    fn import(&self) -> ImportReport {
        import_into(&self.lake, &self.store, &self.logs())
    }

    fn files(&self) -> Vec<PathBuf> {
        let folder = self.lake.paths().store(self.store.id);
        self.listed().iter().map(|file| folder.join(&file.path)).collect()
    }

    fn check(&self) -> StoreCheck {
        check(&self.lake, &self.store)
    }
}

fn import_into(lake: &Lake, store: &StoreRow, logs: &Path) -> ImportReport {
    import_with(lake, store, logs, |_| {})
}

fn check(lake: &Lake, store: &StoreRow) -> StoreCheck {
    let never = AtomicBool::new(false);
    lake.check(store, FULL, &CheckProgress::default(), &never).unwrap()
}

fn kinds(check: &StoreCheck) -> Vec<ProblemKind> {
    check.problems.iter().map(|problem| problem.kind).collect()
}

#[test]
fn a_sound_store_has_no_problems() {
    for format in FORMATS {
        let bench = Bench::filled(format);
        let check = bench.check();
        assert_eq!((check.files, check.events, check.problems), (3, 65, Vec::new()), "{format}");
        assert_eq!(bench.lake.check_catalog().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn what_is_wrong_is_told_and_repaired_and_the_logs_bring_it_back() {
    let bench = Bench::filled(Format::Orc);
    let files = bench.files();
    fs::remove_file(&files[0]).unwrap();
    let bytes = fs::read(&files[1]).unwrap();
    fs::write(&files[1], &bytes[..bytes.len() / 2]).unwrap();
    let stray = files[2].with_file_name("0197aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa.orc");
    fs::write(&stray, "left by a kill").unwrap();
    let theirs = files[2].with_file_name("notes.orc");
    fs::write(&theirs, "of somebody else").unwrap();

    let check = bench.check();
    use ProblemKind::{Damaged, Missing, SetAside, Unreferenced};
    assert_eq!(kinds(&check), [Missing, Damaged, Unreferenced]);
    assert_eq!(
        check.problems.iter().map(|problem| problem.events).collect::<Vec<_>>(),
        [40, 20, 0]
    );
    assert!(check.problems[1].path.starts_with("stores/"), "{}", check.problems[1].path);

    let never = AtomicBool::new(false);
    assert_eq!(bench.lake.repair(&bench.store, &check, &never).unwrap(), 1);
    assert!(!stray.exists() && theirs.exists());
    assert_eq!(kinds(&bench.check()), [SetAside]);
    // All logs are read again, and what is missing is stored.
    let report = bench.import();
    assert_eq!((report.events.stored, report.files.unchanged), (60, 0));
    let check = bench.check();
    assert_eq!((check.events, kinds(&check)), (65, vec![SetAside]));
    let aside: Vec<_> = bench.lake.paths().files_of(bench.store.id, Paths::is_set_aside);
    assert_eq!(fs::read(&aside[0]).unwrap(), bytes[..bytes.len() / 2], "nothing is thrown away");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]
    /// A byte that is not what it was is found, wherever it is.
    #[test]
    fn a_flipped_byte_is_found(at in any::<prop::sample::Index>(), bit in 0..8_u8, format in 0..3_usize) {
        use std::sync::LazyLock;
        static BENCHES: LazyLock<[Bench; 3]> = LazyLock::new(|| FORMATS.map(Bench::filled));
        let bench = &BENCHES[format];
        let path = &bench.files()[0];
        let sound = fs::read(path).unwrap();
        let mut bytes = sound.clone();
        bytes[at.index(sound.len())] ^= 1 << bit;
        fs::write(path, &bytes).unwrap();
        let check = bench.check();
        fs::write(path, sound).unwrap();
        prop_assert_eq!(kinds(&check), [ProblemKind::Damaged]);
    }
}

#[test]
fn files_that_were_exchanged_are_found() {
    let bench = Bench::filled(Format::Parquet);
    let files = bench.files();
    let other = fs::read(&files[2]).unwrap();
    fs::write(&files[0], other).unwrap();
    let check = bench.check();
    assert_eq!(kinds(&check), [ProblemKind::Damaged]);
    let never = AtomicBool::new(false);
    let quick = CheckOptions { quick: true, ..FULL };
    let check = bench.lake.check(&bench.store, quick, &CheckProgress::default(), &never).unwrap();
    assert_eq!(kinds(&check), [ProblemKind::Damaged], "its size tells");
}

/// Removes a lake's catalog with its log.
fn lose_catalog(root: &Path) {
    for file in crate::store::catalog::Catalog::files(&Paths::new(root).catalog()) {
        let _ = fs::remove_file(file);
    }
}

#[test]
fn a_lost_catalog_is_made_anew() {
    let bench = Bench::filled(Format::Orc);
    let changes = StoreChanges {
        retention_days: Some(Some(90)),
        termination_protection: Some(true),
        tags: vec![("case".to_owned(), "42".to_owned())],
        ..StoreChanges::default()
    };
    let store = bench.lake.update_store(&bench.store, &changes).unwrap();
    let listed = bench.lake.catalog().data_files(store.id).unwrap();
    let root = bench.lake.paths().root().to_owned();
    // A kill left a file whose events are in others, and one that has one of its own.
    let files = DataFiles::of(&bench.lake, &store);
    let left_over = files.write_some_of(&listed[0], |_| true).unwrap();
    let Bench { dir, lake, .. } = bench;
    let unlisted = lake.unlisted_files(store.id).unwrap();
    assert_eq!(unlisted, [lake.paths().store(store.id).join(&left_over.path)]);
    drop(lake);
    lose_catalog(&root);
    assert!(matches!(Lake::open(&root, now), Err(StoreError::LostCatalog(_))), "not an empty lake");
    assert!(matches!(Lake::open_existing(&root, now), Err(StoreError::LostCatalog(_))));

    let never = AtomicBool::new(false);
    let (lake, rebuilt) = Lake::rebuild(&root, now, &never).unwrap();
    assert_eq!(rebuilt.old_catalog, None);
    let told = &rebuilt.stores[0];
    assert_eq!((told.files, told.events, told.duplicates, told.set_aside), (3, 65, 40, 0));
    assert!(told.described);
    assert_eq!(lake.store("incident-42").unwrap(), store);
    assert_eq!(lake.catalog().tags(store.id).unwrap(), [("case".to_owned(), "42".to_owned())]);
    assert_eq!(lake.catalog().data_files(store.id).unwrap(), listed);
    // The logs are read again, and nothing is stored twice; what was left over goes.
    let report = import_into(&lake, &store, &dir.path().join("logs"));
    assert_eq!((report.events.stored, report.events.duplicate), (0, 75));
    assert_eq!(check(&lake, &store).problems, Vec::new());
}

#[test]
fn a_damaged_catalog_is_kept_and_made_anew_without_a_description() {
    let bench = Bench::filled(Format::Parquet);
    let Bench { dir, lake, store } = bench;
    let root = lake.paths().root().to_owned();
    let files = lake.catalog().data_files(store.id).unwrap();
    let damaged = lake.paths().store(store.id).join(&files[2].path);
    fs::remove_file(lake.paths().description(store.id)).unwrap();
    drop(lake);
    lose_catalog(&root);
    fs::write(Paths::new(&root).catalog(), "no catalog at all, but long enough for one").unwrap();
    fs::write(&damaged, "PAR1").unwrap();
    let error = Lake::open(&root, now).unwrap_err();
    assert!(error.is_lost_catalog(&root), "{error}");

    let never = AtomicBool::new(false);
    let (lake, rebuilt) = Lake::rebuild(&root, now, &never).unwrap();
    assert!(rebuilt.old_catalog.unwrap().exists());
    let told = &rebuilt.stores[0];
    assert_eq!((told.store.as_str(), told.described), ("default", false));
    assert_eq!((told.files, told.events, told.set_aside), (2, 60, 1));
    let store = lake.store("default").unwrap();
    assert_eq!(kinds(&check(&lake, &store)), [ProblemKind::SetAside]);
    let report = import_into(&lake, &store, &dir.path().join("logs"));
    assert_eq!(report.events.stored, 5);
}

#[test]
fn an_event_that_two_unlisted_files_have_is_listed_once() {
    let bench = Bench::filled(Format::Orc);
    let Bench { dir, lake, store } = bench;
    let root = lake.paths().root().to_owned();
    // As after a catalog that was restored from an older copy: files overlap in part.
    let files = DataFiles::of(&lake, &store);
    let listed = lake.catalog().data_files(store.id).unwrap();
    let mut events = Vec::new();
    for (file, wanted) in [(&listed[0], 10), (&listed[1], 20)] {
        let mut left = wanted;
        files
            .each_event(file, true, &mut |event| {
                if left > 0 {
                    events.push((event.key, event.record.to_vec()));
                    left -= 1;
                }
            })
            .unwrap();
    }
    events.sort_by_key(|(key, _)| (key.time, key.id, key.version));
    let (mixed, _) = files
        .write(listed[0].day, Format::Orc, |rows| {
            events.iter().try_for_each(|(key, record)| rows.push(key, None, record))
        })
        .unwrap();
    assert_eq!(mixed.rows, 30);
    fs::remove_file(lake.paths().store(store.id).join(&listed[1].path)).unwrap();
    drop(lake);
    lose_catalog(&root);
    let never = AtomicBool::new(false);
    let (lake, rebuilt) = Lake::rebuild(&root, now, &never).unwrap();
    let told = &rebuilt.stores[0];
    assert_eq!((told.files, told.events, told.duplicates), (3, 65, 10));
    import_into(&lake, &store, &dir.path().join("logs"));
    let check = check(&lake, &store);
    assert_eq!((check.events, check.problems), (65, Vec::new()));
}
