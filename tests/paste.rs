//! Statements as people paste them, each with its answer or its exact message.
//!
//! A file of `tests/paste` holds cases between lines of `====`: lines with `@` set options, then comes the statement, and
//! behind `----` what it gives: notes, the answer as CSV, or the error. Run with `TRAILLAKE_UPDATE_PASTE=1` to write the
//! answers anew, and look at the difference.

use crate::lake::TestLake;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use traillake::columnar::Format;
use traillake::engine::QueryError;
use traillake::engine::parameters::Parameters;
use traillake::engine::translate::{RULES, Wanted};
use traillake::output::OutputFormat;
use traillake::saved::parameters::give;

/// A statement and what it gives.
#[derive(Default)]
struct Case {
    options: Vec<String>,
    sql: String,
    gives: String,
}

impl Case {
    fn read(text: &str) -> Self {
        let (asked, gives) = text.split_once("\n----").unwrap_or((text, ""));
        let options: Vec<_> = asked.lines().take_while(|line| line.starts_with('@')).collect();
        let skipped: usize = options.iter().map(|line| line.len() + 1).sum();
        Self {
            options: options.iter().map(|line| line[1..].to_owned()).collect(),
            sql: asked.get(skipped..).unwrap_or_default().to_owned(),
            gives: gives.trim_matches('\n').to_owned(),
        }
    }

    fn write(&self, out: &mut String) {
        let options: String = self.options.iter().map(|option| format!("@{option}\n")).collect();
        write!(out, "{options}{}\n----\n{}\n", self.sql, self.gives).unwrap();
    }

    /// The value of each option of this name.
    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = format!("{name} ");
        self.options.iter().filter_map(move |option| option.strip_prefix(&name))
    }
}

fn cases(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap();
    text.trim_end().split("\n====\n").map(Case::read).collect()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/paste");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

fn lake() -> TestLake {
    let lake = TestLake::with(Format::Orc, &["oddities", "samples", "trail"]);
    lake.store("incident-42", Format::Orc);
    lake
}

/// The most rows of an answer that are compared.
const MOST_ROWS: usize = 12;

/// What a case gives.
fn asked(lake: &TestLake, case: &Case) -> String {
    let engine = lake.engine();
    engine.take_any_store(case.options.iter().any(|option| option == "any-store"));
    let mut values = Parameters::at(lake.now);
    for (name, text) in case.all("param").filter_map(|param| param.split_once('=')) {
        give(&mut values, name, text);
    }
    match answered(lake, &case.sql, &values) {
        Ok(answer) => answer,
        Err(error) => {
            let repaired = engine.translate(&case.sql, &values, Wanted::ALL, Some(&error));
            if !repaired.is_repaired() {
                let further = repaired.error.filter(|_| !repaired.changes.is_empty());
                let further =
                    further.map_or_else(String::new, |e| format!("\nthen: {}", e.message));
                return format!("error: {error}{further}");
            }
            let answer = answered(lake, &repaired.sql, &values);
            let answer = answer.unwrap_or_else(|error| format!("NO ANSWER: {error}"));
            let translates = case.options.iter().any(|option| option == "translate");
            if translates && !repaired.is_guess() {
                let notes: String =
                    repaired.changes.iter().map(|c| format!("note: {c}\n")).collect();
                return format!("{notes}{answer}");
            }
            format!("error: {error}\ntry: {}\n{answer}", repaired.sql)
        }
    }
}

/// The notes and the answer.
fn answered(lake: &TestLake, sql: &str, values: &Parameters) -> Result<String, QueryError> {
    let (answer, notes) = lake.answer_and_notes(sql, values, OutputFormat::Csv)?;
    let notes: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
    // What people paste seldom has an order; of many rows it is enough how many they are.
    let rows = answer.trim_end().lines().count().saturating_sub(1);
    match answer.lines().next().filter(|_| rows > MOST_ROWS) {
        Some(labels) => Ok(format!("{notes}{labels}\n({rows} rows)")),
        None => Ok(format!("{notes}{}", answer.trim_end())),
    }
}

#[test]
fn what_people_paste_is_answered() {
    let lake = lake();
    let (mut count, mut wrong) = (0, String::new());
    for file in files() {
        let mut cases = cases(&file);
        for case in &mut cases {
            let gives = asked(&lake, case);
            count += 1;
            // What a message tells to type must have an answer.
            if gives != case.gives || gives.contains("NO ANSWER") {
                writeln!(wrong, "{}\nwas:\n{}\nis:\n{gives}\n", case.sql, case.gives).unwrap();
                case.gives = gives;
            }
        }
        if std::env::var_os("TRAILLAKE_UPDATE_PASTE").is_some() {
            let mut text = String::new();
            for (at, case) in cases.iter().enumerate() {
                text.push_str(if at > 0 { "====\n" } else { "" });
                case.write(&mut text);
            }
            std::fs::write(&file, text).unwrap();
        }
    }
    assert!(count >= 200, "{count} statements");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_rules_are_listed() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lake-compat.md");
    let page = std::fs::read_to_string(page).unwrap();
    for rule in RULES {
        assert!(page.contains(&format!("| {} |", rule.name)), "{}", rule.name);
    }
}
