//! Run lengths: bytes, bits and integers of version 2 (ORC v1, "Run Length Encoding").

use super::stream::{ByteStream, Place};
use crate::error::OrcError;
use arrow::buffer::{BooleanBuffer, Buffer};

/// Bytes in runs.
pub(crate) struct ByteRuns {
    stream: ByteStream,
    /// Bytes of the present run that are left.
    left: usize,
    /// The byte that the present run repeats; `None` in a run of literals.
    repeated: Option<u8>,
}

impl ByteRuns {
    pub(crate) fn new(stream: ByteStream) -> Self {
        Self { stream, left: 0, repeated: None }
    }

    fn next_run(&mut self) -> Result<(), OrcError> {
        let control = self.stream.byte()?;
        if control < 0x80 {
            self.left = usize::from(control) + 3;
            self.repeated = Some(self.stream.byte()?);
        } else {
            self.left = 0x100 - usize::from(control);
            self.repeated = None;
        }
        Ok(())
    }

    pub(crate) fn read(&mut self, mut count: usize, out: &mut Vec<u8>) -> Result<(), OrcError> {
        while count > 0 {
            if self.left == 0 {
                self.next_run()?;
            }
            let now = self.left.min(count);
            match self.repeated {
                Some(byte) => out.resize(out.len() + now, byte),
                None => self.stream.take(now, out)?,
            }
            self.left -= now;
            count -= now;
        }
        Ok(())
    }

    pub(crate) fn skip(&mut self, mut count: usize) -> Result<(), OrcError> {
        while count > 0 {
            if self.left == 0 {
                self.next_run()?;
            }
            let now = self.left.min(count);
            if self.repeated.is_none() {
                self.stream.skip(now as u64)?;
            }
            self.left -= now;
            count -= now;
        }
        Ok(())
    }

    pub(crate) fn seek(&mut self, place: Place, consumed: usize) -> Result<(), OrcError> {
        self.stream.seek(place)?;
        self.left = 0;
        self.skip(consumed)
    }
}

/// Bits in runs of bytes, the first in the highest bit.
pub(crate) struct Bits {
    bytes: ByteRuns,
    /// The byte that is partly read, its first bit lowest, and how many of its bits are read.
    partial: u8,
    read: usize,
}

impl Bits {
    pub(crate) fn new(stream: ByteStream) -> Self {
        Self { bytes: ByteRuns::new(stream), partial: 0, read: 8 }
    }

    pub(crate) fn read(&mut self, count: usize) -> Result<BooleanBuffer, OrcError> {
        let mut bytes = Vec::with_capacity(count / 8 + 2);
        let offset = self.read % 8;
        if offset > 0 {
            bytes.push(self.partial);
        }
        let missing = (offset + count).div_ceil(8) - bytes.len().min((offset + count).div_ceil(8));
        let fresh = bytes.len();
        self.bytes.read(missing, &mut bytes)?;
        bytes[fresh..].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        self.read = (offset + count) % 8;
        if let Some(last) = bytes.last() {
            self.partial = *last;
        }
        Ok(BooleanBuffer::new(Buffer::from_vec(bytes), offset, count))
    }

    /// Steps over `count` bits.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        let offset = self.read % 8;
        let inside = if offset > 0 { 8 - offset } else { 0 };
        if count > inside {
            let whole = (count - inside) / 8;
            self.read = 0;
            self.bytes.skip(whole)?;
            self.read((count - inside) % 8)?;
        } else {
            self.read(count)?;
        }
        Ok(())
    }

    pub(crate) fn seek(
        &mut self,
        place: Place,
        consumed: usize,
        bits: usize,
    ) -> Result<(), OrcError> {
        self.bytes.seek(place, consumed)?;
        self.read = 0;
        self.read(bits)?;
        Ok(())
    }
}

/// The most values of a run.
const MAX_RUN: usize = 512;
/// More bytes than a run of integers can have: header, base, 512 values and 31 patches of 8 bytes.
const MAX_RUN_BYTES: usize = 8 * (MAX_RUN + 32) + 32;

/// Integers in runs of version 2.
pub(crate) struct Integers {
    stream: ByteStream,
    signed: bool,
    run: Vec<i64>,
    at: usize,
}

impl Integers {
    pub(crate) fn new(stream: ByteStream, signed: bool) -> Self {
        Self { stream, signed, run: Vec::with_capacity(MAX_RUN), at: 0 }
    }

    /// Returns the next `count` integers, `convert`ed.
    pub(crate) fn read<T>(
        &mut self,
        mut count: usize,
        convert: impl Fn(i64) -> T + Copy,
    ) -> Result<Vec<T>, OrcError> {
        let mut out = Vec::with_capacity(count);
        while count > 0 {
            if self.at == self.run.len() {
                self.next_run()?;
            }
            let now = (self.run.len() - self.at).min(count);
            out.extend(self.run[self.at..self.at + now].iter().map(|value| convert(*value)));
            self.at += now;
            count -= now;
        }
        Ok(out)
    }

    pub(crate) fn skip(&mut self, mut count: usize) -> Result<(), OrcError> {
        loop {
            let now = (self.run.len() - self.at).min(count);
            self.at += now;
            count -= now;
            if count == 0 {
                return Ok(());
            }
            match self.step_over(count)? {
                0 => self.next_run()?,
                stepped => count -= stepped,
            }
        }
    }

    pub(crate) fn seek(&mut self, place: Place, consumed: usize) -> Result<(), OrcError> {
        self.stream.seek(place)?;
        self.run.clear();
        self.at = 0;
        self.skip(consumed)
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> OrcError {
        self.stream.damaged(what)
    }

    /// Steps over the next run if it has `limit` values or fewer, without decoding it; returns how
    /// many it has, or 0 if it must be decoded.
    fn step_over(&mut self, limit: usize) -> Result<usize, OrcError> {
        let bytes = self.stream.peek(MAX_RUN_BYTES)?;
        let (length, size) = match *bytes {
            [head, ..] if head >> 6 == 0 => {
                (usize::from(head & 7) + 3, 2 + usize::from(head >> 3 & 7))
            }
            [head, second, ..] if head >> 6 == 1 => {
                let length = run_length(head, second);
                (length, 2 + (length * width(head >> 1 & 31)).div_ceil(8))
            }
            _ => return Ok(0),
        };
        if length > limit || size > bytes.len() {
            return Ok(0);
        }
        self.stream.consume(size);
        Ok(length)
    }

    fn next_run(&mut self) -> Result<(), OrcError> {
        self.run.clear();
        self.at = 0;
        let bytes = self.stream.peek(MAX_RUN_BYTES)?;
        match decode_run(bytes, self.signed, &mut self.run) {
            Some(size) => {
                self.stream.consume(size);
                Ok(())
            }
            None if bytes.is_empty() => Err(self.stream.ended()),
            None => Err(self.stream.damaged("a run of integers is malformed or cut off")),
        }
    }
}

fn run_length(head: u8, second: u8) -> usize {
    (usize::from(head & 1) << 8 | usize::from(second)) + 1
}

/// Returns the bits that a code of five bits means (ORC v1, "Direct").
fn width(code: u8) -> usize {
    match code {
        0..=23 => usize::from(code) + 1,
        24 => 26,
        25 => 28,
        26 => 30,
        27 => 32,
        28 => 40,
        29 => 48,
        30 => 56,
        _ => 64,
    }
}

/// Returns the narrowest width that a code exists for.
fn fixed_width(bits: usize) -> usize {
    (0..32).map(width).find(|width| *width >= bits).unwrap_or(64)
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Decodes the run at the start of `bytes` into `out`, and returns its size. `None` if it is cut off
/// or malformed.
fn decode_run(bytes: &[u8], signed: bool, out: &mut Vec<i64>) -> Option<usize> {
    let head = *bytes.first()?;
    let plain = |value: u64| if signed { unzigzag(value) } else { value as i64 };
    if head >> 6 == 0 {
        let size = usize::from(head >> 3 & 7) + 1;
        let value = big_endian(bytes.get(1..1 + size)?);
        out.resize(usize::from(head & 7) + 3, plain(value));
        return Some(1 + size);
    }
    let length = run_length(head, *bytes.get(1)?);
    let code = head >> 1 & 31;
    let rest = &bytes[2..];
    match head >> 6 {
        1 => {
            let width = width(code);
            let size = unpack(rest, width, length, |value| out.push(plain(value)))?;
            Some(2 + size)
        }
        2 => patched(rest, width(code), length, out).map(|size| 2 + size),
        _ => delta(rest, code, signed, length, out).map(|size| 2 + size),
    }
}

fn patched(bytes: &[u8], width: usize, length: usize, out: &mut Vec<i64>) -> Option<usize> {
    let (third, fourth) = (*bytes.first()?, *bytes.get(1)?);
    let base_size = usize::from(third >> 5) + 1;
    let patch_width = self::width(third & 31);
    let gap_width = usize::from(fourth >> 5) + 1;
    let patches = usize::from(fourth & 31);
    let base = big_endian(bytes.get(2..2 + base_size)?);
    let sign = 1_u64 << (base_size * 8 - 1);
    let magnitude = (base & (sign - 1)) as i64;
    let base = if base & sign == 0 { magnitude } else { -magnitude };
    let mut size = 2 + base_size;
    let start = out.len();
    size += unpack(&bytes[size..], width, length, |value| out.push(value as i64))?;
    let mut at = start;
    let mut intact = true;
    let entry = fixed_width(patch_width + gap_width);
    size += unpack(&bytes[size..], entry, patches, |value| {
        at +=
            usize::try_from(value.checked_shr(patch_width as u32).unwrap_or(0)).unwrap_or(MAX_RUN);
        let mask = u64::MAX >> (64 - patch_width);
        let patch = (value & mask).checked_shl(width as u32).unwrap_or(0);
        match out.get_mut(at) {
            Some(value) => *value |= patch as i64,
            None => intact = false,
        }
    })?;
    out[start..].iter_mut().for_each(|value| *value = value.wrapping_add(base));
    intact.then_some(size)
}

fn delta(bytes: &[u8], code: u8, signed: bool, length: usize, out: &mut Vec<i64>) -> Option<usize> {
    let (first, first_size) = varint(bytes)?;
    let (step, step_size) = varint(&bytes[first_size..])?;
    let mut size = first_size + step_size;
    let mut value = if signed { unzigzag(first) } else { first as i64 };
    let step = unzigzag(step);
    out.push(value);
    if code == 0 {
        for _ in 1..length {
            value = value.wrapping_add(step);
            out.push(value);
        }
    } else if length > 1 {
        value = value.wrapping_add(step);
        out.push(value);
        size += unpack(&bytes[size..], width(code), length - 2, |difference| {
            let difference = difference as i64;
            let step = if step < 0 { difference.wrapping_neg() } else { difference };
            value = value.wrapping_add(step);
            out.push(value);
        })?;
    }
    Some(size)
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Reads an integer in groups of seven bits, the lowest first; returns its size, too.
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// Reads `count` values of `width` bits each, highest bit first; returns the bytes they take.
#[inline]
fn unpack(bytes: &[u8], width: usize, count: usize, mut each: impl FnMut(u64)) -> Option<usize> {
    let size = (count * width).div_ceil(8);
    let packed = bytes.get(..size)?;
    match width {
        8 => packed.iter().for_each(|byte| each(u64::from(*byte))),
        16 => packed.as_chunks::<2>().0.iter().for_each(|b| each(u16::from_be_bytes(*b).into())),
        32 => packed.as_chunks::<4>().0.iter().for_each(|b| each(u32::from_be_bytes(*b).into())),
        64 => packed.as_chunks::<8>().0.iter().for_each(|b| each(u64::from_be_bytes(*b))),
        _ => {
            let mask = u64::MAX >> (64 - width);
            // Widths up to 56 fit into eight bytes from the byte they begin in.
            for at in 0..count {
                let bit = at * width;
                let from = bit / 8;
                let window = match bytes.get(from..from + 8).and_then(|b| b.first_chunk::<8>()) {
                    Some(window) => u64::from_be_bytes(*window),
                    None => {
                        let mut window = [0; 8];
                        let rest = &bytes[from..];
                        window[..rest.len()].copy_from_slice(rest);
                        u64::from_be_bytes(window)
                    }
                };
                each(window >> (64 - width - bit % 8) & mask);
            }
        }
    }
    Some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], signed: bool) -> Vec<i64> {
        let mut out = Vec::new();
        assert_eq!(decode_run(bytes, signed, &mut out), Some(bytes.len()));
        for cut in 0..bytes.len() {
            assert_eq!(decode_run(&bytes[..cut], signed, &mut Vec::new()), None);
        }
        out
    }

    /// The examples of the specification.
    #[test]
    fn the_examples_decode() {
        assert_eq!(decoded(&[0x0a, 0x27, 0x10], false), [10_000; 5]);
        let direct = [0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef];
        assert_eq!(decoded(&direct, false), [23_713, 43_806, 57_005, 48_879]);
        let patched = [
            0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46,
            0x50, 0x5a, 0x64, 0x6e, 0x78, 0x82, 0x8c, 0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
        ];
        let mut values: Vec<i64> = (2000..=2190).step_by(10).collect();
        values[0] = 2030;
        values[1] = 2000;
        values[2] = 2020;
        values[3] = 1_000_000;
        values[4..].iter_mut().enumerate().for_each(|(at, v)| *v = 2040 + 10 * at as i64);
        assert_eq!(decoded(&patched, false), values);
        let delta = [0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46];
        assert_eq!(decoded(&delta, false), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
    }
}
