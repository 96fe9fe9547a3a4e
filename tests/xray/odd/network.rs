//! Addresses, endpoints, TLS, and what clients tell of themselves.

use crate::xray::records::{ONE, Record, THREE, TWO, call, role, sends, user};
use serde_json::{Value, json};

const TRACE: &str = "1-69a8c780-0000000000000000000000aa";

pub(super) fn odd() -> Vec<Record> {
    let graph = || call("GetServiceGraph").at("05T05:00:00");
    let denied =
        |message: &str| graph().set("errorCode", "AccessDenied").set("errorMessage", message);
    let mut lambda = role(ONE, "fn", "fn");
    lambda["invokedBy"] = json!("lambda.amazonaws.com");
    let tls = |version: Value| graph().set("tlsDetails", json!({ "tlsVersion": version }));
    let mut records = vec![
        graph().over("vpce-1"),
        graph().over("vpce-2").set("vpcEndpointAccountId", THREE),
        graph().from("198.51.100.7").at("04T05:00:00"),
        graph().from("198.51.100.7").by(role(TWO, "svc", "s")).account(TWO),
        graph().from("2001:db8::7"),
        graph().from("2001:DB8:0::7").by(user(ONE, "anna")),
        graph().from("::ffff:10.0.0.9"),
        graph().from("AWS Internal"),
        graph().from("lambda.amazonaws.com").by(lambda.clone()).without(&["tlsDetails"]),
        graph().from("10.0.0.1").by(lambda.clone()).fails("AccessDenied"),
        graph().from("states.amazonaws.com"),
        graph().from("no address"),
        graph().from(""),
        graph().from("256.1.1.1"),
        graph().without(&["sourceIPAddress"]),
        graph().set("sourceIPAddress", 5),
        graph().from("203.0.113.9"),
        graph().from("172.32.0.1"),
        sends(&[TRACE]).by(role(TWO, "shared", "s")).account(TWO).from("192.0.2.1").over("vpce-9"),
        sends(&[TRACE]).by(role(TWO, "shared", "s")).account(TWO).from("192.0.2.1"),
        sends(&[TRACE, TRACE]).by(role(ONE, "shared", "s")),
        tls(json!("TLSv1")),
        tls(json!("TLSv1.1")).by(user(ONE, "anna")),
        tls(json!("TLSv1.2")),
        tls(json!("SSLv3")),
        tls(json!("")),
        tls(Value::Null).from("198.51.100.7"),
        tls(json!(1.0)),
        denied("User: x is not authorized to perform: xray:GetServiceGraph because"),
        denied("User: x is not authorized to perform: kms:Decrypt on resource"),
        denied("not authorized"),
        graph().fails("AccessDeniedException").without(&["errorMessage"]),
        graph().fails("Client.UnauthorizedOperation"),
        graph().fails("AccessDenied").set("eventName", Value::Null),
        graph().fails("KMSAccessDenied"),
    ];
    for (minute, code) in
        ["ThrottledException", "Throttling", "Other", "ThrottlingException"].into_iter().enumerate()
    {
        let poll = call("GetSamplingRules").at(&format!("05T06:0{}:59", minute * 3));
        records.push(poll.by(lambda.clone()).fails(code));
    }
    for hour in 0..4 {
        let moment = format!("01T0{hour}:00:00");
        records.push(
            sends(&[TRACE]).by(role(ONE, "quiet", "q")).at(&moment).agent("xray-daemon/3.3.5"),
        );
        records.push(call("PutSpans").by(role(ONE, "spans", "q")).at(&moment));
        records.push(call("PutSpansForIndexing").by(role(TWO, "spans", "q")).at(&moment));
    }
    records
}

/// What clients tell of themselves.
const AGENTS: [&str; 44] = [
    "xray-agent/xray-daemon/3.3.14 exec-env/AWS_ECS_EC2 OS/linux-amd64",
    "aws-sdk-go-v2/1.36.3 xray-agent/xray-daemon/3.6.6 exec-env/UNKNOWN OS/linux-amd64",
    "xray-agent/XRay-Daemon/v3.6.7",
    "xray-daemon/latest exec-env/ x",
    "aws-sdk-go/1.55 xray-otel-exporter/UNKNOWN  exec-env/AWS_ECS  OS/linux aws-otel-collector/v0.43.0",
    "aws-sdk-go/1.55 xray-otel-exporter/0.99 otelcol-contrib/0.111.0",
    "OpenTelemetry Collector Contrib/0.90.1",
    "opentelemetry-collector/v0.1",
    "otel collector",
    "xray-otel-exporter/v1.2.3-rc1",
    "CWAgent/1.300049.1b929 (go1.22; linux; amd64) xray-otel-exporter/0.1",
    "amazon-cloudwatch-agent/v1.3 xray-daemon/3.0",
    "cwagent/",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io)",
    "HashiCorp Terraform/v1.5 otelcol/1",
    "OpenTofu/1.8.0",
    "aws-cli/2.15.0 Python/3.11 md/command#xray.get-trace-summaries",
    "[aws-cli/1.18]",
    "my aws-cli/2.15.0",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "[mozilla/5.0]",
    "not Mozilla/5.0",
    "AWS Internal",
    "[AWS Internal]",
    "aws internal tool",
    "lambda.amazonaws.com",
    "lambda.amazonaws.com.cn",
    "lambda.amazonaws.com.example",
    "aws-internal/3 aws-sdk-java/1.12",
    "Coral/2, aws-internal/3",
    "[aws-internal",
    "x-aws-internal/3",
    "aws-internal/",
    "Boto3/1.34.1 md/Botocore#1.34.1",
    "Java/11.0.2",
    "[Boto3/1.34.1]",
    "aws-sdk-ruby3/3.190.0 md/internal",
    "node",
    "x/y/1.0",
    "a\"b'; DROP TABLE x --\u{1}\u{7f}\t\\",
    "größe/1.0",
    "%_/2",
    " leading/1.0",
    "-",
];

pub(super) fn agents() -> Vec<Record> {
    let mut records = Vec::new();
    let long = format!("long/1.0 {}", "x".repeat(5000));
    for (at, agent) in AGENTS.iter().copied().chain(["", &long]).enumerate() {
        let moment = format!("04T07:00:{:02}", at % 60);
        records.push(sends(&[TRACE]).agent(agent).at(&moment).by(role(ONE, "agents", "s")));
    }
    let base = records[0].clone();
    records.push(base.clone().without(&["userAgent"]));
    records.push(base.clone().set("userAgent", 5));
    let console = base.set("sessionCredentialFromConsole", "true");
    records.push(console.clone());
    records.push(console.clone().agent("AWS Internal"));
    records.push(console.clone().agent(""));
    records.push(console.clone().agent("aws-cli/2.0"));
    records.push(console.agent("plain/1.0").set("sessionCredentialFromConsole", true));
    records
}
