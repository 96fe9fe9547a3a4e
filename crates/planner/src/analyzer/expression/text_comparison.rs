//! Comparisons of text with times and booleans, which CloudTrail Lake takes and Trino does not.
//!
//! Constant text becomes a constant of the other side's type while the statement is planned, so that scans can
//! use their statistics; text that cannot be read is an error at its place. Other text is read row by row: a
//! text that is not a time fails the query; a text that is not a boolean is neither true nor false.

use crate::analyzer::Analyzer;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::literal::timestamp;
use crate::analyzer::typed::{LocatedExpr, TypedExpr};
use datafusion::common::ScalarValue;
use traillake_functions::{MOMENT, MomentError, read_moment};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};
use traillake_sql_types::zone::Zone;

const DAY_NANOS: i128 = 86_400_000_000_000;

/// Digits of a second of a time that is read while the query runs.
const DIGITS: u8 = 9;

/// Whether text is read as a time where it meets values of a type.
pub(crate) fn is_time(data_type: &Type) -> bool {
    matches!(data_type, Type::Timestamp(_) | Type::TimestampTz(_) | Type::Date)
}

impl ExpressionAnalyzer<'_> {
    /// Converts text that is compared with a time or a boolean to that type.
    pub(crate) fn text_as(&self, value: LocatedExpr, other: &Type) -> SqlResult<TypedExpr> {
        let LocatedExpr { mut typed, at, given } = value;
        if !typed.data_type.is_varchar() || typed.is_null() {
            return Ok(typed);
        }
        if let Some(given) = given {
            if let Some(number) = self.given_as(&given, other, at)? {
                return Ok(number);
            }
            if let Some(time) = given.time.filter(|_| is_time(other)) {
                typed = TypedExpr::varchar(time);
            }
        }
        if is_time(other) {
            return time(self.analyzer, typed, other, at);
        }
        if *other == Type::Boolean {
            return boolean(self.analyzer, typed, at);
        }
        Ok(typed)
    }
}

fn boolean(analyzer: &Analyzer<'_>, text: TypedExpr, at: Position) -> SqlResult<TypedExpr> {
    let constant = text.text().map(str::to_owned);
    let value = analyzer.cast(text, &Type::Boolean, true, at)?;
    match constant {
        Some(text) if value.is_null() => {
            let message = format!("'{text}' is not a boolean: true or false is expected");
            Err(SqlError::mismatch(message).at(at))
        }
        _ => Ok(value),
    }
}

fn time(
    analyzer: &Analyzer<'_>,
    text: TypedExpr,
    other: &Type,
    at: Position,
) -> SqlResult<TypedExpr> {
    match text.text() {
        Some(text) => constant_time(text, other).map_err(|error| error.at(at)),
        None => {
            let data_type = Type::Timestamp(DIGITS);
            Ok(analyzer.function(&MOMENT, vec![text], data_type))
        }
    }
}

/// Returns the moment that a text says, in a type that meets `other` without a cast of its values where
/// that is possible.
fn constant_time(text: &str, other: &Type) -> SqlResult<TypedExpr> {
    // Trino refuses any such comparison by its types; here those are refused that have no meaning.
    let refused = |why| match MomentError::error(why, text) {
        error if error.code == Code::NotSupported => error,
        error => SqlError::mismatch(error.message),
    };
    let moment = read_moment(text).map_err(refused)?;
    let days = i32::try_from(moment.nanos.div_euclid(DAY_NANOS));
    let typed = match (other, days) {
        (Type::Date, Ok(days)) if moment.nanos.rem_euclid(DAY_NANOS) == 0 => {
            return Ok(TypedExpr::literal(ScalarValue::Date32(Some(days)), Type::Date));
        }
        (Type::TimestampTz(_), _) => timestamp(moment.nanos, Some(Zone::UTC), moment.digits),
        _ => timestamp(moment.nanos, None, moment.digits),
    };
    typed.ok_or_else(|| refused(MomentError::Other))
}
