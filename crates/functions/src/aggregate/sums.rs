//! `sum`, `avg` and `geometric_mean`.

use super::{Groups, each_double, each_group};
use crate::call::Call;
use crate::math::round_half_up;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use arrow::datatypes::i256;
use std::ops::Range;
use traillake_sql_types::MAX_PRECISION;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.aggregate("sum", "(bigint) -> bigint", sum_integers);
    registry.aggregate("sum", "(double) -> double", sum_floats);
    registry.aggregate("sum", "(real) -> real", sum_floats);
    registry.aggregate("sum", "(decimal(p,s)) -> decimal(38,s)", sum_decimals);
    registry.aggregate("sum", "(interval day to second) -> interval day to second", sum_integers);
    registry.aggregate("sum", "(interval year to month) -> interval year to month", sum_months);
    registry.aggregate("avg", "(bigint) -> double", average_floats);
    registry.aggregate("avg", "(double) -> double", average_floats);
    registry.aggregate("avg", "(real) -> real", average_floats);
    registry.aggregate("avg", "(decimal(p,s)) -> decimal(p,s)", average_decimals);
    registry.aggregate("avg", "(interval day to second) -> interval day to second", average_time);
    registry.aggregate("avg", "(interval year to month) -> interval year to month", average_months);
    registry.aggregate("geometric_mean", "(bigint) -> double", geometric_mean);
    registry.aggregate("geometric_mean", "(double) -> double", geometric_mean);
    registry.aggregate("geometric_mean", "(real) -> real", geometric_mean);
}

fn sum_integers(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<i64>(0)?;
    each_group(call, &groups, |rows| {
        let mut sum: Option<i64> = None;
        for value in rows.filter_map(|row| values.get(row)) {
            let before = sum.unwrap_or_default();
            let after = before.checked_add(value).ok_or_else(|| {
                SqlError::range(format!("bigint addition overflow: {before} + {value}"))
            })?;
            sum = Some(after);
        }
        Ok(sum)
    })
}

fn sum_months(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<i32>(0)?;
    each_group(call, &groups, |rows| {
        let months = rows.filter_map(|row| values.get(row)).map(i64::from);
        let Some(sum) = months.reduce(i64::wrapping_add) else { return Ok(None) };
        i32::try_from(sum).map(Some).map_err(|_| {
            let bound = if sum > 0 { "exceeds MAX_INT" } else { "is less than MIN_INT" };
            SqlError::range(format!("Value {sum} {bound} for type interval year to month"))
        })
    })
}

/// Sum and number of values that are not NULL.
fn total(rows: Range<usize>, get: impl Fn(usize) -> Option<f64>) -> Option<(f64, f64)> {
    let (mut sum, mut count) = (0.0, 0_u64);
    for value in rows.filter_map(get) {
        sum += value;
        count += 1;
    }
    (count > 0).then_some((sum, count as f64))
}

fn sum_floats(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.doubles(0)?;
    each_double(call, &groups, |rows| Ok(total(rows, |row| values.get(row)).map(|(sum, _)| sum)))
}

fn average_floats(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.doubles(0)?;
    each_double(call, &groups, |rows| {
        Ok(total(rows, |row| values.get(row)).map(|(sum, count)| sum / count))
    })
}

fn geometric_mean(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.doubles(0)?;
    each_double(call, &groups, |rows| {
        let logarithm = |row| values.get(row).map(f64::ln);
        Ok(total(rows, logarithm).map(|(sum, count)| (sum / count).exp()))
    })
}

fn average_time(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<i64>(0)?;
    each_group(call, &groups, |rows| {
        let total = total(rows, |row| values.get(row).map(|value| value as f64));
        Ok(total.map(|(sum, count)| round_half_up(sum / count) as i64))
    })
}

fn average_months(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<i32>(0)?;
    each_group(call, &groups, |rows| {
        let total = total(rows, |row| values.get(row).map(f64::from));
        Ok(total.map(|(sum, count)| round_half_up(sum / count) as i32))
    })
}

/// A sum of decimals, which may exceed 38 digits on the way.
#[derive(Debug, Default)]
struct Total {
    near: i128,
    far: i256,
    count: u64,
}

impl Total {
    fn add(&mut self, value: i128) {
        self.near = self.near.checked_add(value).unwrap_or_else(|| {
            self.far = self.far.wrapping_add(i256::from_i128(self.near));
            value
        });
        self.count += 1;
    }

    fn sum(&self) -> i256 {
        self.far.wrapping_add(i256::from_i128(self.near))
    }

    /// The mean, rounded half away from zero.
    fn mean(&self) -> Option<i128> {
        let count = i256::from_i128(self.count.into());
        let (quotient, rest) = (self.sum().checked_div(count)?, self.sum().checked_rem(count)?);
        let (quotient, rest) = (quotient.to_i128()?, rest.to_i128()?);
        let up = rest.unsigned_abs() * 2 >= self.count.into();
        let away = if self.sum().is_negative() { -1 } else { 1 };
        Some(if up { quotient + away } else { quotient })
    }
}

fn decimals(call: &Call<'_>, f: fn(&Total) -> Option<i128>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.values::<i128>(0)?;
    let limit = 10_u128.pow(MAX_PRECISION.into());
    each_group(call, &groups, |rows| {
        let mut total = Total::default();
        for value in rows.filter_map(|row| values.get(row)) {
            total.add(value);
        }
        if total.count == 0 {
            return Ok(None);
        }
        let result = f(&total).filter(|value| value.unsigned_abs() < limit);
        result.map(Some).ok_or_else(|| SqlError::range("Decimal overflow"))
    })
}

fn sum_decimals(call: &Call<'_>) -> SqlResult<ArrayRef> {
    decimals(call, |total| total.sum().to_i128())
}

fn average_decimals(call: &Call<'_>) -> SqlResult<ArrayRef> {
    decimals(call, Total::mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total_of(values: &[i128]) -> Total {
        let mut total = Total::default();
        values.iter().for_each(|value| total.add(*value));
        total
    }

    #[test]
    fn sums_of_decimals_may_be_large_on_the_way() {
        let most = 10_i128.pow(38) - 1;
        assert_eq!(total_of(&[most, most, -most]).sum().to_i128(), Some(most));
        assert_eq!(total_of(&[most, most, most]).mean(), Some(most));
        assert_eq!(total_of(&[-most, -most, -most]).mean(), Some(-most));
    }

    #[test]
    fn means_of_decimals_round_half_away_from_zero() {
        for (values, want) in [(&[1, 2][..], 2), (&[-1, -2], -2), (&[1, 1, 2], 1), (&[0, 0], 0)] {
            assert_eq!(total_of(values).mean(), Some(want), "{values:?}");
        }
    }

    #[test]
    fn means_of_intervals_round_to_the_future() {
        assert_eq!(
            (round_half_up(1.5), round_half_up(-1.5), round_half_up(-1.6)),
            (2.0, -1.0, -2.0)
        );
    }
}
