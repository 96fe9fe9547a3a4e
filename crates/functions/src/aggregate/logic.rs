//! Aggregates of truth values and bits.

use super::{Groups, each_group};
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    const OF_TRUTHS: &str = "(boolean) -> boolean";
    registry.aggregate("bool_and", OF_TRUTHS, |call| truths(call, |a, b| a && b));
    registry.aggregate("every", OF_TRUTHS, |call| truths(call, |a, b| a && b));
    registry.aggregate("bool_or", OF_TRUTHS, |call| truths(call, |a, b| a || b));
    registry.aggregate("count_if", "(boolean) -> bigint", |call| {
        let groups = Groups::of(call)?;
        let truths = groups.values::<bool>(0)?;
        each_group(call, &groups, |rows| {
            Ok(Some(rows.filter(|row| truths.get(*row) == Some(true)).count() as i64))
        })
    });
    const OF_BITS: &str = "(bigint) -> bigint";
    registry.aggregate("bitwise_and_agg", OF_BITS, |call| bits(call, |a, b| a & b));
    registry.aggregate("bitwise_or_agg", OF_BITS, |call| bits(call, |a, b| a | b));
    registry.aggregate("bitwise_xor_agg", OF_BITS, |call| bits(call, |a, b| a ^ b));
}

fn truths(call: &Call<'_>, f: fn(bool, bool) -> bool) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<bool>(0)?;
    each_group(call, &groups, |rows| Ok(rows.filter_map(|row| values.get(row)).reduce(f)))
}

fn bits(call: &Call<'_>, f: fn(i64, i64) -> i64) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<i64>(0)?;
    each_group(call, &groups, |rows| Ok(rows.filter_map(|row| values.get(row)).reduce(f)))
}
