//! `traillake synth`.

use super::super::args;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::printer::Printer;
use super::super::progress::{ProgressState, Unit, with_bar};
use super::super::settings::Settings;
use super::{count, plural, size};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use traillake_synth::{SynthOptions, SynthReport, write_trail};

pub(crate) fn run(
    settings: &Settings,
    args: &args::Synth,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let defaults = SynthOptions::default();
    let options = SynthOptions {
        events: args.events,
        seed: args.seed,
        xray_share: args.xray_share.unwrap_or(defaults.xray_share),
        start: args.start.unwrap_or(defaults.start),
        days: args.days.unwrap_or(defaults.days),
        threads: settings.threads,
    };
    let started = Instant::now();
    let report = write(&options, &args.out, printer)?;
    let seconds = started.elapsed().as_secs_f64();
    printer.line(&format!(
        "Wrote {} ({} distinct) in {}, {} of JSON in {} of gzip, in {seconds:.1} s",
        plural(report.events, "event"),
        count(report.distinct_events),
        plural(report.files, "file"),
        size(report.json_bytes),
        size(report.gzip_bytes),
    ))?;
    printer.line(&format!("What was planted: {}", args.out.join("answer-key.json").display()))?;
    printer.flush()
}

/// Writes a trail with a progress bar.
pub(super) fn write(
    options: &SynthOptions,
    out: &Path,
    printer: &Printer,
) -> Result<SynthReport, Failure> {
    let written = AtomicU64::new(0);
    let observe = || {
        let events = written.load(Ordering::Relaxed);
        ProgressState { done: events, total: options.events, events, ..ProgressState::default() }
    };
    let cancel = interrupt::listen();
    Ok(with_bar(printer.talks_to_terminal(), Unit::Events, observe, || {
        write_trail(options, out, cancel, &|events| written.store(events, Ordering::Relaxed))
    })?)
}
