//! `approx_percentile`, estimated with a t-digest.

use super::digest::Digest;
use super::{Doubles, Groups, each_group};
use crate::builder::{self, ArrayBuilder, IntoBuilder};
use crate::call::{Call, Column, Lists};
use crate::math::round_half_up;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, AsArray};
use std::ops::Range;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// Registers the overloads for a type of values.
macro_rules! of {
    ($registry:ident: $($number:literal)*) => {$(
        for (signature, weighted) in [
            (concat!("(", $number, ", double) -> ", $number), false),
            (concat!("(", $number, ", double, double) -> ", $number), true),
            (concat!("(", $number, ", double, double, double) -> ", $number), true),
        ] {
            let eval = if weighted { weighted_percentile } else { percentile };
            $registry.aggregate("approx_percentile", signature, eval);
        }
        for (signature, weighted) in [
            (concat!("(", $number, ", array(double)) -> array(", $number, ")"), false),
            (concat!("(", $number, ", double, array(double)) -> array(", $number, ")"), true),
        ] {
            let eval = if weighted { weighted_percentiles } else { percentiles };
            $registry.aggregate("approx_percentile", signature, eval);
        }
    )*};
}

pub(super) fn register(registry: &mut Registry) {
    of! { registry: "bigint" "real" "double" }
}

/// Values, their weights if they have any, and the accuracy asked for, which is only checked.
struct Input<'a> {
    values: Doubles<'a>,
    exact: Option<Column<'a, i64>>,
    weights: Option<Doubles<'a>>,
    accuracy: Option<Column<'a, f64>>,
}

impl<'a> Input<'a> {
    fn of(groups: &Groups<'a>, weighted: bool, accuracy: Option<usize>) -> SqlResult<Self> {
        let integers = matches!(groups.argument_type(0)?, Type::Bigint);
        Ok(Self {
            values: groups.doubles(0)?,
            exact: if integers { Some(groups.values(0)?) } else { None },
            weights: if weighted { Some(groups.doubles(1)?) } else { None },
            accuracy: accuracy.map(|at| groups.values(at)).transpose()?,
        })
    }

    /// Adds the rows that have a percentile, and returns the last of them.
    fn add(
        &self,
        rows: Range<usize>,
        digest: &mut Digest,
        has_percentile: impl Fn(usize) -> bool,
    ) -> SqlResult<Option<usize>> {
        let mut last = None;
        for row in rows.filter(|row| has_percentile(*row)) {
            let weight = self.weights.as_ref().map_or(Some(1.0), |weights| weights.get(row));
            let (Some(value), Some(weight)) = (self.values.get(row), weight) else { continue };
            if let Some(accuracy) = &self.accuracy {
                let Some(accuracy) = accuracy.get(row) else { continue };
                check_accuracy(accuracy)?;
            }
            if let Some(integers) = &self.exact {
                check_exact(integers.get(row).unwrap_or_default())?;
            }
            digest.add(value, weight)?;
            last = Some(row);
        }
        Ok(last)
    }
}

fn check_accuracy(accuracy: f64) -> SqlResult<()> {
    if accuracy > 0.0 && accuracy < 1.0 {
        return Ok(());
    }
    Err(SqlError::argument("Percentile accuracy must be strictly between 0 and 1"))
}

fn check_exact(value: i64) -> SqlResult<()> {
    if value as f64 as i128 == i128::from(value) {
        return Ok(());
    }
    Err(SqlError::argument(format!("no exact double representation for long: {value}")))
}

fn check_percentile(percentile: f64) -> SqlResult<f64> {
    if (0.0..=1.0).contains(&percentile) {
        return Ok(percentile);
    }
    Err(SqlError::argument("Percentile must be between 0 and 1"))
}

fn percentile(call: &Call<'_>) -> SqlResult<ArrayRef> {
    one(call, false)
}

fn weighted_percentile(call: &Call<'_>) -> SqlResult<ArrayRef> {
    one(call, true)
}

fn percentiles(call: &Call<'_>) -> SqlResult<ArrayRef> {
    several(call, false)
}

fn weighted_percentiles(call: &Call<'_>) -> SqlResult<ArrayRef> {
    several(call, true)
}

fn one(call: &Call<'_>, weighted: bool) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let at = if weighted { 2 } else { 1 };
    let accuracy = (groups.fields.len() > at + 1).then_some(at + 1);
    let input = Input::of(&groups, weighted, accuracy)?;
    let wanted = groups.values::<f64>(at)?;
    let value = |rows: Range<usize>| -> SqlResult<Option<f64>> {
        let mut digest = Digest::new();
        let last = input.add(rows, &mut digest, |row| wanted.get(row).is_some())?;
        let Some(percentile) = last.and_then(|row| wanted.get(row)) else { return Ok(None) };
        digest.close();
        Ok(digest.value_at(check_percentile(percentile)?))
    };
    match call.result() {
        Type::Bigint => each_group(call, &groups, |rows| {
            Ok(value(rows)?.map(|value| round_half_up(value) as i64))
        }),
        _ => super::each_double(call, &groups, value),
    }
}

fn several(call: &Call<'_>, weighted: bool) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let at = if weighted { 2 } else { 1 };
    let input = Input::of(&groups, weighted, None)?;
    let column = groups.column(at)?;
    let lists = column.as_list_opt().map(Lists::new);
    let wanted = lists.ok_or_else(|| SqlError::internal("percentiles must be an array"))?;
    let numbers = Column::<f64>::of(wanted.values())?;
    let (mut offsets, mut nulls) = (vec![0_i32], Vec::with_capacity(call.rows()));
    let mut values: Vec<f64> = Vec::new();
    for group in 0..call.rows() {
        let mut digest = Digest::new();
        let last = input.add(groups.get(group), &mut digest, |row| column.is_valid(row))?;
        let percentiles = last.and_then(|row| wanted.get(row));
        nulls.push(percentiles.is_some());
        digest.close();
        for at in percentiles.unwrap_or_default() {
            let percentile = numbers.get(at);
            let percentile =
                percentile.ok_or_else(|| SqlError::argument("Percentile cannot be null"))?;
            values.extend(digest.value_at(check_percentile(percentile)?));
        }
        let end = i32::try_from(values.len());
        offsets.push(end.map_err(|_| SqlError::range("too many percentiles"))?);
    }
    let Type::Array(item) = call.result() else {
        return Err(SqlError::internal("percentiles return an array"));
    };
    let values = match **item {
        Type::Bigint => written(values.into_iter().map(|value| round_half_up(value) as i64), item)?,
        Type::Real => written(values.into_iter().map(|value| value as f32), item)?,
        _ => written(values.into_iter(), item)?,
    };
    builder::list(offsets, values, nulls, call.result())
}

fn written<T: IntoBuilder>(
    values: impl Iterator<Item = T>,
    data_type: &Type,
) -> SqlResult<ArrayRef> {
    let mut out = T::builder(0);
    values.for_each(|value| value.append_to(&mut out));
    out.finish(data_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_must_be_exact_as_doubles() {
        assert!(check_exact(1 << 53).is_ok() && check_exact(i64::MIN).is_ok());
        assert!(check_exact((1 << 53) + 1).is_err() && check_exact(i64::MAX).is_err());
    }
}
