//! The first step of an aggregation over a scan.

use super::Groups;
use super::keys::value_type;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use futures::StreamExt;
use std::fmt;
use std::sync::Arc;

/// Rows after which is looked whether grouping them is worth it.
const PROBE_ROWS: usize = 100_000;
/// Rows after which it is not if nearly all of them are groups of their own.
const FIRST_PROBE_ROWS: usize = 16_384;

/// Stands for the first step of an aggregation, whose rows come from a scan: groups them, and gives the states of the
/// groups. It may give a group more than once; the last step merges them.
///
/// Its input has the values to group by, text in dictionaries, then the arguments of the calls, then the conditions of
/// those that have one.
#[derive(Debug, Clone)]
pub(super) struct GroupByNumberExec {
    /// The step that it stands for, as DataFusion would do it.
    aggregate: Arc<AggregateExec>,
    input: Arc<dyn ExecutionPlan>,
    metrics: ExecutionPlanMetricsSet,
}

impl GroupByNumberExec {
    /// Does what `aggregate` does, over its values in `input`.
    pub(super) fn new(aggregate: Arc<AggregateExec>, input: Arc<dyn ExecutionPlan>) -> Self {
        Self { aggregate, input, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for GroupByNumberExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupByNumberExec: ")?;
        self.aggregate.fmt_as(format, f)
    }
}

impl ExecutionPlan for GroupByNumberExec {
    fn name(&self) -> &'static str {
        "GroupByNumberExec"
    }

    /// Who tells of a plan takes it for the step that it stands for.
    fn downcast_delegate(&self) -> Option<&dyn ExecutionPlan> {
        Some(&*self.aggregate)
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.aggregate.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        // The scan evaluates them.
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(Self::new(Arc::clone(&self.aggregate), input)))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let reservation = MemoryConsumer::new(format!("GroupByNumberExec[{partition}]"));
        let grouping = Grouping {
            states: States::new(&self.aggregate, &self.input.schema())?,
            input: self.input.execute(partition, Arc::clone(&context))?,
            aggregate: Arc::clone(&self.aggregate),
            schema: Arc::clone(&schema),
            reservation: reservation.register(context.memory_pool()),
            batch_rows: context.session_config().batch_size(),
            metrics: BaselineMetrics::new(&self.metrics, partition),
            rows: 0,
            passes_on: false,
            given: None,
        };
        let batches = futures::stream::try_unfold(grouping, async |mut grouping: Grouping| {
            let next = grouping.next().await?;
            Ok::<_, DataFusionError>(next.map(|batch| (batch, grouping)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The groups so far, and the states of their calls.
struct States {
    groups: Groups,
    calls: Vec<Call>,
    /// The group of each row.
    of_rows: Vec<usize>,
}

/// A call of an aggregate function.
struct Call {
    accumulator: Box<dyn GroupsAccumulator>,
    /// The columns of the input that are its arguments.
    arguments: std::ops::Range<usize>,
    /// The column of the condition that rows are to meet.
    condition: Option<usize>,
}

impl Call {
    fn input(&self, batch: &RecordBatch) -> (Vec<ArrayRef>, Option<BooleanArray>) {
        let arguments = batch.columns()[self.arguments.clone()].to_vec();
        (arguments, self.condition.map(|at| batch.column(at).as_boolean().clone()))
    }
}

impl States {
    fn new(aggregate: &AggregateExec, input: &SchemaRef) -> Result<Self> {
        let keys = aggregate.group_expr().expr().len();
        let mut next = keys;
        let mut calls = Vec::new();
        for call in aggregate.aggr_expr() {
            let arguments = next..next + call.expressions().len();
            next = arguments.end;
            let accumulator = call.create_groups_accumulator()?;
            calls.push(Call { accumulator, arguments, condition: None });
        }
        for (call, condition) in calls.iter_mut().zip(aggregate.filter_expr()) {
            if condition.is_some() {
                call.condition = Some(next);
                next += 1;
            }
        }
        let fields = input.fields().iter().take(keys);
        let groups = Groups::new(fields.filter_map(|field| value_type(field.data_type())));
        Ok(Self { groups, calls, of_rows: Vec::new() })
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let keys = &batch.columns()[..self.groups.keys.len()];
        self.of_rows.clear();
        self.of_rows.extend(self.groups.number(keys)?.into_iter().map(|group| group as usize));
        let groups = self.groups.len();
        for call in &mut self.calls {
            let (arguments, condition) = call.input(batch);
            call.accumulator.update_batch(&arguments, &self.of_rows, condition.as_ref(), groups)?;
        }
        Ok(())
    }

    /// Returns the groups with their states.
    fn finish(&mut self, schema: &SchemaRef) -> Result<RecordBatch> {
        let mut columns = self.groups.values()?;
        for call in &mut self.calls {
            columns.extend(call.accumulator.state(EmitTo::All)?);
        }
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
    }

    /// Returns a group for each row.
    fn pass_on(&self, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
        let keys = batch.columns().iter().take(self.groups.keys.len());
        let mut columns = keys.map(plain).collect::<Result<Vec<_>>>()?;
        for call in &self.calls {
            let (arguments, condition) = call.input(batch);
            columns.extend(call.accumulator.convert_to_state(&arguments, condition.as_ref())?);
        }
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
    }

    fn size(&self) -> usize {
        let states = self.calls.iter().map(|call| call.accumulator.size()).sum::<usize>();
        self.groups.size() + states + 8 * self.of_rows.capacity()
    }
}

/// Returns a column without its dictionary.
pub(in super::super) fn plain(array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Dictionary(_, values) => Ok(cast(array, values)?),
        _ => Ok(Arc::clone(array)),
    }
}

/// A partition that is being grouped.
struct Grouping {
    input: SendableRecordBatchStream,
    aggregate: Arc<AggregateExec>,
    states: States,
    schema: SchemaRef,
    reservation: MemoryReservation,
    batch_rows: usize,
    metrics: BaselineMetrics,
    /// Rows that were grouped since the last groups were given.
    rows: usize,
    /// Whether the rows to come are not grouped, as nearly every one would be a group of its own.
    passes_on: bool,
    /// Groups to give, and from which on.
    given: Option<(RecordBatch, usize)>,
}

impl Grouping {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((groups, from)) = self.given.take() {
                let rows = self.batch_rows.min(groups.num_rows() - from);
                let batch = groups.slice(from, rows);
                if from + rows < groups.num_rows() {
                    self.given = Some((groups, from + rows));
                }
                self.metrics.record_output(batch.num_rows());
                return Ok(Some(batch));
            }
            let Some(batch) = self.input.next().await.transpose()? else {
                if self.states.groups.len() == 0 {
                    return Ok(None);
                }
                self.give_groups()?;
                continue;
            };
            let elapsed = self.metrics.elapsed_compute().clone();
            let _timer = elapsed.timer();
            self.take(&batch)?;
        }
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.passes_on {
            self.given = Some((self.states.pass_on(batch, &self.schema)?, 0));
            return Ok(());
        }
        self.states.add(batch)?;
        self.rows += batch.num_rows();
        let groups = self.states.groups.len();
        self.passes_on = (self.rows >= PROBE_ROWS && groups > self.rows / 5 * 4)
            || (self.rows >= FIRST_PROBE_ROWS && groups > self.rows / 50 * 49);
        if self.passes_on || self.reservation.try_resize(self.states.size()).is_err() {
            self.give_groups()?;
        }
        Ok(())
    }

    /// Gives the groups so far, and begins anew.
    fn give_groups(&mut self) -> Result<()> {
        let groups = self.states.finish(&self.schema)?;
        self.states = States::new(&self.aggregate, &self.input.schema())?;
        self.reservation.free();
        self.rows = 0;
        self.given = (groups.num_rows() > 0).then_some((groups, 0));
        Ok(())
    }
}
