//! Objects in buckets are read as files are.

mod server;

pub(crate) use server::Server;

use crate::cli::{Shell, TRAIL};
use crate::logs::{event, gzip, has};
use server::{Fault, SECRET, nobody};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A log file of the bucket, as `account_CloudTrail_region_time_token.json.gz`.
fn log_file(account: &str, region: &str, day: u32) -> String {
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/2026/03/{day:02}/{account}_CloudTrail_{region}_202603{day:02}T1000Z_AbCdEf0123456789.json.gz"
    )
}

fn log(ids: std::ops::Range<u32>) -> Vec<u8> {
    let events: Vec<_> = ids.map(event).collect();
    gzip(format!("{{\"Records\":[{}]}}", events.join(",")).as_bytes())
}

fn run(command: &mut Command) -> (String, Option<i32>) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let all = [stdout, stderr].concat();
    (String::from_utf8(all).unwrap(), status.code())
}

impl Server {
    fn run(&self, shell: &Shell, args: &[&str]) -> (String, Option<i32>) {
        run(self.known_to(&mut shell.command(args)))
    }

    #[track_caller]
    fn succeed(&self, shell: &Shell, args: &[&str]) -> String {
        let (output, code) = self.run(shell, args);
        assert_eq!(code, Some(0), "{output}");
        output
    }
}

fn events(shell: &Shell) -> String {
    let everything = "SELECT eventID, eventJsonChecksum FROM event_data_store ORDER BY eventID, eventJsonChecksum";
    shell.run(&["query", "--format", "csv", everything])
}

#[test]
fn a_bucket_is_imported_as_its_copy_on_disk_is() {
    let (server, there, here) = (Server::start(), Shell::new(), Shell::new());
    server.put_folder("trail", Path::new(env!("CARGO_MANIFEST_DIR")).join(TRAIL).as_path());
    here.run(&["import", TRAIL]);
    server.succeed(&there, &["import", "s3://trail"]);
    assert_eq!(events(&there), events(&here));
    server.asked();
    has(&server.succeed(&there, &["import", "s3://trail/"]), &["Nothing new"]);
    let read = server.asked().iter().filter(|line| line.contains(".json.gz")).count();
    assert_eq!(read, 0, "what was imported is not fetched again");
    let count = [
        "query",
        "--input",
        "s3://trail",
        "--format",
        "csv",
        "SELECT count(*) FROM event_data_store",
    ];
    let of_files = ["query", "--input", TRAIL, "--format", "csv", count[5]];
    let of_files = String::from_utf8(here.command(&of_files).output().unwrap().stdout).unwrap();
    has(&server.succeed(&there, &count), &[&of_files]);
}

#[test]
fn what_is_not_wanted_is_neither_listed_nor_fetched() {
    let (server, shell) = (Server::start(), Shell::new());
    let mut id = 0;
    for account in ["111122223333", "444455556666"] {
        for region in ["eu-west-1", "us-east-1"] {
            for day in [1, 2, 3, 9] {
                server.put("org", &log_file(account, region, day), &log(id..id + 2));
                id += 2;
            }
        }
    }
    server.put("org", "AWSLogs/111122223333/CloudTrail/eu-west-1/2025/12/31/notes.txt", b"x");
    let (from, to) = ("2026-03-02", "2026-03-02T12:00:00Z");
    let filters =
        ["--account", "111122223333", "--region", "eu-west-1", "--from", from, "--to", to];
    let output = server.succeed(&shell, &[&["import", "s3://org"][..], &filters].concat());
    has(&output, &["Imported 4 events", "files   2 seen: 2 imported"]); // of the day, and a day later
    let asked = server.asked().join("\n");
    for other in ["444455556666", "us-east-1", "2025%2F", "03%2F01", "03%2F09"] {
        assert!(!asked.contains(other), "{other}:\n{asked}");
    }
    let output =
        server.succeed(&shell, &["import", "s3://org", "--exclude", "2025", "--exclude", "09"]);
    has(&output, &["files   16 seen: 10 imported, 2 unchanged", "4 excluded"]);
    let one = format!("s3://org/{}", log_file("444455556666", "us-east-1", 3));
    has(&server.succeed(&shell, &["import", &one]), &["files   1 seen: 1 unchanged"]);
    let some = "s3://org/AWSLogs/*/CloudTrail/*/2026/**/*T1000Z_*.gz";
    has(&server.succeed(&shell, &["import", some, &one]), &["files   16 seen: 4 imported"]);
}

/// What cannot be read of a bucket that is only partly readable is told with its place; the rest is there.
#[test]
fn what_fails_is_asked_again_and_what_goes_on_failing_is_told() {
    let (server, shell) = (Server::start(), Shell::new());
    for day in 1..=20 {
        server.put("logs", &log_file("1", "eu-west-1", day), &log(day * 100..day * 100 + 50));
    }
    server.fail("list-type", 2, Fault::Status(503));
    server.fail("03/04/", 2, Fault::Status(500));
    server.fail("03/05/", 2, Fault::Cut(100));
    server.fail("03/06/", 100, Fault::Status(403));
    let (output, code) = server.run(&shell, &["import", "s3://logs/AWSLogs/"]);
    assert_eq!(code, Some(1), "{output}");
    has(
        &output,
        &[
            "Imported 950 events",
            "20 seen: 19 imported, 1 failed",
            "access denied (",
            "s3:GetObject",
        ],
    );
    let (output, code) = server.run(&shell, &["imports", "list"]);
    assert_eq!(code, Some(0));
    let import = output.split_whitespace().next().unwrap();
    let (output, code) = server.run(&shell, &["imports", "retry", import]);
    assert_eq!(code, Some(1), "{output}"); // still forbidden
    let mended = Server::start();
    for day in 1..=20 {
        mended.put("logs", &log_file("1", "eu-west-1", day), &log(day * 100..day * 100 + 50));
    }
    has(&mended.succeed(&shell, &["imports", "retry", import]), &["Imported 50 events"]);
    has(&mended.succeed(&shell, &["query", "SELECT count(*) FROM event_data_store"]), &["1000"]);
}

#[test]
fn names_of_objects_are_taken_as_they_are() {
    let (server, shell) = (Server::start(), Shell::new());
    let names =
        ["a b.json", "a+b.json", "a%20b.json", "ü&<ö>.json", "logs=1/'x'.json", "[1]*.json"];
    for (at, name) in (0..).zip(names) {
        server.put("odd", &format!("x/{name}"), &log(at..at + 1));
    }
    has(&server.succeed(&shell, &["import", "s3://odd/x"]), &["Imported 6 events"]);
    for name in names {
        let address = format!("s3://odd/x/{name}");
        has(&server.succeed(&shell, &["import", &address]), &["1 seen: 1 unchanged"]);
    }
    let sources = "SELECT DISTINCT \"$source\" FROM event_data_store";
    has(
        &server.succeed(&shell, &["query", "--format", "csv", sources]),
        &["s3://odd/x/a%20b.json"],
    );
}

#[test]
fn large_objects_come_in_parts() {
    let (server, shell) = (Server::start(), Shell::new());
    let padding = "x".repeat(60_000);
    let mut lines = String::new();
    for id in 0..900 {
        let padded = event(id)
            .replace("\"eventName\"", &format!("\"errorMessage\":\"{padding}\",\"eventName\""));
        writeln!(lines, "{padded}").unwrap();
    }
    server.put("large", "logs/streamed.jsonl", lines.as_bytes()); // 54 MB
    server.put("large", "logs/whole.jsonl", &lines.as_bytes()[..lines.len() / 3]);
    server.fail("large/logs/streamed", 2, Fault::Cut(1 << 20));
    let (output, code) = server.run(&shell, &["import", "s3://large/logs", "--json"]);
    assert_eq!(code, Some(1), "the second file ends in the middle of a record: {output}");
    has(&output, &["\"stored\": 900", "\"duplicate\": 300", "\"imported\": 1"]);
    let parts = server.asked().iter().filter(|line| line.starts_with("GET /large/logs")).count();
    assert!(parts >= 7 + 3, "{parts}");
}

#[test]
fn who_asks_is_found_as_the_aws_cli_finds_it() {
    let (server, shell) = (Server::start(), Shell::new());
    server.put("logs", "a.json.gz", &log(0..3));
    let config = shell.path("config");
    let credentials =
        r#"{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"not-a-secret"}"#;
    let profiles = format!(
        "[profile process]\ncredential_process = echo '{credentials}'\nregion = eu-west-1\nendpoint_url = {0}\n\
         [profile keys]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = not-a-secret\nendpoint_url = {0}\n",
        server.url
    );
    std::fs::write(&config, profiles).unwrap();
    let ask = |shell: &Shell, environment: &[(&str, &str)], args: &[&str]| {
        let mut command = shell.command(&[&["import", "s3://logs"][..], args].concat());
        nobody(&mut command).env("AWS_CONFIG_FILE", &config).envs(environment.iter().copied());
        run(&mut command)
    };
    for (environment, args) in [
        (&[("AWS_PROFILE", "process")][..], &[][..]),
        (&[][..], &["--profile", "keys"][..]),
        (&[("AWS_ACCESS_KEY_ID", "other"), ("AWS_SECRET_ACCESS_KEY", "x")], &["--profile", "keys"]),
    ] {
        let shell = Shell::new();
        let (output, code) = ask(&shell, environment, args);
        assert_eq!(code, Some(0), "{environment:?} {args:?}: {output}");
    }
    let url = ["--endpoint-url", &server.url];
    let (output, code) = ask(&shell, &[], &url);
    assert_eq!(code, Some(1));
    has(&output, &["no credentials for AWS", "AWS_PROFILE", "--no-sign-request"]);
    let (output, _) = ask(&shell, &[], &["--profile", "missing", url[0], url[1]]);
    has(&output, &["missing"]);
    let wrong = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "wrong")];
    let (output, code) = ask(&shell, &wrong, &url);
    assert_eq!(code, Some(1));
    has(&output, &["s3://logs/: access denied (SignatureDoesNotMatch"]);
    assert!(!output.contains("wrong") && !output.contains(SECRET), "no secret is told: {output}");
}

#[test]
fn the_instance_is_asked_only_if_that_is_wanted() {
    let (server, shell) = (Server::start(), Shell::new());
    server.bucket("logs");
    let ask = |args: &[&str]| {
        let args = [&["import", "s3://logs", "--endpoint-url", &server.url][..], args].concat();
        let mut command = shell.command(&args);
        nobody(&mut command).env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server.url);
        run(&mut command)
    };
    has(&ask(&[]).0, &["no credentials for AWS"]);
    assert_eq!(server.asked(), [""; 0]);
    ask(&["--instance-credentials"]);
    has(&server.asked().join("\n"), &["PUT /latest/api/token"]);
    let (output, code) = ask(&["--no-sign-request"]);
    assert_eq!(code, Some(1));
    has(&output, &["access denied"]);
}

#[test]
fn places_that_are_not_there_are_told() {
    let (server, shell) = (Server::start(), Shell::new());
    server.put("logs", "a.json.gz", &log(0..3));
    for (address, told) in [
        ("s3://", "s3://: no bucket; the address of objects is s3://BUCKET/PREFIX"),
        ("s3://lo gs/x", "no bucket"),
        ("s3://other/x", "s3://other/x: there is no such bucket"),
        ("s3://logs/b", "s3://logs/b: no object of that name, and none below it"),
        ("s3://logs/b*", "s3://logs/b*: no object"),
        ("s3://logs/b[", "not a pattern"),
        ("s3://logs/a//b", "an empty part"),
    ] {
        let (output, code) = server.run(&shell, &["import", address]);
        assert_eq!(code, Some(1), "{address}: {output}");
        has(&output, &[told]);
    }
    let closed = ["import", "s3://logs", "--endpoint-url", "http://127.0.0.1:1"];
    has(&server.run(&shell, &closed).0, &["s3://logs/: ", "refused"]);
    has(&server.run(&shell, &["test-selectors", "--selectors", "[]", "s3://logs"]).0, &["error"]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_waiting_for_a_server() {
    let server = Server::start();
    server.put("logs", "a.json.gz", &log(0..3));
    for requests in ["list-type", "GET /logs/a.json.gz"] {
        let shell = Shell::new();
        server.asked();
        server.fail(requests, 1, Fault::Hang);
        let mut command = shell.command(&["import", "s3://logs"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = server.known_to(&mut command).spawn().unwrap();
        let waiting = Instant::now();
        while !server.asked().iter().any(|line| line.contains(requests)) {
            assert!(waiting.elapsed() < Duration::from_secs(120), "nothing was asked");
            std::thread::sleep(Duration::from_millis(20));
        }
        let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(interrupt.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(4), "{requests}: {told}");
        assert!(!told.contains("failed"), "{told}");
    }
}
