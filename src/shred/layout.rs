//! Which member of an object goes to which column.

use super::column::Column;
use super::{Oddities, add};
use crate::event::schema::Field;
use crate::json::Cursor;
use crate::json::text;

/// The fields of one struct, found by JSON name without regard to case.
///
/// Records of one service list their fields in one order, so the field that followed the present
/// one last time is tried first.
#[derive(Debug)]
pub(super) struct StructLayout {
    fields: &'static [Field],
    path: String,
    /// For each field, and at the end for the start of an object: the field that came next.
    follows: Vec<usize>,
}

impl StructLayout {
    pub(super) fn new(fields: &'static [Field], path: &str) -> Self {
        let follows =
            (1..=fields.len()).chain([0]).map(|next| next % fields.len().max(1)).collect();
        Self { fields, path: path.to_owned(), follows }
    }

    /// Reads the object at the cursor into row `row` of `columns`, one column a field. Columns whose
    /// field is missing keep their length.
    pub(super) fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        columns: &mut [Column],
        row: usize,
        oddities: &mut Oddities,
    ) {
        let mut previous = self.fields.len();
        cursor.enter();
        while let Some(key) = cursor.next_member() {
            let found = if key.escaped {
                let mut plain = Vec::new();
                text::unescape_into(key, &mut plain);
                self.find(previous, &plain)
            } else {
                self.find(previous, key.bytes)
            };
            let Some(field) = found else {
                add(&mut oddities.unknown, self.path_of(&String::from_utf8_lossy(key.bytes)), 1);
                cursor.raw();
                continue;
            };
            self.follows[previous] = field;
            previous = field;
            columns[field].truncate(row); // a name given twice: the last counts
            columns[field].read(cursor, oddities, || self.path_of(self.fields[field].json));
        }
    }

    #[inline]
    fn find(&self, previous: usize, name: &[u8]) -> Option<usize> {
        let likely = self.follows[previous];
        if self.fields.get(likely).is_some_and(|f| f.json.as_bytes() == name) {
            return Some(likely);
        }
        if name.is_empty() {
            return None; // derived columns have no JSON name
        }
        self.fields.iter().position(|f| f.json.as_bytes().eq_ignore_ascii_case(name))
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}
