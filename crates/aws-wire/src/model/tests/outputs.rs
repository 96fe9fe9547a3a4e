//! What no SDK would read.

use super::*;
use crate::model::Constraint;
use serde_json::json;

fn check(name: &str, output: &Value) -> Vec<(String, Constraint)> {
    let found = cloudtrail(name).check_output(output).err().unwrap_or_default();
    found.into_iter().map(|violation| (violation.place(), violation.constraint)).collect()
}

#[test]
fn good_outputs_pass() {
    for (name, output) in [
        ("DeleteTrail", json!({})),
        ("StartQuery", json!({"QueryId": "a".repeat(36)})),
        (
            "GetQueryResults",
            json!({"QueryStatus": "FINISHED", "QueryStatistics": {"ResultsCount": 1,
            "BytesScanned": 5_000_000_000_u64}, "QueryResultRows": [[{"n": "1"}, {"n": ""}]]}),
        ),
        ("LookupEvents", json!({"Events": [{"EventTime": 1_795_885_200.123, "Resources": []}]})),
        ("ListPublicKeys", json!({"PublicKeyList": [{"Value": "AAEC", "Fingerprint": "x"}]})),
        ("SearchSampleQueries", json!({"SearchResults": [{"Relevance": 0.5}]})),
    ] {
        assert_eq!(check(name, &output), [], "{name}");
    }
}

#[test]
fn a_null_is_a_violation_wherever_it_is() {
    let null = |place: &str| (place.to_owned(), Constraint::Null);
    assert_eq!(check("ListTrails", &json!({"NextToken": null})), [null("NextToken")]);
    let event = check("LookupEvents", &json!({"Events": [{"EventTime": null}]}));
    assert_eq!(event, [null("Events[0].EventTime")]);
    // A value of NULL in a row kills the page in the SDK for Rust.
    let row = check("GetQueryResults", &json!({"QueryResultRows": [[{"n": null}]]}));
    assert!(matches!(&row[..], [(place, Constraint::Type { found: "null", .. })]
        if place == "QueryResultRows[0][0][\"n\"]"));
}

#[test]
fn members_must_be_known_and_there() {
    let found = check("CancelQuery", &json!({"QueryId": "a".repeat(36), "Query": 1}));
    let expected = [
        ("QueryStatus".to_owned(), Constraint::Required),
        ("[\"Query\"]".to_owned(), Constraint::Unknown),
    ];
    assert_eq!(found, expected);
}

#[test]
fn times_are_numbers_and_enums_exact() {
    let found = check("LookupEvents", &json!({"Events": [{"EventTime": "2026-11-28T17:00:00Z"}]}));
    assert!(matches!(&found[..], [(_, Constraint::Type { .. })]), "{found:?}");
    let found = check("DescribeQuery", &json!({"QueryStatus": "finished"}));
    assert!(matches!(&found[..], [(_, Constraint::Enum(_))]), "{found:?}");
    let found = check("SearchSampleQueries", &json!({"SearchResults": [{"Relevance": "0.5"}]}));
    assert!(matches!(&found[..], [(_, Constraint::Type { .. })]), "{found:?}");
    let found = check("ListPublicKeys", &json!({"PublicKeyList": [{"Value": "a b"}]}));
    assert!(matches!(&found[..], [(_, Constraint::Type { .. })]), "{found:?}");
}

/// Loops of the form "while there is a token" never end on an empty one.
#[test]
fn an_empty_token_is_no_token() {
    let found = check("ListQueries", &json!({"Queries": [], "NextToken": ""}));
    assert_eq!(found, [("NextToken".to_owned(), Constraint::MinLength(4))]);
}
