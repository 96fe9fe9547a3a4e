//! The rule that puts the operator into plans.

use super::PartitionedWindowExec;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use std::sync::Arc;

/// Evaluates windows with PARTITION BY for all partitions at once, where all their functions are known. The rule comes
/// first, while no sort has been put below windows, and nothing relies on their order.
#[derive(Debug)]
pub(crate) struct PartitionedWindows;

impl PhysicalOptimizerRule for PartitionedWindows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_up(|node| {
            let replaced = if let Some(windows) = node.downcast_ref::<WindowAggExec>() {
                let (exprs, input) = (windows.window_expr(), windows.input());
                PartitionedWindowExec::of(exprs, input, node.schema())?
            } else if let Some(windows) = node.downcast_ref::<BoundedWindowAggExec>() {
                let (exprs, input) = (windows.window_expr(), windows.input());
                PartitionedWindowExec::of(exprs, input, node.schema())?
            } else {
                None
            };
            Ok(match replaced {
                Some(windows) => Transformed::yes(Arc::new(windows) as Arc<dyn ExecutionPlan>),
                None => Transformed::no(node),
            })
        });
        plan.map(|plan| plan.data)
    }

    fn name(&self) -> &str {
        "partitioned_windows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
