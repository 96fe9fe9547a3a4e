//! Walks a container and hands out its records, one slice of the window each.

use super::container::{Damage, Place, Record, Reject, Replaced, Sink};
use super::fault::FaultKind;
use super::input::{Input, MAX_VALUE_BYTES};
use super::recovery::{Damaged, Effort, Head, Next, Search, Window, continues_after, records_in};
use super::{inside, ruby, wrapper};
use crate::json::scan::{self, Scanned};
use crate::json::{Member, ScanError, scan_object, scan_value, skip_whitespace};
use std::borrow::Cow;

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

/// Whether the records of a document are in its member `key`, whose value begins with `first`. Search engines have
/// their `hits` in an object of that name.
fn opens_records(key: &[u8], first: u8) -> bool {
    match first {
        b'[' => wrapper::list(key).is_some(),
        b'{' => key == b"hits",
        _ => false,
    }
}

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
    /// What the list that is read is called, if it has a name.
    list: Option<&'static str>,
    /// Whether something stands before records on their lines, such as a time.
    on_log_lines: bool,
    /// Objects that are open around the document.
    open: usize,
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
    ahead: Ahead,
}

/// How far was looked ahead for what looks like the next record.
#[derive(Debug, Default)]
struct Ahead {
    /// The name of the first member of a record that was looked for.
    name: Vec<u8>,
    /// Where it is in the source, or up to where there is none.
    to: u64,
    found: bool,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn new(input: &'a mut Input<'w>, sink: &'a mut dyn Sink) -> Self {
        Self {
            input,
            sink,
            place: Place::Top,
            list: None,
            on_log_lines: false,
            open: 0,
            members: Vec::new(),
            any: false,
            indent: Some(0),
            on_lines: None,
            usual_name: Vec::new(),
            effort: Effort::default(),
            ahead: Ahead::default(),
        }
    }

    fn run(&mut self) -> Result<(), Damage> {
        let outcome = loop {
            // Of a pipe what has come is taken first.
            if !self.input.is_live() && self.input.stop_if_asked() {
                break Ok(());
            }
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
                    self.list = None;
                    self.place = Place::Array { in_object: false };
                    Step::Next
                }
                Some(b'"') if let Some(step) = self.text() => step,
                Some(_) if self.passes_prefix() => Step::Next,
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
            |key, first| envelope && opens_records(key, first),
            &mut |member| members.push(member),
        );
        match scanned {
            Ok(Scanned::Stopped(at)) => self.member_with_records(at),
            Ok(Scanned::Whole(end)) => self.whole_object(end),
            Err(ScanError::Incomplete) if reach < self.input.bytes().len() => {
                self.recover(Fault::Malformed(reach, "the end of the record"))
            }
            Err(error) => self.more_or_recover(error),
        }
    }

    /// Goes into the list of records at `at`, or into the object that has it.
    fn member_with_records(&mut self, at: usize) -> Step {
        self.any = true;
        let bytes = self.input.bytes();
        if bytes[at] == b'{' {
            self.open += 1;
            self.advance(at);
            return Step::Next;
        }
        let name = bytes[..at].trim_ascii_end().strip_suffix(b":").unwrap_or_default();
        let name = name.trim_ascii_end().strip_suffix(b"\"").unwrap_or_default();
        self.list = name.rsplit(|b| *b == b'"').next().and_then(wrapper::list);
        self.advance(at + 1);
        self.place = Place::Array { in_object: true };
        Step::Next
    }

    /// Reads a document that is a string, with records in its text. `None` when it is none.
    fn text(&mut self) -> Option<Step> {
        let bytes = self.input.bytes();
        let end = match scan_value(bytes, 0) {
            Err(ScanError::Incomplete) if self.can_grow() => {
                self.input.grow();
                return Some(Step::Next);
            }
            end => end.ok()?,
        };
        if bytes.get(skip_whitespace(bytes, end)) == Some(&b':') {
            return None;
        }
        self.value_inside(end)
    }

    /// Whether there is more of the value at the start of the window, and it is not too long.
    fn can_grow(&self) -> bool {
        !self.input.at_end() && self.input.bytes().len() <= MAX_VALUE_BYTES
    }

    /// Reads the value before `end`, with records inside. `None` when it is none.
    fn value_inside(&mut self, end: usize) -> Option<Step> {
        let (container, position) = (self.container(), self.input.position(0));
        let value = checked(self.sink, &self.input.bytes()[..end], position);
        let goes_on = inside::hand_out_of(self.sink, &value, position, container)?;
        self.any = true;
        self.input.note_record();
        self.advance(end);
        Some(if goes_on { Step::Next } else { Step::End })
    }

    /// Passes over what stands on a log line before its object, such as a time, if that is a record or has some inside.
    fn passes_prefix(&mut self) -> bool {
        let end = loop {
            let ahead = &self.input.bytes()[..self.input.bytes().len().min(LOOKAHEAD_BYTES)];
            match memchr::memchr(b'\n', ahead) {
                Some(end) => break end,
                None if self.input.at_end() || ahead.len() == LOOKAHEAD_BYTES => break ahead.len(),
                None => self.input.grow(),
            }
        };
        let line = self.input.bytes()[..end].trim_ascii_end();
        let Some(at) = inside::behind_prefix(line).filter(|at| *at > 0) else { return false };
        self.members.clear();
        let members = &mut self.members;
        let whole = scan_object(line, at, |member| members.push(member)) == Ok(line.len());
        let found = whole
            && (self.sink.is_record(line, &self.members)
                || wrapper::describe_object(line, &self.members).is_some());
        if found {
            self.any = true;
            self.on_lines = Some(true);
            self.on_log_lines = true;
            self.advance(at);
        }
        found
    }

    /// What the records stand in that are not wrapped.
    fn container(&self) -> &'static str {
        match self.place {
            Place::Top if self.on_log_lines => "log lines with a record at their end",
            Place::Top => self.input.container().unwrap_or(wrapper::DOCUMENTS),
            Place::Array { .. } | Place::Tail => self.list.unwrap_or(wrapper::LIST),
        }
    }

    /// Returns how many bytes of the window an object may have: all, unless recovery has cost more
    /// than its share; then those before what looks like the next record.
    fn reach(&mut self) -> usize {
        let bytes = self.input.bytes();
        if !self.effort.is_spent(self.input.position(0)) {
            return bytes.len();
        }
        let begin = self.input.position(0);
        if self.ahead.name != self.usual_name || self.ahead.to <= begin + 1 {
            self.ahead = Ahead { name: self.usual_name.clone(), to: begin + 1, found: false };
        }
        // What was looked through for an object before is not looked through again.
        let looked = (self.ahead.to - begin) as usize;
        let ahead = bytes.len().min(LOOKAHEAD_BYTES);
        if !self.ahead.found && looked < ahead {
            let head = [b"{\"", &self.usual_name[..], b"\""].concat();
            // It may begin where the bytes ended that were looked through.
            let from = looked.saturating_sub(head.len()).max(1);
            let rest = &bytes[from..ahead];
            let head = memchr::memmem::find(rest, &head);
            let before = head.unwrap_or(rest.len());
            let line = memchr::memmem::find(&rest[..before], b"\n{");
            self.effort.add(before);
            let found = line.or(head);
            self.ahead.found = found.is_some();
            self.ahead.to = begin + (from + found.unwrap_or(rest.len())) as u64;
        }
        if self.ahead.found { (self.ahead.to - begin) as usize } else { bytes.len() }
    }

    /// Delivers the object that ends at `end`, unless what follows shows that it ends too early.
    fn whole_object(&mut self, end: usize) -> Step {
        let (record, rest) = self.input.bytes().split_at(end);
        let has = |name: &[u8]| self.members.iter().any(|m| m.raw_key(record) == name);
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
        if let Some(first) = self.members.first().map(|m| m.raw_key(window))
            && first != self.usual_name
        {
            self.usual_name = first.to_vec();
        }
        let (container, position) = (self.container(), self.input.position(0));
        let text = checked(self.sink, &window[..end], position);
        let mut members = Vec::new();
        let record = match &text {
            Cow::Borrowed(_) => Record { window, start: 0, end, members: &self.members, position },
            Cow::Owned(text) => {
                // What is replaced stands inside strings, so the text is as sound as it was.
                let _ = scan_object(text, 0, |member| members.push(member));
                Record { window: text, start: 0, end: text.len(), members: &members, position }
            }
        };
        let go_on = inside::hand_out(self.sink, record, container);
        self.advance(end);
        // The object that was to have the list of records has none.
        if self.open > 0 && self.place == Place::Top {
            self.open -= 1;
            self.place = Place::Tail;
        }
        if go_on { Step::Next } else { Step::End }
    }

    fn element_of_another_kind(&mut self) -> Step {
        let scanned = scan_value(self.input.bytes(), 0);
        if scanned == Err(ScanError::Incomplete) && self.can_grow() {
            self.input.grow();
            return Step::Next;
        }
        if let Ok(end) = scanned
            && let Some(step) = self.value_inside(end)
        {
            return step;
        }
        let bytes = self.input.bytes();
        let is_list = bytes[0] == b'[';
        if is_list && scanned.is_err() && bytes.get(skip_whitespace(bytes, 1)) == Some(&b'{') {
            self.reject(1, 0, "an array inside the array of records");
            return Step::Next;
        }
        match scanned {
            Ok(end) => match bytes.get(skip_whitespace(bytes, end)) {
                None if !self.input.at_end() => {
                    self.input.grow();
                    Step::Next
                }
                None | Some(b',' | b']') => {
                    let reason = match self.list {
                        Some(list) if is_list => format!("{list}, without a record's own text"),
                        _ => "a record must be a JSON object".to_owned(),
                    };
                    self.reject(end, 1, &reason);
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
                self.place = if self.open > 0 { Place::Tail } else { Place::Top };
                self.open = self.open.saturating_sub(1);
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
            Next::Document(_) => (self.place, self.open) = (Place::Top, 0),
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

/// Returns a text with U+FFFD for what is not UTF-8 in it, of which the sink is told.
fn checked<'a>(sink: &mut dyn Sink, text: &'a [u8], position: u64) -> Cow<'a, [u8]> {
    let Err(error) = std::str::from_utf8(text) else { return text.into() };
    let at = error.valid_up_to();
    let run = error.error_len().unwrap_or(text.len() - at);
    sink.replaced(Replaced {
        position: position + at as u64,
        bytes: &text[at..at + run],
        runs: text.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count(),
    });
    String::from_utf8_lossy(text).into_owned().into_bytes().into()
}

#[cfg(test)]
mod tests;
