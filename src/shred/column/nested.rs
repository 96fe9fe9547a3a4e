//! Columns of objects and of lists of objects.

use super::rows::{Offsets, Validity};
use super::scalars::is_null;
use super::{Column, NO_FIELD, note};
use crate::event::schema::field_ids::field_id;
use crate::event::schema::{self, Field, Type};
use crate::json::cursor::{Cursor, Kind};
use crate::json::{is_value, text};
use crate::shred::layout::{StructLayout, Target};
use crate::shred::record::shape::LAST_FIELD;
use crate::shred::record::sketch::Sketch;
use crate::shred::{Oddities, add};
use arrow::array::{Array, ArrayRef, ListArray, StructArray};
use arrow::datatypes::{DataType, Field as ArrowField, Fields};
use arrow::error::ArrowError;
use std::sync::Arc;

/// What stands where an object or a list is expected. Exports from other engines give these as their
/// JSON text.
pub(super) enum Quoted {
    /// Nothing, or `null`.
    Null,
    /// A JSON value, checked.
    Value(Vec<u8>),
    /// Anything else.
    Other,
}

impl Quoted {
    /// Reads the value at the cursor, which is not of the kind that is expected.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Self {
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

/// The columns of an object's fields, one each.
#[derive(Debug)]
pub(in crate::shred) struct FieldColumns {
    layout: StructLayout,
    columns: Columns,
}

/// Columns, and the ids of their fields.
#[derive(Debug, Default)]
struct Columns {
    all: Vec<Column>,
    ids: Vec<u16>,
    /// Of each, an array of nothing but NULL, where there was one: most columns have no value in most batches.
    nulls: Vec<Option<ArrayRef>>,
}

impl FieldColumns {
    /// Returns empty columns for `fields` of the object at `path`; `with_ids` are the same with their ids.
    pub(in crate::shred) fn new(fields: &'static [Field], path: &str, with_ids: &Fields) -> Self {
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
            columns.nulls.push(None);
        }
        Self { columns, layout }
    }

    /// Reads the object at the cursor into row `row`. Columns whose field is missing keep their length.
    pub(in crate::shred) fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        row: usize,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
    ) {
        read_members(&mut self.layout, &mut self.columns, cursor, row, (oddities, sketch));
    }

    /// Appends to the column with number `at` what does not come from a member of the record.
    pub(in crate::shred) fn push_derived(&mut self, at: usize, text: &[u8]) {
        if let Some(Column::Text(column)) = self.columns.all.get_mut(at) {
            column.push(text);
        }
    }

    fn truncate(&mut self, rows: usize) {
        for column in &mut self.columns.all {
            column.truncate(rows);
        }
    }

    /// Takes `rows` rows as arrays; what a row lacks is NULL.
    pub(in crate::shred) fn finish(&mut self, rows: usize) -> Result<Vec<ArrayRef>, ArrowError> {
        let Columns { all, nulls, .. } = &mut self.columns;
        let finish = |(column, nulls): (&mut Column, &mut Option<ArrayRef>)| {
            if column.len() > 0 {
                column.pad(rows);
                return column.finish();
            }
            if let Some(nulls) = nulls.as_ref().filter(|nulls| nulls.len() == rows) {
                return Ok(Arc::clone(nulls));
            }
            column.pad(rows);
            column.finish().inspect(|array| *nulls = Some(Arc::clone(array)))
        };
        all.iter_mut().zip(nulls).map(finish).collect()
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
                if column.len() != row {
                    column.truncate(row); // given twice: the last counts
                    column.pad(row);
                }
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
    pub(super) fn new(
        fields: &'static [Field],
        path: &str,
        with_ids: &ArrowField,
        is_in_list: bool,
    ) -> Self {
        let none = Fields::empty();
        let inner = match with_ids.data_type() {
            DataType::Struct(inner) => inner,
            _ => &none,
        };
        let members = FieldColumns::inside(fields, path, inner, is_in_list);
        Self { members, valid: Validity::default(), fields }
    }

    pub(super) fn len(&self) -> usize {
        self.valid.len()
    }

    /// Appends NULL until there are so many rows.
    pub(super) fn pad(&mut self, rows: usize) {
        self.valid.pad(rows);
    }

    pub(super) fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
    ) -> bool {
        if cursor.kind() == Kind::Object {
            self.members.read(cursor, self.valid.len(), oddities, sketch);
            self.valid.push(true);
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
                self.valid.push(false);
                matches!(quoted, Quoted::Null)
            }
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.valid.truncate(rows);
        self.members.truncate(rows);
    }

    pub(super) fn finish(&mut self) -> Result<StructArray, ArrowError> {
        let arrays = self.members.finish(self.len())?;
        StructArray::try_new(schema::arrow_fields(self.fields), arrays, self.valid.finish())
    }
}

#[derive(Debug)]
pub(super) struct ListColumn {
    offsets: Offsets,
    items: StructColumn,
    valid: Validity,
    fields: &'static [Field],
}

impl ListColumn {
    /// Returns an empty column of lists of objects with these fields.
    pub(super) fn new(fields: &'static [Field], path: &str, with_ids: &ArrowField) -> Self {
        let item = match with_ids.data_type() {
            DataType::List(item) => item,
            _ => with_ids,
        };
        let items = StructColumn::new(fields, path, item, true);
        Self { offsets: Offsets::default(), items, valid: Validity::default(), fields }
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Appends NULL until there are so many rows.
    pub(super) fn pad(&mut self, rows: usize) {
        self.offsets.pad(rows);
        self.valid.pad(rows);
    }

    fn end_row(&mut self, valid: bool) {
        self.offsets.push(self.items.len());
        self.valid.push(valid);
    }

    /// Elements that are not objects are left out, and make the list count as not fitting. An object
    /// alone is a list of one.
    pub(super) fn read(
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
                self.end_row(false);
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

    pub(super) fn truncate(&mut self, rows: usize) {
        let items = self.offsets.start(rows);
        self.offsets.truncate(rows);
        self.valid.truncate(rows);
        self.items.truncate(items);
    }

    pub(super) fn finish(&mut self) -> Result<ListArray, ArrowError> {
        let items = Arc::new(self.items.finish()?);
        ListArray::try_new(
            schema::list_item(self.fields),
            self.offsets.finish()?,
            items,
            self.valid.finish(),
        )
    }
}
