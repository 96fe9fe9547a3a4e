use super::*;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::functions_window::lead_lag::lag_udwf;
use datafusion::logical_expr::expr::{Sort, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    LogicalPlanBuilder, WindowFrame, WindowFunctionDefinition, col, lit,
};
use datafusion::prelude::SessionContext;

/// A session over a table with a struct `who` of a name and its length, and a number.
fn session(ours: bool) -> SessionContext {
    let names = ["Ann", "Bob", "Ann", "Cleo", "Bob", "Ann"];
    let lengths: Int64Array = names.iter().map(|name| Some(name.len() as i64)).collect();
    let members: Vec<(Arc<Field>, ArrayRef)> = vec![
        (
            Arc::new(Field::new("name", DataType::Utf8, true)),
            Arc::new(StringArray::from_iter_values(names)),
        ),
        (Arc::new(Field::new("length", DataType::Int64, true)), Arc::new(lengths)),
    ];
    let who: ArrayRef = Arc::new(StructArray::from(members));
    let number: ArrayRef = Arc::new(Int64Array::from_iter_values(0..6));
    let batch = RecordBatch::try_from_iter([("who", who), ("number", number)]).unwrap();
    let context = SessionContext::new();
    if ours {
        context.add_optimizer_rule(Arc::new(MembersBelowWindows));
    }
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
    context.register_table("t", Arc::new(table)).unwrap();
    context
}

fn member(name: &str) -> Expr {
    datafusion::functions::core::get_field().call(vec![col("who"), lit(name)])
}

fn lag(of: Expr) -> Expr {
    Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(lag_udwf()),
        params: WindowFunctionParams {
            args: vec![of],
            partition_by: vec![member("name")],
            order_by: vec![Sort::new(col("number"), true, false)],
            window_frame: WindowFrame::new(Some(false)),
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }))
}

/// The plan of a window with a projection above, and the rows of both ways.
fn ask(of: Expr, above: Vec<Expr>) -> (String, [String; 2]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut plan = String::new();
        let mut answers = Vec::new();
        for ours in [false, true] {
            let context = session(ours);
            let table = context.table("t").await.unwrap().into_unoptimized_plan();
            let windows = LogicalPlanBuilder::from(table).window([lag(of.clone()).alias("before")]);
            let asked = windows.unwrap().project(above.clone()).unwrap().build().unwrap();
            plan = context.state().optimize(&asked).unwrap().display_indent().to_string();
            let rows = context.execute_logical_plan(asked).await.unwrap();
            let rows = rows.sort(vec![col("number").sort(true, false)]).unwrap();
            answers
                .push(pretty_format_batches(&rows.collect().await.unwrap()).unwrap().to_string());
        }
        (plan, answers.try_into().unwrap())
    })
}

/// Whether the struct itself is below the window.
fn keeps_struct(plan: &str) -> bool {
    let (_, below) = plan.split_once("WindowAggr").unwrap();
    let (_, below) = below.split_once('\n').unwrap();
    let projection = below.lines().next().unwrap();
    !projection.contains("get_field")
}

#[test]
fn only_members_are_kept() {
    let above = vec![member("name"), col("number"), col("before")];
    let (plan, [theirs, ours]) = ask(member("length"), above);
    assert_eq!(ours, theirs);
    assert!(!keeps_struct(&plan), "{plan}");
}

#[test]
fn a_struct_that_is_asked_for_is_kept() {
    let above = vec![member("name"), col("who"), col("number"), col("before")];
    let (plan, [theirs, ours]) = ask(col("number"), above);
    assert_eq!(ours, theirs);
    assert!(keeps_struct(&plan), "{plan}");
}

#[test]
fn a_struct_that_a_window_gives_has_members_above_it() {
    let last = datafusion::functions::core::get_field().call(vec![col("before"), lit("length")]);
    let (_, [theirs, ours]) = ask(col("who"), vec![col("number"), last]);
    assert_eq!(ours, theirs);
}
