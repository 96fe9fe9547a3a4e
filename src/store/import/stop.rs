//! Stops an import that runs in another process: that one looks, now and then, for a file that asks it to.

use super::super::error::{StoreError, at};
use super::super::lake::Lake;
use super::super::names::StoreId;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How often a running import looks.
const EVERY: Duration = Duration::from_millis(200);

impl Lake {
    /// Asks the import `id` into a store to stop: it writes and keeps what it has read, as after Ctrl-C. Returns without
    /// waiting for that, and false if nothing changes the store now, so that the import was killed or is over.
    ///
    /// # Errors
    /// When the store's folder cannot be written.
    pub fn stop_import(&self, store: StoreId, id: &str) -> Result<bool, StoreError> {
        if !self.is_changing(store) {
            return Ok(false);
        }
        let file = self.paths().stop_request(store);
        fs::write(&file, id).map_err(at(&file))?;
        Ok(true)
    }
}

/// Does `work`, and sets `cancel` when meanwhile the import `id` is asked to stop.
pub(super) fn until_asked<T>(
    request: PathBuf,
    id: &str,
    cancel: &AtomicBool,
    work: impl FnOnce() -> T,
) -> T {
    let over = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                if is_asked(&request, id) {
                    cancel.store(true, Ordering::Relaxed);
                    return;
                }
                thread::park_timeout(EVERY);
            }
        });
        let outcome = work();
        over.store(true, Ordering::Release);
        watcher.thread().unpark();
        outcome
    });
    // Also one for an import before, which has ended otherwise.
    let _ = fs::remove_file(request);
    outcome
}

fn is_asked(request: &Path, id: &str) -> bool {
    fs::read_to_string(request).is_ok_and(|asked| asked == id)
}
