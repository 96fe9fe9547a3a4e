//! Arrays made of values that exist already: which of them, and whether they take too much memory.

use super::{MAX_BYTES, bytes_end, end_of, list, map};
use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::DataType;
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;

/// Returns the values at `indices`, NULL where an index is; an error if they take too much memory.
pub(crate) fn take_checked(values: &dyn Array, indices: &UInt32Array) -> SqlResult<ArrayRef> {
    let each = ordinary_width(values);
    // The lengths of all values are added up only if those of ordinary length would be too many bytes.
    if each.max(16) * indices.len() > MAX_BYTES / 16 {
        bytes_end(indices.iter().flatten().map(|at| width(values, at as usize)).sum())?;
    }
    Ok(take(values, indices, None)?)
}

fn ordinary_width(values: &dyn Array) -> usize {
    let bytes = values.to_data().get_slice_memory_size().unwrap_or_default();
    bytes.div_ceil(values.len().max(1))
}

/// Returns about how many bytes a value takes.
fn width(values: &dyn Array, at: usize) -> usize {
    let items = |offsets: &[i32], items: &dyn Array| {
        let length = (offsets[at + 1] - offsets[at]) as usize;
        4 + length * ordinary_width(items)
    };
    match values.data_type() {
        DataType::Utf8 => 4 + values.as_string::<i32>().value_length(at) as usize,
        DataType::Utf8View => 16 + values.as_string_view().value(at).len(),
        DataType::Binary => 4 + values.as_binary::<i32>().value_length(at) as usize,
        DataType::List(_) => {
            let lists = values.as_list::<i32>();
            items(lists.value_offsets(), lists.values())
        }
        DataType::Map(..) => {
            let maps = values.as_map();
            items(maps.value_offsets(), maps.entries())
        }
        DataType::Struct(_) => values.as_struct().columns().iter().map(|c| width(c, at)).sum(),
        other => other.primitive_width().unwrap_or(16),
    }
}

/// Builds arrays from the indices of their elements in a child array that exists already: what most
/// functions over arrays and maps do.
#[derive(Debug)]
pub struct TakeIndices {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    indices: Vec<Option<u32>>,
}

impl TakeIndices {
    /// Returns an empty builder.
    pub fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: Vec::with_capacity(rows), indices: Vec::new() }
    }

    /// Adds the element at a place of the child array to the array being made.
    #[inline]
    pub fn push(&mut self, at: usize) {
        self.indices.push(u32::try_from(at).ok());
    }

    /// Returns how many elements the array being made has.
    pub fn row_length(&self) -> usize {
        self.indices.len() - self.offsets.last().map_or(0, |offset| *offset as usize)
    }

    /// Ends the array of a row.
    pub fn end(&mut self) -> SqlResult<()> {
        self.offsets.push(end_of(self.indices.len())?);
        self.nulls.push(true);
        Ok(())
    }

    /// Makes the row's array NULL.
    pub fn null(&mut self) {
        let end = self.offsets.last().copied().unwrap_or_default();
        self.indices.truncate(end as usize);
        self.offsets.push(end);
        self.nulls.push(false);
    }

    /// Returns the arrays, their elements taken from `values`; `data_type` is `array(...)`.
    pub fn lists(self, values: &ArrayRef, data_type: &Type) -> SqlResult<ArrayRef> {
        let values = take_checked(values, &UInt32Array::from(self.indices))?;
        list(self.offsets, values, self.nulls, data_type)
    }

    /// Returns maps with the keys and values at the indices; `data_type` is `map(...)`.
    pub fn maps(self, keys: &ArrayRef, values: &ArrayRef, data_type: &Type) -> SqlResult<ArrayRef> {
        let indices = UInt32Array::from(self.indices);
        let (keys, values) = (take_checked(keys, &indices)?, take_checked(values, &indices)?);
        map(self.offsets, keys, values, self.nulls, data_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ListArray, StringArray};
    use arrow::buffer::OffsetBuffer;
    use std::sync::Arc;
    use traillake_sql_types::arrow::item_field;
    use traillake_sql_types::error::Code;

    #[test]
    fn values_of_a_batch_take_limited_memory() {
        let long = "x".repeat(1 << 20);
        let texts = StringArray::from(vec![long.as_str(), ""]);
        let indices = |at: u32, count: usize| UInt32Array::from(vec![at; count]);
        assert!(take_checked(&texts, &indices(1, 2_000)).is_ok());
        let error = take_checked(&texts, &indices(0, 2_000)).unwrap_err();
        assert_eq!(error.code, Code::ExceededFunctionMemoryLimit);
        let lists = ListArray::new(
            item_field(&Type::VARCHAR),
            OffsetBuffer::new(vec![0, 2].into()),
            Arc::new(texts),
            None,
        );
        assert!(take_checked(&lists, &indices(0, 10)).is_ok());
        assert!(take_checked(&lists, &indices(0, 2_000)).is_err());
    }
}
