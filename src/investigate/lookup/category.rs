//! Which events a history is of: management events, or Insights events, which have columns of their own.

use super::LookupKey;
use crate::event::EventSchema;

/// The condition that makes an event a management event; records of old versions do not say so.
const MANAGEMENT: &str = include_str!("management.sql");
/// What is told of management events.
const MANAGEMENT_EVENTS: &str = include_str!("events.sql");
/// The condition on the source of Insights events: a trail's files do not name it, stores of the Lake do.
const OF_SOURCE: &str = "coalesce(nullif(insightSource, ''), $source) = $source";
/// What is told of Insights events.
const INSIGHT_EVENTS: &str = include_str!("insight_events.sql");

/// Which events a history is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LookupCategory {
    /// Management events, in stores of CloudTrail events.
    #[default]
    Management,
    /// Insights events, in stores of these.
    Insight {
        /// The ARN of the trail that they are of; those whose record names another one are left out. `None`: of any.
        source: Option<String>,
    },
}

impl LookupCategory {
    /// Returns the category of the history that a store of these events has, if it has one.
    pub fn of(schema: EventSchema) -> Option<Self> {
        match schema {
            EventSchema::CloudTrail => Some(Self::Management),
            EventSchema::Insight => Some(Self::Insight { source: None }),
            _ => None,
        }
    }

    /// Returns what the stores hold that have such events.
    pub fn schema(&self) -> EventSchema {
        match self {
            Self::Management => EventSchema::CloudTrail,
            Self::Insight { .. } => EventSchema::Insight,
        }
    }

    /// Returns the condition that events of a table are of the category.
    pub(super) fn condition(&self) -> &'static str {
        match self {
            Self::Management => MANAGEMENT,
            Self::Insight { source: Some(_) } => OF_SOURCE,
            Self::Insight { source: None } => "true",
        }
    }

    /// Returns the value of `$source`, if the condition has it.
    pub(super) fn source(&self) -> Option<&str> {
        match self {
            Self::Insight { source } => source.as_deref(),
            Self::Management => None,
        }
    }

    /// Returns the condition on `$value`.
    pub(super) fn key_condition(&self, key: LookupKey) -> String {
        let column = match (self, key) {
            (Self::Management, key) => return key.condition(),
            (_, LookupKey::EventId) => "eventID",
            (_, LookupKey::EventName) => "insightEventName",
            (_, LookupKey::EventSource) => "insightEventSource",
            // Nobody called them, and they have neither resources nor keys: no value finds one.
            _ => "NULL",
        };
        format!("{column} = $value")
    }

    /// Returns the statement for what is told of events.
    pub(super) fn events(&self) -> &'static str {
        match self {
            Self::Management => MANAGEMENT_EVENTS,
            Self::Insight { .. } => INSIGHT_EVENTS,
        }
    }
}
