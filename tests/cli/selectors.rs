//! Event selectors on the command line.

use super::{Shell, TRAIL};
use std::fs;

/// The example of AWS's page on logging X-Ray calls, as printed there.
const SEED: &str = r#"aws cloudtrail put-event-selectors --trail-name myTrail --advanced-event-selectors \ '{ "AdvancedEventSelectors": [ { "FieldSelectors": [ { "Field": "eventCategory", "Equals": ["Data"] }, { "Field": "resources.type", "Equals": ["AWS::XRay::Trace"] }, { "Field": "eventName", "Equals": ["PutTraceSegments","GetSamplingTargets"] } ], "Name": "Log X-Ray PutTraceSegments and GetSamplingTargets data events" } ] }'"#;

const WRITES: &str = r#"[
  {
    "Name": "Writes, but not of \u001b[31mKMS",
    "FieldSelectors": [
      {"Field": "eventCategory", "Equals": ["Management"]},
      {"Field": "readOnly", "Equals": ["false"]},
      {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}
    ]
  },
  {
    "FieldSelectors": [
      {"Field": "eventCategory", "Equals": ["Data"]},
      {"Field": "resources.type", "Equals": ["AWS::XRay::Trace"]},
      {"Field": "eventName", "StartsWith": ["Put", "Batch"], "NotEndsWith": ["Records"]}
    ]
  }
]
"#;

/// An event that the first selector of [`WRITES`] lets through, and one of KMS.
const EVENTS: &str = concat!(
    r#"{"eventVersion":"1.05","eventTime":"2026-03-02T10:00:00Z","eventID":"00000000-0000-4000-8000-000000000001","eventSource":"xray.amazonaws.com","eventName":"PutGroup\u001b[31m","userIdentity":{"type":"Root"},"readOnly":false}"#,
    "\n",
    r#"{"eventVersion":"1.08","eventTime":"2026-03-02T10:00:01Z","eventID":"00000000-0000-4000-8000-000000000002","eventSource":"kms.amazonaws.com","eventName":"Encrypt","userIdentity":{"type":"Root"},"readOnly":true,"managementEvent":true,"eventCategory":"Management"}"#,
    "\n",
);

#[test]
fn a_store_takes_what_its_selectors_let_through() {
    let shell = Shell::new();
    let count = |sql: &str| shell.run(&["query", "--store", "xray", "--format", "csv", sql]);
    snapshot!(
        [
            shell.run(&["store", "create", "xray", "--selectors", SEED]),
            shell.run(&["import", TRAIL, "--store", "xray"]),
            shell.run(&["import", TRAIL, "--store", "xray"]),
            count("SELECT eventName, count(*) AS n FROM event_data_store GROUP BY 1 ORDER BY 1"),
            shell.run(&["store", "show", "xray"]),
            shell.run_with(&["store", "update", "xray", "--selectors", "-"], WRITES),
            shell.run(&["store", "list"]),
            shell.run(&["store", "show", "xray"]),
            shell.run(&["import", TRAIL, "--store", "xray"]),
            shell.run(&["store", "update", "xray", "--no-selectors"]),
            shell.run(&["import", TRAIL, "--store", "xray"]),
            count("SELECT count(*) AS n FROM event_data_store"),
            shell.run(&["store", "show", "xray"]),
        ]
        .join("\n")
    );
}

#[test]
fn selectors_are_in_json() {
    let shell = Shell::new();
    let file = shell.path("selectors.json");
    fs::write(&file, WRITES).unwrap();
    shell.run(&["store", "create", "writes", "--selectors", file.to_str().unwrap()]);
    shell.run(&["store", "create", "everything"]);
    let json = |args: &[&str]| -> serde_json::Value {
        let text = shell.run(args);
        let json = text.split("--- stdout\n").nth(1).unwrap().split("--- stderr").next().unwrap();
        serde_json::from_str(json).unwrap()
    };
    let expected: serde_json::Value = serde_json::from_str(WRITES).unwrap();
    assert_eq!(json(&["store", "show", "writes", "--json"])["selectors"], expected);
    let all = json(&["store", "list", "--json"]);
    assert_eq!((&all[0]["selectors"], &all[1]["selectors"]), (&serde_json::Value::Null, &expected));
    // What is printed can be given again.
    let printed = json(&["store", "show", "writes", "--json"])["selectors"].to_string();
    let again = shell.run(&["store", "update", "everything", "--selectors", &printed]);
    assert!(again.contains("eventName StartsWith Put, Batch"), "{again}");

    let tested = json(&["store", "test-selectors", TRAIL, "--store", "writes", "--json"]);
    let sum = |list: &serde_json::Value| -> u64 {
        list.as_array().unwrap().iter().map(|entry| entry["events"].as_u64().unwrap()).sum()
    };
    assert_eq!(tested["events"], 600);
    assert_eq!(&tested["not_selected"], &sum(&tested["not_selected_kinds"]));
    assert_eq!(&tested["let_through"], &sum(&tested["selectors"]), "no event passes both");
    let report = json(&["import", TRAIL, "--store", "writes", "--json"]);
    assert_eq!(report["events"]["not_selected"], tested["not_selected"]);
}

#[test]
fn selectors_are_tested_before_they_are_used() {
    let shell = Shell::new();
    let events = shell.path("events.json");
    fs::write(&events, EVENTS).unwrap();
    let events = events.to_str().unwrap();
    shell.run(&["store", "create", "default"]);
    let test = |more: &[&str], stdin: &str| {
        shell.run_with(&[&["store", "test-selectors"], more].concat(), stdin)
    };
    let (first, second) =
        ("00000000-0000-4000-8000-000000000001", " 00000000-0000-4000-8000-000000000002");
    snapshot!(
        [
            test(&[TRAIL, "--selectors", SEED], ""),
            test(&[events, "--selectors", "-"], WRITES),
            test(&["-", "--selectors", WRITES, "--list"], EVENTS),
            test(&[events, "--selectors", WRITES, "--explain", first], ""),
            test(&[events, "--selectors", WRITES, "--explain", second], ""),
            test(&[events, "--selectors", WRITES, "--explain", second, "--json"], ""),
            test(&[events], ""),
            test(&[events, "--explain", first], ""),
            test(&[events, "--list"], ""),
        ]
        .join("\n")
    );
}

#[test]
fn wrong_selectors_are_refused_and_change_nothing() {
    let shell = Shell::new();
    let file = shell.path("bad.json");
    fs::write(&file, "[\n  {\"Name\": \"x\"\n]").unwrap();
    let (bad, empty, binary) = (file.to_str().unwrap(), shell.path("empty"), shell.path("binary"));
    fs::write(&empty, "").unwrap();
    fs::write(&binary, b"\xff\xfe[\0]\0").unwrap();
    let create =
        |selectors: &str| shell.run(&["store", "create", "xray", "--selectors", selectors]);
    let xray_arn = SEED
        .replace(r#""Field": "eventName", "Equals""#, r#""Field": "resources.ARN", "StartsWith""#);
    shell.run(&["store", "create", "kept", "--selectors", SEED]);
    snapshot!(
        [
            create("missing.json"),
            create("testdata"),
            create(bad),
            create(empty.to_str().unwrap()),
            create(binary.to_str().unwrap()),
            create(""),
            create("[]"),
            create("file://selectors.json"),
            create(&xray_arn),
            create(r#"{"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true}]}"#),
            create("[{\"Name\": \"\u{1b}[31m\", \"FieldSelectors\": [{\"Field\": \"\u{1b}]0;\u{7}\"}]}]"),
            create(r#"[{"Name": "\u001b[31m\u202e", "FieldSelectors": [{"Field": "\u001b]0;\u0007"}]}]"#),
            shell.run_with(&["store", "create", "xray", "--selectors", "-"], ""),
            shell.run(&["store", "update", "kept"]),
            shell.run(&["store", "update", "kept", "--selectors", SEED, "--no-selectors"]),
            shell.run(&["store", "update", "kept", "--selectors", "[]"]),
            shell.run(&["store", "update", "other", "--no-selectors"]),
            shell.run(&["store", "list"]),
        ]
        .join("\n")
    );
}

#[test]
fn what_cannot_be_tested_is_told() {
    let shell = Shell::new();
    let test = |more: &[&str], stdin: &str| {
        shell.run_with(&[&["store", "test-selectors"], more].concat(), stdin)
    };
    snapshot!(
        [
            test(&[TRAIL], ""),
            test(&["missing.json", "--selectors", SEED], ""),
            test(&["-", "--selectors", "-"], SEED),
            test(&["-", "--selectors", SEED], ""),
            test(&["-", "--selectors", SEED], "hello"),
            test(&["testdata/broken", "--selectors", SEED], ""),
            test(&[TRAIL, "--selectors", SEED, "--explain", "none\u{1b}[31m"], ""),
            test(&[TRAIL, "--selectors", SEED, "--store", "default"], ""),
            test(&[TRAIL, "--selectors", SEED, "--explain", "x", "--list"], ""),
        ]
        .join("\n")
    );
}
