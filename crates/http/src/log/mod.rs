//! The access log: lines go through a bounded queue to a thread that writes them, so that a slow or broken
//! writer costs lines and no request.

mod line;

pub(crate) use line::{Line, in_short, without_secrets};

use crate::hooks::Clock;
use crate::metrics::Counters;
use chrono::{DateTime, SecondsFormat, Utc};
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;

pub(crate) struct AccessLog {
    queue: Mutex<Option<SyncSender<String>>>,
    tally: Arc<Tally>,
    done: Mutex<Option<oneshot::Receiver<()>>>,
}

struct Tally {
    waiting: AtomicU64,
    dropped: AtomicU64,
    metric: Counters<0>,
}

impl Tally {
    fn drop_line(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.metric.add([], 1);
    }
}

impl AccessLog {
    /// With no writer, or no thread to write, lines are dropped; only the latter counts them.
    pub(crate) fn start(
        writer: Option<Box<dyn Write + Send>>,
        capacity: usize,
        clock: Clock,
        metric: Counters<0>,
    ) -> Self {
        let tally = Tally { waiting: 0.into(), dropped: 0.into(), metric };
        let tally = Arc::new(tally);
        let Some(writer) = writer else {
            return Self { queue: Mutex::new(None), tally, done: Mutex::new(None) };
        };
        let (queue, lines) = sync_channel(capacity.max(1));
        let (finished, done) = oneshot::channel();
        let mut thread =
            LogThread { writer, clock, tally: Arc::clone(&tally), told: 0, torn: false };
        // Without the thread the queue has no other end, and its lines count as dropped.
        let _ = std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            thread.run(&lines);
            let _ = finished.send(());
        });
        Self { queue: Mutex::new(Some(queue)), tally, done: Mutex::new(Some(done)) }
    }

    /// Does not wait.
    pub(crate) fn write(&self, line: &Line<'_>) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*queue {
            self.tally.waiting.fetch_add(1, Ordering::Relaxed);
            if queue.try_send(line.text()).is_err() {
                self.tally.waiting.fetch_sub(1, Ordering::Relaxed);
                self.tally.drop_line();
            }
        }
    }

    /// Waits at most `patience` for the rest to be written, and tells how many lines were dropped at all.
    pub(crate) async fn close(&self, patience: Duration) -> u64 {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(done) = done {
            let _ = tokio::time::timeout(patience, done).await;
        }
        self.tally.dropped.load(Ordering::Relaxed) + self.tally.waiting.load(Ordering::Relaxed)
    }
}

struct LogThread {
    writer: Box<dyn Write + Send>,
    clock: Clock,
    tally: Arc<Tally>,
    /// Of the dropped lines, how many the log itself tells of.
    told: u64,
    /// Whether the last line may have been written in part.
    torn: bool,
}

impl LogThread {
    fn run(&mut self, lines: &Receiver<String>) {
        while let Ok(line) = lines.recv() {
            self.line(&line);
            while let Ok(line) = lines.try_recv() {
                self.line(&line);
            }
            let _ = self.writer.flush();
        }
        let _ = self.tell().and_then(|()| self.writer.flush());
    }

    fn line(&mut self, line: &str) {
        if self.tell().and_then(|()| self.put(line)).is_err() {
            self.tally.drop_line();
        }
        self.tally.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// A line that says how many are missing before the next one.
    fn tell(&mut self) -> io::Result<()> {
        let dropped = self.tally.dropped.load(Ordering::Relaxed);
        if dropped > self.told {
            let (time, missing) = (rfc3339((self.clock)()), dropped - self.told);
            self.put(&format!("{{\"time\":\"{time}\",\"dropped_lines\":{missing}}}\n"))?;
            self.told = dropped;
        }
        Ok(())
    }

    fn put(&mut self, line: &str) -> io::Result<()> {
        if std::mem::replace(&mut self.torn, true) {
            self.writer.write_all(b"\n")?;
        }
        self.writer.write_all(line.as_bytes())?;
        self.torn = false;
        Ok(())
    }
}

/// UTC, to the millisecond.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests;
