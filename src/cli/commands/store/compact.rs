//! Merging the data files of stores.

use super::super::super::exit::Failure;
use super::super::super::interrupt;
use super::super::super::printer::Printer;
use super::super::super::progress::{ProgressState, Unit, with_bar};
use super::super::super::settings::Settings;
use super::super::{count, plural, size, tell_if_it_waits};
use super::named_or_all;
use crate::store::{
    CompactOptions, CompactionProgress, CompactionReport, Lake, StoreError, StoreRow,
};
use serde::Serialize;
use std::sync::atomic::Ordering;

/// A store with what was merged of it, or would be.
#[derive(Serialize)]
struct Merged {
    store: String,
    #[serde(flatten)]
    report: CompactionReport,
}

/// Merges the files of one store or of all.
pub(super) fn run(
    lake: &Lake,
    store: Option<&str>,
    dry_run: bool,
    json: bool,
    settings: &Settings,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let mut stores = named_or_all(lake, store)?;
    // Only one that is named is told to be deleted.
    stores.retain(|found| store.is_some() || found.check_not_deleted().is_ok());
    let options = CompactOptions { threads: settings.threads, memory: settings.memory };
    let mut all = Vec::new();
    for store in stores {
        let report = if dry_run {
            CompactionReport::planned(&lake.merges(&store, options)?)
        } else {
            with_progress(lake, &store, printer, |progress| {
                lake.compact(&store, options, progress, interrupt::flag())
            })?
        };
        all.push(Merged { store: store.name, report });
    }
    if json {
        printer.json(&all)?;
    } else {
        all.iter().try_for_each(|merged| printer.line(&line(merged, dry_run)))?;
    }
    if interrupt::requested() { Err(Failure::Interrupted) } else { Ok(()) }
}

/// Runs what writes files of a store anew, with a bar, after it was told if another change is waited for.
pub(super) fn with_progress(
    lake: &Lake,
    store: &StoreRow,
    printer: &mut Printer,
    work: impl FnOnce(&CompactionProgress) -> Result<CompactionReport, StoreError>,
) -> Result<CompactionReport, StoreError> {
    tell_if_it_waits(lake, store, printer);
    let progress = CompactionProgress::default();
    let observe = || ProgressState {
        done: progress.events_done.load(Ordering::Relaxed),
        total: progress.events.load(Ordering::Relaxed),
        ..ProgressState::default()
    };
    with_bar(printer.talks_to_terminal(), Unit::Events, observe, || work(&progress))
}

/// Says that the old files are still there, if they are.
pub(super) fn kept_for_queries(report: &CompactionReport) -> &'static str {
    match report.kept_for_queries {
        true => "; queries that are running read the old ones to their end",
        false => "",
    }
}

fn line(Merged { store, report }: &Merged, dry_run: bool) -> String {
    if report.files_before == 0 {
        return format!("{store}: nothing to merge");
    }
    let merges = if dry_run { "would be merged into" } else { "merged into" };
    let after = if dry_run { String::new() } else { format!(", {}", size(report.bytes_after)) };
    let kept = kept_for_queries(report);
    format!(
        "{store}: {} of {}, {}, {merges} {}{after}{kept}",
        plural(report.files_before, "file"),
        plural(report.days, "day"),
        size(report.bytes_before),
        count(report.files_after)
    )
}
