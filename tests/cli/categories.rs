//! Stores of Insights events, configuration items, evidence and events from outside AWS.

use super::Shell;
use std::fs;

const FILES: &str = "testdata/categories";
const OF_INSIGHTS: &str =
    r#"[{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]"#;

/// A lake with a store of each category, filled.
fn filled() -> (Shell, Vec<String>) {
    let shell = Shell::new();
    let mut said = Vec::new();
    let categories = [
        ("events", "cloudtrail"),
        ("insights", "Insight"),
        ("items", "CONFIGURATIONITEM"),
        ("evidence", "Evidence"),
        ("activity", "ActivityAuditLog"),
    ];
    for (name, category) in categories {
        said.push(shell.run(&["store", "create", name, "--category", category]));
        said.push(shell.run(&["import", FILES, "--store", name]));
    }
    (shell, said)
}

#[test]
fn each_store_takes_its_category_and_names_the_others() {
    let (shell, mut said) = filled();
    said.push(shell.run(&["store", "list"]));
    said.push(shell.run(&["store", "show", "activity"]));
    said.push(shell.run(&["import", FILES, "--store", "activity"]));
    snapshot!(said.join("\n"));
}

#[test]
fn the_category_follows_from_the_selectors_and_must_agree_with_them() {
    let shell = Shell::new();
    let events = r#"[{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]"#;
    let create =
        |name: &str, more: &[&str]| shell.run(&[&["store", "create", name], more].concat());
    snapshot!(
        [
            create("insights", &["--selectors", OF_INSIGHTS]),
            create("wrong", &["--selectors", OF_INSIGHTS, "--category", "Evidence"]),
            create("wrong", &["--selectors", events, "--category", "Insight"]),
            create("wrong", &["--category", "Config"]),
            shell.run(&["store", "update", "insights", "--selectors", events]),
            shell.run(&["store", "update", "insights", "--no-selectors"]),
            shell.run(&["import", FILES, "--store", "insights"]),
            shell.run(&["store", "test-selectors", FILES, "--selectors", OF_INSIGHTS]),
        ]
        .join("\n")
    );
}

#[test]
fn only_some_categories_stop_and_start() {
    let (shell, _) = filled();
    let all: Vec<_> = ["insights", "items", "evidence", "activity"]
        .iter()
        .flat_map(|store| {
            ["stop-ingestion", "start-ingestion"].map(|verb| shell.run(&["store", verb, store]))
        })
        .collect();
    snapshot!(all.join("\n"));
}

#[test]
fn what_is_made_for_cloudtrail_events_says_so() {
    let (shell, _) = filled();
    let ask =
        |store: &str, sql: &str| shell.run(&["query", "--store", store, "--format", "csv", sql]);
    snapshot!(
        [
            ask("insights", "SELECT * FROM xray_events"),
            ask("insights", "SHOW TABLES"),
            ask("activity", "DESCRIBE event_data_store"),
            ask("items", "SELECT userIdentity FROM event_data_store"),
            shell.run(&["find", "maria", "--store", "activity"]),
            shell.run(&["find", "fleet/i-2", "--store", "insights"]),
            shell.run(&["find", "vpc-0a1b2c3d", "--store", "items"]),
            shell.run(&["find", "public", "--store", "evidence"]),
            shell.run(&["summary", "--store", "insights"]),
            shell.run(&["timeline", "--principal", "*maria", "--store", "activity"]),
            shell.run(&[
                "store",
                "ddl",
                "insights",
                "--engine",
                "athena",
                "--location",
                "s3://b/i"
            ]),
            shell.run(&["query", "--input", "testdata/categories/insight.json", "SELECT 1 AS one"]),
        ]
        .join("\n")
    );
}

#[test]
fn what_does_not_fit_a_category_is_kept_in_its_record() {
    let shell = Shell::new();
    let file = shell.path("odd.jsonl");
    fs::write(
        &file,
        concat!(
            r#"{"eventCategory":"Insight","eventTime":"2026-03-02T10:00:00Z","insightDetails":"none","new":1}"#,
            "\n",
            r#"{"eventCategory":"Insight","eventTime":"2026-03-02T10:00:01Z","insightDetails":{"state":"End","insightContext":{"statistics":{"baseline":{"average":"much"},"insightDuration":1.5}},"more":{}}}"#,
            "\n",
            r#"{"eventCategory":"Insight","eventTime":"2026-03-02T10:00:02Z","insightState":"Start","insightDetails":"{\"state\":\"End\"}"}"#,
        ),
    )
    .unwrap();
    shell.run(&["store", "create", "insights", "--category", "insight"]);
    snapshot!(
        [
            shell.run(&["import", file.to_str().unwrap(), "--store", "insights"]),
            shell.run(&[
                "query",
                "--store",
                "insights",
                "--format",
                "csv",
                "SELECT insightState, insightContext.baselineAverage, eventJson FROM insights ORDER BY eventTime",
            ]),
        ]
        .join("\n")
    );
}
