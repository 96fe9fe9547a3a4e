//! How the data files of a store are written and read back.
//!
//! They are written from records alone, in the order of the events, so that the same events make the same file
//! however they came. What is read back is what decides whether an event is known, and its record.

use super::catalog::{DataFile, StoreRow};
use super::error::{self, StoreError};
use super::fault::{self, Step};
use super::found::{Found, FoundColumns, found_in};
use super::known::{EventMatch, KnownEvents};
use super::lake::Lake;
use super::names::StoreId;
use super::partition::{Day, EventKey};
use super::paths::Paths;
use super::records::{Records, digest_column, text_columns};
use crate::columnar::{Format, Hints, WriteError, Writer, read_columns, schema_of};
use crate::event::digest::RecordDigest;
use crate::event::schema::{self, hidden};
use crate::event::{EventSchema, Identity, RecordForm};
use crate::shred::record::rebuild::Shapes;
use crate::shred::{Oddities, Shredder};
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Rows of a batch that is written into a file; small enough to stay in the processor's caches.
const BATCH_ROWS: usize = 2_048;
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

/// The data files of a store.
#[derive(Debug, Clone, Copy)]
pub(super) struct DataFiles<'a> {
    pub(super) lake: &'a Lake,
    pub(super) store: StoreId,
    /// The category of the events.
    pub(super) schema: EventSchema,
    /// How those that are written keep the text of records, if their format can.
    pub(super) form: RecordForm,
    /// Whether those that are written are compressed.
    pub(super) compress: bool,
}

impl<'a> DataFiles<'a> {
    /// The data files of a store, compressed.
    pub(super) fn of(lake: &'a Lake, store: &StoreRow) -> Self {
        let form = store.record_form;
        Self { lake, store: store.id, schema: store.schema, form, compress: true }
    }

    /// Returns how a file of `format` that is written now keeps the text of records.
    pub(super) fn form_in(&self, format: Format) -> RecordForm {
        if can_derive(format) { self.form } else { RecordForm::Plain }
    }

    /// Returns the path of a file that is named as in the catalog.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.lake.paths().store(self.store).join(relative)
    }

    /// Returns how a file keeps the text of records.
    pub(super) fn form_of(&self, file: &DataFile) -> Result<RecordForm, StoreError> {
        if !can_derive(file.format) {
            return Ok(RecordForm::Plain);
        }
        let path = self.path(&file.path);
        let opened = File::open(&path).map_err(error::at(&path))?;
        let columns = schema_of(file.format, opened)
            .map_err(|error| StoreError::Damaged { path, reason: error.to_string() })?;
        Ok(RecordForm::of_columns(&columns))
    }

    /// Writes a data file of the events that `fill` pushes in their order, safe on the disk but not listed yet.
    pub(super) fn write(
        &self,
        day: Day,
        format: Format,
        fill: impl FnOnce(&mut Rows) -> Result<(), StoreError>,
    ) -> Result<(DataFile, Oddities), StoreError> {
        let relative = Paths::data_file(day, self.lake.new_id(), format);
        let path = self.lake.paths().store(self.store).join(&relative);
        let unfinished = Paths::unfinished(&path);
        if let Some(folder) = path.parent() {
            self.lake.create_folder(folder)?;
        }
        let hints = Hints { compress: self.compress, ..hints(self.schema) };
        fault::at(Step::CreateFile)
            .and_then(|()| File::create_new(&unfinished))
            .map_err(error::at(&unfinished))
            .and_then(|file| {
                let form = self.form_in(format);
                let found = FoundColumns::new(self.schema, form).map_err(bug)?;
                Rows::begin(&unfinished, file, self.schema, (format, form), hints, Some(found))
            })
            .and_then(|mut rows| {
                fill(&mut rows)?;
                let Finished { file, sha256, counts, oddities } = rows.finish()?;
                let bytes = file.metadata().map_err(error::at(&unfinished))?.len();
                self.lake.publish(file, &unfinished, &path)?;
                Ok((counts.of_file(&relative, format, day, bytes, sha256), oddities))
            })
            .inspect_err(|_| Lake::discard(&unfinished))
    }

    /// Writes the events of a data file that `keeps` wants into another one, as [`Self::write`] does.
    pub(super) fn write_some_of(
        &self,
        old: &DataFile,
        mut keeps: impl FnMut(&EventKey) -> bool,
    ) -> Result<DataFile, StoreError> {
        let (file, _) = self.write(old.day, old.format, |rows| {
            let mut outcome = Ok(());
            self.each_event(old, true, &mut |event| {
                if keeps(&event.key) && outcome.is_ok() {
                    outcome = rows.push(&event.key, event.found, event.record);
                }
            })?;
            outcome
        })?;
        Ok(file)
    }

    /// Reads the identity of every event of a data file, with its record and where that was found if asked for.
    pub(super) fn each_event(
        &self,
        file: &DataFile,
        with_record: bool,
        take: &mut dyn FnMut(StoredEvent<'_>),
    ) -> Result<(), StoreError> {
        let path = self.path(&file.path);
        let rows = self.events_of(&path, file.format, with_record, take)?;
        if rows != file.rows {
            let reason = format!("{} events are listed, {rows} found", file.rows);
            return Err(StoreError::Damaged { path, reason });
        }
        Ok(())
    }

    /// The same for a file that may not be listed. Returns the number of its events.
    pub(super) fn events_of(
        &self,
        path: &Path,
        format: Format,
        with_record: bool,
        take: &mut dyn FnMut(StoredEvent<'_>),
    ) -> Result<u64, StoreError> {
        let damaged = |reason: String| StoreError::Damaged { path: path.to_owned(), reason };
        let opened = fault::at(Step::Read).and_then(|()| File::open(path));
        let opened = opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(error.to_string()),
            _ => error::at(path)(error),
        })?;
        let there = opened.try_clone().map_err(error::at(path))?;
        let there = schema_of(format, there).map_err(|e| damaged(e.to_string()))?;
        let form = RecordForm::of_columns(&there);
        let identity = self.schema.identity();
        let mut columns = vec![
            identity.split('.').next().unwrap_or(identity),
            "recipientaccountid",
            "eventversion",
            schema::EVENT_TIME,
            digest_column(form),
        ];
        if with_record {
            // It is long and often not wanted.
            let texts = text_columns(self.schema, form);
            let more = texts.into_iter().filter(|name| !columns.contains(name));
            columns.extend(more.collect::<Vec<_>>());
            let stored = hidden::STORED.iter().map(|column| column.name);
            columns.extend(stored.filter(|name| there.index_of(name).is_ok()));
        }
        let columns = self.schema.arrow_columns(&columns).map_err(bug)?;
        let (mut rows, mut shapes) = (0, Shapes::default());
        read_columns(format, opened, &columns, &mut |batch| {
            each_event_of(self.schema, batch, &mut shapes, take);
            rows += batch.num_rows() as u64;
        })
        .map_err(|e| damaged(e.to_string()))?;
        Ok(rows)
    }

    /// Adds the events of a data file to `known`. Returns how many are known already.
    pub(super) fn add_known(
        &self,
        file: &DataFile,
        known: &mut KnownEvents,
    ) -> Result<u64, StoreError> {
        let mut duplicates = 0;
        let mut add = |key: EventKey| {
            let meeting = known.insert(key.id, key.version);
            duplicates += u64::from(meeting == EventMatch::Duplicate);
        };
        let mut without_id = false;
        self.each_event(file, false, &mut |event| match event.has_id {
            true => add(event.key),
            false => without_id = true,
        })?;
        if without_id {
            // Their content is their id.
            self.each_event(file, true, &mut |event| {
                if !event.has_id {
                    add(event.key);
                }
            })?;
        }
        Ok(duplicates)
    }
}

/// An event of a data file.
#[derive(Debug)]
pub(super) struct StoredEvent<'a> {
    pub(super) key: EventKey,
    /// Whether it has an id of its own; else its content is its id, and the key is right only with the record.
    pub(super) has_id: bool,
    /// Where its record was found; `None` unless asked for, and when the file does not say.
    pub(super) found: Option<Found<'a>>,
    /// Its record; empty unless asked for.
    pub(super) record: &'a [u8],
}

/// Whether files of a format can derive the text of records: other formats are for other readers.
pub(super) fn can_derive(format: Format) -> bool {
    format == Format::Orc
}

fn bug(error: ArrowError) -> StoreError {
    StoreError::Bug(error.to_string())
}

/// Hands out the events of a batch with the columns that [`DataFiles::each_event`] reads.
fn each_event_of(
    schema: EventSchema,
    batch: &RecordBatch,
    shapes: &mut Shapes,
    take: &mut dyn FnMut(StoredEvent<'_>),
) {
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
    let (ids, accounts, versions) = (column(0), column(1), column(2));
    let times = batch.column(3).as_primitive_opt::<TimestampMillisecondType>();
    let (records, mut buffer) = (Records::of(schema, batch, shapes), Vec::new());
    fn value(array: Option<&StringArray>, row: usize) -> Option<&[u8]> {
        array.filter(|array| array.is_valid(row)).map(|array| array.value(row).as_bytes())
    }
    for row in 0..batch.num_rows() {
        let identity = Identity {
            event_id: value(ids, row),
            account: value(accounts, row),
            versioned: value(versions, row).is_some() || schema != EventSchema::CloudTrail,
        };
        let record = records.text(row, &mut buffer);
        let digest = records.digest(row, record);
        let (id, version) = identity.keys(&digest, || record);
        let time = times.filter(|times| times.is_valid(row)).map(|times| times.value(row));
        let key = EventKey { time, id, version, digest };
        let record = record.unwrap_or_default();
        take(StoredEvent { key, has_id: identity.has_id(), found: found_in(batch, row), record });
    }
}

/// A data file that is being written, event by event.
pub(super) struct Rows {
    path: PathBuf,
    writer: Writer<HashedFile>,
    shredder: Shredder,
    found: Option<FoundColumns>,
    batch_rows: usize,
    counts: Counts,
}

/// What the catalog notes of the events of a data file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) rows: u64,
    json_bytes: u64,
    min_time: Option<i64>,
    max_time: Option<i64>,
}

impl Counts {
    /// Counts an event.
    pub(super) fn add(&mut self, time: Option<i64>, record: &[u8]) {
        self.rows += 1;
        self.json_bytes += record.len() as u64;
        self.min_time = [self.min_time, time].into_iter().flatten().min();
        self.max_time = self.max_time.max(time);
    }

    /// Returns what the catalog says of the events of a file.
    pub(super) fn listed(file: &DataFile) -> Self {
        let DataFile { rows, json_bytes, min_time, max_time, .. } = *file;
        Self { rows, json_bytes, min_time, max_time }
    }

    /// Returns what the catalog is to say of the file with these events; `relative` is its path below the store's folder.
    pub(super) fn of_file(
        self,
        relative: &Path,
        format: Format,
        day: Day,
        bytes: u64,
        sha256: String,
    ) -> DataFile {
        let path = relative.to_string_lossy().replace('\\', "/");
        let Self { rows, json_bytes, min_time, max_time } = self;
        let sha256 = Some(sha256);
        DataFile { path, format, day, rows, bytes, json_bytes, min_time, max_time, sha256 }
    }
}

/// A data file written to its end.
pub(super) struct Finished {
    pub(super) file: File,
    sha256: String,
    counts: Counts,
    oddities: Oddities,
}

impl Rows {
    /// Begins a file in the empty `file`; `path` is its name in errors. `found` builds the hidden columns, if it has them;
    /// records are derived only where it has.
    pub(super) fn begin(
        path: &Path,
        file: File,
        schema: EventSchema,
        (format, form): (Format, RecordForm),
        hints: Hints,
        found: Option<FoundColumns>,
    ) -> Result<Self, StoreError> {
        let file = HashedFile { file, hash: Sha256::new() };
        let columns = match found {
            Some(_) => schema.arrow_stored(form),
            None => schema.arrow_with_ids(),
        };
        let writer = Writer::new(format, file, columns, hints)
            .map_err(|error| StoreError::Write { path: path.to_owned(), error })?;
        // An Arrow file's batches are what a reader gets, so they are larger.
        let batch_rows = if format == Format::Arrow { 8_192 } else { BATCH_ROWS };
        let (shredder, counts) = (Shredder::new(schema, form), Counts::default());
        Ok(Self { path: path.to_owned(), writer, shredder, found, batch_rows, counts })
    }

    fn wrong(&self, error: WriteError) -> StoreError {
        StoreError::Write { path: self.path.clone(), error }
    }

    /// Appends an event, with where its record was found.
    pub(super) fn push(
        &mut self,
        key: &EventKey,
        found: Option<Found<'_>>,
        record: &[u8],
    ) -> Result<(), StoreError> {
        self.push_record(key.time, &key.digest, found, record)
    }

    /// Appends a record with its time, its digest, and where it was found.
    pub(super) fn push_record(
        &mut self,
        time: Option<i64>,
        digest: &RecordDigest,
        found: Option<Found<'_>>,
        record: &[u8],
    ) -> Result<(), StoreError> {
        if self.shredder.bytes() + record.len() > MAX_BATCH_BYTES && self.shredder.rows() > 0 {
            self.end_batch()?;
        }
        self.shredder.push(record, digest);
        if let Some(columns) = &mut self.found {
            columns.push(found);
        }
        self.counts.add(time, record);
        if self.shredder.rows() >= self.batch_rows {
            self.end_batch()?;
        }
        Ok(())
    }

    fn end_batch(&mut self) -> Result<(), StoreError> {
        let mut batch = self.shredder.finish().map_err(|e| self.wrong(e.into()))?;
        if let Some(found) = &mut self.found {
            batch = found.behind(&batch).map_err(|e| self.wrong(e.into()))?;
        }
        self.writer.write(&batch).map_err(|e| self.wrong(e))
    }

    /// Writes the rest of the file.
    pub(super) fn finish(mut self) -> Result<Finished, StoreError> {
        if self.shredder.rows() > 0 {
            self.end_batch()?;
        }
        let (path, oddities) = (self.path, self.shredder.take_oddities());
        let wrong = |error| StoreError::Write { path, error };
        let HashedFile { file, hash } = self.writer.finish().map_err(wrong)?;
        Ok(Finished { file, sha256: hex(&hash.finalize()), counts: self.counts, oddities })
    }
}

/// A file that is hashed while it is written.
struct HashedFile {
    file: File,
    hash: Sha256,
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fault::at(Step::Write)?;
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Returns the SHA-256 of a data file, in hexadecimal digits.
pub(super) fn sha256_of(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut bytes = vec![0; 1 << 20];
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&bytes[..read]),
        }
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
