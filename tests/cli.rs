//! The program from outside: what it prints, where, and with which exit code.

use crate::lake::testdata;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use traillake::bench::Kind;

pub(crate) struct Shell {
    dir: tempfile::TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_traillake"));
        command
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("TRAILLAKE_DIR", self.path("lake"))
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// Exit code, standard output and standard error.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.run_with(args, "")
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> String {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that fails early does not read.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr)
        )
        .replace(&self.dir.path().display().to_string(), "[DIR]")
        .replace(env!("CARGO_MANIFEST_DIR"), "[PROJECT]")
    }
}

macro_rules! snapshot {
    ($text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.(orc|parquet|arrow)",
            "[FILE].$1",
        );
        settings.add_filter(
            r"01[0-9a-f]{6}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[IMPORT]",
        );
        settings.add_filter(
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
            "[ID]",
        );
        settings.add_filter(r"in [0-9.]+ s\b( \([0-9,]+ events/s\))?", "in [TIME]");
        settings.add_filter(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8}( UTC|  )", "[WHEN]$1");
        settings.add_filter(r"[0-9.]+ kB", "[SIZE]");
        // Whether a late event finds its day still open depends on the threads.
        settings.add_filter(r"data( +)[0-9]+ files?, ", "data$1[FILES], ");
        settings.bind(|| insta::assert_snapshot!($text));
    }};
}

pub(crate) const TRAIL: &str = "testdata/trail";

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

/// The file of the trail's second day, as one thread writes it, under a name that tells nothing.
fn day_file(shell: &Shell, format: &str) -> String {
    let import = ["import", TRAIL, "--store", format, "--threads", "1"];
    shell.run(&["store", "create", format, "--format", format]);
    assert!(shell.run(&import).starts_with("exit 0"));
    let day = "event_date=2026-03-02";
    let mut files = walkdir::WalkDir::new(shell.path("lake")).into_iter().map(Result::unwrap);
    let ends = |path: &Path| path.extension().is_some_and(|e| e == format);
    let file = files.find(|f| ends(f.path()) && f.path().parent().unwrap().ends_with(day));
    let copy = shell.path(&format!("{format} file"));
    std::fs::copy(file.unwrap().path(), &copy).unwrap();
    copy.to_str().unwrap().to_owned()
}

fn names_are_counted_in_json(shell: &Shell, file: &str) {
    let text = shell.run(&["inspect", file, "--json"]);
    let json = text.split("--- stdout\n").nth(1).unwrap().split("--- stderr").next().unwrap();
    let layout: serde_json::Value = serde_json::from_str(json).unwrap();
    let name = layout["columns"].as_array().unwrap().iter().find(|c| c["path"] == "eventname");
    assert_eq!(layout["rows"], name.unwrap()["total"]["values"]);
}

#[test]
fn a_parquet_file_is_inspected() {
    let shell = Shell::new();
    let file = day_file(&shell, "parquet");
    snapshot!(
        [
            shell.run(&["inspect", &file]),
            shell.run(&["inspect", &file, "--column", "EventTime"]),
            shell.run(&["inspect", &file, "--column", "tlsDetails"]),
            shell.run(&["inspect", &file, "--column", "evntTime"]),
        ]
        .join("\n")
    );
}

#[test]
fn an_orc_file_is_inspected() {
    let shell = Shell::new();
    let file = day_file(&shell, "orc");
    snapshot!(
        [
            shell.run(&["inspect", &file]),
            shell.run(&["inspect", &file, "--column", "eventID"]),
            shell.run(&["inspect", &file, "--column", "tlsDetails"]),
            shell.run(&["inspect", &file, "--column", "resources"]),
        ]
        .join("\n")
    );
    names_are_counted_in_json(&shell, &file);
}

/// What of a file a query need not read is told by the row groups.
#[test]
fn row_groups_of_an_orc_file_are_inspected() {
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use traillake_orc::write::{Options, Writer};
    let shell = Shell::new();
    let number = |row| (row % 3 > 0).then_some(row);
    let batch = RecordBatch::try_from_iter([
        ("n", Arc::new(Int64Array::from_iter((0..12).map(number))) as _),
        ("id", Arc::new(StringArray::from_iter_values((0..12).map(|n| format!("id{n}")))) as _),
    ])
    .unwrap();
    let options = Options {
        stripe_rows: Some(8),
        row_index_stride: 3,
        bloom_columns: vec!["id".to_owned()],
        ..Options::default()
    };
    let file = shell.path("groups");
    let created = std::fs::File::create(&file).unwrap();
    let mut writer = Writer::new(created, batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let column = |name| shell.run(&["inspect", file.to_str().unwrap(), "--column", name]);
    snapshot!([column("n"), column("id")].join("\n"));
}

#[test]
fn an_arrow_file_is_inspected() {
    let shell = Shell::new();
    let file = day_file(&shell, "arrow");
    snapshot!(shell.run(&["inspect", &file]));
    names_are_counted_in_json(&shell, &file);
}

#[test]
fn what_cannot_be_inspected_is_told() {
    let shell = Shell::new();
    let parquet = std::fs::read(day_file(&shell, "parquet")).unwrap();
    let arrow = std::fs::read(day_file(&shell, "arrow")).unwrap();
    let mut damaged = parquet.clone();
    let at = damaged.len() - 2_000;
    damaged[at..at + 1_000].fill(0xee);
    let orc = std::fs::read(day_file(&shell, "orc")).unwrap();
    let mut flipped = orc.clone();
    flipped[100] ^= 1;
    let files: [(&str, &[u8]); 10] = [
        ("empty", b""),
        ("cut.parquet", &parquet[..parquet.len() - 100]),
        ("cut.arrow", &arrow[..9]),
        ("damaged.parquet", &damaged),
        ("foreign.parquet", b"\x1f\x8b\x1b[31m not columns"),
        ("cut.orc", b"ORC"),
        ("middle.orc", &orc[..orc.len() / 2]),
        ("last.orc", &orc[..orc.len() - 1]),
        ("front.orc", &[&orc[..3], &orc[1_000..]].concat()),
        ("flipped.orc", &flipped),
    ];
    let mut texts = Vec::new();
    for (name, bytes) in files {
        std::fs::write(shell.path(name), bytes).unwrap();
        texts.push(shell.run(&["inspect", shell.path(name).to_str().unwrap()]));
    }
    texts.push(shell.run(&["inspect", shell.path("lake").to_str().unwrap()]));
    texts.push(shell.run(&["inspect", "no/such/file"]));
    snapshot!(texts.join("\n"));
}

#[test]
fn statements_come_from_files_and_standard_input() {
    let shell = Shell::new();
    let file = shell.path("two.sql");
    std::fs::write(&file, "-- the first; of two\nSELECT 'a;b' AS \"A\";\nSELECT 2 AS b;\n")
        .unwrap();
    snapshot!(
        [
            shell.run(&["query", "-f", file.to_str().unwrap(), "--format", "csv"]),
            shell.run_with(
                &["query", "--format", "jsonl"],
                "SELECT 1 AS \"One\", NULL AS none; SELECT 2"
            ),
            shell.run_with(
                &["query", "--input", "-", "SELECT eventName FROM event_data_store"],
                r#"{"eventName":"FromStdin","eventTime":"2026-03-02T10:00:00Z"}"#
            ),
            shell.run_with(&[], "SELECT 3 AS repl; SELECT 4 AS without_a_terminal"),
            shell.run(&["query", "-f", "no-such-file.sql"]),
            shell.run(&["query", ""]),
        ]
        .join("\n")
    );
}

/// Playbooks begin their statements with a comment.
#[test]
fn a_statement_may_begin_with_a_dash() {
    let shell = Shell::new();
    let query = |args: &[&str]| shell.run(&[&["query"], args].concat());
    let sql = "-- top callers\nSELECT 1 AS one";
    snapshot!(
        [
            query(&[sql]),
            query(&["--format", "csv", sql]),
            query(&[sql, "--format", "csv"]),
            query(&["--format=csv", "--", sql]),
            query(&["--format", "csv", "--------\n-- title --\n--------\nSELECT 1 AS one"]),
            query(&["--format", "csv", "--title\r\nSELECT 1 AS one"]),
            query(&["--format", "csv", "--a=b, c\nSELECT 1 AS one"]),
            query(&["--format", "csv", "/* -- */ SELECT 1 AS one -- done"]),
            query(&["-- first\nSELECT nope"]),
            query(&["-1"]),
            query(&["-x + 1 FROM t"]),
            query(&["-- nothing"]),
            query(&[sql, "-- another\nSELECT 2"]),
            query(&["--fromat", "csv", sql]),
            query(&["--fromat=csv", sql]),
            query(&["--format csv", "SELECT 1"]),
            query(&["-x", "SELECT 1"]),
            query(&["-f", "no such file.sql"]),
            shell.run(&["find", "--input", TRAIL]),
        ]
        .join("\n")
    );
    shell.run(&["import", "testdata/oddities/single.json"]);
    for text in ["-----BEGIN KEY-----", "--user-agent x", "-1", "- a"] {
        let told = shell.run(&["find", text, "--json"]);
        assert!(told.starts_with("exit 0"), "{told}");
    }
}

#[test]
fn failures_are_told_with_the_line_of_the_file() {
    let shell = Shell::new();
    let file = |name: &str, text: &str| {
        std::fs::write(shell.path(name), text).unwrap();
        shell.path(name).to_str().unwrap().to_owned()
    };
    let several = "-- A title.\n\nSELECT 1 AS one;\n\n-- An analysis fails.\nSELECT\n  nope;\nSELECT 2 AS two; SELECT 1 / 0\n;\nSELECT FROM;\nSELECT 3 AS three;;\n\nDROP TABLE t;\n";
    let path = file("several.sql", several);
    let other = file("other.sql", "\u{feff}SELECT 1 /\n(SELECT 0);\nSELECT 4 AS four");
    let read = file("read.sql", ".format csv\n\nSELECT 1 AS one;\n  .explain  SELECT\tnope\n");
    let command = file("command.sql", "-- c\n.format csv\n.format xml\n");
    let outer = file("outer.sql", &format!("SELECT 1 AS one;\n.read {command}\n"));
    let own = "/*\ntitle = \"Mine\"\nquestion = \"Why?\"\n*/\n\nSELECT 1,\n  nope\n";
    std::fs::create_dir_all(shell.path("lake/queries")).unwrap();
    file("lake/queries/mine.sql", own);
    file("lake/queries/runs.sql", &own.replace("nope", "1 / (SELECT 0)"));
    let csv = ["query", "--format", "csv"];
    let query = |args: &[&str]| shell.run(&[&csv[..], args].concat());
    snapshot!(
        [
            query(&["-f", &path]),
            query(&["-f", &path, "--keep-going"]),
            query(&["-f", &other, "-f", &path, "--keep-going"]),
            query(&["-f", &other]),
            shell.run_with(&csv, several),
            shell.run_with(&csv, "\n\nSELECT nope"),
            query(&["SELECT 1; SELECT\nnope"]),
            query(&["--keep-going", "SELECT 1; SELECT\nnope"]),
            query(&["\n\nSELECT nope"]),
            shell.run(&["query", "-f", &path, "--format", "trino", "--keep-going"]),
            shell.run_with(&[], several),
            shell.run_with(&[], &format!(".read {path}")),
            shell.run_with(&[], &format!(".read {read}")),
            shell.run_with(&[], &format!("\n.read {outer}")),
            shell.run_with(&[], "SELECT 1;\n.explain SELECT nope"),
            shell.run_with(&[], "\n.read no-such-file.sql"),
            query(&["--saved", "mine"]),
            query(&["--saved", "runs"]),
            shell.run_with(&[], ".saved mine"),
            query(&["--saved", "operations"]),
            shell.run_with(&[], ".schema nope"),
            query(&["SELECT 1;\nSELECT * FROM xray_events"]),
        ]
        .join("\n")
    );
}

#[test]
fn the_repl_takes_statements_and_commands_of_a_pipe() {
    let shell = Shell::new();
    let file = shell.path("two words.sql");
    std::fs::write(&file, ".format jsonl\nSELECT 7 AS read;\n-- .quit\n").unwrap();
    let out = shell.path("out.csv");
    let typed = format!(
        "SELECT 1 AS first;\n.format csv\n-- a comment\n.output {}\nSELECT 2 AS in_file;\n.output stdout\n\
         .read '{}'\n.format table\n.expanded on\nSELECT 3 AS a, 'x' AS b;\n.expanded\n.timing\n.timing on\n\
         SELECT 4 AS told;\n.format\n.q\nSELECT 5 AS never;",
        out.display(),
        file.display()
    );
    snapshot!(shell.run_with(&[], &typed));
    assert_eq!(std::fs::read_to_string(out).unwrap(), "in_file\n2\n");
}

#[test]
fn the_repl_imports_and_switches_stores() {
    let shell = Shell::new();
    let before = shell.run_with(&[], "SELECT count(*) FROM event_data_store;");
    assert!(before.starts_with("exit 1") && before.contains("import something"), "{before}");
    let count = "SELECT count(*) AS events FROM event_data_store;\n";
    shell.run(&["store", "create", "incident-42"]);
    let typed = format!(
        ".store\n.import {TRAIL}\n{count}.store incident-42\n{count}.import testdata/oddities/single.json\n{count}\
         .tables\n.store\n.store nowhere\n{count}"
    );
    snapshot!(shell.run_with(&[], &typed));
    let schema = shell.run_with(&[], ".format csv\n.schema Incident-42\n.schema");
    assert_eq!(schema.matches("\neventname,varchar").count(), 2, "{schema}");
}

#[test]
fn a_pipe_ends_at_the_first_failure() {
    let shell = Shell::new();
    for (wrong, message) in [
        (".frobnicate", "there is no command .frobnicate"),
        (".tabels", "nearest: tables"),
        (".timing maybe", "usage: .timing [on|off]"),
        (".format xml", "there are table, expanded"),
        (".read no-such-file.sql", "no-such-file.sql"),
        (".saved mine a=1", "there is no saved query"),
        (".saved xray/operations a", "is no KEY=VALUE"),
        (".output no/such/folder/file", "no/such/folder/file"),
        (".import no/such/folder", "no/such/folder"),
        (".explain SELECT nope", "nope"),
        (".help 'open", "does not end"),
        ("SELECT nope;", "nope"),
    ] {
        let text = shell.run_with(&[], &format!("SELECT 1;\n{wrong}\nSELECT 'never';"));
        assert!(
            text.starts_with("exit 1") && text.contains(message) && !text.contains("never"),
            "{wrong}: {text}"
        );
    }
    let file = shell.path("again.sql");
    std::fs::write(&file, format!(".read {}", file.display())).unwrap();
    let text = shell.run_with(&[], &format!(".read {}", file.display()));
    assert!(text.contains("16 files read each other"), "{text}");
}

#[test]
fn what_goes_wrong_is_told() {
    let shell = Shell::new();
    snapshot!(
        [
            shell.run(&["query", "SELECT count(*) FROM event_data_store"]),
            shell.run(&["import", "no/such/folder"]),
            shell.run(&["import", "s3://bucket/prefix"]),
            shell.run(&["import", "README.md"]),
            shell.run(&["query", "SELECT * FROM"]),
            shell.run(&["query", "DROP TABLE event_data_store"]),
            shell.run(&["query", "SELECT 1", "--memory", "lots"]),
            shell.run(&["imports", "show", "zzz"]),
            shell.run(&["query", "--format", "xml", "SELECT 1"]),
            shell.run(&["frobnicate"]),
            shell.run(&["synth", "--events", "10", "--out", "[DIR]"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_damaged_catalog_has_its_own_exit_code() {
    let shell = Shell::new();
    std::fs::create_dir_all(shell.path("lake")).unwrap();
    std::fs::write(
        shell.path("lake/catalog.sqlite"),
        "this is no database, just some text of length".repeat(40),
    )
    .unwrap();
    let text = shell.run(&["store", "list"]);
    assert!(text.starts_with("exit 3") && text.contains("catalog.sqlite"), "{text}");
}

#[test]
fn a_data_file_that_is_gone_is_damage_when_it_is_needed() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    for entry in walkdir::WalkDir::new(shell.path("lake")).into_iter().flatten() {
        if entry.path().extension().is_some_and(|e| e == "orc") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let text = shell.run(&["query", "SELECT eventName FROM event_data_store LIMIT 1"]);
    assert!(text.starts_with("exit 1") && text.contains(".orc"), "{text}");
    // Which events of that day are there already cannot be told, so none is added.
    let text = shell.run(&["import", "testdata/oddities"]);
    assert!(text.starts_with("exit 3") && text.contains(".orc"), "{text}");
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let shell = Shell::new();
    let mut child = shell
        .command(&[
            "query",
            "--format",
            "csv",
            "SELECT a.eventJson FROM event_data_store a CROSS JOIN event_data_store b",
            "--input",
            TRAIL,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 64];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(unix)]
#[test]
fn an_interrupted_import_keeps_what_it_has_and_goes_on_later() {
    let shell = Shell::new();
    let trail = shell.path("trail");
    let trail = trail.to_str().unwrap();
    shell.run(&["synth", "--events", "20000", "--out", trail]);
    let mut child =
        shell.command(&["import", trail, "--threads", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    while !Path::new(&shell.path("lake/stores")).exists() {
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(4 | 0)), "{code:?}");
    let text = shell.run(&["import", trail]);
    assert!(text.starts_with("exit 0"), "{text}");
    let text = shell.run(&[
        "query",
        "--format",
        "csv",
        "SELECT count(*), count(DISTINCT eventID) FROM event_data_store",
    ]);
    assert!(text.contains("\n19980,19980\n"), "{text}");
}

/// The JSON that `bench` writes of a run with these arguments.
fn bench(shell: &Shell, args: &[&str]) -> (String, serde_json::Value) {
    let file = shell.path("bench.json");
    let all = [&["bench", "--runs", "1", "--json", file.to_str().unwrap()], args].concat();
    let text = shell.run(&all);
    assert!(text.starts_with("exit 0"), "{text}");
    (text, serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
}

#[test]
fn bench_measures_every_query_over_every_format() {
    let shell = Shell::new();
    let [csv, svg, keep] = ["bench.csv", "bench.svg", "kept"].map(|name| shell.path(name));
    let (csv_arg, svg_arg, keep_arg) =
        (csv.to_str().unwrap(), svg.to_str().unwrap(), keep.to_str().unwrap());
    let args =
        [TRAIL, "--concurrency", "2", "--csv", csv_arg, "--svg", svg_arg, "--keep", keep_arg];
    let (text, report) = bench(&shell, &args);
    assert!(text.contains("all answers are the same"), "{text}");
    assert_eq!((&report["events"], &report["runs"]), (&598.into(), &1.into()));
    assert_eq!(report["parameters"]["busy_event"], "PutTraceSegments");
    let formats: Vec<_> = Kind::all().into_iter().map(Kind::name).collect();
    let stores = report["stores"].as_array().unwrap();
    assert_eq!(stores.len(), formats.len() - 1);
    assert!(stores.iter().all(|store| store["bytes"].as_u64().unwrap() > 10_000));
    assert_eq!(report["ratios"].as_array().unwrap().len(), formats.len() - 1);
    let queries = report["queries"].as_array().unwrap();
    assert_eq!(queries.len(), 12);
    for query in queries {
        assert!(!query["sql"].as_str().unwrap().contains('{'), "{query}");
        let results = query["results"].as_array().unwrap();
        assert_eq!(
            results.iter().map(|r| r["format"].as_str().unwrap()).collect::<Vec<_>>(),
            formats
        );
        for result in results {
            // On these events, every query finds something.
            assert!(result["rows"].as_u64().unwrap() > 0, "{query}");
            assert!(result["best_ms"].as_f64().unwrap() > 0.0, "{query}");
            assert_eq!(result["concurrent_ms"].is_f64(), result["format"] != "json", "{query}");
        }
    }
    let parquet = |query: usize| {
        let results = queries[query]["results"].as_array().unwrap();
        results.iter().find(|result| result["format"] == "parquet").unwrap().clone()
    };
    let by_id = parquet(3);
    assert!(by_id["bytes_scanned"].as_u64().unwrap() > 0);
    let groups = by_id["pruned"].as_array().unwrap().iter().find(|p| p["unit"] == "row groups");
    assert!(groups.unwrap()["pruned"].as_u64().unwrap() > 0, "{by_id}");
    assert_eq!(std::fs::read_to_string(&csv).unwrap().lines().count(), 1 + 12 * formats.len());
    assert!(std::fs::read_to_string(&svg).unwrap().starts_with("<svg "));
    let kept = shell.run(&["--lake", keep_arg, "query", "SELECT count(*) AS n FROM parquet"]);
    assert!(kept.contains(" 598 "), "{kept}");
    let again = shell.run(&["bench", TRAIL, "--keep", keep_arg]);
    assert!(again.starts_with("exit 2") && again.contains("not empty"), "{again}");
}

#[test]
fn bench_takes_the_events_of_a_store_and_queries_of_ones_own() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL, "testdata/samples"]);
    let file = shell.path("mine.sql");
    std::fs::write(&file, "SELECT eventID FROM $EDS_ID WHERE eventTime >= {since};\nSELECT 2")
        .unwrap();
    let args = ["--store", "default", "--queries", file.to_str().unwrap(), "--concurrency", "0"];
    let (text, report) = bench(&shell, &args);
    assert!(text.contains("json is left out"), "{text}");
    assert_eq!(report["events"], 600);
    let names: Vec<_> =
        report["queries"].as_array().unwrap().iter().map(|query| &query["name"]).collect();
    assert_eq!(names, ["mine-1", "mine-2"]);
    assert!(report["queries"][0]["results"][0]["queries_per_second"].is_null());
}

#[test]
fn bench_tells_what_it_cannot_do() {
    let shell = Shell::new();
    let wrong = shell.path("wrong.sql");
    std::fs::write(&wrong, "SELECT nope FROM event_data_store").unwrap();
    snapshot!(
        [
            shell.run(&["bench", TRAIL, "--only", "by-id"]),
            shell.run(&["bench", TRAIL, "--formats", "json"]),
            shell.run(&["bench", TRAIL, "--svg", "no/such/folder/bench.svg"]),
            shell.run(&["bench", TRAIL, "--queries", "testdata"]),
            shell.run(&[
                "bench",
                TRAIL,
                "--formats",
                "arrow",
                "--queries",
                wrong.to_str().unwrap()
            ]),
            shell.run(&["bench", "-"]),
            shell.run(&["bench", "testdata/oddities/digest.json"]),
            shell.run(&["bench", "--store", "nope"]),
        ]
        .join("\n")
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let shell = Shell::new();
    let out = shell.path("again");
    shell.run(&[
        "synth",
        "--events",
        "600",
        "--seed",
        "1",
        "--days",
        "2",
        "--out",
        out.to_str().unwrap(),
    ]);
    let files = |root: &Path| -> Vec<_> {
        let walk = walkdir::WalkDir::new(root).sort_by_file_name();
        let files = walk.into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
        files
            .map(|e| {
                (e.path().strip_prefix(root).unwrap().to_owned(), std::fs::read(e.path()).unwrap())
            })
            .collect()
    };
    let (want, got) = (files(&testdata("trail")), files(&out));
    assert_eq!(want.len(), 21);
    assert!(want == got, "testdata/trail is what synth writes");
}

const LABELS: &str = "SELECT * FROM (VALUES ('a', 3, TIMESTAMP '2026-03-01 00:00:00'), ('=b', 1, TIMESTAMP '2026-03-02 00:00:00')) AS t (label, calls, time) ORDER BY calls DESC";

#[test]
fn answers_are_written_to_files() {
    let shell = Shell::new();
    let path = |name: &str| shell.path(name).to_str().unwrap().to_owned();
    let mut told = Vec::new();
    for name in ["a.csv", "a.tsv", "a.JSON", "a.jsonl", "a.md", "a.html", "a.svg"] {
        let draws = matches!(name, "a.html" | "a.svg");
        let chart: &[&str] = if draws { &["--chart", "bar"] } else { &[] };
        let args = ["query", "--csv-safe", LABELS, "--output", &path(name)];
        let run = shell.run(&[&args, chart].concat());
        let text = std::fs::read_to_string(path(name)).unwrap();
        told.push(format!("{run}--- {name}\n{}", if draws { "" } else { &text }));
        assert!(!draws || text.contains("<svg ") && text.contains("=b"), "{text}");
    }
    let page = path("operations.html");
    shell.run(&["query", "--saved", "xray/operations", "--input", TRAIL, "--output", &page]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<title>X-Ray calls by operation</title>"), "{page}");
    for format in ["parquet", "orc", "arrow"] {
        let file = path(&format!("a.{format}"));
        shell.run(&["query", "--output", &file, LABELS]);
        let layout = shell.run(&["inspect", &file, "--json"]);
        assert!(layout.contains("\"rows\": 2"), "{layout}");
        let redirected = shell.command(&["query", "--format", format, LABELS]).output().unwrap();
        assert_eq!(redirected.stdout, std::fs::read(&file).unwrap());
    }
    let other = path("a.txt");
    told.push(shell.run(&["query", "--output", &other, "--format", "lake", LABELS]));
    told.push(std::fs::read_to_string(&other).unwrap());
    snapshot!(told.join("\n"));
}

/// The REPL with what is typed, in a folder with `precious.sql`, and what is in the folder then.
fn typed(shell: &Shell, typed: &str) -> String {
    let folder = shell.path("out");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("precious.sql"), "SELECT 'precious'").unwrap();
    let run = shell.run_with(&[], &typed.replace("OUT", folder.to_str().unwrap()));
    let mut told = format!("> {}\n{run}", typed.replace('\n', "\n> "));
    for name in names(&folder) {
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        match std::str::from_utf8(&bytes) {
            Ok(text) => told.push_str(&format!("--- {name}\n{text}\n")),
            Err(_) => told.push_str(&format!("--- {name}, not text\n")),
        }
        std::fs::remove_file(folder.join(&name)).unwrap();
    }
    told.replace(&shell.path("").display().to_string(), "[DIR]/")
}

#[test]
fn the_repl_empties_no_file() {
    let shell = Shell::new();
    let typed = |text: &str| typed(&shell, text);
    snapshot!(
        [
            typed(".output OUT/precious.sql"),
            typed(".output OUT/precious.sql\nSELECT 1 AS never;"),
            typed(".output --force OUT/precious.sql"),
            typed(".format csv\n.output --force OUT/precious.sql\nSELECT 1 AS one;\nSELECT nope;"),
            typed(".format csv\n.output --force OUT/precious.sql\nSELECT 1 AS one;\n.frobnicate"),
            typed(".format csv\n.output --force OUT/precious.sql\nSELECT 1 AS one;\nSELECT 2 AS two;"),
            typed(".format csv\n.output OUT/precious.sql --append\nSELECT 1 AS one;\n.output\nSELECT 2 AS two;"),
            typed(".output OUT/precious.sql --append\n.format parquet\nSELECT 1 AS one;\n.quit"),
            typed(".output --force"),
            typed(".output --force --append OUT/a.csv"),
            typed(".output --farce OUT/a.csv"),
            typed(".output OUT"),
            typed(".output OUT/none/a.csv"),
        ]
        .join("\n")
    );
}

#[test]
fn the_file_of_the_repl_has_the_format_of_its_extension() {
    let shell = Shell::new();
    let typed = |text: &str| typed(&shell, text);
    snapshot!(
        [
            typed(".output OUT/a.csv\n.format\nSELECT 1 AS a;\nSELECT 'x' AS b;\n.output\n.format\n.output OUT/a.csv --append\n.explain SELECT 1\n.quit\nSELECT 3;"),
            typed(".output OUT/a.jsonl\nSELECT 1 AS a;\n.format csv\nSELECT 2 AS a;"),
            typed(".output OUT/a.md\nSELECT 1 AS a;\nSELECT 2 AS a;\nexit"),
            typed(".output OUT/a.txt\nSELECT 1 AS a;\n.format expanded\nSELECT 2 AS a;"),
            typed(".output OUT/a.json\nSELECT 1 AS a;\n.output OUT/b.json\nSELECT 2 AS b;\nSELECT 3 AS c;"),
            typed(".output OUT/a.parquet\nSELECT 1 AS a;\n.output OUT/a.orc\nSELECT 1 AS a;\n.output stdout\nSELECT 2 AS b;"),
            typed(".output OUT/a.parquet\nSELECT 1 AS a;\nSELECT 2 AS a;"),
            typed(".output OUT/a.txt\nSELECT 1 AS a;\n.format html\nSELECT 2 AS a;"),
            typed(".output OUT/a.svg"),
            typed(".output --append OUT/a.json"),
            typed(".output --append OUT/a.orc"),
            typed(".output --append OUT/a.html"),
            typed(".format arrow\n.output --append OUT/a"),
        ]
        .join("\n")
    );
}

#[cfg(unix)]
#[test]
fn the_file_of_the_repl_is_as_other_files_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let shell = Shell::new();
    let folder = shell.path("links");
    std::fs::create_dir(&folder).unwrap();
    let path = |name: &str| folder.join(name);
    let text = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let run = |option: &str, name: &str| {
        let file = path(name).display().to_string();
        shell.run_with(&[], &format!(".output {option} {file}\nSELECT 1 AS one;"))
    };
    std::fs::write(path("real.csv"), "old\n").unwrap();
    std::fs::set_permissions(path("real.csv"), PermissionsExt::from_mode(0o600)).unwrap();
    symlink("real.csv", path("link.csv")).unwrap();
    symlink("nowhere.csv", path("loose.csv")).unwrap();
    assert!(run("", "link.csv").contains("is there already"));
    assert!(run("--append", "link.csv").starts_with("exit 0"));
    assert_eq!(text("real.csv"), "old\n\none\n1\n");
    assert!(run("--force", "link.csv").starts_with("exit 0"));
    assert_eq!(text("real.csv"), "one\n1\n");
    assert!(std::fs::symlink_metadata(path("link.csv")).unwrap().is_symlink());
    let mode = std::fs::metadata(path("real.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for option in ["", "--force", "--append"] {
        let told = run(option, "loose.csv");
        assert!(told.contains("loose.csv is a link that leads nowhere"), "{told}");
    }
    std::fs::set_permissions(path("real.csv"), PermissionsExt::from_mode(0o400)).unwrap();
    for option in ["--force", "--append"] {
        let told = run(option, "real.csv");
        assert!(told.contains("real.csv is write-protected"), "{told}");
    }
    assert_eq!(names(&folder), ["link.csv", "loose.csv", "real.csv"]);
}

/// Waits until a file in the folder has more than so many bytes.
#[cfg(unix)]
fn wait_for_bytes(folder: &Path, bytes: u64) {
    let grown = |name: &String| std::fs::metadata(folder.join(name)).is_ok_and(|f| f.len() > bytes);
    for _ in 0..600 {
        if names(folder).iter().any(grown) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("nothing was written to {}", folder.display());
}

#[cfg(unix)]
#[test]
fn an_interrupted_pipe_leaves_the_file_that_was_there() {
    let shell = Shell::new();
    let folder = shell.path("out");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("a.csv");
    std::fs::write(&file, "precious").unwrap();
    let long = "SELECT a.n, b.n, c.n FROM UNNEST(sequence(1, 3000)) AS a (n) CROSS JOIN UNNEST(sequence(1, 3000)) AS b (n) CROSS JOIN UNNEST(sequence(1, 3000)) AS c (n)";
    let mut child =
        shell.command(&[]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let typed = format!(".output --force {}\nSELECT 1 AS one;\n{long};", file.display());
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    wait_for_bytes(&folder, 100_000);
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert_eq!(names(&folder), ["a.csv"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_file_that_was_there() {
    let shell = Shell::new();
    let folder = shell.path("out");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("a.csv");
    std::fs::write(&file, "precious").unwrap();
    let sql = "SELECT lpad('', 2000, 'x') FROM UNNEST(sequence(1, 10000)) AS t (n)";
    for option in ["--force", "--append"] {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8000; exec \"$0\""])
            .arg(env!("CARGO_BIN_EXE_traillake"))
            .env("TRAILLAKE_DIR", shell.path("lake"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let typed = format!(".output {option} {}\n{sql};\n", file.display());
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("a.csv: File too large"), "{told}");
        assert_eq!(names(&folder), ["a.csv"]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    }
}

/// A file that comes into being, or changes, while a session writes another one for its name.
#[cfg(unix)]
#[test]
fn a_file_that_somebody_else_wrote_meanwhile_stays() {
    let shell = Shell::new();
    for (name, before, option) in [("new.csv", None, ""), ("old.csv", Some("a\n"), "--append")] {
        let folder = shell.path(name.trim_end_matches(".csv"));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join(name);
        if let Some(text) = before {
            std::fs::write(&file, text).unwrap();
        }
        let mut child =
            shell.command(&[]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The REPL of a pipe reads all of it first, so a statement gives the time.
        let slow = "SELECT n FROM UNNEST(sequence(1, 10000)) AS a (n) CROSS JOIN UNNEST(sequence(1, 400)) AS b (m)";
        let typed = format!(".output {option} {}\n{slow};\n", file.display());
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        wait_for_bytes(&folder, 10_000);
        std::fs::write(&file, "of somebody else").unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("; what was written is in "), "{told}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of somebody else");
        let left: Vec<_> = names(&folder).into_iter().filter(|left| left != name).collect();
        assert_eq!(left.len(), 1, "{left:?}");
        let lines = std::fs::read_to_string(folder.join(&left[0])).unwrap().lines().count();
        assert!(lines > 4_000_000, "{lines}");
    }
}

#[test]
fn files_of_bench_and_man_replace_no_other() {
    let shell = Shell::new();
    let path = |name: &str| shell.path(name).to_str().unwrap().to_owned();
    std::fs::write(path("a.svg"), "precious").unwrap();
    let pages = shell.path("pages");
    let man = || shell.run(&["man", "--out", &path("pages")]);
    let mut told = Vec::new();
    for option in ["--csv", "--json", "--svg"] {
        told.push(shell.run(&["bench", TRAIL, option, &path("a.svg")]));
    }
    told.push(shell.run(&["bench", TRAIL, "--csv", &path("b"), "--json", &path("b")]));
    let first = man();
    assert!(first.starts_with("exit 0") && first == man(), "pages of ours are replaced: {first}");
    std::fs::write(pages.join("traillake-query.1"), "precious").unwrap();
    std::fs::remove_file(pages.join("traillake.1")).unwrap();
    told.push(man());
    assert!(!pages.join("traillake.1").exists(), "nothing is written");
    assert_eq!(std::fs::read_to_string(pages.join("traillake-query.1")).unwrap(), "precious");
    assert_eq!(std::fs::read_to_string(path("a.svg")).unwrap(), "precious");
    snapshot!(told.join("\n"));
}

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_file_of_an_answer_is_whole_or_not_there() {
    let shell = Shell::new();
    let folder = shell.path("out");
    std::fs::create_dir(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("old.csv"), "precious").unwrap();
    std::fs::create_dir(path("folder.csv")).unwrap();
    let wrong = "SELECT 1 / (a.n + b.n - 10100) FROM UNNEST(sequence(1, 100)) AS a (n) CROSS JOIN UNNEST(sequence(1, 10000)) AS b (n)";
    let mut told = vec![
        shell.run(&["query", "--output", &path("old.csv"), "SELECT 1"]),
        shell.run(&["query", "--output", &path("folder.csv"), "--force", "SELECT 1"]),
        shell.run(&["query", "--output", &path("nowhere/a.csv"), "SELECT 1"]),
        shell.run(&["query", "--output", &path("a"), "SELECT 1"]),
        shell.run(&["query", "--output", &path("a.csv"), "SELECT 1; SELECT 2"]),
        shell.run(&["query", "--output", &path("a.csv"), wrong]),
        shell.run(&["query", "--output", &path("a.csv"), "--keep-going", wrong]),
        shell.run(&["query", "--output", &path("a.svg"), "SELECT 1"]),
        shell.run(&["query", "--format", "html", "SELECT 1; SELECT 2"]),
        shell.run(&["query", "--force", "SELECT 1"]),
    ];
    assert_eq!(names(&folder), ["folder.csv", "old.csv"]);
    assert_eq!(std::fs::read_to_string(path("old.csv")).unwrap(), "precious");
    told.push(shell.run(&["query", "--output", &path("old.csv"), "--force", "SELECT 1 AS one"]));
    told.push(std::fs::read_to_string(path("old.csv")).unwrap());
    snapshot!(told.join("\n"));
    assert_eq!(names(&folder), ["folder.csv", "old.csv"]);
}

#[cfg(unix)]
#[test]
fn a_file_of_an_answer_is_as_other_files_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let shell = Shell::new();
    let path = |name: &str| shell.path(name);
    let mode = |name: &str| std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    std::fs::write(path("usual"), "").unwrap();
    let write = |name: &str| {
        shell.run(&["query", "--force", "--output", path(name).to_str().unwrap(), "SELECT 1"])
    };
    assert!(write("new.csv").starts_with("exit 0"));
    assert_eq!(mode("new.csv"), mode("usual"));
    std::fs::set_permissions(path("new.csv"), PermissionsExt::from_mode(0o600)).unwrap();
    symlink("new.csv", path("link.csv")).unwrap();
    assert!(write("link.csv").starts_with("exit 0"));
    assert_eq!(mode("new.csv"), 0o600);
    assert!(std::fs::symlink_metadata(path("link.csv")).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn a_folder_or_disk_that_takes_no_file_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    let folder = shell.path("locked");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o500)).unwrap();
    let file = folder.join("a.csv");
    let text = shell.run(&["query", "--output", file.to_str().unwrap(), "SELECT 1"]);
    // The superuser writes everywhere, except into what is no folder of files.
    if text.starts_with("exit 1") {
        assert!(text.contains("locked/a.csv: permission denied"), "{text}");
    }
    let text = shell.run(&["query", "--output", "/proc/a.csv", "SELECT 1"]);
    assert!(text.starts_with("exit 1") && text.contains("error: /proc/a.csv: "), "{text}");
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();

    // A limit on the size of files fails as a full disk does, in the middle of the answer.
    let limited = shell.path("limited");
    std::fs::create_dir(&limited).unwrap();
    let file = limited.join("a.csv");
    let sql = "SELECT lpad('', 2000, 'x') FROM UNNEST(sequence(1, 10000)) AS t (n)";
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8000; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_traillake"))
        .args(["query", "--output", file.to_str().unwrap(), sql])
        .env("TRAILLAKE_DIR", shell.path("lake"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("error: cannot write the answer: ") && told.contains("a.csv: File too large"),
        "{told}"
    );
    assert_eq!(names(&limited), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_file() {
    let shell = Shell::new();
    let folder = shell.path("out");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("a.csv");
    // Rows come for long, and the file grows meanwhile.
    let sql = "SELECT a.n, b.n, c.n FROM UNNEST(sequence(1, 3000)) AS a (n) CROSS JOIN UNNEST(sequence(1, 3000)) AS b (n) CROSS JOIN UNNEST(sequence(1, 3000)) AS c (n)";
    let mut child = shell
        .command(&["query", "--output", file.to_str().unwrap(), sql])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = || {
        names(&folder)
            .iter()
            .any(|name| std::fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 0))
    };
    for _ in 0..600 {
        if begun() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(begun());
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert_eq!(names(&folder), Vec::<String>::new());
}

#[test]
fn charts_are_drawn() {
    let shell = Shell::new();
    let query = |args: &[&str]| shell.run(&[&["query", LABELS], args].concat());
    snapshot!(
        [
            query(&["--chart", "bar"]),
            query(&["--chart", "line", "--format", "expanded"]),
            query(&["--chart", "sparkline"]),
            query(&["--chart", "heatmap"]),
            query(&["--chart", "pie"]),
            query(&["--chart"]),
            query(&["--chart", "bar", "--format", "csv"]),
            shell.run(&["query", "SELECT 1 AS n", "--chart", "bar"]),
            shell.run(&["query", "--saved", "xray/operations", "--input", TRAIL, "--chart"]),
        ]
        .join("\n")
    );
}
