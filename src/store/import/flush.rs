//! Writes one day's events as a data file, and reads back which events a day has.

use super::super::catalog::DataFile;
use super::super::error::{self, StoreError};
use super::super::lake::Lake;
use super::super::names::StoreId;
use super::super::paths::Paths;
use super::collector::{Day, Job};
use crate::columnar::{Format, Hints, WriteError, Writer};
use crate::event::{EventKey, schema};
use crate::shred::{Oddities, Shredder};
use arrow::array::{Array, AsArray, RecordBatch};
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::Path;

/// Rows of a batch on its way into a file; small enough to stay in the processor's caches.
const BATCH_ROWS: usize = 512;
/// Record bytes after which a batch ends early.
const BATCH_BYTES: usize = 64 << 20;

/// What writers are told of the rows of a data file.
pub const HINTS: Hints = Hints {
    sorted_by: Some(schema::EVENT_TIME),
    distinct: &["eventid", "requestid", schema::EVENT_JSON, schema::EVENT_JSON_CHECKSUM],
    looked_up: &["eventid", "requestid", "sharedeventid", "useridentity.accesskeyid"],
    unordered: &[schema::EVENT_JSON, schema::EVENT_JSON_CHECKSUM],
    compress: true,
};

/// Writes a job's events into a new data file and lists it in the catalog.
pub(super) fn write(
    lake: &Lake,
    store: StoreId,
    import: &str,
    format: Format,
    compress: bool,
    job: &mut Job,
) -> Result<(DataFile, Oddities), StoreError> {
    job.partition.sort();
    let relative = Paths::data_file(job.day, lake.new_id(), format);
    let path = lake.paths().store(store).join(&relative);
    let unfinished = Paths::unfinished(&path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error::at(folder))?;
    }
    let written = encode(&unfinished, format, Hints { compress, ..HINTS }, job)
        .and_then(|(file, oddities)| {
            let bytes = file.metadata().map_err(error::at(&unfinished))?.len();
            lake.publish(file, &unfinished, &path)?;
            Ok((bytes, oddities))
        })
        .inspect_err(|_| Lake::discard(&unfinished))?;
    let (min_time, max_time) = job.partition.time_range();
    let file = DataFile {
        path: relative.to_string_lossy().replace('\\', "/"),
        format,
        day: job.day,
        rows: job.partition.len() as u64,
        bytes: written.0,
        json_bytes: job.partition.text_bytes() as u64,
        min_time,
        max_time,
    };
    lake.catalog().add_data_file(store, import, &file).inspect_err(|_| Lake::discard(&path))?;
    Ok((file, written.1))
}

fn encode(
    unfinished: &Path,
    format: Format,
    hints: Hints,
    job: &Job,
) -> Result<(File, Oddities), StoreError> {
    let wrong = |error: WriteError| StoreError::Write { path: unfinished.to_owned(), error };
    let file = File::create_new(unfinished).map_err(error::at(unfinished))?;
    let mut writer = Writer::new(format, file, schema::arrow_schema(), hints).map_err(wrong)?;
    let mut shredder = Shredder::default();
    // An Arrow file's batches are what a reader gets, so they are larger.
    let batch_rows = if format == Format::Arrow { 8_192 } else { BATCH_ROWS };
    let mut end_batch = |shredder: &mut Shredder| {
        let batch = shredder.finish().map_err(|e| wrong(e.into()))?;
        writer.write(&batch).map_err(wrong)
    };
    for record in job.partition.records() {
        if shredder.bytes() + record.len() > BATCH_BYTES && shredder.rows() > 0 {
            end_batch(&mut shredder)?;
        }
        shredder.push(record);
        if shredder.rows() >= batch_rows {
            end_batch(&mut shredder)?;
        }
    }
    if shredder.rows() > 0 {
        end_batch(&mut shredder)?;
    }
    Ok((writer.finish().map_err(wrong)?, shredder.take_oddities()))
}

/// Returns the keys of the events that a store has of one day.
pub(super) fn known_keys(
    lake: &Lake,
    store: StoreId,
    day: Day,
) -> Result<HashSet<EventKey>, StoreError> {
    let mut keys = HashSet::new();
    for file in lake.catalog().data_files_of_day(store, day)? {
        let path = lake.paths().store(store).join(&file.path);
        let damaged = |reason: String| StoreError::Damaged { path: path.clone(), reason };
        let opened = File::open(&path).map_err(|e| damaged(e.to_string()))?;
        let before = keys.len();
        crate::columnar::read_columns(
            file.format,
            opened,
            &["eventid", "recipientaccountid", schema::EVENT_JSON_CHECKSUM],
            &mut |batch| take_keys(batch, &mut keys),
        )
        .map_err(|e| damaged(e.to_string()))?;
        if ((keys.len() - before) as u64) < file.rows {
            return Err(damaged(format!(
                "{} events are listed, {} found",
                file.rows,
                keys.len() - before
            )));
        }
    }
    Ok(keys)
}

fn take_keys(batch: &RecordBatch, keys: &mut HashSet<EventKey>) {
    let text = |at: usize| batch.column(at).as_string_opt::<i32>();
    let (Some(ids), Some(accounts), Some(sums)) = (text(0), text(1), text(2)) else { return };
    let value = |array: &arrow::array::StringArray, row| {
        array.is_valid(row).then(|| array.value(row).to_owned())
    };
    for row in 0..batch.num_rows() {
        let (id, account, sum) = (value(ids, row), value(accounts, row), value(sums, row));
        keys.extend(EventKey::of_row(id.as_deref(), account.as_deref(), sum.as_deref()));
    }
}
