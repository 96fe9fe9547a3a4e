//! The operator.

use super::super::groups::{Keys, plain, value_type};
use super::super::source::OrcSource;
use super::collected::CollectedExec;
use super::member::Member;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{NullEquality, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, InListExpr, lit};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_plan::apply_expression_roots;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use futures::future::{BoxFuture, Shared};
use futures::{FutureExt, StreamExt, TryStreamExt};
use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Keys up to which they are told to what prunes the scan.
const MAX_LISTED: usize = 20;

/// Keys up to which they are looked up one by one.
const MAX_KEYS: usize = if cfg!(test) { 300 } else { 32_768 };
/// What keys are called beside the columns of a scan.
const KEY: &str = "semi_join:key";

/// Stands for a semi or anti join whose probe side is a scan: collects the keys of the build side, and scans what they let
/// pass.
#[derive(Debug, Clone)]
pub(in super::super) struct SemiJoinExec {
    /// The join that it stands for, as DataFusion would do it.
    pub(super) join: Arc<HashJoinExec>,
    /// The build side, and its key.
    pub(super) build: Arc<dyn ExecutionPlan>,
    pub(super) build_key: Arc<dyn PhysicalExpr>,
    /// The probe side, and its key, over the columns of the table.
    scan: Arc<dyn ExecutionPlan>,
    key: Arc<dyn PhysicalExpr>,
    /// Whether rows without a partner are wanted.
    pub(super) is_anti: bool,
    metrics: ExecutionPlanMetricsSet,
    /// The scan to run, which all partitions wait for.
    filtered: Arc<OnceLock<Shared<BoxFuture<'static, SharedScan>>>>,
}

type SharedScan = std::result::Result<Arc<FilteredScan>, Arc<DataFusionError>>;

/// The scan with the filter, and the memory for the keys.
#[derive(Debug)]
struct FilteredScan {
    scan: Arc<dyn ExecutionPlan>,
    _memory: MemoryReservation,
}

impl SemiJoinExec {
    /// Does what `join` does, with the scan and the key of its probe side.
    pub(super) fn new(
        join: HashJoinExec,
        (build, build_key): (Arc<dyn ExecutionPlan>, Arc<dyn PhysicalExpr>),
        (scan, key): (Arc<dyn ExecutionPlan>, Arc<dyn PhysicalExpr>),
        is_anti: bool,
    ) -> Self {
        let (metrics, filtered) = (ExecutionPlanMetricsSet::new(), Arc::default());
        let join = Arc::new(join);
        Self { join, build, build_key, scan, key, is_anti, metrics, filtered }
    }

    /// Returns `plan` as one of these, if it is.
    pub(in super::super) fn of(plan: &Arc<dyn ExecutionPlan>) -> Option<&Self> {
        (plan.as_ref() as &dyn Any).downcast_ref()
    }

    /// The scan that gives the rows.
    pub(in super::super) fn scan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.scan
    }

    /// Returns the same over another projection of the scan.
    pub(in super::super) fn with_scan(&self, scan: Arc<dyn ExecutionPlan>) -> Self {
        Self {
            scan,
            filtered: Arc::default(),
            metrics: ExecutionPlanMetricsSet::new(),
            ..self.clone()
        }
    }

    /// Gives `projection`, which is over what it gives now.
    pub(super) fn projecting(&self, projection: &ProjectionExprs) -> Result<Option<Self>> {
        let Some(scan) = OrcSource::rescanned(&self.scan, |source| source.projecting(projection))?
        else {
            return Ok(None);
        };
        Ok(Some(self.with_scan(scan)))
    }

    /// Collects the keys, and makes them a filter of the scan.
    async fn filter_scan(&self, context: Arc<TaskContext>) -> Result<FilteredScan> {
        let consumer = MemoryConsumer::new("SemiJoinExec");
        let memory = consumer.register(context.memory_pool());
        let data_type = self.build_key.data_type(&self.build.schema())?;
        let Some(data_type) = value_type(&data_type) else {
            return internal_err!("a semi join by keys that cannot be numbered");
        };
        let mut keys = Keys::new(data_type);
        let mut numbers = Vec::new();
        let mut batches = self.build.execute(0, context)?;
        while let Some(batch) = batches.next().await.transpose()? {
            let values = self.build_key.evaluate(&batch)?.into_array(batch.num_rows())?;
            numbers.clear();
            keys.number(&values, &mut numbers)?;
            memory.try_resize(keys.size())?;
            if keys.len() > MAX_KEYS {
                let scan = self.join_of(&keys, data_type, batches)?;
                memory.free();
                return Ok(FilteredScan { scan, _memory: memory });
            }
        }
        keys.close();
        let filtered = OrcSource::rescanned(&self.scan, |source| {
            let filter = self.filter(Arc::new(keys), source.table().table_schema())?;
            Ok(source.filtering(filter))
        })?;
        match filtered {
            Some(scan) => Ok(FilteredScan { scan, _memory: memory }),
            None => internal_err!("a semi join over what is no scan of ORC files"),
        }
    }

    /// Returns DataFusion's join with the scan, of the keys so far and those to come.
    fn join_of(
        &self,
        keys: &Keys,
        data_type: &DataType,
        batches: SendableRecordBatchStream,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = Arc::new(Schema::new(vec![Field::new(KEY, data_type.clone(), true)]));
        let numbers: Vec<_> = (0..keys.len() as u32).collect();
        let first = RecordBatch::try_new(Arc::clone(&schema), vec![keys.values(&numbers)?])?;
        let (key, of_batch) = (Arc::clone(&self.build_key), Arc::clone(&schema));
        let rest = batches.map(move |batch| {
            let batch = batch?;
            let values = plain(&key.evaluate(&batch)?.into_array(batch.num_rows())?)?;
            Ok(RecordBatch::try_new(Arc::clone(&of_batch), vec![values])?)
        });
        let all = futures::stream::iter([Ok(first)]).chain(rest);
        let build = CollectedExec::new(Box::pin(RecordBatchStreamAdapter::new(schema, all)));
        let columns = self.scan.schema().fields().len();
        let adding = |source: &OrcSource| Ok(source.adding(&self.key, KEY));
        let Some(scan) = OrcSource::rescanned(&self.scan, adding)? else {
            return internal_err!("a semi join over what is no scan of ORC files");
        };
        let join = HashJoinExec::try_new(
            Arc::new(build),
            scan,
            vec![(Arc::new(Column::new(KEY, 0)), Arc::new(Column::new(KEY, columns)))],
            None,
            self.join.join_type(),
            Some((0..columns).collect()),
            PartitionMode::CollectLeft,
            self.join.null_equality(),
            false,
        )?;
        Ok(Arc::new(join))
    }

    fn filter(&self, keys: Arc<Keys>, table: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        let value = Arc::clone(&self.key);
        let nulls_match = self.join.null_equality() == NullEquality::NullEqualsNull;
        let null = nulls_match && keys.null().is_some();
        let negated = self.is_anti;
        let known = keys.len() - usize::from(keys.null().is_some());
        if negated || null || known > MAX_LISTED {
            return Ok(Arc::new(Member { value, keys, null, negated }));
        }
        if known == 0 {
            return Ok(lit(false));
        }
        let listed: Vec<_> =
            (0..keys.len() as u32).filter(|number| keys.null() != Some(*number)).collect();
        let listed = keys.values(&listed)?;
        Ok(Arc::new(InListExpr::try_new_from_array(value, listed, false, table)?))
    }
}

impl DisplayAs for SemiJoinExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SemiJoinExec: ")?;
        self.join.fmt_as(format, f)
    }
}

impl ExecutionPlan for SemiJoinExec {
    fn name(&self) -> &'static str {
        "SemiJoinExec"
    }

    /// Who tells of a plan takes it for the join that it stands for.
    fn downcast_delegate(&self) -> Option<&dyn ExecutionPlan> {
        Some(&*self.join)
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.scan.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.build, &self.scan]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots([&self.build_key], f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([build, scan]) = <[_; 2]>::try_from(children) else {
            return internal_err!("a semi join has two sides");
        };
        Ok(Arc::new(Self { build, ..self.with_scan(scan) }))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let filtered = self.filtered.get_or_init(|| {
            let (this, context) = (self.with_scan(Arc::clone(&self.scan)), Arc::clone(&context));
            let scan = async move { this.filter_scan(context).await };
            scan.map(|scan| scan.map(Arc::new).map_err(Arc::new)).boxed().shared()
        });
        let filtered = filtered.clone();
        let batches = async move {
            let filtered = filtered.await.map_err(DataFusionError::Shared)?;
            filtered.scan.execute(partition, context)
        };
        let batches = futures::stream::once(batches).try_flatten().inspect_ok(move |batch| {
            metrics.record_output(batch.num_rows());
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
