//! The folders that sources are in, which AWS calls prefixes: of a trail's log files each is one day.

use crate::envelope::{Location, Source};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Folders, and how many of their sources are still to be looked at.
#[derive(Debug, Default)]
pub(super) struct Folders(HashMap<PathBuf, u64>);

impl Folders {
    /// Adds the folder of a source that was found.
    pub(super) fn add(&mut self, source: &Source) {
        *self.0.entry(folder(source).to_owned()).or_default() += 1;
    }

    /// Counts a source as looked at.
    pub(super) fn take(&mut self, source: &Source) {
        if let Some(left) = self.0.get_mut(folder(source)) {
            *left = left.saturating_sub(1);
        }
    }

    /// How many there are.
    pub(super) fn found(&self) -> u64 {
        self.0.len() as u64
    }

    /// In how many everything was looked at.
    pub(super) fn done(&self) -> u64 {
        self.0.values().filter(|left| **left == 0).count() as u64
    }
}

fn folder(source: &Source) -> &Path {
    let place = match &source.location {
        Location::File(path) | Location::Pipe(path) => path,
        Location::Object(address) => Path::new(address),
        Location::Stdin => Path::new(""),
    };
    place.parent().unwrap_or(place)
}
