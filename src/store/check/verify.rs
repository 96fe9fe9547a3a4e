//! Whether a data file holds what the catalog says of it.

use super::super::catalog::DataFile;
use super::super::data_files::{Counts, DataFiles, sha256_of};
use super::super::records::Records;
use super::ProblemKind;
use crate::columnar::{read_columns, schema_of};
use crate::event::digest::record_digest;
use crate::event::{EventSchema, schema, time};
use crate::shred::record::rebuild::Shapes;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use std::fs::File;
use std::io;

/// Looks at a file; `quick` only at its size.
pub(super) fn verify(
    files: DataFiles<'_>,
    file: &DataFile,
    quick: bool,
) -> Result<(), (ProblemKind, String)> {
    let path = files.path(&file.path);
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => (ProblemKind::Missing, "the file is not there".to_owned()),
        _ => (ProblemKind::Damaged, error.to_string()),
    };
    let damaged = |reason: String| (ProblemKind::Damaged, reason);
    let bytes = std::fs::metadata(&path).map_err(unreadable)?.len();
    if bytes != file.bytes {
        return Err(damaged(format!("it has {bytes} bytes, {} are listed", file.bytes)));
    }
    if quick {
        return Ok(());
    }
    if let Some(listed) = &file.sha256
        && sha256_of(&path).map_err(unreadable)? != *listed
    {
        return Err(damaged("its bytes are not those that were written".to_owned()));
    }
    let mut seen = Seen::default();
    let opened = File::open(&path).map_err(unreadable)?;
    let there = opened.try_clone().map_err(unreadable)?;
    let columns = schema_of(file.format, there)
        .and_then(|there| Ok(files.schema.arrow_in(&there)?))
        .map_err(|error| damaged(error.to_string()))?;
    read_columns(file.format, opened, &columns, &mut |batch| {
        seen.look(files.schema, batch, file);
    })
    .map_err(|error| damaged(error.to_string()))?;
    seen.outcome(file).map_err(damaged)
}

/// What the events of a file are, as far as they have been read.
#[derive(Debug, Default)]
struct Seen {
    counts: Counts,
    last: Option<Option<i64>>,
    forged: u64,
    of_other_days: u64,
    out_of_order: u64,
    shapes: Shapes,
}

impl Seen {
    fn look(&mut self, schema: EventSchema, batch: &RecordBatch, file: &DataFile) {
        let times = batch
            .column_by_name(schema::EVENT_TIME)
            .and_then(|column| column.as_primitive_opt::<TimestampMillisecondType>());
        let Some(times) = times else { return };
        let (records, mut buffer) = (Records::of(schema, batch, &mut self.shapes), Vec::new());
        for row in 0..batch.num_rows() {
            let record = records.text(row, &mut buffer);
            let time = times.is_valid(row).then(|| times.value(row));
            self.counts.add(time, record.unwrap_or_default());
            let is_sound = record.is_some_and(|text| records.proves(row, &record_digest(text)));
            self.forged += u64::from(!is_sound);
            self.of_other_days += u64::from(time.and_then(time::day) != file.day);
            let goes_back = |last: &Option<i64>| (last.is_none(), last) > (time.is_none(), &time);
            self.out_of_order += u64::from(self.last.as_ref().is_some_and(goes_back));
            self.last = Some(time);
        }
    }

    fn outcome(&self, file: &DataFile) -> Result<(), String> {
        let rows = self.counts.rows;
        if rows != file.rows {
            return Err(format!("{} events are listed, {rows} found", file.rows));
        }
        for (events, what) in [
            (self.forged, "do not have their checksum"),
            (self.of_other_days, "are of another day"),
            (self.out_of_order, "are out of order"),
        ] {
            if events > 0 {
                return Err(format!("{events} of {rows} events {what}"));
            }
        }
        if self.counts != Counts::listed(file) {
            return Err("its events are not those that are listed".to_owned());
        }
        Ok(())
    }
}
