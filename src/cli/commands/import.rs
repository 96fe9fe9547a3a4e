//! `traillake import`.

use super::super::args;
use super::super::clock::now;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::printer::Printer;
use super::super::progress::{ProgressState, Unit, with_bar};
use super::super::settings::Settings;
use super::{count, plural, size, tell_if_it_waits};
use crate::envelope::wrapper::is_plain;
use crate::envelope::{Discovery, path_of, shown};
use crate::event::EventSchema;
use crate::output::visible;
use crate::sources::{self, Access, Wish};
use crate::store::catalog::{ImportStatus, RecordedFailure};
use crate::store::{
    ImportOptions, ImportReport, ImportRow, Lake, Progress, StoreError, StoreRow, import,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Failures printed one by one; `imports show` has them all.
const MAX_SHOWN_FAILURES: usize = 20;
/// Files of one kind that are named.
const MAX_NAMED_FILES: usize = 3;
/// Fields without a column, or with values that do not fit, that are named.
const MAX_SHOWN_FIELDS: usize = 6;

pub(crate) fn run(
    settings: &Settings,
    args: &args::Import,
    printer: &mut Printer,
) -> Result<(), Failure> {
    interrupt::listen(); // from the first file on, Ctrl-C leaves things whole
    let lake = settings.open_lake()?;
    super::store::remove_deleted(&lake, printer);
    let store = lake.store_or_default(args.store.as_deref()).map_err(|error| match &error {
        StoreError::NotFound { wanted, .. } => {
            Failure::Io(format!("{error}; traillake store create {wanted} makes it"))
        }
        _ => Failure::Store(error),
    })?;
    let options = ImportOptions {
        format: args.format,
        again: args.again,
        quarantine: args.quarantine.clone(),
        ..ImportOptions::new(&as_typed(&args.paths), settings.threads, settings.memory)
    };
    let wish = Wish {
        excluded: args.exclude.clone(),
        deliveries: args.deliveries.deliveries()?,
        access: args.access.access(),
    };
    let found = find(&args.paths, &wish, printer)?;
    tell_if_it_waits(&lake, &store, printer);
    let report = run_import(&lake, &store, found, &options, printer)?;
    tell(&report, args.json, printer)?;
    outcome(&report)?;
    if args.strict { strict(&report) } else { Ok(()) }
}

/// Reads once more, into its store, the files of an import that failed.
pub(super) fn retry(
    settings: &Settings,
    lake: &Lake,
    import: &ImportRow,
    json: bool,
    access: Access,
    printer: &mut Printer,
) -> Result<(), Failure> {
    interrupt::listen();
    let store = lake.store_or_default(Some(&import.store))?;
    let failed = lake.catalog().failed_files(&import.id)?;
    let paths: Vec<_> = failed.iter().filter_map(|key| path_of(key)).collect();
    if paths.is_empty() {
        return printer.line("No failed file of this import is left to read again.");
    }
    let options = ImportOptions {
        again: true,
        ..ImportOptions::new(&as_typed(&paths), settings.threads, settings.memory)
    };
    tell_if_it_waits(lake, &store, printer);
    let found = find(&paths, &Wish { access, ..Wish::default() }, printer)?;
    let report = run_import(lake, &store, found, &options, printer)?;
    tell(&report, json, printer)?;
    outcome(&report)
}

fn tell(report: &ImportReport, json: bool, printer: &mut Printer) -> Result<(), Failure> {
    match json {
        true => printer.json(report)?,
        false => show(report, printer)?,
    }
    printer.flush()
}

/// Fails for what is otherwise only told.
fn strict(report: &ImportReport) -> Result<(), Failure> {
    let misfits = report.misfit_fields.values().sum();
    let unread = report.files.foreign + report.files.skipped;
    let Some(found) = counted([(misfits, "value"), (unread, "file")]) else { return Ok(()) };
    Err(Failure::Partial(format!(
        "{found} did not fit (--strict); traillake imports show {} names them",
        report.import_id
    )))
}

/// Returns the counts that are not zero with what they count, as `2 files and 1 record`; `None` if all are.
pub(super) fn counted<const N: usize>(counts: [(u64, &str); N]) -> Option<String> {
    let some = counts.into_iter().filter(|(n, _)| *n > 0);
    let some: Vec<_> = some.map(|(n, what)| plural(n, what)).collect();
    (!some.is_empty()).then(|| some.join(" and "))
}

/// Returns paths as text, for people.
pub(super) fn as_typed(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| shown(path)).collect()
}

/// Finds what paths and addresses mean, and tells how far the listing of buckets is.
pub(super) fn find(
    paths: &[PathBuf],
    wish: &Wish,
    printer: &Printer,
) -> Result<Discovery, Failure> {
    let listed = AtomicU64::new(0);
    let observe =
        || ProgressState { done: listed.load(Ordering::Relaxed), ..ProgressState::default() };
    let shows = printer.talks_to_terminal() && paths.iter().any(|path| sources::is_address(path));
    Ok(with_bar(shows, Unit::Objects, observe, || {
        sources::find(paths, wish, now, interrupt::flag(), &listed)
    })?)
}

/// Imports with a progress bar.
pub(super) fn run_import(
    lake: &Lake,
    store: &StoreRow,
    found: Discovery,
    options: &ImportOptions,
    printer: &Printer,
) -> Result<ImportReport, Failure> {
    let progress = Progress::default();
    let observe = || ProgressState {
        done: progress.bytes_done.load(Ordering::Relaxed),
        total: progress.bytes.load(Ordering::Relaxed),
        files_done: progress.files_done.load(Ordering::Relaxed),
        files: progress.files.load(Ordering::Relaxed),
        events: progress.events.load(Ordering::Relaxed),
        rejected: progress.rejected.load(Ordering::Relaxed),
        ..ProgressState::default()
    };
    // What was asked while the files were looked for counts, too.
    let cancel = interrupt::flag();
    Ok(with_bar(printer.talks_to_terminal(), Unit::Bytes, observe, || {
        import(lake, store, found, options, &progress, cancel)
    })?)
}

/// Returns the failure that an import ends the program with, if any.
fn outcome(report: &ImportReport) -> Result<(), Failure> {
    if let Some(error) = &report.quarantine_error {
        return Err(Failure::Io(format!("rejected records could not be kept: {error}")));
    }
    match report.status {
        ImportStatus::Stopped => Err(Failure::Interrupted),
        ImportStatus::Failed => {
            let lost = [(report.files.failed, "file"), (report.events.rejected, "record")];
            let lost = counted(lost).unwrap_or_else(|| "some bytes".to_owned());
            Err(Failure::Partial(format!(
                "{lost} could not be taken; traillake imports show {} lists them",
                &report.import_id
            )))
        }
        ImportStatus::Initializing | ImportStatus::InProgress => Ok(()),
        ImportStatus::Completed if report.took_nothing() => Err(Failure::Partial(format!(
            "none of {} holds an event that could be taken; traillake imports show {} names them all",
            plural(report.files.seen, "file"),
            &report.import_id
        ))),
        ImportStatus::Completed => Ok(()),
    }
}

/// Prints a report for people.
pub(super) fn show(report: &ImportReport, printer: &mut Printer) -> Result<(), Failure> {
    let rate = report.events.read as f64 / report.seconds.max(0.001);
    printer.line(&format!(
        "{} in {:.1} s ({} events/s)",
        headline(report),
        report.seconds,
        count(rate as u64)
    ))?;
    show_counts(report, printer)?;
    if !report.containers.keys().all(|container| is_plain(container)) {
        let each = report.containers.iter();
        let each: Vec<_> = each.map(|(what, c)| format!("{what} ({})", count(c.files))).collect();
        printer.line(&format!("  found   {}", each.join("; ")))?;
    }
    if report.data_files > 0 {
        printer.line(&format!(
            "  data    {}, {} (from {} read)",
            plural(report.data_files, "file"),
            size(report.data_bytes),
            size(report.bytes_read)
        ))?;
    }
    if let Some(merged) = &report.merged {
        printer.line(&format!(
            "  merged  {} of {} into {}, {}",
            plural(merged.files_before, "file"),
            plural(merged.days, "day"),
            count(merged.files_after),
            size(merged.bytes_after)
        ))?;
    }
    if let Some(file) = &report.quarantine {
        printer.line(&format!("  kept    rejected records in {}", visible(file)))?;
    }
    for (what, names) in &report.other_files {
        let more = names.len().saturating_sub(MAX_NAMED_FILES);
        let more =
            if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
        let shown: Vec<_> = names.iter().take(MAX_NAMED_FILES).map(|n| visible(n)).collect();
        printer.line(&format!("  other   {}: {}{more}", visible(what), shown.join(", ")))?;
    }
    show_fields("no column for", &report.unknown_fields, printer)?;
    show_fields("NULL for misfit", &report.misfit_fields, printer)?;
    warn(report, printer);
    hint_at_stores(report, printer);
    Ok(())
}

fn headline(report: &ImportReport) -> String {
    let (files, stored) = (&report.files, report.events.stored);
    let read = files.imported + files.failed + files.not_reached;
    let known = files.unchanged + files.accepted;
    if known > 0 && read == 0 {
        let known = plural(known, "file");
        format!("Nothing new: {known} imported into {} before", report.store)
    } else if stored == 0 {
        format!("No new events for {}", report.store)
    } else {
        format!("Imported {} into {}", plural(stored, "event"), report.store)
    }
}

fn show_counts(report: &ImportReport, printer: &mut Printer) -> Result<(), Failure> {
    let (files, events) = (&report.files, &report.events);
    let parts = [
        (files.imported, "imported"),
        (files.unchanged, "unchanged since an earlier import"),
        (files.accepted, "with accepted failures"),
        (files.digest, "digest"),
        (files.other_category, "of other categories"),
        (files.aggregated, "of aggregated events"),
        (files.foreign, "of other kinds"),
        (files.failed, "failed"),
        (files.not_reached, "not reached"),
        (files.skipped, "skipped"),
        (files.excluded, "excluded"),
        (files.not_wanted, "not asked for"),
    ];
    printer.line(&format!("  files   {} seen{}", count(files.seen), list(&parts)))?;
    let parts = [
        (events.stored, "stored"),
        (events.duplicate, "duplicate"),
        (events.rejected, "rejected"),
        (events.not_selected, "not selected"),
        (events.other_category, "of other categories"),
        (events.aggregated, "aggregated, not for this store"),
        (events.past_retention, "past retention"),
        (events.abandoned, "abandoned"),
    ];
    printer.line(&format!("  events  {} read{}", count(events.read), list(&parts)))
}

/// Prints fields with the number of their values, if there are some.
fn show_fields(
    label: &str,
    fields: &BTreeMap<String, u64>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    if fields.is_empty() {
        return Ok(());
    }
    let shown = fields.iter().take(MAX_SHOWN_FIELDS);
    let shown: Vec<_> =
        shown.map(|(name, n)| format!("{} ({})", visible(name), count(*n))).collect();
    let more = if fields.len() > MAX_SHOWN_FIELDS { ", ..." } else { "" };
    printer.line(&format!("  {label} {}{more}; kept in eventjson", shown.join(", ")))
}

/// Returns the categories of records that the store does not take, with their number.
pub(super) fn others(report: &ImportReport) -> impl Iterator<Item = (EventSchema, u64)> {
    let counts = report.other_categories.iter();
    counts.filter_map(|(name, count)| Some((EventSchema::from_name(name)?, *count)))
}

/// Says which stores would take the records of other categories.
fn hint_at_stores(report: &ImportReport, printer: &mut Printer) {
    let told: Vec<_> = others(report).map(|(schema, n)| format!("{} {schema}", count(n))).collect();
    let names: Vec<_> = others(report).map(|(schema, _)| schema.name()).collect();
    if !told.is_empty() {
        printer.note(&format!(
            "records of other categories ({}) go into stores of their own: traillake store create NAME --category {}",
            told.join(", "),
            names.join("|")
        ));
    }
}

/// Warns of what was not taken, and of events that a query may miss.
pub(super) fn warn(report: &ImportReport, printer: &mut Printer) {
    if let Some(error) = &report.merge_error {
        printer.warn(&format!(
            "data files of a day could not be merged, all events are kept: {error}"
        ));
    }
    if report.without_time > 0 {
        let events = plural(report.without_time, "event");
        printer.warn(&format!(
            "{events} without a readable eventTime: queries by time do not find them"
        ));
    }
    let (failures, notices) = (report.failures.iter(), report.notices.iter());
    for failure in failures.take(MAX_SHOWN_FAILURES) {
        printer.warn(&line(failure));
    }
    let more = report.lost().saturating_sub(MAX_SHOWN_FAILURES as u64);
    if more > 0 {
        printer.warn(&format!("and {} more", count(more)));
    }
    for notice in notices.take(MAX_SHOWN_FAILURES) {
        printer.note(&line(notice));
    }
    let more = report.notices.len().saturating_sub(MAX_SHOWN_FAILURES);
    if more > 0 {
        printer.note(&format!("and {} more", count(more as u64)));
    }
}

/// Returns the place and the message of a failure, in a line.
fn line(failure: &RecordedFailure) -> String {
    let at = failure.position.map_or_else(String::new, |p| format!(" at byte {p}"));
    format!("{}{at}: {}", failure.location, failure.message)
}

fn list(parts: &[(u64, &str)]) -> String {
    let shown: Vec<_> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", count(*n)))
        .collect();
    if shown.is_empty() { String::new() } else { format!(": {}", shown.join(", ")) }
}
