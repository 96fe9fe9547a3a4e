//! Contested ids: events whose id other records have, too. Which of them have the same content?
//!
//! Reading compares bytes, which nearly always decides. Where they differ under one id, what the
//! records say is compared before their day is written, with each other and with what the store has.

use super::super::partition::{Day, Partition};
use crate::event::{EventId, IdentityText, Version, wrapped};
use crate::json::scan_object;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Ids that stand for several events each, as written, and how many.
pub(super) type SharedIds = BTreeMap<(Day, String), u64>;

/// Compares the contents of records with contested ids.
#[derive(Debug, Default)]
pub(super) struct ContentComparison {
    ids: HashMap<EventId, Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    versions: HashSet<Version>,
    /// The id as one of its records spells it.
    text: String,
}

impl ContentComparison {
    /// Returns a comparison of the contested ids of a partition.
    pub(super) fn of(partition: &Partition) -> Self {
        Self { ids: partition.contested().map(|id| (id, Contents::default())).collect() }
    }

    /// Whether there is nothing to compare.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds a record, and returns whether its content is new; true for ids that
    /// are not contested. Whole records come before reduced ones.
    pub(super) fn insert(&mut self, id: EventId, record: &[u8]) -> bool {
        let Some(contents) = self.ids.get_mut(&id) else { return true };
        let mut members = Vec::new();
        // It was scanned when it was read.
        let _ = scan_object(record, 0, |member| members.push(member));
        let identity = IdentityText::read(record, &members);
        let content = wrapped::content(record, &members);
        let version = identity.as_ref().canonical_version(&content);
        if contents.text.is_empty() {
            contents.text = identity.event_id().into_owned();
        }
        let is_known = contents.versions.contains(&version)
            || version.is_reduced()
                && contents.versions.iter().any(|other| version.is_reduced_form_of(*other));
        if !is_known {
            contents.versions.insert(version);
        }
        !is_known
    }

    /// Returns the ids that stand for several events.
    pub(super) fn shared_ids(self, day: Day) -> SharedIds {
        self.ids
            .into_values()
            .filter(|contents| contents.versions.len() > 1)
            .map(|contents| ((day, contents.text), contents.versions.len() as u64))
            .collect()
    }
}
