//! No record breaks a saved query: each runs over records of the calls it asks for, whose parameters are
//! masked, left out, of another type or nonsense.

use crate::lake::TestLake;
use fancy_regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use traillake::columnar::Format;
use traillake::saved::Library;

/// The X-Ray queries name their parameters in the views.
const VIEWS: [&str; 3] = [
    include_str!("../src/engine/views/xray_events.sql"),
    include_str!("../src/engine/views/xray_sampling_changes.sql"),
    include_str!("../src/engine/views/entities.sql"),
];

/// What a text of SQL says about the records it wants.
#[derive(Debug, Default)]
struct Wanted {
    sources: BTreeSet<String>,
    names: BTreeSet<String>,
    /// Members of the maps by the name of the map.
    keys: BTreeMap<&'static str, BTreeSet<String>>,
    /// Members within these.
    members: BTreeSet<String>,
}

fn all<'a>(pattern: &str, text: &'a str) -> Vec<Vec<&'a str>> {
    let regex = Regex::new(pattern).unwrap();
    let captures = regex.captures_iter(text);
    captures.map(|c| c.unwrap().iter().flatten().skip(1).map(|m| m.as_str()).collect()).collect()
}

impl Wanted {
    fn read(&mut self, sql: &str) {
        let maps = [
            ("requestParameters", "requestParameters|request"),
            ("responseElements", "responseElements|response"),
            ("additionalEventData", "additionalEventData"),
            ("serviceEventDetails", "serviceEventDetails"),
            ("insightDetails", "insightDetails"),
        ];
        for (map, spelled) in maps {
            let pattern = format!(r"(?:\b(?:{spelled}), |\b(?:{spelled})\[)'([A-Za-z0-9_-]+)'");
            let keys = all(&pattern, sql).into_iter().map(|found| found[0].to_owned());
            self.keys.entry(map).or_default().extend(keys);
        }
        let owned =
            |found: Vec<Vec<&str>>| found.into_iter().map(|f| f[0].to_owned()).collect::<Vec<_>>();
        self.sources.extend(owned(all(r"'([a-z0-9-]+\.amazonaws\.com)'", sql)));
        self.names.extend(owned(all(r"'%?([A-Z][A-Za-z0-9]{3,})%?'", sql)));
        for path in owned(all(r"'\$((?:\.[A-Za-z]+|\[\d\])+)'", sql)) {
            self.members.extend(owned(all(r"([A-Za-z]+)", &path)));
        }
    }
}

/// Which part of the hostile values each call gets.
const SHARE: usize = 4;

const MASKED: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Values that no query expects. `members` are names that it looks for within.
fn hostile(members: &BTreeSet<String>) -> Vec<Value> {
    let object = |value: Value| -> Value {
        members.iter().map(|name| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
    };
    let strange =
        [json!(MASKED), json!({"x": [1]}), json!([null, {}, "a"]), json!(-1e300), Value::Null];
    let mut values = vec![
        json!(MASKED),
        json!({"omitted": true, "originalSize": 112_640}),
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!([]),
        json!([MASKED]),
        json!(["a", {"b": "c"}, null, 7, [1]]),
        json!("[{\"broken"),
        json!("{\"Statement\": 5, \"Principal\": [{}]}"),
        json!("9999-99-99T99:99:99Z"),
        json!("300.1.2.3/99\u{1b}[2J\u{0}\u{202e}%_\\'\""),
    ];
    for value in strange {
        values.push(object(value.clone()));
        values.push(json!([object(value), "text"]));
    }
    values
}

/// Identities, most of them less than whole.
fn identity(at: usize) -> Value {
    let identities = [
        json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a", "accessKeyId": "AKIAX", "userName": MASKED}),
        json!({"type": "AssumedRole", "principalId": "AROAX:s", "sessionContext": {"sessionIssuer": MASKED, "attributes": {"creationDate": "soon", "mfaAuthenticated": 7}}}),
        json!({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/r/s", "accessKeyId": "ASIAX", "accountId": 111_122_223_333_i64}),
        json!({"type": "IdentityCenterUser", "onBehalfOf": {"userId": {"x": 1}}}),
        json!({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}),
        json!({"type": "Root", "arn": MASKED, "sessionContext": []}),
        json!({"invokedBy": "AWS Internal"}),
        Value::Null,
        json!(MASKED),
    ];
    identities[at % identities.len()].clone()
}

fn pick<T>(values: &[T], at: usize) -> &T {
    &values[at % values.len()]
}

/// A record that holds `value` wherever its call has a parameter.
fn record(at: usize, source: &str, name: &str, wanted: &Wanted, value: &Value) -> Value {
    let addresses = [
        "198.51.100.7",
        "10.1.2.3",
        "2001:db8::1",
        "AWS Internal",
        "999.1.1.1",
        "",
        "s3.amazonaws.com",
    ];
    let errors =
        [Value::Null, json!("AccessDenied"), Value::Null, json!("ThrottlingException"), json!("")];
    let agents = [
        "aws-cli/2.1",
        "\u{1b}]0;x\u{7}",
        "",
        "xray-daemon/",
        "Mozilla/5.0 (",
        "[",
        "APN/1.0 Terraform/",
    ];
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(at),
        "eventTime": format!("2026-03-{:02}T{:02}:{:02}:{:02}Z", 1 + at % 5, at % 24, at % 60, at / 7 % 60),
        "eventSource": source,
        "eventName": name,
        "awsRegion": pick(&["eu-west-1", "us-east-1"], at),
        "sourceIPAddress": pick(&addresses, at),
        "userAgent": pick(&agents, at),
        "errorCode": pick(&errors, at),
        "errorMessage": pick(&[json!(MASKED), Value::Null, json!("is not authorized to perform: ("), json!(5)], at),
        "requestID": at.to_string(),
        "eventID": format!("{at:08x}-0000-4000-8000-000000000000"),
        "readOnly": pick(&[json!(false), json!(true), json!(false), Value::Null], at),
        "eventType": "AwsApiCall",
        "managementEvent": !at.is_multiple_of(3),
        "recipientAccountId": pick(&["111122223333", "444455556666"], at / 2),
        "eventCategory": pick(&["Data", "Management", "Management"], at),
        "sessionCredentialFromConsole": pick(&[json!("true"), Value::Null, json!(true), json!(MASKED)], at),
        "tlsDetails": pick(&[json!({"tlsVersion": "TLSv1"}), json!({"tlsVersion": "?"}), json!(MASKED), Value::Null], at),
        "resources": pick(&[json!([{"ARN": "arn:aws:s3:::b/k", "accountId": MASKED}]), json!([]), json!(MASKED), json!([{}, null, 5])], at),
    });
    for (map, keys) in &wanted.keys {
        // Every fifth map as a whole.
        record[*map] = match at % 5 {
            0 => value.clone(),
            _ => keys.iter().map(|key| (key.clone(), value.clone())).collect::<Map<_, _>>().into(),
        };
    }
    record
}

#[test]
fn no_record_breaks_a_saved_query() {
    let library = Library::load(None).unwrap();
    let mut calls: BTreeMap<(String, String), Wanted> = BTreeMap::new();
    for query in library.iter() {
        let mut wanted = Wanted::default();
        wanted.read(&query.sql);
        if query.category() == "xray" {
            VIEWS.iter().for_each(|view| wanted.read(view));
        }
        if wanted.sources.is_empty() {
            wanted.sources.insert("iam.amazonaws.com".to_owned());
        }
        wanted.names.insert("GetSomething".to_owned());
        for source in &wanted.sources {
            for name in &wanted.names {
                let call = calls.entry((source.clone(), name.clone())).or_default();
                for (map, keys) in &wanted.keys {
                    call.keys.entry(map).or_default().extend(keys.iter().cloned());
                }
                call.members.extend(wanted.members.iter().cloned());
            }
        }
    }
    assert!(
        calls.len() > 500 && calls.values().any(|call| call.keys["requestParameters"].len() > 5)
    );
    let mut lines = String::new();
    let mut records = 0;
    for (at, ((source, name), wanted)) in calls.iter().enumerate() {
        // A query asks for several calls: what one leaves out another has.
        for value in hostile(&wanted.members).iter().skip(at % SHARE).step_by(SHARE) {
            lines.push_str(&record(records, source, name, wanted, value).to_string());
            lines.push('\n');
            records += 1;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("records.jsonl"), lines).unwrap();
    let mut lake = TestLake::new();
    let store = lake.store("main", Format::Orc);
    let report = lake.import(&store, folder.path());
    assert_eq!(report.events.stored, records as u64);
    lake.open(&store);
    let failed = library.iter().filter_map(|query| {
        let error = lake.try_saved(query, &[]).err()?;
        Some(format!("{}: {error}", query.name))
    });
    let failed: Vec<_> = failed.collect();
    assert!(
        failed.is_empty(),
        "{} of {}:\n{}",
        failed.len(),
        library.iter().count(),
        failed.join("\n")
    );
}
