//! Names what records are wrapped in, and files that are often beside logs, so that a report tells what was read, and
//! what was not with its true reason.

use crate::json::Member;

/// The files of a trail, and others with a list of `Records`.
const LOG_FILES: &str = "log files";
const CONFIGURATION: &str = "items of AWS Config";
const AUDIT: &str = "requests of PutAuditEvents";
pub(super) const OCSF: &str =
    "OCSF events, as Security Lake has them, without CloudTrail's own records";
const INDEX: &str = "notifications that name log files, not the log files";

/// What records stand in that nothing is around.
pub(super) const DOCUMENTS: &str = "records, one after the other";
/// What they stand in when nothing tells its name.
pub(super) const LIST: &str = "lists of records";
const UNKNOWN: &str = "JSON with records inside";

/// Lists of records at the top of a document, which are read element by element, and what the document is then if
/// its elements do not tell. Their names have no case.
const LISTS: [(&str, &str); 9] = [
    ("records", LOG_FILES),
    ("configurationitems", CONFIGURATION),
    ("auditevents", AUDIT),
    ("events", "lists of events"),
    ("logevents", "CloudWatch Logs subscriptions"),
    ("queryresultrows", "output of aws cloudtrail get-query-results"),
    ("results", "results of a query"),
    ("messages", "messages of a queue"),
    ("hits", "answers of a search engine"),
];

/// Members by which an object is recognised, and what it is then. The first entry whose members are all there, in any
/// case, wins.
const OBJECTS: [(&[&str], &str); 24] = [
    (&["CloudTrailEvent"], "entries of aws cloudtrail lookup-events"),
    (&["detail-type", "detail"], "EventBridge events"),
    (&["messageType", "logEvents"], "CloudWatch Logs subscriptions"),
    (&["awslogs"], "CloudWatch Logs subscriptions"),
    (&["kinesis"], "records of a Kinesis stream"),
    (&["SequenceNumber", "Data"], "records of a Kinesis stream"),
    (&["_source"], "documents of a search engine"),
    (&["hits"], "answers of a search engine"),
    (&["_raw"], "events of Splunk"),
    (&["preview", "result"], "results of Splunk"),
    (&["sourcetype", "event"], "events of Splunk"),
    (&["streams"], "streams of Loki"),
    (&["MessageId", "Body"], "messages of a queue"),
    (&["TopicArn", "Message"], "notifications of SNS"),
    (&["EventSource", "Sns"], "notifications of SNS"),
    (&["class_uid", "metadata"], OCSF),
    (&["eventSource", "s3"], INDEX),
    (&["s3Bucket", "s3ObjectKey"], INDEX),
    (&["hashAlgorithm", "files"], "the signature of query results"),
    (&["event", "ecs"], "ECS documents"),
    (&["timestamp", "message"], "CloudWatch Logs events"),
    (&["attributes"], "events of Datadog"),
    (&["message"], "log lines (message)"),
    (&["log"], "log lines (log)"),
];

/// Returns what a document is with a list of this name at its top, if records can be in that.
pub(super) fn list(name: &[u8]) -> Option<&'static str> {
    LISTS
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))
        .map(|(_, what)| *what)
}

/// Whether records stand in this as AWS writes them into files, or alone.
pub fn is_plain(container: &str) -> bool {
    [LOG_FILES, CONFIGURATION, AUDIT, DOCUMENTS, LIST].contains(&container)
}

/// Returns what an object that wraps records is; `container` is what it stands in.
pub(super) fn name(bytes: &[u8], members: &[Member], container: &'static str) -> &'static str {
    let unnamed = if [DOCUMENTS, LIST].contains(&container) { UNKNOWN } else { container };
    describe_object(bytes, members).unwrap_or(unnamed)
}

/// Returns what a JSON object that is not a record is, if its members are known.
pub fn describe_object(bytes: &[u8], members: &[Member]) -> Option<&'static str> {
    let has = |name: &&str| {
        members.iter().any(|m| m.raw_key(bytes).eq_ignore_ascii_case(name.as_bytes()))
    };
    OBJECTS.iter().find(|(names, _)| names.iter().all(has)).map(|(_, what)| *what)
}

/// Whether an object stands between wrapped records and is none: the action before each document of a bulk request
/// of a search engine, the last row of Splunk's, a message by which CloudWatch Logs tries a destination.
pub(super) fn is_between(bytes: &[u8], members: &[Member]) -> bool {
    let value = |name: &str| {
        let member = members.iter().find(|m| m.raw_key(bytes) == name.as_bytes());
        member.map(|m| m.value(bytes))
    };
    let is_action = |name: &&str| members.len() == 1 && value(name).is_some_and(|v| v[0] == b'{');
    ["index", "create", "update", "delete"].iter().any(is_action)
        || value("lastrow").is_some() && value("result").is_none()
        || value("message").is_some_and(|text| text.starts_with(b"\"CWL CONTROL MESSAGE"))
}

/// Returns what a text that does not begin as JSON is, if its first line is known.
pub fn describe_text(text: &[u8]) -> Option<&'static str> {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.trim_ascii();
    let lower = line.to_ascii_lowercase();
    let has = |part: &[u8]| memchr::memmem::find(&lower, part).is_some();
    if line.starts_with(b"{'") || line.starts_with(b"[{'") {
        Some("Python objects, not JSON (print them with json.dumps)")
    } else if has(b"eventjson") && !has(b"{") {
        Some("CSV of query results, with records in eventJson")
    } else if has(b"event name,") || has(b"event id,") {
        Some("CSV of the console's event history, without whole records")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scan_object;

    #[test]
    fn wrappers_are_known_by_their_members() {
        for (object, what) in [
            (r#"{"version":"0","detail-type":"x","detail":{}}"#, Some("EventBridge events")),
            (
                r#"{"s3":{},"eventSource":"aws:s3"}"#,
                Some("notifications that name log files, not the log files"),
            ),
            (r#"{"detail":{}}"#, None),
        ] {
            let mut members = Vec::new();
            scan_object(object.as_bytes(), 0, |m| members.push(m)).unwrap();
            assert_eq!(describe_object(object.as_bytes(), &members), what);
        }
        assert_eq!(list(b"Records"), Some("log files"));
        assert_eq!(list(b"records2"), None);
    }

    #[test]
    fn texts_are_known_by_their_first_line() {
        for (text, what) in [
            (
                "\"eventJson\"\n\"{\"\"a\"\":1}\"\n",
                "CSV of query results, with records in eventJson",
            ),
            ("{'eventVersion': '1.11'}", "Python objects, not JSON (print them with json.dumps)"),
        ] {
            assert_eq!(describe_text(text.as_bytes()), Some(what), "{text}");
        }
        assert_eq!(describe_text(b"some notes"), None);
    }
}
