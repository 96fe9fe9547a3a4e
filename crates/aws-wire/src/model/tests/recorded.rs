//! What records have of inputs and outputs.

use super::*;
use serde_json::json;

#[test]
fn members_are_in_lower_camel_case_and_keys_as_they_were() {
    let input = json!({"TrailName": "t", "Unknown": 1, "EventSelectors": null,
        "AdvancedEventSelectors": [{"Name": "n", "FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]});
    let recorded = json!({"trailName": "t",
        "advancedEventSelectors": [{"name": "n", "fieldSelectors": [{"field": "readOnly", "equals": ["true"]}]}]});
    assert_eq!(cloudtrail("PutEventSelectors").recorded_input(&input), recorded);
    let input =
        json!({"DashboardId": "d", "QueryParameterValues": {"$StartTime$": "x", "Upper": "y"}});
    let recorded =
        json!({"dashboardId": "d", "queryParameterValues": {"$StartTime$": "x", "Upper": "y"}});
    assert_eq!(cloudtrail("StartDashboardRefresh").recorded_input(&input), recorded);
    let output = json!({"TrailARN": "a", "S3BucketName": "b", "LogFileValidationEnabled": true});
    let recorded = json!({"s3BucketName": "b", "trailARN": "a", "logFileValidationEnabled": true});
    assert_eq!(cloudtrail("CreateTrail").recorded_output(&output), recorded);
}

#[test]
fn times_are_text_and_nothing_is_null() {
    let lookup = cloudtrail("LookupEvents");
    let input = json!({"StartTime": 1_795_885_200.5, "EndTime": "now", "MaxResults": 5});
    let recorded =
        json!({"startTime": "Nov 28, 2026, 5:00:00 PM", "endTime": "now", "maxResults": 5});
    assert_eq!(lookup.recorded_input(&input), recorded);
    for nothing in [json!({}), json!({"Other": 1})] {
        assert_eq!(lookup.recorded_input(&nothing), Value::Null);
    }
    assert_eq!(cloudtrail("StopLogging").recorded_output(&json!({})), Value::Null);
}
