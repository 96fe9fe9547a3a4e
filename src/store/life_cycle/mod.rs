//! The life of a store, as in CloudTrail Lake: it takes events, it stops and starts to, it is deleted,
//! restored within seven days, or gone with its files.
//!
//! Events are deleted in three ways only: with a store whose deletion is over, with a store that is purged,
//! and when they are older than the store's retention. Each tells what goes before anything does, and holds
//! the store's write lock meanwhile. What a kill leaves half done is done by the next call: a store to be removed
//! loses its files first and is forgotten last; files past the retention are forgotten first, and swept.

use super::catalog::{DataFile, StoreLife, StoreRow, StoreStatus, Totals};
use super::changes::{StoreChanges, check_retention};
use super::error::StoreError;
use super::lake::{Lake, check_category, remove_file};
use super::locks::WriteLock;
use super::selectors::AdvancedEventSelectors;
use crate::event::EventSchema;
use crate::event::time::DAY_MILLIS;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Days for which a deleted store can be restored.
pub const DELETION_DAYS: i64 = 7;

/// The most tags of a store, and the most characters of their keys and values.
const MAX_TAGS: usize = 50;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

impl StoreRow {
    /// When a pending deletion ends, in milliseconds since 1970 UTC.
    pub fn deletion_ends_at(&self) -> Option<i64> {
        self.life.deleted_at.map(|at| at.saturating_add(DELETION_DAYS * DAY_MILLIS))
    }

    /// The time before which events are older than the retention, in milliseconds since 1970 UTC.
    pub fn oldest_kept(&self, now: i64) -> Option<i64> {
        let days = i64::from(self.retention_days?);
        Some(now.saturating_sub(days * DAY_MILLIS))
    }

    /// Returns the selectors, where events have to be looked at for them: of other categories than CloudTrail's
    /// they select all.
    pub fn filter(&self) -> Option<&AdvancedEventSelectors> {
        self.selectors.as_ref().filter(|_| self.schema == EventSchema::CloudTrail)
    }

    /// Refuses a store that is to be deleted: nothing but a restore is done with it.
    ///
    /// # Errors
    /// [`StoreError::PendingDeletion`].
    pub fn check_not_deleted(&self) -> Result<(), StoreError> {
        match self.deletion_ends_at() {
            None => Ok(()),
            Some(ends_at) => Err(StoreError::PendingDeletion { name: self.name.clone(), ends_at }),
        }
    }

    /// Whether AWS lets it stop to take events. Stores of Insights events, evidence and events from outside AWS take them as
    /// long as they are there.
    pub fn stops_ingestion(&self) -> bool {
        matches!(self.schema, EventSchema::CloudTrail | EventSchema::ConfigurationItem)
    }

    /// Refuses a store that takes no events.
    ///
    /// # Errors
    /// [`StoreError::IngestionStopped`] or [`StoreError::PendingDeletion`].
    pub fn check_ingests(&self) -> Result<(), StoreError> {
        self.check_not_deleted()?;
        match self.life.status {
            StoreStatus::StoppedIngestion => Err(StoreError::IngestionStopped(self.name.clone())),
            StoreStatus::Enabled | StoreStatus::PendingDeletion => Ok(()),
        }
    }
}

fn check_stops(store: &StoreRow) -> Result<(), StoreError> {
    if store.stops_ingestion() {
        return Ok(());
    }
    Err(StoreError::AlwaysIngests { name: store.name.clone(), schema: store.schema })
}

impl Lake {
    /// Changes what is told about a store. A shorter retention deletes nothing by itself; see
    /// [`Self::expire`].
    ///
    /// # Errors
    /// When the name or an id is taken, the retention or a tag is out of bounds, the selectors are for events of another
    /// category or would change below an import, the store is pending deletion, or the catalog cannot be written.
    pub fn update_store(
        &self,
        store: &StoreRow,
        changes: &StoreChanges,
    ) -> Result<StoreRow, StoreError> {
        store.check_not_deleted()?;
        if let Some(Some(days)) = changes.retention_days {
            check_retention(days)?;
        }
        changes.add_ids.iter().try_for_each(|id| self.check_id(*id, Some(store.id)))?;
        let selectors = changes.selectors.as_ref();
        check_category(store.schema, selectors.and_then(Option::as_ref))?;
        // A running import would note files as done that it read under the selectors before.
        let _lock = selectors.map(|_| self.lock(store)).transpose()?;
        for (key, value) in &changes.tags {
            check_tag(key, value)?;
        }
        let stays = |key: &String| {
            !changes.untag.contains(key) && changes.tags.iter().all(|(new, _)| new != key)
        };
        let kept = self.catalog().tags(store.id)?.iter().filter(|(key, _)| stays(key)).count();
        if kept + changes.tags.len() > MAX_TAGS {
            return Err(StoreError::TooManyTags(MAX_TAGS));
        }
        self.catalog().update_store(store.id, changes)?;
        self.changed(store)
    }

    /// Lets a store take no more events.
    ///
    /// # Errors
    /// When it is not ENABLED, AWS has no such operation for its category, or the catalog cannot be written.
    pub fn stop_ingestion(&self, store: &StoreRow) -> Result<StoreRow, StoreError> {
        check_stops(store)?;
        self.turn(store, StoreStatus::Enabled, StoreStatus::StoppedIngestion)
    }

    /// Lets a store take events again.
    ///
    /// # Errors
    /// When it is not STOPPED_INGESTION, AWS has no such operation for its category, or the catalog cannot be
    /// written.
    pub fn start_ingestion(&self, store: &StoreRow) -> Result<StoreRow, StoreError> {
        check_stops(store)?;
        self.turn(store, StoreStatus::StoppedIngestion, StoreStatus::Enabled)
    }

    /// Begins the deletion of a store: for seven days it can be restored, and is neither asked nor filled. Then it
    /// is one of [`Self::deletions_over`], to be removed by [`Self::purge_store`].
    ///
    /// # Errors
    /// When it is protected or deleted already, an import into it is running, or the catalog cannot be
    /// written.
    pub fn delete_store(&self, store: &StoreRow) -> Result<StoreRow, StoreError> {
        let _lock = self.lock_for_deletion(store)?;
        store.check_not_deleted()?;
        let life = StoreLife {
            status: StoreStatus::PendingDeletion,
            deleted_at: Some(self.now_millis()),
            ..store.life
        };
        self.catalog().set_life(store.id, life)?;
        self.changed(store)
    }

    /// Takes a store out of its deletion; it takes events again.
    ///
    /// # Errors
    /// When it is not pending deletion, its seven days are over, or the catalog cannot be written.
    pub fn restore_store(&self, store: &StoreRow) -> Result<StoreRow, StoreError> {
        if store.deletion_ends_at().is_some_and(|end| end <= self.now_millis()) {
            return Err(StoreError::DeletionOver(store.name.clone()));
        }
        self.turn(store, StoreStatus::PendingDeletion, StoreStatus::Enabled)
    }

    /// Returns the deleted stores whose seven days are over.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn deletions_over(&self) -> Result<Vec<StoreRow>, StoreError> {
        let now = self.now_millis();
        let mut stores = self.catalog().stores()?;
        stores.retain(|store| store.deletion_ends_at().is_some_and(|end| end <= now));
        Ok(stores)
    }

    /// Removes a store with its events, at once. Returns what went.
    ///
    /// # Errors
    /// When it is protected, an import into it is running, or a file or the catalog cannot be written; what
    /// is left then is removed by the next call.
    pub fn purge_store(&self, store: &StoreRow) -> Result<Totals, StoreError> {
        let lock = self.lock_for_deletion(store)?;
        let totals = self.totals(store.id)?;
        // From here on nobody reads it, whenever this ends.
        if store.life.status != StoreStatus::PendingDeletion {
            let deleted_at = Some(self.now_millis().saturating_sub(DELETION_DAYS * DAY_MILLIS));
            let status = StoreStatus::PendingDeletion;
            self.catalog().set_life(store.id, StoreLife { status, deleted_at, ..store.life })?;
        }
        // A query that is running ends with an error.
        let folder = self.paths().store(store.id);
        let listed = self.catalog().data_files(store.id)?;
        let listed = listed.iter().map(|file| folder.join(&file.path));
        for path in listed.chain(self.unlisted_files(store.id)?) {
            remove_file(&path)?;
        }
        self.catalog().remove_store(store.id)?;
        drop(lock);
        // Files that are not of this program stay, and their folders with them.
        for path in [
            self.paths().description(store.id),
            self.paths().read_lock(store.id),
            self.paths().write_lock(store.id),
        ] {
            let _ = fs::remove_file(path);
        }
        remove_empty_folders(&folder);
        Ok(totals)
    }

    /// Returns the data files of a store all of whose events are older than its retention. Files hold the
    /// events of one day, so events go up to a day later than they could; those without a time stay.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub fn expired_files(&self, store: &StoreRow) -> Result<Vec<DataFile>, StoreError> {
        let Some(oldest) = store.oldest_kept(self.now_millis()) else { return Ok(Vec::new()) };
        let mut files = self.catalog().data_files(store.id)?;
        files.retain(|file| file.max_time.is_some_and(|latest| latest < oldest));
        Ok(files)
    }

    /// Removes data files that [`Self::expired_files`] returned, once no import runs. Queries that are running read
    /// them to their end: then the files go with the next import or expiry, and this returns false.
    ///
    /// # Errors
    /// When the store is pending deletion, `cancel` was set before the lock was free, or a file or the catalog cannot
    /// be written.
    pub fn expire(
        &self,
        store: &StoreRow,
        files: &[DataFile],
        cancel: &AtomicBool,
    ) -> Result<bool, StoreError> {
        let (_lock, store) = self.lock_when_free(store, cancel)?;
        store.check_not_deleted()?;
        self.catalog().remove_data_files(store.id, files)?;
        self.sweep(store.id)
    }

    /// Returns a store as it is after a change, which its folder is told, too.
    fn changed(&self, store: &StoreRow) -> Result<StoreRow, StoreError> {
        let store = self.store(&store.id.to_string())?;
        self.describe(&store);
        Ok(store)
    }

    /// Turns a store from one status into another.
    fn turn(
        &self,
        store: &StoreRow,
        from: StoreStatus,
        to: StoreStatus,
    ) -> Result<StoreRow, StoreError> {
        if store.life.status != from {
            return Err(StoreError::WrongStatus {
                name: store.name.clone(),
                status: store.life.status.name(),
                needed: from.name(),
            });
        }
        let life = StoreLife { status: to, deleted_at: None, ..store.life };
        self.catalog().set_life(store.id, life)?;
        self.changed(store)
    }

    /// Takes the store's write lock if it may be deleted.
    fn lock_for_deletion(&self, store: &StoreRow) -> Result<WriteLock, StoreError> {
        if store.life.termination_protection {
            return Err(StoreError::Protected(store.name.clone()));
        }
        self.lock(store)
    }
}

/// Refuses tags that AWS would refuse, and more than fifty of them.
///
/// # Errors
/// [`StoreError::BadTag`], or [`StoreError::TooManyTags`].
pub fn check_tags(tags: &[(String, String)]) -> Result<(), StoreError> {
    tags.iter().try_for_each(|(key, value)| check_tag(key, value))?;
    if tags.len() > MAX_TAGS { Err(StoreError::TooManyTags(MAX_TAGS)) } else { Ok(()) }
}

/// Refuses a tag that AWS would refuse.
fn check_tag(key: &str, value: &str) -> Result<(), StoreError> {
    let wrong = |what: String| Err(StoreError::BadTag(what));
    let allowed = |text: &str| {
        text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c))
    };
    if key.is_empty() || key.chars().count() > MAX_TAG_KEY {
        return wrong(format!("the key {key:?} does not have 1 to {MAX_TAG_KEY} characters"));
    }
    if value.chars().count() > MAX_TAG_VALUE {
        return wrong(format!("the value of {key:?} has more than {MAX_TAG_VALUE} characters"));
    }
    if !allowed(key) || !allowed(value) {
        return wrong(format!(
            "{key:?}={value:?} has other characters than letters, digits, blanks and _.:/=+-@"
        ));
    }
    if key.to_lowercase().starts_with("aws:") {
        return wrong(format!("the key {key:?} begins with aws:, which is for AWS"));
    }
    Ok(())
}

/// Removes the folders of a store that hold nothing any more.
fn remove_empty_folders(folder: &Path) {
    let days = fs::read_dir(folder).into_iter().flatten().flatten();
    for day in days {
        // One that still holds something stays; that is no failure of the deletion.
        let _ = fs::remove_dir(day.path());
    }
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests;
