//! Growing columns: append a JSON value or nothing, take the last row back, become an Arrow array.

mod map;
mod nested;
mod rows;
mod scalars;
mod text;

pub(super) use nested::FieldColumns;

use super::record::shape::Spelling;
use super::record::sketch::Sketch;
use super::record::spelling;
use super::{Oddities, add};
use crate::event::schema::Type;
use crate::event::time;
use crate::json::Cursor;
use arrow::array::ArrayRef;
use arrow::datatypes::{Field as ArrowField, Float64Type, Int32Type, TimestampMillisecondType};
use arrow::error::ArrowError;
use map::MapColumn;
use nested::{ListColumn, StructColumn};
use scalars::{BooleanColumn, PrimitiveColumn, double, integer};
use std::sync::Arc;
use text::TextColumn;

/// A column of any type of the table.
#[derive(Debug)]
enum Column {
    Text(TextColumn),
    Boolean(BooleanColumn),
    Integer(PrimitiveColumn<Int32Type>),
    Double(PrimitiveColumn<Float64Type>),
    Timestamp(PrimitiveColumn<TimestampMillisecondType>),
    Map(MapColumn),
    Struct(StructColumn),
    List(ListColumn),
}

/// The number of a field that shapes of records cannot name; what it holds is of their rest.
const NO_FIELD: u16 = 0;

impl Column {
    /// Returns an empty column; `path` is the dotted JSON path, for counting what does not fit, and `with_ids` the field
    /// with its id.
    fn new(data_type: Type, path: &str, with_ids: &ArrowField, is_in_list: bool) -> Self {
        match data_type {
            Type::Text => Self::Text(TextColumn::default()),
            Type::Boolean => Self::Boolean(BooleanColumn::default()),
            Type::Integer => Self::Integer(PrimitiveColumn::default()),
            Type::Double => Self::Double(PrimitiveColumn::default()),
            Type::Timestamp => Self::Timestamp(PrimitiveColumn::default()),
            Type::Map => Self::Map(MapColumn::default()),
            Type::Struct(fields) => {
                Self::Struct(StructColumn::new(fields, path, with_ids, is_in_list))
            }
            Type::StructList(fields) => Self::List(ListColumn::new(fields, path, with_ids)),
        }
    }

    #[inline]
    fn len(&self) -> usize {
        match self {
            Self::Text(c) => c.len(),
            Self::Boolean(c) => c.len(),
            Self::Integer(c) => c.len(),
            Self::Double(c) => c.len(),
            Self::Timestamp(c) => c.len(),
            Self::Map(c) => c.len(),
            Self::Struct(c) => c.len(),
            Self::List(c) => c.len(),
        }
    }

    /// Appends NULL until the column has `rows` rows.
    #[inline]
    fn pad(&mut self, rows: usize) {
        if self.len() >= rows {
            return;
        }
        match self {
            Self::Text(c) => c.pad(rows),
            Self::Boolean(c) => c.pad(rows),
            Self::Integer(c) => c.pad(rows),
            Self::Double(c) => c.pad(rows),
            Self::Timestamp(c) => c.pad(rows),
            Self::Map(c) => c.pad(rows),
            Self::Struct(c) => c.pad(rows),
            Self::List(c) => c.pad(rows),
        }
    }

    /// Takes rows back until `rows` are left.
    #[inline]
    fn truncate(&mut self, rows: usize) {
        if self.len() <= rows {
            return;
        }
        match self {
            Self::Text(c) => c.truncate(rows),
            Self::Boolean(c) => c.truncate(rows),
            Self::Integer(c) => c.truncate(rows),
            Self::Double(c) => c.truncate(rows),
            Self::Timestamp(c) => c.truncate(rows),
            Self::Map(c) => c.truncate(rows),
            Self::Struct(c) => c.truncate(rows),
            Self::List(c) => c.truncate(rows),
        }
    }

    /// Appends the value at the cursor; NULL, and a count, where it does not fit. `sketch` is told how the value of
    /// field `id` is spelled.
    #[inline]
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        path: impl Fn() -> String,
        (sketch, id): (&mut Sketch<'_>, u16),
    ) {
        let from = cursor.position();
        let (fits, spelled) = match self {
            Self::Text(c) => (true, c.read(cursor, sketch.is_wanted())),
            Self::Boolean(c) => {
                let fits = c.read(cursor);
                (fits, spelling::is_boolean(cursor.since(from)).then_some(Spelling::Value))
            }
            Self::Integer(c) => {
                let fits = c.read(cursor, integer);
                let write = |value, out: &mut Vec<u8>| spelling::integer(value, out);
                (fits, c.spelled_as(cursor.since(from), sketch, write))
            }
            Self::Double(c) => {
                let fits = c.read(cursor, double);
                let write = |value, out: &mut Vec<u8>| spelling::double(value, out);
                (fits, c.spelled_as(cursor.since(from), sketch, write))
            }
            Self::Timestamp(c) => {
                let fits = c.read(cursor, time::parse);
                let last = c.last().unwrap_or_default();
                let as_time = |scratch| spelling::of_timestamp(cursor.since(from), last, scratch);
                (fits, sketch.scratch().and_then(as_time))
            }
            Self::Map(_) | Self::Struct(_) | Self::List(_) => {
                let mut of_rest = Sketch::none();
                let inside = if id == NO_FIELD { &mut of_rest } else { &mut *sketch };
                let fits = self.read_nested(cursor, oddities, inside, id);
                if id == NO_FIELD {
                    note(sketch, cursor, from, None, id);
                }
                if !fits {
                    add(&mut oddities.misfit, path(), 1);
                }
                return;
            }
        };
        note(sketch, cursor, from, spelled, id);
        if !fits {
            add(&mut oddities.misfit, path(), 1);
        }
    }

    /// The same for what consists of other values. Returns whether it fits.
    fn read_nested(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
        id: u16,
    ) -> bool {
        match self {
            Self::Map(c) => c.read(cursor, sketch, id),
            Self::Struct(c) => c.read(cursor, oddities, sketch),
            Self::List(c) => c.read(cursor, oddities, sketch, id),
            _ => true,
        }
    }

    /// Takes all rows as an array.
    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(c) => Arc::new(c.finish()?),
            Self::Boolean(c) => Arc::new(c.finish()),
            Self::Integer(c) => Arc::new(c.finish()?),
            Self::Double(c) => Arc::new(c.finish()?),
            Self::Timestamp(c) => Arc::new(c.finish()?),
            Self::Map(c) => Arc::new(c.finish()?),
            Self::Struct(c) => Arc::new(c.finish()?),
            Self::List(c) => Arc::new(c.finish()?),
        })
    }
}

/// Notes how the value from `from` to the cursor is spelled, which field `id` gives; `None` for a value of the rest.
/// What is `null` is so in every column.
#[inline]
fn note(
    sketch: &mut Sketch<'_>,
    cursor: &Cursor<'_>,
    from: usize,
    spelled: Option<Spelling>,
    id: u16,
) {
    if sketch.is_wanted() && cursor.since(from) != b"null" {
        match spelled {
            Some(spelling) if id != NO_FIELD => sketch.value(spelling, id, from, cursor.position()),
            _ => sketch.rest(from, cursor.position()),
        }
    }
}
