//! How large events of a store may be, and with what they are enriched: kept and shown. Imports take events of every size,
//! and what enriches them as it is in the records.

use super::Api;
use super::call::Call;
use super::stores::changed;
use super::told::{ContextKeySelector, EventConfiguration, MaxEventSize};
use crate::event::EventSchema;
use crate::server::audit::Trail;
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

/// What a request is about.
pub(super) enum Source<'a> {
    Store(&'a str),
    Trail(&'a str),
}

/// Returns the name of the store or of the trail that is meant: both, or none, is refused.
pub(super) fn one_source<'a>(
    call: &Call,
    trail: Option<&'a str>,
    store: Option<&'a str>,
) -> Result<Source<'a>, ServiceError> {
    match (trail, store) {
        (None, Some(store)) => Ok(Source::Store(store)),
        (Some(trail), None) => Ok(Source::Trail(trail)),
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

/// Sets how the events of a trail are aggregated: kept and shown.
fn put_trail(api: &Api, call: &Call, trail: &str, input: &Input) -> Result<Value, ServiceError> {
    let trail = api.trail_to_change(call, trail)?;
    if input.max_event_size.is_some() || input.context_key_selectors.is_some() {
        let text = "MaxEventSize and ContextKeySelectors are for event data stores.";
        return Err(call.refuse("InvalidParameterCombinationException", text));
    }
    let Some(told) = input.aggregation_configurations.clone() else {
        return Err(call.invalid("Give AggregationConfigurations."));
    };
    let changed = api.change_trail(call, &trail, |trail| trail.aggregations = told)?;
    Ok(shown_trail(&changed))
}

fn shown_trail(trail: &Trail) -> Value {
    json!({"TrailARN": trail.arn(), "AggregationConfigurations": trail.aggregations})
}

/// Changes what is told; the rest stays.
pub(super) async fn put(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let combined = |text: &str| Err(call.refuse("InvalidParameterCombinationException", text));
    let (trail, store) = (input.trail_name.as_deref(), input.event_data_store.as_deref());
    let store = match one_source(&call, trail, store)? {
        Source::Store(store) => api.active_store(&call, store)?,
        Source::Trail(trail) => return put_trail(api, &call, trail, &input),
    };
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
    let (trail, store) = (input.trail_name.as_deref(), input.event_data_store.as_deref());
    let store = match one_source(&call, trail, store)? {
        Source::Store(store) => api.store(&call, store)?,
        Source::Trail(trail) => return Ok(shown_trail(&api.trail(&call, trail)?)),
    };
    check_category(&call, &store)?;
    Ok(shown(api, &store, &api.told(&store)?.events))
}
