//! Insights: which ones are wanted of a store or trail is kept and shown; nothing computes them, but those that were imported
//! are listed. What unusual activity there was tell the saved queries on anomalies, too.

use super::Api;
use super::call::{Call, object};
use super::configuration::{Source, one_source};
use super::history::Asked;
use super::resources::{Kind, named};
use super::stores::changed;
use super::told::{InsightSelector, Insights};
use crate::event::EventSchema;
use crate::investigate::{LookupCategory, LookupKey};
use crate::server::audit::Trail;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use traillake_aws_wire::error::ServiceError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    trail_name: Option<String>,
    event_data_store: Option<String>,
    insight_selectors: Vec<InsightSelector>,
    insights_destination: Option<String>,
}

/// Checks selectors of a store, or of a trail; the error says what is wrong.
fn check(selectors: &[InsightSelector], is_trail: bool) -> Result<(), &'static str> {
    for (at, selector) in selectors.iter().enumerate() {
        if selector.insight_type.is_none() {
            return Err("Every selector has an InsightType.");
        }
        if selectors[..at].iter().any(|before| before.insight_type == selector.insight_type) {
            return Err("An InsightType stands in the list twice.");
        }
        let categories = selector.event_categories.as_deref().unwrap_or_default();
        if !is_trail && categories.iter().any(|category| category != "Management") {
            return Err("Insights of event data stores are on Management events.");
        }
    }
    Ok(())
}

/// Sets the selectors of a trail. An empty list ends what was there.
fn put_trail(api: &Api, call: &Call, trail: &str, input: &Put) -> Result<Value, ServiceError> {
    let trail = api.trail_to_change(call, trail)?;
    if input.insights_destination.is_some() {
        let text = "InsightsDestination is for event data stores.";
        return Err(call.refuse("InvalidParameterCombinationException", text));
    }
    let wrong = |text| call.refuse("InvalidInsightSelectorsException", text);
    check(&input.insight_selectors, true).map_err(wrong)?;
    let told: Vec<Value> = input.insight_selectors.iter().map(|told| json!(told)).collect();
    let changed = api.change_trail(call, &trail, |trail| trail.insights = told)?;
    Ok(shown_trail(&changed))
}

fn shown_trail(trail: &Trail) -> Value {
    json!({"TrailARN": trail.arn(), "InsightSelectors": trail.insights})
}

/// Sets the selectors of a store. An empty list ends what was there.
pub(super) async fn put(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Put = call.read()?;
    let (trail, store) = (input.trail_name.as_deref(), input.event_data_store.as_deref());
    let source = match one_source(&call, trail, store)? {
        Source::Store(store) => api.active_store(&call, store)?,
        Source::Trail(trail) => return put_trail(api, &call, trail, &input),
    };
    if source.schema != EventSchema::CloudTrail {
        return Err(call.invalid(format!("The store is for {}.", source.schema.events())));
    }
    let wrong = |text| call.refuse("InvalidInsightSelectorsException", text);
    check(&input.insight_selectors, false).map_err(wrong)?;
    let combined = |text: &str| call.refuse("InvalidParameterCombinationException", text);
    let destination = match &input.insights_destination {
        Some(text) => {
            let store = api.active_store(&call, text)?;
            if store.schema != EventSchema::Insight {
                return Err(combined("InsightsDestination is a store of Insights events."));
            }
            Some(api.place.store(store.id))
        }
        None if input.insight_selectors.is_empty() => None,
        None => return Err(combined("An event data store needs an InsightsDestination.")),
    };
    let selectors = input.insight_selectors;
    let mut told = api.told(&source)?;
    told.insights = match &destination {
        Some(destination) if !selectors.is_empty() => {
            Some(Insights { selectors: selectors.clone(), destination: destination.clone() })
        }
        _ => None,
    };
    changed(api, &source, told)?;
    Ok(object([
        ("EventDataStoreArn", json!(api.place.store(source.id))),
        ("InsightsDestination", json!(destination)),
        ("InsightSelectors", json!(selectors)),
    ]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    trail_name: Option<String>,
    event_data_store: Option<String>,
}

pub(super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Get = call.read()?;
    let (trail, store) = (input.trail_name.as_deref(), input.event_data_store.as_deref());
    let store = match one_source(&call, trail, store)? {
        Source::Store(store) => api.store(&call, store)?,
        Source::Trail(trail) => match api.trail(&call, trail)? {
            trail if trail.insights.is_empty() => {
                let text = "No insights are wanted of this trail.";
                return Err(call.refuse("InsightNotEnabledException", text));
            }
            trail => return Ok(shown_trail(&trail)),
        },
    };
    let Some(Insights { selectors, destination }) = api.told(&store)?.insights else {
        let text = "No insights are wanted of this event data store.";
        return Err(call.refuse("InsightNotEnabledException", text));
    };
    Ok(json!({
        "EventDataStoreArn": api.place.store(store.id),
        "InsightsDestination": destination,
        "InsightSelectors": selectors,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListData {
    insight_source: String,
    #[serde(default)]
    dimensions: Option<BTreeMap<String, String>>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
}

/// Lists the Insights events of a trail, the newest first: of all stores of Insights events those whose record does not name
/// another source. A trail's files name none.
pub(super) async fn list_data(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListData = call.read()?;
    let is_trail = matches!(named(&input.insight_source), Some((Kind::Trail, _)));
    if !is_trail {
        return Err(call.invalid(format!("{} is not the ARN of a trail.", input.insight_source)));
    }
    let dimension = input.dimensions.unwrap_or_default().into_iter().next();
    let attribute = dimension.map(|(name, value)| {
        let key = LookupKey::from_name(&name);
        let unknown = || call.invalid(format!("There is no dimension {name}."));
        Ok((key.ok_or_else(unknown)?, value))
    });
    let asked = Asked {
        category: LookupCategory::Insight { source: Some(input.insight_source) },
        attribute: attribute.transpose()?,
        start_time: input.start_time,
        end_time: input.end_time,
        max_results: input.max_results,
    };
    asked.page(api, &call).await
}
