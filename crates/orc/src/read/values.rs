//! Values of streams put into Arrow's arrays: spread over the rows that have one, and of those the
//! kept.

use super::rle::Integers;
use super::stream::ByteStream;
use crate::error::OrcError;
use crate::schema::EPOCH;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray, StringArray, UInt32Array};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::TimeUnit;
use std::sync::Arc;

/// The most values that one read of a list or map may hold: damaged lengths must not take all memory.
const MAX_ELEMENTS: usize = 1 << 26;

/// Puts `bits`, one for each row in `mask`, into the places of those rows, and 0 elsewhere.
pub fn scatter_bits(mask: &BooleanBuffer, bits: &BooleanBuffer) -> BooleanBuffer {
    let mut bytes = vec![0_u8; mask.len().div_ceil(8)];
    for (at, row) in mask.set_indices().enumerate() {
        bytes[row / 8] |= u8::from(bits.value(at)) << (row % 8);
    }
    BooleanBuffer::new(Buffer::from_vec(bytes), 0, mask.len())
}

/// Puts the values of the rows that have one into their places.
pub(crate) fn scatter<T: Copy + Default>(
    values: Vec<T>,
    rows: usize,
    nulls: Option<&NullBuffer>,
) -> Vec<T> {
    let Some(nulls) = nulls else { return values };
    let mut all = vec![T::default(); rows];
    for (value, row) in values.into_iter().zip(nulls.valid_indices()) {
        all[row] = value;
    }
    all
}

pub(crate) fn primitive<T: ArrowPrimitiveType>(
    values: Vec<T::Native>,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let values = scatter(values, rows, nulls.as_ref());
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls))
}

pub(crate) fn integer<T: ArrowPrimitiveType>(
    integers: &mut Integers,
    count: usize,
    rows: usize,
    nulls: Option<NullBuffer>,
    convert: impl Fn(i64) -> T::Native + Copy,
) -> Result<ArrayRef, OrcError> {
    Ok(primitive::<T>(integers.read(count, convert)?, rows, nulls))
}

/// Checks that all keys that are not null are below `size`.
pub(crate) fn in_range(keys: &UInt32Array, size: usize) -> Option<()> {
    let highest = match keys.nulls() {
        None => keys.values().iter().copied().max(),
        Some(nulls) => nulls.valid_indices().map(|row| keys.value(row)).max(),
    };
    highest.is_none_or(|highest| (highest as usize) < size).then_some(())
}

/// Returns which of the kept rows are not null.
pub(crate) fn kept_nulls(
    nulls: Option<NullBuffer>,
    keep: Option<&BooleanBuffer>,
) -> Option<NullBuffer> {
    match (nulls, keep) {
        (Some(nulls), Some(keep)) => {
            Some(keep.set_indices().map(|row| nulls.is_valid(row)).collect::<Vec<_>>().into())
        }
        (nulls, _) => nulls,
    }
}

/// Reads the next `count` lengths.
pub(crate) fn sizes(lengths: &mut Integers, count: usize) -> Result<Vec<u64>, OrcError> {
    let sizes = lengths.read(count, |length| length as u64)?;
    if sizes.iter().any(|size| i64::try_from(*size).is_err()) {
        return Err(lengths.damaged("a length is negative"));
    }
    Ok(sizes)
}

pub(crate) fn total(sizes: &[u64]) -> u64 {
    sizes.iter().fold(0, |sum, size| sum.saturating_add(*size))
}

/// Returns how many elements lists of these lengths have.
pub(crate) fn elements(lengths: &Integers, sizes: &[u64]) -> Result<usize, OrcError> {
    let total = total(sizes);
    usize::try_from(total)
        .ok()
        .filter(|elements| *elements <= MAX_ELEMENTS)
        .ok_or_else(|| lengths.damaged(format!("lists of {total} elements")))
}

pub(crate) type Blob = (OffsetBuffer<i32>, Buffer, Option<NullBuffer>);

/// Reads byte strings: the bytes of the rows kept, one behind the other.
pub(crate) fn blob(
    lengths: &mut Integers,
    data: &mut ByteStream,
    rows: usize,
    nulls: Option<NullBuffer>,
    keep: Option<&BooleanBuffer>,
) -> Result<Blob, OrcError> {
    let count = rows - nulls.as_ref().map_or(0, NullBuffer::null_count);
    let mut sizes = sizes(lengths, count)?.into_iter();
    let mut bytes = Vec::new();
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0_i32);
    // Bytes to copy or to step over before the next read.
    let (mut wanted, mut unwanted) = (0_u64, 0_u64);
    let mut end = 0_u64;
    for row in 0..rows {
        let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        let size = if valid { sizes.next().unwrap_or(0) } else { 0 };
        if keep.is_none_or(|keep| keep.value(row)) {
            if unwanted > 0 {
                data.take(wanted as usize, &mut bytes)?;
                data.skip(unwanted)?;
                (wanted, unwanted) = (0, 0);
            }
            wanted = wanted.saturating_add(size);
            end = end.saturating_add(size);
            let offset = i32::try_from(end)
                .map_err(|_| lengths.damaged("more than 2 GiB of text in one batch"))?;
            offsets.push(offset);
        } else {
            unwanted = unwanted.saturating_add(size);
        }
    }
    data.take(wanted as usize, &mut bytes)?;
    data.skip(unwanted)?;
    let nulls = kept_nulls(nulls, keep);
    Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from_vec(bytes), nulls))
}

pub(crate) fn text(
    lengths: &mut Integers,
    data: &mut ByteStream,
    rows: usize,
    nulls: Option<NullBuffer>,
    keep: Option<&BooleanBuffer>,
) -> Result<StringArray, OrcError> {
    let (offsets, bytes, nulls) = blob(lengths, data, rows, nulls, keep)?;
    StringArray::try_new(offsets, bytes, nulls)
        .map_err(|error| data.damaged(format!("text is not UTF-8: {error}")))
}

/// Lists of a read: where the kept ones lie among the kept elements.
pub(crate) struct Spans {
    pub(crate) offsets: OffsetBuffer<i32>,
    pub(crate) nulls: Option<NullBuffer>,
    /// Elements to read, kept or not.
    pub(crate) elements: usize,
    pub(crate) keep: Option<BooleanBuffer>,
}

pub(crate) fn spans(
    lengths: &mut Integers,
    count: usize,
    rows: usize,
    nulls: Option<NullBuffer>,
    keep: Option<&BooleanBuffer>,
) -> Result<Spans, OrcError> {
    let sizes = sizes(lengths, count)?;
    let total = elements(lengths, &sizes)?;
    let mut sizes = sizes.into_iter();
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0_i32);
    let mut end = 0;
    let mut kept = keep.map(|_| arrow::array::BooleanBufferBuilder::new(total));
    for row in 0..rows {
        let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        let size = if valid { sizes.next().unwrap_or(0) as usize } else { 0 };
        let wanted = keep.is_none_or(|keep| keep.value(row));
        if let Some(kept) = &mut kept {
            kept.append_n(size, wanted);
        }
        if wanted {
            end += size;
            offsets.push(end as i32);
        }
    }
    let nulls = kept_nulls(nulls, keep);
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Spans { offsets, nulls, elements: total, keep: kept.map(|mut kept| kept.finish()) })
}

pub(crate) fn decimals(
    digits: &mut ByteStream,
    scales: &mut Integers,
    count: usize,
    scale: u8,
) -> Result<Vec<i128>, OrcError> {
    let stored = scales.read(count, |scale| scale)?;
    let mut values = Vec::with_capacity(count);
    for stored in stored {
        let mut value = 0_u128;
        let mut shift = 0;
        loop {
            let byte = digits.byte()?;
            if shift > 127 {
                return Err(digits.damaged("a decimal of more than 128 bits"));
            }
            value |= u128::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let value = (value >> 1) as i128 ^ -((value & 1) as i128);
        let more = i64::from(scale) - stored;
        let factor = u32::try_from(more.unsigned_abs()).ok().and_then(|e| 10_i128.checked_pow(e));
        let value = match factor {
            Some(factor) if more >= 0 => value.checked_mul(factor),
            Some(factor) => Some(value / factor),
            None => None,
        };
        values.push(value.ok_or_else(|| digits.damaged("a decimal beyond its precision"))?);
    }
    Ok(values)
}

/// Timestamps are seconds since 2015 and nanoseconds whose trailing zeros are counted in the lowest
/// three bits. Before 1970 the seconds are those of the next whole one, unless there are less than
/// a million nanoseconds, as in the first writers.
pub(crate) fn timestamps(
    seconds: &mut Integers,
    nanos: &mut Integers,
    count: usize,
    unit: TimeUnit,
) -> Result<Vec<i64>, OrcError> {
    let mut values = seconds.read(count, |seconds| seconds.wrapping_add(EPOCH))?;
    let fractions = nanos.read(count, |packed| {
        let zeros = packed & 7;
        let digits = packed >> 3;
        if zeros == 0 { digits } else { digits.wrapping_mul(10_i64.pow(zeros as u32 + 1)) }
    })?;
    let (per_second, nanos_each) = match unit {
        TimeUnit::Second => (1, 1_000_000_000),
        TimeUnit::Millisecond => (1_000, 1_000_000),
        TimeUnit::Microsecond => (1_000_000, 1_000),
        TimeUnit::Nanosecond => (1_000_000_000, 1),
    };
    for (value, fraction) in values.iter_mut().zip(fractions) {
        if !(0..1_000_000_000).contains(&fraction) {
            return Err(nanos.damaged(format!("a timestamp has {fraction} nanoseconds")));
        }
        let whole = if *value < 0 && fraction > 999_999 { *value - 1 } else { *value };
        *value = whole
            .checked_mul(per_second)
            .and_then(|value| value.checked_add(fraction / nanos_each))
            .ok_or_else(|| seconds.damaged("a timestamp is out of range"))?;
    }
    Ok(values)
}
