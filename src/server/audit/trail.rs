//! A trail: what was told of it, and how far it is.

use super::selection::Selection;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

/// A trail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trail {
    /// Tells it from others that had its name.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its account, 12 digits.
    pub account: String,
    /// Its home region.
    pub region: String,
    /// What can be changed of it.
    pub settings: Settings,
    /// Which calls it records.
    pub selection: Selection,
    /// Its tags, by key.
    pub tags: Vec<(String, String)>,
    /// The insights that are wanted of it, as they were told; an empty list for none.
    pub insights: Vec<Value>,
    /// How its events are to be aggregated, as it was told.
    pub aggregations: Vec<Value>,
    /// What became of its deliveries.
    pub status: Status,
    /// Its digest files, as long as there are to be some.
    pub(super) chain: Option<Chain>,
    /// The second since 1970 UTC at which its last digest file ended.
    pub(super) last_end: Option<i64>,
    /// Why its last files are to be delivered at once, if they are.
    pub ending: Option<Ending>,
}

fn as_text<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    Uuid::try_parse(&text).map_err(serde::de::Error::custom)
}

/// What can be changed of a trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Name of the bucket that it delivers to.
    pub bucket: String,
    /// What keys begin with, without a slash at the end.
    pub prefix: Option<String>,
    /// Whether it delivers digest files.
    pub validates: bool,
    /// Kept and shown.
    pub sns_topic: Option<String>,
    /// Kept and shown.
    pub log_group: Option<String>,
    /// Kept and shown.
    pub log_role: Option<String>,
    /// Kept and shown.
    pub kms_key: Option<String>,
    /// Kept and shown.
    pub includes_global_events: bool,
    /// Kept and shown.
    pub is_multi_region: bool,
    /// Kept and shown.
    pub logs_recursively: bool,
}

impl Settings {
    /// AWS's defaults for a bucket.
    pub fn of(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: None,
            validates: false,
            sns_topic: None,
            log_group: None,
            log_role: None,
            kms_key: None,
            includes_global_events: true,
            is_multi_region: false,
            logs_recursively: true,
        }
    }
}

/// What became of a trail's deliveries; times are in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether it logs.
    pub is_logging: bool,
    /// When it was started last.
    pub started_at: Option<i64>,
    /// When it was stopped last.
    pub stopped_at: Option<i64>,
    /// Log files.
    pub logs: Deliveries,
    /// Digest files.
    pub digests: Deliveries,
}

/// What became of the deliveries of one kind of files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// When one was delivered last.
    pub delivered_at: Option<i64>,
    /// When it was tried last.
    pub tried_at: Option<i64>,
    /// Why that failed, if it did, in the words of S3.
    pub error: Option<String>,
}

/// Digest files that follow each other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Chain {
    /// The second since 1970 UTC from which on the next one covers.
    pub(super) start: i64,
    /// The one before it.
    pub(super) previous: Option<Previous>,
}

/// A digest file, as the one after it names it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Previous {
    pub(super) bucket: String,
    pub(super) key: String,
    /// SHA-256 of its unpacked text, in hexadecimal digits.
    pub(super) hash: String,
    /// In hexadecimal digits.
    pub(super) signature: String,
}

/// Why a trail's last files are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It was stopped.
    Stopped,
    /// It goes on without digest files.
    Unvalidated,
    /// It was deleted.
    Deleted,
}

impl Trail {
    pub(super) fn new(
        name: &str,
        account: &str,
        region: &str,
        settings: Settings,
        tags: Vec<(String, String)>,
    ) -> Self {
        Self {
            id: Uuid::new_v4(),
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            settings,
            selection: Selection::default(),
            tags,
            insights: Vec::new(),
            aggregations: Vec::new(),
            status: Status::default(),
            chain: None,
            last_end: None,
            ending: None,
        }
    }

    /// `arn:aws:cloudtrail:<region>:<account>:trail/<name>`.
    pub fn arn(&self) -> String {
        format!("arn:aws:cloudtrail:{}:{}:trail/{}", self.region, self.account, self.name)
    }

    /// Lets it log. One that does goes on.
    pub fn start(&mut self, now: DateTime<Utc>) {
        if !self.status.is_logging {
            self.status.is_logging = true;
            self.status.started_at = Some(now.timestamp_millis());
        }
        if self.ending == Some(Ending::Stopped) {
            self.ending = None;
        }
        self.begin_chain(now);
    }

    /// Lets it log no more. What it has is delivered at once.
    pub fn stop(&mut self, now: DateTime<Utc>) {
        if self.status.is_logging {
            self.status.is_logging = false;
            self.status.stopped_at = Some(now.timestamp_millis());
            self.ending = Some(Ending::Stopped);
        }
    }

    /// Changes its settings. Digest files begin or end with it.
    pub fn update(&mut self, settings: Settings, now: DateTime<Utc>) {
        self.settings = settings;
        if self.settings.validates {
            if self.ending == Some(Ending::Unvalidated) {
                self.ending = None;
            }
            if self.status.is_logging {
                self.begin_chain(now);
            }
        } else if self.chain.is_some() && self.ending.is_none() {
            self.ending = Some(Ending::Unvalidated);
        }
    }

    /// Lets it go, once what it has is delivered.
    pub fn delete(&mut self, now: DateTime<Utc>) {
        self.stop(now);
        self.ending = Some(Ending::Deleted);
    }

    /// Digest files of a chain do not overlap those of the one before it.
    fn begin_chain(&mut self, now: DateTime<Utc>) {
        if self.settings.validates && self.chain.is_none() {
            let start = now.timestamp().max(self.last_end.unwrap_or(i64::MIN));
            self.chain = Some(Chain { start, previous: None });
        }
    }
}
