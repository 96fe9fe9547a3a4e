//! The digest of a record's bytes, and its text in the checksum column.

use base64::Engine as _;
use sha2::{Digest, Sha256};

/// SHA-256 of a record's bytes.
pub type RecordDigest = [u8; 32];

/// Returns the digest of a record's bytes.
pub fn record_digest(record: &[u8]) -> RecordDigest {
    Sha256::digest(record).into()
}

/// Returns the checksum column's text for a record's digest: base64.
///
/// The Lake does not document its algorithm; `PutAuditEvents` uses this one.
pub fn checksum(digest: &RecordDigest) -> String {
    base64::engine::general_purpose::STANDARD.encode(digest)
}

/// Reads the text of [`checksum`].
pub fn parse_checksum(text: &str) -> Option<RecordDigest> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()?.try_into().ok()
}

/// Half of a SHA-256 is still too much to be forged.
pub(crate) fn first_half(digest: &RecordDigest) -> u128 {
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_can_be_read_back() {
        let digest = record_digest(b"{}");
        assert_eq!(parse_checksum(&checksum(&digest)), Some(digest));
        assert_eq!(parse_checksum("e30="), None);
    }
}
