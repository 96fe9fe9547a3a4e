//! The values of one column of a stripe, and of the columns inside it, as Arrow arrays.
//!
//! A column inside a struct, list or map has values only where its parent has one. So a read gives a
//! mask of the rows at which the column's streams have a value, and the result has all rows. A read
//! can keep some rows only: others are stepped over, and of text not even copied.
//!
//! [`ColumnReader`] knows which rows are null. What is in the others is known by one [`Values`] a kind of
//! column: `boolean`, `integer`, `float`, `text`, `dictionary`, `decimal`, `timestamp`, `structs`, `lists`,
//! and `missing` where the file lacks the column; `inside` knows what is read of lists and maps alone. `rows` puts values into their rows, `positions` goes to
//! row groups.

mod boolean;
mod decimal;
mod dictionary;
mod float;
mod inside;
mod integer;
mod lists;
mod missing;
mod positions;
mod rows;
mod structs;
mod text;
mod timestamp;

use super::path::Inside;
use super::rle::{Bits, Integers};
use super::stream::ByteStream;
use super::stripe::StripeReader;
use crate::error::OrcError;
use crate::schema::{Column, Kind};
use arrow::array::ArrayRef;
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::DataType;
use orc_rust::proto::column_encoding::Kind as Encoding;
use orc_rust::proto::stream::Kind as StreamKind;
use positions::Positions;
use rows::Rows;

pub use rows::scatter_bits;

/// The values of a column that are not null, in order.
trait Values: Send + Sync {
    /// Steps over `count` values.
    fn skip(&mut self, count: usize) -> Result<(), OrcError>;

    /// Goes to a row group, as far as the column's own streams go.
    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError>;

    /// Goes to a row group in the columns inside.
    fn seek_inside(&mut self, _stripe: &StripeReader, _group: usize) -> Result<(), OrcError> {
        Ok(())
    }

    /// Reads the values of some rows, and returns those rows that are kept.
    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError>;

    /// Returns the column's distinct texts in this stripe, if that is how they are stored and reads
    /// give dictionary arrays.
    fn dictionary(&mut self) -> Result<Option<ArrayRef>, OrcError> {
        Ok(None)
    }

    /// Returns how many distinct texts [`Self::dictionary`] would give.
    fn dictionary_size(&self) -> Option<usize> {
        None
    }
}

/// A column of a stripe that is about to be read as an Arrow type.
struct Opening<'a> {
    stripe: &'a StripeReader,
    column: &'a Column,
    target: &'a DataType,
}

/// What reads the column; `None` if the column's type is not that of the table.
type Opened = Result<Option<Box<dyn Values>>, OrcError>;

impl Opening<'_> {
    fn encoding(&self) -> Encoding {
        self.stripe.encoding(self.column.id)
    }

    fn bytes(&self, kind: StreamKind) -> Result<ByteStream, OrcError> {
        self.stripe.stream(self.column.id, kind)
    }

    fn signed(&self, kind: StreamKind) -> Result<Integers, OrcError> {
        Ok(Integers::new(self.bytes(kind)?, true))
    }

    fn unsigned(&self, kind: StreamKind) -> Result<Integers, OrcError> {
        Ok(Integers::new(self.bytes(kind)?, false))
    }

    fn open(&self, inside: &Inside) -> Opened {
        if *inside != Inside::Whole {
            return inside::open(self, inside);
        }
        match self.column.kind {
            Kind::Boolean => boolean::open(self),
            Kind::Byte => integer::open_bytes(self),
            Kind::Short | Kind::Int | Kind::Long | Kind::Date => integer::open(self),
            Kind::Float | Kind::Double => float::open(self),
            Kind::String => match self.encoding() {
                Encoding::DictionaryV2 => dictionary::open(self),
                _ => text::open(self),
            },
            Kind::Binary => text::open_binary(self),
            Kind::Decimal(..) => decimal::open(self),
            Kind::Timestamp | Kind::TimestampInstant => timestamp::open(self),
            Kind::Struct => structs::open(self),
            Kind::List => lists::open(self),
            Kind::Map => lists::open_map(self),
        }
    }

    /// Refuses what version 1 of the run length encoding was used for.
    fn check_encoding(&self) -> Result<(), OrcError> {
        let has_integers = !matches!(
            self.column.kind,
            Kind::Boolean | Kind::Byte | Kind::Float | Kind::Double | Kind::Struct
        );
        if has_integers && matches!(self.encoding(), Encoding::Direct | Encoding::Dictionary) {
            return Err(OrcError::Unsupported(format!(
                "version 1 of the run length encoding (column {} of the file)",
                self.column.id
            )));
        }
        Ok(())
    }
}

/// Reads a column in order; it can go to any row group.
pub(crate) struct ColumnReader {
    /// `None` if the file lacks the column.
    id: Option<usize>,
    present: Option<Bits>,
    values: Box<dyn Values>,
}

impl ColumnReader {
    /// Begins to read `column`, or one that the file lacks, as `target`.
    ///
    /// # Errors
    /// When the file's type is another one than `target`, or an encoding is not supported.
    pub(crate) fn open(
        stripe: &StripeReader,
        column: Option<&Column>,
        target: &DataType,
    ) -> Result<Self, OrcError> {
        Self::open_inside(stripe, column, &Inside::Whole, target)
    }

    /// Begins to read what is `inside` a column as `target`.
    ///
    /// # Errors
    /// As [`Self::open`], and when there is nothing such inside a column of that type.
    pub(crate) fn open_inside(
        stripe: &StripeReader,
        column: Option<&Column>,
        inside: &Inside,
        target: &DataType,
    ) -> Result<Self, OrcError> {
        let Some(column) = column else {
            let values = match inside {
                Inside::Elements(_) => inside::no_elements(target),
                _ => missing::open(target),
            };
            return Ok(Self { id: None, present: None, values });
        };
        let present = stripe.optional(column.id, StreamKind::Present)?.map(Bits::new);
        let opening = Opening { stripe, column, target };
        opening.check_encoding()?;
        let values = opening.open(inside)?.ok_or_else(|| {
            OrcError::Unsupported(format!(
                "column {:?} is {} in the file and {target} in the table; this",
                column.name,
                column.data_type()
            ))
        })?;
        Ok(Self { id: Some(column.id), present, values })
    }

    /// Returns the column's distinct texts in this stripe, if that is how they are stored and reads
    /// give dictionary arrays.
    pub(crate) fn dictionary(&mut self) -> Result<Option<ArrayRef>, OrcError> {
        self.values.dictionary()
    }

    /// Returns how many distinct texts [`Self::dictionary`] would give.
    pub(crate) fn dictionary_size(&self) -> Option<usize> {
        self.values.dictionary_size()
    }

    /// Steps over `count` rows that have a value in the streams, as far as the column itself goes;
    /// returns how many of them are not null.
    pub(crate) fn step(&mut self, count: usize) -> Result<usize, OrcError> {
        match &mut self.present {
            Some(present) => Ok(present.read(count)?.count_set_bits()),
            None => Ok(count),
        }
    }

    /// Steps over `count` rows that have a value in the streams.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        let count = self.step(count)?;
        self.values.skip(count)
    }

    /// Goes to a row group.
    pub(crate) fn seek(&mut self, stripe: &StripeReader, group: usize) -> Result<(), OrcError> {
        let Some(id) = self.id else { return Ok(()) };
        let index = stripe.row_index(id)?;
        let mut positions = Positions::new(&index, stripe, id, group)?;
        if let Some(present) = &mut self.present {
            positions.seek_bits(present)?;
        }
        self.values.seek(&mut positions)?;
        self.values.seek_inside(stripe, group)
    }

    /// Reads `rows` rows, of which those in `mask` have a value in the streams (`None`: all), and
    /// returns those in `keep` (`None`: all).
    pub(crate) fn read(
        &mut self,
        rows: usize,
        mask: Option<&NullBuffer>,
        keep: Option<&BooleanBuffer>,
    ) -> Result<ArrayRef, OrcError> {
        let nulls = self.nulls(rows, mask)?;
        self.values.read(Rows { count: rows, nulls, keep })
    }

    /// Returns which of `rows` rows are not null, given those that have a value in the streams.
    pub(crate) fn nulls(
        &mut self,
        rows: usize,
        mask: Option<&NullBuffer>,
    ) -> Result<Option<NullBuffer>, OrcError> {
        let Some(present) = &mut self.present else { return Ok(mask.cloned()) };
        let count = rows - mask.map_or(0, NullBuffer::null_count);
        let bits = present.read(count)?;
        if bits.count_set_bits() == count {
            return Ok(mask.cloned());
        }
        Ok(Some(NullBuffer::new(match mask {
            Some(mask) => scatter_bits(mask.inner(), &bits),
            None => bits,
        })))
    }
}
