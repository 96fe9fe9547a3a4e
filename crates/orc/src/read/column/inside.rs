//! What is read of lists and maps without the lists and maps themselves: how long they are, their elements, or the value
//! that each map has under one key.

use super::super::path::{Element, Inside};
use super::super::stripe::StripeReader;
use super::lists::Lengths;
use super::rows::{elements, sizes};
use super::{ColumnReader, Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use crate::schema::Kind;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBufferBuilder, DictionaryArray, PrimitiveArray, UInt32Array,
    new_empty_array, new_null_array,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Fields, UInt32Type};
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

pub(super) fn open(opening: &Opening<'_>, inside: &Inside) -> Opened {
    let is_map = opening.column.kind == Kind::Map;
    if !is_map && opening.column.kind != Kind::List {
        return Ok(None);
    }
    let lengths = || opening.unsigned(StreamKind::Length).map(Lengths);
    Ok(match inside {
        Inside::Length if *opening.target == DataType::UInt32 => {
            Some(Box::new(Sizes(lengths()?)) as _)
        }
        Inside::Elements(element) => match (element, is_map) {
            (Element::Item | Element::Member(_), true) | (Element::Key | Element::Value, false) => {
                None
            }
            _ => Some(Box::new(Elements::open(opening, element, lengths()?)?) as _),
        },
        Inside::Entry(key) if is_map => {
            Some(Box::new(Entries::open(opening, key, lengths()?)?) as _)
        }
        _ => None,
    })
}

/// Returns what reads the elements of lists that the file lacks.
pub(super) fn no_elements(target: &DataType) -> Box<dyn Values> {
    Box::new(NoElements(target.clone()))
}

struct NoElements(DataType);

impl Values for NoElements {
    fn skip(&mut self, _count: usize) -> Result<(), OrcError> {
        Ok(())
    }

    fn seek(&mut self, _positions: &mut Positions<'_>) -> Result<(), OrcError> {
        Ok(())
    }

    fn read(&mut self, _rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        Ok(new_empty_array(&self.0))
    }
}

/// How long lists or maps are.
struct Sizes(Lengths);

impl Values for Sizes {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.0.skip(count).map(|_| ())
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.0.0)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let sizes = sizes(&mut self.0.0, rows.values())?;
        // No list is longer than all of them.
        elements(&self.0.0, &sizes)?;
        let sizes = sizes.into_iter().map(|size| size as u32).collect();
        rows.filter(Arc::new(rows.primitive::<UInt32Type>(sizes)?))
    }
}

/// The elements of lists or maps, or a member of each, one after the other.
struct Elements {
    lengths: Lengths,
    /// The struct that a member belongs to, without members.
    above: Option<ColumnReader>,
    leaf: ColumnReader,
}

impl Elements {
    fn open(opening: &Opening<'_>, element: &Element, lengths: Lengths) -> Result<Self, OrcError> {
        let Opening { stripe, column, target } = opening;
        let first = column.children.first();
        let mut above = None;
        let leaf = match element {
            Element::Item | Element::Key => first,
            Element::Value => column.children.get(1),
            Element::Member(name) => {
                let fields = DataType::Struct(Fields::empty());
                above = Some(ColumnReader::open(stripe, first, &fields)?);
                first.and_then(|item| item.find([name.as_str()]))
            }
        };
        Ok(Self { lengths, above, leaf: ColumnReader::open(stripe, leaf, target)? })
    }
}

impl Values for Elements {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        let mut elements = self.lengths.skip(count)?;
        if let Some(above) = &mut self.above {
            elements = above.step(elements)?;
        }
        self.leaf.skip(elements)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.lengths.0)
    }

    fn seek_inside(&mut self, stripe: &StripeReader, group: usize) -> Result<(), OrcError> {
        if let Some(above) = &mut self.above {
            above.seek(stripe, group)?;
        }
        self.leaf.seek(stripe, group)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let spans = self.lengths.read(&rows)?;
        let mask = match &mut self.above {
            Some(above) => above.nulls(spans.elements, None)?,
            None => None,
        };
        self.leaf.read(spans.elements, mask.as_ref(), spans.keep.as_ref())
    }

    fn dictionary(&mut self) -> Result<Option<ArrayRef>, OrcError> {
        self.leaf.dictionary()
    }

    fn dictionary_size(&self) -> Option<usize> {
        self.leaf.dictionary_size()
    }
}

/// The values of maps under one key. Keys are compared by their numbers where they have a dictionary, and only the values
/// that are wanted are read.
struct Entries {
    lengths: Lengths,
    key: ColumnReader,
    value: ColumnReader,
    wanted: Arc<str>,
    /// Which texts of the dictionary of keys are the one that is wanted.
    numbers: Option<Vec<bool>>,
}

impl Entries {
    fn open(opening: &Opening<'_>, key: &Arc<str>, lengths: Lengths) -> Result<Self, OrcError> {
        let Opening { stripe, column, target } = opening;
        let text = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
        Ok(Self {
            lengths,
            key: ColumnReader::open(stripe, column.children.first(), &text)?,
            value: ColumnReader::open(stripe, column.children.get(1), target)?,
            wanted: Arc::clone(key),
            numbers: None,
        })
    }

    /// Reads the keys of so many entries, and returns which are the one that is wanted.
    fn wanted(&mut self, entries: usize) -> Result<Vec<bool>, OrcError> {
        let keys = self.key.read(entries, None, None)?;
        let wanted = &*self.wanted;
        let is_wanted = |texts: &ArrayRef| -> Vec<bool> {
            let texts = texts.as_string_opt::<i32>();
            texts.into_iter().flatten().map(|text| text == Some(wanted)).collect()
        };
        let Some(dictionary) = keys.as_dictionary_opt::<UInt32Type>() else {
            return Ok(is_wanted(&keys));
        };
        let numbers = self.numbers.get_or_insert_with(|| is_wanted(dictionary.values()));
        let keys = dictionary.keys();
        let wanted = keys.values().iter().map(|key| numbers.get(*key as usize) == Some(&true));
        Ok(match keys.nulls() {
            None => wanted.collect(),
            Some(nulls) => wanted.zip(nulls).map(|(wanted, valid)| wanted && valid).collect(),
        })
    }
}

impl Values for Entries {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        let entries = self.lengths.skip(count)?;
        self.key.skip(entries)?;
        self.value.skip(entries)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.lengths.0)
    }

    fn seek_inside(&mut self, stripe: &StripeReader, group: usize) -> Result<(), OrcError> {
        self.key.seek(stripe, group)?;
        self.value.seek(stripe, group)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let sizes = sizes(&mut self.lengths.0, rows.values())?;
        let entries = elements(&self.lengths.0, &sizes)?;
        let wanted = self.wanted(entries)?;
        let mut sizes = sizes.into_iter();
        let mut keep = BooleanBufferBuilder::new(entries);
        keep.append_n(entries, false);
        // For each row that is kept, whether its map has the key.
        let mut found = BooleanBufferBuilder::new(rows.kept());
        let mut end = 0;
        for row in 0..rows.count {
            let size = if rows.is_valid(row) { sizes.next().unwrap_or(0) as usize } else { 0 };
            let start = end;
            end += size;
            if rows.is_kept(row) {
                // Of a key that is there more than once the first counts.
                let place = wanted[start..end].iter().position(|wanted| *wanted);
                if let Some(place) = place {
                    keep.set_bit(start + place, true);
                }
                found.append(place.is_some());
            }
        }
        let values = self.value.read(entries, None, Some(&keep.finish()))?;
        scatter(values, &NullBuffer::new(found.finish()))
    }

    fn dictionary(&mut self) -> Result<Option<ArrayRef>, OrcError> {
        self.value.dictionary()
    }

    fn dictionary_size(&self) -> Option<usize> {
        self.value.dictionary_size()
    }
}

/// Spreads values over the rows that have one; the others are null. A dictionary stays what it is.
fn scatter(values: ArrayRef, rows: &NullBuffer) -> Result<ArrayRef, OrcError> {
    if rows.null_count() == 0 {
        return Ok(values);
    }
    if values.is_empty() && !matches!(values.data_type(), DataType::Dictionary(..)) {
        return Ok(new_null_array(values.data_type(), rows.len()));
    }
    let mut places = vec![0_u32; rows.len()];
    for (place, row) in rows.valid_indices().enumerate() {
        places[row] = place as u32;
    }
    let Some(dictionary) = values.as_dictionary_opt::<UInt32Type>() else {
        let places = UInt32Array::new(ScalarBuffer::from(places), Some(rows.clone()));
        return Ok(take(&values, &places, None)?);
    };
    let keys = dictionary.keys();
    let mut spread = vec![0_u32; rows.len()];
    for (key, row) in keys.values().iter().zip(rows.valid_indices()) {
        spread[row] = *key;
    }
    let nulls = match keys.nulls() {
        None => rows.clone(),
        Some(nulls) => NullBuffer::new(super::scatter_bits(rows.inner(), nulls.inner())),
    };
    let keys = PrimitiveArray::<UInt32Type>::try_new(ScalarBuffer::from(spread), Some(nulls))?;
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::clone(dictionary.values()))?))
}
