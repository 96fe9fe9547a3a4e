//! Runs a statement and prints its answer; shared by `query` and the REPL.

use super::exit::Failure;
use super::interrupt;
use super::printer::Printer;
use super::settings::Settings;
use crate::engine::parameters::Parameters;
use crate::engine::{Engine, Profile, QueryError};
use crate::output::{OutputFormat, error_line};
use futures::future::{Either, select};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use tokio::runtime::Runtime;

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

/// Runs one statement and prints its answer. Ctrl-C cancels it.
pub(super) fn run(
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
    let ran = match (ran, printer.end_answer()) {
        (Err(failure), Ok(true)) if failure.is_broken_pipe() => Err(Failure::PagerClosed),
        (Ok(_), Err(failure)) => Err(failure),
        (ran, _) => ran,
    };
    if let (OutputFormat::Trino, Err(Failure::Query(error))) = (format, &ran) {
        printer.line(&error_line(&error.to_client_error()))?;
    }
    ran
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
            let mut out = printer.answer(format, answer.watch())?;
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

/// Waits for `work`, or for Ctrl-C.
pub(super) async fn or_interrupt<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    match select(pin!(work), pin!(interrupt::wait())).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => Err(Failure::Interrupted),
    }
}
