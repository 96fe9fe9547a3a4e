//! Answers of queries that are kept: their rows as lines of JSON, found by number.
//!
//! An answer is two files of one name, its id: `.rows` has a line for each row, `.ends` for each row the number of the
//! byte at which its line ends, as 8 bytes, the lowest first. An answer is there once whoever wrote it says so elsewhere,
//! after [`ResultWriter::finish`]; what a kill leaves is removed with its query.

use super::error::{self, StoreError};
use super::lake::remove_file;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use uuid::Uuid;

/// Bytes of the place of a row.
const PLACE: u64 = 8;

/// A folder of answers.
#[derive(Debug, Clone)]
pub struct Results {
    folder: PathBuf,
}

impl Results {
    /// Takes the folder, and makes it if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: PathBuf) -> Result<Self, StoreError> {
        fs::create_dir_all(&folder).map_err(error::at(&folder))?;
        Ok(Self { folder })
    }

    fn rows(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.rows"))
    }

    fn ends(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.ends"))
    }

    /// Begins an answer without rows.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create(&self, id: Uuid) -> Result<ResultWriter, StoreError> {
        let create =
            |path: PathBuf| File::create(&path).map(BufWriter::new).map_err(error::at(&path));
        let (rows, ends) = (create(self.rows(id))?, create(self.ends(id))?);
        Ok(ResultWriter { path: self.rows(id), rows, ends, at: 0, count: 0 })
    }

    /// Returns rows of an answer, from number `from` on: `most` of them at most, and no more than fit into `most_bytes`,
    /// but one at least.
    ///
    /// # Errors
    /// When the answer is not there or cannot be read.
    pub fn read(
        &self,
        id: Uuid,
        from: u64,
        most: u64,
        most_bytes: u64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let (path, ends_path) = (self.rows(id), self.ends(id));
        let at_ends = |error| error::at(&ends_path)(error);
        let mut ends = File::open(&ends_path).map_err(at_ends)?;
        let count = ends.metadata().map_err(at_ends)?.len() / PLACE;
        let until = from.saturating_add(most).min(count);
        if from >= until {
            return Ok(Vec::new());
        }
        // The end of the row before the first is where that begins.
        let first = from.saturating_sub(1);
        let mut places = vec![0; ((until - first) * PLACE) as usize];
        ends.seek(SeekFrom::Start(first * PLACE)).map_err(at_ends)?;
        ends.read_exact(&mut places).map_err(at_ends)?;
        let (places, _) = places.as_chunks::<{ PLACE as usize }>();
        let mut places = places.iter().map(|place| u64::from_le_bytes(*place));
        let start = if from == 0 { 0 } else { places.next().unwrap_or_default() };
        let fits = |(at, end): &(usize, u64)| *at == 0 || end - start <= most_bytes;
        let places: Vec<u64> = places.enumerate().take_while(fits).map(|(_, end)| end).collect();
        let length = places.last().map_or(0, |end| end.saturating_sub(start));
        let mut rows = File::open(&path).map_err(error::at(&path))?;
        let mut text = vec![0; length as usize];
        rows.seek(SeekFrom::Start(start)).map_err(error::at(&path))?;
        rows.read_exact(&mut text).map_err(error::at(&path))?;
        let mut from = 0;
        let lines = places.iter().map(|end| {
            let to = (end - start) as usize;
            let line = text.get(from..to.saturating_sub(1)).unwrap_or_default().to_vec();
            from = to;
            line
        });
        Ok(lines.collect())
    }

    /// Removes an answer, which may be gone already.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        remove_file(&self.ends(id))?;
        remove_file(&self.rows(id))
    }

    /// Returns the ids of all answers in the folder, finished or not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn ids(&self) -> Result<Vec<Uuid>, StoreError> {
        let entries = fs::read_dir(&self.folder).map_err(error::at(&self.folder))?;
        let mut ids: Vec<Uuid> = entries
            .flatten()
            .filter_map(|entry| Uuid::try_parse(entry.path().file_stem()?.to_str()?).ok())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

/// An answer that is being written.
#[derive(Debug)]
pub struct ResultWriter {
    path: PathBuf,
    rows: BufWriter<File>,
    ends: BufWriter<File>,
    at: u64,
    count: u64,
}

impl ResultWriter {
    /// Appends a row, which has no line breaks.
    ///
    /// # Errors
    /// When it cannot be written, as on a full disk.
    pub fn append(&mut self, row: &[u8]) -> Result<(), StoreError> {
        let mut write = || {
            self.rows.write_all(row)?;
            self.rows.write_all(b"\n")?;
            self.at += row.len() as u64 + 1;
            self.count += 1;
            self.ends.write_all(&self.at.to_le_bytes())
        };
        write().map_err(error::at(&self.path))
    }

    /// Returns how many rows there are so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends the answer, which can be read from now on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.rows.flush().and_then(|()| self.ends.flush()).map_err(error::at(&self.path))?;
        Ok(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_number() {
        let dir = tempfile::tempdir().unwrap();
        let results = Results::open(dir.path().join("results")).unwrap();
        let [id, empty] = [(); 2].map(|()| Uuid::new_v4());
        let mut writer = results.create(id).unwrap();
        let row = |n: usize| format!("[{}]", "x".repeat(n));
        for n in 0..50 {
            writer.append(row(n).as_bytes()).unwrap();
        }
        assert_eq!((writer.count(), writer.finish().unwrap()), (50, 50));
        results.create(empty).unwrap().finish().unwrap();
        let read = |from, most, bytes| {
            let rows = results.read(id, from, most, bytes).unwrap();
            rows.into_iter().map(|row| String::from_utf8(row).unwrap()).collect::<Vec<_>>()
        };
        let rows = |range: std::ops::Range<usize>| range.map(row).collect::<Vec<_>>();
        assert_eq!(read(0, 1_000, u64::MAX), rows(0..50));
        assert_eq!(read(7, 3, u64::MAX), rows(7..10));
        assert_eq!(read(48, 5, u64::MAX), rows(48..50));
        // Rows 10 and 11 take 13 and 14 bytes with their line breaks.
        assert_eq!(read(10, 5, 27), rows(10..12));
        assert_eq!(read(10, 5, 1), rows(10..11));
        assert!(read(50, 5, u64::MAX).is_empty() && read(u64::MAX, 5, 1).is_empty());
        assert!(results.read(empty, 0, 5, 1).unwrap().is_empty());
        let mut ids = results.ids().unwrap();
        ids.sort_by_key(|known| *known != id);
        assert_eq!(ids, [id, empty]);
        results.remove(id).unwrap();
        results.remove(id).unwrap();
        assert_eq!(results.ids().unwrap(), [empty]);
        assert!(matches!(results.read(id, 0, 5, 1), Err(StoreError::Io { .. })));
    }
}
