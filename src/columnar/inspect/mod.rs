//! Describes how a columnar file is laid out: what the footers say, without reading the data.
//!
//! [`Layout`] is the same for every format. A file is a row of [`Unit`]s (stripes, row groups, record
//! batches), each holding one [`Chunk`] of every [`Column`]; what only some formats know is an
//! `Option`, or a [`Fact`] in their own words.

mod arrow;
mod orc;
mod parquet;
mod value;

pub use value::{Bound, Value};

use super::Format;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The layout of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layout {
    /// The format.
    #[serde(serialize_with = "as_name")]
    pub format: Format,
    /// Version of the format, as the file spells it.
    pub version: Option<String>,
    /// Program that wrote the file, as it calls itself.
    pub writer: Option<String>,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// What those bytes are: data, indexes, footers.
    pub parts: Vec<Part>,
    /// Rows.
    pub rows: u64,
    /// Compression codecs in use.
    pub compression: Vec<String>,
    /// What else the format says of the file: block sizes, strides, sort order.
    pub facts: Vec<Fact>,
    /// Key-value pairs that the writer added.
    pub metadata: Vec<Fact>,
    /// What the format calls its units.
    pub unit: &'static str,
    /// The units, in file order.
    pub units: Vec<Unit>,
    /// The columns as a tree in pre-order: a struct, list or map stands before what it holds.
    pub columns: Vec<Column>,
}

/// A horizontal slice of a file: a stripe, a row group, a record batch.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Unit {
    /// Where it begins in the file.
    pub offset: u64,
    /// Its bytes in the file.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
    /// What its bytes are, where a unit is more than its columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// What else the format says of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// Its share of each column, in the order of [`Layout::columns`].
    pub chunks: Vec<Chunk>,
}

/// A column, or a part of one, that the format stores by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Names from the top, joined by dots.
    pub path: String,
    /// Levels above it.
    pub depth: usize,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: String,
    /// All its chunks together.
    pub total: Chunk,
}

/// What is known of a column in one unit, or in the whole file. Levels below have their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Chunk {
    /// Bytes of its data in the file.
    pub bytes: u64,
    /// The same before compression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_bytes: Option<u64>,
    /// Values, nulls included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
    /// Nulls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulls: Option<u64>,
    /// Smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Bound>,
    /// Largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Bound>,
    /// Encodings of its values, in the format's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub encodings: Vec<String>,
    /// Entries of its dictionaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dictionary: Option<u64>,
    /// Entries of the index inside the unit: pages, row index entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_entries: Option<u64>,
    /// Bytes of that index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_bytes: Option<u64>,
    /// Bytes of its bloom filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bloom_filter_bytes: Option<u64>,
    /// What the index says of one stretch of rows after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub index: Vec<Entry>,
    /// What its bytes are: streams, buffers, pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<Part>,
    /// What else the format says of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// What is known of a column in a stretch of rows inside a unit, such as a row group of a stripe.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Entry {
    /// Values, nulls included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
    /// Nulls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulls: Option<u64>,
    /// Smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Bound>,
    /// Largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Bound>,
    /// Whether it has a bloom filter.
    pub bloom_filter: bool,
}

/// A number of bytes with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// A property of a file, in the words of its format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

fn as_name<S: serde::Serializer>(format: &Format, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(format.name())
}

fn part(name: &str, bytes: u64) -> Part {
    Part { name: name.to_owned(), bytes }
}

fn fact(name: &str, value: impl ToString) -> Fact {
    Fact { name: name.to_owned(), value: value.to_string() }
}

/// Adds `bytes` to the part of this name.
fn add_part(parts: &mut Vec<Part>, name: &str, bytes: u64) {
    match parts.iter_mut().find(|part| part.name == name) {
        Some(part) => part.bytes = part.bytes.saturating_add(bytes),
        None => parts.push(part(name, bytes)),
    }
}

fn sum(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    Some(a?.saturating_add(b?))
}

/// The sum where one side may have nothing of the kind.
fn sum_known(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a.or(b).map(|_| a.unwrap_or(0).saturating_add(b.unwrap_or(0)))
}

impl Chunk {
    fn has_only_nulls(&self) -> bool {
        self.nulls.is_some() && self.nulls == self.values
    }

    /// Extends what is known of one unit to another.
    fn add(&mut self, other: &Self) {
        let bound = |a: &Option<Bound>, b: &Option<Bound>, low: bool| match (a, b) {
            (Some(a), Some(b)) => Some(if b.is_before(a) == low { b.clone() } else { a.clone() }),
            (Some(a), None) if other.has_only_nulls() => Some(a.clone()),
            (None, Some(b)) if self.has_only_nulls() => Some(b.clone()),
            _ => None,
        };
        let (min, max) = (bound(&self.min, &other.min, true), bound(&self.max, &other.max, false));
        self.min = min;
        self.max = max;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.raw_bytes = sum(self.raw_bytes, other.raw_bytes);
        self.values = sum(self.values, other.values);
        self.nulls = sum(self.nulls, other.nulls);
        self.dictionary = sum_known(self.dictionary, other.dictionary);
        self.index_entries = sum_known(self.index_entries, other.index_entries);
        self.index_bytes = sum_known(self.index_bytes, other.index_bytes);
        self.bloom_filter_bytes = sum_known(self.bloom_filter_bytes, other.bloom_filter_bytes);
        for encoding in &other.encodings {
            if !self.encodings.contains(encoding) {
                self.encodings.push(encoding.clone());
            }
        }
        for stream in &other.streams {
            add_part(&mut self.streams, &stream.name, stream.bytes);
        }
    }
}

/// Fills every column's total from the units.
fn add_up(columns: &mut [Column], units: &[Unit]) {
    for (at, column) in columns.iter_mut().enumerate() {
        let mut chunks = units.iter().filter_map(|unit| unit.chunks.get(at));
        if let Some(first) = chunks.next() {
            column.total = Chunk { facts: Vec::new(), index: Vec::new(), ..first.clone() };
        }
        chunks.for_each(|chunk| column.total.add(chunk));
    }
}

/// Why a file cannot be described.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct InspectError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It cannot be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is a folder.
    #[error("this is a folder; name one of the files in it")]
    Folder,
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It has none of the known formats.
    #[error(
        "not an ORC, Parquet or Arrow IPC file: it begins with {0:?}; \
         logs are read by traillake import and traillake query --input"
    )]
    Foreign(String),
    /// It begins as a file of the format, and its end is missing.
    #[error(
        "the {format} file is cut off or still being written: \
         at its end, byte {size}, {expected} is missing; take a whole copy"
    )]
    Truncated {
        /// The format it begins with.
        format: Format,
        /// Where it ends.
        size: u64,
        /// What stands at the end of a whole file.
        expected: &'static str,
    },
    /// Something in it is impossible.
    #[error("the {format} file is damaged at byte {at}: {reason}; take another copy")]
    Damaged {
        /// The format.
        format: Format,
        /// Where the part begins that is wrong.
        at: u64,
        /// What is wrong.
        reason: String,
    },
    /// It uses a feature that is not supported here.
    #[error("the {format} file cannot be inspected: {reason}")]
    Unsupported {
        /// The format.
        format: Format,
        /// What is not supported.
        reason: String,
    },
}

/// Describes the file at `path`, whose format is recognised by its bytes.
///
/// # Errors
/// When the file cannot be read, is of no known format, is cut off or damaged.
pub fn inspect(path: &Path) -> Result<Layout, InspectError> {
    read(path).map_err(|problem| InspectError { path: path.to_owned(), problem })
}

fn read(path: &Path) -> Result<Layout, Problem> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let size = metadata.len();
    if metadata.is_dir() {
        return Err(Problem::Folder);
    }
    let mut start = Vec::new();
    (&file).take(16).read_to_end(&mut start)?;
    if start.is_empty() {
        return Err(Problem::Empty);
    }
    let whole = |format, magic: &'static str| -> Result<(), Problem> {
        let mut end = vec![0; magic.len()];
        if size >= 12 {
            read_at(&file, size - end.len() as u64, &mut end)?;
        }
        if end == magic.as_bytes() {
            return Ok(());
        }
        Err(Problem::Truncated { format, size, expected: magic })
    };
    match &start {
        s if s.starts_with(b"PAR1") => {
            whole(Format::Parquet, "PAR1")?;
            parquet::layout(&file, size)
        }
        s if s.starts_with(b"ARROW1") => {
            whole(Format::Arrow, "ARROW1")?;
            arrow::layout(&file, size)
        }
        s if s.starts_with(b"ORC") => orc::layout(&file),
        _ => Err(Problem::Foreign(String::from_utf8_lossy(&start).into_owned())),
    }
}

fn read_at(mut file: &File, at: u64, to: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(to)
}

#[cfg(test)]
mod tests;
