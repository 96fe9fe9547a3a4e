//! Functions that give tables.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::projection;
use crate::analyzer::scope::{Field, Relation, Scope};
use crate::analyzer::state::ClauseState;
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error};
use datafusion::logical_expr::LogicalPlanBuilder;
use traillake_sql_parser::ast::{Expr as Ast, Ident, Name};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlResult};

impl Analyzer<'_> {
    pub(crate) fn table_function(
        &self,
        name: &Name,
        arguments: &[(Option<Ident>, Ast)],
        at: Position,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let last = name.parts.last().map(Ident::lower).unwrap_or_default();
        if last != "sequence" {
            let message = format!(
                "Table function '{name}' not registered; there is sequence(start, stop, step)"
            );
            return error(Code::FunctionNotFound, at, message);
        }
        let state = ClauseState::scalar("table function");
        let exprs = self.exprs(Scope::of(&[], context.outer), &state, context);
        let mut bounds = [Some(TypedExpr::bigint(0)), None, Some(TypedExpr::bigint(1))];
        for (place, (name, value)) in arguments.iter().enumerate() {
            let place = match name.as_ref().map(Ident::lower).as_deref() {
                None => place,
                Some("start") => 0,
                Some("stop") => 1,
                Some("step") => 2,
                Some(other) => {
                    let message = format!("Unexpected argument name: {}", other.to_uppercase());
                    return error(Code::InvalidFunctionArgument, at, message);
                }
            };
            let value = self.coerce(exprs.expr(value)?, &Type::Bigint, at)?;
            match bounds.get_mut(place) {
                Some(bound) => *bound = Some(value),
                None => return error(Code::InvalidFunctionArgument, at, "Too many arguments"),
            }
        }
        let [Some(start), Some(stop), Some(step)] = bounds else {
            return error(Code::InvalidFunctionArgument, at, "Missing argument: STOP");
        };
        // One list for every 10,000 numbers would do for any; this is what a function can give.
        let list = exprs.scalar("$long_sequence", vec![start, stop, step], at)?;
        let column = self.column("sequential_number", &list.data_type);
        let one = LogicalPlanBuilder::empty(true).build()?;
        let plan = projection(one, vec![list.expr.alias(&column.name)])?;
        let plan = LogicalPlanBuilder::new(plan).unnest_column(column.clone())?.build()?;
        self.columns.borrow_mut().insert(column.clone(), arrow::datatypes::DataType::Int64);
        let field = Field::new(
            Some("sequential_number".to_owned()),
            Some("sequential_number".to_owned()),
            column,
            Type::Bigint,
        );
        Ok(Relation { plan, fields: vec![field] })
    }
}
