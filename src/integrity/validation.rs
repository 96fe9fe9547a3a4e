//! Runs the checks: finds chains and folders of buckets, walks the chains, and hashes log files on all threads.

use super::buckets::{Buckets, Object};
use super::chain::{Chain, Filter};
use super::digest::{Digest, LogFile, hex};
use super::keys::PublicKeys;
use super::names::{DigestName, LogName};
use super::parallel::in_parallel;
use super::report::{ChainReport, DigestStatus, Line, LogStatus, Unlisted};
use super::signatures::Signatures;
use super::unpack::{End, UnpackError, Watch, unpack_file};
use super::walk::{Evidence, Range, Step, Walk};
use crate::envelope::{Location, Source};
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Log files that are collected before they are hashed.
const BATCH_LOGS: usize = 4096;
/// Digest files that are collected at most, as most may be empty.
const BATCH_DIGESTS: usize = 512;

/// What is to be checked, and against what.
#[derive(Debug, Default)]
pub struct Settings {
    /// Buckets and the folders that stand for them, absolute; others are guessed.
    pub buckets: Vec<(String, PathBuf)>,
    /// Public keys of CloudTrail.
    pub keys: PublicKeys,
    /// Signatures saved from the metadata of digest files.
    pub signatures: Signatures,
    /// Which chains.
    pub filter: Filter,
    /// From when on; all there is if `None`.
    pub start: Option<DateTime<Utc>>,
    /// Until when; all there is if `None`.
    pub end: Option<DateTime<Utc>>,
    /// Threads to use.
    pub threads: usize,
}

/// How far it is, for others to look at.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes read, packed.
    pub bytes: AtomicU64,
    /// Files read.
    pub files: AtomicU64,
}

/// A log file on disk.
#[derive(Debug)]
struct LogOnDisk {
    account: String,
    region: String,
    delivered: DateTime<Utc>,
    bytes: u64,
}

/// Start and end of what digest files cover.
type Span = (DateTime<Utc>, DateTime<Utc>);

/// Digest files and log files, found and sorted.
#[derive(Debug)]
pub struct Validation {
    settings: Settings,
    range: Range,
    buckets: Buckets,
    chains: Vec<Chain>,
    /// Log files that no digest file has listed so far, by their path.
    unlisted: BTreeMap<PathBuf, LogOnDisk>,
    /// Number and size of the log files to check, by account and region.
    sizes: HashMap<(String, String), (u64, u64)>,
    /// By account and region.
    covered: HashMap<(String, String), Span>,
}

impl Validation {
    /// Sorts the files that were found, and finds out which folders stand for buckets, for which every digest file is
    /// read. If `cancel` is set meanwhile, the rest stops, too.
    pub fn prepare(
        settings: Settings,
        sources: &[Source],
        progress: &Progress,
        cancel: &AtomicBool,
    ) -> Self {
        let range = Range { start: settings.start, end: settings.end };
        let files: Vec<_> = sources.iter().filter_map(absolute).collect();
        let unlisted = files.iter().filter_map(|(path, bytes)| {
            Some((path.clone(), log_on_disk(path, *bytes, &settings.filter)?))
        });
        let unlisted: BTreeMap<_, _> = unlisted.collect();
        let mut chains = Chain::all(files);
        chains.retain(|chain| {
            settings.filter.takes(&chain.id) && chain.files.iter().any(|file| range.takes(file))
        });
        let watch = Watch { bytes: &progress.bytes, cancel };
        let files: Vec<_> = chains.iter().flat_map(|chain| &chain.files).collect();
        let says = in_parallel(&files, settings.threads, |file| {
            let digest = Digest::read(&file.path, watch).ok();
            progress.files.fetch_add(1, Ordering::Relaxed);
            digest.map(|digest| digest.object)
        });
        let known = files.iter().zip(&says);
        let known = known.filter_map(|(file, says)| Some((file.path.as_path(), says.as_ref()?)));
        let buckets = Buckets::new(&settings.buckets, known);
        let mut sizes: HashMap<_, (u64, u64)> = HashMap::new();
        for log in unlisted.values().filter(|log| range.has(log.delivered)) {
            let sum = sizes.entry((log.account.clone(), log.region.clone())).or_default();
            *sum = (sum.0 + 1, sum.1 + log.bytes);
        }
        Self { settings, range, buckets, chains, unlisted, sizes, covered: HashMap::new() }
    }

    /// Returns how many digest files there are among the sources, and their size, for a progress bar of
    /// [`Self::prepare`].
    pub fn digests(sources: &[Source]) -> (u64, u64) {
        let sizes = sources.iter().filter_map(|source| match &source.location {
            Location::File(path) => {
                DigestName::parse(path.file_name()?.to_str()?).map(|_| source.bytes)
            }
            Location::Pipe(_) | Location::Stdin | Location::Object(_) => None,
        });
        sizes.fold((0, 0), |(files, bytes), size| (files + 1, bytes + size))
    }

    /// Returns the chains that are checked.
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// Returns how many files a chain is about, and their size.
    pub fn size(&self, chain: &Chain) -> (u64, u64) {
        let digests = chain.files.iter().filter(|file| self.range.takes(file)).map(|f| f.bytes);
        let area = (chain.id.account.clone(), chain.id.region.clone());
        let logs = self.sizes.get(&area).copied().unwrap_or_default();
        digests.fold(logs, |(files, bytes), size| (files + 1, bytes + size))
    }

    /// Returns start and end of the time that is asked for; of what is on disk of the chain where none is.
    pub fn requested(&self, chain: &Chain) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (first, last) = (chain.files.first()?.end, chain.files.last()?.end);
        Some((self.range.start.unwrap_or(first), self.range.end.unwrap_or(last)))
    }

    /// Checks a chain, of [`Self::chains`] the one at `at`. All lines are reported if `verbose`, otherwise those that
    /// tell of something that is not simply in order.
    pub fn check(
        &mut self,
        at: usize,
        verbose: bool,
        progress: &Progress,
        cancel: &AtomicBool,
    ) -> ChainReport {
        let mut report = ChainReport::default();
        let Some(chain) = self.chains.get(at) else { return report };
        let watch = Watch { bytes: &progress.bytes, cancel };
        let evidence = Evidence {
            buckets: &self.buckets,
            keys: &self.settings.keys,
            signatures: &self.settings.signatures,
        };
        let mut walk = Walk::new(evidence, self.range, chain, watch, self.settings.threads);
        loop {
            let batch = batch(&mut walk);
            if batch.is_empty() || walk.stopped {
                break;
            }
            progress.files.fetch_add(batch.len() as u64, Ordering::Relaxed);
            let logs: Vec<_> = batch.iter().flat_map(|step| &step.logs).collect();
            let checked = in_parallel(&logs, self.settings.threads, |log| {
                let checked = check_log(&self.buckets, log, watch);
                progress.files.fetch_add(1, Ordering::Relaxed);
                checked
            });
            if cancel.load(Ordering::Relaxed) {
                report.stopped = true;
                break;
            }
            for (log, (path, _)) in logs.iter().zip(&checked) {
                match path {
                    Some(path) => drop(self.unlisted.remove(path)),
                    None if !self.buckets.knows(&log.bucket) => {
                        report.unknown_buckets.insert(log.bucket.clone());
                    }
                    None => {}
                }
            }
            let mut checked = checked.into_iter().map(|(_, status)| status);
            for step in batch {
                add_step(&mut report, step, &mut checked, verbose, self.range, chain.id.backfill);
            }
        }
        report.stopped |= walk.stopped;
        report.before_oldest = walk.before_oldest;
        report.copies = walk.copies;
        if let Some(span) = report.covered {
            let area = (chain.id.account.clone(), chain.id.region.clone());
            let known = self.covered.entry(area).or_insert(span);
            *known = union(*known, span);
        }
        report
    }

    /// Returns log files on disk that no digest file lists, once all chains are checked.
    pub fn unlisted(self) -> Unlisted {
        let mut found = Unlisted::default();
        for (path, log) in &self.unlisted {
            if !self.range.has(log.delivered) {
                continue;
            }
            let area = (log.account.clone(), log.region.clone());
            match self.covered.get(&area) {
                Some((start, _)) if log.delivered < *start => found.before += 1,
                Some((_, end)) if log.delivered >= *end => found.after += 1,
                Some(_) => {
                    let name = self.buckets.object(path);
                    let name = name.map_or_else(|| crate::envelope::shown(path), |o| o.to_string());
                    found.covered.push(Line::Log { name, status: LogStatus::NotListed });
                }
                // Those of other accounts are not of the trail that is asked for.
                None if self.settings.filter.trail.is_some() => {}
                None => *found.without_digests.entry(area).or_default() += 1,
            }
        }
        found
    }
}

/// Returns the absolute path and the size of a file.
fn absolute(source: &Source) -> Option<(PathBuf, u64)> {
    let Location::File(path) = &source.location else { return None };
    Some((std::path::absolute(path).ok()?, source.bytes))
}

fn log_on_disk(path: &Path, bytes: u64, filter: &Filter) -> Option<LogOnDisk> {
    let name = LogName::parse(path.file_name()?.to_str()?)?;
    filter.takes_logs(&name.account, &name.region).then_some(LogOnDisk {
        account: name.account,
        region: name.region,
        delivered: name.delivered,
        bytes,
    })
}

/// Takes steps until there is enough to do for all threads.
fn batch(walk: &mut Walk<'_>) -> Vec<Step> {
    let (mut steps, mut logs) = (Vec::new(), 0);
    while logs < BATCH_LOGS && steps.len() < BATCH_DIGESTS {
        let Some(step) = walk.next() else { break };
        logs += step.logs.len();
        steps.push(step);
    }
    steps
}

fn union(one: Span, other: Span) -> Span {
    (one.0.min(other.0), one.1.max(other.1))
}

/// Adds a digest file and its log files, whose statuses are next in `checked`.
fn add_step(
    report: &mut ChainReport,
    step: Step,
    checked: &mut impl Iterator<Item = LogStatus>,
    verbose: bool,
    range: Range,
    backfill: bool,
) {
    let mut add = |line: Line| {
        if verbose || line.is_important() {
            report.lines.push(line);
        }
    };
    report.digests.add_digest(&step.status);
    if let Some(span) = step.covered {
        report.covered = Some(report.covered.map_or(span, |known| union(known, span)));
        if step.status == DigestStatus::Valid {
            let span = (
                range.start.map_or(span.0, |start| span.0.max(start)),
                range.end.map_or(span.1, |end| span.1.min(end)),
            );
            report.found = Some(report.found.map_or(span, |known| union(known, span)));
        }
    }
    let signed = step.status == DigestStatus::Valid;
    add(Line::Digest { name: step.name, backfill, status: step.status });
    for (log, status) in step.logs.into_iter().zip(checked) {
        let status = match status {
            LogStatus::Valid if !signed => LogStatus::Matches,
            status => status,
        };
        report.logs.add_log(&status);
        let name = Object { bucket: log.bucket, key: log.key }.to_string();
        add(Line::Log { name, status });
    }
    step.gap.into_iter().for_each(add);
}

/// Returns where a log file is, and whether it is as it is listed.
fn check_log(buckets: &Buckets, log: &LogFile, watch: Watch<'_>) -> (Option<PathBuf>, LogStatus) {
    let Some(path) = buckets.find(&log.bucket, &log.key) else {
        return (None, LogStatus::NotFound);
    };
    let mut hash = Sha256::new();
    let end = unpack_file(&path, watch, |piece| {
        hash.update(piece);
        true
    });
    let same = hex(&hash.finalize()).eq_ignore_ascii_case(&log.hash);
    let status = match end {
        Ok(End::Trailing) => LogStatus::Trailing,
        // As in the AWS CLI, what is cut off is told by its hash.
        Ok(End::Whole | End::CutOff) if same => LogStatus::Valid,
        Ok(End::Whole | End::CutOff) => LogStatus::Hash,
        Err(UnpackError::NotFound) => LogStatus::NotFound,
        Err(UnpackError::Io(error)) => LogStatus::Unreadable(error.to_string()),
        Err(UnpackError::Format | UnpackError::TooLarge | UnpackError::Stopped) => {
            LogStatus::Format
        }
    };
    (Some(path), status)
}
