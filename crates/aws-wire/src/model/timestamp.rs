//! Times in JSON: numbers, seconds since 1970.

use chrono::{DateTime, Utc};
use serde_json::{Number, Value};

/// Reads a time; fractions and exponents are allowed. Digits beyond microseconds are rounded: numbers of JSON are
/// doubles here, which are that fine for some centuries around 1970.
///
/// Returns `None` for what is no number, and for years outside 1 to 9999, as milliseconds would be.
#[must_use]
pub fn from_timestamp(value: &Value) -> Option<DateTime<Utc>> {
    const YEARS: std::ops::Range<f64> = -62_135_596_800.0..253_402_300_800.0;
    let seconds = value.as_f64()?;
    if !YEARS.contains(&seconds) {
        return None;
    }
    let whole = seconds.floor();
    let micros = ((seconds - whole) * 1e6).round();
    DateTime::from_timestamp_micros(whole as i64 * 1_000_000 + micros as i64)
}

/// Writes a time, with milliseconds if there are any: `1795885200`, `1795885200.123`.
#[must_use]
pub fn to_timestamp(time: DateTime<Utc>) -> Value {
    let millis = time.timestamp_millis();
    if millis % 1_000 == 0 {
        return Value::from(millis / 1_000);
    }
    Number::from_f64(millis as f64 / 1_000.0).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn numbers_of_any_form_are_times() {
        for (text, millis) in [
            ("0", 0),
            ("1795885200", 1_795_885_200_000),
            ("1795885200.123", 1_795_885_200_123),
            ("1.7958852e9", 1_795_885_200_000),
            ("1795885200123e-3", 1_795_885_200_123),
            ("-1.5", -1_500),
            ("1795885200.9999999", 1_795_885_201_000),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let time = from_timestamp(&value).unwrap();
            assert_eq!(time.timestamp_millis(), millis, "{text}");
        }
        for value in [json!("1795885200"), json!(null), json!(1e300), json!(1_795_885_200_123_u64)]
        {
            assert_eq!(from_timestamp(&value), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn times_come_back(millis in -4_000_000_000_000_i64..4_000_000_000_000) {
            let time = DateTime::from_timestamp_millis(millis).unwrap();
            let text = to_timestamp(time).to_string();
            prop_assert!(!text.contains('e') && !text.contains('"'), "{}", text);
            prop_assert_eq!(from_timestamp(&serde_json::from_str(&text).unwrap()), Some(time));
        }
    }
}
