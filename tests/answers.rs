//! Answers of the engine in every format.

use crate::lake::TestLake;
use arrow::array::{Array, AsArray};
use std::io::Write;
use traillake::columnar::{FORMATS, Format, read_columns};
use traillake::event::EventSchema;
use traillake::output::{OutputFormat, WriterOptions};

const ALL: &str = "SELECT * FROM event_data_store ORDER BY eventTime, eventID";

#[test]
fn columnar_files_hold_whole_events() {
    let lake = TestLake::with(Format::Orc, &["trail"]);
    let events = lake.ask(ALL);
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    for format in FORMATS {
        let options = WriterOptions::default();
        let (bytes, types) = lake.answer(ALL, OutputFormat::Columnar(format), &options).unwrap();
        assert_eq!(types.len(), 35);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let mut back = Vec::new();
        read_columns(
            format,
            file,
            &EventSchema::CloudTrail
                .arrow_columns(&["eventjson", "useridentity", "requestparameters"])
                .unwrap(),
            &mut |batch| {
                let arns = batch.column(1).as_struct().column_by_name("arn").unwrap().clone();
                let (json, arns) = (batch.column(0).as_string::<i32>(), arns.as_string::<i32>());
                let maps = batch.column(2).as_map();
                for row in 0..batch.num_rows() {
                    let members = if maps.is_null(row) { 0 } else { maps.value_length(row) };
                    let arn = (!arns.is_null(row)).then(|| arns.value(row).to_owned());
                    back.push((json.value(row).to_owned(), arn, members));
                }
            },
        )
        .unwrap();
        assert_eq!(back.len(), events.len(), "{format}");
        for (event, (json, arn, members)) in events.iter().zip(back) {
            assert_eq!(text(&event["eventjson"]), Some(json), "{format}");
            assert_eq!(text(&event["useridentity"]["arn"]), arn, "{format}");
            let map = event["requestparameters"].as_object();
            assert_eq!(map.map_or(0, serde_json::Map::len), members as usize, "{format}");
        }
    }
}

/// Events are cut there; plans, columns and functions are what was asked for.
#[test]
fn what_the_engine_tells_is_whole_on_a_terminal() {
    let lake = TestLake::with(Format::Orc, &["trail"]);
    let options = WriterOptions { terminal: Some(60), ..WriterOptions::default() };
    let on_terminal = |sql| {
        let (bytes, _) = lake.answer(sql, OutputFormat::Table, &options).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    for sql in [
        "EXPLAIN SELECT eventName, count(*) FROM event_data_store GROUP BY 1",
        "DESCRIBE event_data_store",
        "SHOW FUNCTIONS LIKE 'json%'",
    ] {
        assert!(!on_terminal(sql).contains('…'), "{sql}");
    }
    let plan = on_terminal("EXPLAIN SELECT eventName, count(*) FROM event_data_store GROUP BY 1");
    assert!(plan.lines().count() > 25, "{plan}");
    assert!(on_terminal("SELECT eventJson FROM event_data_store").contains("… (+"));
}

/// The plan is for people, who may show it to others.
#[test]
fn plans_name_files_by_their_path_in_the_lake() {
    for format in [Format::Orc, Format::Parquet, Format::Arrow] {
        let lake = TestLake::with(format, &["trail"]);
        for explain in ["EXPLAIN", "EXPLAIN ANALYZE"] {
            let sql = format!("{explain} SELECT eventName FROM event_data_store");
            let plan: String = lake.ask(&sql).iter().map(ToString::to_string).collect();
            let files = plan.split("file_groups={").nth(1).unwrap().split('}').next().unwrap();
            let paths = files.split(['[', ']', ',']).map(str::trim);
            let paths: Vec<_> = paths.filter(|path| path.contains("event_date=")).collect();
            assert!(!paths.is_empty() && paths.len() <= 4, "{plan}");
            assert!(paths.iter().all(|path| path.starts_with("stores/")), "{plan}");
        }
    }
}

/// One list has all that can be called, and nothing else.
#[test]
fn what_show_functions_lists_can_be_called() {
    let lake = TestLake::with(Format::Orc, &["oddities"]);
    let rows = lake.ask("SHOW FUNCTIONS");
    let of_kind = |kind: &str| {
        let rows = rows.iter().filter(|row| row["Function Type"] == kind);
        rows.map(|row| row["Function"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let calls = [
        "cast(1 AS varchar)",
        "coalesce(NULL, 1)",
        "extract(year FROM DATE '2026-01-01')",
        "grouping(n)",
        "if(true, 1, 2)",
        "json_array(1, 2)",
        "json_exists('[1]', 'lax $[0]')",
        "json_object(KEY 'a' VALUE 1)",
        "json_query('[1]', 'lax $')",
        "json_value('[1]', 'lax $[0]')",
        "now()",
        "nullif(1, 2)",
        "position('a' IN 'ba')",
        "row(1, 2)",
        "try(1)",
        "try_cast('a' AS bigint)",
        "typeof(1)",
    ];
    for call in calls {
        lake.ask(&format!("SELECT {call} FROM (VALUES 1) AS t (n) GROUP BY n"));
    }
    let names = |calls: &[&str]| {
        calls.iter().map(|c| c.split('(').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of_kind("special form"), names(&calls));
    let windows = [
        "cume_dist()",
        "dense_rank()",
        "first_value(n)",
        "lag(n, 1, 0)",
        "last_value(n)",
        "lead(n)",
        "nth_value(n, 2)",
        "ntile(2)",
        "percent_rank()",
        "rank()",
        "row_number()",
    ];
    for call in windows {
        lake.ask(&format!("SELECT {call} OVER (ORDER BY n) FROM (VALUES 1, 2) AS t (n)"));
    }
    assert_eq!(of_kind("window"), names(&windows));
    assert!(rows.iter().all(|row| row["Return Type"] != ""), "{rows:?}");
}
