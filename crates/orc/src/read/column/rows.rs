//! The rows of a read: values of streams are spread over the rows that have one, and of those the
//! kept are returned.

use super::super::rle::Integers;
use crate::error::OrcError;
use arrow::array::{ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow::compute::filter;

/// The most values that one read of a list or map may hold: damaged lengths must not take all memory.
const MAX_ELEMENTS: usize = 1 << 26;

/// Puts `bits`, one for each row in `mask`, into the places of those rows, and 0 elsewhere.
pub fn scatter_bits(mask: &BooleanBuffer, bits: &BooleanBuffer) -> BooleanBuffer {
    let mut bytes = vec![0_u8; mask.len().div_ceil(8)];
    for (at, row) in mask.set_indices().enumerate() {
        bytes[row / 8] |= u8::from(bits.value(at)) << (row % 8);
    }
    BooleanBuffer::new(Buffer::from_vec(bytes), 0, mask.len())
}

/// Rows to read.
pub(super) struct Rows<'a> {
    /// How many there are.
    pub(super) count: usize,
    /// Which are not null: these have a value in the streams. `None`: all.
    pub(super) nulls: Option<NullBuffer>,
    /// Which are to be returned. `None`: all.
    pub(super) keep: Option<&'a BooleanBuffer>,
}

impl Rows<'_> {
    /// Returns how many have a value in the streams.
    pub(super) fn values(&self) -> usize {
        self.count - self.nulls.as_ref().map_or(0, NullBuffer::null_count)
    }

    /// Returns how many are kept.
    pub(super) fn kept(&self) -> usize {
        self.keep.map_or(self.count, BooleanBuffer::count_set_bits)
    }

    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
    }

    pub(super) fn is_kept(&self, row: usize) -> bool {
        self.keep.is_none_or(|keep| keep.value(row))
    }

    /// Returns which of the kept rows are not null.
    pub(super) fn kept_nulls(&self) -> Option<NullBuffer> {
        match (&self.nulls, self.keep) {
            (Some(nulls), Some(keep)) => {
                Some(keep.set_indices().map(|row| nulls.is_valid(row)).collect::<Vec<_>>().into())
            }
            (nulls, _) => nulls.clone(),
        }
    }

    /// Returns of an array of all rows those that are kept.
    pub(super) fn filter(&self, array: ArrayRef) -> Result<ArrayRef, OrcError> {
        match self.keep {
            Some(keep) => Ok(filter(&array, &BooleanArray::new(keep.clone(), None))?),
            None => Ok(array),
        }
    }

    /// Returns an array of all rows, given the values of those that have one.
    pub(super) fn primitive<T: ArrowPrimitiveType>(
        &self,
        values: Vec<T::Native>,
    ) -> Result<PrimitiveArray<T>, OrcError> {
        let values = match &self.nulls {
            None => values,
            Some(nulls) => {
                let mut all = vec![T::Native::default(); self.count];
                for (value, row) in values.into_iter().zip(nulls.valid_indices()) {
                    all[row] = value;
                }
                all
            }
        };
        Ok(PrimitiveArray::try_new(ScalarBuffer::from(values), self.nulls.clone())?)
    }
}

/// Reads the next `count` lengths.
pub(super) fn sizes(lengths: &mut Integers, count: usize) -> Result<Vec<u64>, OrcError> {
    let sizes = lengths.read(count, |length| length as u64)?;
    if sizes.iter().any(|size| i64::try_from(*size).is_err()) {
        return Err(lengths.damaged("a length is negative"));
    }
    Ok(sizes)
}

pub(super) fn total(sizes: &[u64]) -> u64 {
    sizes.iter().fold(0, |sum, size| sum.saturating_add(*size))
}

/// Returns how many elements lists of these lengths have.
pub(super) fn elements(lengths: &Integers, sizes: &[u64]) -> Result<usize, OrcError> {
    let total = total(sizes);
    usize::try_from(total)
        .ok()
        .filter(|elements| *elements <= MAX_ELEMENTS)
        .ok_or_else(|| lengths.damaged(format!("lists of {total} elements")))
}
