//! The words of SQL, for those who type it: keywords, and functions with their signatures.

use super::routines::ROUTINES;
use super::text::{self, Lines};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use traillake_functions::catalog::{self, Kind};
use traillake_sql_parser::{ParameterValues, parse_statement};

pub use traillake_sql_parser::{is_keyword, keywords};

/// A function's name and what it takes and gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionWords {
    /// The name, lower case.
    pub name: &'static str,
    /// The signatures, such as `(varchar, varchar) -> boolean`.
    pub signatures: Vec<&'static str>,
}

impl FunctionWords {
    /// Whether no call of it has arguments.
    pub fn takes_nothing(&self) -> bool {
        self.signatures.iter().all(|signature| signature.starts_with("()"))
    }
}

/// Returns all functions that `SHOW FUNCTIONS` lists, in order.
pub fn functions() -> &'static [FunctionWords] {
    &FUNCTIONS
}

/// Returns the function of this name, in whatever case.
pub fn function(name: &str) -> Option<&'static FunctionWords> {
    let name = name.to_ascii_lowercase();
    let at = FUNCTIONS.binary_search_by(|function| function.name.cmp(name.as_str())).ok()?;
    FUNCTIONS.get(at)
}

/// Whether this is the name of an aggregate function, in whatever case.
pub fn is_aggregate(name: &str) -> bool {
    catalog::all()
        .into_iter()
        .any(|listed| listed.kind == Kind::Aggregate && listed.name.eq_ignore_ascii_case(name))
}

/// Whether what a statement lacks is more of it: it is wrong where its text ends.
pub fn breaks_off(sql: &str) -> bool {
    let named = text::name_stores(sql).sql;
    let end = Lines::of(&named).position(&named, named.len());
    parse_statement(&named, &ParameterValues::new()).is_err_and(|error| error.at == Some(end))
}

static FUNCTIONS: LazyLock<Vec<FunctionWords>> = LazyLock::new(|| {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let all = catalog::all().into_iter().map(|listed| (listed.name, listed.signature));
    for (name, signature) in all.chain(ROUTINES.iter().map(|r| (r.name, r.signature))) {
        let signatures = by_name.entry(name).or_default();
        if !signatures.contains(&signature) {
            signatures.push(signature);
        }
    }
    let all = by_name.into_iter();
    all.map(|(name, signatures)| FunctionWords { name, signatures }).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_off_is_wrong_at_its_end() {
        for sql in ["SELECT 1 +", "SELECT a FROM t WHERE -- so", "WITH a AS (SELECT 1)", "SHOW"] {
            assert!(breaks_off(sql), "{sql}");
        }
        for sql in ["SELECT 1", "SELECT a FROM 4f2a-1", "SELECT FROM t WHERE", "SELECT $n"] {
            assert!(!breaks_off(sql), "{sql}");
        }
    }

    #[test]
    fn words_are_in_order() {
        assert!(functions().is_sorted_by_key(|function| function.name));
    }

    #[test]
    fn functions_of_every_kind_have_signatures() {
        for name in
            ["count", "JSON_PARSE", "element_at", "row_number", "try_cast", "approx_distinct"]
        {
            let function = function(name).unwrap();
            assert!(function.signatures.iter().all(|s| s.starts_with('(')), "{function:?}");
        }
        assert!(
            function("now").unwrap().takes_nothing() && !function("abs").unwrap().takes_nothing()
        );
        assert_eq!(function("$not"), None);
    }
}
