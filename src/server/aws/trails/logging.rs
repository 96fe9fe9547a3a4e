//! Trails that log, and what became of their deliveries.

use super::super::Api;
use super::super::call::{Call, object, time};
use super::Named;
use crate::server::audit::Status;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// Lets a trail log. One that does goes on.
pub(in super::super) async fn start(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let trail = api.trail_to_change(&call, &input.name)?;
    let now = api.lake.now();
    api.change_trail(&call, &trail, |trail| trail.start(now))?;
    Ok(object([]))
}

/// Lets a trail log no more. Its last files are delivered before the answer.
pub(in super::super) async fn stop(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let trail = api.trail_to_change(&call, &input.name)?;
    let now = api.lake.now();
    api.change_trail(&call, &trail, |trail| trail.stop(now))?;
    Ok(object([]))
}

/// Tells what became of deliveries. Times are there if there are any; of those that are texts AWS has it so.
pub(in super::super) async fn status(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let trail = api.trail(&call, &input.name)?;
    let Status { is_logging, started_at, stopped_at, logs, digests } = &trail.status;
    let number = |at: &Option<i64>| at.map_or(Value::Null, time);
    let text = |at: &Option<i64>| json!(at.and_then(written));
    let lost = api.trails.lost().map(|error| format!("InternalError: {error}"));
    Ok(object([
        ("IsLogging", json!(is_logging)),
        ("LatestDeliveryError", json!(logs.error.clone().or(lost))),
        ("LatestDeliveryTime", number(&logs.delivered_at)),
        ("StartLoggingTime", number(started_at)),
        ("StopLoggingTime", number(stopped_at)),
        ("LatestDigestDeliveryTime", number(&digests.delivered_at)),
        ("LatestDigestDeliveryError", json!(digests.error)),
        ("LatestDeliveryAttemptTime", text(&logs.tried_at)),
        ("LatestDeliveryAttemptSucceeded", text(&logs.delivered_at)),
        ("TimeLoggingStarted", text(started_at)),
        ("TimeLoggingStopped", text(stopped_at)),
    ]))
}

fn written(millis: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(millis)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
