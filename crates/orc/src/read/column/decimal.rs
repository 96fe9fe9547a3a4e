//! `decimal`: digits of any length, and the scale of each value.

use super::super::rle::Integers;
use super::super::stream::ByteStream;
use super::{Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Decimal128Type};
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

struct Decimals {
    digits: ByteStream,
    scales: Integers,
    precision: u8,
    scale: u8,
}

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    let DataType::Decimal128(precision, scale @ 0..) = opening.target else { return Ok(None) };
    Ok(Some(Box::new(Decimals {
        digits: opening.bytes(StreamKind::Data)?,
        scales: opening.signed(StreamKind::Secondary)?,
        precision: *precision,
        scale: *scale as u8,
    })))
}

impl Decimals {
    fn next_digits(&mut self) -> Result<i128, OrcError> {
        let mut value = 0_u128;
        let mut shift = 0;
        loop {
            let byte = self.digits.byte()?;
            if shift > 127 {
                return Err(self.digits.damaged("a decimal of more than 128 bits"));
            }
            value |= u128::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok((value >> 1) as i128 ^ -((value & 1) as i128));
            }
        }
    }

    fn next_values(&mut self, count: usize) -> Result<Vec<i128>, OrcError> {
        let scales = self.scales.read(count, |scale| scale)?;
        let mut values = Vec::with_capacity(count);
        for scale in scales {
            let value = self.next_digits()?;
            let more = i64::from(self.scale) - scale;
            let factor =
                u32::try_from(more.unsigned_abs()).ok().and_then(|e| 10_i128.checked_pow(e));
            let value = match factor {
                Some(factor) if more >= 0 => value.checked_mul(factor),
                Some(factor) => Some(value / factor),
                None => None,
            };
            values
                .push(value.ok_or_else(|| self.digits.damaged("a decimal beyond its precision"))?);
        }
        Ok(values)
    }
}

impl Values for Decimals {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        for _ in 0..count {
            while self.digits.byte()? & 0x80 != 0 {}
        }
        self.scales.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_bytes(&mut self.digits)?;
        positions.seek_integers(&mut self.scales)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let values = self.next_values(rows.values())?;
        let array = rows.primitive::<Decimal128Type>(values)?;
        rows.filter(Arc::new(array.with_precision_and_scale(self.precision, self.scale as i8)?))
    }
}
