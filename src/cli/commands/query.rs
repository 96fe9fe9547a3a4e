//! `traillake query`.

use super::super::args;
use super::super::clock::now;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::output_file::{Existing, OutputFile};
use super::super::printer::Printer;
use super::super::run_query;
use super::super::script::{Place, Script};
use super::super::settings::Settings;
use super::{import, plural};
use crate::engine::QueryError;
use crate::engine::parameters::Parameters;
use crate::engine::text::is_same_name;
use crate::output::chart::{CHART_KINDS, ChartKind};
use crate::output::{Nulls, OUTPUT_FORMATS, OutputFormat, WriterOptions};
use crate::saved::parameters::give;
use crate::sources::Wish;
use crate::store::catalog::ImportStatus;
use crate::store::{ImportOptions, Lake, StoreRow};
use chrono::{DateTime, Utc};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Failed statements that are listed at the end; each was reported when it failed.
const MAX_LISTED: usize = 20;

pub(crate) fn run(
    settings: &Settings,
    args: &args::Query,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let mut scripts = Vec::new();
    let (statements, values, saved) = match &args.saved {
        Some(name) => {
            let library = settings.library()?;
            let query = library.get(name)?;
            let values = query.bind(&args.param, now())?;
            scripts.push(Script::typed(&query.sql));
            let statement = (scripts[0].text.as_str(), Place::saved(query));
            (vec![statement], Some(values), Some((query.title.clone(), query.chart)))
        }
        None => {
            scripts = given(args)?;
            let statements = scripts.iter().flat_map(Script::statements).collect();
            (statements, None, None)
        }
    };
    if statements.is_empty() {
        return Err(QueryError::Empty.into());
    }
    if saved.is_none() {
        check_parameters(&args.param, &statements)?;
    }
    let format = answers(args, &statements, saved, printer)?;
    let source = if args.input.is_empty() {
        Source::open(settings, args.store.as_deref())?
    } else {
        Source::from_files(settings, args, printer)?
    };
    let asks_often = statements.len() > 1;
    let engine = settings.session(&source.lake, source.current.clone(), asks_often)?;
    engine.take_any_store(args.leniency.any_store);
    let runtime = run_query::runtime(settings)?;
    let mut failed = Vec::new();
    for (at, (statement, place)) in statements.iter().enumerate() {
        if at > 0 && format.is_separated() {
            printer.line("")?;
        }
        let values = values.clone().unwrap_or_else(|| given_values(&args.param, engine.now()));
        let translate = args.leniency.translates();
        match run_query::run(&runtime, &engine, statement, &values, translate, format, printer) {
            Ok(_) => {}
            Err(failure) if args.keep_going && failure.is_of_statement() => {
                failed.push(place);
                if format != OutputFormat::Trino {
                    printer.failure(&place.locate(failure));
                }
            }
            Err(failure) => return Err(place.locate(failure)),
        }
    }
    if !failed.is_empty() {
        return Err(Failure::Partial(summary(&failed, statements.len())));
    }
    printer.persist_file()?;
    match source.incomplete {
        Some(what) => Err(Failure::Partial(what)),
        None => Ok(()),
    }
}

/// Returns what a statement is run with that declares no parameters.
pub(crate) fn given_values(given: &[(String, String)], now: DateTime<Utc>) -> Parameters {
    let mut values = Parameters::at(now);
    given.iter().for_each(|(name, text)| give(&mut values, name, text));
    values
}

/// Checks that each parameter with a value stands in a statement.
fn check_parameters(
    given: &[(String, String)],
    statements: &[(&str, Place)],
) -> Result<(), Failure> {
    let values = given_values(given, now());
    let used: Vec<_> = statements.iter().flat_map(|(sql, _)| values.names_in(sql)).collect();
    let unused = given.iter().find(|(name, _)| !used.iter().any(|used| is_same_name(used, name)));
    let Some((name, _)) = unused else { return Ok(()) };
    let known = match used.is_empty() {
        true => "there are none".to_owned(),
        false => format!("there are {}", used.join(", ")),
    };
    Err(Failure::Usage(format!("--param {name}: no such parameter is in the SQL; {known}")))
}

/// Returns how many statements failed, and which.
fn summary(failed: &[&Place], of: usize) -> String {
    let mut text = format!("{} of {} failed", failed.len(), plural(of as u64, "statement"));
    let places: Vec<_> = failed.iter().map(|place| place.label_with_line()).collect();
    if places.iter().any(|place| !place.is_empty()) {
        let shown = places.iter().take(MAX_LISTED).cloned().collect::<Vec<_>>();
        text.push_str(&format!(": {}", shown.join(", ")));
    }
    if let Some(more) = places.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// Sets where answers go and what is added to them; returns their format. `saved` is the
/// title and the chart of a saved query.
fn answers(
    args: &args::Query,
    statements: &[(&str, Place)],
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
                "{} has no extension of a format ({}): give --format",
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
        None => (statements.first().map_or(String::new(), |(sql, _)| one_line(sql)), None),
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
    if answer.nulls {
        printer.nulls = Nulls::Shown;
    }
    let existing = Existing::replaced(answer.force);
    let file = answer.output.as_ref().map(|path| OutputFile::create(path, existing));
    printer.set_answers(options, file.transpose()?);
    printer.check(format)?;
    Ok(format)
}

/// A statement without its line breaks.
pub(crate) fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the statements that the arguments give.
fn given(args: &args::Query) -> Result<Vec<Script>, Failure> {
    if let Some(sql) = &args.sql {
        return Ok(vec![Script::typed(sql)]);
    }
    if !args.file.is_empty() {
        return args.file.iter().map(|path| Script::file(path)).collect();
    }
    if args.input.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::Usage(
            "--input - reads standard input: give the statement as argument or with -f".to_owned(),
        ));
    }
    if std::io::stdin().is_terminal() {
        return Err(Failure::Usage("give a statement, a file with -f, or pipe one in; without a command, traillake starts the REPL".to_owned()));
    }
    Ok(vec![Script::standard_input()?])
}

/// The lake that a query reads, and the folder that holds a temporary one.
pub(crate) struct Source {
    pub(crate) lake: Arc<Lake>,
    pub(crate) current: Option<StoreRow>,
    /// Why the answer may lack events.
    incomplete: Option<String>,
    /// Removed with everything in it when the query is done.
    _temporary: Option<TempDir>,
}

impl Source {
    /// Opens the lake with `store`, or the default one if it exists. Without a lake, and without a home
    /// folder to keep one in, statements that name no store can still run.
    pub(crate) fn open(settings: &Settings, store: Option<&str>) -> Result<Self, Failure> {
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

    /// Imports files into a lake that is removed after the query.
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
        let wish = Wish {
            excluded: args.exclude.clone(),
            access: args.access.access(),
            ..Wish::default()
        };
        let found = import::find(&args.input, &wish, printer)?;
        let report = import::run_import(&lake, &store, found, &options, printer)?;
        if report.status == ImportStatus::Stopped {
            return Err(Failure::Interrupted);
        }
        import::warn(&report, printer);
        for (schema, count) in import::others(&report) {
            let records = plural(count, "record");
            printer.warn(&format!(
                "{records} of category {schema} left out, which have other columns"
            ));
        }
        if report.events.aggregated > 0 {
            let summaries = plural(report.events.aggregated, "aggregated event");
            printer.warn(&format!("{summaries} left out: they have another schema"));
        }
        let incomplete = (!report.failures.is_empty()).then(|| {
            "the answer covers only what could be read; the input has failures".to_owned()
        });
        if report.events.stored == 0 {
            printer.warn("the input holds no events");
        }
        Ok(Self { lake: Arc::new(lake), current: Some(store), incomplete, _temporary: Some(dir) })
    }
}

/// Creates a folder that is removed with everything in it.
pub(super) fn temporary_folder() -> Result<TempDir, Failure> {
    TempDir::with_prefix("traillake-")
        .map_err(|error| Failure::Io(format!("cannot make a temporary folder: {error}")))
}
