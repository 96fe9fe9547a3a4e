//! The identity of an event: what makes two records the same event.

use base64::Engine as _;
use sha2::{Digest, Sha256};

/// Identity of an event for finding duplicates.
///
/// With a GUID as event id, as CloudTrail writes it: that id and the account that received the
/// event, both held exactly. Otherwise (no id, an id that someone emptied or masked) the SHA-256 of
/// the record's bytes, so that two events are never taken for one, by accident or by craft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey([u64; 3]);

const OF_RECORD: u64 = 1 << 63;
const ODD_ACCOUNT: u64 = 1 << 62;
const NO_ACCOUNT: u64 = 1 << 61;

impl EventKey {
    /// Returns the key of an event from its id, its account and the SHA-256 of its record, which is
    /// asked for only when the id does not serve.
    pub fn new(
        event_id: Option<&[u8]>,
        account: Option<&[u8]>,
        sha256: impl FnOnce() -> [u8; 32],
    ) -> Self {
        match event_id.and_then(guid) {
            Some(id) => Self([(id >> 64) as u64, id as u64, account_number(account)]),
            None => {
                let digest = sha256();
                Self([word(&digest), word(&digest[8..]), OF_RECORD])
            }
        }
    }

    /// Returns the key of a stored row, from its columns `eventid`, `recipientaccountid` and
    /// `eventjsonchecksum`; `None` when they do not tell, which no row of ours does.
    pub fn of_row(
        event_id: Option<&str>,
        account: Option<&str>,
        checksum: Option<&str>,
    ) -> Option<Self> {
        let id = event_id.map(str::as_bytes).filter(|id| guid(id).is_some());
        let digest = if id.is_some() { [0; 32] } else { decode_checksum(checksum?)? };
        Some(Self::new(id, account.map(str::as_bytes), || digest))
    }
}

fn account_number(account: Option<&[u8]>) -> u64 {
    let Some(account) = account else { return NO_ACCOUNT };
    if account.len() == 12 && account.iter().all(u8::is_ascii_digit) {
        account.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0'))
    } else {
        (word(&Sha256::digest(account)) >> 3) | ODD_ACCOUNT
    }
}

fn word(digest: &[u8]) -> u64 {
    digest.iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Returns the checksum column's text for a record: base64 of its SHA-256.
///
/// The Lake does not document its algorithm; `PutAuditEvents` uses this one.
pub fn checksum(record: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(record))
}

fn decode_checksum(text: &str) -> Option<[u8; 32]> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()?.try_into().ok()
}

/// Reads a GUID in lower case; the nil GUID, a common mask, is none.
fn guid(text: &[u8]) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut value = 0_u128;
    for (at, byte) in text.iter().enumerate() {
        let digit = match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => continue,
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => byte - b'0',
            (_, b'a'..=b'f') => byte - b'a' + 10,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
    }
    (value != 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &[u8] = b"293ba626-3be5-4a26-ab1b-0f4c54f49959";

    fn key(id: &[u8], account: Option<&[u8]>, record: &[u8]) -> EventKey {
        EventKey::new(Some(id), account, || Sha256::digest(record).into())
    }

    #[test]
    fn keys_differ_where_events_differ() {
        let mut keys = vec![
            key(ID, None, b""),
            key(ID, Some(b"123837392027"), b""),
            key(ID, Some(b"123837392028"), b""),
            key(ID, Some(b"000000000000"), b""),
            key(ID, Some(b"an account"), b""),
            key(b"", None, b"{}"),
            key(b"REDACTED", None, b"{ }"),
            key(b"00000000-0000-0000-0000-000000000000", None, b"{  }"),
        ];
        keys.sort_unstable();
        let before = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), before);
        assert_eq!(key(ID, None, b"one spelling"), key(ID, None, b"another"));
    }

    #[test]
    fn a_stored_row_has_its_records_key() {
        let record = br#"{"eventName":"x"}"#;
        let sum = checksum(record);
        let id = std::str::from_utf8(ID).unwrap();
        for id in [id, "", "masked"] {
            assert_eq!(
                EventKey::of_row(Some(id), Some("123837392027"), Some(&sum)),
                Some(key(id.as_bytes(), Some(b"123837392027"), record))
            );
        }
        assert_eq!(EventKey::of_row(None, None, None), None);
    }
}
