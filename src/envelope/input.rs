//! A document as a window of bytes that grows at its end and shrinks at its start.
//!
//! What was read in one go is all in the window; what streams comes into it step by step.

use super::fault::{Fault, FaultKind};
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

/// How much a streaming window reads at a time.
const READ_STEP_BYTES: usize = 1 << 20;
/// Largest value that a window grows to hold.
pub const MAX_VALUE_BYTES: usize = 64 << 20;
/// How much a stream may bring without a record: more than any record has.
pub const MAX_BARREN_BYTES: u64 = 2 * MAX_VALUE_BYTES as u64;

/// A window into the unpacked bytes of a document.
pub struct Input<'a> {
    window: &'a mut Vec<u8>,
    /// Bytes of the window that are read and not yet dropped.
    start: usize,
    end: usize,
    /// Unpacked bytes before the window.
    dropped: u64,
    rest: Option<Box<dyn Read + 'a>>,
    /// Whether reading the rest may block, so that the bytes that have come are processed first.
    live: bool,
    /// What the text was made of, if it is not the source's own.
    container: Option<&'static str>,
    /// Where the last record began.
    last_record: u64,
    stop: &'a AtomicBool,
    damage: Option<Fault>,
}

impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("position", &self.position(0)).finish_non_exhaustive()
    }
}

impl<'a> Input<'a> {
    /// Returns what `window` holds up to `end`.
    pub(super) fn whole(window: &'a mut Vec<u8>, end: usize, stop: &'a AtomicBool) -> Self {
        Self {
            window,
            start: 0,
            end,
            dropped: 0,
            rest: None,
            live: false,
            container: None,
            last_record: 0,
            stop,
            damage: None,
        }
    }

    /// Returns what `source` will bring into `window`. Where reading may block (`live`), the bytes that have come are
    /// processed first.
    pub(super) fn stream(
        window: &'a mut Vec<u8>,
        source: Box<dyn Read + 'a>,
        live: bool,
        stop: &'a AtomicBool,
    ) -> Self {
        Self { rest: Some(source), live, ..Self::whole(window, 0, stop) }
    }

    /// Returns the input with a name for what its text was made of.
    pub(super) fn made_of(self, container: Option<&'static str>) -> Self {
        Self { container, ..self }
    }

    /// Returns what the text was made of, if it is not the source's own.
    pub(super) fn container(&self) -> Option<&'static str> {
        self.container
    }

    /// Returns the bytes of the window.
    pub fn bytes(&self) -> &[u8] {
        &self.window[self.start..self.end]
    }

    /// Returns the position in the unpacked source of offset `at` in the window, from 0.
    pub fn position(&self, at: usize) -> u64 {
        self.dropped + at as u64
    }

    /// Drops the first `count` bytes of the window.
    pub fn drop_front(&mut self, count: usize) {
        self.start += count;
        self.dropped += count as u64;
    }

    /// Notes that the window begins with a record.
    pub fn note_record(&mut self) {
        self.last_record = self.dropped;
    }

    /// Whether nothing can be added to the window.
    pub fn at_end(&self) -> bool {
        self.rest.is_none()
    }

    /// Whether reading more may block.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Ends the source if the user has asked for it; returns whether.
    pub fn stop_if_asked(&mut self) -> bool {
        let asked = self.stop.load(Ordering::Relaxed);
        if asked {
            self.damage = Some(Fault::stopped());
            self.rest = None;
        }
        asked
    }

    /// Adds bytes to the window, at least one unless the source ends. A source that fails ends where
    /// it fails; [`Self::damage`] then has the reason.
    pub fn grow(&mut self) {
        if self.stop_if_asked() {
            return;
        }
        let Some(rest) = &mut self.rest else { return };
        // A file has an end, a stream need not have one.
        let barren = self.dropped + (self.end - self.start) as u64 - self.last_record;
        if self.live && barren > MAX_BARREN_BYTES {
            let reason = format!(
                "no record in the last {} MiB of the stream: reading ends here",
                MAX_BARREN_BYTES >> 20
            );
            self.damage = Some(Fault::new(FaultKind::Barren, reason));
            return self.rest = None;
        }
        if self.start > 0 {
            self.window.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // Doubling keeps a value that is scanned again after each step linear in its size.
        let wanted = self.end + READ_STEP_BYTES.max(self.end);
        if self.window.len() < wanted {
            self.window.resize(wanted, 0);
        }
        while self.end < wanted {
            match rest.read(&mut self.window[self.end..wanted]) {
                Ok(0) => return self.rest = None,
                Ok(count) => {
                    self.end += count;
                    if self.live {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.damage = Some(Fault::of(error));
                    return self.rest = None;
                }
            }
        }
    }

    /// Whether the user ended the source; what is missing from its last value is not damage.
    pub fn is_stopped(&self) -> bool {
        self.damage.as_ref().is_some_and(|fault| fault.kind == FaultKind::Stopped)
    }

    /// Takes what is wrong with the packing of the source, or ended it before its time: a truncated
    /// or corrupt gzip stream, an error of the system, the user.
    pub fn damage(&mut self) -> Option<Fault> {
        self.damage.take()
    }
}
