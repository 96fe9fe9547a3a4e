//! `decimal`: digits of any length, and the scale of each value.

use super::{
    ColumnWriter, Direct, DirectValues, EncodingKind, Settings, StreamKind, Summary, Values,
    write_integers,
};
use crate::error::OrcError;
use crate::write::rle;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal128Type;

struct Decimals {
    scale: u8,
    /// Values of the row group, whose digits are in their stream already.
    count: usize,
}

pub(super) fn open(settings: &Settings, scale: u8) -> Box<dyn Values> {
    // Digits and scales.
    let streams = [settings.plain(StreamKind::Data), settings.runs(StreamKind::Secondary)];
    Box::new(Direct::new(Decimals { scale, count: 0 }, streams))
}

impl DirectValues for Decimals {
    const ENCODING: EncodingKind = EncodingKind::DirectV2;

    fn write(
        &mut self,
        streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let array = array.as_primitive::<Decimal128Type>().values();
        let mut digits = Vec::with_capacity(20);
        for &row in rows {
            let value = array[row as usize];
            digits.clear();
            rle::varint(((value << 1) ^ (value >> 127)) as u128, &mut digits);
            streams[0].write(&digits);
            summary.statistics.add_decimal(value);
        }
        self.count += rows.len();
        Ok(())
    }

    fn end_group(
        &mut self,
        streams: &mut [Stream],
        _summary: &mut Summary,
    ) -> Result<(), OrcError> {
        let scales = vec![i64::from(self.scale); std::mem::take(&mut self.count)];
        write_integers(&mut streams[1], &scales, true);
        Ok(())
    }
}
