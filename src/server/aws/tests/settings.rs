//! What stores are told and keep: federation, the configuration of their events, insights.

use super::Fixture;
use serde_json::{Value, json};

#[test]
fn a_federated_store_is_shown_so_and_stays() {
    let fixture = Fixture::new();
    let made = json!({"Name": "shared", "TerminationProtectionEnabled": false});
    let arn = fixture.ask("CreateEventDataStore", made)["EventDataStoreArn"].clone();
    let this = json!({"EventDataStore": arn});
    let shown =
        |got: &Value| (got["FederationStatus"].clone(), got.get("FederationRoleArn").cloned());
    let got = fixture.ask("GetEventDataStore", this.clone());
    assert_eq!(shown(&got), (json!("DISABLED"), None));
    let role = "arn:aws:iam::111122223333:role/federation";
    let on = json!({"EventDataStore": arn, "FederationRoleArn": role});
    let wrong = json!({"EventDataStore": arn, "FederationRoleArn": "federation"});
    assert_eq!(fixture.refused("EnableFederation", wrong), "InvalidParameterException");
    let enabled = fixture.ask("EnableFederation", on.clone());
    let expected =
        json!({"EventDataStoreArn": arn, "FederationStatus": "ENABLED", "FederationRoleArn": role});
    assert_eq!(enabled, expected);
    let again = fixture.refused("EnableFederation", on.clone());
    assert_eq!(again, "EventDataStoreFederationEnabledException");
    let got = fixture.ask("GetEventDataStore", this.clone());
    assert_eq!(shown(&got), (json!("ENABLED"), Some(json!(role))));
    let update = json!({"EventDataStore": arn, "RetentionPeriod": 30});
    let updated = fixture.ask("UpdateEventDataStore", update);
    assert_eq!(shown(&updated), (json!("ENABLED"), Some(json!(role))));
    let deleted = fixture.refused("DeleteEventDataStore", this.clone());
    assert_eq!(deleted, "EventDataStoreFederationEnabledException");
    for _ in 0..2 {
        let disabled = fixture.ask("DisableFederation", this.clone());
        assert_eq!(disabled, json!({"EventDataStoreArn": arn, "FederationStatus": "DISABLED"}));
    }
    fixture.ask("DeleteEventDataStore", this.clone());
    for (operation, input) in [("EnableFederation", on), ("DisableFederation", this)] {
        assert_eq!(fixture.refused(operation, input), "InactiveEventDataStoreException");
    }
}

#[test]
fn the_configuration_of_events_is_kept() {
    let fixture = Fixture::new();
    let store = fixture.default_store();
    let get = || fixture.ask("GetEventConfiguration", json!({"EventDataStore": store}));
    let put = |more: Value| {
        let mut input = json!({"EventDataStore": store});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let standard =
        json!({"EventDataStoreArn": store, "MaxEventSize": "Standard", "ContextKeySelectors": []});
    assert_eq!(get(), standard);
    let keys = json!([{"Type": "TagContext", "Equals": ["team"]}, {"Type": "RequestContext", "Equals": ["aws:x"]}]);
    let small = put(json!({"ContextKeySelectors": keys}));
    let refused = fixture.refused("PutEventConfiguration", small.clone());
    assert_eq!(refused, "InvalidParameterCombinationException");
    assert_eq!(get(), standard, "what was refused is not kept");
    let large = put(json!({"MaxEventSize": "Large", "ContextKeySelectors": keys}));
    let kept = fixture.ask("PutEventConfiguration", large);
    let expected =
        json!({"EventDataStoreArn": store, "MaxEventSize": "Large", "ContextKeySelectors": keys});
    assert_eq!((kept, get()), (expected.clone(), expected));
    let twice =
        json!([{"Type": "TagContext", "Equals": ["a"]}, {"Type": "TagContext", "Equals": ["b"]}]);
    let aggregated = json!([{"Templates": ["API_ACTIVITY"], "EventCategory": "Data"}]);
    for (input, error) in [
        (put(json!({"MaxEventSize": "Standard"})), "InvalidParameterCombinationException"),
        (put(json!({"ContextKeySelectors": twice})), "InvalidParameterException"),
        (
            put(json!({"AggregationConfigurations": aggregated})),
            "InvalidParameterCombinationException",
        ),
        (put(json!({})), "InvalidParameterException"),
        (put(json!({"TrailName": "trail"})), "InvalidParameterCombinationException"),
        (json!({}), "InvalidParameterCombinationException"),
        (json!({"TrailName": "trail"}), "TrailNotFoundException"),
        (json!({"TrailName": "-"}), "InvalidTrailNameException"),
        (json!({"TrailName": "arn:aws:s3:::x"}), "CloudTrailARNInvalidException"),
        (json!({"EventDataStore": "nobody"}), "EventDataStoreNotFoundException"),
    ] {
        assert_eq!(fixture.refused("PutEventConfiguration", input.clone()), error, "{input}");
    }
    fixture.ask("PutEventConfiguration", put(json!({"ContextKeySelectors": []})));
    fixture.ask("PutEventConfiguration", put(json!({"MaxEventSize": "Standard"})));
    assert_eq!(get(), standard);
}

/// Makes a store of events of another category.
fn made_for(fixture: &Fixture, name: &str, category: &str) -> String {
    let selectors = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": [category]}]}]);
    let input = json!({"Name": name, "AdvancedEventSelectors": selectors});
    let made = fixture.ask("CreateEventDataStore", input);
    made["EventDataStoreArn"].as_str().unwrap().to_owned()
}

#[test]
fn selectors_of_insights_are_kept() {
    let fixture = Fixture::new();
    let store = fixture.default_store();
    let destination = made_for(&fixture, "insights", "Insight");
    let get = json!({"EventDataStore": store});
    let off = || fixture.refused("GetInsightSelectors", get.clone());
    assert_eq!(off(), "InsightNotEnabledException");
    let rate = json!([{"InsightType": "ApiCallRateInsight", "EventCategories": ["Management"]},
        {"InsightType": "ApiErrorRateInsight"}]);
    let put = |selectors: &Value| json!({"EventDataStore": store, "InsightsDestination": destination, "InsightSelectors": selectors});
    let kept = json!({"EventDataStoreArn": store, "InsightsDestination": destination, "InsightSelectors": rate});
    assert_eq!(fixture.ask("PutInsightSelectors", put(&rate)), kept);
    assert_eq!(fixture.ask("GetInsightSelectors", get.clone()), kept);
    let configuration = made_for(&fixture, "items", "ConfigurationItem");
    let twice =
        json!([{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiCallRateInsight"}]);
    let data = json!([{"InsightType": "ApiCallRateInsight", "EventCategories": ["Data"]}]);
    let to = |destination: &str| json!({"EventDataStore": store, "InsightsDestination": destination, "InsightSelectors": rate});
    let nobody = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/nobody";
    for (input, error) in [
        (put(&twice), "InvalidInsightSelectorsException"),
        (put(&data), "InvalidInsightSelectorsException"),
        (put(&json!([{}])), "InvalidInsightSelectorsException"),
        (to(&store), "InvalidParameterCombinationException"),
        (to(nobody), "InvalidParameterException"),
        (to("arn:aws:s3:::bucket"), "InvalidParameterException"),
        (
            json!({"EventDataStore": store, "InsightSelectors": rate}),
            "InvalidParameterCombinationException",
        ),
        (json!({"InsightSelectors": rate}), "InvalidParameterCombinationException"),
        (
            json!({"TrailName": "trail", "EventDataStore": store, "InsightSelectors": rate}),
            "InvalidParameterCombinationException",
        ),
        (json!({"TrailName": "trail", "InsightSelectors": rate}), "TrailNotFoundException"),
        (
            json!({"EventDataStore": configuration, "InsightsDestination": destination,
                "InsightSelectors": rate}),
            "InvalidParameterException",
        ),
    ] {
        assert_eq!(fixture.refused("PutInsightSelectors", input.clone()), error, "{input}");
    }
    assert_eq!(fixture.ask("GetInsightSelectors", get.clone()), kept, "it stays as it was");
    let none = json!({"EventDataStore": store, "InsightSelectors": []});
    let ended = fixture.ask("PutInsightSelectors", none);
    assert_eq!(ended, json!({"EventDataStoreArn": store, "InsightSelectors": []}));
    assert_eq!(off(), "InsightNotEnabledException");
    let items = fixture.refused(
        "PutEventConfiguration",
        json!({"EventDataStore": configuration, "MaxEventSize": "Large"}),
    );
    assert_eq!(items, "InvalidEventDataStoreCategoryException");
}
