//! Window functions.

pub(crate) mod definition;
pub(crate) mod frame;
pub(crate) mod function;
pub(crate) mod plan;

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::logical::case_when;
use crate::analyzer::state::{Inside, WindowCall};
use crate::analyzer::typed::{SortKey, TypedExpr};
use crate::analyzer::window::frame::AnalyzedWindow;
use crate::analyzer::window::function::{Function, PlannedWindow};
use crate::optimizer::only_where;
use crate::physical::{ignoring_nulls, window_frame};
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{Expr, WindowFrame, WindowFunctionDefinition};
use traillake_functions::{SORTED, catalog, registry};
use traillake_sql_parser::ast::{Call, Expr as Ast, FrameUnit, Over};
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult, nearest};
use traillake_sql_types::{RowField, Type};

impl<'a> ExpressionAnalyzer<'a> {
    /// Analyzes a call with OVER.
    pub(crate) fn window_call(
        &self,
        name: &str,
        call: &Call,
        over: &Over,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        self.check_window_call(name, call, at)?;
        // Aggregates may stand in a window's arguments, other windows may not.
        let inner = Self { inside: Inside::Window, ..*self };
        let window = inner.window(over)?;
        check_window(name, call, &window)?;
        let mut planned = inner.window_function(name, call, &window, at)?;
        let sorted = inner.with_order(&mut planned, call)?;
        let collects = planned.collects();
        let (element, finish) = (planned.element.take(), std::mem::take(&mut planned.finish));
        let mut value = self.window_column(name, call, window, planned)?;
        if let Some(flags) = sorted
            && let Type::Array(item) = &value.data_type
            && let Type::Row(fields) = &**item
        {
            let data_type = Type::array(fields[0].data_type.clone());
            let flags = TypedExpr::varchar(flags);
            value = self.analyzer.function(&SORTED, vec![value, flags], data_type);
        }
        if call.distinct && collects {
            value = inner.scalar("array_distinct", vec![value], at)?;
        }
        if let Some((place, default)) = element {
            // The value at a place of the frame, if the frame has it.
            let found = inner.scalar("element_at", vec![value.clone(), place], at)?;
            let Some(default) = default else { return Ok(found) };
            let none = Expr::IsNull(Box::new(value.expr));
            let expr = case_when(vec![(none, default.expr)], Some(found.expr));
            return Ok(TypedExpr::new(expr, found.data_type));
        }
        self.finalize(value, finish)
    }

    /// Refuses windows where none may stand, and functions that have none.
    fn check_window_call(&self, name: &str, call: &Call, at: Position) -> SqlResult<()> {
        let nested = match self.inside {
            Inside::Window => {
                Some("Cannot nest window functions inside window function arguments".to_owned())
            }
            Inside::Aggregate => {
                Some(format!("Cannot nest window functions inside aggregation arguments: [{name}]"))
            }
            Inside::Clause => None,
        };
        if let Some(message) = nested {
            return error(Code::NestedWindow, at, message);
        }
        if self.state.windows.is_none() {
            let clause = self.state.clause;
            let message = format!(
                "{clause} cannot contain aggregations, window functions or grouping operations: [{name}]"
            );
            return error(Code::ExpressionNotScalar, at, message);
        }
        if !catalog::is_window(name) && !catalog::is_aggregate(name) {
            if !registry().scalar(name).is_empty() {
                return error(
                    Code::FunctionNotWindow,
                    at,
                    format!("Not a window function: {name}"),
                );
            }
            let near = nearest(name, catalog::names());
            let message = format!("Function '{name}' not registered{near}");
            return error(Code::FunctionNotFound, at, message);
        }
        if call.distinct && !catalog::is_aggregate(name) {
            let message =
                format!("DISTINCT in window function parameters not yet supported: {name}");
            return error(Code::NotSupported, at, message);
        }
        if catalog::is_window(name) && call.filter.is_some() {
            let message = "FILTER is not supported for window functions that are no aggregation";
            return error(Code::NotSupported, at, message);
        }
        Ok(())
    }

    /// Adds a window function to those that the query computes.
    fn window_column(
        &self,
        name: &str,
        call: &Call,
        window: AnalyzedWindow,
        planned: PlannedWindow,
    ) -> SqlResult<TypedExpr> {
        let Some(windows) = &self.state.windows else {
            return Err(SqlError::internal("a window where none may stand"));
        };
        let collects = planned.collects();
        let mut ignore = planned.ignore_nulls || (call.ignore_nulls == Some(true) && !collects);
        let mut args = planned.arguments;
        let (fun, window_frame) = match planned.function {
            Function::Native(function, frame) => {
                // Physical plans do not tell what a function of theirs filters and ignores.
                let function = match function {
                    WindowFunctionDefinition::WindowUDF(native) if std::mem::take(&mut ignore) => {
                        WindowFunctionDefinition::WindowUDF(ignoring_nulls(native))
                    }
                    other => other,
                };
                if let Some(filter) = planned.filter {
                    args = args.into_iter().map(|arg| only_where(filter.clone(), arg)).collect();
                }
                (function, frame)
            }
            Function::Collect(item, frame, more) => {
                args.push(planned.filter.unwrap_or_else(|| TypedExpr::boolean(true).expr));
                args.extend(more);
                let function =
                    WindowFunctionDefinition::WindowUDF(window_frame::collect(item, frame));
                (function, WindowFrame::new(None))
            }
        };
        let expr = Expr::WindowFunction(Box::new(WindowFunction {
            fun,
            params: WindowFunctionParams {
                args,
                partition_by: window.partition,
                order_by: window.order.iter().map(SortKey::sort).collect(),
                window_frame,
                filter: None,
                null_treatment: ignore.then_some(NullTreatment::IgnoreNulls),
                distinct: call.distinct && !collects,
            },
        }));
        let known = windows.borrow().iter().find(|known| known.expr == expr).cloned();
        let column = match known {
            Some(known) => known.column,
            None => {
                let column = self.analyzer.column(name, &planned.data_type);
                windows.borrow_mut().push(WindowCall { column: column.clone(), expr });
                column
            }
        };
        Ok(TypedExpr::new(Expr::Column(column), planned.data_type))
    }

    /// An argument that counts: an integer.
    pub(crate) fn count(&self, name: &str, ast: &Ast, at: Position) -> SqlResult<TypedExpr> {
        let value = self.expr(ast)?;
        let data_type = value.data_type.clone();
        self.analyzer.coerce(value, &Type::Bigint, at).map_err(|_| {
            let message = format!("Unexpected parameters ({data_type}) for function {name}");
            SqlError::new(Code::FunctionNotFound, message).at(at)
        })
    }

    /// Adds what the rows of the frame are to be sorted by to what is collected of them. Gives the
    /// directions.
    fn with_order(&self, planned: &mut PlannedWindow, call: &Call) -> SqlResult<Option<String>> {
        let order = self.sort_keys(&call.order)?;
        if order.is_empty() {
            return Ok(None);
        }
        let Function::Collect(item, ..) = &mut planned.function else { return Ok(None) };
        let Some(value) = planned.arguments.pop() else { return Ok(None) };
        let mut values = vec![TypedExpr::new(value, item.clone())];
        let mut flags = String::new();
        for key in order {
            values.push(self.analyzer.canonical(key.typed));
            flags.push(if key.descending { 'd' } else { 'a' });
            flags.push(if key.nulls_first { 'f' } else { 'l' });
        }
        let fields =
            values.iter().map(|value| RowField::anonymous(value.data_type.clone())).collect();
        let row = self.make_row(values, fields);
        *item = row.data_type.clone();
        planned.data_type = Type::array(row.data_type);
        planned.arguments.push(row.expr);
        Ok(Some(flags))
    }
}

/// Refuses windows that a function does not take.
fn check_window(name: &str, call: &Call, window: &AnalyzedWindow) -> SqlResult<()> {
    let unordered = window.order.is_empty();
    if unordered && window.frame.as_ref().is_some_and(|frame| frame.unit == FrameUnit::Groups) {
        let message = "Window frame of type GROUPS requires ORDER BY";
        return error(Code::MissingOrderBy, window.at, message);
    }
    let shifts = matches!(name, "lag" | "lead");
    if shifts && unordered {
        let message = format!("{name} function requires an ORDER BY window clause");
        return error(Code::MissingOrderBy, window.at, message);
    }
    let values = shifts || matches!(name, "first_value" | "last_value" | "nth_value");
    if catalog::is_window(name) && !values && call.ignore_nulls.is_some() {
        let message = format!("Cannot specify null treatment clause for {name} function");
        return error(Code::NullTreatmentNotAllowed, window.at, message);
    }
    if let Some(frame) = &window.frame
        && catalog::is_window(name)
        && (shifts || !values)
    {
        let message = format!("Cannot specify window frame for {name} function");
        return error(Code::InvalidWindowFrame, frame.at, message);
    }
    Ok(())
}

pub(crate) fn check_count(
    name: &str,
    call: &Call,
    least: usize,
    most: usize,
    at: Position,
) -> SqlResult<()> {
    let given = call.arguments.len();
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let message = format!("Unexpected parameters for function {name}: {given} given");
    error(Code::FunctionNotFound, at, message)
}
