//! Dashboards: made, changed, deleted.

use super::busy::InHand;
use super::kept::{Dashboard, HIGHLIGHTS, Kept};
use super::schedule::Schedule;
use super::widgets::{self, Wanted};
use crate::server::aws::Api;
use crate::server::aws::call::{Call, broken, object, time};
use crate::server::aws::policies::forget_policy;
use crate::server::aws::resources::dashboard_id;
use crate::server::aws::tags::{Tag, read_tags, shown_tags};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    name: String,
    refresh_schedule: Option<Schedule>,
    tags_list: Option<Vec<Tag>>,
    termination_protection_enabled: Option<bool>,
    widgets: Option<Vec<Wanted>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    dashboard_id: String,
    widgets: Option<Vec<Wanted>>,
    refresh_schedule: Option<Schedule>,
    termination_protection_enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    dashboard_id: String,
}

/// Takes a dashboard in hand, to change it.
fn in_hand(api: &Api, call: &Call, name: &str) -> Result<InHand, ServiceError> {
    let text =
        || format!("The dashboard {name} is being changed or begun to be refreshed; try again.");
    api.busy_dashboards.take(name).ok_or_else(|| call.refuse("ConflictException", text()))
}

pub(in crate::server::aws) async fn create(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Create = call.read()?;
    let name = input.name.as_str();
    let _in_hand = in_hand(api, &call, name)?;
    if api.find_dashboard(name)?.is_some() {
        let text = format!("There is a dashboard {name} already.");
        return Err(call.refuse("ConflictException", text));
    }
    let tags = read_tags(&call, input.tags_list.as_deref().unwrap_or_default())?;
    let schedule = input.refresh_schedule.map(|wanted| Schedule::changed(None, wanted));
    let schedule = schedule.transpose().map_err(|text| call.invalid(text))?;
    let is_highlights = name == HIGHLIGHTS;
    let wanted = input.widgets.unwrap_or_default();
    if is_highlights {
        let is_right = schedule.as_ref().is_some_and(|s| s.is_that_of_highlights(true));
        check_highlights(&call, is_right, !wanted.is_empty())?;
    }
    let mut widgets_made = 0;
    let widgets = widgets::checked(api, &call, (name, wanted), (&[], &mut widgets_made)).await?;
    let now = api.lake.now().timestamp_millis();
    let kept = Kept {
        widgets,
        widgets_made,
        refresh_schedule: schedule,
        scheduled_at: now,
        termination_protection: input.termination_protection_enabled.unwrap_or(false),
        created_at: now,
        updated_at: None,
    };
    // One of that name may have been deleted while somebody gave it a policy.
    forget_policy(api, &dashboard_id(name))?;
    api.keep_tags(&call, &dashboard_id(name), tags.clone())?;
    api.keep_dashboard(name, &kept)?;
    let made = api.dashboard(&call, name)?;
    let tags = if tags.is_empty() { Value::Null } else { shown_tags(&tags) };
    let shown = changed(api, &made, &kept);
    Ok(object(shown.into_iter().chain([("TagsList", tags)])))
}

/// The highlights are ours: their widgets, and how often they are refreshed.
fn check_highlights(call: &Call, is_right: bool, widgets: bool) -> Result<(), ServiceError> {
    if widgets {
        return Err(call.invalid(format!("{HIGHLIGHTS} has widgets of its own; give none.")));
    }
    if !is_right {
        let text = format!(
            "The RefreshSchedule of {HIGHLIGHTS} is every 6 HOURS, and ENABLED when it is made."
        );
        return Err(call.invalid(text));
    }
    Ok(())
}

/// What is shown of a dashboard that was made or changed.
fn changed(api: &Api, dashboard: &Dashboard, kept: &Kept) -> Vec<(&'static str, Value)> {
    vec![
        ("DashboardArn", json!(api.place.dashboard(&dashboard.name))),
        ("Name", json!(dashboard.name)),
        ("Type", json!(dashboard.kind())),
        ("Widgets", json!(dashboard.widgets)),
        ("RefreshSchedule", json!(kept.refresh_schedule)),
        ("TerminationProtectionEnabled", json!(kept.termination_protection)),
    ]
}

/// Returns a dashboard that somebody made, with what is kept of it.
fn made(api: &Api, call: &Call, id: &str) -> Result<(Dashboard, Kept), ServiceError> {
    let dashboard = api.dashboard(call, id)?;
    match dashboard.kept.clone() {
        Some(kept) => Ok((dashboard, kept)),
        None => {
            let text = format!("{} is managed, and stays as it is.", dashboard.name);
            Err(call.refuse("ConflictException", text))
        }
    }
}

pub(in crate::server::aws) async fn update(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Update = call.read()?;
    let name = api.dashboard(&call, &input.dashboard_id)?.name;
    let _in_hand = in_hand(api, &call, &name)?;
    let (dashboard, mut kept) = made(api, &call, &name)?;
    let now = api.lake.now().timestamp_millis();
    if let Some(wanted) = input.refresh_schedule {
        let schedule = Schedule::changed(kept.refresh_schedule.as_ref(), wanted);
        kept.refresh_schedule = Some(schedule.map_err(|text| call.invalid(text))?);
        kept.scheduled_at = now;
    }
    if name == HIGHLIGHTS {
        let schedule = kept.refresh_schedule.as_ref();
        let is_right = schedule.is_some_and(|schedule| schedule.is_that_of_highlights(false));
        check_highlights(&call, is_right, input.widgets.is_some())?;
    }
    if let Some(wanted) = input.widgets {
        let before = (&dashboard.widgets[..], &mut kept.widgets_made);
        kept.widgets = widgets::checked(api, &call, (&name, wanted), before).await?;
    }
    let protection = input.termination_protection_enabled;
    kept.termination_protection = protection.unwrap_or(kept.termination_protection);
    kept.updated_at = Some(now);
    api.keep_dashboard(&name, &kept)?;
    let after = api.dashboard(&call, &name)?;
    let gone = dashboard
        .widgets
        .iter()
        .filter(|widget| after.widgets.iter().all(|stays| stays.query_alias != widget.query_alias));
    for widget in gone {
        api.forget_alias(&widget.query_alias)?;
    }
    let times = [("CreatedTimestamp", time(kept.created_at)), ("UpdatedTimestamp", time(now))];
    Ok(object(changed(api, &after, &kept).into_iter().chain(times)))
}

pub(in crate::server::aws) async fn delete(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Delete = call.read()?;
    let name = api.dashboard(&call, &input.dashboard_id)?.name;
    let _in_hand = in_hand(api, &call, &name)?;
    let (dashboard, kept) = made(api, &call, &name)?;
    if kept.termination_protection {
        let text = format!("{name} is protected; disable its termination protection first.");
        return Err(call.refuse("ConflictException", text));
    }
    for widget in &dashboard.widgets {
        api.forget_alias(&widget.query_alias)?;
    }
    api.forget_refresh(&name)?;
    api.forget_tags(&dashboard_id(&name))?;
    forget_policy(api, &dashboard_id(&name))?;
    api.forget_dashboard(&name)?;
    Ok(object([]))
}

impl Api {
    fn forget_alias(&self, alias: &str) -> Result<(), ServiceError> {
        self.queries.forget_alias(alias).map_err(broken)
    }
}
