use super::*;
use crate::columnar::{FORMATS, Hints, Writer};
use ::arrow::array::{
    Array as _, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    FixedSizeListArray, Float64Array, Int64Array, ListArray, MapArray, NullArray, RecordBatch,
    StringArray, StringViewArray, StructArray, TimestampMillisecondArray, UInt64Array,
};
use ::arrow::buffer::{NullBuffer, OffsetBuffer};
use ::arrow::compute::concat_batches;
use ::arrow::datatypes::{DataType, Field, Int32Type};
use ::arrow::ipc::CompressionType;
use ::arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::WriterProperties;
use prost::Message;
use std::sync::Arc;
use tempfile::NamedTempFile;
use traillake_orc::Codec;
use traillake_orc::proto;
use traillake_orc::write;

fn text(of: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(of.to_vec()))
}

/// Three rows of every kind of column that both formats have.
fn batch(first: i64) -> RecordBatch {
    let pair = StructArray::try_from(vec![
        ("a", text(&[Some("x"), None, Some("y")])),
        ("b", Arc::new(BooleanArray::from(vec![None, Some(true), Some(false)])) as ArrayRef),
    ])
    .unwrap();
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    let numbers = Arc::new(Int64Array::from(vec![Some(7), None, Some(-7)]));
    let list = ListArray::new(item, OffsetBuffer::from_lengths([2, 0, 1]), numbers, None);
    let entries = StructArray::try_from(vec![
        ("key", text(&[Some("k"), Some("l")])),
        ("value", text(&[Some("v"), None])),
    ])
    .unwrap();
    let entry = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    let nulls = Some(NullBuffer::from(vec![true, false, true]));
    let map = MapArray::new(entry, OffsetBuffer::from_lengths([1, 0, 1]), entries, nulls, false);
    let decimal = Decimal128Array::from(vec![Some(-12_345), None, Some(5)]);
    RecordBatch::try_from_iter_with_nullable([
        ("id", text(&[Some("b"), Some("a"), Some("c")]), true),
        ("n", Arc::new(Int64Array::from(vec![first, first + 1, first + 2])) as _, true),
        ("u", Arc::new(UInt64Array::from(vec![u64::MAX, 1, 2])) as _, true),
        ("x", Arc::new(Float64Array::from(vec![0.5, -1.0, 2.0])) as _, true),
        ("day", Arc::new(Date32Array::from(vec![Some(0), None, Some(20_000)])) as _, true),
        ("at", Arc::new(TimestampMillisecondArray::from(vec![first, 0, 1_500])) as _, true),
        ("cost", Arc::new(decimal.with_precision_and_scale(9, 3).unwrap()) as _, true),
        ("none", text(&[None, None, None]), true),
        ("pair", Arc::new(pair) as _, true),
        ("list", Arc::new(list) as _, true),
        ("map", Arc::new(map) as _, true),
    ])
    .unwrap()
}

fn write_parquet(batches: &[RecordBatch]) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    let properties = WriterProperties::builder()
        .set_created_by("a \u{1b}[31mwriter".to_owned())
        .set_max_row_group_row_count(Some(3))
        .set_column_bloom_filter_enabled("id".into(), true)
        .build();
    let schema = batches[0].schema();
    let mut writer =
        ArrowWriter::try_new(file.reopen().unwrap(), schema, Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
    file
}

fn write_arrow(batches: &[RecordBatch], compression: Option<CompressionType>) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let schema = batches[0].schema();
    let mut writer =
        FileWriter::try_new_with_options(file.reopen().unwrap(), &schema, options).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    file
}

/// The columns of `batches` that ORC has, in stripes of three rows and row groups of two.
fn write_orc(batches: &[RecordBatch], codec: Codec) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    let signed = |batch: &RecordBatch| {
        let schema = batch.schema();
        let columns = 0..batch.num_columns();
        let known = columns.filter(|at| *schema.field(*at).data_type() != DataType::UInt64);
        batch.project(&known.collect::<Vec<_>>()).unwrap()
    };
    let options = write::Options {
        codec,
        stripe_rows: Some(3),
        row_index_stride: 2,
        bloom_columns: vec!["id".to_owned()],
        metadata: vec![("who".to_owned(), b"a \x1b[31mwriter".to_vec())],
        ..write::Options::default()
    };
    let schema = signed(&batches[0]).schema();
    let mut writer = write::Writer::new(file.reopen().unwrap(), schema, options).unwrap();
    batches.iter().for_each(|batch| writer.write(&signed(batch)).unwrap());
    writer.finish().unwrap();
    file
}

fn column<'a>(layout: &'a Layout, path: &str) -> &'a Column {
    layout.columns.iter().find(|column| column.path == path).unwrap()
}

fn bounds(of: &Chunk) -> (String, String) {
    let text = |bound: &Option<Bound>| bound.as_ref().map_or("-".into(), |b| b.value.to_string());
    (text(&of.min), text(&of.max))
}

const PATHS: [&str; 15] = [
    "id",
    "n",
    "u",
    "x",
    "day",
    "at",
    "cost",
    "none",
    "pair",
    "pair.a",
    "pair.b",
    "list",
    "list.item",
    "map",
    "map.key",
];

#[test]
fn a_parquet_file_is_described() {
    let file = write_parquet(&[batch(1_000), batch(2_000)]);
    let layout = inspect(file.path()).unwrap();
    assert_eq!((layout.format, layout.rows, layout.units.len()), (Format::Parquet, 6, 2));
    assert_eq!(layout.writer.as_deref(), Some("a \u{1b}[31mwriter"));
    let paths: Vec<_> = layout.columns.iter().map(|column| column.path.as_str()).collect();
    assert_eq!(paths[..15], PATHS);
    let kinds: Vec<_> = layout.columns.iter().map(|column| column.data_type.as_str()).collect();
    let want = [
        "string",
        "int64",
        "uint64",
        "double",
        "date",
        "timestamp(ms)",
        "decimal(9,3)",
        "string",
        "struct",
        "string",
        "boolean",
        "list",
        "int64",
        "map",
        "string",
        "string",
    ];
    assert_eq!(kinds, want);

    for (path, min, max) in [
        ("id", "a", "c"),
        ("n", "1000", "2002"),
        ("u", "1", "18446744073709551615"),
        ("x", "-1.0", "2.0"),
        ("day", "1970-01-01", "2024-10-04"),
        ("at", "1970-01-01 00:00:00", "1970-01-01 00:00:02"),
        ("cost", "-12.345", "0.005"),
        ("none", "-", "-"),
        ("list.item", "-7", "7"),
    ] {
        let total = &column(&layout, path).total;
        assert_eq!(bounds(total), (min.to_owned(), max.to_owned()), "{path}");
    }
    let id = &column(&layout, "id").total;
    assert!(id.bloom_filter_bytes.unwrap() > 0 && id.index_entries == Some(2), "{id:?}");
    assert_eq!(id.encodings, ["RLE_DICTIONARY"]);
    let none = &column(&layout, "none").total;
    assert_eq!((none.nulls, none.values, none.bloom_filter_bytes), (Some(6), Some(6), None));
    let n = layout.columns.iter().position(|column| column.path == "n").unwrap();
    assert_eq!(bounds(&layout.units[1].chunks[n]), ("2000".to_owned(), "2002".to_owned()));
    // Every byte is accounted for, but for the magic bytes at the start.
    assert_eq!(layout.parts.iter().map(|part| part.bytes).sum::<u64>() + 4, layout.bytes);
}

#[test]
fn an_orc_file_is_described() {
    let batches = [batch(1_000), batch(2_000)];
    let file = write_orc(&batches, Codec::Zstd(1));
    let layout = inspect(file.path()).unwrap();
    assert_eq!((layout.format, layout.rows, layout.units.len()), (Format::Orc, 6, 2));
    assert_eq!((layout.version.as_deref(), &layout.compression[0][..]), (Some("0.12"), "ZSTD"));
    assert_eq!(layout.writer, Some(concat!("traillake ", env!("CARGO_PKG_VERSION")).to_owned()));
    assert_eq!(layout.metadata, [fact("who", "a \u{1b}[31mwriter")]);
    assert!(layout.facts.contains(&fact("row index", "every 2 rows")), "{:?}", layout.facts);
    assert!(layout.facts.contains(&fact("checksums", "of every stream")), "{:?}", layout.facts);

    let names: Vec<_> =
        layout.columns.iter().map(|column| (&column.path[..], &column.data_type[..])).collect();
    let want = [
        ("id", "string"),
        ("n", "bigint"),
        ("x", "double"),
        ("day", "date"),
        ("at", "timestamp"),
        ("cost", "decimal(9,3)"),
        ("none", "string"),
        ("pair", "struct"),
        ("pair.a", "string"),
        ("pair.b", "boolean"),
        ("list", "list"),
        ("list.item", "bigint"),
        ("map", "map"),
        ("map.key", "string"),
        ("map.value", "string"),
    ];
    assert_eq!(names, want);
    for (path, values, nulls, min, max) in [
        ("id", 6, 0, "a", "c"),
        ("n", 6, 0, "1000", "2002"),
        ("x", 6, 0, "-1.0", "2.0"),
        ("day", 6, 2, "1970-01-01", "2024-10-04"),
        ("at", 6, 0, "1970-01-01 00:00:00", "1970-01-01 00:00:02"),
        ("cost", 6, 2, "-12.345", "0.005"),
        ("none", 6, 6, "-", "-"),
        ("pair", 6, 0, "-", "-"),
        ("pair.b", 6, 2, "false", "true"),
        ("list.item", 6, 2, "-7", "7"),
        ("map", 6, 2, "-", "-"),
        ("map.key", 4, 0, "k", "l"),
        ("map.value", 4, 2, "v", "v"),
    ] {
        let of = &column(&layout, path).total;
        assert_eq!((of.values, of.nulls), (Some(values), Some(nulls)), "{path}");
        assert_eq!(bounds(of), (min.to_owned(), max.to_owned()), "{path}");
    }
    assert_eq!(column(&layout, "n").total.facts, [fact("sum", 9_006)]);
    let facts = [fact("items", 6), fact("fewest", 0), fact("most", 2)];
    assert_eq!(column(&layout, "list").total.facts, facts);

    let at = layout.columns.iter().position(|column| column.path == "id").unwrap();
    let chunk = &layout.units[1].chunks[at];
    assert_eq!((chunk.index_entries, &chunk.encodings[0][..]), (Some(2), "DIRECT_V2"));
    assert!(chunk.bloom_filter_bytes.unwrap() > 0);
    let groups: Vec<_> = chunk
        .index
        .iter()
        .map(|entry| {
            let text = |bound: &Option<Bound>| bound.as_ref().unwrap().value.to_string();
            (entry.values, text(&entry.min), text(&entry.max), entry.bloom_filter)
        })
        .collect();
    let pair = |rows, min: &str, max: &str| (Some(rows), min.to_owned(), max.to_owned(), true);
    assert_eq!(groups, [pair(2, "a", "b"), pair(1, "c", "c")]);
    assert!(layout.columns.iter().all(|column| column.total.index.is_empty()));

    // Every byte is accounted for, but for the magic bytes at the start.
    let all = |parts: &[Part]| parts.iter().map(|part| part.bytes).sum::<u64>();
    assert_eq!(all(&layout.parts) + 3, layout.bytes);
    for unit in &layout.units {
        assert_eq!(all(&unit.parts), unit.bytes);
        let streams: u64 = unit.chunks.iter().map(|chunk| chunk.bytes).sum();
        assert_eq!(streams, unit.parts[1].bytes);
    }
    // What it was before compression is what lies there without.
    let plain = inspect(write_orc(&batches, Codec::None).path()).unwrap();
    let snappy = inspect(write_orc(&batches, Codec::Snappy).path()).unwrap();
    for ((one, two), three) in layout.columns.iter().zip(&plain.columns).zip(&snappy.columns) {
        let want = (Some(two.total.bytes), Some(two.total.bytes));
        assert_eq!((one.total.raw_bytes, three.total.raw_bytes), want, "{}", one.path);
    }
    assert_eq!(
        inspect(write_orc(&batches, Codec::Lz4).path()).unwrap().columns[0].total.raw_bytes,
        None
    );
}

#[test]
fn bounds_that_orc_rounds_are_told_from_values() {
    let long = |text: &str| text.repeat(2_000);
    let rows = RecordBatch::try_from_iter([("id", text(&[Some(&long("a")), Some("z")]))]).unwrap();
    let layout = inspect(write_orc(&[rows], Codec::None).path()).unwrap();
    let of = &column(&layout, "id").total;
    let exact = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.exact);
    assert_eq!((exact(&of.min), exact(&of.max)), (Some(false), Some(true)));
    assert_eq!(bounds(of), ("a".repeat(1024), "z".to_owned()));
}

#[test]
fn an_arrow_file_is_described() {
    for compression in [None, Some(CompressionType::ZSTD)] {
        let file = write_arrow(&[batch(1_000), batch(2_000)], compression);
        let layout = inspect(file.path()).unwrap();
        assert_eq!((layout.format, layout.rows, layout.units.len()), (Format::Arrow, 6, 2));
        let paths: Vec<_> = layout.columns.iter().map(|column| column.path.as_str()).collect();
        assert_eq!((&paths[..14], paths[14]), (&PATHS[..14], "map.entries"));
        let n = &column(&layout, "n").total;
        assert_eq!((n.raw_bytes, n.nulls, n.values), (Some(48), Some(0), Some(6)));
        let key = &column(&layout, "map.entries.key").total;
        assert_eq!((key.raw_bytes, key.values), (Some(2 * (3 * 4 + 2)), Some(4)));
        assert_eq!(column(&layout, "none").total.nulls, Some(6));
        let names: Vec<_> = key.streams.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["offsets", "data"]);
        assert_eq!(layout.compression, [if compression.is_some() { "ZSTD" } else { "none" }]);
    }
}

#[test]
fn arrow_types_keep_the_buffers_in_step() {
    let keys: DictionaryArray<Int32Type> = ["p", "q", "p"].into_iter().collect();
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    let fixed = FixedSizeListArray::new(item, 2, Arc::new(Int64Array::from_iter(0..6)), None);
    let long = "longer than the twelve bytes of a view";
    let batch = RecordBatch::try_from_iter([
        ("nothing", Arc::new(NullArray::new(3)) as ArrayRef),
        ("view", Arc::new(StringViewArray::from(vec!["short", long, long])) as _),
        ("keys", Arc::new(keys) as _),
        ("fixed", Arc::new(fixed) as _),
        ("last", Arc::new(Int64Array::from(vec![1, 2, 3])) as _),
    ])
    .unwrap();
    let layout = inspect(write_arrow(&[batch], None).path()).unwrap();
    let raw = |path| column(&layout, path).total.raw_bytes;
    assert_eq!((raw("nothing"), raw("fixed.item"), raw("last")), (Some(0), Some(48), Some(24)));
    assert_eq!(raw("view"), Some(3 * 16 + 2 * long.len() as u64));
    let keys = column(&layout, "keys");
    assert_eq!((keys.data_type.as_str(), keys.total.dictionary), ("string by dictionary", Some(2)));
}

#[test]
fn bounds_of_units_that_tell_none_make_no_bounds_of_the_file() {
    let known = |value, nulls| Chunk {
        values: Some(3),
        nulls: Some(nulls),
        min: Some(Bound { value: Value::Integer(value), exact: true }),
        ..Chunk::default()
    };
    let sum = |chunks: [&Chunk; 2]| {
        let mut sum = chunks[0].clone();
        sum.add(chunks[1]);
        bounds(&sum).0
    };
    let empty = Chunk { values: Some(3), nulls: Some(3), ..Chunk::default() };
    let silent = Chunk { values: Some(3), nulls: Some(0), ..Chunk::default() };
    assert_eq!(sum([&known(2, 0), &known(1, 1)]), "1");
    assert_eq!(sum([&known(2, 0), &empty]), "2");
    assert_eq!(sum([&empty, &known(2, 0)]), "2");
    assert_eq!(sum([&known(2, 0), &silent]), "-");
    assert_eq!(sum([&silent, &known(2, 0)]), "-");
}

#[test]
fn files_without_rows_are_described() {
    let none = batch(0).slice(0, 0);
    let none = std::slice::from_ref(&none);
    for file in [write_parquet(none), write_arrow(none, None), write_orc(none, Codec::Zstd(1))] {
        let layout = inspect(file.path()).unwrap();
        assert_eq!((layout.rows, layout.columns.len() >= 15), (0, true), "{layout:?}");
    }
}

/// The ORC file of one stripe as if it were of ORC Java, which has no checksums: nothing stands
/// between damage and what becomes of it.
fn without_checksums(file: &NamedTempFile) -> NamedTempFile {
    let bytes = std::fs::read(file.path()).unwrap();
    let end = bytes.len() - 1;
    let at = end - usize::from(bytes[end]);
    let mut postscript = proto::PostScript::decode(&bytes[at..end]).unwrap();
    let footer_at = at - postscript.footer_length() as usize;
    let metadata_at = footer_at - postscript.metadata_length() as usize;
    let mut footer = proto::Footer::decode(&bytes[footer_at..at]).unwrap();
    footer.writer = Some(0);
    let stripe = &mut footer.stripes[0];
    let stripe_at = metadata_at - stripe.footer_length() as usize;
    let stripe_footer = proto::StripeFooter::decode(&bytes[stripe_at..metadata_at]).unwrap();
    stripe.footer_length = Some(stripe_footer.encoded_len() as u64);
    postscript.footer_length = Some(footer.encoded_len() as u64);
    let mut bare = bytes[..stripe_at].to_vec();
    bare.extend(stripe_footer.encode_to_vec());
    bare.extend(&bytes[metadata_at..footer_at]);
    bare.extend(footer.encode_to_vec());
    bare.extend(postscript.encode_to_vec());
    bare.push(postscript.encoded_len() as u8);
    let file = NamedTempFile::new().unwrap();
    std::fs::write(&file, bare).unwrap();
    file
}

#[test]
fn orc_files_of_others_are_described() {
    let layout = inspect(without_checksums(&write_orc(&[batch(1)], Codec::None)).path()).unwrap();
    assert!(layout.writer.unwrap().starts_with("ORC Java "));
    assert!(layout.facts.contains(&fact("checksums", "none")), "{:?}", layout.facts);
    let values = |path| {
        let of = &layout.columns.iter().find(|column| column.path == path).unwrap().total;
        (of.values, of.nulls)
    };
    assert_eq!((values("map.value"), values("list.item")), ((Some(2), Some(1)), (None, None)));
}

/// What a file says may be nonsense, but never ends the program.
#[test]
fn damaged_files_are_errors_or_nonsense() {
    let all = concat_batches(&batch(0).schema(), &[batch(1), batch(2)]).unwrap();
    let files = [
        write_parquet(std::slice::from_ref(&all)),
        write_arrow(std::slice::from_ref(&all), Some(CompressionType::ZSTD)),
        write_orc(std::slice::from_ref(&all), Codec::Zstd(1)),
        without_checksums(&write_orc(&[batch(1)], Codec::None)),
    ];
    for file in files {
        let bytes = std::fs::read(file.path()).unwrap();
        let path = NamedTempFile::new().unwrap().into_temp_path();
        for at in (0..bytes.len()).step_by(17) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&path, &damaged).unwrap();
            let _ = inspect(&path);
        }
        for length in (0..bytes.len()).step_by(37) {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(inspect(&path).is_err(), "{length}");
        }
    }
}

#[test]
fn what_the_store_writes_is_described() {
    for format in FORMATS {
        let file = NamedTempFile::new().unwrap();
        let hints = Hints { sorted_by: Some("n"), compress: true, ..Hints::default() };
        let rows = batch(1).project(&[0, 1, 9]).unwrap();
        let mut writer = Writer::new(format, file.reopen().unwrap(), rows.schema(), hints).unwrap();
        writer.write(&rows).unwrap();
        writer.finish().unwrap();
        let layout = inspect(file.path()).unwrap();
        assert_eq!((layout.format, layout.compression), (format, vec!["ZSTD".to_owned()]));
        assert_eq!(layout.facts.is_empty(), format == Format::Arrow, "the order is a fact");
    }
}
