//! Writes one day's events as a data file, and reads back which events a day has.

use super::super::catalog::DataFile;
use super::super::error::{self, StoreError};
use super::super::lake::Lake;
use super::super::names::StoreId;
use super::super::paths::Paths;
use super::collector::{Day, Job};
use super::contested::{ContentComparison, SharedIds};
use super::known::KnownEvents;
use crate::columnar::{Format, Hints, WriteError, Writer};
use crate::event::digest::parse_checksum;
use crate::event::{EventId, EventSchema, Head, Identity, RecordDigest, Version, schema};
use crate::json::scan_object;
use crate::shred::{Oddities, Shredder};
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Rows of a batch that is written into a file; small enough to stay in the processor's caches.
const BATCH_ROWS: usize = 512;
/// Record bytes after which a batch ends early.
const MAX_BATCH_BYTES: usize = 64 << 20;

/// Returns what writers know about the rows of a data file.
pub fn hints(schema: EventSchema) -> Hints {
    let (distinct, looked_up): (&[_], &[_]) = match schema {
        EventSchema::CloudTrail => (
            &["eventid", "requestid", schema::EVENT_JSON, schema::EVENT_JSON_CHECKSUM],
            &["eventid", "requestid", "sharedeventid", "useridentity.accesskeyid"],
        ),
        EventSchema::Insight => (DISTINCT, &["eventid", "sharedeventid"]),
        EventSchema::ConfigurationItem => (DISTINCT, &["eventid", "eventdata.resourceid"]),
        EventSchema::Evidence => (DISTINCT, &["eventid", "eventdata.evidenceid"]),
        EventSchema::ActivityAuditLog => (DISTINCT, &["eventid", "eventdata.uid"]),
    };
    Hints {
        sorted_by: Some(schema::EVENT_TIME),
        distinct,
        looked_up,
        unordered: &[schema::EVENT_JSON, schema::EVENT_JSON_CHECKSUM],
        compress: true,
    }
}

const DISTINCT: &[&str] = &["eventid", schema::EVENT_JSON, schema::EVENT_JSON_CHECKSUM];

/// The result of writing a job.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The data file, unless all events turned out to be stored already.
    pub(super) file: Option<DataFile>,
    pub(super) oddities: Oddities,
    /// Events whose content is known already.
    pub(super) duplicates: u64,
    pub(super) shared_ids: SharedIds,
}

/// Where and how data files are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) lake: &'a Lake,
    pub(super) store: StoreId,
    pub(super) schema: EventSchema,
    pub(super) import: &'a str,
    pub(super) format: Format,
    pub(super) compress: bool,
}

impl Target<'_> {
    /// Writes a job's events into a new data file and lists it in the catalog. Reduced records of the
    /// store whose whole ones have come leave it in the same transaction.
    pub(super) fn write(&self, job: &mut Job) -> Result<Written, StoreError> {
        job.partition.sort();
        let mut written = Written::default();
        let superseded = self.resolve_contested(job, &mut written)?;
        if job.partition.len() == 0 {
            return Ok(written);
        }
        let (mut file, oddities) = self.write_file(job.day, self.format, |rows| {
            job.partition.records().try_for_each(|record| rows.push(record.text, record.digest))
        })?;
        (file.min_time, file.max_time) = job.partition.time_range();
        file.json_bytes = job.partition.text_bytes() as u64;
        let mut replaced = Vec::new();
        for (old, ids) in superseded {
            replaced.push((old.path.clone(), self.without(&old, &ids)?));
        }
        self.lake.catalog().add_data_file(self.store, self.import, &file, &replaced).inspect_err(
            |_| {
                let new = replaced.iter().filter_map(|(_, new)| new.as_ref()).chain([&file]);
                new.for_each(|new| Lake::discard(&self.path(&new.path)));
            },
        )?;
        written.file = Some(file);
        written.oddities = oddities;
        Ok(written)
    }

    /// Drops events with the content of others of their id, here or in the store. Returns the
    /// files that hold reduced records whose whole ones have come, with their ids.
    fn resolve_contested(
        &self,
        job: &mut Job,
        written: &mut Written,
    ) -> Result<Vec<(DataFile, HashSet<EventId>)>, StoreError> {
        let mut contents = ContentComparison::of(&job.partition);
        if contents.is_empty() {
            return Ok(Vec::new());
        }
        let whole = job.partition.whole_versions();
        let has_whole = |row: &Row<'_>| {
            let versions = whole.get(&row.id).into_iter().flatten();
            versions.copied().any(|whole| row.version.is_reduced_form_of(whole))
        };
        let mut superseded = Vec::new();
        for file in self.lake.catalog().data_files_of_day(self.store, job.day)? {
            let mut ids = HashSet::new();
            self.each_row(&file, true, &mut |row| {
                if has_whole(&row) {
                    ids.insert(row.id);
                } else {
                    contents.insert(row.id, row.record);
                }
            })?;
            if !ids.is_empty() {
                superseded.push((file, ids));
            }
        }
        written.duplicates = job.partition.retain(|id, record| contents.insert(id, record));
        written.shared_ids = contents.shared_ids(job.day);
        Ok(superseded)
    }

    /// Writes a data file without the reduced records of some ids; `None` when no row is left.
    fn without(
        &self,
        old: &DataFile,
        ids: &HashSet<EventId>,
    ) -> Result<Option<DataFile>, StoreError> {
        let mut times = Vec::new();
        let mut json_bytes = 0;
        let (mut file, _) = self.write_file(old.day, old.format, |rows| {
            let mut outcome = Ok(());
            self.each_row(old, true, &mut |row| {
                if outcome.is_err() || row.version.is_reduced() && ids.contains(&row.id) {
                    return;
                }
                let mut members = Vec::new();
                let _ = scan_object(row.record, 0, |member| members.push(member));
                let head = Head::read(row.record, 0..row.record.len(), &members);
                times.extend(head.time);
                json_bytes += row.record.len() as u64;
                outcome = rows.push(row.record, &head.digest);
            })?;
            outcome
        })?;
        file.json_bytes = json_bytes;
        (file.min_time, file.max_time) = (times.iter().min().copied(), times.iter().max().copied());
        if file.rows == 0 {
            Lake::discard(&self.path(&file.path));
            return Ok(None);
        }
        Ok(Some(file))
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.lake.paths().store(self.store).join(relative)
    }

    /// Writes a data file of the rows that `fill` pushes, safe on the disk but not listed yet.
    fn write_file(
        &self,
        day: Day,
        format: Format,
        fill: impl FnOnce(&mut Rows<'_>) -> Result<(), StoreError>,
    ) -> Result<(DataFile, Oddities), StoreError> {
        let relative = Paths::data_file(day, self.lake.new_id(), format);
        let path = self.lake.paths().store(self.store).join(&relative);
        let unfinished = Paths::unfinished(&path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(error::at(folder))?;
        }
        let hints = Hints { compress: self.compress, ..hints(self.schema) };
        let (rows, bytes, oddities) = Rows::open(&unfinished, self.schema, format, hints)
            .and_then(|mut rows| {
                fill(&mut rows)?;
                let (file, count, oddities) = rows.finish()?;
                let bytes = file.metadata().map_err(error::at(&unfinished))?.len();
                self.lake.publish(file, &unfinished, &path)?;
                Ok((count, bytes, oddities))
            })
            .inspect_err(|_| Lake::discard(&unfinished))?;
        let path = relative.to_string_lossy().replace('\\', "/");
        let (json_bytes, min_time, max_time) = (0, None, None);
        let file = DataFile { path, format, day, rows, bytes, json_bytes, min_time, max_time };
        Ok((file, oddities))
    }

    /// Returns the events that the store has of one day.
    pub(super) fn known_events(&self, day: Day) -> Result<KnownEvents, StoreError> {
        let mut known = KnownEvents::default();
        for file in self.lake.catalog().data_files_of_day(self.store, day)? {
            let mut without_id = false;
            self.each_row(&file, false, &mut |row| {
                without_id |= !row.has_id;
                if row.has_id {
                    known.insert(row.id, row.version);
                }
            })?;
            if without_id {
                // Their content is their id.
                self.each_row(&file, true, &mut |row| {
                    if !row.has_id {
                        known.insert(row.id, row.version);
                    }
                })?;
            }
        }
        Ok(known)
    }

    /// Reads the identity of every row of a data file, with the record if asked for.
    fn each_row(
        &self,
        file: &DataFile,
        with_record: bool,
        take: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), StoreError> {
        let path = self.path(&file.path);
        let damaged = |reason: String| StoreError::Damaged { path: path.clone(), reason };
        let opened = File::open(&path).map_err(|e| damaged(e.to_string()))?;
        let identity = self.schema.identity();
        let id_column = identity.split('.').next().unwrap_or(identity);
        let mut columns =
            vec![id_column, "recipientaccountid", "eventversion", schema::EVENT_JSON_CHECKSUM];
        columns.extend(with_record.then_some(schema::EVENT_JSON));
        let mut rows = 0;
        crate::columnar::read_columns(file.format, opened, &columns, &mut |batch| {
            rows += each_row_of(self.schema, batch, take);
        })
        .map_err(|e| damaged(e.to_string()))?;
        if rows != file.rows {
            return Err(damaged(format!("{} events are listed, {rows} found", file.rows)));
        }
        Ok(())
    }
}

/// A data file that is being written, row by row.
struct Rows<'a> {
    path: &'a Path,
    writer: Writer,
    shredder: Shredder,
    batch_rows: usize,
    count: u64,
}

impl<'a> Rows<'a> {
    fn open(
        path: &'a Path,
        schema: EventSchema,
        format: Format,
        hints: Hints,
    ) -> Result<Self, StoreError> {
        let file = File::create_new(path).map_err(error::at(path))?;
        let writer = Writer::new(format, file, schema.arrow_with_ids(), hints)
            .map_err(|error| StoreError::Write { path: path.to_owned(), error })?;
        // An Arrow file's batches are what a reader gets, so they are larger.
        let batch_rows = if format == Format::Arrow { 8_192 } else { BATCH_ROWS };
        Ok(Self { path, writer, shredder: Shredder::new(schema), batch_rows, count: 0 })
    }

    fn wrong(&self, error: WriteError) -> StoreError {
        StoreError::Write { path: self.path.to_owned(), error }
    }

    fn push(&mut self, record: &[u8], digest: &RecordDigest) -> Result<(), StoreError> {
        if self.shredder.bytes() + record.len() > MAX_BATCH_BYTES && self.shredder.rows() > 0 {
            self.end_batch()?;
        }
        self.shredder.push(record, digest);
        self.count += 1;
        if self.shredder.rows() >= self.batch_rows {
            self.end_batch()?;
        }
        Ok(())
    }

    fn end_batch(&mut self) -> Result<(), StoreError> {
        let batch = self.shredder.finish().map_err(|e| self.wrong(e.into()))?;
        self.writer.write(&batch).map_err(|e| self.wrong(e))
    }

    fn finish(mut self) -> Result<(File, u64, Oddities), StoreError> {
        if self.shredder.rows() > 0 {
            self.end_batch()?;
        }
        let (path, oddities) = (self.path, self.shredder.take_oddities());
        let wrong = |error| StoreError::Write { path: path.to_owned(), error };
        Ok((self.writer.finish().map_err(wrong)?, self.count, oddities))
    }
}

/// The identity of a stored event.
struct Row<'a> {
    id: EventId,
    version: Version,
    has_id: bool,
    /// Its record; empty unless asked for.
    record: &'a [u8],
}

/// Hands out the rows of a batch with the columns that [`Target::each_row`] reads, and returns their
/// number.
fn each_row_of(schema: EventSchema, batch: &RecordBatch, take: &mut dyn FnMut(Row<'_>)) -> u64 {
    let column = |at: usize| {
        let column = batch.columns().get(at)?;
        match column.as_struct_opt() {
            Some(members) => {
                let (_, name) = schema.identity().split_once('.')?;
                members.column_by_name(name)?.as_string_opt::<i32>()
            }
            None => column.as_string_opt::<i32>(),
        }
    };
    let (ids, accounts, versions, sums, records) =
        (column(0), column(1), column(2), column(3), column(4));
    fn value(array: Option<&StringArray>, row: usize) -> Option<&[u8]> {
        array.filter(|array| array.is_valid(row)).map(|array| array.value(row).as_bytes())
    }
    for row in 0..batch.num_rows() {
        let identity = Identity {
            event_id: value(ids, row),
            account: value(accounts, row),
            versioned: value(versions, row).is_some() || schema != EventSchema::CloudTrail,
        };
        let sum = value(sums, row).and_then(|sum| std::str::from_utf8(sum).ok());
        let digest = sum.and_then(parse_checksum).unwrap_or_default();
        let record = value(records, row);
        let (id, version) = identity.keys(&digest, || record);
        let record = record.unwrap_or_default();
        take(Row { id, version, has_id: identity.has_id(), record });
    }
    batch.num_rows() as u64
}
