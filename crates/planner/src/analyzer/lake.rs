//! What the Lake compares although Trino does not: times with text, and booleans with text.
//!
//! Text that is constant becomes a constant of the other side's kind while the statement is planned, so
//! scans can use their statistics; where it is none, that is an error at the text's place. Text that is
//! not constant is read row by row: as a time it must be one, or the query fails; as a boolean, what is
//! none is unknown, neither true nor false.

use super::Analyzer;
use super::expr::{Exprs, timestamp};
use super::scope::Typed;
use datafusion::common::ScalarValue;
use traillake_functions::{MOMENT, MomentError, read_moment};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};
use traillake_sql_types::zone::Zone;

const DAY_NANOS: i128 = 86_400_000_000_000;
/// Digits of a second of a time that is read while the query runs.
const DIGITS: u8 = 9;

/// A value, and where it stands in the statement.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) typed: Typed,
    pub(crate) at: Position,
}

impl Typed {
    /// The value at a place in the statement.
    pub(crate) fn placed(self, at: Position) -> Placed {
        Placed { typed: self, at }
    }
}

fn is_time(kind: &Type) -> bool {
    matches!(kind, Type::Timestamp(_) | Type::TimestampTz(_) | Type::Date)
}

impl Exprs<'_> {
    /// Makes text that is compared with a value of another kind one of that kind, if the Lake does so.
    pub(crate) fn as_lake_reads(&self, value: Placed, other: &Type) -> SqlResult<Typed> {
        let Placed { typed, at } = value;
        if !typed.kind.is_varchar() || typed.is_null() {
            return Ok(typed);
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

fn boolean(analyzer: &Analyzer<'_>, text: Typed, at: Position) -> SqlResult<Typed> {
    let constant = text.text().map(str::to_owned);
    let value = analyzer.cast(text, &Type::Boolean, true, at)?;
    match constant {
        Some(text) if value.is_null() => {
            let message = format!("'{text}' is no boolean: true or false is expected");
            Err(SqlError::mismatch(message).at(at))
        }
        _ => Ok(value),
    }
}

fn time(analyzer: &Analyzer<'_>, text: Typed, other: &Type, at: Position) -> SqlResult<Typed> {
    match text.text() {
        Some(text) => constant_time(text, other).map_err(|error| error.at(at)),
        None => {
            let kind = Type::Timestamp(DIGITS);
            Ok(analyzer.function(&MOMENT, vec![text], kind))
        }
    }
}

/// Returns the moment that a text says, in a type that meets `other` without a cast of its values where
/// that is possible.
fn constant_time(text: &str, other: &Type) -> SqlResult<Typed> {
    // Trino refuses any such comparison by its types; here those are refused that have no meaning.
    let refused = |why| match MomentError::error(why, text) {
        error if error.code == Code::NotSupported => error,
        error => SqlError::mismatch(error.message),
    };
    let moment = read_moment(text).map_err(refused)?;
    let days = i32::try_from(moment.nanos.div_euclid(DAY_NANOS));
    let typed = match (other, days) {
        (Type::Date, Ok(days)) if moment.nanos.rem_euclid(DAY_NANOS) == 0 => {
            return Ok(Typed::literal(ScalarValue::Date32(Some(days)), Type::Date));
        }
        (Type::TimestampTz(_), _) => timestamp(moment.nanos, Some(Zone::UTC), moment.digits),
        _ => timestamp(moment.nanos, None, moment.digits),
    };
    typed.ok_or_else(|| refused(MomentError::Other))
}
