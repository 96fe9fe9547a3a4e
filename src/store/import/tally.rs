//! Counts what an import finds, and makes its report.

use super::contested::SharedIds;
use super::folders::Folders;
use super::outcome::{CategoryCounts, Outcome, Verdict};
use super::report::{Container, EventCounts, FailureType, FileCounts, ImportReport, MAX_REJECTS};
use crate::envelope::{Discovery, Location, Source};
use crate::event::schema::SCHEMAS;
use crate::shred::Oddities;
use crate::store::catalog::{
    DataFile, ImportStatus, KnownFile, LedgerEntry, RecordedFailure, StoreRow,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::time::Duration;

/// What an import counts, apart from the events that reach the collector.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) files: FileCounts,
    pub(super) files_read: u64,
    pub(super) events: EventCounts,
    pub(super) other_categories: CategoryCounts,
    pub(super) failures: Vec<RecordedFailure>,
    pub(super) notices: Vec<RecordedFailure>,
    pub(super) shared_ids: SharedIds,
    pub(super) other_files: BTreeMap<String, Vec<String>>,
    pub(super) containers: BTreeMap<&'static str, Container>,
    pub(super) oddities: Oddities,
    pub(super) data_files: Vec<DataFile>,
    pub(super) done: Vec<LedgerEntry>,
    /// Sources that are done and of which something is to be told: both is noted at the end.
    pub(super) done_and_told: Vec<LedgerEntry>,
    pub(super) failed: Vec<LedgerEntry>,
    /// Where sources are of which something could not be taken, as failures tell it.
    pub(super) failed_places: HashSet<String>,
    pub(super) folders: Folders,
    kept: Kept,
}

/// What was counted when all of it was in data files.
#[derive(Debug, Default)]
struct Kept {
    files: FileCounts,
    files_read: u64,
    /// Sources that need not be read again.
    done: u64,
    done_and_told: usize,
    folders_done: u64,
}

impl Tally {
    /// Counts what was found, and returns the sources that must be read.
    pub(super) fn begin(
        discovery: Discovery,
        known: &HashMap<LedgerEntry, KnownFile>,
    ) -> (Self, Vec<Source>) {
        let mut tally = Self::default();
        tally.files.seen = (discovery.sources.len() + discovery.failures.len()) as u64;
        tally.pass_over(&discovery);
        discovery.sources.iter().for_each(|source| tally.folders.add(source));
        for (location, error) in discovery.failures {
            tally.not_found(&location, &error, known);
        }
        let sources = tally.pass_over_known(discovery.sources, known);
        tally.keep();
        (tally, sources)
    }

    /// Notes that everything so far is in data files, and returns the sources that are done and were not noted yet.
    pub(super) fn keep(&mut self) -> Vec<LedgerEntry> {
        let noted = std::mem::take(&mut self.done);
        let told = self.done_and_told.len();
        let new = noted.len() + told - self.kept.done_and_told;
        self.kept = Kept {
            files: self.files.clone(),
            files_read: self.files_read,
            done: self.kept.done + new as u64,
            done_and_told: told,
            folders_done: self.folders.done(),
        };
        noted
    }

    /// Gives up what was read since the last call of [`Self::keep`]: not all of it is in data files.
    pub(super) fn give_up(&mut self) {
        self.files = self.kept.files.clone();
        self.files_read = self.kept.files_read;
        self.done.clear();
        self.done_and_told.truncate(self.kept.done_and_told);
    }

    /// Number of files that need not be read again.
    pub(super) fn files_kept(&self) -> u64 {
        self.kept.done + self.kept.files.unchanged + self.kept.files.accepted
    }

    /// Number of folders in which every file was looked at.
    pub(super) fn folders_done(&self) -> u64 {
        self.kept.folders_done
    }

    /// Number of files and records that could not be taken.
    pub(super) fn lost(&self) -> u64 {
        self.events.rejected + failed_files(&self.failures)
    }

    /// Takes what could not be looked into, unless the user has said that this is known.
    fn not_found(
        &mut self,
        location: &Location,
        error: &io::Error,
        known: &HashMap<LedgerEntry, KnownFile>,
    ) {
        let entry = LedgerEntry::unread(location);
        if entry.as_ref().is_some_and(|entry| known.contains_key(entry)) {
            self.files.accepted += 1;
            return;
        }
        self.files.failed += 1;
        self.failed.extend(entry);
        self.failed_places.insert(location.to_string());
        self.failures.push(FailureType::Unreadable.at(location, None, error.to_string()));
    }

    /// Counts the sources that need not be read again, and returns the others.
    fn pass_over_known(
        &mut self,
        sources: Vec<Source>,
        known: &HashMap<LedgerEntry, KnownFile>,
    ) -> Vec<Source> {
        let mut is_new = |source: &Source| {
            match LedgerEntry::of(source).and_then(|entry| known.get(&entry)) {
                Some(KnownFile::Imported) => self.files.unchanged += 1,
                Some(KnownFile::Accepted) => self.files.accepted += 1,
                None => return true,
            }
            self.folders.take(source);
            false
        };
        sources.into_iter().filter(|source| is_new(source)).collect()
    }

    /// Counts what is not read: no files, or files that the user left out.
    fn pass_over(&mut self, discovery: &Discovery) {
        self.files.skipped = discovery.skipped.len() as u64;
        self.files.excluded = discovery.excluded.len() as u64;
        self.files.not_wanted = discovery.not_wanted;
        self.files.seen += self.files.skipped + self.files.excluded + self.files.not_wanted;
        for (location, what) in &discovery.skipped {
            self.other_files
                .entry("not a regular file".to_owned())
                .or_default()
                .push(format!("{location} ({what})"));
        }
        for location in &discovery.excluded {
            self.other_files.entry("excluded".to_owned()).or_default().push(location.to_string());
        }
    }

    /// Counts a source that was read.
    pub(super) fn take(&mut self, source: &Source, outcome: Outcome) {
        self.files_read += 1;
        self.folders.take(source);
        *match &outcome.verdict {
            Verdict::Imported => &mut self.files.imported,
            Verdict::Digest => &mut self.files.digest,
            Verdict::OtherCategory(_) => &mut self.files.other_category,
            Verdict::Aggregated => &mut self.files.aggregated,
            Verdict::Foreign(_) => &mut self.files.foreign,
            Verdict::Failed => &mut self.files.failed,
            Verdict::Stopped => &mut self.files.not_reached,
        } += 1;
        let other = outcome.verdict.other();
        let other = other.map(|what| (what.to_owned(), source.location.to_string()));
        for (what, name) in other.into_iter().chain(outcome.other_members) {
            self.other_files.entry(what).or_default().push(name);
        }
        for (container, files) in outcome.containers {
            self.containers.entry(container).or_default().add(files);
        }
        // What was not read to its end, or not taken whole, is read again next time.
        let whole = match outcome.verdict {
            Verdict::Imported
            | Verdict::Digest
            | Verdict::OtherCategory(_)
            | Verdict::Aggregated => outcome.failures.is_empty(),
            Verdict::Failed => outcome.everything_was_taken,
            Verdict::Foreign(_) | Verdict::Stopped => false,
        };
        if !outcome.failures.is_empty() {
            self.failed_places.insert(source.location.to_string());
        }
        let is_told = !outcome.failures.is_empty() || !outcome.notices.is_empty();
        if whole {
            let done = if is_told { &mut self.done_and_told } else { &mut self.done };
            done.extend(LedgerEntry::of(source));
        } else if !outcome.failures.is_empty() {
            self.failed.extend(LedgerEntry::of(source));
        }
        self.events.add(&outcome.counts);
        for (all, of_file) in self.other_categories.iter_mut().zip(outcome.other_categories) {
            *all += of_file;
        }
        self.failures.extend(outcome.failures);
        self.notices.extend(outcome.notices);
    }

    /// Returns the report of the import `id` into `store`, in which files and failures are in order.
    pub(super) fn into_report(
        mut self,
        id: &str,
        store: &StoreRow,
        bytes_read: u64,
        elapsed: Duration,
        stopped: bool,
    ) -> ImportReport {
        let status = match (stopped, self.failures.is_empty()) {
            (true, _) => ImportStatus::Stopped,
            (false, true) => ImportStatus::Completed,
            (false, false) => ImportStatus::Failed,
        };
        let by_place = |a: &RecordedFailure, b: &RecordedFailure| {
            (&a.location, a.position).cmp(&(&b.location, b.position))
        };
        self.failures.sort_by(by_place);
        self.notices.sort_by(by_place);
        self.notices.extend(shared_ids(&self.shared_ids));
        self.other_files.values_mut().for_each(|names| names.sort_unstable());
        self.containers.values_mut().for_each(|container| container.names.sort_unstable());
        let others = SCHEMAS.into_iter().zip(self.other_categories).filter(|(_, count)| *count > 0);
        let files = &self.data_files;
        ImportReport {
            import_id: id.to_owned(),
            store: store.name.clone(),
            store_id: store.id.to_string(),
            status,
            files: self.files,
            events: self.events,
            bytes_read,
            merged: None,
            merge_error: None,
            quarantine: None,
            quarantine_error: None,
            data_files: files.len() as u64,
            data_bytes: files.iter().map(|f| f.bytes).sum(),
            without_time: files.iter().filter(|f| f.day.is_none()).map(|f| f.rows).sum(),
            seconds: elapsed.as_secs_f64(),
            other_files: self.other_files,
            containers: self.containers,
            other_categories: others.map(|(schema, n)| (schema.name().to_owned(), n)).collect(),
            unknown_fields: self.oddities.unknown,
            misfit_fields: self.oddities.misfit,
            failures: self.failures,
            notices: self.notices,
        }
    }
}

/// Number of failures that are no single records, which are counted themselves.
pub(super) fn failed_files(failures: &[RecordedFailure]) -> u64 {
    let of_files = |f: &&RecordedFailure| f.error_type != FailureType::Rejected.name();
    failures.iter().filter(of_files).count() as u64
}

/// Returns which ids stand for several events, and for how many.
fn shared_ids(found: &SharedIds) -> impl Iterator<Item = RecordedFailure> {
    let mut ids = BTreeMap::<&str, u64>::new();
    for ((_, id), events) in found {
        *ids.entry(id).or_default() += events;
    }
    ids.into_iter().take(MAX_REJECTS).map(|(id, events)| {
        let reason = format!("{events} different events have it; all are kept");
        FailureType::SharedId.at(format!("event id {id}"), None, reason)
    })
}
