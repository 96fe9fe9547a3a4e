//! Literals, and the constants of a statement such as `current_timestamp`.

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::types::resolve as resolve_type;
use datafusion::common::ScalarValue;
use traillake_functions::{parse_interval_day, parse_interval_year, parse_time, parse_timestamp};
use traillake_sql_parser::ast::{Current, Expr as Ast, ExprKind};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::units_per_second;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};
use traillake_sql_types::zone::Zone;

impl<'a> ExpressionAnalyzer<'a> {
    /// A constant as it is written.
    pub(crate) fn literal(&self, ast: &Ast) -> SqlResult<TypedExpr> {
        let at = ast.at;
        match &ast.kind {
            ExprKind::Null => TypedExpr::null(Type::Unknown),
            ExprKind::Boolean(value) => Ok(TypedExpr::boolean(*value)),
            ExprKind::String(text) => {
                let length = u32::try_from(text.chars().count()).ok();
                Ok(TypedExpr {
                    data_type: Type::Varchar(length),
                    ..TypedExpr::varchar(text.clone())
                })
            }
            ExprKind::Binary(bytes) => {
                let value = ScalarValue::Binary(Some(bytes.clone()));
                Ok(TypedExpr::literal(value, Type::Varbinary))
            }
            ExprKind::Integer(value) => Ok(match i32::try_from(*value) {
                Ok(small) => TypedExpr::literal(ScalarValue::Int32(Some(small)), Type::Integer),
                Err(_) => TypedExpr::bigint(*value),
            }),
            ExprKind::Decimal(text) => decimal(text, at),
            ExprKind::Double(value) => {
                Ok(TypedExpr::literal(ScalarValue::Float64(Some(*value)), Type::Double))
            }
            ExprKind::Typed { kind, text } => self.typed_literal(kind, text, at),
            ExprKind::Interval { negative, text, start, end } => {
                interval(*negative, text, start, end.as_deref(), at)
            }
            _ => Err(SqlError::internal("not a literal")),
        }
    }

    fn typed_literal(
        &self,
        name: &traillake_sql_parser::ast::TypeName,
        text: &str,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        use traillake_sql_parser::ast::TypeNameKind;
        let bad = |kind: &str| {
            let message = format!("'{text}' is not a valid {kind} literal");
            SqlError::new(Code::InvalidLiteral, message).at(at)
        };
        if let TypeNameKind::Generic { name, parameters } = &name.kind
            && parameters.is_empty()
        {
            match name.as_str() {
                "decimal" => return decimal(text.trim(), at),
                "time" => {
                    let (nanos, digits) = parse_time(text, 9).ok_or_else(|| bad("TIME"))?;
                    check_digits("TIME", digits, at)?;
                    let value = ScalarValue::Time64Nanosecond(Some(nanos));
                    return Ok(TypedExpr::literal(value, Type::Time(digits)));
                }
                "timestamp" => {
                    let (nanos, zone, digits) =
                        parse_timestamp(text).ok_or_else(|| bad("TIMESTAMP"))?;
                    check_digits("TIMESTAMP", digits, at)?;
                    return timestamp(nanos, zone, digits).ok_or_else(|| bad("TIMESTAMP"));
                }
                "json" => {
                    let text = TypedExpr::varchar(text);
                    let value = self.scalar("json_parse", vec![text], at)?;
                    return if value.constant().is_some() { Ok(value) } else { Err(bad("JSON")) };
                }
                "char" => {
                    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                    return Ok(TypedExpr {
                        data_type: Type::Char(length),
                        ..TypedExpr::varchar(text.trim_end_matches(' '))
                    });
                }
                _ => {}
            }
        }
        let data_type = resolve_type(name).map_err(|error| error.at(at))?;
        let value = self.analyzer.cast(TypedExpr::varchar(text), &data_type, false, at)?;
        if value.constant().is_none() {
            return Err(bad(&data_type.to_string()));
        }
        Ok(value)
    }

    pub(crate) fn current(
        &self,
        what: Current,
        precision: Option<u8>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let text = |text: &str| Ok(TypedExpr::varchar(text));
        let precision = precision.unwrap_or(3);
        check_digits("current time", precision, at)?;
        let now = self.analyzer.now();
        let now =
            i128::from(now.timestamp()) * 1_000_000_000 + i128::from(now.timestamp_subsec_nanos());
        let step = 10_i128.pow(u32::from(9 - precision));
        let rounded = now - now.rem_euclid(step);
        match what {
            Current::User => text("user"),
            Current::Catalog => text(self.analyzer.catalog.catalog_name()),
            Current::Schema => text(self.analyzer.default_schema()),
            Current::Path => text(""),
            Current::Date => {
                let days = i32::try_from(now.div_euclid(86_400_000_000_000)).unwrap_or_default();
                Ok(TypedExpr::literal(ScalarValue::Date32(Some(days)), Type::Date))
            }
            Current::Timestamp => timestamp(rounded, Some(Zone::UTC), precision)
                .ok_or_else(|| SqlError::internal("the clock is out of range")),
            Current::LocalTimestamp => timestamp(rounded, None, precision)
                .ok_or_else(|| SqlError::internal("the clock is out of range")),
            Current::LocalTime => {
                let nanos = rounded.rem_euclid(86_400_000_000_000) as i64;
                let value = ScalarValue::Time64Nanosecond(Some(nanos));
                Ok(TypedExpr::literal(value, Type::Time(precision)))
            }
            Current::Time => error(
                Code::NotSupported,
                at,
                "time with time zone is not supported yet; use localtime or current_timestamp",
            ),
        }
    }
}

/// A decimal literal; its digits are its type.
fn decimal(text: &str, at: Position) -> SqlResult<TypedExpr> {
    let bad =
        || SqlError::new(Code::InvalidLiteral, format!("Invalid decimal literal: '{text}'")).at(at);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let whole = whole.trim_start_matches('0');
    let precision = (whole.len() + fraction.len()).max(1);
    if precision > 38 {
        return Err(bad());
    }
    let value: i128 = all.parse().map_err(|_| bad())?;
    let value = if negative { -value } else { value };
    let (precision, scale) = (precision as u8, fraction.len() as u8);
    Ok(TypedExpr::literal(
        ScalarValue::Decimal128(Some(value), precision, scale as i8),
        Type::Decimal(precision, scale),
    ))
}

/// Refuses more digits of a second than types have here, and more than Trino knows.
fn check_digits(what: &str, digits: u8, at: Position) -> SqlResult<()> {
    if digits <= 9 {
        return Ok(());
    }
    if digits <= 12 {
        let message =
            format!("times with {digits} digits of a second are not supported yet; 9 are the most");
        return error(Code::NotSupported, at, message);
    }
    let message = format!("{what} precision must be in range [0, 12]: {digits}");
    error(Code::NumericValueOutOfRange, at, message)
}

/// A constant timestamp from local nanoseconds.
pub(crate) fn timestamp(nanos: i128, zone: Option<Zone>, digits: u8) -> Option<TypedExpr> {
    if let Some(zone) = zone {
        let local = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
        let utc = i128::from(zone.to_utc(local)) * 1_000_000_000 + nanos.rem_euclid(1_000_000_000);
        let value = ScalarValue::Decimal128(Some(zone.pack(utc)), 38, 0);
        return Some(TypedExpr::literal(value, Type::TimestampTz(digits)));
    }
    let data_type = Type::Timestamp(digits);
    let units = nanos.div_euclid(nanos_per_unit(digits));
    let value = match digits {
        0..=3 => ScalarValue::TimestampMillisecond(Some(i64::try_from(units).ok()?), None),
        4..=6 => ScalarValue::TimestampMicrosecond(Some(i64::try_from(units).ok()?), None),
        _ => ScalarValue::Decimal128(Some(units), 38, 0),
    };
    Some(TypedExpr::literal(value, data_type))
}

pub(crate) fn nanos_per_unit(digits: u8) -> i128 {
    i128::from(1_000_000_000 / units_per_second(digits))
}

/// Returns the nanoseconds of a constant timestamp without zone.
pub(crate) fn nanos_of(value: &ScalarValue) -> Option<i128> {
    match value {
        ScalarValue::TimestampMillisecond(Some(millis), _) => Some(i128::from(*millis) * 1_000_000),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => Some(i128::from(*micros) * 1_000),
        ScalarValue::Decimal128(nanos, ..) => *nanos,
        _ => None,
    }
}

fn interval(
    negative: bool,
    text: &str,
    start: &str,
    end: Option<&str>,
    at: Position,
) -> SqlResult<TypedExpr> {
    let bad = || {
        let message = format!("'{text}' is not a valid INTERVAL literal");
        SqlError::new(Code::InvalidLiteral, message).at(at)
    };
    if matches!(start, "year" | "month") {
        let months = parse_interval_year(text, start, end).ok_or_else(bad)?;
        let months = if negative { months.checked_neg().ok_or_else(bad)? } else { months };
        return Ok(TypedExpr::literal(ScalarValue::Int32(Some(months)), Type::IntervalYear));
    }
    let millis = parse_interval_day(text, start, end).ok_or_else(bad)?;
    let millis = if negative { millis.checked_neg().ok_or_else(bad)? } else { millis };
    Ok(TypedExpr::literal(ScalarValue::Int64(Some(millis)), Type::IntervalDay))
}
