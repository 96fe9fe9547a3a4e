//! An independent answer to every saved query of X-Ray: plain code over the records, without engine and
//! without SQL, is compared with what the engine answers, row by row and number by number.

mod agent;
mod cases;
mod event;
mod identity;
mod json;
mod odd;
mod questions;
mod records;
mod rows;
mod sets;
mod tools;
mod trail;
mod view;

use crate::lake::TestLake;
use questions::{Evaluator, QUESTIONS, sampling_changes};
use records::{Record, texts};
use rows::{Row, differences};
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use trail::{Params, Trail};
use traillake::columnar::Format;
use traillake::saved::Library;
use traillake_synth::{SynthOptions, write_trail};
use view::Call;

/// Records, and a lake that has imported them.
struct Compared {
    trail: Trail,
    lake: TestLake,
    library: Library,
}

/// Writes usual records, and returns their texts.
fn synthetic(folder: &Path) -> Vec<String> {
    let path = folder.join("trail");
    let options = SynthOptions { events: 20_000, seed: 11, ..SynthOptions::default() };
    write_trail(&options, &path, &AtomicBool::new(false), &|_| ()).unwrap();
    event::read_trail(&path)
}

impl Compared {
    /// Imports what is in a folder; `texts` are its records.
    fn of(texts: &[String], folder: &Path) -> Self {
        let mut lake = TestLake::new();
        let store = lake.store("main", Format::Orc);
        let report = lake.import_with(&store, folder, None, 1);
        assert_eq!(report.events.stored, texts.len() as u64);
        lake.open(&store);
        Self { trail: Trail::of(texts), lake, library: Library::load(None).unwrap() }
    }

    fn of_records(records: Vec<Record>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let texts = texts(records);
        std::fs::write(folder.path().join("records.json"), texts.join("\n")).unwrap();
        Self::of(&texts, folder.path())
    }

    /// The engine's answer to a saved query.
    fn answer(&self, query: &str, params: &Params) -> Result<Vec<Row>, String> {
        let query = self.library.get(query).map_err(|error| error.to_string())?;
        let known = |name: &str| query.parameters.iter().any(|declared| declared.name == name);
        if let Some((name, _)) = params.0.iter().find(|(name, _)| !known(name)) {
            return Err(format!("it has no parameter {name}"));
        }
        let rows = self.lake.try_saved(query, &params.0).map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(row).collect())
    }

    /// What is different in a view.
    fn view(&self, name: &str, want: &[Row]) -> Vec<String> {
        let got = self.lake.ask(&format!("SELECT * FROM {name}"));
        let got: Vec<Row> = got.into_iter().map(row).collect();
        tell(&format!("SELECT * FROM {name}"), differences(want, &got))
    }

    /// What is different in the views.
    fn views(&self) -> Vec<String> {
        let calls = &self.trail.calls;
        let events: Vec<_> = calls.iter().map(Call::row).collect();
        let traces = calls.iter().flat_map(Call::named).map(|trace| trace.row());
        [
            self.view("xray_events", &events),
            self.view("xray_traces", &traces.collect::<Vec<_>>()),
            self.view("xray_sampling_changes", &sampling_changes(&self.trail)),
        ]
        .concat()
    }

    /// What is different in the answers to a saved query.
    fn query(&self, query: &str, evaluate: Evaluator, sets: &[Params]) -> Vec<String> {
        let mut wrong = Vec::new();
        for params in sets {
            let told = match self.answer(query, params) {
                Ok(got) => differences(&evaluate(&self.trail, params), &got),
                Err(error) => vec![error],
            };
            wrong.extend(tell(&format!("{query} {:?}", params.0), told));
        }
        wrong
    }

    /// Compares everything.
    fn compare(&self, sets: fn(&str) -> Vec<Params>) {
        let mut wrong = self.views();
        for (query, evaluate) in QUESTIONS {
            wrong.extend(self.query(query, *evaluate, &sets(query)));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// The differences below the name of what was asked.
fn tell(what: &str, differences: Vec<String>) -> Vec<String> {
    match differences.is_empty() {
        true => Vec::new(),
        false => vec![format!("## {what}\n{}", differences.join("\n"))],
    }
}

fn row(value: Value) -> Row {
    let Value::Object(members) = value else { panic!("{value} is no row") };
    members.into_iter().collect()
}

#[test]
fn every_saved_query_is_answered_by_plain_code() {
    let library = Library::load(None).unwrap();
    let there: Vec<_> = library.iter().map(|query| query.name.as_str()).collect();
    let there: Vec<_> = there.into_iter().filter(|name| name.starts_with("xray/")).collect();
    let answered: Vec<_> = QUESTIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(there, answered);
}

#[test]
fn odd_records_are_answered_as_by_plain_code() {
    Compared::of_records(odd::odd()).compare(sets::of_few);
}

#[test]
fn usual_records_are_answered_as_by_plain_code() {
    let folder = tempfile::tempdir().unwrap();
    Compared::of(&synthetic(folder.path()), folder.path()).compare(sets::of_many);
}

/// No question is compared in vain.
#[test]
fn every_question_has_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let odd = texts(odd::odd());
    assert!(odd.len() > 400);
    let (few, many) = (Trail::of(&odd), Trail::of(&synthetic(folder.path())));
    let has_rows = |query: &str, evaluate: Evaluator| {
        let rows =
            |trail, sets: Vec<Params>| sets.iter().any(|set| !evaluate(trail, set).is_empty());
        rows(&few, sets::of_few(query)) || rows(&many, sets::of_many(query))
    };
    let without: Vec<_> = QUESTIONS
        .iter()
        .filter(|(query, evaluate)| !has_rows(query, *evaluate))
        .map(|(query, _)| *query)
        .collect();
    assert_eq!(without, [""; 0]);
}
