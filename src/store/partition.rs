//! The events of one day in memory, on their way into a data file.

use super::found::{Found, Origins, Place};
use crate::event::{EventId, RecordDigest, Version};
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// Size of the blocks that hold record text; freed with their partition.
const BLOCK_BYTES: usize = 4 << 20;
/// Size of a day's first block.
const FIRST_BLOCK_BYTES: usize = BLOCK_BYTES / 64;
/// What an event costs beyond its text, roughly: its entry here and among those known.
pub(super) const EVENT_OVERHEAD_BYTES: usize = 208;
/// What it costs to know another place of an event, roughly.
const OTHER_PLACE_BYTES: usize = 96;

/// The UTC day of events; `None` for those without a readable time.
pub(super) type Day = Option<NaiveDate>;

/// The events of one day that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Partition {
    blocks: Vec<Vec<u8>>,
    events: Vec<Event>,
    /// Bytes of the blocks.
    allocated: usize,
    /// Ids of which other records are there, too.
    contested: HashSet<EventId>,
    /// The documents of the events.
    origins: Origins,
    /// The first place where copies of events were found, which may be of other partitions.
    copies: HashMap<(EventId, Version), Place>,
}

/// What decides where an event goes, and whether it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventKey {
    /// Milliseconds since 1970 UTC.
    pub(super) time: Option<i64>,
    pub(super) id: EventId,
    pub(super) version: Version,
    /// SHA-256 of its record.
    pub(super) digest: RecordDigest,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    key: EventKey,
    block: u32,
    start: u32,
    end: u32,
    found: Option<Place>,
}

impl Event {
    fn text<'a>(&self, blocks: &'a [Vec<u8>]) -> &'a [u8] {
        &blocks[self.block as usize][self.start as usize..self.end as usize]
    }
}

impl Partition {
    /// Adds an event; `spare` has blocks to be filled again.
    pub(super) fn push(
        &mut self,
        key: EventKey,
        found: Option<Found<'_>>,
        text: &[u8],
        spare: &mut Vec<Vec<u8>>,
    ) {
        let full = |block: &Vec<u8>| block.len() + text.len() > block.capacity();
        if self.blocks.last().is_none_or(full) {
            // As much as there is already: many days with few events must not cost a whole block each.
            let size = self.allocated.clamp(FIRST_BLOCK_BYTES, BLOCK_BYTES).max(text.len());
            let spare = spare.pop_if(|block| block.capacity() == size);
            let block = spare.unwrap_or_else(|| Vec::with_capacity(size));
            self.allocated += block.capacity();
            self.blocks.push(block);
        }
        let last = self.blocks.len() - 1;
        let block = &mut self.blocks[last];
        let start = block.len() as u32;
        block.extend_from_slice(text);
        let end = block.len() as u32;
        let found = found.map(|found| self.origins.place(found));
        self.events.push(Event { key, block: last as u32, start, end, found });
    }

    /// Notes another place where the record of an event was found, so that it does not depend on the order of reading
    /// which of them is kept.
    pub(super) fn note_copy(&mut self, key: EventKey, found: Found<'_>) {
        let place = self.origins.place(found);
        let first = self.copies.entry((key.id, key.version)).or_insert(place);
        if found < self.origins.found(*first) {
            *first = place;
        }
    }

    /// Returns about how many bytes it takes.
    pub(super) fn cost(&self) -> usize {
        self.allocated
            + self.events.len() * EVENT_OVERHEAD_BYTES
            + self.copies.len() * OTHER_PLACE_BYTES
            + self.origins.cost()
    }

    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Notes that there are other records of this id.
    pub(super) fn mark_contested(&mut self, id: EventId) {
        self.contested.insert(id);
    }

    /// Whether there are other records of some of its ids.
    pub(super) fn is_contested(&self) -> bool {
        !self.contested.is_empty()
    }

    /// Returns the ids of which other records are there, too.
    pub(super) fn contested(&self) -> impl Iterator<Item = EventId> {
        self.contested.iter().copied()
    }

    /// Returns the versions of contested ids that are whole records.
    pub(super) fn whole_versions(&self) -> HashMap<EventId, Vec<Version>> {
        let mut versions: HashMap<_, Vec<_>> = HashMap::new();
        for event in &self.events {
            let EventKey { id, version, .. } = event.key;
            if self.contested.contains(&id) && !version.is_reduced() {
                versions.entry(id).or_default().push(version);
            }
        }
        versions
    }

    /// Puts the events into the order in which they are stored: by time, those without one last,
    /// and among equals by identity, so that the order does not depend on the order of reading.
    pub(super) fn sort(&mut self) {
        self.events.sort_unstable_by_key(|event| {
            let EventKey { time, id, version, .. } = event.key;
            (time.is_none(), time, id, version)
        });
        self.settle_places();
    }

    /// Makes the first place of each event the one where it was found.
    fn settle_places(&mut self) {
        let copies = std::mem::take(&mut self.copies);
        if copies.is_empty() {
            return;
        }
        for event in &mut self.events {
            let EventKey { id, version, .. } = event.key;
            let (Some(found), Some(copy)) = (event.found, copies.get(&(id, version))) else {
                continue;
            };
            if self.origins.found(*copy) < self.origins.found(found) {
                event.found = Some(*copy);
            }
        }
    }

    /// Drops events that `keeps` does not want; it is asked in order, about whole records first.
    /// Returns how many were dropped.
    pub(super) fn retain(&mut self, mut keeps: impl FnMut(EventId, &[u8]) -> bool) -> u64 {
        let mut dropped = vec![false; self.events.len()];
        for reduced in [false, true] {
            for (event, dropped) in self.events.iter().zip(&mut dropped) {
                if event.key.version.is_reduced() == reduced {
                    *dropped = !keeps(event.key.id, event.text(&self.blocks));
                }
            }
        }
        let before = self.events.len();
        let mut dropped = dropped.into_iter();
        self.events.retain(|_| dropped.next() != Some(true));
        (before - self.events.len()) as u64
    }

    /// Returns the events with the places of their records, if they are known, and these, in the present order.
    pub(super) fn events(&self) -> impl Iterator<Item = (&EventKey, Option<Found<'_>>, &[u8])> {
        let found = |place| self.origins.found(place);
        self.events
            .iter()
            .map(move |event| (&event.key, event.found.map(found), event.text(&self.blocks)))
    }

    /// Gives its blocks back.
    pub(super) fn recycle(self, spare: &mut Vec<Vec<u8>>) {
        for mut block in self.blocks {
            if block.capacity() == BLOCK_BYTES {
                block.clear();
                spare.push(block);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Identity, digest};

    #[test]
    fn the_first_of_several_places_is_kept() {
        let record = b"{}";
        let digest = digest::record_digest(record);
        let (id, version) = Identity::default().keys(&digest, || Some(&record[..]));
        let key = EventKey { time: None, id, version, digest };
        let found = |source, day| Found { source, delivered: Some(day), position: Some(1) };
        let mut day = Partition::default();
        let before = day.cost();
        day.push(key, Some(found("b", 2)), record, &mut Vec::new());
        let one = day.cost();
        for (source, delivered) in [("c", 3), ("a", 2), ("d", 1), ("e", 4)] {
            day.note_copy(key, found(source, delivered));
        }
        assert!(before < one && one < day.cost());
        day.sort();
        let places: Vec<_> = day.events().map(|(_, found, _)| found).collect();
        assert_eq!(places, [Some(found("d", 1))]);
    }

    #[test]
    fn a_day_takes_little_more_than_its_events() {
        let record = [b'x'; 1_500];
        let digest = digest::record_digest(&record);
        let (id, version) = Identity::default().keys(&digest, || Some(&record[..]));
        let key = EventKey { time: None, id, version, digest };
        for events in [1, 40, 100, 3_000, 10_000] {
            let mut spare = vec![Vec::with_capacity(BLOCK_BYTES)];
            let mut day = Partition::default();
            (0..events).for_each(|_| day.push(key, None, &record, &mut spare));
            let text = events * record.len();
            let blocks = day.cost() - events * EVENT_OVERHEAD_BYTES;
            assert!((text..2 * text + FIRST_BLOCK_BYTES).contains(&blocks), "{events}: {blocks}");
            let texts = day.events().map(|(.., text)| text.len()).sum::<usize>();
            assert_eq!(texts, text);
        }
    }
}
