//! Digest files: their content, and the text that their signature signs.

use super::buckets::Object;
use super::names::instant;
use super::report::DigestFault;
use super::unpack::{End, UnpackError, Watch, unpack_file};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// Unpacked bytes of a digest file that are read; it has some 600 for each log file.
const MAX_DIGEST_BYTES: usize = 128 << 20;

/// What a digest file says.
#[derive(Debug, Clone)]
pub struct Digest {
    /// Where CloudTrail put it.
    pub object: Object,
    /// Fingerprint of the key that signs it.
    pub fingerprint: String,
    /// Start of the time that it covers.
    pub start: DateTime<Utc>,
    /// End of the time that it covers.
    pub end: DateTime<Utc>,
    /// The digest file before it; `None` where a chain begins.
    pub previous: Option<Object>,
    /// SHA-256 of the unpacked digest file before it, in hexadecimal digits.
    pub previous_hash: Option<String>,
    /// Signature of the digest file before it, in hexadecimal digits.
    pub previous_signature: Option<String>,
    /// The log files of that time.
    pub logs: Vec<LogFile>,
    /// SHA-256 of this digest file, unpacked, in hexadecimal digits.
    pub hash: String,
    /// The end as it is written.
    end_text: String,
}

/// A log file as a digest file lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LogFile {
    /// Bucket.
    #[serde(rename = "s3Bucket")]
    pub bucket: String,
    /// Key of the object.
    #[serde(rename = "s3Object")]
    pub key: String,
    /// SHA-256 of its unpacked content, in hexadecimal digits.
    #[serde(rename = "hashValue")]
    pub hash: String,
}

/// The members of a digest file that are used. Those without a default must be there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    digest_s3_bucket: String,
    digest_s3_object: String,
    digest_public_key_fingerprint: String,
    digest_start_time: String,
    digest_end_time: String,
    #[serde(deserialize_with = "present")]
    previous_digest_signature: Option<String>,
    previous_digest_s3_bucket: Option<String>,
    previous_digest_s3_object: Option<String>,
    previous_digest_hash_value: Option<String>,
    log_files: Option<Vec<LogFile>>,
}

/// Reads a member that may be null, but not absent.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}

impl Digest {
    /// Reads a digest file.
    pub(super) fn read(path: &Path, watch: Watch<'_>) -> Result<Self, DigestFault> {
        let mut bytes = Vec::new();
        let end = unpack_file(path, watch, |piece| {
            bytes.extend_from_slice(piece);
            bytes.len() <= MAX_DIGEST_BYTES
        });
        match end {
            Ok(End::Whole) => Self::parse(&bytes).ok_or(DigestFault::Format),
            Ok(End::Trailing) => Err(DigestFault::Trailing),
            Ok(End::CutOff) => Err(DigestFault::Format),
            Err(UnpackError::Format | UnpackError::TooLarge) => Err(DigestFault::Format),
            Err(UnpackError::NotFound) => Err(DigestFault::NotFound),
            Err(UnpackError::Stopped) => Err(DigestFault::Stopped),
            Err(UnpackError::Io(error)) => Err(DigestFault::Unreadable(error.to_string())),
        }
    }

    /// Reads the unpacked content of a digest file.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let members: Members = serde_json::from_slice(bytes).ok()?;
        let previous = members.previous_digest_s3_bucket.zip(members.previous_digest_s3_object);
        Some(Self {
            object: Object { bucket: members.digest_s3_bucket, key: members.digest_s3_object },
            fingerprint: members.digest_public_key_fingerprint,
            start: instant(&members.digest_start_time)?,
            end: instant(&members.digest_end_time)?,
            previous: previous.map(|(bucket, key)| Object { bucket, key }),
            previous_hash: members.previous_digest_hash_value,
            previous_signature: members.previous_digest_signature,
            logs: members.log_files.unwrap_or_default(),
            hash: hex(&Sha256::digest(bytes)),
            end_text: members.digest_end_time,
        })
    }

    /// Returns the text that the signature signs.
    pub fn string_to_sign(&self) -> String {
        format!(
            "{}\n{}/{}\n{}\n{}",
            self.end_text,
            self.object.bucket,
            self.object.key,
            self.hash,
            self.previous_signature.as_deref().unwrap_or("null")
        )
    }
}

/// Writes bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads hexadecimal digits; `None` if they are not such.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits() {
        assert_eq!(hex(&[0, 0xab, 0xff]), "00abff");
        assert_eq!(unhex("00ABff"), Some(vec![0, 0xab, 0xff]));
        for wrong in ["0", "0x", "+1", "é"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_must_be_there() {
        let whole = serde_json::json!({
            "digestS3Bucket": "b", "digestS3Object": "k", "digestPublicKeyFingerprint": "f",
            "digestStartTime": "2026-03-01T00:00:00Z", "digestEndTime": "2026-03-01T01:00:00Z",
            "previousDigestSignature": null, "logFiles": null,
        });
        let read = |value: &serde_json::Value| Digest::parse(value.to_string().as_bytes());
        let digest = read(&whole).unwrap();
        assert_eq!(
            digest.string_to_sign(),
            format!("2026-03-01T01:00:00Z\nb/k\n{}\nnull", digest.hash)
        );
        for member in [
            "digestS3Bucket",
            "digestS3Object",
            "digestPublicKeyFingerprint",
            "digestStartTime",
            "digestEndTime",
            "previousDigestSignature",
        ] {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(member);
            assert!(read(&part).is_none(), "{member}");
        }
        let mut wrong = whole;
        wrong["digestStartTime"] = "soon".into();
        assert!(read(&wrong).is_none());
    }
}
