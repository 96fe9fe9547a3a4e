//! Reading damaged files: `cargo bench --bench recovery`.
//!
//! The throughput must be the same for few and for many damaged records, and not far below that of a
//! sound file.

#![expect(clippy::unwrap_used, clippy::panic, reason = "benches fail by panicking")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use traillake::envelope::{
    Content, Opener, Record, Reject, Replaced, Sink, discover, read_records,
};
use traillake::event::{Class, EventSchema};
use traillake::json::Member;

/// Counts, and knows a CloudTrail record when it sees one.
#[derive(Default)]
struct Count {
    records: u64,
    rejected: u64,
}

impl Sink for Count {
    fn record(&mut self, _: Record<'_>) -> bool {
        self.records += 1;
        true
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.rejected += reject.records;
    }

    fn replaced(&mut self, _: Replaced<'_>) {}

    fn knows_member(&self, name: &[u8]) -> bool {
        EventSchema::CloudTrail.is_member(name)
    }

    fn is_record(&self, bytes: &[u8], members: &[Member]) -> bool {
        Class::of(bytes, members) != Class::Foreign
    }
}

/// A record of about a thousand bytes, whole or cut at 700.
fn record(number: usize, whole: bool) -> String {
    let agent = "a".repeat(500);
    let mut text = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u"}},"eventTime":"2026-03-02T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{{"list":[{{"key":"k"}}]}},"userAgent":"{agent}","responseElements":{{"requestId":"{agent}"}},"eventID":"00000000-0000-4000-8000-{number:012}"}}"#
    );
    text.truncate(if whole { text.len() } else { 700 });
    text
}

fn read(path: &Path) -> Count {
    let found = discover(&[path.display().to_string()]).unwrap();
    let mut count = Count::default();
    Opener::default().read(&found.sources[0], &AtomicBool::new(false), &mut |document| {
        let Content::Text(mut input) = document.content else { panic!("no text") };
        let _ = read_records(&mut input, &mut count);
        true
    });
    count
}

fn damaged_lines(c: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.json");
    let mut group = c.benchmark_group("damaged records");
    for (layout, separator, frame) in
        [("lines", "\n", ["", "\n"]), ("array", ",", ["{\"Records\":[", "]}"])]
    {
        for (every, name) in [(1, "none"), (10, "nine in ten")] {
            for records in [1_000, 4_000, 16_000] {
                let text: Vec<_> = (0..records).map(|n| record(n, n % every == 0)).collect();
                let text = [frame[0], &text.join(separator), frame[1]].concat();
                std::fs::write(&path, &text).unwrap();
                let count = read(&path);
                let whole = records.div_ceil(every) as u64;
                assert_eq!((count.records, count.rejected), (whole, records as u64 - whole));
                group.throughput(Throughput::Bytes(text.len() as u64));
                let id = BenchmarkId::new(format!("{layout}, {name}"), records);
                group.bench_function(id, |b| b.iter(|| read(&path)));
            }
        }
    }
    group.finish();
}

criterion_group!(benches, damaged_lines);
criterion_main!(benches);
