//! The event history.

use super::Api;
use super::call::{Call, millis, object, time};
use crate::investigate::{
    InvestigateError, LookedUpEvent, LookupCategory, LookupEvents, LookupKey,
};
use chrono::{DateTime, SecondsFormat};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// Events of a page where the request does not say how many.
const PAGE: usize = 50;

/// The years 1 to 9998, in milliseconds since 1970 UTC: a millisecond after the year 9999 has no text.
const YEARS: [i64; 2] = [-62_135_596_800_000, 253_370_764_799_999];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    lookup_attributes: Option<Vec<Attribute>>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    event_category: Option<String>,
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

pub(super) async fn look_up(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let category = match input.event_category {
        // The model has no other.
        Some(_) => LookupCategory::Insight { source: None },
        None => LookupCategory::Management,
    };
    let attributes = input.lookup_attributes.unwrap_or_default();
    if attributes.len() > 1 {
        let text = "Events are looked up by one attribute at most.";
        return Err(call.refuse("InvalidLookupAttributesException", text));
    }
    let attribute = attributes.into_iter().next().map(|attribute| {
        let key = LookupKey::from_name(&attribute.attribute_key);
        let unknown = || call.refuse("InvalidLookupAttributesException", "There is no such key.");
        Ok((key.ok_or_else(unknown)?, attribute.attribute_value))
    });
    let asked = Asked {
        category,
        attribute: attribute.transpose()?,
        start_time: input.start_time,
        end_time: input.end_time,
        max_results: input.max_results,
    };
    asked.page(api, &call).await
}

/// What is asked of a history.
pub(super) struct Asked {
    pub(super) category: LookupCategory,
    pub(super) attribute: Option<(LookupKey, String)>,
    /// In seconds since 1970 UTC; both are part of the range.
    pub(super) start_time: Option<f64>,
    pub(super) end_time: Option<f64>,
    pub(super) max_results: Option<usize>,
}

impl Asked {
    /// Returns a page of events, and the token of the next one.
    pub(super) async fn page(self, api: &Api, call: &Call) -> Result<Value, ServiceError> {
        // No event is outside of these years.
        let within = |seconds| millis(seconds).clamp(YEARS[0], YEARS[1]);
        let (from, to) = (self.start_time.map(within), self.end_time.map(within));
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            let text = "StartTime is after EndTime.";
            return Err(call.refuse_as("InvalidTimeRangeException", text));
        }
        let next_token = call.position(&api.tokens)?.and_then(|text| String::from_utf8(text).ok());
        let moment = |at: i64| {
            let moment = DateTime::from_timestamp_millis(at);
            moment.map(|moment| moment.to_rfc3339_opts(SecondsFormat::Millis, true))
        };
        let lookup = LookupEvents {
            category: self.category,
            attribute: self.attribute,
            region: None,
            from: from.and_then(moment),
            // The end is part of the range, and times of events are of milliseconds.
            to: to.and_then(|at| moment(at + 1)),
            max_results: self.max_results.unwrap_or(PAGE),
            next_token,
        };
        let page = api.queries.look_up(lookup).await.map_err(|error| match error {
            InvestigateError::Question(text) => {
                call.refuse_as("InvalidLookupAttributesException", text)
            }
            _ => ServiceError::internal_failure(),
        })?;
        let token = page.next_token.map(|token| call.token(&api.tokens, token.as_bytes()));
        let events: Vec<Value> = page.events.iter().map(event).collect();
        Ok(object([("Events", Value::from(events)), ("NextToken", json!(token.transpose()?))]))
    }
}

fn event(event: &LookedUpEvent) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    let at = DateTime::parse_from_rfc3339(&event.event_time).ok();
    let resources = event.resources.iter().map(|resource| {
        object([
            ("ResourceType", text(&resource.resource_type)),
            ("ResourceName", text(&resource.resource_name)),
        ])
    });
    object([
        ("EventId", text(&event.event_id)),
        ("EventName", text(&event.event_name)),
        ("ReadOnly", text(&event.read_only)),
        ("AccessKeyId", text(&event.access_key_id)),
        ("EventTime", at.map_or(Value::Null, |at| time(at.timestamp_millis()))),
        ("EventSource", text(&event.event_source)),
        ("Username", text(&event.username)),
        ("Resources", resources.collect()),
        ("CloudTrailEvent", text(&event.cloud_trail_event)),
    ])
}
