//! Unpacks a compression as a stream: any number of frames, padding between and after them.
//!
//! What precedes damage is handed out; the [`Fault`] comes at the end, as an error of the last read.

use super::super::fault::Fault;
use super::budget::Budget;
use super::packed::{Packed, Words};
use std::io::{self, Read};

/// A way of compression: how its frames begin, and how one is decoded.
pub(super) trait Codec<'a> {
    fn words(&self) -> Words;

    /// Returns how a frame may begin. Without any, the data is one frame, however it begins.
    fn magic(&self) -> &'static [&'static [u8]];

    /// Begins a frame, which is not yet taken; may take what stands before its data.
    ///
    /// # Errors
    /// The [`Fault`] of the frame.
    fn start(&mut self, packed: &Packed<'a>) -> io::Result<()>;

    /// Does the next piece of work.
    fn decode(&mut self, packed: &Packed<'a>, into: &mut [u8]) -> Step;
}

/// Returns how frames of a format begin that shares zstd's frames of other content, which are skipped.
pub(super) const fn with_skippable(frame: &'static [u8]) -> [&'static [u8]; 17] {
    [
        frame,
        b"\x50\x2a\x4d\x18",
        b"\x51\x2a\x4d\x18",
        b"\x52\x2a\x4d\x18",
        b"\x53\x2a\x4d\x18",
        b"\x54\x2a\x4d\x18",
        b"\x55\x2a\x4d\x18",
        b"\x56\x2a\x4d\x18",
        b"\x57\x2a\x4d\x18",
        b"\x58\x2a\x4d\x18",
        b"\x59\x2a\x4d\x18",
        b"\x5a\x2a\x4d\x18",
        b"\x5b\x2a\x4d\x18",
        b"\x5c\x2a\x4d\x18",
        b"\x5d\x2a\x4d\x18",
        b"\x5e\x2a\x4d\x18",
        b"\x5f\x2a\x4d\x18",
    ]
}

/// What came of a piece of work.
#[derive(Debug)]
pub(super) struct Step {
    /// Bytes that were written.
    pub(super) produced: usize,
    /// How the frame has ended after them, if it has.
    pub(super) end: Option<io::Result<()>>,
}

impl Step {
    pub(super) fn more(produced: usize) -> Self {
        Self { produced, end: None }
    }

    pub(super) fn end(produced: usize) -> Self {
        Self { produced, end: Some(Ok(())) }
    }

    pub(super) fn failed(produced: usize, error: io::Error) -> Self {
        Self { produced, end: Some(Err(error)) }
    }
}

impl From<io::Error> for Step {
    fn from(error: io::Error) -> Self {
        Self::failed(0, error)
    }
}

/// The unpacked bytes of packed data.
pub(super) struct Frames<'a> {
    packed: Packed<'a>,
    codec: Box<dyn Codec<'a> + 'a>,
    budget: Budget<'a>,
    depth: usize,
    place: Place,
    frames: u64,
    /// Whether what follows the first frame belongs to something else.
    only_one: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    Frame,
    End,
}

impl<'a> Frames<'a> {
    /// Unpacks `packed`, whose unpacked bytes count at this depth of the budget.
    pub(super) fn new(
        packed: Box<dyn Read + 'a>,
        codec: Box<dyn Codec<'a> + 'a>,
        budget: Budget<'a>,
        depth: usize,
    ) -> Self {
        let packed = Packed::new(packed, codec.words());
        Self { packed, codec, budget, depth, place: Place::Between, frames: 0, only_one: false }
    }

    /// Leaves what follows the first frame unread.
    pub(super) fn only_one(self) -> Self {
        Self { only_one: true, ..self }
    }

    /// Returns the packed bytes.
    pub(super) fn packed(&self) -> Packed<'a> {
        self.packed.clone()
    }

    /// Does the next piece of work; returns how many bytes of `into` it filled.
    fn step(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.place {
            Place::Between => self.begin().map(|()| 0),
            Place::Frame => {
                self.budget.ask(self.depth, &format!("the {} data", self.codec.words().name))?;
                let Step { produced, end } = self.codec.decode(&self.packed, into);
                self.budget.spend(self.depth, produced);
                match end {
                    None => {}
                    Some(Ok(())) if self.only_one => self.place = Place::End,
                    Some(Ok(())) => self.place = Place::Between,
                    Some(Err(error)) => self.fail(error)?,
                }
                Ok(produced)
            }
            Place::End => Ok(0),
        }
    }

    /// Begins the next frame, or finds the end.
    fn begin(&mut self) -> io::Result<()> {
        self.budget.go_on()?;
        let edge = self.packed.position();
        let first = self.frames == 0;
        if !first {
            self.packed.skip_zeros()?;
        }
        let padded = self.packed.position();
        let magic = self.codec.magic();
        let longest = magic.iter().map(|begin| begin.len()).max().unwrap_or(1);
        let (ended, begins, cut) = self.packed.peek(longest, |head| {
            let begins = match magic {
                [] => first,
                magic => magic.iter().any(|begin| head.starts_with(begin)),
            };
            (head.is_empty(), begins, magic.iter().any(|begin| begin.starts_with(head)))
        })?;
        if begins {
            self.frames += 1;
            self.packed.forget_want();
            self.codec.start(&self.packed)?;
            self.place = Place::Frame;
        } else if ended && !first {
            self.place = Place::End;
        } else if cut {
            self.packed.skip_all()?;
            return Err(self.packed.cut());
        } else if first {
            return Err(self.packed.corrupt("an unknown method"));
        } else {
            // Counts the bytes that do not begin another frame.
            self.place = Place::End;
            self.packed.skip_all()?;
            debug_assert!(padded < self.packed.position());
            self.packed.note(self.packed.trailing(edge));
        }
        Ok(())
    }

    /// Ends the reading: notes a fault, and returns any other error.
    fn fail(&mut self, error: io::Error) -> io::Result<()> {
        self.place = Place::End;
        self.packed.note(Fault::take(error)?);
        Ok(())
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.place != Place::End && !into.is_empty() {
            match self.step(into) {
                Ok(0) => {}
                Ok(count) => return Ok(count),
                Err(error) => self.fail(error)?,
            }
        }
        match into.is_empty() {
            true => Ok(0),
            false => self.packed.take_noted().map_or(Ok(0), |fault| Err(fault.into())),
        }
    }
}
