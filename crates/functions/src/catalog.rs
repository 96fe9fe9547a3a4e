//! Every name that a statement can call: the registry's functions, and those that only the grammar and
//! the planner know. `SHOW FUNCTIONS`, completion and the suggestions in messages are made from this
//! list, and the planner looks names up in it.

use crate::registry;
use crate::registry::FunctionKind;
use std::collections::BTreeSet;

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// With values.
    Scalar,
    /// With the values of a group of rows.
    Aggregate,
    /// With OVER only.
    Window,
    /// With arguments that are not all evaluated, or are not expressions.
    Form,
}

impl Kind {
    /// The word for it in `SHOW FUNCTIONS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Aggregate => "aggregate",
            Self::Window => "window",
            Self::Form => "special form",
        }
    }
}

/// A signature of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The name, lower case.
    pub name: &'static str,
    /// What it takes and gives, such as `(varchar, varchar) -> boolean`.
    pub signature: &'static str,
    /// How it is called.
    pub kind: Kind,
    /// Whether the same arguments always give the same.
    pub deterministic: bool,
}

/// A call that planners turn into another expression, by the function's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The first value that is not NULL.
    Coalesce,
    /// The zone of the session.
    CurrentTimezone,
    /// Text with the other arguments in the places of a format.
    Format,
    /// The second argument or the third, by a condition.
    If,
    /// When the statement began.
    Now,
    /// The first argument, NULL where it equals the second.
    Nullif,
    /// NULL instead of an error.
    Try,
    /// The name of an expression's type.
    Typeof,
}

/// Names of the analyzer's forms. Those without a signature have one in the registry.
const FORMS: [(&str, Form, Option<&str>); 8] = [
    ("coalesce", Form::Coalesce, Some("(T, T, ...) -> T")),
    ("current_timezone", Form::CurrentTimezone, None),
    ("format", Form::Format, None),
    ("if", Form::If, Some("(boolean, T, T) -> T")),
    ("now", Form::Now, Some("() -> timestamp(3) with time zone")),
    ("nullif", Form::Nullif, Some("(T, T) -> T")),
    ("try", Form::Try, Some("(T) -> T")),
    ("typeof", Form::Typeof, Some("(T) -> varchar")),
];

/// Calls that the grammar has a rule for.
const SYNTAX: [(&str, &str); 11] = [
    ("cast", "(value AS type) -> type"),
    ("extract", "(field FROM value) -> bigint"),
    ("grouping", "(column, ...) -> bigint"),
    ("json_array", "(value, ... [NULL | ABSENT ON NULL]) -> varchar"),
    ("json_exists", "(json, path) -> boolean"),
    ("json_object", "(KEY varchar VALUE value, ...) -> varchar"),
    ("json_query", "(json, path) -> varchar"),
    ("json_value", "(json, path [RETURNING type]) -> varchar"),
    ("position", "(varchar IN varchar) -> bigint"),
    ("row", "(value, ...) -> row"),
    ("try_cast", "(value AS type) -> type"),
];

/// Functions that only a window has.
const WINDOWS: [(&str, &str); 11] = [
    ("cume_dist", "() OVER (...) -> double"),
    ("dense_rank", "() OVER (...) -> bigint"),
    ("first_value", "(T) OVER (...) -> T"),
    ("lag", "(T, offset bigint, default T) OVER (...) -> T"),
    ("last_value", "(T) OVER (...) -> T"),
    ("lead", "(T, offset bigint, default T) OVER (...) -> T"),
    ("nth_value", "(T, offset bigint) OVER (...) -> T"),
    ("ntile", "(buckets bigint) OVER (...) -> bigint"),
    ("percent_rank", "() OVER (...) -> double"),
    ("rank", "() OVER (...) -> bigint"),
    ("row_number", "() OVER (...) -> bigint"),
];

/// Returns all functions with their signatures, by name; those with a `$` are the planner's own.
pub fn all() -> Vec<Listed> {
    let listed =
        |kind| move |(name, signature)| Listed { name, signature, kind, deterministic: true };
    let registered = registry().all().into_iter().filter_map(|function| {
        let kind = match function.id.kind {
            FunctionKind::Scalar => Kind::Scalar,
            FunctionKind::Aggregate => Kind::Aggregate,
            FunctionKind::Internal => return None,
        };
        let deterministic = !function.volatile;
        Some(Listed { name: function.id.name, signature: function.signature, kind, deterministic })
    });
    let forms = FORMS.into_iter().filter_map(|(name, _, signature)| Some((name, signature?)));
    let mut all: Vec<_> = registered
        .filter(|listed| !listed.name.starts_with('$'))
        .chain(forms.map(listed(Kind::Form)))
        .chain(SYNTAX.into_iter().map(listed(Kind::Form)))
        .chain(WINDOWS.into_iter().map(listed(Kind::Window)))
        .collect();
    all.sort_unstable();
    all
}

/// Returns the names of all functions, each once.
pub fn names() -> Vec<String> {
    let names: BTreeSet<_> = all().into_iter().map(|listed| listed.name).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Returns the form of this name, if the analyzer has one.
pub fn form(name: &str) -> Option<Form> {
    FORMS.iter().find(|(known, ..)| *known == name).map(|(_, form, _)| *form)
}

/// Whether a function needs a window.
pub fn is_window(name: &str) -> bool {
    WINDOWS.iter().any(|(known, _)| *known == name)
}

/// Whether a function makes one value of many rows.
pub fn is_aggregate(name: &str) -> bool {
    !registry().aggregates(name).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_one_kind() {
        let all = all();
        for listed in &all {
            let other = all.iter().find(|other| {
                other.name == listed.name
                    && other.kind != listed.kind
                    && (other.kind >= Kind::Window || listed.kind >= Kind::Window)
            });
            assert_eq!(other, None, "{listed:?}");
        }
        for (name, _, signature) in FORMS {
            let registered = !registry().scalar(name).is_empty();
            assert_eq!(registered, signature.is_none(), "{name}");
        }
    }
}
