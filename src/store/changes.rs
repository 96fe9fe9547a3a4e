//! What can be changed about a store.

use super::error::StoreError;
use super::names::{StoreId, StoreName};
use super::selectors::AdvancedEventSelectors;

/// The shortest and the longest retention, in days.
pub const RETENTION_DAYS: std::ops::RangeInclusive<u32> = 7..=3_653;

/// What is to change about a store; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct StoreChanges {
    /// Another name.
    pub name: Option<StoreName>,
    /// Days that events are kept, by their time; `Some(None)` keeps all.
    pub retention_days: Option<Option<u32>>,
    /// Whether the store cannot be deleted.
    pub termination_protection: Option<bool>,
    /// Which events it takes from now on; `Some(None)` takes every event. What it has stays, and files that were
    /// read under other selectors are read again by the next import.
    pub selectors: Option<Option<AdvancedEventSelectors>>,
    /// Tags to set, by key.
    pub tags: Vec<(String, String)>,
    /// Keys of tags to remove.
    pub untag: Vec<String>,
    /// Ids that mean this store from now on, beside its own.
    pub add_ids: Vec<StoreId>,
    /// Ids that mean it no more; its own stays.
    pub remove_ids: Vec<StoreId>,
}

/// Refuses a retention out of bounds.
pub(super) fn check_retention(days: u32) -> Result<(), StoreError> {
    if RETENTION_DAYS.contains(&days) { Ok(()) } else { Err(StoreError::BadRetention(days)) }
}
