//! Aggregates that are functions of the collected rows of a group.

use crate::analyzer::aggregate::{Finalizer, Operands, PlannedAggregate, plain};
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::operator::signature;
use crate::analyzer::expression::overload::{Argument, BoundArgument, ChosenOverload};
use crate::analyzer::logical::and;
use crate::analyzer::typed::TypedExpr;
use crate::physical::CallArgument;
use datafusion::functions_aggregate as native;
use datafusion::logical_expr::Expr;
use traillake_functions::registry;
use traillake_sql_types::error::{Position, SqlResult};
use traillake_sql_types::{RowField, Type};

impl<'a> ExpressionAnalyzer<'a> {
    /// The aggregate in the form that collects rows, even one that DataFusion has.
    pub(crate) fn collected(
        &self,
        name: &str,
        operands: Operands<'_>,
        at: Position,
    ) -> SqlResult<PlannedAggregate> {
        let Operands { mut arguments, mut filter, overflow } = operands;
        if let Some(overflow) = overflow {
            let filler = overflow.filler.clone();
            arguments.push(Argument::Value(TypedExpr::varchar(
                filler.unwrap_or_else(|| "...".to_owned()),
            )));
            arguments.push(Argument::Value(TypedExpr::boolean(overflow.count)));
        }
        let aggregates = registry().aggregates(name);
        let signatures: Vec<_> = aggregates.iter().map(|aggregate| aggregate.signature).collect();
        let ChosenOverload { place, bound, arguments } =
            self.choose(name, &signatures, &|_| true, arguments, at)?;
        let aggregate = &aggregates[place];
        debug_assert!(signature(aggregate.signature).is_ok());
        let result = match aggregate.result_of {
            Some(rule) => rule(&bound.types).map_err(|error| error.at(at))?,
            None => bound.result,
        };
        let mut values = Vec::new();
        let mut fields = Vec::new();
        let mut lambdas = Vec::new();
        for (place, (argument, data_type)) in arguments.into_iter().zip(&bound.types).enumerate() {
            match argument {
                BoundArgument::Value(typed) => {
                    let typed =
                        self.analyzer.canonical(self.analyzer.coerce(typed, data_type, at)?);
                    if place == 0 && !aggregate.takes_null {
                        let given = Expr::IsNotNull(Box::new(typed.expr.clone()));
                        filter = Some(match filter {
                            Some(filter) => and(filter, given),
                            None => given,
                        });
                    }
                    fields.push(RowField::anonymous(data_type.clone()));
                    values.push(typed);
                    lambdas.push(None);
                }
                BoundArgument::Lambda(body, captures) => {
                    lambdas.push(Some(CallArgument::Lambda(body, captures)));
                }
            }
        }
        let row = self.make_row(values, fields);
        let data_type = Type::array(row.data_type.clone());
        let types = bound.types;
        let finish = Finalizer::Call { aggregate, types, result, lambdas };
        let function = native::array_agg::array_agg_udaf();
        Ok(PlannedAggregate {
            finish,
            collects: true,
            ..plain(function, vec![row.expr], filter, data_type)
        })
    }
}
