//! Event data stores.

use super::Fixture;
use serde_json::{Value, json};

#[test]
fn a_store_lives_as_on_aws() {
    let fixture = Fixture::new();
    let tags = json!([{"Key": "team", "Value": "blue"}]);
    let made =
        fixture.ask("CreateEventDataStore", json!({"Name": "incident-42", "TagsList": tags}));
    assert_eq!((&made["RetentionPeriod"], &made["TagsList"]), (&json!(366), &tags));
    assert_eq!(made["TerminationProtectionEnabled"], true);
    let selector = &made["AdvancedEventSelectors"][0];
    assert_eq!(selector["FieldSelectors"][0]["Equals"], json!(["Management"]));
    let arn = made["EventDataStoreArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/"));
    let id = arn.rsplit('/').next().unwrap();
    let got = fixture.ask("GetEventDataStore", json!({"EventDataStore": id}));
    assert_eq!((&got["Name"], &got["Status"]), (&json!("incident-42"), &json!("ENABLED")));
    let this = json!({"EventDataStore": arn});
    let taken = fixture.refused("CreateEventDataStore", json!({"Name": "incident-42"}));
    assert_eq!(taken, "EventDataStoreAlreadyExistsException");
    let protected = fixture.refused("DeleteEventDataStore", this.clone());
    assert_eq!(protected, "EventDataStoreTerminationProtectedException");
    assert_eq!(fixture.refused("UpdateEventDataStore", this.clone()), "InvalidParameterException");
    let changed = fixture.ask(
        "UpdateEventDataStore",
        json!({"EventDataStore": arn, "Name": "later", "RetentionPeriod": 30,
            "TerminationProtectionEnabled": false, "MultiRegionEnabled": false}),
    );
    assert_eq!((&changed["Name"], &changed["RetentionPeriod"]), (&json!("later"), &json!(30)));
    assert_eq!(changed["MultiRegionEnabled"], false);
    fixture.ask("StopEventDataStoreIngestion", this.clone());
    let stopped = fixture.refused("StopEventDataStoreIngestion", this.clone());
    assert_eq!(stopped, "InvalidEventDataStoreStatusException");
    fixture.ask("StartEventDataStoreIngestion", this.clone());
    let running = fixture.refused("RestoreEventDataStore", this.clone());
    assert_eq!(running, "InvalidEventDataStoreStatusException");
    fixture.ask("DeleteEventDataStore", this.clone());
    let pending = fixture.ask("GetEventDataStore", this.clone());
    assert_eq!(pending["Status"], "PENDING_DELETION");
    let again = fixture.refused("DeleteEventDataStore", this.clone());
    assert_eq!(again, "InactiveEventDataStoreException");
    let inactive = fixture.refused("ListQueries", this.clone());
    assert_eq!(inactive, "InactiveEventDataStoreException");
    assert_eq!(fixture.ask("RestoreEventDataStore", this)["Status"], "ENABLED");
}

#[test]
fn stores_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let make = |more: Value| {
        let mut input = json!({"Name": "made"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fixture.refused("CreateEventDataStore", input)
    };
    let selectors = json!([{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]);
    for (input, error) in [
        (json!({"Name": "a"}), "InvalidParameterException"),
        (json!({"RetentionPeriod": 3}), "InvalidParameterException"),
        (
            json!({"RetentionPeriod": 3_000, "BillingMode": "FIXED_RETENTION_PRICING"}),
            "InvalidParameterException",
        ),
        (json!({"OrganizationEnabled": true}), "OrganizationsNotInUseException"),
        (json!({"AdvancedEventSelectors": selectors}), "InvalidEventSelectorsException"),
        (json!({"TagsList": [{"Key": "a"}, {"Key": "a"}]}), "InvalidTagParameterException"),
    ] {
        assert_eq!(make(input.clone()), error, "{input}");
    }
    let stores = fixture.ask("ListEventDataStores", json!({}))["EventDataStores"].clone();
    assert_eq!(stores.as_array().unwrap().len(), 1, "what was refused is not there");
    let get = |store: &str| fixture.refused("GetEventDataStore", json!({"EventDataStore": store}));
    assert_eq!(get("11111111-1111-1111-1111-111111111111"), "EventDataStoreNotFoundException");
    let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/x";
    assert_eq!(get(trail), "EventDataStoreARNInvalidException");
}

#[test]
fn lists_of_stores_have_pages_and_the_default_one_first() {
    let fixture = Fixture::new();
    for name in ["aaa", "bbb", "ccc"] {
        fixture.ask("CreateEventDataStore", json!({"Name": name}));
    }
    let (mut names, mut input) = (Vec::new(), json!({"MaxResults": 3}));
    loop {
        let page = fixture.ask("ListEventDataStores", input.clone());
        let stores = page["EventDataStores"].as_array().unwrap();
        names.extend(stores.iter().map(|store| store["Name"].as_str().unwrap().to_owned()));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(names[0], "default");
    assert_eq!(names.len(), 4);
    let wrong = fixture.refused("ListEventDataStores", json!({"MaxResults": 0}));
    assert_eq!(wrong, "InvalidMaxResultsException");
}
