//! VALUES.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::projection;
use crate::analyzer::scope::{Field, Relation, Scope};
use crate::analyzer::state::{ClauseState, PlannedSubquery};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use traillake_sql_parser::ast::{Expr as Ast, ExprKind};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl Analyzer<'_> {
    pub(crate) fn values(
        &self,
        rows: &[Ast],
        at: Position,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let state = ClauseState::scalar("VALUES");
        let exprs = self.exprs(Scope::of(&[], context.outer), &state, context);
        let mut table: Vec<Vec<TypedExpr>> = Vec::with_capacity(rows.len());
        for row in rows {
            let cells = match &row.kind {
                ExprKind::Row(fields) => {
                    fields.iter().map(|(_, e)| exprs.expr(e)).collect::<SqlResult<_>>()?
                }
                _ => {
                    let value = exprs.expr(row)?;
                    match value.data_type.clone() {
                        Type::Row(fields) => {
                            (0..fields.len()).map(|at| exprs.row_field(value.clone(), at)).collect()
                        }
                        _ => vec![value],
                    }
                }
            };
            table.push(cells);
        }
        let width = table.first().map_or(0, Vec::len);
        let mut data_types = vec![Type::Unknown; width];
        for cells in &table {
            if cells.len() != width {
                let message =
                    format!("Values rows have mismatched sizes: {width} vs {}", cells.len());
                return error(Code::TypeMismatch, at, message);
            }
            for (data_type, cell) in data_types.iter_mut().zip(cells) {
                *data_type = common_type(data_type, &cell.data_type).ok_or_else(|| {
                    SqlError::mismatch(format!(
                        "Values rows have mismatched types: {data_type} vs {}",
                        cell.data_type
                    ))
                    .at(at)
                })?;
            }
        }
        let mut constant = true;
        let mut lines = Vec::with_capacity(table.len());
        for cells in table {
            let mut line = Vec::with_capacity(width);
            for (cell, data_type) in cells.into_iter().zip(&data_types) {
                let cell = self.canonical(self.coerce(cell, data_type, at)?);
                constant &= cell.constant().is_some();
                line.push(cell.expr);
            }
            lines.push(line);
        }
        let names: Vec<_> =
            data_types.iter().map(|data_type| self.column("value", data_type)).collect();
        let subqueries = state.subqueries.into_inner();
        let plan = if constant && subqueries.is_empty() {
            let values = LogicalPlanBuilder::values(lines)?.build()?;
            let columns = values.schema().columns();
            let exprs = columns.into_iter().zip(&names).zip(&data_types).map(
                |((column, name), data_type)| {
                    let expr = Expr::Column(column);
                    // A column of nothing but NULLs has no type of its own.
                    let typed = datafusion::logical_expr::cast(expr, arrow_type(data_type));
                    typed.alias(&name.name)
                },
            );
            projection(values, exprs.collect())?
        } else {
            let one = || LogicalPlanBuilder::empty(true).build();
            let mut plan: Option<LogicalPlan> = None;
            for line in lines {
                let with = self.attach_used(one()?, &subqueries, &line)?;
                let exprs = line.into_iter().zip(&names).map(|(e, n)| e.alias(&n.name)).collect();
                let row = projection(with, exprs)?;
                plan = Some(match plan {
                    Some(plan) => LogicalPlanBuilder::new(plan).union(row)?.build()?,
                    None => row,
                });
            }
            plan.ok_or_else(|| SqlError::internal("VALUES without rows"))?
        };
        let fields = names
            .into_iter()
            .zip(data_types)
            .map(|(column, data_type)| Field::new(None, None, column, data_type));
        Ok(Relation { plan, fields: fields.collect() })
    }

    /// Joins those of some subqueries that expressions use.
    fn attach_used(
        &self,
        plan: LogicalPlan,
        subqueries: &[PlannedSubquery],
        exprs: &[Expr],
    ) -> SqlResult<LogicalPlan> {
        let used = subqueries.iter().filter(|subquery| {
            exprs.iter().any(|expr| expr.column_refs().contains(&subquery.column))
        });
        self.attach_all(plan, used.cloned().collect())
    }
}

/// `true`, as an expression.
pub(crate) fn always() -> Expr {
    lit(true)
}
