//! The names that CloudTrail gives digest files and log files.

use crate::event::time;
use chrono::{DateTime, NaiveDateTime, Utc};

/// What is between the account and the region in the name of a digest file.
const DIGEST: &str = "_CloudTrail-Digest_";
/// What is there in the name of a log file.
const LOG: &str = "_CloudTrail_";
const EXTENSION: &str = ".json.gz";
/// What is added to the name of a digest file that CloudTrail made later than due.
const BACKFILL: &str = "_backfill";

/// The name of a digest file, `ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME-REGION_yyyyMMddTHHmmssZ.json.gz`, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestName {
    /// Account whose log files it lists.
    pub account: String,
    /// Region whose log files it lists.
    pub region: String,
    /// Name of the trail.
    pub trail: String,
    /// Region of the trail.
    pub home_region: String,
    /// End of the time it covers.
    pub end: DateTime<Utc>,
    /// Whether CloudTrail made it later than due.
    pub backfill: bool,
}

impl DigestName {
    /// Reads the name of a file; `None` if it is not that of a digest file.
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(EXTENSION)?;
        let (stem, backfill) = match stem.strip_suffix(BACKFILL) {
            Some(stem) => (stem, true),
            None => (stem, false),
        };
        let (stem, end) = stem.rsplit_once('_')?;
        let (stem, home_region) = stem.rsplit_once('_')?;
        let (account, stem) = stem.split_once(DIGEST)?;
        let (region, trail) = stem.split_once('_')?;
        Some(Self {
            account: account_id(account)?,
            region: region.to_owned(),
            trail: trail.to_owned(),
            home_region: home_region.to_owned(),
            end: written(end, "%Y%m%dT%H%M%SZ")?,
            backfill,
        })
    }
}

/// The name of a log file, `ACCOUNT_CloudTrail_REGION_yyyyMMddTHHmmZ_UNIQUE.json.gz`, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogName {
    /// Account that received the events.
    pub account: String,
    /// Region of the events.
    pub region: String,
    /// Minute of delivery.
    pub delivered: DateTime<Utc>,
}

impl LogName {
    /// Reads the name of a file; `None` if it is not that of a log file.
    pub fn parse(name: &str) -> Option<Self> {
        let (account, stem) = name.strip_suffix(EXTENSION)?.split_once(LOG)?;
        let (region, stem) = stem.split_once('_')?;
        let (delivered, _) = stem.split_once('_')?;
        Some(Self {
            account: account_id(account)?,
            region: region.to_owned(),
            delivered: written(delivered, "%Y%m%dT%H%MZ")?,
        })
    }
}

fn account_id(text: &str) -> Option<String> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then(|| text.to_owned())
}

/// Reads a time of a name.
fn written(text: &str, format: &str) -> Option<DateTime<Utc>> {
    Some(NaiveDateTime::parse_from_str(text, format).ok()?.and_utc())
}

/// Reads a time of a digest file.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(time::parse(text.as_bytes())?)
}

/// Returns the last part of an object's key.
pub(super) fn file_name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_digest_files() {
        let name = "111122223333_CloudTrail-Digest_eu-west-1_my_trail.x_us-east-2_20260301T010203Z";
        let read = DigestName::parse(&format!("{name}.json.gz")).unwrap();
        assert_eq!((read.account.as_str(), read.region.as_str()), ("111122223333", "eu-west-1"));
        assert_eq!((read.trail.as_str(), read.home_region.as_str()), ("my_trail.x", "us-east-2"));
        assert_eq!(read.end.to_rfc3339(), "2026-03-01T01:02:03+00:00");
        assert!(!read.backfill);
        let late = DigestName::parse(&format!("{name}_backfill.json.gz")).unwrap();
        assert_eq!(late, DigestName { backfill: true, ..read });
        for wrong in [
            "111122223333_CloudTrail_us-east-1_20260301T0105Z_abcdefghijklmnop.json.gz",
            "111122223333_CloudTrail-Digest_us-east-1_20260301T010203Z.json.gz",
            "11112222333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260301T010203Z.json.gz",
            "111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260399T010203Z.json.gz",
            "111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260301T010203Z.json",
            "",
        ] {
            assert_eq!(DigestName::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_of_log_files() {
        let name = "111122223333_CloudTrail_us-east-1_20260301T0105Z_abcdefghijklmnop.json.gz";
        let read = LogName::parse(name).unwrap();
        assert_eq!((read.account.as_str(), read.region.as_str()), ("111122223333", "us-east-1"));
        assert_eq!(read.delivered.to_rfc3339(), "2026-03-01T01:05:00+00:00");
        for wrong in [
            "111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260301T010203Z.json.gz",
            "111122223333_CloudTrail-Insight_us-east-1_20260301T0105Z_abcdefghijklmnop.json.gz",
            "111122223333_elasticloadbalancing_us-east-1_app.x_20260301T0105Z_1.2.3.4_x.log.gz",
        ] {
            assert_eq!(LogName::parse(wrong), None, "{wrong}");
        }
    }
}
