//! Random statements have answers or errors: none panics, hangs, or ends in a mistake of ours.
//!
//! `TRAILLAKE_RANDOM_STATEMENTS` and `TRAILLAKE_RANDOM_SEED` say how many and which. The statement
//! that is running lies in a file, should the process itself break down.

mod expressions;
mod functions;
mod generator;
mod literals;
mod mutation;
mod queries;

use crate::lake::TestLake;
use functions::Functions;
use generator::Generator;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;
use traillake::columnar::Format;
use traillake::engine::QueryError;
use traillake::output::OutputFormat;

/// A statement that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// Failures to show before giving up.
const ENOUGH: usize = 100;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}

/// What the thread that runs statements tells.
enum Told {
    /// The seed of a statement, and both in words.
    Begins(u64, String),
    /// What came of it: "answer", or the name of an ordinary error.
    Ends(&'static str),
    Fails(String),
}

fn functions(lake: &TestLake) -> Functions {
    let rows = lake.ask("SHOW FUNCTIONS");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let columns = ["Function", "Return Type", "Argument Types", "Function Type"];
    Functions::of(rows.iter().map(|row| columns.map(|column| text(&row[column]))))
}

/// What comes of a statement, or what is wrong with it.
fn outcome(lake: &TestLake, sql: &str) -> Result<&'static str, String> {
    match catch_unwind(AssertUnwindSafe(|| lake.try_ask(sql, OutputFormat::Json))) {
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(format!("panic: {}", text.unwrap_or("?")))
        }
        Ok(Ok(_)) => Ok("answer"),
        // Nothing that these statements read is broken.
        Ok(Err(error @ (QueryError::Bug(_) | QueryError::Failed(_)))) => Err(error.to_string()),
        Ok(Err(error)) => Ok(error.to_client_error().code.name()),
    }
}

/// Runs the statements of some seeds. Each has a seed of its own, by which it can be drawn again.
fn run(seeds: Range<u64>, tell: &Sender<Told>) {
    let lake = TestLake::with(Format::Orc, &["oddities", "samples"]);
    let functions = Rc::new(functions(&lake));
    for seed in seeds {
        let sql = Generator::new(seed, Rc::clone(&functions)).statement();
        let named = format!("seed {seed}: {sql}");
        tell.send(Told::Begins(seed, named)).unwrap();
        tell.send(match outcome(&lake, &sql) {
            Ok(end) => Told::Ends(end),
            Err(failure) => Told::Fails(format!("seed {seed}: {failure}\n  {sql}")),
        })
        .unwrap();
    }
}

#[test]
fn random_statements_neither_panic_nor_fail_inside() {
    let statements = number("TRAILLAKE_RANDOM_STATEMENTS", 2_000);
    let first = number("TRAILLAKE_RANDOM_SEED", 0);
    let seeds = first..first + statements;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("random-{first}.sql"));
    let start = |seeds: Range<u64>| {
        let (tell, told) = channel();
        std::thread::spawn(move || run(seeds, &tell));
        told
    };
    let mut told = start(seeds.clone());
    let mut failures = Vec::new();
    let mut running = (first, String::new());
    let mut ends = BTreeMap::new();
    while failures.len() < ENOUGH {
        match told.recv_timeout(LIMIT) {
            Ok(Told::Begins(seed, statement)) => {
                std::fs::write(&file, &statement).unwrap();
                running = (seed, statement);
            }
            Ok(Told::Ends(end)) => *ends.entry(end).or_insert(0_u64) += 1,
            Ok(Told::Fails(failure)) => failures.push(failure),
            Err(RecvTimeoutError::Timeout) => {
                failures.push(format!("takes more than {LIMIT:?}: {}", running.1));
                // The thread cannot be stopped; another goes on behind the statement.
                told = start(running.0 + 1..seeds.end);
            }
            // All have run, or the thread panicked.
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    assert_eq!(running.0 + 1, seeds.end, "the last statement was {}", running.1);
    println!("{ends:?}");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    // A generator of nothing but errors would find little.
    let answers = ends.get("answer").copied().unwrap_or_default();
    assert!(answers * 4 >= statements, "{answers} of {statements} statements have an answer");
}
