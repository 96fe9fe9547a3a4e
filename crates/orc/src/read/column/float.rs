//! `float` and `double`: bytes as they are.

use super::super::stream::ByteStream;
use super::{Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use crate::schema::Kind;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

struct Floats(ByteStream);
struct Doubles(ByteStream);

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    Ok(Some(match (opening.column.kind, opening.target) {
        (Kind::Float, DataType::Float32) => Box::new(Floats(opening.bytes(StreamKind::Data)?)),
        (Kind::Double, DataType::Float64) => Box::new(Doubles(opening.bytes(StreamKind::Data)?)),
        _ => return Ok(None),
    }))
}

/// Reads `count` values of `N` bytes each.
fn take<const N: usize, T>(
    data: &mut ByteStream,
    count: usize,
    convert: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, OrcError> {
    let mut bytes = Vec::with_capacity(N * count);
    data.take(N * count, &mut bytes)?;
    Ok(bytes.as_chunks::<N>().0.iter().map(|value| convert(*value)).collect())
}

impl Values for Floats {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.0.skip(4 * count as u64)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_bytes(&mut self.0)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let values = take(&mut self.0, rows.values(), f32::from_le_bytes)?;
        rows.filter(Arc::new(rows.primitive::<Float32Type>(values)?))
    }
}

impl Values for Doubles {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.0.skip(8 * count as u64)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_bytes(&mut self.0)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let values = take(&mut self.0, rows.values(), f64::from_le_bytes)?;
        rows.filter(Arc::new(rows.primitive::<Float64Type>(values)?))
    }
}
