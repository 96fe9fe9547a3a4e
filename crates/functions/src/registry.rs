//! Functions as entries: an identity, a signature, and a plain function over a [`Call`].

use crate::call::{Argument, Call, Site};
use arrow::array::ArrayRef;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;

/// What a function does with its arguments. The array has [`Call::rows`] values of [`Call::result`]'s
/// layout.
pub type Eval = fn(&Call<'_>) -> SqlResult<ArrayRef>;

/// Returns the result's type for bound arguments, where the signature does not determine it.
pub type ResultOf = fn(&[Type]) -> SqlResult<Type>;

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FunctionKind {
    /// With values; operators are such functions, too (`$add`).
    Scalar,
    /// With an array of rows for each group; see [`Function::eval`].
    Aggregate,
    /// By a planner only, which knows its types without a signature: `$cast`, `$row`.
    Internal,
}

/// Which calls of a function can fail for some rows. What cannot may be evaluated for rows that a query does not want.
#[derive(Debug, Clone, Copy, Default)]
pub enum Failure {
    /// All of them, as far as is known.
    #[default]
    Possible,
    /// Those with a pattern, path or other argument behind the first that is no constant: a constant one is wrong for
    /// all rows or for none.
    OfPattern,
    /// Those for which this is true of the types of the arguments and of the result.
    Of(fn(&[Type], &Type) -> bool),
    /// None.
    Never,
}

impl Failure {
    /// Those over arrays, maps and rows: NULLs inside have no order, and are no keys.
    pub(crate) const NESTED: Self =
        Self::Of(|types, _| types.iter().skip(1).any(|argument| !argument.children().is_empty()));
}

/// Which function a plan calls. It is the same in every process of one version of this crate, so a
/// call can be sent to another one and found there with [`Registry::find`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId {
    /// How it is called.
    pub kind: FunctionKind,
    /// Its name, lower case; `$` begins those that SQL cannot spell.
    pub name: &'static str,
    /// Which of the functions of this kind and name it is, from 0, in the order of their registration.
    pub overload: u16,
}

/// A function for certain types of arguments.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Which one it is.
    pub id: FunctionId,
    /// What it takes and gives, for [`crate::Signature::parse`]; empty for internal functions.
    pub signature: &'static str,
    /// Computes the result of a call; [`Self::call`] makes one.
    ///
    /// Argument 0 of an aggregate is an array of rows, one for each input row in order, whose fields
    /// are the aggregate's arguments. The array is NULL for no rows. Lambdas, if any, follow as
    /// further arguments.
    pub eval: Eval,
    /// The result's type, where the signature does not determine it.
    pub result_of: Option<ResultOf>,
    /// Whether it sees NULL arguments. Otherwise a NULL makes the result of a scalar function NULL, and
    /// an aggregate does not see rows with a NULL in the first argument.
    pub takes_null: bool,
    /// Whether it gives another result each time.
    pub volatile: bool,
    /// Whether it asks when the statement began, whatever its types are.
    pub(crate) asks_now: bool,
    /// Which calls can fail.
    pub failure: Failure,
}

impl Function {
    const fn new(id: FunctionId, signature: &'static str, eval: Eval) -> Self {
        let failure = Failure::Possible;
        Self {
            id,
            signature,
            eval,
            result_of: None,
            takes_null: false,
            volatile: false,
            asks_now: false,
            failure,
        }
    }

    /// A function that only planners call.
    pub(crate) const fn internal(name: &'static str, eval: Eval) -> Self {
        let id = FunctionId { kind: FunctionKind::Internal, name, overload: 0 };
        Self::new(id, "", eval)
    }

    /// An internal function that sees NULL arguments.
    pub(crate) const fn internal_over_nulls(name: &'static str, eval: Eval) -> Self {
        Self { takes_null: true, ..Self::internal(name, eval) }
    }

    /// Returns the result for a batch of `rows` rows, with arguments of `types`. `now` is when the
    /// statement began, for functions that depend on the time. With the same `site` for all batches,
    /// patterns are compiled once.
    ///
    /// # Errors
    /// When the function fails for a row.
    pub fn call(
        &self,
        arguments: &[Argument],
        types: &[Type],
        result: &Type,
        rows: usize,
        now: DateTime<Utc>,
        site: &Site,
    ) -> SqlResult<ArrayRef> {
        let now = self.depends_on_now(types, result).then_some(now);
        (self.eval)(&Call::new(self.id.name, arguments, types, result, rows, now, site))
    }

    /// The function sees NULL arguments, the aggregate rows with a NULL in the first argument.
    pub(crate) fn takes_null(&mut self) -> &mut Self {
        self.takes_null = true;
        self
    }

    /// The function gives another result each time.
    pub(crate) fn volatile(&mut self) -> &mut Self {
        self.volatile = true;
        self
    }

    /// The function asks when the statement began.
    pub(crate) fn asks_now(&mut self) -> &mut Self {
        self.asks_now = true;
        self
    }

    /// Whether a call may give another result when the statement begins at another time. A time of day becomes a timestamp
    /// of that day, so calls that deal with such times may, too.
    pub fn depends_on_now(&self, types: &[Type], result: &Type) -> bool {
        let is_time = |data_type: &Type| data_type.any(&is_time_of_day);
        self.asks_now || is_time(result) || types.iter().any(is_time)
    }

    /// Only these calls can fail.
    pub(crate) fn fails(&mut self, failure: Failure) -> &mut Self {
        self.failure = failure;
        self
    }

    /// Whether a call can fail for some rows and not for others. `is_constant` tells of an argument, by its place, whether it
    /// is the same for all rows.
    pub fn can_fail(
        &self,
        types: &[Type],
        result: &Type,
        is_constant: impl Fn(usize) -> bool,
    ) -> bool {
        match self.failure {
            Failure::Possible => true,
            Failure::OfPattern => !(1..types.len()).all(is_constant),
            Failure::Of(fails) => fails(types, result),
            Failure::Never => false,
        }
    }

    /// The result's type follows from the arguments' by `rule`.
    pub(crate) fn returns(&mut self, rule: ResultOf) -> &mut Self {
        self.result_of = Some(rule);
        self
    }
}

/// Whether values of a type are times of no day.
pub(crate) fn is_time_of_day(data_type: &Type) -> bool {
    matches!(data_type, Type::Time(_))
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Functions by kind and name.
#[derive(Debug, Default)]
pub struct Registry {
    scalar: HashMap<&'static str, Vec<Function>>,
    aggregate: HashMap<&'static str, Vec<Function>>,
    internal: HashMap<&'static str, &'static Function>,
}

/// Appends a function to those of its name.
fn push<'a>(
    functions: &'a mut HashMap<&'static str, Vec<Function>>,
    kind: FunctionKind,
    name: &'static str,
    signature: &'static str,
    eval: Eval,
) -> &'a mut Function {
    let overloads = functions.entry(name).or_default();
    let last = overloads.len();
    let overload = u16::try_from(last).unwrap_or(u16::MAX);
    overloads.push(Function::new(FunctionId { kind, name, overload }, signature, eval));
    &mut overloads[last]
}

impl Registry {
    /// Adds a scalar function. It is not called for rows with a NULL argument, unless it
    /// takes NULL.
    pub(crate) fn add(
        &mut self,
        name: &'static str,
        signature: &'static str,
        eval: Eval,
    ) -> &mut Function {
        push(&mut self.scalar, FunctionKind::Scalar, name, signature, eval)
    }

    /// Adds an aggregate function over whole groups; see [`Function::eval`].
    pub(crate) fn aggregate(
        &mut self,
        name: &'static str,
        signature: &'static str,
        eval: Eval,
    ) -> &mut Function {
        push(&mut self.aggregate, FunctionKind::Aggregate, name, signature, eval)
    }

    /// Adds functions that only planners call.
    pub(crate) fn add_internal(&mut self, functions: &[&'static Function]) {
        self.internal.extend(functions.iter().map(|function| (function.id.name, *function)));
    }

    /// Returns the overloads of a scalar function.
    pub fn scalar(&self, name: &str) -> &[Function] {
        self.scalar.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the overloads of an aggregate function over whole groups.
    pub fn aggregates(&self, name: &str) -> &[Function] {
        self.aggregate.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the function with this identity, given by its parts: they may come from another process.
    pub fn find(&self, kind: FunctionKind, name: &str, overload: u16) -> Option<&Function> {
        let overloads = match kind {
            FunctionKind::Scalar => self.scalar(name),
            FunctionKind::Aggregate => self.aggregates(name),
            FunctionKind::Internal => match self.internal.get(name) {
                Some(function) => std::slice::from_ref(*function),
                None => &[],
            },
        };
        overloads.get(usize::from(overload))
    }

    /// Returns all functions, in the order of their identities.
    pub fn all(&self) -> Vec<&Function> {
        let registered = self.scalar.values().chain(self.aggregate.values()).flatten();
        let mut all: Vec<_> = registered.chain(self.internal.values().copied()).collect();
        all.sort_unstable_by_key(|function| function.id);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Signature, registry};

    #[test]
    fn every_signature_can_be_read() {
        for function in registry().all() {
            let internal = function.id.kind == FunctionKind::Internal;
            let read = Signature::parse(function.signature).is_some();
            assert_ne!(read, internal, "{function:?}");
        }
    }

    #[test]
    fn calls_say_whether_they_can_fail() {
        let can_fail = |name: &str, types: &[Type], constant: bool| {
            let function = &registry().scalar(name)[0];
            function.can_fail(types, &Type::Boolean, |_| constant)
        };
        let (text, number) = (Type::VARCHAR, Type::Bigint);
        let list = Type::array(number.clone());
        for (name, types, never, with_constants) in [
            ("lower", vec![text.clone()], true, true),
            ("$divide", vec![number.clone(), number.clone()], false, false),
            ("json_extract_scalar", vec![text.clone(), text.clone()], false, true),
            ("$less_than", vec![number.clone(), number.clone()], true, true),
            ("$less_than", vec![list.clone(), list.clone()], false, false),
            ("$equal", vec![list.clone(), list], true, true),
        ] {
            assert_eq!(!can_fail(name, &types, false), never, "{name} {types:?}");
            assert_eq!(!can_fail(name, &types, true), with_constants, "{name} {types:?}");
        }
    }

    #[test]
    fn every_function_is_found_by_its_identity() {
        let all = registry().all();
        assert!(all.len() > 500, "{}", all.len());
        for function in all {
            let FunctionId { kind, name, overload } = function.id;
            let found = registry().find(kind, name, overload).unwrap();
            assert!(std::ptr::eq(found, function), "{function:?}");
        }
        assert_eq!(registry().find(FunctionKind::Internal, "$row", 1), None);
        assert_eq!(registry().find(FunctionKind::Scalar, "no such function", 0), None);
    }
}
