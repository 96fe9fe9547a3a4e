//! How large events of a store may be, and with what they are enriched: kept and shown. Imports take events of every size,
//! and what enriches them as it is in the records.

use super::Api;
use super::call::Call;
use super::stores::changed;
use super::told::{ContextKeySelector, EventConfiguration, MaxEventSize};
use super::trails;
use crate::event::EventSchema;
use crate::store::StoreRow;
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    trail_name: Option<String>,
    event_data_store: Option<String>,
    max_event_size: Option<MaxEventSize>,
    context_key_selectors: Option<Vec<ContextKeySelector>>,
    aggregation_configurations: Option<Vec<Value>>,
}

/// Returns the name of the store that is meant: a trail, or both, or none, is refused.
pub(super) fn one_store<'a>(
    call: &Call,
    trail: Option<&str>,
    store: Option<&'a str>,
) -> Result<&'a str, ServiceError> {
    match (trail, store) {
        (None, Some(store)) => Ok(store),
        (Some(trail), None) => Err(trails::not_found(call, trail)),
        _ => {
            let text = "Give one of TrailName and EventDataStore.";
            Err(call.refuse("InvalidParameterCombinationException", text))
        }
    }
}

/// Refuses a store that is not for CloudTrail events.
fn check_category(call: &Call, store: &StoreRow) -> Result<(), ServiceError> {
    if store.schema == EventSchema::CloudTrail {
        return Ok(());
    }
    let text = format!("The store is for {}.", store.schema.events());
    Err(call.refuse("InvalidEventDataStoreCategoryException", text))
}

fn shown(api: &Api, store: &StoreRow, events: &EventConfiguration) -> Value {
    json!({
        "EventDataStoreArn": api.place.store(store.id),
        "MaxEventSize": events.max_event_size,
        "ContextKeySelectors": events.context_key_selectors,
    })
}

/// Changes what is told; the rest stays.
pub(super) async fn put(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let combined = |text: &str| Err(call.refuse("InvalidParameterCombinationException", text));
    let store = one_store(&call, input.trail_name.as_deref(), input.event_data_store.as_deref())?;
    let store = api.active_store(&call, store)?;
    check_category(&call, &store)?;
    if input.aggregation_configurations.is_some_and(|list| !list.is_empty()) {
        return combined("Events are aggregated for trails only, not for event data stores.");
    }
    if input.max_event_size.is_none() && input.context_key_selectors.is_none() {
        return Err(call.invalid("Give MaxEventSize, ContextKeySelectors or both."));
    }
    let mut told = api.told(&store)?;
    if let Some(size) = input.max_event_size {
        told.events.max_event_size = size;
    }
    if let Some(selectors) = input.context_key_selectors {
        if let [one, other] = &selectors[..]
            && one.r#type == other.r#type
        {
            return Err(call.invalid(format!("Two selectors are for {}.", one.r#type)));
        }
        told.events.context_key_selectors = selectors;
    }
    let events = told.events.clone();
    if !events.context_key_selectors.is_empty() && events.max_event_size != MaxEventSize::Large {
        return combined("With ContextKeySelectors, MaxEventSize must be set to Large.");
    }
    changed(api, &store, told)?;
    Ok(shown(api, &store, &events))
}

pub(super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let store = one_store(&call, input.trail_name.as_deref(), input.event_data_store.as_deref())?;
    let store = api.store(&call, store)?;
    check_category(&call, &store)?;
    Ok(shown(api, &store, &api.told(&store)?.events))
}
