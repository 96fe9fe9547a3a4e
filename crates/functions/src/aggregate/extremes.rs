//! `any_value`, `min`, `max`, `min_by` and `max_by`.

use super::{Groups, take_each};
use crate::call::Call;
use crate::compare::{ComparableArray, Nan};
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef};
use std::cmp::Ordering;
use std::ops::Range;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    for name in ["any_value", "arbitrary"] {
        registry.aggregate(name, "(T) -> T", |call| {
            let groups = Groups::of(call)?;
            let column = groups.column(0)?;
            take_each(call, &groups, column, |mut rows| Ok(rows.find(|row| column.is_valid(*row))))
        });
    }
    registry.aggregate("max", "(O) -> O", |call| extreme(call, Extreme::MAX, 0));
    registry.aggregate("min", "(O) -> O", |call| extreme(call, Extreme::MIN, 0));
    registry.aggregate("max_by", "(V, O) -> V", |call| extreme(call, Extreme::MAX, 1)).takes_null();
    registry.aggregate("min_by", "(V, O) -> V", |call| extreme(call, Extreme::MIN, 1)).takes_null();
}

/// Which end of an order is wanted. NaN counts as the other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extreme {
    wanted: Ordering,
    nan: Nan,
}

impl Extreme {
    pub(super) const MAX: Self = Self { wanted: Ordering::Greater, nan: Nan::First };
    pub(super) const MIN: Self = Self { wanted: Ordering::Less, nan: Nan::Last };

    /// Returns the order of two values that are not NULL, in which the wanted one is the greatest.
    pub(super) fn order(
        self,
        comparable: &ComparableArray<'_>,
        a: usize,
        b: usize,
    ) -> SqlResult<Ordering> {
        let order = comparable.order_with(a, comparable, b, self.nan)?;
        Ok(if self.wanted == Ordering::Greater { order } else { order.reverse() })
    }

    /// Returns the first row that has the wanted value.
    fn find(
        self,
        comparable: &ComparableArray<'_>,
        rows: Range<usize>,
    ) -> SqlResult<Option<usize>> {
        let mut best = None;
        for row in rows {
            if comparable.is_null(row) {
                continue;
            }
            best = match best {
                Some(best) if self.order(comparable, row, best)?.is_le() => Some(best),
                _ => Some(row),
            };
        }
        Ok(best)
    }
}

/// The first argument's value in the row with the extreme value of the argument at `by`.
fn extreme(call: &Call<'_>, extreme: Extreme, by: usize) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let comparable = ComparableArray::open(groups.column(by)?, groups.argument_type(by)?)?;
    take_each(call, &groups, groups.column(0)?, |rows| extreme.find(&comparable, rows))
}
