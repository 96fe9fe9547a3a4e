//! Gathers events by day, without duplicates, until a day is worth writing.

use super::super::known::{EventMatch, KnownEvents};
use super::super::partition::{Day, Partition};
use super::reader::Staged;
use super::report::EventCounts;
use crate::event::time;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};

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
            let key = event.key;
            let found = staged.origin.at(event.position);
            if self.oldest.is_some_and(|oldest| key.time.is_some_and(|t| t < oldest)) {
                self.counts.past_retention += 1;
                continue;
            }
            let day = key.time.and_then(time::day);
            let known = match self.known.entry(day) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => entry.insert(stored(day)?),
            };
            let meeting = known.insert(key.id, key.version);
            if meeting == EventMatch::Duplicate {
                self.counts.duplicate += 1;
                if let Some(partition) = self.partitions.get_mut(&day) {
                    let before = partition.cost();
                    partition.note_copy(key, found);
                    self.buffered += partition.cost() - before;
                }
                continue;
            }
            let partition = self.partitions.entry(day).or_default();
            let before = partition.cost();
            partition.push(key, Some(found), text, &mut self.spare);
            if meeting == EventMatch::Contested {
                partition.mark_contested(key.id);
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
            !partition.is_contested() || !self.in_flight.contains_key(*day)
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
        partition.recycle(&mut self.spare);
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
        self.buffered = 0;
        self.abandon(waiting);
    }
}
