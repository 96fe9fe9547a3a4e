//! Where the events of a channel go.

use super::super::Api;
use super::super::call::Call;
use super::Channel;
use crate::event::EventSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// The type of a destination that is a store.
const STORE: &str = "EVENT_DATA_STORE";

/// A destination as a request names it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Destination {
    r#type: String,
    location: String,
}

/// Returns the ids of the stores that are named; each must take events from outside AWS.
pub(super) fn stores(
    api: &Api,
    call: &Call,
    destinations: &[Destination],
) -> Result<Vec<String>, ServiceError> {
    let mut stores = Vec::new();
    for Destination { r#type, location } in destinations {
        if r#type != STORE {
            let text = format!("Channels to an {type} are made by AWS's services alone.");
            return Err(call.invalid(text));
        }
        let store = api.active_store(call, location)?;
        if store.schema != EventSchema::ActivityAuditLog {
            let text = format!(
                "The store {} takes {}; a channel needs one whose eventCategory is {}.",
                store.name,
                store.schema.events(),
                EventSchema::ActivityAuditLog
            );
            return Err(call.refuse("InvalidEventDataStoreCategoryException", text));
        }
        let id = store.id.to_string();
        if stores.contains(&id) {
            return Err(call.invalid(format!("The destination {location} is there twice.")));
        }
        stores.push(id);
    }
    Ok(stores)
}

/// Destinations as answers have them.
pub(super) fn shown(api: &Api, channel: &Channel) -> Value {
    let arn = |id: &String| json!({"Type": STORE, "Location": api.place.store_of(id)});
    channel.stores.iter().map(arn).collect()
}
