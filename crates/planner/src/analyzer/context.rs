//! What a query sees around it.

use crate::analyzer::scope::{OuterScope, Relation};
use std::cell::Cell;

/// What a query sees around it.
#[derive(Clone, Copy, Default)]
pub(crate) struct QueryContext<'a> {
    /// The query whose expression this one stands in.
    pub(crate) outer: Option<&'a OuterScope<'a>>,
    /// Named queries, the innermost first.
    pub(crate) named: Option<&'a NamedRelation<'a>>,
}

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
    Working(Relation),
}
