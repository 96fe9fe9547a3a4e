//! `float` and `double`: bytes as they are.

use super::{
    ColumnWriter, Direct, DirectValues, EncodingKind, Settings, StreamKind, Summary, Values,
};
use crate::error::OrcError;
use crate::schema::Kind;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float32Type, Float64Type};

struct Floats {
    is_double: bool,
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    let floats = Floats { is_double: settings.kind == Kind::Double };
    Box::new(Direct::new(floats, [settings.plain(StreamKind::Data)]))
}

impl DirectValues for Floats {
    const ENCODING: EncodingKind = EncodingKind::Direct;

    fn write(
        &mut self,
        streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let rows = rows.iter().map(|&row| row as usize);
        if self.is_double {
            let array = array.as_primitive::<Float64Type>().values();
            extend(&mut streams[0], rows.map(|row| array[row]), f64::to_le_bytes, summary);
        } else {
            let array = array.as_primitive::<Float32Type>().values();
            extend(&mut streams[0], rows.map(|row| array[row]), f32::to_le_bytes, summary);
        }
        Ok(())
    }

    fn end_group(
        &mut self,
        _streams: &mut [Stream],
        _summary: &mut Summary,
    ) -> Result<(), OrcError> {
        Ok(())
    }
}

/// Appends the bytes of values.
fn extend<T: Into<f64> + Copy, const N: usize>(
    stream: &mut Stream,
    values: impl Iterator<Item = T>,
    to_bytes: impl Fn(T) -> [u8; N],
    summary: &mut Summary,
) {
    for value in values {
        stream.write(&to_bytes(value));
        let value = value.into();
        summary.statistics.add_float(value);
        if let Some(bloom) = &mut summary.bloom {
            // Java hashes one NaN for all.
            let value = if value.is_nan() { f64::NAN } else { value };
            bloom.add_integers([value.to_bits() as i64]);
        }
    }
}
