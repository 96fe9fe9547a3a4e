//! Growing columns: append a JSON value or nothing, take the last row back, become an Arrow array.

use super::layout::{StructLayout, Target};
use super::{Oddities, add};
use crate::event::schema::{self, Field, Type};
use crate::event::time;
use crate::json::cursor::{Cursor, Kind};
use crate::json::{is_value, text};
use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, ListArray, MapArray, PrimitiveArray, StringArray,
    StructArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowPrimitiveType, Float64Type, Int32Type, TimestampMillisecondType};
use arrow::error::ArrowError;
use std::collections::HashMap;
use std::sync::Arc;

/// A column of any type of the table.
#[derive(Debug)]
pub(super) enum Column {
    Text(TextColumn),
    Boolean(BooleanColumn),
    Integer(PrimitiveColumn<Int32Type>),
    Double(PrimitiveColumn<Float64Type>),
    Timestamp(PrimitiveColumn<TimestampMillisecondType>),
    Map(MapColumn),
    Struct(StructColumn),
    List(ListColumn),
}

impl Column {
    /// Returns an empty column; `path` is the dotted JSON path, for counting what does not fit.
    fn new(data_type: Type, path: &str) -> Self {
        match data_type {
            Type::Text => Self::Text(TextColumn::default()),
            Type::Boolean => Self::Boolean(BooleanColumn::default()),
            Type::Integer => Self::Integer(PrimitiveColumn::default()),
            Type::Double => Self::Double(PrimitiveColumn::default()),
            Type::Timestamp => Self::Timestamp(PrimitiveColumn::default()),
            Type::Map => Self::Map(MapColumn::default()),
            Type::Struct(fields) => Self::Struct(StructColumn::new(fields, path)),
            Type::StructList(fields) => Self::List(ListColumn {
                ends: Vec::new(),
                items: StructColumn::new(fields, path),
                valid: Validity::default(),
                fields,
            }),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(c) => c.ends.len(),
            Self::Boolean(c) => c.valid.len(),
            Self::Integer(c) => c.values.len(),
            Self::Double(c) => c.values.len(),
            Self::Timestamp(c) => c.values.len(),
            Self::Map(c) => c.ends.len(),
            Self::Struct(c) => c.valid.len(),
            Self::List(c) => c.ends.len(),
        }
    }

    /// Appends NULL until the column has `rows` rows.
    #[inline]
    fn pad(&mut self, rows: usize) {
        while self.len() < rows {
            match self {
                Self::Text(c) => c.push_null(),
                Self::Boolean(c) => c.push(None),
                Self::Integer(c) => c.push(None),
                Self::Double(c) => c.push(None),
                Self::Timestamp(c) => c.push(None),
                Self::Map(c) => c.push_null(),
                Self::Struct(c) => c.push_null(),
                Self::List(c) => c.push_null(),
            }
        }
    }

    /// Takes rows back until `rows` are left.
    fn truncate(&mut self, rows: usize) {
        if self.len() <= rows {
            return;
        }
        match self {
            Self::Text(c) => c.truncate(rows),
            Self::Boolean(c) => {
                c.values.truncate(rows);
                c.valid.truncate(rows);
            }
            Self::Integer(c) => c.truncate(rows),
            Self::Double(c) => c.truncate(rows),
            Self::Timestamp(c) => c.truncate(rows),
            Self::Map(c) => c.truncate(rows),
            Self::Struct(c) => c.truncate(rows),
            Self::List(c) => c.truncate(rows),
        }
    }

    /// Appends the value at the cursor; NULL, and a count, where it does not fit.
    #[inline]
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        path: impl Fn() -> String,
    ) {
        let fits = match self {
            Self::Text(c) => {
                c.read(cursor);
                true
            }
            Self::Boolean(c) => c.read(cursor),
            Self::Integer(c) => c.read(cursor, integer),
            Self::Double(c) => c.read(cursor, double),
            Self::Timestamp(c) => c.read(cursor, time::parse),
            Self::Map(c) => c.read(cursor),
            Self::Struct(c) => c.read(cursor, oddities),
            Self::List(c) => c.read(cursor, oddities),
        };
        if !fits {
            add(&mut oddities.misfit, path(), 1);
        }
    }

    /// Appends text that does not come from a member of the record.
    pub(super) fn push_derived(&mut self, text: &[u8]) {
        if let Self::Text(column) = self {
            column.push(text);
        }
    }

    /// Takes all rows as an array.
    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(c) => Arc::new(c.finish()?),
            Self::Boolean(c) => {
                let values = c.values.finish();
                Arc::new(BooleanArray::new(values, c.valid.finish()))
            }
            Self::Integer(c) => Arc::new(c.finish()?),
            Self::Double(c) => Arc::new(c.finish()?),
            Self::Timestamp(c) => Arc::new(c.finish()?),
            Self::Map(c) => Arc::new(c.finish()?),
            Self::Struct(c) => Arc::new(c.finish()?),
            Self::List(c) => Arc::new(c.finish()?),
        })
    }
}

/// Which rows are not NULL.
#[derive(Debug)]
pub(super) struct Validity(BooleanBufferBuilder);

impl Default for Validity {
    fn default() -> Self {
        Self(BooleanBufferBuilder::new(0))
    }
}

impl Validity {
    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn push(&mut self, valid: bool) {
        self.0.append(valid);
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(&mut self) -> Option<NullBuffer> {
        Some(NullBuffer::new(self.0.finish())).filter(|nulls| nulls.null_count() > 0)
    }
}

/// Ends of variable-length rows to Arrow's offsets, which begin with 0.
fn offsets(ends: &mut Vec<usize>) -> Result<OffsetBuffer<i32>, ArrowError> {
    let mut offsets = Vec::with_capacity(ends.len() + 1);
    offsets.push(0);
    for end in ends.drain(..) {
        let end = i32::try_from(end).map_err(|_| ArrowError::OffsetOverflowError(end))?;
        offsets.push(end);
    }
    Ok(OffsetBuffer::new(ScalarBuffer::from(offsets)))
}

#[derive(Debug, Default)]
pub(super) struct TextColumn {
    ends: Vec<usize>,
    data: Vec<u8>,
    valid: Validity,
}

impl TextColumn {
    #[inline]
    pub(super) fn push(&mut self, text: &[u8]) {
        self.data.extend_from_slice(text);
        self.end_row(true);
    }

    #[inline]
    fn push_null(&mut self) {
        self.end_row(false);
    }

    #[inline]
    fn end_row(&mut self, valid: bool) {
        self.ends.push(self.data.len());
        self.valid.push(valid);
    }

    /// Appends the value at the cursor: strings without escapes, other scalars as they stand,
    /// nested values as compact JSON.
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>) {
        match cursor.kind() {
            Kind::String => text::unescape_into(cursor.string(), &mut self.data),
            Kind::Null => {
                cursor.raw();
                return self.push_null();
            }
            Kind::Number | Kind::Boolean => self.data.extend_from_slice(cursor.raw()),
            Kind::Object | Kind::Array => text::compact_into(cursor, &mut self.data),
        }
        self.end_row(true);
    }

    fn start(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.ends[row - 1] }
    }

    fn bytes(&self, row: usize) -> &[u8] {
        &self.data[self.start(row)..self.ends[row]]
    }

    fn truncate(&mut self, rows: usize) {
        self.data.truncate(self.start(rows));
        self.ends.truncate(rows);
        self.valid.truncate(rows);
    }

    fn finish(&mut self) -> Result<StringArray, ArrowError> {
        let next = Vec::with_capacity(self.data.len());
        let data = std::mem::replace(&mut self.data, next);
        StringArray::try_new(offsets(&mut self.ends)?, Buffer::from_vec(data), self.valid.finish())
    }
}

#[derive(Debug)]
pub(super) struct BooleanColumn {
    values: BooleanBufferBuilder,
    valid: Validity,
}

impl Default for BooleanColumn {
    fn default() -> Self {
        Self { values: BooleanBufferBuilder::new(0), valid: Validity::default() }
    }
}

impl BooleanColumn {
    #[inline]
    fn push(&mut self, value: Option<bool>) {
        self.values.append(value.unwrap_or_default());
        self.valid.push(value.is_some());
    }

    /// Returns whether the value fits.
    fn read(&mut self, cursor: &mut Cursor<'_>) -> bool {
        let raw = cursor.raw();
        let plain = raw.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        let word = plain.unwrap_or(raw).trim_ascii();
        let value = match word.len() {
            4 if word.eq_ignore_ascii_case(b"true") => Some(true),
            5 if word.eq_ignore_ascii_case(b"false") => Some(false),
            _ => None,
        };
        self.push(value);
        value.is_some() || is_null(word)
    }
}

fn is_null(raw: &[u8]) -> bool {
    matches!(raw, b"null" | b"")
}

/// What stands where an object or a list is expected. Exports from other engines give these as their
/// JSON text.
enum Quoted {
    /// Nothing, or `null`.
    Null,
    /// A JSON value, checked.
    Value(Vec<u8>),
    /// Anything else.
    Other,
}

impl Quoted {
    /// Reads the value at the cursor, which is not of the kind that is expected.
    fn read(cursor: &mut Cursor<'_>) -> Self {
        if cursor.kind() != Kind::String {
            return if is_null(cursor.raw()) { Self::Null } else { Self::Other };
        }
        let mut text = Vec::new();
        text::unescape_into(cursor.string(), &mut text);
        let word = text.trim_ascii();
        if is_null(word) {
            return Self::Null;
        }
        if is_value(&text) { Self::Value(text) } else { Self::Other }
    }
}

/// Numbers, and times as numbers.
#[derive(Debug)]
pub(super) struct PrimitiveColumn<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    valid: Validity,
}

impl<T: ArrowPrimitiveType> Default for PrimitiveColumn<T> {
    fn default() -> Self {
        Self { values: Vec::new(), valid: Validity::default() }
    }
}

impl<T: ArrowPrimitiveType> PrimitiveColumn<T> {
    #[inline]
    fn push(&mut self, value: Option<T::Native>) {
        self.values.push(value.unwrap_or_default());
        self.valid.push(value.is_some());
    }

    /// Returns whether the value fits, as `parse` reads its text.
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        parse: impl Fn(&[u8]) -> Option<T::Native>,
    ) -> bool {
        let (value, null) = match cursor.kind() {
            Kind::String => {
                let raw = cursor.string();
                if raw.escaped {
                    let mut plain = Vec::new();
                    text::unescape_into(raw, &mut plain);
                    (parse(&plain), false)
                } else {
                    (parse(raw.bytes), is_null(raw.bytes))
                }
            }
            _ => {
                let raw = cursor.raw();
                (parse(raw), is_null(raw))
            }
        };
        self.push(value);
        value.is_some() || null
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.valid.truncate(rows);
    }

    fn finish(&mut self) -> Result<PrimitiveArray<T>, ArrowError> {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        PrimitiveArray::try_new(values, self.valid.finish())
    }
}

/// Reads a number that a JSON number or its text gives.
fn double(text: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Reads a whole number of 32 bits, however it is written (`10080.0`).
fn integer(text: &[u8]) -> Option<i32> {
    let number = double(text)?;
    let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
    (number.fract() == 0.0 && range.contains(&number)).then_some(number as i32)
}

#[derive(Debug, Default)]
pub(super) struct MapColumn {
    ends: Vec<usize>,
    keys: TextColumn,
    values: TextColumn,
    valid: Validity,
}

/// Up to this many keys, comparing each with all before it beats a hash table.
const MAX_LINEAR_SEARCH_KEYS: usize = 24;

impl MapColumn {
    #[inline]
    fn end_row(&mut self, valid: bool) {
        self.ends.push(self.keys.ends.len());
        self.valid.push(valid);
    }

    fn push_null(&mut self) {
        self.end_row(false);
    }

    fn read(&mut self, cursor: &mut Cursor<'_>) -> bool {
        match cursor.kind() {
            Kind::Object => self.read_object(cursor),
            _ => match Quoted::read(cursor) {
                Quoted::Value(text) => return self.read(&mut Cursor::new(&text)),
                quoted => {
                    self.push_null();
                    return matches!(quoted, Quoted::Null);
                }
            },
        }
        true
    }

    fn read_object(&mut self, cursor: &mut Cursor<'_>) {
        let from = self.keys.ends.len();
        let mut repeated = false;
        cursor.enter();
        while let Some(key) = cursor.next_member() {
            text::unescape_into(key, &mut self.keys.data);
            self.keys.end_row(true);
            self.values.read(cursor);
            let last = self.keys.ends.len() - 1;
            if last - from <= MAX_LINEAR_SEARCH_KEYS {
                let key = self.keys.bytes(last);
                repeated = repeated || (from..last).any(|row| self.keys.bytes(row) == key);
            }
        }
        if repeated || self.keys.ends.len() - from > MAX_LINEAR_SEARCH_KEYS {
            self.merge_repeated(from);
        }
        self.end_row(true);
    }

    /// Keeps one entry a key from entry `from` on: a map has no key twice, and of members with one
    /// name the last counts.
    fn merge_repeated(&mut self, from: usize) {
        let to = self.keys.ends.len();
        let mut last_of = HashMap::with_capacity(to - from);
        for row in from..to {
            last_of.insert(self.keys.bytes(row).to_vec(), row);
        }
        if last_of.len() == to - from {
            return;
        }
        let mut kept = Vec::with_capacity(last_of.len());
        for row in from..to {
            if let Some(last) = last_of.remove(self.keys.bytes(row)) {
                let value =
                    self.values.valid.0.get_bit(last).then(|| self.values.bytes(last).to_vec());
                kept.push((self.keys.bytes(row).to_vec(), value));
            }
        }
        self.keys.truncate(from);
        self.values.truncate(from);
        for (key, value) in kept {
            self.keys.push(&key);
            match value {
                Some(value) => self.values.push(&value),
                None => self.values.push_null(),
            }
        }
    }

    fn truncate(&mut self, rows: usize) {
        let entries = if rows == 0 { 0 } else { self.ends[rows - 1] };
        self.ends.truncate(rows);
        self.valid.truncate(rows);
        self.keys.truncate(entries);
        self.values.truncate(entries);
    }

    fn finish(&mut self) -> Result<MapArray, ArrowError> {
        let entries = schema::map_entries();
        let arrow::datatypes::DataType::Struct(fields) = entries.data_type() else {
            return Err(ArrowError::SchemaError("map entries are a struct".to_owned()));
        };
        let pairs = StructArray::try_new(
            fields.clone(),
            vec![Arc::new(self.keys.finish()?), Arc::new(self.values.finish()?)],
            None,
        )?;
        MapArray::try_new(entries, offsets(&mut self.ends)?, pairs, self.valid.finish(), false)
    }
}

/// The columns of an object's fields, one each.
#[derive(Debug)]
pub(super) struct FieldColumns {
    layout: StructLayout,
    pub(super) columns: Vec<Column>,
}

impl FieldColumns {
    /// Returns empty columns for `fields` of the object at `path`.
    pub(super) fn new(fields: &'static [Field], path: &str) -> Self {
        let layout = StructLayout::new(fields, path);
        let columns = fields
            .iter()
            .map(|field| Column::new(field.data_type, &layout.path_of(field.json)))
            .collect();
        Self { columns, layout }
    }

    /// Reads the object at the cursor into row `row`. Columns whose field is missing keep their length.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>, row: usize, oddities: &mut Oddities) {
        read_members(&mut self.layout, &mut self.columns, cursor, row, oddities);
    }

    /// Appends NULL to each column until it has `rows` rows.
    pub(super) fn pad(&mut self, rows: usize) {
        for column in &mut self.columns {
            column.pad(rows);
        }
    }

    fn truncate(&mut self, rows: usize) {
        for column in &mut self.columns {
            column.truncate(rows);
        }
    }

    /// Takes all rows as arrays.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        self.columns.iter_mut().map(Column::finish).collect()
    }
}

/// Reads the members of the object at the cursor into row `row` of the columns that `layout` says.
fn read_members(
    layout: &mut StructLayout,
    columns: &mut [Column],
    cursor: &mut Cursor<'_>,
    row: usize,
    oddities: &mut Oddities,
) {
    cursor.enter();
    let mut previous = layout.start();
    while let Some(member) = layout.next(previous, cursor, oddities) {
        match layout.target(member) {
            Target::Field(field) => {
                columns[field].truncate(row); // given twice: the last counts
                columns[field].read(cursor, oddities, || layout.path(member));
            }
            Target::Inside(at) => {
                if !read_inside(&mut layout.inside[at], columns, cursor, row, oddities) {
                    add(&mut oddities.misfit, layout.path(member), 1);
                }
            }
        }
        previous = member;
    }
}

/// Reads what an inner object gives to columns of the object around it. Returns whether it is one.
fn read_inside(
    layout: &mut StructLayout,
    columns: &mut [Column],
    cursor: &mut Cursor<'_>,
    row: usize,
    oddities: &mut Oddities,
) -> bool {
    if cursor.kind() == Kind::Object {
        read_members(layout, columns, cursor, row, oddities);
        return true;
    }
    match Quoted::read(cursor) {
        Quoted::Value(text) => read_inside(layout, columns, &mut Cursor::new(&text), row, oddities),
        quoted => matches!(quoted, Quoted::Null),
    }
}

#[derive(Debug)]
pub(super) struct StructColumn {
    members: FieldColumns,
    valid: Validity,
    fields: &'static [Field],
}

impl StructColumn {
    fn new(fields: &'static [Field], path: &str) -> Self {
        Self { members: FieldColumns::new(fields, path), valid: Validity::default(), fields }
    }

    fn push_null(&mut self) {
        self.end_row(false);
    }

    fn end_row(&mut self, valid: bool) {
        self.valid.push(valid);
        self.members.pad(self.valid.len());
    }

    fn read(&mut self, cursor: &mut Cursor<'_>, oddities: &mut Oddities) -> bool {
        match cursor.kind() {
            Kind::Object => {
                self.members.read(cursor, self.valid.len(), oddities);
                self.end_row(true);
                true
            }
            _ => match Quoted::read(cursor) {
                Quoted::Value(text) => self.read(&mut Cursor::new(&text), oddities),
                quoted => {
                    self.push_null();
                    matches!(quoted, Quoted::Null)
                }
            },
        }
    }

    fn truncate(&mut self, rows: usize) {
        self.valid.truncate(rows);
        self.members.truncate(rows);
    }

    fn finish(&mut self) -> Result<StructArray, ArrowError> {
        let arrays = self.members.finish()?;
        StructArray::try_new(schema::arrow_fields(self.fields), arrays, self.valid.finish())
    }
}

#[derive(Debug)]
pub(super) struct ListColumn {
    ends: Vec<usize>,
    items: StructColumn,
    valid: Validity,
    fields: &'static [Field],
}

impl ListColumn {
    fn push_null(&mut self) {
        self.end_row(false);
    }

    fn end_row(&mut self, valid: bool) {
        self.ends.push(self.items.valid.len());
        self.valid.push(valid);
    }

    /// Elements that are not objects are left out, and make the list count as not fitting. An object
    /// alone is a list of one.
    fn read(&mut self, cursor: &mut Cursor<'_>, oddities: &mut Oddities) -> bool {
        match cursor.kind() {
            Kind::Array => self.read_elements(cursor, oddities),
            Kind::Object => {
                self.items.read(cursor, oddities);
                self.end_row(true);
                true
            }
            _ => match Quoted::read(cursor) {
                Quoted::Value(text) => self.read(&mut Cursor::new(&text), oddities),
                quoted => {
                    self.push_null();
                    matches!(quoted, Quoted::Null)
                }
            },
        }
    }

    fn read_elements(&mut self, cursor: &mut Cursor<'_>, oddities: &mut Oddities) -> bool {
        let mut fits = true;
        cursor.enter();
        while cursor.next_element() {
            fits &= self.read_element(cursor, oddities);
        }
        self.end_row(true);
        fits
    }

    fn read_element(&mut self, cursor: &mut Cursor<'_>, oddities: &mut Oddities) -> bool {
        match cursor.kind() {
            Kind::Object => self.items.read(cursor, oddities),
            _ => match Quoted::read(cursor) {
                Quoted::Value(text) => self.read_element(&mut Cursor::new(&text), oddities),
                Quoted::Null | Quoted::Other => false,
            },
        }
    }

    fn truncate(&mut self, rows: usize) {
        let items = if rows == 0 { 0 } else { self.ends[rows - 1] };
        self.ends.truncate(rows);
        self.valid.truncate(rows);
        self.items.truncate(items);
    }

    fn finish(&mut self) -> Result<ListArray, ArrowError> {
        let items = Arc::new(self.items.finish()?);
        ListArray::try_new(
            schema::list_item(self.fields),
            offsets(&mut self.ends)?,
            items,
            self.valid.finish(),
        )
    }
}
