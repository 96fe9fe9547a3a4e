//! `tinyint`, in runs of bytes, and `smallint`, `int`, `bigint` and `date`, in runs of integers.

use super::{
    ColumnWriter, EncodedValues, EncodingKind, Settings, StreamKind, Summary, Values, mark_group,
    total_len, write_integers,
};
use crate::error::OrcError;
use crate::schema::Kind;
use crate::write::rle;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{ArrowPrimitiveType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type};

struct Bytes {
    values: Vec<i8>,
    streams: [Stream; 1],
}

pub(super) fn open_bytes(settings: &Settings) -> Box<dyn Values> {
    Box::new(Bytes { values: Vec::new(), streams: [settings.runs(StreamKind::Data)] })
}

impl Values for Bytes {
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        _summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let array = array.as_primitive::<Int8Type>().values();
        self.values.extend(rows.iter().map(|&row| array[row as usize]));
        Ok(())
    }

    fn end_group(&mut self, summary: &mut Summary) -> Result<(), OrcError> {
        let bytes: Vec<u8> = self.values.iter().map(|value| *value as u8).collect();
        let mut out = Vec::new();
        rle::encode_bytes(&bytes, &mut out);
        self.streams[0].write(&out);
        summary.add_integers(&self.values.drain(..).map(i64::from).collect::<Vec<_>>());
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

struct Integers {
    kind: Kind,
    values: Vec<i64>,
    streams: [Stream; 1],
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    let streams = [settings.runs(StreamKind::Data)];
    Box::new(Integers { kind: settings.kind, values: Vec::new(), streams })
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

impl Values for Integers {
    fn write(
        &mut self,
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

    fn end_group(&mut self, summary: &mut Summary) -> Result<(), OrcError> {
        write_integers(&mut self.streams[0], &self.values, true);
        summary.add_integers(&self.values);
        self.values.clear();
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
        EncodedValues::new(EncodingKind::DirectV2, self.streams)
    }
}
