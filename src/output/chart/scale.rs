//! Round numbers and moments for axes.

use chrono::DateTime;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
/// Steps between moments that people find round.
const STEPS: [i64; 17] = [
    SECOND,
    5 * SECOND,
    15 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
];

/// Returns round numbers from at most `low` to at least `high`, `most` steps or fewer.
pub(super) fn numbers(low: f64, high: f64, most: usize) -> Vec<f64> {
    let (low, high) = if low < high { (low, high) } else { (low.min(0.0), high.max(0.0)) };
    let span = if low < high { high - low } else { 1.0 };
    let rough = span / most.max(1) as f64;
    let power = 10_f64.powi(rough.log10().floor() as i32);
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0].map(|part| part * power);
    let ends = |step: f64| ((low / step).floor(), ((low + span) / step).ceil());
    let fits = |step: &f64| ends(*step).1 - ends(*step).0 <= most.max(1) as f64;
    let step = steps.into_iter().find(fits).unwrap_or(span);
    let (first, last) = ends(step);
    (0..=(last - first) as usize).map(|at| (first + at as f64) * step).collect()
}

/// Returns round moments between two, `most` or fewer, in milliseconds since 1970.
pub(super) fn moments(from: i64, to: i64, most: usize) -> Vec<i64> {
    let first = |step: i64| {
        from.div_euclid(step) * step + if from.rem_euclid(step) == 0 { 0 } else { step }
    };
    let count = |step: i64| to.saturating_sub(first(step)).max(0) / step + 1;
    let fits = |step: &i64| count(*step) <= most.max(1) as i64;
    let years = STEPS[STEPS.len() - 1];
    let longer = years.saturating_mul((to.saturating_sub(from) / years) / most.max(1) as i64 + 1);
    let step = STEPS.into_iter().find(fits).unwrap_or(longer);
    (0..count(step)).map(|at| first(step) + at * step).filter(|moment| *moment <= to).collect()
}

/// Returns the text of a moment on an axis that is `span` milliseconds long.
pub(super) fn moment(millis: i64, span: i64) -> String {
    let format = match span {
        _ if span < MINUTE => "%H:%M:%S",
        _ if span < DAY => "%H:%M",
        _ if span <= 3 * DAY => "%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    formatted(millis, format)
}

/// Returns a moment as a date, with the time of day as far as it is not zero.
pub(super) fn instant(millis: i64) -> String {
    let format = match millis {
        _ if millis.rem_euclid(DAY) == 0 => "%Y-%m-%d",
        _ if millis.rem_euclid(MINUTE) == 0 => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d %H:%M:%S",
    };
    formatted(millis, format)
}

fn formatted(millis: i64, format: &str) -> String {
    DateTime::from_timestamp_millis(millis)
        .map_or_else(|| millis.to_string(), |time| time.format(format).to_string())
}

/// Returns a number as people read it: whole ones with commas, others with four digits.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.3e}");
    }
    let decimals = match size {
        1e4.. => 0,
        _ if value.fract() == 0.0 => 0,
        1e3.. => 1,
        100.0.. => 2,
        1.0.. => 3,
        _ => 4,
    };
    let text = format!("{size:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = crate::output::layout::thousands(whole.parse().unwrap_or_default());
    let sign = if value < 0.0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_round() {
        assert_eq!(numbers(0.0, 7.0, 4), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(numbers(-3.0, 12.0, 4), [-5.0, 0.0, 5.0, 10.0, 15.0]);
        assert_eq!(numbers(5.0, 5.0, 5), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(numbers(0.0, 0.0, 2), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn moments_are_round() {
        let texts = |from, to, most| -> Vec<String> {
            moments(from, to, most).into_iter().map(|at| moment(at, to - from)).collect()
        };
        let day = 1_772_323_200_000;
        assert_eq!(
            texts(day + 1, day + 5 * HOUR, 6),
            ["01:00", "02:00", "03:00", "04:00", "05:00"]
        );
        assert_eq!(texts(day, day + 9 * DAY, 3), ["2026-03-05"]);
        assert_eq!(texts(day, day, 3), ["00:00:00"]);
        assert_eq!(
            (instant(day), instant(day + 1)),
            ("2026-03-01".into(), "2026-03-01 00:00:00".into())
        );
    }

    #[test]
    fn numbers_are_short() {
        let texts =
            [0.0, 12.0, -1_234.0, 1_234_567.0, 0.1 + 0.2, 12.3456, 123.456, 1e300, 1e-9, -0.5];
        assert_eq!(
            texts.map(number),
            [
                "0",
                "12",
                "-1,234",
                "1,234,567",
                "0.3",
                "12.346",
                "123.46",
                "1.000e300",
                "1.000e-9",
                "-0.5"
            ]
        );
    }

    proptest! {
        #[test]
        fn axes_are_bounded(low in -1e12..1e12f64, span in 0.0..1e12f64, most in 1usize..20, from in any::<i32>(), to in any::<i64>()) {
            let ticks = numbers(low, low + span, most);
            prop_assert!(ticks.len() >= 2 && ticks.len() <= most.max(2) + 1, "{ticks:?}");
            prop_assert!(ticks[0] <= low && low + span <= ticks[ticks.len() - 1] * (1.0 + 1e-9) + 1e-3, "{ticks:?}");
            let from = i64::from(from);
            prop_assert!(moments(from, to, most).len() <= most);
            prop_assert!(moments(from, to, most).iter().all(|at| (from..=to).contains(at)));
        }
    }
}
