//! The stations that decide how fast columns are made and read: shredding, each format's writer and
//! reader, and a lookup that is pushed down to the files.
//!
//! `cargo bench --bench columnar -- write` runs the writers only. `traillake bench` measures whole
//! queries.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use arrow::array::{AsArray, RecordBatch};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use traillake::columnar::{FORMATS, Format, Writer, read_columns};
use traillake::engine::{Engine, EngineOptions};
use traillake::envelope::discover;
use traillake::event::digest::record_digest;
use traillake::event::{EventSchema, RecordForm};
use traillake::shred::Shredder;
use traillake::store::hints;
use traillake::store::{ImportOptions, Lake, NewStore, Progress, StoreName, import};
use traillake_synth::{SynthOptions, write_trail};

const EVENTS: u64 = 20_000;
const MEMORY: usize = 1 << 30;
/// As an import writes them.
const BATCH_ROWS: usize = 512;

/// The same events as records, as batches, and as a store of each format.
struct Events {
    records: Vec<String>,
    bytes: u64,
    batches: Vec<RecordBatch>,
    engines: Vec<(Format, Engine)>,
    runtime: Runtime,
    folder: TempDir,
}

impl Events {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let never = AtomicBool::new(false);
        let trail = folder.path().join("trail");
        let options = SynthOptions { events: EVENTS, days: 3, ..SynthOptions::default() };
        write_trail(&options, &trail, &never, &|_| ()).unwrap();
        let lake =
            Arc::new(Lake::temporary(folder.path(), || chrono::DateTime::UNIX_EPOCH).unwrap());
        let engines: Vec<_> = FORMATS.map(|f| (f, engine(&lake, f, &trail))).into();
        let runtime = Runtime::new().unwrap();
        let mut records = Vec::new();
        for batch in ask(
            &runtime,
            &engines[0].1,
            "SELECT eventJson FROM event_data_store ORDER BY eventTime",
        ) {
            let column = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8);
            records.extend(column.unwrap().as_string::<i32>().iter().flatten().map(str::to_owned));
        }
        let bytes = records.iter().map(|record| record.len() as u64).sum();
        let batches = shredded(&records);
        Self { records, bytes, batches, engines, runtime, folder }
    }

    fn write(&self, format: Format) -> File {
        let path = self.folder.path().join("file");
        let mut writer = Writer::new(
            format,
            File::create(&path).unwrap(),
            EventSchema::CloudTrail.arrow_with_ids(),
            hints(EventSchema::CloudTrail),
        )
        .unwrap();
        self.batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
        File::open(path).unwrap()
    }
}

fn engine(lake: &Arc<Lake>, format: Format, trail: &Path) -> Engine {
    let name = StoreName::parse(format.name()).unwrap();
    let store = lake.create_store(&NewStore::new(name, format)).unwrap();
    let paths = vec![trail.display().to_string()];
    let options = ImportOptions::new(&paths, 2, MEMORY);
    let found = discover(&options.paths).unwrap();
    let never = AtomicBool::new(false);
    import(lake, &store, found, &options, &Progress::default(), &never).unwrap();
    Engine::new(Arc::clone(lake), Some(store), EngineOptions { threads: 2, memory: MEMORY })
        .unwrap()
}

fn ask(runtime: &Runtime, engine: &Engine, sql: &str) -> Vec<RecordBatch> {
    runtime.block_on(async {
        let mut answer = engine.query(sql).await.unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = answer.next().await {
            batches.push(batch.unwrap());
        }
        batches
    })
}

fn shredded(records: &[String]) -> Vec<RecordBatch> {
    let mut shredder = Shredder::new(EventSchema::CloudTrail, RecordForm::Plain);
    let mut batch = |records: &[String]| {
        for record in records {
            shredder.push(record.as_bytes(), &record_digest(record.as_bytes()));
        }
        shredder.finish().unwrap()
    };
    records.chunks(BATCH_ROWS).map(&mut batch).collect()
}

fn columnar(c: &mut Criterion) {
    let events = Events::new();

    let mut group = c.benchmark_group("shred");
    group.throughput(Throughput::Bytes(events.bytes)).sample_size(20);
    group.bench_function("records", |b| b.iter(|| shredded(&events.records)));
    group.finish();

    let mut group = c.benchmark_group("write");
    group.throughput(Throughput::Bytes(events.bytes)).sample_size(20);
    for format in FORMATS {
        group.bench_function(format.name(), |b| b.iter(|| events.write(format)));
    }
    group.finish();

    let three = ["eventtime", "eventname", "sourceipaddress"];
    let three = EventSchema::CloudTrail.arrow_columns(&three).unwrap();
    let mut group = c.benchmark_group("read");
    group.throughput(Throughput::Elements(events.records.len() as u64)).sample_size(20);
    for format in FORMATS {
        let file = events.write(format);
        for (what, columns) in [("all", &EventSchema::CloudTrail.arrow()), ("three", &three)] {
            group.bench_function(BenchmarkId::new(what, format), |b| {
                b.iter(|| {
                    let mut rows = 0;
                    let file = file.try_clone().unwrap();
                    read_columns(format, file, columns, &mut |batch| rows += batch.num_rows())
                        .unwrap();
                    rows
                });
            });
        }
    }
    group.finish();

    let mut group = c.benchmark_group("pushdown");
    group.sample_size(20);
    let some: Vec<&str> =
        events.records[events.records.len() / 2].split("\"eventID\":\"").collect();
    let id = some[1].split('"').next().unwrap();
    for (format, engine) in &events.engines {
        for (what, filter) in [
            ("id", format!("eventID = '{id}'")),
            (
                "hour",
                "eventTime BETWEEN '2026-03-02 10:00:00' AND '2026-03-02 11:00:00'".to_owned(),
            ),
        ] {
            let sql = format!("SELECT * FROM event_data_store WHERE {filter}");
            group.bench_function(BenchmarkId::new(what, format), |b| {
                b.iter(|| ask(&events.runtime, engine, &sql));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, columnar);
criterion_main!(benches);
