//! The file that signs the others (AWS CloudTrail User Guide, "Validate CloudTrail Lake saved query results").

use super::files::DeliveredFile;
use crate::server::signing::Signed;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignFile<'a> {
    version: &'a str,
    region: &'a str,
    files: Vec<DeliveredFile>,
    hash_algorithm: &'a str,
    signature_algorithm: &'a str,
    query_complete_time: String,
    hash_signature: String,
    public_key_fingerprint: String,
}

/// Returns what is signed: the hashes of all files in their order, with a space between two.
pub(super) fn text_to_sign(files: &[DeliveredFile]) -> Vec<u8> {
    let hashes: Vec<_> = files.iter().map(|file| file.file_hash_value.as_str()).collect();
    hashes.join(" ").into_bytes()
}

/// Returns the text of the file.
pub(super) fn of(
    region: &str,
    files: Vec<DeliveredFile>,
    ended_at: DateTime<Utc>,
    signed: Signed,
) -> Vec<u8> {
    let file = SignFile {
        version: "1.0",
        region,
        files,
        hash_algorithm: "SHA-256",
        signature_algorithm: "SHA256withRSA",
        query_complete_time: ended_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        hash_signature: signed.signature,
        public_key_fingerprint: signed.fingerprint,
    };
    // Texts have always a form in JSON.
    serde_json::to_vec_pretty(&file).unwrap_or_default()
}
