//! `query`: where statements come from, and where in them something went wrong.

use super::{LABELS, Shell, TRAIL};

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

/// Statements at the bounds of the grammar are planned, run and dropped; beyond them they are refused.
#[test]
fn long_and_deep_statements_end_with_an_answer_or_an_error() {
    let shell = Shell::new();
    let chain = |start: &str, link: &str, count: usize| format!("{start}{}", link.repeat(count));
    for (start, link, most) in [
        ("SELECT 1", " + 1", 5_000),
        ("SELECT 1", " UNION ALL SELECT 1", 1_000),
        ("SELECT 1", " UNION SELECT 1", 1_000),
        ("SELECT 1 FROM (VALUES 1)", ", (VALUES 1)", 100),
    ] {
        let answer = shell.run_with(&[], &chain(start, link, most));
        assert!(answer.starts_with("exit 0"), "{link}: {answer:.500}");
        let refused = shell.run_with(&[], &chain(start, link, 20_000));
        assert!(refused.contains("statement is too large"), "{link}: {refused:.500}");
    }
}

#[test]
fn statements_are_kept_within_a_session() {
    let shell = Shell::new();
    let script = "\
PREPARE calls FROM SELECT count(*) AS n FROM event_data_store WHERE eventName = ? AND eventTime > ?;
EXECUTE calls USING concat('PutTrace', 'Segments'), TIMESTAMP '2026-03-01';
EXECUTE calls USING 'PutTraceSegments', '2026-03-01';
EXECUTE calls USING $call, '2026-03-01';
EXECUTE IMMEDIATE 'SELECT eventName FROM $EDS_ID WHERE awsRegion = ? ORDER BY 1 LIMIT ?' USING 'us-east-1', 1;
DEALLOCATE PREPARE calls;";
    let ask = [
        "query",
        "--input",
        TRAIL,
        "--format",
        "csv",
        "--param",
        "call=PutTraceSegments",
        "-f",
        "-",
    ];
    let mut told = shell.run_with(&ask, script);
    for wrong in [
        "EXECUTE calls USING 'x'",
        "DEALLOCATE PREPARE calls",
        "DEALLOCATE calls",
        "PREPARE calls SELECT 1",
        "PREPARE calls FROM SELECT FROM t",
        "PREPARE calls FROM DELETE FROM event_data_store",
        "PREPARE calls FROM EXECUTE others",
        "PREPARE calls FROM SELECT ?; EXECUTE calls USING 1, 2",
        "PREPARE calls FROM SELECT nope FROM event_data_store; EXECUTE calls",
        "EXECUTE IMMEDIATE 'SELECT ?'",
        "EXECUTE IMMEDIATE 'SELECT\n  nope FROM event_data_store'",
        "EXECUTE IMMEDIATE 'SELECT ?' USING 1 +",
        "EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE ''SELECT 1'''",
        "EXECUTE IMMEDIATE calls",
    ] {
        told.push_str(&format!("$ {wrong}\n{}", shell.run(&["query", "--input", TRAIL, wrong])));
    }
    snapshot!(told);
}
