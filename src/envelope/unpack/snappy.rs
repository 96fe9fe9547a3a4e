//! Snappy in its framing format.

use super::frames::{Codec, Step};
use super::packed::{Packed, Words};
use snap::read::FrameDecoder;
use std::io::{self, Read};

/// Decodes framed snappy. It has no end but that of the file.
pub(super) struct Snappy<'a> {
    decoder: Option<FrameDecoder<Packed<'a>>>,
}

impl Snappy<'_> {
    pub(super) fn new() -> Self {
        Self { decoder: None }
    }
}

impl<'a> Codec<'a> for Snappy<'a> {
    fn words(&self) -> Words {
        Words { name: "snappy", frame: "chunk" }
    }

    fn magic(&self) -> &'static [&'static [u8]] {
        &[b"\xff\x06\0\0sNaPpY"]
    }

    fn start(&mut self, packed: &Packed<'a>) -> io::Result<()> {
        self.decoder = Some(FrameDecoder::new(packed.clone()));
        Ok(())
    }

    fn decode(&mut self, packed: &Packed<'a>, into: &mut [u8]) -> Step {
        let Some(decoder) = &mut self.decoder else { return Step::end(0) };
        match decoder.read(into) {
            Ok(0) => Step::end(0),
            Ok(count) => Step::more(count),
            Err(error) => packed.reason(&error.to_string()).into(),
        }
    }
}
