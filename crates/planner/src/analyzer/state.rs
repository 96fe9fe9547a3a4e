//! What the expressions of a clause may hold, and what was found in them.

use crate::analyzer::scope::{OuterColumn, Relation};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::window::frame::AnalyzedWindow;
use datafusion::common::Column;
use datafusion::logical_expr::Expr;
use std::cell::RefCell;
use std::collections::HashMap;
use traillake_sql_parser::ast::Comparison;

/// What expressions of one clause may hold, and what was found in them. What is found stands in the
/// expression as a column that the query makes below it.
pub(crate) struct ClauseState {
    /// The clause, for messages.
    pub(crate) clause: &'static str,
    /// `None`: not allowed here.
    pub(crate) aggregates: Option<RefCell<Vec<AggregateCall>>>,
    pub(crate) windows: Option<RefCell<Vec<WindowCall>>>,
    pub(crate) groupings: RefCell<Vec<(Column, Vec<TypedExpr>)>>,
    pub(crate) subqueries: RefCell<Vec<PlannedSubquery>>,
    /// Subqueries of arguments of aggregates, which come before these.
    pub(crate) below: RefCell<Vec<PlannedSubquery>>,
    /// Named windows of the query that were used, by their places.
    pub(crate) named_windows: RefCell<HashMap<usize, AnalyzedWindow>>,
}

impl ClauseState {
    /// A clause that takes neither aggregates nor windows.
    pub(crate) fn scalar(clause: &'static str) -> Self {
        Self {
            clause,
            aggregates: None,
            windows: None,
            groupings: RefCell::default(),
            subqueries: RefCell::default(),
            below: RefCell::default(),
            named_windows: RefCell::default(),
        }
    }

    /// A clause that takes both.
    pub(crate) fn select() -> Self {
        Self {
            aggregates: Some(RefCell::default()),
            windows: Some(RefCell::default()),
            ..Self::scalar("SELECT")
        }
    }
}

/// What expressions are arguments of, as far as that decides what they may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    /// Neither an aggregate nor a window.
    Clause,
    Aggregate,
    Window,
}

/// An aggregate that the query computes, and the column that stands for it.
#[derive(Debug, Clone)]
pub(crate) struct AggregateCall {
    pub(crate) column: Column,
    pub(crate) expr: Expr,
}

/// A window function that the query computes, and the column that stands for it.
#[derive(Debug, Clone)]
pub(crate) struct WindowCall {
    pub(crate) column: Column,
    pub(crate) expr: Expr,
}

/// A subquery that the query must join.
#[derive(Debug, Clone)]
pub(crate) struct PlannedSubquery {
    /// The column that stands for its value.
    pub(crate) column: Column,
    pub(crate) kind: SubqueryKind,
    pub(crate) relation: Relation,
    pub(crate) outer: Vec<OuterColumn>,
}

#[derive(Debug, Clone)]
pub(crate) enum SubqueryKind {
    /// The value of its only row.
    Scalar,
    Exists,
    /// `value IN (...)`.
    In {
        value: TypedExpr,
    },
    /// `value < ALL (...)`; equality with ANY is [`Self::In`].
    Quantified {
        operator: Comparison,
        all: bool,
        value: TypedExpr,
    },
}
