//! The rows of all partitions, collected and then given out with the results of functions.

use super::function::{Evaluator, Function};
use super::keys::{Keys, Place};
use super::layout::{Layout, internal};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{
    BinaryViewType, ByteViewType, DataType, Field, Schema, SchemaRef, StringViewType,
};
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::error::Result;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;
use datafusion::physical_plan::windows::WindowExpr;
use std::ops::Range;
use std::sync::Arc;

/// The functions of one PARTITION BY and ORDER BY.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    pub(super) exprs: Vec<Arc<dyn WindowExpr>>,
    pub(super) functions: Arc<[Function]>,
    /// The columns of rows with results.
    pub(super) schema: SchemaRef,
}

impl Windows {
    pub(super) fn partition_by(&self) -> &[Arc<dyn PhysicalExpr>] {
        self.exprs.first().map_or(&[], |expr| expr.partition_by())
    }

    pub(super) fn order_by(&self) -> &[PhysicalSortExpr] {
        self.exprs.first().map_or(&[], |expr| expr.order_by())
    }
}

/// Rows, of which each has the number of its partition.
pub(super) struct Partitions {
    partition_by: Vec<Arc<dyn PhysicalExpr>>,
    order_by: Vec<PhysicalSortExpr>,
    numbers: Box<dyn GroupValues>,
    order: Option<Keys>,
    evaluators: Vec<Box<dyn Evaluator>>,
    batches: Vec<RecordBatch>,
    /// The partition of each row, batch by batch.
    ids: Vec<Vec<u32>>,
    rows: usize,
    /// Bytes that grow with batches.
    size: usize,
    last_ids: Vec<usize>,
}

impl Partitions {
    pub(super) fn new(windows: &Windows, input: &Schema) -> Result<Self> {
        let (partition_by, order_by) = (windows.partition_by(), windows.order_by());
        let key =
            |expr: &Arc<dyn PhysicalExpr>| Ok(Field::new("key", expr.data_type(input)?, true));
        let keys = partition_by.iter().map(key).collect::<Result<Vec<_>>>()?;
        let numbers = new_group_values(Arc::new(Schema::new(keys)), &GroupOrdering::None)?;
        let order = match order_by {
            [] => None,
            _ => Some(Keys::try_new(sort_columns(order_by, input)?)?),
        };
        let evaluators =
            windows.functions.iter().map(Function::evaluator).collect::<Result<_>>()?;
        Ok(Self {
            partition_by: partition_by.to_vec(),
            order_by: order_by.to_vec(),
            numbers,
            order,
            evaluators,
            batches: Vec::new(),
            ids: Vec::new(),
            rows: 0,
            size: 0,
            last_ids: Vec::new(),
        })
    }

    /// Takes up rows.
    pub(super) fn add(&mut self, batch: RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let value = |expr: &Arc<dyn PhysicalExpr>| expr.evaluate(&batch)?.into_array(rows);
        let keys = self.partition_by.iter().map(value).collect::<Result<Vec<_>>>()?;
        self.numbers.intern(&keys, &mut self.last_ids)?;
        self.ids.push(self.last_ids.iter().map(|id| *id as u32).collect());
        if let Some(order) = &mut self.order {
            let value = |sort: &PhysicalSortExpr| value(&sort.expr);
            order.add(&self.order_by.iter().map(value).collect::<Result<Vec<_>>>()?)?;
            self.size += order.last_size();
        }
        for evaluator in &mut self.evaluators {
            evaluator.add(&batch, &self.last_ids, self.numbers.len())?;
            self.size += evaluator.size_of_last();
        }
        self.rows += rows;
        self.size += get_record_batch_memory_size(&batch);
        self.batches.push(batch);
        Ok(())
    }

    /// Whether so many rows can be laid out.
    pub(super) fn can_be_numbered(&self) -> bool {
        self.rows < u32::MAX as usize
    }

    /// Bytes that the rows take, and will take until they are given out.
    pub(super) fn size(&self) -> usize {
        // For each row its partition, its place, and as much again while a partition is sorted.
        const ROW: usize = size_of::<u32>() + 3 * size_of::<Place>();
        let evaluators = self.evaluators.iter();
        let row = ROW + evaluators.clone().map(|one| one.size_of_row()).sum::<usize>();
        let fixed = self.numbers.size() + evaluators.map(|one| one.size()).sum::<usize>();
        self.size + fixed + self.rows * row
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many partitions there are so far.
    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The rows as they came.
    pub(super) fn into_batches(self) -> Vec<RecordBatch> {
        self.batches
    }

    /// Puts the rows in order.
    pub(super) fn finish(mut self, schema: SchemaRef) -> Result<Arranged> {
        let layout = Layout::new(&self.ids, self.numbers.len(), self.order.as_ref());
        for evaluator in &mut self.evaluators {
            evaluator.finish(&layout)?;
        }
        let (batches, evaluators) = (self.batches, self.evaluators);
        Ok(Arranged { batches, end: layout.len(), layout, evaluators, schema, next: 0 })
    }

    /// Like [`Self::finish`] for rows that came partition by partition, but for those of the last partition, which may have
    /// more: they are given back.
    pub(super) fn finish_but_last(self, schema: SchemaRef) -> Result<(Arranged, Vec<RecordBatch>)> {
        let last = self.numbers.len().saturating_sub(1);
        let mut rest = Vec::new();
        for (batch, ids) in self.batches.iter().zip(&self.ids).rev() {
            let first = ids.partition_point(|id| (*id as usize) < last);
            rest.push(batch.slice(first, batch.num_rows() - first));
            if first > 0 {
                break;
            }
        }
        rest.retain(|batch| batch.num_rows() > 0);
        rest.reverse();
        let left: usize = rest.iter().map(RecordBatch::num_rows).sum();
        let mut arranged = self.finish(schema)?;
        arranged.end -= left;
        Ok((arranged, rest))
    }
}

/// Types and options of sort keys.
pub(super) fn sort_columns(
    order_by: &[PhysicalSortExpr],
    input: &Schema,
) -> Result<Vec<(DataType, arrow::compute::SortOptions)>> {
    order_by.iter().map(|sort| Ok((sort.expr.data_type(input)?, sort.options))).collect()
}

/// Rows in order, with functions that know all of them.
pub(super) struct Arranged {
    batches: Vec<RecordBatch>,
    layout: Layout,
    evaluators: Vec<Box<dyn Evaluator>>,
    schema: SchemaRef,
    /// The row that is given out next, and the first that is not given out.
    next: usize,
    end: usize,
}

impl Arranged {
    /// Gives out so many rows, with results; `None` after the last.
    pub(super) fn next(&mut self, rows: usize) -> Result<Option<RecordBatch>> {
        let range = self.next..self.end.min(self.next + rows);
        self.next = range.end;
        if range.is_empty() {
            return Ok(None);
        }
        let mut columns = self.columns(range.clone())?;
        for evaluator in &self.evaluators {
            columns.push(evaluator.evaluate(&self.layout, range.clone())?);
        }
        let columns = columns.into_iter().map(compact).collect();
        Ok(Some(RecordBatch::try_new(Arc::clone(&self.schema), columns)?))
    }

    fn columns(&self, range: Range<usize>) -> Result<Vec<ArrayRef>> {
        let batches: Vec<_> = self.batches.iter().collect();
        if batches.is_empty() {
            return Err(internal("rows of no batch"));
        }
        let rows = interleave_record_batch(&batches, &self.layout.indices(range))?;
        Ok(rows.columns().to_vec())
    }
}

/// Copies texts whose views are into much more text than they show: who gets them would take all of it for theirs.
fn compact(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => compact_views::<StringViewType>(array),
        DataType::BinaryView => compact_views::<BinaryViewType>(array),
        _ => array,
    }
}

fn compact_views<T: ByteViewType>(array: ArrayRef) -> ArrayRef {
    const TOO_MUCH: usize = 2;
    let Some(views) = array.as_byte_view_opt::<T>() else { return array };
    let held: usize = views.data_buffers().iter().map(|buffer| buffer.capacity()).sum();
    match held > TOO_MUCH * views.total_buffer_bytes_used() {
        true => Arc::new(views.gc()),
        false => array,
    }
}
