//! Zip archives (PKWARE's APPNOTE), as their directory lists them; one that is cut off, and so has none, as its members
//! stand in it.

use super::super::fault::{Fault, FaultKind};
use super::super::packing::{self, Packing};
use std::io::{self, Read, Seek, SeekFrom};

/// What can be read at any place.
pub(in super::super) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
const END_64_BYTES: usize = 56;
const LOCATOR_64_BYTES: usize = 20;
/// Longest comment of an archive.
const MAX_COMMENT_BYTES: usize = 0xffff;
/// Bytes of the directory that are read at a time; an entry may have nearly four times 64 KiB.
const DIRECTORY_BYTES: usize = 256 << 10;

const ENCRYPTED: u16 = 1;
const SIZES_FOLLOW: u16 = 8;
/// Stands for a number that is in the extra field of Zip64.
const IN_EXTRA: u64 = 0xffff_ffff;

/// How the data of a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflate,
    Bzip2,
    Zstd,
    Xz,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its path, as it stands in the archive.
    pub(super) name: Vec<u8>,
    /// How it is packed, or why it is not read.
    pub(super) method: Result<Method, Packing>,
    /// Its packed size; `None` if only its data tells.
    pub(super) packed: Option<u64>,
    /// Checksum and size of what it holds, if they are known.
    pub(super) expected: Option<(u32, u64)>,
    /// Where its header is.
    header: u64,
}

/// A zip archive.
pub(super) struct Zip<'a> {
    file: Box<dyn ReadSeek + 'a>,
    size: u64,
    place: Place,
    fault: Option<Fault>,
}

enum Place {
    Directory(Directory),
    /// Where the header of the next member should be.
    Members(u64),
    End,
}

struct Directory {
    /// Where the rest of the directory begins that is not in `bytes`, and where it ends.
    next: u64,
    end: u64,
    bytes: Vec<u8>,
    /// Bytes before the archive, by which all its places are moved.
    base: u64,
    entries: u64,
}

impl<'a> Zip<'a> {
    /// Opens an archive. What is wrong with it is told at its end, `fault` among it.
    pub(super) fn new(file: Box<dyn ReadSeek + 'a>, fault: Option<Fault>) -> Self {
        let mut zip = Self { file, size: 0, place: Place::End, fault };
        match zip.find_directory() {
            Ok(Some(directory)) => zip.place = Place::Directory(directory),
            Ok(None) => {
                zip.place = Place::Members(0);
                if zip.fault.is_none() {
                    let reason = format!(
                        "the file is cut off: its zip data ends at byte {}, without a list of the members",
                        zip.size
                    );
                    zip.fault = Some(Fault::new(FaultKind::CutOff, reason));
                }
            }
            Err(error) => zip.note(Fault::of(error)),
        }
        zip
    }

    /// Returns what is wrong with the archive outside its members.
    pub(super) fn into_fault(self) -> Option<Fault> {
        self.fault
    }

    /// Returns the next file in the archive; `None` at its end, or where it cannot be read on.
    pub(super) fn next_member(&mut self) -> Option<Member> {
        loop {
            let next = match &mut self.place {
                Place::Directory(_) => self.next_entry(),
                Place::Members(at) => {
                    let at = *at;
                    self.header(at).map(|header| header.map(|(member, _)| (member, true)))
                }
                Place::End => return None,
            };
            match next {
                Ok(Some((member, true))) => return Some(member),
                Ok(Some((_, false))) => {}
                Ok(None) => self.place = Place::End,
                Err(error) => {
                    self.note(Fault::of(error));
                    self.place = Place::End;
                }
            }
        }
    }

    /// Returns the packed data of a member.
    ///
    /// # Errors
    /// The [`Fault`] of its header, or what the system says.
    pub(super) fn content(&mut self, member: &Member) -> io::Result<impl Read + use<'_, 'a>> {
        let Some((_, start)) = self.header(member.header)? else {
            return Err(corrupt("no header of a member", member.header));
        };
        self.file.seek(SeekFrom::Start(start))?;
        let most = member.packed.unwrap_or(self.size.saturating_sub(start));
        Ok((&mut *self.file).take(most))
    }

    /// Tells how many packed bytes a member had, so that the next one is found where no directory tells.
    pub(super) fn passed(&mut self, member: &Member, packed: u64) {
        if !matches!(self.place, Place::Members(_)) {
            return;
        }
        let next = match self.header(member.header) {
            Ok(Some((_, start))) => {
                self.after_descriptor(member, start.saturating_add(member.packed.unwrap_or(packed)))
            }
            Ok(None) => Ok(self.size),
            Err(error) => Err(error),
        };
        self.place = match next {
            Ok(at) => Place::Members(at),
            Err(error) => {
                self.note(Fault::of(error));
                Place::End
            }
        };
    }

    /// Passes over the sizes that follow a member's data if its header has none.
    fn after_descriptor(&mut self, member: &Member, at: u64) -> io::Result<u64> {
        if member.packed.is_some() {
            return Ok(at);
        }
        let bytes = self.read_at(at, 24 + LOCAL.len())?;
        let mark = if bytes.starts_with(DESCRIPTOR) { DESCRIPTOR.len() } else { 0 };
        let follows = |size: usize| {
            let next = bytes.get(mark + size..).unwrap_or_default();
            next.starts_with(LOCAL) || next.starts_with(CENTRAL)
        };
        Ok(at + (mark + if follows(20) { 20 } else { 12 }) as u64)
    }

    fn note(&mut self, fault: Fault) {
        self.fault = Some(match self.fault.take() {
            Some(first) => first.and(fault),
            None => fault,
        });
    }

    /// Reads so many bytes from a place, or those there are.
    fn read_at(&mut self, at: u64, count: usize) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::with_capacity(count);
        (&mut *self.file).take(count as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Looks for the end of the archive, which tells where its directory is.
    fn find_directory(&mut self) -> io::Result<Option<Directory>> {
        self.size = self.file.seek(SeekFrom::End(0))?;
        let reach = (END_BYTES + MAX_COMMENT_BYTES + LOCATOR_64_BYTES) as u64;
        let from = self.size.saturating_sub(reach);
        let tail = self.read_at(from, reach as usize)?;
        let is_end = |at: &usize| {
            let end = &tail[*at..];
            end.len() >= END_BYTES && end.len() >= END_BYTES + usize::from(short(end, 20))
        };
        let Some(at) = memchr::memmem::rfind_iter(&tail, END).find(is_end) else {
            return Ok(None);
        };
        let end = &tail[at..];
        let (mut entries, mut bytes, mut offset) =
            (u64::from(short(end, 10)), long(end, 12), long(end, 16));
        let mut directory_end = from + at as u64;
        let locator = at.checked_sub(LOCATOR_64_BYTES).map(|at| &tail[at..]);
        if let Some(locator) = locator.filter(|locator| locator.starts_with(LOCATOR_64)) {
            let end_64 = self.read_at(quad(locator, 8), END_64_BYTES)?;
            if end_64.len() < END_64_BYTES || !end_64.starts_with(END_64) {
                return Err(corrupt("no end of a large archive", quad(locator, 8)));
            }
            (entries, bytes, offset) = (quad(&end_64, 32), quad(&end_64, 40), quad(&end_64, 48));
            directory_end = quad(locator, 8);
        }
        let next = directory_end.checked_sub(bytes);
        let Some((next, base)) = next.and_then(|next| Some((next, next.checked_sub(offset)?)))
        else {
            return Err(corrupt("a list of members that is not there", directory_end));
        };
        if base > 0 {
            let reason = format!(
                "{base} bytes before the zip archive are none of its members; what they hold is passed over"
            );
            self.note(Fault::new(FaultKind::Corrupt, reason));
        }
        Ok(Some(Directory { next, end: directory_end, bytes: Vec::new(), base, entries }))
    }

    /// Reads the next entry of the directory, and whether it is that of a file.
    fn next_entry(&mut self) -> io::Result<Option<(Member, bool)>> {
        let Place::Directory(mut directory) = std::mem::replace(&mut self.place, Place::End) else {
            return Ok(None);
        };
        if directory.entries == 0 && directory.bytes.is_empty() && directory.next >= directory.end {
            return Ok(None);
        }
        if directory.bytes.len() < DIRECTORY_BYTES && directory.next < directory.end {
            let most = (directory.end - directory.next).min(DIRECTORY_BYTES as u64);
            let more = self.read_at(directory.next, most as usize)?;
            directory.next += most;
            directory.bytes.extend(more);
        }
        let at = directory.next - directory.bytes.len() as u64;
        let Some((member, is_file, length)) = entry(&directory.bytes, directory.base) else {
            // Further numbers, as a signature of the list, may follow the last entry.
            return match directory.entries {
                0 => Ok(None),
                _ => Err(corrupt("no entry of the list of members", at)),
            };
        };
        directory.bytes.drain(..length);
        directory.entries = directory.entries.saturating_sub(1);
        self.place = Place::Directory(directory);
        Ok(Some((member, is_file)))
    }

    /// Reads the header of a member: what it says, and where the data begins. `None` if there is none, as behind the last
    /// one.
    fn header(&mut self, at: u64) -> io::Result<Option<(Member, u64)>> {
        let bytes = self.read_at(at, LOCAL_BYTES)?;
        if bytes.len() < LOCAL_BYTES || !bytes.starts_with(LOCAL) {
            return Ok(None);
        }
        let (name, extra) = (usize::from(short(&bytes, 26)), usize::from(short(&bytes, 28)));
        let start = at + (LOCAL_BYTES + name + extra) as u64;
        let rest = self.read_at(at + LOCAL_BYTES as u64, name + extra)?;
        let name = rest.get(..name).unwrap_or(&rest).to_vec();
        let flags = short(&bytes, 6);
        let [size, packed, _] = sizes(
            rest.get(name.len()..).unwrap_or_default(),
            [long(&bytes, 22), long(&bytes, 18), 0],
        );
        let follow = flags & SIZES_FOLLOW != 0 && packed == 0;
        let member = Member {
            name,
            method: method(flags, short(&bytes, 8), follow),
            packed: (!follow).then_some(packed),
            expected: (!follow).then(|| (long(&bytes, 14) as u32, size)),
            header: at,
        };
        Ok(Some((member, start)))
    }
}

/// Reads an entry of the directory: the member, whether it is a file, and its length.
fn entry(bytes: &[u8], base: u64) -> Option<(Member, bool, usize)> {
    let fixed = bytes.get(..CENTRAL_BYTES).filter(|fixed| fixed.starts_with(CENTRAL))?;
    let lengths = [28, 30, 32].map(|at| usize::from(short(fixed, at)));
    let length = CENTRAL_BYTES + lengths.iter().sum::<usize>();
    let rest = bytes.get(CENTRAL_BYTES..length)?;
    let (name, rest) = rest.split_at(lengths[0]);
    let [size, packed, header] =
        sizes(&rest[..lengths[1]], [long(fixed, 24), long(fixed, 20), long(fixed, 42)]);
    let by_unix = fixed[5] == 3;
    let kind = (long(fixed, 38) >> 28) & 0xf;
    // Anything but a regular file; some programs write no kind.
    let is_special = by_unix && !matches!(kind, 0 | 8);
    let is_file = !name.ends_with(b"/") && !name.ends_with(b"\\") && !is_special;
    let member = Member {
        name: name.to_vec(),
        method: method(short(fixed, 8), short(fixed, 10), false),
        packed: Some(packed),
        expected: Some((long(fixed, 16) as u32, size)),
        header: base.checked_add(header)?,
    };
    Some((member, is_file, length))
}

/// Returns sizes and place, those that are too large for 32 bits from the extra field.
fn sizes(mut extra: &[u8], numbers: [u64; 3]) -> [u64; 3] {
    let mut wide: &[u8] = &[];
    while extra.len() >= 4 {
        let length = usize::from(short(extra, 2));
        let Some(field) = extra.get(4..4 + length) else { break };
        if short(extra, 0) == 1 {
            wide = field;
        }
        extra = &extra[4 + length..];
    }
    numbers.map(|number| match wide.split_at_checked(8) {
        Some((first, rest)) if number == IN_EXTRA => {
            wide = rest;
            quad(first, 0)
        }
        _ => number,
    })
}

fn method(flags: u16, number: u16, sizes_follow: bool) -> Result<Method, Packing> {
    match number {
        _ if flags & ENCRYPTED != 0 => Err(packing::ENCRYPTED_MEMBER),
        0 if sizes_follow => Err(packing::UNSIZED_MEMBER),
        0 => Ok(Method::Stored),
        8 => Ok(Method::Deflate),
        9 => Err(packing::DEFLATE64_MEMBER),
        12 => Ok(Method::Bzip2),
        14 => Err(packing::LZMA_MEMBER),
        20 | 93 => Ok(Method::Zstd),
        95 => Ok(Method::Xz),
        98 => Err(packing::PPMD_MEMBER),
        99 => Err(packing::ENCRYPTED_MEMBER),
        _ => Err(packing::UNKNOWN_MEMBER),
    }
}

fn corrupt(what: &str, at: u64) -> io::Error {
    let reason = format!("the zip data is corrupt: {what} at byte {at} of the packed file");
    Fault::new(FaultKind::Corrupt, reason).into()
}

/// Reads a number of two bytes, the least first; zeros stand for what is missing.
fn short(bytes: &[u8], at: usize) -> u16 {
    number(bytes, at, 2) as u16
}

/// Reads a number of four bytes.
fn long(bytes: &[u8], at: usize) -> u64 {
    number(bytes, at, 4)
}

/// Reads a number of eight bytes.
fn quad(bytes: &[u8], at: usize) -> u64 {
    number(bytes, at, 8)
}

fn number(bytes: &[u8], at: usize, count: usize) -> u64 {
    let bytes = bytes.get(at..at + count).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The data of a member, held against its checksum.
pub(super) struct Checked<R> {
    source: R,
    expected: Option<(u32, u64)>,
    checksum: crc32fast::Hasher,
    size: u64,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(source: R, expected: Option<(u32, u64)>) -> Self {
        Self { source, expected, checksum: crc32fast::Hasher::new(), size: 0 }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = match self.source.read(into) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                self.expected = None; // there is a better reason
                return Err(error);
            }
        };
        self.checksum.update(&into[..count]);
        self.size += count as u64;
        if count > 0 || into.is_empty() {
            return Ok(count);
        }
        match self.expected.take() {
            Some((_, size)) if self.size < size => {
                let reason =
                    format!("the file is cut off: it ends after {} of {size} bytes", self.size);
                Err(Fault::new(FaultKind::CutOff, reason).into())
            }
            Some((checksum, size))
                if (checksum, size) != (self.checksum.clone().finalize(), self.size) =>
            {
                let reason = "the file does not agree with its checksum in the zip archive";
                Err(Fault::new(FaultKind::Checksum, reason).into())
            }
            _ => Ok(0),
        }
    }
}
