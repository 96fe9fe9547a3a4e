//! Functions under Trino's names and with Trino's meaning, where DataFusion lacks them or differs.

mod element_at;
mod json;

use datafusion::execution::SessionState;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;

/// Adds our functions to a session; they replace DataFusion's of the same name.
pub(super) fn register(context: &SessionContext) {
    context.register_udf(ScalarUDF::new_from_impl(element_at::ElementAt::default()));
    context.register_udf(ScalarUDF::new_from_impl(json::JsonExtract::scalar()));
    context.register_udf(ScalarUDF::new_from_impl(json::JsonExtract::value()));
}

/// Returns the names of all functions of a session.
pub(super) fn names(state: &SessionState) -> Vec<String> {
    let scalar = state.scalar_functions().keys();
    let aggregate = state.aggregate_functions().keys();
    let window = state.window_functions().keys();
    let rewritten = std::iter::once("count_if".to_owned());
    scalar.chain(aggregate).chain(window).cloned().chain(rewritten).collect()
}
