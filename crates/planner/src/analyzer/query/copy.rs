//! Copies of plans. No two columns of a statement's plan are of one name, so all columns and scans of a
//! copy are numbered anew.

use crate::analyzer::logical::projection;
use crate::analyzer::scope::Relation;
use crate::analyzer::{Analyzer, MAX_PLAN_NODES, too_large, with_stack};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, TableReference};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Union};
use std::collections::HashMap;
use std::sync::Arc;
use traillake_sql_types::error::SqlResult;

/// The most nodes that are copied for a statement, nearly all of which become part of its plan: a plan
/// stands as it is where it is first used.
const MAX_COPIED_NODES: usize = 2 * MAX_PLAN_NODES;

/// A leaf of a plan, and what stands for it in a copy: a relation of the same types.
pub(crate) struct Replacement<'a> {
    pub(crate) leaf: &'a Relation,
    pub(crate) by: &'a Relation,
}

/// What names are in a copy.
struct PlanCopy<'a> {
    analyzer: &'a Analyzer<'a>,
    replacement: Option<Replacement<'a>>,
    names: HashMap<String, String>,
    scans: HashMap<TableReference, TableReference>,
}

impl Analyzer<'_> {
    /// The same relation with columns of other names throughout.
    pub(crate) fn copy(&self, relation: &Relation) -> SqlResult<Relation> {
        self.copied(relation, None)
    }

    /// A copy of a relation in which a leaf is replaced.
    pub(crate) fn copy_replacing(
        &self,
        relation: &Relation,
        replacement: Replacement<'_>,
    ) -> SqlResult<Relation> {
        self.copied(relation, Some(replacement))
    }

    pub(crate) fn copied(
        &self,
        relation: &Relation,
        replacement: Option<Replacement<'_>>,
    ) -> SqlResult<Relation> {
        let (names, scans) = (HashMap::new(), HashMap::new());
        let mut copy = PlanCopy { analyzer: self, replacement, names, scans };
        let plan = copy.plan(&relation.plan)?;
        let mut fields = relation.fields.clone();
        for field in &mut fields {
            field.column = copy.column(field.column.clone());
        }
        Ok(Relation { plan, fields })
    }
}

impl PlanCopy<'_> {
    fn plan(&mut self, plan: &LogicalPlan) -> SqlResult<LogicalPlan> {
        with_stack(|| self.node(plan))
    }

    fn node(&mut self, plan: &LogicalPlan) -> SqlResult<LogicalPlan> {
        let copied = self.analyzer.copied.get() + 1;
        self.analyzer.copied.set(copied);
        if copied > MAX_COPIED_NODES {
            return Err(too_large());
        }
        // What is below gives names to what is above.
        let inputs = plan.inputs().into_iter().map(|input| self.plan(input));
        let inputs = inputs.collect::<SqlResult<Vec<_>>>()?;
        match plan {
            LogicalPlan::TableScan(scan) => {
                let table = scan.table_name.table();
                let reference = self.analyzer.scan_reference(unnumbered(table).unwrap_or(table));
                self.scans.insert(scan.table_name.clone(), reference.clone());
                self.analyzer.note_scan(&reference, &scan.source.schema());
                let (source, projection) = (Arc::clone(&scan.source), scan.projection.clone());
                Ok(LogicalPlanBuilder::scan(reference, source, projection)?.build()?)
            }
            LogicalPlan::EmptyRelation(_) => self.leaf(plan),
            LogicalPlan::Values(_) => Ok(plan.clone()),
            // With other expressions it would keep the names of its columns.
            LogicalPlan::Union(_) => {
                let inputs = inputs.into_iter().map(Arc::new).collect();
                Ok(LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?))
            }
            _ => {
                let exprs = plan.expressions().into_iter().map(|expr| self.expr(expr));
                let exprs = exprs.collect::<SqlResult<Vec<_>>>()?;
                Ok(plan.with_new_exprs(exprs, inputs)?)
            }
        }
    }

    /// A leaf without rows, or what it is replaced by. Otherwise its columns keep their names: a leaf that
    /// is not replaced yet is known by them.
    fn leaf(&mut self, leaf: &LogicalPlan) -> SqlResult<LogicalPlan> {
        let replacement = self.replacement.as_ref();
        let Some(Replacement { leaf: known, by }) =
            replacement.filter(|replacement| replacement.leaf.plan.schema() == leaf.schema())
        else {
            let names = leaf.schema().fields().iter().map(|field| field.name());
            self.names.extend(names.map(|name| (name.clone(), name.clone())));
            return Ok(leaf.clone());
        };
        let names: Vec<_> = known.fields.iter().map(|field| field.column.name.clone()).collect();
        let (plan, fields) = (by.plan.clone(), by.fields.iter());
        let columns: Vec<_> = fields.map(|field| Expr::Column(field.column.clone())).collect();
        let pairs = columns.into_iter().zip(names);
        let exprs = pairs.map(|(column, name)| column.alias(self.name(&name))).collect();
        projection(plan, exprs)
    }

    /// References to values of a query around the plan stay what they are.
    fn expr(&mut self, expr: Expr) -> SqlResult<Expr> {
        let renamed = expr.transform(|node| {
            Ok(match node {
                Expr::Column(column) => Transformed::yes(Expr::Column(self.column(column))),
                Expr::Alias(mut alias) => {
                    alias.name = self.name(&alias.name);
                    Transformed::yes(Expr::Alias(alias))
                }
                other => Transformed::no(other),
            })
        })?;
        Ok(renamed.data)
    }

    fn column(&mut self, column: Column) -> Column {
        match &column.relation {
            None => Column::new_unqualified(self.name(&column.name)),
            Some(scan) => {
                let scan = self.scans.get(scan).unwrap_or(scan).clone();
                Column::new(Some(scan), column.name)
            }
        }
    }

    /// A name in the copy: another one for what the analyzer numbered.
    fn name(&mut self, name: &str) -> String {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let Some(base) = unnumbered(name) else { return name.to_owned() };
        let fresh = self.analyzer.fresh(base);
        let mut columns = self.analyzer.columns.borrow_mut();
        if let Some(physical) = columns.get(&Column::new_unqualified(name)).cloned() {
            columns.insert(Column::new_unqualified(&fresh), physical);
        }
        self.names.insert(name.to_owned(), fresh.clone());
        fresh
    }
}

/// Returns a name without the number that the analyzer gave it.
fn unnumbered(name: &str) -> Option<&str> {
    let (base, number) = name.rsplit_once(':')?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(base)
}
