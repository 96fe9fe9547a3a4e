//! Growing columns: append a JSON value or nothing, take the last row back, become an Arrow array.

use super::layout::{StructLayout, Target};
use super::record::shape::{LAST_FIELD, Spelling};
use super::record::sketch::{EntrySpelling, Sketch};
use super::record::spelling;
use super::{Oddities, add};
use crate::event::schema::field_ids::field_id;
use crate::event::schema::{self, Field, Type};
use crate::event::time;
use crate::json::cursor::{Cursor, Kind};
use crate::json::{is_value, text};
use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, ListArray, MapArray, PrimitiveArray, StringArray,
    StructArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field as ArrowField, Fields, Float64Type, Int32Type,
    TimestampMillisecondType,
};
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
            Type::StructList(fields) => {
                let item = match with_ids.data_type() {
                    DataType::List(item) => item,
                    _ => with_ids,
                };
                Self::List(ListColumn {
                    ends: Vec::new(),
                    items: StructColumn::new(fields, path, item, true),
                    valid: Validity::default(),
                    fields,
                })
            }
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
                let last = c.values.last().copied().unwrap_or_default();
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
    /// nested values as compact JSON. Returns how it is spelled, if that is `wanted` and a shape can say it.
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, wanted: bool) -> Option<Spelling> {
        let (from, start) = (cursor.position(), self.data.len());
        let spelled = match cursor.kind() {
            Kind::String => {
                let raw = cursor.string();
                text::unescape_into(raw, &mut self.data);
                match raw.escaped {
                    false => Some(Spelling::Text),
                    true if wanted && text::is_quoted_as(&self.data[start..], raw.bytes) => {
                        Some(Spelling::Escaped)
                    }
                    true => None,
                }
            }
            Kind::Null => {
                cursor.raw();
                self.push_null();
                return None;
            }
            Kind::Number | Kind::Boolean => {
                self.data.extend_from_slice(cursor.raw());
                Some(Spelling::Text)
            }
            Kind::Object | Kind::Array => {
                text::compact_into(cursor, &mut self.data);
                let is_compact = wanted && self.data[start..] == *cursor.since(from);
                is_compact.then_some(Spelling::Text)
            }
        };
        self.end_row(true);
        spelled
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

    /// Returns how the last value is spelled in `raw`, if `write` spells it so.
    fn spelled_as(
        &self,
        raw: &[u8],
        sketch: &mut Sketch<'_>,
        write: impl FnOnce(T::Native, &mut Vec<u8>),
    ) -> Option<Spelling> {
        let last = *self.values.last()?;
        let as_ours = spelling::is_written_as(raw, sketch.scratch()?, |out| write(last, out));
        as_ours.then_some(Spelling::Value)
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

    fn read(&mut self, cursor: &mut Cursor<'_>, sketch: &mut Sketch<'_>, id: u16) -> bool {
        if cursor.kind() == Kind::Object {
            self.read_object(cursor, sketch, id);
            return true;
        }
        let from = cursor.position();
        let quoted = Quoted::read(cursor);
        note(sketch, cursor, from, None, id);
        match quoted {
            Quoted::Value(text) => self.read(&mut Cursor::new(&text), &mut Sketch::none(), id),
            quoted => {
                self.push_null();
                matches!(quoted, Quoted::Null)
            }
        }
    }

    fn read_object(&mut self, cursor: &mut Cursor<'_>, sketch: &mut Sketch<'_>, id: u16) {
        let first = self.keys.ends.len();
        let mut repeated = false;
        let (start, mark) = (cursor.position(), sketch.begin_map());
        // Bytes of the object without white space, and whether no key has escapes.
        let (mut bytes, mut as_ours) = (1, true);
        cursor.enter();
        while let Some(key) = cursor.next_member() {
            let from = cursor.position();
            text::unescape_into(key, &mut self.keys.data);
            as_ours &= !key.escaped;
            self.keys.end_row(true);
            let spelled = self.values.read(cursor, sketch.is_wanted());
            let raw = cursor.since(from);
            let last = self.keys.ends.len() - 1;
            let spelled = match spelled {
                Some(Spelling::Escaped) => Some(EntrySpelling::Escaped),
                Some(_) if raw.first() == Some(&b'"') => Some(EntrySpelling::String),
                Some(_) => Some(EntrySpelling::Bare),
                None if self.values.valid.0.get_bit(last) => Some(EntrySpelling::Rest),
                None => None,
            };
            sketch.entry(spelled, raw);
            bytes += key.bytes.len() + raw.len() + 4; // two quotes, a colon, a comma or the end
            if last - first <= MAX_LINEAR_SEARCH_KEYS {
                let key = self.keys.bytes(last);
                repeated = repeated || (first..last).any(|row| self.keys.bytes(row) == key);
            }
        }
        if repeated || self.keys.ends.len() - first > MAX_LINEAR_SEARCH_KEYS {
            as_ours &= !self.merge_repeated(first);
        }
        let end = cursor.position();
        let is_compact = bytes.max(2) == end - start;
        sketch.end_map(mark, as_ours && is_compact && id != NO_FIELD, id, start, end);
        self.end_row(true);
    }

    /// Keeps one entry a key from entry `from` on: a map has no key twice, and of members with one
    /// name the last counts. Returns whether there was one.
    fn merge_repeated(&mut self, from: usize) -> bool {
        let to = self.keys.ends.len();
        let mut last_of = HashMap::with_capacity(to - from);
        for row in from..to {
            last_of.insert(self.keys.bytes(row).to_vec(), row);
        }
        if last_of.len() == to - from {
            return false;
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
        true
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
    pub(super) columns: Columns,
}

/// Columns, and the ids of their fields.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    ids: Vec<u16>,
}

impl FieldColumns {
    /// Returns empty columns for `fields` of the object at `path`; `with_ids` are the same with their ids.
    pub(super) fn new(fields: &'static [Field], path: &str, with_ids: &Fields) -> Self {
        Self::inside(fields, path, with_ids, false)
    }

    fn inside(fields: &'static [Field], path: &str, with_ids: &Fields, is_in_list: bool) -> Self {
        let layout = StructLayout::new(fields, path);
        let mut columns = Columns::default();
        for (field, with_id) in fields.iter().zip(with_ids) {
            let path = layout.path_of(field.json);
            columns.all.push(Column::new(field.data_type, &path, with_id, is_in_list));
            // Shapes know lists, but no lists in them.
            let is_named = !is_in_list || !matches!(field.data_type, Type::StructList(_));
            let id = field_id(with_id).filter(|id| is_named && *id <= LAST_FIELD);
            columns.ids.push(id.unwrap_or(NO_FIELD));
        }
        Self { columns, layout }
    }

    /// Reads the object at the cursor into row `row`. Columns whose field is missing keep their length.
    pub(super) fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        row: usize,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
    ) {
        read_members(&mut self.layout, &mut self.columns, cursor, row, (oddities, sketch));
    }

    /// Appends NULL to each column until it has `rows` rows.
    pub(super) fn pad(&mut self, rows: usize) {
        for column in &mut self.columns.all {
            column.pad(rows);
        }
    }

    fn truncate(&mut self, rows: usize) {
        for column in &mut self.columns.all {
            column.truncate(rows);
        }
    }

    /// Takes all rows as arrays.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        self.columns.all.iter_mut().map(Column::finish).collect()
    }
}

/// Reads the members of the object at the cursor into row `row` of the columns that `layout` says.
fn read_members(
    layout: &mut StructLayout,
    columns: &mut Columns,
    cursor: &mut Cursor<'_>,
    row: usize,
    (oddities, sketch): (&mut Oddities, &mut Sketch<'_>),
) {
    cursor.enter();
    let mut previous = layout.start();
    while let Some(member) = layout.next(previous, cursor, oddities, sketch) {
        match layout.target(member) {
            Target::Field(field) => {
                let id = columns.ids[field];
                let column = &mut columns.all[field];
                column.truncate(row); // given twice: the last counts
                column.read(cursor, oddities, || layout.path(member), (sketch, id));
            }
            Target::Inside(at) => {
                let inside = &mut layout.inside[at];
                if !read_inside(inside, columns, cursor, row, (oddities, sketch)) {
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
    columns: &mut Columns,
    cursor: &mut Cursor<'_>,
    row: usize,
    (oddities, sketch): (&mut Oddities, &mut Sketch<'_>),
) -> bool {
    if cursor.kind() == Kind::Object {
        read_members(layout, columns, cursor, row, (oddities, sketch));
        return true;
    }
    let from = cursor.position();
    let quoted = Quoted::read(cursor);
    note(sketch, cursor, from, None, NO_FIELD);
    match quoted {
        Quoted::Value(text) => {
            let sketch = &mut Sketch::none();
            read_inside(layout, columns, &mut Cursor::new(&text), row, (oddities, sketch))
        }
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
    fn new(fields: &'static [Field], path: &str, with_ids: &ArrowField, is_in_list: bool) -> Self {
        let none = Fields::empty();
        let inner = match with_ids.data_type() {
            DataType::Struct(inner) => inner,
            _ => &none,
        };
        let members = FieldColumns::inside(fields, path, inner, is_in_list);
        Self { members, valid: Validity::default(), fields }
    }

    fn push_null(&mut self) {
        self.end_row(false);
    }

    fn end_row(&mut self, valid: bool) {
        self.valid.push(valid);
        self.members.pad(self.valid.len());
    }

    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
    ) -> bool {
        if cursor.kind() == Kind::Object {
            self.members.read(cursor, self.valid.len(), oddities, sketch);
            self.end_row(true);
            return true;
        }
        let from = cursor.position();
        let quoted = Quoted::read(cursor);
        note(sketch, cursor, from, None, NO_FIELD);
        match quoted {
            Quoted::Value(text) => {
                self.read(&mut Cursor::new(&text), oddities, &mut Sketch::none())
            }
            quoted => {
                self.push_null();
                matches!(quoted, Quoted::Null)
            }
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
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
        id: u16,
    ) -> bool {
        match cursor.kind() {
            Kind::Array => return self.read_elements(cursor, oddities, sketch, id),
            Kind::Object => {
                sketch.element(id, cursor.position());
                self.items.read(cursor, oddities, sketch);
                self.end_row(true);
                return true;
            }
            _ => {}
        }
        let from = cursor.position();
        let quoted = Quoted::read(cursor);
        note(sketch, cursor, from, None, NO_FIELD);
        match quoted {
            Quoted::Value(text) => {
                self.read(&mut Cursor::new(&text), oddities, &mut Sketch::none(), id)
            }
            quoted => {
                self.push_null();
                matches!(quoted, Quoted::Null)
            }
        }
    }

    fn read_elements(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
        id: u16,
    ) -> bool {
        let (mut fits, mut count, mut end) = (true, 0, cursor.position());
        sketch.begin_list();
        cursor.enter();
        while cursor.next_element() {
            fits &= self.read_element(cursor, oddities, sketch, id);
            count += 1;
            end = cursor.position();
        }
        if count > 0 {
            sketch.end_list(id, count, end);
        }
        self.end_row(true);
        fits
    }

    fn read_element(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
        id: u16,
    ) -> bool {
        if cursor.kind() == Kind::Object {
            sketch.element(id, cursor.position());
            return self.items.read(cursor, oddities, sketch);
        }
        let from = cursor.position();
        let quoted = Quoted::read(cursor);
        note(sketch, cursor, from, None, NO_FIELD);
        match quoted {
            Quoted::Value(text) => {
                self.read_element(&mut Cursor::new(&text), oddities, &mut Sketch::none(), id)
            }
            Quoted::Null | Quoted::Other => false,
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
