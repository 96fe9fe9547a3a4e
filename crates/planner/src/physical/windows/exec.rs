//! The operator.

use super::collector::Collector;
use super::function::Function;
use super::keys::Keys;
use super::layout::internal;
use super::partitions::{Windows, sort_columns};
use arrow::compute::SortOptions;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{Distribution, EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, CardinalityEffect, EmissionType, apply_expression_roots,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::WindowExpr;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties,
    InputDistributionRequirements, PlanProperties, SendableRecordBatchStream,
};
use futures::TryStreamExt;
use std::fmt;
use std::sync::Arc;

/// Evaluates windows with PARTITION BY, for all partitions at once.
#[derive(Debug)]
pub struct PartitionedWindowExec {
    input: Arc<dyn ExecutionPlan>,
    windows: Windows,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl PartitionedWindowExec {
    /// Makes the operator for window functions of one PARTITION BY and ORDER BY, if it can compute all of them. `schema` is
    /// that of the input and the results.
    pub(super) fn of(
        exprs: &[Arc<dyn WindowExpr>],
        input: &Arc<dyn ExecutionPlan>,
        schema: SchemaRef,
    ) -> Result<Option<Self>> {
        let fields = input.schema();
        let Some(first) = exprs.first() else { return Ok(None) };
        if !are_keys(first.as_ref(), &fields)? {
            return Ok(None);
        }
        let mut functions = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let is_alike =
                expr.partition_by() == first.partition_by() && expr.order_by() == first.order_by();
            match Function::of(expr.as_ref(), &fields)?.filter(|_| is_alike) {
                Some(function) => functions.push(function),
                None => return Ok(None),
            }
        }
        let windows = Windows { exprs: exprs.to_vec(), functions: functions.into(), schema };
        Ok(Some(Self::new(windows, Arc::clone(input))))
    }

    fn new(windows: Windows, input: Arc<dyn ExecutionPlan>) -> Self {
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&windows.schema)),
            input.output_partitioning().clone(),
            EmissionType::Final,
            Boundedness::Bounded,
        ));
        Self { input, windows, properties, metrics: ExecutionPlanMetricsSet::new() }
    }

    /// Returns the functions.
    pub fn window_expr(&self) -> &[Arc<dyn WindowExpr>] {
        &self.windows.exprs
    }

    /// Returns what the rows come from.
    pub fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }
}

/// Whether rows can be grouped by the keys of PARTITION BY, of which there are some, and compared by those of ORDER BY.
fn are_keys(expr: &dyn WindowExpr, input: &Schema) -> Result<bool> {
    let key = |key: &Arc<dyn PhysicalExpr>| Ok((key.data_type(input)?, SortOptions::default()));
    let partition_by = expr.partition_by().iter().map(key).collect::<Result<Vec<_>>>()?;
    Ok(!partition_by.is_empty()
        && Keys::are_supported(partition_by)
        && Keys::are_supported(sort_columns(expr.order_by(), input)?))
}

impl DisplayAs for PartitionedWindowExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartitionedWindowExec: wdw=[")?;
        for (at, expr) in self.windows.exprs.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{}, frame: {}", expr.name(), expr.get_window_frame())?;
        }
        write!(f, "]")
    }
}

impl ExecutionPlan for PartitionedWindowExec {
    fn name(&self) -> &str {
        "PartitionedWindowExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let keys = self.windows.partition_by().to_vec();
        InputDistributionRequirements::new(vec![Distribution::KeyPartitioned(keys)])
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        self.input_distribution_requirements().into_per_child()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let all = self.windows.exprs.iter().map(|expr| expr.all_expressions());
        let all = all.flat_map(|exprs| {
            exprs.args.into_iter().chain(exprs.partition_by_exprs).chain(exprs.order_by_exprs)
        });
        apply_expression_roots(all, f)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (Some(input), true) = (children.pop(), children.is_empty()) else {
            return Err(internal("the operator has one child"));
        };
        Ok(Arc::new(Self::new(self.windows.clone(), input)))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let collector =
            Collector::new(self.windows.clone(), partition, metrics, context, &input.schema())?;
        let stream = futures::stream::once(collector.collect(input)).try_flatten();
        let schema = Arc::clone(&self.windows.schema);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}
