//! Whatever fails, and wherever the process ends: a store opens, answers what was committed, and the same command done
//! again ends as if nothing had happened.

#![cfg(debug_assertions)]

use crate::cli::{Shell, TRAIL};
use crate::old_lakes::copy;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;
use traillake::store::fault::Step;

const STORE: &str = "incident-42";
const EVERYTHING: &str =
    "SELECT eventID, eventJsonChecksum FROM event_data_store ORDER BY eventID, eventJsonChecksum";

fn run(shell: &Shell, args: &[&str], fault: &str) -> Output {
    shell.command(args).env("TRAILLAKE_FAULT", fault).output().unwrap()
}

#[track_caller]
fn succeed(shell: &Shell, args: &[&str]) -> String {
    let output = run(shell, args, "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn events(shell: &Shell) -> Vec<String> {
    let rows = succeed(shell, &["query", "--store", STORE, "--format", "csv", EVERYTHING]);
    rows.lines().skip(1).map(str::to_owned).collect()
}

/// Data files below the lake's folder, finished or not.
fn files(shell: &Shell) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(shell.path("lake/stores")).into_iter().map(Result::unwrap);
    let files = all.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let is_data = |path: &PathBuf| {
        path.file_name().unwrap().to_str().is_some_and(|name| name.contains(".orc"))
    };
    files.filter(is_data).collect()
}

/// A lake with some of the trail's events, in several files a day.
static SOME: LazyLock<Shell> = LazyLock::new(|| {
    let shell = Shell::new();
    succeed(&shell, &["store", "create", STORE]);
    let logs = walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(TRAIL)).into_iter();
    let logs = logs.map(Result::unwrap).map(walkdir::DirEntry::into_path);
    let mut logs: Vec<_> =
        logs.filter(|path| path.extension().is_some_and(|e| e == "gz")).collect();
    logs.sort();
    for log in logs.iter().step_by(3) {
        succeed(&shell, &["import", "--store", STORE, log.to_str().unwrap()]);
    }
    shell
});

fn lake_with_some() -> Shell {
    let shell = Shell::new();
    copy(&SOME.path("lake"), &shell.path("lake"));
    shell
}

/// Lets a command fail at each step, the first, second, ... time that it comes there; `check` looks at what is left.
fn at_every_step(command: &[&str], actions: &[&str], check: impl Fn(&Shell, &str)) {
    let mut faults = 0;
    for step in Step::ALL {
        for action in actions.iter().filter(|action| step != Step::Read || **action != "full") {
            for nth in [1, 2, 3, 4, 6, 9] {
                let fault = format!("{}:{nth}:{action}", step.name());
                let shell = lake_with_some();
                let output = run(&shell, command, &fault);
                if output.status.success() {
                    break; // it does not come there so often
                }
                faults += 1;
                let told = String::from_utf8(output.stderr).unwrap();
                match (output.status.code(), *action) {
                    (None, "kill") => {}
                    (Some(1 | 3), "full") if told.contains("make room") => {}
                    (Some(1 | 3), "denied" | "broken")
                        if told.contains(&shell.path("lake").display().to_string()) => {}
                    (code, _) => panic!("{fault}: exit {code:?}: {told}"),
                }
                check(&shell, &fault);
            }
        }
    }
    assert!(faults >= 3 * actions.len(), "{faults} faults");
}

/// An import that a fault ended, and what the next one makes of it.
fn import_with(actions: &[&str]) {
    let import = ["--threads", "1", "import", "--store", STORE, TRAIL];
    let whole = lake_with_some();
    let some = events(&whole);
    succeed(&whole, &import);
    let (all, whole_files) = (events(&whole), files(&whole).len());
    assert_eq!((some.len(), all.len()), (159, 598));
    at_every_step(&import, actions, |shell, fault| {
        let left = events(shell);
        assert!(some.iter().all(|event| left.binary_search(event).is_ok()), "{fault}");
        assert!(left.iter().all(|event| all.binary_search(event).is_ok()), "{fault}");
        succeed(shell, &import);
        assert!(events(shell) == all, "{fault}");
        assert_eq!(files(shell).len(), whole_files, "{fault}");
    });
}

#[test]
fn a_killed_import_is_taken_up_again() {
    import_with(&["kill"]);
}

#[test]
fn an_import_that_failed_is_taken_up_again() {
    import_with(&["full", "denied", "broken"]);
}

#[test]
fn a_compaction_that_failed_or_was_killed_loses_nothing() {
    let compact = ["--threads", "1", "store", "compact", STORE];
    let whole = lake_with_some();
    let some = events(&whole);
    succeed(&whole, &compact);
    let whole_files = files(&whole).len();
    at_every_step(&compact, &["kill", "full", "broken"], |shell, fault| {
        assert!(events(shell) == some, "{fault}");
        succeed(shell, &compact);
        assert!(events(shell) == some, "{fault}");
        assert_eq!(files(shell).len(), whole_files, "{fault}");
    });
}

#[test]
fn an_expiry_that_failed_or_was_killed_is_done_again() {
    let keep = ["store", "update", STORE, "--retention-days", "7"];
    succeed(&SOME, &["store", "list"]);
    let expire = ["store", "expire", STORE, "--yes"];
    at_every_step(&keep, &["kill"], |shell, fault| {
        assert_eq!(events(shell).len(), 159, "{fault}");
        succeed(shell, &keep);
        let before = shell.path("before");
        copy(&shell.path("lake"), &before);
        // The events of the trail are of March 2026.
        let killed = run(shell, &expire, "remove:1:kill");
        assert!(killed.status.code().is_none());
        assert_eq!(events(shell).len(), 0, "{fault}");
        succeed(shell, &expire);
        succeed(shell, &["store", "compact", STORE]);
        assert_eq!(files(shell).len(), 0, "{fault}");
    });
}

#[test]
fn a_purge_that_failed_or_was_killed_is_done_again() {
    let purge = ["store", "delete", STORE, "--purge", "--confirm", STORE];
    at_every_step(&purge, &["kill", "denied"], |shell, fault| {
        let left = run(shell, &["store", "list"], "");
        assert!(left.status.success(), "{fault}");
        // Either nothing has happened yet, or the next command ends what was begun.
        if String::from_utf8_lossy(&left.stdout).contains(STORE) {
            succeed(shell, &purge);
        }
        assert_eq!(files(shell).len(), 0, "{fault}");
        assert_eq!(succeed(shell, &["store", "list"]), "", "{fault}");
    });
}
