//! Whole files and parts of them, sound and damaged.

use super::*;
use crate::codec::Codec;
use crate::testing::{Random, cells, write};
use crate::write::Options;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, make_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{concat_batches, filter};
use arrow::datatypes::{DataType, Schema};
use bytes::Bytes;
use proptest::prelude::*;
use std::sync::atomic::AtomicU64;

fn options(seed: &mut Random) -> Options {
    let codecs = [Codec::None, Codec::Zlib(3), Codec::Snappy, Codec::Lz4, Codec::Zstd(1)];
    Options {
        codec: codecs[seed.below(codecs.len())],
        block_bytes: 1024 << seed.below(4),
        stripe_rows: Some(1 + seed.below(900)),
        row_index_stride: 1 + seed.below(300),
        ..Options::default()
    }
}

fn read_all(file: Bytes) -> Result<RecordBatch, OrcError> {
    let schema = Metadata::read(&file)?.tail.root.arrow_schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let batches = Batches::new(Arc::new(file), &names)?.collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

/// Returns what a path leads to, null where a struct on the way is.
fn reached(batch: &RecordBatch, path: &[String]) -> ArrayRef {
    let mut array = Arc::clone(batch.column_by_name(&path[0]).unwrap());
    for name in &path[1..] {
        let parent = array.as_struct();
        let member = parent.column_by_name(name).unwrap();
        let nulls = arrow::buffer::NullBuffer::union(parent.nulls(), member.nulls());
        array = make_array(member.to_data().into_builder().nulls(nulls).build().unwrap());
    }
    array
}

fn texts(array: &ArrayRef) -> Vec<String> {
    let plain = match array.data_type() {
        DataType::Dictionary(_, values) => arrow::compute::cast(array, values).unwrap(),
        _ => Arc::clone(array),
    };
    let field = arrow::datatypes::Field::new("x", plain.data_type().clone(), true);
    cells(&RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![plain]).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_is_read(seed: u64, rows in 0..700_usize) {
        let mut random = Random(seed);
        let batch = random.batch(rows);
        let file = write(&batch, &[], &options(&mut random));
        prop_assert_eq!(cells(&read_all(file).unwrap()), cells(&batch));
    }

    /// Rows of single columns and struct members, some kept and others not, forwards and backwards.
    #[test]
    fn any_part_can_be_read(seed: u64, rows in 1..700_usize) {
        let mut random = Random(seed);
        let batch = random.batch(rows);
        let file = write(&batch, &[], &options(&mut random));
        let whole = read_all(file.clone()).unwrap();
        let input: Arc<dyn ReadAt> = Arc::new(file);
        let metadata = Metadata::read(&*input).unwrap();
        let mut first = 0;
        for number in 0..metadata.tail.footer.stripes.len() {
            let stripe = metadata.stripe(&*input, number).unwrap();
            let counter = Arc::new(AtomicU64::new(0));
            let (tail, rows) = (Arc::clone(&metadata.tail), stripe.rows);
            let reader = StripeReader::new(Arc::clone(&input), tail, stripe, counter).unwrap();
            for _ in 0..3 {
                let mut column = &metadata.tail.root;
                let mut path = Vec::new();
                while column.kind == crate::schema::Kind::Struct
                    && !column.children.is_empty()
                    && (path.is_empty() || random.below(3) > 0)
                {
                    column = &column.children[random.below(column.children.len())];
                    path.push(column.name.clone());
                }
                if path.is_empty() {
                    continue;
                }
                let data_type = match column.data_type() {
                    DataType::Utf8 if random.below(2) == 0 => DataType::Dictionary(
                        Box::new(DataType::UInt32),
                        Box::new(DataType::Utf8View),
                    ),
                    DataType::Utf8 => DataType::Utf8View,
                    other => other,
                };
                let mut part = reader.column(&path, &data_type).unwrap();
                for _ in 0..6 {
                    let from = random.below(rows);
                    let count = 1 + random.below(rows - from);
                    let share = 1 + random.below(20);
                    let keep: Option<BooleanBuffer> = (random.below(3) > 0)
                        .then(|| (0..count).map(|_| random.below(share) == 0).collect());
                    let got = part.read(&reader, from, count, keep.as_ref()).unwrap();
                    let mut want = reached(&whole, &path).slice(first + from, count);
                    if let Some(keep) = keep {
                        want = filter(&want, &BooleanArray::new(keep, None)).unwrap();
                    }
                    prop_assert_eq!(texts(&got), texts(&want), "{:?} {}+{}", path, from, count);
                }
            }
            first += rows;
        }
    }

    /// A fuzz target: whatever happens to a file of ours, it is an error or the same rows. For ten
    /// minutes of it: `PROPTEST_CASES=200000 cargo test damage_is_found`.
    #[test]
    fn damage_is_found(seed: u64, rows in 0..300_usize) {
        let mut random = Random(seed);
        let batch = random.batch(rows);
        let file = write(&batch, &[], &options(&mut random));
        let want = cells(&batch);
        for _ in 0..8 {
            let mut damaged = file.to_vec();
            let at = 3 + random.below(damaged.len() - 3);
            match random.below(5) {
                0 => damaged.truncate(at),
                1 => damaged[at] = random.next() as u8,
                2 => damaged[at] ^= 1 << random.below(8),
                3 => {
                    let end = (at + 1 + random.below(40)).min(damaged.len());
                    damaged[at..end].iter_mut().for_each(|byte| *byte = random.next() as u8);
                }
                _ => {
                    let end = (at + 1 + random.below(40)).min(damaged.len());
                    damaged.drain(at..end);
                }
            }
            let untouched = damaged == file;
            match read_all(damaged.into()) {
                Ok(got) => prop_assert_eq!(cells(&got), want.clone(), "damage at byte {}", at),
                Err(error) => prop_assert!(!untouched, "{}", error),
            }
        }
    }

    /// The same without checksums to find it first: no panic, no endless work.
    #[test]
    fn damage_that_no_checksum_finds_does_no_harm(seed: u64, rows in 0..300_usize) {
        let mut random = Random(seed);
        let batch = random.batch(rows);
        let file = write(&batch, &[], &Options { codec: Codec::None, ..options(&mut random) });
        for _ in 0..8 {
            let mut damaged = file.to_vec();
            let at = 3 + random.below(damaged.len() - 3);
            damaged[at] ^= 1 << random.below(8);
            let _ = crate::checksum::unchecked(|| read_all(damaged.into()));
        }
    }
}

#[test]
fn files_of_others_are_told_apart() {
    let told =
        |bytes: &[u8]| Metadata::read(&Bytes::copy_from_slice(bytes)).unwrap_err().to_string();
    assert_eq!(told(b""), "damaged at byte 0: not an ORC file");
    assert_eq!(told(b"x"), "damaged at byte 0: not an ORC file");
    assert_eq!(told(&[0; 100]), "damaged at byte 0: not an ORC file");
    assert_eq!(told(b"PAR1 and so on PAR1"), "damaged at byte 0: not an ORC file");
    assert!(told(b"ORC and so on, cut off").contains("cut off"));
}
