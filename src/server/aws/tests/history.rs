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
