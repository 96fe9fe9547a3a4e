//! Which aggregations can group by number.

use super::super::encoded::AsDictionary;
use super::super::semi_joins::SemiJoinExec;
use super::super::source::OrcSource;
use super::exec::GroupByNumberExec;
use super::keys::value_type;
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};
use std::sync::Arc;

/// Makes the first steps of aggregations over scans of ORC files group by number.
#[derive(Debug)]
pub(in crate::engine) struct GroupByNumber;

impl PhysicalOptimizerRule for GroupByNumber {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_up(|node| {
            let by_number = node.downcast_ref::<AggregateExec>().map(by_number).transpose()?;
            Ok(by_number.flatten().map_or_else(|| Transformed::no(node), Transformed::yes))
        });
        plan.map(|plan| plan.data)
    }

    fn name(&self) -> &str {
        "group_by_number"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Returns what does the same by number, if that is possible.
fn by_number(aggregate: &AggregateExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let join = SemiJoinExec::of(aggregate.input());
    let scan = join.map_or(aggregate.input(), SemiJoinExec::scan);
    let Some(values) = values(aggregate)? else { return Ok(None) };
    let Some(scan) = scan_of(scan, values)? else { return Ok(None) };
    let input = match join {
        Some(join) => Arc::new(join.with_scan(scan)),
        None => scan,
    };
    Ok(Some(Arc::new(GroupByNumberExec::new(Arc::new(aggregate.clone()), input))))
}

/// Returns what an aggregation needs of each row, if it can be done by number: what it groups by, its arguments, its
/// conditions.
fn values(aggregate: &AggregateExec) -> Result<Option<Vec<Arc<dyn PhysicalExpr>>>> {
    let by = aggregate.group_expr();
    let is_first_step = *aggregate.mode() == AggregateMode::Partial
        && matches!(aggregate.input_order_mode(), InputOrderMode::Linear)
        && aggregate.limit_options().is_none();
    let calls = aggregate.aggr_expr();
    let can_be = is_first_step
        && by.is_single()
        && !by.is_empty()
        && calls.iter().all(|c| c.groups_accumulator_supported() && c.order_bys().is_empty());
    if !can_be {
        return Ok(None);
    }
    let schema = aggregate.input().schema();
    let mut values = Vec::new();
    for (key, _) in by.expr() {
        let data_type = key.data_type(&schema)?;
        if value_type(&data_type).is_none() {
            return Ok(None);
        }
        values.push(encoded(key, &data_type));
    }
    values.extend(calls.iter().flat_map(|call| call.expressions()));
    values.extend(aggregate.filter_expr().iter().flatten().cloned());
    Ok(Some(values))
}

/// Returns a scan of ORC files that gives a key alone, text with its dictionary.
pub(in super::super) fn encoded_scan(
    scan: &Arc<dyn ExecutionPlan>,
    key: &Arc<dyn PhysicalExpr>,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let key = encoded(key, &key.data_type(&scan.schema())?);
    scan_of(scan, vec![key])
}

fn encoded(key: &Arc<dyn PhysicalExpr>, data_type: &DataType) -> Arc<dyn PhysicalExpr> {
    match data_type {
        DataType::Utf8 | DataType::Utf8View => Arc::new(AsDictionary(Arc::clone(key))),
        _ => Arc::clone(key),
    }
}

/// Returns a scan of ORC files that gives `values`, which are over what `scan` gives; `None` if that is none.
fn scan_of(
    scan: &Arc<dyn ExecutionPlan>,
    values: Vec<Arc<dyn PhysicalExpr>>,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let named = values.into_iter().enumerate();
    let values = named.map(|(at, expr)| ProjectionExpr { expr, alias: format!("value:{at}") });
    let values = ProjectionExprs::new(values);
    OrcSource::rescanned(scan, |source| source.projecting(&values))
}
