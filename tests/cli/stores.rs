//! Stores are changed, deleted, restored and gone.

use super::{Shell, TRAIL};

#[test]
fn stores_are_changed_deleted_and_restored() {
    let shell = Shell::new();
    shell.run(&["store", "create", "incident-42"]);
    shell.run(&["import", TRAIL, "--store", "incident-42"]);
    let store = |args: &[&str]| shell.run(&[&["store"], args].concat());
    snapshot!(
        [
            store(&[
                "update",
                "incident-42",
                "--retention-days",
                "3653",
                "--termination-protection",
                "--tag",
                "case=42",
            ]),
            store(&["update", "incident-42", "--tag", "case"]),
            store(&["update", "incident-42", "--tag", "x=\u{1b}[2J"]),
            store(&["update", "incident-42", "--retention-days", "3"]),
            store(&["update", "nowhere", "--keep-all"]),
            store(&["delete", "incident-42", "--yes"]),
            store(&["update", "incident-42", "--no-termination-protection", "--keep-all"]),
            store(&["delete", "incident-42"]),
            store(&["stop-ingestion", "incident-42"]),
            shell.run(&["import", TRAIL, "--store", "incident-42"]),
            store(&["list"]),
            store(&["start-ingestion", "incident-42"]),
            store(&["start-ingestion", "incident-42"]),
            store(&["expire"]),
            store(&["restore", "incident-42"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_deleted_store_is_not_asked_and_a_purged_one_is_gone() {
    let shell = Shell::new();
    shell.run(&["store", "create", "incident-42"]);
    shell.run(&["import", TRAIL, "--store", "incident-42"]);
    let store = |args: &[&str]| shell.run(&[&["store"], args].concat());
    let count = ["query", "--store", "incident-42", "SELECT count(*) AS n FROM event_data_store"];
    snapshot!(
        [
            store(&["delete", "incident-42", "--yes"]),
            shell.run(&count),
            shell.run(&["query", "--store", "incident-42", "SHOW TABLES"]),
            shell.run(&["import", TRAIL, "--store", "incident-42"]),
            store(&["show", "incident-42"]),
            store(&["restore", "incident-42"]),
            shell.run(&count),
            store(&["delete", "incident-42", "--purge"]),
            store(&["delete", "incident-42", "--purge", "--confirm", "incident"]),
            store(&["delete", "incident-42", "--purge", "--confirm", "incident-42"]),
            store(&["list"]),
            shell.run(&count),
        ]
        .join("\n")
    );
}

#[test]
fn what_is_older_than_its_retention_is_listed_before_it_goes() {
    let shell = Shell::new();
    // With one thread, which events come into which file is always the same.
    shell.run(&["--threads", "1", "import", TRAIL]);
    let store = |args: &[&str]| shell.run(&[&["store"], args].concat());
    store(&["update", "default", "--retention-days", "7"]);
    snapshot!(
        [
            store(&["expire", "--dry-run"]),
            store(&["expire", "default"]),
            store(&["expire", "--yes"]),
            store(&["show", "default"]),
        ]
        .join("\n")
    );
}

/// A store with four files of two days.
fn shell_with_pieces() -> Shell {
    let shell = Shell::new();
    let trail = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(TRAIL);
    let mut logs: Vec<_> = walkdir::WalkDir::new(trail)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .collect();
    logs.sort();
    for log in &logs[..2] {
        shell.run(&["import", log.to_str().unwrap()]);
    }
    shell
}

#[test]
fn files_of_a_day_are_merged() {
    let shell = shell_with_pieces();
    let compact = |args: &[&str]| shell.run(&[&["store", "compact"], args].concat());
    snapshot!(
        [
            compact(&["--dry-run"]),
            compact(&["default"]),
            compact(&["--json"]),
            compact(&["nowhere"]),
            shell.run(&["store", "check"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_store_is_checked_and_repaired() {
    let shell = shell_with_pieces();
    let check = |args: &[&str]| shell.run(&[&["store", "check"], args].concat());
    let files = || {
        let all = walkdir::WalkDir::new(shell.path("lake/stores")).sort_by_file_name();
        let paths = all.into_iter().map(|entry| entry.unwrap().into_path());
        paths.filter(|path| path.extension().is_some_and(|e| e == "orc")).collect::<Vec<_>>()
    };
    let count = ["query", "--format", "csv", "SELECT count(*) AS n FROM event_data_store"];
    let read = ["query", "SELECT max(eventJson) FROM event_data_store"];
    let sound = check(&[]);
    std::fs::remove_file(&files()[0]).unwrap();
    let missing =
        [check(&[]), shell.run(&read), check(&["--quick", "--json"]), check(&["--repair"])];
    let again = shell.run(&["import", TRAIL]);
    std::fs::remove_file(shell.path("lake/catalog.sqlite")).unwrap();
    let lost = [shell.run(&["import", TRAIL]), check(&[]), check(&["--repair"]), shell.run(&count)];
    let told = [&[sound][..], &missing, &[again], &lost].concat().join("\n");
    let bytes = fancy_regex::Regex::new(r#""bytes": [0-9]+"#).unwrap();
    snapshot!(bytes.replace_all(&told, r#""bytes": 1"#));
}

#[test]
fn a_store_can_have_the_id_that_queries_name() {
    let shell = Shell::new();
    let id = "1a2b3c4d-0f0a-4c6e-9d0c-5b7a3e1f2d4c";
    let sql = format!("SELECT count(*) AS events FROM {id}");
    let mut told = String::new();
    for args in [
        &["store", "create", "default"][..],
        &["query", &sql],
        &["query", "--any-store", &sql],
        &["store", "create", "audit", "--id", id],
        &["query", &sql],
        &["store", "create", "other", "--id", id],
        &["store", "create", "other", "--id", "audit"],
    ] {
        told.push_str(&shell.run(args));
    }
    snapshot!(told.replace(id, "1a2b3c4d-..."));
}

#[test]
fn a_store_can_have_several_ids() {
    let shell = Shell::new();
    let own = "1a2b3c4d-0f0a-4c6e-9d0c-5b7a3e1f2d4c";
    let other = "2b3c4d5e-0f0a-4c6e-9d0c-5b7a3e1f2d4c";
    let arn = format!("arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/{other}");
    let sql =
        format!("SELECT count(*) AS events FROM {own} a JOIN {} b ON true", &other.to_uppercase());
    let mut told = String::new();
    shell.run(&["store", "create", "audit", "--id", own]);
    shell.run(&["store", "create", "other"]);
    for args in [
        &["store", "update", "audit", "--add-id", &arn][..],
        &["query", &sql],
        &["store", "update", "other", "--add-id", other],
        &["store", "update", "other", "--add-id", own],
        &["store", "create", "third", "--id", other],
        &["store", "update", "audit", "--add-id", other, "--remove-id", own],
        &["store", "update", "audit", "--add-id", "audit"],
    ] {
        told.push_str(&shell.run(args));
    }
    // A catalog that is made anew knows them from the store's folder.
    std::fs::write(shell.path("lake/catalog.sqlite"), "lost").unwrap();
    shell.run(&["store", "check", "--repair"]);
    for args in [
        &["query", "--format", "csv", &sql][..],
        &["store", "update", "audit", "--remove-id", other],
        &["query", &sql],
    ] {
        told.push_str(&shell.run(args));
    }
    let lines =
        told.lines().filter(|line| !line.starts_with("created") && !line.starts_with("folder"));
    snapshot!(
        lines
            .collect::<Vec<_>>()
            .join("\n")
            .replace(own, "1a2b3c4d-...")
            .replace(other, "2b3c4d5e-...")
    );
}

/// The text of records is derived in ORC files, which is told, can be chosen and changed, and alters no answer.
#[test]
fn the_text_of_records_is_derived_or_plain() {
    let shell = Shell::new();
    let run = |args: &[&str]| shell.run(args);
    let refused =
        run(&["store", "create", "shared", "--format", "parquet", "--eventjson", "derived"]);
    assert!(refused.contains("take --format orc, or --eventjson plain"), "{refused}");
    for (store, form) in [("first", "derived"), ("second", "plain")] {
        run(&["store", "create", store, "--eventjson", form]);
        run(&["import", TRAIL, "--store", store]);
        let shown = run(&["store", "show", store]);
        assert!(shown.contains(&format!("orc, eventjson {form}")), "{shown}");
    }
    let asked = |sql: &str, store: &str| run(&["query", "--format", "csv", "--store", store, sql]);
    let queries = [
        "SELECT eventJson, eventJsonChecksum FROM event_data_store ORDER BY eventTime, eventID",
        "SELECT eventID, length(eventJson) FROM event_data_store WHERE eventJson LIKE '%sts%' ORDER BY 1",
        "SELECT eventJsonChecksum FROM event_data_store WHERE eventName = 'GetObject' ORDER BY 1",
        "SELECT count(*) FROM event_data_store WHERE eventJson IS NULL OR eventJsonChecksum = 'x'",
        "SELECT max(eventJson), min(eventJsonChecksum) FROM event_data_store WHERE readOnly",
        "SELECT eventJson FROM event_data_store ORDER BY eventTime DESC, eventID LIMIT 3",
    ];
    let answers: Vec<_> = queries.iter().map(|sql| asked(sql, "second")).collect();
    let check = || {
        for (sql, answer) in queries.iter().zip(&answers) {
            assert_eq!(&asked(sql, "first"), answer, "{sql}");
        }
    };
    check();
    let dry = run(&["store", "convert", "first", "--eventjson", "plain", "--dry-run"]);
    assert!(dry.contains("would become orc plain"), "{dry}");
    for (args, became) in [
        (["--eventjson", "plain"], "orc plain"),
        (["--eventjson", "derived"], "orc derived"),
        (["--format", "parquet"], "parquet"),
        (["--format", "orc"], "orc plain"),
    ] {
        let told = run(&[&["store", "convert", "first"][..], &args].concat());
        assert!(told.contains(&format!("became {became}")), "{told}");
        let checked = run(&["store", "check", "first"]);
        assert!(checked.contains("as listed"), "{checked}");
        check();
    }
    let again = run(&["store", "convert", "first"]);
    assert!(again.contains("orc plain, nothing to convert"), "{again}");
    let refused =
        run(&["store", "convert", "second", "--format", "arrow", "--eventjson", "derived"]);
    assert!(refused.contains("take --format orc"), "{refused}");
}

#[test]
fn a_data_file_that_derives_its_records_is_named_and_not_read() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    let all = walkdir::WalkDir::new(shell.path("lake/stores")).into_iter().map(Result::unwrap);
    let mut files = all.filter(|entry| entry.path().extension().is_some_and(|e| e == "orc"));
    let file = files.next().unwrap().path().display().to_string();
    let told = shell.run(&["query", "--input", &file, "SELECT count(*) FROM event_data_store"]);
    assert!(told.contains("derives eventjson"), "{told}");
}
