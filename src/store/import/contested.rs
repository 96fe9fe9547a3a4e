//! Events whose id another record has, too: which of them say the same?
//!
//! Reading compares bytes, which nearly always tells. Where they differ under one id, what the
//! records say is compared before their day is written, with each other and with what the store has.

use super::collector::{Day, Partition};
use crate::event::{EventId, IdentityText, Version};
use crate::json::scan_object;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Ids that stand for several events each, as written, and how many.
pub(super) type SharedIds = BTreeMap<(Day, String), u64>;

/// Compares what the records of contested ids say.
#[derive(Debug, Default)]
pub(super) struct Contest {
    ids: HashMap<EventId, Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    versions: HashSet<Version>,
    /// The id as one of its records spells it.
    text: String,
}

impl Contest {
    /// Returns the contest about the ids of a partition that are contested.
    pub(super) fn of(partition: &Partition) -> Self {
        Self { ids: partition.contested().map(|id| (id, Contents::default())).collect() }
    }

    /// Whether there is nothing to compare.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Takes a record, and tells whether it says anything that none before it said; yes for ids that
    /// are not contested. Whole records come before reduced ones.
    pub(super) fn takes(&mut self, id: EventId, record: &[u8]) -> bool {
        let Some(contents) = self.ids.get_mut(&id) else { return true };
        let mut members = Vec::new();
        // It was scanned when it was read.
        let _ = scan_object(record, 0, |member| members.push(member));
        let identity = IdentityText::read(record, &members);
        let version = identity.as_ref().canonical_version(record);
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
