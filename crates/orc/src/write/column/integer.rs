//! `tinyint`, in runs of bytes, and `smallint`, `int`, `bigint` and `date`, in runs of integers.

use super::{
    ColumnWriter, Direct, DirectValues, EncodingKind, Settings, StreamKind, Summary, Values,
    write_integers,
};
use crate::error::OrcError;
use crate::schema::Kind;
use crate::write::rle;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{ArrowPrimitiveType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type};

struct Bytes(Vec<i8>);

pub(super) fn open_bytes(settings: &Settings) -> Box<dyn Values> {
    Box::new(Direct::new(Bytes(Vec::new()), [settings.runs(StreamKind::Data)]))
}

impl DirectValues for Bytes {
    const ENCODING: EncodingKind = EncodingKind::Direct;

    fn write(
        &mut self,
        _streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        _summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let array = array.as_primitive::<Int8Type>().values();
        self.0.extend(rows.iter().map(|&row| array[row as usize]));
        Ok(())
    }

    fn end_group(&mut self, streams: &mut [Stream], summary: &mut Summary) -> Result<(), OrcError> {
        let bytes: Vec<u8> = self.0.iter().map(|value| *value as u8).collect();
        let mut out = Vec::new();
        rle::encode_bytes(&bytes, &mut out);
        streams[0].write(&out);
        summary.add_integers(&self.0.drain(..).map(i64::from).collect::<Vec<_>>());
        Ok(())
    }
}

struct Integers {
    kind: Kind,
    values: Vec<i64>,
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    let integers = Integers { kind: settings.kind, values: Vec::new() };
    Box::new(Direct::new(integers, [settings.runs(StreamKind::Data)]))
}

impl Integers {
    fn extend<T: ArrowPrimitiveType>(&mut self, array: &dyn Array, rows: &[u32])
    where
        T::Native: Into<i64>,
    {
        let array = array.as_primitive::<T>().values();
        self.values.extend(rows.iter().map(|&row| -> i64 { array[row as usize].into() }));
    }
}

impl DirectValues for Integers {
    const ENCODING: EncodingKind = EncodingKind::DirectV2;

    fn write(
        &mut self,
        _streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        _summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        match self.kind {
            Kind::Short => self.extend::<Int16Type>(array, rows),
            Kind::Int => self.extend::<Int32Type>(array, rows),
            Kind::Date => self.extend::<Date32Type>(array, rows),
            _ => self.extend::<Int64Type>(array, rows),
        }
        Ok(())
    }

    fn end_group(&mut self, streams: &mut [Stream], summary: &mut Summary) -> Result<(), OrcError> {
        write_integers(&mut streams[0], &self.values, true);
        summary.add_integers(&self.values);
        self.values.clear();
        Ok(())
    }
}
