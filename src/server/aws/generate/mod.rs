//! Queries for what somebody asks in words: the nearest saved query, for a store and a time.

mod statement;
mod time_range;

use super::Api;
use super::call::Call;
use crate::store::StoreRow;
use crate::store::lake::DEFAULT_STORE;
use serde::Deserialize;
use serde_json::{Value, json};
use statement::Wanted;
use time_range::TimeRange;
use traillake_aws_wire::error::ServiceError;

/// The relevance below which a query is no answer.
const NEAR: f64 = 0.4;
/// Queries that are tried at most: those behind them are no better.
const TRIED: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    event_data_stores: Vec<String>,
    prompt: String,
}

pub(super) async fn generate(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let [store] = &input.event_data_stores[..] else {
        return Err(call.invalid("EventDataStores has one event data store."));
    };
    let store = api.active_store(&call, store)?;
    let (wanted, question) = wanted(api, &store, &input.prompt);
    let near = api.library.ranked(&question);
    let near = near.into_iter().take_while(|(relevance, _)| *relevance >= NEAR);
    let statements = near.filter_map(|(_, query)| wanted.statement(query));
    for statement in statements.take(TRIED) {
        // A store of other events has other columns, and a query of somebody's own may be wrong.
        if api.queries.check(&statement).await.is_ok() {
            let owner = &api.place.account;
            return Ok(json!({"QueryStatement": statement, "EventDataStoreOwnerAccountId": owner}));
        }
    }
    let text = "No saved query is near to this prompt; SearchSampleQueries finds those with single words of it.";
    Err(call.refuse("GenerateResponseException", text))
}

/// Returns for what a statement is made, and the prompt without what it says of that.
pub(super) fn wanted(api: &Api, store: &StoreRow, prompt: &str) -> (Wanted, String) {
    let now = api.lake.now();
    let (range, question) = TimeRange::read(prompt, now);
    let is_default = store.name == DEFAULT_STORE;
    (Wanted { store: store.id, is_default, range, now }, question)
}
