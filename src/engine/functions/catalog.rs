//! Every name that a statement can call: the registry's functions, and what the parser and the analyzer
//! know beside them. `SHOW FUNCTIONS`, the completion and the nearest names in messages come from here,
//! and the analyzer asks here what a name is.

use super::registry::Registry;
use crate::engine::routines::ROUTINES;
use std::collections::BTreeSet;

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum Kind {
    Scalar,
    Aggregate,
    /// With OVER only.
    Window,
    /// With arguments that are not all evaluated, or are no expressions.
    Form,
}

impl Kind {
    /// The word for it in `SHOW FUNCTIONS`.
    pub(in crate::engine) fn name(self) -> &'static str {
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
pub(in crate::engine) struct Listed {
    pub(in crate::engine) name: &'static str,
    /// What it takes and gives, such as `(varchar, varchar) -> boolean`.
    pub(in crate::engine) signature: &'static str,
    pub(in crate::engine) kind: Kind,
}

/// What the analyzer makes of a call by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Form {
    Coalesce,
    CurrentTimezone,
    Format,
    If,
    Now,
    Nullif,
    Try,
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
pub(in crate::engine) fn all() -> Vec<Listed> {
    let listed = |kind| move |(name, signature)| Listed { name, signature, kind };
    let registered = Registry::get().all().into_iter().map(|(name, signature, aggregate)| {
        let kind = if aggregate { Kind::Aggregate } else { Kind::Scalar };
        Listed { name, signature, kind }
    });
    let forms = FORMS.into_iter().filter_map(|(name, _, signature)| Some((name, signature?)));
    let mut all: Vec<_> = registered
        .filter(|listed| !listed.name.starts_with('$'))
        .chain(forms.map(listed(Kind::Form)))
        .chain(SYNTAX.into_iter().map(listed(Kind::Form)))
        .chain(WINDOWS.into_iter().map(listed(Kind::Window)))
        .chain(ROUTINES.iter().map(|r| (r.name, r.signature)).map(listed(Kind::Scalar)))
        .collect();
    all.sort_unstable();
    all
}

/// Returns the names of all functions, each once.
pub(in crate::engine) fn names() -> Vec<String> {
    let names: BTreeSet<_> = all().into_iter().map(|listed| listed.name).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Returns the form of this name, if the analyzer has one.
pub(in crate::engine) fn form(name: &str) -> Option<Form> {
    FORMS.iter().find(|(known, ..)| *known == name).map(|(_, form, _)| *form)
}

/// Whether a function needs a window.
pub(in crate::engine) fn is_window(name: &str) -> bool {
    WINDOWS.iter().any(|(known, _)| *known == name)
}

/// Whether a function makes one value of many rows.
pub(in crate::engine) fn is_aggregate(name: &str) -> bool {
    !Registry::get().aggregates(name).is_empty()
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
            let registered = !Registry::get().scalar(name).is_empty();
            assert_eq!(registered, signature.is_none(), "{name}");
        }
    }

    /// The words before `if call =>` in the parser are calls with a rule of their own.
    #[test]
    fn what_the_grammar_has_a_rule_for_is_listed() {
        let parser = include_str!("../../../crates/sql-parser/src/parser/expr.rs");
        let rules = parser.lines().filter_map(|line| line.trim().split_once(" if call =>"));
        let words = rules.flat_map(|(words, _)| words.split(" | "));
        let words: Vec<_> = words.map(|word| word.trim_matches('"').to_lowercase()).collect();
        assert!(words.len() > 10, "{words:?}");
        let names = names();
        for word in words {
            assert!(names.contains(&word), "{word}");
        }
    }
}
