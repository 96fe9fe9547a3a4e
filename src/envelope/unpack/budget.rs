//! How much a source may unpack to.

use super::super::fault::{Fault, FaultKind};
use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Times its packed size that a source may unpack to. Each event has random ids, which do not compress: logs
/// come to 10 to 50 times.
const MAX_RATIO: u64 = 200;
/// Unpacked bytes that any source may have.
const MIN_COUNTED_BYTES: u64 = 256 << 20;

/// What a source may unpack to, which depends on its packed bytes, and whether it is to be read on at all.
///
/// All layers of a source share it. The packed bytes are those that were really there, and what is unpacked is counted
/// for each depth apart, over all members of archives: so neither many layers nor many members evade it.
#[derive(Debug, Clone)]
pub(super) struct Budget<'a> {
    stop: &'a AtomicBool,
    read: Rc<Cell<u64>>,
    /// Unpacked bytes by depth.
    unpacked: Rc<RefCell<Vec<u64>>>,
    /// Unpacked bytes from which on the ratio counts.
    min_counted: u64,
}

impl<'a> Budget<'a> {
    /// Returns the budget of a source that ends when `stop` is set.
    pub(super) fn new(stop: &'a AtomicBool) -> Self {
        Self { stop, read: Rc::default(), unpacked: Rc::default(), min_counted: MIN_COUNTED_BYTES }
    }

    /// Returns a budget whose ratio counts from so many bytes on.
    #[cfg(test)]
    pub(super) fn counted_from(stop: &'a AtomicBool, min_counted: u64) -> Self {
        Self { min_counted, ..Self::new(stop) }
    }

    /// Counts the bytes of the source, up to `size`: what is read twice does not count twice.
    pub(super) fn counting<R>(&self, source: R, size: u64) -> Counting<'a, R> {
        Counting { source, budget: self.clone(), size }
    }

    /// Counts packed bytes of the source that were read elsewhere.
    pub(super) fn add_read(&self, bytes: u64) {
        self.read.set(self.read.get() + bytes);
    }

    /// Counts bytes that were unpacked at this depth.
    pub(super) fn spend(&self, depth: usize, bytes: usize) {
        let mut unpacked = self.unpacked.borrow_mut();
        if unpacked.len() <= depth {
            unpacked.resize(depth + 1, 0);
        }
        unpacked[depth] += bytes as u64;
    }

    /// Asks for more at this depth.
    ///
    /// # Errors
    /// [`FaultKind::Bomb`] when too much was unpacked, of which `what` is told, and [`FaultKind::Stopped`].
    pub(super) fn ask(&self, depth: usize, what: &str) -> io::Result<()> {
        self.go_on()?;
        let unpacked = self.unpacked.borrow().get(depth).copied().unwrap_or_default();
        if unpacked <= self.min_counted || unpacked / MAX_RATIO <= self.read.get() {
            return Ok(());
        }
        let reason = format!(
            "{what} unpacks to more than {MAX_RATIO} times its size, which logs do not: reading ends after {unpacked} bytes"
        );
        Err(Fault::new(FaultKind::Bomb, reason).into())
    }

    /// # Errors
    /// [`FaultKind::Stopped`].
    pub(super) fn go_on(&self) -> io::Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            true => Err(Fault::stopped().into()),
            false => Ok(()),
        }
    }
}

/// A source whose bytes count towards a budget.
#[derive(Debug)]
pub(super) struct Counting<'a, R> {
    source: R,
    budget: Budget<'a>,
    size: u64,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.budget.go_on()?;
        let count = self.source.read(into)?;
        let read = self.budget.read.get() + count as u64;
        self.budget.read.set(read.min(self.size));
        Ok(count)
    }
}

impl<R: io::Seek> io::Seek for Counting<'_, R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}
