//! Takes down the shape and the rest of a record while it is shredded.
//!
//! What no mark stands for is literal: the sketch remembers how far the record is taken down, and copies what precedes
//! a mark.

use super::SEPARATOR;
use super::shape::{ENTRY_BARE, ENTRY_ESCAPED, ENTRY_REST, ENTRY_STRING, Spelling, WriteShape};

/// The shape and the rest of a record. The buffers serve for one record after the other.
#[derive(Debug, Default)]
pub(in crate::shred) struct Drawn {
    pub(super) shape: Vec<u8>,
    pub(super) rest: Vec<u8>,
    /// Pieces of the rest.
    pieces: usize,
    /// Letters of the map that is being read.
    entries: Vec<u8>,
    /// Where elements of the present list begin in the shape.
    elements: Vec<usize>,
    scratch: Vec<u8>,
    element: Vec<u8>,
}

impl Drawn {
    /// Returns the shape.
    pub(in crate::shred) fn shape(&self) -> &[u8] {
        &self.shape
    }

    /// Returns the rest, if there is one.
    pub(in crate::shred) fn rest(&self) -> Option<&[u8]> {
        (self.pieces > 0).then_some(&self.rest)
    }

    fn piece(&mut self, text: &[u8]) {
        if self.pieces > 0 {
            self.rest.push(SEPARATOR);
        }
        self.pieces += 1;
        self.rest.extend_from_slice(text);
    }
}

/// A record that is being taken down; or none, where only columns are wanted, or text that another text holds is read.
#[derive(Debug)]
pub(in crate::shred) struct Sketch<'a> {
    record: &'a [u8],
    /// How much of the record is taken down.
    done: usize,
    drawn: Option<&'a mut Drawn>,
}

/// Where the rest and the marks were, to go back to.
#[derive(Debug, Clone, Copy)]
pub(in crate::shred) struct Mark {
    rest: usize,
    pieces: usize,
}

impl<'a> Sketch<'a> {
    /// Begins to take down a record.
    pub(in crate::shred) fn of(record: &'a [u8], drawn: &'a mut Drawn) -> Self {
        drawn.shape.clear();
        drawn.rest.clear();
        drawn.pieces = 0;
        Self { record, done: 0, drawn: Some(drawn) }
    }

    /// Returns a sketch that takes nothing down.
    pub(in crate::shred) fn none() -> Self {
        Self { record: &[], done: 0, drawn: None }
    }

    /// Whether anything is taken down.
    #[inline]
    pub(in crate::shred) fn is_wanted(&self) -> bool {
        self.drawn.is_some()
    }

    /// A buffer for comparisons.
    pub(in crate::shred) fn scratch(&mut self) -> Option<&mut Vec<u8>> {
        self.drawn.as_mut().map(|drawn| &mut drawn.scratch)
    }

    /// Ends the record.
    pub(in crate::shred) fn end(mut self) {
        self.literal(self.record.len());
    }

    /// Takes down the text before `to`.
    #[inline]
    fn literal(&mut self, to: usize) {
        if let Some(drawn) = &mut self.drawn {
            drawn.shape.extend_from_slice(self.record.get(self.done..to).unwrap_or_default());
            self.done = to;
        }
    }

    /// Notes that field `field` gives the value from `from` to `to`, or what is between its quotes.
    #[inline]
    pub(in crate::shred) fn value(
        &mut self,
        spelling: Spelling,
        field: u16,
        from: usize,
        to: usize,
    ) {
        let quote = usize::from(self.record.get(from) == Some(&b'"'));
        self.literal(from + quote);
        let Some(drawn) = &mut self.drawn else { return };
        drawn.shape.value(spelling, field);
        self.done = to - quote;
    }

    /// Notes that the text from `from` to `to` is of the rest.
    pub(in crate::shred) fn rest(&mut self, from: usize, to: usize) {
        self.literal(from);
        let Some(drawn) = &mut self.drawn else { return };
        drawn.shape.rest();
        drawn.piece(self.record.get(from..to).unwrap_or_default());
        self.done = to;
    }

    /// Begins a map.
    pub(in crate::shred) fn begin_map(&mut self) -> Mark {
        let Some(drawn) = &mut self.drawn else { return Mark { rest: 0, pieces: 0 } };
        drawn.entries.clear();
        Mark { rest: drawn.rest.len(), pieces: drawn.pieces }
    }

    /// Notes an entry of the present map, whose value is `raw`. `None` for a NULL, which needs no letter of its own.
    #[inline]
    pub(in crate::shred) fn entry(&mut self, spelling: Option<EntrySpelling>, raw: &[u8]) {
        let Some(drawn) = &mut self.drawn else { return };
        let letter = match spelling {
            Some(EntrySpelling::String) => ENTRY_STRING,
            Some(EntrySpelling::Escaped) => ENTRY_ESCAPED,
            Some(EntrySpelling::Bare) => ENTRY_BARE,
            Some(EntrySpelling::Rest) => {
                drawn.piece(raw);
                ENTRY_REST
            }
            None => match drawn.entries.last() {
                Some(letter) if *letter != ENTRY_REST => *letter,
                _ => ENTRY_STRING,
            },
        };
        drawn.entries.push(letter);
    }

    /// Ends the map that stands from `from` to `to`; one that is not `compact` is of the rest.
    pub(in crate::shred) fn end_map(
        &mut self,
        mark: Mark,
        compact: bool,
        field: u16,
        from: usize,
        to: usize,
    ) {
        self.literal(from);
        let Some(drawn) = &mut self.drawn else { return };
        if compact {
            drawn.shape.map(field, &drawn.entries);
            self.done = to;
        } else {
            drawn.rest.truncate(mark.rest);
            drawn.pieces = mark.pieces;
            self.rest(from, to);
        }
    }

    /// Begins a list.
    pub(in crate::shred) fn begin_list(&mut self) {
        if let Some(drawn) = &mut self.drawn {
            drawn.elements.clear();
        }
    }

    /// Notes that an element of `list` begins at `from`, which is an object.
    pub(in crate::shred) fn element(&mut self, list: u16, from: usize) {
        self.literal(from);
        if let Some(drawn) = &mut self.drawn {
            drawn.elements.push(drawn.shape.len());
            drawn.shape.element(list);
        }
    }

    /// Ends a list of so many elements, of which the last one ends at `to`. Elements of one shape are taken down once.
    pub(in crate::shred) fn end_list(&mut self, list: u16, count: usize, to: usize) {
        self.literal(to);
        let Some(drawn) = &mut self.drawn else { return };
        let (starts, shape) = (&drawn.elements, &drawn.shape);
        let (Some(&first), Some(&last)) = (starts.first(), starts.last()) else { return };
        if starts.len() != count {
            return;
        }
        let element = &shape[last..];
        let between = match starts.get(1) {
            None => &b","[..],
            Some(second) => match shape[first..*second].strip_prefix(element) {
                Some(between) => between,
                None => return,
            },
        };
        let length = element.len() + between.len();
        let alike = starts.windows(2).all(|pair| {
            pair[1] - pair[0] == length && shape[pair[0]..pair[1]] == shape[first..first + length]
        });
        if alike {
            let between = between.to_vec();
            drawn.element.clear();
            drawn.element.extend_from_slice(element);
            drawn.shape.truncate(first);
            drawn.shape.each(list, &drawn.element, &between);
        }
    }
}

/// How the value of a map's entry is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::shred) enum EntrySpelling {
    /// As a string without escapes.
    String,
    /// As a string with the escapes that JSON demands.
    Escaped,
    /// As its text.
    Bare,
    /// Otherwise.
    Rest,
}
