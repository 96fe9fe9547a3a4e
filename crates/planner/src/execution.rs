//! From a logical plan to one that runs, and what a session needs for it.

use crate::optimizer::{as_filters, keep_above_joins, optimizer_rules, wrap_incomparable_literals};
use crate::physical::{PartitionedWindows, short_circuit_plan};
use datafusion::common::tree_node::TreeNode;
use datafusion::error::Result;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

/// Sets what plans of this crate need of a session.
pub fn configure(config: &mut SessionConfig) {
    let settings = config.options_mut();
    // In DataFusion 55.2 it meets "unreachable code" for NaN, and fails for some DISTINCT with LIMIT.
    settings.optimizer.enable_topk_aggregation = false;
    // DataFusion 55.2 forgets min(a) and max(b) in the filter it makes for scans as long as it has seen NULLs
    // only, and so drops rows that have a smaller a (apache/datafusion issue 25147; mended by 25149, which is in
    // no release yet).
    settings.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    // DataFusion 55.2 sees of some CASE that it is never NULL in one place, and not in the other.
    settings.execution.skip_physical_aggregate_schema_check = true;
}

/// Rules of DataFusion for subqueries in expressions, which plans of this crate do not have.
const NEEDLESS_RULES: [&str; 4] = [
    "rewrite_set_comparison",
    "decorrelate_predicate_subquery",
    "scalar_subquery_to_join",
    "decorrelate_lateral_join",
];

/// Adds the optimizer's rules of this crate to a session, and takes out those that it does not need.
pub fn add_optimizer_rules(context: &SessionContext) {
    for rule in NEEDLESS_RULES {
        context.remove_optimizer_rule(rule);
    }
    for rule in optimizer_rules() {
        context.add_optimizer_rule(rule);
    }
}

/// Returns the rules that a session is to have for physical plans: DataFusion's, and before them that of this crate.
/// Without it windows are slower.
pub fn physical_optimizer_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    rules.insert(0, Arc::new(PartitionedWindows));
    rules
}

/// Optimizes a plan and makes it one that can run, with the context for it. The session is to have
/// [`configure`]'s settings and [`add_optimizer_rules`]'s rules.
///
/// # Errors
/// When a rule or DataFusion's planner fails.
pub async fn physical_plan(
    state: SessionState,
    plan: &LogicalPlan,
) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>)> {
    let plan = OptimizedPlan::new(state, plan)?;
    Ok((plan.physical().await?, plan.context()))
}

/// A logical plan that is optimized, and the state of the session in which it can run, more than once.
#[derive(Debug)]
pub struct OptimizedPlan {
    state: SessionState,
    plan: LogicalPlan,
}

impl OptimizedPlan {
    /// Optimizes a plan, in a session as that of [`physical_plan`].
    ///
    /// # Errors
    /// When a rule fails.
    pub fn new(state: SessionState, plan: &LogicalPlan) -> Result<Self> {
        let plan = state.optimize(&keep_above_joins(plan.clone())?)?;
        let plan = wrap_incomparable_literals(as_filters(plan)?)?;
        let state = without_unsafe_pushdown(state, &plan);
        Ok(Self { state, plan })
    }

    /// Makes a plan that can run.
    ///
    /// # Errors
    /// When a rule or DataFusion's planner fails.
    pub async fn physical(&self) -> Result<Arc<dyn ExecutionPlan>> {
        let planner = Arc::clone(self.state.query_planner());
        short_circuit_plan(planner.create_physical_plan(&self.plan, &self.state).await?)
    }

    /// Returns a context for one run.
    pub fn context(&self) -> Arc<TaskContext> {
        self.state.task_ctx()
    }
}

/// Turns dynamic filters off for plans with joins.
///
/// DataFusion 55.2 pushes filters by name onto the wrong one of two same-named columns above a join
/// (apache/datafusion issues 25296, 25244, 25262 to 25264; mended by 25259, which is in no release
/// yet), and two scans of tables with the same columns have such.
fn without_unsafe_pushdown(mut state: SessionState, plan: &LogicalPlan) -> SessionState {
    if plan.exists(|node| Ok(matches!(node, LogicalPlan::Join(_)))).unwrap_or(true) {
        let options = &mut state.config_mut().options_mut().optimizer;
        options.enable_dynamic_filter_pushdown = false;
        options.enable_topk_dynamic_filter_pushdown = false;
        options.enable_join_dynamic_filter_pushdown = false;
    }
    state
}
