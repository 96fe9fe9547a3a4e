//! WITH RECURSIVE.
//!
//! As in Trino the recursion is unrolled up to a depth of ten; a query that wants more fails. The step is
//! planned once, and copied for each round.

use crate::analyzer::context::{Meaning, NamedRelation, OUTSIDE_FROM, QueryContext};
use crate::analyzer::query::copy::Replacement;
use crate::analyzer::scope::{Field, Relation};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error, has_nodes};
use arrow::datatypes::{Field as ArrowField, Schema};
use datafusion::common::DFSchema;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, LogicalPlanBuilder};
use std::cell::Cell;
use std::sync::Arc;
use traillake_functions::FAIL;
use traillake_sql_parser::ast::{
    Body, Limit, NamedQuery, Query, Relation as Item, RelationKind, SetKind, SetOperation,
};
use traillake_sql_types::Type;
use traillake_sql_types::coercion::coerces;
use traillake_sql_types::error::{Code, SqlResult};

/// Deepest recursion, Trino's `max_recursion_depth`.
const MAX_DEPTH: usize = 10;

/// Whether a named query's FROM clauses name itself.
pub(crate) fn refers_to_itself(query: &NamedQuery) -> bool {
    query_mentions(&query.query, &query.name.lower())
}

fn query_mentions(query: &Query, name: &str) -> bool {
    let shadowed = query.with.as_ref().is_some_and(|w| w.queries.iter().any(|q| q.name.is(name)));
    let with = query.with.iter().flat_map(|with| &with.queries);
    (!shadowed && body_mentions(&query.body, name))
        || with.into_iter().any(|inner| query_mentions(&inner.query, name))
}

fn body_mentions(body: &Body, name: &str) -> bool {
    match body {
        Body::Select(select) => select.from.as_ref().is_some_and(|from| mentions(from, name)),
        Body::SetOperation(set) => {
            body_mentions(&set.left, name) || body_mentions(&set.right, name)
        }
        Body::Query(query) => query_mentions(query, name),
        Body::Table(table) => matches!(table.parts.as_slice(), [only] if only.is(name)),
        Body::Values { .. } => false,
    }
}

/// Whether what a step gives comes from FROM clauses, all of whose rows count.
fn has_from(step: &Body) -> bool {
    match step {
        Body::Select(_) => true,
        Body::SetOperation(set) => set.kind == SetKind::Union,
        Body::Query(query) => has_from(&query.body),
        Body::Table(_) | Body::Values { .. } => false,
    }
}

fn mentions(item: &Item, name: &str) -> bool {
    match &item.kind {
        RelationKind::Table(table) => {
            matches!(table.parts.as_slice(), [only] if only.is(name))
        }
        RelationKind::Query(query) | RelationKind::Lateral(query) => query_mentions(query, name),
        RelationKind::Join { left, right, .. } => mentions(left, name) || mentions(right, name),
        RelationKind::Alias { relation, .. } | RelationKind::Sample { relation, .. } => {
            mentions(relation, name)
        }
        RelationKind::Unnest { .. } | RelationKind::Function { .. } => false,
    }
}

/// Nodes of a plan that a step may become in the last rounds. A correlated subquery plans what it is
/// correlated with once more, so that each round doubles the step.
const LARGEST_STEP: usize = 1_000;

impl Analyzer<'_> {
    pub(crate) fn recursive(
        &self,
        query: &NamedQuery,
        set: &SetOperation,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let at = query.name.at;
        let name = query.name.lower();
        let Some(columns) = &query.columns else {
            return error(
                Code::MissingColumnAliases,
                at,
                "missing column aliases in recursive WITH query",
            );
        };
        let Query { order, offset, limit, .. } = &query.query;
        if !order.is_empty() {
            let message = "immediate ORDER BY clause in recursive query";
            return error(Code::NotSupported, at, message);
        }
        if offset.is_some() {
            return error(Code::NotSupported, at, "immediate OFFSET clause in recursive query");
        }
        if !matches!(limit, Limit::None) {
            let message = "immediate FETCH FIRST / LIMIT clause in recursive query";
            return error(Code::InvalidLimitClause, at, message);
        }
        let meaning = Meaning::Itself { step: Some(set.at) };
        let named = NamedRelation { name: name.clone(), meaning, around: context.named };
        let base = self.body(&set.left, &QueryContext { named: Some(&named), ..*context })?;
        let data_types: Vec<_> = base.fields.iter().map(|field| field.data_type.clone()).collect();
        let mut latest = self.coerce_columns(base, &data_types, at)?;
        self.rename(&mut latest, columns, at)?;
        let mut all = latest.clone();
        let working = self.leaf_like(&latest)?;
        let meaning = Meaning::Working { relation: working.clone(), used: Cell::new(false) };
        let named = NamedRelation { name, meaning, around: context.named };
        let barred = (!has_from(&set.right)).then_some(OUTSIDE_FROM);
        let inside = QueryContext { named: Some(&named), barred, ..*context };
        let step = self.body(&set.right, &inside)?;
        if step.fields.len() != data_types.len() {
            let message = format!(
                "base and step relations of recursion have different number of fields: {}, {}",
                data_types.len(),
                step.fields.len()
            );
            return error(Code::TypeMismatch, at, message);
        }
        for (place, (field, data_type)) in step.fields.iter().zip(&data_types).enumerate() {
            if !coerces(&field.data_type, data_type) {
                let message = format!(
                    "recursion step relation output type ({}) is not coercible to recursion base relation output type ({data_type}) at column {}",
                    field.data_type,
                    place + 1
                );
                return error(Code::TypeMismatch, at, message);
            }
        }
        let mut step = self.coerce_columns(step, &data_types, at)?;
        self.rename(&mut step, columns, at)?;
        for depth in 0..=MAX_DEPTH {
            let replacement = Replacement { leaf: &working, by: &latest };
            let mut round = self.copy_replacing(&step, replacement)?;
            if has_nodes(&round.plan, LARGEST_STEP)? {
                return error(
                    Code::StatementTooLarge,
                    at,
                    "a recursive query whose step has a correlated subquery doubles with each round; this one becomes too large",
                );
            }
            if depth == MAX_DEPTH {
                // Whatever is left is too deep.
                let message = TypedExpr::varchar(format!(
                    "Recursion depth limit exceeded ({MAX_DEPTH}). Use 'max_recursion_depth' session property to modify the limit."
                ));
                let fail = self.function(&FAIL, vec![message], Type::Boolean);
                // No filter moves below a limit: this one must see what the step gives.
                let most = usize::try_from(i64::MAX).unwrap_or(usize::MAX);
                round.plan = LogicalPlanBuilder::new(round.plan)
                    .limit(0, Some(most))?
                    .filter(fail.expr)?
                    .build()?;
            }
            let with_fresh_columns = self.with_fresh_columns(&round)?;
            all.plan = LogicalPlanBuilder::new(all.plan).union(with_fresh_columns.plan)?.build()?;
            latest = round;
        }
        if !set.all {
            let columns =
                all.fields.iter().map(|f| (f.column.clone(), f.data_type.clone())).collect();
            all.plan = self.distinct(all.plan, columns)?;
        }
        Ok(all)
    }

    /// A leaf of the same columns: the step is planned over it once, and it is replaced in each round.
    fn leaf_like(&self, relation: &Relation) -> SqlResult<Relation> {
        let mut fields = Vec::new();
        let mut arrow_fields = Vec::new();
        for field in &relation.fields {
            let physical = self.physical_type(&field.typed());
            let column = self.raw_column("working", physical.clone());
            arrow_fields.push(ArrowField::new(&column.name, physical, true));
            fields.push(Field { column, ..field.clone() });
        }
        let schema = DFSchema::try_from(Schema::new(arrow_fields))?;
        let leaf = EmptyRelation { produce_one_row: false, schema: Arc::new(schema) };
        Ok(Relation { plan: LogicalPlan::EmptyRelation(leaf), fields })
    }
}
