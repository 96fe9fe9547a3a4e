//! The values of a widget's `?`: the time that is looked at, the length of a period, a store.

use crate::engine::parameters::Parameters;
use crate::engine::read_moment;
use crate::saved::parameters::{give, read_time};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeMap;

pub(super) const START: &str = "$StartTime$";
pub(super) const END: &str = "$EndTime$";
pub(super) const PERIOD: &str = "$Period$";
pub(super) const STORE: &str = "$EventDataStoreId$";
/// All that a widget can ask for.
pub(super) const NAMES: [&str; 4] = [START, END, PERIOD, STORE];

/// How much a refresh looks at that does not say it: as much as AWS's highlights.
const DEFAULT_HOURS: i64 = 24;
const DEFAULT_PERIOD: &str = "hour";

/// The values of a refresh, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    now: DateTime<Utc>,
    start: String,
    end: String,
    period: String,
    store: Option<String>,
}

impl Values {
    /// The last day by hours.
    pub(super) fn at(now: DateTime<Utc>) -> Self {
        Self {
            now,
            start: iso(now - Duration::hours(DEFAULT_HOURS)),
            end: iso(now),
            period: DEFAULT_PERIOD.to_owned(),
            store: None,
        }
    }

    /// Reads the values that somebody gives; the others are those of [`Self::at`], and a start that is not given lies
    /// a day before the end. The error says what is wrong.
    pub(super) fn read(
        given: &BTreeMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<Self, String> {
        let mut values = Self::at(now);
        let time = |name: &str| -> Result<Option<(DateTime<Utc>, String)>, String> {
            let Some(text) = given.get(name) else { return Ok(None) };
            let moment = moment(text, now).ok_or_else(|| {
                format!("{name} is {text}, which is no time such as 2026-03-01T14:30:00Z or seconds since 1970.")
            })?;
            // A time ago becomes one that SQL reads, too.
            let is_written = read_moment(text).is_ok() || epoch(text).is_some();
            Ok(Some((moment, if is_written { text.clone() } else { iso(moment) })))
        };
        let end = time(END)?.unwrap_or_else(|| (now, iso(now)));
        let day_before = end.0.checked_sub_signed(Duration::hours(DEFAULT_HOURS)).unwrap_or(end.0);
        let start = time(START)?.unwrap_or_else(|| (day_before, iso(day_before)));
        if start.0 > end.0 {
            return Err(format!("{START} is after {END}."));
        }
        (values.start, values.end) = (start.1, end.1);
        for (name, text) in given {
            match name.as_str() {
                START | END => {}
                PERIOD => values.period.clone_from(text),
                STORE => values.store = Some(text.clone()),
                other => return Err(format!("{other} is no parameter of a dashboard.")),
            }
        }
        Ok(values)
    }

    /// The store that is asked for.
    pub(super) fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    pub(super) fn with_store(mut self, store: String) -> Self {
        self.store = Some(store);
        self
    }

    fn of(&self, name: &str) -> Option<&str> {
        match name {
            START => Some(&self.start),
            END => Some(&self.end),
            PERIOD => Some(&self.period),
            STORE => self.store(),
            _ => None,
        }
    }

    /// The values of a widget's `?`, in order.
    pub(super) fn for_widget(&self, parameters: &[String]) -> Parameters {
        let texts: Vec<_> =
            parameters.iter().map(|name| self.of(name).unwrap_or_default().to_owned()).collect();
        self.with(&texts)
    }

    /// Values for `?`, in order. What a statement names without `?`, such as `'$StartTime$'`, has a value, too.
    pub(super) fn with(&self, texts: &[String]) -> Parameters {
        let mut values = Parameters::at(self.now);
        for (name, text) in [(START, &self.start), (END, &self.end), (PERIOD, &self.period)] {
            give_value(&mut values, name.trim_matches('$'), text);
        }
        for (at, text) in texts.iter().enumerate() {
            give_value(&mut values, &(at + 1).to_string(), text);
        }
        values
    }
}

fn give_value(values: &mut Parameters, name: &str, text: &str) {
    match epoch(text) {
        Some(moment) => {
            let time = moment.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
            values.give(name, text, Some(time));
        }
        None => give(values, name, text),
    }
}

fn iso(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn moment(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    epoch(text).or_else(|| read_time(text, now))
}

/// Digits of seconds since 1970, from 1973 on, and of milliseconds. Fewer are a day: `20260301`.
const SECONDS: [usize; 2] = [9, 10];
const MILLIS: [usize; 2] = [12, 13];

/// Reads seconds or milliseconds since 1970 UTC, with a fraction or without.
fn epoch(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || fraction.is_empty() {
        return None;
    }
    let seconds: f64 = text.parse().ok()?;
    let millis = match whole.len() {
        digits if SECONDS.contains(&digits) => seconds * 1_000.0,
        digits if MILLIS.contains(&digits) => seconds,
        _ => return None,
    };
    DateTime::from_timestamp_millis(millis.round() as i64)
}

/// Returns how many `?` a statement has, in quotes or not, if it is to have any.
pub(super) fn places(sql: &str, parameters: &[String]) -> usize {
    if parameters.is_empty() {
        return crate::engine::text::question_marks(sql);
    }
    let mut values = Parameters::at(DateTime::UNIX_EPOCH);
    values.give("1", "", None);
    let numbered = values.names_in(sql).into_iter();
    numbered.filter(|name| name.parse::<usize>().is_ok()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_885_200, 0).unwrap()
    }

    fn read(given: &[(&str, &str)]) -> Result<Values, String> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Values::read(&given.collect(), now())
    }

    #[test]
    fn times_come_in_many_forms() {
        let all = [
            ("2023-07-10T00:00:00Z", "2023-07-10T00:00:00Z"),
            ("2023-07-10", "2023-07-10"),
            ("1688947200", "1688947200"),
            ("1688947200.5", "1688947200.5"),
            ("1688947200123", "1688947200123"),
            ("24h", "2026-11-27T17:00:00Z"),
            ("now", "2026-11-28T17:00:00Z"),
        ];
        for (given, kept) in all {
            assert_eq!(read(&[(START, given)]).unwrap().start, kept, "{given}");
        }
        let midnight = "2023-07-10T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
        for same in ["1688947200", "1688947200000", "2023-07-10", "20230710"] {
            assert_eq!(moment(same, now()), Some(midnight), "{same}");
        }
        for wrong in
            ["yesterday", "12", "1.2.3", "-1688947200", "99999999999999999999", "1688947200."]
        {
            assert!(read(&[(START, wrong)]).unwrap_err().contains("no time"), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_given_is_the_last_day() {
        assert_eq!(read(&[]).unwrap(), Values::at(now()));
        let ended = read(&[(END, "2023-07-11T00:00:00Z"), (PERIOD, "day")]).unwrap();
        let (start, end) = ("2023-07-10T00:00:00Z", "2023-07-11T00:00:00Z");
        assert_eq!((ended.of(START), ended.of(END)), (Some(start), Some(end)));
        assert_eq!((ended.of(PERIOD), ended.of(STORE)), (Some("day"), None));
        assert!(read(&[(START, end), (END, start)]).unwrap_err().contains("after"));
        assert!(read(&[("$Colour$", "red")]).unwrap_err().contains("no parameter"));
    }

    #[test]
    fn places_are_counted_in_quotes_and_without() {
        let one = ["$StartTime$".to_owned()];
        for (sql, with, without) in [
            ("SELECT 1", 0, 0),
            ("SELECT f('?') FROM t WHERE a > ? AND b = '?' -- ?", 3, 1),
            ("SELECT split(url, '?')", 1, 0),
            ("SELECT '$StartTime$'", 0, 0),
        ] {
            assert_eq!((places(sql, &one), places(sql, &[])), (with, without), "{sql}");
        }
    }
}
