//! Random batches, and their cells as text.

use crate::write::{Options, Writer};
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, BooleanArray, Date32Array,
    Decimal128Array, DictionaryArray, FixedSizeBinaryArray, FixedSizeListArray, Float32Array,
    Float64Array, GenericListArray, Int8Array, Int16Array, Int32Array, Int64Array,
    LargeBinaryArray, LargeStringArray, MapArray, OffsetSizeTrait, RecordBatch, StringArray,
    StringViewArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int8Type, Schema, TimeUnit};
use arrow::temporal_conversions as temporal;
use bytes::Bytes;
use std::sync::Arc;

/// A pseudo-random generator: the same seed gives the same numbers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Integers of one column: runs, steps, small and large ones, a few far out.
    fn integers(&mut self, rows: usize) -> Vec<i64> {
        let mut values = Vec::new();
        while values.len() < rows {
            let most = 1 << (1 + self.below(9));
            let len = 1 + self.below(most);
            let first = self.next() as i64 >> self.below(64);
            let step =
                if self.below(2) == 0 { 0 } else { self.next() as i64 >> (40 + self.below(24)) };
            let noise = self.below(4) * 8;
            for at in 0..len as i64 {
                let mut value = first.wrapping_add(step.wrapping_mul(at));
                if noise > 0 {
                    value = value.wrapping_add((self.next() >> (64 - noise)) as i64);
                }
                if noise > 0 && self.below(40) == 0 {
                    value ^= self.next() as i64 >> self.below(64);
                }
                values.push(value);
            }
        }
        values.truncate(rows);
        values
    }

    /// Strings of one column: all the same, few, or all different.
    fn strings(&mut self, rows: usize) -> Vec<String> {
        let kinds = [1, 2, 7, 300, usize::MAX][self.below(5)];
        (0..rows)
            .map(|row| match self.below(kinds.min(rows + 1)) + row * usize::from(kinds > rows) {
                0 => String::new(),
                1 => "ä€𝄞".repeat(7),
                n if n % 97 == 0 => "long ".repeat(n),
                n => format!("value {n}"),
            })
            .collect()
    }

    fn nulls(&mut self, rows: usize) -> Option<NullBuffer> {
        match self.below(5) {
            0 | 1 => None,
            2 => Some(NullBuffer::new_null(rows)),
            3 => Some((0..rows).map(|_| self.below(10) == 0).collect()),
            // One run of NULLs, perhaps none.
            _ => {
                let (a, b) = (self.below(rows + 1), self.below(rows + 1));
                Some((0..rows).map(|row| row < a || row >= b).collect())
            }
        }
    }

    fn data_type(&mut self, depth: usize) -> DataType {
        let item = |this: &mut Self| Arc::new(Field::new("item", this.data_type(depth + 1), true));
        match self.below(if depth < 3 { 28 } else { 22 }) {
            0 => DataType::Boolean,
            1 => DataType::Int8,
            2 => DataType::Int16,
            3 => DataType::Int32,
            4 => DataType::Int64,
            5 => DataType::Float32,
            6 => DataType::Float64,
            7 => DataType::LargeUtf8,
            8 => DataType::Utf8View,
            9 => DataType::Binary,
            10 => DataType::LargeBinary,
            11 => DataType::BinaryView,
            12 => DataType::FixedSizeBinary(5),
            13 => DataType::Date32,
            14 => DataType::Timestamp(TimeUnit::Second, None),
            15 => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            16 => DataType::Timestamp(TimeUnit::Microsecond, None),
            17 => DataType::Timestamp(TimeUnit::Nanosecond, Some("+02:00".into())),
            18 => DataType::Decimal128(38, 0),
            19 => DataType::Decimal128(11, 4),
            20 => DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)),
            21 => DataType::Utf8,
            22 => DataType::List(item(self)),
            23 => DataType::LargeList(item(self)),
            24 => DataType::FixedSizeList(item(self), self.below(4) as i32),
            25 => {
                let entry = Fields::from(vec![
                    Field::new("key", DataType::Utf8, false),
                    Field::new("value", self.data_type(depth + 1), true),
                ]);
                let entries = Field::new("entries", DataType::Struct(entry), false);
                DataType::Map(Arc::new(entries), false)
            }
            _ => DataType::Struct(self.fields(depth + 1)),
        }
    }

    fn fields(&mut self, depth: usize) -> Fields {
        let count = 1 + self.below(4);
        (0..count).map(|at| Field::new(format!("f{at}"), self.data_type(depth), true)).collect()
    }

    fn array(&mut self, data_type: &DataType, rows: usize, nullable: bool) -> ArrayRef {
        let nulls = if nullable { self.nulls(rows) } else { None };
        match data_type {
            DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView => {
                let texts = self.strings(rows).into_iter().enumerate();
                let is_valid = |at| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at));
                texts_of(data_type, texts.map(|(at, text)| is_valid(at).then_some(text)).collect())
            }
            DataType::FixedSizeBinary(size) => {
                let bytes: Vec<u8> =
                    (0..rows * *size as usize).map(|_| self.next() as u8).collect();
                Arc::new(FixedSizeBinaryArray::new(*size, bytes.into(), nulls))
            }
            DataType::List(item) => Arc::new(self.list::<i32>(item, rows, nulls)),
            DataType::LargeList(item) => Arc::new(self.list::<i64>(item, rows, nulls)),
            DataType::FixedSizeList(item, size) => {
                let values = self.array(item.data_type(), rows * *size as usize, true);
                let item = item.clone();
                let array =
                    FixedSizeListArray::try_new_with_length(item, *size, values, nulls, rows);
                Arc::new(array.unwrap())
            }
            DataType::Map(entries, _) => {
                let (offsets, count) = self.offsets(rows);
                let DataType::Struct(entry) = entries.data_type() else { unreachable!() };
                let keys = self.array(entry[0].data_type(), count, false);
                let values = self.array(entry[1].data_type(), count, true);
                let pairs = StructArray::new(entry.clone(), vec![keys, values], None);
                let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
                Arc::new(MapArray::new(entries.clone(), offsets, pairs, nulls, false))
            }
            DataType::Struct(fields) => {
                let arrays = fields.iter().map(|f| self.array(f.data_type(), rows, true)).collect();
                Arc::new(StructArray::new(fields.clone(), arrays, nulls))
            }
            _ => numbers_of(data_type, &self.integers(rows), nulls),
        }
    }

    fn offsets(&mut self, rows: usize) -> (Vec<i32>, usize) {
        let most = 1 + self.below(5);
        let mut offsets = vec![0];
        for row in 0..rows {
            offsets.push(offsets[row] + self.below(most) as i32);
        }
        let count = offsets[rows] as usize;
        (offsets, count)
    }

    fn list<O: OffsetSizeTrait>(
        &mut self,
        item: &FieldRef,
        rows: usize,
        nulls: Option<NullBuffer>,
    ) -> GenericListArray<O> {
        let (offsets, count) = self.offsets(rows);
        let offsets = offsets.into_iter().map(|at| O::usize_as(at as usize));
        let offsets = OffsetBuffer::new(offsets.collect());
        let values = self.array(item.data_type(), count, true);
        GenericListArray::new(item.clone(), offsets, values, nulls)
    }

    pub(crate) fn batch(&mut self, rows: usize) -> RecordBatch {
        let fields = self.fields(0);
        let arrays = fields.iter().map(|f| self.array(f.data_type(), rows, true)).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }
}

/// Returns an array of a type that texts are made of.
fn texts_of(data_type: &DataType, texts: Vec<Option<String>>) -> ArrayRef {
    match data_type {
        DataType::Utf8 => Arc::new(StringArray::from(texts)),
        DataType::LargeUtf8 => Arc::new(LargeStringArray::from(texts)),
        DataType::Utf8View => Arc::new(StringViewArray::from(texts)),
        DataType::Binary => Arc::new(BinaryArray::from_iter(texts)),
        DataType::LargeBinary => Arc::new(LargeBinaryArray::from_iter(texts)),
        _ => Arc::new(BinaryViewArray::from_iter(texts)),
    }
}

/// Returns an array of a type that can be made of integers.
fn numbers_of(data_type: &DataType, integers: &[i64], nulls: Option<NullBuffer>) -> ArrayRef {
    match data_type {
        DataType::Boolean => {
            let bits = integers.iter().map(|value| value & 1 == 1).collect();
            Arc::new(BooleanArray::new(bits, nulls))
        }
        DataType::Int8 => {
            Arc::new(Int8Array::new(integers.iter().map(|v| *v as i8).collect(), nulls))
        }
        DataType::Int16 => {
            Arc::new(Int16Array::new(integers.iter().map(|v| *v as i16).collect(), nulls))
        }
        DataType::Int32 => {
            Arc::new(Int32Array::new(integers.iter().map(|v| *v as i32).collect(), nulls))
        }
        DataType::Int64 => Arc::new(Int64Array::new(integers.to_vec().into(), nulls)),
        DataType::Date32 => {
            let days = integers.iter().map(|v| (*v % 1_000_000) as i32).collect();
            Arc::new(Date32Array::new(days, nulls))
        }
        DataType::Float32 => {
            let values = integers.iter().map(|v| if v % 7 == 3 { f32::NAN } else { *v as f32 });
            Arc::new(Float32Array::new(values.collect(), nulls))
        }
        DataType::Float64 => {
            let odd = [f64::NAN, f64::INFINITY, -0.0, f64::MIN_POSITIVE];
            let value = |v: &i64| match v % 9 {
                at @ 0..4 => odd[at as usize],
                _ => f64::from_bits(*v as u64),
            };
            Arc::new(Float64Array::new(integers.iter().map(value).collect(), nulls))
        }
        DataType::Timestamp(unit, _) => {
            // Within what nanoseconds reach, and not in the second that ORC cannot represent.
            let (second, span) = match unit {
                TimeUnit::Second => (1, 1_i64 << 33),
                TimeUnit::Millisecond => (1_000, 1 << 42),
                TimeUnit::Microsecond => (1_000_000, 1 << 52),
                TimeUnit::Nanosecond => (1_000_000_000, 1 << 62),
            };
            let values = integers.iter().map(|v| v % span);
            let values = values.map(|v| if (-second..0).contains(&v) { v - second } else { v });
            let values = Int64Array::new(values.collect(), nulls);
            arrow::compute::cast(&values, data_type).unwrap()
        }
        DataType::Decimal128(precision, scale) => {
            let limit = 10_i128.pow(u32::from(*precision));
            let values = integers.iter().map(|v| i128::from(*v) * i128::from(*v >> 4) * 7 % limit);
            let array = Decimal128Array::new(values.collect(), nulls);
            Arc::new(array.with_precision_and_scale(*precision, *scale).unwrap())
        }
        DataType::Dictionary(..) => {
            let keys = Int8Array::new(integers.iter().map(|v| (*v & 3) as i8).collect(), nulls);
            let values = StringArray::from(vec![Some("a"), Some("b"), None, Some("b")]);
            Arc::new(DictionaryArray::<Int8Type>::new(keys, Arc::new(values)))
        }
        other => unreachable!("{other}"),
    }
}

/// Returns the value in `row` as text that is the same for all Arrow types of one ORC type.
fn cell(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "null".to_owned();
    }
    let cells =
        |items: ArrayRef| -> String { (0..items.len()).map(|at| cell(&items, at) + ",").collect() };
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Float32 => {
            format!(
                "{:x}",
                array.as_primitive::<arrow::datatypes::Float32Type>().value(row).to_bits()
            )
        }
        DataType::Float64 => {
            format!(
                "{:x}",
                array.as_primitive::<arrow::datatypes::Float64Type>().value(row).to_bits()
            )
        }
        DataType::Binary => format!("{:x?}", array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => format!("{:x?}", array.as_binary::<i64>().value(row)),
        DataType::BinaryView => format!("{:x?}", array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => format!("{:x?}", array.as_fixed_size_binary().value(row)),
        DataType::Timestamp(unit, _) => {
            let value = arrow::compute::cast(&array.slice(row, 1), &DataType::Int64).unwrap();
            let value = value.as_primitive::<arrow::datatypes::Int64Type>().value(0);
            let time = match unit {
                TimeUnit::Second => temporal::timestamp_s_to_datetime(value),
                TimeUnit::Millisecond => temporal::timestamp_ms_to_datetime(value),
                TimeUnit::Microsecond => temporal::timestamp_us_to_datetime(value),
                TimeUnit::Nanosecond => temporal::timestamp_ns_to_datetime(value),
            };
            format!("{:?}", time.unwrap())
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            cell(dictionary.values(), dictionary.normalized_keys()[row])
        }
        DataType::List(_) => format!("[{}]", cells(array.as_list::<i32>().value(row))),
        DataType::LargeList(_) => format!("[{}]", cells(array.as_list::<i64>().value(row))),
        DataType::FixedSizeList(..) => {
            format!("[{}]", cells(array.as_fixed_size_list().value(row)))
        }
        DataType::Map(..) => format!("{{{}}}", cells(Arc::new(array.as_map().value(row)))),
        DataType::Struct(_) => {
            let cells = array.as_struct().columns().iter().map(|member| cell(member, row) + ";");
            format!("({})", cells.collect::<String>())
        }
        _ => arrow::util::display::array_value_to_string(array, row).unwrap(),
    }
}

pub(crate) fn cells(batch: &RecordBatch) -> Vec<String> {
    let row = |row| batch.columns().iter().map(|column| cell(column, row) + " | ").collect();
    (0..batch.num_rows()).map(row).collect()
}

pub(crate) fn write(batch: &RecordBatch, cuts: &[usize], options: &Options) -> Bytes {
    let mut writer = Writer::new(Vec::new(), batch.schema(), options.clone()).unwrap();
    let mut start = 0;
    for &cut in cuts.iter().chain([&batch.num_rows()]) {
        let end = cut.clamp(start, batch.num_rows());
        writer.write(&batch.slice(start, end - start)).unwrap();
        start = end;
    }
    writer.finish().unwrap().into()
}
