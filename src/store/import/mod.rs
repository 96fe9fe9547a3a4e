//! Takes events from sources into a store.
//!
//! Every thread does what is due: it reads a source (unpack, find the records, read their
//! heads), or it writes a day (sort, shred, encode) when more is waiting than the memory allows.
//! Sources come in the order of their delivery, so that mostly whole days are written. Each data
//! file is committed as soon as it is written; a source is noted as done when all its events are in
//! data files, which is at the end, or after each of its rounds. So an import may be stopped or killed at any time: what is
//! committed stays, and importing again reads the rest, without storing an event twice.

mod announced;
mod collector;
mod contested;
mod counters;
mod flush;
mod folders;
mod order;
mod outcome;
mod quarantine;
mod reader;
mod report;
mod rounds;
mod stop;
mod tally;

pub use counters::{ImportCounters, ImportTotals};
pub use report::{EventCounts, FileCounts, ImportReport, Progress};

use super::catalog::{ImportEnd, KnownFile, LedgerEntry, MAX_LOOKUPS, StoreRow};
use super::compact::CompactOptions;
use super::data_files::DataFiles;
use super::error::StoreError;
use super::lake::Lake;
use crate::columnar::Format;
use crate::envelope::{Discovery, Location, Objects, Opener, Source, shown};
use collector::{Collector, Job};
use flush::Target;
use quarantine::Quarantine;
use reader::{Staged, Wanted};
use rounds::Round;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tally::Tally;

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
    /// Whether to merge data files where it would leave many of one day.
    pub compact: bool,
    /// The folder of a file for the records that are rejected, if they are to be kept.
    pub quarantine: Option<PathBuf>,
    /// The import that this is a run of, as [`Lake::announce_import`] returned it; `None` for a new one.
    pub id: Option<String>,
    /// Whether it copies logs as CloudTrail's imports do: every event of them, whatever the store's selectors say, also
    /// into a store that takes no others.
    pub copies: bool,
    /// How often what was read is written and noted, so that a further run goes on from there; `None` does so at the end.
    /// A run that is stopped gives up what it read since, and else writes all that it has read.
    pub rounds: Option<Duration>,
}

impl ImportOptions {
    /// Imports what is new into files of the store's format.
    pub fn new(paths: &[String], threads: usize, memory: usize) -> Self {
        let paths = paths.to_vec();
        Self {
            format: None,
            threads,
            memory,
            compress: true,
            paths,
            again: false,
            compact: true,
            quarantine: None,
            id: None,
            copies: false,
            rounds: None,
        }
    }

    /// Files that live for one query are neither compressed nor merged.
    pub fn for_one_query(paths: &[String], threads: usize, memory: usize) -> Self {
        Self { compress: false, compact: false, ..Self::new(paths, threads, memory) }
    }
}

/// Imports what `discovery` found into `store`.
///
/// It waits for other imports into the store to end. `cancel` stops it at the next event; what was read by then is
/// written and kept, or of an import in rounds given up from the end of the last one on.
///
/// # Errors
/// When the lake cannot be written, with all data files committed so far kept; or [`StoreError::Interrupted`] when
/// it was cancelled while it waited. Files and records that cannot be read are in the report, not errors.
pub fn import(
    lake: &Lake,
    store: &StoreRow,
    discovery: Discovery,
    options: &ImportOptions,
    progress: &Progress,
    cancel: &AtomicBool,
) -> Result<ImportReport, StoreError> {
    let (_lock, store) = lake.lock_when_free(store, cancel)?;
    if options.copies { store.check_not_deleted() } else { store.check_ingests() }?;
    lake.import_totals().count(|| import_now(lake, &store, discovery, options, progress, cancel))
}

/// Imports, while nobody else changes the store.
fn import_now(
    lake: &Lake,
    store: &StoreRow,
    discovery: Discovery,
    options: &ImportOptions,
    progress: &Progress,
    cancel: &AtomicBool,
) -> Result<ImportReport, StoreError> {
    if !lake.paths().description(store.id).exists() {
        lake.describe(store);
    }
    let started = Instant::now();
    let id = options.id.clone().unwrap_or_else(|| lake.new_id().to_string());
    let paths =
        serde_json::to_string(&options.paths).map_err(|e| StoreError::Bug(e.to_string()))?;
    lake.catalog().begin_import(&id, store.id, &paths, lake.now_millis())?;

    let filter = store.filter().filter(|_| !options.copies);
    let known = match options.again {
        true => HashMap::new(),
        // Of the others some may have been read without what selectors kept out.
        false if options.copies && store.filter().is_some() => {
            lake.catalog().files_known_whole(store.id, lake.now_millis())?
        }
        false => known_files(lake, store, &discovery)?,
    };
    let objects = discovery.objects.clone();
    let (tally, mut sources) = Tally::begin(discovery, &known);
    // Sorting, shredding and encoding a partition needs memory, too.
    let limit = options.memory / 2;
    order::by_time(&mut sources, limit / 2, options.threads, cancel);
    if let Some(objects) = &objects {
        objects.expect(expected(&sources));
    }
    progress.files.store(sources.len() as u64, Ordering::Relaxed);
    progress.bytes.store(sources.iter().map(|s| s.bytes).sum(), Ordering::Relaxed);

    let quarantine = options.quarantine.as_ref().map(|folder| Quarantine::new(folder, &id));
    let oldest = store.oldest_kept(lake.now_millis());
    let run = ImportRun {
        target: Target {
            files: DataFiles { compress: options.compress, ..DataFiles::of(lake, store) },
            import: &id,
            format: options.format.unwrap_or(store.format),
        },
        limit,
        wanted: Wanted { schema: store.schema, selectors: filter, quarantine: quarantine.as_ref() },
        sources: &sources,
        objects,
        next: AtomicUsize::new(0),
        state: Mutex::new(ImportState {
            collector: Collector::new(oldest),
            reading: BTreeSet::new(),
            tally,
            error: None,
        }),
        changed: Condvar::new(),
        round: Round::new(options.rounds),
        progress,
        cancel,
    };
    let ImportState { collector, mut tally, error, .. } =
        stop::until_asked(lake.paths().stop_request(store.id), &id, cancel, || {
            run.in_rounds(options.threads, lake.catalog(), store.id)
        });
    tally.files.not_reached += sources.len() as u64 - tally.files_read;
    tally.events.add(&collector.counts);
    let stopped = cancel.load(Ordering::Relaxed) || error.is_some();
    let mut done = std::mem::take(&mut tally.done);
    done.append(&mut tally.done_and_told);
    let failed = std::mem::take(&mut tally.failed);
    let failed_places = std::mem::take(&mut tally.failed_places);
    let written = tally.data_files.clone();
    let bytes_read = progress.bytes_done.load(Ordering::Relaxed);
    let mut report = tally.into_report(&id, store, bytes_read, started.elapsed(), stopped);
    match quarantine.map_or(Ok(None), Quarantine::finish) {
        Ok(file) => report.quarantine = file.map(|file| shown(&file)),
        Err(error) => report.quarantine_error = Some(error),
    }
    if !report.balances() {
        return Err(StoreError::Bug(format!("the import does not balance: {report:?}")));
    }
    let summary = serde_json::to_string(&report).map_err(|e| StoreError::Bug(e.to_string()))?;
    let end = ImportEnd {
        status: report.status,
        report: &summary,
        failures: &report.failures,
        notices: &report.notices,
        // After an error the last events of a source may be missing: none is noted as done.
        done: if error.is_some() { &[][..] } else { &done },
        failed: &failed,
        failed_places: &failed_places,
    };
    let ended = lake.catalog().end_import(&id, store.id, &end, lake.now_millis());
    if let Some(error) = error {
        return Err(error);
    }
    ended?;
    if options.compact && !stopped {
        let options = CompactOptions { threads: options.threads, memory: options.memory };
        // Whatever becomes of this, the import is done.
        match lake.compact_after_import(store, &written, options, cancel) {
            Ok(merged) => report.merged = Some(merged).filter(|merged| merged.files_before > 0),
            Err(error) => report.merge_error = Some(error.to_string()),
        }
    }
    Ok(report)
}

/// Returns which of the files that were found need not be read.
fn known_files(
    lake: &Lake,
    store: &StoreRow,
    found: &Discovery,
) -> Result<HashMap<LedgerEntry, KnownFile>, StoreError> {
    if found.sources.len() > MAX_LOOKUPS {
        return lake.catalog().known_files(store.id, lake.now_millis());
    }
    let unread = found.failures.iter().filter_map(|(location, _)| LedgerEntry::unread(location));
    let files: Vec<_> = found.sources.iter().filter_map(LedgerEntry::of).chain(unread).collect();
    lake.catalog().known_files_among(store.id, lake.now_millis(), &files)
}

/// Returns the objects among the sources, with their sizes.
fn expected(sources: &[Source]) -> Vec<(String, u64)> {
    let object = |source: &Source| match &source.location {
        Location::Object(address) => Some((address.clone(), source.bytes)),
        _ => None,
    };
    sources.iter().filter_map(object).collect()
}

struct ImportState {
    collector: Collector,
    /// Sources being read, by their numbers.
    reading: BTreeSet<usize>,
    tally: Tally,
    error: Option<StoreError>,
}

struct ImportRun<'a> {
    target: Target<'a>,
    /// Bytes of events that may wait.
    limit: usize,
    wanted: Wanted<'a>,
    sources: &'a [Source],
    objects: Option<Arc<dyn Objects>>,
    next: AtomicUsize,
    state: Mutex<ImportState>,
    changed: Condvar,
    round: Round,
    progress: &'a Progress,
    cancel: &'a AtomicBool,
}

impl ImportRun<'_> {
    fn lock(&self) -> MutexGuard<'_, ImportState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Does the work of a round on so many threads.
    fn on_threads(&self, threads: usize) {
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| self.work());
            }
            self.work();
        });
    }

    /// What each thread does until nothing is left.
    fn work(&self) {
        let mut opener = Opener::new(self.progress.bytes_done.clone(), self.objects.clone());
        let mut staged = Staged::default();
        loop {
            let mut state = self.lock();
            let stopped = self.is_stopped();
            if state.error.is_some() || stopped && self.round.is_one_of_several() {
                state.collector.abandon_all();
                drop(state);
                // Others may wait for room.
                self.changed.notify_all();
                return;
            }
            if let Some(job) = state.collector.next_job(self.limit / 2) {
                drop(state);
                self.write(job);
                continue;
            }
            let number = self.next.load(Ordering::Relaxed);
            let source = self.sources.get(number);
            let source = source.filter(|_| !stopped && !self.round.is_over(number));
            if let Some(source) = source {
                self.next.fetch_add(1, Ordering::Relaxed);
                state.reading.insert(number);
                drop(state);
                self.read(number, source, &mut opener, &mut staged);
                continue;
            }
            if !state.reading.is_empty() {
                // A thread that still reads may hand over more events.
                drop(self.changed.wait(state).unwrap_or_else(PoisonError::into_inner));
                continue;
            }
            let Some(job) = state.collector.next_job(0) else { return };
            drop(state);
            self.write(job);
        }
    }

    fn read(&self, number: usize, source: &Source, opener: &mut Opener, staged: &mut Staged) {
        let outcome = reader::read_source(
            opener,
            source,
            self.wanted,
            staged,
            self.cancel,
            self.progress,
            &mut |staged| self.hand_over(staged),
        );
        let mut state = self.lock();
        state.reading.remove(&number);
        state.tally.take(source, outcome);
        // What was delivered earlier and is still read may have copies, which are told to be found there.
        let first = state.reading.first().map_or(source, |first| &self.sources[*first]);
        if let Some(day) = first.complete_before() {
            state.collector.mark_complete_before(day);
        }
        drop(state);
        Progress::add(&self.progress.files_done, 1);
        self.changed.notify_all();
    }

    /// Gives staged events to the collector; writes days, or waits for others to, while it holds too
    /// much. Returns false when the import has failed.
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
            self.changed.notify_all(); // a waiting thread may write, while this one reads on
        }
        while state.collector.held() > self.limit && state.error.is_none() {
            if let Some(job) = state.collector.next_job(self.limit / 2) {
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
                state.tally.oddities.merge(written.oddities);
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

    fn fail(&self, mut state: MutexGuard<'_, ImportState>, error: StoreError) -> bool {
        state.error.get_or_insert(error);
        drop(state);
        self.changed.notify_all();
        false
    }
}

#[cfg(test)]
mod tests;
