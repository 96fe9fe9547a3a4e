//! Trino's syntax tree, typed by Trino's rules, to DataFusion's logical plan.
//!
//! Names, types, coercions, functions and subqueries are resolved here; what DataFusion gets has
//! nothing left to guess. Columns that the analyzer makes have names of their own (`total:7`), so no
//! two of a plan are alike; labels and Trino types travel beside the plan.
//!
//! Each part of SQL has its folder:
//!
//! * `query`: SELECT by clauses, set operations, VALUES, WITH and recursion; plans that are named more than
//!   once are copied;
//! * `relation`: what stands in FROM: tables and views, joins, LATERAL, UNNEST, table functions;
//! * `expression`: expressions by kind; what they hold that a query must plan below itself (aggregates,
//!   windows, subqueries) is noted in the clause's `state`;
//! * `aggregate`, `window`: calls over groups and windows, as DataFusion's functions or over collected rows;
//! * `subquery`: subqueries as joins, and what makes them independent of the query around.
//!
//! `scope` has the names that are visible, `typed` expressions with their types, `logical` the nodes of
//! DataFusion's plans that are made in many places.

pub(crate) mod aggregate;
pub(crate) mod context;
pub(crate) mod expression;
pub(crate) mod logical;
pub(crate) mod query;
pub(crate) mod relation;
pub(crate) mod scope;
pub(crate) mod show;
pub(crate) mod state;
pub(crate) mod subquery;
pub(crate) mod typed;
pub(crate) mod types;
pub(crate) mod window;
#[cfg(test)]
mod tests;

use crate::analyzer::context::QueryContext;
use crate::analyzer::scope::{Field, Relation};
use crate::catalog::Catalog;
use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};
use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use traillake_functions::Function;
use traillake_sql_parser::ast::Statement;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// A statement, ready for the optimizer.
#[derive(Debug, Clone)]
pub struct PlannedStatement {
    /// The plan; its columns have names that only the planner knows.
    pub plan: LogicalPlan,
    /// Labels of the columns, spelled as typed, and their types.
    pub columns: Vec<(String, Type)>,
    /// Whether rows come in an order that the statement asks for.
    pub ordered: bool,
    /// Whether the plan would be another if the statement began at another time.
    pub depends_on_now: bool,
}

/// Analyzes one statement.
pub(crate) struct Analyzer<'a> {
    pub(crate) catalog: &'a dyn Catalog,
    /// When the statement began.
    now: DateTime<Utc>,
    /// Whether something in the statement asked for that.
    asked_now: Cell<bool>,
    pub(crate) numbers: Cell<usize>,
    /// Arrow types of columns whose expressions are not canonical, and of those made here.
    pub(crate) columns: RefCell<HashMap<Column, DataType>>,
    /// How often a table was scanned.
    pub(crate) scans: RefCell<HashMap<String, usize>>,
    /// Nodes of plans that were copied.
    pub(crate) copied: Cell<usize>,
    /// Bodies of lambdas that were analyzed.
    pub(crate) lambda_bodies: Cell<usize>,
    /// How often each expression of the statement was analyzed, by its address.
    #[cfg(test)]
    pub(crate) analyzed: RefCell<HashMap<usize, usize>>,
}

/// Nodes of a plan that take seconds to optimize. No plan has as many, and no named query's.
pub(crate) const MAX_PLAN_NODES: usize = 20_000;

/// Plans a statement that begins at `now`, over the tables of a catalog.
///
/// # Errors
/// What is wrong with the statement, as Trino names it and with its place.
pub fn analyze(
    catalog: &dyn Catalog,
    now: DateTime<Utc>,
    statement: &Statement,
) -> SqlResult<PlannedStatement> {
    let analyzer = Analyzer::new(catalog, now);
    let planned = analyzer.statement(statement)?;
    Ok(PlannedStatement { depends_on_now: analyzer.asked_now.get(), ..planned })
}

impl<'a> Analyzer<'a> {
    pub(crate) fn new(catalog: &'a dyn Catalog, now: DateTime<Utc>) -> Self {
        Self {
            catalog,
            now,
            asked_now: Cell::new(false),
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
                let (relation, ordered) = self.query(query, &QueryContext::default())?;
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
                Ok(PlannedStatement { plan, columns, ordered: true, depends_on_now: true })
            }
            other => self.show(other),
        }
    }

    /// Returns when the statement began.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.asked_now.set(true);
        self.now
    }

    /// Returns when the statement began, for a call that need not depend on it.
    pub(crate) fn now_for(
        &self,
        function: &Function,
        types: &[Type],
        result: &Type,
    ) -> DateTime<Utc> {
        if function.depends_on_now(types, result) {
            self.asked_now.set(true);
        }
        self.now
    }

    /// Returns a name that no other column of the statement has.
    pub(crate) fn fresh(&self, like: &str) -> String {
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        format!("{like}:{number}")
    }

    /// Makes a column with a name of its own and the canonical Arrow type of a type.
    pub(crate) fn column(&self, like: &str, data_type: &Type) -> Column {
        let column = Column::new_unqualified(self.fresh(like));
        self.columns.borrow_mut().insert(column.clone(), arrow_type(data_type));
        column
    }

    /// Makes the column of a lambda's parameter. Lambdas that are written alike have the same, so that a call in the
    /// select list is known to be one in GROUP BY.
    pub(crate) fn parameter(&self, name: &str, place: usize, data_type: &Type) -> Column {
        let column = Column::new_unqualified(format!("{name}:{place}:{data_type}"));
        self.columns.borrow_mut().insert(column.clone(), arrow_type(data_type));
        column
    }

    /// Makes a column with a name of its own for values of an Arrow type.
    pub(crate) fn raw_column(&self, like: &str, physical: DataType) -> Column {
        let column = Column::new_unqualified(self.fresh(like));
        self.columns.borrow_mut().insert(column.clone(), physical);
        column
    }

    /// Returns the Arrow type of a column, which of a scan may not be the canonical one.
    pub(crate) fn column_physical_type(&self, column: &Column, data_type: &Type) -> DataType {
        self.columns.borrow().get(column).cloned().unwrap_or_else(|| arrow_type(data_type))
    }
}

/// Goes on with another piece of stack when little is left: statements may nest deeply.
pub(crate) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(256 << 10, 4 << 20, work)
}

pub(crate) fn too_large() -> SqlError {
    let message = "the query has too many joins, unions and subqueries";
    SqlError::new(Code::StatementTooLarge, message)
}

/// Whether a plan has so many nodes, or more.
pub(crate) fn has_nodes(plan: &LogicalPlan, count: usize) -> SqlResult<bool> {
    let mut left = count;
    plan.apply(|_| {
        left = left.saturating_sub(1);
        Ok(if left == 0 { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(left == 0)
}

pub(crate) fn planned(relation: Relation, ordered: bool) -> PlannedStatement {
    let mut columns = Vec::new();
    for (at, field) in relation.fields.iter().enumerate() {
        columns.push((label(field, at), field.data_type.clone()));
    }
    PlannedStatement { plan: relation.plan, columns, ordered, depends_on_now: true }
}

/// Returns the label of an output column: its name as typed, or its number.
fn label(field: &Field, at: usize) -> String {
    field.label.clone().unwrap_or_else(|| format!("_col{at}"))
}

pub(crate) fn error<T>(code: Code, at: Position, message: impl Into<String>) -> SqlResult<T> {
    Err(SqlError::new(code, message).at(at))
}
