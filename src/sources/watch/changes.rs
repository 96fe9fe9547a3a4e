//! What the operating system tells of changes in folders.

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often who waits for changes checks whether to stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// How long further changes are waited for after the first, as files come in groups.
const GROUP: Duration = Duration::from_millis(200);

/// A change below a folder that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A file is being written.
    Written(PathBuf),
    /// A file was closed by who wrote it, or got this name.
    Closed(PathBuf),
    /// A folder came, with what is in it.
    Folder(PathBuf),
    /// A file or folder went, or has another name now.
    Gone(PathBuf),
    /// Changes were missed: everything is to be looked at.
    Missed,
}

/// Tells of changes.
#[derive(Debug)]
pub(super) struct Changes {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
}

impl Changes {
    /// Makes ready to tell.
    ///
    /// # Errors
    /// When the system tells nobody more.
    pub(super) fn new() -> notify::Result<Self> {
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(move |event| drop(sender.send(event)))?;
        Ok(Self { watcher, events })
    }

    /// Begins to tell of changes of a file, or below a folder.
    ///
    /// # Errors
    /// When it is not there, or the system watches no more folders.
    pub(super) fn watch(&mut self, path: &Path) -> notify::Result<()> {
        self.watcher.watch(path, RecursiveMode::Recursive)
    }

    /// Ends telling of changes at a path.
    pub(super) fn unwatch(&mut self, path: &Path) {
        // That it is not watched is what is wanted.
        let _ = self.watcher.unwatch(path);
    }

    /// Waits for changes, so long at most or until `stop` is set. Those that come together are returned together.
    pub(super) fn wait(&self, at_most: Duration, stop: &AtomicBool) -> Vec<Change> {
        let mut changes = Vec::new();
        let start = Instant::now();
        let mut end = start + at_most;
        while !stop.load(Ordering::Relaxed) {
            let left = end.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left.min(STOP_CHECK_INTERVAL)) {
                Ok(event) => {
                    let before = changes.len();
                    read(event, &mut changes);
                    if before == 0 && !changes.is_empty() {
                        end = end.min(Instant::now() + GROUP);
                    }
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(STOP_CHECK_INTERVAL),
            }
            if left.is_zero() {
                break;
            }
        }
        changes
    }
}

fn read(event: notify::Result<Event>, into: &mut Vec<Change>) {
    let Ok(event) = event else { return into.push(Change::Missed) };
    if event.need_rescan() {
        into.push(Change::Missed);
    }
    let paths = event.paths.into_iter();
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
            into.extend(paths.map(Change::Closed));
        }
        EventKind::Create(CreateKind::Folder) => into.extend(paths.map(Change::Folder)),
        EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
            let moved = paths.last().into_iter();
            into.extend(moved.map(|path| match path.is_dir() {
                true => Change::Folder(path),
                false => Change::Closed(path),
            }));
        }
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
            into.extend(paths.map(Change::Gone));
        }
        EventKind::Create(_) | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => {
            into.extend(paths.map(Change::Written));
        }
        _ => {}
    }
}
