//! Dashboards: shown and listed.

use super::kept::Dashboard;
use crate::server::aws::Api;
use crate::server::aws::call::{Call, object, time};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// Dashboards of a page where the request does not say how many.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    dashboard_id: String,
}

pub(in crate::server::aws) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Get = call.read()?;
    let dashboard = api.dashboard(&call, &input.dashboard_id)?;
    let refresh = api.last_refresh(&dashboard.name)?;
    let reason = match &refresh {
        Some(refresh) => api.failure(&dashboard.name, refresh)?,
        None => None,
    };
    let kept = dashboard.kept.as_ref();
    let updated_at = kept.and_then(|kept| kept.updated_at);
    let changed_at = kept.map(|kept| updated_at.unwrap_or(kept.created_at));
    Ok(object([
        ("DashboardArn", json!(api.place.dashboard(&dashboard.name))),
        ("Type", json!(dashboard.kind())),
        ("Status", json!(if updated_at.is_some() { "UPDATED" } else { "CREATED" })),
        ("Widgets", json!(dashboard.widgets)),
        ("RefreshSchedule", json!(kept.map(|kept| &kept.refresh_schedule))),
        ("CreatedTimestamp", json!(kept.map(|kept| time(kept.created_at)))),
        ("UpdatedTimestamp", json!(changed_at.map(time))),
        ("LastRefreshId", json!(refresh.map(|refresh| refresh.id.to_string()))),
        ("LastRefreshFailureReason", json!(reason)),
        ("TerminationProtectionEnabled", json!(kept.map(|kept| kept.termination_protection))),
    ]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    name_prefix: Option<String>,
    r#type: Option<String>,
    max_results: Option<usize>,
}

/// Lists dashboards by name.
pub(in crate::server::aws) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: List = call.read()?;
    let after = call.position(&api.tokens)?.and_then(|name| String::from_utf8(name).ok());
    let prefix = input.name_prefix.as_deref().unwrap_or_default();
    let is_listed = |dashboard: &Dashboard| {
        dashboard.name.starts_with(prefix)
            && input.r#type.as_deref().is_none_or(|kind| kind == dashboard.kind())
            && after.as_deref().is_none_or(|after| dashboard.name.as_str() > after)
    };
    let listed: Vec<_> = api.dashboards()?.into_iter().filter(is_listed).collect();
    let most = input.max_results.unwrap_or(PAGE);
    let page = &listed[..most.min(listed.len())];
    let last = page.last().filter(|_| page.len() < listed.len());
    let token = last.map(|last| call.token(&api.tokens, last.name.as_bytes())).transpose()?;
    let shown = page.iter().map(|dashboard| {
        json!({"DashboardArn": api.place.dashboard(&dashboard.name), "Type": dashboard.kind()})
    });
    Ok(object([("Dashboards", shown.collect()), ("NextToken", json!(token))]))
}
