//! Aggregates of booleans and bits: `bool_and`, `bool_or`, `count_if`, `bitwise_and_agg` and so on.

use super::{Groups, each_group};
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    const OF_BOOLEANS: &str = "(boolean) -> boolean";
    registry.aggregate("bool_and", OF_BOOLEANS, |call| booleans(call, |a, b| a && b));
    registry.aggregate("every", OF_BOOLEANS, |call| booleans(call, |a, b| a && b));
    registry.aggregate("bool_or", OF_BOOLEANS, |call| booleans(call, |a, b| a || b));
    registry.aggregate("count_if", "(boolean) -> bigint", |call| {
        let groups = Groups::of(call)?;
        let values = groups.values::<bool>(0)?;
        each_group(call, &groups, |rows| {
            Ok(Some(rows.filter(|row| values.get(*row) == Some(true)).count() as i64))
        })
    });
    const OF_BITS: &str = "(bigint) -> bigint";
    registry.aggregate("bitwise_and_agg", OF_BITS, |call| bits(call, |a, b| a & b));
    registry.aggregate("bitwise_or_agg", OF_BITS, |call| bits(call, |a, b| a | b));
    registry.aggregate("bitwise_xor_agg", OF_BITS, |call| bits(call, |a, b| a ^ b));
}

fn booleans(call: &Call<'_>, f: fn(bool, bool) -> bool) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<bool>(0)?;
    each_group(call, &groups, |rows| Ok(rows.filter_map(|row| values.get(row)).reduce(f)))
}

fn bits(call: &Call<'_>, f: fn(i64, i64) -> i64) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<i64>(0)?;
    each_group(call, &groups, |rows| Ok(rows.filter_map(|row| values.get(row)).reduce(f)))
}
