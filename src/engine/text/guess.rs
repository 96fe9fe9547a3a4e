//! What people meant by the name of a store that is not there.

use super::stores::is_uuid;

/// What a name of no store means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// The store that the reader has: it is a placeholder, or a name from somebody's manual.
    Current,
    /// A store of somebody else, whose name says that it holds CloudTrail events.
    Events,
    /// An event data store of somebody else, by its id.
    Id,
    /// Nothing that can be told.
    Nothing,
}

impl Guess {
    /// Tells what is meant by a name, in lower case or not.
    pub fn of(name: &str) -> Self {
        let name = name.to_lowercase();
        if name.contains(|c: char| !(c.is_alphanumeric() || " _-.:/".contains(c)))
            || is_masked(&name)
        {
            return Self::Current;
        }
        let last = name.rsplit('/').next().unwrap_or(&name);
        if is_uuid(last) {
            return Self::Id;
        }
        let words: Vec<_> =
            last.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
        let parts: Option<Vec<_>> = words.iter().map(|word| parts(word)).collect();
        let known: Vec<&str> = parts.into_iter().flatten().flatten().collect();
        let has = |wanted: &[&str]| wanted.iter().any(|word| known.contains(word));
        if has(&EVENTS) || (has(&ASKS) && has(&THINGS)) || has(&["store"]) && has(&["data"]) {
            return Self::Current;
        }
        let all: String = words.concat();
        let told =
            all.contains("cloudtrail") || all.contains("eventdatastore") || words.contains(&"eds");
        if told && !all.contains("securitylake") { Self::Events } else { Self::Nothing }
    }
}

/// Whether a name is an id of which parts are left out: `...`, `xxxxxxxx-xxxx`, `EXAMPLEf852-4e8f-8bd1-bcf6cEXAMPLE`.
fn is_masked(name: &str) -> bool {
    let id = name.contains('-') && name.contains("example");
    id || name.chars().all(|c| matches!(c, 'x' | '-' | '.' | '_'))
}

/// Words that say what an event data store holds.
const EVENTS: [&str; 4] = ["eds", "cloudtrail", "trail", "ctlake"];
/// Words that ask for a name.
const ASKS: [&str; 9] =
    ["your", "my", "our", "insert", "enter", "replace", "paste", "specify", "placeholder"];
/// Words for what has a name, and more.
const THINGS: [&str; 21] = [
    "table",
    "tables",
    "id",
    "ids",
    "arn",
    "name",
    "uuid",
    "guid",
    "database",
    "db",
    "store",
    "data",
    "event",
    "events",
    "log",
    "logs",
    "lake",
    "cloud",
    "datastore",
    "view",
    "aws",
];
/// Words that say nothing.
const FILLERS: [&str; 24] = [
    "the",
    "a",
    "an",
    "with",
    "here",
    "this",
    "of",
    "for",
    "org",
    "organization",
    "account",
    "management",
    "mgmt",
    "amazon",
    "athena",
    "partitioned",
    "partition",
    "pp",
    "s",
    "all",
    "new",
    "test",
    "sample",
    "example",
];

/// Cuts a word into known ones: `eventdatastoreid`. `None` if that cannot be done.
fn parts(word: &str) -> Option<Vec<&'static str>> {
    if word.is_empty() {
        return Some(Vec::new());
    }
    let known = || EVENTS.iter().chain(&ASKS).chain(&THINGS).chain(&FILLERS);
    known().find_map(|begin| {
        let mut rest = parts(word.strip_prefix(begin)?)?;
        rest.push(begin);
        Some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_leave_mean_the_current_store() {
        for name in [
            "<anything at all>",
            "{x}",
            "*****",
            "...",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "$table",
            "?",
            "EXAMPLEf852-4e8f-8bd1-bcf6cEXAMPLE",
            "event_data_store_ID",
            "eds-ID",
            "eds",
            "EDS_ID",
            "my_event_data_store",
            "your_eds_id",
            "eventDataStoreId",
            "cloudtrail_logs",
            "cloudtrail",
            "aws_cloudtrail_logs_111122223333",
            "your-table-name",
            "my table",
            "cloud_trail_logs",
            "eds1",
            "my-org-trail",
            "cloudtrail_logs_pp",
            "insert-event-data-store-id-here",
        ] {
            assert_eq!(Guess::of(name), Guess::Current, "{name}");
        }
    }

    #[test]
    fn other_names_may_mean_anything() {
        let id = "550e8400-e29b-41d4-a716-446655440000";
        assert_eq!(Guess::of(id), Guess::Id);
        let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/";
        assert_eq!(Guess::of(&format!("{arn}{id}")), Guess::Id);
        assert_eq!(Guess::of(&format!("{arn}EXAMPLE-f852-4e8f-8bd1-bcf6cEXAMPLE")), Guess::Current);
        assert_eq!(Guess::of("prod_cloudtrail_archive"), Guess::Events);
        for name in [
            "incident-42",
            "users",
            "vpc_flow_logs",
            "t",
            "events2026",
            "amazon_security_lake_cloudtrail",
        ] {
            assert_eq!(Guess::of(name), Guess::Nothing, "{name}");
        }
    }
}
