//! `boolean`: bits.

use super::super::rle::Bits;
use super::{Opened, Opening, Positions, Rows, Values, scatter_bits};
use crate::error::OrcError;
use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

struct Booleans(Bits);

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    match opening.target {
        DataType::Boolean => {
            Ok(Some(Box::new(Booleans(Bits::new(opening.bytes(StreamKind::Data)?)))))
        }
        _ => Ok(None),
    }
}

impl Values for Booleans {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.0.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_bits(&mut self.0)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let values = self.0.read(rows.values())?;
        let values = match &rows.nulls {
            Some(nulls) => scatter_bits(nulls.inner(), &values),
            None => values,
        };
        rows.filter(Arc::new(BooleanArray::new(values, rows.nulls.clone())))
    }
}
