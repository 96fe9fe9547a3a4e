//! Tar archives as a stream: POSIX (ustar and pax), GNU's and the old one, also several of them one after the other.

use super::super::fault::{Fault, FaultKind};
use super::super::packing::{self, Packing};
use super::budget::Budget;
use super::packed::{Packed, Words};
use std::io::{self, Read};

const BLOCK_BYTES: usize = 512;
/// Bytes that a name or other attributes of a member may have; longer ones are passed over.
const MAX_ATTRIBUTE_BYTES: u64 = 1 << 20;

/// No file is larger; sums of sizes below do not overflow.
const MAX_SIZE: u64 = 1 << 62;

/// A tar archive that is read from its start to its end.
pub(super) struct Tar<'a> {
    source: Packed<'a>,
    budget: Budget<'a>,
    /// Bytes of the present member that are not yet read, and those that fill its last block.
    left: u64,
    padding: u64,
    /// Whether an end of an archive was read.
    closed: bool,
    ended: bool,
    fault: Option<Fault>,
}

/// A file in the archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its path, as it stands in the archive.
    pub(super) name: Vec<u8>,
    /// Why it is not read.
    pub(super) refused: Option<Packing>,
}

/// What stands before a header and is meant for its member.
#[derive(Debug, Default)]
struct Attributes {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

impl<'a> Tar<'a> {
    pub(super) fn new(source: Box<dyn Read + 'a>, budget: Budget<'a>) -> Self {
        Self {
            source: Packed::new(source, Words { name: "tar", frame: "member" }),
            budget,
            left: 0,
            padding: 0,
            closed: false,
            ended: false,
            fault: None,
        }
    }

    /// Moves to the next file in the archive; `None` at its end, or where it cannot be read on.
    pub(super) fn next_member(&mut self) -> Option<Member> {
        if self.ended {
            return None;
        }
        let next = self.find_member();
        self.ended = !matches!(next, Ok(Some(_)));
        match next {
            Ok(member) => member,
            Err(error) => {
                self.note(Fault::of(error));
                None
            }
        }
    }

    /// Returns what the present member holds.
    pub(super) fn content(&mut self) -> impl Read + use<'_, 'a> {
        Content { tar: self }
    }

    /// Returns what is wrong with the archive outside its members.
    pub(super) fn into_fault(self) -> Option<Fault> {
        match (self.fault, self.source.take_noted()) {
            (Some(fault), Some(noted)) => Some(noted.and(fault)),
            (fault, noted) => fault.or(noted),
        }
    }

    fn note(&mut self, fault: Fault) {
        self.fault = Some(match self.fault.take() {
            Some(first) => first.and(fault),
            None => fault,
        });
    }

    fn find_member(&mut self) -> io::Result<Option<Member>> {
        self.source.skip(self.left + self.padding)?;
        (self.left, self.padding) = (0, 0);
        let mut attributes = Attributes::default();
        let mut lost_from = None;
        loop {
            self.budget.go_on()?;
            let at = self.source.position();
            let Some(block) = self.block()? else {
                return self.end(lost_from).map(|()| None);
            };
            if block.iter().all(|byte| *byte == 0) {
                self.closed |= lost_from.is_none();
                continue;
            }
            let Some(header) = Header::read(&block) else {
                lost_from.get_or_insert(at);
                continue;
            };
            self.closed = false;
            if let Some(from) = lost_from.take() {
                self.note(lost(from, at));
                attributes = Attributes::default();
            }
            if let Some(member) = self.enter(&header, &mut attributes)? {
                return Ok(Some(member));
            }
        }
    }

    /// Takes what a header is for; returns the member if it is that of a file.
    fn enter(
        &mut self,
        header: &Header<'_>,
        attributes: &mut Attributes,
    ) -> io::Result<Option<Member>> {
        match header.kind() {
            b'L' => attributes.name = self.attribute(header.size)?.map(until_zero),
            b'x' => attributes.take_pax(&self.attribute(header.size)?.unwrap_or_default()),
            b'K' | b'g' => self.pass(header.size)?,
            b'0' | b'7' | 0 | b'S' => {
                let Attributes { name, size, is_sparse } = std::mem::take(attributes);
                let is_old_sparse = header.kind() == b'S';
                if is_old_sparse {
                    self.pass_map(header)?;
                }
                let size = size.unwrap_or(header.size);
                let name = name.unwrap_or_else(|| header.name());
                // Old archives mark folders so.
                if name.ends_with(b"/") {
                    self.pass(size)?;
                    return Ok(None);
                }
                (self.left, self.padding) = (size, padding(size));
                let refused = (is_sparse || is_old_sparse).then_some(packing::SPARSE_MEMBER);
                return Ok(Some(Member { name, refused }));
            }
            // Links, folders and devices have no data, whatever their size says.
            b'1'..=b'6' => *attributes = Attributes::default(),
            _ => {
                let size = std::mem::take(attributes).size.unwrap_or(header.size);
                self.pass(size)?;
            }
        }
        Ok(None)
    }

    /// Passes over data and what fills its last block.
    fn pass(&self, size: u64) -> io::Result<()> {
        self.source.skip(size)?;
        self.source.skip(padding(size))
    }

    /// Passes over the blocks that go on with the map of a sparse file.
    fn pass_map(&self, header: &Header<'_>) -> io::Result<()> {
        let mut goes_on = header.block[482] != 0;
        while goes_on {
            goes_on = self.block()?.ok_or_else(|| self.source.cut())?[504] != 0;
        }
        Ok(())
    }

    /// Reads the data of an attribute, unless it is too long.
    fn attribute(&self, size: u64) -> io::Result<Option<Vec<u8>>> {
        if size > MAX_ATTRIBUTE_BYTES {
            return self.pass(size).map(|()| None);
        }
        let mut data = Vec::new();
        while (data.len() as u64) < size {
            let left = size as usize - data.len();
            let (count, ()) = self.source.feed(|bytes| {
                let count = bytes.len().min(left);
                data.extend_from_slice(&bytes[..count]);
                (count, ())
            })?;
            if count == 0 {
                return Err(self.source.cut());
            }
        }
        self.source.skip(padding(size))?;
        Ok(Some(data))
    }

    /// Takes a block; `None` at the end. A last one that is too short is filled with zeros.
    fn block(&self) -> io::Result<Option<[u8; BLOCK_BYTES]>> {
        let mut block = [0; BLOCK_BYTES];
        let count = self.source.peek(BLOCK_BYTES, |bytes| {
            block[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        })?;
        self.source.skip(count as u64)?;
        Ok((count > 0).then_some(block))
    }

    fn end(&mut self, lost_from: Option<u64>) -> io::Result<()> {
        match lost_from {
            Some(from) if self.closed => self.source.note(self.source.trailing(from)),
            Some(from) if self.source.position() - from < BLOCK_BYTES as u64 => {
                return Err(self.source.cut());
            }
            Some(from) => self.note(lost(from, self.source.position())),
            None if self.closed => {}
            None => {
                let reason = format!(
                    "the file is cut off: its tar data ends at byte {}, without the end of the archive",
                    self.source.position()
                );
                return Err(Fault::new(FaultKind::CutOff, reason).into());
            }
        }
        Ok(())
    }
}

/// Says that bytes were passed over to find the next member.
fn lost(from: u64, to: u64) -> Fault {
    let reason = format!(
        "the tar data is corrupt: bytes {from} to {to} are no header of a member; what belongs to them is passed over"
    );
    Fault::new(FaultKind::Corrupt, reason)
}

fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK_BYTES as u64) - size
}

fn until_zero(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
    text
}

impl Attributes {
    /// Takes records of pax: `length name=value\n` each.
    fn take_pax(&mut self, mut data: &[u8]) {
        while let Some(blank) = data.iter().position(|byte| *byte == b' ') {
            let length = std::str::from_utf8(&data[..blank]).ok().and_then(|n| n.parse().ok());
            let Some(record) = length.and_then(|length: usize| data.get(blank + 1..length)) else {
                return;
            };
            data = &data[blank + 1 + record.len()..];
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            let Some(equals) = record.iter().position(|byte| *byte == b'=') else { return };
            let (name, value) = (&record[..equals], &record[equals + 1..]);
            match name {
                b"path" if !self.is_sparse || self.name.is_none() => {
                    self.name = Some(value.to_vec());
                }
                b"GNU.sparse.name" => self.name = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok());
                    self.size = size.filter(|size| *size < MAX_SIZE);
                }
                _ => {}
            }
            self.is_sparse |= name.starts_with(b"GNU.sparse.");
        }
    }
}

/// A header whose sum is right.
struct Header<'a> {
    block: &'a [u8; BLOCK_BYTES],
    size: u64,
}

impl<'a> Header<'a> {
    fn read(block: &'a [u8; BLOCK_BYTES]) -> Option<Self> {
        let size = number(&block[124..136])?;
        (packing::is_tar_header(block) && size < MAX_SIZE).then_some(Self { block, size })
    }

    fn kind(&self) -> u8 {
        self.block[156]
    }

    fn name(&self) -> Vec<u8> {
        let name = until_zero(self.block[..100].to_vec());
        let prefix = match self.block[257..263] == *b"ustar\0" {
            true => until_zero(self.block[345..500].to_vec()),
            false => Vec::new(), // GNU has other things there
        };
        if prefix.is_empty() { name } else { [&prefix, &b"/"[..], &name].concat() }
    }
}

/// Reads a number in octal digits, or in bytes if it needs more.
fn number(field: &[u8]) -> Option<u64> {
    if let [first @ (0x80 | 0xff), rest @ ..] = field {
        let number = rest.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        return (*first == 0x80).then(|| u64::try_from(number).ok()).flatten();
    }
    let text = field.split(|byte| *byte == 0).next()?.trim_ascii();
    match text {
        [] => Some(0),
        text => u64::from_str_radix(std::str::from_utf8(text).ok()?, 8).ok(),
    }
}

struct Content<'t, 'a> {
    tar: &'t mut Tar<'a>,
}

impl Read for Content<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let tar = &mut *self.tar;
        let most = usize::try_from(tar.left).unwrap_or(usize::MAX).min(into.len());
        if most == 0 {
            return Ok(0);
        }
        let read = tar.source.feed(|bytes| {
            let count = bytes.len().min(most);
            into[..count].copy_from_slice(&bytes[..count]);
            (count, ())
        });
        let error = match read {
            Ok((count @ 1.., ())) => {
                tar.left -= count as u64;
                return Ok(count);
            }
            Ok((_, ())) => tar.source.cut(),
            Err(error) => error,
        };
        // The archive's own fault is told with its place when all members are told.
        let fault = Fault::of(error);
        let kind = fault.kind;
        (tar.ended, tar.left) = (true, 0);
        tar.note(fault);
        let reason = "the archive ends, or cannot be read on, inside this file";
        Err(Fault::new(kind, reason).into())
    }
}
