//! Two steps: groups of the keys and the distinct value, and then what the functions make of these.

use super::scalar::{only_where, or_zero};
use super::{call, calls};
use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result;
use datafusion::functions_aggregate as native;
use datafusion::logical_expr::expr::{AggregateFunction, NullTreatment};
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, Expr, ExprSchemable, LogicalPlan, Projection,
};
use std::sync::Arc;

/// Makes two steps of an aggregation, if all its distinct values are of one expression, and the other
/// functions can be computed from parts of their groups.
pub(crate) fn two(aggregate: &Aggregate, name: &dyn Fn() -> String) -> Result<Option<LogicalPlan>> {
    let Some(all) = calls(aggregate).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let Some(value) = the_value(&all, aggregate.input.schema())? else { return Ok(None) };
    let mut steps = Steps::of(&all, value, name);
    for expr in &aggregate.aggr_expr {
        let Some(call) = call(expr) else { return Ok(None) };
        if call.params.distinct {
            steps.distinct(call)?;
        } else if !steps.other(call, aggregate.input.schema())? {
            return Ok(None);
        }
    }
    steps.plan(aggregate).map(Some)
}

/// Returns the one expression whose distinct values are asked for.
fn the_value(calls: &[&AggregateFunction], schema: &DFSchema) -> Result<Option<Expr>> {
    let mut value = None;
    for call in calls.iter().filter(|call| call.params.distinct) {
        let Some(this) = value_of(call, schema)? else { return Ok(None) };
        if *value.get_or_insert_with(|| this.clone()) != this {
            return Ok(None);
        }
    }
    // A group for each row would hold the same constant.
    Ok(value.filter(|value| !value.column_refs().is_empty()))
}

/// Returns the expression whose distinct values a call takes; `None` if two steps cannot give them.
pub(crate) fn value_of(call: &AggregateFunction, schema: &DFSchema) -> Result<Option<Expr>> {
    let ([value], []) = (&call.params.args[..], &call.params.order_by[..]) else { return Ok(None) };
    if !matches!(call.func.name(), "count" | "sum" | "avg" | "array_agg") {
        return Ok(None);
    }
    // What is summed is an integer, made wider.
    if let Expr::Cast(cast) = value
        && cast.expr.get_type(schema)?.is_signed_integer()
    {
        return Ok(Some((*cast.expr).clone()));
    }
    Ok(Some(value.clone()))
}

/// What the two steps compute.
struct Steps<'a> {
    name: &'a dyn Fn() -> String,
    value: Expr,
    /// The column that `value` is behind the first step.
    column: Column,
    /// The filter that all distinct calls have, where it can be in the first step's key.
    shared: Option<Expr>,
    first: Vec<Expr>,
    second: Vec<Expr>,
    /// The filters of distinct calls, and the columns that tell whether one of a group's rows passed.
    passed: Vec<(Expr, Column)>,
    /// What the calls' values are behind the second step.
    results: Vec<Expr>,
}

impl<'a> Steps<'a> {
    fn of(calls: &[&AggregateFunction], value: Expr, name: &'a dyn Fn() -> String) -> Self {
        let mut filters =
            calls.iter().filter(|call| call.params.distinct).map(|call| &call.params.filter);
        let first = filters.next().cloned().flatten().map(|filter| *filter);
        let same = filters.all(|filter| filter.as_deref() == first.as_ref());
        let skip_nulls = calls.iter().all(|call| call.func.name() != "array_agg");
        Self {
            name,
            value,
            column: Column::new_unqualified(name()),
            shared: first.filter(|_| same && skip_nulls),
            first: Vec::new(),
            second: Vec::new(),
            passed: Vec::new(),
            results: Vec::new(),
        }
    }

    fn add_first(&mut self, expr: Expr) -> Column {
        let column = Column::new_unqualified((self.name)());
        self.first.push(expr.alias(&column.name));
        column
    }

    fn add_second(&mut self, expr: Expr) -> Expr {
        let column = Column::new_unqualified((self.name)());
        self.second.push(expr.alias(&column.name));
        Expr::Column(column)
    }

    /// A call over distinct values: over all groups of the first step.
    fn distinct(&mut self, call: &AggregateFunction) -> Result<()> {
        let mut call = call.clone();
        call.params.distinct = false;
        call.params.args = call
            .params
            .args
            .into_iter()
            .map(|arg| replaced(arg, &self.value, &self.column))
            .collect::<Result<_>>()?;
        call.params.filter = match call.params.filter {
            Some(filter) if self.shared.is_none() => {
                Some(Box::new(Expr::Column(self.passed_column(*filter))))
            }
            _ => None,
        };
        let result = self.add_second(Expr::AggregateFunction(call));
        self.results.push(result);
        Ok(())
    }

    fn passed_column(&mut self, filter: Expr) -> Column {
        if let Some((_, column)) = self.passed.iter().find(|(known, _)| *known == filter) {
            return column.clone();
        }
        let any = over(native::bool_and_or::bool_or_udaf(), filter.clone());
        let column = self.add_first(any);
        self.passed.push((filter, column.clone()));
        column
    }

    /// A call over all rows; tells whether it can be computed from parts.
    fn other(&mut self, call: &AggregateFunction, schema: &DFSchema) -> Result<bool> {
        if !call.params.order_by.is_empty() {
            return Ok(false);
        }
        let whole = Expr::AggregateFunction(call.clone());
        let function = match call.func.name() {
            "count" => native::sum::sum_udaf(),
            // Sums of doubles depend on the order.
            "sum" if whole.get_type(schema)? == DataType::Decimal128(38, 0) => call.func.clone(),
            "min" | "max" | "bool_and" | "bool_or" => call.func.clone(),
            _ => return Ok(false),
        };
        let part = self.add_first(whole);
        let result = self.add_second(over(function, Expr::Column(part)));
        let counts = call.func.name() == "count";
        self.results.push(if counts { or_zero(result) } else { result });
        Ok(true)
    }

    fn plan(mut self, aggregate: &Aggregate) -> Result<LogicalPlan> {
        // Keys are columns: DataFusion's rule that leaves out keys which follow from others does not
        // look behind the names of aggregates.
        let mut made = Vec::new();
        let mut keys = Vec::new();
        for key in &aggregate.group_expr {
            if let Expr::Column(_) = key {
                keys.push(key.clone());
            } else {
                let column = Column::new_unqualified((self.name)());
                made.push(key.clone().alias(&column.name));
                keys.push(Expr::Column(column));
            }
        }
        let value = match self.shared.take() {
            Some(filter) => only_where(filter, self.value),
            None => self.value,
        };
        made.push(value.alias(&self.column.name));
        let known = aggregate.input.schema().columns().into_iter().map(Expr::Column);
        let input = Projection::try_new(known.chain(made).collect(), aggregate.input.clone())?;
        let input = Arc::new(LogicalPlan::Projection(input));
        let all = keys.iter().cloned().chain([Expr::Column(self.column)]).collect();
        let inner = Aggregate::try_new(input, all, self.first)?;
        let inner = Arc::new(LogicalPlan::Aggregate(inner));
        let outer = Aggregate::try_new(inner, keys.clone(), self.second)?;
        let outer = Arc::new(LogicalPlan::Aggregate(outer));
        let columns = keys.into_iter().chain(self.results).zip(aggregate.schema.iter());
        let named = columns.map(|(expr, (qualifier, field))| match &expr {
            Expr::Column(column) if column.name == *field.name() => expr,
            _ => expr.alias_qualified(qualifier.cloned(), field.name()),
        });
        Ok(LogicalPlan::Projection(Projection::try_new(named.collect(), outer)?))
    }
}

fn over(function: Arc<AggregateUDF>, argument: Expr) -> Expr {
    let nulls: Option<NullTreatment> = None;
    let arguments = vec![argument];
    let call = AggregateFunction::new_udf(function, arguments, false, None, Vec::new(), nulls);
    Expr::AggregateFunction(call)
}

/// Puts a column in the place of an expression.
fn replaced(expr: Expr, what: &Expr, column: &Column) -> Result<Expr> {
    let replaced = expr.transform_down(|node| {
        if node == *what {
            let column = Expr::Column(column.clone());
            return Ok(Transformed::new(column, true, TreeNodeRecursion::Jump));
        }
        Ok(Transformed::no(node))
    });
    Ok(replaced?.data)
}
