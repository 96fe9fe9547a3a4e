//! Functions over arrays, and the constructors of arrays and rows. Those that take a lambda are in
//! [`crate::higher_order`].

mod access;
mod construct;
mod join;
mod order;
mod search;
mod sequence;
mod sets;
mod shape;
mod sort;
mod subsets;
mod vectors;

pub use construct::{ROW, ROW_FIELD};
pub(crate) use sets::KeySet;
pub(crate) use sort::Sorter;

use crate::builder::layout;
use crate::call::{Call, Lists};
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::take;
use std::ops::Range;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    for subject in [
        access::register,
        construct::register,
        join::register,
        order::register,
        search::register,
        sequence::register,
        sets::register,
        shape::register,
        subsets::register,
        vectors::register,
    ] {
        subject(registry);
    }
}

/// The arrays of an argument, their elements in one array that holds no others.
#[derive(Debug)]
pub(crate) struct Elements<'a> {
    lists: Lists<'a>,
    start: usize,
    /// The elements of all rows.
    pub(crate) values: ArrayRef,
}

impl<'a> Elements<'a> {
    /// Returns the arrays of an argument.
    pub(crate) fn of(call: &Call<'a>, at: usize) -> SqlResult<Self> {
        let lists = call.lists(at)?;
        let used = lists.used();
        let values = lists.values().slice(used.start, used.len());
        Ok(Self { lists, start: used.start, values })
    }

    /// Returns the range of a row's elements in `values`, unless the array is NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Range<usize>> {
        let range = self.lists.get(row)?;
        Some(range.start - self.start..range.end - self.start)
    }
}

/// Returns the type of the elements of arrays of type `data_type`.
pub(crate) fn item(data_type: &Type) -> SqlResult<&Type> {
    match data_type {
        Type::Array(item) => Ok(item),
        _ => Err(SqlError::internal(format!("an array cannot have the type {data_type}"))),
    }
}

/// Returns the values at `places`, in the layout of `data_type`.
pub(crate) fn take_in_layout(
    values: &ArrayRef,
    places: Vec<Option<u32>>,
    data_type: &Type,
) -> SqlResult<ArrayRef> {
    layout(take(values, &UInt32Array::from(places), None)?, data_type)
}

/// Returns the values at `places`: a slice, if they are those of one.
pub(crate) fn gather(values: &ArrayRef, places: &[u32]) -> SqlResult<ArrayRef> {
    let first = places.first().copied().unwrap_or_default();
    if (first..).zip(places).all(|(expected, place)| expected == *place) {
        return Ok(values.slice(first as usize, places.len()));
    }
    Ok(take(values, &UInt32Array::from(places.to_vec()), None)?)
}
