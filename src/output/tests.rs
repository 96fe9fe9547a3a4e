use super::*;
use crate::engine::types::arrow::type_of;
use arrow::array::{Float64Array, Int64Array, StringArray, TimestampMillisecondArray};
use std::sync::Arc;

fn write(format: OutputFormat, terminal: Option<u16>) -> String {
    let record = br#"{"eventName":"A","userIdentity":{"type":"Root"},"requestParameters":{"k":"\u001b[2J","n":1},"resources":[{"ARN":"a"}]}"#;
    let event = crate::shred::shred([record.as_slice()]).unwrap();
    let column = |name| Arc::clone(event.column_by_name(name).unwrap());
    let twice = |array: arrow::array::ArrayRef| {
        arrow::compute::concat(&[&array, &arrow::array::new_null_array(array.data_type(), 1)])
            .unwrap()
    };
    let batch = RecordBatch::try_from_iter([
        (
            "a",
            Arc::new(StringArray::from(vec![Some("x,\"y\"\n\u{202e}"), None]))
                as arrow::array::ArrayRef,
        ),
        ("b", Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None])) as _),
        ("c", Arc::new(Float64Array::from(vec![1.5, f64::NAN])) as _),
        ("d", Arc::new(TimestampMillisecondArray::from(vec![Some(1_688_989_338_000), None])) as _),
        ("e", twice(column("requestparameters"))),
        ("f", twice(column("resources"))),
    ])
    .unwrap();
    let labels: Vec<_> = ["eventName", "n", "n", "d", "e", "f"].map(str::to_owned).to_vec();
    let mut out = Vec::new();
    let mut answer = writer(format, &mut out, terminal);
    let schema = batch.schema();
    let kinds: Vec<_> = schema.fields().iter().map(|f| type_of(f.data_type()).unwrap()).collect();
    answer.begin(&labels, &kinds).unwrap();
    answer.rows(&batch).unwrap();
    answer.end().unwrap();
    drop(answer);
    String::from_utf8(out).unwrap()
}

#[test]
fn table() {
    insta::assert_snapshot!(write(OutputFormat::Table, None));
}

#[test]
fn table_on_a_narrow_terminal() {
    insta::assert_snapshot!(write(OutputFormat::Table, Some(40)));
}

#[test]
fn csv() {
    insta::assert_snapshot!(
        write(OutputFormat::Csv, None).escape_debug().to_string().replace("\\n", "\n")
    );
}

#[test]
fn json() {
    let text = write(OutputFormat::Json, None);
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn jsonl() {
    let text = write(OutputFormat::Jsonl, None);
    assert_eq!(text.lines().count(), 2);
    let array = write(OutputFormat::Json, None);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows, lines);
}
