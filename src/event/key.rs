//! The identity of an event: what makes two records the same event.
//!
//! Two records are the same event when id, receiving account and content are the same: the id in any
//! case of letters, the content whatever the order of its members, its whitespace and its escapes
//! ([`content_digest`]). One id with several contents is several events: an amended one, or ids that
//! somebody masked. A record without a version was rebuilt from a reduced listing, which CloudTrail
//! itself never writes; it is the same event as a whole record of its id.

use super::content::content_digest;
use super::digest::{RecordDigest, first_half};
use sha2::{Digest, Sha256};

/// The id of an event, the same for all spellings: a GUID's number, else a hash of the text. An event
/// without an id has its content for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(u128);

/// What distinguishes the records of one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// The account that received the event, as a number; `None` when the record does not say.
    account: Option<Account>,
    /// Hash of the record.
    content: u128,
    /// Whether the record has no `eventVersion`: rebuilt from a listing that leaves fields out.
    reduced: bool,
}

/// An account's id: its twelve digits, or a hash of whatever is there instead.
type Account = std::num::NonZeroU64;

/// What a record says of its identity.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity<'a> {
    /// `eventID`.
    pub event_id: Option<&'a [u8]>,
    /// `recipientAccountId`.
    pub account: Option<&'a [u8]>,
    /// Whether there is an `eventVersion`.
    pub versioned: bool,
}

impl Identity<'_> {
    fn id_text(&self) -> Option<&[u8]> {
        self.event_id.map(<[u8]>::trim_ascii).filter(|id| !id.is_empty())
    }

    /// Whether the record has an id, even if that is only a mask.
    pub fn has_id(&self) -> bool {
        self.id_text().is_some()
    }

    /// Returns the id and the version of the record with the digest `digest`; `record` gives its text,
    /// which is asked for only when there is no id.
    pub fn keys<'r>(
        &self,
        digest: &RecordDigest,
        record: impl FnOnce() -> Option<&'r [u8]>,
    ) -> (EventId, Version) {
        let id = match self.id_text() {
            Some(text) => guid(text).unwrap_or_else(|| hash(&text.to_ascii_lowercase())),
            None => record().map_or_else(|| first_half(digest), content_digest),
        };
        (EventId(id), self.version(first_half(digest)))
    }

    /// Returns the version by the content, for comparing records whose bytes differ.
    pub fn canonical_version(&self, record: &[u8]) -> Version {
        self.version(content_digest(record))
    }

    fn version(&self, content: u128) -> Version {
        Version { account: self.account.map(account_number), content, reduced: !self.versioned }
    }
}

impl Version {
    /// Whether the record was rebuilt from a listing that leaves fields out.
    pub fn is_reduced(self) -> bool {
        self.reduced
    }

    /// Whether a reduced record is the same event as the whole one `other`.
    pub fn is_reduced_form_of(self, other: Self) -> bool {
        let accounts = self.account.zip(other.account);
        self.reduced && !other.reduced && accounts.is_none_or(|(a, b)| a == b)
    }
}

fn account_number(account: &[u8]) -> Account {
    let number = if account.len() == 12 && account.iter().all(u8::is_ascii_digit) {
        account.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0'))
    } else {
        hash(account) as u64 | 1 << 63
    };
    // Twelve zeros, a mask, count as the number after the last account.
    Account::new(number).unwrap_or(LAST_ACCOUNT)
}

const LAST_ACCOUNT: Account = Account::MIN.saturating_add(999_999_999_999);

fn hash(bytes: &[u8]) -> u128 {
    first_half(&Sha256::digest(bytes).into())
}

/// Reads a GUID in any case.
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
            (_, b'A'..=b'F') => byte - b'A' + 10,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::digest::record_digest;

    const ID: &str = "293ba626-3be5-4a26-ab1b-0f4c54f49959";

    fn keys(id: Option<&str>, account: Option<&str>, record: &str) -> (EventId, Version) {
        let identity = Identity {
            event_id: id.map(str::as_bytes),
            account: account.map(str::as_bytes),
            versioned: true,
        };
        let digest = record_digest(record.as_bytes());
        identity.keys(&digest, || Some(record.as_bytes()))
    }

    #[test]
    fn ids_are_the_same_in_any_case() {
        let (lower, _) = keys(Some(ID), None, "{}");
        assert_eq!(keys(Some(&ID.to_uppercase()), None, "{}").0, lower);
        assert_eq!(keys(Some(" REDACTED"), None, "{}").0, keys(Some("Redacted"), None, "{ }").0);
        assert_ne!(keys(Some("redacted"), None, "{}").0, lower);
    }

    #[test]
    fn without_an_id_the_content_is_one() {
        for none in [None, Some(""), Some("  ")] {
            assert_eq!(
                keys(none, None, r#"{"a":1,"b":2}"#).0,
                keys(None, None, r#"{ "b":2,"a":1 }"#).0
            );
            assert_ne!(keys(none, None, r#"{"a":1}"#).0, keys(None, None, r#"{"a":2}"#).0);
        }
    }

    #[test]
    fn versions_differ_by_account_and_content() {
        let accounts = [
            None,
            Some("123837392027"),
            Some("123837392028"),
            Some("000000000000"),
            Some("an account"),
        ];
        let mut versions: Vec<_> = accounts
            .iter()
            .flat_map(|account| {
                ["{}", r#"{"a":1}"#].map(|record| keys(Some(ID), *account, record).1)
            })
            .collect();
        versions.sort_unstable();
        let before = versions.len();
        versions.dedup();
        assert_eq!((before, versions.len()), (10, 10));
    }

    #[test]
    fn a_reduced_record_is_the_whole_one_of_its_account() {
        let version = |account: Option<&'static str>, versioned| {
            Identity { event_id: None, account: account.map(str::as_bytes), versioned }
                .canonical_version(b"{}")
        };
        let whole = version(Some("123837392027"), true);
        assert!(version(None, false).is_reduced_form_of(whole));
        assert!(version(Some("123837392027"), false).is_reduced_form_of(whole));
        assert!(!version(Some("123837392028"), false).is_reduced_form_of(whole));
        assert!(!whole.is_reduced_form_of(whole));
    }
}
