//! Distributions: normal, beta and Student's t.

use crate::registry::Registry;
use statrs::function::erf::{erf, erf_inv};
use statrs::function::gamma::ln_gamma;
use std::f64::consts::{PI, SQRT_2};
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    const OF_THREE: &str = "(double, double, double) -> double";
    registry.add("normal_cdf", OF_THREE, |call| call.map3(normal_cdf));
    registry.add("inverse_normal_cdf", OF_THREE, |call| call.map3(inverse_normal_cdf));
    registry.add("beta_cdf", OF_THREE, |call| call.map3(beta_cdf));
    registry.add("inverse_beta_cdf", OF_THREE, |call| call.map3(inverse_beta_cdf));
    registry.add("t_cdf", "(double, double) -> double", |call| call.map2(t_cdf));
    registry.add("t_pdf", "(double, double) -> double", |call| call.map2(t_pdf));
}

/// Fails with `message` unless an argument is valid; `valid` is false for NaN, too.
fn check(valid: bool, message: &str) -> SqlResult<()> {
    if valid { Ok(()) } else { Err(SqlError::argument(message)) }
}

fn normal_cdf(mean: f64, deviation: f64, value: f64) -> SqlResult<f64> {
    check(deviation > 0.0, "standardDeviation must be > 0")?;
    Ok(0.5 * (1.0 + erf((value - mean) / (deviation * SQRT_2))))
}

fn inverse_normal_cdf(mean: f64, deviation: f64, p: f64) -> SqlResult<f64> {
    check(p > 0.0 && p < 1.0, "p must be 0 > p > 1")?;
    check(deviation > 0.0, "sd must be > 0")?;
    Ok(mean + deviation * SQRT_2 * erf_inv(2.0 * p - 1.0))
}

fn beta_cdf(a: f64, b: f64, value: f64) -> SqlResult<f64> {
    check((0.0..=1.0).contains(&value), "value must be 0 >= v >= 1")?;
    check(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    converged(regularized_beta(a, b, value), value)
}

fn inverse_beta_cdf(a: f64, b: f64, p: f64) -> SqlResult<f64> {
    check((0.0..=1.0).contains(&p), "p must be 0 >= p >= 1")?;
    check(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    converged(regularized_beta(a, b, 0.5), 0.5)?;
    if p == 0.0 || p == 1.0 {
        return Ok(p);
    }
    let miss = |x: f64| regularized_beta(a, b, x) - p;
    let (start, at_start) = (0.5, miss(0.5));
    if at_start.abs() <= 1e-15 {
        return Ok(start);
    }
    let (low, high) = ((0.0, -p), (1.0, 1.0 - p));
    let middle = (start, at_start);
    Ok(if at_start > 0.0 { brent(low, middle, miss) } else { brent(middle, high, miss) })
}

/// Finds where `f` is 0 between two places where it has different signs, by Brent's method. It stops
/// as early as Trino does, so that the error is the same.
fn brent(low: (f64, f64), high: (f64, f64), f: impl Fn(f64) -> f64) -> f64 {
    const ACCURACY: f64 = 1e-9;
    const RELATIVE: f64 = 1e-14;
    let ((mut a, mut at_a), (mut b, mut at_b)) = (low, high);
    let (mut c, mut at_c) = (a, at_a);
    let mut step = b - a;
    let mut last_step = step;
    for _ in 0..1000 {
        if at_c.abs() < at_b.abs() {
            (a, b, c) = (b, c, b);
            (at_a, at_b, at_c) = (at_b, at_c, at_b);
        }
        let tolerance = 2.0 * RELATIVE * b.abs() + ACCURACY;
        let half = 0.5 * (c - b);
        if half.abs() <= tolerance || at_b == 0.0 {
            break;
        }
        let mut halve = last_step.abs() < tolerance || at_a.abs() <= at_b.abs();
        if !halve {
            let s = at_b / at_a;
            let (p, q) = if a == c {
                (2.0 * half * s, 1.0 - s)
            } else {
                let (q, r) = (at_a / at_c, at_b / at_c);
                let p = s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0));
                (p, (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            let (p, q) = if p > 0.0 { (p, -q) } else { (-p, q) };
            halve = p >= 1.5 * half * q - (tolerance * q).abs() || p >= (0.5 * last_step * q).abs();
            if !halve {
                (last_step, step) = (step, p / q);
            }
        }
        if halve {
            (last_step, step) = (half, half);
        }
        (a, at_a) = (b, at_b);
        b += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        at_b = f(b);
        if (at_b > 0.0) == (at_c > 0.0) {
            (c, at_c) = (a, at_a);
            step = b - a;
            last_step = step;
        }
    }
    b
}

fn converged(result: f64, value: f64) -> SqlResult<f64> {
    if result.is_nan() {
        return Err(SqlError::argument(format!(
            "illegal state: Continued fraction diverged to NaN for value {value}"
        )));
    }
    Ok(result)
}

fn t_cdf(x: f64, freedom: f64) -> SqlResult<f64> {
    check_freedom(freedom)?;
    if x == 0.0 {
        return Ok(0.5);
    }
    let tail = 0.5 * regularized_beta(0.5 * freedom, 0.5, freedom / (freedom + x * x));
    Ok(if x < 0.0 { tail } else { 1.0 - tail })
}

fn t_pdf(x: f64, freedom: f64) -> SqlResult<f64> {
    check_freedom(freedom)?;
    let half = 0.5 * freedom;
    let scale = ln_gamma_ratio(half, 0.5) - 0.5 * (PI.ln() + freedom.ln());
    Ok((scale - (half + 0.5) * (x * x / freedom).ln_1p()).exp())
}

fn check_freedom(freedom: f64) -> SqlResult<()> {
    let message = "degrees of freedom must be greater than or equal to 1";
    check(freedom.is_nan() || freedom >= 1.0, message)
}

/// `ln(gamma(x + y) / gamma(x))`, without the loss of digits that the difference of two large
/// logarithms has.
fn ln_gamma_ratio(x: f64, y: f64) -> f64 {
    if x < 10.0 {
        return ln_gamma(x + y) - ln_gamma(x);
    }
    // Stirling's series, its large terms subtracted from each other first.
    let rest = |x: f64| {
        let square = x * x;
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square)
            / x
    };
    (x - 0.5) * (y / x).ln_1p() + y * (x + y).ln() - y + rest(x + y) - rest(x)
}

/// The regularized incomplete beta function; NaN if it does not converge.
fn regularized_beta(a: f64, b: f64, x: f64) -> f64 {
    if x.is_nan() || a.is_nan() || b.is_nan() || a.is_infinite() || b.is_infinite() {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // Beyond this point the fraction converges slowly, and well for the mirror image.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - lower_tail(b, a, 1.0 - x, x);
    }
    lower_tail(a, b, x, 1.0 - x)
}

/// The function at `x`, which is `1 - y`, where its continued fraction converges fast.
fn lower_tail(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    let ln_beta = ln_gamma(small) - ln_gamma_ratio(large, small);
    let ln_y = if x < 0.5 { (-x).ln_1p() } else { y.ln() };
    (a * x.ln() + b * ln_y - a.ln() - ln_beta).exp() / beta_fraction(a, b, x)
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const MAX_STEPS: u32 = 1_000_000;
    let not_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let coefficient = |n: u32| {
        let m = f64::from(n / 2);
        if n.is_multiple_of(2) {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        }
    };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for n in 1..=MAX_STEPS {
        let coefficient = coefficient(n);
        d = 1.0 / not_zero(1.0 + coefficient * d);
        c = not_zero(1.0 + coefficient / c);
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() < 1e-15 {
            return value;
        }
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(got: SqlResult<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() <= 1e-10 * want.abs(), "{got} where {want} is expected");
    }

    #[test]
    fn normal() {
        near(normal_cdf(0.0, 1.0, 1.96), 0.9750021048517796);
        near(normal_cdf(0.0, 1.0, f64::INFINITY), 1.0);
        near(inverse_normal_cdf(0.0, 1.0, 0.3), -0.5244005127080409);
        near(inverse_normal_cdf(5.0, 2.0, 0.999999), 14.506848617634176);
        assert!(normal_cdf(0.0, f64::NAN, 1.0).is_err());
        assert!(inverse_normal_cdf(0.0, 1.0, f64::NAN).is_err());
    }

    #[test]
    fn beta() {
        near(beta_cdf(3.0, 3.6, 0.3), 0.21764809997679938);
        near(beta_cdf(1e5, 1e5, 0.5001), 0.5356349186657948);
        near(beta_cdf(0.001, 1000.0, 0.5), 1.0);
        near(inverse_beta_cdf(3.0, 3.6, 0.95), 0.7600272463100223);
        near(inverse_beta_cdf(3.0, 4.0, 0.5), 0.4214071911217432);
        near(inverse_beta_cdf(0.5, 0.5, 0.999), 0.9999975326002307);
        near(inverse_beta_cdf(0.1, 10.0, 0.3), 3.757743524396431e-07);
        assert!(beta_cdf(f64::INFINITY, 1.0, 0.5).is_err());
    }

    #[test]
    fn students_t() {
        near(t_cdf(60.0, 1.0), 0.9946953263673767);
        near(t_cdf(-1.98, 2.0), 0.09312625192178954);
        near(t_cdf(-3.0, 1e7), 0.00134990135558975);
        near(t_cdf(2.0, 1.5), 0.8879058348219746);
        near(t_pdf(8.0, 3.0), 0.0007369065209469264);
        near(t_pdf(3.0, 1e7), 0.004431855281303882);
        near(t_pdf(0.0, 1.0), std::f64::consts::FRAC_1_PI);
        assert!(t_cdf(1.0, f64::INFINITY).unwrap().is_nan());
    }
}
