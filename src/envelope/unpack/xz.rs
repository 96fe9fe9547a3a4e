//! Xz.

use super::frames::{Codec, Step};
use super::packed::{Packed, Words};
use lzma_rust2::{Action, Status, XzStream};
use std::io;

/// The largest dictionary that is decoded, in KiB; `xz -9` has half of it. The decoder needs a little more.
const MAX_DICTIONARY_KIB: u32 = 128 << 10;
const DECODER_KIB: u32 = 1 << 10;

/// Packed bytes that are decoded at a time. What they unpack to is lost if an error is among them.
const PIECE_BYTES: usize = 1 << 10;

/// Decodes streams of xz.
pub(super) struct Xz {
    decoder: XzStream,
}

impl Xz {
    pub(super) fn new() -> Self {
        Self { decoder: XzStream::new_mem_limit(false, MAX_DICTIONARY_KIB + DECODER_KIB) }
    }
}

impl Codec<'_> for Xz {
    fn words(&self) -> Words {
        Words { name: "xz", frame: "stream" }
    }

    fn magic(&self) -> &'static [&'static [u8]] {
        &[b"\xfd7zXZ\0"]
    }

    fn start(&mut self, _: &Packed<'_>) -> io::Result<()> {
        *self = Self::new();
        Ok(())
    }

    fn decode(&mut self, packed: &Packed<'_>, into: &mut [u8]) -> Step {
        let (mut read, mut written) = (self.decoder.total_in(), self.decoder.total_out());
        let fed = packed.feed(|bytes| {
            let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
            let action = if piece.is_empty() { Action::Finish } else { Action::Run };
            let outcome = self.decoder.process(piece, into, action);
            read = self.decoder.total_in() - read;
            written = self.decoder.total_out() - written;
            (read as usize, (piece.is_empty(), outcome))
        });
        match fed {
            Err(error) => error.into(),
            Ok((_, (at_end, outcome))) => {
                let produced = written as usize;
                match outcome {
                    Ok(result) if result.status == Status::StreamEnd => Step::end(produced),
                    Ok(_) if !at_end || produced > 0 => Step::more(produced),
                    Ok(_) => packed.cut().into(),
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && at_end => {
                        Step::failed(produced, packed.cut())
                    }
                    Err(error) => Step::failed(produced, packed.corrupt(&reason(&error))),
                }
            }
        }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::OutOfMemory => {
            format!("it needs a dictionary of more than {} MiB", MAX_DICTIONARY_KIB >> 10)
        }
        _ => error.to_string(),
    }
}
