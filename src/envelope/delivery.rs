//! What the name of a trail's log file tells: of which account and region its events are, and when it was delivered.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::path::Path;

/// How long after its events a log file may be delivered and is still looked for. CloudTrail delivers within a quarter of
/// an hour on average, after disturbances of a service much later.
const LATE: TimeDelta = TimeDelta::days(1);

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

/// Returns the moment of delivery in a file's name, in milliseconds since 1970 UTC.
pub(super) fn named_millis(path: &Path) -> Option<i64> {
    minute(path).as_deref().and_then(millis)
}

/// Returns what [`minute`] returns in milliseconds since 1970 UTC.
pub(super) fn millis(minute: &str) -> Option<i64> {
    time(minute).map(|time| time.and_utc().timestamp_millis())
}

/// Which of a trail's log files are wanted, by their names. A file with another name is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Whether a file with this name may have events that are wanted.
    pub fn want(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
        let parts: Vec<_> = name.split('_').collect();
        let [.., account, kind, region, minute, _] = parts[..] else { return true };
        let Some(time) = Some(minute).filter(|m| is_minute(m)).and_then(time) else { return true };
        if !kind.starts_with("CloudTrail") {
            return true;
        }
        let among = |list: &[String], name: &str| {
            list.is_empty() || list.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
        };
        // The name has minutes: the whole minute may be meant.
        let end = time.and_utc() + TimeDelta::minutes(1);
        among(&self.accounts, account)
            && among(&self.regions, region)
            && self.from.is_none_or(|from| end > from)
            && self.to.is_none_or(|to| time.and_utc() < to + LATE)
    }
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
}
