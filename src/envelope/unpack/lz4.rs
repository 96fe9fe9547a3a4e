//! LZ4 frames.

use super::frames::{Codec, Step, with_skippable};
use super::packed::{Packed, Words};
use lz4_flex::frame::FrameDecoder;
use std::io::{self, Read};

/// Decodes frames of LZ4.
pub(super) struct Lz4<'a> {
    decoder: Option<FrameDecoder<Packed<'a>>>,
}

const FRAME: &[u8] = b"\x04\x22\x4d\x18";
const MAGIC: [&[u8]; 17] = with_skippable(FRAME);

impl Lz4<'_> {
    pub(super) fn new() -> Self {
        Self { decoder: None }
    }
}

impl<'a> Codec<'a> for Lz4<'a> {
    fn words(&self) -> Words {
        Words { name: "lz4", frame: "frame" }
    }

    fn magic(&self) -> &'static [&'static [u8]] {
        &MAGIC
    }

    fn start(&mut self, packed: &Packed<'a>) -> io::Result<()> {
        if packed.peek(FRAME.len(), |head| head != FRAME)? {
            self.decoder = None;
            packed.skip(FRAME.len() as u64)?;
            return packed.skip(u64::from(packed.number(4)?));
        }
        // A decoder serves one frame: its buffers have the size of the first one's blocks.
        self.decoder = Some(FrameDecoder::new(packed.clone()));
        Ok(())
    }

    fn decode(&mut self, packed: &Packed<'a>, into: &mut [u8]) -> Step {
        let Some(decoder) = &mut self.decoder else { return Step::end(0) };
        match decoder.read(into) {
            // The decoder takes the end of the file for that of a frame.
            Ok(0) if packed.wanted_more() => packed.cut().into(),
            Ok(0) => Step::end(0),
            Ok(count) => Step::more(count),
            Err(error) => packed.reason(&error.to_string()).into(),
        }
    }
}
