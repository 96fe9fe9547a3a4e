//! Functions that give the value of another row: `lag`, `lead`, `first_value`, `last_value` and `nth_value`.

use super::arguments::{Arguments, Given};
use super::frame::Frame;
use super::function::Evaluator;
use super::layout::{Layout, Row};
use arrow::array::{ArrayRef, RecordBatch};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use std::ops::Range;
use std::sync::Arc;

/// Whose value is given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// That of the row so many rows before.
    Before(usize),
    /// That of the row so many rows behind.
    Behind(usize),
    First(Frame),
    Last(Frame),
    /// That of the row of this number, which begins with 0.
    Nth(Frame, usize),
}

/// A function that gives the value of another row.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) argument: Arc<dyn PhysicalExpr>,
    pub(super) which: Which,
    /// The value where there is no such row.
    pub(super) other: ScalarValue,
    /// Whether rows count only if they have a value.
    pub(super) ignores_nulls: bool,
}

impl Value {
    pub(super) fn evaluator(&self) -> Result<Box<dyn Evaluator>> {
        Ok(Box::new(Values {
            which: self.which,
            arguments: Arguments::of(Arc::clone(&self.argument)),
            other: self.other.to_array_of_size(1)?,
            given: self.ignores_nulls.then(Given::default),
        }))
    }
}

struct Values {
    which: Which,
    arguments: Arguments,
    other: ArrayRef,
    /// The rows that have a value, if others do not count.
    given: Option<Given>,
}

impl Evaluator for Values {
    fn add(&mut self, batch: &RecordBatch, _: &[usize], _: usize) -> Result<()> {
        self.arguments.add(batch)
    }

    fn finish(&mut self, layout: &Layout) -> Result<()> {
        if let Some(given) = &mut self.given {
            *given = Given::of(self.arguments.batches(), layout)?;
        }
        Ok(())
    }

    fn evaluate(&self, layout: &Layout, rows: Range<usize>) -> Result<ArrayRef> {
        let rows = layout.rows(rows);
        let batches = self.arguments.batches();
        match &self.given {
            None => layout.gather(batches, &self.other, rows.map(|row| self.which.row(&row))),
            Some(given) => {
                let row = |row: Row| self.which.given_row(&row, given);
                layout.gather(batches, &self.other, rows.map(row))
            }
        }
    }

    fn size_of_last(&self) -> usize {
        self.arguments.size_of_last()
    }

    fn size_of_row(&self) -> usize {
        if self.given.is_some() { 2 * size_of::<u32>() } else { 0 }
    }
}

impl Which {
    fn row(self, row: &Row) -> Option<usize> {
        match self {
            Self::Before(rows) => row.at.checked_sub(rows).filter(|at| *at >= row.start),
            Self::Behind(rows) => row.at.checked_add(rows).filter(|at| *at < row.end),
            Self::First(frame) => {
                Some(frame.range(row)).filter(|range| !range.is_empty()).map(|range| range.start)
            }
            Self::Last(frame) => {
                Some(frame.range(row)).filter(|range| !range.is_empty()).map(|range| range.end - 1)
            }
            Self::Nth(frame, number) => {
                let range = frame.range(row);
                range.start.checked_add(number).filter(|at| *at < range.end)
            }
        }
    }

    /// The row where rows without a value do not count.
    fn given_row(self, row: &Row, given: &Given) -> Option<usize> {
        match self {
            Self::Before(0) | Self::Behind(0) => Some(row.at),
            Self::Before(rows) => {
                let number = given.before(row.at).checked_sub(rows)?;
                given.row(number).filter(|at| *at >= row.start)
            }
            Self::Behind(rows) => {
                let number = given.before(row.at + 1).checked_add(rows - 1)?;
                given.row(number).filter(|at| *at < row.end)
            }
            Self::First(frame) => Self::Nth(frame, 0).given_row(row, given),
            Self::Last(frame) => {
                let range = frame.range(row);
                let number = given.before(range.end).checked_sub(1)?;
                given.row(number).filter(|at| *at >= range.start)
            }
            Self::Nth(frame, number) => {
                let range = frame.range(row);
                let number = given.before(range.start).checked_add(number)?;
                given.row(number).filter(|at| *at < range.end)
            }
        }
    }
}
