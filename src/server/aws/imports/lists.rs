//! Lists of imports, those of the command line among them, and of what they could not take.

use super::super::Api;
use super::super::call::{Call, object, time};
use crate::server::imports::{FailureStatus, ImportError, ImportRecord};
use crate::store::ImportStatus;
use crate::store::catalog::RecordedFailure;
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// Items of a page where the request does not say how many.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListImports {
    destination: Option<String>,
    import_status: Option<String>,
    max_results: Option<usize>,
}

/// Lists imports, the newest first.
pub(in crate::server::aws) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListImports = call.read()?;
    let after = call.position(&api.tokens)?.and_then(|position| {
        let (at, id) = position.split_first_chunk()?;
        Some((i64::from_be_bytes(*at), String::from_utf8(id.to_vec()).ok()?))
    });
    let store = input.destination.as_deref().map(|text| api.store(&call, text)).transpose()?;
    let wanted = input.import_status.as_deref().and_then(ImportStatus::from_name);
    let failed = |error| api.import_error(&call, error);
    let mut imports = api.imports.list().map_err(failed)?;
    imports.retain(|(row, status)| {
        let is_behind = after.as_ref().is_none_or(|(at, id)| (row.started_at, &row.id) < (*at, id));
        let is_of_store = store.as_ref().is_none_or(|store| store.id == row.store_id);
        is_behind && is_of_store && wanted.is_none_or(|wanted| wanted == *status)
    });
    let most = input.max_results.unwrap_or(PAGE);
    let is_more = imports.len() > most;
    imports.truncate(most);
    let last = imports.last().filter(|_| is_more).map(|(row, _)| {
        let position = [&row.started_at.to_be_bytes()[..], row.id.as_bytes()].concat();
        call.token(&api.tokens, &position)
    });
    let token = last.transpose()?;
    let shown = imports.into_iter().map(|(row, status)| {
        // As it was when it was chosen.
        let mut import = api.imports.record(row)?;
        import.status = status;
        Ok(object(api.listed_import(&import)))
    });
    let shown = shown.collect::<Result<Vec<_>, ImportError>>().map_err(failed)?;
    Ok(object([("Imports", Value::from(shown)), ("NextToken", json!(token))]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListFailures {
    import_id: String,
    max_results: Option<usize>,
}

/// Lists what an import could not take, and at the end why it did not come to its own, if there is a reason.
pub(in crate::server::aws) async fn list_failures(
    api: &Api,
    call: Call,
) -> Result<Value, ServiceError> {
    let input: ListFailures = call.read()?;
    let from = match call.position(&api.tokens)? {
        Some(position) => position.try_into().map_or(usize::MAX, usize::from_be_bytes),
        None => 0,
    };
    let failed = |error| api.import_error(&call, error);
    let import = api.imports.get(&input.import_id).map_err(failed)?;
    let failures = api.imports.failures(&import).map_err(failed)?;
    let most = input.max_results.unwrap_or(PAGE);
    let page = failures.iter().skip(from).take(most);
    let page = page.map(|failure| api.shown_failure(&import, failure));
    let mut page = page.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let reason = api.shown_reason(&import);
    let all = failures.len() + usize::from(reason.is_some());
    let next = from.saturating_add(page.len());
    if page.len() < most && next == failures.len() {
        page.extend(reason);
    }
    let next = from.saturating_add(page.len());
    let token = (next < all).then(|| call.token(&api.tokens, &next.to_be_bytes()));
    Ok(object([("Failures", Value::from(page)), ("NextToken", json!(token.transpose()?))]))
}

impl Api {
    fn shown_failure(
        &self,
        import: &ImportRecord,
        failure: &RecordedFailure,
    ) -> Result<Value, ImportError> {
        let status = match self.imports.failure_status(import, failure)? {
            FailureStatus::Failed => "FAILED",
            FailureStatus::Retry => "RETRY",
            FailureStatus::Succeeded => "SUCCEEDED",
        };
        Ok(json!({
            "Location": self.shown_location(import, &failure.location),
            "Status": status,
            "ErrorType": failure.error_type,
            "ErrorMessage": failure.message,
            "LastUpdatedTime": time(import.updated_at),
        }))
    }

    fn shown_reason(&self, import: &ImportRecord) -> Option<Value> {
        let (reason, wanted) = (import.reason.as_ref()?, import.wanted.as_ref()?);
        Some(json!({
            "Location": wanted.source.uri,
            "Status": "FAILED",
            "ErrorType": reason.kind,
            "ErrorMessage": reason.text,
            "LastUpdatedTime": time(import.updated_at),
        }))
    }

    /// Returns where a file is: as an object, if it was imported from a bucket.
    fn shown_location(&self, import: &ImportRecord, location: &str) -> String {
        let address = import.wanted.as_ref().and_then(|wanted| {
            let bucket = wanted.source.uri.strip_prefix("s3://")?.split('/').next()?;
            let folder = self.buckets.get(bucket).ok()?.folder().to_str()?;
            let key = location.strip_prefix(folder)?.strip_prefix(std::path::MAIN_SEPARATOR)?;
            Some(format!("s3://{bucket}/{key}"))
        });
        address.unwrap_or_else(|| location.to_owned())
    }
}
