//! Writing the events of a store as files.

use super::super::super::args::StoreExport;
use super::super::super::exit::Failure;
use super::super::super::interrupt;
use super::super::super::printer::Printer;
use super::super::super::progress::{ProgressState, Unit, with_bar};
use super::super::super::run_query::{self, or_interrupt};
use super::super::super::settings::Settings;
use super::super::{plural, selectors, size};
use crate::engine::parameters::Parameters;
use crate::engine::{Answer, Engine, QueryError};
use crate::envelope::shown;
use crate::saved::parameters::{ParameterType, bind, read_time};
use crate::store::export::{
    Delivered, Export, ExportFormat, ExportOptions, ExportReport, ExportedEvent,
};
use crate::store::lake::DEFAULT_STORE;
use crate::store::{AdvancedEventSelectors, DataFile, Lake, Snapshot, StoreRow};
use arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimestampMillisecondType};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// What was written, for programs.
#[derive(Serialize)]
struct Exported<'a> {
    store: &'a str,
    folder: String,
    format: &'static str,
    /// Whether everything that was asked for was written.
    complete: bool,
    #[serde(flatten)]
    report: ExportReport,
}

/// Writes the events of a store that are asked for into a folder.
pub(super) fn run(
    lake: Arc<Lake>,
    args: &StoreExport,
    settings: &Settings,
    printer: &mut Printer,
) -> Result<(), Failure> {
    interrupt::listen();
    let store = lake.store(args.store.as_deref().unwrap_or(DEFAULT_STORE))?;
    store.check_not_deleted()?;
    let exporting = Exporting {
        window: Window::read(args, lake.now())?,
        selectors: args.selectors.as_deref().map(selectors::given).transpose()?,
        runtime: run_query::runtime(settings)?,
        lake,
        store,
        args,
        settings,
    };
    match args.follow {
        false => exporting.once(&mut |_| true, None, printer),
        true => exporting.follow(printer),
    }
}

/// What is exported, and how.
struct Exporting<'a> {
    lake: Arc<Lake>,
    store: StoreRow,
    args: &'a StoreExport,
    settings: &'a Settings,
    window: Window,
    selectors: Option<AdvancedEventSelectors>,
    runtime: Runtime,
}

impl Exporting<'_> {
    /// Exports what arrives, until Ctrl-C. What the folder holds tells what is left, so that it may be killed at any time.
    fn follow(&self, printer: &mut Printer) -> Result<(), Failure> {
        if self.args.format != ExportFormat::LogFiles {
            let format = self.args.format.name();
            return Err(Failure::Usage(format!(
                "--follow writes log files (json.gz), not {format}"
            )));
        }
        let stop = interrupt::flag();
        let mut delivered = Delivered::read(&self.args.to, self.store.schema, stop)?;
        let mut known = BTreeSet::new();
        printer.note(&format!("following {}; Ctrl-C ends it", self.store.name));
        while !interrupt::requested() {
            let files = self.lake.catalog().data_files(self.store.id)?;
            let new = files.iter().filter(|file| !known.contains(&file.path));
            let days: BTreeSet<_> = new.map(|file| file.day).collect();
            if !days.is_empty() {
                let wanted = &mut |checksum: &str| delivered.add(checksum);
                match self.once(wanted, Some(&days), printer) {
                    Err(Failure::Interrupted) => break,
                    written => written?,
                }
                known = files.into_iter().map(|file| file.path).collect();
            }
            let pause = Duration::from_secs(self.args.interval);
            // An interrupt is what ends the pause early, and is seen above.
            drop(self.runtime.block_on(async { or_interrupt(tokio::time::sleep(pause)).await }));
        }
        Ok(())
    }

    /// Exports the events of the days that are given, or of all, whose checksums are wanted.
    fn once(
        &self,
        wanted: &mut dyn FnMut(&str) -> bool,
        days: Option<&BTreeSet<Option<NaiveDate>>>,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let Self { lake, store, args, settings, .. } = self;
        let engine = Engine::new(Arc::clone(lake), Some(store.clone()), settings.engine())?;
        let snapshot = Arc::new(lake.snapshot(store.id)?);
        engine.pin(store.id, Arc::clone(&snapshot));
        let question = Question { engine: &engine, condition: args.condition.as_deref() };
        // What is wrong with it is told before there is a folder.
        self.runtime.block_on(question.check()).map_err(|error| match question.condition {
            Some(_) => Failure::At { place: "--where".to_owned(), failure: Box::new(error.into()) },
            None => error.into(),
        })?;
        let options = ExportOptions {
            format: args.format,
            selectors: self.selectors.clone(),
            threads: settings.threads,
            memory: settings.memory,
        };
        let mut export = Export::begin(lake, store, &args.to, options)?;
        let days = self.window.days(&snapshot, days);
        let (total, done) = (days.iter().map(|day| day.events).sum(), AtomicU64::new(0));
        let observe = || ProgressState {
            done: done.load(Ordering::Relaxed),
            total,
            ..ProgressState::default()
        };
        let by_account = args.format.separates_accounts();
        let written = with_bar(printer.talks_to_terminal(), Unit::Events, observe, || {
            self.runtime.block_on(async {
                for day in &days {
                    let before = done.load(Ordering::Relaxed);
                    let mut answer = or_interrupt(question.ask(day, by_account)).await??;
                    while let Some(batch) = or_interrupt(answer.next()).await? {
                        let batch = batch?;
                        push(&batch, &mut export, wanted)?;
                        done.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
                    }
                    done.store(before + day.events, Ordering::Relaxed);
                }
                Ok(())
            })
        });
        let (report, written) = match written {
            Ok(()) => {
                let (report, ended) = export.finish();
                (report, ended.map_err(Failure::Store))
            }
            Err(failure) => (export.stop(), Err(failure)),
        };
        if args.follow && report.files == 0 && written.is_ok() {
            return Ok(()); // nothing has arrived that is wanted
        }
        let exported = Exported {
            store: &store.name,
            folder: shown(&args.to),
            format: args.format.name(),
            complete: written.is_ok(),
            report,
        };
        match (args.json, args.follow) {
            (true, false) => printer.json(&exported)?,
            (true, true) => printer.json_line(&exported)?,
            (false, _) => printer.line(&line(&exported))?,
        }
        printer.flush()?;
        written
    }
}

fn line(Exported { store, folder, complete, report, .. }: &Exported<'_>) -> String {
    let ExportReport { events, files, files_unchanged, bytes, .. } = report;
    let stopped = if *complete { "" } else { "; what follows is missing" };
    if *files == 0 {
        return format!("No events of {store} were exported{stopped}");
    }
    let there = match files_unchanged {
        0 => String::new(),
        all if all == files => ", which were there already".to_owned(),
        some => format!(", of which {some} were there already"),
    };
    format!(
        "Exported {} of {store} to {folder}: {}, {}{there}{stopped}",
        plural(*events, "event"),
        plural(*files, "file"),
        size(*bytes)
    )
}

/// The times whose events are wanted.
struct Window {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

/// A day whose events are wanted, or a part of one; without bounds those without a time.
struct Part {
    bounds: Option<[DateTime<Utc>; 2]>,
    /// How many events of the day there are.
    events: u64,
}

impl Window {
    fn read(args: &StoreExport, now: DateTime<Utc>) -> Result<Self, Failure> {
        let moment = |option: &str, text: Option<&String>| match text {
            None => Ok(None),
            Some(text) => match read_time(text, now) {
                Some(moment) => Ok(Some(moment)),
                None => Err(Failure::Usage(format!(
                    "{option} {text:?} is not {}",
                    ParameterType::Timestamp.examples()
                ))),
            },
        };
        Ok(Self {
            from: moment("--from", args.from.as_ref())?,
            until: moment("--until", args.until.as_ref())?,
        })
    }

    /// Returns the days of a store, or those among some days, that have events in it.
    fn days(&self, snapshot: &Snapshot, some: Option<&BTreeSet<Option<NaiveDate>>>) -> Vec<Part> {
        let mut days: BTreeMap<_, u64> = BTreeMap::new();
        let wanted = |file: &&DataFile| some.is_none_or(|some| some.contains(&file.day));
        for file in snapshot.files.iter().filter(wanted) {
            *days.entry(file.day).or_default() += file.rows;
        }
        let part = |(day, events): (Option<NaiveDate>, u64)| {
            let bounds = match day {
                Some(day) => Some(self.within(day)?),
                None if self.from.is_none() && self.until.is_none() => None,
                None => return None,
            };
            Some(Part { bounds, events })
        };
        days.into_iter().filter_map(part).collect()
    }

    /// Returns the bounds of what it has of a day.
    fn within(&self, day: NaiveDate) -> Option<[DateTime<Utc>; 2]> {
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let next = midnight(day.checked_add_days(Days::new(1))?);
        let start = self.from.map_or(midnight(day), |from| from.max(midnight(day)));
        let end = self.until.map_or(next, |until| until.min(next));
        (start < end).then_some([start, end])
    }
}

/// Asks for events.
struct Question<'a> {
    engine: &'a Engine,
    condition: Option<&'a str>,
}

impl Question<'_> {
    /// Finds out whether the condition can be asked.
    async fn check(&self) -> Result<(), QueryError> {
        let values = Parameters::at(self.engine.now());
        self.run("SELECT eventJson FROM event_data_store WHERE", "LIMIT 0", &values)
            .await
            .map(|_| ())
    }

    /// Asks for the events of a day in the order in which they are written.
    async fn ask(&self, part: &Part, by_account: bool) -> Result<Answer, Failure> {
        let mut values = Parameters::at(self.engine.now());
        let times = match &part.bounds {
            None => "eventTime IS NULL",
            Some(bounds) => {
                for (name, moment) in ["start", "end"].into_iter().zip(bounds) {
                    let text = moment.format("%Y-%m-%d %H:%M:%S%.f").to_string();
                    bind(&mut values, name, ParameterType::Timestamp, Some(&text))
                        .map_err(|error| Failure::Usage(error.to_string()))?;
                }
                "eventTime >= $start AND eventTime < $end"
            }
        };
        let before = format!(
            "SELECT recipientAccountId, awsRegion, eventTime, eventJson, eventJsonChecksum \
             FROM event_data_store WHERE {times} AND"
        );
        let accounts = if by_account { "recipientAccountId, awsRegion, " } else { "" };
        let order = format!("ORDER BY {accounts}eventTime, eventJsonChecksum");
        Ok(self.run(&before, &order, &values).await?)
    }

    async fn run(
        &self,
        before: &str,
        after: &str,
        values: &Parameters,
    ) -> Result<Answer, QueryError> {
        let condition = self.condition.unwrap_or("true");
        self.engine.query_with_condition([before, after], condition, values).await
    }
}

/// Hands the events of a batch of [`Question::ask`] whose checksums are wanted to an export.
fn push(
    batch: &RecordBatch,
    export: &mut Export,
    wanted: &mut dyn FnMut(&str) -> bool,
) -> Result<(), Failure> {
    let bug = |what: String| Failure::Query(QueryError::Bug(what));
    // A store with Arrow files gives plain text columns, others views.
    let texts = |at: usize| {
        let views = cast(batch.column(at), &DataType::Utf8View);
        views.map(|views| views.as_string_view().clone()).map_err(|error| bug(error.to_string()))
    };
    let (accounts, regions, records, checksums) = (&texts(0)?, &texts(1)?, &texts(3)?, &texts(4)?);
    let times = batch.column(2).as_primitive_opt::<TimestampMillisecondType>();
    let times = times.ok_or_else(|| bug("eventTime is no timestamp(3)".to_owned()))?;
    fn text(array: &StringViewArray, row: usize) -> Option<&str> {
        array.is_valid(row).then(|| array.value(row))
    }
    for row in 0..batch.num_rows() {
        if !wanted(text(checksums, row).unwrap_or_default()) {
            continue;
        }
        export.push(ExportedEvent {
            account: text(accounts, row),
            region: text(regions, row),
            time: times.is_valid(row).then(|| times.value(row)),
            record: text(records, row).unwrap_or_default(),
            checksum: text(checksums, row).unwrap_or_default(),
        })?;
    }
    Ok(())
}
