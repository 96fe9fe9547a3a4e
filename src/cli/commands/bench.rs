//! `traillake bench`.

use super::super::args;
use super::super::clock::now;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::output_file::{Existing, OutputFile};
use super::super::printer::Printer;
use super::super::progress::{ProgressState, Unit, with_bar};
use super::super::run_query::{or_interrupt, runtime};
use super::super::settings::Settings;
use super::{import, plural, query::Source, query::temporary_folder, synth};
use crate::bench::report::{StoreSize, results};
use crate::bench::{
    BenchTarget, Options, Progress, Query, RawJson, Report, TargetKind, plot, suite,
};
use crate::columnar::Format;
use crate::engine::{Engine, EngineOptions};
use crate::envelope::discover;
use crate::store::catalog::{ImportStatus, Totals};
use crate::store::{ImportOptions, Lake, NewStore, StoreName};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Runtime;
use traillake_synth::SynthOptions;

/// Columns of the bars without a terminal.
const DEFAULT_COLUMNS: u16 = 100;

pub(crate) fn run(
    settings: &Settings,
    args: &args::Bench,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let cancel = interrupt::listen();
    let queries = queries(args)?;
    let files: Vec<_> = [&args.csv, &args.json, &args.svg].into_iter().flatten().collect();
    for (at, file) in files.iter().enumerate() {
        can_be_written(file, Existing::replaced(args.force))?;
        if files[..at].contains(file) {
            return Err(Failure::Usage(format!("{} is named twice", file.display())));
        }
    }
    let runtime = runtime(settings)?;
    let folder = temporary_folder()?;
    let root = args.keep.clone().unwrap_or_else(|| folder.path().join("lake"));
    if std::fs::read_dir(&root).is_ok_and(|mut entries| entries.next().is_some()) {
        let what = "not empty; name a new folder for --keep";
        return Err(Failure::Usage(format!("{}: {what}", root.display())));
    }
    let events = Events::find(settings, args, folder.path(), &runtime, printer)?;
    let (stores, raw) = events.targets(args, printer)?;
    let mut lake = Filled::new(settings, &root, args.warm)?;
    for format in stores {
        lake.add(format, &events.paths, printer)?;
    }
    if raw {
        let options = settings.engine();
        let json = RawJson { paths: events.paths.clone(), options, clock: now };
        lake.targets.push(BenchTarget::Json(json));
    }
    let report = measure(&lake, &queries, args, events.source, &runtime, cancel, printer)?;
    print(&report, args, printer)
}

fn queries(args: &args::Bench) -> Result<Vec<Query>, Failure> {
    let mut queries = if args.queries.is_empty() { suite::suite() } else { Vec::new() };
    for path in &args.queries {
        queries.extend(suite::read(path)?);
    }
    Ok(suite::pick(queries, &args.only)?)
}

/// Checks before the work that a file does not exist yet, and that its folder does.
fn can_be_written(file: &Path, existing: Existing) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(Failure::Usage(format!(
            "{}: there is no folder {}",
            file.display(),
            folder.display()
        ))),
        _ => OutputFile::check(file, existing),
    }
}

/// The events to measure with, as files of JSON.
struct Events {
    paths: Vec<PathBuf>,
    source: String,
    /// Whether these are the user's own files, so that queries over them are worth measuring.
    original: bool,
}

impl Events {
    /// Finds the files, or makes them in `folder`.
    fn find(
        settings: &Settings,
        args: &args::Bench,
        folder: &Path,
        runtime: &Runtime,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        if !args.paths.is_empty() {
            if args.paths.iter().any(|path| path.as_os_str() == "-") {
                let why = "standard input can be read once only; name files or folders";
                return Err(Failure::Usage(why.to_owned()));
            }
            let source = import::as_typed(&args.paths).join(" ");
            return Ok(Self { paths: args.paths.clone(), source, original: true });
        }
        let trail = folder.join("trail");
        let paths = vec![trail.clone()];
        let Some(store) = &args.store else {
            let options = SynthOptions {
                events: args.events,
                seed: args.seed,
                threads: settings.threads,
                ..SynthOptions::default()
            };
            synth::write(&options, &trail, printer)?;
            let source = format!("synthetic events, seed {}", args.seed);
            return Ok(Self { paths, source, original: true });
        };
        let source = Source::open(settings, Some(store))?;
        // One thread gives the events in the order of their files: whole days, one after the other.
        let options = EngineOptions { threads: 1, ..settings.engine() };
        let engine = Engine::new(Arc::clone(&source.lake), source.current.clone(), options)?;
        std::fs::create_dir(&trail)
            .map_err(|e| Failure::Io(format!("{}: {e}", trail.display())))?;
        runtime.block_on(or_interrupt(crate::bench::export(&engine, &trail)))??;
        Ok(Self { paths, source: format!("store {store}"), original: false })
    }

    /// The stores to make, and whether the raw JSON takes part.
    fn targets(
        &self,
        args: &args::Bench,
        printer: &mut Printer,
    ) -> Result<(Vec<Format>, bool), Failure> {
        let kinds = if args.formats.is_empty() { TargetKind::all() } else { args.formats.clone() };
        let raw = kinds.contains(&TargetKind::Json);
        if raw && !self.original {
            printer.say("json is left out: a store does not keep the files it was imported from");
        }
        let mut stores = Vec::new();
        for kind in kinds {
            if let TargetKind::Store(format) = kind
                && !stores.contains(&format)
            {
                stores.push(format);
            }
        }
        if stores.is_empty() {
            let why = "--formats needs at least one of orc, parquet and arrow";
            return Err(Failure::Usage(why.to_owned()));
        }
        Ok((stores, raw && self.original))
    }
}

/// A lake with a store for each format.
struct Filled<'a> {
    settings: &'a Settings,
    /// Whether sessions keep the columns they have decoded.
    warm: bool,
    lake: Arc<Lake>,
    targets: Vec<BenchTarget>,
    sizes: Vec<StoreSize>,
    totals: Option<Totals>,
}

impl<'a> Filled<'a> {
    fn new(settings: &'a Settings, root: &Path, warm: bool) -> Result<Self, Failure> {
        let lake = Arc::new(Lake::open(root, now)?);
        Ok(Self { settings, warm, lake, targets: Vec::new(), sizes: Vec::new(), totals: None })
    }

    fn add(
        &mut self,
        format: Format,
        paths: &[PathBuf],
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let name = StoreName::parse(format.name())?;
        let store = self.lake.create_store(&NewStore::new(name, format))?;
        let (threads, memory) = (self.settings.threads, self.settings.memory);
        let options = ImportOptions::new(&import::as_typed(paths), threads, memory);
        let found = discover(paths)?;
        let report = import::run_import(&self.lake, &store, found, &options, printer)?;
        if report.status == ImportStatus::Stopped {
            return Err(Failure::Interrupted);
        }
        if report.events.stored == 0 {
            return Err(Failure::Io("there are no events to measure with".to_owned()));
        }
        if self.targets.is_empty() {
            import::warn(&report, printer);
        }
        let totals = self.lake.totals(store.id)?;
        self.sizes.push(StoreSize {
            format: format.name(),
            import_seconds: report.seconds,
            bytes: totals.bytes,
            files: totals.files,
        });
        self.totals = Some(totals);
        let engine = self.settings.session(&self.lake, Some(store), self.warm)?;
        self.targets.push(BenchTarget::Store(format, Arc::new(engine)));
        Ok(())
    }
}

fn measure(
    lake: &Filled<'_>,
    queries: &[Query],
    args: &args::Bench,
    source: String,
    runtime: &Runtime,
    cancel: &AtomicBool,
    printer: &Printer,
) -> Result<Report, Failure> {
    let threads = lake.settings.threads;
    let options = Options {
        runs: args.runs.into(),
        json_runs: args.json_runs.into(),
        concurrency: args.concurrency.map_or(threads, usize::from),
    };
    let progress = Progress::default();
    let observe = || ProgressState {
        done: progress.runs_done.load(Ordering::Relaxed),
        total: progress.runs.load(Ordering::Relaxed),
        ..ProgressState::default()
    };
    let outcome = with_bar(printer.talks_to_terminal(), Unit::Queries, observe, || {
        let run = crate::bench::run(&lake.targets, queries, options, &progress, cancel);
        runtime.block_on(or_interrupt(run))
    })??;
    let (queries, ratios) = results(&lake.targets, &outcome, options);
    let (events, json_bytes) =
        lake.totals.as_ref().map_or((0, 0), |totals| (totals.events, totals.json_bytes));
    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        source,
        events,
        json_bytes,
        threads,
        options,
        parameters: outcome.parameters.0,
        stores: lake.sizes.clone(),
        queries,
        ratios,
    })
}

fn print(report: &Report, args: &args::Bench, printer: &mut Printer) -> Result<(), Failure> {
    let width = printer.width();
    let mut runs = plural(report.options.runs as u64, "run");
    if report
        .queries
        .iter()
        .flat_map(|query| &query.results)
        .any(|r| r.format == TargetKind::Json.name())
    {
        runs.push_str(&format!(", of raw JSON {}", report.options.json_runs));
    }
    let head = [
        plural(report.events, "event"),
        report.source.clone(),
        plural(report.threads as u64, "thread"),
        runs,
        if args.warm { "decoded columns kept" } else { "no decoded columns kept" }.to_owned(),
        "all answers are the same".to_owned(),
    ];
    printer.line(&crate::output::visible(&head.join("; ")))?;
    printer.line(&report.tables(width))?;
    printer.line("")?;
    printer.line(plot::bars(report, width.unwrap_or(DEFAULT_COLUMNS)).trim_end())?;
    printer.flush()?;
    let io = |error: &dyn std::fmt::Display| Failure::Io(error.to_string());
    let existing = Existing::replaced(args.force);
    if let Some(file) = &args.csv {
        write(file, existing, &report.csv().map_err(|error| io(&error))?)?;
    }
    if let Some(file) = &args.json {
        write(file, existing, &serde_json::to_vec_pretty(report).map_err(|error| io(&error))?)?;
    }
    if let Some(file) = &args.svg {
        write(file, existing, plot::svg(report).as_bytes())?;
    }
    Ok(())
}

fn write(file: &Path, existing: Existing, bytes: &[u8]) -> Result<(), Failure> {
    let mut out = OutputFile::create(file, existing)?;
    out.write_all(bytes).map_err(|error| Failure::Io(error.to_string()))?;
    out.persist()
}
