//! The service from outside: over a socket, with signed requests, and through kills.

use crate::cli::{Shell, TRAIL};
use crate::logs::{event, gzip, has, text};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};
use traillake_aws_wire::keys::AccessKey;
use traillake_aws_wire::signature::{Payload, Signer};

/// A service that runs, and a key for it.
pub(crate) struct Service {
    process: Child,
    address: SocketAddr,
    key: AccessKey,
    /// What it goes on to print.
    output: BufReader<ChildStdout>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    pub(crate) fn start(shell: &Shell) -> Self {
        Self::start_with(shell, &[])
    }

    /// What it tells on standard error is in a file of the shell; see [`told`].
    pub(crate) fn start_with(shell: &Shell, more: &[&str]) -> Self {
        let key = AccessKey::new("admin", "a secret of a test");
        let args = ["serve", "--listen", "127.0.0.1:0", "--key", "admin:a secret of a test"];
        let mut command = shell.command(&[&args, more].concat());
        let stderr = File::options().create(true).append(true).open(shell.path("stderr")).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut told = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        while !told.contains("aws cloudtrail") {
            assert_ne!(lines.read_line(&mut told).unwrap(), 0, "it ended: {told}");
        }
        let endpoint = told.split("AWS_ENDPOINT_URL_CLOUDTRAIL=http://").nth(1).unwrap();
        let address = endpoint.lines().next().unwrap().parse().unwrap();
        Self { process, address, key, output: lines }
    }

    /// Ends it as an administrator does.
    #[cfg(unix)]
    fn end(mut self) {
        let pid = self.process.id().to_string();
        let asked = std::process::Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let (status, _, body) = self.send(request.as_bytes());
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Sends a request as it stands, and returns the status, the head and the body of the answer.
    fn send(&self, request: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        // One that is refused early is not taken to its end.
        let _ = stream.write_all(request);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_lowercase(), body.to_owned())
    }

    /// The time of the service, which need not be that of the test.
    fn now(&self) -> DateTime<Utc> {
        let request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let (status, head, _) = self.send(request);
        assert_eq!(status, 200);
        let date = head.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
        DateTime::parse_from_rfc2822(date).unwrap().to_utc()
    }

    pub(crate) fn ask(&self, operation: &str, input: &Value) -> Value {
        let body = input.to_string();
        let target = format!("CloudTrail_20131101.{operation}");
        let request = http::Request::post("/")
            .header("host", self.address.to_string())
            .header("x-amz-target", &target)
            .body(())
            .unwrap();
        let (mut parts, ()) = request.into_parts();
        let signer =
            Signer { key: &self.key, region: "us-east-1", service: "cloudtrail", now: self.now() };
        signer.sign(&mut parts, Payload::Body(body.as_bytes())).unwrap();
        let mut text = "POST / HTTP/1.1\r\nConnection: close\r\n".to_owned();
        for (name, value) in &parts.headers {
            text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let (status, _, answer) = self.send(text.as_bytes());
        assert_eq!(status, 200, "{operation}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    pub(crate) fn start_query(&self, sql: &str) -> String {
        let started = self.ask("StartQuery", &json!({"QueryStatement": sql}));
        started["QueryId"].as_str().unwrap().to_owned()
    }

    fn status(&self, id: &str) -> String {
        let described = self.ask("DescribeQuery", &json!({"QueryId": id}));
        described["QueryStatus"].as_str().unwrap().to_owned()
    }

    pub(crate) fn rows(&self, id: &str) -> Value {
        while ["QUEUED", "RUNNING"].contains(&self.status(id).as_str()) {}
        self.ask("GetQueryResults", &json!({"QueryId": id}))["QueryResultRows"].clone()
    }
}

pub(crate) const COUNT: &str = "SELECT count(*) AS events FROM event_data_store";

/// Takes minutes.
pub(crate) const LONG: &str = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a (x)
    CROSS JOIN UNNEST(sequence(1, 10000)) AS b (y) CROSS JOIN UNNEST(sequence(1, 10000)) AS c (z)
    WHERE (x * y * z) % 7 = 3";

pub(crate) fn lake() -> Shell {
    let shell = Shell::new();
    let imported = shell.run(&["import", TRAIL]);
    assert!(imported.starts_with("exit 0"), "{imported}");
    shell
}

#[test]
fn what_is_asked_over_http_is_what_the_command_line_answers() {
    let shell = lake();
    let service = Service::start(&shell);
    let by_name = "SELECT eventName AS name, count(*) AS calls FROM event_data_store
        GROUP BY eventName ORDER BY calls DESC, name";
    for sql in [COUNT, by_name, "SELECT eventID, errorCode FROM event_data_store ORDER BY eventID"]
    {
        let told = shell.run(&["query", "--format", "lake", sql]);
        let told = told.split("--- stdout\n").nth(1).unwrap();
        let told: Value = serde_json::from_str(told.split("--- stderr").next().unwrap()).unwrap();
        assert!(!told.as_array().unwrap().is_empty());
        assert_eq!(service.rows(&service.start_query(sql)), told, "{sql}");
    }
}

#[test]
fn states_are_true_after_a_kill() {
    let shell = lake();
    let service = Service::start(&shell);
    let finished = service.start_query(COUNT);
    let rows = service.rows(&finished);
    // More than run at once: the last ones wait.
    let open: Vec<_> = (0..12).map(|_| service.start_query(LONG)).collect();
    assert_eq!(service.status(&open[0]), "RUNNING");
    assert_eq!(service.status(&open[11]), "QUEUED");
    let cancelled = service.ask("CancelQuery", &json!({"QueryId": open[1]}));
    assert_eq!(cancelled["QueryStatus"], "CANCELLED");
    // Which kills it.
    drop(service);
    let service = Service::start(&shell);
    assert_eq!(service.rows(&finished), rows);
    assert_eq!(service.status(&open[1]), "CANCELLED");
    for id in open.iter().filter(|id| **id != open[1]) {
        let described = service.ask("DescribeQuery", &json!({"QueryId": id}));
        assert_eq!(described["QueryStatus"], "FAILED");
        assert!(described["ErrorMessage"].as_str().unwrap().contains("start it again"));
    }
}

#[test]
fn one_service_serves_a_lake_and_others_may_change_it() {
    let shell = lake();
    let service = Service::start(&shell);
    let second = shell.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(second.starts_with("exit 1"), "{second}");
    assert!(second.contains("another traillake serve has the lake"), "{second}");
    let before = service.rows(&service.start_query(COUNT));
    let made = shell.run(&["store", "create", "later"]);
    assert!(made.starts_with("exit 0"), "{made}");
    let stores = service.ask("ListEventDataStores", &json!({}));
    assert_eq!(stores["EventDataStores"][1]["Name"], "later");
    shell.run(&["import", "testdata/oddities"]);
    assert_ne!(service.rows(&service.start_query(COUNT)), before);
}

#[test]
fn pages_in_browsers_and_requests_for_other_hosts_are_kept_out() {
    let shell = Shell::new();
    let service = Service::start(&shell);
    let send = |headers: &str, body: &str| {
        let request = format!(
            "POST / HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        service.send(request.as_bytes())
    };
    let (status, _, _) = send("Host: lake.evil.example\r\n", "{}");
    assert_eq!(status, 403);
    let (status, _, _) = send("Host: localhost\r\nOrigin: https://evil.example\r\n", "{}");
    assert_eq!(status, 403);
    let (status, _, _) = send("Host: localhost\r\n", &"x".repeat(5 << 20));
    assert_eq!(status, 413);
    let (status, head, body) = send("Host: localhost\r\n", "{}");
    assert_eq!(status, 400);
    assert!(body.contains("MissingAuthenticationTokenException"), "{body}");
    assert!(head.contains("\r\nx-amzn-requestid: "), "{head}");
}

#[test]
#[cfg(unix)]
fn a_service_that_is_told_to_stop_lets_what_runs_end() {
    let shell = lake();
    let service = Service::start(&shell);
    let id = service.start_query(COUNT);
    service.end();
    let service = Service::start(&shell);
    assert_eq!(service.status(&id), "FINISHED");
}

/// Log files of a week, with so many events.
fn week(shell: &Shell) -> (std::path::PathBuf, u32) {
    let (files, events) = (70, 300);
    let folder = shell.path("logs");
    for file in 0..files {
        let day = folder.join(format!("2026/03/{:02}", file % 7 + 1));
        std::fs::create_dir_all(&day).unwrap();
        let records: Vec<_> = (0..events)
            .map(|at| event(file * events + at).replace("-02T", &format!("-{:02}T", file % 7 + 1)))
            .collect();
        let text = format!("{{\"Records\":[{}]}}", records.join(","));
        std::fs::write(day.join(format!("{file}.json.gz")), gzip(text.as_bytes())).unwrap();
    }
    (folder, files * events)
}

impl Service {
    /// Begins to import a folder into a store of its own, and returns the id of the import.
    fn start_import(&self, folder: &std::path::Path) -> String {
        let made =
            self.ask("CreateEventDataStore", &json!({"Name": "copies", "RetentionPeriod": 3_653}));
        let source = json!({"S3": {
            "S3LocationUri": format!("file://{}/", folder.display()), "S3BucketRegion": "us-east-1",
            "S3BucketAccessRoleArn": "arn:aws:iam::111122223333:role/import",
        }});
        let input = json!({"Destinations": [made["EventDataStoreArn"]], "ImportSource": source});
        self.ask("StartImport", &input)["ImportId"].as_str().unwrap().to_owned()
    }

    fn import(&self, id: &str) -> Value {
        self.ask("GetImport", &json!({"ImportId": id}))
    }

    fn is_importing(&self, id: &str) -> bool {
        ["INITIALIZING", "IN_PROGRESS"].contains(&self.import(id)["ImportStatus"].as_str().unwrap())
    }

    /// Checks that an import has stopped and says why, and goes on with it.
    fn start_import_again(&self, id: &str, why: &str) {
        let got = self.import(id);
        assert_eq!(got["ImportStatus"], "STOPPED", "{got}");
        let failures = self.ask("ListImportFailures", &json!({"ImportId": id}));
        let reason = failures["Failures"][0]["ErrorMessage"].as_str().unwrap();
        assert!(reason.contains(why), "{failures}");
        self.ask("StartImport", &json!({"ImportId": id}));
    }

    /// Waits for the end of an import, and checks that each event came once.
    fn check_imported(&self, id: &str, events: u32) {
        while self.is_importing(id) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let got = self.import(id);
        assert_eq!(got["ImportStatus"], "COMPLETED", "{got}");
        let statistics = json!({
            "PrefixesFound": 7, "PrefixesCompleted": 7, "FilesCompleted": 70,
            "EventsCompleted": events, "FailedEntries": 0,
        });
        assert_eq!(got["ImportStatistics"], statistics);
        let count = "SELECT count(*) AS events, count(DISTINCT eventID) AS ids FROM copies";
        let rows = self.rows(&self.start_query(count));
        let events = events.to_string();
        assert_eq!(rows, json!([[{"events": events}, {"ids": events}]]));
        let failures = self.ask("ListImportFailures", &json!({"ImportId": id}));
        assert_eq!(failures, json!({"Failures": []}));
    }
}

#[test]
fn an_import_goes_on_after_kills_and_nothing_comes_twice() {
    let shell = Shell::new();
    let (folder, events) = week(&shell);
    let mut service = Service::start(&shell);
    let id = service.start_import(&folder);
    for kill in 0..5 {
        while service.import(&id)["ImportStatus"] == "INITIALIZING" {}
        std::thread::sleep(Duration::from_millis(kill * 150));
        let files = |service: &Service| {
            service.import(&id)["ImportStatistics"]["FilesCompleted"].as_u64().unwrap()
        };
        // The last time something is kept, if the machine is slow enough for it.
        while kill == 4 && files(&service) == 0 && service.is_importing(&id) {}
        if !service.is_importing(&id) {
            assert_ne!(kill, 0, "the import is too small for a test of kills");
            break;
        }
        let before = files(&service);
        // Which kills it.
        drop(service);
        service = Service::start(&shell);
        if service.import(&id)["ImportStatus"] == "COMPLETED" {
            break;
        }
        let stopped = service.ask("ListImports", &json!({"ImportStatus": "STOPPED"}));
        assert_eq!(stopped["Imports"][0]["ImportId"], id);
        service.start_import_again(&id, "the service ended while the import ran");
        assert!(kill < 4 || before == 0 || files(&service) > 0, "it begins anew");
    }
    service.check_imported(&id, events);
}

#[test]
#[cfg(unix)]
fn a_service_that_is_told_to_stop_ends_an_import_whole() {
    let shell = Shell::new();
    let (folder, events) = week(&shell);
    let mut service = Service::start(&shell);
    let id = service.start_import(&folder);
    while service.import(&id)["ImportStatus"] == "INITIALIZING" {}
    let pid = service.process.id().to_string();
    let told = std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(told.success());
    assert!(service.process.wait().unwrap().success());
    let checked = shell.run(&["store", "check", "copies"]);
    assert!(checked.starts_with("exit 0"), "{checked}");
    let service = Service::start(&shell);
    service.start_import_again(&id, "the service was stopped while the import ran");
    service.check_imported(&id, events);
}

#[test]
fn an_import_of_a_service_stops_within_a_second_and_queries_go_on() {
    let shell = Shell::new();
    let (folder, events) = week(&shell);
    let service = Service::start(&shell);
    let id = service.start_import(&folder);
    while service.import(&id)["ImportStatus"] == "INITIALIZING" {}
    let rows = service.rows(&service.start_query("SELECT 1 AS one"));
    assert_eq!(rows, json!([[{"one": "1"}]]));
    let stopped = service.ask("StopImport", &json!({"ImportId": id}));
    assert_eq!(stopped["ImportStatus"], "STOPPED", "{stopped}");
    let stored = stopped["ImportStatistics"]["EventsCompleted"].as_u64().unwrap();
    let rows = service.rows(&service.start_query("SELECT count(*) AS events FROM copies"));
    assert_eq!(rows, json!([[{"events": stored.to_string()}]]));
    service.ask("StartImport", &json!({"ImportId": id}));
    service.check_imported(&id, events);
}

#[test]
fn a_log_on_standard_output_comes_while_the_service_runs() {
    let shell = Shell::new();
    let mut service = Service::start_with(&shell, &["--access-log", "-"]);
    service.get("/health");
    let mut line = String::new();
    service.output.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["path"], &line["status"]), (&json!("/health"), &json!(200)));
}

/// How long what must happen in seconds may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

fn log(ids: std::ops::Range<u32>) -> Vec<u8> {
    let events: Vec<_> = ids.map(event).collect();
    gzip(format!("{{\"Records\":[{}]}}", events.join(",")).as_bytes())
}

/// What services of a shell told on standard error.
fn told(shell: &Shell) -> String {
    fs::read_to_string(shell.path("stderr")).unwrap()
}

/// Makes a folder that feeds a store.
fn fed_by_folder(shell: &Shell, name: &str, store: &str) -> std::path::PathBuf {
    let folder = shell.path(name);
    fs::create_dir(&folder).unwrap();
    has(&shell.run(&["source", "add", text(&folder), "--store", store]), &["exit 0"]);
    folder
}

#[track_caller]
pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Service {
    /// Number of events in the default store.
    fn events(&self) -> u64 {
        let rows = self.rows(&self.start_query(COUNT));
        rows[0][0]["events"].as_str().unwrap().parse().unwrap()
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, events: u64) {
        wait_until(&format!("{events} events"), || self.events() == events);
    }
}

#[test]
#[cfg(unix)]
fn what_comes_to_sources_is_in_the_store_while_it_takes_events() {
    let shell = Shell::new();
    let drop = fed_by_folder(&shell, "drop", "default");
    fs::write(drop.join("before.json.gz"), log(0..3)).unwrap();
    let service = Service::start(&shell);
    service.wait_for(3);
    fs::write(drop.join("a.json.gz"), log(3..5)).unwrap();
    service.wait_for(5);
    // A source that is named meanwhile, and one whose file is no log.
    let other = fed_by_folder(&shell, "other", "default");
    fs::write(other.join("b.json.gz"), log(5..6)).unwrap();
    service.wait_for(6);
    fs::write(other.join("c.json.gz"), &log(6..90)[..100]).unwrap();
    wait_until("the damage is told", || told(&shell).contains("cut off"));
    let store = json!({"EventDataStore": "default"});
    service.ask("StopEventDataStoreIngestion", &store);
    fs::write(drop.join("d.json.gz"), log(6..8)).unwrap();
    wait_until("that it waits is told", || told(&shell).contains("default takes no events"));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(service.events(), 6);
    service.end();
    let service = Service::start(&shell);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(service.events(), 6, "it is stopped after a restart, too");
    service.ask("StartEventDataStoreIngestion", &store);
    service.wait_for(8);
    service.end();
    has(&shell.run(&["import", text(&drop)]), &["exit 0", "0 read"]);
    has(&shell.run(&["store", "check"]), &["exit 0"]);
    assert_eq!(told(&shell).matches("takes no events").count(), 2, "once a service");
}

#[test]
#[cfg(unix)]
fn an_import_from_a_source_stops_with_its_store_and_with_the_service() {
    let shell = Shell::new();
    let drop = fed_by_folder(&shell, "drop", "default");
    let files = 400;
    for file in 0..files {
        fs::write(drop.join(format!("{file}.json.gz")), log(file * 50..file * 50 + 50)).unwrap();
    }
    let service = Service::start(&shell);
    let store = json!({"EventDataStore": "default"});
    wait_until("the import runs", || shell.run(&["imports", "list"]).contains("IN_PROGRESS"));
    service.ask("StopEventDataStoreIngestion", &store);
    let runs = || shell.run(&["imports", "list"]).contains("IN_PROGRESS");
    wait_until("the import has stopped", || !runs());
    let stopped = service.events();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!((service.events(), runs()), (stopped, false));
    service.ask("StartEventDataStoreIngestion", &store);
    service.end();
    has(&shell.run(&["store", "check"]), &["exit 0"]);
    let service = Service::start(&shell);
    service.wait_for(u64::from(files) * 50);
    let ids = "SELECT count(DISTINCT eventID) AS ids FROM event_data_store";
    assert_eq!(service.rows(&service.start_query(ids))[0][0]["ids"], "20000");
}

#[test]
fn a_source_that_is_away_is_tried_again_and_keeps_no_other_waiting() {
    let shell = Shell::new();
    let drop = fed_by_folder(&shell, "drop", "default");
    shell.run(&["store", "create", "of-buckets"]);
    // Nobody is there, and somebody who says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for (bucket, endpoint) in
        [("s3://gone/logs", "http://127.0.0.1:9"), ("s3://silent/logs", &silent)]
    {
        let args = ["source", "add", bucket, "--no-sign-request", "--endpoint-url", endpoint];
        has(&shell.run(&[&args[..], &["--store", "of-buckets"]].concat()), &["exit 0"]);
    }
    let service = Service::start_with(&shell, &["--watch-interval", "1"]);
    fs::write(drop.join("a.json.gz"), log(0..3)).unwrap();
    service.wait_for(3);
    fs::rename(&drop, shell.path("away")).unwrap();
    wait_until("it is told", || told(&shell).contains("no such file or folder"));
    std::thread::sleep(Duration::from_secs(2));
    // Another folder comes in its place.
    fs::create_dir(&drop).unwrap();
    fs::write(drop.join("b.json.gz"), log(3..5)).unwrap();
    service.wait_for(5);
    wait_until("that it is back is told", || told(&shell).contains("it can be read again"));
    fs::write(drop.join("c.json.gz"), log(5..6)).unwrap();
    service.wait_for(6);
    wait_until("that nobody is there is told", || told(&shell).contains("s3://gone/logs"));
    let told = told(&shell);
    assert_eq!(told.matches("no such file or folder").count(), 1, "it is told once: {told}");
}
