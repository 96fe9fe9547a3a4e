//! SELECT DISTINCT, and the keys by which values are grouped.

use crate::analyzer::Analyzer;
use crate::analyzer::logical::projection;
use crate::analyzer::typed::TypedExpr;
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use traillake_functions::{KEY, has_non_canonical_values};
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;

impl Analyzer<'_> {
    /// Leaves out rows that are not distinct from one before.
    pub(crate) fn distinct(
        &self,
        plan: LogicalPlan,
        columns: Vec<(Column, Type)>,
    ) -> SqlResult<LogicalPlan> {
        let special = columns.iter().any(|(_, data_type)| has_non_canonical_values(data_type));
        if !special {
            return Ok(LogicalPlanBuilder::new(plan).distinct()?.build()?);
        }
        let keys: Vec<_> = columns
            .iter()
            .map(|(column, data_type)| {
                let typed = TypedExpr::new(Expr::Column(column.clone()), data_type.clone());
                self.group_key(typed).alias(&column.name)
            })
            .collect();
        let plan = projection(plan, keys)?;
        Ok(LogicalPlanBuilder::new(plan).distinct()?.build()?)
    }

    /// Returns what a value is grouped by: the same for values that are not distinct.
    pub(crate) fn group_key(&self, typed: TypedExpr) -> Expr {
        if !has_non_canonical_values(&typed.data_type) {
            return typed.expr;
        }
        let data_type = typed.data_type.clone();
        let typed = self.canonical(typed);
        self.function(&KEY, vec![typed], data_type).expr
    }
}
