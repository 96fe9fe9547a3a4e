//! Arbitrary bytes as a source of records.
//!
//! No panic, no endless work, whatever they are packed in; what is handed out lies in the source, in order, if that is
//! text and nothing wraps it; reading at once and through a window that grows give the same; and of a text that is a valid
//! array of objects, as it is or in `Records`, nothing is lost.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use traillake::envelope::{
    Content, Location, Opener, Record, Reject, Replaced, Sink, Source, discover, read_records,
};
use traillake::event::{Class, EventSchema};
use traillake::json::{Member, scan_object};

thread_local! {
    static FILE: RefCell<File> = RefCell::new(File::new());
}

fuzz_target!(|data: &[u8]| {
    // Their readers in the Arrow crates panic where they are damaged. An import catches that, libFuzzer does not.
    let columns: [&[u8]; 4] = [b"PAR1", b"ARROW1", b"\xff\xff\xff\xff", b"ORC"];
    if columns.iter().any(|magic| data.starts_with(magic)) {
        return;
    }
    FILE.with_borrow_mut(|file| {
        let found = file.read(data);
        // Of what was unpacked or decoded, the positions are others.
        if is_plain(data) {
            found.check(data);
        }
        if let Ok(objects) = serde_json::from_slice::<Vec<&RawValue>>(data)
            && objects
                .iter()
                .all(|object| object.get().starts_with('{') && comes_whole(object.get()))
        {
            let objects: Vec<&str> = objects.iter().map(|object| object.get()).collect();
            found.is_all_of(&objects);
            let wrapped = [b"{\"Records\":", data, b"}"].concat();
            file.read(&wrapped).is_all_of(&objects);
            let lines = objects.iter().map(|object| object.replace(['\n', '\r'], " ") + "\n");
            let lines: String = lines.collect();
            // An object with a list of such a name is taken for an envelope where it is alone.
            if !has_any(lines.as_bytes(), &LISTS) {
                file.read(lines.as_bytes()).is_all_of(&lines.lines().collect::<Vec<_>>());
            }
        }
    });
});

/// Names of lists of records, and what may hide them.
const LISTS: [&str; 10] = [
    "records",
    "configurationitems",
    "auditevents",
    "events",
    "queryresultrows",
    "results",
    "messages",
    "hits",
    "\\u",
    "\\",
];
/// What an object has in it that records may be in, or that stands between records.
const WRAPPED: [&str; 15] = [
    // JSON and gzip data in base64.
    "h4si",
    "\"ey",
    "\"ew",
    "\"w",
    "eventversion",
    "eventcategory",
    "configurationitemcapturetime",
    "uid",
    "index",
    "create",
    "update",
    "delete",
    "lastrow",
    "cwl control",
    "\\",
];

fn has_any(text: &[u8], names: &[&str]) -> bool {
    let lower = String::from_utf8_lossy(text).to_ascii_lowercase();
    names.iter().any(|name| lower.contains(name))
}

/// Whether nothing is looked for in an object: it begins as records do, or there can be none in it.
fn comes_whole(object: &str) -> bool {
    let first = object.strip_prefix('{').unwrap_or_default().trim_start();
    first.starts_with("\"eventVersion\"") || !has_any(object.as_bytes(), &WRAPPED)
}

/// Whether the bytes begin as JSON in UTF-8 does, which is packed in nothing.
fn is_plain(data: &[u8]) -> bool {
    let text = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data).trim_ascii_start();
    matches!(text, [b'{' | b'[', next, ..] if next.is_ascii() && *next != 0)
}

/// A file that takes the bytes of one input after the other: sources are files.
struct File {
    folder: TempDir,
    opener: Opener,
}

impl File {
    fn new() -> Self {
        // In memory, if there is such a folder.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { folder: folder.expect("a folder"), opener: Opener::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("f.json")
    }

    /// Reads the records of a source in both ways.
    fn read(&mut self, data: &[u8]) -> Found {
        std::fs::write(self.path(), data).expect("a file");
        let found = discover(&[self.path().display().to_string()]).expect("a source");
        let mut source = found.sources.into_iter().next().expect("a source");
        let at_once = self.read_source(&source);
        assert!(matches!(source.location, Location::File(_)));
        // What is said to be large is not read at once.
        source.bytes = u64::MAX;
        assert_eq!(self.read_source(&source), at_once, "read through a window");
        at_once
    }

    fn read_source(&mut self, source: &Source) -> Found {
        let mut found = Found::default();
        self.opener.read(source, &AtomicBool::new(false), &mut |document| {
            found.damage = match document.content {
                Content::Text(mut input) => read_records(&mut input, &mut found)
                    .err()
                    .map(|damage| format!("{}: {}", damage.position, damage.reason)),
                Content::Refused(packing) => Some(packing.to_string()),
                Content::Unreadable(error) => Some(error.to_string()),
                Content::Damaged(fault) => Some(fault.message()),
            };
            found.documents += 1;
            true
        });
        found
    }
}

/// All that came of a source.
#[derive(Debug, Default, PartialEq)]
struct Found {
    records: Vec<(u64, Vec<u8>)>,
    rejects: Vec<(u64, Vec<u8>)>,
    /// Where each of both began, in the order in which they came.
    order: Vec<u64>,
    replaced: Vec<u64>,
    /// What ended the last document.
    damage: Option<String>,
    documents: u64,
}

impl Found {
    /// What came must lie in the source, in order.
    fn check(&self, data: &[u8]) {
        assert!(self.order.is_sorted(), "not in order: {:?}", self.order);
        for (position, text) in &self.rejects {
            assert!(from(data, *position).starts_with(text), "a reject that is not at {position}");
        }
        let mut end = 0;
        for (position, text) in &self.records {
            assert!(end <= *position, "a record at {position} in the one before");
            end = position + 1;
            let rest = from(data, *position);
            if rest.starts_with(text) {
                end = position + text.len() as u64;
            } else {
                // What is inside a wrapper, of a Ruby hash, or has U+FFFD, is another text; a wrapper may have several.
                end = *position;
                let has = |word: &[u8]| rest.windows(word.len()).any(|part| part == word);
                let is_other = has_any(rest, &WRAPPED) || has(b"=>") || !self.replaced.is_empty();
                assert!(is_other, "a record that is not at {position}");
            }
        }
    }

    /// These objects must have come, and nothing else.
    fn is_all_of(&self, objects: &[&str]) {
        assert_eq!(self.rejects, [], "rejected of a valid text");
        let ends = objects.is_empty() && self.damage.as_deref() == Some("0: the file is empty");
        assert!(self.damage.is_none() || ends, "{:?} of a valid text", self.damage);
        assert_eq!(self.records.len(), objects.len(), "records of a valid text");
        for ((_, record), object) in self.records.iter().zip(objects) {
            assert_eq!(String::from_utf8_lossy(record), **object, "came as another record");
        }
    }
}

fn from(data: &[u8], position: u64) -> &[u8] {
    data.get(position as usize..).expect("a position in the source")
}

impl Sink for Found {
    fn record(&mut self, record: Record<'_>) -> bool {
        let mut members = Vec::new();
        let end = scan_object(record.window, record.start, |member| members.push(member));
        assert_eq!(end, Ok(record.end), "a record that is no object");
        assert_eq!(members, record.members);
        assert!(std::str::from_utf8(record.text()).is_ok(), "a record that is not UTF-8");
        self.order.push(record.position);
        self.records.push((record.position, record.text().to_vec()));
        true
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.order.push(reject.position);
        self.rejects.push((reject.position, reject.text.to_vec()));
    }

    fn replaced(&mut self, replaced: Replaced<'_>) {
        assert!(replaced.runs > 0 && std::str::from_utf8(replaced.bytes).is_err());
        self.replaced.push(replaced.position);
    }

    fn knows_member(&self, name: &[u8]) -> bool {
        EventSchema::CloudTrail.is_member(name)
    }

    fn is_record(&self, bytes: &[u8], members: &[Member]) -> bool {
        Class::of(bytes, members) == Class::Event(EventSchema::CloudTrail)
    }
}
