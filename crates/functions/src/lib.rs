//! The functions of Trino's SQL, over Arrow arrays: some 500 names, with operators and casts.
//!
//! A function is an entry of the [`registry`]: an identity, a signature, and a plain function over a
//! [`Call`]. The crate knows no plan, no table and no query engine: a planner binds arguments with
//! [`Signature::bind`] and evaluates batches with [`Function::eval`].
//!
//! # Example
//!
//! ```
//! use arrow::array::{ArrayRef, AsArray, StringArray};
//! use chrono::DateTime;
//! use std::sync::Arc;
//! use traillake_functions::{Actual, Argument, Signature, Site, registry};
//! use traillake_sql_types::Type;
//! use traillake_sql_types::error::SqlError;
//!
//! let [upper, ..] = registry().scalar("upper") else { panic!("no such function") };
//!
//! // Which types does a call with a varchar(3) have?
//! let signature = Signature::parse(upper.signature).expect("signatures of the registry can be read");
//! let no_lambdas = &mut |_, _: &[Type]| Err(SqlError::internal("the call has no lambda"));
//! let bound = signature.bind(&[Actual::Value(Type::Varchar(Some(3)))], no_lambdas)?;
//! let bound = bound.expect("upper takes text");
//! assert_eq!(bound.result, Type::Varchar(Some(3)));
//!
//! // Evaluate it for two rows.
//! let names: ArrayRef = Arc::new(StringArray::from(vec![Some("abc"), None]));
//! let (arguments, site) = ([Argument::Rows(names)], Site::default());
//! let now = DateTime::UNIX_EPOCH;
//! let answer = upper.call(&arguments, &bound.types, &bound.result, 2, now, &site)?;
//! assert_eq!(answer.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("ABC"), None]);
//! # Ok::<(), traillake_sql_types::error::SqlError>(())
//! ```
//!
//! # A tour
//!
//! * [`Registry`], [`Function`], [`FunctionId`]: what can be called; [`catalog`] lists it with what the
//!   grammar and planners add: special forms and window functions;
//! * [`Signature`]: text such as `(array(T), bigint) -> T`, and how arguments bind to it;
//! * [`Call`], [`Argument`], [`Lambda`]: what a function is given, and how it reads it row by row;
//! * `builder`: how it writes its result;
//! * [`Keys`]: values as bytes that compare as Trino compares them;
//! * `internal`: functions that only planners call, such as [`KEY`] and [`TRY`];
//! * `cast`, `json`, `datetime`, `regexp`, `arrays`, `aggregate` and the other modules: a family each.
//!
//! A new function is a line in the `register` of its family, and a plain function beside it.

mod aggregate;
mod arrays;
mod binary;
mod bitwise;
mod builder;
mod call;
mod cast;
pub mod catalog;
mod compare;
mod datetime;
mod format;
mod higher_order;
mod ids;
mod internal;
mod json;
mod keys;
mod lambda;
mod maps;
mod math;
mod misc;
mod numerals;
mod operators;
mod regexp;
mod registry;
mod signature;
mod sql_json;
mod statistics;
mod strings;
mod url;

pub use arrays::{ROW, ROW_FIELD};
pub use builder::TakeIndices;
pub use call::{Argument, Call, Site, is_true};
pub use cast::{CAST, TRY_CAST, exists as cast_exists, write_text};
pub use datetime::{
    MOMENT, MomentError, ParsedMoment, date_of_result, interval_day as parse_interval_day,
    interval_year as parse_interval_year, moment as read_moment, time as parse_time,
    timestamp_literal as parse_timestamp,
};
pub use internal::{FAIL, KEY, ONLY, SORTED, SUM_TO_BIGINT, TRY, ZIP, ZIP_KEEPING};
pub use keys::{Keys, has_non_canonical_values};
pub use lambda::{Lambda, LambdaBody};
pub use numerals::{java_double, java_float};
pub use registry::{Eval, Failure, Function, FunctionId, FunctionKind, Registry, ResultOf};
pub use signature::{Actual, AnalyzeLambda, Bound, Formal, Number, Signature};
pub use sql_json::check_path as check_json_path;
pub use strings::is_like;

use std::sync::LazyLock;

/// Returns all functions.
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
        let mut registry = Registry::default();
        for family in FAMILIES {
            family(&mut registry);
        }
        registry
    });
    &REGISTRY
}

/// What adds the functions of each family.
const FAMILIES: [fn(&mut Registry); 20] = [
    aggregate::register,
    arrays::register,
    binary::register,
    bitwise::register,
    compare::register,
    datetime::register,
    format::register,
    higher_order::register,
    ids::register,
    internal::register,
    json::register,
    maps::register,
    math::register,
    misc::register,
    operators::register,
    regexp::register,
    sql_json::register,
    statistics::register,
    strings::register,
    url::register,
];
