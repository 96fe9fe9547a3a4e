//! Text in UTF-16 and UTF-32 as UTF-8.

use super::super::fault::{Fault, FaultKind};
use super::super::packing::Encoding;
use std::io::{self, Read};

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// Text as UTF-8. U+FFFD stands for what is no character: half of a pair of surrogates, a number beyond Unicode.
///
/// A byte order mark stays one, as documents that were put together each bring their own.
pub(super) struct Wide<R> {
    source: R,
    encoding: Encoding,
    raw: Vec<u8>,
    /// Bytes of `raw` that are not decoded yet.
    waiting: usize,
    text: io::Cursor<Vec<u8>>,
    /// The first half of a pair of surrogates.
    high: Option<u16>,
    ended: bool,
    /// What ended the text, returned after it.
    failed: Option<io::Error>,
}

impl<R: Read> Wide<R> {
    pub(super) fn new(source: R, encoding: Encoding) -> Self {
        Self {
            source,
            encoding,
            raw: vec![0; BUFFER_BYTES],
            waiting: 0,
            text: io::Cursor::default(),
            high: None,
            ended: false,
            failed: None,
        }
    }

    /// Reads and decodes a piece of the source.
    fn fill(&mut self) {
        match self.source.read(&mut self.raw[self.waiting..]) {
            Ok(0) => self.end(None),
            Ok(count) => self.decode(self.waiting + count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.end(Some(error)),
        }
    }

    fn decode(&mut self, there: usize) {
        let mut text = std::mem::take(&mut self.text).into_inner();
        text.clear();
        let Encoding { unit_bytes, big_endian, .. } = self.encoding;
        let whole = there - there % unit_bytes;
        for unit in self.raw[..whole].chunks_exact(unit_bytes) {
            let fold = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
            let number = match big_endian {
                true => unit.iter().fold(0, fold),
                false => unit.iter().rev().fold(0, fold),
            };
            match u8::try_from(number) {
                Ok(letter) if letter.is_ascii() && self.high.is_none() => text.push(letter),
                _ if unit_bytes == 2 => add_half(&mut self.high, number as u16, &mut text),
                _ => add(char::from_u32(number), &mut text),
            }
        }
        self.raw.copy_within(whole..there, 0);
        self.waiting = there - whole;
        self.text = io::Cursor::new(text);
    }

    fn end(&mut self, error: Option<io::Error>) {
        self.ended = true;
        let mut text = std::mem::take(&mut self.text).into_inner();
        text.clear();
        if self.high.take().is_some() {
            add(None, &mut text);
        }
        self.text = io::Cursor::new(text);
        self.failed = error.or_else(|| {
            let count = self.waiting;
            let name = self.encoding.name;
            let bytes = if count == 1 { "byte" } else { "bytes" };
            let reason = format!("{count} {bytes} at the end are no whole character of {name}");
            (count > 0).then(|| Fault::new(FaultKind::Trailing, reason).into())
        });
    }
}

/// Adds what a unit of UTF-16 completes.
fn add_half(high: &mut Option<u16>, unit: u16, text: &mut Vec<u8>) {
    match (high.take(), unit) {
        (first, 0xd800..0xdc00) => {
            if first.is_some() {
                add(None, text);
            }
            *high = Some(unit);
        }
        (Some(first), 0xdc00..0xe000) => {
            let (first, second) = (u32::from(first) - 0xd800, u32::from(unit) - 0xdc00);
            add(char::from_u32(0x1_0000 + (first << 10) + second), text);
        }
        (first, unit) => {
            if first.is_some() {
                add(None, text);
            }
            add(char::from_u32(u32::from(unit)), text);
        }
    }
}

fn add(letter: Option<char>, text: &mut Vec<u8>) {
    let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

impl<R: Read> Read for Wide<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.text.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            if self.ended {
                return self.failed.take().map_or(Ok(0), Err);
            }
            self.fill();
        }
    }
}
