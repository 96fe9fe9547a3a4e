//! Counts what was written, for the report and the answer key.
//!
//! Each worker counts for itself; the sums do not depend on who did what.

/// Written and distinct events of one kind or error code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Events without second copies.
    pub(crate) distinct: u64,
    /// Second copies.
    pub(crate) copies: u64,
}

impl Count {
    /// Returns the number of records in the files.
    pub(crate) fn written(self) -> u64 {
        self.distinct + self.copies
    }

    /// Adds other events.
    pub(crate) fn add(&mut self, other: Self) {
        self.distinct += other.distinct;
        self.copies += other.copies;
    }
}

/// The counts of one worker, or of all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) kinds: Vec<Count>,
    pub(crate) codes: Vec<Count>,
    /// Distinct events with an addendum.
    pub(crate) amended: u64,
    /// Distinct events sent by old daemons.
    pub(crate) old_daemon: u64,
    pub(crate) files: u64,
    pub(crate) json_bytes: u64,
    pub(crate) gzip_bytes: u64,
    /// The first event ids delivered twice, with the number of their unit.
    pub(crate) duplicates: Vec<(usize, [u64; 2])>,
}

/// Event ids of duplicates the answer key lists, at most.
pub(crate) const LISTED_DUPLICATES: usize = 1000;
/// Each worker keeps this many, then drops those that cannot be listed.
const KEPT_DUPLICATES: usize = 4 * LISTED_DUPLICATES;

impl Tally {
    /// Starts at zero.
    pub(crate) fn new(kinds: usize, codes: usize) -> Self {
        Self {
            kinds: vec![Count::default(); kinds],
            codes: vec![Count::default(); codes],
            ..Self::default()
        }
    }

    /// Counts an event.
    #[inline]
    pub(crate) fn count(&mut self, kind: usize, code: Option<usize>) {
        self.kinds[kind].distinct += 1;
        if let Some(code) = code {
            self.codes[code].distinct += 1;
        }
    }

    /// Counts a second copy.
    pub(crate) fn count_copy(&mut self, kind: usize, code: Option<usize>) {
        self.kinds[kind].copies += 1;
        if let Some(code) = code {
            self.codes[code].copies += 1;
        }
    }

    /// Remembers an event that comes twice. The list stays bounded; what remains are those of the
    /// lowest unit numbers, whichever worker saw them.
    pub(crate) fn note_duplicate(&mut self, unit: usize, event_id: [u64; 2]) {
        self.duplicates.push((unit, event_id));
        if self.duplicates.len() > KEPT_DUPLICATES {
            self.trim();
        }
    }

    fn trim(&mut self) {
        self.duplicates.sort_by_key(|(unit, _)| *unit);
        self.duplicates.truncate(LISTED_DUPLICATES);
    }

    /// Adds the counts of another worker.
    pub(crate) fn add(&mut self, other: Self) {
        for (mine, theirs) in self.kinds.iter_mut().zip(other.kinds) {
            mine.add(theirs);
        }
        for (mine, theirs) in self.codes.iter_mut().zip(other.codes) {
            mine.add(theirs);
        }
        self.amended += other.amended;
        self.old_daemon += other.old_daemon;
        self.files += other.files;
        self.json_bytes += other.json_bytes;
        self.gzip_bytes += other.gzip_bytes;
        self.duplicates.extend(other.duplicates);
        self.trim();
    }

    /// Returns the sum over all kinds.
    pub(crate) fn events(&self) -> Count {
        let mut sum = Count::default();
        for count in &self.kinds {
            sum.add(*count);
        }
        sum
    }
}
