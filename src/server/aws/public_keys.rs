//! ListPublicKeys: what verifies the signatures of the service.

use super::Api;
use super::call::{Call, millis, time};
use crate::server::signing::PublicSigningKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use traillake_aws_wire::error::ServiceError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListPublicKeys {
    start_time: Option<f64>,
    end_time: Option<f64>,
}

/// Lists the keys that are valid at some time of a range, whose ends are now unless they are told. The range may end in the
/// future: clients ask for the weeks after a signature.
pub(super) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListPublicKeys = call.read()?;
    call.no_page_follows()?;
    let now = api.lake.now();
    let from = input.start_time.map_or(now, moment);
    let until = input.end_time.map_or(now, moment);
    if from > until {
        let text = "StartTime is after EndTime; one that is not given is now.";
        return Err(call.refuse("InvalidTimeRangeException", text));
    }
    // The file of keys is read here, and one may be being made.
    let signing = Arc::clone(&api.signing);
    let keys = tokio::task::spawn_blocking(move || signing.valid_within(from, until)).await;
    let Ok(Ok(keys)) = keys else { return Err(ServiceError::internal_failure()) };
    let keys: Vec<Value> = keys.iter().map(public_key).collect();
    Ok(json!({"PublicKeyList": keys}))
}

fn public_key(key: &PublicSigningKey) -> Value {
    json!({
        "Value": STANDARD.encode(&key.der),
        "ValidityStartTime": time(key.from.timestamp_millis()),
        "ValidityEndTime": time(key.until.timestamp_millis()),
        "Fingerprint": key.fingerprint,
    })
}

/// A time of an input. What no calendar reaches is the first or the last moment.
fn moment(seconds: f64) -> DateTime<Utc> {
    let beyond = if seconds < 0.0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    DateTime::from_timestamp_millis(millis(seconds)).unwrap_or(beyond)
}
