//! Reads Parquet and ORC files as JSON Lines: an object for each row. Arrow's are not read: the crate takes as much memory
//! as a damaged length in them asks for.
//!
//! Of a file that holds the records' own text (`eventjson`), that column alone is read; else a row is the record, as far
//! as its columns go.

use super::wrapper;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::json::LineDelimitedWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Once};
use traillake_orc::read::{Batches, Metadata};

/// The column of a store's table that holds the records' text.
const TEXT_COLUMN: &str = "eventjson";

/// The column of a data file that says how the text is put together of the others.
const SHAPE_COLUMN: &str = "$shape";
/// Why such a file is not read: a row as an object would be another record.
const DERIVED: &str = "a data file of a lake that derives eventjson: only that lake gives its records, as with traillake \
                       store export";

/// How a file of columns is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Parquet,
    Orc,
}

impl Layout {
    /// Returns what such files are called.
    pub(super) fn files(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet files",
            Self::Orc => "ORC files",
        }
    }
}

type Rows = dyn Iterator<Item = io::Result<RecordBatch>>;

/// The rows of a file of columns as JSON Lines.
pub(super) struct RowLines {
    batches: Box<Rows>,
    lines: Vec<u8>,
    /// Bytes of the lines that were taken.
    taken: usize,
}

impl RowLines {
    /// Opens a file.
    ///
    /// # Errors
    /// When the file is damaged or cannot be read; when it has events of another schema than CloudTrail's.
    pub(super) fn open(file: File, layout: Layout) -> io::Result<Self> {
        let batches = guarded(|| batches(file, layout))?;
        Ok(Self { batches, lines: Vec::new(), taken: 0 })
    }

    fn next_lines(&mut self) -> io::Result<bool> {
        self.lines.clear();
        self.taken = 0;
        let Some(batch) = guarded(|| self.batches.next().transpose())? else { return Ok(false) };
        let mut writer = LineDelimitedWriter::new(&mut self.lines);
        writer.write(&batch).and_then(|()| writer.finish()).map_err(io::Error::other)?;
        Ok(true)
    }
}

impl Read for RowLines {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.lines.len() {
            if !self.next_lines()? {
                return Ok(0);
            }
        }
        let count = into.len().min(self.lines.len() - self.taken);
        into[..count].copy_from_slice(&self.lines[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

thread_local! {
    /// Whether this thread runs what may panic, which is no bug of ours and told otherwise.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic on damaged files, as some readers of the Arrow crates do. Nothing is printed of that.
fn guarded<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                print(panic);
            }
        }));
    });
    IS_GUARDED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(read));
    IS_GUARDED.set(false);
    outcome.unwrap_or_else(|_| Err(damaged("a length or place in it is not within it")))
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the file is damaged: {error}"))
}

fn batches(file: File, layout: Layout) -> io::Result<Box<Rows>> {
    match layout {
        Layout::Parquet => {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(damaged)?;
            let wanted = wanted(builder.schema())?;
            let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
            let reader = builder.with_projection(mask).build().map_err(damaged)?;
            Ok(Box::new(reader.map(|batch| batch.map_err(damaged))))
        }
        Layout::Orc => {
            let file = Arc::new(file);
            let schema = Metadata::read(&*file).map_err(damaged)?.tail.root.arrow_schema();
            let names: Vec<_> =
                wanted(&schema)?.into_iter().map(|at| schema.field(at).name().as_str()).collect();
            let batches = Batches::new(file, &names).map_err(damaged)?;
            Ok(Box::new(batches.map(|batch| batch.map_err(damaged))))
        }
    }
}

/// Returns which columns are read.
fn wanted(schema: &Schema) -> io::Result<Vec<usize>> {
    let named = |name: &str| {
        schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name))
    };
    if named("class_uid").is_some() && named("metadata").is_some() {
        return Err(io::Error::new(io::ErrorKind::Unsupported, wrapper::OCSF));
    }
    if named(SHAPE_COLUMN).is_some() && named(TEXT_COLUMN).is_none() {
        return Err(io::Error::new(io::ErrorKind::Unsupported, DERIVED));
    }
    Ok(named(TEXT_COLUMN).map_or_else(|| (0..schema.fields().len()).collect(), |at| vec![at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom, Write};

    fn lines(bytes: &[u8], layout: Layout) -> io::Result<String> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        file.seek(SeekFrom::Start(0))?;
        let mut text = String::new();
        RowLines::open(file, layout)?.read_to_string(&mut text)?;
        Ok(text)
    }

    /// Whatever byte of a file is damaged, its rows are read or an error tells it.
    #[test]
    fn damaged_files_are_errors() {
        for (name, layout) in [("athena.parquet", Layout::Parquet), ("athena.orc", Layout::Orc)] {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/containers/");
            let sound = std::fs::read(format!("{path}{name}")).unwrap();
            assert_eq!(lines(&sound, layout).unwrap().lines().count(), 2, "{name}");
            for at in (0..sound.len()).step_by(7) {
                let mut bytes = sound.clone();
                bytes[at] ^= 0xff;
                let _ = lines(&bytes, layout);
                let _ = lines(&sound[..at], layout).unwrap_err();
            }
        }
    }
}
