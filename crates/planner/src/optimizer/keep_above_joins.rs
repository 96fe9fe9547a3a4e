//! Conditions that stay above the joins that they are written above.
//!
//! `a JOIN b ON a.k = b.k WHERE 1 / a.x > 0` must not divide by zero for rows of `a` that have no partner. DataFusion moves
//! every condition below the joins (55.2), as it knows none that can fail. Here those that can are made nodes of
//! their own while it works on a plan, and filters again behind that; in the condition of a join they are made to look
//! at both sides.

use crate::physical::{ScalarCall, staying};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::{conjunction, split_conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    BinaryExpr, Expr, Extension, Filter, Join, LogicalPlan, Operator, UserDefinedLogicalNodeCore,
};
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

/// Makes the conditions of a plan stay where they are, if they are above a join and can fail.
pub(crate) fn keep_above_joins(plan: LogicalPlan) -> Result<LogicalPlan> {
    if !loses_rows(&plan)? {
        return Ok(plan);
    }
    let mut failing = Failing::default();
    let kept = plan.transform_up(|node| match node {
        LogicalPlan::Filter(filter) => failing.keep_filter(filter),
        LogicalPlan::Join(join) => Ok(failing.keep_in_join(join)),
        other => {
            failing.note_columns(&other)?;
            Ok(Transformed::no(other))
        }
    });
    Ok(kept?.data)
}

/// Makes filters again of what [`keep_above_joins`] made of them.
pub(crate) fn as_filters(plan: LogicalPlan) -> Result<LogicalPlan> {
    let plain = plan.transform_up(|node| {
        let kept = match &node {
            LogicalPlan::Extension(extension) => {
                extension.node.as_any().downcast_ref::<StayingFilter>()
            }
            _ => None,
        };
        let Some(StayingFilter { condition, input }) = kept.cloned() else {
            return Ok(Transformed::no(node));
        };
        let filter = Filter::try_new(staying(condition, []), Arc::new(input))?;
        Ok(Transformed::yes(LogicalPlan::Filter(filter)))
    });
    Ok(plain?.data)
}

/// Whether something in a plan drops rows other than by a condition.
fn loses_rows(plan: &LogicalPlan) -> Result<bool> {
    plan.exists(|node| Ok(matches!(node, LogicalPlan::Join(_) | LogicalPlan::Unnest(_))))
}

/// What can fail for some rows.
#[derive(Default)]
struct Failing {
    /// Columns that are made above a join of what can fail. A condition on one is moved with what it is made of.
    columns: HashSet<Column>,
}

impl Failing {
    fn note_columns(&mut self, node: &LogicalPlan) -> Result<()> {
        let (input, exprs) = match node {
            LogicalPlan::Projection(projection) => (&projection.input, &projection.expr),
            LogicalPlan::Aggregate(aggregate) => (&aggregate.input, &aggregate.group_expr),
            _ => return Ok(()),
        };
        let named = exprs.iter().zip(node.schema().columns());
        let failing: Vec<_> = named.filter(|(expr, _)| self.can_fail(expr)).collect();
        if !failing.is_empty() && loses_rows(input)? {
            self.columns.extend(failing.into_iter().map(|(_, column)| column));
        }
        Ok(())
    }

    fn can_fail(&self, expr: &Expr) -> bool {
        let fails = |node: &Expr| match node {
            Expr::Column(column) => self.columns.contains(column),
            Expr::ScalarFunction(function) => {
                let is_constant = |at| matches!(function.args.get(at), Some(Expr::Literal(..)));
                let call = function.func.inner().downcast_ref::<ScalarCall>();
                call.is_some_and(|call| call.can_fail(is_constant))
            }
            _ => false,
        };
        expr.exists(|node| Ok(fails(node))).unwrap_or(true)
    }

    fn keep_filter(&self, filter: Filter) -> Result<Transformed<LogicalPlan>> {
        if !self.can_fail(&filter.predicate) || !loses_rows(&filter.input)? {
            return Ok(Transformed::no(LogicalPlan::Filter(filter)));
        }
        let conditions = split_conjunction_owned(filter.predicate);
        let tables = Tables::below(&filter.input, &conditions, self)?;
        let (kept, others): (Vec<_>, Vec<_>) = conditions
            .into_iter()
            .partition(|condition| self.can_fail(condition) && !tables.are_joined_by(condition));
        let mut plan = filter.input;
        if let Some(condition) = conjunction(others) {
            plan = Arc::new(LogicalPlan::Filter(Filter::try_new(condition, plan)?));
        }
        let Some(condition) = conjunction(kept) else {
            return Ok(Transformed::no(Arc::unwrap_or_clone(plan)));
        };
        let node = StayingFilter { condition, input: Arc::unwrap_or_clone(plan) };
        Ok(Transformed::yes(LogicalPlan::Extension(Extension { node: Arc::new(node) })))
    }

    /// Makes the conditions that can fail, and that DataFusion would look at before it joins, use columns of both sides.
    fn keep_in_join(&self, mut join: Join) -> Transformed<LogicalPlan> {
        let conditions = join.filter.take().map_or_else(Vec::new, split_conjunction_owned);
        let is_left = |expr: &Expr| is_over(expr, join.left.schema());
        let is_right = |expr: &Expr| is_over(expr, join.right.schema());
        let written = conditions.iter().filter_map(equality);
        let keys = written.chain(join.on.iter().map(|(left, right)| (left, right)));
        let mut keys = keys.filter(|(a, b)| !self.can_fail(a) && !self.can_fail(b));
        let key = keys
            .find(|(a, b)| (is_left(a) && is_right(b)) || (is_right(a) && is_left(b)))
            .map(|(a, b)| [a.clone(), b.clone()]);
        let moves = |condition: &Expr| {
            is_left(condition) || is_right(condition) || equality(condition).is_some()
        };
        let keep = |condition: Expr| match &key {
            // With one side of the key DataFusion would put the other for it.
            Some(key) if self.can_fail(&condition) && moves(&condition) => {
                staying(condition, key.clone())
            }
            _ => condition,
        };
        join.filter = conjunction(conditions.into_iter().map(keep).collect::<Vec<_>>());
        Transformed::yes(LogicalPlan::Join(join))
    }
}

/// Whether an expression uses columns, and all of them are of a schema.
fn is_over(expr: &Expr, schema: &DFSchemaRef) -> bool {
    let columns = expr.column_refs();
    !columns.is_empty() && columns.iter().all(|column| schema.has_column(column))
}

/// The sides of `a = b`, if each uses columns.
fn equality(condition: &Expr) -> Option<(&Expr, &Expr)> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right })
            if !left.column_refs().is_empty() && !right.column_refs().is_empty() =>
        {
            Some((left, right))
        }
        _ => None,
    }
}

/// What is joined below a filter, and by what.
#[derive(Default)]
struct Tables {
    schemas: Vec<DFSchemaRef>,
    /// The numbers of the tables that an equality joins which cannot fail.
    joined: HashSet<BTreeSet<usize>>,
    /// Those of tables in which something is joined, too.
    nested: BTreeSet<usize>,
}

impl Tables {
    fn below(plan: &LogicalPlan, conditions: &[Expr], failing: &Failing) -> Result<Self> {
        let mut tables = Self::default();
        let mut keys = conditions.to_vec();
        tables.add(plan, &mut keys)?;
        keys.retain(|key| equality(key).is_some() && !failing.can_fail(key));
        tables.joined = keys.iter().map(|key| tables.used_by(key)).collect();
        Ok(tables)
    }

    fn add(&mut self, plan: &LogicalPlan, keys: &mut Vec<Expr>) -> Result<()> {
        match plan {
            LogicalPlan::Join(join) => {
                keys.extend(join.on.iter().map(|(left, right)| left.clone().eq(right.clone())));
                keys.extend(join.filter.iter().flat_map(split_conjunction).cloned());
                self.add(&join.left, keys)?;
                self.add(&join.right, keys)
            }
            LogicalPlan::Filter(filter) => self.add(&filter.input, keys),
            other => {
                if loses_rows(other)? {
                    self.nested.insert(self.schemas.len());
                }
                self.schemas.push(Arc::clone(other.schema()));
                Ok(())
            }
        }
    }

    fn used_by(&self, expr: &Expr) -> BTreeSet<usize> {
        let columns = expr.column_refs();
        let uses = |schema: &DFSchemaRef| columns.iter().any(|column| schema.has_column(column));
        self.schemas.iter().enumerate().filter(|(_, s)| uses(s)).map(|(at, _)| at).collect()
    }

    /// Whether nothing but this condition says which rows of these tables belong together: without it as its key a join
    /// would look at every pair.
    fn are_joined_by(&self, condition: &Expr) -> bool {
        if equality(condition).is_none() {
            return false;
        }
        let used = self.used_by(condition);
        match used.len() {
            1 => !used.is_disjoint(&self.nested),
            _ => !self.joined.contains(&used),
        }
    }
}

/// A filter that no rule moves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
struct StayingFilter {
    condition: Expr,
    input: LogicalPlan,
}

impl UserDefinedLogicalNodeCore for StayingFilter {
    fn name(&self) -> &str {
        "StayingFilter"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        vec![self.condition.clone()]
    }

    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        // Other filters may pass.
        HashSet::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StayingFilter: {}", self.condition)
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        match (exprs.into_iter().next(), inputs.into_iter().next()) {
            (Some(condition), Some(input)) => Ok(Self { condition, input }),
            _ => Err(DataFusionError::Internal("a filter without condition or input".to_owned())),
        }
    }

    fn necessary_children_exprs(&self, output: &[usize]) -> Option<Vec<Vec<usize>>> {
        let schema = self.input.schema();
        let own = self.condition.column_refs().into_iter();
        let own = own.filter_map(|column| schema.maybe_index_of_column(column));
        let needed: BTreeSet<_> = output.iter().copied().chain(own).collect();
        Some(vec![needed.into_iter().collect()])
    }
}

#[cfg(test)]
mod tests {
    use crate::{MemoryCatalog, analyze, execution};
    use chrono::DateTime;
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::{SessionConfig, SessionContext};
    use traillake_sql_parser::{ParameterValues, parse_statement};

    const TABLES: [&str; 3] = [
        "(VALUES (1, 'x'), (2, '5')) AS a (k, s)",
        "(VALUES (1, 'y'), (2, 'z')) AS b (k, s)",
        "(VALUES (1, 1), (2, 2)) AS c (k, n)",
    ];

    /// The lines of a query's plan.
    async fn plan(from: &str, condition: &str) -> Vec<String> {
        let [a, b, c] = TABLES;
        let from = from.replace("$a", a).replace("$b", b).replace("$c", c);
        let sql = format!("SELECT a.k FROM {from} WHERE {condition}");
        let statement = parse_statement(&sql, &ParameterValues::new()).unwrap();
        let catalog = MemoryCatalog::default();
        let planned = analyze(&catalog, DateTime::UNIX_EPOCH, &statement).unwrap();
        let mut config = SessionConfig::new();
        execution::configure(&mut config);
        let session = SessionContext::new_with_config(config);
        execution::add_optimizer_rules(&session);
        let plan = execution::physical_plan(session.state(), &planned.plan).await.unwrap().0;
        displayable(plan.as_ref()).indent(false).to_string().lines().map(str::to_owned).collect()
    }

    /// Whether the filter with a text is below the lowest join.
    fn is_below_joins(plan: &[String], text: &str) -> bool {
        let join = plan.iter().rposition(|line| line.contains("JoinExec")).unwrap();
        let filter = |line: &String| line.contains("FilterExec") && line.contains(text);
        plan.iter().position(filter).unwrap_or_else(|| panic!("{text} in {plan:#?}")) > join
    }

    #[tokio::test]
    async fn only_what_can_fail_stays_above_joins() {
        let plan = plan(
            "$a JOIN $b ON a.k = b.k",
            "lower(a.s) = 'x' AND CAST(a.s AS integer) = 5 AND length(b.s) > 1 AND a.k / 2 < 3",
        );
        let plan = plan.await;
        assert!(is_below_joins(&plan, "lower"));
        assert!(is_below_joins(&plan, "length"));
        assert!(!is_below_joins(&plan, "cast:integer"));
        assert!(!is_below_joins(&plan, "divide"));
        assert!(!plan.concat().contains("staying"), "{plan:#?}");
    }

    #[tokio::test]
    async fn columns_that_can_fail_stay_with_their_conditions() {
        let from = "(SELECT a.k, CAST(a.s AS integer) AS n FROM $a JOIN $b ON a.k = b.k) AS a";
        assert!(!is_below_joins(&plan(from, "n > 1").await, " > 1"));
        // What is made below the join is looked at there.
        let from = "(SELECT k, CAST(s AS integer) AS n FROM $a) AS a JOIN $b ON a.k = b.k";
        assert!(is_below_joins(&plan(from, "a.n > 1").await, " > 1"));
    }

    /// Without it as a key a join would look at each pair of rows.
    #[tokio::test]
    async fn the_only_key_of_a_join_stays_one() {
        let keys = |plan: Vec<String>| plan.iter().filter(|l| l.contains("HashJoinExec")).count();
        let equal = "CAST(a.s AS integer) = c.n";
        assert_eq!(keys(plan("$a, $c", equal).await), 1);
        assert_eq!(keys(plan("$a, $b, $c", &format!("a.k = b.k AND {equal}")).await), 2);
        assert_eq!(keys(plan(&format!("$a JOIN $c ON {equal}"), "true").await), 1);
        let both = plan(&format!("$a JOIN $c ON a.k = c.k AND {equal}"), "true").await;
        let join = both.iter().find(|line| line.contains("HashJoinExec")).unwrap();
        assert!(join.contains("filter=cast:integer") && join.contains("on=[(value"), "{both:#?}");
    }
}
