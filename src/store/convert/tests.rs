use super::*;
use crate::store::check::{CheckOptions, CheckProgress};
use crate::store::testing::{Bench, import_with};

const OPTIONS: CompactOptions = CompactOptions { threads: 2, memory: 64 << 20 };

impl Bench {
    fn store_now(&self) -> StoreRow {
        self.lake.store("incident-42").unwrap()
    }

    fn convert(&self, conversion: Conversion) -> Result<CompactionReport, StoreError> {
        let (progress, never) = (CompactionProgress::default(), AtomicBool::new(false));
        self.lake.convert(&self.store_now(), conversion, OPTIONS, &progress, &never)
    }

    /// The records of all files, in their order.
    fn records(&self) -> Vec<Vec<u8>> {
        let store = self.store_now();
        let files = DataFiles::of(&self.lake, &store);
        let mut records = Vec::new();
        for file in self.listed() {
            files
                .each_event(&file, true, &mut |event| records.push(event.record.to_vec()))
                .unwrap();
        }
        records
    }

    #[track_caller]
    fn assert_sound(&self) {
        let options = CheckOptions { threads: 1, quick: false };
        let (progress, never) = (CheckProgress::default(), AtomicBool::new(false));
        let check = self.lake.check(&self.store_now(), options, &progress, &never).unwrap();
        assert_eq!(check.problems, []);
    }
}

#[test]
fn a_store_takes_every_form_and_keeps_its_records() {
    let bench = Bench::new(Format::Orc);
    for (name, day, ids) in [("a.json", 1, 0..40), ("b.json", 2, 40..60)] {
        let log = bench.log(name, day, ids);
        import_with(&bench.lake, &bench.store, &log, |_| {});
    }
    let records = bench.records();
    assert_eq!(bench.lake.record_forms(&bench.store).unwrap(), [RecordForm::Derived]);
    for (format, form, became) in [
        (None, Some(RecordForm::Plain), (Format::Orc, RecordForm::Plain)),
        (None, Some(RecordForm::Derived), (Format::Orc, RecordForm::Derived)),
        (Some(Format::Parquet), None, (Format::Parquet, RecordForm::Plain)),
        (Some(Format::Arrow), Some(RecordForm::Plain), (Format::Arrow, RecordForm::Plain)),
        (Some(Format::Orc), Some(RecordForm::Derived), (Format::Orc, RecordForm::Derived)),
    ] {
        let report = bench.convert(Conversion { format, record_form: form }).unwrap();
        assert_eq!((report.files_before, report.files_after, report.events), (2, 2, 60));
        let store = bench.store_now();
        assert_eq!((store.format, store.record_form), became);
        assert_eq!(bench.lake.record_forms(&store).unwrap(), [became.1]);
        assert!(bench.listed().iter().all(|file| file.format == became.0));
        assert_eq!(bench.records(), records);
        bench.assert_sound();
    }
    let again = bench.convert(Conversion::default()).unwrap();
    assert_eq!(again.files_before, 0, "nothing is left to convert");
    let report = import_with(&bench.lake, &bench.store_now(), &bench.logs(), |options| {
        options.again = true;
    });
    assert_eq!((report.events.stored, report.events.duplicate), (0, 60));
}

#[test]
fn other_formats_have_the_text() {
    let bench = Bench::new(Format::Parquet);
    assert_eq!(bench.store.record_form, RecordForm::Plain);
    for conversion in [
        Conversion { format: None, record_form: Some(RecordForm::Derived) },
        Conversion { format: Some(Format::Arrow), record_form: Some(RecordForm::Derived) },
    ] {
        let refused = bench.convert(conversion).unwrap_err().to_string();
        assert!(refused.contains("take --format orc, or --eventjson plain"), "{refused}");
    }
}

#[test]
fn files_of_both_forms_are_one_store() {
    let bench = Bench::new(Format::Orc);
    let log = bench.log("a.json", 1, 0..10);
    import_with(&bench.lake, &bench.store, &log, |_| {});
    let old = bench.listed();
    let plain = StoreRow { record_form: RecordForm::Plain, ..bench.store.clone() };
    let (new, _) = DataFiles::of(&bench.lake, &plain)
        .write(old[0].day, Format::Orc, |rows| {
            let files = DataFiles::of(&bench.lake, &bench.store);
            let mut outcome = Ok(());
            files.each_event(&old[0], true, &mut |event| {
                if outcome.is_ok() {
                    outcome = rows.push(&event.key, event.found, event.record);
                }
            })?;
            outcome
        })
        .unwrap();
    bench.lake.catalog().merge_data_files(bench.store.id, &old, &new).unwrap();
    let log = bench.log("b.json", 1, 5..20);
    let report = import_with(&bench.lake, &bench.store, &log, |_| {});
    assert_eq!((report.events.stored, report.events.duplicate), (10, 5));
    let mut forms = bench.lake.record_forms(&bench.store).unwrap();
    forms.sort_by_key(|form| form.name());
    assert_eq!(forms, [RecordForm::Derived, RecordForm::Plain]);
    assert_eq!(bench.records().len(), 20);
    bench.assert_sound();
    let (progress, never) = (CompactionProgress::default(), AtomicBool::new(false));
    bench.lake.compact(&bench.store, OPTIONS, &progress, &never).unwrap();
    assert_eq!(bench.lake.record_forms(&bench.store).unwrap(), [RecordForm::Derived]);
    bench.assert_sound();
}
