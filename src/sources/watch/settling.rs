//! Whether a file is complete, or somebody is still writing it.

use crate::envelope::{Location, Source};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a file must have been as it is, if nobody told that it was closed.
const QUIET: Duration = Duration::from_secs(5);
/// How long, if it was seen to be opened for writing and not to be closed.
const QUIET_WHILE_OPEN: Duration = Duration::from_secs(30);
/// How the names of files end that get another one when they are complete.
const UNFINISHED: [&str; 8] =
    [".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart", ".swp", "~"];

/// Files that have changed lately.
#[derive(Debug, Default)]
pub(super) struct Settling {
    files: HashMap<PathBuf, Change>,
}

#[derive(Debug)]
struct Change {
    /// Size and time of change when it was last looked at.
    state: Option<(u64, i64)>,
    since: Instant,
    writer: Writer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    Unknown,
    Writes,
    Done,
}

impl Settling {
    /// Notes that somebody writes a file.
    pub(super) fn written(&mut self, path: &Path, now: Instant) {
        self.note(path, now, Writer::Writes);
    }

    /// Notes that a file was closed by who wrote it, or got its name.
    pub(super) fn closed(&mut self, path: &Path, now: Instant) {
        self.note(path, now, Writer::Done);
    }

    fn note(&mut self, path: &Path, now: Instant, writer: Writer) {
        let change = Change { state: None, since: now, writer };
        self.files.insert(path.to_owned(), change);
    }

    /// Whether a source can be read. `clock` is the time of day, in nanoseconds since 1970.
    pub(super) fn is_settled(&mut self, source: &Source, now: Instant, clock: i64) -> bool {
        let Location::File(path) = &source.location else { return true };
        if has_unfinished_name(path) {
            return false;
        }
        let state = (source.bytes, source.modified_nanos);
        let is_old = clock.saturating_sub(source.modified_nanos) > QUIET.as_nanos() as i64;
        let Some(change) = self.files.get_mut(path) else {
            if !is_old {
                let change = Change { state: Some(state), since: now, writer: Writer::Unknown };
                self.files.insert(path.clone(), change);
            }
            return is_old;
        };
        if change.state.replace(state).is_some_and(|before| before != state) {
            change.since = now;
        }
        let quiet = now.duration_since(change.since);
        match change.writer {
            Writer::Done => true,
            Writer::Unknown => quiet >= QUIET,
            Writer::Writes => quiet >= QUIET_WHILE_OPEN,
        }
    }

    /// Forgets a file that was read.
    pub(super) fn forget(&mut self, path: &Path) {
        self.files.remove(path);
    }
}

/// Whether a name says that its file gets another one when it is complete. That includes hidden files, as `rsync` makes
/// them.
pub(super) fn has_unfinished_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.starts_with('.') || UNFINISHED.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn file(bytes: u64, modified_seconds: i64) -> Source {
        let location = Location::File("logs/a.json".into());
        Source::new(location, bytes, modified_seconds * SECOND, false)
    }

    #[test]
    fn a_file_is_settled_when_it_is_old_closed_or_quiet() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let path = Path::new("logs/a.json");
        let mut settling = Settling::default();
        assert!(settling.is_settled(&file(1, 80), start, 100 * SECOND), "it is old");
        assert!(!settling.is_settled(&file(1, 99), start, 100 * SECOND));
        assert!(!settling.is_settled(&file(1, 99), after(1), 101 * SECOND));
        assert!(!settling.is_settled(&file(2, 101), after(2), 102 * SECOND), "it grew");
        assert!(settling.is_settled(&file(2, 101), after(7), 107 * SECOND));
        settling.written(path, after(8));
        assert!(!settling.is_settled(&file(2, 101), after(20), 500 * SECOND), "it is open");
        assert!(settling.is_settled(&file(2, 101), after(38), 500 * SECOND), "its writer died");
        settling.closed(path, after(39));
        assert!(settling.is_settled(&file(3, 499), after(39), 500 * SECOND));
        settling.forget(path);
        assert!(!settling.is_settled(&file(3, 499), after(40), 500 * SECOND));
    }

    #[test]
    fn names_of_unfinished_files() {
        for name in [".a.json.gz.Xy12", "a.json.gz.part", "A.TMP", "a.json~", "x.crdownload"] {
            assert!(has_unfinished_name(Path::new(name)), "{name}");
        }
        for name in ["a.json", "part.json", "tmp", "a.temp.json"] {
            assert!(!has_unfinished_name(Path::new(name)), "{name}");
        }
    }
}
