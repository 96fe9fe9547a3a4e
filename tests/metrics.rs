//! `/metrics` of a service, read as Prometheus reads it (exposition format 0.0.4).

use crate::cli::Shell;
use crate::logs::{has, text};
use crate::serve::{COUNT, LONG, Service, lake, wait_until};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Labels with their values.
type Labels = BTreeMap<String, String>;

/// A metric: its kind, its help and its samples.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    help: String,
    samples: Vec<(String, Labels, f64)>,
}

/// Reads a page; whatever Prometheus would not take fails.
fn parse(page: &str) -> BTreeMap<String, Family> {
    assert!(page.ends_with('\n'));
    let mut families = BTreeMap::<String, Family>::new();
    let mut current = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            let family = Family { help: help.to_owned(), ..Family::default() };
            assert!(families.insert(name.to_owned(), family).is_none(), "twice: {name}");
            current = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, current, "the type stands behind the help");
            let family = families.get_mut(name).unwrap();
            assert!(family.kind.is_empty() && family.samples.is_empty());
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            family.kind = kind.to_owned();
        } else {
            let (name, labels, value) = sample(line);
            let family = families.get_mut(&current).unwrap();
            let base = match family.kind.as_str() {
                "histogram" => ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|end| name.strip_suffix(end))
                    .unwrap_or_else(|| panic!("{line}")),
                _ => &name,
            };
            assert_eq!(base, current, "samples stand with their metric");
            family.samples.push((name, labels, value));
        }
    }
    for (name, family) in &families {
        assert!(!family.help.is_empty() && !family.kind.is_empty(), "{name}: {family:?}");
        assert_eq!(family.kind == "counter", name.ends_with("_total"), "{name}");
        let distinct: BTreeSet<_> = family.samples.iter().map(|(n, l, _)| (n, l)).collect();
        assert_eq!(distinct.len(), family.samples.len(), "{name} has a series twice");
    }
    families
}

/// Reads `name{label="value",...} number`.
fn sample(line: &str) -> (String, Labels, f64) {
    let is_name = |text: &str| {
        !text.is_empty()
            && !text.as_bytes()[0].is_ascii_digit()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
    };
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("{line}"));
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
            assert!(is_name(label), "{line}");
            let (mut value, mut chars) = (String::new(), behind.char_indices());
            let end = loop {
                match chars.next().unwrap_or_else(|| panic!("{line}")) {
                    (at, '"') => break at,
                    (_, '\\') => value.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        other => panic!("\\{other} in {line}"),
                    }),
                    (_, c) => value.push(c),
                }
            };
            assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
            rest = &behind[end + 1..];
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => break,
            }
        }
        rest = rest.strip_prefix('}').unwrap_or_else(|| panic!("{line}"));
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    assert!(!value.contains(' '), "no time stands there: {line}");
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("{line}")))
}

/// What a service tells.
struct Told(BTreeMap<String, Family>);

impl Told {
    fn by(service: &Service) -> Self {
        Self(parse(&service.get("/metrics")))
    }

    /// The number of a metric with these values of its labels, and no others.
    #[track_caller]
    fn number(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let family = self.0.get(name).unwrap_or_else(|| panic!("no {name}"));
        let wanted: Labels =
            labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let found = family.samples.iter().find(|(_, labels, _)| *labels == wanted);
        found.unwrap_or_else(|| panic!("{name} {labels:?}: {family:?}")).2
    }

    fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.0.get(name).is_some_and(|family| {
            family.samples.iter().any(|(_, known, _)| {
                labels.iter().all(|(n, v)| known.get(*n).is_some_and(|value| value == v))
            })
        })
    }
}

#[test]
fn metrics_count_queries_what_they_scan_and_what_is_kept() {
    let shell = lake();
    let service = Service::start(&shell);
    let before = Told::by(&service);
    let states = ["finished", "failed", "cancelled", "timed_out"];
    let ended = |told: &Told| {
        states.map(|state| told.number("traillake_queries_total", &[("state", state)]))
    };
    assert_eq!(ended(&before), [0.0; 4]);
    assert_eq!(
        before.number("traillake_build_info", &[("version", env!("CARGO_PKG_VERSION"))]),
        1.0
    );
    let events: f64 = service.rows(&service.start_query(COUNT))[0][0]["events"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(events > 0.0);
    let store = [("store", "default")];
    assert_eq!(before.number("traillake_store_events", &store), events);
    assert_eq!(before.number("traillake_store_ingesting", &store), 1.0);
    assert!(before.number("traillake_store_bytes", &store) > 1_000.0);
    assert!(before.number("traillake_store_files", &store) >= 1.0);
    // Twice the same columns: the second time they are kept.
    let sql = "SELECT eventName, max(sourceIPAddress) FROM event_data_store GROUP BY 1";
    for _ in 0..2 {
        service.rows(&service.start_query(sql));
    }
    let failed = service.start_query("SELECT CAST(eventName AS bigint) FROM event_data_store");
    wait_until("it fails", || {
        service.ask("DescribeQuery", &json!({"QueryId": failed}))["QueryStatus"] == "FAILED"
    });
    let open: Vec<_> = (0..12).map(|_| service.start_query(LONG)).collect();
    let told = Told::by(&service);
    assert_eq!(told.number("traillake_queries_running", &[]), 10.0);
    assert_eq!(told.number("traillake_queries_waiting", &[]), 2.0);
    for id in [&open[11], &open[0]] {
        service.ask("CancelQuery", &json!({"QueryId": id}));
    }
    wait_until("one that waited runs", || {
        let told = Told::by(&service);
        told.number("traillake_queries_waiting", &[]) == 0.0
    });
    let told = Told::by(&service);
    assert_eq!(ended(&told), [3.0, 1.0, 2.0, 0.0]);
    assert_eq!(told.number("traillake_queries_running", &[]), 10.0);
    assert!(told.number("traillake_query_scanned_events_total", &[]) >= 2.0 * events);
    assert!(told.number("traillake_query_scanned_bytes_total", &[]) > 0.0);
    assert!(told.number("traillake_query_rows_total", &[]) > 2.0);
    assert!(told.number("traillake_column_cache_hits_total", &[]) > 0.0);
    assert!(told.number("traillake_column_cache_misses_total", &[]) > 0.0);
    let kept = told.number("traillake_column_cache_bytes", &[]);
    assert!(0.0 < kept && kept <= told.number("traillake_column_cache_limit_bytes", &[]));
    let limit = told.number("traillake_query_memory_limit_bytes", &[]);
    assert!(told.number("traillake_query_memory_bytes", &[]) <= limit && limit > 1e8);
    assert!(told.number("process_start_time_seconds", &[]) > 1.6e9);
    if cfg!(target_os = "linux") {
        assert!(told.number("process_resident_memory_bytes", &[]) > 1e6);
    }
}

#[test]
fn metrics_tell_of_sources_imports_and_stores() {
    let shell = Shell::new();
    shell.run(&["store", "create", "incident-42"]);
    // Its name is escaped.
    let odd = shell.path("logs \"of\" \\ all\nkinds");
    fs::create_dir(&odd).unwrap();
    fs::copy("testdata/oddities/insight.json", odd.join("insight.json")).unwrap();
    let wrong = shell.run(&["source", "add", text(&odd), "--store", "incident-42"]);
    has(&wrong, &["exit 0"]);
    let service = Service::start_with(&shell, &["--watch-interval", "1"]);
    let source = |told: &Told| told.has("traillake_source_up", &[("store", "incident-42")]);
    wait_until("the source is looked at", || source(&Told::by(&service)));
    let labels = [("store", "incident-42"), ("source", text(&odd))];
    let told = Told::by(&service);
    assert_eq!(told.number("traillake_source_up", &labels), 1.0);
    assert_eq!(told.number("traillake_source_failures_total", &labels), 0.0);
    let event = crate::logs::event(1);
    fs::write(odd.join("a.json"), format!("{{\"Records\":[{event},{event}]}}")).unwrap();
    fs::write(odd.join("b.json"), "{\"Records\":[{\"eventName\":\"A\",\"eventTime\":").unwrap();
    let stored = [("outcome", "stored")];
    wait_until("the files are imported", || {
        let told = Told::by(&service);
        told.number("traillake_import_events_total", &stored) == 1.0
            && told.number("traillake_import_files_total", &[("outcome", "failed")]) >= 1.0
            && told.number("traillake_imports_running", &[]) == 0.0
    });
    let told = Told::by(&service);
    assert_eq!(told.number("traillake_import_events_total", &[("outcome", "duplicate")]), 1.0);
    assert!(told.number("traillake_import_files_total", &[("outcome", "imported")]) >= 1.0);
    assert!(told.number("traillake_imports_total", &[("state", "failed")]) >= 1.0);
    assert_eq!(told.number("traillake_imports_total", &[("state", "stopped")]), 0.0);
    assert!(told.number("traillake_import_read_bytes_total", &[]) > 100.0);
    // Sizes are of some seconds ago.
    let store = [("store", "incident-42")];
    wait_until("the store has grown", || {
        Told::by(&service).number("traillake_store_events", &store) == 1.0
    });
    service.ask("StopEventDataStoreIngestion", &json!({"EventDataStore": "incident-42"}));
    shell.run(&["store", "update", "incident-42", "--name", "incident-43"]);
    wait_until("its new name and state are told", || {
        let told = Told::by(&service);
        told.has("traillake_store_ingesting", &[("store", "incident-43")])
            && !told.has("traillake_store_ingesting", &store)
    });
    let told = Told::by(&service);
    assert_eq!(told.number("traillake_store_ingesting", &[("store", "incident-43")]), 0.0);
    service.ask("StartEventDataStoreIngestion", &json!({"EventDataStore": "incident-43"}));
    fs::rename(&odd, shell.path("away")).unwrap();
    let labels = [("store", "incident-43"), ("source", text(&odd))];
    wait_until("it is away, and tried again", || {
        let told = Told::by(&service);
        told.number("traillake_source_up", &labels) == 0.0
            && told.number("traillake_source_failures_total", &labels) > 1.0
    });
    shell.run(&["source", "remove", text(&odd), "--store", "incident-43"]);
    wait_until("it is no source any more", || {
        !Told::by(&service).has("traillake_source_up", &[("source", text(&odd))])
    });
}
