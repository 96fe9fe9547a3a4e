//! Keeps the records that an import rejects in a file, with their reasons.

use crate::envelope::Reject;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file of JSON Lines, made when the first record comes: its file and position, the reason, and the record itself
/// as text or, where it is not UTF-8, in base64.
#[derive(Debug)]
pub(super) struct Quarantine {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Empty,
    Open(BufWriter<File>),
    Failed(io::Error),
}

impl Quarantine {
    /// Returns the one of the import `id`, in `folder`.
    pub(super) fn new(folder: &Path, id: &str) -> Self {
        Self { path: folder.join(format!("{id}.jsonl")), state: Mutex::new(State::Empty) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a record of the file at `location`. After an error nothing more is written.
    pub(super) fn add(&self, location: &str, reject: &Reject<'_>) {
        let mut line = json!({
            "file": location,
            "position": reject.position,
            "reason": reject.reason,
        });
        match std::str::from_utf8(reject.text) {
            Ok(text) => line["record"] = text.into(),
            Err(_) => line["recordBase64"] = STANDARD.encode(reject.text).into(),
        }
        let mut state = self.lock();
        if matches!(*state, State::Empty) {
            *state = self.create().map_or_else(State::Failed, State::Open);
        }
        if let State::Open(file) = &mut *state
            && let Err(error) = writeln!(file, "{line}")
        {
            *state = State::Failed(error);
        }
    }

    fn create(&self) -> io::Result<BufWriter<File>> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        File::create_new(&self.path).map(BufWriter::new)
    }

    /// Returns the file, if there is one; or why it is not whole.
    pub(super) fn finish(self) -> Result<Option<PathBuf>, String> {
        let written = match self.state.into_inner().unwrap_or_else(PoisonError::into_inner) {
            State::Empty => return Ok(None),
            State::Open(mut file) => file.flush(),
            State::Failed(error) => Err(error),
        };
        match written {
            Ok(()) => Ok(Some(self.path)),
            Err(error) => Err(format!("{}: {error}", self.path.display())),
        }
    }
}
