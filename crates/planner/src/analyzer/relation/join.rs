//! Joins.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::{and, case_when, projection};
use crate::analyzer::query::values::always;
use crate::analyzer::relation::lateral::Lateral;
use crate::analyzer::scope::{Field, Relation, Scope};
use crate::analyzer::state::{ClauseState, PlannedSubquery, SubqueryKind};
use crate::analyzer::{Analyzer, error};
use datafusion::common::{Column, JoinType};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use traillake_sql_parser::ast::{
    Comparison, Expr as Ast, Ident, JoinCondition, JoinKind, Relation as Item,
};
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlResult};

impl Analyzer<'_> {
    pub(crate) fn join(
        &self,
        kind: JoinKind,
        left: &Item,
        right: &Item,
        condition: &JoinCondition,
        context: &QueryContext<'_>,
        at: Position,
    ) -> SqlResult<Relation> {
        let barred = |barred| QueryContext { barred: context.barred.or(barred), ..*context };
        let left = self.relation(
            left,
            &barred(match kind {
                JoinKind::Right => Some("in left source of RIGHT join"),
                JoinKind::Full => Some("in left source of FULL join"),
                _ => None,
            }),
        )?;
        let context = &barred(match kind {
            JoinKind::Left => Some("in right source of LEFT join"),
            JoinKind::Full => Some("in right source of FULL join"),
            _ => None,
        });
        // What a right or full join keeps cannot depend on the left.
        let dependent = !matches!(kind, JoinKind::Right | JoinKind::Full);
        if let Some(lateral) = Lateral::of(right).filter(|_| dependent) {
            return self.lateral_join(kind, left, &lateral, condition, context, at);
        }
        let right = self.relation(right, context)?;
        let join_type = join_type(kind);
        match condition {
            JoinCondition::None => {
                let plan = LogicalPlanBuilder::new(left.plan).cross_join(right.plan)?.build()?;
                let fields = [left.fields, right.fields].concat();
                Ok(Relation { plan, fields })
            }
            JoinCondition::On(on) => self.join_on(join_type, left, right, on, context),
            JoinCondition::Using(columns) => self.join_using(join_type, left, right, columns, at),
            JoinCondition::Natural => error(Code::NotSupported, at, "Natural join not supported"),
        }
    }

    pub(crate) fn join_on(
        &self,
        join_type: JoinType,
        left: Relation,
        right: Relation,
        on: &Ast,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let fields = [left.fields.clone(), right.fields.clone()].concat();
        let state = ClauseState::scalar("JOIN clause");
        let scope = Scope::of(&fields, context.outer);
        let condition = self.exprs(scope, &state, context).condition(on, "JOIN ON clause")?;
        let (mut left_plan, mut right_plan) = (left.plan, right.plan);
        let mut after: Vec<PlannedSubquery> = Vec::new();
        for subquery in state.subqueries.into_inner() {
            // A subquery belongs to the side whose columns it uses.
            let uses = |fields: &[Field]| pending_uses(&subquery, fields);
            if !uses(&right.fields) {
                left_plan = self.attach_all(left_plan, vec![subquery])?;
            } else if !uses(&left.fields) {
                right_plan = self.attach_all(right_plan, vec![subquery])?;
            } else if join_type == JoinType::Inner {
                after.push(subquery);
            } else {
                return error(
                    Code::NotSupported,
                    on.at,
                    "subqueries over both sides of an outer join's condition are not supported yet",
                );
            }
        }
        if after.is_empty() {
            let plan = join_plan(left_plan, right_plan, join_type, condition)?;
            return Ok(Relation { plan, fields });
        }
        let plan = LogicalPlanBuilder::new(left_plan).cross_join(right_plan)?.build()?;
        let plan = self.attach_all(plan, after)?;
        let plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
        Ok(Relation { plan, fields })
    }

    fn join_using(
        &self,
        join_type: JoinType,
        left: Relation,
        right: Relation,
        columns: &[Ident],
        at: Position,
    ) -> SqlResult<Relation> {
        let state = ClauseState::scalar("JOIN clause");
        let context = QueryContext::default();
        let fields = [left.fields.clone(), right.fields.clone()].concat();
        let exprs = self.exprs(Scope::of(&fields, None), &state, &context);
        let mut condition: Option<Expr> = None;
        let mut merged = Vec::new();
        let mut used: Vec<Column> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for name in columns {
            let find = |fields: &[Field], side: &str| {
                let mut found = fields.iter().filter(|f| f.name.as_deref() == Some(&name.lower()));
                match (found.next(), found.next()) {
                    (Some(field), None) => Ok(field.clone()),
                    (Some(_), Some(_)) => error(
                        Code::AmbiguousName,
                        name.at,
                        format!("Column '{}' is ambiguous", name.lower()),
                    ),
                    (None, _) => error(
                        Code::ColumnNotFound,
                        name.at,
                        format!("Column '{}' is missing from {side} side of join", name.lower()),
                    ),
                }
            };
            if seen.contains(&name.lower()) {
                return error(
                    Code::DuplicateColumnName,
                    name.at,
                    format!("Column '{}' appears multiple times in USING clause", name.lower()),
                );
            }
            seen.push(name.lower());
            let (a, b) = (find(&left.fields, "left")?, find(&right.fields, "right")?);
            let Some(data_type) = common_type(&a.data_type, &b.data_type) else {
                let message = format!(
                    "Column Types of '{}' do not match: {} and {}",
                    name.lower(),
                    a.data_type,
                    b.data_type
                );
                return error(Code::TypeMismatch, at, message);
            };
            let equal = {
                let (a, b) = (a.typed().located(at), b.typed().located(at));
                exprs.compare(Comparison::Equal, a, b, at)?.expr
            };
            condition = Some(match condition {
                Some(condition) => and(condition, equal),
                None => equal,
            });
            let left_value = self.canonical(self.coerce(a.typed(), &data_type, at)?);
            let right_value = self.canonical(self.coerce(b.typed(), &data_type, at)?);
            let value = match join_type {
                JoinType::Right => right_value.expr,
                JoinType::Full => case_when(
                    vec![(Expr::IsNotNull(Box::new(left_value.expr.clone())), left_value.expr)],
                    Some(right_value.expr),
                ),
                _ => left_value.expr,
            };
            used.extend([a.column.clone(), b.column.clone()]);
            merged.push((value, data_type, name));
        }
        let condition = condition.unwrap_or_else(always);
        let plan = join_plan(left.plan, right.plan, join_type, condition)?;
        let mut exprs = Vec::new();
        let mut out = Vec::new();
        for (value, data_type, name) in merged {
            let column = self.column(&name.lower(), &data_type);
            exprs.push(value.alias(&column.name));
            let label = Some(name.value.clone());
            out.push(Field::new(Some(name.lower()), label, column, data_type));
        }
        for field in fields.into_iter().filter(|field| !used.contains(&field.column)) {
            exprs.push(Expr::Column(field.column.clone()));
            out.push(field);
        }
        Ok(Relation { plan: projection(plan, exprs)?, fields: out })
    }
}

fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
        JoinKind::Inner | JoinKind::Cross | JoinKind::Implicit => JoinType::Inner,
    }
}

fn join_plan(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    condition: Expr,
) -> SqlResult<LogicalPlan> {
    Ok(LogicalPlanBuilder::new(left).join_on(right, join_type, Some(condition))?.build()?)
}

fn pending_uses(subquery: &PlannedSubquery, fields: &[Field]) -> bool {
    use SubqueryKind;
    let holds = |expr: &Expr| {
        expr.column_refs().into_iter().any(|c| fields.iter().any(|field| field.column == *c))
    };
    let value = match &subquery.kind {
        SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => holds(&value.expr),
        SubqueryKind::Scalar | SubqueryKind::Exists => false,
    };
    value || subquery.outer.iter().any(|outer| holds(&outer.expr))
}
