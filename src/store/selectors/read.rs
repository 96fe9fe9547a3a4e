//! Reads the events of files, to test selectors with, without storing any.

use super::event::EventFields;
use crate::envelope::{
    Content, Document, Location, Opener, Record, Reject, Replaced, Sink, Source, read_records,
};
use crate::event::{Class, EventSchema};
use crate::json::Member;
use std::sync::atomic::{AtomicBool, Ordering};

/// An event of a file.
#[derive(Debug)]
pub struct ReadEvent<'a> {
    /// What selectors look at.
    pub fields: EventFields<'a>,
    /// The file.
    pub location: &'a Location,
    /// Where the record begins in the unpacked file, in bytes from 0.
    pub position: u64,
}

/// What was found beside events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOutcome {
    /// Events.
    pub events: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Objects that are not events: digests, aggregated events, files of other services.
    pub others: u64,
    /// Files that could not be read to their end, and why.
    pub failures: Vec<(String, String)>,
}

/// Hands the events of `sources` to `on_event`, in order, those of every category, until it returns false or
/// `cancel` is set. The same event in two files is handed out twice.
pub fn read_events(
    sources: &[Source],
    cancel: &AtomicBool,
    on_event: &mut dyn FnMut(&ReadEvent<'_>) -> bool,
) -> ReadOutcome {
    let mut opener = Opener::default();
    let mut outcome = ReadOutcome::default();
    for source in sources {
        let mut goes_on = true;
        opener.read(source, cancel, &mut |document| {
            goes_on = read_document(source, document, cancel, &mut outcome, on_event);
            goes_on
        });
        if !goes_on || cancel.load(Ordering::Relaxed) {
            break;
        }
    }
    outcome
}

/// Reads a document of `source`; returns whether to go on.
fn read_document(
    source: &Source,
    document: Document<'_>,
    cancel: &AtomicBool,
    outcome: &mut ReadOutcome,
    on_event: &mut dyn FnMut(&ReadEvent<'_>) -> bool,
) -> bool {
    let ReadOutcome { events, rejected, .. } = *outcome;
    let failures = outcome.failures.len();
    let location = &source.location;
    let claims_json = document.claims_json(source);
    let name = document.location(source);
    let failure = match document.content {
        Content::Text(mut input) => {
            let mut sink = EventSink { location, cancel, outcome, on_event, stopped: false };
            let read = read_records(&mut input, &mut sink);
            if sink.stopped {
                return false;
            }
            read.err().map(|damage| format!("at byte {}: {}", damage.position, damage.reason))
        }
        Content::Refused(packing) => Some(packing.to_string()),
        Content::Unreadable(error) => Some(error.to_string()),
        // What precedes the damage may be events.
        Content::Damaged(fault) => {
            outcome.failures.push((name, fault.message()));
            return true;
        }
    };
    outcome.failures.extend(failure.map(|reason| (name, reason)));
    // Braces in a text that is not named as a log are not lost records.
    if outcome.events == events && !claims_json {
        outcome.others += 1;
        outcome.rejected = rejected;
        outcome.failures.truncate(failures);
    }
    true
}

struct EventSink<'a> {
    location: &'a Location,
    cancel: &'a AtomicBool,
    outcome: &'a mut ReadOutcome,
    on_event: &'a mut dyn FnMut(&ReadEvent<'_>) -> bool,
    stopped: bool,
}

impl Sink for EventSink<'_> {
    fn record(&mut self, record: Record<'_>) -> bool {
        match Class::of(record.window, record.members) {
            Class::Event(schema) => {
                self.outcome.events += 1;
                let fields = EventFields::read(record.window, record.members).of(schema);
                let (location, position) = (self.location, record.position);
                self.stopped = !(self.on_event)(&ReadEvent { fields, location, position });
            }
            Class::Aggregated | Class::Digest | Class::Foreign => self.outcome.others += 1,
        }
        self.stopped |= self.cancel.load(Ordering::Relaxed);
        !self.stopped
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.outcome.rejected += reject.records;
    }

    fn replaced(&mut self, _: Replaced<'_>) {}

    fn knows_member(&self, name: &[u8]) -> bool {
        EventSchema::CloudTrail.is_member(name)
    }

    fn is_record(&self, bytes: &[u8], members: &[Member]) -> bool {
        Class::of(bytes, members) != Class::Foreign
    }
}
