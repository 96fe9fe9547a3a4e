//! Aggregate functions.
//!
//! The common ones are DataFusion's, where these mean what Trino's do. All others collect the rows of
//! a group into an array, from which one of our functions makes the result.

use super::call::{Argument, BoundArgument, Chosen};
use super::error;
use super::expr::{Exprs, Inside, case_when, signature};
use super::query::needs_key;
use super::scope::{Names, Typed};
use crate::physical::{CallArgument, call};
use arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::functions_aggregate as native;
use datafusion::logical_expr::expr::{AggregateFunction, NullTreatment, Sort};
use datafusion::logical_expr::{AggregateUDF, Cast, Expr};
use std::sync::Arc;
use traillake_functions::{Function, SUM_TO_BIGINT, registry};
use traillake_sql_parser::ast::{Call, Overflow, SortItem};
use traillake_sql_types::error::{Code, Position, SqlResult};
use traillake_sql_types::{RowField, Type};

/// An aggregate that the query computes, and the column that stands for it.
#[derive(Debug, Clone)]
pub(crate) struct AggregateCall {
    pub(crate) column: Column,
    pub(crate) expr: Expr,
}

/// What an aggregate is called with, analyzed.
#[derive(Clone)]
pub(crate) struct Operands<'a> {
    arguments: Vec<Argument<'a>>,
    filter: Option<Expr>,
    overflow: Option<&'a Overflow>,
}

impl Operands<'_> {
    /// Whether a value is one of the arguments.
    fn contains(&self, expr: &Expr) -> bool {
        let is_it = |argument: &Argument<'_>| match argument {
            Argument::Value(typed) => typed.expr == *expr,
            Argument::Lambda(_) => false,
        };
        self.arguments.iter().any(is_it)
    }
}

/// A key of an order, analyzed.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    pub(crate) typed: Typed,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

impl SortKey {
    pub(crate) fn sort(&self) -> Sort {
        Sort::new(self.typed.expr.clone(), !self.descending, self.nulls_first)
    }
}

/// An aggregate in the form that GROUP BY and OVER share: DataFusion's function over arguments, and
/// what makes Trino's result of it.
pub(crate) struct Reduced {
    pub(crate) function: Arc<AggregateUDF>,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) filter: Option<Expr>,
    pub(crate) ignore_nulls: bool,
    /// Type of the function's value.
    pub(crate) kind: Type,
    pub(crate) finish: Finish,
    /// Whether the arguments are one row that is to be collected.
    pub(crate) collects: bool,
}

/// What becomes of an aggregate's value.
#[derive(Default)]
pub(crate) enum Finish {
    #[default]
    As,
    /// A sum of integers, 128 bits wide, that must be a bigint.
    Sum,
    /// DataFusion's result lies otherwise.
    Lies(DataType),
    Call {
        aggregate: &'static Function,
        types: Vec<Type>,
        result: Type,
        lambdas: Vec<Option<CallArgument>>,
    },
}

impl<'a> Exprs<'a> {
    /// Inside an aggregate's arguments no other is allowed, and names are those of the columns: ORDER
    /// BY, too, aggregates what the select list is made of.
    fn inside_aggregation(&self) -> Self {
        Self { inside: Inside::Aggregate, names: Names { aliases: &[], ..self.names }, ..*self }
    }

    /// Analyzes an aggregation of the group.
    pub(crate) fn aggregate_call(&self, name: &str, call: &Call, at: Position) -> SqlResult<Typed> {
        if self.inside == Inside::Aggregate {
            let message = format!("Cannot nest aggregations inside aggregation '{name}'");
            return error(Code::NestedAggregation, at, message);
        }
        let Some(aggregates) = &self.collect.aggregates else {
            let clause = self.collect.clause;
            let message = format!(
                "{clause} cannot contain aggregations, window functions or grouping operations: [{name}]"
            );
            return error(Code::ExpressionNotScalar, at, message);
        };
        let inner = self.inside_aggregation();
        let operands = inner.operands(name, call, at)?;
        let order: Vec<_> = inner.sort_keys(&call.order)?.iter().map(SortKey::sort).collect();
        let ordered_by_arguments = order.iter().all(|sort| operands.contains(&sort.expr));
        let operands = inner.keyed(name, call, operands);
        let reduced = match inner.native(name, &operands, at)? {
            Some(reduced) => reduced,
            None => inner.collected(name, operands, at)?,
        };
        let arguments = reduced.arguments;
        if call.distinct && !order.is_empty() && (reduced.collects || name == "array_agg") {
            // The order must be one of what is distinct.
            if !ordered_by_arguments {
                return error(
                    Code::ExpressionNotInDistinct,
                    at,
                    "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments",
                );
            }
        }
        let order = if name == "array_agg" || reduced.collects { order } else { Vec::new() };
        let (mut distinct, mut order) = (call.distinct, order);
        // DataFusion 55.2 cannot sort rows without columns; values that are the same have no order.
        let is_same = |expr: &Expr| expr.column_refs().is_empty();
        if order.iter().all(|sort| is_same(&sort.expr)) && arguments.iter().all(is_same) {
            order.clear();
        }
        let mut sort_after = None;
        if distinct && !order.is_empty() {
            // DataFusion orders distinct values only by themselves: sort what was collected.
            sort_after = Some(std::mem::take(&mut order));
        }
        let collects = reduced.collects || name == "array_agg";
        if distinct && collects && needs_key(&reduced.kind) {
            // DataFusion compares how values lie; the first of those that are not distinct stays.
            sort_after.get_or_insert_default();
        }
        if matches!(
            name,
            "min" | "max" | "bool_and" | "bool_or" | "every" | "arbitrary" | "any_value"
        ) {
            distinct = false;
        }
        let filter = reduced.filter.map(Box::new);
        let nulls = reduced.ignore_nulls.then_some(NullTreatment::IgnoreNulls);
        if let Some(sorts) = &sort_after {
            // Sorted input stays in order when doubles are left out.
            order = sorts.clone();
            distinct = false;
        }
        let expr = Expr::AggregateFunction(AggregateFunction::new_udf(
            reduced.function,
            arguments,
            distinct,
            filter,
            order,
            nulls,
        ));
        let known = aggregates.borrow().iter().find(|known| known.expr == expr).cloned();
        let column = match known {
            Some(known) => known.column,
            None => {
                let column = self.analyzer.column(name, &reduced.kind);
                aggregates.borrow_mut().push(AggregateCall { column: column.clone(), expr });
                column
            }
        };
        let mut value = Typed::new(Expr::Column(column), reduced.kind);
        if sort_after.is_some() {
            value = self.scalar("array_distinct", vec![value], at)?;
        }
        self.finish(value, reduced.finish)
    }

    /// An aggregate of values, for what the analyzer itself computes.
    pub(crate) fn aggregate_values(
        &self,
        name: &str,
        arguments: Vec<Argument<'_>>,
        at: Position,
    ) -> SqlResult<Typed> {
        let operands = Operands { arguments, filter: None, overflow: None };
        let reduced = match self.native(name, &operands, at)? {
            Some(reduced) => reduced,
            None => self.collected(name, operands, at)?,
        };
        let column = self.analyzer.column(name, &reduced.kind);
        let filter = reduced.filter.map(Box::new);
        let expr = Expr::AggregateFunction(AggregateFunction::new_udf(
            reduced.function,
            reduced.arguments,
            false,
            filter,
            Vec::new(),
            None,
        ));
        if let Some(aggregates) = &self.collect.aggregates {
            let call = AggregateCall { column: column.clone(), expr };
            aggregates.borrow_mut().push(call);
        }
        self.finish(Typed::new(Expr::Column(column), reduced.kind), reduced.finish)
    }

    /// Makes the result from an aggregate's value.
    pub(crate) fn finish(&self, value: Typed, finish: Finish) -> SqlResult<Typed> {
        match finish {
            Finish::As => Ok(value),
            Finish::Sum => Ok(self.analyzer.function(&SUM_TO_BIGINT, vec![value], Type::Bigint)),
            Finish::Lies(data_type) => {
                let expr = Expr::Cast(Cast::new(Box::new(value.expr), data_type));
                Ok(Typed::new(expr, value.kind))
            }
            Finish::Call { aggregate, types, result, lambdas } => {
                // The group first; lambdas at their arguments' places; what is in the group's rows
                // is not given again.
                let mut planned = vec![CallArgument::Value(value.expr)];
                for lambda in lambdas.into_iter().skip(1) {
                    let none = || CallArgument::Value(Typed::boolean(false).expr);
                    planned.push(lambda.unwrap_or_else(none));
                }
                let mut kinds = vec![value.kind];
                kinds.extend(types.into_iter().skip(1));
                let now = self.analyzer.now;
                let expr = call(aggregate, now, kinds, result.clone(), planned);
                Ok(Typed::new(expr, result))
            }
        }
    }

    /// Analyzes an ORDER BY inside a function or a window.
    pub(crate) fn sort_keys(&self, items: &[SortItem]) -> SqlResult<Vec<SortKey>> {
        items.iter().map(|item| self.sort_key(item)).collect()
    }

    fn sort_key(&self, item: &SortItem) -> SqlResult<SortKey> {
        let typed = self.expr(&item.expr)?;
        if !typed.kind.is_orderable() {
            let message = format!(
                "Type {} is not orderable, and therefore cannot be used in ORDER BY",
                typed.kind
            );
            return error(Code::TypeMismatch, item.expr.at, message);
        }
        let nulls_first = item.nulls_first.unwrap_or(false);
        Ok(SortKey { typed, descending: item.descending, nulls_first })
    }

    /// Analyzes what an aggregate is called with.
    pub(crate) fn operands<'b>(
        &self,
        name: &str,
        call: &'b Call,
        at: Position,
    ) -> SqlResult<Operands<'b>> {
        let filter = call.filter.as_ref();
        let filter = filter.map(|filter| self.condition(filter, "FILTER clause")).transpose()?;
        if call.star && name != "count" {
            let message = format!("Unexpected parameters (*) for function {name}");
            return error(Code::FunctionNotFound, at, message);
        }
        let arguments = if call.star || (name == "count" && call.arguments.is_empty()) {
            vec![Argument::Value(Typed::bigint(1))]
        } else {
            self.arguments(&call.arguments)?
        };
        Ok(Operands { arguments, filter, overflow: call.overflow.as_ref() })
    }

    /// Makes the arguments of an aggregate over distinct values such that DataFusion, which compares how
    /// values lie, takes those for the same that are not distinct.
    pub(crate) fn keyed<'b>(
        &self,
        name: &str,
        call: &Call,
        mut operands: Operands<'b>,
    ) -> Operands<'b> {
        if call.distinct && matches!(name, "count" | "sum" | "avg") {
            for argument in &mut operands.arguments {
                if let Argument::Value(value) = argument {
                    value.expr = self.analyzer.group_key(value.clone());
                }
            }
        }
        operands
    }

    /// The aggregate in DataFusion's form, if DataFusion computes it as Trino does.
    pub(crate) fn native(
        &self,
        name: &str,
        operands: &Operands<'_>,
        at: Position,
    ) -> SqlResult<Option<Reduced>> {
        let [Argument::Value(value)] = operands.arguments.as_slice() else { return Ok(None) };
        let filter = operands.filter.clone();
        let value = value.clone();
        let kind = value.kind.clone();
        // Compared and hashed as Trino does.
        let simple = !kind.any(&|kind| {
            matches!(
                kind,
                Type::Real
                    | Type::Double
                    | Type::TimestampTz(_)
                    | Type::Map(..)
                    | Type::Char(_)
                    | Type::Unknown
            )
        });
        let nested = matches!(kind, Type::Array(_) | Type::Row(_) | Type::Map(..));
        let reduced = match name {
            "count" => plain(native::count::count_udaf(), vec![value.expr], filter, Type::Bigint),
            "count_if" if matches!(kind, Type::Boolean | Type::Unknown) => {
                let condition = self.analyzer.coerce(value, &Type::Boolean, at)?.expr;
                let one = case_when(vec![(condition, Typed::bigint(1).expr)], None);
                plain(native::count::count_udaf(), vec![one], filter, Type::Bigint)
            }
            "bool_and" | "bool_or" | "every" if matches!(kind, Type::Boolean | Type::Unknown) => {
                let condition = self.analyzer.coerce(value, &Type::Boolean, at)?.expr;
                let function = match name {
                    "bool_or" => native::bool_and_or::bool_or_udaf(),
                    _ => native::bool_and_or::bool_and_udaf(),
                };
                plain(function, vec![condition], filter, Type::Boolean)
            }
            "min" | "max" if simple && !nested && kind.is_orderable() => {
                let function = match name {
                    "min" => native::min_max::min_udaf(),
                    _ => native::min_max::max_udaf(),
                };
                // What comes out lies as what went in.
                let value = if kind.is_varchar() { self.analyzer.canonical(value) } else { value };
                plain(function, vec![value.expr], filter, kind)
            }
            "sum" if kind.is_integer() => {
                // Summed with 128 bits: an overflow is an error, not another number.
                let wide = Type::Decimal(38, 0);
                let data_type = traillake_sql_types::arrow::arrow_type(&wide);
                let value = Expr::Cast(Cast::new(Box::new(value.expr), data_type));
                let finish = Finish::Sum;
                let sum = plain(native::sum::sum_udaf(), vec![value], filter, wide);
                Reduced { finish, ..sum }
            }
            "sum" if kind == Type::Double => {
                plain(native::sum::sum_udaf(), vec![value.expr], filter, kind)
            }
            "avg" if kind.is_integer() || kind == Type::Double => {
                let value = self.analyzer.coerce(value, &Type::Double, at)?;
                plain(native::average::avg_udaf(), vec![value.expr], filter, Type::Double)
            }
            "array_agg" => {
                let value = self.analyzer.canonical(value);
                let function = native::array_agg::array_agg_udaf();
                plain(function, vec![value.expr], filter, Type::array(kind))
            }
            "any_value" | "arbitrary" if !nested && kind != Type::Unknown => {
                let value = self.analyzer.canonical(value);
                let function = native::first_last::first_value_udaf();
                Reduced { ignore_nulls: true, ..plain(function, vec![value.expr], filter, kind) }
            }
            "approx_distinct"
                if simple
                    && !nested
                    && !matches!(
                        kind,
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
                let finish = Finish::Lies(DataType::Int64);
                let reduced = plain(function, vec![value.expr], filter, Type::Bigint);
                Reduced { finish, ..reduced }
            }
            _ => return Ok(None),
        };
        Ok(Some(reduced))
    }

    /// The aggregate in the form that collects rows, even one that DataFusion has.
    pub(crate) fn collected(
        &self,
        name: &str,
        operands: Operands<'_>,
        at: Position,
    ) -> SqlResult<Reduced> {
        let Operands { mut arguments, mut filter, overflow } = operands;
        if let Some(overflow) = overflow {
            let filler = overflow.filler.clone();
            arguments
                .push(Argument::Value(Typed::varchar(filler.unwrap_or_else(|| "...".to_owned()))));
            arguments.push(Argument::Value(Typed::boolean(overflow.count)));
        }
        let aggregates = registry().aggregates(name);
        let signatures: Vec<_> = aggregates.iter().map(|aggregate| aggregate.signature).collect();
        let Chosen { place, bound, arguments } =
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
        for (place, (argument, kind)) in arguments.into_iter().zip(&bound.types).enumerate() {
            match argument {
                BoundArgument::Value(typed) => {
                    let typed = self.analyzer.canonical(self.analyzer.coerce(typed, kind, at)?);
                    if place == 0 && !aggregate.takes_null {
                        let given = Expr::IsNotNull(Box::new(typed.expr.clone()));
                        filter = Some(match filter {
                            Some(filter) => super::expr::and(filter, given),
                            None => given,
                        });
                    }
                    fields.push(RowField::anonymous(kind.clone()));
                    values.push(typed);
                    lambdas.push(None);
                }
                BoundArgument::Lambda(body, captures) => {
                    lambdas.push(Some(CallArgument::Lambda(body, captures)));
                }
            }
        }
        let row = self.make_row(values, fields);
        let kind = Type::array(row.kind.clone());
        let types = bound.types;
        let finish = Finish::Call { aggregate, types, result, lambdas };
        let function = native::array_agg::array_agg_udaf();
        Ok(Reduced { finish, collects: true, ..plain(function, vec![row.expr], filter, kind) })
    }
}

fn plain(
    function: Arc<AggregateUDF>,
    arguments: Vec<Expr>,
    filter: Option<Expr>,
    kind: Type,
) -> Reduced {
    Reduced {
        function,
        arguments,
        filter,
        ignore_nulls: false,
        kind,
        finish: Finish::As,
        collects: false,
    }
}
