//! Gathers events by day, without duplicates, until a day is worth writing.

use super::known::{EventMatch, KnownEvents};
use super::reader::{Staged, StagedEvent};
use super::report::EventCounts;
use crate::event::{EventId, RecordDigest, Version, time};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Size of the blocks that hold record text; freed with their partition.
const BLOCK_BYTES: usize = 4 << 20;
/// What an event costs beyond its text, roughly: its entry here and among those known.
const EVENT_OVERHEAD_BYTES: usize = 192;

/// The UTC day of events; `None` for those without a readable time.
pub(super) type Day = Option<NaiveDate>;

/// The events of one day that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Partition {
    blocks: Vec<Vec<u8>>,
    events: Vec<Event>,
    text_bytes: usize,
    /// Ids of which other records are there, too.
    contested: HashSet<EventId>,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    time: Option<i64>,
    id: EventId,
    version: Version,
    digest: RecordDigest,
    block: u32,
    start: u32,
    end: u32,
}

/// A record that waits, with its digest.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitingRecord<'a> {
    pub(super) text: &'a [u8],
    pub(super) digest: &'a RecordDigest,
}

impl Event {
    fn text<'a>(&self, blocks: &'a [Vec<u8>]) -> &'a [u8] {
        &blocks[self.block as usize][self.start as usize..self.end as usize]
    }
}

impl Partition {
    fn push(&mut self, event: &StagedEvent, text: &[u8], spare: &mut Vec<Vec<u8>>) {
        let full = |block: &Vec<u8>| block.len() + text.len() > block.capacity();
        if self.blocks.last().is_none_or(full) {
            // Few events of a day must not cost a whole block.
            let first = self.blocks.is_empty();
            let fitting = spare.pop_if(|block| !first && block.capacity() >= text.len());
            let size = if first { BLOCK_BYTES / 64 } else { BLOCK_BYTES };
            self.blocks.push(fitting.unwrap_or_else(|| Vec::with_capacity(size.max(text.len()))));
        }
        let last = self.blocks.len() - 1;
        let block = &mut self.blocks[last];
        let start = block.len() as u32;
        block.extend_from_slice(text);
        let end = block.len() as u32;
        self.text_bytes += text.len();
        let StagedEvent { time, id, version, digest, .. } = *event;
        self.events.push(Event { time, id, version, digest, block: last as u32, start, end });
    }

    fn cost(&self) -> usize {
        self.text_bytes + self.events.len() * EVENT_OVERHEAD_BYTES
    }

    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Bytes of their records.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Returns the ids of which other records are there, too.
    pub(super) fn contested(&self) -> impl Iterator<Item = EventId> {
        self.contested.iter().copied()
    }

    /// Returns the versions of contested ids that are whole records.
    pub(super) fn whole_versions(&self) -> HashMap<EventId, Vec<Version>> {
        let mut versions: HashMap<_, Vec<_>> = HashMap::new();
        for event in &self.events {
            if self.contested.contains(&event.id) && !event.version.is_reduced() {
                versions.entry(event.id).or_default().push(event.version);
            }
        }
        versions
    }

    /// Puts the events into the order in which they are stored: by time, those without one last,
    /// and among equals by identity, so that the order does not depend on the order of reading.
    pub(super) fn sort(&mut self) {
        self.events.sort_unstable_by_key(|e| (e.time.is_none(), e.time, e.id, e.version));
    }

    /// Drops events that `keeps` does not want; it is asked in order, about whole records first.
    /// Returns how many were dropped.
    pub(super) fn retain(&mut self, mut keeps: impl FnMut(EventId, &[u8]) -> bool) -> u64 {
        let mut dropped = vec![false; self.events.len()];
        for reduced in [false, true] {
            for (event, dropped) in self.events.iter().zip(&mut dropped) {
                if event.version.is_reduced() == reduced {
                    *dropped = !keeps(event.id, event.text(&self.blocks));
                }
            }
        }
        let before = self.events.len();
        let mut dropped = dropped.into_iter();
        self.events.retain(|event| {
            let keep = dropped.next() != Some(true);
            self.text_bytes -= if keep { 0 } else { (event.end - event.start) as usize };
            keep
        });
        (before - self.events.len()) as u64
    }

    /// Returns the records, in the present order.
    pub(super) fn records(&self) -> impl Iterator<Item = WaitingRecord<'_>> {
        self.events.iter().map(|e| WaitingRecord { text: e.text(&self.blocks), digest: &e.digest })
    }

    /// Returns the earliest and latest time.
    pub(super) fn time_range(&self) -> (Option<i64>, Option<i64>) {
        let times = || self.events.iter().filter_map(|e| e.time);
        (times().min(), times().max())
    }
}

/// All partitions that wait.
#[derive(Debug, Default)]
pub(super) struct Collector {
    partitions: BTreeMap<Day, Partition>,
    known: HashMap<Day, KnownEvents>,
    buffered: usize,
    writing: usize,
    /// Days whose partition is being written.
    in_flight: HashMap<Day, usize>,
    /// Days before this one are complete, as far as is known.
    complete_before: Day,
    /// Blocks of partitions that were written, to be filled again: memory from the system is slow.
    spare: Vec<Vec<u8>>,
    /// Events before this time are past the store's retention.
    oldest: Option<i64>,
    pub(super) counts: EventCounts,
}

/// A partition taken out to be written.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) day: Day,
    pub(super) partition: Partition,
    /// What it holds in memory.
    cost: usize,
}

impl Collector {
    pub(super) fn new(oldest: Option<i64>) -> Self {
        Self { oldest, ..Self::default() }
    }

    /// Takes staged events; `stored` gives the events of a day that the store has already.
    pub(super) fn take<E>(
        &mut self,
        staged: &Staged,
        mut stored: impl FnMut(Day) -> Result<KnownEvents, E>,
    ) -> Result<(), E> {
        let mut start = 0;
        for event in &staged.events {
            let text = &staged.text[start..event.end];
            start = event.end;
            self.counts.read += 1;
            if self.oldest.is_some_and(|oldest| event.time.is_some_and(|t| t < oldest)) {
                self.counts.past_retention += 1;
                continue;
            }
            let day = event.time.and_then(time::day);
            let known = match self.known.entry(day) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => entry.insert(stored(day)?),
            };
            let meeting = known.insert(event.id, event.version);
            if meeting == EventMatch::Duplicate {
                self.counts.duplicate += 1;
                continue;
            }
            let partition = self.partitions.entry(day).or_default();
            let before = partition.cost();
            partition.push(event, text, &mut self.spare);
            if meeting == EventMatch::Contested {
                partition.contested.insert(event.id);
            }
            self.buffered += partition.cost() - before;
        }
        Ok(())
    }

    /// Bytes that wait or are being written.
    pub(super) fn held(&self) -> usize {
        self.buffered + self.writing
    }

    /// Notes that days before `day` are complete, as far as is known.
    pub(super) fn mark_complete_before(&mut self, day: NaiveDate) {
        self.complete_before = self.complete_before.max(Some(day));
    }

    /// Takes out a complete day, so that its memory is soon free, or, if more than `limit`
    /// bytes wait, the largest day.
    pub(super) fn next_job(&mut self, limit: usize) -> Option<Job> {
        // Contested events are compared with what the store has, which must be all there is.
        let ready = self.partitions.iter().filter(|(day, partition)| {
            partition.contested.is_empty() || !self.in_flight.contains_key(*day)
        });
        let whole = ready
            .clone()
            .map(|(day, _)| *day)
            .find(|day| day.is_some() && *day < self.complete_before);
        let day = match whole {
            Some(day) => day,
            None if self.buffered <= limit => return None,
            None => ready.max_by_key(|(_, p)| p.cost()).map(|(day, _)| *day)?,
        };
        let partition = self.partitions.remove(&day)?;
        let cost = partition.cost();
        self.buffered -= cost;
        self.writing += cost;
        *self.in_flight.entry(day).or_default() += 1;
        Some(Job { day, partition, cost })
    }

    /// Notes that a job is done, takes its memory back, and forgets events that can be read again from
    /// the store if there are more than `known_limit` bytes of them.
    pub(super) fn done(&mut self, job: Job, known_limit: usize) {
        let Job { day, partition, cost } = job;
        self.writing -= cost;
        for mut block in partition.blocks {
            if block.capacity() == BLOCK_BYTES {
                block.clear();
                self.spare.push(block);
            }
        }
        if let Some(jobs) = self.in_flight.get_mut(&day) {
            *jobs -= 1;
            if *jobs == 0 {
                self.in_flight.remove(&day);
            }
        }
        let remembered: usize = self.known.values().map(KnownEvents::cost).sum();
        if remembered > known_limit {
            self.known.retain(|day, _| {
                self.partitions.contains_key(day) || self.in_flight.contains_key(day)
            });
        }
    }

    /// Counts events that were not written as abandoned.
    pub(super) fn abandon(&mut self, events: usize) {
        self.counts.abandoned += events as u64;
    }

    /// Abandons all events that wait.
    pub(super) fn abandon_all(&mut self) {
        let waiting: usize = self.partitions.values().map(Partition::len).sum();
        self.partitions.clear();
        self.abandon(waiting);
    }
}
