//! Subqueries of expressions, joined to the plan that the expression is evaluated over.

use crate::analyzer::Analyzer;
use crate::analyzer::context::QueryContext;
use crate::analyzer::expression::overload::Argument;
use crate::analyzer::logical::{and, case_when, not, or, projection};
use crate::analyzer::scope::{OuterColumn, Relation, Scope};
use crate::analyzer::state::{ClauseState, PlannedSubquery, SubqueryKind};
use crate::analyzer::typed::TypedExpr;
use datafusion::common::{Column, JoinType, NullEquality};
use datafusion::functions_aggregate::array_agg::array_agg_udaf;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, Expr, LogicalPlan, LogicalPlanBuilder, lit,
};
use std::cell::RefCell;
use std::sync::Arc;
use traillake_functions::ONLY;
use traillake_sql_parser::ast::Comparison;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Position, SqlError, SqlResult};

/// A subquery's plan made independent of the query around it: one row set for each of the values
/// that it used.
struct Independent {
    plan: LogicalPlan,
    /// Columns of the plan that hold the values.
    values: Vec<Column>,
    /// The same values in the query around.
    outer: Vec<TypedExpr>,
}

fn call(function: Arc<AggregateUDF>, argument: Expr) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(
        function,
        vec![argument],
        false,
        None,
        Vec::new(),
        None,
    ))
}

fn columns(columns: &[Column]) -> Vec<Expr> {
    columns.iter().cloned().map(Expr::Column).collect()
}

fn aggregate(plan: LogicalPlan, group: &[Column], calls: Vec<Expr>) -> SqlResult<LogicalPlan> {
    let aggregate = Aggregate::try_new(Arc::new(plan), columns(group), calls)?;
    Ok(LogicalPlan::Aggregate(aggregate))
}

/// Whether a plan gives exactly one row.
fn is_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::Projection(projection) => is_one_row(&projection.input),
        LogicalPlan::EmptyRelation(empty) => empty.produce_one_row,
        _ => false,
    }
}

impl Analyzer<'_> {
    /// Joins subqueries; each adds its column.
    pub(crate) fn attach_all(
        &self,
        plan: LogicalPlan,
        subqueries: Vec<PlannedSubquery>,
    ) -> SqlResult<LogicalPlan> {
        subqueries.into_iter().try_fold(plan, |plan, subquery| self.attach(plan, subquery))
    }

    fn attach(&self, plan: LogicalPlan, subquery: PlannedSubquery) -> SqlResult<LogicalPlan> {
        let PlannedSubquery { column, kind, relation, outer } = subquery;
        match kind {
            SubqueryKind::Scalar => self.attach_scalar(plan, &column, relation, outer),
            SubqueryKind::Exists => {
                let inner = self.independent(&plan, relation, outer)?;
                if inner.values.is_empty() {
                    let some = LogicalPlanBuilder::new(inner.plan).limit(0, Some(1))?.build()?;
                    let count = self.column("count", &Type::Bigint);
                    let one = call(count_udaf(), lit(1_i64)).alias(&count.name);
                    let counted = aggregate(some, &[], vec![one])?;
                    let exists = Expr::Column(count).gt(lit(0_i64)).alias(&column.name);
                    let inner = projection(counted, vec![exists])?;
                    return Ok(LogicalPlanBuilder::new(plan).cross_join(inner)?.build()?);
                }
                let mark = self.column("mark", &Type::Boolean);
                let distinct = self.distinct_columns(&inner)?;
                let mut exprs = columns(&inner.values);
                exprs.push(lit(true).alias(&mark.name));
                let inner = Independent { plan: projection(distinct, exprs)?, ..inner };
                let exists = Expr::IsNotNull(Box::new(Expr::Column(mark)));
                self.join_back(plan, inner, JoinType::Left, vec![exists.alias(&column.name)])
            }
            SubqueryKind::In { value } => self.attach_in(plan, &column, value, relation, outer),
            SubqueryKind::Quantified { operator, all, value } => {
                self.attach_quantified(plan, &column, operator, all, value, relation, outer)
            }
        }
    }

    fn attach_scalar(
        &self,
        plan: LogicalPlan,
        column: &Column,
        relation: Relation,
        outer: Vec<OuterColumn>,
    ) -> SqlResult<LogicalPlan> {
        let one_row = is_one_row(&relation.plan);
        let value = relation.fields[0].clone();
        let inner = self.independent(&plan, relation, outer)?;
        let correlated = !inner.values.is_empty();
        let value = self.canonical(value.typed());
        let (inner_plan, value) = if one_row {
            (inner.plan.clone(), value.expr)
        } else {
            // Collected, to see that it is one.
            let list = Type::array(value.data_type.clone());
            let collected = self.column("values", &list);
            let call = call(array_agg_udaf(), value.expr.clone()).alias(&collected.name);
            let input = match correlated {
                false => LogicalPlanBuilder::new(inner.plan.clone()).limit(0, Some(2))?.build()?,
                true => inner.plan.clone(),
            };
            let plan = aggregate(input, &inner.values, vec![call])?;
            let list = TypedExpr::new(Expr::Column(collected), list);
            let only = self.function(&ONLY, vec![list], value.data_type);
            (plan, only.expr)
        };
        let named = value.alias(&column.name);
        if !correlated {
            let inner = projection(inner_plan, vec![named])?;
            return Ok(LogicalPlanBuilder::new(plan).cross_join(inner)?.build()?);
        }
        let mut exprs = columns(&inner.values);
        exprs.push(named);
        let inner = Independent { plan: projection(inner_plan, exprs)?, ..inner };
        let kept = vec![Expr::Column(column.clone())];
        self.join_back(plan, inner, JoinType::Left, kept)
    }

    /// `value IN (subquery)`: true where it meets one, else NULL where either is, else false.
    fn attach_in(
        &self,
        plan: LogicalPlan,
        column: &Column,
        value: TypedExpr,
        relation: Relation,
        outer: Vec<OuterColumn>,
    ) -> SqlResult<LogicalPlan> {
        let inner_value = relation.fields[0].typed();
        let inner = self.independent(&plan, relation, outer)?;
        let (count, given) =
            (self.column("count", &Type::Bigint), self.column("given", &Type::Bigint));
        let counts = vec![
            call(count_udaf(), lit(1_i64)).alias(&count.name),
            call(count_udaf(), inner_value.expr.clone()).alias(&given.name),
        ];
        let statistics = Independent {
            plan: aggregate(inner.plan.clone(), &inner.values, counts)?,
            values: inner.values.clone(),
            outer: inner.outer.clone(),
        };
        let mut kept = vec![Expr::Column(count.clone()), Expr::Column(given.clone())];
        let plan = self.join_back(plan, statistics, JoinType::Left, kept.clone())?;
        // The distinct values that can be met.
        let (key, mark) =
            (self.column("key", &value.data_type), self.column("mark", &Type::Boolean));
        let matches = self.keyed(&inner, inner_value, &key)?;
        let mut exprs = columns(&matches.values);
        exprs.push(lit(true).alias(&mark.name));
        let matches = Independent { plan: projection(matches.plan, exprs)?, ..matches };
        let wanted = TypedExpr::new(self.group_key(value.clone()), value.data_type.clone());
        let matches = Independent { outer: [matches.outer, vec![wanted]].concat(), ..matches };
        kept.clear();
        let found = Expr::IsNotNull(Box::new(Expr::Column(mark)));
        let null = lit(datafusion::common::ScalarValue::Boolean(None));
        let (count, given) = (Expr::Column(count), Expr::Column(given));
        let nothing = or(Expr::IsNull(Box::new(count.clone())), count.clone().eq(lit(0_i64)));
        let result = case_when(
            vec![
                (nothing, lit(false)),
                (Expr::IsNull(Box::new(value.expr)), null.clone()),
                (found, lit(true)),
                (count.gt(given), null),
            ],
            Some(lit(false)),
        );
        self.join_back(plan, matches, JoinType::Left, vec![result.alias(&column.name)])
    }

    /// Returns the distinct values of a subquery that are not NULL, with those that it used.
    fn keyed(&self, inner: &Independent, value: TypedExpr, key: &Column) -> SqlResult<Independent> {
        let mut exprs = columns(&inner.values);
        exprs.push(self.group_key(value).alias(&key.name));
        let plan = projection(inner.plan.clone(), exprs)?;
        let given = Expr::IsNotNull(Box::new(Expr::Column(key.clone())));
        let plan = LogicalPlanBuilder::new(plan).filter(given)?.build()?;
        let plan = LogicalPlanBuilder::new(plan).distinct()?.build()?;
        let mut values = inner.values.clone();
        values.push(key.clone());
        Ok(Independent { plan, values, outer: inner.outer.clone() })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a quantified comparison")]
    fn attach_quantified(
        &self,
        plan: LogicalPlan,
        column: &Column,
        operator: Comparison,
        all: bool,
        value: TypedExpr,
        relation: Relation,
        outer: Vec<OuterColumn>,
    ) -> SqlResult<LogicalPlan> {
        let at = Position { line: 1, column: 1 };
        let inner_value = relation.fields[0].typed();
        let inner = self.independent(&plan, relation, outer)?;
        let state = ClauseState::select();
        let context = QueryContext::default();
        let exprs = self.exprs(Scope::of(&[], None), &state, &context);
        let extreme = |name: &str| {
            let arguments = vec![Argument::Value(inner_value.clone())];
            exprs.aggregate_values(name, arguments, at)
        };
        let (least, most) = (extreme("min")?, extreme("max")?);
        let count = self.column("count", &Type::Bigint);
        let given = self.column("given", &Type::Bigint);
        let mut calls = vec![
            call(count_udaf(), lit(1_i64)).alias(&count.name),
            call(count_udaf(), inner_value.expr.clone()).alias(&given.name),
        ];
        let made = state.aggregates.map(RefCell::into_inner).unwrap_or_default();
        calls.extend(made.iter().map(|call| call.expr.clone().alias(&call.column.name)));
        let aggregated = aggregate(inner.plan.clone(), &inner.values, calls)?;
        let statistics = Independent { plan: aggregated, ..inner };
        let state = ClauseState::scalar("comparison");
        let exprs = self.exprs(Scope::of(&[], None), &state, &context);
        let compare = |operator, other: TypedExpr| {
            let (value, other) = (value.clone().located(at), other.located(at));
            exprs.compare(operator, value, other, at).map(|typed| typed.expr)
        };
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let met = match (operator, all) {
            (Less | LessOrEqual, true) | (Greater | GreaterOrEqual, false) => {
                compare(operator, least)?
            }
            (Less | LessOrEqual, false) | (Greater | GreaterOrEqual, true) => {
                compare(operator, most)?
            }
            (Equal, _) => and(compare(Equal, least)?, compare(Equal, most)?),
            (NotEqual, _) => or(compare(NotEqual, least)?, compare(NotEqual, most)?),
        };
        let (count, given) = (Expr::Column(count), Expr::Column(given));
        let nothing = or(Expr::IsNull(Box::new(count.clone())), count.clone().eq(lit(0_i64)));
        let null = lit(datafusion::common::ScalarValue::Boolean(None));
        // ALL fails for one that is not met, ANY is met by one; otherwise a NULL leaves it open.
        let decided = if all { not(met.clone()) } else { met.clone() };
        let result = case_when(
            vec![
                (nothing, lit(all)),
                (Expr::IsNull(Box::new(value.expr.clone())), null.clone()),
                (decided, lit(!all)),
                (count.gt(given), null),
            ],
            Some(met),
        );
        self.join_back(plan, statistics, JoinType::Left, vec![result.alias(&column.name)])
    }

    /// Keeps the rows for which a subquery has rows (or, negated, none), or one with a value.
    pub(crate) fn semi_join(
        &self,
        plan: LogicalPlan,
        subquery: PlannedSubquery,
        negated: bool,
    ) -> SqlResult<LogicalPlan> {
        let join = if negated { JoinType::LeftAnti } else { JoinType::LeftSemi };
        match subquery.kind {
            SubqueryKind::In { ref value } => {
                let inner_value = subquery.relation.fields[0].typed();
                let value = value.clone();
                let inner = self.independent(&plan, subquery.relation, subquery.outer)?;
                let key = self.column("key", &value.data_type);
                let data_type = inner_value.data_type.clone();
                let mut exprs = columns(&inner.values);
                exprs.push(self.group_key(inner_value).alias(&key.name));
                let matches = projection(inner.plan, exprs)?;
                let given = Expr::IsNotNull(Box::new(Expr::Column(key.clone())));
                let matches = LogicalPlanBuilder::new(matches).filter(given)?.build()?;
                let wanted = TypedExpr::new(self.group_key(value), data_type);
                let inner = Independent {
                    plan: matches,
                    values: [inner.values, vec![key]].concat(),
                    outer: [inner.outer, vec![wanted]].concat(),
                };
                self.join_back(plan, inner, join, Vec::new())
            }
            SubqueryKind::Exists if !subquery.outer.is_empty() => {
                let inner = self.independent(&plan, subquery.relation, subquery.outer)?;
                let inner = Independent { plan: self.distinct_columns(&inner)?, ..inner };
                self.join_back(plan, inner, join, Vec::new())
            }
            _ => {
                let column = Expr::Column(subquery.column.clone());
                let kept = plan.schema().columns();
                let plan = self.attach(plan, subquery)?;
                let condition = if negated { not(column) } else { column };
                let plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
                projection(plan, columns(&kept))
            }
        }
    }

    /// A join of each row with the rows that a query over its columns gives.
    pub(crate) fn lateral(
        &self,
        left: Relation,
        right: Relation,
        outer: Vec<OuterColumn>,
        keep: bool,
    ) -> SqlResult<Relation> {
        let fields = [left.fields, right.fields.clone()].concat();
        let kept = right.fields.iter().map(|field| Expr::Column(field.column.clone())).collect();
        let join = if keep { JoinType::Left } else { JoinType::Inner };
        let inner = self.independent(&left.plan, right, outer)?;
        let plan = self.join_back(left.plan, inner, join, kept)?;
        Ok(Relation { plan, fields })
    }

    fn distinct_columns(&self, inner: &Independent) -> SqlResult<LogicalPlan> {
        let plan = projection(inner.plan.clone(), columns(&inner.values))?;
        Ok(LogicalPlanBuilder::new(plan).distinct()?.build()?)
    }

    /// Makes a subquery independent of the plan around it.
    fn independent(
        &self,
        around: &LogicalPlan,
        relation: Relation,
        outer: Vec<OuterColumn>,
    ) -> SqlResult<Independent> {
        if outer.is_empty() {
            let plan = relation.plan;
            return Ok(Independent { plan, values: Vec::new(), outer: Vec::new() });
        }
        let (plan, values) = self.decorrelate(around, relation.plan, &outer)?;
        let outer =
            outer.into_iter().map(|column| TypedExpr::new(column.expr, column.data_type)).collect();
        Ok(Independent { plan, values, outer })
    }

    /// Joins an independent subquery to the rows that it belongs to. The result has the columns of
    /// `plan`, and `more`.
    fn join_back(
        &self,
        plan: LogicalPlan,
        inner: Independent,
        join: JoinType,
        more: Vec<Expr>,
    ) -> SqlResult<LogicalPlan> {
        let mut kept = columns(&plan.schema().columns());
        let mut left = plan;
        // Keys must be columns.
        let mut made = kept.clone();
        let mut keys = Vec::new();
        for typed in &inner.outer {
            match &typed.expr {
                Expr::Column(column) => keys.push(column.clone()),
                expr => {
                    let key = self.raw_column("match", self.physical_type(typed));
                    made.push(expr.clone().alias(&key.name));
                    keys.push(key);
                }
            }
        }
        if made.len() > kept.len() {
            left = projection(left, made)?;
        }
        let joined = if keys.is_empty() {
            // Rows stay in their order: what is joined to them comes first, as DataFusion builds its
            // table from the left.
            let condition = Some(lit(true));
            LogicalPlanBuilder::new(inner.plan).join_on(left, join.swap(), condition)?.build()?
        } else {
            if keys.len() != inner.values.len() {
                return Err(SqlError::internal("a subquery with other keys than its query"));
            }
            LogicalPlanBuilder::new(inner.plan)
                .join_detailed(
                    left,
                    join.swap(),
                    (inner.values, keys),
                    None,
                    NullEquality::NullEqualsNull,
                )?
                .build()?
        };
        kept.extend(more);
        projection(joined, kept)
    }
}
