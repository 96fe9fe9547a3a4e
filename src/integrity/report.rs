//! What is found out, in the words of the AWS CLI.

use super::buckets::Object;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with a digest file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestFault {
    /// It is not where it says to be.
    #[error("has been moved from its original location")]
    Moved,
    /// It is not gzip, not JSON, or lacks what a digest file has.
    #[error("invalid format")]
    Format,
    /// There is more after the gzip data.
    #[error("unexpected data after end of compressed stream")]
    Trailing,
    /// The digest file after it names it, and it is not there.
    #[error("not found")]
    NotFound,
    /// No list of public keys has its key.
    #[error("public key not found in region {region} for fingerprint {fingerprint}")]
    KeyNotFound {
        /// Region of the trail.
        region: String,
        /// Fingerprint of the key.
        fingerprint: String,
    },
    /// The entry of a list of public keys is no key.
    #[error("Unable to load PKCS #1 key with fingerprint {0}")]
    KeyUnreadable(String),
    /// The signature is not that of this digest file.
    #[error("signature verification failed")]
    Signature,
    /// The digest file after it, which is valid, has another hash for it.
    #[error("hash value doesn't match")]
    Hash,
    /// It is not signed, and has a wrong hash for the digest file before it, which is.
    #[error("previousDigestHashValue doesn't match the previous digest file, which is signed")]
    PreviousHash,
    /// The system could not read it.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The user stopped the work; never reported.
    #[error("stopped")]
    Stopped,
}

/// What is known of a digest file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DigestStatus {
    /// Its signature is right.
    Valid,
    /// There is no signature at hand.
    NotSigned {
        /// Whether its hash of the digest file before it is right.
        chained: bool,
    },
    /// Something is wrong.
    Invalid(DigestFault),
}

/// What is known of a log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogStatus {
    /// Its hash is that of a valid digest file.
    Valid,
    /// Its hash is that of a digest file without a signature.
    Matches,
    /// Its hash is another one.
    Hash,
    /// It is not gzip.
    Format,
    /// There is more after the gzip data.
    Trailing,
    /// It is not there.
    NotFound,
    /// The system could not read it.
    Unreadable(String),
    /// No digest file lists it, invalid ones aside, although some cover the time of its delivery.
    NotListed,
}

/// A line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A digest file.
    Digest {
        /// Its address, or its path if no bucket is known for it.
        name: String,
        /// Whether CloudTrail made it later than due.
        backfill: bool,
        /// What is known.
        status: DigestStatus,
    },
    /// A log file.
    Log {
        /// Its address, or its path if no bucket is known for it.
        name: String,
        /// What is known.
        status: LogStatus,
    },
    /// Digest files say that no log file was delivered for a time.
    NothingDelivered {
        /// Whether the digest files were made later than due.
        backfill: bool,
        /// From when.
        from: DateTime<Utc>,
        /// To when.
        to: DateTime<Utc>,
        /// Whether the digest file that says so is valid.
        proven: bool,
    },
    /// Digest files are missing for a time.
    Missing {
        /// From when, if an older one is there.
        from: Option<DateTime<Utc>>,
        /// To when.
        to: DateTime<Utc>,
    },
}

impl Line {
    /// Whether it is told in any case: whatever is not simply in order.
    pub fn is_important(&self) -> bool {
        !matches!(
            self,
            Self::Digest { status: DigestStatus::Valid, .. }
                | Self::Log { status: LogStatus::Valid | LogStatus::Matches, .. }
        )
    }

    /// Returns its fields, which tabs separate.
    pub fn fields(&self) -> Vec<String> {
        match self {
            Self::Digest { name, backfill, status } => {
                vec![format!("{}Digest file", late(*backfill)), name.clone(), status.to_string()]
            }
            Self::Log { name, status } => {
                vec!["Log file".to_owned(), name.clone(), status.to_string()]
            }
            Self::NothingDelivered { backfill, from, to, proven } => {
                let mut fields = vec![format!(
                    "{}No log files were delivered by CloudTrail between {} and {}",
                    late(*backfill),
                    shown(*from),
                    shown(*to)
                )];
                if !proven {
                    fields
                        .push("not proven: the digest file that says so is not signed".to_owned());
                }
                fields
            }
            Self::Missing { from: Some(from), to } => vec![format!(
                "Digest files are missing between {} and {}",
                shown(*from),
                shown(*to)
            )],
            Self::Missing { from: None, to } => {
                vec![format!("Digest files are missing before {}", shown(*to))]
            }
        }
    }
}

fn late(backfill: bool) -> &'static str {
    if backfill { "(backfill) " } else { "" }
}

/// Writes a time as the AWS CLI does.
pub fn shown(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl std::fmt::Display for DigestStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Valid => f.write_str("valid"),
            Self::NotSigned { chained: true } => f.write_str("hash-chained, not signed"),
            Self::NotSigned { chained: false } => f.write_str("not signed"),
            Self::Invalid(fault) => write!(f, "INVALID: {fault}"),
        }
    }
}

impl std::fmt::Display for LogStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Valid => f.write_str("valid"),
            Self::Matches => f.write_str("matches a digest file that is not signed"),
            Self::Hash => f.write_str("INVALID: hash value doesn't match"),
            Self::Format => f.write_str("INVALID: invalid format"),
            Self::Trailing => {
                f.write_str("INVALID: unexpected data after end of compressed stream")
            }
            Self::NotFound => f.write_str("INVALID: not found"),
            Self::Unreadable(reason) => write!(f, "INVALID: cannot be read: {reason}"),
            Self::NotListed => f.write_str("not listed"),
        }
    }
}

/// Files of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// That are valid.
    pub valid: u64,
    /// That are not.
    pub invalid: u64,
    /// Digest files without a signature; log files that match such.
    pub unsigned: u64,
}

impl Counts {
    /// Returns how many there are.
    pub fn total(&self) -> u64 {
        self.valid + self.invalid + self.unsigned
    }

    pub(super) fn add_digest(&mut self, status: &DigestStatus) {
        match status {
            DigestStatus::Valid => self.valid += 1,
            DigestStatus::NotSigned { .. } => self.unsigned += 1,
            DigestStatus::Invalid(_) => self.invalid += 1,
        }
    }

    pub(super) fn add_log(&mut self, status: &LogStatus) {
        match status {
            LogStatus::Valid => self.valid += 1,
            LogStatus::Matches => self.unsigned += 1,
            _ => self.invalid += 1,
        }
    }
}

/// What is found out about a chain.
#[derive(Debug, Default)]
pub struct ChainReport {
    /// Line by line, newest digest file first, each with its log files.
    pub lines: Vec<Line>,
    /// Its digest files.
    pub digests: Counts,
    /// The log files that they list.
    pub logs: Counts,
    /// Start and end of the time that valid digest files cover.
    pub found: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Start and end of the time that digest files cover, signed or not.
    pub covered: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The digest file before the oldest one, which was not looked for.
    pub before_oldest: Option<Object>,
    /// Further copies of digest files in other places.
    pub copies: u64,
    /// Buckets that no folder stands for.
    pub unknown_buckets: BTreeSet<String>,
    /// Whether the user stopped it before its end.
    pub stopped: bool,
}

/// Log files on disk that no digest file lists.
#[derive(Debug, Default)]
pub struct Unlisted {
    /// Those delivered at a time that digest files of their account and region cover.
    pub covered: Vec<Line>,
    /// How many were delivered before such a time.
    pub before: u64,
    /// How many were delivered after such a time.
    pub after: u64,
    /// How many there are of accounts and regions without digest files, by account and region.
    pub without_digests: BTreeMap<(String, String), u64>,
}
