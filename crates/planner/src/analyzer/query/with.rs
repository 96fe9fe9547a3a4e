//! WITH: named queries, each planned once.

use crate::analyzer::context::{Meaning, NamedRelation, QueryContext};
use crate::analyzer::query::recursive::refers_to_itself;
use crate::analyzer::scope::Relation;
use crate::analyzer::{Analyzer, MAX_PLAN_NODES, error, has_nodes, too_large};
use std::cell::Cell;
use traillake_sql_parser::ast::{Ident, NamedQuery, Query};
use traillake_sql_types::error::{Code, SqlResult};

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
        let mut relation = if recursive && refers_to_itself(query) {
            self.recursive(query, context)?
        } else {
            self.query(&query.query, context)?.0
        };
        if has_nodes(&relation.plan, MAX_PLAN_NODES)? {
            return Err(too_large().at(query.name.at));
        }
        if let Some(columns) = &query.columns {
            self.rename(&mut relation, columns, query.name.at)?;
        }
        Ok(relation)
    }

    /// What the name of a query means where it stands.
    pub(crate) fn reference(&self, named: &NamedRelation<'_>, name: &Ident) -> SqlResult<Relation> {
        let relation = match &named.meaning {
            Meaning::Working(relation) => self.with_fresh_columns(relation)?,
            Meaning::Query { relation, used } if used.replace(true) => self.copy(relation)?,
            Meaning::Query { relation, .. } => relation.clone(),
        };
        Ok(relation.qualified_as(&[name.lower()]))
    }
}
