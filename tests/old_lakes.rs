//! Lakes that earlier versions wrote, kept in `testdata/lakes`, are opened, asked and filled.

use crate::cli::{Shell, TRAIL};
use crate::lake::testdata;
use std::path::Path;

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn shell_with(lake: &str) -> Shell {
    let shell = Shell::new();
    copy(&testdata("lakes").join(lake), &shell.path("lake"));
    shell
}

#[track_caller]
fn check(shell: &Shell, args: &[&str], want: &str) {
    let text = shell.run(args);
    assert!(text.starts_with("exit 0") && text.contains(want), "{args:?}: {text}");
}

/// Asks the lake of version 1.
fn check_answers(shell: &Shell) {
    let count = "SELECT count(*) AS events, count(DISTINCT eventID) AS ids FROM event_data_store";
    check(shell, &["query", "--format", "csv", count], "163,163");
    for store in ["incident-42", "arrows"] {
        check(shell, &["query", "--format", "csv", "--store", store, count], "2,2");
    }
    check(shell, &["store", "show", "incident-42"], "3653");
    check(shell, &["imports", "list"], "163 stored of 165 read");
}

#[test]
fn a_lake_of_version_1_is_asked_and_filled() {
    let shell = shell_with("v1");
    check_answers(&shell);
    // Its events are known, and what is new is added.
    check(&shell, &["import", "testdata/oddities/array.json"], "2 duplicate");
    check(&shell, &["import", "testdata/samples/put-trace-segments.json"], "1 stored");
    check(&shell, &["imports", "list"], "163 stored of 165 read");
}

/// Asks the lake of version 2.
fn check_answers_of_2(shell: &Shell) {
    let count = "SELECT count(*) AS events FROM event_data_store";
    check(shell, &["query", "--format", "csv", count], "events\n5\n");
    check(shell, &["store", "show", "kept"], "selectors  none, every event is taken");
    check(shell, &["store", "list"], "kept  parquet  2 events");
    check(shell, &["imports", "list"], "5 stored of 7 read");
}

#[test]
fn a_lake_of_version_2_is_asked_and_filled_and_gets_selectors() {
    let shell = shell_with("v2");
    check_answers_of_2(&shell);
    let selectors = r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["NetworkActivity"]},
        {"Field":"eventSource","Equals":["kms.amazonaws.com"]}]}]"#;
    check(&shell, &["store", "update", "kept", "--selectors", selectors], "eventSource Equals kms");
    check(&shell, &["import", "testdata/oddities/array.json", "--store", "kept"], "2 not selected");
    check(&shell, &["import", "testdata/oddities/array.json"], "2 duplicate");
}

/// Asks the lakes of versions 4 and 6, which have the same stores at first.
fn check_answers_of_4(shell: &Shell) {
    let count = "SELECT count(*) AS events FROM event_data_store";
    check(shell, &["query", "--format", "csv", count], "events\n3\n");
    check(shell, &["query", "--format", "csv", "--store", "xray", count], "events\n1\n");
    check(shell, &["store", "list"], "STOPPED_INGESTION");
    for told in ["protected from deletion", "3653 days", "AWS::XRay::Trace", "case=42"] {
        check(shell, &["store", "show", "xray"], told);
    }
    check(shell, &["imports", "list"], "2 stored of 2 read");
    check(shell, &["store", "check"], "default: 2 files, 3 events");
}

fn check_answers_of_6(shell: &Shell) {
    check_answers_of_4(shell);
    let insights = "SELECT insightState AS state FROM insights ORDER BY eventTime";
    check(shell, &["query", "--format", "csv", insights], "state\nStart\nEnd\n");
    let audit = "SELECT count(*) AS n FROM audit WHERE eventData.eventName <> ''";
    check(shell, &["query", "--format", "csv", audit], "n\n2\n");
    check(shell, &["store", "check"], "audit: 2 files, 2 events");
}

/// Fills a lake of version 4 or 6: its events are known, and what is new is added and merged.
fn fill(shell: &Shell) {
    check(shell, &["store", "start-ingestion", "default"], "ENABLED");
    check(shell, &["import", "testdata/oddities/array.json"], "2 duplicate");
    check(shell, &["import", TRAIL, "--store", "xray"], "not selected");
    check(shell, &["store", "compact"], "default");
    check(shell, &["store", "check"], "as listed");
    check(shell, &["imports", "list"], "2 stored of 2 read");
}

#[test]
fn a_lake_of_version_4_is_asked_and_filled() {
    let shell = shell_with("v4");
    check_answers_of_4(&shell);
    fill(&shell);
}

#[test]
fn a_lake_of_version_6_is_asked_and_filled_and_its_catalog_made_anew() {
    let shell = shell_with("v6");
    check_answers_of_6(&shell);
    fill(&shell);
    let shell = shell_with("v6");
    std::fs::remove_file(shell.path("lake/catalog.sqlite")).unwrap();
    check(&shell, &["store", "check", "--repair"], "insights: 2 events in 1 file");
    check(&shell, &["store", "show", "xray"], "case=42");
    let state = "SELECT count(insightState) AS n FROM insights";
    check(&shell, &["query", "--format", "csv", state], "n\n2\n");
}

#[cfg(unix)]
#[test]
fn lakes_of_versions_4_and_6_are_read_where_they_must_not_be_written() {
    read_protected("v4", check_answers_of_4);
    read_protected("v6", check_answers_of_6);
}

#[cfg(unix)]
#[test]
fn a_lake_of_version_1_is_read_where_it_must_not_be_written() {
    read_protected("v1", check_answers);
}

#[cfg(unix)]
#[test]
fn a_lake_of_version_2_is_read_where_it_must_not_be_written() {
    read_protected("v2", check_answers_of_2);
}

#[cfg(unix)]
fn read_protected(lake: &str, check_answers: fn(&Shell)) {
    use std::os::unix::fs::PermissionsExt;
    let shell = shell_with(lake);
    let lake = shell.path("lake");
    let protect = |mode, files| {
        std::fs::set_permissions(
            lake.join("catalog.sqlite"),
            std::fs::Permissions::from_mode(files),
        )
        .unwrap();
        std::fs::set_permissions(&lake, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    protect(0o555, 0o444);
    let before = std::fs::read(lake.join("catalog.sqlite")).unwrap();
    check_answers(&shell);
    // The superuser may write all the same; everybody else leaves it as it is.
    let is_writable = std::fs::write(lake.join("probe"), "").is_ok();
    assert!(is_writable || std::fs::read(lake.join("catalog.sqlite")).unwrap() == before);
    protect(0o755, 0o644);
}

/// Its data files have the text of records; what it gets does, too, until it is told otherwise.
#[test]
fn a_lake_of_version_8_keeps_the_text_until_it_is_converted() {
    let shell = shell_with("v8");
    let texts = "SELECT count(*) AS n, sum(length(eventJson)) AS chars, \
                 count(DISTINCT eventJsonChecksum) AS sums FROM event_data_store";
    let answer = shell.run(&["query", "--format", "csv", texts]);
    assert!(answer.contains("\n17,"), "{answer}");
    check(&shell, &["store", "show", "default"], "orc, eventjson plain");
    check(&shell, &["store", "list"], "orc plain  17 events");
    check(&shell, &["import", "testdata/oddities/array.json"], "2 duplicate");
    check(
        &shell,
        &["import", "testdata/samples/put-trace-segments.json", "--again"],
        "1 duplicate",
    );
    check(&shell, &["store", "check"], "as listed");
    check(&shell, &["store", "convert", "default", "--eventjson", "derived"], "orc derived");
    check(&shell, &["store", "show", "default"], "orc, eventjson derived");
    assert_eq!(shell.run(&["query", "--format", "csv", texts]), answer);
    check(&shell, &["store", "check"], "as listed");
    check(&shell, &["import", "testdata/oddities/array.json", "--again"], "2 duplicate");
}
