//! What trails record and deliver, at moments that the tests choose.

mod delivery;
mod digests;
mod records;
mod selectors;

use super::*;
use crate::server::buckets::Buckets;
use crate::server::signing::SigningKeys;
use chrono::Duration;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use traillake_aws_wire::keys::AccessKey;
use traillake_aws_wire::model::{Operation, operation};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// 2026-11-28, 17:00 UTC, and some seconds later.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_885_200 + seconds, 0).unwrap()
}

fn cloudtrail(name: &str) -> Operation {
    operation(&format!("CloudTrail_20131101.{name}")).unwrap()
}

/// Trails with two buckets, `logs` and `other`.
struct Place {
    trails: Trails,
    buckets: Buckets,
    signing: SigningKeys,
    key: AccessKey,
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for bucket in ["logs", "other"] {
            fs::create_dir(dir.path().join(bucket)).unwrap();
        }
        let mut place = Self {
            trails: opened(dir.path()),
            buckets: Buckets::default(),
            signing: SigningKeys::of(dir.path()),
            key: AccessKey::new("AKIAIOSFODNN7EXAMPLE", "secret"),
            dir,
        };
        place.map(&["logs", "other"], "");
        place
    }

    /// Maps these buckets alone.
    fn map(&mut self, names: &[&str], how: &str) {
        let folder = |name: &&str| format!("{name}={}{how}", self.folder(name).display());
        let mappings: Vec<_> = names.iter().map(folder).collect();
        self.buckets = Buckets::parse(mappings.iter().map(String::as_str)).unwrap();
    }

    /// As after a kill.
    fn open_again(&mut self) {
        self.trails = opened(self.dir.path());
    }

    fn folder(&self, bucket: &str) -> PathBuf {
        self.dir.path().join(bucket)
    }

    fn made(&self, name: &str, settings: Settings) -> Uuid {
        let made = self.trails.create(name, settings, Vec::new(), |_| Ok::<_, AuditError>(()));
        made.unwrap().id
    }

    fn change(&self, trail: Uuid, change: impl FnOnce(&mut Trail)) -> Trail {
        self.trails.change(trail, change).unwrap().unwrap()
    }

    fn status(&self, name: &str) -> Status {
        self.trails.find(name).unwrap().unwrap().status
    }

    fn called<'a>(&'a self, name: &str, input: &'a Value, now: DateTime<Utc>) -> Called<'a> {
        Called {
            operation: cloudtrail(name),
            input: Some(input),
            output: None,
            error: None,
            key: Some(&self.key),
            arn: format!("arn:aws:iam::{ACCOUNT}:user/{}", self.key.id),
            account: ACCOUNT,
            region: REGION,
            request_id: "a-request",
            user_agent: Some("a client".to_owned()),
            host: None,
            peer: None,
            now,
        }
    }

    fn call(&self, name: &str, now: DateTime<Utc>) {
        let before = self.trails.listeners();
        self.trails.record(&before, &self.called(name, &json!({}), now));
    }

    fn target(&self) -> Target<'_> {
        Target { buckets: &self.buckets, signing: &self.signing }
    }

    fn deliver(&self, now: DateTime<Utc>) {
        self.trails.deliver(&self.target(), now).unwrap();
    }

    /// Stops a trail, as a call does that is recorded.
    fn stop(&self, trail: Uuid, now: DateTime<Utc>) {
        let before = self.trails.listeners();
        self.change(trail, |trail| trail.stop(now));
        self.trails.record(&before, &self.called("StopLogging", &json!({}), now));
        self.trails.settle(&self.target(), now).unwrap();
    }

    /// The keys of objects of a kind, `CloudTrail` or `CloudTrail-Digest`, sorted.
    fn keys(&self, bucket: &str, kind: &str) -> Vec<String> {
        let folder = self.folder(bucket);
        let mut keys = Vec::new();
        for entry in walkdir::WalkDir::new(&folder).into_iter().flatten() {
            let key = entry.path().strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            let is_object = entry.file_type().is_file() && !key.ends_with(".metadata.json");
            if is_object && key.contains(&format!("/{kind}/")) {
                keys.push(key);
            }
        }
        keys.sort();
        keys
    }

    /// The names of the events in the log files of a bucket, in order.
    fn events(&self, bucket: &str) -> Vec<String> {
        let keys = self.keys(bucket, "CloudTrail");
        let files = keys.iter().map(|key| read(&self.folder(bucket).join(key)));
        let mut events: Vec<_> = files
            .flat_map(|file| file["Records"].as_array().unwrap().clone())
            .map(|record| record["eventName"].as_str().unwrap().to_owned())
            .collect();
        events.sort();
        events
    }
}

fn opened(folder: &Path) -> Trails {
    Trails::open(folder.join("trails.sqlite"), ACCOUNT, REGION).unwrap()
}

fn read(path: &Path) -> Value {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn validated(bucket: &str) -> Settings {
    Settings { validates: true, ..Settings::of(bucket) }
}

#[test]
fn nothing_is_kept_before_there_is_a_trail() {
    let place = Place::new();
    assert!(!place.trails.is_open());
    place.call("ListTrails", at(0));
    place.deliver(at(60));
    assert!(place.trails.list().unwrap().is_empty());
    assert!(!place.dir.path().join("trails.sqlite").exists());
}
