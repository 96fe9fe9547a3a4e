//! What `synth` planted is found by SQL, as its answer key says.

use crate::lake::{TestLake, testdata};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use traillake::columnar::Format;
use traillake_synth::{SynthOptions, intrusion_steps, write_trail};

fn key() -> Value {
    serde_json::from_slice(&std::fs::read(testdata("trail/answer-key.json")).unwrap()).unwrap()
}

#[test]
fn totals_are_those_of_the_key() {
    let lake = TestLake::with(Format::Parquet, &["trail"]);
    let key = key();
    let totals = &key["totals"];
    let sql = "SELECT count(*) AS events, count(DISTINCT eventID) AS ids, count(errorCode) AS errors, \
               count_if(eventSource = 'xray.amazonaws.com') AS xray, count(addendum) AS addenda \
               FROM event_data_store";
    let row = &lake.ask(sql)[0];
    assert_eq!(row["events"], totals["distinctEventIDs"]);
    assert_eq!(row["ids"], totals["distinctEventIDs"]);
    assert_eq!(row["errors"], totals["errors"]["distinct"]);
    assert_eq!(row["xray"], totals["xrayEvents"]["distinct"]);
    assert_eq!(row["addenda"], totals["eventsWithAddendum"]);
}

#[test]
fn calls_by_name_are_those_of_the_key() {
    let lake = TestLake::with(Format::Parquet, &["trail"]);
    let rows = lake.ask("SELECT eventSource AS s, eventName AS e, count(*) AS n FROM event_data_store GROUP BY 1, 2");
    let key = key();
    let names = key["eventNames"].as_object().unwrap();
    assert_eq!(rows.len(), names.values().map(|n| n.as_object().unwrap().len()).sum::<usize>());
    for row in rows {
        let (source, name) = (row["s"].as_str().unwrap(), row["e"].as_str().unwrap());
        assert_eq!(row["n"], names[source][name]["distinct"], "{source} {name}");
    }
}

#[test]
fn the_customer_key_was_taken_away_by_a_person_at_night() {
    let lake = TestLake::with(Format::Parquet, &["trail"]);
    let rows = lake.ask(
        "SELECT eventID, userIdentity.arn FROM event_data_store WHERE eventSource = 'xray.amazonaws.com' \
         AND eventName = 'PutEncryptionConfig' AND element_at(requestParameters, 'type') = 'NONE' AND errorCode IS NULL",
    );
    assert_eq!(rows.len(), 1);
    let told = key().to_string();
    assert!(told.contains(rows[0]["eventID"].as_str().unwrap()), "{rows:?}");
}

#[test]
fn every_event_that_the_key_names_is_there() {
    let lake = TestLake::with(Format::Parquet, &["trail"]);
    let mut names = BTreeMap::new();
    collect(&key()["stories"], &mut names);
    assert!(names.len() > 10, "{names:?}");
    let list: Vec<_> = names.keys().map(|id| format!("'{id}'")).collect();
    let sql =
        format!("SELECT count(*) FROM event_data_store WHERE eventID IN ({})", list.join(","));
    assert_eq!(lake.value(&sql), serde_json::json!(names.len()));
}

/// Every text in the stories that has the form of an event id.
fn collect(value: &Value, into: &mut BTreeMap<String, ()>) {
    match value {
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => {
            into.insert(text.clone(), ());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| name.to_lowercase().contains("event"))
            .for_each(|(_, item)| collect(item, into)),
        _ => {}
    }
}

/// A trail that holds the whole intrusion, and its entry in the answer key.
fn intrusion() -> (TestLake, Value) {
    let dir = tempfile::tempdir().unwrap();
    let options = SynthOptions { events: 5000, seed: 7, ..SynthOptions::default() };
    write_trail(&options, dir.path(), &AtomicBool::new(false), &|_| {}).unwrap();
    let key = std::fs::read(dir.path().join("answer-key.json")).unwrap();
    let key: Value = serde_json::from_slice(&key).unwrap();
    let mut lake = TestLake::new();
    let store = lake.store("main", Format::Parquet);
    lake.import(&store, dir.path());
    lake.open(&store);
    let story = key["stories"].as_array().unwrap().iter().find(|story| story["id"] == "k");
    (lake, story.unwrap().clone())
}

#[test]
fn the_intruder_is_followed_through_the_night_by_address() {
    let (lake, story) = intrusion();
    let steps = intrusion_steps();
    let steps = steps.iter().flat_map(|step| story["events"][step].as_array().unwrap());
    let told: Vec<&str> = steps.map(|event| text(event, "eventID")).collect();
    let addresses: Vec<_> = story["addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a.to_string().replace('"', "'"))
        .collect();
    let rows = lake.ask(&format!(
        "SELECT eventID FROM event_data_store WHERE sourceIPAddress IN ({}) OR eventCategory = 'NetworkActivity' \
         ORDER BY eventTime",
        addresses.join(", ")
    ));
    let found: Vec<&str> = rows.iter().map(|row| text(row, "eventID")).collect();
    assert!(told.len() > 300);
    assert_eq!(found, told);
}

#[test]
fn each_step_of_the_intrusion_is_found_by_what_it_does() {
    let (lake, story) = intrusion();
    let foreign = story["foreignAccounts"][0].as_str().unwrap();
    for (step, condition, events) in [
        (
            "sign-in",
            "errorMessage = 'Failed authentication' AND userIdentity.userName = 'maria.keller'",
            6,
        ),
        (
            "sign-in",
            "eventName = 'ConsoleLogin' AND userIdentity.type = 'Root' AND sourceIPAddress IN \
          (SELECT sourceIPAddress FROM event_data_store WHERE userIdentity.userName = 'maria.keller') \
          AND element_at(additionalEventData, 'MFAUsed') = 'No'",
            1,
        ),
        (
            "reconnaissance",
            "userIdentity.userName = 'maria.keller' AND readOnly AND errorCode IN \
          ('AccessDenied', 'Client.UnauthorizedOperation')",
            8,
        ),
        (
            "persistence",
            "eventName = 'AttachUserPolicy' AND element_at(requestParameters, 'policyArn') \
          LIKE '%/AdministratorAccess'",
            1,
        ),
        (
            "persistence",
            "eventName = 'AssumeRole' AND userIdentity.type = 'AWSAccount' AND \
          userIdentity.accountId = '$FOREIGN'",
            1,
        ),
        (
            "logging-off",
            "eventSource = 'cloudtrail.amazonaws.com' AND NOT readOnly AND errorCode IS NULL \
          AND eventName IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors')",
            4,
        ),
        ("logging-off", "errorCode = 'EventDataStoreTerminationProtectedException'", 1),
        (
            "exposure",
            "eventName = 'PutBucketPolicy' AND json_extract_scalar(element_at(requestParameters, \
          'bucketPolicy'), '$.Statement[0].Effect') = 'Allow'",
            1,
        ),
        (
            "exposure",
            "eventName = 'AuthorizeSecurityGroupIngress' AND sourceIPAddress = '203.0.113.77' AND \
          json_extract_scalar(element_at(requestParameters, 'ipPermissions'), \
          '$.items[0].ipRanges.items[0].cidrIp') = '0.0.0.0/0'",
            2,
        ),
        (
            "data",
            "eventName = 'GetObject' AND element_at(requestParameters, 'bucketName') = \
          'acme-customer-vault' AND CAST(element_at(additionalEventData, 'bytesTransferredOut') AS bigint) >= 8000000",
            120,
        ),
        ("data", "eventName = 'GetSecretValue' AND userIdentity.userName = 'svc-support'", 12),
        (
            "data",
            "eventName = 'CopyObject' AND element_at(requestParameters, \
          'x-amz-server-side-encryption-aws-kms-key-id') LIKE 'arn:aws:kms:%:$FOREIGN:key/%'",
            1,
        ),
        (
            "compute",
            "awsRegion = 'ap-south-2' AND element_at(requestParameters, 'instanceType') = 'p4d.24xlarge'",
            1,
        ),
        ("compute", "awsRegion = 'ap-south-2' AND errorCode IS NOT NULL", 1),
        (
            "network",
            "errorCode = 'VpceAccessDenied' AND eventType = 'AwsVpceEvent' AND readOnly IS NULL \
          AND vpcEndpointAccountId = recipientAccountId",
            5,
        ),
        ("network", "element_at(requestParameters, 'peerOwnerId') = '$FOREIGN'", 1),
        (
            "account",
            "eventSource IN ('organizations.amazonaws.com', 'cloudtrail.amazonaws.com') AND NOT readOnly \
          AND errorMessage LIKE '%service control policy'",
            4,
        ),
        (
            "account",
            "eventName = 'DeleteSamplingRule' AND userIdentity.userName = 'svc-support'",
            1,
        ),
    ] {
        let condition = condition.replace("$FOREIGN", foreign);
        let rows = lake.ask(&format!("SELECT eventID FROM event_data_store WHERE {condition}"));
        assert_eq!(rows.len(), events, "{condition}");
        let told = story["events"][step].to_string();
        assert!(rows.iter().all(|row| told.contains(text(row, "eventID"))), "{step}: {condition}");
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}
