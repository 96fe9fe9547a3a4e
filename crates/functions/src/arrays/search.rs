//! Elements that equal a value: `contains`, `array_position`, `array_remove`, `contains_sequence`.

use super::{Elements, item};
use crate::builder::TakeIndices;
use crate::call::{AnyStringArray, Call, Param};
use crate::compare::ComparableArray;
use crate::registry::{Failure, Registry};
use arrow::array::{Array, ArrayRef};
use std::ops::Range;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("contains", "(array(C), C) -> boolean", contains).fails(Failure::NESTED);
    registry.add("array_position", "(array(C), C) -> bigint", position);
    registry.add("array_remove", "(array(C), C) -> array(C)", remove);
    registry.add("contains_sequence", "(array(C), array(C)) -> boolean", contains_sequence);
}

/// Elements, and a value for each row that is compared with them.
struct Search<'a> {
    elements: &'a Elements<'a>,
    wanted: &'a ArrayRef,
    constant: bool,
    values: Values<'a>,
    name: &'static str,
}

enum Values<'a> {
    /// The most common type, whose comparison is short.
    Text(AnyStringArray<'a>, AnyStringArray<'a>),
    Any(ComparableArray<'a>, ComparableArray<'a>),
}

impl<'a> Search<'a> {
    fn new(
        call: &Call<'a>,
        elements: &'a Elements<'a>,
        name: &'static str,
    ) -> SqlResult<Search<'a>> {
        let data_type = item(call.argument_type(0))?;
        let (wanted, constant) = call.raw(1)?;
        let text = match data_type {
            Type::Varchar(_) => {
                <&str as Param>::open(&elements.values).zip(<&str as Param>::open(wanted))
            }
            _ => None,
        };
        let values = match text {
            Some((items, wanted)) => Values::Text(items, wanted),
            None => Values::Any(
                ComparableArray::open(&elements.values, data_type)?,
                ComparableArray::open(wanted, data_type)?,
            ),
        };
        Ok(Search { elements, wanted, constant, values, name })
    }

    /// Returns where the elements of a row are, unless they or the value are NULL.
    fn row(&self, row: usize) -> Option<Range<usize>> {
        let at = if self.constant { 0 } else { row };
        self.elements.get(row).filter(|_| self.wanted.is_valid(at))
    }

    /// Whether an element that is not NULL equals the value of a row.
    #[inline]
    fn equal(&self, element: usize, row: usize) -> SqlResult<bool> {
        let at = if self.constant { 0 } else { row };
        match &self.values {
            Values::Text(items, wanted) => {
                Ok(<&str as Param>::get(items, element) == <&str as Param>::get(wanted, at))
            }
            Values::Any(items, wanted) => items.equal(element, wanted, at).ok_or_else(|| {
                SqlError::unsupported(format!(
                    "{} does not support arrays with elements that are null or contain null",
                    self.name
                ))
            }),
        }
    }

    /// Returns the first of some elements that equals the value of a row.
    fn find(&self, elements: Range<usize>, row: usize) -> SqlResult<Option<usize>> {
        for at in elements {
            if self.elements.values.is_valid(at) && self.equal(at, row)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// `contains(array, value)`: unknown if it is not found among others than NULL.
fn contains(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let search = Search::new(call, &elements, "contains")?;
    let any_null = elements.values.null_count() > 0;
    call.each(|row| {
        let Some(range) = search.row(row) else { return Ok(None) };
        if search.find(range.clone(), row)?.is_some() {
            return Ok(Some(true));
        }
        let null = any_null && range.into_iter().any(|at| elements.values.is_null(at));
        Ok((!null).then_some(false))
    })
}

/// `array_position(array, value)`, from 1; 0 if it is not found.
fn position(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let search = Search::new(call, &elements, "array_position")?;
    call.each(|row| {
        let Some(range) = search.row(row) else { return Ok(None) };
        let found = search.find(range.clone(), row)?;
        Ok(Some(found.map_or(0, |at| (at - range.start + 1) as i64)))
    })
}

/// `array_remove(array, value)`; NULL elements stay.
fn remove(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let search = Search::new(call, &elements, "array_remove")?;
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let Some(range) = search.row(row) else {
            out.null();
            continue;
        };
        for at in range {
            if elements.values.is_null(at) || !search.equal(at, row)? {
                out.push(at);
            }
        }
        out.end()?;
    }
    out.lists(&elements.values, call.result())
}

/// `contains_sequence(array, sequence)`; NULL matches NULL.
fn contains_sequence(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (elements, sequences) = (Elements::of(call, 0)?, Elements::of(call, 1)?);
    let data_type = item(call.argument_type(0))?;
    let (items, wanted) = (
        ComparableArray::open(&elements.values, data_type)?,
        ComparableArray::open(&sequences.values, data_type)?,
    );
    call.each(|row| {
        let (Some(range), Some(sequence)) = (elements.get(row), sequences.get(row)) else {
            return Ok(None);
        };
        let Some(last) = range.len().checked_sub(sequence.len()) else { return Ok(Some(false)) };
        let found = (range.start..=range.start + last).any(|start| {
            (start..).zip(sequence.clone()).all(|(at, other)| !items.distinct(at, &wanted, other))
        });
        Ok(Some(found))
    })
}
