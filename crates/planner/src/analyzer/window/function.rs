//! The functions of windows, as DataFusion's or over collected frames.

use crate::analyzer::aggregate::{Finalizer, PlannedAggregate};
use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::typed::{TypedExpr, constant_integer};
use crate::analyzer::window::check_count;
use crate::analyzer::window::frame::AnalyzedWindow;
use crate::physical::window_frame::{self, Edge, Unit};
use arrow::datatypes::DataType;
use datafusion::functions_window as native;
use datafusion::logical_expr::{Expr, WindowFrame, WindowFunctionDefinition, WindowUDF};
use std::sync::Arc;
use traillake_sql_parser::ast::Call;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// What a window function is made of.
pub(crate) struct PlannedWindow {
    pub(crate) function: Function,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) data_type: Type,
    pub(crate) finish: Finalizer,
    pub(crate) filter: Option<Expr>,
    pub(crate) ignore_nulls: bool,
    /// The place in the frame whose value is wanted, and what stands for one that is not there.
    pub(crate) element: Option<(TypedExpr, Option<TypedExpr>)>,
}

pub(crate) enum Function {
    Native(WindowFunctionDefinition, WindowFrame),
    /// The values of this type in a frame of ours, and the frame's arguments.
    Collect(Type, window_frame::Frame, Vec<Expr>),
}

impl PlannedWindow {
    pub(crate) fn native(
        function: Arc<WindowUDF>,
        frame: WindowFrame,
        arguments: Vec<Expr>,
        data_type: Type,
    ) -> Self {
        let function = WindowFunctionDefinition::WindowUDF(function);
        Self {
            function: Function::Native(function, frame),
            arguments,
            data_type,
            finish: Finalizer::Unchanged,
            filter: None,
            ignore_nulls: false,
            element: None,
        }
    }

    pub(crate) fn aggregate(function: Function, reduced: PlannedAggregate) -> Self {
        Self {
            function,
            arguments: reduced.arguments,
            data_type: reduced.data_type,
            finish: reduced.finish,
            filter: reduced.filter,
            ignore_nulls: reduced.ignore_nulls,
            element: None,
        }
    }

    /// The value at a place of the frame; with IGNORE NULLS only values count.
    pub(crate) fn element(
        value: TypedExpr,
        (frame, arguments): (window_frame::Frame, Vec<Expr>),
        element: (TypedExpr, Option<TypedExpr>),
        call: &Call,
    ) -> Self {
        let filter = (call.ignore_nulls == Some(true))
            .then(|| Expr::IsNotNull(Box::new(value.expr.clone())));
        Self {
            function: Function::Collect(value.data_type.clone(), frame, arguments),
            data_type: Type::array(value.data_type),
            arguments: vec![value.expr],
            finish: Finalizer::Unchanged,
            filter,
            ignore_nulls: false,
            element: Some(element),
        }
    }

    pub(crate) fn collects(&self) -> bool {
        matches!(self.function, Function::Collect(..))
    }
}

impl<'a> ExpressionAnalyzer<'a> {
    /// The function of a call: DataFusion's, or what is made of the rows of the frame.
    pub(crate) fn window_function(
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
                Ok(PlannedWindow { arguments: vec![TypedExpr::bigint(count).expr], ..planned })
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
            "first_value" => TypedExpr::bigint(1),
            "last_value" => TypedExpr::bigint(-1),
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
        let data_type = value.data_type.clone();
        let mut values = vec![value.expr];
        let function = match name {
            "first_value" => native::nth_value::first_value_udwf(),
            "last_value" => native::nth_value::last_value_udwf(),
            _ => {
                values.push(place.expr);
                native::nth_value::nth_value_udwf()
            }
        };
        Ok(PlannedWindow::native(function, frame, values, data_type))
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
        if let (Type::Unknown, Some(default)) = (&value.data_type, &default) {
            value = self.analyzer.coerce(value, &default.data_type, at)?;
        }
        let data_type = value.data_type.clone();
        let constant = [&offset, &default].into_iter().flatten().all(|v| v.constant().is_some());
        let coerced =
            default.map(|default| self.analyzer.coerce(default, &data_type, at)).transpose()?;
        let default = coerced.map(|default| self.analyzer.canonical(default));
        if !constant {
            let offset = offset.unwrap_or_else(|| TypedExpr::bigint(1));
            let offset = self.analyzer.coerce(offset, &window_frame::COUNT, at)?.expr;
            let frame = (shifted_row(name), vec![offset.clone(), offset]);
            let element = (TypedExpr::bigint(1), default);
            return Ok(PlannedWindow::element(value, frame, element, call));
        }
        let mut values = vec![value.expr];
        if let Some(offset) = offset {
            match constant_integer(&offset) {
                Some(offset) if offset >= 0 => values.push(TypedExpr::bigint(offset).expr),
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
        Ok(PlannedWindow::native(function, window.whole(), values, data_type))
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
        let Type::Array(item) = &reduced.data_type else {
            return Err(SqlError::internal("rows that are collected into no array"));
        };
        let function = Function::Collect((**item).clone(), frame, arguments);
        Ok(PlannedWindow::aggregate(function, reduced))
    }
}

/// A function that counts rows: DataFusion's counts without sign.
fn counting(function: Arc<WindowUDF>, window: &AnalyzedWindow) -> PlannedWindow {
    let planned = PlannedWindow::native(function, window.whole(), Vec::new(), Type::Bigint);
    PlannedWindow { finish: Finalizer::Cast(DataType::Int64), ..planned }
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

/// Whether DataFusion's aggregate lets go of rows that a frame leaves behind.
fn can_slide(name: &str, call: &Call) -> bool {
    matches!(name, "avg" | "count" | "count_if" | "max" | "min" | "sum") && !call.distinct
}
