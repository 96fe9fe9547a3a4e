//! Imports: from buckets and folders, their states, and what they could not take.

use super::Fixture;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LOGS: &str = "AWSLogs/111122223333/CloudTrail/eu-west-1";

fn record(id: u32) -> Value {
    json!({
        "eventVersion": "1.08", "eventTime": "2026-11-20T10:00:00Z", "eventName": "GetUser",
        "eventSource": "iam.amazonaws.com", "eventCategory": "Management", "managementEvent": true,
        "readOnly": true, "eventType": "AwsApiCall",
        "eventID": format!("00000000-0000-4000-8000-{id:012}"), "recipientAccountId": "111122223333",
    })
}

impl Fixture {
    fn folder(&self, name: &str) -> PathBuf {
        self.api.lake.paths().root().join(name)
    }

    /// Writes a log file of events with these ids below a folder.
    fn log(&self, folder: &str, name: &str, ids: std::ops::Range<u32>) -> PathBuf {
        let path = self.folder(folder).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let records: Vec<_> = ids.map(record).collect();
        fs::write(&path, json!({"Records": records}).to_string()).unwrap();
        path
    }

    fn started(&self, store: &str, uri: &str) -> String {
        let input = json!({"Destinations": [store], "ImportSource": source(uri)});
        id_of(&self.ask("StartImport", input))
    }

    fn ended_import(&self, id: &str) -> Value {
        let start = Instant::now();
        loop {
            let got = self.ask("GetImport", json!({"ImportId": id}));
            if !["INITIALIZING", "IN_PROGRESS"].contains(&got["ImportStatus"].as_str().unwrap()) {
                return got;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{got}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn failures(&self, id: &str) -> Vec<Value> {
        self.pages("ListImportFailures", json!({"ImportId": id, "MaxResults": 1}), "Failures")
    }

    fn statuses(&self, input: Value) -> Vec<Value> {
        let listed = self.pages("ListImports", input, "Imports");
        listed.iter().map(|import| import["ImportStatus"].clone()).collect()
    }

    /// Does as another program that imports into a store.
    fn held(&self, store: &str) -> File {
        let path = self.api.lake.paths().write_lock(self.api.lake.store(store).unwrap().id);
        let file = File::options().create(true).append(true).open(path).unwrap();
        file.lock().unwrap();
        file
    }
}

fn source(uri: &str) -> Value {
    json!({"S3": {
        "S3LocationUri": uri, "S3BucketRegion": "us-east-1",
        "S3BucketAccessRoleArn": "arn:aws:iam::111122223333:role/import",
    }})
}

fn id_of(import: &Value) -> String {
    import["ImportId"].as_str().unwrap().to_owned()
}

fn file_uri(path: &Path) -> String {
    format!("file://{}/", path.display())
}

#[test]
fn logs_of_a_bucket_are_copied_whatever_the_selectors_say() {
    let fixture = Fixture::new();
    let store = fixture.made("copied");
    let write_only = json!([{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]},
    ]}]);
    let changes = json!({"EventDataStore": store, "AdvancedEventSelectors": write_only});
    fixture.ask("UpdateEventDataStore", changes);
    fixture.log("bucket", &format!("{LOGS}/2026/11/20/a.json"), 0..3);
    fixture.log("bucket", &format!("{LOGS}/2026/11/20/b.json"), 2..5);
    fixture.log("bucket", &format!("{LOGS}/2026/11/21/a.json"), 5..6);
    let input = json!({
        "Destinations": [store], "ImportSource": source("s3://logs/AWSLogs/"),
        "StartEventTime": 1_700_000_000, "EndEventTime": 1_795_885_200.5,
    });
    let started = fixture.ask("StartImport", input);
    assert_eq!(started["ImportStatus"], "INITIALIZING");
    assert!(started.get("ImportStatistics").is_none());
    let got = fixture.ended_import(&id_of(&started));
    assert_eq!(
        (&got["ImportStatus"], &got["Destinations"]),
        (&json!("COMPLETED"), &json!([store]))
    );
    assert_eq!(got["ImportSource"], source("s3://logs/AWSLogs/"));
    assert_eq!(
        (&got["StartEventTime"], &got["EndEventTime"]),
        (&json!(1_700_000_000), &json!(1_795_885_200.5))
    );
    let statistics = json!({
        "PrefixesFound": 2, "PrefixesCompleted": 2, "FilesCompleted": 3, "EventsCompleted": 6,
        "FailedEntries": 0,
    });
    assert_eq!(got["ImportStatistics"], statistics);
    let count = fixture.finished("SELECT count(*) AS c FROM copied");
    let rows = fixture.ask("GetQueryResults", json!({"QueryId": count}));
    assert_eq!(rows["QueryResultRows"], json!([[{"c": "6"}]]));
    assert_eq!(fixture.failures(&id_of(&started)), Vec::<Value>::new());
    let again = fixture.refused("StartImport", json!({"ImportId": id_of(&started)}));
    assert_eq!(again, "InvalidParameterException", "there is nothing to go on with");
    let second = fixture.ended_import(&fixture.started(&store, "s3://logs/AWSLogs"));
    assert_eq!(second["ImportStatistics"]["EventsCompleted"], 0, "every event is there already");
    assert_eq!(second["ImportStatistics"]["FilesCompleted"], 3);
}

#[test]
fn an_import_that_failed_goes_on_with_what_failed() {
    let fixture = Fixture::new();
    fixture.log("bucket", "a/good.json", 0..3);
    let bad = fixture.log("bucket", "a/bad.json", 3..6);
    let whole = fs::read(&bad).unwrap();
    fs::write(&bad, &whole[..whole.len() - 40]).unwrap();
    let id = fixture.started("default", "s3://logs/a");
    let failed = fixture.ended_import(&id);
    assert_eq!(failed["ImportStatus"], "FAILED");
    let failures = fixture.failures(&id);
    assert_eq!(failed["ImportStatistics"]["FailedEntries"], failures.len());
    for failure in &failures {
        assert_eq!(
            (&failure["Location"], &failure["Status"]),
            (&json!("s3://logs/a/bad.json"), &json!("FAILED"))
        );
        assert!(failure["ErrorMessage"].as_str().unwrap().len() > 10, "{failure}");
    }
    let more = json!({"ImportId": id, "Destinations": ["default"]});
    assert_eq!(fixture.refused("StartImport", more), "InvalidParameterException");
    fs::write(&bad, whole).unwrap();
    let again = fixture.ask("StartImport", json!({"ImportId": id}));
    assert_eq!((&again["ImportId"], &again["ImportSource"]), (&json!(id), &source("s3://logs/a")));
    let completed = fixture.ended_import(&id);
    assert_eq!(completed["ImportStatus"], "COMPLETED");
    let statistics = &completed["ImportStatistics"];
    assert_eq!(
        (&statistics["EventsCompleted"], &statistics["FilesCompleted"]),
        (&json!(6), &json!(2))
    );
    assert_eq!(statistics["FailedEntries"], 0);
    let mended = fixture.failures(&id);
    assert_eq!(mended.len(), failures.len());
    assert!(mended.iter().all(|failure| failure["Status"] == "SUCCEEDED"), "{mended:?}");
    assert_eq!(fixture.statuses(json!({})), ["COMPLETED"], "it is one import");
}

#[test]
fn imports_wait_for_their_store_and_stop_at_once() {
    let fixture = Fixture::new();
    let store = fixture.made("held");
    let change = json!({"EventDataStore": store, "TerminationProtectionEnabled": false});
    fixture.ask("UpdateEventDataStore", change.clone());
    fixture.log("root", "logs/a.json", 0..3);
    let uri = file_uri(&fixture.folder("root/logs"));
    let held = fixture.held("held");
    let (first, second) = (fixture.started(&store, &uri), fixture.started(&store, &uri));
    let other = fixture.ended_import(&fixture.started("default", &uri));
    assert_eq!(other["ImportStatus"], "COMPLETED", "it needs not wait");
    assert_eq!(fixture.statuses(json!({"Destination": store})), ["INITIALIZING", "INITIALIZING"]);
    let again = fixture.refused("StartImport", json!({"ImportId": first}));
    assert_eq!(again, "AccountHasOngoingImportException");
    let ongoing = "EventDataStoreHasOngoingImportException";
    assert_eq!(fixture.refused("UpdateEventDataStore", change.clone()), ongoing);
    let delete = json!({"EventDataStore": store});
    assert_eq!(fixture.refused("DeleteEventDataStore", delete.clone()), ongoing);
    let start = Instant::now();
    let stopped = fixture.ask("StopImport", json!({"ImportId": first}));
    assert_eq!(stopped["ImportStatus"], "STOPPED");
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(stopped["ImportStatistics"]["EventsCompleted"], 0);
    let twice = fixture.ask("StopImport", json!({"ImportId": first}));
    assert_eq!(twice["ImportStatus"], "STOPPED");
    assert_eq!(fixture.failures(&first), Vec::<Value>::new(), "who stopped it knows why");
    drop(held);
    assert_eq!(fixture.ended_import(&second)["ImportStatus"], "COMPLETED");
    let ended = fixture.refused("StopImport", json!({"ImportId": second}));
    assert_eq!(ended, "InvalidParameterException");
    fixture.ask("UpdateEventDataStore", change);
    fixture.ask("StartImport", json!({"ImportId": first}));
    assert_eq!(fixture.ended_import(&first)["ImportStatus"], "COMPLETED");
    assert_eq!(fixture.statuses(json!({"ImportStatus": "STOPPED"})), Vec::<Value>::new());
    fixture.ask("DeleteEventDataStore", delete);
}

#[test]
fn imports_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let insights = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]);
    fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "insights", "AdvancedEventSelectors": insights}),
    );
    fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "gone", "TerminationProtectionEnabled": false}),
    );
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "gone"}));
    let unknown = "11111111-1111-1111-1111-111111111111";
    let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/x";
    let to = |store: &str| json!({"Destinations": [store], "ImportSource": source("s3://logs/")});
    let from = |uri: &str| json!({"Destinations": ["default"], "ImportSource": source(uri)});
    let times = |from: f64, to: f64| {
        let mut input = json!({"Destinations": ["default"], "ImportSource": source("s3://logs/")});
        (input["StartEventTime"], input["EndEventTime"]) = (json!(from), json!(to));
        input
    };
    let outside = file_uri(&fixture.folder("stores"));
    let upwards = file_uri(&fixture.folder("root/../stores"));
    for (input, error) in [
        (json!({}), "InvalidParameterException"),
        (json!({"Destinations": ["default"]}), "InvalidParameterException"),
        (
            json!({"Destinations": [], "ImportSource": source("s3://logs/")}),
            "InvalidParameterException",
        ),
        (json!({"ImportSource": source("s3://logs/")}), "InvalidParameterException"),
        (
            json!({"Destinations": ["default"], "ImportSource": {"S3": {}}}),
            "InvalidImportSourceException",
        ),
        (json!({"ImportId": unknown}), "ImportNotFoundException"),
        (json!({"ImportId": "x"}), "InvalidParameterException"),
        (times(2.0, 1.0), "InvalidParameterException"),
        (times(1.0, 1e300), "SerializationException"),
        (to(unknown), "EventDataStoreNotFoundException"),
        (to(trail), "EventDataStoreARNInvalidException"),
        (to("gone"), "InactiveEventDataStoreException"),
        (to("insights"), "InvalidEventDataStoreCategoryException"),
        (from("s3://other/"), "InvalidImportSourceException"),
        (from("s3://logs/none/"), "InvalidImportSourceException"),
        (from("s3://logs/../stores/"), "InvalidImportSourceException"),
        (from("https://logs/"), "InvalidImportSourceException"),
        (from(""), "InvalidImportSourceException"),
        (from(&outside), "InvalidImportSourceException"),
        (from(&upwards), "InvalidImportSourceException"),
        (from("file:///"), "InvalidImportSourceException"),
    ] {
        assert_eq!(fixture.refused("StartImport", input.clone()), error, "{input}");
    }
    assert_eq!(fixture.statuses(json!({})), Vec::<Value>::new(), "what was refused is not there");
    for operation in ["GetImport", "StopImport"] {
        let absent = fixture.refused(operation, json!({"ImportId": unknown}));
        assert_eq!(absent, "ImportNotFoundException");
    }
    for input in [
        json!({"NextToken": "nonsense"}),
        json!({"Destination": unknown}),
        json!({"ImportStatus": "x"}),
    ] {
        let refused = fixture.refused("ListImports", input);
        assert!(
            ["InvalidNextTokenException", "InvalidParameterException"].contains(&refused.as_str())
        );
    }
    let (status, body) = fixture.signed(&fixture.reader, "StartImport", &to("default"));
    assert_eq!((status, &body["__type"]), (400, &json!("AccessDeniedException")));
    let (status, _) = fixture.signed(&fixture.reader, "ListImports", &json!({}));
    assert_eq!(status, 200);
}

#[test]
fn a_window_is_one_of_deliveries() {
    let fixture = Fixture::new();
    let name = |minute: &str| {
        format!("{LOGS}/111122223333_CloudTrail_eu-west-1_20261120T{minute}Z_a.json")
    };
    for (at, minute) in (0..).zip(["1000", "1005", "1010"]) {
        fixture.log("bucket", &name(minute), at * 10..at * 10 + 10);
    }
    // 2026-11-20 10:05 UTC.
    let moment = 1_795_169_100;
    let input = json!({
        "Destinations": ["default"], "ImportSource": source("s3://logs"),
        "StartEventTime": moment, "EndEventTime": moment,
    });
    let got = fixture.ended_import(&id_of(&fixture.ask("StartImport", input)));
    assert_eq!(got["ImportStatistics"]["EventsCompleted"], 10);
    assert_eq!(got["ImportStatistics"]["FilesCompleted"], 1);
    let rest = fixture.ended_import(&fixture.started("default", "s3://logs"));
    assert_eq!(rest["ImportStatistics"]["EventsCompleted"], 20);
}

#[test]
fn imports_of_the_command_line_are_shown_and_their_states_true() {
    let fixture = Fixture::new();
    let log = fixture.log("root", "logs/a.json", 0..3);
    fs::write(fixture.folder("root/logs/b.json"), "{\"Records\":[{\"eventID\":").unwrap();
    fixture.import("default", &[log.parent().unwrap().to_str().unwrap()]);
    let store = fixture.default_store();
    let listed = fixture.ask("ListImports", json!({"Destination": store}))["Imports"].clone();
    let id = id_of(&listed[0]);
    assert_eq!(listed[0]["ImportStatus"], "FAILED");
    let got = fixture.ask("GetImport", json!({"ImportId": id}));
    let statistics = &got["ImportStatistics"];
    assert_eq!(
        (&statistics["EventsCompleted"], &statistics["FilesCompleted"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(statistics["FailedEntries"], fixture.failures(&id).len());
    assert_eq!((got.get("ImportSource"), statistics.get("PrefixesFound")), (None, None));
    assert_eq!(fixture.failures(&id)[0]["Status"], "FAILED");
    assert_eq!(
        fixture.refused("StartImport", json!({"ImportId": id})),
        "InvalidParameterException"
    );
    fixture.log("root", "logs/b.json", 3..5);
    fixture.ended_import(&fixture.started("default", &file_uri(&fixture.folder("root"))));
    assert_eq!(fixture.failures(&id)[0]["Status"], "SUCCEEDED");
    // One that was killed, and one that runs.
    let lake = &fixture.api.lake;
    let default = lake.store("default").unwrap().id;
    let killed = "01000000-0000-7000-8000-000000000000";
    lake.catalog().begin_import(killed, default, "[]", 1).unwrap();
    let held = fixture.held("default");
    let running = json!({"ImportStatus": "IN_PROGRESS"});
    assert_eq!(fixture.statuses(running.clone()), ["IN_PROGRESS"]);
    let update = json!({"EventDataStore": store, "RetentionPeriod": 30});
    assert_eq!(
        fixture.refused("UpdateEventDataStore", update.clone()),
        "EventDataStoreHasOngoingImportException"
    );
    drop(held);
    assert_eq!(fixture.ask("GetImport", json!({"ImportId": killed}))["ImportStatus"], "STOPPED");
    assert_eq!(fixture.statuses(running), Vec::<Value>::new());
    fixture.ask("UpdateEventDataStore", update);
    assert_eq!(fixture.statuses(json!({"MaxResults": 1})), ["COMPLETED", "FAILED", "STOPPED"]);
}

#[test]
#[cfg(unix)]
fn links_that_lead_out_of_a_root_are_failures() {
    let fixture = Fixture::new();
    fixture.log("root", "logs/a.json", 0..3);
    let secret = fixture.log("secret", "b.json", 3..5);
    std::os::unix::fs::symlink(&secret, fixture.folder("root/logs/link.json")).unwrap();
    let uri = file_uri(&fixture.folder("root/logs"));
    let got = fixture.ended_import(&fixture.started("default", &uri));
    assert_eq!(
        (&got["ImportStatus"], &got["ImportStatistics"]["EventsCompleted"]),
        (&json!("FAILED"), &json!(3))
    );
    let failures = fixture.failures(&id_of(&got));
    assert_eq!(failures.len(), 1);
    assert!(failures[0]["Location"].as_str().unwrap().ends_with("root/logs/link.json"));
    assert!(failures[0]["ErrorMessage"].as_str().unwrap().contains("leads out"));
}

#[test]
fn an_import_of_what_is_gone_fails_and_says_why() {
    let fixture = Fixture::new();
    let logs = tempfile::tempdir_in(fixture.folder("root")).unwrap();
    let folder = logs.path().strip_prefix(fixture.folder("")).unwrap().to_str().unwrap().to_owned();
    fixture.log(&folder, "a.json", 0..3);
    let held = fixture.held("default");
    let id = fixture.started("default", &file_uri(logs.path()));
    // Which removes it.
    drop(logs);
    drop(held);
    assert_eq!(fixture.ended_import(&id)["ImportStatus"], "FAILED");
    let failures = fixture.failures(&id);
    assert_eq!((failures.len(), &failures[0]["ErrorType"]), (1, &json!("ImportError")));
    fixture.log(&folder, "a.json", 0..3);
    fixture.ask("StartImport", json!({"ImportId": id}));
    assert_eq!(fixture.ended_import(&id)["ImportStatus"], "COMPLETED");
    assert_eq!(fixture.failures(&id), Vec::<Value>::new());
}
