//! `traillake validate-logs`.

use super::super::args;
use super::super::clock::now;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::printer::Printer;
use super::super::progress::{ProgressState, Unit, with_bar};
use super::{count, plural};
use crate::envelope::{Discovery, Location, discover, shown};
use crate::integrity::report::shown as time;
use crate::integrity::{
    Chain, ChainReport, Counts, Filter, Line, Progress, PublicKeys, Settings, Signatures, TrailArn,
    Unlisted, Validation,
};
use crate::output::visible;
use crate::saved::parameters::read_time;
use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Paths that could not be looked into, printed one by one.
const MAX_SHOWN_FAILURES: usize = 20;

pub(crate) fn run(
    settings: &super::super::settings::Settings,
    args: &args::ValidateLogs,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let cancel = interrupt::listen();
    let checks = checks(args, settings.threads)?;
    let found = discover(&args.paths)?;
    refuse_streams(&found)?;
    warn_of_failures(&found, printer);

    let progress = Progress::default();
    let (files, bytes) = Validation::digests(&found.sources);
    let observe = || state(&progress, files, bytes);
    let mut validation = with_bar(printer.talks_to_terminal(), Unit::Bytes, observe, || {
        Validation::prepare(checks, &found.sources, &progress, cancel)
    });
    let mut totals = Totals::default();
    for at in 0..validation.chains().len() {
        let report = check(&mut validation, at, args.verbose, printer);
        if at > 0 {
            printer.line("")?;
        }
        let chain = &validation.chains()[at];
        let requested = validation.requested(chain);
        show_chain(chain, requested, args.trail_arn.as_deref(), &report, printer)?;
        if report.stopped {
            printer.flush()?;
            return Err(Failure::Interrupted);
        }
        totals.add(&report);
    }
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    if validation.chains().is_empty() {
        printer.line("No digests found")?;
    }
    show_unlisted(validation.unlisted(), printer)?;
    totals.show_unknown(printer)?;
    printer.flush()?;
    totals.outcome()
}

/// Reads what the files are checked against.
fn checks(args: &args::ValidateLogs, threads: usize) -> Result<Settings, Failure> {
    let mut settings = Settings { threads, filter: filter(args)?, ..Settings::default() };
    settings.start = args.start_time.as_deref().map(moment).transpose()?;
    settings.end = args.end_time.as_deref().map(moment).transpose()?;
    if settings.start.zip(settings.end).is_some_and(|(start, end)| start > end) {
        return Err(Failure::Usage(
            "Invalid time range specified: start-time must occur before end-time".to_owned(),
        ));
    }
    let mut keys = PublicKeys::default();
    for path in &args.public_keys {
        keys.add(&read(path)?).map_err(|error| wrong_file(path, &error))?;
    }
    let mut signatures = Signatures::default();
    for path in &args.signatures {
        signatures.add(&read(path)?).map_err(|error| wrong_file(path, &error))?;
    }
    for (bucket, folder) in &args.bucket {
        let path = PathBuf::from(folder);
        if !path.is_dir() {
            return Err(Failure::Usage(format!("--bucket {bucket}={folder}: no such folder")));
        }
        let path = std::path::absolute(&path).map_err(|error| wrong_file(&path, &error))?;
        settings.buckets.push((bucket.clone(), path));
    }
    Ok(Settings { keys, signatures, ..settings })
}

fn filter(args: &args::ValidateLogs) -> Result<Filter, Failure> {
    let read = |arn: &String| {
        TrailArn::parse(arn)
            .ok_or_else(|| Failure::Usage(format!("Invalid trail ARN provided: {arn}")))
    };
    Ok(Filter {
        trail: args.trail_arn.as_ref().map(read).transpose()?,
        account: args.account_id.clone(),
        region: args.region.clone(),
    })
}

fn moment(text: &str) -> Result<DateTime<Utc>, Failure> {
    read_time(text, now())
        .ok_or_else(|| Failure::Usage(format!("Unable to parse date value: {text}")))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| wrong_file(path, &error))
}

fn wrong_file(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Io(format!("{}: {error}", shown(path)))
}

/// Standard input and pipes have no place in a bucket.
fn refuse_streams(found: &Discovery) -> Result<(), Failure> {
    let is_file = |location: &Location| matches!(location, Location::File(_));
    match found.sources.iter().find(|source| !is_file(&source.location)) {
        Some(source) => Err(Failure::Usage(format!(
            "{}: a folder is expected, which stands for a bucket",
            source.location
        ))),
        None => Ok(()),
    }
}

fn warn_of_failures(found: &Discovery, printer: &mut Printer) {
    for (location, error) in found.failures.iter().take(MAX_SHOWN_FAILURES) {
        printer.warn(&format!("{location}: {error}"));
    }
    let more = found.failures.len().saturating_sub(MAX_SHOWN_FAILURES);
    if more > 0 {
        printer.warn(&format!("and {} more", count(more as u64)));
    }
}

fn state(progress: &Progress, files: u64, bytes: u64) -> ProgressState {
    ProgressState {
        done: progress.bytes.load(Ordering::Relaxed),
        total: bytes,
        files_done: progress.files.load(Ordering::Relaxed),
        files,
        ..ProgressState::default()
    }
}

/// Checks a chain with a progress bar.
fn check(validation: &mut Validation, at: usize, verbose: bool, printer: &Printer) -> ChainReport {
    let progress = Progress::default();
    let (files, bytes) = validation.size(&validation.chains()[at]);
    let observe = || state(&progress, files, bytes);
    with_bar(printer.talks_to_terminal(), Unit::Bytes, observe, || {
        validation.check(at, verbose, &progress, interrupt::flag())
    })
}

/// Prints what the AWS CLI prints of a trail, account and region.
fn show_chain(
    chain: &Chain,
    requested: Option<(DateTime<Utc>, DateTime<Utc>)>,
    trail_arn: Option<&str>,
    report: &ChainReport,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let id = &chain.id;
    let (start, end) = requested.map_or_else(Default::default, |(s, e)| (time(s), time(e)));
    let trail = trail_arn.map(str::to_owned).or_else(|| id.arn());
    let trail = trail.unwrap_or_else(|| {
        let organization = id.organization.as_deref().unwrap_or_default();
        format!("{} of organization {organization} in {}", id.trail, id.home_region)
    });
    printer.line(&format!(
        "Validating log files for trail {} between {start} and {end}",
        visible(&trail)
    ))?;
    let backfill = if id.backfill { ", backfill digest files" } else { "" };
    printer.line(&format!(
        "Account {}, region {}{backfill}\n",
        visible(&id.account),
        visible(&id.region)
    ))?;
    show_lines(&report.lines, printer)?;
    if report.stopped {
        return Ok(());
    }
    printer.line(&format!("Results requested for {start} to {end}"))?;
    match report.found {
        Some((start, end)) => {
            printer.line(&format!("Results found for {} to {}:\n", time(start), time(end)))?;
        }
        None => printer.line("No valid digests found in range\n")?,
    }
    let kind = if id.backfill { "backfill digest" } else { "digest" };
    show_ratios(&report.digests, kind, "not signed", printer)?;
    show_ratios(&report.logs, "log", "match digest files that are not signed", printer)?;
    show_remarks(report, printer)
}

/// Prints lines with their tabs, and text of files harmless.
fn show_lines(lines: &[Line], printer: &mut Printer) -> Result<(), Failure> {
    for line in lines {
        let fields = line.fields();
        let fields: Vec<_> = fields.iter().map(|field| visible(field)).collect();
        printer.line(&fields.join("\t"))?;
    }
    if lines.is_empty() { Ok(()) } else { printer.line("") }
}

fn show_ratios(
    counts: &Counts,
    kind: &str,
    unsigned: &str,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let total = counts.total();
    if total == 0 {
        return Ok(());
    }
    let mut line = format!("{}/{total} {kind} files valid", counts.valid);
    for (number, what) in [(counts.invalid, "INVALID"), (counts.unsigned, unsigned)] {
        if number > 0 {
            line.push_str(&format!(", {number}/{total} {kind} files {what}"));
        }
    }
    printer.line(&line)
}

fn show_remarks(report: &ChainReport, printer: &mut Printer) -> Result<(), Failure> {
    if report.copies > 0 {
        let files = plural(report.copies, "digest file");
        printer.line(&format!("{files} not looked at: further copies, in other folders"))?;
    }
    for bucket in &report.unknown_buckets {
        printer.warn(&format!(
            "no folder stands for the bucket {bucket}; --bucket {bucket}=FOLDER names it"
        ));
    }
    Ok(())
}

/// Prints log files that no digest file lists.
fn show_unlisted(unlisted: Unlisted, printer: &mut Printer) -> Result<(), Failure> {
    let covered = unlisted.covered.len() as u64;
    if covered > 0 {
        printer.line(
            "\nLog files that no digest file lists, INVALID ones aside, delivered at a time that some cover:\n",
        )?;
        show_lines(&unlisted.covered, printer)?;
        printer.line(&format!("{} not listed", plural(covered, "log file")))?;
    }
    let outside = [(unlisted.before, "before"), (unlisted.after, "after")];
    for (number, when) in outside.into_iter().filter(|(number, _)| *number > 0) {
        printer.line(&format!(
            "{} not validated: delivered {when} the time that digest files cover",
            plural(number, "log file")
        ))?;
    }
    for ((account, region), number) in &unlisted.without_digests {
        printer.line(&format!(
            "{} not validated: no digest file is of account {} and region {}",
            plural(*number, "log file"),
            visible(account),
            visible(region)
        ))?;
    }
    Ok(())
}

/// What all chains have together.
#[derive(Default)]
struct Totals {
    digests: Counts,
    logs: Counts,
    chains: u64,
    /// Chains whose oldest digest file names one before it.
    open: u64,
}

impl Totals {
    fn add(&mut self, report: &ChainReport) {
        for (sum, more) in [(&mut self.digests, &report.digests), (&mut self.logs, &report.logs)] {
            sum.valid += more.valid;
            sum.invalid += more.invalid;
            sum.unsigned += more.unsigned;
        }
        self.chains += 1;
        self.open += u64::from(report.before_oldest.is_some());
    }

    /// Prints what cannot be known without AWS.
    fn show_unknown(&self, printer: &mut Printer) -> Result<(), Failure> {
        if self.chains == 0 {
            return Ok(());
        }
        printer.line("\nNot known offline:")?;
        if self.digests.unsigned > 0 {
            let files = plural(self.digests.unsigned, "digest file");
            let have = if self.digests.unsigned == 1 { "has" } else { "have" };
            printer.line(&format!(
                "  whether {files} that {have} no signature here, and the log files listed there, are genuine;\n  \
                 --signatures takes it from the metadata of the object"
            ))?;
        }
        if self.open > 0 {
            let chains = if self.chains == 1 {
                "the oldest digest file".to_owned()
            } else {
                format!("the oldest digest file of {}", plural(self.open, "chain"))
            };
            printer.line(&format!(
                "  whether digest files are missing before {chains}, which names an earlier one;\n  \
                 --start-time asks for it"
            ))?;
        }
        printer.line("  whether digest files were delivered after the newest one")?;
        printer.line(
            "  whether a log file that no digest file lists was delivered by CloudTrail, and whether others such are missing",
        )
    }

    fn outcome(&self) -> Result<(), Failure> {
        let parts = [(self.digests.invalid, "digest file"), (self.logs.invalid, "log file")];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<_> = parts.map(|(number, what)| plural(number, what)).collect();
        match (parts.is_empty(), self.digests.valid) {
            (false, _) => Err(Failure::Partial(format!("{} INVALID", parts.join(" and ")))),
            (true, 0) if self.chains == 0 => Err(Failure::Partial(
                "there is no digest file, by its name, that was asked for; nothing was validated"
                    .to_owned(),
            )),
            (true, 0) => {
                Err(Failure::Partial("no digest file is valid; nothing was validated".to_owned()))
            }
            (true, _) => Ok(()),
        }
    }
}
