//! Windows as nodes of a plan.

use crate::analyzer::Analyzer;
use crate::analyzer::logical::projection;
use crate::analyzer::state::WindowCall;
use arrow::datatypes::DataType;
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::expr::{Sort, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowFunctionDefinition, WindowUDF,
};
use std::sync::Arc;
use traillake_sql_types::error::{SqlError, SqlResult};

impl Analyzer<'_> {
    /// Adds windows, those of one partition and order in one node.
    pub(crate) fn windows(
        &self,
        plan: LogicalPlan,
        windows: Vec<WindowCall>,
    ) -> SqlResult<LogicalPlan> {
        let (mut plan, windows) = self.with_volatile_keys(plan, windows)?;
        let settle = |window| normalize_window(window, &plan);
        let mut left = windows.into_iter().map(settle).collect::<SqlResult<Vec<_>>>()?;
        while !left.is_empty() {
            let same = |a: &WindowCall, b: &WindowCall| match (&a.expr, &b.expr) {
                (Expr::WindowFunction(a), Expr::WindowFunction(b)) => {
                    a.params.partition_by == b.params.partition_by
                        && a.params.order_by == b.params.order_by
                }
                _ => false,
            };
            let first = left[0].clone();
            let (now, later) = left.into_iter().partition(|window| same(&first, window));
            left = later;
            let exprs: Vec<_> = now.into_iter().map(|w| w.expr.alias(&w.column.name)).collect();
            plan = LogicalPlanBuilder::new(plan).window(exprs)?.build()?;
        }
        Ok(plan)
    }

    /// Makes columns of the keys that differ each time they are looked at.
    fn with_volatile_keys(
        &self,
        plan: LogicalPlan,
        mut windows: Vec<WindowCall>,
    ) -> SqlResult<(LogicalPlan, Vec<WindowCall>)> {
        let mut made: Vec<(Expr, Column)> = Vec::new();
        for window in &mut windows {
            let Expr::WindowFunction(function) = &mut window.expr else { continue };
            let params = &mut function.params;
            let order = params.order_by.iter_mut().map(|sort| &mut sort.expr);
            for key in params.partition_by.iter_mut().chain(order).filter(|key| key.is_volatile()) {
                let known = made.iter().find(|(expr, _)| expr == key).cloned();
                let (_, column) = match known {
                    Some(known) => known,
                    None => {
                        let column = self.raw_column("key", key.get_type(plan.schema())?);
                        made.push((key.clone(), column.clone()));
                        (key.clone(), column)
                    }
                };
                *key = Expr::Column(column);
            }
        }
        if made.is_empty() {
            return Ok((plan, windows));
        }
        let mut exprs: Vec<_> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        exprs.extend(made.into_iter().map(|(expr, column)| expr.alias(column.name)));
        Ok((projection(plan, exprs)?, windows))
    }
}

/// A window function without arguments over a partition in an order.
pub(crate) fn ranking(function: Arc<WindowUDF>, partition: Vec<Expr>, order: Vec<Sort>) -> Expr {
    Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(function),
        params: WindowFunctionParams {
            args: Vec::new(),
            partition_by: partition,
            window_frame: WindowFrame::new(if order.is_empty() { None } else { Some(false) }),
            order_by: order,
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }))
}

/// A window as DataFusion can plan it: without keys that are the same for every row, and with peers
/// of a type that it knows no ranges of as groups.
fn normalize_window(window: WindowCall, plan: &LogicalPlan) -> SqlResult<WindowCall> {
    let Expr::WindowFunction(mut function) = window.expr else { return Ok(window) };
    let varies =
        |expr: &Expr| !expr.column_refs().is_empty() || expr.is_volatile() || expr.contains_outer();
    let params = &mut function.params;
    if function.fun.name().starts_with("nth_value")
        && !matches!(params.args.get(1), Some(Expr::Literal(..)))
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

/// Whether DataFusion plans RANGE over a key of this type.
fn has_ranges(key: &DataType) -> bool {
    key.is_numeric()
        || key.is_string()
        || matches!(key, DataType::Boolean | DataType::Date32 | DataType::Timestamp(..))
}
