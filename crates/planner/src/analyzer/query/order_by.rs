//! ORDER BY, LIMIT, OFFSET and FETCH FIRST.

use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::logical::projection;
use crate::analyzer::query::Item;
use crate::analyzer::scope::{Field, Relation};
use crate::analyzer::state::WindowCall;
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::window::plan::ranking;
use crate::analyzer::{Analyzer, error};
use datafusion::common::Column;
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, Limit, Query, SortItem};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlResult};

/// How rows are ordered: the place among the columns made for it, and how.
pub(crate) struct Order {
    pub(crate) typed: TypedExpr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
    pub(crate) at: Position,
}

impl Analyzer<'_> {
    /// Analyzes ORDER BY: numbers are columns of the select list.
    pub(crate) fn order(
        &self,
        order: &[SortItem],
        items: &[Item],
        exprs: &ExpressionAnalyzer<'_>,
    ) -> SqlResult<Vec<Order>> {
        let mut orders = Vec::with_capacity(order.len());
        for item in order {
            let at = item.expr.at;
            let typed = match item.expr.kind {
                ExprKind::Integer(number) => {
                    let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
                    match place.and_then(|place| items.get(place)) {
                        Some(item) => item.typed.clone(),
                        None => {
                            let message =
                                format!("ORDER BY position {number} is not in select list");
                            return error(Code::InvalidColumnReference, at, message);
                        }
                    }
                }
                _ => exprs.expr(&item.expr)?,
            };
            if !typed.data_type.is_orderable() {
                let message = format!(
                    "Type {} is not orderable, and therefore cannot be used in ORDER BY: line {}:{}",
                    typed.data_type, at.line, at.column
                );
                return error(Code::TypeMismatch, at, message);
            }
            orders.push(Order {
                typed,
                descending: item.descending,
                nulls_first: item.nulls_first.unwrap_or(false),
                at,
            });
        }
        Ok(orders)
    }

    /// Sorts and limits; columns that only order are left out at the end.
    pub(crate) fn ordered(
        &self,
        plan: LogicalPlan,
        fields: Vec<Field>,
        order: Vec<Order>,
        extras: Vec<Column>,
        query: &Query,
    ) -> SqlResult<(Relation, bool)> {
        let mut plan = plan;
        let ordered = !order.is_empty();
        let sorts: Vec<_> = order
            .iter()
            .map(|order| {
                let expr = order.typed.expr.clone();
                Sort::new(expr, !order.descending, order.nulls_first)
            })
            .collect();
        let count = |ast: &Option<Ast>| match ast {
            None => Ok(None),
            Some(ast) => match ast.kind {
                ExprKind::Integer(count) => usize::try_from(count).map(Some).or_else(|_| {
                    error(Code::InvalidLimitClause, ast.at, "a number of rows cannot be negative")
                }),
                _ => error(Code::InvalidLimitClause, ast.at, "a number of rows must be an integer"),
            },
        };
        let skip = count(&query.offset)?.unwrap_or(0);
        let fetch = match &query.limit {
            Limit::None => None,
            Limit::Rows(rows) => count(rows)?,
            Limit::Fetch { count: rows, ties, at } => {
                let rows = count(rows)?.unwrap_or(1);
                if rows == 0 {
                    return error(
                        Code::InvalidLimitClause,
                        *at,
                        "FETCH FIRST row count must be positive (actual value: 0)",
                    );
                }
                if *ties && sorts.is_empty() {
                    return error(
                        Code::MissingOrderBy,
                        *at,
                        "FETCH FIRST WITH TIES clause requires ORDER BY",
                    );
                }
                Some(rows)
            }
        };
        let ties = matches!(query.limit, Limit::Fetch { ties: true, .. });
        if ordered {
            let fetch = if ties { None } else { fetch.and_then(|rows| rows.checked_add(skip)) };
            plan = LogicalPlanBuilder::new(plan).sort_with_limit(sorts.clone(), fetch)?.build()?;
        }
        if ties {
            plan = LogicalPlanBuilder::new(plan).limit(skip, None)?.build()?;
            plan = self.with_ties(plan, &sorts, fetch.unwrap_or(1))?;
            plan = LogicalPlanBuilder::new(plan).sort(sorts)?.build()?;
        } else if skip > 0 || fetch.is_some() {
            plan = LogicalPlanBuilder::new(plan).limit(skip, fetch)?.build()?;
        }
        if !extras.is_empty() || ties {
            let exprs = fields.iter().map(|field| Expr::Column(field.column.clone())).collect();
            plan = projection(plan, exprs)?;
        }
        Ok((Relation { plan, fields }, ordered))
    }

    fn with_ties(&self, plan: LogicalPlan, sorts: &[Sort], rows: usize) -> SqlResult<LogicalPlan> {
        let rank = self.column("rank", &Type::Bigint);
        let expr =
            ranking(datafusion::functions_window::rank::rank_udwf(), Vec::new(), sorts.to_vec());
        let window = WindowCall { column: rank.clone(), expr };
        let plan = self.windows(plan, vec![window])?;
        let rows = lit(u64::try_from(rows).unwrap_or(u64::MAX));
        Ok(LogicalPlanBuilder::new(plan).filter(Expr::Column(rank).lt_eq(rows))?.build()?)
    }
}
