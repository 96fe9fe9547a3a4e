//! `mod`, the remainder as a function.

use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use arrow::datatypes::i256;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

macro_rules! integers {
    ($registry:ident: $($native:ty = $signature:literal;)*) => {$(
        $registry.add("mod", $signature, |call| {
            call.map2(|a: $native, b: $native| match b {
                // Unlike `%`, which has an error of its own for this.
                0 => Err(SqlError::division_by_zero()),
                _ => Ok(a.wrapping_rem(b)),
            })
        });
    )*};
}

pub(super) fn register(registry: &mut Registry) {
    integers! { registry:
        i8 = "(tinyint, tinyint) -> tinyint";
        i16 = "(smallint, smallint) -> smallint";
        i32 = "(integer, integer) -> integer";
        i64 = "(bigint, bigint) -> bigint";
    }
    registry.add("mod", "(real, real) -> real", |call| call.map2(|a: f32, b: f32| Ok(a % b)));
    registry.add("mod", "(double, double) -> double", |call| call.map2(|a: f64, b: f64| Ok(a % b)));
    registry
        .add("mod", "(decimal(p,s), decimal(q,t)) -> decimal(r,u)", of_decimals)
        .returns(remainder_type);
}

fn remainder_type(types: &[Type]) -> SqlResult<Type> {
    match types {
        [Type::Decimal(p, s), Type::Decimal(q, t)] => {
            let scale = *s.max(t);
            Ok(Type::Decimal((p - s).min(q - t) + scale, scale))
        }
        _ => Err(SqlError::internal("mod takes two decimals")),
    }
}

fn of_decimals(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (Type::Decimal(_, s), Type::Decimal(_, t)) = (call.argument_type(0), call.argument_type(1))
    else {
        return Err(SqlError::internal("mod takes two decimals"));
    };
    let scale = s.max(t);
    let (left, right) = (factor(scale - s), factor(scale - t));
    call.map2(|a: i128, b: i128| {
        if b == 0 {
            return Err(SqlError::division_by_zero());
        }
        remainder(a, b, left, right).ok_or_else(|| SqlError::range("Decimal overflow"))
    })
}

fn factor(digits: u8) -> i128 {
    10_i128.saturating_pow(digits.into())
}

/// The remainder of both numbers, each times its factor.
fn remainder(a: i128, b: i128, left: i128, right: i128) -> Option<i128> {
    if let (Some(a), Some(b)) = (a.checked_mul(left), b.checked_mul(right)) {
        return a.checked_rem(b);
    }
    let wide = |x: i128, factor: i128| i256::from_i128(x).checked_mul(i256::from_i128(factor));
    wide(a, left)?.checked_rem(wide(b, right)?)?.to_i128()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_of_any_size() {
        assert_eq!(remainder(-130, 50, 1, 1), Some(-30));
        assert_eq!(remainder(10_i128.pow(38) - 1, 7, factor(38), 1), Some(2));
        assert_eq!(remainder(5, 10_i128.pow(38) - 1, 1, factor(38)), Some(5));
    }
}
