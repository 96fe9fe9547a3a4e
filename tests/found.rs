//! Where an event was found: its hidden columns lead to the record, and nobody sees them who does not ask.

use crate::cli::Shell;
use crate::lake::{TestLake, testdata};
use crate::logs::{event, folder, gzip, has, text};
use crate::packings::{tar, zip};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use traillake::columnar::{FORMATS, Format};
use traillake::saved::Library;

/// What a log file of the test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Gzip,
    Lines,
    /// Messages of a queue, each with a record as text.
    Wrapped,
    Tar,
    Zip,
}

const KINDS: [Kind; 6] =
    [Kind::Plain, Kind::Gzip, Kind::Lines, Kind::Wrapped, Kind::Tar, Kind::Zip];

fn envelope(records: &[String]) -> Vec<u8> {
    format!(r#"{{"Records":[{}]}}"#, records.join(", ")).into_bytes()
}

impl Kind {
    /// The name and the bytes of the file of this kind.
    fn file(self, number: usize, records: &[String]) -> (String, Vec<u8>) {
        let (half, rest) = records.split_at(records.len() / 2);
        let members = [("a!b/1.json", envelope(half)), ("2.json.gz", gzip(&envelope(rest)))];
        let members = members.each_ref().map(|(name, bytes)| (*name, &bytes[..]));
        let (end, bytes) = match self {
            Self::Plain => ("json", envelope(records)),
            Self::Gzip => ("json.gz", gzip(&envelope(records))),
            Self::Lines => ("jsonl", records.join("\n").into_bytes()),
            Self::Wrapped => {
                let message = |record: &String| json!({ "Body": record }).to_string();
                let messages: Vec<_> = records.iter().map(message).collect();
                ("json", format!(r#"{{"Messages":[{}]}}"#, messages.join(",")).into_bytes())
            }
            Self::Tar => ("tar", tar(&members)),
            Self::Zip => ("zip", zip(&members)),
        };
        (format!("{number}.{end}"), bytes)
    }
}

/// The records of a document, read by plain code; an archive's member is named after the `!`.
fn records_of(root: &Path, source: &str) -> Vec<String> {
    let below = Path::new(source).strip_prefix(root).unwrap().to_str().unwrap();
    let (file, member) = below.split_once('!').map_or((below, None), |(f, m)| (f, Some(m)));
    let mut bytes = fs::read(root.join(file)).unwrap();
    if let Some(member) = member {
        // Nothing in these archives is packed but the members themselves.
        let (start, end): (&[u8], &[u8]) = match member {
            "a!b/1.json" => (b"{\"Records\"", b"]}"),
            _ => (b"\x1f\x8b", b""),
        };
        let find = |what: &[u8], from: usize| {
            bytes[from..].windows(what.len()).position(|w| w == what).map(|at| from + at).unwrap()
        };
        let from = find(start, 0);
        let to = if end.is_empty() { bytes.len() } else { find(end, from) + end.len() };
        bytes = bytes[from..to].to_vec();
    }
    if bytes.starts_with(b"\x1f\x8b") {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).unwrap();
        bytes = unpacked;
    }
    let text = String::from_utf8(bytes).unwrap();
    if let Some(list) = text.strip_prefix(r#"{"Records":["#) {
        let list = list.strip_suffix("]}").unwrap();
        return list.split(", ").filter(|record| !record.is_empty()).map(str::to_owned).collect();
    }
    if text.starts_with(r#"{"Messages""#) {
        let messages: Value = serde_json::from_str(&text).unwrap();
        let bodies = messages["Messages"].as_array().unwrap().iter();
        return bodies.map(|message| message["Body"].as_str().unwrap().to_owned()).collect();
    }
    text.lines().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]
    /// The record with this number in this document is, byte for byte, the one that is stored, whatever it stands in, and
    /// whatever stands before it.
    #[test]
    fn source_and_position_lead_to_the_record(
        files in proptest::collection::vec((0..KINDS.len(), proptest::collection::vec(0..40_u32, 1..12)), 1..5),
        format in 0..FORMATS.len(),
    ) {
        let logs = tempfile::tempdir().unwrap();
        let root = logs.path().canonicalize().unwrap();
        let mut ids = BTreeMap::new();
        for (number, (kind, numbers)) in files.iter().enumerate() {
            // A number that is divisible by seven is no event.
            let record = |id: &u32| match id % 7 {
                0 => format!(r#"{{"no":"event {id}"}}"#),
                _ => event(*id),
            };
            let records: Vec<_> = numbers.iter().map(record).collect();
            let (name, bytes) = KINDS[*kind].file(number, &records);
            fs::write(root.join(name), bytes).unwrap();
            ids.extend(numbers.iter().filter(|id| *id % 7 != 0).map(|id| (*id, ())));
        }
        let mut lake = TestLake::new();
        let store = lake.store("main", FORMATS[format]);
        let import = lake.import(&store, &root).import_id;
        lake.open(&store);
        let rows = lake.ask(
            r#"SELECT eventJson AS record, "$source" AS source, "$position" AS position,
            "$delivered" > TIMESTAMP '2001-01-01' AS told, "$import" AS import FROM event_data_store"#,
        );
        prop_assert_eq!(rows.len(), ids.len());
        for row in &rows {
            let records = records_of(&root, row["source"].as_str().unwrap());
            let position = row["position"].as_u64().unwrap() as usize;
            prop_assert_eq!(row["record"].as_str(), records.get(position - 1).map(String::as_str), "{}", row);
            prop_assert_eq!(&row["told"], &Value::Bool(true));
            // A file with records that are no events has failed, and is of the import all the same.
            prop_assert_eq!(row["import"].as_str(), Some(&import[..]));
        }
    }
}

/// A log file as a trail names it, delivered on 2026-03-02.
fn trail_file(minute: &str, ids: &[u32]) -> (String, Vec<u8>) {
    let records: Vec<_> = ids.iter().map(|id| event(*id)).collect();
    let name = format!("111122223333_CloudTrail_eu-west-1_20260302T{minute}Z_x.json.gz");
    (name, gzip(&envelope(&records)))
}

const WHERE_FOUND: &str = r#"SELECT eventName AS name, regexp_extract("$source", '[^/]*$') AS source,
    "$position" AS position, CAST("$delivered" AS varchar) AS delivered FROM event_data_store ORDER BY 1"#;

/// Of the copies of a record the one that was delivered first is told, on however many threads they are read.
#[test]
fn the_first_delivery_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        trail_file("1200", &[1, 2, 2]),
        trail_file("1115", &[3, 2]),
        ("0.json".to_owned(), envelope(&[event(1), event(4)])),
        ("bundle.tar".to_owned(), {
            let (name, bytes) = trail_file("1100", &[5, 3]);
            tar(&[(&name, &bytes)])
        }),
    ];
    for (name, bytes) in &files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    for threads in [1, 4, 4, 4] {
        let mut lake = TestLake::new();
        let store = lake.store("main", Format::Orc);
        lake.import_with(&store, dir.path(), None, threads);
        lake.open(&store);
        let rows = lake.ask(WHERE_FOUND);
        let told = |row: &Value| {
            let source = row["source"].as_str().unwrap().replace("111122223333_CloudTrail_", "");
            let delivered = row["delivered"].as_str().unwrap()[..16].to_owned();
            (source, row["position"].as_u64().unwrap(), delivered)
        };
        let told: Vec<_> = rows.iter().map(told).collect();
        let bundled = "bundle.tar!eu-west-1_20260302T1100Z_x.json.gz";
        for (at, (source, position, delivered)) in [
            ("eu-west-1_20260302T1200Z_x.json.gz", 1, "2026-03-02 12:00"),
            ("eu-west-1_20260302T1115Z_x.json.gz", 2, "2026-03-02 11:15"),
            (bundled, 2, "2026-03-02 11:00"),
            ("0.json", 2, &told[3].2),
            (bundled, 1, "2026-03-02 11:00"),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(told[at], (source.to_owned(), position, delivered.to_owned()), "{threads}");
        }
    }
}

const IMPORTS: &str = r#"SELECT eventName AS name, "$import" AS import FROM event_data_store"#;

/// The import that a source is of is the first that read it as it is.
#[test]
fn the_import_is_the_first_that_read_the_source() {
    let shell = Shell::new();
    let logs =
        folder(&shell, &[("a.json", envelope(&[event(1)])), ("b.json", envelope(&[event(2)]))]);
    let ask = || shell.run(&["query", "--format", "csv", &format!("{IMPORTS} ORDER BY 1")]);
    shell.run(&["import", text(&logs)]);
    let first = ask();
    assert_eq!(first.matches("\nN").count(), 2, "{first}");
    shell.run(&["import", "--again", text(&logs)]);
    assert_eq!(ask(), first);
    // A file that has changed since is of the import that read it then.
    fs::write(logs.join("b.json"), envelope(&[event(2), event(3)])).unwrap();
    shell.run(&["import", text(&logs)]);
    let of = |name: &str, told: &str| {
        told.lines().find(|line| line.starts_with(name)).unwrap()[3..].to_owned()
    };
    let then = ask();
    assert_eq!(of("N1", &then), of("N1", &first));
    assert_ne!(of("N2", &then), of("N2", &first));
    assert_eq!(of("N2", &then), of("N3", &then));
    let unknown = format!("SELECT count(*) FROM ({IMPORTS}) WHERE import IS NULL");
    has(&shell.run(&["query", "--format", "csv", &unknown]), &["\n0\n"]);
    // What a catalog that is lost knew is not known any more, what data files say is.
    fs::remove_file(shell.path("lake/catalog.sqlite")).unwrap();
    shell.run(&["store", "check", "--repair"]);
    has(&shell.run(&["query", "--format", "csv", &unknown]), &["\n3\n"]);
    let found = r#"SELECT count("$source") FROM event_data_store WHERE "$position" >= 1"#;
    has(&shell.run(&["query", "--format", "csv", found]), &["\n3\n"]);
}

/// Standard input has a name, and nothing else is known of it.
#[test]
fn standard_input_has_no_delivery() {
    let shell = Shell::new();
    shell.run_with(&["import", "-"], &event(1));
    let sql = r#"SELECT "$source", "$position", "$delivered" IS NULL, "$import" IS NULL FROM event_data_store"#;
    has(&shell.run(&["query", "--format", "csv", sql]), &["standard input,1,true,true"]);
}

/// A query over files has them, too; exported tables have not.
#[test]
fn files_that_are_asked_have_places_and_exports_have_none() {
    let shell = Shell::new();
    let logs = folder(&shell, &[("a.json", envelope(&[event(1), event(2)]))]);
    let sql = r#"SELECT "$source", "$position" FROM event_data_store ORDER BY 2"#;
    let asked = shell.run(&["query", "--input", text(&logs), "--format", "csv", sql]);
    has(&asked, &["logs/a.json,1\n", "logs/a.json,2\n"]);
    shell.run(&["import", text(&logs)]);
    for format in ["parquet", "orc", "arrow"] {
        let to = shell.path(format);
        shell.run(&["store", "export", "--to", text(&to), "--format", format]);
        let files = walkdir::WalkDir::new(&to).into_iter().map(Result::unwrap);
        let file = files.into_iter().find(|file| file.file_type().is_file()).unwrap();
        let inspected = shell.run(&["inspect", text(file.path())]);
        assert!(inspected.contains("eventjson") && !inspected.contains("$source"), "{inspected}");
    }
}

/// Stores of before have the columns, and nothing in them; what is added to them has.
#[test]
fn older_stores_know_no_places() {
    let shell = Shell::new();
    crate::old_lakes::copy(&testdata("lakes/v1"), &shell.path("lake"));
    let sql = r#"SELECT count(*), count("$source"), count("$position"), count("$delivered"), count("$import")
        FROM event_data_store WHERE "$source" IS NULL OR "$position" > 0"#;
    let ask = |store: &str| shell.run(&["query", "--store", store, "--format", "csv", sql]);
    for (store, events) in [("default", 163), ("incident-42", 2), ("arrows", 2)] {
        has(&ask(store), &[&format!("\n{events},0,0,0,0\n")]);
    }
    let logs = folder(&shell, &[("a.json", envelope(&[event(1)]))]);
    for store in ["default", "incident-42", "arrows"] {
        shell.run(&["import", "--store", store, text(&logs)]);
    }
    for (store, events) in [("default", 164), ("incident-42", 3), ("arrows", 3)] {
        has(&ask(store), &[&format!("\n{events},1,1,1,1\n")]);
        shell.run(&["store", "compact", store]);
        has(&ask(store), &[&format!("\n{events},1,1,1,1\n")]);
    }
}

#[test]
fn only_who_asks_for_hidden_columns_reads_them() {
    let mut lake = TestLake::with(Format::Parquet, &["trail"]);
    let all = lake.ask("SELECT * FROM event_data_store LIMIT 1");
    assert_eq!(all[0].as_object().unwrap().len(), 35);
    let plan = |sql: &str| format!("{:?}", lake.ask(&format!("EXPLAIN {sql}")));
    let others = plan("SELECT count(eventName) FROM event_data_store WHERE awsRegion <> 'x'");
    assert!(!others.contains('$'), "{others}");
    let import = plan(r#"SELECT "$import" FROM event_data_store WHERE "$import" <> 'x'"#);
    assert!(import.contains("$source") && !import.contains("eventname"), "{import}");
    let store = lake.store("empty", Format::Orc);
    lake.open(&store);
    assert!(
        lake.ask(r#"SELECT "$import", "$position", eventName FROM event_data_store"#).is_empty()
    );
}

/// What a saved query answers, of files of one event each that were delivered so many minutes after 10:00.
#[test]
fn saved_queries_ask_for_deliveries() {
    let dir = tempfile::tempdir().unwrap();
    for (minute, id) in [("1005", 1), ("1010", 2), ("1015", 3), ("1200", 4)] {
        let (name, bytes) = trail_file(minute, &[id]);
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let mut lake = TestLake::new();
    let store = lake.store("main", Format::Orc);
    let import = lake.import(&store, dir.path()).import_id;
    lake.open(&store);
    let library = Library::load(None).unwrap();
    let ask = |name: &str, given: &[(&str, &str)]| {
        let given: Vec<_> =
            given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        lake.try_saved(library.get(name).unwrap(), &given).unwrap()
    };
    let delays = ask("operations/delivery-delay", &[]);
    assert_eq!(delays.len(), 1);
    let minutes = ["median_minutes", "p99_minutes", "most_minutes"].map(|name| &delays[0][name]);
    assert_eq!(
        (&delays[0]["events"], minutes),
        (&json!(4), [&json!(15.0), &json!(120.0), &json!(120.0)])
    );

    let gaps = ask("operations/file-gaps", &[]);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(gaps[0]["gap_from"], "2026-03-02 10:15:00.000");
    assert_eq!((&gaps[0]["minutes"], &gaps[0]["usual_minutes"]), (&json!(105), &json!(5.0)));
    assert_eq!(ask("operations/file-gaps", &[("minutes", "5")]).len(), 3);

    let found = ask("investigate/found", &[("event", "00000000-0000-4000-8000-000000000004")]);
    assert_eq!(found.len(), 1);
    let source = found[0]["source"].as_str().unwrap();
    assert!(source.ends_with("_20260302T1200Z_x.json.gz"), "{source}");
    let told = ["position", "delivered", "import"].map(|name| &found[0][name]);
    assert_eq!(told, [&json!(1), &json!("2026-03-02 12:00:00.000"), &json!(import)]);
}
