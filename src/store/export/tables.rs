//! The columns of the store's table, in columnar files of a day each.

use super::super::data_files::{Finished, Rows, hints};
use super::super::error::StoreError;
use super::super::partition::Day;
use super::super::paths::partition;
use super::layout;
use super::unfinished::{self, Unfinished};
use super::{ExportReport, ExportedEvent};
use crate::columnar::{Format, read_columns};
use crate::event::RecordForm;
use crate::event::digest::{RecordDigest, parse_checksum};
use crate::event::{EventSchema, schema};
use arrow::array::AsArray;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The most bytes of records in a file, unless a record alone has more.
const MAX_RECORD_BYTES: u64 = 1 << 30;

/// Columnar files that are being written, one after the other.
pub(super) struct Tables {
    folder: PathBuf,
    schema: EventSchema,
    format: Format,
    table: Option<Table>,
    report: ExportReport,
    /// Folders that were looked through for what killed exports left.
    swept: HashSet<PathBuf>,
}

/// The file that is being written.
struct Table {
    day: Day,
    file: Unfinished,
    rows: Rows,
    digests: Sha256,
    events: u64,
    json_bytes: u64,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Tables {
    pub(super) fn new(folder: &Path, schema: EventSchema, format: Format) -> Self {
        let (table, report, swept) = (None, ExportReport::default(), HashSet::new());
        Self { folder: folder.to_owned(), schema, format, table, report, swept }
    }

    /// Appends a row.
    pub(super) fn push(
        &mut self,
        event: ExportedEvent<'_>,
        digest: &RecordDigest,
    ) -> Result<(), StoreError> {
        let record = event.record.as_bytes();
        let day = layout::day_of(event.time);
        let is_full = |table: &Table| {
            table.day != day || table.json_bytes + record.len() as u64 > MAX_RECORD_BYTES
        };
        if self.table.as_ref().is_some_and(is_full) {
            self.end_table()?;
        }
        let table = match &mut self.table {
            Some(table) => table,
            None => {
                let table = self.begin(day)?;
                self.table.insert(table)
            }
        };
        table.rows.push_record(event.time, digest, None, record)?;
        table.digests.update(digest);
        table.events += 1;
        table.json_bytes += record.len() as u64;
        Ok(())
    }

    fn begin(&mut self, day: Day) -> Result<Table, StoreError> {
        let folder = self.folder.join(partition(day));
        if self.swept.insert(folder.clone()) {
            unfinished::sweep(&folder);
        }
        let file = Unfinished::begin(&folder)?;
        let hints = hints(self.schema);
        let form = (self.format, RecordForm::Plain);
        let rows = Rows::begin(&folder, file.handle()?, self.schema, form, hints, None)?;
        Ok(Table { day, file, rows, digests: Sha256::new(), events: 0, json_bytes: 0 })
    }

    fn end_table(&mut self) -> Result<(), StoreError> {
        let Some(Table { day, file, rows, digests, events, json_bytes, .. }) = self.table.take()
        else {
            return Ok(());
        };
        let Finished { file: handle, .. } = rows.finish()?;
        drop(handle);
        let digest: RecordDigest = digests.finalize().into();
        let path =
            self.folder.join(layout::day_file(self.schema, day, &digest, self.format.name()));
        let there = unfinished::existing(&path, |there| {
            let found = digest_of(there, self.schema, self.format);
            found.map(|found| found == Some(digest))
        })?;
        let bytes = match there {
            Some(bytes) => bytes,
            None => file.publish(&path)?,
        };
        let files_unchanged = u64::from(there.is_some());
        self.report.add(ExportReport { events, files: 1, files_unchanged, bytes, json_bytes });
        Ok(())
    }

    pub(super) fn finish(mut self) -> (ExportReport, Result<(), StoreError>) {
        let ended = self.end_table();
        (self.report, ended)
    }

    pub(super) fn stop(self) -> ExportReport {
        self.report
    }
}

/// Returns the digest of the digests of a file's records.
fn digest_of(file: File, schema: EventSchema, format: Format) -> io::Result<Option<RecordDigest>> {
    let columns = schema.arrow_columns(&[schema::EVENT_JSON_CHECKSUM]).map_err(io::Error::other)?;
    let mut digests = Sha256::new();
    let mut is_whole = true;
    read_columns(format, file, &columns, &mut |batch| {
        let sums = batch.column(0).as_string_opt::<i32>();
        for sum in sums.into_iter().flatten() {
            match sum.and_then(parse_checksum) {
                Some(digest) => digests.update(digest),
                None => is_whole = false,
            }
        }
    })
    .map_err(io::Error::other)?;
    Ok(is_whole.then(|| digests.finalize().into()))
}
