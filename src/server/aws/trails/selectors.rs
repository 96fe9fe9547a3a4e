//! The event selectors of trails: basic ones, or advanced ones in their place.

use super::super::Api;
use super::super::call::{Call, object};
use crate::event::EventSchema;
use crate::server::audit::{DataResource, EventSelector, ReadWriteType, Selection, Trail};
use crate::store::AdvancedEventSelectors;
use crate::store::selectors::{MAX_DATA_RESOURCE_VALUES, MAX_SELECTORS};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// Types of resources that basic selectors take, and what the ARNs of them all begin with.
const TYPES: [(&str, &str); 3] = [
    ("AWS::S3::Object", "s3"),
    ("AWS::Lambda::Function", "lambda"),
    ("AWS::DynamoDB::Table", "dynamodb"),
];
/// Services whose management events can be left out.
const EXCLUDED: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    trail_name: String,
    event_selectors: Option<Vec<Told>>,
    advanced_event_selectors: Option<Vec<Value>>,
}

/// A basic selector, as it is told.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    read_write_type: Option<ReadWriteType>,
    include_management_events: Option<bool>,
    data_resources: Option<Vec<ToldResource>>,
    exclude_management_event_sources: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ToldResource {
    r#type: Option<String>,
    values: Option<Vec<String>>,
}

/// Sets the selectors of a trail. Those of the other kind go.
pub(in super::super) async fn put(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Put = call.read()?;
    let trail = api.trail_to_change(&call, &input.trail_name)?;
    let basic = input.event_selectors.filter(|list| !list.is_empty());
    let advanced = input.advanced_event_selectors.filter(|list| !list.is_empty());
    let selection = match (basic, advanced) {
        (Some(told), None) => selectors(told).map(Selection::Basic),
        (None, Some(list)) => checked(&Value::from(list)).map(Selection::Advanced),
        _ => Err("Give one of EventSelectors and AdvancedEventSelectors.".to_owned()),
    };
    let wrong = |text: String| call.refuse("InvalidEventSelectorsException", text);
    let selection = selection.map_err(wrong)?;
    let changed = api.change_trail(&call, &trail, |trail| trail.selection = selection)?;
    Ok(shown(&changed))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    trail_name: String,
}

pub(in super::super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Get = call.read()?;
    Ok(shown(&api.trail(&call, &input.trail_name)?))
}

/// Shows the selectors of a trail; those of the other kind are not there.
fn shown(trail: &Trail) -> Value {
    let (basic, advanced) = match &trail.selection {
        Selection::Default => (json!([EventSelector::all_management_events()]), Value::Null),
        Selection::Basic(selectors) => (json!(selectors), Value::Null),
        Selection::Advanced(json) => (Value::Null, json.clone()),
    };
    object([
        ("TrailARN", json!(trail.arn())),
        ("EventSelectors", basic),
        ("AdvancedEventSelectors", advanced),
    ])
}

/// Checks advanced selectors, and returns them as they are shown.
fn checked(list: &Value) -> Result<Value, String> {
    let selectors = AdvancedEventSelectors::parse(&list.to_string());
    let selectors = selectors.map_err(|error| format!("{error}."))?;
    if selectors.schema() != Some(EventSchema::CloudTrail) {
        return Err("Trails select Management, Data and NetworkActivity events.".to_owned());
    }
    serde_json::from_str(&selectors.to_json()).map_err(|error| error.to_string())
}

/// Reads basic selectors, with AWS's defaults.
fn selectors(told: Vec<Told>) -> Result<Vec<EventSelector>, String> {
    if told.len() > MAX_SELECTORS {
        return Err(format!("A trail has {MAX_SELECTORS} event selectors at most."));
    }
    let selectors: Vec<_> = told.into_iter().map(selector).collect::<Result<_, _>>()?;
    let resources = selectors.iter().flat_map(|selector| &selector.data_resources);
    let values: usize = resources.map(|resource| resource.values.len()).sum();
    if values > MAX_DATA_RESOURCE_VALUES {
        return Err(format!(
            "All event selectors have {MAX_DATA_RESOURCE_VALUES} data resources at most."
        ));
    }
    Ok(selectors)
}

fn selector(told: Told) -> Result<EventSelector, String> {
    let excluded = told.exclude_management_event_sources.unwrap_or_default();
    if let Some(other) = excluded.iter().find(|source| !EXCLUDED.contains(&source.as_str())) {
        let known = EXCLUDED.join(" and ");
        return Err(format!("{other} cannot be excluded, only {known}."));
    }
    let resources = told.data_resources.unwrap_or_default().into_iter().map(resource);
    Ok(EventSelector {
        read_write_type: told.read_write_type.unwrap_or_default(),
        include_management_events: told.include_management_events.unwrap_or(true),
        data_resources: resources.collect::<Result<_, _>>()?,
        exclude_management_event_sources: excluded,
    })
}

fn resource(told: ToldResource) -> Result<DataResource, String> {
    let r#type = told.r#type.unwrap_or_default();
    let Some((_, service)) = TYPES.iter().find(|(known, _)| *known == r#type) else {
        let known = TYPES.map(|(known, _)| known).join(", ");
        return Err(format!(
            "The Type {type:?} is none of {known}; advanced event selectors take others."
        ));
    };
    let values = told.values.unwrap_or_default();
    if let Some(wrong) = values.iter().find(|value| !is_beginning(value, service)) {
        return Err(format!("The value {wrong:?} is no beginning of an ARN of {type}."));
    }
    Ok(DataResource { r#type, values })
}

/// Whether ARNs of a service begin so. Of S3 there are all objects, `arn:aws:s3`, those of a bucket, and those of a prefix.
fn is_beginning(value: &str, service: &str) -> bool {
    let mut parts = value.splitn(4, ':');
    let (arn, partition, of) = (parts.next(), parts.next(), parts.next());
    let is_one = arn == Some("arn")
        && partition.is_some_and(|partition| partition.starts_with("aws"))
        && of == Some(service);
    let is_whole = |rest: &str| match service {
        "s3" => rest == "::" || rest.strip_prefix("::").is_some_and(|path| path.contains('/')),
        _ => rest.contains(':'),
    };
    is_one && parts.next().is_none_or(is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_beginnings_of_arns() {
        for (value, service) in [
            ("arn:aws:s3", "s3"),
            ("arn:aws:s3:::", "s3"),
            ("arn:aws-cn:s3:::bucket/", "s3"),
            ("arn:aws:s3:::bucket/a/b", "s3"),
            ("arn:aws:lambda", "lambda"),
            ("arn:aws:lambda:us-west-2:111122223333:function:hello", "lambda"),
            ("arn:aws:dynamodb:us-west-2:111122223333:table/t", "dynamodb"),
        ] {
            assert!(is_beginning(value, service), "{value}");
        }
        for (value, service) in [
            ("", "s3"),
            ("*", "s3"),
            ("bucket/", "s3"),
            ("arn:aws:s3:::bucket", "s3"),
            ("arn:aws:s3:::bucket/", "lambda"),
            ("arn:aws", "s3"),
            ("arn:aws:lambda:x", "lambda"),
        ] {
            assert!(!is_beginning(value, service), "{value}");
        }
    }
}
