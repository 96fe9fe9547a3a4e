//! Distinct values in aggregates, counted as groups.
//!
//! DataFusion 55.2 keeps the distinct values of each group of `count(DISTINCT x)` in an object of its
//! own, in memory. Grouping by the keys and `x` first, and counting then, takes one hash table, which
//! goes to disk when memory ends:
//!
//! ```text
//! SELECT k, count(DISTINCT x), count(*)   ->   SELECT k, count(x), sum(n)
//! FROM t GROUP BY k                            FROM (SELECT k, x, count(*) AS n FROM t GROUP BY k, x)
//!                                              GROUP BY k
//! ```
//!
//! DataFusion's own rule for that does not look behind the names that our aggregates have, nor does it
//! know `count(*)` beside them and FILTER. Where two steps cannot be (distinct values of several
//! columns; sums of doubles, which depend on the order, beside them), groups are counted in one hash
//! table of pairs (`count`), and without GROUP BY each column is counted by itself.

mod apart;
mod count;
mod scalar;
mod steps;

pub(crate) use count::count_distinct;
pub(crate) use scalar::only_where;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// Replaces aggregates of distinct values.
#[derive(Debug)]
pub(crate) struct Distinct;

impl OptimizerRule for Distinct {
    fn name(&self) -> &str {
        "distinct_aggregates"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = &plan else { return Ok(Transformed::no(plan)) };
        if !calls(aggregate).flatten().any(|call| call.params.distinct) {
            return Ok(Transformed::no(plan));
        }
        let name = || config.alias_generator().next("distinct");
        let replaced = match steps::two(aggregate, &name)? {
            Some(plan) => Some(plan),
            None if aggregate.group_expr.is_empty() => apart::split(aggregate, &name)?,
            None => counted(aggregate)?,
        };
        Ok(match replaced {
            Some(plan) => Transformed::yes(plan),
            None => Transformed::no(plan),
        })
    }
}

/// Returns the calls of an aggregation; `None` stands for an expression that is not a call.
fn calls(aggregate: &Aggregate) -> impl Iterator<Item = Option<&AggregateFunction>> {
    aggregate.aggr_expr.iter().map(call)
}

fn call(expr: &Expr) -> Option<&AggregateFunction> {
    match expr {
        Expr::AggregateFunction(call) => Some(call),
        Expr::Alias(alias) => call(&alias.expr),
        _ => None,
    }
}

/// Counts distinct values with a function of ours, where DataFusion has an object for each group.
fn counted(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    let mut exprs = Vec::new();
    let mut some = false;
    for expr in &aggregate.aggr_expr {
        let ours = match call(expr) {
            Some(call) if has_objects(call, aggregate)? => Some(count::count_distinct()),
            _ => None,
        };
        exprs.push(match (call(expr), ours) {
            (Some(call), Some(function)) => {
                some = true;
                let mut call = AggregateFunction { func: function, ..call.clone() };
                call.params.distinct = false;
                let (qualifier, name) = expr.qualified_name();
                Expr::AggregateFunction(call).alias_qualified(qualifier, name)
            }
            _ => expr.clone(),
        });
    }
    if !some {
        return Ok(None);
    }
    let (input, group) = (aggregate.input.clone(), aggregate.group_expr.clone());
    Ok(Some(LogicalPlan::Aggregate(Aggregate::try_new(input, group, exprs)?)))
}

fn has_objects(call: &AggregateFunction, aggregate: &Aggregate) -> Result<bool> {
    let [value] = &call.params.args[..] else { return Ok(false) };
    if call.func.name() != "count" || !call.params.distinct {
        return Ok(false);
    }
    let data_type = value.get_type(aggregate.input.schema())?;
    Ok(!matches!(
        data_type,
        DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Dictionary(..)
    ))
}

#[cfg(test)]
mod tests;
