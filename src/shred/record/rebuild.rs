//! Puts the text of records together: from their shape, the columns and the rest.

use super::SEPARATOR;
use super::fields::{FieldArrays, Texts, Values, range, value};
use super::shape::{ENTRY_BARE, ENTRY_ESCAPED, ENTRY_REST, Part, Shape, Spelling, Step};
use super::spelling;
use crate::event::EventSchema;
use crate::event::schema::hidden;
use crate::json::text::{escape_into, quote_into};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::UInt32Type;
use hashbrown::HashMap;
use std::sync::Arc;

/// Bytes of shapes that are remembered; where there are more, hardly one comes again.
pub(super) const MAX_SHAPE_BYTES: usize = 4 << 20;

/// Shapes that were read, so that each is read once.
#[derive(Debug, Default)]
pub struct Shapes {
    known: HashMap<Box<[u8]>, Option<Arc<Shape>>>,
    bytes: usize,
}

impl Shapes {
    fn get(&mut self, text: &[u8]) -> Option<Arc<Shape>> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        if self.bytes > MAX_SHAPE_BYTES {
            *self = Self::default();
        }
        let shape = Shape::parse(text).map(Arc::new);
        self.bytes += text.len();
        self.known.insert(text.into(), shape.clone());
        shape
    }
}

/// What the shape column says of a row.
enum OfRow<'a> {
    Shape(&'a Shape),
    /// The rest is the record.
    None,
    Damaged,
}

/// The shapes of some rows.
#[derive(Debug)]
enum RowShapes {
    /// Of each text in a dictionary that a row has, and the numbers of the rows' texts.
    Dictionary(arrow::array::UInt32Array, Vec<Option<Arc<Shape>>>),
    /// Of each row; `None` outside where the row has none.
    Each(Vec<Option<Option<Arc<Shape>>>>),
}

impl RowShapes {
    fn new(array: &ArrayRef, shapes: &mut Shapes) -> Self {
        if let Some(dictionary) = array.as_dictionary_opt::<UInt32Type>()
            && let Some(texts) = Texts::of(dictionary.values())
        {
            let mut known: Vec<Option<Option<Arc<Shape>>>> = vec![None; dictionary.values().len()];
            for key in dictionary.keys().iter().flatten() {
                let Some(known) = known.get_mut(key as usize) else { continue };
                known.get_or_insert_with(|| texts.get(key as usize).and_then(|t| shapes.get(t)));
            }
            let parsed = known.into_iter().map(Option::flatten).collect();
            return Self::Dictionary(dictionary.keys().clone(), parsed);
        }
        let texts = Texts::of(array);
        let of_row = |row| texts.as_ref()?.get(row).map(|text| shapes.get(text));
        Self::Each((0..array.len()).map(of_row).collect())
    }

    fn get(&self, row: usize) -> OfRow<'_> {
        let shape = match self {
            Self::Dictionary(keys, shapes) => {
                value(keys, row).map(|key| shapes.get(key as usize).and_then(Option::as_deref))
            }
            Self::Each(shapes) => {
                shapes.get(row).and_then(|of_row| of_row.as_ref().map(|shape| shape.as_deref()))
            }
        };
        match shape {
            Some(Some(shape)) => OfRow::Shape(shape),
            Some(None) => OfRow::Damaged,
            None => OfRow::None,
        }
    }

    /// Returns the ids of the fields that the shapes name, some more than once.
    fn fields(&self) -> Vec<u16> {
        let of = |shape: &Arc<Shape>| shape.fields().collect::<Vec<_>>();
        match self {
            Self::Dictionary(_, shapes) => shapes.iter().flatten().flat_map(of).collect(),
            Self::Each(shapes) => shapes.iter().flatten().flatten().flat_map(of).collect(),
        }
    }
}

/// The shapes and the rests of some rows, of which the texts can be put together.
#[derive(Debug)]
pub struct RecordTexts {
    shapes: RowShapes,
    rests: Option<Texts>,
}

impl RecordTexts {
    /// Takes the columns [`hidden::SHAPE`] and [`hidden::REST`].
    pub fn new(shape: &ArrayRef, rest: &ArrayRef, shapes: &mut Shapes) -> Self {
        Self { shapes: RowShapes::new(shape, shapes), rests: Texts::of(rest) }
    }

    /// Takes the columns of a batch, with the fields that they name; `None` where it has none.
    pub fn of_batch(
        schema: EventSchema,
        batch: &RecordBatch,
        shapes: &mut Shapes,
    ) -> Option<(Self, FieldArrays)> {
        let column = |name| batch.column_by_name(name);
        let texts = Self::new(column(hidden::SHAPE)?, column(hidden::REST)?, shapes);
        Some((texts, FieldArrays::of_batch(schema, batch)))
    }

    /// Returns which fields the shapes name.
    pub fn fields(&self) -> Vec<u16> {
        let mut fields = self.shapes.fields();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// Appends the text of a row's record. Returns whether there is one: `false` is damage.
    pub fn append(&self, fields: &FieldArrays, row: usize, out: &mut Vec<u8>) -> bool {
        let rest = self.rests.as_ref().and_then(|rests| rests.get(row));
        match self.shapes.get(row) {
            OfRow::Shape(shape) => append(shape, rest, fields, row, out).is_some(),
            OfRow::None => rest.map(|rest| out.extend_from_slice(rest)).is_some(),
            OfRow::Damaged => false,
        }
    }
}

/// Appends the text of a record of a shape.
fn append(
    shape: &Shape,
    rest: Option<&[u8]>,
    fields: &FieldArrays,
    row: usize,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut text = Text { shape, rest, fields, row, list: 0, elements: 0..0, out };
    text.run(&shape.steps)
}

/// Whether the text of a record of a shape is `expected`.
pub(super) fn is_text(
    shape: &Shape,
    rest: Option<&[u8]>,
    fields: &FieldArrays,
    row: usize,
    expected: &[u8],
) -> bool {
    let out = &mut Expected { rest: expected, scratch: Vec::new() };
    let mut text = Text { shape, rest, fields, row, list: 0, elements: 0..0, out };
    text.run(&shape.steps).is_some() && text.out.rest.is_empty()
}

/// What takes a text piece by piece.
trait Out {
    /// Takes the next piece. `None` ends the text.
    fn put(&mut self, piece: &[u8]) -> Option<()>;
    /// Takes what `write` appends.
    fn put_written(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Option<()>;
}

impl Out for Vec<u8> {
    #[inline]
    fn put(&mut self, piece: &[u8]) -> Option<()> {
        self.extend_from_slice(piece);
        Some(())
    }

    #[inline]
    fn put_written(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Option<()> {
        write(self);
        Some(())
    }
}

/// A text that is expected to come, from its next piece on.
struct Expected<'e> {
    rest: &'e [u8],
    scratch: Vec<u8>,
}

impl Out for Expected<'_> {
    #[inline]
    fn put(&mut self, piece: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(piece)?;
        Some(())
    }

    fn put_written(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Option<()> {
        self.scratch.clear();
        write(&mut self.scratch);
        self.rest = self.rest.strip_prefix(self.scratch.as_slice())?;
        Some(())
    }
}

/// A text that is being put together.
struct Text<'a, O> {
    shape: &'a Shape,
    /// Pieces of the rest to come.
    rest: Option<&'a [u8]>,
    fields: &'a FieldArrays,
    row: usize,
    /// The present list, and its elements from the present one on.
    list: u16,
    elements: std::ops::Range<usize>,
    out: &'a mut O,
}

impl<'a, O: Out> Text<'a, O> {
    fn run(&mut self, steps: &'a [Step]) -> Option<()> {
        let mut steps = steps.iter();
        while let Some(step) = steps.next() {
            match step {
                Step::Literal(part) => self.out.put(self.shape.part(*part)?)?,
                Step::Value(Spelling::Text, field) => {
                    let (Values::Text(texts), at) = self.values(*field)? else { return None };
                    self.out.put(texts.get(at)?)?;
                }
                Step::Value(spelling, field) => self.value(*spelling, *field)?,
                Step::Map(field, letters) => self.map(*field, *letters)?,
                Step::Rest => {
                    let piece = self.piece()?;
                    self.out.put(piece)?;
                }
                Step::Element(list) => self.element(*list)?,
                Step::Each(list, count, between) => {
                    let (inside, after) = steps.as_slice().split_at_checked(*count as usize)?;
                    for at in 0..self.fields.elements(*list, self.row)?.len() {
                        if at > 0 {
                            self.out.put(self.shape.part(*between)?)?;
                        }
                        self.run(inside)?;
                    }
                    steps = after.iter();
                }
            }
        }
        Some(())
    }

    /// Goes to the next element of a list.
    fn element(&mut self, list: u16) -> Option<()> {
        if self.list == list {
            self.elements.next()?;
        } else {
            self.list = list;
            self.elements = self.fields.elements(list, self.row)?;
        }
        Some(())
    }

    fn piece(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = memchr::memchr(SEPARATOR, rest);
        self.rest = end.and_then(|end| rest.get(end + 1..));
        rest.get(..end.unwrap_or(rest.len()))
    }

    /// Returns the values of a field, and at which place the present one is.
    #[inline]
    fn values(&self, field: u16) -> Option<(&'a Values, usize)> {
        let placed = self.fields.get(field)?;
        let at = match placed.list {
            None => self.row,
            Some(list) if list == self.list && !self.elements.is_empty() => self.elements.start,
            Some(_) => return None,
        };
        Some((&placed.values, at))
    }

    fn value(&mut self, spelling: Spelling, field: u16) -> Option<()> {
        let (values, at) = self.values(field)?;
        match values {
            Values::Text(texts) => {
                let text = texts.get(at)?;
                self.out.put_written(|out| escape_into(text, out))
            }
            Values::Time(times) => {
                let time = value(times, at)?;
                self.out.put_written(|out| spelling::timestamp(time, spelling, out))
            }
            Values::Boolean(values) => {
                let value = (at < values.len() && values.is_valid(at)).then(|| values.value(at))?;
                self.out.put_written(|out| spelling::boolean(value, out))
            }
            Values::Integer(numbers) => {
                let number = value(numbers, at)?;
                self.out.put_written(|out| spelling::integer(number, out))
            }
            Values::Double(numbers) => {
                let number = value(numbers, at)?;
                self.out.put_written(|out| spelling::double(number, out))
            }
            Values::Map { .. } | Values::List(_) => None,
        }
    }

    fn map(&mut self, field: u16, letters: Part) -> Option<()> {
        let letters = self.shape.part(letters)?;
        let (Values::Map { entries, keys, values }, at) = self.values(field)? else { return None };
        self.out.put(b"{")?;
        for (number, entry) in range(entries, at)?.enumerate() {
            self.out.put(if number > 0 { b",\"" } else { b"\"" })?;
            self.out.put(keys.get(entry)?)?;
            self.out.put(b"\":")?;
            let letter = *letters.get(number).or(letters.last())?;
            match (letter, values.get(entry)) {
                (ENTRY_REST, _) => {
                    let piece = self.piece()?;
                    self.out.put(piece)?;
                }
                (_, None) => self.out.put(b"null")?,
                (ENTRY_BARE, Some(text)) => self.out.put(text)?,
                (ENTRY_ESCAPED, Some(text)) => self.out.put_written(|out| quote_into(text, out))?,
                (_, Some(text)) => {
                    self.out.put(b"\"")?;
                    self.out.put(text)?;
                    self.out.put(b"\"")?;
                }
            }
        }
        self.out.put(b"}")
    }
}
