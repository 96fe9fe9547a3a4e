//! What trails select, record and deliver, as the API tells it.

use super::trails::ARN;
use super::{Fixture, now};
use crate::envelope::{Source, discover};
use crate::server::audit::AuditError;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;

impl Fixture {
    /// The records that are in the bucket, and the number of files.
    fn trail_files(&self) -> (Vec<Value>, usize) {
        let folder = self.api.buckets.get("logs").unwrap().folder().to_str().unwrap().to_owned();
        let found = discover(&[folder]).unwrap();
        let is_log = |source: &&Source| source.location.to_string().contains("_CloudTrail_");
        let files: Vec<_> = found.sources.iter().filter(is_log).collect();
        let records = files.iter().flat_map(|source| {
            let mut text = String::new();
            let file = File::open(source.location.to_string()).unwrap();
            GzDecoder::new(file).read_to_string(&mut text).unwrap();
            let read: Value = serde_json::from_str(&text).unwrap();
            read["Records"].as_array().unwrap().clone()
        });
        (records.collect(), files.len())
    }
}

#[test]
fn selectors_of_one_kind_take_the_place_of_the_other() {
    let fixture = Fixture::new();
    fixture.trail(json!({}));
    let get = || fixture.ask("GetEventSelectors", json!({"TrailName": "audit"}));
    let has_custom = || {
        fixture.ask("GetTrail", json!({"Name": "audit"}))["Trail"]["HasCustomEventSelectors"]
            .clone()
    };
    let all = json!({"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
        "ExcludeManagementEventSources": []});
    assert_eq!(get(), json!({"TrailARN": ARN, "EventSelectors": [all]}));
    assert_eq!(has_custom(), false);
    // The example of AWS's page on X-Ray, as a request has it.
    let advanced = json!([{"FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::XRay::Trace"]},
            {"Field": "eventName", "Equals": ["PutTraceSegments", "GetSamplingTargets"]}],
        "Name": "Log X-Ray PutTraceSegments and GetSamplingTargets data events"}]);
    let put = json!({"TrailName": ARN, "AdvancedEventSelectors": advanced, "EventSelectors": []});
    let expected = json!({"TrailARN": ARN, "AdvancedEventSelectors": advanced});
    assert_eq!(fixture.ask("PutEventSelectors", put), expected);
    assert_eq!(get(), expected, "there are no basic ones");
    assert_eq!(has_custom(), true);
    let basic = json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::bucket/"]}]},
        {"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]);
    let shown = json!([
        {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::bucket/"]}],
            "ExcludeManagementEventSources": []},
        {"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
            "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]);
    let put =
        fixture.ask("PutEventSelectors", json!({"TrailName": "audit", "EventSelectors": basic}));
    assert_eq!(put, json!({"TrailARN": ARN, "EventSelectors": shown}));
    assert_eq!(get(), put);
    let refused = |more: Value| {
        let mut input = json!({"TrailName": "audit"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fixture.refused("PutEventSelectors", input)
    };
    let resource = |kind: &str, values: Value| json!({"EventSelectors": [{"DataResources": [{"Type": kind, "Values": values}]}]});
    let of = |category: &str| {
        json!({"AdvancedEventSelectors": [{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": [category]}]}]})
    };
    for wrong in [
        json!({}),
        json!({"EventSelectors": [], "AdvancedEventSelectors": []}),
        json!({"EventSelectors": basic, "AdvancedEventSelectors": advanced}),
        json!({"EventSelectors": vec![json!({}); 6]}),
        json!({"EventSelectors": [{"ExcludeManagementEventSources": ["s3.amazonaws.com"]}]}),
        resource("AWS::XRay::Trace", json!([])),
        resource("AWS::S3::Object", json!(["arn:aws:s3:::bucket"])),
        resource("AWS::S3::Object", json!(vec!["arn:aws:s3:::bucket/"; 251])),
        json!({"EventSelectors": [{"DataResources": [{}]}]}),
        of("ConfigurationItem"),
        of("Insight"),
        of("Nothing"),
        json!({"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]}),
    ] {
        assert_eq!(refused(wrong.clone()), "InvalidEventSelectorsException", "{wrong}");
    }
    for (unreadable, error) in [
        (json!({"EventSelectors": [{"ReadWriteType": "Some"}]}), "InvalidEventSelectorsException"),
        (json!({"EventSelectors": "All"}), "SerializationException"),
        (json!({"AdvancedEventSelectors": [{}]}), "ValidationException"),
    ] {
        assert_eq!(refused(unreadable.clone()), error, "{unreadable}");
    }
    assert_eq!(get(), put, "it stays as it was");
}

#[test]
fn what_a_trail_is_told_beside_is_kept() {
    let fixture = Fixture::new();
    fixture.trail(json!({"TagsList": [{"Key": "team", "Value": "blue"}]}));
    let tags = || {
        let listed = fixture.ask("ListTags", json!({"ResourceIdList": [ARN]}));
        listed["ResourceTagList"][0]["TagsList"].clone()
    };
    assert_eq!(tags(), json!([{"Key": "team", "Value": "blue"}]));
    let add = json!({"ResourceId": ARN, "TagsList": [{"Key": "case", "Value": "42"}, {"Key": "team", "Value": "red"}]});
    fixture.ask("AddTags", add);
    assert_eq!(tags(), json!([{"Key": "case", "Value": "42"}, {"Key": "team", "Value": "red"}]));
    let many: Vec<_> = (0..50).map(|n| json!({"Key": n.to_string()})).collect();
    let refused = fixture.refused("AddTags", json!({"ResourceId": ARN, "TagsList": many}));
    assert_eq!(refused, "TagsLimitExceededException");
    let remove =
        json!({"ResourceId": ARN, "TagsList": [{"Key": "case"}, {"Key": "team", "Value": "blue"}]});
    fixture.ask("RemoveTags", remove);
    assert_eq!(tags(), json!([{"Key": "team", "Value": "red"}]));

    let of_trail = json!({"TrailName": "audit"});
    let off = || fixture.refused("GetInsightSelectors", of_trail.clone());
    assert_eq!(off(), "InsightNotEnabledException");
    let selectors =
        json!([{"InsightType": "ApiCallRateInsight", "EventCategories": ["Management", "Data"]}]);
    let put = |more: Value| {
        let mut input = json!({"TrailName": "audit", "InsightSelectors": selectors});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let kept = json!({"TrailARN": ARN, "InsightSelectors": selectors});
    assert_eq!(fixture.ask("PutInsightSelectors", put(json!({}))), kept);
    assert_eq!(fixture.ask("GetInsightSelectors", of_trail.clone()), kept);
    let has = |has: bool| {
        let trail = fixture.ask("GetTrail", json!({"Name": "audit"}));
        assert_eq!(trail["Trail"]["HasInsightSelectors"], has);
    };
    has(true);
    let store = fixture.default_store();
    let to = fixture.refused("PutInsightSelectors", put(json!({"InsightsDestination": store})));
    assert_eq!(to, "InvalidParameterCombinationException");
    let wrong = fixture.refused("PutInsightSelectors", put(json!({"InsightSelectors": [{}]})));
    assert_eq!(wrong, "InvalidInsightSelectorsException");
    fixture.ask("PutInsightSelectors", put(json!({"InsightSelectors": []})));
    assert_eq!(off(), "InsightNotEnabledException");
    has(false);

    let configuration = || fixture.ask("GetEventConfiguration", of_trail.clone());
    assert_eq!(configuration(), json!({"TrailARN": ARN, "AggregationConfigurations": []}));
    let aggregated = json!([{"Templates": ["API_ACTIVITY"], "EventCategory": "Data"}]);
    let put = json!({"TrailName": "audit", "AggregationConfigurations": aggregated});
    let kept = json!({"TrailARN": ARN, "AggregationConfigurations": aggregated});
    assert_eq!(fixture.ask("PutEventConfiguration", put), kept);
    assert_eq!(configuration(), kept);
    let large = json!({"TrailName": "audit", "MaxEventSize": "Large"});
    let refused = fixture.refused("PutEventConfiguration", large);
    assert_eq!(refused, "InvalidParameterCombinationException");
    let nothing = fixture.refused("PutEventConfiguration", of_trail.clone());
    assert_eq!(nothing, "InvalidParameterException");
    let of_arn = json!({"ResourceArn": ARN});
    assert_eq!(fixture.refused("GetResourcePolicy", of_arn), "ResourceTypeNotSupportedException");
    let counted = json!({"TrailName": "audit", "EventSource": "s3.amazonaws.com",
        "EventName": "DeleteBucket", "InsightType": "ApiCallRateInsight"});
    assert_eq!(fixture.ask("ListInsightsMetricData", counted)["Values"], json!([]));
}

#[test]
fn calls_are_recorded_between_start_and_stop() {
    let fixture = Fixture::new();
    fixture.trail(json!({}));
    let status = || fixture.ask("GetTrailStatus", json!({"Name": "audit"}));
    assert_eq!(status(), json!({"IsLogging": false}));
    fixture.ask("StartLogging", json!({"Name": ARN}));
    fixture.ask("StartLogging", json!({"Name": "audit"}));
    let started = json!({"IsLogging": true, "StartLoggingTime": now().timestamp(),
        "TimeLoggingStarted": "2026-11-28T17:00:00Z"});
    assert_eq!(status(), started);
    let query = fixture.finished("SELECT 1 AS one");
    fixture.refused("StartQuery", json!({"QueryStatement": "SELECT colour"}));
    let denied = fixture.signed(&fixture.reader, "DeleteTrail", &json!({"Name": "audit"}));
    assert_eq!(denied.1["__type"], "AccessDeniedException");
    let (status_of_unknown, _) =
        fixture.signed(&super::AccessKey::new("nobody", "secret"), "ListTrails", &json!({}));
    assert_eq!(status_of_unknown, 400);
    fixture.ask("StopLogging", json!({"Name": "audit"}));
    fixture.ask("StopLogging", json!({"Name": "audit"}));
    let (records, files) = fixture.trail_files();
    assert_eq!(files, 1, "it is there when the stop is answered");
    let of = |name: &str| records.iter().filter(|r| r["eventName"] == name).collect::<Vec<_>>();
    assert_eq!(
        [of("StartLogging").len(), of("StopLogging").len(), of("ListTrails").len()],
        [2, 1, 0]
    );
    let [started, wrong] = of("StartQuery")[..] else { panic!("{records:?}") };
    assert_eq!(started["responseElements"], json!({"queryId": query}));
    assert_eq!(started["userIdentity"]["accessKeyId"], fixture.admin.id);
    assert_eq!(started["requestID"], "request");
    assert_eq!(wrong["errorCode"], "InvalidQueryStatementException");
    assert!(wrong["errorMessage"].as_str().unwrap().contains("colour"));
    let [deleted] = of("DeleteTrail")[..] else { panic!("{records:?}") };
    assert_eq!(deleted["errorCode"], "AccessDeniedException");
    assert_eq!(deleted["userIdentity"]["userName"], fixture.reader.id);
    let ids: std::collections::HashSet<_> =
        records.iter().map(|r| r["eventID"].to_string()).collect();
    assert_eq!(ids.len(), records.len());
    let status = status();
    assert_eq!(status["IsLogging"], false);
    for member in ["StopLoggingTime", "LatestDeliveryTime"] {
        assert_eq!(status[member], now().timestamp(), "{member}");
    }
    for member in
        ["TimeLoggingStopped", "LatestDeliveryAttemptSucceeded", "LatestDeliveryAttemptTime"]
    {
        assert_eq!(status[member], "2026-11-28T17:00:00Z", "{member}");
    }
    fixture.api.deliver().unwrap();
    assert_eq!(fixture.trail_files().1, 1);
}

#[test]
fn what_is_delivered_can_be_imported() -> Result<(), AuditError> {
    let fixture = Fixture::new();
    fixture.trail(json!({"EnableLogFileValidation": true}));
    fixture.ask("StartLogging", json!({"Name": "audit"}));
    fixture.ask("ListTrails", json!({}));
    fixture.api.deliver()?;
    fixture.ask("StopLogging", json!({"Name": "audit"}));
    let folder = fixture.api.buckets.get("logs").unwrap().folder().to_str().unwrap().to_owned();
    fixture.import("default", &[&folder]);
    let store = fixture.api.lake.store("default").unwrap();
    let (records, _) = fixture.trail_files();
    assert_eq!(fixture.api.lake.catalog().totals(store.id).unwrap().events, records.len() as u64);
    let imports = fixture.api.lake.catalog().imports().unwrap();
    let failures = fixture.api.lake.catalog().failures(&imports[0].id).unwrap();
    assert!(failures.iter().all(|failure| failure.is_notice()), "{failures:?}");
    let events = fixture.ask(
        "LookupEvents",
        json!({"LookupAttributes": [
        {"AttributeKey": "EventName", "AttributeValue": "StopLogging"}]}),
    );
    assert_eq!(events["Events"].as_array().unwrap().len(), 1);
    assert_eq!(
        fixture.ask("GetTrailStatus", json!({"Name": "audit"}))["LatestDigestDeliveryTime"],
        now().timestamp()
    );
    Ok(())
}
