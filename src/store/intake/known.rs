//! Which events the days of a store have, by their ids, as far as events were sent for them.

use super::super::catalog::DataFile;
use super::super::data_files::DataFiles;
use super::super::error::{self, StoreError};
use super::super::partition::Day;
use crate::columnar::read_columns;
use crate::event::received;
use arrow::array::AsArray;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use uuid::Uuid;

/// Events that are remembered at most, some 30 bytes each; those of a day that is larger are read again each time.
const MAX_KNOWN: usize = 2_000_000;
/// Files of a day up to which there is nothing to merge.
const MAX_FILES: usize = 7;

/// The events of days.
#[derive(Debug, Default)]
pub(super) struct KnownDays {
    days: HashMap<Day, KnownDay>,
    is_asked: bool,
}

#[derive(Debug, Default)]
struct KnownDay {
    /// The data files that have these events.
    files: Vec<String>,
    ids: HashSet<Uuid>,
}

impl KnownDays {
    /// Whether it is asked for the first time.
    pub(super) fn is_new(&mut self) -> bool {
        !std::mem::replace(&mut self.is_asked, true)
    }

    /// Reads what is not known yet of the events that the store has of a day. Others may have added, merged or removed data
    /// files since.
    pub(super) fn refresh(&mut self, files: DataFiles<'_>, day: Day) -> Result<(), StoreError> {
        let listed = files.lake.catalog().data_files_of_day(files.store, day)?;
        let known = self.days.entry(day).or_default();
        if !known.files.iter().all(|path| listed.iter().any(|file| file.path == *path)) {
            *known = KnownDay::default();
        }
        for file in listed {
            if known.files.contains(&file.path) {
                continue;
            }
            each_id(files, &file, &mut |id| {
                known.ids.insert(id);
            })?;
            known.files.push(file.path);
        }
        Ok(())
    }

    /// Adds an event to a day, and returns whether it is new.
    pub(super) fn add(&mut self, day: Day, id: Uuid) -> bool {
        self.days.entry(day).or_default().ids.insert(id)
    }

    /// Notes a data file of events that were added. Returns whether its day has so many now that some may be merged.
    pub(super) fn add_file(&mut self, file: &DataFile) -> bool {
        let known = self.days.entry(file.day).or_default();
        known.files.push(file.path.clone());
        known.files.len() > MAX_FILES
    }

    /// Notes that other files hold the events of a day.
    pub(super) fn replace_files(&mut self, day: Day, files: Vec<DataFile>) {
        if let Some(known) = self.days.get_mut(&day) {
            known.files = files.into_iter().map(|file| file.path).collect();
        }
    }

    /// Forgets days if too much is remembered: first those that nothing was sent for now.
    pub(super) fn shrink(&mut self, now: &BTreeSet<Day>) {
        if self.held() > MAX_KNOWN {
            self.days.retain(|day, _| now.contains(day));
        }
        if self.held() > MAX_KNOWN {
            self.days.clear();
        }
    }

    fn held(&self) -> usize {
        self.days.values().map(|day| day.ids.len()).sum()
    }
}

/// Reads the ids of the events of a data file. Those that somebody else gave are no ids of what was sent, so they are made
/// of the records.
fn each_id(
    files: DataFiles<'_>,
    file: &DataFile,
    take: &mut dyn FnMut(Uuid),
) -> Result<(), StoreError> {
    let path = files.path(&file.path);
    let damaged = |reason: String| StoreError::Damaged { path: path.clone(), reason };
    let opened = File::open(&path).map_err(error::at(&path))?;
    let columns = files.schema.arrow_columns(&["eventid"]).map_err(|e| damaged(e.to_string()))?;
    let mut others = false;
    read_columns(file.format, opened, &columns, &mut |batch| {
        for id in batch.column(0).as_string::<i32>() {
            match id.and_then(received::parse_id) {
                Some(id) => take(id),
                None => others = true,
            }
        }
    })
    .map_err(|error| damaged(error.to_string()))?;
    if others {
        files.each_event(file, true, &mut |event| {
            received::id_of_record(event.record).into_iter().for_each(&mut *take);
        })?;
    }
    Ok(())
}
