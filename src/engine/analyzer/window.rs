//! Window functions and frames.

use super::aggregate::Finish;
use super::call::constant_integer;
use super::error;
use super::expr::{Exprs, case_when};
use super::scope::Typed;
use crate::engine::frame::{self, Edge, Unit};
use crate::engine::functions::{self, Registry, catalog};
use crate::engine::sql_error::{Code, Position, SqlError, SqlResult};
use crate::engine::syntax::ast::{Bound, Call, Expr as Ast, Frame, FrameUnit, Over, Window};
use crate::engine::types::coercion::common_type;
use crate::engine::types::{RowField, Type};
use arrow::datatypes::DataType;
use datafusion::common::{Column, ScalarValue};
use datafusion::functions_window as native;
use datafusion::logical_expr::expr::{NullTreatment, Sort, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, WindowUDF,
};
use std::sync::Arc;

/// A window function that the query computes, and the column that stands for it.
#[derive(Debug, Clone)]
pub(super) struct WindowCall {
    pub(super) column: Column,
    pub(super) expr: Expr,
}

/// Partition, order and frame, analyzed.
struct Specification {
    partition: Vec<Expr>,
    order: Vec<Sort>,
    frame: Framed,
}

/// A frame that DataFusion has, or one of ours with its arguments.
enum Framed {
    Native(WindowFrame),
    Own(frame::Frame, Vec<Expr>),
}

impl<'a> Exprs<'a> {
    /// Analyzes a call with OVER.
    pub(super) fn window_call(
        &self,
        name: &str,
        call: &Call,
        over: &Over,
        at: Position,
    ) -> SqlResult<Typed> {
        if self.inside == Some("window") {
            return error(
                Code::NestedWindow,
                at,
                "Cannot nest window functions inside window function arguments",
            );
        }
        if self.inside == Some("aggregation") {
            let message =
                format!("Cannot nest window functions inside aggregation arguments: [{name}]");
            return error(Code::NestedWindow, at, message);
        }
        let Some(windows) = &self.collect.windows else {
            let clause = self.collect.clause;
            let message = format!(
                "{clause} cannot contain aggregations, window functions or grouping operations: [{name}]"
            );
            return error(Code::ExpressionNotScalar, at, message);
        };
        if !catalog::is_window(name) && !catalog::is_aggregate(name) {
            if !Registry::get().scalar(name).is_empty() {
                return error(
                    Code::FunctionNotWindow,
                    at,
                    format!("Not a window function: {name}"),
                );
            }
            let near = super::super::error::nearest(name, catalog::names());
            let message = format!("Function '{name}' not registered{near}");
            return error(Code::FunctionNotFound, at, message);
        }
        if call.distinct && !catalog::is_aggregate(name) {
            let message =
                format!("DISTINCT in window function parameters not yet supported: {name}");
            return error(Code::NotSupported, at, message);
        }
        // Aggregates may stand in a window's arguments, other windows may not.
        let inner = Self { inside: Some("window"), ..*self };
        let specification = inner.specification(name, call, over)?;
        let collects = matches!(specification.frame, Framed::Own(..));
        let mut made = inner.window_function(name, call, collects, at)?;
        let sorted = inner.with_order(&mut made, call)?;
        let (function, arguments, window_frame, filter) = match (made.function, specification.frame)
        {
            (Function::Native(function), Framed::Native(frame)) => {
                (function, made.arguments, frame, made.filter)
            }
            (Function::Collect(item), framed) => {
                let (frame, more) = match framed {
                    Framed::Own(frame, more) => (frame, more),
                    Framed::Native(_) => return Err(SqlError::internal("a frame of another kind")),
                };
                let mut arguments = made.arguments;
                arguments.push(made.filter.unwrap_or_else(|| Typed::boolean(true).expr));
                arguments.extend(more);
                let function = WindowFunctionDefinition::WindowUDF(frame::collect(item, frame));
                (function, arguments, WindowFrame::new(None), None)
            }
            (Function::Native(_), Framed::Own(..)) => {
                let message = format!("{name} over such a frame is not supported yet");
                return error(Code::NotSupported, at, message);
            }
        };
        let ignore = made.ignore_nulls || (call.ignore_nulls == Some(true) && !collects);
        let expr = Expr::WindowFunction(Box::new(WindowFunction {
            fun: function,
            params: WindowFunctionParams {
                args: arguments,
                partition_by: specification.partition,
                order_by: specification.order,
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
                let column = self.analyzer.column(name, &made.kind);
                windows.borrow_mut().push(WindowCall { column: column.clone(), expr });
                column
            }
        };
        let mut value = Typed::new(Expr::Column(column), made.kind);
        if let Some(flags) = sorted
            && let Type::Array(item) = &value.kind
            && let Type::Row(fields) = &**item
        {
            let kind = Type::array(fields[0].kind.clone());
            let flags = Typed::varchar(flags);
            value = self.analyzer.function(
                "$sorted",
                functions::sorted,
                vec![value, flags],
                kind,
                true,
            );
        }
        if call.distinct && collects {
            value = inner.scalar("array_distinct", vec![value], at)?;
        }
        if let Some((place, default)) = made.element {
            // The value at a place of the frame, if the frame has it.
            let found = inner.scalar("element_at", vec![value.clone(), place], at)?;
            let Some(default) = default else { return Ok(found) };
            let none = Expr::IsNull(Box::new(value.expr));
            let expr = case_when(vec![(none, default.expr)], Some(found.expr));
            return Ok(Typed::new(expr, found.kind));
        }
        self.finish(value, made.finish)
    }

    /// The function of a call: DataFusion's, or what is made of the rows of the frame.
    fn window_function(
        &self,
        name: &str,
        call: &Call,
        collects: bool,
        at: Position,
    ) -> SqlResult<Made> {
        let arguments = |least: usize, most: usize| {
            if (least..=most).contains(&call.arguments.len()) {
                return Ok(());
            }
            let message = format!(
                "Unexpected parameters for function {name}: {} given",
                call.arguments.len()
            );
            error(Code::FunctionNotFound, at, message)
        };
        if catalog::is_window(name) && call.filter.is_some() {
            return error(
                Code::NotSupported,
                at,
                "FILTER is not supported for window functions that are no aggregation",
            );
        }
        let unsigned = |function| Made {
            finish: Finish::Lies(DataType::Int64),
            ..Made::native(function, Vec::new(), Type::Bigint)
        };
        match name {
            "row_number" | "rank" | "dense_rank" | "cume_dist" | "percent_rank" => {
                arguments(0, 0)?;
                Ok(match name {
                    "row_number" => unsigned(native::row_number::row_number_udwf()),
                    "rank" => unsigned(native::rank::rank_udwf()),
                    "dense_rank" => unsigned(native::rank::dense_rank_udwf()),
                    "percent_rank" => {
                        Made::native(native::rank::percent_rank_udwf(), Vec::new(), Type::Double)
                    }
                    _ => {
                        Made::native(native::cume_dist::cume_dist_udwf(), Vec::new(), Type::Double)
                    }
                })
            }
            "ntile" => {
                arguments(1, 1)?;
                let buckets = self.count(name, &call.arguments[0], at)?;
                match constant_integer(&buckets) {
                    Some(count) if count > 0 => {
                        let made = unsigned(native::ntile::ntile_udwf());
                        Ok(Made { arguments: vec![Typed::bigint(count).expr], ..made })
                    }
                    Some(_) => {
                        error(Code::InvalidFunctionArgument, at, "Buckets must be greater than 0")
                    }
                    None => error(
                        Code::NotSupported,
                        at,
                        "ntile of a number that is not constant is not supported yet",
                    ),
                }
            }
            "first_value" | "last_value" | "nth_value" => {
                let nth = name == "nth_value";
                arguments(1 + usize::from(nth), 1 + usize::from(nth))?;
                let value = self.analyzer.canonical(self.expr(&call.arguments[0])?);
                let mut place = Typed::bigint(if name == "last_value" { -1 } else { 1 });
                if nth {
                    place = self.count(name, &call.arguments[1], at)?;
                    if constant_integer(&place).is_some_and(|place| place < 1) {
                        return error(
                            Code::InvalidFunctionArgument,
                            at,
                            "Offset must be at least 1",
                        );
                    }
                }
                if collects {
                    return Ok(self.element(value, place, None, call));
                }
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
                Ok(Made::native(function, values, kind))
            }
            "lag" | "lead" => {
                arguments(1, 3)?;
                let mut value = self.analyzer.canonical(self.expr(&call.arguments[0])?);
                if let (Type::Unknown, Some(default)) = (&value.kind, call.arguments.get(2)) {
                    let kind = self.expr(default)?.kind;
                    value = self.analyzer.coerce(value, &kind, at)?;
                }
                let kind = value.kind.clone();
                let default = call.arguments.get(2).map(|default| -> SqlResult<Typed> {
                    let default = self.expr(default)?;
                    Ok(self.analyzer.canonical(self.analyzer.coerce(default, &kind, at)?))
                });
                let default = default.transpose()?;
                if collects {
                    return Ok(self.element(value, Typed::bigint(1), default, call));
                }
                let mut values = vec![value.expr];
                if let Some(offset) = call.arguments.get(1) {
                    match constant_integer(&self.count(name, offset, at)?) {
                        Some(offset) if offset >= 0 => values.push(Typed::bigint(offset).expr),
                        _ => {
                            return error(
                                Code::InvalidFunctionArgument,
                                at,
                                "Offset must be at least 0",
                            );
                        }
                    }
                }
                values.extend(default.map(|default| default.expr));
                let function = match name {
                    "lag" => native::lead_lag::lag_udwf(),
                    _ => native::lead_lag::lead_udwf(),
                };
                Ok(Made::native(function, values, kind))
            }
            _ => {
                let reduced = if collects {
                    self.reduce_collected(name, call, at)?
                } else {
                    self.reduce(name, call, at)?
                };
                let function = match &reduced.kind {
                    Type::Array(item) if reduced.collects => Function::Collect((**item).clone()),
                    _ => Function::Native(WindowFunctionDefinition::AggregateUDF(reduced.function)),
                };
                Ok(Made {
                    function,
                    arguments: reduced.arguments,
                    kind: reduced.kind,
                    finish: reduced.finish,
                    filter: reduced.filter,
                    ignore_nulls: reduced.ignore_nulls,
                    element: None,
                })
            }
        }
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
    fn with_order(&self, made: &mut Made, call: &Call) -> SqlResult<Option<String>> {
        if call.order.is_empty() {
            return Ok(None);
        }
        let Function::Collect(item) = &made.function else { return Ok(None) };
        let Some(value) = made.arguments.pop() else { return Ok(None) };
        let mut values = vec![Typed::new(value, item.clone())];
        let mut flags = String::new();
        for item in &call.order {
            values.push(self.analyzer.canonical(self.expr(&item.expr)?));
            flags.push(if item.descending { 'd' } else { 'a' });
            flags.push(if item.nulls_first == Some(true) { 'f' } else { 'l' });
        }
        let fields = values.iter().map(|value| RowField::anonymous(value.kind.clone())).collect();
        let row = self.make_row(values, fields);
        made.function = Function::Collect(row.kind.clone());
        made.kind = Type::array(row.kind);
        made.arguments.push(row.expr);
        Ok(Some(flags))
    }

    /// The value at a place of the frame; with IGNORE NULLS only values count.
    fn element(&self, value: Typed, place: Typed, default: Option<Typed>, call: &Call) -> Made {
        let filter = (call.ignore_nulls == Some(true))
            .then(|| Expr::IsNotNull(Box::new(value.expr.clone())));
        Made {
            function: Function::Collect(value.kind.clone()),
            kind: Type::array(value.kind.clone()),
            arguments: vec![value.expr],
            finish: Finish::As,
            filter,
            ignore_nulls: false,
            element: Some((place, default)),
        }
    }

    /// Puts a window together from what it is based on.
    fn window(&self, over: &Over) -> SqlResult<Window> {
        let (name, own) = match over {
            Over::Named(name) => (name, None),
            Over::Window(window) => match &window.base {
                Some(base) => (base, Some(window)),
                None => return Ok(window.clone()),
            },
        };
        let found = self.windows.iter().find(|(known, _)| known.is(&name.value));
        let Some((_, base)) = found else {
            let message = format!("Cannot resolve WINDOW name {}", name.value);
            return error(Code::InvalidWindowReference, name.at, message);
        };
        let mut window = self.window(&Over::Window(base.clone()))?;
        if let Some(own) = own {
            let bad = |what: &str| error(Code::InvalidWindowReference, own.at, what.to_owned());
            if !own.partition.is_empty() {
                return bad(
                    "WINDOW specification with named WINDOW reference cannot specify PARTITION BY",
                );
            }
            if !own.order.is_empty() {
                if !window.order.is_empty() {
                    return bad(
                        "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY",
                    );
                }
                window.order = own.order.clone();
            }
            if window.frame.is_some() {
                return bad("Cannot reference named WINDOW containing frame specification");
            }
            window.frame = own.frame.clone();
        }
        Ok(window)
    }

    fn specification(&self, name: &str, call: &Call, over: &Over) -> SqlResult<Specification> {
        let window = self.window(over)?;
        let inner = Self { inside: Some("window"), ..*self };
        let partition = window
            .partition
            .iter()
            .map(|ast| {
                let typed = inner.expr(ast)?;
                if !typed.kind.is_comparable() {
                    let message = format!("{} is not comparable, and therefore cannot be used in window function PARTITION BY", typed.kind);
                    return error(Code::TypeMismatch, ast.at, message);
                }
                Ok(inner.analyzer.group_key(typed))
            })
            .collect::<SqlResult<Vec<_>>>()?;
        let order =
            window.order.iter().map(|item| inner.sort(item)).collect::<SqlResult<Vec<_>>>()?;
        if let Some(frame) = &window.frame {
            check_frame(frame)?;
            if frame.unit == FrameUnit::Groups && order.is_empty() {
                return error(
                    Code::MissingOrderBy,
                    window.at,
                    "Window frame of type GROUPS requires ORDER BY",
                );
            }
        }
        let shifts = matches!(name, "lag" | "lead");
        if shifts && order.is_empty() {
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
        let frame = self.framed(name, call, &window, &order)?;
        Ok(Specification { partition, order, frame })
    }

    /// Chooses DataFusion's frame, or ours for what that cannot do.
    fn framed(
        &self,
        name: &str,
        call: &Call,
        window: &Window,
        order: &[Sort],
    ) -> SqlResult<Framed> {
        let inner = Self { inside: Some("window"), ..*self };
        let whole = || WindowFrame::new(if order.is_empty() { None } else { Some(false) });
        if matches!(name, "lag" | "lead") {
            // Those by an offset or with a default that differ are frames of one row.
            let constant = |at: usize| match call.arguments.get(at) {
                Some(ast) => Ok::<_, SqlError>(inner.expr(ast)?.constant().is_some()),
                None => Ok(true),
            };
            if constant(1)? && constant(2)? {
                return Ok(Framed::Native(whole()));
            }
            let offset = match call.arguments.get(1) {
                Some(ast) => self.analyzer.coerce(inner.expr(ast)?, &Type::Bigint, ast.at)?,
                None => Typed::bigint(1),
            };
            let edge = if name == "lag" { Edge::Preceding } else { Edge::Following };
            let frame = frame::Frame {
                unit: Unit::Rows,
                start: edge,
                end: edge,
                peers: None,
                key: None,
                descending: false,
            };
            return Ok(Framed::Own(frame, vec![offset.expr.clone(), offset.expr]));
        }
        if catalog::is_window(name) && !matches!(name, "first_value" | "last_value" | "nth_value") {
            return Ok(Framed::Native(whole()));
        }
        let place_differs = match (name, call.arguments.get(1)) {
            ("nth_value", Some(place)) => inner.expr(place)?.constant().is_none(),
            _ => false,
        };
        let collects = place_differs || (!catalog::is_window(name) && self.collects(name, call)?);
        let Some(ast) = &window.frame else {
            if collects {
                let end = if order.is_empty() { Edge::Partition } else { Edge::Current };
                return inner.own_frame(
                    Unit::Range,
                    (Edge::Partition, None),
                    (end, None),
                    window,
                    order,
                );
            }
            return Ok(Framed::Native(whole()));
        };
        let end = ast.end.clone().unwrap_or(Bound::CurrentRow);
        let offset = |bound: &Bound| match bound {
            Bound::Preceding(offset) | Bound::Following(offset) => {
                inner.expr(offset).map(|o| Some((o, offset.at)))
            }
            _ => Ok(None),
        };
        let (start_offset, end_offset) = (offset(&ast.start)?, offset(&end)?);
        let slides = !matches!(ast.start, Bound::UnboundedPreceding);
        let collects = collects || (slides && !catalog::is_window(name) && !can_slide(name, call));
        if !collects
            && ast.unit == FrameUnit::Rows
            && let Some(frame) =
                native_rows(&ast.start, &end, start_offset.as_ref(), end_offset.as_ref())
        {
            return Ok(Framed::Native(frame));
        }
        if !collects && start_offset.is_none() && end_offset.is_none() && !order.is_empty() {
            let units = match ast.unit {
                FrameUnit::Rows => WindowFrameUnits::Rows,
                FrameUnit::Range => WindowFrameUnits::Range,
                FrameUnit::Groups => WindowFrameUnits::Groups,
            };
            if let (Some(start), Some(end)) =
                (native_edge(&ast.start, units), native_edge(&end, units))
            {
                return Ok(Framed::Native(WindowFrame::new_bounds(units, start, end)));
            }
        }
        let unit = match ast.unit {
            FrameUnit::Rows => Unit::Rows,
            FrameUnit::Groups => Unit::Groups,
            FrameUnit::Range => Unit::Range,
        };
        inner.own_frame(
            unit,
            (edge(&ast.start), start_offset),
            (edge(&end), end_offset),
            window,
            order,
        )
    }

    /// Whether an aggregate is made from collected rows.
    fn collects(&self, name: &str, call: &Call) -> SqlResult<bool> {
        Ok(name == "array_agg"
            || self.reduce(name, call, Position { line: 1, column: 1 })?.collects)
    }

    fn own_frame(
        &self,
        unit: Unit,
        (start, start_offset): (Edge, Option<(Typed, Position)>),
        (end, end_offset): (Edge, Option<(Typed, Position)>),
        window: &Window,
        order: &[Sort],
    ) -> SqlResult<Framed> {
        let mut frame =
            frame::Frame { unit, start, end, peers: None, key: None, descending: false };
        let mut arguments = Vec::new();
        if unit != Unit::Rows && !order.is_empty() {
            let keys: Vec<_> = window
                .order
                .iter()
                .map(|item| Ok(self.analyzer.canonical(self.expr(&item.expr)?)))
                .collect::<SqlResult<_>>()?;
            let fields = keys.iter().map(|key| RowField::anonymous(key.kind.clone())).collect();
            let row = self.make_row(keys, fields);
            frame.peers = Some(row.kind);
            arguments.push(row.expr);
        }
        let mut offsets: Vec<_> = [start_offset, end_offset].into_iter().collect();
        if unit != Unit::Range {
            for (offset, at) in offsets.into_iter().flatten() {
                if !offset.kind.is_integer() && !matches!(offset.kind, Type::Decimal(_, 0)) {
                    let message = format!(
                        "Window frame offset value type must be an exact numeric type with scale 0 (actual: {})",
                        offset.kind
                    );
                    return error(Code::TypeMismatch, at, message);
                }
                arguments.push(self.analyzer.cast(offset, &Type::Bigint, false, at)?.expr);
            }
            return Ok(Framed::Own(frame, arguments));
        }
        if offsets.iter().all(Option::is_none) {
            return Ok(Framed::Own(frame, arguments));
        }
        let at = window.frame.as_ref().map_or(window.at, |frame| frame.at);
        if window.order.is_empty() {
            let message = "Window frame of type RANGE PRECEDING or FOLLOWING requires ORDER BY";
            return error(Code::MissingOrderBy, window.at, message);
        }
        let [item] = window.order.as_slice() else {
            return error(
                Code::InvalidWindowFrame,
                at,
                "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY",
            );
        };
        frame.descending = item.descending;
        let key = self.expr(&item.expr)?;
        // The key and what it is compared with are of one type.
        let mut kind = key.kind.clone();
        let mut edges = Vec::new();
        for (offset, preceding) in
            offsets.iter_mut().zip([start, end].map(|e| e == Edge::Preceding))
        {
            let Some((offset, at)) = offset.take() else { continue };
            let back = preceding != item.descending;
            let name = if back { "$subtract" } else { "$add" };
            let numbers = key.kind.is_numeric() && offset.kind.is_numeric();
            let timely = matches!(offset.kind, Type::IntervalDay | Type::IntervalYear);
            if !numbers && !timely {
                let message = format!(
                    "Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: {})",
                    key.kind
                );
                return error(Code::TypeMismatch, at, message);
            }
            let value = self.scalar(name, vec![key.clone(), offset], at)?;
            kind = common_type(&kind, &value.kind).ok_or_else(|| {
                SqlError::mismatch("Window frame offset does not fit the sort key").at(at)
            })?;
            edges.push(value);
        }
        arguments.push(self.analyzer.canonical(self.analyzer.coerce(key, &kind, at)?).expr);
        for value in edges {
            arguments.push(self.analyzer.canonical(self.analyzer.coerce(value, &kind, at)?).expr);
        }
        frame.key = Some(kind);
        Ok(Framed::Own(frame, arguments))
    }
}

/// What a window function is made of.
struct Made {
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
    Native(WindowFunctionDefinition),
    /// The values of the frame, of this type.
    Collect(Type),
}

impl Made {
    fn native(function: Arc<WindowUDF>, arguments: Vec<Expr>, kind: Type) -> Self {
        Self {
            function: Function::Native(WindowFunctionDefinition::WindowUDF(function)),
            arguments,
            kind,
            finish: Finish::As,
            filter: None,
            ignore_nulls: false,
            element: None,
        }
    }
}

fn check_frame(frame: &Frame) -> SqlResult<()> {
    let bad = |message: &str| error(Code::InvalidWindowFrame, frame.at, message.to_owned());
    let end = frame.end.as_ref().unwrap_or(&Bound::CurrentRow);
    match (&frame.start, end) {
        (Bound::UnboundedFollowing, _) => bad("Window frame start cannot be UNBOUNDED FOLLOWING"),
        (_, Bound::UnboundedPreceding) => bad("Window frame end cannot be UNBOUNDED PRECEDING"),
        (Bound::CurrentRow, Bound::Preceding(_)) => {
            bad("Window frame starting from CURRENT ROW cannot end with PRECEDING")
        }
        (Bound::Following(_), Bound::Preceding(_)) => {
            bad("Window frame starting from FOLLOWING cannot end with PRECEDING")
        }
        (Bound::Following(_), Bound::CurrentRow) => {
            bad("Window frame starting from FOLLOWING cannot end with CURRENT ROW")
        }
        _ => Ok(()),
    }
}

fn edge(bound: &Bound) -> Edge {
    match bound {
        Bound::UnboundedPreceding | Bound::UnboundedFollowing => Edge::Partition,
        Bound::CurrentRow => Edge::Current,
        Bound::Preceding(_) => Edge::Preceding,
        Bound::Following(_) => Edge::Following,
    }
}

/// An edge without an offset, for DataFusion.
fn native_edge(bound: &Bound, units: WindowFrameUnits) -> Option<WindowFrameBound> {
    let null = match units {
        WindowFrameUnits::Range => ScalarValue::Null,
        _ => ScalarValue::UInt64(None),
    };
    match bound {
        Bound::UnboundedPreceding => Some(WindowFrameBound::Preceding(null)),
        Bound::UnboundedFollowing => Some(WindowFrameBound::Following(null)),
        Bound::CurrentRow => Some(WindowFrameBound::CurrentRow),
        Bound::Preceding(_) | Bound::Following(_) => None,
    }
}

/// A frame of rows whose offsets are constant and in order, for DataFusion.
fn native_rows(
    start: &Bound,
    end: &Bound,
    start_offset: Option<&(Typed, Position)>,
    end_offset: Option<&(Typed, Position)>,
) -> Option<WindowFrame> {
    let side = |bound: &Bound, offset: Option<&(Typed, Position)>| {
        let Some((offset, _)) = offset else { return native_edge(bound, WindowFrameUnits::Rows) };
        let rows = u64::try_from(constant_integer(offset)?).ok()?;
        let rows = ScalarValue::UInt64(Some(rows));
        Some(match bound {
            Bound::Preceding(_) => WindowFrameBound::Preceding(rows),
            _ => WindowFrameBound::Following(rows),
        })
    };
    let (from, to) = (side(start, start_offset)?, side(end, end_offset)?);
    let count = |offset: Option<&(Typed, Position)>| offset.and_then(|(o, _)| constant_integer(o));
    let reversed = match (start, end) {
        (Bound::Preceding(_), Bound::Preceding(_)) => count(start_offset) < count(end_offset),
        (Bound::Following(_), Bound::Following(_)) => count(start_offset) > count(end_offset),
        _ => false,
    };
    (!reversed).then(|| WindowFrame::new_bounds(WindowFrameUnits::Rows, from, to))
}

/// A window as DataFusion can plan it: without keys that are the same for every row, and with peers
/// of a type that it knows no ranges of as groups.
pub(super) fn settled(window: WindowCall, plan: &LogicalPlan) -> SqlResult<WindowCall> {
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
