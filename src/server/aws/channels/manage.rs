//! Channels are made, shown, changed and deleted.

use super::super::Api;
use super::super::call::{Call, object};
use super::super::policies::forget_policy;
use super::super::resources::{Kind, name_of};
use super::super::tags::{Tag, read_tags, shown_tags};
use super::destinations::{self, Destination};
use super::{Channel, DOCUMENTS, failure};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;
use uuid::Uuid;

/// The source of everybody's own events.
const CUSTOM: &str = "Custom";
/// The sources of AWS's partners.
const PARTNERS: [&str; 15] = [
    "CloudStorageSecurityConsole",
    "Clumio",
    "CrowdStrike",
    "CyberArk",
    "GitHub",
    "IBMMulticloud",
    "KongGatewayEnterprise",
    "LaunchDarkly",
    "MontyCloud",
    "NetskopeCloudExchange",
    "OktaSystemLogEvents",
    "OneLogin",
    "Shoreline",
    "Snyk",
    "WizAuditLogs",
];
/// Channels of a page where the request does not say how many.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateChannel {
    name: String,
    source: String,
    destinations: Vec<Destination>,
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateChannel {
    channel: String,
    name: Option<String>,
    destinations: Option<Vec<Destination>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    channel: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListChannels {
    max_results: Option<usize>,
}

fn shown(api: &Api, channel: &Channel, more: (&'static str, Value)) -> Value {
    object([
        ("ChannelArn", json!(api.place.channel(&channel.id))),
        ("Name", json!(channel.name)),
        ("Source", json!(channel.source)),
        ("Destinations", destinations::shown(api, channel)),
        more,
    ])
}

/// Returns the channel that an ARN or an id names.
fn find(api: &Api, call: &Call, text: &str) -> Result<Channel, ServiceError> {
    let Some(id) = name_of(text, Kind::Channel) else {
        let text = format!("{text} is not the ARN of a channel.");
        return Err(call.refuse("ChannelARNInvalidException", text));
    };
    let missing =
        || call.refuse("ChannelNotFoundException", format!("There is no channel {text}."));
    api.channels.find(id)?.ok_or_else(missing)
}

fn check_name(call: &Call, name: &str, others: &[Channel]) -> Result<(), ServiceError> {
    match others.iter().any(|other| other.name == name) {
        true => Err(exists(call, format!("There is a channel {name} already."))),
        false => Ok(()),
    }
}

fn exists(call: &Call, text: String) -> ServiceError {
    call.refuse("ChannelAlreadyExistsException", text)
}

pub(in super::super) async fn create(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let CreateChannel { name, source, destinations, tags } = call.read()?;
    if source != CUSTOM && !PARTNERS.contains(&source.as_str()) {
        let text = format!("{source} is neither {CUSTOM} nor the source of a partner of AWS.");
        return Err(call.refuse("InvalidSourceException", text));
    }
    let tags = read_tags(&call, tags.as_deref().unwrap_or_default())?;
    let _alone = api.channels.alone();
    let stores = destinations::stores(api, &call, &destinations)?;
    let others = api.channels.all()?;
    check_name(&call, &name, &others)?;
    // Whoever has several programs of their own has a channel for each.
    if source != CUSTOM && others.iter().any(|other| other.source == source) {
        return Err(exists(&call, format!("There is a channel for {source} already.")));
    }
    let (id, created_at) = (Uuid::new_v4().to_string(), api.lake.now().timestamp_millis());
    let channel = Channel { id, name, source, stores, created_at };
    api.keep_tags(&call, &channel.resource(), tags.clone())?;
    api.channels.keep(&channel)?;
    Ok(shown(api, &channel, ("Tags", shown_tags(&tags))))
}

pub(in super::super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let channel = find(api, &call, &input.channel)?;
    let status = api.channels.ingestions.shown(&channel.id).map_err(failure)?;
    Ok(shown(api, &channel, ("IngestionStatus", status)))
}

pub(in super::super) async fn update(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let UpdateChannel { channel, name, destinations } = call.read()?;
    if name.is_none() && destinations.is_none() {
        return Err(call.invalid("Give the Name or the Destinations to change."));
    }
    let _alone = api.channels.alone();
    let mut channel = find(api, &call, &channel)?;
    if let Some(destinations) = destinations {
        channel.stores = destinations::stores(api, &call, &destinations)?;
    }
    if let Some(name) = name {
        let mut others = api.channels.all()?;
        others.retain(|other| other.id != channel.id);
        check_name(&call, &name, &others)?;
        channel.name = name;
    }
    api.channels.keep(&channel)?;
    Ok(shown(api, &channel, ("Tags", Value::Null)))
}

/// Deletes a channel. The events that came by it stay.
pub(in super::super) async fn delete(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let _alone = api.channels.alone();
    let channel = find(api, &call, &input.channel)?;
    api.channels.documents.remove(DOCUMENTS, &channel.id).map_err(failure)?;
    api.channels.ingestions.forget(&channel.id).map_err(failure)?;
    api.forget_tags(&channel.resource())?;
    forget_policy(api, &channel.resource())?;
    Ok(object([]))
}

/// Lists channels, the newest first.
pub(in super::super) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListChannels = call.read()?;
    let mut channels = api.channels.all()?;
    if let Some(last) = call.position(&api.tokens)? {
        // The channel itself may be gone.
        channels.retain(|channel| position(channel) < last);
    }
    let most = input.max_results.unwrap_or(PAGE);
    let more = channels.len() > most;
    channels.truncate(most);
    let last = channels.last().filter(|_| more);
    let token = last.map(|last| call.token(&api.tokens, &position(last))).transpose()?;
    let shown = |channel: &Channel| json!({"ChannelArn": api.place.channel(&channel.id), "Name": channel.name});
    let shown: Vec<_> = channels.iter().map(shown).collect();
    Ok(object([("Channels", Value::from(shown)), ("NextToken", json!(token))]))
}

/// The place of a channel in the list: greater for a newer one.
fn position(channel: &Channel) -> Vec<u8> {
    let mut place = channel.created_at.to_be_bytes().to_vec();
    place.extend_from_slice(channel.id.as_bytes());
    place
}
