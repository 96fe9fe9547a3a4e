//! Changes of rules, groups, policies and encryption.

use crate::xray::records::{ONE, Record, THREE, TWO, call, event, role, user};
use serde_json::{Value, json};

const MASK: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

fn create(rule: Value) -> Record {
    call("CreateSamplingRule").asks(json!({ "samplingRule": rule })).by(role(ONE, "pipeline", "p"))
}

fn update(rule: Value) -> Record {
    call("UpdateSamplingRule").asks(json!({ "samplingRuleUpdate": rule })).by(user(ONE, "anna"))
}

fn delete(asks: Value) -> Record {
    call("DeleteSamplingRule").asks(asks).by(user(ONE, "anna"))
}

/// A response with a rule.
fn rule(rule: Value) -> Value {
    json!({ "samplingRuleRecord": { "samplingRule": rule, "createdAt": "x" } })
}

pub(super) fn rules() -> Vec<Record> {
    let arn = "arn:aws:xray:eu-west-1:111122223333:sampling-rule/checkout";
    vec![
        create(json!({ "ruleName": "checkout", "fixedRate": 0.5, "priority": 10, "host": "*" }))
            .at("01T08:00:00"),
        create(json!({ "ruleName": "checkout", "fixedRate": 0.25 })).account(TWO).at("01T08:00:00"),
        update(json!({ "ruleName": "checkout", "fixedRate": 0.1 })).at("02T08:00:00"),
        update(json!({ "ruleARN": arn, "fixedRate": 0.05, "priority": 11 })).at("03T08:00:00"),
        update(json!({ "ruleARN": arn, "fixedRate": 0 })).at("03T08:00:00"),
        update(json!({ "ruleName": "checkout", "reservoirSize": 5 })).at("03T09:00:00"),
        update(json!({ "ruleName": "checkout", "hTTPMethod": "GET", "uRLPath": "/a;b" }))
            .answers(rule(json!({ "ruleName": "checkout", "fixedRate": 0.2, "host": "h" })))
            .at("03T10:00:00"),
        update(json!({ "ruleName": "checkout", "fixedRate": 0.01 }))
            .fails("InvalidRequestException")
            .at("03T11:00:00"),
        update(json!({ "ruleName": "checkout" })).at("03T12:00:00"),
        delete(json!({ "ruleARN": arn })).at("04T21:00:00"),
        create(json!({ "ruleName": "checkout", "fixedRate": 0.75 })).at("04T22:00:00"),
        update(json!({ "ruleName": "checkout", "fixedRate": 0.9 })).at("05T00:00:00"),
        delete(json!({ "ruleName": "checkout" }))
            .answers(rule(json!({ "ruleName": "checkout", "fixedRate": 0.8 })))
            .at("05T00:00:02"),
        update(json!({ "ruleName": "checkout", "fixedRate": 0.3 })).at("05T00:00:03"),
        update(json!({ "ruleName": "unseen", "fixedRate": 0.3, "serviceName": "web" }))
            .at("04T08:00:00"),
        update(json!({ "ruleName": "unseen", "fixedRate": "0.2" })).at("04T08:10:00"),
        update(json!({ "fixedRate": 0.0001 })).at("04T08:00:00"),
        update(json!(MASK)).at("04T08:00:01"),
        create(json!(MASK))
            .answers(rule(json!({ "ruleName": "told-after", "fixedRate": 0, "priority": 3 })))
            .at("04T08:00:02"),
        delete(json!({})).answers(rule(json!({ "ruleARN": arn }))).at("04T21:30:00"),
        delete(json!({})).at("04T21:30:01"),
        delete(Value::Null).fails("AccessDeniedException").at("04T21:30:02"),
        update(json!({ "ruleName": "nowhere", "fixedRate": 0.5 }))
            .without(&["recipientAccountId", "awsRegion"])
            .at("04T09:30:00"),
        update(json!({ "ruleName": "nowhere", "fixedRate": 0.25 }))
            .without(&["recipientAccountId", "awsRegion"])
            .at("04T09:31:00"),
        update(json!({ "ruleName": "moved", "fixedRate": 1 }))
            .region("us-east-1")
            .at("04T08:00:03"),
        update(json!({ "ruleName": "moved", "fixedRate": 0.4 })).at("04T08:00:04"),
        update(json!({ "ruleName": "moved", "fixedRate": 0.4 }))
            .region("us-east-1")
            .at("04T08:00:05"),
    ]
}

pub(super) fn groups() -> Vec<Record> {
    let arn = "arn:aws:xray:eu-west-1:111122223333:group/faults/ABCDEFGH";
    let filter = "service(\"a\") { fault }";
    let change = |name: &str, asks: Value| call(name).asks(asks).by(role(ONE, "pipeline", "p"));
    let insights =
        |on: bool, told: bool| json!({ "insightsEnabled": on, "notificationsEnabled": told });
    vec![
        change(
            "CreateGroup",
            json!({ "groupName": "faults", "filterExpression": filter,
            "insightsConfiguration": insights(true, false) }),
        )
        .at("01T09:00:00"),
        change("UpdateGroup", json!({ "groupARN": arn, "filterExpression": "fault" }))
            .at("02T09:00:00"),
        change(
            "UpdateGroup",
            json!({ "groupARN": arn, "insightsConfiguration": insights(false, false) }),
        )
        .answers(json!({ "group": { "groupName": "faults", "filterExpression": "fault" } }))
        .at("03T09:00:00"),
        change("UpdateGroup", json!({ "groupName": "faults" })).at("03T09:00:00"),
        change("UpdateGroup", json!({ "groupName": "faults", "filterExpression": "x" }))
            .fails("Throttling")
            .at("03T09:00:01"),
        change("DeleteGroup", json!({ "groupARN": arn })).at("04T09:00:00"),
        change("CreateGroup", json!({ "groupName": "faults" })).at("04T10:00:00"),
        change("UpdateGroup", json!({ "groupName": "faults", "filterExpression": MASK }))
            .at("04T11:00:00"),
        change(
            "UpdateGroup",
            json!({ "groupName": "unseen", "filterExpression": "ok",
            "insightsConfiguration": MASK }),
        )
        .at("04T11:00:00"),
        change("UpdateGroup", json!({ "groupARN": "no arn" })).at("04T11:00:01"),
        change("CreateGroup", Value::Null)
            .answers(json!({ "group": { "groupName": "told", "filterExpression": "é",
                "insightsConfiguration": insights(true, true) } }))
            .at("04T11:00:02"),
        call("TagResource").asks(json!({ "resourceARN": arn, "tags": [{ "key": "größe" }] })),
        call("UntagResource").asks(json!({ "b": null, "a": 1.5, "c": { "d": [true] } })),
        call("PutInsightFeedback").asks(json!("text")).by(json!({ "type": "Root" })),
    ]
}

/// Documents of resource policies.
fn documents() -> Vec<Value> {
    let allow =
        |principal: Value| json!({ "Effect": "Allow", "Principal": principal, "Action": "x" });
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "x" });
    let role = "arn:aws:iam::444455556666:role/reader";
    let session = "arn:aws:sts::999988887777:assumed-role/reader/s";
    let policies = [
        json!({ "Statement": [allow(json!("*"))] }),
        json!({ "Statement": allow(json!({ "AWS": "*" })) }),
        json!({ "Statement": [deny, allow(json!({ "AWS": [TWO, "*"] }))] }),
        json!({ "Statement": [deny] }),
        json!({ "Statement": [{ "Effect": "Allow", "NotPrincipal": { "AWS": TWO } }] }),
        json!({ "Statement": [{ "Effect": "Deny", "NotPrincipal": { "AWS": TWO } }] }),
        json!({ "Statement": [allow(json!({ "AWS": [role, session, ONE, TWO] }))] }),
        json!({ "Statement": allow(json!({ "AWS": "arn:aws-us-gov:iam::999988887777:root" })) }),
        json!({ "Statement": [allow(json!({ "Service": "sns.amazonaws.com" }))] }),
        json!({ "Statement": [allow(json!({ "AWS": "AIDAEXAMPLE", "Service": "*" }))] }),
        json!({ "Statement": [allow(json!({ "AWS": "arn:aws:s3:::999988887777" })), "text", 5] }),
        json!({ "Version": "2012-10-17" }),
        json!([1]),
        json!({ "Statement": [{ "Effect": "allow", "Principal": "*" }, allow(json!(["*"]))] }),
        json!({ "Statement": allow(json!({ "AWS": ["999988887777 ", 444_455_556_666_u64] })) }),
        json!("a text"),
    ];
    let mut documents: Vec<_> = policies.iter().map(|policy| json!(policy.to_string())).collect();
    documents.extend([json!(MASK), json!("{\"Statement\": ["), policies[0].clone(), Value::Null]);
    documents
}

pub(super) fn policies() -> Vec<Record> {
    let mut records = Vec::new();
    for (at, document) in documents().into_iter().enumerate() {
        let asks = json!({ "policyName": format!("p{at}"), "policyDocument": document,
            "bypassPolicyLockoutCheck": at % 2 == 0 });
        let record = call("PutResourcePolicy").asks(asks).by(user(ONE, "anna"));
        records.push(record.at(&format!("02T13:00:{at:02}")));
    }
    let failed = records[0].clone().fails("LockoutPreventionException");
    records.push(failed.at("02T13:01:00"));
    let elsewhere = records[6].clone().account(TWO);
    records.push(elsewhere.at("02T13:01:01"));
    records.push(call("DeleteResourcePolicy").asks(json!({ "policyName": "p0" })));
    records.push(call("DeleteResourcePolicy").fails("AccessDenied"));
    records.push(call("ListResourcePolicies").by(user(ONE, "anna")));
    records
}

fn encrypts(asks: Value, key: Option<&str>) -> Record {
    let record = call("PutEncryptionConfig").asks(asks).by(user(ONE, "anna"));
    match key {
        Some(key) => record.answers(json!({ "encryptionConfig": { "keyId": key, "type": "KMS" } })),
        None => record,
    }
}

pub(super) fn encryption() -> Vec<Record> {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k-1";
    let kms =
        |name: &str, asks: Value| event("kms.amazonaws.com", name).asks(asks).at("03T14:00:00");
    let resource = |arn: &str| json!([{ "type": "AWS::KMS::Key", "ARN": arn, "accountId": ONE }]);
    vec![
        encrypts(json!({ "type": "KMS", "keyId": "alias/xray" }), Some(key)).at("02T14:00:00"),
        encrypts(json!({ "type": "KMS", "keyId": "k-2" }), None).at("04T14:00:00"),
        encrypts(json!({ "type": "NONE" }), None).at("04T14:00:00"),
        encrypts(json!({ "type": "KMS", "keyId": key }), None).fails("Other").at("04T15:00:00"),
        encrypts(json!({ "type": "KMS", "keyId": "" }), None).account(TWO).at("04T15:00:00"),
        encrypts(json!({ "type": 5, "keyId": { "a": 1 } }), None).region("us-east-1"),
        encrypts(json!(MASK), None).region("us-east-2"),
        encrypts(json!({ "type": "KMS" }), Some("arn:aws:kms:eu-west-1:111122223333:alias/late"))
            .region("us-east-3"),
        call("GetEncryptionConfig").by(user(ONE, "anna")),
        kms("CreateGrant", json!({ "keyId": key, "granteePrincipal": "arn:aws:iam::1:role/x" })),
        kms("RetireGrant", json!({ "keyId": "k-1" })).fails("NotFoundException"),
        kms("ScheduleKeyDeletion", json!({ "keyId": "k-2", "pendingWindowInDays": 7 })),
        kms("ScheduleKeyDeletion", Value::Null).answers(json!({ "keyId": key })).by(Value::Null),
        kms("CreateAlias", json!({ "aliasName": "alias/xray", "targetKeyId": "k-9" })),
        kms("UpdateAlias", json!({ "aliasName": "alias/other", "targetKeyId": "k-1" })),
        kms("DeleteAlias", json!({ "aliasName": "alias/xray" })).at("05T14:00:00"),
        kms("DeleteAlias", json!({ "aliasName": "alias/foreign" })),
        kms("DisableKey", json!({ "keyId": "arn:aws:kms:eu-west-1:111122223333:alias/xray" })),
        kms("DisableKey", json!({ "keyId": "k-7" })),
        kms("EnableKey", Value::Null).set("resources", resource(key)),
        kms("EnableKey", Value::Null).set("resources", resource("arn:aws:kms:x:1:key/k-8")),
        kms("CreateKey", json!({ "description": "k-1" }))
            .answers(json!({ "keyMetadata": { "keyId": "k-2", "arn": "x" } })),
        kms("Decrypt", json!({ "keyId": key })),
        kms("GenerateDataKey", json!({ "keyId": "k-1" })).account(THREE),
        kms("PutKeyPolicy", json!({ "keyId": "k-1", "policy": MASK })).account(THREE),
        kms("TagResource", json!(MASK)),
        event("ec2.amazonaws.com", "DisableKey").asks(json!({ "keyId": "k-1" })),
    ]
}
