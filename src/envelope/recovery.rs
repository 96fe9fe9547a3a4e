//! Finds where the next record begins after a damaged one.
//!
//! Behind damage neither quotes nor brackets can be trusted: one stray quote turns text into
//! structure and structure into text. So a record is known by what surely begins one: an object that
//! begins a line as the damaged record did, an object whose first member is one of a record's, or an
//! envelope of records. What could also be a value inside the damaged record is read on trial, and
//! must turn out to be a record. Only where none of these comes first are matching brackets believed.

use super::container::{Place, Sink};
use crate::json::scan::{self, Scanned};
use crate::json::{Member, ScanError, scan_value, skip_whitespace};
use memchr::memchr;

/// Bytes that are searched at first; twice as many at each further try.
const FIRST_SEARCH_BYTES: usize = 4 << 10;

/// The record that is damaged, at the start of the window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Damaged {
    /// Where its text stops to be JSON, in bytes of the window.
    pub(super) at: usize,
    /// Where the walk is.
    pub(super) place: Place,
    /// Blanks between the start of its line and it; `None` when it does not begin a line.
    pub(super) indent: Option<usize>,
    /// Whether its first member stands on the line on which it begins.
    pub(super) members_on_its_line: bool,
    /// Whether records stand on lines of their own.
    pub(super) on_lines: bool,
    /// Whether its brackets may be trusted: not where they close too early.
    pub(super) trusts_brackets: bool,
}

/// Where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// At the same place of the walk: a record begins, or the damaged one has ended.
    Here(usize),
    /// A new document begins, whatever was open.
    Document(usize),
    /// Nothing of all that is in the window.
    Nothing,
}

/// Counts the bytes that recovery looks at, so that its cost stays in proportion to the source.
#[derive(Debug, Default)]
pub(super) struct Effort {
    looked: u64,
}

/// Bytes looked at for each byte passed before trials end, and as many as the largest event has
/// beside these.
const MAX_EFFORT: u64 = 8;
const MAX_EVENT_BYTES: u64 = 256 << 10;

impl Effort {
    pub(super) fn add(&mut self, bytes: usize) {
        self.looked += bytes as u64;
    }

    /// Whether more than its share was spent on the first `passed` bytes of the source.
    pub(super) fn is_spent(&self, passed: u64) -> bool {
        self.looked > MAX_EFFORT * passed + MAX_EVENT_BYTES
    }

    #[cfg(test)]
    pub(super) fn looked(&self) -> u64 {
        self.looked
    }
}

/// What a byte that opens an object turns out to be.
enum Verdict {
    Begins(Next),
    No,
    /// More bytes are needed to decide.
    Unsure,
}

/// A search that goes on where it stopped when the window has grown.
#[derive(Debug)]
pub(super) struct Search {
    damaged: Damaged,
    /// Whether the brackets of the damaged record match, once that has been computed.
    brackets_match: Option<bool>,
    from: usize,
    limit: usize,
}

/// What a search works on.
pub(super) struct Window<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether nothing follows the window.
    pub(super) whole: bool,
    /// Where it begins in the source.
    pub(super) position: u64,
    /// The members of the damaged record that were read.
    pub(super) members: &'a [Member],
    /// The name of the first member of the record before.
    pub(super) usual_name: &'a [u8],
    pub(super) sink: &'a dyn Sink,
    pub(super) effort: &'a mut Effort,
}

impl Search {
    pub(super) fn new(damaged: Damaged) -> Self {
        Self { damaged, brackets_match: None, from: 1, limit: FIRST_SEARCH_BYTES }
    }

    /// Returns where to go on; `None` when the window must grow first.
    pub(super) fn next(&mut self, window: &mut Window<'_>) -> Option<Next> {
        let bytes = window.bytes;
        loop {
            let limit = self.limit.min(bytes.len());
            while let Some(found) = memchr(b'{', bytes.get(self.from..limit).unwrap_or_default()) {
                let at = self.from + found;
                window.effort.add(found + 1);
                match self.judge(at, window) {
                    Verdict::Begins(next) => return Some(self.earlier(next, at, window)),
                    Verdict::Unsure if !window.whole => {
                        self.from = at;
                        return None;
                    }
                    Verdict::Unsure | Verdict::No => self.from = at + 1,
                }
            }
            window.effort.add(limit.saturating_sub(self.from));
            self.from = self.from.max(limit);
            if let Some(end) = self.trusted_end(limit, window) {
                return Some(Next::Here(end));
            }
            if limit == bytes.len() {
                return window.whole.then_some(Next::Nothing);
            }
            self.limit *= 2;
        }
    }

    /// Returns `next`, or the end of the damaged record if its brackets match before `limit`.
    fn earlier(&self, next: Next, limit: usize, window: &mut Window<'_>) -> Next {
        self.trusted_end(limit, window).map_or(next, Next::Here)
    }

    /// Returns one past the bracket that closes the damaged record, if quotes and brackets match in
    /// the first `limit` bytes and what may follow a record follows.
    fn trusted_end(&self, limit: usize, window: &mut Window<'_>) -> Option<usize> {
        if !self.damaged.trusts_brackets {
            return None;
        }
        let (end, looked) = matching_end(&window.bytes[..limit]);
        window.effort.add(looked);
        end.filter(|end| self.is_followed(*end, window))
    }

    /// Whether what may follow a record stands at `end`.
    fn is_followed(&self, end: usize, window: &Window<'_>) -> bool {
        let (bytes, whole) = (window.bytes, window.whole);
        if continues_after(&bytes[end..], self.damaged.place, whole, |_| false) != Some(false) {
            return false;
        }
        let next = skip_whitespace(bytes, end);
        match (bytes.get(next), self.damaged.place) {
            (None, Place::Top) => whole,
            (None, _) => false,
            (Some(b','), Place::Array { .. }) => {
                self.is_alike(skip_whitespace(bytes, next + 1), window)
            }
            (Some(byte), Place::Array { .. }) => *byte == b']',
            (Some(b'{' | b'['), _) if bytes[end..next].contains(&b'\n') => true,
            (Some(b'{'), _) => self.is_alike(next, window),
            (Some(byte), _) => *byte == b'\xef',
        }
    }

    /// Whether an object at `at` begins as the damaged record does, or as the one before.
    fn is_alike(&self, at: usize, window: &Window<'_>) -> bool {
        match (Head::read(window.bytes, at), Head::read(window.bytes, 0)) {
            (Some(Head::Member { key, .. }), Some(Head::Member { key: own, .. })) => {
                key == own || key == window.usual_name || window.sink.knows_member(key)
            }
            // Where the damage is at the very beginning, there is nothing to compare with.
            (Some(Head::Member { .. }), _) => true,
            (Some(Head::Envelope), _) => true,
            (Some(Head::Other) | None, _) => false,
        }
    }

    fn judge(&mut self, at: usize, window: &mut Window<'_>) -> Verdict {
        let bytes = window.bytes;
        let Some(head) = Head::read(bytes, at) else { return Verdict::Unsure };
        let line = Line::before(bytes, at);
        let as_before = line.indent.is_some() && line.indent == self.damaged.indent;
        let (key, quote) = match head {
            Head::Member { key, quote } => (key, quote),
            Head::Envelope if !matches!(line.last, Some(b':' | b',')) => {
                return Verdict::Begins(Next::Document(at));
            }
            Head::Envelope | Head::Other => return Verdict::No,
        };
        let known = window.sink.knows_member(key);
        if !known && line.indent.is_none() {
            return Verdict::No;
        }
        let here = match line.opens_document(bytes) {
            Some(start) => Next::Document(start),
            None => Next::Here(at),
        };
        // Where members stand deeper than their object, or on its line, nothing nested begins a line
        // as the record does.
        let deeper = match Line::before(bytes, quote).indent {
            Some(inner) => Some(inner) > line.indent,
            None => self.damaged.members_on_its_line,
        };
        if as_before && known && deeper {
            return Verdict::Begins(here);
        }
        if window.effort.is_spent(window.position + at as u64) {
            let begins = key == window.usual_name && line.last != Some(b'[');
            return if begins { Verdict::Begins(here) } else { Verdict::No };
        }
        let possible = as_before && deeper
            || here != Next::Here(at)
            || !self.may_be_inside(at, quote, line, window);
        let trial = Trial::read(bytes, at);
        window.effort.add(trial.looked);
        if trial.is_open && !window.whole {
            return Verdict::Unsure;
        }
        let is_record = window.sink.is_record(bytes, &trial.members)
            || trial.end.is_some() && key == b"eventVersion"
            || trial.end.is_none() && key == window.usual_name;
        if continues(bytes, window.members, &trial.members) {
            return Verdict::No;
        }
        let stands_alone = as_before
            && self.damaged.place == Place::Top
            && trial.end.is_some_and(|end| {
                memchr(b'\n', &bytes[at..end]).is_none() && self.is_followed(end, window)
            });
        if possible && is_record || stands_alone { Verdict::Begins(here) } else { Verdict::No }
    }

    /// Whether the object at `at` may as well be a value inside the damaged record.
    fn may_be_inside(
        &mut self,
        at: usize,
        quote: usize,
        line: Line,
        window: &mut Window<'_>,
    ) -> bool {
        // Records that follow each other without a line break have nothing else to be recognised by.
        if self.damaged.place == Place::Top && !self.damaged.on_lines {
            return false;
        }
        // Writers do not break the line between a name and its object.
        if line.last == Some(b'[') || line.last == Some(b':') && line.indent.is_none() {
            return true;
        }
        // Up to the damage the text is sound, but for a string that lacks its closing quote and so
        // ends where the first name of the next record begins. What stands in a list there is inside,
        // unless the record was cut off in a list, which shows in its brackets.
        let ends_a_string = skip_whitespace(window.bytes, quote + 1) == self.damaged.at;
        at < self.damaged.at && !ends_a_string && self.brackets_match(window)
    }

    fn brackets_match(&mut self, window: &mut Window<'_>) -> bool {
        *self.brackets_match.get_or_insert_with(|| {
            let limit = (2 * self.damaged.at + FIRST_SEARCH_BYTES).min(window.bytes.len());
            let (end, looked) = matching_end(&window.bytes[..limit]);
            window.effort.add(looked);
            end.is_some()
        })
    }
}

/// How an object begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Head<'a> {
    /// With a member that has this name; `quote` is where the name's first quote stands.
    Member { key: &'a [u8], quote: usize },
    /// As an envelope of records.
    Envelope,
    /// With anything else.
    Other,
}

impl<'a> Head<'a> {
    /// Reads the head of the object at `at`; `None` when the bytes end inside it.
    pub(super) fn read(bytes: &'a [u8], at: usize) -> Option<Self> {
        let quote = skip_whitespace(bytes, at + 1);
        if *bytes.get(quote)? != b'"' {
            return Some(Self::Other);
        }
        let rest = &bytes[quote + 1..];
        let Some(length) = rest.iter().take(MAX_NAME_BYTES).position(|b| *b == b'"') else {
            return (rest.len() > MAX_NAME_BYTES).then_some(Self::Other);
        };
        let key = &rest[..length];
        let colon = skip_whitespace(bytes, quote + length + 2);
        if *bytes.get(colon)? != b':' {
            return Some(Self::Other);
        }
        if !is_envelope(key) {
            return Some(Self::Member { key, quote });
        }
        let value = *bytes.get(skip_whitespace(bytes, colon + 1))?;
        Some(if value == b'[' { Self::Envelope } else { Self::Other })
    }
}

/// Longest name of a member that a record may begin with.
const MAX_NAME_BYTES: usize = 64;

/// Whether a list under this name holds records: CloudTrail's, AWS Config's items, and what `PutAuditEvents` takes.
pub(super) fn is_envelope(key: &[u8]) -> bool {
    [&b"records"[..], b"configurationitems", b"auditevents"]
        .iter()
        .any(|name| key.eq_ignore_ascii_case(name))
}

/// What stands before a place.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// Blanks between the start of the line and the place; `None` when something else is between.
    indent: Option<usize>,
    /// The last byte before it that is not whitespace, and where it is.
    last: Option<u8>,
    last_at: usize,
}

impl Line {
    fn before(bytes: &[u8], at: usize) -> Self {
        let before = bytes[..at].strip_suffix(b"\xef\xbb\xbf").unwrap_or(&bytes[..at]);
        let blanks = before.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let begins = before.len() > blanks && before[before.len() - blanks - 1] == b'\n';
        let text = before.trim_ascii_end();
        Self {
            indent: begins.then_some(blanks),
            last: text.last().copied(),
            last_at: text.len().saturating_sub(1),
        }
    }

    /// Returns where an array begins that can only be a document of its own.
    fn opens_document(self, bytes: &[u8]) -> Option<usize> {
        let bracket = self.last_at;
        let before = (self.last == Some(b'[')).then(|| Self::before(bytes, bracket))?;
        (before.indent == Some(0) || matches!(before.last, Some(b']' | b'}'))).then_some(bracket)
    }
}

/// An object that is read on trial.
struct Trial {
    members: Vec<Member>,
    /// One past its end, if it is whole.
    end: Option<usize>,
    /// Whether the bytes ended before it did.
    is_open: bool,
    looked: usize,
}

impl Trial {
    fn read(bytes: &[u8], at: usize) -> Self {
        let mut members = Vec::new();
        let scanned =
            scan::scan_members(bytes, at, |_, _| false, &mut |member| members.push(member));
        let (end, is_open, stop) = match scanned {
            Ok(Scanned::Whole(end) | Scanned::Stopped(end)) => (Some(end), false, end),
            Err(ScanError::Incomplete) => (None, true, bytes.len()),
            Err(ScanError::Malformed { at, .. }) => (None, false, at),
        };
        Self { members, end, is_open, looked: stop - at }
    }
}

/// Whether an object only continues the damaged record, after a superfluous bracket: it lacks what every
/// record has, and the damaged one has that.
fn continues(bytes: &[u8], damaged: &[Member], object: &[Member]) -> bool {
    let has = |members: &[Member], name: &[u8]| {
        members.iter().any(|m| m.raw_key(bytes).eq_ignore_ascii_case(name))
    };
    [&b"eventVersion"[..], b"eventID", b"eventTime"]
        .into_iter()
        .any(|name| has(damaged, name) && !has(object, name))
}

/// Returns one past the bracket that closes the one at 0, if quotes and brackets match that far, and
/// the number of bytes looked at.
fn matching_end(bytes: &[u8]) -> (Option<usize>, usize) {
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => match scan::string_end(bytes, at) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => return (None, bytes.len()),
            },
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' if open.pop() != Some(*byte) => return (None, at),
            _ => {}
        }
        at += 1;
        if open.is_empty() {
            return (Some(at).filter(|at| *at > 1), at);
        }
    }
    (None, at)
}

/// Whether an object after which `rest` stands goes on there, as a bracket too many has closed it;
/// `has` says which names it has. `None` when more bytes are needed to decide.
pub(super) fn continues_after(
    rest: &[u8],
    place: Place,
    whole: bool,
    has: impl Fn(&[u8]) -> bool,
) -> Option<bool> {
    let mut next = skip_whitespace(rest, 0);
    while place != Place::Top && rest.get(next) == Some(&b'}') {
        next = skip_whitespace(rest, next + 1);
    }
    let separated = match rest.get(next) {
        None => return whole.then_some(false),
        Some(b'{' | b'[' | b']' | b'}' | b'\x1e' | b'\0' | b'\xef') => return Some(false),
        Some(byte) => *byte == b',',
    };
    let at = if separated { skip_whitespace(rest, next + 1) } else { next };
    match name_at(rest, at).or(if whole { Ok(None) } else { Err(()) }) {
        Err(()) => return None,
        // A name that the object has already begins another one, which has lost its brace.
        Ok(Some(name)) => return Some(!has(name)),
        Ok(None) if separated || place == Place::Top && rest[..next].contains(&b'\n') => {
            return Some(false);
        }
        Ok(None) => {}
    }
    if let Ok(Some(name)) = name_at(rest, at + 1) {
        return Some(!has(name));
    }
    // A word after a record takes nothing from it, unless text of a record stands there, too.
    let line = rest[..rest.len().min(FIRST_SEARCH_BYTES)].split(|b| *b == b'\n').next();
    Some(place != Place::Top || line.is_some_and(|line| line.contains(&b'"')))
}

/// Returns the name of the member that begins at `at`, if one does.
fn name_at(bytes: &[u8], at: usize) -> Result<Option<&[u8]>, ()> {
    match bytes.get(at) {
        None => return Err(()),
        Some(b'"') => {}
        Some(_) => return Ok(None),
    }
    match scan_value(bytes, at) {
        Ok(end) => match bytes.get(skip_whitespace(bytes, end)) {
            None => Err(()),
            Some(b':') => Ok(Some(&bytes[at + 1..end - 1])),
            Some(_) => Ok(None),
        },
        Err(ScanError::Incomplete) => Err(()),
        Err(ScanError::Malformed { .. }) => Ok(None),
    }
}

/// Returns how many records a stretch may have held: those whose version can be read, at least one,
/// and none where only punctuation stands.
pub(super) fn records_in(text: &[u8]) -> u64 {
    if text.len() < 2 || !text.iter().any(u8::is_ascii_alphanumeric) {
        return 0;
    }
    let count = |name| {
        let begins = |at: &usize| matches!(text[..*at].trim_ascii_end().last(), Some(b'{' | b','));
        memchr::memmem::find_iter(text, name).filter(begins).count()
    };
    (count(br#""eventVersion""#) + count(br#""eventversion""#)).max(1) as u64
}
