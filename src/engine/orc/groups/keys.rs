//! Numbers of distinct values: of one column, and of several columns together.

use super::exec::plain;
use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, StringBuilder, StringViewBuilder, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{can_cast_types, cast};
use arrow::datatypes::{DataType, Int64Type, UInt32Type};
use datafusion::error::Result;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::sync::Arc;

/// Stands for a text that was not met yet.
const UNKNOWN: u32 = u32::MAX;

/// Returns the type of a key's values, if its column can be numbered: text, also in a dictionary, and what fits into an
/// integer of 64 bits.
pub(in super::super) fn value_type(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::Dictionary(_, values) => value_type(values),
        DataType::Utf8 | DataType::Utf8View => Some(data_type),
        DataType::Boolean | DataType::Timestamp(..) | DataType::Date32 => Some(data_type),
        other if other.is_signed_integer() => Some(other),
        _ => None,
    }
    .filter(|values| is_text(values) || is_number(values))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::Utf8View)
}

fn is_number(data_type: &DataType) -> bool {
    let number = DataType::Int64;
    can_cast_types(data_type, &number) && can_cast_types(&number, data_type)
}

/// The distinct values of a column, NULL among them, numbered from 0 in the order in which they came.
#[derive(Debug)]
pub(in super::super) enum Keys {
    Text(Texts),
    Number(Numbers),
}

impl Keys {
    /// Returns no values yet, of a column whose values are of `data_type`.
    pub(in super::super) fn new(data_type: &DataType) -> Self {
        match is_text(data_type) {
            true => {
                Self::Text(Texts { views: *data_type == DataType::Utf8View, ..Texts::default() })
            }
            false => Self::Number(Numbers { data_type: data_type.clone(), ..Numbers::default() }),
        }
    }

    /// Appends the number of each row's value.
    pub(in super::super) fn number(
        &mut self,
        array: &ArrayRef,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        match self {
            Self::Text(texts) => texts.number(array, numbers),
            Self::Number(values) => values.number(array, numbers)?,
        }
        Ok(())
    }

    /// Returns the values with some numbers.
    pub(in super::super) fn values(&self, numbers: &[u32]) -> Result<ArrayRef> {
        match self {
            Self::Text(texts) => Ok(texts.values(numbers)),
            Self::Number(values) => values.values(numbers),
        }
    }

    /// Returns how many there are.
    pub(in super::super) fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.ends.len(),
            Self::Number(values) => values.values.len(),
        }
    }

    /// Returns for each row whether its value is one of them; `null` is what NULL is.
    pub(in super::super) fn contain(&self, array: &ArrayRef, null: bool) -> Result<BooleanBuffer> {
        Ok(match self {
            Self::Text(texts) => texts.contain(&plain(array)?, null),
            Self::Number(values) => values.contain(array, null)?,
        })
    }

    /// Returns the number of NULL, if that is among them.
    pub(in super::super) fn null(&self) -> Option<u32> {
        match self {
            Self::Text(texts) => texts.null,
            Self::Number(values) => values.find(None),
        }
    }

    /// Lets go of what is needed for values to come.
    pub(in super::super) fn close(&mut self) {
        if let Self::Text(texts) = self {
            texts.dictionary = None;
        }
    }

    /// Returns about how many bytes they take.
    pub(in super::super) fn size(&self) -> usize {
        match self {
            Self::Text(texts) => texts.size(),
            Self::Number(values) => 32 * values.values.capacity(),
        }
    }
}

#[derive(Debug, Default)]
pub(in super::super) struct Texts {
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The texts one after the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    null: Option<u32>,
    dictionary: Option<KnownDictionary>,
    /// Whether they become views.
    views: bool,
}

/// The dictionary of the last rows, which mostly is that of the next, and the numbers of its texts.
#[derive(Debug)]
struct KnownDictionary {
    texts: ArrayRef,
    numbers: Vec<u32>,
}

impl Texts {
    fn number(&mut self, array: &ArrayRef, numbers: &mut Vec<u32>) {
        let Some(dictionary) = array.as_dictionary_opt::<UInt32Type>() else {
            return self.number_each(array, numbers);
        };
        let (keys, texts) = (dictionary.keys(), dictionary.values());
        // With as many texts as rows a look-up is needed for nearly each row anyway.
        let known = self.dictionary.take().filter(|known| same(&known.texts, texts));
        let mut known = known.unwrap_or_else(|| KnownDictionary {
            texts: Arc::clone(texts),
            numbers: vec![UNKNOWN; texts.len()],
        });
        let mut of_key = |this: &mut Self, key: u32| match known.numbers[key as usize] {
            UNKNOWN => {
                let number = this.of_text(text(texts, key as usize));
                known.numbers[key as usize] = number;
                number
            }
            number => number,
        };
        match keys.nulls() {
            None => numbers.extend(keys.values().iter().map(|key| of_key(self, *key))),
            Some(nulls) => {
                let keys = keys.values().iter().enumerate();
                numbers.extend(keys.map(|(row, key)| match nulls.is_valid(row) {
                    true => of_key(self, *key),
                    false => self.of_text(None),
                }));
            }
        }
        self.dictionary = Some(known);
    }

    fn number_each(&mut self, array: &ArrayRef, numbers: &mut Vec<u32>) {
        match array.as_string_view_opt() {
            Some(views) => numbers.extend(views.iter().map(|text| self.of_text(text))),
            None => {
                let texts = array.as_string_opt::<i32>().into_iter().flatten();
                numbers.extend(texts.map(|text| self.of_text(text)));
            }
        }
    }

    fn of_text(&mut self, text: Option<&str>) -> u32 {
        let next = self.ends.len() as u32;
        let Some(text) = text else {
            return *self.null.get_or_insert_with(|| {
                self.ends.push(self.bytes.len());
                next
            });
        };
        let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
        let hash = hasher.hash_one(text.as_bytes());
        let known = self.table.entry(
            hash,
            |number| of(bytes, ends, *number) == text.as_bytes() && Some(*number) != self.null,
            |number| hasher.hash_one(of(bytes, ends, *number)),
        );
        match known {
            hashbrown::hash_table::Entry::Occupied(known) => *known.get(),
            hashbrown::hash_table::Entry::Vacant(place) => {
                place.insert(next);
                self.bytes.extend_from_slice(text.as_bytes());
                self.ends.push(self.bytes.len());
                next
            }
        }
    }

    fn contain(&self, array: &ArrayRef, null: bool) -> BooleanBuffer {
        let is_known = |text: &str| {
            let hash = self.hasher.hash_one(text.as_bytes());
            let same = |number: &u32| of(&self.bytes, &self.ends, *number) == text.as_bytes();
            self.table.find(hash, same).is_some()
        };
        BooleanBuffer::collect_bool(array.len(), |row| text(array, row).map_or(null, is_known))
    }

    fn values(&self, numbers: &[u32]) -> ArrayRef {
        let texts = numbers.iter().map(|number| {
            let bytes = of(&self.bytes, &self.ends, *number);
            std::str::from_utf8(bytes).ok().filter(|_| self.null != Some(*number))
        });
        match self.views {
            true => {
                let mut views = StringViewBuilder::with_capacity(numbers.len());
                views.extend(texts);
                Arc::new(views.finish())
            }
            false => {
                let mut array = StringBuilder::new();
                array.extend(texts);
                Arc::new(array.finish())
            }
        }
    }

    fn size(&self) -> usize {
        let dictionary = self.dictionary.as_ref().map_or(0, |known| 4 * known.numbers.capacity());
        self.bytes.capacity() + 8 * self.ends.capacity() + self.table.allocation_size() + dictionary
    }
}

/// The bytes of text `number`.
fn of<'a>(bytes: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[number]]
}

/// Whether two arrays are one, and not only alike.
fn same(one: &ArrayRef, other: &ArrayRef) -> bool {
    Arc::ptr_eq(one, other) || one.to_data().ptr_eq(&other.to_data())
}

fn text(texts: &ArrayRef, at: usize) -> Option<&str> {
    if texts.is_null(at) {
        return None;
    }
    match texts.as_string_view_opt() {
        Some(views) => Some(views.value(at)),
        None => texts.as_string_opt::<i32>().map(|texts| texts.value(at)),
    }
}

/// What fits into 64 bits.
#[derive(Debug)]
pub(in super::super) struct Numbers {
    data_type: DataType,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    values: Vec<Option<i64>>,
    /// The value of the last row, and its number: in a column that is sorted, or nearly so, mostly that of the next.
    last: Option<(Option<i64>, u32)>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            data_type: DataType::Int64,
            table: HashTable::default(),
            hasher: DefaultHashBuilder::default(),
            values: Vec::new(),
            last: None,
        }
    }
}

impl Numbers {
    fn number(&mut self, array: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        let array = cast(array, &DataType::Int64)?;
        let array = array.as_primitive::<Int64Type>();
        numbers.extend(array.iter().map(|value| match self.last {
            Some((last, number)) if last == value => number,
            _ => {
                let number = self.of_value(value);
                self.last = Some((value, number));
                number
            }
        }));
        Ok(())
    }

    fn of_value(&mut self, value: Option<i64>) -> u32 {
        let (values, hasher) = (&self.values, &self.hasher);
        let known = self.table.entry(
            hasher.hash_one(value),
            |number| values[*number as usize] == value,
            |number| hasher.hash_one(values[*number as usize]),
        );
        match known {
            hashbrown::hash_table::Entry::Occupied(known) => *known.get(),
            hashbrown::hash_table::Entry::Vacant(place) => {
                let number = self.values.len() as u32;
                place.insert(number);
                self.values.push(value);
                number
            }
        }
    }

    fn find(&self, value: Option<i64>) -> Option<u32> {
        let same = |number: &u32| self.values[*number as usize] == value;
        self.table.find(self.hasher.hash_one(value), same).copied()
    }

    fn contain(&self, array: &ArrayRef, null: bool) -> Result<BooleanBuffer> {
        let array = cast(array, &DataType::Int64)?;
        let array = array.as_primitive::<Int64Type>();
        let mut last = None;
        Ok(BooleanBuffer::collect_bool(array.len(), |row| {
            let Some(value) = array.is_valid(row).then(|| array.value(row)) else { return null };
            match last {
                Some((known, found)) if known == value => found,
                _ => {
                    let found = self.find(Some(value)).is_some();
                    last = Some((value, found));
                    found
                }
            }
        }))
    }

    fn values(&self, numbers: &[u32]) -> Result<ArrayRef> {
        let values: Int64Array =
            numbers.iter().map(|number| self.values[*number as usize]).collect();
        if values.null_count() == values.len() {
            return Ok(new_null_array(&self.data_type, values.len()));
        }
        Ok(cast(&values, &self.data_type)?)
    }
}

/// Cells up to which pairs are looked up in a table of all that could be.
const MAX_CELLS: usize = 1 << 18;

/// Numbers of pairs of numbers, from 0 in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pairs: Vec<(u32, u32)>,
    /// The number of each pair that could be, `width` for each first number; empty if they are too many.
    cells: Vec<u32>,
    width: usize,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Pairs {
    /// Replaces the numbers in `first`, which are below `sizes.0`, by those of their pairs with the ones in `second`,
    /// which are below `sizes.1`.
    pub(super) fn number(&mut self, first: &mut [u32], second: &[u32], sizes: (usize, usize)) {
        self.make_room(sizes);
        for (first, second) in first.iter_mut().zip(second) {
            *first = self.of_pair((*first, *second));
        }
    }

    fn make_room(&mut self, (height, width): (usize, usize)) {
        let is_new = self.pairs.is_empty();
        if (self.width == 0 && !is_new)
            || (width <= self.width && height * self.width <= self.cells.len())
        {
            return;
        }
        self.width = width.next_power_of_two().max(self.width);
        let cells = height.next_power_of_two() * self.width;
        self.cells.clear();
        if cells > MAX_CELLS {
            self.width = 0;
            self.cells.shrink_to_fit();
            for (number, pair) in self.pairs.iter().enumerate() {
                let (pairs, hasher) = (&self.pairs, &self.hasher);
                self.table.insert_unique(hasher.hash_one(pair), number as u32, |number| {
                    hasher.hash_one(pairs[*number as usize])
                });
            }
            return;
        }
        self.cells.resize(cells, UNKNOWN);
        for (number, (first, second)) in self.pairs.iter().enumerate() {
            self.cells[*first as usize * self.width + *second as usize] = number as u32;
        }
    }

    fn of_pair(&mut self, pair: (u32, u32)) -> u32 {
        let next = self.pairs.len() as u32;
        if self.width > 0 {
            let cell = &mut self.cells[pair.0 as usize * self.width + pair.1 as usize];
            if *cell == UNKNOWN {
                *cell = next;
                self.pairs.push(pair);
            }
            return *cell;
        }
        let (pairs, hasher) = (&self.pairs, &self.hasher);
        let known = self.table.entry(
            hasher.hash_one(pair),
            |number| pairs[*number as usize] == pair,
            |number| hasher.hash_one(pairs[*number as usize]),
        );
        match known {
            hashbrown::hash_table::Entry::Occupied(known) => *known.get(),
            hashbrown::hash_table::Entry::Vacant(place) => {
                place.insert(next);
                self.pairs.push(pair);
                next
            }
        }
    }

    /// Returns the first and the second number of each pair in `numbers`.
    pub(super) fn split(&self, numbers: &[u32]) -> (Vec<u32>, Vec<u32>) {
        numbers.iter().map(|number| self.pairs[*number as usize]).unzip()
    }

    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    pub(super) fn size(&self) -> usize {
        8 * self.pairs.capacity() + 4 * self.cells.capacity() + self.table.allocation_size()
    }
}
