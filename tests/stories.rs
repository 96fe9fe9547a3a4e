//! What `synth` planted is found by SQL, as its answer key says.

use crate::lake::{TestLake, testdata};
use serde_json::Value;
use std::collections::BTreeMap;
use traillake::columnar::Format;

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
