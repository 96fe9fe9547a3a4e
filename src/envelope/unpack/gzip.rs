//! Gzip (RFC 1952), and deflate (RFC 1951) as it is elsewhere: in zlib streams (RFC 1950) and zip archives.

use super::frames::{Codec, Step};
use super::packed::{Packed, Words};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io;

const DEFLATE: u8 = 8;
/// How each member begins.
pub(in super::super) const MEMBER: &[u8] = &[0x1f, 0x8b, DEFLATE];
const HEADER_CHECKSUM: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// Decodes members of gzip.
pub(super) struct Gzip {
    /// Where the present member begins.
    from: u64,
    in_trailer: bool,
    inflate: Decompress,
    checksum: Crc,
}

impl Default for Gzip {
    fn default() -> Self {
        Self { from: 0, in_trailer: false, inflate: Decompress::new(false), checksum: Crc::new() }
    }
}

impl Gzip {
    fn trailer(&self, packed: &Packed<'_>) -> io::Result<()> {
        let (checksum, size) = (packed.number(4)?, packed.number(4)?);
        if checksum != self.checksum.sum() || size != self.checksum.amount() {
            packed.note(packed.wrong_checksum(self.from));
        }
        Ok(())
    }
}

impl Codec<'_> for Gzip {
    fn words(&self) -> Words {
        Words { name: "gzip", frame: "member" }
    }

    fn magic(&self) -> &'static [&'static [u8]] {
        &[MEMBER]
    }

    fn start(&mut self, packed: &Packed<'_>) -> io::Result<()> {
        self.from = packed.position();
        packed.skip(MEMBER.len() as u64)?;
        let flags = packed.byte()?;
        if flags & 0xe0 != 0 {
            return Err(packed.corrupt("an unknown flag"));
        }
        packed.skip(6)?; // time of change, effort and system
        if flags & EXTRA != 0 {
            packed.skip(u64::from(packed.number(2)?))?;
        }
        for text in [NAME, COMMENT] {
            while flags & text != 0 && packed.byte()? != 0 {}
        }
        if flags & HEADER_CHECKSUM != 0 {
            packed.skip(2)?;
        }
        self.inflate.reset(false);
        self.checksum.reset();
        self.in_trailer = false;
        Ok(())
    }

    fn decode(&mut self, packed: &Packed<'_>, into: &mut [u8]) -> Step {
        if self.in_trailer {
            return Step { produced: 0, end: Some(self.trailer(packed)) };
        }
        let step = inflate(&mut self.inflate, packed, into);
        self.checksum.update(&into[..step.produced]);
        match step.end {
            Some(Ok(())) => {
                self.in_trailer = true;
                Step::more(step.produced)
            }
            _ => step,
        }
    }
}

/// Decodes deflate data that stands alone, or the streams of zlib.
pub(super) struct Deflate {
    zlib: bool,
    inflate: Decompress,
}

impl Deflate {
    /// The data of a member of a zip archive.
    pub(super) fn raw() -> Self {
        Self { zlib: false, inflate: Decompress::new(false) }
    }

    /// Streams with zlib's header and checksum.
    pub(super) fn zlib() -> Self {
        Self { zlib: true, inflate: Decompress::new(true) }
    }
}

impl Codec<'_> for Deflate {
    fn words(&self) -> Words {
        Words { name: if self.zlib { "zlib" } else { "deflate" }, frame: "stream" }
    }

    fn magic(&self) -> &'static [&'static [u8]] {
        match self.zlib {
            true => &[b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"],
            false => &[],
        }
    }

    fn start(&mut self, _: &Packed<'_>) -> io::Result<()> {
        self.inflate.reset(self.zlib);
        Ok(())
    }

    fn decode(&mut self, packed: &Packed<'_>, into: &mut [u8]) -> Step {
        inflate(&mut self.inflate, packed, into)
    }
}

/// Unpacks a piece of deflate data.
fn inflate(inflate: &mut Decompress, packed: &Packed<'_>, into: &mut [u8]) -> Step {
    let written = inflate.total_out();
    let fed = packed.feed(|bytes| {
        if bytes.is_empty() {
            return (0, None);
        }
        let read = inflate.total_in();
        let outcome = inflate.decompress(bytes, into, FlushDecompress::None);
        ((inflate.total_in() - read) as usize, Some(outcome))
    });
    let produced = (inflate.total_out() - written) as usize;
    match fed {
        Err(error) => error.into(),
        Ok((_, None)) => packed.cut().into(),
        Ok((_, Some(Ok(Status::StreamEnd)))) => Step::end(produced),
        Ok((consumed, Some(Ok(_)))) if consumed + produced > 0 => Step::more(produced),
        Ok((_, Some(_))) => Step::failed(produced, packed.corrupt("invalid deflate data")),
    }
}
