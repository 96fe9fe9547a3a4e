//! Reads one source: its events into a staging area, and a verdict on the file.

use super::super::catalog::RecordedFailure;
use super::report::{EventCounts, FailureType, MOST_REJECTS, Progress};
use crate::envelope::{FaultKind, Opener, Packing, Record, Reject, Sink, Source, read_records};
use crate::event::{Class, EventKey, Head};
use std::sync::atomic::{AtomicBool, Ordering};

/// Staged bytes after which events are handed on, so that a large file does not fill the memory.
const HAND_OVER: usize = 4 << 20;
/// Most bytes kept of a rejected record.
const MOST_REJECT_BYTES: usize = 1 << 20;

/// Events of one source on their way to the collector.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// The records' text, one after the other.
    pub(super) text: Vec<u8>,
    /// Each record's head and the end of its text.
    pub(super) events: Vec<StagedEvent>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct StagedEvent {
    pub(super) time: Option<i64>,
    pub(super) key: EventKey,
    pub(super) end: usize,
}

impl Staged {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.events.clear();
    }
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Logs, read to their end.
    Imported,
    Digest,
    Insight,
    Aggregated,
    Foreign,
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
    pub(super) failures: Vec<RecordedFailure>,
    /// Whether the file has a fault that kept nothing back, so that it need not be read again.
    pub(super) everything_was_taken: bool,
    /// What the file is packed in or written as, if it was refused for that.
    pub(super) packing: Option<Packing>,
}

/// Reads `source`; `hand_over` takes the staged events, several times for a large file, and answers
/// false to stop.
pub(super) fn read_source(
    opener: &mut Opener,
    source: &Source,
    staged: &mut Staged,
    cancel: &AtomicBool,
    progress: &Progress,
    hand_over: &mut dyn FnMut(&mut Staged) -> bool,
) -> Outcome {
    let mut input = match opener.open_until(source, cancel) {
        Ok(input) => input,
        Err(error) => {
            // A folder holds all sorts of packed files; only what claims to be a log is a failure.
            let other_kind =
                error.kind() == std::io::ErrorKind::Unsupported && !source.claims_json();
            let failure = FailureType::Unreadable.at(&source.location, None, error.to_string());
            return Outcome {
                verdict: if other_kind { Verdict::Foreign } else { Verdict::Failed },
                counts: EventCounts::default(),
                failures: if other_kind { Vec::new() } else { vec![failure] },
                everything_was_taken: false,
                packing: Packing::of(&error),
            };
        }
    };
    let mut reader = Reader {
        source,
        staged,
        cancel,
        progress,
        hand_over,
        events: 0,
        insights: 0,
        aggregated: 0,
        digests: 0,
        foreign: Vec::new(),
        rejected: 0,
        rejects: Vec::new(),
        stopped: false,
    };
    let end = read_records(&mut input, &mut reader);
    reader.finish(end.err())
}

struct Reader<'a> {
    source: &'a Source,
    staged: &'a mut Staged,
    cancel: &'a AtomicBool,
    progress: &'a Progress,
    hand_over: &'a mut dyn FnMut(&mut Staged) -> bool,
    events: u64,
    insights: u64,
    aggregated: u64,
    digests: u64,
    /// Positions of objects that are no events.
    foreign: Vec<u64>,
    rejected: u64,
    rejects: Vec<RecordedFailure>,
    stopped: bool,
}

impl Sink for Reader<'_> {
    fn record(&mut self, record: Record<'_>) -> bool {
        let head = Head::read(record.window, record.start..record.end, record.members);
        match head.class {
            Class::Event => {
                self.events += 1;
                self.staged.text.extend_from_slice(record.text());
                let end = self.staged.text.len();
                self.staged.events.push(StagedEvent { time: head.time, key: head.key, end });
                if end >= HAND_OVER {
                    self.pass_on();
                }
            }
            Class::Insight => self.insights += 1,
            Class::Aggregated => self.aggregated += 1,
            Class::Digest => self.digests += 1,
            Class::Foreign => self.foreign.push(record.position),
        }
        self.stopped = self.stopped || self.cancel.load(Ordering::Relaxed);
        !self.stopped
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.rejected += 1;
        if self.rejects.len() < MOST_REJECTS {
            let kept = &reject.text[..reject.text.len().min(MOST_REJECT_BYTES)];
            let position = Some(reject.position);
            self.rejects.push(RecordedFailure {
                record: Some(kept.to_vec()),
                ..FailureType::Rejected.at(&self.source.location, position, reject.reason)
            });
        }
    }
}

impl Reader<'_> {
    fn pass_on(&mut self) {
        Progress::add(&self.progress.events, self.staged.events.len() as u64);
        if !self.staged.events.is_empty() && !(self.hand_over)(self.staged) {
            self.stopped = true;
        }
        self.staged.clear();
    }

    fn finish(mut self, damage: Option<crate::envelope::Damage>) -> Outcome {
        self.pass_on();
        self.stopped |= damage.as_ref().is_some_and(|damage| damage.kind == FaultKind::Stopped);
        let others = self.insights + self.aggregated + self.digests;
        if self.events + others == 0 && !self.source.claims_json() {
            // Braces in a text that nobody calls a log are no lost records.
            self.rejected = 0;
            self.rejects.clear();
        }
        let mut verdict = if self.stopped {
            Verdict::Stopped
        } else if self.events > 0 || self.rejected > 0 {
            Verdict::Imported
        } else if self.insights > 0 {
            Verdict::Insight
        } else if self.aggregated > 0 {
            Verdict::Aggregated
        } else if self.digests > 0 {
            Verdict::Digest
        } else if !self.foreign.is_empty() {
            Verdict::Foreign
        } else {
            Verdict::Imported // an envelope without records
        };
        if verdict == Verdict::Imported {
            // Among events, what is none is a record we could not take.
            for position in std::mem::take(&mut self.foreign) {
                let text = b"";
                self.reject(Reject {
                    position,
                    text,
                    reason: "a JSON object, but no CloudTrail event",
                });
            }
        }
        let location = &self.source.location;
        if verdict == Verdict::Foreign && self.source.named {
            let reason = "JSON, but it holds no CloudTrail event";
            self.rejects.push(FailureType::NotLogs.at(location, None, reason));
            verdict = Verdict::Failed;
        }
        let mut everything_was_taken = false;
        if let Some(damage) = damage.filter(|_| verdict != Verdict::Stopped) {
            let nothing = self.events + self.rejected + others == 0;
            everything_was_taken = damage.kind.everything_was_taken() && self.rejected == 0;
            if nothing && !self.source.claims_json() {
                verdict = Verdict::Foreign;
            } else {
                let kind = if nothing { FailureType::NotLogs } else { FailureType::Damaged };
                let reason = match self.events {
                    0 => damage.reason,
                    n => format!("{}; the {n} events before it were taken", damage.reason),
                };
                self.rejects.push(kind.at(location, Some(damage.position), reason));
                verdict = Verdict::Failed;
            }
        }
        let counts = EventCounts {
            read: self.rejected + self.insights + self.aggregated,
            rejected: self.rejected,
            not_selected: self.insights,
            aggregated: self.aggregated,
            ..EventCounts::default()
        };
        Outcome { verdict, counts, failures: self.rejects, everything_was_taken, packing: None }
    }
}
