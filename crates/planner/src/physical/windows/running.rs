//! Aggregates of the rows from the partition's beginning to somewhere near the current row, and of other frames as far as
//! they are differences of such.

use super::arguments::{Arguments, Given, is_given};
use super::frame::Frame;
use super::function::Evaluator;
use super::keys::Keys;
use super::layout::{Layout, Row, internal};
use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, RecordBatch,
};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    /// A sum of decimals, which is exact in any order.
    Sum,
    /// A sum of doubles, in the order of the rows.
    DoubleSum,
    Average,
    Least,
    Greatest,
}

/// An aggregate of a frame.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) kind: Kind,
    pub(super) frame: Frame,
    pub(super) argument: Arc<dyn PhysicalExpr>,
    /// Type of the argument, and of the result.
    pub(super) types: [DataType; 2],
}

impl Running {
    /// Whether a frame can be computed that does not begin with the partition.
    pub(super) fn is_difference(kind: Kind) -> bool {
        matches!(kind, Kind::Count | Kind::Sum)
    }

    pub(super) fn evaluator(&self) -> Result<Box<dyn Evaluator>> {
        let arguments = Arguments::of(Arc::clone(&self.argument));
        let [argument, result] = &self.types;
        let keys = match self.kind {
            Kind::Least | Kind::Greatest => {
                let key = (argument.clone(), SortOptions::default());
                Some(Keys::try_new(vec![key])?)
            }
            _ => None,
        };
        Ok(Box::new(Sums {
            kind: self.kind,
            frame: self.frame,
            result: result.clone(),
            none: arrow::array::new_null_array(argument, 1),
            arguments,
            keys,
            given: Given::default(),
            sums: Vec::new(),
            doubles: Vec::new(),
            best: Vec::new(),
        }))
    }
}

struct Sums {
    kind: Kind,
    frame: Frame,
    result: DataType,
    none: ArrayRef,
    arguments: Arguments,
    /// The arguments, to be compared.
    keys: Option<Keys>,
    /// The rows that have an argument.
    given: Given,
    /// The sum of all rows before each, whatever their partition, and that of all.
    sums: Vec<i128>,
    /// The sum of the partition's rows up to each.
    doubles: Vec<f64>,
    /// The row with the least or greatest value of the partition's rows up to each; itself if none has a value.
    best: Vec<u32>,
}

impl Evaluator for Sums {
    fn add(&mut self, batch: &RecordBatch, _: &[usize], _: usize) -> Result<()> {
        self.arguments.add(batch)?;
        if let (Some(keys), Some(last)) = (&mut self.keys, self.arguments.batches().last()) {
            keys.add(std::slice::from_ref(last))?;
        }
        Ok(())
    }

    fn finish(&mut self, layout: &Layout) -> Result<()> {
        self.given = Given::of(self.arguments.batches(), layout)?;
        match self.kind {
            Kind::Count => {}
            Kind::Sum => self.sums = sums(self.arguments.batches(), layout)?,
            Kind::DoubleSum | Kind::Average => {
                self.doubles = doubles(self.arguments.batches(), layout)?;
            }
            Kind::Least => self.best = self.best(layout, Ordering::Less)?,
            Kind::Greatest => self.best = self.best(layout, Ordering::Greater)?,
        }
        Ok(())
    }

    fn evaluate(&self, layout: &Layout, rows: Range<usize>) -> Result<ArrayRef> {
        let frames = layout.rows(rows).map(|row| self.frame.range(&row));
        // Frames without a value have no result.
        let some = |frame: &Range<usize>| self.count(frame) > 0;
        let last = |frame: Range<usize>| frame.end - 1;
        Ok(match self.kind {
            Kind::Count => {
                let counts = frames.map(|frame| self.count(&frame) as i64);
                Arc::new(Int64Array::from_iter_values(counts))
            }
            Kind::Sum => {
                let sum =
                    |frame: Range<usize>| self.sums[frame.end].wrapping_sub(self.sums[frame.start]);
                let sums = frames.map(|frame| some(&frame).then(|| sum(frame)));
                let sums: Decimal128Array = sums.collect();
                Arc::new(sums.with_data_type(self.result.clone()))
            }
            Kind::DoubleSum => {
                let sums = frames.map(|frame| some(&frame).then(|| self.doubles[last(frame)]));
                Arc::new(sums.collect::<Float64Array>())
            }
            Kind::Average => {
                let average = |frame: Range<usize>| {
                    let count = self.count(&frame) as f64;
                    self.doubles[last(frame)] / count
                };
                let averages = frames.map(|frame| some(&frame).then(|| average(frame)));
                Arc::new(averages.collect::<Float64Array>())
            }
            Kind::Least | Kind::Greatest => {
                let best = |frame: Range<usize>| self.best[last(frame)] as usize;
                let rows = frames.map(|frame| some(&frame).then(|| best(frame)));
                layout.gather(self.arguments.batches(), &self.none, rows)?
            }
        })
    }

    fn size_of_last(&self) -> usize {
        self.arguments.size_of_last() + self.keys.as_ref().map_or(0, Keys::last_size)
    }

    fn size_of_row(&self) -> usize {
        let given = 2 * size_of::<u32>();
        given
            + match self.kind {
                Kind::Count => 0,
                Kind::Sum => size_of::<i128>(),
                Kind::DoubleSum | Kind::Average => size_of::<f64>(),
                Kind::Least | Kind::Greatest => size_of::<u32>(),
            }
    }
}

impl Sums {
    fn count(&self, frame: &Range<usize>) -> usize {
        self.given.before(frame.end) - self.given.before(frame.start)
    }

    /// For each row the one whose value compares with the others before it as wanted; the first of several.
    fn best(&self, layout: &Layout, wanted: Ordering) -> Result<Vec<u32>> {
        let keys = self.keys.as_ref().ok_or_else(|| internal("an extreme without keys"))?;
        let mut best = Vec::with_capacity(layout.len());
        let mut held: Option<usize> = None;
        for Row { at, start, .. } in layout.rows(0..layout.len()) {
            held = held.filter(|held| *held >= start);
            let is_better =
                |held: usize| keys.compare(layout.place(at), layout.place(held)) == wanted;
            if self.given.before(at) < self.given.before(at + 1) && held.is_none_or(is_better) {
                held = Some(at);
            }
            best.push(held.unwrap_or(at) as u32);
        }
        Ok(best)
    }
}

fn sums(batches: &[ArrayRef], layout: &Layout) -> Result<Vec<i128>> {
    let decimals = |array: &ArrayRef| array.as_primitive_opt::<Decimal128Type>().cloned();
    let batches: Option<Vec<_>> = batches.iter().map(decimals).collect();
    let batches = batches.ok_or_else(|| internal("a sum of no decimals"))?;
    let mut sums = Vec::with_capacity(layout.len() + 1);
    let mut sum = 0_i128;
    sums.push(sum);
    for place in layout.places() {
        let (batch, row) = (&batches[place.batch as usize], place.row as usize);
        if batch.is_valid(row) {
            sum = sum.wrapping_add(batch.value(row));
        }
        sums.push(sum);
    }
    Ok(sums)
}

fn doubles(batches: &[ArrayRef], layout: &Layout) -> Result<Vec<f64>> {
    let doubles = |array: &ArrayRef| array.as_primitive_opt::<Float64Type>().cloned();
    let batches: Option<Vec<_>> = batches.iter().map(doubles).collect();
    let batches = batches.ok_or_else(|| internal("a sum of no doubles"))?;
    let nulls: Vec<_> = batches.iter().map(|batch| batch.nulls().cloned()).collect();
    let mut sum = 0.0;
    let add = |row: Row| {
        if row.at == row.start {
            sum = 0.0;
        }
        let place = layout.place(row.at);
        let (batch, row) = (place.batch as usize, place.row as usize);
        if is_given(&nulls[batch], row) {
            sum += batches[batch].value(row);
        }
        sum
    };
    Ok(layout.rows(0..layout.len()).map(add).collect())
}
