//! The REPL over a pipe, and the files that it writes.

use super::{Shell, TRAIL, names};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

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
fn the_repl_helps_and_finds_saved_queries_by_a_part_of_their_name() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    let run = |typed: &str| format!("> {typed}\n{}", shell.run_with(&[], typed));
    for help in ["help", "HELP;", r"\h", r"\?;"] {
        assert_eq!(shell.run_with(&[], help), shell.run_with(&[], ".help"), "{help}");
    }
    assert!(shell.run_with(&[], ".saved\n").contains("; .saved NAME runs one"));
    snapshot!(
        [
            run(".help date_add"),
            run(".saved ated-by-Hand from=2030-01-01"),
            run(".saved show top-serv"),
            run(".saved search mfa console"),
            run(".saved list no such words"),
            run(".saved buckets"),
            run(".saved show buckets"),
            run(".saved multi-factor"),
            run(".saved created-by-hnad"),
            run(".saved search"),
            run(".saved show"),
        ]
        .join("\n")
    );
}

#[test]
fn the_repl_draws_the_last_answer() {
    let shell = Shell::new();
    let bars = "SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS t (name, n)";
    let run = |typed: &str| format!("> {typed}\n{}", shell.run_with(&[], typed));
    snapshot!(
        [
            run(&format!(".format csv\n{bars};\n.chart\n.chart sparkline\n{bars};")),
            run(&format!(".format csv\n.chart BAR {bars};\n.format")),
            run(&format!(".format csv\n.chart {bars}")),
            run(".chart"),
            run(".chart pie"),
            run(".chart line SELECT nope"),
            run("SELECT 1 AS n;\n.chart heatmap"),
            run(".chart bar SELECT 1; SELECT 2"),
        ]
        .join("\n")
    );
}

#[test]
fn columns_that_are_null_are_hidden_unless_asked_for() {
    let shell = Shell::new();
    let row = "SELECT 1 AS a, CAST(NULL AS varchar) AS b, NULL AS c";
    let typed = format!(".format expanded\n{row};\n.nulls\n.nulls on\n{row};\n.nulls maybe");
    snapshot!(
        [
            shell.run_with(&[], &typed),
            shell.run(&["query", "--format", "expanded", row]),
            shell.run(&["query", "--format", "expanded", "--nulls", row]),
            shell.run(&["query", "--format", "expanded", "SELECT NULL AS a"]),
        ]
        .join("\n")
    );
}

#[test]
fn blank_lines_of_a_pipe_cut_nothing() {
    let shell = Shell::new();
    let typed = "WITH t AS (\n\nSELECT 1 AS a\n\n)\n\nSELECT a, 'x\n\ny' AS b\n\nFROM t\n\nWHERE a = 1;\n\n.format";
    snapshot!(shell.run_with(&[], &format!(".format csv\n{typed}")));
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
        (".saved xray/operations a", "is not KEY=VALUE"),
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
    assert!(text.contains("nested more than 16 files deep"), "{text}");
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
    assert!(run("", "link.csv").contains("already exists"));
    assert!(run("--append", "link.csv").starts_with("exit 0"));
    assert_eq!(text("real.csv"), "old\n\none\n1\n");
    assert!(run("--force", "link.csv").starts_with("exit 0"));
    assert_eq!(text("real.csv"), "one\n1\n");
    assert!(std::fs::symlink_metadata(path("link.csv")).unwrap().is_symlink());
    let mode = std::fs::metadata(path("real.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for option in ["", "--force", "--append"] {
        let told = run(option, "loose.csv");
        assert!(told.contains("loose.csv is a link whose target does not exist"), "{told}");
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

/// The plan told of the engine's nodes, and left to the reader what they do.
#[test]
fn explain_tells_what_is_read_and_left_out_and_what_follows() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    let explained = |sql: &str| shell.run_with(&[], &format!(".explain {sql}"));
    snapshot!([
        explained(
            "SELECT eventName, count(*) FROM event_data_store WHERE eventTime >= TIMESTAMP '2026-03-02' \
             AND (errorCode IS NOT NULL OR userIdentity.arn LIKE '%root') GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
        ),
        explained(
            "SELECT a.eventName FROM event_data_store a JOIN event_data_store b ON a.eventID = b.sharedEventID \
             WHERE a.readOnly AND CAST(b.errorMessage AS bigint) > 1"
        ),
        explained(
            "SELECT eventID, rank() OVER (PARTITION BY awsRegion ORDER BY eventTime) AS place FROM event_data_store \
             WHERE eventID IN (SELECT 'a' UNION ALL SELECT 'b') OFFSET 2 LIMIT 3"
        ),
        explained("VALUES 1, 2"),
        explained("--verbose SELECT 1"),
        explained("--verbose"),
        explained("SELECT nope"),
    ]
    .join("\n"));
}
