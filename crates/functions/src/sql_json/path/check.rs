//! Refuses paths that can never work, by the types of their literals.

use super::value::{Value, arithmetic_type};
use super::{Expression, Method, Operator, Predicate};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// Checks a path whose text is at `at` in the statement.
pub(super) fn check(root: &Expression, at: Position) -> SqlResult<()> {
    type_of(root).map(|_| ()).map_err(|error| error.at(at))
}

fn invalid<T>(message: String) -> SqlResult<T> {
    Err(SqlError::new(Code::InvalidPath, message))
}

fn not_yet<T>(what: &str) -> SqlResult<T> {
    Err(SqlError::unsupported(format!("{what} in JSON path is not yet supported")))
}

/// Returns the type of an expression's result, if that is known.
fn type_of(expression: &Expression) -> SqlResult<Option<Type>> {
    Ok(match expression {
        Expression::Literal(value) => Some(value.data_type()),
        Expression::Null | Expression::Context | Expression::Variable(_) => None,
        Expression::Current => None,
        Expression::Last => Some(Type::Integer),
        Expression::Sign { base, .. } => {
            let data_type = type_of(base)?;
            if let Some(data_type) = data_type.as_ref().filter(|data_type| !data_type.is_numeric())
            {
                return invalid(format!(
                    "invalid operand type ({data_type}) in JSON path arithmetic unary expression: \
                     Cannot negate {data_type}"
                ));
            }
            data_type
        }
        Expression::Binary(operator, left, right) => match (type_of(left)?, type_of(right)?) {
            (Some(left), Some(right)) => Some(binary(*operator, &left, &right)?),
            _ => None,
        },
        Expression::Member(base, _) | Expression::Descendants(base, _) => {
            type_of(base)?;
            None
        }
        Expression::Elements(base, places) => {
            for (from, to) in places {
                type_of(from)?;
                to.as_ref().map(type_of).transpose()?;
            }
            type_of(base)?
        }
        Expression::Filter(base, predicate) => {
            let data_type = type_of(base)?;
            check_predicate(predicate)?;
            data_type
        }
        Expression::Method(base, method) => method_type(*method, type_of(base)?)?,
    })
}

fn binary(operator: Operator, left: &Type, right: &Type) -> SqlResult<Type> {
    match arithmetic_type(operator, left, right) {
        Some(data_type) => data_type,
        None => invalid(format!(
            "invalid operand types ({left} and {right}) in JSON path arithmetic binary \
             expression: Cannot apply operator: {left} {} {right}",
            operator.sign()
        )),
    }
}

fn method_type(method: Method, base: Option<Type>) -> SqlResult<Option<Type>> {
    let number = |name: &str| match &base {
        Some(data_type) if !data_type.is_numeric() => invalid(format!(
            "cannot perform JSON path {name}() method with {data_type} argument: \
             Unexpected parameters ({data_type}) for function {name}"
        )),
        Some(Type::Decimal(precision, scale)) if name != "abs" => {
            let whole = precision - scale + u8::from(*scale > 0);
            Ok(Some(Type::Decimal(whole.clamp(1, 38), 0)))
        }
        other => Ok(other.clone()),
    };
    match method {
        Method::Abs => number("abs"),
        Method::Ceiling => number("ceiling"),
        Method::Floor => number("floor"),
        Method::Datetime => not_yet("datetime method"),
        Method::Double => match base {
            Some(data_type) if !(data_type.is_numeric() || data_type.is_varchar()) => invalid(
                format!("cannot perform JSON path double() method with {data_type} argument"),
            ),
            _ => Ok(Some(Type::Double)),
        },
        Method::Keyvalue => Ok(None),
        Method::Size => Ok(Some(Type::Integer)),
        Method::Type => Ok(Some(Value::type_name("").data_type())),
    }
}

fn check_predicate(predicate: &Predicate) -> SqlResult<()> {
    match predicate {
        Predicate::Compare(_, left, right) | Predicate::StartsWith(left, right) => {
            type_of(left)?;
            type_of(right)?;
        }
        Predicate::LikeRegex(_) => return not_yet("like_regex predicate"),
        Predicate::Exists(inner) => {
            type_of(inner)?;
        }
        Predicate::IsUnknown(inner) | Predicate::Not(inner) => check_predicate(inner)?,
        Predicate::And(left, right) | Predicate::Or(left, right) => {
            check_predicate(left)?;
            check_predicate(right)?;
        }
    }
    Ok(())
}
