//! Expressions and nodes of DataFusion's plans that are made in many places.

use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Case, Expr, LogicalPlan, LogicalPlanBuilder, Operator, Projection,
};
use std::sync::Arc;
use traillake_sql_types::error::SqlResult;

pub(crate) fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

pub(crate) fn and(left: Expr, right: Expr) -> Expr {
    binary(left, Operator::And, right)
}

pub(crate) fn or(left: Expr, right: Expr) -> Expr {
    binary(left, Operator::Or, right)
}

pub(crate) fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

/// `CASE WHEN condition THEN then ELSE otherwise END`.
pub(crate) fn case_when(whens: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    let whens = whens.into_iter().map(|(when, then)| (Box::new(when), Box::new(then))).collect();
    Expr::Case(Case::new(None, whens, otherwise.map(Box::new)))
}

pub(crate) fn projection(plan: LogicalPlan, exprs: Vec<Expr>) -> SqlResult<LogicalPlan> {
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

pub(crate) fn aggregate(
    input: LogicalPlan,
    group: Vec<Expr>,
    calls: Vec<Expr>,
) -> SqlResult<LogicalPlan> {
    if group.is_empty() && calls.is_empty() {
        // One row, whatever the input.
        return Ok(LogicalPlanBuilder::empty(true).build()?);
    }
    Ok(LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(input), group, calls)?))
}

pub(crate) fn split_conjunction(expr: Expr, out: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryExpr(binary) if binary.op == datafusion::logical_expr::Operator::And => {
            split_conjunction(*binary.left, out);
            split_conjunction(*binary.right, out);
        }
        other => out.push(other),
    }
}
