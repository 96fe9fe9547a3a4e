//! The language of shapes: the text of a record, with marks in place of what columns give.
//!
//! A mark is a control character that JSON has nowhere. Behind it stands the field that it means, as the character
//! with the number of its [field id](crate::event::schema::field_ids) and [`FIRST_FIELD`] together, for ids stay.

use std::ops::Range;

/// Text as it is: what stands between quotes, a number, a boolean or compact JSON.
const TEXT: u8 = 0x01;
/// Text with the escapes that JSON demands.
const ESCAPED: u8 = 0x02;
/// A boolean, a number, or a time in seconds.
const VALUE: u8 = 0x03;
/// A time in milliseconds.
const MILLIS: u8 = 0x04;
/// A map as a compact object; then a letter for each entry, and the mark again.
const MAP: u8 = 0x05;
/// All elements of a list, one after the other; then the shape of each, [`END`], what stands between two, [`END`].
const EACH: u8 = 0x06;
/// Goes to the next element of a list.
const ELEMENT: u8 = 0x07;
/// Ends a part of [`EACH`].
const END: u8 = 0x08;
/// The next piece of the rest; no field.
const REST: u8 = 0x0E;

/// Field ids are written as the letters from this one on, so that none is a mark or has a meaning in JSON.
const FIRST_FIELD: u32 = 0x100;

/// How a value is spelled that a column gives. Quotes around it are of the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::shred) enum Spelling {
    /// See [`TEXT`].
    Text,
    /// See [`ESCAPED`].
    Escaped,
    /// See [`VALUE`].
    Value,
    /// See [`MILLIS`].
    Millis,
}

/// How the value of a map's entry is spelled: its letter in a shape. A NULL is `null` under each of them.
pub(super) const ENTRY_STRING: u8 = b's';
/// A string with the escapes that JSON demands.
pub(super) const ENTRY_ESCAPED: u8 = b'e';
/// The entry's text as it is.
pub(super) const ENTRY_BARE: u8 = b'b';
/// The next piece of the rest.
pub(super) const ENTRY_REST: u8 = b'r';

/// What a shape says, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Text of the shape.
    Literal(Part),
    /// A value of a field.
    Value(Spelling, u16),
    /// A map; the part has a letter for each entry, the last one for all that follow.
    Map(u16, Part),
    /// So many of the following steps for each element of a list; the part stands between two.
    Each(u16, u32, Part),
    /// The next element of a list.
    Element(u16),
    /// The next piece of the rest.
    Rest,
}

/// A part of a shape's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    from: u32,
    to: u32,
}

impl Part {
    fn of(range: Range<usize>) -> Option<Self> {
        Some(Self { from: u32::try_from(range.start).ok()?, to: u32::try_from(range.end).ok()? })
    }
}

/// A shape that was read.
#[derive(Debug)]
pub(super) struct Shape {
    text: Box<[u8]>,
    pub(super) steps: Vec<Step>,
}

impl Shape {
    /// Reads a shape; `None` when it is none.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut parser = Parser { text, at: 0, steps: Vec::new() };
        parser.steps()?;
        (parser.at == text.len()).then(|| Self { text: text.into(), steps: parser.steps })
    }

    /// Returns a part of its text.
    #[inline]
    pub(super) fn part(&self, part: Part) -> Option<&[u8]> {
        self.text.get(part.from as usize..part.to as usize)
    }

    /// Returns the fields that it names.
    pub(super) fn fields(&self) -> impl Iterator<Item = u16> {
        self.steps.iter().filter_map(|step| match step {
            Step::Value(_, field) | Step::Map(field, _) | Step::Element(field) => Some(*field),
            Step::Each(field, ..) => Some(*field),
            Step::Literal(_) | Step::Rest => None,
        })
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    steps: Vec<Step>,
}

impl Parser<'_> {
    /// Reads up to the end, or to a mark that ends a part.
    fn steps(&mut self) -> Option<()> {
        while let Some(&byte) = self.text.get(self.at) {
            let step = match byte {
                END => return Some(()),
                TEXT | ESCAPED | VALUE | MILLIS => {
                    let spelling = match byte {
                        TEXT => Spelling::Text,
                        ESCAPED => Spelling::Escaped,
                        VALUE => Spelling::Value,
                        _ => Spelling::Millis,
                    };
                    Step::Value(spelling, self.field()?)
                }
                ELEMENT => Step::Element(self.field()?),
                MAP => Step::Map(self.field()?, self.until(MAP)?),
                EACH => {
                    self.each()?;
                    continue;
                }
                REST => {
                    self.at += 1;
                    Step::Rest
                }
                _ => self.literal()?,
            };
            self.steps.push(step);
        }
        Some(())
    }

    fn each(&mut self) -> Option<()> {
        let list = self.field()?;
        let place = self.steps.len();
        self.steps.push(Step::Rest);
        self.steps()?;
        self.end()?;
        let between = self.until(END)?;
        let count = u32::try_from(self.steps.len() - place - 1).ok()?;
        *self.steps.get_mut(place)? = Step::Each(list, count, between);
        Some(())
    }

    fn literal(&mut self) -> Option<Step> {
        let rest = self.text.get(self.at..)?;
        let length = rest.iter().position(|byte| is_mark(*byte)).unwrap_or(rest.len());
        self.at += length;
        Part::of(self.at - length..self.at).map(Step::Literal)
    }

    /// Reads a mark and the field behind it.
    fn field(&mut self) -> Option<u16> {
        let start = self.at + 1;
        let letter = std::str::from_utf8(self.text.get(start..start + 2)?).ok()?.chars().next()?;
        self.at = start + letter.len_utf8();
        u16::try_from(u32::from(letter).checked_sub(FIRST_FIELD)?).ok()
    }

    /// Reads up to the next `mark` and over it.
    fn until(&mut self, mark: u8) -> Option<Part> {
        let length = memchr::memchr(mark, self.text.get(self.at..)?)?;
        let part = Part::of(self.at..self.at + length);
        self.at += length + 1;
        part
    }

    fn end(&mut self) -> Option<()> {
        (self.text.get(self.at) == Some(&END)).then(|| self.at += 1)
    }
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, TEXT | ESCAPED | VALUE | MILLIS | MAP | EACH | ELEMENT | END | REST)
}

/// Appends marks to the text of a shape.
pub(super) trait WriteShape {
    /// Appends a value of a field.
    fn value(&mut self, spelling: Spelling, field: u16);
    /// Appends a map; `entries` has a letter for each entry.
    fn map(&mut self, field: u16, entries: &[u8]);
    /// Appends a list: the shape of its elements, and what stands between them.
    fn each(&mut self, list: u16, element: &[u8], between: &[u8]);
    /// Appends the next element of a list.
    fn element(&mut self, list: u16);
    /// Appends the next piece of the rest.
    fn rest(&mut self);
}

impl WriteShape for Vec<u8> {
    fn value(&mut self, spelling: Spelling, field: u16) {
        let mark = match spelling {
            Spelling::Text => TEXT,
            Spelling::Escaped => ESCAPED,
            Spelling::Value => VALUE,
            Spelling::Millis => MILLIS,
        };
        mark_field(self, mark, field);
    }

    fn map(&mut self, field: u16, entries: &[u8]) {
        mark_field(self, MAP, field);
        // The last letter stands for all that follow, so that maps of any length have one shape.
        let last = entries.last().copied();
        let kept = entries.iter().rposition(|letter| Some(*letter) != last).map_or(0, |at| at + 1);
        self.extend_from_slice(&entries[..kept]);
        self.extend(last);
        self.push(MAP);
    }

    fn each(&mut self, list: u16, element: &[u8], between: &[u8]) {
        mark_field(self, EACH, list);
        self.extend_from_slice(element);
        self.push(END);
        self.extend_from_slice(between);
        self.push(END);
    }

    fn element(&mut self, list: u16) {
        mark_field(self, ELEMENT, list);
    }

    fn rest(&mut self) {
        self.push(REST);
    }
}

fn mark_field(shape: &mut Vec<u8>, mark: u8, field: u16) {
    // A letter of two bytes in UTF-8.
    let letter = FIRST_FIELD + u32::from(field.min(LAST_FIELD));
    shape.extend_from_slice(&[mark, 0xC0 | (letter >> 6) as u8, 0x80 | (letter & 0x3F) as u8]);
}

/// The largest field id that a shape can name: its letter takes two bytes.
pub(in crate::shred) const LAST_FIELD: u16 = 0x7FF - FIRST_FIELD as u16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut text = b"{\"a\":".to_vec();
        text.value(Spelling::Text, 1);
        text.extend_from_slice(b",\"b\":");
        text.map(LAST_FIELD, b"sbb");
        let mut element = Vec::new();
        element.element(7);
        element.rest();
        text.each(7, &element, b", ");
        let shape = Shape::parse(&text).unwrap();
        let literal = |part: &Part| std::str::from_utf8(shape.part(*part).unwrap());
        let [Step::Literal(a), first, Step::Literal(b), Step::Map(map, entries), list @ ..] =
            &shape.steps[..]
        else {
            panic!("{:?}", shape.steps)
        };
        assert_eq!((literal(a), literal(b)), (Ok("{\"a\":"), Ok(",\"b\":")));
        assert_eq!(*first, Step::Value(Spelling::Text, 1));
        assert_eq!((*map, literal(entries)), (LAST_FIELD, Ok("sb")));
        let [Step::Each(7, 2, between), Step::Element(7), Step::Rest] = list else {
            panic!("{list:?}")
        };
        assert_eq!(literal(between), Ok(", "));
        assert_eq!(shape.fields().collect::<Vec<_>>(), [1, LAST_FIELD, 7, 7]);
    }

    #[test]
    fn other_text_is_no_shape() {
        for text in ["\u{1}", "\u{1}a", "\u{5}\u{101}s", "\u{6}\u{101}x\u{8}", "\u{8}", "\u{7}"] {
            assert!(Shape::parse(text.as_bytes()).is_none(), "{text:?}");
        }
    }
}
