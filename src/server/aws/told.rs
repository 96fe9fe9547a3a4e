//! What is kept of event data stores as it was told, beside what the catalog has.

use super::Api;
use super::call::broken;
use crate::store::StoreRow;
use serde::{Deserialize, Serialize};
use traillake_aws_wire::error::ServiceError;

/// The kind of documents that hold [`Told`].
const DOCUMENTS: &str = "event-data-store";
/// Days that a store is shown with which keeps all events.
pub(super) const ALL_DAYS: u32 = 3_653;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum BillingMode {
    #[default]
    ExtendableRetentionPricing,
    FixedRetentionPricing,
}

impl BillingMode {
    /// Days of retention where none are told.
    pub(super) fn default_days(self) -> u32 {
        match self {
            Self::ExtendableRetentionPricing => 366,
            Self::FixedRetentionPricing => 2_557,
        }
    }

    /// The longest retention.
    pub(super) fn most_days(self) -> u32 {
        match self {
            Self::ExtendableRetentionPricing => ALL_DAYS,
            Self::FixedRetentionPricing => self.default_days(),
        }
    }
}

/// What is kept of a store as it was told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Told {
    pub(super) multi_region_enabled: bool,
    pub(super) billing_mode: BillingMode,
    pub(super) kms_key_id: Option<String>,
    /// When it was changed last, in milliseconds since 1970 UTC.
    pub(super) updated_at: Option<i64>,
    /// The role by which the store is federated, if it is.
    pub(super) federation_role: Option<String>,
    pub(super) events: EventConfiguration,
    /// What looks for unusual activity, if anything shall.
    pub(super) insights: Option<Insights>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            multi_region_enabled: true,
            billing_mode: BillingMode::default(),
            kms_key_id: None,
            updated_at: None,
            federation_role: None,
            events: EventConfiguration::default(),
            insights: None,
        }
    }
}

/// How large events may be, and with what they are enriched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EventConfiguration {
    pub(super) max_event_size: MaxEventSize,
    pub(super) context_key_selectors: Vec<ContextKeySelector>,
}

/// AWS's two sizes of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum MaxEventSize {
    /// 256 kB.
    #[default]
    Standard,
    /// 1 MB.
    Large,
}

/// Keys of one type by which events are enriched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContextKeySelector {
    pub(super) r#type: String,
    pub(super) equals: Vec<String>,
}

/// Selectors of insights, and the store that their events would go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Insights {
    pub(super) selectors: Vec<InsightSelector>,
    /// The ARN of a store of Insights events.
    pub(super) destination: String,
}

/// One type of insights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InsightSelector {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) insight_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_categories: Option<Vec<String>>,
}

impl Api {
    pub(super) fn told(&self, store: &StoreRow) -> Result<Told, ServiceError> {
        let told = self.documents.get(DOCUMENTS, &store.id.to_string());
        told.map(Option::unwrap_or_default).map_err(broken)
    }

    pub(super) fn keep_told(&self, store: &StoreRow, told: &Told) -> Result<(), ServiceError> {
        let kept = self.documents.put(DOCUMENTS, &store.id.to_string(), told);
        kept.map_err(broken)
    }
}
