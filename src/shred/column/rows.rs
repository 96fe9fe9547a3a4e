//! Which rows of a column are NULL, and where their values end.

use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;

/// Which rows are not NULL, a bit each, from the lowest of each byte on.
#[derive(Debug, Default)]
pub(super) struct Validity {
    bits: Vec<u8>,
    rows: usize,
}

impl Validity {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    #[inline]
    pub(super) fn push(&mut self, valid: bool) {
        let bit = u8::from(valid) << (self.rows % 8);
        match self.bits.last_mut() {
            Some(last) if !self.rows.is_multiple_of(8) => *last |= bit,
            _ => self.bits.push(bit),
        }
        self.rows += 1;
    }

    /// Appends NULL until there are so many rows.
    #[inline]
    pub(super) fn pad(&mut self, rows: usize) {
        self.rows = self.rows.max(rows);
        self.bits.resize(self.rows.div_ceil(8), 0);
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> bool {
        self.bits[row / 8] & (1 << (row % 8)) != 0
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
        self.bits.truncate(self.rows.div_ceil(8));
        if let Some(last) = self.bits.last_mut().filter(|_| !self.rows.is_multiple_of(8)) {
            *last &= (1 << (self.rows % 8)) - 1;
        }
    }

    /// Takes all rows as bits.
    pub(super) fn finish_bits(&mut self) -> BooleanBuffer {
        let next = Vec::with_capacity(self.bits.len());
        let bits = std::mem::replace(&mut self.bits, next);
        BooleanBuffer::new(Buffer::from_vec(bits), 0, std::mem::take(&mut self.rows))
    }

    /// Takes all rows; `None` when none is NULL.
    pub(super) fn finish(&mut self) -> Option<NullBuffer> {
        Some(NullBuffer::new(self.finish_bits())).filter(|nulls| nulls.null_count() > 0)
    }
}

/// Where the values of rows of variable length begin and end, as Arrow has it: one number more than rows, from 0 on.
#[derive(Debug)]
pub(super) struct Offsets(Vec<i32>);

impl Default for Offsets {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl Offsets {
    /// Number of rows.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Appends a row that ends at `end`. What Arrow cannot number is told by [`Self::finish`].
    #[inline]
    pub(super) fn push(&mut self, end: usize) {
        self.0.push(i32::try_from(end).unwrap_or(i32::MAX));
    }

    /// Appends empty rows until there are so many.
    #[inline]
    pub(super) fn pad(&mut self, rows: usize) {
        if rows > self.len() {
            let last = self.end();
            self.0.resize(rows + 1, last);
        }
    }

    fn end(&self) -> i32 {
        self.0.last().copied().unwrap_or_default()
    }

    /// Returns where row `row` begins, or, of as many as there are, where the last one ends.
    #[inline]
    pub(super) fn start(&self, row: usize) -> usize {
        self.0[row] as usize
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows + 1);
    }

    /// Takes all rows.
    ///
    /// # Errors
    /// When there is more than 2 GiB of values.
    pub(super) fn finish(&mut self) -> Result<OffsetBuffer<i32>, ArrowError> {
        if self.end() == i32::MAX {
            return Err(ArrowError::OffsetOverflowError(i32::MAX as usize));
        }
        let mut next = Vec::with_capacity(self.0.len());
        next.push(0);
        Ok(OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.0, next))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_those_that_were_appended(steps in proptest::collection::vec((0..4_u8, 0..20_usize), 0..40)) {
            let (mut valid, mut offsets, mut want) = (Validity::default(), Offsets::default(), Vec::new());
            for (step, count) in steps {
                match step {
                    0 | 1 => {
                        want.push((step == 1, count));
                        valid.push(step == 1);
                        offsets.push(offsets.start(offsets.len()) + count);
                    }
                    2 => {
                        let rows = want.len() + count;
                        want.resize(rows, (false, 0));
                        valid.pad(rows);
                        offsets.pad(rows);
                    }
                    _ => {
                        want.truncate(count);
                        valid.truncate(count);
                        offsets.truncate(count);
                    }
                }
                prop_assert_eq!((valid.len(), offsets.len()), (want.len(), want.len()));
            }
            for (row, (is_valid, length)) in want.iter().enumerate() {
                prop_assert_eq!(valid.get(row), *is_valid);
                prop_assert_eq!(offsets.start(row + 1) - offsets.start(row), *length);
            }
            let bits: Vec<bool> = valid.finish_bits().iter().collect();
            prop_assert_eq!(bits, want.iter().map(|row| row.0).collect::<Vec<_>>());
            prop_assert_eq!(offsets.finish().unwrap().lengths().collect::<Vec<_>>(),
                want.iter().map(|row| row.1).collect::<Vec<_>>());
            prop_assert_eq!((valid.len(), offsets.len()), (0, 0));
        }
    }

    #[test]
    fn more_than_arrow_can_number_is_an_error() {
        let mut offsets = Offsets::default();
        offsets.push(i32::MAX as usize + 1);
        assert!(offsets.finish().is_err());
    }
}
