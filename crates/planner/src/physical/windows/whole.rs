//! Aggregates of all rows of a partition.

use super::function::Evaluator;
use super::layout::{Layout, internal};
use arrow::array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow::compute::take;
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use std::ops::Range;
use std::sync::Arc;

/// Makes what computes an aggregate of whole partitions, which are its groups.
pub(super) fn evaluator(aggregate: &AggregateFunctionExpr) -> Result<Box<dyn Evaluator>> {
    Ok(Box::new(Whole {
        arguments: aggregate.expressions(),
        accumulator: aggregate.create_groups_accumulator()?,
        partitions: 0,
        results: None,
    }))
}

struct Whole {
    arguments: Vec<Arc<dyn PhysicalExpr>>,
    accumulator: Box<dyn GroupsAccumulator>,
    partitions: usize,
    /// The result of each partition.
    results: Option<ArrayRef>,
}

impl Evaluator for Whole {
    fn add(&mut self, batch: &RecordBatch, ids: &[usize], partitions: usize) -> Result<()> {
        let rows = batch.num_rows();
        let value = |expr: &Arc<dyn PhysicalExpr>| expr.evaluate(batch)?.into_array(rows);
        let values = self.arguments.iter().map(value).collect::<Result<Vec<_>>>()?;
        self.partitions = partitions;
        self.accumulator.update_batch(&values, ids, None, partitions)
    }

    fn finish(&mut self, _: &Layout) -> Result<()> {
        self.results = Some(self.accumulator.evaluate(EmitTo::All)?);
        Ok(())
    }

    fn evaluate(&self, layout: &Layout, rows: Range<usize>) -> Result<ArrayRef> {
        let results = self.results.as_ref().filter(|results| results.len() == self.partitions);
        let results = results.ok_or_else(|| internal("an aggregate without results"))?;
        let partitions = layout.rows(rows).map(|row| row.partition as u64);
        Ok(take(results, &UInt64Array::from_iter_values(partitions), None)?)
    }

    fn size(&self) -> usize {
        self.accumulator.size()
    }
}
