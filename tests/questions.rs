//! Saved queries, and the commands that ask questions of their own.

use crate::cli::{Shell, TRAIL};
use crate::lake::TestLake;
use serde_json::Value;
use std::sync::atomic::AtomicBool;
use traillake::columnar::Format;
use traillake::saved::Library;
use traillake::synth::{SynthOptions, write_trail};

fn with_trail() -> Shell {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    shell
}

#[test]
fn a_text_is_found_wherever_it_occurs() {
    let shell = with_trail();
    let texts = [
        shell.run(&["find", "tmp-debug"]),
        shell.run(&["find", "TMP-DEBUG"]),
        shell.run(&["find", "-i", "TMP-DEBUG", "--newest", "0"]),
        shell.run(&["find", "100%_sure\u{1b}[31m"]),
        shell.run(&["find", ""]),
        shell.run(&["find", "x", "--from", "soon"]),
    ];
    insta::assert_snapshot!(texts.join("\n"));
    let json = shell.run(&["find", "203.0.113.109", "--json"]);
    let found: Value = serde_json::from_str(
        json.split("--- stdout\n").nth(1).unwrap().split("--- stderr").next().unwrap(),
    )
    .unwrap();
    let lake = TestLake::with(Format::Orc, &["trail"]);
    let events =
        lake.value("SELECT count(*) FROM event_data_store WHERE eventJson LIKE '%203.0.113.109%'");
    assert_eq!(found["total"]["events"], events);
    assert_eq!(found["places"][0]["name"], "sourceIPAddress");
}

/// Every field with text is looked through: what stands in the record is found by its column.
#[test]
fn find_looks_where_the_record_has_the_text() {
    let shell = with_trail();
    let lake = TestLake::with(Format::Orc, &["trail"]);
    for text in ["arn:aws:kms", "Terraform", "vpce-0", "eu-west-1", "TLSv1.3", "1-69a", "AROA"] {
        let sql = format!("SELECT count(*) FROM event_data_store WHERE eventJson LIKE '%{text}%'");
        let json = shell.run(&["find", text, "--json", "--newest", "0"]);
        let want = format!("\"events\": {},", lake.value(&sql));
        assert!(json.contains(&want), "{text}: {want} in {json}");
    }
}

#[test]
fn an_identity_s_story_is_told() {
    let shell = with_trail();
    let texts = [
        shell.run(&["timeline", "--principal", "*jonas.miller*"]),
        shell.run(&["timeline", "--principal", "*", "--json"]),
        shell.run(&["timeline", "--principal", "nobody"]),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_store_is_looked_over() {
    let shell = with_trail();
    insta::assert_snapshot!(shell.run(&["summary", "--from", "2026-03-02"]));
    let json = shell.run(&["summary", "--json"]);
    assert!(json.contains("\"event_names\": 81"), "{json}");
}

#[test]
fn saved_queries_are_listed_shown_and_run() {
    let shell = with_trail();
    let own = shell.path("lake/queries/mine");
    std::fs::create_dir_all(&own).unwrap();
    let text = "/*\ntitle = \"Mine\"\nquestion = \"Whose?\"\n[parameters.who]\ntype = \"varchar\"\n\
        default = \"%'; DROP TABLE x --\"\nabout = \"Pattern\"\n*/\nSELECT $who AS who, count(*) AS n \
        FROM event_data_store WHERE userIdentity.arn LIKE $who";
    std::fs::write(own.join("who.sql"), text).unwrap();
    std::fs::write(own.join("broken.sql"), "SELECT 1").unwrap();
    let texts = [
        shell.run(&["saved", "list", "whose"]),
        shell.run(&["saved", "show", "who"]),
        shell.run(&["query", "--saved", "mine/who", "--format", "csv"]),
        shell.run(&["query", "--saved", "who", "--param", "who=%terraform%", "--format", "csv"]),
        shell.run(&["query", "--saved", "who", "--param", "whom=x"]),
        shell.run(&["query", "--saved", "whom"]),
        shell.run(&["query", "--param", "a=b", "SELECT 1"]),
        shell.run(&["query", "SELECT $who"]),
    ];
    insta::assert_snapshot!(texts.join("\n"));
    let list = shell.run(&["saved", "list", "--json", "overview/"]);
    let list: Value = serde_json::from_str(
        list.split("--- stdout\n").nth(1).unwrap().split("--- stderr").next().unwrap(),
    )
    .unwrap();
    for query in list.as_array().unwrap() {
        for key in ["name", "title", "question"] {
            assert!(query[key].is_string(), "{query}");
        }
        assert!(query["parameters"].is_array(), "{query}");
    }
}

/// Every shipped query runs with its defaults, over every format alike.
#[test]
fn every_shipped_query_answers() {
    let folder = tempfile::tempdir().unwrap();
    let trail = folder.path().join("trail");
    let options = SynthOptions { events: 6_000, days: 3, seed: 11, ..SynthOptions::default() };
    write_trail(&options, &trail, &AtomicBool::new(false), &|_| ()).unwrap();
    let library = Library::load(None).unwrap();
    let mut lake = TestLake::new();
    let store = lake.store("main", Format::Orc);
    lake.import_with(&store, &trail, None, 1);
    lake.open(&store);
    let mut wrong = Vec::new();
    for query in library.iter() {
        if let Err(error) = lake.try_saved(query, &[]) {
            wrong.push(format!("{}: {error}", query.name));
        }
        assert!(query.question.ends_with('?'), "{}", query.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn manual_pages_and_completions_come_from_the_definitions() {
    let shell = Shell::new();
    let man = shell.path("man");
    let told = shell.run(&["man", "--out", man.to_str().unwrap()]);
    assert!(told.starts_with("exit 0"), "{told}");
    let query = std::fs::read_to_string(man.join("traillake-query.1")).unwrap();
    assert!(query.contains("saved") && query.contains("Examples"), "{query}");
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = shell.run(&["completions", name]);
        assert!(text.contains("timeline") && text.contains("ignore-case"), "{name}");
    }
    let blocked = shell.run(&["man", "--out", "Cargo.toml"]);
    assert!(blocked.starts_with("exit 1") && blocked.contains("Cargo.toml"), "{blocked}");
}
