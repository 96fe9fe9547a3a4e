//! Identities of every type, told in every way.

use crate::xray::records::{ONE, Record, THREE, TWO, call, person, role, sends, user};
use serde_json::{Value, json};

const TRACE: &str = "1-69a54e80-5f1e0c7a9b3d2e4f60718293";

/// Identities that read traces, one call each.
fn readers() -> Vec<Value> {
    let store = "arn:aws:identitystore::111122223333:identitystore/d-1";
    let mut on_behalf = role(ONE, "analyst", "maria");
    on_behalf["onBehalfOf"] = json!({ "userId": "person-4", "identityStoreArn": store });
    let mut no_issuer = role(ONE, "svc", "other-session");
    no_issuer.as_object_mut().unwrap().remove("sessionContext");
    let federated = json!({
        "type": "FederatedUser",
        "principalId": "111122223333:bob",
        "arn": "arn:aws:sts::111122223333:federated-user/bob",
        "accountId": ONE,
        "accessKeyId": "ASIABOB",
        "sessionContext": { "sessionIssuer": {
            "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/broker", "userName": "broker",
        }},
    });
    let web = json!({
        "type": "WebIdentityUser",
        "principalId": "arn:aws:iam::111122223333:oidc-provider/accounts.example:app:77",
        "userName": "77",
        "identityProvider": "accounts.example",
    });
    let mut pod = role(ONE, "pod", "aws-sdk-1");
    pod["sessionContext"]["webIdFederationData"] =
        json!({ "federatedProvider": "arn:aws:iam::111122223333:oidc-provider/eks" });
    let portal = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123";
    let mut by_portal = role(ONE, "AWSReservedSSO_Dev_0123", "paul@example.com");
    by_portal["sessionContext"]["sessionIssuer"]["arn"] =
        json!(format!("arn:aws:iam::111122223333:role/{portal}"));
    let mut service_user = user(ONE, "temporary");
    service_user["accessKeyId"] = json!("ASIATEMPORARY");
    vec![
        user(ONE, "anna"),
        user(TWO, "anna"),
        service_user,
        role(ONE, "analyst", "maria"),
        role(TWO, "analyst", "maria"),
        on_behalf,
        no_issuer,
        federated,
        web,
        pod,
        by_portal,
        person(ONE, "person-1"),
        person(ONE, "person-2"),
        person(TWO, "person-1"),
        json!({ "type": "IdentityCenterUser", "onBehalfOf": { "userId": "person-3" } }),
        json!({ "type": "Root", "arn": "arn:aws:iam::111122223333:root", "principalId": ONE,
            "accountId": ONE, "accessKeyId": "" }),
        json!({ "type": "Root", "arn": "arn:aws:iam::444455556666:root", "principalId": TWO,
            "accountId": TWO, "accessKeyId": "ASIAROOT" }),
        json!({ "type": "SAMLUser", "principalId": "hash:carla", "userName": "carla",
            "identityProvider": "hash" }),
        json!({ "type": "SAMLUser", "userName": "dora", "identityProvider": "hash" }),
        json!({ "type": "Directory", "userName": "eve", "accountId": ONE }),
        json!({ "type": "Role", "arn": "arn:aws:iam::111122223333:role/bare", "accountId": ONE }),
        json!({ "type": "Unknown", "principalId": "" }),
    ]
}

/// Identities of other accounts, of services, and hardly any.
fn strangers() -> Vec<Value> {
    vec![
        json!({ "type": "AWSAccount", "accountId": THREE, "principalId": "AIDAFOREIGN" }),
        json!({ "type": "AWSAccount", "accountId": THREE, "principalId": "AROAFOREIGN:one" }),
        json!({ "type": "AWSAccount", "accountId": THREE, "principalId": "AROAFOREIGN:two" }),
        json!({ "type": "AWSAccount", "accountId": THREE, "principalId": "AROAFOREIGN" }),
        json!({ "type": "AWSAccount", "accountId": THREE, "principalId": "999988887777:x" }),
        json!({ "type": "AWSAccount", "accountId": THREE,
            "arn": "arn:aws:sts::999988887777:assumed-role/auditor/yearly" }),
        json!({ "type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL", "principalId": "" }),
        json!({ "type": "AWSService", "invokedBy": "cloudwatch.amazonaws.com" }),
        json!({ "type": "AWSService", "invokedBy": "lambda.amazonaws.com", "accountId": ONE,
            "principalId": "lambda" }),
        json!({ "type": "AWSService", "principalId": "old.amazonaws.com" }),
        json!({ "type": "AssumedRole", "principalId": "AROANOARN:worker", "accountId": ONE }),
        json!({ "type": "AssumedRole", "principalId": "AROANOACCOUNT:worker" }),
        json!({ "type": "AssumedRole", "principalId": "AROAPERSON:p",
            "onBehalfOf": { "userId": "person-5", "identityStoreArn": "" } }),
        json!({ "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/path/a/b" }),
        json!({ "type": "AssumedRole", "arn": "arn:aws-cn:sts::111122223333:assumed-role/cn/x" }),
        json!({ "type": "AssumedRole", "accessKeyId": "ASIALONELY" }),
        json!({ "type": "FederatedUser", "principalId": "111122223333:carl", "accountId": ONE }),
        json!({ "type": "IAMUser", "accountId": ONE, "userName": "HIDDEN_DUE_TO_SECURITY_REASONS" }),
        json!({ "type": "IAMUser", "arn": 5, "accountId": 111_122_223_333_u64, "userName": true }),
        json!({ "type": "Unknown", "invokedBy": "odd.example" }),
        json!({ "identityProvider": "only.example" }),
        json!({ "type": "SAMLUser" }),
        json!({ "type": "AssumedRole", "principalId": "AROAEMPTY:", "accountId": "", "invokedBy": "",
            "onBehalfOf": { "userId": "", "identityStoreArn": "" }, "identityProvider": "" }),
        json!({ "type": "", "arn": "", "principalId": "AROACOLON:a:b", "accountId": ONE }),
        json!({ "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/alone" }),
        json!({}),
        Value::Null,
        json!("a text"),
        json!("{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::111122223333:user/quoted\"}"),
        json!({ "type": "AssumedRole", "sessionContext": { "sessionIssuer": "none" },
            "arn": "arn:aws:sts::111122223333:assumed-role/svc/broken" }),
    ]
}

pub(super) fn odd() -> Vec<Record> {
    let all: Vec<_> = readers().into_iter().chain(strangers()).collect();
    let mut records = Vec::new();
    for (at, identity) in all.into_iter().enumerate() {
        let (day, minute) = (1 + at % 5, at % 60);
        let moment = format!("{day:02}T10:{minute:02}:00");
        let record = match at % 3 {
            0 => {
                call("GetTraceSummaries").asks(json!({ "filterExpression": "annotation.user = 1" }))
            }
            1 => call("BatchGetTraces").asks(json!({ "traceIds": [TRACE] })),
            _ => sends(&[TRACE]),
        };
        records.push(record.at(&moment).by(identity));
    }
    records.push(call("GetServiceGraph").without(&["userIdentity"]).at("02T11:00:00"));
    records.push(call("GetServiceGraph").by(user(ONE, "anna")).at("02T11:00:01"));
    records.push(call("GetGroups").by(user(ONE, "anna")).at("02T11:00:02").account(TWO));
    records.push(sends(&[TRACE]).by(user(ONE, "onprem")).at("04T11:00:00"));
    records.push(call("GetInsight").by(role(TWO, "svc", "s")).account(TWO).at("03T11:00:00"));
    records.push(console(person(ONE, "person-1"), Value::Null));
    records.push(console(user(ONE, "anna"), json!("false")));
    records.push(console(user(ONE, "anna"), json!(false)).from("198.51.100.8"));
    records.push(console(user(ONE, "berta"), json!("true")));
    records.push(console(user(ONE, "anna"), json!("maybe")).set("readOnly", false));
    records.push(console(role(ONE, "analyst", "maria"), Value::Null).without(&["readOnly"]));
    records
}

/// A read in the console, with or without a second factor.
fn console(mut identity: Value, mfa: Value) -> Record {
    if !mfa.is_null() {
        identity["sessionContext"]["attributes"]["mfaAuthenticated"] = mfa;
    }
    call("GetTraceGraph")
        .by(identity)
        .at("04T12:00:00")
        .asks(json!({ "traceIds": [TRACE, TRACE, "1-69a54e81-000000000000000000000000"] }))
        .set("sessionCredentialFromConsole", "true")
        .agent("Mozilla/5.0 (X11; Linux x86_64)")
}
