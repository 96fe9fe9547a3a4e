//! `string` with a dictionary: the distinct texts of the stripe, and for each value the number of its
//! text.

use super::super::rle::Integers;
use super::text::{Blobs, as_views, text_type};
use super::{Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBufferBuilder, DictionaryArray, StringViewArray, UInt32Array,
    new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;
use arrow::datatypes::UInt32Type;
use orc_rust::proto::stream::Kind as StreamKind;
use std::collections::BTreeSet;
use std::sync::Arc;

struct DictionaryTexts {
    indexes: Integers,
    dictionary: Dictionary,
    /// Whether reads give dictionary arrays.
    encoded: bool,
}

/// The distinct texts of a column in a stripe, read when first needed.
struct Dictionary {
    blobs: Blobs,
    size: usize,
    as_views: bool,
    values: Option<ArrayRef>,
    /// How often some of the texts were read.
    parts: usize,
}

/// So many texts of a dictionary are for each that is wanted when only those are read that are.
const MIN_UNWANTED: usize = 16;
/// How often some of the texts are read before all are.
const MAX_PARTS: usize = 4;

impl Dictionary {
    fn values(&mut self) -> Result<ArrayRef, OrcError> {
        if let Some(values) = &self.values {
            return Ok(Arc::clone(values));
        }
        let values = self.read(None)?;
        self.values = Some(Arc::clone(&values));
        Ok(values)
    }

    /// Reads the texts that are to be kept (`None`: all).
    fn read(&mut self, keep: Option<&BooleanBuffer>) -> Result<ArrayRef, OrcError> {
        self.blobs.rewind()?;
        let text = self.blobs.read_text(&Rows { count: self.size, nulls: None, keep })?;
        Ok(if self.as_views { Arc::new(StringViewArray::from(&text)) } else { Arc::new(text) })
    }

    /// Returns the texts of so few keys that not all are worth reading for them, if that is so. The keys are in range.
    fn texts_of(&mut self, keys: &UInt32Array) -> Result<Option<ArrayRef>, OrcError> {
        let are_few = keys.len() * MIN_UNWANTED < self.size && self.parts < MAX_PARTS;
        if !are_few || self.values.is_some() {
            return Ok(None);
        }
        self.parts += 1;
        let wanted: BTreeSet<u32> = keys.iter().flatten().collect();
        let mut keep = BooleanBufferBuilder::new(self.size);
        keep.append_n(self.size, false);
        wanted.iter().for_each(|key| keep.set_bit(*key as usize, true));
        let texts = self.read(Some(&keep.finish()))?;
        let wanted: Vec<u32> = wanted.into_iter().collect();
        let place = |key: u32| wanted.binary_search(&key).ok().map(|place| place as u32);
        let places: UInt32Array = keys.iter().map(|key| key.and_then(place)).collect();
        Ok(Some(if texts.is_empty() {
            new_null_array(texts.data_type(), keys.len())
        } else {
            take(&texts, &places, None)?
        }))
    }
}

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    let (text, encoded) = text_type(opening.target);
    let Some(as_views) = as_views(text) else { return Ok(None) };
    let blobs = Blobs::open(opening, StreamKind::DictionaryData)?;
    let size = opening.stripe.dictionary_size(opening.column.id);
    let dictionary = Dictionary { blobs, size, as_views, values: None, parts: 0 };
    let indexes = opening.unsigned(StreamKind::Data)?;
    Ok(Some(Box::new(DictionaryTexts { indexes, dictionary, encoded })))
}

/// Checks that all keys that are not null are below `size`.
fn in_range(keys: &UInt32Array, size: usize) -> bool {
    let highest = match keys.nulls() {
        None => keys.values().iter().copied().max(),
        Some(nulls) => nulls.valid_indices().map(|row| keys.value(row)).max(),
    };
    highest.is_none_or(|highest| (highest as usize) < size)
}

impl Values for DictionaryTexts {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.indexes.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.indexes)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let number = |value| u32::try_from(value).unwrap_or(u32::MAX);
        let keys = self.indexes.read(rows.values(), number)?;
        let keys = rows.filter(Arc::new(rows.primitive::<UInt32Type>(keys)?))?;
        let keys = keys.as_primitive::<UInt32Type>();
        if !in_range(keys, self.dictionary.size) {
            return Err(self.indexes.damaged("an index points beyond the end of its dictionary"));
        }
        if rows.keep.is_some()
            && let Some(texts) = self.dictionary.texts_of(keys)?
        {
            return Ok(texts);
        }
        let values = self.dictionary.values()?;
        Ok(if self.encoded {
            Arc::new(DictionaryArray::try_new(keys.clone(), values)?)
        } else if values.is_empty() {
            new_null_array(values.data_type(), keys.len())
        } else {
            take(&values, keys, None)?
        })
    }

    fn dictionary(&mut self) -> Result<Option<ArrayRef>, OrcError> {
        if self.encoded { self.dictionary.values().map(Some) } else { Ok(None) }
    }

    fn dictionary_size(&self) -> Option<usize> {
        self.encoded.then_some(self.dictionary.size)
    }
}
