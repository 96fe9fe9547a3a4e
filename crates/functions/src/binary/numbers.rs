//! Numbers as bytes: big-endian integers, and floating point as IEEE 754 has it.

use crate::call::{Call, Param};
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry
        .add("to_big_endian_32", "(integer) -> varbinary", |call| encode(call, i32::to_be_bytes));
    registry
        .add("to_big_endian_64", "(bigint) -> varbinary", |call| encode(call, i64::to_be_bytes));
    registry.add("to_ieee754_32", "(real) -> varbinary", |call| {
        encode(call, |number: f32| if number.is_nan() { f32::NAN } else { number }.to_be_bytes())
    });
    registry.add("to_ieee754_64", "(double) -> varbinary", |call| {
        encode(call, |number: f64| if number.is_nan() { f64::NAN } else { number }.to_be_bytes())
    });
    registry.add("from_big_endian_32", "(varbinary) -> integer", |call| {
        call.map1(|bytes: &[u8]| {
            exact(bytes).map(i32::from_be_bytes).ok_or_else(|| other(4, bytes))
        })
    });
    registry.add("from_big_endian_64", "(varbinary) -> bigint", |call| {
        call.map1(|bytes: &[u8]| {
            exact(bytes).map(i64::from_be_bytes).ok_or_else(|| other(8, bytes))
        })
    });
    registry.add("from_ieee754_32", "(varbinary) -> real", |call| {
        call.map1(|bytes: &[u8]| exact(bytes).map(f32::from_be_bytes).ok_or_else(|| inexact(4)))
    });
    registry.add("from_ieee754_64", "(varbinary) -> double", |call| {
        call.map1(|bytes: &[u8]| exact(bytes).map(f64::from_be_bytes).ok_or_else(|| inexact(8)))
    });
}

fn encode<'a, P: Param<'a>, const N: usize>(
    call: &Call<'a>,
    bytes: impl Fn(P) -> [u8; N],
) -> SqlResult<ArrayRef> {
    let column = call.column::<P>(0)?;
    call.each_bytes(|row, out| {
        let number = column.get(row);
        let valid = number.is_some();
        out.extend(number.into_iter().flat_map(&bytes));
        Ok(valid)
    })
}

fn exact<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn other(wanted: usize, bytes: &[u8]) -> SqlError {
    let got = bytes.len();
    SqlError::argument(format!("expected {wanted}-byte input, but got instead: {got}"))
}

fn inexact(wanted: usize) -> SqlError {
    let message = format!("Input floating-point value must be exactly {wanted} bytes long");
    SqlError::argument(message)
}
