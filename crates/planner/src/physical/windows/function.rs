//! The functions of windows that are computed here, and how they are known.

use super::counting::Counting;
use super::frame::Frame;
use super::ignoring_nulls::IgnoringNulls;
use super::layout::Layout;
use super::running::{Kind, Running};
use super::value::{Value, Which};
use super::whole;
use crate::optimizer::count_distinct;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::window::SlidingAggregateWindowExpr;
use datafusion::physical_plan::windows::{
    PlainAggregateWindowExpr, StandardWindowExpr, WindowExpr, WindowUDFExpr,
};
use std::ops::Range;
use std::sync::Arc;

/// A function of a window. Its evaluators see all rows, batch by batch, then how they are laid out, and give results for
/// ranges of rows of the layout.
#[derive(Debug, Clone)]
pub(super) enum Function {
    Counting(Counting),
    Value(Value),
    Whole(AggregateFunctionExpr),
    Running(Running),
}

/// What computes a function.
pub(super) trait Evaluator: Send {
    /// Takes up rows, of which `ids` has the partition of each; so far there are so many partitions.
    fn add(&mut self, batch: &RecordBatch, ids: &[usize], partitions: usize) -> Result<()>;

    /// Prepares for results, when all rows have come.
    fn finish(&mut self, layout: &Layout) -> Result<()>;

    /// Returns the results of rows.
    fn evaluate(&self, layout: &Layout, rows: Range<usize>) -> Result<ArrayRef>;

    /// Bytes that the batch which came last takes beside the rows themselves.
    fn size_of_last(&self) -> usize {
        0
    }

    /// Bytes that each row will take at the end.
    fn size_of_row(&self) -> usize {
        0
    }

    /// Bytes that do not depend on batches and rows.
    fn size(&self) -> usize {
        0
    }
}

impl Function {
    /// Knows a function, if it can be computed here. Those with FILTER or another treatment of NULL than their own cannot
    /// be told from others; the analyzer makes none.
    pub(super) fn of(expr: &dyn WindowExpr, input: &Schema) -> Result<Option<Self>> {
        let is_ordered = !expr.order_by().is_empty();
        let frame = Frame::of(expr.get_window_frame(), is_ordered);
        if let Some(standard) = expr.as_any().downcast_ref::<StandardWindowExpr>() {
            let function = standard.get_standard_func_expr();
            let Some(function) = function.as_any().downcast_ref::<WindowUDFExpr>() else {
                return Ok(None);
            };
            let inner = function.fun().inner().downcast_ref::<IgnoringNulls>();
            let name = inner.map_or(function.fun().name(), IgnoringNulls::native);
            if let Some(counting) = counting(name, function.args()) {
                return Ok(Some(Self::Counting(counting)));
            }
            let value = value(name, function, expr, frame)?;
            let value = value.map(|value| Value { ignores_nulls: inner.is_some(), ..value });
            return Ok(value.map(Self::Value));
        }
        let any = expr.as_any();
        let plain = any.downcast_ref::<PlainAggregateWindowExpr>();
        let sliding = any.downcast_ref::<SlidingAggregateWindowExpr>();
        let aggregate = plain.map(PlainAggregateWindowExpr::get_aggregate_expr);
        let aggregate = aggregate.or(sliding.map(SlidingAggregateWindowExpr::get_aggregate_expr));
        match (aggregate, frame) {
            (Some(aggregate), Some(frame)) => over(aggregate, frame, is_ordered, input),
            _ => Ok(None),
        }
    }

    pub(super) fn evaluator(&self) -> Result<Box<dyn Evaluator>> {
        match self {
            Self::Counting(counting) => Ok(Box::new(*counting)),
            Self::Value(value) => value.evaluator(),
            Self::Whole(aggregate) => whole::evaluator(aggregate),
            Self::Running(running) => running.evaluator(),
        }
    }
}

fn counting(name: &str, arguments: &[Arc<dyn PhysicalExpr>]) -> Option<Counting> {
    Some(match name {
        "row_number" => Counting::RowNumber,
        "rank" => Counting::Rank,
        "dense_rank" => Counting::DenseRank,
        "percent_rank" => Counting::PercentRank,
        "cume_dist" => Counting::CumeDist,
        "ntile" => {
            let buckets = integer(arguments.first()?)?;
            Counting::Ntile(u64::try_from(buckets).ok().filter(|buckets| *buckets > 0)?)
        }
        _ => return None,
    })
}

fn value(
    name: &str,
    function: &WindowUDFExpr,
    expr: &dyn WindowExpr,
    frame: Option<Frame>,
) -> Result<Option<Value>> {
    // Where it is NULL alone, with the type of the default.
    let Some(argument) = expr.expressions().into_iter().next() else { return Ok(None) };
    let field = expr.field()?;
    let mut other = ScalarValue::try_from(field.data_type())?;
    let which = match (name, frame) {
        ("lag" | "lead", _) => {
            let offset = function.args().get(1).map_or(Some(1), integer);
            let Some(rows) = offset.and_then(|offset| usize::try_from(offset).ok()) else {
                return Ok(None);
            };
            match function.args().get(2).map(literal) {
                None => {}
                Some(None) => return Ok(None),
                Some(Some(default)) if default.is_null() => {}
                Some(Some(default)) => other = default.cast_to(field.data_type())?,
            }
            if name == "lag" { Which::Before(rows) } else { Which::Behind(rows) }
        }
        ("first_value", Some(frame)) => Which::First(frame),
        ("last_value", Some(frame)) => Which::Last(frame),
        ("nth_value", Some(frame)) => {
            let number = function.args().get(1).and_then(integer);
            let number = number.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
            let Some(number) = number else { return Ok(None) };
            Which::Nth(frame, number)
        }
        _ => return Ok(None),
    };
    Ok(Some(Value { argument, which, other, ignores_nulls: false }))
}

/// An aggregate of the rows of a frame.
fn over(
    aggregate: &AggregateFunctionExpr,
    frame: Frame,
    is_ordered: bool,
    input: &Schema,
) -> Result<Option<Function>> {
    let name = aggregate.fun().name();
    let [argument] = &aggregate.expressions()[..] else { return Ok(None) };
    let data_type = argument.data_type(input)?;
    let is_double = data_type == DataType::Float64;
    let known = matches!(name, "count" | "sum" | "avg" | "min" | "max" | "bool_and" | "bool_or");
    // Sums of doubles depend on the order, in which rows do not come.
    let in_any_order = !(is_ordered && is_double && matches!(name, "sum" | "avg"));
    if frame.is_partition() && known && in_any_order {
        if aggregate.groups_accumulator_supported() {
            return Ok(Some(Function::Whole(aggregate.clone())));
        }
        if aggregate.is_distinct() && name == "count" {
            let arguments = vec![Arc::clone(argument)];
            let counting = AggregateExprBuilder::new(count_distinct(), arguments)
                .schema(Arc::new(input.clone()))
                .alias(aggregate.name());
            return Ok(Some(Function::Whole(counting.build()?)));
        }
    }
    if aggregate.is_distinct() {
        return Ok(None);
    }
    let result = aggregate.field().data_type().clone();
    let kind = match (name, &data_type) {
        ("count", _) => Kind::Count,
        ("sum", DataType::Decimal128(..)) => Kind::Sum,
        ("sum", DataType::Float64) => Kind::DoubleSum,
        ("avg", DataType::Float64) => Kind::Average,
        ("min" | "bool_and", _) if data_type == result => Kind::Least,
        ("max" | "bool_or", _) if data_type == result => Kind::Greatest,
        _ => return Ok(None),
    };
    if !frame.starts_with_partition() && !Running::is_difference(kind) {
        return Ok(None);
    }
    let types = [data_type, result];
    Ok(Some(Function::Running(Running { kind, frame, argument: Arc::clone(argument), types })))
}

fn literal(expr: &Arc<dyn PhysicalExpr>) -> Option<ScalarValue> {
    expr.downcast_ref::<Literal>().map(|literal| literal.value().clone())
}

fn integer(expr: &Arc<dyn PhysicalExpr>) -> Option<i64> {
    match literal(expr)? {
        ScalarValue::Int64(value) => value,
        _ => None,
    }
}
