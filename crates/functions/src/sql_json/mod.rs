//! The functions of SQL/JSON.
//!
//! They have a syntax of their own. A planner calls them by these names:
//!
//! | function | arguments | result |
//! |---|---|---|
//! | `$json_exists` | input varchar, path, options, parameters | boolean |
//! | `$json_value` | input varchar, path, options, parameters, default on empty, default on error | the defaults' type |
//! | `$json_query` | input varchar, path, options, parameters | varchar |
//! | `$json_object` | row of keys, row of values, options | varchar |
//! | `$json_array` | row of values, options | varchar |
//! | `$json_decode` | varbinary, encoding | varchar |
//! | `$json_encode` | varchar, encoding | varbinary |
//!
//! * The path is a constant varchar; [`check_path`] reports what is wrong with it, with its place.
//! * Parameters are a row whose fields have the parameters' names in the case of the statement
//!   (upper case where it was not quoted), or NULL. Rows of keys and values that are empty are NULL.
//!   Values may be of any type: those without JSON of their own are cast to varchar here.
//! * Defaults are of the function's result type, `CAST(NULL AS type)` where there are none.
//! * Encodings are `UTF8`, `UTF16` and `UTF32`; the last two are little endian. An input of type
//!   varbinary is decoded first, a result of type varbinary encoded last. Other results of
//!   `$json_query`, `$json_object` and `$json_array` are casts of the varchar.
//! * Options are a constant varchar of words with spaces between:
//!   - `error=` what is on error: for `$json_exists` `false` (the default), `true`, `unknown`,
//!     `error`; for `$json_value` `null` (the default), `default`, `error`; for `$json_query`
//!     `null` (the default), `array`, `object`, `error`;
//!   - `empty=` what is when nothing is found, of `$json_value` and `$json_query`, likewise;
//!   - `wrapper=` `none` (the default), `conditional` or `unconditional`;
//!   - `quotes=omit`, or `keep`, which is the default;
//!   - `json=0,2`: the places of parameters or values that are text with `FORMAT JSON`, or the
//!     results of `$json_query`, `$json_object` and `$json_array`, which are JSON already;
//!   - `null=` `null` or `absent`; `null` is the default here, so an array must say `absent`;
//!   - `unique`: `WITH UNIQUE KEYS`.

mod construct;
mod operand;
mod path;
mod query;

use crate::registry::Registry;
use traillake_sql_types::error::{Position, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    construct::register(registry);
    query::register(registry);
}

/// Checks a path of SQL/JSON whose literal is at `at` in the statement. `parameters` are the names
/// of what is passed to it.
///
/// # Errors
/// What is wrong with the path, with its place.
pub fn check_path(path: &str, parameters: &[String], at: Position) -> SqlResult<()> {
    path::Path::new(path, parameters, at).map(|_| ())
}
