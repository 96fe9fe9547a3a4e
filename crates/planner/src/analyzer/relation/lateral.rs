//! LATERAL and UNNEST beside other relations.

use crate::analyzer::context::QueryContext;
use crate::analyzer::scope::{OuterScope, Relation, Scope};
use crate::analyzer::state::ClauseState;
use crate::analyzer::{Analyzer, error};
use datafusion::common::JoinType;
use datafusion::logical_expr::LogicalPlanBuilder;
use std::cell::RefCell;
use traillake_sql_parser::ast::{
    Expr as Ast, Ident, JoinCondition, JoinKind, Query, Relation as Item, RelationKind,
};
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl Analyzer<'_> {
    /// A join whose right side sees the columns of the left.
    pub(crate) fn lateral_join(
        &self,
        kind: JoinKind,
        left: Relation,
        lateral: &Lateral<'_>,
        condition: &JoinCondition,
        context: &QueryContext<'_>,
        at: Position,
    ) -> SqlResult<Relation> {
        let on = match condition {
            JoinCondition::None => None,
            JoinCondition::On(on) => Some(on),
            JoinCondition::Using(_) | JoinCondition::Natural => {
                return error(
                    Code::NotSupported,
                    at,
                    format!("{} joins with USING are not supported", lateral.what()),
                );
            }
        };
        let keep = kind == JoinKind::Left;
        let is_true =
            |on: &Ast| matches!(on.kind, traillake_sql_parser::ast::ExprKind::Boolean(true));
        let width = left.fields.len();
        let relation = match lateral.inner {
            LateralKind::Unnest { arrays, ordinality } => {
                if keep && !on.is_some_and(is_true) {
                    return error(
                        Code::NotSupported,
                        at,
                        "LEFT JOIN involving UNNEST is only supported with condition ON TRUE",
                    );
                }
                let relation = self.unnest(left, arrays, ordinality, keep, context)?;
                let names = lateral.alias.and_then(|(_, columns)| columns);
                self.rows_of(relation, arrays, names, width)?
            }
            LateralKind::Query(query) => {
                let outer = OuterScope {
                    scope: Scope::of(&left.fields, context.outer),
                    used: RefCell::default(),
                };
                let inner = QueryContext { outer: Some(&outer), ..*context };
                let (right, _) = self.query(query, &inner)?;
                let used = outer.used.into_inner();
                if used.is_empty() && keep {
                    // Nothing of the left is used: a join like any other.
                    let right = match lateral.alias {
                        Some((name, columns)) => self.aliased(right, name, columns, 0)?,
                        None => right,
                    };
                    return match on {
                        Some(on) => self.join_on(JoinType::Left, left, right, on, context),
                        None => Err(SqlError::internal("a left join without a condition")),
                    };
                }
                if keep && !on.is_some_and(is_true) {
                    return error(
                        Code::NotSupported,
                        at,
                        "LEFT JOIN involving LATERAL relation is only supported with condition ON TRUE",
                    );
                }
                self.lateral(left, right, used, keep)?
            }
        };
        let relation = match lateral.alias {
            Some((name, columns)) => self.aliased(relation, name, columns, width)?,
            None => relation,
        };
        match on {
            Some(on) if !is_true(on) => {
                let state = ClauseState::scalar("JOIN clause");
                let scope = Scope::of(&relation.fields, context.outer);
                let condition =
                    self.exprs(scope, &state, context).condition(on, "JOIN ON clause")?;
                let plan = self.attach_all(relation.plan, state.subqueries.into_inner())?;
                let plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
                Ok(Relation { plan, fields: relation.fields })
            }
            _ => Ok(relation),
        }
    }
}

/// The right side of a join that sees the left.
pub(crate) struct Lateral<'a> {
    pub(crate) inner: LateralKind<'a>,
    pub(crate) alias: Option<(&'a Ident, Option<&'a [Ident]>)>,
}

pub(crate) enum LateralKind<'a> {
    Unnest { arrays: &'a [Ast], ordinality: bool },
    Query(&'a Query),
}

impl<'a> Lateral<'a> {
    pub(crate) fn of(relation: &'a Item) -> Option<Self> {
        match &relation.kind {
            RelationKind::Unnest { arrays, ordinality } => {
                let inner = LateralKind::Unnest { arrays, ordinality: *ordinality };
                Some(Self { inner, alias: None })
            }
            RelationKind::Lateral(query) => {
                Some(Self { inner: LateralKind::Query(query), alias: None })
            }
            RelationKind::Alias { relation, name, columns } => {
                let inner = Self::of(relation)?;
                Some(Self { alias: Some((name, columns.as_deref())), ..inner })
            }
            _ => None,
        }
    }

    fn what(&self) -> &'static str {
        match self.inner {
            LateralKind::Unnest { .. } => "UNNEST",
            LateralKind::Query(_) => "LATERAL relation",
        }
    }
}
