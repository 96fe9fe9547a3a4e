//! Schemas that DataFusion's optimizer leaves behind.
//!
//! When its rule `optimize_projections` drops aggregates over an input that it does not change, it
//! does not tell (DataFusion 55.2): the nodes above keep columns that are no more, and its next pass
//! takes wrong columns or panics.

use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{JoinType, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// Recomputes stale schemas of joins and windows from their inputs.
#[derive(Debug)]
pub(crate) struct RecomputeSchemas;

impl OptimizerRule for RecomputeSchemas {
    fn name(&self) -> &str {
        "recompute_schemas"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        if is_stale(&plan) {
            return Ok(Transformed::yes(plan.recompute_schema()?));
        }
        Ok(Transformed::no(plan))
    }
}

/// Whether a node has other columns than its inputs give it.
fn is_stale(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Join(join) => {
            let (left, right) = (join.left.schema().fields(), join.right.schema().fields());
            let fields = join.schema.fields();
            match join.join_type {
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                    let names = left.iter().chain(right.iter()).map(|field| field.name());
                    !names.eq(fields.iter().map(|field| field.name()))
                }
                JoinType::LeftSemi | JoinType::LeftAnti => left.len() != fields.len(),
                JoinType::RightSemi | JoinType::RightAnti => right.len() != fields.len(),
                JoinType::LeftMark => left.len() + 1 != fields.len(),
                JoinType::RightMark => right.len() + 1 != fields.len(),
            }
        }
        LogicalPlan::Window(window) => {
            window.input.schema().fields().len() + window.window_expr.len()
                != window.schema.fields().len()
        }
        _ => false,
    }
}
