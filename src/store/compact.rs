//! Compaction: many data files of a day become few.
//!
//! Files are merged by day and format, as many as fit into memory at once. A merged file is written from the records
//! of the files, so it is the file that one import of all their events would have written. It takes their place in one
//! transaction; queries that are running read the old ones to their end.

use super::catalog::{DataFile, StoreRow};
use super::data_files::DataFiles;
use super::error::StoreError;
use super::lake::Lake;
use super::partition::{EVENT_OVERHEAD_BYTES, Partition};
use crate::columnar::Format;
use crate::event::digest::record_digest;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Small files of a day that an import leaves; more are merged.
const MAX_SMALL_FILES: usize = 7;
/// How much larger than all smaller ones together a file is that is not written again with them.
const GROWTH: u64 = 4;
/// Record bytes up to which a file is small, whatever the others are.
const SMALL_BYTES: u64 = 1 << 20;
/// The most record bytes of a merged file.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// How to compact.
#[derive(Debug, Clone, Copy)]
pub struct CompactOptions {
    /// Threads that merge, a day each.
    pub threads: usize,
    /// Bytes of memory to stay below, roughly.
    pub memory: usize,
}

impl CompactOptions {
    /// Bytes that the events of a merged file take in memory.
    fn limit(self) -> u64 {
        (self.memory as u64 / (2 * self.threads.max(1) as u64)).min(MAX_FILE_BYTES)
    }
}

/// Files of one day that become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// UTC day of their events.
    pub day: Option<NaiveDate>,
    /// The format of that file.
    pub format: Format,
    /// The files.
    pub files: Vec<DataFile>,
}

impl Merge {
    /// Events of the files.
    pub fn events(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }
}

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CompactionReport {
    /// Days whose files were merged.
    pub days: u64,
    /// Events in these files.
    pub events: u64,
    /// Data files that were merged, and their bytes.
    pub files_before: u64,
    /// Bytes of these.
    pub bytes_before: u64,
    /// Data files that they became.
    pub files_after: u64,
    /// Bytes of these.
    pub bytes_after: u64,
    /// Whether merged files are still on the disk, as queries are running that may read them; the next import or
    /// compaction removes them.
    pub kept_for_queries: bool,
}

impl CompactionReport {
    /// Returns what merges would come to, as far as that is known before.
    pub fn planned(merges: &[Merge]) -> Self {
        let mut report = Self::default();
        merges.iter().for_each(|merge| report.add(merge));
        report.days = merges.iter().map(|merge| merge.day).collect::<BTreeSet<_>>().len() as u64;
        report
    }

    fn add(&mut self, merge: &Merge) {
        self.events += merge.events();
        self.files_before += merge.files.len() as u64;
        self.bytes_before += merge.files.iter().map(|file| file.bytes).sum::<u64>();
        self.files_after += 1;
    }
}

/// What a running compaction has done, for a progress bar.
#[derive(Debug, Default)]
pub struct CompactionProgress {
    /// Events to write.
    pub events: AtomicU64,
    /// Events written.
    pub events_done: AtomicU64,
}

impl Lake {
    /// Returns what [`Self::compact`] would merge.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn merges(
        &self,
        store: &StoreRow,
        options: CompactOptions,
    ) -> Result<Vec<Merge>, StoreError> {
        Ok(everything(self.catalog().data_files(store.id)?, options.limit()))
    }

    /// Merges the files of each day of a store into as few as memory allows. It waits for an import that is running.
    ///
    /// `cancel` stops it before the next file; what was merged by then stays merged.
    ///
    /// # Errors
    /// When the store is pending deletion, `cancel` was set before the lock was free, or a file cannot be read or the
    /// lake not be written; the files that were to be merged then stay.
    pub fn compact(
        &self,
        store: &StoreRow,
        options: CompactOptions,
        progress: &CompactionProgress,
        cancel: &AtomicBool,
    ) -> Result<CompactionReport, StoreError> {
        let (_lock, store) = self.lock_when_free(store, cancel)?;
        store.check_not_deleted()?;
        let merges = self.merges(&store, options)?;
        self.merge(&store, &merges, options.threads, progress, cancel)
    }

    /// Merges what an import of the files `written` left in many pieces. The write lock is held.
    pub(super) fn compact_after_import(
        &self,
        store: &StoreRow,
        written: &[DataFile],
        options: CompactOptions,
        cancel: &AtomicBool,
    ) -> Result<CompactionReport, StoreError> {
        let mut merges = Vec::new();
        let days: BTreeSet<_> = written.iter().map(|file| file.day).collect();
        for day in days {
            let of_day = self.catalog().data_files_of_day(store.id, day)?;
            merges.extend(settled(of_day, written, options.limit()));
        }
        self.merge(store, &merges, options.threads, &CompactionProgress::default(), cancel)
    }

    /// Merges on so many threads. The write lock is held.
    pub(super) fn merge(
        &self,
        store: &StoreRow,
        merges: &[Merge],
        threads: usize,
        progress: &CompactionProgress,
        cancel: &AtomicBool,
    ) -> Result<CompactionReport, StoreError> {
        let files = DataFiles::of(self, store);
        progress.events.store(merges.iter().map(Merge::events).sum(), Ordering::Relaxed);
        let next = AtomicUsize::new(0);
        let done = Mutex::new((CompactionReport::default(), BTreeSet::new()));
        let work = || -> Result<(), StoreError> {
            let mut spare = Vec::new();
            while !cancel.load(Ordering::Relaxed) {
                let Some(merge) = merges.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                let new = merge_files(files, merge, &mut spare)
                    .inspect_err(|_| next.store(merges.len(), Ordering::Relaxed))?;
                progress.events_done.fetch_add(new.rows, Ordering::Relaxed);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                let (report, days) = &mut *done;
                days.insert(merge.day);
                report.add(merge);
                report.bytes_after += new.bytes;
            }
            Ok(())
        };
        let ended: Vec<_> = std::thread::scope(|scope| {
            let others: Vec<_> =
                (1..threads.min(merges.len())).map(|_| scope.spawn(work)).collect();
            let first = work();
            let join = |other: std::thread::ScopedJoinHandle<'_, _>| {
                other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            std::iter::once(first).chain(others.into_iter().map(join)).collect()
        });
        ended.into_iter().collect::<Result<(), _>>()?;
        let (mut report, days) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        report.days = days.len() as u64;
        report.kept_for_queries = report.files_before > 0 && !self.sweep(store.id)?;
        Ok(report)
    }
}

/// Writes the file that takes the place of the files of a merge, and lists it instead of them.
fn merge_files(
    files: DataFiles<'_>,
    merge: &Merge,
    spare: &mut Vec<Vec<u8>>,
) -> Result<DataFile, StoreError> {
    let mut partition = Partition::default();
    for file in &merge.files {
        let mut damage = None;
        files.each_event(file, true, &mut |event| {
            // What rotted on the disk must not be given a new hash.
            if record_digest(event.record) != event.key.digest {
                damage.get_or_insert("a record does not have its checksum");
            }
            partition.push(event.key, event.found, event.record, spare);
        })?;
        if let Some(reason) = damage {
            let path = files.path(&file.path);
            return Err(StoreError::Damaged { path, reason: reason.to_owned() });
        }
    }
    partition.sort();
    let (new, _) = files.write(merge.day, merge.format, |rows| {
        partition.events().try_for_each(|(key, found, record)| rows.push(key, found, record))
    })?;
    partition.recycle(spare);
    // If this fails, whether it was committed is not certain: what is not listed is swept by the next change.
    files.lake.catalog().merge_data_files(files.store, &merge.files, &new)?;
    Ok(new)
}

/// Returns about how many bytes the events of a file take in memory.
fn cost(file: &DataFile) -> u64 {
    file.json_bytes + file.rows * EVENT_OVERHEAD_BYTES as u64
}

/// Returns the files of each day and format, as many together as stay below `limit`.
fn everything(files: Vec<DataFile>, limit: u64) -> Vec<Merge> {
    let mut days: BTreeMap<_, Vec<DataFile>> = BTreeMap::new();
    for file in files {
        days.entry((file.day, file.format.name())).or_default().push(file);
    }
    days.into_values().flat_map(|of_day| groups(of_day, limit)).collect()
}

/// Cuts files of one day and format, in the order of their first events, into groups below `limit`. A file alone needs
/// no merge.
fn groups(mut files: Vec<DataFile>, limit: u64) -> Vec<Merge> {
    files.sort_by(|a, b| (a.min_time, &a.path).cmp(&(b.min_time, &b.path)));
    let mut groups: Vec<(u64, Vec<DataFile>)> = Vec::new();
    for file in files {
        let bytes = cost(&file);
        match groups.last_mut() {
            Some((held, group)) if *held + bytes <= limit => {
                *held += bytes;
                group.push(file);
            }
            _ => groups.push((bytes, vec![file])),
        }
    }
    let merge = |(_, files): (u64, Vec<DataFile>)| {
        let first = files.first().filter(|_| files.len() > 1)?;
        Some(Merge { day: first.day, format: first.format, files })
    };
    groups.into_iter().filter_map(merge).collect()
}

/// Returns what to merge of a day to which an import added the files `written`: these, if they are several, and small
/// files if there are many. An event is so written again a few times at most while its day grows.
fn settled(of_day: Vec<DataFile>, written: &[DataFile], limit: u64) -> Vec<Merge> {
    let mut formats: BTreeMap<_, Vec<DataFile>> = BTreeMap::new();
    for file in of_day {
        formats.entry(file.format.name()).or_default().push(file);
    }
    let is_new = |file: &DataFile| written.iter().any(|new| new.path == file.path);
    let pick = |mut files: Vec<DataFile>| {
        files.sort_by_key(|file| file.json_bytes);
        let mut smaller = 0;
        let is_small = |file: &DataFile| {
            let small = file.json_bytes <= SMALL_BYTES + GROWTH * smaller;
            smaller += file.json_bytes;
            small && cost(file) < limit / 2
        };
        let small: Vec<_> = files.iter().map(is_small).collect();
        let small = small.iter().rposition(|small| *small).map_or(0, |last| last + 1);
        if small > MAX_SMALL_FILES {
            files.truncate(small);
        } else {
            files.retain(is_new);
        }
        groups(files, limit)
    };
    formats.into_values().flat_map(pick).collect()
}

#[cfg(test)]
mod tests;
