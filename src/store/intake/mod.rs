//! Takes events that are sent, a few at a time, into a store: what [`Intake::take`] returns for is on the disk.
//!
//! All that is handed over at once becomes one data file for each of its days, and one transaction, so that whoever
//! gathers what comes meanwhile has few files and few waits for the disk. What a day has in small files is merged by
//! [`Intake::settle`], by the rule of imports. An event is known by its `eventID`, which follows from what was sent.

mod known;
#[cfg(test)]
mod tests;

use super::catalog::{DataFile, SentCounts, StoreRow};
use super::compact::CompactOptions;
use super::data_files::DataFiles;
use super::error::StoreError;
use super::found::Found;
use super::lake::Lake;
use super::partition::{Day, EventKey, Partition};
use crate::event::received::ReceivedEvent;
use crate::event::{EventSchema, Head, time};
use crate::json::scan_object;
use known::KnownDays;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard};

/// Events that one sender has sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentEvents {
    /// Who sends, as the events tell where they were found: the ARN of a channel.
    pub source: String,
    /// When they came, in milliseconds since 1970 UTC.
    pub received_at: i64,
    /// The events.
    pub events: Vec<ReceivedEvent>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is in the store now.
    Stored,
    /// The store had it already.
    Known,
    /// It is older than what the store keeps.
    PastRetention,
}

/// Takes what is sent to one store, and remembers which events that has.
#[derive(Debug, Default)]
pub struct Intake {
    known: Mutex<KnownDays>,
}

/// What was taken.
#[derive(Debug)]
pub struct TakenEvents {
    /// What became of each event, for each of those that sent.
    pub taken: Vec<Vec<Taken>>,
    /// The data files that were written.
    written: Vec<DataFile>,
    /// Whether days now have so many files that some may be merged.
    pub unsettled: bool,
}

/// An event on its way.
struct Coming<'a> {
    key: EventKey,
    day: Day,
    event: &'a ReceivedEvent,
}

impl Intake {
    /// Takes events into a store of events from outside AWS. It waits for an import into the store to end, until `stops`.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when that stopped it, and when the store takes no events, is none of that category or is gone,
    /// or the lake cannot be read or written. Then nothing was taken.
    pub fn take(
        &self,
        lake: &Lake,
        store: &StoreRow,
        sent: &[&SentEvents],
        stops: impl Fn() -> bool,
    ) -> Result<TakenEvents, StoreError> {
        let lock = lake.lock_until(store, stops)?;
        let _lock = lock.ok_or_else(|| StoreError::Busy(store.name.clone()))?;
        // As it is now: it may have been changed or deleted since.
        let store = lake.store(&store.id.to_string())?;
        store.check_ingests()?;
        if store.schema != EventSchema::ActivityAuditLog {
            let text = format!("events from outside AWS were sent to the store {}", store.name);
            return Err(StoreError::Bug(text));
        }
        if !lake.paths().description(store.id).exists() {
            lake.describe(&store);
        }
        let mut known = self.known();
        let taken = take_locked(lake, &store, sent, &mut known);
        if taken.is_err() {
            // It was told of events that are not in the store.
            *known = KnownDays::default();
        }
        taken
    }

    /// Merges small data files of the days that were written, if there are many of one; else, or when the store is
    /// changed by others, does nothing.
    ///
    /// # Errors
    /// When the lake cannot be read or written. What was taken is not lost by that.
    pub fn settle(
        &self,
        lake: &Lake,
        store: &StoreRow,
        taken: &TakenEvents,
        options: CompactOptions,
    ) -> Result<(), StoreError> {
        let Some(_lock) = lake.lock_until(store, || true)? else { return Ok(()) };
        let (files, mut known) = (DataFiles::of(lake, store), self.known());
        let days: BTreeSet<_> = taken.written.iter().map(|file| file.day).collect();
        // Others may have added events meanwhile.
        days.iter().try_for_each(|day| known.refresh(files, *day))?;
        let never = AtomicBool::new(false);
        lake.compact_after_import(store, &taken.written, options, &never)?;
        for day in days {
            let merged = lake.catalog().data_files_of_day(store.id, day)?;
            known.replace_files(day, merged);
        }
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, KnownDays> {
        self.known.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked may have noted events that did not get into the store.
            let mut known = poisoned.into_inner();
            *known = KnownDays::default();
            self.known.clear_poison();
            known
        })
    }
}

/// Does what [`Intake::take`] does. The write lock is held.
fn take_locked(
    lake: &Lake,
    store: &StoreRow,
    sent: &[&SentEvents],
    known: &mut KnownDays,
) -> Result<TakenEvents, StoreError> {
    if known.is_new() {
        // What a killed process left behind.
        lake.sweep(store.id)?;
    }
    let files = DataFiles::of(lake, store);
    let coming: Vec<Vec<Coming<'_>>> =
        sent.iter().map(|sent| sent.events.iter().map(coming).collect()).collect();
    let days: BTreeSet<Day> = coming.iter().flatten().map(|coming| coming.day).collect();
    for day in &days {
        known.refresh(files, *day)?;
    }
    let oldest = store.oldest_kept(lake.now_millis());
    let mut partitions = BTreeMap::<Day, Partition>::new();
    let (mut taken, mut counts) = (Vec::new(), Vec::<SentCounts>::new());
    for (sent, coming) in sent.iter().zip(&coming) {
        let mut place = |coming: &Coming<'_>| {
            let Coming { key, day, event } = coming;
            if oldest.is_some_and(|oldest| key.time.is_some_and(|time| time < oldest)) {
                return Taken::PastRetention;
            }
            if !known.add(*day, event.id) {
                return Taken::Known;
            }
            let delivered = Some(sent.received_at);
            let found = Found { source: &sent.source, delivered, position: None };
            let partition = partitions.entry(*day).or_default();
            partition.push(*key, Some(found), &event.record, &mut Vec::new());
            Taken::Stored
        };
        let of_sender: Vec<_> = coming.iter().map(&mut place).collect();
        count(&mut counts, lake, &sent.source, &of_sender);
        taken.push(of_sender);
    }
    let written = write(files, store, partitions)?;
    // If this fails, whether it was committed is not certain: what is not listed is swept later.
    lake.catalog().add_sent(store.id, &counts, &written, lake.now_millis())?;
    let mut unsettled = false;
    for file in &written {
        unsettled |= known.add_file(file);
    }
    known.shrink(&days);
    Ok(TakenEvents { taken, written, unsettled })
}

fn coming(event: &ReceivedEvent) -> Coming<'_> {
    let mut members = Vec::new();
    // It was made of an object that was scanned.
    let _ = scan_object(&event.record, 0, |member| members.push(member));
    let head = Head::read(&event.record, 0..event.record.len(), &members);
    let Head { time, id, version, digest, .. } = head;
    let day = time.and_then(time::day);
    Coming { key: EventKey { time, id, version, digest }, day, event }
}

/// Adds what became of events to the counts of their sender.
fn count(counts: &mut Vec<SentCounts>, lake: &Lake, source: &str, taken: &[Taken]) {
    let at = counts.iter().position(|counts| counts.source == source).unwrap_or_else(|| {
        let import = lake.new_id().to_string();
        counts.push(SentCounts { source: source.to_owned(), import, ..SentCounts::default() });
        counts.len() - 1
    });
    let counts = &mut counts[at];
    for taken in taken {
        counts.read += 1;
        *match taken {
            Taken::Stored => &mut counts.stored,
            Taken::Known => &mut counts.duplicate,
            Taken::PastRetention => &mut counts.past_retention,
        } += 1;
    }
}

/// Writes a data file for each day, or none.
fn write(
    files: DataFiles<'_>,
    store: &StoreRow,
    partitions: BTreeMap<Day, Partition>,
) -> Result<Vec<DataFile>, StoreError> {
    let mut written: Vec<DataFile> = Vec::new();
    for (day, mut partition) in partitions {
        partition.sort();
        let file = files.write(day, store.format, |rows| {
            partition.events().try_for_each(|(key, found, record)| rows.push(key, found, record))
        });
        match file {
            Ok((file, _)) => written.push(file),
            Err(error) => {
                written.iter().for_each(|file| Lake::discard(&files.path(&file.path)));
                return Err(error);
            }
        }
    }
    Ok(written)
}
