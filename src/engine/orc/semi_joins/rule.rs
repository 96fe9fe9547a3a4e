//! Which joins can be filters of a scan.

use super::super::groups::{encoded_scan, value_type};
use super::super::source::OrcSource;
use super::exec::SemiJoinExec;
use datafusion::common::JoinType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};
use std::sync::Arc;

/// Makes semi and anti joins whose probe side is a scan of ORC files collect their keys, for [`SemiJoins`], instead of
/// dealing the rows of both sides out to threads. Runs when sides are chosen, and before partitions are.
#[derive(Debug)]
pub(in crate::engine) struct CollectedSemiJoins;

impl PhysicalOptimizerRule for CollectedSemiJoins {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_up(|node| {
            let Some(join) = node.downcast_ref::<HashJoinExec>() else {
                return Ok(Transformed::no(node));
            };
            let is_dealt = *join.partition_mode() == PartitionMode::Partitioned;
            if !is_dealt || !may_be_in_scan(join)? || !is_over_scan(join.right()) {
                return Ok(Transformed::no(node));
            }
            let join = join.builder().with_partition_mode(PartitionMode::CollectLeft);
            join.recompute_properties().build_exec().map(Transformed::yes)
        });
        plan.map(|plan| plan.data)
    }

    fn name(&self) -> &str {
        "collected_semi_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether rows come from a scan of ORC files with nothing but filters and projections between.
fn is_over_scan(plan: &Arc<dyn ExecutionPlan>) -> bool {
    if let Some(scan) = plan.downcast_ref::<DataSourceExec>() {
        return scan.downcast_to_file_source::<OrcSource>().is_some();
    }
    let passes_on = plan.is::<ProjectionExec>() || plan.is::<FilterExec>();
    passes_on && plan.children().into_iter().all(is_over_scan)
}

/// Makes semi and anti joins with scans of ORC files filters of these.
#[derive(Debug)]
pub(in crate::engine) struct SemiJoins;

impl PhysicalOptimizerRule for SemiJoins {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_up(|node| {
            let in_scan = match node.downcast_ref::<ProjectionExec>() {
                Some(projection) => projected(projection)?,
                None => match node.downcast_ref::<HashJoinExec>() {
                    Some(join) => in_scan(join)?,
                    None => None,
                },
            };
            Ok(match in_scan {
                Some(join) => Transformed::yes(Arc::new(join) as _),
                None => Transformed::no(node),
            })
        });
        plan.map(|plan| plan.data)
    }

    fn name(&self) -> &str {
        "semi_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether a join asks whether a row of the probe side has a partner of the same key, and nothing else.
fn may_be_in_scan(join: &HashJoinExec) -> Result<bool> {
    let [(key, _)] = join.on() else { return Ok(false) };
    let data_type = key.data_type(&join.left().schema())?;
    Ok(matches!(join.join_type(), JoinType::RightSemi | JoinType::RightAnti)
        && join.filter().is_none()
        && join.fetch().is_none()
        && !join.null_aware
        && value_type(&data_type).is_some())
}

/// Returns what does the same as a join in a scan, if that is possible.
fn in_scan(join: &HashJoinExec) -> Result<Option<SemiJoinExec>> {
    if *join.partition_mode() != PartitionMode::CollectLeft || !may_be_in_scan(join)? {
        return Ok(None);
    }
    let [(build_key, probe_key)] = join.on() else { return Ok(None) };
    let Some(scan) = join.right().downcast_ref::<DataSourceExec>() else { return Ok(None) };
    let Some((config, source)) = scan.downcast_to_file_source::<OrcSource>() else {
        return Ok(None);
    };
    // Rows that a limit counts pass the filter already.
    if config.limit.is_some() {
        return Ok(None);
    }
    let key = source.over_table(probe_key)?;
    let all: Vec<usize> = (0..join.right().schema().fields().len()).collect();
    let wanted = join.projection.as_deref().unwrap_or(&all);
    let projection = ProjectionExprs::from_indices(wanted, &join.right().schema());
    let scan = OrcSource::rescanned(join.right(), |source| source.projecting(&projection))?;
    let Some(scan) = scan else { return Ok(None) };
    let build = match encoded(join.left(), build_key)? {
        Some(build) => build,
        None => (Arc::clone(join.left()), Arc::clone(build_key)),
    };
    let is_anti = *join.join_type() == JoinType::RightAnti;
    let join = join.builder().build()?;
    Ok(Some(SemiJoinExec::new(join, build, (scan, key), is_anti)))
}

type Keyed = (Arc<dyn ExecutionPlan>, Arc<dyn PhysicalExpr>);

/// Returns what gives the keys alone, text in dictionaries, where they come as they are from a scan of ORC files.
fn encoded(plan: &Arc<dyn ExecutionPlan>, key: &Arc<dyn PhysicalExpr>) -> Result<Option<Keyed>> {
    if plan.is::<CoalescePartitionsExec>() && plan.fetch().is_none() {
        let children = plan.children();
        let [only] = children.as_slice() else { return Ok(None) };
        let Some((input, key)) = encoded(only, key)? else { return Ok(None) };
        let plan = replace_children_if_necessary(Arc::clone(plan), vec![input])?;
        return Ok(Some((plan, key)));
    }
    let Some(scan) = encoded_scan(plan, key)? else { return Ok(None) };
    let key = Column::new(scan.schema().field(0).name(), 0);
    Ok(Some((scan, Arc::new(key))))
}

/// Returns a join in a scan that gives its columns as `projection` names them, if it does no more than that.
fn projected(projection: &ProjectionExec) -> Result<Option<SemiJoinExec>> {
    let Some(join) = SemiJoinExec::of(projection.input()) else { return Ok(None) };
    if !projection.expr().iter().all(|projected| projected.expr.is::<Column>()) {
        return Ok(None);
    }
    join.projecting(&ProjectionExprs::new(projection.expr().iter().cloned()))
}
