//! Answers of queries as objects in buckets: files of CSV, and one that signs them, as CloudTrail Lake delivers results.
//!
//! Every byte follows from the answer, from when its query ended and from the key that signed, so that a delivery that was
//! interrupted is made once more and finds what it has written already.

mod files;
mod sign_file;
mod status;
mod target;
#[cfg(test)]
mod tests;

pub use status::DeliveryStatus;
pub use target::{TargetError, check_target};

use super::buckets::{BucketError, Buckets, Metadata, S3Uri, UriError};
use super::signing::{SigningError, SigningKeys};
use crate::store::{Results, StoreError};
use chrono::{DateTime, Utc};
use std::io;
use std::sync::Arc;
use uuid::Uuid;

/// Bytes of CSV after which another file begins, before they are packed.
const FILE_BYTES: u64 = 1_000_000_000;

/// Name of the file that signs the others.
const SIGN_FILE: &str = "result_sign.json";

/// Why an answer is not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It has no address that can be written to.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// A file of results cannot be written.
    #[error("the results are not delivered: {0}")]
    Results(#[source] BucketError),
    /// A file of results cannot be written to its end, as on a full disk.
    #[error("the results are not delivered: {0}")]
    Write(#[from] io::Error),
    /// The answer that is kept cannot be read.
    #[error(transparent)]
    Kept(#[from] StoreError),
    /// The answer that is kept is another one than the query had.
    #[error("the results are not delivered: of the rows that are kept, {0}")]
    Damaged(String),
    /// The results are written, and cannot be signed.
    #[error("the results are delivered without their signature: {0}")]
    Signing(#[from] SigningError),
    /// The results are written, and the file that signs them cannot be.
    #[error("the results are delivered without their signature: {0}")]
    SignFile(#[source] BucketError),
    /// The service stops; it is to be done when it starts again.
    #[error("the service stops")]
    Stopped,
}

impl DeliveryError {
    /// What the service tells of it; `None` where the delivery is still to be made.
    pub fn status(&self) -> Option<DeliveryStatus> {
        Some(match self {
            Self::Stopped => return None,
            Self::Results(BucketError::NoBucket(_)) | Self::SignFile(BucketError::NoBucket(_)) => {
                DeliveryStatus::ResourceNotFound
            }
            Self::Results(BucketError::Denied(..)) => DeliveryStatus::AccessDenied,
            Self::SignFile(BucketError::Denied(..)) => DeliveryStatus::AccessDeniedSigningFile,
            Self::Signing(_) | Self::SignFile(_) => DeliveryStatus::FailedSigningFile,
            _ => DeliveryStatus::Failed,
        })
    }
}

/// An answer that is to be delivered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its query.
    pub id: Uuid,
    /// Where to, `s3://bucket/prefix/`.
    pub uri: &'a str,
    /// Labels of its columns.
    pub labels: &'a [String],
    /// How many rows it has.
    pub rows: u64,
    /// When the query ended.
    pub ended_at: DateTime<Utc>,
    /// Where its rows are kept.
    pub results: &'a Results,
}

/// Delivers answers.
#[derive(Debug)]
pub struct Deliveries {
    buckets: Buckets,
    signing: Arc<SigningKeys>,
    /// Account of the lake, 12 digits.
    account: String,
    /// Region of the lake.
    region: String,
    /// Bytes of CSV after which another file begins.
    file_bytes: u64,
}

impl Deliveries {
    /// Delivers into `buckets`, for an account of 12 digits in a region.
    pub fn new(
        buckets: Buckets,
        signing: Arc<SigningKeys>,
        account: String,
        region: String,
    ) -> Self {
        Self { buckets, signing, account, region, file_bytes: FILE_BYTES }
    }

    /// Begins another file after fewer bytes of CSV.
    #[cfg(test)]
    pub(super) fn with_files_of(self, file_bytes: u64) -> Self {
        Self { file_bytes, ..self }
    }

    /// Writes the files of an answer, and then the one that signs them. This takes its time, and a thread.
    ///
    /// # Errors
    /// When the answer cannot be read, signed or written. Files that are whole by then stay.
    pub fn deliver(
        &self,
        answer: &Answer<'_>,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<(), DeliveryError> {
        if is_stopped() {
            return Err(DeliveryError::Stopped);
        }
        let uri = S3Uri::parse(answer.uri)?;
        let bucket = self.buckets.get(&uri.bucket).map_err(DeliveryError::Results)?;
        let folder = target::folder(&uri, &self.account, answer);
        let sign_file = format!("{folder}{SIGN_FILE}");
        let left = bucket.remove_unfinished_beside(&sign_file);
        left.map_err(DeliveryError::Results)?;
        let place = files::Place { bucket, folder: &folder, file_bytes: self.file_bytes };
        let files = files::write(&place, answer, is_stopped)?;
        // Whoever verifies asks for the keys of the time at which the query ended.
        let signed = self.signing.sign(&sign_file::text_to_sign(&files), answer.ended_at)?;
        let text = sign_file::of(&self.region, files, answer.ended_at, signed);
        bucket.put(&sign_file, &text, &Metadata::new()).map_err(DeliveryError::SignFile)
    }
}
