//! Digest files: the log files of an hour with their hashes, chained to the digest file before (AWS CloudTrail User Guide,
//! "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file integrity validation").

use super::AuditError;
use super::delivery::{Delivery, packed, seconds, unpacked};
use super::journal::{Content, File, NewFile};
use super::names::{digest_key, written};
use super::trail::{Chain, Previous, Trail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use traillake_aws_wire::digest::sha256_hex;

const ALGORITHM: &str = "SHA256withRSA";
const HASH: &str = "SHA-256";
/// Seconds by which a digest file ends later where one that ends as it does is in the bucket already: a trail of that name
/// was there before.
const LATER: i64 = 60;

/// Makes the digest file of a trail that ends at a second, signs it, and lets the chain go on from there, or end.
pub(super) fn make(delivery: &Delivery<'_>, trail: &Trail, end: i64) -> Result<(), AuditError> {
    let Some(chain) = &trail.chain else { return Ok(()) };
    let end = free_end(delivery, trail, end);
    // The last one of a chain lists all that there is.
    let before = if trail.ending.is_some() { i64::MAX } else { end * 1_000 };
    let listed = delivery.journal.listed(trail.id, before)?;
    let ids: Vec<i64> = listed.iter().map(|file| file.id).collect();
    let fingerprint = delivery.target.signing.fingerprint(delivery.now)?;
    let digest = text(trail, chain, end, &fingerprint, &listed);
    let (file, previous) = signed(delivery, &digest)?;
    delivery.journal.add_digest(trail.id, &file, &ids, |trail| {
        trail.last_end = Some(end);
        // One that was started again meanwhile goes on.
        let goes_on = trail.ending.is_none();
        trail.chain = goes_on.then_some(Chain { start: end, previous: Some(previous) });
    })
}

/// Signs a digest that waits once more, for another bucket and key.
pub(super) fn move_to(
    delivery: &Delivery<'_>,
    trail: &Trail,
    file: &File,
    key: &str,
) -> Result<(), AuditError> {
    let mut digest: Value = serde_json::from_slice(&unpacked(&file.file.body)?)?;
    digest["digestS3Bucket"] = json!(trail.settings.bucket);
    digest["digestS3Object"] = json!(key);
    digest["digestPublicKeyFingerprint"] =
        json!(delivery.target.signing.fingerprint(delivery.now)?);
    let (moved, previous) = signed(delivery, &digest)?;
    // None is made while one waits, so that it is the one before the next.
    delivery.journal.replace(trail.id, file.id, &moved, |trail| {
        if let Some(chain) = &mut trail.chain {
            chain.previous = Some(previous);
        }
    })
}

/// Returns the first second from `end` on that no digest file in the bucket ends at.
fn free_end(delivery: &Delivery<'_>, trail: &Trail, end: i64) -> i64 {
    let Ok(bucket) = delivery.target.buckets.get(&trail.settings.bucket) else { return end };
    let is_free = |end: &i64| bucket.open(&digest_key(trail, *end)).is_err();
    (end..end + LATER).find(is_free).unwrap_or(end)
}

fn text(trail: &Trail, chain: &Chain, end: i64, fingerprint: &str, listed: &[File]) -> Value {
    let previous = chain.previous.as_ref();
    let of = |member: fn(&Previous) -> &String| previous.map(member);
    let logs: Vec<_> = listed.iter().filter_map(LogFile::of).collect();
    let newest = logs.iter().map(|log| log.newest).max().map(seconds);
    let oldest = logs.iter().map(|log| log.oldest).min().map(seconds);
    json!({
        "awsAccountId": trail.account,
        "digestStartTime": written(chain.start),
        "digestEndTime": written(end),
        "digestS3Bucket": trail.settings.bucket,
        "digestS3Object": digest_key(trail, end),
        "digestPublicKeyFingerprint": fingerprint,
        "digestSignatureAlgorithm": ALGORITHM,
        "newestEventTime": newest,
        "oldestEventTime": oldest,
        "previousDigestS3Bucket": of(|previous| &previous.bucket),
        "previousDigestS3Object": of(|previous| &previous.key),
        "previousDigestHashValue": of(|previous| &previous.hash),
        "previousDigestHashAlgorithm": previous.map(|_| HASH),
        "previousDigestSignature": of(|previous| &previous.signature),
        "logFiles": logs.iter().map(LogFile::text).collect::<Vec<_>>(),
    })
}

/// A log file as a digest file lists it.
struct LogFile<'a> {
    file: &'a NewFile,
    hash: &'a str,
    oldest: i64,
    newest: i64,
}

impl<'a> LogFile<'a> {
    fn of(File { file, .. }: &'a File) -> Option<Self> {
        let Content::Log { hash, oldest, newest } = &file.content else { return None };
        Some(Self { file, hash, oldest: *oldest, newest: *newest })
    }

    fn text(&self) -> Value {
        json!({
            "s3Bucket": self.file.bucket,
            "s3Object": self.file.key,
            "hashValue": self.hash,
            "hashAlgorithm": HASH,
            "newestEventTime": seconds(self.newest),
            "oldestEventTime": seconds(self.oldest),
        })
    }
}

/// Packs a digest, with its signature as metadata.
fn signed(delivery: &Delivery<'_>, digest: &Value) -> Result<(NewFile, Previous), AuditError> {
    let member = |name: &str| digest[name].as_str().unwrap_or("null");
    let (bucket, key) = (member("digestS3Bucket"), member("digestS3Object"));
    let text = digest.to_string();
    let hash = sha256_hex(text.as_bytes());
    let end = member("digestEndTime");
    let to_sign = format!("{end}\n{bucket}/{key}\n{hash}\n{}", member("previousDigestSignature"));
    let signed = delivery.target.signing.sign(to_sign.as_bytes(), delivery.now)?;
    let metadata = [("signature", signed.signature.as_str()), ("signature-algorithm", ALGORITHM)];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let file = NewFile {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        body: packed(text.as_bytes())?,
        metadata: BTreeMap::from(metadata),
        content: Content::Digest,
    };
    let (bucket, key) = (file.bucket.clone(), file.key.clone());
    Ok((file, Previous { bucket, key, hash, signature: signed.signature }))
}
