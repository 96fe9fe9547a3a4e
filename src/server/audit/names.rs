//! The keys of log files and digest files (AWS CloudTrail User Guide, "Finding your CloudTrail log files" and "CloudTrail
//! digest file structure").

use super::trail::Trail;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

/// Characters of the part of a log file's name that makes it unique.
const UNIQUE: usize = 16;
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `[prefix/]AWSLogs/<account>/CloudTrail/<region>/<yyyy>/<mm>/<dd>/<name>`, of a file that is delivered now.
pub(super) fn log_key(trail: &Trail, now: DateTime<Utc>) -> String {
    let (account, region) = (&trail.account, &trail.region);
    let name = format!(
        "{account}_CloudTrail_{region}_{}_{}.json.gz",
        now.format("%Y%m%dT%H%MZ"),
        unique()
    );
    let day = now.format("%Y/%m/%d");
    format!("{}AWSLogs/{account}/CloudTrail/{region}/{day}/{name}", prefix(trail))
}

/// The key of a digest file that ends at a second.
pub(super) fn digest_key(trail: &Trail, end: i64) -> String {
    let Trail { account, region, name, .. } = trail;
    let end = moment(end);
    let file = format!(
        "{account}_CloudTrail-Digest_{region}_{name}_{region}_{}.json.gz",
        end.format("%Y%m%dT%H%M%SZ")
    );
    let day = end.format("%Y/%m/%d");
    format!("{}AWSLogs/{account}/CloudTrail-Digest/{region}/{day}/{file}", prefix(trail))
}

/// The same name below the trail's prefix as it is now.
pub(super) fn moved_key(trail: &Trail, key: &str) -> String {
    // The prefix may have the word, too; names have it not.
    let below = key.rfind("AWSLogs/").map_or(key, |at| &key[at..]);
    format!("{}{below}", prefix(trail))
}

fn prefix(trail: &Trail) -> String {
    let prefix = trail.settings.prefix.as_deref().unwrap_or_default();
    if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
}

/// Random letters and digits. Two UUIDs have more random bits than they need.
fn unique() -> String {
    let bytes = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    // The bytes 6 and 8 of a UUID are not all random.
    let random = bytes.iter().flat_map(|uuid| uuid[..6].iter().chain(&uuid[9..]));
    let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
    random.take(UNIQUE).map(letter).collect()
}

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap_or_default()
}

/// A second since 1970 UTC as digest files have it.
pub(super) fn written(second: i64) -> String {
    moment(second).to_rfc3339_opts(SecondsFormat::Secs, true)
}
