//! Which events of a day there are already.

use crate::event::{EventId, Version};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// What a remembered event costs, roughly.
const EVENT_COST: usize = 96;

/// What an event is to those known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// None has its id.
    New,
    /// It is there.
    Duplicate,
    /// Its id is there with other bytes, which may say the same or not.
    Contested,
}

/// The events of a day, by id. Nearly every id has one version.
#[derive(Debug, Default)]
pub(super) struct KnownEvents {
    first: HashMap<EventId, Version>,
    further: HashMap<EventId, HashSet<Version>>,
}

impl KnownEvents {
    /// Tells what an event is to those known, and remembers it.
    pub(super) fn meet(&mut self, id: EventId, version: Version) -> Meeting {
        let first = match self.first.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(version);
                return Meeting::New;
            }
            Entry::Occupied(entry) => *entry.get(),
        };
        if first == version || version.is_reduced_form_of(first) {
            return Meeting::Duplicate;
        }
        if self.further.entry(id).or_default().insert(version) {
            Meeting::Contested
        } else {
            Meeting::Duplicate
        }
    }

    /// Returns about how many bytes it takes.
    pub(super) fn cost(&self) -> usize {
        (self.first.len() + self.further.values().map(HashSet::len).sum::<usize>()) * EVENT_COST
    }
}
