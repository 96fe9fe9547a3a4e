//! What real files do to an importer: cases from public reports, made anew. Each event of a case has a
//! number, and is found again by it.

use crate::cli::Shell;
use crate::lake::TestLake;
use crate::logs::gzip;
use std::path::PathBuf;
use traillake::columnar::Format;
use traillake::output::OutputFormat;
use traillake::store::ImportReport;

/// Members of an event in AWS's order, values as JSON.
fn members(number: u32) -> Vec<(&'static str, String)> {
    let text = |value: &str| format!("\"{value}\"");
    vec![
        ("eventVersion", text("1.11")),
        (
            "userIdentity",
            r#"{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/ops/sess","sessionContext":{"sessionIssuer":{"type":"Role","userName":"ops"},"attributes":{"creationDate":"2026-03-02T10:00:00Z","mfaAuthenticated":"false"}}}"#.to_owned(),
        ),
        ("eventTime", text(&format!("2026-03-02T10:{:02}:00Z", number % 60))),
        ("eventSource", text("ec2.amazonaws.com")),
        ("eventName", text("DescribeInstances")),
        ("awsRegion", text("eu-west-1")),
        ("userAgent", text("aws-cli/2.15")),
        ("requestParameters", r#"{"a":"b"}"#.to_owned()),
        ("responseElements", "null".to_owned()),
        ("eventID", text(&format!("00000000-0000-4000-8000-{number:012x}"))),
        ("readOnly", "true".to_owned()),
        ("recipientAccountId", text("111122223333")),
    ]
}

fn print(members: &[(&str, String)]) -> String {
    let members: Vec<_> = members.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
    format!("{{{}}}", members.join(","))
}

fn event(number: u32) -> String {
    print(&members(number))
}

/// The same with its members in alphabetical order.
fn sorted(number: u32) -> String {
    let mut members = members(number);
    members.sort_by_key(|(name, _)| *name);
    print(&members)
}

fn pretty(record: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(record).unwrap();
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    serde::Serialize::serialize(&value, &mut serializer).unwrap();
    String::from_utf8(out).unwrap()
}

fn trail(records: &[String]) -> String {
    format!("{{\"Records\":[{}]}}", records.join(","))
}

/// Files that are imported as one folder.
struct Case {
    dir: tempfile::TempDir,
    lake: TestLake,
}

impl Case {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        Self { dir, lake: TestLake::new() }
    }

    fn text(text: &str) -> Self {
        Self::new(&[("in.json", text.as_bytes())])
    }

    fn import(&mut self) -> ImportReport {
        let store = self.lake.store("main", Format::Orc);
        let report = self.lake.import(&store, self.dir.path());
        self.lake.open(&store);
        report
    }

    fn ask(&self, sql: &str) -> String {
        self.lake.try_ask(sql, OutputFormat::Csv).unwrap().0
    }

    /// Numbers of the events that are stored.
    fn numbers(&self) -> Vec<u32> {
        let answer =
            self.ask("SELECT from_base(substr(eventID, 25), 16) FROM event_data_store ORDER BY 1");
        answer.lines().skip(1).map(|line| line.parse().unwrap()).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// Stored, rejected and failed files, as the reports count them.
fn counts(report: &ImportReport) -> (u64, u64, u64) {
    (report.events.stored, report.events.rejected, report.files.failed)
}

#[test]
fn a_record_cut_off_among_sorted_ones_costs_one_record() {
    let cut = sorted(2)[..200].to_owned();
    let mut case = Case::text(&trail(&[sorted(1), cut, sorted(3), sorted(4)]));
    assert_eq!(counts(&case.import()), (3, 1, 0));
    assert_eq!(case.numbers(), [1, 3, 4]);
}

#[test]
fn a_pretty_array_with_a_record_cut_off_keeps_the_others() {
    let mut records: Vec<_> = (0..102).map(|n| pretty(&sorted(n))).collect();
    let cut = records[1].find("aws-cli").unwrap() + 4;
    records[1].truncate(cut);
    let mut case = Case::text(&format!("[\n{}\n]", records.join(",\n")));
    assert_eq!(counts(&case.import()), (101, 1, 0));
    assert!(!case.numbers().contains(&1));
}

#[test]
fn documents_with_byte_order_marks_are_read() {
    let lines = format!(
        "\u{feff}{}\r\n\u{feff}{}\r\n\u{feff}{}\r\n",
        event(1),
        event(2),
        trail(&[event(3)])
    );
    let mut case = Case::text(&lines);
    assert_eq!(counts(&case.import()), (3, 0, 0));
}

#[test]
fn what_follows_a_gzip_stream_does_not_cost_events() {
    let packed = |number| gzip(trail(&[event(number)]).as_bytes());
    let mut bad = packed(3);
    let checksum = bad.len() - 8;
    bad[checksum] ^= 1;
    let mut case = Case::new(&[
        ("zeros.json.gz", &[packed(1), vec![0; 512]].concat()),
        ("garbage.json.gz", &[packed(2), b"appended words".to_vec()].concat()),
        ("badcrc.json.gz", &bad),
    ]);
    assert_eq!(counts(&case.import()), (3, 0, 2));
    assert_eq!(case.numbers(), [1, 2, 3]);
}

#[test]
fn gzip_is_unpacked_whatever_the_name_says_and_how_often() {
    let text = |number| trail(&[event(number)]).into_bytes();
    let mut case = Case::new(&[
        ("twice.json.gz", &gzip(&gzip(&text(1)))),
        ("noext.log", &gzip(&text(2))),
        ("packed.json", &gzip(&text(3))),
        ("plain.json.gz", &text(4)),
    ]);
    assert_eq!(counts(&case.import()), (4, 0, 0));
}

#[test]
fn a_byte_that_is_not_utf8_is_replaced_and_told() {
    let text = trail(&[event(1)]).replace("aws-cli", "caf#");
    let mut bytes = text.clone().into_bytes();
    let at = text.find('#').unwrap();
    bytes[at] = 0xe9;
    let mut case = Case::new(&[("latin1.json", &bytes)]);
    let report = case.import();
    assert_eq!(counts(&report), (1, 0, 0));
    assert_eq!(case.ask("SELECT userAgent FROM event_data_store"), "userAgent\ncaf\u{fffd}/2.15\n");
    let notice = &report.notices[0];
    assert_eq!((notice.position, notice.record.as_deref()), (Some(at as u64), Some(&b"\xe9"[..])));
    assert_eq!(notice.message, "0xE9 is not UTF-8, U+FFFD stands for it");
}

#[test]
fn one_id_of_several_events_loses_none() {
    let masked = |name: &str| {
        event(1)
            .replace("00000000-0000-4000-8000-000000000001", "11111111-1111-1111-1111-111111111111")
            .replace("DescribeInstances", name)
    };
    let mut case = Case::text(&trail(&[masked("A"), masked("B"), masked("C")]));
    let report = case.import();
    assert_eq!(counts(&report), (3, 0, 0));
    assert_eq!(report.notices[0].message, "3 different events have it; all are kept");
}

#[test]
fn an_id_in_capitals_is_the_same_id() {
    let upper = event(0xabc).replace("000000000abc", "000000000ABC");
    let mut case = Case::new(&[
        ("a.json", trail(&[event(0xabc)]).as_bytes()),
        ("b.json", trail(&[upper]).as_bytes()),
    ]);
    let report = case.import();
    assert_eq!((report.events.stored, report.events.duplicate), (1, 1));
}

#[test]
fn amended_and_shared_events_are_kept_beside_the_first() {
    let amended = event(1).replacen(
        '{',
        r#"{"addendum":{"reason":"UPDATED_DATA","originalEventID":"00000000-0000-4000-8000-000000000001"},"#,
        1,
    );
    let shared = event(1).replace(
        r#""recipientAccountId":"111122223333""#,
        r#""recipientAccountId":"444455556666","sharedEventID":"s""#,
    );
    let mut case = Case::text(&trail(&[event(1), amended, shared]));
    assert_eq!(counts(&case.import()), (3, 0, 0));
}

#[test]
fn entries_of_a_look_up_are_the_events_inside() {
    let entry = |number| {
        let record = serde_json::to_string(&event(number)).unwrap();
        format!(
            r#"{{"EventId":"00000000-0000-4000-8000-{number:012x}","EventName":"DescribeInstances","EventTime":"2026-03-02T11:01:00+01:00","CloudTrailEvent":{record}}}"#
        )
    };
    let mut case = Case::new(&[
        ("lookup.jsonl", format!("{}\n{}\n", entry(1), entry(2)).as_bytes()),
        ("trail.json", trail(&[event(1), event(2)]).as_bytes()),
    ]);
    let report = case.import();
    assert_eq!((report.events.stored, report.events.duplicate), (2, 2));
}

#[test]
fn json_as_text_is_read_where_structure_is_expected() {
    let row = event(1)
        .replace(
            r#""requestParameters":{"a":"b"}"#,
            r#""requestparameters":"{\"bucketName\":\"b1\"}""#,
        )
        .replace(
            r#""responseElements":null"#,
            r#""responseelements":"null","resources":{"ARN":"arn:x"}"#,
        )
        .replace("2026-03-02T10:01:00Z", "2026-03-02 10:12:00.000 UTC");
    let mut case = Case::new(&[("20260302_100000_00000_abcde_part.gz", &gzip(row.as_bytes()))]);
    let report = case.import();
    assert_eq!((counts(&report), report.misfit_fields.len()), ((1, 0, 0), 0));
    assert_eq!(
        case.ask("SELECT requestParameters, responseElements, resources[1].arn, eventTime FROM event_data_store"),
        "requestParameters,responseElements,_col2,eventTime\n{bucketName=b1},,arn:x,2026-03-02 10:12:00.000\n"
    );
}

#[test]
fn a_dump_that_is_no_json_is_neither_stored_nor_remembered() {
    let line = event(1).replace('"', "'").replace("null", "None").replace("true", "True");
    let dump = format!("{line}\n").repeat(50);
    let case = Case::new(&[("dump.txt", dump.as_bytes())]);
    let shell = Shell::new();
    let folder = shell.run(&["import", case.dir.path().to_str().unwrap()]);
    assert!(folder.starts_with("exit 1"), "{folder}");
    assert!(folder.contains("other   Python objects, not JSON"), "{folder}");
    for _ in 0..2 {
        let named = shell.run(&["import", case.file("dump.txt").to_str().unwrap()]);
        assert!(named.starts_with("exit 1"), "{named}");
        assert!(named.contains("50 read: 50 rejected"), "{named}");
        assert!(named.contains("and 30 more"), "{named}");
    }
}

/// A file and the reason for which it is not read.
#[test]
fn what_is_not_read_is_named_with_its_reason() {
    let notification =
        r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{}}]}"#;
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("r.json", br#"{"QueryResultRows":[[{"eventName":"A"}]]}"#.to_vec(), "get-query-results"),
        ("s3.json", notification.as_bytes().to_vec(), "notifications that name log files"),
        ("hit.json", br#"{"_index":"x","_source":{"a":1}}"#.to_vec(), "search engine"),
        ("a.json.Z", b"\x1f\x9d\x90".to_vec(), "compress (.Z)"),
        ("a.json.bz2", b"BZh91AY&SY".to_vec(), "bzip2"),
    ];
    for (name, bytes, reason) in cases {
        let case = Case::new(&[(name, &bytes)]);
        let shell = Shell::new();
        for path in [case.dir.path().to_owned(), case.file(name)] {
            let text = shell.run(&["import", path.to_str().unwrap()]);
            assert!(text.starts_with("exit 1") && text.contains(reason), "{name}: {text}");
        }
    }
}
