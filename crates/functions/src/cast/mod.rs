//! Casts between Trino's types.
//!
//! Each file casts to some types from all others: [`numbers`], [`decimals`],
//! [`text`], [`times`], [`bytes`], [`json`], [`nested`]. A safe cast (`TRY_CAST`)
//! returns NULL where `CAST` fails.

mod bytes;
mod decimals;
pub(crate) mod json;
mod nested;
mod numbers;
mod text;
mod times;

pub use text::write_text;

use crate::builder::{ArrayBuilder, IntoBuilder, layout};
use crate::call::{Call, Param, wrong_layout};
use crate::registry::{Failure, Function, is_time_of_day};
use arrow::array::{Array, ArrayRef, new_null_array};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::coercion::{coerces, same_but_names};
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// Casts values of `from` to `to`. With `safe`, what cannot be cast becomes NULL instead of an
/// error. `today`, in days since 1970, is the day of a time that becomes a timestamp.
fn cast_on(
    today: i32,
    array: &ArrayRef,
    from: &Type,
    to: &Type,
    safe: bool,
) -> SqlResult<ArrayRef> {
    if *from == Type::Unknown || array.null_count() == array.len() {
        return Ok(new_null_array(&arrow_type(to), array.len()));
    }
    if same_but_names(from, to) {
        return layout(ArrayRef::clone(array), to);
    }
    match (from, to) {
        (Type::Json, _) => json::from_json(array, to, safe),
        (_, Type::Json) => json::to_json(array, from, safe),
        (_, Type::Boolean) => numbers::to_boolean(array, from, safe),
        (_, Type::Tinyint) => numbers::to_integer::<i8>(array, from, to, safe),
        (_, Type::Smallint) => numbers::to_integer::<i16>(array, from, to, safe),
        (_, Type::Integer) => numbers::to_integer::<i32>(array, from, to, safe),
        (_, Type::Bigint) => numbers::to_integer::<i64>(array, from, to, safe),
        (_, Type::Real) => numbers::to_float::<f32>(array, from, to, safe),
        (_, Type::Double) => numbers::to_float::<f64>(array, from, to, safe),
        (_, Type::Decimal(precision, scale)) => {
            decimals::to_decimal(array, from, (*precision, *scale), safe)
        }
        (_, Type::Varchar(length)) => text::to_varchar(array, from, *length, safe),
        (_, Type::Char(length)) => text::to_char(array, from, *length),
        (_, Type::Date) => times::to_date(array, from, safe),
        (_, Type::Time(precision)) => times::to_time(array, from, *precision, safe),
        (_, Type::Timestamp(precision)) => {
            times::to_timestamp(today, array, from, *precision, safe)
        }
        (_, Type::TimestampTz(precision)) => {
            times::to_timestamp_tz(today, array, from, *precision, safe)
        }
        (_, Type::Varbinary) => bytes::to_varbinary(array, from),
        (_, Type::Uuid) => bytes::to_uuid(array, from, safe),
        (_, Type::IpAddress) => bytes::to_ipaddress(array, from, safe),
        _ => nested::cast(today, array, from, to, safe),
    }
}

/// Whether there is a cast from `from` to `to`.
pub fn exists(from: &Type, to: &Type) -> bool {
    if coerces(from, to) {
        return true;
    }
    let is_simple = |data_type: &Type| data_type.is_numeric() || *data_type == Type::Boolean;
    match (from, to) {
        (_, Type::Json) => is_json_source(from),
        (Type::Json, _) => is_json_target(to),
        (Type::Varchar(_), Type::Varchar(_) | Type::Char(_) | Type::Varbinary) => true,
        (Type::Varchar(_), Type::Uuid | Type::IpAddress) => true,
        (
            Type::Varchar(_),
            Type::Date | Type::Time(_) | Type::Timestamp(_) | Type::TimestampTz(_),
        ) => true,
        (Type::Varchar(_), _) => is_simple(to),
        (Type::Char(_), Type::Char(_) | Type::Varchar(_)) => true,
        (Type::Uuid | Type::IpAddress, Type::Varchar(None) | Type::Varbinary) => true,
        (Type::Varbinary, Type::Uuid | Type::IpAddress) => true,
        (Type::Time(_), Type::Time(_) | Type::Timestamp(_) | Type::TimestampTz(_)) => true,
        (
            Type::Timestamp(_) | Type::TimestampTz(_),
            Type::Date | Type::Time(_) | Type::Timestamp(_) | Type::TimestampTz(_),
        ) => true,
        (
            Type::Date
            | Type::Time(_)
            | Type::Timestamp(_)
            | Type::TimestampTz(_)
            | Type::IntervalDay
            | Type::IntervalYear,
            Type::Varchar(_),
        ) => true,
        (_, Type::Varchar(_)) => is_simple(from),
        (Type::Array(from), Type::Array(to)) => exists(from, to),
        (Type::Map(from_key, from_value), Type::Map(to_key, to_value)) => {
            exists(from_key, to_key) && exists(from_value, to_value)
        }
        (Type::Row(from), Type::Row(to)) => {
            from.len() == to.len()
                && from.iter().zip(to.iter()).all(|(a, b)| exists(&a.data_type, &b.data_type))
        }
        _ => is_simple(from) && is_simple(to),
    }
}

/// Whether values of this type can be cast to `json`.
fn is_json_source(data_type: &Type) -> bool {
    match data_type {
        Type::Date | Type::Timestamp(_) | Type::Unknown => true,
        Type::Array(item) => is_json_source(item),
        Type::Map(key, value) => {
            (**key == Type::Unknown || is_json_key(key)) && is_json_source(value)
        }
        Type::Row(fields) => fields.iter().all(|field| is_json_source(&field.data_type)),
        _ => is_json_scalar(data_type),
    }
}

/// Whether `json` can be cast to this type.
fn is_json_target(data_type: &Type) -> bool {
    match data_type {
        Type::Array(item) => is_json_target(item),
        Type::Map(key, value) => is_json_key(key) && is_json_target(value),
        Type::Row(fields) => fields.iter().all(|field| is_json_target(&field.data_type)),
        _ => is_json_scalar(data_type),
    }
}

fn is_json_scalar(data_type: &Type) -> bool {
    *data_type == Type::Json || is_json_key(data_type)
}

/// Whether this is a type of map keys that have a form in JSON.
fn is_json_key(data_type: &Type) -> bool {
    *data_type == Type::Boolean || data_type.is_numeric() || data_type.is_varchar()
}

/// Casts values for `call`: as [`cast_on`] the day on which the statement began.
pub(crate) fn cast(
    call: &Call<'_>,
    array: &ArrayRef,
    from: &Type,
    to: &Type,
    safe: bool,
) -> SqlResult<ArrayRef> {
    let is_time = from.any(&is_time_of_day) || to.any(&is_time_of_day);
    let day = if is_time { call.now().date_naive().to_epoch_days() } else { 0 };
    cast_on(day, array, from, to, safe)
}

/// Casts values to varchar, as `CAST` does.
pub(crate) fn cast_to_text(array: &ArrayRef, from: &Type, safe: bool) -> SqlResult<ArrayRef> {
    // No value's text depends on the day.
    cast_on(0, array, from, &Type::VARCHAR, safe)
}

/// `CAST(x AS type)`; `type` is the call's result type, and [`exists`] for the argument's.
pub static CAST: Function = Function {
    failure: Failure::Of(|types, to| {
        let plain = types[0].children().is_empty() && types[0] != Type::Json;
        !(plain && *to == Type::VARCHAR)
    }),
    ..Function::internal_over_nulls("$cast", eval)
};

fn eval(call: &Call<'_>) -> SqlResult<ArrayRef> {
    cast(call, &call.array(0)?, call.argument_type(0), call.result(), false)
}

/// `TRY_CAST(x AS type)`: as [`CAST`], and NULL where that fails.
pub static TRY_CAST: Function =
    Function { failure: Failure::Never, ..Function::internal_over_nulls("$try_cast", eval_try) };

fn eval_try(call: &Call<'_>) -> SqlResult<ArrayRef> {
    cast(call, &call.array(0)?, call.argument_type(0), call.result(), true)
}

/// Returns the error for types without a cast, which planners refuse before.
fn no_cast(from: &Type, to: &Type) -> SqlError {
    SqlError::mismatch(format!("Cannot cast {from} to {to}"))
}

/// Whether a safe cast returns NULL instead of an error.
fn is_null_when_safe(error: &SqlError) -> bool {
    !matches!(error.code, Code::Internal | Code::ExceededMemoryLimit | Code::TypeMismatch)
}

/// Opens an array to read its values.
fn open<'a, P: Param<'a>>(array: &'a dyn Array) -> SqlResult<P::Data> {
    P::open(array).ok_or_else(|| wrong_layout("a value to cast", array))
}

/// Makes an array of `to` from `f` of each value that is not NULL.
fn each<'a, P: Param<'a>, R: IntoBuilder>(
    array: &'a dyn Array,
    to: &Type,
    safe: bool,
    f: impl Fn(P) -> SqlResult<R>,
) -> SqlResult<ArrayRef> {
    let data = open::<P>(array)?;
    let mut out = R::builder(array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            out.null();
            continue;
        }
        match f(P::get(&data, row)) {
            Ok(value) => value.append_to(&mut out),
            Err(error) if safe && is_null_when_safe(&error) => out.null(),
            Err(error) => return Err(error),
        }
    }
    out.finish(to)
}

/// [`each`] of values of an integer type.
fn each_integer<R: IntoBuilder>(
    array: &dyn Array,
    from: &Type,
    to: &Type,
    safe: bool,
    f: impl Fn(i64) -> SqlResult<R>,
) -> SqlResult<ArrayRef> {
    match from {
        Type::Tinyint => each(array, to, safe, |value: i8| f(value.into())),
        Type::Smallint => each(array, to, safe, |value: i16| f(value.into())),
        Type::Integer => each(array, to, safe, |value: i32| f(value.into())),
        _ => each(array, to, safe, f),
    }
}
