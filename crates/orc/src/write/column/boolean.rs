//! `boolean`: bits.

use super::{ColumnWriter, EncodedValues, EncodingKind, Settings, StreamKind, Summary, Values};
use crate::error::OrcError;
use crate::write::statistics::Range;
use crate::write::stream::{Bits, Stream};
use arrow::array::{Array, AsArray};

struct Booleans(Bits);

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    Box::new(Booleans(Bits::new(StreamKind::Data, settings.block)))
}

impl Values for Booleans {
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        if let Range::Boolean { trues } = &mut summary.statistics.range {
            let array = array.as_boolean();
            for &row in rows {
                let value = array.value(row as usize);
                *trues += u64::from(value);
                self.0.append(value);
            }
        }
        Ok(())
    }

    fn end_group(&mut self, _summary: &mut Summary) -> Result<(), OrcError> {
        self.0.end_group();
        Ok(())
    }

    fn streams(&mut self) -> &mut [Stream] {
        std::slice::from_mut(self.0.stream())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn end_stripe(self: Box<Self>) -> EncodedValues {
        EncodedValues::new(EncodingKind::Direct, [self.0.end_stripe()])
    }
}
