//! Which member of an object belongs to which field.

use super::record::sketch::Sketch;
use super::{Oddities, add};
use crate::event::schema::Field;
use crate::json::Cursor;
use crate::json::text;

/// Where the value of a member goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// Into the field with this number.
    Field(usize),
    /// Its members go into fields of the object around it, as the inner layout with this number says.
    Inside(usize),
}

/// The members of one object, found by name without regard to case.
///
/// Records of one service list their members in one order, so the member that followed the present
/// one last time is tried first.
#[derive(Debug)]
pub(super) struct StructLayout {
    names: Vec<(&'static str, Target)>,
    path: String,
    /// For each member, and at the end for the start of an object: the member that came next.
    follows: Vec<usize>,
    pub(super) inside: Vec<StructLayout>,
}

impl StructLayout {
    /// Returns the layout of the object at `path` with these fields.
    pub(super) fn new(fields: &'static [Field], path: &str) -> Self {
        let mut this = Self {
            names: Vec::new(),
            path: path.to_owned(),
            follows: Vec::new(),
            inside: Vec::new(),
        };
        // What is derived has no name in a record.
        let named = fields.iter().enumerate().filter(|(_, field)| !field.json.is_empty());
        this.names.extend(named.map(|(at, field)| (field.json, Target::Field(at))));
        for (at, field) in fields.iter().enumerate() {
            field.also.iter().for_each(|place| this.add(place, at));
        }
        this.expect_order();
        this
    }

    /// Adds another place of a field: a name, or a path through inner objects.
    fn add(&mut self, place: &'static str, field: usize) {
        let Some((first, rest)) = place.split_once('.') else {
            return self.names.push((place, Target::Field(field)));
        };
        let known = self.names.iter().find_map(|(name, target)| match target {
            Target::Inside(at) if *name == first => Some(*at),
            _ => None,
        });
        let at = known.unwrap_or_else(|| {
            let at = self.inside.len();
            self.names.push((first, Target::Inside(at)));
            self.inside.push(Self::new(&[], &self.path_of(first)));
            at
        });
        self.inside[at].add(rest, field);
    }

    /// Expects members in the order of the fields.
    fn expect_order(&mut self) {
        let count = self.names.len();
        self.follows = (1..=count).chain([0]).map(|next| next % count.max(1)).collect();
        self.inside.iter_mut().for_each(Self::expect_order);
    }

    /// Returns what stands for the member before the first one in [`Self::next`].
    pub(super) fn start(&self) -> usize {
        self.names.len()
    }

    /// Goes to the next member of the object that is being read, and returns its number; `None` after the
    /// last. `previous` is the member before. Members without a field are counted and passed over.
    #[inline]
    pub(super) fn next(
        &mut self,
        previous: usize,
        cursor: &mut Cursor<'_>,
        oddities: &mut Oddities,
        sketch: &mut Sketch<'_>,
    ) -> Option<usize> {
        while let Some(key) = cursor.next_member() {
            let found = if key.escaped {
                let mut plain = Vec::new();
                text::unescape_into(key, &mut plain);
                self.find(previous, &plain)
            } else {
                self.find(previous, key.bytes)
            };
            if let Some(member) = found {
                self.follows[previous] = member;
                return Some(member);
            }
            add(&mut oddities.unknown, self.path_of(&String::from_utf8_lossy(key.bytes)), 1);
            let from = cursor.position();
            let raw = cursor.raw();
            // A word is of the shape, as there are few.
            if !matches!(raw, b"true" | b"false" | b"null") {
                sketch.rest(from, cursor.position());
            }
        }
        None
    }

    /// Returns where a member's value goes.
    #[inline]
    pub(super) fn target(&self, member: usize) -> Target {
        self.names[member].1
    }

    /// Returns the dotted path of a member.
    pub(super) fn path(&self, member: usize) -> String {
        self.path_of(self.names[member].0)
    }

    #[inline]
    fn find(&self, previous: usize, name: &[u8]) -> Option<usize> {
        let likely = self.follows[previous];
        if self.names.get(likely).is_some_and(|(own, _)| own.as_bytes() == name) {
            return Some(likely);
        }
        self.names.iter().position(|(own, _)| own.as_bytes().eq_ignore_ascii_case(name))
    }

    /// Returns the dotted path of a member of this name.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}
