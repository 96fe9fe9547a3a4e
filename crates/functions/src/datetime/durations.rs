//! Durations as text: `human_readable_seconds` and `parse_duration`.

use super::parse::Scan;
use super::print::put;
use crate::registry::Registry;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("human_readable_seconds", "(double) -> varchar", |call| {
        call.text1(|seconds: f64, out| human_readable(seconds, out))
    });
    registry
        .add("parse_duration", "(varchar) -> interval day to second", |call| call.map1(duration));
}

fn human_readable(seconds: f64, out: &mut String) -> SqlResult<()> {
    if !seconds.is_finite() {
        let name = match seconds {
            _ if seconds.is_nan() => "NaN",
            _ if seconds > 0.0 => "Infinity",
            _ => "-Infinity",
        };
        return Err(SqlError::argument(format!("Invalid argument found: {name}")));
    }
    // The cast saturates, as Trino's rounding does.
    let mut rest = (seconds.abs() + 0.5).floor() as i64;
    let start = out.len();
    for (length, name) in
        [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]
    {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            let separator = if out.len() > start { ", " } else { "" };
            let plural = if count == 1 { "" } else { "s" };
            put!(out, "{separator}{count} {name}{plural}");
        }
    }
    if out.len() == start {
        out.push_str("0 seconds");
    }
    Ok(())
}

/// Returns the milliseconds of `1.5 h`.
fn duration(text: &str) -> SqlResult<i64> {
    if text.is_empty() {
        return Err(SqlError::argument("duration is empty"));
    }
    let invalid =
        || SqlError::argument(format!("duration is not a valid data duration string: {text}"));
    let (value, unit) = number_and_unit(text).ok_or_else(invalid)?;
    let (millis, name) = match unit {
        "ns" => (1e-6, "NANOSECONDS"),
        "us" => (1e-3, "MICROSECONDS"),
        "ms" => (1.0, "MILLISECONDS"),
        "s" => (1e3, "SECONDS"),
        "m" => (6e4, "MINUTES"),
        "h" => (3.6e6, "HOURS"),
        "d" => (8.64e7, "DAYS"),
        _ => return Err(SqlError::argument(format!("Unknown time unit: {unit}"))),
    };
    let rounded = (value * millis + 0.5).floor();
    if rounded > i64::MAX as f64 {
        return Err(SqlError::argument(format!(
            "value {} {name} is too large to be represented in requested unit MILLISECONDS as a long",
            scientific(value)
        )));
    }
    Ok(rounded as i64)
}

fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let mut scan = Scan::new(text);
    scan.digits(usize::MAX)?;
    if scan.take(".") {
        scan.digits(usize::MAX)?;
    }
    let (number, _) = text.split_at_checked(text.len() - scan.rest().len())?;
    scan.space();
    let unit = scan.rest();
    let known = !unit.is_empty() && unit.bytes().all(|b| b.is_ascii_alphabetic());
    known.then_some((number.parse().ok()?, unit))
}

/// Returns a large number as Java writes it: `1.0E20`.
fn scientific(value: f64) -> String {
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, want) in [
            ("1234 ns", Some(0)),
            ("1234.567ms", Some(1_235)),
            (" 1.5 h ", Some(5_400_000)),
            ("9223372036854775807ms", Some(i64::MAX)),
            ("106751991168d", None),
            ("1", None),
            ("-1s", None),
            ("1.s", None),
            ("1 min", None),
            ("", None),
        ] {
            assert_eq!(duration(text).ok(), want, "{text}");
        }
        assert_eq!(scientific(1.06751991168e11), "1.06751991168E11");
    }

    #[test]
    fn seconds_are_written() {
        for (seconds, want) in [
            (0.0, "0 seconds"),
            (-96.6, "1 minute, 37 seconds"),
            (56_363_463.0, "93 weeks, 1 day, 8 hours, 31 minutes, 3 seconds"),
        ] {
            let mut out = String::new();
            human_readable(seconds, &mut out).unwrap();
            assert_eq!(out, want);
        }
    }
}
