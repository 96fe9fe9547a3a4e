//! TABLESAMPLE.

use crate::analyzer::context::QueryContext;
use crate::analyzer::scope::{Relation, Scope};
use crate::analyzer::state::ClauseState;
use crate::analyzer::{Analyzer, error};
use datafusion::logical_expr::{LogicalPlanBuilder, lit};
use traillake_sql_parser::ast::Expr as Ast;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlResult};

impl Analyzer<'_> {
    pub(crate) fn sample(
        &self,
        relation: Relation,
        percent: &Ast,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let state = ClauseState::scalar("TABLESAMPLE");
        let typed = self.exprs(Scope::of(&[], context.outer), &state, context).expr(percent)?;
        let double = self.cast(typed, &Type::Double, false, percent.at)?;
        let share = match double.constant() {
            Some(datafusion::common::ScalarValue::Float64(Some(share))) => *share,
            _ => {
                return error(
                    Code::ExpressionNotConstant,
                    percent.at,
                    "Sample percentage cannot contain column references",
                );
            }
        };
        if !(0.0..=100.0).contains(&share) {
            let message = "Sample percentage must be between 0 and 100";
            return error(Code::NumericValueOutOfRange, percent.at, message);
        }
        if share >= 100.0 {
            return Ok(relation);
        }
        let scope = Scope::of(&[], None);
        let random = self.exprs(scope, &state, context).scalar("random", Vec::new(), percent.at)?;
        let condition = random.expr.lt(lit(share / 100.0));
        let plan = LogicalPlanBuilder::new(relation.plan).filter(condition)?.build()?;
        Ok(Relation { plan, fields: relation.fields })
    }
}
