//! Run-length encodings: of integers (version 2) and of bytes.
//!
//! An encoder gets all values of a row group at once, so that it can weigh the ways to write them
//! and no run reaches into the next row group.

/// The most values of one run.
const MAX_RUN: usize = 512;
/// The most values of a run of [`short_repeat`].
const MAX_SHORT_REPEAT: usize = 10;
/// The most exceptions of one [`patched_base`] run.
const MAX_PATCHES: usize = 31;
/// How many values after a run are looked at.
const LOOKAHEAD_VALUES: usize = 32;
/// Bits that a run costs before its first value.
const HEADER_BITS: usize = 16;

/// Appends `values` in run-length encoding version 2. Values that are not `signed` are at least 0.
pub(crate) fn encode(values: &[i64], signed: bool, out: &mut Vec<u8>) {
    // The literals from `start` are seen and not written yet.
    let (mut start, mut at) = (0, 0);
    let mut seen = Shape::new(signed);
    while at < values.len() {
        let rest = &values[at..values.len().min(at + MAX_RUN)];
        let run = progression(rest);
        if run >= 3 {
            let step = rest[1].wrapping_sub(rest[0]);
            let (mut joined, mut next) = (seen, Shape::new(signed));
            joined.add(&rest[..run]);
            let mut cut = seen.bits() + run_bits(rest[0], step, run, signed);
            if start == at {
                // With nothing before it, its cost as literals is estimated from what follows.
                let ahead = &rest[run..rest.len().min(run + LOOKAHEAD_VALUES)];
                joined.add(ahead);
                next.add(ahead);
                cut += next.bits();
            } else if run < rest.len() {
                cut += HEADER_BITS;
            }
            if cut < joined.bits() {
                literals(&values[start..at], signed, out);
                write_run(rest[0], step, run, signed, out);
                at += run;
                start = at;
                seen = Shape::new(signed);
                continue;
            }
        }
        // The last of a progression may be the first of the next.
        let same = run >= 2 && rest[0] == rest[1];
        let taken = if same { run } else { run.max(2) - 1 }.min(MAX_RUN - (at - start));
        seen.add(&rest[..taken]);
        at += taken;
        if at - start == MAX_RUN {
            literals(&values[start..at], signed, out);
            start = at;
            seen = Shape::new(signed);
        }
    }
    literals(&values[start..], signed, out);
}

/// Returns how many values at the beginning of `values` have the same difference.
fn progression(values: &[i64]) -> usize {
    let [first, second, ..] = *values else { return values.len() };
    let Some(step) = second.checked_sub(first) else { return 1 };
    let mut last = second;
    let same = values[2..].iter().take_while(|&&value| {
        let is_next = last.checked_add(step) == Some(value);
        last = value;
        is_next
    });
    2 + same.count()
}

/// What decides how literals are written.
#[derive(Clone, Copy)]
struct Shape {
    signed: bool,
    len: usize,
    first: i64,
    last: i64,
    min: i64,
    max: i64,
    /// Of the zigzag code, if signed.
    widest: u64,
    rises: bool,
    falls: bool,
    /// The first one is written apart.
    first_step: i64,
    widest_step: u64,
}

impl Shape {
    fn new(signed: bool) -> Self {
        Self {
            signed,
            len: 0,
            first: 0,
            last: 0,
            min: i64::MAX,
            max: i64::MIN,
            widest: 0,
            rises: true,
            falls: true,
            first_step: 0,
            widest_step: 0,
        }
    }

    fn of(values: &[i64], signed: bool) -> Self {
        let mut this = Self::new(signed);
        this.add(values);
        this
    }

    fn add(&mut self, values: &[i64]) {
        for &value in values {
            if self.len == 0 {
                self.first = value;
            } else if self.rises || self.falls {
                match value.checked_sub(self.last) {
                    Some(step) => {
                        self.rises &= step >= 0;
                        self.falls &= step <= 0;
                        if self.len == 1 {
                            self.first_step = step;
                        } else {
                            self.widest_step |= step.unsigned_abs();
                        }
                    }
                    None => (self.rises, self.falls) = (false, false),
                }
            }
            self.len += 1;
            self.last = value;
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.widest |= code(value, self.signed);
        }
    }

    /// Returns about the bits that the values take as literals.
    fn bits(&self) -> usize {
        if self.len == 0 {
            return 0;
        }
        let direct = self.len * width(self.widest);
        let based = match self.max.checked_sub(self.min) {
            Some(spread) => 24 + base_bytes(self.min) * 8 + self.len * width(spread as u64),
            None => usize::MAX,
        };
        let delta = if self.len > 1 && (self.rises || self.falls) {
            8 + varint_len(code(self.first, self.signed)) * 8 + self.len * self.step_width()
        } else {
            usize::MAX
        };
        HEADER_BITS + direct.min(based).min(delta)
    }

    /// Returns the width of steps; one of 0 would say that all are the first, and 1 there is not.
    fn step_width(&self) -> usize {
        width(self.widest_step).max(2)
    }

    /// Returns the bytes of the values as deltas, if they can be that: each step has the sign of
    /// the first, which must have one.
    fn delta_bytes(&self) -> Option<usize> {
        let is_delta = self.len > 1 && self.first_step != 0 && (self.rises || self.falls);
        is_delta.then(|| {
            2 + varint_len(code(self.first, self.signed))
                + varint_len(zigzag(self.first_step))
                + ((self.len - 2) * self.step_width()).div_ceil(8)
        })
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn code(value: i64, signed: bool) -> u64 {
    if signed { zigzag(value) } else { value as u64 }
}

/// Returns the bits that `value` needs, rounded up to a width that there is.
fn width(value: u64) -> usize {
    fixed_width(64 - value.leading_zeros() as usize)
}

fn fixed_width(bits: usize) -> usize {
    match bits {
        0 => 1,
        1..=24 => bits,
        25..=26 => 26,
        27..=28 => 28,
        29..=30 => 30,
        31..=32 => 32,
        33..=40 => 40,
        41..=48 => 48,
        49..=56 => 56,
        _ => 64,
    }
}

/// Returns the code of five bits for a width that there is.
fn width_code(width: usize) -> u8 {
    let code = match width {
        ..=24 => width - 1,
        25..=32 => 24 + (width - 26) / 2,
        _ => 28 + (width - 40) / 8,
    };
    code as u8
}

fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Appends `value` in base 128, lowest digit first.
pub(crate) fn varint(mut value: u128, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the `width` lowest bits of every value, highest bit first, then fills up the last byte.
fn pack(values: impl Iterator<Item = u64>, width: usize, out: &mut Vec<u8>) {
    if width > 32 {
        let skip = 8 - width / 8;
        values.for_each(|value| out.extend_from_slice(&value.to_be_bytes()[skip..]));
        return;
    }
    let (mut bits, mut held) = (0_u64, 0);
    for value in values {
        bits = bits << width | value;
        held += width;
        if held >= 32 {
            held -= 32;
            out.extend_from_slice(&((bits >> held) as u32).to_be_bytes());
        }
    }
    if held > 0 {
        let rest = ((bits << (32 - held)) as u32).to_be_bytes();
        out.extend_from_slice(&rest[..held.div_ceil(8)]);
    }
}

/// Appends the header of a run of `len` values whose encoding has the number `kind`.
fn header(kind: u8, width_code: u8, len: usize, out: &mut Vec<u8>) {
    let len = len - 1;
    out.extend_from_slice(&[kind << 6 | width_code << 1 | (len >> 8) as u8, len as u8]);
}

/// Returns the bits of what [`write_run`] writes.
fn run_bits(first: i64, step: i64, len: usize, signed: bool) -> usize {
    let base = code(first, signed);
    if step == 0 && len <= MAX_SHORT_REPEAT {
        8 + (64 - (base | 1).leading_zeros() as usize).div_ceil(8) * 8
    } else {
        HEADER_BITS + (varint_len(base) + varint_len(zigzag(step))) * 8
    }
}

/// Appends `len` values, each `step` more than the one before.
fn write_run(first: i64, step: i64, len: usize, signed: bool, out: &mut Vec<u8>) {
    if step == 0 && len <= MAX_SHORT_REPEAT {
        short_repeat(code(first, signed), len, out);
    } else {
        header(3, 0, len, out);
        varint(code(first, signed).into(), out);
        varint(zigzag(step).into(), out);
    }
}

/// Appends 3 to 10 equal values.
fn short_repeat(code: u64, len: usize, out: &mut Vec<u8>) {
    let bytes = (64 - (code | 1).leading_zeros() as usize).div_ceil(8);
    out.push(((bytes - 1) << 3 | (len - 3)) as u8);
    out.extend_from_slice(&code.to_be_bytes()[8 - bytes..]);
}

/// Appends up to 512 values in whatever way is the shortest.
fn literals(values: &[i64], signed: bool, out: &mut Vec<u8>) {
    let Some(&first) = values.first() else { return };
    let shape = Shape::of(values, signed);
    let direct_width = width(shape.widest);
    let direct = 2 + (values.len() * direct_width).div_ceil(8);
    let delta = shape.delta_bytes().filter(|&bytes| bytes < direct);
    let best = delta.unwrap_or(direct);
    if shape.first_step == 0 && (shape.rises || shape.falls) {
        // Deltas must not begin with the values that are the same.
        let same = values.iter().take_while(|&&value| value == first).count();
        let (head, tail) = values.split_at(same - 1);
        let head_bytes = 2 + (head.len() * direct_width).div_ceil(8).min(9);
        if let Some(tail_bytes) = Shape::of(tail, signed).delta_bytes()
            && head_bytes + tail_bytes < best
        {
            match head.len() {
                ..3 => literals(head, signed, out),
                len => write_run(first, 0, len, signed, out),
            }
            return literals(tail, signed, out);
        }
    }
    if let Some(patches) = Patches::weigh(values, &shape)
        && patches.bytes < best
    {
        return patched_base(values, shape.min, &patches, out);
    }
    if delta.is_some() {
        let width = if values.len() == 2 { 1 } else { shape.step_width() };
        header(3, width_code(width), values.len(), out);
        varint(code(first, signed).into(), out);
        varint(zigzag(shape.first_step).into(), out);
        let steps = values[1..].windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
        pack(steps.map(i64::unsigned_abs), width, out);
    } else {
        header(1, width_code(direct_width), values.len(), out);
        pack(values.iter().map(|&value| code(value, signed)), direct_width, out);
    }
}

/// How values would be split between what is packed and what is patched over it.
struct Patches {
    /// Bits of a packed value.
    width: usize,
    /// Bits of a patch.
    patch_width: usize,
    /// About all that the run takes.
    bytes: usize,
}

impl Patches {
    /// Returns the best split, or none if the values are too far apart or not worth the look.
    fn weigh(values: &[i64], shape: &Shape) -> Option<Self> {
        let spread = shape.max.checked_sub(shape.min)? as u64;
        let widest = width(spread);
        if spread == 0
            || widest > 56
            || shape.min == i64::MIN
            || (values.len() * width(shape.widest)) < 64
        {
            return None;
        }
        let mut wide = [0_u16; 65];
        for &value in values {
            wide[64 - ((value - shape.min) as u64).leading_zeros() as usize] += 1;
        }
        let base = base_bytes(shape.min);
        let mut best: Option<Self> = None;
        let mut patched = 0;
        for bits in (1..=widest).rev() {
            if fixed_width(bits) == bits {
                let over = 64 - (spread >> bits).leading_zeros() as usize;
                // A run must have a patch, even if it changes nothing.
                let patch_width = fixed_width(over);
                let patches = usize::from(patched).max(1);
                let bytes = 4
                    + base
                    + (values.len() * bits).div_ceil(8)
                    + (patches * fixed_width(patch_width + if patched > 0 { 8 } else { 1 }))
                        .div_ceil(8);
                if patch_width + 8 <= 64 && best.as_ref().is_none_or(|best| bytes < best.bytes) {
                    best = Some(Self { width: bits, patch_width, bytes });
                }
            }
            patched += wide[bits];
            // A gap of more than 255 values takes another patch.
            if usize::from(patched) + 2 > MAX_PATCHES {
                break;
            }
        }
        best
    }
}

/// Returns the bytes of a base: its amount and a bit for its sign.
fn base_bytes(base: i64) -> usize {
    (65 - base.unsigned_abs().leading_zeros() as usize).div_ceil(8)
}

/// Appends values as what they are above the least of them, some of them patched.
fn patched_base(values: &[i64], base: i64, patches: &Patches, out: &mut Vec<u8>) {
    let Patches { width, patch_width, .. } = *patches;
    let above = |value: i64| (value - base) as u64;
    let mut list: Vec<(usize, u64)> = Vec::new();
    let mut last = 0;
    for (at, &value) in values.iter().enumerate() {
        let patch = above(value) >> width;
        if patch > 0 {
            let mut gap = at - last;
            last = at;
            while gap > 255 {
                list.push((255, 0));
                gap -= 255;
            }
            list.push((gap, patch));
        }
    }
    if list.is_empty() {
        list.push((0, 0));
    }
    let gap = list.iter().map(|(gap, _)| *gap).max().unwrap_or(0);
    let gap_width = (usize::BITS - (gap | 1).leading_zeros()) as usize;
    let base_len = base_bytes(base);
    header(2, width_code(width), values.len(), out);
    out.push(((base_len - 1) << 5) as u8 | width_code(patch_width));
    out.push(((gap_width - 1) << 5 | list.len()) as u8);
    let at = out.len();
    out.extend_from_slice(&base.unsigned_abs().to_be_bytes()[8 - base_len..]);
    if base < 0 {
        out[at] |= 0x80;
    }
    let mask = (1 << width) - 1;
    pack(values.iter().map(|&value| above(value) & mask), width, out);
    let list = list.iter().map(|(gap, patch)| (*gap as u64) << patch_width | patch);
    pack(list, fixed_width(patch_width + gap_width), out);
}

/// Appends bytes in their run-length encoding.
pub(crate) fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let write_literals = |literals: &[u8], out: &mut Vec<u8>| {
        for part in literals.chunks(128) {
            out.push((part.len() as u8).wrapping_neg());
            out.extend_from_slice(part);
        }
    };
    let (mut start, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let run = bytes[at..].iter().take(130).take_while(|&&next| next == byte).count();
        if run >= 3 {
            write_literals(&bytes[start..at], out);
            out.extend_from_slice(&[(run - 3) as u8, byte]);
            start = at + run;
        }
        at += run;
    }
    write_literals(&bytes[start..], out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads runs as the specification describes them, bit by bit; returns which kinds there were.
    fn decode(mut bytes: &[u8], signed: bool) -> (Vec<i64>, [usize; 4]) {
        fn bits(bytes: &[u8], at: &mut usize, width: usize) -> u64 {
            let value = (*at..*at + width)
                .fold(0, |value, bit| value << 1 | u64::from(bytes[bit / 8] >> (7 - bit % 8) & 1));
            *at += width;
            value
        }
        fn vint(bytes: &[u8], at: &mut usize) -> u64 {
            let (mut value, mut shift) = (0, 0);
            loop {
                let byte = bits(bytes, at, 8);
                value |= (byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return value;
                }
            }
        }
        fn unzigzag(value: u64) -> i64 {
            (value >> 1) as i64 ^ -((value & 1) as i64)
        }
        let plain = |code| if signed { unzigzag(code) } else { code as i64 };
        let widths: Vec<usize> = (1..=24).chain([26, 28, 30, 32, 40, 48, 56, 64]).collect();
        let (mut values, mut kinds) = (Vec::new(), [0; 4]);
        while !bytes.is_empty() {
            let at = &mut 0;
            let kind = bits(bytes, at, 2) as usize;
            kinds[kind] += 1;
            if kind == 0 {
                let width = bits(bytes, at, 3) as usize + 1;
                let len = bits(bytes, at, 3) as usize + 3;
                let value = plain(bits(bytes, at, width * 8));
                values.extend(vec![value; len]);
            } else {
                let code = bits(bytes, at, 5) as usize;
                let len = bits(bytes, at, 9) as usize + 1;
                let width = widths[code];
                match kind {
                    1 => values.extend((0..len).map(|_| plain(bits(bytes, at, width)))),
                    2 => {
                        let base_width = (bits(bytes, at, 3) as usize + 1) * 8;
                        let patch_width = widths[bits(bytes, at, 5) as usize];
                        let gap_width = bits(bytes, at, 3) as usize + 1;
                        let patches = bits(bytes, at, 5);
                        assert!(patches > 0 && patch_width + gap_width <= 64);
                        let is_negative = bits(bytes, at, 1) == 1;
                        let amount = bits(bytes, at, base_width - 1) as i64;
                        let base = if is_negative { -amount } else { amount };
                        let mut run: Vec<u64> = (0..len).map(|_| bits(bytes, at, width)).collect();
                        *at = at.next_multiple_of(8);
                        let mut place = 0;
                        for _ in 0..patches {
                            let entry = bits(bytes, at, fixed_width(patch_width + gap_width));
                            place += (entry >> patch_width) as usize;
                            run[place] |= (entry & ((1 << patch_width) - 1)) << width;
                        }
                        values.extend(run.iter().map(|above| base + *above as i64));
                    }
                    _ => {
                        let mut value = plain(vint(bytes, at));
                        let step = unzigzag(vint(bytes, at));
                        values.push(value);
                        for index in 1..len {
                            value += match (index, code) {
                                (1, _) | (_, 0) => step,
                                _ if step < 0 => -(bits(bytes, at, width) as i64),
                                _ => bits(bytes, at, width) as i64,
                            };
                            values.push(value);
                        }
                    }
                }
            }
            bytes = &bytes[at.div_ceil(8)..];
        }
        (values, kinds)
    }

    fn encoded(values: &[i64], signed: bool) -> Vec<u8> {
        let mut out = Vec::new();
        encode(values, signed, &mut out);
        out
    }

    #[test]
    fn the_examples_of_the_specification() {
        assert_eq!(encoded(&[10_000; 5], false), [0x0a, 0x27, 0x10]);
        let direct = [23713, 43806, 57005, 48879];
        let bytes = [0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef];
        assert_eq!(encoded(&direct, false), bytes);
        let delta = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];
        // The example packs steps in 4 bits where 3 do.
        let bytes = [0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46];
        assert_eq!(decode(&bytes, false).0, delta);
        assert_eq!(encoded(&delta, false), [0xc4, 0x09, 0x02, 0x02, 0x4a, 0x28, 0xa6]);
        let mut patched = vec![2030, 2000, 2020, 1_000_000];
        patched.extend((2040..=2190).step_by(10));
        let bytes = [
            0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46,
            0x50, 0x5a, 0x64, 0x6e, 0x78, 0x82, 0x8c, 0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
        ];
        let mut out = Vec::new();
        literals(&patched, false, &mut out);
        assert_eq!(out, bytes);
    }

    #[test]
    fn every_kind_of_run_comes_where_it_is_short() {
        let kinds = |values: &[i64], bytes: usize| {
            let out = encoded(values, true);
            assert!(out.len() <= bytes, "{} bytes", out.len());
            let (got, kinds) = decode(&out, true);
            assert_eq!(got, values);
            kinds.map(|count| count > 0)
        };
        assert_eq!(kinds(&[-7; 10], 2), [true, false, false, false]);
        assert_eq!(kinds(&[7; 1000], 8), [false, false, false, true]);
        let fixed: Vec<i64> = (0..512).map(|at| at * -3).collect();
        assert_eq!(kinds(&fixed, 4), [false, false, false, true]);
        let clock: Vec<i64> = (0..512).map(|at| 1_700_000_000 + at / 5).collect();
        assert!(kinds(&clock, 140)[3]);
        let near: Vec<i64> = (0..512).map(|at| 1_700_000_000 + at * 7919 % 251).collect();
        assert_eq!(kinds(&near, 530), [false, false, true, false]);
        let mut far = near;
        (far[3], far[300], far[310]) = (i64::MIN / 300, i64::MAX / 300, 0);
        assert!(kinds(&far, 4_000)[1]);
        (far[3], far[300], far[310]) = (0, i64::MAX / 300, 0);
        assert!(kinds(&far, 2_300)[2]);
        let wide = [i64::MIN, i64::MAX, 0, -1, 1, i64::MIN];
        assert_eq!(kinds(&wide, 50), [false, true, false, false]);
    }

    #[test]
    fn bytes_run() {
        let mut out = Vec::new();
        encode_bytes(&[0; 100], &mut out);
        assert_eq!(out, [0x61, 0x00]);
        out.clear();
        encode_bytes(&[0x44, 0x45], &mut out);
        assert_eq!(out, [0xfe, 0x44, 0x45]);
    }

    fn values() -> impl Strategy<Value = Vec<i64>> {
        let part = (1..700_usize, any::<i64>(), 0..64_u32, any::<i64>(), 0..64_u32, any::<u64>())
            .prop_map(|(len, first, by, step, step_by, noise)| {
                let (first, step) = (first >> by, step >> step_by);
                let mut dice = noise;
                (0..len as i64)
                    .map(|at| {
                        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        let noise = match noise % 4 {
                            0 => 0,
                            1 => dice >> 60,
                            2 => dice >> 40,
                            _ if dice >> 58 == 0 => dice >> 20,
                            _ => 0,
                        };
                        first.wrapping_add(step.wrapping_mul(at)).wrapping_add(noise as i64)
                    })
                    .collect::<Vec<_>>()
            });
        prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn integers_come_back(values in values()) {
            prop_assert_eq!(&decode(&encoded(&values, true), true).0, &values);
            let lengths: Vec<i64> = values.iter().map(|value| value & i64::MAX).collect();
            prop_assert_eq!(decode(&encoded(&lengths, false), false).0, lengths);
        }

        #[test]
        fn bytes_come_back(parts in prop::collection::vec((any::<u8>(), 1..300_usize), 0..50)) {
            let bytes: Vec<u8> = parts
                .iter()
                .flat_map(|&(byte, len)| vec![byte; if len > 20 && len % 3 > 0 { 1 } else { len }])
                .collect();
            let mut out = Vec::new();
            encode_bytes(&bytes, &mut out);
            let (mut back, mut rest) = (Vec::new(), &out[..]);
            while let [control, tail @ ..] = rest {
                if *control < 128 {
                    back.extend(vec![tail[0]; usize::from(*control) + 3]);
                    rest = &tail[1..];
                } else {
                    let (part, tail) = tail.split_at(256 - usize::from(*control));
                    back.extend(part);
                    rest = tail;
                }
            }
            prop_assert_eq!(back, bytes);
        }
    }
}
