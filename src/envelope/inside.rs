//! Finds the records inside what other programs wrap them in.
//!
//! Whatever a wrapper is called: a JSON value that is no record itself is searched for records in its members and
//! elements, in strings that hold JSON or a log line with JSON at its end, and in such text in base64, also packed with
//! gzip. A record is not searched, but for the raw text from which it was made.

use super::container::{Record, Sink};
use super::input::MAX_VALUE_BYTES;
use super::wrapper;
use crate::json::cursor::Kind;
use crate::json::text::unescaped;
use crate::json::{Cursor, Member, scan_object, scan_value, skip_whitespace};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use flate2::bufread::MultiGzDecoder;
use memchr::{memchr, memchr3};
use std::io::Read;

/// Levels of values within values, and of texts within texts, that are searched.
const MAX_DEPTH: usize = 12;
/// What may stand before the object on a log line.
const MAX_PREFIX_BYTES: usize = 1 << 10;

/// Members that hold the text of a record beside what was made of it. Their names have no case.
const RAW: [&[u8]; 7] =
    [b"cloudtrailevent", b"eventjson", b"message", b"@message", b"_raw", b"log", b"original"];

/// Members of which one is in each record: of CloudTrail's, of the Lake's of any category, and of the content of
/// configuration items and of events from outside AWS. Their names have no case.
const WHOLE: [&[u8]; 4] =
    [b"eventversion", b"eventcategory", b"configurationitemcapturetime", b"uid"];

/// How gzip data begins.
const GZIP: &[u8] = &[0x1f, 0x8b];

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Hands out a record, or those inside an object that wraps them. `container` is what it stands in. Returns false to
/// stop reading.
pub(super) fn hand_out(sink: &mut dyn Sink, record: Record<'_>, container: &'static str) -> bool {
    let Record { window, members, position, .. } = record;
    // Nearly all objects are records, and begin as CloudTrail writes them.
    if members.first().is_some_and(|first| first.raw_key(window) == b"eventVersion") {
        sink.container(container);
        return sink.record(record);
    }
    let is_record = sink.is_record(window, members);
    if !is_record || members.iter().any(|member| is_raw(window, member)) {
        let name = wrapper::name(window, members, container);
        let mut search = Search { sink, position, container: name, goes_on: true };
        if search.object(record, 0) {
            return search.goes_on;
        }
    }
    if is_record {
        sink.container(container);
    } else if wrapper::is_between(window, members) {
        return true;
    }
    sink.record(record)
}

/// Whether an object has what every record has, and a description of an event need not have.
fn is_whole(window: &[u8], members: &[Member]) -> bool {
    members.iter().any(|member| is_among(&WHOLE, window, member))
}

/// Whether a member holds the text of a record beside what was made of it.
fn is_raw(window: &[u8], member: &Member) -> bool {
    window[member.value_start] == b'"' && is_among(&RAW, window, member)
}

fn is_among(names: &[&[u8]], window: &[u8], member: &Member) -> bool {
    names.iter().any(|name| member.raw_key(window).eq_ignore_ascii_case(name))
}

/// Hands out the records inside a value that is no object: a list, or a string. Returns whether to go on reading;
/// `None` when there are none.
pub(super) fn hand_out_of(
    sink: &mut dyn Sink,
    value: &[u8],
    position: u64,
    container: &'static str,
) -> Option<bool> {
    let mut search = Search { sink, position, container, goes_on: true };
    search.value(value, 0).then_some(search.goes_on)
}

/// Returns where the object begins that stands at the end of a log line, behind a time or the like; JSON that
/// is damaged is none.
pub(super) fn behind_prefix(line: &[u8]) -> Option<usize> {
    let at = memchr(b'{', &line[..line.len().min(MAX_PREFIX_BYTES)])?;
    memchr3(b'"', b'}', b'\n', &line[..at]).is_none().then_some(at)
}

struct Search<'a> {
    sink: &'a mut dyn Sink,
    /// Where the outermost value begins in the source.
    position: u64,
    /// What the outermost value is.
    container: &'static str,
    goes_on: bool,
}

impl Search<'_> {
    /// Hands out the records in a value; returns whether there are any.
    fn value(&mut self, json: &[u8], depth: usize) -> bool {
        if depth > MAX_DEPTH || !self.goes_on {
            return !self.goes_on;
        }
        let mut cursor = Cursor::new(json);
        match cursor.kind() {
            Kind::Object => {
                let mut members = Vec::new();
                let start = skip_whitespace(json, 0);
                let Ok(end) = scan_object(json, start, |member| members.push(member)) else {
                    return false;
                };
                let position = self.position;
                self.object(Record { window: json, start, end, members: &members, position }, depth)
            }
            Kind::Array => {
                let mut any = false;
                cursor.enter();
                while cursor.next_element() {
                    any |= self.value(cursor.raw(), depth + 1);
                }
                any
            }
            Kind::String => self.text(&unescaped(cursor.string()), depth),
            Kind::Number | Kind::Boolean | Kind::Null => false,
        }
    }

    /// Hands out the records in an object, or itself if it is one inside another value.
    fn object(&mut self, record: Record<'_>, depth: usize) -> bool {
        let Record { window, members, .. } = record;
        let is_raw = |member: &&Member| is_raw(window, member);
        if members.iter().filter(is_raw).any(|raw| self.value(raw.value(window), depth + 1)) {
            return true;
        }
        if depth > 0 && is_whole(window, members) && self.sink.is_record(window, members) {
            self.sink.container(self.container);
            self.goes_on = self.sink.record(record);
            return true;
        }
        let mut any = false;
        for nested in members.iter().filter(|member| !is_raw(member)) {
            any |= self.value(nested.value(window), depth + 1);
        }
        any
    }

    /// Hands out the records in a text: JSON documents, behind the head of a log line, or in base64.
    fn text(&mut self, text: &[u8], depth: usize) -> bool {
        let start = skip_whitespace(text, 0);
        match text.get(start) {
            Some(b'{' | b'[' | b'"') => self.documents(&text[start..], depth),
            Some(_) => match behind_prefix(text) {
                Some(at) => self.documents(&text[at..], depth),
                None => unpacked(text).is_some_and(|text| self.text(&text, depth + 1)),
            },
            None => false,
        }
    }

    fn documents(&mut self, text: &[u8], depth: usize) -> bool {
        let (mut at, mut any) = (0, false);
        while at < text.len()
            && let Ok(end) = scan_value(text, at)
        {
            any |= self.value(&text[at..end], depth + 1);
            at = skip_whitespace(text, end);
        }
        any
    }
}

/// Returns the text that is packed in base64, valid UTF-8.
fn unpacked(text: &[u8]) -> Option<Vec<u8>> {
    // Most text is not base64, or does not begin as JSON or gzip data.
    let begin = BASE64.decode(text.get(..4)?).ok()?;
    if !matches!(begin[..], [b'{' | b'[', ..]) && !begin.starts_with(GZIP) {
        return None;
    }
    let packed: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let mut bytes = BASE64.decode(packed).ok()?;
    if bytes.starts_with(GZIP) {
        let mut unpacked = Vec::new();
        let most = MAX_VALUE_BYTES as u64;
        // What precedes damage is read; the records in it are whole or not found.
        let _ = MultiGzDecoder::new(&bytes[..]).take(most).read_to_end(&mut unpacked);
        bytes = unpacked;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned().into_bytes())
}
