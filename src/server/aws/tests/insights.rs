//! Insights events, and counts of calls and errors.

use super::{Fixture, now};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

/// A record at a moment.
fn record(id: usize, at: DateTime<Utc>, error: Option<&str>) -> Value {
    let mut record = json!({
        "eventVersion": "1.08", "eventID": format!("00000000-0000-4000-8000-{id:012}"),
        "eventTime": at.to_rfc3339(), "eventSource": "s3.amazonaws.com",
        "eventName": "DeleteBucket", "awsRegion": "eu-west-1", "eventType": "AwsApiCall",
        "eventCategory": "Management", "managementEvent": true, "readOnly": false,
        "userIdentity": {"type": "Root", "accountId": "111122223333"},
        "recipientAccountId": "111122223333",
    });
    if let Some(error) = error {
        record["errorCode"] = json!(error);
    }
    record
}

fn asked(more: Value) -> Value {
    let mut input = json!({"EventSource": "s3.amazonaws.com", "EventName": "DeleteBucket",
        "InsightType": "ApiCallRateInsight"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[test]
fn insights_events_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/mine";
    let input = json!({"InsightSource": trail, "DataType": "InsightsEvents", "Dimensions": {"EventName": "x"}});
    assert_eq!(fixture.ask("ListInsightsData", input.clone()), json!({"Events": []}));
    for (member, value) in [
        ("InsightSource", json!(fixture.default_store())),
        ("DataType", json!("Events")),
        ("Dimensions", json!({"EventName": "x", "EventId": "y"})),
        ("NextToken", json!("nonsense")),
        ("MaxResults", json!(51)),
    ] {
        let mut wrong = input.clone();
        wrong[member] = value;
        let refused = fixture.refused("ListInsightsData", wrong);
        assert_eq!(refused, "InvalidParameterException", "{member}");
    }
    let mut wrong = input;
    wrong["StartTime"] = json!(2);
    wrong["EndTime"] = json!(1.5);
    assert_eq!(fixture.refused("ListInsightsData", wrong), "InvalidParameterException");
}

#[test]
fn calls_are_counted_once_and_agree_over_periods() {
    let fixture = Fixture::new();
    fixture.made("second");
    // now() is no beginning of an hour: 17:00 is.
    let hour = now() - Duration::hours(3);
    assert_eq!(hour.timestamp() % 3_600, 0);
    let at = |seconds: i64| hour + Duration::seconds(seconds);
    let seconds = [0, 59, 60, 299, 300, 3_599, 3_600, 7_201, 7_202];
    let records: Vec<_> = seconds
        .iter()
        .enumerate()
        .map(|(id, seconds)| record(id, at(*seconds), (id % 3 == 0).then_some("AccessDenied")))
        .collect();
    fixture.import_records("default", &records[..6]);
    // Three lie in both stores, one of them as another text.
    let mut second = records[3..].to_vec();
    second[2]["requestID"] = json!("another text");
    fixture.import_records("second", &second);
    let of = |more: Value| {
        let found = fixture.ask("ListInsightsMetricData", asked(more));
        (found["Timestamps"].clone(), found["Values"].clone())
    };
    let begin = hour.timestamp();
    let hours = of(json!({}));
    assert_eq!(hours, (json!([begin, begin + 3_600, begin + 7_200]), json!([6, 1, 2])));
    let fives = of(json!({"Period": 300}));
    let starts = [0, 300, 3_300, 3_600, 7_200].map(|second| begin + second);
    assert_eq!(fives, (json!(starts), json!([4, 1, 1, 1, 2])));
    let ones = of(json!({"Period": 60})).1;
    let sum = |values: &Value| {
        values.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!([sum(&hours.1), sum(&fives.1), sum(&ones)], [9, 9, 9]);
    let errors = asked(json!({"InsightType": "ApiErrorRateInsight", "ErrorCode": "AccessDenied"}));
    let errors = fixture.ask("ListInsightsMetricData", errors);
    assert_eq!(
        errors,
        json!({"EventSource": "s3.amazonaws.com", "EventName": "DeleteBucket",
            "InsightType": "ApiErrorRateInsight", "ErrorCode": "AccessDenied",
            "Timestamps": [begin, begin + 3_600], "Values": [2, 1]})
    );
    // The start is part of the range, the end is not.
    let range = json!({"StartTime": begin + 60, "EndTime": begin + 3_600});
    assert_eq!(of(range), (json!([begin]), json!([4])));
    let other = asked(json!({"EventName": "CreateBucket"}));
    let none = fixture.ask("ListInsightsMetricData", other);
    assert_eq!((&none["Timestamps"], &none["Values"]), (&json!([]), &json!([])));
}

#[test]
fn counts_have_pages() {
    let fixture = Fixture::new();
    let hour = now() - Duration::hours(2);
    let begin = hour.timestamp();
    let records: Vec<_> = (0..20)
        .map(|id| record(id, hour + Duration::seconds(150 * i64::try_from(id).unwrap()), None))
        .collect();
    fixture.import_records("default", &records);
    for data_type in ["NonZeroData", "FillWithZeros"] {
        let range = json!({"StartTime": begin + 10, "EndTime": begin + 3_590, "Period": 60, "DataType": data_type});
        let input = asked(range);
        let whole = fixture.ask("ListInsightsMetricData", input.clone());
        assert!(whole.get("NextToken").is_none());
        let values: Vec<u64> =
            whole["Values"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
        assert_eq!(values.iter().sum::<u64>(), 19, "all but the first, which is before the start");
        let periods = if data_type == "FillWithZeros" { 60 } else { 19 };
        assert_eq!(values.len(), periods);
        for most in [1, 7, 19, 60] {
            let mut input = input.clone();
            input["MaxResults"] = json!(most);
            for list in ["Values", "Timestamps"] {
                let pages = fixture.pages("ListInsightsMetricData", input.clone(), list);
                assert_eq!(json!(pages), whole[list], "{data_type} {most} {list}");
            }
        }
    }
}

#[test]
fn questions_for_counts_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    for more in [
        json!({"Period": 61}),
        json!({"Period": 59}),
        json!({"StartTime": 2, "EndTime": 1}),
        json!({"InsightType": "ApiErrorRateInsight"}),
        json!({"ErrorCode": "AccessDenied"}),
        json!({"TrailName": "trail"}),
        json!({"EventSource": "s3"}),
        json!({"DataType": "Zeros"}),
        json!({"NextToken": "nonsense"}),
    ] {
        let refused = fixture.refused("ListInsightsMetricData", asked(more.clone()));
        assert_eq!(refused, "InvalidParameterException", "{more}");
    }
    let bad = fixture.refused("ListInsightsMetricData", asked(json!({"TrailName": "-"})));
    assert_eq!(bad, "InvalidTrailNameException");
}
