//! What stands in FROM.

pub(crate) mod join;
pub(crate) mod lateral;
pub(crate) mod sample;
pub(crate) mod table;
pub(crate) mod table_function;
pub(crate) mod unnest;

use crate::analyzer::Analyzer;
use crate::analyzer::context::QueryContext;
use crate::analyzer::scope::Relation;
use datafusion::logical_expr::LogicalPlanBuilder;
use traillake_sql_parser::ast::{Ident, Relation as Item, RelationKind};
use traillake_sql_types::error::SqlResult;

impl Analyzer<'_> {
    pub(crate) fn relation(&self, ast: &Item, context: &QueryContext<'_>) -> SqlResult<Relation> {
        match &ast.kind {
            RelationKind::Table(name) => self.table(name, context),
            RelationKind::Query(query) => Ok(self.query(query, context)?.0),
            RelationKind::Lateral(query) => {
                // Nothing stands to the left: a plain query.
                Ok(self.query(query, context)?.0)
            }
            RelationKind::Unnest { arrays, ordinality } => {
                let one = LogicalPlanBuilder::empty(true).build()?;
                let nothing = Relation { plan: one, fields: Vec::new() };
                self.unnest(nothing, arrays, *ordinality, false, context)
            }
            RelationKind::Function { name, arguments } => {
                self.table_function(name, arguments, ast.at, context)
            }
            RelationKind::Alias { relation, name, columns } => {
                let mut inner = self.relation(relation, context)?;
                if let RelationKind::Unnest { arrays, .. } = &relation.kind {
                    inner = self.rows_of(inner, arrays, columns.as_deref(), 0)?;
                }
                self.aliased(inner, name, columns.as_deref(), 0)
            }
            RelationKind::Sample { relation, percent } => {
                let inner = self.relation(relation, context)?;
                self.sample(inner, percent, context)
            }
            RelationKind::Join { kind, left, right, condition } => {
                self.join(*kind, left, right, condition, context, ast.at)
            }
        }
    }

    /// Gives the fields from `first` on the name of a relation, and new names if there are any.
    pub(crate) fn aliased(
        &self,
        relation: Relation,
        name: &Ident,
        columns: Option<&[Ident]>,
        first: usize,
    ) -> SqlResult<Relation> {
        let mut relation = relation;
        let kept = relation.fields.drain(..first).collect::<Vec<_>>();
        if let Some(columns) = columns {
            // As in Trino: who names the columns anew names those that are seen.
            relation = relation.visible();
            self.rename(&mut relation, columns, name.at)?;
        }
        let mut relation = relation.qualified_as(&[name.lower()]);
        relation.fields.splice(..0, kept);
        Ok(relation)
    }
}
