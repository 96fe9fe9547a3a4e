//! The plan of a query for people: what is read, what is left out, and what is done with the rows.

use super::super::orc::LateColumnsExec;
use super::expression::{calls, is_common, named_text, plain, text};
use super::scan::Scan;
use crate::store::StoreRow;
use datafusion::common::JoinType;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::split_conjunction;
use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use std::sync::Arc;
use traillake_planner::PartitionedWindowExec;

type Plan = Arc<dyn ExecutionPlan>;

/// Lines of an outline.
#[derive(Default)]
struct Outline<'a> {
    text: String,
    depth: usize,
    stores: &'a [StoreRow],
}

/// Returns the outline of a plan: each step below the one that takes its rows, deeper by two blanks. `stores` are those
/// of the lake.
pub(super) fn outline(plan: &Plan, stores: &[StoreRow]) -> String {
    let mut outline = Outline { stores, ..Outline::default() };
    outline.add(plan);
    outline.text.truncate(outline.text.trim_end().len());
    outline.text
}

impl Outline<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Adds what stands deeper.
    fn below(&mut self, add: impl FnOnce(&mut Self)) {
        self.depth += 1;
        add(self);
        self.depth -= 1;
    }

    /// Adds a step and what it takes rows from.
    fn step(&mut self, text: &str, input: &Plan) {
        self.line(text);
        self.below(|outline| outline.add(input));
    }

    fn add(&mut self, plan: &Plan) {
        if let Some(source) = plan.downcast_ref::<DataSourceExec>() {
            match source.data_source().downcast_ref::<FileScanConfig>() {
                Some(scan) => self.scan(&Scan::of(scan, self.stores)),
                None => self.line("rows of the statement"),
            }
        } else if let Some(filter) = plan.downcast_ref::<FilterExec>() {
            let conditions = split_conjunction(filter.predicate());
            let conditions: Vec<_> =
                conditions.into_iter().map(|condition| text(condition, filter.input())).collect();
            self.step(&format!("filter: {}", conditions.join(" AND ")), filter.input());
        } else if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
            self.projection(projection);
        } else if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
            self.aggregation(aggregate);
        } else if let Some(sort) = plan.downcast_ref::<SortExec>() {
            self.sort(sort);
        } else if let Some(limit) = plan.downcast_ref::<GlobalLimitExec>() {
            self.step(&limited(limit.fetch(), limit.skip()), limit.input());
        } else if let Some(limit) = plan.downcast_ref::<LocalLimitExec>() {
            self.add(limit.input());
        } else if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
            self.hash_join(join);
        } else if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            let condition = join.filter().map(|filter| named_text(filter.expression()));
            let condition = condition.map_or_else(String::new, |c| format!(" where {c}"));
            let kind = join_words(*join.join_type());
            self.join(&format!("{kind} of every pair{condition}"), join.left(), join.right());
        } else if let Some(join) = plan.downcast_ref::<CrossJoinExec>() {
            self.join("every pair of rows", join.left(), join.right());
        } else if let Some(window) = plan.downcast_ref::<PartitionedWindowExec>() {
            self.windows(window.window_expr(), window.input());
        } else if let Some(window) = plan.downcast_ref::<WindowAggExec>() {
            self.windows(window.window_expr(), window.input());
        } else if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
            self.windows(window.window_expr(), window.input());
        } else if let Some(late) = plan.downcast_ref::<LateColumnsExec>() {
            let names = late.columns().into_iter().map(plain).collect::<Vec<_>>();
            self.step(&format!("read of these rows {}", names.join(", ")), late.input());
        } else {
            self.other(plan);
        }
    }

    fn scan(&mut self, scan: &Scan) {
        self.line(&scan.head);
        self.below(|outline| scan.details.iter().for_each(|line| outline.line(line)));
    }

    /// Tells what is computed; columns that are passed on are not told.
    fn projection(&mut self, projection: &ProjectionExec) {
        let computed = projection.expr().iter();
        let computed = computed.filter(|made| !made.expr.is::<Column>() && !is_common(&made.alias));
        let computed: Vec<_> = computed
            .map(|made| {
                format!("{} AS {}", text(&made.expr, projection.input()), plain(&made.alias))
            })
            .collect();
        match computed.is_empty() {
            true => self.add(projection.input()),
            false => self.step(&format!("compute {}", computed.join(", ")), projection.input()),
        }
    }

    /// Tells an aggregation once, at its last step.
    fn aggregation(&mut self, aggregate: &AggregateExec) {
        if matches!(aggregate.mode(), AggregateMode::Partial | AggregateMode::PartialReduce) {
            return self.add(aggregate.input());
        }
        let groups = aggregate.group_expr().expr().iter();
        let groups: Vec<_> = groups.map(|(expr, _)| text(expr, aggregate.input())).collect();
        let calls = calls(aggregate).join(", ");
        let line = match (groups.is_empty(), calls.is_empty()) {
            (true, _) => format!("aggregate: {calls}"),
            (false, true) => format!("distinct values of {}", groups.join(", ")),
            (false, false) => format!("group by {}: {calls}", groups.join(", ")),
        };
        self.step(&line, aggregate.input());
    }

    fn sort(&mut self, sort: &SortExec) {
        let keys = sort.expr().iter().map(|key| {
            let direction = if key.options.descending { " DESC" } else { "" };
            format!("{}{direction}", text(&key.expr, sort.input()))
        });
        let keys = keys.collect::<Vec<_>>().join(", ");
        let first =
            sort.fetch().map_or_else(String::new, |rows| format!(", keep the first {rows}"));
        self.step(&format!("sort by {keys}{first}"), sort.input());
    }

    fn hash_join(&mut self, join: &HashJoinExec) {
        let keys = join.on().iter().map(|(left, right)| {
            format!("{} = {}", text(left, join.left()), text(right, join.right()))
        });
        let also = join.filter().map(|filter| named_text(filter.expression()));
        let conditions: Vec<_> = keys.chain(also).collect();
        let kind = join_words(*join.join_type());
        self.join(&format!("{kind} on {}", conditions.join(" AND ")), join.left(), join.right());
    }

    fn join(&mut self, line: &str, build: &Plan, probe: &Plan) {
        self.line(line);
        self.below(|outline| {
            outline.step("build side, a table in memory:", build);
            outline.step("probe side, row by row:", probe);
        });
    }

    fn windows(&mut self, calls: &[Arc<dyn WindowExpr>], input: &Plan) {
        let call = |call: &Arc<dyn WindowExpr>| {
            let listed = |what: &str, texts: Vec<String>| match texts.is_empty() {
                true => String::new(),
                false => format!(" {what} {}", texts.join(", ")),
            };
            let partition = call.partition_by().iter().map(|key| text(key, input)).collect();
            let order = call.order_by().iter().map(|key| text(&key.expr, input)).collect();
            let (partition, order) = (listed("for each", partition), listed("by", order));
            format!("{}{partition}{order}", plain(call.name()))
        };
        let calls: Vec<_> = calls.iter().map(call).collect();
        self.step(&format!("window functions: {}", calls.join(", ")), input);
    }

    /// Adds a step that has no words of its own: exchanges between threads are passed over.
    fn other(&mut self, plan: &Plan) {
        match plan.children().as_slice() {
            [] => self.line(if plan.name() == "EmptyExec" { "no rows" } else { "one row" }),
            [only] if plan.is::<UnnestExec>() => self.step("unnest arrays or maps to rows", only),
            [only] if plan.fetch().is_some() && only.fetch() != plan.fetch() => {
                self.step(&limited(plan.fetch(), 0), only);
            }
            [only] => self.add(only),
            inputs => {
                let name = if plan.is::<UnionExec>() { "rows of all of:" } else { plan.name() };
                self.line(name);
                let inputs: Vec<Plan> = inputs.iter().map(|input| Arc::clone(input)).collect();
                self.below(|outline| inputs.iter().for_each(|input| outline.add(input)));
            }
        }
    }
}

fn limited(fetch: Option<usize>, skip: usize) -> String {
    let rows = |rows| if rows == 1 { "row".to_owned() } else { format!("{rows} rows") };
    match (fetch, skip) {
        (Some(fetch), 0) => format!("the first {}", rows(fetch)),
        (Some(fetch), skip) => format!("the first {} after {skip}", rows(fetch)),
        (None, skip) => format!("all rows after {skip}"),
    }
}

fn join_words(kind: JoinType) -> &'static str {
    match kind {
        JoinType::Inner => "inner join",
        JoinType::Left => "left join, which keeps the build side,",
        JoinType::Right => "right join, which keeps the probe side,",
        JoinType::Full => "full join",
        JoinType::LeftSemi => "rows of the build side with a partner",
        JoinType::RightSemi => "rows of the probe side with a partner",
        JoinType::LeftAnti => "rows of the build side without a partner",
        JoinType::RightAnti => "rows of the probe side without a partner",
        JoinType::LeftMark => "mark of the build side's rows with a partner",
        JoinType::RightMark => "mark of the probe side's rows with a partner",
    }
}
