//! Which calls a trail records: by basic event selectors or by advanced ones.

use super::record::Record;
use super::trail::Trail;
use crate::event::EventSchema;
use crate::store::AdvancedEventSelectors;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The selectors of a trail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum Selection {
    /// None were told: all management events.
    #[default]
    Default,
    /// Basic ones, any of which selects.
    Basic(Vec<EventSelector>),
    /// Advanced ones, a list in JSON.
    Advanced(Value),
}

/// A basic event selector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventSelector {
    /// Reading or writing calls, or both.
    pub read_write_type: ReadWriteType,
    /// Whether it selects management events.
    pub include_management_events: bool,
    /// The data events that it selects.
    pub data_resources: Vec<DataResource>,
    /// Services whose management events it does not select.
    pub exclude_management_event_sources: Vec<String>,
}

/// Which calls are selected by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadWriteType {
    /// All.
    #[default]
    All,
    /// Those that read.
    ReadOnly,
    /// Those that write.
    WriteOnly,
}

/// Resources whose data events are selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataResource {
    /// `AWS::S3::Object`.
    pub r#type: String,
    /// What their ARNs begin with.
    pub values: Vec<String>,
}

impl EventSelector {
    /// What a trail has that was told nothing.
    pub fn all_management_events() -> Self {
        Self { include_management_events: true, ..Self::default() }
    }

    fn takes(&self, record: &Record) -> bool {
        let by_type = match self.read_write_type {
            ReadWriteType::All => true,
            ReadWriteType::ReadOnly => record.is_read_only,
            ReadWriteType::WriteOnly => !record.is_read_only,
        };
        let is_excluded = self.exclude_management_event_sources.contains(&record.source);
        let by_resource = |of: &DataResource| {
            record.resources.iter().any(|(kind, arn)| {
                *kind == of.r#type && of.values.iter().any(|value| arn.starts_with(value.as_str()))
            })
        };
        by_type
            && match record.is_management {
                true => self.include_management_events && !is_excluded,
                false => self.data_resources.iter().any(by_resource),
            }
    }
}

/// A trail that logs, as calls see it.
#[derive(Debug)]
pub struct Listener {
    pub(super) trail: Uuid,
    selection: Compiled,
}

#[derive(Debug)]
enum Compiled {
    Basic(Vec<EventSelector>),
    Advanced(AdvancedEventSelectors),
    /// What was kept cannot be read: better too much than too little.
    Everything,
}

impl Listener {
    pub(super) fn of(trail: &Trail) -> Self {
        let selection = match &trail.selection {
            Selection::Default => Compiled::Basic(vec![EventSelector::all_management_events()]),
            Selection::Basic(selectors) => Compiled::Basic(selectors.clone()),
            Selection::Advanced(json) => AdvancedEventSelectors::parse(&json.to_string())
                .map_or(Compiled::Everything, Compiled::Advanced),
        };
        Self { trail: trail.id, selection }
    }

    pub(super) fn takes(&self, record: &Record) -> bool {
        match &self.selection {
            Compiled::Basic(selectors) => selectors.iter().any(|selector| selector.takes(record)),
            Compiled::Advanced(selectors) => {
                selectors.let_through_record(record.text.as_bytes(), EventSchema::CloudTrail)
            }
            Compiled::Everything => true,
        }
    }
}
