//! The arithmetic of numbers: `+`, `-`, `*`, `/`, `%` and the sign.
//!
//! Those of dates, times and intervals are in [`crate::datetime`].

mod decimals;
mod pair;

pub(crate) use decimals::DECIMAL_END;
pub(crate) use pair::Pair;

use crate::call::{Call, wrong_layout};
use crate::registry::Registry;
use arrow::array::{ArrayRef, ArrowNativeTypeOp, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use pair::Operand;
use std::fmt::Display;
use std::sync::Arc;
use traillake_sql_types::error::{SqlError, SqlResult};

macro_rules! register_integers {
    ($registry:ident, $($arrow:ty: $signature:literal, $unary:literal;)*) => {$(
        $registry.add("$add", $signature, |call| {
            checked::<$arrow>(call, "addition", '+', Integer::add_overflowing)
        });
        $registry.add("$subtract", $signature, |call| {
            checked::<$arrow>(call, "subtraction", '-', Integer::sub_overflowing)
        });
        $registry.add("$multiply", $signature, |call| {
            checked::<$arrow>(call, "multiplication", '*', Integer::mul_overflowing)
        });
        $registry.add("$divide", $signature, divide::<$arrow>);
        $registry.add("$modulus", $signature, modulus::<$arrow>);
        $registry.add("$negate", $unary, negate_integer::<$arrow>);
    )*};
}

macro_rules! register_floats {
    ($registry:ident, $($arrow:ty: $signature:literal, $unary:literal;)*) => {$(
        $registry.add("$add", $signature, |call| floats::<$arrow>(call, |a, b| a + b));
        $registry.add("$subtract", $signature, |call| floats::<$arrow>(call, |a, b| a - b));
        $registry.add("$multiply", $signature, |call| floats::<$arrow>(call, |a, b| a * b));
        $registry.add("$divide", $signature, |call| floats::<$arrow>(call, |a, b| a / b));
        $registry.add("$modulus", $signature, |call| floats::<$arrow>(call, |a, b| a % b));
        $registry.add("$negate", $unary, |call| unary::<$arrow>(call, |a| -a));
    )*};
}

pub(crate) fn register(registry: &mut Registry) {
    register_integers! { registry,
        Int64Type: "(bigint, bigint) -> bigint", "(bigint) -> bigint";
        Int32Type: "(integer, integer) -> integer", "(integer) -> integer";
        Int16Type: "(smallint, smallint) -> smallint", "(smallint) -> smallint";
        Int8Type: "(tinyint, tinyint) -> tinyint", "(tinyint) -> tinyint";
    }
    register_floats! { registry,
        Float64Type: "(double, double) -> double", "(double) -> double";
        Float32Type: "(real, real) -> real", "(real) -> real";
    }
    decimals::register(registry);
}

/// An integer, and the name of its type.
trait Integer: ArrowNativeTypeOp + Display {
    const NAME: &'static str;
    fn add_overflowing(self, other: Self) -> (Self, bool);
    fn sub_overflowing(self, other: Self) -> (Self, bool);
    fn mul_overflowing(self, other: Self) -> (Self, bool);
}

macro_rules! integers {
    ($($native:ty: $name:literal;)*) => {$(
        impl Integer for $native {
            const NAME: &'static str = $name;
            #[inline]
            fn add_overflowing(self, other: Self) -> (Self, bool) {
                self.overflowing_add(other)
            }
            #[inline]
            fn sub_overflowing(self, other: Self) -> (Self, bool) {
                self.overflowing_sub(other)
            }
            #[inline]
            fn mul_overflowing(self, other: Self) -> (Self, bool) {
                self.overflowing_mul(other)
            }
        }
    )*};
}

integers! {
    i8: "tinyint";
    i16: "smallint";
    i32: "integer";
    i64: "bigint";
}

fn overflow<N: Integer>(operation: &str, a: N, sign: char, b: N) -> SqlError {
    SqlError::range(format!("{} {operation} overflow: {a} {sign} {b}", N::NAME))
}

/// Applies `f`, which returns whether it overflowed. Overflows are checked after all rows are
/// computed, so that the loop has no branches.
fn checked<T: ArrowPrimitiveType<Native: Integer>>(
    call: &Call<'_>,
    operation: &str,
    sign: char,
    f: impl Fn(T::Native, T::Native) -> (T::Native, bool),
) -> SqlResult<ArrayRef> {
    let pair = Pair::<T>::open(call)?;
    let mut overflowed = false;
    let values = pair.map(|a, b| {
        let (value, over) = f(a, b);
        overflowed |= over;
        value
    });
    if overflowed {
        // The row may be NULL.
        pair.try_map(|a, b| match f(a, b) {
            (value, false) => Ok(value),
            _ => Err(overflow(operation, a, sign, b)),
        })?;
    }
    Ok(pair.array::<T>(values))
}

/// Whether the second argument divides every number without an error.
fn is_safe_divisor<T: ArrowPrimitiveType>(pair: &Pair<'_, T>) -> bool
where
    T::Native: ArrowNativeTypeOp,
{
    let minus_one = T::Native::ZERO.sub_wrapping(T::Native::ONE);
    matches!(pair.b, Operand::One(b) if !b.is_zero() && b != minus_one)
}

fn divide<T: ArrowPrimitiveType<Native: Integer>>(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let pair = Pair::<T>::open(call)?;
    let values = if is_safe_divisor(&pair) {
        pair.map(|a, b| a.div_wrapping(b))
    } else {
        pair.try_map(|a, b| {
            if b.is_zero() {
                return Err(SqlError::division_by_zero());
            }
            a.div_checked(b).map_err(|_| overflow("division", a, '/', b))
        })?
    };
    Ok(pair.array::<T>(values))
}

fn modulus<T: ArrowPrimitiveType<Native: Integer>>(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let pair = Pair::<T>::open(call)?;
    let values = if is_safe_divisor(&pair) {
        pair.map(|a, b| a.mod_wrapping(b))
    } else {
        pair.try_map(|a, b| match b.is_zero() {
            true => Err(SqlError::division_by_zero()),
            false => Ok(a.mod_wrapping(b)),
        })?
    };
    Ok(pair.array::<T>(values))
}

fn negate_integer<T: ArrowPrimitiveType<Native: Integer>>(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let negated = argument::<T>(call)?.try_unary::<_, T, SqlError>(|a| {
        a.neg_checked()
            .map_err(|_| SqlError::range(format!("{} negation overflow: {a}", T::Native::NAME)))
    })?;
    Ok(Arc::new(negated))
}

fn floats<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    f: impl Fn(T::Native, T::Native) -> T::Native,
) -> SqlResult<ArrayRef> {
    let pair = Pair::<T>::open(call)?;
    let values = pair.map(f);
    Ok(pair.array::<T>(values))
}

fn unary<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    f: impl Fn(T::Native) -> T::Native,
) -> SqlResult<ArrayRef> {
    Ok(Arc::new(argument::<T>(call)?.unary::<_, T>(f)))
}

/// Returns the only argument, with a value for each row.
fn argument<T: ArrowPrimitiveType>(call: &Call<'_>) -> SqlResult<PrimitiveArray<T>> {
    let array = call.array(0)?;
    let values = array.as_primitive_opt::<T>().cloned();
    values.ok_or_else(|| wrong_layout("a number", &array))
}
