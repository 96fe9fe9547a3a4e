//! Runs a statement and prints its answer; shared by `query` and the REPL.

use super::exit::Failure;
use super::interrupt;
use super::printer::Printer;
use super::settings::Settings;
use crate::engine::parameters::Parameters;
use crate::engine::sql_error::Position;
use crate::engine::translate::{Wanted, place_while_running};
use crate::engine::{Engine, Profile, QueryError};
use crate::event::schema::{EVENT_JSON, Field, SCHEMAS};
use crate::output::{OutputFormat, error_line};
use futures::future::{Either, select};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use tokio::runtime::Runtime;
use unicode_width::UnicodeWidthChar;

/// Returns a runtime with the settings' threads.
pub(super) fn runtime(settings: &Settings) -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.threads)
        // Deeply nested expressions are evaluated by recursion.
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .map_err(|error| Failure::Io(format!("cannot start threads: {error}")))
}

/// What became of a statement.
pub(super) struct Completed {
    /// Rows of the answer.
    pub(super) rows: u64,
    /// What it took.
    pub(super) profile: Profile,
}

/// Runs one statement and prints its answer. One that is not valid, and that rules can repair, is run repaired if
/// `translate` is set; else the failure tells the repaired statement.
pub(super) fn run(
    runtime: &Runtime,
    engine: &Engine,
    sql: &str,
    values: &Parameters,
    translate: bool,
    format: OutputFormat,
    printer: &mut Printer,
) -> Result<Completed, Failure> {
    let error = match run_once(runtime, engine, sql, values, format, printer) {
        Err(Failure::Query(error)) => error,
        ran => return ran,
    };
    // What failed while it ran may have printed rows.
    let planned = place(&error).is_some();
    let error = match error {
        QueryError::Sql(mut error) => {
            error.at = error.at.or_else(|| place_while_running(sql, &error));
            QueryError::Sql(error)
        }
        other => other,
    };
    let repaired = engine.translate(sql, values, Wanted::ALL, Some(&error));
    if translate && planned && repaired.is_repaired() && !repaired.is_guess() {
        repaired.changes.iter().for_each(|change| printer.note(&change.to_string()));
        return run(runtime, engine, &repaired.sql, values, false, format, printer);
    }
    if format == OutputFormat::Trino {
        printer.line(&error_line(&error.to_client_error()))?;
    }
    // Of one that rules can repair in part, what is wrong when they have.
    let further = repaired.error.as_ref().filter(|_| !repaired.changes.is_empty());
    let further = further.map(|further| format!("then: {}", further.message));
    let lines = place(&error).and_then(|at| excerpt(sql, at)).into_iter().chain(further);
    Err(Failure::Shown {
        excerpt: lines.reduce(|above, below| format!("{above}\n{below}")),
        failure: Box::new(Failure::Query(error)),
        repair: repaired.is_repaired().then_some(repaired.sql),
    })
}

fn place(error: &QueryError) -> Option<Position> {
    match error {
        QueryError::Sql(error) => error.at,
        _ => None,
    }
}

/// The most characters of a line on either side of a place.
const SHOWN: usize = 60;

/// Shows the line of a place, and below it a caret.
pub(super) fn excerpt(sql: &str, at: Position) -> Option<String> {
    let line: Vec<char> = sql.lines().nth(usize::try_from(at.line).ok()? - 1)?.chars().collect();
    let column = usize::try_from(at.column).ok()?.saturating_sub(1).min(line.len());
    let (from, to) = (column.saturating_sub(SHOWN), line.len().min(column + SHOWN));
    let text: String =
        line.get(from..to)?.iter().map(|c| if *c == '\t' { ' ' } else { *c }).collect();
    let before = if from > 0 { "..." } else { "" };
    let after = if to < line.len() { "..." } else { "" };
    let width: usize =
        text.chars().take(column - from).map(|c| UnicodeWidthChar::width(c).unwrap_or(0)).sum();
    let blanks = " ".repeat(before.len() + width);
    Some(format!("  {before}{text}{after}\n  {blanks}^"))
}

/// Runs one statement and prints its answer. Ctrl-C cancels it.
fn run_once(
    runtime: &Runtime,
    engine: &Engine,
    sql: &str,
    values: &Parameters,
    format: OutputFormat,
    printer: &mut Printer,
) -> Result<Completed, Failure> {
    interrupt::listen();
    // A statement that hits a bug must not end the session, or the others of a file.
    let work = AssertUnwindSafe(|| stream(runtime, engine, sql, values, format, printer));
    let ran = catch_unwind(work).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        Err(QueryError::Bug(text.to_owned()).into())
    });
    match (ran, printer.end_answer()) {
        (Err(failure), Ok(true)) if failure.is_broken_pipe() => Err(Failure::PagerClosed),
        (Ok(_), Err(failure)) => Err(failure),
        (ran, _) => ran,
    }
}

fn stream(
    runtime: &Runtime,
    engine: &Engine,
    sql: &str,
    values: &Parameters,
    format: OutputFormat,
    printer: &mut Printer,
) -> Result<Completed, Failure> {
    runtime.block_on(async {
        let mut answer = or_interrupt(engine.query_with(sql, values)).await??;
        answer.notes.drain(..).for_each(|note| printer.note(&note));
        let labels = std::mem::take(&mut answer.labels);
        let mut rows = 0;
        {
            let mut out = printer.answer(format, answer.watch(), whole_records(&labels))?;
            // The first rows come before the labels, so that a query that fails prints nothing.
            let mut next = or_interrupt(answer.next()).await?.transpose()?;
            out.begin(&labels, &answer.types)?;
            while let Some(batch) = next {
                rows += batch.num_rows() as u64;
                out.rows(&batch)?;
                next = or_interrupt(answer.next()).await?.transpose()?;
            }
            out.end()?;
        }
        printer.flush()?;
        Ok(Completed { rows, profile: answer.profile() })
    })
}

/// Returns the column of whole records in an answer of all columns of events, as `SELECT *` gives.
fn whole_records(labels: &[String]) -> Option<usize> {
    let has = |field: &Field| labels.iter().any(|label| label == field.name);
    let all = SCHEMAS.into_iter().any(|schema| schema.columns().iter().all(has));
    labels.iter().position(|label| all && label == EVENT_JSON)
}

/// Waits for `work`, or for Ctrl-C.
pub(super) async fn or_interrupt<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    match select(pin!(work), pin!(interrupt::wait())).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => Err(Failure::Interrupted),
    }
}
