//! What came of reading a source: of a file, or of the files of an archive together.

use super::super::catalog::RecordedFailure;
use super::report::{Container, EventCounts, FailureType, MAX_REJECTS};
use crate::envelope::{Document, Fault, FaultKind, Source};
use crate::event::EventSchema;
use crate::event::schema::SCHEMAS;
use std::collections::BTreeMap;

/// Records by their category, in the order of [`SCHEMAS`].
pub(super) type CategoryCounts = [u64; SCHEMAS.len()];

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Logs, read to their end.
    Imported,
    Digest,
    /// Records that only a store of this category takes.
    OtherCategory(EventSchema),
    Aggregated,
    /// Not CloudTrail logs, for this reason.
    Foreign(String),
    /// Not read to its end, or not what its name says.
    Failed,
    /// Stopped in the middle by the user.
    Stopped,
}

/// The outcome of reading one source.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    /// Counts of what never reaches the collector.
    pub(super) counts: EventCounts,
    /// Records of other categories than the store's.
    pub(super) other_categories: CategoryCounts,
    /// What the events stand in, for an archive those of its files.
    pub(super) containers: BTreeMap<&'static str, Container>,
    pub(super) failures: Vec<RecordedFailure>,
    /// What was taken with a change, or is worth knowing.
    pub(super) notices: Vec<RecordedFailure>,
    /// Whether the file has a fault that kept nothing back, so that it need not be read again.
    pub(super) everything_was_taken: bool,
    /// Files in an archive that hold no events: what they are, and their names. Of many, the first.
    pub(super) other_members: Vec<(String, String)>,
}

impl Outcome {
    pub(super) fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            counts: EventCounts::default(),
            other_categories: CategoryCounts::default(),
            containers: BTreeMap::new(),
            failures: Vec::new(),
            notices: Vec::new(),
            everything_was_taken: false,
            other_members: Vec::new(),
        }
    }

    /// A document of which nothing could be read.
    pub(super) fn unreadable(name: &Named, message: String) -> Self {
        let failure = FailureType::Unreadable.at(&name.location, None, message);
        Self { failures: vec![failure], ..Self::new(Verdict::Failed) }
    }

    /// Whether anything of CloudTrail's was found.
    fn found_something(&self) -> bool {
        match self.verdict {
            Verdict::Foreign(_) => false,
            Verdict::Digest => true,
            _ => self.counts.read > 0 || self.verdict == Verdict::Imported,
        }
    }
}

impl Verdict {
    /// Returns what a file that holds no events is, for grouping.
    pub(super) fn other(&self) -> Option<&str> {
        match self {
            Self::Digest => Some("digest"),
            Self::OtherCategory(schema) => Some(schema.events()),
            Self::Aggregated => Some("aggregated events"),
            Self::Foreign(reason) => Some(reason),
            Self::Imported | Self::Failed | Self::Stopped => None,
        }
    }

    /// How much it says of an archive that one of its files is this: the greatest is that of the archive.
    fn weight(&self) -> u8 {
        match self {
            Self::Foreign(_) => 0,
            Self::Digest => 1,
            Self::Aggregated => 2,
            Self::OtherCategory(_) => 3,
            Self::Imported => 4,
            Self::Failed => 5,
            Self::Stopped => 6,
        }
    }
}

/// A folder holds all sorts of packed files; only what claims to be a log is a failure.
pub(super) fn refused(name: &Named, kind: &str, message: String) -> Outcome {
    match name.claims_json {
        true => Outcome::unreadable(name, message),
        false => Outcome::new(Verdict::Foreign(kind.to_owned())),
    }
}

/// How a document is called, and what follows from that.
#[derive(Debug)]
pub(super) struct Named {
    /// `FILE`, or `ARCHIVE!path/in/it`.
    pub(super) location: String,
    /// Whether its name says that JSON is inside.
    pub(super) claims_json: bool,
    /// Whether the user named this very file.
    pub(super) named: bool,
}

impl Named {
    pub(super) fn new(source: &Source, document: &Document<'_>) -> Self {
        Self {
            location: document.location(source),
            claims_json: document.claims_json(source),
            named: source.named && document.name.is_none(),
        }
    }
}

/// What came of the files of an archive.
#[derive(Debug)]
pub(super) struct Archive {
    all: Outcome,
    /// Failures and notices that are kept.
    pub(super) kept: usize,
    /// What is wrong with the archive outside its files.
    damages: Vec<(Named, Fault)>,
}

impl Archive {
    pub(super) fn new() -> Self {
        let all =
            Outcome { everything_was_taken: true, ..Outcome::new(Verdict::Foreign(String::new())) };
        Self { all, kept: 0, damages: Vec::new() }
    }

    pub(super) fn damage(&mut self, name: Named, fault: Fault) {
        self.damages.push((name, fault));
    }

    /// Takes what came of a file.
    pub(super) fn add(&mut self, name: &Named, file: Outcome) {
        let all = &mut self.all;
        if let Some(other) = file.verdict.other()
            && all.other_members.len() < MAX_REJECTS
        {
            all.other_members.push((other.to_owned(), name.location.clone()));
        }
        all.everything_was_taken &= file.failures.is_empty() || file.everything_was_taken;
        self.kept += file.failures.len() + file.notices.len();
        if file.verdict.weight() > all.verdict.weight() {
            all.verdict = file.verdict;
        }
        all.counts.add(&file.counts);
        for (all, of_file) in all.other_categories.iter_mut().zip(file.other_categories) {
            *all += of_file;
        }
        for (container, files) in file.containers {
            all.containers.entry(container).or_default().add(files);
        }
        all.failures.extend(file.failures);
        all.notices.extend(file.notices);
    }

    /// Returns what came of the archive as one file.
    pub(super) fn finish(self, source: &Source) -> Outcome {
        let mut all = self.all;
        let is_log = all.found_something() || all.verdict == Verdict::Failed;
        for (name, fault) in self.damages {
            if fault.kind == FaultKind::Stopped {
                all.verdict = Verdict::Stopped;
            }
            if all.verdict == Verdict::Stopped {
                continue;
            }
            if is_log || name.claims_json {
                all.everything_was_taken &= fault.kind.everything_was_taken();
                let kind = if is_log { FailureType::Damaged } else { FailureType::NotLogs };
                all.failures.push(kind.at(&name.location, None, fault.message()));
                all.verdict = Verdict::Failed;
            } else {
                all.verdict = Verdict::Foreign(fault.message());
            }
        }
        if let Verdict::Foreign(reason) = &mut all.verdict {
            if reason.is_empty() {
                *reason = "archive without CloudTrail logs".to_owned();
            }
            if source.claims_json() {
                let failure = FailureType::NotLogs.at(&source.location, None, reason.as_str());
                all.failures.push(failure);
                all.verdict = Verdict::Failed;
                all.everything_was_taken = false;
            }
        }
        all
    }
}
