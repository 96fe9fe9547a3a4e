//! The layout of an Arrow IPC file, from its footer and the headers of its record batches.

use super::{Chunk, Column, Fact, Layout, Problem, Unit, add_part, add_up, fact, part, read_at};
use crate::columnar::Format;
use ::arrow::ipc::{
    Block, CompressionType, Field, IntervalUnit, KeyValue, MetadataVersion, Precision, RecordBatch,
    Schema, TimeUnit, Type, UnionMode, root_as_footer, root_as_message,
};
use std::fs::File;

/// Bytes at the end of a file: the footer's length and the magic bytes.
const TAIL_BYTES: u64 = 10;

fn damaged(at: u64, reason: impl Into<String>) -> Problem {
    Problem::Damaged { format: Format::Arrow, at, reason: reason.into() }
}

pub(super) fn layout(file: &File, size: u64) -> Result<Layout, Problem> {
    let mut length = [0; 4];
    read_at(file, size.saturating_sub(TAIL_BYTES), &mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let Some(start) = size.checked_sub(TAIL_BYTES + length).filter(|start| *start >= 8) else {
        return Err(damaged(
            size.saturating_sub(TAIL_BYTES),
            format!("a footer of {length} bytes does not fit"),
        ));
    };
    let mut bytes = vec![0; length as usize];
    read_at(file, start, &mut bytes)?;
    let footer = root_as_footer(&bytes).map_err(|error| damaged(start, error.to_string()))?;
    let schema = footer.schema().ok_or_else(|| damaged(start, "the footer has no schema"))?;

    let mut columns = Vec::new();
    let fields: Vec<Field<'_>> = schema.fields().into_iter().flatten().collect();
    for field in &fields {
        walk(*field, "", 0, &mut columns);
    }
    let mut reader = Reader { file, size, fields, version: footer.version(), codecs: Vec::new() };
    let batches = footer.recordBatches();
    let units = batches.into_iter().flatten().map(|block| reader.batch(block));
    let units = units.collect::<Result<Vec<_>, _>>()?;
    let mut described: Vec<_> = columns.iter().map(|(column, _)| column.clone()).collect();
    add_up(&mut described, &units);

    let mut dictionaries = 0;
    for block in footer.dictionaries().into_iter().flatten() {
        let (id, entries, bytes) = reader.dictionary(block)?;
        dictionaries += bytes;
        for ((_, dictionary), column) in columns.iter().zip(&mut described) {
            if *dictionary == Some(id) {
                column.total.bytes += bytes;
                column.total.raw_bytes = None;
                column.total.dictionary = super::sum_known(column.total.dictionary, Some(entries));
                add_part(&mut column.total.streams, "dictionary", bytes);
            }
        }
    }
    let body = units.iter().map(|unit| unit.bytes).sum();
    Ok(Layout {
        format: Format::Arrow,
        version: Some(format!("{:?}", footer.version())),
        writer: None,
        bytes: size,
        parts: vec![
            part("record batches", body),
            part("dictionaries", dictionaries),
            part("footer", length + TAIL_BYTES),
        ],
        rows: units.iter().map(|unit| unit.rows).fold(0, u64::saturating_add),
        compression: reader.codecs,
        facts: Vec::new(),
        metadata: metadata(schema, footer.custom_metadata()),
        unit: "record batch",
        units,
        columns: described,
    })
}

fn metadata<'a>(
    schema: Schema<'a>,
    file: Option<impl IntoIterator<Item = KeyValue<'a>>>,
) -> Vec<Fact> {
    let pairs = schema.custom_metadata().into_iter().flatten().chain(file.into_iter().flatten());
    pairs.map(|pair| fact(pair.key().unwrap_or(""), pair.value().unwrap_or(""))).collect()
}

/// Adds a field and those below it to `columns`, each with the id of its dictionary.
fn walk(field: Field<'_>, above: &str, depth: usize, columns: &mut Vec<(Column, Option<i64>)>) {
    let name = field.name().unwrap_or("").to_owned();
    let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
    let dictionary = field.dictionary();
    let data_type = match dictionary {
        Some(_) => format!("{} by dictionary", type_name(field)),
        None => type_name(field),
    };
    let column = Column { name, path: path.clone(), depth, data_type, total: Chunk::default() };
    columns.push((column, dictionary.map(|of| of.id())));
    if dictionary.is_none() {
        for child in field.children().into_iter().flatten() {
            walk(child, &path, depth + 1, columns);
        }
    }
}

fn type_name(field: Field<'_>) -> String {
    let unit = |unit| match unit {
        TimeUnit::SECOND => "s",
        TimeUnit::MILLISECOND => "ms",
        TimeUnit::MICROSECOND => "us",
        _ => "ns",
    };
    let name = match field.type_type() {
        Type::Int => field
            .type_as_int()
            .map(|of| format!("{}int{}", if of.is_signed() { "" } else { "u" }, of.bitWidth())),
        Type::FloatingPoint => field.type_as_floating_point().map(|of| {
            match of.precision() {
                Precision::HALF => "float16",
                Precision::SINGLE => "float",
                _ => "double",
            }
            .to_owned()
        }),
        Type::Decimal => {
            field.type_as_decimal().map(|of| format!("decimal({},{})", of.precision(), of.scale()))
        }
        Type::Timestamp => field.type_as_timestamp().map(|of| {
            let zone = of.timezone().map_or_else(String::new, |zone| format!(", {zone}"));
            format!("timestamp({}{zone})", unit(of.unit()))
        }),
        Type::Time => field.type_as_time().map(|of| format!("time({})", unit(of.unit()))),
        Type::Duration => {
            field.type_as_duration().map(|of| format!("duration({})", unit(of.unit())))
        }
        Type::Interval => field.type_as_interval().map(|of| {
            match of.unit() {
                IntervalUnit::YEAR_MONTH => "interval(months)",
                IntervalUnit::DAY_TIME => "interval(days)",
                _ => "interval",
            }
            .to_owned()
        }),
        Type::FixedSizeBinary => {
            field.type_as_fixed_size_binary().map(|of| format!("binary({})", of.byteWidth()))
        }
        Type::FixedSizeList => {
            field.type_as_fixed_size_list().map(|of| format!("list({})", of.listSize()))
        }
        _ => None,
    };
    name.unwrap_or_else(|| {
        match field.type_type() {
            Type::Bool => "boolean",
            Type::Utf8 => "string",
            Type::LargeUtf8 => "large string",
            Type::Utf8View => "string view",
            Type::Binary => "binary",
            Type::LargeBinary => "large binary",
            Type::BinaryView => "binary view",
            Type::Date => "date",
            Type::List => "list",
            Type::LargeList => "large list",
            Type::ListView | Type::LargeListView => "list view",
            Type::Struct_ => "struct",
            Type::Map => "map",
            Type::Union => "union",
            Type::RunEndEncoded => "runs",
            Type::Null => "null",
            _ => "unknown",
        }
        .to_owned()
    })
}

/// The buffers that a field has in every record batch, those of its children aside, and how many more
/// the batch itself must say: `None` for a type that is unknown here.
fn buffers(field: Field<'_>, version: MetadataVersion) -> Option<&'static [&'static str]> {
    if field.dictionary().is_some() {
        return Some(&["validity", "indices"]);
    }
    Some(match field.type_type() {
        Type::Null | Type::RunEndEncoded => &[],
        Type::Struct_ | Type::FixedSizeList => &["validity"],
        Type::List | Type::LargeList | Type::Map => &["validity", "offsets"],
        Type::ListView | Type::LargeListView => &["validity", "offsets", "sizes"],
        Type::Utf8 | Type::LargeUtf8 | Type::Binary | Type::LargeBinary => {
            &["validity", "offsets", "data"]
        }
        Type::Utf8View | Type::BinaryView => &["validity", "views"],
        Type::Union => {
            let dense = field.type_as_union().is_some_and(|of| of.mode() == UnionMode::Dense);
            match (version < MetadataVersion::V5, dense) {
                (true, true) => &["validity", "types", "offsets"],
                (true, false) => &["validity", "types"],
                (false, true) => &["types", "offsets"],
                (false, false) => &["types"],
            }
        }
        Type::Int
        | Type::FloatingPoint
        | Type::Bool
        | Type::Decimal
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Interval
        | Type::Duration
        | Type::FixedSizeBinary => &["validity", "data"],
        _ => return None,
    })
}

struct Reader<'a> {
    file: &'a File,
    size: u64,
    fields: Vec<Field<'a>>,
    version: MetadataVersion,
    codecs: Vec<String>,
}

/// A message of the file: where it is, its header, where its body is.
struct Message {
    offset: u64,
    header: Vec<u8>,
    body: u64,
    bytes: u64,
}

impl Reader<'_> {
    fn message(&self, block: &Block) -> Result<Message, Problem> {
        let size = |size: i64| u64::try_from(size).ok();
        let end_of = |offset: u64, head, body| {
            let body_at = offset.checked_add(size(head)?)?;
            Some((body_at, body_at.checked_add(size(body)?)?))
        };
        let offset = size(block.offset()).unwrap_or(0);
        let ends = end_of(offset, i64::from(block.metaDataLength()), block.bodyLength());
        let Some((body, end)) = ends.filter(|(body, end)| *end <= self.size && *body >= offset + 8)
        else {
            return Err(damaged(offset, "a message reaches beyond the file"));
        };
        let mut header = vec![0; (body - offset) as usize];
        read_at(self.file, offset, &mut header)?;
        // Files of before 2019 have no marker before the length.
        header.drain(..if header.starts_with(&[0xff; 4]) { 8 } else { 4 });
        Ok(Message { offset, header, body, bytes: end - offset })
    }

    fn batch(&mut self, block: &Block) -> Result<Unit, Problem> {
        let message = self.message(block)?;
        let parsed = root_as_message(&message.header);
        let parsed = parsed.map_err(|error| damaged(message.offset, error.to_string()))?;
        let batch = parsed
            .header_as_record_batch()
            .ok_or_else(|| damaged(message.offset, "not a record batch"))?;
        let codec = batch.compression().map(|compression| match compression.codec() {
            CompressionType::LZ4_FRAME => "LZ4_FRAME",
            _ => "ZSTD",
        });
        let codec = codec.unwrap_or("none").to_owned();
        let compressed = codec != "none";
        if !self.codecs.contains(&codec) {
            self.codecs.push(codec);
        }
        let mut cursor = Cursor { reader: self, batch, message: &message, compressed, at: [0; 3] };
        let mut chunks = Vec::new();
        for field in &self.fields {
            cursor.chunk(*field, &mut chunks)?;
        }
        Ok(Unit {
            offset: message.offset,
            bytes: message.bytes,
            rows: u64::try_from(batch.length()).unwrap_or(0),
            chunks,
            ..Unit::default()
        })
    }

    /// Id, entries and bytes of a dictionary.
    fn dictionary(&self, block: &Block) -> Result<(i64, u64, u64), Problem> {
        let message = self.message(block)?;
        let parsed = root_as_message(&message.header);
        let parsed = parsed.map_err(|error| damaged(message.offset, error.to_string()))?;
        let dictionary = parsed.header_as_dictionary_batch();
        let entries = dictionary.and_then(|d| Some((d.id(), d.data()?.length())));
        let (id, entries) = entries.ok_or_else(|| damaged(message.offset, "not a dictionary"))?;
        Ok((id, u64::try_from(entries).unwrap_or(0), message.bytes))
    }
}

/// A walk through the nodes and buffers of a record batch, which stand in the order of the fields.
struct Cursor<'a> {
    reader: &'a Reader<'a>,
    batch: RecordBatch<'a>,
    message: &'a Message,
    compressed: bool,
    /// The next node, buffer and count of data buffers.
    at: [usize; 3],
}

impl Cursor<'_> {
    fn short(&self) -> Problem {
        damaged(self.message.offset, "the record batch does not fit the schema")
    }

    fn next(&mut self, which: usize) -> usize {
        self.at[which] += 1;
        self.at[which] - 1
    }

    fn chunk(&mut self, field: Field<'_>, chunks: &mut Vec<Chunk>) -> Result<(), Problem> {
        let at = self.next(0);
        let nodes = self.batch.nodes().filter(|nodes| at < nodes.len());
        let node = *nodes.ok_or_else(|| self.short())?.get(at);
        let mut chunk = Chunk {
            raw_bytes: Some(0),
            values: u64::try_from(node.length()).ok(),
            nulls: u64::try_from(node.null_count()).ok(),
            ..Chunk::default()
        };
        let names = buffers(field, self.reader.version).ok_or_else(|| {
            damaged(self.message.offset, format!("type {:?} is not known", field.type_type()))
        })?;
        for name in names {
            self.buffer(name, &mut chunk)?;
        }
        if matches!(field.type_type(), Type::Utf8View | Type::BinaryView)
            && field.dictionary().is_none()
        {
            let at = self.next(2);
            let counts = self.batch.variadicBufferCounts().filter(|counts| at < counts.len());
            for _ in 0..counts.ok_or_else(|| self.short())?.get(at) {
                self.buffer("data", &mut chunk)?;
            }
        }
        chunks.push(chunk);
        if field.dictionary().is_none() {
            for child in field.children().into_iter().flatten() {
                self.chunk(child, chunks)?;
            }
        }
        Ok(())
    }

    fn buffer(&mut self, name: &str, chunk: &mut Chunk) -> Result<(), Problem> {
        let at = self.next(1);
        let buffers = self.batch.buffers().filter(|buffers| at < buffers.len());
        let buffer = *buffers.ok_or_else(|| self.short())?.get(at);
        let length = u64::try_from(buffer.length()).map_err(|_| self.short())?;
        let mut raw = length;
        if self.compressed && length > 0 {
            // The size before compression, or -1 for bytes that would not shrink.
            let mut before = [0; 8];
            let start = u64::try_from(buffer.offset()).map_err(|_| self.short())?;
            let start = self.message.body.saturating_add(start);
            if length < 8 || start.saturating_add(length) > self.reader.size {
                return Err(self.short());
            }
            read_at(self.reader.file, start, &mut before)?;
            raw = u64::try_from(i64::from_le_bytes(before)).unwrap_or(length - 8);
        }
        chunk.bytes = chunk.bytes.saturating_add(length);
        chunk.raw_bytes = chunk.raw_bytes.map(|sum| sum.saturating_add(raw));
        if length > 0 {
            add_part(&mut chunk.streams, name, length);
        }
        Ok(())
    }
}
