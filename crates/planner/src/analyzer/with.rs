//! WITH: named queries, each planned once.

use super::query::{Context, projection};
use super::scope::{Field, Relation};
use super::{Analyzer, MAX_PLAN_NODES, error, has_nodes, too_large};
use std::cell::Cell;
use traillake_sql_parser::ast::{Ident, NamedQuery, Query};
use traillake_sql_types::error::{Code, SqlResult};

/// A query by its name.
pub(crate) struct Named<'a> {
    pub(crate) name: String,
    pub(crate) meaning: Meaning,
    /// Those that are visible where it is defined.
    pub(crate) around: Option<&'a Named<'a>>,
}

/// What the name of a query stands for.
pub(crate) enum Meaning {
    /// A plan. It stands as it is where the name is used first; elsewhere stand copies of it.
    Query { relation: Relation, used: Cell<bool> },
    /// What a recursive query gave in the round before.
    Working(Relation),
}

impl Analyzer<'_> {
    pub(crate) fn with(
        &self,
        queries: &[NamedQuery],
        recursive: bool,
        query: &Query,
        context: &Context<'_>,
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
        let named = Named { name, meaning, around: context.named };
        let context = Context { named: Some(&named), ..*context };
        self.with(rest, recursive, query, &context)
    }

    /// Plans a named query where it is defined: what is wrong with it is wrong even if nothing uses it.
    fn named_query(
        &self,
        query: &NamedQuery,
        recursive: bool,
        context: &Context<'_>,
    ) -> SqlResult<Relation> {
        let mut relation = if recursive && super::recursive::refers_to_itself(query) {
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
    pub(crate) fn reference(&self, named: &Named<'_>, name: &Ident) -> SqlResult<Relation> {
        let relation = match &named.meaning {
            Meaning::Working(relation) => self.renewed(relation)?,
            Meaning::Query { relation, used } if used.replace(true) => self.copy(relation)?,
            Meaning::Query { relation, .. } => relation.clone(),
        };
        Ok(relation.called(&[name.lower()]))
    }

    /// The same plan below columns of other names.
    pub(crate) fn renewed(&self, relation: &Relation) -> SqlResult<Relation> {
        let mut exprs = Vec::new();
        let mut fields = Vec::new();
        for field in &relation.fields {
            let typed = field.typed();
            let column =
                self.raw_column(field.name.as_deref().unwrap_or("column"), self.lies_as(&typed));
            exprs.push(typed.expr.alias(&column.name));
            fields.push(Field { column, ..field.clone() });
        }
        Ok(Relation { plan: projection(relation.plan.clone(), exprs)?, fields })
    }
}
