//! Reads one source: its events into a staging area, and what the file turned out to be. The files in an archive are read
//! one after the other, and together are one source.

use super::super::catalog::RecordedFailure;
use super::super::found::Origin;
use super::super::partition::EventKey;
use super::super::selectors::{AdvancedEventSelectors, EventFields};
use super::outcome::{Archive, CategoryCounts, Named, Outcome, Verdict, refused};
use super::quarantine::Quarantine;
use super::report::{Container, EventCounts, FailureType, MAX_REJECTS, Progress};
use crate::envelope::{
    Content, Fault, FaultKind, Input, Opener, Record, Reject, Replaced, Sink, Source, read_records,
    wrapper,
};
use crate::event::schema::SCHEMAS;
use crate::event::{Class, EventSchema, Head, wrapped};
use crate::json::{Member, scan_object};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};

/// Staged bytes at which events are handed over, so that a large file does not fill the memory.
const MAX_STAGED_BYTES: usize = 4 << 20;
/// Bytes that are kept of a rejected record.
const MAX_REJECT_BYTES: usize = 1 << 20;

/// Events of one document on their way to the collector.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// The document.
    pub(super) origin: Origin,
    /// The records' text, one after the other.
    pub(super) text: Vec<u8>,
    pub(super) events: Vec<StagedEvent>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct StagedEvent {
    pub(super) key: EventKey,
    /// Number of its record in the document, from 1; `None` when there are too many.
    pub(super) position: Option<i32>,
    /// Where its record ends in the staged text.
    pub(super) end: usize,
}

impl Staged {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.events.clear();
    }
}

/// What a store takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The category of its events.
    pub(super) schema: EventSchema,
    /// Which of them; `None` for all.
    pub(super) selectors: Option<&'a AdvancedEventSelectors>,
    /// Where rejected records go, if they are kept.
    pub(super) quarantine: Option<&'a Quarantine>,
}

/// Reads `source`; `hand_over` takes the staged events that are wanted, several times for a large file, and answers
/// false to stop.
pub(super) fn read_source(
    opener: &mut Opener,
    source: &Source,
    wanted: Wanted<'_>,
    staged: &mut Staged,
    cancel: &AtomicBool,
    progress: &Progress,
    hand_over: &mut dyn FnMut(&mut Staged) -> bool,
) -> Outcome {
    let mut archive = Archive::new();
    let mut only = None;
    let place = source.location.key().unwrap_or_else(|| source.location.to_string());
    opener.read(source, cancel, &mut |document| {
        let name = Named::new(source, &document);
        let member = document.name.is_some();
        staged.origin =
            Origin { source: document.below(&place), delivered: document.delivered_millis(source) };
        let room = MAX_REJECTS.saturating_sub(archive.kept);
        let outcome = match document.content {
            Content::Text(mut input) => {
                let reader =
                    Reader::new(&name, room, wanted, staged, cancel, progress, &mut *hand_over);
                reader.read(&mut input)
            }
            Content::Refused(packing) => refused(&name, packing.name, packing.to_string()),
            Content::Unreadable(error) if error.kind() == ErrorKind::Unsupported => {
                refused(&name, &error.to_string(), error.to_string())
            }
            Content::Unreadable(error) if Fault::is_stop(&error) => Outcome::new(Verdict::Stopped),
            Content::Unreadable(error) => Outcome::unreadable(&name, error.to_string()),
            Content::Damaged(fault) => {
                archive.damage(name, fault);
                return true;
            }
        };
        let goes_on = outcome.verdict != Verdict::Stopped;
        match member {
            true => archive.add(&name, outcome),
            false => only = Some(outcome),
        }
        goes_on
    });
    only.unwrap_or_else(|| archive.finish(source))
}

struct Reader<'a> {
    name: &'a Named,
    /// Rejected records, and notices, that are kept at most.
    room: usize,
    wanted: Wanted<'a>,
    staged: &'a mut Staged,
    cancel: &'a AtomicBool,
    progress: &'a Progress,
    hand_over: &'a mut dyn FnMut(&mut Staged) -> bool,
    /// Records that were met, those that are no events or damaged among them.
    records: u64,
    /// Events that were staged.
    events: u64,
    not_selected: u64,
    other_categories: CategoryCounts,
    aggregated: u64,
    digests: u64,
    /// Objects that are not events, and positions of the first of them.
    foreign: u64,
    foreign_at: Vec<u64>,
    /// What the first event stands in, and the record that comes next.
    container: Option<&'static str>,
    next_container: Option<&'static str>,
    /// What the first text that is not an event is, if that is known.
    wrapper: Option<&'static str>,
    rejected: u64,
    rejects: Vec<RecordedFailure>,
    notices: Vec<RecordedFailure>,
    stopped: bool,
}

impl Sink for Reader<'_> {
    fn container(&mut self, name: &'static str) {
        self.next_container = Some(name);
    }

    fn record(&mut self, record: Record<'_>) -> bool {
        self.records += 1;
        if self.is_kept_out(&record) {
            self.not_selected += 1;
            Progress::add(&self.progress.events, 1);
            return self.goes_on();
        }
        let head = Head::read(record.window, record.start..record.end, record.members);
        match head.class {
            Class::Event(schema) if schema == self.wanted.schema => self.take(head, &record),
            Class::Event(schema) => self.other_categories[schema as usize] += 1,
            Class::Aggregated => self.aggregated += 1,
            Class::Digest => self.digests += 1,
            Class::Foreign => {
                if self.foreign == 0 {
                    self.wrapper = wrapper::describe_object(record.window, record.members);
                }
                self.foreign += 1;
                if self.foreign_at.len() < self.room {
                    self.foreign_at.push(record.position);
                }
            }
        }
        self.goes_on()
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.records += reject.records;
        self.rejected += reject.records;
        if self.rejects.is_empty() && self.wrapper.is_none() {
            self.wrapper = wrapper::describe_text(reject.text);
        }
        Progress::add(&self.progress.rejected, reject.records);
        if let Some(quarantine) = self.wanted.quarantine {
            quarantine.add(&self.name.location, &reject);
        }
        if self.rejects.len() < self.room {
            let kept = &reject.text[..reject.text.len().min(MAX_REJECT_BYTES)];
            let position = Some(reject.position);
            let kind =
                if reject.records == 0 { FailureType::Damaged } else { FailureType::Rejected };
            self.rejects.push(RecordedFailure {
                record: Some(kept.to_vec()),
                ..kind.at(&self.name.location, position, reject.reason)
            });
        }
    }

    fn replaced(&mut self, replaced: Replaced<'_>) {
        if self.notices.len() < self.room {
            let hex: Vec<_> = replaced.bytes.iter().map(|byte| format!("0x{byte:02X}")).collect();
            let more = match replaced.runs {
                1 => String::new(),
                2 => ", and at another place of this record".to_owned(),
                runs => format!(", and at {} more places of this record", runs - 1),
            };
            let message = format!("{} is not UTF-8, U+FFFD stands for it{more}", hex.join(" "));
            let position = Some(replaced.position);
            self.notices.push(RecordedFailure {
                record: Some(replaced.bytes.to_vec()),
                ..FailureType::Replaced.at(&self.name.location, position, message)
            });
        }
    }

    fn knows_member(&self, name: &[u8]) -> bool {
        self.wanted.schema.is_member(name)
    }

    fn is_record(&self, bytes: &[u8], members: &[Member]) -> bool {
        Class::of(bytes, members) != Class::Foreign
    }
}

impl<'a> Reader<'a> {
    fn new(
        name: &'a Named,
        room: usize,
        wanted: Wanted<'a>,
        staged: &'a mut Staged,
        cancel: &'a AtomicBool,
        progress: &'a Progress,
        hand_over: &'a mut dyn FnMut(&mut Staged) -> bool,
    ) -> Self {
        Self {
            name,
            room,
            wanted,
            staged,
            cancel,
            progress,
            hand_over,
            records: 0,
            events: 0,
            not_selected: 0,
            other_categories: CategoryCounts::default(),
            aggregated: 0,
            digests: 0,
            foreign: 0,
            foreign_at: Vec::new(),
            container: None,
            next_container: None,
            wrapper: None,
            rejected: 0,
            rejects: Vec::new(),
            notices: Vec::new(),
            stopped: false,
        }
    }

    fn read(mut self, input: &mut Input<'_>) -> Outcome {
        let end = read_records(input, &mut self);
        self.finish(end.err())
    }

    /// Whether it is an event that no selector lets through. It is asked before the record is hashed.
    fn is_kept_out(&self, record: &Record<'_>) -> bool {
        self.wanted.selectors.is_some_and(|selectors| {
            Class::of(record.window, record.members) == Class::Event(self.wanted.schema)
                && !selectors.let_through(&EventFields::read(record.window, record.members))
        })
    }

    fn goes_on(&mut self) -> bool {
        self.stopped = self.stopped || self.cancel.load(Ordering::Relaxed);
        !self.stopped
    }

    /// Takes a record of the store's category, in the form that the Lake has it in.
    fn take(&mut self, head: Head, record: &Record<'_>) {
        let (schema, text) = (self.wanted.schema, record.text());
        match wrapped::with_header(schema, text, record.window, record.members) {
            None => self.stage(head, text),
            Some(text) => {
                let mut members = Vec::new();
                // It is made of values that were scanned.
                let _ = scan_object(&text, 0, |member| members.push(member));
                self.stage(Head::read(&text, 0..text.len(), &members), &text);
            }
        }
    }

    fn stage(&mut self, head: Head, text: &[u8]) {
        let Head { time, id, version, digest, .. } = head;
        self.events += 1;
        self.container = self.container.or(self.next_container);
        self.staged.text.extend_from_slice(text);
        let end = self.staged.text.len();
        let key = EventKey { time, id, version, digest };
        let position = i32::try_from(self.records).ok();
        self.staged.events.push(StagedEvent { key, position, end });
        if end >= MAX_STAGED_BYTES {
            self.hand_over_staged();
        }
    }

    fn hand_over_staged(&mut self) {
        Progress::add(&self.progress.events, self.staged.events.len() as u64);
        if !self.staged.events.is_empty() && !(self.hand_over)(self.staged) {
            self.stopped = true;
        }
        self.staged.clear();
    }

    fn finish(mut self, damage: Option<crate::envelope::Damage>) -> Outcome {
        self.hand_over_staged();
        self.stopped |= damage.as_ref().is_some_and(|damage| damage.kind == FaultKind::Stopped);
        let mut verdict = self.verdict();
        if verdict == Verdict::Imported {
            // Among events, any other object is a record that could not be taken.
            let positions = std::mem::take(&mut self.foreign_at);
            let unnamed = self.foreign - positions.len() as u64;
            for position in positions {
                let reason = "a JSON object, but not a CloudTrail event";
                self.reject(Reject { position, text: b"", reason, records: 1 });
            }
            self.rejected += unnamed;
            Progress::add(&self.progress.rejected, unnamed);
        }
        let location = &self.name.location;
        let mut everything_was_taken = false;
        if let Some(damage) = damage.filter(|_| verdict != Verdict::Stopped) {
            everything_was_taken = damage.kind.everything_was_taken() && self.rejected == 0;
            if self.nothing_taken() && !self.name.claims_json {
                verdict = Verdict::Foreign(damage.reason);
            } else {
                let is_log = self.rejected > 0 || !self.nothing_taken();
                let kind = if is_log { FailureType::Damaged } else { FailureType::NotLogs };
                let reason = match self.events {
                    0 => damage.reason,
                    1 => format!("{}; the event before it was taken", damage.reason),
                    n => format!("{}; the {n} events before it were taken", damage.reason),
                };
                self.rejects.push(kind.at(location, Some(damage.position), reason));
                verdict = Verdict::Failed;
            }
        }
        match &verdict {
            // Braces in a text that is not named as a log are not lost records.
            Verdict::Foreign(_) if !self.name.claims_json => {
                self.rejected = 0;
                self.rejects.clear();
            }
            Verdict::Foreign(reason) if self.name.named => {
                self.rejects.push(FailureType::NotLogs.at(location, None, reason.as_str()));
                verdict = Verdict::Failed;
            }
            _ => {}
        }
        let counts = EventCounts {
            read: self.rejected + self.not_selected + self.of_other_categories() + self.aggregated,
            rejected: self.rejected,
            not_selected: self.not_selected,
            other_category: self.of_other_categories(),
            aggregated: self.aggregated,
            ..EventCounts::default()
        };
        Outcome {
            verdict,
            counts,
            other_categories: self.other_categories,
            containers: self.container.map(|c| (c, Container::of(location))).into_iter().collect(),
            failures: self.rejects,
            notices: self.notices,
            everything_was_taken,
            other_members: Vec::new(),
        }
    }

    fn of_other_categories(&self) -> u64 {
        self.other_categories.iter().sum()
    }

    /// Whether nothing of the file is anything of CloudTrail's.
    fn nothing_taken(&self) -> bool {
        let events = self.events + self.not_selected + self.of_other_categories();
        events + self.aggregated + self.digests == 0
    }

    fn verdict(&self) -> Verdict {
        if self.stopped {
            Verdict::Stopped
        } else if self.events + self.not_selected > 0 {
            Verdict::Imported
        } else if let Some(at) = self.other_categories.iter().position(|count| *count > 0) {
            Verdict::OtherCategory(SCHEMAS[at])
        } else if self.aggregated > 0 {
            Verdict::Aggregated
        } else if self.digests > 0 {
            Verdict::Digest
        } else if self.rejected > 0 && self.name.claims_json {
            Verdict::Failed
        } else if self.rejected > 0 {
            let reason = self.wrapper.unwrap_or("text without readable records");
            Verdict::Foreign(reason.to_owned())
        } else if self.foreign > 0 {
            let reason = self.wrapper.unwrap_or("JSON without CloudTrail events");
            Verdict::Foreign(reason.to_owned())
        } else {
            Verdict::Imported // an envelope without records
        }
    }
}
