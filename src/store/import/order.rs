//! In which order sources are read, so that the events of a day arrive together.

use crate::envelope::{Location, Opener, Source};
use crate::event::time;
use crate::json::text::scalar;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What text takes less room when it is packed, at most.
const PACKING: u64 = 32;

/// Brings sources into the order of their delivery, or of their first events where their names do not tell that.
///
/// Days that arrive in pieces cost twice: what waits of them is written when it exceeds `limit` bytes, and merged at the
/// end. Sources that cannot exceed it are left as they are.
pub(super) fn by_time(sources: &mut Vec<Source>, limit: usize, threads: usize, stop: &AtomicBool) {
    let is_unnamed = |source: &Source| {
        source.named_millis().is_none() && matches!(source.location, Location::File(_))
    };
    let unnamed: Vec<usize> = (0..sources.len()).filter(|at| is_unnamed(&sources[*at])).collect();
    let bytes: u64 = sources.iter().map(|source| source.bytes).sum();
    if unnamed.len() < 2 || bytes.saturating_mul(PACKING) < limit as u64 {
        return;
    }
    let next = AtomicUsize::new(0);
    let look = || {
        let (mut opener, mut found) = (Opener::default(), Vec::new());
        while let Some(at) = unnamed.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let first = opener.start(&sources[*at], stop, first_time);
            found.extend(first.flatten().map(|time| (*at, time)));
        }
        found
    };
    let firsts: Vec<(usize, i64)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(look)).collect();
        let mut found = look();
        found.extend(others.into_iter().flat_map(|other| other.join().unwrap_or_default()));
        found
    });
    let mut times: Vec<_> = sources.iter().map(Source::named_millis).collect();
    for (at, time) in firsts {
        times[at] = Some(time);
    }
    let mut timed: Vec<_> = times.into_iter().zip(std::mem::take(sources)).collect();
    timed.sort_by_key(|(time, _)| *time);
    sources.extend(timed.into_iter().map(|(_, source)| source));
}

/// Returns the time of the first event in a text, as far as a look at it tells.
fn first_time(text: &[u8]) -> Option<i64> {
    const NAME: &[u8] = br#""eventTime""#;
    let behind = &text[memchr::memmem::find(text, NAME)? + NAME.len()..];
    let value = behind.trim_ascii_start().strip_prefix(b":")?;
    time::parse(&scalar(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn sources_without_a_time_in_their_names_come_by_their_first_events() {
        let folder = tempfile::tempdir().unwrap();
        let event =
            |day| format!(r#"{{"Records":[{{"eventTime" : "2026-03-{day:02}T10:00:00Z"}}]}}"#);
        let mut sources = Vec::new();
        for (name, text) in [
            ("a.json", event(9)),
            ("b.json", event(2)),
            ("c.json", "{}".to_owned()),
            ("1_CloudTrail_r_20260305T1005Z_a.json", event(5)),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, &text).unwrap();
            sources.push(Source::new(Location::File(path), text.len() as u64, 0, false));
        }
        let stop = AtomicBool::new(false);
        let names = |sources: &[Source]| -> Vec<String> {
            let name = |source: &Source| source.location.to_string();
            sources
                .iter()
                .filter_map(|s| name(s).rsplit('/').next()?.chars().next())
                .map(String::from)
                .collect()
        };
        by_time(&mut sources, usize::MAX, 2, &stop);
        assert_eq!(names(&sources), ["a", "b", "c", "1"]);
        by_time(&mut sources, 0, 2, &stop);
        assert_eq!(names(&sources), ["c", "b", "1", "a"]);
    }

    #[test]
    fn a_look_at_a_text_finds_its_first_time() {
        for (text, time) in [
            (
                r#"{"Records":[{"a":1,"eventTime":"1970-01-01T00:00:01Z"},{"eventTime":"x"}]}"#,
                Some(1000),
            ),
            (r#"{"eventTime" : 1}"#, Some(1000)),
            (r#"{"eventTime":"1970-"#, None),
            (r#"{"eventTime""#, None),
            ("{}", None),
        ] {
            assert_eq!(first_time(text.as_bytes()), time, "{text}");
        }
    }
}
