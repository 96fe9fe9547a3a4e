//! What the tests share: writing a trail and reading it back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use tempfile::TempDir;
use traillake_synth::{SynthOptions, SynthReport, write_trail};

pub(crate) fn options(events: u64) -> SynthOptions {
    SynthOptions { events, seed: 42, ..SynthOptions::default() }
}

pub(crate) fn write(options: &SynthOptions) -> (TempDir, SynthReport) {
    let directory = tempfile::tempdir().unwrap();
    let report = write_trail(options, directory.path(), &AtomicBool::new(false), &|_| {}).unwrap();
    (directory, report)
}

/// All files below a directory with their bytes, by relative path.
pub(crate) fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn inflate(gzip: &[u8]) -> Vec<u8> {
    // The last four bytes of a gzip member are the size.
    let size = u32::from_le_bytes(gzip[gzip.len() - 4..].try_into().unwrap());
    let mut json = vec![0; size as usize];
    libdeflater::Decompressor::new().gzip_decompress(gzip, &mut json).unwrap();
    json
}

/// One record with the name of its file.
pub(crate) struct Read {
    pub(crate) file: String,
    pub(crate) record: Value,
}

impl Read {
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn is_xray(&self) -> bool {
        self.text("/eventSource") == "xray.amazonaws.com"
    }

    pub(crate) fn role(&self) -> &str {
        self.text("/userIdentity/sessionContext/sessionIssuer/arn")
    }
}

pub(crate) fn records(directory: &Path) -> Vec<Read> {
    let mut all = Vec::new();
    for (file, bytes) in files(directory) {
        if file.starts_with("AWSLogs/") {
            let json = inflate(&bytes);
            assert!(!json.contains(&b'\n'), "{file} is not one line");
            let body: Value = serde_json::from_slice(&json).unwrap();
            let Value::Array(records) = &body["Records"] else { panic!("{file}") };
            let read = |record: &Value| Read { file: file.clone(), record: record.clone() };
            all.extend(records.iter().map(read));
        }
    }
    all
}

/// The event ids a story of the answer key names.
pub(crate) fn event_ids(story: &Value) -> BTreeSet<&str> {
    let listed = story["eventIDs"].as_array().into_iter().flatten();
    let steps = story["events"].as_object().into_iter().flatten();
    let events = steps.flat_map(|(_, events)| events.as_array().unwrap());
    listed.chain(events.map(|event| &event["eventID"])).filter_map(Value::as_str).collect()
}

pub(crate) fn answer_key(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("answer-key.json")).unwrap()).unwrap()
}
