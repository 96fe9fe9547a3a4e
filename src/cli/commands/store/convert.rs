//! Giving the files of a store another format, or another form of their records.

use super::super::super::args::StoreConvert;
use super::super::super::exit::Failure;
use super::super::super::interrupt;
use super::super::super::printer::Printer;
use super::super::super::settings::Settings;
use super::super::{count, plural, size};
use super::compact::{kept_for_queries, with_progress};
use super::kept_as;
use crate::store::{CompactOptions, CompactionReport, Conversion, Lake, StoreRow};
use serde::Serialize;

/// A store with what was converted of it, or would be.
#[derive(Serialize)]
struct Converted {
    store: String,
    format: &'static str,
    eventjson: &'static str,
    #[serde(flatten)]
    report: CompactionReport,
}

pub(super) fn run(
    lake: &Lake,
    args: &StoreConvert,
    settings: &Settings,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let store = lake.store(&args.store)?;
    let conversion = Conversion { format: args.format, record_form: args.eventjson };
    let wanted = conversion.of(&store)?;
    let report = if args.dry_run {
        store.check_not_deleted()?;
        CompactionReport::planned(&lake.conversions(&store, conversion)?)
    } else {
        let options = CompactOptions { threads: settings.threads, memory: settings.memory };
        with_progress(lake, &store, printer, |progress| {
            lake.convert(&store, conversion, options, progress, interrupt::flag())
        })?
    };
    if args.json {
        printer.json(&Converted {
            store: wanted.name,
            format: wanted.format.name(),
            eventjson: wanted.record_form.name(),
            report,
        })?;
    } else {
        printer.line(&line(&wanted, &report, args.dry_run))?;
    }
    if interrupt::requested() { Err(Failure::Interrupted) } else { Ok(()) }
}

fn line(store: &StoreRow, report: &CompactionReport, dry_run: bool) -> String {
    let kept_as = kept_as(store.format, store.record_form);
    let name = &store.name;
    if report.files_before == 0 {
        return format!("{name}: {kept_as}, nothing to convert");
    }
    let events = count(report.events);
    let files = plural(report.files_before, "file");
    let before = size(report.bytes_before);
    if dry_run {
        return format!("{name}: {files} with {events} events, {before}, would become {kept_as}");
    }
    let kept = kept_for_queries(report);
    let after = size(report.bytes_after);
    format!("{name}: {files} with {events} events, {before}, became {kept_as}, {after}{kept}")
}
