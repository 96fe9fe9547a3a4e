//! Which records a folder of exported log files holds already.

use super::super::error::StoreError;
use crate::envelope::{
    Content, Discovery, Document, Opener, Record, Reject, Replaced, Sink, discover, read_records,
};
use crate::event::digest::{RecordDigest, first_half, parse_checksum, record_digest};
use crate::event::{Class, EventSchema};
use crate::json::Member;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// The records of a folder, by their digests: some 30 bytes each.
#[derive(Debug)]
pub struct Delivered {
    schema: EventSchema,
    digests: HashSet<u128>,
}

impl Delivered {
    /// Reads the records of events of `schema` in the files of `folder`, which need not exist, until `stop` is set.
    ///
    /// # Errors
    /// When a file cannot be read or is damaged: what it held is not known then.
    pub fn read(folder: &Path, schema: EventSchema, stop: &AtomicBool) -> Result<Self, StoreError> {
        let mut delivered = Self { schema, digests: HashSet::new() };
        let found = match folder.exists() {
            true => discover(&[folder]).map_err(|error| damaged(folder, error.to_string()))?,
            false => Discovery::default(),
        };
        if let Some((location, error)) = found.failures.first() {
            return Err(damaged(Path::new(&location.to_string()), error.to_string()));
        }
        let mut opener = Opener::default();
        for source in found.sources.iter().filter(|source| source.claims_json()) {
            let mut read = Ok(());
            opener.read(source, stop, &mut |document| {
                read = delivered.add_document(document);
                read.is_ok()
            });
            let place = source.location.to_string();
            read.map_err(|reason| damaged(Path::new(&place), reason))?;
        }
        Ok(delivered)
    }

    fn add_document(&mut self, document: Document<'_>) -> Result<(), String> {
        match document.content {
            Content::Text(mut input) => {
                read_records(&mut input, self).map_err(|damage| damage.reason)
            }
            Content::Unreadable(error) => Err(error.to_string()),
            Content::Refused(packing) => Err(packing.to_string()),
            Content::Damaged(fault) => Err(fault.to_string()),
        }
    }

    /// Notes the record with this checksum, as the column `eventjsonchecksum` has it. Returns whether it is new.
    pub fn add(&mut self, checksum: &str) -> bool {
        parse_checksum(checksum).is_none_or(|digest| self.add_digest(&digest))
    }

    fn add_digest(&mut self, digest: &RecordDigest) -> bool {
        self.digests.insert(first_half(digest))
    }
}

impl Sink for Delivered {
    fn record(&mut self, record: Record<'_>) -> bool {
        self.add_digest(&record_digest(record.text()));
        true
    }

    fn reject(&mut self, _: Reject<'_>) {}

    fn replaced(&mut self, _: Replaced<'_>) {}

    fn knows_member(&self, name: &[u8]) -> bool {
        self.schema.is_member(name)
    }

    fn is_record(&self, bytes: &[u8], members: &[Member]) -> bool {
        Class::of(bytes, members) != Class::Foreign
    }
}

fn damaged(path: &Path, reason: impl Into<String>) -> StoreError {
    let error = io::Error::other(format!(
        "what it holds is not known ({}); remove it, or follow into another folder",
        reason.into()
    ));
    super::super::error::exporting(path)(error)
}
