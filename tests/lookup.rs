//! The event history against plain code over the records.

use crate::cli::Shell;
use crate::export::{create, import, records, run, store_of};
use crate::lake::testdata;
use serde_json::Value;

/// Every event that a question finds, by pages of so many.
fn pages(shell: &Shell, more: &[&str], most: usize) -> Vec<Value> {
    let (mut events, mut token) = (Vec::new(), None::<String>);
    loop {
        let most = most.to_string();
        let mut args = vec!["lookup-events", "--store", "first", "--json", "--max-results", &most];
        args.extend(more);
        if let Some(token) = &token {
            args.extend(["--next-token", token]);
        }
        let page: Value = serde_json::from_str(&run(shell, &args)).unwrap();
        events.extend(page["Events"].as_array().unwrap().iter().cloned());
        match &page["NextToken"] {
            Value::Null => return events,
            next => {
                assert_ne!(token.as_deref(), next.as_str());
                token = Some(next.as_str().unwrap().to_owned());
            }
        }
    }
}

fn record(event: &Value) -> Value {
    serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()
}

/// Whether a record is one of a management event, also where it does not say so.
fn is_management(record: &Value) -> bool {
    if let Some(category) = record["eventCategory"].as_str().filter(|text| !text.is_empty()) {
        return category == "Management";
    }
    let resources = record["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    record["managementEvent"].as_bool().unwrap_or(
        !record["eventType"].as_str().unwrap_or_default().starts_with("AwsVpceEvent")
            && resources.iter().all(|resource| resource["type"] != "AWS::S3::Object"),
    )
}

/// The texts of events, in the order of text.
fn texts(events: &[&Value]) -> Vec<String> {
    let mut texts: Vec<_> =
        events.iter().map(|event| event["CloudTrailEvent"].as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

#[test]
fn pages_have_every_management_event_once_and_the_newest_first() {
    let shell = store_of(&[&testdata("trail")]);
    let all = records(&shell, "first");
    let is_wanted = |text: &&String| is_management(&serde_json::from_str(text).unwrap());
    let want: Vec<_> = all.iter().filter(is_wanted).cloned().collect();
    assert!(want.len() > 100 && want.len() < all.len());
    let whole = pages(&shell, &[], 1_000);
    assert_eq!(pages(&shell, &[], 37), whole);
    assert_eq!(texts(&whole.iter().collect::<Vec<_>>()), want);
    let times: Vec<_> = whole.iter().map(|event| event["EventTime"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    for event in &whole {
        let record = record(event);
        assert_eq!(event["EventId"], record["eventID"]);
        assert_eq!(event["EventName"], record["eventName"]);
        assert_eq!(event["EventSource"], record["eventSource"]);
        assert_eq!(event["AccessKeyId"], record["userIdentity"]["accessKeyId"]);
        let read_only = record["readOnly"].as_bool().map(|read_only| read_only.to_string());
        assert_eq!(event["ReadOnly"].as_str().map(str::to_owned), read_only);
    }

    // What is printed can be imported.
    let page =
        run(&shell, &["lookup-events", "--store", "first", "--json", "--max-results", "1000"]);
    let file = shell.path("page.json");
    std::fs::write(&file, page).unwrap();
    create(&shell, "second");
    import(&shell, "second", &file);
    assert_eq!(records(&shell, "second"), want);
}

#[test]
fn events_without_a_time_come_last() {
    let shell = Shell::new();
    create(&shell, "first");
    let odd = shell.path("odd.json");
    std::fs::write(&odd, crate::export::odd_records(3)).unwrap();
    import(&shell, "first", &odd);
    let whole = pages(&shell, &[], 1_000);
    assert_eq!(whole.len(), records(&shell, "first").len());
    assert_eq!(pages(&shell, &[], 9), whole);
    let has_time = |event: &Value| event["EventTime"].is_string();
    assert!(whole.iter().any(|event| !has_time(event)));
    assert!(whole.iter().is_sorted_by_key(|event| !has_time(event)));
}

#[test]
fn an_attribute_finds_the_events_that_have_it() {
    let shell = store_of(&[&testdata("trail")]);
    let whole = pages(&shell, &[], 1_000);
    let named = |event: &Value, member: &str, value: &str| {
        let resources = event["Resources"].as_array().unwrap();
        resources.iter().any(|resource| resource[member] == value)
    };
    for (attribute, value) in [
        ("EventName", "AssumeRole"),
        ("ReadOnly", "true"),
        ("ReadOnly", "false"),
        ("Username", "root"),
        ("Username", "tf-run-2"),
        ("EventSource", "iam.amazonaws.com"),
        ("EventName", "assumerole"),
        ("ResourceType", "AWS::IAM::Role"),
        ("ResourceType", "AWS::EC2::Instance"),
    ] {
        let has = |event: &&Value| match attribute {
            "ResourceType" => named(event, "ResourceType", value),
            _ => event[attribute] == value,
        };
        let want: Vec<_> = whole.iter().filter(has).collect();
        let is_found = value != "assumerole";
        assert_eq!(!want.is_empty(), is_found, "{attribute}");
        let found = pages(&shell, &["--attribute", &format!("{attribute}={value}")], 20);
        assert_eq!(found.iter().collect::<Vec<_>>(), want, "{attribute}={value}");
    }
    // Of each of these, one that is there.
    for attribute in ["EventId", "AccessKeyId", "ResourceName"] {
        let value = |event: &Value| match attribute {
            "ResourceName" => event["Resources"][0]["ResourceName"].as_str().map(str::to_owned),
            _ => event[attribute].as_str().map(str::to_owned),
        };
        let wanted = whole.iter().rev().find_map(value).unwrap();
        let has = |event: &&Value| match attribute {
            "ResourceName" => named(event, "ResourceName", &wanted),
            _ => event[attribute] == *wanted,
        };
        let want: Vec<_> = whole.iter().filter(has).collect();
        let given = format!("AttributeKey={attribute},AttributeValue={wanted}");
        let found = pages(&shell, &["--lookup-attributes", &given], 3);
        assert_eq!(found.iter().collect::<Vec<_>>(), want, "{given}");
    }
    let injected = pages(&shell, &["--attribute", "EventName=x' OR 'a' = 'a"], 3);
    assert!(injected.is_empty());
    let region = pages(&shell, &["--region", "eu-west-1", "--from", "2026-03-01T12:00:00Z"], 5);
    let is_there = |event: &&Value| {
        record(event)["awsRegion"] == "eu-west-1"
            && event["EventTime"].as_str().unwrap() >= "2026-03-01T12:00:00"
    };
    assert_eq!(
        region.iter().collect::<Vec<_>>(),
        whole.iter().filter(is_there).collect::<Vec<_>>()
    );
    assert!(!region.is_empty());
}

#[test]
fn the_event_history_is_a_table_for_people() {
    let shell = Shell::new();
    shell.run(&["import", crate::cli::TRAIL]);
    shell.run(&["store", "create", "insights", "--category", "Insight"]);
    shell.run(&["import", "testdata/categories", "--store", "insights"]);
    shell.run(&["store", "create", "evidence", "--category", "Evidence"]);
    let lookup = |more: &[&str]| shell.run(&[&["lookup-events"], more].concat());
    let token = {
        let page = run(&shell, &["lookup-events", "--json", "--max-results", "1"]);
        let page: Value = serde_json::from_str(&page).unwrap();
        page["NextToken"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(
        [
            lookup(&["--max-results", "5"]),
            lookup(&["--max-results", "2", "--attribute", "Username=root"]),
            lookup(&["--attribute", "EventName=Nothing"]),
            lookup(&["--max-results", "1", "--next-token", &token]),
            lookup(&["--region", "eu-west-1", "--next-token", &token]),
            lookup(&["--next-token", "x"]),
            lookup(&["--attribute", "Color=blue"]),
            lookup(&["--attribute", "EventName"]),
            lookup(&["--attribute", "ReadOnly=yes"]),
            lookup(&["--attribute", "EventName=A", "--attribute", "EventName=B"]),
            lookup(&["--from", "2026-03-02", "--to", "2026-03-01"]),
            lookup(&["--max-results", "0"]),
            lookup(&["--days", "7", "--from", "2026-03-01"]),
            lookup(&["--store", "insights"]),
            lookup(&["--store", "insights", "--attribute", "EventName=GetObject"]),
            lookup(&["--store", "evidence"]),
        ]
        .join("\n")
    );
}
