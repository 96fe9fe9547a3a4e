//! The widgets that somebody wants for a dashboard: checked, and given aliases.

use super::alias;
use super::kept::Widget;
use super::values::{END, PERIOD, START, Values, places};
use crate::server::aws::Api;
use crate::server::aws::call::Call;
use crate::server::aws::queries::not_started;
use serde::Deserialize;
use std::collections::BTreeMap;
use traillake_aws_wire::error::ServiceError;

/// The most widgets of a dashboard.
const MOST: usize = 10;
/// What the widgets of a dashboard of one's own can ask for.
const NAMES: [&str; 3] = [START, END, PERIOD];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wanted {
    query_statement: String,
    query_parameters: Option<Vec<String>>,
    view_properties: BTreeMap<String, String>,
}

/// Returns the widgets with their aliases. One that asks what one of `before` asked keeps its alias, and with it what
/// was answered; `made` is how many the dashboard had so far.
pub(super) async fn checked(
    api: &Api,
    call: &Call,
    (dashboard, wanted): (&str, Vec<Wanted>),
    (before, made): (&[Widget], &mut u64),
) -> Result<Vec<Widget>, ServiceError> {
    if wanted.len() > MOST {
        let text = format!("A dashboard has {MOST} widgets at most, not {}.", wanted.len());
        return Err(call.refuse("ServiceQuotaExceededException", text));
    }
    let mut before: Vec<_> = before.iter().collect();
    let mut widgets = Vec::new();
    for (at, wanted) in wanted.into_iter().enumerate() {
        let parameters = wanted.query_parameters.unwrap_or_default();
        check(api, call, at, (&wanted.query_statement, &parameters)).await?;
        let is_same = |widget: &&Widget| {
            widget.query_statement == wanted.query_statement
                && widget.query_parameters == parameters
        };
        let query_alias = match before.iter().position(is_same) {
            Some(at) => before.swap_remove(at).query_alias.clone(),
            None => {
                *made += 1;
                alias::of(dashboard, &made.to_string())
            }
        };
        widgets.push(Widget {
            query_alias,
            query_statement: wanted.query_statement,
            query_parameters: parameters,
            view_properties: wanted.view_properties,
        });
    }
    Ok(widgets)
}

/// Refuses a statement that could not run.
async fn check(
    api: &Api,
    call: &Call,
    at: usize,
    (sql, parameters): (&str, &[String]),
) -> Result<(), ServiceError> {
    if let Some(other) = parameters.iter().find(|name| !NAMES.contains(&name.as_str())) {
        let text = format!(
            "QueryParameters of widget {} has {other}; {} are those that there are.",
            at + 1,
            NAMES.join(", ")
        );
        return Err(call.invalid(text));
    }
    let places = places(sql, parameters);
    if places != parameters.len() {
        let text = format!(
            "The statement of widget {} has {places} placeholders (?), and QueryParameters has {}.",
            at + 1,
            parameters.len()
        );
        return Err(call.refuse("InvalidQueryStatementException", text));
    }
    let values = Values::at(api.lake.now()).for_widget(parameters);
    let checked = api.queries.check_with(sql, values).await;
    checked.map_err(|error| {
        let mut error = not_started(api, call, sql, error);
        error.message = format!("Widget {}: {}", at + 1, error.message);
        error
    })
}
