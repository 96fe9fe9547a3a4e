//! Zstandard (RFC 8878).

use super::frames::{Codec, Step, with_skippable};
use super::packed::{Packed, Words};
use std::io;
use zstd::stream::raw::{DParameter, Decoder, Operation};

/// The largest window that is decoded, 128 MiB: the most that `zstd` itself takes without being asked to.
const MAX_WINDOW_LOG: u32 = 27;

const FRAME: &[u8] = b"\x28\xb5\x2f\xfd";
const MAGIC: [&[u8]; 17] = with_skippable(FRAME);

/// Bytes of the header of a block, which the decoder asks for together with the block before it.
const BLOCK_HEADER_BYTES: usize = 3;

/// Decodes frames of zstd.
pub(super) struct Zstd {
    decoder: Option<Decoder<'static>>,
    /// Bytes that the decoder wants next.
    wanted: usize,
    /// Whether it may hold more than was asked for.
    is_full: bool,
    is_skippable: bool,
}

impl Zstd {
    pub(super) fn new() -> Self {
        Self { decoder: None, wanted: 0, is_full: false, is_skippable: false }
    }

    fn open(&mut self) -> io::Result<()> {
        match &mut self.decoder {
            Some(decoder) => decoder.reinit(),
            None => {
                let mut decoder = Decoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(MAX_WINDOW_LOG))?;
                self.decoder = Some(decoder);
                Ok(())
            }
        }
    }
}

impl Codec<'_> for Zstd {
    fn words(&self) -> Words {
        Words { name: "zstd", frame: "frame" }
    }

    fn magic(&self) -> &'static [&'static [u8]] {
        &MAGIC
    }

    fn start(&mut self, packed: &Packed<'_>) -> io::Result<()> {
        self.is_skippable = packed.peek(FRAME.len(), |head| head != FRAME)?;
        if self.is_skippable {
            packed.skip(FRAME.len() as u64)?;
            return packed.skip(u64::from(packed.number(4)?));
        }
        (self.wanted, self.is_full) = (FRAME.len(), false);
        self.open().map_err(|error| packed.corrupt(&error.to_string()))
    }

    /// When the decoder fails, it does not tell what it had written in the same call. So it is given one block at a
    /// time, and nothing as long as it has something to write.
    fn decode(&mut self, packed: &Packed<'_>, into: &mut [u8]) -> Step {
        let Some(decoder) = self.decoder.as_mut().filter(|_| !self.is_skippable) else {
            return Step::end(0);
        };
        let most = match self.wanted {
            _ if self.is_full => 0,
            wanted if wanted > BLOCK_HEADER_BYTES => wanted - BLOCK_HEADER_BYTES,
            wanted => wanted,
        };
        let fed = packed.feed(|bytes| {
            if bytes.is_empty() && !self.is_full {
                return (0, None);
            }
            match decoder.run_on_buffers(&bytes[..bytes.len().min(most)], into) {
                Ok(status) => (status.bytes_read, Some(Ok(status))),
                Err(error) => (0, Some(Err(error))),
            }
        });
        match fed {
            Err(error) => error.into(),
            Ok((_, None)) => packed.cut().into(),
            Ok((_, Some(Ok(status)))) => {
                self.wanted = status.remaining;
                self.is_full = status.bytes_written == into.len();
                match status.remaining {
                    0 => Step::end(status.bytes_written),
                    _ => Step::more(status.bytes_written),
                }
            }
            Ok((_, Some(Err(error)))) => packed.corrupt(&reason(&error)).into(),
        }
    }
}

fn reason(error: &io::Error) -> String {
    let message = error.to_string();
    match message.contains("too much memory") {
        true => format!("it needs a window of more than {} MiB", (1_u64 << MAX_WINDOW_LOG) >> 20),
        false => message,
    }
}
