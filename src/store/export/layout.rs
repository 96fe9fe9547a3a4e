//! The folders and names of exported files.
//!
//! Log files are laid out as a trail delivers them, tables as any engine reads them: a folder for each day.

use super::super::partition::Day;
use super::super::paths::partition;
use super::ExportedEvent;
use crate::event::EventSchema;
use crate::event::digest::RecordDigest;
use chrono::DateTime;
use std::path::PathBuf;

/// Characters at the end of a name, as many as in a trail's.
const UNIQUE_CHARACTERS: usize = 16;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The longest account or region that becomes part of a path.
const MAX_NAME_BYTES: usize = 64;

/// Events that share files: those of a day, or of an account and a region of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) day: Day,
    account: Option<String>,
    region: Option<String>,
}

impl Group {
    /// The group of an event of an account and region.
    pub(super) fn of(event: &ExportedEvent<'_>) -> Self {
        let (account, region) = (event.account.map(str::to_owned), event.region.map(str::to_owned));
        Self { day: day_of(event.time), account, region }
    }

    /// Whether an event belongs to it.
    pub(super) fn has(&self, event: &ExportedEvent<'_>) -> bool {
        self.day == day_of(event.time)
            && self.account.as_deref() == event.account
            && self.region.as_deref() == event.region
    }

    /// Returns the path of a log file below the folder of an export. `last` is the time of its latest event, as a trail
    /// delivers a file after its events.
    pub(super) fn log_file(
        &self,
        schema: EventSchema,
        last: Option<i64>,
        digest: &RecordDigest,
    ) -> PathBuf {
        let account = path_part(self.account.as_deref(), "no-account");
        let region = path_part(self.region.as_deref(), "no-region");
        let kind = kind(schema);
        let last = last.and_then(DateTime::from_timestamp_millis);
        let minute = last.map_or("no-time".to_owned(), |t| t.format("%Y%m%dT%H%MZ").to_string());
        let day = self.day.map_or("no-time".to_owned(), |day| day.format("%Y/%m/%d").to_string());
        let unique = unique(digest);
        let name = format!("{account}_{kind}_{region}_{minute}_{unique}.json.gz");
        ["AWSLogs", account, &kind, region, &day, &name].iter().collect()
    }
}

/// Returns the path of a file of a day below the folder of an export.
pub(super) fn day_file(
    schema: EventSchema,
    day: Day,
    digest: &RecordDigest,
    extension: &str,
) -> PathBuf {
    let date = day.map_or("no-time".to_owned(), |day| day.format("%Y%m%d").to_string());
    let name = format!("{}_{date}_{}.{extension}", kind(schema), unique(digest));
    PathBuf::from(partition(day)).join(name)
}

/// The UTC day of a time.
pub(super) fn day_of(time: Option<i64>) -> Day {
    Some(DateTime::from_timestamp_millis(time?)?.date_naive())
}

/// Returns what a trail calls the files of a category. Only those of events and Insights are AWS's names.
fn kind(schema: EventSchema) -> String {
    match schema {
        EventSchema::CloudTrail => "CloudTrail".to_owned(),
        other => format!("CloudTrail-{}", other.name()),
    }
}

/// Returns a text of an event as part of a path, or `instead` where it could be anything else.
fn path_part<'a>(text: Option<&'a str>, instead: &'static str) -> &'a str {
    let is_plain = |text: &&str| {
        !text.is_empty()
            && text.len() <= MAX_NAME_BYTES
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.filter(is_plain).unwrap_or(instead)
}

/// Returns the characters that tell files apart.
fn unique(digest: &RecordDigest) -> String {
    let number = |bytes: &[u8]| bytes.iter().fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
    let mut rest = number(&digest[..16]);
    let mut next = || {
        let digit = (rest % ALPHABET.len() as u128) as usize;
        rest /= ALPHABET.len() as u128;
        char::from(ALPHABET[digit])
    };
    (0..UNIQUE_CHARACTERS).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event<'a>(account: Option<&'a str>, region: Option<&'a str>) -> ExportedEvent<'a> {
        let time = Some(1_772_503_199_999); // 2026-03-03T01:59:59.999Z
        ExportedEvent { account, region, time, record: "{}", checksum: "" }
    }

    #[test]
    fn names_are_those_of_a_trail() {
        let event = event(Some("111122223333"), Some("eu-central-1"));
        let path = Group::of(&event).log_file(EventSchema::CloudTrail, event.time, &[7; 32]);
        let path = path.to_str().unwrap();
        let (rest, unique) = path.split_at(path.len() - "0123456789abcdef.json.gz".len());
        assert_eq!(
            rest,
            "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/03/\
             111122223333_CloudTrail_eu-central-1_20260303T0159Z_"
        );
        let unique = unique.strip_suffix(".json.gz").unwrap();
        assert!(unique.bytes().all(|b| b.is_ascii_alphanumeric()), "{unique}");
    }

    #[test]
    fn no_text_of_an_event_leads_out_of_the_folder() {
        let long = "1".repeat(65);
        for hostile in ["", "..", "../../etc", "a/b", "C:\\x", "a\0b", "a\u{202e}b", &long] {
            let event = event(Some(hostile), Some(hostile));
            let path = Group::of(&event).log_file(EventSchema::Insight, None, &[0; 32]);
            assert_eq!(
                path.parent().unwrap().to_str().unwrap(),
                "AWSLogs/no-account/CloudTrail-Insight/no-region/2026/03/03",
                "{hostile:?}"
            );
            assert_eq!(path.components().count(), 8);
        }
    }
}
