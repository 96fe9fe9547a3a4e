//! Answers of the engine in every format.

use crate::lake::TestLake;
use arrow::array::{Array, AsArray};
use std::io::Write;
use traillake::columnar::{FORMATS, Format, read_columns};
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
            &["eventjson", "useridentity", "requestparameters"],
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
