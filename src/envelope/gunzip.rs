//! Unpacks gzip (RFC 1952) as a stream: any number of members, padding between and after them.
//!
//! What precedes damage is handed out; the [`Fault`] comes at the end, as an error of the last read.

use super::fault::{Fault, FaultKind};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// How gzip data begins.
pub(super) const MAGIC: &[u8] = &[0x1f, 0x8b];

const DEFLATE: u8 = 8;
/// How each member begins.
pub(super) const MEMBER: &[u8] = &[0x1f, 0x8b, DEFLATE];
const HEADER_CHECKSUM: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// Times its packed size that a source may unpack to. Each event has random ids, which do not compress: logs
/// come to 10 to 50 times.
const MAX_RATIO: u64 = 200;
/// Unpacked bytes that any source may have.
const MIN_COUNTED_BYTES: u64 = 256 << 20;

/// What a source may unpack to, which depends on its packed bytes. Layers of gzip share it, so that it is told from the
/// bytes that were really there, and each of them is held to it.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    read: Rc<Cell<u64>>,
    /// Unpacked bytes from which on the ratio counts.
    min_counted: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { read: Rc::default(), min_counted: MIN_COUNTED_BYTES }
    }
}

impl Budget {
    /// Counts the bytes of the source.
    pub(super) fn counting<R: Read>(&self, source: R) -> impl Read + use<R> {
        Taken { source, budget: self.clone() }
    }

    fn allows(&self, unpacked: u64) -> bool {
        unpacked <= self.min_counted || unpacked / MAX_RATIO <= self.read.get()
    }
}

struct Taken<R> {
    source: R,
    budget: Budget,
}

impl<R: Read> Read for Taken<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(into)?;
        self.budget.read.set(self.budget.read.get() + count as u64);
        Ok(count)
    }
}

/// The unpacked bytes of gzip data.
pub(super) struct Gunzip<R> {
    packed: R,
    budget: Budget,
    /// Bytes unpacked so far.
    unpacked: u64,
    /// Packed bytes taken so far.
    at: u64,
    /// Where the present member begins, or the last one ended.
    edge: u64,
    place: Place,
    members: u64,
    inflate: Decompress,
    checksum: Crc,
    /// What is wrong and was read past.
    noted: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    Body,
    Trailer,
    End,
}

impl<R: BufRead> Gunzip<R> {
    pub(super) fn new(packed: R, budget: Budget) -> Self {
        Self {
            packed,
            budget,
            unpacked: 0,
            at: 0,
            edge: 0,
            place: Place::Between,
            members: 0,
            inflate: Decompress::new(false),
            checksum: Crc::new(),
            noted: None,
        }
    }

    /// Returns packed bytes that are not yet taken; none at the end. What is wrong with the packing
    /// around this one, and all was taken of, is noted.
    fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.packed.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => match Fault::take(error)? {
                    fault if fault.kind.everything_was_taken() => self.note(fault),
                    fault => return Err(fault.into()),
                },
            }
        }
        self.packed.fill_buf()
    }

    fn take(&mut self, count: usize) {
        self.packed.consume(count);
        self.at += count as u64;
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.fill()?.first().copied();
        self.take(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// Takes a byte that must be there.
    fn byte(&mut self) -> io::Result<u8> {
        match self.next_byte()? {
            Some(byte) => Ok(byte),
            None => Err(self.cut()),
        }
    }

    fn number(&mut self, bytes: u32) -> io::Result<u32> {
        (0..bytes).try_fold(0, |number, place| Ok(number | u32::from(self.byte()?) << (8 * place)))
    }

    fn cut(&self) -> io::Error {
        let reason =
            format!("the file is cut off: its gzip data ends at byte {}, inside a member", self.at);
        Fault::new(FaultKind::CutOff, reason).into()
    }

    fn corrupt(&self, what: &str) -> io::Error {
        let reason =
            format!("the gzip data is corrupt: {what} at byte {} of the packed file", self.at);
        Fault::new(FaultKind::Corrupt, reason).into()
    }

    fn note(&mut self, fault: Fault) {
        self.noted = Some(match self.noted.take() {
            Some(noted) => noted.and(fault),
            None => fault,
        });
    }

    /// Does the next piece of work; returns how many bytes of `into` it filled.
    fn step(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.place {
            Place::Between => self.header().map(|()| 0),
            Place::Body => self.body(into),
            Place::Trailer => self.trailer().map(|()| 0),
            Place::End => Ok(0),
        }
    }

    /// Reads the header of the next member, or finds the end.
    fn header(&mut self) -> io::Result<()> {
        self.edge = self.at;
        if self.members > 0 {
            self.skip_zeros()?;
        }
        let padded = self.at;
        for expected in [MAGIC[0], MAGIC[1], DEFLATE] {
            match self.next_byte()? {
                Some(byte) if byte == expected => {}
                None if self.at == padded => {
                    self.place = Place::End;
                    return Ok(());
                }
                None => return Err(self.cut()),
                Some(_) if self.members > 0 => return self.other_bytes(),
                Some(_) => return Err(self.corrupt("an unknown method")),
            }
        }
        self.edge = padded;
        let flags = self.byte()?;
        if flags & 0xe0 != 0 {
            return Err(self.corrupt("an unknown flag"));
        }
        self.number(4)?; // time of change
        self.number(2)?; // effort and system
        if flags & EXTRA != 0 {
            for _ in 0..self.number(2)? {
                self.byte()?;
            }
        }
        for text in [NAME, COMMENT] {
            while flags & text != 0 && self.byte()? != 0 {}
        }
        if flags & HEADER_CHECKSUM != 0 {
            self.number(2)?;
        }
        self.members += 1;
        self.inflate.reset(false);
        self.checksum.reset();
        self.place = Place::Body;
        Ok(())
    }

    /// Passes over padding, as tapes and disk images leave it.
    fn skip_zeros(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.fill()?;
            let zeros = bytes.iter().take_while(|b| **b == 0).count();
            let more = zeros > 0 && zeros == bytes.len();
            self.take(zeros);
            if !more {
                return Ok(());
            }
        }
    }

    /// Counts the bytes after the last member that do not begin another.
    fn other_bytes(&mut self) -> io::Result<()> {
        self.place = Place::End;
        loop {
            let count = self.fill()?.len();
            if count == 0 {
                break;
            }
            self.take(count);
        }
        let (count, from) = (self.at - self.edge, self.edge);
        let (bytes, are) = if count == 1 { ("byte", "is") } else { ("bytes", "are") };
        self.note(Fault::new(
            FaultKind::Trailing,
            format!(
                "{count} {bytes} after the gzip data {are} not gzip data (from byte {from} of the packed file on)"
            ),
        ));
        Ok(())
    }

    fn body(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.budget.allows(self.unpacked) {
            let reason = format!(
                "the gzip data unpacks to more than {MAX_RATIO} times its size, which logs do not: reading ends after {} bytes",
                self.unpacked
            );
            return Err(Fault::new(FaultKind::Bomb, reason).into());
        }
        if self.fill()?.is_empty() {
            return Err(self.cut());
        }
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let outcome = self.inflate.decompress(self.packed.fill_buf()?, into, FlushDecompress::None);
        let consumed = (self.inflate.total_in() - read) as usize;
        let produced = (self.inflate.total_out() - written) as usize;
        self.take(consumed);
        self.unpacked += produced as u64;
        self.checksum.update(&into[..produced]);
        match outcome {
            Ok(Status::StreamEnd) => self.place = Place::Trailer,
            Ok(_) if consumed + produced > 0 => {}
            Ok(_) | Err(_) => {
                let corrupt = self.corrupt("invalid deflate data");
                self.fail(corrupt)?;
            }
        }
        Ok(produced)
    }

    fn trailer(&mut self) -> io::Result<()> {
        let (checksum, size) = (self.number(4)?, self.number(4)?);
        if checksum != self.checksum.sum() || size != self.checksum.amount() {
            let from = self.edge;
            self.note(Fault::new(
                FaultKind::Checksum,
                format!(
                    "the gzip member at byte {from} of the packed file does not agree with its checksum"
                ),
            ));
        }
        self.place = Place::Between;
        Ok(())
    }

    /// Ends the reading: notes a fault, and returns any other error.
    fn fail(&mut self, error: io::Error) -> io::Result<()> {
        self.place = Place::End;
        self.note(Fault::take(error)?);
        Ok(())
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.place != Place::End && !into.is_empty() {
            match self.step(into) {
                Ok(0) => {}
                Ok(count) => return Ok(count),
                Err(error) => self.fail(error)?,
            }
        }
        match self.noted.take() {
            Some(fault) if !into.is_empty() => Err(fault.into()),
            noted => {
                self.noted = noted;
                Ok(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    /// Unpacks so many layers where the ratio counts from 64 KiB on: the bytes that came, and what ended them.
    fn unpack(packed: &[u8], layers: usize) -> (Vec<u8>, Option<FaultKind>) {
        let budget = Budget { min_counted: 64 << 10, ..Budget::default() };
        let mut layer: Box<dyn Read + '_> = Box::new(budget.counting(packed));
        for _ in 0..layers {
            let packed = io::BufReader::with_capacity(512, layer);
            layer = Box::new(Gunzip::new(packed, budget.clone()));
        }
        let mut text = Vec::new();
        let end = layer.read_to_end(&mut text).err().map(|error| Fault::of(error).kind);
        (text, end)
    }

    #[test]
    fn what_unpacks_to_far_more_than_logs_do_is_not_read_to_its_end() {
        let blanks = vec![b' '; 1 << 20];
        for layers in 1..=4 {
            let bomb = (0..layers).fold(blanks.clone(), |bytes, _| gzip(&bytes));
            let (text, end) = unpack(&bomb, layers);
            assert_eq!(end, Some(FaultKind::Bomb), "{layers} layers");
            assert!(text.len() < blanks.len() && text.iter().all(|byte| *byte == b' '));
        }
    }

    /// Nothing comes of these, so that the bytes that come are not all that must be counted.
    #[test]
    fn empty_members_without_end_are_a_bomb() {
        let members = gzip(&gzip(b"").repeat(20_000));
        assert_eq!(unpack(&members, 2), (Vec::new(), Some(FaultKind::Bomb)));
        let padding = [gzip(b"text"), vec![0; 1 << 20]].concat();
        assert_eq!(unpack(&gzip(&padding), 2), (b"text".to_vec(), Some(FaultKind::Bomb)));
    }

    #[test]
    fn what_compresses_as_logs_do_is_read_however_long() {
        let records: String = (0..20_000_u64)
            .map(|n| {
                format!(
                    "{{\"eventID\":\"{:016x}\",\"a\":\"{}\"}}\n",
                    n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                    "x".repeat(200)
                )
            })
            .collect();
        assert_eq!(unpack(&gzip(records.as_bytes()), 1), (records.clone().into_bytes(), None));
        assert_eq!(unpack(&gzip(&gzip(records.as_bytes())), 2), (records.into_bytes(), None));
        // A little may be anything.
        let blanks = vec![b' '; 64 << 10];
        assert_eq!(unpack(&gzip(&blanks), 1), (blanks, None));
    }
}
