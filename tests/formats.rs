//! The same events answer alike from every format, and as a reading of the JSON row by row.

use crate::lake::{TestLake, testdata};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::LazyLock;
use traillake::columnar::Format;
use traillake_synth::{SynthOptions, write_trail};

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
fn all_formats_answer_alike() {
    let parquet = TestLake::with(Format::Parquet, &FOLDERS);
    let others = [Format::Orc, Format::Arrow].map(|format| TestLake::with(format, &FOLDERS));
    let mut mixed = [
        [Format::Parquet, Format::Arrow, Format::Orc],
        [Format::Orc, Format::Parquet, Format::Parquet],
    ]
    .map(|formats| {
        let lake = TestLake::new();
        let store = lake.store("mixed", Format::Orc);
        for (folder, format) in FOLDERS.iter().zip(formats) {
            lake.import_as(&store, &testdata(folder), Some(format));
        }
        (lake, store)
    });
    for (lake, store) in &mut mixed {
        lake.open(store);
    }
    let lakes = others.iter().chain(mixed.iter().map(|(lake, _)| lake));
    for (at, lake) in lakes.enumerate() {
        for sql in QUERIES {
            let want = parquet.ask(sql);
            assert!(!want.is_empty(), "{sql}");
            assert_eq!(want, lake.ask(sql), "lake {at}: {sql}");
        }
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
    let lake = TestLake::with(Format::Orc, &["trail"]);
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

/// A scalar in SQL, and how it is read from a record.
type Term = (&'static str, fn(&Value) -> Option<String>);

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A time as SQL shows it; one of the trail lacks a zero.
fn time(event: &Value) -> Option<String> {
    let (date, time) = event["eventTime"].as_str()?.split_once('T')?;
    let date: Vec<_> = date.split('-').map(|part| format!("{part:0>2}")).collect();
    Some(format!("{} {}.000", date.join("-"), time.trim_end_matches('Z')))
}

const TERMS: [Term; 13] = [
    ("eventName", |e| text(&e["eventName"])),
    ("eventSource", |e| text(&e["eventSource"])),
    ("awsRegion", |e| text(&e["awsRegion"])),
    ("errorCode", |e| text(&e["errorCode"])),
    ("userAgent", |e| text(&e["userAgent"])),
    ("requestID", |e| text(&e["requestID"])),
    ("userIdentity.type", |e| text(&e["userIdentity"]["type"])),
    ("userIdentity.arn", |e| text(&e["userIdentity"]["arn"])),
    ("userIdentity.accessKeyId", |e| text(&e["userIdentity"]["accessKeyId"])),
    ("userIdentity.sessionContext.sessionIssuer.userName", |e| {
        text(&e["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"])
    }),
    ("element_at(requestParameters, 'bucketName')", |e| {
        text(&e["requestParameters"]["bucketName"])
    }),
    ("tlsDetails.tlsVersion", |e| text(&e["tlsDetails"]["tlsVersion"])),
    ("eventTime", time),
];

/// A condition of SQL: evaluated here with Kleene's logic, `None` being unknown.
#[derive(Debug, Clone)]
enum Condition {
    /// Term, operator, and the event whose value it is compared with.
    Compare(usize, &'static str, usize),
    In(usize, Vec<usize>),
    Starts(usize, usize, usize),
    IsNull(usize),
    ReadOnly,
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

/// The value of a term in an event, or something where it has none.
fn constant(term: usize, event: usize) -> String {
    let event = &EVENTS[event % EVENTS.len()];
    TERMS[term].1(event).unwrap_or_else(|| "2026-03-01 12:00:00.000".to_owned())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Condition {
    fn sql(&self) -> String {
        match self {
            Self::Compare(term, op, event) => {
                format!("{} {op} {}", TERMS[*term].0, quoted(&constant(*term, *event)))
            }
            Self::In(term, events) => {
                let all: Vec<_> = events.iter().map(|e| quoted(&constant(*term, *e))).collect();
                format!("{} IN ({})", TERMS[*term].0, all.join(", "))
            }
            Self::Starts(term, event, length) => {
                format!(
                    "{} LIKE {}",
                    TERMS[*term].0,
                    quoted(&format!("{}%", start(*term, *event, *length)))
                )
            }
            Self::IsNull(term) => format!("{} IS NULL", TERMS[*term].0),
            Self::ReadOnly => "readOnly".to_owned(),
            Self::Not(inner) => format!("NOT ({})", inner.sql()),
            Self::And(a, b) => format!("({} AND {})", a.sql(), b.sql()),
            Self::Or(a, b) => format!("({} OR {})", a.sql(), b.sql()),
        }
    }

    fn holds(&self, event: &Value) -> Option<bool> {
        match self {
            Self::Compare(term, op, other) => {
                let (value, other) = (TERMS[*term].1(event)?, constant(*term, *other));
                Some(match *op {
                    "=" => value == other,
                    "<>" => value != other,
                    "<" => value < other,
                    _ => value >= other,
                })
            }
            Self::In(term, events) => {
                let value = TERMS[*term].1(event)?;
                Some(events.iter().any(|e| constant(*term, *e) == value))
            }
            Self::Starts(term, other, length) => {
                Some(TERMS[*term].1(event)?.starts_with(&start(*term, *other, *length)))
            }
            Self::IsNull(term) => Some(TERMS[*term].1(event).is_none()),
            Self::ReadOnly => event["readOnly"].as_bool(),
            Self::Not(inner) => inner.holds(event).map(|holds| !holds),
            Self::And(a, b) => match (a.holds(event), b.holds(event)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (a, b) => Some(a? && b?),
            },
            Self::Or(a, b) => match (a.holds(event), b.holds(event)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (a, b) => Some(a? || b?),
            },
        }
    }
}

/// The first letters of a value, none of which means more in a pattern.
fn start(term: usize, event: usize, length: usize) -> String {
    let plain = |c: &char| !matches!(c, '%' | '_' | '\\');
    constant(term, event).chars().take(length).take_while(plain).collect()
}

fn condition() -> impl Strategy<Value = Condition> {
    // The last term is a time, which is compared with text but never matched with a pattern.
    let (term, textual) = (0..TERMS.len(), 0..TERMS.len() - 1);
    let op = prop_oneof![Just("="), Just("<>"), Just("<"), Just(">=")];
    let leaf = prop_oneof![
        (term.clone(), op, any::<usize>()).prop_map(|(t, op, e)| Condition::Compare(t, op, e)),
        (textual.clone(), proptest::collection::vec(any::<usize>(), 1..4))
            .prop_map(|(t, events)| Condition::In(t, events)),
        (textual, any::<usize>(), 1..9_usize).prop_map(|(t, e, n)| Condition::Starts(t, e, n)),
        term.prop_map(Condition::IsNull),
        Just(Condition::ReadOnly),
    ];
    leaf.prop_recursive(3, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Condition::Not(Box::new(a))),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| Condition::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Condition::Or(Box::new(a), Box::new(b))),
        ]
    })
}

static EVENTS: LazyLock<Vec<Value>> = LazyLock::new(trail);
static LAKES: LazyLock<[TestLake; 3]> = LazyLock::new(|| {
    [Format::Orc, Format::Parquet, Format::Arrow].map(|format| TestLake::with(format, &["trail"]))
});

fn row(values: impl Iterator<Item = Option<String>>) -> Value {
    let cells = values.enumerate().map(|(at, value)| (format!("c{at}"), json!(value)));
    Value::Object(cells.collect())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60),
        ..ProptestConfig::default()
    })]
    /// `PROPTEST_CASES=5000 cargo test random_queries` asks more.
    #[test]
    fn random_queries_answer_as_the_json_row_by_row(
        condition in condition(),
        terms in proptest::collection::vec(0..TERMS.len(), 1..5),
        limit in 1..60_usize,
        grouped in any::<bool>(),
    ) {
        let passing = EVENTS.iter().filter(|event| condition.holds(event) == Some(true));
        let list: Vec<_> =
            terms.iter().enumerate().map(|(at, t)| format!("{} AS c{at}", TERMS[*t].0)).collect();
        let (sql, want) = if grouped {
            let mut counts: BTreeMap<Option<String>, usize> = BTreeMap::new();
            for event in passing {
                *counts.entry(TERMS[terms[0]].1(event)).or_default() += 1;
            }
            let rows = counts.into_iter().map(|(value, n)| json!({"c0": value, "n": n}));
            let sql = format!(
                "SELECT {}, count(*) AS n FROM event_data_store WHERE {} GROUP BY 1 ORDER BY 1 NULLS FIRST",
                list[0],
                condition.sql()
            );
            (sql, rows.collect::<Vec<_>>())
        } else {
            let mut events: Vec<_> = passing.collect();
            events.sort_by_key(|e| std::cmp::Reverse((time(e), e["eventID"].to_string())));
            let rows = events.iter().take(limit).map(|e| row(terms.iter().map(|t| TERMS[*t].1(e))));
            let sql = format!(
                "SELECT {} FROM event_data_store WHERE {} ORDER BY eventTime DESC, eventID DESC LIMIT {limit}",
                list.join(", "),
                condition.sql()
            );
            (sql, rows.collect())
        };
        for lake in LAKES.iter() {
            prop_assert_eq!(&lake.ask(&sql), &want, "{}", sql);
        }
    }
}

/// What `EXPLAIN ANALYZE` tells of the stripes and row groups that a scan left out.
fn left_out(lake: &TestLake, sql: &str) -> String {
    let rows = lake.ask(&format!("EXPLAIN ANALYZE {sql}"));
    let plan: String = rows.iter().map(ToString::to_string).collect();
    let told = plan.split(", ").filter(|part| {
        part.contains("_pruned_")
            && ["stripes", "row_groups", "files"].iter().any(|what| part.starts_with(what))
    });
    let mut told: Vec<_> = told.map(|part| part.trim_matches(['[', ']', '"', '}'])).collect();
    told.sort_unstable();
    format!("{sql}\n  {}\n", told.join("\n  "))
}

#[test]
fn a_descending_top_k_reads_from_the_end() {
    let lake = TestLake::with(Format::Orc, &["trail"]);
    for sql in [
        "SELECT eventName FROM event_data_store ORDER BY eventTime DESC LIMIT 3",
        "SELECT * FROM event_data_store WHERE userAgent LIKE '%Boto3%' ORDER BY eventTime DESC, eventID LIMIT 3",
        "SELECT event_id FROM xray_events ORDER BY event_time DESC LIMIT 3",
    ] {
        let rows = lake.ask(&format!("EXPLAIN {sql}"));
        let plan: String = rows.iter().map(ToString::to_string).collect();
        assert!(plan.contains("read_in_order_of=eventtime DESC"), "{sql}\n{plan}");
    }
}

#[test]
fn scans_leave_out_stripes_and_row_groups() {
    let folder = tempfile::tempdir().unwrap();
    let trail = folder.path().join("trail");
    let options = SynthOptions { events: 45_000, days: 3, seed: 3, ..SynthOptions::default() };
    let never = std::sync::atomic::AtomicBool::new(false);
    write_trail(&options, &trail, &never, &|_| ()).unwrap();
    let mut texts = Vec::new();
    for format in [Format::Orc, Format::Parquet] {
        let mut lake = TestLake::new();
        let store = lake.store("main", format);
        lake.import_with(&store, &trail, None, 1);
        lake.open(&store);
        let id = lake.value(
            "SELECT max(eventID) FROM event_data_store WHERE eventName = 'PutTraceSegments'",
        );
        let id = id.as_str().unwrap();
        let key = lake.value("SELECT max(userIdentity.accessKeyId) FROM event_data_store");
        let key = key.as_str().unwrap();
        texts.push(format!("{format}\n"));
        for sql in [
            format!("SELECT eventName FROM event_data_store WHERE eventID = '{id}'"),
            format!("SELECT eventName FROM event_data_store WHERE userIdentity.accessKeyId = '{key}'"),
            "SELECT count(eventName) FROM event_data_store WHERE eventTime BETWEEN '2026-03-02 20:00:00' AND '2026-03-02 22:00:00'".to_owned(),
            "SELECT count(eventName) FROM event_data_store WHERE eventName = 'AAA'".to_owned(),
            "SELECT count(eventName) FROM event_data_store WHERE date(eventTime) = DATE '2026-03-02'".to_owned(),
            "SELECT count(eventName) FROM event_data_store WHERE eventTime > now() - INTERVAL '1' DAY".to_owned(),
        ] {
            assert_eq!(lake.ask(&sql).len(), lake.ask(&sql.replace(" = '", " LIKE '")).len());
            texts.push(left_out(&lake, &sql));
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path);
    settings.bind(|| insta::assert_snapshot!(texts.concat()));
}

/// The extremes of a column whose first values are all NULL, beside those of another column: a scan must
/// not leave out rows because of the other column alone.
#[test]
fn extremes_are_found_behind_nulls() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..3_000)
        .map(|at| {
            let mut record = json!({
                "eventVersion": "1.11",
                "eventID": format!("00000000-0000-4000-8000-{at:012}"),
                "eventTime": format!("2026-03-01T{:02}:{:02}:00Z", at / 60 % 24, at % 60),
                "eventSource": "s3.amazonaws.com",
                "eventName": "GetObject",
                "recipientAccountId": "111111111111",
            });
            if at % 1_440 == 1_400 {
                record["errorCode"] = json!("AccessDenied");
            }
            record
        })
        .collect();
    let file = folder.path().join("trail.json");
    std::fs::write(&file, json!({ "Records": records }).to_string()).unwrap();
    for format in [Format::Orc, Format::Parquet, Format::Arrow] {
        let mut lake = TestLake::new();
        let store = lake.store("main", format);
        lake.import(&store, &file);
        // Batches of 256 rows.
        lake.open_with(&store, 32 << 20);
        let rows = lake.ask(
            "SELECT CAST(min(eventTime) AS varchar) AS first, min(errorCode) AS error
             FROM event_data_store",
        );
        let want = json!({ "first": "2026-03-01 00:00:00.000", "error": "AccessDenied" });
        assert_eq!(rows, [want], "{format}");
    }
}
