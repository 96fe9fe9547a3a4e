//! Saved queries, and the commands that ask questions of their own.

use crate::cli::{Shell, TRAIL};
use crate::lake::TestLake;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use traillake::columnar::Format;
use traillake::saved::Library;
use traillake_synth::{SynthOptions, write_trail};

fn with_trail() -> Shell {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    shell
}

/// What stands on standard output.
fn printed_json(ran: &str) -> Value {
    let stdout = ran.split("--- stdout\n").nth(1).unwrap();
    serde_json::from_str(stdout.split("--- stderr").next().unwrap()).unwrap()
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
    let found = printed_json(&json);
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

/// Of identities without an ARN, too, and of a federated user, whose story is not that of the user who
/// asked for the session.
#[test]
fn identities_of_every_kind_have_a_story() {
    let identities = [
        r#"{"type":"IdentityCenterUser","onBehalfOf":{"userId":"person-1","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"}}"#,
        r#"{"type":"FederatedUser","arn":"arn:aws:sts::111122223333:federated-user/guest","sessionContext":{"sessionIssuer":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/broker","userName":"broker"}}}"#,
        r#"{"type":"AWSAccount","principalId":"AROAFOREIGN:visit","accountId":"444455556666"}"#,
        r#"{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}"#,
        r#"{"type":"WebIdentityUser","identityProvider":"accounts.example.com","userName":"someone"}"#,
    ];
    let record = |(at, identity): (usize, &&str)| {
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"2026-03-02T10:00:0{at}Z","eventSource":"xray.amazonaws.com","eventName":"GetGroups","awsRegion":"eu-west-1","eventID":"0000000{at}-0000-4000-8000-000000000000","recipientAccountId":"111122223333"}}"#
        )
    };
    let records: Vec<_> = identities.iter().enumerate().map(record).collect();
    let shell = Shell::new();
    let file = shell.path("records.jsonl");
    std::fs::write(&file, records.join("\n")).unwrap();
    shell.run(&["import", file.to_str().unwrap()]);
    for (who, at) in [
        ("person-1", Some(0)),
        ("*d-1/person-1", Some(0)),
        ("guest", Some(1)),
        ("*/broker", None),
        ("444455556666:AROAFOREIGN", Some(2)),
        ("visit", Some(2)),
        ("lambda.amazonaws.com", Some(3)),
        ("accounts.example.com:someone", Some(4)),
    ] {
        let lines = printed_json(&shell.run(&["timeline", "--principal", who, "--json"]));
        let ids = lines.as_array().unwrap().iter().map(|line| line["event_id"].as_str().unwrap());
        let want = at.map(|at| format!("0000000{at}-0000-4000-8000-000000000000"));
        assert_eq!(ids.collect::<Vec<_>>(), want.iter().collect::<Vec<_>>(), "{who}");
    }
    let found = printed_json(&shell.run(&["find", "GetGroups", "--json"]));
    let callers = found["callers"].as_array().unwrap();
    assert_eq!(callers.len(), identities.len(), "{found}");
    assert!(callers.iter().all(|caller| caller["name"] != ""), "{found}");
}

#[test]
fn calls_of_one_second_stand_behind_what_made_their_things() {
    let calls = [
        ("PutRolePolicy", r#"{"roleName":"r","policyName":"p"}"#, "null"),
        (
            "RunInstances",
            r#"{"iamInstanceProfile":{"name":"i"}}"#,
            r#"{"instancesSet":{"items":[{"instanceId":"i-1"}]}}"#,
        ),
        ("StopInstances", r#"{"instancesSet":{"items":[{"instanceId":"i-1"}]}}"#, "null"),
        ("ListUsers", "null", "null"),
        (
            "CreateInstanceProfile",
            r#"{"instanceProfileName":"i"}"#,
            r#"{"instanceProfile":{"instanceProfileName":"i"}}"#,
        ),
        ("CreateRole", r#"{"roleName":"r"}"#, r#"{"role":{"roleName":"r","roleId":"AROA1"}}"#),
    ];
    let record = |(at, (name, request, response)): (usize, &(&str, &str, &str))| {
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","userName":"maria"}},"eventTime":"2026-03-02T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","requestParameters":{request},"responseElements":{response},"eventID":"0000000{at}-0000-4000-8000-000000000000"}}"#
        )
    };
    let records: Vec<_> = calls.iter().enumerate().map(record).collect();
    let shell = Shell::new();
    let file = shell.path("records.jsonl");
    std::fs::write(&file, records.join("\n")).unwrap();
    shell.run(&["import", file.to_str().unwrap()]);
    let lines = printed_json(&shell.run(&["timeline", "--principal", "maria", "--json"]));
    let made = lines.as_array().unwrap().iter().map(|line| line["call"].as_str().unwrap());
    let want = [
        "iam:ListUsers",
        "iam:CreateInstanceProfile",
        "iam:RunInstances",
        "iam:StopInstances",
        "iam:CreateRole",
        "iam:PutRolePolicy",
    ];
    assert_eq!(made.collect::<Vec<_>>(), want);
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
    let list = printed_json(&list);
    for query in list.as_array().unwrap() {
        for key in ["name", "title", "question"] {
            assert!(query[key].is_string(), "{query}");
        }
        assert!(query["parameters"].is_array(), "{query}");
    }
}

/// Which story of the trail each query finds: `QUERY STORY`, a line each.
const PLANTED: &str = include_str!("planted.txt");

/// Texts by which a story is known: ids of its events, and names that occur nowhere else.
fn marks(story: &Value, into: &mut Vec<String>) {
    const COMMON: [&str; 12] = [
        "id",
        "title",
        "planted",
        "region",
        "from",
        "to",
        "tlsVersion",
        "callerAccount",
        "eventName",
        "eventSource",
        "eventTime",
        "counts",
    ];
    match story {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| marks(item, into)),
        Value::Object(members) => members
            .iter()
            // A storm of throttling is known by its account; an intruder uses one of many.
            .filter(|(name, _)| !COMMON.contains(&name.as_str()))
            .filter(|(name, _)| *name != "account" || story["id"] == "e" || story["id"] == "a")
            .for_each(|(_, value)| marks(value, into)),
        _ => {}
    }
}

/// Every shipped query runs with its defaults, and finds what was planted for it.
#[test]
fn every_shipped_query_answers() {
    let folder = tempfile::tempdir().unwrap();
    let trail = folder.path().join("trail");
    let options = SynthOptions { events: 20_000, seed: 3, ..SynthOptions::default() };
    write_trail(&options, &trail, &AtomicBool::new(false), &|_| ()).unwrap();
    let key: Value =
        serde_json::from_slice(&std::fs::read(trail.join("answer-key.json")).unwrap()).unwrap();
    let mut stories = BTreeMap::new();
    for story in key["stories"].as_array().unwrap() {
        let mut known = Vec::new();
        marks(story, &mut known);
        stories.insert(story["id"].as_str().unwrap(), known);
    }
    let mut planted: BTreeMap<_, _> =
        PLANTED.lines().map(|line| line.split_once(' ').unwrap()).collect();
    let library = Library::load(None).unwrap();
    assert!(library.iter().count() >= 120);
    let mut lake = TestLake::new();
    let store = lake.store("main", Format::Orc);
    lake.import_with(&store, &trail, None, 1);
    lake.open(&store);
    let mut wrong = Vec::new();
    for query in library.iter() {
        assert!(query.question.ends_with('?'), "{}", query.name);
        assert!(!query.title.is_empty() && !query.category().is_empty(), "{}", query.name);
        let rows = match lake.try_saved(query, &[]) {
            Ok(rows) => serde_json::to_string(&rows).unwrap(),
            Err(error) => {
                wrong.push(format!("{}: {error}", query.name));
                continue;
            }
        };
        if let Some(story) = planted.remove(query.name.as_str())
            && !stories[story].iter().any(|mark| rows.contains(mark.as_str()))
        {
            wrong.push(format!("{}: story {story} is not in {rows:.300}", query.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(planted.is_empty(), "there are no such queries: {planted:?}");
}

/// Who called is told by `caller` and `principal`, not by expressions of each query's own.
#[test]
fn queries_tell_who_called_by_one_expression() {
    for query in Library::load(None).unwrap().iter() {
        for own in
            ["coalesce(userIdentity.arn", "coalesce(userIdentity.sessionContext.sessionIssuer"]
        {
            assert!(!query.sql.contains(own), "{}", query.name);
        }
    }
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

/// The role that stopped three hours before the end of the small trail.
#[test]
fn a_sender_that_went_silent_is_found() {
    let lake = TestLake::with(Format::Orc, &["trail"]);
    let library = Library::load(None).unwrap();
    let query = library.get("xray/silent-senders").unwrap();
    let few = [("calls".to_owned(), "3".to_owned())];
    let rows = lake.try_saved(query, &few).unwrap();
    let silent = |row: &&Value| row["role"].as_str().unwrap().ends_with("coupon-engine-task");
    let row = rows.iter().find(silent).unwrap();
    assert_eq!(row["last_segment"], "2026-03-02 20:59:53.000");
}

#[test]
fn the_map_of_the_library_names_queries_that_exist() {
    let library = Library::load(None).unwrap();
    let map = include_str!("../docs/library.md");
    let words = map.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '/'));
    let named: Vec<_> = words
        .filter(|word| {
            ["xray/", "security/", "operations/", "investigate/"]
                .iter()
                .any(|c| word.starts_with(c))
        })
        .collect();
    assert!(named.len() > 250);
    let missing: Vec<_> = named.iter().filter(|name| library.get(name).is_err()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
