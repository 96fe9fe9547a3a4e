//! `array` and `map`: the number of elements in each value; the elements are columns inside.

use super::super::rle::Integers;
use super::super::stripe::StripeReader;
use super::rows::{elements, sizes};
use super::{ColumnReader, Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use arrow::array::{ArrayRef, BooleanBufferBuilder, ListArray, MapArray, StructArray};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

/// The lengths of lists.
pub(super) struct Lengths(pub(super) Integers);

/// Lists of a read: where the kept ones are among the kept elements.
pub(super) struct Spans {
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
    /// Elements to read, kept or not.
    pub(super) elements: usize,
    pub(super) keep: Option<BooleanBuffer>,
}

impl Lengths {
    /// Steps over `count` lists, and returns how many elements they have.
    pub(super) fn skip(&mut self, count: usize) -> Result<usize, OrcError> {
        let sizes = sizes(&mut self.0, count)?;
        elements(&self.0, &sizes)
    }

    pub(super) fn read(&mut self, rows: &Rows<'_>) -> Result<Spans, OrcError> {
        let sizes = sizes(&mut self.0, rows.values())?;
        let total = elements(&self.0, &sizes)?;
        let mut sizes = sizes.into_iter();
        let mut offsets = Vec::with_capacity(rows.count + 1);
        offsets.push(0_i32);
        let mut end = 0;
        let mut kept = rows.keep.map(|_| BooleanBufferBuilder::new(total));
        for row in 0..rows.count {
            let size = if rows.is_valid(row) { sizes.next().unwrap_or(0) as usize } else { 0 };
            let wanted = rows.is_kept(row);
            if let Some(kept) = &mut kept {
                kept.append_n(size, wanted);
            }
            if wanted {
                end += size;
                offsets.push(end as i32);
            }
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let keep = kept.map(|mut kept| kept.finish());
        Ok(Spans { offsets, nulls: rows.kept_nulls(), elements: total, keep })
    }
}

struct Lists {
    lengths: Lengths,
    item: ColumnReader,
    field: FieldRef,
}

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    let DataType::List(field) = opening.target else { return Ok(None) };
    let item = opening.column.children.first();
    let item = ColumnReader::open(opening.stripe, item, field.data_type())?;
    let lengths = Lengths(opening.unsigned(StreamKind::Length)?);
    Ok(Some(Box::new(Lists { lengths, item, field: Arc::clone(field) })))
}

impl Values for Lists {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        let elements = self.lengths.skip(count)?;
        self.item.skip(elements)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.lengths.0)
    }

    fn seek_inside(&mut self, stripe: &StripeReader, group: usize) -> Result<(), OrcError> {
        self.item.seek(stripe, group)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let Spans { offsets, nulls, elements, keep } = self.lengths.read(&rows)?;
        let items = self.item.read(elements, None, keep.as_ref())?;
        Ok(Arc::new(ListArray::try_new(Arc::clone(&self.field), offsets, items, nulls)?))
    }
}

struct Maps {
    lengths: Lengths,
    /// Key and value.
    members: [ColumnReader; 2],
    entries: FieldRef,
    fields: Fields,
}

pub(super) fn open_map(opening: &Opening<'_>) -> Opened {
    let DataType::Map(entries, _) = opening.target else { return Ok(None) };
    let DataType::Struct(fields) = entries.data_type() else { return Ok(None) };
    let ([key, value], [key_field, value_field]) =
        (opening.column.children.as_slice(), fields.as_ref())
    else {
        return Ok(None);
    };
    let key = ColumnReader::open(opening.stripe, Some(key), key_field.data_type())?;
    let value = ColumnReader::open(opening.stripe, Some(value), value_field.data_type())?;
    let lengths = Lengths(opening.unsigned(StreamKind::Length)?);
    let (entries, fields) = (Arc::clone(entries), fields.clone());
    Ok(Some(Box::new(Maps { lengths, members: [key, value], entries, fields })))
}

impl Values for Maps {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        let elements = self.lengths.skip(count)?;
        self.members.iter_mut().try_for_each(|member| member.skip(elements))
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.lengths.0)
    }

    fn seek_inside(&mut self, stripe: &StripeReader, group: usize) -> Result<(), OrcError> {
        self.members.iter_mut().try_for_each(|member| member.seek(stripe, group))
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let Spans { offsets, nulls, elements, keep } = self.lengths.read(&rows)?;
        let members = self.members.iter_mut();
        let arrays = members
            .map(|member| member.read(elements, None, keep.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        let inside = StructArray::try_new(self.fields.clone(), arrays, None)?;
        let entries = Arc::clone(&self.entries);
        Ok(Arc::new(MapArray::try_new(entries, offsets, inside, nulls, false)?))
    }
}
