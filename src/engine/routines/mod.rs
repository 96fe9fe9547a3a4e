//! Functions made of SQL: each is an expression over its parameters, analyzed where it is called, so that
//! a scan reads the fields it names and no others.
//!
//! They say once what many statements ask, above all who called. `docs/views.md` documents them.

use traillake_planner::Routine;
use traillake_sql_types::Type;

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
