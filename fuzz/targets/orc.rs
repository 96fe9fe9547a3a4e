//! Arbitrary bytes as an ORC file. Seeds are small valid files without checksums of ours, so that most mutations of them
//! reach the decoders.
//!
//! No panic, no endless work; and whatever is accepted as a whole has as many rows as its footer says,
//! and reading a part of a column gives as many rows as were asked for.

#![no_main]

use arrow::array::{Array, RecordBatch};
use arrow::buffer::BooleanBuffer;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use traillake_orc::OrcError;
use traillake_orc::read::{Batches, Metadata, ReadAt, StripeReader};

/// Rows that are read at most: a run of a few bytes may stand for very many.
const MAX_ROWS: usize = 100_000;

fuzz_target!(|data: &[u8]| {
    let input: Arc<dyn ReadAt> = Arc::new(Bytes::copy_from_slice(data));
    let Ok(metadata) = Metadata::read(&*input) else { return };
    whole(&input, &metadata);
    for stripe in 0..metadata.tail.footer.stripes.len().min(4) {
        // What is damaged may be told at any step.
        let _ = parts(&input, &metadata, stripe, data.len());
    }
});

/// Reads all columns, batch by batch.
fn whole(input: &Arc<dyn ReadAt>, metadata: &Metadata) {
    let schema = metadata.tail.root.arrow_schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let Ok(batches) = Batches::new(Arc::clone(input), &names) else { return };
    let (schema, mut rows) = (Arc::clone(batches.schema()), 0);
    for batch in batches {
        let Ok(batch) = batch else { return };
        assert_eq!(batch.schema(), schema);
        check(&batch);
        rows += batch.num_rows();
        if rows > MAX_ROWS {
            return;
        }
    }
    assert_eq!(rows as u64, metadata.tail.rows(), "rows read, and rows of the footer");
}

/// Arrow trusts the arrays that it is given with more than it looks at when they are made.
fn check(batch: &RecordBatch) {
    for column in batch.columns() {
        if let Err(error) = column.to_data().validate_full() {
            panic!("a {} that is none: {error}", column.data_type());
        }
    }
}

/// Reads each column alone: forwards with some rows left out, then, by the row index, backwards.
fn parts(
    input: &Arc<dyn ReadAt>,
    metadata: &Metadata,
    stripe: usize,
    seed: usize,
) -> Result<(), OrcError> {
    let stripe = metadata.stripe(&**input, stripe)?;
    let (tail, counter) = (Arc::clone(&metadata.tail), Arc::new(AtomicU64::new(0)));
    let reader = StripeReader::new(Arc::clone(input), tail, Arc::clone(&stripe), counter)?;
    for stream in &stripe.streams {
        let _ = stream.decompressed_length(&**input, &metadata.tail);
    }
    for column in &metadata.tail.root.children {
        if let Ok(Some(filters)) = reader.bloom_filters(column.id) {
            for group in 0..filters.len().min(4) {
                filters.may_hold(group, b"id-1");
            }
        }
        let _ = reader.row_index(column.id);
        let path = [column.name.clone()];
        let Ok(mut values) = reader.column(&path, &column.data_type()) else { continue };
        let count = stripe.rows.min(1_000);
        let keep: BooleanBuffer = (0..count).map(|row| (row + seed) % 3 == 0).collect();
        if let Ok(kept) = values.read(&reader, 0, count, Some(&keep)) {
            assert_eq!(kept.len(), keep.count_set_bits(), "rows that were kept");
        }
        let Ok(mut values) = reader.column(&path, &column.data_type()) else { continue };
        let from = stripe.rows.min(MAX_ROWS) / 2;
        let count = (stripe.rows - from).min(1_000);
        for from in [from, from / 2] {
            if let Ok(part) = values.read(&reader, from, count, None) {
                assert_eq!(part.len(), count, "rows of a part");
            }
        }
    }
    Ok(())
}
