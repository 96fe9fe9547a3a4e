//! Who called, as records have it (AWS CloudTrail User Guide, "CloudTrail userIdentity element").

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use traillake_aws_wire::keys::{AccessKey, AssumedRole, Session};

/// Returns `userIdentity`: of a key that somebody has, of a temporary one, or `None` for who did not sign.
pub(super) fn user_identity(key: Option<&AccessKey>, arn: &str, account: &str) -> Value {
    let Some(key) = key else {
        return json!({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"});
    };
    let session = key.session.as_ref();
    match session.and_then(|session| Some((session, session.role.as_ref()?))) {
        Some((session, role)) => assumed(key, session, role),
        None => user(key, arn, account),
    }
}

fn user(key: &AccessKey, arn: &str, account: &str) -> Value {
    let mut user = json!({
        "type": "IAMUser",
        "principalId": key.id,
        "arn": arn,
        "accountId": account,
        "accessKeyId": key.id,
        "userName": key.id,
    });
    if let Some(session) = &key.session {
        user["sessionContext"] = json!({"attributes": attributes(session)});
    }
    user
}

fn assumed(key: &AccessKey, session: &Session, role: &AssumedRole) -> Value {
    let id = role.id();
    let issuer = id.split(':').next().unwrap_or_default();
    json!({
        "type": "AssumedRole",
        "principalId": id,
        "arn": role.arn(),
        "accountId": role.account(),
        "accessKeyId": key.id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": issuer,
                "arn": role.role_arn(),
                "accountId": role.account(),
                "userName": role.role_arn().rsplit('/').next(),
            },
            "attributes": attributes(session),
        },
    })
}

fn attributes(session: &Session) -> Value {
    json!({"creationDate": seconds(session.created), "mfaAuthenticated": "false"})
}

/// A time as records have it, in seconds.
pub(super) fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
