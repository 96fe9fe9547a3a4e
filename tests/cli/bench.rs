//! `bench` and `synth`.

use super::{Shell, TRAIL};
use crate::lake::testdata;
use std::path::Path;
use traillake::bench::TargetKind;

/// The JSON that `bench` writes of a run with these arguments.
fn bench(shell: &Shell, args: &[&str]) -> (String, serde_json::Value) {
    let file = shell.path("bench.json");
    let all = [&["bench", "--runs", "1", "--json", file.to_str().unwrap()], args].concat();
    let text = shell.run(&all);
    assert!(text.starts_with("exit 0"), "{text}");
    (text, serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
}

#[test]
fn bench_measures_every_query_over_every_format() {
    let shell = Shell::new();
    let [csv, svg, keep] = ["bench.csv", "bench.svg", "kept"].map(|name| shell.path(name));
    let (csv_arg, svg_arg, keep_arg) =
        (csv.to_str().unwrap(), svg.to_str().unwrap(), keep.to_str().unwrap());
    let args =
        [TRAIL, "--concurrency", "2", "--csv", csv_arg, "--svg", svg_arg, "--keep", keep_arg];
    let (text, report) = bench(&shell, &args);
    assert!(text.contains("all answers are the same"), "{text}");
    assert_eq!((&report["events"], &report["runs"]), (&598.into(), &1.into()));
    assert_eq!(report["parameters"]["busy_event"], "PutTraceSegments");
    let formats: Vec<_> = TargetKind::all().into_iter().map(TargetKind::name).collect();
    let stores = report["stores"].as_array().unwrap();
    assert_eq!(stores.len(), formats.len() - 1);
    assert!(stores.iter().all(|store| store["bytes"].as_u64().unwrap() > 10_000));
    assert_eq!(report["ratios"].as_array().unwrap().len(), formats.len() - 1);
    let queries = report["queries"].as_array().unwrap();
    assert_eq!(queries.len(), 12);
    for query in queries {
        assert!(!query["sql"].as_str().unwrap().contains('{'), "{query}");
        let results = query["results"].as_array().unwrap();
        assert_eq!(
            results.iter().map(|r| r["format"].as_str().unwrap()).collect::<Vec<_>>(),
            formats
        );
        for result in results {
            // On these events, every query finds something.
            assert!(result["rows"].as_u64().unwrap() > 0, "{query}");
            assert!(result["best_ms"].as_f64().unwrap() > 0.0, "{query}");
            assert_eq!(result["concurrent_ms"].is_f64(), result["format"] != "json", "{query}");
        }
    }
    let parquet = |query: usize| {
        let results = queries[query]["results"].as_array().unwrap();
        results.iter().find(|result| result["format"] == "parquet").unwrap().clone()
    };
    let by_id = parquet(3);
    assert!(by_id["bytes_scanned"].as_u64().unwrap() > 0);
    let groups = by_id["pruned"].as_array().unwrap().iter().find(|p| p["unit"] == "row groups");
    assert!(groups.unwrap()["pruned"].as_u64().unwrap() > 0, "{by_id}");
    assert_eq!(std::fs::read_to_string(&csv).unwrap().lines().count(), 1 + 12 * formats.len());
    assert!(std::fs::read_to_string(&svg).unwrap().starts_with("<svg "));
    let kept = shell.run(&["--lake", keep_arg, "query", "SELECT count(*) AS n FROM parquet"]);
    assert!(kept.contains(" 598 "), "{kept}");
    let again = shell.run(&["bench", TRAIL, "--keep", keep_arg]);
    assert!(again.starts_with("exit 2") && again.contains("not empty"), "{again}");
}

#[test]
fn bench_takes_the_events_of_a_store_and_queries_of_ones_own() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL, "testdata/samples"]);
    let file = shell.path("mine.sql");
    std::fs::write(&file, "SELECT eventID FROM $EDS_ID WHERE eventTime >= {since};\nSELECT 2")
        .unwrap();
    let args = ["--store", "default", "--queries", file.to_str().unwrap(), "--concurrency", "0"];
    let (text, report) = bench(&shell, &args);
    assert!(text.contains("json is left out"), "{text}");
    assert_eq!(report["events"], 600);
    let names: Vec<_> =
        report["queries"].as_array().unwrap().iter().map(|query| &query["name"]).collect();
    assert_eq!(names, ["mine-1", "mine-2"]);
    assert!(report["queries"][0]["results"][0]["queries_per_second"].is_null());
}

#[test]
fn bench_tells_what_it_cannot_do() {
    let shell = Shell::new();
    let wrong = shell.path("wrong.sql");
    std::fs::write(&wrong, "SELECT nope FROM event_data_store").unwrap();
    snapshot!(
        [
            shell.run(&["bench", TRAIL, "--only", "by-id"]),
            shell.run(&["bench", TRAIL, "--formats", "json"]),
            shell.run(&["bench", TRAIL, "--svg", "no/such/folder/bench.svg"]),
            shell.run(&["bench", TRAIL, "--queries", "testdata"]),
            shell.run(&[
                "bench",
                TRAIL,
                "--formats",
                "arrow",
                "--queries",
                wrong.to_str().unwrap()
            ]),
            shell.run(&["bench", "-"]),
            shell.run(&["bench", "testdata/oddities/digest.json"]),
            shell.run(&["bench", "--store", "nope"]),
        ]
        .join("\n")
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let shell = Shell::new();
    let out = shell.path("again");
    shell.run(&[
        "synth",
        "--events",
        "600",
        "--seed",
        "1",
        "--days",
        "2",
        "--out",
        out.to_str().unwrap(),
    ]);
    let files = |root: &Path| -> Vec<_> {
        let walk = walkdir::WalkDir::new(root).sort_by_file_name();
        let files = walk.into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
        files
            .map(|e| {
                (e.path().strip_prefix(root).unwrap().to_owned(), std::fs::read(e.path()).unwrap())
            })
            .collect()
    };
    let (want, got) = (files(&testdata("trail")), files(&out));
    assert_eq!(want.len(), 21);
    assert!(want == got, "testdata/trail is what synth writes");
}
