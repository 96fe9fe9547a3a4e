//! `traillake query`.

use super::super::args;
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::run_query;
use super::super::settings::{Settings, now};
use super::{import, plural};
use crate::engine::parameters::Parameters;
use crate::engine::{Engine, QueryError, text};
use crate::output::OutputFormat;
use crate::store::catalog::ImportStatus;
use crate::store::{ImportOptions, Lake, StoreRow};
use std::io::{IsTerminal, Read};
use std::sync::Arc;
use tempfile::TempDir;

pub(in super::super) fn run(
    settings: &Settings,
    args: &args::Query,
    printer: &mut Printer,
) -> Result<(), Failure> {
    if args.saved.is_none() && !args.param.is_empty() {
        return Err(Failure::Usage(
            "--param gives a value to a saved query: name one with --saved".to_owned(),
        ));
    }
    let (text, values) = match &args.saved {
        Some(name) => {
            let library = settings.library()?;
            let query = library.get(name)?;
            (query.sql.clone(), query.bind(&args.param, chrono::Utc::now())?)
        }
        None => (statements_text(args)?, Parameters::default()),
    };
    let statements = text::statements(&text);
    if statements.is_empty() {
        return Err(QueryError::Empty.into());
    }
    let source = if args.input.is_empty() {
        Source::open(settings, args.store.as_deref())?
    } else {
        Source::from_files(settings, &args.input, printer)?
    };
    let engine = Engine::new(Arc::clone(&source.lake), source.current.clone(), settings.engine())?;
    let runtime = run_query::runtime(settings)?;
    let format = args.format.unwrap_or(OutputFormat::Table);
    let mut failed = 0;
    for (at, statement) in statements.iter().enumerate() {
        if at > 0 && matches!(format, OutputFormat::Table | OutputFormat::Csv) {
            printer.line("")?;
        }
        match run_query::run(&runtime, &engine, statement, &values, format, printer) {
            Ok(_) => {}
            Err(Failure::Query(error)) if args.keep_going => {
                failed += 1;
                if format != OutputFormat::Trino {
                    printer.failure(&Failure::Query(error));
                }
            }
            Err(failure) => return Err(failure),
        }
    }
    if failed > 0 {
        let of = plural(statements.len() as u64, "statement");
        return Err(Failure::Partly(format!("{failed} of {of} failed")));
    }
    match source.incomplete {
        Some(what) => Err(Failure::Partly(what)),
        None => Ok(()),
    }
}

fn statements_text(args: &args::Query) -> Result<String, Failure> {
    if let Some(sql) = &args.sql {
        return Ok(sql.clone());
    }
    if !args.file.is_empty() {
        let texts: Result<Vec<_>, _> =
            args.file.iter().map(|f| run_query::read_statements(f)).collect();
        return Ok(texts?.join("\n;\n"));
    }
    if args.input.iter().any(|path| path == "-") {
        return Err(Failure::Usage(
            "--input - reads standard input: give the statement as argument or with -f".to_owned(),
        ));
    }
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::Usage("give a statement, a file with -f, or pipe one in; without a command, traillake starts the REPL".to_owned()));
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|e| Failure::Io(format!("standard input: {e}")))?;
    Ok(text)
}

/// The lake that a query reads, and what keeps it there.
pub(in super::super) struct Source {
    pub(in super::super) lake: Arc<Lake>,
    pub(in super::super) current: Option<StoreRow>,
    /// Why the answer may lack events.
    incomplete: Option<String>,
    /// Removed with everything in it when the query is done.
    _temporary: Option<TempDir>,
}

impl Source {
    /// Opens the lake with `store`, or the default one if it exists. Without a lake, and without a home
    /// folder to keep one in, statements that name no store can still run.
    pub(in super::super) fn open(
        settings: &Settings,
        store: Option<&str>,
    ) -> Result<Self, Failure> {
        let existing = match &settings.lake {
            Some(dir) => Lake::open_existing(dir, now)?,
            None => None,
        };
        let (lake, temporary) = match existing {
            Some(lake) => (lake, None),
            None => {
                let dir = temporary_folder()?;
                (Lake::temporary(dir.path(), now)?, Some(dir))
            }
        };
        let current = match store {
            Some(name) => Some(lake.store(name)?),
            None => lake.catalog().store(crate::store::lake::DEFAULT_STORE)?,
        };
        Ok(Self { lake: Arc::new(lake), current, incomplete: None, _temporary: temporary })
    }

    /// Imports files into a lake that is gone after the query.
    fn from_files(
        settings: &Settings,
        paths: &[String],
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        let dir = temporary_folder()?;
        let (lake, store) = Lake::for_one_query(dir.path(), now)?;
        let options = ImportOptions::for_one_query(paths, settings.threads, settings.memory);
        let report = import::run_import(&lake, &store, &options, printer)?;
        if report.status == ImportStatus::Stopped {
            return Err(Failure::Interrupted);
        }
        import::warn(&report, printer);
        if report.events.not_selected > 0 {
            let insights = plural(report.events.not_selected, "Insights event");
            printer.warn(&format!("{insights} left out: they have another schema"));
        }
        let incomplete = (!report.failures.is_empty())
            .then(|| "the answer is over what could be read; the input has failures".to_owned());
        if report.events.stored == 0 {
            printer.warn("the input holds no events");
        }
        Ok(Self { lake: Arc::new(lake), current: Some(store), incomplete, _temporary: Some(dir) })
    }
}

/// Makes a folder that is removed with everything in it.
pub(super) fn temporary_folder() -> Result<TempDir, Failure> {
    TempDir::with_prefix("traillake-")
        .map_err(|error| Failure::Io(format!("cannot make a temporary folder: {error}")))
}
