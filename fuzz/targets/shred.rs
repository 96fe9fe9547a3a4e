//! Records to Arrow: each line that is one JSON object.
//!
//! No panic; a row for each record, with its bytes as they came; arrays that Arrow finds nothing wrong with;
//! and text in the columns as another reader of JSON sees it.

#![no_main]

use arrow::array::{Array, AsArray, RecordBatch};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use traillake::event::EventSchema;
use traillake::event::digest::{checksum, record_digest};
use traillake::event::schema::{self, Type};
use traillake::json::{is_value, skip_whitespace};
use traillake::shred::{Shredder, shred};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_record = |line: &&str| {
        let line = line.as_bytes();
        line.get(skip_whitespace(line, 0)) == Some(&b'{') && is_value(line)
    };
    let is_one = !text.is_empty() && is_record(&text);
    // Without the blanks around it, as the reader hands out a record.
    let records = if is_one { vec![text] } else { text.lines().filter(is_record).collect() };
    let records: Vec<&str> = records.into_iter().map(str::trim_ascii).collect();

    let texts_of_records = records.iter().map(|record| record.as_bytes());
    let batch = shred(EventSchema::CloudTrail, texts_of_records).expect("a batch");
    assert_eq!(batch.num_rows(), records.len());
    for column in batch.columns() {
        column.to_data().validate_full().expect("a sound array");
    }
    let (json, sum) =
        (texts(&batch, schema::EVENT_JSON), texts(&batch, schema::EVENT_JSON_CHECKSUM));
    for (row, record) in records.iter().enumerate() {
        assert_eq!(json[row].as_deref(), Some(*record));
        assert_eq!(sum[row], Some(checksum(&record_digest(record.as_bytes()))));
    }
    agrees(&batch, &records);
    alone(&batch, &records);
});

fn texts(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let array = batch.column_by_name(column).expect("a column").as_string::<i32>();
    array.iter().map(|text| text.map(str::to_owned)).collect()
}

/// The strings of records must be in the columns, as serde_json sees them.
fn agrees(batch: &RecordBatch, records: &[&str]) {
    let texts_of: Vec<_> = EventSchema::CloudTrail
        .columns()
        .iter()
        .filter(|column| column.data_type == Type::Text && !column.json.is_empty())
        .map(|column| (column, texts(batch, column.name)))
        .collect();
    for (row, record) in records.iter().enumerate() {
        // It refuses deeper nesting, lone surrogates and numbers beyond double.
        let Ok(members) = serde_json::from_str::<Map<String, Value>>(record) else { continue };
        for (column, texts) in &texts_of {
            let mut own = members.iter().filter(|(name, _)| name.eq_ignore_ascii_case(column.json));
            let (first, second) = (own.next(), own.next());
            if second.is_some() {
                continue; // spelled in two ways: the last one in the text wins
            }
            match first {
                None | Some((_, Value::Null)) => assert_eq!(texts[row], None, "{}", column.name),
                Some((_, Value::String(text))) => {
                    assert_eq!(texts[row].as_ref(), Some(text), "{}", column.name);
                }
                Some((_, Value::Bool(bit))) => assert_eq!(texts[row], Some(bit.to_string())),
                Some((_, value @ (Value::Array(_) | Value::Object(_)))) => {
                    let text = texts[row].as_deref().expect("text of a nested value");
                    let back: Value = serde_json::from_str(text).expect("JSON");
                    assert_eq!(&back, value, "{}", column.name);
                }
                Some((_, Value::Number(_))) => {
                    let text = texts[row].as_deref().expect("text of a number");
                    assert!(is_value(text.as_bytes()));
                }
            }
        }
    }
}

/// A record must give the same row alone, in a shredder that has made other batches.
fn alone(batch: &RecordBatch, records: &[&str]) {
    let mut shredder = Shredder::new(EventSchema::CloudTrail);
    for (row, record) in records.iter().enumerate() {
        shredder.push(record.as_bytes(), &record_digest(record.as_bytes()));
        assert_eq!((shredder.rows(), shredder.bytes()), (1, record.len()));
        assert_eq!(shredder.finish().expect("a batch"), batch.slice(row, 1), "row {row} alone");
    }
}
