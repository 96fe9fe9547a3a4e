//! Packed bytes on their way into a decoder: where they are, and what is wrong with them.

use super::super::fault::{Fault, FaultKind};
use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

/// Packed bytes that are read at a time.
const BUFFER_BYTES: usize = 128 << 10;

/// What messages call the packed bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// The compression: `gzip`.
    pub(super) name: &'static str,
    /// A part of the data that can stand alone: `member`.
    pub(super) frame: &'static str,
}

/// Packed bytes. Clones share them, so that a decoder that reads by itself can have one.
#[derive(Clone)]
pub(super) struct Packed<'a> {
    words: Words,
    state: Rc<RefCell<State<'a>>>,
}

struct State<'a> {
    source: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are read and not yet taken.
    start: usize,
    end: usize,
    /// Whether the source has ended.
    ended: bool,
    /// Bytes taken so far.
    at: u64,
    /// Whether bytes were asked for where there were none.
    wanted_more: bool,
    /// What is wrong and was read past.
    noted: Option<Fault>,
    /// An error that a decoder which reads by itself has met.
    failed: Option<io::Error>,
}

impl State<'_> {
    /// Reads until so many bytes are there, or all of them.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        while self.end - self.start < wanted && !self.ended {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            if self.buffer.is_empty() {
                self.buffer.resize(BUFFER_BYTES, 0);
            }
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What is wrong with the packing around this one, and all was taken of, is noted.
                Err(error) => match Fault::take(error)? {
                    fault if fault.kind.everything_was_taken() => self.note(fault),
                    fault => return Err(fault.into()),
                },
            }
        }
        self.wanted_more |= self.end - self.start < wanted;
        Ok(())
    }

    fn take(&mut self, count: usize) {
        self.start += count;
        self.at += count as u64;
    }

    fn note(&mut self, fault: Fault) {
        self.noted = Some(match self.noted.take() {
            Some(noted) => noted.and(fault),
            None => fault,
        });
    }
}

impl<'a> Packed<'a> {
    pub(super) fn new(source: Box<dyn Read + 'a>, words: Words) -> Self {
        let state = State {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            at: 0,
            wanted_more: false,
            noted: None,
            failed: None,
        };
        Self { words, state: Rc::new(RefCell::new(state)) }
    }

    /// Returns the number of bytes taken so far.
    pub(super) fn position(&self) -> u64 {
        self.state.borrow().at
    }

    /// Shows `look` the next bytes without taking them: so many, or all there are.
    pub(super) fn peek<T>(&self, wanted: usize, look: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let mut state = self.state.borrow_mut();
        state.fill(wanted)?;
        let there = (state.end - state.start).min(wanted);
        Ok(look(&state.buffer[state.start..state.start + there]))
    }

    /// Gives the bytes that are there, at least one unless they end, to `decode`, which returns how many it took.
    pub(super) fn feed<T>(
        &self,
        decode: impl FnOnce(&[u8]) -> (usize, T),
    ) -> io::Result<(usize, T)> {
        let mut state = self.state.borrow_mut();
        state.fill(1)?;
        let (count, done) = decode(&state.buffer[state.start..state.end]);
        state.take(count);
        Ok((count, done))
    }

    /// Takes a byte that must be there.
    pub(super) fn byte(&self) -> io::Result<u8> {
        let (_, byte) = self.feed(|bytes| (bytes.len().min(1), bytes.first().copied()))?;
        byte.ok_or_else(|| self.cut())
    }

    /// Takes a number of so many bytes, the least first.
    pub(super) fn number(&self, bytes: u32) -> io::Result<u32> {
        (0..bytes).try_fold(0, |number, place| Ok(number | u32::from(self.byte()?) << (8 * place)))
    }

    /// Passes over bytes that must be there.
    pub(super) fn skip(&self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let most = usize::try_from(count).unwrap_or(usize::MAX);
            match self.feed(|bytes| (bytes.len().min(most), ()))? {
                (0, ()) => return Err(self.cut()),
                (taken, ()) => count -= taken as u64,
            }
        }
        Ok(())
    }

    /// Passes over padding, as tapes and disk images leave it.
    pub(super) fn skip_zeros(&self) -> io::Result<()> {
        loop {
            let zeros = |bytes: &[u8]| bytes.iter().take_while(|byte| **byte == 0).count();
            let (count, more) = self.feed(|bytes| {
                let count = zeros(bytes);
                (count, count == bytes.len())
            })?;
            if count == 0 || !more {
                return Ok(());
            }
        }
    }

    /// Takes all bytes that are left.
    pub(super) fn skip_all(&self) -> io::Result<()> {
        while self.feed(|bytes| (bytes.len(), ()))?.0 > 0 {}
        Ok(())
    }

    /// Notes what is wrong and is read past.
    pub(super) fn note(&self, fault: Fault) {
        self.state.borrow_mut().note(fault);
    }

    pub(super) fn take_noted(&self) -> Option<Fault> {
        self.state.borrow_mut().noted.take()
    }

    /// Begins to look whether bytes are missing.
    pub(super) fn forget_want(&self) {
        self.state.borrow_mut().wanted_more = false;
    }

    /// Whether bytes were asked for where there were none.
    pub(super) fn wanted_more(&self) -> bool {
        self.state.borrow().wanted_more
    }

    /// Returns the reason for which a decoder that reads by itself has failed, as it did with `message`.
    pub(super) fn reason(&self, message: &str) -> io::Error {
        let failed = self.state.borrow_mut().failed.take();
        match failed {
            Some(error) => error,
            None if self.wanted_more() => self.cut(),
            None => self.corrupt(message),
        }
    }

    pub(super) fn cut(&self) -> io::Error {
        let Words { name, frame } = self.words;
        let reason = format!(
            "the file is cut off: its {name} data ends at byte {}, inside a {frame}",
            self.position()
        );
        Fault::new(FaultKind::CutOff, reason).into()
    }

    pub(super) fn corrupt(&self, what: &str) -> io::Error {
        let reason = format!(
            "the {} data is corrupt: {what} at byte {} of the packed file",
            self.words.name,
            self.position()
        );
        Fault::new(FaultKind::Corrupt, reason).into()
    }

    /// Says that the frame that began at `from` does not agree with its checksum.
    pub(super) fn wrong_checksum(&self, from: u64) -> Fault {
        let Words { name, frame } = self.words;
        let reason = format!(
            "the {name} {frame} at byte {from} of the packed file does not agree with its checksum"
        );
        Fault::new(FaultKind::Checksum, reason)
    }

    /// Says that the bytes from `from` to here are none of the packed data.
    pub(super) fn trailing(&self, from: u64) -> Fault {
        let (count, name) = (self.position() - from, self.words.name);
        let (bytes, are) = if count == 1 { ("byte", "is") } else { ("bytes", "are") };
        let reason = format!(
            "{count} {bytes} after the {name} data {are} not {name} data (from byte {from} of the packed file on)"
        );
        Fault::new(FaultKind::Trailing, reason)
    }
}

/// For decoders that read by themselves; see [`Packed::reason`].
impl Read for Packed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        if let Err(error) = state.fill(usize::from(!into.is_empty())) {
            state.failed = Some(error);
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = into.len().min(state.end - state.start);
        into[..count].copy_from_slice(&state.buffer[state.start..state.start + count]);
        state.take(count);
        Ok(count)
    }
}
