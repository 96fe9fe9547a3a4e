//! Aggregates that DataFusion computes as Trino does.

use crate::analyzer::aggregate::{Finalizer, Operands, PlannedAggregate, plain};
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::overload::Argument;
use crate::analyzer::logical::case_when;
use crate::analyzer::typed::TypedExpr;
use arrow::datatypes::DataType;
use datafusion::functions_aggregate as native;
use datafusion::logical_expr::{Cast, Expr};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Position, SqlResult};

impl<'a> ExpressionAnalyzer<'a> {
    /// The aggregate in DataFusion's form, if DataFusion computes it as Trino does.
    pub(crate) fn native(
        &self,
        name: &str,
        operands: &Operands<'_>,
        at: Position,
    ) -> SqlResult<Option<PlannedAggregate>> {
        let [Argument::Value(value)] = operands.arguments.as_slice() else { return Ok(None) };
        let filter = operands.filter.clone();
        let value = value.clone();
        let data_type = value.data_type.clone();
        // Compared and hashed as Trino does.
        let simple = !data_type.any(&|data_type| {
            matches!(
                data_type,
                Type::Real
                    | Type::Double
                    | Type::TimestampTz(_)
                    | Type::Map(..)
                    | Type::Char(_)
                    | Type::Unknown
            )
        });
        let nested = matches!(data_type, Type::Array(_) | Type::Row(_) | Type::Map(..));
        let reduced = match name {
            "count" => plain(native::count::count_udaf(), vec![value.expr], filter, Type::Bigint),
            "count_if" if matches!(data_type, Type::Boolean | Type::Unknown) => {
                let condition = self.analyzer.coerce(value, &Type::Boolean, at)?.expr;
                let one = case_when(vec![(condition, TypedExpr::bigint(1).expr)], None);
                plain(native::count::count_udaf(), vec![one], filter, Type::Bigint)
            }
            "bool_and" | "bool_or" | "every"
                if matches!(data_type, Type::Boolean | Type::Unknown) =>
            {
                let condition = self.analyzer.coerce(value, &Type::Boolean, at)?.expr;
                let function = match name {
                    "bool_or" => native::bool_and_or::bool_or_udaf(),
                    _ => native::bool_and_or::bool_and_udaf(),
                };
                plain(function, vec![condition], filter, Type::Boolean)
            }
            "min" | "max" if simple && !nested && data_type.is_orderable() => {
                let function = match name {
                    "min" => native::min_max::min_udaf(),
                    _ => native::min_max::max_udaf(),
                };
                // The result has the Arrow type of the argument.
                let value =
                    if data_type.is_varchar() { self.analyzer.canonical(value) } else { value };
                plain(function, vec![value.expr], filter, data_type)
            }
            "sum" if data_type.is_integer() => {
                // Summed with 128 bits: an overflow is an error, not another number.
                let wide = Type::Decimal(38, 0);
                let physical = traillake_sql_types::arrow::arrow_type(&wide);
                let value = Expr::Cast(Cast::new(Box::new(value.expr), physical));
                let finish = Finalizer::Sum;
                let sum = plain(native::sum::sum_udaf(), vec![value], filter, wide);
                PlannedAggregate { finish, ..sum }
            }
            "sum" if data_type == Type::Double => {
                plain(native::sum::sum_udaf(), vec![value.expr], filter, data_type)
            }
            "avg" if data_type.is_integer() || data_type == Type::Double => {
                let value = self.analyzer.coerce(value, &Type::Double, at)?;
                plain(native::average::avg_udaf(), vec![value.expr], filter, Type::Double)
            }
            "array_agg" => {
                let value = self.analyzer.canonical(value);
                let function = native::array_agg::array_agg_udaf();
                plain(function, vec![value.expr], filter, Type::array(data_type))
            }
            "any_value" | "arbitrary" if !nested && data_type != Type::Unknown => {
                let value = self.analyzer.canonical(value);
                let function = native::first_last::first_value_udaf();
                PlannedAggregate {
                    ignore_nulls: true,
                    ..plain(function, vec![value.expr], filter, data_type)
                }
            }
            "approx_distinct"
                if simple
                    && !nested
                    && !matches!(
                        data_type,
                        Type::Boolean
                            | Type::Decimal(..)
                            | Type::Timestamp(7..)
                            | Type::Uuid
                            | Type::IpAddress
                    ) =>
            {
                let value = self.analyzer.canonical(value);
                let function = native::approx_distinct::approx_distinct_udaf();
                // DataFusion counts without sign.
                let finish = Finalizer::Cast(DataType::Int64);
                let reduced = plain(function, vec![value.expr], filter, Type::Bigint);
                PlannedAggregate { finish, ..reduced }
            }
            _ => return Ok(None),
        };
        Ok(Some(reduced))
    }
}
