//! The event history over stores.

use super::Fixture;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Log files of one account: more management events than a page has.
const SMALL: &str = "testdata/trail/AWSLogs/444455556666";

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["EventId"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_history_is_over_all_stores_and_has_each_event_once() {
    let fixture = Fixture::new();
    fixture.import("default", &[SMALL]);
    let alone = fixture.pages("LookupEvents", json!({}), "Events");
    assert!(alone.len() > 50);
    let distinct: HashSet<_> = ids(&alone).into_iter().collect();
    assert_eq!(distinct.len(), alone.len());
    // The same events elsewhere are no more events.
    fixture.made("copies");
    fixture.import("copies", &[SMALL]);
    assert_eq!(fixture.pages("LookupEvents", json!({}), "Events"), alone);
    // Nor are they as another text. What is new stands in its place.
    let record = |event: &Value| -> Value {
        serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()
    };
    let mut others: Vec<Value> = alone.iter().step_by(3).map(record).collect();
    others.iter_mut().for_each(|record| record["requestID"] = json!("another"));
    let mut new = others[2].clone();
    new["eventID"] = json!("00000000-0000-4000-8000-000000000000");
    others.push(new.clone());
    fixture.made("others");
    fixture.import_records("others", &others);
    let whole = fixture.pages("LookupEvents", json!({}), "Events");
    let found: HashSet<_> = ids(&whole).into_iter().collect();
    assert_eq!((whole.len(), found.len()), (alone.len() + 1, alone.len() + 1));
    assert!(found.contains(new["eventID"].as_str().unwrap()));
    let times: Vec<_> = whole.iter().map(|event| event["EventTime"].as_f64()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    for most in [19, 50] {
        let pages = fixture.pages("LookupEvents", json!({"MaxResults": most}), "Events");
        assert_eq!(ids(&pages), ids(&whole), "{most}");
    }
    // A store that is to be deleted is not asked.
    let off = json!({"EventDataStore": "others", "TerminationProtectionEnabled": false});
    fixture.ask("UpdateEventDataStore", off);
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "others"}));
    assert_eq!(fixture.pages("LookupEvents", json!({}), "Events"), alone);
}

#[test]
fn attributes_and_times_choose_among_the_events_of_all_stores() {
    let fixture = Fixture::new();
    fixture.import("default", &[SMALL]);
    fixture.made("copies");
    fixture.import("copies", &[SMALL]);
    let whole = fixture.pages("LookupEvents", json!({}), "Events");
    let name = whole[5]["EventName"].clone();
    let attribute = json!([{"AttributeKey": "EventName", "AttributeValue": name}]);
    let input = json!({"LookupAttributes": attribute, "MaxResults": 3});
    let named: Vec<_> = whole.iter().filter(|e| e["EventName"] == name).cloned().collect();
    assert_eq!(fixture.pages("LookupEvents", input, "Events"), named);
    let (from, to) = (whole[45]["EventTime"].as_f64(), whole[5]["EventTime"].as_f64());
    let range = json!({"StartTime": from, "EndTime": to, "MaxResults": 11});
    let within: Vec<_> = whole
        .iter()
        .filter(|e| e["EventTime"].as_f64() >= from && e["EventTime"].as_f64() <= to)
        .cloned()
        .collect();
    assert!(within.len() > 30);
    assert_eq!(fixture.pages("LookupEvents", range, "Events"), within);
    let page = fixture.ask("LookupEvents", json!({"MaxResults": 2}));
    let other = json!({"LookupAttributes": attribute, "NextToken": page["NextToken"]});
    assert_eq!(fixture.refused("LookupEvents", other), "InvalidNextTokenException");
    let wrong = json!([{"AttributeKey": "ReadOnly", "AttributeValue": "perhaps"}]);
    let refused = fixture.refused("LookupEvents", json!({"LookupAttributes": wrong}));
    assert_eq!(refused, "InvalidLookupAttributesException");
}

/// A fixture with two stores of Insights events, one event being in both, and the events of the test files, the newest first.
fn with_insights() -> (Fixture, Vec<Value>) {
    let fixture = Fixture::new();
    let of_insights =
        json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]);
    for name in ["insights", "more-insights"] {
        let input = json!({"Name": name, "AdvancedEventSelectors": of_insights});
        fixture.ask("CreateEventDataStore", input);
    }
    fixture.import("default", &[SMALL]);
    fixture.import("insights", &["testdata/categories"]);
    fixture.import("more-insights", &["testdata/categories/insight-lake.jsonl"]);
    let mut records = Vec::new();
    for file in ["insight.json", "insight-lake.jsonl"] {
        let text = std::fs::read_to_string(format!("testdata/categories/{file}")).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        match read.get("Records") {
            Some(list) => records.extend(list.as_array().unwrap().iter().cloned()),
            None => records.push(read),
        }
    }
    records
        .sort_by_key(|record| std::cmp::Reverse(record["eventTime"].as_str().unwrap().to_owned()));
    assert_eq!(records.len(), 3);
    (fixture, records)
}

/// An Insights event as it is told.
fn told(record: &Value) -> Value {
    let of = |flat: &str, nested: &str| match record.get(flat) {
        Some(value) => value.clone(),
        None => record["insightDetails"][nested].clone(),
    };
    let time = chrono::DateTime::parse_from_rfc3339(record["eventTime"].as_str().unwrap()).unwrap();
    json!({
        "EventId": record["eventID"], "EventTime": time.timestamp(), "Resources": [],
        "EventName": of("insightEventName", "eventName"),
        "EventSource": of("insightEventSource", "eventSource"),
        "CloudTrailEvent": record,
    })
}

/// Events with their records read.
fn read(events: &[Value]) -> Vec<Value> {
    let mut events = events.to_vec();
    for event in &mut events {
        let record = event["CloudTrailEvent"].as_str().unwrap();
        event["CloudTrailEvent"] = serde_json::from_str(record).unwrap();
    }
    events
}

#[test]
fn insights_events_are_a_history_of_their_own() {
    let (fixture, records) = with_insights();
    let expected: Vec<_> = records.iter().map(told).collect();
    let asked = |more: Value| {
        let mut input = json!({"EventCategory": "insight"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read(&fixture.pages("LookupEvents", input, "Events"))
    };
    assert_eq!(asked(json!({})), expected);
    assert_eq!(asked(json!({"MaxResults": 1})), expected);
    let by = |key: &str, value: &Value| {
        asked(json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}))
    };
    for key in ["EventId", "EventName", "EventSource"] {
        let value = &expected[1][key];
        let wanted: Vec<_> = expected.iter().filter(|e| e[key] == *value).cloned().collect();
        assert_eq!(by(key, value), wanted, "{key}");
        assert!(by(key, &json!(value.as_str().unwrap().to_uppercase())).is_empty(), "{key}");
    }
    // These they do not have.
    for (key, value) in [("Username", "alice"), ("ReadOnly", "true"), ("AccessKeyId", "NULL")] {
        assert!(by(key, &json!(value)).is_empty(), "{key}");
    }
    let at = |event: &Value| event["EventTime"].as_i64().unwrap();
    let range = json!({"StartTime": at(&expected[2]), "EndTime": at(&expected[1])});
    assert_eq!(asked(range), expected[1..]);
    let end = json!({"EndTime": at(&expected[2]) - 1});
    assert!(asked(end).is_empty());
    // Neither history has events of the other.
    let management = fixture.pages("LookupEvents", json!({}), "Events");
    assert!(management.len() > 50);
    let found: HashSet<_> = ids(&management).into_iter().collect();
    assert!(ids(&expected).iter().all(|id| !found.contains(id)));
    let page = fixture.ask("LookupEvents", json!({"EventCategory": "insight", "MaxResults": 1}));
    let other = json!({"NextToken": page["NextToken"]});
    assert_eq!(fixture.refused("LookupEvents", other), "InvalidNextTokenException");
    let unknown = json!({"EventCategory": "management"});
    assert_eq!(fixture.refused("LookupEvents", unknown), "InvalidEventCategoryException");
}

#[test]
fn insights_events_of_a_trail_are_those_that_name_no_other_source() {
    let (fixture, mut records) = with_insights();
    let trail = |name: &str| format!("arn:aws:cloudtrail:us-east-1:111122223333:trail/{name}");
    let mut named = records[2].clone();
    named["eventID"] = json!("a1a1a1a1-0000-4000-8000-000000000009");
    named["eventTime"] = json!("2026-03-01T00:00:00Z");
    named["insightSource"] = json!(trail("mine"));
    fixture.import_records("insights", std::slice::from_ref(&named));
    records.push(named);
    let asked = |trail: &str, more: Value| {
        let mut input = json!({"InsightSource": trail, "DataType": "InsightsEvents"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read(&fixture.pages("ListInsightsData", input, "Events"))
    };
    let of = |numbers: &[usize]| numbers.iter().map(|n| told(&records[*n])).collect::<Vec<_>>();
    // The first is of a store, and says so.
    assert_eq!(asked(&trail("mine"), json!({})), of(&[1, 2, 3]));
    assert_eq!(asked(&trail("mine"), json!({"MaxResults": 1})), of(&[1, 2, 3]));
    assert_eq!(asked(&trail("other"), json!({})), of(&[1, 2]));
    let name = json!({"Dimensions": {"EventName": "UpdateInstanceInformation"}, "MaxResults": 2});
    assert_eq!(asked(&trail("mine"), name), of(&[1, 2, 3]));
    let id = json!({"Dimensions": {"EventId": records[2]["eventID"]}});
    assert_eq!(asked(&trail("mine"), id), of(&[2]));
    let source = json!({"Dimensions": {"EventSource": "s3.amazonaws.com"}});
    assert!(asked(&trail("mine"), source).is_empty());
    let start = told(&records[2])["EventTime"].clone();
    assert_eq!(asked(&trail("mine"), json!({"StartTime": start})), of(&[1, 2]));
    assert_eq!(asked(&trail("mine"), json!({"EndTime": start})), of(&[2, 3]));
    let last = json!(253_402_300_799.999);
    assert!(asked(&trail("mine"), json!({"StartTime": last, "EndTime": last})).is_empty());
    assert_eq!(asked(&trail("mine"), json!({"StartTime": -62e9, "EndTime": last})), of(&[1, 2, 3]));
    // A store that is to be deleted is not asked.
    let store = json!({"EventDataStore": "insights", "TerminationProtectionEnabled": false});
    fixture.ask("UpdateEventDataStore", store);
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "insights"}));
    assert!(asked(&trail("mine"), json!({})).is_empty());
    let left = fixture.ask("LookupEvents", json!({"EventCategory": "insight"}));
    assert_eq!(read(left["Events"].as_array().unwrap()), of(&[0]));
}
