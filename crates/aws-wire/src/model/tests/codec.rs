//! Inputs out of requests, answers out of outputs.

use super::*;
use crate::error::ServiceError;
use crate::model::{operation_at, operation_of_form};
use proptest::prelude::*;
use serde_json::json;

fn assume_role() -> Operation {
    operation_of_form(b"Action=AssumeRole").unwrap()
}

#[test]
fn a_body_of_json_is_the_input() {
    let start = cloudtrail("StartQuery");
    let input = start.input(None, br#"{"QueryStatement": "SELECT 1"}"#).unwrap();
    assert_eq!(input, json!({"QueryStatement": "SELECT 1"}));
    assert_eq!(start.input(None, b"").unwrap(), json!({}));
}

#[test]
fn other_bodies_are_refused() {
    let deep = "[".repeat(100_000);
    for (body, text) in [
        (&b"{"[..], "The body is no JSON: EOF while parsing"),
        (b"<a/>", "The body is no JSON: expected value"),
        (b"[]", "The body is no JSON object."),
        (b"null", "The body is no JSON object."),
        (b"{\"a\": \"\xff\"}", "The body is not UTF-8."),
        (b"{} {}", "The body is no JSON: trailing characters"),
        (deep.as_bytes(), "The body is no JSON: recursion limit exceeded"),
    ] {
        let ServiceError { code, message, .. } =
            cloudtrail("StartQuery").input(None, body).unwrap_err();
        assert_eq!(code, "SerializationException");
        assert!(message.starts_with(text), "{message}");
    }
}

#[test]
fn members_of_the_query_are_taken_from_there_alone() {
    let put = operation_at("POST", "/PutAuditEvents").unwrap();
    let query = "channelArn=arn%3Aaws%3Ax&externalId=a%2Bb";
    let body = br#"{"auditEvents": [], "externalId": "of the body"}"#;
    let input = put.input(Some(query), body).unwrap();
    let expected = json!({"auditEvents": [], "channelArn": "arn:aws:x", "externalId": "a+b"});
    assert_eq!(input, expected);
    let input = put.input(None, body).unwrap();
    let error = put.refusal(&put.check_input(&input).unwrap_err());
    assert_eq!(error.code, "ValidationException");
    assert!(error.message.contains("'channelArn'"), "{}", error.message);
}

#[test]
fn forms_are_put_together() {
    let form = b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx\
        &RoleSessionName=a+b&DurationSeconds=900&Tags.member.2.Key=k2&Tags.member.2.Value=&Tags.member.1.Key=k1\
        &Tags.member.1.Value=v&TransitiveTagKeys.member.10=z&TransitiveTagKeys.member.9=y&PolicyArns=&Unknown=1";
    let input = assume_role().input(None, form).unwrap();
    let expected = json!({
        "RoleArn": "arn:aws:iam::123456789012:role/x",
        "RoleSessionName": "a b",
        "PolicyArns": [],
        "DurationSeconds": 900,
        "Tags": [{"Key": "k1", "Value": "v"}, {"Key": "k2", "Value": ""}],
        "TransitiveTagKeys": ["y", "z"],
    });
    assert_eq!(input, expected);
    let error = assume_role().refusal(&assume_role().check_input(&input).unwrap_err());
    assert_eq!(error.code, "ValidationError");
    let text = "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: \
                Member must satisfy regular expression pattern: [\\w+=,.@-]*";
    assert_eq!(error.message, text);
}

#[test]
fn a_form_of_wrong_values_is_refused() {
    let input = assume_role().input(None, b"DurationSeconds=long").unwrap();
    let error = assume_role().refusal(&assume_role().check_input(&input).unwrap_err());
    assert_eq!(error.code, "MalformedInput");
    let error = assume_role().input(None, b"RoleArn=%ff").unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.message.as_str()),
        ("MalformedInput", "The form is not UTF-8.")
    );
}

#[test]
fn answers_of_json_are_the_output() {
    let answer = cloudtrail("StartQuery").answer(&json!({"QueryId": "1"}), "id-1");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(answer.headers()["x-amzn-requestid"], "id-1");
    assert_eq!(answer.body(), br#"{"QueryId":"1"}"#);
    let put = operation_at("POST", "/PutAuditEvents").unwrap();
    let answer = put.answer(&json!({"failed": [], "successful": []}), "id-1");
    assert_eq!(answer.headers()["content-type"], "application/json");
}

#[test]
fn answers_of_sts_are_xml() {
    let output = json!({
        "Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "a/<b", "SessionToken": "t",
            "Expiration": 1_795_888_800.25},
        "AssumedRoleUser": {"AssumedRoleId": "AROA:x", "Arn": "arn"},
        "PackedPolicySize": 6,
    });
    let answer = assume_role().answer(&output, "id-1");
    assert_eq!(answer.headers()["content-type"], "text/xml");
    assert_eq!(
        String::from_utf8(answer.into_body()).unwrap(),
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>a/&lt;b</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2026-11-28T18:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:x\
         </AssumedRoleId><Arn>arn</Arn></AssumedRoleUser><PackedPolicySize>6</PackedPolicySize></AssumeRoleResult>\
         <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></AssumeRoleResponse>"
    );
}

proptest! {
    /// Whatever comes, an operation answers with its input or an error, and checks both without a panic.
    #[test]
    fn any_body_is_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200), form in "[A-Za-z.&=%0-9]{0,200}") {
        for operation in crate::model::operations() {
            for body in [&body[..], form.as_bytes()] {
                if let Ok(input) = operation.input(Some(&form), body) {
                    prop_assert!(input.is_object());
                    if let Err(found) = operation.check_input(&input) {
                        prop_assert!(!operation.refusal(&found).message.is_empty());
                    }
                }
            }
        }
    }
}
