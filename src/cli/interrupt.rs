//! Ctrl-C: the first asks the running work to stop and keep what is whole, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tempfile::TempPath;
use tokio::sync::Notify;

struct Interrupt {
    asked: AtomicBool,
    wake: Notify,
}

/// A file that is not to be left behind.
static UNFINISHED: Mutex<Option<TempPath>> = Mutex::new(None);

static INTERRUPT: LazyLock<Arc<Interrupt>> = LazyLock::new(|| {
    let interrupt = Arc::new(Interrupt { asked: AtomicBool::new(false), wake: Notify::new() });
    let handler = Arc::clone(&interrupt);
    // Without a handler Ctrl-C ends the process, which loses nothing that is committed.
    let _ = ctrlc::set_handler(move || {
        if handler.asked.swap(true, Ordering::SeqCst) {
            end_at_once();
        }
        handler.wake.notify_waiters();
    });
    interrupt
});

#[expect(clippy::exit, reason = "the user asked twice; committed data is safe by design")]
fn end_at_once() {
    drop(kept_file());
    std::process::exit(4);
}

/// Starts listening, forgets what was asked before, and returns the flag that Ctrl-C sets.
pub(super) fn listen() -> &'static AtomicBool {
    INTERRUPT.asked.store(false, Ordering::SeqCst);
    &INTERRUPT.asked
}

/// Whether Ctrl-C was pressed since [`listen`].
pub(super) fn asked() -> bool {
    INTERRUPT.asked.load(Ordering::SeqCst)
}

/// Removes a file when the process ends at once.
pub(super) fn remove_at_end(file: TempPath) {
    *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
}

/// Returns the file that would be removed; it is not any more.
pub(super) fn kept_file() -> Option<TempPath> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Waits for Ctrl-C.
pub(super) async fn wait() {
    let woken = INTERRUPT.wake.notified();
    if !asked() {
        woken.await;
    }
}
