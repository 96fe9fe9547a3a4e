//! A lake in a temporary folder, filled from the project's test data.

use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use traillake::columnar::Format;
use traillake::engine::parameters::Parameters;
use traillake::engine::{Engine, EngineOptions, QueryError};
use traillake::envelope::discover;
use traillake::event::EventSchema;
use traillake::event::schema::SCHEMAS;
use traillake::output::{OutputFormat, WriterOptions, writer};
use traillake::saved::SavedQuery;
use traillake::store::catalog::ImportStatus;
use traillake::store::{
    ImportOptions, ImportReport, Lake, NewStore, Progress, StoreName, StoreRow, import,
};

pub(crate) const MEMORY: usize = 256 << 20;

pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// What the clock of tests shows: 2026-03-05.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_668_800, 0).unwrap()
}

pub(crate) struct TestLake {
    pub(crate) lake: Arc<Lake>,
    runtime: tokio::runtime::Runtime,
    engine: Option<Engine>,
    /// What statements take for now.
    pub(crate) now: DateTime<Utc>,
    _dir: tempfile::TempDir,
}

impl TestLake {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Arc::new(Lake::temporary(dir.path(), now).unwrap());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        Self { lake, runtime, engine: None, now: now(), _dir: dir }
    }

    /// A lake with one store over some folders of `testdata`.
    pub(crate) fn with(format: Format, folders: &[&str]) -> Self {
        let mut this = Self::new();
        let store = this.store("main", format);
        for folder in folders {
            this.import(&store, &testdata(folder));
        }
        this.open(&store);
        this
    }

    /// A lake with a store of each category over `testdata/categories`; that of CloudTrail events is open.
    pub(crate) fn with_categories(format: Format) -> Self {
        let mut this = Self::new();
        for schema in SCHEMAS {
            let name = StoreName::parse(Self::store_of(schema)).unwrap();
            let new = NewStore { schema: Some(schema), ..NewStore::new(name, format) };
            let store = this.lake.create_store(&new).unwrap();
            let report = this.import(&store, &testdata("categories"));
            assert_eq!(report.status, ImportStatus::Completed, "{schema}: {report:?}");
        }
        let events = this.lake.store(Self::store_of(EventSchema::CloudTrail)).unwrap();
        this.open(&events);
        this
    }

    /// The name of the store of a category.
    pub(crate) fn store_of(schema: EventSchema) -> &'static str {
        match schema {
            EventSchema::CloudTrail => "events",
            EventSchema::Insight => "insights",
            EventSchema::ConfigurationItem => "items",
            EventSchema::Evidence => "evidence",
            EventSchema::ActivityAuditLog => "activity",
        }
    }

    pub(crate) fn store(&self, name: &str, format: Format) -> StoreRow {
        let name = StoreName::parse(name).unwrap();
        self.lake.create_store(&NewStore::new(name, format)).unwrap()
    }

    pub(crate) fn import(&self, store: &StoreRow, path: &Path) -> ImportReport {
        self.import_as(store, path, None)
    }

    pub(crate) fn import_as(
        &self,
        store: &StoreRow,
        path: &Path,
        format: Option<Format>,
    ) -> ImportReport {
        self.import_with(store, path, format, 2)
    }

    /// With one thread, which events come into which file is always the same.
    pub(crate) fn import_with(
        &self,
        store: &StoreRow,
        path: &Path,
        format: Option<Format>,
        threads: usize,
    ) -> ImportReport {
        let paths = vec![path.display().to_string()];
        let options = ImportOptions { format, ..ImportOptions::new(&paths, threads, MEMORY) };
        let found = discover(&options.paths).unwrap();
        let cancel = AtomicBool::new(false);
        let report =
            import(&self.lake, store, found, &options, &Progress::default(), &cancel).unwrap();
        assert!(report.balances());
        report
    }

    pub(crate) fn open(&mut self, store: &StoreRow) {
        self.open_with(store, MEMORY);
    }

    pub(crate) fn open_with(&mut self, store: &StoreRow, memory: usize) {
        let options = EngineOptions { threads: 2, memory };
        self.engine =
            Some(Engine::new(Arc::clone(&self.lake), Some(store.clone()), options).unwrap());
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("open a store first")
    }

    /// The answer in a format, and what there is to say of how it was read.
    pub(crate) fn answer_and_notes(
        &self,
        sql: &str,
        values: &Parameters,
        format: OutputFormat,
    ) -> Result<(String, Vec<String>), QueryError> {
        let answer = self.runtime.block_on(self.engine().query_with(sql, values))?;
        let notes = answer.notes;
        let (bytes, _) = self.answer_with(sql, values, format, &WriterOptions::default())?;
        Ok((String::from_utf8(bytes).unwrap(), notes))
    }

    /// The answer in a format, and the types of its columns.
    pub(crate) fn try_ask(
        &self,
        sql: &str,
        format: OutputFormat,
    ) -> Result<(String, Vec<String>), QueryError> {
        let (bytes, types) = self.answer(sql, format, &WriterOptions::default())?;
        Ok((String::from_utf8(bytes).unwrap(), types))
    }

    /// The rows of a saved query's answer.
    pub(crate) fn try_saved(
        &self,
        query: &SavedQuery,
        given: &[(String, String)],
    ) -> Result<Vec<serde_json::Value>, QueryError> {
        let values = query.bind(given, self.now).unwrap();
        let (format, options) = (OutputFormat::Json, WriterOptions::default());
        let (bytes, _) = self.answer_with(&query.sql, &values, format, &options)?;
        Ok(serde_json::from_slice(&bytes).unwrap())
    }

    /// The answer in any format, and the types of its columns.
    pub(crate) fn answer(
        &self,
        sql: &str,
        format: OutputFormat,
        options: &WriterOptions,
    ) -> Result<(Vec<u8>, Vec<String>), QueryError> {
        self.answer_with(sql, &Parameters::at(self.now), format, options)
    }

    fn answer_with(
        &self,
        sql: &str,
        values: &Parameters,
        format: OutputFormat,
        options: &WriterOptions,
    ) -> Result<(Vec<u8>, Vec<String>), QueryError> {
        let engine = self.engine();
        self.runtime.block_on(async {
            let mut answer = engine.query_with(sql, values).await?;
            let mut text = Vec::new();
            let mut out = writer(format, &mut text, options).unwrap();
            out.begin(&answer.labels, &answer.types).unwrap();
            while let Some(batch) = answer.next().await {
                out.rows(&batch?).unwrap();
            }
            out.end().unwrap();
            drop(out);
            let types = answer.types.iter().map(ToString::to_string).collect();
            Ok((text, types))
        })
    }

    /// How many rows the scans of a statement looked at.
    pub(crate) fn rows_scanned(&self, sql: &str) -> Option<u64> {
        self.runtime.block_on(async {
            let values = Parameters::at(self.now);
            let mut answer = self.engine().query_with(sql, &values).await.unwrap();
            while answer.next().await.transpose().unwrap().is_some() {}
            answer.profile().rows_scanned
        })
    }

    /// The rows of an answer, each a JSON object.
    pub(crate) fn ask(&self, sql: &str) -> Vec<serde_json::Value> {
        match self.try_ask(sql, OutputFormat::Json) {
            Ok((text, _)) => serde_json::from_str(&text).unwrap(),
            Err(error) => panic!("{sql}: {error}"),
        }
    }

    /// The only value of an answer.
    pub(crate) fn value(&self, sql: &str) -> serde_json::Value {
        let rows = self.ask(sql);
        assert_eq!(rows.len(), 1, "{sql}");
        rows[0].as_object().unwrap().values().next().unwrap().clone()
    }
}
