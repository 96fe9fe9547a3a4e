//! `reduce_agg`, with a lambda that adds one row to a state.

use super::Groups;
use crate::builder::layout;
use crate::builder::nulls;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::{interleave, take};
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry
        .aggregate("reduce_agg", "(T, S, function(S,T,S), function(S,S,S)) -> S", reduce)
        .returns(state_type);
}

/// Returns the type of the state: Trino takes only states that it keeps as a number or as bytes.
fn state_type(types: &[Type]) -> SqlResult<Type> {
    let data_type = types.get(1).ok_or_else(|| SqlError::internal("reduce_agg takes a state"))?;
    let taken = match data_type {
        Type::Array(_) | Type::Map(..) | Type::Row(_) | Type::Function(..) => false,
        Type::Decimal(precision, _) => *precision <= 18,
        Type::Timestamp(precision) => *precision <= 6,
        Type::TimestampTz(precision) => *precision <= 3,
        _ => true,
    };
    if !taken {
        return Err(SqlError::unsupported(format!(
            "State type not supported for reduce_agg: {data_type}"
        )));
    }
    Ok(data_type.clone())
}

/// Feeds the rows of all groups to the function side by side: first each group's first row, then
/// each one's second. There is never more than one state for a group, so that none are combined.
fn reduce(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let (values, initial) = (groups.column(0)?, groups.column(1)?);
    let step = call.lambda(2)?;
    let counted = |row: &usize| values.is_valid(*row) && initial.is_valid(*row);
    let mut done = FinishedStates {
        arrays: vec![nulls(call.result(), 1)],
        indices: vec![(0, 0); call.rows()],
    };
    let mut active = Vec::new();
    for group in 0..call.rows() {
        let mut rows = groups.get(group).filter(counted);
        active.extend(rows.next().map(|next| ActiveGroup { group, next, rows }));
    }
    let rows_of = |active: &[ActiveGroup<_>]| -> UInt32Array {
        active.iter().map(|active| active.next as u32).collect::<Vec<_>>().into()
    };
    let mut states = layout(take(initial, &rows_of(&active), None)?, call.result())?;
    while !active.is_empty() {
        let of_groups: Vec<u32> = active.iter().map(|active| active.group as u32).collect();
        let result = step.call(&of_groups, &[states, take(values, &rows_of(&active), None)?])?;
        let result = layout(result, call.result())?;
        if result.null_count() > 0 {
            return Err(SqlError::argument("reduce_agg: the input function returned null"));
        }
        let mut kept: Vec<u32> = Vec::with_capacity(active.len());
        let mut at = 0;
        active.retain_mut(|active| {
            let next = active.rows.next();
            match next {
                Some(next) => {
                    active.next = next;
                    kept.push(at);
                }
                None => done.end(active.group, at as usize),
            }
            at += 1;
            next.is_some()
        });
        if kept.len() == result.len() {
            states = result;
        } else {
            states = take(&result, &UInt32Array::from(kept), None)?;
            done.arrays.push(result);
        }
    }
    done.finish()
}

/// A group that has rows left.
struct ActiveGroup<R> {
    group: usize,
    next: usize,
    rows: R,
}

/// The states of groups that have no rows left: which array each is in, and where.
struct FinishedStates {
    arrays: Vec<ArrayRef>,
    indices: Vec<(usize, usize)>,
}

impl FinishedStates {
    /// Notes that a group's state is in the array that is added next.
    fn end(&mut self, group: usize, at: usize) {
        if let Some(pick) = self.indices.get_mut(group) {
            *pick = (self.arrays.len(), at);
        }
    }

    fn finish(&self) -> SqlResult<ArrayRef> {
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(|array| &**array).collect();
        Ok(interleave(&arrays, &self.indices)?)
    }
}
