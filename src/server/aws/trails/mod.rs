//! Trails: made, shown, changed and deleted. What they record and deliver is in [`crate::server::audit`].

mod logging;
mod names;
mod selectors;
mod settings;

pub(super) use logging::{start, status, stop};
pub(super) use names::check_name;
pub(super) use selectors::{get as get_selectors, put as put_selectors};

use super::Api;
use super::call::{Call, broken, object};
use super::tags::{Tag, read_tags};
use crate::server::audit::{Selection, Settings, Trail};
use crate::store::life_cycle::check_tags;
use serde::Deserialize;
use serde_json::{Value, json};
use settings::Wanted;
use traillake_aws_wire::error::ServiceError;

/// Trails of a region, at most.
const MOST: usize = 5;

/// What every answer shows of a trail.
fn shown(trail: &Trail) -> Vec<(&'static str, Value)> {
    let Settings {
        bucket,
        prefix,
        validates,
        sns_topic,
        log_group,
        log_role,
        kms_key,
        includes_global_events,
        is_multi_region,
        logs_recursively,
    } = &trail.settings;
    let topic = sns_topic.as_deref();
    let topic_name = topic.map(|arn| arn.rsplit(':').next().unwrap_or(arn));
    vec![
        ("Name", json!(trail.name)),
        ("S3BucketName", json!(bucket)),
        ("S3KeyPrefix", json!(prefix)),
        ("SnsTopicName", json!(topic_name)),
        ("SnsTopicARN", json!(topic)),
        ("IncludeGlobalServiceEvents", json!(includes_global_events)),
        ("IsMultiRegionTrail", json!(is_multi_region)),
        ("TrailARN", json!(trail.arn())),
        ("LogFileValidationEnabled", json!(validates)),
        ("CloudWatchLogsLogGroupArn", json!(log_group)),
        ("CloudWatchLogsRoleArn", json!(log_role)),
        ("KmsKeyId", json!(kms_key)),
        ("IsOrganizationTrail", json!(false)),
        ("RecursiveLogging", json!(logs_recursively)),
    ]
}

/// What is shown of a trail that is asked for.
fn shown_whole(trail: &Trail) -> Value {
    let more = [
        ("HomeRegion", json!(trail.region)),
        ("HasCustomEventSelectors", json!(trail.selection != Selection::Default)),
        ("HasInsightSelectors", json!(!trail.insights.is_empty())),
    ];
    object(shown(trail).into_iter().chain(more))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags_list: Option<Vec<Tag>>,
}

/// Makes a trail, which does not log yet.
pub(super) async fn create(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let wanted: Wanted = call.read()?;
    let tags: Tags = call.read()?;
    let name = wanted.name.clone();
    if check_name(&call, &name)? != name {
        let text = "A trail is made by its name, not by an ARN.";
        return Err(call.refuse("InvalidTrailNameException", text));
    }
    let tags = read_tags(&call, tags.tags_list.as_deref().unwrap_or_default())?;
    check_tags(&tags).map_err(|error| api.store_error(&call, error))?;
    let settings = wanted.settings(api, &call, None)?;
    let refused = |code: &'static str, text: String| Refused::Service(call.refuse(code, text));
    let made = api.trails.create(&name, settings, tags, |trails| {
        if trails.iter().any(|trail| trail.name == name) {
            let text = format!("There is a trail {name} already.");
            return Err(refused("TrailAlreadyExistsException", text));
        }
        if trails.len() >= MOST {
            let text = format!("A region has {MOST} trails at most.");
            return Err(refused("MaximumNumberOfTrailsExceededException", text));
        }
        Ok(())
    });
    made.map(|trail| object(shown(&trail))).map_err(|refused| match refused {
        Refused::Service(error) => error,
        Refused::Broken => ServiceError::internal_failure(),
    })
}

/// Why a trail is not made.
enum Refused {
    Service(ServiceError),
    Broken,
}

impl From<crate::server::audit::AuditError> for Refused {
    fn from(_: crate::server::audit::AuditError) -> Self {
        Self::Broken
    }
}

pub(super) async fn update(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let wanted: Wanted = call.read()?;
    let trail = api.trail_to_change(&call, &wanted.name)?;
    let now = api.lake.now();
    let mut refused = None;
    // From the settings as they are then: another may have changed them meanwhile.
    let changed = api.change_trail(&call, &trail, |trail| {
        match wanted.settings(api, &call, Some(&trail.settings)) {
            Ok(settings) => trail.update(settings, now),
            Err(error) => refused = Some(error),
        }
    })?;
    match refused {
        Some(error) => Err(error),
        None => Ok(object(shown(&changed))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

/// Deletes a trail. What it has delivered stays.
pub(super) async fn delete(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let trail = api.trail_to_change(&call, &input.name)?;
    let now = api.lake.now();
    api.change_trail(&call, &trail, |trail| trail.delete(now))?;
    Ok(object([]))
}

pub(super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    Ok(json!({"Trail": shown_whole(&api.trail(&call, &input.name)?)}))
}

pub(super) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    call.no_page_follows()?;
    let trails = api.trails.list().map_err(broken)?;
    let listed = trails.iter().map(
        |trail| json!({"TrailARN": trail.arn(), "Name": trail.name, "HomeRegion": trail.region}),
    );
    Ok(json!({"Trails": listed.collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    trail_name_list: Option<Vec<String>>,
}

/// Describes trails. Those that are not there are left out, as AWS does it.
pub(super) async fn describe(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Describe = call.read()?;
    let names = input.trail_name_list.unwrap_or_default();
    let trails = match names.is_empty() {
        true => api.trails.list().map_err(broken)?,
        false => {
            let found = names.iter().map(|name| api.find_trail(&call, name));
            found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
    };
    Ok(json!({"trailList": trails.iter().map(shown_whole).collect::<Vec<_>>()}))
}
