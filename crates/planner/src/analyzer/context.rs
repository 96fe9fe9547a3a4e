//! What a query sees around it.

use crate::analyzer::scope::{OuterScope, Relation};
use std::cell::Cell;
use traillake_sql_types::error::Position;

/// What a query sees around it.
#[derive(Clone, Copy, Default)]
pub(crate) struct QueryContext<'a> {
    /// The query whose expression this one stands in.
    pub(crate) outer: Option<&'a OuterScope<'a>>,
    /// Named queries, the innermost first.
    pub(crate) named: Option<&'a NamedRelation<'a>>,
    /// Where this stands in the step of a recursive query, if the step cannot refer to the round before here.
    pub(crate) barred: Option<&'static str>,
}

/// What [`QueryContext::barred`] says of what is no part of a FROM clause.
pub(crate) const OUTSIDE_FROM: &str = "outside of FROM clause of the step relation of recursion";

/// A query by its name.
pub(crate) struct NamedRelation<'a> {
    pub(crate) name: String,
    pub(crate) meaning: Meaning,
    /// Those that are visible where it is defined.
    pub(crate) around: Option<&'a NamedRelation<'a>>,
}

/// What the name of a query stands for.
pub(crate) enum Meaning {
    /// A plan. It stands as it is where the name is used first; elsewhere stand copies of it.
    Query { relation: Relation, used: Cell<bool> },
    /// What a recursive query gave in the round before.
    Working { relation: Relation, used: Cell<bool> },
    /// The query that is being defined, where it cannot be used. The step of a recursive query is behind `step`.
    Itself { step: Option<Position> },
}
