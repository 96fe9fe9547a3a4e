//! Gathers events by day, without duplicates, until a day is worth writing.

use super::reader::Staged;
use super::report::EventCounts;
use crate::event::{EventKey, time};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Size of the blocks that hold record text; freed with their partition.
const BLOCK: usize = 4 << 20;
/// What an event costs beyond its text, roughly: its entry here and its key.
const EVENT_COST: usize = 96;
/// What a remembered key costs, roughly.
const KEY_COST: usize = 48;

/// The UTC day of events; `None` for those without a readable time.
pub(super) type Day = Option<NaiveDate>;

/// The events of one day that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Partition {
    blocks: Vec<Vec<u8>>,
    events: Vec<Event>,
    text_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    time: Option<i64>,
    key: EventKey,
    block: u32,
    start: u32,
    end: u32,
}

impl Partition {
    fn push(&mut self, time: Option<i64>, key: EventKey, text: &[u8], spare: &mut Vec<Vec<u8>>) {
        let full = |block: &Vec<u8>| block.len() + text.len() > block.capacity();
        if self.blocks.last().is_none_or(full) {
            // Few events of a day must not cost a whole block.
            let first = self.blocks.is_empty();
            let fitting = spare.pop_if(|block| !first && block.capacity() >= text.len());
            let size = if first { BLOCK / 64 } else { BLOCK };
            self.blocks.push(fitting.unwrap_or_else(|| Vec::with_capacity(size.max(text.len()))));
        }
        let last = self.blocks.len() - 1;
        let block = &mut self.blocks[last];
        let start = block.len() as u32;
        block.extend_from_slice(text);
        let end = block.len() as u32;
        self.text_bytes += text.len();
        self.events.push(Event { time, key, block: last as u32, start, end });
    }

    fn cost(&self) -> usize {
        self.text_bytes + self.events.len() * EVENT_COST
    }

    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Bytes of their records.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Puts the events into the order in which they are stored: by time, those without one last,
    /// and among equals by identity, so that the order does not depend on the order of reading.
    pub(super) fn sort(&mut self) {
        self.events.sort_unstable_by_key(|e| (e.time.is_none(), e.time, e.key));
    }

    /// Returns the records, in the present order.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.events.iter().map(|e| &self.blocks[e.block as usize][e.start as usize..e.end as usize])
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
    keys: HashMap<Day, HashSet<EventKey>>,
    buffered: usize,
    writing: usize,
    /// Days whose partition is being written.
    in_flight: HashMap<Day, usize>,
    /// Days before this one are whole, as far as can be told.
    settled: Day,
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

    /// Takes staged events; `known` gives the keys of a day's events that the store has already.
    pub(super) fn take<E>(
        &mut self,
        staged: &Staged,
        mut known: impl FnMut(Day) -> Result<HashSet<EventKey>, E>,
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
            let keys = match self.keys.entry(day) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => entry.insert(known(day)?),
            };
            if !keys.insert(event.key) {
                self.counts.duplicate += 1;
                continue;
            }
            let partition = self.partitions.entry(day).or_default();
            let before = partition.cost();
            partition.push(event.time, event.key, text, &mut self.spare);
            self.buffered += partition.cost() - before;
        }
        Ok(())
    }

    /// Bytes that wait or are being written.
    pub(super) fn held(&self) -> usize {
        self.buffered + self.writing
    }

    /// Notes that days before `day` are whole, as far as can be told.
    pub(super) fn settle(&mut self, day: NaiveDate) {
        self.settled = self.settled.max(Some(day));
    }

    /// Takes out a day that is whole, so that memory is soon used again, or, if more than `limit`
    /// bytes wait, the largest.
    pub(super) fn job_beyond(&mut self, limit: usize) -> Option<Job> {
        let whole =
            self.partitions.keys().copied().find(|day| day.is_some() && *day < self.settled);
        let day = match whole {
            Some(day) => day,
            None if self.buffered <= limit => return None,
            None => self.partitions.iter().max_by_key(|(_, p)| p.cost()).map(|(day, _)| *day)?,
        };
        let partition = self.partitions.remove(&day)?;
        let cost = partition.cost();
        self.buffered -= cost;
        self.writing += cost;
        *self.in_flight.entry(day).or_default() += 1;
        Some(Job { day, partition, cost })
    }

    /// Notes that a job is done, takes its memory back, and forgets keys that can be read again from
    /// the store if there are more than `key_limit` bytes of them.
    pub(super) fn done(&mut self, job: Job, key_limit: usize) {
        let Job { day, partition, cost } = job;
        self.writing -= cost;
        for mut block in partition.blocks {
            if block.capacity() == BLOCK {
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
        let remembered: usize = self.keys.values().map(HashSet::len).sum();
        if remembered * KEY_COST > key_limit {
            self.keys.retain(|day, _| {
                self.partitions.contains_key(day) || self.in_flight.contains_key(day)
            });
        }
    }

    /// Gives up what was not written.
    pub(super) fn abandon(&mut self, events: usize) {
        self.counts.abandoned += events as u64;
    }

    /// Gives up all that waits.
    pub(super) fn abandon_all(&mut self) {
        let waiting: usize = self.partitions.values().map(Partition::len).sum();
        self.partitions.clear();
        self.abandon(waiting);
    }
}
