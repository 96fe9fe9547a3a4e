//! Aggregate functions.
//!
//! The common ones are DataFusion's, where these mean what Trino's do. All others collect the rows of
//! a group into an array, from which one of our functions makes the result.

pub(crate) mod collected;
pub(crate) mod native;

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::overload::Argument;
use crate::analyzer::scope::Scope;
use crate::analyzer::state::{AggregateCall, Inside};
use crate::analyzer::typed::{SortKey, TypedExpr};
use crate::physical::{CallArgument, call};
use arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{AggregateFunction, NullTreatment};
use datafusion::logical_expr::{AggregateUDF, Cast, Expr};
use std::sync::Arc;
use traillake_functions::{Function, SUM_TO_BIGINT, has_non_canonical_values};
use traillake_sql_parser::ast::{Call, Expr as Ast, Overflow, SortItem};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlResult};

/// What an aggregate is called with, analyzed.
#[derive(Clone)]
pub(crate) struct Operands<'a> {
    pub(crate) arguments: Vec<Argument<'a>>,
    pub(crate) filter: Option<Expr>,
    pub(crate) overflow: Option<&'a Overflow>,
}

impl Operands<'_> {
    /// Whether a value is one of the arguments.
    pub(crate) fn contains(&self, expr: &Expr) -> bool {
        let is_it = |argument: &Argument<'_>| match argument {
            Argument::Value(typed) => typed.expr == *expr,
            Argument::Lambda(_) => false,
        };
        self.arguments.iter().any(is_it)
    }
}

/// An aggregate in the form that GROUP BY and OVER share: DataFusion's function over arguments, and
/// what makes Trino's result of it.
pub(crate) struct PlannedAggregate {
    pub(crate) function: Arc<AggregateUDF>,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) filter: Option<Expr>,
    pub(crate) ignore_nulls: bool,
    /// Type of the function's value.
    pub(crate) data_type: Type,
    pub(crate) finish: Finalizer,
    /// Whether the arguments are one row that is to be collected.
    pub(crate) collects: bool,
}

/// What becomes of an aggregate's value.
#[derive(Default)]
pub(crate) enum Finalizer {
    #[default]
    Unchanged,
    /// A sum of integers, 128 bits wide, that must be a bigint.
    Sum,
    /// A value of another Arrow type than the result's.
    Cast(DataType),
    Call {
        aggregate: &'static Function,
        types: Vec<Type>,
        result: Type,
        lambdas: Vec<Option<CallArgument>>,
    },
}

impl<'a> ExpressionAnalyzer<'a> {
    /// `GROUPING(column, ...)`
    pub(crate) fn grouping(&self, columns: &[Ast], at: Position) -> SqlResult<TypedExpr> {
        if self.state.aggregates.is_none() || self.inside == Inside::Aggregate {
            let message = format!(
                "{} cannot contain aggregations, window functions or grouping operations: [grouping]",
                self.state.clause
            );
            return error(Code::ExpressionNotScalar, at, message);
        }
        let columns: Vec<_> = columns.iter().map(|c| self.expr(c)).collect::<SqlResult<_>>()?;
        let data_type = if columns.len() <= 31 { Type::Integer } else { Type::Bigint };
        let column = self.analyzer.column("grouping", &data_type);
        self.state.groupings.borrow_mut().push((column.clone(), columns));
        Ok(TypedExpr::new(Expr::Column(column), data_type))
    }

    /// Inside an aggregate's arguments no other is allowed, and names are those of the columns: ORDER
    /// BY, too, aggregates what the select list is made of.
    fn inside_aggregation(&self) -> Self {
        Self { inside: Inside::Aggregate, scope: Scope { aliases: &[], ..self.scope }, ..*self }
    }

    /// Analyzes an aggregation of the group.
    pub(crate) fn aggregate_call(
        &self,
        name: &str,
        call: &Call,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        if self.inside == Inside::Aggregate {
            let message = format!("Cannot nest aggregations inside aggregation '{name}'");
            return error(Code::NestedAggregation, at, message);
        }
        let Some(aggregates) = &self.state.aggregates else {
            let clause = self.state.clause;
            let message = format!(
                "{clause} cannot contain aggregations, window functions or grouping operations: [{name}]"
            );
            return error(Code::ExpressionNotScalar, at, message);
        };
        let inner = self.inside_aggregation();
        let operands = inner.operands(name, call, at)?;
        let order: Vec<_> = inner.sort_keys(&call.order)?.iter().map(SortKey::sort).collect();
        let ordered_by_arguments = order.iter().all(|sort| operands.contains(&sort.expr));
        let reduce = |operands| {
            let operands = inner.keyed(name, call, operands);
            match inner.native(name, &operands, at)? {
                Some(reduced) => Ok(reduced),
                None => inner.collected(name, operands, at),
            }
        };
        let reduced = reduce(operands.clone());
        let reduced = match (&reduced, inner.given_arguments(&call.arguments)?) {
            (Err(error), Some(arguments)) if error.code == Code::FunctionNotFound => {
                reduce(Operands { arguments, ..operands })
            }
            _ => reduced,
        }?;
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
        if distinct && collects && has_non_canonical_values(&reduced.data_type) {
            // DataFusion compares physical values; of those that are not distinct the first one stays.
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
                let column = self.analyzer.column(name, &reduced.data_type);
                aggregates.borrow_mut().push(AggregateCall { column: column.clone(), expr });
                column
            }
        };
        let mut value = TypedExpr::new(Expr::Column(column), reduced.data_type);
        if sort_after.is_some() {
            value = self.scalar("array_distinct", vec![value], at)?;
        }
        self.finalize(value, reduced.finish)
    }

    /// An aggregate of values, for what the analyzer itself computes.
    pub(crate) fn aggregate_values(
        &self,
        name: &str,
        arguments: Vec<Argument<'_>>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let operands = Operands { arguments, filter: None, overflow: None };
        let reduced = match self.native(name, &operands, at)? {
            Some(reduced) => reduced,
            None => self.collected(name, operands, at)?,
        };
        let column = self.analyzer.column(name, &reduced.data_type);
        let filter = reduced.filter.map(Box::new);
        let expr = Expr::AggregateFunction(AggregateFunction::new_udf(
            reduced.function,
            reduced.arguments,
            false,
            filter,
            Vec::new(),
            None,
        ));
        if let Some(aggregates) = &self.state.aggregates {
            let call = AggregateCall { column: column.clone(), expr };
            aggregates.borrow_mut().push(call);
        }
        self.finalize(TypedExpr::new(Expr::Column(column), reduced.data_type), reduced.finish)
    }

    /// Makes the result from an aggregate's value.
    pub(crate) fn finalize(&self, value: TypedExpr, finish: Finalizer) -> SqlResult<TypedExpr> {
        match finish {
            Finalizer::Unchanged => Ok(value),
            Finalizer::Sum => Ok(self.analyzer.function(&SUM_TO_BIGINT, vec![value], Type::Bigint)),
            Finalizer::Cast(physical) => {
                let expr = Expr::Cast(Cast::new(Box::new(value.expr), physical));
                Ok(TypedExpr::new(expr, value.data_type))
            }
            Finalizer::Call { aggregate, types, result, lambdas } => {
                // The group first; lambdas at their arguments' places; what is in the group's rows
                // is not given again.
                let mut planned = vec![CallArgument::Value(value.expr)];
                for lambda in lambdas.into_iter().skip(1) {
                    let none = || CallArgument::Value(TypedExpr::boolean(false).expr);
                    planned.push(lambda.unwrap_or_else(none));
                }
                let mut data_types = vec![value.data_type];
                data_types.extend(types.into_iter().skip(1));
                let now = self.analyzer.now_for(aggregate, &data_types, &result);
                let expr = call(aggregate, now, data_types, result.clone(), planned);
                Ok(TypedExpr::new(expr, result))
            }
        }
    }

    /// Analyzes an ORDER BY inside a function or a window.
    pub(crate) fn sort_keys(&self, items: &[SortItem]) -> SqlResult<Vec<SortKey>> {
        items.iter().map(|item| self.sort_key(item)).collect()
    }

    fn sort_key(&self, item: &SortItem) -> SqlResult<SortKey> {
        let typed = self.expr(&item.expr)?;
        if !typed.data_type.is_orderable() {
            let message = format!(
                "Type {} is not orderable, and therefore cannot be used in ORDER BY",
                typed.data_type
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
            vec![Argument::Value(TypedExpr::bigint(1))]
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
}

pub(crate) fn plain(
    function: Arc<AggregateUDF>,
    arguments: Vec<Expr>,
    filter: Option<Expr>,
    data_type: Type,
) -> PlannedAggregate {
    PlannedAggregate {
        function,
        arguments,
        filter,
        ignore_nulls: false,
        data_type,
        finish: Finalizer::Unchanged,
        collects: false,
    }
}
