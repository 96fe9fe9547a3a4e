//! As much of STS as clients ask before they begin: who they are, and temporary keys.

use super::Api;
use super::call::{Call, time};
use chrono::Duration;
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;
use traillake_aws_wire::keys::{AccessKey, KeyError};

/// How long keys of a role are valid where the request does not say it, in seconds.
const ROLE_SECONDS: i64 = 3_600;
/// The same for keys of a session.
const SESSION_SECONDS: i64 = 43_200;

pub(super) async fn identity(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let key = &call.caller.key;
    let role = key.session.as_ref().and_then(|session| session.role.as_ref());
    let (user, account) = match role {
        Some(role) => (role.id(), role.account().to_owned()),
        None => (key.id.clone(), api.place.account.clone()),
    };
    Ok(json!({"Arn": call.caller.arn(&api.place), "UserId": user, "Account": account}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRole {
    role_arn: String,
    role_session_name: String,
    duration_seconds: Option<i64>,
}

pub(super) async fn assume_role(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: AssumeRole = call.read()?;
    let valid = Duration::seconds(input.duration_seconds.unwrap_or(ROLE_SECONDS));
    let now = api.lake.now();
    let key = AccessKey::assume_role(&input.role_arn, &input.role_session_name, now, valid);
    let key = key.map_err(|error| not_made(&call, &error))?;
    let role = key.session.as_ref().and_then(|session| session.role.as_ref());
    let user = role.map(|role| json!({"AssumedRoleId": role.id(), "Arn": role.arn()}));
    let output = json!({"Credentials": credentials(&key), "AssumedRoleUser": user});
    api.access.add_temporary(key, call.caller.role, now);
    Ok(output)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSessionToken {
    duration_seconds: Option<i64>,
}

pub(super) async fn session_token(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: GetSessionToken = call.read()?;
    let valid = Duration::seconds(input.duration_seconds.unwrap_or(SESSION_SECONDS));
    let now = api.lake.now();
    let key = AccessKey::temporary(now, valid).map_err(|error| not_made(&call, &error))?;
    let output = json!({"Credentials": credentials(&key)});
    api.access.add_temporary(key, call.caller.role, now);
    Ok(output)
}

fn not_made(call: &Call, error: &KeyError) -> ServiceError {
    match error {
        KeyError::Random(_) => ServiceError::internal_failure(),
        error => call.refuse("ValidationError", error.to_string()),
    }
}

fn credentials(key: &AccessKey) -> Value {
    let session = key.session.as_ref();
    json!({
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret.reveal(),
        "SessionToken": session.map(|session| session.token.reveal()),
        "Expiration": session.map(|session| time(session.expires.timestamp() * 1_000)),
    })
}
