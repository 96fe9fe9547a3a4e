use super::*;
use crate::columnar::{read_columns, schema_of};
use crate::engine::types::arrow::type_of;
use arrow::array::{Float64Array, Int64Array, StringArray, TimestampMillisecondArray};
use proptest::prelude::*;
use std::sync::Arc;

fn write(format: OutputFormat, terminal: Option<u16>) -> String {
    let record = br#"{"eventName":"A","userIdentity":{"type":"Root"},"requestParameters":{"k":"\u001b[2J","n":1},"resources":[{"ARN":"a"}]}"#;
    let event =
        crate::shred::shred(crate::event::EventSchema::CloudTrail, [record.as_slice()]).unwrap();
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
    let labels = ["eventName", "n", "n", "d", "e", "f"];
    let options = WriterOptions { terminal, ..WriterOptions::default() };
    String::from_utf8(bytes(format, &options, &labels, &batch)).unwrap()
}

fn bytes(
    format: OutputFormat,
    options: &WriterOptions,
    labels: &[&str],
    batch: &RecordBatch,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut answer = writer(format, &mut out, options).unwrap();
    let schema = batch.schema();
    let types: Vec<_> = schema.fields().iter().map(|f| type_of(f.data_type()).unwrap()).collect();
    let labels: Vec<_> = labels.iter().map(|label| (*label).to_owned()).collect();
    answer.begin(&labels, &types).unwrap();
    answer.rows(batch).unwrap();
    answer.end().unwrap();
    drop(answer);
    out
}

fn texts(values: Vec<Option<&str>>) -> RecordBatch {
    RecordBatch::try_from_iter([("a", Arc::new(StringArray::from(values)) as _)]).unwrap()
}

fn terminal(columns: u16) -> WriterOptions {
    WriterOptions { terminal: Some(columns), ..WriterOptions::default() }
}

/// Text that callers of AWS can put into events.
const HOSTILE: [&str; 12] = [
    "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m",
    "=cmd|' /C calc'!A0",
    "-2+3",
    "invoice\u{202e}fdp.exe",
    "<script>alert(1)</script><img src=x onerror=\"a('b')\">",
    "</td></table></svg>&lt;b>",
    "[click](javascript:alert(1)) ![](http://e.vil/a.png) www.e.vil me@e.vil",
    "a|b\\|c `d` **e** $f$",
    "nul\0 del\u{7f}",
    "one\ttab\r\nand ][ two\nlines",
    "\\N",
    "",
];

/// The answer made of [`HOSTILE`], whose label is hostile, too.
fn hostile(format: OutputFormat, options: &WriterOptions) -> String {
    let batch = texts(HOSTILE.iter().copied().map(Some).chain([None]).collect());
    let out = bytes(format, options, &["<b>|\u{1b}[1m"], &batch);
    String::from_utf8(out).unwrap()
}

/// A hostile answer with its control characters shown, one line a line.
fn shown(text: &str) -> String {
    text.split('\n').map(|line| line.escape_debug().to_string()).collect::<Vec<_>>().join("\n")
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

#[test]
fn expanded() {
    insta::assert_snapshot!(write(OutputFormat::Expanded, None));
}

#[test]
fn tsv() {
    insta::assert_snapshot!(
        write(OutputFormat::Tsv, None).escape_debug().to_string().replace("\\n", "\n")
    );
}

#[test]
fn markdown() {
    insta::assert_snapshot!(write(OutputFormat::Markdown, None));
}

#[test]
fn lake() {
    let text = write(OutputFormat::Lake, None);
    let rows: Vec<Vec<std::collections::BTreeMap<String, String>>> =
        serde_json::from_str(&text).unwrap();
    assert!(rows.iter().flatten().all(|cell| cell.len() <= 1));
    insta::assert_snapshot!(text);
}

#[test]
fn hostile_text_does_nothing_to_people_who_read_it() {
    let plain = WriterOptions::default();
    let title = WriterOptions { title: "</title>\u{202e}<script>".to_owned(), ..plain.clone() };
    let all = [
        hostile(OutputFormat::Table, &plain),
        hostile(OutputFormat::Table, &terminal(40)),
        hostile(OutputFormat::Expanded, &plain),
        hostile(OutputFormat::Expanded, &terminal(20)),
        hostile(OutputFormat::Csv, &terminal(80)),
        hostile(OutputFormat::Tsv, &terminal(80)),
        hostile(OutputFormat::Markdown, &plain),
        hostile(OutputFormat::Html, &title),
        hostile(OutputFormat::Json, &terminal(80)),
        hostile(OutputFormat::Lake, &terminal(80)),
        hostile(OutputFormat::Trino, &terminal(80)),
    ];
    for text in &all {
        let hidden = |c: char| {
            c != '\n' && c != '\t' && visible(c.encode_utf8(&mut [0; 4])).len() > c.len_utf8()
        };
        assert!(!text.contains(hidden), "{}", shown(text));
    }
    let page = &all[7];
    assert_eq!(page.matches("<script").count() + page.matches("<img").count(), 0);
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn hostile_text_is_whole_for_programs() {
    let plain = WriterOptions::default();
    let safe = WriterOptions { csv_safe: true, ..plain.clone() };
    let all = [
        hostile(OutputFormat::Csv, &plain),
        hostile(OutputFormat::Csv, &safe),
        hostile(OutputFormat::Tsv, &plain),
        hostile(OutputFormat::Tsv, &safe),
        hostile(OutputFormat::Json, &plain),
        hostile(OutputFormat::Jsonl, &plain),
        hostile(OutputFormat::Lake, &plain),
        hostile(OutputFormat::Trino, &plain),
    ];
    let rows: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&all[4]).unwrap();
    for (row, want) in rows.iter().zip(HOSTILE) {
        assert_eq!(row.values().next().unwrap(), want);
    }
    insta::assert_snapshot!(shown(&all.join("\n")));
}

#[test]
fn a_megabyte_does_not_fill_the_screen() {
    let agent = "Mozilla/5.0 ".repeat(90_000);
    let marks = format!("a{}", "\u{301}".repeat(500_000));
    let breaks = "\n".repeat(100_000);
    let batch = texts(vec![Some(&agent), Some("short"), Some(&marks), Some(&breaks)]);
    for (format, columns) in [
        (OutputFormat::Table, 80),
        (OutputFormat::Table, 20),
        (OutputFormat::Expanded, 80),
        (OutputFormat::Expanded, 20),
    ] {
        let text = String::from_utf8(bytes(format, &terminal(columns), &["a"], &batch)).unwrap();
        assert!(text.lines().count() < 40, "{text}");
        assert!(text.lines().all(|line| layout::width(line) <= usize::from(columns)), "{text}");
        assert!(text.len() < 20_000);
        assert!(text.contains("… (+1,0"), "{text}");
        let whole = bytes(format, &WriterOptions::default(), &["a"], &batch);
        let whole = String::from_utf8(whole).unwrap();
        assert!(whole.contains(&agent) && whole.len() < 5_000_000);
    }
}

#[test]
fn values_are_cut_and_counted_on_a_terminal() {
    let long = "one two three ".repeat(30);
    let columns: [(&str, arrow::array::ArrayRef); 3] = [
        ("n", Arc::new(Int64Array::from(vec![Some(1), None]))),
        (
            "long",
            Arc::new(StringArray::from(vec![
                Some(long.as_str()),
                Some("漢字".repeat(99).as_str()),
            ])),
        ),
        ("short", Arc::new(StringArray::from(vec![None, Some("x")]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let on = |format, columns, colour| {
        let options = WriterOptions { colour, ..terminal(columns) };
        String::from_utf8(bytes(format, &options, &["n", "long", "short"], &batch)).unwrap()
    };
    insta::assert_snapshot!(
        [
            on(OutputFormat::Table, 60, false),
            on(OutputFormat::Table, 20, false),
            on(OutputFormat::Expanded, 40, false),
            shown(&on(OutputFormat::Table, 40, true)),
            shown(&on(OutputFormat::Expanded, 40, true)),
        ]
        .join("\n")
    );
}

#[test]
fn records_hide_what_is_null_and_what_is_long_stands_aside() {
    let json = format!("{{\"key\":\"{}\"}}", "value ".repeat(30));
    let text = |texts: [Option<&str>; 3]| -> arrow::array::ArrayRef {
        Arc::new(StringArray::from_iter(texts))
    };
    let labels = ["eventjson", "a_long_label_of_nothing", "name"];
    let columns = [
        text([Some(&json), None, None]),
        text([None, None, None]),
        text([Some("x"), Some("y"), None]),
    ];
    let batch = RecordBatch::try_from_iter(labels.into_iter().zip(columns)).unwrap();
    let with = |format, options: &WriterOptions| {
        String::from_utf8(bytes(format, options, &labels, &batch)).unwrap()
    };
    let hidden = Nulls::Hidden("say so");
    let hides = WriterOptions { nulls: hidden, aside: Some(0), ..terminal(60) };
    insta::assert_snapshot!(
        [
            with(OutputFormat::Expanded, &hides),
            with(OutputFormat::Expanded, &WriterOptions { nulls: Nulls::Shown, ..hides.clone() }),
            with(OutputFormat::Expanded, &WriterOptions { terminal: Some(20), ..hides.clone() }),
            with(OutputFormat::Expanded, &WriterOptions { nulls: hidden, ..Default::default() }),
            with(OutputFormat::Table, &WriterOptions { terminal: Some(80), ..hides }),
        ]
        .join("\n")
    );
}

#[test]
fn columns_share_a_terminal_between_words() {
    let agent = "aws-cli/2.1 Python/3.8.8 Linux/5.4 exe/x86_64 prompt/off command/iam.create-role";
    let arn = "arn:aws:sts::123456789012:assumed-role/Administrator/maria.keller@example.com";
    let labels = ["event_name", "agent", "sessionCredentialFromConsole"];
    let text = |text: &str| Arc::new(StringArray::from(vec![text])) as arrow::array::ArrayRef;
    let write = |columns: u16, values: [&str; 3]| {
        let batch = labels.into_iter().zip(values.map(text));
        let batch = RecordBatch::try_from_iter(batch).unwrap();
        String::from_utf8(bytes(OutputFormat::Table, &terminal(columns), &labels, &batch)).unwrap()
    };
    let name = "GetServerCertificate";
    insta::assert_snapshot!(
        [
            write(120, [name, agent, "true"]),
            write(80, [name, agent, "true"]),
            write(80, [name, arn, "true"]),
            write(60, [name, agent, "true"]),
        ]
        .join("\n")
    );
}

#[test]
fn an_answer_without_rows_has_its_labels() {
    let wide = RecordBatch::try_from_iter(
        (0..30).map(|n| (format!("c{n}"), Arc::new(StringArray::from(vec![None::<&str>; 0])) as _)),
    )
    .unwrap();
    let labels: Vec<_> = (0..30).map(|_| "a long label").collect();
    let write = |format, options: &WriterOptions, labels: &[&str], batch| {
        String::from_utf8(bytes(format, options, labels, batch)).unwrap()
    };
    let none = texts(vec![]);
    let plain = WriterOptions::default();
    insta::assert_snapshot!(
        [
            write(OutputFormat::Table, &plain, &["a"], &none),
            write(OutputFormat::Table, &terminal(80), &labels, &wide),
            write(OutputFormat::Expanded, &plain, &["a"], &none),
            write(OutputFormat::Tsv, &plain, &["a"], &none),
            write(OutputFormat::Markdown, &plain, &["a"], &none),
            write(OutputFormat::Lake, &plain, &["a"], &none),
        ]
        .join("\n")
    );
}

#[test]
fn formats_are_told_by_name_and_extension() {
    for format in OUTPUT_FORMATS {
        assert_eq!(OutputFormat::from_name(format.name()), Some(format));
        if let Some(extension) = format.extension() {
            assert_eq!(OutputFormat::from_extension(&extension.to_uppercase()), Some(format));
        }
    }
    assert_eq!(OutputFormat::from_extension("table"), None);
}

#[test]
fn what_does_not_go_together_is_told() {
    let chart = WriterOptions { chart: Some(ChartKind::Bar), ..WriterOptions::default() };
    let told = |format, options| check(format, options).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            told(OutputFormat::Columnar(Format::Parquet), &terminal(80)),
            told(OutputFormat::Svg, &WriterOptions::default()),
            told(OutputFormat::Csv, &chart),
        ]
        .join("\n")
    );
    assert!(writer(OutputFormat::Svg, &mut Vec::new(), &WriterOptions::default()).is_err());
}

fn unescaped(field: &str) -> Option<String> {
    if field == "\\N" {
        return None;
    }
    let mut text = String::new();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next().unwrap() {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                other => other,
            },
            c => c,
        });
    }
    Some(text)
}

proptest! {
    #[test]
    fn programs_get_back_what_was_there(
        rows in proptest::collection::vec((any::<Option<String>>(), any::<Option<i64>>()), 0..8),
        tricky in "[\"',;\t\r\n\\\\N=+@|-]{0,12}",
    ) {
        let rows: Vec<_> = rows.into_iter().chain([(Some(tricky), None)]).collect();
        let columns: [(&str, arrow::array::ArrayRef); 2] = [
            ("a", Arc::new(StringArray::from_iter(rows.iter().map(|(text, _)| text.as_deref())))),
            ("b", Arc::new(Int64Array::from_iter(rows.iter().map(|(_, number)| *number)))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let write = |format| bytes(format, &WriterOptions::default(), &["a", "b"], &batch);
        let number = |number: &Option<i64>| number.map(|n| n.to_string());

        let csv = write(OutputFormat::Csv);
        let csv = ::csv::Reader::from_reader(csv.as_slice())
            .into_records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
        let want = rows.iter().map(|(text, n)| vec![text.clone().unwrap_or_default(), number(n).unwrap_or_default()]);
        prop_assert!(csv.eq(want));

        let tsv = String::from_utf8(write(OutputFormat::Tsv)).unwrap();
        let tsv = tsv.strip_suffix('\n').unwrap().split('\n').skip(1);
        let tsv = tsv.map(|line| line.split('\t').map(unescaped).collect::<Vec<_>>());
        prop_assert!(tsv.eq(rows.iter().map(|(text, n)| vec![text.clone(), number(n)])));

        let json: Vec<serde_json::Value> = serde_json::from_slice(&write(OutputFormat::Json)).unwrap();
        let want = rows.iter().map(|(text, n)| serde_json::json!({ "a": text, "b": n }));
        prop_assert!(json.into_iter().eq(want));
    }
}
/// Every type of Trino is read back from every format, as itself or as text.
#[test]
fn columnar_files_hold_what_was_answered() {
    use crate::engine::types::RowField;
    use arrow::array::*;
    use arrow::buffer::OffsetBuffer;
    let ip = |last: u8| {
        let mut bytes = [0; 16];
        bytes[10..].copy_from_slice(&[0xff, 0xff, 10, 0, 0, last]);
        bytes
    };
    let fixed =
        |last: u8| FixedSizeBinaryArray::try_from_iter([ip(last), ip(9)].into_iter()).unwrap();
    let zoned = crate::engine::types::zone::Zone::UTC.pack(1_772_323_200_000_000_000);
    let long =
        Decimal128Array::from(vec![Some(zoned), None]).with_precision_and_scale(38, 0).unwrap();
    let ips: ArrayRef = Arc::new(fixed(1));
    let row = Type::Row(Arc::from(vec![
        RowField::named("Address", Type::IpAddress),
        RowField::anonymous(Type::Bigint),
        RowField::named("address", Type::Json),
    ]));
    let members: Vec<ArrayRef> = vec![
        Arc::clone(&ips),
        Arc::new(Int64Array::from(vec![1, 2])),
        Arc::new(StringArray::from(vec![Some("{}"), None])),
    ];
    let fields = crate::engine::types::arrow::struct_fields(match &row {
        Type::Row(fields) => fields,
        _ => &[],
    });
    let rows: ArrayRef =
        Arc::new(StructArray::new(fields, members, Some(vec![true, false].into())));
    let list = Type::array(Type::Uuid);
    let item = crate::engine::types::arrow::item_field(&Type::Uuid);
    let offsets = OffsetBuffer::from_lengths([2, 0]);
    let lists: ArrayRef = Arc::new(ListArray::new(item, offsets.clone(), Arc::new(fixed(2)), None));
    let map = Type::map(Type::VARCHAR, Type::IpAddress);
    let entries = crate::engine::types::arrow::entries_field(&Type::VARCHAR, &Type::IpAddress);
    let pairs = StructArray::from(vec![
        (
            Arc::new(arrow::datatypes::Field::new("key", arrow::datatypes::DataType::Utf8, false)),
            Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef,
        ),
        (
            Arc::new(arrow::datatypes::Field::new(
                "value",
                arrow::datatypes::DataType::FixedSizeBinary(16),
                true,
            )),
            Arc::clone(&ips),
        ),
    ]);
    let maps: ArrayRef = Arc::new(MapArray::new(entries, offsets, pairs, None, false));
    let columns: Vec<(&str, Type, ArrayRef)> = vec![
        ("n", Type::Bigint, Arc::new(Int64Array::from(vec![Some(-5), None]))),
        ("N", Type::VARCHAR, Arc::new(StringViewArray::from(vec![Some(HOSTILE[0]), None]))),
        ("", Type::Tinyint, Arc::new(Int8Array::from(vec![Some(1), None]))),
        ("double", Type::Double, Arc::new(Float64Array::from(vec![f64::NAN, 0.5]))),
        (
            "decimal",
            Type::Decimal(5, 2),
            Arc::new(
                Decimal128Array::from(vec![Some(-1_234), None])
                    .with_precision_and_scale(5, 2)
                    .unwrap(),
            ),
        ),
        ("boolean", Type::Boolean, Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("date", Type::Date, Arc::new(Date32Array::from(vec![Some(-1), None]))),
        (
            "time",
            Type::Time(3),
            Arc::new(Time64NanosecondArray::from(vec![Some(1_500_000_000), None])),
        ),
        (
            "millis",
            Type::Timestamp(3),
            Arc::new(TimestampMillisecondArray::from(vec![Some(-1_500), None])),
        ),
        (
            "micros",
            Type::Timestamp(6),
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None])),
        ),
        ("zoned", Type::TimestampTz(3), Arc::new(long)),
        (
            "binary",
            Type::Varbinary,
            Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), None])),
        ),
        ("json", Type::Json, Arc::new(StringArray::from(vec![Some("[1]"), None]))),
        ("day", Type::IntervalDay, Arc::new(Int64Array::from(vec![Some(90_000_000), None]))),
        ("month", Type::IntervalYear, Arc::new(Int32Array::from(vec![Some(14), None]))),
        ("ip", Type::IpAddress, ips),
        ("unknown", Type::Unknown, Arc::new(BooleanArray::from(vec![None, None]))),
        ("row", row, rows),
        ("list", list, lists),
        ("map", map, maps),
    ];
    let labels: Vec<_> = columns.iter().map(|(label, ..)| (*label).to_owned()).collect();
    let types: Vec<_> = columns.iter().map(|(_, kind, _)| kind.clone()).collect();
    let numbered =
        columns.iter().enumerate().map(|(at, (.., array))| (at.to_string(), Arc::clone(array)));
    let batch =
        RecordBatch::try_from_iter_with_nullable(numbered.map(|(n, a)| (n, a, true))).unwrap();
    let mut told = String::new();
    for format in crate::columnar::FORMATS {
        let mut out = Vec::new();
        let options = WriterOptions::default();
        let mut answer = writer(OutputFormat::Columnar(format), &mut out, &options).unwrap();
        answer.begin(&labels, &types).unwrap();
        answer.rows(&batch).unwrap();
        answer.rows(&batch).unwrap();
        answer.end().unwrap();
        drop(answer);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&out).unwrap();
        let names: Vec<_> = columns
            .iter()
            .enumerate()
            .map(|(at, (label, ..))| match *label {
                "" => format!("_col{at}"),
                "N" => "N_2".to_owned(),
                label => label.to_owned(),
            })
            .collect();
        let schema = schema_of(format, file.try_clone().unwrap()).unwrap();
        let told_names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
        assert_eq!(told_names, names.iter().collect::<Vec<_>>());
        let mut back = Vec::new();
        read_columns(format, file, &schema, &mut |batch| back.push(batch.clone())).unwrap();
        let back = arrow::compute::concat_batches(&schema, &back).unwrap();
        assert_eq!(back.num_rows(), 4);
        told.push_str(&format!("{format}\n"));
        for (field, column) in schema.fields().iter().zip(back.columns()) {
            let text = |row| {
                let shown = arrow::util::display::array_value_to_string(column, row).unwrap();
                if column.is_null(row) { "NULL".to_owned() } else { visible(&shown).into_owned() }
            };
            assert_eq!((text(0), text(1)), (text(2), text(3)));
            told.push_str(&format!(
                "  {}: {} = {}, {}\n",
                field.name(),
                field.data_type(),
                text(0),
                text(1)
            ));
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn columnar_files_may_have_no_rows() {
    for format in crate::columnar::FORMATS {
        let out = bytes(
            OutputFormat::Columnar(format),
            &WriterOptions::default(),
            &["a"],
            &texts(vec![]),
        );
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&out).unwrap();
        let mut rows = 0;
        let schema = schema_of(format, file.try_clone().unwrap()).unwrap();
        read_columns(format, file, &schema, &mut |batch| rows += batch.num_rows()).unwrap();
        assert_eq!(rows, 0);
    }
}

#[test]
fn a_page_has_its_chart_above_the_rows() {
    let batch = |count: i64| {
        RecordBatch::try_from_iter([
            (
                "a",
                Arc::new(StringArray::from_iter_values((0..count).map(|n| format!("<{n}>"))))
                    as arrow::array::ArrayRef,
            ),
            ("b", Arc::new(Int64Array::from_iter_values(0..count)) as _),
        ])
        .unwrap()
    };
    let options = WriterOptions { chart: Some(ChartKind::Bar), ..WriterOptions::default() };
    let page = |count| {
        let out = bytes(OutputFormat::Html, &options, &["label", "calls"], &batch(count));
        String::from_utf8(out).unwrap()
    };
    insta::assert_snapshot!(page(2));
    let long = page(12_000);
    assert!(long.contains("drawn of the first 10,000 rows"));
    assert_eq!(long.matches("<tr>").count(), 12_001);
    assert!(long.find("</svg>").unwrap() < long.find("<table>").unwrap());
    let image =
        String::from_utf8(bytes(OutputFormat::Svg, &options, &["label", "calls"], &batch(3)))
            .unwrap();
    assert!(image.starts_with("<svg ") && image.contains("&lt;2&gt;"));
    let below =
        String::from_utf8(bytes(OutputFormat::Table, &options, &["label", "calls"], &batch(3)))
            .unwrap();
    insta::assert_snapshot!("a_table_has_its_chart_below", below);
    let mut out = Vec::new();
    let mut answer = writer(OutputFormat::Table, &mut out, &options).unwrap();
    let error = answer.begin(&["a".to_owned()], &[Type::VARCHAR]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a bar chart takes a label and a number; the answer has a varchar"
    );
}
