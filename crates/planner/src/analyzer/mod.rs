//! Trino's syntax tree, typed by Trino's rules, to DataFusion's logical plan.
//!
//! Names, types, coercions, functions and subqueries are resolved here; what DataFusion gets has
//! nothing left to guess. Columns that the analyzer makes have names of their own (`total:7`), so no
//! two of a plan are alike; labels and Trino types travel beside the plan.
//!
//! * `query`, `with`, `relation`: queries, by name or not, and what stands in FROM;
//! * `copy`: plans that stand more than once in a statement's plan;
//! * `expr`, `call`, `aggregate`, `window`, `over`: expressions; they collect aggregates, windows and
//!   subqueries, which the query plans below itself;
//! * `lake`: what the Lake compares and Trino does not;
//! * `subquery`, `decorrelate`: subqueries as joins;
//! * `convert`: literals, casts, coercions, constant folding.

mod aggregate;
mod call;
mod convert;
mod copy;
mod decorrelate;
mod expr;
mod json;
mod lake;
mod over;
mod query;
mod recursive;
mod relation;
mod routine;
mod scope;
mod set;
mod show;
mod subquery;
#[cfg(test)]
mod tests;
mod types;
mod unnest;
mod window;
mod with;

use crate::catalog::Catalog;
use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};
use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use scope::{Field, Relation};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use traillake_sql_parser::ast::Statement;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};
use types::resolve as resolve_type;

/// A statement, ready for the optimizer.
#[derive(Debug, Clone)]
pub struct PlannedStatement {
    /// The plan; its columns have names that only the planner knows.
    pub plan: LogicalPlan,
    /// Labels of the columns, spelled as typed, and their types.
    pub columns: Vec<(String, Type)>,
    /// Whether rows come in an order that the statement asks for.
    pub ordered: bool,
}

/// Analyzes one statement.
pub(crate) struct Analyzer<'a> {
    catalog: &'a dyn Catalog,
    /// When the statement began.
    now: DateTime<Utc>,
    numbers: Cell<usize>,
    /// Arrow types of columns whose expressions are not canonical, and of those made here.
    columns: RefCell<HashMap<Column, DataType>>,
    /// How often a table was scanned.
    scans: RefCell<HashMap<String, usize>>,
    /// Nodes of plans that were copied.
    copied: Cell<usize>,
    /// Bodies of lambdas that were analyzed.
    lambda_bodies: Cell<usize>,
    /// How often each expression of the statement was analyzed, by its address.
    #[cfg(test)]
    analyzed: RefCell<HashMap<usize, usize>>,
}

/// Nodes of a plan that take seconds to optimize. No plan has as many, and no named query's.
const MAX_PLAN_NODES: usize = 20_000;

/// Plans a statement that begins at `now`, over the tables of a catalog.
///
/// # Errors
/// What is wrong with the statement, as Trino names it and with its place.
pub fn analyze(
    catalog: &dyn Catalog,
    now: DateTime<Utc>,
    statement: &Statement,
) -> SqlResult<PlannedStatement> {
    Analyzer::new(catalog, now).statement(statement)
}

impl<'a> Analyzer<'a> {
    fn new(catalog: &'a dyn Catalog, now: DateTime<Utc>) -> Self {
        Self {
            catalog,
            now,
            numbers: Cell::new(0),
            columns: RefCell::default(),
            scans: RefCell::default(),
            copied: Cell::new(0),
            lambda_bodies: Cell::new(0),
            #[cfg(test)]
            analyzed: RefCell::default(),
        }
    }

    fn statement(&self, statement: &Statement) -> SqlResult<PlannedStatement> {
        match statement {
            Statement::Query(query) => {
                let (relation, ordered) = self.query(query, &query::Context::default())?;
                if has_nodes(&relation.plan, MAX_PLAN_NODES)? {
                    return Err(too_large());
                }
                Ok(planned(relation, ordered))
            }
            Statement::Explain { analyze, statement } => {
                let Statement::Query(_) = &**statement else {
                    return Err(SqlError::unsupported("EXPLAIN of anything but a query"));
                };
                let inner = self.statement(statement)?;
                let plan = LogicalPlanBuilder::new(inner.plan).explain(false, *analyze)?.build()?;
                let columns = vec![
                    ("plan_type".to_owned(), Type::VARCHAR),
                    ("plan".to_owned(), Type::VARCHAR),
                ];
                Ok(PlannedStatement { plan, columns, ordered: true })
            }
            other => self.show(other),
        }
    }

    /// Returns a name that no other column of the statement has.
    fn fresh(&self, like: &str) -> String {
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        format!("{like}:{number}")
    }

    /// Makes a column with a name of its own, lying as its type does.
    fn column(&self, like: &str, kind: &Type) -> Column {
        let column = Column::new_unqualified(self.fresh(like));
        self.columns.borrow_mut().insert(column.clone(), arrow_type(kind));
        column
    }

    /// Makes a column with a name of its own for a value that lies as `data_type`.
    fn raw_column(&self, like: &str, data_type: DataType) -> Column {
        let column = Column::new_unqualified(self.fresh(like));
        self.columns.borrow_mut().insert(column.clone(), data_type);
        column
    }

    /// Returns how a column lies, where it may not lie as its type does.
    fn data_type(&self, column: &Column, kind: &Type) -> DataType {
        self.columns.borrow().get(column).cloned().unwrap_or_else(|| arrow_type(kind))
    }
}

/// Goes on with another piece of stack when little is left: statements may nest deeply.
fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(256 << 10, 4 << 20, work)
}

fn too_large() -> SqlError {
    let message = "the query has too many joins, unions and subqueries";
    SqlError::new(Code::StatementTooLarge, message)
}

/// Whether a plan has so many nodes, or more.
fn has_nodes(plan: &LogicalPlan, count: usize) -> SqlResult<bool> {
    let mut left = count;
    plan.apply(|_| {
        left = left.saturating_sub(1);
        Ok(if left == 0 { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(left == 0)
}

fn planned(relation: Relation, ordered: bool) -> PlannedStatement {
    let mut columns = Vec::new();
    for (at, field) in relation.fields.iter().enumerate() {
        columns.push((label(field, at), field.kind.clone()));
    }
    PlannedStatement { plan: relation.plan, columns, ordered }
}

/// Returns the label of an output column: its name as typed, or its number.
fn label(field: &Field, at: usize) -> String {
    field.label.clone().unwrap_or_else(|| format!("_col{at}"))
}

fn error<T>(code: Code, at: Position, message: impl Into<String>) -> SqlResult<T> {
    Err(SqlError::new(code, message).at(at))
}
