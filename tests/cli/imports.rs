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
