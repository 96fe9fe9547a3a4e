//! What went in comes out: stores are exported and imported again, in part and whole, undisturbed and interrupted.

use crate::cli::Shell;
use crate::lake::testdata;
use flate2::read::GzDecoder;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

/// Standard output of a command that must work.
pub(crate) fn run(shell: &Shell, args: &[&str]) -> String {
    let output = shell.command(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Imports what can be, as some of it may be damaged on purpose.
pub(crate) fn import(shell: &Shell, store: &str, path: &Path) {
    shell.command(&["import", "--store", store, path.to_str().unwrap()]).output().unwrap();
}

pub(crate) fn create(shell: &Shell, store: &str) {
    run(shell, &["store", "create", store]);
}

fn export(shell: &Shell, store: &str, to: &str, more: &[&str]) -> Value {
    let to = shell.path(to);
    let args = [&["store", "export", store, "--json", "--to", to.to_str().unwrap()], more].concat();
    serde_json::from_str(&run(shell, &args)).unwrap()
}

/// The records of a store, in the order of their text.
pub(crate) fn records(shell: &Shell, store: &str) -> Vec<String> {
    let sql = "SELECT eventJson AS r FROM event_data_store ORDER BY 1";
    let rows = run(shell, &["query", "--format", "json", "--store", store, sql]);
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    rows.iter().map(|row| row["r"].as_str().unwrap().to_owned()).collect()
}

/// Every file below a folder, by its path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    let read = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        (name, fs::read(entry.path()).unwrap())
    };
    files.map(read).collect()
}

/// The text of a log file, which must be whole.
fn unpacked(file: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// Records with what none should have: blanks, times that are none, accounts that are paths, names twice.
pub(crate) fn odd_records(seed: u64) -> String {
    let mut random = StdRng::seed_from_u64(seed);
    let mut pick = |texts: &[&str]| texts[random.random_range(0..texts.len())].to_owned();
    let mut all = String::new();
    for id in 0..200 {
        let id = format!("\"eventID\": \"odd-{id}\"");
        let time = pick(&[
            r#","eventTime":"2026-03-01T23:59:59Z""#,
            r#","eventTime":"2026-03-02T00:00:00Z""#,
            r#","eventTime" :  "2026-03-02T12:00:00Z""#,
            r#","eventTime":"soon""#,
            r#","eventTime":null"#,
            "",
        ]);
        let account = pick(&[
            r#","recipientAccountId":"111122223333""#,
            r#","recipientAccountId":"../../../../tmp""#,
            r#","recipientAccountId":"a\u0000b""#,
            r#","recipientAccountId":111122223333"#,
            "",
        ]);
        let region = pick(&[
            r#","awsRegion":"eu-west-1""#,
            r#","awsRegion":"a/b""#,
            r#","awsRegion":"""#,
            "",
        ]);
        let more = pick(&[
            "",
            ",\n  \"requestParameters\": {\r\n\t\"x\": \"\\u00e9\\n\u{1f980}\"}\n",
            r#","eventName":"One","eventName":"Two""#,
            r#","userAgent":"é ]}] \" ","x":[1.50e+3,{}]"#,
        ]);
        all.push_str(&format!(
            "{{\"eventVersion\":\"1.08\",\"eventSource\":\"s3.amazonaws.com\",{id}{time}{account}{region}{more} }}\n"
        ));
    }
    all
}

/// A lake with a store of these sources.
pub(crate) fn store_of(sources: &[&Path]) -> Shell {
    let shell = Shell::new();
    create(&shell, "first");
    for source in sources {
        import(&shell, "first", source);
    }
    shell
}

#[test]
fn what_is_exported_and_imported_is_the_same_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let odd = dir.path().join("odd.json");
    fs::write(&odd, odd_records(7)).unwrap();
    for source in [&testdata("trail"), &testdata("oddities"), &odd] {
        let shell = store_of(&[source]);
        let first = records(&shell, "first");
        assert!(!first.is_empty());
        let report = export(&shell, "first", "out", &[]);
        assert_eq!(report["events"], first.len(), "{report}");
        assert_eq!(report["json_bytes"], first.iter().map(String::len).sum::<usize>());
        create(&shell, "second");
        import(&shell, "second", &shell.path("out"));
        assert_eq!(records(&shell, "second"), first, "{}", source.display());
        let names = files(&shell.path("out"));
        assert_eq!(report["files"], names.len());
        for name in names.keys() {
            assert!(name.starts_with("AWSLogs/") && name.matches('/').count() <= 7, "{name}");
        }

        // A line has no line break inside; nothing else changes.
        export(&shell, "first", "lines", &["--format", "jsonl"]);
        let lines =
            files(&shell.path("lines")).into_values().map(|f| String::from_utf8(f).unwrap());
        let mut lines: Vec<_> =
            lines.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        let mut want: Vec<_> = first.iter().map(|r| r.replace(['\n', '\r'], " ")).collect();
        lines.sort();
        want.sort();
        assert_eq!(lines, want);
    }
}

#[test]
fn every_category_is_exported() {
    for (category, folder) in [
        ("Insight", "CloudTrail-Insight"),
        ("ConfigurationItem", "CloudTrail-ConfigurationItem"),
        ("Evidence", "CloudTrail-Evidence"),
        ("ActivityAuditLog", "CloudTrail-ActivityAuditLog"),
    ] {
        let shell = Shell::new();
        for store in ["first", "second"] {
            run(&shell, &["store", "create", store, "--category", category]);
        }
        import(&shell, "first", &testdata("categories"));
        let first = records(&shell, "first");
        assert!(!first.is_empty(), "{category}");
        export(&shell, "first", "out", &[]);
        for name in files(&shell.path("out")).keys() {
            assert!(name.contains(&format!("/{folder}/")), "{name}");
        }
        import(&shell, "second", &shell.path("out"));
        assert_eq!(records(&shell, "second"), first, "{category}");
    }
}

#[test]
fn a_second_export_makes_the_same_files_and_writes_none() {
    let shell = store_of(&[&testdata("trail")]);
    for format in ["json.gz", "jsonl", "orc", "parquet", "arrow"] {
        let more = ["--format", format];
        let report = export(&shell, "first", &format!("{format}-1"), &more);
        assert_eq!(report["files_unchanged"], 0);
        let once = files(&shell.path(&format!("{format}-1")));
        export(&shell, "first", &format!("{format}-2"), &[&more[..], &["--threads", "1"]].concat());
        assert_eq!(files(&shell.path(&format!("{format}-2"))), once, "{format}");
        let report = export(&shell, "first", &format!("{format}-1"), &more);
        assert_eq!(report["files_unchanged"], report["files"]);
        assert_eq!(files(&shell.path(&format!("{format}-1"))), once, "{format}");
    }
}

#[test]
fn windows_conditions_and_selectors_choose_what_they_say() {
    let shell = store_of(&[&testdata("trail")]);
    let all = records(&shell, "first");
    let selectors = r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventSource","Equals":["sts.amazonaws.com","iam.amazonaws.com"]}]}]"#;
    type Wanted = fn(&Value) -> bool;
    let asked: [(&[&str], Wanted); 5] = [
        (&["--from", "2026-03-01T18:00:00Z"], |r| {
            r["eventTime"].as_str().unwrap() >= "2026-03-01T18:00:00Z"
        }),
        (&["--from", "2026-03-01T12:00:00Z", "--until", "2026-03-01T18:00:00Z"], |r| {
            ("2026-03-01T12:00:00Z".."2026-03-01T18:00:00Z")
                .contains(&r["eventTime"].as_str().unwrap())
        }),
        (&["--where", "errorCode IS NOT NULL -- refused"], |r| r["errorCode"].is_string()),
        (&["--selectors", selectors], |r| {
            r["eventCategory"] == "Management"
                && ["sts.amazonaws.com", "iam.amazonaws.com"]
                    .contains(&r["eventSource"].as_str().unwrap())
        }),
        (
            &[
                "--where",
                "eventSource LIKE 's%' OR false",
                "--until",
                "2026-03-01T18:00:00Z",
                "--selectors",
                selectors,
            ],
            |r| {
                r["eventSource"] == "sts.amazonaws.com"
                    && r["eventCategory"] == "Management"
                    && r["eventTime"].as_str().unwrap() < "2026-03-01T18:00:00Z"
            },
        ),
    ];
    for (at, (more, wanted)) in asked.iter().enumerate() {
        let is_wanted = |record: &&String| wanted(&serde_json::from_str(record).unwrap());
        let want: Vec<_> = all.iter().filter(is_wanted).cloned().collect();
        assert!(!want.is_empty() && want.len() < all.len(), "{more:?}: {}", want.len());
        let out = format!("out-{at}");
        let report = export(&shell, "first", &out, more);
        assert_eq!(report["events"], want.len(), "{more:?}");
        let store = format!("part-{at}");
        create(&shell, &store);
        import(&shell, &store, &shell.path(&out));
        assert_eq!(records(&shell, &store), want, "{more:?}");
    }
}

#[test]
fn exported_tables_answer_as_the_store_does() {
    let shell = store_of(&[&testdata("trail")]);
    let queries = [
        "SELECT count(*), count(DISTINCT eventID), min(eventTime), max(eventTime) FROM event_data_store",
        "SELECT eventSource, userIdentity.type, count(*) FROM event_data_store GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT eventJson, requestParameters, resources FROM event_data_store ORDER BY eventID, eventJson",
    ];
    let answers = |more: &[&str]| -> Vec<String> {
        let ask =
            |sql: &&str| run(&shell, &[&["query", "--format", "jsonl"], more, &[*sql]].concat());
        queries.iter().map(ask).collect()
    };
    let want = answers(&["--store", "first"]);
    for format in ["orc", "parquet"] {
        export(&shell, "first", format, &["--format", format]);
        let folder = shell.path(format);
        assert_eq!(answers(&["--input", folder.to_str().unwrap()]), want, "{format}");
    }
}

#[test]
fn an_export_that_fails_leaves_whole_files_and_goes_on() {
    let shell = store_of(&[&testdata("trail")]);
    for format in ["json.gz", "parquet"] {
        let more = ["--format", format, "--threads", "2"];
        export(&shell, "first", &format!("{format}-whole"), &more);
        let whole = files(&shell.path(&format!("{format}-whole")));
        assert!(whole.len() > 1, "{format}");
        for fault in [
            "write:1:full",
            "write:2:full",
            "sync:2:broken",
            "rename:1:kill",
            "rename:2:kill",
            "create-file:2:denied",
            "create-folder:3:denied",
            "sync:1:kill",
        ] {
            let out = format!("{format}-{fault}").replace(':', "-");
            let to = shell.path(&out);
            let args = ["store", "export", "first", "--to", to.to_str().unwrap()];
            let mut command = shell.command(&[&args[..], &more].concat());
            let output = command.env("TRAILLAKE_FAULT", fault).output().unwrap();
            assert!(!output.status.success(), "{fault}");
            let is_killed = fault.ends_with("kill");
            if !is_killed {
                assert_eq!(output.status.code(), Some(1), "{fault}");
                let told = String::from_utf8(output.stderr).unwrap();
                assert!(told.contains(to.to_str().unwrap()), "{told}");
            }
            for (name, bytes) in files(&to) {
                let is_unfinished = name.rsplit('/').next().unwrap().starts_with('.');
                assert!(
                    is_unfinished && is_killed || whole.get(&name) == Some(&bytes),
                    "{fault} {name}"
                );
            }
            export(&shell, "first", &out, &more);
            assert_eq!(files(&to), whole, "{format} {fault}");
        }
    }
}

#[test]
fn no_file_of_others_is_replaced() {
    let shell = store_of(&[&testdata("trail")]);
    for format in ["json.gz", "orc", "jsonl"] {
        export(&shell, "first", format, &["--format", format]);
        let folder = shell.path(format);
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        let before = files(&folder);
        let name = before.keys().find(|name| name.ends_with(format)).unwrap();
        for content in [&b"mine"[..], b"", &before[name][..before[name].len() / 2]] {
            fs::write(folder.join(name), content).unwrap();
            let to = folder.to_str().unwrap();
            let told = shell.run(&["store", "export", "first", "--to", to, "--format", format]);
            assert!(
                told.starts_with("exit 1") && told.contains("does not hold the events"),
                "{told}"
            );
            assert_eq!(fs::read(folder.join(name)).unwrap(), content);
        }
        fs::remove_file(folder.join(name)).unwrap();
        export(&shell, "first", format, &["--format", format]);
        assert_eq!(files(&folder), before);
    }
}

#[test]
fn log_files_are_one_account_region_and_day_each_in_order() {
    let shell = store_of(&[&testdata("trail")]);
    export(&shell, "first", "out", &[]);
    for (name, bytes) in files(&shell.path("out")) {
        let parts: Vec<_> = name.split('/').collect();
        let ["AWSLogs", account, "CloudTrail", region, year, month, day, _] = parts[..] else {
            panic!("{name}")
        };
        let text: Value = serde_json::from_str(&unpacked(&bytes)).unwrap();
        let records = text["Records"].as_array().unwrap();
        // One writes its month with a digit.
        let time = |r: &Value| r["eventTime"].as_str().unwrap().replace("-7-", "-07-");
        let times: Vec<_> = records.iter().map(time).collect();
        assert!(times.is_sorted(), "{name}");
        for record in records {
            assert_eq!(record["recipientAccountId"], account);
            assert_eq!(record["awsRegion"], region);
            assert_eq!(time(record)[..10], format!("{year}-{month}-{day}"));
        }
    }
}

/// The records in the log files below a folder, in the order of their text.
fn delivered(folder: &Path) -> Vec<String> {
    let mut records = Vec::new();
    for (name, bytes) in files(folder) {
        if !name.ends_with(".json.gz") {
            continue; // one that is being written
        }
        let mut text = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        let file: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        for record in file["Records"].as_array().unwrap() {
            records.push(record["eventID"].as_str().unwrap().to_owned());
        }
    }
    records.sort();
    records
}

#[test]
fn what_arrives_is_delivered_once() {
    let shell = Shell::new();
    let to = shell.path("trail");
    let log = |ids: std::ops::Range<u32>| {
        let events: Vec<_> = ids.clone().map(crate::logs::event).collect();
        let file = shell.path(&format!("{}.json", ids.start));
        fs::write(&file, format!("{{\"Records\":[{}]}}", events.join(","))).unwrap();
        import(&shell, "kept", &file);
    };
    create(&shell, "kept");
    log(0..5);
    let follow = || {
        let args = [
            "store",
            "export",
            "kept",
            "--follow",
            "--interval",
            "1",
            "--to",
            to.to_str().unwrap(),
        ];
        let mut command = shell.command(&[&args[..], &["--where", "eventName <> 'N7'"]].concat());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let wait_for = |events: usize| {
        let start = std::time::Instant::now();
        while !to.exists() || delivered(&to).len() < events {
            assert!(start.elapsed().as_secs() < 120, "{events} wanted: {:?}", delivered(&to));
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    let mut running = follow();
    wait_for(5);
    log(3..9); // some of them were there
    wait_for(8);
    running.kill().unwrap();
    running.wait().unwrap();
    log(9..12);
    let mut running = follow();
    wait_for(11);
    run(&shell, &["store", "compact", "kept"]);
    log(20..21);
    wait_for(12);
    let running_id = running.id().to_string();
    let interrupt = std::process::Command::new("kill").args(["-INT", &running_id]).status();
    assert!(interrupt.unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(0));
    let wanted = (0..12).chain(20..21).filter(|id| *id != 7);
    let wanted: Vec<_> = wanted.map(|id| format!("00000000-0000-4000-8000-{id:012}")).collect();
    assert_eq!(delivered(&to), wanted);
    let tables = ["store", "export", "kept", "--follow", "--format", "orc", "--to"];
    let tables = shell.run(&[&tables[..], &[to.to_str().unwrap()]].concat());
    assert!(
        tables.starts_with("exit 2") && tables.contains("--follow writes log files"),
        "{tables}"
    );
    let broken = files(&to).into_keys().find(|name| name.ends_with(".gz")).unwrap();
    fs::write(to.join(&broken), "nothing").unwrap();
    let told = ["store", "export", "kept", "--follow", "--to", to.to_str().unwrap()];
    let told = shell.run(&told);
    assert!(told.starts_with("exit 1") && told.contains("what it holds is not known"), "{told}");
}
