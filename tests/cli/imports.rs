//! Imports, and the stores that they fill.

use super::{Shell, TRAIL};
use crate::lake::testdata;

#[test]
fn the_readme_command() {
    let shell = Shell::new();
    snapshot!(shell.run(&[
        "query",
        "--input",
        TRAIL,
        "SELECT eventName, count(*) AS calls FROM event_data_store GROUP BY eventName ORDER BY calls DESC, eventName LIMIT 5",
    ]));
    assert!(!shell.path("lake").exists(), "a one-shot query leaves nothing");
}

#[test]
fn import_and_again() {
    let shell = Shell::new();
    snapshot!(format!("{}\n{}", shell.run(&["import", TRAIL]), shell.run(&["import", TRAIL])));
}

#[test]
fn import_with_failures_names_them_and_keeps_the_rest() {
    let shell = Shell::new();
    let import = shell.run(&["import", "testdata/broken", "testdata/oddities"]);
    let id = import.rsplit("imports show ").next().unwrap().split(' ').next().unwrap().to_owned();
    let show = shell.run(&["imports", "show", &id]);
    snapshot!(format!("{import}\n{show}"));
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    let folder = shell.path("logs");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(testdata("oddities/single.json"), folder.join("good.json")).unwrap();
    let locked = folder.join("locked.json");
    std::fs::copy(testdata("oddities/array.json"), &locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&locked).is_ok() {
        // The superuser reads everything; a folder in place of a file fails for everybody.
        std::fs::remove_file(&locked).unwrap();
        std::os::unix::fs::symlink("nowhere", &locked).unwrap();
    }
    let text = shell.run(&["import", folder.to_str().unwrap()]);
    assert!(text.starts_with("exit 1"), "{text}");
    assert!(text.contains("1 read: 1 stored"), "{text}");
    assert!(text.contains("locked.json"), "{text}");
}

#[test]
fn the_report_is_json_on_demand() {
    let shell = Shell::new();
    let text = shell.run(&["import", "--json", TRAIL]);
    let json = text.split("--- stdout\n").nth(1).unwrap().split("--- stderr").next().unwrap();
    let report: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        (&report["events"]["read"], &report["events"]["stored"]),
        (&600.into(), &598.into())
    );
    assert_eq!(report["status"], "COMPLETED");
    let sum = |counts: &serde_json::Value, of: &str| {
        counts
            .as_object()
            .unwrap()
            .iter()
            .filter(|(k, _)| *k != of)
            .map(|(_, v)| v.as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(report["events"]["read"].as_u64().unwrap(), sum(&report["events"], "read"));
    assert_eq!(report["files"]["seen"].as_u64().unwrap(), sum(&report["files"], "seen"));
}

#[test]
fn stores_are_made_listed_and_shown() {
    let shell = Shell::new();
    snapshot!(
        [
            shell.run(&["store", "list"]),
            shell.run(&[
                "store",
                "create",
                "incident-42",
                "--format",
                "arrow",
                "--retention-days",
                "3653"
            ]),
            shell.run(&["store", "create", "INCIDENT-42"]),
            shell.run(&["store", "create", "x"]),
            shell.run(&["store", "create", "lake", "--format", "avro"]),
            shell.run(&["store", "create", "lake", "--retention-days", "3"]),
            shell.run(&["import", TRAIL, "--store", "Incident-42"]),
            shell.run(&["store", "list"]),
            shell.run(&["store", "show", "incident-42"]),
            shell.run(&["store", "show", "other"]),
            shell.run(&["query", "SELECT count(*) FROM incident-42"]),
            shell.run(&[
                "query",
                "--store",
                "incident-42",
                "SELECT count(*) AS n FROM event_data_store"
            ]),
            shell.run(&["query", "SELECT count(*) FROM event_data_store"]),
        ]
        .join("\n")
    );
}

#[test]
fn other_engines_are_told_of_a_store() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    shell.run(&["store", "create", "flat", "--format", "parquet"]);
    shell.run(&["import", TRAIL, "--store", "flat"]);
    shell.run(&["store", "create", "mixed", "--format", "arrow"]);
    let ddl = |args: &[&str]| shell.run(&[&["store", "ddl"], args].concat());
    let mut texts = vec![
        ddl(&["default", "--engine", "duckdb"]),
        ddl(&["flat", "--engine", "duckdb"]),
        ddl(&["default", "--engine", "athena"]),
        ddl(&["default", "--engine", "athena", "--table", "a.b.c", "--location", "s3://b/c"]),
        ddl(&["default", "--engine", "spark", "--table", "a..c"]),
        ddl(&["default", "--engine", "trino", "--location", "a\u{1b}[31m"]),
        ddl(&["nowhere", "--engine", "duckdb"]),
        ddl(&["mixed", "--engine", "trino"]),
    ];
    shell.run(&["import", TRAIL, "--store", "mixed"]);
    shell.run(&["import", "testdata/oddities", "--store", "mixed", "--format", "parquet"]);
    texts.push(ddl(&["mixed", "--engine", "duckdb"]));
    snapshot!(texts.join("\n"));
}

/// The id of an import that failed, which its report names.
fn failed_import(report: &str) -> String {
    report.rsplit("imports show ").next().unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn failed_files_are_listed_and_read_again() {
    let shell = Shell::new();
    let logs = shell.path("logs");
    std::fs::create_dir(&logs).unwrap();
    let event = |id: u32| {
        format!(
            r#"{{"eventVersion":"1.11","eventName":"A","eventTime":"2026-03-02T10:00:00Z","eventID":"e{id}"}}"#
        )
    };
    let bad = logs.join("bad.json");
    std::fs::write(&bad, format!(r#"{{"Records":[{},{{"eventVersion":x}}]}}"#, event(1))).unwrap();
    std::fs::write(logs.join("good.json"), event(2)).unwrap();
    let first = shell.run(&["import", logs.to_str().unwrap()]);
    let id = failed_import(&first);
    let failures = shell.run(&["imports", "failures", &id]);
    std::fs::write(&bad, format!(r#"{{"Records":[{},{}]}}"#, event(1), event(3))).unwrap();
    let said = [
        first,
        failures,
        shell.run(&["imports", "failures", &id, "--json"]),
        shell.run(&["imports", "retry", &id]),
        shell.run(&["imports", "retry", &id]),
        shell.run(&["imports", "stop", &id]),
        shell.run(&["imports", "retry", "no-such-import"]),
    ];
    snapshot!(said.join("\n").replace(&id, "[IMPORT]"));
}

#[test]
fn rejected_records_are_kept_with_their_reasons() {
    let shell = Shell::new();
    let logs = shell.path("logs.jsonl");
    let event = r#"{"eventVersion":"1.11","eventName":"A","eventTime":"2026-03-02T10:00:00Z"}"#;
    let lines = [
        event.as_bytes(),
        b"{\"eventVersion\":x}",
        b"{\"eventVersion\":\"\xff\",}",
        event.as_bytes(),
    ];
    std::fs::write(&logs, lines.join(&b'\n')).unwrap();
    let kept = shell.path("kept");
    let args = ["import", logs.to_str().unwrap(), "--quarantine", kept.to_str().unwrap()];
    let report = shell.run(&args);
    assert!(
        report.starts_with("exit 1") && report.contains("kept    rejected records in [DIR]/kept/"),
        "{report}"
    );
    let files: Vec<_> =
        std::fs::read_dir(&kept).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(lines[0]["record"], "{\"eventVersion\":x}");
    assert_eq!(lines[0]["file"].as_str(), logs.to_str());
    assert_eq!(lines[0]["position"], event.len() + 1);
    assert!(lines[0]["reason"].as_str().unwrap().starts_with("malformed JSON at byte"), "{text}");
    assert!(lines[1]["recordBase64"].is_string(), "{text}");
    // A folder that cannot be made is an error, and costs no event.
    let blocked = logs.join("kept");
    let args =
        ["import", "--again", logs.to_str().unwrap(), "--quarantine", blocked.to_str().unwrap()];
    let report = shell.run(&args);
    assert!(report.contains("error: rejected records could not be kept: "), "{report}");
    // Nothing is rejected, nothing is made.
    let none = shell.path("none");
    let args = ["import", "testdata/oddities/array.json", "--quarantine", none.to_str().unwrap()];
    assert!(shell.run(&args).starts_with("exit 0"));
    assert!(!none.exists());
}

#[test]
fn strict_imports_fail_for_values_that_do_not_fit_and_files_of_other_kinds() {
    let shell = Shell::new();
    let logs = shell.path("logs");
    std::fs::create_dir(&logs).unwrap();
    let event = r#"{"eventVersion":"1.11","eventName":"A","eventTime":"2026-03-02T10:00:00Z","eventID":"1"}"#;
    std::fs::write(logs.join("a.json"), event).unwrap();
    let strict = ["import", "--strict", "--again", logs.to_str().unwrap()];
    assert!(shell.run(&strict).starts_with("exit 0"));
    std::fs::write(logs.join("notes.txt"), "notes").unwrap();
    let report = shell.run(&strict);
    assert!(
        report.starts_with("exit 1") && report.contains("1 file did not fit (--strict)"),
        "{report}"
    );
    std::fs::remove_file(logs.join("notes.txt")).unwrap();
    let misfit = event.replace(r#""eventID":"1""#, r#""eventID":"2","readOnly":"perhaps""#);
    std::fs::write(logs.join("b.json"), misfit).unwrap();
    let report = shell.run(&strict);
    assert!(report.starts_with("exit 1") && report.contains("1 value did not fit"), "{report}");
    assert!(shell.run(&["import", "--again", logs.to_str().unwrap()]).starts_with("exit 0"));
}

#[cfg(unix)]
#[test]
fn a_running_import_is_stopped_from_elsewhere() {
    use std::io::Write;
    let shell = Shell::new();
    let event = |id: u32| {
        format!(
            "{{\"eventVersion\":\"1.11\",\"eventName\":\"A\",\"eventTime\":\"2026-03-02T10:00:00Z\",\"eventID\":\"{id}\"}}\n"
        )
    };
    // It reads standard input, which stays open.
    let mut child = shell
        .command(&["import", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for id in 0..50 {
        input.write_all(event(id).as_bytes()).unwrap();
    }
    input.flush().unwrap();
    let running = loop {
        let list = shell.run(&["imports", "list"]);
        if let Some(line) = list.lines().find(|line| line.contains("IN_PROGRESS")) {
            break line.split(' ').next().unwrap().to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let said = shell.run(&["imports", "stop", &running]);
    let output = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert!(said.starts_with("exit 0") && said.contains("STOPPED"), "{said}");
    let again = shell.run(&["imports", "stop", &running]);
    assert!(again.contains("is not running"), "{again}");
    // A stop that was asked for does not stop the next one.
    assert!(shell.run_with(&["import", "-"], &event(99)).starts_with("exit 0"));
}

#[test]
fn log_files_are_chosen_by_their_names() {
    let shell = Shell::new();
    let files = |args: &[&str]| {
        let report = shell.run(&[&["import", TRAIL, "--again"], args].concat());
        let line =
            report.lines().find(|line| line.starts_with("  files ") || line.starts_with("error"));
        line.unwrap_or(&report).trim().to_owned()
    };
    snapshot!(
        [
            files(&[]),
            files(&["--region", "eu-west-1"]),
            files(&["--region", "eu-west-1", "--region", "us-east-1", "--account", "999999999999"]),
            files(&["--from", "2026-03-02"]),
            files(&["--to", "2026-03-01"]),
            files(&["--from", "2026-03-02", "--to", "2026-03-01"]),
            files(&["--from", "tomorrow"]),
        ]
        .join("\n")
    );
}
