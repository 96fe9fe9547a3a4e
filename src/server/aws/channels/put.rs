//! `PutAuditEvents`: events come through a channel into the stores that it feeds.

use super::super::Api;
use super::super::call::Call;
use super::super::policies::policy_of;
use super::super::resources::{Kind, named};
use super::groups::{Outcome, Parcel};
use super::{Channel, NotTaken, audit_event, external_id};
use crate::event::received::{ReceivedEvent, Reception};
use crate::store::{SentEvents, Taken};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use traillake_aws_wire::error::ServiceError;

/// Bytes of the events of a request, as AWS bounds them.
const MOST_BYTES: usize = 1 << 20;
/// Characters of a message about an event.
const MOST_MESSAGE: usize = 1_024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutAuditEvents {
    channel_arn: String,
    external_id: Option<String>,
    audit_events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    id: String,
    event_data: String,
    event_data_checksum: Option<String>,
}

pub(in super::super) async fn put(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: PutAuditEvents = call.read()?;
    let channel = channel(api, &call, &input)?;
    check_events(&call, &input.audit_events)?;
    let received_at = api.lake.now().timestamp_millis();
    let checked = receive(api, &channel, &input.audit_events, received_at);
    let good: Vec<_> = checked.iter().filter_map(|checked| checked.as_ref().ok()).collect();
    let outcomes = match good.is_empty() {
        true => Vec::new(),
        false => {
            let events = good.into_iter().cloned().collect();
            let source = api.place.channel(&channel.id);
            let sent = SentEvents { source, received_at, events };
            store(api, &channel, sent).await
        }
    };
    let (mut successful, mut failed, mut at, mut last_failure) = (vec![], vec![], 0, None);
    for (event, checked) in input.audit_events.iter().zip(checked) {
        let taken = checked.and_then(|received| {
            at += 1;
            taken(&outcomes, at - 1).map(|()| received.id)
        });
        match taken {
            Ok(id) => {
                let id = id.hyphenated().to_string();
                successful.push(json!({"id": event.id, "eventID": id}));
            }
            Err(NotTaken { code, message }) => {
                last_failure = Some(code);
                let message: String = message.chars().take(MOST_MESSAGE).collect();
                failed.push(json!({"id": event.id, "errorCode": code, "errorMessage": message}));
            }
        }
    }
    if let Some(code) = last_failure {
        // The answer tells it, whether or not it is kept.
        let _ = api.channels.ingestions.failed(&channel.id, code, received_at);
    }
    Ok(json!({"successful": successful, "failed": failed}))
}

/// Returns the channel, if it takes events from who asks.
fn channel(api: &Api, call: &Call, input: &PutAuditEvents) -> Result<Channel, ServiceError> {
    let arn = &input.channel_arn;
    let Some((Kind::Channel, id)) = named(arn) else {
        return Err(call.refuse("InvalidChannelARN", format!("{arn} is not the ARN of a channel.")));
    };
    let denied = |text: &str| Err(call.refuse("ChannelInsufficientPermission", text));
    if !arn.contains(&format!(":{}:channel/", api.place.account)) {
        return denied("The channel is of another account.");
    }
    let Some(channel) = api.channels.find(id)? else {
        return Err(call.refuse("ChannelNotFound", format!("There is no channel {arn}.")));
    };
    let policy = policy_of(api, &channel.resource())?;
    match policy.is_none_or(|policy| external_id::lets_in(&policy, input.external_id.as_deref())) {
        true => Ok(channel),
        false => denied("The policy of the channel asks for another external id."),
    }
}

/// Checks what must be right of all events together.
fn check_events(call: &Call, events: &[Event]) -> Result<(), ServiceError> {
    let mut ids = HashSet::new();
    if let Some(twice) = events.iter().find(|event| !ids.insert(&event.id)) {
        let text = format!("The id {} stands for two events of the request.", twice.id);
        return Err(call.refuse("DuplicatedAuditEventId", text));
    }
    let bytes: usize = events.iter().map(|event| event.event_data.len()).sum();
    match bytes > MOST_BYTES {
        true => {
            let mut refused = ServiceError::too_large(MOST_BYTES);
            refused.message = format!("Events of a request have at most {MOST_BYTES} bytes.");
            Err(refused)
        }
        false => Ok(()),
    }
}

/// Makes the records of events.
fn receive(
    api: &Api,
    channel: &Channel,
    events: &[Event],
    time: i64,
) -> Vec<Result<ReceivedEvent, NotTaken>> {
    let (region, account) = (&*api.place.region, &*api.place.account);
    let arn = api.place.channel(&channel.id);
    let reception = Reception { region, account, channel: &arn, time };
    let receive = |event: &Event| {
        let checksum = event.event_data_checksum.as_deref();
        let checked = audit_event::check(&event.event_data, checksum, account)?;
        Ok(reception.receive(checked.data, &checked.time))
    };
    events.iter().map(receive).collect()
}

/// Puts events into each store that the channel feeds, and returns what came of that.
async fn store(api: &Api, channel: &Channel, sent: SentEvents) -> Vec<Outcome> {
    let parcel = Arc::new(Parcel { channel: channel.id.clone(), sent });
    let send = |id: &String| match api.lake.store(id) {
        Ok(store) => Ok(api.channels.groups.send(&store, Arc::clone(&parcel))),
        Err(_) => Err(NotTaken::no_store(id)),
    };
    // All are sent before the first is waited for.
    let sent: Vec<_> = channel.stores.iter().map(send).collect();
    let mut outcomes = Vec::new();
    for sent in sent {
        outcomes.push(match sent {
            Ok(outcome) => outcome.await,
            Err(not_taken) => Err(not_taken),
        });
    }
    outcomes
}

/// Returns what became of the event at a place: it was taken when no store refused it, and one at least has it.
fn taken(outcomes: &[Outcome], at: usize) -> Result<(), NotTaken> {
    let mut is_kept = false;
    for outcome in outcomes {
        let taken = outcome.as_ref().map_err(Clone::clone)?.get(at);
        is_kept |= matches!(taken, Some(Taken::Stored | Taken::Known));
    }
    if is_kept {
        return Ok(());
    }
    let message = "eventTime is older than the retention of the event data store.".to_owned();
    Err(NotTaken { code: "InvalidData", message })
}
