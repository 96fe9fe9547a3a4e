//! Refreshes: every widget's query, at once, under one number.
//!
//! A refresh is over when its queries are. What failed is told by them, and kept once they have ended, as queries are
//! forgotten. One that was cut off while its queries were started is not begun, and nobody has the dashboard in hand.

use super::kept::Dashboard;
use super::values::Values;
use crate::server::aws::Api;
use crate::server::aws::call::{Call, broken};
use crate::server::aws::queries::{not_started, one_line};
use crate::server::queries::{QueryError, QueryStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use traillake_aws_wire::error::ServiceError;
use uuid::Uuid;

/// The kind of documents that hold the last [`Refresh`] of a dashboard.
const DOCUMENTS: &str = "dashboard-refresh";
/// The least number of a refresh: AWS's have ten digits and more.
const LEAST: i64 = 1_000_000_000;

/// The last refresh of a dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Refresh {
    pub(super) id: i64,
    /// In milliseconds since 1970 UTC.
    pub(super) started_at: i64,
    /// Whether all queries are started that could be.
    begun: bool,
    /// The queries whose ends are not noted yet, with the titles of their widgets.
    queries: Vec<(String, String)>,
    /// What failed, as far as it is noted.
    failures: Vec<String>,
}

/// How far the queries of a refresh are.
struct Progress {
    running: bool,
    failures: Vec<String>,
}

impl Refresh {
    /// Whether nothing more is to be noted of it.
    pub(super) fn is_settled(&self) -> bool {
        self.begun && self.queries.is_empty()
    }
}

impl Api {
    pub(super) fn last_refresh(&self, dashboard: &str) -> Result<Option<Refresh>, ServiceError> {
        self.documents.get(DOCUMENTS, dashboard).map_err(broken)
    }

    pub(super) fn keep_refresh(
        &self,
        dashboard: &str,
        refresh: &Refresh,
    ) -> Result<(), ServiceError> {
        self.documents.put(DOCUMENTS, dashboard, refresh).map_err(broken)
    }

    pub(super) fn forget_refresh(&self, dashboard: &str) -> Result<(), ServiceError> {
        self.documents.remove(DOCUMENTS, dashboard).map_err(broken)?;
        Ok(())
    }

    fn progress(&self, refresh: &Refresh, in_hand: bool) -> Result<Progress, ServiceError> {
        let mut progress = Progress { running: false, failures: refresh.failures.clone() };
        if !refresh.begun && in_hand {
            progress.running = true;
        } else if !refresh.begun {
            progress
                .failures
                .push("the refresh was cut off at its start; start it again".to_owned());
        }
        for (title, id) in &refresh.queries {
            let id = Uuid::try_parse(id).map_err(broken)?;
            let query = match self.queries.describe(id) {
                // It is as old as nothing is kept.
                Err(QueryError::NotFound(_)) => continue,
                query => query.map_err(broken)?,
            };
            match query.status {
                QueryStatus::Finished => {}
                status if status.is_end() => {
                    let text = query.error.as_deref().unwrap_or("the query did not finish");
                    progress.failures.push(format!("{title}: {text}"));
                }
                _ => progress.running = true,
            }
        }
        Ok(progress)
    }

    /// Whether a refresh runs.
    pub(super) fn is_refreshed(
        &self,
        refresh: &Refresh,
        in_hand: bool,
    ) -> Result<bool, ServiceError> {
        Ok(self.progress(refresh, in_hand)?.running)
    }

    /// Why a refresh failed, if it did; of one that runs, so far.
    pub(super) fn failure(
        &self,
        dashboard: &str,
        refresh: &Refresh,
    ) -> Result<Option<String>, ServiceError> {
        let in_hand = self.busy_dashboards.has(dashboard);
        let failures = self.progress(refresh, in_hand)?.failures;
        Ok((!failures.is_empty()).then(|| one_line(&failures.join("; "))))
    }

    /// Notes how the queries of a refresh ended, if all have.
    pub(super) fn settled(&self, refresh: &Refresh) -> Result<Option<Refresh>, ServiceError> {
        let progress = self.progress(refresh, false)?;
        let settled = || Refresh {
            begun: true,
            queries: Vec::new(),
            failures: progress.failures.clone(),
            ..refresh.clone()
        };
        Ok((!progress.running).then(settled))
    }

    /// Starts the query of every widget of a dashboard that is in hand, and returns the number of the refresh.
    pub(super) async fn refresh(
        &self,
        dashboard: &Dashboard,
        values: &Values,
    ) -> Result<String, ServiceError> {
        let name = &dashboard.name;
        let last = self.last_refresh(name)?.map_or(LEAST, |last| last.id);
        let now = self.lake.now().timestamp_millis();
        let mut refresh = Refresh {
            id: now.max(last.saturating_add(1)),
            started_at: now,
            begun: false,
            queries: Vec::new(),
            failures: Vec::new(),
        };
        self.keep_refresh(name, &refresh)?;
        let id = refresh.id.to_string();
        for widget in &dashboard.widgets {
            let values = values.for_widget(&widget.query_parameters);
            let asked = (widget.query_alias.as_str(), Some(id.as_str()));
            let title = widget.title();
            match self.queries.start_as(&widget.query_statement, values, asked, None).await {
                Ok(query) => refresh.queries.push((title.to_owned(), query.to_string())),
                Err(error) => refresh.failures.push(format!("{title}: {error}")),
            }
        }
        refresh.begun = true;
        self.keep_refresh(name, &refresh)?;
        Ok(id)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    dashboard_id: String,
    query_parameter_values: Option<BTreeMap<String, String>>,
}

pub(in crate::server::aws) async fn start(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Start = call.read()?;
    let name = api.dashboard(&call, &input.dashboard_id)?.name;
    let busy = || {
        let text = format!("{name} is being refreshed or changed; wait until that has ended.");
        call.refuse("ServiceQuotaExceededException", text)
    };
    let _in_hand = api.busy_dashboards.take(&name).ok_or_else(busy)?;
    let dashboard = api.dashboard(&call, &name)?;
    let given = input.query_parameter_values.unwrap_or_default();
    let values = values(api, &call, &dashboard, &given)?;
    if let Some(last) = api.last_refresh(&name)?
        && api.is_refreshed(&last, false)?
    {
        return Err(busy());
    }
    if dashboard.kept.is_some() {
        check_stores(api, &call, &dashboard, &values).await?;
    }
    let id = api.refresh(&dashboard, &values).await?;
    Ok(json!({"RefreshId": id}))
}

/// Returns the values that are given, and those that are not. A managed dashboard is for one store, which must be given.
fn values(
    api: &Api,
    call: &Call,
    dashboard: &Dashboard,
    given: &BTreeMap<String, String>,
) -> Result<Values, ServiceError> {
    let values = Values::read(given, api.lake.now()).map_err(|text| call.invalid(text))?;
    let name = &dashboard.name;
    match (values.store(), dashboard.kept.is_none()) {
        (Some(store), true) => {
            let store = api.active_store(call, store)?.id.to_string();
            Ok(values.with_store(store))
        }
        (None, true) => {
            Err(call
                .invalid(format!("{name} is managed, and needs a value for $EventDataStoreId$.")))
        }
        (Some(_), false) => Err(call.invalid(format!(
            "{name} takes no $EventDataStoreId$: its statements name their stores."
        ))),
        (None, false) => Ok(values),
    }
}

/// Refuses to refresh a dashboard whose statements name stores that are not there; whatever else is wrong is told as the reason of a failure.
async fn check_stores(
    api: &Api,
    call: &Call,
    dashboard: &Dashboard,
    values: &Values,
) -> Result<(), ServiceError> {
    for widget in &dashboard.widgets {
        let values = values.for_widget(&widget.query_parameters);
        let sql = &widget.query_statement;
        let Err(error) = api.queries.check_with(sql, values).await else { continue };
        let refused = not_started(api, call, sql, error);
        let is_store = matches!(
            refused.code.as_ref(),
            "EventDataStoreNotFoundException" | "InactiveEventDataStoreException"
        );
        if is_store {
            return Err(refused);
        }
    }
    Ok(())
}
