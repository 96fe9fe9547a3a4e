//! Rules beside DataFusion's own.

mod distinct;
mod incomparable_literals;
mod keep_above_joins;
mod members_below_windows;
mod recompute_schemas;

pub(crate) use distinct::{count_distinct, only_where};
pub(crate) use incomparable_literals::wrap_incomparable_literals;
pub(crate) use keep_above_joins::{as_filters, keep_above_joins};

use datafusion::optimizer::OptimizerRule;
use std::sync::Arc;

/// Returns the rules that run behind DataFusion's, in order.
pub(crate) fn optimizer_rules() -> [Arc<dyn OptimizerRule + Send + Sync>; 3] {
    [
        Arc::new(recompute_schemas::RecomputeSchemas),
        Arc::new(members_below_windows::MembersBelowWindows),
        Arc::new(distinct::Distinct),
    ]
}
