//! `string` and `binary` without a dictionary: the bytes of all values, and their lengths.

use super::{
    ColumnWriter, Direct, DirectValues, EncodingKind, Settings, StreamKind, Summary, Values,
    write_integers,
};
use crate::error::OrcError;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray, GenericByteArray};
use arrow::datatypes::{ByteArrayType, DataType};

/// The lengths of the row group; the bytes are in their stream already.
#[derive(Default)]
pub(super) struct Texts(Vec<i64>);

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    let streams = [settings.plain(StreamKind::Data), settings.runs(StreamKind::Length)];
    Box::new(Direct::new(Texts::default(), streams))
}

impl Texts {
    /// Appends a value whose statistics are known already.
    pub(super) fn push(&mut self, streams: &mut [Stream], value: &[u8]) {
        streams[0].write(value);
        self.0.push(value.len() as i64);
    }

    /// Encodes the lengths of the row group.
    pub(super) fn encode_lengths(&mut self, streams: &mut [Stream]) {
        write_integers(&mut streams[1], &self.0, false);
        self.0.clear();
    }
}

impl DirectValues for Texts {
    const ENCODING: EncodingKind = EncodingKind::DirectV2;

    fn write(
        &mut self,
        streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        each_string(array, rows, |value| {
            self.push(streams, value);
            summary.add_string(value);
        });
        Ok(())
    }

    fn end_group(&mut self, streams: &mut [Stream], summary: &mut Summary) -> Result<(), OrcError> {
        summary.statistics.add_bytes(&self.0);
        self.encode_lengths(streams);
        Ok(())
    }
}

/// Calls `each` with the strings or binary values in `rows` of `array`.
pub(super) fn each_string(array: &dyn Array, rows: &[u32], mut each: impl FnMut(&[u8])) {
    fn bytes<T: ByteArrayType>(array: &GenericByteArray<T>, row: u32) -> &[u8] {
        array.value(row as usize).as_ref()
    }
    let rows = rows.iter().copied();
    match array.data_type() {
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            rows.for_each(|row| each(bytes(array, row)));
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            rows.for_each(|row| each(bytes(array, row)));
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            rows.for_each(|row| each(array.value(row as usize).as_bytes()));
        }
        DataType::Binary => {
            let array = array.as_binary::<i32>();
            rows.for_each(|row| each(bytes(array, row)));
        }
        DataType::LargeBinary => {
            let array = array.as_binary::<i64>();
            rows.for_each(|row| each(bytes(array, row)));
        }
        DataType::BinaryView => {
            let array = array.as_binary_view();
            rows.for_each(|row| each(array.value(row as usize)));
        }
        DataType::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary();
            rows.for_each(|row| each(array.value(row as usize)));
        }
        _ => {}
    }
}
