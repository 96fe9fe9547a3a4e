//! Which member of an object belongs to which field.

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

    /// Returns what stands for the field before the first one in [`Self::next`].
    pub(super) fn start(&self) -> usize {
        self.fields.len()
    }

    /// Goes to the next member of the object that is being read, and returns its field; `None` after the
    /// last. `previous` is the field before. Members without a field are counted and passed over.
    #[inline]
    pub(super) fn next(
        &mut self,
        previous: usize,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
    ) -> Option<usize> {
        while let Some(key) = cursor.next_member() {
            let found = if key.escaped {
                let mut plain = Vec::new();
                text::unescape_into(key, &mut plain);
                self.find(previous, &plain)
            } else {
                self.find(previous, key.bytes)
            };
            if let Some(field) = found {
                self.follows[previous] = field;
                return Some(field);
            }
            add(&mut oddities.unknown, self.path_of(&String::from_utf8_lossy(key.bytes)), 1);
            cursor.raw();
        }
        None
    }

    /// Returns the dotted path of a field.
    pub(super) fn path(&self, field: usize) -> String {
        self.path_of(self.fields[field].json)
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
