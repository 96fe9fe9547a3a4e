//! The arithmetic of decimals: exact, with results of the precision and scale that Trino gives
//! them.

use super::pair::Pair;
use crate::call::{Call, wrong_layout};
use crate::registry::Registry;
use arrow::array::{ArrayRef, AsArray, Decimal128Array};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{Decimal128Type, i256};
use std::sync::Arc;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::{MAX_PRECISION, Type};

pub(super) fn register(registry: &mut Registry) {
    const SIGNATURE: &str = "(decimal(p,s), decimal(q,t)) -> decimal(r,u)";
    registry.add("$add", SIGNATURE, |call| add(call, i128::checked_add)).returns(sum_type);
    registry.add("$subtract", SIGNATURE, |call| add(call, i128::checked_sub)).returns(sum_type);
    registry.add("$multiply", SIGNATURE, multiply).returns(product_type);
    registry.add("$divide", SIGNATURE, divide).returns(quotient_type);
    registry.add("$modulus", SIGNATURE, modulus).returns(remainder_type);
    registry.add("$negate", "(decimal(p,s)) -> decimal(p,s)", negate);
}

/// The values that 38 digits hold are below this.
pub(crate) const DECIMAL_END: i128 = 10_i128.pow(MAX_PRECISION as u32);

/// Precision and scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DecimalType {
    precision: u32,
    scale: u32,
}

impl DecimalType {
    fn of(data_type: &Type) -> SqlResult<Self> {
        match data_type {
            Type::Decimal(precision, scale) => {
                Ok(Self { precision: (*precision).into(), scale: (*scale).into() })
            }
            _ => Err(SqlError::internal(format!("a decimal cannot have the type {data_type}"))),
        }
    }

    fn pair(types: &[Type]) -> SqlResult<(Self, Self)> {
        match types {
            [a, b] => Ok((Self::of(a)?, Self::of(b)?)),
            _ => Err(SqlError::internal("an operator takes two decimals")),
        }
    }

    /// Digits left of the point.
    fn whole(self) -> u32 {
        self.precision.saturating_sub(self.scale)
    }

    /// The type; a precision that is too large is cut.
    fn data_type(self) -> SqlResult<Type> {
        let most = u32::from(MAX_PRECISION);
        if self.scale > most {
            return Err(SqlError::argument(format!(
                "DECIMAL scale must be in range [0, precision ({most})]: {}",
                self.scale
            )));
        }
        Ok(Type::Decimal(self.precision.min(most) as u8, self.scale as u8))
    }
}

fn sum_of(a: DecimalType, b: DecimalType) -> DecimalType {
    let scale = a.scale.max(b.scale);
    DecimalType { precision: a.whole().max(b.whole()) + scale + 1, scale }
}

fn sum_type(types: &[Type]) -> SqlResult<Type> {
    let (a, b) = DecimalType::pair(types)?;
    sum_of(a, b).data_type()
}

fn product_type(types: &[Type]) -> SqlResult<Type> {
    let (a, b) = DecimalType::pair(types)?;
    DecimalType { precision: a.precision + b.precision, scale: a.scale + b.scale }.data_type()
}

fn quotient_type(types: &[Type]) -> SqlResult<Type> {
    let (a, b) = DecimalType::pair(types)?;
    let more = b.scale.saturating_sub(a.scale);
    DecimalType { precision: a.precision + b.scale + more, scale: a.scale.max(b.scale) }.data_type()
}

fn remainder_type(types: &[Type]) -> SqlResult<Type> {
    let (a, b) = DecimalType::pair(types)?;
    let scale = a.scale.max(b.scale);
    DecimalType { precision: a.whole().min(b.whole()) + scale, scale }.data_type()
}

fn overflow() -> SqlError {
    SqlError::range("Decimal overflow")
}

/// Returns a value unless it has more digits than any decimal.
fn within(value: Option<i128>) -> SqlResult<i128> {
    value.filter(|value| value.unsigned_abs() < DECIMAL_END.unsigned_abs()).ok_or_else(overflow)
}

/// Returns 10 to the power of `digits`, which is at most 38.
fn power(digits: u32) -> i128 {
    10_i128.checked_pow(digits).unwrap_or(DECIMAL_END)
}

/// The operands of a call: their values and types.
fn operands<'a>(
    call: &Call<'a>,
) -> SqlResult<(Pair<'a, Decimal128Type>, DecimalType, DecimalType)> {
    Ok((
        Pair::open(call)?,
        DecimalType::of(call.argument_type(0))?,
        DecimalType::of(call.argument_type(1))?,
    ))
}

fn array(
    call: &Call<'_>,
    pair: &Pair<'_, Decimal128Type>,
    values: Vec<i128>,
) -> SqlResult<ArrayRef> {
    let DecimalType { precision, scale } = DecimalType::of(call.result())?;
    let values = Decimal128Array::try_new(ScalarBuffer::from(values), pair.nulls().cloned())?;
    Ok(Arc::new(values.with_precision_and_scale(precision as u8, scale as i8)?))
}

fn add(call: &Call<'_>, f: impl Fn(i128, i128) -> Option<i128>) -> SqlResult<ArrayRef> {
    let (pair, a, b) = operands(call)?;
    let sum = sum_of(a, b);
    let (up_a, up_b) = (power(sum.scale - a.scale), power(sum.scale - b.scale));
    let values = if sum.precision <= u32::from(MAX_PRECISION) {
        // Neither side nor the sum can overflow, except where the value is NULL.
        pair.map(|a, b| f(a.wrapping_mul(up_a), b.wrapping_mul(up_b)).unwrap_or_default())
    } else {
        pair.try_map(|a, b| match (a.checked_mul(up_a), b.checked_mul(up_b)) {
            (Some(a), Some(b)) => within(f(a, b)),
            _ => Err(overflow()),
        })?
    };
    array(call, &pair, values)
}

fn multiply(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (pair, a, b) = operands(call)?;
    let values = if a.precision + b.precision <= u32::from(MAX_PRECISION) {
        pair.map(i128::wrapping_mul)
    } else {
        pair.try_map(|a, b| within(a.checked_mul(b)))?
    };
    array(call, &pair, values)
}

fn divide(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (pair, a, b) = operands(call)?;
    let scale = a.scale.max(b.scale);
    // The dividend gets so many zeros that the quotient has its scale.
    let zeros = scale + b.scale - a.scale;
    let values = pair.try_map(|a, b| {
        if b == 0 {
            return Err(SqlError::division_by_zero());
        }
        if zeros >= u32::from(MAX_PRECISION) {
            return Err(overflow());
        }
        within(match a.checked_mul(power(zeros)) {
            Some(dividend) => divide_half_up(dividend, b),
            None => divide_half_up_wide(i256::from_i128(a), zeros, b),
        })
    })?;
    array(call, &pair, values)
}

/// Returns a quotient rounded half away from zero.
fn divide_half_up(dividend: i128, divisor: i128) -> Option<i128> {
    let (quotient, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    if !up {
        return Some(quotient);
    }
    quotient.checked_add(if (dividend < 0) == (divisor < 0) { 1 } else { -1 })
}

/// [`divide_half_up`] of a dividend with so many zeros that it does not fit.
fn divide_half_up_wide(dividend: i256, zeros: u32, divisor: i128) -> Option<i128> {
    let dividend = dividend.checked_mul(i256::from_i128(power(zeros)))?;
    let wide = i256::from_i128(divisor);
    let (quotient, rest) = (dividend.checked_div(wide)?, dividend.checked_rem(wide)?);
    let quotient = quotient.to_i128()?;
    let rest = rest.to_i128()?;
    let up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    if !up {
        return Some(quotient);
    }
    quotient.checked_add(if dividend.is_negative() == (divisor < 0) { 1 } else { -1 })
}

fn modulus(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (pair, a, b) = operands(call)?;
    let scale = a.scale.max(b.scale);
    let (up_a, up_b) = (power(scale - a.scale), power(scale - b.scale));
    let values = pair.try_map(|a, b| {
        if b == 0 {
            return Err(SqlError::division_by_zero());
        }
        let rest = match (a.checked_mul(up_a), b.checked_mul(up_b)) {
            (Some(a), Some(b)) => Some(a.wrapping_rem(b)),
            _ => wide_remainder(a, up_a, b, up_b),
        };
        rest.ok_or_else(overflow)
    })?;
    array(call, &pair, values)
}

/// Returns the remainder of numbers that only fit when they are wide, unless their quotient has
/// more than 128 bits: Trino does not support that.
fn wide_remainder(a: i128, up_a: i128, b: i128, up_b: i128) -> Option<i128> {
    let a = i256::from_i128(a).checked_mul(i256::from_i128(up_a))?;
    let b = i256::from_i128(b).checked_mul(i256::from_i128(up_b))?;
    let quotient = a.checked_div(b)?;
    let has_room = quotient.wrapping_abs() < i256::from_parts(0, 1);
    if has_room { a.checked_rem(b)?.to_i128() } else { None }
}

fn negate(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let values = call.array(0)?;
    let values = values
        .as_primitive_opt::<Decimal128Type>()
        .ok_or_else(|| wrong_layout("a decimal", &values))?;
    let DecimalType { precision, scale } = DecimalType::of(call.result())?;
    let negated: Decimal128Array = values.unary(i128::wrapping_neg);
    Ok(Arc::new(negated.with_precision_and_scale(precision as u8, scale as i8)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_trinos_digits() {
        let decimal = |(p, s)| Type::Decimal(p, s);
        for (rule, a, b, want) in [
            (sum_type as fn(&[Type]) -> SqlResult<Type>, (2, 1), (10, 0), (12, 1)),
            (sum_type, (38, 37), (38, 1), (38, 37)),
            (product_type, (20, 10), (20, 10), (38, 20)),
            (quotient_type, (3, 2), (2, 1), (4, 2)),
            (quotient_type, (2, 1), (20, 15), (31, 15)),
            (quotient_type, (5, 0), (20, 15), (35, 15)),
            (remainder_type, (1, 0), (20, 15), (16, 15)),
            (remainder_type, (38, 37), (38, 1), (38, 37)),
        ] {
            assert_eq!(rule(&[decimal(a), decimal(b)]).unwrap(), decimal(want), "{a:?} {b:?}");
        }
        assert!(product_type(&[decimal((38, 1)), decimal((38, 38))]).is_err());
    }

    #[test]
    fn quotients_are_rounded_half_away_from_zero() {
        for (a, b, want) in
            [(7, 2, 4), (-7, 2, -4), (7, -2, -4), (-7, -2, 4), (1, 3, 0), (2, -3, -1)]
        {
            assert_eq!(divide_half_up(a, b), Some(want), "{a} / {b}");
            assert_eq!(divide_half_up_wide(i256::from_i128(a), 0, b), Some(want), "{a} / {b}");
        }
        let five = i256::from_i128(5);
        let seven = 7 * power(18);
        assert_eq!(divide_half_up_wide(five, 36, seven), Some(714_285_714_285_714_286));
        assert_eq!(wide_remainder(34 * power(36), 10, 1, 1), Some(0));
        assert_eq!(wide_remainder(35 * power(36), 10, 1, 1), None);
    }
}
