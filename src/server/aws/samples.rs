//! Sample queries: the saved ones, by how well they fit a phrase.

use super::Api;
use super::call::{Call, object};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// Queries of a page where the request does not say how many.
const PAGE: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    search_phrase: String,
    max_results: Option<usize>,
}

pub(super) async fn search(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let from = match call.position(&api.tokens)? {
        Some(position) => position.try_into().map_or(usize::MAX, usize::from_be_bytes),
        None => 0,
    };
    let found = api.library.ranked(&input.search_phrase);
    let most = input.max_results.unwrap_or(PAGE);
    let page = found.iter().skip(from).take(most).map(|(relevance, query)| {
        json!({
            "Name": query.title,
            "Description": query.question,
            "SQL": query.sql,
            "Relevance": relevance,
        })
    });
    let page: Vec<Value> = page.collect();
    let next = from.saturating_add(page.len());
    let token = (next < found.len()).then(|| call.token(&api.tokens, &next.to_be_bytes()));
    Ok(object([("SearchResults", Value::from(page)), ("NextToken", json!(token.transpose()?))]))
}
