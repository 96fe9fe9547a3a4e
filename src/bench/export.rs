//! The events of a store as JSON again, to import them again.

use super::BenchError;
use crate::engine::Engine;
use arrow::array::AsArray;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Bytes of JSON in a file, so that several threads can read.
const MAX_FILE_BYTES: usize = 64 << 20;

/// Writes the records of the store that `engine` has into gzip files of JSON Lines in `folder`.
///
/// # Errors
/// When the store cannot be read, or the folder cannot be written.
pub async fn export(engine: &Engine, folder: &Path) -> Result<(), BenchError> {
    let mut answer = engine.query("SELECT eventjson FROM event_data_store").await?;
    let mut files = Files { folder, count: 0, open: None, room: 0 };
    let wrong = |error| BenchError::Io { path: folder.to_owned(), error };
    while let Some(batch) = answer.next().await {
        let column = arrow::compute::cast(batch?.column(0), &arrow::datatypes::DataType::Utf8View)
            .map_err(|error| BenchError::Bug(error.to_string()))?;
        for record in column.as_string_view().iter().flatten() {
            files.write(record).map_err(wrong)?;
        }
    }
    files.end().map_err(wrong)
}

struct Files<'a> {
    folder: &'a Path,
    count: usize,
    open: Option<GzEncoder<BufWriter<File>>>,
    room: usize,
}

impl Files<'_> {
    fn write(&mut self, record: &str) -> std::io::Result<()> {
        if self.room < record.len() {
            self.end()?;
        }
        let file = match &mut self.open {
            Some(file) => file,
            None => {
                self.count += 1;
                self.room = MAX_FILE_BYTES;
                let path = self.folder.join(format!("{:06}.jsonl.gz", self.count));
                let file = BufWriter::new(File::create_new(path)?);
                self.open.insert(GzEncoder::new(file, Compression::fast()))
            }
        };
        self.room = self.room.saturating_sub(record.len());
        file.write_all(record.as_bytes())?;
        file.write_all(b"\n")
    }

    fn end(&mut self) -> std::io::Result<()> {
        match self.open.take() {
            Some(file) => file.finish()?.flush(),
            None => Ok(()),
        }
    }
}
