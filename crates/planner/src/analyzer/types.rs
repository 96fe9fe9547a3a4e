//! Types as written to types.

use traillake_sql_parser::ast::{TypeName, TypeNameKind, TypeParameter};
use traillake_sql_types::error::{Code, SqlError, SqlResult};
use traillake_sql_types::{MAX_PRECISION, RowField, Type};

/// Returns the type that a text names.
pub(crate) fn resolve(name: &TypeName) -> SqlResult<Type> {
    let unknown = || SqlError::new(Code::TypeNotFound, "Unknown type".to_owned()).at(name.at);
    match &name.kind {
        TypeNameKind::IntervalDay => Ok(Type::IntervalDay),
        TypeNameKind::IntervalYear => Ok(Type::IntervalYear),
        TypeNameKind::Row(fields) => {
            let fields = fields.iter().map(|(field, data_type)| {
                let field = field
                    .as_ref()
                    .map(|ident| if ident.quoted { ident.value.clone() } else { ident.lower() });
                Ok(RowField { name: field, data_type: resolve(data_type)? })
            });
            Ok(Type::Row(fields.collect::<SqlResult<_>>()?))
        }
        TypeNameKind::DateTime { timestamp, precision, zone } => {
            let precision = match precision.unwrap_or(3) {
                digits @ 0..=9 => digits as u8,
                digits @ 10..=12 => {
                    return Err(SqlError::unsupported(format!(
                        "times with {digits} digits of a second are not supported yet; 9 are the most"
                    ))
                    .at(name.at));
                }
                digits => {
                    let message = format!("Invalid precision {digits}");
                    return Err(SqlError::new(Code::InvalidFunctionArgument, message).at(name.at));
                }
            };
            match (timestamp, zone) {
                (true, false) => Ok(Type::Timestamp(precision)),
                (true, true) => Ok(Type::TimestampTz(precision)),
                (false, false) => Ok(Type::Time(precision)),
                (false, true) => {
                    Err(SqlError::unsupported("time with time zone is not supported yet")
                        .at(name.at))
                }
            }
        }
        TypeNameKind::Generic { name: word, parameters } => generic(word, parameters)?
            .ok_or_else(|| SqlError { message: format!("Unknown type: {word}"), ..unknown() }),
    }
}

fn generic(word: &str, parameters: &[TypeParameter]) -> SqlResult<Option<Type>> {
    let simple = match word {
        "unknown" => Some(Type::Unknown),
        "boolean" => Some(Type::Boolean),
        "tinyint" => Some(Type::Tinyint),
        "smallint" => Some(Type::Smallint),
        "integer" | "int" => Some(Type::Integer),
        "bigint" => Some(Type::Bigint),
        "real" => Some(Type::Real),
        "double" => Some(Type::Double),
        "varbinary" => Some(Type::Varbinary),
        "json" => Some(Type::Json),
        "date" => Some(Type::Date),
        "uuid" => Some(Type::Uuid),
        "ipaddress" => Some(Type::IpAddress),
        _ => None,
    };
    let bad = |message: String| Err(SqlError::new(Code::InvalidFunctionArgument, message));
    Ok(match (word, parameters) {
        (_, []) if simple.is_some() => simple,
        ("varchar", []) => Some(Type::VARCHAR),
        ("varchar", [TypeParameter::Number(length)]) => match u32::try_from(*length) {
            Ok(length) if length < 2_147_483_647 => Some(Type::Varchar(Some(length))),
            _ => Some(Type::VARCHAR),
        },
        ("char", []) => Some(Type::Char(1)),
        ("char", [TypeParameter::Number(length)]) => match u32::try_from(*length) {
            Ok(length) if length <= 65_536 => Some(Type::Char(length)),
            _ => return bad(format!("CHAR length must be in range [0, 65536], got {length}")),
        },
        ("decimal" | "dec" | "numeric", []) => Some(Type::Decimal(MAX_PRECISION, 0)),
        ("decimal" | "dec" | "numeric", [TypeParameter::Number(precision)]) => {
            Some(decimal(*precision, 0)?)
        }
        (
            "decimal" | "dec" | "numeric",
            [TypeParameter::Number(precision), TypeParameter::Number(scale)],
        ) => Some(decimal(*precision, *scale)?),
        ("array", [TypeParameter::Type(item)]) => Some(Type::array(resolve(item)?)),
        ("map", [TypeParameter::Type(key), TypeParameter::Type(value)]) => {
            let key_type = resolve(key)?;
            if !key_type.is_comparable() {
                return Err(SqlError::mismatch(format!(
                    "map key must be comparable, not {key_type}"
                )));
            }
            Some(Type::map(key_type, resolve(value)?))
        }
        ("timestamp" | "time", _) => None,
        _ => None,
    })
}

fn decimal(precision: u64, scale: u64) -> SqlResult<Type> {
    let (Ok(p), Ok(s)) = (u8::try_from(precision), u8::try_from(scale)) else {
        return Err(SqlError::new(
            Code::InvalidFunctionArgument,
            format!("DECIMAL precision must be in range [1, 38]: {precision}"),
        ));
    };
    if !(1..=MAX_PRECISION).contains(&p) {
        return Err(SqlError::new(
            Code::InvalidFunctionArgument,
            format!("DECIMAL precision must be in range [1, 38]: {precision}"),
        ));
    }
    if s > p {
        return Err(SqlError::new(
            Code::InvalidFunctionArgument,
            format!("DECIMAL scale must be in range [0, precision ({precision})]: {scale}"),
        ));
    }
    Ok(Type::Decimal(p, s))
}
