use super::rebuild::{RecordTexts, Shapes};
use crate::event::digest::record_digest;
use crate::event::schema::{SCHEMAS, hidden};
use crate::event::{EventSchema, RecordForm};
use crate::shred::Shredder;
use arrow::array::{Array, AsArray, RecordBatch};
use proptest::prelude::*;

/// What is kept of a record.
#[derive(Debug, PartialEq)]
struct Kept {
    shape: Option<String>,
    rest: Option<String>,
}

fn shred(schema: EventSchema, records: &[impl AsRef<str>]) -> RecordBatch {
    let mut shredder = Shredder::new(schema, RecordForm::Derived);
    for record in records {
        let record = record.as_ref().as_bytes();
        shredder.push(record, &record_digest(record));
    }
    shredder.finish().unwrap()
}

/// Shreds records, checks that each comes back, and returns what is kept of them.
#[track_caller]
fn kept(schema: EventSchema, records: &[impl AsRef<str>]) -> Vec<Kept> {
    let batch = shred(schema, records);
    let (texts, fields) = RecordTexts::of_batch(schema, &batch, &mut Shapes::default()).unwrap();
    let column = |name| batch.column_by_name(name).unwrap();
    let (shapes, rests) = (column(hidden::SHAPE), column(hidden::REST));
    let digests = column(hidden::DIGEST).as_binary::<i32>();
    let text = |column: &dyn Array, row| {
        column.is_valid(row).then(|| column.as_string::<i32>().value(row).to_owned())
    };
    let rows = records.iter().enumerate().map(|(row, record)| {
        let mut out = Vec::new();
        assert!(texts.append(&fields, row, &mut out));
        assert_eq!(String::from_utf8(out).unwrap(), record.as_ref());
        assert_eq!(digests.value(row), &record_digest(record.as_ref().as_bytes())[..16]);
        Kept { shape: text(shapes, row), rest: text(rests, row) }
    });
    rows.collect()
}

#[track_caller]
fn kept_one(record: &str) -> Kept {
    kept(EventSchema::CloudTrail, &[record]).remove(0)
}

const RECORD: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{},"attributes":{"creationDate":"2026-03-01T06:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2026-03-01T06:07:00Z","eventSource":"s3.amazonaws.com","errorMessage":"a \"b\"","requestParameters":{"bucketName":"b","n":1,"l":[{"a":null}],"x":null,"t":"\n"},"responseElements":null,"readOnly":true,"resources":[{"ARN":"arn:1","type":"t"},{"ARN":"arn:2","type":"t"}],"managementEvent":false}"#;

#[test]
fn records_of_one_kind_have_one_shape_and_no_rest() {
    let other = RECORD
        .replace("2026-03-01T06", "2026-03-02T07")
        .replace("arn:2\",\"type\":\"t\"}", "arn:2\",\"type\":\"u\"},{\"ARN\":\"\",\"type\":\"\"}")
        .replace("bucketName", "key")
        .replace("\"n\":1", "\"n\":2.50")
        .replace("true", "false");
    let kept = kept(EventSchema::CloudTrail, &[RECORD, &other]);
    assert!(kept[0].shape.is_some() && kept[0].rest.is_none(), "{kept:?}");
    assert_eq!(kept[0], kept[1]);
    assert!(kept[0].shape.as_ref().unwrap().len() < RECORD.len() / 2 + 200);
}

#[test]
fn white_space_and_order_are_of_the_shape() {
    for record in [
        r#" {"eventName" : "A" , "eventVersion":"1" } "#.trim_start(),
        "{\n  \"eventTime\": \"2026-03-01T06:07:00.120Z\",\n  \"readOnly\": \"true\"\n}",
        r#"{"resources":[ {"ARN":"a"} , {"ARN":"b"} ],"requestParameters":{}}"#,
        r#"{"resources":[]}"#,
        r#"{"resources":{"ARN":"a"}}"#,
        r#"{"unknown":null,"EVENTNAME":"A","eventContext":{"tagContext":{"resourceTags":[{"arn":"a","tags":{"k":"v"}}]}}}"#,
        r#"{"apiVersion":1.0,"userAgent":{"a":[true]},"errorCode":[1,"x"]}"#,
    ] {
        let kept = kept_one(record);
        assert!(kept.shape.is_some() && kept.rest.is_none(), "{record}: {kept:?}");
    }
}

#[test]
fn what_no_column_gives_is_of_the_rest() {
    for (record, rest) in [
        (r#"{"userAgent":"\u0041\/","eventName":"B"}"#, "\"\\u0041\\/\""),
        (r#"{"new":{"a":[1]},"eventName":"B","more":"x"}"#, "{\"a\":[1]}\u{1f}\"x\""),
        (r#"{"requestParameters":{"a":[1, 2],"b":"c"}}"#, "[1, 2]"),
        (r#"{"requestParameters": { "a":1}}"#, "{ \"a\":1}"),
        (r#"{"requestParameters":{"\u0061":1}}"#, r#"{"\u0061":1}"#),
        (r#"{"requestParameters":{"a":1,"a":2}}"#, r#"{"a":1,"a":2}"#),
        (r#"{"requestParameters":"{\"a\":1}"}"#, r#""{\"a\":1}""#),
        (r#"{"tlsDetails":"{\"tlsVersion\":\"1\"}"}"#, r#""{\"tlsVersion\":\"1\"}""#),
        (r#"{"resources":[{"ARN":"a"},7]}"#, "7"),
        (r#"{"eventTime":"2026-3-1T06:07:00Z"}"#, "\"2026-3-1T06:07:00Z\""),
        (r#"{"eventTime":1772345220}"#, "1772345220"),
        (r#"{"readOnly":"True"}"#, "\"True\""),
        (r#"{"readOnly":7}"#, "7"),
        (r#"{"new":""}"#, "\"\""),
    ] {
        let kept = kept_one(record);
        assert_eq!(kept.rest.as_deref(), Some(rest), "{record}");
        assert!(kept.shape.is_some(), "{record}");
    }
}

#[test]
fn a_record_that_does_not_come_out_is_its_own_rest() {
    for record in [
        r#"{"eventName":"A","eventName":"B"}"#,
        r#"{"resources":["{}",{"ARN":"a"}]}"#,
        "{\"new\":\"\u{1f}\"}",
        "{\"eventName\u{1}\":\"a\"}",
        "{\"\u{7}\":\"a\"}",
    ] {
        let kept = kept_one(record);
        assert_eq!(kept.shape, None, "{record}");
        assert_eq!(kept.rest.as_deref(), Some(record));
    }
}

#[test]
fn lists_in_lists_and_numbers_come_back() {
    let insight = r#"{"insightDetails":{"state":"Start","insightContext":{"statistics":{"baseline":{"average":0.5},"insight":{"average":1},"insightDuration":5,"baselineDuration":"10080"},"attributions":[{"attribute":"userAgent","insight":[{"value":"a","average":1.5}],"baseline":[]},{"attribute":"errorCode","insight":[{"value":"b","average":2}],"baseline":[]}]}}}"#;
    let mut records = vec![insight.to_owned()];
    records.push(insight.replace("0.5", "5e-1").replace("\"a\"", "null"));
    for schema in SCHEMAS {
        kept(schema, &records);
    }
}

#[test]
fn the_records_of_the_sample_trail_need_next_to_no_rest() {
    let mut records = Vec::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/samples");
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let value = serde_json::from_str::<serde_json::Value>(&text);
        records.extend(value.ok().map(|value| value.to_string()));
    }
    records.push(RECORD.to_owned());
    kept(EventSchema::CloudTrail, &records);
}

/// White space as it may stand between tokens.
fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n\t")]
}

/// Scalars, spelled in every way.
fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9:/ .é😀-]{0,12}".prop_map(|text| format!("\"{text}\"")),
        1 => Just(r#""a\"b\\c\nd""#.to_owned()),
        1 => Just(r#""\u00e9\/\ud83d\ude00\ud83d\u0001\u001F""#.to_owned()),
        1 => proptest::sample::select(vec![
            "null", "true", "false", "0", "-0", "1.0", "1e3", "1E-7", "9007199254740993", "0.10",
            "\"true\"", "\"False\"", "\"\"", "\"null\"", "\"1.5\"", "-12", "2147483648",
        ]).prop_map(str::to_owned),
        1 => proptest::sample::select(vec![
            "\"2026-03-01T06:07:00Z\"", "\"2026-03-01T06:07:00.000Z\"", "\"2026-03-01T06:07:00.12Z\"",
            "\"20260301T060700Z\"", "\"2026-3-01T06:07:00Z\"", "\"2026-03-01 06:07:00 UTC\"",
            "1772345220", "\"1969-12-31T23:59:59Z\"",
        ]).prop_map(str::to_owned),
        1 => Just(r#""{\"type\":\"x\",\"a\": [1]}""#.to_owned()),
        1 => Just("\"\u{1f}\u{1}\u{8}\"".to_owned()),
    ]
}

fn array(elements: &[String], space: &str) -> String {
    format!("[{space}{}]", elements.join(&format!("{space},")))
}

fn object(members: &[(String, String)], space: &str) -> String {
    let members: Vec<_> =
        members.iter().map(|(key, value)| format!("{key}{space}:{space}{value}")).collect();
    format!("{{{space}{}}}", members.join(&format!("{space},{space}")))
}

fn key() -> impl Strategy<Value = String> {
    let names = vec![
        "eventName",
        "eventTime",
        "userIdentity",
        "requestParameters",
        "responseElements",
        "resources",
        "readOnly",
        "sessionContext",
        "attributes",
        "creationDate",
        "tlsDetails",
        "eventContext",
        "tagContext",
        "resourceTags",
        "tags",
        "ARN",
        "arn",
        "type",
        "accountId",
        "EVENTNAME",
        "apiVersion",
        "insightDetails",
        "insightContext",
        "attributions",
        "insight",
        "statistics",
        "average",
        "value",
        "eventData",
        "configurationItemStatus",
        "uid",
        "new",
    ];
    prop_oneof![
        12 => proptest::sample::select(names).prop_map(|name| format!("\"{name}\"")),
        1 => "[a-zé]{0,3}".prop_map(|name| format!("\"{name}\"")),
        1 => Just(r#""event\u004eame""#.to_owned()),
        1 => Just(r#""a\"b""#.to_owned()),
        1 => Just("\"\u{2}\u{100}\"".to_owned()),
    ]
}

/// JSON objects with the table's names at all depths, spelled in every way.
fn record() -> impl Strategy<Value = String> {
    let value = scalar().prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            1 => (proptest::collection::vec(inner.clone(), 0..4), space())
                .prop_map(|(elements, space)| array(&elements, space)),
            1 => (inner.clone(), 0..4_usize).prop_map(|(element, count)| array(&vec![element; count], "")),
            2 => (proptest::collection::vec((key(), inner), 0..5), space())
                .prop_map(|(members, space)| object(&members, space)),
        ]
    });
    (proptest::collection::vec((key(), value), 0..8), space())
        .prop_map(|(members, space)| object(&members, space))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]
    /// Whatever the record, its text comes back byte for byte, in every category.
    #[test]
    fn every_record_comes_back(
        records in proptest::collection::vec(record(), 1..5),
        schema in 0..SCHEMAS.len(),
    ) {
        kept(SCHEMAS[schema], &records);
    }
}
