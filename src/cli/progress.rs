//! The progress bar of long work, on a terminal only.

use crate::engine::Watch;
use indicatif::{DecimalBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a bar shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    /// How far, of `total`; bytes or events.
    pub(super) done: u64,
    pub(super) total: u64,
    /// Files done, of `files`; nothing is shown for none.
    pub(super) files_done: u64,
    pub(super) files: u64,
    pub(super) events: u64,
    /// Bytes read; nothing is shown for none.
    pub(super) bytes: u64,
}

/// What `done` and `total` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Events,
    Queries,
}

/// Time between two looks.
const TICK: Duration = Duration::from_millis(100);
/// Queries that take no longer show nothing.
const SOON: Duration = Duration::from_millis(500);
/// Columns of a terminal that all parts of a bar need.
const WIDE: u16 = 90;

/// Runs `work` and meanwhile shows what `look` sees, if `terminal`.
pub(super) fn with_bar<T: Send>(
    terminal: bool,
    unit: Unit,
    look: impl Fn() -> Shown + Sync,
    work: impl FnOnce() -> T,
) -> T {
    if !terminal {
        return work();
    }
    let (running, ended) = channel();
    let look = &look;
    std::thread::scope(|scope| {
        scope.spawn(move || draw(unit, &ended, look));
        let result = work();
        drop(running);
        result
    })
}

/// Shows how far a query is, once it takes long, until dropped.
pub(super) struct QueryBar {
    running: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl QueryBar {
    pub(super) fn new(watch: Watch) -> Self {
        let (running, ended) = channel();
        let look = move || {
            let now = watch.progress();
            Shown {
                done: now.rows_done,
                total: now.rows,
                files_done: now.files_done,
                files: now.files,
                events: 0,
                bytes: now.bytes,
            }
        };
        let show = move || {
            if ended.recv_timeout(SOON) == Err(RecvTimeoutError::Timeout) {
                draw(Unit::Events, &ended, &look);
            }
        };
        // A query without a bar is no failure.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(show).ok();
        Self { running: Some(running), thread }
    }
}

impl Drop for QueryBar {
    fn drop(&mut self) {
        self.running = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Draws until the other end of `ended` is gone, and leaves nothing behind.
fn draw(unit: Unit, ended: &Receiver<()>, look: &dyn Fn() -> Shown) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    let amount = match unit {
        Unit::Bytes => "{decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}",
        Unit::Events => "{human_pos}/{human_len} events",
        Unit::Queries => "{human_pos}/{human_len} queries",
    };
    let width = console::Term::stderr().size_checked().map_or(WIDE, |(_, width)| width);
    let template = if width < WIDE {
        "{percent:>3}% {eta} left".to_owned()
    } else {
        format!("{{bar:12}} {{percent:>3}}% {amount} {{msg}} {{eta}} left")
    };
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    let started = Instant::now();
    loop {
        let now = look();
        bar.set_length(now.total.max(now.done).max(1));
        bar.set_position(now.done);
        bar.set_message(message(&now, started.elapsed()));
        if ended.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            return bar.finish_and_clear();
        }
    }
}

fn message(now: &Shown, elapsed: Duration) -> String {
    let mut parts = Vec::new();
    if now.files > 0 {
        parts.push(format!("{}/{} files", HumanCount(now.files_done), HumanCount(now.files)));
    }
    if now.bytes > 0 {
        parts.push(format!("{} read", DecimalBytes(now.bytes)));
    }
    if now.events > 0 {
        let rate = now.events as f64 / elapsed.as_secs_f64().max(0.001);
        if now.events != now.done {
            parts.push(format!("{} events", HumanCount(now.events)));
        }
        parts.push(format!("{}/s", HumanCount(rate as u64)));
    }
    parts.iter().map(|part| format!("{part},")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_tells_what_is_known() {
        let second = Duration::from_secs(1);
        assert_eq!(message(&Shown::default(), second), "");
        let query = Shown { files_done: 2, files: 31, bytes: 1_500_000, ..Shown::default() };
        assert_eq!(message(&query, second), "2/31 files, 1.50 MB read,");
        let import = Shown { events: 1_200, ..Shown::default() };
        assert_eq!(message(&import, second), "1,200 events, 1,200/s,");
        let synth = Shown { done: 1_200, ..import };
        assert_eq!(message(&synth, second), "1,200/s,");
    }
}
