//! Queries: started, described, read page by page, cancelled, listed.

use super::call::{Call, millis, object, time};
use super::{Api, delivery};
use crate::engine;
use crate::engine::sql_error::{Code, SqlError};
use crate::engine::text::CURRENT_STORE;
use crate::server::queries::{QueryError, QueryFilter, QueryRecord, QueryStatus};
use crate::store::lake::DEFAULT_STORE;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;
use uuid::Uuid;

/// Characters of the text of an error, at most.
const MAX_ERROR: usize = 1_000;
/// Rows of a page, and queries of a list, where the request does not say how many.
const PAGE: u64 = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartQuery {
    query_statement: Option<String>,
    query_alias: Option<String>,
    query_parameters: Option<Vec<String>>,
    delivery_s3_uri: Option<String>,
    event_data_store_owner_account_id: Option<String>,
}

pub(super) async fn start(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: StartQuery = call.read()?;
    if input.query_statement.is_some() == input.query_alias.is_some() {
        return Err(call.invalid("Give one of QueryStatement and QueryAlias."));
    }
    if input.query_alias.is_none() && input.query_parameters.is_some() {
        return Err(call.invalid("QueryParameters are those of a QueryAlias."));
    }
    let uri = input.delivery_s3_uri;
    if let Some(uri) = &uri {
        delivery::check(api, &call, uri)?;
    }
    let (statement, started) = match (input.query_alias, input.query_statement) {
        (Some(alias), _) => {
            let given = input.query_parameters.unwrap_or_default();
            let (statement, values) = api.statement_of(&call, &alias, &given)?;
            let started = api.queries.start_as(&statement, values, (&alias, None), uri).await;
            (statement, started)
        }
        (None, statement) => {
            let statement = statement.unwrap_or_default();
            let started = api.queries.start_delivered(&statement, uri).await;
            (statement, started)
        }
    };
    let id = started.map_err(|error| not_started(api, &call, &statement, error))?;
    let owner = json!(input.event_data_store_owner_account_id);
    Ok(object([("QueryId", json!(id.to_string())), ("EventDataStoreOwnerAccountId", owner)]))
}

/// The answer to what keeps a statement from being started.
pub(super) fn not_started(api: &Api, call: &Call, sql: &str, error: QueryError) -> ServiceError {
    match error {
        QueryError::Statement(engine::QueryError::Store(error)) if !error.is_damage() => {
            api.store_error(call, error)
        }
        QueryError::Statement(engine::QueryError::Bug(_)) => ServiceError::internal_failure(),
        QueryError::Statement(error) => {
            let error = error.to_client_error();
            let code = match error.code {
                Code::TableNotFound if is_inactive(api, sql, &error) => {
                    "InactiveEventDataStoreException"
                }
                Code::TableNotFound => "EventDataStoreNotFoundException",
                _ => "InvalidQueryStatementException",
            };
            call.refuse(code, error.to_string())
        }
        error @ QueryError::TooMany(_) => {
            call.refuse("MaxConcurrentQueriesException", error.to_string())
        }
        error => broken(call, error),
    }
}

/// Whether a store that is to be deleted is named where the error is.
fn is_inactive(api: &Api, sql: &str, error: &SqlError) -> bool {
    let Some(at) = error.at else { return false };
    let line = sql.lines().nth(usize::try_from(at.line).map_or(0, |line| line.saturating_sub(1)));
    let column = usize::try_from(at.column).map_or(0, |column| column.saturating_sub(1));
    let named: String = line.unwrap_or_default().chars().skip(column).collect();
    let named = named.trim_start_matches('"').to_lowercase();
    let is_named = |name: &str| named.starts_with(&name.to_lowercase());
    let stores = api.lake.catalog().stores().unwrap_or_default();
    let mut inactive = stores.iter().filter(|store| store.check_not_deleted().is_err());
    inactive.any(|store| {
        let is_current = store.name == DEFAULT_STORE && is_named(CURRENT_STORE);
        is_current || is_named(&store.name) || is_named(&store.id.to_string())
    })
}

/// The answer to what is wrong with a query that was started, or with the service.
fn broken(call: &Call, error: QueryError) -> ServiceError {
    match error {
        QueryError::NotFound(_) => call.refuse("QueryIdNotFoundException", error.to_string()),
        QueryError::Ended { .. } => call.refuse("InactiveQueryException", error.to_string()),
        _ => ServiceError::internal_failure(),
    }
}

fn id_of(call: &Call, text: &str) -> Result<Uuid, ServiceError> {
    let id = Uuid::try_parse(text);
    id.map_err(|_| call.refuse("QueryIdNotFoundException", format!("There is no query {text}.")))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeQuery {
    query_id: Option<String>,
    query_alias: Option<String>,
    refresh_id: Option<String>,
}

pub(super) async fn describe(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: DescribeQuery = call.read()?;
    let id = match (input.query_id, input.query_alias) {
        (Some(_), None) if input.refresh_id.is_some() => {
            return Err(call.invalid("A RefreshId goes with a QueryAlias."));
        }
        (Some(id), None) => id_of(&call, &id)?,
        (None, Some(alias)) => {
            let found = api.queries.latest(&alias, input.refresh_id.as_deref());
            let missing = || {
                let text = format!("No query of the alias {alias} has run for this.");
                call.refuse("QueryIdNotFoundException", text)
            };
            found.map_err(|error| broken(&call, error))?.ok_or_else(missing)?
        }
        _ => return Err(call.invalid("Give one of QueryId and QueryAlias.")),
    };
    let query = api.queries.describe(id).map_err(|error| broken(&call, error))?;
    let statistics = &query.statistics;
    let (uri, status) = delivery::told(&query);
    Ok(object([
        ("QueryId", json!(query.id.to_string())),
        ("QueryString", json!(query.statement)),
        ("QueryStatus", json!(query.status.name())),
        (
            "QueryStatistics",
            json!({
                "EventsMatched": statistics.events_matched,
                "EventsScanned": statistics.events_scanned,
                "BytesScanned": statistics.bytes_scanned,
                "ExecutionTimeInMillis": i32::try_from(statistics.millis).unwrap_or(i32::MAX),
                "CreationTime": time(query.created_at),
            }),
        ),
        ("ErrorMessage", error_message(&query)),
        ("DeliveryS3Uri", uri),
        ("DeliveryStatus", status),
    ]))
}

/// Every query that ended otherwise than well says why; clients rely on that. Of one that went well, it is why its answer
/// was not delivered.
fn error_message(query: &QueryRecord) -> Value {
    let failed = query.status.is_end() && query.status != QueryStatus::Finished;
    let undelivered = query.delivery.as_ref().and_then(|delivery| delivery.error.as_deref());
    let text = match query.error.as_deref() {
        None if failed => Some("the query did not finish"),
        error => error.or(undelivered),
    };
    text.map_or(Value::Null, |text| one_line(text).into())
}

/// The text of an error as the model has it: one line, and not too long.
pub(super) fn one_line(text: &str) -> String {
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().take(MAX_ERROR).map(|c| if ends(c) { ' ' } else { c }).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueryResults {
    query_id: String,
    max_query_results: Option<u64>,
}

pub(super) async fn results(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: GetQueryResults = call.read()?;
    let from = match call.position(&api.tokens)? {
        Some(position) => position.try_into().map_or(u64::MAX, u64::from_be_bytes),
        None => 0,
    };
    let id = id_of(&call, &input.query_id)?;
    let most = input.max_query_results.unwrap_or(PAGE);
    let page = api.queries.page(id, from, most).map_err(|error| broken(&call, error))?;
    let rows: Result<Vec<Value>, _> = page
        .rows
        .iter()
        .map(|row| serde_json::from_slice::<Box<RawValue>>(row).and_then(serde_json::to_value))
        .collect();
    let rows = rows.map_err(|_| ServiceError::internal_failure())?;
    let token = page.next.map(|next| call.token(&api.tokens, &next.to_be_bytes())).transpose()?;
    let is_finished = page.query.status == QueryStatus::Finished;
    Ok(object([
        ("QueryStatus", json!(page.query.status.name())),
        (
            "QueryStatistics",
            json!({
                "ResultsCount": rows.len(),
                "TotalResultsCount": page.query.statistics.rows,
                "BytesScanned": page.query.statistics.bytes_scanned,
            }),
        ),
        ("QueryResultRows", if is_finished { Value::from(rows) } else { Value::Null }),
        ("NextToken", json!(token)),
        ("ErrorMessage", error_message(&page.query)),
    ]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CancelQuery {
    query_id: String,
}

pub(super) async fn cancel(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: CancelQuery = call.read()?;
    let id = id_of(&call, &input.query_id)?;
    let status = api.queries.cancel(id).await.map_err(|error| broken(&call, error))?;
    Ok(json!({"QueryId": id.to_string(), "QueryStatus": status.name()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQueries {
    event_data_store: String,
    max_results: Option<u64>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    query_status: Option<String>,
}

pub(super) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListQueries = call.read()?;
    let store = api.active_store(&call, &input.event_data_store)?;
    let (from, to) = (input.start_time.map(millis), input.end_time.map(millis));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        let text = "StartTime is after EndTime.";
        return Err(call.refuse("InvalidDateRangeException", text));
    }
    let status = input.query_status.as_deref().and_then(QueryStatus::from_name);
    let (from, to) = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
    let filter = QueryFilter { store: store.id, from, to, status };
    let after = call.position(&api.tokens)?.and_then(|position| {
        let (at, id) = position.split_first_chunk()?;
        Some((i64::from_be_bytes(*at), Uuid::from_slice(id).ok()?))
    });
    let most = input.max_results.unwrap_or(PAGE);
    // One more tells whether there is another page.
    let found = api.queries.list(&filter, after, most + 1);
    let mut found = found.map_err(|error| broken(&call, error))?;
    let is_more = found.len() as u64 > most;
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let last = found.last().filter(|_| is_more).map(|last| {
        let position = [&last.created_at.to_be_bytes()[..], last.id.as_bytes()].concat();
        call.token(&api.tokens, &position)
    });
    let token = last.transpose()?;
    let query = |query: &QueryRecord| {
        json!({
            "QueryId": query.id.to_string(),
            "QueryStatus": query.status.name(),
            "CreationTime": time(query.created_at),
        })
    };
    let queries: Vec<Value> = found.iter().map(query).collect();
    Ok(object([("Queries", Value::from(queries)), ("NextToken", json!(token))]))
}
