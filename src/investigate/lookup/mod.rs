//! The event history: management events, the newest first, page by page, as AWS's LookupEvents has it.

mod token;

use super::{InvestigateError, Row, rows, text, values};
use crate::engine::Engine;
use crate::engine::parameters::Parameters;
use crate::event::EventSchema;
use crate::saved::parameters::{ParameterType, bind, read_time};
use serde::Serialize;
use serde_json::Value;
use token::{Position, Token};

/// The condition that makes an event a management event; records of old versions do not say so.
const MANAGEMENT: &str = include_str!("management.sql");
/// The name of the user, of a session or of a service.
const USER: &str = include_str!("user.sql");
/// What an event was about, as rows of a type and a name: of its resources, and of parameters that are known.
const RESOURCES: &str = include_str!("resources.sql");
/// The times of a page's events.
const TIMES: &str = include_str!("times.sql");
/// What is told of events.
const EVENTS: &str = include_str!("events.sql");

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
    /// An attribute and its value, which must be the same, letter by letter.
    pub attribute: Option<(LookupKey, String)>,
    /// Region of the events; `None` for all.
    pub region: Option<String>,
    /// Moment from which on, and before which, as [`ParameterType::Timestamp`] reads them.
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
        let wrong = |text: String| Err(InvestigateError::Question(text));
        let schema = engine.schema();
        if schema != EventSchema::CloudTrail {
            return wrong(format!(
                "the event history is one of CloudTrail events, and this store holds {}",
                schema.events()
            ));
        }
        if let Some((LookupKey::ReadOnly, value)) = &self.attribute
            && !["true", "false"].contains(&value.as_str())
        {
            return wrong(format!("ReadOnly is true or false, not {value:?}"));
        }
        let now = engine.now();
        let moment = |text: &Option<String>| text.as_deref().and_then(|text| read_time(text, now));
        if let (Some(from), Some(to)) = (moment(&self.from), moment(&self.to))
            && from > to
        {
            return wrong("--from is after --to".to_owned());
        }
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
        let mut texts = Vec::new();
        let mut conditions = vec![
            MANAGEMENT.to_owned(),
            "($from IS NULL OR eventTime >= $from) AND ($to IS NULL OR eventTime < $to)".to_owned(),
        ];
        if let Some((key, value)) = &self.attribute {
            texts.push(("value", value.as_str()));
            conditions.push(key.condition());
        }
        if let Some(region) = &self.region {
            texts.push(("region", region));
            conditions.push("awsRegion = $region".to_owned());
        }
        if let Some(Position { time, checksum }) = &position {
            texts.push(("checksum", checksum));
            conditions.push(match time {
                // Two conditions: the first is one that a scan knows how to use.
                Some(_) => "(eventTime <= $time OR eventTime IS NULL) \
                            AND (eventTime < $time OR eventTime IS NULL OR eventJsonChecksum > $checksum)"
                    .to_owned(),
                None => "eventTime IS NULL AND eventJsonChecksum > $checksum".to_owned(),
            });
        }
        let mut values = values(now, &texts, self.from.as_deref(), self.to.as_deref())?;
        if let Some(Position { time: Some(time), .. }) = &position {
            bind_moment(&mut values, "time", Some(time))?;
        }
        // One more tells whether there is another page.
        let most = self.max_results.saturating_add(1).to_string();
        let ask = |sql: &str, conditions: &[String]| {
            sql.replace("{condition}", &format!("({})", conditions.join(") AND (")))
                .replace("{rows}", &most)
                .replace("{user}", USER)
                .replace("{resources}", RESOURCES)
        };
        // First only the times, as the columns of an event are many: then few events are left.
        let times = rows(engine, &ask(TIMES, &conditions), &values).await?;
        let times: Vec<_> = times.iter().map(|row| text(row, "time")).collect();
        let Some(last) = times.last() else { return Ok(LookupPage::default()) };
        let oldest = times.iter().rev().find(|time| !time.is_empty());
        let timed = oldest.map(|_| "eventTime >= $oldest");
        let timeless = last.is_empty().then_some("eventTime IS NULL");
        conditions.push(timed.into_iter().chain(timeless).collect::<Vec<_>>().join(" OR "));
        bind_moment(&mut values, "oldest", oldest.map(String::as_str))?;
        let mut found = rows(engine, &ask(EVENTS, &conditions), &values).await?;
        let is_more = found.len() > self.max_results;
        found.truncate(self.max_results);
        let next_token = found.last().filter(|_| is_more).map(|last| {
            let time = Some(text(last, "time")).filter(|time| !time.is_empty());
            Token::write(&Position { time, checksum: text(last, "checksum") }, &question)
        });
        Ok(LookupPage { events: found.iter().map(event).collect(), next_token })
    }

    /// What must be the same for the pages of one question.
    fn question(&self) -> String {
        let attribute = self.attribute.as_ref().map(|(key, value)| (key.name(), value));
        format!("{:?}", (attribute, &self.region, &self.from, &self.to))
    }
}

fn bind_moment(
    values: &mut Parameters,
    name: &str,
    moment: Option<&str>,
) -> Result<(), InvestigateError> {
    bind(values, name, ParameterType::Timestamp, moment)
        .map_err(|error| InvestigateError::Question(error.to_string()))
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
