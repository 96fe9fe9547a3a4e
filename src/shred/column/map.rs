//! Columns of maps.

use super::nested::Quoted;
use super::rows::{Offsets, Validity};
use super::text::TextColumn;
use super::{NO_FIELD, note};
use crate::event::schema;
use crate::json::cursor::{Cursor, Kind};
use crate::json::text;
use crate::shred::record::shape::Spelling;
use crate::shred::record::sketch::{EntrySpelling, Sketch};
use arrow::array::{MapArray, StructArray};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct MapColumn {
    offsets: Offsets,
    keys: TextColumn,
    values: TextColumn,
    valid: Validity,
}

/// Up to this many keys, comparing each with all before it beats a hash table.
const MAX_LINEAR_SEARCH_KEYS: usize = 24;

impl MapColumn {
    #[inline]
    fn end_row(&mut self, valid: bool) {
        self.offsets.push(self.keys.len());
        self.valid.push(valid);
    }

    fn push_null(&mut self) {
        self.end_row(false);
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Appends NULL until there are so many rows.
    pub(super) fn pad(&mut self, rows: usize) {
        self.offsets.pad(rows);
        self.valid.pad(rows);
    }

    pub(super) fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        sketch: &mut Sketch<'_>,
        id: u16,
    ) -> bool {
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
        let first = self.keys.len();
        let mut repeated = false;
        let (start, mark) = (cursor.position(), sketch.begin_map());
        // Bytes of the object without white space, and whether no key has escapes.
        let (mut bytes, mut as_ours) = (1, true);
        cursor.enter();
        while let Some(key) = cursor.next_member() {
            let from = cursor.position();
            text::unescape_into(key, self.keys.data());
            as_ours &= !key.escaped;
            self.keys.end_row(true);
            let spelled = self.values.read(cursor, sketch.is_wanted());
            let raw = cursor.since(from);
            let last = self.keys.len() - 1;
            let spelled = match spelled {
                Some(Spelling::Escaped) => Some(EntrySpelling::Escaped),
                Some(_) if raw.first() == Some(&b'"') => Some(EntrySpelling::String),
                Some(_) => Some(EntrySpelling::Bare),
                None if self.values.get(last).is_some() => Some(EntrySpelling::Rest),
                None => None,
            };
            sketch.entry(spelled, raw);
            bytes += key.bytes.len() + raw.len() + 4; // two quotes, a colon, a comma or the end
            if last - first <= MAX_LINEAR_SEARCH_KEYS {
                let key = self.keys.bytes(last);
                repeated = repeated || (first..last).any(|row| self.keys.bytes(row) == key);
            }
        }
        if repeated || self.keys.len() - first > MAX_LINEAR_SEARCH_KEYS {
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
        let to = self.keys.len();
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
                let value = self.values.get(last).map(<[u8]>::to_vec);
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

    pub(super) fn truncate(&mut self, rows: usize) {
        let entries = self.offsets.start(rows);
        self.offsets.truncate(rows);
        self.valid.truncate(rows);
        self.keys.truncate(entries);
        self.values.truncate(entries);
    }

    pub(super) fn finish(&mut self) -> Result<MapArray, ArrowError> {
        let entries = schema::map_entries();
        let DataType::Struct(fields) = entries.data_type() else {
            return Err(ArrowError::SchemaError("map entries are a struct".to_owned()));
        };
        let pairs = StructArray::try_new(
            fields.clone(),
            vec![Arc::new(self.keys.finish()?), Arc::new(self.values.finish()?)],
            None,
        )?;
        MapArray::try_new(entries, self.offsets.finish()?, pairs, self.valid.finish(), false)
    }
}
