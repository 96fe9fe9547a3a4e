//! The progress bar of long work, on a terminal only.

use crate::engine::{Watch, Worked};
use console::Term;
use indicatif::{DecimalBytes, HumanCount, HumanDuration};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a bar shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ProgressState {
    /// How far, of `total`; bytes or events.
    pub(super) done: u64,
    pub(super) total: u64,
    /// Files done, of `files`; nothing is shown for none.
    pub(super) files_done: u64,
    pub(super) files: u64,
    pub(super) events: u64,
    /// Records that could not be taken; nothing is shown for none.
    pub(super) rejected: u64,
    /// Bytes read; nothing is shown for none.
    pub(super) bytes: u64,
    /// What a query does with what it read.
    pub(super) worked: Worked,
}

/// What `done` and `total` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Events,
    Queries,
    /// Objects of buckets, whose number is not known before they are listed.
    Objects,
}

/// Time between two drawings of the bar.
const REDRAW_INTERVAL: Duration = Duration::from_millis(100);
/// Queries that take no longer show nothing.
const SHOW_AFTER: Duration = Duration::from_millis(500);
/// Columns of the bar itself.
const BAR_COLUMNS: usize = 12;
/// Columns that stay free for what a terminal shows of Ctrl-C.
const ECHO_COLUMNS: usize = 3;

/// Runs `work` and meanwhile shows the state that `observe` returns, if `terminal`.
pub(super) fn with_bar<T: Send>(
    terminal: bool,
    unit: Unit,
    observe: impl Fn() -> ProgressState + Sync,
    work: impl FnOnce() -> T,
) -> T {
    if !terminal {
        return work();
    }
    let (running, ended) = channel();
    let observe = &observe;
    std::thread::scope(|scope| {
        scope.spawn(move || draw(unit, &ended, observe));
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
        let observe = move || {
            let now = watch.progress();
            ProgressState {
                done: now.rows_done,
                total: now.rows,
                files_done: now.files_done,
                files: now.files,
                events: 0,
                rejected: 0,
                bytes: now.bytes,
                worked: now.worked,
            }
        };
        let show = move || {
            if ended.recv_timeout(SHOW_AFTER) == Err(RecvTimeoutError::Timeout) {
                draw(Unit::Events, &ended, &observe);
            }
        };
        // A query without a bar is not a failure.
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
///
/// The cursor stays after the text, so that the `^C` of a terminal is wiped away with it.
fn draw(unit: Unit, ended: &Receiver<()>, observe: &dyn Fn() -> ProgressState) {
    let terminal = Term::stderr();
    let started = Instant::now();
    loop {
        let columns = terminal.size_checked().map_or(80, |(_, columns)| usize::from(columns));
        // A bar that cannot be drawn is not a failure of the work.
        let _ = terminal.clear_line();
        let _ = terminal.write_str(&line(unit, &observe(), started.elapsed(), columns));
        if ended.recv_timeout(REDRAW_INTERVAL) != Err(RecvTimeoutError::Timeout) {
            let _ = terminal.clear_line();
            return;
        }
    }
}

/// The text of a bar for a terminal of so many columns: what does not fit is left out, from the end.
fn line(unit: Unit, now: &ProgressState, elapsed: Duration, columns: usize) -> String {
    let share = now.done.min(now.total) as f64 / (now.total as f64).max(1.0);
    let seconds = elapsed.as_secs_f64().max(0.001);
    let left = (share > 0.0).then(|| seconds * (1.0 - share) / share);
    let per_second = |amount: u64| (amount as f64 / seconds) as u64;

    let full = (share * BAR_COLUMNS as f64) as usize;
    let worked: Vec<_> = now.worked.steps().collect();
    // The bar tells of scans; how long the work behind them takes is not known.
    let scanned = if worked.is_empty() { "" } else { " scanned" };
    let mut parts = vec![match unit {
        Unit::Objects => "listing".to_owned(),
        _ => format!(
            "{}{} {:>3}%{scanned}",
            "█".repeat(full),
            "░".repeat(BAR_COLUMNS - full),
            (share * 100.0) as u64
        ),
    }];
    let left = left.filter(|_| worked.is_empty());
    parts.extend(left.map(|left| format!("{} left", HumanDuration(Duration::from_secs_f64(left)))));
    for (at, (step, rows)) in worked.iter().enumerate() {
        let what = if at == 0 { " rows" } else { "" };
        parts.push(format!("{}{what} {step}", HumanCount(*rows)));
    }
    let (done, total) = (now.done, now.total.max(now.done));
    parts.push(match unit {
        Unit::Bytes => format!(
            "{} of {}, {}/s",
            DecimalBytes(done),
            DecimalBytes(total),
            DecimalBytes(per_second(done))
        ),
        Unit::Events => format!("{} of {} events", HumanCount(done), HumanCount(total)),
        Unit::Queries => format!("{} of {} queries", HumanCount(done), HumanCount(total)),
        Unit::Objects => format!("{} objects", HumanCount(done)),
    });
    if now.files > 0 {
        parts.push(format!("{} of {} files", HumanCount(now.files_done), HumanCount(now.files)));
    }
    if now.bytes > 0 {
        parts.push(format!("{} read", DecimalBytes(now.bytes)));
    }
    if now.events > 0 {
        let rate = format!("{} events/s", HumanCount(per_second(now.events)));
        let is_told = unit == Unit::Events;
        let events =
            if is_told { rate } else { format!("{} events, {rate}", HumanCount(now.events)) };
        parts.push(events);
    }
    if now.rejected > 0 {
        parts.push(format!("{} rejected", HumanCount(now.rejected)));
    }
    let mut text = String::new();
    for part in parts {
        let comma = if text.is_empty() { "" } else { ", " };
        if console::measure_text_width(&text) + comma.len() + part.chars().count() + ECHO_COLUMNS
            > columns
        {
            break;
        }
        text.push_str(comma);
        text.push_str(&part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_tells_what_is_known_and_fits() {
        let second = Duration::from_secs(1);
        let query = ProgressState {
            done: 250,
            total: 1_000,
            files_done: 2,
            files: 31,
            bytes: 1_500_000,
            ..ProgressState::default()
        };
        let shown = |columns| line(Unit::Events, &query, second, columns);
        let want =
            "███░░░░░░░░░  25%, 3 seconds left, 250 of 1,000 events, 2 of 31 files, 1.50 MB read";
        assert_eq!(shown(100), want);
        assert_eq!(shown(60), "███░░░░░░░░░  25%, 3 seconds left, 250 of 1,000 events");
        assert_eq!(shown(20), "███░░░░░░░░░  25%");
        assert_eq!(shown(10), "");
        let worked = Worked { joined: 12_000, aggregated: 9_000, sorted: 0, windowed: 0 };
        let joining = ProgressState { done: 1_000, worked, ..query };
        assert_eq!(
            line(Unit::Events, &joining, second, 90),
            "████████████ 100% scanned, 12,000 rows joined, 9,000 aggregated, 1,000 of 1,000 events"
        );
        let import = ProgressState {
            done: 10_000_000,
            total: 10_000_000,
            events: 1_200,
            rejected: 7,
            ..query
        };
        assert_eq!(
            line(Unit::Bytes, &import, 2 * second, 200),
            "████████████ 100%, 0 seconds left, 10.00 MB of 10.00 MB, 5.00 MB/s, 2 of 31 files, \
             1.50 MB read, 1,200 events, 600 events/s, 7 rejected"
        );
        let listing = ProgressState { done: 1_234, ..ProgressState::default() };
        assert_eq!(line(Unit::Objects, &listing, second, 200), "listing, 1,234 objects");
        let synth = ProgressState { done: 10, events: 10, ..ProgressState::default() };
        assert_eq!(
            line(Unit::Events, &synth, second, 200),
            "░░░░░░░░░░░░   0%, 10 of 10 events, 10 events/s"
        );
    }
}
