//! `float` and `double`: bytes as they are.

use super::{
    ColumnWriter, EncodedValues, EncodingKind, Settings, StreamKind, Summary, Values, mark_group,
    total_len,
};
use crate::error::OrcError;
use crate::schema::Kind;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float32Type, Float64Type};

struct Floats {
    is_double: bool,
    streams: [Stream; 1],
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    let streams = [settings.plain(StreamKind::Data)];
    Box::new(Floats { is_double: settings.kind == Kind::Double, streams })
}

impl Floats {
    fn extend<T: Into<f64> + Copy, const N: usize>(
        &mut self,
        values: impl Iterator<Item = T>,
        to_bytes: impl Fn(T) -> [u8; N],
        summary: &mut Summary,
    ) {
        for value in values {
            self.streams[0].write(&to_bytes(value));
            let value = value.into();
            summary.statistics.add_float(value);
            if let Some(bloom) = &mut summary.bloom {
                // Java hashes one NaN for all.
                let value = if value.is_nan() { f64::NAN } else { value };
                bloom.add_integers([value.to_bits() as i64]);
            }
        }
    }
}

impl Values for Floats {
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let rows = rows.iter().map(|&row| row as usize);
        if self.is_double {
            let array = array.as_primitive::<Float64Type>().values();
            self.extend(rows.map(|row| array[row]), f64::to_le_bytes, summary);
        } else {
            let array = array.as_primitive::<Float32Type>().values();
            self.extend(rows.map(|row| array[row]), f32::to_le_bytes, summary);
        }
        Ok(())
    }

    fn end_group(&mut self, _summary: &mut Summary) -> Result<(), OrcError> {
        mark_group(&mut self.streams);
        Ok(())
    }

    fn streams(&mut self) -> &mut [Stream] {
        &mut self.streams
    }

    fn len(&self) -> usize {
        total_len(&self.streams)
    }

    fn end_stripe(self: Box<Self>) -> EncodedValues {
        EncodedValues::new(EncodingKind::Direct, self.streams)
    }
}
