//! Events that are sent through channels.

use super::channels::{UNKNOWN, id};
use super::{Answer, Fixture, now};
use crate::event::digest::{checksum, record_digest};
use http::Request;
use serde_json::{Value, json};
use traillake_aws_wire::keys::AccessKey;
use traillake_aws_wire::signature::Signer;

impl Fixture {
    fn put_as(&self, key: &AccessKey, query: &str, events: Value) -> Answer {
        let request = Request::post(format!("/PutAuditEvents?{query}"))
            .header("content-type", "application/json")
            .body(json!({"auditEvents": events}).to_string().into_bytes())
            .unwrap();
        let signer = Signer { key, region: "eu-west-1", service: "cloudtrail-data", now: now() };
        let (status, body) = self.send(&signer, request);
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn put(&self, channel: &str, events: Value) -> Value {
        let query = format!("channelArn={}", channel.replace(':', "%3A").replace('/', "%2F"));
        let (status, body) = self.put_as(&self.admin, &query, events);
        assert_eq!(status, 200, "{body}");
        body
    }

    fn put_refused(&self, query: &str, events: Value) -> (u16, String) {
        let (status, body) = self.put_as(&self.admin, query, events);
        (status, body["__type"].as_str().unwrap().to_owned())
    }

    /// The rows of a query, each a list of values.
    fn rows_of(&self, sql: &str) -> Vec<Vec<Value>> {
        let results = self.ask("GetQueryResults", json!({"QueryId": self.finished(sql)}));
        let row = |row: &Value| -> Vec<Value> {
            let cells = row.as_array().unwrap().iter();
            cells.flat_map(|cell| cell.as_object().unwrap().values().cloned()).collect()
        };
        results["QueryResultRows"].as_array().unwrap().iter().map(row).collect()
    }
}

fn data(uid: &str) -> Value {
    json!({"version": "1.0", "UID": uid, "eventName": "Buy", "eventSource": "shop.example.com",
        "eventTime": "2026-11-28T16:00:00Z", "recipientAccountId": "111122223333",
        "userIdentity": {"type": "User", "principalId": "alice", "details": {"team": "blue"}},
        "requestParameters": {"item": "x", "count": 3}, "sourceIPAddress": "192.0.2.7"})
}

fn event(id: &str, data: &Value) -> Value {
    json!({"id": id, "eventData": data.to_string()})
}

#[test]
fn events_that_are_sent_can_be_queried() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.activity("activity-1"), fixture.activity("activity-2"));
    let arn = fixture.channel("shop", &[&one, &other]);
    let text = data("u-1").to_string();
    let with_sum = json!({"id": "a", "eventData": text,
        "eventDataChecksum": checksum(&record_digest(text.as_bytes()))});
    let answer = fixture.put(&arn, json!([with_sum, event("b", &data("u-2"))]));
    assert_eq!(answer["failed"], json!([]));
    let taken = answer["successful"].as_array().unwrap();
    assert_eq!((&taken[0]["id"], &taken[1]["id"]), (&json!("a"), &json!("b")));
    let row = |uid: &str, id: &Value| {
        vec![
            json!(uid),
            id.clone(),
            json!("2026-11-28 16:00:00.000"),
            json!("alice"),
            json!("blue"),
            json!("3"),
            json!("2026-11-28T17:00:00"),
            json!(arn),
            json!(arn),
            json!("eu-west-1"),
            json!(data(uid).to_string()),
        ]
    };
    let expected = [row("u-1", &taken[0]["eventID"]), row("u-2", &taken[1]["eventID"])];
    for store in [&one, &other] {
        let found = fixture.rows_of(&format!(
            "SELECT eventData.UID, eventID, eventTime, eventData.userIdentity.principalId, \
             eventData.userIdentity.details['team'], eventData.requestParameters['count'], \
             metadata.ingestionTime, metadata.channelARN, \"$source\", awsRegion, \
             json_format(json_extract(eventJson, '$.eventData')) \
             FROM {} ORDER BY 1",
            id(store)
        ));
        let sorted =
            |text: &Value| -> Value { serde_json::from_str(text.as_str().unwrap()).unwrap() };
        assert_eq!(found.len(), 2);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found[..10], expected[..10]);
            assert_eq!(sorted(&found[10]), sorted(&expected[10]));
        }
    }
    let status = &fixture.ask("GetChannel", json!({"Channel": arn}))["IngestionStatus"];
    let last = &taken[1]["eventID"];
    assert_eq!(
        *status,
        json!({"LatestIngestionSuccessTime": now().timestamp(), "LatestIngestionSuccessEventID": last,
        "LatestIngestionAttemptTime": now().timestamp(), "LatestIngestionAttemptEventID": last})
    );
    // The same once more, as clients do that saw no answer: nothing is stored twice, and the ids are the same.
    let again = fixture.put(&arn, json!([event("z", &data("u-2")), event("y", &data("u-3"))]));
    assert_eq!(again["successful"][0], json!({"id": "z", "eventID": last}));
    let count = format!("SELECT count(*), count(DISTINCT eventID) FROM {}", id(&one));
    assert_eq!(fixture.rows_of(&count), [[json!("3"), json!("3")]]);
    // The events stay without the channel.
    fixture.ask("DeleteChannel", json!({"Channel": arn}));
    assert_eq!(fixture.rows_of(&count), [[json!("3"), json!("3")]]);
}

#[test]
fn each_event_is_refused_for_itself() {
    let fixture = Fixture::new();
    let store = fixture.activity("activity");
    let arn = fixture.channel("shop", &[&store]);
    let of = |name: &str, value: Value| {
        let mut data = data("u-1");
        data[name] = value;
        data
    };
    let wrong = [
        (json!({"id": "sum", "eventData": "{}", "eventDataChecksum": "x"}), "InvalidChecksum"),
        (json!({"id": "json", "eventData": "{"}), "InvalidData"),
        (json!({"id": "deep", "eventData": "[".repeat(100_000)}), "InvalidData"),
        (event("field", &of("UID", Value::Null)), "FieldNotFound"),
        (event("long", &of("version", json!("x".repeat(257)))), "FieldTooLong"),
        (event("account", &of("recipientAccountId", json!("444455556666"))), "InvalidRecipient"),
        (event("source", &of("eventSource", json!("a\u{0}"))), "InvalidEventSource"),
        (event("old", &of("eventTime", json!("2020-11-28T16:00:00Z"))), "InvalidData"),
    ];
    let mut events: Vec<_> = wrong.iter().map(|(event, _)| event.clone()).collect();
    let all = fixture.put(&arn, json!(events[..4]));
    assert_eq!((&all["successful"], all["failed"].as_array().unwrap().len()), (&json!([]), 4));
    let status = &fixture.ask("GetChannel", json!({"Channel": arn}))["IngestionStatus"];
    assert_eq!(
        *status,
        json!({"LatestIngestionErrorCode": "FieldNotFound",
        "LatestIngestionAttemptTime": now().timestamp()})
    );
    events.insert(2, event("good", &data("u-9")));
    let answer = fixture.put(&arn, json!(events));
    assert_eq!(answer["successful"].as_array().unwrap().len(), 1);
    assert_eq!(answer["successful"][0]["id"], "good");
    let failed = answer["failed"].as_array().unwrap();
    assert_eq!(failed.len(), wrong.len());
    for (failed, (event, code)) in failed.iter().zip(&wrong) {
        assert_eq!((&failed["id"], &failed["errorCode"]), (&event["id"], &json!(code)));
        assert!(failed["errorMessage"].as_str().is_some_and(|text| text.ends_with('.')));
    }
    let status = &fixture.ask("GetChannel", json!({"Channel": arn}))["IngestionStatus"];
    assert_eq!(status["LatestIngestionErrorCode"], "InvalidData");
    assert_eq!(status["LatestIngestionSuccessEventID"], answer["successful"][0]["eventID"]);
    let uids = fixture.rows_of(&format!("SELECT eventData.UID FROM {}", id(&store)));
    assert_eq!(uids, [[json!("u-9")]]);
    // A store that the command line has deleted takes no more.
    let row = fixture.api.lake.store("activity").unwrap();
    fixture.api.lake.delete_store(&row).unwrap();
    let answer = fixture.put(&arn, json!([event("late", &data("u-10"))]));
    assert_eq!(answer["failed"][0]["errorCode"], "InternalFailure");
    let row = fixture.api.lake.store("activity").unwrap();
    fixture.api.lake.purge_store(&row).unwrap();
    let answer = fixture.put(&arn, json!([event("late", &data("u-10"))]));
    assert_eq!(answer["failed"][0]["errorCode"], "InternalFailure");
}

#[test]
fn requests_are_refused_as_a_whole() {
    let fixture = Fixture::new();
    let store = fixture.activity("activity");
    let arn = fixture.channel("shop", &[&store]);
    let one = json!([event("a", &data("u-1"))]);
    let query = |arn: &str| format!("channelArn={arn}");
    for (arn, status, error) in [
        (&*UNKNOWN.to_owned(), 404, "ChannelNotFound"),
        (&arn.replace("1111", "2222"), 403, "ChannelInsufficientPermission"),
        (&store, 400, "InvalidChannelARN"),
        (&arn.replace("arn:aws", "arn:x"), 400, "InvalidChannelARN"),
        (id(&arn), 400, "InvalidChannelARN"),
        ("", 400, "InvalidChannelARN"),
    ] {
        let refused = fixture.put_refused(&query(arn), one.clone());
        assert_eq!(refused, (status, error.to_owned()), "{arn}");
    }
    assert_eq!(fixture.put_refused("", one.clone()).1, "InvalidChannelARN");
    let many: Vec<_> = (0..101).map(|n| event(&n.to_string(), &data("u"))).collect();
    let text = data("u").to_string();
    let half = |id: &str| {
        let mut data = data(id);
        data["userIdentity"]["details"] = json!({"a": "x".repeat(600_000)});
        event(id, &data)
    };
    for (events, status, error) in [
        (json!([]), 400, "ValidationException"),
        (json!(many), 400, "ValidationException"),
        (json!([{"id": "a b", "eventData": text}]), 400, "ValidationException"),
        (json!([{"id": "a".repeat(129), "eventData": text}]), 400, "ValidationException"),
        (json!([{"id": "", "eventData": text}]), 400, "ValidationException"),
        (json!([{"eventData": text}]), 400, "ValidationException"),
        (json!([{"id": "a"}]), 400, "ValidationException"),
        (json!([{"id": "a", "eventData": data("u")}]), 400, "SerializationException"),
        (json!([5]), 400, "SerializationException"),
        (json!({}), 400, "SerializationException"),
        (json!([event("a", &data("u")), event("a", &data("v"))]), 400, "DuplicatedAuditEventId"),
        (json!([half("a"), half("b")]), 413, "RequestEntityTooLargeException"),
    ] {
        let refused = fixture.put_refused(&query(&arn), events);
        assert_eq!(refused, (status, error.to_owned()));
    }
    let reader = fixture.put_as(&fixture.reader, &query(&arn), one.clone());
    assert_eq!((reader.0, &reader.1["__type"]), (403, &json!("AccessDeniedException")));
    let count = format!("SELECT count(*) FROM {}", id(&store));
    assert_eq!(fixture.rows_of(&count), [[json!("0")]]);
    assert_eq!(fixture.put(&arn, json!([half("a")]))["failed"], json!([]));
    assert_eq!(fixture.rows_of(&count), [[json!("1")]]);
}

#[test]
fn a_policy_asks_for_an_external_id() {
    let fixture = Fixture::new();
    let store = fixture.activity("activity");
    let arn = fixture.channel("shop", &[&store]);
    let this = json!({"ResourceArn": arn});
    assert_eq!(
        fixture.refused("GetResourcePolicy", this.clone()),
        "ResourcePolicyNotFoundException"
    );
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Sid": "in", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "cloudtrail-data:PutAuditEvents",
        "Resource": arn, "Condition": {"StringEquals": {"cloudtrail:ExternalId": "ours"}}}]});
    let put = json!({"ResourceArn": arn, "ResourcePolicy": policy.to_string()});
    assert_eq!(fixture.ask("PutResourcePolicy", put.clone()), put);
    assert_eq!(fixture.ask("GetResourcePolicy", this.clone()), put);
    let one = json!([event("a", &data("u-1"))]);
    let with = |more: &str| {
        fixture.put_as(&fixture.admin, &format!("channelArn={arn}{more}"), one.clone())
    };
    for more in ["", "&externalId=theirs", "&externalId=OURS"] {
        let (status, body) = with(more);
        assert_eq!((status, &body["__type"]), (403, &json!("ChannelInsufficientPermission")));
    }
    assert_eq!(with("&externalId=ours").0, 200);
    fixture.ask("DeleteResourcePolicy", this.clone());
    assert_eq!(with("").0, 200);
    fixture.ask("PutResourcePolicy", put);
    fixture.ask("DeleteChannel", json!({"Channel": arn}));
    assert_eq!(fixture.refused("GetResourcePolicy", this), "ResourceNotFoundException");
}

#[test]
fn what_is_sent_at_once_is_all_there_in_few_files() {
    let fixture = Fixture::new();
    let store = fixture.activity("activity");
    let arn = fixture.channel("shop", &[&store]);
    std::thread::scope(|scope| {
        for sender in 0..8 {
            let (fixture, arn) = (&fixture, &arn);
            scope.spawn(move || {
                for call in 0..6 {
                    let event = |n: u32| {
                        let uid = format!("u-{sender}-{call}-{n}");
                        event(&n.to_string(), &data(&uid))
                    };
                    let events: Vec<_> = (0..10).map(event).collect();
                    let answer = fixture.put(arn, json!(events));
                    assert_eq!(answer["successful"].as_array().unwrap().len(), 10);
                }
            });
        }
    });
    let count = format!("SELECT count(*), count(DISTINCT eventData.UID) FROM {}", id(&store));
    assert_eq!(fixture.rows_of(&count), [[json!("480"), json!("480")]]);
    let row = fixture.api.lake.store("activity").unwrap();
    assert!(fixture.api.lake.totals(row.id).unwrap().files <= 8);
}
