//! Variance, correlation and related aggregates, updated value by value by Welford's method.

use super::{Groups, each_double};
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::SqlResult;

macro_rules! of_one {
    ($registry:ident: $($name:literal = $f:expr;)*) => {$(
        for signature in ["(bigint) -> double", "(double) -> double"] {
            $registry.aggregate($name, signature, |call| of_one(call, $f));
        }
    )*};
}

macro_rules! of_two {
    ($registry:ident: $($name:literal = $f:expr;)*) => {$(
        for signature in ["(double, double) -> double", "(real, real) -> real"] {
            $registry.aggregate($name, signature, |call| of_two(call, $f));
        }
    )*};
}

pub(super) fn register(registry: &mut Registry) {
    of_one! { registry:
        "kurtosis" = Moments::kurtosis;
        "skewness" = Moments::skewness;
        "stddev" = |m| m.variance(1.0).map(f64::sqrt);
        "stddev_samp" = |m| m.variance(1.0).map(f64::sqrt);
        "stddev_pop" = |m| m.variance(0.0).map(f64::sqrt);
        "variance" = |m| m.variance(1.0);
        "var_samp" = |m| m.variance(1.0);
        "var_pop" = |m| m.variance(0.0);
    }
    of_two! { registry:
        "corr" = |c| finite(c.product / (c.square_x.sqrt() * c.square_y.sqrt()));
        "covar_pop" = |c| c.covariance(0.0);
        "covar_samp" = |c| c.covariance(1.0);
        "regr_slope" = |c| finite(c.slope());
        "regr_intercept" = |c| finite(c.mean_y - c.slope() * c.mean_x);
    }
}

fn of_one(call: &Call<'_>, f: fn(&Moments) -> Option<f64>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let values = groups.doubles(0)?;
    each_double(call, &groups, |rows| {
        let mut moments = Moments::default();
        rows.filter_map(|row| values.get(row)).for_each(|value| moments.add(value));
        Ok(f(&moments))
    })
}

/// Aggregates of pairs have the dependent variable first.
fn of_two(call: &Call<'_>, f: fn(&Comoments) -> Option<f64>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let (ys, xs) = (groups.doubles(0)?, groups.doubles(1)?);
    each_double(call, &groups, |rows| {
        let mut comoments = Comoments::default();
        for row in rows {
            if let (Some(y), Some(x)) = (ys.get(row), xs.get(row)) {
                comoments.add(y, x);
            }
        }
        Ok(f(&comoments).filter(|_| comoments.count > 0.0))
    })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Count, mean, and sums of powers of the distance from it.
#[derive(Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    second: f64,
    third: f64,
    fourth: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        let before = self.count;
        self.count += 1.0;
        let n = self.count;
        let delta = value - self.mean;
        let step = delta / n;
        let square = delta * step * before;
        self.mean += step;
        self.fourth += square * step * step * (n * n - 3.0 * n + 3.0)
            + 6.0 * step * step * self.second
            - 4.0 * step * self.third;
        self.third += square * step * (n - 2.0) - 3.0 * step * self.second;
        self.second += delta * (value - self.mean);
    }

    /// The variance, for as many degrees of freedom less than there are values.
    fn variance(&self, fewer: f64) -> Option<f64> {
        (self.count > fewer).then(|| self.second / (self.count - fewer))
    }

    fn skewness(&self) -> Option<f64> {
        (self.count >= 3.0).then(|| self.count.sqrt() * self.third / self.second.powf(1.5))
    }

    /// The excess kurtosis, as of a sample.
    fn kurtosis(&self) -> Option<f64> {
        let n = self.count;
        let rest = (n - 2.0) * (n - 3.0);
        (n >= 4.0).then(|| {
            (n - 1.0) * n * (n + 1.0) / rest * self.fourth / (self.second * self.second)
                - 3.0 * ((n - 1.0) * (n - 1.0)) / rest
        })
    }
}

/// Count, means, and sums of products of the distances from them.
#[derive(Debug, Default)]
struct Comoments {
    count: f64,
    mean_x: f64,
    mean_y: f64,
    square_x: f64,
    square_y: f64,
    product: f64,
}

impl Comoments {
    fn add(&mut self, y: f64, x: f64) {
        self.count += 1.0;
        let (from_x, from_y) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += from_x / self.count;
        self.mean_y += from_y / self.count;
        self.square_x += from_x * (x - self.mean_x);
        self.square_y += from_y * (y - self.mean_y);
        self.product += from_x * (y - self.mean_y);
    }

    fn covariance(&self, fewer: f64) -> Option<f64> {
        (self.count > fewer).then(|| self.product / (self.count - fewer))
    }

    fn slope(&self) -> f64 {
        self.product / self.square_x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() < 1e-12, "{got} where {want} is expected");
    }

    #[test]
    fn moments() {
        let mut moments = Moments::default();
        [1.0, 2.0, 4.0, 9.0, 17.0].iter().for_each(|value| moments.add(*value));
        near(moments.kurtosis(), 0.8062873021883945);
        near(moments.skewness(), 0.8320337777432172);
        near(moments.variance(1.0), 43.3);
        near(moments.variance(0.0), 34.64);
    }

    #[test]
    fn variance_of_large_numbers_keeps_its_digits() {
        let mut moments = Moments::default();
        [1e15, 1e15 + 1.0, 1e15 + 2.0].iter().for_each(|value| moments.add(*value));
        near(moments.variance(1.0), 1.0);
    }

    #[test]
    fn comoments() {
        let mut pairs = Comoments::default();
        [(1.0, 2.0), (2.0, 5.0), (3.0, 7.0)].iter().for_each(|(y, x)| pairs.add(*y, *x));
        near(pairs.covariance(0.0), 5.0 / 3.0);
        near(pairs.covariance(1.0), 2.5);
        near(finite(pairs.slope()), 0.39473684210526316);
        near(finite(pairs.mean_y - pairs.slope() * pairs.mean_x), 0.15789473684210525);
    }
}
