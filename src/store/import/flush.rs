//! Writes one day's events as a data file, and reads back which events a day has.

use super::super::catalog::DataFile;
use super::super::data_files::{DataFiles, StoredEvent};
use super::super::error::StoreError;
use super::super::known::KnownEvents;
use super::super::lake::Lake;
use super::super::partition::{Day, EventKey};
use super::collector::Job;
use super::contested::{ContentComparison, SharedIds};
use crate::columnar::Format;
use crate::event::EventId;
use crate::shred::Oddities;
use std::collections::HashSet;

/// The result of writing a job.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The data file, unless all events turned out to be stored already.
    pub(super) file: Option<DataFile>,
    pub(super) oddities: Oddities,
    /// Events whose content is known already.
    pub(super) duplicates: u64,
    pub(super) shared_ids: SharedIds,
}

/// Where and how data files are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) files: DataFiles<'a>,
    pub(super) import: &'a str,
    pub(super) format: Format,
}

impl Target<'_> {
    /// Writes a job's events into a new data file and lists it in the catalog. Reduced records of the
    /// store whose whole ones have come leave it in the same transaction.
    pub(super) fn write(&self, job: &mut Job) -> Result<Written, StoreError> {
        job.partition.sort();
        let mut written = Written::default();
        let superseded = self.resolve_contested(job, &mut written)?;
        if job.partition.len() == 0 {
            return Ok(written);
        }
        let (file, oddities) = self.files.write(job.day, self.format, |rows| {
            job.partition
                .events()
                .try_for_each(|(key, found, record)| rows.push(key, found, record))
        })?;
        let mut replaced = Vec::new();
        for (old, ids) in superseded {
            replaced.push((old.path.clone(), self.without(&old, &ids)?));
        }
        let DataFiles { lake, store, .. } = self.files;
        // If this fails, whether it was committed is not certain: what is not listed is swept before the next import.
        lake.catalog().add_data_file(store, self.import, &file, &replaced)?;
        written.file = Some(file);
        written.oddities = oddities;
        Ok(written)
    }

    /// Drops events with the content of others of their id, here or in the store. Returns the
    /// files that hold reduced records whose whole ones have come, with their ids.
    fn resolve_contested(
        &self,
        job: &mut Job,
        written: &mut Written,
    ) -> Result<Vec<(DataFile, HashSet<EventId>)>, StoreError> {
        let mut contents = ContentComparison::of(&job.partition);
        if contents.is_empty() {
            return Ok(Vec::new());
        }
        let whole = job.partition.whole_versions();
        let has_whole = |event: &StoredEvent<'_>| {
            let versions = whole.get(&event.key.id).into_iter().flatten();
            versions.copied().any(|whole| event.key.version.is_reduced_form_of(whole))
        };
        let mut superseded = Vec::new();
        for file in self.of_day(job.day)? {
            let mut ids = HashSet::new();
            self.files.each_event(&file, true, &mut |event| {
                if has_whole(&event) {
                    ids.insert(event.key.id);
                } else {
                    contents.insert(event.key.id, event.record);
                }
            })?;
            if !ids.is_empty() {
                superseded.push((file, ids));
            }
        }
        written.duplicates = job.partition.retain(|id, record| contents.insert(id, record));
        written.shared_ids = contents.shared_ids(job.day);
        Ok(superseded)
    }

    /// Writes a data file without the reduced records of some ids; `None` when no row is left.
    fn without(
        &self,
        old: &DataFile,
        ids: &HashSet<EventId>,
    ) -> Result<Option<DataFile>, StoreError> {
        let goes = |key: &EventKey| key.version.is_reduced() && ids.contains(&key.id);
        let file = self.files.write_some_of(old, |key| !goes(key))?;
        if file.rows == 0 {
            Lake::discard(&self.files.path(&file.path));
            return Ok(None);
        }
        Ok(Some(file))
    }

    fn of_day(&self, day: Day) -> Result<Vec<DataFile>, StoreError> {
        self.files.lake.catalog().data_files_of_day(self.files.store, day)
    }

    /// Returns the events that the store has of one day.
    pub(super) fn known_events(&self, day: Day) -> Result<KnownEvents, StoreError> {
        let mut known = KnownEvents::default();
        for file in self.of_day(day)? {
            self.files.add_known(&file, &mut known)?;
        }
        Ok(known)
    }
}
