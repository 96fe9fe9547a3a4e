//! Takes events from sources into a store.
//!
//! Every thread does whatever is due: it reads a source (unpack, find the records, read their
//! heads), or it writes a day (sort, shred, encode) when more is waiting than the memory allows.
//! Sources come in the order of their delivery, so that mostly whole days are written. Each data
//! file is committed as soon as it is written; a source is noted as done only at the end, when all
//! its events are in data files. So an import may be stopped or killed at any time: what is
//! committed stays, and importing again reads the rest, without doubling an event.

mod collector;
mod contested;
mod flush;
mod known;
mod reader;
mod report;

pub use report::{EventCounts, FileCounts, ImportReport, Progress};

use super::catalog::{
    DataFile, ImportEnd, ImportStatus, KnownFile, LedgerEntry, RecordedFailure, StoreRow,
};
use super::error::StoreError;
use super::lake::Lake;
use crate::columnar::Format;
use crate::envelope::{Discovery, Location, Opener, Source};
use crate::event::time::DAY_MILLIS;
use crate::shred::Oddities;
use collector::{Collector, Job};
use contested::SharedIds;
pub use flush::HINTS;
use flush::Target;
use reader::{Outcome, Staged, Verdict};
use report::{FailureType, MOST_REJECTS};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Format of the files to write; the store's own when `None`.
    pub format: Option<Format>,
    /// Threads that read and write.
    pub threads: usize,
    /// Bytes of memory to stay below, roughly.
    pub memory: usize,
    /// Whether to compress the files.
    pub compress: bool,
    /// The paths as typed, for the catalog.
    pub paths: Vec<String>,
    /// Whether to read files that were imported before, or whose failure is accepted, once more.
    pub again: bool,
}

impl ImportOptions {
    /// Imports what is new into files of the store's format.
    pub fn new(paths: &[String], threads: usize, memory: usize) -> Self {
        let paths = paths.to_vec();
        Self { format: None, threads, memory, compress: true, paths, again: false }
    }

    /// Files that live for one query are not compressed.
    pub fn for_one_query(paths: &[String], threads: usize, memory: usize) -> Self {
        Self { compress: false, ..Self::new(paths, threads, memory) }
    }
}

/// Imports what `discovery` found into `store`.
///
/// `cancel` stops it at the next event; what was read by then is written and kept.
///
/// # Errors
/// When the lake cannot be written, with all data files committed so far kept; or when another
/// import into the store runs. Files and records that cannot be read are no errors: the report has
/// them.
pub fn import(
    lake: &Lake,
    store: &StoreRow,
    discovery: Discovery,
    options: &ImportOptions,
    progress: &Progress,
    cancel: &AtomicBool,
) -> Result<ImportReport, StoreError> {
    let format = options.format.unwrap_or(store.format);
    let started = Instant::now();
    let _lock = lake.begin_import(store)?;
    let import_id = lake.new_id().to_string();
    let paths =
        serde_json::to_string(&options.paths).map_err(|e| StoreError::Bug(e.to_string()))?;
    lake.catalog().begin_import(&import_id, store.id, &paths, lake.now_millis())?;

    let mut tally = Tally::default();
    tally.files.seen = (discovery.sources.len() + discovery.failures.len()) as u64;
    tally.pass_over(&discovery);
    let known = match options.again {
        true => HashMap::new(),
        false => lake.catalog().known_files(store.id)?,
    };
    for (location, error) in discovery.failures {
        tally.not_found(&location, &error, &known);
    }
    let sources = tally.pass_over_known(discovery.sources, &known);
    progress.files.store(sources.len() as u64, Ordering::Relaxed);
    progress.bytes.store(sources.iter().map(|s| s.bytes).sum(), Ordering::Relaxed);

    let oldest = store.retention_days.map(|days| lake.now_millis() - i64::from(days) * DAY_MILLIS);
    let run = Run {
        target: Target {
            lake,
            store: store.id,
            import: &import_id,
            format,
            compress: options.compress,
        },
        // Sorting, shredding and encoding a partition needs room beside what waits.
        limit: options.memory / 2,
        sources: &sources,
        next: AtomicUsize::new(0),
        state: Mutex::new(State {
            collector: Collector::new(oldest),
            reading: 0,
            tally,
            error: None,
        }),
        changed: Condvar::new(),
        progress,
        cancel,
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads {
            scope.spawn(|| run.work());
        }
        run.work();
    });
    let state = run.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let stopped = cancel.load(Ordering::Relaxed) || state.error.is_some();
    let mut tally = state.tally;
    tally.files.not_reached += sources.len() as u64 - tally.files_read;
    let mut events = state.collector.counts.clone();
    events.add(&tally.events);

    let status = match (stopped, tally.failures.is_empty()) {
        (true, _) => ImportStatus::Stopped,
        (false, true) => ImportStatus::Completed,
        (false, false) => ImportStatus::Failed,
    };
    tally.failures.sort_by(|a, b| (&a.location, a.position).cmp(&(&b.location, b.position)));
    for names in tally.other_files.values_mut() {
        names.sort_unstable();
    }
    let mut notices = tally.notices;
    notices.sort_by(|a, b| (&a.location, a.position).cmp(&(&b.location, b.position)));
    notices.extend(shared_ids(&tally.shared_ids));
    let report = ImportReport {
        import_id: import_id.clone(),
        store: store.name.clone(),
        store_id: store.id.to_string(),
        status,
        files: tally.files,
        events,
        bytes_read: progress.bytes_done.load(Ordering::Relaxed),
        data_files: tally.data_files.len() as u64,
        data_bytes: tally.data_files.iter().map(|f| f.bytes).sum(),
        without_time: tally.data_files.iter().filter(|f| f.day.is_none()).map(|f| f.rows).sum(),
        seconds: started.elapsed().as_secs_f64(),
        other_files: tally.other_files,
        unknown_fields: tally.oddities.unknown,
        misfit_fields: tally.oddities.misfit,
        failures: tally.failures,
        notices,
    };
    if !report.balances() {
        return Err(StoreError::Bug(format!("the import does not balance: {report:?}")));
    }
    // After an error the last events of a source may be missing: none is noted as done.
    let done = if state.error.is_some() { Vec::new() } else { tally.done };
    let failed = tally.failed;
    let summary = serde_json::to_string(&report).map_err(|e| StoreError::Bug(e.to_string()))?;
    let (done, failed) = (&done, &failed);
    let (report_text, failures, notices) =
        (&summary[..], &report.failures[..], &report.notices[..]);
    let end = ImportEnd { status, report: report_text, failures, notices, done, failed };
    let ended = lake.catalog().end_import(&import_id, store.id, &end, lake.now_millis());
    match state.error {
        Some(error) => Err(error),
        None => ended.map(|()| report),
    }
}

/// Tells which ids stand for several events, and for how many.
fn shared_ids(found: &SharedIds) -> impl Iterator<Item = RecordedFailure> {
    let mut ids = BTreeMap::<&str, u64>::new();
    for ((_, id), events) in found {
        *ids.entry(id).or_default() += events;
    }
    ids.into_iter().take(MOST_REJECTS).map(|(id, events)| {
        let reason = format!("{events} different events have it; all are kept");
        FailureType::SharedId.at(format!("event id {id}"), None, reason)
    })
}

/// What the ledger says of a source. Only files have an entry.
fn ledger_entry(source: &Source) -> Option<LedgerEntry> {
    let location = source.location.key()?;
    Some(LedgerEntry { location, bytes: source.bytes, modified_nanos: source.modified_nanos })
}

/// What is counted beside the collector.
#[derive(Default)]
struct Tally {
    files: FileCounts,
    files_read: u64,
    events: EventCounts,
    failures: Vec<RecordedFailure>,
    notices: Vec<RecordedFailure>,
    shared_ids: SharedIds,
    other_files: BTreeMap<String, Vec<String>>,
    oddities: Oddities,
    data_files: Vec<DataFile>,
    done: Vec<LedgerEntry>,
    failed: Vec<LedgerEntry>,
}

impl Tally {
    /// Takes what could not be looked into, unless the user has said that this is known.
    fn not_found(
        &mut self,
        location: &Location,
        error: &io::Error,
        known: &HashMap<LedgerEntry, KnownFile>,
    ) {
        let nothing = LedgerEntry { location: String::new(), bytes: 0, modified_nanos: 0 };
        let entry = location.key().map(|location| LedgerEntry { location, ..nothing });
        if entry.as_ref().is_some_and(|entry| known.contains_key(entry)) {
            self.files.accepted += 1;
            return;
        }
        self.files.failed += 1;
        self.failed.extend(entry);
        self.failures.push(FailureType::Unreadable.at(location, None, error.to_string()));
    }

    /// Counts the sources that need not be read again, and returns the others.
    fn pass_over_known(
        &mut self,
        sources: Vec<Source>,
        known: &HashMap<LedgerEntry, KnownFile>,
    ) -> Vec<Source> {
        let is_new = |source: &Source| {
            match ledger_entry(source).and_then(|entry| known.get(&entry)) {
                Some(KnownFile::Imported) => self.files.unchanged += 1,
                Some(KnownFile::Accepted) => self.files.accepted += 1,
                None => return true,
            }
            false
        };
        sources.into_iter().filter(is_new).collect()
    }

    /// Counts what is not read: no files, or files that the user left out.
    fn pass_over(&mut self, discovery: &Discovery) {
        self.files.skipped = discovery.skipped.len() as u64;
        self.files.excluded = discovery.excluded.len() as u64;
        self.files.seen += self.files.skipped + self.files.excluded;
        for (location, what) in &discovery.skipped {
            self.other_files
                .entry("no regular file".to_owned())
                .or_default()
                .push(format!("{location} ({what})"));
        }
        for location in &discovery.excluded {
            self.other_files.entry("excluded".to_owned()).or_default().push(location.to_string());
        }
    }

    fn take(&mut self, source: &Source, outcome: Outcome) {
        self.files_read += 1;
        let (counted, other) = match &outcome.verdict {
            Verdict::Imported => (&mut self.files.imported, None),
            Verdict::Digest => (&mut self.files.digest, Some("digest")),
            Verdict::Insight => (&mut self.files.insight, Some("Insights")),
            Verdict::Aggregated => (&mut self.files.aggregated, Some("aggregated events")),
            Verdict::Foreign(reason) => (&mut self.files.foreign, Some(reason.as_str())),
            Verdict::Failed => (&mut self.files.failed, None),
            Verdict::Stopped => (&mut self.files.not_reached, None),
        };
        *counted += 1;
        if let Some(other) = other {
            let names = self.other_files.entry(other.to_owned()).or_default();
            names.push(source.location.to_string());
        }
        // What was not read to its end, or not taken whole, is read again next time.
        let whole = match outcome.verdict {
            Verdict::Imported | Verdict::Digest | Verdict::Insight | Verdict::Aggregated => {
                outcome.failures.is_empty()
            }
            Verdict::Failed => outcome.everything_was_taken,
            Verdict::Foreign(_) | Verdict::Stopped => false,
        };
        if whole {
            self.done.extend(ledger_entry(source));
        } else if !outcome.failures.is_empty() {
            self.failed.extend(ledger_entry(source));
        }
        self.events.add(&outcome.counts);
        self.failures.extend(outcome.failures);
        self.notices.extend(outcome.notices);
    }
}

struct State {
    collector: Collector,
    /// Sources being read.
    reading: usize,
    tally: Tally,
    error: Option<StoreError>,
}

struct Run<'a> {
    target: Target<'a>,
    /// Bytes of events that may wait.
    limit: usize,
    sources: &'a [Source],
    next: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
    progress: &'a Progress,
    cancel: &'a AtomicBool,
}

impl Run<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each thread does until nothing is left.
    fn work(&self) {
        let mut opener = Opener::counting(self.progress.bytes_done.clone());
        let mut staged = Staged::default();
        loop {
            let mut state = self.lock();
            if state.error.is_some() {
                state.collector.abandon_all();
                return;
            }
            if let Some(job) = state.collector.job_beyond(self.limit / 2) {
                drop(state);
                self.write(job);
                continue;
            }
            let stopped = self.cancel.load(Ordering::Relaxed);
            let source = self.sources.get(self.next.load(Ordering::Relaxed)).filter(|_| !stopped);
            if let Some(source) = source {
                self.next.fetch_add(1, Ordering::Relaxed);
                state.reading += 1;
                drop(state);
                self.read(source, &mut opener, &mut staged);
                continue;
            }
            if state.reading > 0 {
                // Whoever still reads may leave work behind.
                drop(self.changed.wait(state).unwrap_or_else(PoisonError::into_inner));
                continue;
            }
            let Some(job) = state.collector.job_beyond(0) else { return };
            drop(state);
            self.write(job);
        }
    }

    fn read(&self, source: &Source, opener: &mut Opener, staged: &mut Staged) {
        let outcome = reader::read_source(
            opener,
            source,
            staged,
            self.cancel,
            self.progress,
            &mut |staged| self.hand_over(staged),
        );
        let mut state = self.lock();
        state.reading -= 1;
        state.tally.take(source, outcome);
        if let Some(day) = source.settled_before() {
            state.collector.settle(day);
        }
        drop(state);
        Progress::add(&self.progress.files_done, 1);
        self.changed.notify_all();
    }

    /// Gives staged events to the collector; writes days, or waits for others to, while it holds too
    /// much. Answers false when the import has failed.
    fn hand_over(&self, staged: &mut Staged) -> bool {
        let mut state = self.lock();
        if state.error.is_some() {
            // Read, and to be read again by the next import.
            let lost = staged.events.len();
            state.collector.counts.read += lost as u64;
            state.collector.abandon(lost);
            return false;
        }
        let before = state.collector.counts.read;
        let taken = state.collector.take(staged, |day| self.target.known_events(day));
        if let Err(error) = taken {
            let lost = staged.events.len() as u64 - (state.collector.counts.read - before);
            state.collector.counts.read += lost;
            // The event whose day could not be read is counted as read already.
            state.collector.abandon(lost as usize + 1);
            return self.fail(state, error);
        }
        if state.collector.held() > self.limit / 2 {
            self.changed.notify_all(); // whoever waits may write, while this thread reads on
        }
        while state.collector.held() > self.limit && state.error.is_none() {
            if let Some(job) = state.collector.job_beyond(self.limit / 2) {
                drop(state);
                self.write(job);
                state = self.lock();
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.error.is_none()
    }

    fn write(&self, mut job: Job) {
        let events = job.partition.len();
        let written = self.target.write(&mut job);
        let mut state = self.lock();
        state.collector.done(job, self.limit / 4);
        match written {
            Ok(written) => {
                state.collector.counts.duplicate += written.duplicates;
                if let Some(file) = written.file {
                    state.collector.counts.stored += file.rows;
                    Progress::add(&self.progress.stored, file.rows);
                    state.tally.data_files.push(file);
                }
                state.tally.oddities.absorb(written.oddities);
                state.tally.shared_ids.extend(written.shared_ids);
                drop(state);
                self.changed.notify_all();
            }
            Err(error) => {
                state.collector.abandon(events);
                self.fail(state, error);
            }
        }
    }

    fn fail(&self, mut state: MutexGuard<'_, State>, error: StoreError) -> bool {
        state.error.get_or_insert(error);
        drop(state);
        self.changed.notify_all();
        false
    }
}

#[cfg(test)]
mod tests;
