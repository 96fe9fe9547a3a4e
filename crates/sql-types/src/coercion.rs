//! Which types become which without being asked, as Trino's `TypeCoercion` has it.

use super::{MAX_PRECISION, RowField, Type};
use std::sync::Arc;

/// Returns the type that values of both types become when they meet in one place: comparisons,
/// branches of CASE, arms of UNION, elements of ARRAY.
pub fn common_type(a: &Type, b: &Type) -> Option<Type> {
    if a == b {
        return Some(a.clone());
    }
    common_ordered(a, b).or_else(|| common_ordered(b, a))
}

/// Whether a value of `from` becomes one of `to` where that is expected.
pub fn coerces(from: &Type, to: &Type) -> bool {
    from == to || common_type(from, to).is_some_and(|common| same_but_names(&common, to))
}

/// Whether two types differ in nothing but the names of row fields.
pub fn same_but_names(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Array(a), Type::Array(b)) => same_but_names(a, b),
        (Type::Map(ak, av), Type::Map(bk, bv)) => same_but_names(ak, bk) && same_but_names(av, bv),
        (Type::Row(a), Type::Row(b)) => {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|(a, b)| same_but_names(&a.data_type, &b.data_type))
        }
        _ => a == b,
    }
}

/// Returns the decimal that holds every value of an integer type.
pub fn decimal_of_integer(data_type: &Type) -> Option<(u8, u8)> {
    match data_type {
        Type::Tinyint => Some((3, 0)),
        Type::Smallint => Some((5, 0)),
        Type::Integer => Some((10, 0)),
        Type::Bigint => Some((19, 0)),
        Type::Decimal(precision, scale) => Some((*precision, *scale)),
        _ => None,
    }
}

/// Returns the decimal that two decimals meet in.
pub fn common_decimal(a: (u8, u8), b: (u8, u8)) -> Type {
    let scale = a.1.max(b.1);
    let whole = (a.0 - a.1).max(b.0 - b.1);
    Type::Decimal((whole + scale).min(MAX_PRECISION), scale)
}

/// How wide a number type is, for those that only widen.
fn rank(data_type: &Type) -> Option<u8> {
    Some(match data_type {
        Type::Tinyint => 0,
        Type::Smallint => 1,
        Type::Integer => 2,
        Type::Bigint => 3,
        Type::Decimal(..) => 4,
        Type::Real => 5,
        Type::Double => 6,
        _ => return None,
    })
}

/// One direction of [`common_type`]; the caller tries the other.
fn common_ordered(a: &Type, b: &Type) -> Option<Type> {
    if let (Some(left), Some(right)) = (rank(a), rank(b)) {
        if let (Type::Decimal(..), Some(a), Some(b)) =
            (if left > right { a } else { b }, decimal_of_integer(a), decimal_of_integer(b))
        {
            return Some(common_decimal(a, b));
        }
        return Some(if left > right { a.clone() } else { b.clone() });
    }
    match (a, b) {
        (Type::Unknown, other) => Some(other.clone()),
        (Type::Varchar(Some(a)), Type::Varchar(Some(b))) => Some(Type::Varchar(Some(*a.max(b)))),
        (Type::Varchar(_), Type::Varchar(_)) => Some(Type::VARCHAR),
        (Type::Char(a), Type::Char(b)) => Some(Type::Char(*a.max(b))),
        (Type::Char(a), Type::Varchar(b)) => Some(Type::Char(b.map_or(*a, |b| b.max(*a)))),
        (Type::Date, Type::Timestamp(_) | Type::TimestampTz(_)) => Some(b.clone()),
        (Type::Time(a), Type::Time(b)) => Some(Type::Time(*a.max(b))),
        (Type::Timestamp(a), Type::Timestamp(b)) => Some(Type::Timestamp(*a.max(b))),
        (Type::Timestamp(a), Type::TimestampTz(b))
        | (Type::TimestampTz(a), Type::TimestampTz(b)) => Some(Type::TimestampTz(*a.max(b))),
        (Type::Array(a), Type::Array(b)) => Some(Type::array(common_type(a, b)?)),
        (Type::Map(ak, av), Type::Map(bk, bv)) => {
            Some(Type::map(common_type(ak, bk)?, common_type(av, bv)?))
        }
        (Type::Row(a), Type::Row(b)) if a.len() == b.len() => {
            let fields: Option<Arc<[RowField]>> =
                a.iter().zip(b.iter()).map(|(a, b)| common_field(a, b)).collect();
            Some(Type::Row(fields?))
        }
        _ => None,
    }
}

fn common_field(a: &RowField, b: &RowField) -> Option<RowField> {
    let same = a.name.is_some()
        && a.name.as_deref().map(str::to_lowercase) == b.name.as_deref().map(str::to_lowercase);
    let name = if same { a.name.clone() } else { None };
    Some(RowField { name, data_type: common_type(&a.data_type, &b.data_type)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: Type, b: Type, want: Option<Type>) {
        assert_eq!(common_type(&a, &b), want);
        assert_eq!(common_type(&b, &a), want);
    }

    #[test]
    fn types_that_meet() {
        check(Type::Tinyint, Type::Bigint, Some(Type::Bigint));
        check(Type::Integer, Type::Decimal(5, 2), Some(Type::Decimal(12, 2)));
        check(Type::Bigint, Type::Real, Some(Type::Real));
        check(Type::Decimal(38, 0), Type::Decimal(38, 38), Some(Type::Decimal(38, 38)));
        check(Type::Varchar(Some(3)), Type::VARCHAR, Some(Type::VARCHAR));
        check(Type::Date, Type::Timestamp(3), Some(Type::Timestamp(3)));
        check(Type::Timestamp(6), Type::TimestampTz(3), Some(Type::TimestampTz(6)));
        check(Type::Unknown, Type::Uuid, Some(Type::Uuid));
        check(Type::Boolean, Type::Integer, None);
        check(Type::VARCHAR, Type::Timestamp(3), None);
        check(
            Type::array(Type::Unknown),
            Type::array(Type::row([Type::Integer])),
            Some(Type::array(Type::row([Type::Integer]))),
        );
    }

    #[test]
    fn coercions_only_widen() {
        assert!(coerces(&Type::Integer, &Type::Bigint) && !coerces(&Type::Bigint, &Type::Integer));
        assert!(coerces(&Type::Varchar(Some(2)), &Type::Varchar(Some(3))));
        assert!(!coerces(&Type::VARCHAR, &Type::Varchar(Some(3))));
        assert!(coerces(&Type::Integer, &Type::Decimal(12, 2)));
        assert!(!coerces(&Type::Integer, &Type::Decimal(11, 2)));
    }
}
