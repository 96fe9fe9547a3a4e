//! What is kept of dashboards, and which there are.

use super::managed::{Managed, managed};
use super::schedule::Schedule;
use crate::server::aws::Api;
use crate::server::aws::call::{Call, broken};
use crate::server::aws::resources::{Kind, Place, name_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use traillake_aws_wire::error::ServiceError;

/// The kind of documents that hold [`Kept`], by name.
const DOCUMENTS: &str = "dashboard";
/// The dashboard that is made without widgets, and gets those that we have for it.
pub(super) const HIGHLIGHTS: &str = "AWSCloudTrail-Highlights";

/// A widget, as answers have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Widget {
    pub(super) query_alias: String,
    pub(super) query_statement: String,
    /// What its `?` stand for, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) query_parameters: Vec<String>,
    pub(super) view_properties: BTreeMap<String, String>,
}

impl Widget {
    /// What people call it.
    pub(super) fn title(&self) -> &str {
        self.view_properties.get("Title").unwrap_or(&self.query_alias)
    }
}

/// What is kept of a dashboard that somebody made. Times are in milliseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Kept {
    /// None for [`HIGHLIGHTS`].
    pub(super) widgets: Vec<Widget>,
    /// How many widgets it had so far, so that no alias is given twice.
    pub(super) widgets_made: u64,
    pub(super) refresh_schedule: Option<Schedule>,
    /// When it got this schedule.
    pub(super) scheduled_at: i64,
    pub(super) termination_protection: bool,
    pub(super) created_at: i64,
    pub(super) updated_at: Option<i64>,
}

/// A dashboard.
#[derive(Debug, Clone)]
pub(super) struct Dashboard {
    pub(super) name: String,
    pub(super) widgets: Vec<Widget>,
    /// `None` for those that are always there.
    pub(super) kept: Option<Kept>,
}

impl Dashboard {
    fn of(name: String, kept: Kept) -> Result<Self, ServiceError> {
        let ours = if name == HIGHLIGHTS { named(&name)? } else { None };
        let widgets = ours.map_or_else(|| kept.widgets.clone(), |ours| ours.widgets.clone());
        Ok(Self { name, widgets, kept: Some(kept) })
    }

    fn always_there(managed: &Managed) -> Self {
        Self { name: managed.name.clone(), widgets: managed.widgets.clone(), kept: None }
    }

    /// AWS's name of its type.
    pub(super) fn kind(&self) -> &'static str {
        if self.kept.is_none() || self.name == HIGHLIGHTS { "MANAGED" } else { "CUSTOM" }
    }
}

/// Returns what comes with the program under a name.
fn named(name: &str) -> Result<Option<&'static Managed>, ServiceError> {
    Ok(managed()?.iter().find(|managed| managed.name == name))
}

impl Place {
    /// The ARN of a dashboard.
    pub(in crate::server::aws) fn dashboard(&self, name: &str) -> String {
        format!("arn:aws:cloudtrail:{}:{}:dashboard/{name}", self.region, self.account)
    }
}

impl Api {
    /// Returns the dashboard of a name, if there is one.
    pub(super) fn find_dashboard(&self, name: &str) -> Result<Option<Dashboard>, ServiceError> {
        let kept = self.documents.get(DOCUMENTS, name).map_err(broken)?;
        if let Some(kept) = kept {
            return Dashboard::of(name.to_owned(), kept).map(Some);
        }
        let always_there = named(name)?.filter(|_| name != HIGHLIGHTS);
        Ok(always_there.map(Dashboard::always_there))
    }

    /// Returns the dashboard that an ARN or a name means.
    pub(super) fn dashboard(&self, call: &Call, id: &str) -> Result<Dashboard, ServiceError> {
        let found = match name_of(id, Kind::Dashboard) {
            Some(name) => self.find_dashboard(name)?,
            None => None,
        };
        let missing = || call.refuse("ResourceNotFoundException", no_dashboard(id));
        found.ok_or_else(missing)
    }

    /// Returns all dashboards by name.
    pub(super) fn dashboards(&self) -> Result<Vec<Dashboard>, ServiceError> {
        let kept = self.documents.all(DOCUMENTS).map_err(broken)?.into_iter();
        let kept = kept.map(|(name, kept)| Dashboard::of(name, kept));
        let mut all = kept.collect::<Result<Vec<_>, ServiceError>>()?;
        let is_kept = |name: &str| all.iter().any(|kept| kept.name == name);
        // Somebody may have had the name of one before it came with the program.
        let ours = managed()?.iter().filter(|ours| ours.name != HIGHLIGHTS && !is_kept(&ours.name));
        let ours: Vec<_> = ours.map(Dashboard::always_there).collect();
        all.extend(ours);
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    pub(super) fn keep_dashboard(&self, name: &str, kept: &Kept) -> Result<(), ServiceError> {
        self.documents.put(DOCUMENTS, name, kept).map_err(broken)
    }

    pub(super) fn forget_dashboard(&self, name: &str) -> Result<(), ServiceError> {
        self.documents.remove(DOCUMENTS, name).map_err(broken)?;
        Ok(())
    }

    /// Whether there is a dashboard of this name.
    pub(in crate::server::aws) fn has_dashboard(&self, name: &str) -> Result<bool, ServiceError> {
        Ok(self.find_dashboard(name)?.is_some())
    }
}

fn no_dashboard(id: &str) -> String {
    format!("There is no dashboard {id}.")
}
