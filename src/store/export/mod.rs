//! Export: the events of a store as files again, the way out of a lake.
//!
//! An [`Export`] is handed events in order and writes them into a folder, in files of bounded size:
//!
//! * [`Delivered`] is what a folder holds already;
//! * `layout` names folders and files; a name ends in characters that follow from the records;
//! * `log_files` writes records as they came, packed on several threads;
//! * `tables` writes the columns of the store's table;
//! * `unfinished` gives a file its name when it is whole.
//!
//! The same events make the same names. A file that is there under such a name is left as it is if it holds these
//! events, and otherwise the export fails: it replaces nothing.

mod delivered;
mod layout;
mod log_files;
mod tables;
mod unfinished;

pub use delivered::Delivered;

use super::catalog::StoreRow;
use super::error::StoreError;
use super::lake::Lake;
use super::selectors::AdvancedEventSelectors;
use crate::columnar::Format;
use crate::event::EventSchema;
use crate::event::digest::{parse_checksum, record_digest};
use log_files::LogFiles;
use serde::Serialize;
use std::path::{Path, PathBuf};
use tables::Tables;

/// What an export writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Log files as a trail delivers them: gzip, `{"Records":[...]}`.
    LogFiles,
    /// JSON Lines.
    JsonLines,
    /// The columns of the store's table, in files of this format.
    Table(Format),
}

/// Every format, in the order that help shows them.
pub const EXPORT_FORMATS: [ExportFormat; 5] = [
    ExportFormat::LogFiles,
    ExportFormat::JsonLines,
    ExportFormat::Table(Format::Orc),
    ExportFormat::Table(Format::Parquet),
    ExportFormat::Table(Format::Arrow),
];

impl ExportFormat {
    /// Returns the format's name, which is also the extension of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogFiles => "json.gz",
            Self::JsonLines => "jsonl",
            Self::Table(format) => format.name(),
        }
    }

    /// Returns the format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        EXPORT_FORMATS.into_iter().find(|format| format.name() == name)
    }

    /// Whether the events of a day go into files of one account and region each.
    pub fn separates_accounts(self) -> bool {
        self == Self::LogFiles
    }
}

/// How to export.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// What to write.
    pub format: ExportFormat,
    /// Which of the events to write; `None` writes all.
    pub selectors: Option<AdvancedEventSelectors>,
    /// Threads that pack and write files.
    pub threads: usize,
    /// Bytes of memory to stay below, roughly; at least two files of text are held.
    pub memory: usize,
}

/// An event on its way out.
#[derive(Debug, Clone, Copy)]
pub struct ExportedEvent<'a> {
    /// Recipient account.
    pub account: Option<&'a str>,
    /// Region.
    pub region: Option<&'a str>,
    /// Milliseconds since 1970 UTC.
    pub time: Option<i64>,
    /// The record.
    pub record: &'a str,
    /// Its digest, as the column `eventjsonchecksum` has it.
    pub checksum: &'a str,
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Events in the files.
    pub events: u64,
    /// Files that hold them.
    pub files: u64,
    /// Of these files, those that were there already.
    pub files_unchanged: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Bytes of the records.
    pub json_bytes: u64,
}

impl ExportReport {
    fn add(&mut self, file: Self) {
        self.events += file.events;
        self.files += file.files;
        self.files_unchanged += file.files_unchanged;
        self.bytes += file.bytes;
        self.json_bytes += file.json_bytes;
    }
}

/// A running export.
#[derive(Debug)]
pub struct Export {
    store: PathBuf,
    schema: EventSchema,
    selectors: Option<AdvancedEventSelectors>,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    LogFiles(LogFiles),
    Tables(Box<Tables>),
}

impl Export {
    /// Begins an export of events of `store` into `folder`, which is made when it does not exist.
    ///
    /// # Errors
    /// When the folder cannot be made, or no thread can be started.
    pub fn begin(
        lake: &Lake,
        store: &StoreRow,
        folder: &Path,
        options: ExportOptions,
    ) -> Result<Self, StoreError> {
        let schema = store.schema;
        unfinished::create_folder(folder)?;
        let sink = match options.format {
            ExportFormat::Table(format) => {
                Sink::Tables(Box::new(Tables::new(folder, schema, format)))
            }
            format => Sink::LogFiles(LogFiles::begin(folder, schema, format, &options)?),
        };
        let store = lake.paths().store(store.id);
        Ok(Self { store, schema, selectors: options.selectors, sink })
    }

    /// Takes an event, unless the selectors leave it out. Events of one day, and of one account and region where the
    /// format separates these, come one after the other.
    ///
    /// # Errors
    /// When the record does not have its checksum, or a file cannot be written.
    pub fn push(&mut self, event: ExportedEvent<'_>) -> Result<(), StoreError> {
        let record = event.record.as_bytes();
        let selectors = self.selectors.as_ref();
        if selectors.is_some_and(|all| !all.let_through_record(record, self.schema)) {
            return Ok(());
        }
        // What rotted on the disk must not leave as if it were sound.
        let digest = record_digest(record);
        if parse_checksum(event.checksum) != Some(digest) {
            let reason = "a record does not have its checksum".to_owned();
            return Err(StoreError::Damaged { path: self.store.clone(), reason });
        }
        match &mut self.sink {
            Sink::LogFiles(files) => files.push(event),
            Sink::Tables(tables) => tables.push(event, &digest),
        }
    }

    /// Ends the export. Returns what was written, and whether all of it could be.
    pub fn finish(self) -> (ExportReport, Result<(), StoreError>) {
        match self.sink {
            Sink::LogFiles(files) => files.finish(),
            Sink::Tables(tables) => tables.finish(),
        }
    }

    /// Ends the export before its end: the file that is being filled is not written. Returns what was.
    pub fn stop(self) -> ExportReport {
        match self.sink {
            Sink::LogFiles(files) => files.stop(),
            Sink::Tables(tables) => tables.stop(),
        }
    }
}
