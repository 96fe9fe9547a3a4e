//! Queries: WITH, SELECT and its clauses, ORDER BY, LIMIT.

pub(crate) mod columns;
pub(crate) mod copy;
pub(crate) mod distinct;
pub(crate) mod group_by;
pub(crate) mod order_by;
pub(crate) mod recursive;
pub(crate) mod select;
pub(crate) mod set_operation;
pub(crate) mod values;
pub(crate) mod with;

use crate::analyzer::context::QueryContext;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::scope::{Relation, Scope};
use crate::analyzer::state::{ClauseState, Inside};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, with_stack};
use traillake_sql_parser::ast::{Body, Limit, Query};
use traillake_sql_types::error::{Position, SqlResult};

/// A column of the select list.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) typed: TypedExpr,
    pub(crate) name: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) at: Position,
}

impl Analyzer<'_> {
    /// Plans a query; tells whether it orders its rows.
    pub(crate) fn query(
        &self,
        query: &Query,
        context: &QueryContext<'_>,
    ) -> SqlResult<(Relation, bool)> {
        match &query.with {
            Some(with) => self.with(&with.queries, with.recursive, query, context),
            None => self.query_body(query, context),
        }
    }

    pub(crate) fn query_body(
        &self,
        query: &Query,
        context: &QueryContext<'_>,
    ) -> SqlResult<(Relation, bool)> {
        if let Body::Select(select) = &query.body {
            return self.select(select, Some(query), context);
        }
        let relation = self.body(&query.body, context)?;
        if query.order.is_empty() && query.offset.is_none() && matches!(query.limit, Limit::None) {
            return Ok((relation, false));
        }
        let state = ClauseState::scalar("ORDER BY");
        let exprs = self.exprs(Scope::of(&relation.fields, context.outer), &state, context);
        let items: Vec<_> = relation
            .fields
            .iter()
            .map(|field| Item {
                typed: field.typed(),
                name: field.name.clone(),
                label: field.label.clone(),
                at: query.at,
            })
            .collect();
        let order = self.order(&query.order, &items, &exprs)?;
        let plan = self.attach_all(relation.plan, state.subqueries.into_inner())?;
        self.ordered(plan, relation.fields, order, Vec::new(), query)
    }

    /// Analyzes expressions of a clause.
    pub(crate) fn exprs<'b>(
        &'b self,
        scope: Scope<'b>,
        state: &'b ClauseState,
        context: &'b QueryContext<'b>,
    ) -> ExpressionAnalyzer<'b> {
        ExpressionAnalyzer {
            analyzer: self,
            scope,
            state,
            context,
            windows: &[],
            inside: Inside::Clause,
        }
    }

    pub(crate) fn body(&self, body: &Body, context: &QueryContext<'_>) -> SqlResult<Relation> {
        with_stack(|| self.body_inside(body, context))
    }

    fn body_inside(&self, body: &Body, context: &QueryContext<'_>) -> SqlResult<Relation> {
        match body {
            Body::Select(select) => Ok(self.select(select, None, context)?.0),
            Body::Query(query) => Ok(self.query(query, context)?.0),
            Body::Table(name) => self.all_of_table(name, context),
            Body::Values { rows, at } => self.values(rows, *at, context),
            Body::SetOperation(set) => self.set_operation_of(set, false, context),
        }
    }
}
