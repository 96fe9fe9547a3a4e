//! `tinyint`, in runs of bytes, and `smallint`, `int`, `bigint` and `date`, in runs of integers.

use super::super::rle::{ByteRuns, Integers};
use super::{Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use crate::schema::Kind;
use arrow::array::{ArrayRef, ArrowPrimitiveType};
use arrow::datatypes::{DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type};
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

struct Bytes(ByteRuns);

pub(super) fn open_bytes(opening: &Opening<'_>) -> Opened {
    match opening.target {
        DataType::Int8 => {
            Ok(Some(Box::new(Bytes(ByteRuns::new(opening.bytes(StreamKind::Data)?)))))
        }
        _ => Ok(None),
    }
}

impl Values for Bytes {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.0.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_runs(&mut self.0)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let mut values = Vec::with_capacity(rows.values());
        self.0.read(rows.values(), &mut values)?;
        let values = values.into_iter().map(|byte| byte as i8).collect();
        rows.filter(Arc::new(rows.primitive::<Int8Type>(values)?))
    }
}

struct Numbers {
    integers: Integers,
    kind: Kind,
}

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    let kind = opening.column.kind;
    match (kind, opening.target) {
        (Kind::Short, DataType::Int16)
        | (Kind::Int, DataType::Int32)
        | (Kind::Long, DataType::Int64)
        | (Kind::Date, DataType::Date32) => {
            Ok(Some(Box::new(Numbers { integers: opening.signed(StreamKind::Data)?, kind })))
        }
        _ => Ok(None),
    }
}

impl Numbers {
    fn read_as<T: ArrowPrimitiveType>(
        &mut self,
        rows: &Rows<'_>,
        convert: impl Fn(i64) -> T::Native + Copy,
    ) -> Result<ArrayRef, OrcError> {
        let values = self.integers.read(rows.values(), convert)?;
        rows.filter(Arc::new(rows.primitive::<T>(values)?))
    }
}

impl Values for Numbers {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.integers.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.integers)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        match self.kind {
            Kind::Short => self.read_as::<Int16Type>(&rows, |value| value as i16),
            Kind::Int => self.read_as::<Int32Type>(&rows, |value| value as i32),
            Kind::Date => self.read_as::<Date32Type>(&rows, |value| value as i32),
            _ => self.read_as::<Int64Type>(&rows, |value| value),
        }
    }
}
