//! Records as they came, in log files or JSON Lines. The text of a file is gathered, and packed and written on another
//! thread while the next one is.

use super::super::error::{self, StoreError};
use super::layout::{self, Group};
use super::unfinished::{self, Unfinished};
use super::{ExportFormat, ExportOptions, ExportReport, ExportedEvent};
use crate::event::EventSchema;
use flate2::read::MultiGzDecoder;
use libdeflater::{CompressionLvl, Compressor};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The most bytes of text in a file, unless a record alone has more.
const MAX_TEXT_BYTES: usize = 32 << 20;
const HEAD: &[u8] = br#"{"Records":["#;
const TAIL: &[u8] = b"]}";

/// Files of text that are being written.
#[derive(Debug)]
pub(super) struct LogFiles {
    format: ExportFormat,
    part: Option<Part>,
    writer: Arc<Writer>,
    parts: SyncSender<Part>,
    threads: Vec<JoinHandle<()>>,
}

/// The content of a file.
#[derive(Debug)]
struct Part {
    group: Group,
    last: Option<i64>,
    events: u64,
    json_bytes: u64,
    text: Vec<u8>,
}

/// What the threads share.
#[derive(Debug)]
struct Writer {
    folder: PathBuf,
    schema: EventSchema,
    format: ExportFormat,
    /// Whether a file could not be written: no other one is, then.
    has_failed: AtomicBool,
    done: Mutex<Done>,
}

#[derive(Debug, Default)]
struct Done {
    report: ExportReport,
    error: Option<StoreError>,
    /// Folders that were looked through for what killed exports left.
    swept: HashSet<PathBuf>,
}

impl LogFiles {
    pub(super) fn begin(
        folder: &Path,
        schema: EventSchema,
        format: ExportFormat,
        options: &ExportOptions,
    ) -> Result<Self, StoreError> {
        let writer = Arc::new(Writer {
            folder: folder.to_owned(),
            schema,
            format,
            has_failed: AtomicBool::new(false),
            done: Mutex::default(),
        });
        // Each thread holds the text of a file and as much room to pack it, and who gathers the next holds that.
        let room = options.memory / (8 * MAX_TEXT_BYTES);
        let threads = options.threads.clamp(1, room.max(1));
        let (parts, taken) = sync_channel(0);
        let taken = Arc::new(Mutex::new(taken));
        let work = |_| {
            let (writer, taken) = (Arc::clone(&writer), Arc::clone(&taken));
            let thread = std::thread::Builder::new().name("export".to_owned());
            thread.spawn(move || writer.work(&taken)).map_err(error::exporting(folder))
        };
        let threads = (0..threads).map(work).collect::<Result<_, _>>()?;
        Ok(Self { format, part: None, writer, parts, threads })
    }

    /// Appends a record.
    pub(super) fn push(&mut self, event: ExportedEvent<'_>) -> Result<(), StoreError> {
        let record = event.record.as_bytes();
        let is_full = |part: &Part| {
            part.text.len() + record.len() > MAX_TEXT_BYTES
                || match self.format.separates_accounts() {
                    true => !part.group.has(&event),
                    false => part.group.day != layout::day_of(event.time),
                }
        };
        if self.part.as_ref().is_some_and(is_full) {
            self.end_part()?;
        }
        let part = self.part.get_or_insert_with(|| Part {
            group: Group::of(&event),
            last: None,
            events: 0,
            json_bytes: 0,
            text: Vec::new(),
        });
        part.last = part.last.max(event.time);
        part.events += 1;
        part.json_bytes += record.len() as u64;
        match self.format {
            ExportFormat::LogFiles => {
                part.text.extend_from_slice(if part.events == 1 { HEAD } else { b"," });
                part.text.extend_from_slice(record);
            }
            _ => push_line(&mut part.text, record),
        }
        Ok(())
    }

    /// Hands the file that is gathered to a thread.
    fn end_part(&mut self) -> Result<(), StoreError> {
        if let Some(mut part) = self.part.take() {
            if self.format == ExportFormat::LogFiles {
                part.text.extend_from_slice(TAIL);
            }
            // A thread that is gone has panicked, which is told when it is joined.
            let _ = self.parts.send(part);
        }
        match self.writer.has_failed.load(Ordering::Relaxed) {
            true => self.writer.done().error.take().map_or(Ok(()), Err),
            false => Ok(()),
        }
    }

    pub(super) fn finish(mut self) -> (ExportReport, Result<(), StoreError>) {
        let ended = self.end_part();
        let mut done = self.join();
        (done.report, ended.and(done.error.take().map_or(Ok(()), Err)))
    }

    pub(super) fn stop(self) -> ExportReport {
        self.join().report
    }

    /// Waits until the files that were handed over are written.
    fn join(self) -> Done {
        drop(self.parts);
        for thread in self.threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
        mem::take(&mut *self.writer.done())
    }
}

/// Appends a record as a line. Line breaks stand only between the tokens of a record.
fn push_line(text: &mut Vec<u8>, record: &[u8]) {
    let start = text.len();
    text.extend_from_slice(record);
    for byte in text.iter_mut().skip(start).filter(|byte| matches!(byte, b'\n' | b'\r')) {
        *byte = b' ';
    }
    text.push(b'\n');
}

impl Writer {
    fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes files until there are no more.
    fn work(&self, parts: &Mutex<Receiver<Part>>) {
        let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).recv();
        while let Ok(part) = next() {
            if self.has_failed.load(Ordering::Relaxed) {
                continue;
            }
            let written = self.write(&part);
            let mut done = self.done();
            match written {
                Ok(file) => done.report.add(file),
                Err(error) => {
                    self.has_failed.store(true, Ordering::Relaxed);
                    done.error.get_or_insert(error);
                }
            }
        }
    }

    fn write(&self, part: &Part) -> Result<ExportReport, StoreError> {
        let digest = Sha256::digest(&part.text).into();
        let relative = match self.format {
            ExportFormat::LogFiles => part.group.log_file(self.schema, part.last, &digest),
            format => layout::day_file(self.schema, part.group.day, &digest, format.name()),
        };
        let path = self.folder.join(relative);
        let folder = path.parent().unwrap_or(&self.folder);
        if self.done().swept.insert(folder.to_owned()) {
            unfinished::sweep(folder);
        }
        let there = unfinished::existing(&path, |file| match self.format {
            ExportFormat::LogFiles => {
                has_text(MultiGzDecoder::new(BufReader::new(file)), &part.text)
            }
            _ => has_text(file, &part.text),
        })?;
        let bytes = match there {
            Some(bytes) => bytes,
            None => {
                let mut file = Unfinished::begin(folder)?;
                match self.format {
                    ExportFormat::LogFiles => file.write(&packed(&part.text)?, &path)?,
                    _ => file.write(&part.text, &path)?,
                }
                file.publish(&path)?
            }
        };
        Ok(ExportReport {
            events: part.events,
            files: 1,
            files_unchanged: u64::from(there.is_some()),
            bytes,
            json_bytes: part.json_bytes,
        })
    }
}

/// Returns a text as a gzip file, which has no time or name in it, so that one text makes one file.
fn packed(text: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; compressor.gzip_compress_bound(text.len())];
    let packing = compressor.gzip_compress(text, &mut packed);
    let bytes = packing.map_err(|error| StoreError::Bug(format!("gzip: {error}")))?;
    packed.truncate(bytes);
    Ok(packed)
}

/// Whether a source holds this text, and nothing else.
fn has_text(mut source: impl Read, text: &[u8]) -> io::Result<bool> {
    let mut buffer = vec![0; 1 << 16];
    let mut rest = text;
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(rest.is_empty()),
            read => match rest.strip_prefix(&buffer[..read]) {
                Some(more) => rest = more,
                None => return Ok(false),
            },
        }
    }
}
