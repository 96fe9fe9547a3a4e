//! Functions over the bits of integers.

use crate::registry::Registry;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    registry.add("bit_count", "(bigint, bigint) -> bigint", |call| call.map2(bit_count));
    registry.add("bitwise_not", "(bigint) -> bigint", |call| call.map1(|x: i64| Ok(!x)));
    const OF_TWO: &str = "(bigint, bigint) -> bigint";
    registry.add("bitwise_and", OF_TWO, |call| call.map2(|a: i64, b: i64| Ok(a & b)));
    registry.add("bitwise_or", OF_TWO, |call| call.map2(|a: i64, b: i64| Ok(a | b)));
    registry.add("bitwise_xor", OF_TWO, |call| call.map2(|a: i64, b: i64| Ok(a ^ b)));
    register_shifts(registry);
}

/// Counts the bits of a number in two's complement with that many bits.
fn bit_count(number: i64, bits: i64) -> SqlResult<i64> {
    if !(2..=64).contains(&bits) {
        return Err(SqlError::argument(format!(
            "Bits specified in bit_count must be between 2 and 64, got {bits}"
        )));
    }
    let unused = 64 - bits;
    // The number fits if it is the same after its unused bits are filled with its sign.
    if (number << unused) >> unused != number {
        return Err(SqlError::argument(format!(
            "Number must be representable with the bits specified. {number} cannot be represented \
             with {bits} bits"
        )));
    }
    Ok((number << unused).count_ones().into())
}

/// The distance of a shift as Java takes it for 64 bits.
fn distance(shift: i32) -> u32 {
    shift as u32 & 63
}

/// Shifts of a type: as for 64 bits, of which the low ones remain. The sign is a bit like others
/// unless the shift is arithmetic.
macro_rules! shifts {
    ($registry:ident: $($native:ty, $unsigned:ty, $signature:literal;)*) => {$(
        $registry.add("bitwise_left_shift", $signature, |call| {
            call.map2(|x: $native, shift: i32| {
                let gone = shift >= <$native>::BITS as i32;
                Ok(if gone { 0 } else { (i64::from(x) << distance(shift)) as $native })
            })
        });
        $registry.add("bitwise_right_shift", $signature, |call| {
            call.map2(|x: $native, shift: i32| {
                let gone = shift >= <$native>::BITS as i32;
                let bits = u64::from(x as $unsigned);
                Ok(if gone { 0 } else { (bits >> distance(shift)) as $native })
            })
        });
        $registry.add("bitwise_right_shift_arithmetic", $signature, |call| {
            call.map2(|x: $native, shift: i32| {
                let gone = shift >= <$native>::BITS as i32;
                let distance = if gone { 63 } else { distance(shift) };
                Ok((i64::from(x) >> distance) as $native)
            })
        });
    )*};
}

fn register_shifts(registry: &mut Registry) {
    shifts! { registry:
        i8, u8, "(tinyint, integer) -> tinyint";
        i16, u16, "(smallint, integer) -> smallint";
        i32, u32, "(integer, integer) -> integer";
        i64, u64, "(bigint, integer) -> bigint";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_in_the_width_given() {
        for (number, bits, want) in [
            (7, 64, Some(3)),
            (-8, 32, Some(29)),
            (-1, 62, Some(62)),
            (-4, 3, Some(1)),
            (i64::MIN, 64, Some(1)),
            (4, 3, None),
            (-5, 3, None),
            (0, 1, None),
            (0, 65, None),
        ] {
            assert_eq!(bit_count(number, bits).ok(), want, "{number} {bits}");
        }
    }
}
