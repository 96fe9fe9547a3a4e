//! The arguments of window functions.

use super::layout::Layout;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::NullBuffer;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use std::sync::Arc;

/// The argument of a function, evaluated batch by batch.
pub(super) struct Arguments {
    expr: Arc<dyn PhysicalExpr>,
    batches: Vec<ArrayRef>,
}

impl Arguments {
    pub(super) fn of(expr: Arc<dyn PhysicalExpr>) -> Self {
        Self { expr, batches: Vec::new() }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        self.batches.push(self.expr.evaluate(batch)?.into_array(batch.num_rows())?);
        Ok(())
    }

    pub(super) fn batches(&self) -> &[ArrayRef] {
        &self.batches
    }

    /// Bytes that the last batch takes beside the rows.
    pub(super) fn size_of_last(&self) -> usize {
        match self.expr.is::<Column>() {
            true => 0,
            false => self.batches.last().map_or(0, |array| array.get_array_memory_size()),
        }
    }
}

/// The rows that have a value, in the order of the layout.
#[derive(Default)]
pub(super) struct Given {
    rows: Vec<u32>,
    /// How many there are before each row, and in all.
    before: Vec<u32>,
}

impl Given {
    pub(super) fn of(batches: &[ArrayRef], layout: &Layout) -> Result<Self> {
        let nulls: Vec<_> = batches.iter().map(|batch| batch.logical_nulls()).collect();
        let mut given = Self::default();
        given.before.reserve_exact(layout.len() + 1);
        for (at, place) in (0..).zip(layout.places()) {
            given.before.push(given.rows.len() as u32);
            if is_given(&nulls[place.batch as usize], place.row as usize) {
                given.rows.push(at);
            }
        }
        given.before.push(given.rows.len() as u32);
        Ok(given)
    }

    /// How many of the rows before `at` have a value.
    pub(super) fn before(&self, at: usize) -> usize {
        self.before[at] as usize
    }

    /// The row of a number among those that have a value.
    pub(super) fn row(&self, number: usize) -> Option<usize> {
        self.rows.get(number).map(|row| *row as usize)
    }
}

/// Whether a row of a batch has a value, by the batch's NULLs.
pub(super) fn is_given(nulls: &Option<NullBuffer>, row: usize) -> bool {
    nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
}
