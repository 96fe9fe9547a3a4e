//! Rounding of decimals.

use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::{MAX_PRECISION, Type};

pub(super) fn register(registry: &mut Registry) {
    const TO_WHOLE: &str = "(decimal(p,s)) -> decimal(r,0)";
    registry.add("abs", "(decimal(p,s)) -> decimal(p,s)", |call| call.map1(|x: i128| Ok(x.abs())));
    registry
        .add("sign", "(decimal(p,s)) -> decimal(1,0)", |call| call.map1(|x: i128| Ok(x.signum())));
    registry
        .add("floor", TO_WHOLE, |call| whole(call, |x, unit| x.div_euclid(unit)))
        .returns(wider);
    for name in ["ceil", "ceiling"] {
        registry
            .add(name, TO_WHOLE, |call| whole(call, |x, unit| -(-x).div_euclid(unit)))
            .returns(wider);
    }
    registry.add("round", TO_WHOLE, |call| whole(call, rounded_quotient)).returns(wider);
    registry.add("truncate", TO_WHOLE, |call| whole(call, |x, unit| x / unit)).returns(shorter);
    registry
        .add("round", "(decimal(p,s), integer) -> decimal(r,s)", |call| {
            to_digits(call, |x, unit| rounded_quotient(x, unit).checked_mul(unit))
        })
        .returns(longer);
    registry.add("truncate", "(decimal(p,s), integer) -> decimal(p,s)", |call| {
        to_digits(call, |x, unit| Some(x - x % unit))
    });
}

fn digits(data_type: Option<&Type>) -> SqlResult<(u8, u8)> {
    match data_type {
        Some(Type::Decimal(precision, scale)) => Ok((*precision, *scale)),
        other => Err(SqlError::internal(format!("a decimal cannot have the type {other:?}"))),
    }
}

/// Rounding to a whole number may carry into another digit.
fn wider(types: &[Type]) -> SqlResult<Type> {
    let (precision, scale) = digits(types.first())?;
    Ok(Type::Decimal(precision - scale + scale.min(1), 0))
}

fn shorter(types: &[Type]) -> SqlResult<Type> {
    let (precision, scale) = digits(types.first())?;
    Ok(Type::Decimal((precision - scale).max(1), 0))
}

fn longer(types: &[Type]) -> SqlResult<Type> {
    let (precision, scale) = digits(types.first())?;
    Ok(Type::Decimal((precision + 1).min(MAX_PRECISION), scale))
}

fn power_of_ten(exponent: u32) -> i128 {
    10_i128.saturating_pow(exponent)
}

/// Divides by a power of ten and rounds half away from zero.
pub(crate) fn rounded_quotient(x: i128, unit: i128) -> i128 {
    let (quotient, rest) = (x / unit, x % unit);
    if unit > 1 && rest.abs() >= unit / 2 { quotient + x.signum() } else { quotient }
}

/// Makes whole numbers: `f` is given the value and the unscaled 1.
fn whole(call: &Call<'_>, f: fn(i128, i128) -> i128) -> SqlResult<ArrayRef> {
    let (_, scale) = digits(Some(call.argument_type(0)))?;
    let unit = power_of_ten(scale.into());
    call.map1(|x: i128| Ok(f(x, unit)))
}

/// Makes all digits 0 after a place: `f` is given the value and the unscaled 1 of that place.
fn to_digits(call: &Call<'_>, f: fn(i128, i128) -> Option<i128>) -> SqlResult<ArrayRef> {
    let (_, scale) = digits(Some(call.argument_type(0)))?;
    let (precision, _) = digits(Some(call.result()))?;
    let limit = power_of_ten(precision.into());
    call.map2(|x: i128, decimals: i32| {
        let dropped = i64::from(scale) - i64::from(decimals);
        if dropped <= 0 {
            return Ok(x);
        }
        // No decimal is as large as half of 10^39.
        let dropped = u32::try_from(dropped).unwrap_or(u32::MAX);
        if dropped > MAX_PRECISION.into() {
            return Ok(0);
        }
        f(x, power_of_ten(dropped))
            .filter(|value| value.abs() < limit)
            .ok_or_else(|| SqlError::range(format!("decimal overflow: {x}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_round_half_away_from_zero() {
        for (x, unit, want) in [(149, 100, 1), (150, 100, 2), (-150, 100, -2), (7, 1, 7)] {
            assert_eq!(rounded_quotient(x, unit), want);
        }
    }

    #[test]
    fn results_have_room_for_a_carry() {
        let of = |rule: fn(&[Type]) -> SqlResult<Type>, p, s| {
            rule(&[Type::Decimal(p, s)]).unwrap().to_string()
        };
        assert_eq!(of(wider, 3, 2), "decimal(2,0)");
        assert_eq!(of(wider, 38, 0), "decimal(38,0)");
        assert_eq!(of(shorter, 2, 2), "decimal(1,0)");
        assert_eq!(of(longer, 38, 2), "decimal(38,2)");
        assert_eq!(of(longer, 3, 1), "decimal(4,1)");
    }
}
