//! Files on their way from the journal into a bucket.

use super::digest;
use super::journal::{Content, File, Journal, NewFile};
use super::names::{log_key, moved_key};
use super::trail::{Deliveries, Ending, Trail};
use super::{AuditError, names};
use crate::server::buckets::{BucketError, Buckets};
use crate::server::signing::SigningKeys;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use traillake_aws_wire::digest::sha256_hex;

/// Bytes of records in a log file, unless one record alone has more.
const MOST: usize = 8 << 20;
/// Seconds that a digest file covers.
pub(super) const PERIOD: i64 = 3_600;

/// Where files go, and what signs digest files.
#[derive(Debug)]
pub struct Target<'a> {
    /// The buckets of the service.
    pub buckets: &'a Buckets,
    /// Its keys.
    pub signing: &'a SigningKeys,
}

/// A delivery at a moment.
pub(super) struct Delivery<'a> {
    pub(super) journal: &'a Journal,
    pub(super) target: &'a Target<'a>,
    pub(super) now: DateTime<Utc>,
}

impl Delivery<'_> {
    /// Delivers what a trail has, makes its digest file if one is due, and ends what is to end.
    pub(super) fn run(&self, trail: &Trail) -> Result<(), AuditError> {
        self.pack(trail)?;
        let mut is_sent = self.send(trail)?;
        if is_sent && let Some(end) = self.digest_due(trail) {
            let made = digest::make(self, trail, end);
            is_sent = match made {
                Err(AuditError::Signing(error)) => {
                    let text = format!("InternalError: {error}");
                    self.note(trail, |status| &mut status.digests, Some(text))?;
                    false
                }
                made => {
                    made?;
                    self.send(trail)?
                }
            };
        }
        self.end(trail, is_sent)
    }

    /// Makes log files of the records that a trail has.
    fn pack(&self, trail: &Trail) -> Result<(), AuditError> {
        while let Some(batch) = self.journal.batch(trail.id, MOST)? {
            let text = format!(r#"{{"Records":[{}]}}"#, batch.records.join(","));
            let (oldest, newest) = (batch.oldest, batch.newest);
            let hash = sha256_hex(text.as_bytes());
            let file = NewFile {
                bucket: trail.settings.bucket.clone(),
                key: log_key(trail, self.now),
                body: packed(text.as_bytes())?,
                metadata: BTreeMap::new(),
                content: Content::Log { hash, oldest, newest },
            };
            self.journal.pack(trail.id, &batch, &file)?;
        }
        Ok(())
    }

    /// Brings files into their buckets, the oldest first; returns whether all of them are there.
    fn send(&self, trail: &Trail) -> Result<bool, AuditError> {
        while let Some(file) = self.journal.waiting(trail.id)? {
            let is_digest = matches!(file.file.content, Content::Digest);
            let sent = self.put(&file.file);
            let sent = match sent {
                // Nothing can have got there, and the trail has another bucket by now.
                Err(BucketError::NoBucket(_) | BucketError::Denied(..))
                    if file.file.bucket != trail.settings.bucket =>
                {
                    self.move_file(trail, &file)?;
                    continue;
                }
                sent => sent,
            };
            let error = sent.err().map(|error| told(&error));
            let is_sent = error.is_none();
            if is_sent {
                let keep = !is_digest && trail.chain.is_some();
                self.journal.delivered(file.id, keep, self.now.timestamp_millis())?;
            }
            match is_digest {
                true => self.note(trail, |status| &mut status.digests, error)?,
                false => self.note(trail, |status| &mut status.logs, error)?,
            }
            if !is_sent {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn put(&self, file: &NewFile) -> Result<(), BucketError> {
        self.target.buckets.get(&file.bucket)?.put(&file.key, &file.body, &file.metadata)
    }

    /// Sends a file to where the trail delivers now.
    fn move_file(&self, trail: &Trail, file: &File) -> Result<(), AuditError> {
        let key = moved_key(trail, &file.file.key);
        if matches!(file.file.content, Content::Digest) {
            return digest::move_to(self, trail, file, &key);
        }
        let moved = NewFile {
            bucket: trail.settings.bucket.clone(),
            key,
            body: file.file.body.clone(),
            metadata: BTreeMap::new(),
            content: file.file.content.clone(),
        };
        self.journal.replace(trail.id, file.id, &moved, |_| {})
    }

    /// Notes what became of a delivery.
    fn note(
        &self,
        trail: &Trail,
        of: impl FnOnce(&mut super::Status) -> &mut Deliveries,
        error: Option<String>,
    ) -> Result<(), AuditError> {
        let now = self.now.timestamp_millis();
        self.journal.change(trail.id, |trail| {
            let deliveries = of(&mut trail.status);
            deliveries.tried_at = Some(now);
            if error.is_none() {
                deliveries.delivered_at = Some(now);
            }
            deliveries.error = error;
        })?;
        Ok(())
    }

    /// Returns the second at which the next digest file ends, if it is due. One may cover several hours for which the
    /// service did not run.
    fn digest_due(&self, trail: &Trail) -> Option<i64> {
        let start = trail.chain.as_ref()?.start;
        let now = self.now.timestamp();
        let periods = (now - start).div_euclid(PERIOD);
        match trail.ending {
            Some(_) => Some(now.max(start + 1)),
            None => (trail.status.is_logging && periods > 0).then(|| start + periods * PERIOD),
        }
    }

    /// Ends what is to end of a trail. What cannot be delivered of one that was deleted is lost.
    fn end(&self, trail: &Trail, is_sent: bool) -> Result<(), AuditError> {
        match trail.ending {
            None => Ok(()),
            Some(Ending::Deleted) => self.journal.remove(trail.id),
            Some(ending) if is_sent || trail.chain.is_none() => {
                self.journal.change(trail.id, |trail| {
                    // Started again meanwhile, say.
                    if trail.ending == Some(ending) {
                        trail.ending = None;
                    }
                })?;
                self.journal.forget_delivered(trail.id)
            }
            Some(_) => Ok(()),
        }
    }
}

/// The error of S3 that a failure is, as `GetTrailStatus` has it.
fn told(error: &BucketError) -> String {
    match error {
        BucketError::NoBucket(_) => "NoSuchBucket".to_owned(),
        BucketError::Denied(..) => "AccessDenied".to_owned(),
        error => format!("InternalError: {error}"),
    }
}

pub(super) fn packed(text: &[u8]) -> Result<Vec<u8>, AuditError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text).and_then(|()| encoder.finish());
    written.map_err(AuditError::Packing)
}

pub(super) fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, AuditError> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut text).map_err(AuditError::Packing)?;
    Ok(text)
}

/// A time in milliseconds since 1970 UTC as digest files have it, in seconds.
pub(super) fn seconds(millis: i64) -> String {
    names::written(millis.div_euclid(1_000))
}
