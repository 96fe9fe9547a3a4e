//! Bzip2.

use super::frames::{Codec, Step};
use super::packed::{Packed, Words};
use bzip2::{Decompress, Status};
use std::io;

/// Decodes streams of bzip2.
pub(super) struct Bzip2 {
    decoder: Decompress,
}

impl Bzip2 {
    pub(super) fn new() -> Self {
        Self { decoder: Decompress::new(false) }
    }
}

impl Codec<'_> for Bzip2 {
    fn words(&self) -> Words {
        Words { name: "bzip2", frame: "stream" }
    }

    fn magic(&self) -> &'static [&'static [u8]] {
        &[b"BZh"]
    }

    fn start(&mut self, _: &Packed<'_>) -> io::Result<()> {
        self.decoder = Decompress::new(false);
        Ok(())
    }

    fn decode(&mut self, packed: &Packed<'_>, into: &mut [u8]) -> Step {
        let written = self.decoder.total_out();
        let fed = packed.feed(|bytes| {
            let read = self.decoder.total_in();
            let outcome = self.decoder.decompress(bytes, into);
            ((self.decoder.total_in() - read) as usize, (bytes.is_empty(), outcome))
        });
        let produced = (self.decoder.total_out() - written) as usize;
        match fed {
            Err(error) => error.into(),
            Ok((_, (_, Ok(Status::StreamEnd)))) => Step::end(produced),
            Ok((consumed, (_, Ok(_)))) if consumed + produced > 0 => Step::more(produced),
            Ok((_, (true, Ok(_)))) => packed.cut().into(),
            Ok((_, (_, Ok(_)))) => packed.corrupt("invalid data").into(),
            Ok((_, (_, Err(_)))) => {
                Step::failed(produced, packed.corrupt("invalid data, or a wrong checksum,"))
            }
        }
    }
}
