//! What goes wrong, and with which exit code.

use super::{Shell, TRAIL};
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn what_goes_wrong_is_told() {
    let shell = Shell::new();
    snapshot!(
        [
            shell.run(&["query", "SELECT count(*) FROM event_data_store"]),
            shell.run(&["import", "no/such/folder"]),
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
        "this is not a database, just some text of length".repeat(40),
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
    assert!(text.starts_with("exit 3") && text.contains(".orc"), "{text}");
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
