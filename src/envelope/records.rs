//! Walks a container and hands out its records, one slice of the window each.

use super::container::{Damage, Place, Record, Reject, Replaced, Sink};
use super::fault::FaultKind;
use super::input::{Input, MAX_VALUE_BYTES};
use super::recovery::{
    Damaged, Effort, Head, Next, Search, Window, continues_after, is_envelope, records_in,
};
use super::{ruby, wrapper};
use crate::json::cursor::Kind;
use crate::json::scan::{self, Scanned};
use crate::json::text::unescape_into;
use crate::json::{Cursor, Member, ScanError, scan_object, scan_value, skip_whitespace};

/// Reads all records of `input` into `sink`.
///
/// # Errors
/// The damage that ended the reading before the end of the source. What came before it was handed
/// out. Text that is not JSON at all is damage at its first byte.
pub fn read_records(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), Damage> {
    Walk::new(input, sink).run()
}

/// Bytes in which a second line of records is looked for.
const LOOKAHEAD_BYTES: usize = 1 << 20;

const UNCLOSED: &str = "the file ends before the closing '}' of its Records";

enum Step {
    Next,
    End,
    Damage(Damage),
}

/// What is wrong with the record at the start of the window.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// The byte at this offset is not what the grammar wants.
    Malformed(usize, &'static str),
    /// The brackets of the record close at this offset, though more of its members follow.
    ClosesEarly(usize),
    /// The source ends inside the record.
    Cut,
    /// The record does not end within [`MAX_VALUE_BYTES`] bytes.
    TooLong,
}

struct Walk<'a, 'w> {
    input: &'a mut Input<'w>,
    sink: &'a mut dyn Sink,
    place: Place,
    members: Vec<Member>,
    /// Whether anything of the container was understood.
    any: bool,
    /// Blanks before the window on its line; `None` when something else stands before it there.
    indent: Option<usize>,
    /// Whether records stand on lines of their own, once that is known.
    on_lines: Option<bool>,
    /// The name of the first member of the record before; empty until one was seen.
    usual_name: Vec<u8>,
    effort: Effort,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn new(input: &'a mut Input<'w>, sink: &'a mut dyn Sink) -> Self {
        Self {
            input,
            sink,
            place: Place::Top,
            members: Vec::new(),
            any: false,
            indent: Some(0),
            on_lines: None,
            usual_name: Vec::new(),
            effort: Effort::default(),
        }
    }

    fn run(&mut self) -> Result<(), Damage> {
        let outcome = loop {
            match self.step() {
                Step::Next => {}
                Step::End => break Ok(()),
                Step::Damage(damage) => break Err(damage),
            }
        };
        // Damage of the packing explains whatever the text lacks.
        let position = self.input.position(0);
        match (self.input.damage(), outcome) {
            (None, outcome) => outcome,
            // The bytes were all there, so the text has a fault of its own.
            (Some(fault), Err(text)) if fault.kind.everything_was_taken() => {
                Err(Damage { reason: format!("{}; {}", text.reason, fault.message()), ..text })
            }
            (Some(fault), _) => Err(Damage { position, reason: fault.message(), kind: fault.kind }),
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
            self.advance(at);
            if self.place == Place::Top && self.byte_order_mark() {
                continue;
            }
            if let Some(byte) = self.input.bytes().first() {
                return Some(*byte);
            }
            if self.input.at_end() {
                return None;
            }
            self.input.grow();
        }
    }

    /// Passes over a byte order mark: documents that were put together each bring their own. Returns whether the
    /// window has changed.
    fn byte_order_mark(&mut self) -> bool {
        let mut grown = false;
        while b"\xef\xbb".starts_with(self.input.bytes()) && !self.input.at_end() {
            self.input.grow();
            grown = true;
        }
        let found = self.input.bytes().starts_with(b"\xef\xbb\xbf");
        if found {
            self.input.drop_front(3);
        }
        found || grown
    }

    /// Drops the first `count` bytes, and notes where on its line the byte after them stands.
    fn advance(&mut self, count: usize) {
        let passed = &self.input.bytes()[..count];
        let blanks = passed.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        self.indent = match passed[..count - blanks].last() {
            Some(b'\n') => Some(blanks),
            Some(_) => None,
            None => self.indent.map(|before| before + blanks),
        };
        self.input.drop_front(count);
    }

    fn step(&mut self) -> Step {
        self.members.clear();
        match self.place {
            Place::Top => match self.peek(b",\x1e\0") {
                None if self.any => Step::End,
                None => self.damage(0, "the file is empty"),
                Some(b'{') => self.object(),
                Some(b'[') => {
                    self.advance(1);
                    self.place = Place::Array { in_object: false };
                    Step::Next
                }
                Some(_) if self.any || self.line_with_object() || self.lacks_its_brace() => {
                    self.recover(Fault::Malformed(0, "a record"))
                }
                Some(_) => self.damage(
                    0,
                    wrapper::describe_text(self.input.bytes()).unwrap_or(
                        "not JSON: a record, an array or an object with Records is expected",
                    ),
                ),
            },
            Place::Array { in_object } => match self.peek(b",") {
                None => self.damage(0, "the file ends inside its array of records"),
                Some(b']') => self.end_of_array(in_object),
                Some(b'{') => self.object(),
                Some(_) => self.element_of_another_kind(),
            },
            Place::Tail => self.tail(),
        }
    }

    /// Leaves the array, unless a name follows its bracket: then a record has lost its brace to it.
    fn end_of_array(&mut self, in_object: bool) -> Step {
        let bytes = self.input.bytes();
        let next = bytes.get(skip_whitespace(bytes, 1)).copied();
        if next.is_none() && !self.input.at_end() {
            self.input.grow();
            return Step::Next;
        }
        self.any = true;
        self.advance(1);
        if next != Some(b'"') {
            self.place = if in_object { Place::Tail } else { Place::Top };
        }
        Step::Next
    }

    /// Whether a later line begins as a JSON object: a comment or a header stands before JSON Lines.
    fn line_with_object(&self) -> bool {
        memchr::memmem::find(self.input.bytes(), b"\n{").is_some()
    }

    /// Whether the window begins as a record does that has lost its brace, or has another byte there.
    fn lacks_its_brace(&self) -> bool {
        let bytes = self.input.bytes();
        let name = bytes.iter().take(2).position(|b| *b == b'"').map(|quote| &bytes[quote + 1..]);
        name.and_then(|name| name.split(|b| *b == b'"').next())
            .is_some_and(|name| self.sink.knows_member(name))
    }

    /// Reads the object at the start of the window: a record, or an envelope of records.
    fn object(&mut self) -> Step {
        if self.indent.is_some() && self.input.position(0) > 0 {
            self.on_lines = Some(true);
        }
        if self.usual_name.is_empty()
            && let Some(Head::Member { key, .. }) = Head::read(self.input.bytes(), 0)
            && self.sink.knows_member(key)
        {
            self.usual_name = key.to_vec();
        }
        let reach = self.reach();
        let members = &mut self.members;
        let envelope = self.place == Place::Top;
        let scanned = scan::scan_members(
            &self.input.bytes()[..reach],
            0,
            |key, first| envelope && first == b'[' && is_envelope(key),
            &mut |member| members.push(member),
        );
        match scanned {
            Ok(Scanned::Stopped(at)) => {
                self.any = true;
                self.advance(at + 1);
                self.place = Place::Array { in_object: true };
                Step::Next
            }
            Ok(Scanned::Whole(end)) => self.whole_object(end),
            Err(ScanError::Incomplete) if reach < self.input.bytes().len() => {
                self.recover(Fault::Malformed(reach, "the end of the record"))
            }
            Err(error) => self.more_or_recover(error),
        }
    }

    /// Returns how many bytes of the window an object may have: all, unless recovery has cost more
    /// than its share; then those before what looks like the next record.
    fn reach(&mut self) -> usize {
        let bytes = self.input.bytes();
        if !self.effort.is_spent(self.input.position(0)) {
            return bytes.len();
        }
        let rest = &bytes[1..bytes.len().min(LOOKAHEAD_BYTES)];
        let head = [b"{\"", &self.usual_name[..], b"\""].concat();
        let head = memchr::memmem::find(rest, &head).unwrap_or(rest.len());
        let line = memchr::memmem::find(&rest[..head], b"\n{").unwrap_or(head);
        self.effort.add(head);
        if line == rest.len() { bytes.len() } else { 1 + line }
    }

    /// Delivers the object that ends at `end`, unless what follows shows that it ends too early.
    fn whole_object(&mut self, end: usize) -> Step {
        let (record, rest) = self.input.bytes().split_at(end);
        let has =
            |name: &[u8]| self.members.iter().any(|m| &record[m.key_start..m.key_end] == name);
        match continues_after(rest, self.place, self.input.at_end(), has) {
            Some(false) if self.is_unclosed(end) => self.unclosed(end),
            Some(false) => self.deliver(end),
            Some(true) => self.recover(Fault::ClosesEarly(end)),
            None => {
                self.input.grow();
                Step::Next
            }
        }
    }

    /// Whether the array of records is left open after the object that ends at `end`.
    fn is_unclosed(&self, end: usize) -> bool {
        let bytes = self.input.bytes();
        let next = bytes.get(skip_whitespace(bytes, end));
        matches!(self.place, Place::Array { .. }) && !matches!(next, Some(b',' | b']' | b'}'))
    }

    /// Delivers the object that ends at `end`, after which the array is left open, unless it has
    /// swallowed other records: the brackets that end it were those of the array.
    fn unclosed(&mut self, end: usize) -> Step {
        match self.next_record(1, false) {
            Next::Here(next) | Next::Document(next) if next < end => {
                self.pass_over(Fault::Malformed(next, "the end of the record"), next);
                Step::Next
            }
            Next::Document(next) => {
                let step = self.deliver(end);
                self.reject(next - end, 0, "the array of records before is not closed");
                self.place = Place::Top;
                step
            }
            Next::Here(_) | Next::Nothing => self.deliver(end),
        }
    }

    fn deliver(&mut self, end: usize) -> Step {
        self.any = true;
        self.input.note_record();
        let window = self.input.bytes();
        if let Some(first) = self.members.first().map(|m| &window[m.key_start..m.key_end])
            && first != self.usual_name
        {
            self.usual_name = first.to_vec();
        }
        let position = self.input.position(0);
        let mut record = Record { window, start: 0, end, members: &self.members, position };
        let go_on = match std::str::from_utf8(&window[..end]) {
            Ok(_) => hand_out(self.sink, record),
            Err(error) => {
                let (at, text) = (error.valid_up_to(), String::from_utf8_lossy(&window[..end]));
                let run = error.error_len().unwrap_or(end - at);
                self.sink.replaced(Replaced {
                    position: position + at as u64,
                    bytes: &window[at..at + run],
                    runs: window[..end].utf8_chunks().filter(|c| !c.invalid().is_empty()).count(),
                });
                let mut members = Vec::new();
                record.window = text.as_bytes();
                record.end = text.len();
                // What is replaced stands inside strings, so the text is as sound as it was.
                let _ = scan_object(record.window, 0, |member| members.push(member));
                record.members = &members;
                hand_out(self.sink, record)
            }
        };
        self.advance(end);
        if go_on { Step::Next } else { Step::End }
    }

    fn element_of_another_kind(&mut self) -> Step {
        let bytes = self.input.bytes();
        if bytes[0] == b'[' && bytes.get(skip_whitespace(bytes, 1)) == Some(&b'{') {
            self.reject(1, 0, "an array inside the array of records");
            return Step::Next;
        }
        match scan_value(bytes, 0) {
            Ok(end) => match bytes.get(skip_whitespace(bytes, end)) {
                None if !self.input.at_end() => {
                    self.input.grow();
                    Step::Next
                }
                None | Some(b',' | b']') => {
                    self.reject(end, 1, "a record must be a JSON object");
                    Step::Next
                }
                Some(_) => self.recover(Fault::Malformed(end, "',' or ']'")),
            },
            Err(error) => self.more_or_recover(error),
        }
    }

    /// Reads one more member after the records, or the end of their object.
    fn tail(&mut self) -> Step {
        match self.peek(b",") {
            None => self.damage(0, UNCLOSED),
            Some(b'}') => {
                self.advance(1);
                self.place = Place::Top;
                Step::Next
            }
            Some(b'"') => {
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
                        self.advance(end);
                        Step::Next
                    }
                    Err(error) => self.more_or_recover(error),
                }
            }
            Some(_) => self.recover(Fault::Malformed(0, "the closing '}' of Records")),
        }
    }

    /// Grows the window for a value that it holds a part of, or passes over what cannot be a value.
    fn more_or_recover(&mut self, error: ScanError) -> Step {
        let fault = match error {
            ScanError::Malformed { at, expected } => Fault::Malformed(at, expected),
            ScanError::Incomplete if self.input.is_stopped() => return Step::End,
            ScanError::Incomplete if self.input.at_end() => Fault::Cut,
            ScanError::Incomplete if self.input.bytes().len() > MAX_VALUE_BYTES => Fault::TooLong,
            ScanError::Incomplete => {
                self.input.grow();
                return Step::Next;
            }
        };
        self.recover(fault)
    }

    /// Passes over a stretch that is not JSON: reads it as a Ruby hash if it is one, else rejects it
    /// and goes on at the next record.
    fn recover(&mut self, fault: Fault) -> Step {
        let at = match fault {
            Fault::Malformed(at, _) | Fault::ClosesEarly(at) => at,
            Fault::Cut | Fault::TooLong => self.input.bytes().len(),
        };
        self.effort.add(at);
        let next = self.next_record(at, !matches!(fault, Fault::ClosesEarly(_)));
        let end = match next {
            Next::Here(end) | Next::Document(end) => end,
            Next::Nothing => self.before_closing_brackets(),
        };
        if self.input.bytes().get(at) == Some(&b'=') && self.ruby_record(end) {
            return Step::Next;
        }
        let is_last = next == Next::Nothing && self.input.at_end();
        if is_last && !self.any && !self.sink.is_record(self.input.bytes(), &self.members) {
            return match fault {
                Fault::Malformed(at, expected) => {
                    self.damage(at, &format!("not JSON: {expected} is expected"))
                }
                _ => self.damage(0, "the file ends inside a record"),
            };
        }
        if is_last && self.place == Place::Tail && matches!(fault, Fault::Cut) {
            return self.damage(0, UNCLOSED);
        }
        self.pass_over(fault, end);
        match next {
            Next::Document(_) => self.place = Place::Top,
            _ if self.place == Place::Tail => self.place = Place::Top,
            Next::Nothing if is_last && matches!(fault, Fault::Cut) => {
                return self.damage(0, "the file ends inside a record");
            }
            Next::Here(_) | Next::Nothing => {}
        }
        Step::Next
    }

    /// Returns where to go on after a record that is damaged at `at`.
    fn next_record(&mut self, at: usize, trusts_brackets: bool) -> Next {
        self.note_lines();
        let bytes = self.input.bytes();
        let mut search = Search::new(Damaged {
            at,
            place: self.place,
            indent: self.indent,
            members_on_its_line: !bytes[..skip_whitespace(bytes, 1)].contains(&b'\n'),
            on_lines: self.on_lines == Some(true),
            trusts_brackets,
        });
        loop {
            let found = search.next(&mut Window {
                bytes: self.input.bytes(),
                whole: self.input.at_end(),
                position: self.input.position(0),
                members: &self.members,
                usual_name: &self.usual_name,
                sink: self.sink,
                effort: &mut self.effort,
            });
            match found {
                Some(next) => return next,
                None if self.input.bytes().len() > MAX_VALUE_BYTES => return Next::Nothing,
                None => self.input.grow(),
            }
        }
    }

    /// Returns the end of the window without the brackets that close the records' array.
    fn before_closing_brackets(&self) -> usize {
        let bytes = self.input.bytes();
        let Place::Array { in_object } = self.place else { return bytes.len() };
        let text = bytes.trim_ascii_end();
        let text = match in_object {
            true => text.strip_suffix(b"}").map(<[u8]>::trim_ascii_end),
            false => Some(text),
        };
        text.and_then(|text| text.strip_suffix(b"]")).map_or(bytes.len(), <[u8]>::len)
    }

    /// Looks ahead, once, whether records stand on lines of their own.
    fn note_lines(&mut self) {
        if self.on_lines.is_none() {
            let ahead = &self.input.bytes()[..self.input.bytes().len().min(LOOKAHEAD_BYTES)];
            self.on_lines = Some(memchr::memmem::find(ahead, b"\n{").is_some());
            self.effort.add(ahead.len());
        }
    }

    /// Rejects the first `end` bytes.
    fn pass_over(&mut self, fault: Fault, end: usize) {
        let position = |at| self.input.position(at);
        let text = &self.input.bytes()[..end];
        let mut records = records_in(text);
        if self.place == Place::Tail {
            records -= u64::from(records == 1);
        }
        let mut reason = match fault {
            Fault::Malformed(at, expected) => {
                format!("malformed JSON at byte {}: {expected} is expected", position(at))
            }
            Fault::ClosesEarly(at) => {
                format!(
                    "malformed JSON at byte {}: the record goes on after its closing bracket",
                    position(at)
                )
            }
            Fault::Cut => "the record is cut off".to_owned(),
            Fault::TooLong => "a record of more than 64 MiB".to_owned(),
        };
        if records > 1 {
            reason += &format!("; {end} bytes passed over may have held {records} records");
        }
        self.reject(end, records, &reason);
        self.any = true;
    }

    fn reject(&mut self, end: usize, records: u64, reason: &str) {
        let text = self.input.bytes()[..end].trim_ascii_end();
        let text = text.strip_suffix(b",").unwrap_or(text);
        self.sink.reject(Reject { position: self.input.position(0), text, reason, records });
        self.advance(end);
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
        self.input.note_record();
        self.sink.record(Record {
            window: &json,
            start: 0,
            end: end_of_json,
            members,
            position: self.input.position(0),
        });
        self.advance(end);
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

/// The members of an entry of `PutAuditEvents`.
const AUDIT_EVENT_MEMBERS: [&[u8]; 3] = [b"id", b"eventData", b"eventDataChecksum"];

/// Hands out a record; of an entry of `aws cloudtrail lookup-events` or of `PutAuditEvents`, the record inside.
fn hand_out(sink: &mut dyn Sink, record: Record<'_>) -> bool {
    let name = |m: &Member| &record.window[m.key_start..m.key_end];
    let is_entry = record.members.len() <= AUDIT_EVENT_MEMBERS.len()
        && record.members.iter().all(|m| AUDIT_EVENT_MEMBERS.contains(&name(m)));
    let holder = if is_entry { &b"eventData"[..] } else { b"CloudTrailEvent" };
    let inside = record
        .members
        .iter()
        .find(|m| name(m) == holder)
        .map(|m| Cursor::new(&record.window[m.value_start..m.value_end]))
        .filter(|value| value.kind() == Kind::String);
    let Some(mut value) = inside else { return sink.record(record) };
    let mut text = Vec::new();
    unescape_into(value.string(), &mut text);
    let mut members = Vec::new();
    let start = skip_whitespace(&text, 0);
    match scan_object(&text, start, |member| members.push(member)) {
        Ok(end) if skip_whitespace(&text, end) == text.len() => {
            sink.record(Record { window: &text, start, end, members: &members, ..record })
        }
        _ => sink.record(record),
    }
}

#[cfg(test)]
mod tests;
