//! Faults on request, in debug builds: what a store does when a write fails or the process ends at any step.
//!
//! `commit:2:kill` ends the process, as `kill -9` does, the second time that it is about to commit; `full`, `denied` and
//! `broken` let the step fail as a full disk, a lost permission and a broken disk do. The environment variable
//! `TRAILLAKE_FAULT` asks for one; release builds do not look at it.

use std::io;
use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A step at which a fault can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The folder of a day is made.
    CreateFolder,
    /// A data file is created under its temporary name.
    CreateFile,
    /// Bytes are written to a data file.
    Write,
    /// A data file is synced.
    Sync,
    /// A data file gets its name.
    Rename,
    /// Its folder is synced.
    SyncFolder,
    /// A transaction of the catalog begins.
    Begin,
    /// A transaction of the catalog is committed.
    Commit,
    /// It was committed.
    Committed,
    /// A data file is read.
    Read,
    /// A file is removed.
    Remove,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 11] = [
        Self::CreateFolder,
        Self::CreateFile,
        Self::Write,
        Self::Sync,
        Self::Rename,
        Self::SyncFolder,
        Self::Begin,
        Self::Commit,
        Self::Committed,
        Self::Read,
        Self::Remove,
    ];

    /// Returns the name by which the variable asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateFolder => "create-folder",
            Self::CreateFile => "create-file",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Rename => "rename",
            Self::SyncFolder => "sync-folder",
            Self::Begin => "begin",
            Self::Commit => "commit",
            Self::Committed => "committed",
            Self::Read => "read",
            Self::Remove => "remove",
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Kill,
    /// Error of the operating system.
    Fail(i32),
}

#[derive(Debug)]
struct Fault {
    step: Step,
    /// The first and the last time that it happens.
    times: RangeInclusive<u32>,
    action: Action,
    seen: AtomicU32,
}

static FAULT: OnceLock<Fault> = OnceLock::new();

/// Asks for a fault in this process; text that asks for none is passed over.
pub fn ask(text: &str) {
    if let Some(fault) = parse(text) {
        let _ = FAULT.set(fault); // the first one holds
    }
}

fn parse(text: &str) -> Option<Fault> {
    let mut parts = text.split(':');
    let (step, nth, action) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let step = Step::ALL.into_iter().find(|known| known.name() == step)?;
    let (last, action) = match action {
        "kill" => (nth, Action::Kill),
        // A full disk stays full.
        "full" => (u32::MAX, Action::Fail(28)),
        "denied" => (nth, Action::Fail(13)),
        "broken" => (nth, Action::Fail(5)),
        _ => return None,
    };
    Some(Fault { step, times: nth..=last, action, seen: AtomicU32::new(0) })
}

/// Comes to a step; fails, or does not return, where a fault was asked for.
pub(super) fn at(step: Step) -> io::Result<()> {
    let Some(fault) = FAULT.get().filter(|fault| fault.step == step) else { return Ok(()) };
    if !fault.times.contains(&(fault.seen.fetch_add(1, Ordering::SeqCst) + 1)) {
        return Ok(());
    }
    match fault.action {
        Action::Kill => std::process::abort(),
        Action::Fail(code) => Err(io::Error::from_raw_os_error(code)),
    }
}
