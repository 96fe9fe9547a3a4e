//! Trino's functions, over Arrow arrays.
//!
//! [`registry`] has them all by name: a signature and a plain function over a [`call::Call`]. A call
//! in a query becomes a [`scalar::ScalarCall`], which is what DataFusion knows. Operators are
//! functions, too: `$add`, `$equal`. The other files hold the functions, a family each.

mod arrays;
mod binary;
mod bitwise;
mod call;
mod cast;
pub(super) mod catalog;
mod collected;
mod compare;
pub(super) mod datetime;
mod format;
mod higher_order;
mod ids;
mod json;
mod keys;
mod lambda;
mod maps;
mod math;
mod misc;
mod operators;
mod out;
mod plumbing;
mod regexp;
mod registry;
mod scalar;
mod signature;
mod statistics;
mod strings;
mod url;

pub(super) use arrays::{make_row, row_field};
pub(super) use call::Call;
pub(super) use cast::{
    eval as eval_cast, eval_try as eval_try_cast, exists as cast_exists, write_text,
};
pub(super) use cast::{java_double, java_float};
pub(super) use datetime::parse::{
    interval_day as parse_interval_day, interval_year as parse_interval_year, time as parse_time,
    timestamp_literal as parse_timestamp,
};
pub(super) use datetime::print::date_of_result;
pub(super) use datetime::written::{Unreadable, moment as read_moment};
pub(super) use json::check_path as check_json_path;
pub(super) use keys::Keys;
pub(super) use lambda::Body;
pub(super) use out::{Picks, truths};
pub(super) use plumbing::{fail, key, only, sorted, sum_to_bigint, zip, zip_keeping};
pub(super) use registry::{Aggregate, Eval, Overload, Registry};
pub(super) use scalar::{Parts, Planned, ScalarCall, call, try_};
pub(super) use signature::{Actual, Bound, Formal, Signature};

/// Adds every function to the registry.
fn register(registry: &mut Registry) {
    for family in [
        arrays::register,
        binary::register,
        bitwise::register,
        collected::register,
        compare::register,
        datetime::register,
        format::register,
        higher_order::register,
        ids::register,
        json::register,
        maps::register,
        math::register,
        misc::register,
        operators::register,
        plumbing::register,
        regexp::register,
        statistics::register,
        strings::register,
        url::register,
    ] {
        family(registry);
    }
}
