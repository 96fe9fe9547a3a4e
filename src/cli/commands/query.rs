//! `traillake query`.

use super::super::args;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::output_file::OutputFile;
use super::super::printer::Printer;
use super::super::run_query;
use super::super::settings::{Settings, now};
use super::{import, plural};
use crate::engine::parameters::Parameters;
use crate::engine::{Engine, QueryError, text};
use crate::envelope::discover_except;
use crate::output::chart::{CHART_KINDS, ChartKind};
use crate::output::{OUTPUT_FORMATS, OutputFormat, WriterOptions};
use crate::store::catalog::ImportStatus;
use crate::store::{ImportOptions, Lake, StoreRow};
use std::io::{IsTerminal, Read};
use std::path::Path;
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
    let (text, values, saved) = match &args.saved {
        Some(name) => {
            let library = settings.library()?;
            let query = library.get(name)?;
            let values = query.bind(&args.param, chrono::Utc::now())?;
            (query.sql.clone(), values, Some((query.title.clone(), query.chart)))
        }
        None => (statements_text(args)?, Parameters::default(), None),
    };
    let statements = text::statements(&text);
    if statements.is_empty() {
        return Err(QueryError::Empty.into());
    }
    let format = answers(args, &statements, saved, printer)?;
    let source = if args.input.is_empty() {
        Source::open(settings, args.store.as_deref())?
    } else {
        Source::from_files(settings, args, printer)?
    };
    let engine = Engine::new(Arc::clone(&source.lake), source.current.clone(), settings.engine())?;
    let runtime = run_query::runtime(settings)?;
    let mut failed = 0;
    for (at, statement) in statements.iter().enumerate() {
        if at > 0
            && matches!(
                format,
                OutputFormat::Table
                    | OutputFormat::Expanded
                    | OutputFormat::Csv
                    | OutputFormat::Tsv
            )
        {
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
    printer.keep_file()?;
    match source.incomplete {
        Some(what) => Err(Failure::Partly(what)),
        None => Ok(()),
    }
}

/// Tells the printer where answers go and what goes with them; returns their format. `saved` is the
/// title and the chart of a saved query.
fn answers(
    args: &args::Query,
    statements: &[&str],
    saved: Option<(String, Option<ChartKind>)>,
    printer: &mut Printer,
) -> Result<OutputFormat, Failure> {
    let answer = &args.answer;
    let of_file = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.and_then(OutputFormat::from_extension).ok_or_else(|| {
            let known: Vec<_> =
                OUTPUT_FORMATS.into_iter().filter_map(OutputFormat::extension).collect();
            Failure::Usage(format!(
                "{} does not tell the format by an extension ({}): give --format",
                path.display(),
                known.join(", ")
            ))
        })
    };
    let format = match (args.format, &answer.output) {
        (Some(format), _) => format,
        (None, Some(path)) => of_file(path)?,
        (None, None) => OutputFormat::Table,
    };
    if statements.len() > 1 && (answer.output.is_some() || format.holds_one_answer()) {
        let name = format.name();
        let what = if answer.output.is_some() { "--output" } else { name };
        let count = statements.len();
        return Err(Failure::Usage(format!("{what} takes one statement, {count} were given")));
    }
    let (title, own_chart) = match saved {
        Some((title, chart)) => (title, chart),
        // The statement in one line.
        None => (statements.concat().split_whitespace().collect::<Vec<_>>().join(" "), None),
    };
    let chart = match answer.chart {
        Some(None) => Some(own_chart.ok_or_else(|| {
            let kinds = CHART_KINDS.map(ChartKind::name).join(", ");
            let whose = if args.saved.is_some() { "the saved query" } else { "a statement" };
            Failure::Usage(format!("{whose} has no chart of its own: give --chart one of {kinds}"))
        })?),
        other => other.flatten(),
    };
    let options =
        WriterOptions { csv_safe: answer.csv_safe, chart, title, ..WriterOptions::default() };
    let file = answer.output.as_ref().map(|path| OutputFile::create(path, answer.force));
    printer.set_answers(options, file.transpose()?);
    printer.check(format)?;
    Ok(format)
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
    if args.input.iter().any(|path| path.as_os_str() == "-") {
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
        args: &args::Query,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        let dir = temporary_folder()?;
        let (lake, store) = Lake::for_one_query(dir.path(), now)?;
        let paths = import::as_typed(&args.input);
        let options = ImportOptions::for_one_query(&paths, settings.threads, settings.memory);
        interrupt::listen();
        let found = discover_except(&args.input, &args.exclude)?;
        let report = import::run_import(&lake, &store, found, &options, printer)?;
        if report.status == ImportStatus::Stopped {
            return Err(Failure::Interrupted);
        }
        import::warn(&report, printer);
        if report.events.not_selected > 0 {
            let insights = plural(report.events.not_selected, "Insights event");
            printer.warn(&format!("{insights} left out: they have another schema"));
        }
        if report.events.aggregated > 0 {
            let summaries = plural(report.events.aggregated, "aggregated event");
            printer.warn(&format!("{summaries} left out: they have another schema"));
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
