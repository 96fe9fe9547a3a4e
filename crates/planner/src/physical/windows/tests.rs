//! Windows give the same answers as DataFusion's, in memory and beyond it.

use super::*;
use crate::execution::physical_optimizer_rules;
use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringViewArray,
};
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use datafusion::common::ScalarValue;
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::{
    MemoryLimit, MemoryPool, MemoryReservation, UnboundedMemoryPool,
};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::functions_aggregate as aggregates;
use datafusion::functions_window as functions;
use datafusion::logical_expr::expr::{Sort, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, cast, col, lit,
};
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

/// A key, another key, a rank, a text, a number and a flag.
type Row = (Option<u8>, i64, Option<i64>, Option<u8>, Option<i64>, Option<bool>);

fn row() -> impl Strategy<Value = Row> {
    let some = proptest::option::weighted::<std::ops::Range<u8>>;
    let number = proptest::option::weighted(0.8, -3..6_i64);
    let rank = proptest::option::weighted(0.9, 0..5_i64);
    (some(0.8, 0..4), 0..3_i64, rank, some(0.7, 0..8), number, any::<Option<bool>>())
}

/// Rows with a number each, by which all of them differ.
fn batch(rows: &[Row], first: i64) -> RecordBatch {
    let text = |value: Option<u8>| value.map(|value| format!("a text of more than 12: {value}"));
    let double = |row: &Row| row.4.map(|number| number as f64 / 2.0);
    let columns: [(&str, ArrayRef); 8] = [
        ("key", Arc::new(rows.iter().map(|r| text(r.0)).collect::<StringViewArray>())),
        ("other", Arc::new(rows.iter().map(|r| Some(r.1)).collect::<Int64Array>())),
        ("rank", Arc::new(rows.iter().map(|r| r.2).collect::<Int64Array>())),
        ("text", Arc::new(rows.iter().map(|r| text(r.3)).collect::<StringViewArray>())),
        ("number", Arc::new(rows.iter().map(|r| r.4).collect::<Int64Array>())),
        ("double", Arc::new(rows.iter().map(double).collect::<Float64Array>())),
        ("flag", Arc::new(rows.iter().map(|r| r.5).collect::<BooleanArray>())),
        ("id", Arc::new((first..).take(rows.len()).map(Some).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .unwrap()
}

/// Keys of PARTITION BY.
fn keys(number: usize) -> Vec<Expr> {
    match number {
        0 => vec![col("key")],
        1 => vec![col("key"), col("other")],
        2 => vec![col("other") + lit(1_i64)],
        _ => vec![col("text"), col("flag")],
    }
}

/// Sort keys; all but the first few differ from row to row.
fn order(number: usize) -> Vec<Sort> {
    match number {
        0 => vec![],
        1 => vec![col("rank").sort(true, false)],
        2 => vec![col("rank").sort(false, true)],
        3 => vec![col("text").sort(true, false), col("rank").sort(false, false)],
        4 => vec![col("id").sort(true, false)],
        5 => vec![col("id").sort(false, false)],
        6 => vec![col("rank").sort(false, true), col("id").sort(true, false)],
        _ => vec![
            col("double").sort(true, true),
            col("key").sort(true, true),
            col("id").sort(false, true),
        ],
    }
}

const FEWEST_THAT_DIFFER: usize = 4;
const ORDERS: usize = 8;

fn edge(number: usize, offset: u64) -> WindowFrameBound {
    let rows = ScalarValue::UInt64(Some(offset));
    match number {
        0 | 1 => WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
        2 => WindowFrameBound::Preceding(rows),
        3 => WindowFrameBound::CurrentRow,
        4 => WindowFrameBound::Following(rows),
        _ => WindowFrameBound::Following(ScalarValue::UInt64(None)),
    }
}

/// A frame: its unit, and its edges with their offsets.
type SomeFrame = (bool, (usize, u64), (usize, u64));

fn some_frame() -> impl Strategy<Value = SomeFrame> {
    (any::<bool>(), (0..5_usize, 0..4_u64), (2..6_usize, 0..4_u64))
}

fn frame((by_rows, start, end): SomeFrame, is_ordered: bool) -> WindowFrame {
    if by_rows {
        let (start, end) = match start.0 > end.0
            || (start.0 == end.0 && start.0 == 2 && start.1 < end.1)
            || (start.0 == end.0 && start.0 == 4 && start.1 > end.1)
        {
            true => (end, start),
            false => (start, end),
        };
        return WindowFrame::new_bounds(
            WindowFrameUnits::Rows,
            edge(start.0, start.1),
            edge(end.0, end.1),
        );
    }
    if !is_ordered {
        return WindowFrame::new(None);
    }
    let unit = if start.1 % 2 == 0 { WindowFrameUnits::Range } else { WindowFrameUnits::Groups };
    let start = if start.0 < 3 { 0 } else { 3 };
    let end = if end.0 < 5 { 3 } else { 5 };
    WindowFrame::new_bounds(unit, edge(start, 0), edge(end, 0))
}

fn window(
    fun: WindowFunctionDefinition,
    args: Vec<Expr>,
    over: (usize, usize),
    window_frame: WindowFrame,
) -> Expr {
    Expr::WindowFunction(Box::new(WindowFunction {
        fun,
        params: WindowFunctionParams {
            args,
            partition_by: keys(over.0),
            order_by: order(over.1),
            window_frame,
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }))
}

/// A function of its number, and what it is told.
type Call = (usize, SomeFrame, (i64, usize), bool);

fn call() -> impl Strategy<Value = Call> {
    (0..FUNCTIONS, some_frame(), (1..4_i64, 0..4_usize), any::<bool>())
}

const FUNCTIONS: usize = 19;

/// Functions whose results do not depend on how rows are ordered that the order does not tell apart: those below come
/// with an order that tells all apart.
const ANY_ORDER: usize = 12;

fn some_call(
    (number, frame_of, (offset, value), ignores_nulls): Call,
    over: (usize, usize),
) -> Expr {
    let (by, mut order_by) = over;
    if number >= ANY_ORDER && order_by < FEWEST_THAT_DIFFER {
        order_by += FEWEST_THAT_DIFFER;
    }
    let is_ordered = order_by > 0;
    let whole = || WindowFrame::new(is_ordered.then_some(false));
    let framed = || frame(frame_of, is_ordered);
    let is_ambiguous = order_by < FEWEST_THAT_DIFFER && frame_of.0;
    let framed = || if is_ambiguous { whole() } else { framed() };
    let value =
        || [col("text"), col("number"), col("double"), col("number") + lit(1_i64)][value].clone();
    let wide = || cast(col("number"), DataType::Decimal128(38, 0));
    let udaf = WindowFunctionDefinition::AggregateUDF;
    let udwf = WindowFunctionDefinition::WindowUDF;
    let values = |function| udwf(if ignores_nulls { ignoring_nulls(function) } else { function });
    let (fun, args, frame) = match number {
        0 => (udwf(functions::rank::rank_udwf()), vec![], whole()),
        1 => (udwf(functions::rank::dense_rank_udwf()), vec![], whole()),
        2 => (udwf(functions::rank::percent_rank_udwf()), vec![], whole()),
        3 => (udwf(functions::cume_dist::cume_dist_udwf()), vec![], whole()),
        4 => (udaf(aggregates::count::count_udaf()), vec![value()], framed()),
        5 => (udaf(aggregates::count::count_udaf()), vec![lit(1_i64)], framed()),
        6 => (udaf(aggregates::sum::sum_udaf()), vec![wide()], framed()),
        7 => (udaf(aggregates::sum::sum_udaf()), vec![col("double")], framed()),
        8 => (udaf(aggregates::average::avg_udaf()), vec![col("double")], framed()),
        9 => (udaf(aggregates::min_max::min_udaf()), vec![value()], framed()),
        10 => (udaf(aggregates::min_max::max_udaf()), vec![value()], framed()),
        11 => (udaf(aggregates::bool_and_or::bool_or_udaf()), vec![col("flag")], whole()),
        12 => (udwf(functions::row_number::row_number_udwf()), vec![], whole()),
        13 => (udwf(functions::ntile::ntile_udwf()), vec![lit(offset)], whole()),
        14 => (values(functions::lead_lag::lag_udwf()), vec![value(), lit(offset - 1)], whole()),
        15 => {
            let default = lit(ScalarValue::Int64(Some(77)));
            (
                values(functions::lead_lag::lead_udwf()),
                vec![col("number"), lit(offset), default],
                whole(),
            )
        }
        16 => (values(functions::nth_value::first_value_udwf()), vec![value()], framed()),
        17 => (values(functions::nth_value::last_value_udwf()), vec![value()], framed()),
        _ => (values(functions::nth_value::nth_value_udwf()), vec![value(), lit(offset)], framed()),
    };
    window(fun, args, (by, order_by), frame)
}

/// A plan with all calls, those of one order in one node.
fn plan(table: LogicalPlan, calls: &[Call], over: (usize, usize)) -> LogicalPlan {
    let mut left: Vec<Expr> = Vec::new();
    for call in calls.iter().map(|call| some_call(*call, over)) {
        // The optimizer takes functions that are the same for one, and cannot plan the other.
        if !left.contains(&call) {
            left.push(call);
        }
    }
    let order = |expr: &Expr| match expr {
        Expr::WindowFunction(function) => function.params.order_by.clone(),
        _ => vec![],
    };
    let mut plan = LogicalPlanBuilder::from(table);
    let mut number = 0;
    while let Some(first) = left.first().map(order) {
        let (now, later): (Vec<_>, _) = left.into_iter().partition(|expr| order(expr) == first);
        left = later;
        let named = now.into_iter().map(|expr| {
            number += 1;
            expr.alias(format!("call:{number}"))
        });
        plan = plan.window(named.collect::<Vec<_>>()).unwrap();
    }
    plan.build().unwrap()
}

/// Memory of which the operator gets so much, and others what they ask for.
#[derive(Debug)]
struct Little {
    inner: UnboundedMemoryPool,
    limit: usize,
}

impl std::fmt::Display for Little {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("little")
    }
}

impl MemoryPool for Little {
    fn name(&self) -> &str {
        "little"
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.inner.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.inner.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let is_ours = reservation.consumer().name().starts_with("PartitionedWindowExec");
        if is_ours && reservation.size() + additional > self.limit {
            return Err(DataFusionError::ResourcesExhausted("that is all".to_owned()));
        }
        self.inner.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.inner.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.inner.memory_limit()
    }
}

/// A session over a table `t`, whose rows are in several partitions.
fn session(batches: &[Vec<Row>], ours: bool, memory: Option<usize>) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(2).with_batch_size(8);
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(limit) = memory {
        let little = Little { inner: UnboundedMemoryPool::default(), limit };
        runtime = runtime.with_memory_pool(Arc::new(little));
    }
    let mut state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime.build_arc().unwrap())
        .with_default_features();
    if ours {
        state = state.with_physical_optimizer_rules(physical_optimizer_rules());
    }
    let context = SessionContext::new_with_state(state.build());
    let mut first = 0;
    let mut partitions = Vec::new();
    for rows in batches {
        partitions.push(vec![batch(rows, first)]);
        first += rows.len() as i64;
    }
    let table = MemTable::try_new(batch(&[], 0).schema(), partitions).unwrap();
    context.register_table("t", Arc::new(table)).unwrap();
    context
}

/// The rows of an answer as text, in an order of their own, and the plan.
async fn rows(
    context: &SessionContext,
    calls: &[Call],
    over: (usize, usize),
) -> (Vec<String>, String) {
    let table = context.table("t").await.unwrap().into_unoptimized_plan();
    let frame = context.execute_logical_plan(plan(table, calls, over)).await.unwrap();
    let plan = frame.clone().create_physical_plan().await.unwrap();
    let batches = frame.collect().await.unwrap();
    let mut rows: Vec<String> = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let columns = batch.columns().iter();
            let values: Vec<_> =
                columns.map(|column| array_value_to_string(column, row).unwrap()).collect();
            rows.push(values.join(" | "));
        }
    }
    rows.sort();
    (rows, displayable(plan.as_ref()).indent(false).to_string())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn answers_are_those_of_sorted_partitions(
        batches in vec(vec(row(), 0..40), 1..4),
        calls in vec(call(), 1..4),
        over in (0..4_usize, 0..ORDERS),
    ) {
        let (ours, theirs) = block_on(async {
            let ours = rows(&session(&batches, true, None), &calls, over).await.0;
            (ours, rows(&session(&batches, false, None), &calls, over).await.0)
        });
        prop_assert_eq!(ours, theirs);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn answers_are_the_same_where_memory_ends(
        batches in vec(vec(row(), 0..40), 1..4),
        calls in vec(call(), 1..4),
        over in (0..4_usize, 0..ORDERS),
        memory in 0..30_000_usize,
    ) {
        let (much, little) = block_on(async {
            let much = rows(&session(&batches, true, None), &calls, over).await.0;
            (much, rows(&session(&batches, true, Some(memory)), &calls, over).await.0)
        });
        prop_assert_eq!(much, little);
    }
}

/// The operators of a call's plan.
fn shown(call: Call, over: (usize, usize)) -> String {
    block_on(rows(&session(&[vec![]], true, None), &[call], over)).1
}

#[test]
fn rows_are_not_sorted() {
    let frame = (true, (0, 0), (3, 0));
    for number in 0..FUNCTIONS {
        let plan = shown((number, frame, (1, 0), true), (0, 6));
        assert!(plan.contains("PartitionedWindowExec"), "{number}: {plan}");
        assert!(!plan.contains("SortExec"), "{number}: {plan}");
    }
}

#[test]
fn what_is_not_known_is_left_alone() {
    // The least value of a frame that leaves rows behind.
    let plan = shown((9, (true, (2, 1), (3, 0)), (1, 0), false), (0, 4));
    assert!(plan.contains("BoundedWindowAggExec") && plan.contains("SortExec"), "{plan}");
    // Differences of sums are exact only where sums are.
    for (number, ours) in [(6, true), (7, false)] {
        let plan = shown((number, (true, (2, 1), (3, 0)), (1, 0), false), (0, 4));
        assert_eq!(plan.contains("PartitionedWindowExec"), ours, "{plan}");
    }
}

#[test]
fn an_order_above_is_not_taken_for_granted() {
    let context = session(&[vec![]], true, None);
    let plan = block_on(async {
        let table = context.table("t").await.unwrap().into_unoptimized_plan();
        let sorts = [col("key").sort(true, false), col("id").sort(true, false)];
        let windows = plan(table, &[(14, (true, (0, 0), (3, 0)), (2, 1), false)], (0, 4));
        let sorted = LogicalPlanBuilder::from(windows).sort(sorts).unwrap().build().unwrap();
        let plan = context.state().create_physical_plan(&sorted).await.unwrap();
        displayable(plan.as_ref()).indent(false).to_string()
    });
    assert!(plan.contains("SortExec"), "{plan}");
}
