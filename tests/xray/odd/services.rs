//! Records of other services, of which some count and some do not, and of transaction search.

use crate::xray::records::{ONE, Record, TWO, call, event, role, user};
use serde_json::{Value, json};

const SINK: &str = "arn:aws:oam:eu-west-1:999988887777:sink/s-1";
const LINK: &str = "arn:aws:oam:eu-west-1:111122223333:link/l-1";

fn links() -> Vec<Record> {
    let oam = |name: &str, asks: Value, answers: Value| {
        event("oam.amazonaws.com", name).asks(asks).answers(answers).by(user(ONE, "anna"))
    };
    let both = json!(["AWS::XRay::Trace", "AWS::Logs::LogGroup"]);
    vec![
        oam("CreateSink", json!({ "name": "central" }), json!({ "arn": SINK, "name": "central" })),
        oam("PutSinkPolicy", json!({ "sinkIdentifier": SINK, "policy": "{}" }), Value::Null),
        oam("DeleteSink", json!({ "identifier": SINK }), Value::Null).at("04T00:00:00"),
        oam(
            "CreateLink",
            json!({ "sinkIdentifier": SINK, "labelTemplate": "$AccountName",
            "resourceTypes": both }),
            json!({ "arn": LINK, "label": "shop" }),
        ),
        oam(
            "CreateLink",
            json!({ "sinkIdentifier": "s-1", "resourceTypes": ["AWS::Logs::LogGroup"] }),
            Value::Null,
        )
        .fails("ConflictException"),
        oam(
            "UpdateLink",
            json!({ "identifier": LINK }),
            json!({ "arn": LINK, "sinkArn": SINK,
            "labelTemplate": "$AccountName", "resourceTypes": both }),
        ),
        oam("DeleteLink", json!({ "identifier": LINK }), Value::Null),
        oam("DeleteLink", Value::Null, Value::Null).by(Value::Null),
        oam("ListLinks", json!({}), Value::Null),
        oam("GetSink", json!({ "identifier": SINK }), Value::Null),
        event("ram.amazonaws.com", "CreateLink").asks(json!({ "sinkIdentifier": SINK })),
    ]
}

fn destinations() -> Vec<Record> {
    let to = |destination: Value| {
        call("UpdateTraceSegmentDestination")
            .asks(json!({ "destination": destination }))
            .answers(json!({ "destination": destination, "status": "PENDING" }))
            .by(user(ONE, "anna"))
    };
    let indexes = |rule: &str, percent: Value| {
        let rate = json!({ "probabilistic": { "desiredSamplingPercentage": percent } });
        call("UpdateIndexingRule").asks(json!({ "name": rule, "rule": rate }))
    };
    vec![
        to(json!("CloudWatchLogs")).at("02T00:00:00"),
        to(json!("XRay")).at("03T00:00:00"),
        to(json!("CloudWatchLogs")).at("04T00:00:00"),
        to(json!("CloudWatchLogs")).at("04T01:00:00").fails("AccessDenied"),
        to(json!("CloudWatchLogs")).at("04T02:00:00").account(TWO),
        to(json!(5)).region("us-east-1"),
        indexes("Default", json!(5)).at("02T00:00:00"),
        indexes("Default", json!(1.5)).at("03T00:00:00"),
        indexes("Default", json!(50)).at("03T00:00:01").fails("Throttling"),
        indexes("Default", json!(100)).at("04T00:00:00"),
        indexes("Default", json!("7")).at("04T00:00:00"),
        indexes("Other", json!(3)).at("04T00:00:00"),
        indexes("Default", Value::Null).at("04T12:00:00"),
        indexes("Default", json!(9)).at("04T13:00:00"),
        indexes("Default", json!(9)).at("04T13:00:00").account(TWO),
        call("UpdateIndexingRule").asks(json!("HIDDEN_DUE_TO_SECURITY_REASONS")),
        call("GetIndexingRules"),
        call("GetTraceSegmentDestination"),
    ]
}

fn logs() -> Vec<Record> {
    let reads = |name: &str, asks: Value| {
        event("logs.amazonaws.com", name).asks(asks).by(role(ONE, "reader", "r"))
    };
    vec![
        reads("StartQuery", json!({ "logGroupNames": ["aws/spans"] })).at("01T00:00:00"),
        reads("StartQuery", json!({ "logGroupNames": ["aws/spans"] })).at("03T00:00:00"),
        reads("StartQuery", json!({ "queryString": "SOURCE 'aws/spans' | fields x" })),
        reads("GetLogEvents", json!({ "logGroupName": "aws/spans" })).at("02T00:00:00"),
        reads("FilterLogEvents", json!({ "logGroupName": "/aws/application-signals/data" })),
        reads("FilterLogEvents", json!({ "logGroupName": "/aws/lambda/x" })),
        reads(
            "StartLiveTail",
            json!({ "logGroupIdentifiers":
            ["arn:aws:logs:eu-west-1:111122223333:log-group:aws/spans"] }),
        )
        .fails("AccessDenied"),
        reads("GetLogRecord", json!("aws/spans")),
        reads("DescribeLogGroups", json!({ "logGroupNamePrefix": "aws/spans" })),
        reads("StartQuery", json!({ "logGroupName": "aws/spans" })).account(TWO),
        reads("StartQuery", json!({ "logGroupName": "aws/spans" })).region("us-east-1"),
        event("xray.example.com", "StartQuery").asks(json!({ "logGroupName": "aws/spans" })),
    ]
}

/// Records of other services with names and parameters of X-Ray.
fn strangers() -> Vec<Record> {
    let trace =
        json!({ "traceSegmentDocuments": ["trace_id:1-69a8c780-5f1e0c7a9b3d2e4f60718293"] });
    vec![
        event("other.amazonaws.com", "PutTraceSegments").asks(trace.clone()),
        event("XRAY.amazonaws.com", "PutTraceSegments").asks(trace.clone()),
        event("xray.amazonaws.com ", "PutEncryptionConfig").asks(json!({ "type": "NONE" })),
        event("other.amazonaws.com", "GetSamplingTargets").fails("Throttling").at("06T00:00:00"),
        event("sts.amazonaws.com", "AssumeRole").by(user(ONE, "anna")).at("06T12:00:00"),
        call("PutTraceSegments").asks(trace).set("eventSource", Value::Null),
        call("GetGroups").at("06T00:00:00").by(role(ONE, "latecomer", "x")),
        call("DescribeNothing").at("05T12:00:00"),
        call("ListTagsForResource").at("05T12:00:00").set("managementEvent", true),
        call("LinkSomething").at("05T12:00:00").set("eventCategory", "Management"),
    ]
}

pub(super) fn odd() -> Vec<Record> {
    [links(), destinations(), logs(), strangers()].concat()
}
