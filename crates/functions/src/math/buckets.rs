//! `width_bucket`, and Wilson's confidence interval.

use crate::call::{Call, wrong_layout};
use crate::numerals::double_text;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("width_bucket", "(double, double, double, bigint) -> bigint", equal_buckets);
    registry.add("width_bucket", "(double, array(double)) -> bigint", buckets);
    registry.add("wilson_interval_lower", "(bigint, bigint, double) -> double", |call| {
        call.map3(|successes: i64, trials: i64, z: f64| wilson(successes, trials, z, -1.0))
    });
    registry.add("wilson_interval_upper", "(bigint, bigint, double) -> double", |call| {
        call.map3(|successes: i64, trials: i64, z: f64| wilson(successes, trials, z, 1.0))
    });
}

fn equal_buckets(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (operand, count) = (call.column::<f64>(0)?, call.column::<i64>(3)?);
    let (first, second) = (call.column::<f64>(1)?, call.column::<f64>(2)?);
    call.each(|row| match (operand.get(row), first.get(row), second.get(row), count.get(row)) {
        (Some(x), Some(a), Some(b), Some(count)) => equal_bucket(x, a, b, count).map(Some),
        _ => Ok(None),
    })
}

/// The bucket of `x`, from 1, if the range between the bounds is cut in `count` equal ones; the
/// buckets count downwards if the first bound is the larger one.
fn equal_bucket(x: f64, first: f64, second: f64, count: i64) -> SqlResult<i64> {
    let wrong = |message: &str| Err(SqlError::argument(message));
    if count <= 0 {
        return wrong("bucketCount must be greater than 0");
    }
    if x.is_nan() {
        return wrong("operand must not be NaN");
    }
    if !first.is_finite() {
        return wrong("first bound must be finite");
    }
    if !second.is_finite() {
        return wrong("second bound must be finite");
    }
    if first == second {
        return wrong("bounds cannot equal each other");
    }
    let (lower, upper) = (first.min(second), first.max(second));
    let bucket = if x < lower {
        0
    } else if x >= upper {
        count.checked_add(1).ok_or_else(|| {
            SqlError::range(format!("Bucket for value {} is out of range", double_text(x)))
        })?
    } else {
        (count as f64 * (x - lower) / (upper - lower) + 1.0) as i64
    };
    // Wraps at the end of bigint as in Java.
    Ok(if first > second { count.wrapping_sub(bucket).wrapping_add(1) } else { bucket })
}

fn buckets(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (operand, bins) = (call.column::<f64>(0)?, call.lists(1)?);
    let values = bins.values().as_primitive_opt::<Float64Type>();
    let values = values.ok_or_else(|| wrong_layout("a bin", bins.values()))?;
    call.each(|row| match (operand.get(row), bins.get(row)) {
        (Some(x), Some(bins)) => bucket(x, values, bins).map(Some),
        _ => Ok(None),
    })
}

/// The number of bins that start at or below `x`.
fn bucket(x: f64, values: &Float64Array, bins: Range<usize>) -> SqlResult<i64> {
    if bins.is_empty() {
        return Err(SqlError::argument("Bins cannot be an empty array"));
    }
    if x.is_nan() {
        return Err(SqlError::argument("Operand cannot be NaN"));
    }
    // A bin that is NULL counts as the one before it, or as 0.
    let value = |at: usize| {
        let valid = (bins.start..=at).rev().find(|at| values.is_valid(*at));
        valid.map_or(0.0, |at| values.value(at))
    };
    let (mut lower, mut upper) = (bins.start, bins.end);
    while lower < upper {
        if value(lower) > value(upper - 1) {
            return Err(SqlError::argument("Bin values are not sorted in ascending order"));
        }
        let middle = lower.midpoint(upper);
        let bin = value(middle);
        if !bin.is_finite() {
            let bin = double_text(bin);
            return Err(SqlError::argument(format!("Bin value must be finite, got {bin}")));
        }
        if x < bin {
            upper = middle;
        } else {
            lower = middle + 1;
        }
    }
    Ok((lower - bins.start) as i64)
}

/// A bound of Wilson's score interval: the lower one for `side` -1, the upper one for 1.
fn wilson(successes: i64, trials: i64, z: f64, side: f64) -> SqlResult<f64> {
    let wrong = |message: &str| Err(SqlError::argument(message));
    if successes < 0 {
        return wrong("number of successes must not be negative");
    }
    if trials <= 0 {
        return wrong("number of trials must be positive");
    }
    if successes > trials {
        return wrong("number of successes must not be larger than number of trials");
    }
    if z.is_nan() || z < 0.0 {
        return wrong("z-score must not be negative");
    }
    let n = trials as f64;
    let p = successes as f64 / n;
    let centre = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Ok((centre + side * spread) / (1.0 + z * z / n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_buckets_count_up_or_down() {
        for (x, first, second, count, want) in [
            (3.25, 0.0, 4.0, 3, 3),
            (3.25, 4.0, 0.0, 3, 1),
            (-1.0, 3.2, 0.0, 4, 5),
            (f64::INFINITY, 0.0, 4.0, 3, 4),
            (-1.0, 4.0, 0.0, i64::MAX, i64::MIN),
        ] {
            assert_eq!(equal_bucket(x, first, second, count).unwrap(), want);
        }
        assert!(equal_bucket(4.0, 0.0, 4.0, i64::MAX).is_err());
    }

    #[test]
    fn buckets_of_bins() {
        let bins = Float64Array::from(vec![0.0, 2.0, 2.0, 4.0]);
        for (x, want) in [(-1.0, 0), (0.0, 1), (2.0, 3), (3.9, 3), (f64::INFINITY, 4)] {
            assert_eq!(bucket(x, &bins, 0..4).unwrap(), want);
        }
        assert!(bucket(1.0, &Float64Array::from(vec![1.0, 0.0]), 0..2).is_err());
        let bins = Float64Array::from(vec![None, Some(5.0), None]);
        for (x, want) in [(-7.0, 0), (3.0, 1), (7.0, 3)] {
            assert_eq!(bucket(x, &bins, 0..3).unwrap(), want);
        }
    }

    #[test]
    fn wilsons_interval() {
        let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-12, "{got}");
        near(wilson(1250, 1310, 1.96, -1.0).unwrap(), 0.9414883725395894);
        near(wilson(1250, 1310, 1.96, 1.0).unwrap(), 0.9642524717143908);
    }
}
