//! X-Ray's calls: shares, requests, responses, errors.
//!
//! Follows docs/events.md, sections "Which operations are logged", "How parameters look inside the
//! event" and "Share of event names". The bodies of `PutTraceSegments`, `GetSamplingTargets` and
//! `PutTelemetryRecords` are written by `sends.rs`.

use super::call::{Access, CALL, Call, Failure};

/// Fewest events of each writing call, whatever the scale.
pub(crate) const WRITE_FLOOR: u64 = 3;

/// What can go wrong, in the order of `THROTTLED`, `DENIED`, `INVALID` of `mod.rs`. When it does
/// is decided by `unit.rs`: throttling comes in waves, denials stick to roles.
pub(crate) const FAILURES: &[Failure] = &[
    Failure {
        code: "ThrottledException",
        message: "Rate exceeded",
        per_mille: 0,
        keeps_request: true,
    },
    Failure {
        code: "AccessDenied",
        message: "User: <caller> is not authorized to perform: xray:$NAME because no identity-based policy allows the xray:$NAME action",
        per_mille: 0,
        keeps_request: false,
    },
    Failure {
        code: "InvalidRequestException",
        message: "Start time must be before the end time, and within the last 30 days",
        per_mille: 0,
        keeps_request: true,
    },
];

const fn call(name: &'static str, access: Access, request: &'static str) -> Call {
    let resources = match access {
        Access::ReadData | Access::WriteData => r#"[{"type":"AWS::XRay::Trace"}]"#,
        _ => "",
    };
    Call { source: "xray", name, access, request, resources, ..CALL }
}

const fn write(name: &'static str, request: &'static str, response: &'static str) -> Call {
    Call { response, ..call(name, Access::WriteManagement, request) }
}

/// The calls with their shares of all X-Ray events, in millionths.
pub(crate) const CALLS: &[(Call, u64)] = &[
    (call("PutTraceSegments", Access::WriteData, ""), 660_000),
    (call("GetSamplingTargets", Access::ReadData, ""), 220_000),
    (call("PutTelemetryRecords", Access::WriteData, ""), 26_000),
    (call("GetSamplingRules", Access::ReadManagement, ""), 16_000),
    (
        call(
            "GetTraceSummaries",
            Access::ReadData,
            r#"{"startTime":"<spoken:-1800>","endTime":"<spoken:0>","timeRangeType":"Event","sampling":false,"filterExpression":"<pick:filter>"}"#,
        ),
        22_000,
    ),
    (call("BatchGetTraces", Access::ReadData, r#"{"traceIds":<traces>}"#), 22_000),
    (
        call(
            "GetServiceGraph",
            Access::ReadData,
            r#"{"startTime":"<spoken:-900>","endTime":"<spoken:0>","groupName":"<pick:group>"}"#,
        ),
        13_000,
    ),
    (
        call(
            "GetTimeSeriesServiceStatistics",
            Access::ReadData,
            r#"{"startTime":"<spoken:-21600>","endTime":"<spoken:0>","groupName":"<pick:group>","entitySelectorExpression":"service(\"<pick:service>\")","period":300,"forecastStatistics":false}"#,
        ),
        9000,
    ),
    (call("GetTraceGraph", Access::ReadData, r#"{"traceIds":<traces>}"#), 4000),
    (
        call(
            "GetInsightSummaries",
            Access::ReadManagement,
            r#"{"startTime":"<spoken:-86400>","endTime":"<spoken:0>","states":["ACTIVE","CLOSED"],"groupName":"<pick:group>","maxResults":50}"#,
        ),
        2000,
    ),
    (call("GetGroups", Access::ReadManagement, ""), 1600),
    (call("GetSamplingStatisticSummaries", Access::ReadManagement, ""), 1200),
    (call("GetEncryptionConfig", Access::ReadManagement, ""), 1000),
    (call("GetGroup", Access::ReadManagement, r#"{"groupName":"<pick:group>"}"#), 500),
    (call("GetTraceSegmentDestination", Access::ReadManagement, ""), 400),
    (call("GetInsight", Access::ReadManagement, r#"{"insightId":"<uuid:1>"}"#), 150),
    (
        call(
            "GetInsightEvents",
            Access::ReadManagement,
            r#"{"insightId":"<uuid:1>","maxResults":50}"#,
        ),
        100,
    ),
    (
        call(
            "GetInsightImpactGraph",
            Access::ReadManagement,
            r#"{"insightId":"<uuid:1>","startTime":"<spoken:-7200>","endTime":"<spoken:0>"}"#,
        ),
        100,
    ),
    (call("GetIndexingRules", Access::ReadManagement, ""), 300),
    (call("ListResourcePolicies", Access::ReadManagement, ""), 300),
    (
        call(
            "ListTagsForResource",
            Access::ReadManagement,
            r#"{"resourceARN":"arn:aws:xray:<region>:<account>:group/<pick:group>/<id:1:24>"}"#,
        ),
        150,
    ),
    (
        write(
            "UpdateSamplingRule",
            r#"{"samplingRuleUpdate":{"ruleName":"<pick:rule>","fixedRate":0.<num:2:40>,"reservoirSize":<num:1:10>}}"#,
            r#"{"samplingRuleRecord":{"samplingRule":{"ruleName":"<pick:rule>","ruleARN":"arn:aws:xray:<region>:<account>:sampling-rule/<pick:rule>","resourceARN":"*","priority":100,"fixedRate":0.1,"reservoirSize":2,"serviceName":"<pick:service>","serviceType":"*","host":"*","hTTPMethod":"*","uRLPath":"*","version":1,"attributes":{}},"createdAt":"<spoken:-864000>","modifiedAt":"<spoken:0>"}}"#,
        ),
        60,
    ),
    (
        write(
            "CreateSamplingRule",
            r#"{"samplingRule":{"ruleName":"<pick:service>-<hex:1:6>","resourceARN":"*","priority":<num:10:9000>,"fixedRate":0.05,"reservoirSize":5,"serviceName":"<pick:service>","serviceType":"*","host":"*","hTTPMethod":"*","uRLPath":"/api/*","version":1,"attributes":{}},"tags":[{"key":"team","value":"<pick:service>"}]}"#,
            r#"{"samplingRuleRecord":{"samplingRule":{"ruleName":"<pick:service>-<hex:1:6>","ruleARN":"arn:aws:xray:<region>:<account>:sampling-rule/<pick:service>-<hex:1:6>","resourceARN":"*","priority":100,"fixedRate":0.05,"reservoirSize":5,"serviceName":"<pick:service>","serviceType":"*","host":"*","hTTPMethod":"*","uRLPath":"/api/*","version":1,"attributes":{}},"createdAt":"<spoken:0>","modifiedAt":"<spoken:0>"}}"#,
        ),
        30,
    ),
    (
        write(
            "DeleteSamplingRule",
            r#"{"ruleName":"<pick:service>-<hex:1:6>"}"#,
            r#"{"samplingRuleRecord":{"samplingRule":{"ruleName":"<pick:service>-<hex:1:6>","ruleARN":"arn:aws:xray:<region>:<account>:sampling-rule/<pick:service>-<hex:1:6>","resourceARN":"*","priority":200,"fixedRate":0.05,"reservoirSize":1,"serviceName":"<pick:service>","serviceType":"*","host":"*","hTTPMethod":"*","uRLPath":"*","version":1},"createdAt":"<spoken:-432000>","modifiedAt":"<spoken:-432000>"}}"#,
        ),
        20,
    ),
    (
        write(
            "CreateGroup",
            r#"{"groupName":"<pick:service>-<hex:1:4>","filterExpression":"<pick:filter>","insightsConfiguration":{"insightsEnabled":true,"notificationsEnabled":false}}"#,
            r#"{"group":{"groupName":"<pick:service>-<hex:1:4>","groupARN":"arn:aws:xray:<region>:<account>:group/<pick:service>-<hex:1:4>/<id:2:24>","filterExpression":"<pick:filter>","insightsConfiguration":{"insightsEnabled":true,"notificationsEnabled":false}}}"#,
        ),
        20,
    ),
    (
        write(
            "UpdateGroup",
            r#"{"groupName":"<pick:group>","filterExpression":"<pick:filter>","insightsConfiguration":{"insightsEnabled":true,"notificationsEnabled":true}}"#,
            r#"{"group":{"groupName":"<pick:group>","groupARN":"arn:aws:xray:<region>:<account>:group/<pick:group>/<id:2:24>","filterExpression":"<pick:filter>","insightsConfiguration":{"insightsEnabled":true,"notificationsEnabled":true}}}"#,
        ),
        20,
    ),
    (write("DeleteGroup", r#"{"groupName":"<pick:service>-<hex:1:4>"}"#, ""), 10),
    (
        write(
            "PutEncryptionConfig",
            r#"{"keyId":"alias/xray-cmk","type":"KMS"}"#,
            r#"{"encryptionConfig":{"keyId":"arn:aws:kms:<region>:<account>:key/<key>","status":"UPDATING","type":"KMS"}}"#,
        ),
        10,
    ),
    (
        write(
            "PutResourcePolicy",
            r#"{"policyName":"sns-tracing","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"SNSAccess\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"sns.amazonaws.com\"},\"Action\":[\"xray:PutTraceSegments\",\"xray:GetSamplingRules\",\"xray:GetSamplingTargets\"],\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":\"<account>\"}}}]}","bypassPolicyLockoutCheck":false}"#,
            r#"{"resourcePolicy":{"policyName":"sns-tracing","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"SNSAccess\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"sns.amazonaws.com\"},\"Action\":[\"xray:PutTraceSegments\",\"xray:GetSamplingRules\",\"xray:GetSamplingTargets\"],\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":\"<account>\"}}}]}","policyRevisionId":"<num:1:9>","lastUpdatedTime":"<spoken:0>"}}"#,
        ),
        10,
    ),
    (
        write(
            "UpdateTraceSegmentDestination",
            r#"{"destination":"CloudWatchLogs"}"#,
            r#"{"destination":"CloudWatchLogs","status":"PENDING"}"#,
        ),
        10,
    ),
    (
        write(
            "UpdateIndexingRule",
            r#"{"name":"Default","rule":{"probabilistic":{"desiredSamplingPercentage":<num:1:20>}}}"#,
            r#"{"indexingRule":{"name":"Default","modifiedAt":"<spoken:0>","rule":{"probabilistic":{"desiredSamplingPercentage":5,"actualSamplingPercentage":5}}}}"#,
        ),
        5,
    ),
    (
        write(
            "TagResource",
            r#"{"resourceARN":"arn:aws:xray:<region>:<account>:group/<pick:group>/<id:2:24>","tags":[{"key":"cost-center","value":"<num:1000:9999>"},{"key":"gr\u00f6\u00dfe","value":"klein"}]}"#,
            "",
        ),
        5,
    ),
];

/// Returns whether a call is one of the eleven that change X-Ray's settings.
pub(crate) fn changes_settings(call: &Call) -> bool {
    call.source == "xray" && call.access == Access::WriteManagement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_everything() {
        assert_eq!(CALLS.iter().map(|(_, share)| share).sum::<u64>(), 1_000_000);
        assert_eq!(CALLS.iter().filter(|(call, _)| changes_settings(call)).count(), 11);
    }
}
