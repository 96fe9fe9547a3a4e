//! Small sets of records, and what is right of them.

use super::Compared;
use super::records::{ONE, Record, TWO, call, person, role, sends, user};
use super::rows::Row;
use super::trail::Params;
use serde_json::{Value, json};

const TRACE: &str = "1-69a554dd-5f1e0c7a9b3d2e4f60718293";

/// The engine's answer to a saved query over some records.
fn answer(query: &str, given: &[(&str, &str)], records: &[Record]) -> Vec<Row> {
    let compared = Compared::of_records(records.to_vec());
    compared.answer(&format!("xray/{query}"), &Params::of(given)).unwrap()
}

/// A column of an answer.
fn column(name: &str, rows: &[Row]) -> Vec<Value> {
    rows.iter().map(|row| row[name].clone()).collect()
}

#[test]
fn an_iam_user_s_segments_count() {
    let rows = answer("segments-by-role", &[], &[sends(&[TRACE]).by(user(ONE, "onprem"))]);
    assert_eq!(column("role", &rows), ["arn:aws:iam::111122223333:user/onprem"]);
    assert_eq!(column("segments", &rows), [1]);
}

#[test]
fn roles_of_one_name_in_two_accounts_are_two() {
    let inside = call("PutTraceSegments").over("vpce-1");
    let outside = call("PutTraceSegments").from("198.51.100.1").by(role(TWO, "svc", "s"));
    let rows = answer("endpoint-bypass", &[], &[inside.clone(), outside.account(TWO)]);
    assert!(rows.is_empty(), "{rows:?}");
    let same = call("PutTraceSegments").from("198.51.100.1");
    assert_eq!(answer("endpoint-bypass", &[], &[inside, same]).len(), 1);
}

#[test]
fn an_instance_s_id_is_known_in_every_spelling() {
    for name in ["ec2InstanceId", "eC2InstanceId", "EC2InstanceId"] {
        let asks =
            json!({ "telemetryRecords": [{ "segmentsReceivedCount": 5 }], name: "i-0other" });
        let record = call("PutTelemetryRecords").asks(asks).by(user(ONE, "onprem"));
        let rows = answer("daemon-health", &[], &[record]);
        assert_eq!(column("host", &rows), ["i-0other"], "{name}");
        assert_eq!(column("received", &rows), [5], "{name}");
    }
}

#[test]
fn the_size_of_a_batch_that_was_left_out_is_unknown() {
    let asks = json!({ "omitted": true, "originalSize": 112_640 });
    let rows = answer("batch-sizes", &[], &[call("PutTraceSegments").asks(asks)]);
    assert_eq!(column("segments_in_call", &rows), ["unknown"]);
    assert_eq!(column("calls", &rows), [1]);
}

#[test]
fn a_call_is_as_late_as_its_oldest_document() {
    let ids = ["1-69a8c77f-5f1e0c7a9b3d2e4f60718293", "1-69a8ab60-5f1e0c7a9b3d2e4f60718293"];
    let rows = answer("late-segments", &[("segments", "1")], &[sends(&ids)]);
    assert_eq!(column("later_than_an_hour", &rows), [1]);
    assert_eq!(column("median_seconds", &rows), [7200]);
}

#[test]
fn a_person_without_an_arn_can_be_new() {
    let reads = |user: &str| call("GetTraceSummaries").by(person(ONE, user));
    let records = [reads("old-person").at("01T00:00:00"), reads("new-person")];
    let rows = answer("new-principals", &[], &records);
    let store = "arn:aws:identitystore::111122223333:identitystore/d-1";
    assert_eq!(column("principal", &rows), [format!("{store}/new-person")]);
}

#[test]
fn changes_of_one_second_have_an_order() {
    let change = |asks: Value| call("PutEncryptionConfig").asks(asks).by(user(ONE, "onprem"));
    let (key, none) = (json!({ "type": "KMS", "keyId": "alias/a" }), json!({ "type": "NONE" }));
    let records = [
        change(key).set("eventID", "bbbb0001-0000-4000-8000-000000000000"),
        change(none).set("eventID", "bbbb0002-0000-4000-8000-000000000000"),
    ];
    for records in [records.to_vec(), records.iter().rev().cloned().collect()] {
        let rows = answer("encryption-state", &[], &records);
        assert_eq!(column("encryption", &rows), ["NONE"]);
        assert_eq!(column("key_id", &rows), [Value::Null]);
        let ids = column("event_id", &answer("encryption-changes", &[], &records));
        let mut ordered = ids.clone();
        ordered.sort_by_key(|id| std::cmp::Reverse(id.to_string()));
        assert_eq!(ids, ordered);
    }
}

#[test]
fn a_trace_has_one_id_in_either_spelling() {
    let ids = json!({ "traceIds": ["69a554dd5f1e0c7a9b3d2e4f60718293"] });
    let read = call("StartTraceRetrieval").asks(ids).by(role(ONE, "reader", "s"));
    let records = [sends(&[TRACE]), read.at("05T00:01:00")];
    for given in [&[][..], &[("trace", TRACE)], &[("trace", "69a554dd5f1e0c7a9b3d2e4f60718293")]] {
        let rows = answer("life-of-a-trace", given, &records);
        let mut actions = column("action", &rows);
        actions.sort_by_key(Value::to_string);
        assert_eq!(actions, ["read", "sent"], "{given:?}");
        assert_eq!(column("trace_id", &rows), [TRACE, TRACE]);
    }
}

/// One request of each kind of identity, and what the four questions say of it: its credentials, whether
/// it was on behalf of a person, what is temporary of it, and by which service it was made.
#[test]
fn the_four_questions_of_identity_are_answered_for_every_kind() {
    let store = "arn:aws:identitystore::111122223333:identitystore/d-1";
    let mut portal = role(ONE, "AWSReservedSSO_Dev_01", "paul");
    portal["sessionContext"]["sessionIssuer"]["arn"] = json!(
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_01"
    );
    let mut pod = role(ONE, "pod", "aws-sdk-1");
    pod["sessionContext"]["webIdFederationData"] = json!({ "federatedProvider": "oidc/eks" });
    let mut service = role(ONE, "states", "run-1");
    service["invokedBy"] = json!("states.amazonaws.com");
    let mut on_behalf = role(ONE, "analyst", "tip");
    on_behalf["onBehalfOf"] = json!({ "userId": "person-2", "identityStoreArn": store });
    let federated = json!({
        "type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/guest",
        "sessionContext": { "sessionIssuer": {
            "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/broker", "userName": "broker",
        } },
    });
    let root = json!({ "type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": ONE });
    let foreign = json!({ "type": "AWSAccount", "principalId": "AIDAFAR", "accountId": TWO });
    let anyone =
        json!({ "type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL" });
    let web = json!({
        "type": "WebIdentityUser", "identityProvider": "accounts.example", "userName": "someone",
    });
    let saml = json!({ "type": "SAMLUser", "principalId": "hash:carla", "userName": "carla" });
    // The identity; its caller; credentials, on whose behalf, kind of temporary credentials, service.
    let session = |of: &str| format!("arn:aws:sts::111122223333:assumed-role/{of}");
    let text = str::to_owned;
    let cases: Vec<(Value, String, [Value; 4])> = vec![
        (
            root,
            text("arn:aws:iam::111122223333:root"),
            [json!("root"), json!(null), json!("none"), json!(null)],
        ),
        (
            user(ONE, "anna"),
            text("arn:aws:iam::111122223333:user/anna"),
            [json!("user"), json!(null), json!("none"), json!(null)],
        ),
        (
            role(ONE, "svc", "s"),
            session("svc/s"),
            [json!("neither"), json!(null), json!("role"), json!(null)],
        ),
        (
            portal,
            session("AWSReservedSSO_Dev_01/paul"),
            [json!("neither"), json!("paul"), json!("role"), json!(null)],
        ),
        (
            pod,
            session("pod/aws-sdk-1"),
            [json!("neither"), json!(null), json!("role"), json!(null)],
        ),
        (
            service,
            session("states/run-1"),
            [json!("neither"), json!(null), json!("role"), json!("states.amazonaws.com")],
        ),
        (
            on_behalf,
            session("analyst/tip"),
            [json!("neither"), json!("person-2"), json!("role"), json!(null)],
        ),
        (
            federated,
            text("arn:aws:sts::111122223333:federated-user/guest"),
            [json!("neither"), json!(null), json!("federated user"), json!(null)],
        ),
        (
            person(ONE, "person-1"),
            format!("{store}/person-1"),
            [json!("neither"), json!("person-1"), json!("none"), json!(null)],
        ),
        (
            foreign,
            text("444455556666:AIDAFAR"),
            [json!("neither"), json!(null), json!("none"), json!(null)],
        ),
        (
            anyone,
            text("ANONYMOUS_PRINCIPAL"),
            [json!("neither"), json!(null), json!("none"), json!(null)],
        ),
        (
            json!({ "type": "AWSService", "invokedBy": "lambda.amazonaws.com" }),
            text("lambda.amazonaws.com"),
            [json!("neither"), json!(null), json!("none"), json!("lambda.amazonaws.com")],
        ),
        (
            web,
            text("accounts.example:someone"),
            [json!("neither"), json!(null), json!("none"), json!(null)],
        ),
        (saml, text("hash:carla"), [json!("neither"), json!(null), json!("none"), json!(null)]),
    ];
    let records: Vec<_> =
        cases.iter().map(|(identity, ..)| call("GetTraceSummaries").by(identity.clone())).collect();
    let compared = Compared::of_records(records);
    let questions = [
        ("root-or-user-credentials", "credentials"),
        ("on-behalf-of-people", "person"),
        ("temporary-credentials", "kind"),
        ("by-aws-services", "service"),
    ];
    for (at, (query, answer)) in questions.into_iter().enumerate() {
        let rows = compared.answer(&format!("xray/{query}"), &Params::of(&[])).unwrap();
        assert_eq!(rows.len(), cases.len(), "{query}: {rows:?}");
        for (identity, caller, want) in &cases {
            // Two questions tell who is behind the sessions.
            let role = &identity["sessionContext"]["sessionIssuer"]["arn"];
            let behind = match (identity["type"].as_str(), role.as_str()) {
                (Some("AssumedRole"), Some(role)) if at > 1 => role,
                _ => caller,
            };
            let row = rows.iter().find(|row| row["principal"] == behind);
            let row = row.unwrap_or_else(|| panic!("{query}: {behind} is not in {rows:?}"));
            assert_eq!(row[answer], want[at], "{query} of {behind}");
        }
    }
}
