//! Statements whose answers a real Trino gave, asked of the engine. `docs/trino-dialect.md` comes of
//! it: run with `TRAILLAKE_UPDATE_DOCS=1` to write it anew.
//!
//! `gold/answers` holds the answers, made by `gold/harvest.py` at the moment in `gold/asked-at.txt`, which is now for the
//! engine, too; `gold/differs.jsonl` names the
//! statements that are meant to differ, and why.

use crate::lake::TestLake;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};
use traillake::columnar::Format;
use traillake::engine::parameters::Parameters;
use traillake::engine::sql_error::SqlError;
use traillake::engine::translate::Wanted;
use traillake::output::OutputFormat;

/// A statement, and what Trino answers: rows, or an error.
#[derive(Deserialize)]
struct Gold {
    /// The function that is asked, where one is.
    of: Option<String>,
    sql: String,
    /// Whether the rows come in an order.
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    rows: Vec<Vec<Value>>,
    error: Option<GoldError>,
}

#[derive(Deserialize)]
struct GoldError {
    name: String,
    message: String,
    line: Option<u32>,
    column: Option<u32>,
}

/// What we answer.
#[derive(Deserialize)]
struct Ours {
    names: Vec<String>,
    types: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// A statement that is meant to differ.
#[derive(Deserialize)]
struct Mark {
    kind: Kind,
    why: String,
    sql: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// We answer what Trino refuses.
    Lenient,
    /// We refuse what Trino answers.
    Missing,
    /// We answer otherwise.
    Other,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gold")
}

fn json_lines<T: for<'a> Deserialize<'a>>(path: &Path) -> Vec<T> {
    let text = std::fs::read_to_string(path).unwrap();
    let read = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(read).collect()
}

/// The gold answers by set.
fn gold() -> BTreeMap<String, Vec<Gold>> {
    let files = std::fs::read_dir(folder().join("answers")).unwrap().map(|e| e.unwrap().path());
    files.map(|f| (f.file_stem().unwrap().to_str().unwrap().to_owned(), json_lines(&f))).collect()
}

/// When Trino was asked.
fn asked_at() -> DateTime<Utc> {
    let text = std::fs::read_to_string(folder().join("asked-at.txt")).unwrap();
    text.trim().parse().unwrap()
}

/// Numbers agree to 1 part in 10^9, all else exactly.
fn agree(gold: &Value, ours: &Value) -> bool {
    match (gold, ours) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| agree(a, b)))
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        }
        _ => gold == ours,
    }
}

fn rows_agree(gold: &[Vec<Value>], ours: &[Vec<Value>], ordered: bool) -> bool {
    let row =
        |a: &[Value], b: &[Value]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b));
    if gold.len() != ours.len() {
        return false;
    }
    if ordered {
        return gold.iter().zip(ours).all(|(a, b)| row(a, b));
    }
    let mut left: Vec<_> = ours.iter().collect();
    gold.iter().all(|a| {
        let at = left.iter().position(|b| row(a, b));
        at.map(|at| left.swap_remove(at)).is_some()
    })
}

/// What came of asking.
struct Asked {
    /// How the answer differs, if it does.
    difference: Option<String>,
    /// Whether both answers are errors at the same place.
    same_place: bool,
}

/// Asks the engine.
fn ask(lake: &TestLake, gold: &Gold) -> Asked {
    let asked = catch_unwind(AssertUnwindSafe(|| lake.try_ask(&gold.sql, OutputFormat::Trino)));
    let answer = match asked {
        Err(_) => return Asked { difference: Some("panics".to_owned()), same_place: false },
        Ok(Ok((text, _))) => Ok(serde_json::from_str::<Ours>(&text).unwrap()),
        Ok(Err(error)) => Err(error.to_client_error()),
    };
    let same_place = match (&gold.error, &answer) {
        (Some(theirs), Err(ours)) => {
            let at = ours.at.map(|at| (at.line, at.column));
            theirs.line.zip(theirs.column).is_some_and(|place| at == Some(place))
        }
        _ => false,
    };
    Asked { difference: difference(gold, answer), same_place }
}

/// Says how an answer differs, if it does.
fn difference(gold: &Gold, answer: Result<Ours, SqlError>) -> Option<String> {
    match (&gold.error, answer) {
        (Some(theirs), Err(ours)) if theirs.name == ours.code.name() => None,
        (Some(theirs), Err(ours)) => {
            Some(format!("{}: {}; Trino: {}", ours.code.name(), ours, theirs.name))
        }
        (Some(theirs), Ok(ours)) => Some(format!(
            "{}; Trino: {}: {}",
            shown(&ours.rows),
            theirs.name,
            theirs.message.lines().next().unwrap_or_default()
        )),
        (None, Err(ours)) => {
            Some(format!("{}: {}; Trino: {}", ours.code.name(), ours, shown(&gold.rows)))
        }
        (None, Ok(ours)) if gold.types != ours.types => {
            Some(format!("of type {:?}; Trino: {:?}", ours.types, gold.types))
        }
        // The Lake keeps the spelling of names as they are typed.
        (None, Ok(ours)) if !same_names(&gold.names, &ours.names) => {
            Some(format!("named {:?}; Trino: {:?}", ours.names, gold.names))
        }
        (None, Ok(ours)) if !rows_agree(&gold.rows, &ours.rows, gold.ordered) => {
            Some(format!("{}; Trino: {}", shown(&ours.rows), shown(&gold.rows)))
        }
        (None, Ok(_)) => None,
    }
}

fn same_names(gold: &[String], ours: &[String]) -> bool {
    gold.len() == ours.len() && gold.iter().zip(ours).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

fn shown(rows: &[Vec<Value>]) -> String {
    serde_json::to_string(rows).unwrap().chars().take(300).collect()
}

/// What came of asking all statements.
struct Run<'a> {
    /// Statements that differ, with how.
    differ: BTreeMap<&'a str, &'a str>,
    /// Errors for which Trino gives a place, and those that we give there.
    places: (usize, usize),
    /// The names of our functions.
    functions: BTreeSet<String>,
}

/// A file of statements.
struct Set {
    gold: Vec<Gold>,
    /// What came of asking each, once that is done.
    asked: OnceLock<Vec<Asked>>,
}

/// All sets, and whom to ask.
struct Suite {
    lake: TestLake,
    sets: BTreeMap<String, Set>,
    marks: Vec<Mark>,
}

static SUITE: LazyLock<Suite> = LazyLock::new(|| {
    let mut lake = TestLake::with(Format::Orc, &["oddities", "samples", "trail"]);
    lake.now = asked_at();
    let set = |(name, gold)| (name, Set { gold, asked: OnceLock::new() });
    let sets = gold().into_iter().map(set).collect();
    Suite { lake, sets, marks: json_lines(&folder().join("differs.jsonl")) }
});

impl Suite {
    /// The statements of a set with what came of asking them. Each is asked once, by whoever wants it first.
    fn asked(&self, set: &str) -> impl Iterator<Item = (&Gold, &Asked)> {
        let set = &self.sets[set];
        let ask = || set.gold.iter().map(|gold| ask(&self.lake, gold)).collect();
        set.gold.iter().zip(set.asked.get_or_init(ask))
    }

    /// The mark of a statement that is meant to differ.
    fn mark(&self, sql: &str) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.sql == sql)
    }

    /// Fails where an answer of a set is neither Trino's nor marked.
    fn check(&self, set: &str) {
        let wrong = self.asked(set).filter_map(|(gold, asked)| {
            let marked = self.mark(&gold.sql).is_some();
            match &asked.difference {
                Some(how) if !marked => Some(format!("{}\n    {how}", gold.sql)),
                None if marked => {
                    Some(format!("{}\n    marked as differing, but the same", gold.sql))
                }
                _ => None,
            }
        });
        let wrong: Vec<_> = wrong.collect();
        let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gold-{set}.txt"));
        std::fs::write(&list, wrong.join("\n")).unwrap();
        let some: Vec<_> = wrong.iter().take(20).map(String::as_str).collect();
        let count = wrong.len();
        assert!(
            wrong.is_empty(),
            "{count} statements; all in {}\n{}",
            list.display(),
            some.join("\n")
        );
    }

    fn run(&self) -> Run<'_> {
        let asked: Vec<_> = self.sets.keys().flat_map(|set| self.asked(set)).collect();
        let placed = |gold: &Gold| gold.error.as_ref().is_some_and(|error| error.line.is_some());
        let places = (
            asked.iter().filter(|(gold, _)| placed(gold)).count(),
            asked.iter().filter(|(_, asked)| asked.same_place).count(),
        );
        let differ = asked
            .iter()
            .filter_map(|(gold, asked)| Some((gold.sql.as_str(), asked.difference.as_deref()?)));
        let functions = self.lake.ask("SHOW FUNCTIONS");
        let functions = functions.iter().map(|row| row["Function"].as_str().unwrap().to_owned());
        Run { differ: differ.collect(), places, functions: functions.collect() }
    }
}

/// Makes a test of each set, so that one can run alone: `cargo test gold::answers::window`.
macro_rules! sets {
    ($($test:ident: $set:literal,)*) => {
        const SETS: &[&str] = &[$($set),*];

        mod answers {
            $(
                #[test]
                fn $test() {
                    super::SUITE.check($set);
                }
            )*
        }
    };
}

sets! {
    aggregate: "aggregate",
    array: "array",
    binary_and_hash: "binary-and-hash",
    bitwise: "bitwise",
    clauses: "clauses",
    comparison_conversion_session_system: "comparison-conversion-session-system",
    date_and_time: "date-and-time",
    errors: "errors",
    evaluation: "evaluation",
    json: "json",
    lake: "lake",
    map: "map",
    math: "math",
    names: "names",
    operators_and_casts: "operators-and-casts",
    regular_expression: "regular-expression",
    rows: "rows",
    string: "string",
    syntax: "syntax",
    table: "table",
    teradata_like: "teradata-like",
    types: "types",
    url_uuid_ip: "url-uuid-ip",
    window: "window",
    xray: "xray",
}

#[test]
fn translation_changes_nothing_that_is_valid() {
    let engine = SUITE.lake.engine();
    let values = Parameters::at(SUITE.lake.now);
    for gold in SUITE.sets.values().flat_map(|set| &set.gold) {
        if engine.check(&gold.sql, &values).is_ok() {
            let translation = engine.translate(&gold.sql, &values, Wanted::ALL, None);
            assert!(translation.changes.is_empty(), "{}: {:?}", gold.sql, translation.changes);
            assert_eq!(translation.sql, gold.sql);
        }
    }
}

#[test]
fn every_set_has_its_test() {
    assert!(SUITE.sets.keys().eq(SETS), "{:?}", SUITE.sets.keys());
    let asked = SUITE.sets.values().flat_map(|set| &set.gold).map(|gold| gold.sql.as_str());
    let asked: BTreeSet<_> = asked.collect();
    let marked = SUITE.marks.iter().map(|mark| mark.sql.as_str());
    let lost: Vec<_> = marked.filter(|sql| !asked.contains(sql)).collect();
    assert!(lost.is_empty(), "marked as differing, but not asked: {lost:?}");
}

#[test]
fn the_page_on_the_dialect_is_what_the_answers_give() {
    let dialect = dialect(&SUITE, &SUITE.run());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/trino-dialect.md");
    if std::env::var_os("TRAILLAKE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &dialect).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|text| text == dialect),
        "docs/trino-dialect.md is not what the run gives; write it with TRAILLAKE_UPDATE_DOCS=1"
    );
}

/// A family of functions as `functions.txt` lists it.
struct Family {
    name: String,
    functions: BTreeSet<String>,
}

fn families() -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in std::fs::read_to_string(folder().join("functions.txt")).unwrap().lines() {
        if let Some(name) = line.strip_prefix('[') {
            let name = name.trim_end_matches(']').to_owned();
            families.push(Family { name, functions: BTreeSet::new() });
        } else if let Some((name, _)) = line.split_once(' ').filter(|(name, _)| *name != "#") {
            families.last_mut().unwrap().functions.insert(name.to_owned());
        }
    }
    families
}

/// How a function stands to Trino's.
enum Status {
    Same,
    Differs(String),
    Missing(String),
    /// Trino 476 does not have it; whether we do.
    Unknown(bool),
}

impl Run<'_> {
    /// Compares the answers to the statements that ask a function.
    fn status(&self, name: &str, asked: &[&str], marks: &BTreeMap<&str, &Mark>) -> Status {
        if asked.is_empty() {
            return Status::Unknown(self.functions.contains(name));
        }
        let off: Vec<_> = asked.iter().filter(|sql| self.differ.contains_key(*sql)).collect();
        let known: Vec<&Mark> = off.iter().filter_map(|sql| marks.get(**sql).copied()).collect();
        let mut whys: BTreeSet<_> = known.iter().map(|mark| mark.why.clone()).collect();
        if known.len() < off.len() {
            let count = off.len() - known.len();
            whys.insert(format!("not yet as in Trino in {count} of {} statements", asked.len()));
        }
        let whys = whys.into_iter().collect::<Vec<_>>().join("; ");
        let refused = known.iter().filter(|mark| mark.kind == Kind::Missing).count();
        match off.len() {
            0 => Status::Same,
            _ if refused == asked.len() => Status::Missing(whys),
            _ => Status::Differs(whys),
        }
    }
}

/// Writes `docs/trino-dialect.md`.
fn dialect(suite: &Suite, run: &Run<'_>) -> String {
    let marks = suite.marks.as_slice();
    let marked: BTreeMap<_, _> = marks.iter().map(|mark| (mark.sql.as_str(), mark)).collect();
    let mut asked: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for gold in suite.sets.values().flat_map(|set| &set.gold) {
        asked.entry(gold.of.as_deref().unwrap_or_default()).or_default().push(&gold.sql);
    }
    let (mut text, mut counts) = (String::new(), [const { BTreeSet::new() }; 4]);
    for family in families() {
        let (mut same, mut notes) = (Vec::new(), String::new());
        for name in family.functions {
            let statements = asked.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let (kind, note) = match run.status(&name, statements, &marked) {
                Status::Same => {
                    same.push(format!("`{name}`"));
                    (0, None)
                }
                Status::Differs(how) => (1, Some(format!("differs: {how}"))),
                Status::Missing(why) => (2, Some(format!("is not there: {why}"))),
                Status::Unknown(true) => {
                    (3, Some("is there; not compared, as Trino 476 has none".to_owned()))
                }
                Status::Unknown(false) => (3, Some("is not there, nor in Trino 476".to_owned())),
            };
            if let Some(note) = note {
                writeln!(notes, "- `{name}` {note}").unwrap();
            }
            counts[kind].insert(name);
        }
        writeln!(text, "### {}\n", family.name).unwrap();
        if !same.is_empty() {
            writeln!(text, "{}\n", wrapped(&format!("Same: {}.", same.join(", ")))).unwrap();
        }
        if !notes.is_empty() {
            writeln!(text, "{notes}").unwrap();
        }
    }
    let total: usize = suite.sets.values().map(|set| set.gold.len()).sum();
    let [same, other, missing, newer] = counts.map(|names| names.len().to_string());
    let fill = [
        ("{statements}", total.to_string()),
        ("{agree}", (total - run.differ.len()).to_string()),
        ("{placed}", run.places.0.to_string()),
        ("{place}", run.places.1.to_string()),
        ("{same}", same),
        ("{differ}", other),
        ("{missing}", missing),
        ("{newer}", newer),
        ("{functions}", text),
        ("{counts}", subjects(suite, run)),
        ("{lenient}", reasons(marks, Kind::Lenient)),
        ("{refused}", reasons(marks, Kind::Missing)),
        ("{others}", reasons(marks, Kind::Other)),
    ];
    let template = std::fs::read_to_string(folder().join("dialect.md")).unwrap();
    fill.iter().fold(template, |text, (name, value)| text.replace(name, value.trim_end()))
}

/// Rows of a table: a set, its statements, and how many agree.
fn subjects(suite: &Suite, run: &Run<'_>) -> String {
    suite.sets.iter().fold(String::new(), |mut text, (set, Set { gold, .. })| {
        let off = gold.iter().filter(|gold| run.differ.contains_key(gold.sql.as_str())).count();
        writeln!(text, "| {set} | {} | {} |", gold.len(), gold.len() - off).unwrap();
        text
    })
}

/// A list of the reasons for which statements differ, each with the shortest of them.
fn reasons(marks: &[Mark], kind: Kind) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for mark in marks.iter().filter(|mark| mark.kind == kind) {
        reasons.entry(&mark.why).or_default().push(&mark.sql);
    }
    reasons.iter().fold(String::new(), |mut text, (why, statements)| {
        let shortest = statements.iter().min_by_key(|sql| (sql.len(), **sql)).unwrap();
        let line = wrapped(&format!("- {why}: `{shortest}`")).replace('\n', "\n  ");
        writeln!(text, "{line}").unwrap();
        text
    })
}

/// Breaks lines before column 120.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if lines.last().unwrap().len() + word.len() >= 120 {
            lines.push(String::new());
        }
        let line = lines.last_mut().unwrap();
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.join("\n")
}
