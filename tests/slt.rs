//! The files in `tests/slt` say what SQL means here.

use crate::lake::TestLake;
use sqllogictest::{DB, DBOutput, DefaultColumnType, Runner};
use std::path::Path;
use traillake::columnar::Format;
use traillake::engine::QueryError;
use traillake::output::OutputFormat;

struct Session(TestLake);

impl DB for Session {
    type Error = QueryError;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, QueryError> {
        let (text, types) = self.0.try_ask(sql, OutputFormat::Csv)?;
        let kind = |name: &String| match name.as_str() {
            "bigint" | "integer" | "smallint" | "tinyint" => DefaultColumnType::Integer,
            "double" | "real" => DefaultColumnType::FloatingPoint,
            _ => DefaultColumnType::Text,
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let shown =
            |field: &str| if field.is_empty() { "(empty)".to_owned() } else { field.to_owned() };
        let rows = reader.records().map(|r| r.unwrap().iter().map(shown).collect()).collect();
        Ok(DBOutput::Rows { types: types.iter().map(kind).collect(), rows })
    }
}

fn run(folder: &str, lake: impl Fn() -> TestLake, what: Format) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let mut runner = Runner::new(|| async { Ok(Session(lake())) });
        runner
            .run_file(&file)
            .unwrap_or_else(|error| panic!("{what}, {}: {error}", file.display()));
    }
}

fn events(format: Format) {
    run("events", || TestLake::with(format, &["oddities", "samples", "trail"]), format);
}

fn categories(format: Format) {
    run("categories", || TestLake::with_categories(format), format);
}

#[test]
fn over_orc() {
    events(Format::Orc);
}

#[test]
fn over_parquet() {
    events(Format::Parquet);
}

#[test]
fn over_arrow() {
    events(Format::Arrow);
}

#[test]
fn categories_over_orc() {
    categories(Format::Orc);
}

#[test]
fn categories_over_parquet() {
    categories(Format::Parquet);
}

#[test]
fn categories_over_arrow() {
    categories(Format::Arrow);
}
