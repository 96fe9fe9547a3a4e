//! What is wrong with inputs, and the error that says so.

use super::*;
use crate::model::{Constraint, Step, operation_at};
use serde_json::json;

const ARN: &str = "arn:aws:cloudtrail:us-east-1:000000000000:eventdatastore/1";

#[test]
fn good_inputs_pass() {
    for (name, input) in [
        ("StartQuery", json!({"QueryStatement": "SELECT 1\nFROM x", "QueryParameters": ["a"]})),
        ("ListTrails", json!({})),
        (
            "LookupEvents",
            json!({"StartTime": 1_795_885_200, "EndTime": 1.795_885_300_25e9, "MaxResults": 50}),
        ),
        (
            "CreateChannel",
            json!({"Name": "abc", "Source": "Custom", "Destinations": [
            {"Type": "EVENT_DATA_STORE", "Location": ARN}], "Tags": [{"Key": "k"}]}),
        ),
        (
            "StartDashboardRefresh",
            json!({"DashboardId": "d", "QueryParameterValues": {"$EndTime$": "2026"}}),
        ),
        (
            "ListInsightsData",
            json!({"InsightSource": ARN, "DataType": "InsightsEvents",
            "Dimensions": {"EventName": "x"}}),
        ),
    ] {
        assert_eq!(violations(name, &input), [], "{name}");
    }
}

/// As the protocol says: what is not known may be of a later version, and null is nothing.
#[test]
fn unknown_and_null_members_do_not_matter() {
    let input = json!({"QueryId": "x".repeat(36).replace('x', "a"), "Later": {"a": [1]}, "EventDataStore": null,
        "NextToken": null});
    assert_eq!(violations("GetQueryResults", &input), []);
    let found = violations("GetQueryResults", &json!({"QueryId": null}));
    assert_eq!(found[0].constraint, Constraint::Required);
}

#[test]
fn a_violation_tells_where_and_what() {
    let input = json!({"Name": "ab", "TagsList": [{"Key": "k"}, {"Key": ""}], "RetentionPeriod": 3654,
        "BillingMode": "FREE"});
    let found = violations("CreateEventDataStore", &input);
    let told: Vec<_> = found.iter().map(|v| (v.place(), &v.constraint)).collect();
    let modes = ["EXTENDABLE_RETENTION_PRICING".to_owned(), "FIXED_RETENTION_PRICING".to_owned()];
    let expected = [
        ("Name".to_owned(), Constraint::MinLength(3)),
        ("RetentionPeriod".to_owned(), Constraint::MaxValue(3653)),
        ("TagsList[1].Key".to_owned(), Constraint::MinLength(1)),
        ("BillingMode".to_owned(), Constraint::Enum(Box::leak(Box::new(modes)))),
    ];
    assert_eq!(told, expected.iter().map(|(place, c)| (place.clone(), c)).collect::<Vec<_>>());
    let key = &found[2];
    assert_eq!(key.path, [Step::Member("TagsList"), Step::Item(1), Step::Member("Key")]);
    assert_eq!((key.member(), key.value.as_deref()), (Some("TagsList"), Some("")));
}

/// The form of AWS's servers, and the errors that operations list.
#[test]
fn refusals_are_worded_as_those_of_aws() {
    for (name, input, code, text) in [
        (
            "CreateEventDataStore",
            json!({"Name": "ab"}),
            "InvalidParameterException",
            "1 validation error detected: Value 'ab' at 'name' failed to satisfy constraint: Member must have \
             length greater than or equal to 3",
        ),
        (
            "CreateDashboard",
            json!({}),
            "ValidationException",
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        ),
        (
            "ListChannels",
            json!({"MaxResults": 0, "NextToken": "abc"}),
            "ValidationException",
            "2 validation errors detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have \
             value greater than or equal to 1; Value 'abc' at 'nextToken' failed to satisfy constraint: Member must \
             have length greater than or equal to 4",
        ),
        (
            "StartQuery",
            json!({"QueryAlias": "1", "QueryParameters": ["a", "b\nc"]}),
            "InvalidParameterException",
            "2 validation errors detected: Value 'b\nc' at 'queryParameters.2.member' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: .*; Value '1' at 'queryAlias' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: ^[a-zA-Z][a-zA-Z0-9._\\-]*$",
        ),
        (
            "PutInsightSelectors",
            json!({"InsightSelectors": [{"InsightType": "x"}]}),
            "InvalidParameterException",
            "1 validation error detected: Value 'x' at 'insightSelectors.1.member.insightType' failed to satisfy \
             constraint: Member must satisfy enum value set: [ApiCallRateInsight, ApiErrorRateInsight]",
        ),
    ] {
        let (found_code, found_text) = refused(name, &input);
        let sorted = |text: &str| {
            let mut parts: Vec<_> =
                text.split("detected: ").flat_map(|t| t.split("; ")).map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!((found_code.as_str(), sorted(&found_text)), (code, sorted(text)), "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_a_serialization_exception() {
    let too_deep = (0..65).fold(json!(1), |value, _| json!([value]));
    for (name, input, text) in [
        ("StartQuery", json!({"QueryStatement": 1}), "'QueryStatement' must be a string, not 1"),
        ("StartQuery", json!([]), "The input must be an object, not a list"),
        ("ListTrails", json!("x"), "The input must be an object, not a string"),
        (
            "StartQuery",
            json!({"QueryParameters": [null]}),
            "'QueryParameters[0]' must be a string, not null",
        ),
        (
            "ListQueries",
            json!({"StartTime": "2026-11-28"}),
            "'StartTime' must be a number of seconds since 1970, not a string",
        ),
        (
            "ListQueries",
            json!({"StartTime": 1.8e12}),
            "'StartTime' must be a number of seconds since 1970",
        ),
        (
            "ListQueries",
            json!({"MaxResults": 1.5}),
            "'MaxResults' must be a 32-bit integer, not 1.5",
        ),
        (
            "ListQueries",
            json!({"MaxResults": 3_000_000_000_u64}),
            "'MaxResults' must be a 32-bit integer",
        ),
        ("ListQueries", json!({"MaxResults": u64::MAX}), "'MaxResults' must be a 32-bit integer"),
        (
            "ListQueries",
            json!({"MaxResults": "1"}),
            "'MaxResults' must be a 32-bit integer, not a string",
        ),
        (
            "CreateTrail",
            json!({"IsMultiRegionTrail": "true"}),
            "'IsMultiRegionTrail' must be a boolean, not a string",
        ),
        ("AddTags", json!({"TagsList": {}}), "'TagsList' must be a list, not an object"),
        (
            "StartDashboardRefresh",
            json!({"QueryParameterValues": []}),
            "'QueryParameterValues' must be an object",
        ),
        ("ListTrails", json!({"Unknown": too_deep}), "Values are nested more than 64 deep"),
    ] {
        let (code, found) = refused(name, &input);
        assert_eq!(code, "SerializationException", "{name} {input}");
        assert!(found.starts_with(text), "{found}");
    }
}

#[test]
fn integers_may_be_written_as_doubles() {
    for number in ["7", "7.0", "7e0", "0.7e1"] {
        let input = format!("{{\"Name\": \"abc\", \"RetentionPeriod\": {number}}}");
        assert_eq!(violations("CreateEventDataStore", &serde_json::from_str(&input).unwrap()), []);
    }
}

#[test]
fn lengths_are_counted_in_characters() {
    let long = |chars| json!({"QueryStatement": "ä".repeat(chars)});
    assert_eq!(violations("StartQuery", &long(10_000)), []);
    let found = violations("StartQuery", &long(10_001));
    assert_eq!(found[0].constraint, Constraint::MaxLength(10_000));
    assert!(found[0].message().len() < 1_000, "what is told is cut");
}

#[test]
fn maps_have_bounds_keys_and_values() {
    let check = |dimensions| {
        let input =
            json!({"InsightSource": ARN, "DataType": "InsightsEvents", "Dimensions": dimensions});
        let found = violations("ListInsightsData", &input);
        found.into_iter().map(|v| (v.place(), v.constraint)).collect::<Vec<_>>()
    };
    assert_eq!(check(json!({})), [("Dimensions".to_owned(), Constraint::MinLength(1))]);
    let two = check(json!({"EventId": "a", "EventName": "b"}));
    assert_eq!(two, [("Dimensions".to_owned(), Constraint::MaxLength(1))]);
    let key = check(json!({"User": "a"}));
    assert!(matches!(&key[..], [(place, Constraint::Enum(_))] if place == "Dimensions[\"User\"]"));
    let value = check(json!({"EventId": ""}));
    assert_eq!(value, [("Dimensions[\"EventId\"]".to_owned(), Constraint::MinLength(1))]);
}

/// Which error is the operation's own for a member.
#[test]
fn members_have_errors_of_their_own() {
    for (name, input, error) in [
        (
            "ListQueries",
            json!({"EventDataStore": ARN, "MaxResults": 0}),
            Some("InvalidMaxResultsException"),
        ),
        (
            "ListQueries",
            json!({"EventDataStore": ARN, "NextToken": ""}),
            Some("InvalidNextTokenException"),
        ),
        (
            "ListQueries",
            json!({"EventDataStore": ARN, "QueryStatus": "X"}),
            Some("InvalidQueryStatusException"),
        ),
        (
            "GetQueryResults",
            json!({"QueryId": "a".repeat(36), "MaxQueryResults": 0}),
            Some("InvalidMaxResultsException"),
        ),
        ("StartQuery", json!({"QueryStatement": ""}), Some("InvalidQueryStatementException")),
        ("StartQuery", json!({"QueryAlias": ""}), None),
        ("SearchSampleQueries", json!({"SearchPhrase": "ab", "MaxResults": 0}), None),
    ] {
        let found = violations(name, &input);
        assert!(!found.is_empty(), "{name} {input}");
        assert_eq!(cloudtrail(name).error_of(&found[0]), error, "{name} {input}");
    }
}

#[test]
fn a_channel_that_is_none_has_an_error_without_exception() {
    let put = operation_at("POST", "/PutAuditEvents").unwrap();
    for (channel, error) in [("x", Some("InvalidChannelARN")), ("arn:x", None)] {
        let event = json!({"id": "a b", "eventData": "{}"});
        let input = json!({"channelArn": channel, "auditEvents": [event]});
        let found = put.check_input(&input).unwrap_err();
        assert_eq!(found.iter().find_map(|violation| put.error_of(violation)), error, "{channel}");
    }
}

#[test]
fn the_answer_to_a_hostile_list_is_short() {
    let input = json!({"ResourceId": "x", "TagsList": vec![json!({"Key": ""}); 100_000]});
    let found = violations("AddTags", &input);
    assert_eq!(found.len(), 20);
    assert_eq!(found[0].constraint, Constraint::MaxLength(200));
    assert!(cloudtrail("AddTags").refusal(&found).message.len() < 10_000);
}

#[test]
fn errors_of_operations_have_their_status() {
    let put = operation_at("POST", "/PutAuditEvents").unwrap();
    let status = |code: &'static str| put.refuse(code, "text").status.as_u16();
    assert_eq!(status("ChannelNotFound"), 404);
    assert_eq!(status("ChannelInsufficientPermission"), 403);
    assert_eq!(status("InvalidChannelARN"), 400);
    assert_eq!(cloudtrail("GetChannel").refuse("ChannelNotFoundException", "").status, 400);
}
