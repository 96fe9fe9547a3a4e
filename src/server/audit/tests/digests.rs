//! Digest files, by the rules that `validate-logs` checks.

use super::*;
use crate::envelope::discover;
use crate::integrity::{
    ChainReport, Counts, Progress, PublicKeys, Settings as Checks, Signatures, Validation,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::atomic::AtomicBool;
use tempfile::TempPath;

const HOUR: i64 = 3_600;

impl Place {
    /// What our own `validate-logs` says of the buckets, a report for each chain.
    fn validated(&self) -> Vec<ChainReport> {
        let mut keys = PublicKeys::default();
        let listed = self.signing.valid_within(at(0), at(0)).unwrap();
        let listed: Vec<_> = listed
            .iter()
            .map(|key| json!({"Value": STANDARD.encode(&key.der), "Fingerprint": key.fingerprint}))
            .collect();
        keys.add(json!({"PublicKeyList": listed}).to_string().as_bytes()).unwrap();
        let mut signatures = Signatures::default();
        for (bucket, key) in self.digests() {
            let metadata = self.buckets.get(&bucket).unwrap().open(&key).unwrap().metadata;
            assert_eq!(metadata["signature-algorithm"], "SHA256withRSA");
            let head = json!({"Bucket": bucket, "Key": key, "Metadata": metadata});
            signatures.add(head.to_string().as_bytes()).unwrap();
        }
        let buckets = ["logs", "other"].map(|name| (name.to_owned(), self.folder(name)));
        let buckets: Vec<_> = buckets
            .into_iter()
            .map(|(name, folder)| (name, fs::canonicalize(folder).unwrap()))
            .collect();
        let paths: Vec<_> = buckets.iter().map(|(_, f)| f.to_str().unwrap().to_owned()).collect();
        let checks = Checks { buckets, keys, signatures, threads: 1, ..Checks::default() };
        let (progress, cancel) = (Progress::default(), AtomicBool::new(false));
        let found = discover(&paths).unwrap();
        let mut validation = Validation::prepare(checks, &found.sources, &progress, &cancel);
        let chains = validation.chains().len();
        (0..chains).map(|at| validation.check(at, true, &progress, &cancel)).collect()
    }

    /// All digest files with their buckets, in the order of their ends.
    fn digests(&self) -> Vec<(String, String)> {
        let of = |bucket: &str| {
            let keys = self.keys(bucket, "CloudTrail-Digest").into_iter();
            keys.map(|key| (bucket.to_owned(), key)).collect::<Vec<_>>()
        };
        let mut all = [of("logs"), of("other")].concat();
        all.sort_by_key(|(_, key)| key[key.len() - 24..].to_owned());
        all
    }

    fn digest(&self, number: usize) -> Value {
        let (bucket, key) = &self.digests()[number];
        read(&self.folder(bucket).join(key))
    }

    /// A trail that logs and has digest files.
    fn logging(&self) -> Uuid {
        let trail = self.made("audit", validated("logs"));
        self.change(trail, |trail| trail.start(at(0)));
        trail
    }
}

/// How many are valid, and how many are not.
fn of(counted: &Counts) -> (u64, u64) {
    (counted.valid, counted.invalid)
}

#[test]
fn digest_files_are_chained_from_the_start_to_the_stop() {
    let place = Place::new();
    let trail = place.logging();
    place.call("ListTrails", at(5));
    place.deliver(at(60));
    place.call("GetTrail", at(65));
    place.deliver(at(HOUR - 1));
    assert!(place.digests().is_empty(), "the hour is not over");
    place.deliver(at(HOUR + 30));
    place.deliver(at(HOUR + 90));
    assert_eq!(place.digests().len(), 1);
    place.deliver(at(2 * HOUR + 1));
    place.call("DescribeTrails", at(2 * HOUR + 100));
    place.stop(trail, at(2 * HOUR + 200));
    place.deliver(at(9 * HOUR));
    let [first, second, last] = [0, 1, 2].map(|number| place.digest(number));
    assert_eq!(place.digests().len(), 3, "none follows the stop");

    let name = |end: &str| {
        format!(
            "AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/2026/11/28/{ACCOUNT}_CloudTrail-Digest_{REGION}_audit_{REGION}_{end}.json.gz"
        )
    };
    assert_eq!(first["digestS3Object"], name("20261128T180000Z"));
    assert_eq!(first["digestStartTime"], "2026-11-28T17:00:00Z");
    assert_eq!(first["digestEndTime"], "2026-11-28T18:00:00Z");
    assert_eq!(
        (&first["awsAccountId"], &first["digestS3Bucket"]),
        (&json!(ACCOUNT), &json!("logs"))
    );
    for member in ["S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature"] {
        assert_eq!(first[format!("previousDigest{member}")], Value::Null, "{member}");
    }
    assert_eq!(first["oldestEventTime"], "2026-11-28T17:00:05Z");
    assert_eq!(first["newestEventTime"], "2026-11-28T17:01:05Z");
    assert_eq!(first["logFiles"].as_array().unwrap().len(), 2);
    assert_eq!((&second["logFiles"], &second["newestEventTime"]), (&json!([]), &Value::Null));
    assert_eq!(second["previousDigestS3Object"], first["digestS3Object"]);
    assert_eq!(second["digestStartTime"], first["digestEndTime"]);
    assert_eq!(second["previousDigestHashAlgorithm"], "SHA-256");
    assert_eq!(last["digestEndTime"], "2026-11-28T19:03:20Z");
    let log = &last["logFiles"][0];
    assert_eq!((&log["s3Bucket"], &log["hashAlgorithm"]), (&json!("logs"), &json!("SHA-256")));
    assert_eq!(log["newestEventTime"], "2026-11-28T19:03:20Z");

    let reports = place.validated();
    let [report] = reports.as_slice() else { panic!("{} chains", reports.len()) };
    assert_eq!(of(&report.digests), (3, 0), "{:?}", report.lines);
    assert_eq!(of(&report.logs), (3, 0), "{:?}", report.lines);
    assert_eq!(
        place.status("audit").digests.delivered_at,
        Some(at(2 * HOUR + 200).timestamp_millis())
    );
}

#[test]
fn what_is_changed_or_gone_is_found() {
    let place = Place::new();
    let trail = place.logging();
    place.call("ListTrails", at(5));
    place.deliver(at(60));
    place.call("GetTrail", at(65));
    place.deliver(at(120));
    place.deliver(at(HOUR));
    place.stop(trail, at(HOUR + 5));
    let logs = place.keys("logs", "CloudTrail");
    assert_eq!(logs.len(), 3);
    let path = |key: &String| place.folder("logs").join(key);
    TempPath::try_from_path(path(&logs[0])).unwrap().close().unwrap();
    fs::copy(path(&logs[2]), path(&logs[1])).unwrap();
    let report = place.validated().remove(0);
    assert_eq!((of(&report.digests), of(&report.logs)), ((2, 0), (1, 2)));
    let digests = place.digests();
    let mut digest = place.digest(1);
    digest["logFiles"] = json!([]);
    let text = super::super::delivery::packed(digest.to_string().as_bytes()).unwrap();
    fs::write(path(&digests[1].1), text).unwrap();
    TempPath::try_from_path(path(&digests[0].1)).unwrap().close().unwrap();
    let report = place.validated().remove(0);
    assert_eq!(of(&report.digests), (0, 1), "{:?}", report.lines);
}

#[test]
fn a_chain_begins_anew_after_a_stop_and_after_a_pause_of_validation() {
    let place = Place::new();
    let trail = place.logging();
    place.call("ListTrails", at(1));
    place.stop(trail, at(2));
    // In the same second.
    place.change(trail, |trail| trail.start(at(2)));
    place.call("GetTrail", at(2));
    place.stop(trail, at(2));
    place.change(trail, |trail| trail.start(at(10)));
    place.change(trail, |trail| trail.update(Settings::of("logs"), at(20)));
    place.trails.settle(&place.target(), at(20)).unwrap();
    assert_eq!(place.digests().len(), 3);
    place.call("DescribeTrails", at(30));
    place.deliver(at(60));
    place.deliver(at(2 * HOUR));
    assert_eq!(place.digests().len(), 3, "there is no validation");
    place.change(trail, |trail| trail.update(validated("logs"), at(2 * HOUR)));
    place.call("DescribeTrails", at(2 * HOUR + 1));
    place.deliver(at(3 * HOUR));
    assert_eq!(place.digests().len(), 4);
    let starts = [0, 1, 2, 3].map(|number| place.digest(number)["previousDigestSignature"].clone());
    assert_eq!(starts, [const { Value::Null }; 4]);
    assert_eq!(place.digest(1)["digestStartTime"], place.digest(0)["digestEndTime"]);
    assert_eq!(place.digest(3)["logFiles"].as_array().unwrap().len(), 0);
    place.stop(trail, at(3 * HOUR + 5));
    let listed = place.digest(4)["logFiles"].as_array().unwrap().len();
    assert_eq!(listed, 2, "the file of the last hour's end, and the last one");
    let report = place.validated().remove(0);
    assert_eq!((of(&report.digests), of(&report.logs)), ((5, 0), (4, 0)), "{:?}", report.lines);
}

#[test]
fn hours_without_a_service_have_one_digest_file() {
    let mut place = Place::new();
    let trail = place.logging();
    place.call("ListTrails", at(1));
    place.open_again();
    place.deliver(at(5 * HOUR + 7));
    assert_eq!(place.digests().len(), 1);
    let first = place.digest(0);
    assert_eq!(first["digestEndTime"], "2026-11-28T22:00:00Z");
    assert_eq!(first["logFiles"], json!([]), "the file was delivered later");
    place.stop(trail, at(5 * HOUR + 10));
    let report = place.validated().remove(0);
    assert_eq!((of(&report.digests), of(&report.logs)), ((2, 0), (2, 0)));
}

#[test]
fn a_chain_goes_on_in_another_bucket() {
    let place = Place::new();
    let trail = place.logging();
    place.call("ListTrails", at(1));
    place.deliver(at(60));
    place.deliver(at(HOUR));
    place.change(trail, |trail| trail.update(validated("other"), at(HOUR + 1)));
    place.call("GetTrail", at(HOUR + 2));
    place.stop(trail, at(HOUR + 3));
    let last = place.digest(1);
    let placed = (&last["digestS3Bucket"], &last["previousDigestS3Bucket"]);
    assert_eq!(placed, (&json!("other"), &json!("logs")));
    let report = place.validated().remove(0);
    assert_eq!((of(&report.digests), of(&report.logs)), ((2, 0), (2, 0)), "{:?}", report.lines);
}

#[test]
fn a_digest_file_that_waits_is_signed_for_another_bucket() {
    let mut place = Place::new();
    let trail = place.logging();
    place.call("ListTrails", at(1));
    place.deliver(at(60));
    // The bucket goes while only the digest file is due.
    place.map(&["other"], "");
    place.deliver(at(HOUR));
    let status = place.status("audit");
    assert_eq!(status.digests.error.as_deref(), Some("NoSuchBucket"));
    place.change(trail, |trail| trail.update(validated("other"), at(HOUR + 1)));
    place.deliver(at(HOUR + 60));
    place.map(&["logs", "other"], "");
    place.stop(trail, at(HOUR + 70));
    assert_eq!(place.status("audit").digests.error, None);
    let keys = place.keys("other", "CloudTrail-Digest");
    assert_eq!(keys.len(), 2);
    let report = place.validated().remove(0);
    assert_eq!((of(&report.digests), of(&report.logs)), ((2, 0), (2, 0)), "{:?}", report.lines);
}

#[test]
fn a_stop_that_cannot_deliver_is_made_good_later() {
    let mut place = Place::new();
    let trail = place.logging();
    place.call("ListTrails", at(1));
    place.map(&["other"], "");
    place.stop(trail, at(10));
    assert!(place.digests().is_empty());
    place.map(&["logs", "other"], "");
    place.deliver(at(60));
    place.deliver(at(120));
    assert_eq!(place.digests().len(), 1);
    let report = place.validated().remove(0);
    assert_eq!((of(&report.digests), of(&report.logs)), ((1, 0), (1, 0)), "{:?}", report.lines);
}

#[test]
fn a_trail_of_a_name_that_was_there_before_puts_nothing_in_its_place() {
    let place = Place::new();
    for _ in 0..3 {
        let trail = place.logging();
        place.change(trail, |trail| trail.delete(at(5)));
        place.trails.settle(&place.target(), at(5)).unwrap();
    }
    assert_eq!(place.digests().len(), 3);
    let report = place.validated().remove(0);
    assert_eq!(of(&report.digests), (3, 0), "{:?}", report.lines);
}
