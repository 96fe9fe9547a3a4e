//! Distinct values of several columns without GROUP BY, each counted by itself.
//!
//! Each takes a scan of its own, of few columns, and goes to disk when memory ends. That is only for
//! inputs that are cheap to have several times, and the same each time.

use super::steps::{two, value_of};
use super::{call, calls};
use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::{
    Aggregate, Expr, LogicalPlan, LogicalPlanBuilder, Operator, Projection,
};

/// Makes one aggregation for each expression whose distinct values are asked for, and one for the
/// rest, if there are several.
pub(crate) fn split(
    aggregate: &Aggregate,
    name: &dyn Fn() -> String,
) -> Result<Option<LogicalPlan>> {
    if calls(aggregate).any(|call| call.is_none()) || !is_cheap(&aggregate.input)? {
        return Ok(None);
    }
    let mut parts: Vec<(Option<Expr>, Vec<Expr>)> = Vec::new();
    for expr in &aggregate.aggr_expr {
        let value = match call(expr) {
            Some(call) if call.params.distinct => value_of(call, aggregate.input.schema())?,
            _ => None,
        };
        match parts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, exprs)) => exprs.push(expr.clone()),
            None => parts.push((value, vec![expr.clone()])),
        }
    }
    if parts.len() < 2 {
        return Ok(None);
    }
    let mut plans = Vec::new();
    for (_, exprs) in parts {
        let part = Aggregate::try_new(aggregate.input.clone(), Vec::new(), exprs)?;
        plans.push(match two(&part, name)? {
            Some(plan) => plan,
            None => LogicalPlan::Aggregate(part),
        });
    }
    let mut plans = plans.into_iter();
    let Some(mut plan) = plans.next() else { return Ok(None) };
    for other in plans {
        plan = LogicalPlanBuilder::new(plan).cross_join(other)?.build()?;
    }
    let columns = aggregate.schema.iter().map(|field| Expr::Column(Column::from(field)));
    Ok(Some(LogicalPlan::Projection(Projection::try_new(columns.collect(), plan.into())?)))
}

/// Whether a plan reads a table, and does little else, the same each time.
fn is_cheap(plan: &LogicalPlan) -> Result<bool> {
    let mut cheap = true;
    plan.apply(|node| {
        cheap = match node {
            LogicalPlan::TableScan(scan) => {
                scan.fetch.is_none() && scan.filters.iter().all(is_comparison)
            }
            LogicalPlan::Filter(filter) => is_comparison(&filter.predicate),
            LogicalPlan::Projection(projection) => projection.expr.iter().all(is_plain),
            LogicalPlan::SubqueryAlias(_) => true,
            _ => false,
        };
        Ok(if cheap { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(cheap)
}

/// A column, perhaps under another name.
fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Alias(alias) => is_plain(&alias.expr),
        _ => false,
    }
}

/// Comparisons of columns and constants.
fn is_comparison(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryExpr(binary) => match binary.op {
            Operator::And | Operator::Or => {
                is_comparison(&binary.left) && is_comparison(&binary.right)
            }
            Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq => is_plain(&binary.left) && is_plain(&binary.right),
            _ => false,
        },
        Expr::Not(inner) => is_comparison(inner),
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => is_plain(inner),
        Expr::InList(list) => is_plain(&list.expr) && list.list.iter().all(is_plain),
        Expr::Between(between) => {
            is_plain(&between.expr) && is_plain(&between.low) && is_plain(&between.high)
        }
        _ => false,
    }
}
