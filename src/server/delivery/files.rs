//! The rows of an answer as files of CSV, packed by gzip.
//!
//! CSV is as RFC 4180 has it, with `\n` at the end of lines: a line of labels in each file, fields in quotes where they need
//! them, NULL as an empty field. AWS does not tell more than that it is CSV.

use super::{Answer, DeliveryError};
use crate::server::buckets::{Bucket, NewObject};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use traillake_aws_wire::digest::hex;

/// Rows that are read at a time, at most.
const ROWS: u64 = 10_000;
/// Bytes of rows that are read at a time, at most.
const BYTES: u64 = 4 << 20;

/// Where files are written.
pub(super) struct Place<'a> {
    pub(super) bucket: &'a Bucket,
    /// What keys begin with.
    pub(super) folder: &'a str,
    /// Bytes of CSV after which another file begins.
    pub(super) file_bytes: u64,
}

/// A file that is whole, as the file that signs it tells of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveredFile {
    /// SHA-256 of its bytes as they are stored, in hexadecimal digits.
    pub(super) file_hash_value: String,
    /// Its name.
    pub(super) file_name: String,
}

/// Writes the rows of an answer, a few at a time.
pub(super) fn write(
    place: &Place<'_>,
    answer: &Answer<'_>,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Vec<DeliveredFile>, DeliveryError> {
    let (mut files, mut row) = (Vec::new(), 0);
    let mut file = CsvFile::create(place, 1, answer.labels)?;
    loop {
        if is_stopped() {
            return Err(DeliveryError::Stopped);
        }
        let lines = answer.results.read(answer.id, row, ROWS, BYTES)?;
        if lines.is_empty() {
            break;
        }
        for line in &lines {
            if file.bytes() >= place.file_bytes {
                let next = CsvFile::create(place, files.len() + 2, answer.labels)?;
                files.push(std::mem::replace(&mut file, next).finish()?);
            }
            file.append(line)?;
        }
        row += lines.len() as u64;
    }
    if row != answer.rows {
        let text = format!("{} are there, and the query had {}", row, answer.rows);
        return Err(DeliveryError::Damaged(text));
    }
    files.push(file.finish()?);
    Ok(files)
}

/// A file that is being written.
struct CsvFile {
    name: String,
    csv: csv::Writer<Counted<GzEncoder<Hashed<NewObject>>>>,
}

impl CsvFile {
    fn create(place: &Place<'_>, number: usize, labels: &[String]) -> Result<Self, DeliveryError> {
        let name = format!("result_{number}.csv.gz");
        let object = place.bucket.create(&format!("{}{name}", place.folder));
        let hashed =
            Hashed { out: object.map_err(DeliveryError::Results)?, hash: Sha256::default() };
        // Without a time, so that the same rows are the same bytes at any time.
        let packed = GzBuilder::new().write(hashed, Compression::default());
        let mut csv = csv::Writer::from_writer(Counted { out: packed, count: 0 });
        csv.write_record(labels).map_err(wrong)?;
        Ok(Self { name, csv })
    }

    /// Bytes of CSV so far, but for the last few thousand.
    fn bytes(&self) -> u64 {
        self.csv.get_ref().count
    }

    /// Appends a row as it is kept, as `output::LakeRows` writes it.
    fn append(&mut self, line: &[u8]) -> Result<(), DeliveryError> {
        let cells: Vec<Cell<'_>> = serde_json::from_slice(line)
            .map_err(|error| DeliveryError::Damaged(format!("one is none: {error}")))?;
        self.csv.write_record(cells.iter().map(|cell| cell.0.as_bytes())).map_err(wrong)
    }

    fn finish(mut self) -> Result<DeliveredFile, DeliveryError> {
        self.csv.flush()?;
        let packed = self.csv.into_inner();
        let packed = packed.map_err(|error| io::Error::other(error.to_string()))?.out;
        let Hashed { out, hash } = packed.finish()?;
        out.finish().map_err(DeliveryError::Results)?;
        Ok(DeliveredFile { file_hash_value: hex(&hash.finalize()), file_name: self.name })
    }
}

fn wrong(error: csv::Error) -> DeliveryError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let text = format!("one has {len} values, and the answer {expected_len} columns");
            DeliveryError::Damaged(text)
        }
        other => DeliveryError::Damaged(format!("one cannot be written: {other:?}")),
    }
}

/// The value of an object of one member.
struct Cell<'a>(Cow<'a, str>);

/// A text, which is copied only where it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneMember;
        impl<'de> Visitor<'de> for OneMember {
            type Value = Cell<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of one member")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let member = map.next_entry::<IgnoredAny, Text<'de>>()?;
                let (_, Text(value)) =
                    member.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
                Ok(Cell(value))
            }
        }
        from.deserialize_map(OneMember)
    }
}

/// Counts what passes.
struct Counted<W> {
    out: W,
    count: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Hashes what passes.
struct Hashed<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
