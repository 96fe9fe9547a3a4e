//! What files, pipes and names an import meets.

use crate::cli::Shell;
use crate::logs::{event, folder, gzip, has, text};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn aggregated_events_are_counted_and_not_stored() {
    let shell = Shell::new();
    let summary = r#"{"eventVersion":"1.0","accountId":"111122223333","eventId":"00000000-0000-4000-8000-000000000009","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"eu-west-1","eventSource":"s3.amazonaws.com","timeWindow":{"windowStart":"2026-03-02T10:00:00Z","windowEnd":"2026-03-02T10:05:00Z","windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"eventName","statistics":[{"name":"GetObject","value":7}]},"details":[]}}"#;
    let logs = folder(
        &shell,
        &[
            (
                "CloudTrail-Aggregated/a.json",
                format!("{{\"Records\":[{summary},{summary}]}}").into(),
            ),
            ("CloudTrail/a.json", format!("{}\n{summary}\n", event(1)).into()),
        ],
    );
    let output = shell.run(&["import", text(&logs)]);
    has(
        &output,
        &[
            "exit 0",
            "2 seen: 1 imported, 1 of aggregated events",
            "4 read: 1 stored, 3 aggregated, not for this store",
            "aggregated events: [DIR]/logs/CloudTrail-Aggregated/a.json",
        ],
    );
    has(&shell.run(&["import", text(&logs)]), &["exit 0", "2 unchanged"]);
}

#[test]
fn json_text_of_an_athena_export_is_read() {
    let shell = Shell::new();
    let row = r#"{"eventname":"ListObjects","eventid":"00000000-0000-4000-8000-000000000001","eventtime":"2026-03-02 10:12:00.000 UTC","requestparameters":"{\"bucketName\":\"b1\"}","responseelements":"null","useridentity":"{\"type\":\"Root\",\"sessioncontext\":\"{\\\"attributes\\\":{\\\"mfaauthenticated\\\":\\\"true\\\"}}\"}","resources":"{\"arn\":\"a\"}","readonly":"True"}"#;
    let logs = folder(&shell, &[("part.gz", gzip(row.as_bytes()))]);
    let output = shell.run(&[
        "query",
        "--input",
        text(&logs),
        "--format",
        "csv",
        "SELECT requestParameters['bucketName'], responseElements, userIdentity.type, \
         userIdentity.sessionContext.attributes.mfaAuthenticated, resources[1].arn, readOnly, eventTime \
         FROM event_data_store",
    ]);
    has(&output, &["exit 0", "b1,,Root,true,a,true,2026-03-02 10:12:00.000"]);
}

#[test]
fn bytes_behind_gzip_are_told_once() {
    let shell = Shell::new();
    let packed = gzip(event(1).as_bytes());
    let logs = folder(
        &shell,
        &[
            ("zeros.json.gz", [packed.clone(), vec![0; 1000]].concat()),
            ("other.json.gz", [gzip(event(2).as_bytes()), b"trailing".to_vec()].concat()),
            ("twice.json.gz", gzip(&gzip(event(3).as_bytes()))),
        ],
    );
    let output = shell.run(&["import", text(&logs)]);
    has(
        &output,
        &[
            "exit 1",
            "3 read: 3 stored",
            "other.json.gz",
            "8 bytes after the gzip data are not gzip data",
            "the event before it was taken",
        ],
    );
    assert!(!output.contains("zeros"), "{output}");
    has(&shell.run(&["import", text(&logs)]), &["exit 0", "3 unchanged"]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let shell = Shell::new();
    let logs = folder(
        &shell,
        &[
            ("a.json.gz", gzip(b"LZIP\x01....")),
            ("b.json.Z", b"\x1f\x9d\x90....".to_vec()),
            ("c.jsonl.cpio.json", b"070701....".to_vec()),
            ("d.7z", b"7z\xbc\xaf\x27\x1c....".to_vec()),
        ],
    );
    let wanted = [
        ("a.json.gz", "an lzip file, which import does not read yet; unpack it first: lzip -d"),
        (
            "b.json.Z",
            "a compress (.Z) file, which import does not read yet; unpack it first: uncompress",
        ),
        (
            "c.jsonl.cpio.json",
            "a cpio archive, which import does not read yet; unpack it first: cpio -i",
        ),
    ];
    let output = shell.run(&["import", text(&logs)]);
    has(&output, &["exit 1", "4 seen: 1 of other kinds, 3 failed", "0 read"]);
    has(&output, &["other   7z archive: [DIR]/logs/d.7z"]);
    for (name, reason) in wanted {
        has(&output, &[&format!("{name}: {reason}")]);
        has(&shell.run(&["import", text(&logs.join(name))]), &["exit 1", reason]);
    }
}

#[test]
fn files_are_left_out_by_pattern() {
    let shell = Shell::new();
    let logs = folder(
        &shell,
        &[
            ("a.json", event(1).into()),
            ("._a.json", b"\0\x05\x16\x07\0\x02\0\0".to_vec()),
            ("old/b.json", event(2).into()),
        ],
    );
    let logs = text(&logs);
    let output = shell.run(&["import", logs, "--exclude", "._*", "--exclude", "old/*"]);
    has(
        &output,
        &[
            "exit 0",
            "3 seen: 1 imported, 2 excluded",
            "1 read: 1 stored",
            "other   excluded: [DIR]",
        ],
    );
    let count = "SELECT count(*) FROM event_data_store";
    let query = ["query", "--input", logs, "--exclude", "._*", "--format", "csv", count];
    has(&shell.run(&query), &["exit 0", "\n2\n"]);
    has(&shell.run(&["import", logs, "--exclude", "a["]), &["a[: not a pattern: '[' without ']'"]);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Stdio};
    use std::time::{Duration, Instant};

    fn pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    /// Waits for the end of a program, but not for ever: its exit code and what it said.
    fn end(mut child: Child) -> (Option<i32>, String) {
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(60) {
                child.kill().unwrap();
                panic!("it hangs");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), None);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    fn start(shell: &Shell, args: &[&str]) -> Child {
        let mut command = shell.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    fn terminate(child: &Child) {
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    #[test]
    fn a_pipe_below_a_folder_is_skipped() {
        let shell = Shell::new();
        let logs = folder(&shell, &[("a.json", event(1).into())]);
        pipe(&logs.join("b.json"));
        let (code, output) = end(start(&shell, &["import", text(&logs)]));
        has(&output, &["2 seen: 1 imported, 1 skipped", "b.json (a named pipe)"]);
        assert_eq!(code, Some(0));
    }

    #[test]
    fn a_named_pipe_is_read_and_not_remembered() {
        let shell = Shell::new();
        let path = shell.path("pipe");
        pipe(&path);
        for stored in ["1 stored", "1 duplicate"] {
            let child = start(&shell, &["import", text(&path)]);
            fs::write(&path, gzip(event(1).as_bytes())).unwrap();
            let (code, output) = end(child);
            has(&output, &[stored]);
            assert_eq!(code, Some(0));
        }
    }

    #[test]
    fn one_signal_ends_the_waiting_for_a_writer_and_keeps_what_came() {
        let shell = Shell::new();
        let path = shell.path("pipe");
        pipe(&path);
        let child = start(&shell, &["import", text(&path)]);
        // Opening waits for the reader.
        let mut writer = fs::File::options().write(true).open(&path).unwrap();
        writer
            .write_all(format!("{}\n{}\n{{\"eventName\":", event(1), event(2)).as_bytes())
            .unwrap();
        std::thread::sleep(Duration::from_millis(400));
        terminate(&child);
        let (code, output) = end(child);
        assert_eq!(code, Some(4), "{output}");
        has(&output, &["1 seen: 1 not reached", "2 read: 2 stored"]);
        drop(writer);
    }

    #[test]
    fn one_signal_ends_the_opening_of_a_pipe() {
        let shell = Shell::new();
        let path = shell.path("pipe");
        pipe(&path);
        // Nobody writes, so that the program waits for the opening.
        let child = start(&shell, &["import", text(&path)]);
        let lake = shell.path("lake/catalog.sqlite");
        while !lake.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(200));
        terminate(&child);
        assert_eq!(end(child).0, Some(4));
    }

    #[test]
    fn one_signal_ends_the_waiting_for_standard_input() {
        let shell = Shell::new();
        let mut child = start(&shell, &["import", "-"]);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{}\n", event(1)).as_bytes()).unwrap();
        while !shell.path("lake/catalog.sqlite").exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(400));
        terminate(&child);
        let (code, output) = end(child);
        assert_eq!(code, Some(4), "{output}");
        has(&output, &["1 read: 1 stored"]);
        drop(stdin);
    }

    #[test]
    fn names_that_are_no_text_are_read_each() {
        let shell = Shell::new();
        let logs = folder(&shell, &[]);
        fs::create_dir(&logs).unwrap();
        let names =
            [&b"caf\xe8.json"[..], b"caf\xe9.json"].map(|name| logs.join(OsStr::from_bytes(name)));
        let time = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (at, name) in names.iter().enumerate() {
            fs::write(name, event(at as u32)).unwrap();
            fs::File::options().write(true).open(name).unwrap().set_modified(time).unwrap();
        }
        let run = |names: &[&PathBuf]| {
            let output = shell.command(&["import"]).args(names).output().unwrap();
            assert_eq!(output.status.code(), Some(0));
            String::from_utf8(output.stdout).unwrap()
        };
        has(&run(&[&names[0]]), &["1 stored"]);
        has(&run(&[&names[0], &names[1]]), &["2 seen: 1 imported, 1 unchanged", "1 stored"]);
        has(&run(&[&logs]), &["2 seen: 2 unchanged"]);
        has(&run(&[&logs.join("caf?.json")]), &["2 seen: 2 unchanged"]);
        has(&shell.run(&["imports", "list"]), &[r"caf\\xE9.json"]);
        fs::write(&names[1], "{").unwrap();
        let output = shell.run(&["import", text(&logs)]);
        has(&output, &["exit 1", r"[DIR]/logs/caf\xE9.json"]);
        let mut query = shell.command(&["query", "SELECT count(*) FROM event_data_store"]);
        let query = query
            .arg("--input")
            .arg(&names[0])
            .arg("--output")
            .arg(logs.join(OsStr::from_bytes(b"\xe9.csv")));
        assert_eq!(query.output().unwrap().status.code(), Some(0));
    }
}
