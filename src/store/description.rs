//! What a store is called and how it is kept, beside its data files: a copy, for when the catalog is lost.

use super::catalog::{StoreLife, StoreRow, StoreStatus};
use super::lake::Lake;
use super::names::{StoreId, StoreName};
use super::selectors::AdvancedEventSelectors;
use crate::columnar::Format;
use crate::event::{EventSchema, RecordForm};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// A store as its folder describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoreDescription {
    name: String,
    category: String,
    format: String,
    #[serde(default)]
    eventjson: Option<String>,
    retention_days: Option<u32>,
    created_at: i64,
    selectors: Option<String>,
    status: String,
    termination_protection: bool,
    deleted_at: Option<i64>,
    pub(super) tags: Vec<(String, String)>,
    #[serde(default)]
    other_ids: Vec<String>,
}

impl StoreDescription {
    fn of(store: &StoreRow, tags: Vec<(String, String)>, other_ids: &[StoreId]) -> Self {
        Self {
            name: store.name.clone(),
            category: store.schema.name().to_owned(),
            format: store.format.name().to_owned(),
            eventjson: Some(store.record_form.name().to_owned()),
            retention_days: store.retention_days,
            created_at: store.created_at,
            selectors: store.selectors.as_ref().map(AdvancedEventSelectors::to_json),
            status: store.life.status.name().to_owned(),
            termination_protection: store.life.termination_protection,
            deleted_at: store.life.deleted_at,
            tags,
            other_ids: other_ids.iter().map(StoreId::to_string).collect(),
        }
    }

    /// Reads the description in a store's folder; `None` when there is none that can be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Returns the ids that the store has beside its own.
    pub(super) fn other_ids(&self) -> impl Iterator<Item = StoreId> {
        self.other_ids.iter().filter_map(|id| StoreId::parse(id))
    }

    /// Returns the store that is described, unless the description is no store's.
    pub(super) fn store(&self, id: StoreId) -> Option<StoreRow> {
        let selectors = self.selectors.as_deref().map(AdvancedEventSelectors::parse_unchecked);
        Some(StoreRow {
            id,
            name: StoreName::parse(&self.name).ok()?.as_str().to_owned(),
            schema: EventSchema::from_name(&self.category)?,
            format: Format::from_name(&self.format)?,
            record_form: match &self.eventjson {
                Some(form) => RecordForm::from_name(form)?,
                None => RecordForm::Plain,
            },
            retention_days: self.retention_days,
            created_at: self.created_at,
            selectors: selectors.transpose().ok()?,
            life: StoreLife {
                status: StoreStatus::from_name(&self.status)?,
                termination_protection: self.termination_protection,
                deleted_at: self.deleted_at,
            },
        })
    }
}

impl Lake {
    /// Describes a store beside its data files as it is now. The catalog counts: that this fails is no failure of what
    /// was done, and the next change describes it again.
    pub(super) fn describe(&self, store: &StoreRow) {
        let path = self.paths().description(store.id);
        let write = || {
            let tags = self.catalog().tags(store.id).ok()?;
            let other_ids = self.catalog().other_ids(store.id).ok()?;
            let described = StoreDescription::of(store, tags, &other_ids);
            let text = serde_json::to_vec_pretty(&described).ok()?;
            let unfinished = path.with_extension("json.tmp");
            fs::write(&unfinished, text).ok()?;
            fs::rename(&unfinished, &path).ok()
        };
        let _ = write();
    }
}
