//! `string` and `binary` without a dictionary: the bytes of all values, and their lengths.

use super::super::rle::Integers;
use super::super::stream::{ByteStream, Place};
use super::rows::{sizes, total};
use super::{Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use arrow::array::{ArrayRef, BinaryArray, StringArray, StringViewArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

/// Byte strings.
pub(super) struct Blobs {
    pub(super) lengths: Integers,
    pub(super) data: ByteStream,
}

impl Blobs {
    /// Begins to read those whose bytes are in the stream `data`.
    pub(super) fn open(opening: &Opening<'_>, data: StreamKind) -> Result<Self, OrcError> {
        let lengths = opening.unsigned(StreamKind::Length)?;
        Ok(Self { lengths, data: opening.bytes(data)? })
    }

    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.data.skip(total(&sizes(&mut self.lengths, count)?))
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_bytes(&mut self.data)?;
        positions.seek_integers(&mut self.lengths)
    }

    /// Goes back to the first.
    pub(super) fn rewind(&mut self) -> Result<(), OrcError> {
        let start = Place { chunk: 0, inside: 0 };
        self.data.seek(start)?;
        self.lengths.seek(start, 0)
    }

    /// Reads the bytes of the rows kept, one after the other.
    fn read(&mut self, rows: &Rows<'_>) -> Result<(OffsetBuffer<i32>, Buffer), OrcError> {
        let mut sizes = sizes(&mut self.lengths, rows.values())?.into_iter();
        let mut bytes = Vec::new();
        let mut offsets = Vec::with_capacity(rows.count + 1);
        offsets.push(0_i32);
        // Bytes to copy or to step over before the next read.
        let (mut wanted, mut unwanted) = (0_u64, 0_u64);
        let mut end = 0_u64;
        for row in 0..rows.count {
            let size = if rows.is_valid(row) { sizes.next().unwrap_or(0) } else { 0 };
            if rows.is_kept(row) {
                if unwanted > 0 {
                    self.data.take(wanted as usize, &mut bytes)?;
                    self.data.skip(unwanted)?;
                    (wanted, unwanted) = (0, 0);
                }
                wanted = wanted.saturating_add(size);
                end = end.saturating_add(size);
                let offset = i32::try_from(end)
                    .map_err(|_| self.lengths.damaged("more than 2 GiB of text in one batch"))?;
                offsets.push(offset);
            } else {
                unwanted = unwanted.saturating_add(size);
            }
        }
        self.data.take(wanted as usize, &mut bytes)?;
        self.data.skip(unwanted)?;
        Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from_vec(bytes)))
    }

    pub(super) fn read_text(&mut self, rows: &Rows<'_>) -> Result<StringArray, OrcError> {
        let (offsets, bytes) = self.read(rows)?;
        StringArray::try_new(offsets, bytes, rows.kept_nulls())
            .map_err(|error| self.data.damaged(format!("text is not UTF-8: {error}")))
    }
}

struct Texts {
    blobs: Blobs,
    as_views: bool,
}

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    let (text, _) = text_type(opening.target);
    let Some(as_views) = as_views(text) else { return Ok(None) };
    Ok(Some(Box::new(Texts { blobs: Blobs::open(opening, StreamKind::Data)?, as_views })))
}

/// Returns the type of a target's texts, and whether the target is a dictionary of them.
pub(super) fn text_type(target: &DataType) -> (&DataType, bool) {
    match target {
        DataType::Dictionary(key, value) if **key == DataType::UInt32 => (value.as_ref(), true),
        text => (text, false),
    }
}

/// Whether texts of a type are views; `None` if it is not a type of text.
pub(super) fn as_views(text: &DataType) -> Option<bool> {
    match text {
        DataType::Utf8 => Some(false),
        DataType::Utf8View => Some(true),
        _ => None,
    }
}

impl Values for Texts {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.blobs.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        self.blobs.seek(positions)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let text = self.blobs.read_text(&rows)?;
        Ok(if self.as_views { Arc::new(StringViewArray::from(&text)) } else { Arc::new(text) })
    }
}

struct Binaries(Blobs);

pub(super) fn open_binary(opening: &Opening<'_>) -> Opened {
    match opening.target {
        DataType::Binary => Ok(Some(Box::new(Binaries(Blobs::open(opening, StreamKind::Data)?)))),
        _ => Ok(None),
    }
}

impl Values for Binaries {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.0.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        self.0.seek(positions)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let (offsets, bytes) = self.0.read(&rows)?;
        Ok(Arc::new(BinaryArray::try_new(offsets, bytes, rows.kept_nulls())?))
    }
}
