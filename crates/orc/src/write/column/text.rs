//! `string` and `binary` without a dictionary: the bytes of all values, and their lengths.

use super::{
    ColumnWriter, EncodedValues, EncodingKind, Settings, StreamKind, Summary, Values, mark_group,
    total_len, write_integers,
};
use crate::error::OrcError;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray, GenericByteArray};
use arrow::datatypes::{ByteArrayType, DataType};

pub(super) struct Texts {
    lengths: Vec<i64>,
    /// Bytes and lengths.
    streams: [Stream; 2],
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    Box::new(Texts::new(settings.plain(StreamKind::Data), settings.runs(StreamKind::Length)))
}

impl Texts {
    pub(super) fn new(data: Stream, length: Stream) -> Self {
        Self { lengths: Vec::new(), streams: [data, length] }
    }

    /// Appends a value whose statistics are known already.
    pub(super) fn push(&mut self, value: &[u8]) {
        self.streams[0].write(value);
        self.lengths.push(value.len() as i64);
    }

    /// Encodes the lengths of the row group, and marks where the next one begins.
    pub(super) fn encode_lengths(&mut self) {
        write_integers(&mut self.streams[1], &self.lengths, false);
        self.lengths.clear();
        mark_group(&mut self.streams);
    }
}

impl Values for Texts {
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        each_string(array, rows, |value| {
            self.push(value);
            summary.add_string(value);
        });
        Ok(())
    }

    fn end_group(&mut self, summary: &mut Summary) -> Result<(), OrcError> {
        summary.statistics.add_bytes(&self.lengths);
        self.encode_lengths();
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
