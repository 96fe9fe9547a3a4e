//! Names the wrappers in which other programs hand out CloudTrail records, and other files that are often
//! beside logs, so that a file that is not read is reported with its true reason.

use crate::json::Member;

/// Members by which a JSON object is recognised, and what it is then. The first entry whose members are all there wins.
const OBJECTS: [(&[&str], &str); 15] = [
    (&["CloudTrailEvent"], "output of aws cloudtrail lookup-events"),
    (&["Events"], "output of aws cloudtrail lookup-events"),
    (&["QueryResultRows"], "output of aws cloudtrail get-query-results"),
    (&["logEvents", "logGroup"], "records inside a CloudWatch Logs subscription"),
    (&["events", "searchedLogStreams"], "output of aws logs filter-log-events"),
    (&["events"], "output of aws logs"),
    (&["detail-type", "detail"], "records inside EventBridge events"),
    (&["hits"], "an answer of a search engine (hits)"),
    (&["_source"], "records inside documents of a search engine (_source)"),
    (&["_raw"], "records as text inside events of a SIEM (_raw)"),
    (&["result"], "records inside results of a SIEM (result)"),
    (&["message"], "records as text inside log lines (message)"),
    (&["log"], "records as text inside log lines (log)"),
    (&["hashAlgorithm", "files"], "the signature of query results"),
    (&["awslogs"], "records inside a CloudWatch Logs subscription (awslogs.data)"),
];

/// Returns what a JSON object that is not a record is, if its members are known.
pub fn describe_object(bytes: &[u8], members: &[Member]) -> Option<&'static str> {
    let has =
        |name: &&str| members.iter().any(|m| &bytes[m.key_start..m.key_end] == name.as_bytes());
    OBJECTS.iter().find(|(names, _)| names.iter().all(has)).map(|(_, what)| *what)
}

/// Returns what a text that does not begin as JSON is, if its first line is known.
pub fn describe_text(text: &[u8]) -> Option<&'static str> {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.trim_ascii();
    let lower = line.to_ascii_lowercase();
    let has = |part: &[u8]| memchr::memmem::find(&lower, part).is_some();
    if line.starts_with(b"{'") || line.starts_with(b"[{'") {
        Some("Python objects, not JSON (print them with json.dumps)")
    } else if lower.starts_with(b"\"{\\\"") || lower.starts_with(b"[\"{\\\"") {
        Some("records as JSON text inside strings")
    } else if line.first().is_some_and(u8::is_ascii_digit) && has(b"z {\"") {
        Some("lines of a CloudWatch Logs export: a record after each time")
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
            (r#"{"Events":[],"NextToken":"x"}"#, Some("output of aws cloudtrail lookup-events")),
            (
                r#"{"version":"0","detail-type":"x","detail":{}}"#,
                Some("records inside EventBridge events"),
            ),
            (r#"{"detail":{}}"#, None),
        ] {
            let mut members = Vec::new();
            scan_object(object.as_bytes(), 0, |m| members.push(m)).unwrap();
            assert_eq!(describe_object(object.as_bytes(), &members), what);
        }
    }

    #[test]
    fn texts_are_known_by_their_first_line() {
        for (text, what) in [
            (
                "2026-03-02T10:04:00.000Z {\"eventVersion\":1}\n",
                "lines of a CloudWatch Logs export: a record after each time",
            ),
            (
                "\"eventJson\"\n\"{\"\"a\"\":1}\"\n",
                "CSV of query results, with records in eventJson",
            ),
            ("{'eventVersion': '1.11'}", "Python objects, not JSON (print them with json.dumps)"),
            (r#""{\"eventVersion\":1}""#, "records as JSON text inside strings"),
        ] {
            assert_eq!(describe_text(text.as_bytes()), Some(what), "{text}");
        }
        assert_eq!(describe_text(b"some notes"), None);
    }
}
