//! What imports could not take.

use super::Api;
use super::call::{Call, object, time};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// Failures of a page where the request does not say how many.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListFailures {
    import_id: String,
    max_results: Option<usize>,
}

pub(super) async fn list_failures(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListFailures = call.read()?;
    let from = match call.position(&api.tokens)? {
        Some(position) => position.try_into().map_or(usize::MAX, usize::from_be_bytes),
        None => 0,
    };
    let failed = |error| api.store_error(&call, error);
    let named = api.lake.catalog().imports_named(&input.import_id).map_err(failed)?;
    let Some(import) = named.into_iter().find(|import| import.id == input.import_id) else {
        return Err(call.invalid(format!("There is no import {}.", input.import_id)));
    };
    let mut failures = api.lake.catalog().failures(&import.id).map_err(failed)?;
    failures.retain(|failure| !failure.is_notice());
    let at = time(import.finished_at.unwrap_or(import.started_at));
    let most = input.max_results.unwrap_or(PAGE);
    let page = failures.iter().skip(from).take(most).map(|failure| {
        json!({
            "Location": failure.location,
            "Status": "FAILED",
            "ErrorType": failure.error_type,
            "ErrorMessage": failure.message,
            "LastUpdatedTime": at,
        })
    });
    let page: Vec<Value> = page.collect();
    let next = from.saturating_add(page.len());
    let token = (next < failures.len()).then(|| call.token(&api.tokens, &next.to_be_bytes()));
    Ok(object([("Failures", Value::from(page)), ("NextToken", json!(token.transpose()?))]))
}
