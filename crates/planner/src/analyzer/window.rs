//! Window functions.

use super::aggregate::{Finish, Reduced, SortKey};
use super::call::constant_integer;
use super::error;
use super::expr::{Exprs, Inside, case_when};
use super::over::AnalyzedWindow;
use super::scope::Typed;
use crate::physical::window_frame::{self, Edge, Unit};
use arrow::datatypes::DataType;
use datafusion::common::{Column, ScalarValue};
use datafusion::functions_window as native;
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, WindowUDF,
};
use std::sync::Arc;
use traillake_functions::{SORTED, catalog, registry};
use traillake_sql_parser::ast::{Call, Expr as Ast, FrameUnit, Over};
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult, nearest};
use traillake_sql_types::{RowField, Type};

/// A window function that the query computes, and the column that stands for it.
#[derive(Debug, Clone)]
pub(crate) struct WindowCall {
    pub(crate) column: Column,
    pub(crate) expr: Expr,
}

/// What a window function is made of.
struct PlannedWindow {
    function: Function,
    arguments: Vec<Expr>,
    kind: Type,
    finish: Finish,
    filter: Option<Expr>,
    ignore_nulls: bool,
    /// The place in the frame whose value is wanted, and what stands for one that is not there.
    element: Option<(Typed, Option<Typed>)>,
}

enum Function {
    Native(WindowFunctionDefinition, WindowFrame),
    /// The values of this type in a frame of ours, and the frame's arguments.
    Collect(Type, window_frame::Frame, Vec<Expr>),
}

impl PlannedWindow {
    fn native(
        function: Arc<WindowUDF>,
        frame: WindowFrame,
        arguments: Vec<Expr>,
        kind: Type,
    ) -> Self {
        let function = WindowFunctionDefinition::WindowUDF(function);
        Self {
            function: Function::Native(function, frame),
            arguments,
            kind,
            finish: Finish::As,
            filter: None,
            ignore_nulls: false,
            element: None,
        }
    }

    fn aggregate(function: Function, reduced: Reduced) -> Self {
        Self {
            function,
            arguments: reduced.arguments,
            kind: reduced.kind,
            finish: reduced.finish,
            filter: reduced.filter,
            ignore_nulls: reduced.ignore_nulls,
            element: None,
        }
    }

    /// The value at a place of the frame; with IGNORE NULLS only values count.
    fn element(
        value: Typed,
        (frame, arguments): (window_frame::Frame, Vec<Expr>),
        element: (Typed, Option<Typed>),
        call: &Call,
    ) -> Self {
        let filter = (call.ignore_nulls == Some(true))
            .then(|| Expr::IsNotNull(Box::new(value.expr.clone())));
        Self {
            function: Function::Collect(value.kind.clone(), frame, arguments),
            kind: Type::array(value.kind),
            arguments: vec![value.expr],
            finish: Finish::As,
            filter,
            ignore_nulls: false,
            element: Some(element),
        }
    }

    fn collects(&self) -> bool {
        matches!(self.function, Function::Collect(..))
    }
}

impl<'a> Exprs<'a> {
    /// Analyzes a call with OVER.
    pub(crate) fn window_call(
        &self,
        name: &str,
        call: &Call,
        over: &Over,
        at: Position,
    ) -> SqlResult<Typed> {
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
            && let Type::Array(item) = &value.kind
            && let Type::Row(fields) = &**item
        {
            let kind = Type::array(fields[0].kind.clone());
            let flags = Typed::varchar(flags);
            value = self.analyzer.function(&SORTED, vec![value, flags], kind);
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
            return Ok(Typed::new(expr, found.kind));
        }
        self.finish(value, finish)
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
        if self.collect.windows.is_none() {
            let clause = self.collect.clause;
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
    ) -> SqlResult<Typed> {
        let Some(windows) = &self.collect.windows else {
            return Err(SqlError::internal("a window where none may stand"));
        };
        let collects = planned.collects();
        let ignore = planned.ignore_nulls || (call.ignore_nulls == Some(true) && !collects);
        let mut args = planned.arguments;
        let (fun, window_frame, filter) = match planned.function {
            Function::Native(function, frame) => (function, frame, planned.filter),
            Function::Collect(item, frame, more) => {
                args.push(planned.filter.unwrap_or_else(|| Typed::boolean(true).expr));
                args.extend(more);
                let function =
                    WindowFunctionDefinition::WindowUDF(window_frame::collect(item, frame));
                (function, WindowFrame::new(None), None)
            }
        };
        let expr = Expr::WindowFunction(Box::new(WindowFunction {
            fun,
            params: WindowFunctionParams {
                args,
                partition_by: window.partition,
                order_by: window.order.iter().map(SortKey::sort).collect(),
                window_frame,
                filter: filter.map(Box::new),
                null_treatment: ignore.then_some(NullTreatment::IgnoreNulls),
                distinct: call.distinct && !collects,
            },
        }));
        let known = windows.borrow().iter().find(|known| known.expr == expr).cloned();
        let column = match known {
            Some(known) => known.column,
            None => {
                let column = self.analyzer.column(name, &planned.kind);
                windows.borrow_mut().push(WindowCall { column: column.clone(), expr });
                column
            }
        };
        Ok(Typed::new(Expr::Column(column), planned.kind))
    }

    /// The function of a call: DataFusion's, or what is made of the rows of the frame.
    fn window_function(
        &self,
        name: &str,
        call: &Call,
        window: &AnalyzedWindow,
        at: Position,
    ) -> SqlResult<PlannedWindow> {
        match name {
            "row_number" | "rank" | "dense_rank" | "cume_dist" | "percent_rank" => {
                check_count(name, call, 0, 0, at)?;
                Ok(match name {
                    "row_number" => counting(native::row_number::row_number_udwf(), window),
                    "rank" => counting(native::rank::rank_udwf(), window),
                    "dense_rank" => counting(native::rank::dense_rank_udwf(), window),
                    "percent_rank" => share(native::rank::percent_rank_udwf(), window),
                    _ => share(native::cume_dist::cume_dist_udwf(), window),
                })
            }
            "ntile" => self.ntile(call, window, at),
            "first_value" | "last_value" | "nth_value" => {
                self.value_at_place(name, call, window, at)
            }
            "lag" | "lead" => self.shifted_value(name, call, window, at),
            _ => self.aggregate_over(name, call, window, at),
        }
    }

    fn ntile(
        &self,
        call: &Call,
        window: &AnalyzedWindow,
        at: Position,
    ) -> SqlResult<PlannedWindow> {
        check_count("ntile", call, 1, 1, at)?;
        let buckets = self.count("ntile", &call.arguments[0], at)?;
        match constant_integer(&buckets) {
            Some(count) if count > 0 => {
                let planned = counting(native::ntile::ntile_udwf(), window);
                Ok(PlannedWindow { arguments: vec![Typed::bigint(count).expr], ..planned })
            }
            Some(_) => error(Code::InvalidFunctionArgument, at, "Buckets must be greater than 0"),
            None => error(
                Code::NotSupported,
                at,
                "ntile of a number that is not constant is not supported yet",
            ),
        }
    }

    /// `first_value`, `last_value` and `nth_value`.
    fn value_at_place(
        &self,
        name: &str,
        call: &Call,
        window: &AnalyzedWindow,
        at: Position,
    ) -> SqlResult<PlannedWindow> {
        let nth = name == "nth_value";
        check_count(name, call, 1 + usize::from(nth), 1 + usize::from(nth), at)?;
        let value = self.analyzer.canonical(self.expr(&call.arguments[0])?);
        let place = match name {
            "first_value" => Typed::bigint(1),
            "last_value" => Typed::bigint(-1),
            _ => self.count(name, &call.arguments[1], at)?,
        };
        if nth && constant_integer(&place).is_some_and(|place| place < 1) {
            return error(Code::InvalidFunctionArgument, at, "Offset must be at least 1");
        }
        let frame = if place.constant().is_some() { window.native_frame(true) } else { None };
        let Some(frame) = frame else {
            let frame = self.own_frame(window)?;
            return Ok(PlannedWindow::element(value, frame, (place, None), call));
        };
        let kind = value.kind.clone();
        let mut values = vec![value.expr];
        let function = match name {
            "first_value" => native::nth_value::first_value_udwf(),
            "last_value" => native::nth_value::last_value_udwf(),
            _ => {
                values.push(place.expr);
                native::nth_value::nth_value_udwf()
            }
        };
        Ok(PlannedWindow::native(function, frame, values, kind))
    }

    /// `lag` and `lead`. Those by an offset or with a default that differ from row to row are frames of
    /// one row.
    fn shifted_value(
        &self,
        name: &str,
        call: &Call,
        window: &AnalyzedWindow,
        at: Position,
    ) -> SqlResult<PlannedWindow> {
        check_count(name, call, 1, 3, at)?;
        let mut value = self.analyzer.canonical(self.expr(&call.arguments[0])?);
        let offset = call.arguments.get(1).map(|ast| self.count(name, ast, at)).transpose()?;
        let default = call.arguments.get(2).map(|ast| self.expr(ast)).transpose()?;
        if let (Type::Unknown, Some(default)) = (&value.kind, &default) {
            value = self.analyzer.coerce(value, &default.kind, at)?;
        }
        let kind = value.kind.clone();
        let constant = [&offset, &default].into_iter().flatten().all(|v| v.constant().is_some());
        let coerced =
            default.map(|default| self.analyzer.coerce(default, &kind, at)).transpose()?;
        let default = coerced.map(|default| self.analyzer.canonical(default));
        if !constant {
            let offset = offset.unwrap_or_else(|| Typed::bigint(1)).expr;
            let frame = (shifted_row(name), vec![offset.clone(), offset]);
            let element = (Typed::bigint(1), default);
            return Ok(PlannedWindow::element(value, frame, element, call));
        }
        let mut values = vec![value.expr];
        if let Some(offset) = offset {
            match constant_integer(&offset) {
                Some(offset) if offset >= 0 => values.push(Typed::bigint(offset).expr),
                _ => {
                    let message = "Offset must be at least 0";
                    return error(Code::InvalidFunctionArgument, at, message);
                }
            }
        }
        values.extend(default.map(|default| default.expr));
        let function = match name {
            "lag" => native::lead_lag::lag_udwf(),
            _ => native::lead_lag::lead_udwf(),
        };
        Ok(PlannedWindow::native(function, window.whole(), values, kind))
    }

    /// An aggregate over the rows of a frame: DataFusion's, if it has both, or one of collected rows.
    fn aggregate_over(
        &self,
        name: &str,
        call: &Call,
        window: &AnalyzedWindow,
        at: Position,
    ) -> SqlResult<PlannedWindow> {
        let operands = self.operands(name, call, at)?;
        let native = match name {
            // DataFusion's does not take the frames that ours does.
            "array_agg" => None,
            _ => self.native(name, &self.keyed(name, call, operands.clone()), at)?,
        };
        let native = native.zip(window.native_frame(can_slide(name, call)));
        if let Some((reduced, frame)) = native {
            let function = WindowFunctionDefinition::AggregateUDF(Arc::clone(&reduced.function));
            return Ok(PlannedWindow::aggregate(Function::Native(function, frame), reduced));
        }
        let (frame, arguments) = self.own_frame(window)?;
        let reduced = self.collected(name, operands, at)?;
        let Type::Array(item) = &reduced.kind else {
            return Err(SqlError::internal("rows that are collected into no array"));
        };
        let function = Function::Collect((**item).clone(), frame, arguments);
        Ok(PlannedWindow::aggregate(function, reduced))
    }

    /// An argument that counts: an integer.
    fn count(&self, name: &str, ast: &Ast, at: Position) -> SqlResult<Typed> {
        let value = self.expr(ast)?;
        let kind = value.kind.clone();
        self.analyzer.coerce(value, &Type::Bigint, at).map_err(|_| {
            let message = format!("Unexpected parameters ({kind}) for function {name}");
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
        let mut values = vec![Typed::new(value, item.clone())];
        let mut flags = String::new();
        for key in order {
            values.push(self.analyzer.canonical(key.typed));
            flags.push(if key.descending { 'd' } else { 'a' });
            flags.push(if key.nulls_first { 'f' } else { 'l' });
        }
        let fields = values.iter().map(|value| RowField::anonymous(value.kind.clone())).collect();
        let row = self.make_row(values, fields);
        *item = row.kind.clone();
        planned.kind = Type::array(row.kind);
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

fn check_count(name: &str, call: &Call, least: usize, most: usize, at: Position) -> SqlResult<()> {
    let given = call.arguments.len();
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let message = format!("Unexpected parameters for function {name}: {given} given");
    error(Code::FunctionNotFound, at, message)
}

/// A function that counts rows: DataFusion's counts without sign.
fn counting(function: Arc<WindowUDF>, window: &AnalyzedWindow) -> PlannedWindow {
    let planned = PlannedWindow::native(function, window.whole(), Vec::new(), Type::Bigint);
    PlannedWindow { finish: Finish::Lies(DataType::Int64), ..planned }
}

/// A function that gives a share of the rows.
fn share(function: Arc<WindowUDF>, window: &AnalyzedWindow) -> PlannedWindow {
    PlannedWindow::native(function, window.whole(), Vec::new(), Type::Double)
}

/// The frame of the one row that `lag` or `lead` gives the value of.
fn shifted_row(name: &str) -> window_frame::Frame {
    let edge = if name == "lag" { Edge::Preceding } else { Edge::Following };
    window_frame::Frame {
        unit: Unit::Rows,
        start: edge,
        end: edge,
        peers: None,
        key: None,
        descending: false,
    }
}

/// A window as DataFusion can plan it: without keys that are the same for every row, and with peers
/// of a type that it knows no ranges of as groups.
pub(crate) fn settled(window: WindowCall, plan: &LogicalPlan) -> SqlResult<WindowCall> {
    let Expr::WindowFunction(mut function) = window.expr else { return Ok(window) };
    let varies =
        |expr: &Expr| !expr.column_refs().is_empty() || expr.is_volatile() || expr.contains_outer();
    let params = &mut function.params;
    if function.fun.name() == "nth_value" && !matches!(params.args.get(1), Some(Expr::Literal(..)))
    {
        let message = "nth_value with a grouping key as its place is not supported yet";
        return Err(SqlError::unsupported(message));
    }
    params.partition_by.retain(varies);
    params.order_by.retain(|sort| varies(&sort.expr));
    let frame = &mut params.window_frame;
    // Only a frame of rows has offsets there.
    match (frame.units, params.order_by.first()) {
        (WindowFrameUnits::Rows, _) => {}
        (_, None) => *frame = WindowFrame::new(None),
        (WindowFrameUnits::Groups, _) => {}
        (WindowFrameUnits::Range, Some(first)) => {
            if !has_ranges(&first.expr.get_type(plan.schema())?) {
                let edge = |bound: &WindowFrameBound| match bound {
                    WindowFrameBound::Preceding(_) => {
                        WindowFrameBound::Preceding(ScalarValue::UInt64(None))
                    }
                    WindowFrameBound::CurrentRow => WindowFrameBound::CurrentRow,
                    WindowFrameBound::Following(_) => {
                        WindowFrameBound::Following(ScalarValue::UInt64(None))
                    }
                };
                let (start, end) = (edge(&frame.start_bound), edge(&frame.end_bound));
                *frame = WindowFrame::new_bounds(WindowFrameUnits::Groups, start, end);
            }
        }
    }
    Ok(WindowCall { column: window.column, expr: Expr::WindowFunction(function) })
}

/// Whether DataFusion's aggregate lets go of rows that a frame leaves behind.
fn can_slide(name: &str, call: &Call) -> bool {
    matches!(name, "avg" | "count" | "count_if" | "max" | "min" | "sum") && !call.distinct
}

/// Whether DataFusion plans RANGE over a key of this type.
fn has_ranges(key: &DataType) -> bool {
    key.is_numeric()
        || key.is_string()
        || matches!(key, DataType::Boolean | DataType::Date32 | DataType::Timestamp(..))
}
