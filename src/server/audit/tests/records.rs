//! Records of calls.

use super::*;
use serde_json::Value;
use traillake_aws_wire::error::ServiceError;
use traillake_http::{Peer, TlsSession};

/// The record of a call, without its random id.
fn record(called: &Called<'_>) -> Value {
    let record = Record::of(called);
    assert_eq!(record.at, called.now.timestamp_millis());
    let mut record: Value = serde_json::from_str(&record.text).unwrap();
    let id = record.as_object_mut().unwrap().remove("eventID").unwrap();
    assert!(Uuid::try_parse(id.as_str().unwrap()).is_ok());
    record
}

fn peer() -> Peer {
    let session = TlsSession { version: "TLSv1.3", cipher_suite: "TLS_AES_128_GCM_SHA256" };
    Peer { address: "[::ffff:192.0.2.7]:4711".parse().unwrap(), tls: true, session: Some(session) }
}

#[test]
fn a_call_of_a_user_is_recorded_as_cloudtrail_does() {
    let place = Place::new();
    let input = json!({"Name": "audit", "S3BucketName": "logs", "TagsList": [{"Key": "a"}]});
    let output = json!({"Name": "audit", "S3BucketName": "logs", "TrailARN": "arn"});
    let mut called = place.called("CreateTrail", &input, at(5));
    called.output = Some(&output);
    called.peer = Some(peer());
    called.host = Some("lake.example.org".to_owned());
    let expected = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": place.key.id, "accountId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/{}", place.key.id),
            "accessKeyId": place.key.id, "userName": place.key.id,
        },
        "eventTime": "2026-11-28T17:00:05Z",
        "eventSource": "cloudtrail.amazonaws.com", "eventName": "CreateTrail",
        "awsRegion": REGION, "sourceIPAddress": "192.0.2.7", "userAgent": "a client",
        "requestParameters": {"name": "audit", "s3BucketName": "logs", "tagsList": [{"key": "a"}]},
        "responseElements": {"name": "audit", "s3BucketName": "logs", "trailARN": "arn"},
        "requestID": "a-request", "readOnly": false, "eventType": "AwsApiCall",
        "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": "lake.example.org"},
    });
    assert_eq!(record(&called), expected);
}

#[test]
fn what_reads_has_no_answer_and_what_is_refused_has_its_error() {
    let place = Place::new();
    let (input, output) = (json!({"trailNameList": ["a"]}), json!({"trailList": []}));
    let mut called = place.called("DescribeTrails", &input, at(0));
    called.output = Some(&output);
    let read = record(&called);
    assert_eq!(read["requestParameters"], json!({"trailNameList": ["a"]}));
    assert_eq!((&read["responseElements"], &read["readOnly"]), (&Value::Null, &json!(true)));
    assert!(read.get("errorCode").is_none() && read.get("tlsDetails").is_none());

    let error = ServiceError::bad_request("TrailNotFoundException", "é".repeat(1_000));
    let name = json!({"Name": "mine"});
    let mut called = place.called("StopLogging", &name, at(0));
    called.error = Some(&error);
    let refused = record(&called);
    assert_eq!(refused["errorCode"], "TrailNotFoundException");
    assert_eq!(refused["errorMessage"], "é".repeat(512));
    assert_eq!(refused["responseElements"], Value::Null);
    assert_eq!(refused["readOnly"], false);

    let query = json!({"QueryStatement": "SELECT 1"});
    let answer = json!({"QueryId": "11111111-1111-1111-1111-111111111111"});
    let mut called = place.called("StartQuery", &query, at(0));
    called.output = Some(&answer);
    let started = record(&called);
    assert_eq!(started["requestParameters"], json!({"queryStatement": "SELECT 1"}));
    assert_eq!(started["responseElements"]["queryId"], answer["QueryId"]);
}

#[test]
fn temporary_keys_tell_their_role_and_no_record_tells_secrets() {
    let mut place = Place::new();
    let role = "arn:aws:iam::444455556666:role/security/Audit";
    let key = AccessKey::assume_role(role, "alice", at(-30), Duration::hours(1)).unwrap();
    let id = key.session.as_ref().unwrap().role.as_ref().unwrap().id();
    let secrets =
        [key.secret.reveal().to_owned(), key.session.as_ref().unwrap().token.reveal().to_owned()];
    let output = json!({"Credentials": {
            "AccessKeyId": key.id, "SecretAccessKey": secrets[0], "SessionToken": secrets[1],
            "Expiration": at(3_570).timestamp()},
        "AssumedRoleUser": {"AssumedRoleId": id, "Arn": "arn:aws:sts::444455556666:assumed-role/Audit/alice"}});
    let input = json!({"RoleArn": role, "RoleSessionName": "alice", "TokenCode": "123456"});
    place.key = key;
    let mut called = place.called("ListTrails", &input, at(0));
    called.operation =
        traillake_aws_wire::model::operation_of_form(b"Action=AssumeRole&Version=2011-06-15")
            .unwrap();
    called.output = Some(&output);
    let text = Record::of(&called).text;
    assert!(secrets.iter().all(|secret| !text.contains(secret)) && !text.contains("123456\""));
    let made = record(&called);
    assert_eq!(made["eventSource"], "sts.amazonaws.com");
    assert_eq!(
        made["userIdentity"],
        json!({
            "type": "AssumedRole", "principalId": id, "accountId": "444455556666",
            "arn": "arn:aws:sts::444455556666:assumed-role/Audit/alice", "accessKeyId": place.key.id,
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "principalId": id.split(':').next(), "arn": role,
                    "accountId": "444455556666", "userName": "Audit"},
                "attributes": {"creationDate": "2026-11-28T16:59:30Z", "mfaAuthenticated": "false"},
            },
        })
    );
    assert_eq!(
        made["responseElements"]["credentials"],
        json!({"accessKeyId": place.key.id, "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "expiration": "Nov 28, 2026, 5:59:30 PM"})
    );
    let resource = json!({"accountId": "444455556666", "type": "AWS::IAM::Role", "ARN": role});
    assert_eq!(made["resources"], json!([resource]));

    place.key = AccessKey::temporary(at(-60), Duration::hours(1)).unwrap();
    let plain = record(&place.called("ListTrails", &input, at(0)))["userIdentity"].clone();
    assert_eq!(plain["type"], "IAMUser");
    let created = &plain["sessionContext"]["attributes"]["creationDate"];
    assert_eq!(created, "2026-11-28T16:59:00Z");
    let mut called = place.called("ListTrails", &input, at(0));
    called.key = None;
    assert_eq!(record(&called)["userIdentity"]["accountId"], "ANONYMOUS_PRINCIPAL");
}

#[test]
fn large_parameters_are_left_out() {
    let place = Place::new();
    let input = json!({"QueryStatement": "x".repeat(200_000)});
    let large = record(&place.called("StartQuery", &input, at(0)));
    assert_eq!((&large["requestParameters"], &large["omitted"]), (&Value::Null, &json!(true)));
    let small = json!({"QueryStatement": "x".repeat(10_000)});
    let small = record(&place.called("StartQuery", &small, at(0)));
    assert!(small["requestParameters"].is_object() && small.get("omitted").is_none());
}

#[test]
fn events_that_are_sent_are_data_events_of_a_channel() {
    let place = Place::new();
    let id = "11111111-1111-1111-1111-111111111111";
    for name in [id.to_owned(), format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:channel/{id}")] {
        let input = json!({"channelArn": name, "auditEvents": []});
        let mut called = place.called("ListTrails", &input, at(0));
        called.operation =
            traillake_aws_wire::model::operation_at("POST", "/PutAuditEvents").unwrap();
        let sent = record(&called);
        assert_eq!(sent["eventSource"], "cloudtrail-data.amazonaws.com");
        assert_eq!(sent["eventCategory"], "Data");
        assert_eq!((&sent["managementEvent"], &sent["readOnly"]), (&json!(false), &json!(false)));
        let channel = &sent["resources"][0];
        assert_eq!(channel["type"], "AWS::CloudTrail::Channel");
        assert_eq!(channel["ARN"], format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:channel/{id}"));
    }
}
