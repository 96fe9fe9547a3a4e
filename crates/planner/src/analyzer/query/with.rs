//! WITH: named queries, each planned once.

use crate::analyzer::context::{Meaning, NamedRelation, OUTSIDE_FROM, QueryContext};
use crate::analyzer::query::recursive::refers_to_itself;
use crate::analyzer::scope::Relation;
use crate::analyzer::{Analyzer, MAX_PLAN_NODES, error, has_nodes, too_large};
use std::cell::Cell;
use traillake_sql_parser::ast::{Body, Ident, NamedQuery, Query, SetKind};
use traillake_sql_types::error::{Code, Position, SqlResult};

impl Analyzer<'_> {
    pub(crate) fn with(
        &self,
        queries: &[NamedQuery],
        recursive: bool,
        query: &Query,
        context: &QueryContext<'_>,
    ) -> SqlResult<(Relation, bool)> {
        let Some((first, rest)) = queries.split_first() else {
            return self.query_body(query, context);
        };
        let name = first.name.lower();
        if rest.iter().any(|other| other.name.lower() == name) {
            let message = format!("WITH query name '{name}' specified more than once");
            return error(Code::DuplicateNamedQuery, first.name.at, message);
        }
        let relation = self.named_query(first, recursive, context)?;
        let meaning = Meaning::Query { relation, used: Cell::new(false) };
        let named = NamedRelation { name, meaning, around: context.named };
        let context = QueryContext { named: Some(&named), ..*context };
        self.with(rest, recursive, query, &context)
    }

    /// Plans a named query where it is defined: what is wrong with it is wrong even if nothing uses it.
    fn named_query(
        &self,
        query: &NamedQuery,
        recursive: bool,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let mut relation = match &query.query.body {
            Body::SetOperation(set) if recursive && set.kind == SetKind::Union => {
                if refers_to_itself(query) {
                    self.recursive(query, set, context)?
                } else {
                    self.not_recursive(query, Some(set.at), context)?
                }
            }
            _ if recursive => self.not_recursive(query, None, context)?,
            _ => self.query(&query.query, context)?.0,
        };
        if has_nodes(&relation.plan, MAX_PLAN_NODES)? {
            return Err(too_large().at(query.name.at));
        }
        if let Some(columns) = &query.columns {
            self.rename(&mut relation, columns, query.name.at)?;
        }
        Ok(relation)
    }

    /// Plans a query of WITH RECURSIVE that is not to refer to itself.
    fn not_recursive(
        &self,
        query: &NamedQuery,
        step: Option<Position>,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let (name, meaning) = (query.name.lower(), Meaning::Itself { step });
        let named = NamedRelation { name, meaning, around: context.named };
        let context = QueryContext { named: Some(&named), ..*context };
        Ok(self.query(&query.query, &context)?.0)
    }

    /// What the name of a query means where it stands.
    pub(crate) fn reference(
        &self,
        named: &NamedRelation<'_>,
        name: &Ident,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let relation = match &named.meaning {
            Meaning::Itself { step } => {
                let message = match step {
                    None => "recursive reference not allowed in this context".to_owned(),
                    Some(step) if name.at < *step => {
                        "WITH table name is referenced in the base relation of recursion".to_owned()
                    }
                    Some(_) => format!("recursive reference {OUTSIDE_FROM}"),
                };
                return error(Code::InvalidRecursiveReference, name.at, message);
            }
            Meaning::Working { relation, used } => {
                if used.replace(true) {
                    let message = "multiple recursive references in the step relation of recursion";
                    return error(Code::InvalidRecursiveReference, name.at, message);
                }
                if let Some(barred) = context.barred {
                    let message = format!("recursive reference {barred}");
                    return error(Code::InvalidRecursiveReference, name.at, message);
                }
                self.with_fresh_columns(relation)?
            }
            Meaning::Query { relation, used } if used.replace(true) => self.copy(relation)?,
            Meaning::Query { relation, .. } => relation.clone(),
        };
        Ok(relation.qualified_as(&[name.lower()]))
    }
}
