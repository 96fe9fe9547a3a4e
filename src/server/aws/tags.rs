//! Tags of event data stores, which the catalog has, of trails, which have them, and of what is kept in documents.

use super::Api;
use super::call::{Call, object};
use super::kept_tags::{Tags, merged};
use super::resources::{Kind, named};
use crate::server::audit::Trail;
use crate::store::life_cycle::check_tags;
use crate::store::{StoreChanges, StoreRow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use traillake_aws_wire::error::ServiceError;

/// How many resources one request may ask for.
const LISTED: RangeInclusive<usize> = 1..=20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: Option<String>,
}

/// Returns tags by key; one without value has an empty one. Each key may stand there once.
pub(super) fn read_tags(call: &Call, tags: &[Tag]) -> Result<Vec<(String, String)>, ServiceError> {
    let mut read: Vec<(String, String)> = Vec::new();
    for Tag { key, value } in tags {
        if read.iter().any(|(known, _)| known == key) {
            let text = format!("The tag {key} stands in the list twice.");
            return Err(call.refuse("InvalidTagParameterException", text));
        }
        read.push((key.clone(), value.clone().unwrap_or_default()));
    }
    Ok(read)
}

/// Tags as answers have them.
pub(super) fn shown_tags(tags: &[(String, String)]) -> Value {
    let tags = tags.iter().map(|(key, value)| {
        let value = if value.is_empty() { Value::Null } else { json!(value) };
        object([("Key", json!(key)), ("Value", value)])
    });
    tags.collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    resource_id: String,
    tags_list: Vec<Tag>,
}

/// What has tags.
enum Tagged {
    Store(StoreRow),
    Trail(Box<Trail>),
    /// What [`Api::kept_tags`] knows so.
    Other(String),
}

/// Returns whose tags are meant.
fn tagged(api: &Api, call: &Call, arn: &str) -> Result<Tagged, ServiceError> {
    let missing = format!("There is no resource {arn}.");
    let code = match named(arn) {
        Some((Kind::EventDataStore, _)) => return api.active_store(call, arn).map(Tagged::Store),
        Some((Kind::Trail, _)) => match api.find_trail(call, arn)? {
            Some(trail) => return Ok(Tagged::Trail(Box::new(trail))),
            None => "ResourceNotFoundException",
        },
        Some((kind, name)) => match api.subject(kind, name)? {
            Some(subject) => return Ok(Tagged::Other(subject.id)),
            None if kind == Kind::Channel && call.operation.lists("ChannelNotFoundException") => {
                "ChannelNotFoundException"
            }
            None => "ResourceNotFoundException",
        },
        None => {
            let text = format!("{arn} is not the ARN of a resource of CloudTrail.");
            return Err(call.refuse("CloudTrailARNInvalidException", text));
        }
    };
    Err(call.refuse(code, missing))
}

impl Tagged {
    fn tags(&self, api: &Api, call: &Call) -> Result<Tags, ServiceError> {
        match self {
            Self::Store(store) => {
                let tags = api.lake.catalog().tags(store.id);
                tags.map_err(|error| api.store_error(call, error))
            }
            Self::Trail(trail) => Ok(trail.tags.clone()),
            Self::Other(resource) => api.kept_tags(resource),
        }
    }

    /// Adds tags, in the place of those with the same keys, and removes others.
    fn change(
        &self,
        api: &Api,
        call: &Call,
        (tags, untag): (Tags, Vec<String>),
    ) -> Result<(), ServiceError> {
        match self {
            Self::Store(store) => {
                let changes = StoreChanges { tags, untag, ..StoreChanges::default() };
                let changed = api.lake.update_store(store, &changes);
                changed.map(|_| ()).map_err(|error| api.store_error(call, error))
            }
            Self::Trail(trail) => {
                let mut checked = Ok(());
                api.change_trail(call, trail, |trail| {
                    let all = merged(trail.tags.clone(), tags, &untag);
                    checked = check_tags(&all).map_err(|error| api.store_error(call, error));
                    if checked.is_ok() {
                        trail.tags = all;
                    }
                })?;
                checked
            }
            Self::Other(resource) => api.change_tags(call, resource, (tags, untag)),
        }
    }
}

pub(super) async fn add(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Change = call.read()?;
    let tagged = tagged(api, &call, &input.resource_id)?;
    let tags = read_tags(&call, &input.tags_list)?;
    tagged.change(api, &call, (tags, Vec::new()))?;
    Ok(object([]))
}

/// Removes tags. One that is given with a value goes only if it has that value.
pub(super) async fn remove(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Change = call.read()?;
    let tagged = tagged(api, &call, &input.resource_id)?;
    read_tags(&call, &input.tags_list)?;
    let there = tagged.tags(api, &call)?;
    let is_there = |tag: &Tag| {
        let mut same = there.iter().filter(|(key, _)| *key == tag.key);
        same.any(|(_, value)| tag.value.as_ref().is_none_or(|wanted| wanted == value))
    };
    let untag = input.tags_list.into_iter().filter(is_there).map(|tag| tag.key).collect();
    tagged.change(api, &call, (Vec::new(), untag))?;
    Ok(object([]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTags {
    resource_id_list: Vec<String>,
}

pub(super) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListTags = call.read()?;
    call.no_page_follows()?;
    if !LISTED.contains(&input.resource_id_list.len()) {
        return Err(call.invalid("ResourceIdList has 1 to 20 resources."));
    }
    let tags = |arn: &String| {
        let tags = tagged(api, &call, arn)?.tags(api, &call)?;
        Ok(json!({"ResourceId": arn, "TagsList": shown_tags(&tags)}))
    };
    let listed: Result<Vec<_>, ServiceError> = input.resource_id_list.iter().map(tags).collect();
    Ok(json!({"ResourceTagList": listed?}))
}
