//! Walks a container and hands out its records, one slice of the window each.

use super::fault::FaultKind;
use super::input::{Input, MAX_VALUE};
use super::ruby;
use crate::json::scan::{self, Scanned};
use crate::json::{Member, ScanError, scan_object, scan_value, skip_whitespace};

/// One JSON object of a container; its grammar and its UTF-8 are checked.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The window that `members` point into.
    pub window: &'a [u8],
    /// Where the object begins and ends in the window.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Its own members, in order.
    pub members: &'a [Member],
    /// Where it begins in the unpacked source, in bytes from 0.
    pub position: u64,
}

impl Record<'_> {
    /// Returns the object's text.
    pub fn text(&self) -> &[u8] {
        &self.window[self.start..self.end]
    }
}

/// A stretch of the source that cannot be a record.
#[derive(Debug, Clone, Copy)]
pub struct Reject<'a> {
    /// Where it begins in the unpacked source, in bytes from 0.
    pub position: u64,
    /// Its bytes.
    pub text: &'a [u8],
    /// What is wrong, and where in the source.
    pub reason: &'a str,
}

/// Takes what a container holds.
pub trait Sink {
    /// Takes a record. Answers false to stop reading.
    fn record(&mut self, record: Record<'_>) -> bool;
    /// Takes a stretch that is no record.
    fn reject(&mut self, reject: Reject<'_>);
}

/// Why a source could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where reading stopped in the unpacked source, in bytes from 0.
    pub position: u64,
    /// What is wrong there.
    pub reason: String,
    /// What kind of damage it is.
    pub kind: FaultKind,
}

/// Where the walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between whole documents.
    Top,
    /// Inside an array of records; inside an object's `Records` member, too?
    Array { in_object: bool },
    /// Behind a `Records` array, among the other members of its object.
    Tail,
}

/// Reads all records of `input` into `sink`.
///
/// # Errors
/// The damage that ended the reading before the end of the source. What came before it was handed
/// out. Text that is not JSON at all is damage at its first byte.
pub fn read_records(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), Damage> {
    let mut walk = Walk { input, sink, place: Place::Top, members: Vec::new(), any: false };
    walk.byte_order_mark();
    let outcome = loop {
        match walk.step() {
            Step::Next => {}
            Step::End => break Ok(()),
            Step::Damage(damage) => break Err(damage),
        }
    };
    // Damage of the packing explains whatever the text lacks.
    let position = walk.input.position(0);
    match (walk.input.damage(), outcome) {
        (None, outcome) => outcome,
        // The bytes were all there, so the text has a fault of its own.
        (Some(fault), Err(text)) if fault.kind.everything_was_taken() => {
            Err(Damage { reason: format!("{}; {}", text.reason, fault.told()), ..text })
        }
        (Some(fault), _) => Err(Damage { position, reason: fault.told(), kind: fault.kind }),
    }
}

enum Step {
    Next,
    End,
    Damage(Damage),
}

struct Walk<'a, 'w> {
    input: &'a mut Input<'w>,
    sink: &'a mut dyn Sink,
    place: Place,
    members: Vec<Member>,
    /// Whether anything of the container was understood.
    any: bool,
}

impl Walk<'_, '_> {
    fn byte_order_mark(&mut self) {
        while self.input.bytes().len() < 3 && !self.input.at_end() {
            self.input.grow();
        }
        if self.input.bytes().starts_with(b"\xef\xbb\xbf") {
            self.input.drop_front(3);
        }
    }

    /// Moves to the next byte that counts and returns it; `None` at the end of the source.
    fn peek(&mut self, separators: &[u8]) -> Option<u8> {
        loop {
            let bytes = self.input.bytes();
            let mut at = skip_whitespace(bytes, 0);
            while bytes.get(at).is_some_and(|b| separators.contains(b)) {
                at = skip_whitespace(bytes, at + 1);
            }
            self.input.drop_front(at);
            if let Some(byte) = self.input.bytes().first() {
                return Some(*byte);
            }
            if self.input.at_end() {
                return None;
            }
            self.input.grow();
        }
    }

    fn step(&mut self) -> Step {
        match self.place {
            Place::Top => match self.peek(b",\x1e\0") {
                None if self.any => Step::End,
                None => self.damage(0, "the file is empty"),
                Some(b'{') => self.object(),
                Some(b'[') => {
                    self.input.drop_front(1);
                    self.place = Place::Array { in_object: false };
                    Step::Next
                }
                Some(_) if self.any || self.line_with_object() => self.recover(0, "a record"),
                Some(_) => self.damage(
                    0,
                    "not JSON: a record, an array or an object with Records is expected",
                ),
            },
            Place::Array { in_object } => match self.peek(b",") {
                None => self.damage(0, "the file ends inside its array of records"),
                Some(b']') => {
                    self.any = true;
                    self.input.drop_front(1);
                    self.place = if in_object { Place::Tail } else { Place::Top };
                    Step::Next
                }
                Some(b'{') => self.object(),
                Some(_) => self.element_of_another_kind(),
            },
            Place::Tail => self.tail(),
        }
    }

    /// Whether a later line begins as a JSON object: a comment or a header stands before JSON Lines.
    fn line_with_object(&self) -> bool {
        memchr::memmem::find(self.input.bytes(), b"\n{").is_some()
    }

    /// Reads the object at the start of the window: a record, or an envelope of records.
    fn object(&mut self) -> Step {
        self.members.clear();
        let members = &mut self.members;
        let envelope = self.place == Place::Top;
        let scanned = scan::scan_members(
            self.input.bytes(),
            0,
            |key, first| envelope && first == b'[' && key.eq_ignore_ascii_case(b"records"),
            &mut |member| members.push(member),
        );
        match scanned {
            Ok(Scanned::Stopped(at)) => {
                self.any = true;
                self.input.drop_front(at + 1);
                self.place = Place::Array { in_object: true };
                Step::Next
            }
            Ok(Scanned::Whole(end)) => self.deliver(end),
            Err(ScanError::Incomplete) => match self.more() {
                Ok(()) => Step::Next,
                Err(reason) => self.damage(0, reason),
            },
            Err(ScanError::Malformed { at, expected }) => self.recover(at, expected),
        }
    }

    fn deliver(&mut self, end: usize) -> Step {
        self.any = true;
        let window = self.input.bytes();
        let position = self.input.position(0);
        let mut go_on = true;
        match std::str::from_utf8(&window[..end]) {
            Ok(_) => {
                let members = &self.members;
                go_on = self.sink.record(Record { window, start: 0, end, members, position });
            }
            Err(error) => {
                let at = position + error.valid_up_to() as u64;
                let reason = format!("not UTF-8 at byte {at}");
                self.sink.reject(Reject { position, text: &window[..end], reason: &reason });
            }
        }
        self.input.drop_front(end);
        if go_on { Step::Next } else { Step::End }
    }

    fn element_of_another_kind(&mut self) -> Step {
        match scan_value(self.input.bytes(), 0) {
            Ok(end) => {
                let (position, text) = (self.input.position(0), &self.input.bytes()[..end]);
                self.sink.reject(Reject {
                    position,
                    text,
                    reason: "a record must be a JSON object",
                });
                self.input.drop_front(end);
                Step::Next
            }
            Err(ScanError::Incomplete) => match self.more() {
                Ok(()) => Step::Next,
                Err(reason) => self.damage(0, reason),
            },
            Err(ScanError::Malformed { at, expected }) => self.recover(at, expected),
        }
    }

    /// Reads one more member behind the records, or the end of their object.
    fn tail(&mut self) -> Step {
        match self.peek(b",") {
            None => self.damage(0, "the file ends before the closing '}' of its Records"),
            Some(b'}') => {
                self.input.drop_front(1);
                self.place = Place::Top;
                Step::Next
            }
            Some(_) => {
                let bytes = self.input.bytes();
                let value = scan_value(bytes, 0)
                    .map(|key_end| skip_whitespace(bytes, key_end))
                    .and_then(|colon| match bytes.get(colon) {
                        Some(b':') => Ok(skip_whitespace(bytes, colon + 1)),
                        None => Err(ScanError::Incomplete),
                        Some(_) => Err(ScanError::Malformed { at: colon, expected: "':'" }),
                    })
                    .and_then(|value| scan_value(bytes, value));
                match value {
                    Ok(end) => {
                        self.input.drop_front(end);
                        Step::Next
                    }
                    Err(ScanError::Incomplete) => match self.more() {
                        Ok(()) => Step::Next,
                        Err(reason) => self.damage(0, reason),
                    },
                    Err(ScanError::Malformed { at, expected }) => {
                        let reason = format!("{expected} is expected");
                        self.damage(at, &reason)
                    }
                }
            }
        }
    }

    /// Grows the window, or says why the value in it will never be whole.
    fn more(&mut self) -> Result<(), &'static str> {
        if self.input.at_end() {
            return Err("the file ends inside a record");
        }
        if self.input.bytes().len() > MAX_VALUE {
            return Err("a record of more than 64 MiB");
        }
        self.input.grow();
        Ok(())
    }

    /// Passes over a stretch that is no JSON: reads it as a Ruby hash if it is one, else rejects it
    /// and goes on at the next record.
    fn recover(&mut self, at: usize, expected: &str) -> Step {
        let next = loop {
            match next_record(self.input.bytes(), at, self.place, self.input.at_end()) {
                Some(next) => break next,
                None => {
                    if let Err(reason) = self.more() {
                        return self.damage(at, reason);
                    }
                }
            }
        };
        if self.input.bytes()[at..].starts_with(b"=") && self.ruby_record(next) {
            return Step::Next;
        }
        let bytes = self.input.bytes();
        if !self.any && next >= bytes.len() {
            let reason = format!("not JSON: {expected} is expected");
            return self.damage(at, &reason);
        }
        let reason =
            format!("malformed JSON at byte {}: {expected} is expected", self.input.position(at));
        let text = bytes[..next].trim_ascii_end();
        self.sink.reject(Reject { position: self.input.position(0), text, reason: &reason });
        self.any = true;
        self.input.drop_front(next);
        Step::Next
    }

    /// Hands out the first `end` bytes as a record if they are a Ruby hash.
    fn ruby_record(&mut self, end: usize) -> bool {
        let Some(json) = ruby::to_json(&self.input.bytes()[..end]) else { return false };
        self.members.clear();
        let members = &mut self.members;
        let Ok(end_of_json) = scan_object(&json, 0, |member| members.push(member)) else {
            return false;
        };
        if skip_whitespace(&json, end_of_json) != json.len() || std::str::from_utf8(&json).is_err()
        {
            return false;
        }
        self.any = true;
        self.sink.record(Record {
            window: &json,
            start: 0,
            end: end_of_json,
            members,
            position: self.input.position(0),
        });
        self.input.drop_front(end);
        true
    }

    fn damage(&self, at: usize, reason: &str) -> Step {
        Step::Damage(Damage {
            position: self.input.position(at),
            reason: reason.to_owned(),
            kind: FaultKind::Text,
        })
    }
}

/// Returns where to go on after a stretch that begins at 0 and went wrong at `at`: at a record or a
/// closing bracket, or at the end of the bytes. `None` when more bytes are needed to tell.
fn next_record(bytes: &[u8], at: usize, place: Place, all_there: bool) -> Option<usize> {
    let balanced = balanced_end(bytes);
    if place == Place::Top {
        // JSON Lines: a record begins a line, even where a quote is left open on the line before.
        let line = memchr::memmem::find(bytes, b"\n{").map(|found| found + 1);
        match (line, balanced) {
            (Some(line), None) => return Some(line),
            (Some(line), Some(end)) => return Some(line.min(end)),
            (None, Some(end)) => return Some(end),
            (None, None) => {}
        }
    } else if let Some(end) = balanced {
        match bytes.get(skip_whitespace(bytes, end)) {
            Some(b',' | b']') => return Some(end),
            None if !all_there => return None,
            _ => {}
        }
    }
    // Brackets or quotes do not match: go on where a record visibly begins.
    let key = memchr::memmem::Finder::new(br#""eventVersion""#);
    let begins = key.find_iter(&bytes[at..]).find_map(|found| {
        let before = bytes[..at + found].trim_ascii_end();
        before.ends_with(b"{").then(|| before.len() - 1).filter(|begin| *begin > 0)
    });
    begins.or_else(|| all_there.then_some(bytes.len()))
}

/// Returns one past the bracket that closes the one at 0, if quotes and brackets match that far.
fn balanced_end(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if depth == 0 => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests;
