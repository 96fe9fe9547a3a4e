//! `traillake watch`.

use super::super::args;
use super::super::clock::now;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::import::{counted, warn};
use super::{count, plural, time};
use crate::output::visible;
use crate::sources::watch::{Happening, WatchOptions, watch};
use crate::store::ImportReport;
use std::time::Duration;

pub(crate) fn run(
    settings: &Settings,
    args: &args::Watch,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let stop = interrupt::listen();
    let lake = settings.existing_lake()?;
    super::store::remove_deleted(&lake, printer);
    let store = args.store.as_deref().map(|store| lake.store(store)).transpose()?;
    let options = WatchOptions {
        store: store.as_ref().map(|store| store.id),
        source: None,
        once: args.once,
        interval: Duration::from_secs(args.interval),
        threads: settings.threads,
        memory: settings.memory,
    };
    let sources = lake.catalog().watched_sources(options.store)?.len();
    match (sources, args.once) {
        (0, true) => printer.note("nothing to watch; traillake source add PATH names a source"),
        (0, false) => printer.note("no sources yet; traillake source add PATH names one"),
        (n, _) => printer.note(&format!("watching {}", plural(n as u64, "source"))),
    }
    let (mut lost, mut missed) = ((0, 0), 0);
    watch(&lake, &options, now, stop, &mut |happening| {
        match &happening {
            Happening::Imported(_, report) => {
                lost.0 += report.files.failed;
                lost.1 += report.events.rejected;
            }
            Happening::Trouble { is_new: true, .. } => missed += 1,
            _ => {}
        }
        match happening {
            Happening::Imported(_, report) if args.json => printer.json_line(&report)?,
            Happening::Imported(store, report) => {
                printer.line(&told(&store.name, &report))?;
                warn(&report, printer);
            }
            other => tell(&other, args.interval, printer),
        }
        printer.flush()
    })?;
    if !args.once {
        return Ok(()); // it was told to end, and everything read so far is stored
    }
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    match counted([(lost.0, "file"), (lost.1, "record"), (missed, "source")]) {
        None => Ok(()),
        Some(lost) => Err(Failure::Partial(format!(
            "{lost} could not be taken; traillake imports list and imports show ID tell which"
        ))),
    }
}

/// Tells on standard error what happened while sources are watched, which are looked through every so many seconds.
pub(super) fn tell(happening: &Happening, interval: u64, printer: &mut Printer) {
    match happening {
        Happening::Imported(store, report) => {
            // What another process has imported meanwhile is not worth a line.
            if report.files.seen > report.files.unchanged + report.files.accepted {
                printer.note(&told(&store.name, report));
            }
            warn(report, printer);
        }
        Happening::Trouble { store, source, error, is_new: true } => {
            let source = visible(source);
            printer.warn(&format!("{source} ({}): {error}; it is tried again", store.name));
        }
        Happening::Looked { store, source, was_in_trouble: true } => {
            let source = visible(source);
            printer.note(&format!("{source} ({}): it can be read again", store.name));
        }
        Happening::Trouble { .. } | Happening::Looked { .. } => {}
        Happening::Stopped(store) => printer.note(&format!(
            "{} takes no events; traillake store start-ingestion {0} lets it",
            store.name
        )),
        Happening::Polled(source, reason) => printer.warn(&format!(
            "{}: the system tells of no changes ({reason}); it is looked through every {interval} s",
            visible(source),
        )),
    }
}

/// Returns what an import did, in a line.
fn told(store: &str, report: &ImportReport) -> String {
    let (files, events) = (&report.files, &report.events);
    let notable = |parts: &[(u64, &str)]| {
        let parts = parts.iter().filter(|(n, _)| *n > 0);
        parts.map(|(n, what)| format!("{} {what}", count(*n))).collect::<Vec<_>>()
    };
    let of_files = notable(&[
        (files.failed, "failed"),
        (files.digest, "digest"),
        (files.other_category, "of other categories"),
        (files.aggregated, "of aggregated events"),
        (files.foreign, "of other kinds"),
        (files.not_reached, "not reached"),
    ]);
    let of_events = notable(&[
        (events.duplicate, "duplicate"),
        (events.rejected, "rejected"),
        (events.not_selected, "not selected"),
        (events.other_category, "of other categories"),
        (events.aggregated, "aggregated"),
        (events.past_retention, "past retention"),
    ]);
    let told = |parts: Vec<String>| match parts.is_empty() {
        true => String::new(),
        false => format!(" ({})", parts.join(", ")),
    };
    format!(
        "{}  {store}  {}{} from {}{}",
        time(now().timestamp_millis()),
        plural(events.stored, "event"),
        told(of_events),
        plural(files.seen - files.unchanged - files.accepted, "file"),
        told(of_files),
    )
}
