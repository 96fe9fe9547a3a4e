//! Times that a prompt speaks of: `in the past week`, `last 24 hours`, `yesterday`, `since 2026-03-01`. All in UTC.

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveTime, Utc};

/// Moments between which events are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TimeRange {
    pub(super) from: Option<DateTime<Utc>>,
    /// Before which.
    pub(super) to: Option<DateTime<Utc>>,
}

/// Numbers in words.
const NUMBERS: [(&str, u32); 14] = [
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("twelve", 12),
    ("thirty", 30),
];

impl TimeRange {
    /// Finds the first range that a prompt speaks of, and returns it with the prompt's other words. A prompt that speaks
    /// of none has one without bounds.
    pub(super) fn read(prompt: &str, now: DateTime<Utc>) -> (Self, String) {
        let words: Vec<&str> = prompt.split_whitespace().collect();
        let bare: Vec<String> = words.iter().map(|word| bare(word)).collect();
        for at in 0..bare.len() {
            if let Some((range, length)) = Self::at(&bare[at..], now) {
                let rest = words[..at].iter().chain(&words[at + length..]);
                return (range, rest.copied().collect::<Vec<_>>().join(" "));
            }
        }
        (Self::default(), prompt.to_owned())
    }

    /// Reads a range that begins with the first word, and how many words it has.
    fn at(words: &[String], now: DateTime<Utc>) -> Option<(Self, usize)> {
        let word = |at: usize| words.get(at).map(String::as_str);
        let first = word(0)?;
        let from = |from| Self { from, to: None };
        match first {
            "last" | "past" | "previous" => {
                let counted = number(word(1)?);
                let unit = if counted.is_some() { 2 } else { 1 };
                let from = ago(counted.unwrap_or(1), word(unit)?, now)?;
                Some((Self { from: Some(from), to: Some(now) }, unit + 1))
            }
            "this" => Some((from(Some(begin(word(1)?, now)?)), 2)),
            "between" | "from" | "since" | "after" => {
                let begin = day(word(1)?, now)?;
                let is_range = matches!(word(2), Some("and" | "to" | "until"));
                let end = word(3).filter(|_| is_range).and_then(|end| day(end, now));
                match end.filter(|end| *end >= begin).and_then(|end| end.succ_opt()) {
                    Some(end) => {
                        Some((Self { from: Some(midnight(begin)), to: Some(midnight(end)) }, 4))
                    }
                    None => Some((from(Some(midnight(begin))), 2)),
                }
            }
            "before" | "until" => {
                let end = day(word(1)?, now)?;
                Some((Self { from: None, to: Some(midnight(end)) }, 2))
            }
            _ => {
                let day = day(first, now)?;
                let to = midnight(day.succ_opt()?);
                Some((Self { from: Some(midnight(day)), to: Some(to) }, 1))
            }
        }
    }
}

/// A word without what stands around it, in small letters.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn number(word: &str) -> Option<u32> {
    let named = NUMBERS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    named.or_else(|| word.parse().ok())
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// A day by its date or its name.
fn day(word: &str, now: DateTime<Utc>) -> Option<NaiveDate> {
    match word {
        "today" => Some(now.date_naive()),
        "yesterday" => now.date_naive().pred_opt(),
        _ => NaiveDate::parse_from_str(word, "%Y-%m-%d").ok(),
    }
}

/// So many units before now.
fn ago(count: u32, unit: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let length = match unit.trim_end_matches('s') {
        "minute" => Duration::try_minutes(count.into()),
        "hour" => Duration::try_hours(count.into()),
        "day" => Duration::try_days(count.into()),
        "week" => Duration::try_weeks(count.into()),
        "month" => return now.checked_sub_months(Months::new(count)),
        "year" => return now.checked_sub_months(Months::new(count.checked_mul(12)?)),
        _ => None,
    };
    now.checked_sub_signed(length?)
}

/// When the day, week (from Monday on), month or year began.
fn begin(unit: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let day = now.date_naive();
    Some(midnight(match unit {
        "day" => day,
        "week" => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))?,
        "month" => day.with_day(1)?,
        "year" => day.with_day(1)?.with_month(1)?,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Tuesday.
    const NOW: &str = "2026-03-31T14:30:00Z";

    fn read(prompt: &str) -> (String, String) {
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let (TimeRange { from, to }, rest) = TimeRange::read(prompt, now);
        let bound = |bound: Option<DateTime<Utc>>| {
            bound.map_or("-".to_owned(), |bound| bound.format("%FT%R").to_string())
        };
        (format!("{} {}", bound(from), bound(to)), rest)
    }

    #[test]
    fn phrases_are_times() {
        for (prompt, range, rest) in [
            ("errors in the past week", "2026-03-24T14:30 2026-03-31T14:30", "errors in the"),
            ("Last 24 hours: errors", "2026-03-30T14:30 2026-03-31T14:30", "errors"),
            ("last two days", "2026-03-29T14:30 2026-03-31T14:30", ""),
            ("the last month?", "2026-02-28T14:30 2026-03-31T14:30", "the"),
            ("past 2 years", "2024-03-31T14:30 2026-03-31T14:30", ""),
            (
                "who came yesterday, and why",
                "2026-03-30T00:00 2026-03-31T00:00",
                "who came and why",
            ),
            ("today", "2026-03-31T00:00 2026-04-01T00:00", ""),
            ("this week", "2026-03-30T00:00 -", ""),
            ("this month", "2026-03-01T00:00 -", ""),
            ("this year", "2026-01-01T00:00 -", ""),
            ("since yesterday", "2026-03-30T00:00 -", ""),
            ("before 2026-02-03.", "- 2026-02-03T00:00", ""),
            ("on 2026-02-03", "2026-02-03T00:00 2026-02-04T00:00", "on"),
            ("from 2026-02-03 to", "2026-02-03T00:00 -", "to"),
            ("from 2026-02-03 to 2026-02-01", "2026-02-03T00:00 -", "to 2026-02-01"),
            ("between 2026-02-03 and 2026-02-05", "2026-02-03T00:00 2026-02-06T00:00", ""),
        ] {
            assert_eq!(read(prompt), (range.to_owned(), rest.to_owned()), "{prompt}");
        }
    }

    #[test]
    fn other_words_are_no_times() {
        for prompt in [
            "",
            "who used it last",
            "last words",
            "past 4294967295 years",
            "last 99999999999999999999 days",
            "before it",
            "2026-02-31",
        ] {
            assert_eq!(read(prompt), ("- -".to_owned(), prompt.to_owned()), "{prompt}");
        }
    }
}
