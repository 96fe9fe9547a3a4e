//! The event history: management events, or Insights events, the newest first, page by page, as AWS's LookupEvents has it.

mod category;
mod merge;
mod pages;
mod token;

use super::{InvestigateError, Row, text};
use crate::engine::Engine;
use crate::engine::text::CURRENT_STORE;
use crate::saved::parameters::read_time;
use crate::store::StoreId;
pub use category::LookupCategory;
use chrono::{DateTime, Utc};
use merge::merge;
use pages::Pages;
use serde::Serialize;
use serde_json::Value;
use token::Token;

/// The name of the user, of a session or of a service.
const USER: &str = include_str!("user.sql");
/// What an event was about, as rows of a type and a name: of its resources, and of parameters that are known.
const RESOURCES: &str = include_str!("resources.sql");

/// What events are looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupKey {
    /// Id of the event.
    EventId,
    /// Name of the event.
    EventName,
    /// Whether it only reads: `true` or `false`.
    ReadOnly,
    /// Name of the user, session or service.
    Username,
    /// Type of a resource, such as `AWS::S3::Bucket`.
    ResourceType,
    /// Name or ARN of a resource.
    ResourceName,
    /// Service, such as `iam.amazonaws.com`.
    EventSource,
    /// Access key of the caller.
    AccessKeyId,
}

/// Every attribute, in AWS's order.
pub const LOOKUP_KEYS: [LookupKey; 8] = [
    LookupKey::EventId,
    LookupKey::EventName,
    LookupKey::ReadOnly,
    LookupKey::Username,
    LookupKey::ResourceType,
    LookupKey::ResourceName,
    LookupKey::EventSource,
    LookupKey::AccessKeyId,
];

impl LookupKey {
    /// Returns AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventId => "EventId",
            Self::EventName => "EventName",
            Self::ReadOnly => "ReadOnly",
            Self::Username => "Username",
            Self::ResourceType => "ResourceType",
            Self::ResourceName => "ResourceName",
            Self::EventSource => "EventSource",
            Self::AccessKeyId => "AccessKeyId",
        }
    }

    /// Returns the attribute with this name, in any case of letters.
    pub fn from_name(name: &str) -> Option<Self> {
        LOOKUP_KEYS.into_iter().find(|key| key.name().eq_ignore_ascii_case(name))
    }

    /// Returns the condition on `$value`.
    fn condition(self) -> String {
        match self {
            Self::EventId => "eventID = $value".to_owned(),
            Self::EventName => "eventName = $value".to_owned(),
            Self::ReadOnly => "readOnly = CAST($value AS boolean)".to_owned(),
            Self::Username => format!("{USER} = $value"),
            Self::ResourceType => format!("any_match({RESOURCES}, r -> r[1] = $value)"),
            Self::ResourceName => format!("any_match({RESOURCES}, r -> r[2] = $value)"),
            Self::EventSource => "eventSource = $value".to_owned(),
            Self::AccessKeyId => "userIdentity.accessKeyId = $value".to_owned(),
        }
    }
}

/// Which events to look up.
#[derive(Debug, Clone)]
pub struct LookupEvents {
    /// Which history; that of the store where one is looked into.
    pub category: LookupCategory,
    /// An attribute and its value, which must be the same, letter by letter.
    pub attribute: Option<(LookupKey, String)>,
    /// Region of the events; `None` for all.
    pub region: Option<String>,
    /// Moment from which on, and before which, as [`read_time`] reads them.
    pub from: Option<String>,
    /// See `from`.
    pub to: Option<String>,
    /// The most events of a page.
    pub max_results: usize,
    /// Where the page before ended, as it says itself.
    pub next_token: Option<String>,
}

/// A page of events, in AWS's shape.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupPage {
    /// The events, the newest first.
    pub events: Vec<LookedUpEvent>,
    /// What asks for the page that follows, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// An event of a page. What it does not say is left out.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookedUpEvent {
    /// Its id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_id: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_name: String,
    /// `true` or `false`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub read_only: String,
    /// Access key of the caller.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access_key_id: String,
    /// When it was, with its offset.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_time: String,
    /// Its service.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_source: String,
    /// Name of the user, session or service.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// What it was about.
    pub resources: Vec<LookedUpResource>,
    /// The record.
    pub cloud_trail_event: String,
    /// Its region, which AWS's shape does not have.
    #[serde(skip)]
    pub region: String,
    /// Its error code, which AWS's shape does not have.
    #[serde(skip)]
    pub error: String,
}

/// A resource of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookedUpResource {
    /// Its type, such as `AWS::IAM::User`; empty if the record does not say it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_type: String,
    /// Its name or ARN.
    pub resource_name: String,
}

impl LookupEvents {
    /// Looks up a page of events of the current store.
    ///
    /// # Errors
    /// When the store holds other events, a value, moment or token cannot be read, or the query fails.
    pub async fn run(&self, engine: &Engine) -> Result<LookupPage, InvestigateError> {
        let schema = engine.schema();
        let Some(category) = LookupCategory::of(schema) else {
            return wrong(format!(
                "the event history is one of CloudTrail or Insights events, and this store holds {}",
                schema.events()
            ));
        };
        Self { category, ..self.clone() }.page(engine, &[CURRENT_STORE.to_owned()]).await
    }

    /// Looks up a page of events of several stores of [the category](Self::category). An event that lies in more than one, by its time and
    /// id, is that of the first one in `stores`, which must be in the same order for each page.
    ///
    /// # Errors
    /// When a value, moment or token cannot be read, a store is not there, or the query fails.
    pub async fn run_over(
        &self,
        engine: &Engine,
        stores: &[StoreId],
    ) -> Result<LookupPage, InvestigateError> {
        let tables: Vec<_> = stores.iter().map(|store| format!("\"{store}\"")).collect();
        self.page(engine, &tables).await
    }

    async fn page(
        &self,
        engine: &Engine,
        tables: &[String],
    ) -> Result<LookupPage, InvestigateError> {
        self.check(engine.now())?;
        let question = self.question();
        let position = match &self.next_token {
            None => None,
            Some(text) => Some(Token::read(text, &question).ok_or_else(|| {
                InvestigateError::Question(
                    "this is no token of a page of this question: ask the same as before, and change --max-results only"
                        .to_owned(),
                )
            })?),
        };
        let pages = Pages::new(self, position.as_ref(), engine)?;
        let found = pages.of(tables).await?;
        let merged = merge(found, tables, position.as_ref(), self.max_results);
        let next_token = merged.next.map(|next| Token::write(&next, &question));
        Ok(LookupPage { events: merged.rows.iter().map(event).collect(), next_token })
    }

    /// Refuses a question that makes no sense.
    fn check(&self, now: DateTime<Utc>) -> Result<(), InvestigateError> {
        if let Some((LookupKey::ReadOnly, value)) = &self.attribute
            && !["true", "false"].contains(&value.as_str())
        {
            return wrong(format!("ReadOnly is true or false, not {value:?}"));
        }
        let moment = |text: &Option<String>| text.as_deref().and_then(|text| read_time(text, now));
        match (moment(&self.from), moment(&self.to)) {
            (Some(from), Some(to)) if from > to => wrong("--from is after --to".to_owned()),
            _ => Ok(()),
        }
    }

    /// What must be the same for the pages of one question.
    fn question(&self) -> String {
        let attribute = self.attribute.as_ref().map(|(key, value)| (key.name(), value));
        format!("{:?}", (&self.category, attribute, &self.region, &self.from, &self.to))
    }
}

fn wrong<T>(text: String) -> Result<T, InvestigateError> {
    Err(InvestigateError::Question(text))
}

fn event(row: &Row) -> LookedUpEvent {
    let resources = row.get("resources").and_then(Value::as_array).into_iter().flatten();
    let resources = resources.filter_map(Value::as_object).map(|resource| LookedUpResource {
        resource_type: text(resource, "type"),
        resource_name: text(resource, "name"),
    });
    LookedUpEvent {
        event_id: text(row, "id"),
        event_name: text(row, "name"),
        read_only: text(row, "read_only"),
        access_key_id: text(row, "access_key"),
        event_time: with_offset(&text(row, "time")),
        event_source: text(row, "source"),
        username: text(row, "user_name"),
        resources: resources.collect(),
        cloud_trail_event: text(row, "record"),
        region: text(row, "region"),
        error: text(row, "error"),
    }
}

/// Returns a time of an answer as the AWS CLI prints times.
fn with_offset(time: &str) -> String {
    let time = time.strip_suffix(".000").unwrap_or(time);
    if time.is_empty() { String::new() } else { format!("{}+00:00", time.replace(' ', "T")) }
}
