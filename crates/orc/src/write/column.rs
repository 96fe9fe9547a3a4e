//! A column being written: from Arrow arrays to streams.

use super::bloom::Bloom;
use super::dictionary::Dictionary;
use super::rle;
use super::statistics::{Range, Statistics};
use super::stream::{Bits, Chunk, Encoding, Present, Stream};
use super::{Options, is_among};
use crate::error::OrcError;
use crate::schema::{Column, EPOCH, Kind};
use arrow::array::{Array, AsArray, GenericByteArray};
use arrow::compute::take;
use arrow::datatypes::{self as types, ArrowPrimitiveType, ByteArrayType, DataType, TimeUnit};
use orc_rust::proto;
use proto::column_encoding::Kind as EncodingKind;
use proto::stream::Kind as StreamKind;
use std::borrow::Cow;

/// A dictionary of more bytes than this is given up.
const MAX_DICTIONARY_BYTES: usize = 16 << 20;

/// A column of the stripe being written, and what is known of the file so far.
pub(crate) struct ColumnWriter {
    id: usize,
    name: String,
    kind: Kind,
    block: usize,
    threshold: f64,
    is_distinct: bool,
    present: Present,
    values: Values,
    /// Its data streams, in the order of positions.
    streams: Vec<Stream>,
    bloom: Option<Bloom>,
    /// Of the row group, the ended ones of the stripe, and the stripe.
    group: Statistics,
    groups: Vec<Statistics>,
    stripe: Statistics,
    pub(crate) children: Vec<Self>,
}

/// Values of the row group that are not encoded yet.
enum Values {
    /// None: members of structs see to themselves, floats go at once where they belong.
    None,
    Bits(Bits),
    Bytes(Vec<u8>),
    /// Also dates, and the lengths of lists and of what is in the data stream already.
    Integers(Vec<i64>),
    /// Strings that may become a dictionary; there are no streams yet.
    Strings(Box<Dictionary>),
    Timestamps(TimeUnit, Vec<i64>),
    /// How many; the decimals are in the data stream already.
    Decimals(usize),
}

/// A column of a stripe that is complete.
pub(crate) struct Encoded {
    pub(crate) id: usize,
    pub(crate) encoding: proto::ColumnEncoding,
    pub(crate) streams: Vec<Stream>,
    pub(crate) groups: Vec<Statistics>,
    pub(crate) stripe: Statistics,
    pub(crate) bloom: Option<proto::BloomFilterIndex>,
}

impl ColumnWriter {
    /// Begins `column`, which `path` leads to.
    pub(crate) fn new(column: &Column, path: &mut Vec<String>, options: &Options) -> Self {
        let children = column.children.iter().map(|child| {
            path.push(child.name.clone());
            let writer = Self::new(child, path, options);
            path.pop();
            writer
        });
        let children = children.collect();
        let bloom = is_among(path, &options.bloom_columns).then(|| Bloom::new(options.bloom_fpp));
        let mut this = Self {
            id: column.id,
            name: path.join("."),
            kind: column.kind,
            block: options.block_bytes,
            threshold: options.dictionary_threshold,
            is_distinct: is_among(path, &options.distinct_columns),
            present: Present::new(options.block_bytes),
            values: Values::None,
            streams: Vec::new(),
            bloom,
            group: Statistics::new(column.kind),
            groups: Vec::new(),
            stripe: Statistics::new(column.kind),
            children,
        };
        this.begin_stripe();
        this
    }

    fn begin_stripe(&mut self) {
        (self.values, self.streams) = match self.kind {
            Kind::Boolean => (Values::Bits(Bits::new(StreamKind::Data, self.block)), Vec::new()),
            Kind::String if !self.is_distinct && self.threshold > 0.0 => {
                (Values::Strings(Box::new(Dictionary::new())), Vec::new())
            }
            Kind::Byte => (Values::Bytes(Vec::new()), vec![self.runs(StreamKind::Data)]),
            Kind::Short | Kind::Int | Kind::Long | Kind::Date => {
                (Values::Integers(Vec::new()), vec![self.runs(StreamKind::Data)])
            }
            Kind::List | Kind::Map => {
                (Values::Integers(Vec::new()), vec![self.runs(StreamKind::Length)])
            }
            Kind::String | Kind::Binary => {
                let streams = vec![self.plain(StreamKind::Data), self.runs(StreamKind::Length)];
                (Values::Integers(Vec::new()), streams)
            }
            Kind::Float | Kind::Double => (Values::None, vec![self.plain(StreamKind::Data)]),
            Kind::Timestamp | Kind::TimestampInstant => {
                let streams = vec![self.runs(StreamKind::Data), self.runs(StreamKind::Secondary)];
                (Values::Timestamps(TimeUnit::Second, Vec::new()), streams)
            }
            Kind::Decimal(..) => {
                let streams = vec![self.plain(StreamKind::Data), self.runs(StreamKind::Secondary)];
                (Values::Decimals(0), streams)
            }
            Kind::Struct => (Values::None, Vec::new()),
        };
        self.streams.iter_mut().for_each(|stream| stream.mark(0));
    }

    fn runs(&self, kind: StreamKind) -> Stream {
        Stream::new(kind, Encoding::Runs, self.block)
    }

    fn plain(&self, kind: StreamKind) -> Stream {
        Stream::new(kind, Encoding::Plain, self.block)
    }

    /// Appends the rows `rows`, which rise, of `array`.
    pub(crate) fn write(&mut self, array: &dyn Array, rows: &[u32]) -> Result<(), OrcError> {
        if let Some(dictionary) = array.as_any_dictionary_opt() {
            let array = take(dictionary.values(), dictionary.keys(), None)?;
            return self.write(&array, rows);
        }
        let rows = self.write_present(array, rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.group.count += rows.len() as u64;
        match self.kind {
            Kind::Boolean => self.write_booleans(array, &rows),
            Kind::Byte => {
                if let Values::Bytes(values) = &mut self.values {
                    let array = array.as_primitive::<types::Int8Type>().values();
                    values.extend(rows.iter().map(|&row| array[row as usize] as u8));
                }
            }
            Kind::Short => self.write_integers::<types::Int16Type>(array, &rows),
            Kind::Int => self.write_integers::<types::Int32Type>(array, &rows),
            Kind::Long => self.write_integers::<types::Int64Type>(array, &rows),
            Kind::Date => self.write_integers::<types::Date32Type>(array, &rows),
            Kind::Float => {
                let array = array.as_primitive::<types::Float32Type>().values();
                self.write_floats(rows.iter().map(|&row| array[row as usize]), f32::to_le_bytes);
            }
            Kind::Double => {
                let array = array.as_primitive::<types::Float64Type>().values();
                self.write_floats(rows.iter().map(|&row| array[row as usize]), f64::to_le_bytes);
            }
            Kind::String | Kind::Binary => self.write_strings(array, &rows),
            Kind::Timestamp | Kind::TimestampInstant => self.write_timestamps(array, &rows),
            Kind::Decimal(..) => self.write_decimals(array, &rows),
            Kind::Struct => {
                let members = array.as_struct().columns();
                for (child, member) in self.children.iter_mut().zip(members) {
                    child.write(member, &rows)?;
                }
            }
            Kind::List | Kind::Map => return self.write_lists(array, &rows),
        }
        Ok(())
    }

    /// Appends which of the rows have values, and returns those.
    fn write_present<'a>(&mut self, array: &dyn Array, rows: &'a [u32]) -> Cow<'a, [u32]> {
        let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else {
            self.present.append_valid(rows.len());
            return Cow::Borrowed(rows);
        };
        if nulls.null_count() == nulls.len() {
            self.present.append_null(rows.len());
            self.group.has_null |= !rows.is_empty();
            return Cow::Borrowed(&[]);
        }
        let valid: Vec<u32> = match rows {
            [first, .., last] if (last - first) as usize + 1 == rows.len() => {
                let bits = nulls.inner().slice(*first as usize, rows.len());
                let valid: Vec<u32> = bits.set_indices_u32().map(|at| first + at).collect();
                if valid.len() < rows.len() {
                    self.present.bits().append_buffer(&bits);
                }
                valid
            }
            _ => {
                let is_valid = |&&row: &&u32| nulls.is_valid(row as usize);
                let valid: Vec<u32> = rows.iter().filter(is_valid).copied().collect();
                if valid.len() < rows.len() {
                    let bits = self.present.bits();
                    rows.iter().for_each(|row| bits.append(is_valid(&row)));
                }
                valid
            }
        };
        if valid.len() == rows.len() {
            self.present.append_valid(rows.len());
        } else {
            self.group.has_null = true;
        }
        Cow::Owned(valid)
    }

    fn write_booleans(&mut self, array: &dyn Array, rows: &[u32]) {
        let (Values::Bits(bits), Range::Boolean { trues }) =
            (&mut self.values, &mut self.group.range)
        else {
            return;
        };
        let array = array.as_boolean();
        for &row in rows {
            let value = array.value(row as usize);
            *trues += u64::from(value);
            bits.append(value);
        }
    }

    fn write_integers<T: ArrowPrimitiveType>(&mut self, array: &dyn Array, rows: &[u32])
    where
        T::Native: Into<i64>,
    {
        if let Values::Integers(values) = &mut self.values {
            let array = array.as_primitive::<T>().values();
            values.extend(rows.iter().map(|&row| -> i64 { array[row as usize].into() }));
        }
    }

    fn write_floats<T: Into<f64> + Copy, const N: usize>(
        &mut self,
        values: impl Iterator<Item = T>,
        to_bytes: impl Fn(T) -> [u8; N],
    ) {
        for value in values {
            self.streams[0].write(&to_bytes(value));
            let value = value.into();
            self.group.add_float(value);
            if let Some(bloom) = &mut self.bloom {
                // Java hashes one NaN for all.
                let value = if value.is_nan() { f64::NAN } else { value };
                bloom.add_integers([value.to_bits() as i64]);
            }
        }
    }

    fn write_timestamps(&mut self, array: &dyn Array, rows: &[u32]) {
        let (unit, array): (_, &[i64]) = match array.data_type() {
            DataType::Timestamp(unit @ TimeUnit::Second, _) => {
                (unit, array.as_primitive::<types::TimestampSecondType>().values())
            }
            DataType::Timestamp(unit @ TimeUnit::Millisecond, _) => {
                (unit, array.as_primitive::<types::TimestampMillisecondType>().values())
            }
            DataType::Timestamp(unit @ TimeUnit::Microsecond, _) => {
                (unit, array.as_primitive::<types::TimestampMicrosecondType>().values())
            }
            DataType::Timestamp(unit @ TimeUnit::Nanosecond, _) => {
                (unit, array.as_primitive::<types::TimestampNanosecondType>().values())
            }
            _ => return,
        };
        if let Values::Timestamps(its_unit, values) = &mut self.values {
            *its_unit = *unit;
            values.extend(rows.iter().map(|&row| array[row as usize]));
        }
    }

    fn write_decimals(&mut self, array: &dyn Array, rows: &[u32]) {
        let Values::Decimals(count) = &mut self.values else { return };
        let array = array.as_primitive::<types::Decimal128Type>().values();
        let mut digits = Vec::with_capacity(20);
        for &row in rows {
            let value = array[row as usize];
            digits.clear();
            rle::varint(((value << 1) ^ (value >> 127)) as u128, &mut digits);
            self.streams[0].write(&digits);
            self.group.add_decimal(value);
        }
        *count += rows.len();
    }

    fn write_strings(&mut self, array: &dyn Array, rows: &[u32]) {
        let group = &mut self.group;
        let mut bloom = self.bloom.as_mut();
        let mut learn = |value: &[u8]| {
            group.add_string(value);
            if let Some(bloom) = &mut bloom {
                bloom.add_bytes(value);
            }
        };
        match &mut self.values {
            Values::Strings(dictionary) => {
                let mut bytes = 0;
                each_string(array, rows, |value| {
                    bytes += value.len() as i64;
                    if dictionary.add(value) {
                        learn(value);
                    }
                });
                self.group.add_bytes(&[bytes]);
            }
            Values::Integers(lengths) => {
                let stream = &mut self.streams[0];
                each_string(array, rows, |value| {
                    stream.write(value);
                    lengths.push(value.len() as i64);
                    learn(value);
                });
            }
            _ => {}
        }
    }

    fn write_lists(&mut self, array: &dyn Array, rows: &[u32]) -> Result<(), OrcError> {
        let Values::Integers(lengths) = &mut self.values else { return Ok(()) };
        let mut items = Vec::new();
        let mut add = |start: usize, end: usize| {
            lengths.push((end - start) as i64);
            // An index that does not fit is refused below.
            items.extend(start as u32..end as u32);
        };
        let rows = rows.iter().map(|&row| row as usize);
        let members: Vec<&dyn Array> = match array.data_type() {
            DataType::List(_) => {
                let array = array.as_list::<i32>();
                let offsets = array.value_offsets();
                rows.for_each(|row| add(offsets[row] as usize, offsets[row + 1] as usize));
                vec![array.values()]
            }
            DataType::LargeList(_) => {
                let array = array.as_list::<i64>();
                let offsets = array.value_offsets();
                rows.for_each(|row| add(offsets[row] as usize, offsets[row + 1] as usize));
                vec![array.values()]
            }
            DataType::FixedSizeList(_, size) => {
                let (array, size) = (array.as_fixed_size_list(), *size as usize);
                rows.for_each(|row| add(row * size, (row + 1) * size));
                vec![array.values()]
            }
            DataType::Map(..) => {
                let array = array.as_map();
                let offsets = array.value_offsets();
                rows.for_each(|row| add(offsets[row] as usize, offsets[row + 1] as usize));
                array.entries().columns().iter().map(|column| column as &dyn Array).collect()
            }
            _ => return Ok(()),
        };
        for (child, member) in self.children.iter_mut().zip(members) {
            if u32::try_from(member.len()).is_err() {
                return Err(OrcError::Unsupported(format!(
                    "a batch with {} items in the lists of {:?}",
                    member.len(),
                    self.name
                )));
            }
            child.write(member, &items)?;
        }
        Ok(())
    }

    /// Ends the row group. `hidden` says whether rows were not even told to this column, as what it
    /// is a member of was NULL.
    pub(crate) fn end_group(&mut self, hidden: bool) -> Result<(), OrcError> {
        self.end_own_group(hidden)?;
        let hidden = self.kind == Kind::Struct
            && self.groups.last().is_some_and(|statistics| statistics.has_null);
        self.children.iter_mut().try_for_each(|child| child.end_group(hidden))
    }

    /// The same, for this column but not those inside it.
    pub(crate) fn end_own_group(&mut self, hidden: bool) -> Result<(), OrcError> {
        let mut out = Vec::new();
        match &mut self.values {
            Values::None => {}
            Values::Bits(bits) => bits.end_group(),
            Values::Bytes(values) => {
                rle::encode_bytes(values, &mut out);
                self.streams[0].write(&out);
                let values: Vec<i64> = values.drain(..).map(|byte| i64::from(byte as i8)).collect();
                self.group.add_integers(&values);
                if let Some(bloom) = &mut self.bloom {
                    bloom.add_integers(values);
                }
            }
            Values::Integers(values) => {
                let is_length =
                    matches!(self.kind, Kind::String | Kind::Binary | Kind::List | Kind::Map);
                rle::encode(values, !is_length, &mut out);
                if let Some(stream) = self.streams.last_mut() {
                    stream.write(&out);
                }
                self.group.add_integers(values);
                self.group.add_bytes(values);
                if let Some(bloom) = self.bloom.as_mut().filter(|_| !is_length) {
                    bloom.add_integers(values.iter().copied());
                }
                values.clear();
            }
            Values::Strings(dictionary) => {
                dictionary.end_group();
                // The first row group tells enough of the others.
                let is_worth = dictionary.is_worth(self.threshold) || dictionary.groups.len() > 1;
                if !is_worth || dictionary.bytes().len() > MAX_DICTIONARY_BYTES {
                    self.give_up_dictionary();
                }
            }
            Values::Timestamps(..) => self.encode_timestamps()?,
            Values::Decimals(count) => {
                if let Kind::Decimal(_, scale) = self.kind {
                    rle::encode(&vec![i64::from(scale); *count], true, &mut out);
                    self.streams[1].write(&out);
                }
                *count = 0;
            }
        }
        self.present.end_group();
        self.streams.iter_mut().for_each(|stream| stream.mark(0));
        if let Some(bloom) = &mut self.bloom {
            bloom.end_group();
        }
        self.group.has_null |= hidden;
        let group = std::mem::replace(&mut self.group, Statistics::new(self.kind));
        self.stripe.merge(&group);
        self.groups.push(group);
        Ok(())
    }

    fn encode_timestamps(&mut self) -> Result<(), OrcError> {
        let Values::Timestamps(unit, values) = &mut self.values else { return Ok(()) };
        let second = match unit {
            TimeUnit::Second => 1,
            TimeUnit::Millisecond => 1_000,
            TimeUnit::Microsecond => 1_000_000,
            TimeUnit::Nanosecond => 1_000_000_000,
        };
        let split = |value: i64| {
            let nanos = value.rem_euclid(second) * (1_000_000_000 / second);
            (value.div_euclid(second), nanos as u32)
        };
        let (mut all_seconds, mut all_nanos) = (Vec::new(), Vec::new());
        for &value in values.iter() {
            let (mut seconds, nanos) = split(value);
            // ORC rounds seconds before 1970 up, and readers guess by the nanoseconds that it did.
            if seconds < 0 && nanos > 999_999 {
                seconds += 1;
                if seconds == 0 {
                    return Err(OrcError::Unsupported(format!(
                        "a time in the last second before 1970 ({nanos} ns into it, column {:?})",
                        self.name
                    )));
                }
            }
            let Some(seconds) = seconds.checked_mul(1000).map(|_| seconds - EPOCH) else {
                return Err(OrcError::Unsupported(format!(
                    "a time {value} s from 1970 (column {:?})",
                    self.name
                )));
            };
            all_seconds.push(seconds);
            all_nanos.push(packed_nanos(nanos));
        }
        let bounds = values.iter().copied().min().zip(values.iter().copied().max());
        if let Range::Timestamp { bounds: its_bounds } = &mut self.group.range {
            *its_bounds = bounds.map(|(min, max)| (split(min), split(max)));
        }
        if let Some(bloom) = &mut self.bloom {
            bloom.add_integers(values.iter().map(|&value| {
                let (seconds, nanos) = split(value);
                seconds * 1000 + i64::from(nanos / 1_000_000)
            }));
        }
        values.clear();
        for (stream, (values, signed)) in
            self.streams.iter_mut().zip([(all_seconds, true), (all_nanos, false)])
        {
            let mut out = Vec::new();
            rle::encode(&values, signed, &mut out);
            stream.write(&out);
        }
        Ok(())
    }

    /// Writes the strings of the dictionary out one by one.
    fn give_up_dictionary(&mut self) {
        let (mut data, mut length) = (self.plain(StreamKind::Data), self.runs(StreamKind::Length));
        let Values::Strings(dictionary) =
            std::mem::replace(&mut self.values, Values::Integers(Vec::new()))
        else {
            return;
        };
        let mut start = 0;
        for &end in &dictionary.groups {
            data.mark(0);
            length.mark(0);
            let mut lengths = Vec::with_capacity(end - start);
            for &number in &dictionary.numbers[start..end] {
                let value = dictionary.get(number);
                data.write(value);
                lengths.push(value.len() as i64);
            }
            let mut out = Vec::new();
            rle::encode(&lengths, false, &mut out);
            length.write(&out);
            start = end;
        }
        self.streams = vec![data, length];
    }

    /// Makes streams of the dictionary, and returns its size.
    fn finish_dictionary(&mut self, dictionary: &Dictionary) -> u32 {
        let mut data = self.runs(StreamKind::Data);
        let mut start = 0;
        for &end in &dictionary.groups {
            data.mark(0);
            let numbers: Vec<i64> =
                dictionary.numbers[start..end].iter().map(|&number| number.into()).collect();
            let mut out = Vec::new();
            rle::encode(&numbers, false, &mut out);
            data.write(&out);
            start = end;
        }
        let mut length = self.runs(StreamKind::Length);
        let mut out = Vec::new();
        rle::encode(&dictionary.lengths(), false, &mut out);
        length.write(&out);
        let mut strings = self.plain(StreamKind::DictionaryData);
        strings.write(dictionary.bytes());
        self.streams = vec![data, length, strings];
        dictionary.len() as u32
    }

    /// Ends the stripe, after its last row group, and appends this column and all inside it.
    pub(crate) fn end_stripe(&mut self, encoded: &mut Vec<Encoded>) {
        self.end_own_stripe(encoded);
        self.children.iter_mut().for_each(|child| child.end_stripe(encoded));
    }

    /// The same, for this column but not those inside it.
    pub(crate) fn end_own_stripe(&mut self, encoded: &mut Vec<Encoded>) {
        let mut size = None;
        if let Values::Strings(dictionary) = &self.values
            && !dictionary.is_worth(self.threshold)
        {
            self.give_up_dictionary();
        }
        match std::mem::replace(&mut self.values, Values::None) {
            Values::Strings(dictionary) => size = Some(self.finish_dictionary(&dictionary)),
            Values::Bits(bits) => self.streams = vec![bits.end_stripe()],
            _ => {}
        }
        let kind = match self.kind {
            Kind::Boolean | Kind::Byte | Kind::Float | Kind::Double | Kind::Struct => {
                EncodingKind::Direct
            }
            _ if size.is_some() => EncodingKind::DictionaryV2,
            _ => EncodingKind::DirectV2,
        };
        let mut streams: Vec<Stream> = self.present.end_stripe().into_iter().collect();
        streams.append(&mut self.streams);
        streams.iter_mut().for_each(Stream::finish);
        encoded.push(Encoded {
            id: self.id,
            encoding: proto::ColumnEncoding {
                kind: Some(kind.into()),
                dictionary_size: size,
                // Strings in UTF-8, times in UTC.
                bloom_encoding: self.bloom.is_some().then_some(1),
            },
            streams,
            groups: std::mem::take(&mut self.groups),
            stripe: std::mem::replace(&mut self.stripe, Statistics::new(self.kind)),
            bloom: self.bloom.as_mut().map(Bloom::end_stripe),
        });
        self.begin_stripe();
    }

    /// Appends the chunks of this column and all inside it that are complete but not compressed.
    pub(crate) fn uncompressed<'a>(&'a mut self, chunks: &mut Vec<&'a mut Chunk>) {
        chunks.extend(self.present.stream().uncompressed());
        if let Values::Bits(bits) = &mut self.values {
            chunks.extend(bits.stream().uncompressed());
        }
        self.streams.iter_mut().for_each(|stream| chunks.extend(stream.uncompressed()));
        self.children.iter_mut().for_each(|child| child.uncompressed(chunks));
    }

    /// Returns about the bytes that this column and all inside it take in the file, as far as they
    /// are encoded.
    pub(crate) fn len(&self) -> usize {
        let values = match &self.values {
            Values::Bits(bits) => bits.len(),
            Values::Strings(dictionary) => dictionary.bytes().len() + dictionary.numbers.len(),
            _ => 0,
        };
        let streams: usize = self.streams.iter().map(Stream::len).sum();
        let children: usize = self.children.iter().map(Self::len).sum();
        self.present.len() + values + streams + children
    }

    /// Appends `count` rows to the root.
    pub(crate) fn write_root(&mut self, count: usize) {
        self.present.append_valid(count);
        self.group.count += count as u64;
    }
}

/// Returns nanoseconds without the zeros at their end, the number of which is in the lowest bits.
fn packed_nanos(nanos: u32) -> i64 {
    let mut nanos = i64::from(nanos);
    if nanos == 0 || nanos % 100 != 0 {
        return nanos << 3;
    }
    nanos /= 100;
    let mut zeros = 1;
    while nanos % 10 == 0 {
        nanos /= 10;
        zeros += 1;
    }
    nanos << 3 | zeros
}

/// Calls `each` with the strings or binary values in `rows` of `array`.
fn each_string(array: &dyn Array, rows: &[u32], mut each: impl FnMut(&[u8])) {
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
