//! The columns that stand for the text of records, each proven to give it back.

use super::fields::FieldArrays;
use super::rebuild::{self, MAX_SHAPE_BYTES};
use super::shape::Shape;
use super::sketch::{Drawn, Sketch};
use crate::event::RecordDigest;
use arrow::array::{ArrayRef, BinaryBuilder, StringBuilder};
use arrow::error::ArrowError;
use hashbrown::HashMap;
use std::sync::Arc;

/// Bytes of a record's digest that are kept; they tell records apart.
pub const DIGEST_BYTES: usize = 16;

/// The records of the rows that are being built.
#[derive(Debug, Default)]
pub(in crate::shred) struct KeptRecords {
    drawn: Drawn,
    texts: Pieces,
    /// The number of each record's shape.
    shapes: Vec<usize>,
    known: KnownShapes,
    rests: Pieces,
    digests: BinaryBuilder,
}

/// Shapes by number.
#[derive(Debug, Default)]
struct KnownShapes {
    numbers: HashMap<Box<[u8]>, usize>,
    /// Each as text and as it is read; `None` for one that is of no use.
    all: Vec<Option<(Box<str>, Shape)>>,
    bytes: usize,
}

impl KnownShapes {
    fn number(&mut self, text: &[u8]) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let known = std::str::from_utf8(text).ok().map(Box::from).zip(Shape::parse(text));
        let number = self.all.len();
        self.all.push(known);
        self.bytes += text.len();
        self.numbers.insert(text.into(), number);
        number
    }

    /// Forgets them if they are many: then hardly one comes again.
    fn forget_many(&mut self) {
        if self.bytes > MAX_SHAPE_BYTES {
            *self = Self::default();
        }
    }
}

/// Texts in one buffer.
#[derive(Debug, Default)]
struct Pieces {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Pieces {
    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    fn get(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[at]]
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

impl KeptRecords {
    /// Appends a record, which `read` is to shred with the sketch.
    pub(in crate::shred) fn push(
        &mut self,
        record: &[u8],
        digest: &RecordDigest,
        read: impl FnOnce(&mut Sketch<'_>),
    ) {
        let mut sketch = Sketch::of(record, &mut self.drawn);
        read(&mut sketch);
        sketch.end();
        self.texts.push(record);
        self.shapes.push(self.known.number(self.drawn.shape()));
        // A rest without pieces and one with an empty piece read alike.
        self.rests.push(self.drawn.rest().unwrap_or_default());
        self.digests.append_value(&digest[..DIGEST_BYTES]);
    }

    /// Takes the columns of all records. Each record is put together of its shape, its rest and `fields` as it will be
    /// when it is read; one that does not come out as it was is kept whole.
    ///
    /// # Errors
    /// When a record is not UTF-8.
    pub(in crate::shred) fn finish(
        &mut self,
        fields: &FieldArrays,
    ) -> Result<[ArrayRef; 3], ArrowError> {
        let (mut shapes, mut rests) = (StringBuilder::new(), StringBuilder::new());
        for row in 0..self.texts.ends.len() {
            let (text, rest) = (self.texts.get(row), self.rests.get(row));
            let known =
                self.shapes.get(row).and_then(|number| self.known.all.get(*number)?.as_ref());
            let rebuilt =
                known.filter(|(_, shape)| rebuild::is_text(shape, Some(rest), fields, row, text));
            shapes.append_option(rebuilt.map(|(shape, _)| shape));
            match rebuilt {
                Some(_) if rest.is_empty() => rests.append_null(),
                Some(_) => rests.append_value(utf8(rest)?),
                None => rests.append_value(utf8(text)?),
            }
        }
        self.texts.clear();
        self.shapes.clear();
        self.rests.clear();
        self.known.forget_many();
        Ok([Arc::new(shapes.finish()), Arc::new(rests.finish()), Arc::new(self.digests.finish())])
    }
}

fn utf8(text: &[u8]) -> Result<&str, ArrowError> {
    std::str::from_utf8(text).map_err(|error| ArrowError::InvalidArgumentError(error.to_string()))
}
