//! What the name of a trail's log file tells: of which account and region its events are, and when it was delivered.

use chrono::{DateTime, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How long after its events a log file may be delivered and is still looked for. CloudTrail delivers within a quarter of
/// an hour on average, after disturbances of a service much later.
const LATE: TimeDelta = TimeDelta::days(1);

/// The folder below which a trail delivers.
const LOGS: &str = "AWSLogs";

/// Returns the minute of delivery in a file's name, as `20230710T1145Z` in
/// `123456789012_CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json.gz`.
pub(super) fn minute(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    name.split('_').find(|part| is_minute(part)).map(str::to_owned)
}

fn is_minute(part: &str) -> bool {
    part.len() == 14
        && part.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            13 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

/// Reads what [`minute`] returns.
pub(super) fn time(minute: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(minute, "%Y%m%dT%H%MZ").ok()
}

/// How a folder of a trail's bucket is best listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Not at all: nothing below it is wanted.
    Skip,
    /// One level, as some of its folders may be skipped.
    Level,
    /// Everything below it.
    Whole,
}

/// Returns the moment of delivery in a file's name, in milliseconds since 1970 UTC.
pub(super) fn named_millis(path: &Path) -> Option<i64> {
    minute(path).as_deref().and_then(millis)
}

/// Returns what [`minute`] returns in milliseconds since 1970 UTC.
pub(super) fn millis(minute: &str) -> Option<i64> {
    time(minute).map(|time| time.and_utc().timestamp_millis())
}

/// Which of a trail's log files are wanted, by their names. A file with another name is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deliveries {
    /// The moment from which on events are wanted.
    pub from: Option<DateTime<Utc>>,
    /// The moment before which they are wanted; files are delivered later than their events, up to a day here.
    pub to: Option<DateTime<Utc>>,
    /// Accounts; all if there are none.
    pub accounts: Vec<String>,
    /// Regions; all if there are none.
    pub regions: Vec<String>,
}

impl Deliveries {
    /// Returns what an import of CloudTrail means by a window of time: the files that were delivered in it by their names,
    /// both ends included.
    pub fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Self {
        // Whoever asks by the times of events waits for late files, which this does not.
        let end = |to: DateTime<Utc>| {
            let end = to.checked_sub_signed(LATE - TimeDelta::milliseconds(1));
            end.unwrap_or(DateTime::<Utc>::MIN_UTC)
        };
        Self { from, to: to.map(end), ..Self::default() }
    }

    /// Whether a file with this name may have events that are wanted.
    pub fn want(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
        let parts: Vec<_> = name.split('_').collect();
        let [.., account, kind, region, minute, _] = parts[..] else { return true };
        let Some(time) = Some(minute).filter(|m| is_minute(m)).and_then(time) else { return true };
        if !kind.starts_with("CloudTrail") {
            return true;
        }
        // The name has minutes: the whole minute may be meant.
        let end = time + TimeDelta::minutes(1);
        among(&self.accounts, account) && among(&self.regions, region) && self.overlap(time, end)
    }

    /// Returns how to list a folder, by its place in the layout
    /// `AWSLogs/[organization/]account/CloudTrail/region/year/month/day`; `None` for one that is not in `AWSLogs`.
    pub fn listing(&self, folder: &str) -> Option<Listing> {
        let names: Vec<_> = folder.split('/').filter(|name| !name.is_empty()).collect();
        let logs = names.iter().rposition(|name| *name == LOGS)?;
        let place = match &names[logs + 1..] {
            [organization, place @ ..] if organization.starts_with("o-") => place,
            place => place,
        };
        let wanted = match place {
            [account, ..] if !among(&self.accounts, account) => false,
            [_, kind, ..] if !kind.starts_with("CloudTrail") => return Some(Listing::Whole),
            [_, _, region, ..] if !among(&self.regions, region) => false,
            [_, _, _, date @ ..] => {
                days(date).is_none_or(|(start, end)| self.overlap(start.into(), end.into()))
            }
            _ => true,
        };
        // Without a wish for times, a listing of a year costs fewer requests than those of its days.
        let levels = if self.from.is_some() || self.to.is_some() { 6 } else { 4 };
        Some(match wanted {
            false => Listing::Skip,
            true if place.len() < levels => Listing::Level,
            true => Listing::Whole,
        })
    }

    /// Whether files delivered from `start` on and before `end` may have events that are wanted.
    fn overlap(&self, start: NaiveDateTime, end: NaiveDateTime) -> bool {
        self.from.is_none_or(|from| end.and_utc() > from)
            && self
                .to
                .and_then(|to| to.checked_add_signed(LATE))
                .is_none_or(|to| start.and_utc() < to)
    }
}

fn among(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
}

/// Returns the first day of a year, month or day and the first one after it.
fn days(date: &[&str]) -> Option<(NaiveDate, NaiveDate)> {
    let number = |at: usize| date.get(at).map_or(Some(1), |text| text.parse().ok());
    let year = date.first()?.parse().ok()?;
    let start = NaiveDate::from_ymd_opt(year, number(1)?, number(2)?)?;
    let end = match date.len() {
        1 => start.checked_add_months(Months::new(12)),
        2 => start.checked_add_months(Months::new(1)),
        _ => start.succ_opt(),
    };
    Some((start, end?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "logs/111122223333_CloudTrail_eu-west-1_20260302T1005Z_AbCdEf0123456789.json.gz";

    #[test]
    fn names_tell_the_moment_of_delivery() {
        let millis = |name: &str| named_millis(Path::new(name));
        assert_eq!(millis(FILE), Some(1_772_445_900_000));
        assert_eq!(millis("b.zip!x/1_CloudTrail_r_20260302T1005Z_a.json"), millis(FILE));
        for other in ["a.json", "1_CloudTrail_r_20261302T1005Z_a.json", "20260302T1005Z.json"] {
            assert_eq!(millis(other), None, "{other}");
        }
    }

    #[test]
    fn files_are_wanted_by_their_names() {
        let moment = |text: &str| text.parse::<DateTime<Utc>>().ok();
        let all = Deliveries::default();
        for (wanted, deliveries) in [
            (true, all.clone()),
            (true, Deliveries { accounts: vec!["111122223333".to_owned()], ..all.clone() }),
            (false, Deliveries { accounts: vec!["444455556666".to_owned()], ..all.clone() }),
            (
                true,
                Deliveries { regions: vec!["x".to_owned(), "EU-west-1".to_owned()], ..all.clone() },
            ),
            (false, Deliveries { regions: vec!["us-east-1".to_owned()], ..all.clone() }),
            (true, Deliveries { from: moment("2026-03-02T10:05:59Z"), ..all.clone() }),
            (false, Deliveries { from: moment("2026-03-02T10:06:00Z"), ..all.clone() }),
            (true, Deliveries { to: moment("2026-03-01T10:05:01Z"), ..all.clone() }),
            (false, Deliveries { to: moment("2026-03-01T10:05:00Z"), ..all.clone() }),
        ] {
            assert_eq!(deliveries.want(Path::new(FILE)), wanted, "{deliveries:?}");
            for other in ["a.json", "1_2_3_20260302T1005Z_x", "a_CloudTrail_b_20261302T1005Z_x"] {
                assert!(deliveries.want(Path::new(other)), "{other}");
            }
        }
    }

    #[test]
    fn files_of_a_window_are_those_that_were_delivered_in_it() {
        let moment = |text: &str| text.parse::<DateTime<Utc>>().ok();
        for (wanted, from, to) in [
            (true, None, None),
            (true, None, moment("2026-03-02T10:05:00Z")),
            (false, None, moment("2026-03-02T10:04:59Z")),
            (true, moment("2026-03-02T10:05:59Z"), None),
            (false, moment("2026-03-02T10:06:00Z"), None),
            (false, None, Some(DateTime::<Utc>::MIN_UTC)),
            (true, None, Some(DateTime::<Utc>::MAX_UTC)),
        ] {
            assert_eq!(
                Deliveries::between(from, to).want(Path::new(FILE)),
                wanted,
                "{from:?} {to:?}"
            );
        }
        let day = Deliveries::between(None, moment("2026-03-01T23:59:59Z"));
        let folder = |day| format!("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/{day}");
        assert_eq!(day.listing(&folder("02")), Some(Listing::Skip));
        assert_eq!(day.listing(&folder("01")), Some(Listing::Whole));
    }

    #[test]
    fn folders_are_listed_by_their_place() {
        let moment = |text: &str| text.parse::<DateTime<Utc>>().ok();
        let all = Deliveries::default();
        let some = Deliveries {
            from: moment("2026-03-02T10:00:00Z"),
            to: moment("2026-03-04T00:00:00Z"),
            accounts: vec!["111122223333".to_owned()],
            regions: vec!["eu-west-1".to_owned()],
        };
        let trail = "x/AWSLogs/111122223333/CloudTrail";
        for (folder, of_all, of_some) in [
            ("logs", None, None),
            ("AWSLogs", Some(Listing::Level), Some(Listing::Level)),
            ("x/AWSLogs/o-abc", Some(Listing::Level), Some(Listing::Level)),
            ("AWSLogs/o-abc/444455556666", Some(Listing::Level), Some(Listing::Skip)),
            (trail, Some(Listing::Level), Some(Listing::Level)),
            ("AWSLogs/111122223333/Config", Some(Listing::Whole), Some(Listing::Whole)),
            (&format!("{trail}/us-east-1"), Some(Listing::Level), Some(Listing::Skip)),
            (&format!("{trail}/eu-west-1"), Some(Listing::Level), Some(Listing::Level)),
            (&format!("{trail}/eu-west-1/2025"), Some(Listing::Whole), Some(Listing::Skip)),
            (&format!("{trail}/eu-west-1/2026"), Some(Listing::Whole), Some(Listing::Level)),
            (&format!("{trail}/eu-west-1/2026/02"), Some(Listing::Whole), Some(Listing::Skip)),
            (&format!("{trail}/eu-west-1/2026/03"), Some(Listing::Whole), Some(Listing::Level)),
            (&format!("{trail}/eu-west-1/2026/03/01"), Some(Listing::Whole), Some(Listing::Skip)),
            (&format!("{trail}/eu-west-1/2026/03/02"), Some(Listing::Whole), Some(Listing::Whole)),
            (&format!("{trail}/eu-west-1/2026/03/04"), Some(Listing::Whole), Some(Listing::Whole)),
            (&format!("{trail}/eu-west-1/2026/03/05"), Some(Listing::Whole), Some(Listing::Skip)),
            (&format!("{trail}/eu-west-1/2026/03/xx"), Some(Listing::Whole), Some(Listing::Whole)),
        ] {
            assert_eq!(all.listing(folder), of_all, "{folder}");
            assert_eq!(some.listing(folder), of_some, "{folder}");
        }
    }
}
