//! The views are as `docs/views.md` tells.

use crate::lake::TestLake;
use traillake::columnar::Format;

#[test]
fn every_column_is_documented_with_its_type() {
    let text = include_str!("../docs/views.md");
    let lake = TestLake::with(Format::Orc, &["samples"]);
    for view in ["xray_events", "xray_traces", "xray_sampling_changes", "entities"] {
        let section = text.split("\n## ").find(|s| s.starts_with(&format!("`{view}`"))).unwrap();
        let told: Vec<_> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .map(|(name, rest)| (name.to_owned(), rest.split(" |").next().unwrap().to_owned()))
            .collect();
        let rows = lake.ask(&format!("DESCRIBE {view}"));
        let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
        // Those of CASE have a length that says nothing.
        let kind = |row| match text(row, "Type") {
            kind if kind.starts_with("varchar(") => "varchar".to_owned(),
            kind => kind,
        };
        let there: Vec<_> = rows.iter().map(|row| (text(row, "Column"), kind(row))).collect();
        assert_eq!(told, there, "{view}");
    }
}

#[test]
fn filters_go_through_views_to_the_files() {
    let lake = TestLake::with(Format::Orc, &["trail"]);
    for sql in [
        "SELECT count(*) FROM xray_events WHERE operation = 'PutTraceSegments' AND event_time >= '2026-03-02'",
        "SELECT count(*) FROM xray_traces WHERE operation = 'PutTraceSegments' AND event_time >= '2026-03-02'",
        "SELECT count(*) FROM entities WHERE event_name = 'PutTraceSegments' AND event_time >= '2026-03-02'",
    ] {
        let rows = lake.ask(&format!("EXPLAIN {sql}"));
        let plan: String = rows.iter().map(ToString::to_string).collect();
        let scan = plan.split("DataSourceExec").nth(1).unwrap();
        assert!(scan.contains("PutTraceSegments") && scan.contains("eventtime"), "{sql}\n{scan}");
    }
}
