//! Correlated subqueries made independent (Neumann and Kemper, "Unnesting Arbitrary Queries").
//!
//! A subquery that uses values of the query around it is evaluated once for each distinct
//! combination of them: the relation of these combinations is pushed down to where the values are
//! used, and joined there. On the way up, aggregates group by it, windows partition by it, and limits
//! count within it.

use crate::analyzer::logical::{case_when, projection};
use crate::analyzer::scope::OuterColumn;
use crate::analyzer::state::WindowCall;
use crate::analyzer::window::plan::ranking;
use crate::analyzer::{Analyzer, with_stack};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, JoinType, NullEquality};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{AggregateFunction, Sort};
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, FetchType, Join, LogicalPlan, LogicalPlanBuilder, SkipType, Window,
    lit,
};
use std::sync::Arc;
use traillake_sql_types::error::{SqlError, SqlResult};

/// The combinations of outer values that a subquery is evaluated for.
struct Domain<'a> {
    plan: LogicalPlan,
    outer: &'a [OuterColumn],
}

impl Analyzer<'_> {
    /// Evaluates `inner` for all distinct values of `outer` in `around`. The result has the columns of
    /// `inner`, and those of the values.
    pub(crate) fn decorrelate(
        &self,
        around: &LogicalPlan,
        inner: LogicalPlan,
        outer: &[OuterColumn],
    ) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        let values = outer.iter().map(|column| column.expr.clone().alias(&column.name)).collect();
        let values = projection(around.clone(), values)?;
        let plan = LogicalPlanBuilder::new(values).distinct()?.build()?;
        self.push(inner, &Domain { plan, outer })
    }

    /// A copy of the domain with columns of its own.
    fn instance(&self, domain: &Domain<'_>) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        let mut columns = Vec::new();
        let mut exprs = Vec::new();
        for outer in domain.outer {
            let name = Column::new_unqualified(&outer.name);
            let column =
                self.raw_column("outer", self.column_physical_type(&name, &outer.data_type));
            exprs.push(Expr::Column(name).alias(&column.name));
            columns.push(column);
        }
        Ok((projection(domain.plan.clone(), exprs)?, columns))
    }

    fn push(
        &self,
        plan: LogicalPlan,
        domain: &Domain<'_>,
    ) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        with_stack(|| self.push_inside(plan, domain))
    }

    fn push_inside(
        &self,
        plan: LogicalPlan,
        domain: &Domain<'_>,
    ) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        if !domain.is_used_in(&plan)? {
            let (values, columns) = self.instance(domain)?;
            let plan = LogicalPlanBuilder::new(values).cross_join(plan)?.build()?;
            return Ok((plan, columns));
        }
        match plan {
            LogicalPlan::Projection(node) => {
                let (input, columns) = self.push(Arc::unwrap_or_clone(node.input), domain)?;
                let mut exprs = domain.replace_all(node.expr, &columns)?;
                exprs.extend(columns.iter().cloned().map(Expr::Column));
                Ok((projection(input, exprs)?, columns))
            }
            LogicalPlan::Filter(node) => {
                let (input, columns) = self.push(Arc::unwrap_or_clone(node.input), domain)?;
                let condition = domain.replace(node.predicate, &columns)?;
                Ok((LogicalPlanBuilder::new(input).filter(condition)?.build()?, columns))
            }
            LogicalPlan::Aggregate(node) => self.push_aggregate(node, domain),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let (input, columns) = self.push(Arc::unwrap_or_clone(input), domain)?;
                Ok((LogicalPlanBuilder::new(input).distinct()?.build()?, columns))
            }
            // An order without a limit does not matter inside.
            LogicalPlan::Sort(node) if node.fetch.is_none() => {
                self.push(Arc::unwrap_or_clone(node.input), domain)
            }
            LogicalPlan::Sort(node) => {
                let fetch = node.fetch;
                self.push_limit(Arc::unwrap_or_clone(node.input), node.expr, 0, fetch, domain)
            }
            LogicalPlan::Limit(node) => {
                let (SkipType::Literal(skip), FetchType::Literal(fetch)) =
                    (node.get_skip_type()?, node.get_fetch_type()?)
                else {
                    return Err(SqlError::internal("a limit that is not constant"));
                };
                let (input, order) = match Arc::unwrap_or_clone(node.input) {
                    LogicalPlan::Sort(sort) => (Arc::unwrap_or_clone(sort.input), sort.expr),
                    other => (other, Vec::new()),
                };
                self.push_limit(input, order, skip, fetch, domain)
            }
            LogicalPlan::Union(node) => {
                let mut inputs = node.inputs.into_iter();
                let Some(first) = inputs.next() else {
                    return Err(SqlError::internal("a union of nothing"));
                };
                let (mut plan, columns) = self.push_aligned(Arc::unwrap_or_clone(first), domain)?;
                let names = plan.schema().columns();
                for input in inputs {
                    let (other, _) = self.push_aligned(Arc::unwrap_or_clone(input), domain)?;
                    plan = LogicalPlanBuilder::new(plan).union(other)?.build()?;
                }
                debug_assert_eq!(names.len(), plan.schema().fields().len());
                // The domain's columns stand where the first input has them.
                Ok((plan, columns))
            }
            LogicalPlan::Join(node) => self.push_join(node, domain),
            LogicalPlan::Window(node) => self.push_window(node, domain),
            LogicalPlan::Unnest(node) => {
                let (input, columns) = self.push(Arc::unwrap_or_clone(node.input), domain)?;
                let plan = LogicalPlanBuilder::new(input)
                    .unnest_columns_with_options(node.exec_columns, node.options)?
                    .build()?;
                Ok((plan, columns))
            }
            other => Err(SqlError::unsupported(format!(
                "a correlated subquery over {} is not supported yet",
                other.display().to_string().split(':').next().unwrap_or_default()
            ))),
        }
    }

    /// Pushes into an input of a union, the domain's columns last.
    fn push_aligned(
        &self,
        plan: LogicalPlan,
        domain: &Domain<'_>,
    ) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        let own = plan.schema().columns();
        let (plan, columns) = self.push(plan, domain)?;
        let exprs = own.into_iter().chain(columns.iter().cloned()).map(Expr::Column).collect();
        Ok((projection(plan, exprs)?, columns))
    }

    fn push_aggregate(
        &self,
        node: Aggregate,
        domain: &Domain<'_>,
    ) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        let global = node.group_expr.is_empty();
        let (input, columns) = self.push(Arc::unwrap_or_clone(node.input), domain)?;
        let mut group = domain.replace_all(node.group_expr, &columns)?;
        group.extend(columns.iter().cloned().map(Expr::Column));
        let calls = domain.replace_all(node.aggr_expr, &columns)?;
        let counts: Vec<_> = calls.iter().map(is_count).collect();
        let aggregate = Aggregate::try_new(Arc::new(input), group, calls)?;
        let made = aggregate.schema.columns();
        let plan = LogicalPlan::Aggregate(aggregate);
        if !global {
            return Ok((plan, columns));
        }
        // Without rows an aggregate still has a value: NULL, or 0 for counts.
        let (values, kept) = self.instance(domain)?;
        let plan = LogicalPlanBuilder::new(values)
            .join_detailed(
                plan,
                JoinType::Left,
                (kept.clone(), columns.clone()),
                None,
                NullEquality::NullEqualsNull,
            )?
            .build()?;
        let mut exprs: Vec<Expr> = kept.iter().cloned().map(Expr::Column).collect();
        for (column, is_count) in made.into_iter().skip(columns.len()).zip(counts) {
            let value = Expr::Column(column.clone());
            exprs.push(if is_count {
                let given = Expr::IsNotNull(Box::new(value.clone()));
                case_when(vec![(given, value)], Some(lit(0_i64))).alias(&column.name)
            } else {
                value
            });
        }
        Ok((projection(plan, exprs)?, kept))
    }

    /// A limit within each combination of outer values.
    fn push_limit(
        &self,
        input: LogicalPlan,
        order: Vec<Sort>,
        skip: usize,
        fetch: Option<usize>,
        domain: &Domain<'_>,
    ) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        let (input, columns) = self.push(input, domain)?;
        let own: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
        let order = order
            .into_iter()
            .map(|sort| {
                let expr = domain.replace(sort.expr, &columns)?;
                Ok(Sort::new(expr, sort.asc, sort.nulls_first))
            })
            .collect::<SqlResult<Vec<_>>>()?;
        let number = self.raw_column("number", arrow::datatypes::DataType::UInt64);
        let partition = columns.iter().cloned().map(Expr::Column).collect();
        let expr = ranking(row_number_udwf(), partition, order);
        let window = WindowCall { column: number.clone(), expr };
        let plan = self.windows(input, vec![window])?;
        let number = Expr::Column(number);
        let mut condition = number.clone().gt(lit(skip as u64));
        if let Some(fetch) = fetch {
            condition = condition.and(number.lt_eq(lit((skip + fetch) as u64)));
        }
        let plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
        Ok((projection(plan, own)?, columns))
    }

    fn push_join(&self, node: Join, domain: &Domain<'_>) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        let (left, right) = (Arc::unwrap_or_clone(node.left), Arc::unwrap_or_clone(node.right));
        let own: Vec<Column> = node.schema.columns();
        let left_uses = domain.is_used_in(&left)?;
        let right_uses = domain.is_used_in(&right)?;
        let inner = node.join_type == JoinType::Inner;
        let right_kept =
            matches!(node.join_type, JoinType::Right | JoinType::RightSemi | JoinType::RightAnti);
        let right_outer = right_kept || node.join_type == JoinType::Full;
        // An inner join needs the domain on one side only, an outer one on the side that is kept.
        let both = (left_uses && right_uses) || right_outer || (right_uses && !inner);
        let (left, left_columns) = if left_uses || both || !inner || !right_uses {
            let (plan, columns) = self.push(left, domain)?;
            (plan, Some(columns))
        } else {
            (left, None)
        };
        let (right, right_columns) = if right_uses || both {
            let (plan, columns) = self.push(right, domain)?;
            (plan, Some(columns))
        } else {
            (right, None)
        };
        let (columns, equal) = match (left_columns, right_columns) {
            (Some(left), Some(right)) => {
                let equal = left.iter().cloned().zip(right.iter().cloned()).collect::<Vec<_>>();
                (if right_kept { right } else { left }, equal)
            }
            (Some(columns), None) | (None, Some(columns)) => (columns, Vec::new()),
            (None, None) => return Err(SqlError::internal("a join that uses no outer value")),
        };
        let mut condition: Option<Expr> = None;
        let mut also = |expr: Expr| {
            condition = Some(match condition.take() {
                Some(condition) => condition.and(expr),
                None => expr,
            });
        };
        for (a, b) in node.on {
            let (a, b) = (domain.replace(a, &columns)?, domain.replace(b, &columns)?);
            also(match node.null_equality {
                NullEquality::NullEqualsNull => same(a, b),
                NullEquality::NullEqualsNothing => a.eq(b),
            });
        }
        if let Some(filter) = node.filter {
            also(domain.replace(filter, &columns)?);
        }
        for (a, b) in equal {
            also(same(Expr::Column(a), Expr::Column(b)));
        }
        let plan =
            LogicalPlanBuilder::new(left).join_on(right, node.join_type, condition)?.build()?;
        let semi = matches!(
            node.join_type,
            JoinType::LeftSemi | JoinType::LeftAnti | JoinType::RightSemi | JoinType::RightAnti
        );
        if semi {
            return Ok((plan, columns));
        }
        let exprs = own.into_iter().chain(columns.iter().cloned()).map(Expr::Column).collect();
        Ok((projection(plan, exprs)?, columns))
    }

    fn push_window(
        &self,
        node: Window,
        domain: &Domain<'_>,
    ) -> SqlResult<(LogicalPlan, Vec<Column>)> {
        let (input, columns) = self.push(Arc::unwrap_or_clone(node.input), domain)?;
        let exprs = domain.replace_all(node.window_expr, &columns)?;
        let partition: Vec<Expr> = columns.iter().cloned().map(Expr::Column).collect();
        let exprs = exprs
            .into_iter()
            .map(|expr| {
                let within = expr.transform_down(|node| match node {
                    Expr::WindowFunction(mut window) => {
                        window.params.partition_by.extend(partition.iter().cloned());
                        let window = Expr::WindowFunction(window);
                        Ok(Transformed::new(window, true, TreeNodeRecursion::Jump))
                    }
                    other => Ok(Transformed::no(other)),
                })?;
                Ok(within.data)
            })
            .collect::<SqlResult<Vec<_>>>()?;
        Ok((LogicalPlanBuilder::new(input).window(exprs)?.build()?, columns))
    }
}

impl Domain<'_> {
    fn is_used_in(&self, plan: &LogicalPlan) -> SqlResult<bool> {
        let used = plan.exists(|node| {
            let mut found = false;
            node.apply_expressions(|expr| {
                found = found || expr.exists(|expr| Ok(self.place(expr).is_some()))?;
                Ok(TreeNodeRecursion::Continue)
            })?;
            Ok(found)
        })?;
        Ok(used)
    }

    fn place(&self, expr: &Expr) -> Option<usize> {
        match expr {
            Expr::OuterReferenceColumn(_, column) => {
                self.outer.iter().position(|outer| outer.name == column.name)
            }
            _ => None,
        }
    }

    fn replace(&self, expr: Expr, columns: &[Column]) -> SqlResult<Expr> {
        let replaced = expr.transform(|node| {
            Ok(match self.place(&node).and_then(|place| columns.get(place)) {
                Some(column) => Transformed::yes(Expr::Column(column.clone())),
                None => Transformed::no(node),
            })
        })?;
        Ok(replaced.data)
    }

    fn replace_all(&self, exprs: Vec<Expr>, columns: &[Column]) -> SqlResult<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.replace(expr, columns)).collect()
    }
}

fn same(a: Expr, b: Expr) -> Expr {
    Expr::BinaryExpr(datafusion::logical_expr::BinaryExpr::new(
        Box::new(a),
        datafusion::logical_expr::Operator::IsNotDistinctFrom,
        Box::new(b),
    ))
}

/// Whether an aggregate is 0 over no rows.
fn is_count(expr: &Expr) -> bool {
    match expr {
        Expr::Alias(alias) => is_count(&alias.expr),
        Expr::AggregateFunction(AggregateFunction { func, .. }) => {
            matches!(func.name(), "count" | "approx_distinct")
        }
        _ => false,
    }
}
