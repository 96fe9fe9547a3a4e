//! Records inside what other programs wrap them in.

use super::{check, read};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Write;

const ONE: &str = r#"{"eventName":"A","eventTime":"x","eventVersion":1}"#;
const TWO: &str = r#"{"eventName":"B","eventTime":"x","eventVersion":2}"#;

/// Checks that exactly these records are in `text`, wherever they begin.
#[track_caller]
fn inside(text: &str, want: &[&str]) {
    let got = read(text.as_bytes());
    let got: Vec<_> =
        got.iter().map(|line| line.split_once(": ").unwrap_or(("", line)).1).collect();
    assert_eq!(got, want, "{text}");
}

#[test]
fn wherever_records_are_they_are_found() {
    let quoted = Value::from(ONE).to_string();
    inside(&format!(r#"{{"detail-type":"x","detail":{ONE}}}{{"detail":{TWO}}}"#), &[ONE, TWO]);
    inside(
        &format!(
            r#"{{"took":1,"hits":{{"total":2,"hits":[{{"_source":{ONE}}},{{"_source":{TWO}}}]}},"x":1}}"#
        ),
        &[ONE, TWO],
    );
    inside(r#"{"hits":{"total":0}}"#, &[r#"{"total":0}"#]);
    inside(
        &format!(r#"{{"QueryResultRows":[[{{"n":"1"}},{{"eventJson":{quoted}}}]],"x":[{{}}]}}"#),
        &[ONE],
    );
    inside(&format!("[{quoted},{quoted}]"), &[ONE, ONE]);
    inside(&format!("{quoted}\n{quoted}\n"), &[ONE, ONE]);
    inside(
        &format!("2026-03-02T10:00:00.000Z {ONE}\nMar  2 relay-1 cloudtrail: {TWO}\n"),
        &[ONE, TWO],
    );
    inside(&format!(r#"{{"message":{}}}"#, Value::from(format!("x: {ONE}\n{TWO}"))), &[ONE, TWO]);
}

#[test]
fn the_raw_text_counts_and_what_was_made_of_it_does_not() {
    let raw = Value::from(ONE).to_string();
    inside(&format!(r#"{{"eventName":"A","eventTime":"y","CloudTrailEvent":{raw}}}"#), &[ONE]);
    inside(
        r#"{"eventName":"A","eventTime":"y","message":"started"}"#,
        &[r#"{"eventName":"A","eventTime":"y","message":"started"}"#],
    );
    // A record that begins as CloudTrail writes it is not searched.
    let whole =
        format!(r#"{{"eventVersion":"1.11","eventName":"A","eventTime":"y","message":{raw}}}"#);
    inside(&whole, &[&whole]);
}

#[test]
fn what_stands_between_wrapped_records_is_no_record() {
    inside(
        &format!("{{\"index\":{{\"_index\":\"x\"}}}}\n{ONE}\n{{\"create\":{{}}}}\n{TWO}\n"),
        &[ONE, TWO],
    );
    inside(
        &format!("{{\"result\":{{\"_raw\":{ONE}}}}}\n{{\"preview\":false,\"lastrow\":true}}\n"),
        &[ONE],
    );
    inside(r#"{"logEvents":[{"message":"CWL CONTROL MESSAGE: Checking"}]}"#, &[]);
}

#[test]
fn what_holds_no_record_is_as_it_was() {
    check(
        r#"{"a":{"b":[1,"{}","H4sIAAAA","eyJhIjoxfQ=="]}}"#,
        &[r#"0: {"a":{"b":[1,"{}","H4sIAAAA","eyJhIjoxfQ=="]}}"#],
    );
    check(
        r#"{"QueryResultRows":[[{"n":"3"}]]}"#,
        &[
            r#"20! [{"n":"3"}] (output of aws cloudtrail get-query-results, without a record's own text)"#,
        ],
    );
    // A description of an event is none.
    let told = r#"{"answers":[{"eventName":"A","eventTime":"x","eventSource":"s"}]}"#;
    inside(told, &[told]);
    let deep = format!("{}{ONE}{}", r#"{"a":"#.repeat(40), "}".repeat(40));
    inside(&deep, &[&deep]);
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_inside_strings_and_lists_too() {
    let mut text = format!("[[{ONE}]]").into_bytes();
    let at = text.iter().position(|b| *b == b'x').unwrap();
    text[at] = 0xe9;
    let want = [format!("{at}? [233] 1"), format!("1: {}", ONE.replace('x', "\u{fffd}"))];
    assert_eq!(read(&text), want);
}

/// One way to wrap several values in one.
#[derive(Debug, Clone, Copy)]
enum Wrapper {
    Member(&'static str),
    List,
    Text,
    Base64,
    Gzip,
    Line,
}

impl Wrapper {
    fn wrap(self, value: Value) -> Value {
        let text = || value.to_string();
        match self {
            Self::Member(name) => json!({ "id": 1, name: value }),
            Self::List => json!([{ "x": null }, value]),
            Self::Text => text().into(),
            Self::Base64 => STANDARD.encode(json!([value]).to_string()).into(),
            Self::Gzip => {
                let mut packed =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                packed.write_all(text().as_bytes()).unwrap();
                STANDARD.encode(packed.finish().unwrap()).into()
            }
            Self::Line => {
                format!("2026-03-02 10:00:00 host: {}", json!({ "record": value })).into()
            }
        }
    }
}

fn wrapper() -> impl Strategy<Value = Wrapper> {
    let names = ["detail", "_source", "message", "events", "Records", "hits", "data", "other"];
    prop_oneof![
        proptest::sample::select(names.to_vec()).prop_map(Wrapper::Member),
        Just(Wrapper::List),
        Just(Wrapper::Text),
        Just(Wrapper::Base64),
        Just(Wrapper::Gzip),
        Just(Wrapper::Line),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever wraps them and how deep, records come out whole and in order.
    #[test]
    fn wrapped_records_come_out(
        wrappers in proptest::collection::vec(wrapper(), 0..4),
        count in 1_usize..4,
        apart in any::<bool>(),
    ) {
        let records: Vec<Value> =
            (0..count).map(|n| json!({"eventName": "A \"ü\"", "eventTime": "x", "eventVersion": n})).collect();
        let wrap = |value: Value| wrappers.iter().fold(value, |value, wrapper| wrapper.wrap(value));
        let text = if apart {
            let lines: Vec<_> = records.iter().map(|r| json!({"w": wrap(r.clone())}).to_string()).collect();
            lines.join("\n")
        } else {
            json!({ "w": wrap(records.clone().into()) }).to_string()
        };
        let want: Vec<_> = records.iter().map(Value::to_string).collect();
        inside(&text, &want.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
