use super::*;
use crate::envelope::{Content, Opener, Source, discover};
use crate::event::EventSchema;
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

mod damage;
mod wrapped;

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
}

impl Sink for Seen {
    fn record(&mut self, record: Record<'_>) -> bool {
        let text = String::from_utf8_lossy(record.text());
        self.lines.push(format!("{}: {text}", record.position));
        assert_eq!(scan_object(record.window, record.start, |_| {}), Ok(record.end));
        true
    }

    fn reject(&mut self, reject: Reject<'_>) {
        let text = String::from_utf8_lossy(reject.text);
        self.lines.push(format!("{}! {text} ({})", reject.position, reject.reason));
    }

    fn replaced(&mut self, replaced: Replaced<'_>) {
        self.lines.push(format!("{}? {:?} {}", replaced.position, replaced.bytes, replaced.runs));
    }

    fn knows_member(&self, name: &[u8]) -> bool {
        EventSchema::CloudTrail.is_member(name)
    }

    fn is_record(&self, bytes: &[u8], members: &[Member]) -> bool {
        crate::event::Class::of(bytes, members)
            == crate::event::Class::Event(EventSchema::CloudTrail)
    }
}

/// All that is read from `text`, a line each, damage last: at once, and the same through a window that grows.
fn read(text: &[u8]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    std::fs::write(&path, text).unwrap();
    let found = discover(&[path.display().to_string()]).unwrap();
    let mut source = found.sources.into_iter().next().unwrap();
    let at_once = read_source(&source);
    // What is said to be large is not read at once.
    source.bytes = u64::MAX;
    assert_eq!(read_source(&source), at_once);
    at_once
}

fn read_source(source: &Source) -> Vec<String> {
    let mut opener = Opener::default();
    let mut seen = Seen::default();
    opener.read(source, &AtomicBool::new(false), &mut |document| {
        let Content::Text(mut input) = document.content else { panic!("no text") };
        if let Err(damage) = read_records(&mut input, &mut seen) {
            seen.lines.push(format!("{}!! {}", damage.position, damage.reason));
        }
        true
    });
    seen.lines
}

#[track_caller]
fn check(text: &str, want: &[&str]) {
    assert_eq!(read(text.as_bytes()), want);
}

#[test]
fn every_container() {
    check(r#"{"Records":[{"a":1},{"a":2}]}"#, &[r#"12: {"a":1}"#, r#"20: {"a":2}"#]);
    check(
        "\u{feff}{ \"x\": [1], \"Records\" : [\n {\"a\" : 1}\n ], \"y\": {\"z\":[]} }\n",
        &[r#"30: {"a" : 1}"#],
    );
    check(r#"[{"a":1},{"a":2}]"#, &[r#"1: {"a":1}"#, r#"9: {"a":2}"#]);
    check(
        "{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}",
        &[r#"0: {"a":1}"#, r#"8: {"a":2}"#, r#"18: {"a":3}"#],
    );
    check(r#"{"a":1}{"a":2}"#, &[r#"0: {"a":1}"#, r#"7: {"a":2}"#]);
    check(
        "{\"Records\":[{\"a\":1}]}\n{\"Records\":[{\"a\":2}]}",
        &[r#"12: {"a":1}"#, r#"34: {"a":2}"#],
    );
    check("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", &["0: {\n  \"a\": {\n    \"b\": 1\n  }\n}"]);
    check(r#"{"Records":[]}"#, &[]);
    check("", &["0!! the file is empty"]);
}

/// Where the window was empty at first, what stood before the first record was taken for it.
#[test]
fn blanks_before_the_first_record_of_a_stream_are_passed_over() {
    for blanks in ["\n", "  ", "\r\n\t", "\0\0", ",", " \u{feff} \u{feff}"] {
        let at = blanks.len();
        check(&format!("{blanks}{{\"a\":1}}"), &[&format!("{at}: {{\"a\":1}}")]);
        check(&format!("{blanks}[{{\"a\":1}}]"), &[&format!("{}: {{\"a\":1}}", at + 1)]);
        check(blanks, &[&format!("{at}!! the file is empty")]);
    }
}

#[test]
fn an_entry_of_a_look_up_is_the_record_inside() {
    check(
        r#"{"EventId":"1","CloudTrailEvent":" {\"eventName\":\"\\n\",\"eventID\":1,\"eventVersion\":1} ","Username":"u"}
{"EventId":"2","CloudTrailEvent":"{"}"#,
        &[
            r#"0: {"eventName":"\n","eventID":1,"eventVersion":1}"#,
            r#"110: {"EventId":"2","CloudTrailEvent":"{"}"#,
        ],
    );
}

#[test]
fn a_ruby_hash_is_a_record() {
    check(
        r#"{ "eventName"=>"A", "errorCode"=>nil }"#,
        &[r#"0: { "eventName":"A", "errorCode":null }"#],
    );
}

#[test]
fn damage_is_told_after_what_came_before_it() {
    check(
        r#"{"Records":[{"a":1},{"a":"#,
        &[
            r#"12: {"a":1}"#,
            r#"20! {"a": (the record is cut off)"#,
            "25!! the file ends inside a record",
        ],
    );
    check(
        r#"{"Records":[{"a":1}"#,
        &[r#"12: {"a":1}"#, "19!! the file ends inside its array of records"],
    );
    check(
        r#"{"Records":[{"a":1}]"#,
        &[r#"12: {"a":1}"#, "20!! the file ends before the closing '}' of its Records"],
    );
    check(
        "plain text",
        &["0!! not JSON: a record, an array or an object with Records is expected"],
    );
    check("[INFO] a log line", &["1!! not JSON: a JSON value is expected"]);
}

#[test]
fn a_malformed_record_does_not_take_its_neighbours() {
    check(
        r#"{"Records":[{"a":1},{"a" 2},{"a":3}]}"#,
        &[
            r#"12: {"a":1}"#,
            r#"20! {"a" 2} (malformed JSON at byte 25: ':' is expected)"#,
            r#"28: {"a":3}"#,
        ],
    );
    check(
        "{\"a\":1}\n{\"a\":\"x}\n{\"a\":3}\n",
        &[
            r#"0: {"a":1}"#,
            "8! {\"a\":\"x} (malformed JSON at byte 19: ',' or '}' is expected)",
            r#"17: {"a":3}"#,
        ],
    );
    check(
        r#"{"Records":[{"eventVersion":"1","a":x"},{"eventVersion":"2"}]}"#,
        &[
            r#"12! {"eventVersion":"1","a":x"} (malformed JSON at byte 36: a JSON value is expected)"#,
            r#"40: {"eventVersion":"2"}"#,
        ],
    );
    check(
        r#"{"Records":[7,{"a":1}]}"#,
        &["12! 7 (a record must be a JSON object)", r#"14: {"a":1}"#],
    );
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_told() {
    let lines = read(b"{\"a\":\"\xff\",\"b\":\"\xe9t\xe9\"}\n{\"a\":1}");
    assert_eq!(
        lines,
        ["6? [255] 3", "0: {\"a\":\"\u{fffd}\",\"b\":\"\u{fffd}t\u{fffd}\"}", r#"20: {"a":1}"#]
    );
}

#[test]
fn every_document_may_have_its_byte_order_mark() {
    check(
        "\u{feff}{\"a\":1}\n\u{feff}{\"a\":2}\u{feff}[{\"a\":3}]\u{feff}",
        &[r#"3: {"a":1}"#, r#"14: {"a":2}"#, r#"25: {"a":3}"#],
    );
}

#[test]
fn a_file_larger_than_the_window_streams() {
    let records: Vec<_> =
        (0..80_000).map(|n| format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(900))).collect();
    let text = format!("{{\"Records\":[{}]}}", records.join(","));
    assert!(text.len() > 60 << 20);
    let lines = read(text.as_bytes());
    assert_eq!(lines.len(), records.len());
    assert!(lines.iter().zip(&records).all(|(line, record)| line.ends_with(record.as_str())));
}

proptest! {
    /// Hostile bytes end in records, rejects or damage, never in a panic or a loop.
    #[test]
    fn any_bytes_come_to_an_end(text in r#"[\[\]{}",:\\an1= >\n]{0,60}"#) {
        read(text.as_bytes());
    }
}
