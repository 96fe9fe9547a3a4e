//! The same events answer alike from every format, and as a reading of the JSON row by row.

use crate::lake::{TestLake, testdata};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use traillake::columnar::Format;

const FOLDERS: [&str; 3] = ["oddities", "samples", "trail"];

/// Kinds of queries that a columnar reader gets wrong first: reordered, computed, aliased, nested,
/// whole structs and maps, filters of each kind, limits.
const QUERIES: [&str; 16] = [
    "SELECT count(*) AS n FROM event_data_store",
    "SELECT * FROM event_data_store ORDER BY eventID, eventTime",
    "SELECT eventName, eventID FROM event_data_store ORDER BY eventID, eventName",
    "SELECT upper(eventSource) AS s, eventVersion AS v, eventID FROM event_data_store ORDER BY eventID, s",
    "SELECT userIdentity, eventID FROM event_data_store ORDER BY eventID",
    "SELECT userIdentity.sessionContext.sessionIssuer.arn AS a, count(*) AS n FROM event_data_store GROUP BY 1 ORDER BY n DESC, a",
    "SELECT requestParameters, count(*) AS n FROM event_data_store GROUP BY 1 ORDER BY n DESC LIMIT 1",
    "SELECT element_at(requestParameters, 'bucketName') AS b, count(*) AS n FROM event_data_store GROUP BY 1 ORDER BY n DESC, b",
    "SELECT eventID FROM event_data_store WHERE userIdentity.type = 'Root' ORDER BY 1",
    "SELECT eventID FROM event_data_store WHERE readOnly AND errorCode IS NOT NULL ORDER BY 1",
    "SELECT eventID FROM event_data_store WHERE eventTime BETWEEN '2026-03-01 06:00:00' AND '2026-03-01 18:00:00' ORDER BY 1",
    "SELECT eventID FROM event_data_store WHERE eventName IN ('PutTraceSegments', 'Decrypt') OR userAgent LIKE '%otel%' ORDER BY 1",
    "SELECT resources[1].arn AS r, count(*) AS n FROM event_data_store GROUP BY 1 ORDER BY n DESC, r",
    "SELECT eventTime, eventID, requestParameters FROM event_data_store ORDER BY eventTime DESC NULLS LAST, eventID LIMIT 20",
    "SELECT a.eventName, count(*) AS n FROM event_data_store a JOIN event_data_store b ON a.requestID = b.requestID GROUP BY 1 ORDER BY n DESC, 1",
    "SELECT eventID FROM event_data_store WHERE eventTime IS NULL ORDER BY 1",
];

#[test]
fn parquet_and_arrow_answer_alike() {
    let parquet = TestLake::with(Format::Parquet, &FOLDERS);
    let arrow = TestLake::with(Format::Arrow, &FOLDERS);
    let mut both = TestLake::new();
    let store = both.store("both", Format::Parquet);
    for (at, folder) in FOLDERS.iter().enumerate() {
        let format = [Format::Parquet, Format::Arrow][at % 2];
        both.import_as(&store, &testdata(folder), Some(format));
    }
    both.open(&store);
    for sql in QUERIES {
        let want = parquet.ask(sql);
        assert!(!want.is_empty(), "{sql}");
        assert_eq!(want, arrow.ask(sql), "{sql}");
        assert_eq!(want, both.ask(sql), "{sql}");
    }
}

/// Every event of the trail, read with another JSON parser, once each.
fn trail() -> Vec<Value> {
    let mut seen = BTreeMap::new();
    for source in traillake::envelope::discover(&[testdata("trail/AWSLogs").display().to_string()])
        .unwrap()
        .sources
    {
        let mut text = String::new();
        let file = std::fs::File::open(source.location.to_string()).unwrap();
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        for record in file["Records"].as_array().unwrap() {
            seen.entry(record["eventID"].as_str().unwrap().to_owned()).or_insert(record.clone());
        }
    }
    seen.into_values().collect()
}

fn counted(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut counts: BTreeMap<String, (Value, u64)> = BTreeMap::new();
    for value in values {
        counts.entry(value.to_string()).or_insert((value, 0)).1 += 1;
    }
    let mut rows: Vec<_> =
        counts.into_values().map(|(value, n)| json!({"v": value, "n": n})).collect();
    rows.sort_by_key(ToString::to_string);
    rows
}

#[test]
fn answers_are_those_of_the_json() {
    let lake = TestLake::with(Format::Parquet, &["trail"]);
    let events = trail();
    assert_eq!(lake.value("SELECT count(*) FROM event_data_store"), json!(events.len()));
    let text = |value: &Value| match value {
        Value::Null | Value::String(_) => value.clone(),
        other => json!(other.to_string()),
    };
    type Pick<'a> = Box<dyn Fn(&Value) -> Value + 'a>;
    let picks: Vec<(&str, Pick<'_>)> = vec![
        ("eventName", Box::new(|e| e["eventName"].clone())),
        ("eventJson", Box::new(|e| json!(e.to_string()))),
        ("userIdentity.arn", Box::new(|e| e["userIdentity"]["arn"].clone())),
        (
            "userIdentity.sessionContext.sessionIssuer.userName",
            Box::new(|e| e["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"].clone()),
        ),
        ("readOnly", Box::new(|e| e["readOnly"].clone())),
        ("errorMessage", Box::new(|e| e["errorMessage"].clone())),
        (
            "element_at(requestParameters, 'bucketName')",
            Box::new(|e| text(&e["requestParameters"]["bucketName"])),
        ),
        (
            "element_at(requestParameters, 'traceSegmentDocuments')",
            Box::new(|e| text(&e["requestParameters"]["traceSegmentDocuments"])),
        ),
        ("resources[1].type", Box::new(|e| e["resources"][0]["type"].clone())),
        (
            "cardinality(resources)",
            Box::new(|e| e["resources"].as_array().map_or(Value::Null, |r| json!(r.len()))),
        ),
        ("tlsDetails.tlsVersion", Box::new(|e| e["tlsDetails"]["tlsVersion"].clone())),
    ];
    for (expression, pick) in picks {
        let column =
            if expression == "eventJson" { "json_extract(eventJson, '$')" } else { expression };
        let sql = format!("SELECT {column} AS v, count(*) AS n FROM event_data_store GROUP BY 1");
        let mut rows = lake.ask(&sql);
        rows.sort_by_key(ToString::to_string);
        assert_eq!(rows, counted(events.iter().map(pick)), "{expression}");
    }
}
