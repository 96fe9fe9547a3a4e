//! Whole files, read back by another library.

use super::*;
use crate::testing::{Random, cells, write};
use arrow::array::{ArrayRef, AsArray, Int32Array, Int64Array, StringArray, StructArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int32Type};
use bytes::Bytes;
use orc_rust::ArrowReaderBuilder;
use orc_rust::projection::ProjectionMask;
use proptest::prelude::*;

fn read(file: Bytes) -> RecordBatch {
    let reader = ArrowReaderBuilder::try_new(file).unwrap();
    let schema = reader.schema();
    let batches: Vec<_> = reader.build().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_is_read(
        seed: u64,
        rows in 0..700_usize,
        cuts in prop::collection::vec(0..700_usize, 0..4),
        stride in 1..300_usize,
        stripe_rows in prop::option::of(1..900_usize),
        codec in prop::sample::select(vec![
            Codec::None, Codec::Zlib(3), Codec::Snappy, Codec::Lz4, Codec::Zstd(1),
        ]),
        stripe_bytes in prop::sample::select(vec![1, 10_000, 1 << 26]),
    ) {
        let batch = Random(seed).batch(rows);
        let mut options = Options {
            codec,
            block_bytes: 1024,
            stripe_bytes,
            stripe_rows,
            row_index_stride: stride,
            ..Options::default()
        };
        let file = write(&batch, &cuts, &options);
        options.threads = 3;
        prop_assert_eq!(&file, &write(&batch, &[], &options), "cuts and threads change nothing");
        let (got, want) = (cells(&read(file)), cells(&batch));
        prop_assert_eq!(got.len(), want.len());
        for (row, (got, want)) in got.iter().zip(&want).enumerate() {
            prop_assert_eq!(got, want, "row {} of {:?}", row, batch.schema());
        }
    }
}

fn strings(values: impl IntoIterator<Item = String>) -> RecordBatch {
    let array = StringArray::from_iter_values(values);
    RecordBatch::try_from_iter([("s", Arc::new(array) as ArrayRef)]).unwrap()
}

#[test]
fn a_dictionary_pays_when_strings_repeat() {
    let metadata = |batch: &RecordBatch, options: &Options| {
        let file = write(batch, &[], options);
        assert_eq!(cells(&read(file.clone())), cells(batch));
        file.len()
    };
    let options = Options { codec: Codec::None, ..Options::default() };
    let direct = Options { distinct_columns: vec!["s".to_owned()], ..options.clone() };
    let few = strings((0..20_000).map(|at| format!("eu-central-{}", at % 7)));
    assert!(metadata(&few, &options) * 10 < metadata(&few, &direct));
    let all = strings((0..20_000).map(|at| format!("eu-central-{at}")));
    assert_eq!(metadata(&all, &options), metadata(&all, &direct));
}

#[test]
fn bloom_filters_let_what_is_there_pass() {
    let numbers: ArrayRef =
        Arc::new(Int32Array::from_iter((0..2_500).map(|at| (at % 3 > 0).then_some(at))));
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..2_500).map(|at| at.to_string())));
    let inner = StructArray::from(vec![(Arc::new(Field::new("x", DataType::Utf8, true)), texts)]);
    let columns = [("n", numbers), ("s", Arc::new(inner) as ArrayRef)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let options = Options {
        row_index_stride: 1_000,
        bloom_columns: vec!["n".to_owned(), "s.x".to_owned()],
        ..Options::default()
    };
    let file = write(&batch, &[], &options);
    let mut found = 0;
    for value in batch.column(0).as_primitive::<Int32Type>().iter().flatten().step_by(37) {
        use orc_rust::predicate::{Predicate, PredicateValue};
        let reader = ArrowReaderBuilder::try_new(file.clone()).unwrap();
        let mask = ProjectionMask::named_roots(reader.file_metadata().root_data_type(), &["n"]);
        let predicate = Predicate::eq("n", PredicateValue::Int32(Some(value)));
        let rows: usize = reader
            .with_projection(mask)
            .with_predicate(predicate)
            .build()
            .map(|batch| batch.unwrap().num_rows())
            .sum();
        assert!((1..=1_000).contains(&rows), "{value} is in one row group: {rows}");
        found += 1;
    }
    assert!(found > 40);
}

#[test]
fn what_orc_cannot_tell_is_refused() {
    let at = |seconds: Vec<i64>| {
        let array = arrow::array::TimestampMillisecondArray::from(seconds);
        RecordBatch::try_from_iter([("t", Arc::new(array) as ArrayRef)]).unwrap()
    };
    let write = |batch: RecordBatch| {
        let mut writer = Writer::new(Vec::new(), batch.schema(), Options::default())?;
        writer.write(&batch)?;
        writer.finish().map(Bytes::from)
    };
    let good = at(vec![-1_500, -1_000, 0, 1, i64::MIN / 1_000_000]);
    assert_eq!(cells(&read(write(good.slice(0, 4)).unwrap())), cells(&good.slice(0, 4)));
    let error = write(at(vec![0, -500])).unwrap_err().to_string();
    assert!(error.contains("last second before 1970"), "{error}");
    let unsigned = RecordBatch::try_from_iter([(
        "u",
        Arc::new(arrow::array::UInt8Array::from(vec![1])) as ArrayRef,
    )]);
    assert!(matches!(write(unsigned.unwrap()), Err(OrcError::Unsupported(_))));
}

#[test]
fn nonsense_options_are_refused() {
    let schema = strings([]).schema();
    for options in [
        Options { block_bytes: 1 << 23, ..Options::default() },
        Options { row_index_stride: 0, ..Options::default() },
        Options { stripe_rows: Some(0), ..Options::default() },
        Options { bloom_fpp: 1.0, ..Options::default() },
        Options { bloom_columns: vec!["t".to_owned()], ..Options::default() },
    ] {
        assert!(Writer::new(Vec::new(), schema.clone(), options).is_err());
    }
    let mut writer = Writer::new(Vec::new(), schema, Options::default()).unwrap();
    let other: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    assert!(writer.write(&RecordBatch::try_from_iter([("s", other)]).unwrap()).is_err());
}
