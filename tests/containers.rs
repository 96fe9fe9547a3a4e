//! One file of each container that people have, as other programs write them.

use crate::lake::{TestLake, testdata};
use std::path::Path;
use traillake::columnar::Format;
use traillake::output::OutputFormat;
use traillake::store::ImportReport;

/// Each file with events: how many it has, and what they stand in.
const FILES: [(&str, u64, &str); 50] = [
    ("athena.csv", 2, "tables in CSV"),
    ("athena.jsonl", 2, "records, one after the other"),
    ("athena.orc", 2, "ORC files"),
    ("athena.parquet", 2, "Parquet files"),
    ("console.csv", 2, "tables in CSV"),
    ("console.json", 2, "log files"),
    ("cwl-export.gz", 3, "log lines with a record at their end"),
    ("cwl-subscription-firehose", 3, "CloudWatch Logs events"),
    ("cwl-subscription-lambda.json", 2, "CloudWatch Logs subscriptions"),
    ("datadog-archive.json.gz", 2, "events of Datadog"),
    ("datadog-search.json", 2, "JSON with records inside"),
    ("docker.log", 2, "log lines (log)"),
    ("elastic-bulk.ndjson", 2, "records, one after the other"),
    ("elastic-ecs.ndjson", 2, "ECS documents"),
    ("elastic-search.json", 2, "documents of a search engine"),
    ("eventbridge-archive.jsonl", 3, "EventBridge events"),
    ("eventbridge.json", 1, "EventBridge events"),
    ("filter-log-events.json", 2, "CloudWatch Logs events"),
    ("firehose-unseparated", 3, "records, one after the other"),
    ("get-log-events.json", 1, "CloudWatch Logs events"),
    ("get-query-results.json", 2, "output of aws cloudtrail get-query-results"),
    ("kinesis-get-records.json", 2, "records of a Kinesis stream"),
    ("kinesis-lambda.json", 1, "records of a Kinesis stream"),
    ("lake.parquet", 2, "Parquet files"),
    ("logs-insights.csv", 2, "tables in CSV"),
    ("logs-insights.json", 2, "results of a query"),
    ("loki.json", 2, "JSON with records inside"),
    ("lookup-events-entries.jsonl", 2, "entries of aws cloudtrail lookup-events"),
    ("lookup-events-java.json", 1, "entries of aws cloudtrail lookup-events"),
    ("lookup-events-texts.json", 2, "lists of records"),
    ("lookup-events.json", 2, "entries of aws cloudtrail lookup-events"),
    ("opensearch-dump.jsonl", 2, "documents of a search engine"),
    ("result_1.csv.gz", 2, "tables in CSV"),
    ("splunk-collector.json", 2, "events of Splunk"),
    ("splunk.csv", 2, "events of Splunk"),
    ("splunk.json", 2, "events of Splunk"),
    ("splunk.jsonl", 2, "results of Splunk"),
    ("sqs-receive-message.json", 2, "messages of a queue"),
    ("syslog.log", 2, "log lines with a record at their end"),
    ("trail.json.bz2", 2, "log files"),
    ("trail.json.gz", 2, "log files"),
    ("trail.json.gz.gz", 2, "log files"),
    ("trail.json.lz4", 3, "log files"),
    ("trail.json.xz", 3, "log files"),
    ("trail.json.zst", 2, "log files"),
    ("trail.tar", 3, "log files"),
    ("trail.tar.gz", 3, "log files"),
    ("trail.zip", 3, "log files"),
    ("utf16be.json", 2, "log files"),
    ("utf16le.json", 2, "log files"),
];

/// Files without events, and why nothing is read of them.
const OTHERS: [(&str, &str); 6] = [
    (
        "athena.arrow",
        "an Arrow IPC file, which import does not read yet; write its events as JSON Lines first",
    ),
    (
        "get-query-results-counts.json",
        "output of aws cloudtrail get-query-results, without a record's own text",
    ),
    ("ocsf.jsonl", "OCSF events, as Security Lake has them, without CloudTrail's own records"),
    ("s3-notification.json", "notifications that name log files, not the log files"),
    (
        "security-lake.parquet",
        "OCSF events, as Security Lake has them, without CloudTrail's own records",
    ),
    ("sns-notification.json", "notifications of SNS"),
];

fn import(lake: &mut TestLake, name: &str, path: &Path) -> ImportReport {
    let store = lake.store(name, Format::Orc);
    let report = lake.import(&store, path);
    lake.open(&store);
    assert!(report.balances(), "{path:?}");
    report
}

#[test]
fn each_container_gives_its_events() {
    let mut lake = TestLake::new();
    for (number, (file, events, container)) in FILES.into_iter().enumerate() {
        let path = testdata("containers").join(file);
        let report = import(&mut lake, &format!("single-{number}"), &path);
        assert_eq!((report.events.stored, report.events.read), (events, events), "{file}");
        assert!(report.failures.is_empty(), "{file}: {:?}", report.failures);
        let found: Vec<_> = report.containers.keys().copied().collect();
        assert_eq!(found, [container], "{file}");
        let sql = "SELECT count(*) FROM event_data_store WHERE eventTime IS NOT NULL AND eventID IS NOT NULL AND eventName <> '' AND eventSource LIKE '%.amazonaws.com'";
        let (answer, _) = lake.try_ask(sql, OutputFormat::Csv).unwrap();
        assert_eq!(answer.lines().nth(1), Some(events.to_string().as_str()), "{file}");
    }
    for (number, (file, reason)) in OTHERS.into_iter().enumerate() {
        let report =
            import(&mut lake, &format!("other-{number}"), &testdata("containers").join(file));
        assert_eq!(report.events.stored, 0, "{file}");
        assert!(
            report.failures.iter().any(|f| f.message == reason),
            "{file}: {:?}",
            report.failures
        );
    }
}

#[test]
fn a_folder_of_all_containers_gives_each_event_once() {
    let mut lake = TestLake::new();
    let report = import(&mut lake, "main", &testdata("containers"));
    let events: u64 = FILES.iter().map(|(_, events, _)| events).sum();
    assert_eq!((report.events.stored, report.events.duplicate), (events, 0));
    for (file, _, container) in FILES {
        let named = &report.containers[container].names;
        let is_it = |name: &String| {
            name.split('!').next().is_some_and(|name| name.ends_with(&format!("/{file}")))
        };
        assert!(named.iter().any(is_it), "{file} in {named:?}");
    }
}
