//! What the compiler cannot keep: that the stations of the data's way import only what lies before
//! them, and who may touch the clock and files. The crates of the workspace have walls of their own.

use std::fs;
use std::path::{Path, PathBuf};

/// In the order of `lib.rs`.
const STATIONS: [&str; 12] = [
    "json",
    "envelope",
    "event",
    "shred",
    "columnar",
    "store",
    "engine",
    "output",
    "saved",
    "investigate",
    "server",
    "cli",
];

/// What stands beside the way, and the stations that it imports; only `cli` knows it, and who is listed in [`KNOWS`].
const BESIDE: [(&str, &[&str]); 3] = [
    ("bench", STATIONS.split_last().unwrap().1),
    ("integrity", &["envelope", "event"]),
    ("sources", &["envelope", "store"]),
];

/// Stations that know what stands beside the way.
const KNOWS: [(&str, &[&str]); 1] = [("server", &["sources"])];

/// Crates of the workspace, and the stations that import them.
const BEHIND: [(&str, &[&str]); 6] = [
    ("traillake_http", &["server"]),
    ("traillake_aws_wire", &["server"]),
    ("traillake_functions", &["engine"]),
    ("traillake_orc", &["columnar", "engine", "envelope"]),
    ("traillake_planner", &["engine"]),
    ("traillake_synth", &["cli"]),
];

/// What a station may not know although it lies before it.
const BLIND: [(&str, &[&str]); 4] = [
    ("envelope", &["event"]),
    ("columnar", &["json", "envelope", "event", "shred"]),
    // Of the engine it knows the types, values and errors of answers.
    ("output", &["envelope", "event", "store"]),
    ("event", &["envelope"]),
];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// Whether a file of sources has tests alone.
fn is_of_tests(path: &Path) -> bool {
    path.ends_with("tests.rs") || path.components().any(|c| c.as_os_str() == "tests")
}

/// Stations that a file names as `crate::station`, outside comments and its tests.
fn imports(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let named = |line: &str| -> Vec<String> {
        line.split("crate::")
            .skip(1)
            .map(|rest| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned()
            })
            .collect()
    };
    lines.flat_map(named).collect()
}

#[test]
fn imports_run_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let beside = BESIDE.iter().map(|(name, _)| name);
    for (at, station) in STATIONS.iter().chain(beside).enumerate() {
        let blind = BLIND.iter().find(|(s, _)| s == station).map_or(&[][..], |(_, b)| b);
        for path in sources(&src.join(station)) {
            if is_of_tests(&path) {
                continue;
            }
            for import in imports(&path) {
                let known = STATIONS.iter().position(|s| *s == import);
                let aside = BESIDE.iter().find(|(name, _)| name == station);
                let knows =
                    KNOWS.iter().find(|(name, _)| name == station).map_or(&[][..], |(_, k)| k);
                let allowed = match (*station, known) {
                    ("cli", _) => true,
                    (name, _) if let Some((_, imported)) = aside => {
                        import == name || imported.contains(&import.as_str())
                    }
                    (_, Some(other)) => other <= at && !blind.contains(&import.as_str()),
                    (_, None) => knows.contains(&import.as_str()),
                };
                if !allowed {
                    wrong.push(format!("{} imports {import}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_sources_and_the_port_know_the_network() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let known_by = ["src/sources", "crates/http"].map(|dir| root.join(dir));
    for path in ["src", "crates"].iter().flat_map(|dir| sources(&root.join(dir))) {
        let text = fs::read_to_string(&path).unwrap();
        let known = ["object_store::aws", "aws_config", "TcpStream", "TcpListener", "reqwest"];
        let known = known.iter().find(|name| text.contains(*name));
        let allowed = known_by.iter().any(|dir| path.starts_with(dir));
        assert!(allowed || known.is_none(), "{}: {known:?}", path.display());
    }
}

#[test]
fn the_library_lists_the_stations_in_order() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let places: Vec<_> =
        STATIONS.iter().map(|s| lib.find(&format!("pub mod {s};")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn crates_are_imported_where_they_belong() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let station = path.strip_prefix(&src).unwrap().components().next().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for (name, stations) in BEHIND {
            let allowed = stations.iter().any(|known| station.as_os_str() == *known);
            assert!(allowed || !text.contains(name), "{} imports {name}", path.display());
        }
    }
}

/// The clock is told once, in `cli/clock.rs`, and given to lakes; so answers can be asked at any moment.
/// Durations (`Instant`) are no time of day.
#[test]
fn only_the_command_line_has_a_clock() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in
        ["src", "crates", "tests", "benches"].iter().flat_map(|dir| sources(&root.join(dir)))
    {
        if path.ends_with("src/cli/clock.rs") || path.ends_with("tests/architecture.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let clocks =
                ["Utc::now", "Local::now", "SystemTime::now", "UNIX_EPOCH.elapsed", "now_v7"];
            if clocks.iter().any(|clock| line.contains(clock)) {
                found.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_store_renames_or_deletes_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in ["src", "crates"].iter().flat_map(|dir| sources(&root.join(dir))) {
        // The generator of logs writes a folder of its own that no store knows.
        let exempt = ["src/store", "crates/synth"].map(|dir| root.join(dir));
        if is_of_tests(&path) || exempt.iter().any(|dir| path.starts_with(dir)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for call in ["remove_file", "remove_dir", "fs::rename"] {
            assert!(!code.contains(call), "{} calls {call}", path.display());
        }
    }
}

/// Calls with a rule of their own in the grammar are in the catalogue of functions: in the parser's source
/// they are the words before `if call =>`.
#[test]
fn what_the_grammar_has_a_rule_for_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parser = fs::read_to_string(root.join("crates/sql-parser/src/parser/expr.rs")).unwrap();
    let rules = parser.lines().filter_map(|line| line.trim().split_once(" if call =>"));
    let words: Vec<_> = rules.flat_map(|(words, _)| words.split(" | ")).collect();
    assert!(words.len() > 10, "{words:?}");
    for word in words {
        let word = word.trim_matches('"');
        assert!(traillake::engine::words::function(word).is_some(), "{word}");
    }
}
