//! Ctrl-C: the first asks the running work to stop and keep what is complete, the second exits at once.
//!
//! SIGTERM and SIGHUP (the terminal is gone) do the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempPath;
use tokio::sync::Notify;

struct Interrupt {
    requested: Arc<AtomicBool>,
    /// Whether another program has the terminal, and Ctrl-C is for that one.
    ignored: AtomicBool,
    /// Whether a line is being read.
    reading: AtomicBool,
    wake: Notify,
}

/// A file that must not be left behind under its present name.
struct Unfinished {
    file: TempPath,
    finish: Option<Finish>,
}

/// Gives a complete file its name.
pub(super) type Finish = Box<dyn FnOnce(TempPath) + Send>;

static UNFINISHED: Mutex<Option<Unfinished>> = Mutex::new(None);

static INTERRUPT: LazyLock<Arc<Interrupt>> = LazyLock::new(|| {
    let interrupt = Arc::new(Interrupt {
        requested: Arc::default(),
        ignored: AtomicBool::new(false),
        reading: AtomicBool::new(false),
        wake: Notify::new(),
    });
    let handler = Arc::clone(&interrupt);
    // Without a handler Ctrl-C ends the process, which loses nothing that is committed.
    let _ = ctrlc::set_handler(move || {
        if handler.ignored.load(Ordering::SeqCst) {
            return;
        }
        if handler.requested.swap(true, Ordering::SeqCst) {
            exit_now();
        }
        handler.wake.notify_waiters();
        if handler.reading.load(Ordering::SeqCst) {
            // The editor sees the flag, unless its terminal is gone: then it waits forever.
            std::thread::sleep(GRACE_PERIOD);
            if handler.reading.load(Ordering::SeqCst) {
                // Nothing runs, so nothing is half written.
                if let Some(Unfinished { file, finish: Some(finish) }) = take() {
                    finish(file);
                }
                exit_now();
            }
        }
    });
    interrupt
});

/// How long the line editor may take to leave.
const GRACE_PERIOD: Duration = Duration::from_secs(1);

#[expect(
    clippy::exit,
    reason = "the user asked twice, or the terminal is gone; committed data is safe by design"
)]
fn exit_now() {
    drop(take_file());
    std::process::exit(4);
}

/// Starts listening, forgets what was asked before, and returns the flag that Ctrl-C sets.
pub(super) fn listen() -> &'static Arc<AtomicBool> {
    INTERRUPT.requested.store(false, Ordering::SeqCst);
    &INTERRUPT.requested
}

/// Returns the flag that Ctrl-C sets, and keeps what was asked before.
pub(super) fn flag() -> &'static Arc<AtomicBool> {
    &INTERRUPT.requested
}

/// Runs `work` while another program has the terminal, and ignores Ctrl-C, which is for that program.
pub(super) fn ignoring<T>(work: impl FnOnce() -> T) -> T {
    INTERRUPT.ignored.store(true, Ordering::SeqCst);
    let done = work();
    INTERRUPT.ignored.store(false, Ordering::SeqCst);
    done
}

/// Runs `work`, which reads a line and leaves when the flag of [`listen`] is set.
pub(super) fn reading<T>(work: impl FnOnce() -> T) -> T {
    INTERRUPT.reading.store(true, Ordering::SeqCst);
    let line = work();
    INTERRUPT.reading.store(false, Ordering::SeqCst);
    line
}

/// Whether Ctrl-C was pressed since [`listen`].
pub(super) fn requested() -> bool {
    INTERRUPT.requested.load(Ordering::SeqCst)
}

/// Removes a file when the process ends at once.
pub(super) fn remove_on_exit(file: TempPath) {
    let unfinished = Unfinished { file, finish: None };
    *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) = Some(unfinished);
}

/// Finishes that file, in place of removing it, when the process ends while a line is read.
pub(super) fn finish_on_exit(finish: Finish) {
    if let Some(file) = &mut *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) {
        file.finish = Some(finish);
    }
}

/// Returns the file that would be removed; it is not any more.
pub(super) fn take_file() -> Option<TempPath> {
    take().map(|unfinished| unfinished.file)
}

fn take() -> Option<Unfinished> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Waits for Ctrl-C.
pub(super) async fn wait() {
    let woken = INTERRUPT.wake.notified();
    if !requested() {
        woken.await;
    }
}
