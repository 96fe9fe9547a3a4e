//! Checks that log files are what CloudTrail delivered, from a local copy of a trail's bucket and without AWS.
//!
//! Every hour CloudTrail delivers a digest file. It lists the log files of that hour with the SHA-256 of their
//! unpacked content, and is chained to the digest file before it by that file's name, hash and signature. Its own
//! signature is in the metadata of the object in S3, which a plain copy does not have; so the digest file that follows
//! is where a signature comes from, unless the metadata was saved, too.
//!
//! The checks, their order and their words are those of `aws cloudtrail validate-logs`. What differs is told apart
//! instead of called valid: a digest file without a signature proves nothing, and neither do the hashes in it.
//!
//! * [`names`] reads the names of files;
//! * [`buckets`] says where an object of S3 is on disk, and the other way round;
//! * [`keys`] and [`signatures`] read what is to be had from AWS beforehand;
//! * [`digest`] reads digest files, `unpack` their packing and that of log files;
//! * [`chain`] sorts digest files by trail, account and region;
//! * `walk` goes through a chain from the newest digest file to the oldest, which `ahead` reads on several threads;
//! * [`validation`] runs it all on several threads;
//! * [`report`] has what is found out.

mod ahead;
pub mod buckets;
pub mod chain;
pub mod digest;
pub mod keys;
pub mod names;
mod parallel;
pub mod report;
pub mod signatures;
mod unpack;
pub mod validation;
mod walk;

pub use buckets::{Buckets, Object};
pub use chain::{Chain, ChainId, Filter, TrailArn};
pub use keys::{KeysError, PublicKeys};
pub use report::{ChainReport, Counts, DigestFault, DigestStatus, Line, LogStatus, Unlisted};
pub use signatures::{Signatures, SignaturesError};
pub use validation::{Progress, Settings, Validation};
