//! More than a hundred bad inputs. None breaks the import: it balances, every good record is stored as it came, each
//! record that cannot be taken is named with its place and a reason, and importing again adds nothing.

use crate::lake::TestLake;
use crate::logs::gzip;
use std::fmt::Write as _;
use traillake::columnar::{FORMATS, Format};
use traillake::event::EventSchema;
use traillake::event::schema::Field;
use traillake::store::{ImportReport, StoreRow};

/// An input, and the records in it that are good, in order of time.
struct Input {
    name: String,
    bytes: Vec<u8>,
    good: Vec<String>,
    packed: bool,
}

fn input(name: impl Into<String>, bytes: impl Into<Vec<u8>>, good: &[String]) -> Input {
    Input { name: name.into(), bytes: bytes.into(), good: good.to_vec(), packed: false }
}

/// A record with another member.
fn record_with(number: usize, member: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-03-02T10:{:02}:{:02}Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","eventID":"00000000-0000-4000-8000-{number:012x}","recipientAccountId":"111122223333"{member}}}"#,
        number / 60 % 60,
        number % 60
    )
}

fn record(number: usize) -> String {
    record_with(number, r#","requestParameters":{"a":[1,-2.5e3,"x\n"],"b":null},"readOnly":true"#)
}

/// The containers of three records, with what stands before, between and after them.
const CONTAINERS: [(&str, &str, &str, &str); 5] = [
    ("trail file", "{\"Records\":[", ",", "]}"),
    ("array", "[", ",", "]"),
    ("indented", "{\n  \"Records\" : [\n    ", " ,\n    ", "\n  ]\n}\n"),
    ("lines", "", "\n", "\n"),
    ("no separators", "", "", ""),
];

/// Each container, cut off at every kind of place within its second record, and around it.
fn cut_off() -> Vec<Input> {
    let (first, second) = (record(1), record(2));
    let after = |what: &str| second.find(what).unwrap() + what.len();
    let places = [
        ("an opening brace", 1),
        ("half a name", after("{\"event")),
        ("a name", after("\"eventVersion\"")),
        ("a colon", after("\"eventVersion\":")),
        ("half a string", after("DescribeInst")),
        ("a value", after("\"1.11\"")),
        ("a comma", after("\"1.11\",")),
        ("an opening bracket", after("\"a\":[")),
        ("half a number", after("-2.")),
        ("a backslash", after("\"x\\")),
        ("half a literal", after("\"b\":nu")),
        ("an inner object", after("null}")),
        ("all but the last brace", second.len() - 1),
    ];
    let mut inputs = Vec::new();
    for (container, begin, between, _) in CONTAINERS {
        for (place, at) in places {
            let text = format!("{begin}{first}{between}{}", &second[..at]);
            inputs.push(input(
                format!("{container} cut off after {place}"),
                text,
                std::slice::from_ref(&first),
            ));
        }
        let text = format!("{begin}{first}{between}{second}");
        let both = [first.clone(), second.clone()];
        inputs.push(input(format!("{container} without its end"), text, &both));
        inputs.push(input(format!("{container} with its beginning alone"), begin, &[]));
    }
    inputs
}

/// A bad record between two good ones, in a trail file and in lines.
fn between_good(name: &str, bad: impl AsRef<[u8]>) -> Vec<Input> {
    let good = [record(1), record(3)];
    let join = |(container, begin, between, end): (&str, &str, &str, &str)| {
        let parts = [
            begin.as_bytes(),
            good[0].as_bytes(),
            between.as_bytes(),
            bad.as_ref(),
            between.as_bytes(),
            good[1].as_bytes(),
            end.as_bytes(),
        ];
        input(format!("{name}, {container}"), parts.concat(), &good)
    };
    vec![join(CONTAINERS[0]), join(CONTAINERS[3])]
}

fn bad_records() -> Vec<Input> {
    let raw = |value: &str| record_with(2, &format!(",\"requestParameters\":{value}"));
    let mut inputs = Vec::new();
    for (name, bad) in [
        ("a number with a leading zero", raw("{\"n\":01}")),
        ("a number with a plus", raw("{\"n\":+1}")),
        ("a number without digits", raw("{\"n\":-}")),
        ("a hexadecimal number", raw("{\"n\":0x10}")),
        ("NaN", raw("{\"n\":NaN}")),
        ("Infinity", raw("{\"n\":-Infinity}")),
        ("a literal in capitals", raw("{\"n\":True}")),
        ("single quotes", raw("{'n':1}")),
        ("a name without quotes", raw("{n:1}")),
        ("a trailing comma", raw("{\"n\":1,}")),
        ("two commas", raw("[1,,2]")),
        ("a missing colon", raw("{\"n\" 1}")),
        ("an unknown escape", raw("{\"n\":\"\\x41\"}")),
        ("half a Unicode escape", raw("{\"n\":\"\\u12\"}")),
        ("a comment", raw("{\"n\":1 /* one */}")),
        ("a mismatched bracket", raw("[1}")),
        ("100,000 arrays", raw(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)))),
        ("100,000 objects", raw(&format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)))),
        ("a bare word", "undefined".to_owned()),
        ("a string", "\"an event\"".to_owned()),
        ("a number", "42".to_owned()),
        ("null", "null".to_owned()),
        ("an object that is no event", r#"{"a":1}"#.to_owned()),
        ("an empty object", "{}".to_owned()),
    ] {
        inputs.extend(between_good(name, bad));
    }
    inputs
}

/// Records that are taken as they are, odd as they may be.
fn odd_records() -> Vec<Input> {
    let raw = |value: &str| record_with(2, &format!(",\"requestParameters\":{value}"));
    let mut inputs = Vec::new();
    for (name, odd) in [
        ("a number beyond any double", raw("{\"n\":1e400}")),
        ("400 digits", raw(&format!("{{\"n\":{}}}", "7".repeat(400)))),
        ("a raw line feed in a string", raw("{\"n\":\"a\nb\"}")),
        ("a raw NUL in a string", raw("{\"n\":\"a\0b\"}")),
        ("an escaped NUL", raw(r#"{"n":"a\u0000b"}"#)),
        ("a lone surrogate", raw(r#"{"n":"\ud800"}"#)),
        ("an empty name", raw(r#"{"":1}"#)),
        ("a name twice", raw(r#"{"n":1,"n":2}"#)),
        ("a member twice", record_with(2, r#","eventName":"A","eventName":"B""#)),
        ("200 arrays", raw(&format!("{}{}", "[".repeat(200), "]".repeat(200)))),
        ("a string of a megabyte", raw(&format!("{{\"n\":\"{}\"}}", "x".repeat(1 << 20)))),
        (
            "10,000 members",
            raw(&format!(
                "{{{}}}",
                (0..10_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",")
            )),
        ),
        ("escape sequences of a terminal", raw(r#"{"n":"\u001b[2J\u009b"}"#)),
        ("no address", record_with(2, r#","sourceIPAddress":"999.1.2.3.4""#)),
        ("an address of another kind", record_with(2, r#","sourceIPAddress":{"v6":"::1"}"#)),
        ("markup", record_with(2, r#","userAgent":"<script>alert(1)</script>""#)),
    ] {
        let good = [record(1), odd.clone(), record(3)];
        for (container, begin, between, end) in [CONTAINERS[0], CONTAINERS[3]] {
            let text = format!("{begin}{}{end}", good.join(between));
            inputs.push(input(format!("{name}, {container}"), text, &good));
        }
    }
    inputs
}

/// Files that are no logs, or logs of nothing.
fn nothing() -> Vec<Input> {
    [
        ("an empty file", &b""[..]),
        ("blanks", b" \n\t\r\n "),
        ("NUL bytes", &[0; 4096]),
        ("an opening brace", b"{"),
        ("a closing brace", b"}"),
        ("an empty array", b"[]"),
        ("no records", br#"{"Records":[]}"#),
        ("records that are null", br#"{"Records":null}"#),
        ("records that are a number", br#"{"Records":7}"#),
        ("1,000 brackets", &[b'['; 1000]),
        ("a text", b"Dear all,\nplease find attached\n"),
        ("bytes of a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("0xFF bytes", &[0xff; 100]),
        ("the beginning of gzip", &[0x1f, 0x8b]),
        ("gzip of an unknown method", &[0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]),
    ]
    .map(|(name, bytes)| input(name, bytes, &[]))
    .into()
}

fn encodings() -> Vec<Input> {
    let good = [record(1), record(2), record(3)];
    let text = format!("{{\"Records\":[{}]}}", good.join(","));
    let with = |bad: &[u8]| {
        let member = [b",\"userAgent\":\"a".as_slice(), bad, b"b\""].concat();
        let record = record(2);
        [&record.as_bytes()[..record.len() - 1], &member, b"}"].concat()
    };
    let mut inputs = vec![
        input("a byte order mark", [b"\xef\xbb\xbf", text.as_bytes()].concat(), &good),
        input("CRLF", good.join("\r\n"), &good),
        input("CRLF, indented", text.replace(",{", ",\r\n  {"), &good),
        input("lines of blanks", good.join("\n \t\n\n"), &good),
        input("record separators", good.join("\n\u{1e}"), &good),
        input("records twice", format!("{text}{text}"), &good),
        input(
            "other members",
            format!("{{\"a\":{{\"b\":[1]}},\"Records\":[{}],\"z\":null}}", good.join(",")),
            &good,
        ),
        input("bytes after the end", format!("{text}   trailing garbage"), &good),
    ];
    // Each is stored with U+FFFD in the place of what is no UTF-8.
    for (name, bad, stands) in [
        ("a byte of Latin-1", &b"\xe9"[..], "\u{fffd}"),
        ("an overlong form", b"\xc0\xaf", "\u{fffd}\u{fffd}"),
        ("half a character", b"\xf0\x9f\x98", "\u{fffd}"),
        ("a surrogate", b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
    ] {
        let bytes = [record(1).as_bytes(), b"\n", &with(bad), b"\n", record(3).as_bytes()].concat();
        let told = String::from_utf8(with(stands.as_bytes())).unwrap();
        inputs.push(input(name, bytes, &[record(1), told, record(3)]));
    }
    let wide = |swap: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(swap).collect::<Vec<_>>();
    for (name, bytes) in [
        ("UTF-16, little end first", wide(u16::to_le_bytes)),
        ("UTF-16, big end first", wide(u16::to_be_bytes)),
    ] {
        inputs.push(input(name, bytes, &good));
    }
    inputs
}

fn packed() -> Vec<Input> {
    let good: Vec<_> = (1..=200).map(record).collect();
    let text = format!("{{\"Records\":[{}]}}", good.join(","));
    let whole = gzip(text.as_bytes());
    let gz = |name: &str, bytes: Vec<u8>, good: &[String]| Input {
        packed: true,
        ..input(name, bytes, good)
    };
    let mut changed = whole.clone();
    let last = changed.len() - 8;
    changed[last] ^= 0xff;
    let blanks = vec![b' '; 80 << 20];
    let mut string = record(1).into_bytes();
    string.extend_from_slice(b"\n{\"eventVersion\":\"1.11\",\"eventName\":\"");
    string.resize(100 << 20, b'x');
    vec![
        gz("gzip without its trailer", whole[..whole.len() - 8].to_vec(), &good),
        gz("gzip with half its trailer", whole[..whole.len() - 3].to_vec(), &good),
        gz("gzip with another checksum", changed, &good),
        gz("gzip cut in its header", whole[..7].to_vec(), &[]),
        gz("gzip in gzip", gzip(&whole), &good),
        gz("gzip and zeros", [&whole[..], &[0; 512]].concat(), &good),
        gz("gzip and garbage", [&whole[..], b"garbage"].concat(), &good),
        gz("gzip of nothing", gzip(b""), &[]),
        gz("text that is called gzip", text.clone().into_bytes(), &good),
        gz("ten layers of gzip", (0..10).fold(text.into_bytes(), |inner, _| gzip(&inner)), &[]),
        // Bombs: what they unpack to never lies in memory as a whole.
        gz("a bomb of blanks", gzip(&blanks), &[]),
        gz("a bomb of brackets", gzip(&vec![b'['; 80 << 20]), &[]),
        gz("a string without an end", gzip(&string), &[record(1)]),
    ]
}

/// Times as `eventTime`, all of which are kept in their record.
fn times() -> Vec<Input> {
    [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1969-12-31T23:59:59.500Z",
        "0000-01-01T00:00:00+00:01",
        "2016-12-31T23:59:60Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02",
        "2026-03-02T10:00:00+14:00",
        "2026-03-02T10:00:00.123456789Z",
        "99999999999999999999",
        "",
    ]
    .map(|time| {
        let good = record(1).replace("2026-03-02T10:00:01Z", time);
        input(format!("the time {time:?}"), good.clone(), &[good])
    })
    .into()
}

/// Every column with values of every type.
fn types() -> Input {
    let values = [
        r#""x""#,
        "17",
        "-1.5e300",
        "true",
        "null",
        "[]",
        r#"[{"a":1},2]"#,
        "{}",
        r#"{"a":{"b":1}}"#,
    ];
    let columns = EventSchema::CloudTrail.columns().iter().filter(|column| !column.json.is_empty());
    let of_column = |(number, column): (usize, &Field)| {
        values
            .iter()
            .enumerate()
            // The value comes last, so it counts also where the record has the member already.
            .map(|(at, value)| {
                record_with(number * values.len() + at, &format!(",\"{}\":{value}", column.json))
            })
            .collect::<Vec<_>>()
    };
    let good: Vec<_> = columns.enumerate().flat_map(of_column).collect();
    input("values of every type", format!("{{\"Records\":[{}]}}", good.join(",")), &good)
}

fn import(lake: &TestLake, store: &StoreRow, input: &Input) -> ImportReport {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(if input.packed { "input.json.gz" } else { "input.json" });
    std::fs::write(&path, &input.bytes).unwrap();
    lake.import(store, &path)
}

/// Imports an input twice, and returns what was told of it.
fn check(lake: &mut TestLake, number: usize, input: &Input, format: Format) -> String {
    let store = lake.store(&format!("store-{format}-{number}"), format);
    let report = import(lake, &store, input);
    lake.open(&store);
    let rows = lake.ask("SELECT eventJson AS record FROM event_data_store");
    let mut stored: Vec<_> = rows.iter().map(|row| row["record"].as_str().unwrap()).collect();
    let mut good: Vec<_> = input.good.iter().map(String::as_str).collect();
    stored.sort_unstable();
    good.sort_unstable();
    assert!(stored == good, "{}: {stored:.300?}", input.name);
    let counted = lake.ask("SELECT count(*) AS n, count(eventTime) AS times, min(eventTime) AS first, max(eventTime) AS last FROM event_data_store");
    let again = import(lake, &store, input);
    assert_eq!(again.events.stored, 0, "{}", input.name);
    assert_eq!(
        again.events.duplicate,
        good.len() as u64 + report.events.duplicate,
        "{}",
        input.name
    );

    let (files, events) = (&report.files, &report.events);
    let lost = events.rejected + files.failed;
    assert_eq!(lost > 0, !report.failures.is_empty(), "{}: {:?}", input.name, report.failures);
    let mut told = format!("{}: {} stored", input.name, events.stored);
    for (number, what) in [
        (events.duplicate, "duplicate"),
        (events.rejected, "rejected"),
        (files.failed, "file failed"),
        (files.foreign, "file of another kind"),
    ] {
        if number > 0 {
            write!(told, ", {number} {what}").unwrap();
        }
    }
    if events.stored > 0 && counted[0]["times"] != counted[0]["n"] {
        write!(told, ", {} with a time", counted[0]["times"]).unwrap();
    }
    for failure in report.failures.iter().chain(&report.notices) {
        assert!(failure.location.contains("input.json") && !failure.message.is_empty());
        let at = failure.position.map_or_else(String::new, |at| format!("{at}: "));
        write!(told, "\n    {at}{}", failure.message).unwrap();
    }
    told
}

#[test]
fn bad_inputs_lose_nothing_good_and_are_named() {
    let inputs =
        [cut_off(), bad_records(), odd_records(), nothing(), encodings(), packed(), times()];
    let inputs: Vec<_> = inputs.into_iter().flatten().collect();
    assert!(inputs.len() > 200, "{}", inputs.len());
    let mut lake = TestLake::new();
    let told = inputs.iter().enumerate().map(|(n, input)| check(&mut lake, n, input, Format::Orc));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn values_of_any_type_are_kept_in_every_format() {
    let mut lake = TestLake::new();
    let input = types();
    assert!(input.good.len() > 250);
    let answers = FORMATS.map(|format| {
        let told = check(&mut lake, 0, &input, format);
        // What the columns hold is the same, too.
        (told, lake.ask("SELECT * FROM event_data_store ORDER BY eventJson"))
    });
    assert_eq!(answers[0].1.len(), input.good.len());
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
