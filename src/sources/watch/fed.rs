//! One source of a store: when it is looked at, and what is new in it.

use super::Happening;
use super::changes::Change;
use super::settling::{Settling, has_unfinished_name};
use crate::envelope::{Discovery, Location, discover_below};
use crate::sources::{SourceError, Wish, find, is_address};
use crate::store::catalog::{LedgerEntry, WatchedSource};
use crate::store::{Lake, StoreError, StoreRow};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

/// How far back a bucket is listed each time. Names of one minute come in any order, some much later; what is known is not
/// read again.
const LOOK_BACK: TimeDelta = TimeDelta::days(2);
/// How often a bucket is listed whole.
const WHOLE_LISTING: Duration = Duration::from_hours(1);

/// Whether the system tells of changes at a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It was not asked to.
    NotYet,
    Yes,
    /// It does not, or nothing is changed in place there: buckets.
    No,
}

/// A source, and how far it was read.
#[derive(Debug)]
pub(super) struct Fed {
    pub(super) source: WatchedSource,
    pub(super) path: PathBuf,
    pub(super) told: Told,
    /// When it is looked at next; now, if this is past.
    due: Instant,
    /// When a bucket is listed whole next.
    whole_due: Instant,
    /// Files and folders that changed since.
    changed: BTreeSet<PathBuf>,
    settling: Settling,
    /// Files as they were when this process read them, by their hashes: what holds no events is in no ledger.
    taken: HashSet<u64>,
    hasher: RandomState,
    /// What was wrong the last time, so that it is told once.
    trouble: Option<String>,
}

/// Files that are about to be read: a hash of each as it is now, and where it is.
pub(super) type Taken = Vec<(u64, Location)>;

/// Why a source could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookError {
    #[error("what is wanted of it cannot be read: {0}")]
    Wish(serde_json::Error),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fed {
    pub(super) fn new(source: WatchedSource) -> Self {
        let path = crate::envelope::path_of(&source.location).unwrap_or_default();
        let now = Instant::now();
        Self {
            source,
            told: if is_address(&path) { Told::No } else { Told::NotYet },
            path,
            due: now,
            whole_due: now,
            changed: BTreeSet::new(),
            settling: Settling::default(),
            taken: HashSet::new(),
            hasher: RandomState::new(),
            trouble: None,
        }
    }

    /// Takes up that the system tells of changes from now on.
    pub(super) fn is_told(&mut self) {
        self.told = Told::Yes;
        self.due = Instant::now();
    }

    fn is_bucket(&self) -> bool {
        is_address(&self.path)
    }

    /// When it must be looked at again.
    pub(super) fn due(&self) -> Instant {
        if self.changed.is_empty() { self.due } else { Instant::now() }
    }

    /// Takes a change, if it is one of this source.
    pub(super) fn change(&mut self, change: &Change, now: Instant) {
        match change {
            Change::Missed => self.due = now,
            // What comes in its place is another folder, of which nobody tells yet.
            Change::Gone(path) if *path == self.path && !self.is_bucket() => {
                self.told = Told::NotYet;
                self.due = now;
            }
            Change::Gone(_) => {}
            Change::Written(path) | Change::Closed(path) | Change::Folder(path) => {
                if self.is_bucket() || !path.starts_with(&self.path) {
                    return;
                }
                match change {
                    Change::Written(_) => self.settling.written(path, now),
                    Change::Closed(_) => self.settling.closed(path, now),
                    Change::Folder(_) | Change::Gone(_) | Change::Missed => {}
                }
                self.changed.insert(path.clone());
            }
        }
    }

    /// Looks at what changed, or at everything if that is due, and returns what is new and complete. What is not complete
    /// yet is looked at again a little later.
    pub(super) fn look(
        &mut self,
        lake: &Lake,
        interval: Duration,
        clock: fn() -> DateTime<Utc>,
        stop: &AtomicBool,
    ) -> Result<(Discovery, Taken), LookError> {
        let wish: Wish = serde_json::from_str(&self.source.wish).map_err(LookError::Wish)?;
        let now = Instant::now();
        let changed = std::mem::take(&mut self.changed);
        let mut found = if now >= self.due {
            self.due = now + interval;
            self.look_at_all(wish, now, clock, stop)?
        } else {
            discover_below(&self.path, changed, &wish.excluded, &wish.deliveries)
                .map_err(SourceError::from)?
        };
        let is_taken = |entry: &LedgerEntry| self.taken.contains(&self.hasher.hash_one(entry));
        let mut new: Vec<_> = std::mem::take(&mut found.sources)
            .into_iter()
            .filter_map(|source| Some((LedgerEntry::of(&source)?, source)))
            .filter(|(entry, _)| !is_taken(entry))
            .collect();
        let entries: Vec<_> = new.iter().map(|(entry, _)| entry.clone()).collect();
        let now_millis = clock().timestamp_millis();
        let known = lake.catalog().known_files_among(self.source.store, now_millis, &entries)?;
        new.retain(|(entry, _)| !known.contains_key(entry));
        let nanos = clock().timestamp_nanos_opt().unwrap_or_default();
        let mut taken = Taken::new();
        for (entry, source) in new {
            if self.settling.is_settled(&source, now, nanos) {
                taken.push((self.hasher.hash_one(&entry), source.location.clone()));
                found.sources.push(source);
            } else if let Location::File(path) = &source.location
                && !has_unfinished_name(path)
            {
                self.changed.insert(path.clone());
            }
        }
        found.skipped.clear();
        found.excluded.clear();
        found.not_wanted = 0;
        found.failures.retain(|(location, error)| {
            self.taken.insert(self.hasher.hash_one((location.to_string(), error.to_string())))
        });
        Ok((found, taken))
    }

    fn look_at_all(
        &mut self,
        mut wish: Wish,
        now: Instant,
        clock: fn() -> DateTime<Utc>,
        stop: &AtomicBool,
    ) -> Result<Discovery, SourceError> {
        if self.is_bucket() && now < self.whole_due {
            let since = clock() - LOOK_BACK;
            wish.deliveries.from = Some(wish.deliveries.from.map_or(since, |from| from.max(since)));
        }
        let found = find(std::slice::from_ref(&self.path), &wish, clock, stop, &AtomicU64::new(0));
        if found.is_err() && !self.is_bucket() {
            self.told = Told::NotYet; // it may be gone, and come back as another folder
        }
        let found = found?;
        if now >= self.whole_due {
            self.whole_due = now + WHOLE_LISTING;
        }
        Ok(found)
    }

    /// Whether something is still being written.
    pub(super) fn waits(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Notes files that were read, whatever came of it.
    pub(super) fn took(&mut self, taken: Taken) {
        for (hash, location) in taken {
            self.taken.insert(hash);
            if let Location::File(path) = &location {
                self.settling.forget(path);
            }
        }
    }

    /// Notes what is wrong with it, if anything, and returns what is to be told of it.
    pub(super) fn outcome(&mut self, store: &StoreRow, trouble: Option<String>) -> Happening {
        let before = std::mem::replace(&mut self.trouble, trouble);
        let (store, source) = (store.clone(), self.source.location.clone());
        match &self.trouble {
            Some(error) => {
                let is_new = before.as_ref() != Some(error);
                Happening::Trouble { store, source, error: error.clone(), is_new }
            }
            None => Happening::Looked { store, source, was_in_trouble: before.is_some() },
        }
    }

    /// Lets all of it be looked at next.
    pub(super) fn look_again(&mut self) {
        self.due = Instant::now();
    }

    /// Puts off what failed.
    pub(super) fn put_off(&mut self, interval: Duration) {
        self.changed.clear();
        self.due = Instant::now() + interval;
    }
}
