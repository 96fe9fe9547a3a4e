//! Parameters that are masked, left out, or of another type than expected.

use crate::xray::records::{ONE, Record, TWO, call, role, sends, user};
use serde_json::{Value, json};

const MASK: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
const A: &str = "1-69a8c780-5f1e0c7a9b3d2e4f60718293";
const B: &str = "1-69a8c77e-aaaaaaaaaaaaaaaaaaaaaaaa";

/// What may stand where a list of texts is expected.
fn lists() -> Vec<Value> {
    vec![
        json!([A, B]),
        json!([format!("trace_id:{A}"), A, format!("trace_id:trace_id:{A}")]),
        json!(["69a8c780-5f1e", "69A8C7805F1E0C7A9B3D2E4F60718293", A.to_uppercase()]),
        json!(["69a8c7805f1e0c7a9b3d2e4f60718293", "no id", "", A]),
        json!([A, null, 5, true, 25, MASK]),
        json!([A, { "id": B }]),
        json!([A, [B]]),
        json!([]),
        json!([null]),
        json!(MASK),
        json!([MASK]),
        json!({ "id": A }),
        json!(7),
        json!(true),
        json!("[\"1-69a8c780-5f1e0c7a9b3d2e4f60718293\"]"),
        json!("[1"),
        json!(["1-ffffffff-5f1e0c7a9b3d2e4f60718293", "1-00000000-5f1e0c7a9b3d2e4f60718293"]),
        json!([
            "1-69a8d58f-5f1e0c7a9b3d2e4f60718293",
            "1-69a8d590-5f1e0c7a9b3d2e4f60718293",
            "1-69a8d591-5f1e0c7a9b3d2e4f60718293"
        ]),
        json!(["1-69813a80-5f1e0c7a9b3d2e4f60718293", "1-69813a7f-5f1e0c7a9b3d2e4f60718293"]),
        json!(["größe 1-69a8c780", "a\"b\\c\n\u{1}"]),
        Value::Null,
    ]
}

/// Whole parameters that say little.
fn whole() -> Vec<Value> {
    vec![
        json!(MASK),
        json!({ "omitted": true, "originalSize": 112_640 }),
        json!({ "omitted": true, "originalSize": 112_641, "reason": "too large" }),
        json!({ "omitted": true }),
        json!({ "omitted": false, "originalSize": 9 }),
        json!({ "omitted": "true", "originalSize": "77" }),
        json!(5),
        json!([1, 2]),
        json!({}),
        json!("{\"traceSegmentDocuments\": [\"trace_id:1-69a8c780-5f1e0c7a9b3d2e4f60718293\"]}"),
    ]
}

/// What may stand where the unprocessed segments are expected.
fn unprocessed() -> Vec<Value> {
    let refused =
        json!({ "id": "1", "errorCode": "InvalidTraceId", "message": "Invalid segment." });
    vec![
        json!([]),
        json!([refused, refused]),
        json!([refused, { "id": "2", "errorCode": "Other", "message": "b" }, {
            "errorCode": "Other", "message": "a" }]),
        json!([refused, MASK, null, 5, { "errorCode": { "deep": 1 } }]),
        json!(MASK),
        json!({ "id": "1" }),
        json!([refused, refused, refused, refused]),
    ]
}

pub(super) fn sent() -> Vec<Record> {
    let mut records = Vec::new();
    for list in lists() {
        let asks = json!({ "traceSegmentDocuments": list });
        records.push(call("PutTraceSegments").asks(asks));
    }
    for asks in whole() {
        records.push(call("PutTraceSegments").asks(asks).at("05T00:00:01"));
    }
    for list in unprocessed() {
        let answers = json!({ "unprocessedTraceSegments": list });
        records.push(sends(&[A, B, B]).answers(answers).at("04T23:59:59"));
    }
    let failed = sends(&[A, A]).at("04T20:10:00");
    for code in ["ThrottledException", "ThrottlingException", "Throttling", "InternalFailure"] {
        records.push(failed.clone().fails(code));
    }
    records.push(failed.clone());
    records.push(failed.clone().at("04T20:10:01").by(user(ONE, "onprem")));
    records.push(failed.clone().at("04T20:10:01").by(user(ONE, "onprem")).fails("Throttling"));
    records.push(failed.clone().account(TWO).by(role(TWO, "svc", "s")));
    records.push(failed.clone().set("additionalEventData", json!({ "bytesTransferredIn": 512.5 })));
    records.push(failed.set("additionalEventData", json!({ "bytesTransferredIn": "1000" })));
    records.push(sends(&[A]).set("additionalEventData", json!({ "bytesTransferredIn": "many" })));
    for size in [1_usize, 4, 20, 21, 50, 51] {
        let ids = vec![A; size];
        let sent = sends(&ids).at("03T08:00:00").by(role(ONE, "sizes", "s"));
        records.push(sent.clone());
        records.push(sent.region("us-east-1").account(TWO).set("eventTime", "2026-03-3T8:00:00Z"));
    }
    records.push(sends(&[A]).set("eventTime", "2026-03-04T10:00:00.250Z"));
    records.push(sends(&[A]).without(&["eventTime"]));
    records.push(sends(&[A]).set("eventID", Value::Null));
    records.push(sends(&[A]).set("errorCode", "").set("vpcEndpointId", "").agent("x/2"));
    records.push(sends(&[A]).set("eventTime", "some day"));
    records.push(sends(&[A]).set("eventName", Value::Null));
    records.push(sends(&[A]).without(&["awsRegion", "recipientAccountId"]).at("04T09:00:00"));
    records.push(sends(&[A]).set("eventVersion", "1.05").at("04T09:00:01").without(&[
        "readOnly",
        "eventCategory",
        "managementEvent",
        "tlsDetails",
    ]));
    records.push(sends(&[A]).set("readOnly", "False").set("tlsDetails", "none"));
    records
}

/// What may stand where statistics of samplers are expected.
fn statistics() -> Vec<Value> {
    let of = |rule: &str, requests: i64, sampled: i64| {
        json!({ "ruleName": rule, "clientID": "0123456789abcdef01234567",
            "requestCount": requests, "sampledCount": sampled, "borrowCount": 1 })
    };
    vec![
        json!([of("Default", 10, 1), of("checkout", 0, 0)]),
        json!([of("Default", 3, 2), { "ruleName": "half", "requestCount": 8 }]),
        json!([{ "ruleName": "old", "clientId": "lower", "requestCount": "12", "sampledCount": "x" }]),
        json!([{ "clientID": { "deep": 1 }, "clientId": "fallback" }, "text", null, 5]),
        json!([{ "ruleName": MASK, "clientID": MASK, "requestCount": MASK }]),
        json!([]),
        json!(MASK),
        json!({ "ruleName": "object" }),
        Value::Null,
    ]
}

/// What may stand where telemetry is expected.
fn telemetry() -> Vec<Value> {
    let record = json!({ "segmentsReceivedCount": 212, "segmentsSentCount": 200,
        "segmentsSpilloverCount": 10, "segmentsRejectedCount": 2,
        "backendConnectionErrors": { "timeoutCount": 3 } });
    vec![
        json!({ "telemetryRecords": [record, record], "hostname": "ip-10-0-0-1" }),
        json!({ "telemetryRecords": [record], "hostname": "ip-10-0-0-1", "ec2InstanceId": "i-0a" }),
        json!({ "telemetryRecords": [record], "hostname": "", "eC2InstanceId": "i-0b" }),
        json!({ "telemetryRecords": [{ "segmentsReceivedCount": "5" }], "ec2InstanceId": "i-0c" }),
        json!({ "telemetryRecords": [record], "EC2InstanceId": "i-0d", "hostname": MASK }),
        json!({ "telemetryRecords": [record], "ec2instanceid": "i-0b" }),
        json!({ "telemetryRecords": [record], "eC2InstanceId": MASK }),
        json!({ "telemetryRecords": [record], "eC2InstanceId": "" }),
        json!({ "telemetryRecords": ["text", null, 5, []], "hostname": "odd" }),
        json!({ "telemetryRecords": MASK, "hostname": "masked" }),
        json!({ "telemetryRecords": [], "hostname": "empty" }),
        json!({ "telemetryRecords": record, "hostname": "object" }),
        Value::Null,
    ]
}

pub(super) fn read() -> Vec<Record> {
    let mut records = Vec::new();
    for (at, list) in lists().into_iter().enumerate() {
        let names = ["BatchGetTraces", "GetTraceGraph", "StartTraceRetrieval"];
        let moment = format!("05T00:01:{:02}", at % 3);
        let asks = json!({ "traceIds": list });
        records.push(call(names[at % 3]).asks(asks).at(&moment).by(role(ONE, "reader", "r")));
    }
    let retrieval = call("ListRetrievedTraces").by(role(ONE, "reader", "r"));
    records.push(retrieval.clone().asks(json!({ "retrievalToken": "t" })).at("05T00:02:00"));
    records.push(call("GetRetrievedTracesGraph").by(role(ONE, "reader", "r")));
    records.push(call("CancelTraceRetrieval").by(role(ONE, "canceller", "r")));
    records.push(retrieval.fails("ResourceNotFoundException").at("05T00:02:01"));
    records.push(call("BatchGetTraces").asks(json!({ "traceIds": [A] })).fails("AccessDenied"));
    for (at, list) in statistics().into_iter().enumerate() {
        let moment = format!("05T01:00:{at:02}");
        let asks = json!({ "samplingStatisticsDocuments": list });
        let polls = call("GetSamplingTargets").asks(asks).at(&moment);
        records.push(if at == 1 { polls.account(TWO) } else { polls });
    }
    for second in 2..6 {
        let asks = json!({ "samplingStatisticsDocuments": [{ "clientID": "busy" }] });
        records.push(call("GetSamplingTargets").asks(asks).at(&format!("05T02:00:0{second}")));
    }
    for asks in telemetry() {
        records.push(call("PutTelemetryRecords").asks(asks).at("05T03:00:00"));
    }
    for filter in ["service(\"a\") { fault }", "annotation.Email = \"x\"", MASK, ""] {
        let asks = json!({ "filterExpression": filter });
        records.push(call("GetTraceSummaries").asks(asks).by(role(ONE, "reader", "r")));
    }
    let asks = json!({ "filterExpression": ["user", 5] });
    records.push(call("GetTraceSummaries").asks(asks).by(role(ONE, "reader", "other")));
    records
}
