//! Every function by its name.

use super::call::Call;
use crate::engine::sql_error::SqlResult;
use crate::engine::types::Type;
use arrow::array::ArrayRef;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a function does with its arguments. The array has [`Call::rows`] values of [`Call::result`]'s
/// layout.
pub(in crate::engine) type Eval = fn(&Call<'_>) -> SqlResult<ArrayRef>;

/// Returns the result's type for bound arguments, where the signature cannot tell it.
pub(in crate::engine) type ResultOf = fn(&[Type]) -> SqlResult<Type>;

/// A function for certain types of arguments.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Overload {
    pub(in crate::engine) signature: &'static str,
    pub(in crate::engine) eval: Eval,
    pub(in crate::engine) result_of: Option<ResultOf>,
    /// Whether it sees NULL arguments; otherwise one makes the result NULL.
    pub(in crate::engine) takes_null: bool,
    /// Whether it gives another answer each time.
    pub(in crate::engine) volatile: bool,
}

/// How rows become one.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Aggregate {
    pub(in crate::engine) signature: &'static str,
    /// Makes the result from all rows of a group: argument 0 is an array of rows, one for each input
    /// row in order, whose fields are the aggregate's arguments. The array is NULL for no rows.
    /// Lambdas, if any, follow as further arguments.
    pub(in crate::engine) eval: Eval,
    pub(in crate::engine) result_of: Option<ResultOf>,
    /// Whether rows with a NULL in the first argument are left out.
    pub(in crate::engine) skips_null: bool,
}

impl Overload {
    /// The function sees NULL arguments.
    pub(super) fn takes_null(&mut self) -> &mut Self {
        self.takes_null = true;
        self
    }

    /// The function gives another answer each time.
    pub(super) fn volatile(&mut self) -> &mut Self {
        self.volatile = true;
        self
    }

    /// The result's type follows from the arguments' by `rule`.
    pub(super) fn returns(&mut self, rule: ResultOf) -> &mut Self {
        self.result_of = Some(rule);
        self
    }
}

impl Aggregate {
    /// Rows with a NULL in the first argument count, too.
    pub(super) fn takes_null(&mut self) -> &mut Self {
        self.skips_null = false;
        self
    }

    /// The result's type follows from the arguments' by `rule`.
    pub(super) fn returns(&mut self, rule: ResultOf) -> &mut Self {
        self.result_of = Some(rule);
        self
    }
}

/// All functions.
#[derive(Debug, Default)]
pub(in crate::engine) struct Registry {
    scalar: HashMap<&'static str, Vec<Overload>>,
    aggregate: HashMap<&'static str, Vec<Aggregate>>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = Registry::default();
    super::register(&mut registry);
    registry
});

impl Registry {
    /// Returns the registry.
    pub(in crate::engine) fn get() -> &'static Self {
        &REGISTRY
    }

    /// Adds a scalar function. It is not called for rows with a NULL argument, unless told otherwise.
    pub(super) fn add(
        &mut self,
        name: &'static str,
        signature: &'static str,
        eval: Eval,
    ) -> &mut Overload {
        let overloads = self.scalar.entry(name).or_default();
        overloads.push(Overload {
            signature,
            eval,
            result_of: None,
            takes_null: false,
            volatile: false,
        });
        let last = overloads.len() - 1;
        &mut overloads[last]
    }

    /// Adds an aggregate function over collected rows.
    pub(super) fn aggregate(
        &mut self,
        name: &'static str,
        signature: &'static str,
        eval: Eval,
    ) -> &mut Aggregate {
        let overloads = self.aggregate.entry(name).or_default();
        overloads.push(Aggregate { signature, eval, result_of: None, skips_null: true });
        let last = overloads.len() - 1;
        &mut overloads[last]
    }

    /// Returns the overloads of a scalar function.
    pub(in crate::engine) fn scalar(&self, name: &str) -> &[Overload] {
        self.scalar.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the overloads of an aggregate function over collected rows.
    pub(in crate::engine) fn aggregates(&self, name: &str) -> &[Aggregate] {
        self.aggregate.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the names of all functions with their signatures, in order.
    pub(in crate::engine) fn all(&self) -> Vec<(&'static str, &'static str, bool)> {
        let scalar =
            self.scalar.iter().flat_map(|(n, o)| o.iter().map(|o| (*n, o.signature, false)));
        let aggregate =
            self.aggregate.iter().flat_map(|(n, o)| o.iter().map(|o| (*n, o.signature, true)));
        let mut all: Vec<_> = scalar.chain(aggregate).collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::signature::Signature;
    use super::*;

    #[test]
    fn every_signature_can_be_read() {
        for (name, signature, _) in Registry::get().all() {
            assert!(Signature::parse(signature).is_some(), "{name}{signature}");
        }
    }
}
