//! Functions made of SQL: each is an expression over its parameters, analyzed where it is called, so that
//! a scan reads the fields it names and no others.
//!
//! They say once what many statements ask, above all who called. `docs/views.md` documents them.

use super::sql_error::SqlResult;
use super::syntax::ast::Expr;
use super::syntax::{ParameterValues, parse_expression};
use super::types::Type;

/// A function made of SQL, as Trino's `CREATE FUNCTION ... RETURN` makes one.
#[derive(Debug)]
pub(super) struct Routine {
    pub(super) name: &'static str,
    /// What it takes and gives.
    pub(super) signature: &'static str,
    /// Names in its expression, and the type of each; `None` is any row with the fields that are used.
    pub(super) parameters: &'static [(&'static str, Option<Type>)],
    sql: &'static str,
}

/// The functions by name.
pub(super) static ROUTINES: [Routine; 5] = [
    of_identity("caller", include_str!("caller.sql")),
    of_identity("principal", include_str!("principal.sql")),
    of_identity("session_name", include_str!("session_name.sql")),
    Routine {
        name: "xray_trace_id",
        signature: "(varchar) -> varchar",
        parameters: &[("id", Some(Type::VARCHAR))],
        sql: include_str!("xray_trace_id.sql"),
    },
    Routine {
        name: "xray_trace_start",
        signature: "(varchar, timestamp(3)) -> timestamp(3)",
        parameters: &[("id", Some(Type::VARCHAR)), ("seen", Some(Type::Timestamp(3)))],
        sql: include_str!("xray_trace_start.sql"),
    },
];

const fn of_identity(name: &'static str, sql: &'static str) -> Routine {
    let signature = "(useridentity row) -> varchar";
    Routine { name, signature, parameters: &[("identity", None)], sql }
}

/// Returns the function of this name.
pub(super) fn find(name: &str) -> Option<&'static Routine> {
    ROUTINES.iter().find(|routine| routine.name == name)
}

impl Routine {
    /// Returns the expression that it stands for.
    pub(super) fn body(&self) -> SqlResult<Expr> {
        parse_expression(self.sql, &ParameterValues::new())
    }
}
