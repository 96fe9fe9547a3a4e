//! The events of a day that are known already.

use crate::event::{EventId, Version};
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

/// What a remembered event costs, roughly.
const EVENT_OVERHEAD_BYTES: usize = 96;

/// How an event relates to those known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventMatch {
    /// Its id is not known.
    New,
    /// The same event is known.
    Duplicate,
    /// Its id is known with other bytes, whose content may be the same or not.
    Contested,
}

/// The events of a day, by id. Nearly every id has one version.
#[derive(Debug, Default)]
pub(super) struct KnownEvents {
    first: HashMap<EventId, Version>,
    further: HashMap<EventId, HashSet<Version>>,
}

impl KnownEvents {
    /// Adds an event, and returns how it relates to those known before.
    pub(super) fn insert(&mut self, id: EventId, version: Version) -> EventMatch {
        let first = match self.first.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(version);
                return EventMatch::New;
            }
            Entry::Occupied(entry) => *entry.get(),
        };
        if first == version || version.is_reduced_form_of(first) {
            return EventMatch::Duplicate;
        }
        if self.further.entry(id).or_default().insert(version) {
            EventMatch::Contested
        } else {
            EventMatch::Duplicate
        }
    }

    /// Returns about how many bytes it takes.
    pub(super) fn cost(&self) -> usize {
        (self.first.len() + self.further.values().map(HashSet::len).sum::<usize>())
            * EVENT_OVERHEAD_BYTES
    }
}
