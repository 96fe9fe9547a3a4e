//! What the rule makes gives the same answers as what it replaces.

use super::*;
use arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringViewArray};
use arrow::util::display::array_value_to_string;
use datafusion::datasource::MemTable;
use datafusion::functions_aggregate as native;
use datafusion::logical_expr::{AggregateUDF, cast, col, lit};
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

/// A key, another key, a text, a number and a flag.
type Row = (Option<u8>, i32, Option<u8>, Option<i64>, Option<bool>);

fn row() -> impl Strategy<Value = Row> {
    let some = proptest::option::weighted::<std::ops::Range<u8>>;
    let number = proptest::option::weighted(0.8, -3..6_i64);
    (some(0.8, 0..4), 0..3, some(0.8, 0..8), number, any::<Option<bool>>())
}

fn batch(rows: &[Row]) -> RecordBatch {
    let text = |value: Option<u8>| value.map(|value| format!("text {value}"));
    let columns: [(&str, ArrayRef); 5] = [
        ("key", Arc::new(rows.iter().map(|r| text(r.0)).collect::<StringViewArray>())),
        ("other", Arc::new(rows.iter().map(|r| Some(r.1)).collect::<Int32Array>())),
        ("text", Arc::new(rows.iter().map(|r| text(r.2)).collect::<StringViewArray>())),
        ("number", Arc::new(rows.iter().map(|r| r.3).collect::<Int64Array>())),
        ("flag", Arc::new(rows.iter().map(|r| r.4).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn function(
    function: Arc<AggregateUDF>,
    argument: Expr,
    distinct: bool,
    filter: Option<Expr>,
) -> Expr {
    let filter = filter.map(Box::new);
    let call = AggregateFunction::new_udf(function, vec![argument], distinct, filter, vec![], None);
    Expr::AggregateFunction(call)
}

fn wide(column: &str) -> Expr {
    cast(col(column), DataType::Decimal128(38, 0))
}

/// All kinds of calls.
fn some_call(number: usize, filter: usize) -> Expr {
    let filter = match filter {
        0 => Some(col("flag")),
        1 => Some(col("number").gt(lit(1_i64))),
        _ => None,
    };
    let (of, argument, distinct) = match number {
        0 | 1 => (native::count::count_udaf(), col("text"), true),
        2 => (native::count::count_udaf(), col("number"), true),
        3 => (native::count::count_udaf(), col("flag"), true),
        4 => (native::sum::sum_udaf(), wide("number"), true),
        5 => (native::average::avg_udaf(), cast(col("number"), DataType::Float64), true),
        6 => (native::array_agg::array_agg_udaf(), col("text"), true),
        7 => (native::count::count_udaf(), lit(1_i64), true),
        8 => (native::count::count_udaf(), lit(1_i64), false),
        9 => (native::count::count_udaf(), col("text"), false),
        10 => (native::sum::sum_udaf(), wide("number"), false),
        11 => (native::min_max::min_udaf(), col("text"), false),
        12 => (native::min_max::max_udaf(), col("number"), false),
        13 => (native::bool_and_or::bool_or_udaf(), col("flag"), false),
        14 => (native::bool_and_or::bool_and_udaf(), col("flag"), false),
        _ => (native::average::avg_udaf(), cast(col("number"), DataType::Float64), false),
    };
    function(of, argument, distinct, filter)
}

const CALLS: usize = 16;

fn keys(number: usize) -> Vec<Expr> {
    match number {
        0 => vec![],
        1 => vec![col("key")],
        2 => vec![col("key"), col("other")],
        3 => vec![col("other") + lit(1_i32)],
        // A key that is counted.
        _ => vec![col("text"), col("flag")],
    }
}

fn plan(table: LogicalPlan, keys: Vec<Expr>, calls: &[Expr]) -> LogicalPlan {
    let calls = calls.iter().cloned().enumerate();
    let named = calls.map(|(at, call)| call.alias(format!("call:{at}"))).collect();
    LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(table), keys, named).unwrap())
}

/// A session over a table `t`, whose rows are in several partitions.
fn session(batches: &[Vec<Row>], ours: bool) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(2).with_batch_size(8);
    let context = SessionContext::new_with_config(config);
    if ours {
        context.add_optimizer_rule(Arc::new(Distinct));
    }
    let partitions: Vec<Vec<RecordBatch>> = batches.iter().map(|rows| vec![batch(rows)]).collect();
    let table = MemTable::try_new(batch(&[]).schema(), partitions).unwrap();
    context.register_table("t", Arc::new(table)).unwrap();
    context
}

async fn optimized(context: &SessionContext, keys: usize, calls: &[Expr]) -> LogicalPlan {
    let table = context.table("t").await.unwrap().into_unoptimized_plan();
    context.state().optimize(&plan(table, self::keys(keys), calls)).unwrap()
}

/// The rows of an answer as text, in an order of their own.
async fn rows(context: &SessionContext, keys: usize, calls: &[Expr]) -> Vec<String> {
    let table = context.table("t").await.unwrap().into_unoptimized_plan();
    let plan = plan(table, self::keys(keys), calls);
    let batches = context.execute_logical_plan(plan).await.unwrap().collect().await.unwrap();
    let value = |column: &ArrayRef, row: usize| {
        let text = array_value_to_string(column, row).unwrap();
        // What is collected has no order.
        let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let mut items: Vec<_> = inside.unwrap_or(&text).split(", ").collect();
        items.sort_unstable();
        items.join(", ")
    };
    let mut rows: Vec<String> = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let values: Vec<_> = batch.columns().iter().map(|column| value(column, row)).collect();
            rows.push(values.join(" | "));
        }
    }
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn answers_are_the_same_in_two_steps_and_apart(
        batches in vec(vec(row(), 0..40), 1..4),
        calls in vec((0..CALLS, 0..5_usize), 1..5),
        keys in 0..5_usize,
    ) {
        let calls: Vec<_> = calls.into_iter().map(|(call, filter)| some_call(call, filter)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (ours, theirs) = runtime.block_on(async {
            let ours = rows(&session(&batches, true), keys, &calls).await;
            (ours, rows(&session(&batches, false), keys, &calls).await)
        });
        prop_assert_eq!(ours, theirs);
    }
}

/// The plan of calls over an empty table, as text.
fn shown(keys: usize, calls: &[Expr]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let plan = runtime.block_on(optimized(&session(&[vec![]], true), keys, calls));
    plan.display_indent().to_string()
}

fn count_distinct(column: &str, filter: Option<Expr>) -> Expr {
    function(native::count::count_udaf(), col(column), true, filter)
}

fn count_all() -> Expr {
    some_call(8, 9)
}

/// How many aggregations a plan has, and whether one of them has distinct values of its own.
fn steps(plan: &str) -> (usize, bool) {
    (
        plan.matches("Aggregate:").count(),
        plan.contains("DISTINCT") || plan.contains("count_distinct"),
    )
}

#[test]
fn distinct_values_of_one_column_are_groups() {
    let flag = || Some(col("flag"));
    for calls in [
        vec![count_distinct("text", None)],
        vec![count_distinct("text", None), count_all()],
        vec![count_distinct("text", flag()), count_all()],
        vec![count_distinct("text", None), count_distinct("text", flag())],
        vec![some_call(4, 9), some_call(5, 9), count_distinct("number", None), some_call(12, 9)],
        vec![some_call(6, 0), some_call(11, 9), some_call(12, 9), some_call(13, 9)],
    ] {
        for keys in 0..4 {
            let plan = shown(keys, &calls);
            assert_eq!(steps(&plan), (2, false), "{plan}");
        }
    }
}

#[test]
fn a_filter_that_all_have_is_in_the_key() {
    let calls = [count_distinct("text", Some(col("flag"))), count_all()];
    assert!(shown(1, &calls).contains("only_where(flag, text) AS"));
}

#[test]
fn distinct_values_of_several_columns_are_in_one_table_of_pairs() {
    let plan = shown(1, &[count_distinct("text", None), count_distinct("flag", None)]);
    assert!(plan.contains("count_distinct(text)") && plan.contains("count_distinct(flag)"));
    assert_eq!(steps(&plan).0, 1);
    // Sums of doubles depend on the order of rows.
    let plan = shown(1, &[count_distinct("text", None), some_call(15, 9)]);
    assert!(plan.contains("count_distinct(text)"), "{plan}");
}

#[test]
fn distinct_values_of_several_columns_without_keys_are_counted_apart() {
    let calls = [count_distinct("text", None), count_distinct("flag", None), some_call(15, 9)];
    let plan = shown(0, &calls);
    assert_eq!(steps(&plan), (5, false), "{plan}");
    assert_eq!(plan.matches("TableScan").count(), 3, "{plan}");
}

#[test]
fn a_constant_is_no_group() {
    let plan = shown(0, &[some_call(7, 9)]);
    assert_eq!(steps(&plan).0, 1, "{plan}");
}
