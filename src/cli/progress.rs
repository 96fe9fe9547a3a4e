//! The progress bar of long work, on a terminal only.

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Scope;
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
}

/// What `done` and `total` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Events,
    Queries,
}

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
    let ended = AtomicBool::new(false);
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    let amount = match unit {
        Unit::Bytes => "{decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}",
        Unit::Events => "{human_pos}/{human_len}",
        Unit::Queries => "{human_pos}/{human_len} queries",
    };
    let template = format!("{{bar:12}} {{percent:>3}}% {amount} {{msg}} {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    std::thread::scope(|scope| {
        draw(scope, &bar, &ended, &look);
        let result = work();
        ended.store(true, Ordering::Relaxed);
        result
    })
}

fn draw<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    bar: &'env ProgressBar,
    ended: &'env AtomicBool,
    look: &'env (impl Fn() -> Shown + Sync),
) {
    scope.spawn(move || {
        let started = Instant::now();
        while !ended.load(Ordering::Relaxed) {
            let now = look();
            bar.set_length(now.total.max(now.done));
            bar.set_position(now.done);
            let rate = now.events as f64 / started.elapsed().as_secs_f64().max(0.001);
            let files = match now.files {
                0 => String::new(),
                files => format!("{}/{} files, ", HumanCount(now.files_done), HumanCount(files)),
            };
            let events = match now.events {
                0 => String::new(),
                events => format!("{} events, {}/s,", HumanCount(events), HumanCount(rate as u64)),
            };
            bar.set_message(format!("{files}{events}"));
            std::thread::sleep(Duration::from_millis(100));
        }
        bar.finish_and_clear();
    });
}
